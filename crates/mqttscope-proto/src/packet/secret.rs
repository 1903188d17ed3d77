//! Where the secrets of a packet lie, the password of a CONNECT and Authentication Data: a walk by lengths and flags over
//! its layout.
//!
//! Nothing is decoded here, so that a secret is found in packets that no decoder takes: of a level that is not known,
//! with fields that are ill-formed, cut at any place.

use core::ops::Range;

use alloc::vec::Vec;

use super::connect::{BRIDGE, PASSWORD_FLAG, USERNAME_FLAG, WILL};
use super::properties::split;
use crate::error::DecodeErrorKind;
use crate::frame::frame_len;
use crate::property::PropertyId;
use crate::types::{PacketType, ProtocolVersion};
use crate::varint;

/// Overwrites the secrets of a packet with as many `*`, and says whether there were any: the password of a CONNECT, and the
/// Authentication Data of CONNECT, CONNACK and AUTH.
///
/// For whoever keeps or shows packets: a secret is in no log. Works on whole and on broken packets of any protocol
/// level; the bytes of other packets are left alone. Where the layout of the level is not known, or a length leads past
/// the packet's end, all that may be a secret is overwritten.
pub fn redact_secrets(packet: &mut [u8]) -> bool {
    let mut secrets = Vec::new();
    if let Err(Stop::Malformed(at)) = find(packet, &mut secrets) {
        secrets.push(at..packet.len());
    }
    let mut has_any = false;
    for range in secrets {
        let end = range.end.min(packet.len());
        let secret = &mut packet[range.start.min(end)..end];
        secret.fill(b'*');
        has_any |= !secret.is_empty();
    }
    has_any
}

/// Whether the packet that begins with these bytes may hold a secret: a CONNECT with a password, or a packet with
/// Authentication Data. What would tell may not be among the bytes.
#[must_use]
pub fn may_hold_secret(beginning: &[u8]) -> bool {
    let mut secrets = Vec::new();
    !matches!(find(beginning, &mut secrets), Err(Stop::None)) || !secrets.is_empty()
}

/// Why the walk has not come to the last secret.
enum Stop {
    /// There is none, or no other.
    None,
    /// The bytes end before it.
    Cut,
    /// A field from here on leads past the packet's end.
    Malformed(usize),
}

fn find(packet: &[u8], secrets: &mut Vec<Range<usize>>) -> Result<(), Stop> {
    let packet_type = match packet.first() {
        Some(&byte) => PacketType::from_first_byte(byte).ok_or(Stop::None)?,
        None => return Err(Stop::Cut),
    };
    if !matches!(packet_type, PacketType::Connect | PacketType::ConnAck | PacketType::Auth) {
        return Err(Stop::None);
    }
    let (at, end) = match frame_len(packet) {
        Ok(Some((header, len))) => (header, len),
        Ok(None) => return Err(Stop::Cut),
        // No packet has such a length, but what is behind it is what was sent.
        Err(_) => (5, usize::MAX),
    };
    let mut walk = Walk { packet, at, end, secrets };
    match packet_type {
        PacketType::Connect => walk.connect(),
        PacketType::ConnAck => walk.answer(2),
        _ => walk.answer(1),
    }
}

/// Whether what is walked over are properties.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Certain,
    /// They do not end where the packet does: it is malformed, or of a version without them, and only what is clearly a
    /// secret is taken for one.
    Likely,
}

/// A place in a packet of which the last bytes may be missing.
struct Walk<'a, 's> {
    packet: &'a [u8],
    at: usize,
    /// Where the packet ends by its Remaining Length.
    end: usize,
    secrets: &'s mut Vec<Range<usize>>,
}

impl<'a> Walk<'a, '_> {
    fn connect(&mut self) -> Result<(), Stop> {
        self.prefixed()?;
        let [level, flags, ..] = *self.take(4)? else { return Err(Stop::Cut) };
        let has_password = flags & PASSWORD_FLAG != 0;
        let has_properties = match ProtocolVersion::from_level(level & !BRIDGE) {
            Some(ProtocolVersion::V31 | ProtocolVersion::V311) => false,
            Some(ProtocolVersion::V5) => true,
            None if has_password => return Err(Stop::Malformed(self.at)),
            None => return Err(Stop::None),
        };
        if has_properties {
            // Where nothing else is secret, what follows them may stay.
            self.properties().map_err(|stop| match stop {
                Stop::Malformed(_) if !has_password => Stop::None,
                _ => stop,
            })?;
        }
        if !has_password {
            return Err(Stop::None);
        }
        self.prefixed()?;
        if flags & WILL != 0 {
            if has_properties {
                self.properties()?;
            }
            self.prefixed()?;
            self.prefixed()?;
        }
        if flags & USERNAME_FLAG != 0 {
            self.prefixed()?;
        }
        let len = self.len_prefix()?;
        self.secrets.push(self.at..self.at + len);
        Ok(())
    }

    /// CONNACK or AUTH of MQTT 5, whose properties end with it at the latest: `codes` bytes are before them.
    fn answer(&mut self, codes: usize) -> Result<(), Stop> {
        if self.end < self.at + codes + 1 {
            return Err(Stop::None);
        }
        self.take(codes)?;
        // What has no length of properties holds none, and may be of another version.
        let len = self.properties_len().map_err(|stop| match stop {
            Stop::Malformed(_) => Stop::None,
            _ => stop,
        })?;
        let end = self.at + len;
        let layout = if end == self.end { Layout::Certain } else { Layout::Likely };
        self.properties_until(end.min(self.end), layout)
    }

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

    /// Passes over properties (MQTT 5, 2.2.2), and notes the Authentication Data among them.
    fn properties(&mut self) -> Result<(), Stop> {
        let len = self.properties_len()?;
        if len > self.end.saturating_sub(self.at) {
            return Err(Stop::Malformed(self.at));
        }
        self.properties_until(self.at + len, Layout::Certain)
    }

    /// The length of the properties that follow.
    fn properties_len(&mut self) -> Result<usize, Stop> {
        match varint::decode(self.packet.get(self.at..).unwrap_or_default()) {
            Ok(Some((len, len_bytes))) => self.take(len_bytes).map(|_| len as usize),
            Ok(None) => Err(Stop::Cut),
            Err(varint::TooLong) => Err(Stop::Malformed(self.at)),
        }
    }

    fn properties_until(&mut self, end: usize, layout: Layout) -> Result<(), Stop> {
        let is_cut = end > self.packet.len();
        while self.at < end.min(self.packet.len()) {
            let rest = &self.packet[self.at..end.min(self.packet.len())];
            match split(rest) {
                Ok(split) => {
                    if split.property.id == PropertyId::AuthenticationData {
                        self.secrets.push(self.at + split.id_len + 2..self.at + split.len);
                    }
                    self.at += split.len;
                }
                Err(fault) => {
                    let ends_early = matches!(fault.kind, DecodeErrorKind::FieldTooLong { .. });
                    let is_data = rest[0] == PropertyId::AuthenticationData.number();
                    let may_be_secret = !is_cut || !ends_early || rest[0] > 0x7f;
                    if is_data || may_be_secret && layout == Layout::Certain {
                        self.secrets.push(self.at..end);
                    }
                    self.at = end;
                }
            }
        }
        if is_cut { Err(Stop::Cut) } else { Ok(()) }
    }
}
