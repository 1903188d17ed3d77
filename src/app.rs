//! The layout of the page, and where all that happens to it comes together.

use std::rc::Rc;

use gloo_timers::callback::Interval;
use wasm_bindgen::closure::Closure;
use web_sys::{File, KeyboardEvent};
use yew::prelude::*;
use yew::virtual_dom::{Listener, ListenerKind};

use crate::browser;
use crate::components::bar::bar;
use crate::components::element::{element, tag};
use crate::components::forms::Forms;
use crate::components::inspector::Inspector;
use crate::components::listen::{On, Tell};
use crate::components::log_panel::{LogView, log_panel};
use crate::components::log_table::TableAct;
use crate::components::parts::View;
use crate::components::shortcuts::shortcuts;
use crate::components::splitter::splitter;
use crate::components::tabs::tabs;
use crate::driver::Driver;
use crate::export::Exporting;
use crate::reader::{Progress, Reader};
use crate::soon::Soon;
use crate::store::filter_field::FilterField;
use crate::store::page::{Action, Page, Tab};
use crate::store::pane::Pane;
use crate::store::scope::SharedScope;
use crate::store::settings::Settings;
use crate::store::{Deed, connection};
use events::{hear, shortcut_listener};
use files::Importing;
use scope::FilterMessage;

mod deeds;
mod events;
mod files;
mod scope;

/// The page.
pub struct App {
    page: Page,
    driver: Driver,
    scope: SharedScope,
    filter_field: FilterField,
    exporting: Option<Exporting>,
    reader: Reader,
    importing: Option<Importing>,
    soon: Soon,
    listeners: [Rc<dyn Listener>; 9],
    on_table_act: Callback<TableAct>,
    on_select: Callback<u32>,
    shown: Shown,
    _on_key: Closure<dyn FnMut(KeyboardEvent)>,
    _second: Interval,
}

/// What the page is told.
pub enum Message {
    /// What it shows has changed, or its age.
    Redraw,
    /// A control was changed.
    Act(Action),
    /// A button was pressed or a form submitted; the topic filter that it stands for, if it does for one.
    Do(Deed, String),
    /// Something was done in the table of the log.
    Table(TableAct),
    /// Something was done in the field of the filter.
    Filter(FilterMessage),
    /// It is time for the next slice of the filter or of the export.
    Slice,
    /// A capture was chosen, to be read.
    Import(File),
    /// So much of a capture was read.
    Imported(Progress),
}

/// What was done to the document besides drawing, so that it is done again only when it changes.
#[derive(Default)]
struct Shown {
    title: String,
    settings: Option<Rc<Settings>>,
    refusals: u32,
}

