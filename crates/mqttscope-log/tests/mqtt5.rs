//! Connections of MQTT 5: how they are recognised, what is misbehaviour on them, their exchanges, their files.

use std::path::PathBuf;
use std::process::Command;

use mqttscope_log::export::Format;
use mqttscope_log::import::Importer;
use mqttscope_log::ladder::Ladder;
use mqttscope_log::{ConnectionId, Direction, Event, EventKind, Log, PacketFacts, SourceId, Version};
use mqttscope_proto::{PacketType, ProtocolVersion, ReasonCode};

mod common;
use common::capture::{Frame, Framing, pcap};
use common::files::{exported, read_apart};
use common::{Feed, log_of_version};

const V5: Version = Version::Known(ProtocolVersion::V5);

/// A CONNECT with an Authentication Method, and a Topic Alias Maximum.
const CONNECT: &[u8] = b"\x10\x16\x00\x04MQTT\x05\x02\x00\x3c\x08\x15\x00\x02me\x22\x00\x01\x00\x01c";
const CONNACK: &[u8] = b"\x20\x0b\x00\x00\x08\x21\x00\x0a\x15\x00\x02me";
const AUTH: &[u8] = b"\xf0\x07\x18\x05\x15\x00\x02me";

/// An authentication, an exchange of each QoS, subscriptions with codes, aliases, and a server that ends it.
fn conversation() -> Vec<(bool, &'static [u8])> {
    vec![
        (true, CONNECT),
        (false, AUTH),
        (true, AUTH),
        (false, b"\x20\x0d\x00\x00\x0a\x15\x00\x02me\x16\x00\x02ok"),
        (true, b"\x82\x07\x00\x01\x00\x00\x01a\x2e"),
        (false, b"\x90\x04\x00\x01\x00\x87"),
        (true, b"\x32\x08\x00\x01a\x00\x02\x00hi"),
        (false, b"\x40\x03\x00\x02\x10"),
        (true, b"\x34\x08\x00\x01a\x00\x03\x00hi"),
        (false, b"\x50\x03\x00\x03\x97"),
        (false, b"\x30\x07\x00\x01a\x03\x23\x00\x01"),
        (false, b"\x30\x08\x00\x00\x03\x23\x00\x01ho"),
        (true, b"\xa2\x06\x00\x04\x00\x00\x01a"),
        (false, b"\xb0\x04\x00\x04\x00\x11"),
        (false, b"\xe0\x02\x8b\x00"),
    ]
}

fn capture(segments: &[(bool, &[u8])]) -> Vec<u8> {
    let mut frame = Frame::new(Framing::Raw);
    let mut frames = frame.handshake();
    frames.extend(segments.iter().map(|(out, bytes)| frame.data(*out, bytes)));
    frames.extend(frame.end());
    pcap(Framing::Raw, &frames)
}

/// As a capture has it that begins in the middle.
fn from_the_middle(segments: &[(bool, &[u8])]) -> Vec<u8> {
    let mut frame = Frame::new(Framing::Raw);
    let frames: Vec<_> = segments.iter().map(|(out, bytes)| frame.data(*out, bytes)).collect();
    pcap(Framing::Raw, &frames)
}

fn read(file: &[u8]) -> Log {
    let mut log = Log::new(64 << 20);
    let mut importer = Importer::new(&mut log);
    importer.push(file, &mut log);
    assert_eq!(importer.finish(&mut log).broken, None);
    log
}

/// The numbers of packets.
fn packets(log: &Log) -> Vec<u32> {
    (log.first()..log.end())
        .filter(|&number| log.record(number).is_some_and(|found| !found.is_event()))
        .collect()
}

/// What is told against anybody.
fn faults(log: &Log) -> Vec<String> {
    let events =
        log.records_from(0).filter(|record| record.event_kind().is_some_and(EventKind::is_violation));
    events.filter_map(|record| log.event(record)).map(|event| event.words()).collect()
}

