//! All TCP connections of a capture: which segment belongs to which, and for how long it is waited.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Report;
use super::order::{Order, Side};
use super::reader::{Place, Reader};
use super::recognition::is_connect;
use super::tcp::Segment;
use crate::store::{End, Log, SourceId};

/// All connections of a capture.
pub(super) struct Streams {
    /// By the two ends, the lower one first.
    by_ends: BTreeMap<Ends, Box<Stream>>,
    /// Ends that MQTT was seen to be spoken at.
    servers: BTreeSet<End>,
    /// Connections that are not recognised, by both of their ends.
    unknown: BTreeMap<End, Vec<Ends>>,
    /// Connections where something began to wait, and when.
    waiting: VecDeque<(u64, Ends)>,
    /// Connections that were broken off, and when.
    resets: VecDeque<(u64, Ends)>,
    source: SourceId,
}

type Ends = (End, End);

/// A TCP connection.
#[derive(Default)]
struct Stream {
    order: Order,
    reader: Reader,
    frames: u64,
}

impl Streams {
    pub(super) const fn new(source: SourceId) -> Self {
        Self {
            by_ends: BTreeMap::new(),
            servers: BTreeSet::new(),
            unknown: BTreeMap::new(),
            waiting: VecDeque::new(),
            resets: VecDeque::new(),
            source,
        }
    }

    /// The source of all connections of the file.
    pub(super) const fn source(&self) -> SourceId {
        self.source
    }

    /// Takes a segment that came in so many frames.
    pub(super) fn segment(
        &mut self,
        time: u64,
        segment: &Segment<'_>,
        frames: u64,
        log: &mut Log,
        report: &mut Report,
    ) {
        self.expire(time, log, report);
        let side = side_of(segment);
        let ends = if side == Side::Low { (segment.from, segment.to) } else { (segment.to, segment.from) };
        if is_connect(segment.payload) == Some(true)
            && self.by_ends.get(&ends).is_none_or(|stream| stream.reader.is_new())
        {
            // What came of others before goes into the log before it.
            self.learn(segment.to, log, report);
        }
        let mut place = self.place(ends, log, report);
        let stream = self.by_ends.entry(ends).or_default();
        if !stream.order.has(side, segment) {
            stream.end(&mut place);
            **stream = Stream::default();
        }
        stream.frames += frames;
        if segment.has(Segment::SYN) {
            let is_answer = segment.acknowledged().is_some();
            stream.reader.begin(if is_answer { side.other() } else { side });
        }
        if stream.reader.is_left_out() {
            return;
        }
        let was_reset = stream.reader.reset_at().is_some();
        let had_server = stream.reader.server().is_some();
        let was_unknown = stream.reader.is_unknown();
        let was_waiting = stream.order.waits_since().is_some();
        let Stream { order, reader, .. } = &mut **stream;
        order.take(time, side, segment, &mut |time, side, turn| reader.take(time, side, turn, &mut place));
        if !was_waiting && let Some(since) = stream.order.waits_since() {
            self.waiting.push_back((since, ends));
        }
        if !was_reset && let Some(since) = stream.reader.reset_at() {
            self.resets.push_back((since, ends));
        }
        let is_unknown = stream.reader.is_unknown();
        let server = stream.reader.server().filter(|_| !had_server);
        if is_unknown && !was_unknown {
            [ends.0, ends.1].into_iter().for_each(|end| self.unknown.entry(end).or_default().push(ends));
        }
        if let Some(server) = server {
            self.learn(if server == Side::Low { ends.0 } else { ends.1 }, log, report);
        }
    }

    /// Ends all connections with what they have.
    pub(super) fn finish(&mut self, log: &mut Log, report: &mut Report) {
        self.expire(u64::MAX, log, report);
        for (ends, mut stream) in std::mem::take(&mut self.by_ends) {
            let mut place = self.place(ends, log, report);
            stream.end(&mut place);
        }
    }

    fn place<'a>(&self, ends: Ends, log: &'a mut Log, report: &'a mut Report) -> Place<'a> {
        let is_server = [ends.0, ends.1].map(|end| end.port == MQTT_PORT || self.servers.contains(&end));
        Place { ends, is_server, source: self.source, log, report }
    }

    /// MQTT is spoken at an end: connections to it that were not recognised are MQTT too.
    fn learn(&mut self, end: End, log: &mut Log, report: &mut Report) {
        if end.port == MQTT_PORT || !self.servers.insert(end) {
            return;
        }
        for ends in self.unknown.remove(&end).unwrap_or_default() {
            let mut place = self.place(ends, log, report);
            if let Some(stream) = self.by_ends.get_mut(&ends) {
                stream.reader.recognise(false, &mut place);
            }
        }
    }

    /// Lets nothing wait for longer than a capture is worth.
    fn expire(&mut self, now: u64, log: &mut Log, report: &mut Report) {
        while let Some(&(since, ends)) = self.resets.front()
            && now.abs_diff(since) >= MAX_FLIGHT_MICROS
        {
            self.resets.pop_front();
            let mut place = self.place(ends, log, report);
            if let Some(stream) = self.by_ends.get_mut(&ends) {
                stream.reader.tell_reset(&mut place);
            }
        }
        while let Some(&(since, ends)) = self.waiting.front() {
            if now != u64::MAX && now.saturating_sub(since) < MAX_WAIT_MICROS {
                return;
            }
            self.waiting.pop_front();
            let mut place = self.place(ends, log, report);
            let Some(stream) = self.by_ends.get_mut(&ends) else { continue };
            match stream.order.waits_since() {
                Some(oldest) if now != u64::MAX && now.saturating_sub(oldest) < MAX_WAIT_MICROS => {
                    self.waiting.push_back((oldest, ends));
                }
                Some(_) => {
                    let Stream { order, reader, .. } = &mut **stream;
                    order.give_up_all(&mut |time, side, turn| reader.take(time, side, turn, &mut place));
                }
                None => {}
            }
        }
    }
}

impl Stream {
    /// Nothing more comes.
    fn end(&mut self, place: &mut Place<'_>) {
        let Self { order, reader, frames } = self;
        order.flush(&mut |time, side, turn| reader.take(time, side, turn, place));
        if let Some(reason) = reader.end(place) {
            place.report.left_out.add(reason, *frames);
        }
    }
}

/// Who sent a segment. Where an end speaks to itself, its address does not say it: then who answers is the higher one.
fn side_of(segment: &Segment<'_>) -> Side {
    let is_answer = segment.has(Segment::SYN) && segment.acknowledged().is_some();
    let is_low = match segment.from.cmp(&segment.to) {
        Ordering::Less => true,
        Ordering::Greater => false,
        Ordering::Equal => segment.mark.map_or(!is_answer, |mark| mark.from_client),
    };
    if is_low { Side::Low } else { Side::High }
}

const MQTT_PORT: u16 = 1883;
/// For how long something may wait for what is missing.
const MAX_WAIT_MICROS: u64 = 10_000_000;
/// For how long bytes may be under way to an end that has broken the connection off.
const MAX_FLIGHT_MICROS: u64 = 1_000_000;
