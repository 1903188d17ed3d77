//! The page and the engine: what is asked, and what becomes of the answers.

use std::rc::Rc;

use mqttscope_client::{ConnectionState, Phase};
use mqttscope_link::{Asked, Command, Copy, LogCommand, PageCommand, PanelLook, PanelView, Update};
use mqttscope_text::zone::Zone;
use mqttscope_view::messages::Message as KeptMessage;
use web_sys::File;

use super::App;
use crate::browser;
use crate::components::connection::CONNECTION_FORM;
use crate::components::inspector::SharedPanel;
use crate::components::log_table::{LOG_TABLE, TableAct};
use crate::components::topics::SharedTopics;
use crate::engine::{EngineLink, Heard};
use crate::store::page::{Edit, Reply, Tab};
use crate::store::shown::Shown;
use crate::store::{self, Field, Problems, refused};

/// What a command was for whose answer has not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// A button, a form or a key.
    Command(store::Command),
    /// A message that is published or repeated, and how it is kept once that was done.
    Message(store::Command, Option<Rc<KeptMessage>>),
    /// The reading of a capture.
    Import,
}

impl Awaited {
    /// Whether what is wrong with it is wrong for one connection.
    fn is_of_connection(&self) -> bool {
        match self {
            Self::Command(command) => command.settles_problems(),
            Self::Message(..) => true,
            Self::Import => false,
        }
    }

    /// The button, or the field, that says what became of it.
    fn speaks_at(&self) -> Field {
        match self {
            Self::Command(command) | Self::Message(command, _) => command.info().speaks_at,
            Self::Import => Field::ImportFile,
        }
    }
}

/// The engine is started when it is first needed: the page can be seen, and its forms filled, without its module.
impl App {
    /// Starts the engine, if there is none yet, or it could not be loaded. Where one has failed with its log, the rows that
    /// are seen still stay until a person begins another log.
    pub(super) fn start_engine(&mut self) {
        if self.lost.as_ref().is_none_or(|lost| !lost.had_run) {
            self.start_anew();
        }
    }

    /// Starts the engine, if there is none; for what begins a log.
    pub(super) fn start_anew(&mut self) {
        let Some(on_heard) = self.on_heard.clone().filter(|_| self.engine.is_none()) else { return };
        self.first_sign = None;
        self.engine = Some(EngineLink::worker(ENGINE, move |heard| on_heard.emit(heard)));
        self.brief();
    }

    /// Tells the engine what it is to know of the page. Nothing of that piles up before there is one.
    pub(super) fn brief(&mut self) {
        self.zone = Zone::UTC;
        self.send_zone();
        self.send_look();
        self.take_engine_effects();
        self.brief_others();
        self.restore_sessions();
        if !self.filter.is_empty() {
            self.set_filter(self.filter_field.begun(), false);
        }
    }
}

/// What is lost with an engine.
pub(super) struct Lost {
    /// Why it is not there, in words.
    words: String,
    /// It had a log.
    had_run: bool,
}

/// What is asked.
impl App {
    /// Tells the engine something, if it is there: what one that is started later is told anyway, or has no use for
    /// before there are rows.
    pub(super) fn tell(&mut self, command: Command) {
        let ticket = self.awaited.issue();
        if let Some(engine) = &self.engine {
            engine.send(&Asked { ticket, command });
        }
    }

    /// Asks for what has no answer.
    pub(super) fn send(&mut self, command: Command) {
        self.start_engine();
        self.tell(command);
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
        let asked = Asked { ticket: self.awaited.issue_for((self.slots.chosen(), what)), command };
        match (&self.engine, file) {
            (Some(engine), Some(file)) => engine.send_file(&asked, file),
            (Some(engine), None) => engine.send(&asked),
            (None, _) => {}
        }
        Ok(())
    }

