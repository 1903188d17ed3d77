//! The way to a number in JSON: `$.room[0]["a b"]`.

use std::fmt;

use mqttscope_message::json::{Kind, Reader, Token, number};
use mqttscope_text::number as numbers;

/// A way into JSON; an empty one leads to the whole of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// Into an object.
    Name(String),
    /// Into an array, counted from 0.
    Item(usize),
}

impl Path {
    /// The path that a person has typed; `$` before it can be left out.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut rest = text.strip_prefix('$').unwrap_or(text);
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let step;
            if let Some(quoted) = rest.strip_prefix("[\"") {
                let (name, behind) = quoted.split_once("\"]")?;
                (step, rest) = (Step::Name(name.into()), behind);
            } else if let Some(item) = rest.strip_prefix('[') {
                let (item, behind) = item.split_once(']')?;
                (step, rest) = (Step::Item(item.trim().parse().ok()?), behind);
            } else {
                let name = match rest.strip_prefix('.') {
                    Some(name) => name,
                    None if steps.is_empty() => rest,
                    None => return None,
                };
                let end = name.find(['.', '[']).unwrap_or(name.len());
                if end == 0 {
                    return None;
                }
                (step, rest) = (Step::Name(name[..end].into()), &name[end..]);
            }
            steps.push(step);
        }
        Some(Self(steps))
    }

    /// The number that it leads to in a payload; one in quotes counts too.
    pub(crate) fn number(&self, payload: &[u8]) -> Option<f64> {
        let text = std::str::from_utf8(payload).ok()?;
        let text = text.trim();
        let text = if self.0.is_empty() { text.strip_prefix('+').unwrap_or(text) } else { text };
        let mut reader = Reader::new(text);
        // How many brackets are open whose values lie on the way.
        let mut on = 0;
        // Values before this one in the innermost of them, and whether it has the name that is looked for.
        let (mut item, mut is_named) = (0, false);
        loop {
            let depth = reader.depth();
            let token = reader.next_token().ok()??;
            match token.kind {
                Kind::Close if reader.depth() < on => return None,
                Kind::Close => {}
                Kind::Name if depth == on => {
                    is_named = matches!(&self.0[on - 1], Step::Name(name) if is(token, name));
                }
                Kind::Name => {}
                _ if depth != on => {}
                kind => {
                    let is_next = match on.checked_sub(1).map(|at| &self.0[at]) {
                        None => true,
                        Some(Step::Name(_)) => is_named,
                        Some(Step::Item(wanted)) => item == *wanted,
                    };
                    item += 1;
                    if !is_next {
                        continue;
                    }
                    if on == self.0.len() {
                        let is_over = on > 0 || matches!(reader.next_token(), Ok(None));
                        return value(token).filter(|_| is_over);
                    }
                    let opens = match (kind, &self.0[on]) {
                        (Kind::Open, Step::Name(_)) => token.raw == "{",
                        (Kind::Open, Step::Item(_)) => token.raw == "[",
                        _ => false,
                    };
                    if !opens {
                        return None;
                    }
                    (on, item, is_named) = (on + 1, 0, false);
                }
            }
        }
    }

    /// The way to the first number in a payload that begins at a byte or behind it, and before another one.
    pub(crate) fn of_number(payload: &[u8], from: usize, to: usize) -> Option<Self> {
        let text = std::str::from_utf8(payload).ok()?;
        let mut reader = Reader::new(text);
        let mut steps: Vec<Step> = Vec::new();
        loop {
            let depth = reader.depth();
            let token = reader.next_token().ok()??;
            match token.kind {
                Kind::Close => {
                    steps.truncate(reader.depth());
                    continue;
                }
                Kind::Name => {
                    steps.truncate(depth - 1);
                    steps.push(Step::Name(said(token)));
                    continue;
                }
                _ => {}
            }
            // An item of an array has no name: its place is that of the one before, and one.
            if steps.len() == depth
                && let Some(Step::Item(at)) = steps.last_mut()
            {
                *at = at.wrapping_add(1);
            }
            if (from..to).contains(&token.at) && value(token).is_some() {
                return Some(Self(steps));
            }
            if token.at >= to {
                return None;
            }
            if token.kind == Kind::Open && token.raw == "[" {
                // The first item makes 0 of it.
                steps.push(Step::Item(usize::MAX));
            }
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for step in &self.0 {
            let is_plain = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-');
            match step {
                Step::Item(at) => f.write_str(&["[", &numbers::plain(*at as u64), "]"].concat())?,
                Step::Name(name) if !name.is_empty() && name.chars().all(is_plain) => {
                    f.write_str(&[".", name].concat())?;
                }
                Step::Name(name) => f.write_str(&["[\"", name, "\"]"].concat())?,
            }
        }
        Ok(())
    }
}

