//! Where a packet begins, where that is not known: behind a hole, and where a capture begins in the middle.
//!
//! Most segments begin with a packet, so that each of them is a chance. It is taken only if all fits: the header, the
//! body, and what follows, be it the end of a segment or the header of the next packet. A tail of a payload is none.

use mqttscope_proto::{DecodeError, FixedHeader, PacketType, ProtocolVersion, frame_len};

use crate::store::{BrokenRules, Version, is_from_client};

/// Bytes in which the beginning of a packet is looked for.
#[derive(Default)]
pub(super) struct Search {
    pub(super) bytes: Vec<u8>,
    /// Where segments begin, and their times.
    pub(super) segments: Vec<(usize, u64)>,
    /// Segments that may begin with a packet whose end has not come, and where it ends.
    open: Vec<(usize, usize)>,
}

/// What was found.
pub(super) enum Found {
    /// A packet begins at this place.
    At(usize),
    /// More has to come.
    Waits,
    /// No packet begins in any of the bytes.
    Nothing,
}

/// Whether a packet begins with some bytes.
enum Fit {
    Certain,
    /// Once so many bytes have come, it will be known.
    Open(usize),
    Not,
}

impl Search {
    /// Takes the next segment of a side.
    pub(super) fn push(&mut self, time: u64, bytes: &[u8], from_client: bool, version: Version) -> Found {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.segments.push((at, time));
        self.open.push((at, 0));
        let (all, len) = (&self.bytes, self.bytes.len());
        let mut found = None;
        self.open.retain_mut(|(at, end)| {
            if found.is_some() || *end > len {
                return true;
            }
            match fit(&all[*at..], from_client, version) {
                Fit::Certain => found = Some(*at),
                Fit::Open(needed) => *end = *at + needed,
                Fit::Not => return false,
            }
            true
        });
        match found {
            Some(at) => Found::At(at),
            None if self.open.is_empty() || len > MAX_SEARCHED || self.segments.len() > MAX_SEGMENTS => {
                Found::Nothing
            }
            None => Found::Waits,
        }
    }
}

/// Whether bytes are packets of a client to their end, each without a fault.
pub(super) fn begins_packets(bytes: &[u8]) -> bool {
    matches!(fit(bytes, true, Version::Unknown), Fit::Certain)
}

/// The side that packets come from, if they tell: `Some(true)` for a client.
pub(super) fn sender(bytes: &[u8]) -> Option<bool> {
    let header = FixedHeader::decode(bytes, ProtocolVersion::V5).ok()??;
    // A server that disconnects in MQTT 5 says why.
    let is_bare = header.packet_type == PacketType::Disconnect && header.remaining_length == 0;
    let version = if is_bare { Version::Before5 } else { Version::Unknown };
    let from_client = is_from_client(header.packet_type, version)?;
    matches!(fit(bytes, from_client, Version::Unknown), Fit::Certain).then_some(from_client)
}

/// Whether packets begin with some bytes; those of a connection whose version is not known in one version that it may be.
fn fit(bytes: &[u8], from_client: bool, version: Version) -> Fit {
    if !matches!(version, Version::Unknown) {
        return fit_as(bytes, from_client, version);
    }
    let before_5 = fit_as(bytes, from_client, Version::Before5);
    if let Fit::Certain = before_5 {
        return before_5;
    }
    match (before_5, fit_as(bytes, from_client, Version::Known(ProtocolVersion::V5))) {
        (Fit::Open(needed), Fit::Open(other)) => Fit::Open(needed.min(other)),
        (Fit::Open(needed), Fit::Not) => Fit::Open(needed),
        (_, of_5) => of_5,
    }
}

