use mqttscope_proto::{PacketType, ProtocolVersion};

use super::*;

const C: ConnectionId = ConnectionId(1);
const PUBLISH: &[u8] = b"\x32\x07\x00\x01t\x00\x09hi";
const OWN: PacketFacts =
    PacketFacts { own: true, copy: false, resend: false, raw: false, repeat: false, held: false };

/// A log with two live connections of 3.1, numbered 0 and 1.
fn log_of(budget: usize) -> Log {
    let mut log = Log::new(budget);
    let version = Version::Known(ProtocolVersion::V31);
    let connections = [0, 1].map(|_| log.add_connection(SourceId::LIVE, version));
    assert_eq!(connections, [ConnectionId(0), C]);
    log
}

impl Log {
    fn sent(&mut self, time: u64, frame: &[u8]) -> u32 {
        self.push_packet(time, C, Direction::Out, frame, OWN)
    }
}

fn receive(log: &mut Log, time: u64, bytes: &[u8]) -> Vec<u32> {
    receive_from(log, C, Direction::In, time, bytes)
}

fn receive_from(
    log: &mut Log,
    connection: ConnectionId,
    direction: Direction,
    time: u64,
    bytes: &[u8],
) -> Vec<u32> {
    log.receive(connection, direction, bytes.len(), |room| room.copy_from_slice(bytes));
    let mut numbers = Vec::new();
    while let Some(number) =
        log.next_packet(time, connection, direction, |packet| packet.number).expect("packets")
    {
        numbers.push(number);
    }
    numbers
}

fn kept(log: &Log, number: u32) -> &[u8] {
    log.bytes(log.record(number).expect("it is kept"))
}

#[test]
fn what_is_sent_and_received_is_kept_as_it_is() {
    let mut log = log_of(1 << 20);
    log.sent(1_000, PUBLISH);
    assert_eq!(receive(&mut log, 2_000, b"\x40\x02\x00\x09\xd0\x00"), [1, 2]);
    let record = *log.record(0).expect("it is kept");
    assert_eq!((record.direction(), record.packet_id, record.len()), (Direction::Out, 9, 9));
    assert_eq!((record.qos(), record.dup(), record.retain()), (Some(1), false, false));
    assert_eq!((log.wire_topic(&record), log.payload(&record)), (Some(&b"t"[..]), Some(&b"hi"[..])));
    assert_eq!(log.bytes(&record), PUBLISH);
    let puback = log.record(1).expect("it is kept");
    assert_eq!((puback.direction(), puback.packet_type()), (Direction::In, Some(PacketType::PubAck)));
    assert_eq!(kept(&log, 1), b"\x40\x02\x00\x09");
    assert_eq!(log.answered(1), log.record(0));
    assert_eq!((log.answered(2), log.after(0), log.before(1)), (None, Some(1), Some(0)));
}

#[test]
fn packets_cut_at_every_place_are_whole_again() {
    let stream = [PUBLISH, b"\xd0\x00", PUBLISH, b"\x40\x02\x00\x09"].concat();
    for first in 0..stream.len() {
        for second in first..stream.len() {
            let mut log = log_of(1 << 20);
            for piece in [&stream[..first], &stream[first..second], &stream[second..]] {
                receive(&mut log, 1, piece);
            }
            let all: Vec<_> = (0..log.end()).flat_map(|number| kept(&log, number).to_vec()).collect();
            assert_eq!((log.end(), all), (4, stream.clone()), "{first} {second}");
        }
    }
}

#[test]
fn sending_between_the_pieces_of_a_packet_does_not_disturb_it() {
    let mut log = log_of(1 << 20);
    receive(&mut log, 1, &PUBLISH[..4]);
    log.sent(1, b"\xc0\x00");
    log.push_event(1, C, Event::PingWithheld);
    assert_eq!(receive(&mut log, 2, &PUBLISH[4..]), [2]);
    assert_eq!((kept(&log, 2), log.pending(C, Direction::In)), (PUBLISH, &b""[..]));
}

#[test]
fn the_links_of_a_qos_2_exchange() {
    let mut log = log_of(1 << 20);
    log.sent(1, b"\x34\x07\x00\x01t\x00\x09hi");
    receive(&mut log, 2, b"\x50\x02\x00\x09");
    log.sent(3, b"\x62\x02\x00\x09");
    receive(&mut log, 4, b"\x70\x02\x00\x09");
    let asked: Vec<_> = (0..4).map(|number| log.answered(number).map(|record| record.time)).collect();
    assert_eq!(asked, [None, Some(1), Some(2), Some(3)]);
    assert_eq!(log.exchange(3), 0);
}

