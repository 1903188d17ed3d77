//! A row of the log in words: made when the row is looked at, from the record and its bytes.
//!
//! It owns the words of packets and events in the table. It keeps nothing, changes nothing in the log, and does not
//! know which rows are looked at: [`crate::log_view`] does. The time of day stays a number, since the page knows the
//! time zone.

use mqttscope_link::{Content, Flags, PacketRow, Row, Tone, qos_name};
use mqttscope_log::{
    BrokenRules, Direction, Event, Log, Record, Topic, Version, level_of, level_words, unknown_alias,
};
use mqttscope_proto::{
    Auth, Connect, DecodeErrorKind, Disconnect, Packet, PacketType, Properties, PropertyId, ProtocolVersion,
    PubAck, PubComp, PubRec, PubRel, Publish, ReasonCode, SubscribeFilter, Text,
};
use mqttscope_text::bytes::{beginning, hex};
use mqttscope_text::number::{self, push_hex_digits};
use mqttscope_text::visible;

use crate::heights::{PREVIEW_LINE, PREVIEW_MAX_LINES};

/// The row of a record, `None` if that is not kept. What depends on the rows around it is left to the caller.
pub(crate) fn row(log: &Log, number: u32, is_verbose: bool) -> Option<Row> {
    let record = log.record(number)?;
    let content = match log.event(record) {
        Some(event) => {
            let mut words = visible(&event.words());
            if event.kind().is_violation() {
                words.push_str(&connection_words(log, record));
            }
            Content::Event { name: event.name().into(), words, tone: tone(&event) }
        }
        None => Content::Packet(packet_row(log, number, record, is_verbose)),
    };
    let time_of_day = log.time_of_day(record);
    Some(Row {
        number,
        time: record.time,
        time_of_day,
        above: None,
        is_new_day: false,
        is_found: false,
        slot: None,
        content,
    })
}

/// The row as a line of text, with tabs between its columns; `time` is the time of day.
pub(crate) fn line(row: &Row, time: &str) -> String {
    match &row.content {
        Content::Event { words, .. } => [time, "event", words].join("\t"),
        Content::Packet(packet) => {
            let direction = if packet.out { "out" } else { "in" };
            let id = packet.id.map(|id| id.to_string()).unwrap_or_default();
            let answer =
                packet.answer.map(|micros| number::signed(micros, number::latency)).unwrap_or_default();
            let (flags, len) = (packet.flags.words(), packet.len.to_string());
            let topic = packet.topic.as_deref().unwrap_or_default();
            let columns = [time, direction, &packet.name, &flags, &id, &len, &answer, topic, &packet.text];
            columns.join("\t")
        }
    }
}

fn packet_row(log: &Log, number: u32, record: &Record, is_verbose: bool) -> PacketRow {
    let bytes = log.bytes(record);
    let (topic, text) = content(log, number, record, bytes);
    // What this side answers itself takes no time that is worth a look.
    let answered = if record.direction() == Direction::In { log.answered(number) } else { None };
    PacketRow {
        out: record.direction() == Direction::Out,
        name: name(record).unwrap_or_else(|| "?".into()),
        is_publish: record.packet_type() == Some(PacketType::Publish) && !record.is_undecoded(),
        flags: flags(record),
        id: record.id(),
        colour: record.colour(),
        mark: 0,
        len: record.len(),
        answer: answered.map(|asked| number::difference(asked.time, record.time)),
        topic,
        text,
        is_violation: record.is_violation(),
        preview: is_verbose.then(|| hex_preview(bytes)),
    }
}

/// The name of a packet's type, `None` of bytes that are no packet. A type without a name has its number.
pub(crate) fn name(record: &Record) -> Option<String> {
    match record.packet_type() {
        Some(packet_type) => Some(packet_type.name().into()),
        None if record.is_broken() => None,
        None => Some(format!("type {}", record.first_byte >> 4)),
    }
}

