//! What a session reports: its own progress, and what the peer did against the rules.

use alloc::string::String;
use alloc::vec::Vec;

use crate::clause::Clauses;
use crate::error::{DecodeError, EncodeError};
use crate::rule::Violation;
use crate::types::{PacketId, PacketType, ProtocolVersion, Qos};

/// Something that the user of a session wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The server accepted the connection.
    Connected {
        /// It kept a session for this client; always `false` in 3.1, which does not say.
        session_present: bool,
    },
    /// The server has kept nothing of a session in which messages are unfinished [MQTT-3.2.2-3].
    SessionLost {
        /// Messages of which only PUBCOMP was missing: the server has them, and their exchanges are over.
        released: Vec<PacketId>,
        /// Messages without an answer, which are sent again.
        resent: Vec<PacketId>,
    },
    /// The server refused the connection, and is to close it. A request to do so follows where it does not.
    Refused {
        /// The connect return code.
        return_code: u8,
    },
    /// The exchange of a PUBLISH above QoS 0 is over.
    Completed {
        /// Its packet identifier, free again.
        packet_id: PacketId,
        /// Its QoS.
        qos: Qos,
    },
    /// A message left the queue and was sent.
    Dequeued {
        /// The packet identifier that it was given.
        packet_id: PacketId,
    },
    /// The server answered a SUBSCRIBE.
    Subscribed {
        /// The packet identifier, free again.
        packet_id: PacketId,
        /// Each filter with what became of it.
        results: Vec<SubscribeResult>,
    },
    /// The server answered an UNSUBSCRIBE.
    Unsubscribed {
        /// The packet identifier, free again.
        packet_id: PacketId,
        /// The filters that were given up.
        filters: Vec<String>,
    },
    /// A QoS 2 message came again and was not delivered again.
    RepeatNotDelivered {
        /// Its packet identifier.
        packet_id: PacketId,
    },
    /// PINGREQ was due, and the policy withholds it.
    PingReqWithheld,
    /// An acknowledgement was due, and the policy keeps it back.
    AcknowledgementHeld {
        /// PUBACK, PUBREC, PUBREL or PUBCOMP.
        packet_type: PacketType,
        /// Its packet identifier.
        packet_id: PacketId,
    },
    /// The peer broke a rule of behaviour. The session goes on, unless the policy is to close.
    PeerError(PeerError),
    /// The transport must be closed now, after what is still to be transmitted.
    Close(CloseReason),
    /// The connection ended while exchanges were open.
    LeftInFlight {
        /// Messages sent without their last acknowledgement.
        publishes: Vec<PacketId>,
        /// SUBSCRIBEs and UNSUBSCRIBEs without an answer.
        requests: Vec<PacketId>,
        /// Messages that were still in the queue.
        queued: usize,
        /// The messages will be sent again on reconnect, as clean session is off.
        kept: bool,
    },
}

/// A filter of a SUBSCRIBE, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeResult {
    /// The topic filter.
    pub filter: String,
    /// The QoS that was asked for.
    pub requested: Qos,
    /// The return code of SUBACK: a QoS, 0x80, or what the server sent instead; `None` if it sent too few.
    pub return_code: Option<u8>,
}

impl SubscribeResult {
    /// The granted QoS, `None` for a failure.
    #[must_use]
    pub fn granted(&self) -> Option<Qos> {
        self.return_code.and_then(Qos::from_u8)
    }
}

/// Why the transport must be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// DISCONNECT was sent [MQTT-3.14.4-1].
    Disconnected,
    /// The server refused the connection with this return code.
    Refused(u8),
    /// No CONNACK came in time.
    NoConnAck,
    /// PINGRESP was awaited and nothing came for too long: see [`super::Policy::pingresp_timeout_millis`].
    NoPingResp,
    /// What the peer sends cannot be decoded.
    Undecodable(DecodeError),
    /// A packet broke a rule, and the policy is to close.
    Violation(Violation),
    /// The peer broke a rule of behaviour, and the policy is to close.
    PeerError(PeerError),
}