#[test]
fn copies_stay_in_their_exchange_and_new_ones_do_not() {
    let mut log = log_of(1 << 20);
    log.sent(1, b"\x34\x07\x00\x01t\x00\x09hi");
    log.sent(2, b"\x3c\x07\x00\x01t\x00\x09hi");
    receive(&mut log, 3, b"\x50\x02\x00\x09\x50\x02\x00\x09");
    log.sent(5, b"\x62\x02\x00\x09");
    receive(&mut log, 6, b"\x70\x02\x00\x09");
    log.sent(7, b"\x34\x07\x00\x01t\x00\x09hi");
    let before: Vec<_> = (0..7).map(|number| log.before(number)).collect();
    assert_eq!(before, [None, Some(0), Some(1), Some(2), Some(3), Some(4), None]);
    let asked: Vec<_> = (0..7).map(|number| log.answered(number).map(|record| record.time)).collect();
    assert_eq!(asked, [None, None, Some(2), None, Some(3), Some(5), None]);
}

#[test]
fn each_answer_is_to_the_newest_copy_that_none_was_given_to() {
    let mut log = log_of(1 << 20);
    log.sent(1, b"\x34\x07\x00\x01t\x00\x09hi");
    log.sent(2, b"\x3c\x07\x00\x01t\x00\x09hi");
    receive(&mut log, 10, b"\x50\x02\x00\x09");
    log.sent(11, b"\x62\x02\x00\x09");
    log.sent(12, b"\x6a\x02\x00\x09");
    // The answer to the first copy of PUBREL is behind the one to the second of PUBLISH.
    receive(&mut log, 20, b"\x50\x02\x00\x09\x70\x02\x00\x09\x70\x02\x00\x09");
    let before: Vec<_> = (0..8).map(|number| log.before(number)).collect();
    assert_eq!(before, [None, Some(0), Some(1), Some(2), Some(3), Some(4), Some(5), Some(6)]);
    let asked: Vec<_> = (0..8).map(|number| log.answered(number).map(|record| record.time)).collect();
    assert_eq!(asked, [None, None, Some(2), Some(10), None, None, Some(12), None]);
}

#[test]
fn a_retry_that_is_answered_has_an_answer_of_its_own() {
    let mut log = log_of(1 << 20);
    log.sent(1, b"\x34\x07\x00\x01t\x00\x09hi");
    receive(&mut log, 4, b"\x50\x02\x00\x09");
    log.sent(1_000, b"\x3c\x07\x00\x01t\x00\x09hi");
    receive(&mut log, 1_007, b"\x50\x02\x00\x09");
    let asked: Vec<_> = (0..4).map(|number| log.answered(number).map(|record| record.time)).collect();
    assert_eq!(asked, [None, Some(1), None, Some(1_000)]);
}

#[test]
fn the_two_sides_number_their_packets_apart() {
    let mut log = log_of(1 << 20);
    log.sent(1, PUBLISH);
    receive(&mut log, 2, PUBLISH);
    log.sent(3, b"\x40\x02\x00\x09");
    receive(&mut log, 4, b"\x40\x02\x00\x09");
    assert_eq!((log.before(2), log.before(3)), (Some(1), Some(0)));
}

#[test]
fn a_session_that_is_kept_goes_on_with_its_exchanges() {
    let connect = |flags: u8| [b"\x10\x0d\x00\x04MQTT\x04", &[flags][..], b"\x00\x00\x00\x01c"].concat();
    for (flags, before) in [(0, Some(1)), (2, None)] {
        let mut log = log_of(1 << 20);
        log.sent(1, &connect(0));
        log.sent(2, PUBLISH);
        log.push_event(3, C, Event::Closed { words: "dropped", failed: false });
        let next = log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V31));
        log.push_packet(4, next, Direction::Out, &connect(flags), OWN);
        log.push_packet(5, next, Direction::Out, b"\x3a\x07\x00\x01t\x00\x09hi", OWN);
        assert_eq!(log.before(4), before);
        assert_eq!(log.before(3), None);
        let about = log.connection(C).expect("it is known");
        assert_eq!((about.client_id.as_str(), about.closed, about.connect), ("c", Some(3), Some(0)));
    }
}

