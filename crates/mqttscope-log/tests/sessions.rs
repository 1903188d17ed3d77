//! Whose exchanges go on with whose: a client's at one server.

use mqttscope_log::{ConnectionId, Direction, End, Ends, Event, Log, PacketFacts, SourceId, Version};

mod common;
use common::connect;

const CONNACK: &[u8] = b"\x20\x02\x00\x00";
const PUBLISH: &[u8] = b"\x32\x05\x00\x01a\x00\x01";
const AGAIN: &[u8] = b"\x3a\x05\x00\x01a\x00\x01";
const PUBACK: &[u8] = b"\x40\x02\x00\x01";

struct Capture {
    log: Log,
    source: SourceId,
    time: u64,
}

impl Capture {
    fn new() -> Self {
        let mut log = Log::new(1 << 20);
        let source = log.add_source();
        Self { log, source, time: 0 }
    }

    fn open(&mut self, client: u8, server: u8) -> ConnectionId {
        let connection = self.log.add_connection(self.source, Version::Unknown);
        let end = |last, port| End::of_v4([10, 0, 0, last], port);
        let ends = Ends { client: end(client, 40_000), server: end(server, 1883) };
        self.log.push_event(self.time, connection, Event::TcpConnection { ends });
        connection
    }

    fn push(&mut self, connection: ConnectionId, direction: Direction, packet: &[u8]) -> u32 {
        self.time += 1;
        self.log.push_packet(self.time, connection, direction, packet, PacketFacts::default())
    }

    fn out(&mut self, connection: ConnectionId, packet: &[u8]) -> u32 {
        self.push(connection, Direction::Out, packet)
    }

    fn came(&mut self, connection: ConnectionId, packet: &[u8]) -> u32 {
        self.push(connection, Direction::In, packet)
    }
}

#[test]
fn the_same_packets_on_both_sides_of_a_nat_are_two_connections() {
    for clean in [true, false] {
        let mut capture = Capture::new();
        let (a, b) = (capture.open(2, 1), capture.open(3, 1));
        let connect = connect("same", clean, None);
        let asked = [a, b].map(|connection| capture.out(connection, &connect));
        let answers = [b, a].map(|connection| capture.came(connection, CONNACK));
        assert_eq!(
            answers.map(|number| capture.log.before(number)),
            [Some(asked[1]), Some(asked[0])],
            "{clean}"
        );
        let asked = [a, b].map(|connection| capture.out(connection, PUBLISH));
        let answers = [b, a].map(|connection| capture.came(connection, PUBACK));
        assert_eq!(
            answers.map(|number| capture.log.before(number)),
            [Some(asked[1]), Some(asked[0])],
            "{clean}"
        );
        assert!(capture.log.records_from(0).all(|record| !record.awaits_answer()), "{clean}");
        assert_eq!(capture.log.in_flight(), [0, 0]);
    }
}

#[test]
fn the_same_client_id_at_another_server_takes_nothing_over() {
    for clean in [true, false] {
        let mut capture = Capture::new();
        let (a, b) = (capture.open(2, 1), capture.open(3, 9));
        let connect = connect("same", clean, None);
        capture.out(a, &connect);
        capture.came(a, CONNACK);
        let publish = capture.out(a, PUBLISH);
        capture.out(b, &connect);
        let puback = capture.came(a, PUBACK);
        assert_eq!(capture.log.before(puback), Some(publish), "{clean}");
        let again = capture.out(b, AGAIN);
        assert_eq!(capture.log.before(again), None);
    }
}

#[test]
fn a_client_goes_on_at_its_server() {
    for is_closed in [true, false] {
        let mut capture = Capture::new();
        let connect = connect("same", false, None);
        let a = capture.open(2, 1);
        capture.out(a, &connect);
        capture.came(a, CONNACK);
        let publish = capture.out(a, PUBLISH);
        if is_closed {
            capture.log.push_event(capture.time, a, Event::Closed { words: "over", failed: false });
        }
        let b = capture.open(3, 1);
        capture.out(b, &connect);
        capture.came(b, CONNACK);
        let again = capture.out(b, AGAIN);
        let puback = capture.came(b, PUBACK);
        assert_eq!((capture.log.before(again), capture.log.before(puback)), (Some(publish), Some(again)));
        assert_eq!(capture.log.in_flight(), [0, 0]);
    }
}

#[test]
fn a_second_connection_of_a_clean_session_leaves_an_open_one_its_exchanges() {
    let mut capture = Capture::new();
    let connect = connect("same", true, None);
    let (a, b) = (capture.open(2, 1), capture.open(3, 1));
    capture.out(a, &connect);
    capture.came(a, CONNACK);
    let publish = capture.out(a, PUBLISH);
    capture.out(b, &connect);
    let puback = capture.came(a, PUBACK);
    assert_eq!(capture.log.before(puback), Some(publish));
    // What a closed one has left is given up.
    capture.out(a, PUBLISH);
    capture.log.push_event(capture.time, a, Event::Closed { words: "over", failed: false });
    assert_eq!(capture.log.in_flight(), [0, 0]);
    capture.log.push_event(capture.time, b, Event::Closed { words: "over", failed: false });
    let c = capture.open(2, 1);
    capture.out(c, &connect);
    let again = capture.out(c, AGAIN);
    assert_eq!(capture.log.before(again), None);
}

#[test]
fn live_connections_are_told_apart_by_their_url() {
    let mut log = Log::new(1 << 20);
    let mut open = |url: &str| {
        let connection = log.add_connection(SourceId::LIVE, Version::Unknown);
        log.push_event(0, connection, Event::Opening { url, subprotocols: "" });
        connection
    };
    let [a, b, c] =
        ["ws://a.test/mqtt?token=1", "ws://b.test/mqtt", "ws://a.test/mqtt?token=2"].map(&mut open);
    let connect = connect("same", false, None);
    let mut push =
        |connection, direction, packet| log.push_packet(1, connection, direction, packet, common::OWN);
    push(a, Direction::Out, &connect);
    push(a, Direction::In, CONNACK);
    let publish = push(a, Direction::Out, PUBLISH);
    push(b, Direction::Out, &connect);
    let elsewhere = push(b, Direction::Out, AGAIN);
    push(c, Direction::Out, &connect);
    let again = push(c, Direction::Out, AGAIN);
    assert_eq!((log.before(elsewhere), log.before(again)), (None, Some(publish)));
}