fn value(token: Token<'_>) -> Option<f64> {
    match token.kind {
        Kind::Number => number(token.raw),
        Kind::Text => {
            let mut reader = Reader::new(token.raw.trim_matches('"').trim());
            let inner = reader.next_token().ok()??;
            let is_whole = matches!(reader.next_token(), Ok(None));
            number(inner.raw).filter(|_| is_whole && inner.kind == Kind::Number)
        }
        _ => None,
    }
}

/// Whether a name is that one.
fn is(token: Token<'_>, name: &str) -> bool {
    if token.raw.contains('\\') { said(token) == name } else { token.raw.trim_matches('"') == name }
}

fn said(token: Token<'_>) -> String {
    let mut said = String::new();
    match token.push_text(&mut said) {
        Ok(()) => said,
        Err(_) => token.raw.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn a_number_is_found_where_the_path_leads() {
        let json =
            br#"{"a": {"x": 1}, "b": [0, [2, {"t": -3.5}], "4"], "a b": 5, "\u0041": 6, "x": 7, "n": null}"#;
        for (text, expected) in [
            ("$.a.x", Some(1.0)),
            ("b[0]", Some(0.0)),
            ("$.b[1][0]", Some(2.0)),
            ("$.b[1][1].t", Some(-3.5)),
            ("b[2]", Some(4.0)),
            ("$[\"a b\"]", Some(5.0)),
            ("A", Some(6.0)),
            ("x", Some(7.0)),
            ("n", None),
            ("a", None),
            ("a[0]", None),
            ("b.x", None),
            ("b[3]", None),
            ("y", None),
            ("", None),
        ] {
            assert_eq!(path(text).number(json), expected, "{text}");
        }
        // It is shown as it was typed, with its root, and leads to the same.
        for text in ["$", "$.a.x", "$.b[1][0]", "$[\"a b\"][7]"] {
            assert_eq!(path(text).to_string(), text);
            assert_eq!(path(&path(text).to_string()), path(text));
        }
        for wrong in ["$.", "a..b", "a[", "a[x]", "[\"a", "[0]b", "$x.", "a[-1]"] {
            assert_eq!(Path::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_message_may_be_a_number_itself() {
        for (payload, expected) in [
            ("21.5", Some(21.5)),
            (" +3\n", Some(3.0)),
            ("\"4\"", Some(4.0)),
            ("1e999", None),
            ("NaN", None),
            ("5 °C", None),
            ("1,5", None),
            ("", None),
            ("true", None),
        ] {
            assert_eq!(Path::default().number(payload.as_bytes()), expected, "{payload}");
        }
        assert_eq!(Path::default().number(b"1\xff"), None);
    }

    #[test]
    fn the_path_of_a_number_is_found_by_its_byte() {
        let json = br#"{"a": [10, {"b": 20, "c": [true, [30]]}], "d": "40", "e": 50}"#;
        for (digits, expected) in
            [("10", "$.a[0]"), ("20", "$.a[1].b"), ("30", "$.a[1].c[1][0]"), ("\"40\"", "$.d"), ("50", "$.e")]
        {
            let at = json.windows(digits.len()).position(|it| it == digits.as_bytes()).expect(digits);
            let found = Path::of_number(json, at, at + 1).expect(digits);
            assert_eq!(found.to_string(), expected);
            assert_eq!(found.number(json), digits.trim_matches('"').parse().ok());
        }
        assert_eq!(Path::of_number(json, 0, usize::MAX).map(|path| path.to_string()), Some("$.a[0]".into()));
        assert_eq!(Path::of_number(b"7", 0, 1), Some(Path::default()));
        for none in [&b"{}"[..], b"[true]", b"\xff", b"{\"a\":"] {
            assert_eq!(Path::of_number(none, 0, usize::MAX), None);
        }
    }
}
