//! The page and the engine: what is asked, and what becomes of the answers.

use std::rc::Rc;

use mqttscope_client::{ConnectionState, Phase};
use mqttscope_link::{Asked, Command, Copy, LogCommand, PageCommand, PanelLook, PanelView, Slot, Update};
use mqttscope_text::zone::Zone;
use web_sys::File;

use super::App;
use crate::awake::Awake;
use crate::browser;
use crate::components::inspector::SharedPanel;
use crate::components::log_table::{LOG_TABLE, TableAct};
use crate::engine::Heard;
use crate::store::page::{Edit, Reply, Tab};
use crate::store::shown::Shown;
use crate::store::{self, Field, Problems, refused};

/// What a command was for whose answer has not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// A button, a form or a key.
    Command(store::Command),
    /// The reading of a capture.
    Import,
}

impl Awaited {
    /// The button, or the field, that says what became of it.
    fn speaks_at(&self) -> Field {
        match self {
            Self::Command(command) => command.info().speaks_at,
            Self::Import => Field::ImportFile,
        }
    }
}

/// What is asked.
impl App {
    /// Asks for what has no answer.
    pub(super) fn send(&mut self, command: Command) {
        let ticket = self.awaited.issue();
        self.engine.send(&Asked { ticket, command });
    }

    /// Asks for what a command of the page needs; the answer is told where that speaks.
    pub(super) fn ask(&mut self, what: store::Command, command: Command) -> Result<(), Problems> {
        self.ask_with(Awaited::Command(what), command, None)
    }

    pub(super) fn ask_with(
        &mut self,
        what: Awaited,
        command: Command,
        file: Option<&File>,
    ) -> Result<(), Problems> {
        self.is_there(what.speaks_at())?;
        let asked = Asked { ticket: self.awaited.issue_for(what), command };
        match file {
            Some(file) => self.engine.send_file(&asked, file),
            None => self.engine.send(&asked),
        }
        Ok(())
    }

    /// Without an engine nothing can be asked.
    pub(super) fn is_there(&self, field: Field) -> Result<(), Problems> {
        match &self.lost {
            Some(words) => Err(refused(field, words.clone())),
            None => Ok(()),
        }
    }

    pub(super) fn send_log(&mut self, command: LogCommand) {
        self.send(Command::Log(command));
    }

    /// Carries out what the inspector asks for.
    pub(super) fn on_inspector(&mut self, command: Command) {
        match command {
            Command::Page(PageCommand::Copy(what)) => self.copy(what),
            command => self.send(command),
        }
    }

    /// Copies something; must be called from what a person has just done.
    pub(super) fn copy(&mut self, what: Copy) {
        self.promised.promise(what);
        self.send(Command::Page(PageCommand::Copy(what)));
    }

    /// Carries out what the table asks for; says whether the page is another one now.
    pub(super) fn on_table(&mut self, act: TableAct) -> bool {
        match act {
            TableAct::Select(number) => self.send_log(LogCommand::Select(number)),
            TableAct::Step(step) => self.send_log(LogCommand::Step(step)),
            TableAct::Inspect => {
                self.edit(Edit::Tab(Tab::Inspector));
                return true;
            }
            TableAct::Scroll(gesture) => {
                self.send(Command::Page(PageCommand::Scroll(gesture)));
                // What is on its way does not know of it, and is told by its number.
                self.send_look();
                self.scrolled.0.set(self.look.number);
            }
            TableAct::Measure(geometry) => {
                self.look.geometry = geometry;
                self.send_look();
            }
        }
        false
    }

    /// Shows at once that a connection is begun; what becomes of it the engine tells.
    pub(super) fn begin_connection(&mut self, url: String, client_id: String) {
        self.take_pending();
        let (phase, since) = (Phase::Opening, self.now_micros() / 1_000);
        let before = ConnectionState::clone(&self.connection);
        let (subprotocol, certificate_url) = (String::new(), String::new());
        let version = self.page.profile.version();
        let begun =
            ConnectionState { phase, since, url, client_id, version, subprotocol, certificate_url, ..before };
        self.show_connection(begun);
    }

    /// Shows why something was not done; says whether the page is another one now.
    pub(super) fn refuse(&mut self, done: Result<(), Problems>) -> bool {
        if let Err(problems) = done {
            self.edit(Edit::Refused(problems));
        }
        true
    }

    /// The inspector shows something else, or nothing.
    pub(super) fn on_panel(&mut self, panel: Option<PanelLook>) {
        if panel != self.look.panel {
            self.look.panel = panel;
            self.send_look();
        }
    }

    pub(super) fn send_look(&mut self) {
        self.look.number = self.look.number.wrapping_add(1);
        self.send(Command::Page(PageCommand::Look(self.look)));
    }

    /// Lets the next view come, once this one is drawn and somebody sees the page.
    pub(super) fn send_drawn(&mut self) {
        self.is_drawn_owed = browser::is_hidden();
        if !self.is_drawn_owed {
            self.send(Command::Page(PageCommand::Drawn));
        }
    }

    /// A second has passed.
    pub(super) fn on_second(&mut self) {
        // It may have been hidden before the frame came that was to show it.
        self.take_pending();
        if browser::is_hidden() {
            return;
        }
        self.send_zone();
        self.send(Command::Page(PageCommand::Tick));
    }

