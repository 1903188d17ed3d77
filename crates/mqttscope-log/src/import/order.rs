//! The segments of a TCP connection in the order in which its ends read them, each byte once.
//!
//! What comes behind a hole waits, and with it what comes later from the other end, so that the order of both
//! directions stays. A hole is filled by what comes late, or given up: soon after the other end has acknowledged what
//! is missing, which was then sent and not captured, or when too much waits. What waited keeps the time of its segment.

use std::collections::VecDeque;

use super::mark::Mark;
use super::recognition::is_connect;
use super::tcp::Segment;

mod half;

use half::{Half, distance};

/// One of the two ends, by the order of their addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Low,
    High,
}

impl Side {
    pub(super) const BOTH: [Self; 2] = [Self::Low, Self::High];

    pub(super) const fn other(self) -> Self {
        match self {
            Self::Low => Self::High,
            Self::High => Self::Low,
        }
    }
}

/// What is next on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn<'a> {
    /// Bytes that one end sent in one segment, and what a capture of ours says of it.
    Bytes(&'a [u8], Option<Mark>),
    /// So many bytes that it sent were not captured.
    Gap(usize),
    /// It came again, so many bytes of it, of which so many were others the first time.
    Repeat { len: usize, changed: usize },
    /// So many bytes came when their place was given up already.
    Late(usize),
    /// It has sent all.
    Finished,
    /// It has broken the connection off.
    Reset,
}

