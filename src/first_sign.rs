//! The first sign that a person is at the page, whatever they do.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::Event;

use crate::browser;

/// Tells of signs until it is dropped.
pub struct FirstSign {
    on_sign: Closure<dyn FnMut(Event)>,
}

impl FirstSign {
    /// Begins to listen, ahead of all that hears an event for what it means.
    #[must_use]
    pub fn watch(tell: impl Fn() + 'static) -> Self {
        let on_sign = Closure::<dyn FnMut(Event)>::new(move |_| tell());
        let window = browser::window();
        for kind in SIGNS {
            // It can only fail for want of memory.
            let _ = window.add_event_listener_with_callback_and_bool(
                kind,
                on_sign.as_ref().unchecked_ref(),
                CAPTURES,
            );
        }
        Self { on_sign }
    }
}

impl Drop for FirstSign {
    fn drop(&mut self) {
        let window = browser::window();
        for kind in SIGNS {
            // It fails for nothing that was added before.
            let _ = window.remove_event_listener_with_callback_and_bool(
                kind,
                self.on_sign.as_ref().unchecked_ref(),
                CAPTURES,
            );
        }
    }
}

/// A touch and a notch of the wheel move no pointer, and a screen reader may bring nothing but a focus or a text.
const SIGNS: [&str; 8] =
    ["pointermove", "pointerdown", "touchstart", "wheel", "keydown", "focusin", "input", "dragenter"];
const CAPTURES: bool = true;
