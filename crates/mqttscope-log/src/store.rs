//! The packet log: raw bytes in an arena of chunks, one fixed-size record a packet or event.
//!
//! Nothing is decoded and nothing is put into words here: that waits until a row is looked at. When the byte
//! budget is used up, the oldest records go, and the log counts them.

use mqttscope_proto::session::{ClientError, PeerError};
use mqttscope_proto::{DecodeErrorKind, ProtocolVersion, Rule};

mod alias;
mod append;
mod arena;
mod blocks;
mod client;
mod clock;
mod colour;
mod connection;
mod ends;
mod event;
mod exchange;
mod facts;
mod guess;
mod inbound;
mod ingest;
mod level;
mod misbehaviour;
mod record;
mod secret;
#[cfg(test)]
mod tests;
// Only what is read of others is watched: a page that reads files in a module of its own needs none of it in the first.
#[cfg(feature = "import")]
mod watch;

use arena::Arena;
use blocks::Blocks;
use clock::Offset;
use colour::Colours;
use connection::Connections;

pub use alias::{Topic, unknown_alias};
pub use connection::{Connection, ConnectionId, SourceId, Version, server_of};
pub use ends::{End, Ends};
pub use event::{Event, EventKind, Fault, Sender, Written};
pub(crate) use event::{Value, Values};
use event::{number_of, sender_of};
pub(crate) use exchange::question;
pub use facts::PacketFacts;
pub use ingest::{BrokenRules, Ingested, Known};
#[cfg(feature = "import")]
pub(crate) use level::CONNECT_NAMES;
pub use level::{is_bridge, level_of, level_words};
pub use record::{Direction, Record};
#[cfg(feature = "import")]
pub(crate) use watch::is_from_client;

/// The packet log.
pub struct Log {
    arena: Arena,
    records: Blocks<Record>,
    connections: Connections,
    colours: Colours,
    /// What the events of the log have found, in their order.
    found: Blocks<Found>,
    /// How many sources there are besides what comes live.
    sources: u32,
    /// How the time of day stands to the times of live records, in their order.
    clock: Vec<Offset>,
    /// The latest time of day of a record.
    latest: u64,
    /// No record has an earlier time of day than one before it.
    is_in_order: bool,
    budget: usize,
    keeps_passwords: bool,
    revision: u32,
    clearings: u32,
    /// How many records were appended that are no events.
    packets: u32,
    /// What the packet breaks that is being taken in.
    broken_rules: BrokenRules,
    /// Where the values of an event are written before they go into the arena.
    scratch: Vec<u8>,
}

/// What is at fault, and the version of the connection that it was found on.
#[derive(Clone, Copy)]
enum Found {
    Rule(Rule, ProtocolVersion),
    Garbage(DecodeErrorKind, ProtocolVersion),
    PeerError(PeerError, ProtocolVersion),
    ClientError(ClientError, ProtocolVersion),
}

impl Log {
    /// The byte budget that is enough for a million packets of a hundred bytes and more: 256 MB.
    pub const DEFAULT_BUDGET: usize = 256 << 20;

    /// An empty log that keeps at most `budget` bytes, those of its records included.
    #[must_use]
    pub fn new(budget: usize) -> Self {
        Self {
            arena: Arena::default(),
            records: Blocks::new(),
            connections: Connections::default(),
            colours: Colours::default(),
            found: Blocks::new(),
            sources: 0,
            clock: Vec::new(),
            latest: 0,
            is_in_order: true,
            budget,
            keeps_passwords: false,
            revision: 0,
            clearings: 0,
            packets: 0,
            broken_rules: BrokenRules::default(),
            scratch: Vec::new(),
        }
    }

    /// Sets the byte budget, and drops at once what is over it.
    pub fn set_budget(&mut self, budget: usize) {
        self.budget = budget;
        self.keep_budget();
    }

    /// Whether passwords are kept from now on; otherwise they are overwritten as they are logged.
    pub fn set_keeps_passwords(&mut self, keeps: bool) {
        self.keeps_passwords = keeps;
    }

