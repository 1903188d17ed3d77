//! SUBACK and UNSUBACK: what became of each topic filter of a SUBSCRIBE or UNSUBSCRIBE.

use alloc::vec::Vec;

use super::Properties;
use super::acknowledge::id_packet;
use crate::clause::Clauses;
use crate::error::{DecodeError, EncodeError};
use crate::field::{FieldDef, Meaning, common};
use crate::reader::{Reader, Trace};
use crate::reason::ReasonCode;
use crate::rule::Rule;
use crate::types::{PacketType, ProtocolVersion};
use crate::writer;

/// SUBACK: the answer to SUBSCRIBE (MQTT 3.1, SUBACK; MQTT 3.1.1, 3.9; MQTT 5, 3.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubAck<'a> {
    /// The identifier of the SUBSCRIBE.
    pub packet_id: u16,
    /// Properties (MQTT 5).
    pub properties: Properties<'a>,
    /// One for each filter, in order: the granted QoS, or 0x80 for a failure (3.1.1), or a [`ReasonCode`] (5).
    pub return_codes: &'a [u8],
}

/// UNSUBACK: the answer to UNSUBSCRIBE (MQTT 3.1, UNSUBACK; MQTT 3.1.1, 3.11; MQTT 5, 3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnsubAck<'a> {
    /// The identifier of the UNSUBSCRIBE.
    pub packet_id: u16,
    /// Properties (MQTT 5).
    pub properties: Properties<'a>,
    /// One [`ReasonCode`] for each filter, in order (MQTT 5); none before.
    pub reason_codes: &'a [u8],
}

impl<'a> SubAck<'a> {
    /// The return code of a filter that the server refused ([MQTT-3.9.3-2] of 3.1.1).
    pub const FAILURE: u8 = 0x80;

    /// A SUBACK without properties.
    #[must_use]
    pub const fn new(packet_id: u16, return_codes: &'a [u8]) -> Self {
        Self { packet_id, properties: Properties::NONE, return_codes }
    }

    pub(crate) fn read<T: Trace<'a>>(
        version: ProtocolVersion,
        reader: &mut Reader<'a, '_, T>,
    ) -> Result<Self, DecodeError> {
        let (packet_id, properties) = super::read_id(PacketType::SubAck, version, reader)?;
        let return_codes = match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => {
                reader.items(Some(Rule::NoReturnCode), |reader| {
                    let code = reader.u8(&RETURN_CODE)?;
                    let is_known = match version {
                        ProtocolVersion::V31 => code <= 2,
                        ProtocolVersion::V311 | ProtocolVersion::V5 => code <= 2 || code == Self::FAILURE,
                    };
                    if !is_known {
                        reader.violation(reader.pos() - 1, Rule::SubAckReturnCode(code));
                    }
                    Ok(())
                })?
            }
            ProtocolVersion::V5 => read_reason_codes(PacketType::SubAck, reader)?,
        };
        Ok(Self { packet_id, properties, return_codes })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>, version: ProtocolVersion) -> Result<(), EncodeError> {
        put(out, PacketType::SubAck, self.packet_id, self.properties, self.return_codes, version)
    }
}

impl<'a> UnsubAck<'a> {
    /// An UNSUBACK of nothing but its packet identifier: the only form before MQTT 5.
    #[must_use]
    pub const fn new(packet_id: u16) -> Self {
        Self { packet_id, properties: Properties::NONE, reason_codes: &[] }
    }

    pub(crate) fn read<T: Trace<'a>>(
        version: ProtocolVersion,
        reader: &mut Reader<'a, '_, T>,
    ) -> Result<Self, DecodeError> {
        let (packet_id, properties) = super::read_id(PacketType::UnsubAck, version, reader)?;
        let reason_codes = match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => &[],
            ProtocolVersion::V5 => read_reason_codes(PacketType::UnsubAck, reader)?,
        };
        Ok(Self { packet_id, properties, reason_codes })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>, version: ProtocolVersion) -> Result<(), EncodeError> {
        match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => {
                let id = writer::checked_id(self.packet_id)?;
                out.extend_from_slice(&id_packet(PacketType::UnsubAck.first_byte(), id));
                Ok(())
            }
            ProtocolVersion::V5 => {
                let packet_type = PacketType::UnsubAck;
                put(out, packet_type, self.packet_id, self.properties, self.reason_codes, version)
            }
        }
    }
}

/// The reason codes of MQTT 5. That there is one for each filter is for who knows the filters [MQTT-3.8.4-6].
fn read_reason_codes<'a, T: Trace<'a>>(
    packet_type: PacketType,
    reader: &mut Reader<'a, '_, T>,
) -> Result<&'a [u8], DecodeError> {
    reader.items(None, |reader| {
        let code = ReasonCode(reader.u8(&common::REASON_CODE)?);
        if !code.is_of(packet_type) {
            reader.violation(reader.pos() - 1, Rule::ReasonCode { packet_type, code });
        }
        Ok(())
    })
}

fn put(
    out: &mut Vec<u8>,
    packet_type: PacketType,
    packet_id: u16,
    properties: Properties<'_>,
    codes: &[u8],
    version: ProtocolVersion,
) -> Result<(), EncodeError> {
    let id = writer::checked_id(packet_id)?;
    let len = id.len() + writer::properties_len(properties, version)? + codes.len();
    writer::start(out, packet_type.first_byte(), len)?;
    out.extend_from_slice(&id);
    writer::put_properties(out, properties, version);
    out.extend_from_slice(codes);
    Ok(())
}

static RETURN_CODE: FieldDef = FieldDef::new(
    "Return Code",
    "The granted QoS of one topic filter, or in 3.1.1 0x80 for a failure.",
    Clauses {
        v31: "MQTT 3.1, SUBACK, Payload",
        v311: "[MQTT-3.9.3-2]",
        v5: "[MQTT-3.9.3-1], [MQTT-3.9.3-2]",
    },
)
.meaning(Meaning::GrantedQos);