fn check_conversation(log: &Log, what: &str) {
    assert_eq!(faults(log), [""; 0], "{what}");
    let numbers = packets(log);
    assert_eq!(numbers.len(), conversation().len(), "{what}");
    for &number in &numbers {
        let record = log.record(number).expect("it is kept");
        assert_eq!(log.version_of(record), V5, "{what}");
        assert!(!record.is_violation() && !record.is_undecoded() && !record.is_broken(), "{what}, {number}");
    }
    let topic = |at: usize| {
        let record = log.record(numbers[at]).expect("it is kept");
        log.topic(numbers[at], record).and_then(|topic| topic.name()).map(<[u8]>::to_vec)
    };
    assert_eq!((topic(6), topic(11)), (Some(b"a".to_vec()), Some(b"a".to_vec())), "{what}");
    let payload = |at: usize| log.payload(log.record(numbers[at]).expect("it is kept")).map(<[u8]>::to_vec);
    let expected = [Some(b"hi".to_vec()), Some(Vec::new()), Some(b"ho".to_vec())];
    assert_eq!([payload(6), payload(10), payload(11)], expected, "{what}");
    assert!(log.records_from(0).all(|record| !record.awaits_answer()), "{what}");
    assert_eq!(log.in_flight(), [0, 0], "{what}");
}

#[test]
fn a_connect_of_level_5_makes_its_connection_mqtt_5() {
    let file = capture(&conversation());
    check_conversation(&read(&file), "a capture");
    check_conversation(&read_apart(&file), "a capture that is read apart");
    let mut log = log_of_version(ProtocolVersion::V5, 1 << 20, 2);
    for (out, packet) in conversation() {
        if out {
            log.sent(1, packet)
        } else {
            log.came(1, packet)
        };
    }
    check_conversation(&log, "live");
}

#[test]
fn it_comes_back_from_every_file() {
    let log = read(&capture(&conversation()));
    for format in [Format::Pcapng, Format::JsonLines] {
        let file = exported(&log, format, false);
        check_conversation(&read(&file), &format!("{format:?}"));
        check_conversation(&read_apart(&file), &format!("{format:?}, read apart"));
    }
    // A file of a program to which the level was not known.
    let file = String::from_utf8(exported(&log, Format::JsonLines, false)).expect("text");
    let older = file.replace("\"version\":\"5\"", "\"version\":\"level 5\"");
    assert!(file.contains("\"version\":\"5\"") && older != file);
    check_conversation(&read(older.as_bytes()), "an older file");
}

/// Messages of each QoS with properties from `mosquitto_pub -V 5` to `mosquitto_sub -V 5`, captured by dumpcap.
#[test]
fn a_capture_of_others_has_nothing_wrong() {
    let file = include_bytes!("captures/mosquitto-5.pcap");
    for log in [read(file), read_apart(file)] {
        assert_eq!(faults(&log), [""; 0]);
        let numbers = packets(&log);
        assert_eq!(numbers.len(), 41);
        for record in numbers.iter().filter_map(|&number| log.record(number)) {
            assert_eq!((log.version_of(record), record.is_violation()), (V5, false));
            assert!(!record.awaits_answer());
        }
        let answer = numbers.iter().filter_map(|&number| log.record(number)?.reason_code());
        assert_eq!(answer.filter(|&code| code == ReasonCode::NO_MATCHING_SUBSCRIBERS).count(), 1);
    }
}

#[test]
fn json_lines_have_the_form_of_mqtt_5() {
    let file = exported(&read(&capture(&conversation())), Format::JsonLines, false);
    let lines: Vec<serde_json::Value> =
        file.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let of_type = |name: &str| lines.iter().filter(|line| line["type"] == name).collect::<Vec<_>>();
    assert_eq!(of_type("CONNECT")[0]["clean_start"], true);
    assert_eq!(of_type("PUBACK")[0]["reason_code"], 0x10);
    assert_eq!(of_type("PUBACK")[0]["properties"], serde_json::Value::Null);
    assert_eq!(of_type("AUTH")[0]["properties"][0]["name"], "authentication_method");
    assert_eq!(of_type("UNSUBACK")[0]["reason_codes"], serde_json::json!([0x11]));
    assert_eq!(of_type("SUBSCRIBE")[0]["filters"][0]["retain_handling"], 2);
    let publishes = of_type("PUBLISH");
    assert_eq!((&publishes[3]["topic"], &publishes[3]["alias_topic"]), (&"".into(), &"a".into()));
    assert_eq!(publishes[0].get("alias_topic"), None);
}

