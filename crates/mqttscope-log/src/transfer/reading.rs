//! A file that is read where its records are not kept.

use super::{ENDED, READ, RECORDS, write_records};
use crate::import::{Importer, Report};
use crate::store::Log;

/// Reads a file piece by piece, and has messages for the one that keeps its records.
pub struct Reading {
    importer: Option<Importer>,
    /// Holds only what was not sent.
    log: Log,
    /// The number of the first record that was not sent.
    sent: u32,
    /// What comes behind the records.
    last: Option<Vec<u8>>,
}

impl Reading {
    /// Begins a file.
    #[must_use]
    pub fn new() -> Self {
        let mut log = Log::new(usize::MAX);
        // Whether passwords are kept is for the log to say that keeps the packets.
        log.set_keeps_passwords(true);
        let importer = Some(Importer::new(&mut log));
        Self { importer, log, sent: 0, last: None }
    }

    /// Reads the next piece of the file, unpacked, which ends at byte `read` of the file as it is; says whether anything
    /// can be made of what follows.
    pub fn push(&mut self, piece: &[u8], read: u64) -> bool {
        let Some(importer) = &mut self.importer else { return false };
        importer.push(piece, &mut self.log);
        self.last = Some([&[READ][..], &read.to_le_bytes()].concat());
        importer.can_go_on()
    }

    /// Ends the file; `is_whole` unless what packed it is cut or broken.
    pub fn finish(&mut self, is_whole: bool) {
        if let Some(mut importer) = self.importer.take() {
            if !is_whole {
                importer.break_off("what was packed by gzip is cut or broken here");
            }
            self.last = Some(ended(&importer.finish(&mut self.log)));
        }
    }

    /// The next message, until there is none: records, in messages of about 256 KiB, and behind them how far the file
    /// was read, or what became of it.
    pub fn next_message(&mut self) -> Option<Vec<u8>> {
        if self.sent == self.log.end() {
            return self.last.take();
        }
        let mut message = vec![RECORDS];
        self.sent = write_records(&self.log, self.sent, MESSAGE, &mut message);
        self.log.drop_before(self.sent);
        Some(message)
    }
}

impl Default for Reading {
    fn default() -> Self {
        Self::new()
    }
}

fn ended(report: &Report) -> Vec<u8> {
    let mut message = vec![ENDED];
    message.extend_from_slice(&report.packets.to_le_bytes());
    message.extend_from_slice(&report.connections.to_le_bytes());
    message.push(u8::from(report.broken.is_some()));
    message.extend_from_slice(report.words().as_bytes());
    message
}

/// Bytes of a message of records: few enough for a log to take them within a frame.
const MESSAGE: usize = 256 << 10;
