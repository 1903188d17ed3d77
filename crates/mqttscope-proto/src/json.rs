//! Packets as JSON: one textual form for tools, exports and tests in any language.
//!
//! Objects have all their keys, always in the same order; bytes are lower-case hex strings; text that is not UTF-8 is
//! shown with U+FFFD.

use alloc::string::{String, ToString};

use mqttscope_text::json::{Object, push_array, push_object, push_text};
use mqttscope_text::number::push_number;

use crate::dissect::Field;
use crate::error::DecodeError;
use crate::field::FieldValue;
use crate::frame::Frame;
use crate::packet::{Packet, Properties, Property, PropertyValue, SubscribeFilter, Will};
use crate::reason::ReasonCode;
use crate::rule::Violation;
use crate::text::Text;
use crate::types::ProtocolVersion;

/// Writes a packet.
///
/// `start` and `end` are its byte range in a stream, to which the offsets of its violations are moved; `fields` are
/// those of its dissection, where they are wanted.
pub fn push_packet(
    out: &mut String,
    packet: &Packet<'_>,
    start: usize,
    end: usize,
    violations: &[Violation],
    version: ProtocolVersion,
    fields: Option<&[Field<'_>]>,
) {
    push_object(out, |object| {
        object.text("type", packet.packet_type().name());
        object.number("start", start as u64);
        object.number("end", end as u64);
        push_array(object.key("violations"), violations, |out, violation| {
            push_object(out, |object| {
                object.number("offset", (start + violation.offset) as u64);
                object.text("clause", violation.rule.clause(version));
                object.text("message", &violation.rule.to_string());
            });
        });
        push_members(object, packet, version);
        if let Some(fields) = fields {
            push_array(object.key("fields"), fields, |out, field| push_field(out, field, start));
        }
    });
}

/// Writes where and why a stream stops being decodable; `start` is the position of the packet at fault.
pub fn push_error(out: &mut String, error: &DecodeError, start: usize, version: ProtocolVersion) {
    push_object(out, |object| {
        object.number("offset", (start + error.offset) as u64);
        object.text("kind", error.kind.name());
        object.text("message", &error.to_string());
        object.text("clause", error.kind.clause(version));
    });
}

/// Writes all packets of a stream: `{"packets":[..],"incomplete":N,"error":..}`.
///
/// A CONNECT's own protocol level beats `version`, for itself and for what follows it.
pub fn push_stream(out: &mut String, stream: &[u8], mut version: ProtocolVersion, with_fields: bool) {
    push_object(out, |object| {
        let packets = object.key("packets");
        packets.push('[');
        let mut start = 0;
        let mut violations = alloc::vec::Vec::new();
        let error = loop {
            let frame = match Frame::split(&stream[start..], version) {
                Ok(Some((frame, _))) => frame,
                Ok(None) => break None,
                Err(error) => break Some(error),
            };
            violations.clear();
            let packet = match frame.decode(version, &mut violations) {
                Ok(packet) => packet,
                Err(error) => break Some(error),
            };
            if let Packet::Connect(connect) = &packet {
                version = connect.version().unwrap_or(version);
            }
            if start > 0 {
                packets.push(',');
            }
            let end = start + frame.bytes().len();
            let dissection = with_fields.then(|| crate::dissect(frame.bytes(), version));
            let fields = dissection.as_ref().map(|dissection| &dissection.fields[..]);
            push_packet(packets, &packet, start, end, &violations, version, fields);
            start = end;
        };
        packets.push(']');
        let incomplete = if error.is_some() { 0 } else { stream.len() - start };
        object.number("incomplete", incomplete as u64);
        match error {
            Some(error) => push_error(object.key("error"), &error, start, version),
            None => object.null("error"),
        }
    });
}

fn push_members(object: &mut Object<'_>, packet: &Packet<'_>, version: ProtocolVersion) {
    let is_v5 = match version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => false,
        ProtocolVersion::V5 => true,
    };
    match packet {
        Packet::Connect(connect) => {
            object.text("protocol_name", &connect.protocol_name.to_string_lossy());
            object.number("protocol_level", connect.protocol_level);
            object.bool(if is_v5 { "clean_start" } else { "clean_session" }, connect.clean_session);
            object.number("keep_alive", connect.keep_alive.as_secs());
            if is_v5 {
                push_properties(object, connect.properties);
            }
            object.text("client_id", &connect.client_id.to_string_lossy());
            match &connect.will {
                Some(will) => push_will(object.key("will"), will, is_v5),
                None => object.null("will"),
            }
            match &connect.username {
                Some(username) => object.text("username", &username.to_string_lossy()),
                None => object.null("username"),
            }
            match connect.password {
                Some(password) => object.hex("password", password),
                None => object.null("password"),
            }
        }
        Packet::ConnAck(connack) => {
            object.bool("session_present", connack.session_present());
            object.number(if is_v5 { "reason_code" } else { "return_code" }, connack.return_code);
            if is_v5 {
                push_properties(object, connack.properties);
            }
        }
        Packet::Publish(publish) => {
            object.bool("dup", publish.dup);
            object.number("qos", publish.qos.as_u8());
            object.bool("retain", publish.retain);
            object.text("topic", &publish.topic.to_string_lossy());
            match publish.packet_id {
                Some(id) => object.number("packet_id", id),
                None => object.null("packet_id"),
            }
            if is_v5 {
                push_properties(object, publish.properties);
            }
            object.hex("payload", publish.payload);
        }
        Packet::PubAck(puback) => {
            object.number("packet_id", puback.packet_id);
            push_reason(object, puback.reason_code, puback.properties, is_v5);
        }
        Packet::PubRec(pubrec) => {
            object.number("packet_id", pubrec.packet_id);
            push_reason(object, pubrec.reason_code, pubrec.properties, is_v5);
        }
        Packet::PubRel(pubrel) => {
            object.bool("dup", pubrel.dup);
            object.number("packet_id", pubrel.packet_id);
            push_reason(object, pubrel.reason_code, pubrel.properties, is_v5);
        }
        Packet::PubComp(pubcomp) => {
            object.number("packet_id", pubcomp.packet_id);
            push_reason(object, pubcomp.reason_code, pubcomp.properties, is_v5);
        }
        Packet::Subscribe(subscribe) => {
            object.bool("dup", subscribe.dup);
            object.number("packet_id", subscribe.packet_id);
            if is_v5 {
                push_properties(object, subscribe.properties);
            }
            push_array(object.key("filters"), subscribe.filters, |out, item| {
                push_filter(out, item, version, is_v5);
            });
        }
        Packet::SubAck(suback) => {
            object.number("packet_id", suback.packet_id);
            if is_v5 {
                push_properties(object, suback.properties);
            }
            push_codes(object, if is_v5 { "reason_codes" } else { "return_codes" }, suback.return_codes);
        }
        Packet::Unsubscribe(unsubscribe) => {
            object.bool("dup", unsubscribe.dup);
            object.number("packet_id", unsubscribe.packet_id);
            if is_v5 {
                push_properties(object, unsubscribe.properties);
            }
            push_array(object.key("filters"), unsubscribe.filters, |out, filter: Text<'_>| {
                push_text(out, &filter.to_string_lossy());
            });
        }
        Packet::UnsubAck(unsuback) => {
            object.number("packet_id", unsuback.packet_id);
            if is_v5 {
                push_properties(object, unsuback.properties);
                push_codes(object, "reason_codes", unsuback.reason_codes);
            }
        }
        Packet::Disconnect(disconnect) => {
            push_reason(object, disconnect.reason_code, disconnect.properties, is_v5);
        }
        Packet::Auth(auth) => push_reason(object, auth.reason_code, auth.properties, is_v5),
        Packet::PingReq | Packet::PingResp => {}
    }
}

