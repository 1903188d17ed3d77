//! Any lines: what could be read leaves as JSON Lines, and comes back as it was.

use mqttscope_log::Log;
use mqttscope_log::export::Format;
use mqttscope_log::import::FileKind;

use super::{Entry, connections, entries, exported, read};

/// Runs the target. The input is a file.
pub fn run(file: &[u8]) {
    let (log, report) = read(file, file.len());
    if report.kind != Some(FileKind::JsonLines) {
        return;
    }
    let (halves, report_of_halves) = read(file, file.len() / 2);
    assert_eq!(report_of_halves, report);
    assert_eq!(entries(&halves), entries(&log));
    assert_eq!(connections(&halves), connections(&log));

    if log.end() == 0 {
        // A file without a line is none.
        return;
    }
    let ours = exported(&log, Format::JsonLines);
    let (back, report_back) = read(&ours, ours.len());
    assert_eq!((report_back.packets, report_back.broken), (report.packets, None));
    assert_eq!(as_told(&back), as_told(&log));

    // A file of others may tell the version of a connection behind packets that were read without; ours tells it at once,
    // so that all is the same from there on.
    let again = exported(&back, Format::JsonLines);
    let (log, _) = read(&again, again.len());
    assert_eq!(entries(&log), entries(&back));
    for (was, is) in back.records_from(back.first()).zip(log.records_from(log.first())) {
        // Only lines of packets tell the version of a connection.
        if !was.is_event() {
            assert_eq!(log.version_of(is), back.version_of(was));
        }
    }
    assert_eq!(
        exported(&log, Format::JsonLines).escape_ascii().to_string(),
        again.escape_ascii().to_string()
    );
}

/// The records without what follows from how they were read.
fn as_told(log: &Log) -> Vec<Entry> {
    let without = |entry: Entry| Entry { before: entry.before.filter(|_| entry.event.is_some()), ..entry };
    entries(log).into_iter().map(without).collect()
}
