//! WebSocket frames as a server and a client read and write them (RFC 6455, 5), without any I/O.
//!
//! The proxy wants bytes, and a library would hand over messages: each of up to 16 MiB whole, each by itself. Here the
//! payloads of all frames in a piece are unmasked and moved together where they lie, so that a thousand small
//! messages leave in one write, and a large one passes while it comes.

mod write;

use crate::proxy::MAX_MESSAGE_LEN;
pub(super) use write::{HEADER_ROOM, push_control, push_masked, write_header};

/// Follows the frames of one peer's bytes, cut anywhere.
#[derive(Debug, Default)]
pub(super) struct Frames {
    peer: Peer,
    position: Position,
    /// Bytes of the message so far, if its last frame has not come yet.
    message: Option<usize>,
    control: Control,
    ping: Option<Control>,
}

/// Whose frames they are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Peer {
    /// Its frames are masked, and its messages have a limit.
    #[default]
    Client,
    /// Its frames are not masked, and its messages may be as long as it likes, since they pass while they come.
    Server,
}

/// What a piece of a peer's bytes held.
#[derive(Debug)]
pub(super) struct Taken {
    /// How many bytes of payload stand at the piece's beginning now.
    pub(super) payload: usize,
    /// How many bytes of the piece were taken: all, unless something stopped it.
    pub(super) read: usize,
    /// Why nothing behind it is taken.
    pub(super) stop: Option<Stop>,
}

/// What ends the stream of payloads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Stop {
    /// A close frame, with its payload.
    Close(Control),
    /// A text message. The frames behind it can be read on.
    Text,
    /// A message longer than [`MAX_MESSAGE_LEN`].
    TooLong,
    /// Bytes that are no frames of such a peer.
    Broken(&'static str),
}

/// The payload of a control frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Control {
    len: usize,
    bytes: [u8; MAX_CONTROL_LEN],
}

#[derive(Clone, Copy, Debug)]
enum Position {
    /// Within a frame's header, of which so many bytes have come.
    Header { len: usize, bytes: [u8; MAX_HEADER_LEN] },
    /// Within a frame's payload; the key is turned to its next byte.
    Payload { opcode: u8, left: usize, key: [u8; 4] },
}

impl Frames {
    /// Follows the frames of a server.
    pub(super) fn of_server() -> Self {
        Self { peer: Peer::Server, ..Self::default() }
    }

    /// Goes through the next bytes, and moves their payload to the front.
    pub(super) fn take(&mut self, bytes: &mut [u8]) -> Taken {
        let (mut read, mut payload) = (0, 0);
        while read < bytes.len() {
            let rest = bytes.len() - read;
            match &mut self.position {
                Position::Header { len, bytes: header } => {
                    let missing = (header_len(&header[..*len]) - *len).min(rest);
                    header[*len..*len + missing].copy_from_slice(&bytes[read..read + missing]);
                    *len += missing;
                    read += missing;
                    if *len < header_len(&header[..*len]) {
                        continue;
                    }
                    let header = *header;
                    if let Some(stop) = self.begin(&header) {
                        return Taken { payload, read, stop: Some(stop) };
                    }
                }
                Position::Payload { opcode, left, key } => {
                    let taken = rest.min(*left);
                    if *key != [0; 4] {
                        mask(&mut bytes[read..read + taken], *key);
                    }
                    key.rotate_left(taken % 4);
                    *left -= taken;
                    match *opcode {
                        CONTINUATION | BINARY => {
                            bytes.copy_within(read..read + taken, payload);
                            payload += taken;
                        }
                        TEXT => {}
                        _ => self.control.extend(&bytes[read..read + taken]),
                    }
                    read += taken;
                }
            }
            if let Some(stop) = self.finish() {
                return Taken { payload, read, stop: Some(stop) };
            }
        }
        Taken { payload, read, stop: None }
    }

    /// The last ping that was not answered: of several, it is enough to answer that one (RFC 6455, 5.5.3).
    pub(super) fn take_ping(&mut self) -> Option<Control> {
        self.ping.take()
    }

