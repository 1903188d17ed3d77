//! What a message says of the answer that it asks for (MQTT 5, 4.10).

use mqttscope_log::{BrokenRules, Log, Version};
use mqttscope_proto::{Packet, PropertyId, ProtocolVersion, Publish};

/// The topic and the Correlation Data of the answer to a record's message; `None` where it asks for none.
pub(crate) fn request(log: &Log, number: u32) -> Option<(String, Option<Vec<u8>>)> {
    let record = log.record(number)?;
    let Version::Known(version) = log.version_of(record) else { return None };
    match version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => return None,
        ProtocolVersion::V5 => {}
    }
    // The sink of the ingest: one copy of the decoder is enough.
    let mut broken = BrokenRules::default();
    let packet = broken.decode(log.bytes(record), Version::Known(version));
    let Ok(Packet::Publish(Publish { properties, .. })) = packet else { return None };
    let topic = properties.text(PropertyId::ResponseTopic)?.to_str()?.to_owned();
    let correlation = properties.binary(PropertyId::CorrelationData).map(<[u8]>::to_vec);
    Some((topic, correlation))
}