    /// The page is seen again.
    pub(super) fn on_seen(&mut self) {
        if self.is_drawn_owed {
            self.send_drawn();
        }
        self.on_second();
    }

    /// Tells the engine the time zone, if it is another one.
    pub(super) fn send_zone(&mut self) {
        // A zone without offsets was never asked for: a browser that is in UTC has one of none.
        let is_known = !self.zone.offsets().is_empty();
        let now = browser::now_micros();
        if !is_known || browser::utc_offset_minutes(now) != self.zone.minutes_at(now) {
            self.zone = Zone::found(browser::utc_offset_minutes);
            let offsets = self.zone.offsets().iter().map(|offset| (offset.from, offset.minutes)).collect();
            self.send(Command::Page(PageCommand::Zone(offsets)));
        }
    }
}

/// What comes back.
impl App {
    /// Takes what the engine tells; says whether the page is another one now.
    pub(super) fn on_heard(&mut self, heard: Heard) -> bool {
        match heard {
            Heard::Lost(words) => self.on_lost(words),
            Heard::Update(Update::View(view), _) => {
                self.time.hear(view.now, browser::running_millis());
                let mut view = view;
                // A panel that was not drawn yet is still the newest.
                if view.panel.is_none() {
                    view.panel = self.next.take().and_then(|before| before.panel);
                }
                self.next = Some(view);
                self.frames.ask();
                return false;
            }
            Heard::Update(update @ (Update::Connection(..) | Update::Imported(_)), _) => {
                // Their rows come right behind, and are drawn with them: what the page says never runs ahead of the log.
                self.pending.push(update);
                if !browser::is_hidden() {
                    self.frames.ask();
                    return false;
                }
                self.take_pending();
            }
            Heard::Update(Update::Done(ticket, done), _) => {
                if let Some(what) = self.awaited.settle(ticket) {
                    self.on_done(what, done);
                }
            }
            Heard::Update(Update::Offers(offers), _) => self.on_offers(offers),
            Heard::Update(Update::FilterUsed(filter), _) => self.edit(Edit::FilterUsed(filter)),
            Heard::Update(Update::Copied(what, text), _) => {
                self.promised.keep(what, text);
                let copied = self.copied.map_or(0, |(_, times)| times);
                self.copied = Some((what, copied.wrapping_add(1)));
            }
            Heard::Update(Update::Reply { topic, correlation }, _) => {
                self.edit(Edit::Reply(Reply { topic, correlation }));
                browser::open_around(Field::CorrelationData.id());
                browser::focus_and_select(Field::Message.id());
            }
            Heard::Update(Update::Exported(exported), blob) => self.on_exported(exported, blob),
            Heard::Update(Update::Started, _) => return false,
        }
        true
    }

    /// Takes the newest view to be drawn; says whether there is one.
    pub(super) fn on_frame(&mut self) -> bool {
        let is_changed = self.take_pending();
        let Some(mut view) = self.next.take() else { return is_changed };
        if let Some(panel) = view.panel.take() {
            self.panel = SharedPanel(Rc::new(panel));
        }
        self.shown = Shown(Rc::from(view));
        self.leaving.loses(self.shown.log.is_unsaved);
        self.is_view_new = true;
        true
    }

    /// Takes what waits for a frame; says whether the page is another one now.
    fn take_pending(&mut self) -> bool {
        let pending = std::mem::take(&mut self.pending);
        let is_changed = !pending.is_empty();
        for update in pending {
            match update {
                Update::Connection(slot, connection) if slot == Slot::default() => {
                    self.show_connection(connection);
                }
                Update::Imported(imported) => self.on_imported(imported),
                _ => {}
            }
        }
        is_changed
    }

    fn show_connection(&mut self, connection: ConnectionState) {
        if !connection.is_open() {
            self.awake = None;
        } else if self.awake.is_none() {
            self.awake = Awake::keep();
        }
        self.connection = Rc::new(connection);
    }

    fn on_done(&mut self, what: Awaited, done: Result<(), String>) {
        if let Err(words) = done {
            self.edit(Edit::Refused(refused(what.speaks_at(), words)));
            return;
        }
        match what {
            Awaited::Command(store::Command::GoToRow) => {
                self.edit(Edit::Accepted(Field::GoTo));
                browser::close_menus(None);
                browser::focus(browser::by_id(LOG_TABLE));
            }
            Awaited::Command(what) if what.settles_problems() || what == store::Command::Export => {
                self.edit(Edit::Accepted(what.info().speaks_at));
            }
            Awaited::Command(_) => {}
            Awaited::Import => {
                self.edit(Edit::Accepted(Field::ImportFile));
                self.edit(Edit::Note(Field::ImportFile, String::new()));
            }
        }
    }

    /// The engine is gone, and with it the connection. The forms stay as they are.
    fn on_lost(&mut self, words: String) {
        self.take_pending();
        for what in self.awaited.give_up() {
            self.edit(Edit::Refused(refused(what.speaks_at(), words.clone())));
        }
        self.panel = SharedPanel(Rc::new(PanelView::Hidden));
        let phase = Phase::Ended { why: words.clone(), failed: true };
        let since = self.now_micros() / 1_000;
        let subscriptions = Vec::new();
        let before = ConnectionState::clone(&self.connection);
        self.show_connection(ConnectionState { phase, since, subscriptions, ..before });
        self.lost = Some(words);
    }
}
