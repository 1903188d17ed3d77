//! The layout of the page, and which deed of the driver belongs to which button.

use std::rc::Rc;

use mqttscope_proto::TopicFilter;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::browser::{self, window};
use crate::components::bar::{ALREADY_OPEN, Bar, NOTHING_OPEN};
use crate::components::connection::ConnectionForm;
use crate::components::field::FormView;
use crate::components::log_panel::LogPanel;
use crate::components::publish::PublishForm;
use crate::components::subscribe::{NOT_CONNECTED, SubscribeForm};
use crate::components::switches::Switches;
use crate::components::tabs::Tabs;
use crate::components::will::WillForm;
use crate::driver::Driver;
use crate::store::page::{Action, Page, Tab};
use crate::store::validate::{capitalised, refused};
use crate::store::{Field, Problems};

/// The page.
#[component]
pub fn App() -> Html {
    let page = use_reducer(|| PageState(Page { settings: browser::load_settings(), ..Page::default() }));
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
    let on = |deed: fn(&Deeds) -> Result<(), Problems>| {
        let deeds = deeds.clone();
        Callback::from(move |()| deeds.report(deed(&deeds)))
    };
    let on_unsubscribe = {
        let deeds = deeds.clone();
        Callback::from(move |filter: String| deeds.report(deeds.unsubscribe(&filter)))
    };
    let on_clear = {
        let driver = driver.clone();
        Callback::from(move |()| driver.clear_log())
    };
    let view = FormView {
        forms: page.0.settings.forms.clone(),
        problems: page.0.problems.clone(),
        act: act.clone(),
    };
    let log = driver.log();
    let revision = log.0.borrow().revision();
    let connected = connection.is_connected();
    html! { <>
        <Bar connection={connection.clone()} problems={view.problems.clone()} theme={page.0.settings.theme}
            on_disconnect={on(Deeds::disconnect)} on_drop={on(Deeds::drop_connection)}
            on_theme={act.reform(Action::Theme)} />
        <main data-tab={page.0.tab.name()}>
            <div class="forms">
                <div class="region connection-region">
                    <ConnectionForm view={view.clone()} default_url={browser::place().default_url}
                        on_connect={on(Deeds::connect)}
                        on_new_id={act.reform(|()| Action::NewClientId(browser::random_client_id()))} />
                    <WillForm view={view.clone()} on_connect={on(Deeds::connect)} />
                    <Switches view={view.clone()} />
                </div>
                <div class="region messages-region">
                    <SubscribeForm view={view.clone()} {connection} on_subscribe={on(Deeds::subscribe)}
                        {on_unsubscribe} />
                    <PublishForm view={view.clone()} {connected} file={page.0.file.clone()}
                        on_publish={on(Deeds::publish)} on_publish_file={on(Deeds::publish_file)} />
                </div>
            </div>
            <LogPanel {view} {log} {revision} {connected} {on_clear} />
        </main>
        <Tabs tab={page.0.tab} {act} />
    </> }
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
            None => Err(refused(Field::File, "Choose a file first.")),
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
    refused(field, [&capitalised(&error.to_string()), "."].concat())
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
