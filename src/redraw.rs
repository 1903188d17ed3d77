//! When the page is drawn again: at once, or once per animation frame.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use yew::Callback;

use crate::browser::window;

/// Asks for the page to be drawn again.
pub struct Redraw {
    on_change: Callback<()>,
    asked: Rc<Cell<bool>>,
    on_frame: Closure<dyn FnMut()>,
}

impl Redraw {
    /// Calls `on_change` when it is time to draw.
    #[must_use]
    pub fn new(on_change: Callback<()>) -> Self {
        let asked = Rc::new(Cell::new(false));
        let on_frame = {
            let (asked, on_change) = (asked.clone(), on_change.clone());
            Closure::new(move || {
                asked.set(false);
                on_change.emit(());
            })
        };
        Self { on_change, asked, on_frame }
    }

    /// At once.
    pub fn now(&self) {
        self.on_change.emit(());
    }

    /// In the next animation frame.
    pub fn soon(&self) {
        if !self.asked.replace(true) {
            let frame = window().request_animation_frame(self.on_frame.as_ref().unchecked_ref());
            self.asked.set(frame.is_ok());
        }
    }
}
