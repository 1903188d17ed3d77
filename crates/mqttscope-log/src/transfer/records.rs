//! Records as bytes: a head of fixed size, and the packet or the values of the event.
//!
//! Where the connection is another one than that of the record before, it stands between the two with its version.

use super::{take, take_slice, take_u32};
use crate::store::{
    ConnectionId, Direction, Event, EventKind, Known, Log, PacketFacts, Record, SourceId, Values, Version,
};

/// Appends the records from a number on to `out`, until it has grown by about `most` bytes; says the number of the
/// next one.
pub fn write_records(log: &Log, from: u32, most: usize, out: &mut Vec<u8>) -> u32 {
    let stop = out.len().saturating_add(most);
    let mut next = from.max(log.first());
    let mut connection = None;
    for record in log.records_from(next) {
        if out.len() >= stop {
            break;
        }
        if connection != Some(record.connection) {
            connection = Some(record.connection);
            out.push(CONNECTION);
            out.extend_from_slice(&record.connection.0.to_le_bytes());
            out.extend_from_slice(&log.version_of(record).to_bytes());
        }
        write(log, record, out);
        next += 1;
    }
    next
}

fn write(log: &Log, record: &Record, out: &mut Vec<u8>) {
    let event = log.event(record);
    let flags = [
        (record.direction() == Direction::In, IN),
        (event.is_some(), EVENT),
        (record.is_violation(), VIOLATION),
        (record.is_broken(), BROKEN),
        (record.is_secret(), SECRET),
    ];
    out.push(flags.into_iter().fold(0, |flags, (on, flag)| if on { flags | flag } else { flags }));
    out.push(event.map_or(record.facts().to_byte(), |event| event.kind() as u8));
    out.extend_from_slice(&event.map_or(0, |_| record.back()).to_le_bytes());
    out.extend_from_slice(&record.time.to_le_bytes());
    let len_at = out.len();
    out.extend_from_slice(&[0; 4]);
    match event {
        Some(event) => event.each_value(&mut |value| Values::push(out, value)),
        None => out.extend_from_slice(log.bytes(record)),
    }
    let len = (out.len() - len_at - 4) as u32;
    out[len_at..len_at + 4].copy_from_slice(&len.to_le_bytes());
}

/// A record, borrowed from the bytes.
struct Item<'a> {
    flags: u8,
    /// The kind of an event, or the facts of a packet.
    kind: u8,
    back: u32,
    time: u64,
    data: &'a [u8],
}

impl<'a> Item<'a> {
    fn take(flags: u8, bytes: &mut &'a [u8]) -> Option<Self> {
        let [kind] = take(bytes)?;
        let back = take_u32(bytes)?;
        let time = u64::from_le_bytes(take(bytes)?);
        let len = take_u32(bytes)?;
        Some(Self { flags, kind, back, time, data: take_slice(bytes, len)? })
    }

    const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Appends the records of one file to a log, which may have others, and to which others may be added meanwhile.
///
/// Its connections get numbers of their own, and all that the log finds out by itself comes out as if the file had
/// been read into it.
#[derive(Debug)]
pub struct Appender {
    source: SourceId,
    /// The number in the log of each connection of the file, once it has one.
    connections: Vec<Option<ConnectionId>>,
    /// Where records stand in the log: the number in the file and the number in the log of the first of each run.
    runs: Vec<(u32, u32)>,
    /// The number in the file of the next record.
    next: u32,
    clearings: u32,
}

impl Appender {
    /// Begins a file.
    #[must_use]
    pub fn new(log: &mut Log) -> Self {
        let clearings = log.clearings();
        Self { source: log.add_source(), connections: Vec::new(), runs: Vec::new(), next: 0, clearings }
    }

    /// Appends the records in a piece of bytes; `None` where they are none, behind those that were.
    pub fn append(&mut self, mut bytes: &[u8], log: &mut Log) -> Option<()> {
        if self.clearings != log.clearings() {
            // Numbers of before mean other records now.
            self.clearings = log.clearings();
            self.runs.clear();
        }
        if self.in_log(self.next) != Some(log.end()) {
            self.runs.push((self.next, log.end()));
        }
        let mut connection = None;
        while !bytes.is_empty() {
            let [flags] = take(&mut bytes)?;
            if flags == CONNECTION {
                let in_file = take_u32(&mut bytes)?;
                let version = Version::from_bytes(take(&mut bytes)?);
                connection = Some(self.connection(in_file, version, log)?);
            } else {
                let item = Item::take(flags, &mut bytes)?;
                self.push(&item, connection?, log)?;
                self.next += 1;
            }
        }
        Some(())
    }

    fn push(&mut self, item: &Item<'_>, connection: ConnectionId, log: &mut Log) -> Option<()> {
        if item.has(EVENT) {
            let event = Event::of_values(EventKind::from_number(item.kind)?, Values(item.data));
            let about = self.next.checked_sub(item.back).filter(|_| item.back > 0);
            let about = about.and_then(|about| self.in_log(about));
            log.append_event(about, item.time, connection, event);
        } else {
            let direction = if item.has(IN) { Direction::In } else { Direction::Out };
            let facts = PacketFacts::from_byte(item.kind);
            let (violation, broken, secret) = (item.has(VIOLATION), item.has(BROKEN), item.has(SECRET));
            let known = Known { facts, violation, broken, secret };
            let number = log.push_known(item.time, connection, direction, item.data, known);
            if !violation {
                log.mark_innocent(number);
            }
        }
        Some(())
    }

    /// The connection in the log of one of the file. It goes with its last record, and where more of it comes then, that
    /// is a new one.
    fn connection(&mut self, in_file: u32, version: Version, log: &mut Log) -> Option<ConnectionId> {
        let at = in_file as usize;
        if self.connections.len() <= at {
            if at > self.connections.len() + MOST_NEW {
                return None;
            }
            self.connections.resize(at + 1, None);
        }
        let known = self.connections[at].filter(|&known| log.connection(known).is_some());
        let connection = known.unwrap_or_else(|| log.add_past_connection(self.source, version));
        self.connections[at] = Some(connection);
        log.learn_version(connection, version);
        Some(connection)
    }

    /// The number in the log of a record of the file.
    fn in_log(&self, number: u32) -> Option<u32> {
        let behind = self.runs.partition_point(|&(in_file, _)| in_file <= number);
        let &(in_file, in_log) = self.runs.get(behind.checked_sub(1)?)?;
        Some(in_log + (number - in_file))
    }
}

const IN: u8 = 1 << 0;
const EVENT: u8 = 1 << 1;
const VIOLATION: u8 = 1 << 2;
const BROKEN: u8 = 1 << 3;
const SECRET: u8 = 1 << 4;
/// Stands in place of a record's flags where a connection begins.
const CONNECTION: u8 = 0xff;
/// How far ahead of those that are known the number of a connection may be: files give them in order, though some are
/// never seen.
const MOST_NEW: usize = 1 << 20;
