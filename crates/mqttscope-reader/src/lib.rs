//! The part of the page that is loaded when it is first used, and runs in a worker: it reads captures, shows CBOR
//! and MessagePack, and compares payloads.
//!
//! `static/reader.js` calls it, and takes its messages to the page, whose `reader` module asks. What a message is says
//! [`mqttscope_log::transfer`], where all that is done here can be tested without a browser.

use mqttscope_log::transfer::{self, Reading};
use wasm_bindgen::prelude::wasm_bindgen;

/// The form of messages: a page of another one must be loaded again.
#[wasm_bindgen]
#[must_use]
pub fn version() -> u32 {
    transfer::VERSION
}

/// Shows a payload, or compares two, as it is asked for.
#[wasm_bindgen]
#[must_use]
pub fn view(request: &[u8]) -> Vec<u8> {
    transfer::view(request)
}

/// A file that is being read.
#[wasm_bindgen]
#[derive(Default)]
pub struct Capture(Reading);

#[wasm_bindgen]
impl Capture {
    /// Begins a file.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the next piece of the file, unpacked, which ends at byte `read` of the file as it is; says whether anything
    /// can be made of what follows.
    pub fn push(&mut self, piece: &[u8], read: f64) -> bool {
        self.0.push(piece, read as u64)
    }

    /// Ends the file; `is_whole` unless what packed it is cut or broken.
    pub fn finish(&mut self, is_whole: bool) {
        self.0.finish(is_whole);
    }

    /// The next message for the page, until there is none.
    pub fn next_message(&mut self) -> Option<Vec<u8>> {
        self.0.next_message()
    }
}
