//! What is loaded when it is first used: a module that reads captures, shows payloads in CBOR and MessagePack, and compares
//! payloads, in a worker of its own.
//!
//! Each file gets a worker, which goes when the file was read, and its memory with it. Payloads share one.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use js_sys::{Array, Reflect, Uint8Array};
use mqttscope_log::transfer::{Binary, Comparison, How, Lines, Message, VERSION, compare_request};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, File, MessageEvent, Worker};

use crate::socket::words_of;

/// What the module says of a file.
pub(crate) enum Read<'a> {
    /// A message of its own.
    Message(Message<'a>),
    /// It could not go on, in words.
    Failed(String),
}

/// The reader. Nothing is loaded before it is asked for something. Clones are the same reader.
#[derive(Clone)]
pub(crate) struct Reader {
    url: Rc<str>,
    views: Rc<RefCell<Views>>,
}

/// A file that is being read. What was read stays in the log; dropping this ends the reading.
pub(crate) struct Import {
    running: Running,
}

impl Import {
    /// Lets it read on: what it has read is in the log.
    pub(crate) fn go_on(&self) {
        // Nothing can always be posted.
        let _ = self.running.worker.post_message(&JsValue::NULL);
    }
}

/// Who waits for a payload, or for what differs between two.
enum Answer {
    Lines(Box<dyn FnOnce(Result<Lines, String>)>),
    Compared(Box<dyn FnOnce(Result<Comparison, String>)>),
}

impl Answer {
    fn give_up(self, words: String) {
        match self {
            Self::Lines(answer) => answer(Err(words)),
            Self::Compared(answer) => answer(Err(words)),
        }
    }
}

/// The worker that shows and compares payloads, and who waits for its answers, in their order.
#[derive(Default)]
struct Views {
    running: Option<Running>,
    waiting: VecDeque<Answer>,
}

impl Reader {
    /// A reader whose worker has that URL, relative to the page.
    pub(crate) fn new(url: &str) -> Self {
        Self { url: url.into(), views: Rc::default() }
    }

    /// Begins to read a file, and tells what its module says until it ends. After each [`Message::Read`] it waits for
    /// [`Import::go_on`].
    ///
    /// # Errors
    ///
    /// In words, where no worker can be started.
    pub(crate) fn import(&self, file: &File, hear: impl Fn(Read<'_>) + 'static) -> Result<Import, String> {
        let listen = move |_: &Worker, said: Result<Message<'_>, String>| {
            match said {
                Ok(Message::Lines(_) | Message::Compared(_)) => return false,
                Ok(message) => hear(Read::Message(message)),
                Err(words) => hear(Read::Failed(words)),
            }
            true
        };
        let running = Running::start(&self.url, listen)?;
        running.worker.post_message(file).map_err(|error| words_of(&error))?;
        Ok(Import { running })
    }

    /// Shows a payload, and calls `answer` with its lines, or with words where that fails.
    ///
    /// # Errors
    ///
    /// In words, where no worker can be started.
    pub(crate) fn view(
        &self,
        format: Binary,
        payload: &[u8],
        answer: impl FnOnce(Result<Lines, String>) + 'static,
    ) -> Result<(), String> {
        let request = Uint8Array::new_with_length(payload.len() as u32 + 1);
        request.set_index(0, format.request());
        request.subarray(1, request.length()).copy_from(payload);
        self.ask(&request, Answer::Lines(Box::new(answer)))
    }

    /// Compares two payloads, and calls `answer` with what differs, or with words where that fails.
    ///
    /// # Errors
    ///
    /// In words, where no worker can be started.
    pub(crate) fn compare(
        &self,
        how: How,
        payloads: &[Vec<u8>; 2],
        answer: impl FnOnce(Result<Comparison, String>) + 'static,
    ) -> Result<(), String> {
        let [old, new] = payloads;
        let request = Uint8Array::from(&compare_request(how, old, new)[..]);
        self.ask(&request, Answer::Compared(Box::new(answer)))
    }

