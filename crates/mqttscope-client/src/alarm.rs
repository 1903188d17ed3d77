//! When a clock is to be set anew: as rarely as can be.

use mqttscope_proto::Timestamp;

/// The time at which a clock wakes whoever waits for [`crate::Client::poll_timeout`].
///
/// It may be sooner than anything is due, which costs less than to tell the clock of it: each packet that is sent puts
/// the next PINGREQ off, and to set a clock is a message to a worker, or a call of the system.
#[derive(Clone, Debug, Default)]
pub struct Alarm(Option<Timestamp>);

impl Alarm {
    /// Takes what is due, and says for when the clock is to be set; `None` if it wakes soon enough.
    pub fn set(&mut self, due: Option<Timestamp>) -> Option<Timestamp> {
        let due = due.filter(|&due| self.0.is_none_or(|alarm| due < alarm));
        self.0 = due.or(self.0);
        due
    }

    /// Notes that the clock woke.
    pub fn rang(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_set_only_for_what_is_sooner() {
        let at = |millis| Some(Timestamp::from_millis(millis));
        let mut alarm = Alarm::default();
        assert_eq!(alarm.set(None), None);
        assert_eq!(alarm.set(at(60_000)), at(60_000));
        assert_eq!(alarm.set(at(60_001)), None);
        assert_eq!(alarm.set(at(5)), at(5));
        assert_eq!(alarm.set(None), None);
        assert_eq!(alarm.set(at(60_002)), None);
        alarm.rang();
        assert_eq!(alarm.set(at(60_002)), at(60_002));
    }
}
