//! Days and times as text, written and read: of the Gregorian calendar, and in no time zone but UTC.

use alloc::string::String;

/// Appends a time in microseconds since the Unix epoch: `2026-11-25T10:30:01.482123Z`.
pub fn push_iso(out: &mut String, micros: u64) {
    let (year, month, day) = date(micros / DAY);
    let secs = micros % DAY / 1_000_000;
    let parts = [
        (year, 4, '-'),
        (month, 2, '-'),
        (day, 2, 'T'),
        (secs / 3_600, 2, ':'),
        (secs / 60 % 60, 2, ':'),
        (secs % 60, 2, '.'),
        (micros % 1_000_000, 6, 'Z'),
    ];
    for (number, digits, sign) in parts {
        push_padded(out, number, digits);
        out.push(sign);
    }
}

/// The date of a time in microseconds since the Unix epoch: `2026-11-25`.
#[must_use]
pub fn date_text(micros: u64) -> String {
    let mut text = String::with_capacity(24);
    push_iso(&mut text, micros);
    text.truncate(10);
    text
}

/// Days since the Unix epoch of a date, `None` before it or where there is no such day.
#[must_use]
pub fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) || !(1970..10_000).contains(&year) {
        return None;
    }
    // Years begin in March, so that the day of a leap year is their last.
    let (march_year, march_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * march_month + 2) / 5 + day.checked_sub(1)?;
    let days = march_year * 365 + march_year / 4 - march_year / 100 + march_year / 400 + day_of_year;
    let days = days.checked_sub(EPOCH)?;
    (date(days) == (year, month, day)).then_some(days)
}

/// Reads a date, `2026-11-25`, as days since the Unix epoch.
#[must_use]
pub fn parse_date(text: &str) -> Option<u64> {
    let mut parts = text.split('-').map(parse_digits);
    let days = days(parts.next()??, parts.next()??, parts.next()??);
    days.filter(|_| parts.next().is_none())
}

/// Reads a time of day as microseconds since midnight: `10:30`, `10:30:01` or `10:30:01.482123`.
#[must_use]
pub fn parse_time_of_day(text: &str) -> Option<u64> {
    let mut parts = text.split(':');
    let hours = parse_digits(parts.next()?).filter(|&hours| hours < 24)?;
    let minutes = parse_digits(parts.next()?).filter(|&minutes| minutes < 60)?;
    let (secs, fraction) = parts.next().map_or(("0", ""), |secs| secs.split_once('.').unwrap_or((secs, "")));
    if parts.next().is_some() || fraction.len() > 6 {
        return None;
    }
    let secs = parse_digits(secs).filter(|&secs| secs < 60)?;
    let scale = 10_u64.pow(6 - fraction.len() as u32);
    let micros = if fraction.is_empty() { 0 } else { parse_digits(fraction)? * scale };
    Some((hours * 3_600 + minutes * 60 + secs) * 1_000_000 + micros)
}

/// Reads a number of nothing but decimal digits: no sign stands before it.
#[must_use]
pub fn parse_digits(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn date(days: u64) -> (u64, u64, u64) {
    let days = days + EPOCH;
    let (era, day_of_era) = (days / ERA, days % ERA);
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (year + era * 400 + carry, month, day)
}

fn push_padded(out: &mut String, number: u64, digits: u32) {
    for at in (0..digits).rev() {
        out.push(char::from(b'0' + (number / 10_u64.pow(at) % 10) as u8));
    }
}

/// Microseconds of a day.
pub const DAY: u64 = 86_400_000_000;
/// Days from the first of March of the year 0 to the Unix epoch.
const EPOCH: u64 = 719_468;
/// Days of 400 years.
const ERA: u64 = 146_097;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_text() {
        let cases = [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_400_000_001, "2000-02-29T00:00:00.000001Z"),
            (1_795_602_601_482_123, "2026-11-25T10:30:01.482123Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        ];
        for (micros, expected) in cases {
            let mut text = String::new();
            push_iso(&mut text, micros);
            assert_eq!(text, expected);
            assert_eq!(date_text(micros), expected[..10]);
        }
    }

    #[test]
    fn every_day_is_found_again() {
        for number in 0..200_000 {
            let (year, month, day) = date(number);
            assert_eq!(days(year, month, day), Some(number));
        }
        assert_eq!([days(2026, 2, 29), days(2026, 13, 1), days(1969, 12, 31), days(2026, 4, 31)], [None; 4]);
    }

    #[test]
    fn times_of_day_are_read() {
        let cases = [
            ("00:00", Some(0)),
            ("12:30", Some(45_000_000_000)),
            ("12:30:01", Some(45_001_000_000)),
            ("12:30:01.482", Some(45_001_482_000)),
            ("23:59:59.999999", Some(DAY - 1)),
            ("12:30:01.", Some(45_001_000_000)),
            ("24:00", None),
            ("12:60", None),
            ("12:30:60", None),
            ("12:30:00:00", None),
            ("12:30:00.x", None),
            ("12:30:00.1234567", None),
            ("+12:30", None),
            ("12:", None),
            ("12", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_time_of_day(text), expected, "{text}");
        }
    }

    #[test]
    fn dates_are_read() {
        assert_eq!(parse_date("1970-01-02"), Some(1));
        for text in ["2026-02-29", "2026-11", "2026-11-25-1", "2026-+1-25", "soon", ""] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }
}
