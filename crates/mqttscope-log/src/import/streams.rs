//! TCP connections that are MQTT: which side is the client, and the packets of both.

use mqttscope_proto::json::push_number;
use mqttscope_proto::{FixedHeader, FrameScanner, Packet, ProtocolVersion, decode};

use super::Report;
use super::link::{End, Segment};
use super::reassembly::{Order, Piece};
use crate::store::{Direction, EventKind, Log, Marks, Value};

/// All connections of a capture.
pub(super) struct Streams {
    /// Sorted by the two ends, the lower one first.
    by_ends: Vec<((End, End), Box<Stream>)>,
    next_connection: u16,
    time: u64,
}

/// A TCP connection.
struct Stream {
    /// The direction of what the lower end sends, once it is known.
    low_direction: Option<Direction>,
    /// Its number, once it is known to be MQTT.
    connection: Option<u16>,
    is_over: bool,
    v311: bool,
    /// The lower and the higher end.
    halves: [Half; 2],
}

/// What one end sends.
#[derive(Default)]
struct Half {
    order: Order,
    scanner: FrameScanner,
    partial: Vec<u8>,
    /// Bytes that still belong to a packet with a hole.
    spoilt: usize,
    /// Where a packet begins is not known.
    lost: bool,
    finished: bool,
}

impl Streams {
    pub(super) fn new(first_connection: u16) -> Self {
        Self { by_ends: Vec::new(), next_connection: first_connection, time: 0 }
    }

    /// The number that a connection of the file has in the log.
    pub(super) fn renumbered(&self, connection: u16) -> u16 {
        self.next_connection.wrapping_add(connection)
    }

    /// Takes a segment, and says whether it belongs to MQTT.
    pub(super) fn segment(
        &mut self,
        time: u64,
        segment: &Segment<'_>,
        log: &mut Log,
        report: &mut Report,
    ) -> bool {
        self.time = time;
        let from_low = segment.from <= segment.to;
        let ends = if from_low { (segment.from, segment.to) } else { (segment.to, segment.from) };
        let is_first = segment.has(Segment::SYN) && !segment.has(Segment::ACK);
        let at = self.by_ends.partition_point(|(known, _)| *known < ends);
        if self.by_ends.get(at).is_none_or(|(known, _)| *known != ends) {
            self.by_ends.insert(at, (ends, Box::new(Stream::new())));
        }
        let stream = &mut self.by_ends[at].1;
        let order = &stream.halves[usize::from(!from_low)].order;
        let is_repeated = order.expects(segment.sequence.wrapping_add(1));
        if is_first && (stream.is_over || !order.is_new() && !is_repeated) {
            // The ports are used again.
            stream.flush(time, log, report);
            **stream = Stream::new();
        }
        if stream.is_over {
            return stream.connection.is_some();
        }
        stream.find_roles(segment, from_low, is_first);
        if stream.connection.is_none() && stream.is_mqtt(segment, from_low) {
            stream.connection = Some(self.next_connection);
            stream.begin_at(segment, from_low);
            self.next_connection = self.next_connection.wrapping_add(1);
            report.connections += 1;
            stream.tell_ends(time, ends, log);
        }
        stream.take(time, segment, from_low, log, report);
        stream.connection.is_some()
    }

    /// Ends all connections with what they have.
    pub(super) fn finish(&mut self, log: &mut Log, report: &mut Report) {
        for (_, stream) in &mut self.by_ends {
            stream.flush(self.time, log, report);
        }
    }
}

impl Stream {
    fn new() -> Self {
        Self { low_direction: None, connection: None, is_over: false, v311: true, halves: Default::default() }
    }

    /// The client is who sends SYN or CONNECT, or who has not got port 1883.
    fn find_roles(&mut self, segment: &Segment<'_>, from_low: bool, is_first: bool) {
        if self.low_direction.is_some() {
            return;
        }
        let sent_by_client = if is_first || is_connect(segment.payload) || segment.to.port == MQTT_PORT {
            true
        } else if segment.has(Segment::SYN) || segment.from.port == MQTT_PORT {
            false
        } else {
            return;
        };
        self.low_direction = Some(if sent_by_client == from_low { Direction::Out } else { Direction::In });
    }

    fn is_mqtt(&self, segment: &Segment<'_>, from_low: bool) -> bool {
        let by_port = segment.from.port == MQTT_PORT || segment.to.port == MQTT_PORT;
        let is_client = self.direction(from_low) == Direction::Out;
        self.low_direction.is_some() && (by_port || is_client && is_connect(segment.payload))
    }

    fn direction(&self, from_low: bool) -> Direction {
        match (self.low_direction, from_low) {
            (Some(Direction::In), true) | (Some(Direction::Out), false) => Direction::In,
            _ => Direction::Out,
        }
    }

