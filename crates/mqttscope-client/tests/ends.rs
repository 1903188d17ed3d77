//! Every way in which a connection ends: what is sent, what is shown, and what the log holds afterwards.

mod common;

use common::{Bench, CONNACK, End, OPENED, OPENING, keep_alive, options, persistent, request, v311};
use mqttscope_client::{Input, Output, Phase};
use mqttscope_proto::session::ConnectOptions;
use mqttscope_proto::{ProtocolVersion, Qos};

const CLOSED_BY_US: &str = "WebSocket closed by this page after 40 ms: code 1000, normal closure";

/// The whole way of a connection that this side closes 40 ms after the WebSocket opened.
fn closes(bench: &mut Bench) {
    assert_eq!(bench.phase(), Phase::Closing);
    assert_eq!(bench.link_end(), Some(End::Closed));
    bench.advance_millis(40);
    bench.closed(1000, "");
}

#[test]
fn a_url_that_the_browser_refuses() {
    let mut bench = Bench::opening(options());
    assert_eq!(bench.phase(), Phase::Opening);
    bench.input(Input::NotOpened { words: "a port that is blocked" });
    let why = "The browser refused to open the WebSocket: a port that is blocked";
    assert_eq!(bench.ended(), (why.into(), true));
    assert_eq!(bench.logged(), [OPENING, why]);
    assert_eq!(bench.link_end(), None);
}

#[test]
fn a_websocket_that_does_not_open() {
    let mut bench = Bench::opening(options());
    bench.advance_millis(40);
    bench.closed(1006, "");
    let why = "The WebSocket did not open; the console (F12) says why. Is a gateway there, is /mqttproxy its path, \
               does it let this origin in, and ask for no subprotocol?";
    assert_eq!(bench.ended(), (why.into(), true));
    let closed =
        "WebSocket not opened; closed by the network or the gateway after 40 ms: code 1006, abnormal closure";
    assert_eq!(bench.logged(), [OPENING, closed]);
}

#[test]
fn subprotocols_that_are_offered_are_named() {
    let mut bench = Bench::new();
    let mut request = request(options());
    request.subprotocols = vec!["mqttv3.1".into(), "mqtt".into()];
    bench.connect(request);
    let link = bench.link.clone().expect("a link is opened");
    assert_eq!(link.subprotocols, ["mqttv3.1", "mqtt"]);
    bench.closed(1006, "");
    let (why, _) = bench.ended();
    assert!(why.ends_with("and know “mqttv3.1, mqtt”? Else offer none."), "{why}");
    assert!(bench.logged()[0].ends_with("subprotocol offered: mqttv3.1, mqtt"));
}

#[test]
fn each_return_code_that_refuses() {
    for (code, words, advice) in [
        (1, "unacceptable protocol version", "Try another MQTT version."),
        (2, "identifier rejected", "Try another client id, of 1 to 23 letters and digits."),
        (3, "server unavailable", "ActiveMQ says so of a client id that is in use: try another one."),
        (4, "bad user name or password", "Check username and password."),
        (5, "not authorized", "Check username and password; if they are right,"),
        (77, "reserved code", "The specification does not define this code:"),
    ] {
        let mut bench = Bench::awaiting_connack(options());
        assert_eq!(bench.phase(), Phase::AwaitingConnAck);
        bench.receive(&[0x20, 0x02, 0x00, code]);
        assert_eq!((bench.phase(), bench.link_end()), (Phase::Closing, None));
        bench.advance_millis(7);
        bench.closed(1000, "");
        let (why, failed) = bench.ended();
        let expected = format!("The broker refused: {words} (return code {code}). {advice}");
        assert!(why.starts_with(&expected) && failed, "{why}");
        let logged = bench.logged();
        assert_eq!(logged[..4], [OPENING, OPENED, "out CONNECT", "in CONNACK"]);
        let refused = format!("Connection refused: {words} (return code {code})");
        assert!(logged.contains(&refused), "{logged:?}");
        let closed = "WebSocket closed by the peer after 7 ms: code 1000, normal closure";
        assert_eq!(logged.last().map(String::as_str), Some(closed));
    }
}

