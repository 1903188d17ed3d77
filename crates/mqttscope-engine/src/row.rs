//! A row of the log in words: made when the row is looked at, from the record and its bytes.

use mqttscope_link::{Content, Flags, PacketRow, Row, Tone};
use mqttscope_log::{Direction, Event, Log, Record};
use mqttscope_proto::{Connect, Packet, PacketType, Text, decode};
use mqttscope_text::number::{self, push_hex_digits};
use mqttscope_text::visible;

use crate::heights::{PREVIEW_LINE, PREVIEW_MAX_LINES};

/// The row of a record, `None` if that is not kept. What depends on the rows around it is left to the caller.
pub(crate) fn row(log: &Log, number: u32, is_verbose: bool) -> Option<Row> {
    let record = log.record(number)?;
    let content = match log.event(record) {
        Some(event) => {
            Content::Event { name: event.name().into(), words: visible(&event.words()), tone: tone(&event) }
        }
        None => Content::Packet(packet_row(log, number, record, is_verbose)),
    };
    Some(Row { number, time: record.time, above: None, is_found: false, content })
}

/// The row as a line of text, with tabs between its columns; `time` is the time of day.
pub(crate) fn line(row: &Row, time: &str) -> String {
    match &row.content {
        Content::Event { words, .. } => [time, "event", words].join("\t"),
        Content::Packet(packet) => {
            let direction = if packet.out { "out" } else { "in" };
            let id = if packet.id == 0 { String::new() } else { packet.id.to_string() };
            let answer = packet.answer.map(number::latency).unwrap_or_default();
            let (flags, len) = (packet.flags.words(), packet.len.to_string());
            let topic = packet.topic.as_deref().unwrap_or_default();
            let columns = [time, direction, &packet.name, &flags, &id, &len, &answer, topic, &packet.text];
            columns.join("\t")
        }
    }
}

fn packet_row(log: &Log, number: u32, record: &Record, is_verbose: bool) -> PacketRow {
    let bytes = log.bytes(record);
    let (topic, text) = match decode(bytes, log.version_of(record).layout(), &mut ()) {
        Ok(packet) => summary(&packet),
        Err(error) => (None, format!("not a packet: {error}")),
    };
    // What this side answers itself takes no time that is worth a look.
    let answered = if record.direction() == Direction::In { log.answered(number) } else { None };
    PacketRow {
        out: record.direction() == Direction::Out,
        name: record.packet_type().map_or("?", PacketType::name).into(),
        is_publish: record.packet_type() == Some(PacketType::Publish),
        flags: flags(record),
        id: record.packet_id,
        exchange: (record.packet_id != 0).then(|| log.exchange(number)),
        len: record.len(),
        answer: answered.map(|asked| record.time.saturating_sub(asked.time)),
        topic,
        text,
        is_violation: record.is_violation(),
        preview: is_verbose.then(|| hex_preview(bytes)),
    }
}

fn flags(record: &Record) -> Flags {
    use PacketType as T;
    let dup = record.first_byte & 8 != 0;
    match record.packet_type() {
        Some(T::Publish) => {
            Flags { dup, qos: Some(record.first_byte >> 1 & 3), retain: record.first_byte & 1 != 0 }
        }
        Some(T::PubRel | T::Subscribe | T::Unsubscribe) => Flags { dup, ..Flags::default() },
        _ => Flags::default(),
    }
}

/// A packet's content in a line: a topic, and the rest as text.
fn summary(packet: &Packet<'_>) -> (Option<String>, String) {
    let text = match packet {
        Packet::Publish(publish) => return (Some(shown(publish.topic)), payload_text(publish.payload)),
        Packet::Connect(connect) => connect_words(connect),
        Packet::ConnAck(connack) => {
            let kept = if connack.session_present() { ", session present" } else { "" };
            format!("{}{kept}", mqttscope_client::return_code_words(connack.return_code))
        }
        Packet::Subscribe(subscribe) => list(
            subscribe.filters.iter().map(|entry| format!("{} ({})", shown(entry.filter), qos_name(entry.qos))),
        ),
        Packet::Unsubscribe(unsubscribe) => list(unsubscribe.filters.iter().map(shown)),
        Packet::SubAck(suback) => list(suback.return_codes.iter().map(|&code| granted_words(code))),
        _ => String::new(),
    };
    (None, text)
}

