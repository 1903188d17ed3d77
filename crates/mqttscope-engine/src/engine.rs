//! The engine itself: what comes in, what goes out, and when.

use std::collections::VecDeque;

use mqttscope_client::{self as client, Client};
use mqttscope_link::{
    Asked, Command, Look, PageCommand, PanelLook, PanelView, Slot, TopicsView, Update, View,
};
use mqttscope_log::transfer::{Binary, Comparison, How, Lines, Message};
use mqttscope_log::{Budget, ConnectionId, Follower, Log};
use mqttscope_message::{Chance, Values};
use mqttscope_proto::Timestamp;
use mqttscope_text::zone::Zone;

use crate::chart::Charts;
use crate::exporting::Exporting;
use crate::importing::Importing;
use crate::inspect::Inspector;
use crate::keeping::Keeping;
use crate::log_view::LogView;
use crate::owners::Owners;
use crate::publishing::Around;
use crate::repeating::Repeating;
use crate::subscriptions::Subscriptions;
use crate::topics::Topics;
use crate::unsaved::Unsaved;

mod chart;
mod command;
mod topics;

pub(crate) use command::{said, sentence};

/// Connections, one log, and the views on it.
pub struct Engine {
    log: Log,
    connections: Vec<(Slot, Client)>,
    owners: Owners,
    /// At most one a connection.
    repeats: Vec<(Slot, Repeating)>,
    chance: Chance,
    view: LogView,
    inspector: Inspector,
    topics: Topics,
    charts: Charts,
    /// The last slice of work was not the chart's.
    is_charts_turn: bool,
    /// The connection over which retained messages are cleared.
    clearing_slot: Slot,
    /// The last slice of work was the tree's: next comes the inspector's.
    is_inspectors_turn: bool,
    exporting: Option<Exporting>,
    importing: Option<Importing>,
    unsaved: Unsaved,
    keeping: Keeping,
    subscriptions: Subscriptions,
    outputs: VecDeque<Output>,
    page: Page,
    /// How much later the time of day is than the time that never runs backwards, in microseconds.
    clock_offset: i64,
}

/// What is known of whoever shows it.
struct Page {
    look: Look,
    zone: Zone,
    /// The last view was drawn, so that the next one may go.
    is_ready: bool,
    /// A connection has changed, or a capture was read: the rows go with that, whether or not the last view was drawn.
    is_urgent: bool,
    /// Something has happened since the last view went.
    is_dirty: bool,
    /// The last view, the last panel and the last part of the tree that went.
    sent: Option<View>,
    sent_panel: Option<PanelView>,
    sent_topics: Option<TopicsView>,
}

/// What comes in.
#[derive(Debug)]
pub enum Input<'a> {
    /// A command of the page.
    Asked(Asked),
    /// Something that a connection's link tells, but for bytes: see [`Engine::handle_bytes`].
    Link {
        /// The connection.
        slot: Slot,
        /// Which of its links: that of the [`client::Output::Open`] that opened it.
        generation: u32,
        /// What it tells.
        input: client::Input<'a>,
    },
    /// The time of [`Engine::poll_timeout`] has come.
    Timeout,
    /// What the module says that reads captures.
    Read(Message<'a>),
    /// That module has failed, in words.
    ReadFailed(String),
    /// What the module has decoded, or why it has not, for the [`Output::Decode`] of that number.
    Decoded {
        /// The number of the request.
        request: u32,
        /// The lines.
        lines: Result<Lines, String>,
    },
    /// What the module has found to differ, or why it has not, for the [`Output::Compare`] of that number.
    Compared {
        /// The number of the request.
        request: u32,
        /// What differs.
        found: Result<Comparison, String>,
    },
}

/// What goes out.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// For the page.
    Update(Update),
    /// A piece of the export, which is the page's once [`Update::Exported`] comes.
    Piece(Vec<u8>),
    /// The export was given up: what was written of it goes.
    DropPieces,
    /// The capture that came beside the command is to be read.
    Import,
    /// Its reading is to end.
    CancelImport,
    /// What was read of it is in the log, and more may come.
    GoOnReading,
    /// A payload is to be decoded.
    Decode {
        /// Comes back with the answer.
        request: u32,
        /// Its format.
        format: Binary,
        /// Its bytes.
        payload: Vec<u8>,
    },
    /// Two payloads are to be compared.
    Compare {
        /// Comes back with the answer.
        request: u32,
        /// What they are compared as.
        how: How,
        /// Their bytes.
        payloads: [Vec<u8>; 2],
    },
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