#[test]
fn no_connack_within_the_limit() {
    let mut bench = Bench::awaiting_connack(options());
    bench.advance_millis(9_999);
    assert_eq!(bench.phase(), Phase::AwaitingConnAck);
    bench.advance_millis(1);
    closes(&mut bench);
    let (why, failed) = bench.ended();
    assert!(why.starts_with("The WebSocket is open, but no CONNACK came within 10 s.") && failed, "{why}");
    let closed = "WebSocket closed by this page after 10 s: code 1000, normal closure";
    assert_eq!(bench.logged(), [OPENING, OPENED, "out CONNECT", closed]);
}

#[test]
fn a_gateway_that_closes_before_connack_and_says_nothing() {
    let mut bench = Bench::awaiting_connack(options());
    bench.advance_millis(7);
    bench.closed(1000, "");
    let why = "The gateway accepted, but the broker behind it did not answer (closed after 7 ms, code 1000). Does it \
               run on its port, often 1883, and take this MQTT version?";
    assert_eq!(bench.ended(), (why.into(), true));
    let closed = "WebSocket closed by the peer after 7 ms: code 1000, normal closure";
    assert_eq!(bench.logged(), [OPENING, OPENED, "out CONNECT", closed]);
    assert_eq!(bench.link_end(), None);
}

#[test]
fn a_gateway_that_names_the_broker_that_it_cannot_reach() {
    let mut bench = Bench::awaiting_connack(options());
    bench.closed(1014, "127.0.0.1:1883 refused");
    let why = "The gateway is up, its broker is not (code 1014, “127.0.0.1:1883 refused”). Start it, or correct its \
               address at the gateway.";
    assert_eq!(bench.ended(), (why.into(), true));
    let closed = "WebSocket closed by the peer after 0 ms: code 1014, bad gateway, “127.0.0.1:1883 refused”";
    assert_eq!(bench.logged(), [OPENING, OPENED, "out CONNECT", closed]);
}

#[test]
fn a_text_message() {
    let mut bench = Bench::awaiting_connack(options());
    bench.receive(CONNACK);
    bench.input(Input::Text { chars: 1 });
    closes(&mut bench);
    let why = "The peer does not follow MQTT: it sent a text message, and MQTT goes in binary ones (MQTT-6.0.0-1). \
               The log shows where.";
    assert_eq!(bench.ended(), (why.into(), true));
    let text = "A text message of 1 character came; MQTT uses binary ones (MQTT-6.0.0-1)";
    assert_eq!(bench.logged(), [OPENING, OPENED, "out CONNECT", "in CONNACK", text, CLOSED_BY_US]);
}

#[test]
fn what_is_no_mqtt_at_all() {
    for version in ProtocolVersion::ALL {
        http_instead_of_mqtt(version);
    }
}

fn http_instead_of_mqtt(version: ProtocolVersion) {
    let mut bench = Bench::awaiting_connack(ConnectOptions { version, ..options() });
    bench.receive(b"HTTP/1.1 400 Bad Request\r\n");
    let (sent, end) = (bench.sent(), bench.link_end());
    assert_eq!((sent.len(), end), (1, Some(End::Closed)));
    bench.receive(b"what follows is not looked at");
    closes(&mut bench);
    let (why, failed) = bench.ended();
    assert!(why.starts_with("The peer does not follow MQTT: ") && failed, "{why}");
    assert!(why.ends_with("Does the URL, and the gateway behind it, lead to a port for MQTT?"), "{why}");
    let logged = bench.logged();
    assert!(
        logged.iter().any(|line| {
            line.starts_with(
                "Sent by the broker, and not a valid packet here: text of HTTP, which is no packet",
            )
        }),
        "{logged:?}"
    );
    assert!(!logged.iter().any(|line| line.contains("6c, 6f, 6f, 6b")), "{logged:?}");
    assert_eq!(logged.last().map(String::as_str), Some(CLOSED_BY_US));
}