/// How loud an event is.
fn tone(event: &Event<'_>) -> Tone {
    match event {
        Event::Opening { .. } | Event::Opened { .. } | Event::Note { .. } => Tone::Quiet,
        Event::Closed { failed: false, .. } => Tone::Quiet,
        Event::PingWithheld
        | Event::AcknowledgementHeld { .. }
        | Event::LeftInFlight { .. }
        | Event::ClockFallback
        | Event::Gap { .. } => Tone::Amber,
        _ => Tone::Red,
    }
}

/// A QoS with its word; 3 is reserved.
pub(crate) const fn qos_name(qos: u8) -> &'static str {
    match qos {
        0 => "QoS 0",
        1 => "QoS 1",
        2 => "QoS 2",
        3 => "QoS 3",
        _ => "no QoS",
    }
}

/// A return code of SUBACK.
pub(crate) fn granted_words(code: u8) -> String {
    match code {
        0..=2 => format!("granted {}", qos_name(code)),
        0x80 => "failure (0x80)".into(),
        _ => format!("invalid return code {code}"),
    }
}

/// The first bytes as lines of hex and text, each with its offset, and how many bytes are left.
pub(crate) fn hex_preview(bytes: &[u8]) -> String {
    let shown = bytes.len().min(PREVIEW_LINE * PREVIEW_MAX_LINES);
    let mut text = String::with_capacity(shown.div_ceil(PREVIEW_LINE) * 75 + 40);
    for (at, line) in bytes[..shown].chunks(PREVIEW_LINE).enumerate() {
        if at > 0 {
            text.push('\n');
        }
        push_hex_line(&mut text, at * PREVIEW_LINE, line);
    }
    if shown < bytes.len() {
        text.push_str("\n… ");
        text.push_str(&number::counted((bytes.len() - shown) as u64, " more byte", " more bytes"));
    }
    text
}

fn push_hex_line(text: &mut String, offset: usize, line: &[u8]) {
    push_hex_digits(text, &(offset as u16).to_be_bytes());
    text.push(' ');
    for at in 0..PREVIEW_LINE {
        text.push_str(if at == PREVIEW_LINE / 2 { "  " } else { " " });
        match line.get(at) {
            Some(byte) => push_hex_digits(text, &[*byte]),
            None => text.push_str("  "),
        }
    }
    text.push_str("  ");
    text.extend(line.iter().map(|&byte| if matches!(byte, 0x20..=0x7e) { char::from(byte) } else { '·' }));
}

/// Bytes as hex pairs with spaces between them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 {
            text.push(' ');
        }
        push_hex_digits(&mut text, &[*byte]);
    }
    text
}

/// The beginning of a payload: as text if it is text, else as hex.
pub(crate) fn payload_text(payload: &[u8]) -> String {
    beginning(payload, PREVIEW_BYTES).unwrap_or_else(|| hex(&payload[..payload.len().min(PREVIEW_BYTES / 4)]))
}

/// The first bytes as text, if they are text.
fn beginning(bytes: &[u8], most: usize) -> Option<String> {
    let cut = &bytes[..bytes.len().min(most)];
    let text = match std::str::from_utf8(cut) {
        Ok(text) => text,
        // A character that the cut goes through is no fault of the bytes.
        Err(error) if error.error_len().is_none() && cut.len() < bytes.len() => {
            std::str::from_utf8(&cut[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return None,
    };
    Some(visible(text))
}

fn shown(text: Text<'_>) -> String {
    let text = text.to_string_lossy();
    let end = text.char_indices().nth(PREVIEW_BYTES).map_or(text.len(), |(at, _)| at);
    visible(&text[..end])
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

fn connect_words(connect: &Connect<'_>) -> String {
    let keep_alive = match connect.keep_alive.as_secs() {
        0 => "off".to_owned(),
        secs => format!("{secs} s"),
    };
    let clean = if connect.clean_session { "clean session" } else { "session kept" };
    let mut words = format!(
        "{} level {}, client id {}, {clean}, keep alive {keep_alive}",
        shown(connect.protocol_name),
        connect.protocol_level,
        shown(connect.client_id),
    );
    if let Some(username) = connect.username {
        words.push_str(", username ");
        words.push_str(&shown(username));
    }
    if connect.password.is_some() {
        words.push_str(", password hidden");
    }
    if let Some(will) = &connect.will {
        let retained = if will.retain { " RETAIN" } else { "" };
        words.push_str(&format!(
            ", will {} {}{retained}: {}",
            shown(will.topic),
            qos_name(will.qos),
            payload_text(will.message)
        ));
    }
    words
}

/// Bytes of a payload or a topic that a row looks at: more than any row is wide.
const PREVIEW_BYTES: usize = 256;

