//! When to connect again after a connection was lost: exponential back-off with jitter, as a state machine of its own.

use crate::types::Timestamp;

/// How long to wait between attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackOff {
    /// The longest wait before the first attempt, in milliseconds.
    pub first_millis: u64,
    /// The longest wait at all, in milliseconds.
    pub max_millis: u64,
    /// How long a connection must stand, in milliseconds, for the next loss to begin with the first wait again.
    pub stable_millis: u64,
}

impl Default for BackOff {
    /// One second at first, two minutes at most, stable after ten seconds.
    fn default() -> Self {
        Self { first_millis: 1_000, max_millis: 120_000, stable_millis: 10_000 }
    }
}

/// Says when to connect again.
///
/// The wait doubles with every attempt. Of each wait at least half is kept and the rest is drawn by chance, so
/// that a thousand clients of a gateway that was restarted do not come back in the same moment. Randomness is an
/// argument, like the time.
///
/// ```
/// use mqttscope_proto::Timestamp;
/// use mqttscope_proto::reconnect::{BackOff, Reconnect};
///
/// let mut reconnect = Reconnect::new(BackOff::default());
/// reconnect.handle_closed(Timestamp::from_millis(0), u32::MAX);
/// assert_eq!(reconnect.poll_timeout(), Some(Timestamp::from_millis(1_000)));
/// assert!(!reconnect.handle_timeout(Timestamp::from_millis(999)));
/// assert!(reconnect.handle_timeout(Timestamp::from_millis(1_000)));
/// ```
#[derive(Clone, Debug)]
pub struct Reconnect {
    back_off: BackOff,
    attempts: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nobody wants a connection.
    Idle,
    /// The next attempt begins at this time.
    Waiting(Timestamp),
    /// An attempt is being made.
    Connecting,
    Connected {
        since: Timestamp,
    },
}

impl Reconnect {
    /// A machine that waits for the first loss.
    #[must_use]
    pub const fn new(back_off: BackOff) -> Self {
        Self { back_off, attempts: 0, state: State::Idle }
    }

    /// A connection stands.
    pub fn handle_connected(&mut self, now: Timestamp) {
        self.state = State::Connected { since: now };
    }

    /// A connection was lost, or an attempt failed. `random` is any number, evenly distributed.
    pub fn handle_closed(&mut self, now: Timestamp, random: u32) {
        if let State::Connected { since } = self.state
            && now >= since.plus_millis(self.back_off.stable_millis)
        {
            self.attempts = 0;
        }
        let wait = self.wait_millis(random);
        self.attempts = self.attempts.saturating_add(1);
        self.state = State::Waiting(now.plus_millis(wait));
    }

    /// Whether to connect now.
    pub fn handle_timeout(&mut self, now: Timestamp) -> bool {
        match self.state {
            State::Waiting(due) if due <= now => {
                self.state = State::Connecting;
                true
            }
            _ => false,
        }
    }

    /// The user does not want a connection any more.
    pub fn stop(&mut self) {
        self.attempts = 0;
        self.state = State::Idle;
    }

    /// When to call [`Reconnect::handle_timeout`].
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Timestamp> {
        match self.state {
            State::Waiting(due) => Some(due),
            _ => None,
        }
    }

    /// Attempts since the last connection that was stable.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    fn wait_millis(&self, random: u32) -> u64 {
        let doubled = self.back_off.first_millis.saturating_mul(1_u64 << self.attempts.min(63));
        let longest = doubled.min(self.back_off.max_millis);
        let kept = longest / 2;
        let drawn = u128::from(longest - kept) * u128::from(random) / u128::from(u32::MAX);
        kept + u64::try_from(drawn).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACK_OFF: BackOff = BackOff { first_millis: 100, max_millis: 1_000, stable_millis: 5_000 };

    fn wait(reconnect: &mut Reconnect, now: u64, random: u32) -> u64 {
        reconnect.handle_closed(Timestamp::from_millis(now), random);
        reconnect.poll_timeout().expect("a loss is followed by a wait").as_millis() - now
    }

    #[test]
    fn waits_double_up_to_the_limit() {
        let mut reconnect = Reconnect::new(BACK_OFF);
        let waits = core::array::from_fn::<_, 6, _>(|_| wait(&mut reconnect, 0, u32::MAX));
        assert_eq!(waits, [100, 200, 400, 800, 1_000, 1_000]);
    }

    #[test]
    fn chance_shortens_a_wait_by_half_at_most() {
        assert_eq!(wait(&mut Reconnect::new(BACK_OFF), 0, 0), 50);
        assert_eq!(wait(&mut Reconnect::new(BACK_OFF), 0, u32::MAX / 2), 74);
    }

    #[test]
    fn only_a_stable_connection_begins_anew() {
        let mut reconnect = Reconnect::new(BACK_OFF);
        wait(&mut reconnect, 0, u32::MAX);
        reconnect.handle_connected(Timestamp::from_millis(100));
        assert_eq!(wait(&mut reconnect, 200, u32::MAX), 200);
        reconnect.handle_connected(Timestamp::from_millis(400));
        assert_eq!(wait(&mut reconnect, 5_400, u32::MAX), 100);
    }

    #[test]
    fn any_number_of_attempts_overflows_nothing() {
        let mut reconnect = Reconnect::new(BackOff { first_millis: u64::MAX, ..BACK_OFF });
        for _ in 0..200 {
            assert!(wait(&mut reconnect, 0, u32::MAX) <= 1_000);
        }
        reconnect.stop();
        assert_eq!((reconnect.poll_timeout(), reconnect.attempts()), (None, 0));
    }
}
