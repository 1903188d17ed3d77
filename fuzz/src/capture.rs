//! A capture: the same log however the file is cut, and what was read leaves and comes back.

use mqttscope_log::export::Format;
use mqttscope_log::import::FileKind;
use mqttscope_log::{Direction, Log, Record};

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
    assert_eq!((packets(&back), report.broken), (packets(&log), None));

    let capture = exported(&log, Format::Pcapng);
    let (back, report) = read(&capture, capture.len());
    assert_eq!(report.broken, None);
    assert_eq!(packets(&back), packets(&log));
}

/// All that went either way, packets and what is none: sorted, since one connection may overtake another where a capture
/// has holes.
fn packets(log: &Log) -> Vec<(bool, bool, &[u8])> {
    let records = log.records_from(log.first()).filter(|record| !record.is_event());
    let packet =
        |record: &Record| (record.direction() == Direction::Out, record.is_broken(), log.bytes(record));
    let mut packets: Vec<_> = records.map(packet).collect();
    packets.sort_unstable();
    packets
}
