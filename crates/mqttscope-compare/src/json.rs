//! JSON by path: members by their names, items by their places, what was put in or taken out of an array left aside.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use mqttscope_message::json::{Kind, Reader, Token};
use mqttscope_text::number;

use crate::rows::{Rows, hunks, piece};
use crate::text::Words;
use crate::{Comparison, How, Piece, Sign};

/// Compares two payloads; `None` where one of them is no JSON, or is nested too deep.
pub(crate) fn compare(old: &[u8], new: &[u8]) -> Option<Comparison> {
    let (old, new) = (Node::of(old)?, Node::of(new)?);
    let mut walk = Walk { path: "$".into(), rows: Rows::default(), words: Words::default(), counts: [0; 3] };
    walk.compare(&old, &new);
    let words = said(walk.counts);
    Some(walk.rows.finish(How::Json, words))
}

/// A value with all that is in it.
struct Node<'a> {
    /// As it is written.
    raw: &'a str,
    /// Of what it says: the order of members and blanks are none of that, but how a number is written is. Two values with
    /// the same one are taken for equal, as a chance of one in 2^64 is none.
    hash: u64,
    within: Within<'a>,
}

enum Within<'a> {
    Number,
    Text,
    Word,
    Items(Vec<Node<'a>>),
    Members(Vec<(Name, Node<'a>)>),
}

/// The name of a member, and how many before it in the same object have it too.
type Name = (String, u32);

impl<'a> Node<'a> {
    fn of(payload: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(payload).ok()?;
        let mut reader = Reader::new(text);
        let first = reader.next_token().ok()??;
        let node = Self::read(text, first, &mut reader)?;
        reader.next_token().ok()?.is_none().then_some(node)
    }

    /// The value that begins with a token.
    fn read(text: &'a str, first: Token<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        if reader.depth() > MOST_DEEP {
            return None;
        }
        match (first.kind, first.raw) {
            (Kind::Number, raw) => Some(Self::leaf(raw, raw, Within::Number)),
            (Kind::Word, raw) => Some(Self::leaf(raw, raw, Within::Word)),
            (Kind::Text, raw) => Some(Self::leaf(raw, &["\"", &said_by(first)].concat(), Within::Text)),
            (Kind::Open, "{") => Self::members(text, first, reader),
            (Kind::Open, _) => Self::items(text, first, reader),
            (Kind::Name | Kind::Close, _) => None,
        }
    }

    fn leaf(raw: &'a str, says: &str, within: Within<'a>) -> Self {
        Self { raw, hash: hash(&says), within }
    }

    fn members(text: &'a str, open: Token<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        let mut members = Vec::new();
        let mut names = HashMap::new();
        let mut sum: u64 = 0;
        loop {
            let token = reader.next_token().ok()??;
            if token.kind == Kind::Close {
                let raw = &text[open.at..token.at + 1];
                return Some(Self { raw, hash: hash(&(b'{', sum)), within: Within::Members(members) });
            }
            let name = said_by(token);
            let first = reader.next_token().ok()??;
            let value = Self::read(text, first, reader)?;
            let before = names.entry(name.clone()).or_insert(0);
            let name = (name, *before);
            *before += 1;
            sum = sum.wrapping_add(hash(&(&name, value.hash)));
            members.push((name, value));
        }
    }

    fn items(text: &'a str, open: Token<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        let mut items: Vec<Node<'_>> = Vec::new();
        loop {
            let token = reader.next_token().ok()??;
            if token.kind == Kind::Close {
                let hashes: Vec<_> = items.iter().map(|item| item.hash).collect();
                let raw = &text[open.at..token.at + 1];
                return Some(Self { raw, hash: hash(&(b'[', hashes)), within: Within::Items(items) });
            }
            items.push(Self::read(text, token, reader)?);
        }
    }

    /// The whole value as a piece of a row.
    fn piece(&self) -> Piece {
        match self.within {
            Within::Items(_) | Within::Members(_) => piece(small(self.raw).as_bytes(), true),
            Within::Number | Within::Text | Within::Word => piece(self.raw.as_bytes(), true),
        }
    }
}

/// The way through two values.
struct Walk {
    path: String,
    rows: Rows,
    words: Words,
    /// Values that were changed, added and removed.
    counts: [u64; 3],
}

impl Walk {
    fn compare(&mut self, old: &Node<'_>, new: &Node<'_>) {
        if old.hash == new.hash {
            return;
        }
        match (&old.within, &new.within) {
            (Within::Members(olds), Within::Members(news)) => self.members(olds, news),
            (Within::Items(olds), Within::Items(news)) => self.items(olds, news),
            (Within::Text, Within::Text) => {
                let (olds, news) = self.words.of(old.raw.as_bytes(), new.raw.as_bytes());
                self.push(Sign::Changed, olds, news);
            }
            _ => self.push(Sign::Changed, vec![old.piece()], vec![new.piece()]),
        }
    }

    fn members(&mut self, olds: &[(Name, Node<'_>)], news: &[(Name, Node<'_>)]) {
        let places: HashMap<&Name, &Node<'_>> = news.iter().map(|(name, node)| (name, node)).collect();
        for (name, old) in olds {
            self.at_name(&name.0, |walk| match places.get(name) {
                Some(new) => walk.compare(old, new),
                None => walk.push(Sign::Removed, vec![old.piece()], Vec::new()),
            });
        }
        let places: HashMap<&Name, ()> = olds.iter().map(|(name, _)| (name, ())).collect();
        for (name, new) in news.iter().filter(|(name, _)| !places.contains_key(name)) {
            self.at_name(&name.0, |walk| walk.push(Sign::Added, Vec::new(), vec![new.piece()]));
        }
    }

    fn items(&mut self, olds: &[Node<'_>], news: &[Node<'_>]) {
        let hashes = |nodes: &[Node<'_>]| nodes.iter().map(|node| node.hash).collect::<Vec<_>>();
        for [before, after] in hunks(hashes(olds).into_iter(), hashes(news).into_iter()) {
            for (old, new) in before.clone().zip(after.clone()) {
                self.at_item(new, |walk| walk.compare(&olds[old], &news[new]));
            }
            for old in before.clone().skip(after.len()) {
                self.at_item(old, |walk| walk.push(Sign::Removed, vec![olds[old].piece()], Vec::new()));
            }
            for new in after.skip(before.len()) {
                self.at_item(new, |walk| walk.push(Sign::Added, Vec::new(), vec![news[new].piece()]));
            }
        }
    }

    fn push(&mut self, sign: Sign, old: Vec<Piece>, new: Vec<Piece>) {
        let kind = match sign {
            Sign::Added => 1,
            Sign::Removed => 2,
            Sign::Changed | Sign::Same | Sign::Skipped => 0,
        };
        self.counts[kind] += 1;
        if !self.rows.is_full() {
            self.rows.push(sign, self.path.clone(), old, new);
        }
    }

    fn at_name(&mut self, name: &str, then: impl FnOnce(&mut Self)) {
        let is_plain = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-');
        let step = if !name.is_empty() && name.chars().all(is_plain) {
            [".", name].concat()
        } else {
            ["[\"", &mqttscope_text::visible(name), "\"]"].concat()
        };
        self.at(&step, then);
    }

    fn at_item(&mut self, place: usize, then: impl FnOnce(&mut Self)) {
        self.at(&["[", &number::plain(place as u64), "]"].concat(), then);
    }

    fn at(&mut self, step: &str, then: impl FnOnce(&mut Self)) {
        let len = self.path.len();
        self.path.push_str(step);
        then(self);
        self.path.truncate(len);
    }
}

/// What a name or a string says; as it is written where UTF-8 cannot say that.
fn said_by(token: Token<'_>) -> String {
    let mut said = String::new();
    match token.push_text(&mut said) {
        Ok(()) => said,
        Err(_) => token.raw.into(),
    }
}

/// JSON without the blanks between its tokens, as far as anybody would read it.
fn small(raw: &str) -> String {
    let (mut is_text, mut is_escaped) = (false, false);
    let is_kept = |char: &char| {
        match char {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => is_text = !is_text,
            _ => {}
        }
        is_text || !char.is_ascii_whitespace()
    };
    raw.chars().filter(is_kept).take(MOST_SMALL).collect()
}

fn hash(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

fn said([changed, added, removed]: [u64; 3]) -> String {
    let counted = [
        (changed, number::counted(changed, " value changed", " values changed")),
        (added, number::counted(added, " added", " added")),
        (removed, number::counted(removed, " removed", " removed")),
    ];
    let counted: Vec<_> =
        counted.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect();
    if counted.is_empty() {
        return "The same JSON: only blanks, escapes or the order of members differ.".into();
    }
    [&counted.join(", "), "."].concat()
}

/// The deepest nesting that is followed.
const MOST_DEEP: usize = 200;
/// Characters of an object or an array that are shown of it: more than a piece has.
const MOST_SMALL: usize = 4_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn found(old: &str, new: &str) -> (Vec<String>, String) {
        let found = compare(old.as_bytes(), new.as_bytes()).expect("both are JSON");
        let text = |pieces: &[Piece]| pieces.iter().map(|piece| piece.text.as_str()).collect::<String>();
        let rows = found.rows.iter().map(|row| match row.sign {
            Sign::Added => format!("+ {} {}", row.place, text(&row.new)),
            Sign::Removed => format!("- {} {}", row.place, text(&row.old)),
            _ => format!("{} {} → {}", row.place, text(&row.old), text(&row.new)),
        });
        (rows.collect(), found.words)
    }

    #[test]
    fn members_are_found_by_their_path() {
        let old = r#"{"room": {"t": 20, "name": "kitchen"}, "gone": [1, {"a": 2}], "a b": null}"#;
        let new = r#"{"a b": false, "room": {"t": 20.0, "name": "kitchen sink"}, "new": true}"#;
        let (rows, words) = found(old, new);
        let expected = [
            "$.room.t 20 → 20.0",
            r#"$.room.name "kitchen" → "kitchen sink""#,
            r#"- $.gone [1,{"a":2}]"#,
            r#"$["a b"] null → false"#,
            "+ $.new true",
        ];
        assert_eq!(rows, expected);
        assert_eq!(words, "3 values changed, 1 added, 1 removed.");
    }

    #[test]
    fn an_item_that_was_put_in_leaves_the_others_as_they_are() {
        let (rows, _) = found("[1, 2, [3], 4]", "[0, 1, 2, [3, 5], 4]");
        assert_eq!(rows, ["+ $[0] 0", "+ $[3][1] 5"]);
        let (rows, _) = found(r#"[{"id": 1}, {"id": 2}]"#, r#"[{"id": 2}]"#);
        assert_eq!(rows, [r#"- $[0] {"id":1}"#]);
    }

    #[test]
    fn what_says_the_same_is_the_same() {
        let (rows, words) = found(r#"{"a": "A", "b": [1]}"#, r#"{"b":[1],"a":"\u0041"}"#);
        assert!(rows.is_empty());
        assert!(words.starts_with("The same JSON"), "{words}");
        // Of members with one name the first goes with the first.
        let (rows, _) = found(r#"{"a": 1, "a": 2}"#, r#"{"a": 1, "a": 3}"#);
        assert_eq!(rows, ["$.a 2 → 3"]);
    }

    #[test]
    fn what_is_no_json_is_none() {
        for other in ["{", "[1 2]", "", "1 1", "nul", "\"\n\""] {
            assert!(compare(b"1", other.as_bytes()).is_none(), "{other}");
            assert!(compare(other.as_bytes(), b"1").is_none(), "{other}");
        }
        let deep = "[".repeat(100_000);
        assert!(compare(deep.as_bytes(), b"1").is_none());
        let deep = ["[".repeat(150), "]".repeat(150)].concat();
        assert!(compare(deep.as_bytes(), b"1").is_some());
    }

    #[test]
    fn large_json_is_cut() {
        let array = |from: u32| {
            let items: Vec<_> = (from..from + 100_000).map(|at| at.to_string()).collect();
            ["[", &items.join(","), "]"].concat()
        };
        let found = compare(array(0).as_bytes(), array(1_000_000).as_bytes()).expect("JSON");
        assert!(found.is_cut);
        assert_eq!(found.words, "100,000 values changed.");
    }
}
