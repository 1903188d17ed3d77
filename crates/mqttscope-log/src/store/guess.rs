//! The version of a connection whose CONNECT was not seen, as far as its packets tell it.
//!
//! The first packet decides that MQTT 5 has and the versions before it have not, or the other way round: it is one only
//! if no byte of it is at fault. Those that both have, as PINGREQ, decide nothing.

use mqttscope_proto::{Packet, PacketType, ProtocolVersion, decode};

use super::BrokenRules;
use super::connection::{State, Version};

impl State {
    /// Learns from a packet what its connection speaks, where that is not known.
    #[inline]
    pub(super) fn guess_version(&mut self, packet: &[u8]) {
        if matches!(self.about.version, Version::Unknown)
            && let Some(version) = version_of(packet)
        {
            self.about.version = version;
            self.is_version_guessed = true;
        }
    }
}

/// The packet as one of MQTT 5, where it is none of an earlier version and breaks no rule of MQTT 5.
pub(super) fn only_of_5(packet: &[u8]) -> Option<Packet<'_>> {
    let mut broken = BrokenRules::default();
    let packet_of_5 = decode(packet, ProtocolVersion::V5, &mut broken).ok().filter(|_| broken.is_empty())?;
    (!is_before_5(packet)).then_some(packet_of_5)
}

#[cold]
fn version_of(packet: &[u8]) -> Option<Version> {
    // A CONNECT says it.
    if packet.first()? >> 4 == PacketType::Connect as u8 {
        return None;
    }
    let mut broken = BrokenRules::default();
    let is_of_5 = decode(packet, ProtocolVersion::V5, &mut broken).is_ok();
    match is_before_5(packet) {
        false if is_of_5 && broken.is_empty() => Some(Version::Known(ProtocolVersion::V5)),
        true if !is_of_5 => Some(Version::Before5),
        _ => None,
    }
}

/// Whether a packet is one of a version before MQTT 5, and breaks none of its rules.
fn is_before_5(packet: &[u8]) -> bool {
    [ProtocolVersion::V311, ProtocolVersion::V31].into_iter().any(|version| {
        let mut broken = BrokenRules::default();
        decode(packet, version, &mut broken).is_ok() && broken.is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_packet_that_not_all_versions_have_decides() {
        let five = Some(Version::Known(ProtocolVersion::V5));
        let before = Some(Version::Before5);
        let cases: [(&[u8], Option<Version>); 18] = [
            (b"\x20\x06\x00\x00\x03\x21\x00\x0a", five),
            (b"\x40\x03\x00\x01\x10", five),
            (b"\xf0\x05\x18\x03\x15\x00\x00", five),
            (b"\xf0\x00", five),
            (b"\xb0\x04\x00\x01\x00\x11", five),
            (b"\xe0\x01\x8e", five),
            (b"\x30\x06\x00\x00\x03\x23\x00\x01", five),
            (b"\x82\x07\x00\x01\x00\x00\x01a\x02", five),
            (b"\x20\x02\x00\x00", before),
            (b"\xb0\x02\x00\x01", before),
            (b"\x30\x05\x00\x01thi", before),
            (b"\x90\x03\x00\x01\x01", before),
            (b"\x82\x06\x00\x01\x00\x01a\x02", before),
            // In both, and in neither.
            (b"\x40\x02\x00\x01", None),
            (b"\xe0\x00", None),
            (b"\x30\x06\x00\x01t\x00hi", None),
            (b"\x40\x03\x00\x01\x92", None),
            (b"\xd0\x01\x00", None),
        ];
        for (packet, expected) in cases {
            assert_eq!(version_of(packet), expected, "{packet:x?}");
        }
    }
}
