//! Packets of MQTT 5 on a connection of another version: known by a form that only MQTT 5 has.
//!
//! It tells what they are, and reads nothing else of them.

use crate::error::{DecodeError, DecodeErrorKind};
use crate::frame::{decode_remaining_length, frame_len};
use crate::types::PacketType;

impl DecodeError {
    /// The same, or what a packet of MQTT 5 is called, where the bytes have the form of one that no earlier version has.
    #[must_use]
    pub fn or_of_mqtt_5(self, packet: &[u8]) -> Self {
        let is_candidate = matches!(
            self.kind,
            DecodeErrorKind::ForbiddenRemainingLength { .. } | DecodeErrorKind::UnknownPacketType(15)
        );
        match packet_of_mqtt_5(packet).filter(|_| is_candidate) {
            Some((name, reason_code)) => {
                Self { kind: DecodeErrorKind::OfMqtt5 { name, reason_code }, ..self }
            }
            None => self,
        }
    }
}

/// The name and the reason code of a packet with properties or a reason code (MQTT 5, 2.2.2 and 2.4).
fn packet_of_mqtt_5(packet: &[u8]) -> Option<(&'static str, u8)> {
    let (header, len) = frame_len(packet).ok()??;
    let body = packet.get(header..).filter(|_| packet.len() == len)?;
    let first_byte = *packet.first()?;
    let packet_type = PacketType::from_first_byte(first_byte);
    if first_byte & 0x0f != packet_type.map_or(0, PacketType::reserved_flags) {
        return None;
    }
    use PacketType as T;
    let (reason_code, properties) = match (packet_type, body) {
        (Some(T::ConnAck), &[0 | 1, reason_code, ref properties @ ..]) if body.len() > 2 => {
            (reason_code, properties)
        }
        (Some(T::PubAck | T::PubRec | T::PubRel | T::PubComp), &[_, _, reason_code, ref properties @ ..]) => {
            (reason_code, properties)
        }
        // Each topic filter has a reason code here, behind the properties.
        (Some(T::UnsubAck), &[_, _, ref rest @ ..]) => {
            let (properties, codes) = rest.split_at_checked(properties_len(rest)?)?;
            (*codes.first()?, properties)
        }
        (Some(T::Disconnect) | None, &[reason_code, ref properties @ ..]) => (reason_code, properties),
        (None, []) => (0, &[][..]),
        _ => return None,
    };
    let is_reason = matches!(reason_code, 0 | 0x04 | 0x10 | 0x11 | 0x18 | 0x19 | 0x80..=0xa2);
    let is_whole = properties.is_empty() || properties_len(properties) == Some(properties.len());
    (is_reason && is_whole).then(|| (packet_type.map_or("AUTH", PacketType::name), reason_code))
}

/// How many bytes the properties take that begin here, their length included.
fn properties_len(bytes: &[u8]) -> Option<usize> {
    decode_remaining_length(bytes).ok()?.map(|(len, len_bytes)| len_bytes + len as usize)
}
