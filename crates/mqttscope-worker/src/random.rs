//! Random bytes of the browser.

use js_sys::Math;
use wasm_bindgen::JsCast;
use web_sys::WorkerGlobalScope;

/// Fills a slice with them.
pub(crate) fn fill(bytes: &mut [u8]) {
    // A window has it under the same name, for engines in a page's own thread.
    let crypto = js_sys::global().unchecked_into::<WorkerGlobalScope>().crypto();
    let filled = crypto.and_then(|crypto| crypto.get_random_values_with_u8_array(bytes));
    if filled.is_err() {
        // All browsers have the other; a UUID of weaker chance is still better than none.
        bytes.fill_with(|| (Math::random() * 256.0) as u8);
    }
}