/// What is not on the wire is null.
fn push_reason(
    object: &mut Object<'_>,
    reason_code: Option<ReasonCode>,
    properties: Option<Properties<'_>>,
    is_v5: bool,
) {
    if !is_v5 {
        return;
    }
    match reason_code {
        Some(code) => object.number("reason_code", code.0),
        None => object.null("reason_code"),
    }
    match properties {
        Some(properties) => push_properties(object, properties),
        None => object.null("properties"),
    }
}

fn push_properties(object: &mut Object<'_>, properties: Properties<'_>) {
    push_array(object.key("properties"), properties, |out, Property { id, value }| {
        push_object(out, |object| {
            object.text("name", id.name());
            match value {
                PropertyValue::Number(number) => object.number("value", number),
                PropertyValue::Text(text) => object.text("value", &text.to_string_lossy()),
                PropertyValue::Binary(bytes) => object.hex("value", bytes),
                PropertyValue::Pair(name, value) => {
                    push_array(object.key("value"), [name, value], |out, text| {
                        push_text(out, &text.to_string_lossy());
                    });
                }
            }
        });
    });
}

fn push_codes(object: &mut Object<'_>, key: &'static str, codes: &[u8]) {
    push_array(object.key(key), codes, |out, &code| push_number(out, code.into()));
}

fn push_filter(out: &mut String, item: SubscribeFilter<'_>, version: ProtocolVersion, is_v5: bool) {
    push_object(out, |object| {
        object.text("filter", &item.filter.to_string_lossy());
        object.number("qos", item.options.qos(version));
        if is_v5 {
            object.bool("no_local", item.options.no_local());
            object.bool("retain_as_published", item.options.retain_as_published());
            object.number("retain_handling", item.options.retain_handling());
        }
    });
}

fn push_will(out: &mut String, will: &Will<'_>, is_v5: bool) {
    push_object(out, |object| {
        if is_v5 {
            push_properties(object, will.properties);
        }
        object.text("topic", &will.topic.to_string_lossy());
        object.hex("message", will.message);
        object.number("qos", will.qos);
        object.bool("retain", will.retain);
    });
}

fn push_field(out: &mut String, field: &Field<'_>, start: usize) {
    push_object(out, |object| {
        object.text("name", field.def.name);
        object.number("start", (start + field.range.start) as u64);
        object.number("end", (start + field.range.end) as u64);
        object.number("depth", field.depth);
        match field.value {
            FieldValue::Parts => object.null("value"),
            FieldValue::Number(number) => object.number("value", number),
            FieldValue::Text(text) => object.text("value", &text.to_string_lossy()),
            FieldValue::Bytes(bytes) => object.hex("value", bytes),
        }
    });
}
