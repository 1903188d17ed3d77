//! A text with placeholders, which is parsed once and filled in for each message.

use std::ops::Range;

use mqttscope_text::number::{push_hex_digits, push_number};
use mqttscope_text::time::push_iso;

use crate::chance::Chance;

/// A text with placeholders: `{{n}}`, `{{time}}`, `{{uuid}}`, `{{random 1 100}}`, `{{client_id}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<(Part, Range<usize>)>,
    unknown: Vec<Range<usize>>,
}

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// As it is written.
    Text,
    /// The number of the message.
    Number,
    /// The time in UTC, to the millisecond (ISO 8601).
    Time,
    /// A UUID of version 4 (RFC 9562, 5.4).
    Uuid,
    /// An integer between two others, either of which it may be.
    Random(i64, i64),
    /// The client id.
    ClientId,
}

/// What placeholders stand for in a message.
pub struct Values<'a> {
    /// The number of the message, from 1.
    pub n: u64,
    /// The time of day, in microseconds since the Unix epoch.
    pub micros: u64,
    /// The client id.
    pub client_id: &'a str,
    /// Random bytes.
    pub chance: &'a mut Chance,
}

impl Template {
    /// Takes a text apart. What is no placeholder that is known stays as it is, see [`Self::warning`].
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (mut parts, mut unknown) = (Vec::new(), Vec::new());
        let (mut start, mut at) = (0, 0);
        while let Some(found) = text[at..].find("{{") {
            let open = at + found;
            let inner = text[open + 2..].find("}}").map(|len| &text[open + 2..open + 2 + len]);
            let is_one = |inner: &&str| inner.len() <= MOST_LEN && !inner.contains(['{', '\n']);
            let Some(inner) = inner.filter(is_one) else {
                at = open + 1;
                continue;
            };
            let range = open..open + inner.len() + 4;
            at = range.end;
            match Part::of(inner) {
                Some(part) => {
                    if start < open {
                        parts.push((Part::Text, start..open));
                    }
                    start = range.end;
                    parts.push((part, range));
                }
                None => unknown.push(range),
            }
        }
        if start < text.len() {
            parts.push((Part::Text, start..text.len()));
        }
        Self { text: text.into(), parts, unknown }
    }

    /// The text itself, if nothing in it is to be filled in.
    #[must_use]
    pub fn constant(&self) -> Option<&str> {
        self.parts.iter().all(|(part, _)| *part == Part::Text).then_some(&self.text)
    }

    /// What looks like a placeholder and is none that is known, in a sentence.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let first = self.unknown.first()?;
        Some([&self.text[first.clone()], " is no placeholder, and is sent as it is."].concat())
    }

    /// Appends the text with its placeholders filled in.
    pub fn expand(&self, values: &mut Values<'_>, out: &mut String) {
        for (part, range) in &self.parts {
            part.push(&self.text[range.clone()], values, out);
        }
    }

    /// The same, where it is to be known which byte stands for which: `places` gets the end of each part.
    pub(crate) fn expand_with_places(
        &self,
        values: &mut Values<'_>,
        out: &mut String,
        places: &mut Vec<usize>,
    ) {
        for (part, range) in &self.parts {
            part.push(&self.text[range.clone()], values, out);
            places.push(out.len());
        }
    }

    /// The place in the template of one in what was made of it; of what was filled in it is the placeholder's.
    pub(crate) fn typed_place(&self, at: usize, places: &[usize]) -> usize {
        let part = places.partition_point(|end| *end <= at);
        let start = part.checked_sub(1).map_or(0, |before| places[before]);
        match self.parts.get(part) {
            Some((Part::Text, range)) => range.start + (at - start),
            Some((_, range)) => range.start,
            None => self.text.len(),
        }
    }

    pub(crate) fn parts(&self) -> &[(Part, Range<usize>)] {
        &self.parts
    }
}

impl Part {
    fn of(inner: &str) -> Option<Self> {
        let mut words = inner.split_ascii_whitespace();
        let part = match words.next()? {
            "n" => Self::Number,
            "time" => Self::Time,
            "uuid" => Self::Uuid,
            "client_id" => Self::ClientId,
            "random" => {
                let (low, high) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
                Some(Self::Random(low, high)).filter(|_| low <= high)?
            }
            _ => return None,
        };
        words.next().is_none().then_some(part)
    }

