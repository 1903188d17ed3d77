//! The packet log: raw bytes in an arena of chunks, one fixed-size record a packet or event.
//!
//! Nothing is decoded and nothing is put into words here: that waits until a row is looked at. When the byte
//! budget is used up, the oldest records go, and the log counts them.

use std::collections::VecDeque;

use mqttscope_proto::{FixedHeader, PacketType, ProtocolVersion, redact_password};

use super::event::LogEvent;

mod arena;

use arena::{Arena, Span};

/// Which way a packet went, or that the record is no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Out,
    In,
    Event,
}

/// What is known of a record without looking at its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Microseconds since the Unix epoch.
    pub time: u64,
    /// Half lines of all hex previews before this record's, since the log began.
    half_lines: u32,
    /// The packet's bytes; for an event its number.
    span: Span,
    /// How many records back the packet stands that this one answers, 0 if it answers none that is known.
    answers: u32,
    /// The packet identifier, 0 for none.
    pub packet_id: u16,
    pub first_byte: u8,
    bits: u8,
}

/// Facts about a packet that its bytes do not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The version that the connection speaks.
    pub v311: bool,
    /// The packet breaks a rule.
    pub violation: bool,
    /// The bytes are not a whole packet.
    pub broken: bool,
}

/// The packet log.
pub struct Log {
    arena: Arena,
    records: VecDeque<Record>,
    events: VecDeque<LogEvent>,
    /// Number of the oldest record that is kept, and of the oldest event.
    first: u32,
    first_event: u32,
    /// Half lines of all hex previews, of records that were dropped too.
    half_lines: u32,
    /// Bytes of the packet that is coming in.
    pending: Option<Span>,
    open: OpenExchanges,
    budget: usize,
    revision: u32,
}

impl Log {
    /// An empty log that keeps at most `budget` bytes.
    #[must_use]
    pub fn new(budget: usize) -> Self {
        Self {
            arena: Arena::default(),
            records: VecDeque::new(),
            events: VecDeque::new(),
            first: 0,
            first_event: 0,
            half_lines: 0,
            pending: None,
            open: OpenExchanges::default(),
            budget,
            revision: 0,
        }
    }

    /// Changes with every change of the log.
    #[must_use]
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// Number of the oldest record that is kept; equally, how many were dropped.
    #[must_use]
    pub fn first(&self) -> u32 {
        self.first
    }

    /// One more than the number of the newest record.
    #[must_use]
    pub fn end(&self) -> u32 {
        self.first + self.records.len() as u32
    }

    /// The record of that number, if it is kept.
    #[must_use]
    pub fn record(&self, number: u32) -> Option<&Record> {
        self.records.get(number.checked_sub(self.first)? as usize)
    }

    /// The bytes of a packet; empty for an event.
    #[must_use]
    pub fn bytes(&self, record: &Record) -> &[u8] {
        match record.direction() {
            Direction::Event => &[],
            _ => self.arena.bytes(record.span),
        }
    }

    /// The event of an event's record.
    #[must_use]
    pub fn event(&self, record: &Record) -> Option<&LogEvent> {
        match record.direction() {
            Direction::Event => self.events.get(record.span.start.checked_sub(self.first_event)? as usize),
            _ => None,
        }
    }

    /// The record of the packet that this one answers.
    #[must_use]
    pub fn answered(&self, number: u32) -> Option<&Record> {
        let back = self.record(number)?.answers;
        if back == 0 { None } else { self.record(number.checked_sub(back)?) }
    }

    /// Half lines of all hex previews before a record, counted from the oldest that is kept.
    #[must_use]
    pub fn half_lines_before(&self, number: u32) -> u32 {
        let at = |record: Option<&Record>| record.map_or(self.half_lines, |record| record.half_lines);
        at(self.record(number)).wrapping_sub(at(self.records.front()))
    }

