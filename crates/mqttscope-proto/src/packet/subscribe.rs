//! SUBSCRIBE: topic filters, each with the QoS that is asked for.

use alloc::vec::Vec;

use super::filters::{FilterEntry, Filters};
use crate::clause::Clauses;
use crate::error::{DecodeError, EncodeError};
use crate::field::{BitDef, FieldDef, Meaning, common};
use crate::frame::FixedHeader;
use crate::reader::{Reader, Trace};
use crate::rule::Rule;
use crate::text::Text;
use crate::topic;
use crate::types::{PacketType, Qos};
use crate::writer;

/// SUBSCRIBE: asks for messages (MQTT 3.1, SUBSCRIBE; MQTT 3.1.1, 3.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscribe<'a> {
    /// The packet was sent before; 3.1 only, in 3.1.1 the bit is reserved.
    pub dup: bool,
    /// The packet identifier.
    pub packet_id: u16,
    /// What is asked for.
    pub filters: Filters<'a, SubscribeFilter<'a>>,
}

/// A topic filter and the QoS that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubscribeFilter<'a> {
    /// The topic filter.
    pub filter: Text<'a>,
    /// The byte behind it: 0, 1 or 2, or what a peer sent instead.
    pub qos: u8,
}

impl<'a> FilterEntry<'a> for SubscribeFilter<'a> {
    fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (filter, rest) = Text::split(bytes)?;
        let (&qos, rest) = rest.split_first()?;
        Some((Self { filter, qos }, rest))
    }
}

impl<'a> Subscribe<'a> {
    pub(crate) fn read<T: Trace<'a>>(
        header: FixedHeader,
        reader: &mut Reader<'a, '_, T>,
    ) -> Result<Self, DecodeError> {
        let packet_id = super::read_id(reader)?;
        let filters = reader.items(Rule::NoTopicFilter(PacketType::Subscribe), read_filter)?;
        Ok(Self { dup: header.dup(), packet_id, filters: Filters::from_wire(filters) })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let id = writer::checked_id(self.packet_id)?;
        let mut len = id.len();
        for SubscribeFilter { filter, qos } in self.filters {
            len += writer::prefixed_len(&common::TOPIC_FILTER, filter.as_bytes())? + 1;
            Qos::from_u8(qos).ok_or(EncodeError::InvalidQos(qos))?;
        }
        writer::start(out, PacketType::Subscribe.first_byte() | u8::from(self.dup) << 3, len)?;
        out.extend_from_slice(&id);
        for SubscribeFilter { filter, qos } in self.filters {
            writer::put_prefixed(out, filter.as_bytes());
            out.push(qos);
        }
        Ok(())
    }
}

/// A topic filter, without what may follow it.
pub(super) fn read_topic_filter<'a, T: Trace<'a>>(reader: &mut Reader<'a, '_, T>) -> Result<(), DecodeError> {
    let filter = reader.text(&common::TOPIC_FILTER)?;
    reader.fault_in_last(filter.as_bytes(), topic::filter_fault(filter));
    Ok(())
}

fn read_filter<'a, T: Trace<'a>>(reader: &mut Reader<'a, '_, T>) -> Result<(), DecodeError> {
    read_topic_filter(reader)?;
    let qos = reader.u8(&REQUESTED_QOS)?;
    if Qos::from_u8(qos).is_none() {
        reader.violation(reader.pos() - 1, Rule::RequestedQos(qos));
    }
    Ok(())
}

static REQUESTED_QOS: FieldDef = FieldDef::new(
    "Requested QoS",
    "The highest QoS at which the server may send the messages that the filter matches.",
    Clauses { v31: "MQTT 3.1, SUBSCRIBE, Payload", v311: "[MQTT-3.8.3-4]" },
)
.meaning(Meaning::Qos)
.with_bits(&[
    BitDef::new(
        "Reserved",
        0xfc,
        "Not used, and 0.",
        Clauses { v31: "MQTT 3.1, SUBSCRIBE, Payload", v311: "[MQTT-3.8.3-4]" },
    ),
    BitDef::new(
        "QoS",
        0x03,
        "0 for delivery at most once, 1 for at least once, 2 for exactly once; 3 is not valid.",
        Clauses { v31: "MQTT 3.1, SUBSCRIBE, Payload", v311: "[MQTT-3.8.3-4]" },
    )
    .meaning(Meaning::Qos),
]);
