//! PUBLISH: a message, in either direction.

use alloc::vec::Vec;

use super::Properties;
use crate::clause::Clauses;
use crate::error::{DecodeError, EncodeError};
use crate::field::{FieldDef, Meaning, common};
use crate::frame::FixedHeader;
use crate::property::PropertyId;
use crate::reader::{Reader, Trace};
use crate::rule::Rule;
use crate::text::Text;
use crate::topic;
use crate::types::{PacketType, ProtocolVersion, Qos};
use crate::writer;

/// PUBLISH: a message (MQTT 3.1, PUBLISH; MQTT 3.1.1, 3.3; MQTT 5, 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publish<'a> {
    /// The message was perhaps sent before.
    pub dup: bool,
    /// Quality of Service.
    pub qos: Qos,
    /// To a server: keep it for later subscribers. To a client: it was kept.
    pub retain: bool,
    /// The topic name. Some servers send names with wildcards; they are reported, not refused. Empty in MQTT 5 where a
    /// Topic Alias stands for it.
    pub topic: Text<'a>,
    /// The packet identifier, `None` at QoS 0.
    pub packet_id: Option<u16>,
    /// Properties (MQTT 5).
    pub properties: Properties<'a>,
    /// The message itself.
    pub payload: &'a [u8],
}

impl<'a> Publish<'a> {
    #[inline]
    pub(crate) fn read<T: Trace<'a>>(
        header: FixedHeader,
        version: ProtocolVersion,
        reader: &mut Reader<'a, '_, T>,
    ) -> Result<Self, DecodeError> {
        // The header's decoder has refused QoS 3.
        let qos = Qos::from_u8(header.qos_bits()).unwrap_or_default();
        if header.dup() && qos == Qos::AtMostOnce {
            reader.violation(0, Rule::DupAtQos0);
        }
        reader.open(&common::VARIABLE_HEADER);
        let at = reader.pos();
        let topic = reader.text(&TOPIC_NAME)?;
        let may_be_empty = match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => false,
            ProtocolVersion::V5 => topic.is_empty(),
        };
        if !may_be_empty {
            reader.fault_in_last(topic.as_bytes(), topic::name_fault(topic));
        }
        let packet_id = if qos == Qos::AtMostOnce { None } else { Some(reader.packet_id()?) };
        let properties = reader.properties_of(PacketType::Publish, version)?;
        if may_be_empty && properties.get(PropertyId::TopicAlias).is_none() {
            reader.violation(at, Rule::TopicEmptyWithoutAlias);
        }
        reader.close();
        let payload = reader.rest(&APPLICATION_MESSAGE);
        Ok(Self { dup: header.dup(), qos, retain: header.retain(), topic, packet_id, properties, payload })
    }

    #[inline]
    pub(crate) fn encode(&self, out: &mut Vec<u8>, version: ProtocolVersion) -> Result<(), EncodeError> {
        let id = match (self.qos, self.packet_id) {
            (Qos::AtMostOnce, None) => None,
            (Qos::AtMostOnce, Some(_)) => return Err(EncodeError::PacketIdAtQos0),
            (_, None) => return Err(EncodeError::PacketIdMissing),
            (_, Some(id)) => Some(writer::checked_id(id)?),
        };
        let topic = self.topic.as_bytes();
        let header_len = writer::prefixed_len(&TOPIC_NAME, topic)?
            + id.map_or(0, |id| id.len())
            + writer::properties_len(self.properties, version)?;
        writer::start(out, self.first_byte(), header_len + self.payload.len())?;
        writer::put_prefixed(out, topic);
        out.extend_from_slice(id.as_ref().map_or(&[], |id| id));
        writer::put_properties(out, self.properties, version);
        out.extend_from_slice(self.payload);
        Ok(())
    }

    fn first_byte(&self) -> u8 {
        PacketType::Publish.first_byte()
            | u8::from(self.dup) << 3
            | self.qos.as_u8() << 1
            | u8::from(self.retain)
    }
}

static TOPIC_NAME: FieldDef = FieldDef::new(
    "Topic Name",
    "The channel of the message, without wildcards; empty only where a topic alias of MQTT 5 stands for it.",
    Clauses {
        v31: "MQTT 3.1, PUBLISH, Variable header",
        v311: "[MQTT-3.3.2-1], [MQTT-3.3.2-2]",
        v5: "[MQTT-3.3.2-1], [MQTT-3.3.2-2]",
    },
);

static APPLICATION_MESSAGE: FieldDef = FieldDef::new(
    "Application Message",
    "Any bytes, also none; their number is what the Remaining Length leaves.",
    Clauses { v31: "MQTT 3.1, PUBLISH, Payload", v311: "MQTT 3.1.1, 3.3.3", v5: "MQTT 5, 3.3.3" },
)
.meaning(Meaning::Message);
