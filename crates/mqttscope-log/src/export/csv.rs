//! A record as a line of a table (RFC 4180).

use mqttscope_text::number::{difference, push_hex_digits, push_number, signed};
use mqttscope_text::time::push_iso;

use super::Item;
use crate::store::{Topic, unknown_alias};

pub(super) const HEADINGS: &[u8] =
    b"number,time,direction,connection,type,dup,qos,retain,packet_id,length,topic,payload,\
payload_is,answers,latency_us,violation,password_hidden,topic_is\r\n";

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
        out.push_str(",0,\r\n");
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
    push_some(out, record.id().map(u64::from));
    out.push(',');
    push_number(out, record.len().into());
    out.push(',');
    let topic_is = log.topic(number, record).map(|topic| match topic {
        Topic::Name(name) => push_bytes(out, name, true),
        Topic::Alias(alias) => {
            push_text(out, &unknown_alias(alias));
            "words"
        }
    });
    out.push(',');
    // Packets without a payload of their own show their bytes.
    let payload_is = push_bytes(out, log.payload(record).unwrap_or(bytes), record.qos().is_some());
    out.push(',');
    out.push_str(payload_is);
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
    out.push(',');
    out.push_str(topic_is.unwrap_or_default());
    out.push_str("\r\n");
}

/// Writes bytes as text, or as hex where they are none, and says as which. Text with control characters counts as none:
/// programs for tables lose them, or what is behind them.
fn push_bytes(out: &mut String, bytes: &[u8], may_be_text: bool) -> &'static str {
    let is_lost = |sign: char| sign.is_control() && !matches!(sign, '\t' | '\r' | '\n');
    match std::str::from_utf8(bytes) {
        Ok(text) if may_be_text && !text.contains(is_lost) => {
            push_text(out, text);
            "text"
        }
        _ => {
            push_hex_digits(out, bytes);
            "hex"
        }
    }
}

/// Programs for tables take a cell that begins with one of the signs for a formula: an apostrophe stands before it, and
/// before one that begins with an apostrophe, so that it can be taken away again.
fn push_text(out: &mut String, text: &str) {
    let is_formula = text.starts_with(FORMULA_SIGNS);
    if !is_formula && !text.contains([',', '"', '\r', '\n']) {
        out.push_str(text);
        return;
    }
    out.push_str(if is_formula { "\"'" } else { "\"" });
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

const FORMULA_SIGNS: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\''];
