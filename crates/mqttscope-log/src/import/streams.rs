//! TCP connections that are MQTT: which side is the client, and the packets of both.

use mqttscope_proto::FixedHeader;

use super::Report;
use super::link::Segment;
use super::reassembly::{Order, Piece};
use crate::store::{BrokenRules, ConnectionId, Direction, End, Ends, Event, Log, SourceId, Version};
use std::collections::BTreeMap;

/// All connections of a capture.
pub(super) struct Streams {
    /// By the two ends, the lower one first.
    by_ends: BTreeMap<(End, End), Box<Stream>>,
    source: SourceId,
    time: u64,
}

/// A TCP connection.
#[derive(Default)]
struct Stream {
    /// The direction of what the lower end sends, once it is known.
    low_direction: Option<Direction>,
    /// Its number, once it is known to be MQTT.
    connection: Option<ConnectionId>,
    is_over: bool,
    /// The lower and the higher end.
    halves: [Half; 2],
}

/// What one end sends.
#[derive(Default)]
struct Half {
    order: Order,
    /// Bytes that still belong to a packet with a hole.
    spoilt: usize,
    /// Where a packet begins is not known.
    lost: bool,
    finished: bool,
}

impl Streams {
    pub(super) const fn new(source: SourceId) -> Self {
        Self { by_ends: BTreeMap::new(), source, time: 0 }
    }

    /// The source of all connections of the file.
    pub(super) const fn source(&self) -> SourceId {
        self.source
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
        let stream = self.by_ends.entry(ends).or_default();
        let order = &stream.halves[usize::from(!from_low)].order;
        let is_repeated = order.expects(segment.sequence.wrapping_add(1));
        if is_first && (stream.is_over || !order.is_new() && !is_repeated) {
            // The ports are used again.
            stream.flush(time, log, report);
            stream.close(log);
            **stream = Stream::default();
        }
        if stream.is_over {
            return stream.connection.is_some();
        }
        stream.find_roles(segment, from_low, is_first);
        if stream.connection.is_none() && stream.is_mqtt(segment, from_low) {
            stream.connection = Some(log.add_connection(self.source, Version::Unknown));
            stream.begin_at(segment, from_low);
            report.connections += 1;
            stream.tell_ends(time, ends, log);
        }
        stream.take(time, segment, from_low, log, report);
        stream.connection.is_some()
    }

    /// Ends all connections with what they have.
    pub(super) fn finish(&mut self, log: &mut Log, report: &mut Report) {
        for stream in self.by_ends.values_mut() {
            stream.flush(self.time, log, report);
            stream.close(log);
        }
    }
}

impl Stream {
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
        let Some(connection) = self.connection else { return };
        log.push_event(time, connection, Event::TcpConnection { ends: Ends { client, server } });
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
            log.push_event(time, connection, Event::Closed { words, failed: false });
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
        let Some(connection) = self.connection else { return };
        for from_low in [true, false] {
            self.waiting(time, from_low, true, log, report);
            let direction = self.direction(from_low);
            let len = log.pending(connection, direction).len() as u64;
            if log.push_remains(time, connection, direction).is_some() {
                log.push_event(time, connection, Event::Incomplete { len });
            }
        }
    }

    /// Nothing more comes.
    fn close(&self, log: &mut Log) {
        if let Some(connection) = self.connection {
            log.close(connection);
        }
    }

    /// Goes on behind bytes that the capture lacks.
    fn gap(&mut self, time: u64, from_low: bool, len: usize, log: &mut Log, report: &mut Report) {
        let Some(connection) = self.connection else { return };
        report.missing += len as u64;
        let direction = self.direction(from_low);
        log.push_gap(time, connection, direction, len as u64);
        let half = &mut self.halves[usize::from(!from_low)];
        let left = if half.spoilt > 0 {
            Some(half.spoilt)
        } else {
            let came = log.pending(connection, direction).len();
            log.announced(connection, direction).map(|announced| announced.saturating_sub(came))
        };
        match left {
            // The hole is within a packet whose end is known.
            Some(left) if left >= len => half.spoilt = left - len,
            _ => {
                half.spoilt = 0;
                half.lost = true;
            }
        }
        if half.spoilt == 0 {
            log.push_remains(time, connection, direction);
        }
    }

    fn bytes(&mut self, time: u64, from_low: bool, bytes: &[u8], log: &mut Log, report: &mut Report) {
        let Some(connection) = self.connection else { return };
        let direction = self.direction(from_low);
        if direction == Direction::In && self.halves[usize::from(from_low)].order.is_waiting() {
            // What the client has asked for may be in what waits.
            log.unwatch(connection);
        }
        let half = &mut self.halves[usize::from(!from_low)];
        let (spoilt, rest) = bytes.split_at(half.spoilt.min(bytes.len()));
        if !spoilt.is_empty() {
            log.receive(connection, direction, spoilt.len(), |room| room.copy_from_slice(spoilt));
            half.spoilt -= spoilt.len();
            if half.spoilt == 0 {
                log.push_remains(time, connection, direction);
            }
        }
        if rest.is_empty() {
            return;
        }
        log.receive(connection, direction, rest.len(), |room| room.copy_from_slice(rest));
        // Most segments begin with a packet: where this one does not, the next one is another chance.
        if half.lost && !is_plausible(rest) {
            log.push_remains(time, connection, direction);
            return;
        }
        half.lost = false;
        loop {
            match log.next_packet(time, connection, direction, |_| ()) {
                Ok(Some(())) => report.packets += 1,
                Ok(None) => return,
                Err(error) => {
                    half.lost = true;
                    log.push_garbage(time, connection, direction, &error);
                    return;
                }
            }
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
                let mut broken = BrokenRules::default();
                broken.decode(packet, Version::Unknown).is_ok() && broken.is_empty()
            }
            None => true,
        },
        Ok(None) => true,
        Err(_) => false,
    }
}

const MQTT_PORT: u16 = 1883;