#[test]
fn a_length_that_cannot_be() {
    let mut bench = Bench::connected(options());
    bench.receive(&[0x30, 0xff, 0xff, 0xff, 0xff, 0x01]);
    closes(&mut bench);
    let what = "the Remaining Length has more than four bytes";
    let why = format!("The peer does not follow MQTT: {what}. The log shows where.");
    assert_eq!(bench.ended(), (why, true));
    let logged = bench.logged();
    assert_eq!(logged[0], "in [30, ff, ff, ff, ff, 01]");
    assert!(
        logged[1].starts_with(&format!("Sent by the broker, and not a valid packet here: {what} (byte 4, ")),
        "{logged:?}"
    );
    assert_eq!(logged[2..], [CLOSED_BY_US]);
}

#[test]
fn a_broken_rule_is_logged_and_the_connection_goes_on() {
    let mut bench = Bench::connected(v311());
    // PUBACK with a reserved flag.
    bench.publish(Qos::AtLeastOnce, b"m");
    bench.receive(&[0x41, 0x02, 0x00, 0x01]);
    assert_eq!(bench.phase(), Phase::Connected);
    let logged = bench.logged();
    assert_eq!(logged[..2], ["out PUBLISH q1 #1", "in PUBACK #1"]);
    assert!(
        logged[2].starts_with("Rule broken by the broker: the flag bits of PUBACK must be 0000, not 0001")
    );
    assert_eq!(logged.len(), 3);
}

#[test]
fn a_broken_rule_closes_when_that_is_the_policy() {
    let mut bench = Bench::connected(v311());
    bench.client.policy_mut().close_on_violation = true;
    bench.publish(Qos::AtLeastOnce, b"m");
    bench.receive(&[0x41, 0x02, 0x00, 0x01]);
    closes(&mut bench);
    let why =
        "The peer does not follow MQTT: the flag bits of PUBACK must be 0000, not 0001. The log shows where.";
    assert_eq!(bench.ended(), (why.into(), true));
    let logged = bench.logged();
    assert!(logged[2].starts_with("Rule broken by the broker: "), "{logged:?}");
    assert_eq!(logged[3..], [CLOSED_BY_US, "Left in flight: 1 packet id (1); it is given up"]);
}

#[test]
fn a_peer_that_misbehaves_closes_when_that_is_the_policy() {
    let mut bench = Bench::connected(options());
    bench.client.policy_mut().close_on_violation = true;
    bench.receive(CONNACK);
    closes(&mut bench);
    let why = "The peer does not follow MQTT: a second CONNACK came. The log shows where.";
    assert_eq!(bench.ended(), (why.into(), true));
    let error = "Unexpected from the broker: a second CONNACK came (MQTT 3.1, CONNACK)";
    assert_eq!(bench.logged(), ["in CONNACK", error, CLOSED_BY_US]);
}

#[test]
fn no_pingresp_within_the_keep_alive() {
    let mut bench = Bench::connected(keep_alive(10));
    bench.advance_millis(20_000);
    closes(&mut bench);
    let why = "No PINGRESP within 10 s, nor anything else, so the connection is dead. Connect again; on a slow \
               network with a longer keep alive.";
    assert_eq!(bench.ended(), (why.into(), true));
    let closed = "WebSocket closed by this page after 20 s: code 1000, normal closure";
    assert_eq!(bench.logged(), ["out PINGREQ", "No PINGRESP within 10 s: the connection is dead", closed]);
}

#[test]
fn a_client_that_seems_to_be_down() {
    let mut bench = Bench::connected(keep_alive(10));
    bench.client.policy_mut().withhold_pingreq = true;
    bench.advance_millis(15_000);
    bench.closed(1000, "");
    let why = "Closed by the peer (code 1000). As a broker should, since PINGREQ was withheld. Connect again without \
               that to stay connected.";
    assert_eq!(bench.ended(), (why.into(), true));
    let withheld = "Simulating a client that is down: PINGREQ not sent";
    let closed = "WebSocket closed by the peer after 15 s: code 1000, normal closure";
    assert_eq!(bench.logged(), [withheld, closed]);
}

