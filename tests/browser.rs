//! The page's parts in a real browser: the socket and the clock without a server, and what the components draw.
#![cfg(target_arch = "wasm32")]

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Function;
use mqttscope::app::App;
use mqttscope::clock::{Clock, Tick};
use mqttscope::components::log_table::{LogTable, LogTableProps};
use mqttscope::store::column::Hidden;
use mqttscope::store::scope::SharedScope;
use mqttscope::store::shared::SharedLog;
use mqttscope::transport::{Signal, Transport};
use mqttscope_log::{Direction, Log, PacketFacts, SourceId, Version};
use mqttscope_proto::ProtocolVersion;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Document, Element, HtmlElement, HtmlInputElement};

mod common;

use common::{pause, until};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn a_connection_that_nobody_answers_is_closed_with_1006() {
    let (signals, listen) = recorder(|signal: Signal| match signal {
        Signal::Closed { code, .. } => code,
        _ => 0,
    });
    // Port 9 discards; browsers refuse it without a connection of their own.
    let transport = Transport::open("ws://127.0.0.1:9/", &[], listen);
    assert!(transport.is_ok());
    until("the close", || !signals.borrow().is_empty()).await;
    assert_eq!(*signals.borrow(), [1006]);
}

#[wasm_bindgen_test]
fn a_url_that_is_none_is_refused_in_words() {
    let words = Transport::open("ws://", &[], Rc::new(|_| {})).err();
    assert!(words.is_some_and(|words| words.contains("ws://")));
}

#[wasm_bindgen_test]
fn a_subprotocol_that_is_no_token_is_refused_in_words() {
    let refused = Transport::open("ws://127.0.0.1:9/", &["a b".into()], Rc::new(|_| {}));
    assert!(refused.err().is_some_and(|words| !words.is_empty()));
}

#[wasm_bindgen_test]
async fn the_clock_worker_wakes_once_for_an_alarm() {
    let (ticks, listen) = recorder(|tick: Tick| tick);
    let mut clock = Clock::start(&clock_url(), listen);
    clock.wake_in(60_000);
    clock.wake_in(20);
    until("the alarm", || !ticks.borrow().is_empty()).await;
    pause(60).await;
    assert_eq!(*ticks.borrow(), [Tick::Wake]);
}

#[wasm_bindgen_test]
async fn without_its_worker_the_clock_says_so_and_goes_on() {
    let (ticks, listen) = recorder(|tick: Tick| tick);
    let mut clock = Clock::start("no-such-file.js", listen);
    until("the fallback", || !ticks.borrow().is_empty()).await;
    clock.wake_in(10);
    until("the alarm", || ticks.borrow().len() > 1).await;
    assert_eq!(*ticks.borrow(), [Tick::Fallback, Tick::Wake]);
}

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
async fn ten_thousand_rows_draw_only_those_that_can_be_seen() {
    let log = log_of(10_000);
    let root = table(&log, false).await;
    let scroller = root.query_selector("[data-log-scroll]").ok().flatten().expect("the scroll container");
    // The view is 600 px less the header; once it is measured, the scroll bar is at its end.
    let at_end = || scroller.scroll_top() + scroller.client_height() == scroller.scroll_height();
    until("the newest row", || drawn(&root).last() == Some(&9_999) && scroller.scroll_top() > 0 && at_end())
        .await;
    assert!(drawn(&root).len() < 200, "{} rows", drawn(&root).len());
    scroller.set_scroll_top(0);
    until("the oldest row", || drawn(&root).first() == Some(&0)).await;
    assert!(scroller.is_connected(), "the element that scrolls was made anew");
    assert!(drawn(&root).len() < 200, "{} rows", drawn(&root).len());
    let to_tail = root.query_selector(".to-tail").ok().flatten().expect("the way back to the newest row");
    to_tail.unchecked_into::<HtmlElement>().click();
    until("the newest row again", || drawn(&root).last() == Some(&9_999)).await;
    root.remove();
}

#[wasm_bindgen_test]
async fn rows_stand_where_the_layout_says() {
    let log = log_of(200);
    let root = table(&log, true).await;
    until("the newest row", || drawn(&root).last() == Some(&199)).await;
    let rows = root.query_selector_all(".rows > [data-index]").expect("the selector is valid");
    let heights: Vec<f64> = (0..rows.length())
        .filter_map(|at| rows.get(at))
        .map(|row| row.unchecked_into::<Element>().get_bounding_client_rect().height())
        .collect();
    // A row of 24 px, one line of hex of 16 px, and a margin of 8 px.
    assert!(!heights.is_empty() && heights.iter().all(|height| (height - 48.0).abs() < 0.01), "{heights:?}");
    root.remove();
}

fn log_of(rows: u64) -> SharedLog {
    let mut log = Log::new(64 << 20);
    let connection = log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V31));
    let own = PacketFacts { own: true, ..PacketFacts::default() };
    for time in 0..rows {
        log.push_packet(time, connection, Direction::Out, b"\x30\x05\x00\x01thi", own);
    }
    SharedLog(Rc::new(RefCell::new(log)))
}

async fn table(log: &SharedLog, verbose: bool) -> Element {
    let root = container("log");
    let props = LogTableProps {
        log: log.clone(),
        scope: SharedScope::default(),
        revision: (0, 0, 0),
        verbose,
        columns: Hidden::default().shown(),
        on_act: yew::Callback::noop(),
    };
    yew::Renderer::<LogTable>::with_root_and_props(root.clone(), props).render();
    pause(0).await;
    root
}

async fn page() -> Element {
    let root = container("page");
    yew::Renderer::<App>::with_root(root.clone()).render();
    until("the page", || root.query_selector("h1").ok().flatten().is_some()).await;
    root
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

/// The clock's own script, as the test server does not serve the page's files.
fn clock_url() -> String {
    let make = Function::new_with_args(
        "text",
        "return URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))",
    );
    let url = make.call1(&JsValue::NULL, &include_str!("../static/clock.js").into()).expect("a URL");
    url.as_string().expect("a URL is a string")
}

type Recorded<T> = Rc<RefCell<Vec<T>>>;

/// A listener, and what it heard.
fn recorder<In: 'static, Out: 'static>(note: fn(In) -> Out) -> (Recorded<Out>, Rc<dyn Fn(In)>) {
    let heard = Recorded::default();
    let listen = {
        let heard = heard.clone();
        Rc::new(move |signal| heard.borrow_mut().push(note(signal)))
    };
    (heard, listen)
}

fn document() -> Document {
    web_sys::window().and_then(|window| window.document()).expect("a document")
}
