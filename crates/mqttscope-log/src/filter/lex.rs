//! From text to terms, brackets and the words that combine them.

use std::ops::Range;

use super::FilterError;

/// A piece of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Open,
    Close,
    Not,
    Or,
    /// `and`, which says what standing beside says.
    And,
    Term {
        /// The key before a colon.
        key: Option<Range<usize>>,
        value: Value,
    },
}

/// What stands behind a key, or alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Plain(Range<usize>),
    Quoted(String, Range<usize>),
    Regex { pattern: Range<usize>, ignore_case: bool },
}

impl Value {
    pub(super) fn range(&self) -> Range<usize> {
        match self {
            Self::Plain(range) | Self::Quoted(_, range) | Self::Regex { pattern: range, .. } => range.clone(),
        }
    }
}

/// Splits a filter, each token with its bytes.
pub(super) fn lex(text: &str) -> Result<Vec<(Token, Range<usize>)>, FilterError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.token()? {
        tokens.push(token);
    }
    Ok(tokens)
}

/// Whether text before a term of `before` could be a key: letters, and those of the one key with a hyphen.
pub(super) fn is_key(before: &str) -> bool {
    !before.is_empty() && before.bytes().all(|byte| byte.is_ascii_alphabetic())
        || before.eq_ignore_ascii_case("user-property")
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn token(&mut self) -> Result<Option<(Token, Range<usize>)>, FilterError> {
        self.at = self.text.len() - self.rest().trim_start().len();
        let start = self.at;
        let Some(first) = self.rest().chars().next() else { return Ok(None) };
        let sign = match first {
            '(' => Some(Token::Open),
            ')' => Some(Token::Close),
            '-' if self.rest()[1..].chars().next().is_none_or(ends_word) => {
                let words = "a term is missing right behind this -; quotes make it a text";
                return Err(FilterError { range: start..start + 1, words: words.into() });
            }
            '-' => Some(Token::Not),
            _ => None,
        };
        if let Some(token) = sign {
            self.at += 1;
            return Ok(Some((token, start..self.at)));
        }
        let token = self.term()?;
        Ok(Some((token, start..self.at)))
    }

    fn term(&mut self) -> Result<Token, FilterError> {
        let plain = self.plain();
        let word = &self.text[plain.clone()];
        let token = match word {
            _ if word.eq_ignore_ascii_case("or") => Some(Token::Or),
            _ if word.eq_ignore_ascii_case("and") => Some(Token::And),
            _ if word.eq_ignore_ascii_case("not") => Some(Token::Not),
            _ => None,
        };
        if let Some(token) = token {
            self.at = plain.end;
            return Ok(token);
        }
        let colon = word.find(':').filter(|&colon| is_key(&word[..colon]));
        let Some(colon) = colon else { return Ok(Token::Term { key: None, value: self.value()? }) };
        let key = plain.start..plain.start + colon;
        self.at = key.end + 1;
        Ok(Token::Term { key: Some(key), value: self.value()? })
    }

    fn value(&mut self) -> Result<Value, FilterError> {
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        if let Some(value) = self.regex() {
            return Ok(value);
        }
        let plain = self.plain();
        self.at = plain.end;
        Ok(Value::Plain(plain))
    }

    /// Up to the next blank or closing bracket.
    fn plain(&self) -> Range<usize> {
        let len = self.rest().find(ends_word).unwrap_or(self.rest().len());
        self.at..self.at + len
    }

    fn quoted(&mut self) -> Result<Value, FilterError> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, char)) = chars.next() {
            match char {
                '"' => {
                    self.at += at + 1;
                    return Ok(Value::Quoted(text, start..self.at));
                }
                '\\' => text.extend(chars.next().map(|(_, char)| escaped(char))),
                _ => text.push(char),
            }
        }
        Err(FilterError { range: start..self.text.len(), words: "this quote is not closed".into() })
    }

    /// `/../` or `/../i`, where its end is the end of the term: a topic that begins with `/` is none.
    fn regex(&mut self) -> Option<Value> {
        let pattern = self.rest().strip_prefix('/')?;
        let mut escaped = false;
        for (at, char) in pattern.char_indices() {
            if char == '/' && !escaped && at > 0 {
                let behind = &pattern[at + 1..];
                let ignore_case = behind.starts_with('i');
                let end = &behind[usize::from(ignore_case)..];
                if end.is_empty() || end.starts_with(ends_word) {
                    let start = self.at + 1;
                    self.at = start + at + 1 + usize::from(ignore_case);
                    return Some(Value::Regex { pattern: start..start + at, ignore_case });
                }
            }
            escaped = char == '\\' && !escaped;
        }
        None
    }
}

/// A text as a value: as it stands where that is one word and nothing else, else in quotes. It is read back as the same
/// text; line breaks and tabs are written as escapes, since a field of one line would drop them.
#[must_use]
pub fn quoted(text: &str) -> String {
    let is_plain =
        |char: char| !ends_word(char) && !char.is_control() && !matches!(char, '(' | '"' | '\\' | ',');
    if !text.is_empty() && text.chars().all(is_plain) && !text.starts_with(['/', '-']) {
        return text.to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match ESCAPES.iter().find(|(_, meant)| *meant == char) {
            Some((written, _)) => quoted.extend(['\\', *written]),
            None => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

/// The character that is meant by one behind a backslash.
fn escaped(written: char) -> char {
    ESCAPES.iter().find(|(known, _)| *known == written).map_or(written, |(_, meant)| *meant)
}

/// What stands behind a backslash in quotes, and what is meant by it; any other character stands for itself.
const ESCAPES: [(char, char); 5] = [('"', '"'), ('\\', '\\'), ('n', '\n'), ('r', '\r'), ('t', '\t')];

fn ends_word(char: char) -> bool {
    char.is_whitespace() || char == ')'
}
