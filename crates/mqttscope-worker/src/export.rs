//! What an export has written, on its way to being a file.

use js_sys::{Array, Uint8Array};
use mqttscope_link::Saved;
use web_sys::{Blob, BlobPropertyBag};

/// Pieces of a file. They become blobs as they come, which the browser keeps where it likes: one blob of all would hold
/// up whoever makes it.
pub(crate) struct Pieces {
    blobs: Array,
    /// What is in no blob yet, outside of the module's own memory.
    pieces: Array,
}

impl Default for Pieces {
    fn default() -> Self {
        Self { blobs: Array::new(), pieces: Array::new() }
    }
}

impl Pieces {
    /// Takes a piece; says whether there is room for it.
    pub(crate) fn push(&mut self, piece: &[u8]) -> bool {
        self.pieces.push(&Uint8Array::from(piece));
        self.pieces.length() < BLOB_PIECES || self.flush().is_some()
    }

    /// The file.
    pub(crate) fn finish(mut self, saved: &Saved) -> Option<Blob> {
        self.flush()?;
        let properties = BlobPropertyBag::new();
        properties.set_type(&saved.media_type);
        Blob::new_with_blob_sequence_and_options(&self.blobs, &properties).ok()
    }

    fn flush(&mut self) -> Option<()> {
        let blob = Blob::new_with_u8_array_sequence(&self.pieces).ok()?;
        self.blobs.push(&blob);
        self.pieces = Array::new();
        Some(())
    }
}

/// Pieces of a blob: 1 MiB, which takes well under a millisecond to hand over.
const BLOB_PIECES: u32 = 16;
