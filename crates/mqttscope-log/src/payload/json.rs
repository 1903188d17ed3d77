//! JSON (RFC 8259), a member or an item a line, as far as it is JSON; behind the first fault the rest as text.

use super::{MAX_DEPTH, Pen, piece_end, text};

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    at: usize,
    /// The brackets that are open.
    open: Vec<u8>,
    /// The end of a string of which a piece was shown; 0 for none.
    string_end: usize,
    /// An item must follow, since a comma stands before.
    after_comma: bool,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Value,
    /// The value is over: only blanks may follow.
    End,
    /// What follows is not JSON.
    Rest,
}

/// A fault, and the byte where.
type Fault = (usize, &'static str);

impl State {
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) fn step(&mut self, payload: &[u8], pen: &mut Pen) -> bool {
        if self.phase == Phase::Rest {
            let mut rest = text::State { at: self.at };
            let found = rest.step(payload, pen);
            self.at = rest.at;
            return found;
        }
        self.skip_blanks(payload);
        let start = self.at;
        let result = match self.phase {
            Phase::End if start < payload.len() => Err((start, "the JSON value is over here")),
            Phase::End => return false,
            _ if start >= payload.len()
                && self.open.is_empty()
                && self.string_end == 0
                && payload.trim_ascii().is_empty() =>
            {
                return false;
            }
            _ => self.line(payload, pen),
        };
        if let Err((at, words)) = result {
            // The fault is at the end of what could be read; from there on it is text.
            self.at = at.min(payload.len());
            self.phase = Phase::Rest;
            pen.line.fault = Some(words);
        }
        pen.line.range = start..self.at;
        true
    }

    fn line(&mut self, payload: &[u8], pen: &mut Pen) -> Result<(), Fault> {
        if self.string_end > 0 {
            pen.indent(self.open.len());
            return self.string_piece(payload, pen);
        }
        let next = payload.get(self.at).copied();
        if let (Some(bracket), Some(&open)) = (next, self.open.last())
            && bracket == closing(open)
        {
            if self.after_comma {
                return Err((self.at, "behind a comma something must follow"));
            }
            self.open.pop();
            self.at += 1;
            pen.indent(self.open.len());
            pen.write(if bracket == b'}' { "}" } else { "]" });
            return self.after_value(payload, pen);
        }
        pen.indent(self.open.len());
        self.after_comma = false;
        if self.open.last() == Some(&b'{') {
            self.key(payload, pen)?;
        }
        self.value(payload, pen)
    }

    fn key(&mut self, payload: &[u8], pen: &mut Pen) -> Result<(), Fault> {
        if payload.get(self.at) != Some(&b'"') {
            return Err((self.at, "a name in quotes belongs here"));
        }
        let end = string_end(payload, self.at)?;
        pen.write_text(&payload[self.at..end.min(self.at + super::MAX_LINE)]);
        self.at = end;
        self.skip_blanks(payload);
        if payload.get(self.at) != Some(&b':') {
            return Err((self.at, "a colon belongs here"));
        }
        pen.write(": ");
        self.at += 1;
        self.skip_blanks(payload);
        Ok(())
    }

    fn value(&mut self, payload: &[u8], pen: &mut Pen) -> Result<(), Fault> {
        match payload.get(self.at) {
            Some(&open @ (b'{' | b'[')) => self.bracket(open, payload, pen),
            Some(b'"') => {
                self.string_end = string_end(payload, self.at)?;
                self.string_piece(payload, pen)
            }
            Some(b'-' | b'0'..=b'9') => {
                let end = number_end(payload, self.at)?;
                self.word(end, payload, pen)
            }
            Some(_) => {
                let rest = &payload[self.at..];
                let word =
                    ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word.as_bytes()));
                let word = word.ok_or((self.at, "a value belongs here"))?;
                self.word(self.at + word.len(), payload, pen)
            }
            None => Err((self.at, "the JSON ends before it is complete")),
        }
    }

    fn bracket(&mut self, open: u8, payload: &[u8], pen: &mut Pen) -> Result<(), Fault> {
        let at = self.at;
        self.at += 1;
        pen.write(if open == b'{' { "{" } else { "[" });
        self.skip_blanks(payload);
        if payload.get(self.at) == Some(&closing(open)) {
            self.at += 1;
            pen.write(if open == b'{' { "}" } else { "]" });
            return self.after_value(payload, pen);
        }
        if self.open.len() == MAX_DEPTH {
            return Err((at, "this is nested too deep to be shown"));
        }
        self.open.push(open);
        Ok(())
    }

    fn word(&mut self, end: usize, payload: &[u8], pen: &mut Pen) -> Result<(), Fault> {
        pen.write_text(&payload[self.at..end.min(self.at + super::MAX_LINE)]);
        self.at = end;
        self.after_value(payload, pen)
    }

    /// A string, or the next piece of a long one.
    fn string_piece(&mut self, payload: &[u8], pen: &mut Pen) -> Result<(), Fault> {
        let end = piece_end(payload, self.at, self.string_end);
        pen.write_text(&payload[self.at..end]);
        self.at = end;
        if end < self.string_end {
            return Ok(());
        }
        self.string_end = 0;
        self.after_value(payload, pen)
    }

    fn after_value(&mut self, payload: &[u8], pen: &mut Pen) -> Result<(), Fault> {
        let end = self.at;
        let Some(&open) = self.open.last() else {
            self.phase = Phase::End;
            return Ok(());
        };
        self.skip_blanks(payload);
        match payload.get(self.at) {
            Some(b',') => {
                pen.write(",");
                self.at += 1;
                self.after_comma = true;
                Ok(())
            }
            Some(&bracket) if bracket == closing(open) => {
                self.at = end;
                Ok(())
            }
            Some(_) => Err((self.at, "a comma or a closing bracket belongs here")),
            None => Err((self.at, "the JSON ends before it is complete")),
        }
    }

    fn skip_blanks(&mut self, payload: &[u8]) {
        if self.string_end == 0 {
            while let Some(b' ' | b'\t' | b'\n' | b'\r') = payload.get(self.at) {
                self.at += 1;
            }
        }
    }
}

