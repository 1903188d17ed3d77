//! The time, and being woken.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use js_sys::Date;
use mqttscope_client::Alarm;
use mqttscope_proto::Timestamp;
use wasm_bindgen::JsCast;
use web_sys::{Performance, WorkerGlobalScope};

/// A clock that never runs backwards, with one alarm. A worker's timers are not held back while the page is hidden.
pub(crate) struct Clock {
    performance: Option<Performance>,
    /// What the monotonic clock stands at is this many milliseconds after the Unix epoch, less its own count.
    base: f64,
    alarm: Alarm,
    timer: Option<Timeout>,
    wake: Rc<dyn Fn()>,
}

impl Clock {
    /// A clock that calls `wake` when it is time.
    pub(crate) fn new(wake: Rc<dyn Fn()>) -> Self {
        // A window has it under the same name, for engines in a page's own thread.
        let performance = js_sys::global().unchecked_into::<WorkerGlobalScope>().performance();
        let count = performance.as_ref().map_or(0.0, Performance::now);
        Self { performance, base: Date::now() - count, alarm: Alarm::default(), timer: None, wake }
    }

    /// The time in microseconds since the Unix epoch, as it was when the engine started and has passed since.
    pub(crate) fn now(&self) -> Timestamp {
        let millis = self.performance.as_ref().map_or_else(Date::now, |clock| self.base + clock.now());
        Timestamp::from_micros((millis * 1_000.0) as u64)
    }

    /// The time of day in microseconds since the Unix epoch, as the system has it now.
    pub(crate) fn time_of_day(&self) -> u64 {
        (Date::now() * 1_000.0) as u64
    }

    /// Wakes when something is due.
    pub(crate) fn set_alarm(&mut self, due: Option<Timestamp>) {
        if let Some(due) = self.alarm.set(due) {
            let wake = self.wake.clone();
            let millis = due.micros_since(self.now()).div_ceil(1_000);
            self.timer = Some(Timeout::new(millis.min(MOST_MILLIS) as u32, move || wake()));
        }
    }

    /// Notes that it woke.
    pub(crate) fn rang(&mut self) {
        self.alarm.rang();
    }
}

/// The longest that a browser's timer waits.
const MOST_MILLIS: u64 = i32::MAX as u64;
