//! A lock that a page holds while it is connected.
//!
//! A browser that saves power freezes tabs that nobody has looked at for some minutes, with their workers: no PINGREQ
//! leaves any more, and the broker takes the client for lost. It leaves a tab alone that holds a Web Lock. There are none
//! where the context is not secure.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use crate::browser;

/// A lock that is held, or asked for, until it is dropped.
pub struct Awake(Rc<RefCell<Lock>>);

enum Lock {
    Asked,
    /// What ends the promise that the browser holds the lock for.
    Held(Function),
    GivenUp,
}

impl Awake {
    /// Asks for a lock; `None` where there are none.
    #[must_use]
    pub fn keep() -> Option<Self> {
        let navigator = browser::window().navigator();
        let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(JsValue::is_object)?;
        let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
        let lock = Rc::new(RefCell::new(Lock::Asked));
        let granted = lock.clone();
        let on_granted = Closure::once_into_js(move || {
            Promise::new(&mut |end, _| match &mut *granted.borrow_mut() {
                asked @ Lock::Asked => *asked = Lock::Held(end),
                // It came too late.
                _ => over(&end),
            })
        });
        // Any number of tabs hold it at once.
        let options = Object::new();
        Reflect::set(&options, &"mode".into(), &"shared".into()).ok()?;
        request.call3(&locks, &NAME.into(), &options, &on_granted).ok()?;
        Some(Self(lock))
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        if let Lock::Held(end) = self.0.replace(Lock::GivenUp) {
            over(&end);
        }
    }
}

fn over(end: &Function) {
    // It throws nothing.
    let _ = end.call0(&JsValue::NULL);
}

const NAME: &str = "mqttscope.connected";