    /// Goes on behind a header that is whole, unless something is wrong with it.
    fn begin(&mut self, header: &[u8; MAX_HEADER_LEN]) -> Option<Stop> {
        let (is_last, opcode) = (header[0] & FIN != 0, header[0] & 0x0F);
        if header[0] & RESERVED != 0 {
            return Some(Stop::Broken("reserved bits are set"));
        }
        let is_masked = header[1] & MASK != 0;
        match self.peer {
            Peer::Client if !is_masked => return Some(Stop::Broken("a client's frame must be masked")),
            Peer::Server if is_masked => return Some(Stop::Broken("a server's frame must not be masked")),
            Peer::Client | Peer::Server => {}
        }
        let (len, mask_at) = match header[1] & LEN {
            126 => (u64::from(u16::from_be_bytes([header[2], header[3]])), 4),
            127 => (u64::from_be_bytes(*header[2..].first_chunk().unwrap_or(&[0; 8])), 10),
            len => (u64::from(len), 2),
        };
        let key = match self.peer {
            Peer::Client => *header[mask_at..].first_chunk().unwrap_or(&[0; 4]),
            Peer::Server => [0; 4],
        };
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        match opcode {
            CONTINUATION | TEXT | BINARY => {
                let before = match (opcode, self.message) {
                    (CONTINUATION, None) => return Some(Stop::Broken("a continuation of no message")),
                    (CONTINUATION, Some(before)) => before,
                    (_, None) => 0,
                    (_, Some(_)) => return Some(Stop::Broken("a message within another")),
                };
                let so_far = before.saturating_add(len);
                if self.peer == Peer::Client && so_far > MAX_MESSAGE_LEN {
                    return Some(Stop::TooLong);
                }
                self.message = (!is_last).then_some(so_far);
            }
            CLOSE | PING | PONG if !is_last => return Some(Stop::Broken("a control frame in fragments")),
            CLOSE | PING | PONG if len > MAX_CONTROL_LEN => {
                return Some(Stop::Broken("a control frame of more than 125 bytes"));
            }
            CLOSE | PING | PONG => self.control = Control::default(),
            _ => return Some(Stop::Broken("an unknown opcode")),
        }
        self.position = Position::Payload { opcode, left: len, key };
        (opcode == TEXT).then_some(Stop::Text)
    }

    /// Goes on behind a frame that is whole.
    fn finish(&mut self) -> Option<Stop> {
        let Position::Payload { opcode, left: 0, .. } = self.position else { return None };
        self.position = Position::default();
        match opcode {
            PING => self.ping = Some(self.control),
            CLOSE => return Some(check_close(self.control)),
            _ => {}
        }
        None
    }
}

impl Default for Position {
    fn default() -> Self {
        Self::Header { len: 0, bytes: [0; MAX_HEADER_LEN] }
    }
}

impl Control {
    /// A close frame's payload; a reason that is too long is cut.
    pub(super) fn close(code: u16, reason: &str) -> Self {
        let mut control = Self::default();
        control.extend(&code.to_be_bytes());
        control.extend(&reason.as_bytes()[..reason.floor_char_boundary(MAX_REASON_LEN)]);
        control
    }

    /// The code of a close frame.
    pub(super) fn code(&self) -> Option<u16> {
        self.as_slice().first_chunk().map(|code| u16::from_be_bytes(*code))
    }