#[test]
fn clients_without_a_name_are_all_different() {
    let connect = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00";
    let mut log = log_of(1 << 20);
    for connection in [0, 1].map(ConnectionId) {
        log.push_packet(1, connection, Direction::Out, connect, OWN);
        log.push_packet(2, connection, Direction::Out, PUBLISH, OWN);
    }
    assert_eq!(log.in_flight(), [2, 0]);
    log.push_packet(3, ConnectionId(0), Direction::In, b"\x40\x02\x00\x09", PacketFacts::default());
    assert_eq!(log.before(4), Some(1));
}

#[test]
fn the_password_is_overwritten_unless_it_is_to_be_kept() {
    let connect = b"\x10\x16\x00\x06MQIsdp\x03\xc2\x00\x00\x00\x01c\x00\x01u\x00\x02pw";
    let mut log = log_of(1 << 20);
    log.sent(1, connect);
    log.set_keeps_passwords(true);
    log.sent(1, connect);
    assert_eq!(kept(&log, 0), [&connect[..connect.len() - 2], b"**"].concat());
    assert_eq!(kept(&log, 1), connect);
    let hidden = [0, 1].map(|number| log.record(number).is_some_and(Record::is_password_hidden));
    assert_eq!(hidden, [true, false]);
}

#[test]
fn a_huge_packet_in_small_pieces_lies_in_one_piece() {
    let mut log = log_of(64 << 20);
    let body = 5_000_000;
    let mut sent = vec![0x30, 0xc0, 0x96, 0xb1, 0x02];
    sent.extend((0..body).map(|at| at as u8));
    sent[5] = 0;
    for piece in sent.chunks(2_048) {
        receive(&mut log, 1, piece);
    }
    assert!(log.size() < sent.len() + (4 << 20), "{}", log.size());
    assert!(kept(&log, 0) == sent);
}

#[test]
fn the_oldest_go_when_the_budget_is_used_up() {
    let mut log = log_of(4 << 20);
    let packet = [b"\x30\xe7\x07\x00\x01t".as_slice(), &[7; 996]].concat();
    for number in 0..20_000 {
        log.sent(number, &packet);
        log.push_event(number, C, Event::Note { name: "a", words: "b" });
    }
    assert_eq!(log.end(), 40_000);
    assert!(log.first() > 30_000 && log.size() <= 4 << 20, "{} {}", log.first(), log.size());
    assert_eq!(log.record(log.first() - 1), None);
    let oldest = log.record(log.first()).expect("it is kept");
    let packet_at = log.first() + u32::from(oldest.direction() == Direction::Event);
    assert_eq!(kept(&log, packet_at), packet);
    let event = log.event(log.record(packet_at + 1).expect("it is kept")).expect("an event");
    assert_eq!((event.name(), event.words().as_str()), ("a", "b"));
    log.set_budget(2 << 20);
    assert!(log.size() <= 2 << 20 && log.first() > 35_000);
}

#[test]
fn what_remains_of_a_packet_is_kept_as_broken() {
    let mut log = log_of(1 << 20);
    receive(&mut log, 1, &PUBLISH[..5]);
    assert_eq!(
        (log.push_remains(1, C, Direction::In), log.push_remains(2, C, Direction::In)),
        (Some(0), None)
    );
    let record = log.record(0).expect("it is kept");
    assert_eq!((record.packet_type(), record.is_violation(), record.len()), (None, true, 5));
}

#[test]
fn what_is_no_packet_ends_the_stream() {
    let mut log = log_of(1 << 20);
    let next = |log: &mut Log| log.next_packet(1, C, Direction::In, |packet| packet.number);
    log.receive(C, Direction::In, 6, |room| room.copy_from_slice(b"\xd0\x00HTTP"));
    assert_eq!(next(&mut log), Ok(Some(0)));
    log.receive(C, Direction::In, 4, |room| room.copy_from_slice(b"/1.1"));
    for _ in 0..2 {
        assert!(next(&mut log).is_err());
    }
    log.push_remains(1, C, Direction::In);
    assert_eq!(kept(&log, 1), b"HTTP/1.1");
    assert_eq!(receive(&mut log, 2, b"\xd0\x00"), [2]);
}

