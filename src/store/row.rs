//! A row of the log in words: made when the row is looked at, from the record and its bytes.

use mqttscope_client::return_code_words;
use mqttscope_log::{BrokenRules, Direction, Log, Record};
use mqttscope_proto::{Connect, Packet, PacketType, Publish, Text};
use mqttscope_text::number::{self, push_hex_digits};
use mqttscope_text::visible;

use super::event::Tone;
use super::heights::{PREVIEW_LINE, PREVIEW_MAX_LINES};
use super::text::concat;

/// A row, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub number: u32,
    /// The time of day, to the millisecond.
    pub time: String,
    /// The time since the log began.
    pub start: String,
    /// The time since the row above; empty for the first.
    pub gap: String,
    pub content: Content,
}

/// What a row is seen against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setting {
    /// Minutes that local time is ahead of UTC.
    pub utc_offset: i32,
    /// When the log began, in microseconds since the Unix epoch.
    pub start: u64,
    /// When the row above was logged.
    pub above: Option<u64>,
    /// Hex previews are wanted.
    pub verbose: bool,
}

/// What a row shows beside its times.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Packet(PacketRow),
    Event { name: String, words: String, tone: Tone },
}

/// A packet's row.
#[derive(Clone, Debug, PartialEq)]
pub struct PacketRow {
    pub out: bool,
    /// `None` for bytes that are no packet.
    pub packet_type: Option<PacketType>,
    /// The name in the specification, or `?` for bytes that are no packet.
    pub name: &'static str,
    pub flags: Flags,
    /// The packet identifier, 0 for none.
    pub id: u16,
    /// The number of the first packet of its exchange, for a packet with an id.
    pub exchange: Option<u32>,
    pub len: u32,
    /// How long after the packet that it answers it came; empty if it answers none, as an answer that is repeated.
    pub answer: String,
    pub summary: Summary,
    pub violation: bool,
    /// Hex and text of the first bytes, if it is wanted.
    pub preview: Option<String>,
}

/// The flags of the fixed header, where they mean something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    pub dup: bool,
    pub qos: Option<u8>,
    pub retain: bool,
}

/// A packet's content in a line: a topic, and the rest as text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    pub topic: String,
    pub text: String,
}

impl Row {
    /// The row of a record, `None` if that is not kept.
    #[must_use]
    pub fn of(log: &Log, number: u32, setting: Setting) -> Option<Self> {
        let record = log.record(number)?;
        let local = record.time.saturating_add_signed(i64::from(setting.utc_offset) * 60_000_000);
        let since = |time: u64| number::since(record.time.saturating_sub(time));
        let content = match log.event(record) {
            Some(event) => {
                let (name, words) = (event.name().into(), visible(&event.words()));
                Content::Event { name, words, tone: Tone::of(&event) }
            }
            None => Content::Packet(PacketRow::of(log, number, record, setting.verbose)),
        };
        Some(Self {
            number,
            time: number::time_of_day(local),
            start: since(setting.start),
            gap: setting.above.map(since).unwrap_or_default(),
            content,
        })
    }
}

impl Row {
    /// The row as a line of text, with tabs between its columns.
    #[must_use]
    pub fn line(&self) -> String {
        match &self.content {
            Content::Event { words, .. } => [self.time.as_str(), "event", words].join("\t"),
            Content::Packet(packet) => {
                let direction = if packet.out { "out" } else { "in" };
                let id = if packet.id == 0 { String::new() } else { number::plain(packet.id.into()) };
                let (flags, len) = (packet.flags.words(), number::plain(packet.len.into()));
                let Summary { topic, text } = &packet.summary;
                let columns =
                    [&self.time, direction, packet.name, &flags, &id, &len, &packet.answer, topic, text];
                columns.join("\t")
            }
        }
    }
}

