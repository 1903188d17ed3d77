//! The engine's end of its reader, against workers that say what the other end would say, or fail.
#![cfg(target_arch = "wasm32")]

use js_sys::{Array, Function};
use mqttscope_link::{
    Command, Content, Geometry, LogCommand, LogView, PacketRow, PanelLook, PanelView, PayloadBody,
    PayloadFormat, PayloadLine, PayloadView, Progress, Row, Span, Update,
};
use mqttscope_log::transfer::VERSION;
use mqttscope_log::{ConnectionId, Direction, Known, Log, SourceId, Version};
use mqttscope_proto::ProtocolVersion;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::File;

mod common;

use common::linked::Linked;
use common::pause;

wasm_bindgen_test_configure!(run_in_browser);

/// Tells a PINGREQ and its answer of a file, and how much of it was read.
const READS: &str = "
const u32 = (number) => [number & 255, number >> 8 & 255, number >> 16 & 255, number >> 24 & 255];
const connection = [255, ...u32(7), 1, 4];
const record = (flags, bytes) => [flags, 0, ...u32(0), ...u32(5), ...u32(0), ...u32(bytes.length), ...bytes];
const tell = (tag, ...bytes) => postMessage(Uint8Array.of(tag.charCodeAt(0), ...bytes));
const read = (file) => {
  tell('r', ...connection, ...record(0, [0xc0, 0]), ...record(1, [0xd0, 0]));
  tell('n', ...u32(file.size), ...u32(0));
};
";

/// Comes to no end.
const ENDLESS: &str = "onmessage = ({ data }) => { if (data instanceof Blob) read(data); };";

/// Tells of a payload the byte that names its format, and the length as a digit.
const WORKER: &str = "
onmessage = ({ data }) => {
  if (data instanceof Blob) read(data);
  else if (data === null) tell('e', ...u32(2), ...u32(1), 0, 0x6f, 0x6b);
  else tell('l', 0, ...u32(0), ...u32(data.length - 1), 0, 0, 0, ...u32(2), data[0], 0x2f + data.length);
};
";

#[wasm_bindgen_test]
async fn what_the_worker_reads_of_a_file_is_in_the_log() {
    let page = Linked::with_reader(log(), &worker(&started(&[READS, ENDLESS])));
    page.import(&file("abc"), false);
    let progress = Some(Progress { done: 3, total: 3 });
    page.until_shown("how far it is", |view, _| view.log.importing == progress).await;
    assert_eq!(page.heard_of(is_imported), 0);

    let page = Linked::with_reader(log(), &worker(&started(&[READS, WORKER])));
    page.import(&file("abc"), false);
    page.until_told("the end of the file", is_imported).await;
    page.until_shown("its records", |view, _| view.log.end == 2 && view.log.importing.is_none()).await;
    assert_eq!(page.heard_of(|update| *update == Update::Imported(Ok("ok".into()))), 1);
    let rows = page.rows().rows;
    assert_eq!(rows.iter().map(|row| packet(row).out).collect::<Vec<_>>(), [true, false]);
    // The second answers the first, in the same microsecond.
    assert_eq!(rows.iter().map(|row| packet(row).answer).collect::<Vec<_>>(), [None, Some(0)]);
}

#[wasm_bindgen_test]
async fn a_file_takes_the_place_of_the_log_once_it_has_a_record() {
    let no_file = "onmessage = () => postMessage('no file')";
    for (scripts, packets, end) in [(&[no_file][..], 1, 1), (&[READS, WORKER], 2, 2)] {
        let page = Linked::with_reader(log_of(&[b"\xe0\x00"]), &worker(&started(scripts)));
        page.import(&file("abc"), true);
        page.until_told("the end of the file", is_imported).await;
        let has_settled = |log: &LogView| log.end > 0 && log.importing.is_none();
        page.until_shown("the log", |view, _| has_settled(&view.log) && view.log.end == end).await;
        assert_eq!(page.rows().count, packets);
    }
}

#[wasm_bindgen_test]
async fn a_file_that_is_given_up_is_read_no_further() {
    let page = Linked::with_reader(log(), &worker(&started(&[READS, WORKER])));
    page.import(&file("abc"), false);
    page.ask(Command::Log(LogCommand::CancelImport));
    page.until_told("that it is given up", is_imported).await;
    pause(100).await;
    page.until_shown("the log", |view, _| view.log.importing.is_none()).await;
    assert_eq!((page.heard_of(is_imported), page.rows().count), (1, 0));
    // The next one is read.
    page.import(&file("abc"), false);
    page.until_shown("the log", |view, _| view.log.end == 2 && view.log.importing.is_none()).await;
}

