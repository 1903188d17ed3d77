//! The engine's place in a browser, as a page that draws nothing sees it: sockets, files, and what is looked at.
#![cfg(target_arch = "wasm32")]

use js_sys::Function;
use mqttscope::components::inspector::SharedPanel;
use mqttscope::store::shown::Shown;
use mqttscope_client::Phase;
use mqttscope_link::{
    Asked, Command, ConnectRequest, ConnectionCommand, Content, FilterEdit, Geometry, Gesture, LogCommand,
    PageCommand, PanelLook, PanelView, Row, Slot, Span, Ticket, Update, View, encode,
};
use mqttscope_log::{ConnectionId, Direction, Known, Log, SourceId, Version};
use mqttscope_proto::session::ConnectOptions;
use mqttscope_proto::{KeepAlive, PropertyBuf, ProtocolVersion, ReasonCode};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

mod common;

use common::linked::Linked;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn a_connection_that_nobody_answers_is_closed_with_1006() {
    let page = Linked::new(Log::new(1 << 20));
    // Port 9 discards; browsers refuse it without a connection of their own.
    connect(&page, Slot(0), "ws://127.0.0.1:9/", &[]);
    let ended = ended(&page, Slot(0)).await;
    assert!(ended.contains("The WebSocket did not open"), "{ended}");
    assert!(matches!(phases(&page, Slot(0))[..], [Phase::Opening, Phase::Ended { failed: true, .. }]));
    let says_the_code = |row: &Row| match &row.content {
        Content::Event { words, .. } => words.contains("code 1006"),
        Content::Packet(_) => false,
    };
    page.until_shown("the event", |view, _| view.rows.rows.iter().any(says_the_code)).await;
}

#[wasm_bindgen_test]
async fn a_url_that_is_none_is_refused_in_words() {
    let page = Linked::new(Log::new(1 << 20));
    connect(&page, Slot(0), "ws://", &[]);
    let refused = refused(&page).await;
    assert!(refused.contains("ws://"), "{refused}");
}

#[wasm_bindgen_test]
async fn a_subprotocol_that_is_no_token_is_refused_in_words() {
    let page = Linked::new(Log::new(1 << 20));
    connect(&page, Slot(0), "ws://127.0.0.1:9/", &["a b"]);
    assert!(!refused(&page).await.is_empty());
}

#[wasm_bindgen_test]
async fn connections_are_told_apart() {
    let page = Linked::new(Log::new(1 << 20));
    connect(&page, Slot(3), "ws://", &[]);
    connect(&page, Slot(1), "ws://127.0.0.1:9/", &[]);
    assert!(ended(&page, Slot(3)).await.contains("refused to open"));
    assert!(ended(&page, Slot(1)).await.contains("did not open"));
    assert!(phases(&page, Slot(0)).is_empty());
}

#[wasm_bindgen_test]
async fn the_keep_alive_wakes_the_engine() {
    let _sockets = Sockets::replace();
    let page = Linked::new(Log::new(1 << 20));
    connect(&page, Slot(0), "ws://broker/", &["mqtt"]);
    page.until_shown("PINGRESP", |view, _| view.rows.rows.iter().any(|row| is_packet(row, "PINGRESP"))).await;
    let has_pinged = page.rows().rows.iter().any(|row| is_packet(row, "PINGREQ"));
    assert!(has_pinged, "{:?}", page.rows());
    let phases_of = [Phase::Opening, Phase::AwaitingConnAck, Phase::Connected];
    assert_eq!(phases(&page, Slot(0)), phases_of);
    let disconnect =
        ConnectionCommand::Disconnect { reason: ReasonCode::SUCCESS, properties: PropertyBuf::new() };
    page.ask(Command::Connection(Slot(0), disconnect));
    ended(&page, Slot(0)).await;
    assert!(matches!(phases(&page, Slot(0))[3..], [Phase::Closing, Phase::Ended { failed: false, .. }]));
}

