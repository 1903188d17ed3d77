//! How live records' times stand to the time of day, where the system's clock was set or the machine slept.

use super::connection::SourceId;
use super::record::Record;
use super::{Event, Log};

/// From when on the time of day is how much later than records' times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offset {
    from: u64,
    micros: i64,
}

impl Log {
    /// Notes that from a time on, in microseconds, the time of day is so much later, or earlier, than the times that live
    /// records have. These never run backwards and never jump, so that what is measured between two of them is true; the
    /// time of day is theirs and this.
    pub fn set_clock_offset(&mut self, from: u64, micros: i64) {
        let change = micros - self.clock_offset(from);
        self.clock.push(Offset { from, micros });
        self.revision = self.revision.wrapping_add(1);
        let event = Event::ClockSet { later: change >= 0, by_ms: change.unsigned_abs() / 1_000 };
        self.push_event(from, super::ConnectionId::default(), event);
    }

    /// The time of day of a record, in microseconds since the Unix epoch.
    #[inline]
    #[must_use]
    pub fn time_of_day(&self, record: &Record) -> u64 {
        if self.clock.is_empty() {
            return record.time;
        }
        // Files have times of their own.
        let is_live =
            self.connection(record.connection).is_none_or(|connection| connection.source == SourceId::LIVE);
        if is_live { record.time.saturating_add_signed(self.clock_offset(record.time)) } else { record.time }
    }

    fn clock_offset(&self, time: u64) -> i64 {
        let behind = self.clock.partition_point(|offset| offset.from <= time);
        behind.checked_sub(1).and_then(|at| self.clock.get(at)).map_or(0, |offset| offset.micros)
    }
}
