//! Nothing waits for a peer for ever, and what it waited for is said.

mod common;

use common::{Bench, End, OPENED, OPENING, options, request, v311};
use mqttscope_client::{Input, Phase, Probed};
use mqttscope_proto::Qos;

const NO_ANSWER: &str = "WebSocket closed by this page after 3.0 s; the peer has not closed it";

#[test]
fn a_peer_that_does_not_close_is_waited_for_three_seconds() {
    let mut bench = Bench::connected(options());
    bench.disconnect();
    bench.advance_millis(2_999);
    assert_eq!(bench.phase(), Phase::Closing);
    bench.advance_millis(1);
    let why = "DISCONNECT was sent; the peer has not closed the WebSocket, and is not waited for.";
    assert_eq!(bench.ended(), (why.into(), false));
    assert_eq!(bench.logged(), ["out DISCONNECT", NO_ANSWER]);
    assert_eq!(bench.client.poll_timeout(), None);
    // What it does later is nobody's business any more.
    bench.closed(1000, "");
    assert_eq!(bench.logged(), [""; 0]);
    bench.connect(request(options()));
    assert_eq!(bench.phase(), Phase::Opening);
}

#[test]
fn drop_ends_the_wait_for_a_peer_that_does_not_close() {
    let mut bench = Bench::connected(options());
    bench.disconnect();
    bench.advance_millis(100);
    bench.drop_connection();
    assert!(!bench.ended().1);
    assert_eq!(bench.link_end(), Some(End::Closed));
    let mut bench = Bench::connected(options());
    bench.drop_connection();
    bench.advance_millis(3_000);
    let why = "Dropped without DISCONNECT: the broker now publishes the will, if there is one.";
    assert_eq!(bench.ended(), (why.into(), false));
}

#[test]
fn a_file_that_is_still_leaving_is_not_cut_off_by_the_wait() {
    let mut bench = Bench::connected(options());
    bench.stuck = true;
    bench.publish(Qos::AtMostOnce, &vec![b'x'; 300_000]);
    bench.disconnect();
    for _ in 0..20 {
        bench.advance_millis(500);
        bench.buffered = bench.buffered.saturating_sub(15_000);
        assert_eq!(bench.phase(), Phase::Closing);
    }
    bench.advance_millis(100);
    bench.closed(1000, "");
    assert_eq!(bench.ended().0, "DISCONNECT was sent and the WebSocket closed.");
}

#[test]
fn a_websocket_that_does_not_open_in_time() {
    for (secs, limit) in [(10, "10 s"), (2, "2 s")] {
        let mut bench = Bench::new();
        let mut request = request(options());
        request.connect_timeout_secs = secs;
        bench.connect(request);
        bench.advance_millis(u64::from(secs) * 1_000 - 1);
        assert_eq!(bench.phase(), Phase::Opening);
        bench.advance_millis(1);
        assert_eq!(bench.link_end(), Some(End::Abandoned));
        // The browser may tell of its end, or may not.
        bench.advance_millis(3_000);
        let (why, failed) = bench.ended();
        let expected = format!("Timed out: the WebSocket did not open within {limit}.");
        assert!(why.starts_with(&expected) && failed, "{why}");
        let logged = bench.logged();
        assert!(logged[1].starts_with("WebSocket not opened; closed by this page after"), "{logged:?}");
        assert!(bench.probes.is_empty(), "it is known why");
    }
}

#[test]
fn each_step_of_connecting_has_the_limit() {
    let mut bench = Bench::new();
    let mut request = request(options());
    request.connect_timeout_secs = 4;
    bench.connect(request);
    bench.advance_millis(3_999);
    bench.opened();
    bench.advance_millis(3_999);
    assert_eq!(bench.phase(), Phase::AwaitingConnAck);
    bench.advance_millis(1);
    bench.closed(1000, "");
    assert!(bench.ended().0.contains("no CONNACK came within 4 s"));
}

