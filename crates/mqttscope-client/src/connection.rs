//! The state of a connection and its subscriptions, as plain data for whoever shows it.

use mqttscope_proto::session::{AuthenticationData, Reason, ServerLimits, SubscribeResult};
use mqttscope_proto::{
    Properties, PropertyBuf, PropertyId, PropertyValue, ProtocolVersion, Qos, ReasonCode, SubscribeOptions,
    Text,
};

/// Where a connection stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Phase {
    /// There was none yet.
    #[default]
    Idle,
    /// The WebSocket is being opened.
    Opening,
    /// CONNECT was sent and CONNACK has not come.
    AwaitingConnAck,
    /// CONNACK has accepted the client.
    Connected,
    /// This side is closing the WebSocket.
    Closing,
    /// The last one ended, or an attempt failed.
    Ended {
        /// What happened, why, and what to try.
        why: String,
        /// It was neither asked for nor to be expected.
        failed: bool,
    },
}

/// A connection as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConnectionState {
    /// Where it stands.
    pub phase: Phase,
    /// When the phase began, in milliseconds of the caller's clock.
    pub since: u64,
    /// The version that it was asked for with.
    pub version: ProtocolVersion,
    /// The client id that it was asked for with, or the one that the server assigned.
    pub client_id: String,
    /// Where the WebSocket leads.
    pub url: String,
    /// The subprotocol that was agreed on, often empty.
    pub subprotocol: String,
    /// A clean session was asked for, in MQTT 5 a clean start.
    pub clean_session: bool,
    /// The session outlives the connection, and subscriptions with it.
    pub is_kept: bool,
    /// Messages that wait for others to be acknowledged. In a flood it may be half a second old.
    pub queued: u64,
    /// The peer broke a rule on this connection, and it goes on.
    pub has_broken_rule: bool,
    /// The server goes on with a session that this page has not seen from its beginning: it may hold subscriptions
    /// that are not in the list.
    pub may_hold_others: bool,
    /// Where a browser shows the certificate of a server that it perhaps does not trust; else empty.
    pub certificate_url: String,
    /// What the server allows and says of itself (MQTT 5), as soon as it has answered CONNECT.
    pub limits: Option<Box<ServerLimits>>,
    /// The server goes on with an enhanced authentication and awaits an answer (MQTT 5).
    pub authentication: Option<Box<AuthenticationRequest>>,
    /// What the server said as it ended or refused the connection (MQTT 5).
    pub end: Option<Box<ServerEnd>>,
    /// The version to try next, where the server did not take the one that it was asked for with.
    pub offered_version: Option<ProtocolVersion>,
    /// It was lost, and comes back by itself.
    pub retry: Option<Retry>,
    /// What the broker was asked for, the oldest first.
    pub subscriptions: Vec<Subscription>,
}

/// The next try to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Retry {
    /// When it begins, in milliseconds of the caller's clock.
    pub at: u64,
    /// Its number since the last connection that was stable, counted from 1.
    pub number: u32,
}

/// What the server says in an AUTH that awaits an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AuthenticationRequest {
    /// Authentication Data, if it came with any.
    pub data: Option<AuthenticationData>,
    /// The reason string, for people.
    pub reason_string: Option<String>,
}

/// How the server of MQTT 5 ended a connection: with its DISCONNECT, or with a CONNACK that refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ServerEnd {
    /// It was refused with CONNACK.
    pub is_refusal: bool,
    /// The reason code, and what else was said.
    pub reason: Reason,
    /// Other servers to use, as the server writes them.
    pub server_reference: Option<String>,
}

/// A topic filter that the broker was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Subscription {
    /// The topic filter.
    pub filter: String,
    /// The QoS that was asked for.
    pub requested: Qos,
    /// No Local, Retain As Published and Retain Handling, besides the QoS (MQTT 5): a byte of [`SubscribeOptions`].
    pub options: u8,
    /// The Subscription Identifier (MQTT 5).
    pub identifier: Option<u32>,
    /// The user properties of its SUBSCRIBE (MQTT 5).
    pub user_properties: Vec<(String, String)>,
    /// What the broker said to it.
    pub answer: Answer,
    /// The code of its SUBACK, or of an UNSUBACK that has failed; `None` before.
    pub code: Option<u8>,
}

