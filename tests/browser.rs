//! The page in a real browser: what its components draw, and how it goes along with an engine.
#![cfg(target_arch = "wasm32")]

use js_sys::Function;
use mqttscope::app::{App, AppProps};
use mqttscope_client::{Answer, ConnectionState, Phase, Subscription};
use mqttscope_link::{Command, ConnectionCommand, Slot, Update};
use mqttscope_proto::{ProtocolVersion, Qos};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Document, Element, HtmlElement, HtmlInputElement, HtmlSelectElement};

mod common;

use common::engine::Scripted;
use common::{pause, until};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn every_field_has_its_label() {
    let root = page().await;
    for name in [
        "URL",
        "WebSocket subprotocol",
        "MQTT version",
        "Client ID",
        "Username",
        "Password",
        "Keep alive (seconds)",
        "Clean session",
        "Send without password",
        "Last Will",
        "Will topic",
        "Will message",
        "Will QoS",
        "Retain will",
        "Simulate client down (no PINGREQ)",
        "Send duplicates",
        "Topic filter",
        "Requested QoS",
        "Topic",
        "Publish QoS",
        "Retain",
        "Message",
        "File",
        "Verbose",
    ] {
        labelled(&root, name);
    }
    for name in
        ["New client ID", "Connect", "Disconnect", "Drop connection", "Subscribe", "Publish", "Publish file"]
    {
        button(&root, name);
    }
    root.remove();
}

#[wasm_bindgen_test]
async fn an_error_is_bound_to_its_field_and_gets_the_focus() {
    let root = page().await;
    let url = labelled(&root, "URL");
    type_into(&url, "http://h/");
    button(&root, "Connect").click();
    until("the error", || url.get_attribute("aria-invalid").as_deref() == Some("true")).await;
    let message = url.get_attribute("aria-describedby").and_then(|id| document().get_element_by_id(&id));
    let words = message.and_then(|message| message.text_content()).unwrap_or_default();
    assert!(words.contains("ws:// or wss://"), "{words}");
    let has_focus = || document().active_element().is_some_and(|element| element.id() == url.id());
    until("the focus at the field", has_focus).await;
    type_into(&url, "ws://h/");
    until("the error to go", || !url.has_attribute("aria-invalid")).await;
    root.remove();
}

#[wasm_bindgen_test]
async fn a_line_break_in_a_topic_is_kept_and_can_be_seen() {
    let root = page().await;
    // In a field for filters each line is one, so that no line break is part of any.
    for (name, shown) in [("Topic", "a↵b␉c"), ("Topic filter", "a b␉c"), ("Will topic", "a↵b␉c")] {
        let field = labelled(&root, name);
        assert_eq!(field.get_attribute("rows").as_deref(), Some("1"));
        type_into(&field, "a\nb\tc");
        until("a second line", || field.get_attribute("rows").as_deref() == Some("2")).await;
        assert_eq!(field.unchecked_ref::<HtmlInputElement>().value(), "a\nb\tc");
        let message =
            field.get_attribute("aria-describedby").and_then(|id| document().get_element_by_id(&id));
        let words = message.and_then(|message| message.text_content()).unwrap_or_default();
        assert!(words.contains(shown), "{words}");
        type_into(&field, "a/b");
        until("one line", || field.get_attribute("rows").as_deref() == Some("1")).await;
    }
    root.remove();
}

#[wasm_bindgen_test]
async fn a_pair_of_user_properties_that_was_added_gets_the_focus() {
    let root = page().await;
    choose(&labelled(&root, "MQTT version"), "5");
    button(&root, "Messages").click();
    let add = || root.query_selector("#publish-user-properties").ok().flatten();
    until("the properties", || add().is_some()).await;
    let add = add().expect("the button that adds a pair").unchecked_into::<HtmlElement>();
    let folded = add.closest("details").ok().flatten().expect("the properties fold");
    folded.set_attribute("open", "").expect("a valid name");
    let focused = || document().active_element().and_then(|element| element.get_attribute("data-pair"));
    for at in 0..2 {
        add.click();
        let name = format!("publish-user-properties {at} name");
        until("the focus at the name", || focused().as_ref() == Some(&name)).await;
    }
    // What moves a pair leaves the focus where it is.
    add.focus().expect("it takes the focus");
    let up = "[data-filter='publish-user-properties 1 up']";
    let up = root.query_selector(up).ok().flatten().expect("the button that moves it up");
    up.unchecked_into::<HtmlElement>().click();
    pause(50).await;
    assert_eq!(focused(), None);
    // The next page is the one that there is at first.
    choose(&labelled(&root, "MQTT version"), "3.1");
    root.remove();
}