#[test]
fn clearing_begins_anew_and_keeps_what_is_coming_in() {
    let mut log = log_of(1 << 20);
    log.push_event(1, C, Event::PingWithheld);
    log.sent(1, PUBLISH);
    receive(&mut log, 1, &PUBLISH[..5]);
    log.clear();
    assert_eq!((log.first(), log.end(), log.size() <= 512 << 10), (0, 0, true));
    assert_eq!(receive(&mut log, 2, &PUBLISH[5..]), [0]);
    assert_eq!((kept(&log, 0), log.before(0)), (PUBLISH, None));
}

#[test]
fn events_are_values_and_become_sentences() {
    let mut log = log_of(1 << 20);
    log.push_event(1, C, Event::Opened { subprotocol: "", after_ms: 40 });
    log.push_event(1, C, Event::Refused { return_code: 4 });
    let words: Vec<_> =
        log.records_from(0).filter_map(|record| log.event(record)).map(|event| event.words()).collect();
    let refused = "Connection refused: bad user name or password (return code 4)";
    assert_eq!(words, ["WebSocket open after 40 ms, subprotocol: none", refused]);
    let left = |count| {
        let mut log = log_of(1 << 20);
        log.push_event(1, C, Event::LeftInFlight { count, ids: "3", fate: "and so on" });
        log.record(0).and_then(|record| log.event(record)).map(|event| event.words()).unwrap_or_default()
    };
    assert_eq!(left(1), "Left in flight: 1 packet id (3); and so on");
    assert_eq!(left(11), "Left in flight: 11 packet ids (3); and so on");
    for (number, kind) in EventKind::ALL.into_iter().enumerate() {
        assert_eq!((kind as usize, EventKind::from_name(kind.name())), (number, Some(kind)));
    }
}

#[test]
fn a_violation_is_marked_and_told() {
    let mut log = log_of(1 << 20);
    let number = log.sent(1, b"\x38\x05\x00\x01thi");
    let event = number + 1;
    assert!(log.record(number).is_some_and(Record::is_violation));
    assert_eq!(log.before(event), Some(number));
    let words = log.record(event).and_then(|record| log.event(record)).map(|event| event.words());
    assert!(words.is_some_and(|words| words.ends_with("(byte 0, MQTT 3.1, Fixed header, DUP)")));
}

#[test]
fn a_time_is_found_among_many_blocks() {
    let mut log = log_of(64 << 20);
    for time in 0..20_000 {
        log.sent(2 * time, b"\xc0\x00");
    }
    assert_eq!(
        [0, 1, 2, 19_999, 39_998, 39_999].map(|time| log.find_time(time)),
        [0, 1, 1, 10_000, 19_999, 20_000]
    );
    assert_eq!(log.records_from(9_000).count(), 11_000);
    assert_eq!(log.records_from(20_000).count(), 0);
}

#[test]
fn two_sockets_whose_bytes_take_turns_never_mix() {
    // Packets of all sizes around that of a chunk, in pieces that end anywhere, on three connections and both ways.
    let mut log = log_of(64 << 20);
    let streams: Vec<(ConnectionId, Direction, Vec<Vec<u8>>)> = (0..3)
        .flat_map(|number| [(number, Direction::In), (number, Direction::Out)])
        .map(|(number, direction)| {
            let side = number as u8 * 2 + u8::from(direction == Direction::In);
            let packets = [3, 40, 9_000, 1, 300_000, 700, 2_000_000, 5].map(|len| publish_of(len, side));
            let connection = match number {
                2 => log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V311)),
                number => ConnectionId(number),
            };
            (connection, direction, packets.to_vec())
        })
        .collect();
    let mut rest: Vec<Vec<u8>> = streams.iter().map(|(.., packets)| packets.concat()).collect();
    let mut found = vec![Vec::new(); streams.len()];
    let mut piece = 1;
    while rest.iter().any(|rest| !rest.is_empty()) {
        for (at, (connection, direction, _)) in streams.iter().enumerate() {
            piece = piece * 7 % 50_021 + 1;
            let len = piece.min(rest[at].len());
            let taken: Vec<u8> = rest[at].drain(..len).collect();
            found[at].extend(receive_from(&mut log, *connection, *direction, 1, &taken));
        }
    }
    for ((connection, direction, packets), found) in streams.iter().zip(&found) {
        assert_eq!(found.len(), packets.len());
        for (packet, &number) in packets.iter().zip(found) {
            let record = log.record(number).expect("it is kept");
            assert_eq!((record.connection, record.direction()), (*connection, *direction));
            assert!(kept(&log, number) == packet);
        }
        assert_eq!(log.pending(*connection, *direction), b"");
    }
    let sent: usize = streams.iter().flat_map(|(.., packets)| packets).map(Vec::len).sum();
    assert!(log.size() < 2 * sent, "{} B for {sent} B", log.size());
}

