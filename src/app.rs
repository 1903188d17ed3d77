//! The layout of the page, and which deed of the driver belongs to which button.

use std::rc::Rc;

use mqttscope_proto::TopicFilter;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::browser::{self, window};
use crate::components::bar::{ALREADY_OPEN, NOTHING_OPEN, bar};
use crate::components::connection::connection_form;
use crate::components::field::{Deed, FormView};
use crate::components::log_panel::log_panel;
use crate::components::publish::{NO_FILE, publish_form};
use crate::components::subscribe::{NOT_CONNECTED, subscribe_form};
use crate::components::switches::switches;
use crate::components::tabs::tabs;
use crate::components::will::will_form;
use crate::driver::Driver;
use crate::store::page::{Action, Page, Tab};
use crate::store::text::{capitalised, concat};
use crate::store::validate::refused;
use crate::store::{Connection, Field, Problems};

/// The page.
#[component]
pub fn App() -> Html {
    let page =
        use_reducer(|| PageState(Page { settings: Rc::new(browser::load_settings()), ..Page::default() }));
    let update = use_force_update();
    let driver = use_memo((), |()| Driver::new("clock.js", Callback::from(move |()| update.force_update())));
    let connection = driver.connection();
    let act = {
        let dispatcher = page.dispatcher();
        Callback::from(move |action| dispatcher.dispatch(action))
    };
    use_title(connection.title(&page.0.settings.forms.client_id));
    use_settings(&page.0, &driver);
    use_focus(&page.0);

    let deeds = Deeds { driver: (*driver).clone(), page: page.clone(), act: act.clone() };
    let view =
        FormView { settings: page.0.settings.clone(), problems: page.0.problems.clone(), act: act.clone() };
    html! { <>
        { bar(&view, &connection, &deeds.on(Deeds::disconnect), &deeds.on(Deeds::drop_connection)) }
        <main data-tab={page.0.tab.name()}>
            { forms(&view, &connection, &page.0, &deeds) }
            { log_panel(&view, &driver.log(), &deeds.on(Deeds::clear_log)) }
        </main>
        { tabs(page.0.tab, &act) }
    </> }
}

/// The left column.
fn forms(view: &FormView, connection: &Connection, page: &Page, deeds: &Deeds) -> Html {
    let connect = deeds.on(Deeds::connect);
    let unsubscribe = {
        let deeds = deeds.clone();
        Callback::from(move |filter: String| deeds.report(deeds.unsubscribe(&filter)))
    };
    let url = browser::place().default_url;
    html! {
        <div class="forms">
            <div class="region connection-region">
                { connection_form(view, &url, page.password_shown, &connect, &deeds.on(Deeds::new_client_id)) }
                { will_form(view, &connect) }
                { switches(view) }
            </div>
            <div class="region messages-region">
                { subscribe_form(view, connection, &deeds.on(Deeds::subscribe), &unsubscribe) }
                { publish_form(view, connection.is_connected(), page.file.as_deref(), &deeds.on(Deeds::publish),
                    &deeds.on(Deeds::publish_file)) }
            </div>
        </div>
    }
}

/// Puts the page into the document, in place of the line that says it is loading.
pub fn mount() {
    let root = window().document().and_then(|document| document.get_element_by_id("page"));
    match root {
        Some(root) => yew::Renderer::<App>::with_root(root).render(),
        None => yew::Renderer::<App>::new().render(),
    };
}

/// The page's state, as yew keeps it.
#[derive(PartialEq)]
struct PageState(Page);

impl Reducible for PageState {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        Rc::new(Self(self.0.after(action)))
    }
}

/// What the buttons do, with the page as it stands.
#[derive(Clone)]
struct Deeds {
    driver: Driver,
    page: UseReducerHandle<PageState>,
    act: Callback<Action>,
}

impl Deeds {
    /// A deed as a callback, which reports what became of it.
    fn on(&self, deed: fn(&Self) -> Result<(), Problems>) -> Deed {
        let deeds = self.clone();
        Callback::from(move |()| deeds.report(deed(&deeds)))
    }

    fn report(&self, outcome: Result<(), Problems>) {
        self.act.emit(match outcome {
            Ok(()) => Action::Accepted,
            Err(problems) => Action::Refused(problems),
        });
    }

