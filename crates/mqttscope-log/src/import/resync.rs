//! Where a packet begins, where that is not known: behind a hole, and where a capture begins in the middle.
//!
//! Most segments begin with a packet, so that each of them is a chance. It is taken only if all fits: the header, the
//! body, and what follows, be it the end of a segment or the header of the next packet. A tail of a payload is none.

use mqttscope_proto::{FixedHeader, PacketType};

use crate::store::{BrokenRules, Version};

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
    let header = FixedHeader::decode(bytes).ok()??;
    let from_client = is_from_client(header.packet_type)?;
    matches!(fit(bytes, from_client, Version::Unknown), Fit::Certain).then_some(from_client)
}

fn fit(bytes: &[u8], from_client: bool, version: Version) -> Fit {
    let mut rest = bytes;
    for whole in 0..MAX_PACKETS {
        if rest.is_empty() {
            break;
        }
        let Ok(header) = FixedHeader::decode(rest) else { return Fit::Not };
        let packet_type = PacketType::from_first_byte(rest[0]);
        if packet_type.is_none_or(|packet_type| is_from_client(packet_type) == Some(!from_client)) {
            return Fit::Not;
        }
        let packet = header.and_then(|header| rest.split_at_checked(header.packet_len()));
        match packet {
            Some((packet, behind)) if is_faultless(packet, version) => rest = behind,
            Some(_) => return Fit::Not,
            None if !may_go_on(rest, header) => return Fit::Not,
            None if whole > 0 => break,
            // A header without its length tells nothing.
            None => return Fit::Open(header.map_or(rest.len() + 1, |header| header.packet_len())),
        }
    }
    Fit::Certain
}

fn is_faultless(packet: &[u8], version: Version) -> bool {
    let mut broken = BrokenRules::default();
    broken.decode(packet, version).is_ok() && broken.is_empty()
}

/// Whether the beginning of a packet can be one: its flags, and of a PUBLISH the topic.
fn may_go_on(bytes: &[u8], header: Option<FixedHeader>) -> bool {
    let flags = bytes[0] & 0x0f;
    let Some(header) = header else { return true };
    let body = &bytes[header.len..];
    match header.packet_type {
        PacketType::Publish => {
            let Some((len, topic)) = body.split_first_chunk::<2>() else { return true };
            let len = usize::from(u16::from_be_bytes(*len));
            let id_len = if header.qos_bits() > 0 { 2 } else { 0 };
            let topic = &topic[..len.min(topic.len())];
            len > 0 && 2 + len + id_len <= header.remaining_length as usize && is_topic(topic, len)
        }
        PacketType::Subscribe | PacketType::Unsubscribe => flags & 0x07 == 2 && header.remaining_length > 4,
        PacketType::Connect | PacketType::SubAck => flags == 0 && header.remaining_length > 2,
        // All others are too short to be divided often, and are judged when they are whole.
        _ => header.remaining_length < 8,
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

/// Which side sends a type of packets, where only one does.
const fn is_from_client(packet_type: PacketType) -> Option<bool> {
    use PacketType as T;
    match packet_type {
        T::Connect | T::Subscribe | T::Unsubscribe | T::PingReq | T::Disconnect => Some(true),
        T::ConnAck | T::SubAck | T::UnsubAck | T::PingResp => Some(false),
        T::Publish | T::PubAck | T::PubRec | T::PubRel | T::PubComp => None,
    }
}

/// As many packets in a row are certain enough.
const MAX_PACKETS: usize = 16;
/// How much is searched through, in bytes and in segments.
const MAX_SEARCHED: usize = 8 << 20;
const MAX_SEGMENTS: usize = 8_192;
