//! What a server allows, as its CONNACK says (MQTT 5, 3.2.2.3), and what it therefore forbids.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::options::{Publication, topic_alias};
use crate::packet::Properties;
use crate::property::PropertyId;
use crate::topic;
use crate::types::{KeepAlive, Qos};

/// What the server said of itself in CONNACK, with the values that hold where it said nothing (MQTT 5, 3.2.2.3). Before
/// MQTT 5, where it cannot say anything, nothing is limited.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ServerLimits {
    /// Seconds for which the session outlives the connection, as CONNACK says or else CONNECT; 0xFFFFFFFF for ever.
    pub session_expiry_secs: u32,
    /// Messages above QoS 0 that the server takes before it has answered them.
    pub receive_maximum: u16,
    /// The highest QoS of a message to the server.
    pub maximum_qos: Qos,
    /// Whether messages may be retained.
    pub retain_available: bool,
    /// The longest packet to the server, in bytes; `None` where it has no limit of its own.
    pub maximum_packet_size: Option<u32>,
    /// The highest topic alias of a message to the server; 0 for none.
    pub topic_alias_maximum: u16,
    /// Whether topic filters may hold wildcards.
    pub wildcard_subscription_available: bool,
    /// Whether a SUBSCRIBE may have a Subscription Identifier.
    pub subscription_identifier_available: bool,
    /// Whether subscriptions may be shared.
    pub shared_subscription_available: bool,
    /// The keep alive that holds in place of the client's; `None` where that one holds.
    pub server_keep_alive: Option<KeepAlive>,
    /// The client identifier that the server gave to a client without one.
    pub assigned_client_id: Option<String>,
    /// What response topics may be built from.
    pub response_information: Option<String>,
    /// Why the connection was accepted or refused, for people.
    pub reason_string: Option<String>,
    /// Other servers to use.
    pub server_reference: Option<String>,
    /// User properties, in order.
    pub user_properties: Vec<(String, String)>,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self::of(Properties::NONE, 0)
    }
}

impl ServerLimits {
    /// What the properties of a CONNACK say to a client that asked for this Session Expiry Interval, in seconds.
    #[must_use]
    pub fn of(properties: Properties<'_>, session_expiry_secs: u32) -> Self {
        let number = |id| properties.number(id);
        let two_bytes = |id| number(id).and_then(|number| u16::try_from(number).ok());
        // Any other number than 0 breaks a rule, and allows as much as 1.
        let is_available = |id| number(id) != Some(0);
        Self {
            session_expiry_secs: number(PropertyId::SessionExpiryInterval).unwrap_or(session_expiry_secs),
            // 0 is none of its numbers.
            receive_maximum: two_bytes(PropertyId::ReceiveMaximum)
                .filter(|&maximum| maximum > 0)
                .unwrap_or(u16::MAX),
            maximum_qos: match number(PropertyId::MaximumQos) {
                Some(0) => Qos::AtMostOnce,
                Some(1) => Qos::AtLeastOnce,
                _ => Qos::ExactlyOnce,
            },
            retain_available: is_available(PropertyId::RetainAvailable),
            maximum_packet_size: number(PropertyId::MaximumPacketSize).filter(|&size| size > 0),
            topic_alias_maximum: two_bytes(PropertyId::TopicAliasMaximum).unwrap_or(0),
            wildcard_subscription_available: is_available(PropertyId::WildcardSubscriptionAvailable),
            subscription_identifier_available: is_available(PropertyId::SubscriptionIdentifierAvailable),
            shared_subscription_available: is_available(PropertyId::SharedSubscriptionAvailable),
            server_keep_alive: two_bytes(PropertyId::ServerKeepAlive).map(KeepAlive::from_secs),
            assigned_client_id: text_of(properties, PropertyId::AssignedClientIdentifier),
            response_information: text_of(properties, PropertyId::ResponseInformation),
            reason_string: text_of(properties, PropertyId::ReasonString),
            server_reference: text_of(properties, PropertyId::ServerReference),
            user_properties: user_properties_of(properties),
        }
    }