#[test]
fn tshark_reads_an_export_as_mqtt_5() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("mqtt5.pcapng");
    std::fs::write(&path, exported(&read(&capture(&conversation())), Format::Pcapng, false))
        .expect("written");
    let fields = ["mqtt.msgtype", "mqtt.property_id", "_ws.malformed"];
    let mut tshark = Command::new("tshark");
    tshark.arg("-r").arg(&path).args(["-Y", "mqtt", "-T", "fields", "-E", "separator=|"]);
    let output = tshark.args(fields.iter().flat_map(|field| ["-e", field])).output().expect("tshark");
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('|').collect()).collect();
    let types: Vec<_> = lines.iter().map(|line| line[0]).collect();
    let expected = ["1", "15", "15", "2", "8", "9", "3", "4", "3", "5", "3", "3", "10", "11", "14"];
    assert_eq!(types, expected, "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(lines.iter().all(|line| line[2].is_empty()), "{text}");
    assert_eq!((lines[0][1], lines[10][1]), ("0x15,0x22", "0x23"), "{text}");
}

#[test]
fn the_version_is_learnt_where_connect_was_not_seen() {
    let behind = |from: usize| from_the_middle(&conversation()[from..]);
    for from in [3, 4, 5, 7, 9, 13] {
        let log = read(&behind(from));
        assert_eq!(faults(&log), [""; 0], "from {from}");
        for number in packets(&log) {
            let record = log.record(number).expect("it is kept");
            assert_eq!((log.version_of(record), record.is_violation()), (V5, false), "from {from}");
        }
        assert_eq!(packets(&log).len(), conversation().len() - from, "from {from}");
    }
    // What is one of MQTT 5 does not stand against a connection of which 3.1.1 was seen.
    let mut log = Log::new(1 << 20);
    let source = log.add_source();
    let connection = log.add_connection(source, Version::Unknown);
    for packet in [&b"\xd0\x00"[..], b"\x30\x05\x00\x01thi", b"\x40\x03\x00\x01\x10"] {
        log.push_packet(1, connection, Direction::In, packet, PacketFacts::default());
    }
    assert_eq!(log.version(connection), Version::Before5);
    assert_eq!(faults(&log).len(), 1, "{:?}", faults(&log));
}

#[test]
fn a_packet_before_the_version_is_learnt_is_read_in_it_afterwards() {
    let mut log = Log::new(1 << 20);
    let source = log.add_source();
    let connection = log.add_connection(source, Version::Unknown);
    let mut push =
        |packet: &[u8]| log.push_packet(1, connection, Direction::In, packet, PacketFacts::default());
    // Both versions have such packets.
    let [first, setter] =
        [&b"\x30\x06\x00\x01a\x00hi"[..], b"\x30\x09\x00\x01b\x03\x23\x00\x07ho"].map(&mut push);
    let user = push(b"\x30\x08\x00\x00\x03\x23\x00\x07he");
    assert_eq!(log.version(connection), V5);
    let payloads = [first, setter, user].map(|number| log.payload(log.record(number).expect("it is kept")));
    assert_eq!(payloads, [Some(&b"hi"[..]), Some(b"ho"), Some(b"he")]);
    let topic = log.record(user).and_then(|record| log.topic(user, record)?.name());
    assert_eq!(topic, Some(&b"b"[..]));
}

#[test]
fn packets_are_found_behind_a_hole() {
    let mut frame = Frame::new(Framing::Raw);
    let mut frames = frame.handshake();
    frames.push(frame.data(true, CONNECT));
    frames.push(frame.data(false, CONNACK));
    let at = CONNECT.len();
    let publish: &[u8] = b"\x30\x07\x00\x01a\x03\x23\x00\x01";
    frames.push(frame.segment(at, &publish[..4]));
    // Eleven bytes are missing.
    let uses: &[u8] = b"\x30\x08\x00\x00\x03\x23\x00\x01ho";
    frames.push(frame.segment(at + 15, uses));
    frames.push(frame.segment(at + 15 + uses.len(), b"\xe0\x01\x04"));
    let log = read(&pcap(Framing::Raw, &frames));
    assert_eq!(faults(&log), [""; 0]);
    let types: Vec<_> =
        packets(&log).iter().filter_map(|&number| log.record(number)?.packet_type()).collect();
    use PacketType as T;
    assert_eq!(types, [T::Connect, T::ConnAck, T::Publish, T::Disconnect]);
}