    fn connect(&self) -> Result<(), Problems> {
        if self.driver.connection().is_open() {
            return Err(refused(Field::ConnectButton, ALREADY_OPEN));
        }
        let request = self.page.0.settings.forms.connect_request(&browser::place())?;
        self.driver.connect(request);
        self.act.emit(Action::Tab(Tab::Log));
        Ok(())
    }

    fn disconnect(&self) -> Result<(), Problems> {
        self.check_open()?;
        self.driver.disconnect();
        Ok(())
    }

    fn drop_connection(&self) -> Result<(), Problems> {
        self.check_open()?;
        self.driver.drop_connection();
        Ok(())
    }

    fn clear_log(&self) -> Result<(), Problems> {
        self.driver.clear_log();
        Ok(())
    }

    fn new_client_id(&self) -> Result<(), Problems> {
        self.act.emit(Action::Text(Field::ClientId, browser::random_client_id()));
        Ok(())
    }

    fn subscribe(&self) -> Result<(), Problems> {
        let (filter, qos) = self.page.0.settings.forms.subscription()?;
        self.check_connected(Field::SubscribeButton)?;
        self.driver.subscribe(filter, qos).map_err(|error| said(Field::SubscribeButton, &error))
    }

    fn unsubscribe(&self, filter: &str) -> Result<(), Problems> {
        let filter = TopicFilter::new(filter).map_err(|fault| said(Field::SubscribeButton, &fault))?;
        self.check_connected(Field::SubscribeButton)?;
        self.driver.unsubscribe(filter).map_err(|error| said(Field::SubscribeButton, &error))
    }

    fn publish(&self) -> Result<(), Problems> {
        let message = &self.page.0.settings.forms.message;
        self.publish_bytes(message.as_bytes(), Field::PublishButton)
    }

    fn publish_file(&self) -> Result<(), Problems> {
        match &self.page.0.file {
            Some(file) => self.publish_bytes(&file.bytes, Field::File),
            None => Err(refused(Field::File, NO_FILE)),
        }
    }

    fn publish_bytes(&self, payload: &[u8], button: Field) -> Result<(), Problems> {
        let forms = &self.page.0.settings.forms;
        let (topic, qos) = forms.publication()?;
        self.check_connected(button)?;
        self.driver.publish(topic, qos, forms.retain, payload).map_err(|error| said(button, &error))
    }

    fn check_connected(&self, button: Field) -> Result<(), Problems> {
        if self.driver.connection().is_connected() { Ok(()) } else { Err(refused(button, NOT_CONNECTED)) }
    }

    fn check_open(&self) -> Result<(), Problems> {
        if self.driver.connection().is_open() {
            Ok(())
        } else {
            Err(refused(Field::ConnectButton, NOTHING_OPEN))
        }
    }
}

/// An error of the session as a sentence.
fn said(field: Field, error: &dyn ToString) -> Problems {
    refused(field, concat(&[&capitalised(&error.to_string()), "."]))
}

/// Keeps the browser tab's title.
#[hook]
fn use_title(title: String) {
    use_effect_with(title, |title| {
        if let Some(document) = window().document() {
            document.set_title(title);
        }
    });
}

/// Remembers the settings, shows the theme and sets the test switches, whenever they change.
#[hook]
fn use_settings(page: &Page, driver: &Rc<Driver>) {
    let driver = driver.clone();
    use_effect_with(page.settings.clone(), move |settings| {
        browser::save_settings(settings);
        driver.set_switches(settings.forms.simulate_down, settings.forms.send_duplicates);
        if let Some(root) = window().document().and_then(|document| document.document_element()) {
            // The name is valid, so nothing can fail.
            let _ = root.set_attribute("data-theme", settings.theme.name());
        }
    });
}

/// Moves the focus to the first field that is wrong, each time that a form is refused.
#[hook]
fn use_focus(page: &Page) {
    let first = page.problems.first();
    use_effect_with(page.refusals, move |_| {
        let Some(field) = first else { return };
        let element = window().document().and_then(|document| document.get_element_by_id(field.id()));
        let Some(element) = element else { return };
        // A field in a folded card cannot take the focus.
        if let Ok(Some(card)) = element.closest("details:not([open])") {
            let _ = card.set_attribute("open", "");
        }
        if let Some(element) = element.dyn_ref::<HtmlElement>() {
            let _ = element.focus();
        }
    });
}
