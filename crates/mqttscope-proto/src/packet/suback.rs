//! SUBACK: the QoS granted for each topic filter of a SUBSCRIBE.

use alloc::vec::Vec;

use crate::clause::Clauses;
use crate::error::{DecodeError, EncodeError};
use crate::field::{FieldDef, Meaning};
use crate::reader::{Reader, Trace};
use crate::rule::Rule;
use crate::types::{PacketType, ProtocolVersion};
use crate::writer;

/// SUBACK: the answer to SUBSCRIBE (MQTT 3.1, SUBACK; MQTT 3.1.1, 3.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubAck<'a> {
    /// The identifier of the SUBSCRIBE.
    pub packet_id: u16,
    /// One for each filter, in order: the granted QoS, or 0x80 for a failure (3.1.1).
    pub return_codes: &'a [u8],
}

impl<'a> SubAck<'a> {
    /// The return code of a filter that the server refused ([MQTT-3.9.3-2]).
    pub const FAILURE: u8 = 0x80;

    pub(crate) fn read<T: Trace<'a>>(
        version: ProtocolVersion,
        reader: &mut Reader<'a, '_, T>,
    ) -> Result<Self, DecodeError> {
        let packet_id = super::read_id(reader)?;
        let return_codes = reader.items(Rule::NoReturnCode, |reader| {
            let code = reader.u8(&RETURN_CODE)?;
            let is_known = match version {
                ProtocolVersion::V31 => code <= 2,
                ProtocolVersion::V311 => code <= 2 || code == Self::FAILURE,
            };
            if !is_known {
                reader.violation(reader.pos() - 1, Rule::SubAckReturnCode(code));
            }
            Ok(())
        })?;
        Ok(Self { packet_id, return_codes })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let id = writer::checked_id(self.packet_id)?;
        writer::start(out, PacketType::SubAck.first_byte(), id.len() + self.return_codes.len())?;
        out.extend_from_slice(&id);
        out.extend_from_slice(self.return_codes);
        Ok(())
    }
}

static RETURN_CODE: FieldDef = FieldDef::new(
    "Return Code",
    "The granted QoS of one topic filter, or in 3.1.1 0x80 for a failure.",
    Clauses { v31: "MQTT 3.1, SUBACK, Payload", v311: "[MQTT-3.9.3-2]" },
)
.meaning(Meaning::GrantedQos);
