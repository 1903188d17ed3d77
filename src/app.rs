//! The layout of the page, and where all that happens to it comes together.

use std::rc::Rc;

use gloo_timers::callback::Interval;
use mqttscope_client::ConnectionState;
use mqttscope_link::{
    Command, ConnectionCommand, Copy, LogCommand, Look, PanelLook, Slot, View as EngineView,
};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{File, KeyboardEvent, MessagePort};
use yew::prelude::*;
use yew::virtual_dom::{Listener, ListenerKind};

use crate::browser;
use crate::clipboard::Promised;
use crate::components::bar::bar;
use crate::components::element::{element, tag};
use crate::components::forms::Forms;
use crate::components::inspector::{Inspector, SharedPanel};
use crate::components::listen::{On, Tell};
use crate::components::log_panel::{LogParts, log_panel};
use crate::components::log_table::TableAct;
use crate::components::parts::View;
use crate::components::shortcuts::shortcuts;
use crate::components::splitter::splitter;
use crate::components::tabs::tabs;
use crate::engine::{EngineLink, Heard};
use crate::frames::Frames;
use crate::store::filter_field::FilterField;
use crate::store::page::{Action, Page};
use crate::store::pane::Pane;
use crate::store::settings::Settings;
use crate::store::shown::Shown;
use crate::store::tickets::Tickets;
use crate::store::time::EngineTime;
use crate::store::{Deed, connection};
use events::{hear, shortcut_listener};
use link::Awaited;
use scope::FilterMessage;

mod deeds;
mod events;
mod files;
mod link;
mod scope;

/// The page.
pub struct App {
    page: Page,
    engine: EngineLink,
    /// Why there is no engine, in words.
    lost: Option<String>,
    awaited: Tickets<Awaited>,
    connection: Rc<ConnectionState>,
    /// What is drawn.
    shown: Shown,
    panel: SharedPanel,
    /// What came since, the newest.
    next: Option<Box<EngineView>>,
    frames: Frames,
    /// What is drawn came with this frame.
    is_view_new: bool,
    /// The engine is to be told that a view was drawn, once somebody sees the page.
    is_drawn_owed: bool,
    /// What the engine was told that the page wants to show.
    look: Look,
    /// The number of the look that came with the last gesture.
    scrolled: u32,
    time: EngineTime,
    /// Minutes that local time is ahead of UTC, as the engine was told.
    utc_offset: Option<i32>,
    /// The filter of the log as it is typed.
    filter: String,
    filter_field: FilterField,
    promised: Promised,
    /// What was copied last, and how many times something was.
    copied: Option<(Copy, u32)>,
    listeners: [Rc<dyn Listener>; 9],
    on_table_act: Callback<TableAct>,
    on_look: Callback<PanelLook>,
    on_command: Callback<Command>,
    done: Done,
    _on_key: Closure<dyn FnMut(KeyboardEvent)>,
    _on_seen: Closure<dyn FnMut()>,
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
    /// It is time to draw what the engine showed last.
    Frame,
    /// That was drawn, and the next view may come.
    Drawn,
    /// A second has passed.
    Second,
    /// The page is seen again.
    Seen,
    /// A control was changed.
    Act(Action),
    /// A button was pressed or a form submitted; the topic filter that it stands for, if it does for one.
    Do(Deed, String),
    /// Something was done in the table of the log.
    Table(TableAct),
    /// Something was done in the field of the filter.
    Filter(FilterMessage),
    /// The inspector shows something else.
    Look(PanelLook),
    /// Something is wanted in the inspector.
    Inspector(Command),
    /// A capture was chosen, to be read.
    Import(File),
}

/// What was done to the document and the engine besides drawing, so that it is done again only when it changes.
#[derive(Default)]
struct Done {
    title: String,
    settings: Option<Rc<Settings>>,
    effects: Option<Effects>,
    refusals: u32,
}

/// Settings that the engine goes by.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Effects {
    budget: Option<usize>,
    keeps_passwords: bool,
    shows_all: bool,
    withholds_pingreq: bool,
    sends_duplicates: bool,
}