#[wasm_bindgen_test]
async fn what_unsubscribe_says_besides_its_filter_is_sent() {
    let (engine, root) = page_with(0).await;
    let subscription = Subscription {
        filter: "a/#".into(),
        requested: Qos::AtMostOnce,
        options: 0,
        identifier: None,
        user_properties: Vec::new(),
        answer: Answer::Granted(Qos::AtMostOnce),
        code: Some(0),
    };
    let version = ProtocolVersion::V5;
    let subscriptions = vec![subscription];
    let connection =
        ConnectionState { phase: Phase::Connected, version, subscriptions, ..Default::default() };
    engine.tell(&Update::Connection(Slot(0), Box::new(connection)));
    let add = || root.query_selector("#unsubscribe-user-properties").ok().flatten();
    until("the properties", || add().is_some()).await;
    add().expect("the button that adds a pair").unchecked_into::<HtmlElement>().click();
    let input = |part: &str| {
        let selector = format!("[data-pair='unsubscribe-user-properties 0 {part}']");
        root.query_selector(&selector).ok().flatten().map(Element::unchecked_into::<HtmlElement>)
    };
    until("the pair", || input("name").is_some()).await;
    type_into(&input("name").expect("the name"), "why");
    type_into(&input("value").expect("the value"), "done");
    button(&root, "Unsubscribe").click();
    let is_so = |command: &Command| match command {
        Command::Connection(_, ConnectionCommand::Unsubscribe { filter, properties }) => {
            let properties = properties.as_properties();
            let pairs = properties.user_properties();
            let pairs: Vec<_> = pairs.map(|(name, value)| (name.to_string(), value.to_string())).collect();
            filter == "a/#" && pairs == [("why".to_owned(), "done".to_owned())]
        }
        _ => false,
    };
    until("the command", || engine.asked(is_so).is_some()).await;
    root.remove();
}

#[wasm_bindgen_test]
async fn buttons_without_a_connection_say_why() {
    let root = page().await;
    let publish = button(&root, "Publish");
    assert_eq!(publish.get_attribute("aria-disabled").as_deref(), Some("true"));
    publish.click();
    let message = document().get_element_by_id("publish-message").expect("the button's message");
    until("the reason", || message.text_content().is_some_and(|words| words.contains("Not connected"))).await;
    root.remove();
}

#[wasm_bindgen_test]
async fn why_the_engine_did_nothing_stands_at_the_button() {
    let (engine, root) = page_with(0).await;
    let connection = ConnectionState { phase: Phase::Connected, ..ConnectionState::default() };
    engine.tell(&Update::Connection(Slot(0), Box::new(connection)));
    let publish = button(&root, "Publish");
    until("the connection", || !publish.has_attribute("aria-disabled")).await;
    type_into(&labelled(&root, "Topic"), "a/b");
    publish.click();
    let is_publish =
        |command: &Command| matches!(command, Command::Connection(_, ConnectionCommand::Publish(_)));
    until("the command", || engine.asked(is_publish).is_some()).await;
    let ticket = engine.asked(is_publish).expect("it was asked for");
    engine.tell(&Update::Done(ticket, Err("Too many are in flight.".into())));
    let message = root.query_selector("#publish-message").ok().flatten().expect("the button's message");
    until("the reason", || message.text_content().as_deref() == Some("Too many are in flight.")).await;
    root.remove();
}

