//! The rules of behaviour that a server can break.

use crate::clause::Clauses;
use crate::packet::Disconnect;
use crate::property::PropertyId;
use crate::reason::ReasonCode;
use crate::types::{PacketId, PacketType, ProtocolVersion};

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
    /// CONNACK with session present, and this side has no such session (MQTT 5). No fault of the server: the client is to
    /// close.
    #[error("CONNACK says session present, and there is no session on this side")]
    NoSessionHere,
    /// CONNACK without a client identifier for a client that had none (MQTT 5).
    #[error("CONNACK assigns no client identifier, and CONNECT had none")]
    NoAssignedClientId,
    /// Response Information that was not asked for (MQTT 5).
    #[error("CONNACK has Response Information, and CONNECT did not ask for it")]
    ResponseInformation,
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
    /// UNSUBACK with more or fewer reason codes than filters (MQTT 5).
    #[error("UNSUBACK has {actual} reason codes for {expected} topic filters")]
    UnsubscribeCodeCount {
        /// The filters of the UNSUBSCRIBE.
        expected: usize,
        /// The reason codes of the UNSUBACK.
        actual: usize,
    },
    /// A server that has refused the connection, and has not closed it.
    #[error("the server refused the connection and did not close it")]
    OpenAfterRefusal,
    /// PINGRESP without a PINGREQ.
    #[error("PINGRESP came without a PINGREQ")]
    UnexpectedPingResp,
    /// More messages above QoS 0 than this side takes before it has answered them (MQTT 5).
    #[error("more than {maximum} messages above QoS 0 are unanswered (Receive Maximum)")]
    ReceiveMaximum {
        /// What CONNECT said.
        maximum: u16,
    },
    /// A packet that is larger than this side takes (MQTT 5).
    #[error("the packet has {size} B, and CONNECT allows {maximum} (Maximum Packet Size)")]
    PacketTooLarge {
        /// Its size, fixed header included.
        size: usize,
        /// What CONNECT said.
        maximum: u32,
    },
    /// A topic alias of 0, or above those that this side takes (MQTT 5).
    #[error("topic alias {alias} is not one of those that CONNECT allows: {maximum} (Topic Alias Maximum)")]
    TopicAliasInvalid {
        /// The alias.
        alias: u16,
        /// What CONNECT said, 0 for none.
        maximum: u16,
    },
    /// A topic alias in place of a topic that it was never set to (MQTT 5).
    #[error("topic alias {0} stands for no topic on this connection")]
    TopicAliasUnknown(u16),
    /// A reason string or a user property that CONNECT did not want (MQTT 5).
    #[error("{0} has a Reason String or User Property, though Request Problem Information is 0")]
    ProblemInformation(PacketType),
    /// A reason code that only clients send (MQTT 5).
    #[error("a server does not send {packet_type} with reason code {reason_code}")]
    ReasonCodeOfClients {
        /// The packet.
        packet_type: PacketType,
        /// Its reason code.
        reason_code: ReasonCode,
    },
    /// A Session Expiry Interval in the DISCONNECT of a server (MQTT 5).
    #[error("the server's DISCONNECT has a Session Expiry Interval")]
    SessionExpiryFromServer,
    /// AUTH or an Authentication Method, and CONNECT had none (MQTT 5).
    #[error("{0} has an Authentication Method, and CONNECT had none")]
    AuthenticationUnasked(PacketType),
    /// Another Authentication Method than that of CONNECT, or none (MQTT 5).
    #[error("{0} has not the Authentication Method of CONNECT")]
    AuthenticationMethod(PacketType),
    /// AUTH while it is not the server's turn (MQTT 5).
    #[error("AUTH came, and none was awaited")]
    UnexpectedAuth,
    /// AUTH before CONNACK with another reason code than "continue authentication" (MQTT 5).
    #[error("AUTH before CONNACK has reason code {0}, not 0x18")]
    AuthNotContinued(ReasonCode),
}

impl PeerError {
    /// What is wrong with a DISCONNECT because it is a server that sends it (MQTT 5).
    pub fn of_disconnect(disconnect: &Disconnect<'_>) -> impl Iterator<Item = Self> + use<> {
        let reason_code = disconnect.reason_code.unwrap_or_default();
        let is_of_clients = reason_code == ReasonCode::DISCONNECT_WITH_WILL;
        let packet_type = PacketType::Disconnect;
        let code = is_of_clients.then_some(Self::ReasonCodeOfClients { packet_type, reason_code });
        let properties = disconnect.properties.unwrap_or_default();
        let expiry = properties.number(PropertyId::SessionExpiryInterval);
        code.into_iter().chain(expiry.map(|_| Self::SessionExpiryFromServer))
    }

