//! Numbers as people read them.

/// A count with a comma between groups of three digits: `1,234,567`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time span of a person's patience: `40 ms`, `3.2 s`, `75 s`, `12 min`, `3 h 05 min`.
pub(crate) fn span(millis: u64) -> String {
    let secs = millis / 1_000;
    match secs {
        0 => format!("{millis} ms"),
        1..10 => format!("{secs}.{} s", millis / 100 % 10),
        10..120 => format!("{secs} s"),
        120..7_200 => format!("{} min", secs / 60),
        _ => format!("{} h {:02} min", secs / 3_600, secs / 60 % 60),
    }
}
