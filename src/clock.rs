//! Wake-ups from a dedicated worker, which a hidden page gets in time; from the page's own timers where no worker
//! starts.

use std::cell::Cell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, Worker};

/// What a clock tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// The time that was asked for has passed.
    Wake,
    /// The worker did not start, and the page's timers stand in from now on.
    Fallback,
}

/// A clock with one alarm.
pub struct Clock {
    worker: Option<Worker>,
    failed: Rc<Cell<bool>>,
    timer: Option<Timeout>,
    listen: Rc<dyn Fn(Tick)>,
    _handlers: [Closure<dyn Fn(Event)>; 2],
}

impl Clock {
    /// Starts the worker of that URL, relative to the page.
    #[must_use]
    pub fn start(url: &str, listen: Rc<dyn Fn(Tick)>) -> Self {
        let failed = Rc::new(Cell::new(false));
        let on_message = {
            let listen = listen.clone();
            Closure::<dyn Fn(Event)>::new(move |_| listen(Tick::Wake))
        };
        let on_error = {
            let (listen, failed) = (listen.clone(), failed.clone());
            Closure::<dyn Fn(Event)>::new(move |_| {
                if !failed.replace(true) {
                    listen(Tick::Fallback);
                }
            })
        };
        let worker = Worker::new(url).ok();
        let mut timer = None;
        match &worker {
            Some(worker) => {
                worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
                worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
            }
            None => {
                failed.set(true);
                let listen = listen.clone();
                timer = Some(Timeout::new(0, move || listen(Tick::Fallback)));
            }
        }
        Self { worker, failed, timer, listen, _handlers: [on_message, on_error] }
    }

    /// Sets the alarm anew.
    pub fn wake_in(&mut self, millis: u32) {
        match &self.worker {
            Some(worker) if !self.failed.get() => {
                self.timer = None;
                // A number can always be posted.
                let _ = worker.post_message(&millis.into());
            }
            _ => {
                let listen = self.listen.clone();
                self.timer = Some(Timeout::new(millis, move || listen(Tick::Wake)));
            }
        }
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        if let Some(worker) = &self.worker {
            worker.terminate();
        }
    }
}
