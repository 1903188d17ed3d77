//! A capture: the same log however the file is cut, and what was read leaves and comes back.

use std::collections::BTreeSet;

use mqttscope_log::export::Format;
use mqttscope_log::import::FileKind;
use mqttscope_log::{ConnectionId, Direction, Log, Record};

use super::{connections, entries, exported, read};

/// Runs the target. The input is a place to cut the file at, two bytes with the low one first, and the file.
pub fn run(data: &[u8]) {
    let Some((cut, file)) = data.split_first_chunk() else { return };
    let cut = usize::from(u16::from_le_bytes(*cut)) % (file.len() + 1);
    let (log, report) = read(file, file.len());
    let (cut_log, cut_report) = read(file, cut);
    assert_eq!(cut_report, report, "cut at {cut}");
    assert_eq!(entries(&cut_log), entries(&log), "cut at {cut}");
    assert_eq!(connections(&cut_log), connections(&log), "cut at {cut}");
    assert!(!report.words().is_empty());
    let is_capture = matches!(report.kind, Some(FileKind::Pcap | FileKind::Pcapng));
    if !is_capture || log.end() == 0 {
        return;
    }
    let lines = exported(&log, Format::JsonLines);
    let (back, report) = read(&lines, lines.len());
    assert_eq!((whole(&back, &all(&back)), report.broken), (whole(&log, &all(&log)), None));

    let capture = exported(&log, Format::Pcapng);
    let (back, report) = read(&capture, capture.len());
    assert_eq!(report.broken, None);
    let (least, is) = (whole(&log, &surely_mqtt(&log)), whole(&back, &all(&back)));
    assert!(is >= least, "{is} packets come back, and {least} must");
}

/// How many packets of some connections are whole.
fn whole(log: &Log, connections: &BTreeSet<ConnectionId>) -> usize {
    let is_whole = |record: &&Record| {
        !record.is_event() && !record.is_broken() && connections.contains(&record.connection)
    };
    log.records_from(log.first()).filter(is_whole).count()
}

fn all(log: &Log) -> BTreeSet<ConnectionId> {
    log.connections().map(|(id, _)| id).collect()
}

/// The connections that begin with a CONNECT: what others speak can be told by what an export does not hold.
fn surely_mqtt(log: &Log) -> BTreeSet<ConnectionId> {
    let mut seen = BTreeSet::new();
    let first = log.records_from(log.first()).filter(|record| seen.insert(record.connection));
    let is_connect = |record: &&Record| {
        let bytes = log.bytes(record);
        let is_name =
            |name: &[u8]| bytes.get(record.header_len()..).is_some_and(|body| body.starts_with(name));
        let is_named = is_name(b"\0\x04MQTT") || is_name(b"\0\x06MQIsdp");
        record.direction() == Direction::Out
            && bytes.first() == Some(&0x10)
            && is_named
            && !record.is_broken()
    };
    first.filter(is_connect).map(|record| record.connection).collect()
}
