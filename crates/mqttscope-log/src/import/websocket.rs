//! MQTT over WebSocket (RFC 6455; MQTT 3.1.1, 6): the handshake, and what frames carry.

use super::recognition::is_connect;
use super::resync::begins_packets;

/// How a connection became a WebSocket.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Handshake {
    /// Bytes of the client and of the server that belong to it.
    pub(super) len: [usize; 2],
    /// What was asked for, without its query, which may hold what is secret.
    pub(super) path: String,
    /// The subprotocol that was agreed on.
    pub(super) subprotocol: String,
}

/// One direction of a WebSocket.
#[derive(Default)]
pub(super) struct WebSocket {
    /// Bytes of the handshake that are still to come.
    skip: usize,
    /// A header that is not whole.
    header: Vec<u8>,
    frame: Frame,
    /// What the message is that the frames belong to.
    message: Kind,
    /// Where a frame begins is not known.
    is_lost: bool,
}

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carried<'a> {
    /// Bytes of MQTT.
    Bytes(&'a [u8]),
    /// Bytes that cannot be read: those of a text, or compressed.
    Other(Kind, usize),
    /// Bytes behind a hole, where no frame is known to begin.
    Lost(usize),
}

/// What a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// What MQTT uses.
    #[default]
    Binary,
    Text,
    /// Its bytes are those of permessage-deflate (RFC 7692).
    Compressed,
}

/// The frame whose payload comes.
#[derive(Clone, Copy, Default)]
struct Frame {
    left: u64,
    mask: [u8; 4],
    /// How many bytes of it were unmasked.
    unmasked: usize,
    is_control: bool,
}

/// What a header says.
struct Header {
    len: usize,
    first_byte: u8,
    is_masked: bool,
    frame: Frame,
}

impl WebSocket {
    pub(super) fn behind(handshake: usize) -> Self {
        Self { skip: handshake, ..Self::default() }
    }

    /// Takes bytes, and tells what the frames carry.
    pub(super) fn push(&mut self, mut bytes: &[u8], mut hear: impl FnMut(Carried<'_>)) {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        bytes = &bytes[skipped..];
        if self.is_lost {
            if !begins_frames(bytes) {
                return hear(Carried::Lost(bytes.len()));
            }
            self.is_lost = false;
        }
        while !bytes.is_empty() {
            if self.frame.left == 0 {
                let Some(rest) = self.read_header(bytes) else {
                    self.is_lost = true;
                    return hear(Carried::Lost(bytes.len()));
                };
                bytes = rest;
                continue;
            }
            let len = bytes.len().min(usize::try_from(self.frame.left).unwrap_or(usize::MAX));
            let (payload, rest) = bytes.split_at(len);
            match self.message {
                _ if self.frame.is_control => {}
                Kind::Binary => hear(Carried::Bytes(&self.frame.unmask(payload))),
                kind => hear(Carried::Other(kind, len)),
            }
            self.frame.pass(len);
            bytes = rest;
        }
    }

    /// Goes on behind bytes that were not captured. Says how many of them were MQTT, if that is known.
    pub(super) fn gap(&mut self, len: usize) -> Option<usize> {
        if !self.is_lost && self.skip == 0 && self.frame.left >= len as u64 {
            self.frame.pass(len);
            return Some(if self.frame.is_control || self.message != Kind::Binary { 0 } else { len });
        }
        *self = Self { is_lost: true, ..Self::default() };
        None
    }

    /// Reads as much of a header as there is; gives the rest, if it can be one.
    fn read_header<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let before = self.header.len();
        self.header.extend_from_slice(&bytes[..bytes.len().min(MAX_HEADER)]);
        let Some(header) = Header::read(&self.header) else {
            return bytes.get(self.header.len() - before..);
        };
        self.header.clear();
        if !header.is_plausible() {
            return None;
        }
        self.frame = header.frame;
        match header.first_byte & 0x0f {
            0 => {}
            _ if self.frame.is_control => {}
            opcode => {
                self.message = match (header.first_byte & 0x40, opcode) {
                    (0, 1) => Kind::Text,
                    (0, _) => Kind::Binary,
                    _ => Kind::Compressed,
                }
            }
        }
        bytes.get(header.len - before..)
    }
}

impl Frame {
    fn unmask(&self, payload: &[u8]) -> Vec<u8> {
        let mask = self.mask.iter().cycle().skip(self.unmasked % 4);
        payload.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect()
    }

    fn pass(&mut self, len: usize) {
        self.left -= len as u64;
        self.unmasked = (self.unmasked + len) % 4;
    }
}