    fn ask(&self, request: &Uint8Array, answer: Answer) -> Result<(), String> {
        let mut views = self.views.borrow_mut();
        let running = match views.running.take() {
            Some(running) => running,
            None => {
                let weak = Rc::downgrade(&self.views);
                Running::start(&self.url, move |_, said| hear_answer(&weak, said))?
            }
        };
        let posted = running.worker.post_message_with_transfer(request, &Array::of1(&request.buffer()));
        views.running = Some(running);
        posted.map_err(|error| words_of(&error))?;
        views.waiting.push_back(answer);
        Ok(())
    }
}

/// Gives an answer to the one that has waited for the longest, or the words to all.
fn hear_answer(views: &Weak<RefCell<Views>>, said: Result<Message<'_>, String>) -> bool {
    let Some(views) = views.upgrade() else { return true };
    match said {
        Ok(message) => {
            // The answer may ask for the next payload.
            let answer = views.borrow_mut().waiting.pop_front();
            match (answer, message) {
                (Some(Answer::Lines(answer)), Message::Lines(lines)) => answer(Ok(lines)),
                (Some(Answer::Compared(answer)), Message::Compared(found)) => answer(Ok(found)),
                _ => return false,
            }
            true
        }
        Err(words) => {
            let Views { waiting, .. } = views.take();
            waiting.into_iter().for_each(|answer| answer.give_up(words.clone()));
            true
        }
    }
}

/// A worker that was started.
struct Running {
    worker: Worker,
    _on_event: Closure<dyn Fn(Event)>,
}

impl Running {
    /// Starts a worker. `hear` gets its messages and says whether it can do anything with them; words are the last that
    /// it gets.
    fn start(
        url: &str,
        hear: impl Fn(&Worker, Result<Message<'_>, String>) -> bool + 'static,
    ) -> Result<Self, String> {
        let worker = Worker::new(url).map_err(|error| [NOT_STARTED, &words_of(&error)].concat())?;
        let (has_started, is_over) = (Cell::new(false), Cell::new(false));
        let source = worker.clone();
        let on_event = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            if is_over.get() {
                return;
            }
            let fault = fault(&event, &has_started, |message| hear(&source, Ok(message)));
            if let Some(words) = fault {
                is_over.set(true);
                source.terminate();
                let what = if has_started.get() { FAILED } else { NOT_STARTED };
                hear(&source, Err([what, &words].concat()));
            }
        });
        let handler = Some(on_event.as_ref().unchecked_ref());
        worker.set_onmessage(handler);
        worker.set_onerror(handler);
        Ok(Self { worker, _on_event: on_event })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

/// What is wrong with what the worker tells, in words.
fn fault(event: &Event, has_started: &Cell<bool>, hear: impl Fn(Message<'_>) -> bool) -> Option<String> {
    let Some(message) = event.dyn_ref::<MessageEvent>() else {
        // A worker whose script is missing tells nothing.
        let words = Reflect::get(event, &"message".into()).ok().and_then(|words| words.as_string());
        return Some(words.unwrap_or_else(|| "a file of the page is missing".into()));
    };
    let data = message.data();
    if let Some(version) = data.as_f64() {
        has_started.set(true);
        return (version != f64::from(VERSION)).then(|| OTHER_BUILD.into());
    }
    if let Some(words) = data.as_string() {
        return Some(words);
    }
    let bytes = data.unchecked_into::<Uint8Array>().to_vec();
    let understood = Message::read(&bytes).is_some_and(hear);
    (!understood).then(|| OTHER_BUILD.into())
}

const NOT_STARTED: &str = "The part of the page that reads files and binary payloads could not start: ";
const FAILED: &str = "The part of the page that reads files and binary payloads failed: ";
const OTHER_BUILD: &str = "the page was updated meanwhile, and must be loaded again";
