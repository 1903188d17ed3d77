//! What a session reports: its own progress, and what the peer did against the rules.

use core::fmt;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::limits::{self, Limit};
use super::peer_error::PeerError;
use crate::error::{DecodeError, EncodeError};
use crate::packet::Properties;
use crate::property::PropertyId;
use crate::reason::ReasonCode;
use crate::rule::Violation;
use crate::types::{PacketId, PacketType, ProtocolVersion, Qos};

/// Something that the user of a session wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The server accepted the connection. What it allows is told by [`super::Session::limits`].
    Connected {
        /// It kept a session for this client; always `false` in 3.1, which does not say.
        session_present: bool,
    },
    /// The server has kept nothing of a session in which messages are unfinished [MQTT-3.2.2-3].
    SessionLost {
        /// Messages of which only PUBCOMP was missing: the server has them, and their exchanges are over.
        released: Vec<PacketId>,
        /// Messages without an answer, which are sent again; before MQTT 5 only.
        resent: Vec<PacketId>,
        /// Messages without an answer that are given up: in MQTT 5 this side's part of the session ends with the server's.
        discarded: Vec<PacketId>,
    },
    /// The server refused the connection, and is to close it. A request to do so follows where it does not. What else it
    /// said is told by [`super::Session::limits`].
    Refused {
        /// The connect return code, in MQTT 5 the reason code.
        return_code: u8,
    },
    /// The exchange of a PUBLISH above QoS 0 is over.
    Completed {
        /// Its packet identifier, free again.
        packet_id: PacketId,
        /// Its QoS.
        qos: Qos,
    },
    /// The exchange of a PUBLISH above QoS 0 is over, and the server did not take the message (MQTT 5).
    Failed {
        /// Its packet identifier, free again.
        packet_id: PacketId,
        /// Its QoS.
        qos: Qos,
        /// PUBACK, PUBREC or PUBCOMP.
        packet_type: PacketType,
        /// Why; its code is 0x80 or above.
        reason: Box<Reason>,
    },
    /// An answer that is no failure says more than that all is well (MQTT 5): nobody has subscribed, or words for people.
    /// What it answers is told by an event of its own.
    ReasonGiven {
        /// PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK or UNSUBACK.
        packet_type: PacketType,
        /// Its packet identifier.
        packet_id: PacketId,
        /// What it says; the codes of SUBACK and UNSUBACK are told with the filters.
        reason: Box<Reason>,
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
        /// The filters that were to be given up.
        filters: Vec<String>,
        /// The reason code of each of them; none before MQTT 5, fewer or more if the server sent so many.
        reason_codes: Vec<ReasonCode>,
    },
    /// The server goes on with an enhanced authentication (MQTT 5, 4.12): with 0x18 it awaits
    /// [`super::Session::authenticate`], with 0x00 it is content.
    Authentication {
        /// 0x18 or 0x00, and what else it says.
        reason: Box<Reason>,
        /// Authentication Data.
        data: Option<AuthenticationData>,
    },
    /// The server ends the connection with a DISCONNECT (MQTT 5). A request to close follows.
    ServerDisconnected {
        /// Why.
        reason: Box<Reason>,
        /// Other servers to use, as the server writes them.
        server_reference: Option<String>,
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
        /// The messages will be sent again on reconnect, as clean session is off or, in MQTT 5, the session has not expired.
        kept: bool,
    },
}

/// What an answer of MQTT 5 says of how it went.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Reason {
    /// The reason code.
    pub code: ReasonCode,
    /// The reason string, for people.
    pub string: Option<String>,
    /// User properties, in order.
    pub user_properties: Vec<(String, String)>,
}

impl Reason {
    /// What a packet says.
    pub(super) fn new(code: ReasonCode, properties: Properties<'_>) -> Self {
        let string = limits::text_of(properties, PropertyId::ReasonString);
        Self { code, string, user_properties: limits::user_properties_of(properties) }
    }

    /// What an acknowledgement says besides that all is well, if anything.
    #[inline]
    pub(super) fn of(code: Option<ReasonCode>, properties: Option<Properties<'_>>) -> Option<Box<Self>> {
        let (code, properties) = (code.unwrap_or_default(), properties.unwrap_or_default());
        let is_silent = code == ReasonCode::SUCCESS && properties.is_empty();
        (!is_silent).then(|| Box::new(Self::new(code, properties)))
    }
}

/// Authentication Data, which is not shown.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AuthenticationData(pub Vec<u8>);

impl fmt::Debug for AuthenticationData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthenticationData(***)")
    }
}

/// A filter of a SUBSCRIBE, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeResult {
    /// The topic filter.
    pub filter: String,
    /// The QoS that was asked for.
    pub requested: Qos,
    /// The return code of SUBACK, in MQTT 5 the reason code: a QoS, 0x80 or more, or what the server sent instead; `None`
    /// if it sent too few.
    pub return_code: Option<u8>,
}

impl SubscribeResult {
    /// The reason code (MQTT 5), `None` if the server sent too few.
    #[must_use]
    pub fn reason_code(&self) -> Option<ReasonCode> {
        self.return_code.map(ReasonCode)
    }

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
    /// The server ended the connection with a DISCONNECT (MQTT 5).
    ServerDisconnected(ReasonCode),
    /// The answer to a CONNECT of MQTT 5 is the CONNACK of an earlier version: the server does not speak MQTT 5.
    EarlierVersion {
        /// The return code in it; mostly 1, "unacceptable protocol version".
        return_code: u8,
    },
}

impl CloseReason {
    /// Whether a client may connect again by itself: not where it was asked to end, nor where the next attempt would end
    /// as this one did, or throw out another client that then comes back the same way (0x8E). The specifications leave
    /// that open.
    #[must_use]
    pub const fn may_reconnect(&self) -> bool {
        match self {
            Self::Disconnected | Self::EarlierVersion { .. } => false,
            Self::NoConnAck
            | Self::NoPingResp
            | Self::Undecodable(_)
            | Self::Violation(_)
            | Self::PeerError(_) => true,
            Self::Refused(code) | Self::ServerDisconnected(ReasonCode(code)) => !matches!(
                code,
                1 | 2 | 4 | 5 | 0x81 | 0x82 | 0x84..=0x87 | 0x8a | 0x8c | 0x8e | 0x95 | 0x9c | 0x9d
            ),
        }
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
    /// The server does not allow it (MQTT 5).
    #[error("{0} ({clause})", clause = .0.clause())]
    Limit(#[from] Limit),
    /// A command that only MQTT 5 has.
    #[error("MQTT {0} has no reason codes and no AUTH")]
    NotInVersion(ProtocolVersion),
    /// AUTH, and CONNECT had no Authentication Method [MQTT-4.12.0-7].
    #[error("CONNECT had no Authentication Method (MQTT-4.12.0-7)")]
    NoAuthenticationMethod,
    /// An answer to an AUTH that did not come.
    #[error("no AUTH of the server awaits an answer")]
    NoAuthenticationAwaited,
    /// A re-authentication while an authentication is under way.
    #[error("an authentication is under way")]
    AuthenticationUnderWay,
    /// There is no message of that identifier to acknowledge.
    #[error("no message with packet id {0} waits to be acknowledged")]
    NothingToAcknowledge(PacketId),
    /// The packet cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}
