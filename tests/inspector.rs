//! The inspector in a real browser: what it shows of packets, whole, broken and large.
#![cfg(target_arch = "wasm32")]

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Function;
use mqttscope::components::inspector::{Inspector, InspectorProps};
use mqttscope::reader::Reader;
use mqttscope::store::shared::SharedLog;
use mqttscope_log::{ConnectionId, Direction, Known, Log, SourceId, Version};
use mqttscope_proto::ProtocolVersion;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Document, Element, HtmlElement};
use yew::Callback;

mod common;

use common::{pause, until};

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
    pause(20).await;
    assert_eq!(*shown.chosen.borrow(), [1]);
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
        ["PUBLISH18 B–", "PUBACK–14 B", "All18 B14 B", "PUBACK11.0 ms1.0 ms1.0 ms1.0 ms", "t018 B"];
    assert_eq!(tables, expected);
    let captions =
        ["Packets by type", "Time to the broker's acknowledgement", "Topics with the most messages"];
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
    assert_eq!(tables[1..3], expected);
}

/// An inspector that shows the first record of a log.
struct Shown {
    root: Element,
    chosen: Rc<RefCell<Vec<u32>>>,
}

impl Shown {
    fn texts(&self, selector: &str) -> Vec<String> {
        let found = self.root.query_selector_all(selector).expect("a selector");
        (0..found.length()).filter_map(|at| found.get(at)?.text_content()).collect()
    }

    async fn click(&self, selector: &str, at: usize) {
        let found = self.root.query_selector_all(selector).expect("a selector");
        let element = found.get(at as u32).unwrap_or_else(|| panic!("no {selector}"));
        element.unchecked_into::<HtmlElement>().click();
        pause(20).await;
    }
}

/// The time of the first record, in microseconds since the Unix epoch.
const TIME: u64 = 1_795_602_601_482_000;

async fn show(fill: impl FnOnce(&mut Log)) -> Shown {
    let document = document();
    let body = document.body().expect("a body");
    let style = document.create_element("style").expect("an element");
    let sheet = [include_str!("../static/style.css"), include_str!("../static/inspector.css")].concat();
    style.set_text_content(Some(&sheet));
    let root = document.create_element("div").expect("an element");
    let _ = root.set_attribute("style", "width: 480px; height: 800px");
    let _ = body.append_with_node_2(&style, &root);
    let mut log = Log::new(64 << 20);
    fill(&mut log);
    let chosen = Rc::new(RefCell::new(Vec::new()));
    let props = InspectorProps {
        log: SharedLog(Rc::new(RefCell::new(log))),
        revision: 0,
        selected: Some(0),
        now: TIME + 8_400_000,
        on_select: {
            let chosen = chosen.clone();
            Callback::from(move |number| chosen.borrow_mut().push(number))
        },
        reader: Reader::new("reader.js"),
    };
    yew::Renderer::<Inspector>::with_root_and_props(root.clone(), props).render();
    pause(50).await;
    Shown { root, chosen }
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
    let time = TIME + 1_000 * u64::from(log.end());
    log.push_known(time, ConnectionId(0), direction, frame, Known::default());
}

fn document() -> Document {
    web_sys::window().and_then(|window| window.document()).expect("a document")
}
