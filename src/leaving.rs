//! A question before the page is left, where that loses something.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::Event;

use crate::browser;

/// Lets the browser ask, in its own words, before the page is closed, loaded again or left.
pub struct Leaving {
    is_asked: bool,
    on_leave: Closure<dyn FnMut(Event)>,
}

impl Default for Leaving {
    fn default() -> Self {
        Self { is_asked: false, on_leave: Closure::new(|event: Event| event.prevent_default()) }
    }
}

impl Leaving {
    /// Says whether something would be lost. While nothing would, nobody listens: a page with a listener is not kept for
    /// the way back.
    pub fn loses(&mut self, something: bool) {
        if self.is_asked == something {
            return;
        }
        self.is_asked = something;
        let listener = something.then(|| self.on_leave.as_ref().unchecked_ref());
        browser::window().set_onbeforeunload(listener);
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.loses(false);
    }
}
