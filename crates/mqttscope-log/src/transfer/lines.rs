//! Lines of payloads in CBOR and MessagePack.

#[cfg(feature = "binary")]
use super::LINES;
use super::{take, take_slice, take_u32};
use crate::payload::{Line, fault};

/// A binary format that another module shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// CBOR in diagnostic notation (RFC 8949, 8).
    Cbor,
    /// MessagePack in the notation of CBOR.
    MessagePack,
}

impl Binary {
    /// The first byte of what asks for a payload to be shown; the payload follows.
    #[must_use]
    pub const fn request(self) -> u8 {
        match self {
            Self::Cbor => CBOR,
            Self::MessagePack => MESSAGE_PACK,
        }
    }
}

/// The lines of a payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The lines, or the first of them.
    pub lines: Vec<Line>,
    /// There are more.
    pub is_cut: bool,
}

impl Lines {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (&cut, mut bytes) = bytes.split_first()?;
        let mut lines = Vec::new();
        while !bytes.is_empty() {
            lines.push(read(&mut bytes)?);
        }
        Some(Self { lines, is_cut: cut != 0 })
    }
}

fn read(bytes: &mut &[u8]) -> Option<Line> {
    let start = take_u32(bytes)? as usize;
    let end = take_u32(bytes)? as usize;
    let depth = u16::from_le_bytes(take(bytes)?);
    let [fault] = take(bytes)?;
    let len = take_u32(bytes)?;
    let text = std::str::from_utf8(take_slice(bytes, len)?).ok()?.into();
    let fault = match fault.checked_sub(1) {
        Some(number) => Some(*fault::ALL.get(usize::from(number))?),
        None => None,
    };
    (start <= end).then_some(Line { text, range: start..end, depth, fault })
}

/// Shows a payload, or compares two, as it is asked for: the message that answers, or nothing where it is asked for in no way that is
/// known.
#[cfg(feature = "binary")]
#[must_use]
pub fn view(request: &[u8]) -> Vec<u8> {
    use crate::payload::{View, Viewer};

    let (view, payload) = match request.split_first() {
        Some((&CBOR, payload)) => (View::Cbor, payload),
        Some((&MESSAGE_PACK, payload)) => (View::MessagePack, payload),
        #[cfg(feature = "compare")]
        Some((&super::COMPARED, request)) => return compare(request),
        _ => return Vec::new(),
    };
    let mut viewer = Viewer::new(view);
    while viewer.lines() <= MAX_LINES && !viewer.advance(payload, SLICE) {}
    let mut out = vec![LINES, 0];
    let mut written = 0;
    while written < viewer.lines().min(MAX_LINES) && out.len() < MAX_BYTES {
        let window = viewer.window(payload, written, WINDOW.min(MAX_LINES - written));
        written += window.len();
        window.iter().for_each(|line| write(line, &mut out));
    }
    out[1] = u8::from(written < viewer.lines());
    out
}

#[cfg(feature = "compare")]
fn compare(request: &[u8]) -> Vec<u8> {
    let Some((how, old, new)) = mqttscope_compare::read_request(request) else { return Vec::new() };
    let mut out = vec![super::COMPARED];
    mqttscope_compare::compare(how, old, new).write(&mut out);
    out
}

#[cfg(feature = "binary")]
fn write(line: &Line, out: &mut Vec<u8>) {
    for offset in [line.range.start, line.range.end] {
        out.extend_from_slice(&(offset as u32).to_le_bytes());
    }
    out.extend_from_slice(&line.depth.to_le_bytes());
    let fault = line.fault.and_then(|words| fault::ALL.iter().position(|fault| *fault == words));
    out.push(fault.map_or(0, |number| number as u8 + 1));
    out.extend_from_slice(&(line.text.len() as u32).to_le_bytes());
    out.extend_from_slice(line.text.as_bytes());
}

const CBOR: u8 = b'c';
const MESSAGE_PACK: u8 = b'm';
/// Lines that are shown at most.
#[cfg(feature = "binary")]
const MAX_LINES: usize = 100_000;
/// How long the text of all lines may be: they can be much longer than the payload, where it is nested deep.
#[cfg(feature = "binary")]
const MAX_BYTES: usize = 16 << 20;
/// Lines that are made at once.
#[cfg(feature = "binary")]
const WINDOW: usize = 1 << 10;
/// Bytes of a payload that are gone through at once.
#[cfg(feature = "binary")]
const SLICE: usize = 64 << 10;