/// Hears the turns: the time in microseconds, who sent it, and what it is.
pub(super) trait Hear: FnMut(u64, Side, Turn<'_>) {}
impl<F: FnMut(u64, Side, Turn<'_>)> Hear for F {}

/// Both directions of a connection.
#[derive(Default)]
pub(super) struct Order {
    halves: [Half; 2],
    /// What could not have its turn yet, in the order in which it was captured.
    waiting: VecDeque<Piece>,
    waiting_bytes: usize,
    /// What it waits for, as long as anything does.
    hole: Option<Hole>,
    /// A reset that is not at its place, which anybody may have sent.
    doubtful_reset: Option<(u64, Side)>,
    is_reset: bool,
}

/// Bytes that are missing before what waits.
#[derive(Clone, Copy)]
struct Hole {
    side: Side,
    /// Where it begins; where the side begins is not known for one that was met in the middle.
    from: Option<u32>,
    /// Something of the same side waits behind it.
    is_before: bool,
    /// When it was seen that they have arrived at the other end, and how much waited then.
    proof: Option<(u64, usize)>,
}

/// A segment that waits.
struct Piece {
    time: u64,
    side: Side,
    sequence: u32,
    acknowledged: Option<u32>,
    bytes: Vec<u8>,
    cut: usize,
    is_last: bool,
    mark: Option<Mark>,
}

impl Order {
    /// Whether a segment belongs to this connection, and not to a later one between the same ends.
    pub(super) fn has(&self, side: Side, segment: &Segment<'_>) -> bool {
        let half = self.half(side);
        let Some((begin, next)) = half.known else {
            // A client that begins where only its server was heard, and was not told where it begins.
            let is_begun = self.half(side.other()).known.is_some();
            return !(segment.has(Segment::SYN) && segment.acknowledged().is_none() && is_begun);
        };
        if segment.has(Segment::SYN) {
            return segment.sequence.wrapping_add(1) == begin;
        }
        if segment.payload.is_empty() && segment.cut == 0 {
            return true;
        }
        let ahead = distance(segment.sequence, next);
        let is_old = ahead < 0 && distance(segment.sequence, begin) >= -NEAR;
        let is_over = half.is_finished || self.is_reset;
        if is_old || ahead == 0 && !half.is_finished {
            return true;
        }
        // Only the first packet of a connection is a CONNECT.
        let begins = next != begin && is_connect(segment.payload) == Some(true);
        (0..FAR).contains(&ahead) && !is_over && !begins
    }

    /// Takes a segment that belongs to this connection.
    pub(super) fn take(&mut self, time: u64, side: Side, segment: &Segment<'_>, hear: &mut impl Hear) {
        let mut sequence = segment.sequence;
        if segment.has(Segment::SYN) {
            sequence = sequence.wrapping_add(1);
            self.begin(side, sequence);
            if let Some(acknowledged) = segment.acknowledged() {
                self.begin(side.other(), acknowledged);
            }
        }
        if segment.mark.is_some() {
            // A capture of ours lacks nothing before the first segment, and each says all that was heard before it.
            self.begin(side, sequence);
            segment.acknowledged().into_iter().for_each(|heard| self.begin(side.other(), heard));
        }
        if segment.has(Segment::RST) {
            return self.reset(time, side, segment, hear);
        }
        let mut payload = segment.payload;
        if segment.mark.is_none() && self.is_probe(side, sequence, payload) {
            (payload, sequence) = (&[], sequence.wrapping_add(1));
        }
        let acknowledged = self.acknowledge(time, side, segment.acknowledged());
        let piece = Piece {
            time,
            side,
            sequence,
            acknowledged,
            bytes: Vec::new(),
            cut: segment.cut,
            is_last: segment.has(Segment::FIN),
            mark: segment.mark,
        };
        if !payload.is_empty() && self.doubtful_reset.is_some_and(|(_, by)| by == side) {
            // Who goes on has not broken off.
            self.doubtful_reset = None;
        }
        if is_connect(payload) == Some(true) && self.half(side).known.is_none() {
            self.begin(side, sequence);
        }
        let says_nothing = payload.is_empty() && piece.cut == 0 && !piece.is_last;
        if !says_nothing || self.awaits(&piece) {
            if self.waiting.is_empty() && self.is_ready(&piece) {
                return self.give(&piece, payload, hear);
            }
            let fills = self.hole.is_none_or(|hole| {
                let is_behind = hole.from.is_none_or(|from| distance(sequence, from) > 0);
                hole.side == side && !is_behind
            });
            self.waiting_bytes += payload.len();
            self.waiting.push_back(Piece { bytes: payload.to_vec(), ..piece });
            if fills {
                self.give_ready(time, hear);
            }
        }
        while let Some(hole) = self.hole.filter(|hole| self.is_given_up(time, hole)) {
            self.give_up(hole, false, hear);
            self.give_ready(time, hear);
        }
    }

    /// Gives up all holes.
    pub(super) fn give_up_all(&mut self, hear: &mut impl Hear) {
        while let Some(hole) = self.hole {
            self.give_up(hole, true, hear);
            self.give_ready(0, hear);
        }
    }

    /// Nothing more comes.
    pub(super) fn flush(&mut self, hear: &mut impl Hear) {
        self.give_up_all(hear);
        if let Some((time, side)) = self.doubtful_reset.take() {
            self.is_reset = true;
            hear(time, side, Turn::Reset);
        }
    }

    /// The time of what has waited for the longest.
    pub(super) fn waits_since(&self) -> Option<u64> {
        self.waiting.front().map(|piece| piece.time)
    }

    fn half(&self, side: Side) -> &Half {
        &self.halves[side as usize]
    }

    fn half_mut(&mut self, side: Side) -> &mut Half {
        &mut self.halves[side as usize]
    }

    /// What an end sends begins here, unless that is known already.
    fn begin(&mut self, side: Side, sequence: u32) {
        self.half_mut(side).known.get_or_insert((sequence, sequence));
    }

    /// Whether a byte is none of the stream: it asks whether the other end is still there (RFC 9293, 3.8.4).
    fn is_probe(&self, side: Side, sequence: u32, payload: &[u8]) -> bool {
        match self.half(side).next() {
            Some(next) => payload.len() == 1 && sequence.wrapping_add(1) == next,
            None => payload == [0],
        }
    }

    /// Notes how far the other end was heard; gives that back if it can be so.
    fn acknowledge(&mut self, time: u64, side: Side, acknowledged: Option<u32>) -> Option<u32> {
        let acknowledged = acknowledged?;
        let half = self.half_mut(side.other());
        if half.next().is_some_and(|next| !(-FAR..FAR).contains(&distance(acknowledged, next))) {
            return None;
        }
        if half.acknowledged.is_none_or(|known| distance(acknowledged, known) > 0) {
            half.acknowledged = Some(acknowledged);
        }
        if let Some(mut hole) = self.hole.filter(|hole| hole.side == side.other()) {
            self.find_proof(time, &mut hole);
            self.hole = Some(hole);
        }
        Some(acknowledged)
    }

    fn reset(&mut self, time: u64, side: Side, segment: &Segment<'_>, hear: &mut impl Hear) {
        if self.is_reset {
            return;
        }
        let half = self.half(side);
        let fits = half.next().is_none_or(|next| next == segment.sequence)
            || half.acknowledged == Some(segment.sequence)
            || self.reach(side) == Some(segment.sequence);
        if fits {
            self.doubtful_reset = None;
            self.give_up_all(hear);
            self.is_reset = true;
            hear(time, side, Turn::Reset);
        } else {
            self.doubtful_reset = Some((time, side));
        }
    }

    /// Whether there is no point in waiting for longer.
    fn is_given_up(&self, now: u64, hole: &Hole) -> bool {
        if self.waiting.len() > MAX_WAITING || self.waiting_bytes > MAX_WAITING_BYTES {
            return true;
        }
        let (is_unknown, waits) = (hole.from.is_none(), self.waiting.len());
        if is_unknown && self.half(hole.side).known.is_some() {
            return true;
        }
        let is_proven = hole.proof.is_some_and(|(since, waited)| {
            is_unknown || now.abs_diff(since) > SWAPPED_MICROS || waits > waited + SWAPPED
        });
        is_proven
            || is_unknown
                && self.waiting.iter().filter(|piece| piece.side == hole.side).nth(SWAPPED).is_some()
    }

    /// Gives all that can have its turn, in the order of its coming, up to what waits for bytes that are not there.
    fn give_ready(&mut self, now: u64, hear: &mut impl Hear) {
        self.hole = loop {
            match self.find_ready() {
                Ok(at) => self.give_waiting(at, hear),
                Err(hole) => break hole,
            }
        };
        if let Some(mut hole) = self.hole {
            self.find_proof(now, &mut hole);
            self.hole = Some(hole);
        }
    }

    /// What is next among all that waits, or the hole before it.
    fn find_ready(&self) -> Result<usize, Option<Hole>> {
        let mut reach = None;
        for (at, piece) in self.waiting.iter().enumerate() {
            if self.is_ready(piece) {
                return Ok(at);
            }
            // All that it waits for may be there, behind it.
            let reach = reach.get_or_insert_with(|| Side::BOTH.map(|side| self.reach(side)));
            let own = reach[piece.side as usize];
            if own.is_none_or(|reach| distance(piece.sequence, reach) > 0) {
                return Err(Some(Hole { side: piece.side, from: own, is_before: true, proof: None }));
            }
            let (side, from) = (piece.side.other(), reach[piece.side.other() as usize]);
            if from.zip(piece.acknowledged).is_some_and(|(reach, known)| distance(known, reach) > 1) {
                return Err(Some(Hole { side, from, is_before: self.is_before(side, from), proof: None }));
            }
        }
        // Where each waits for the other, somebody has to begin.
        self.waiting.iter().position(|piece| self.is_next(piece)).ok_or(None)
    }

    /// Whether something of a side waits behind a hole.
    fn is_before(&self, side: Side, from: Option<u32>) -> bool {
        let is_behind = |piece: &Piece| from.is_some_and(|from| distance(piece.sequence, from) > 0);
        self.waiting.iter().any(|piece| piece.side == side && is_behind(piece))
    }

    /// Looks whether the other end has heard of what is missing.
    fn find_proof(&self, now: u64, hole: &mut Hole) {
        let known = self.half(hole.side).acknowledged;
        let is_proven = match hole.from {
            // One more may be the place of a FIN that was not captured.
            Some(from) => known.is_some_and(|known| distance(known, from) > i32::from(!hole.is_before)),
            None => {
                let first = self.waiting.iter().find(|piece| piece.side == hole.side);
                first.zip(known).is_some_and(|(first, known)| distance(known, first.sequence) >= 0)
            }
        };
        if is_proven {
            hole.proof.get_or_insert((now, self.waiting.len()));
        }
    }

    /// Whether a piece is next: nothing before it is missing, and nothing that its sender had heard.
    fn is_ready(&self, piece: &Piece) -> bool {
        self.is_next(piece) && !self.awaits(piece)
    }

    fn is_next(&self, piece: &Piece) -> bool {
        let next = self.half(piece.side).next();
        next.is_some_and(|next| distance(piece.sequence, next) <= 0)
    }

    /// Whether its sender had heard bytes of the other end that had not their turn.
    fn awaits(&self, piece: &Piece) -> bool {
        let next = self.half(piece.side.other()).next();
        // One more may be the place of a FIN that was not captured.
        next.zip(piece.acknowledged).is_some_and(|(next, known)| distance(known, next) > 1)
    }

    /// How far a side can be read without a hole, with all that waits.
    fn reach(&self, side: Side) -> Option<u32> {
        let mut reach = self.half(side).next()?;
        loop {
            let before = reach;
            for piece in self.waiting.iter().filter(|piece| piece.side == side) {
                if distance(piece.sequence, reach) <= 0 && distance(piece.end(), reach) > 0 {
                    reach = piece.end();
                }
            }
            if reach == before {
                return Some(reach);
            }
        }
    }

    /// Goes on behind a hole. `at_end` nothing more comes, so that it need not have been acknowledged.
    fn give_up(&mut self, hole: Hole, at_end: bool, hear: &mut impl Hear) {
        let side = hole.side;
        let Some(from) = hole.from else {
            let Some((_, first)) = self.first_of(side) else { return self.give_front(hear) };
            // What was heard of it is over, whether it was captured or not.
            let heard = self.half(side).acknowledged;
            let heard = heard.filter(|&heard| (-NEAR..0).contains(&distance(heard, first)));
            return self.begin(side, heard.unwrap_or(first));
        };
        // All of that side that is there goes before its hole.
        let behind = loop {
            match self.first_of(side) {
                Some((at, sequence)) if distance(sequence, from) <= 0 => self.give_waiting(at, hear),
                first => break first.map(|(_, sequence)| sequence),
            }
        };
        let heard = self.half(side).acknowledged.filter(|&heard| distance(heard, from) > 0);
        let to = match (behind, heard) {
            (Some(behind), Some(heard)) if !at_end && distance(heard, behind) < 0 => heard,
            (Some(to), _) | (None, Some(to)) => to,
            (None, None) => return self.give_front(hear),
        };
        let time = self.waiting.front().map_or(0, |piece| piece.time);
        let len = distance(to, from).unsigned_abs() as usize;
        self.half_mut(side).pass(from, to);
        hear(time, side, Turn::Gap(len));
    }

    /// The place and the sequence number of what is first of a side among what waits.
    fn first_of(&self, side: Side) -> Option<(usize, u32)> {
        let mut of_side = self.waiting.iter().enumerate().filter(|(_, piece)| piece.side == side);
        let (at, first) = of_side.next()?;
        let earlier = |(at, sequence): (usize, u32), (other, piece): (usize, &Piece)| {
            if distance(piece.sequence, sequence) < 0 { (other, piece.sequence) } else { (at, sequence) }
        };
        Some(of_side.fold((at, first.sequence), earlier))
    }

    fn give_front(&mut self, hear: &mut impl Hear) {
        self.give_waiting(0, hear);
    }

    fn give_waiting(&mut self, at: usize, hear: &mut impl Hear) {
        if let Some(mut piece) = self.waiting.remove(at) {
            let bytes = std::mem::take(&mut piece.bytes);
            self.waiting_bytes -= bytes.len();
            self.give(&piece, &bytes, hear);
        }
    }

    /// Gives what is new of a piece whose turn it is.
    fn give(&mut self, piece: &Piece, bytes: &[u8], hear: &mut impl Hear) {
        let (time, side) = (piece.time, piece.side);
        let half = self.half_mut(side);
        let Some(next) = half.next() else { return };
        let ahead = distance(next, piece.sequence).max(0) as usize;
        let (old, new) = bytes.split_at(ahead.min(bytes.len()));
        if !old.is_empty() {
            half.compare(piece.sequence, old, |turn| hear(time, side, turn));
        }
        if !new.is_empty() {
            half.take(new);
            hear(time, side, Turn::Bytes(new, piece.mark));
        }
        let half = self.half_mut(side);
        let cut = piece.cut.saturating_sub(ahead - old.len());
        if cut > 0 {
            half.miss(cut);
            hear(time, side, Turn::Gap(cut));
        }
        let half = self.half_mut(side);
        let end = piece.sequence.wrapping_add((bytes.len() + piece.cut) as u32);
        if piece.is_last && half.next() == Some(end) && !half.is_finished {
            half.finish();
            hear(time, side, Turn::Finished);
        }
    }
}

impl Piece {
    fn end(&self) -> u32 {
        self.sequence.wrapping_add((self.bytes.len() + self.cut + usize::from(self.is_last)) as u32)
    }
}

/// How much may wait for a hole to be filled, in bytes and in segments.
const MAX_WAITING_BYTES: usize = 4 << 20;
const MAX_WAITING: usize = 512;
/// Captures of more than one queue swap frames: for so long, and for so many segments, what was acknowledged may still
/// come.
const SWAPPED_MICROS: u64 = 10_000;
const SWAPPED: usize = 16;
/// The largest window of TCP: what is further away belongs to another connection (RFC 7323, 2.3).
const FAR: i32 = 1 << 30;
/// How far before the first known byte those may lie that came before it.
const NEAR: i32 = 1 << 20;