/// A PUBLISH at QoS 0 with a payload of one byte again and again.
fn publish_of(len: usize, byte: u8) -> Vec<u8> {
    let mut packet = vec![0x30];
    let mut rest = len + 3;
    while rest > 0x7f {
        packet.push(rest as u8 & 0x7f | 0x80);
        rest >>= 7;
    }
    packet.push(rest as u8);
    packet.extend_from_slice(b"\x00\x01t");
    packet.resize(packet.len() + len, byte);
    packet
}

#[test]
fn both_sides_may_be_in_the_middle_of_a_packet() {
    let mut log = log_of(1 << 20);
    let mut numbers = Vec::new();
    for at in 0..PUBLISH.len() {
        for direction in [Direction::Out, Direction::In] {
            numbers.extend(receive_from(&mut log, C, direction, at as u64, &PUBLISH[at..=at]));
        }
    }
    assert_eq!(numbers, [0, 1]);
    assert_eq!((kept(&log, 0), kept(&log, 1)), (PUBLISH, PUBLISH));
    let directions = [0, 1].map(|number| log.record(number).map(Record::direction));
    assert_eq!(directions, [Some(Direction::Out), Some(Direction::In)]);
}

#[test]
fn a_peer_that_announces_much_reserves_nothing() {
    let mut log = log_of(64 << 20);
    for number in 0..100 {
        let connection = log.add_connection(SourceId::LIVE, Version::Unknown);
        let piece = b"\x30\xff\xff\xff\x7f\x00\x01t";
        assert_eq!(receive_from(&mut log, connection, Direction::In, number, piece), []);
        assert_eq!(log.announced(connection, Direction::In), Some(268_435_460));
    }
    assert!(log.size() <= 1 << 20, "{}", log.size());
}

#[test]
fn what_this_program_sends_is_checked_and_said_to_be_its_own() {
    let mut log = log_of(1 << 20);
    let number = log.sent(1, b"\x39\x05\x00\x01thi");
    let event = log.record(number + 1).and_then(|record| log.event(record)).expect("an event");
    assert!(event.words().starts_with("Rule broken by this page itself: DUP is set at QoS 0 (byte 0, "));
    assert!(matches!(event, Event::Violation { by: Sender::Page, offset: 0, .. }));
    assert_eq!(log.before(number + 1), Some(number));
    let number = log.sent(2, b"\x90\x02\x00\x09");
    assert!(log.record(number).is_some_and(|record| record.is_violation() && record.facts().own));
    let number = log.sent(3, b"\x32\x02\x00\x09");
    let event = log.record(number + 1).and_then(|record| log.event(record)).expect("an event");
    let words = "Sent by this page itself, and not a valid packet here: ";
    assert!(event.words().starts_with(words), "{}", event.words());
}

#[test]
fn a_packet_full_of_faults_is_told_in_nine_events() {
    let mut log = log_of(1 << 20);
    let suback = [b"\x90\x16\x00\x01".as_slice(), &[7; 20]].concat();
    log.receive(C, Direction::In, suback.len(), |room| room.copy_from_slice(&suback));
    let heard = log.next_packet(1, C, Direction::In, |packet| {
        (
            packet.number,
            packet.packet.is_some_and(|packet| packet.is_ok()),
            packet.violations.len(),
            packet.more_violations,
        )
    });
    assert_eq!(heard, Ok(Some((0, true, 8, 12))));
    let kinds: Vec<_> = log.records_from(1).filter_map(Record::event_kind).collect();
    assert_eq!(kinds, [&[EventKind::Violation; 8][..], &[EventKind::MoreViolations]].concat());
    assert!((1..10).all(|number| log.before(number) == Some(0)));
}