#[wasm_bindgen_test]
async fn of_ten_thousand_rows_those_come_that_are_looked_at() {
    let page = Linked::new(log_of(ROWS));
    let geometry = Geometry { view: 480.0, row: 24.0, half_line: 0.0 };
    page.look(1, geometry, None);
    let is_at_end = |view: &View| view.rows.is_following && last(view) == Some(ROWS - 1);
    page.until_shown("the newest row", |view, _| view.look == 1 && is_at_end(view)).await;
    let rows = page.rows();
    assert_eq!((rows.count, rows.total), (ROWS, 24.0 * f64::from(ROWS)));
    assert_eq!(rows.scroll_top, rows.total - 480.0);
    assert!((20..100).contains(&rows.rows.len()), "{} rows", rows.rows.len());

    page.ask(Command::Page(PageCommand::Scroll(Gesture::To(24.0 * 5_000.0))));
    page.look(2, geometry, None);
    page.until_shown("another place", |view, _| view.look == 2 && !view.rows.is_following).await;
    let rows = page.rows();
    assert_eq!((rows.scroll_top, rows.offset), (24.0 * 5_000.0, 24.0 * f64::from(rows.first_place)));
    assert!((20..100).contains(&rows.rows.len()), "{} rows", rows.rows.len());
    let numbers: Vec<_> = rows.rows.iter().map(|row| row.number).collect();
    assert!(numbers.contains(&5_000) && numbers.contains(&5_019), "{numbers:?}");
}

