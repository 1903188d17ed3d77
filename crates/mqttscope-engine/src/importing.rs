//! A capture that is being read by a module of its own, whose records come in pieces.

use mqttscope_link::Progress;
use mqttscope_log::Log;
use mqttscope_log::transfer::Appender;

/// A capture that is being read.
pub(crate) struct Importing {
    /// `None` until something could be read of it: a file that cannot be read costs nothing.
    appender: Option<Appender>,
    /// The first record as it began, and how often the log had been cleared.
    first: (u32, u32),
    replaces: bool,
    pub(crate) progress: Progress,
}

impl Importing {
    /// Begins a file of so many bytes, which takes the log's place or is added to it.
    pub(crate) fn new(replaces: bool, len: u64) -> Self {
        Self { appender: None, first: (0, 0), replaces, progress: Progress { done: 0, total: len } }
    }

    /// Appends records to the log; `None` where the bytes are none.
    pub(crate) fn append(&mut self, records: &[u8], log: &mut Log) -> Option<()> {
        let replaces = self.replaces;
        let appender = self.appender.get_or_insert_with(|| {
            if replaces {
                log.clear();
            }
            self.first = (log.first(), log.clearings());
            Appender::new(log)
        });
        appender.append(records, log)
    }

    /// How many of the oldest rows the log has dropped meanwhile.
    pub(crate) fn dropped(&self, log: &Log) -> u32 {
        let (first, clearings) = self.first;
        match self.appender {
            Some(_) if clearings == log.clearings() => log.first().saturating_sub(first),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{log_of, sent};
    use mqttscope_log::transfer::write_records;

    #[test]
    fn rows_that_found_no_room_are_counted() {
        let mut file = log_of(64 << 20);
        for time in 0..40_000 {
            sent(&mut file, time, b"\xc0\x00");
        }
        let mut records = Vec::new();
        write_records(&file, 0, usize::MAX, &mut records);
        for (budget, has_room) in [(64 << 20, true), (1 << 20, false)] {
            let mut log = log_of(budget);
            sent(&mut log, 0, b"\xc0\x00");
            let mut importing = Importing::new(true, 0);
            assert_eq!(importing.dropped(&log), 0);
            importing.append(&records, &mut log).expect("records");
            let dropped = importing.dropped(&log);
            assert_eq!((dropped == 0, log.end() - log.first() + dropped), (has_room, 40_000));
        }
    }
}
