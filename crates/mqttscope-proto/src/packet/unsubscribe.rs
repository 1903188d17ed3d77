//! UNSUBSCRIBE: topic filters to give up.

use alloc::vec::Vec;

use super::Properties;
use super::filters::Filters;
use super::subscribe::read_topic_filter;
use crate::error::{DecodeError, EncodeError};
use crate::field::common;
use crate::frame::FixedHeader;
use crate::reader::{Reader, Trace};
use crate::rule::Rule;
use crate::text::Text;
use crate::types::{PacketType, ProtocolVersion};
use crate::writer;

/// UNSUBSCRIBE: gives subscriptions up (MQTT 3.1, UNSUBSCRIBE; MQTT 3.1.1, 3.10; MQTT 5, 3.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsubscribe<'a> {
    /// The packet was sent before; 3.1 only, later the bit is reserved.
    pub dup: bool,
    /// The packet identifier.
    pub packet_id: u16,
    /// Properties (MQTT 5).
    pub properties: Properties<'a>,
    /// The filters, which must equal those of SUBSCRIBE to the letter.
    pub filters: Filters<'a, Text<'a>>,
}

impl<'a> Unsubscribe<'a> {
    pub(crate) fn read<T: Trace<'a>>(
        header: FixedHeader,
        version: ProtocolVersion,
        reader: &mut Reader<'a, '_, T>,
    ) -> Result<Self, DecodeError> {
        let (packet_id, properties) = super::read_id(PacketType::Unsubscribe, version, reader)?;
        let none = Some(Rule::NoTopicFilter(PacketType::Unsubscribe));
        let filters = reader.items(none, |reader| read_topic_filter(version, reader).map(drop))?;
        Ok(Self { dup: header.dup(), packet_id, properties, filters: Filters::from_wire(filters) })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>, version: ProtocolVersion) -> Result<(), EncodeError> {
        let id = writer::checked_id(self.packet_id)?;
        let mut len = id.len() + writer::properties_len(self.properties, version)?;
        for filter in self.filters {
            len += writer::prefixed_len(&common::TOPIC_FILTER, filter.as_bytes())?;
        }
        writer::start(out, PacketType::Unsubscribe.first_byte() | u8::from(self.dup) << 3, len)?;
        out.extend_from_slice(&id);
        writer::put_properties(out, self.properties, version);
        for filter in self.filters {
            writer::put_prefixed(out, filter.as_bytes());
        }
        Ok(())
    }
}
