//! An export under way: written slice by slice between other tasks.

use mqttscope_link::{Progress, Saved};
use mqttscope_log::Log;
use mqttscope_log::export::{Export, Format, Selection};

/// An export under way.
pub(crate) struct Exporting {
    export: Export,
    format: Format,
    /// Of a whole log: how often it had been cleared, and the number behind its newest record.
    whole_to: Option<(u32, u32)>,
}

impl Exporting {
    /// Begins an export in the format that a choice names.
    pub(crate) fn new(log: &Log, format: &str, selection: Selection, with_passwords: bool) -> Self {
        let format = format_of(format);
        let whole_to = matches!(selection, Selection::All).then(|| (log.clearings(), log.end()));
        Self { export: Export::new(log, format, selection, with_passwords), format, whole_to }
    }

    /// How far it is, in rows.
    pub(crate) fn progress(&self) -> Progress {
        let progress = self.export.progress();
        Progress { done: progress.done.into(), total: progress.total.into() }
    }

    /// Writes the next piece; says whether that was the last.
    pub(crate) fn write(&mut self, log: &Log) -> (Vec<u8>, bool) {
        let mut piece = Vec::with_capacity(PIECE + PIECE / 4);
        let progress = self.export.write(log, PIECE, &mut piece);
        (piece, progress.is_finished())
    }

    /// If the whole log was written, and its numbers have not begun anew since: the one behind the newest record of it.
    pub(crate) fn whole_to(&self, log: &Log) -> Option<u32> {
        self.whole_to.filter(|(clearings, _)| *clearings == log.clearings()).map(|(_, end)| end)
    }

    /// What was written.
    pub(crate) fn saved(&self) -> Saved {
        let progress = self.export.progress();
        Saved {
            extension: self.format.extension().into(),
            media_type: self.format.media_type().into(),
            rows: progress.total.into(),
            dropped: progress.dropped.into(),
            passwords_hidden: progress.passwords_hidden.into(),
        }
    }
}

fn format_of(name: &str) -> Format {
    let all = [Format::JsonLines, Format::Csv, Format::Raw];
    all.into_iter().find(|format| format.extension() == name).unwrap_or(Format::Pcapng)
}

/// Bytes of a piece: what takes well under a millisecond to write.
const PIECE: usize = 64 << 10;