/// Inputs.
impl Engine {
    /// An engine without a connection and with an empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::with_log(Log::new(Log::DEFAULT_BUDGET))
    }

    /// An engine without a connection, and with a log that may hold something.
    #[must_use]
    pub fn with_log(log: Log) -> Self {
        Self {
            log,
            connections: Vec::new(),
            owners: Owners::default(),
            repeats: Vec::new(),
            chance: Chance::new(|bytes| bytes.fill(0)),
            view: LogView::default(),
            inspector: Inspector::default(),
            topics: Topics::default(),
            charts: Charts::default(),
            is_charts_turn: false,
            clearing_slot: Slot::default(),
            is_inspectors_turn: false,
            unsaved: Unsaved::default(),
            keeping: Keeping::default(),
            subscriptions: Subscriptions::default(),
            exporting: None,
            importing: None,
            outputs: VecDeque::from([Output::Update(Update::Started)]),
            page: Page::default(),
            clock_offset: 0,
        }
    }

    /// Takes random bytes from a function that fills a slice with them, for placeholders; until then they are all 0.
    pub fn set_random(&mut self, fill: impl FnMut(&mut [u8]) + 'static) {
        self.chance = Chance::new(fill);
    }

    /// Takes the time of day in microseconds since the Unix epoch, beside the time that never runs backwards: a machine
    /// that slept, or whose clock was set, is noticed by their difference.
    pub fn set_clock(&mut self, now: Timestamp, time_of_day: u64) {
        let offset = time_of_day.cast_signed() - now.as_micros().cast_signed();
        let later = offset - self.clock_offset;
        if later.unsigned_abs() >= NOTICED_MICROS {
            self.clock_offset = offset;
            self.log.set_clock_offset(now.as_micros(), offset);
            // A clock that never runs backwards stands still on many systems while the machine sleeps.
            if let Ok(micros) = u64::try_from(later) {
                let slept = client::Input::Slept { millis: micros / 1_000 };
                for (_, client) in &mut self.connections {
                    client.handle(now, client.generation(), slept, &mut self.log);
                }
            }
        }
    }

    /// The log.
    #[must_use]
    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// Takes something that happened.
    pub fn handle(&mut self, now: Timestamp, input: Input<'_>) {
        self.page.is_dirty = true;
        match input {
            Input::Asked(Asked { ticket, command }) => {
                // What a person does is answered at once; only what comes by itself waits for the page.
                self.page.is_urgent |=
                    !matches!(command, Command::Page(PageCommand::Drawn | PageCommand::Tick));
                match command {
                    Command::Connection(slot, command) => self.on_connection(now, slot, ticket, command),
                    Command::Leave(slot) => self.leave(now, slot, ticket),
                    Command::Log(command) => self.on_log(ticket, command),
                    Command::Topics(command) => self.on_topics(now, ticket, command),
                    Command::Chart(command) => self.on_chart(ticket, command),
                    Command::Page(command) => self.on_page(now, command),
                }
            }
            Input::Link { slot, generation, input } => {
                if let Some(at) = self.place(slot) {
                    self.connections[at].1.handle(now, generation, input, &mut self.log);
                    self.keeping.touch(now, &self.connections);
                    self.tell(at);
                }
            }
            Input::Timeout => {
                for at in 0..self.connections.len() {
                    let client = &mut self.connections[at].1;
                    if client.poll_timeout().is_some_and(|due| due <= now) {
                        client.handle(now, client.generation(), client::Input::Timeout, &mut self.log);
                        self.keeping.touch(now, &self.connections);
                        self.tell(at);
                    }
                }
                for (slot, kept) in self.keeping.take_due(now, &self.connections) {
                    self.update(Update::Kept(slot, kept));
                }
            }
            Input::Read(message) => self.on_read(message),
            Input::ReadFailed(words) => {
                if self.importing.take().is_some() {
                    self.update(Update::Imported(Err(words)));
                }
            }
            Input::Decoded { request, lines } => self.inspector.decoded(request, lines),
            Input::Compared { request, found } => self.inspector.compare.compared(request, found),
        }
        self.go_on_clearing(now);
        self.repeat(now);
        if self.owners.follow(&self.connections, &self.log)
            && self.view.follow_connections(&self.owners, &self.page.zone)
        {
            self.inspector.set_muted(self.view.mute());
        }
        self.subscriptions.follow(&self.connections, &self.log);
        // The selection of a log that was cleared is none.
        self.view.advance(&self.log);
        self.inspector.select(&self.log, self.view.selected());
    }

    /// Takes a binary message of a connection's link, which `fill` copies into the log.
    pub fn handle_bytes(
        &mut self,
        now: Timestamp,
        slot: Slot,
        generation: u32,
        len: usize,
        fill: impl FnOnce(&mut [u8]),
    ) {
        self.page.is_dirty = true;
        if let Some(at) = self.place(slot) {
            self.connections[at].1.handle_bytes(now, generation, len, fill, &mut self.log);
            self.unsaved.came(&self.log);
            self.keeping.touch(now, &self.connections);
            self.tell(at);
            self.go_on_clearing(now);
            self.repeat(now);
        }
    }

    /// Does a slice of what takes long, well under a millisecond; says whether there is more.
    pub fn work(&mut self) -> bool {
        self.page.is_dirty = true;
        if !self.view.advance(&self.log) {
            return true;
        }
        self.subscriptions.advance(&self.log, Budget::SLICE);
        if let Some(exporting) = &mut self.exporting {
            let (piece, is_last) = exporting.write(&self.log);
            self.outputs.push_back(Output::Piece(piece));
            if is_last {
                let saved = exporting.saved();
                if let Some(end) = exporting.whole_to(&self.log) {
                    self.unsaved.saved(end, &self.log);
                }
                self.exporting = None;
                self.update(Update::Exported(Ok(saved)));
            }
        } else if !self.export_chart() {
            self.follow();
        }
        self.has_work()
    }

    /// Whether there is something for [`Self::work`].
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.exporting.is_some()
            || self.view.has_work(&self.log)
            || self.topics.has_work(&self.log)
            || self.charts.exporting.is_some()
            || self.charts.has_work(&self.log, self.is_chart_shown())
            || self.subscriptions.behind(&self.log) > FAR_BEHIND
            || self.inspector.is_busy(&self.log, self.page.look.panel.as_ref())
    }

    /// Does a slice of what keeps up with the log, or of what is looked at, in turn.
    fn follow(&mut self) {
        self.is_charts_turn = !self.is_charts_turn;
        if self.is_charts_turn && self.charts.has_work(&self.log, self.is_chart_shown()) {
            self.charts.advance(&self.log);
            return;
        }
        let panel = self.page.look.panel.as_ref();
        let is_inspector_busy = self.inspector.is_busy(&self.log, panel);
        if is_inspector_busy && (self.is_inspectors_turn || !self.topics.has_work(&self.log)) {
            self.inspector.advance(&self.log, panel);
        } else {
            self.topics.advance(&self.log);
        }
        self.is_inspectors_turn = !self.is_inspectors_turn;
    }
}