    fn push(self, text: &str, values: &mut Values<'_>, out: &mut String) {
        match self {
            Self::Text => out.push_str(text),
            Self::Number => push_number(out, values.n),
            Self::Time => {
                push_iso(out, values.micros);
                // To the millisecond.
                out.truncate(out.len() - "123Z".len());
                out.push('Z');
            }
            Self::Uuid => push_uuid(out, values.chance.take()),
            Self::Random(low, high) => {
                // Both ends are meant. The product's upper half is as even as the 64 random bits allow.
                let count = u128::from(high.abs_diff(low)) + 1;
                let product = u128::from(u64::from_be_bytes(values.chance.take())) * count;
                let above = (product >> 64) as u64;
                push_signed(out, low.wrapping_add_unsigned(above));
            }
            Self::ClientId => out.push_str(values.client_id),
        }
    }
}

fn push_signed(out: &mut String, number: i64) {
    if number < 0 {
        out.push('-');
    }
    push_number(out, number.unsigned_abs());
}

fn push_uuid(out: &mut String, mut bytes: [u8; 16]) {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        push_hex_digits(out, &[*byte]);
    }
}

/// Longer ones are none: two pairs of brackets that are far from each other mean nothing.
const MOST_LEN: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str, fill: u8) -> String {
        let mut chance = Chance::new(move |bytes| bytes.fill(fill));
        let mut out = String::new();
        let mut values =
            Values { n: 12, micros: 1_795_602_601_482_123, client_id: "größe", chance: &mut chance };
        Template::parse(text).expand(&mut values, &mut out);
        out
    }

    #[test]
    fn placeholders_are_filled_in() {
        assert_eq!(made("a{{n}}b{{ client_id }}", 0), "a12bgröße");
        assert_eq!(made("{{time}}", 0), "2026-11-25T10:30:01.482Z");
        assert_eq!(made("{{uuid}}", 0xff), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(made("{{uuid}}", 0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(made("{{{n}}}", 0), "{12}");
        for (text, low, high) in [
            ("{{random 1 100}}", "1", "100"),
            ("{{random -5 -5}}", "-5", "-5"),
            (
                "{{random -9223372036854775808 9223372036854775807}}",
                "-9223372036854775808",
                "9223372036854775807",
            ),
        ] {
            assert_eq!((made(text, 0).as_str(), made(text, 0xff).as_str()), (low, high));
        }
    }

    #[test]
    fn what_is_no_placeholder_stays_and_is_told() {
        for text in ["{{N}}", "{{random 5 1}}", "{{random 1}}", "{{n 1}}", "{{}}", "{{ time of day }}"] {
            assert_eq!(made(text, 0), text);
            let template = Template::parse(text);
            assert_eq!(template.constant(), Some(text));
            let warning = template.warning().unwrap_or_default();
            assert!(warning.starts_with(text), "{warning}");
        }
        for text in ["{n}", "{{n}", "{{", "}}", "{{a\nb}}", r#"{"a":{"b":{}}}"#, ""] {
            assert_eq!((made(text, 0).as_str(), Template::parse(text).warning()), (text, None));
        }
        assert_eq!(made("{{n{{n}}", 0), "{{n12");
    }

    #[test]
    fn a_place_leads_back_to_what_was_typed() {
        let template = Template::parse("ab{{client_id}}cd{{n}}");
        let mut chance = Chance::new(|_| {});
        let mut values = Values { n: 100, micros: 0, client_id: "12345", chance: &mut chance };
        let (mut out, mut places) = (String::new(), Vec::new());
        template.expand_with_places(&mut values, &mut out, &mut places);
        assert_eq!(out, "ab12345cd100");
        let typed = |at| template.typed_place(at, &places);
        assert_eq!([0, 1, 2, 6, 7, 8, 9, 11, 12].map(typed), [0, 1, 2, 2, 15, 16, 17, 17, 22]);
    }

    #[test]
    fn chance_gives_no_byte_twice() {
        let mut next = 0_u8;
        let mut chance = Chance::new(move |bytes| {
            bytes.fill(next);
            next += 1;
        });
        let taken: Vec<[u8; 16]> = (0..65).map(|_| chance.take()).collect();
        assert_eq!((taken[63], taken[64]), ([0; 16], [1; 16]));
    }
}