    /// Changes with every change of the log.
    #[must_use]
    pub const fn revision(&self) -> u32 {
        self.revision
    }

    /// How often the log was cleared: a number means another record from then on.
    #[must_use]
    pub const fn clearings(&self) -> u32 {
        self.clearings
    }

    /// How many rows of packets, or of bytes that are none, were ever appended.
    #[must_use]
    pub const fn packets(&self) -> u32 {
        self.packets
    }

    /// Bytes that are reserved, for packets and records.
    #[must_use]
    pub fn size(&self) -> usize {
        self.arena.size() + self.records.size() + self.found.size()
    }

    /// Number of the oldest record that is kept; equally, how many were dropped.
    #[must_use]
    pub const fn first(&self) -> u32 {
        self.records.first()
    }

    /// One more than the number of the newest record.
    #[must_use]
    pub const fn end(&self) -> u32 {
        self.records.end()
    }

    /// The record of that number, if it is kept.
    #[inline]
    #[must_use]
    pub fn record(&self, number: u32) -> Option<&Record> {
        self.records.get(number)
    }

    /// The records from a number on, oldest first.
    pub fn records_from(&self, number: u32) -> impl Iterator<Item = &Record> {
        self.records.iter_from(number)
    }

    /// The number of the first record at or after a time in microseconds since the Unix epoch. Where times do not go
    /// forward only, that of the earliest such time.
    #[must_use]
    pub fn find_time(&self, time: u64) -> u32 {
        if !self.is_in_order {
            let times =
                (self.first()..).zip(self.records_from(self.first()).map(|record| self.time_of_day(record)));
            return times
                .filter(|&(_, at)| at >= time)
                .min_by_key(|&(_, at)| at)
                .map_or(self.end(), |(number, _)| number);
        }
        let (mut low, mut high) = (self.first(), self.end());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.record(middle).is_some_and(|record| self.time_of_day(record) < time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The bytes of a packet; empty for an event.
    ///
    /// A password is among them if the log keeps passwords: see [`Self::set_keeps_passwords`].
    #[inline]
    #[must_use]
    pub fn bytes(&self, record: &Record) -> &[u8] {
        match record.direction() {
            Direction::Event => &[],
            _ => self.arena.bytes(record.span),
        }
    }

    /// The topic name of a PUBLISH as it is on the wire, as far as the packet holds it: empty where a topic alias stands
    /// for it. [`Self::topic`] is what it stands for.
    #[inline]
    #[must_use]
    pub fn wire_topic(&self, record: &Record) -> Option<&[u8]> {
        let (start, end) = record.topic_range()?;
        let bytes = self.arena.bytes(record.span);
        bytes.get(start..end.min(bytes.len()))
    }

    /// The payload of a PUBLISH.
    #[inline]
    #[must_use]
    pub fn payload(&self, record: &Record) -> Option<&[u8]> {
        let behind_id = self.arena.bytes(record.span).get(record.behind_id()?..)?;
        if !self.version_of(record).is_5() {
            return Some(behind_id);
        }
        let (len, len_bytes) = property_len(behind_id)?;
        behind_id.get(len_bytes + len..)
    }

    /// The event of an event's record.
    #[must_use]
    pub fn event(&self, record: &Record) -> Option<Event<'_>> {
        let kind = record.event_kind()?;
        let values = Values(self.arena.bytes(record.span));
        let Some(number) = self.found_number(record) else { return Some(Event::of_values(kind, values)) };
        let mut numbers = values.skip(1).map(|value| match value {
            Value::Number(number) => number,
            Value::Text(_) => 0,
        });
        let mut next = || numbers.next().unwrap_or_default();
        Some(match *self.found.get(number)? {
            Found::Rule(rule, version) => {
                Event::Violation { rule: Fault::Found(rule, version), offset: next(), by: sender_of(next()) }
            }
            Found::Garbage(kind, version) => {
                Event::Garbage { error: Fault::Found(kind, version), offset: next(), by: sender_of(next()) }
            }
            Found::PeerError(error, version) => Event::PeerError { error: Fault::Found(error, version) },
            Found::ClientError(error, version) => {
                Event::ClientError { error: Fault::Found(error, version), by: sender_of(next()) }
            }
        })
    }

    /// What is known of a connection. One that is over goes with its last record.
    #[must_use]
    pub fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(id).map(|state| &state.about)
    }