#[test]
fn what_a_server_does_is_judged_by_its_version() {
    use PacketType as T;
    let told = |version_5: bool, packets: &[(bool, &[u8])]| {
        let connect_311 = common::connect("c", true, None);
        let connect = if version_5 { CONNECT } else { &connect_311[..] };
        let segments: Vec<_> = [(true, connect)].into_iter().chain(packets.iter().copied()).collect();
        faults(&read(&capture(&segments)))
    };
    let disconnect: &[u8] = b"\xe0\x00";
    assert_eq!(told(true, &[(false, CONNACK), (false, disconnect)]), [""; 0]);
    let faults = told(false, &[(false, b"\x20\x02\x00\x00"), (false, disconnect)]);
    assert!(
        faults.len() == 1 && faults[0].contains(&format!("does not send {}", T::Disconnect)),
        "{faults:?}"
    );
    let early = told(true, &[(false, b"\xe0\x01\x8b")]);
    assert!(early.len() == 1 && early[0].contains("DISCONNECT came before CONNACK"), "{early:?}");
    // Codes of an answer, one for each filter.
    let unsubscribe: &[u8] = b"\xa2\x09\x00\x04\x00\x00\x01a\x00\x01b";
    let subscribe: &[u8] = b"\x82\x0b\x00\x05\x00\x00\x01a\x00\x00\x01b\x00";
    let answers: [(&[u8], &[u8], usize); 4] = [
        (unsubscribe, b"\xb0\x05\x00\x04\x00\x00\x11", 0),
        (unsubscribe, b"\xb0\x04\x00\x04\x00\x00", 1),
        (subscribe, b"\x90\x05\x00\x05\x00\x00\x80", 0),
        (subscribe, b"\x90\x06\x00\x05\x00\x00\x80\x00", 1),
    ];
    for (question, answer, count) in answers {
        let faults = told(true, &[(false, CONNACK), (true, question), (false, answer)]);
        assert_eq!(faults.len(), count, "{faults:?}");
    }
    // A refused message leaves its identifier free: a PUBCOMP for it is too much.
    let publish: &[u8] = b"\x34\x08\x00\x01a\x00\x03\x00hi";
    let refused: [(bool, &[u8]); 4] =
        [(false, CONNACK), (true, publish), (false, b"\x50\x03\x00\x03\x97"), (false, b"\x70\x02\x00\x03")];
    assert_eq!(told(true, &refused[..3]), [""; 0]);
    let faults = told(true, &refused);
    assert!(faults.len() == 1 && faults[0].contains("PUBCOMP names packet id 3"), "{faults:?}");
}

#[test]
fn a_refused_message_is_over() {
    let mut log = log_of_version(ProtocolVersion::V5, 1 << 20, 2);
    log.sent(0, b"\x34\x08\x00\x01a\x00\x03\x00hi");
    assert_eq!(log.in_flight(), [1, 0]);
    let refused = log.came(5, b"\x50\x03\x00\x03\x97");
    assert_eq!(log.in_flight(), [0, 0]);
    assert!(log.records_from(0).all(|record| !record.awaits_answer()));
    assert_eq!(log.record(refused).and_then(|record| record.reason_code()), Some(ReasonCode(0x97)));
    let ladder = Ladder::of(&log, 0).expect("an exchange");
    assert_eq!((ladder.arrows.len(), ladder.awaited), (2, None));
    assert_eq!(ladder.arrows[1].reason, Some(ReasonCode(0x97)));
    // The next message of that id is another one, even if it calls itself a copy.
    let next = log.sent(9, b"\x3c\x08\x00\x01a\x00\x03\x00ho");
    assert_eq!((log.before(next), log.in_flight()), (None, [1, 0]));
    // One that is accepted is answered as ever.
    log.came(10, b"\x50\x03\x00\x03\x10");
    let ladder = Ladder::of(&log, next).expect("an exchange");
    assert_eq!(ladder.awaited.map(|awaited| awaited.packet_type), Some(PacketType::PubRel));
}