#[test]
fn a_server_that_sends_connect_or_disconnect_is_not_the_client() {
    let connect = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01c";
    let mut log = log_of(1 << 20);
    let open = log.add_connection(SourceId::LIVE, Version::Unknown);
    for frame in [&connect[..], b"\xe0\x00"] {
        log.push_packet(1, open, Direction::In, frame, PacketFacts::default());
    }
    let about = log.connection(open).expect("it is open");
    assert_eq!((about.connect, about.disconnect, about.client_id.as_str()), (None, None, ""));
    assert_eq!(about.version, Version::Unknown);
    for frame in [&connect[..], b"\xe0\x00"] {
        log.push_packet(1, open, Direction::Out, frame, OWN);
    }
    let about = log.connection(open).expect("it is open");
    assert_eq!((about.connect, about.disconnect, about.client_id.as_str()), (Some(2), Some(3), "c"));
    assert_eq!(about.version, Version::Known(ProtocolVersion::V311));
}

#[test]
fn a_rule_counts_on_an_unknown_connection_only_if_all_versions_have_it() {
    let mut log = log_of(1 << 20);
    let unknown = log.add_connection(SourceId::LIVE, Version::Unknown);
    // PUBREL with DUP is for 3.1, SUBACK with a failure for 3.1.1; packet id 0 is for none.
    let before_5 = Version::Before5;
    for (frame, is_violation, version) in [
        (&b"\x6a\x02\x00\x05"[..], false, Version::Unknown),
        // In MQTT 5 it would have a Property Length.
        (b"\x90\x03\x00\x05\x80", false, before_5),
        (b"\x40\x02\x00\x00", true, before_5),
        (b"\x60\x02\x00\x05", true, before_5),
        (b"\x6a\x02\x00\x00", true, before_5),
    ] {
        let number = log.push_packet(1, unknown, Direction::In, frame, PacketFacts::default());
        let record = log.record(number).expect("it is kept");
        assert_eq!((record.is_violation(), log.version_of(record)), (is_violation, version));
        assert_eq!(log.end() - number, 1 + u32::from(is_violation));
    }
}

#[test]
fn a_connection_goes_with_its_last_record_unless_it_is_open() {
    let mut log = log_of(1 << 20);
    let closed = log.add_connection(SourceId::LIVE, Version::Unknown);
    log.push_packet(1, closed, Direction::Out, PUBLISH, OWN);
    log.push_event(2, closed, Event::Closed { words: "over", failed: false });
    log.sent(3, PUBLISH);
    assert_eq!((log.connections().count(), log.in_flight()), (3, [2, 0]));
    log.drop_before(1);
    assert!(log.connection(closed).is_some_and(|about| about.closed == Some(2)));
    log.drop_before(2);
    assert_eq!((log.connection(closed), log.in_flight()), (None, [1, 0]));
    log.drop_before(3);
    assert_eq!((log.connections().count(), log.connection(C).is_some()), (2, true));
    // One that never had a record, and one whose number was never given.
    let never = log.add_connection(SourceId::LIVE, Version::Unknown);
    log.close(never);
    for gone in [never, closed, ConnectionId(u32::MAX)] {
        assert_eq!(receive_from(&mut log, gone, Direction::In, 4, PUBLISH), []);
        let number = log.push_packet(4, gone, Direction::Out, PUBLISH, OWN);
        assert_eq!((kept(&log, number), log.before(number)), (PUBLISH, None));
    }
    assert_eq!(log.connections().count(), 2);
}

#[test]
fn a_flood_of_connections_leaves_what_is_kept() {
    let mut log = log_of(4 << 20);
    let connect =
        |id: u32| [b"\x10\x11\x00\x04MQTT\x04\x00\x00\x00\x00\x05", format!("{id:05}").as_bytes()].concat();
    for number in 0..70_000_u32 {
        let connection = log.add_connection(SourceId::LIVE, Version::Unknown);
        // Each client comes back once, and its message goes on.
        log.push_packet(1, connection, Direction::Out, &connect(number / 2), OWN);
        let publish: &[u8] = if number % 2 == 0 { PUBLISH } else { b"\x3a\x07\x00\x01t\x00\x09hi" };
        let message = log.push_packet(2, connection, Direction::Out, publish, OWN);
        let before = (number % 2 == 1).then(|| message - 3);
        assert_eq!(log.before(message), before);
        log.push_event(3, connection, Event::Closed { words: "over", failed: false });
    }
    let kept = (log.end() - log.first()).div_ceil(3);
    let count = log.connections().count() as u32;
    assert!((kept..kept + 3 + 2).contains(&count), "{count} connections of {kept}");
    assert!(log.in_flight()[0] <= count && log.first() > 100_000, "{:?}", log.in_flight());
}

