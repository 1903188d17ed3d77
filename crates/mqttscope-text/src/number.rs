//! Numbers as people read them, and bytes as hex digits, without the standard library's float formatting, which is
//! large.

use alloc::string::String;

/// A plain number. One function for all integers: each type would bring its own.
#[inline(never)]
#[must_use]
pub fn plain(number: u64) -> String {
    let mut text = String::new();
    push_number(&mut text, number);
    text
}

/// A count with a comma between groups of three digits: `1,234,567`.
#[must_use]
pub fn grouped(count: u64) -> String {
    let mut text = String::new();
    push_grouped(&mut text, count);
    text
}

/// A count and what is counted, with what stands between them: `1 row`, `12 rows`.
#[must_use]
pub fn counted(count: u64, one: &str, many: &str) -> String {
    followed(grouped(count), if count == 1 { one } else { many })
}

/// A size: `22 B`, `4.9 kB`, `5.0 MB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => followed(plain(bytes), " B"),
        1_000..1_000_000 => followed(tenths(bytes / 100), " kB"),
        _ => followed(tenths(bytes / 100_000), " MB"),
    }
}

/// A time span of a person's patience: `40 ms`, `3.2 s`, `75 s`, `12 min`, `3 h 05 min`.
#[must_use]
pub fn span(millis: u64) -> String {
    match millis {
        0..1_000 => followed(plain(millis), " ms"),
        1_000..10_000 => followed(tenths(millis / 100), " s"),
        _ => elapsed(millis / 1_000),
    }
}

/// A time span in whole seconds: `75 s`, `12 min`, `3 h 05 min`.
#[must_use]
pub fn elapsed(secs: u64) -> String {
    match secs {
        0..120 => followed(plain(secs), " s"),
        120..7_200 => followed(plain(secs / 60), " min"),
        _ => {
            let mut text = followed(plain(secs / 3_600), " h ");
            two_digits(&mut text, secs / 60 % 60);
            followed(text, " min")
        }
    }
}

/// A latency: `0.4 ms`, `12.7 ms`, `1.3 s`.
#[must_use]
pub fn latency(micros: u64) -> String {
    if micros < 100_000 { followed(tenths(micros / 100), " ms") } else { span(micros / 1_000) }
}

/// A time span that fits into a narrow column, eight characters, as exactly as they can say it: `12.345 s`,
/// `299.11 s`, `2991.1 s`, `8:18:31`, `123 h`.
#[must_use]
pub fn since(micros: u64) -> String {
    let secs = micros / 1_000_000;
    let mut text = String::with_capacity(8);
    match secs {
        0..10_000 => {
            let millis = micros / 1_000;
            push_number(&mut text, secs);
            text.push('.');
            text.push(digit(millis / 100));
            match secs {
                0..100 => two_digits(&mut text, millis % 100),
                100..1_000 => text.push(digit(millis / 10)),
                _ => {}
            }
            text.push_str(" s");
        }
        10_000..360_000 => {
            push_number(&mut text, secs / 3_600);
            text.push(':');
            two_digits(&mut text, secs / 60 % 60);
            text.push(':');
            two_digits(&mut text, secs % 60);
        }
        _ => {
            push_number(&mut text, secs / 3_600);
            text.push_str(" h");
        }
    }
    text
}

/// A difference of times as `words` writes it, with a sign where the later time is the smaller one: a clock ran backwards.
#[must_use]
pub fn signed(micros: i64, words: impl FnOnce(u64) -> String) -> String {
    let words = words(micros.unsigned_abs());
    if micros < 0 { followed(String::from("-"), &words) } else { words }
}

/// From an earlier time to a later one, both in microseconds; negative where a clock ran backwards.
#[must_use]
pub const fn difference(earlier: u64, later: u64) -> i64 {
    later.wrapping_sub(earlier).cast_signed()
}

/// The time of day with milliseconds: `12:30:01.482`. Takes microseconds since the epoch, in local time.
#[must_use]
pub fn time_of_day(local_micros: u64) -> String {
    let millis = local_micros / 1_000;
    let mut text = String::with_capacity(12);
    two_digits(&mut text, millis / 3_600_000 % 24);
    text.push(':');
    two_digits(&mut text, millis / 60_000 % 60);
    text.push(':');
    two_digits(&mut text, millis / 1_000 % 60);
    text.push('.');
    text.push(digit(millis / 100));
    two_digits(&mut text, millis % 100);
    text
}

/// Appends a number in decimal digits.
pub fn push_number(out: &mut String, number: u64) {
    if number >= 10 {
        push_number(out, number / 10);
    }
    out.push(digit(number));
}

/// Appends a number with a comma between groups of three digits.
pub fn push_grouped(out: &mut String, number: u64) {
    if number < 1_000 {
        return push_number(out, number);
    }
    push_grouped(out, number / 1_000);
    out.push(',');
    out.push(digit(number / 100));
    two_digits(out, number);
}

/// Appends bytes as lower-case hex digits.
pub fn push_hex_digits(out: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.reserve(2 * bytes.len());
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

fn two_digits(text: &mut String, value: u64) {
    text.push(digit(value / 10));
    text.push(digit(value));
}

fn digit(value: u64) -> char {
    char::from(b'0' + (value % 10) as u8)
}

fn tenths(tenths: u64) -> String {
    let mut text = grouped(tenths / 10);
    text.push('.');
    text.push(digit(tenths));
    text
}

/// A text, and what is behind it.
fn followed(mut text: String, behind: &str) -> String {
    text.push_str(behind);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345, "12,345"), (1_002_034, "1,002,034")];
        for (count, expected) in cases {
            assert_eq!(grouped(count), expected);
        }
        let rows = |count| counted(count, " row", " rows");
        assert_eq!([rows(0), rows(1), rows(1_000)], ["0 rows", "1 row", "1,000 rows"]);
    }

    #[test]
    fn sizes_have_units() {
        let cases = [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (4_950, "4.9 kB"), (5_242_880, "5.2 MB")];
        for (bytes, expected) in cases {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn spans_have_units() {
        let cases = [(40, "40 ms"), (3_240, "3.2 s"), (75_000, "75 s"), (720_000, "12 min")];
        for (millis, expected) in cases {
            assert_eq!(span(millis), expected);
        }
        assert_eq!(elapsed(3 * 3_600 + 5 * 60), "3 h 05 min");
        assert_eq!(latency(430), "0.4 ms");
        assert_eq!(latency(1_300_000), "1.3 s");
    }

    #[test]
    fn spans_in_a_column_have_eight_characters_at_most() {
        let cases = [
            (7_999, "0.007 s"),
            (12_345_999, "12.345 s"),
            (99_999_999, "99.999 s"),
            (299_114_999, "299.11 s"),
            (2_991_140_000, "2991.1 s"),
            (9_999_999_999, "9999.9 s"),
            (29_911_000_000, "8:18:31"),
            (359_999_000_000, "99:59:59"),
            (360_000_000_000, "100 h"),
            (1_800_000_000_000_000, "500000 h"),
        ];
        for (micros, expected) in cases {
            assert_eq!(since(micros), expected);
            assert!(expected.len() <= 8);
        }
    }

    #[test]
    fn the_time_of_day_wraps_at_midnight() {
        assert_eq!(time_of_day(45_001_482_999), "12:30:01.482");
        assert_eq!(time_of_day(86_400_000_000 + 7_000), "00:00:00.007");
    }
}