    /// Appends a packet that is sent. A password in it is overwritten first: it is in no log.
    pub fn push_sent(&mut self, time: u64, frame: &[u8], marks: Marks) {
        let span = self.arena.append(frame);
        if frame.first().is_some_and(|byte| byte >> 4 == PacketType::Connect as u8) {
            redact_password(self.arena.bytes_mut(span));
        }
        self.push_packet(time, Direction::Out, span, marks);
    }

    /// Appends an event.
    pub fn push_event(&mut self, time: u64, event: LogEvent) {
        let number = self.first_event + self.events.len() as u32;
        self.events.push_back(event);
        let span = Span { chunk: 0, start: number, len: 0 };
        self.push(Record::new(time, Direction::Event, span, Marks::default()), 0);
    }

    /// Makes room for `len` bytes from the peer, which `fill` writes. `announced` is the length of the packet
    /// that is coming in, once that is known: the room grows to it and not beyond.
    pub fn receive(&mut self, len: usize, announced: Option<usize>, fill: impl FnOnce(&mut [u8])) {
        let pending = self.pending.get_or_insert_default();
        fill(self.arena.extend(pending, len, announced));
    }

    /// Bytes from the peer that are not yet part of a record, of which the first belong to an unfinished packet.
    #[must_use]
    pub fn pending(&self) -> &[u8] {
        self.pending.map_or(&[], |span| self.arena.bytes(span))
    }

    /// Makes a record of the first `len` pending bytes, and says its number.
    pub fn push_received(&mut self, time: u64, len: usize, marks: Marks) -> u32 {
        let pending = self.pending.get_or_insert_default();
        let span = Span { len: len as u32, ..*pending };
        pending.start += len as u32;
        pending.len -= len as u32;
        self.push_packet(time, Direction::In, span, marks)
    }

    /// Makes a record of all pending bytes: they are not, or no longer, going to be a packet.
    pub fn push_remains(&mut self, time: u64, marks: Marks) {
        let len = self.pending().len();
        if len > 0 {
            self.push_received(time, len, Marks { broken: true, ..marks });
        }
        self.pending = None;
        self.open = OpenExchanges::default();
    }

    /// Marks a record: its packet breaks a rule.
    pub fn mark_violation(&mut self, number: u32) {
        let at = number.wrapping_sub(self.first) as usize;
        if let Some(record) = self.records.get_mut(at) {
            record.bits |= VIOLATION;
        }
    }

    /// Drops every record, and counts anew from 0. A packet that is coming in is kept.
    pub fn clear(&mut self) {
        while self.drop_oldest() {}
        self.first = 0;
        self.open = OpenExchanges::default();
        self.revision += 1;
    }

    fn push_packet(&mut self, time: u64, direction: Direction, span: Span, marks: Marks) -> u32 {
        let number = self.end();
        let mut record = Record::new(time, direction, span, marks);
        let bytes = self.arena.bytes(span);
        record.first_byte = bytes.first().copied().unwrap_or_default();
        if !marks.broken {
            record.packet_id = packet_id(bytes);
        }
        if let Some(packet_type) = record.packet_type() {
            let asked = self.open.note(packet_type, direction, record.packet_id, number);
            record.answers = asked.map_or(0, |asked| number - asked);
        }
        let half_lines = preview_half_lines(bytes.len());
        self.arena.hold(span);
        self.push(record, half_lines);
        number
    }

    fn push(&mut self, mut record: Record, half_lines: u32) {
        record.half_lines = self.half_lines;
        self.half_lines = self.half_lines.wrapping_add(half_lines);
        self.records.push_back(record);
        self.revision = self.revision.wrapping_add(1);
        while self.size() > self.budget && self.records.len() > 1 {
            self.drop_oldest();
        }
    }

    fn size(&self) -> usize {
        self.arena.size() + self.records.len() * size_of::<Record>()
    }

    fn drop_oldest(&mut self) -> bool {
        let Some(record) = self.records.pop_front() else { return false };
        self.first += 1;
        if record.direction() == Direction::Event {
            self.events.pop_front();
            self.first_event += 1;
        } else {
            self.arena.release(record.span);
        }
        true
    }
}