    /// The reason of a close frame; empty if there is none.
    pub(super) fn reason(&self) -> &str {
        self.as_slice().get(2..).and_then(|reason| std::str::from_utf8(reason).ok()).unwrap_or_default()
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Takes what there is room for; longer control frames were refused by their header.
    fn extend(&mut self, piece: &[u8]) {
        let piece = &piece[..piece.len().min(MAX_CONTROL_LEN - self.len)];
        self.bytes[self.len..self.len + piece.len()].copy_from_slice(piece);
        self.len += piece.len();
    }
}

impl Default for Control {
    fn default() -> Self {
        Self { len: 0, bytes: [0; MAX_CONTROL_LEN] }
    }
}

/// What a close frame may hold (RFC 6455, 5.5.1 and 7.4).
fn check_close(control: Control) -> Stop {
    let reason = control.as_slice().get(2..).unwrap_or_default();
    let is_sound = match control.code() {
        Some(1000..=1003 | 1007..=1014 | 3000..=4999) => std::str::from_utf8(reason).is_ok(),
        Some(_) => false,
        None => control.len == 0,
    };
    if is_sound { Stop::Close(control) } else { Stop::Broken("an ill-formed close frame") }
}

/// How long a header is whose first bytes are these.
fn header_len(header: &[u8]) -> usize {
    match header.get(1) {
        None => 2,
        Some(second) => {
            let mask = if second & MASK == 0 { 0 } else { 4 };
            let len = match second & LEN {
                126 => 2,
                127 => 8,
                _ => 0,
            };
            2 + len + mask
        }
    }
}

/// Masks, or takes the mask off.
fn mask(bytes: &mut [u8], key: [u8; 4]) {
    let (words, rest) = bytes.as_chunks_mut::<8>();
    let key_word = u64::from_ne_bytes([key[0], key[1], key[2], key[3], key[0], key[1], key[2], key[3]]);
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ key_word).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

/// The longest reason of a close frame, in bytes: a control frame's limit without the code (RFC 6455, 5.5).
pub(super) const MAX_REASON_LEN: usize = MAX_CONTROL_LEN - 2;

pub(super) const CLOSE: u8 = 8;
pub(super) const PING: u8 = 9;
pub(super) const PONG: u8 = 10;
const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
pub(super) const BINARY: u8 = 2;

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASK: u8 = 0x80;
const LEN: u8 = 0x7F;

const MAX_HEADER_LEN: usize = 14;
const MAX_CONTROL_LEN: usize = 125;

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

