//! A record as a JSON object in a line.

use mqttscope_proto::json::{push_error, push_packet};
use mqttscope_text::json::{Object, push_array, push_object, push_text};
use mqttscope_text::number::push_number;
use mqttscope_text::time::push_iso;

use super::Item;
use crate::store::{BrokenRules, Topic, Value, Version};

pub(super) fn push(item: &Item<'_>, out: &mut String) {
    let Item { log, number, record, .. } = *item;
    push_object(out, |object| {
        object.number("number", number);
        let time = object.key("time");
        time.push('"');
        push_iso(time, log.time_of_day(record));
        time.push('"');
        object.number("time_us", log.time_of_day(record));
        object.text("direction", record.direction().name());
        object.number("connection", record.connection.0);
        match log.event(record) {
            Some(event) => {
                object.text("event", event.name());
                let mut values = Vec::new();
                event.each_value(&mut |value| {
                    let mut text = String::new();
                    match value {
                        Value::Text(value) => push_text(&mut text, value),
                        Value::Number(number) => push_number(&mut text, number),
                    }
                    values.push(text);
                });
                push_array(object.key("values"), values.iter(), |out, value| out.push_str(value));
                push_link(object, "about", log.before(number));
                object.text("words", &event.words());
            }
            None => push_facts(object, item),
        }
    });
    out.push('\n');
}

fn push_facts(object: &mut Object<'_>, item: &Item<'_>) {
    let Item { log, number, record, bytes, password_hidden, .. } = *item;
    let version = log.version_of(record);
    match version {
        Version::Known(_) | Version::Level(_) => object.text("version", &version.to_string()),
        Version::Before5 | Version::Unknown => object.null("version"),
    }
    let facts = record.facts().named();
    if facts.iter().any(|&(_, is_so)| is_so) {
        let names = facts.into_iter().filter(|&(_, is_so)| is_so).map(|(name, _)| name);
        push_array(object.key("facts"), names, push_text);
    }
    push_link(object, "answers", log.before(number));
    if record.used_alias().is_some() {
        match log.topic(number, record).and_then(Topic::name) {
            Some(name) => object.text("alias_topic", &String::from_utf8_lossy(name)),
            None => object.null("alias_topic"),
        }
    }
    object.bool("violation", record.is_violation());
    if record.is_broken() {
        object.bool("whole", false);
    }
    object.bool("password_hidden", password_hidden);
    object.hex("raw", bytes);
    if record.is_undecoded() {
        match record.packet_type() {
            Some(packet_type) => object.text("type", packet_type.name()),
            None => object.null("type"),
        };
        object.number("start", 0_u32);
        object.number("end", bytes.len() as u64);
        push_array(object.key("violations"), std::iter::empty::<()>(), |_, ()| {});
        return;
    }
    let mut broken = BrokenRules::default();
    let version = version.layout();
    match broken.decode(bytes, log.version_of(record)) {
        Ok(packet) => {
            // The packet's object becomes part of this one: its first bracket gives way to the type's key.
            let mut packet_object = String::new();
            push_packet(&mut packet_object, &packet, 0, bytes.len(), &broken.kept, version, None);
            let members = packet_object.strip_prefix("{\"type\":").and_then(|rest| rest.strip_suffix('}'));
            object.key("type").push_str(members.unwrap_or("null"));
        }
        Err(error) => {
            object.null("type");
            push_error(object.key("error"), &error, 0, version);
        }
    }
}

fn push_link(object: &mut Object<'_>, key: &str, number: Option<u32>) {
    match number {
        Some(number) => object.number(key, number),
        None => object.null(key),
    }
}
