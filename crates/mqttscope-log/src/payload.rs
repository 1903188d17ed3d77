//! Payloads as lines of text, in whatever format a person chooses: only the lines that can be seen are made.
//!
//! A [`Viewer`] finds out in slices where lines begin, and remembers a place every few hundred lines. From there it
//! makes any window of lines, so that 5 MB open like 5 bytes.

use std::ops::Range;

use mqttscope_text::number::push_hex_digits;

mod bytes;
pub(crate) mod fault;
mod json;
mod text;

#[cfg(feature = "binary")]
mod cbor;
#[cfg(feature = "binary")]
mod message_pack;
#[cfg(feature = "binary")]
mod tree;

/// A format to show a payload in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Text; what is not UTF-8 is U+FFFD.
    Text,
    /// JSON, a member a line.
    Json,
    /// Sixteen bytes a line, as hex and as text.
    Hex,
    /// Base64, 57 bytes a line.
    Base64,
    /// CBOR in diagnostic notation (RFC 8949, 8).
    #[cfg(feature = "binary")]
    Cbor,
    /// MessagePack in the notation of CBOR.
    #[cfg(feature = "binary")]
    MessagePack,
}

/// A line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The text, indented by two blanks a level.
    pub text: String,
    /// The bytes of the payload that it shows.
    pub range: Range<usize>,
    /// How deep it lies in arrays and objects: what follows a line and lies deeper is folded with it.
    pub depth: u16,
    /// What is wrong with the byte at the end of the range, in words, on the line that could not go on.
    pub fault: Option<&'static str>,
}

/// A payload in a format. The payload itself is given with each call, and must be the same.
#[derive(Clone, Debug)]
pub struct Viewer {
    view: View,
    /// The state before every [`STRIDE`]th line.
    places: Vec<State>,
    lines: usize,
    /// The state behind the last line that is known.
    end: State,
    is_complete: bool,
}

/// Where in a payload the next line begins, and what it has to know of what is before.
#[derive(Clone, Debug)]
enum State {
    Text(text::State),
    Json(json::State),
    Bytes(bytes::State),
    #[cfg(feature = "binary")]
    Tree(tree::State),
}

/// A line being made. Lines that are only counted are not written.
#[derive(Default)]
struct Pen {
    line: Line,
    writes: bool,
}

impl Viewer {
    /// Shows a payload in a format.
    #[must_use]
    pub fn new(view: View) -> Self {
        let state = match view {
            View::Text => State::Text(text::State::default()),
            View::Json => State::Json(json::State::default()),
            View::Hex => State::Bytes(bytes::State::HEX),
            View::Base64 => State::Bytes(bytes::State::BASE64),
            #[cfg(feature = "binary")]
            View::Cbor => State::Tree(tree::State::new(cbor::token)),
            #[cfg(feature = "binary")]
            View::MessagePack => State::Tree(tree::State::new(message_pack::token)),
        };
        Self { view, places: Vec::new(), lines: 0, end: state, is_complete: false }
    }

    /// The format.
    #[must_use]
    pub const fn view(&self) -> View {
        self.view
    }

    /// Finds out where more lines begin, up to about `bytes` bytes further; says whether all are known.
    pub fn advance(&mut self, payload: &[u8], bytes: usize) -> bool {
        if let State::Bytes(state) = &self.end {
            self.lines = state.lines(payload);
            self.is_complete = true;
        }
        let stop = self.end.at().saturating_add(bytes);
        let mut pen = Pen::default();
        while !self.is_complete && self.end.at() < stop {
            if self.lines.is_multiple_of(STRIDE) {
                self.places.push(self.end.clone());
            }
            if self.end.step(payload, &mut pen) {
                self.lines += 1;
            } else {
                self.is_complete = true;
            }
        }
        self.is_complete
    }

    /// How many lines are known.
    #[must_use]
    pub const fn lines(&self) -> usize {
        self.lines
    }

    /// Whether all lines are known.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Makes `count` lines from `first` on, as far as they are known.
    #[must_use]
    pub fn window(&self, payload: &[u8], first: usize, count: usize) -> Vec<Line> {
        let count = count.min(self.lines.saturating_sub(first));
        let (mut state, skipped) = match (&self.end, self.places.get(first / STRIDE)) {
            (State::Bytes(state), _) => (State::Bytes(state.at_line(first)), 0),
            (_, Some(place)) => (place.clone(), first % STRIDE),
            (_, None) => return Vec::new(),
        };
        let mut pen = Pen::default();
        for _ in 0..skipped {
            state.step(payload, &mut pen);
        }
        pen.writes = true;
        let mut lines = Vec::with_capacity(count);
        for _ in 0..count {
            pen.line = Line::default();
            if !state.step(payload, &mut pen) {
                break;
            }
            lines.push(std::mem::take(&mut pen.line));
        }
        lines
    }
}

