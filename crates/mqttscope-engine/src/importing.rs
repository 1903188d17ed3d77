//! A capture that is being read by a module of its own, whose records come in pieces.

use mqttscope_link::Progress;
use mqttscope_log::Log;
use mqttscope_log::transfer::Appender;

/// A capture that is being read.
pub(crate) struct Importing {
    /// `None` until something could be read of it: a file that cannot be read costs nothing.
    appender: Option<Appender>,
    replaces: bool,
    pub(crate) progress: Progress,
}

impl Importing {
    /// Begins a file of so many bytes, which takes the log's place or is added to it.
    pub(crate) fn new(replaces: bool, len: u64) -> Self {
        Self { appender: None, replaces, progress: Progress { done: 0, total: len } }
    }

    /// Appends records to the log; `None` where the bytes are none.
    pub(crate) fn append(&mut self, records: &[u8], log: &mut Log) -> Option<()> {
        let replaces = self.replaces;
        let appender = self.appender.get_or_insert_with(|| {
            if replaces {
                log.clear();
            }
            Appender::new(log)
        });
        appender.append(records, log)
    }
}
