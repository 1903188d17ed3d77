//! Local time: what it is ahead of UTC, which in most zones is another number in summer.

use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::time::DAY;

/// A time zone, as the offsets that it had and will have. Clones share them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zone(Option<Rc<[Offset]>>);

/// What local time is ahead of UTC, from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    /// When it begins, in microseconds since the Unix epoch; of the first one it does not count.
    pub from: u64,
    /// How far local time is ahead, in minutes.
    pub minutes: i32,
}

impl Zone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self(None);

    /// A zone of these offsets, in ascending order.
    #[must_use]
    pub fn new(offsets: Vec<Offset>) -> Self {
        Self((!offsets.is_empty()).then(|| offsets.into()))
    }

    /// A zone whose offset never changes.
    #[must_use]
    pub fn fixed(minutes: i32) -> Self {
        Self::new(alloc::vec![Offset { from: 0, minutes }])
    }

    /// The zone of somebody who can say the offset in minutes of a time in microseconds since the Unix epoch, as a
    /// browser does. It is asked for the years 1970 to 2049: before and after them the nearest offset holds.
    #[must_use]
    pub fn found(minutes_at: impl Fn(u64) -> i32) -> Self {
        let mut minutes = minutes_at(0);
        let mut offsets = alloc::vec![Offset { from: 0, minutes }];
        for month in 0..MONTHS {
            let (mut before, mut after) = (month * MONTH, (month + 1) * MONTH);
            let next = minutes_at(after);
            if next == minutes {
                continue;
            }
            while after - before > STEP {
                let middle = before + (after - before) / 2 / STEP * STEP;
                if minutes_at(middle) == minutes { before = middle } else { after = middle }
            }
            minutes = next;
            offsets.push(Offset { from: after, minutes });
        }
        Self::new(offsets)
    }

    /// The offsets, in ascending order; none of UTC.
    #[must_use]
    pub fn offsets(&self) -> &[Offset] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Minutes that local time is ahead at a time in microseconds since the Unix epoch.
    #[must_use]
    pub fn minutes_at(&self, micros: u64) -> i32 {
        let offsets = self.offsets();
        let behind = offsets.partition_point(|offset| offset.from <= micros);
        offsets.get(behind.saturating_sub(1)).map_or(0, |offset| offset.minutes)
    }

    /// What a local clock and calendar show, in microseconds since their 1970-01-01T00:00.
    #[must_use]
    pub fn local(&self, micros: u64) -> u64 {
        shifted(micros, self.minutes_at(micros))
    }

    /// The time that a local clock and calendar show: of two, when the clock was put back, the first.
    #[must_use]
    pub fn utc(&self, local: u64) -> u64 {
        // No offset is a day long, so that one of these holds at that time.
        let before = self.minutes_at(local.saturating_sub(DAY));
        let after = self.minutes_at(local.saturating_add(DAY));
        let early = shifted(local, -before);
        if self.minutes_at(early) == before { early } else { shifted(local, -after) }
    }
}

fn shifted(micros: u64, minutes: i32) -> u64 {
    micros.saturating_add_signed(i64::from(minutes) * 60_000_000)
}

/// Zones change at full quarters of an hour.
const STEP: u64 = 15 * 60_000_000;
/// No zone changes twice in so little time and is back where it was.
const MONTH: u64 = 28 * DAY;
const MONTHS: u64 = 80 * 365 / 28;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::days;

    fn at(year: u64, month: u64, day: u64, hour: u64, minute: u64) -> u64 {
        let days = days(year, month, day).expect("a day");
        days * DAY + (hour * 60 + minute) * 60_000_000
    }

    /// Central European Time since 1980: an hour ahead, in summer two, from the last Sunday of March to that of October,
    /// 01:00 UTC.
    fn berlin() -> Zone {
        let last_sunday = |year, month| {
            let last = days(year, month, 31).expect("a day");
            // The first day of 1970 was a Thursday.
            (last - (last + 4) % 7) * DAY + 3_600_000_000
        };
        Zone::found(move |micros| {
            let is_summer =
                (1980..2050).any(|year| (last_sunday(year, 3)..last_sunday(year, 10)).contains(&micros));
            if is_summer { 120 } else { 60 }
        })
    }

    #[test]
    fn each_day_has_its_own_offset() {
        let zone = berlin();
        assert_eq!(zone.minutes_at(at(2026, 7, 15, 12, 0)), 120);
        assert_eq!(zone.minutes_at(at(2026, 11, 30, 12, 0)), 60);
        assert_eq!(zone.local(at(2026, 7, 15, 22, 30)), at(2026, 7, 16, 0, 30));
        // To the minute.
        assert_eq!(zone.minutes_at(at(2026, 10, 25, 1, 0) - 1), 120);
        assert_eq!(zone.minutes_at(at(2026, 10, 25, 1, 0)), 60);
        assert_eq!(zone.minutes_at(at(2026, 3, 29, 1, 0) - 1), 60);
        assert_eq!(zone.minutes_at(at(2026, 3, 29, 1, 0)), 120);
        // Before all that is known, and behind it.
        assert_eq!((zone.minutes_at(0), zone.minutes_at(u64::MAX)), (60, 60));
    }

    #[test]
    fn what_a_local_clock_shows_is_found_again() {
        for zone in [berlin(), Zone::UTC, Zone::fixed(-570), Zone::fixed(14 * 60)] {
            for hour in 0..24 * 365 {
                let micros = at(2026, 1, 1, 12, 7) + hour * 3_600_000_000;
                let found = zone.utc(zone.local(micros));
                // An hour of October comes twice.
                let is_second = (at(2026, 10, 25, 1, 0)..at(2026, 10, 25, 2, 0)).contains(&micros);
                let twin = if is_second && zone == berlin() { micros - 3_600_000_000 } else { micros };
                assert_eq!(found, twin);
            }
        }
        // This half hour is left out in March.
        let missing = at(2026, 3, 29, 2, 30);
        assert!(berlin().utc(missing).abs_diff(at(2026, 3, 29, 1, 0)) <= 1_800_000_000);
    }
}
