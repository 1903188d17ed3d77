//! The layout of the page, and where all that happens to it comes together.

use std::collections::VecDeque;
use std::rc::Rc;

use gloo_timers::callback::{Interval, Timeout};
use mqttscope_client::ConnectionState;
use mqttscope_link::{
    Command as EngineCommand, Copy, Look, PageCommand, PanelLook, RepeatState, Slot, SubscriptionFigures,
    Update, View as EngineView,
};
use mqttscope_text::number;
use mqttscope_text::zone::Zone;
use mqttscope_view::messages::MessageEdit;
use mqttscope_view::pairs;
use mqttscope_view::settling::{Settling, Store};
use mqttscope_view::storage::Entries;
use wasm_bindgen::closure::Closure;
use web_sys::{DragEvent, Event, File, KeyboardEvent, MessagePort};
use yew::prelude::*;
use yew::virtual_dom::{Listener, ListenerKind};

use crate::awake::Awake;
use crate::browser;
use crate::clipboard::Promised;
use crate::components::ask::{ASK_DIALOG, ask};
use crate::components::bar::bar;
use crate::components::element::{element, tag};
use crate::components::form_dsl::View;
use crate::components::forms::Forms;
use crate::components::inspector::{Comparing, Inspector, SharedPanel, Wants};
use crate::components::listen::{On, Tell};
use crate::components::log_panel::{LogParts, log_panel};
use crate::components::log_table::{LookMark, TableAct};
use crate::components::row_menu::{self, RowMenu};
use crate::components::shortcuts::shortcuts;
use crate::components::splitter::splitter;
use crate::components::status_bar::status_bar;
use crate::components::tabs::tabs;
use crate::components::topics::{SharedTopics, Topics, TopicsAct};
use crate::defaults::Defaults;
use crate::duplicates::Duplicates;
use crate::engine::{EngineLink, Heard};
use crate::first_sign::FirstSign;
use crate::frames::Frames;
use crate::leaving::Leaving;
use crate::store::filter_field::FilterField;
use crate::store::page::{Edit, Page};
use crate::store::pane::Pane;
use crate::store::shown::Shown;
use crate::store::slots::Slots;
use crate::store::text::concat;
use crate::store::tickets::Tickets;
use crate::store::time::EngineTime;
use crate::store::{Command, Field, connection};
use commands::show_dialog;
pub use connections::SavedMessage;
use dropped::{Dropped, drop_listener};
use events::{hear, shortcut_listener, visibility_listener};
use link::{Awaited, Lost};
use scope::FilterMessage;

mod columns;
mod commands;
mod connections;
mod dropped;
mod edits;
mod events;
mod files;
mod link;
mod messages;
mod panes;
mod row_acts;
mod scope;
mod slots;
mod topics;

