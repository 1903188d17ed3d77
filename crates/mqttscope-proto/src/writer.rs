//! Writes packets: lengths are checked first, so that nothing is written of a packet that cannot be.

use alloc::vec::Vec;

use crate::error::EncodeError;
use crate::field::FieldDef;
use crate::frame::{MAX_REMAINING_LENGTH, put_fixed_header};
use crate::packet::Properties;
use crate::topic::MAX_STRING_LEN;
use crate::types::ProtocolVersion;
use crate::varint;

/// The bytes that a string or binary field takes with its length, if it fits.
#[inline]
pub(crate) fn prefixed_len(def: &'static FieldDef, bytes: &[u8]) -> Result<usize, EncodeError> {
    match bytes.len() {
        len @ 0..=MAX_STRING_LEN => Ok(2 + len),
        len => Err(EncodeError::FieldTooLong { field: def.name, len }),
    }
}

/// Starts a packet: room for all of it, and the fixed header.
#[inline]
pub(crate) fn start(out: &mut Vec<u8>, first_byte: u8, remaining_length: usize) -> Result<(), EncodeError> {
    let length = u32::try_from(remaining_length)
        .ok()
        .filter(|&length| length <= MAX_REMAINING_LENGTH)
        .ok_or(EncodeError::PacketTooLong(remaining_length))?;
    out.reserve(5 + remaining_length);
    put_fixed_header(out, first_byte, length);
    Ok(())
}

/// Appends a field behind its length, which [`prefixed_len`] has checked.
#[inline]
pub(crate) fn put_prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    let [.., high, low] = bytes.len().to_be_bytes();
    out.extend_from_slice(&[high, low]);
    out.extend_from_slice(bytes);
}

/// A packet identifier that can be written.
#[inline]
pub(crate) fn checked_id(id: u16) -> Result<[u8; 2], EncodeError> {
    match id {
        0 => Err(EncodeError::PacketIdZero),
        id => Ok(id.to_be_bytes()),
    }
}

/// The bytes that properties take with their length; none in a version without properties.
#[inline]
pub(crate) fn properties_len(
    properties: Properties<'_>,
    version: ProtocolVersion,
) -> Result<usize, EncodeError> {
    match version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => Ok(0),
        ProtocolVersion::V5 => {
            let len = properties.as_bytes().len();
            let number = u32::try_from(len).ok().filter(|&number| number <= MAX_REMAINING_LENGTH);
            number.map(|number| varint::len(number) + len).ok_or(EncodeError::PacketTooLong(len))
        }
    }
}

/// Appends properties behind their length, which [`properties_len`] has checked.
#[inline]
pub(crate) fn put_properties(out: &mut Vec<u8>, properties: Properties<'_>, version: ProtocolVersion) {
    match version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => {}
        ProtocolVersion::V5 => {
            varint::put(out, u32::try_from(properties.as_bytes().len()).unwrap_or(MAX_REMAINING_LENGTH));
            out.extend_from_slice(properties.as_bytes());
        }
    }
}
