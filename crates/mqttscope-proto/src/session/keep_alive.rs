//! When a PINGREQ is due, and when a connection is dead (MQTT 3.1, Variable header, Keep
//! Alive timer; [MQTT-3.1.2-23]).

use crate::types::{KeepAlive, Timestamp};

/// The keep alive of one connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeepAliveTimer {
    interval: KeepAlive,
    /// When a PINGREQ is due, if nothing else is sent before.
    ping_due: Timestamp,
    /// PINGREQs that were sent and not answered: while an answer is under way others are due.
    unanswered: u32,
    /// While an answer is awaited: since when the peer is silent.
    silent_since: Option<Timestamp>,
    /// The PINGREQ that this answer is awaited for is not known to have left.
    has_not_left: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeepAliveAction {
    Nothing,
    PingDue,
    Dead,
}

impl KeepAliveTimer {
    pub(super) fn new(interval: KeepAlive, now: Timestamp) -> Self {
        Self {
            interval,
            ping_due: after(interval, now),
            unanswered: 0,
            silent_since: None,
            has_not_left: false,
        }
    }

    /// Another interval holds from now on; the answer to a PINGREQ is awaited as before.
    pub(super) fn set_interval(&mut self, interval: KeepAlive, now: Timestamp) {
        self.interval = interval;
        self.sent(now);
    }

    pub(super) const fn interval(&self) -> KeepAlive {
        self.interval
    }

    /// A packet was sent: the interval starts again.
    pub(super) fn sent(&mut self, now: Timestamp) {
        self.ping_due = after(self.interval, now);
    }

    /// A PINGREQ was sent: its answer is awaited from now on.
    pub(super) fn ping_sent(&mut self, now: Timestamp) {
        self.sent(now);
        self.unanswered = self.unanswered.saturating_add(1);
        if self.silent_since.is_none() {
            self.silent_since = Some(now);
            self.has_not_left = true;
        }
    }

    /// A PINGREQ has left, or is still to do so. A later one than that whose answer is awaited changes nothing.
    pub(super) fn ping_leaves(&mut self, now: Timestamp, has_left: bool) {
        if self.has_not_left {
            self.alive(now);
            self.has_not_left = !has_left;
        }
    }

    /// The wait for an answer begins anew.
    pub(super) fn alive(&mut self, now: Timestamp) {
        self.silent_since = self.silent_since.map(|_| now);
    }

    /// Whether a PINGREQ was unanswered. One answer is enough: whether a server answers each of several PINGREQs or all
    /// at once, it is there.
    pub(super) fn response_received(&mut self) -> bool {
        self.silent_since = None;
        let was_unanswered = self.unanswered > 0;
        self.unanswered = self.unanswered.saturating_sub(1);
        was_unanswered
    }

    /// How long an answer is awaited, in milliseconds: an interval, but at least so long.
    pub(super) fn wait_millis(&self, least_millis: u64) -> u64 {
        (u64::from(self.interval.as_secs()) * 1_000).max(least_millis)
    }

    /// When to call [`Self::check`].
    pub(super) fn deadline(&self, least_millis: u64) -> Option<Timestamp> {
        if self.interval == KeepAlive::OFF {
            return None;
        }
        Some(self.response_due(least_millis).map_or(self.ping_due, |due| due.min(self.ping_due)))
    }

    /// What is to be done now. A due PINGREQ is due again one interval later, whether it is sent or withheld.
    pub(super) fn check(&mut self, now: Timestamp, least_millis: u64) -> KeepAliveAction {
        if self.interval == KeepAlive::OFF {
            return KeepAliveAction::Nothing;
        }
        if self.response_due(least_millis).is_some_and(|due| due <= now) {
            return KeepAliveAction::Dead;
        }
        if self.ping_due > now {
            return KeepAliveAction::Nothing;
        }
        self.ping_due = after(self.interval, now);
        KeepAliveAction::PingDue
    }

    fn response_due(&self, least_millis: u64) -> Option<Timestamp> {
        self.silent_since.map(|since| since.plus_millis(self.wait_millis(least_millis)))
    }
}

fn after(interval: KeepAlive, now: Timestamp) -> Timestamp {
    now.plus_secs(interval.as_secs().into())
}
