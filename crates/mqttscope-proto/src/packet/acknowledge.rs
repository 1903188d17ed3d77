//! PUBACK, PUBREC, PUBREL and PUBCOMP: a packet identifier, behind which MQTT 5 may have a reason code and properties.

use alloc::vec::Vec;

use super::Properties;
use super::auth::{read_reason, reason_len};
use crate::error::{DecodeError, EncodeError};
use crate::field::common;
use crate::frame::FixedHeader;
use crate::reader::{Reader, Trace};
use crate::reason::ReasonCode;
use crate::types::{PacketType, ProtocolVersion};
use crate::writer;

/// An acknowledgement that is nothing but that: its struct, how it is read and how it is written.
macro_rules! acknowledgement {
    ($(#[$about:meta])* $name:ident) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name<'a> {
            /// The identifier of the PUBLISH.
            pub packet_id: u16,
            /// How it went (MQTT 5); `None` where the packet ends before it, which means success.
            pub reason_code: Option<ReasonCode>,
            /// Properties (MQTT 5); `None` where the packet ends before their length.
            pub properties: Option<Properties<'a>>,
        }

        impl<'a> $name<'a> {
            /// One of nothing but its packet identifier: the only form before MQTT 5, and its shortest.
            #[must_use]
            pub const fn new(packet_id: u16) -> Self {
                Self { packet_id, reason_code: None, properties: None }
            }

            #[inline]
            pub(crate) fn read<T: Trace<'a>>(
                version: ProtocolVersion,
                reader: &mut Reader<'a, '_, T>,
            ) -> Result<Self, DecodeError> {
                let (packet_id, reason_code, properties) = read(PacketType::$name, version, reader)?;
                Ok(Self { packet_id, reason_code, properties })
            }

            #[inline]
            pub(crate) fn encode(
                &self,
                out: &mut Vec<u8>,
                version: ProtocolVersion,
            ) -> Result<(), EncodeError> {
                let first_byte = PacketType::$name.first_byte();
                put(out, first_byte, self.packet_id, self.reason_code, self.properties, version)
            }
        }
    };
}

acknowledgement! {
    /// PUBACK: the answer to a PUBLISH at QoS 1.
    PubAck
}

acknowledgement! {
    /// PUBREC: the answer to a PUBLISH at QoS 2.
    PubRec
}

acknowledgement! {
    /// PUBCOMP: the answer to PUBREL, and the end of a QoS 2 exchange.
    PubComp
}

/// PUBREL: the answer to PUBREC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PubRel<'a> {
    /// The packet was sent before; 3.1 only, later the bit is reserved.
    pub dup: bool,
    /// The identifier of the PUBLISH.
    pub packet_id: u16,
    /// How it went (MQTT 5); `None` where the packet ends before it, which means success.
    pub reason_code: Option<ReasonCode>,
    /// Properties (MQTT 5); `None` where the packet ends before their length.
    pub properties: Option<Properties<'a>>,
}

impl<'a> PubRel<'a> {
    /// A PUBREL of nothing but its packet identifier: the only form before MQTT 5, and its shortest.
    #[must_use]
    pub const fn new(packet_id: u16) -> Self {
        Self { dup: false, packet_id, reason_code: None, properties: None }
    }

    #[inline]
    pub(crate) fn read<T: Trace<'a>>(
        header: FixedHeader,
        version: ProtocolVersion,
        reader: &mut Reader<'a, '_, T>,
    ) -> Result<Self, DecodeError> {
        let (packet_id, reason_code, properties) = read(PacketType::PubRel, version, reader)?;
        Ok(Self { dup: header.dup(), packet_id, reason_code, properties })
    }

    #[inline]
    pub(crate) fn encode(&self, out: &mut Vec<u8>, version: ProtocolVersion) -> Result<(), EncodeError> {
        let first_byte = PacketType::PubRel.first_byte() | u8::from(self.dup) << 3;
        put(out, first_byte, self.packet_id, self.reason_code, self.properties, version)
    }
}

/// The packet identifier, reason code and properties of an acknowledgement.
type Acknowledgement<'a> = (u16, Option<ReasonCode>, Option<Properties<'a>>);

#[inline]
fn read<'a, T: Trace<'a>>(
    packet_type: PacketType,
    version: ProtocolVersion,
    reader: &mut Reader<'a, '_, T>,
) -> Result<Acknowledgement<'a>, DecodeError> {
    reader.open(&common::VARIABLE_HEADER);
    let packet_id = reader.packet_id()?;
    let (reason_code, properties) = match version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => (None, None),
        ProtocolVersion::V5 => read_reason(packet_type, reader)?,
    };
    reader.close();
    reader.nothing_follows();
    Ok((packet_id, reason_code, properties))
}

#[inline]
fn put(
    out: &mut Vec<u8>,
    first_byte: u8,
    packet_id: u16,
    reason_code: Option<ReasonCode>,
    properties: Option<Properties<'_>>,
    version: ProtocolVersion,
) -> Result<(), EncodeError> {
    let id = writer::checked_id(packet_id)?;
    match version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => out.extend_from_slice(&id_packet(first_byte, id)),
        ProtocolVersion::V5 => {
            let len = id.len() + reason_len(reason_code, properties)?;
            writer::start(out, first_byte, len)?;
            out.extend_from_slice(&id);
            super::auth::put_reason(out, reason_code, properties);
        }
    }
    Ok(())
}

/// The packet that is nothing but a packet identifier.
#[inline]
pub(crate) fn id_packet(first_byte: u8, [high, low]: [u8; 2]) -> [u8; 4] {
    [first_byte, 2, high, low]
}
