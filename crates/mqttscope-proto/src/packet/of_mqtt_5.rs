//! Packets of MQTT 5 on a connection of another version: known by a form that only MQTT 5 has.

use super::{Packet, decode_and_judge};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::reason::ReasonCode;
use crate::types::{PacketType, ProtocolVersion};

impl DecodeError {
    /// The same, or what a packet of MQTT 5 is called, where the bytes are one that no earlier version has.
    #[must_use]
    pub fn or_of_mqtt_5(self, packet: &[u8]) -> Self {
        let is_candidate = matches!(
            self.kind,
            DecodeErrorKind::ForbiddenRemainingLength { .. } | DecodeErrorKind::UnknownPacketType(AUTH)
        );
        match packet_of_mqtt_5(packet).filter(|_| is_candidate) {
            Some((packet_type, reason_code)) => {
                Self { kind: DecodeErrorKind::OfMqtt5 { packet_type, reason_code }, ..self }
            }
            None => self,
        }
    }
}

/// The type and the reason code of an answer of MQTT 5 that breaks none of its rules; of AUTH the form is enough, as no other
/// version has packets of that type.
fn packet_of_mqtt_5(packet: &[u8]) -> Option<(PacketType, ReasonCode)> {
    let (decoded, violation) = decode_and_judge(packet, ProtocolVersion::V5);
    let decoded = decoded.ok()?;
    let reason_code = match &decoded {
        Packet::UnsubAck(unsuback) => ReasonCode(*unsuback.reason_codes.first()?),
        _ => decoded.reason_code(ProtocolVersion::V5)?,
    };
    let is_one = violation.is_none() || decoded.packet_type() == PacketType::Auth;
    is_one.then_some((decoded.packet_type(), reason_code))
}

const AUTH: u8 = PacketType::Auth as u8;
