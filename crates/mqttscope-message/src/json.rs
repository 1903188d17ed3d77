//! JSON (RFC 8259), token by token, with the place of the first mistake; nothing is copied.

use crate::{Mistake, decimal};

/// Reads one JSON value, token by token.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The brackets that are open.
    open: Vec<u8>,
    expects: Expects,
}

/// A piece of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// The byte where it begins.
    pub at: usize,
    /// As it is written; a string with its quotes.
    pub raw: &'a str,
    /// What it is.
    pub kind: Kind,
}

/// What a [`Token`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{` or `[`.
    Open,
    /// `}` or `]`.
    Close,
    /// The name of a member.
    Name,
    /// A string.
    Text,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Word,
}

/// What may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expects {
    /// A value.
    Value,
    /// The first member or item, or the end of what was opened.
    First,
    /// A member or an item, as a comma stands before.
    Next,
    /// A comma, or the end of what is open.
    Comma,
    /// Nothing.
    End,
}

impl<'a> Reader<'a> {
    /// Reads from the beginning of a text.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self { text, at: 0, open: Vec::new(), expects: Expects::Value }
    }

    /// How many brackets are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// The next token; `None` behind the value.
    ///
    /// # Errors
    ///
    /// Where the text is no JSON from here on.
    pub fn next_token(&mut self) -> Result<Option<Token<'a>>, Mistake> {
        self.skip_blanks();
        let bytes = self.text.as_bytes();
        if self.expects == Expects::Comma {
            match bytes.get(self.at) {
                Some(b',') => {
                    self.at += 1;
                    self.expects = Expects::Next;
                    self.skip_blanks();
                }
                Some(b'}' | b']') => {}
                Some(_) => return Err(self.mistake("a comma or a closing bracket belongs here")),
                None => return Err(self.mistake(INCOMPLETE)),
            }
        }
        let next = bytes.get(self.at).copied();
        match (self.expects, next) {
            (Expects::End, None) => Ok(None),
            (Expects::End, Some(_)) => Err(self.mistake("the JSON value is over here")),
            (_, None) => Err(self.mistake(INCOMPLETE)),
            (_, Some(bracket @ (b'}' | b']'))) => self.close(bracket).map(Some),
            (Expects::First | Expects::Next, Some(_)) if self.open.last() == Some(&b'{') => {
                self.name().map(Some)
            }
            (_, Some(byte)) => self.value(byte).map(Some),
        }
    }

    fn close(&mut self, bracket: u8) -> Result<Token<'a>, Mistake> {
        let is_right = self.open.last().is_some_and(|open| bracket == open + 2);
        match self.expects {
            Expects::Next => Err(self.mistake("behind a comma something must follow")),
            Expects::Value | Expects::End => Err(self.mistake("a value belongs here")),
            Expects::First | Expects::Comma if !is_right => {
                Err(self.mistake("another bracket is to be closed here"))
            }
            Expects::First | Expects::Comma => {
                self.open.pop();
                let token = self.take(self.at + 1, Kind::Close);
                self.after_value();
                Ok(token)
            }
        }
    }

    /// A name and its colon.
    fn name(&mut self) -> Result<Token<'a>, Mistake> {
        if self.text.as_bytes()[self.at] != b'"' {
            return Err(self.mistake("a name in quotes belongs here"));
        }
        let end = self.string_end()?;
        let name = self.take(end, Kind::Name);
        self.skip_blanks();
        if self.text.as_bytes().get(self.at) != Some(&b':') {
            return Err(self.mistake("a colon belongs here"));
        }
        self.at += 1;
        self.expects = Expects::Value;
        Ok(name)
    }

    fn value(&mut self, byte: u8) -> Result<Token<'a>, Mistake> {
        let (end, kind) = match byte {
            b'{' | b'[' => {
                self.open.push(byte);
                self.expects = Expects::First;
                return Ok(self.take(self.at + 1, Kind::Open));
            }
            b'"' => (self.string_end()?, Kind::Text),
            b'-' | b'0'..=b'9' => (self.number_end()?, Kind::Number),
            _ => {
                let rest = &self.text[self.at..];
                let word = ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word));
                (self.at + word.ok_or_else(|| self.mistake("a value belongs here"))?.len(), Kind::Word)
            }
        };
        let token = self.take(end, kind);
        self.after_value();
        Ok(token)
    }

    fn after_value(&mut self) {
        self.expects = if self.open.is_empty() { Expects::End } else { Expects::Comma };
    }

    fn take(&mut self, end: usize, kind: Kind) -> Token<'a> {
        let at = std::mem::replace(&mut self.at, end);
        Token { at, raw: &self.text[at..end], kind }
    }

    /// The end of the string that begins here.
    fn string_end(&self) -> Result<usize, Mistake> {
        let bytes = self.text.as_bytes();
        let mut end = self.at + 1;
        loop {
            match bytes.get(end) {
                Some(b'"') => return Ok(end + 1),
                Some(b'\\') => end += escape_len(bytes, end)?,
                Some(0..=0x1f) => return Err(Mistake::new(end, "control characters are escaped in strings")),
                Some(_) => end += 1,
                None => return Err(Mistake::new(bytes.len(), "the string does not end")),
            }
        }
    }

    /// The end of the number that begins here.
    fn number_end(&self) -> Result<usize, Mistake> {
        let bytes = self.text.as_bytes();
        let digits = |from: usize| {
            bytes[from.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count()
        };
        let mut end = self.at + usize::from(bytes[self.at] == b'-');
        let whole = digits(end);
        if whole == 0 || whole > 1 && bytes[end] == b'0' {
            return Err(Mistake::new(end, "a number begins with a digit, and with 0 only alone"));
        }
        end += whole;
        if bytes.get(end) == Some(&b'.') {
            let places = digits(end + 1);
            if places == 0 {
                return Err(Mistake::new(end + 1, "a digit belongs behind the point"));
            }
            end += 1 + places;
        }
        if let Some(b'e' | b'E') = bytes.get(end) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let places = digits(end + 1 + sign);
            if places == 0 {
                return Err(Mistake::new(end + 1 + sign, "a digit belongs into the exponent"));
            }
            end += 1 + sign + places;
        }
        Ok(end)
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.text.as_bytes().get(self.at) {
            self.at += 1;
        }
    }

    const fn mistake(&self, words: &'static str) -> Mistake {
        Mistake::new(self.at, words)
    }
}