    fn marks(&self) -> Marks {
        Marks { connection: self.connection.unwrap_or_default(), v311: self.v311, ..Marks::default() }
    }

    /// What came before is not MQTT, and was not kept.
    fn begin_at(&mut self, segment: &Segment<'_>, from_low: bool) {
        if !segment.has(Segment::SYN) && !self.halves[usize::from(!from_low)].order.expects(segment.sequence)
        {
            self.halves = Default::default();
        }
    }

    fn tell_ends(&self, time: u64, (low, high): (End, End), log: &mut Log) {
        let low_is_client = self.direction(true) == Direction::Out;
        let (client, server) = if low_is_client { (low, high) } else { (high, low) };
        let words = ["TCP connection of ", &words_of(client), " to ", &words_of(server)].concat();
        let values = [Value::Text("tcp-connection"), Value::Text(&words)];
        log.push_event(time, self.marks().connection, EventKind::Note, &values);
    }

    fn take(&mut self, time: u64, segment: &Segment<'_>, from_low: bool, log: &mut Log, report: &mut Report) {
        let at = usize::from(!from_low);
        if segment.has(Segment::SYN) {
            self.halves[at].order.begin(segment.sequence);
        } else if self.connection.is_some() {
            let half = &mut self.halves[at];
            // A capture that begins in the middle shows nothing of where a packet begins.
            half.lost |= half.order.is_new() && !segment.payload.is_empty() && !is_connect(segment.payload);
            if let Some(bytes) = half.order.push(segment.sequence, segment.payload, &mut report.repeated) {
                self.bytes(time, from_low, bytes, log, report);
                if segment.cut > 0 {
                    self.halves[at].order.skip(segment.cut);
                    self.gap(time, from_low, segment.cut, log, report);
                }
            }
            self.waiting(time, from_low, false, log, report);
        }
        self.halves[at].finished |= segment.has(Segment::FIN);
        let reset = segment.has(Segment::RST);
        if reset || self.halves.iter().all(|half| half.finished) {
            self.flush(time, log, report);
            self.is_over = true;
            let Some(connection) = self.connection else { return };
            let words = if reset { "The TCP connection was reset" } else { "The TCP connection was closed" };
            log.push_event(time, connection, EventKind::Closed, &[Value::Text(words)]);
        }
    }

    /// Takes what had to wait.
    fn waiting(&mut self, time: u64, from_low: bool, at_end: bool, log: &mut Log, report: &mut Report) {
        let at = usize::from(!from_low);
        while let Some(piece) = self.halves[at].order.pop(at_end, &mut report.repeated) {
            match piece {
                Piece::Bytes(bytes) => self.bytes(time, from_low, &bytes, log, report),
                Piece::Gap(len) => self.gap(time, from_low, len as usize, log, report),
            }
        }
    }

    /// Makes records of what has come, the unfinished packets included.
    fn flush(&mut self, time: u64, log: &mut Log, report: &mut Report) {
        if self.connection.is_none() {
            return;
        }
        for from_low in [true, false] {
            self.waiting(time, from_low, true, log, report);
            let partial = std::mem::take(&mut self.halves[usize::from(!from_low)].partial);
            if !partial.is_empty() {
                self.broken(time, from_low, &partial, log);
                let values = [Value::Number(partial.len() as u64)];
                log.push_event(time, self.marks().connection, EventKind::Incomplete, &values);
            }
        }
    }

    /// Goes on behind bytes that the capture lacks.
    fn gap(&mut self, time: u64, from_low: bool, len: usize, log: &mut Log, report: &mut Report) {
        report.missing += len as u64;
        let direction = self.direction(from_low);
        let values = [Value::Number(len as u64), Value::Text(direction.name())];
        log.push_event(time, self.marks().connection, EventKind::Gap, &values);
        let half = &mut self.halves[usize::from(!from_low)];
        let left = if half.spoilt > 0 {
            Some(half.spoilt)
        } else {
            half.scanner.frame_len().map(|frame_len| frame_len - half.partial.len().min(frame_len))
        };
        half.scanner = FrameScanner::new();
        match left {
            // The hole is within a packet whose end is known.
            Some(left) if left >= len => half.spoilt = left - len,
            _ => {
                half.spoilt = 0;
                half.lost = true;
            }
        }
        if half.spoilt == 0 {
            let partial = std::mem::take(&mut half.partial);
            self.broken(time, from_low, &partial, log);
        }
    }