    /// The limits that a PUBLISH to the server breaks by its flags and its topic alias.
    pub fn broken_by_publish(
        &self,
        qos: Qos,
        retain: bool,
        properties: Properties<'_>,
    ) -> impl Iterator<Item = Limit> + use<> {
        let maximum = self.topic_alias_maximum;
        let qos = (qos > self.maximum_qos).then_some(Limit::MaximumQos(self.maximum_qos.as_u8()));
        let retain = (retain && !self.retain_available).then_some(Limit::RetainAvailable);
        let alias = topic_alias(properties).filter(|&alias| alias == 0 || alias > maximum);
        let alias = alias.map(|alias| Limit::TopicAliasMaximum { alias, maximum });
        [qos, retain, alias].into_iter().flatten()
    }

    pub(super) fn check_message(&self, message: &Publication<'_>) -> Result<(), Limit> {
        Limit::of_publish(message.properties)?;
        self.broken_by_publish(message.qos, message.retain, message.properties).next().map_or(Ok(()), Err)
    }

    /// Checks the size of a packet to the server, in bytes with its fixed header.
    ///
    /// # Errors
    ///
    /// When it is larger than the server takes.
    pub fn check_size(&self, size: usize) -> Result<(), Limit> {
        match self.maximum_packet_size {
            Some(maximum) if size as u64 > u64::from(maximum) => {
                Err(Limit::MaximumPacketSize { size, maximum })
            }
            _ => Ok(()),
        }
    }

    /// Checks how many messages above QoS 0 the server has not answered to the end.
    ///
    /// # Errors
    ///
    /// When they are more than it takes.
    pub fn check_unanswered(&self, count: usize) -> Result<(), Limit> {
        let maximum = self.receive_maximum;
        if count > usize::from(maximum) { Err(Limit::ReceiveMaximum(maximum)) } else { Ok(()) }
    }

    /// Checks the topic filters and the properties of a SUBSCRIBE.
    ///
    /// # Errors
    ///
    /// The first limit that it breaks.
    pub fn check_subscription<'f>(
        &self,
        filters: impl IntoIterator<Item = &'f [u8]>,
        properties: Properties<'_>,
    ) -> Result<(), Limit> {
        let has_identifier = properties.subscription_identifiers().next().is_some();
        if has_identifier && !self.subscription_identifier_available {
            return Err(Limit::SubscriptionIdentifierAvailable);
        }
        for filter in filters {
            if !self.shared_subscription_available && topic::is_shared_filter(filter) {
                return Err(Limit::SharedSubscriptionAvailable);
            }
            if !self.wildcard_subscription_available && filter.iter().any(|byte| b"+#".contains(byte)) {
                return Err(Limit::WildcardSubscriptionAvailable);
            }
        }
        Ok(())
    }
}

/// What a command would break: a limit of the server, or of MQTT 5 for what goes to servers, which
/// [`super::Policy::break_limits`] ignores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Limit {
    /// The QoS of a message.
    #[error("the server takes messages of QoS {0} at most (Maximum QoS)")]
    MaximumQos(u8),
    /// A message to be retained.
    #[error("the server retains no messages (Retain Available 0)")]
    RetainAvailable,
    /// The size of a packet, fixed header included.
    #[error("the packet has {size} B, and the server takes {maximum} at most (Maximum Packet Size)")]
    MaximumPacketSize {
        /// Its size.
        size: usize,
        /// What the server takes.
        maximum: u32,
    },
    /// The topic alias of a message.
    #[error("topic alias {alias} is not one of those that the server takes: {}", aliases(*maximum))]
    TopicAliasMaximum {
        /// The alias.
        alias: u16,
        /// The highest that the server takes.
        maximum: u16,
    },
    /// A Subscription Identifier in a message to the server: servers answer with it, and clients never send it there.
    #[error("a message to the server has no Subscription Identifier")]
    SubscriptionIdentifierInPublish,
    /// A message above QoS 0 while as many as the server takes are unanswered.
    #[error("as many messages as the server takes at a time are unanswered: {0} (Receive Maximum)")]
    ReceiveMaximum(u16),
    /// A topic filter with a wildcard.
    #[error("the server has no subscriptions with wildcards (Wildcard Subscription Available 0)")]
    WildcardSubscriptionAvailable,
    /// A SUBSCRIBE with a Subscription Identifier.
    #[error("the server has no subscription identifiers (Subscription Identifier Available 0)")]
    SubscriptionIdentifierAvailable,
    /// A shared subscription.
    #[error("the server has no shared subscriptions (Shared Subscription Available 0)")]
    SharedSubscriptionAvailable,
    /// A DISCONNECT that would let a session live which was to end with its connection.
    #[error(
        "a session that was to end with the connection cannot get a Session Expiry Interval with DISCONNECT"
    )]
    SessionExpiryInterval,
}

