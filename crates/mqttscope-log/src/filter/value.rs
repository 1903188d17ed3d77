//! The value of each key.

use std::ops::Range;

use mqttscope_proto::{PacketType, PropertyId, TopicFilter};
use mqttscope_search::{Needle, Regex};
use mqttscope_text::time::{DAY, parse_date, parse_digits, parse_time_of_day};
use mqttscope_text::zone::Zone;

use super::FilterError;
use super::complete::{FLAGS, known_key};
use super::eval::{Numbers, Pattern, Test, Topic, UserProperty, When};
use super::lex::Value;
use crate::store::{Direction, EventKind};

/// Reads terms; offsets are those of the whole filter.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) zone: &'t Zone,
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
            if let Some(mistake) = self.sign_behind_key(range) {
                return Err(mistake);
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
                words: "a value is missing behind this key".into(),
            });
        }
        match name.as_str() {
            "type" => self.types(value),
            "dir" => self.direction(value),
            "qos" => self.numbers(&name, value).map(Test::Qos),
            "id" => self.numbers(&name, value).map(Test::Id),
            "size" => self.numbers(&name, value).map(Test::Size),
            "conn" => self.numbers(&name, value).map(Test::Connection),
            "reason" => self.numbers(&name, value).map(Test::Reason),
            "alias" => self.numbers(&name, value).map(Test::Alias),
            "expiry" => self.numbers(&name, value).map(Test::Expiry),
            "property" => self.properties(value),
            "user-property" => self.user_property(value),
            "topic" => self.topic(value),
            "payload" => self.payload(value),
            "client" => self.pattern(value).map(Test::Client),
            "after" => self.time(value).map(Test::After),
            "before" => self.time(value).map(Test::Before),
            "event" => self.event(value),
            _ => Err(FilterError { range: key.start..key.end + 1, words: NO_KEY.into() }),
        }
    }

    /// A word like `qos>0` or `type=publish`, which would be looked for as a text and is hardly meant so.
    fn sign_behind_key(&self, word: &Range<usize>) -> Option<FilterError> {
        let text = &self.text[word.clone()];
        let at = text.find(SIGNS)?;
        let key = known_key(&text[..at])?;
        let value = text[at..].trim_start_matches(SIGNS);
        let sign = &text[at..text.len() - value.len()];
        if value.is_empty() {
            return None;
        }
        let takes_sign = matches!(key, "qos" | "id" | "size" | "conn" | "reason" | "alias" | "expiry")
            && !sign.starts_with('=');
        let kept = if takes_sign { sign } else { "" };
        let words = ["write ", key, ":", kept, value, "; quotes make it a text"].concat();
        let start = word.start + at;
        Some(FilterError { range: start..start + sign.len(), words: words.into() })
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
                        Err(FilterError { range: start..end, words: error.words.into() })
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
                words: "this / opens an expression that is not closed; quotes make it a text".into(),
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
                words: "this is no topic filter: + stands for a whole level, # for all levels at the end"
                    .into(),
            });
        }
        Ok(Test::Topic(Topic::Filter(filter.as_bytes().into())))
    }

    fn types(&self, value: &Value) -> Result<Test, FilterError> {
        let mut types = 0;
        for (name, range) in self.items(value)? {
            let known = PacketType::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name));
            let known =
                known.ok_or(FilterError { range, words: "there is no packet of this type".into() })?;
            types |= 1 << known as u8;
        }
        Ok(Test::Type(types))
    }

    /// `user-property`, `topic-alias,content-type`.
    fn properties(&self, value: &Value) -> Result<Test, FilterError> {
        let mut ids = 0;
        for (name, range) in self.items(value)? {
            let name = name.to_ascii_lowercase().replace('-', "_");
            let words = "there is no property of this name";
            let id = PropertyId::from_name(&name).ok_or(FilterError { range, words: words.into() })?;
            ids |= 1 << id.number();
        }
        Ok(Test::Property(ids))
    }

    /// `name`, `name=value`; in quotes too.
    fn user_property(&self, value: &Value) -> Result<Test, FilterError> {
        let text = self.plain(value);
        if matches!(value, Value::Regex { .. }) {
            return Ok(Test::UserProperty(UserProperty { name: self.pattern(value)?, value: None }));
        }
        let (name, wanted) = match text.split_once('=') {
            Some((name, wanted)) => (name, Some(wanted)),
            None => (text, None),
        };
        if name.is_empty() || wanted == Some("") {
            let words = "a user property is name or name=value";
            return Err(FilterError { range: value.range(), words: words.into() });
        }
        let word = |text| Pattern::Word(Needle::new(text));
        Ok(Test::UserProperty(UserProperty { name: word(name), value: wanted.map(word) }))
    }

    fn direction(&self, value: &Value) -> Result<Test, FilterError> {
        match self.plain(value).to_ascii_lowercase().as_str() {
            "in" => Ok(Test::Direction(Direction::In)),
            "out" => Ok(Test::Direction(Direction::Out)),
            _ => Err(FilterError { range: value.range(), words: "a direction is in or out".into() }),
        }
    }

    fn event(&self, value: &Value) -> Result<Test, FilterError> {
        let kind = EventKind::from_name(&self.plain(value).to_ascii_lowercase());
        let kind =
            kind.ok_or(FilterError { range: value.range(), words: "there is no event of this name".into() })?;
        Ok(Test::Event(Some(kind)))
    }

    /// `17`, `1,2`, `1..9`, `>5`, `>=1k`.
    fn numbers(&self, key: &str, value: &Value) -> Result<Numbers, FilterError> {
        let mut ranges = Vec::new();
        for (item, range) in self.items(value)? {
            // A b stands in the units of a size alone, and in hex.
            let (is_size, is_reason) = (key == "size", key == "reason");
            let may_have_b = is_size || is_reason || !item.contains(['b', 'B']);
            let found =
                if may_have_b { number_range(item, if is_reason { code } else { number }) } else { None };
            let words = match found {
                None if is_size => "a number belongs here: 17, 1..9, >1kB, <=2MiB",
                None if key == "reason" => "a number belongs here: 0x87, 135, >=0x80, 0x90..0x9f",
                Some((from, to)) if key == "reason" && (from > 0xff || to > 0xff && to < u64::MAX) => {
                    "a reason code is 0 to 0xff"
                }
                None => "a number belongs here: 17, 1..9, >5, <=1k",
                Some((from, to)) if from > to && item.starts_with('<') => "nothing is below 0",
                Some((from, to)) if from > to => "a range begins with its smaller number",
                Some((from, to)) if key == "qos" && (from > 3 || to > 3 && to < u64::MAX) => "QoS is 0 to 3",
                Some(numbers) => {
                    ranges.push(numbers);
                    continue;
                }
            };
            return Err(FilterError { range, words: words.into() });
        }
        Ok(Numbers(ranges))
    }

    /// The items of a list, each with its bytes; those of a list in quotes with the bytes of the whole.
    fn items<'v>(&'v self, value: &'v Value) -> Result<Vec<(&'v str, Range<usize>)>, FilterError> {
        let whole = value.range();
        let list = self.plain(value);
        let behind = &self.text[whole.end..];
        let next = behind.trim_start();
        let blank = whole.end..self.text.len() - next.len();
        if !blank.is_empty() && !next.is_empty() && (list.ends_with(',') || next.starts_with(',')) {
            return Err(FilterError { range: blank, words: "a list has no space beside its commas".into() });
        }
        let mut items = Vec::new();
        let mut at = whole.start;
        for item in list.split(',') {
            let is_quoted = matches!(value, Value::Quoted(..));
            let range = if is_quoted { whole.clone() } else { at..at + item.len() };
            if item.is_empty() {
                return Err(FilterError { range, words: "a value is missing here".into() });
            }
            at += item.len() + 1;
            items.push((item, range));
        }
        Ok(items)
    }

    /// `10:30`, `10:30:15.25`, `2026-11-25`, `2026-11-25T10:30`.
    fn time(&self, value: &Value) -> Result<When, FilterError> {
        let text = self.plain(value);
        let (date, clock) = match text.split_once(['T', 't']) {
            Some((date, clock)) => (Some(date), Some(clock)),
            None if text.contains('-') => (Some(text), None),
            None => (None, Some(text)),
        };
        let micros = clock.map_or(Some(0), parse_time_of_day);
        let when = match date {
            Some(date) => parse_date(date)
                .zip(micros)
                .map(|(days, micros)| When::Moment(self.zone.utc(days * DAY + micros))),
            None => micros.map(|micros| When::TimeOfDay { micros, zone: self.zone.clone() }),
        };
        let words = "a time belongs here: 10:30, 10:30:15.5, 2026-11-25, 2026-11-25T10:30";
        when.ok_or(FilterError { range: value.range(), words: words.into() })
    }
}

/// A reason code: `135`, or `0x87` as the specification writes it.
fn code(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) if hex.len() <= 2 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            u64::from_str_radix(hex, 16).ok()
        }
        Some(_) => None,
        None => parse_digits(text),
    }
}

fn number_range(item: &str, number: impl Fn(&str) -> Option<u64>) -> Option<(u64, u64)> {
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
        return Some(number(above)?.checked_sub(1).map_or((1, 0), |most| (0, most)));
    }
    let only = number(item)?;
    Some((only, only))
}

fn number(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "kib" => 1 << 10,
        "m" | "mb" => 1_000_000,
        "mib" => 1 << 20,
        _ => return None,
    };
    parse_digits(digits)?.checked_mul(unit)
}

const SIGNS: [char; 3] = ['=', '<', '>'];

const NO_KEY: &str = "there is no such key; put the word in quotes to look for it";
