//! Packets of MQTT 5 on a connection of another version, and the other way round: known by a form that only those have.

use super::{ConnAck, Packet, decode_and_judge};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::reason::ReasonCode;
use crate::types::{PacketType, ProtocolVersion};

impl DecodeError {
    /// The same, or what a packet of another version than that of its connection is called: one of MQTT 5 that no earlier
    /// version has, or the CONNACK with which a server says that it does not speak MQTT 5.
    #[must_use]
    pub fn or_of_other_version(self, packet: &[u8], version: ProtocolVersion) -> Self {
        match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => self.or_of_mqtt_5(packet),
            ProtocolVersion::V5 => match earlier_connack(packet) {
                Some(return_code) => Self { kind: DecodeErrorKind::OfEarlierVersion { return_code }, ..self },
                None => self,
            },
        }
    }

    fn or_of_mqtt_5(self, packet: &[u8]) -> Self {
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

/// The return code of a packet that is the CONNACK of 3.1 and 3.1.1.
pub(crate) fn earlier_connack(packet: &[u8]) -> Option<u8> {
    match decode_and_judge(packet, ProtocolVersion::V311).0 {
        Ok(Packet::ConnAck(ConnAck { return_code, .. })) => Some(return_code),
        _ => None,
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
