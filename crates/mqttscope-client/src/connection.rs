//! The state of a connection and its subscriptions, as plain data for whoever shows it.

use mqttscope_proto::Qos;
use mqttscope_proto::session::SubscribeResult;

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
    /// The client id that it was asked for with.
    pub client_id: String,
    /// Where the WebSocket leads.
    pub url: String,
    /// The subprotocol that was agreed on, often empty.
    pub subprotocol: String,
    /// Subscriptions outlive the connection without clean session.
    pub clean_session: bool,
    /// Messages that wait for others to be acknowledged. In a flood it may be half a second old.
    pub queued: u64,
    /// The peer broke a rule on this connection, and it goes on.
    pub has_broken_rule: bool,
    /// The server goes on with a session that this page has not seen from its beginning: it may hold subscriptions
    /// that are not in the list.
    pub may_hold_others: bool,
    /// Where a browser shows the certificate of a server that it perhaps does not trust; else empty.
    pub certificate_url: String,
    /// What the broker was asked for, the oldest first.
    pub subscriptions: Vec<Subscription>,
}

/// A topic filter that the broker was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Subscription {
    /// The topic filter.
    pub filter: String,
    /// The QoS that was asked for.
    pub requested: Qos,
    /// What the broker said to it.
    pub answer: Answer,
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

    /// Begins anew for a connection that is being opened; `is_same` if it is the client of before at the same server.
    pub(crate) fn opening(&mut self, url: String, client_id: &str, clean_session: bool, is_same: bool) {
        if clean_session || !is_same {
            self.subscriptions.clear();
        }
        self.url = url;
        self.has_broken_rule = false;
        self.may_hold_others = false;
        self.certificate_url.clear();
        self.client_id = client_id.into();
        self.subprotocol.clear();
        self.clean_session = clean_session;
    }

    /// Enters a phase. The end of a clean session is the end of its subscriptions.
    pub(crate) fn enter(&mut self, phase: Phase, now_millis: u64) {
        if matches!(phase, Phase::Ended { .. }) {
            if self.clean_session {
                self.subscriptions.clear();
            }
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
    pub(crate) fn subscribing(&mut self, filter: &str, requested: Qos) {
        self.subscriptions.retain(|subscription| subscription.filter != filter);
        self.subscriptions.push(Subscription { filter: filter.into(), requested, answer: Answer::Awaited });
    }

    /// Notes what the broker granted.
    pub(crate) fn subscribed(&mut self, results: &[SubscribeResult]) {
        for result in results {
            if let Some(subscription) = self.subscription(&result.filter) {
                subscription.answer = result.granted().map_or(Answer::Refused, Answer::Granted);
            }
        }
    }

    /// Notes that a subscription is being given up.
    pub(crate) fn unsubscribing(&mut self, filter: &str) {
        if let Some(subscription) = self.subscription(filter) {
            subscription.answer = Answer::Leaving;
        }
    }

    /// Notes that subscriptions are over.
    pub(crate) fn unsubscribed(&mut self, filters: &[String]) {
        self.subscriptions.retain(|subscription| !filters.contains(&subscription.filter));
    }

    /// Notes that the broker has none of them any more, and says how many those are.
    pub(crate) fn lose_subscriptions(&mut self) -> usize {
        let held = self.subscriptions.iter_mut();
        let held = held.filter(|held| !matches!(held.answer, Answer::Refused | Answer::Gone));
        held.map(|held| held.answer = Answer::Gone).count()
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
        connection.subscribing("a/#", Qos::ExactlyOnce);
        connection.subscribing("b", Qos::AtMostOnce);
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
        connection.unsubscribed(&["a/#".into()]);
        assert_eq!(connection.subscriptions.len(), 1);
    }
}