/// A packet's topic, and what else it holds as text.
fn content(log: &Log, number: u32, record: &Record, bytes: &[u8]) -> (Option<String>, String) {
    if record.is_secret() {
        let words = match record.direction() {
            Direction::Out | Direction::Event => {
                "these bytes may be the rest of a CONNECT with its password, hidden"
            }
            Direction::In => "these bytes may be the rest of Authentication Data, hidden",
        };
        return (None, words.into());
    }
    let version = log.version_of(record);
    if record.is_undecoded() || !version.is_decoded() {
        let level = match version {
            Version::Level(level) => Some(level),
            Version::Known(_) | Version::Before5 | Version::Unknown => level_of(bytes),
        };
        return (None, format!("not decoded: {}", level.map(level_words).unwrap_or_default()));
    }
    // The ingest's own: one copy of the decoder is enough.
    match BrokenRules::default().decode(bytes, version) {
        Ok(Packet::Publish(publish)) => (log.topic(number, record).map(topic_words), publish_words(&publish)),
        Ok(packet) => (None, summary(&packet, version.layout())),
        Err(error) if is_of_other_version(error.kind) => (None, error.to_string()),
        Err(error) if record.packet_type().is_some() => (None, format!("broken: {error}")),
        Err(error) => (None, format!("not a packet: {error}")),
    }
}

/// Whether a packet is one of another version than its connection, which says enough.
const fn is_of_other_version(kind: DecodeErrorKind) -> bool {
    matches!(kind, DecodeErrorKind::OfMqtt5 { .. } | DecodeErrorKind::OfEarlierVersion { .. })
}

/// Where something went wrong: `, on connection 3 (client id c)`.
fn connection_words(log: &Log, record: &Record) -> String {
    let client_id = log.connection(record.connection).map_or("", |connection| &connection.client_id);
    let name =
        if client_id.is_empty() { String::new() } else { format!(" (client id {})", visible(client_id)) };
    format!(", on connection {}{name}", record.connection.0)
}

fn flags(record: &Record) -> Flags {
    use PacketType as T;
    let dup = record.first_byte & 8 != 0;
    match record.packet_type().filter(|_| !record.is_undecoded()) {
        Some(T::Publish) => {
            Flags { dup, qos: Some(record.first_byte >> 1 & 3), retain: record.first_byte & 1 != 0 }
        }
        Some(T::PubRel | T::Subscribe | T::Unsubscribe) => Flags { dup, ..Flags::default() },
        _ => Flags::default(),
    }
}

/// A topic as a row shows it; one that nobody knows is told by its alias.
pub(crate) fn topic_words(topic: Topic<'_>) -> String {
    match topic {
        Topic::Name(name) => shown(Text::from_bytes(name)),
        Topic::Alias(alias) => unknown_alias(alias),
    }
}

/// The payload, and how many properties there are besides.
fn publish_words(publish: &Publish<'_>) -> String {
    let properties = property_count(publish.properties);
    let payload = payload_text(publish.payload);
    if properties.is_empty() || payload.is_empty() {
        payload + &properties
    } else {
        [&properties, " · ", &payload].concat()
    }
}

