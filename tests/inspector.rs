//! The inspector in a real browser: what it shows of packets, whole, broken and large.
#![cfg(target_arch = "wasm32")]

use js_sys::{Date, Function};
use mqttscope::app::{App, AppProps};
use mqttscope_engine::Engine;
use mqttscope_log::{ConnectionId, Direction, Known, Log, SourceId, Version};
use mqttscope_proto::ProtocolVersion;
use mqttscope_worker::Shell;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Document, Element, HtmlElement, MessageChannel};
use yew::AppHandle;

mod common;

use common::{frames, until};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn a_field_shows_its_rule_and_its_bytes() {
    let shown = show(|log| {
        sent(log, b"\x34\x09\x00\x03a/b\x00\x11hi");
    })
    .await;
    let topic = shown.texts(".leaf").iter().position(|text| text == "Topic Name\"a/b\"").expect("a topic");
    shown.click(".leaf", topic).await;
    assert_eq!(shown.texts(".rule strong"), ["Topic Name, bytes 2–6 (5)"]);
    assert_eq!(shown.texts(".field-mark"), ["00 03 61 2f 62", "··a/b"]);
    assert_eq!(shown.texts(".leaf.marked"), ["Topic Name\"a/b\""]);
}

#[wasm_bindgen_test]
async fn what_is_wrong_is_looked_at_first_in_words_and_at_its_byte() {
    let shown = show(|log| {
        received(log, b"\x20\x02\x00\xc8");
    })
    .await;
    assert_eq!(shown.texts(".leaf.marked"), ["✖ Connect return code 200 is reserved"]);
    assert_eq!(shown.texts(".hex .fault-mark"), ["c8", "·"]);
    assert_eq!(shown.texts(".subject-name button"), ["✖ 1 fault"]);
}

#[wasm_bindgen_test]
async fn a_large_payload_opens_and_folds_with_few_lines_drawn() {
    let shown = show(|log| {
        let mut payload = b"[".to_vec();
        for number in 0..400_000 {
            payload.extend_from_slice(format!("[{number}],").as_bytes());
        }
        payload.extend_from_slice(b"0]");
        let len = payload.len() + 3;
        let mut frame = vec![0x30];
        frame.extend(
            [0, 7, 14, 21].map(|shift| (len >> shift) as u8 & 0x7f | if shift < 21 { 0x80 } else { 0 }),
        );
        frame.extend_from_slice(b"\x00\x01t");
        frame.extend_from_slice(&payload);
        sent(log, &frame);
    })
    .await;
    assert!(shown.texts(".hex-line").len() < 100);
    shown.click("[role=tab]", 1).await;
    let facts = || shown.texts(".payload-head .quiet").concat();
    until("all lines", || facts().ends_with("1,200,003 lines")).await;
    assert!((10..200).contains(&shown.texts(".payload-line").len()));
    shown.click(".fold", 0).await;
    until("the fold", || shown.texts(".payload-line") == ["▸[ …", "]"]).await;
}

#[wasm_bindgen_test]
async fn an_exchange_is_drawn_and_said_and_its_packets_can_be_chosen() {
    let _clock = StoppedClock::stop();
    let shown = show(|log| {
        sent(log, b"\x34\x06\x00\x01t\x00\x11!");
        received(log, b"\x50\x02\x00\x11");
    })
    .await;
    shown.click("[role=tab]", 2).await;
    let said = [
        "PUBLISH QoS 2 id 17 from client to broker, at 0 ms",
        "PUBREC id 17 from broker to client, at 1.0 ms, after 1.0 ms",
        "PUBREL from client to broker, awaited for 8 s",
    ];
    assert_eq!(shown.texts("ol.hidden li"), said);
    assert_eq!(shown.texts(".rung-title"), ["PUBLISH QoS 2 id 17", "PUBREC id 17", "PUBREL"]);
    let rung = shown.root.query_selector_all(".rung").expect("a selector").get(1).expect("a rung");
    // An element of an SVG has no `click`.
    let event = Function::new_no_args("return new MouseEvent('click', { bubbles: true })");
    let event = event.call0(&JsValue::NULL).expect("an event");
    rung.dispatch_event(event.unchecked_ref()).expect("it is dispatched");
    shown.settle().await;
    assert_eq!(shown.chosen().await, ["1"]);
}

#[wasm_bindgen_test]
async fn statistics_count_what_went_and_came() {
    let shown = show(|log| {
        sent(log, b"\x32\x06\x00\x01t\x00\x09!");
        received(log, b"\x40\x02\x00\x09");
    })
    .await;
    shown.click("[role=tab]", 3).await;
    let tables = shown.texts(".figures-table tbody tr");
    let expected =
        ["t018 B", "PUBLISH18 B–", "PUBACK–14 B", "All18 B14 B", "PUBACK11.0 ms1.0 ms1.0 ms1.0 ms"];
    assert_eq!(tables, expected);
    let captions =
        ["Topics with the most messages", "Packets by type", "Time to the broker's acknowledgement"];
    assert_eq!(shown.texts(".figures-table caption"), captions);
}

#[wasm_bindgen_test]
async fn statistics_tell_the_broker_s_latency_from_the_client_s() {
    let shown = show(|log| {
        sent(log, b"\x34\x06\x00\x01t\x00\x09!");
        received(log, b"\x34\x06\x00\x01t\x00\x09!");
        sent(log, b"\x50\x02\x00\x09");
        received(log, b"\x50\x02\x00\x09");
    })
    .await;
    shown.click("[role=tab]", 3).await;
    let tables = shown.texts(".figures-table");
    let heads = "TypeCountp50p90p99Max";
    let expected = [("broker", "3.0 ms"), ("client", "1.0 ms")]
        .map(|(side, time)| format!("Time to the {side}'s acknowledgement{heads}PUBREC1{}", time.repeat(4)));
    assert_eq!(tables[2..4], expected);
}

