//! The engine's place in a browser: a dedicated worker that owns WebSockets, timers and files.
//!
//! `static/engine.js` starts it. It is only a shell: whatever is decided is decided in [`mqttscope_engine`], which has
//! tests without a browser. Nothing but the engine runs in this thread, so that no drawing delays a packet.

use mqttscope_engine::Engine;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::MessagePort;

mod clock;
mod export;
mod probe;
mod random;
mod reader;
mod shell;
mod socket;
mod tasks;

pub use shell::Shell;

/// Runs the engine for the page that has started this worker.
#[wasm_bindgen]
pub fn start() {
    // The worker's own scope posts and hears messages as a port does.
    let page = js_sys::global().unchecked_into::<MessagePort>();
    Shell::serve(page, Engine::new()).run_forever();
}
