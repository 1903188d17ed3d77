//! Values in values, an item a line: what CBOR and MessagePack share.

use mqttscope_text::json::push_text;

use super::fault::{CUT, STRAY_END, TOO_DEEP};
use super::{MAX_DEPTH, MAX_LINE, Pen};

/// Reads the token at an offset, writes it if it is a plain value, and says where the next one begins.
pub(super) type Reader = fn(&[u8], usize, &mut Pen) -> Result<(Token, usize), &'static str>;

/// A piece of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A value that was written.
    Plain,
    /// The start of an array, a map or a string of pieces; how many items or pairs, if that is said.
    Open(Kind, Option<u64>),
    /// What was written holds the value that follows, up to a bracket.
    Tag,
    /// The end of what did not say how many items it has.
    Break,
}

/// What holds items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Array,
    Map,
    Pieces,
    Tag,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    kind: Kind,
    /// Items or pairs that are to come, if that is known.
    left: Option<u64>,
    /// The key of a pair was read.
    at_value: bool,
}

#[derive(Clone, Debug)]
pub(super) struct State {
    reader: Reader,
    at: usize,
    frames: Vec<Frame>,
    is_broken: bool,
}

impl State {
    pub(super) const fn new(reader: Reader) -> Self {
        Self { reader, at: 0, frames: Vec::new(), is_broken: false }
    }

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) fn step(&mut self, payload: &[u8], pen: &mut Pen) -> bool {
        if self.is_broken || self.frames.is_empty() && self.at >= payload.len() {
            return false;
        }
        let start = self.at;
        let closes = self.frames.last().is_some_and(|frame| self.is_at_end(frame, payload));
        let lines = self.frames.iter().filter(|frame| frame.kind != Kind::Tag).count();
        pen.indent(lines - usize::from(closes));
        if let Err(words) = self.line(payload, pen) {
            self.is_broken = true;
            pen.line.fault = Some(words);
        }
        pen.line.range = start..self.at;
        true
    }

    /// Writes up to the end of a line: behind an item, or behind an opening bracket.
    fn line(&mut self, payload: &[u8], pen: &mut Pen) -> Result<(), &'static str> {
        loop {
            if let Some(frame) = self.frames.last()
                && self.is_at_end(frame, payload)
            {
                self.at += usize::from(frame.left.is_none());
                pen.write(closing(frame.kind));
                self.frames.pop();
            } else {
                let (token, at) = (self.reader)(payload, self.at, pen)?;
                match token {
                    Token::Break => return Err(STRAY_END),
                    Token::Open(kind, left) => {
                        self.open(kind, left)?;
                        self.at = at;
                        pen.write(opening(kind, left));
                        if left != Some(0) {
                            return Ok(());
                        }
                        pen.write(closing(kind));
                        self.frames.pop();
                    }
                    Token::Tag => {
                        self.open(Kind::Tag, Some(1))?;
                        self.at = at;
                        continue;
                    }
                    Token::Plain => self.at = at,
                }
            }
            if self.item_ends(payload, pen) {
                return Ok(());
            }
        }
    }

    fn open(&mut self, kind: Kind, left: Option<u64>) -> Result<(), &'static str> {
        if self.frames.len() == MAX_DEPTH {
            return Err(TOO_DEEP);
        }
        self.frames.push(Frame { kind, left, at_value: false });
        Ok(())
    }

    /// Counts an item for what holds it; says whether the line ends behind it.
    fn item_ends(&mut self, payload: &[u8], pen: &mut Pen) -> bool {
        loop {
            let Some(frame) = self.frames.last_mut() else { return true };
            match frame.kind {
                Kind::Tag => {
                    pen.write(")");
                    self.frames.pop();
                    continue;
                }
                Kind::Map if !frame.at_value => {
                    frame.at_value = true;
                    pen.write(": ");
                    return false;
                }
                Kind::Map | Kind::Array | Kind::Pieces => {
                    frame.at_value = false;
                    frame.left = frame.left.map(|left| left.saturating_sub(1));
                }
            }
            let frame = *frame;
            if !self.is_at_end(&frame, payload) {
                pen.write(",");
            }
            return true;
        }
    }

    fn is_at_end(&self, frame: &Frame, payload: &[u8]) -> bool {
        match frame.left {
            Some(left) => left == 0,
            None => payload.get(self.at) == Some(&BREAK) && !frame.at_value,
        }
    }
}

fn opening(kind: Kind, left: Option<u64>) -> &'static str {
    match (kind, left) {
        (Kind::Array, Some(_)) => "[",
        (Kind::Array, None) => "[_",
        (Kind::Map, Some(_)) => "{",
        (Kind::Map, None) => "{_",
        (Kind::Pieces | Kind::Tag, _) => "(_",
    }
}

const fn closing(kind: Kind) -> &'static str {
    match kind {
        Kind::Array => "]",
        Kind::Map => "}",
        Kind::Pieces | Kind::Tag => ")",
    }
}

/// The bytes of a number, the high one first.
pub(super) fn number(payload: &[u8], at: usize, len: usize) -> Result<u64, &'static str> {
    let bytes = payload.get(at..at + len).ok_or(CUT)?;
    Ok(bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}

/// Writes a text in quotes, or its beginning, and says where it ends.
pub(super) fn write_text(payload: &[u8], at: usize, len: u64, pen: &mut Pen) -> Result<usize, &'static str> {
    let (bytes, end) = part(payload, at, len)?;
    let shown = &bytes[..bytes.len().min(MAX_LINE)];
    if pen.writes {
        push_text(&mut pen.line.text, &String::from_utf8_lossy(shown));
    }
    write_rest(bytes.len() - shown.len(), pen);
    Ok(end)
}

/// Writes bytes as `h'..'`, or their beginning, and says where they end.
pub(super) fn write_bytes(payload: &[u8], at: usize, len: u64, pen: &mut Pen) -> Result<usize, &'static str> {
    let (bytes, end) = part(payload, at, len)?;
    let shown = &bytes[..bytes.len().min(MAX_LINE)];
    pen.write("h'");
    pen.write_hex(shown);
    pen.write("'");
    write_rest(bytes.len() - shown.len(), pen);
    Ok(end)
}

fn write_rest(rest: usize, pen: &mut Pen) {
    if rest > 0 {
        pen.write(" … ");
        pen.write_number(rest as u64);
        pen.write(if rest == 1 { " more byte" } else { " more bytes" });
    }
}

fn part(payload: &[u8], at: usize, len: u64) -> Result<(&[u8], usize), &'static str> {
    let end = usize::try_from(len).ok().and_then(|len| at.checked_add(len)).ok_or(CUT)?;
    Ok((payload.get(at..end).ok_or(CUT)?, end))
}

/// Writes a float so that it is seen to be one.
pub(super) fn write_float(value: f64, pen: &mut Pen) {
    if value.is_nan() {
        pen.write("NaN");
    } else if value.is_infinite() {
        pen.write(if value > 0.0 { "Infinity" } else { "-Infinity" });
    } else if pen.writes {
        let text = format!("{value:?}");
        pen.write(&text);
    }
}

/// Writes -1 - `number`, which may be below what an `i64` holds.
pub(super) fn write_negative(number: u64, pen: &mut Pen) {
    pen.write("-");
    match number.checked_add(1) {
        Some(number) => pen.write_number(number),
        None => pen.write("18446744073709551616"),
    }
}

const BREAK: u8 = 0xff;