#[test]
fn facts_are_added_as_they_are_found_out() {
    let mut log = log_of(1 << 20);
    let number = receive(&mut log, 1, PUBLISH)[0];
    assert_eq!(log.record(number).map(Record::facts), Some(PacketFacts::default()));
    for facts in [
        PacketFacts { repeat: true, ..PacketFacts::default() },
        PacketFacts { held: true, ..PacketFacts::default() },
    ] {
        log.mark(number, facts);
    }
    let expected = PacketFacts { repeat: true, held: true, ..PacketFacts::default() };
    let record = log.record(number).expect("it is kept");
    assert_eq!((record.facts(), record.header_len(), record.packet_id), (expected, 2, 9));
    for (name, mut facts) in expected.named().map(|(name, _)| (name, PacketFacts::default())) {
        *facts.named_mut(name).expect("it is a fact") = true;
        assert_eq!(PacketFacts::from_byte(facts.to_byte()), facts);
        assert_eq!(facts.named().into_iter().filter(|&(_, is_so)| is_so).collect::<Vec<_>>(), [(name, true)]);
    }
}

#[test]
fn events_come_out_as_they_went_in() {
    let mut log = log_of(1 << 20);
    let version = ProtocolVersion::V311;
    let events = [
        Event::Opening { url: "ws://a/", subprotocols: "mqtt" },
        Event::NotOpened { words: "no" },
        Event::Opened { subprotocol: "", after_ms: 3 },
        Event::Refused { return_code: 5 },
        Event::PingWithheld,
        Event::AcknowledgementHeld { packet_type: PacketType::PubRec, packet_id: 7 },
        Event::RepeatNotDelivered { packet_id: 7 },
        Event::KeepAliveExpired { secs: 60 },
        Event::LeftInFlight { count: 2, ids: "1, 2", fate: "gone" },
        Event::NotGranted { filter: "a/#" },
        Event::Violation { rule: Fault::Found(Rule::DupAtQos0, version), offset: 9, by: Sender::Page },
        Event::Violation { rule: Fault::Told { words: "a", clause: "b" }, offset: 9, by: Sender::Peer },
        Event::MoreViolations { count: 3, by: Sender::Client },
        Event::Garbage {
            error: Fault::Found(DecodeErrorKind::RemainingLengthTooLong, version),
            offset: 4,
            by: Sender::Broker,
        },
        Event::PeerError { error: Fault::Found(PeerError::SecondConnAck, version) },
        Event::ClientError {
            error: Fault::Found(ClientError::NotFromClient(PacketType::PingResp), version),
            by: Sender::Client,
        },
        Event::ClientError { error: Fault::Told { words: "a", clause: "b" }, by: Sender::Peer },
        Event::Incomplete { len: 1 },
        Event::TextMessage { chars: 4 },
        Event::ClockSet { later: true, by_ms: 1_000 },
        Event::Gap { len: 5, direction: Direction::In, after: 7 },
        Event::TcpConnection {
            ends: Ends { client: End::of_v4([10, 0, 0, 2], 40_000), server: End::of_v4([10, 0, 0, 1], 1883) },
        },
        Event::Note { name: "mine", words: "all" },
        Event::Closed { words: "over", failed: true },
    ];
    for event in events {
        let number = log.push_event(1, C, event);
        assert_eq!(log.record(number).and_then(|record| log.event(record)), Some(event));
        // What a file or another module tells is the same event.
        let mut data = Vec::new();
        event.each_value(&mut |value| Values::push(&mut data, value));
        assert_eq!(Event::of_values(event.kind(), Values(&data)), event);
    }
    let kinds: Vec<_> = events.iter().map(Event::kind).collect();
    assert!(EventKind::ALL.into_iter().all(|kind| kinds.contains(&kind)));
}

fn colour(log: &Log, number: u32) -> Option<u8> {
    log.record(number).and_then(Record::colour)
}

fn publish(id: u8) -> [u8; 7] {
    [0x32, 5, 0, 1, b't', 0, id]
}