impl Component for App {
    type Message = Message;
    type Properties = AppProps;

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link().clone();
        let heard = link.clone();
        let on_key = shortcut_listener(link.clone());
        let tell: Tell = Rc::new(move |event| hear(event, &link));
        let kinds: [fn() -> ListenerKind; 9] = [
            || ListenerKind::onclick,
            || ListenerKind::onsubmit,
            || ListenerKind::oninput,
            || ListenerKind::onchange,
            || ListenerKind::onkeydown,
            || ListenerKind::onpointerdown,
            || ListenerKind::onpointermove,
            || ListenerKind::onlostpointercapture,
            || ListenerKind::onfocusout,
        ];
        let hear = move |what| heard.send_message(Message::Heard(what));
        let engine = match &ctx.props().engine {
            Some(port) => EngineLink::port(port.clone(), hear),
            None => EngineLink::worker("engine.js", hear),
        };
        let sender = |message: fn() -> Message| {
            let link = ctx.link().clone();
            move || link.send_message(message())
        };
        let mut app = Self {
            page: Page { settings: Rc::new(browser::load_settings()), ..Page::default() },
            engine,
            lost: None,
            awaited: Tickets::default(),
            connection: Rc::default(),
            shown: Shown::default(),
            panel: SharedPanel::default(),
            next: None,
            frames: Frames::new(sender(|| Message::Frame), sender(|| Message::Drawn)),
            is_view_new: false,
            is_drawn_owed: false,
            look: Look::default(),
            scrolled: 0,
            time: EngineTime::default(),
            utc_offset: None,
            filter: String::new(),
            filter_field: FilterField::default(),
            promised: Promised::default(),
            copied: None,
            listeners: kinds.map(|kind| On::listener(kind, &tell)),
            on_table_act: ctx.link().callback(Message::Table),
            on_look: ctx.link().callback(Message::Look),
            on_command: ctx.link().callback(Message::Inspector),
            done: Done::default(),
            _on_key: on_key,
            _on_seen: seen_listener(sender(|| Message::Seen)),
            _second: Interval::new(1_000, sender(|| Message::Second)),
        };
        app.send_utc_offset();
        app.send_look();
        app
    }

    fn update(&mut self, _: &Context<Self>, message: Message) -> bool {
        let is_changed = match message {
            Message::Heard(heard) => self.on_heard(heard),
            Message::Frame => return self.on_frame(),
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
            Message::Act(action) => {
                self.act(action);
                true
            }
            Message::Do(deed, filter) => {
                let done = self.carry_out(deed, &filter);
                self.refuse(done)
            }
            Message::Import(file) => {
                let begun = self.begin_import(&file);
                self.refuse(begun)
            }
            Message::Table(act) => self.on_table(act),
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
        };
        if self.page.settings.panes.is_inspector_hidden {
            self.on_panel(None);
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
            now: self.now_micros() / 1_000,
            default_url: String::new(),
        };
        let utc_offset = self.utc_offset.unwrap_or_default();
        let log_parts = LogParts {
            shown: &self.shown,
            filter: &self.filter,
            field: &self.filter_field,
            scrolled: self.scrolled,
            utc_offset,
            on_act: &self.on_table_act,
        };
        let panes = &self.page.settings.panes;
        let forms = html! { <Forms page={self.page.clone()} connection={view.connection.clone()} /> };
        // An empty node keeps its place: yew compares children from the last to the first, and would make forms and log
        // anew, without what was chosen, scrolled and focused in them.
        let (mut beside, mut below, mut inspector) = Default::default();
        if !panes.is_inspector_hidden {
            beside = splitter(panes, Pane::Inspector);
            below = splitter(panes, Pane::InspectorBelow);
            let (selected, copied) = (self.shown.log.selected, self.copied);
            let (on_look, on_command) = (self.on_look.clone(), self.on_command.clone());
            inspector = html! {
                <Inspector panel={self.panel.clone()} {selected} {utc_offset} {copied} {on_look} {on_command} />
            };
        }
        let log = log_panel(&view, &log_parts);
        let main = vec![forms, splitter(panes, Pane::Forms), log, beside, below, inspector];
        let inspector = if panes.is_inspector_hidden { "hidden" } else { "shown" };
        let values = [Some(self.page.tab.name()), Some(inspector)];
        let main = element("main", &["data-tab", "data-inspector"], &values, main);
        let mut app = tag("div", &["class"], &[Some("app")]);
        app.set_listeners(self.listeners.iter().cloned().map(Some).collect());
        app.add_children([bar(&view), main, tabs(&view), shortcuts(&view)]);
        app.into()
    }

    fn rendered(&mut self, _: &Context<Self>, _: bool) {
        self.show_title();
        self.show_settings();
        self.focus_first_problem();
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
        let title = connection::title(&self.connection, &self.page.settings.forms.client_id);
        if title != self.done.title
            && let Some(document) = browser::document()
        {
            document.set_title(&title);
            self.done.title = title;
        }
    }

    /// Remembers the settings, shows the theme, and tells the engine what it goes by.
    fn show_settings(&mut self) {
        let settings = &self.page.settings;
        if self.done.settings.as_ref().is_some_and(|shown| Rc::ptr_eq(shown, settings)) {
            return;
        }
        browser::save_settings(settings);
        browser::set_theme(settings.theme.name());
        for pane in Pane::ALL {
            browser::set_pixels(pane.property(), settings.panes.size(pane));
        }
        self.done.settings = Some(settings.clone());
        self.send_effects();
    }

    /// Tells the engine what has changed of the settings that it goes by.
    fn send_effects(&mut self) {
        let forms = &self.page.settings.forms;
        let now = Effects {
            budget: forms.log_budget_bytes(),
            keeps_passwords: forms.keep_passwords,
            shows_all: forms.show_all_rows,
            withholds_pingreq: forms.simulate_down,
            sends_duplicates: forms.send_duplicates,
        };
        let before = self.done.effects.replace(now);
        let is_new = |it: fn(&Effects) -> bool| before.as_ref().map(it) != Some(it(&now));
        let switches = is_new(|it| it.withholds_pingreq) || is_new(|it| it.sends_duplicates);
        let (passwords, all) = (is_new(|it| it.keeps_passwords), is_new(|it| it.shows_all));
        if switches {
            let (withhold_pingreq, send_duplicates) = (now.withholds_pingreq, now.sends_duplicates);
            let switches = ConnectionCommand::Switches { withhold_pingreq, send_duplicates };
            self.send(Command::Connection(Slot::default(), switches));
        }
        if passwords {
            self.send_log(LogCommand::KeepPasswords(now.keeps_passwords));
        }
        if all {
            self.send_log(LogCommand::ShowAll(now.shows_all));
        }
        if let Some(budget) = now.budget
            && before.and_then(|before| before.budget) != now.budget
        {
            self.send_log(LogCommand::Budget(budget as u64));
        }
    }

    /// Moves the focus to the first field that is wrong, each time that a form is refused.
    fn focus_first_problem(&mut self) {
        if self.done.refusals == self.page.refusals {
            return;
        }
        self.done.refusals = self.page.refusals;
        let element = self.page.problems.first().and_then(|field| browser::by_id(field.id()));
        // A field in a folded card cannot take the focus.
        let card = element.as_ref().and_then(|element| element.closest("details:not([open])").ok()?);
        if let Some(card) = card {
            let _ = card.set_attribute("open", "");
        }
        browser::focus(element);
    }
}

/// Tells when the page is seen again.
fn seen_listener(tell: impl Fn() + 'static) -> Closure<dyn FnMut()> {
    let on_change = Closure::new(move || {
        if !browser::is_hidden() {
            tell();
        }
    });
    if let Some(document) = browser::document() {
        // It can only fail for want of memory.
        let _ =
            document.add_event_listener_with_callback("visibilitychange", on_change.as_ref().unchecked_ref());
    }
    on_change
}

/// Puts the page into the document, in place of the line that says it is loading.
pub fn mount() {
    match browser::by_id("page") {
        Some(root) => yew::Renderer::<App>::with_root(root).render(),
        None => yew::Renderer::<App>::new().render(),
    };
}
