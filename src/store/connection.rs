//! The state of the connection and its subscriptions, and how the page says them.

use mqttscope_proto::Qos;
use mqttscope_proto::session::SubscribeResult;

use super::text::concat;

/// Where a connection stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Phase {
    /// There was none yet.
    #[default]
    Idle,
    /// The last one ended, or an attempt failed.
    Ended {
        why: String,
        failed: bool,
    },
    /// The WebSocket is being opened.
    Opening,
    /// CONNECT was sent and CONNACK has not come.
    AwaitingConnAck,
    Connected,
    /// The WebSocket is being closed.
    Closing,
}

/// A connection as the page shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Connection {
    pub phase: Phase,
    /// When the phase began, in milliseconds since the Unix epoch.
    pub since: u64,
    pub client_id: String,
    pub url: String,
    /// The subprotocol that was agreed on, often empty.
    pub subprotocol: String,
    /// Subscriptions outlive the connection without clean session.
    pub clean_session: bool,
    pub subscriptions: Vec<Subscription>,
}

/// A topic filter that the broker was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    pub filter: String,
    pub requested: Qos,
    pub answer: Answer,
}

/// What the broker said to a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Awaited,
    Granted(Qos),
    Refused,
    /// UNSUBSCRIBE was sent.
    Leaving,
}

/// The colour that stands for a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    Off,
    Pending,
    On,
    Failed,
}

impl Connection {
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

    /// The state in a word or two.
    #[must_use]
    pub fn headline(&self) -> String {
        match &self.phase {
            Phase::Idle | Phase::Ended { .. } => "Disconnected".into(),
            Phase::Opening | Phase::AwaitingConnAck => "Connecting".into(),
            Phase::Connected => concat(&["Connected as ", self.name()]),
            Phase::Closing => "Closing".into(),
        }
    }

    /// What there is to say beyond the headline.
    #[must_use]
    pub fn detail(&self) -> String {
        match &self.phase {
            Phase::Idle => "Press Connect to open a WebSocket.".into(),
            Phase::Ended { why, .. } => why.clone(),
            Phase::Opening => concat(&["Opening a WebSocket to ", &self.url]),
            Phase::AwaitingConnAck => "The WebSocket is open, CONNECT was sent, CONNACK is awaited.".into(),
            Phase::Connected if self.subprotocol.is_empty() => self.url.clone(),
            Phase::Connected => concat(&[&self.url, " (", &self.subprotocol, ")"]),
            Phase::Closing => "Waiting for the peer to close the WebSocket.".into(),
        }
    }

    /// The colour that goes with the headline.
    #[must_use]
    pub fn light(&self) -> Light {
        match self.phase {
            Phase::Idle => Light::Off,
            Phase::Ended { failed: true, .. } => Light::Failed,
            Phase::Ended { .. } => Light::Off,
            Phase::Opening | Phase::AwaitingConnAck | Phase::Closing => Light::Pending,
            Phase::Connected => Light::On,
        }
    }

    /// The title of the browser's tab: with two tabs side by side it tells which is which.
    #[must_use]
    pub fn title(&self, client_id: &str) -> String {
        let (sign, id) = match self.phase {
            Phase::Connected => ("● ", self.name()),
            Phase::Idle | Phase::Ended { .. } => ("○ ", client_id),
            _ => ("◌ ", self.name()),
        };
        concat(&[sign, id, " · mqttscope"])
    }

    /// Begins anew for a connection that is being opened.
    pub fn opening(&mut self, url: &str, client_id: &str, clean_session: bool) {
        if clean_session || self.client_id != client_id {
            self.subscriptions.clear();
        }
        self.url = url.into();
        self.client_id = client_id.into();
        self.subprotocol.clear();
        self.clean_session = clean_session;
    }

    /// Enters a phase. The end of a clean session is the end of its subscriptions.
    pub fn enter(&mut self, phase: Phase, now_millis: u64) {
        if matches!(phase, Phase::Ended { .. }) && self.clean_session {
            self.subscriptions.clear();
        }
        self.phase = phase;
        self.since = now_millis;
    }

    /// Notes that a subscription was asked for.
    pub fn subscribing(&mut self, filter: &str, requested: Qos) {
        self.subscriptions.retain(|subscription| subscription.filter != filter);
        self.subscriptions.push(Subscription { filter: filter.into(), requested, answer: Answer::Awaited });
    }

    /// Notes what the broker granted.
    pub fn subscribed(&mut self, results: &[SubscribeResult]) {
        for result in results {
            if let Some(subscription) = self.subscription(&result.filter) {
                subscription.answer = result.granted().map_or(Answer::Refused, Answer::Granted);
            }
        }
    }

    /// Notes that a subscription is being given up.
    pub fn unsubscribing(&mut self, filter: &str) {
        if let Some(subscription) = self.subscription(filter) {
            subscription.answer = Answer::Leaving;
        }
    }

    /// Notes that subscriptions are over.
    pub fn unsubscribed(&mut self, filters: &[String]) {
        self.subscriptions.retain(|subscription| !filters.contains(&subscription.filter));
    }

    fn subscription(&mut self, filter: &str) -> Option<&mut Subscription> {
        self.subscriptions.iter_mut().find(|subscription| subscription.filter == filter)
    }

    fn name(&self) -> &str {
        if self.client_id.is_empty() { "a client without id" } else { &self.client_id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_follow_the_broker() {
        let mut connection = Connection::default();
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

    #[test]
    fn the_title_tells_two_tabs_apart() {
        let mut connection = Connection { client_id: "17".into(), ..Connection::default() };
        assert_eq!(connection.title("18"), "○ 18 · mqttscope");
        connection.phase = Phase::Connected;
        assert_eq!(connection.title("18"), "● 17 · mqttscope");
        assert_eq!(connection.headline(), "Connected as 17");
    }
}