impl Token<'_> {
    /// Appends what a name or a string says.
    ///
    /// # Errors
    ///
    /// Where it holds half of a surrogate pair, which UTF-8 cannot say.
    pub fn push_text(&self, out: &mut String) -> Result<(), Mistake> {
        let end = self.raw.len().saturating_sub(1);
        let mut at = 1;
        while at < end {
            let rest = &self.raw[at..end];
            let plain = rest.find('\\').unwrap_or(rest.len());
            out.push_str(&rest[..plain]);
            at += plain;
            if at < end {
                let (char, len) = unescape(&self.raw[at..end])
                    .ok_or(Mistake::new(self.at + at, "this half of a surrogate pair stands alone"))?;
                out.push(char);
                at += len;
            }
        }
        Ok(())
    }
}

/// Checks that a text is JSON.
///
/// # Errors
///
/// The first mistake.
pub fn check(text: &str) -> Result<(), Mistake> {
    let mut reader = Reader::new(text);
    while reader.next_token()?.is_some() {}
    Ok(())
}

/// The float that is nearest to a number as JSON writes it, of two the even one (IEEE 754); `None` where it is too large for
/// one.
#[must_use]
pub fn number(raw: &str) -> Option<f64> {
    decimal::float(raw)
}

fn escape_len(bytes: &[u8], at: usize) -> Result<usize, Mistake> {
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
        Some(b'u') => match bytes.get(at + 2..at + 6) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => Ok(6),
            _ => Err(Mistake::new(at, "four hex digits belong behind \\u")),
        },
        _ => Err(Mistake::new(at, "there is no such escape")),
    }
}

