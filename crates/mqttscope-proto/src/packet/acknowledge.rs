//! PUBACK, PUBREC, PUBREL, PUBCOMP and UNSUBACK: a packet identifier and nothing else.

use alloc::vec::Vec;

use crate::error::EncodeError;
use crate::types::PacketType;
use crate::writer;

/// PUBACK: the answer to a PUBLISH at QoS 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PubAck {
    /// The identifier of the PUBLISH.
    pub packet_id: u16,
}

/// PUBREC: the answer to a PUBLISH at QoS 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PubRec {
    /// The identifier of the PUBLISH.
    pub packet_id: u16,
}

/// PUBREL: the answer to PUBREC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PubRel {
    /// The packet was sent before; 3.1 only, in 3.1.1 the bit is reserved.
    pub dup: bool,
    /// The identifier of the PUBLISH.
    pub packet_id: u16,
}

/// PUBCOMP: the answer to PUBREL, and the end of a QoS 2 exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PubComp {
    /// The identifier of the PUBLISH.
    pub packet_id: u16,
}

/// UNSUBACK: the answer to UNSUBSCRIBE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnsubAck {
    /// The identifier of the UNSUBSCRIBE.
    pub packet_id: u16,
}

impl PubAck {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        put(out, PacketType::PubAck.first_byte(), self.packet_id)
    }
}

impl PubRec {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        put(out, PacketType::PubRec.first_byte(), self.packet_id)
    }
}

impl PubRel {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        put(out, PacketType::PubRel.first_byte() | u8::from(self.dup) << 3, self.packet_id)
    }
}

impl PubComp {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        put(out, PacketType::PubComp.first_byte(), self.packet_id)
    }
}

impl UnsubAck {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        put(out, PacketType::UnsubAck.first_byte(), self.packet_id)
    }
}

#[inline]
fn put(out: &mut Vec<u8>, first_byte: u8, packet_id: u16) -> Result<(), EncodeError> {
    let id = writer::checked_id(packet_id)?;
    out.extend_from_slice(&id_packet(first_byte, id));
    Ok(())
}

/// The packet that is nothing but a packet identifier.
#[inline]
pub(crate) fn id_packet(first_byte: u8, [high, low]: [u8; 2]) -> [u8; 4] {
    [first_byte, 2, high, low]
}