/// The page.
pub struct App {
    page: Page,
    /// Once it is needed.
    engine: Option<EngineLink>,
    /// Who hears an engine that is started; `None` where the page was given one, and can start no other.
    on_heard: Option<Callback<Heard>>,
    /// Until the engine is started.
    first_sign: Option<FirstSign>,
    /// The engine has said that it runs.
    has_run: bool,
    /// What there was of the engine before, until another one runs.
    lost: Option<Lost>,
    /// Beside each command the connection that the forms were of when it was asked for.
    awaited: Tickets<(Slot, Awaited)>,
    connection: Rc<ConnectionState>,
    /// How far messages are that it repeats.
    repeat: Option<Rc<RepeatState>>,
    /// Which connection that is, and the others of the page.
    slots: Slots,
    /// The message whose JSON is to have other blanks.
    reformatting: Option<String>,
    /// What has changed of the messages that are kept, and is not written down.
    unwritten: Vec<MessageEdit>,
    /// What comes to its subscriptions, as it was a second ago at most.
    figures: Rc<[SubscriptionFigures]>,
    /// The link that the page was opened by wants it to connect, and the person was not asked yet.
    asks_to_connect: bool,
    /// While it is connected.
    awake: Option<Awake>,
    /// What is drawn.
    shown: Shown,
    panel: SharedPanel,
    topics: SharedTopics,
    /// What there is to say of what was asked of a topic.
    topics_note: AttrValue,
    /// What came since, the newest.
    next: Option<Box<EngineView>>,
    /// What is to be drawn with the rows that go with it.
    pending: Vec<Update>,
    frames: Frames,
    /// What is drawn came with this frame.
    is_view_new: bool,
    /// The engine is to be told that a view was drawn, once somebody sees the page.
    is_drawn_owed: bool,
    /// What the engine was told that the page wants to show.
    look: Look,
    scrolled: LookMark,
    time: EngineTime,
    /// As the engine was told.
    zone: Zone,
    /// The row that times count from: its number, and its time in microseconds since the Unix epoch.
    reference: Option<(u32, u64)>,
    /// The menu of a row, where it is to open, and whether it was not placed yet.
    row_menu: Option<RowMenu>,
    menu_at: Option<(i32, i32)>,
    is_menu_new: bool,
    /// The name of the capture that was read last, until there is another connection.
    file: Option<String>,
    /// The panel of the inspector that was asked for last from outside of it.
    wants: Wants,
    /// What the selected row is compared with.
    comparing: Comparing,
    /// The filter of the log as it is typed.
    filter: String,
    filter_field: FilterField,
    /// Captures that wait until the one before is read, to be added to it.
    captures: VecDeque<File>,
    promised: Promised,
    /// What was copied last, and how many times something was.
    copied: Option<(Copy, u32)>,
    listeners: [Rc<dyn Listener>; 11],
    on_table_act: Callback<TableAct>,
    on_look: Callback<PanelLook>,
    on_command: Callback<EngineCommand>,
    on_topics: Callback<TopicsAct>,
    done: Done,
    /// What the file beside the page says.
    defaults: Option<Defaults>,
    settling: Settling,
    /// The looks as they were last written, or loaded.
    written_looks: Entries,
    /// Wakes for what is to be remembered.
    settles: Option<Timeout>,
    on_settle: Callback<()>,
    _on_key: Closure<dyn FnMut(KeyboardEvent)>,
    _on_visibility: Closure<dyn FnMut(Event)>,
    _on_drag: Closure<dyn FnMut(DragEvent)>,
    leaving: Leaving,
    _duplicates: Option<Duplicates>,
    _second: Interval,
}

/// What the page is given from outside.
#[derive(Clone, Debug, Default, PartialEq, Properties)]
pub struct AppProps {
    /// An engine in the same thread, behind a port; without one there is a worker for it.
    #[prop_or_default]
    pub engine: Option<MessagePort>,
}

/// What the page is told.
pub enum Message {
    /// The engine has told something.
    Heard(Heard),
    /// A person is there.
    FirstSign,
    /// It is time to draw what the engine showed last.
    Frame,
    /// That was drawn, and the next view may come.
    Drawn,
    /// A second has passed.
    Second,
    /// The page is seen again.
    Seen,
    /// The page is hidden, or goes.
    Hide,
    /// A control was changed.
    Edit(Edit),
    /// A button was pressed, a form submitted, or a shortcut used.
    Do(Command),
    /// Something was done in the table of the log.
    Table(TableAct),
    /// The menu of a row, or of the selected one, is wanted at a place in the window.
    RowMenu(Option<u32>, Option<(i32, i32)>),
    /// Something was done in the field of the filter.
    Filter(FilterMessage),
    /// The inspector shows something else.
    Look(PanelLook),
    /// Something is wanted in the inspector.
    Inspector(EngineCommand),
    /// Something is wanted in the topics.
    Topics(TopicsAct),
    /// A capture was chosen, to be read.
    Import(File),
    /// A file of messages was read.
    MessagesFile(String),
    /// Something was done with the saved connections.
    Saved(SavedMessage),
    /// Files were dropped on the page.
    Drop(Dropped),
    /// What is to be remembered may have settled.
    Settle,
    /// Another tab has what this one was loaded with.
    Duplicate,
    /// The file beside the page was read.
    Defaults(Defaults),
}

