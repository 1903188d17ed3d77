//! Between the engine and the browser: what happens goes in, and what the engine wants is done.
//!
//! It owns the sockets, the clock and the port to the page. The time of what a socket tells is taken here, before anything
//! else is done with it. It decides nothing, and never looks into the bytes that a socket brings: they go into the log as
//! they are, by way of [`Engine::handle_bytes`].

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::{Array, Uint8Array};
use mqttscope_client as client;
use mqttscope_engine::{Engine, Input, Output};
use mqttscope_link::{Asked, OtherBuild, Saved, Slot, Update, decode, encode};
use mqttscope_log::transfer::{How, Message};
use mqttscope_proto::Timestamp;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, File, MessageEvent, MessagePort};

use crate::clock::Clock;
use crate::export::Pieces;
use crate::probe::Probe;
use crate::random;
use crate::reader::{Import, Read, Reader};
use crate::socket::{Signal, Socket};
use crate::tasks::TaskQueue;

/// An engine with its sockets, its clock, and its end of the link to the page.
pub struct Shell {
    inner: Rc<Inner>,
    _on_message: Closure<dyn Fn(MessageEvent)>,
}

struct Inner {
    me: Weak<Inner>,
    engine: RefCell<Engine>,
    page: MessagePort,
    clock: RefCell<Clock>,
    sockets: RefCell<Vec<(Slot, Socket)>>,
    probes: RefCell<Vec<Probe>>,
    tasks: TaskQueue,
    /// When all that the engine wanted was done last.
    drained: Cell<Timestamp>,
    /// Messages came since, right behind each other: what follows from them is done in a task behind them.
    owes_drain: Cell<bool>,
    reader: Reader,
    import: RefCell<Option<Import>>,
    /// The file that came beside a command.
    file: RefCell<Option<File>>,
    pieces: RefCell<Pieces>,
    has_no_room: Cell<bool>,
}

impl Shell {
    /// Runs an engine for the page at the other end of a port.
    #[must_use]
    pub fn serve(page: MessagePort, engine: Engine) -> Self {
        Self::serve_with_reader(page, engine, READER)
    }

    /// As [`Self::serve`], where the script of the reader's worker has another URL.
    #[must_use]
    pub fn serve_with_reader(page: MessagePort, engine: Engine, reader: &str) -> Self {
        let mut engine = engine;
        engine.set_random(random::fill);
        let inner = Rc::new_cyclic(|me: &Weak<Inner>| {
            let (waking, working) = (me.clone(), me.clone());
            Inner {
                me: me.clone(),
                engine: RefCell::new(engine),
                page,
                clock: RefCell::new(Clock::new(Rc::new(move || {
                    if let Some(inner) = waking.upgrade() {
                        inner.on_alarm();
                    }
                }))),
                sockets: RefCell::default(),
                probes: RefCell::default(),
                tasks: TaskQueue::new(move || {
                    if let Some(inner) = working.upgrade() {
                        inner.work();
                    }
                }),
                drained: Cell::default(),
                owes_drain: Cell::default(),
                reader: Reader::new(reader),
                import: RefCell::default(),
                file: RefCell::default(),
                pieces: RefCell::default(),
                has_no_room: Cell::new(false),
            }
        });
        let hearing = Rc::downgrade(&inner);
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(inner) = hearing.upgrade() {
                inner.on_message(&event.data());
            }
        });
        inner.page.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        inner.drain();
        Self { inner, _on_message: on_message }
    }

    /// Leaves it running for as long as its thread is there.
    pub fn run_forever(self) {
        std::mem::forget(self);
    }
}

/// What happens.
impl Inner {
    fn on_message(&self, data: &JsValue) {
        let mut bytes = data.clone();
        if let Some(parts) = data.dyn_ref::<Array>() {
            *self.file.borrow_mut() = parts.get(1).dyn_into().ok();
            bytes = parts.get(0);
        }
        let Some(bytes) = bytes.dyn_ref::<Uint8Array>() else { return };
        match decode::<Asked>(&bytes.to_vec()) {
            Ok(asked) => self.handle(Input::Asked(asked)),
            Err(OtherBuild) => {
                // Words are what the page shows as they are.
                let _ = self.page.post_message(&OTHER_BUILD.into());
            }
        }
    }