/// The colours of open exchanges, however they were opened and ended.
fn open_colours(log: &Log) -> Vec<u8> {
    let open = log.records_from(0).filter(|record| record.awaits_answer());
    open.filter_map(Record::colour).collect()
}

#[test]
fn open_exchanges_share_no_colour_while_one_is_free() {
    let mut log = log_of(1 << 20);
    // Seven are open: two share one.
    for id in 1..=7 {
        log.sent(1, &publish(id));
    }
    let colours: Vec<_> = (0..7).filter_map(|number| colour(&log, number)).collect();
    assert_eq!(colours.len(), 7);
    let counts = |colours: &[u8]| -> Vec<usize> {
        (0..Log::COLOURS).map(|colour| colours.iter().filter(|&&found| found == colour).count()).collect()
    };
    let mut sorted = counts(&colours);
    sorted.sort_unstable();
    assert_eq!(sorted, [1, 1, 1, 1, 1, 2]);
    // Both of that colour's holders and another one end: what begins then takes what is free.
    let puback = |id: u8| [0x40, 2, 0, id];
    for id in [1, 3] {
        let number = log.push_packet(2, C, Direction::In, &puback(id), PacketFacts::default());
        assert_eq!(colour(&log, number), Some(colours[usize::from(id) - 1]));
    }
    let number = log.sent(3, &publish(8));
    assert_eq!(colour(&log, number), Some(colours[2]), "the seventh still has that of the first");
    let found = open_colours(&log);
    assert!(counts(&found).iter().all(|&count| count == 1), "{found:?}");
}

#[test]
fn colours_come_back_from_whatever_ends_an_exchange() {
    let mut log = log_of(1 << 20);
    let fill = |log: &mut Log, first: u8| {
        (first..first + 6).for_each(|id| _ = log.sent(1, &publish(id)));
        let mut found = open_colours(log);
        found.truncate(6);
        found.sort_unstable();
        found
    };
    let all = [0, 1, 2, 3, 4, 5];
    assert_eq!(fill(&mut log, 1), all);
    // Another message takes the ids without a word.
    assert_eq!(log.in_flight(), [6, 0]);
    (1..=6).for_each(|id| _ = log.sent(2, &publish(id)));
    assert_eq!(log.colours_in_use(), [1; 6]);
    // Answers at QoS 1 and 2, of requests too.
    for (asked, answer) in [
        (&b"\x34\x05\x00\x01t\x00\x21"[..], &b"\x50\x02\x00\x21"[..]),
        (b"\x62\x02\x00\x21", b"\x70\x02\x00\x21"),
        (b"\x82\x06\x00\x22\x00\x01a\x01", b"\x90\x03\x00\x22\x01"),
    ] {
        log.sent(3, asked);
        log.push_packet(4, C, Direction::In, answer, PacketFacts::default());
    }
    assert_eq!(log.colours_in_use(), [1; 6]);
    // What the log drops, and what was open as its connection ended.
    log.set_budget(1);
    assert_eq!(log.colours_in_use().iter().sum::<u32>(), 0);
    log.set_budget(1 << 20);
    fill(&mut log, 1);
    log.push_event(5, C, Event::Closed { words: "over", failed: false });
    assert_eq!(log.colours_in_use(), [0; 6]);
    log.clear();
    assert_eq!(log.colours_in_use(), [0; 6]);
}

#[test]
fn an_id_of_0_is_one_and_no_id_is_none() {
    let mut log = log_of(1 << 20);
    for (frame, id) in [
        (&b"\x40\x02\x00\x00"[..], Some(0)),
        (b"\x32\x05\x00\x01t\x00\x00", Some(0)),
        (b"\x32\x05\x00\x01t\x00\x07", Some(7)),
        (b"\x32\x03\x00\x01t", None),
        (b"\x30\x05\x00\x01thi", None),
        (b"\x40\x01\x00", None),
        (b"\xc0\x00", None),
    ] {
        let number = log.sent(1, frame);
        assert_eq!(log.record(number).and_then(Record::id), id, "{frame:x?}");
    }
}

#[test]
fn a_server_is_the_same_whatever_its_query_says() {
    assert_eq!((server_of("ws://h/p?token=1"), server_of("ws://h/p")), ("ws://h/p", "ws://h/p"));
}
