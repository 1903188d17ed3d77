//! The packet log: raw bytes in an arena of chunks, one fixed-size record a packet or event.
//!
//! Nothing is decoded and nothing is put into words here: that waits until a row is looked at. When the byte
//! budget is used up, the oldest records go, and the log counts them.

use mqttscope_proto::FrameScanner;

mod append;
mod arena;
mod blocks;
mod event;
mod exchange;
mod record;
#[cfg(test)]
mod tests;

use arena::{Arena, Span};
use blocks::Blocks;
use exchange::{Exchanges, question};

pub use event::{Event, EventKind, Value};
pub use record::{Direction, Marks, Record};

/// The packet log.
pub struct Log {
    arena: Arena,
    records: Blocks<Record>,
    connections: Vec<State>,
    /// How many sources there are besides what comes live.
    sources: u16,
    /// Half lines of all hex previews, of records that were dropped too.
    half_lines: u32,
    incoming: Incoming,
    budget: usize,
    keeps_passwords: bool,
    revision: u32,
    clearings: u32,
    /// Where the values of an event are written before they go into the arena.
    scratch: Vec<u8>,
}

/// What the log knows of a connection beside its packets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// The client id of its CONNECT.
    pub client_id: String,
    /// The number of its CONNECT.
    pub connect: Option<u32>,
    /// The number of its DISCONNECT.
    pub disconnect: Option<u32>,
    /// When the transport was opened, in microseconds since the Unix epoch.
    pub opened: Option<u64>,
    /// When the transport was closed, in microseconds since the Unix epoch.
    pub closed: Option<u64>,
}

#[derive(Default)]
struct State {
    about: Connection,
    exchanges: Exchanges,
    source: u16,
}

/// Bytes from the peer that are not yet records.
#[derive(Default)]
struct Incoming {
    span: Option<Span>,
    /// How many of them the scanner has seen.
    scanned: usize,
    scanner: FrameScanner,
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
            connections: Vec::new(),
            sources: 0,
            half_lines: 0,
            incoming: Incoming::default(),
            budget,
            keeps_passwords: false,
            revision: 0,
            clearings: 0,
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

    /// Bytes that are reserved, for packets and records.
    #[must_use]
    pub fn size(&self) -> usize {
        self.arena.size() + self.records.size()
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

    /// The number of the first record at or after a time in microseconds since the Unix epoch.
    ///
    /// Found by halving, which takes the clock to go forward only.
    #[must_use]
    pub fn find_time(&self, time: u64) -> u32 {
        let (mut low, mut high) = (self.first(), self.end());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.record(middle).is_some_and(|record| record.time < time) {
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

    /// The topic name of a PUBLISH, as far as the packet holds it.
    #[inline]
    #[must_use]
    pub fn topic(&self, record: &Record) -> Option<&[u8]> {
        let (start, end) = record.topic_range()?;
        let bytes = self.arena.bytes(record.span);
        bytes.get(start..end.min(bytes.len()))
    }

    /// The payload of a PUBLISH.
    #[inline]
    #[must_use]
    pub fn payload(&self, record: &Record) -> Option<&[u8]> {
        self.arena.bytes(record.span).get(record.payload_start()?..)
    }

    /// The event of an event's record.
    #[must_use]
    pub fn event(&self, record: &Record) -> Option<Event<'_>> {
        record.event_kind().map(|kind| Event::new(kind, self.arena.bytes(record.span)))
    }

    /// What is known of a connection.
    #[must_use]
    pub fn connection(&self, number: u16) -> Option<&Connection> {
        self.connections.get(usize::from(number)).map(|state| &state.about)
    }

    /// Numbers a source of connections: 0 is what comes live, and each file is one of its own.
    ///
    /// A client that has not asked for a clean session goes on with its exchanges only within a source: a client id
    /// in a file of yesterday is not the client of today.
    pub fn add_source(&mut self) -> u16 {
        self.sources = self.sources.saturating_add(1);
        self.sources
    }

    /// Numbers a new connection of a source. Where all numbers are given away, the last one serves again.
    pub fn add_connection(&mut self, source: u16) -> u16 {
        let number = u16::try_from(self.connections.len()).unwrap_or(u16::MAX);
        self.state(number).source = source;
        number
    }

    /// Messages in flight: how many of the client's, and how many of the server's, wait for their last
    /// acknowledgement.
    #[must_use]
    pub fn in_flight(&self) -> [u32; 2] {
        let all = self.connections.iter().map(|state| state.exchanges.in_flight());
        all.fold([0; 2], |[ours, theirs], [more_ours, more_theirs]| [ours + more_ours, theirs + more_theirs])
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

    /// Half lines of all hex previews before a record, counted from the oldest that is kept.
    #[must_use]
    pub fn half_lines_before(&self, number: u32) -> u32 {
        let at = |record: Option<&Record>| record.map_or(self.half_lines, |record| record.half_lines);
        at(self.record(number)).wrapping_sub(at(self.record(self.first())))
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

/// Bytes of a line of a hex preview.
pub const PREVIEW_LINE: usize = 16;
/// The most lines that a hex preview has.
pub const PREVIEW_MAX_LINES: usize = 32;
