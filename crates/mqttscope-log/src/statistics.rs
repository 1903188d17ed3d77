//! Figures of a log, kept up with it in slices: packets and bytes, rates, latencies, topics.
//!
//! A packet costs no allocation, except that a new topic may; all memory is bounded.

use mqttscope_proto::PacketType;
use mqttscope_text::number::difference;

use crate::filter::Filter;
use crate::follow::{Budget, Follower, Place};
use crate::store::{Direction, Log, Record, Topic as TopicOf, unknown_alias};

mod histogram;
mod seconds;
mod topics;

pub use histogram::Histogram;
pub use seconds::{Rate, Sample, Seconds};
pub use topics::{Topic, Topics};

/// A number of packets and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Packets.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// The figures.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    place: Place,
    /// By the number of the type, 0 for what is no packet, and out before in.
    counts: [[Count; 2]; 16],
    violations: u64,
    /// Out before in, each as [`Self::ACKNOWLEDGEMENTS`].
    latencies: [[Histogram; 5]; 2],
    /// How many latencies are negative, since a clock ran backwards.
    left_out: [[u64; 5]; 2],
    seconds: Seconds,
    topics: Topics,
    /// Records that do not count.
    left_out_records: Option<Filter>,
}

impl Follower for Statistics {
    /// Goes on with what has come. Packets that the log has dropped since count on.
    fn advance(&mut self, log: &Log, budget: Budget) -> bool {
        let mut place = self.place;
        if place.find(log) {
            *self = Self::without(self.left_out_records.take());
        }
        let is_done = place.advance(log, Budget { bytes: usize::MAX, ..budget }, |number, record| {
            self.note(log, number, record);
            0
        });
        self.place = place;
        is_done
    }
}

impl Statistics {
    /// The acknowledgements whose latency is measured. PUBREC's counts from PUBLISH, PUBCOMP's from PUBREL; from the
    /// newest copy, and once however often the acknowledgement comes: see [`Log::answered`].
    pub const ACKNOWLEDGEMENTS: [PacketType; 5] = [
        PacketType::PubAck,
        PacketType::PubRec,
        PacketType::PubComp,
        PacketType::SubAck,
        PacketType::PingResp,
    ];

    /// Figures of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Figures of nothing, in which what a filter leaves never counts.
    #[must_use]
    pub fn without(filter: Option<Filter>) -> Self {
        Self { left_out_records: filter, ..Self::default() }
    }

    /// How many records are not counted yet.
    #[must_use]
    pub const fn behind(&self, log: &Log) -> u32 {
        self.place.behind(log)
    }

    /// Packets and bytes of a type in a direction.
    #[must_use]
    pub fn count(&self, packet_type: PacketType, direction: Direction) -> Count {
        side(direction).map_or(Count::default(), |side| self.counts[packet_type as usize][side])
    }

    /// What came or went that is no packet.
    #[must_use]
    pub fn broken(&self, direction: Direction) -> Count {
        side(direction).map_or(Count::default(), |side| self.counts[0][side])
    }

    /// All packets and bytes of a direction.
    #[must_use]
    pub fn total(&self, direction: Direction) -> Count {
        let Some(side) = side(direction) else { return Count::default() };
        let add = |sum: Count, count: &[Count; 2]| Count {
            packets: sum.packets + count[side].packets,
            bytes: sum.bytes + count[side].bytes,
        };
        self.counts.iter().fold(Count::default(), add)
    }

    /// Packets that break a rule.
    #[must_use]
    pub const fn violations(&self) -> u64 {
        self.violations
    }

    /// How long one of [`Self::ACKNOWLEDGEMENTS`] took, in microseconds; `None` for other types.
    ///
    /// In are the answers of the server, with the way there and back; out are those of the clients, which a log that
    /// is kept at a client sees at once.
    #[must_use]
    pub fn latency(&self, packet_type: PacketType, direction: Direction) -> Option<&Histogram> {
        let at = Self::ACKNOWLEDGEMENTS.iter().position(|&known| known == packet_type)?;
        Some(&self.latencies[side(direction)?][at])
    }

    /// How many latencies of one of [`Self::ACKNOWLEDGEMENTS`] are left out, since a clock ran backwards in between.
    #[must_use]
    pub fn left_out(&self, packet_type: PacketType, direction: Direction) -> u64 {
        let at = Self::ACKNOWLEDGEMENTS.iter().position(|&known| known == packet_type);
        at.zip(side(direction)).map_or(0, |(at, side)| self.left_out[side][at])
    }

    /// The last minutes, second by second, and the rates.
    #[must_use]
    pub const fn seconds(&self) -> &Seconds {
        &self.seconds
    }

    /// The topics with the most messages.
    #[must_use]
    pub const fn topics(&self) -> &Topics {
        &self.topics
    }

    fn note(&mut self, log: &Log, number: u32, record: &Record) {
        let Some(side) = side(record.direction()) else { return };
        if self.left_out_records.as_mut().is_some_and(|filter| filter.matches(log, number, record)) {
            return;
        }
        let bytes = u64::from(record.len());
        let packet_type = record.packet_type();
        let count = &mut self.counts[packet_type.map_or(0, |packet_type| packet_type as usize)][side];
        count.packets += 1;
        count.bytes += bytes;
        self.violations += u64::from(record.is_violation());
        self.seconds.note(record.time, side, bytes);
        let Some(packet_type) = packet_type else { return };
        if packet_type == PacketType::Publish {
            match log.topic(number, record) {
                Some(TopicOf::Name(name)) => self.topics.note(name, record.time, bytes),
                Some(TopicOf::Alias(alias)) => {
                    self.topics.note(unknown_alias(alias).as_bytes(), record.time, bytes);
                }
                None => {}
            }
            return;
        }
        let known = Self::ACKNOWLEDGEMENTS.iter().position(|&known| known == packet_type);
        if let Some(at) = known
            && let Some(asked) = log.answered(number)
        {
            // Of one whose answer seems to come before it, nobody knows how long it took.
            match u64::try_from(difference(asked.time, record.time)) {
                Ok(micros) => self.latencies[side][at].note(micros),
                Err(_) => self.left_out[side][at] += 1,
            }
        }
    }
}

const fn side(direction: Direction) -> Option<usize> {
    match direction {
        Direction::Out => Some(0),
        Direction::In => Some(1),
        Direction::Event => None,
    }
}
