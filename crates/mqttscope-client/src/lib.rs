//! A stand-in for the types of a connection's state, until the crate is merged.

use mqttscope_proto::Qos;

/// Where a connection stands.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Phase {
    /// There was none yet.
    #[default]
    Idle,
    /// The last one ended, or an attempt failed.
    Ended {
        /// Why.
        why: String,
        /// It failed.
        failed: bool,
    },
    /// The WebSocket is being opened.
    Opening,
    /// CONNECT was sent and CONNACK has not come.
    AwaitingConnAck,
    /// CONNACK accepted.
    Connected,
    /// The WebSocket is being closed.
    Closing,
}

/// A connection as the page shows it.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConnectionState {
    /// Phase.
    pub phase: Phase,
    /// When the phase began, in milliseconds since the Unix epoch.
    pub since: u64,
    /// Client id.
    pub client_id: String,
    /// URL.
    pub url: String,
    /// The subprotocol that was agreed on, often empty.
    pub subprotocol: String,
    /// Subscriptions outlive the connection without clean session.
    pub clean_session: bool,
    /// Subscriptions.
    pub subscriptions: Vec<Subscription>,
}

/// A topic filter that the broker was asked for.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Subscription {
    /// Filter.
    pub filter: String,
    /// Requested QoS.
    pub requested: Qos,
    /// What the broker said.
    pub answer: Answer,
}

/// What the broker said to a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Answer {
    /// Nothing yet.
    Awaited,
    /// Granted.
    Granted(Qos),
    /// Refused.
    Refused,
    /// UNSUBSCRIBE was sent.
    Leaving,
}