    fn bytes(&mut self, time: u64, from_low: bool, bytes: &[u8], log: &mut Log, report: &mut Report) {
        let at = usize::from(!from_low);
        let mut rest = bytes;
        let spoilt = self.halves[at].spoilt.min(rest.len());
        if spoilt > 0 {
            let half = &mut self.halves[at];
            half.partial.extend_from_slice(&rest[..spoilt]);
            half.spoilt -= spoilt;
            rest = &rest[spoilt..];
            if half.spoilt == 0 {
                let partial = std::mem::take(&mut half.partial);
                self.broken(time, from_low, &partial, log);
            }
        }
        while !rest.is_empty() {
            let half = &mut self.halves[at];
            if half.lost {
                if !is_plausible(rest) {
                    // Most segments begin with a packet: the next one is another chance.
                    self.broken(time, from_low, rest, log);
                    return;
                }
                half.lost = false;
            }
            match half.scanner.scan(rest) {
                Ok(scan) if scan.complete && half.partial.is_empty() => {
                    self.packet(time, from_low, &rest[..scan.consumed], log, report);
                    rest = &rest[scan.consumed..];
                }
                Ok(scan) => {
                    half.partial.extend_from_slice(&rest[..scan.consumed]);
                    rest = &rest[scan.consumed..];
                    if scan.complete {
                        let partial = std::mem::take(&mut half.partial);
                        self.packet(time, from_low, &partial, log, report);
                    }
                }
                Err(error) => {
                    half.scanner = FrameScanner::new();
                    half.lost = true;
                    let mut garbage = std::mem::take(&mut half.partial);
                    garbage.extend_from_slice(rest);
                    self.broken(time, from_low, &garbage, log);
                    let version = if self.v311 { ProtocolVersion::V311 } else { ProtocolVersion::V31 };
                    let words = error.to_string();
                    let values = [
                        Value::Text(&words),
                        Value::Number(error.offset as u64),
                        Value::Text(error.kind.clause(version)),
                    ];
                    log.push_event(time, self.marks().connection, EventKind::Garbage, &values);
                    return;
                }
            }
        }
    }

    fn packet(&mut self, time: u64, from_low: bool, bytes: &[u8], log: &mut Log, report: &mut Report) {
        let mut violation = None;
        let version = if self.v311 { ProtocolVersion::V311 } else { ProtocolVersion::V31 };
        let packet = decode(bytes, version, &mut violation);
        if let Ok(Packet::Connect(connect)) = &packet {
            self.v311 = match connect.version() {
                Some(ProtocolVersion::V31) => false,
                Some(ProtocolVersion::V311) | None => true,
            };
        }
        report.packets += 1;
        let marks = Marks { violation: packet.is_err(), ..self.marks() };
        let number = log.push_whole(time, self.direction(from_low), bytes, marks);
        if let Some(violation) = violation {
            log.push_violation(time, number, &violation);
        }
    }

    fn broken(&self, time: u64, from_low: bool, bytes: &[u8], log: &mut Log) {
        if !bytes.is_empty() {
            let marks = Marks { broken: true, ..self.marks() };
            log.push_whole(time, self.direction(from_low), bytes, marks);
        }
    }
}

/// Whether bytes begin with a CONNECT of a known name.
fn is_connect(bytes: &[u8]) -> bool {
    match FixedHeader::decode(bytes) {
        Ok(Some(header)) if header.first_byte == 0x10 => {
            let body = &bytes[header.len..];
            body.starts_with(b"\x00\x04MQTT") || body.starts_with(b"\x00\x06MQIsdp")
        }
        _ => false,
    }
}

/// Whether a packet may begin here: where it is whole, it must be faultless.
fn is_plausible(bytes: &[u8]) -> bool {
    match FixedHeader::decode(bytes) {
        Ok(Some(header)) => match bytes.get(..header.packet_len()) {
            Some(packet) => {
                let mut violation = None;
                decode(packet, ProtocolVersion::V311, &mut violation).is_ok() && violation.is_none()
            }
            None => true,
        },
        Ok(None) => true,
        Err(_) => false,
    }
}

/// `10.0.0.1:1883` or `[fd00:0:0:0:0:0:0:1]:1883`.
fn words_of(end: End) -> String {
    let mut words = String::new();
    if let [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, v4 @ ..] = end.address {
        for (at, byte) in v4.into_iter().enumerate() {
            words.push_str(if at > 0 { "." } else { "" });
            push_number(&mut words, byte.into());
        }
    } else {
        for (at, group) in end.address.chunks(2).enumerate() {
            words.push(if at > 0 { ':' } else { '[' });
            let group = u32::from(group[0]) << 8 | u32::from(group[1]);
            let digits = (32 - group.leading_zeros()).div_ceil(4).max(1);
            words.extend(
                (0..digits).rev().filter_map(|digit| char::from_digit(group >> (4 * digit) & 15, 16)),
            );
        }
        words.push(']');
    }
    words.push(':');
    push_number(&mut words, end.port.into());
    words
}

const MQTT_PORT: u16 = 1883;