impl Record {
    fn new(time: u64, direction: Direction, span: Span, marks: Marks) -> Self {
        let mut bits = match direction {
            Direction::Out => 0,
            Direction::In => IN,
            Direction::Event => EVENT,
        };
        let flags = [(marks.v311, V311), (marks.violation, VIOLATION), (marks.broken, BROKEN)];
        for (on, bit) in flags {
            bits |= if on { bit } else { 0 };
        }
        Self { time, half_lines: 0, span, answers: 0, packet_id: 0, first_byte: 0, bits }
    }

    /// Which way it went.
    #[must_use]
    pub fn direction(&self) -> Direction {
        match self.bits & (IN | EVENT) {
            0 => Direction::Out,
            IN => Direction::In,
            _ => Direction::Event,
        }
    }

    /// The type of a whole packet.
    #[must_use]
    pub fn packet_type(&self) -> Option<PacketType> {
        if self.bits & (EVENT | BROKEN) == 0 { PacketType::from_first_byte(self.first_byte) } else { None }
    }

    /// The version that the packet's connection speaks.
    #[must_use]
    pub fn version(&self) -> ProtocolVersion {
        if self.bits & V311 != 0 { ProtocolVersion::V311 } else { ProtocolVersion::V31 }
    }

    /// The packet breaks a rule.
    #[must_use]
    pub fn is_violation(&self) -> bool {
        self.bits & (VIOLATION | BROKEN) != 0
    }

    /// The packet's length in bytes.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.span.len
    }

    /// Whether it has no bytes, as events have none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.span.len == 0
    }
}

/// The lines of a hex preview of `len` bytes, without the line that counts the rest.
#[must_use]
pub fn preview_lines(len: usize) -> usize {
    len.div_ceil(PREVIEW_LINE).min(PREVIEW_MAX_LINES)
}

/// The height of a hex preview in half lines: a line counts two, its margins one.
fn preview_half_lines(len: usize) -> u32 {
    if len == 0 {
        return 0;
    }
    let rest = usize::from(len > PREVIEW_LINE * PREVIEW_MAX_LINES);
    (2 * (preview_lines(len) + rest) + 1) as u32
}

/// The packet identifier of a whole packet, 0 if it has none.
fn packet_id(bytes: &[u8]) -> u16 {
    let Ok(Some(header)) = FixedHeader::decode(bytes) else { return 0 };
    let body = &bytes[header.len.min(bytes.len())..];
    let pair = |at: usize| match body.get(at..at + 2) {
        Some(pair) => u16::from_be_bytes([pair[0], pair[1]]),
        None => 0,
    };
    match header.packet_type {
        PacketType::Connect | PacketType::ConnAck | PacketType::PingReq | PacketType::PingResp => 0,
        PacketType::Disconnect => 0,
        PacketType::Publish if header.qos_bits() == 0 => 0,
        PacketType::Publish => pair(2 + usize::from(pair(0))),
        _ => pair(0),
    }
}

/// The packets that wait for an answer: for each id, and each side that gave it, the newest.
///
/// A slot holds the packet's number, shifted, beside its type; 0 is an empty one.
#[derive(Default)]
struct OpenExchanges {
    ours: Vec<u32>,
    theirs: Vec<u32>,
    connect: u32,
    ping: u32,
}