#[test]
fn a_peer_that_goes() {
    for (code, who, advice) in [
        (1000, "the peer", "A shutdown, this client id elsewhere, or a packet refused?"),
        (1006, "the network or the gateway", "A shutdown, this client id elsewhere, or a packet refused?"),
        (1001, "the peer", "It shuts down or restarts. Connect again in a while."),
        (1011, "the peer", "Connect again to go on."),
    ] {
        let mut bench = Bench::connected(options());
        bench.closed(code, "");
        let (why, failed) = bench.ended();
        assert!(why.starts_with(&format!("Closed by {who} (code {code}). {advice}")) && failed, "{why}");
        let logged = bench.logged();
        assert!(logged[0].starts_with(&format!("WebSocket closed by {who} after 0 ms: code {code}")));
        assert_eq!(logged.len(), 1);
    }
}

#[test]
fn disconnect() {
    let mut bench = Bench::connected(options());
    bench.disconnect();
    assert_eq!(bench.sent(), [[0xe0, 0x00]]);
    closes(&mut bench);
    assert_eq!(bench.ended(), ("DISCONNECT was sent and the WebSocket closed.".into(), false));
    assert_eq!(bench.logged(), ["out DISCONNECT", CLOSED_BY_US]);
    bench.disconnect();
    bench.drop_connection();
    assert_eq!(bench.logged(), [""; 0]);
}

#[test]
fn dropped_without_disconnect() {
    let mut bench = Bench::connected(options());
    bench.drop_connection();
    assert_eq!((bench.sent().len(), bench.link_end()), (0, Some(End::Abandoned)));
    assert_eq!(bench.phase(), Phase::Closing);
    // A second thought changes nothing.
    bench.disconnect();
    bench.advance_millis(40);
    bench.closed(1000, "");
    let why = "Dropped without DISCONNECT: the broker now publishes the will, if there is one.";
    assert_eq!(bench.ended(), (why.into(), false));
    let closed = "WebSocket dropped without DISCONNECT by this page after 40 ms: code 1000, normal closure";
    assert_eq!(bench.logged(), [closed]);
}

#[test]
fn an_attempt_that_is_given_up() {
    let mut opening = Bench::opening(options());
    opening.disconnect();
    assert_eq!(opening.link_end(), Some(End::Abandoned));
    // It opens all the same, which comes too late.
    opening.opened();
    opening.closed(1006, "");
    assert_eq!(opening.ended(), ("The attempt was given up.".into(), false));
    let closed = "WebSocket not opened; closed by this page after 0 ms: code 1006, abnormal closure";
    assert_eq!(opening.logged(), [OPENING, closed]);

    let mut awaiting = Bench::awaiting_connack(options());
    awaiting.disconnect();
    assert_eq!((awaiting.sent().len(), awaiting.link_end()), (1, Some(End::Abandoned)));
    awaiting.receive(CONNACK);
    awaiting.advance_millis(40);
    awaiting.closed(1000, "");
    assert_eq!(awaiting.ended(), ("The attempt was given up.".into(), false));
    assert_eq!(awaiting.logged(), [OPENING, OPENED, "out CONNECT", CLOSED_BY_US]);
}

#[test]
fn a_connect_that_cannot_be_written() {
    let mut unwritable = options();
    unwritable.client_id = "x".repeat(70_000);
    let mut bench = Bench::awaiting_connack(unwritable);
    assert_eq!((bench.sent().len(), bench.link_end()), (0, Some(End::Closed)));
    bench.advance_millis(40);
    bench.closed(1000, "");
    let (why, failed) = bench.ended();
    assert!(why.starts_with("CONNECT could not be sent: ") && failed, "{why}");
    assert_eq!(bench.logged(), [OPENING, OPENED, CLOSED_BY_US]);
}

