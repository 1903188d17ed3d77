//! DISCONNECT and AUTH: in MQTT 5 a reason code and properties, both of which may be missing.

use alloc::vec::Vec;

use super::Properties;
use crate::error::{DecodeError, EncodeError};
use crate::field::common;
use crate::property::{PropertyHolder, PropertyId};
use crate::reader::{Reader, Trace};
use crate::reason::ReasonCode;
use crate::rule::Rule;
use crate::types::{PacketType, ProtocolVersion};
use crate::writer;

/// DISCONNECT: the end of a connection, of a client and in MQTT 5 of a server too (MQTT 3.1, DISCONNECT; MQTT 3.1.1,
/// 3.14; MQTT 5, 3.14). Empty before MQTT 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Disconnect<'a> {
    /// Why (MQTT 5); `None` where the packet ends before it, which means a normal disconnection.
    pub reason_code: Option<ReasonCode>,
    /// Properties (MQTT 5); `None` where the packet ends before their length.
    pub properties: Option<Properties<'a>>,
}

/// AUTH: a step of an enhanced authentication (MQTT 5, 3.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Auth<'a> {
    /// What it is for; `None` where the packet ends before it, which means success.
    pub reason_code: Option<ReasonCode>,
    /// Properties; `None` where the packet ends before their length.
    pub properties: Option<Properties<'a>>,
}

impl<'a> Disconnect<'a> {
    #[inline]
    pub(crate) fn read<T: Trace<'a>>(reader: &mut Reader<'a, '_, T>) -> Result<Self, DecodeError> {
        reader.open(&common::VARIABLE_HEADER);
        let (reason_code, properties) = read_reason(PacketType::Disconnect, reader)?;
        reader.close();
        reader.nothing_follows();
        Ok(Self { reason_code, properties })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>, version: ProtocolVersion) -> Result<(), EncodeError> {
        let first_byte = PacketType::Disconnect.first_byte();
        match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => out.extend_from_slice(&[first_byte, 0]),
            ProtocolVersion::V5 => put(out, first_byte, self.reason_code, self.properties)?,
        }
        Ok(())
    }
}

impl<'a> Auth<'a> {
    pub(crate) fn read<T: Trace<'a>>(reader: &mut Reader<'a, '_, T>) -> Result<Self, DecodeError> {
        reader.open(&common::VARIABLE_HEADER);
        let at = reader.pos();
        let (reason_code, properties) = read_reason(PacketType::Auth, reader)?;
        let has_method = properties.is_some_and(|properties| {
            // Data without it is reported where it stands.
            [PropertyId::AuthenticationMethod, PropertyId::AuthenticationData]
                .into_iter()
                .any(|id| properties.get(id).is_some())
        });
        // An AUTH of success may be empty, as 3.15.2.1 says; 3.15.2.2.2 asks all others for a method.
        let is_short = properties.is_none() && reason_code.unwrap_or_default() == ReasonCode::SUCCESS;
        if !has_method && !is_short {
            reader.violation(at, Rule::AuthenticationMethodMissing);
        }
        reader.close();
        reader.nothing_follows();
        Ok(Self { reason_code, properties })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>, version: ProtocolVersion) -> Result<(), EncodeError> {
        match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => {
                Err(EncodeError::NotInVersion { packet_type: PacketType::Auth, version })
            }
            ProtocolVersion::V5 => put(out, PacketType::Auth.first_byte(), self.reason_code, self.properties),
        }
    }
}

fn put(
    out: &mut Vec<u8>,
    first_byte: u8,
    reason_code: Option<ReasonCode>,
    properties: Option<Properties<'_>>,
) -> Result<(), EncodeError> {
    writer::start(out, first_byte, reason_len(reason_code, properties)?)?;
    put_reason(out, reason_code, properties);
    Ok(())
}

/// A reason code and properties, as far as the packet goes (MQTT 5, 3.4.2.1, 3.4.2.2.1 and their like).
#[inline]
pub(super) fn read_reason<'a, T: Trace<'a>>(
    packet_type: PacketType,
    reader: &mut Reader<'a, '_, T>,
) -> Result<(Option<ReasonCode>, Option<Properties<'a>>), DecodeError> {
    if reader.remaining() == 0 {
        return Ok((None, None));
    }
    let code = ReasonCode(reader.u8(&common::REASON_CODE)?);
    if !code.is_of(packet_type) {
        reader.violation(reader.pos() - 1, Rule::ReasonCode { packet_type, code });
    }
    if reader.remaining() == 0 {
        return Ok((Some(code), None));
    }
    Ok((Some(code), Some(reader.properties(PropertyHolder::Packet(packet_type))?)))
}

/// The bytes that a reason code and properties take.
pub(super) fn reason_len(
    reason_code: Option<ReasonCode>,
    properties: Option<Properties<'_>>,
) -> Result<usize, EncodeError> {
    match (reason_code, properties) {
        (None, None) => Ok(0),
        (None, Some(_)) => Err(EncodeError::ReasonCodeMissing),
        (Some(_), None) => Ok(1),
        (Some(_), Some(properties)) => Ok(1 + writer::properties_len(properties, ProtocolVersion::V5)?),
    }
}

/// Appends a reason code and properties, whose length [`reason_len`] has checked.
pub(super) fn put_reason(
    out: &mut Vec<u8>,
    reason_code: Option<ReasonCode>,
    properties: Option<Properties<'_>>,
) {
    if let Some(ReasonCode(code)) = reason_code {
        out.push(code);
        if let Some(properties) = properties {
            writer::put_properties(out, properties, ProtocolVersion::V5);
        }
    }
}