impl Limit {
    /// Checks whether a PUBLISH to a server has what none takes.
    pub(super) fn of_publish(properties: Properties<'_>) -> Result<(), Self> {
        match properties.subscription_identifiers().next() {
            Some(_) => Err(Self::SubscriptionIdentifierInPublish),
            None => Ok(()),
        }
    }

    /// Checks the properties of a DISCONNECT, when CONNECT had this Session Expiry Interval, in seconds.
    ///
    /// # Errors
    ///
    /// When a session that was to end with its connection is to outlive it.
    pub fn of_disconnect(properties: Properties<'_>, connect_expiry_secs: u32) -> Result<(), Self> {
        match properties.number(PropertyId::SessionExpiryInterval) {
            Some(secs) if secs > 0 && connect_expiry_secs == 0 => Err(Self::SessionExpiryInterval),
            _ => Ok(()),
        }
    }

    /// Where the limit is written: a statement number or a section of MQTT 5.
    #[must_use]
    pub const fn clause(&self) -> &'static str {
        match self {
            Self::MaximumQos(_) => "[MQTT-3.2.2-11]",
            Self::RetainAvailable => "[MQTT-3.2.2-14]",
            Self::MaximumPacketSize { .. } => "[MQTT-3.2.2-15]",
            Self::TopicAliasMaximum { alias: 0, .. } => "[MQTT-3.3.2-8]",
            Self::TopicAliasMaximum { maximum: 0, .. } => "[MQTT-3.2.2-18]",
            Self::TopicAliasMaximum { .. } => "[MQTT-3.2.2-17]",
            Self::SubscriptionIdentifierInPublish => "[MQTT-3.3.4-6]",
            Self::ReceiveMaximum(_) => "[MQTT-3.3.4-7]",
            Self::WildcardSubscriptionAvailable => "MQTT 5, 3.2.2.3.11",
            Self::SubscriptionIdentifierAvailable => "MQTT 5, 3.2.2.3.12",
            Self::SharedSubscriptionAvailable => "MQTT 5, 3.2.2.3.13",
            Self::SessionExpiryInterval => "MQTT 5, 3.14.2.2.2",
        }
    }
}

/// The string that a property says first, with U+FFFD in place of what is not UTF-8.
pub(super) fn text_of(properties: Properties<'_>, id: PropertyId) -> Option<String> {
    properties.text(id).map(|text| text.to_string_lossy().into_owned())
}

/// The user properties, likewise.
pub(super) fn user_properties_of(properties: Properties<'_>) -> Vec<(String, String)> {
    let pairs = properties.user_properties();
    pairs.map(|(name, value)| (name.to_string_lossy().into(), value.to_string_lossy().into())).collect()
}

fn aliases(maximum: u16) -> String {
    match maximum {
        0 => "it takes none (Topic Alias Maximum)".to_string(),
        maximum => alloc::format!("1 to {maximum} (Topic Alias Maximum)"),
    }
}