/// What was done to the document besides drawing, so that it is done again only when it changes.
#[derive(Default)]
struct Done {
    title: String,
    refusals: u32,
    /// The table that a pair was added to, which is to have the focus once it is drawn.
    added_to: Option<Field>,
}

impl Component for App {
    type Message = Message;
    type Properties = AppProps;

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link().clone();
        let on_heard = link.callback(Message::Heard);
        let on_key = shortcut_listener(link.clone());
        let on_visibility = visibility_listener(link.clone());
        let on_drag = drop_listener(link.clone());
        let tell: Tell = Rc::new(move |event| hear(event, &link));
        let kinds: [fn() -> ListenerKind; 11] = [
            || ListenerKind::onclick,
            || ListenerKind::onsubmit,
            || ListenerKind::oninput,
            || ListenerKind::onchange,
            || ListenerKind::onkeydown,
            || ListenerKind::onpointerdown,
            || ListenerKind::onpointermove,
            || ListenerKind::onlostpointercapture,
            || ListenerKind::ondblclick,
            || ListenerKind::oncontextmenu,
            || ListenerKind::onfocusout,
        ];
        let given = ctx.props().engine.clone();
        let engine = given.map(|port| {
            let on_heard = on_heard.clone();
            EngineLink::port(port, move |heard| on_heard.emit(heard))
        });
        let sender = |message: fn() -> Message| {
            let link = ctx.link().clone();
            move || link.send_message(message())
        };
        // Pages that are given an engine may share a tab, and are no duplicates of each other.
        let is_alone = ctx.props().engine.is_none();
        let duplicates = is_alone.then(|| Duplicates::watch(sender(|| Message::Duplicate))).flatten();
        if is_alone {
            let link = ctx.link().clone();
            Defaults::fetch(move |defaults| link.send_message(Message::Defaults(defaults)));
        }
        let page = browser::load_page(false);
        let mut app = Self {
            written_looks: Entries::of_looks(&page.looks),
            page,
            engine,
            on_heard: is_alone.then_some(on_heard),
            first_sign: is_alone.then(|| FirstSign::watch(sender(|| Message::FirstSign))),
            has_run: false,
            lost: None,
            awaited: Tickets::default(),
            connection: Rc::default(),
            repeat: None,
            reformatting: None,
            unwritten: Vec::new(),
            figures: Rc::default(),
            slots: Slots::default(),
            asks_to_connect: false,
            awake: None,
            shown: Shown::default(),
            panel: SharedPanel::default(),
            topics: SharedTopics::default(),
            topics_note: AttrValue::default(),
            next: None,
            pending: Vec::new(),
            frames: Frames::new(sender(|| Message::Frame), sender(|| Message::Drawn)),
            is_view_new: false,
            is_drawn_owed: false,
            look: Look::default(),
            scrolled: LookMark::default(),
            time: EngineTime::default(),
            zone: Zone::UTC,
            reference: None,
            row_menu: None,
            menu_at: None,
            is_menu_new: false,
            file: None,
            wants: Wants::default(),
            comparing: Comparing::default(),
            filter: String::new(),
            filter_field: FilterField::default(),
            captures: VecDeque::new(),
            promised: Promised::default(),
            copied: None,
            listeners: kinds.map(|kind| On::listener(kind, &tell)),
            on_table_act: ctx.link().callback(Message::Table),
            on_look: ctx.link().callback(Message::Look),
            on_command: ctx.link().callback(Message::Inspector),
            on_topics: ctx.link().callback(Message::Topics),
            done: Done::default(),
            defaults: None,
            settling: Settling::default(),
            settles: None,
            on_settle: ctx.link().callback(|()| Message::Settle),
            _on_key: on_key,
            _on_visibility: on_visibility,
            _on_drag: on_drag,
            leaving: Leaving::default(),
            _duplicates: duplicates,
            _second: Interval::new(1_000, sender(|| Message::Second)),
        };
        app.load_connections();
        app.load_slots();
        app.asks_to_connect = app.page.take_wish_to_connect();
        // A session that the page had before it was loaded again is brought back.
        if app.has_stored_session() {
            app.start_engine();
        } else {
            app.brief();
        }
        app.take_page_effects();
        // Loaded again, a tab is the same client, also if nothing else was typed.
        app.remember(Store::Forms);
        app
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        let is_changed = match message {
            Message::Heard(heard) => self.on_heard(heard),
            Message::Frame => return self.on_frame(),
            Message::FirstSign => {
                self.start_engine();
                return false;
            }
            Message::Drawn => {
                self.send_drawn();
                false
            }
            Message::Second => {
                self.on_second();
                true
            }
            Message::Seen => {
                self.on_seen();
                true
            }
            Message::Hide => {
                self.settle_now();
                return false;
            }
            Message::Settle => {
                self.settle();
                return false;
            }
            Message::Duplicate => {
                self.become_new();
                true
            }
            Message::Defaults(defaults) => {
                self.take_defaults(Some(defaults));
                self.check_message();
                true
            }
            Message::Edit(edit) => {
                self.edit(edit);
                true
            }
            Message::Do(command) => {
                let done = self.carry_out(command);
                self.refuse(done)
            }
            Message::Import(file) => {
                let begun = self.begin_import(&file);
                self.refuse(begun)
            }
            Message::MessagesFile(text) => {
                self.send(EngineCommand::Page(PageCommand::ReadMessages(text)));
                false
            }
            Message::Saved(message) => {
                self.on_saved(message);
                true
            }
            Message::Drop(dropped) => {
                let taken = self.on_drop(dropped, ctx.link());
                self.refuse(taken)
            }
            Message::Table(act) => self.on_table(act),
            Message::RowMenu(row, at) => {
                self.ask_row_menu(row, at);
                return false;
            }
            Message::Filter(message) => {
                self.on_filter(message);
                true
            }
            Message::Look(panel) => {
                self.on_panel(Some(panel));
                false
            }
            Message::Inspector(command) => {
                self.on_inspector(command);
                false
            }
            Message::Topics(act) => self.on_topics(act),
        };
        if self.page.looks.panes.is_inspector_hidden {
            self.on_panel(None);
        }
        if !self.page.looks.panes.are_topics_shown {
            self.look_at_topics(None);
        }
        // A page that nobody sees is drawn when it is seen again; the name of its tab can be seen all the while.
        let is_seen = !browser::is_hidden();
        if !is_seen {
            self.show_title();
        }
        is_changed && is_seen
    }

    fn view(&self, _: &Context<Self>) -> Html {
        let view = View {
            page: self.page.clone(),
            connection: self.connection.clone(),
            repeat: self.repeat.clone(),
            figures: self.figures.clone(),
            slots: self.named(),
            now: self.now_micros() / 1_000,
            default_url: String::new(),
        };
        let log_parts = LogParts {
            shown: &self.shown,
            filter: &self.filter,
            field: &self.filter_field,
            scrolled: &self.scrolled,
            reference: self.reference.map(|(_, time)| time),
            marked: self.comparing.marked,
            zone: &self.zone,
            on_act: &self.on_table_act,
        };
        let panes = &self.page.looks.panes;
        let (page, connection) = (self.page.clone(), self.connection.clone());
        let (repeat, figures, slots) = (self.repeat.clone(), self.figures.clone(), view.slots.clone());
        let forms = html! { <Forms {page} {connection} {repeat} {figures} {slots} /> };
        // An empty node keeps its place: yew compares children from the last to the first, and would make forms and log
        // anew, without what was chosen, scrolled and focused in them.
        let (mut beside, mut below, mut inspector) = Default::default();
        if !panes.is_inspector_hidden {
            beside = splitter(panes, Pane::Inspector);
            below = splitter(panes, Pane::InspectorBelow);
            let (selected, copied) = (self.shown.log.selected, self.copied);
            let zone = self.zone.clone();
            let (on_look, on_command) = (self.on_look.clone(), self.on_command.clone());
            inspector = html! {
                <Inspector panel={self.panel.clone()} {selected} {zone} {copied} {on_look} {on_command}
                    wants={self.wants} comparing={self.comparing.clone()} />
            };
        }
        let (mut topics, mut behind_topics) = Default::default();
        if panes.are_topics_shown {
            behind_topics = splitter(panes, Pane::Topics);
            let (shown, zone, note) = (self.topics.clone(), self.zone.clone(), self.topics_note.clone());
            let (is_connected, copied) = (view.connection.is_connected(), self.copied);
            let on_act = self.on_topics.clone();
            topics = html! { <Topics {shown} {zone} {is_connected} {copied} {note} {on_act} /> };
        }
        let log = log_panel(&view, &log_parts);
        let menu = row_menu::row_menu(self.row_menu.as_ref());
        let main = vec![
            forms,
            splitter(panes, Pane::Forms),
            topics,
            behind_topics,
            log,
            beside,
            below,
            inspector,
            menu,
        ];
        let inspector = if panes.is_inspector_hidden { "hidden" } else { "shown" };
        let topics = if panes.are_topics_shown { "shown" } else { "hidden" };
        let values = [Some(self.page.tab.name()), Some(inspector), Some(topics)];
        let main = element("main", &["data-tab", "data-inspector", "data-topics"], &values, main);
        let mut app = tag("div", &["class"], &[Some("app")]);
        app.set_listeners(self.listeners.iter().cloned().map(Some).collect());
        let status = status_bar(&view, &self.shown, self.file.as_deref(), &self.zone);
        app.add_children([bar(&view), main, status, tabs(&view), shortcuts(&view), ask(&view)]);
        app.into()
    }

    fn rendered(&mut self, _: &Context<Self>, _: bool) {
        self.show_title();
        if std::mem::take(&mut self.asks_to_connect) {
            show_dialog(ASK_DIALOG);
        }
        self.focus_first_problem();
        self.focus_added_pair();
        if let Some(menu) = self.row_menu.as_ref().filter(|_| std::mem::take(&mut self.is_menu_new)) {
            row_menu::place(menu);
        }
        if std::mem::take(&mut self.is_view_new) {
            self.frames.drawn();
        }
    }
}