#[test]
fn the_stream_ends_inside_a_packet() {
    let mut bench = Bench::connected(options());
    bench.receive(&[0x30, 0x05, 0x00]);
    bench.closed(1006, "");
    let logged = bench.logged();
    assert_eq!(logged[..2], ["in [30, 05, 00]", "The stream ended inside a packet, after 3 bytes of it"]);
    assert!(logged[2].starts_with("WebSocket closed by the network"), "{logged:?}");
}

#[test]
fn exchanges_left_in_flight_are_given_up_with_a_clean_session() {
    let mut bench = Bench::connected(options());
    bench.publish(Qos::AtLeastOnce, b"m");
    bench.subscribe("a/#", Qos::AtMostOnce);
    bench.drop_connection();
    let left = "Left in flight: 2 packet ids (1, 2); they are given up";
    assert_eq!(bench.logged(), ["out PUBLISH q1 #1", "out SUBSCRIBE #2", left]);
    bench.closed(1000, "");
    assert!(bench.client.connection().subscriptions.is_empty());
}

#[test]
fn exchanges_left_in_flight_are_kept_without_one() {
    let mut bench = Bench::connected(persistent());
    bench.client.policy_mut().max_in_flight = 1;
    bench.subscribe("a/#", Qos::AtMostOnce);
    bench.receive(&[0x90, 0x03, 0x00, 0x01, 0x00]);
    for _ in 0..3 {
        bench.publish(Qos::ExactlyOnce, b"m");
    }
    bench.logged();
    bench.closed(1006, "");
    let logged = bench.logged();
    let left = "Left in flight: 1 packet id (2; 2 queued); they are sent again on reconnect";
    assert_eq!(logged[1..], [left]);
    assert_eq!(bench.client.connection().subscriptions.len(), 1);

    bench.connect(request(persistent()));
    bench.opened();
    bench.receive(CONNACK);
    let logged = bench.logged();
    assert_eq!(logged[3..], ["in CONNACK", "out PUBLISH q2 #2 dup"]);
    assert_eq!(bench.client.connection().subscriptions.len(), 1);
}

#[test]
fn a_connection_in_place_of_one_that_is_open() {
    let mut bench = Bench::connected(options());
    bench.publish(Qos::AtLeastOnce, b"m");
    bench.receive(&[0x30, 0x05]);
    let older = bench.client.id();
    bench.connect(request(v311()));
    assert_ne!(bench.client.id(), older);
    assert_eq!(bench.older.len(), 1);
    assert_eq!(bench.older[0].end, Some(End::Abandoned));
    assert_eq!(bench.phase(), Phase::Opening);
    let left = "Left in flight: 1 packet id (1); it is given up";
    assert_eq!(bench.logged(), ["out PUBLISH q1 #1", left, "in [30, 05]", OPENING]);

    // What the older one still tells is not meant any more.
    let generation = bench.older[0].generation;
    bench.receive_from(generation, CONNACK);
    for input in [
        Input::Opened { subprotocol: "" },
        Input::Text { chars: 1 },
        Input::Closed { code: 1000, reason: "" },
    ] {
        bench.client.handle(bench.now, generation, input, &mut bench.log);
        assert_eq!(bench.client.poll_output(0), None::<Output<'_>>);
    }
    assert_eq!((bench.phase(), bench.logged()), (Phase::Opening, Vec::new()));
    bench.opened();
    bench.receive(CONNACK);
    assert_eq!(bench.phase(), Phase::Connected);
}

#[test]
fn what_comes_after_the_end_is_not_heard() {
    let mut bench = Bench::connected(options());
    bench.closed(1000, "");
    bench.logged();
    let changes = bench.changes;
    bench.receive(CONNACK);
    bench.opened();
    bench.input(Input::Text { chars: 3 });
    bench.input(Input::NotOpened { words: "no" });
    bench.closed(1006, "");
    bench.advance_millis(100_000);
    assert_eq!((bench.logged(), bench.changes), (Vec::new(), changes));
    assert_eq!(bench.client.poll_timeout(), None);
}
