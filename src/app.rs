//! The layout of the page, the one place that listens to its controls, and what each deed asks of the driver.

use std::rc::Rc;

use gloo_timers::callback::{Interval, Timeout};
use js_sys::Uint8Array;
use mqttscope_log::export::Selection;
use mqttscope_log::payload::Line;
use mqttscope_log::transfer::{Binary, Lines};
use mqttscope_proto::TopicFilter;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, File, HtmlDialogElement, HtmlInputElement, KeyboardEvent, PointerEvent};
use yew::html::Scope;
use yew::prelude::*;
use yew::virtual_dom::{Listener, ListenerKind};

use crate::browser;
use crate::clipboard;
use crate::components::bar::bar;
use crate::components::element::{element, tag};
use crate::components::filter_bar::FILTER_INPUT;
use crate::components::forms::Forms;
use crate::components::inspector::{BinaryFormat, BinaryRequest, Inspector};
use crate::components::listen::{On, Tell};
use crate::components::log_panel::{LogView, log_panel};
use crate::components::log_table::{LOG_TABLE, TableAct};
use crate::components::parts::View;
use crate::components::shortcuts::{SHORTCUTS_DIALOG, shortcuts};
use crate::components::splitter::splitter;
use crate::components::tabs::tabs;
use crate::driver::Driver;
use crate::export::{Exporting, format_of};
use crate::reader::{Import, Progress, Reader};
use crate::store::column::Column;
use crate::store::filter_field::{FilterField, Known, byte_offset, unit_offset};
use crate::store::keys::{Key, deed_of as deed_of_key};
use crate::store::page::{Action, Page, PickedFile, Tab};
use crate::store::pane::Pane;
use crate::store::row::{Row, Setting};
use crate::store::scope::SharedScope;
use crate::store::settings::Settings;
use crate::store::text::{capitalised, concat};
use crate::store::validate::refused;
use crate::store::{Deed, Field, Problems, Switch, goto};

/// The page.
pub struct App {
    page: Page,
    driver: Driver,
    scope: SharedScope,
    filter_field: FilterField,
    exporting: Option<Exporting>,
    reader: Reader,
    importing: Option<Importing>,
    listeners: [Rc<dyn Listener>; 8],
    on_table_act: Callback<TableAct>,
    on_select: Callback<u32>,
    decode_binary: Callback<BinaryRequest>,
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
    /// It is time for the next slice of the export.
    Export,
    /// A capture was chosen, to be read.
    Import(File),
    /// So much of a capture was read.
    Imported(Progress),
}

/// A capture that is being read.
struct Importing {
    /// Dropped, it ends.
    _import: Import,
    /// The number behind what was in the log before, as long as that is to go.
    replaced: Option<u32>,
    done: u64,
    total: u64,
}