impl Header {
    /// The header that bytes begin with, once it is whole.
    fn read(bytes: &[u8]) -> Option<Self> {
        let &[first_byte, second_byte, ..] = bytes else { return None };
        let (left, len) = match second_byte & 0x7f {
            126 => (u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?).into(), 4),
            127 => (u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?), 10),
            len => (len.into(), 2),
        };
        let is_masked = second_byte & 0x80 != 0;
        let mask = if is_masked { *bytes.get(len..)?.first_chunk()? } else { [0; 4] };
        let frame = Frame { left, mask, unmasked: 0, is_control: first_byte & 0x08 != 0 };
        Some(Self { len: len + usize::from(is_masked) * 4, first_byte, is_masked, frame })
    }

    /// Whether a header may be one: no bit that has no meaning is set, and a control frame is short and whole.
    fn is_plausible(&self) -> bool {
        let opcode = self.first_byte & 0x0f;
        let is_short = self.frame.left < 126 && self.first_byte & 0x80 != 0;
        self.first_byte & 0x30 == 0
            && matches!(opcode, 0..=2 | 8..=10)
            && (!self.frame.is_control || is_short && self.first_byte & 0x40 == 0)
    }
}

/// The handshake that the first bytes of both sides are, if they lead to MQTT; `None` as long as that is not known.
pub(super) fn handshake(client: &[u8], server: &[u8]) -> Option<Option<Handshake>> {
    let (request, asked) = match head(client) {
        Some(found) => found,
        None if client.len() < MAX_HEAD => return None,
        None => return Some(None),
    };
    let is_upgrade = asked.starts_with("GET ")
        && field(asked, "upgrade").any(|value| value.eq_ignore_ascii_case("websocket"));
    if !is_upgrade {
        return Some(None);
    }
    let (response, answered) = match head(server) {
        Some(found) => found,
        None if server.len() < MAX_HEAD => return None,
        None => return Some(None),
    };
    if answered.split(' ').nth(1) != Some("101") {
        return Some(None);
    }
    let path = asked.split(' ').nth(1).unwrap_or_default();
    let subprotocol = field(answered, "sec-websocket-protocol").next().unwrap_or_default();
    if !subprotocol.to_ascii_lowercase().starts_with("mqtt") {
        // What comes first says what is spoken.
        let mut first = Vec::new();
        WebSocket::behind(request).push(client, |carried| {
            if let Carried::Bytes(bytes) = carried {
                first.extend_from_slice(bytes);
            }
        });
        if !is_connect(&first)? {
            return Some(None);
        }
    }
    let path = path.split(['?', '#']).next().unwrap_or_default();
    Some(Some(Handshake { len: [request, response], path: path.into(), subprotocol: subprotocol.into() }))
}

/// Whether bytes are frames of a client that hold packets of MQTT and nothing else.
pub(super) fn holds_mqtt(bytes: &[u8]) -> bool {
    let is_client = Header::read(bytes).is_some_and(|header| header.is_masked && header.is_plausible());
    if !is_client || !begins_frames(bytes) {
        return false;
    }
    let mut all = Vec::new();
    WebSocket::default().push(bytes, |carried| {
        if let Carried::Bytes(bytes) = carried {
            all.extend_from_slice(bytes);
        }
    });
    begins_packets(&all)
}

/// Whether bytes are frames to their end.
fn begins_frames(mut bytes: &[u8]) -> bool {
    for _ in 0..MAX_FRAMES {
        let Some(header) = Header::read(bytes).filter(Header::is_plausible) else { return false };
        let end = usize::try_from(header.frame.left).ok().and_then(|left| left.checked_add(header.len));
        match end.and_then(|end| bytes.get(end..)) {
            Some([]) => return true,
            Some(rest) => bytes = rest,
            None => return false,
        }
    }
    true
}

/// The head of a message of HTTP and its length, once it is whole.
fn head(bytes: &[u8]) -> Option<(usize, &str)> {
    let len = bytes.windows(4).take(MAX_HEAD).position(|end| end == b"\r\n\r\n")? + 4;
    Some((len, std::str::from_utf8(&bytes[..len]).unwrap_or_default()))
}

/// The values of a field, one by one.
fn field<'a>(head: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let fields = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
    let values = fields.filter(move |(key, _)| key.eq_ignore_ascii_case(name));
    values.flat_map(|(_, values)| values.split(',')).map(str::trim)
}

/// The longest header of a frame: two bytes, a length of eight, a mask.
const MAX_HEADER: usize = 14;
/// The longest head of a request or a response that is waited for.
pub(super) const MAX_HEAD: usize = 16 << 10;
/// As many frames in a row are certain enough.
const MAX_FRAMES: usize = 16;
