//! The layout of the page, the one place that listens to its controls, and what each deed asks of the driver.

use std::rc::Rc;

use gloo_timers::callback::Interval;
use js_sys::Uint8Array;
use mqttscope_proto::TopicFilter;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, File, HtmlInputElement, KeyboardEvent};
use yew::html::Scope;
use yew::prelude::*;
use yew::virtual_dom::{Listener, ListenerKind};

use crate::browser;
use crate::components::bar::bar;
use crate::components::connection::CONNECTION;
use crate::components::element::{classed, element, tag};
use crate::components::listen::{On, Tell};
use crate::components::log_panel::log_panel;
use crate::components::parts::{Part, View};
use crate::components::publish::PUBLISH;
use crate::components::subscribe::SUBSCRIBE;
use crate::components::switches::SWITCHES;
use crate::components::tabs::tabs;
use crate::components::will::WILL;
use crate::driver::Driver;
use crate::store::page::{Action, Page, PickedFile, Tab};
use crate::store::settings::Settings;
use crate::store::text::{capitalised, concat};
use crate::store::validate::refused;
use crate::store::{Deed, Field, Problems, Switch};

/// The page.
pub struct App {
    page: Page,
    driver: Driver,
    listeners: [Rc<dyn Listener>; 5],
    shown: Shown,
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
        let second = link.clone();
        let tell: Tell = Rc::new(move |event| hear(event, &link));
        let kinds: [fn() -> ListenerKind; 5] = [
            || ListenerKind::onclick,
            || ListenerKind::onsubmit,
            || ListenerKind::oninput,
            || ListenerKind::onchange,
            || ListenerKind::onkeydown,
        ];
        Self {
            page: Page { settings: Rc::new(browser::load_settings()), ..Page::default() },
            driver: Driver::new("clock.js", Callback::from(move |()| redraw.send_message(Message::Redraw))),
            listeners: kinds.map(|kind| On::listener(kind, &tell)),
            shown: Shown::default(),
            _second: Interval::new(1_000, move || second.send_message(Message::Redraw)),
        }
    }

    fn update(&mut self, _: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Redraw => {}
            Message::Act(action) => self.act(action),
            Message::Do(deed, filter) => match self.carry_out(deed, &filter) {
                Ok(()) if deed.settles_problems() => self.act(Action::Accepted),
                Ok(()) => {}
                Err(problems) => self.act(Action::Refused(problems)),
            },
        }
        true
    }

    fn view(&self, _: &Context<Self>) -> Html {
        let view = View {
            page: self.page.clone(),
            connection: self.driver.connection(),
            now: browser::now().as_millis(),
            default_url: browser::place().default_url,
        };
        let forms = vec![
            classed("div", "region connection-region", view.draw(CONNECTING)),
            classed("div", "region messages-region", view.draw(MESSAGES)),
        ];
        let main = vec![classed("div", "forms", forms), log_panel(&view, &self.driver.log())];
        let main = element("main", &["data-tab"], &[Some(self.page.tab.name())], main);
        let mut app = tag("div", &["class"], &[Some("app")]);
        app.set_listeners(self.listeners.iter().cloned().map(Some).collect());
        app.add_children([bar(&view), main, tabs(&view)]);
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

    fn carry_out(&mut self, deed: Deed, filter: &str) -> Result<(), Problems> {
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
        if let Some(root) = browser::document().and_then(|document| document.document_element()) {
            // The name is valid, so nothing can fail.
            let _ = root.set_attribute("data-theme", settings.theme.name());
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

/// Hears every event of the page's controls, which are told apart by their id or their `data-deed`.
fn hear(event: &Event, link: &Scope<App>) {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let message = match event.type_().as_str() {
        "click" => deed_of(&target, "button[data-deed]"),
        "submit" => {
            event.prevent_default();
            deed_of(&target, "form")
        }
        // In a message of several lines Enter makes a new one, so Ctrl+Enter does the form's deed.
        "keydown" => event.dyn_ref::<KeyboardEvent>().and_then(|key| {
            let is_asked = key.key() == "Enter" && (key.ctrl_key() || key.meta_key());
            let message = if is_asked { deed_of(&target, "form") } else { None };
            if message.is_some() {
                event.prevent_default();
            }
            message
        }),
        kind => change_of(&target, kind == "input", link),
    };
    if let Some(message) = message {
        link.send_message(message);
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
    match Field::of_id(&id)? {
        Field::File if typed => None,
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

const CONNECTING: &[Part] = &[CONNECTION, WILL, SWITCHES];
const MESSAGES: &[Part] = &[SUBSCRIBE, PUBLISH];
