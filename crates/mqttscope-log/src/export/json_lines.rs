//! A record as a JSON object in a line.

use mqttscope_proto::json::{Object, push_array, push_error, push_number, push_packet, push_text};
use mqttscope_proto::{ProtocolVersion, decode};

use super::Item;
use crate::store::Value;
use crate::time::push_iso;

pub(super) fn push(item: &Item<'_>, out: &mut String) {
    let Item { log, number, record, .. } = *item;
    let mut object = Object::begin(out);
    object.number("number", number);
    let time = object.key("time");
    time.push('"');
    push_iso(time, record.time);
    time.push('"');
    object.number("time_us", record.time);
    object.text("direction", record.direction().name());
    object.number("connection", record.connection);
    match log.event(record) {
        Some(event) => {
            object.text("event", event.name());
            push_array(object.key("values"), event.values(), |out, value| match value {
                Value::Text(text) => push_text(out, text),
                Value::Number(number) => push_number(out, number),
            });
            push_link(&mut object, "about", log.before(number));
            object.text("words", &event.words());
        }
        None => push_facts(&mut object, item),
    }
    object.end();
    out.push('\n');
}

fn push_facts(object: &mut Object<'_>, item: &Item<'_>) {
    let Item { log, number, record, bytes, password_hidden } = *item;
    object.text(
        "version",
        match record.version() {
            ProtocolVersion::V31 => "3.1",
            ProtocolVersion::V311 => "3.1.1",
        },
    );
    push_link(object, "answers", log.before(number));
    object.bool("violation", record.is_violation());
    object.bool("password_hidden", password_hidden);
    object.hex("raw", bytes);
    let mut violations = Vec::new();
    match decode(bytes, record.version(), &mut violations) {
        Ok(packet) => {
            // The packet's object becomes part of this one: its first bracket gives way to the type's key.
            let mut packet_object = String::new();
            push_packet(&mut packet_object, &packet, 0, bytes.len(), &violations, record.version(), None);
            let members = packet_object.strip_prefix("{\"type\":").and_then(|rest| rest.strip_suffix('}'));
            object.key("type").push_str(members.unwrap_or("null"));
        }
        Err(error) => {
            object.null("type");
            push_error(object.key("error"), &error, 0, record.version());
        }
    }
}

fn push_link(object: &mut Object<'_>, key: &str, number: Option<u32>) {
    match number {
        Some(number) => object.number(key, number),
        None => object.null(key),
    }
}
