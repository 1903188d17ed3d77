//! Whether the log holds something that no file has.

use mqttscope_log::Log;

/// What came live, and what was written to a file since.
#[derive(Debug, Default)]
pub(crate) struct Unsaved {
    /// The numbers behind the newest record that came live, and behind the newest that is in a file.
    live: u32,
    saved: u32,
    clearings: u32,
}

impl Unsaved {
    /// Something has come over a live connection.
    pub(crate) fn came(&mut self, log: &Log) {
        self.follow(log);
        self.live = log.end();
    }

    /// All records before that number are in a file.
    pub(crate) fn saved(&mut self, end: u32, log: &Log) {
        self.follow(log);
        self.saved = self.saved.max(end);
    }

    /// Whether something that came live is in no file yet.
    pub(crate) fn is_there(&mut self, log: &Log) -> bool {
        self.follow(log);
        self.live > self.saved
    }

    /// A log that was cleared, or that a file has taken the place of, has nothing to lose.
    fn follow(&mut self, log: &Log) {
        if self.clearings != log.clearings() {
            *self = Self { clearings: log.clearings(), ..Self::default() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{log_of, sent};

    #[test]
    fn what_came_since_the_last_file_is_unsaved() {
        let mut log = log_of(1 << 20);
        let mut unsaved = Unsaved::default();
        assert!(!unsaved.is_there(&log));
        sent(&mut log, 0, b"\xc0\x00");
        unsaved.came(&log);
        assert!(unsaved.is_there(&log));
        let end = log.end();
        // Another one comes while the file is written.
        sent(&mut log, 1, b"\xc0\x00");
        unsaved.came(&log);
        unsaved.saved(end, &log);
        assert!(unsaved.is_there(&log));
        unsaved.saved(log.end(), &log);
        assert!(!unsaved.is_there(&log));
        sent(&mut log, 2, b"\xc0\x00");
        unsaved.came(&log);
        log.clear();
        assert!(!unsaved.is_there(&log));
    }
}
