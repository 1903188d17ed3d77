//! Tasks of their own for the slices of what takes long: the browser draws, and hears the person, in between.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageChannel, MessagePort};

/// Does one thing in a task of its own each time that it is asked to. A message comes at once, where the browser holds
/// back a timer that sets the next one for 4 ms each time, and in a hidden page for a second.
pub struct TaskQueue {
    is_asked: Rc<Cell<bool>>,
    ports: Option<[MessagePort; 2]>,
    _on_message: Closure<dyn FnMut()>,
}

impl TaskQueue {
    /// What is to be done.
    #[must_use]
    pub fn new(task: impl Fn() + 'static) -> Self {
        let is_asked = Rc::new(Cell::new(false));
        let asked = is_asked.clone();
        let on_message = Closure::new(move || {
            asked.set(false);
            task();
        });
        // It can only fail for want of memory.
        let ports = MessageChannel::new().ok().map(|channel| [channel.port1(), channel.port2()]);
        if let Some([_, heard]) = &ports {
            heard.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        }
        Self { is_asked, ports, _on_message: on_message }
    }

    /// Whether it was asked for and is not done yet.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.is_asked.get()
    }

    /// Asks for it to be done, once, however often it is asked for until then.
    pub fn ask(&self) {
        if let Some([told, _]) = &self.ports
            && !self.is_asked.replace(true)
        {
            // Nothing can always be posted.
            let _ = told.post_message(&JsValue::NULL);
        }
    }
}

impl Drop for TaskQueue {
    fn drop(&mut self) {
        for port in self.ports.iter().flatten() {
            port.set_onmessage(None);
            port.close();
        }
    }
}
