//! What can be done with a row: the filters that find its like, and its message as it can be published again.

use mqttscope_link::{MessageFacts, RowFacts};
use mqttscope_log::filter::quoted;
use mqttscope_log::{BrokenRules, Log, Record, Topic};
use mqttscope_proto::{Packet, PropertyBuf};

/// What can be done with the record of a number; `None` if it is not kept.
pub(crate) fn row_facts(log: &Log, number: u32) -> Option<RowFacts> {
    let record = log.record(number)?;
    let is_packet = log.event(record).is_none();
    let topic = topic(log, number, record);
    let client = log.connection(record.connection).map_or("", |connection| &connection.client_id);
    let by = |key: &str, value: &str| [key, &quoted(value)].concat();
    Some(RowFacts {
        number,
        time: record.time,
        has_message: topic.is_some() && log.payload(record).is_some(),
        filters: [
            topic.filter(|topic| !topic.is_empty()).map(|topic| by("topic:", topic)),
            record.id().filter(|_| is_packet).map(|id| format!("id:{id} conn:{}", record.connection.0)),
            (!client.is_empty()).then(|| by("client:", client)),
            Some(format!("conn:{}", record.connection.0)),
        ],
    })
}

/// The message of a record; `None` where it is none, or its topic is not known.
pub(crate) fn message(log: &Log, number: u32) -> Option<MessageFacts> {
    let record = log.record(number)?;
    Some(MessageFacts {
        topic: topic(log, number, record)?.to_owned(),
        qos: record.first_byte >> 1 & 3,
        retain: record.first_byte & 1 != 0,
        payload: log.payload(record)?.to_vec(),
        properties: properties(log, record),
    })
}

/// The properties of a record's message; none where its version has none.
fn properties(log: &Log, record: &Record) -> PropertyBuf {
    let mut properties = PropertyBuf::new();
    // The sink of the ingest: one copy of the decoder is enough.
    let mut broken = BrokenRules::default();
    if let Ok(Packet::Publish(publish)) = broken.decode(log.bytes(record), log.version_of(record)) {
        for property in publish.properties.iter() {
            // What was read can be written.
            let _ = properties.push(property.id, property.value);
        }
    }
    properties
}

/// The topic name of a record.
pub(crate) fn topic<'a>(log: &'a Log, number: u32, record: &'a Record) -> Option<&'a str> {
    log.topic(number, record).and_then(Topic::name).and_then(|name| str::from_utf8(name).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{log_of, sent};

    /// A PUBLISH at QoS 1.
    fn publish(topic: &str, id: u8, payload: &[u8]) -> Vec<u8> {
        let length = (4 + topic.len() + payload.len()) as u8;
        [&[0x32, length, 0, topic.len() as u8], topic.as_bytes(), &[0, id], payload].concat()
    }

    fn log_with(frames: &[&[u8]]) -> Log {
        let mut log = log_of(1 << 20);
        for (time, frame) in (1..).zip(frames) {
            sent(&mut log, time, frame);
        }
        log
    }

    #[test]
    fn filters_find_what_is_like_the_row() {
        let log = log_with(&[&publish("a b/c", 7, b"x")]);
        let facts = row_facts(&log, 0).expect("the record is kept");
        assert!(facts.has_message);
        let filters = facts.filters.map(Option::unwrap_or_default);
        assert_eq!(filters[..2], ["topic:\"a b/c\"", "id:7 conn:0"]);
        assert_eq!(filters[3], "conn:0");
        for filter in filters.iter().filter(|filter| !filter.is_empty()) {
            mqttscope_log::filter::Filter::parse(filter, &mqttscope_text::zone::Zone::UTC)
                .expect("a filter without a mistake");
        }
        assert_eq!(row_facts(&log, 1), None);
    }

    #[test]
    fn a_message_is_as_it_was_sent() {
        let log = log_with(&[&publish("t", 7, b"\xff\x00"), &[0xc0, 0]]);
        let expected = MessageFacts {
            topic: "t".into(),
            qos: 1,
            retain: false,
            payload: vec![0xff, 0],
            properties: PropertyBuf::new(),
        };
        assert_eq!(message(&log, 0), Some(expected));
        assert_eq!(message(&log, 1), None, "a PINGREQ is no message");
        let facts = row_facts(&log, 1).expect("the record is kept");
        assert!(!facts.has_message && facts.filters[0].is_none() && facts.filters[1].is_none());
    }
}
