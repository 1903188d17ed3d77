//! Whether anything answers where a WebSocket did not open: one request of HTTP, whose answer nobody may read. It knows
//! nothing of MQTT, and decides nothing.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use mqttscope_client::Probed;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    AbortController, EventTarget, RequestCache, RequestCredentials, RequestInit, RequestMode,
    WorkerGlobalScope,
};

/// A question under way. It is kept until it is over: the browser calls back in any case.
pub(crate) struct Probe {
    question: Rc<Question>,
    on_forbidden: Heard,
    _on_end: [Heard; 2],
    _limit: Timeout,
}

/// A function that the browser calls.
type Heard = Closure<dyn FnMut(JsValue)>;

struct Question {
    abort: AbortController,
    /// A failure means that nothing answers.
    is_failure_meant: Cell<bool>,
    settles: RefCell<Option<Timeout>>,
    is_over: Cell<bool>,
    tell: Box<dyn Fn(Probed)>,
}

impl Probe {
    /// Asks at a URL, and tells once what came of it. `None` where the browser does not even try.
    pub(crate) fn ask(url: &str, tell: impl Fn(Probed) + 'static) -> Option<Self> {
        let abort = AbortController::new().ok()?;
        let init = RequestInit::new();
        // The answer is not to be read, and so needs no permission of the server.
        init.set_mode(RequestMode::NoCors);
        init.set_credentials(RequestCredentials::Omit);
        init.set_cache(RequestCache::NoStore);
        init.set_signal(Some(&abort.signal()));
        let question = Rc::new(Question {
            abort,
            is_failure_meant: Cell::new(true),
            settles: RefCell::default(),
            is_over: Cell::new(false),
            tell: Box::new(tell),
        });
        let asked = [(); 4].map(|()| question.clone());
        let [answered, failed, forbidden, limited] = asked;
        let on_answer = Heard::new(move |_| answered.end(Probed::Http));
        let on_failure = Heard::new(move |_| failed.clone().fail());
        let on_forbidden = Heard::new(move |_| forbidden.is_failure_meant.set(false));
        // No name of an event is refused.
        let _ = scope().add_event_listener_with_callback(FORBIDDEN, on_forbidden.as_ref().unchecked_ref());
        // A window has it under the same name, for engines in a page's own thread.
        let fetch = scope().unchecked_into::<WorkerGlobalScope>().fetch_with_str_and_init(url, &init);
        let _ = fetch.then2(&on_answer, &on_failure);
        let limit = Timeout::new(LIMIT_MILLIS, move || {
            // Who takes so long may yet have answered.
            limited.is_failure_meant.set(false);
            limited.abort.abort();
        });
        Some(Self { question, on_forbidden, _on_end: [on_answer, on_failure], _limit: limit })
    }

    /// Whether it was told what came of it.
    pub(crate) fn is_over(&self) -> bool {
        self.question.is_over.get()
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let handler = self.on_forbidden.as_ref().unchecked_ref();
        let _ = scope().remove_event_listener_with_callback(FORBIDDEN, handler);
    }
}

impl Question {
    fn end(&self, probed: Probed) {
        if !self.is_over.replace(true) {
            // What else it sends is of no interest.
            self.abort.abort();
            (self.tell)(probed);
        }
    }

    /// That a policy has forbidden it may be told a moment later.
    fn fail(self: Rc<Self>) {
        let question = self.clone();
        let settles = Timeout::new(SETTLE_MILLIS, move || {
            let is_meant = question.is_failure_meant.get();
            question.end(if is_meant { Probed::Nothing } else { Probed::Unknown });
        });
        *self.settles.borrow_mut() = Some(settles);
    }
}

fn scope() -> EventTarget {
    js_sys::global().unchecked_into()
}

/// The event that a policy of the page has forbidden something.
const FORBIDDEN: &str = "securitypolicyviolation";
/// How long an answer is waited for.
const LIMIT_MILLIS: u32 = 5_000;
/// How long after a failure its cause may be told.
const SETTLE_MILLIS: u32 = 50;
