//! Days and times as text, of the Gregorian calendar and in UTC.

/// Appends a time in microseconds since the Unix epoch: `2026-11-25T10:30:01.482123Z`.
pub(crate) fn push_iso(out: &mut String, micros: u64) {
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

/// Days since the Unix epoch of a date, `None` before it or where there is no such day.
pub(crate) fn days(year: u64, month: u64, day: u64) -> Option<u64> {
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
pub(crate) const DAY: u64 = 86_400_000_000;
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
}