    /// All connections that are open or have records.
    pub fn connections(&self) -> impl Iterator<Item = (ConnectionId, &Connection)> {
        self.connections.iter().map(|(id, state)| (id, &state.about))
    }

    /// What a connection speaks.
    #[must_use]
    pub fn version(&self, id: ConnectionId) -> Version {
        self.connection(id).map_or(Version::Unknown, |connection| connection.version)
    }

    /// What the connection of a record speaks.
    #[must_use]
    pub fn version_of(&self, record: &Record) -> Version {
        self.version(record.connection)
    }

    /// Numbers a source of connections: each file is one of its own.
    pub fn add_source(&mut self) -> SourceId {
        self.sources = self.sources.saturating_add(1);
        SourceId(self.sources)
    }

    /// Numbers a new connection of a source, which is open until an event says that it is closed, or [`Self::close`] is
    /// called. One whose version is unknown gets that of its CONNECT.
    pub fn add_connection(&mut self, source: SourceId, version: Version) -> ConnectionId {
        self.connections.add(source, version, true)
    }

    /// Numbers a connection that is there as long as its records are.
    pub(crate) fn add_past_connection(&mut self, source: SourceId, version: Version) -> ConnectionId {
        self.connections.add(source, version, false)
    }

    /// Messages in flight: how many of the client's, and how many of the server's, wait for their last
    /// acknowledgement.
    #[must_use]
    pub const fn in_flight(&self) -> [u32; 2] {
        self.connections.in_flight()
    }

    /// The same of one connection; of one that is not kept there is none.
    #[must_use]
    pub fn in_flight_on(&self, id: ConnectionId) -> [u32; 2] {
        self.connections.in_flight_on(id)
    }

    /// The number of the packet before this one in its exchange; for an event that of the packet it is about.
    #[must_use]
    pub fn before(&self, number: u32) -> Option<u32> {
        let back = self.record(number)?.back;
        let before = number.checked_sub(back)?;
        (back > 0 && before >= self.first()).then_some(before)
    }

    /// The number of the packet behind this one in its exchange.
    #[must_use]
    pub fn after(&self, number: u32) -> Option<u32> {
        let ahead = self.record(number)?.ahead;
        (ahead > 0).then_some(number + ahead)
    }

    /// The number of the first packet of an exchange, the same for all of its packets.
    #[must_use]
    pub fn exchange(&self, number: u32) -> u32 {
        let mut first = number;
        while let Some(before) = self.before(first) {
            first = before;
        }
        first
    }

    /// The record of the packet that this one answers: the newest of the exchange that an answer was due to.
    ///
    /// Where that was sent more than once, the time since the newest copy is the least that the answer can have taken,
    /// and what the ladder shows. An answer that comes again without a further copy in between answers nothing: for
    /// which of the copies it is cannot be told.
    #[must_use]
    pub fn answered(&self, number: u32) -> Option<&Record> {
        let answer = self.record(number)?.packet_type()?;
        let question = question(answer)?;
        let mut at = number;
        loop {
            at = self.before(at)?;
            let record = self.record(at)?;
            match record.packet_type()? {
                found if found == question => return Some(record),
                found if found == answer => return None,
                // With copies on their way, answers to one step come between the question and the answer of the next.
                _ => {}
            }
        }
    }
}

/// How long the properties are that begin with this length, and how many bytes say so.
fn property_len(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut len = 0;
    for (at, &byte) in bytes.iter().take(4).enumerate() {
        len |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((len, at + 1));
        }
    }
    None
}
