//! Where a person wants to go in the log: a row's number, or a time of day.

use mqttscope_log::Log;
use mqttscope_text::time::{DAY, parse_date, parse_time_of_day};
use mqttscope_text::zone::Zone;

/// The number of the record that a person means by `417`, `#417`, `12:30`, `12:30:01`, `12:30:01.482`, `2026-11-25` or
/// `2026-11-25T12:30`. A time without a date is one of the newest record's day in that zone, or, where that has none so
/// late, of the days before it; it means the first record at or after it.
///
/// # Errors
///
/// In words, if it is neither, or the log has no such record.
pub(crate) fn find(log: &Log, text: &str, zone: &Zone) -> Result<u32, &'static str> {
    let text = text.trim();
    let found = |local: u64| {
        let number = log.find_time(zone.utc(local));
        (number < log.end()).then_some(number)
    };
    let local_of = |number: u32| log.record(number).map(|record| zone.local(log.time_of_day(record)));
    if let Some(time) = parse_time_of_day(text) {
        let Some(newest) = local_of(log.end().wrapping_sub(1)) else { return Err(EMPTY) };
        let at = newest - newest % DAY + time;
        let mut earlier = (1..=MOST_DAYS).filter_map(|days| {
            let at = at.checked_sub(days * DAY)?;
            found(at).filter(|&number| local_of(number).is_some_and(|local| local / DAY == at / DAY))
        });
        return found(at).or_else(|| earlier.next()).ok_or(TOO_LATE);
    }
    let (date, clock) = text.split_once(['T', 't', ' ']).unwrap_or((text, "0:00"));
    if let Some((days, time)) = parse_date(date).zip(parse_time_of_day(clock)) {
        return if log.end() == log.first() { Err(EMPTY) } else { found(days * DAY + time).ok_or(TOO_LATE) };
    }
    let Ok(number) = text.strip_prefix('#').unwrap_or(text).parse() else {
        return Err("Type a row's number, such as 417, or a time, such as 12:30:01.482.");
    };
    match log.record(number) {
        Some(_) => Ok(number),
        None if number < log.first() => Err("That row was dropped: the log keeps the newest."),
        None => Err("The log has no row of that number yet."),
    }
}

/// How many days before the newest record's are looked at.
const MOST_DAYS: u64 = 31;
const EMPTY: &str = "The log is empty.";
const TOO_LATE: &str = "No row is that late.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{log_of, sent};

    /// Rows at 10:00:00, 10:00:01, .. UTC of a day.
    fn log() -> Log {
        let mut log = log_of(1 << 20);
        for second in 0..60 {
            sent(&mut log, DAY * 20_000 + (36_000 + second) * 1_000_000, b"\xc0\x00");
        }
        log
    }

    #[test]
    fn numbers_and_times_lead_to_rows() {
        let log = log();
        assert_eq!(find(&log, " #17 ", &Zone::UTC), Ok(17));
        assert_eq!(find(&log, "17", &Zone::UTC), Ok(17));
        assert_eq!(find(&log, "10:00", &Zone::UTC), Ok(0));
        assert_eq!(find(&log, "10:00:17", &Zone::UTC), Ok(17));
        assert_eq!(find(&log, "10:00:16.000001", &Zone::UTC), Ok(17));
        assert_eq!(find(&log, "11:00:16.5", &Zone::fixed(60)), Ok(17));
        assert_eq!(find(&log, "02:00:30", &Zone::fixed(-480)), Ok(30));
    }

    #[test]
    fn what_is_not_there_is_said() {
        let log = log();
        for text in ["60", "10:01", "soon", "", "25:00", "10:00:61", "10:00:00:00", "10:00:00.x"] {
            assert!(find(&log, text, &Zone::UTC).is_err(), "{text}");
        }
        assert_eq!(find(&Log::new(1 << 20), "10:00", &Zone::UTC), Err(EMPTY));
    }

    #[test]
    fn times_of_several_days_are_found() {
        let mut log = log_of(1 << 20);
        // 20:00, 22:30 and 9:00 of the next day.
        for hours in [20 * 60, 22 * 60 + 30, 33 * 60] {
            sent(&mut log, DAY * 20_000 + hours * 60_000_000, b"\xc0\x00");
        }
        assert_eq!(find(&log, "08:00", &Zone::UTC), Ok(2));
        assert_eq!(find(&log, "22:00", &Zone::UTC), Ok(1));
        assert_eq!(find(&log, "23:00", &Zone::UTC), Err(TOO_LATE));
        assert_eq!(find(&log, "2024-10-04T21:00", &Zone::UTC), Ok(1));
        assert_eq!(find(&log, "2024-10-05", &Zone::UTC), Ok(2));
        assert_eq!(find(&log, "2024-10-05 10:30", &Zone::fixed(120)), Ok(2));
        assert_eq!(find(&log, "2024-10-06", &Zone::UTC), Err(TOO_LATE));
    }

    #[test]
    fn rows_are_found_where_the_clock_ran_backwards() {
        let mut log = log_of(1 << 20);
        for minutes in [6_000, 600, 610, 605, 620] {
            sent(&mut log, DAY * 20_000 + minutes * 60_000_000, b"\xc0\x00");
        }
        for (time, number) in [("10:00", 1), ("10:03", 3), ("10:07", 2), ("10:15", 4)] {
            assert_eq!(find(&log, time, &Zone::UTC), Ok(number), "{time}");
        }
    }
}