fn fit_as(bytes: &[u8], from_client: bool, version: Version) -> Fit {
    let mut rest = bytes;
    for whole in 0..MAX_PACKETS {
        let Some(&first_byte) = rest.first() else { break };
        let Ok(header) = Header::read(rest, version) else { return Fit::Not };
        let is_sent = match (PacketType::from_first_byte(first_byte), version.is_decoded()) {
            (Some(packet_type), true) => is_from_client(packet_type, version) != Some(!from_client),
            // What later levels let whom send is not known.
            (packet_type, false) => packet_type.is_some(),
            (None, true) => false,
        };
        if !is_sent {
            return Fit::Not;
        }
        let Some(header) = header else {
            // A header without its length tells nothing.
            return if whole > 0 { Fit::Certain } else { Fit::Open(rest.len() + 1) };
        };
        match rest.split_at_checked(header.packet_len) {
            Some((packet, behind)) if header.is_faultless(packet, version) => rest = behind,
            Some(_) => return Fit::Not,
            None if !header.may_be_of(rest, version) => return Fit::Not,
            None if whole > 0 => break,
            None => return Fit::Open(header.packet_len),
        }
    }
    Fit::Certain
}

/// A fixed header, of whatever level.
#[derive(Clone, Copy)]
struct Header {
    packet_type: Option<PacketType>,
    flags: u8,
    len: usize,
    packet_len: usize,
}

impl Header {
    fn read(bytes: &[u8], version: Version) -> Result<Option<Self>, DecodeError> {
        let lens = if version.is_decoded() {
            FixedHeader::decode(bytes, version.layout())?.map(|header| (header.len, header.packet_len()))
        } else {
            frame_len(bytes)?
        };
        let first_byte = bytes.first().copied().unwrap_or_default();
        let packet_type = PacketType::from_first_byte(first_byte);
        Ok(lens.map(|(len, packet_len)| Self { packet_type, flags: first_byte & 0x0f, len, packet_len }))
    }

    /// Whether a whole packet breaks no rule, as far as rules are known.
    fn is_faultless(&self, packet: &[u8], version: Version) -> bool {
        if !version.is_decoded() {
            return self.may_be_of(packet, version);
        }
        let mut broken = BrokenRules::default();
        broken.decode(packet, version).is_ok() && broken.is_empty()
    }

    /// Whether the beginning of a packet can be one: its flags, its length, and of a PUBLISH the topic.
    fn may_be_of(&self, bytes: &[u8], version: Version) -> bool {
        use PacketType as T;
        let (body, remaining) = (&bytes[self.len..], self.packet_len - self.len);
        // In 3.1, DUP may be set on more than PUBLISH.
        let has_flags = self.packet_type.is_none_or(|known| self.flags & 0x07 == known.reserved_flags());
        match self.packet_type {
            Some(T::Publish) => self.flags & 0x06 != 0x06 && self.has_topic(body, remaining, version),
            Some(T::PingReq | T::PingResp) => has_flags && remaining == 0,
            Some(T::Subscribe | T::Unsubscribe) => has_flags && remaining > 4,
            Some(T::Connect | T::SubAck) => has_flags && remaining > 2,
            Some(T::Disconnect | T::Auth) | None => has_flags && remaining < SHORT,
            Some(_) => has_flags && (2..SHORT).contains(&remaining),
        }
    }

    fn has_topic(&self, body: &[u8], remaining: usize, version: Version) -> bool {
        let Some((len, topic)) = body.split_first_chunk::<2>() else { return true };
        let len = usize::from(u16::from_be_bytes(*len));
        let id_len = if self.flags & 0x06 != 0 { 2 } else { 0 };
        // From MQTT 5 on there may be a number instead of a topic.
        let is_there = len > 0 || version.is_5() || !version.is_decoded();
        is_there && 2 + len + id_len <= remaining && is_topic(&topic[..len.min(topic.len())], len)
    }
}

/// Whether bytes are a topic name of that length, or its beginning.
fn is_topic(bytes: &[u8], len: usize) -> bool {
    let is_text = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        // The last sign may be cut.
        Err(error) => error.error_len().is_none() && bytes.len() < len,
    };
    is_text && bytes.iter().all(|&byte| byte >= b' ' && !matches!(byte, b'+' | b'#' | 0x7f))
}

/// Packets of most types are short, in later levels too.
const SHORT: usize = 4_096;
/// As many packets in a row are certain enough.
const MAX_PACKETS: usize = 16;
/// How much is searched through, in bytes and in segments.
const MAX_SEARCHED: usize = 8 << 20;
const MAX_SEGMENTS: usize = 8_192;
