//! Where a person wants to go in the log: a row's number, or a time of day.

use mqttscope_log::Log;
use mqttscope_text::time::parse_time_of_day;
use mqttscope_text::zone::Zone;

/// The number of the record that a person means by `417`, `#417`, `12:30`, `12:30:01` or `12:30:01.482`. A time is one
/// of the newest record's day in that zone, and means the first record at or after it.
///
/// # Errors
///
/// In words, if it is neither, or the log has no such record.
pub(crate) fn find(log: &Log, text: &str, zone: &Zone) -> Result<u32, &'static str> {
    let text = text.trim();
    if let Some(time) = parse_time_of_day(text) {
        let Some(newest) = log.record(log.end().wrapping_sub(1)) else { return Err(EMPTY) };
        let local = zone.local(log.time_of_day(newest));
        let number = log.find_time(zone.utc(local - local % DAY + time));
        return if number < log.end() { Ok(number) } else { Err("No row is that late.") };
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

const DAY: u64 = 86_400_000_000;
const EMPTY: &str = "The log is empty.";

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
}
