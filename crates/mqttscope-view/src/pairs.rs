//! User properties as a form holds them: names and values in an order that counts, as one text that can be remembered.
//!
//! A pair is a line, its name and its value with a tab between them; what of these signs stands in either is written with
//! a backslash. A text without a tab in it is a name without a value, as a link may have it.

use crate::field::Field;

/// A name and a value.
pub type Pair = (String, String);

/// A change of a table of pairs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PairEdit {
    /// The name of the pair at that place is another one.
    Name(usize, String),
    /// The value of the pair at that place is another one.
    Value(usize, String),
    /// An empty pair comes behind the last one.
    Add,
    /// The pair at that place goes.
    Remove(usize),
    /// The pair at that place changes places with the one before.
    Up(usize),
    /// The pair at that place changes places with the one behind.
    Down(usize),
}

impl PairEdit {
    /// The change that a control means, in words beside it: the id of the field, the place of the pair, and `name`,
    /// `value`, `add`, `remove`, `up` or `down`. `text` is what was typed.
    #[must_use]
    pub fn read(words: &str, text: String) -> Option<(Field, Self)> {
        let mut words = words.split(' ');
        let field = Field::of_id(words.next()?)?;
        let at = words.next()?.parse().ok()?;
        let edit = match words.next()? {
            "name" => Self::Name(at, text),
            "value" => Self::Value(at, text),
            "add" => Self::Add,
            "remove" => Self::Remove(at),
            "up" => Self::Up(at),
            "down" => Self::Down(at),
            _ => return None,
        };
        Some((field, edit))
    }

    /// Makes the change; where there is no such pair, none.
    pub fn apply(self, pairs: &mut Vec<Pair>) {
        match self {
            Self::Name(at, name) => {
                if let Some(pair) = pairs.get_mut(at) {
                    pair.0 = name;
                }
            }
            Self::Value(at, value) => {
                if let Some(pair) = pairs.get_mut(at) {
                    pair.1 = value;
                }
            }
            Self::Add => pairs.push(Pair::default()),
            Self::Remove(at) if at < pairs.len() => {
                pairs.remove(at);
            }
            Self::Up(at) if at > 0 && at < pairs.len() => pairs.swap(at - 1, at),
            Self::Down(at) if at < pairs.len().saturating_sub(1) => pairs.swap(at, at + 1),
            Self::Remove(_) | Self::Up(_) | Self::Down(_) => {}
        }
    }
}

/// The pairs in a text.
#[must_use]
pub fn read(text: &str) -> Vec<Pair> {
    if text.is_empty() {
        return Vec::new();
    }
    text.split('\n')
        .map(|line| {
            let (name, value) = line.split_once('\t').unwrap_or((line, ""));
            (unescaped(name), unescaped(value))
        })
        .collect()
}

/// The text of pairs.
#[must_use]
pub fn write(pairs: &[Pair]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('\n');
        }
        escape(name, &mut text);
        text.push('\t');
        escape(value, &mut text);
    }
    text
}

fn escape(part: &str, text: &mut String) {
    for char in part.chars() {
        match char {
            '\\' => text.push_str("\\\\"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            char => text.push(char),
        }
    }
}

fn unescaped(part: &str) -> String {
    let mut text = String::with_capacity(part.len());
    let mut chars = part.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some('t') => text.push('\t'),
                Some('n') => text.push('\n'),
                other => text.extend(other),
            },
            char => text.push(char),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<Pair> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn pairs_come_back_from_their_text_in_their_order() {
        for list in [
            pairs(&[]),
            pairs(&[("", "")]),
            pairs(&[("b", "1"), ("a", "2"), ("b", "1"), ("", "")]),
            pairs(&[("a\tb", "c\nd\\n"), ("\\", "=&")]),
        ] {
            assert_eq!(read(&write(&list)), list);
        }
        assert_eq!(read("name"), pairs(&[("name", "")]));
        assert_eq!(read("\\"), pairs(&[("", "")]));
    }

    #[test]
    fn each_edit_does_what_its_button_says() {
        let mut list = Vec::new();
        for edit in [
            PairEdit::Add,
            PairEdit::Name(0, "a".into()),
            PairEdit::Value(0, "1".into()),
            PairEdit::Add,
            PairEdit::Name(1, "b".into()),
            PairEdit::Up(1),
        ] {
            edit.apply(&mut list);
        }
        assert_eq!(list, pairs(&[("b", ""), ("a", "1")]));
        PairEdit::Down(0).apply(&mut list);
        assert_eq!(list, pairs(&[("a", "1"), ("b", "")]));
        PairEdit::Remove(0).apply(&mut list);
        assert_eq!(list, pairs(&[("b", "")]));
    }

    #[test]
    fn an_edit_of_a_pair_that_is_not_there_does_nothing() {
        let mut list = pairs(&[("a", "1")]);
        for at in [1, usize::MAX] {
            for edit in [
                PairEdit::Name(at, "x".into()),
                PairEdit::Value(at, "x".into()),
                PairEdit::Remove(at),
                PairEdit::Down(at),
                PairEdit::Up(at),
            ] {
                edit.apply(&mut list);
            }
        }
        PairEdit::Up(0).apply(&mut list);
        PairEdit::Down(0).apply(&mut list);
        assert_eq!(list, pairs(&[("a", "1")]));
    }

    #[test]
    fn a_control_says_what_it_changes() {
        let read = |words: &str| PairEdit::read(words, "x".into());
        let field = Field::WillUserProperties;
        assert_eq!(read("will-user-properties 2 value"), Some((field, PairEdit::Value(2, "x".into()))));
        assert_eq!(read("will-user-properties 0 up"), Some((field, PairEdit::Up(0))));
        for words in
            ["", "nothing 0 up", "will-user-properties", "will-user-properties -1 up", "topic 0 turn"]
        {
            assert_eq!(read(words), None, "{words}");
        }
    }
}