/// Outputs.
impl Engine {
    /// The next thing that a connection wants of its link, of which so many bytes are not sent yet.
    pub fn poll_link(&mut self, slot: Slot, buffered: usize) -> Option<client::Output<'_>> {
        let at = self.place(slot)?;
        self.connections[at].1.poll_output(buffered)
    }

    /// Publishes another piece of what is repeated as fast as it can be, once the one before was handed on; says whether there
    /// was one.
    pub fn publish_more(&mut self, now: Timestamp) -> bool {
        let has_more = self.repeats.iter().any(|(_, repeating)| repeating.has_more());
        if has_more {
            self.repeat(now);
        }
        has_more
    }

    /// The connection of a place, counted from 0; `None` behind the last.
    #[must_use]
    pub fn slot(&self, place: usize) -> Option<Slot> {
        self.connections.get(place).map(|(slot, _)| *slot)
    }

    /// The next thing for the page, or for the modules that read and decode.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What the page wants to show, if that has changed and the last view was drawn.
    pub fn poll_view(&mut self, now: Timestamp) -> Option<Update> {
        let is_due = self.page.is_ready || std::mem::take(&mut self.page.is_urgent);
        if !is_due || !self.page.is_dirty {
            return None;
        }
        self.page.is_dirty = false;
        self.view.advance(&self.log);
        let now = now.as_micros();
        let mut log = self.view.facts(&self.log);
        log.slots = self.owners.slots();
        self.inspector.set_connection(self.looked_at(log.slots.len()));
        self.subscriptions.advance(&self.log, Budget::SLICE);
        log.subscriptions = self.subscriptions.view(now);
        log.glance = self.inspector.glance(&self.log, now);
        log.is_unsaved = self.unsaved.is_there(&self.log);
        log.exporting = self.exporting.as_ref().map(Exporting::progress);
        log.importing = self.importing.as_ref().map(|importing| importing.progress);
        let topics = self.topics.view(&self.log, now);
        let panel = match self.page.look.panel {
            Some(PanelLook::Chart { span, columns }) => {
                PanelView::Chart(self.charts.view(&self.log, span, columns))
            }
            panel => self.inspector.view(&self.log, &self.topics, panel.as_ref(), now),
        };
        if let Some(decode) = self.inspector.take_decode(&self.log) {
            let (request, format, payload) = (decode.request, decode.format, decode.payload);
            self.outputs.push_back(Output::Decode { request, format, payload });
        }
        if let Some((request, how, payloads)) = self.inspector.compare.take_request(&self.log) {
            self.outputs.push_back(Output::Compare { request, how, payloads });
        }
        let is_same_panel = self.page.sent_panel.as_ref() == Some(&panel);
        let is_same_topics = self.page.sent_topics == topics;
        let look = self.page.look.number;
        let time_of_day = now.saturating_add_signed(self.clock_offset);
        let rows = self.view.rows_view(&self.log, &self.owners, &self.page.zone, time_of_day);
        let view = View { look, now, log, rows, panel: None, topics: None };
        let is_same = self
            .page
            .sent
            .as_ref()
            .is_some_and(|sent| (sent.look, &sent.log, &sent.rows) == (view.look, &view.log, &view.rows));
        if is_same && is_same_panel && is_same_topics {
            return None;
        }
        self.page.is_ready = false;
        self.page.is_urgent = false;
        self.page.sent = Some(view.clone());
        let panel = (!is_same_panel).then(|| {
            self.page.sent_panel = Some(panel.clone());
            panel
        });
        let topics = topics.filter(|_| !is_same_topics);
        if topics.is_some() {
            self.page.sent_topics.clone_from(&topics);
        }
        Some(Update::View(Box::new(View { panel, topics, ..view })))
    }

    /// When [`Input::Timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let clients = self.connections.iter().filter_map(|(_, client)| client.poll_timeout());
        let repeats = self.repeats.iter().map(|(_, repeating)| repeating.due());
        clients.chain(repeats).chain(self.keeping.due()).min()
    }
}