impl PacketRow {
    fn of(log: &Log, number: u32, record: &Record, verbose: bool) -> Self {
        let bytes = log.bytes(record);
        let summary = match BrokenRules::default().decode(bytes, log.version_of(record)) {
            Ok(packet) => Summary::of(&packet),
            Err(error) => {
                Summary { text: concat(&["not a packet: ", &error.to_string()]), ..Summary::default() }
            }
        };
        // What this page answers itself takes no time that is worth a look.
        let answered = if record.direction() == Direction::In { log.answered(number) } else { None };
        let answer = answered.map(|asked| number::latency(record.time.saturating_sub(asked.time)));
        Self {
            out: record.direction() == Direction::Out,
            packet_type: record.packet_type(),
            name: name(record),
            flags: Flags::of(record),
            id: record.packet_id,
            exchange: (record.packet_id != 0).then(|| log.exchange(number)),
            len: record.len(),
            answer: answer.unwrap_or_default(),
            summary,
            violation: record.is_violation(),
            preview: verbose.then(|| hex_preview(bytes)),
        }
    }
}

impl Flags {
    fn of(record: &Record) -> Self {
        use PacketType as T;
        let dup = record.first_byte & 8 != 0;
        match record.packet_type() {
            Some(T::Publish) => {
                Self { dup, qos: Some(record.first_byte >> 1 & 3), retain: record.first_byte & 1 != 0 }
            }
            Some(T::PubRel | T::Subscribe | T::Unsubscribe) => Self { dup, qos: None, retain: false },
            _ => Self::default(),
        }
    }

    /// The flags in words: `DUP QoS 2 RETAIN`.
    #[must_use]
    pub fn words(self) -> String {
        let mut words = Vec::with_capacity(3);
        if self.dup {
            words.push("DUP");
        }
        if let Some(qos) = self.qos {
            words.push(qos_name(qos));
        }
        if self.retain {
            words.push("RETAIN");
        }
        words.join(" ")
    }
}

impl Summary {
    fn of(packet: &Packet<'_>) -> Self {
        match packet {
            Packet::Publish(publish) => Self::of_publish(publish),
            Packet::Connect(connect) => Self::of_text(connect_words(connect)),
            Packet::ConnAck(connack) => {
                let kept = if connack.session_present() { ", session present" } else { "" };
                Self::of_text(concat(&[&return_code_words(connack.return_code), kept]))
            }
            Packet::Subscribe(subscribe) => Self::of_text(list(
                subscribe
                    .filters
                    .iter()
                    .map(|entry| concat(&[&shown(entry.filter), " (", qos_name(entry.qos), ")"])),
            )),
            Packet::Unsubscribe(unsubscribe) => Self::of_text(list(unsubscribe.filters.iter().map(shown))),
            Packet::SubAck(suback) => {
                Self::of_text(list(suback.return_codes.iter().map(|&code| granted_words(code))))
            }
            _ => Self::default(),
        }
    }

    fn of_text(text: String) -> Self {
        Self { text, ..Self::default() }
    }

    fn of_publish(publish: &Publish<'_>) -> Self {
        Self { topic: shown(publish.topic), text: payload_text(publish.payload) }
    }
}

/// A QoS with its word; 3 is reserved.
#[must_use]
pub const fn qos_name(qos: u8) -> &'static str {
    match qos {
        0 => "QoS 0",
        1 => "QoS 1",
        2 => "QoS 2",
        3 => "QoS 3",
        _ => "no QoS",
    }
}

/// A return code of SUBACK.
#[must_use]
pub fn granted_words(code: u8) -> String {
    match code {
        0..=2 => concat(&["granted ", qos_name(code)]),
        0x80 => "failure (0x80)".into(),
        _ => concat(&["invalid return code ", &number::plain(code.into())]),
    }
}