#[test]
fn an_authentication_is_one_exchange() {
    use PacketType as T;
    let mut log = log_of_version(ProtocolVersion::V5, 1 << 20, 2);
    let types = |log: &Log, number: u32| {
        let ladder = Ladder::of(log, number).expect("an exchange");
        let types: Vec<_> = ladder.arrows.iter().map(|arrow| arrow.packet_type).collect();
        (types, ladder.awaited.map(|awaited| (awaited.packet_type, awaited.direction)))
    };
    log.sent(0, CONNECT);
    assert_eq!(types(&log, 0).1, Some((T::ConnAck, Direction::In)));
    log.came(1, AUTH);
    assert_eq!(types(&log, 0), (vec![T::Connect, T::Auth], Some((T::Auth, Direction::Out))));
    log.sent(2, AUTH);
    assert_eq!(types(&log, 0).1, Some((T::ConnAck, Direction::In)));
    let connack = log.came(3, CONNACK);
    assert_eq!(types(&log, connack), (vec![T::Connect, T::Auth, T::Auth, T::ConnAck], None));
    assert_eq!(log.answered(connack).map(|asked| asked.time), Some(0));
    // Again, while the connection goes on.
    let again = log.sent(10, b"\xf0\x07\x19\x05\x15\x00\x02me");
    assert_eq!(types(&log, again), (vec![T::Auth], Some((T::Auth, Direction::In))));
    log.came(11, AUTH);
    log.sent(12, AUTH);
    let done = log.came(13, b"\xf0\x07\x00\x05\x15\x00\x02me");
    assert_eq!(types(&log, done), (vec![T::Auth; 4], None));
    assert!(log.records_from(0).all(|record| !record.awaits_answer()));
    // Refused.
    log.sent_on(0, 20, CONNECT);
    let refused = log.came_on(0, 21, b"\x20\x03\x00\x8c\x00");
    let ladder = Ladder::of(&log, refused).expect("an exchange");
    assert_eq!((ladder.arrows[1].reason, ladder.awaited), (Some(ReasonCode(0x8c)), None));
}

#[test]
fn a_session_is_kept_for_as_long_as_it_does_not_expire() {
    let connect = |expiry: u8| {
        let connect = b"\x10\x13\x00\x04MQTT\x05\x00\x00\x3c\x05\x11\x00\x00\x00".to_vec();
        [&connect[..], &[expiry], b"\x00\x01c"].concat()
    };
    let left = |connect: &[u8], connack: &[u8]| {
        let mut log = Log::new(1 << 20);
        let id = log.add_connection(SourceId::LIVE, V5);
        for (direction, packet) in [
            (Direction::Out, connect),
            (Direction::In, connack),
            (Direction::Out, b"\x32\x08\x00\x01a\x00\x02\x00hi"),
        ] {
            log.push_packet(1, id, direction, packet, PacketFacts::default());
        }
        log.push_event(2, id, Event::Closed { words: "", failed: false });
        log.in_flight()[0]
    };
    assert_eq!(left(&connect(0), b"\x20\x03\x00\x00\x00"), 0);
    assert_eq!(left(&connect(9), b"\x20\x03\x00\x00\x00"), 1);
    // The server has the last word (MQTT 5, 3.2.2.3.2).
    assert_eq!(left(&connect(9), b"\x20\x08\x00\x00\x05\x11\x00\x00\x00\x00"), 0);
    assert_eq!(left(&connect(0), b"\x20\x08\x00\x00\x05\x11\x00\x00\x00\x07"), 1);
}

#[test]
fn csv_has_what_the_packets_of_mqtt_5_hold() {
    let log = read(&capture(&conversation()));
    let csv = String::from_utf8(exported(&log, Format::Csv, false)).expect("text");
    let publishes: Vec<Vec<&str>> = csv
        .lines()
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|cells| cells[4] == "PUBLISH")
        .collect();
    let shown: Vec<_> = publishes.iter().map(|cells| (cells[10], cells[11])).collect();
    assert_eq!(shown, [("a", "hi"), ("a", "hi"), ("a", ""), ("a", "ho")]);
    assert!(csv.contains(",AUTH,"));
    assert_eq!(log.connections().next().map(|(id, _)| id), Some(ConnectionId(0)));
}
