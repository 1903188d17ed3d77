//! When a PINGREQ is due, and when a connection is dead (MQTT 3.1, Variable header, Keep
//! Alive timer; [MQTT-3.1.2-23]).

use crate::types::{KeepAlive, Timestamp};

/// The keep alive of one connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeepAliveTimer {
    interval: KeepAlive,
    /// When a PINGREQ is due, if nothing else is sent before.
    ping_due: Timestamp,
    /// When the PINGRESP that is awaited must have come.
    response_due: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeepAliveAction {
    Nothing,
    PingDue,
    Dead,
}

impl KeepAliveTimer {
    pub(super) fn new(interval: KeepAlive, now: Timestamp) -> Self {
        Self { interval, ping_due: after(interval, now), response_due: None }
    }

    /// A packet was sent: the interval starts again.
    pub(super) fn sent(&mut self, now: Timestamp) {
        self.ping_due = after(self.interval, now);
    }

    /// A PINGREQ was sent: its answer has one interval, or all the time there is without keep alive.
    pub(super) fn ping_sent(&mut self, now: Timestamp) {
        self.sent(now);
        self.response_due.get_or_insert(after(self.interval, now));
    }

    /// Whether a PINGREQ was unanswered.
    pub(super) fn response_received(&mut self) -> bool {
        self.response_due.take().is_some()
    }

    /// When to call [`Self::check`].
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        if self.interval == KeepAlive::OFF {
            return None;
        }
        Some(self.response_due.map_or(self.ping_due, |due| due.min(self.ping_due)))
    }

    /// What is to be done now. A due PINGREQ is due again one interval later, whether it is sent or withheld.
    pub(super) fn check(&mut self, now: Timestamp) -> KeepAliveAction {
        if self.interval == KeepAlive::OFF {
            return KeepAliveAction::Nothing;
        }
        if self.response_due.is_some_and(|due| due <= now) {
            return KeepAliveAction::Dead;
        }
        if self.ping_due > now {
            return KeepAliveAction::Nothing;
        }
        self.ping_due = after(self.interval, now);
        KeepAliveAction::PingDue
    }
}

fn after(interval: KeepAlive, now: Timestamp) -> Timestamp {
    now.plus_secs(interval.as_secs().into())
}