#[test]
fn a_server_that_refuses_and_does_not_close() {
    let mut bench = Bench::awaiting_connack(v311());
    bench.receive(&[0x20, 0x02, 0x00, 0x05]);
    bench.advance_millis(999);
    assert_eq!((bench.phase(), bench.link_end()), (Phase::Closing, None));
    bench.advance_millis(1);
    assert_eq!((bench.phase(), bench.link_end()), (Phase::Closing, Some(End::Closed)));
    bench.advance_millis(40);
    bench.closed(1000, "");
    let (why, failed) = bench.ended();
    assert!(why.starts_with("The broker refused: not authorized (return code 5).") && failed, "{why}");
    let error =
        "Unexpected from the broker: the server refused the connection and did not close it ([MQTT-3.2.2-5])";
    let closed = "WebSocket closed by this page after 1.0 s: code 1000, normal closure";
    let refused = "Connection refused: not authorized (return code 5)";
    assert_eq!(bench.logged(), [OPENING, OPENED, "out CONNECT", "in CONNACK", refused, error, closed]);
}

#[test]
fn what_comes_behind_a_refusal_is_logged_and_a_drop_does_not_change_its_story() {
    let mut bench = Bench::awaiting_connack(v311());
    bench.receive(&[0x20, 0x02, 0x00, 0x05, 0xd0, 0x00]);
    bench.receive(&[0xd0, 0x00]);
    let logged = bench.logged();
    assert_eq!(
        logged[3..],
        ["in CONNACK", "Connection refused: not authorized (return code 5)", "in PINGRESP", "in PINGRESP"]
    );
    bench.drop_connection();
    assert_eq!(bench.link_end(), Some(End::Abandoned));
    bench.closed(1000, "");
    assert!(bench.ended().0.starts_with("The broker refused: not authorized"));
}

#[test]
fn a_closed_connection_has_one_story() {
    // The gateway tells of the broker's close before it knows of this page's.
    let mut bench = Bench::connected(options());
    bench.disconnect();
    bench.closed(1000, "the broker closed the connection");
    assert_eq!(bench.ended(), ("DISCONNECT was sent and the WebSocket closed.".into(), false));
    let closed = "WebSocket closed by the peer after 0 ms: code 1000, normal closure, “the broker closed the \
                  connection”";
    assert_eq!(bench.logged(), ["out DISCONNECT", closed]);
    let mut bench = Bench::connected(options());
    bench.disconnect();
    bench.closed(1001, "");
    assert_eq!(bench.logged()[1], "WebSocket closed by the peer after 0 ms: code 1001, going away");
}

#[test]
fn that_a_page_stays_connected_after_a_broken_rule_is_known() {
    let mut bench = Bench::connected(v311());
    assert!(!bench.client.connection().has_broken_rule);
    // An answer that is late is none.
    bench.receive(&[0x40, 0x02, 0x00, 0x07]);
    assert!(!bench.client.connection().has_broken_rule);
    bench.receive(&[0x39, 0x04, 0x00, 0x01, b't', b'm']);
    assert!(bench.client.connection().has_broken_rule);
    assert_eq!(bench.phase(), Phase::Connected);
    let changes = bench.changes;
    bench.receive(&[0x39, 0x04, 0x00, 0x01, b't', b'm']);
    assert_eq!(bench.changes, changes, "it is said once");
    bench.connect(request(v311()));
    assert!(!bench.client.connection().has_broken_rule);

    let mut bench = Bench::connected(v311());
    bench.receive(&[0x20, 0x02, 0x00, 0x00]);
    assert!(bench.client.connection().has_broken_rule);
}

/// A client whose WebSocket did not open, and where it is asked why.
fn unopened(url: &str, page: &str, probed: Probed) -> Bench {
    let mut bench = Bench::new();
    let mut request = request(options());
    (request.url, request.page) = (url.into(), page.into());
    bench.connect(request);
    bench.advance_millis(40);
    bench.closed(1006, "");
    let (why, _) = bench.ended();
    assert!(why.starts_with("The WebSocket did not open; the console (F12) says why."), "{why}");
    assert_eq!(bench.older.len(), 0, "there is no second WebSocket");
    bench.input(Input::Probed(probed));
    bench
}

#[test]
fn nothing_answers_where_the_websocket_did_not_open() {
    let bench = unopened("ws://localhost:8001/mqttproxy?t=1", "http://localhost:8001", Probed::Nothing);
    assert_eq!(bench.probes, ["http://localhost:8001/mqttproxy?t=1"]);
    let (why, failed) = bench.ended();
    assert!(why.starts_with("The WebSocket did not open: nothing answers there.") && failed, "{why}");
    assert!(
        !why.contains("origin") && !why.contains("local network") && !why.contains("certificate"),
        "{why}"
    );
    assert_eq!(bench.client.connection().certificate_url, "");
}