    /// Sees to it that there is an engine: without one nothing can be asked.
    pub(super) fn is_there(&mut self, field: Field) -> Result<(), Problems> {
        self.start_engine();
        match (&self.engine, &self.lost) {
            (None, Some(lost)) => Err(refused(field, lost.words.clone())),
            _ => Ok(()),
        }
    }

    pub(super) fn send_log(&mut self, command: LogCommand) {
        self.send(Command::Log(command));
    }

    pub(super) fn tell_log(&mut self, command: LogCommand) {
        self.tell(Command::Log(command));
    }

    /// Carries out what the inspector asks for.
    pub(super) fn on_inspector(&mut self, command: Command) {
        match command {
            Command::Page(PageCommand::Copy(what)) => self.copy(what),
            // A line can be added to a chart before there is anything to draw.
            command @ Command::Chart(_) => self.send(command),
            command => self.tell(command),
        }
    }

    /// Copies something; must be called from what a person has just done.
    pub(super) fn copy(&mut self, what: Copy) {
        self.promised.promise(what);
        self.tell(Command::Page(PageCommand::Copy(what)));
    }

    /// Carries out what the table asks for; says whether the page is another one now.
    pub(super) fn on_table(&mut self, act: TableAct) -> bool {
        match act {
            TableAct::Select(number) => self.tell_log(LogCommand::Select(number)),
            TableAct::Mark(number) => {
                self.mark_row(number);
                return true;
            }
            TableAct::Step(step) => self.tell_log(LogCommand::Step(step)),
            TableAct::Inspect => {
                self.edit(Edit::Tab(Tab::Inspector));
                return true;
            }
            TableAct::Scroll(gesture) => {
                self.tell(Command::Page(PageCommand::Scroll(gesture)));
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
        self.file = None;
        let (phase, since) = (Phase::Opening, self.now_micros() / 1_000);
        let before = ConnectionState::clone(&self.connection);
        let (subprotocol, certificate_url) = (String::new(), String::new());
        let version = self.page.profile.version();
        let begun = ConnectionState {
            phase,
            since,
            url,
            client_id,
            version,
            subprotocol,
            certificate_url,
            retry: None,
            ..before
        };
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
        self.tell(Command::Page(PageCommand::Look(self.look)));
    }

    /// Lets the next view come, once this one is drawn and somebody sees the page.
    pub(super) fn send_drawn(&mut self) {
        self.is_drawn_owed = browser::is_hidden();
        if !self.is_drawn_owed {
            self.tell(Command::Page(PageCommand::Drawn));
        }
    }

    /// A second has passed.
    pub(super) fn on_second(&mut self) {
        // It may have been hidden before the frame came that was to show it.
        self.take_pending();
        if browser::is_hidden() {
            return;
        }
        self.take_figures();
        self.send_zone();
        self.tell(Command::Page(PageCommand::Tick));
    }

    /// Takes over what comes to the subscriptions of the chosen connection.
    pub(super) fn take_figures(&mut self) {
        let slot = self.slots.chosen();
        let figures = self.shown.log.subscriptions.iter().filter(|figures| figures.slot == slot);
        if !figures.clone().eq(self.figures.iter()) {
            self.figures = figures.cloned().collect();
        }
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
            self.tell(Command::Page(PageCommand::Zone(offsets)));
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
                // What was not drawn yet of panel and topics is still the newest.
                if let Some(before) = self.next.take() {
                    view.panel = view.panel.or(before.panel);
                    view.topics = view.topics.or(before.topics);
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
            Heard::Update(Update::Kept(slot, kept), _) => {
                browser::store_session(slot.0, kept.as_ref().map(|kept| &kept.0[..]));
                return false;
            }
            Heard::Update(Update::Done(ticket, done), _) => {
                // What is wrong for a connection has no place in the forms of another.
                match self.awaited.settle(ticket) {
                    Some((slot, what))
                        if done.is_err() && what.is_of_connection() && slot != self.slots.chosen() => {}
                    Some((_, what)) => self.on_done(what, done),
                    None => {}
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
            Heard::Update(Update::Topic(to, words), _) => self.on_topic(to, words),
            Heard::Update(Update::Repeat(slot, state), _) if slot == self.slots.chosen() => {
                self.on_repeat(state);
            }
            Heard::Update(Update::Repeat(slot, state), _) => {
                if let Some(other) = self.slots.other(slot) {
                    other.repeat = Some(Rc::new(state));
                }
            }
            Heard::Update(Update::Checked(checked), _) => self.on_checked(checked),
            Heard::Update(Update::Reformatted(made), _) => self.on_reformatted(made),
            Heard::Update(Update::MessagesRead(read), _) => self.on_messages_read(read),
            Heard::Update(Update::Row(facts), _) => self.open_row_menu(facts),
            Heard::Update(Update::Again(message), _) => self.on_again(message),
            Heard::Update(Update::Exported(exported), blob) => self.on_exported(exported, blob),
            Heard::Update(Update::Started, _) => return self.on_started(),
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
        if let Some(topics) = view.topics.take() {
            self.topics = SharedTopics(Rc::new(topics));
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
                Update::Connection(slot, connection) if slot == self.slots.chosen() => {
                    self.show_connection(*connection);
                }
                Update::Connection(slot, connection) => self.on_other(slot, *connection),
                Update::Imported(imported) => self.on_imported(imported),
                _ => {}
            }
        }
        is_changed
    }

    fn show_connection(&mut self, connection: ConnectionState) {
        if connection.is_connected() && !self.connection.is_connected() {
            self.on_connected(&connection);
        }
        let (was_connected, was_open) = (self.connection.is_connected(), self.connection.is_open());
        self.connection = Rc::new(connection);
        self.keep_awake();
        // Once it is connected a line says all that the form does; what may have to be changed is shown again.
        if !was_connected && self.connection.is_connected() {
            browser::fold_around(CONNECTION_FORM, true);
        } else if was_open && matches!(self.connection.phase, Phase::Ended { failed: true, .. }) {
            browser::fold_around(CONNECTION_FORM, false);
        }
    }

    fn on_done(&mut self, what: Awaited, done: Result<(), String>) {
        if let Awaited::Message(command, kept) = what {
            return self.on_message_done(&command, kept, done);
        }
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
            Awaited::Command(_) | Awaited::Message(..) => {}
            Awaited::Import => {
                self.edit(Edit::Accepted(Field::ImportFile));
                self.edit(Edit::Note(Field::ImportFile, String::new()));
            }
        }
    }

    /// It runs. What was said of one before that did not is over, unless a connection was begun meanwhile; says whether the
    /// page is another one now.
    fn on_started(&mut self) -> bool {
        self.has_run = true;
        let Some(lost) = self.lost.take() else { return false };
        let is_said = matches!(&self.connection.phase, Phase::Ended { why, .. } if *why == lost.words);
        if is_said {
            self.show_connection(ConnectionState::default());
        }
        is_said
    }

    /// The engine is gone, and with it the connection. The forms stay as they are.
    fn on_lost(&mut self, words: String) {
        self.take_pending();
        self.captures.clear();
        for (_, what) in self.awaited.give_up() {
            self.edit(Edit::Refused(refused(what.speaks_at(), words.clone())));
        }
        let had_run = std::mem::take(&mut self.has_run);
        if had_run {
            self.panel = SharedPanel(Rc::new(PanelView::Hidden));
        }
        let phase = Phase::Ended { why: words.clone(), failed: true };
        let since = self.now_micros() / 1_000;
        self.lose_others(&words, since);
        let subscriptions = Vec::new();
        let before = ConnectionState::clone(&self.connection);
        self.show_connection(ConnectionState { phase, since, subscriptions, retry: None, ..before });
        self.engine = None;
        self.lost = Some(Lost { words, had_run });
    }
}

/// The script of the engine's worker, beside the page.
const ENGINE: &str = "engine.js";
