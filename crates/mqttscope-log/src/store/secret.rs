//! Passwords: which bytes may be one, and how they are hidden.
//!
//! What is a packet's own is found by its layout. Bytes that are no whole packet may be the rest of a CONNECT, in which a
//! password lies nobody knows where: then all of them are hidden. It never asks what can be decoded.

use mqttscope_proto::{frame_len, may_hold_password, redact_password};

use super::connection::Side;
use super::level::CONNECT_NAMES;
use super::record::Record;
use super::{BrokenRules, Version};

impl Record {
    /// Overwrites what may be a password with `*`, in the bytes of this record; says whether there was any.
    pub fn hide_password(&self, bytes: &mut [u8]) -> bool {
        if !self.is_secret() {
            return redact_password(bytes);
        }
        let header = if begins_connect(bytes) { frame_len(bytes).ok().flatten() } else { None };
        let secret = bytes.get_mut(header.map_or(0, |(header, _)| header)..).unwrap_or_default();
        secret.fill(b'*');
        !secret.is_empty()
    }
}

/// Whether bytes of a client that are not a whole packet may be the rest of a CONNECT, or one with a hole in it.
pub(super) fn is_secret(bytes: &[u8], client: Side) -> bool {
    let before_hole =
        client.hole.filter(|&hole| hole > 0).map(|hole| bytes.get(..hole as usize).unwrap_or(bytes));
    match before_hole {
        Some(beginning) => begins_connect(beginning) && may_hold_password(beginning),
        // The password of one that begins here is where its layout says.
        None => !client.has_begun && !begins_connect(bytes),
    }
}

/// Whether a whole packet is one for certain. Two or three bytes of a CONNECT may look like PINGREQ too, as its flags and
/// its Keep Alive do.
pub(super) fn begins_stream(packet: &[u8]) -> bool {
    let mut broken = BrokenRules::default();
    begins_connect(packet)
        || packet.len() > 3 && broken.decode(packet, Version::Unknown).is_ok() && broken.is_empty()
}

/// Whether these are the first bytes of a CONNECT of some level.
fn begins_connect(bytes: &[u8]) -> bool {
    let Ok(header) = frame_len(bytes) else { return false };
    let body = header.and_then(|(header, _)| bytes.get(header..)).unwrap_or_default();
    let is_name = |name: &&[u8]| body.iter().zip(*name).all(|(byte, sign)| byte == sign);
    bytes.first().is_some_and(|byte| byte >> 4 == 1) && CONNECT_NAMES.iter().any(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_the_rest_of_a_connect() {
        let fresh = Side::default();
        let begun = Side { has_begun: true, hole: Some(0) };
        let connect = b"\x10\x20\x00\x04MQTT\x05\xc2\x00\x3c\x00\x00\x01c";
        for len in 1..connect.len() {
            assert!(!is_secret(&connect[..len], fresh), "it begins here, {len}");
            assert!(is_secret(connect, Side { hole: Some(len as u64), ..fresh }), "a hole at {len}");
        }
        assert!(is_secret(b"ret-word", fresh) && !is_secret(b"ret-word", begun));
        assert!(is_secret(b"\x10ret-word", fresh), "a control character of a password");
        let without = b"\x10\x20\x00\x04MQTT\x04\x02\x00\x3c\x00\x01c";
        assert!(!is_secret(without, Side { hole: Some(12), ..fresh }));
        assert!(
            !is_secret(b"\x30\x80\x01\x00\x01ttext", Side { hole: Some(6), ..fresh }),
            "a PUBLISH with a hole"
        );
    }
}