impl OpenExchanges {
    /// Notes a packet, and says the number of the one that it answers.
    fn note(&mut self, packet_type: PacketType, direction: Direction, id: u16, number: u32) -> Option<u32> {
        use PacketType as T;
        let (answers, is_asked) = match packet_type {
            T::Connect | T::PingReq | T::Publish | T::Subscribe | T::Unsubscribe => (None, true),
            T::PubRec => (Some(T::Publish), true),
            T::PubRel => (Some(T::PubRec), true),
            T::ConnAck => (Some(T::Connect), false),
            T::PingResp => (Some(T::PingReq), false),
            T::PubAck => (Some(T::Publish), false),
            T::PubComp => (Some(T::PubRel), false),
            T::SubAck => (Some(T::Subscribe), false),
            T::UnsubAck => (Some(T::Unsubscribe), false),
            T::Disconnect => return None,
        };
        let sender_began = matches!(packet_type, T::Publish | T::PubRel | T::Subscribe | T::Unsubscribe);
        let slot = match packet_type {
            T::Connect | T::ConnAck => &mut self.connect,
            T::PingReq | T::PingResp => &mut self.ping,
            _ if id == 0 => return None,
            _ => {
                let ours = sender_began == (direction == Direction::Out);
                let table = if ours { &mut self.ours } else { &mut self.theirs };
                if table.is_empty() {
                    table.resize(1 << 16, 0);
                }
                &mut table[usize::from(id)]
            }
        };
        let asked = answers.filter(|asked| *slot & 15 == *asked as u32).map(|_| *slot >> 4);
        // A copy that comes after the answer, as a second PUBREC does, does not begin the exchange anew.
        if is_asked && (answers.is_none() || asked.is_some()) {
            *slot = number << 4 | packet_type as u32;
        }
        asked
    }
}

const IN: u8 = 1;
const EVENT: u8 = 2;
const V311: u8 = 4;
const VIOLATION: u8 = 8;
const BROKEN: u8 = 16;