    /// A masked frame.
    pub(super) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first];
        match payload.len() {
            len @ 0..=125 => bytes.push(MASK | len as u8),
            len @ 126..=0xFFFF => {
                bytes.push(MASK | 126);
                bytes.extend((len as u16).to_be_bytes());
            }
            len => {
                bytes.push(MASK | 127);
                bytes.extend((len as u64).to_be_bytes());
            }
        }
        bytes.extend(KEY);
        bytes.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
        bytes
    }

    /// Takes the bytes in pieces; returns the payload, the pings and what stopped it.
    fn take(frames: &mut Frames, bytes: &[u8], piece_len: usize) -> (Vec<u8>, Vec<Vec<u8>>, Option<Stop>) {
        let (mut payload, mut pings) = (Vec::new(), Vec::new());
        for piece in bytes.chunks(piece_len) {
            let mut piece = piece.to_vec();
            let taken = frames.take(&mut piece);
            payload.extend_from_slice(&piece[..taken.payload]);
            pings.extend(frames.take_ping().map(|ping| ping.as_slice().to_vec()));
            if taken.stop.is_some() {
                return (payload, pings, taken.stop);
            }
            assert_eq!(taken.read, piece.len());
        }
        (payload, pings, None)
    }

    #[test]
    fn payloads_come_out_however_the_bytes_are_cut() {
        let long: Vec<u8> = (0..70_000_u32).map(|n| n as u8).collect();
        let stream = [
            frame(0x82, b"one"),
            frame(0x82, b""),
            frame(0x02, b"two "),
            frame(0x89, b"mark"),
            frame(0x00, b"in "),
            frame(0x8A, b"unasked"),
            frame(0x80, b"pieces"),
            frame(0x82, &long[..300]),
            frame(0x82, &long),
        ]
        .concat();
        let expected = [&b"onetwo in pieces"[..], &long[..300], &long].concat();
        for piece_len in [1, 2, 3, 5, 7, 16, 100, 4096, 1_000_000] {
            let (payload, pings, stop) = take(&mut Frames::default(), &stream, piece_len);
            assert!(payload == expected, "pieces of {piece_len}");
            assert_eq!((pings, stop), (vec![b"mark".to_vec()], None), "pieces of {piece_len}");
        }
    }

    #[test]
    fn a_servers_frames_have_no_mask_and_no_limit() {
        let long = vec![9; 300];
        let stream = [&b"\x82\x03one\x02\x01t\x89\x02hi\x80\x02wo\x82\x7E\x01\x2C"[..], &long].concat();
        for piece_len in [1, 3, 1000] {
            let (payload, pings, stop) = take(&mut Frames::of_server(), &stream, piece_len);
            assert_eq!(
                (payload, pings, stop),
                ([&b"onetwo"[..], &long].concat(), vec![b"hi".to_vec()], None)
            );
        }
        let huge = b"\x82\x7F\0\0\0\x7F\0\0\0\0";
        assert_eq!(take(&mut Frames::of_server(), huge, 100).2, None);
        let masked = take(&mut Frames::of_server(), &frame(0x82, b"x"), 100).2;
        assert_eq!(masked, Some(Stop::Broken("a server's frame must not be masked")));
        let close = take(&mut Frames::of_server(), b"\x88\x06\x03\xF3full", 100).2;
        let Some(Stop::Close(control)) = close else { panic!("{close:?}") };
        assert_eq!((control.code(), control.reason()), (Some(1011), "full"));
    }

    #[test]
    fn of_several_pings_the_last_is_answered() {
        let stream = [frame(0x89, b"1"), frame(0x89, b"2")].concat();
        assert_eq!(take(&mut Frames::default(), &stream, 100).1, [b"2".to_vec()]);
    }

    #[test]
    fn a_close_frame_ends_the_payload() {
        let close = Control::close(1001, "bye");
        let stream = [frame(0x82, b"last"), frame(0x88, b"\x03\xE9bye"), frame(0x82, b"late")].concat();
        for piece_len in 1..stream.len() {
            let taken = take(&mut Frames::default(), &stream, piece_len);
            assert_eq!(taken, (b"last".to_vec(), vec![], Some(Stop::Close(close))));
        }
        let empty = take(&mut Frames::default(), &frame(0x88, b""), 100).2;
        assert!(matches!(empty, Some(Stop::Close(control)) if control.code().is_none()), "{empty:?}");
        for payload in [&b"\x03"[..], b"\x00\x01", b"\x03\xED", b"\x03\xE8\xFF"] {
            let stop = take(&mut Frames::default(), &frame(0x88, payload), 100).2;
            assert_eq!(stop, Some(Stop::Broken("an ill-formed close frame")), "{payload:x?}");
        }
    }

    #[test]
    fn behind_a_text_message_frames_are_read_on() {
        let mut frames = Frames::default();
        let mut stream = [frame(0x82, b"before"), frame(0x81, b"text"), frame(0x88, b"")].concat();
        let taken = frames.take(&mut stream);
        assert_eq!((&stream[..taken.payload], taken.stop), (&b"before"[..], Some(Stop::Text)));
        let rest = frames.take(&mut stream[taken.read..]);
        assert!(rest.payload == 0 && matches!(rest.stop, Some(Stop::Close(_))), "{rest:?}");
    }

    #[test]
    fn what_is_no_frame_of_a_client_is_told() {
        let second_first = [frame(0x02, b"a"), frame(0x82, b"b")].concat();
        for (stream, expected) in [
            (b"\x82\x02hi".to_vec(), "a client's frame must be masked"),
            (frame(0xC2, b""), "reserved bits are set"),
            (frame(0x83, b""), "an unknown opcode"),
            (frame(0x80, b""), "a continuation of no message"),
            (second_first, "a message within another"),
            (frame(0x09, b""), "a control frame in fragments"),
            (frame(0x89, &[0; 126]), "a control frame of more than 125 bytes"),
        ] {
            for piece_len in [1, 100] {
                let stop = take(&mut Frames::default(), &stream, piece_len).2;
                assert_eq!(stop, Some(Stop::Broken(expected)));
            }
        }
    }

    #[test]
    fn a_message_has_a_limit_in_all_its_frames() {
        let head = |first, len: usize| {
            let mut bytes = vec![first, MASK | 127];
            bytes.extend((len as u64).to_be_bytes());
            bytes.extend(KEY);
            bytes
        };
        let stop = |bytes: &[u8]| take(&mut Frames::default(), bytes, 100).2;
        assert_eq!(stop(&head(0x82, MAX_MESSAGE_LEN)), None);
        assert_eq!(stop(&head(0x82, MAX_MESSAGE_LEN + 1)), Some(Stop::TooLong));
        assert_eq!(stop(&head(0x82, usize::MAX)), Some(Stop::TooLong));
        let fragmented = [frame(0x02, b"a"), head(0x00, MAX_MESSAGE_LEN)].concat();
        assert_eq!(stop(&fragmented), Some(Stop::TooLong));
    }

    #[test]
    fn reasons_are_cut_between_characters() {
        let control = Control::close(1000, &"é".repeat(100));
        assert_eq!(control.len, 2 + 122);
        assert_eq!(control.code(), Some(1000));
    }
}
