//! Every byte belongs to one field, the dissector has the decoder's verdict, and both are JSON.

use mqttscope_proto::{FieldValue, ProtocolVersion, decode, dissect, json};
use serde_json::Value;

/// Runs the target. The input is a version and bytes, taken for a packet and for a stream.
pub fn run(data: &[u8]) {
    let Some((version, bytes)) = super::split_version(data) else { return };
    check_fields(bytes, version);
    check_json(bytes, version);
}

fn check_fields(bytes: &[u8], version: ProtocolVersion) {
    let mut violations = Vec::new();
    let decoded = decode(bytes, version, &mut violations);
    let dissection = dissect(bytes, version);
    assert_eq!(dissection.error, decoded.err());
    if dissection.error.is_none() {
        assert_eq!(dissection.violations, violations);
    }
    let mut end = 0;
    for (index, field) in dissection.fields.iter().enumerate() {
        assert_eq!(field.range.start, end, "{field:?} leaves a gap or overlaps");
        assert!(!field.range.is_empty(), "{field:?} is empty");
        assert!(!field.def.name.is_empty() && field.def.clause(version).contains("MQTT"), "{field:?}");
        let bits = field.def.bits;
        assert!(bits.is_empty() || bits.iter().fold(0, |sum, bits| sum ^ bits.mask) == 0xff, "{field:?}");
        assert!(bits.iter().all(|bits| !bits.rule.is_empty() && bits.clause(version).contains("MQTT")));
        match dissection.fields.get(index + 1).filter(|next| next.depth > field.depth) {
            Some(part) => {
                assert_eq!(part.depth, field.depth + 1);
                assert!(part.range.end <= field.range.end, "{part:?} is not inside {field:?}");
            }
            None => end = field.range.end,
        }
        match field.value {
            FieldValue::Bytes(value) => assert!(bytes[field.range.clone()].ends_with(value)),
            FieldValue::Text(value) => assert!(bytes[field.range.clone()].ends_with(value.as_bytes())),
            _ => {}
        }
    }
    assert_eq!(end, bytes.len(), "the fields end before the bytes");
}

fn check_json(stream: &[u8], version: ProtocolVersion) {
    let mut text = String::new();
    json::push_stream(&mut text, stream, version, true);
    let value: Value = serde_json::from_str(&text).expect("push_stream writes JSON");
    let mut end = 0;
    for packet in array(&value["packets"]) {
        assert_eq!(number(&packet["start"]), end);
        end = number(&packet["end"]);
        for violation in array(&packet["violations"]) {
            let offset = number(&violation["offset"]);
            assert!((number(&packet["start"])..end).contains(&offset), "{violation} is not inside {packet}");
        }
        let fields = array(&packet["fields"]);
        assert_eq!(fields.first().map(|field| &field["start"]), Some(&packet["start"]));
        assert_eq!(fields.last().map(|field| &field["end"]), Some(&packet["end"]));
    }
    let incomplete = number(&value["incomplete"]);
    if value["error"].is_null() {
        assert_eq!(end + incomplete, stream.len());
    } else {
        assert_eq!(incomplete, 0);
        let offset = number(&value["error"]["offset"]);
        assert!((end..stream.len()).contains(&offset), "{} is not behind {end}", value["error"]);
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().expect("it is an array")
}

fn number(value: &Value) -> usize {
    value.as_u64().expect("it is a number").try_into().expect("it is a position")
}