/// Bytes in a line of a hex preview, and the most lines that it has.
pub const PREVIEW_LINE: usize = 16;
pub const PREVIEW_MAX_LINES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISH: &[u8] = b"\x32\x07\x00\x01t\x00\x09hi";
    const MARKS: Marks = Marks { v311: false, violation: false, broken: false };

    fn receive(log: &mut Log, bytes: &[u8]) {
        log.receive(bytes.len(), None, |room| room.copy_from_slice(bytes));
    }

    #[test]
    fn a_record_is_small() {
        assert_eq!(size_of::<Record>(), 32);
    }

    #[test]
    fn packets_come_back_as_they_went_in() {
        let mut log = Log::new(1 << 20);
        log.push_sent(1, PUBLISH, MARKS);
        receive(&mut log, b"\x40\x02\x00\x09\xd0\x00");
        assert_eq!(log.push_received(2, 4, MARKS), 1);
        assert_eq!(log.push_received(3, 2, MARKS), 2);
        let record = *log.record(0).expect("it is kept");
        assert_eq!((record.direction(), record.packet_id, record.len()), (Direction::Out, 9, 9));
        assert_eq!(log.bytes(&record), PUBLISH);
        let puback = log.record(1).expect("it is kept");
        assert_eq!((puback.direction(), puback.packet_type()), (Direction::In, Some(PacketType::PubAck)));
        assert_eq!(log.bytes(puback), b"\x40\x02\x00\x09");
        assert_eq!(log.answered(1), Some(&record));
        assert_eq!(log.answered(2), None);
    }

    #[test]
    fn sending_between_the_pieces_of_a_packet_does_not_disturb_it() {
        let mut log = Log::new(1 << 20);
        receive(&mut log, &PUBLISH[..4]);
        log.push_sent(1, b"\xc0\x00", MARKS);
        log.push_event(1, LogEvent::PingWithheld);
        receive(&mut log, &PUBLISH[4..]);
        assert_eq!(log.pending(), PUBLISH);
        let number = log.push_received(2, PUBLISH.len(), MARKS);
        assert_eq!(log.bytes(log.record(number).expect("it is kept")), PUBLISH);
        assert_eq!(log.pending(), b"");
    }

    #[test]
    fn the_links_of_a_qos_2_exchange() {
        let mut log = Log::new(1 << 20);
        log.push_sent(1, b"\x34\x07\x00\x01t\x00\x09hi", MARKS);
        receive(&mut log, b"\x50\x02\x00\x09\x70\x02\x00\x09");
        log.push_received(2, 4, MARKS);
        log.push_sent(3, b"\x62\x02\x00\x09", MARKS);
        log.push_received(4, 4, MARKS);
        let asked: Vec<_> = (0..4).map(|number| log.answered(number).map(|record| record.time)).collect();
        assert_eq!(asked, [None, Some(1), Some(2), Some(3)]);
    }

    #[test]
    fn the_password_is_overwritten() {
        let mut log = Log::new(1 << 20);
        let connect = b"\x10\x16\x00\x06MQIsdp\x03\xc2\x00\x00\x00\x01c\x00\x01u\x00\x02pw";
        log.push_sent(1, connect, MARKS);
        let kept = log.bytes(log.record(0).expect("it is kept"));
        assert_eq!(&kept[kept.len() - 4..], b"\x00\x02**");
        assert_eq!(&kept[..kept.len() - 2], &connect[..connect.len() - 2]);
    }

    #[test]
    fn a_huge_packet_in_small_pieces_lies_in_one_piece() {
        let mut log = Log::new(64 << 20);
        let body = 5_000_000;
        let mut sent = vec![0x30, 0xc0, 0x96, 0xb1, 0x02];
        sent.extend((0..body).map(|at| at as u8));
        for piece in sent.chunks(2_048) {
            log.receive(piece.len(), Some(sent.len()), |room| room.copy_from_slice(piece));
        }
        assert!(log.size() < sent.len() + (4 << 20), "{}", log.size());
        let number = log.push_received(1, sent.len(), MARKS);
        assert!(log.bytes(log.record(number).expect("it is kept")) == sent);
    }

    #[test]
    fn the_oldest_go_when_the_budget_is_used_up() {
        let mut log = Log::new(4 << 20);
        let packet = [b"\x30\xe7\x07\x00\x01t".as_slice(), &[7; 996]].concat();
        for number in 0..20_000 {
            log.push_sent(number, &packet, MARKS);
            log.push_event(number, LogEvent::PingWithheld);
        }
        assert_eq!(log.end(), 40_000);
        assert!(log.first() > 30_000 && log.size() <= 4 << 20, "{} {}", log.first(), log.size());
        assert_eq!(log.record(log.first() - 1), None);
        let oldest = log.record(log.first()).expect("it is kept");
        let packet_at = if oldest.direction() == Direction::Event { log.first() + 1 } else { log.first() };
        assert_eq!(log.bytes(log.record(packet_at).expect("it is kept")), packet);
        assert!(log.event(log.record(packet_at + 1).expect("it is kept")).is_some());
        assert_eq!(log.half_lines_before(log.first()), 0);
    }

    #[test]
    fn what_remains_of_a_packet_is_kept_as_broken() {
        let mut log = Log::new(1 << 20);
        receive(&mut log, &PUBLISH[..5]);
        log.push_remains(1, MARKS);
        log.push_remains(2, MARKS);
        assert_eq!(log.end(), 1);
        let record = log.record(0).expect("it is kept");
        assert_eq!((record.packet_type(), record.is_violation(), record.len()), (None, true, 5));
    }

    #[test]
    fn clearing_begins_anew_and_keeps_what_is_coming_in() {
        let mut log = Log::new(1 << 20);
        log.push_event(1, LogEvent::PingWithheld);
        log.push_sent(1, PUBLISH, MARKS);
        receive(&mut log, &PUBLISH[..5]);
        log.clear();
        assert_eq!((log.first(), log.end()), (0, 0));
        receive(&mut log, &PUBLISH[5..]);
        assert_eq!(log.push_received(2, PUBLISH.len(), MARKS), 0);
        log.push_event(3, LogEvent::ClockFallback);
        assert_eq!(log.event(log.record(1).expect("it is kept")), Some(&LogEvent::ClockFallback));
    }

    #[test]
    fn previews_have_as_many_half_lines_as_they_draw() {
        let cases = [(0, 0), (1, 3), (16, 3), (17, 5), (512, 65), (513, 67), (5_000_000, 67)];
        for (len, half_lines) in cases {
            assert_eq!(preview_half_lines(len), half_lines, "{len} bytes");
        }
    }
}
