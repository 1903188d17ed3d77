//! The value of each key.

use std::ops::Range;

use mqttscope_proto::{PacketType, TopicFilter};

use super::FilterError;
use super::complete::FLAGS;
use super::eval::{Numbers, Pattern, Test, Topic, When};
use super::find::Needle;
use super::lex::Value;
use super::regex::Regex;
use crate::store::{Direction, EventKind};
use crate::time;

/// Reads terms; offsets are those of the whole filter.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) utc_offset_minutes: i32,
}

impl Reader<'_> {
    /// A term without a key: a flag or a word.
    pub(super) fn alone(&self, value: &Value) -> Result<Test, FilterError> {
        if let Value::Plain(range) = value {
            let word = self.text[range.clone()].to_ascii_lowercase();
            match word.as_str() {
                "violation" => return Ok(Test::Violation),
                "event" => return Ok(Test::Event(None)),
                "dup" => return Ok(Test::Dup),
                "retain" => return Ok(Test::Retain),
                "unanswered" => return Ok(Test::Unanswered),
                _ => debug_assert!(FLAGS.iter().all(|flag| flag.text != word)),
            }
        }
        self.pattern(value).map(Test::Word)
    }

    /// A term with a key.
    pub(super) fn keyed(&self, key: Range<usize>, value: &Value) -> Result<Test, FilterError> {
        let name = self.text[key.clone()].to_ascii_lowercase();
        let range = value.range();
        if range.is_empty() {
            return Err(FilterError {
                range: key.start..range.end,
                words: "a value is missing behind this key",
            });
        }
        match name.as_str() {
            "type" => self.types(value),
            "dir" => self.direction(value),
            "qos" => self.numbers(value).map(Test::Qos),
            "id" => self.numbers(value).map(Test::Id),
            "size" => self.numbers(value).map(Test::Size),
            "conn" => self.numbers(value).map(Test::Connection),
            "topic" => self.topic(value),
            "payload" => self.payload(value),
            "client" => self.pattern(value).map(Test::Client),
            "after" => self.time(value).map(Test::After),
            "before" => self.time(value).map(Test::Before),
            "event" => self.event(value),
            _ => Err(FilterError { range: key.start..key.end + 1, words: NO_KEY }),
        }
    }

    fn plain<'v>(&'v self, value: &'v Value) -> &'v str {
        match value {
            Value::Quoted(text, _) => text,
            _ => &self.text[value.range()],
        }
    }

    fn pattern(&self, value: &Value) -> Result<Pattern, FilterError> {
        match value {
            Value::Regex { pattern, ignore_case } => {
                match Regex::new(&self.text[pattern.clone()], *ignore_case) {
                    Ok(regex) => Ok(Pattern::Regex(Box::new(regex))),
                    Err(error) => {
                        let start = pattern.start + error.offset;
                        let char = self.text[start..pattern.end].chars().next();
                        let end = start + char.map_or(0, char::len_utf8);
                        Err(FilterError { range: start..end, words: error.words })
                    }
                }
            }
            _ => Ok(Pattern::Word(Needle::new(self.plain(value)))),
        }
    }

    fn payload(&self, value: &Value) -> Result<Test, FilterError> {
        match value {
            Value::Plain(range) if self.text[range.clone()].starts_with('/') => Err(FilterError {
                range: range.clone(),
                words: "this / opens an expression that is not closed; quotes make it a text",
            }),
            _ => self.pattern(value).map(Test::Payload),
        }
    }

    fn topic(&self, value: &Value) -> Result<Test, FilterError> {
        if matches!(value, Value::Regex { .. }) {
            return self.pattern(value).map(|pattern| Test::Topic(Topic::Pattern(pattern)));
        }
        let filter = self.plain(value);
        if TopicFilter::new(filter).is_err() {
            return Err(FilterError {
                range: value.range(),
                words: "this is no topic filter: + stands for a whole level, # for all levels at the end",
            });
        }
        Ok(Test::Topic(Topic::Filter(filter.as_bytes().into())))
    }

    fn types(&self, value: &Value) -> Result<Test, FilterError> {
        let mut types = 0;
        for (name, range) in items(self.plain(value), value.range().start) {
            let known = PacketType::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name));
            let known = known.ok_or(FilterError { range, words: "there is no packet of this type" })?;
            types |= 1 << known as u8;
        }
        Ok(Test::Type(types))
    }

    fn direction(&self, value: &Value) -> Result<Test, FilterError> {
        match self.plain(value).to_ascii_lowercase().as_str() {
            "in" => Ok(Test::Direction(Direction::In)),
            "out" => Ok(Test::Direction(Direction::Out)),
            _ => Err(FilterError { range: value.range(), words: "a direction is in or out" }),
        }
    }

    fn event(&self, value: &Value) -> Result<Test, FilterError> {
        let kind = EventKind::from_name(&self.plain(value).to_ascii_lowercase());
        let kind =
            kind.ok_or(FilterError { range: value.range(), words: "there is no event of this name" })?;
        Ok(Test::Event(Some(kind)))
    }

    /// `17`, `1,2`, `1..9`, `>5`, `>=1k`.
    fn numbers(&self, value: &Value) -> Result<Numbers, FilterError> {
        let mut ranges = Vec::new();
        for (item, range) in items(self.plain(value), value.range().start) {
            let found = number_range(item);
            let words = "a number belongs here: 17, 1..9, >5, <=1k";
            ranges.push(found.ok_or(FilterError { range, words })?);
        }
        Ok(Numbers(ranges))
    }

    /// `10:30`, `10:30:15.25`, `2026-11-25`, `2026-11-25T10:30`.
    fn time(&self, value: &Value) -> Result<When, FilterError> {
        let text = self.plain(value);
        let offset = i64::from(self.utc_offset_minutes) * 60_000_000;
        let (date, clock) = match text.split_once(['T', 't']) {
            Some((date, clock)) => (Some(date), Some(clock)),
            None if text.contains('-') => (Some(text), None),
            None => (None, Some(text)),
        };
        let micros = clock.map_or(Some(0), time_of_day);
        let when = match date {
            Some(date) => days(date).zip(micros).map(|(days, micros)| {
                When::Moment((days * time::DAY + micros).saturating_add_signed(-offset))
            }),
            None => micros.map(|micros| When::TimeOfDay { micros, offset }),
        };
        let words = "a time belongs here: 10:30, 10:30:15.5, 2026-11-25, 2026-11-25T10:30";
        when.ok_or(FilterError { range: value.range(), words })
    }
}

