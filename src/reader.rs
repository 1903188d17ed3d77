//! What is loaded when it is first used: a module that reads captures, and shows payloads in CBOR and MessagePack, in
//! a worker of its own.
//!
//! Each file gets a worker, which goes when the file was read, and its memory with it. Payloads share one.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use js_sys::{Array, Reflect, Uint8Array};
use mqttscope_log::transfer::{Appender, Binary, Ended, Lines, Message, VERSION};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, File, MessageEvent, Worker};

use crate::store::shared::SharedLog;
use crate::store::text::concat;
use crate::transport::words_of;

/// What becomes of a file that is being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many of its bytes were read, and what they hold is in the log.
    Read {
        /// Bytes that were read.
        done: u64,
        /// Bytes of the file.
        total: u64,
    },
    /// It was read, whole or as far as it can be.
    Ended(Ended),
    /// It could not be read any further, in words.
    Failed(String),
}

/// The reader. Nothing is loaded before it is asked for something. Clones are the same reader.
#[derive(Clone)]
pub struct Reader {
    url: Rc<str>,
    views: Rc<RefCell<Views>>,
}

/// A file that is being read. What was read stays in the log; dropping this ends the reading.
pub struct Import {
    _running: Running,
}

type Answer = Box<dyn FnOnce(Result<Lines, String>)>;

/// The worker that shows payloads, and who waits for its answers, in their order.
#[derive(Default)]
struct Views {
    running: Option<Running>,
    waiting: VecDeque<Answer>,
}

impl PartialEq for Reader {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.views, &other.views)
    }
}

impl Reader {
    /// A reader whose worker has that URL, relative to the page.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self { url: url.into(), views: Rc::default() }
    }

    /// Begins to read a file into the log, as connections of their own, and tells how far it is: about every
    /// megabyte, and at the end. If it `replaces` what is in the log, that goes with the first record of the file: a
    /// file that cannot be read costs nothing.
    ///
    /// # Errors
    ///
    /// In words, where no worker can be started.
    pub fn import(
        &self,
        file: &File,
        log: SharedLog,
        replaces: bool,
        listen: Rc<dyn Fn(Progress)>,
    ) -> Result<Import, String> {
        let total = file.size() as u64;
        let appender = RefCell::<Option<Appender>>::default();
        let hear = move |worker: &Worker, said: Result<Message<'_>, String>| {
            match said {
                Ok(Message::Records(records)) => {
                    let mut log = log.0.borrow_mut();
                    let mut appender = appender.borrow_mut();
                    let appender = appender.get_or_insert_with(|| {
                        if replaces {
                            log.clear();
                        }
                        Appender::new(&mut log)
                    });
                    return appender.append(records, &mut log).is_some();
                }
                Ok(Message::Read(done)) => {
                    // It waits for this before it reads on.
                    let _ = worker.post_message(&JsValue::NULL);
                    listen(Progress::Read { done, total });
                }
                Ok(Message::Ended(ended)) => {
                    worker.terminate();
                    listen(Progress::Ended(ended));
                }
                Ok(Message::Lines(_)) => return false,
                Err(words) => listen(Progress::Failed(words)),
            }
            true
        };
        let running = Running::start(&self.url, hear)?;
        running.worker.post_message(file).map_err(|error| words_of(&error))?;
        Ok(Import { _running: running })
    }

    /// Shows a payload, and calls `answer` with its lines, or with words where that fails.
    ///
    /// # Errors
    ///
    /// In words, where no worker can be started.
    pub fn view(
        &self,
        format: Binary,
        payload: &[u8],
        answer: impl FnOnce(Result<Lines, String>) + 'static,
    ) -> Result<(), String> {
        let mut views = self.views.borrow_mut();
        let running = match views.running.take() {
            Some(running) => running,
            None => {
                let weak = Rc::downgrade(&self.views);
                Running::start(&self.url, move |_, said| hear_lines(&weak, said))?
            }
        };
        let request = Uint8Array::new_with_length(payload.len() as u32 + 1);
        request.set_index(0, format.request());
        request.subarray(1, request.length()).copy_from(payload);
        let posted = running.worker.post_message_with_transfer(&request, &Array::of1(&request.buffer()));
        views.running = Some(running);
        posted.map_err(|error| words_of(&error))?;
        views.waiting.push_back(Box::new(answer));
        Ok(())
    }
}

/// Gives lines to the one that has waited for the longest, or the words to all.
fn hear_lines(views: &Weak<RefCell<Views>>, said: Result<Message<'_>, String>) -> bool {
    let Some(views) = views.upgrade() else { return true };
    match said {
        Ok(Message::Lines(lines)) => {
            // The answer may ask for the next payload.
            let answer = views.borrow_mut().waiting.pop_front();
            if let Some(answer) = answer {
                answer(Ok(lines));
            }
            true
        }
        Ok(_) => false,
        Err(words) => {
            let Views { waiting, .. } = views.take();
            waiting.into_iter().for_each(|answer| answer(Err(words.clone())));
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
        let worker = Worker::new(url).map_err(|error| concat(&[NOT_STARTED, &words_of(&error)]))?;
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
                hear(&source, Err(concat(&[what, &words])));
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