/// A packet's content in a line.
fn summary(packet: &Packet<'_>, version: ProtocolVersion) -> String {
    let mut words = match packet {
        Packet::Connect(connect) => connect_words(connect),
        Packet::ConnAck(connack) => {
            let kept = if connack.session_present() { ", session present" } else { "" };
            let words = match version {
                ProtocolVersion::V31 | ProtocolVersion::V311 => {
                    mqttscope_client::return_code_words(connack.return_code)
                }
                ProtocolVersion::V5 => reason_words(ReasonCode(connack.return_code), PacketType::ConnAck),
            };
            words + kept
        }
        Packet::Subscribe(subscribe) => {
            list(subscribe.filters.iter().map(|entry| subscribe_words(entry, version)))
        }
        Packet::Unsubscribe(unsubscribe) => list(unsubscribe.filters.iter().map(shown)),
        Packet::SubAck(suback) => match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => {
                list(suback.return_codes.iter().map(|&code| granted_words(code)))
            }
            ProtocolVersion::V5 => reasons_words(suback.return_codes, PacketType::SubAck),
        },
        Packet::UnsubAck(unsuback) => reasons_words(unsuback.reason_codes, PacketType::UnsubAck),
        // One that ends before its reason code has nothing to tell.
        Packet::PubAck(PubAck { reason_code, .. })
        | Packet::PubRec(PubRec { reason_code, .. })
        | Packet::PubRel(PubRel { reason_code, .. })
        | Packet::PubComp(PubComp { reason_code, .. })
        | Packet::Disconnect(Disconnect { reason_code, .. })
        | Packet::Auth(Auth { reason_code, .. }) => {
            reason_code.map(|code| reason_words(code, packet.packet_type())).unwrap_or_default()
        }
        _ => String::new(),
    };
    let properties = packet.properties();
    let mut say = |parts: &[&str]| {
        words.push_str(if words.is_empty() { "" } else { ", " });
        parts.iter().for_each(|part| words.push_str(part));
    };
    if let Some(reason) = properties.text(PropertyId::ReasonString) {
        say(&["\"", &shown(reason), "\""]);
    }
    if let Some(server) = properties.text(PropertyId::ServerReference) {
        say(&["server reference ", &shown(server)]);
    }
    if let Packet::Connect(Connect { will: Some(will), .. }) = packet
        && !will.properties.is_empty()
    {
        say(&["will with ", &property_count(will.properties)]);
    }
    if !properties.is_empty() {
        say(&[&property_count(properties)]);
    }
    words
}

/// `+3 properties`; nothing where there is none.
fn property_count(properties: Properties<'_>) -> String {
    match properties.iter().count() {
        0 => String::new(),
        count => ["+", &number::counted(count as u64, " property", " properties")].concat(),
    }
}

/// A reason code in the words of its packet: `Not authorized (0x87)`.
pub(crate) fn reason_words(code: ReasonCode, packet_type: PacketType) -> String {
    let name = code.name(packet_type).unwrap_or("no reason code of this packet");
    format!("{name} ({code})")
}

fn reasons_words(codes: &[u8], packet_type: PacketType) -> String {
    list(codes.iter().map(|&code| reason_words(ReasonCode(code), packet_type)))
}

/// A topic filter, with how its messages are asked for.
fn subscribe_words(entry: SubscribeFilter<'_>, version: ProtocolVersion) -> String {
    let mut words = format!("{} ({}", shown(entry.filter), qos_name(entry.options.qos(version)));
    match version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => {}
        ProtocolVersion::V5 => {
            if entry.options.no_local() {
                words.push_str(", no local");
            }
            if entry.options.retain_as_published() {
                words.push_str(", retain as published");
            }
            if entry.options.retain_handling() > 0 {
                words.push_str(", retained messages: ");
                words.push_str(retain_handling_words(entry.options.retain_handling()));
            }
        }
    }
    words.push(')');
    words
}

/// When retained messages come to who subscribes.
pub(crate) const fn retain_handling_words(retain_handling: u8) -> &'static str {
    match retain_handling {
        0 => "at subscribing",
        1 => "only to a new subscription",
        2 => "none",
        _ => "not valid",
    }
}

