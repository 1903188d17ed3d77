//! Where the password of a CONNECT lies: a walk by lengths and flags over its layout.
//!
//! Nothing is decoded here, so that a password is found in packets that no decoder takes: of a level that is not
//! known, with fields that are ill-formed, cut at any place.

use core::ops::Range;

use super::connect::{BRIDGE, PASSWORD_FLAG, USERNAME_FLAG, WILL};
use crate::frame::{decode_remaining_length, frame_len};
use crate::types::{PacketType, ProtocolVersion};

/// Overwrites the password of a CONNECT with as many `*`, and says whether there was one.
///
/// For whoever keeps or shows packets: a password is in no log. Works on whole and on broken packets of any protocol
/// level; the bytes of other packets are left alone. Where the layout of the level is not known, or a length leads past
/// the packet's end, all that may be the password is overwritten.
pub fn redact_password(packet: &mut [u8]) -> bool {
    let range = match find(packet) {
        Ok(range) => range,
        Err(Stop::Malformed(at)) => at..packet.len(),
        Err(Stop::Cut | Stop::None) => return false,
    };
    let end = range.end.min(packet.len());
    let secret = &mut packet[range.start.min(end)..end];
    secret.fill(b'*');
    !secret.is_empty()
}

/// Whether the packet that begins with these bytes may be a CONNECT with a password: one whose flags say so, or are
/// not among the bytes.
#[must_use]
pub fn may_hold_password(beginning: &[u8]) -> bool {
    !matches!(find(beginning), Err(Stop::None))
}

/// Why the walk has not come to a password.
enum Stop {
    /// There is none.
    None,
    /// The bytes end before it.
    Cut,
    /// A field from here on leads past the packet's end.
    Malformed(usize),
}

fn find(packet: &[u8]) -> Result<Range<usize>, Stop> {
    match packet.first() {
        Some(byte) if byte >> 4 == PacketType::Connect as u8 => {}
        Some(_) => return Err(Stop::None),
        None => return Err(Stop::Cut),
    }
    let (at, end) = match frame_len(packet) {
        Ok(Some((header, len))) => (header, len),
        Ok(None) => return Err(Stop::Cut),
        // No packet has such a length, but what is behind it is what was sent.
        Err(_) => (5, usize::MAX),
    };
    let mut walk = Walk { packet, at, end };
    walk.prefixed()?;
    let [level, flags, ..] = *walk.take(4)? else { return Err(Stop::Cut) };
    if flags & PASSWORD_FLAG == 0 {
        return Err(Stop::None);
    }
    let has_properties = match (level & !BRIDGE, ProtocolVersion::from_level(level & !BRIDGE)) {
        (_, Some(ProtocolVersion::V31 | ProtocolVersion::V311)) => false,
        (LEVEL_OF_MQTT_5, None) => true,
        (_, None) => return Err(Stop::Malformed(walk.at)),
    };
    walk.properties(has_properties)?;
    walk.prefixed()?;
    if flags & WILL != 0 {
        walk.properties(has_properties)?;
        walk.prefixed()?;
        walk.prefixed()?;
    }
    if flags & USERNAME_FLAG != 0 {
        walk.prefixed()?;
    }
    let len = walk.len_prefix()?;
    Ok(walk.at..walk.at + len)
}

/// A place in a packet of which the last bytes may be missing.
struct Walk<'a> {
    packet: &'a [u8],
    at: usize,
    /// Where the packet ends by its Remaining Length.
    end: usize,
}

impl<'a> Walk<'a> {
    /// The next bytes.
    fn take(&mut self, len: usize) -> Result<&'a [u8], Stop> {
        if len > self.end.saturating_sub(self.at) {
            return Err(Stop::Malformed(self.at));
        }
        let taken = self.packet.get(self.at..self.at + len).ok_or(Stop::Cut)?;
        self.at += len;
        Ok(taken)
    }

    /// The length of the next field, which fits into the packet.
    fn len_prefix(&mut self) -> Result<usize, Stop> {
        let len = self.take(2)?.iter().fold(0, |len, &byte| len << 8 | usize::from(byte));
        if len > self.end.saturating_sub(self.at) { Err(Stop::Malformed(self.at)) } else { Ok(len) }
    }

    /// Passes over a field behind its length.
    fn prefixed(&mut self) -> Result<(), Stop> {
        let len = self.len_prefix()?;
        self.take(len).map(drop)
    }

    /// Passes over properties (MQTT 5, 2.2.2), where the level has them.
    fn properties(&mut self, has_properties: bool) -> Result<(), Stop> {
        if !has_properties {
            return Ok(());
        }
        let len_bytes = self.packet.get(self.at..).unwrap_or_default();
        let (len, bytes) = match decode_remaining_length(len_bytes) {
            Ok(Some((len, bytes))) => (len as usize, bytes),
            Ok(None) => return Err(Stop::Cut),
            Err(_) => return Err(Stop::Malformed(self.at)),
        };
        self.take(bytes)?;
        self.take(len).map(drop)
    }
}

/// Its CONNECT has properties before the client id and before the will.
const LEVEL_OF_MQTT_5: u8 = 5;