/// A rule of behaviour that the peer broke, or an answer that fits no question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// A packet that only clients send.
    #[error("a server does not send {0}")]
    NotFromServer(PacketType),
    /// A packet before CONNACK.
    #[error("{0} came before CONNACK")]
    BeforeConnAck(PacketType),
    /// CONNACK on a connection that is established.
    #[error("a second CONNACK came")]
    SecondConnAck,
    /// CONNACK with session present, though the client asked for a clean session.
    #[error("CONNACK says session present to a clean session")]
    SessionPresent,
    /// An acknowledgement for an identifier that is not in use: late, repeated, or wrong.
    #[error("{packet_type} names packet id {packet_id}, which is not in flight")]
    UnknownPacketId {
        /// The acknowledgement.
        packet_type: PacketType,
        /// The packet identifier that it names.
        packet_id: u16,
    },
    /// An acknowledgement of another kind than the one that is awaited.
    #[error("{packet_type} names packet id {packet_id}, which awaits {awaited}")]
    WrongAcknowledgement {
        /// The acknowledgement.
        packet_type: PacketType,
        /// The packet identifier that it names.
        packet_id: PacketId,
        /// The acknowledgement that is awaited.
        awaited: PacketType,
    },
    /// SUBACK with more or fewer return codes than filters.
    #[error("SUBACK has {actual} return codes for {expected} topic filters")]
    ReturnCodeCount {
        /// The filters of the SUBSCRIBE.
        expected: usize,
        /// The return codes of the SUBACK.
        actual: usize,
    },
    /// A server that has refused the connection, and has not closed it.
    #[error("the server refused the connection and did not close it")]
    OpenAfterRefusal,
    /// PINGRESP without a PINGREQ.
    #[error("PINGRESP came without a PINGREQ")]
    UnexpectedPingResp,
}

impl PeerError {
    /// Where the rule is written: a statement number of 3.1.1, or a section of 3.1.
    #[must_use]
    pub const fn clause(&self, version: ProtocolVersion) -> &'static str {
        let clauses = match self {
            Self::NotFromServer(_) => {
                Clauses { v31: "MQTT 3.1, Command messages", v311: "MQTT 3.1.1, table 2.1" }
            }
            Self::BeforeConnAck(_) => Clauses { v31: "MQTT 3.1, CONNACK", v311: "[MQTT-3.2.0-1]" },
            Self::SecondConnAck => Clauses { v31: "MQTT 3.1, CONNACK", v311: "MQTT 3.1.1, 3.2" },
            Self::SessionPresent => Clauses { v31: "", v311: "[MQTT-3.2.2-1]" },
            Self::UnknownPacketId { .. } => {
                Clauses { v31: "MQTT 3.1, Message identifiers", v311: "[MQTT-2.3.1-6], [MQTT-2.3.1-7]" }
            }
            Self::WrongAcknowledgement { awaited, .. } => match awaited {
                PacketType::SubAck => {
                    Clauses { v31: "MQTT 3.1, SUBSCRIBE, Response", v311: "[MQTT-3.8.4-1]" }
                }
                PacketType::UnsubAck => {
                    Clauses { v31: "MQTT 3.1, UNSUBSCRIBE, Response", v311: "[MQTT-3.10.4-4]" }
                }
                PacketType::PubAck => {
                    Clauses { v31: "MQTT 3.1, Quality of Service levels and flows", v311: "[MQTT-4.3.2-2]" }
                }
                _ => Clauses { v31: "MQTT 3.1, Quality of Service levels and flows", v311: "[MQTT-4.3.3-2]" },
            },
            Self::ReturnCodeCount { .. } => {
                Clauses { v31: "MQTT 3.1, SUBACK, Payload", v311: "[MQTT-3.8.4-5]" }
            }
            Self::OpenAfterRefusal => Clauses { v31: "MQTT 3.1, CONNACK", v311: "[MQTT-3.2.2-5]" },
            Self::UnexpectedPingResp => Clauses { v31: "MQTT 3.1, PINGRESP", v311: "MQTT 3.1.1, 3.13" },
        };
        clauses.of(version)
    }

    /// Whether a well-behaved server may have sent it: an answer that was long under way.
    #[must_use]
    pub const fn may_be_late(&self) -> bool {
        matches!(
            self,
            Self::UnknownPacketId { .. } | Self::WrongAcknowledgement { .. } | Self::UnexpectedPingResp
        )
    }
}

/// A command that the session cannot carry out; nothing was sent and nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The session is not connected.
    #[error("not connected")]
    NotConnected,
    /// The session is connected or connecting already.
    #[error("already connected")]
    AlreadyConnected,
    /// All 65,535 packet identifiers are in use.
    #[error("no packet id is free: all 65,535 are in flight")]
    NoPacketIdFree,
    /// The packet identifier that was asked for is in use.
    #[error("packet id {0} is in flight already")]
    PacketIdInUse(PacketId),
    /// As many messages as allowed are in flight and queued.
    #[error("{in_flight} messages are in flight and {queued} are queued: the queue holds no more")]
    QueueFull {
        /// Messages in flight.
        in_flight: usize,
        /// Messages queued.
        queued: usize,
    },
    /// SUBSCRIBE or UNSUBSCRIBE without a topic filter [MQTT-3.8.3-3], [MQTT-3.10.3-2].
    #[error("there is no topic filter")]
    NoTopicFilter,
    /// There is no message of that identifier to acknowledge.
    #[error("no message with packet id {0} waits to be acknowledged")]
    NothingToAcknowledge(PacketId),
    /// The packet cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}