#[wasm_bindgen_test]
async fn a_page_without_its_engine_says_so_and_keeps_its_forms() {
    let (engine, root) = page_with(0).await;
    let url = labelled(&root, "URL");
    type_into(&url, "ws://h/");
    engine.fail("it is tired");
    let status = root.query_selector(".status .detail").ok().flatten().expect("the state in words");
    let has_failed = || status.text_content().is_some_and(|words| words.ends_with(" failed: it is tired."));
    until("the reason", has_failed).await;
    button(&root, "Connect").click();
    assert_eq!(url.unchecked_ref::<HtmlInputElement>().value(), "ws://h/");
    until("the reason at the button", has_failed).await;
    root.remove();
}

#[wasm_bindgen_test]
async fn a_page_whose_engine_is_of_another_build_says_that_it_must_be_loaded_again() {
    let (engine, root) = page_with(0).await;
    engine.tell_as_another_build(&Update::Connection(Slot(0), Box::default()));
    let status = root.query_selector(".status .detail").ok().flatten().expect("the state in words");
    let says_so = || status.text_content().is_some_and(|words| words.contains("must be loaded again"));
    until("the reason", says_so).await;
    // Whatever follows is not taken for something else.
    let connection = ConnectionState { phase: Phase::Connected, ..ConnectionState::default() };
    engine.tell(&Update::Connection(Slot(0), Box::new(connection)));
    pause(50).await;
    assert!(says_so());
    root.remove();
}

#[wasm_bindgen_test]
async fn ten_thousand_rows_draw_only_those_that_can_be_seen() {
    let (engine, root) = page_with(10_000).await;
    let scroller = root.query_selector("[data-log-scroll]").ok().flatten().expect("the scroll container");
    // Once the view is measured, the scroll bar is at its end.
    let at_end = || scroller.scroll_top() + scroller.client_height() == scroller.scroll_height();
    until("the newest row", || drawn(&root).last() == Some(&9_999) && scroller.scroll_top() > 0 && at_end())
        .await;
    assert!(drawn(&root).len() < 200, "{} rows", drawn(&root).len());
    scroller.set_scroll_top(0);
    until("the oldest row", || drawn(&root).first() == Some(&0)).await;
    assert!(scroller.is_connected(), "the element that scrolls was made anew");
    assert_eq!(scroller.scroll_top(), 0, "the scroll bar stays where the person put it");
    assert!(drawn(&root).len() < 200, "{} rows", drawn(&root).len());
    let to_tail = root.query_selector(".to-tail").ok().flatten().expect("the way back to the newest row");
    to_tail.unchecked_into::<HtmlElement>().click();
    until("the newest row again", || drawn(&root).last() == Some(&9_999)).await;
    assert!(engine.views() < 12, "{} views", engine.views());
    root.remove();
}

#[wasm_bindgen_test]
async fn a_view_that_changes_its_size_stays_at_the_newest_row() {
    let (_engine, root) = page_with(1_000).await;
    let scroller = root.query_selector("[data-log-scroll]").ok().flatten().expect("the scroll container");
    let at_end = || {
        let end = scroller.scroll_top() + scroller.client_height();
        scroller.scroll_top() > 0 && end == scroller.scroll_height() && drawn(&root).last() == Some(&999)
    };
    until("the newest row", at_end).await;
    let app = root.query_selector(".app").ok().flatten().expect("the page");
    // The browser moves the scroll bar where the content is too short for its place, which is nobody's wish.
    for style in ["height: 900px", "height: 400px", "height: 600px; width: 500px", "height: 700px"] {
        let before = (scroller.client_height(), scroller.client_width());
        app.set_attribute("style", style).expect("a valid name");
        until("another size", || (scroller.client_height(), scroller.client_width()) != before).await;
        until("the newest row", at_end).await;
        pause(200).await;
        assert!(at_end() && root.query_selector(".to-tail").ok().flatten().is_none(), "{style}");
    }
    root.remove();
}

