//! Where a person wants to go in the log: a row's number, or a time of day.

use mqttscope_log::Log;
use mqttscope_text::time::parse_time_of_day;

/// The number of the record that a person means by `417`, `#417`, `12:30`, `12:30:01` or `12:30:01.482`. A time is one
/// of the newest record's day, and means the first record at or after it. `utc_offset_minutes` is what local time is
/// ahead of UTC.
///
/// # Errors
///
/// In words, if it is neither, or the log has no such record.
pub(crate) fn find(log: &Log, text: &str, utc_offset_minutes: i32) -> Result<u32, &'static str> {
    let text = text.trim();
    if let Some(time) = parse_time_of_day(text) {
        let Some(newest) = log.record(log.end().wrapping_sub(1)) else { return Err(EMPTY) };
        let offset = i64::from(utc_offset_minutes) * 60_000_000;
        let local = newest.time.saturating_add_signed(offset);
        let at = (local - local % DAY + time).saturating_add_signed(-offset);
        let number = log.find_time(at);
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