const fn closing(open: u8) -> u8 {
    if open == b'{' { b'}' } else { b']' }
}

/// The end of the string whose quote is at `at`.
fn string_end(payload: &[u8], at: usize) -> Result<usize, Fault> {
    let mut end = at + 1;
    loop {
        match payload.get(end) {
            Some(b'"') => return Ok(end + 1),
            Some(b'\\') => end += escape_len(payload, end)?,
            Some(0..=0x1f) => return Err((end, "control characters are escaped in strings")),
            Some(_) => end += 1,
            None => return Err((payload.len(), "the string does not end")),
        }
    }
}

fn escape_len(payload: &[u8], at: usize) -> Result<usize, Fault> {
    match payload.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
        Some(b'u') => match payload.get(at + 2..at + 6) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => Ok(6),
            _ => Err((at, "four hex digits belong behind \\u")),
        },
        _ => Err((at, "there is no such escape")),
    }
}

fn number_end(payload: &[u8], at: usize) -> Result<usize, Fault> {
    let digits = |from: usize| {
        payload[from.min(payload.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut end = at + usize::from(payload[at] == b'-');
    let whole = digits(end);
    if whole == 0 || whole > 1 && payload[end] == b'0' {
        return Err((end, "a number begins with a digit, and with 0 only alone"));
    }
    end += whole;
    if payload.get(end) == Some(&b'.') {
        let places = digits(end + 1);
        if places == 0 {
            return Err((end + 1, "a digit belongs behind the point"));
        }
        end += 1 + places;
    }
    if let Some(b'e' | b'E') = payload.get(end) {
        let sign = usize::from(matches!(payload.get(end + 1), Some(b'+' | b'-')));
        let places = digits(end + 1 + sign);
        if places == 0 {
            return Err((end + 1 + sign, "a digit belongs into the exponent"));
        }
        end += 1 + sign + places;
    }
    Ok(end)
}