/// The items of a list, each with its bytes.
fn items(list: &str, start: usize) -> impl Iterator<Item = (&str, Range<usize>)> {
    let mut at = start;
    list.split(',').map(move |item| {
        let range = at..at + item.len();
        at = range.end + 1;
        (item, range)
    })
}

fn number_range(item: &str) -> Option<(u64, u64)> {
    if let Some((from, to)) = item.split_once('.') {
        return Some((number(from)?, number(to.strip_prefix('.')?)?));
    }
    if let Some(least) = item.strip_prefix(">=") {
        return Some((number(least)?, u64::MAX));
    }
    if let Some(most) = item.strip_prefix("<=") {
        return Some((0, number(most)?));
    }
    if let Some(below) = item.strip_prefix('>') {
        return Some((number(below)?.checked_add(1)?, u64::MAX));
    }
    if let Some(above) = item.strip_prefix('<') {
        // Nothing is below 0: a range that runs backwards.
        return Some(number(above)?.checked_sub(1).map_or((1, 0), |most| (0, most)));
    }
    let only = number(item)?;
    Some((only, only))
}

fn number(text: &str) -> Option<u64> {
    let (digits, unit) = match text.as_bytes().last()? {
        b'k' | b'K' => (&text[..text.len() - 1], 1_000),
        b'm' | b'M' => (&text[..text.len() - 1], 1_000_000),
        _ => (text, 1),
    };
    digits_of(digits)?.checked_mul(unit)
}

fn digits_of(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// Microseconds since midnight.
fn time_of_day(text: &str) -> Option<u64> {
    let mut parts = text.split(':');
    let hours = digits_of(parts.next()?).filter(|&hours| hours < 24)?;
    let minutes = digits_of(parts.next()?).filter(|&minutes| minutes < 60)?;
    let (secs, fraction) = parts.next().map_or(("0", ""), |secs| secs.split_once('.').unwrap_or((secs, "")));
    if parts.next().is_some() || fraction.len() > 6 {
        return None;
    }
    let secs = digits_of(secs).filter(|&secs| secs < 60)?;
    let scale = 10_u64.pow(6 - fraction.len() as u32);
    let micros = if fraction.is_empty() { 0 } else { digits_of(fraction)? * scale };
    Some((hours * 3_600 + minutes * 60 + secs) * 1_000_000 + micros)
}

/// Days since the Unix epoch of a date.
fn days(text: &str) -> Option<u64> {
    let mut parts = text.split('-').map(digits_of);
    let days = time::days(parts.next()??, parts.next()??, parts.next()??);
    days.filter(|_| parts.next().is_none())
}

const NO_KEY: &str = "there is no such key; put the word in quotes to look for it";