/// A page whose inspector shows the first record of a log.
struct Shown {
    root: Element,
    page: Option<AppHandle<App>>,
    _engine: Shell,
}

impl Shown {
    fn texts(&self, selector: &str) -> Vec<String> {
        let found = self.root.query_selector_all(selector).expect("a selector");
        (0..found.length()).filter_map(|at| found.get(at)?.text_content()).collect()
    }

    async fn click(&self, selector: &str, at: usize) {
        self.press(selector, at);
        self.settle().await;
    }

    fn press(&self, selector: &str, at: usize) {
        let found = self.root.query_selector_all(selector).expect("a selector");
        let element = found.get(at as u32).unwrap_or_else(|| panic!("no {selector}"));
        element.unchecked_into::<HtmlElement>().click();
    }

    /// The rows that are selected in the log.
    async fn chosen(&self) -> Vec<String> {
        self.click(LOG_TAB, 0).await;
        let found = self.root.query_selector_all(SELECTED).expect("a selector");
        (0..found.length())
            .filter_map(|at| found.get(at)?.unchecked_into::<Element>().get_attribute("data-index"))
            .collect()
    }

    /// Waits until the engine has answered, and what it has answered is drawn.
    async fn settle(&self) {
        let mut still = 0;
        // What tells how long something lasts is drawn anew each second.
        for _ in 0..MOST_ROUNDS {
            let before = self.drawn();
            frames().await;
            still = if self.drawn() == before { still + 1 } else { 0 };
            if still == 2 {
                return;
            }
        }
    }

    fn drawn(&self) -> Option<String> {
        self.root.query_selector("main").ok().flatten().map(|main| main.inner_html())
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(page) = self.page.take() {
            page.destroy();
        }
        self.root.remove();
    }
}

/// The browser's clocks stand still until this is dropped: however long a test takes, no time passes in it.
struct StoppedClock {
    go_on: Function,
}

impl StoppedClock {
    fn stop() -> Self {
        let stop = Function::new_no_args(
            "const [running, day, date] = [performance.now(), Date.now(), Date.now];
             performance.now = () => running;
             Date.now = () => day;
             return () => { delete performance.now; Date.now = date; };",
        );
        Self { go_on: stop.call0(&JsValue::NULL).expect("it does not throw").unchecked_into() }
    }
}

impl Drop for StoppedClock {
    fn drop(&mut self) {
        let _ = self.go_on.call0(&JsValue::NULL);
    }
}

/// Frames that the page is given to settle, four at a time.
const MOST_ROUNDS: u32 = 8;
/// So much time has passed since the first record, in microseconds.
const PASSED: u64 = 8_400_000;
/// A narrow page shows one region.
const LOG_TAB: &str = "[data-deed='show-log']";
const INSPECTOR_TAB: &str = "[data-deed='show-inspector']";
const SELECTED: &str = "[data-index][aria-selected='true']";

async fn show(fill: impl FnOnce(&mut Log)) -> Shown {
    let document = document();
    let body = document.body().expect("a body");
    let style = document.create_element("style").expect("an element");
    let sheet = [
        include_str!("../static/style.css"),
        include_str!("../static/log.css"),
        include_str!("../static/inspector.css"),
    ]
    .concat();
    style.set_text_content(Some(&sheet));
    let root = document.create_element("div").expect("an element");
    let size = "display: grid; grid-template-rows: minmax(0, 1fr); width: 480px; height: 800px";
    let _ = root.set_attribute("style", size);
    let _ = body.append_with_node_2(&style, &root);
    let mut log = Log::new(64 << 20);
    fill(&mut log);
    let channel = MessageChannel::new().expect("browsers have it");
    let engine = Shell::serve(channel.port1(), Engine::with_log(log));
    let props = AppProps { engine: Some(channel.port2()) };
    let page = yew::Renderer::<App>::with_root_and_props(root.clone(), props).render();
    let shown = Shown { root, page: Some(page), _engine: engine };
    let has = |selector| shown.root.query_selector(selector).ok().flatten().is_some();
    until("the page", || has(LOG_TAB)).await;
    shown.press(LOG_TAB, 0);
    until("the first record", || has("[data-index='0']")).await;
    let row = shown.root.query_selector("[data-index='0']").ok().flatten().expect("a row");
    // A row is chosen as it is pressed.
    let event = Function::new_no_args("return new MouseEvent('mousedown', { bubbles: true })");
    let event = event.call0(&JsValue::NULL).expect("an event");
    row.dispatch_event(event.unchecked_ref()).expect("it is dispatched");
    until("the selection", || has(SELECTED)).await;
    shown.press(INSPECTOR_TAB, 0);
    until("the packet", || has(".leaf")).await;
    shown.settle().await;
    shown
}

fn sent(log: &mut Log, frame: &[u8]) {
    push(log, Direction::Out, frame);
}

fn received(log: &mut Log, frame: &[u8]) {
    push(log, Direction::In, frame);
}

fn push(log: &mut Log, direction: Direction, frame: &[u8]) {
    if log.end() == 0 {
        log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V311));
    }
    let first = log.record(0).map_or_else(|| Date::now() as u64 * 1_000 - PASSED, |record| record.time);
    let time = first + 1_000 * u64::from(log.end());
    log.push_known(time, ConnectionId(0), direction, frame, Known::default());
}

fn document() -> Document {
    web_sys::window().and_then(|window| window.document()).expect("a document")
}