impl State {
    /// Offset of the next line's first byte.
    const fn at(&self) -> usize {
        match self {
            Self::Text(state) => state.at,
            Self::Json(state) => state.at(),
            Self::Bytes(state) => state.at(),
            #[cfg(feature = "binary")]
            Self::Tree(state) => state.at(),
        }
    }

    /// Makes the next line; says whether there was one.
    fn step(&mut self, payload: &[u8], pen: &mut Pen) -> bool {
        match self {
            Self::Text(state) => state.step(payload, pen),
            Self::Json(state) => state.step(payload, pen),
            Self::Bytes(state) => state.step(payload, pen),
            #[cfg(feature = "binary")]
            Self::Tree(state) => state.step(payload, pen),
        }
    }
}

impl Pen {
    fn write(&mut self, text: &str) {
        if self.writes {
            self.line.text.push_str(text);
        }
    }

    #[cfg(feature = "binary")]
    fn write_number(&mut self, number: u64) {
        if self.writes {
            mqttscope_text::number::push_number(&mut self.line.text, number);
        }
    }

    fn indent(&mut self, depth: usize) {
        if self.writes {
            self.line.depth = depth as u16;
            self.line.text.extend(std::iter::repeat_n("  ", depth));
        }
    }

    /// Writes bytes that should be text, control characters as their pictures.
    fn write_text(&mut self, bytes: &[u8]) {
        if self.writes {
            let pictured = |char| match char {
                '\0'..='\x08' | '\x0a'..='\x1f' => char::from_u32(0x2400 + u32::from(char)).unwrap_or('·'),
                '\x7f' => '␡',
                _ => char,
            };
            self.line.text.extend(String::from_utf8_lossy(bytes).chars().map(pictured));
        }
    }

    fn write_hex(&mut self, bytes: &[u8]) {
        if self.writes {
            push_hex_digits(&mut self.line.text, bytes);
        }
    }
}

/// The media type of an image, by its first bytes.
#[must_use]
pub fn image_type(payload: &[u8]) -> Option<&'static str> {
    let is_at = |at: usize, magic: &[u8]| payload.get(at..).is_some_and(|rest| rest.starts_with(magic));
    Some(if is_at(0, b"\x89PNG\r\n\x1a\n") {
        "image/png"
    } else if is_at(0, b"\xff\xd8\xff") {
        "image/jpeg"
    } else if is_at(0, b"GIF87a") || is_at(0, b"GIF89a") {
        "image/gif"
    } else if is_at(0, b"RIFF") && is_at(8, b"WEBP") {
        "image/webp"
    } else if is_at(4, b"ftypavif") {
        "image/avif"
    } else if is_at(0, b"BM") && is_at(6, &[0; 4]) {
        "image/bmp"
    } else if is_at(0, b"\0\0\x01\0") && payload.len() > 22 {
        "image/x-icon"
    } else if is_svg(payload) {
        "image/svg+xml"
    } else {
        return None;
    })
}

fn is_svg(payload: &[u8]) -> bool {
    let start = payload[..payload.len().min(1 << 10)].trim_ascii_start();
    let begins = |text: &[u8]| start.starts_with(text);
    begins(b"<svg") || (begins(b"<?xml") || begins(b"<!--")) && start.windows(4).any(|part| part == b"<svg")
}

/// The format that shows most of a payload, by its first kilobytes.
#[must_use]
pub fn guess(payload: &[u8]) -> View {
    let start = &payload[..payload.len().min(4 << 10)];
    let is_text = match std::str::from_utf8(start) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && start.len() < payload.len(),
    };
    let is_printable = |byte: &u8| *byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r');
    if !is_text || !start.iter().all(is_printable) {
        return View::Hex;
    }
    match start.trim_ascii_start().first() {
        Some(b'{' | b'[') => View::Json,
        _ => View::Text,
    }
}

/// How many bytes of text or hex a line shows at most.
const MAX_LINE: usize = 512;
/// Lines between two places that are remembered.
const STRIDE: usize = 256;
/// The deepest nesting that is followed.
const MAX_DEPTH: usize = 200;

/// The end of a piece of at most [`MAX_LINE`] bytes that goes through no character.
fn piece_end(bytes: &[u8], from: usize, end: usize) -> usize {
    if end - from <= MAX_LINE {
        return end;
    }
    let limit = from + MAX_LINE;
    // A character has at most three bytes behind its first.
    (limit - 3..=limit).rev().find(|&at| bytes[at] & 0xc0 != 0x80).unwrap_or(limit)
}