impl Component for App {
    type Message = Message;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link().clone();
        let redraw = link.clone();
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
        let slices = ctx.link().clone();
        let soon = Soon::new(move || slices.send_message(Message::Slice));
        let redraw = Callback::from(move |()| redraw.send_message(Message::Redraw));
        let driver = Driver::new("clock.js", redraw);
        // In the next frame, where packets that come in may ask for one too: then both are one.
        let second = driver.clone();
        Self {
            page: Page { settings: Rc::new(browser::load_settings()), ..Page::default() },
            driver,
            scope: SharedScope::default(),
            filter_field: FilterField::default(),
            exporting: None,
            reader: Reader::new("reader.js"),
            importing: None,
            soon,
            listeners: kinds.map(|kind| On::listener(kind, &tell)),
            on_table_act: ctx.link().callback(Message::Table),
            on_select: ctx.link().callback(|number| Message::Table(TableAct::Select(number))),
            shown: Shown::default(),
            _on_key: on_key,
            _second: Interval::new(1_000, move || second.redraw_soon()),
        }
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Slice => {
                self.advance();
                return false;
            }
            Message::Redraw => {}
            Message::Act(action) => self.act(action),
            Message::Do(deed, filter) => match self.carry_out(deed, &filter) {
                Ok(()) if deed.settles_problems() => self.act(Action::Accepted),
                Ok(()) => {}
                Err(problems) => self.act(Action::Refused(problems)),
            },
            Message::Table(TableAct::Select(number)) => self.scope.0.borrow_mut().select(Some(number)),
            Message::Table(TableAct::Inspect) => self.act(Action::Tab(Tab::Inspector)),
            Message::Filter(message) => self.on_filter(message),
            Message::Import(file) => {
                if let Err(problems) = self.begin_import(&file, ctx) {
                    self.act(Action::Refused(problems));
                }
            }
            Message::Imported(progress) => self.on_imported(progress),
        }
        if !self.soon.is_asked() {
            self.look_on();
        }
        // A page that nobody sees is drawn when it is seen again; the name of its tab can be seen all the while.
        let is_seen = !browser::is_hidden();
        if !is_seen {
            self.show_title();
        }
        is_seen
    }

    fn view(&self, _: &Context<Self>) -> Html {
        let now = browser::now();
        let view = View {
            page: self.page.clone(),
            connection: self.driver.connection(),
            now: now.as_millis(),
            default_url: String::new(),
        };
        let log = self.driver.log();
        let log_view = LogView {
            log: &log,
            scope: &self.scope,
            field: &self.filter_field,
            exporting: self.exporting.as_ref().map(Exporting::progress),
            importing: self.importing.as_ref().map(|it| (it.done, it.total)),
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
            let (revision, selected) = (log.0.borrow().revision(), self.scope.0.borrow().selected());
            let reader = self.reader.clone();
            let on_select = self.on_select.clone();
            inspector = html! {
                <Inspector log={log.clone()} {revision} {selected} now={now.as_micros()} {reader} {on_select} />
            };
        }
        let log = log_panel(&view, &log_view);
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
    }
}

/// What is done to the document besides drawing.
impl App {
    fn show_title(&mut self) {
        let title = connection::title(&self.driver.connection(), &self.page.settings.forms.client_id);
        if title != self.shown.title
            && let Some(document) = browser::document()
        {
            document.set_title(&title);
            self.shown.title = title;
        }
    }

    /// Remembers the settings, shows the theme and sets the test switches.
    fn show_settings(&mut self) {
        let settings = &self.page.settings;
        if self.shown.settings.as_ref().is_some_and(|shown| Rc::ptr_eq(shown, settings)) {
            return;
        }
        browser::save_settings(settings);
        self.driver.set_switches(settings.forms.simulate_down, settings.forms.send_duplicates);
        {
            let log = self.driver.log();
            let mut log = log.0.borrow_mut();
            log.set_keeps_passwords(settings.forms.keep_passwords);
            if let Some(budget) = settings.forms.log_budget_bytes() {
                log.set_budget(budget);
            }
        }
        self.scope.0.borrow_mut().set_shows_all(settings.forms.show_all_rows);
        browser::set_theme(settings.theme.name());
        for pane in Pane::ALL {
            browser::set_pixels(pane.property(), settings.panes.size(pane));
        }
        self.shown.settings = Some(settings.clone());
    }

    /// Moves the focus to the first field that is wrong, each time that a form is refused.
    fn focus_first_problem(&mut self) {
        if self.shown.refusals == self.page.refusals {
            return;
        }
        self.shown.refusals = self.page.refusals;
        let element = self.page.problems.first().and_then(|field| browser::by_id(field.id()));
        // A field in a folded card cannot take the focus.
        let card = element.as_ref().and_then(|element| element.closest("details:not([open])").ok()?);
        if let Some(card) = card {
            let _ = card.set_attribute("open", "");
        }
        browser::focus(element);
    }
}

/// Puts the page into the document, in place of the line that says it is loading.
pub fn mount() {
    match browser::by_id("page") {
        Some(root) => yew::Renderer::<App>::with_root(root).render(),
        None => yew::Renderer::<App>::new().render(),
    };
}
