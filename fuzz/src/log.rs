//! What the fuzz targets of mqttscope-log do with their input.
//!
//! The bodies are plain functions, so that the tests of mqttscope-log run them over the corpus with a stable toolchain
//! as well.

pub mod capture;
pub mod filter;
pub mod json_lines;
pub mod payload;

use mqttscope_log::export::{Export, Format, Selection};
use mqttscope_log::import::{Importer, Report};
use mqttscope_log::{Connection, ConnectionId, Direction, Log, PacketFacts};

/// What can be told of a record.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    time: u64,
    direction: Direction,
    connection: ConnectionId,
    bytes: Vec<u8>,
    /// The name, and the sentence.
    event: Option<(String, String)>,
    facts: PacketFacts,
    is_violation: bool,
    is_broken: bool,
    is_secret: bool,
    /// The number of the record before it in its exchange.
    before: Option<u32>,
}

/// Reads a file, in two pieces if the cut is within it.
fn read(file: &[u8], cut: usize) -> (Log, Report) {
    let mut log = Log::new(BUDGET);
    log.set_keeps_passwords(true);
    let mut importer = Importer::new(&mut log);
    let (start, rest) = file.split_at(cut.min(file.len()));
    importer.push(start, &mut log);
    importer.push(rest, &mut log);
    let report = importer.finish(&mut log);
    (log, report)
}

fn exported(log: &Log, format: Format) -> Vec<u8> {
    let mut file = Vec::new();
    let progress = Export::new(log, format, Selection::All, true).write(log, usize::MAX, &mut file);
    assert!(progress.is_finished() && progress.dropped == 0);
    file
}

fn entries(log: &Log) -> Vec<Entry> {
    let records = (log.first()..).zip(log.records_from(log.first()));
    let entry = |(number, record): (u32, &mqttscope_log::Record)| Entry {
        time: record.time,
        direction: record.direction(),
        connection: record.connection,
        bytes: log.bytes(record).to_vec(),
        event: log.event(record).map(|event| (event.name().to_owned(), event.words())),
        facts: record.facts(),
        is_violation: record.is_violation(),
        is_broken: record.is_broken(),
        is_secret: record.is_secret(),
        before: log.before(number),
    };
    records.map(entry).collect()
}

fn connections(log: &Log) -> Vec<(ConnectionId, Connection)> {
    log.connections().map(|(id, connection)| (id, connection.clone())).collect()
}

/// More than any input fills.
const BUDGET: usize = 64 << 20;