/// What is done in the field of the filter.
pub enum FilterMessage {
    /// Its text is another one, and where the cursor stands, in UTF-16 code units.
    Typed(String, usize),
    /// The suggestion below the chosen one, or above it, is chosen; the suggestions come if there are none.
    Choose { down: bool, cursor: usize },
    /// A suggestion is taken: the chosen one, or that of a number.
    Take(Option<usize>),
    /// The filter is as it is meant to be.
    Used,
    /// The suggestions go, or the focus does if there are none.
    Left,
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
        let kinds: [fn() -> ListenerKind; 8] = [
            || ListenerKind::onclick,
            || ListenerKind::onsubmit,
            || ListenerKind::oninput,
            || ListenerKind::onchange,
            || ListenerKind::onkeydown,
            || ListenerKind::onpointerdown,
            || ListenerKind::onpointermove,
            || ListenerKind::onfocusout,
        ];
        let reader = Reader::new("reader.js");
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
            decode_binary: decoder(reader.clone()),
            reader,
            importing: None,
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
            Message::Redraw => {}
            Message::Act(action) => self.act(action),
            Message::Do(deed, filter) => match self.carry_out(deed, &filter, ctx) {
                Ok(()) if deed.settles_problems() => self.act(Action::Accepted),
                Ok(()) => {}
                Err(problems) => self.act(Action::Refused(problems)),
            },
            Message::Table(TableAct::Select(number)) => self.scope.0.borrow_mut().select(Some(number)),
            Message::Table(TableAct::Inspect) => self.act(Action::Tab(Tab::Inspector)),
            Message::Filter(message) => self.on_filter(message),
            Message::Export => self.export_slice(ctx),
            Message::Import(file) => {
                if let Err(problems) = self.begin_import(&file, ctx) {
                    self.act(Action::Refused(problems));
                }
            }
            Message::Imported(progress) => self.on_imported(progress),
        }
        self.look_on();
        // A page that nobody sees is drawn when it is seen again; the name of its tab can be seen all the while.
        let is_seen = !browser::is_hidden();
        if !is_seen {
            self.show_title();
        }
        is_seen
    }

    fn view(&self, _: &Context<Self>) -> Html {
        let view = View {
            page: self.page.clone(),
            connection: self.driver.connection(),
            now: browser::now().as_millis(),
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
        let mut main = vec![forms, splitter(panes, Pane::Forms), log_panel(&view, &log_view)];
        if !panes.is_inspector_hidden {
            main.push(splitter(panes, Pane::Inspector));
            main.push(splitter(panes, Pane::InspectorBelow));
            let (revision, selected) = (log.0.borrow().revision(), self.scope.0.borrow().selected());
            let now = browser::now().as_micros();
            let on_select = self.on_select.clone();
            let decode_binary = self.decode_binary.clone();
            main.push(html! {
                <Inspector log={log.clone()} {revision} {selected} {now} {on_select} {decode_binary} />
            });
        }
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

/// Deeds.
impl App {
    fn act(&mut self, action: Action) {
        self.page = self.page.after(action);
    }

    fn carry_out(&mut self, deed: Deed, filter: &str, ctx: &Context<Self>) -> Result<(), Problems> {
        self.check(deed)?;
        match deed {
            Deed::Connect => {
                self.driver.connect(self.page.settings.forms.connect_request(&browser::place())?);
                self.act(Action::Tab(Tab::Log));
            }
            Deed::Disconnect => self.driver.disconnect(),
            Deed::DropConnection => self.driver.drop_connection(),
            Deed::NewClientId => self.act(Action::Text(Field::ClientId, browser::random_client_id())),
            Deed::RevealPassword => self.act(Action::RevealPassword(!self.page.password_shown)),
            Deed::Subscribe => {
                let (filter, qos) = self.page.settings.forms.subscription()?;
                self.driver.subscribe(filter, qos).map_err(|error| said(Field::SubscribeButton, &error))?;
            }
            Deed::Unsubscribe => {
                let button = Field::SubscribeButton;
                let filter = TopicFilter::new(filter).map_err(|fault| said(button, &fault))?;
                self.driver.unsubscribe(filter).map_err(|error| said(button, &error))?;
            }
            Deed::Publish => {
                let message = &self.page.settings.forms.message;
                self.publish(message.as_bytes(), Field::PublishButton)?;
            }
            Deed::PublishFile => {
                if let Some(file) = &self.page.file {
                    self.publish(&file.bytes, Field::File)?;
                }
            }
            Deed::ClearLog => self.driver.clear_log(),
            Deed::NextTheme => self.act(Action::Theme(self.page.settings.theme.next())),
            Deed::ShowConnection => self.act(Action::Tab(Tab::Connection)),
            Deed::ShowMessages => self.act(Action::Tab(Tab::Messages)),
            Deed::ShowLog => self.act(Action::Tab(Tab::Log)),
            Deed::ShowInspector => self.act(Action::Tab(Tab::Inspector)),
            Deed::ToggleInspector => {
                self.act(Action::HideInspector(!self.page.settings.panes.is_inspector_hidden))
            }
            Deed::FindInLog => {
                self.act(Action::Tab(Tab::Log));
                browser::focus_and_select(FILTER_INPUT);
            }
            Deed::NextMatch => self.select_match(true),
            Deed::PreviousMatch => self.select_match(false),
            Deed::ClearFilter => {
                self.on_filter(FilterMessage::Typed(String::new(), 0));
                self.filter_field.close();
            }
            Deed::NextRow => self.select_row(1),
            Deed::PreviousRow => self.select_row(-1),
            Deed::FindRow => {
                self.act(Action::Tab(Tab::Log));
                browser::open_around(Field::GoTo.id());
                browser::focus_and_select(Field::GoTo.id());
            }
            Deed::GoToRow => {
                let text = &self.page.settings.forms.go_to;
                let found = goto::find(&self.driver.log().0.borrow(), text, browser::utc_offset_minutes());
                let number = found.map_err(|words| refused(Field::GoTo, words))?;
                self.scope.0.borrow_mut().select(Some(number));
                browser::close_menus(None);
                browser::focus(browser::by_id(LOG_TABLE));
            }
            Deed::PauseLog => {
                let mut scope = self.scope.0.borrow_mut();
                let is_paused = scope.paused().is_some();
                scope.set_paused(!is_paused, &self.driver.log().0.borrow());
            }
            Deed::CopyRow => self.copy_row(),
            Deed::Export => self.begin_export(ctx)?,
            Deed::CancelExport => self.exporting = None,
            Deed::CancelImport => {
                self.importing = None;
                let said = "Cancelled: what was read until then is in the log.".to_owned();
                self.act(Action::Note(Field::ImportFile, said));
            }
            Deed::ShowShortcuts => show_shortcuts(true),
            Deed::HideShortcuts => show_shortcuts(false),
        }
        Ok(())
    }

    /// A deed that cannot be done is refused, and so are the fields that it would have taken.
    fn check(&self, deed: Deed) -> Result<(), Problems> {
        let Some(reason) = deed.idle(&self.driver.connection(), self.page.file.is_some()) else {
            return Ok(());
        };
        let forms = &self.page.settings.forms;
        match deed {
            Deed::Subscribe => forms.subscription().map(|_| ())?,
            Deed::Publish | Deed::PublishFile => forms.publication().map(|_| ())?,
            _ => {}
        }
        Err(refused(deed.speaks_at(), reason))
    }

    fn publish(&self, payload: &[u8], button: Field) -> Result<(), Problems> {
        let forms = &self.page.settings.forms;
        let (topic, qos) = forms.publication()?;
        self.driver.publish(topic, qos, forms.retain, payload).map_err(|error| said(button, &error))
    }
}

/// What of the log is looked at.
impl App {
    /// Goes on with the filter for as long as a frame can spare; asks for another frame if that was not all.
    fn look_on(&mut self) {
        let log = self.driver.log();
        let log = log.0.borrow();
        let mut scope = self.scope.0.borrow_mut();
        let until = browser::now().as_micros() + FILTER_MICROS;
        while !scope.update(&log) {
            if browser::now().as_micros() >= until {
                self.driver.redraw_soon();
                return;
            }
        }
    }

    fn select_row(&mut self, step: i64) {
        let mut scope = self.scope.0.borrow_mut();
        if let Some(number) = scope.row_from_selected(&self.driver.log().0.borrow(), step) {
            scope.select(Some(number));
        }
    }

    fn select_match(&mut self, forward: bool) {
        let mut scope = self.scope.0.borrow_mut();
        if let Some(number) = scope.match_from_selected(&self.driver.log().0.borrow(), forward) {
            scope.select(Some(number));
        }
    }

    fn copy_row(&self) {
        let Some(number) = self.scope.0.borrow().selected() else { return };
        let setting = Setting { utc_offset: browser::utc_offset_minutes(), ..Setting::default() };
        if let Some(row) = Row::of(&self.driver.log().0.borrow(), number, setting) {
            clipboard::copy(row.line());
        }
    }

    fn on_filter(&mut self, message: FilterMessage) {
        let text = self.scope.0.borrow().text().to_owned();
        match message {
            FilterMessage::Typed(text, cursor) => {
                self.scope.0.borrow_mut().set_filter(&text, browser::utc_offset_minutes());
                self.offer(&text, byte_offset(&text, cursor));
            }
            FilterMessage::Choose { down, cursor } => {
                if self.filter_field.offers().is_empty() {
                    self.offer(&text, byte_offset(&text, cursor));
                } else {
                    self.filter_field.choose_next(down);
                }
            }
            FilterMessage::Take(at) => {
                let at = at.or(self.filter_field.chosen());
                if let Some((text, cursor)) = at.and_then(|at| self.filter_field.taken(&text, at)) {
                    self.scope.0.borrow_mut().set_filter(&text, browser::utc_offset_minutes());
                    self.offer(&text, cursor);
                    browser::set_text(FILTER_INPUT, &text, unit_offset(&text, cursor));
                }
            }
            FilterMessage::Used => {
                self.filter_field.close();
                if !text.trim().is_empty() && self.scope.0.borrow().error().is_none() {
                    self.act(Action::FilterUsed(text));
                }
            }
            FilterMessage::Left if self.filter_field.offers().is_empty() => {
                browser::focus(browser::by_id(LOG_TABLE));
            }
            FilterMessage::Left => self.filter_field.close(),
        }
    }

    fn offer(&mut self, text: &str, cursor: usize) {
        let connection = self.driver.connection();
        let topics: Vec<_> = connection.subscriptions.iter().map(|it| it.filter.clone()).collect();
        let recent = self.page.settings.recent_filters();
        self.filter_field.offer(text, cursor, &Known { topics: &topics, recent: &recent });
    }
}

/// Exports.
impl App {
    fn begin_export(&mut self, ctx: &Context<Self>) -> Result<(), Problems> {
        if self.exporting.is_some() {
            return Err(refused(Field::ExportButton, "An export is under way."));
        }
        let forms = &self.page.settings.forms;
        let log = self.driver.log();
        let log = log.0.borrow();
        let scope = self.scope.0.borrow();
        let selection = match (forms.export_what.as_str(), scope.matches()) {
            ("found", Some(matches)) => Selection::Numbers(matches.iter().collect()),
            ("found", None) => return Err(refused(Field::ExportButton, "There is no filter.")),
            _ => Selection::All,
        };
        let format = format_of(&forms.export_format);
        self.exporting = Some(Exporting::new(&log, format, selection, forms.keep_passwords));
        self.page = self.page.after(Action::Accepted);
        ctx.link().send_message(Message::Export);
        Ok(())
    }

    fn export_slice(&mut self, ctx: &Context<Self>) {
        // It may have been cancelled since.
        let Some(exporting) = &mut self.exporting else { return };
        if !exporting.advance(&self.driver.log().0.borrow()) {
            let link = ctx.link().clone();
            Timeout::new(0, move || link.send_message(Message::Export)).forget();
            return;
        }
        let said = self.exporting.take().map(Exporting::save);
        if let Some(Ok(said) | Err(said)) = said {
            self.act(Action::Note(Field::ExportButton, said));
        }
    }
}

/// Imports.
impl App {
    fn begin_import(&mut self, file: &File, ctx: &Context<Self>) -> Result<(), Problems> {
        if self.importing.is_some() {
            return Err(refused(Field::ImportFile, "Another file is being read: wait for it, or cancel it."));
        }
        let log = self.driver.log();
        let link = ctx.link().clone();
        let listen = Rc::new(move |progress| link.send_message(Message::Imported(progress)));
        let import = self.reader.import(file, log.clone(), listen);
        let import = import.map_err(|words| refused(Field::ImportFile, words))?;
        let is_replaced = self.page.settings.forms.import_how == "replace";
        let replaced = is_replaced.then(|| log.0.borrow().end());
        self.importing = Some(Importing { _import: import, replaced, done: 0, total: file.size() as u64 });
        self.act(Action::Accepted);
        self.act(Action::Note(Field::ImportFile, String::new()));
        Ok(())
    }

    /// Drops what was in the log before a file, once something of the file is there: one that cannot be read costs
    /// nothing.
    fn replace_log(&mut self) {
        let Some(importing) = &mut self.importing else { return };
        let log = self.driver.log();
        let mut log = log.0.borrow_mut();
        if let Some(number) = importing.replaced.take_if(|&mut number| log.end() > number) {
            log.drop_before(number);
            self.scope.0.borrow_mut().restart();
        }
    }

    fn on_imported(&mut self, progress: Progress) {
        self.replace_log();
        let said = match progress {
            Progress::Read { done, total } => {
                if let Some(importing) = &mut self.importing {
                    (importing.done, importing.total) = (done, total);
                }
                return;
            }
            Progress::Ended(ended) => Ok((ended.words, ended.is_broken)),
            Progress::Failed(words) => Err(words),
        };
        self.importing = None;
        match said {
            Ok((words, false)) => self.act(Action::Note(Field::ImportFile, words)),
            Ok((words, true)) | Err(words) => self.act(Action::Refused(refused(Field::ImportFile, words))),
        }
    }
}

/// Lets the reader show payloads in the formats that this module does not read itself.
fn decoder(reader: Reader) -> Callback<BinaryRequest> {
    Callback::from(move |request: BinaryRequest| {
        let format = match request.format {
            BinaryFormat::Cbor => Binary::Cbor,
            BinaryFormat::MessagePack => Binary::MessagePack,
        };
        let reply = request.reply.clone();
        let answer = move |answer: Result<Lines, String>| {
            reply.emit(answer.map(|answer| {
                let mut lines = answer.lines;
                if answer.is_cut {
                    let text = "… only the first lines are shown".to_owned();
                    lines.push(Line { text, ..Line::default() });
                }
                Rc::new(lines)
            }));
        };
        if let Err(words) = reader.view(format, &request.payload, answer) {
            request.reply.emit(Err(words));
        }
    })
}

/// What is done to the document besides drawing.
impl App {
    fn show_title(&mut self) {
        let title = self.driver.connection().title(&self.page.settings.forms.client_id);
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

/// Hears every event of the page's controls, which are told apart by their id or their data.
fn hear(event: &Event, link: &Scope<App>) {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let message = match event.type_().as_str() {
        "click" => {
            browser::close_menus(Some(&target));
            let offer = target.closest("[data-offer]").ok().flatten();
            match offer.and_then(|offer| offer.get_attribute("data-offer")?.parse().ok()) {
                Some(at) => Some(Message::Filter(FilterMessage::Take(Some(at)))),
                None => deed_of(&target, "button[data-deed]"),
            }
        }
        "submit" => {
            event.prevent_default();
            deed_of(&target, "form")
        }
        "keydown" => event.dyn_ref::<KeyboardEvent>().and_then(|key| key_of(&target, key)),
        "pointerdown" => {
            // The suggestions are no place for the focus: the field keeps it.
            if target.closest("[data-offer]").is_ok_and(|offer| offer.is_some()) {
                event.prevent_default();
            }
            grasp(&target, event);
            None
        }
        "pointermove" => event.dyn_ref::<PointerEvent>().and_then(|pointer| drag(&target, pointer)),
        "focusout" if target.id() == FILTER_INPUT => Some(Message::Filter(FilterMessage::Used)),
        "focusout" => None,
        kind => change_of(&target, kind == "input", link),
    };
    if let Some(message) = message {
        link.send_message(message);
    }
}

/// What a key means in a control.
fn key_of(target: &Element, key: &KeyboardEvent) -> Option<Message> {
    let name = key.key();
    let message = if target.id() == FILTER_INPUT {
        let input: &HtmlInputElement = target.unchecked_ref();
        let cursor = input.selection_start().ok().flatten().unwrap_or_default() as usize;
        let has_choice = target.has_attribute("aria-activedescendant");
        Message::Filter(match name.as_str() {
            "ArrowDown" => FilterMessage::Choose { down: true, cursor },
            "ArrowUp" => FilterMessage::Choose { down: false, cursor },
            "Enter" | "Tab" if has_choice => FilterMessage::Take(None),
            "Enter" => FilterMessage::Used,
            "Escape" => FilterMessage::Left,
            _ => return None,
        })
    } else if let Some(pane) = split_of(target) {
        let step = match name.as_str() {
            "ArrowRight" | "ArrowDown" => KEY_STEP,
            "ArrowLeft" | "ArrowUp" => -KEY_STEP,
            _ => return None,
        };
        let step = if pane.grows_with_pointer() { step } else { -step };
        let size: i64 = target.get_attribute("aria-valuenow")?.parse().ok()?;
        Message::Act(Action::Resize(pane, size + step))
    } else if name == "Escape" {
        // What had the focus in a menu is folded with it: the menu's head has it then.
        let head = target.closest(".menu").ok().flatten().and_then(|menu| menu.first_element_child());
        browser::close_menus(None);
        browser::focus(head);
        return None;
    } else {
        // In a message of several lines Enter makes a new one, so Ctrl+Enter does the form's deed.
        let is_asked = name == "Enter" && (key.ctrl_key() || key.meta_key());
        if !is_asked {
            return None;
        }
        deed_of(target, "form")?
    };
    key.prevent_default();
    Some(message)
}

/// Holds the pointer at the line between two panes, wherever it goes until it is let go.
fn grasp(target: &Element, event: &Event) {
    if let (Some(_), Some(pointer)) = (split_of(target), event.dyn_ref::<PointerEvent>()) {
        // Without a hold the line is left behind by a fast pointer, no more.
        let _ = target.set_pointer_capture(pointer.pointer_id());
    }
}

/// The size that a pane gets from the pointer that drags its line.
fn drag(target: &Element, pointer: &PointerEvent) -> Option<Message> {
    if pointer.buttons() & 1 == 0 {
        return None;
    }
    let pane = split_of(target)?;
    let around = target.parent_element()?.get_bounding_client_rect();
    let size = match pane {
        Pane::Forms => f64::from(pointer.client_x()) - around.left(),
        Pane::Inspector => around.right() - f64::from(pointer.client_x()),
        Pane::InspectorBelow => around.bottom() - f64::from(pointer.client_y()),
    };
    Some(Message::Act(Action::Resize(pane, size as i64)))
}

fn split_of(target: &Element) -> Option<Pane> {
    Pane::of_name(&target.get_attribute("data-split")?)
}

/// Hears the keys that are shortcuts wherever the focus is.
fn shortcut_listener(link: Scope<App>) -> Closure<dyn FnMut(KeyboardEvent)> {
    let on_key = Closure::new(move |event: KeyboardEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is_in = |selector| {
            target.as_ref().is_some_and(|it| it.closest(selector).is_ok_and(|found| found.is_some()))
        };
        let typing = is_in("input:not([type=checkbox]), textarea, select, dialog");
        let name = event.key();
        let key = Key {
            name: &name,
            control: event.ctrl_key() || event.meta_key(),
            shift: event.shift_key(),
            alt: event.alt_key(),
        };
        if let Some(deed) = deed_of_key(key, typing) {
            event.prevent_default();
            link.send_message(Message::Do(deed, String::new()));
        }
    });
    if let Some(document) = browser::document() {
        // It can only fail for want of memory.
        let _ = document.add_event_listener_with_callback("keydown", on_key.as_ref().unchecked_ref());
    }
    on_key
}

fn show_shortcuts(shown: bool) {
    if let Some(dialog) = browser::by_id(SHORTCUTS_DIALOG) {
        let dialog: &HtmlDialogElement = dialog.unchecked_ref();
        if shown {
            // It fails if it is open already.
            let _ = dialog.show_modal();
        } else {
            dialog.close();
        }
    }
}

/// The deed of the element itself, or of the nearest around it, that the selector names.
fn deed_of(target: &Element, selector: &str) -> Option<Message> {
    let element = target.closest(selector).ok()??;
    let deed = Deed::of_name(&element.get_attribute("data-deed")?)?;
    Some(Message::Do(deed, element.get_attribute("data-filter").unwrap_or_default()))
}

/// What was typed, chosen or switched. Text counts with each key, everything else once it is chosen.
fn change_of(target: &Element, typed: bool, link: &Scope<App>) -> Option<Message> {
    // Fields of several lines and lists are no `HtmlInputElement`s, but have a `value` like them.
    let input: &HtmlInputElement = target.unchecked_ref();
    let id = target.id();
    if let Some(switch) = Switch::of_id(&id) {
        return Some(Message::Act(Action::Switch(switch, input.checked())));
    }
    if let Some(column) = Column::of_id(&id) {
        return Some(Message::Act(Action::HideColumn(column, !input.checked())));
    }
    if id == FILTER_INPUT {
        let cursor = input.selection_start().ok().flatten().unwrap_or_default() as usize;
        return typed.then(|| Message::Filter(FilterMessage::Typed(input.value(), cursor)));
    }
    match Field::of_id(&id)? {
        Field::File | Field::ImportFile if typed => None,
        Field::ImportFile => {
            let file = input.files().and_then(|files| files.get(0));
            // The same file can be chosen again.
            input.set_value("");
            file.map(Message::Import)
        }
        Field::File => {
            match input.files().and_then(|files| files.get(0)) {
                Some(file) => spawn_local(read(file, link.clone())),
                None => link.send_message(Message::Act(Action::File(None))),
            }
            None
        }
        field if field.is_choice() || typed => Some(Message::Act(Action::Text(field, input.value()))),
        _ => None,
    }
}

async fn read(file: File, link: Scope<App>) {
    let action = match JsFuture::from(file.array_buffer()).await {
        Ok(buffer) => {
            let bytes = Uint8Array::new(&buffer).to_vec();
            Action::File(Some(Rc::new(PickedFile { name: file.name(), mime: file.type_(), bytes })))
        }
        Err(_) => Action::Refused(refused(Field::File, "The browser could not read the file.")),
    };
    link.send_message(Message::Act(action));
}

/// An error of the session as a sentence.
fn said(field: Field, error: &dyn ToString) -> Problems {
    refused(field, concat(&[&capitalised(&error.to_string()), "."]))
}

/// How long the filter may take from a frame.
const FILTER_MICROS: u64 = 8_000;
/// CSS pixels that an arrow key moves the line between two panes.
const KEY_STEP: i64 = 16;
