//! The page's end of the link to the engine, which holds the connections and the log.
//!
//! The engine runs in a worker of its own, which loads a module of its own: what is sent until that runs waits there.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Reflect, Uint8Array};
use mqttscope_link::{Asked, Update, decode, encode};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, Event, File, MessageEvent, MessagePort, Worker};

use crate::browser::words_of;
use crate::store::text::concat;

/// What the engine tells.
pub enum Heard {
    /// An update, and the blob that came beside it.
    Update(Update, Option<Blob>),
    /// The engine is not there, or not any more; why, in words. Nothing follows.
    Lost(String),
}

/// One end of the link.
pub struct EngineLink {
    end: End,
    _on_event: Closure<dyn Fn(Event)>,
}

/// Where what is sent goes.
#[derive(Clone)]
enum End {
    Worker(Worker),
    /// To an engine in the same thread.
    Port(MessagePort),
    /// No worker could be made.
    Nowhere,
}

impl EngineLink {
    /// The link to a worker that is started from that URL, relative to the page.
    #[must_use]
    pub fn worker(url: &str, hear: impl Fn(Heard) + 'static) -> Self {
        match Worker::new(url) {
            Ok(worker) => Self::between(End::Worker(worker), hear).0,
            Err(error) => {
                let (link, ear) = Self::between(End::Nowhere, hear);
                ear.lose(&words_of(&error));
                link
            }
        }
    }

    /// The link to an engine behind a port.
    #[must_use]
    pub fn port(port: MessagePort, hear: impl Fn(Heard) + 'static) -> Self {
        Self::between(End::Port(port), hear).0
    }

    fn between(end: End, hear: impl Fn(Heard) + 'static) -> (Self, Rc<Ear>) {
        let ear = Rc::new(Ear {
            hear: Box::new(hear),
            end: end.clone(),
            has_started: false.into(),
            is_lost: false.into(),
        });
        let heard = ear.clone();
        let on_event = Closure::<dyn Fn(Event)>::new(move |event: Event| heard.hear(&event));
        end.listen(Some(&on_event));
        (Self { end, _on_event: on_event }, ear)
    }

    /// Asks the engine for something. A worker that has not started keeps it until then.
    pub fn send(&self, asked: &Asked) {
        let bytes = Uint8Array::from(encode(asked).as_slice());
        self.post(&bytes, &bytes);
    }

    /// Asks the engine for something that it needs a file for.
    pub fn send_file(&self, asked: &Asked, file: &File) {
        let bytes = Uint8Array::from(encode(asked).as_slice());
        self.post(&Array::of2(&bytes, file), &bytes);
    }

    /// Posts a message; the buffer of its bytes changes hands.
    fn post(&self, message: &JsValue, bytes: &Uint8Array) {
        let transfer = Array::of1(&bytes.buffer());
        // Bytes and files can always be posted, and whoever lost the engine was told.
        let _ = match &self.end {
            End::Worker(worker) => worker.post_message_with_transfer(message, &transfer),
            End::Port(port) => port.post_message_with_transferable(message, &transfer),
            End::Nowhere => Ok(()),
        };
    }
}

impl Drop for EngineLink {
    fn drop(&mut self) {
        self.end.close();
    }
}

impl End {
    fn listen(&self, on_event: Option<&Closure<dyn Fn(Event)>>) {
        let handler = on_event.map(|it| it.as_ref().unchecked_ref());
        match self {
            Self::Worker(worker) => {
                worker.set_onmessage(handler);
                worker.set_onerror(handler);
            }
            Self::Port(port) => port.set_onmessage(handler),
            Self::Nowhere => {}
        }
    }

    fn close(&self) {
        self.listen(None);
        match self {
            Self::Worker(worker) => worker.terminate(),
            Self::Port(port) => port.close(),
            Self::Nowhere => {}
        }
    }
}

/// Hears what the engine tells, until it is lost.
struct Ear {
    hear: Box<dyn Fn(Heard)>,
    end: End,
    has_started: Cell<bool>,
    is_lost: Cell<bool>,
}

impl Ear {
    fn hear(&self, event: &Event) {
        if self.is_lost.get() {
            return;
        }
        match read(event) {
            Ok((update, blob)) => {
                self.has_started.set(true);
                (self.hear)(Heard::Update(update, blob));
            }
            Err(words) => self.lose(&words),
        }
    }

    fn lose(&self, words: &str) {
        self.is_lost.set(true);
        self.end.close();
        let what = if self.has_started.get() { FAILED } else { NOT_STARTED };
        (self.hear)(Heard::Lost(concat(&[what, words, "."])));
    }
}

/// What the engine tells, or what is wrong with it, in words.
fn read(event: &Event) -> Result<(Update, Option<Blob>), String> {
    let Some(message) = event.dyn_ref::<MessageEvent>() else {
        // A worker whose script is missing tells nothing.
        let words = Reflect::get(event, &"message".into()).ok().and_then(|words| words.as_string());
        return Err(words.unwrap_or_else(|| "a file of the page is missing".into()));
    };
    let data = message.data();
    if let Some(words) = data.as_string() {
        return Err(words);
    }
    let (bytes, blob) = match data.dyn_into::<Array>() {
        Ok(parts) => (parts.get(0), parts.get(1).dyn_into().ok()),
        Err(bytes) => (bytes, None),
    };
    let bytes = bytes.dyn_into::<Uint8Array>().map(|bytes| bytes.to_vec()).unwrap_or_default();
    let update = decode(&bytes).map_err(|_| OTHER_BUILD)?;
    Ok((update, blob))
}

const NOT_STARTED: &str = "The part of the page that holds connections and log could not start: ";
const FAILED: &str = "The part of the page that holds connections and log failed: ";
const OTHER_BUILD: &str = "the page was updated meanwhile, and must be loaded again";
