//! An engine that follows a script, at the other end of a page's link in the same thread.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Uint8Array;
use mqttscope_link::{
    Asked, Command, Content, Gesture, LogView, Look, PacketRow, PageCommand, Row, RowsView, Ticket, Update,
    View, decode, encode,
};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{MessageChannel, MessageEvent, MessagePort};

/// The engine. It shows rows of one height, which say nothing but their number.
pub struct Scripted {
    port: MessagePort,
    inner: Rc<Inner>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

struct Inner {
    rows: u32,
    look: Cell<Look>,
    /// Where the scroll bar is; at the newest row if nowhere.
    top: Cell<Option<f64>>,
    /// The last view was drawn.
    is_ready: Cell<bool>,
    is_changed: Cell<bool>,
    views: Cell<u32>,
    asked: RefCell<Vec<(Ticket, Command)>>,
}

impl Scripted {
    /// An engine with so many rows, and the page's port.
    pub fn new(rows: u32) -> (Self, MessagePort) {
        let channel = MessageChannel::new().expect("browsers have it");
        let (port, pages) = (channel.port1(), channel.port2());
        let inner = Rc::new(Inner {
            rows,
            look: Cell::default(),
            top: Cell::default(),
            is_ready: Cell::new(true),
            is_changed: Cell::new(true),
            views: Cell::new(0),
            asked: RefCell::default(),
        });
        let (told, heard) = (port.clone(), inner.clone());
        let on_message = Closure::new(move |event: MessageEvent| {
            let bytes = event.data().unchecked_into::<Uint8Array>().to_vec();
            heard.hear(decode(&bytes).expect("the page is of this build"));
            if let Some(view) = heard.view() {
                post(&told, &Update::View(Box::new(view)));
            }
        });
        port.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let engine = Self { port, inner, _on_message: on_message };
        engine.tell(&Update::Started);
        (engine, pages)
    }

    /// Tells the page something.
    pub fn tell(&self, update: &Update) {
        post(&self.port, update);
    }

    /// Tells the page something as an engine of another build would.
    pub fn tell_as_another_build(&self, update: &Update) {
        let mut bytes = encode(update);
        bytes[0] = bytes[0].wrapping_add(1);
        self.port.post_message(&Uint8Array::from(bytes.as_slice())).expect("bytes can be posted");
    }

    /// Tells the page that it has failed.
    pub fn fail(&self, words: &str) {
        self.port.post_message(&words.into()).expect("words can be posted");
    }

    /// The ticket of a command that the page has asked for.
    pub fn asked(&self, is_meant: impl Fn(&Command) -> bool) -> Option<Ticket> {
        self.inner.asked.borrow().iter().find(|(_, command)| is_meant(command)).map(|asked| asked.0)
    }

    /// How many views it has shown.
    pub fn views(&self) -> u32 {
        self.inner.views.get()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.port.set_onmessage(None);
    }
}

impl Inner {
    fn hear(&self, asked: Asked) {
        let Asked { ticket, command } = asked;
        match command {
            Command::Page(PageCommand::Look(look)) => {
                self.look.set(look);
                self.is_changed.set(true);
            }
            Command::Page(PageCommand::Scroll(gesture)) => self.top.set(match gesture {
                Gesture::To(top) | Gesture::Leave(top) => Some(top),
                Gesture::Tail => None,
            }),
            Command::Page(PageCommand::Drawn) => self.is_ready.set(true),
            command => self.asked.borrow_mut().push((ticket, command)),
        }
    }

    fn view(&self) -> Option<View> {
        if !self.is_ready.get() || !self.is_changed.replace(false) {
            return None;
        }
        self.is_ready.set(false);
        self.views.set(self.views.get() + 1);
        let Look { number, geometry, .. } = self.look.get();
        // A hex preview of one line: two half lines and the margin.
        let height = geometry.row + 3.0 * geometry.half_line;
        let total = height * f64::from(self.rows);
        let last = (total - geometry.view).max(0.0);
        let top = self.top.get().unwrap_or(last).min(last);
        let first = ((top / height) as u32).saturating_sub(6);
        let end = (((top + geometry.view) / height) as u32 + 7).min(self.rows);
        let preview = (geometry.half_line > 0.0).then(|| "0000  30 00".to_owned());
        let row = |number: u32| Row {
            number,
            time: number.into(),
            time_of_day: number.into(),
            above: None,
            is_new_day: false,
            is_found: false,
            slot: None,
            content: Content::Packet(PacketRow { preview: preview.clone(), ..PacketRow::default() }),
        };
        let rows = RowsView {
            count: self.rows,
            first_place: first,
            rows: (first..end).map(row).collect(),
            offset: height * f64::from(first),
            total,
            scroll_top: top,
            is_following: self.top.get().is_none(),
            is_newest_seen: top >= last,
            new: 0,
        };
        let log = LogView { end: self.rows, ..LogView::default() };
        Some(View { look: number, log, rows, ..View::default() })
    }
}

fn post(port: &MessagePort, update: &Update) {
    port.post_message(&Uint8Array::from(encode(update).as_slice())).expect("bytes can be posted");
}