    fn on_signal(&self, slot: Slot, generation: u32, signal: Signal) {
        let now = self.clock.borrow().now();
        let link = |input| Input::Link { slot, generation, input };
        match signal {
            Signal::Bytes(bytes) => {
                {
                    let mut engine = self.engine.borrow_mut();
                    let len = bytes.length() as usize;
                    engine.set_clock(now, self.clock.borrow().time_of_day());
                    engine.handle_bytes(now, slot, generation, len, |room| bytes.copy_to(room));
                }
                // To hand a message to the browser costs more than to make it, and in a flood the next one is there
                // already: its answer leaves with this one's.
                if now.micros_since(self.drained.get()) < FLOOD_MICROS {
                    self.owes_drain.set(true);
                    self.tasks.ask();
                } else {
                    self.drain();
                }
            }
            Signal::Open { subprotocol } => {
                self.handle_at(now, link(client::Input::Opened { subprotocol: &subprotocol }));
            }
            Signal::Text { chars } => self.handle_at(now, link(client::Input::Text { chars })),
            Signal::Closed { code, reason } => {
                self.handle_at(now, link(client::Input::Closed { code, reason: &reason }));
            }
        }
    }

    fn on_alarm(&self) {
        self.clock.borrow_mut().rang();
        self.handle(Input::Timeout);
    }

    fn work(&self) {
        if self.owes_drain.get() {
            // It asks for another task if there is more to do.
            return self.drain();
        }
        let until = self.clock.borrow().now().as_micros() + SLICE_MICROS;
        loop {
            let has_more = self.engine.borrow_mut().work();
            if !has_more || self.clock.borrow().now().as_micros() >= until {
                break;
            }
        }
        self.drain();
    }

    fn handle(&self, input: Input<'_>) {
        let now = self.clock.borrow().now();
        self.handle_at(now, input);
    }

    fn handle_at(&self, now: Timestamp, input: Input<'_>) {
        {
            let mut engine = self.engine.borrow_mut();
            engine.set_clock(now, self.clock.borrow().time_of_day());
            engine.handle(now, input);
        }
        self.drain();
    }
}

/// What is to be done.
impl Inner {
    /// Does all that the engine wants done.
    fn drain(&self) {
        self.owes_drain.set(false);
        let mut has_more = true;
        while has_more {
            for place in 0.. {
                let slot = self.engine.borrow().slot(place);
                let Some(slot) = slot else { break };
                while self.step_link(slot) {}
            }
            let now = self.clock.borrow().now();
            has_more = self.engine.borrow_mut().publish_more(now);
        }
        self.carry_all_out();
        let now = self.clock.borrow().now();
        self.drained.set(now);
        let view = self.engine.borrow_mut().poll_view(now);
        if let Some(view) = view {
            self.post(&view, None);
            // A payload that it shows may have to be decoded first.
            self.carry_all_out();
        }
        let (due, has_work) = {
            let engine = self.engine.borrow();
            (engine.poll_timeout(), engine.has_work())
        };
        self.clock.borrow_mut().set_alarm(due);
        if has_work {
            self.tasks.ask();
        }
    }

    /// Does the next thing that a connection wants of its socket; says whether there was one.
    fn step_link(&self, slot: Slot) -> bool {
        let mut sockets = self.sockets.borrow_mut();
        let at = sockets.iter().position(|(known, _)| *known == slot);
        let buffered = at.map_or(0, |at| sockets[at].1.buffered());
        let mut engine = self.engine.borrow_mut();
        let Some(output) = engine.poll_link(slot, buffered) else { return false };
        let refused = match (output, at) {
            (client::Output::Send(bytes), Some(at)) => {
                sockets[at].1.send(bytes);
                None
            }
            (client::Output::Close | client::Output::Abandon, Some(at)) => {
                sockets[at].1.close();
                None
            }
            (client::Output::Probe { generation, url }, _) => {
                self.probe(slot, generation, url);
                None
            }
            (client::Output::Open { generation, url, subprotocols }, at) => {
                if let Some(at) = at {
                    sockets.swap_remove(at);
                }
                let me = self.me.clone();
                let listen = Rc::new(move |signal| {
                    if let Some(inner) = me.upgrade() {
                        inner.on_signal(slot, generation, signal);
                    }
                });
                match Socket::open(url, subprotocols, listen) {
                    Ok(socket) => {
                        sockets.push((slot, socket));
                        None
                    }
                    Err(words) => Some((generation, words)),
                }
            }
            _ => None,
        };
        if let Some((generation, words)) = refused {
            let now = self.clock.borrow().now();
            let input = client::Input::NotOpened { words: &words };
            engine.handle(now, Input::Link { slot, generation, input });
        }
        true
    }

