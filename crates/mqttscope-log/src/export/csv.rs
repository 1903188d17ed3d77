//! A record as a line of a table (RFC 4180).

use mqttscope_text::number::{difference, push_hex_digits, push_number, signed};
use mqttscope_text::time::push_iso;

use super::Item;

pub(super) const HEADINGS: &[u8] =
    b"number,time,direction,connection,type,dup,qos,retain,packet_id,length,topic,payload,\
payload_is,answers,latency_us,violation,password_hidden\r\n";

pub(super) fn push(item: &Item<'_>, out: &mut String) {
    let Item { log, number, record, bytes, password_hidden, .. } = *item;
    push_number(out, number.into());
    out.push(',');
    push_iso(out, log.time_of_day(record));
    out.push(',');
    out.push_str(record.direction().name());
    out.push(',');
    push_number(out, record.connection.0.into());
    out.push(',');
    if let Some(event) = log.event(record) {
        push_text(out, event.name());
        out.push_str(",,,,,,,");
        push_text(out, &event.words());
        out.push_str(",words,");
        push_some(out, log.before(number).map(u64::from));
        out.push_str(",,");
        push_flag(out, event.kind().is_violation());
        out.push_str(",0\r\n");
        return;
    }
    out.push_str(record.packet_type().map_or("", |packet_type| packet_type.name()));
    out.push(',');
    push_flag(out, record.dup());
    out.push(',');
    push_some(out, record.qos().map(u64::from));
    out.push(',');
    push_flag(out, record.retain());
    out.push(',');
    push_some(out, Some(record.packet_id.into()).filter(|&id| id > 0));
    out.push(',');
    push_number(out, record.len().into());
    out.push(',');
    push_text(out, &String::from_utf8_lossy(log.topic(record).unwrap_or_default()));
    out.push(',');
    // Packets without a payload of their own show their bytes.
    push_payload(out, log.payload(record).unwrap_or(bytes), record.qos().is_some());
    out.push(',');
    push_some(out, log.before(number).map(u64::from));
    out.push(',');
    if let Some(asked) = log.answered(number) {
        out.push_str(&signed(difference(asked.time, record.time), |micros| micros.to_string()));
    }
    out.push(',');
    push_flag(out, record.is_violation());
    out.push(',');
    push_flag(out, password_hidden);
    out.push_str("\r\n");
}

fn push_payload(out: &mut String, payload: &[u8], may_be_text: bool) {
    match std::str::from_utf8(payload) {
        Ok(text) if may_be_text => {
            push_text(out, text);
            out.push_str(",text");
        }
        _ => {
            push_hex_digits(out, payload);
            out.push_str(",hex");
        }
    }
}

fn push_text(out: &mut String, text: &str) {
    if !text.contains([',', '"', '\r', '\n']) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for part in text.split_inclusive('"') {
        out.push_str(part);
        if part.ends_with('"') {
            out.push('"');
        }
    }
    out.push('"');
}

fn push_some(out: &mut String, number: Option<u64>) {
    if let Some(number) = number {
        push_number(out, number);
    }
}

fn push_flag(out: &mut String, flag: bool) {
    out.push(if flag { '1' } else { '0' });
}
