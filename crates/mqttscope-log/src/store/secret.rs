//! Passwords and Authentication Data: which bytes may be one, and how they are hidden.
//!
//! What is a packet's own is found by its layout. Bytes that are no whole packet may be the rest of a CONNECT, in which a
//! password lies nobody knows where: then all of them are hidden. It never asks what can be decoded.

use mqttscope_proto::{frame_len, may_hold_secret, redact_secrets};

use super::connection::Side;
use super::level::CONNECT_NAMES;
use super::record::Record;
use super::{BrokenRules, Version};

impl Record {
    /// Overwrites what may be a password or Authentication Data with `*`, in the bytes of this record; says whether there
    /// was any.
    pub fn hide_secrets(&self, bytes: &mut [u8]) -> bool {
        if !self.is_secret() {
            return redact_secrets(bytes);
        }
        let header = if begins_connect(bytes) { frame_len(bytes).ok().flatten() } else { None };
        let secret = bytes.get_mut(header.map_or(0, |(header, _)| header)..).unwrap_or_default();
        secret.fill(b'*');
        !secret.is_empty()
    }
}

/// Whether bytes of a side that are not a whole packet may be the rest of one that holds a secret, or such a one with a
/// hole in it. `may_begin`: the first packets of this side may hold one.
pub(super) fn is_secret(bytes: &[u8], side: Side, may_begin: bool) -> bool {
    let before_hole =
        side.hole.filter(|&hole| hole > 0).map(|hole| bytes.get(..hole as usize).unwrap_or(bytes));
    match before_hole {
        Some(beginning) => begins_secret(beginning) && may_hold_secret(beginning),
        // The secret of one that begins here is where its layout says.
        None => may_begin && !side.has_begun && !begins_secret(bytes),
    }
}

/// Whether these are the first bytes of a packet that may hold a secret: CONNECT, and of MQTT 5 CONNACK and AUTH.
fn begins_secret(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(&(CONNACK | AUTH))) && may_hold_secret(bytes) || begins_connect(bytes)
}

/// Whether a whole packet is one for certain. Two or three bytes of a CONNECT may look like PINGREQ too, as its flags and
/// its Keep Alive do.
pub(super) fn begins_stream(packet: &[u8], version: Version) -> bool {
    let version = if version.is_decoded() { version } else { Version::Unknown };
    let mut broken = BrokenRules::default();
    begins_connect(packet) || packet.len() > 3 && broken.decode(packet, version).is_ok() && broken.is_empty()
}

/// Whether these are the first bytes of a CONNECT of some level.
fn begins_connect(bytes: &[u8]) -> bool {
    let Ok(header) = frame_len(bytes) else { return false };
    let body = header.and_then(|(header, _)| bytes.get(header..)).unwrap_or_default();
    let is_name = |name: &&[u8]| body.iter().zip(*name).all(|(byte, sign)| byte == sign);
    bytes.first().is_some_and(|byte| byte >> 4 == 1) && CONNECT_NAMES.iter().any(is_name)
}

/// The first bytes of the packets of MQTT 5 that may hold Authentication Data besides CONNECT.
const CONNACK: u8 = 0x20;
const AUTH: u8 = 0xf0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_the_rest_of_a_connect() {
        let fresh = Side::default();
        let begun = Side { has_begun: true, hole: Some(0) };
        let connect = b"\x10\x20\x00\x04MQTT\x05\xc2\x00\x3c\x00\x00\x01c";
        for len in 1..connect.len() {
            assert!(!is_secret(&connect[..len], fresh, true), "it begins here, {len}");
            assert!(is_secret(connect, Side { hole: Some(len as u64), ..fresh }, true), "a hole at {len}");
        }
        assert!(is_secret(b"ret-word", fresh, true) && !is_secret(b"ret-word", begun, true));
        assert!(!is_secret(b"ret-word", fresh, false), "a server that does not authenticate itself");
        assert!(is_secret(b"\x10ret-word", fresh, true), "a control character of a password");
        let without = b"\x10\x20\x00\x04MQTT\x04\x02\x00\x3c\x00\x01c";
        assert!(!is_secret(without, Side { hole: Some(12), ..fresh }, true));
        assert!(
            !is_secret(b"\x30\x80\x01\x00\x01ttext", Side { hole: Some(6), ..fresh }, true),
            "a PUBLISH with a hole"
        );
        let auth = b"\xf0\x14\x18\x12\x15\x00\x02me\x16\x00\x0asecret-wor";
        for hole in 2..auth.len() {
            assert!(is_secret(auth, Side { hole: Some(hole as u64), ..begun }, false), "a hole at {hole}");
        }
        let connack = b"\x20\x02\x00\x00";
        assert!(!is_secret(connack, Side { hole: Some(3), ..begun }, true), "CONNACK of 3.1.1");
    }
}