    /// Where the rule is written: a statement number or a section of 3.1.1 or 5, or a section of 3.1.
    #[must_use]
    pub const fn clause(&self, version: ProtocolVersion) -> &'static str {
        let clauses = match self {
            Self::NotFromServer(_) => Clauses {
                v31: "MQTT 3.1, Command messages",
                v311: "MQTT 3.1.1, table 2.1",
                v5: "MQTT 5, table 2-1",
            },
            Self::BeforeConnAck(packet_type) => Clauses {
                v31: "MQTT 3.1, CONNACK",
                v311: "[MQTT-3.2.0-1]",
                v5: match packet_type {
                    PacketType::Disconnect => "[MQTT-3.14.0-1]",
                    _ => "[MQTT-3.2.0-1]",
                },
            },
            Self::SecondConnAck => {
                Clauses { v31: "MQTT 3.1, CONNACK", v311: "MQTT 3.1.1, 3.2", v5: "[MQTT-3.2.0-2]" }
            }
            Self::SessionPresent => Clauses { v31: "", v311: "[MQTT-3.2.2-1]", v5: "[MQTT-3.2.2-2]" },
            Self::NoSessionHere => in_v5("[MQTT-3.2.2-4]"),
            Self::NoAssignedClientId => in_v5("[MQTT-3.2.2-16]"),
            Self::ResponseInformation => in_v5("[MQTT-3.1.2-28]"),
            Self::UnknownPacketId { .. } => Clauses {
                v31: "MQTT 3.1, Message identifiers",
                v311: "[MQTT-2.3.1-6], [MQTT-2.3.1-7]",
                v5: "[MQTT-2.2.1-5], [MQTT-2.2.1-6]",
            },
            Self::WrongAcknowledgement { awaited, .. } => wrong_acknowledgement(*awaited),
            Self::ReturnCodeCount { .. } => {
                Clauses { v31: "MQTT 3.1, SUBACK, Payload", v311: "[MQTT-3.8.4-5]", v5: "[MQTT-3.8.4-6]" }
            }
            Self::UnsubscribeCodeCount { .. } => in_v5("[MQTT-3.11.3-1]"),
            Self::OpenAfterRefusal => {
                Clauses { v31: "MQTT 3.1, CONNACK", v311: "[MQTT-3.2.2-5]", v5: "[MQTT-3.2.2-7]" }
            }
            Self::UnexpectedPingResp => {
                Clauses { v31: "MQTT 3.1, PINGRESP", v311: "MQTT 3.1.1, 3.13", v5: "MQTT 5, 3.13" }
            }
            Self::ReceiveMaximum { .. } => in_v5("[MQTT-3.3.4-9]"),
            Self::PacketTooLarge { .. } => in_v5("[MQTT-3.1.2-24]"),
            Self::TopicAliasInvalid { alias: 0, .. } => in_v5("[MQTT-3.3.2-8]"),
            Self::TopicAliasInvalid { maximum: 0, .. } => in_v5("[MQTT-3.1.2-27]"),
            Self::TopicAliasInvalid { .. } => in_v5("[MQTT-3.1.2-26]"),
            Self::TopicAliasUnknown(_) => in_v5("MQTT 5, 3.3.4"),
            Self::ProblemInformation(_) => in_v5("[MQTT-3.1.2-29]"),
            Self::ReasonCodeOfClients { packet_type: PacketType::Auth, .. } => in_v5("[MQTT-3.15.2-1]"),
            Self::ReasonCodeOfClients { .. } => in_v5("[MQTT-3.14.2-1]"),
            Self::SessionExpiryFromServer => in_v5("[MQTT-3.14.2-2]"),
            Self::AuthenticationUnasked(_) => in_v5("[MQTT-4.12.0-6]"),
            Self::AuthenticationMethod(_) => in_v5("[MQTT-4.12.0-5]"),
            Self::UnexpectedAuth => in_v5("MQTT 5, 4.12.1"),
            Self::AuthNotContinued(_) => in_v5("[MQTT-4.12.0-2]"),
        };
        clauses.of(version)
    }

    /// What a DISCONNECT says to a server that does so (MQTT 5, 4.13.1).
    #[must_use]
    pub const fn reason_code(&self) -> ReasonCode {
        match self {
            Self::ReceiveMaximum { .. } => ReasonCode::RECEIVE_MAXIMUM_EXCEEDED,
            Self::PacketTooLarge { .. } => ReasonCode::PACKET_TOO_LARGE,
            Self::TopicAliasInvalid { .. } => ReasonCode::TOPIC_ALIAS_INVALID,
            _ => ReasonCode::PROTOCOL_ERROR,
        }
    }

    /// Whether a well-behaved server may have sent it: an answer that was long under way.
    #[must_use]
    pub const fn may_be_late(&self) -> bool {
        matches!(
            self,
            Self::UnknownPacketId { .. } | Self::WrongAcknowledgement { .. } | Self::UnexpectedPingResp
        )
    }

    /// Whether the server has broken no rule, whatever this side is to make of it.
    #[must_use]
    pub const fn is_no_fault(&self) -> bool {
        self.may_be_late() || matches!(self, Self::NoSessionHere)
    }
}

const fn wrong_acknowledgement(awaited: PacketType) -> Clauses {
    match awaited {
        PacketType::SubAck => {
            Clauses { v31: "MQTT 3.1, SUBSCRIBE, Response", v311: "[MQTT-3.8.4-1]", v5: "[MQTT-3.8.4-1]" }
        }
        PacketType::UnsubAck => {
            Clauses { v31: "MQTT 3.1, UNSUBSCRIBE, Response", v311: "[MQTT-3.10.4-4]", v5: "[MQTT-3.10.4-4]" }
        }
        PacketType::PubAck => Clauses {
            v31: "MQTT 3.1, Quality of Service levels and flows",
            v311: "[MQTT-4.3.2-2]",
            v5: "[MQTT-4.3.2-4]",
        },
        _ => Clauses {
            v31: "MQTT 3.1, Quality of Service levels and flows",
            v311: "[MQTT-4.3.3-2]",
            v5: "[MQTT-4.3.3-8]",
        },
    }
}

/// A rule that came with MQTT 5.
const fn in_v5(v5: &'static str) -> Clauses {
    Clauses { v31: "", v311: "", v5 }
}
