//! The page's end of its reader, against workers that say what the other end would say, or fail.
#![cfg(target_arch = "wasm32")]

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function};
use mqttscope::reader::{Progress, Reader};
use mqttscope::store::shared::SharedLog;
use mqttscope_log::payload::Line;
use mqttscope_log::transfer::{Binary, Ended, Lines, VERSION};
use mqttscope_log::{ConnectionId, Direction, Known, Log};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::File;

mod common;

use common::{pause, until};

wasm_bindgen_test_configure!(run_in_browser);

/// Tells a PINGREQ and its answer of a file, and of a payload the byte that names its format.
const WORKER: &str = "
const u32 = (number) => [number & 255, number >> 8 & 255, number >> 16 & 255, number >> 24 & 255];
const connection = [255, ...u32(7), 4];
const record = (flags, bytes) => [flags, 0, ...u32(0), ...u32(5), ...u32(0), ...u32(bytes.length), ...bytes];
const tell = (tag, ...bytes) => postMessage(Uint8Array.of(tag.charCodeAt(0), ...bytes));
onmessage = ({ data }) => {
  if (data instanceof Blob) {
    tell('r', ...connection, ...record(0, [0xc0, 0]), ...record(1, [0xd0, 0]));
    tell('n', ...u32(data.size), ...u32(0));
  } else if (data === null) tell('e', ...u32(2), ...u32(1), 0, 0x6f, 0x6b);
  else tell('l', 0, ...u32(0), ...u32(data.length - 1), 0, 0, 0, ...u32(1), data[0]);
};
";

#[wasm_bindgen_test]
async fn what_the_worker_reads_of_a_file_is_in_the_log() {
    let reader = Reader::new(&worker(&format!("postMessage({VERSION}); {WORKER}")));
    let log = log();
    let (heard, listen) = listener();
    let import = reader.import(&file("abc"), log.clone(), false, listen);
    until("the end of the file", || heard.borrow().len() == 2).await;
    let ended = Ended { packets: 2, connections: 1, is_broken: false, words: "ok".into() };
    assert_eq!(*heard.borrow(), [Progress::Read { done: 3, total: 3 }, Progress::Ended(ended)]);
    let log = log.0.borrow();
    let directions: Vec<_> = log.records_from(0).map(|record| record.direction()).collect();
    assert_eq!((directions, log.before(1)), (vec![Direction::Out, Direction::In], Some(0)));
    drop(import);
}

#[wasm_bindgen_test]
async fn a_file_takes_the_place_of_the_log_once_it_has_a_record() {
    let log = log();
    log.0.borrow_mut().push_known(1, ConnectionId(0), Direction::Out, b"\xe0\x00", Known::default());
    for (script, packets, end) in [("onmessage = () => postMessage('no file')", 1, 1), (WORKER, 2, 2)] {
        let reader = Reader::new(&worker(&format!("postMessage({VERSION}); {script}")));
        let (heard, listen) = listener();
        let import = reader.import(&file("abc"), log.clone(), true, listen);
        until("the end of the file", || heard.borrow().last().is_some_and(|it| !is_underway(it))).await;
        let log = log.0.borrow();
        assert_eq!((log.records_from(0).count(), log.end()), (packets, end));
        drop(import);
    }
}

#[wasm_bindgen_test]
async fn a_file_that_is_given_up_is_read_no_further() {
    let reader = Reader::new(&worker(&format!("postMessage({VERSION}); {WORKER}")));
    let log = log();
    let (heard, listen) = listener();
    drop(reader.import(&file("abc"), log.clone(), false, listen));
    pause(100).await;
    assert_eq!((heard.borrow().len(), log.0.borrow().end()), (0, 0));
}

#[wasm_bindgen_test]
async fn payloads_are_answered_in_their_order() {
    let reader = Reader::new(&worker(&format!("postMessage({VERSION}); {WORKER}")));
    let answers = Rc::new(RefCell::new(Vec::new()));
    for (format, payload) in [(Binary::Cbor, &b"ab"[..]), (Binary::MessagePack, b"c")] {
        let answers = answers.clone();
        let asked = reader.view(format, payload, move |lines| answers.borrow_mut().push(lines));
        assert_eq!(asked, Ok(()));
    }
    until("two answers", || answers.borrow().len() == 2).await;
    let line = |text: &str, end| Line { text: text.into(), range: 0..end, ..Line::default() };
    let lines = |text, end| Ok(Lines { lines: vec![line(text, end)], is_cut: false });
    assert_eq!(*answers.borrow(), [lines("c", 2), lines("m", 1)]);
}

#[wasm_bindgen_test]
async fn whatever_fails_is_told_once_in_words() {
    let cases = [
        (String::from("no-such-file.js"), "could not start: "),
        (worker("throw new Error('not today')"), "not today"),
        (worker("postMessage('404 Not Found')"), "could not start: 404 Not Found"),
        (worker(&format!("postMessage({})", VERSION + 1)), "the page was updated"),
        (worker(&format!("postMessage({VERSION}); postMessage('gone')")), "failed: gone"),
        (worker(&format!("postMessage({VERSION}); postMessage(Uint8Array.of(0))")), "the page was updated"),
    ];
    for (url, words) in cases {
        let reader = Reader::new(&url);
        let (heard, listen) = listener();
        let import = reader.import(&file("abc"), log(), false, listen);
        assert!(import.is_ok());
        let answers = Rc::new(RefCell::new(Vec::new()));
        for _ in 0..2 {
            let answers = answers.clone();
            let asked = reader.view(Binary::Cbor, b"", move |lines| answers.borrow_mut().push(lines));
            assert_eq!(asked, Ok(()));
        }
        until(words, || heard.borrow().len() == 1 && answers.borrow().len() == 2).await;
        pause(20).await;
        let heard = heard.borrow();
        assert!(matches!(&heard[..], [Progress::Failed(told)] if told.contains(words)), "{heard:?}");
        let told = |answer: &Result<Lines, String>| answer.as_ref().is_err_and(|told| told.contains(words));
        let answers = answers.borrow();
        assert!(answers.iter().all(told), "{answers:?}");
    }
}

fn is_underway(progress: &Progress) -> bool {
    matches!(progress, Progress::Read { .. })
}

fn log() -> SharedLog {
    SharedLog(Rc::new(RefCell::new(Log::new(1 << 20))))
}

fn file(text: &str) -> File {
    File::new_with_str_sequence(&Array::of1(&text.into()), "a.pcap").expect("a file")
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

type Heard = Rc<RefCell<Vec<Progress>>>;

/// A listener, and what it heard.
fn listener() -> (Heard, Rc<dyn Fn(Progress)>) {
    let heard = Heard::default();
    let listen = {
        let heard = heard.clone();
        Rc::new(move |progress| heard.borrow_mut().push(progress))
    };
    (heard, listen)
}
