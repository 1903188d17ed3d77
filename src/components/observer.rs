//! Tells when an element's size changes.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};

/// Tells that an element has a size, and whenever it has another; until it is dropped.
pub struct Observer {
    observer: Option<ResizeObserver>,
    _on_resize: Closure<dyn FnMut()>,
}

impl Observer {
    /// Begins to observe. A browser that has no such observers leaves the element at the size that is assumed.
    #[must_use]
    pub fn new(element: &Element, tell: impl Fn() + 'static) -> Self {
        let on_resize = Closure::<dyn FnMut()>::new(tell);
        let observer = ResizeObserver::new(on_resize.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &observer {
            observer.observe(element);
        }
        Self { observer, _on_resize: on_resize }
    }

    /// Whether the browser has such observers.
    #[must_use]
    pub const fn observes(&self) -> bool {
        self.observer.is_some()
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}