#[wasm_bindgen_test]
async fn payloads_are_answered_in_their_order() {
    let log = log_of(&[b"\x30\x05\x00\x01tab", b"\x30\x04\x00\x01tc"]);
    let page = Linked::with_reader(log, &worker(&started(&[READS, WORKER])));
    select(&page, 0, PayloadFormat::Cbor);
    page.until_shown("that it is awaited", |_, panel| is_words(panel, 0, "Decoding")).await;
    // Its answer is on its way, and is not taken for the next one's.
    select(&page, 1, PayloadFormat::MessagePack);
    let lines = |number, format, len, text: &str| {
        let text = text.into();
        let line = PayloadLine { number: 0, text, opens: false, is_folded: false, fault: None };
        let body = PayloadBody::Lines { total: 1, is_complete: true, count: 1, first: 0, lines: vec![line] };
        PanelView::Payload(PayloadView { number, format, len, body })
    };
    let second = lines(1, PayloadFormat::MessagePack, 1, "m1");
    page.until_shown("the answer", |_, panel| panel == Some(&second)).await;
    select(&page, 0, PayloadFormat::Cbor);
    let first = lines(0, PayloadFormat::Cbor, 2, "c2");
    page.until_shown("the other answer", |_, panel| panel == Some(&first)).await;
}

#[wasm_bindgen_test]
async fn whatever_fails_is_told_once_in_words() {
    let cases = [
        (String::from("no-such-file.js"), "could not start: "),
        (worker("throw new Error('not today')"), "not today"),
        (worker("postMessage('404 Not Found')"), "could not start: 404 Not Found"),
        (worker(&format!("postMessage({})", VERSION + 1)), "the page was updated"),
        (worker(&started(&["postMessage('gone')"])), "failed: gone"),
        (worker(&started(&["postMessage(Uint8Array.of(0))"])), "the page was updated"),
    ];
    for (url, words) in cases {
        let page = Linked::with_reader(log_of(&[b"\x30\x04\x00\x01ta", b"\x30\x04\x00\x01tc"]), &url);
        page.import(&file("abc"), false);
        for number in [0, 1] {
            select(&page, number, PayloadFormat::Cbor);
            page.until_shown(words, |_, panel| is_words(panel, number, words)).await;
        }
        page.until_told(words, is_imported).await;
        pause(20).await;
        let told: Vec<_> = page.updates().into_iter().filter(is_imported).collect();
        assert!(matches!(&told[..], [Update::Imported(Err(told))] if told.contains(words)), "{told:?}");
    }
}

fn is_imported(update: &Update) -> bool {
    matches!(update, Update::Imported(_))
}

fn select(page: &Linked, number: u32, format: PayloadFormat) {
    page.ask(Command::Log(LogCommand::Select(number)));
    let panel = PanelLook::Payload { number: Some(number), format, lines: Span { start: 0, end: 100 } };
    page.look(number, Geometry::default(), Some(panel));
}

/// Whether words that contain these stand in place of a record's payload.
fn is_words(panel: Option<&PanelView>, number: u32, words: &str) -> bool {
    let Some(PanelView::Payload(PayloadView { number: shown, body: PayloadBody::Words(said), .. })) = panel
    else {
        return false;
    };
    *shown == number && said.contains(words)
}

fn packet(row: &Row) -> &PacketRow {
    match &row.content {
        Content::Packet(packet) => packet,
        content => panic!("{content:?}"),
    }
}

fn log() -> Log {
    Log::new(1 << 20)
}

/// A log of what a client sent.
fn log_of(frames: &[&[u8]]) -> Log {
    let mut log = log();
    log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V311));
    for frame in frames {
        log.push_known(1, ConnectionId(0), Direction::Out, frame, Known::default());
    }
    log
}

fn file(text: &str) -> File {
    File::new_with_str_sequence(&Array::of1(&text.into()), "a.pcap").expect("a file")
}

/// The script of a worker that says that it has started, and does the rest.
fn started(scripts: &[&str]) -> String {
    format!("postMessage({VERSION}); {}", scripts.concat())
}

/// The URL of a worker's script, as the test server serves none.
fn worker(script: &str) -> String {
    let make = Function::new_with_args(
        "text",
        "return URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))",
    );
    let url = make.call1(&JsValue::NULL, &script.into()).expect("a URL");
    url.as_string().expect("a URL is a string")
}