    /// Finds out whether anything answers where a connection's WebSocket did not open.
    fn probe(&self, slot: Slot, generation: u32, url: &str) {
        let me = self.me.clone();
        let tell = move |probed| {
            if let Some(inner) = me.upgrade() {
                inner.handle(Input::Link { slot, generation, input: client::Input::Probed(probed) });
            }
        };
        let mut probes = self.probes.borrow_mut();
        probes.retain(|probe| !probe.is_over());
        probes.extend(Probe::ask(url, tell));
    }

    fn carry_all_out(&self) {
        loop {
            let output = self.engine.borrow_mut().poll_output();
            let Some(output) = output else { break };
            self.carry_out(output);
        }
    }

    fn carry_out(&self, output: Output) {
        match output {
            Output::Update(Update::Exported(Ok(saved))) => self.save(saved),
            Output::Update(update) => self.post(&update, None),
            Output::Piece(piece) => {
                let has_room = self.pieces.borrow_mut().push(&piece);
                self.has_no_room.set(self.has_no_room.get() || !has_room);
            }
            Output::DropPieces => {
                self.pieces.take();
            }
            Output::Import => self.import(),
            Output::CancelImport => *self.import.borrow_mut() = None,
            Output::GoOnReading => {
                if let Some(import) = &*self.import.borrow() {
                    import.go_on();
                }
            }
            Output::Compare { request, how, payloads } => self.compare(request, how, &payloads),
            Output::Decode { request, format, payload } => {
                let me = self.me.clone();
                let begun = self.reader.view(format, &payload, move |lines| {
                    if let Some(inner) = me.upgrade() {
                        inner.handle(Input::Decoded { request, lines });
                    }
                });
                if let Err(words) = begun {
                    self.engine
                        .borrow_mut()
                        .handle(self.clock.borrow().now(), Input::Decoded { request, lines: Err(words) });
                }
            }
        }
    }

    fn compare(&self, request: u32, how: How, payloads: &[Vec<u8>; 2]) {
        let me = self.me.clone();
        let begun = self.reader.compare(how, payloads, move |found| {
            if let Some(inner) = me.upgrade() {
                inner.handle(Input::Compared { request, found });
            }
        });
        if let Err(words) = begun {
            let failed = Input::Compared { request, found: Err(words) };
            self.engine.borrow_mut().handle(self.clock.borrow().now(), failed);
        }
    }

    fn save(&self, saved: Saved) {
        let blob = self.pieces.take().finish(&saved).filter(|_| !self.has_no_room.replace(false));
        match blob {
            Some(blob) => self.post(&Update::Exported(Ok(saved)), Some(&blob)),
            None => self.post(&Update::Exported(Err(NO_ROOM.into())), None),
        }
    }

    fn import(&self) {
        let me = self.me.clone();
        let hear = move |read: Read<'_>| {
            let Some(inner) = me.upgrade() else { return };
            match read {
                Read::Message(message) => {
                    let is_over = matches!(message, Message::Ended(_));
                    inner.handle(Input::Read(message));
                    if is_over {
                        *inner.import.borrow_mut() = None;
                    }
                }
                Read::Failed(words) => inner.handle(Input::ReadFailed(words)),
            }
        };
        let file = self.file.borrow_mut().take();
        let begun = match file {
            Some(file) => self.reader.import(&file, hear),
            None => Err(NO_FILE.into()),
        };
        match begun {
            Ok(import) => *self.import.borrow_mut() = Some(import),
            Err(words) => {
                self.engine.borrow_mut().handle(self.clock.borrow().now(), Input::ReadFailed(words))
            }
        }
    }

    fn post(&self, update: &Update, beside: Option<&Blob>) {
        let bytes = Uint8Array::from(encode(update).as_slice());
        let transfer = Array::of1(&bytes.buffer());
        let posted = match beside {
            Some(blob) => self.page.post_message_with_transferable(&Array::of2(&bytes, blob), &transfer),
            None => self.page.post_message_with_transferable(&bytes, &transfer),
        };
        // It fails only where the page is gone.
        let _ = posted;
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.inner.page.set_onmessage(None);
    }
}

/// The script of the worker that reads files and binary payloads.
const READER: &str = "reader.js";
const OTHER_BUILD: &str = "The page was updated meanwhile, and must be loaded again.";
const NO_ROOM: &str = "The browser has no room for the file.";
const NO_FILE: &str = "The browser did not hand the file over.";
/// A message that comes within this time of the last is one of many.
const FLOOD_MICROS: u64 = 500;
/// How long a slice of what takes long is: a packet that comes meanwhile waits no longer.
const SLICE_MICROS: u64 = 1_000;