/// How loud an event is.
fn tone(event: &Event<'_>) -> Tone {
    match event {
        Event::Opening { .. } | Event::Opened { .. } | Event::Note { .. } => Tone::Quiet,
        Event::Closed { failed: false, .. } => Tone::Quiet,
        Event::PingWithheld
        | Event::AcknowledgementHeld { .. }
        | Event::LeftInFlight { .. }
        | Event::ClockSet { .. }
        | Event::Gap { .. } => Tone::Amber,
        _ => Tone::Red,
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

/// The beginning of a payload: as text if it is text, else as hex.
pub(crate) fn payload_text(payload: &[u8]) -> String {
    beginning(payload, PREVIEW_BYTES).unwrap_or_else(|| hex(&payload[..payload.len().min(PREVIEW_BYTES / 4)]))
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
    let session = match connect.version() {
        Some(ProtocolVersion::V31 | ProtocolVersion::V311) | None => {
            (if connect.clean_session { "clean session" } else { "session kept" }).to_owned()
        }
        Some(ProtocolVersion::V5) => {
            let start = if connect.clean_session { "clean start" } else { "session resumed" };
            let expiry = connect.properties.number(PropertyId::SessionExpiryInterval).unwrap_or_default();
            format!("{start}, session expiry {}", expiry_words(expiry))
        }
    };
    let mut words = format!(
        "{} level {}, client id {}, {session}, keep alive {keep_alive}",
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

/// For how long a session is kept once its connection has ended.
pub(crate) fn expiry_words(secs: u32) -> String {
    match secs {
        0 => "at once".to_owned(),
        u32::MAX => "never".to_owned(),
        secs => format!("{secs} s"),
    }
}

/// Bytes of a payload or a topic that a row looks at: more than any row is wide.
const PREVIEW_BYTES: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{CONNECTION, came, log_of, log_of_version, sent};
    use mqttscope_log::{Event, Known};
    use mqttscope_proto::ProtocolVersion;

    fn row_of(frame: &[u8]) -> PacketRow {
        let mut log = log_of(1 << 20);
        sent(&mut log, 0, frame);
        first_packet(&log)
    }

    fn first_packet(log: &Log) -> PacketRow {
        match row(log, 0, true).expect("it is kept").content {
            Content::Packet(packet) => packet,
            Content::Event { words, .. } => panic!("an event: {words}"),
        }
    }

    fn check(frame: &[u8], expected: &str) {
        let row = row_of(frame);
        let (topic, text) = (row.topic.as_deref().unwrap_or_default(), &row.text);
        let flags = row.flags.words();
        let id = row.id.map(|id| id.to_string()).unwrap_or_default();
        let said = format!("{}|{flags}|{id}|{}|{topic}|{text}", row.name, row.len);
        assert_eq!(said, expected);
    }

    #[test]
    fn each_packet_reads_like_a_sentence() {
        check(b"\x30\x05\x00\x01thi", "PUBLISH|QoS 0||7|t|hi");
        check(b"\x3d\x07\x00\x01t\x00\x11hi", "PUBLISH|DUP QoS 2 RETAIN|17|9|t|hi");
        check(b"\x20\x02\x00\x00", "CONNACK|||4||accepted (return code 0)");
        check(b"\x20\x02\x00\xc8", "CONNACK|||4||reserved code (return code 200)");
        check(b"\x82\x06\x00\x01\x00\x01a\x02", "SUBSCRIBE||1|8||a (QoS 2)");
        check(b"\x90\x04\x00\x01\x01\x80", "SUBACK||1|6||granted QoS 1, failure (0x80)");
        check(b"\xa2\x05\x00\x02\x00\x01a", "UNSUBSCRIBE||2|7||a");
        check(b"\x6a\x02\x00\x05", "PUBREL|DUP|5|4||");
        check(b"\xc0\x00", "PINGREQ|||2||");
    }

    fn check_5(frame: &[u8], expected: &str) {
        let mut log = log_of_version(ProtocolVersion::V5, 1 << 20);
        sent(&mut log, 0, frame);
        let row = first_packet(&log);
        let said = [row.topic.as_deref().unwrap_or_default(), "|", &row.text].concat();
        assert_eq!((said.as_str(), row.is_violation), (expected, false));
    }

    #[test]
    fn each_packet_of_mqtt_5_reads_like_a_sentence() {
        check_5(b"\x30\x06\x00\x01t\x00hi", "t|hi");
        check_5(b"\x30\x0c\x00\x01t\x06\x01\x01\x03\x00\x01xhi", "t|+2 properties · hi");
        check_5(b"\x30\x06\x00\x01t\x02\x01\x01", "t|+1 property");
        check_5(b"\x40\x02\x00\x09", "|");
        check_5(b"\x40\x03\x00\x09\x10", "|No matching subscribers (0x10)");
        check_5(b"\x50\x04\x00\x09\x87\x00", "|Not authorized (0x87)");
        check_5(b"\x20\x03\x01\x00\x00", "|Success (0x00), session present");
        check_5(
            b"\x20\x08\x00\x8c\x05\x1f\x00\x02no",
            "|Bad authentication method (0x8c), \"no\", +1 property",
        );
        check_5(b"\xe0\x00", "|");
        check_5(
            b"\xe0\x06\x9c\x04\x1c\x00\x01h",
            "|Use another server (0x9c), server reference h, +1 property",
        );
        check_5(b"\xf0\x06\x18\x04\x15\x00\x01m", "|Continue authentication (0x18), +1 property");
        check_5(
            b"\x82\x07\x00\x01\x00\x00\x01a\x1e",
            "|a (QoS 2, no local, retain as published, retained messages: only to a new subscription)",
        );
        check_5(b"\x90\x05\x00\x01\x00\x01\x87", "|Granted QoS 1 (0x01), Not authorized (0x87)");
        check_5(b"\xb0\x05\x00\x01\x00\x00\x11", "|Success (0x00), No subscription existed (0x11)");
        check_5(
            b"\x10\x1f\x00\x04MQTT\x05\x06\x00\x00\x05\x11\xff\xff\xff\xff\x00\x01c\x05\x18\x00\x00\x00\x09\x00\x01w\x00\x01m",
            "|MQTT level 5, client id c, clean start, session expiry never, keep alive off, will w QoS 0: m, \
             will with +1 property, +1 property",
        );
    }

    #[test]
    fn a_row_has_the_topic_that_an_alias_stands_for() {
        let mut log = log_of_version(ProtocolVersion::V5, 1 << 20);
        sent(&mut log, 0, b"\x30\x09\x00\x01t\x03\x23\x00\x03hi");
        sent(&mut log, 1, b"\x30\x08\x00\x00\x03\x23\x00\x03ho");
        let topics = |log: &Log| {
            let rows = (0..log.end()).filter_map(|number| row(log, number, false));
            let topics = rows.map(|row| match row.content {
                Content::Packet(packet) => packet.topic.expect("a PUBLISH"),
                Content::Event { words, .. } => panic!("an event: {words}"),
            });
            topics.collect::<Vec<_>>()
        };
        assert_eq!(topics(&log), ["t", "t"]);
        log.drop_before(1);
        assert_eq!(topics(&log), ["alias 3, unknown"]);
    }

    #[test]
    fn what_cannot_be_seen_is_escaped_in_topics_and_payloads() {
        let frame = "\x30\x10\x00\x06a\u{202e}b \u{feff}x\u{200b}c".as_bytes();
        check(frame, "PUBLISH|QoS 0||18|a\\u{202e}b |\\u{feff}x\\u{200b}c");
    }

    #[test]
    fn connect_tells_everything_but_the_password() {
        let connect =
            b"\x10\x1d\x00\x06MQIsdp\x03\xe6\x00\x1e\x00\x01c\x00\x01w\x00\x02m!\x00\x01u\x00\x02pw";
        let row = row_of(connect);
        let expected = "MQIsdp level 3, client id c, clean session, keep alive 30 s, username u, password hidden, \
                        will w QoS 0 RETAIN: m!";
        assert_eq!(row.text, expected);
        let preview = row.preview.expect("it was asked for");
        assert!(preview.ends_with("·u··**") && !preview.contains("pw"), "{preview}");
    }

    #[test]
    fn dup_where_3_1_1_forbids_it_is_marked() {
        let log_with = |version, frame: &[u8]| {
            let mut log = log_of_version(version, 1 << 20);
            sent(&mut log, 0, frame);
            log
        };
        for (frame, clause) in [
            (b"\x6a\x02\x00\x05".as_slice(), "[MQTT-3.6.1-1]"),
            (b"\x8a\x06\x00\x01\x00\x01a\x02", "[MQTT-3.8.1-1]"),
        ] {
            let log = log_with(ProtocolVersion::V311, frame);
            assert!(first_packet(&log).is_violation);
            let event = log.record(1).and_then(|record| log.event(record)).expect("an event behind it");
            assert!(event.words().starts_with("Rule broken by this page itself: the flag bits of "));
            assert!(event.words().ends_with(&format!("(byte 0, {clause})")), "{}", event.words());
            assert_eq!((log.before(1), log.end()), (Some(0), 2));
        }
        let publish = log_with(ProtocolVersion::V311, b"\x3a\x07\x00\x01t\x00\x11hi");
        let of_3_1 = log_with(ProtocolVersion::V31, b"\x6a\x02\x00\x05");
        for log in [publish, of_3_1] {
            assert_eq!((first_packet(&log).is_violation, log.end()), (false, 1));
        }
    }

    #[test]
    fn payloads_that_are_no_text_are_shown_as_hex() {
        assert_eq!(payload_text(b"\xff\x00\x10"), "ff 00 10");
        assert_eq!(payload_text(b"a\nb\x7f"), "a↵b␡");
        let long = ["x".repeat(255), "ä".into(), "y".repeat(9)].concat();
        assert_eq!(payload_text(long.as_bytes()), "x".repeat(255));
    }

    #[test]
    fn previews_show_hex_and_text() {
        let preview = hex_preview(b"\x30\x10\x00\x0etopic/lastwill!");
        let expected = "0000  30 10 00 0e 74 6f 70 69  63 2f 6c 61 73 74 77 69  0···topic/lastwi\n\
                        0010  6c 6c 21                                          ll!";
        assert_eq!(preview, expected);
        let long = hex_preview(&[0; 5_000_000]);
        assert_eq!(long.lines().count(), 33);
        assert!(long.ends_with("… 4,999,488 more bytes"), "{long}");
        assert!(hex_preview(&[0; 513]).ends_with("… 1 more byte"));
    }

    #[test]
    fn bytes_that_are_no_packet_are_a_row_too() {
        let mut log = log_of(1 << 20);
        let known = Known { broken: true, ..Known::default() };
        log.push_known(0, CONNECTION, Direction::Out, b"HTTP", known);
        let row = first_packet(&log);
        assert_eq!((row.name.as_str(), row.is_violation), ("?", true));
        assert!(row.text.starts_with("not a packet: "));
    }

    #[test]
    fn a_level_that_is_not_known_is_told_without_a_word_of_the_packets() {
        let mut log = Log::new(1 << 20);
        let source = log.add_source();
        let connection = log.add_connection(source, Version::Unknown);
        for packet in [
            &b"\x10\x13\x00\x04MQTT\x06\xc2\x00\x3c\x00\x00\x01c\x00\x01u\x00\x00"[..],
            b"\x32\x08\x00\x01a\x00\x01\x00hi",
            b"\xf0\x02\x18\x00",
        ] {
            log.push_packet(1, connection, Direction::Out, packet, Default::default());
        }
        let mut told = Vec::new();
        for number in 0..log.end() {
            told.push(match row(&log, number, false).expect("it is kept").content {
                Content::Packet(row) => {
                    assert_eq!(
                        (row.topic.as_deref(), row.id, row.is_publish, row.is_violation),
                        (None, None, false, false)
                    );
                    format!("{}{}: {}", row.name, row.flags.words(), row.text)
                }
                Content::Event { tone, .. } => format!("{tone:?}"),
            });
        }
        let words = "not decoded: protocol level 6";
        let [connect, publish, auth] = ["CONNECT", "PUBLISH", "AUTH"].map(|name| format!("{name}: {words}"));
        assert_eq!(told, [&*connect, "Quiet", &publish, &auth]);
    }

    #[test]
    fn a_broken_packet_keeps_its_type_and_its_event_names_sender_and_connection() {
        let mut log = log_of_version(ProtocolVersion::V311, 1 << 20);
        sent(&mut log, 0, b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01c");
        came(&mut log, 1, b"\x20\x03\x00\x84\x00");
        came(&mut log, 2, b"\xd0\x01\x00");
        let text = |number| match row(&log, number, false).expect("it is kept").content {
            Content::Packet(row) => format!("{}: {}", row.name, row.text),
            Content::Event { words, .. } => words,
        };
        assert_eq!(
            text(1),
            "CONNACK: CONNACK of MQTT 5, with reason code 0x84 (unsupported protocol version)"
        );
        assert_eq!(text(3), "PINGRESP: broken: PINGRESP has a Remaining Length of 0, not 1");
        let expected = "Sent by the broker, and not a valid packet here: PINGRESP has a Remaining Length of 0, not 1 (byte 1, \
                        MQTT 3.1.1, 2.2.3), on connection 0 (client id c)";
        assert_eq!(text(4), expected);
    }

    #[test]
    fn answers_tell_how_long_they_took() {
        let mut log = log_of(1 << 20);
        sent(&mut log, 1_000, b"\x32\x07\x00\x01t\x00\x09hi");
        log.receive(CONNECTION, Direction::In, 4, |room| room.copy_from_slice(b"\x40\x02\x00\x09"));
        assert_eq!(log.next_packet(4_200, CONNECTION, Direction::In, |packet| packet.number), Ok(Some(1)));
        let Content::Packet(row) = row(&log, 1, false).expect("it is kept").content else {
            panic!("a packet")
        };
        assert_eq!((row.answer, row.colour), (Some(3_200), log.record(0).and_then(Record::colour)));
    }

    #[test]
    fn an_answer_that_is_repeated_has_no_time_of_its_own() {
        let mut log = log_of(1 << 20);
        sent(&mut log, 0, b"\x34\x07\x00\x01t\x00\x09hi");
        sent(&mut log, 100, b"\x3c\x07\x00\x01t\x00\x09hi");
        came(&mut log, 3_100, b"\x50\x02\x00\x09");
        sent(&mut log, 3_200, b"\x62\x02\x00\x09");
        sent(&mut log, 3_300, b"\x6a\x02\x00\x09");
        came(&mut log, 3_400, b"\x50\x02\x00\x09");
        came(&mut log, 7_300, b"\x70\x02\x00\x09");
        let answers = [2, 5, 6].map(|number| match row(&log, number, false) {
            Some(Row { content: Content::Packet(row), .. }) => row.answer,
            _ => panic!("a packet"),
        });
        assert_eq!(answers, [Some(3_000), None, Some(4_000)]);
    }

    #[test]
    fn an_answer_that_seems_to_come_before_its_question_has_a_negative_time() {
        let mut log = log_of(1 << 20);
        sent(&mut log, 10_000_000, b"\x32\x07\x00\x01t\x00\x09hi");
        came(&mut log, 8_500_000, b"\x40\x02\x00\x09");
        let line = super::line(&row(&log, 1, false).expect("it is kept"), "12:30");
        assert_eq!(line, "12:30\tin\tPUBACK\t\t9\t4\t-1.5 s\t\t");
    }

    #[test]
    fn rows_are_lines_with_tabs() {
        let mut log = log_of(1 << 20);
        sent(&mut log, 45_001_482_000, b"\x3a\x07\x00\x01t\x00\x11hi");
        log.push_event(45_001_482_000, CONNECTION, Event::PingWithheld);
        let line = |number| super::line(&row(&log, number, false).expect("it is kept"), "12:30:01.482");
        assert_eq!(line(0), "12:30:01.482\tout\tPUBLISH\tDUP QoS 1\t17\t9\t\tt\thi");
        let words = "Simulating a client that is down: PINGREQ not sent";
        assert_eq!(line(1), ["12:30:01.482\tevent\t", words].concat());
    }

    #[test]
    fn events_are_sentences_with_a_tone() {
        let mut log = log_of(1 << 20);
        log.push_event(0, CONNECTION, Event::Closed { words: "WebSocket closed", failed: true });
        log.push_event(0, CONNECTION, Event::Closed { words: "WebSocket closed", failed: false });
        log.push_event(0, CONNECTION, Event::PingWithheld);
        let tones = [0, 1, 2].map(|number| match row(&log, number, false) {
            Some(Row { content: Content::Event { tone, words, .. }, .. }) => (tone, words.is_empty()),
            _ => panic!("an event"),
        });
        assert_eq!(tones, [(Tone::Red, false), (Tone::Quiet, false), (Tone::Amber, false)]);
    }
}
