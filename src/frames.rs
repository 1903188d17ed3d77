//! Drawing in animation frames, and how long that took.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageChannel, MessagePort};

use crate::browser;
use crate::store::pace::told_after;

/// Draws once in an animation frame, however often that is asked for until then, and tells when the next drawing may be
/// asked for.
pub struct Frames {
    is_asked: Rc<Cell<bool>>,
    ports: Option<[MessagePort; 2]>,
    on_frame: Closure<dyn FnMut()>,
    _on_message: Closure<dyn FnMut()>,
}

impl Frames {
    /// What draws, and what is told after that.
    #[must_use]
    pub fn new(draw: impl Fn() + 'static, tell: impl Fn() + 'static) -> Self {
        let is_asked = Rc::new(Cell::new(false));
        // When the frame began that was drawn in, in milliseconds of the page's running time.
        let began = Rc::new(Cell::new(0.0));
        let (asked, frame_began) = (is_asked.clone(), began.clone());
        let on_frame = Closure::new(move || {
            asked.set(false);
            frame_began.set(browser::running_millis());
            draw();
        });
        let tell = Rc::new(tell);
        let timer = RefCell::default();
        let on_message = Closure::new(move || {
            let cost = browser::running_millis() - began.get();
            let wait = told_after(cost) - cost;
            if wait < 1.0 {
                tell();
                return;
            }
            let tell = tell.clone();
            timer.replace(Some(Timeout::new(wait as u32, move || tell())));
        });
        // It can only fail for want of memory.
        let ports = MessageChannel::new().ok().map(|channel| [channel.port1(), channel.port2()]);
        if let Some([_, heard]) = &ports {
            heard.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        }
        Self { is_asked, ports, on_frame, _on_message: on_message }
    }

    /// Asks for a drawing in the next frame. A page that nobody sees has none until it is seen again.
    pub fn ask(&self) {
        if !self.is_asked.replace(true) {
            let frame = browser::window().request_animation_frame(self.on_frame.as_ref().unchecked_ref());
            self.is_asked.set(frame.is_ok());
        }
    }

    /// The drawing is done as far as this page does it. What the browser does with it belongs to its cost: a message comes
    /// once the frame is over.
    pub fn drawn(&self) {
        if let Some([told, _]) = &self.ports {
            // Nothing can always be posted.
            let _ = told.post_message(&JsValue::NULL);
        }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        for port in self.ports.iter().flatten() {
            port.set_onmessage(None);
            port.close();
        }
    }
}
