//! Exports of the log: written slice by slice between other tasks, and handed to the browser as a file.

use js_sys::{Array, Uint8Array};
use mqttscope_log::Log;
use mqttscope_log::export::{Export, Format, Progress, Selection};
use mqttscope_text::number;
use web_sys::{Blob, BlobPropertyBag, Url};

use crate::browser;
use crate::store::text::concat;

/// An export under way.
pub struct Exporting {
    export: Export,
    format: Format,
    /// What is written: blobs, which the browser keeps where it likes, as one blob of all would hold up the page.
    blobs: Array,
    /// What is written and in no blob yet, in pieces outside of the module's own memory.
    pieces: Array,
    piece: Vec<u8>,
}

impl Exporting {
    /// Begins an export.
    #[must_use]
    pub fn new(log: &Log, format: Format, selection: Selection, with_passwords: bool) -> Self {
        Self {
            export: Export::new(log, format, selection, with_passwords),
            format,
            blobs: Array::new(),
            pieces: Array::new(),
            piece: Vec::new(),
        }
    }

    /// How far it is.
    #[must_use]
    pub const fn progress(&self) -> Progress {
        self.export.progress()
    }

    /// Goes on for a few milliseconds; says whether all is written.
    ///
    /// # Errors
    ///
    /// In words, if the browser has no room for it.
    pub fn advance(&mut self, log: &Log) -> Result<bool, String> {
        let until = browser::now().as_micros() + SLICE_MICROS;
        loop {
            self.piece.clear();
            let progress = self.export.write(log, PIECE, &mut self.piece);
            self.pieces.push(&Uint8Array::from(self.piece.as_slice()));
            let is_finished = progress.is_finished();
            if is_finished || self.pieces.length() == BLOB_PIECES {
                let blob = Blob::new_with_u8_array_sequence(&self.pieces).map_err(|_| NO_ROOM)?;
                self.blobs.push(&blob);
                self.pieces = Array::new();
            }
            if is_finished || browser::now().as_micros() >= until {
                return Ok(is_finished);
            }
        }
    }

    /// Hands the file to the browser, and says in words what became of it.
    ///
    /// # Errors
    ///
    /// In words, if the browser has no room for it.
    pub fn save(self) -> Result<String, String> {
        let name = concat(&["mqttscope-", &browser::stamp(), ".", self.format.extension()]);
        let properties = BlobPropertyBag::new();
        properties.set_type(self.format.media_type());
        Blob::new_with_blob_sequence_and_options(&self.blobs, &properties)
            .and_then(|blob| Url::create_object_url_with_blob(&blob))
            .and_then(|url| browser::download(&url, &name))
            .map_err(|_| NO_ROOM)?;
        let progress = self.progress();
        let mut said = concat(&[&number::counted(progress.total.into(), " row in ", " rows in "), &name]);
        for (count, words) in [
            (progress.dropped, "dropped by the log meanwhile: "),
            (progress.passwords_hidden, "passwords replaced by *: "),
        ] {
            if count > 0 {
                said.push_str(&concat(&["; ", words, &number::grouped(count.into())]));
            }
        }
        Ok(said)
    }
}

/// The format that a choice of the form names.
#[must_use]
pub fn format_of(extension: &str) -> Format {
    let all = [Format::JsonLines, Format::Csv, Format::Raw];
    all.into_iter().find(|format| format.extension() == extension).unwrap_or(Format::Pcapng)
}

/// Bytes of a piece.
const PIECE: usize = 256 << 10;
/// Pieces of a blob: 8 MiB, which take a few milliseconds to hand over.
const BLOB_PIECES: u32 = 32;
/// How long a slice takes; other tasks have as long.
const SLICE_MICROS: u64 = 8_000;
const NO_ROOM: &str = "The browser has no room for the file.";