impl Engine {
    /// The connection whose messages in flight are looked at: that of the page's forms, if there are several.
    fn looked_at(&self, slots: usize) -> Option<ConnectionId> {
        let at = self.place(self.page.look.slot).filter(|_| slots > 1)?;
        self.connections[at].1.id()
    }

    fn place(&self, slot: Slot) -> Option<usize> {
        self.connections.iter().position(|(known, _)| *known == slot)
    }

    /// Publishes what is due of what is repeated.
    fn repeat(&mut self, now: Timestamp) {
        if self.repeats.is_empty() {
            return;
        }
        let mut repeats = std::mem::take(&mut self.repeats);
        repeats.retain_mut(|(slot, repeating)| {
            let Some(at) = self.place(*slot) else { return false };
            let time_of_day = self.time_of_day(now);
            let (chance, log) = (&mut self.chance, &mut self.log);
            let mut around = Around { now, time_of_day, chance, log };
            if repeating.go_on(&mut self.connections[at].1, &mut around) {
                self.update(Update::Repeat(*slot, repeating.state().clone()));
            }
            self.tell(at);
            repeating.state().end.is_none()
        });
        self.repeats = repeats;
        self.keeping.touch(now, &self.connections);
    }

    fn time_of_day(&self, now: Timestamp) -> u64 {
        now.as_micros().saturating_add_signed(self.clock_offset)
    }

    /// What placeholders stand for in the first message of a connection, or in one that is only typed.
    fn values<'a>(&'a mut self, now: Timestamp, client_id: &'a str) -> Values<'a> {
        Values { n: 1, micros: self.time_of_day(now), client_id, chance: &mut self.chance }
    }

    /// Tells the page of a connection that has changed, at once.
    fn tell(&mut self, at: usize) {
        let (slot, client) = &mut self.connections[at];
        if client.take_changed() {
            let update = Update::Connection(*slot, Box::new(client.connection().clone()));
            self.outputs.push_back(Output::Update(update));
            self.page.is_urgent = true;
        }
    }

    fn update(&mut self, update: Update) {
        self.page.is_urgent |= matches!(update, Update::Imported(_));
        self.outputs.push_back(Output::Update(update));
    }
}

impl Default for Page {
    fn default() -> Self {
        Self {
            look: Look::default(),
            zone: Zone::UTC,
            is_ready: true,
            is_urgent: false,
            is_dirty: true,
            sent: None,
            sent_panel: None,
            sent_topics: None,
        }
    }
}

/// Records that may wait to be counted for their subscriptions.
const FAR_BEHIND: u32 = 4_096;
/// What the two clocks may differ by before it is noticed: what a clock that is kept right is put right by is less.
const NOTICED_MICROS: u64 = 1_000_000;