/// The first bytes as lines of hex and text, each with its offset, and how many bytes are left.
#[must_use]
pub fn hex_preview(bytes: &[u8]) -> String {
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
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
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
#[must_use]
pub fn payload_text(payload: &[u8]) -> String {
    beginning(payload, PREVIEW_BYTES).unwrap_or_else(|| hex(&payload[..payload.len().min(PREVIEW_BYTES / 4)]))
}

/// The first bytes as hex, and as text too if they are text.
#[must_use]
pub fn head(bytes: &[u8], most: usize) -> String {
    let hex = hex(&bytes[..bytes.len().min(most)]);
    match beginning(bytes, most) {
        Some(text) => concat(&[&hex, "  ", &text]),
        None => hex,
    }
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

fn name(record: &Record) -> &'static str {
    record.packet_type().map_or("?", PacketType::name)
}

fn connect_words(connect: &Connect<'_>) -> String {
    let keep_alive = match connect.keep_alive.as_secs() {
        0 => "off".to_owned(),
        secs => concat(&[&number::plain(secs.into()), " s"]),
    };
    let clean = if connect.clean_session { "clean session" } else { "session kept" };
    let level = number::plain(connect.protocol_level.into());
    let mut words = concat(&[
        &shown(connect.protocol_name),
        " level ",
        &level,
        ", client id ",
        &shown(connect.client_id),
        ", ",
        clean,
        ", keep alive ",
        &keep_alive,
    ]);
    if let Some(username) = connect.username {
        words.push_str(", username ");
        words.push_str(&shown(username));
    }
    if connect.password.is_some() {
        words.push_str(", password hidden");
    }
    if let Some(will) = &connect.will {
        let retained = if will.retain { " RETAIN" } else { "" };
        let topic = shown(will.topic);
        words.push_str(&concat(&[
            ", will ",
            &topic,
            " ",
            qos_name(will.qos),
            retained,
            ": ",
            &payload_text(will.message),
        ]));
    }
    words
}

/// Bytes of a payload or a topic that a row looks at: more than any row is wide.
const PREVIEW_BYTES: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{CONNECTION, came, log_of, log_of_version, sent};
    use mqttscope_log::{Event, Known};
    use mqttscope_proto::ProtocolVersion;

    fn verbose() -> Setting {
        Setting { verbose: true, ..Setting::default() }
    }

    fn row_of(frame: &[u8]) -> PacketRow {
        let mut log = log_of(1 << 20);
        sent(&mut log, 0, frame);
        packet_row(&log)
    }

    fn packet_row(log: &Log) -> PacketRow {
        match Row::of(log, 0, verbose()).expect("it is kept").content {
            Content::Packet(packet) => packet,
            Content::Event { words, .. } => panic!("an event: {words}"),
        }
    }

    fn check(frame: &[u8], expected: &str) {
        let row = row_of(frame);
        let Summary { topic, text } = &row.summary;
        let flags = row.flags.words();
        let said = format!("{}|{flags}|{}|{}|{topic}|{text}", row.name, row.id, row.len);
        assert_eq!(said, expected);
    }

    #[test]
    fn each_packet_reads_like_a_sentence() {
        check(b"\x30\x05\x00\x01thi", "PUBLISH|QoS 0|0|7|t|hi");
        check(b"\x3d\x07\x00\x01t\x00\x11hi", "PUBLISH|DUP QoS 2 RETAIN|17|9|t|hi");
        check(b"\x20\x02\x00\x00", "CONNACK||0|4||accepted (return code 0)");
        check(b"\x20\x02\x00\xc8", "CONNACK||0|4||reserved code (return code 200)");
        check(b"\x82\x06\x00\x01\x00\x01a\x02", "SUBSCRIBE||1|8||a (QoS 2)");
        check(b"\x90\x04\x00\x01\x01\x80", "SUBACK||1|6||granted QoS 1, failure (0x80)");
        check(b"\xa2\x05\x00\x02\x00\x01a", "UNSUBSCRIBE||2|7||a");
        check(b"\x6a\x02\x00\x05", "PUBREL|DUP|5|4||");
        check(b"\xc0\x00", "PINGREQ||0|2||");
    }

    #[test]
    fn what_cannot_be_seen_is_escaped_in_topics_and_payloads() {
        let frame = "\x30\x10\x00\x06a\u{202e}b \u{feff}x\u{200b}c".as_bytes();
        check(frame, "PUBLISH|QoS 0|0|18|a\\u{202e}b |\\u{feff}x\\u{200b}c");
    }

    #[test]
    fn connect_tells_everything_but_the_password() {
        let connect =
            b"\x10\x1d\x00\x06MQIsdp\x03\xe6\x00\x1e\x00\x01c\x00\x01w\x00\x02m!\x00\x01u\x00\x02pw";
        let row = row_of(connect);
        let expected = "MQIsdp level 3, client id c, clean session, keep alive 30 s, username u, password hidden, \
                        will w QoS 0 RETAIN: m!";
        assert_eq!(row.summary.text, expected);
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
            assert!(packet_row(&log).violation);
            let event = log.record(1).and_then(|record| log.event(record)).expect("an event behind it");
            assert!(event.words().starts_with("Rule broken by this page itself: the flag bits of "));
            assert!(event.words().ends_with(&format!("(byte 0, {clause})")), "{}", event.words());
            assert_eq!((log.before(1), log.end()), (Some(0), 2));
        }
        let publish = log_with(ProtocolVersion::V311, b"\x3a\x07\x00\x01t\x00\x11hi");
        let of_3_1 = log_with(ProtocolVersion::V31, b"\x6a\x02\x00\x05");
        for log in [publish, of_3_1] {
            assert_eq!((packet_row(&log).violation, log.end()), (false, 1));
        }
    }

    #[test]
    fn payloads_that_are_no_text_are_shown_as_hex() {
        assert_eq!(payload_text(b"\xff\x00\x10"), "ff 00 10");
        assert_eq!(payload_text(b"a\nb\x7f"), "a↵b·");
        let long = ["x".repeat(255), "ä".into(), "y".repeat(9)].concat();
        assert_eq!(payload_text(long.as_bytes()), "x".repeat(255));
    }

    #[test]
    fn the_head_of_a_file_that_is_no_text_is_hex_alone() {
        assert_eq!(head(b"\x1f\x8b\x08\x00", 3), "1f 8b 08");
        assert_eq!(head(b"hi\n", 12), "68 69 0a  hi↵");
        assert_eq!(head("aä".as_bytes(), 2), "61 c3  a");
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
        let row = packet_row(&log);
        assert_eq!((row.name, row.violation), ("?", true));
        assert!(row.summary.text.starts_with("not a packet: "));
    }

    #[test]
    fn answers_tell_how_long_they_took() {
        let mut log = log_of(1 << 20);
        sent(&mut log, 1_000, b"\x32\x07\x00\x01t\x00\x09hi");
        log.receive(CONNECTION, Direction::In, 4, |room| room.copy_from_slice(b"\x40\x02\x00\x09"));
        assert_eq!(log.next_packet(4_200, CONNECTION, Direction::In, |packet| packet.number), Ok(Some(1)));
        let setting = Setting { start: 1_000, above: Some(4_100), ..Setting::default() };
        let row = Row::of(&log, 1, setting).expect("it is kept");
        assert_eq!((row.start.as_str(), row.gap.as_str()), ("0.003 s", "0.000 s"));
        let Content::Packet(row) = row.content else { panic!("a packet") };
        assert_eq!((row.answer.as_str(), row.exchange), ("3.2 ms", Some(0)));
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
        let answers = [2, 5, 6].map(|number| match Row::of(&log, number, Setting::default()) {
            Some(Row { content: Content::Packet(row), .. }) => row.answer,
            _ => panic!("a packet"),
        });
        assert_eq!(answers, ["3.0 ms", "", "4.0 ms"]);
    }

    #[test]
    fn rows_are_lines_with_tabs() {
        let mut log = log_of(1 << 20);
        sent(&mut log, 45_001_482_000, b"\x3a\x07\x00\x01t\x00\x11hi");
        log.push_event(45_001_482_000, CONNECTION, Event::PingWithheld);
        let line = |number| Row::of(&log, number, Setting::default()).expect("it is kept").line();
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
        let tones = [0, 1, 2].map(|number| match Row::of(&log, number, Setting::default()) {
            Some(Row { content: Content::Event { tone, words, .. }, .. }) => (tone, words.is_empty()),
            _ => panic!("an event"),
        });
        assert_eq!(tones, [(Tone::Red, false), (Tone::Quiet, false), (Tone::Amber, false)]);
    }
}
