//! Records as bytes: a head of fixed size, and the packet or the values of the event.

use super::{take, take_slice, take_u32};
use crate::store::{Direction, Event, EventKind, Log, Marks, Record, Value};

/// Appends the records from a number on to `out`, until it has grown by about `most` bytes; says the number of the
/// next one.
pub fn write_records(log: &Log, from: u32, most: usize, out: &mut Vec<u8>) -> u32 {
    let stop = out.len().saturating_add(most);
    let mut next = from.max(log.first());
    for record in log.records_from(next) {
        if out.len() >= stop {
            break;
        }
        write(log, record, out);
        next += 1;
    }
    next
}

fn write(log: &Log, record: &Record, out: &mut Vec<u8>) {
    let event = log.event(record);
    let data = event.map_or(log.bytes(record), |event| event.data());
    let flags = [
        (record.direction() == Direction::In, IN),
        (event.is_some(), EVENT),
        (record.version().level() == 4, V311),
        (record.is_violation(), VIOLATION),
        (record.is_broken(), BROKEN),
    ];
    out.push(flags.into_iter().fold(0, |flags, (on, flag)| if on { flags | flag } else { flags }));
    out.push(event.map_or(0, |event| event.kind() as u8));
    out.extend_from_slice(&record.connection.to_le_bytes());
    out.extend_from_slice(&event.map_or(0, |_| record.back()).to_le_bytes());
    out.extend_from_slice(&record.time.to_le_bytes());
    out.extend_from_slice(&(data.len() as u32).to_le_bytes());
    out.extend_from_slice(data);
}

/// A record, borrowed from the bytes.
struct Item<'a> {
    flags: u8,
    kind: u8,
    connection: u16,
    back: u32,
    time: u64,
    data: &'a [u8],
}

impl<'a> Item<'a> {
    fn take(bytes: &mut &'a [u8]) -> Option<Self> {
        let [flags, kind] = take(bytes)?;
        let connection = u16::from_le_bytes(take(bytes)?);
        let back = take_u32(bytes)?;
        let time = u64::from_le_bytes(take(bytes)?);
        let len = take_u32(bytes)?;
        Some(Self { flags, kind, connection, back, time, data: take_slice(bytes, len)? })
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
    source: u16,
    /// The number in the log of each connection of the file, once it has one.
    connections: Vec<Option<u16>>,
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
        while !bytes.is_empty() {
            let item = Item::take(&mut bytes)?;
            self.push(&item, log)?;
            self.next += 1;
        }
        Some(())
    }

    fn push(&mut self, item: &Item<'_>, log: &mut Log) -> Option<()> {
        let connection = self.connection(item.connection, log);
        if item.has(EVENT) {
            let kind = EventKind::from_number(item.kind)?;
            let values: Vec<Value<'_>> = Event::new(kind, item.data).values().collect();
            let about = self.next.checked_sub(item.back).filter(|_| item.back > 0);
            let about = about.and_then(|about| self.in_log(about));
            log.push_event_about(about, item.time, connection, kind, &values);
        } else {
            let direction = if item.has(IN) { Direction::In } else { Direction::Out };
            let (v311, violation, broken) = (item.has(V311), item.has(VIOLATION), item.has(BROKEN));
            log.push_whole(item.time, direction, item.data, Marks { connection, v311, violation, broken });
        }
        Some(())
    }

    fn connection(&mut self, in_file: u16, log: &mut Log) -> u16 {
        let at = usize::from(in_file);
        if self.connections.len() <= at {
            self.connections.resize(at + 1, None);
        }
        *self.connections[at].get_or_insert_with(|| log.add_connection(self.source))
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
const V311: u8 = 1 << 2;
const VIOLATION: u8 = 1 << 3;
const BROKEN: u8 = 1 << 4;
