//! A real engine in the same thread, at the other end of a page's link, and what it tells.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Uint8Array;
use mqttscope::engine::{EngineLink, Heard};
use mqttscope_engine::Engine;
use mqttscope_link::{
    Asked, Command, Geometry, LogCommand, Look, PageCommand, PanelLook, PanelView, RowsView, Ticket, Update,
    View,
};
use mqttscope_log::Log;
use mqttscope_worker::Shell;
use web_sys::{Blob, File, MessageChannel, MessagePort};

use super::until;

/// A page that draws nothing, and is ready for the next view at once.
pub struct Linked {
    link: EngineLink,
    port: MessagePort,
    heard: Rc<RefCell<Told>>,
    tickets: Cell<u32>,
    _engine: Shell,
}

/// What the engine has told.
#[derive(Default)]
struct Told {
    updates: Vec<Update>,
    /// What came beside them.
    blobs: Vec<Blob>,
    view: View,
    panel: Option<PanelView>,
    /// Why there is no engine any more.
    lost: Vec<String>,
    is_view_new: bool,
}

impl Linked {
    /// An engine with a log.
    pub fn new(log: Log) -> Self {
        Self::with_reader(log, "no-such-file.js")
    }

    /// An engine with a log, and with a script for its reader's worker.
    pub fn with_reader(log: Log, reader: &str) -> Self {
        let channel = MessageChannel::new().expect("browsers have it");
        let heard = Rc::new(RefCell::new(Told::default()));
        let listening = heard.clone();
        let hear = move |what| listening.borrow_mut().hear(what);
        let port = channel.port2();
        let link = EngineLink::port(port.clone(), hear);
        let engine = Shell::serve_with_reader(channel.port1(), Engine::with_log(log), reader);
        Self { link, port, heard, tickets: Cell::default(), _engine: engine }
    }

    /// Asks for something.
    pub fn ask(&self, command: Command) -> Ticket {
        let asked = Asked { ticket: self.issue(), command };
        self.link.send(&asked);
        asked.ticket
    }

    /// Posts bytes that may be no message.
    pub fn post(&self, bytes: &[u8]) {
        self.port.post_message(&Uint8Array::from(bytes)).expect("bytes can be posted");
    }

    /// Has a file read.
    pub fn import(&self, file: &File, replaces: bool) -> Ticket {
        let command = Command::Log(LogCommand::Import { replaces, len: file.size() as u64 });
        let asked = Asked { ticket: self.issue(), command };
        self.link.send_file(&asked, file);
        asked.ticket
    }

    /// Looks at the log, and at a panel.
    pub fn look(&self, number: u32, geometry: Geometry, panel: Option<PanelLook>) {
        self.ask(Command::Page(PageCommand::Look(Look { number, geometry, panel, ..Look::default() })));
    }

    /// Waits until something is shown, and draws what comes until then.
    pub async fn until_shown(&self, what: &str, is_so: impl Fn(&View, Option<&PanelView>) -> bool) {
        until(what, || {
            let is_new = std::mem::take(&mut self.heard.borrow_mut().is_view_new);
            if is_new {
                self.ask(Command::Page(PageCommand::Drawn));
            }
            let heard = self.heard.borrow();
            is_so(&heard.view, heard.panel.as_ref())
        })
        .await;
    }

    /// Waits until something was told, and draws what comes until then.
    pub async fn until_told(&self, what: &str, is_so: impl Fn(&Update) -> bool) {
        self.until_shown(what, |_, _| self.heard_of(&is_so) > 0).await;
    }

    /// How many updates are such.
    pub fn heard_of(&self, is_so: impl Fn(&Update) -> bool) -> usize {
        self.updates().iter().filter(|update| is_so(update)).count()
    }

    /// All that was told, views apart.
    pub fn updates(&self) -> Vec<Update> {
        self.heard.borrow().updates.clone()
    }

    /// What came beside the updates.
    pub fn blobs(&self) -> Vec<Blob> {
        self.heard.borrow().blobs.clone()
    }

    /// Why there is no engine any more, each time that it was told.
    pub fn lost(&self) -> Vec<String> {
        self.heard.borrow().lost.clone()
    }

    /// The rows that are shown.
    pub fn rows(&self) -> RowsView {
        self.heard.borrow().view.rows.clone()
    }

    fn issue(&self) -> Ticket {
        self.tickets.set(self.tickets.get() + 1);
        Ticket(self.tickets.get())
    }
}

impl Told {
    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Update(Update::View(mut view), _) => {
                self.panel = view.panel.take().or(self.panel.take());
                self.view = *view;
                self.is_view_new = true;
            }
            Heard::Update(update, blob) => {
                self.updates.push(update);
                self.blobs.extend(blob);
            }
            Heard::Lost(words) => self.lost.push(words),
        }
    }
}