/// What is done to the document besides drawing.
impl App {
    /// Microseconds since the Unix epoch, by the engine's clock.
    fn now_micros(&self) -> u64 {
        self.time.at(browser::running_millis()).unwrap_or_else(browser::now_micros)
    }

    fn show_title(&mut self) {
        let name = self.page.chosen_connection().map_or("", |saved| saved.name.as_str());
        let client_id = self.page.profile.client_id();
        let title = connection::title(&self.connection, client_id, name, self.slots.connected());
        if title != self.done.title
            && let Some(document) = browser::document()
        {
            document.set_title(&title);
            self.done.title = title;
        }
    }

    /// Moves the focus to the first field that is wrong, each time that a form is refused.
    fn focus_first_problem(&mut self) {
        if self.done.refusals == self.page.refusals {
            return;
        }
        self.done.refusals = self.page.refusals;
        let element = self.page.problems.first().and_then(|field| browser::by_id(field.id()));
        // A field in a folded card, or among folded properties in it, cannot take the focus.
        let folded = || element.as_ref().and_then(|element| element.closest("details:not([open])").ok()?);
        while let Some(folded) = folded() {
            if folded.set_attribute("open", "").is_err() {
                break;
            }
        }
        browser::focus(element);
        if self.page.problems.first() == Some(Field::Message) && self.page.checked.wrong.is_some() {
            browser::place_cursor(Field::Message.id(), self.page.checked.at);
        }
    }

    /// Moves the focus to the name of a pair that was just added.
    fn focus_added_pair(&mut self) {
        let Some(field) = self.done.added_to.take() else { return };
        let last = pairs::read(&self.page.text(field)).len().saturating_sub(1);
        let selector = concat(&["[data-pair='", field.id(), " ", &number::plain(last as u64), " name']"]);
        let found = browser::document().and_then(|document| document.query_selector(&selector).ok()?);
        browser::focus(found);
    }
}

/// Puts the page into the document, in place of the line that says it is loading.
pub fn mount() {
    match browser::by_id("page") {
        Some(root) => yew::Renderer::<App>::with_root(root).render(),
        None => yew::Renderer::<App>::new().render(),
    };
}
