//! How far messages are that are repeated, in words.

use mqttscope_link::RepeatState;
use mqttscope_text::number;

use super::text::concat;

/// How far it is, how fast, and how long it will last; nothing before anything was repeated.
#[must_use]
pub fn words(state: &RepeatState) -> String {
    let RepeatState { sent, count, missed, rate, millis, end } = state;
    let said = match (end, *count) {
        (None, None) => concat(&[&number::grouped(*sent), " sent, ", &rate_words(*rate)]),
        (None, Some(count)) => {
            let rest = count.saturating_sub(*sent);
            let progress = concat(&[&number::grouped(*sent), " of ", &number::grouped(count), " sent, "]);
            let left = rest.saturating_mul(1_000_000).checked_div(*rate).map(number::span);
            let left = left.map_or_else(String::new, |left| concat(&[", ", &left, " left"]));
            concat(&[&progress, &rate_words(*rate), &left])
        }
        (Some(end), _) => {
            let how = match end {
                Ok(words) if words.is_empty() => "Done: ",
                Ok(words) => &concat(&[words, ": "]),
                Err(words) => &concat(&[words, " "]),
            };
            let sent = number::counted(*sent, " message", " messages");
            concat(&[how, &sent, " sent in ", &number::span(*millis), ", ", &rate_words(*rate)])
        }
    };
    let missed = match *missed {
        0 => String::new(),
        missed => concat(&["; ", &number::grouped(missed), " left out, as their time had passed"]),
    };
    concat(&[&said, &missed, "."])
}

/// Thousandths of a message a second.
fn rate_words(rate: u64) -> String {
    let whole = number::grouped(rate / 1_000);
    if rate >= 100_000 {
        return concat(&[&whole, " a second"]);
    }
    concat(&[&whole, ".", &number::plain(rate % 1_000 / 100), " a second"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_has_its_rate_and_its_rest() {
        let state = RepeatState { sent: 1_200, rate: 20_040, millis: 60_000, ..RepeatState::default() };
        assert_eq!(words(&state), "1,200 sent, 20.0 a second.");
        let counted = RepeatState { count: Some(10_000), ..state.clone() };
        assert_eq!(words(&counted), "1,200 of 10,000 sent, 20.0 a second, 7 min left.");
        let slow = RepeatState { count: Some(10), rate: 0, sent: 0, missed: 3, ..state.clone() };
        assert_eq!(words(&slow), "0 of 10 sent, 0.0 a second; 3 left out, as their time had passed.");
        let end = |end| RepeatState { end: Some(end), rate: 123_456, sent: 1, ..state.clone() };
        assert_eq!(words(&end(Ok(String::new()))), "Done: 1 message sent in 60 s, 123 a second.");
        assert_eq!(words(&end(Ok("Stopped".into()))), "Stopped: 1 message sent in 60 s, 123 a second.");
        let lost = end(Err("The connection ended.".into()));
        assert_eq!(words(&lost), "The connection ended. 1 message sent in 60 s, 123 a second.");
    }
}