/// The character of an escape, which is a right one, and its length as it is written.
fn unescape(text: &str) -> Option<(char, usize)> {
    let char = match text.as_bytes().get(1)? {
        b'b' => '\x08',
        b'f' => '\x0c',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let unit = unit(text)?;
            return match (unit, text.get(6..).and_then(unit_of_escape)) {
                (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                    Some((char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00))?, 12))
                }
                _ => Some((char::from_u32(unit)?, 6)),
            };
        }
        sign => char::from(*sign),
    };
    Some((char, 2))
}

fn unit_of_escape(text: &str) -> Option<u32> {
    text.starts_with("\\u").then(|| unit(text))?
}

fn unit(text: &str) -> Option<u32> {
    u32::from_str_radix(text.get(2..6)?, 16).ok()
}

const INCOMPLETE: &str = "the JSON ends before it is complete";

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> (usize, &'static str) {
        let mistake = check(text).expect_err(text);
        (mistake.at, mistake.words)
    }

    #[test]
    fn json_is_read_token_by_token() {
        let text = r#" {"a" : [1, -2.5e+3, true], "b":{} , "":null } "#;
        let mut reader = Reader::new(text);
        let mut tokens = Vec::new();
        while let Some(token) = reader.next_token().expect("it is JSON") {
            assert_eq!(&text[token.at..token.at + token.raw.len()], token.raw);
            tokens.push(token.raw);
        }
        let expected =
            ["{", "\"a\"", "[", "1", "-2.5e+3", "true", "]", "\"b\"", "{", "}", "\"\"", "null", "}"];
        assert_eq!(tokens, expected);
        for text in ["0", "\"\"", "[]", "[[[]]]", "-0", "1E5", "\"\\u00e4\\ud800\""] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_mistake_is_where_it_is() {
        assert_eq!(mistake(""), (0, INCOMPLETE));
        assert_eq!(mistake("{"), (1, INCOMPLETE));
        assert_eq!(mistake("[1,]"), (3, "behind a comma something must follow"));
        assert_eq!(mistake("[1 2]"), (3, "a comma or a closing bracket belongs here"));
        assert_eq!(mistake("[1}"), (2, "another bracket is to be closed here"));
        assert_eq!(mistake("]"), (0, "a value belongs here"));
        assert_eq!(mistake("{\"a\":}"), (5, "a value belongs here"));
        assert_eq!(mistake("{a:1}"), (1, "a name in quotes belongs here"));
        assert_eq!(mistake("{\"a\" 1}"), (5, "a colon belongs here"));
        assert_eq!(mistake("1 2"), (2, "the JSON value is over here"));
        assert_eq!(mistake("\"ä"), (3, "the string does not end"));
        assert_eq!(mistake("\"\\x\""), (1, "there is no such escape"));
        assert_eq!(mistake("\"a\tb\""), (2, "control characters are escaped in strings"));
        assert_eq!(mistake("01").0, 0);
        assert_eq!(mistake("[1.]").0, 3);
        assert_eq!(mistake("1e").0, 2);
        assert_eq!(mistake("nul"), (0, "a value belongs here"));
    }

    #[test]
    fn a_string_says_what_it_says() {
        let said = |text: &str| {
            let token = Reader::new(text).next_token().expect("JSON").expect("a string");
            let mut out = String::new();
            token.push_text(&mut out).map(|()| out)
        };
        let all = r#""a\"\\\/\b\f\n\r\t\u00e4\ud83d\ude42ß""#;
        assert_eq!(said(all).as_deref(), Ok("a\"\\/\x08\x0c\n\r\tä🙂ß"));
        assert_eq!(said(r#""ab\ud83d""#).expect_err("half a pair").at, 3);
        assert_eq!(said(r#""\ude42\ud83d""#).expect_err("the wrong way round").at, 1);
    }
}