#[wasm_bindgen_test]
async fn an_empty_log_looks_as_the_page_does_before_its_engine_is_there() {
    let page = Linked::new(Log::new(1 << 20));
    let none = Span::default();
    let panel = PanelLook::Packet { number: None, chosen: None, hovered: None, tree: none, bytes: none };
    page.look(1, Geometry { view: 480.0, row: 24.0, half_line: 0.0 }, Some(panel));
    let before = Shown::default();
    page.until_shown("the look", |view, panel| {
        if view.look != 1 {
            return false;
        }
        assert_eq!((&view.log, &view.rows), (&before.log, &before.rows));
        assert_eq!(panel, Some(&*SharedPanel::default().0));
        true
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_filter_leaves_its_matches_and_the_selected_packet_is_inspected() {
    let page = Linked::new(log_of(ROWS));
    let filter = FilterEdit { text: "type:publish".into(), ..FilterEdit::default() };
    page.ask(Command::Log(LogCommand::Filter(filter)));
    let is_found = |view: &View| view.log.filter.matches == Some(ROWS / 2) && view.rows.count == ROWS / 2;
    page.until_shown("the matches", |view, _| is_found(view)).await;
    let rows = page.rows().rows;
    assert!(rows.iter().all(|row| row.number % 2 == 0), "{rows:?}");

    page.ask(Command::Log(LogCommand::Select(4_000)));
    let looked_at = Span { start: 0, end: 3 };
    let panel = PanelLook::Packet {
        number: Some(4_000),
        chosen: None,
        hovered: None,
        tree: looked_at,
        bytes: looked_at,
    };
    page.look(1, Geometry::default(), Some(panel));
    let packet = |panel: Option<&PanelView>| match panel {
        Some(PanelView::Packet(packet)) => Some(packet.clone()),
        _ => None,
    };
    page.until_shown("the packet", |view, panel| view.look == 1 && packet(panel).is_some()).await;
    page.until_shown("the packet", |view, panel| {
        let packet = packet(panel).expect("it was shown");
        let lines = (packet.tree.first, packet.tree.lines.len(), &packet.hex.bytes[..]);
        assert_eq!((packet.head.number, packet.head.len, lines), (4_000, 7, (0, 3, &b"\x30\x05\x00"[..])));
        assert_eq!(view.log.filter.selected_match, Some(2_000));
        true
    })
    .await;
}

#[wasm_bindgen_test]
async fn an_export_comes_beside_its_message() {
    let page = Linked::new(log_of(ROWS));
    let command = LogCommand::Export { format: "csv".into(), found_only: false, with_passwords: false };
    let ticket = page.ask(Command::Log(command));
    page.until_told("the export", |update| matches!(update, Update::Exported(_))).await;
    assert!(page.updates().contains(&Update::Done(ticket, Ok(()))));
    let saved = page.updates().into_iter().find_map(|update| match update {
        Update::Exported(exported) => exported.ok(),
        _ => None,
    });
    let saved = saved.expect("it was written");
    assert_eq!((&*saved.extension, saved.rows, saved.dropped), ("csv", ROWS.into(), 0));
    let [blob] = &page.blobs()[..] else { panic!("{} blobs", page.blobs().len()) };
    assert!(saved.media_type.starts_with(&blob.type_()), "{} {}", saved.media_type, blob.type_());
    assert!(blob.size() > 10.0 * f64::from(ROWS), "{} bytes", blob.size());
}

#[wasm_bindgen_test]
async fn a_command_of_another_build_is_answered_in_words() {
    let page = Linked::new(log_of(1));
    page.until_shown("the log", |view, _| view.log.end == 1).await;
    let mut bytes = encode(&Asked { ticket: Ticket(0), command: Command::Log(LogCommand::Clear) });
    bytes[0] = bytes[0].wrapping_add(1);
    page.post(&bytes);
    page.until_shown("the reason", |_, _| !page.lost().is_empty()).await;
    let [words] = &page.lost()[..] else { panic!("{:?}", page.lost()) };
    assert!(words.contains("must be loaded again"), "{words}");
}

fn connect(page: &Linked, slot: Slot, url: &str, subprotocols: &[&str]) {
    let options = ConnectOptions {
        version: ProtocolVersion::V311,
        client_id: "me".into(),
        clean_session: true,
        keep_alive: KeepAlive::from_secs(1),
        ..ConnectOptions::default()
    };
    let subprotocols = subprotocols.iter().map(|&name| name.into()).collect();
    let request = ConnectRequest { subprotocols, ..ConnectRequest::new(url, options) };
    page.ask(Command::Connection(slot, ConnectionCommand::Connect(Box::new(request))));
}

/// Why a connection ended, once it has.
async fn ended(page: &Linked, slot: Slot) -> String {
    let is_end = |update: &Update| {
        matches!(update, Update::Connection(told, state)
            if *told == slot && matches!(state.phase, Phase::Ended { .. }))
    };
    page.until_told("the end", is_end).await;
    match phases(page, slot).pop() {
        Some(Phase::Ended { why, .. }) => why,
        phase => panic!("{phase:?}"),
    }
}

/// The browser's words when it refuses to try.
async fn refused(page: &Linked) -> String {
    let why = ended(page, Slot(0)).await;
    let words = why.strip_prefix("The browser refused to open the WebSocket: ");
    words.unwrap_or_else(|| panic!("{why}")).into()
}

fn phases(page: &Linked, slot: Slot) -> Vec<Phase> {
    let phase = |update| match update {
        Update::Connection(told, state) if told == slot => Some(state.phase),
        _ => None,
    };
    page.updates().into_iter().filter_map(phase).collect()
}

fn is_packet(row: &Row, name: &str) -> bool {
    matches!(&row.content, Content::Packet(packet) if packet.name == name)
}

/// Sockets in place of the browser's, until this is dropped. Behind them is a broker that accepts CONNECT and answers
/// PINGREQ.
struct Sockets {
    put_back: Function,
}

impl Sockets {
    fn replace() -> Self {
        let replace = Function::new_no_args(
            "const answers = { 0x10: [0x20, 2, 0, 0], 0xc0: [0xd0, 0] };
             const before = globalThis.WebSocket;
             globalThis.WebSocket = class {
               bufferedAmount = 0;
               constructor(url, [protocol]) {
                 this.protocol = protocol;
                 setTimeout(() => this.onopen?.(new Event('open')));
               }
               send([first]) {
                 const answer = answers[first];
                 if (!answer) return;
                 const data = Uint8Array.from(answer).buffer;
                 setTimeout(() => this.onmessage?.(new MessageEvent('message', { data })));
               }
               close(code) {
                 setTimeout(() => this.onclose?.(new CloseEvent('close', { code })));
               }
             };
             return () => { globalThis.WebSocket = before; };",
        );
        Self { put_back: replace.call0(&JsValue::NULL).expect("it does not throw").unchecked_into() }
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        let _ = self.put_back.call0(&JsValue::NULL);
    }
}

fn last(view: &View) -> Option<u32> {
    view.rows.rows.last().map(|row| row.number)
}

const ROWS: u32 = 10_000;

/// A log of PUBLISH and PINGREQ in turn.
fn log_of(rows: u32) -> Log {
    let mut log = Log::new(64 << 20);
    log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V311));
    for number in 0..rows {
        let frame: &[u8] = if number % 2 == 0 { b"\x30\x05\x00\x01thi" } else { b"\xc0\x00" };
        log.push_known(number.into(), ConnectionId(0), Direction::Out, frame, Known::default());
    }
    log
}