/// What the broker said to a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Answer {
    /// Nothing yet.
    Awaited,
    /// Yes, with this QoS.
    Granted(Qos),
    /// No.
    Refused,
    /// UNSUBSCRIBE was sent.
    Leaving,
    /// The connection ended before it answered.
    Unanswered,
    /// It has forgotten it: the server has kept no session.
    Gone,
    /// It was lost with the connection, and is asked for again with the next.
    Again,
}

/// The properties of SUBSCRIBE with which a subscription is asked for again (MQTT 5).
#[must_use]
pub fn subscribe_properties(identifier: Option<u32>, user_properties: &[(String, String)]) -> PropertyBuf {
    let mut properties = PropertyBuf::new();
    let identifier =
        identifier.map(|number| (PropertyId::SubscriptionIdentifier, PropertyValue::Number(number)));
    let pairs = user_properties.iter();
    let pairs = pairs.map(|(name, value)| (name.as_str().into(), value.as_str().into()));
    let pairs = pairs.map(|(name, value)| (PropertyId::UserProperty, PropertyValue::Pair(name, value)));
    for (id, value) in identifier.into_iter().chain(pairs) {
        // What was sent before can be written; what a file has brought and is too long is left out.
        let _ = properties.push(id, value);
    }
    properties
}

impl ConnectionState {
    /// Packets can be sent.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.phase == Phase::Connected
    }

    /// There is a WebSocket that could be closed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.phase, Phase::Idle | Phase::Ended { .. })
    }

    /// There is something that DISCONNECT would end: a WebSocket, or the next try to come back.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.is_open() || self.retry.is_some()
    }

    /// Begins anew for a connection that is being opened; `keeps_list` if its subscriptions may outlive the one before.
    pub(crate) fn opening(&mut self, url: String, client_id: &str, clean_session: bool, keeps_list: bool) {
        if !keeps_list {
            self.subscriptions.clear();
        }
        self.retry = None;
        self.limits = None;
        self.authentication = None;
        self.end = None;
        self.offered_version = None;
        self.url = url;
        self.has_broken_rule = false;
        self.may_hold_others = false;
        self.certificate_url.clear();
        self.client_id = client_id.into();
        self.subprotocol.clear();
        self.clean_session = clean_session;
    }

    /// The connection is about to end, and the end of a session that is not kept is the end of its subscriptions. If it is
    /// to come back, so are they.
    pub(crate) fn keep_for_return(&mut self, returns: bool) {
        let is_kept = self.is_kept;
        if !returns {
            return self.give_up_asking();
        }
        self.subscriptions.retain(|held| is_kept || held.answer != Answer::Leaving);
        for held in &mut self.subscriptions {
            let is_lost = match held.answer {
                Answer::Awaited => true,
                Answer::Granted(_) => !is_kept,
                Answer::Refused | Answer::Leaving | Answer::Unanswered | Answer::Gone | Answer::Again => {
                    false
                }
            };
            if is_lost {
                held.answer = Answer::Again;
            }
        }
    }

    /// The connection does not come back: nothing is asked for again, and only what the server keeps is held.
    pub(crate) fn give_up_asking(&mut self) {
        if self.is_kept {
            for held in self.subscriptions.iter_mut().filter(|held| held.answer == Answer::Again) {
                held.answer = Answer::Unanswered;
            }
        } else {
            self.subscriptions.clear();
        }
    }

    /// Enters a phase.
    pub(crate) fn enter(&mut self, phase: Phase, now_millis: u64) {
        if matches!(phase, Phase::Ended { .. }) {
            self.authentication = None;
            for subscription in &mut self.subscriptions {
                if matches!(subscription.answer, Answer::Awaited | Answer::Leaving) {
                    subscription.answer = Answer::Unanswered;
                }
            }
        }
        self.phase = phase;
        self.since = now_millis;
    }

    /// Notes that a subscription was asked for.
    pub(crate) fn subscribing(
        &mut self,
        filter: &str,
        options: SubscribeOptions,
        properties: Properties<'_>,
    ) {
        let said = |text: Text<'_>| text.to_string_lossy().into_owned();
        let pairs = properties.user_properties();
        self.subscriptions.retain(|subscription| subscription.filter != filter);
        self.subscriptions.push(Subscription {
            filter: filter.into(),
            requested: Qos::from_u8(options.qos(ProtocolVersion::V5)).unwrap_or_default(),
            options: options.0,
            identifier: properties.subscription_identifiers().next(),
            user_properties: pairs.map(|(name, value)| (said(name), said(value))).collect(),
            answer: Answer::Awaited,
            code: None,
        });
    }

    /// Notes what the broker granted.
    pub(crate) fn subscribed(&mut self, results: &[SubscribeResult]) {
        for result in results {
            if let Some(subscription) = self.subscription(&result.filter) {
                subscription.answer = result.granted().map_or(Answer::Refused, Answer::Granted);
                subscription.code = result.return_code;
            }
        }
    }

    /// Notes that a subscription is being given up.
    pub(crate) fn unsubscribing(&mut self, filter: &str) {
        if let Some(subscription) = self.subscription(filter) {
            subscription.answer = Answer::Leaving;
        }
    }

    /// Notes that subscriptions are over, but those that the broker did not give up (MQTT 5).
    pub(crate) fn unsubscribed(&mut self, filters: &[String], reason_codes: &[ReasonCode]) {
        for (index, filter) in filters.iter().enumerate() {
            let failed = reason_codes.get(index).filter(|code| code.is_error());
            let Some(at) = self.subscriptions.iter().position(|held| held.filter == *filter) else {
                continue;
            };
            match failed {
                None => drop(self.subscriptions.remove(at)),
                Some(code) => {
                    let held = &mut self.subscriptions[at];
                    let granted = held.code.and_then(Qos::from_u8);
                    held.answer = granted.map_or(Answer::Unanswered, Answer::Granted);
                    held.code = Some(code.0);
                }
            }
        }
    }

    /// Notes that the broker has none of them any more, and says how many those are. After a loss they are asked for again,
    /// but for those that were being given up.
    pub(crate) fn lose_subscriptions(&mut self, asks_again: bool) -> usize {
        let held = self.subscriptions.iter_mut();
        let held = held.filter(|held| !matches!(held.answer, Answer::Refused | Answer::Gone));
        held.map(|held| {
            let is_wanted = asks_again && held.answer != Answer::Unanswered;
            held.answer = if is_wanted { Answer::Again } else { Answer::Gone };
        })
        .count()
    }

    /// Notes that a subscription was asked for again as it was.
    pub(crate) fn asked_again(&mut self, filter: &str) {
        if let Some(subscription) = self.subscription(filter) {
            subscription.answer = Answer::Awaited;
            subscription.code = None;
        }
    }

    /// Notes that the broker does not have a subscription any more.
    pub(crate) fn gone(&mut self, filter: &str) {
        if let Some(subscription) = self.subscription(filter) {
            subscription.answer = Answer::Gone;
        }
    }

    /// Takes one from the list that is none.
    pub(crate) fn forget(&mut self, filter: &str) {
        let is_none = |held: &Subscription| matches!(held.answer, Answer::Refused | Answer::Gone);
        self.subscriptions.retain(|held| held.filter != filter || !is_none(held));
    }

    fn subscription(&mut self, filter: &str) -> Option<&mut Subscription> {
        self.subscriptions.iter_mut().find(|subscription| subscription.filter == filter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_follow_the_broker() {
        let mut connection = ConnectionState::default();
        connection.subscribing("a/#", SubscribeOptions::new(Qos::ExactlyOnce), Properties::NONE);
        connection.subscribing("b", SubscribeOptions::new(Qos::AtMostOnce), Properties::NONE);
        let result = |filter: &str, code| SubscribeResult {
            filter: filter.into(),
            requested: Qos::ExactlyOnce,
            return_code: Some(code),
        };
        connection.subscribed(&[result("a/#", 1), result("b", 0x80)]);
        let answers: Vec<_> =
            connection.subscriptions.iter().map(|subscription| subscription.answer).collect();
        assert_eq!(answers, [Answer::Granted(Qos::AtLeastOnce), Answer::Refused]);
        connection.unsubscribing("a/#");
        assert_eq!(connection.subscriptions[0].answer, Answer::Leaving);
        // One that the broker does not give up is held as before.
        connection.unsubscribed(&["a/#".into()], &[ReasonCode(0x87)]);
        assert_eq!(connection.subscriptions[0].answer, Answer::Granted(Qos::AtLeastOnce));
        assert_eq!(connection.subscriptions[0].code, Some(0x87));
        connection.unsubscribed(&["a/#".into()], &[ReasonCode(0x11)]);
        assert_eq!(connection.subscriptions.len(), 1);
    }
}
