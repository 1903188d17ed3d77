//! What a session is told: how to connect, what to publish, and where to depart from the rules.

use core::fmt;

use alloc::string::String;
use alloc::vec::Vec;

use crate::packet::{Connect, Properties, PropertyBuf, Will};
use crate::property::PropertyId;
use crate::text::Text;
use crate::topic::TopicName;
use crate::types::{KeepAlive, PacketType, ProtocolVersion, Qos};

/// The content of a CONNECT.
#[derive(Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConnectOptions {
    /// Version of the protocol.
    pub version: ProtocolVersion,
    /// Client identifier.
    pub client_id: String,
    /// Start afresh, and before MQTT 5 leave nothing behind. In MQTT 5 this is Clean Start, and the session lives by the
    /// Session Expiry Interval among the properties.
    pub clean_session: bool,
    /// Keep alive in seconds.
    pub keep_alive: KeepAlive,
    /// The message that the server publishes when the connection is lost.
    pub will: Option<WillOptions>,
    /// User name.
    pub username: Option<String>,
    /// Password; it is never shown.
    pub password: Option<Vec<u8>>,
    /// Properties (MQTT 5), with what this side accepts: Receive Maximum, Maximum Packet Size, Topic Alias Maximum.
    /// Authentication Data is never shown.
    pub properties: PropertyBuf,
}

/// The will of a [`ConnectOptions`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct WillOptions {
    /// Topic name.
    pub topic: String,
    /// Message: text in 3.1, any bytes in 3.1.1.
    pub message: Vec<u8>,
    /// QoS.
    pub qos: Qos,
    /// The server retains the message.
    pub retain: bool,
    /// Properties (MQTT 5).
    pub properties: PropertyBuf,
}

impl ConnectOptions {
    /// The CONNECT, with the client identifier that the session goes by.
    pub(super) fn packet<'a>(&'a self, client_id: &'a str) -> Connect<'a> {
        Connect {
            protocol_name: self.version.protocol_name().into(),
            protocol_level: self.version.level(),
            clean_session: self.clean_session,
            keep_alive: self.keep_alive,
            properties: self.properties.as_properties(),
            client_id: client_id.into(),
            will: self.will.as_ref().map(|will| Will {
                properties: will.properties.as_properties(),
                topic: will.topic.as_str().into(),
                message: &will.message,
                qos: will.qos.as_u8(),
                retain: will.retain,
            }),
            username: self.username.as_deref().map(Text::from),
            password: self.password.as_deref(),
            stray_flags: 0,
        }
    }
}

impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectOptions")
            .field("version", &self.version)
            .field("client_id", &self.client_id)
            .field("clean_session", &self.clean_session)
            .field("keep_alive", &self.keep_alive)
            .field("will", &self.will)
            .field("username", &self.username)
            .field("password", &self.password.as_ref().map(|_| "***"))
            .field("properties", &self.properties)
            .finish()
    }
}

/// A message to publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publication<'a> {
    /// Topic name.
    pub topic: TopicName<'a>,
    /// The message, any bytes.
    pub payload: &'a [u8],
    /// Quality of Service.
    pub qos: Qos,
    /// The server keeps the message for later subscribers.
    pub retain: bool,
    /// Properties (MQTT 5). With a Topic Alias that stands for the topic on this connection already, the topic is left out
    /// of the packet; with another one, topic and alias are sent, and it stands for the topic from then on.
    pub properties: Properties<'a>,
}

impl<'a> Publication<'a> {
    /// A message that is not retained, without properties.
    #[must_use]
    pub const fn new(topic: TopicName<'a>, payload: &'a [u8], qos: Qos) -> Self {
        Self { topic, payload, qos, retain: false, properties: Properties::NONE }
    }
}

/// The Topic Alias among the properties of a PUBLISH.
pub(super) fn topic_alias(properties: Properties<'_>) -> Option<u16> {
    properties.number(PropertyId::TopicAlias).and_then(|alias| u16::try_from(alias).ok())
}

/// Where the session departs from a well-behaved client, and its limits. All of it can be changed at any time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Send each PUBLISH above QoS 0, PUBREL, SUBSCRIBE and UNSUBSCRIBE a second time, with DUP set.
    pub send_duplicates: bool,
    /// Be a client that is down: send no PINGREQ when one is due.
    pub withhold_pingreq: bool,
    /// Acknowledge messages only when told to, with [`super::Session::acknowledge`].
    pub manual_acknowledgement: bool,
    /// What happens to the PUBACKs that are due.
    pub puback: AckPolicy,
    /// What happens to the PUBRECs that are due.
    pub pubrec: AckPolicy,
    /// What happens to the PUBRELs that are due.
    pub pubrel: AckPolicy,
    /// What happens to the PUBCOMPs that are due.
    pub pubcomp: AckPolicy,
    /// Messages above QoS 0 that may be unacknowledged at a time; further ones are queued.
    pub max_in_flight: usize,
    /// Messages that may be queued behind them.
    pub max_queued: usize,
    /// Send at once, whatever `max_in_flight` says.
    pub ignore_in_flight_limit: bool,
    /// Break the server's limits: send what CONNACK forbids, which else is refused with
    /// [`super::CommandError::Limit`] or waits (MQTT 5, 3.2.2.3).
    pub break_limits: bool,
    /// Milliseconds without an answer after which a 3.1 client sends a packet again; each further time it waits twice
    /// as long (MQTT 3.1, Message delivery retry). Off in 3.1.1, which does so only on reconnect [MQTT-4.4.0-1].
    pub retry_after_millis: Option<u64>,
    /// Milliseconds to wait for CONNACK before the connection is given up.
    pub connack_timeout_millis: Option<u64>,
    /// Milliseconds of silence to wait for PINGRESP at least before the connection is dead; it is never less than the
    /// keep alive. What a browser or a gateway has taken is not on the wire yet, and may need a while to get there.
    pub pingresp_timeout_millis: u64,
    /// Close the connection when the server breaks a rule, as 3.1.1 asks of a client [MQTT-4.8.0-1], in MQTT 5 with a
    /// DISCONNECT that says why (MQTT 5, 4.13.1); otherwise the session goes on, for a tester to see what follows.
    pub close_on_violation: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            send_duplicates: false,
            withhold_pingreq: false,
            manual_acknowledgement: false,
            puback: AckPolicy::Send,
            pubrec: AckPolicy::Send,
            pubrel: AckPolicy::Send,
            pubcomp: AckPolicy::Send,
            max_in_flight: 1_000,
            max_queued: 100_000,
            ignore_in_flight_limit: false,
            break_limits: false,
            retry_after_millis: None,
            connack_timeout_millis: Some(30_000),
            pingresp_timeout_millis: 10_000,
            close_on_violation: false,
        }
    }
}

impl Policy {
    pub(super) fn of(&self, acknowledgement: PacketType) -> AckPolicy {
        match acknowledgement {
            PacketType::PubAck => self.puback,
            PacketType::PubRec => self.pubrec,
            PacketType::PubRel => self.pubrel,
            _ => self.pubcomp,
        }
    }
}

/// What happens to an acknowledgement that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AckPolicy {
    /// It is sent.
    #[default]
    Send,
    /// It is kept until [`super::Session::release_withheld`].
    Withhold,
    /// It is sent that many milliseconds later.
    DelayMillis(u64),
    /// It is sent twice.
    Duplicate,
    /// It waits for the next one, and follows that.
    Reorder,
}