#[wasm_bindgen_test]
async fn rows_stand_where_the_layout_says() {
    let (_engine, root) = page_with(200).await;
    labelled(&root, "Verbose").click();
    let rows = || root.query_selector_all(".rows > [data-index]").expect("the selector is valid");
    let heights = || -> Vec<f64> {
        (0..rows().length())
            .filter_map(|at| rows().get(at))
            .map(|row| row.unchecked_into::<Element>().get_bounding_client_rect().height())
            .collect()
    };
    // A row of 24 px, one line of hex of 16 px, and a margin of 8 px.
    let are_right = || !heights().is_empty() && heights().iter().all(|height| (height - 48.0).abs() < 0.01);
    until("rows with a preview", || drawn(&root).last() == Some(&199) && are_right()).await;
    root.remove();
}

/// The page with an engine that has so many rows.
async fn page_with(rows: u32) -> (Scripted, Element) {
    let root = container("page");
    let (engine, port) = Scripted::new(rows);
    let props = AppProps { engine: Some(port) };
    yew::Renderer::<App>::with_root_and_props(root.clone(), props).render();
    until("the page", || root.query_selector("h1").ok().flatten().is_some()).await;
    if rows > 0 {
        // A narrow page shows one region.
        button(&root, "Log").click();
    }
    (engine, root)
}

/// The page with an engine that has nothing to tell.
async fn page() -> Element {
    page_with(0).await.1
}

/// An empty element of 900 by 600 pixels in a document with the page's style sheet.
fn container(class: &str) -> Element {
    let document = document();
    let body = document.body().expect("a body");
    let root = document.create_element("div").expect("a valid name");
    let style = document.create_element("style").expect("a valid name");
    let holder = document.create_element("div").expect("a valid name");
    holder.set_class_name(class);
    root.set_class_name("root");
    let heights = ".root { display: grid; grid-template-rows: minmax(0, 1fr); width: 900px; height: 600px }";
    style.set_text_content(Some(
        &[include_str!("../static/style.css"), include_str!("../static/log.css"), heights].concat(),
    ));
    holder.append_child(&style).expect("a new element");
    holder.append_child(&root).expect("a new element");
    body.append_child(&holder).expect("a new element");
    root
}

fn drawn(root: &Element) -> Vec<u32> {
    let rows = root.query_selector_all("[data-index]").expect("the selector is valid");
    let indexes = (0..rows.length())
        .filter_map(|at| rows.get(at)?.dyn_into::<Element>().ok()?.get_attribute("data-index"));
    indexes.filter_map(|index| index.parse().ok()).collect()
}

/// The control that a label of that text is bound to.
fn labelled(root: &Element, name: &str) -> HtmlElement {
    let labels = root.query_selector_all("label").expect("the selector is valid");
    let label = (0..labels.length())
        .filter_map(|at| labels.get(at))
        .find(|label| label.text_content().is_some_and(|text| text.trim() == name))
        .unwrap_or_else(|| panic!("no label {name}"));
    let id = label.unchecked_into::<Element>().get_attribute("for").expect("a label for a control");
    let control = root.query_selector(&["#", &id].concat()).ok().flatten();
    control.unwrap_or_else(|| panic!("no control {id}")).unchecked_into()
}

fn button(root: &Element, name: &str) -> HtmlElement {
    let buttons = root.query_selector_all("button").expect("the selector is valid");
    (0..buttons.length())
        .filter_map(|at| buttons.get(at))
        .find(|button| button.text_content().is_some_and(|text| text == name))
        .unwrap_or_else(|| panic!("no button {name}"))
        .unchecked_into()
}

fn type_into(field: &HtmlElement, text: &str) {
    field.unchecked_ref::<HtmlInputElement>().set_value(text);
    let make = Function::new_no_args("return new InputEvent('input', { bubbles: true })");
    let event = make.call0(&JsValue::NULL).expect("an event");
    field.dispatch_event(event.unchecked_ref()).expect("it is not being dispatched");
}

/// Chooses an entry of a list.
fn choose(list: &HtmlElement, name: &str) {
    list.unchecked_ref::<HtmlSelectElement>().set_value(name);
    let make = Function::new_no_args("return new Event('change', { bubbles: true })");
    let event = make.call0(&JsValue::NULL).expect("an event");
    list.dispatch_event(event.unchecked_ref()).expect("it is not being dispatched");
}

fn document() -> Document {
    web_sys::window().and_then(|window| window.document()).expect("a document")
}