#[test]
fn something_speaks_http_where_the_websocket_did_not_open() {
    let mut bench = unopened("wss://h:9/wrong", "https://tools.example", Probed::Http);
    let (why, _) = bench.ended();
    assert!(why.contains("something speaks HTTP there") && why.contains("Is /wrong its path"), "{why}");
    assert!(why.contains("does it let this origin in"), "{why}");
    assert_eq!(bench.client.connection().certificate_url, "");
    let logged = bench.logged();
    assert_eq!(logged[2], "A request by the page was answered: something speaks HTTP there");
}

#[test]
fn a_certificate_that_may_lack_trust_can_be_looked_at() {
    let mut bench = unopened("wss://user:pw@h:8884/mqtt?token=x", "https://tools.example", Probed::Nothing);
    let (why, _) = bench.ended();
    assert!(
        why.contains("nothing answers there") && why.contains("or its certificate is not trusted"),
        "{why}"
    );
    assert!(
        why.ends_with("To accept a self-signed certificate, open it in a tab and compare its fingerprint:"),
        "{why}"
    );
    assert_eq!(bench.client.connection().certificate_url, "https://user:pw@h:8884/");
    let logged = &bench.logged()[2];
    assert!(
        logged.contains("open https: of that host and port in a tab, compare its fingerprint"),
        "{logged}"
    );
    bench.connect(request(options()));
    assert_eq!(bench.client.connection().certificate_url, "");
}

#[test]
fn where_it_is_forbidden_to_ask_nothing_is_concluded() {
    let mut bench = unopened("wss://h/", "https://tools.example", Probed::Unknown);
    let (why, _) = bench.ended();
    assert!(why.starts_with("The WebSocket did not open; the console (F12) says why."), "{why}");
    assert_eq!(bench.logged().len(), 2);
    assert_eq!(bench.client.connection().certificate_url, "");
}

#[test]
fn what_a_browser_may_forbid_is_not_asked() {
    // A page from the network may lack the permission for the local one, and https: must not ask http:.
    for (url, page, is_local) in [
        ("ws://192.168.1.7:9001/", "http://tools.example", true),
        ("wss://broker.local/", "https://tools.example", true),
        ("ws://localhost:9001/", "https://localhost", false),
    ] {
        let mut bench = Bench::new();
        let mut request = request(options());
        (request.url, request.page) = (url.into(), page.into());
        bench.connect(request);
        bench.closed(1006, "");
        assert!(bench.probes.is_empty(), "{url}");
        let (why, _) = bench.ended();
        assert!(why.starts_with("The WebSocket did not open; the console (F12) says why."), "{why}");
        assert_eq!(why.contains("does the browser let this page into the local network"), is_local, "{why}");
    }
}

#[test]
fn what_was_asked_for_an_older_attempt_is_not_meant_any_more() {
    let mut bench = Bench::opening(options());
    bench.closed(1006, "");
    let generation = bench.client.generation();
    bench.connect(request(options()));
    bench.client.handle(bench.now, generation, Input::Probed(Probed::Http), &mut bench.log);
    bench.input(Input::Probed(Probed::Http));
    assert_eq!(bench.phase(), Phase::Opening);
    // Whoever gave the attempt up knows why.
    bench.disconnect();
    bench.closed(1006, "");
    assert_eq!(bench.probes.len(), 1);
}

#[test]
fn a_urls_secrets_are_neither_shown_nor_logged() {
    let url = "ws://user:hush@localhost:1/mqtt?token=hush&v=hush";
    let mut bench = Bench::new();
    bench.connect(mqttscope_client::ConnectRequest::new(url, options()));
    assert_eq!(bench.link.as_ref().map(|link| link.url.as_str()), Some(url));
    assert_eq!(bench.client.connection().url, "ws://localhost:1/mqtt?token=***&v=***");
    let words = format!("Failed to construct 'WebSocket': The URL '{url}' is invalid.");
    bench.input(Input::NotOpened { words: &words });
    let said = bench.ended().0 + &bench.logged().concat();
    assert!(
        !said.contains("hush") && said.contains("'ws://localhost:1/mqtt?token=***&v=***' is invalid"),
        "{said}"
    );
}
