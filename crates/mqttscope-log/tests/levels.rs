//! Protocol levels that are not known, those of bridges, and passwords wherever they lie.

use mqttscope_log::export::Format;
use mqttscope_log::import::Importer;
use mqttscope_log::{Direction, EventKind, Log, PacketFacts, SourceId, Version};
use mqttscope_proto::{PacketType, PropertyId, ProtocolVersion};

mod common;
use common::capture::{Frame, Framing, pcap};
use common::connect;
use common::files::{exported, read_apart};

const FORMATS: [Format; 4] = [Format::Pcapng, Format::JsonLines, Format::Csv, Format::Raw];

fn read(file: &[u8]) -> Log {
    let mut log = Log::new(64 << 20);
    log.set_keeps_passwords(true);
    let mut importer = Importer::new(&mut log);
    importer.push(file, &mut log);
    let report = importer.finish(&mut log);
    assert_eq!(report.broken, None);
    log
}

fn capture(segments: &[(bool, &[u8])]) -> Vec<u8> {
    let mut frame = Frame::new(Framing::Raw);
    let mut frames = frame.handshake();
    frames.extend(segments.iter().map(|(out, bytes)| frame.data(*out, bytes)));
    pcap(Framing::Raw, &frames)
}

/// A CONNECT of MQTT 5 with a user name and a password.
fn connect_5(level: u8, password: &str) -> Vec<u8> {
    let mut body = b"\x00\x04MQTT".to_vec();
    body.extend_from_slice(&[level, 0xc2, 0, 60, 5, 0x11, 0, 0, 0, 10, 0, 1, b'c', 0, 1, b'u', 0]);
    body.push(password.len() as u8);
    body.extend_from_slice(password.as_bytes());
    [&[0x10, body.len() as u8], &body[..]].concat()
}

fn events(log: &Log) -> Vec<String> {
    log.records_from(0).filter_map(|record| log.event(record)).map(|event| event.words()).collect()
}

/// CONNECT with properties, CONNACK, PUBLISH, PUBACK with a reason, AUTH, PUBLISH with an alias, DISCONNECT with a reason.
fn conversation(level: u8) -> Vec<u8> {
    capture(&[
        (true, &connect_5(level, "pw")),
        (false, b"\x20\x06\x00\x00\x03\x21\x00\x0a"),
        (true, b"\x32\x08\x00\x01a\x00\x01\x00hi"),
        (false, b"\x40\x03\x00\x01\x10"),
        (false, b"\xf0\x02\x18\x00"),
        (true, b"\x30\x06\x00\x00\x03\x23\x00\x01"),
        (true, b"\x36\x02\x00\x00"),
        (true, b"\xe0\x02\x04\x00"),
    ])
}

#[test]
fn a_level_that_is_not_known_is_told_once_and_its_packets_by_their_type() {
    use PacketType as T;
    for level in [6, 7, 0, 0x86] {
        for log in [read(&conversation(level)), read_apart(&conversation(level))] {
            let packets: Vec<_> = log.records_from(0).filter(|record| !record.is_event()).collect();
            let types: Vec<_> = packets.iter().map(|record| record.packet_type()).collect();
            let expected = [
                T::Connect,
                T::ConnAck,
                T::Publish,
                T::PubAck,
                T::Auth,
                T::Publish,
                T::Publish,
                T::Disconnect,
            ];
            let expected = expected.map(Some);
            assert_eq!(types, expected, "level {level}");
            for record in packets {
                assert_eq!(log.version_of(record), Version::Level(level));
                assert!(record.is_undecoded() && !record.is_violation() && !record.awaits_answer());
                assert_eq!((log.wire_topic(record), log.payload(record), record.qos()), (None, None, None));
                assert_eq!((record.packet_id, record.dup(), record.retain()), (0, false, false));
            }
            let told = events(&log);
            let level_told: Vec<_> = told.iter().filter(|words| words.contains("protocol level")).collect();
            assert_eq!((told.len(), level_told.len()), (2, 1), "{told:?}");
            assert!(level_told[0].starts_with(&format!("The client speaks protocol level {level}")));
            for format in FORMATS {
                let file = exported(&log, format, false);
                let text = String::from_utf8_lossy(&file);
                assert!(!text.contains("[MQTT-") && !text.contains("MQTT 3.1"), "{format:?}: {text}");
            }
        }
    }
}

#[test]
fn a_level_that_is_not_known_comes_back_from_every_export() {
    let log = read(&conversation(6));
    for format in [Format::Pcapng, Format::JsonLines] {
        let back = read(&exported(&log, format, false));
        let records = |log: &Log| -> Vec<_> {
            let records = log.records_from(0).filter(|record| !record.is_event());
            records.map(|record| (record.first_byte, log.version_of(record), record.is_undecoded())).collect()
        };
        assert_eq!(records(&back), records(&log), "{format:?}");
        assert_eq!(events(&back).len(), 2, "{format:?}");
    }
}

#[test]
fn a_connect_of_no_known_name_is_not_a_level() {
    let mut connect = connect_5(9, "pw");
    connect[4..8].copy_from_slice(b"HTTP");
    let log = read(&capture(&[(true, &connect)]));
    assert_eq!(log.version_of(log.record(1).expect("CONNECT")), Version::Unknown);
    assert!(log.record(1).is_some_and(|record| record.is_violation()));
}

#[test]
fn a_connect_of_another_level_that_is_sent_on_a_live_connection_is_told_of_itself_alone() {
    let mut log = Log::new(1 << 20);
    let live = log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V311));
    let own = PacketFacts { own: true, raw: true, ..PacketFacts::default() };
    log.push_packet(1, live, Direction::Out, &connect("c", true, None), own);
    log.push_packet(2, live, Direction::Out, &connect_5(6, "pw"), own);
    log.push_packet(3, live, Direction::In, b"\xd0\x00", PacketFacts::default());
    assert_eq!(log.version(live), Version::Known(ProtocolVersion::V311));
    assert_eq!(
        log.records_from(0).map(|record| record.is_undecoded()).collect::<Vec<_>>(),
        [false, true, false, false]
    );
    assert!(log.records_from(0).all(|record| !record.is_violation()));
    assert!(events(&log)[0].starts_with("The client speaks protocol level 6, "));
}

#[test]
fn a_bridge_speaks_its_version_and_is_called_a_bridge() {
    for (level, name, version) in
        [(0x84, "\x00\x04MQTT", ProtocolVersion::V311), (0x83, "\x00\x06MQIsdp", ProtocolVersion::V31)]
    {
        let body = [name.as_bytes(), &[level, 2, 0, 60, 0, 1, b'c']].concat();
        let connect = [&[0x10, body.len() as u8], &body[..]].concat();
        let segments: [(bool, &[u8]); 3] =
            [(true, &connect), (false, b"\x20\x02\x00\x00"), (true, b"\x30\x04\x00\x01th")];
        for log in [read(&capture(&segments)), read_apart(&capture(&segments))] {
            let packets: Vec<_> = log.records_from(0).filter(|record| !record.is_event()).collect();
            assert!(packets.iter().all(|record| !record.is_violation() && !record.is_undecoded()));
            assert_eq!(log.wire_topic(packets[2]), Some(&b"t"[..]));
            assert_eq!(log.version_of(packets[0]), Version::Known(version));
            let told = events(&log);
            assert_eq!(told.len(), 2);
            assert!(told[1].starts_with("The client is a bridge: "), "{told:?}");
            let json = String::from_utf8(exported(&log, Format::JsonLines, false)).expect("text");
            assert!(json.contains("\"violations\":[]") && !json.contains("MQTT-3.1.2-2"), "{json}");
        }
    }
    // With the name of the other version it breaks a rule as any client does.
    let log = read(&capture(&[(true, b"\x10\x0d\x00\x04MQTT\x83\x02\x00\x3c\x00\x01c")]));
    assert!(log.records_from(0).any(|record| record.event_kind() == Some(EventKind::Violation)));
}

/// Captures that hold a password somewhere, each with what it is.
fn with_passwords() -> Vec<(&'static str, Vec<u8>)> {
    let secret = "secret-word";
    let connect_311 = connect("client-id-that-is-long", true, Some(secret.as_bytes()));
    let behind: &[u8] = b"\xc0\x00";
    let mut captures = vec![
        ("3.1.1", capture(&[(true, &connect_311), (false, b"\x20\x02\x00\x00")])),
        (
            "MQTT 5",
            capture(&[(true, &connect_5(5, secret)), (false, b"\x20\x03\x00\x00\x00"), (true, behind)]),
        ),
        ("level 7", capture(&[(true, &connect_5(7, secret)), (true, behind)])),
        (
            "in two segments",
            capture(&[(true, &connect_311[..40]), (true, &connect_311[40..]), (true, behind)]),
        ),
        ("never ended", capture(&[(true, &connect_311[..connect_311.len() - 1])])),
    ];
    for connect in [&connect_311, &connect_5(5, secret)] {
        let end = connect.len();
        for at in [4, 9, 11, 20, end - 13, end - 11, end - 5] {
            let frames = |segments: &[(usize, &[u8])]| {
                let mut frame = Frame::new(Framing::Raw);
                let mut frames = frame.handshake();
                frames.extend(segments.iter().map(|(at, bytes)| frame.segment(*at, bytes)));
                pcap(Framing::Raw, &frames)
            };
            captures.push(("its beginning is missing", frames(&[(at, &connect[at..]), (end, behind)])));
            captures.push((
                "a hole in it",
                frames(&[(0, &connect[..at - 2]), (at, &connect[at..]), (end, behind)]),
            ));
            captures.push(("swapped", frames(&[(at, &connect[at..]), (0, &connect[..at]), (end, behind)])));
            captures.push(("no SYN", {
                let mut frame = Frame::new(Framing::Raw);
                let frames = [frame.segment(at, &connect[at..]), frame.segment(end, behind)];
                pcap(Framing::Raw, &frames)
            }));
            // A frame that the capture has cut.
            let mut frame = Frame::new(Framing::Raw);
            let mut whole = frame.handshake();
            let mut cut = frame.segment(0, connect);
            cut.truncate(cut.len() - end + at.max(30) + 3);
            whole.extend([cut, frame.segment(end, behind)]);
            captures.push(("cut", pcap(Framing::Raw, &whole)));
        }
    }
    captures
}

/// Three letters of the password beside each other, as text or as hex.
fn holds_secret(bytes: &[u8]) -> bool {
    b"secret-word".windows(3).any(|part| {
        let hex: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
        bytes.windows(3).any(|found| found == part) || bytes.windows(6).any(|found| found == hex.as_bytes())
    })
}

#[test]
fn a_password_is_in_no_record_whatever_becomes_of_its_connect() {
    for (what, file) in with_passwords() {
        let log = read_apart(&file);
        for record in log.records_from(0).filter(|record| !record.is_event()) {
            let bytes = log.bytes(record);
            assert!(!holds_secret(bytes), "{what}: {}", String::from_utf8_lossy(bytes));
        }
    }
}

#[test]
fn a_password_is_in_no_export_whatever_becomes_of_its_connect() {
    for (what, file) in with_passwords() {
        let log = read(&file);
        assert!(!holds_secret(&exported(&log, Format::Raw, false)), "{what}");
        // The other formats have words of their own, of which some have such letters.
        for format in [Format::Csv, Format::Pcapng, Format::JsonLines] {
            let file = exported(&log, format, false);
            for part in [&b"secret"[..], b"et-word", b"7365637265", b"742d776f7264"] {
                assert!(!file.windows(part.len()).any(|found| found == part), "{what}, {format:?}");
            }
        }
    }
}

#[test]
fn what_is_no_password_stays_to_be_seen() {
    // A PUBLISH with a hole, and a CONNECT without a password with one.
    let publish = [&b"\x30\x32\x00\x01t"[..], &[b'x'; 47]].concat();
    let plain = connect("client-id", true, None);
    let mut frame = Frame::new(Framing::Raw);
    let mut frames = frame.handshake();
    frames.push(frame.segment(0, &plain[..18]));
    frames.push(frame.segment(20, &plain[20..]));
    let at = plain.len();
    frames.push(frame.segment(at, &publish[..20]));
    frames.push(frame.segment(at + 30, &publish[30..]));
    frames.push(frame.segment(at + publish.len(), b"\xc0\x00"));
    let log = read_apart(&pcap(Framing::Raw, &frames));
    let packets: Vec<_> =
        log.records_from(0).filter(|record| !record.is_event()).map(|record| log.bytes(record)).collect();
    let stars = packets.iter().filter(|bytes| bytes.contains(&b'*')).count();
    assert_eq!((packets.len(), stars), (3, 0), "{packets:?}");
    // What a capture lacks is nobody's fault.
    assert!(log.records_from(0).all(|record| !record.is_violation()));
}

#[test]
fn a_packet_whose_length_frames_it_is_one_row_whatever_it_holds() {
    let connect = connect("c", true, None);
    let log = read(&capture(&[
        (true, &connect),
        (false, b"\x20\x02\x00\x00\xd0\x01\x00\x40\x02\x00\x07"),
        (true, b"\x36\x05\x00\x01thi\xc0\x00"),
        (false, b"\x40\x01\x00\x90\x03\x00\x01\x00"),
    ]));
    let packets: Vec<_> = log.records_from(0).filter(|record| !record.is_event()).collect();
    let seen: Vec<_> = packets
        .iter()
        .map(|record| (record.packet_type().map(PacketType::name), record.is_violation()))
        .collect();
    let expected = [
        (Some("CONNECT"), false),
        (Some("CONNACK"), false),
        (Some("PINGRESP"), true),
        (Some("PUBACK"), false),
        (Some("PUBLISH"), true),
        (Some("PINGREQ"), false),
        (Some("PUBACK"), true),
        (Some("SUBACK"), false),
    ];
    assert_eq!(seen, expected);
    assert!(!packets[4].awaits_answer(), "whether QoS 3 is answered is not known");
    let words = events(&log);
    let faults: Vec<_> = words.iter().filter(|words| words.contains("not a valid packet here")).collect();
    assert!(faults[0].starts_with("Sent by the broker, and not a valid packet here: PINGRESP"), "{faults:?}");
    assert!(faults[1].starts_with("Sent by the client, and not a valid packet here: QoS 3"), "{faults:?}");
}

#[test]
fn text_is_no_row_of_packets() {
    let text = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 20\r\nContent-Type: text/html\r\n\r\n<h1>Bad Request</h1>";
    // MQTT 5 has PUBACKs of that length.
    for version in ProtocolVersion::ALL {
        let mut log = Log::new(1 << 20);
        let live = log.add_connection(SourceId::LIVE, Version::Known(version));
        for len in [20, text.len()] {
            log.receive(live, Direction::In, len, |room| room.copy_from_slice(&text[..len]));
            let error = log.next_packet(1, live, Direction::In, |_| ()).expect_err("no packet");
            let remains = log.push_garbage(1, live, Direction::In, &error).expect("bytes");
            assert_eq!(log.record(remains).map(|record| log.bytes(record)), Some(&text[..len]));
            let words =
                "Sent by the broker, and not a valid packet here: text of HTTP, which is no packet (byte 0, ";
            let told = events(&log).pop().expect("an event");
            assert!(told.starts_with(words), "{told}");
        }
    }
}

#[test]
fn the_answer_of_a_server_without_mqtt_5_is_called_that_in_captures_and_live() {
    let connect = b"\x10\x0e\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x01c";
    let connack = b"\x20\x02\x00\x01";
    let mut frame = Frame::new(Framing::Raw);
    let mut frames = frame.handshake();
    frames.extend([frame.data(true, connect), frame.data(false, connack)]);
    let captured = read_apart(&pcap(Framing::Raw, &frames));
    let mut live = Log::new(1 << 20);
    let id = live.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V5));
    live.push_packet(1, id, Direction::Out, connect, common::OWN);
    live.receive(id, Direction::In, connack.len(), |room| room.copy_from_slice(connack));
    live.next_packet(1, id, Direction::In, |_| ()).expect("a packet's frame");
    for log in [captured, live] {
        let told: Vec<_> = events(&log).into_iter().filter(|words| words.starts_with("Sent by")).collect();
        let words = "Sent by the broker, and not a valid packet here: CONNACK of an earlier version of MQTT, with return \
                     code 1 (unacceptable protocol version) (byte ";
        assert!(told.len() == 1 && told[0].starts_with(words), "{told:?}");
    }
}

#[test]
fn packets_of_mqtt_5_to_a_client_of_3_1_1_are_called_that() {
    let mut log = Log::new(1 << 20);
    let live = log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V311));
    log.push_packet(1, live, Direction::Out, &connect("c", true, None), common::OWN);
    let mut heard = Vec::new();
    // Cut anywhere, it is the same packet.
    for piece in [&b"\x20\x03"[..], b"\x00\x84", b"\x00"] {
        log.receive(live, Direction::In, piece.len(), |room| room.copy_from_slice(piece));
        let hear = |packet: &mqttscope_log::Ingested<'_>| {
            heard.push(packet.packet.and_then(Result::err).expect("no packet of 3.1.1").to_string());
        };
        log.next_packet(2, live, Direction::In, hear).expect("a packet's frame");
    }
    assert_eq!(heard, ["CONNACK of MQTT 5, with reason code 0x84 (unsupported protocol version)"]);
    let record = log.record(1).expect("CONNACK");
    assert_eq!(
        (record.packet_type(), record.is_violation(), log.before(1)),
        (Some(PacketType::ConnAck), true, Some(0))
    );
    assert!(
        events(&log)[0]
            .starts_with("Sent by the broker, and not a valid packet here: CONNACK of MQTT 5, with")
    );
}

/// CONNECT, AUTH and CONNACK of MQTT 5 with Authentication Data, each with which side sends it.
fn with_data() -> [(bool, Vec<u8>); 3] {
    let data = [&b"\x15\x00\x02me\x16\x00\x0b"[..], b"secret-word"].concat();
    let packet = |first_byte: u8, before: &[u8], behind: &[u8]| {
        let body = [before, &[data.len() as u8], &data, behind].concat();
        [&[first_byte, body.len() as u8], &body[..]].concat()
    };
    [
        (true, packet(0x10, b"\x00\x04MQTT\x05\x02\x00\x3c", b"\x00\x01c")),
        (false, packet(0xf0, b"\x18", b"")),
        (false, packet(0x20, b"\x00\x00", b"")),
    ]
}

#[test]
fn authentication_data_is_in_no_record_and_no_export() {
    let connect = &with_data()[0].1;
    for (out, packet) in with_data() {
        let before: Vec<(bool, &[u8])> = if out { Vec::new() } else { vec![(true, connect)] };
        let mut files = vec![capture(&[&before[..], &[(out, &packet)]].concat())];
        // Cut anywhere: what follows never comes.
        for len in 2..packet.len() {
            files.push(capture(&[&before[..], &[(out, &packet[..len])]].concat()));
        }
        // With a hole in it, or without its beginning.
        for at in [2, 5, 9, 12, packet.len() - 6] {
            let mut frame = Frame::new(Framing::Raw);
            let mut frames = frame.handshake();
            frames.extend(before.iter().map(|(out, bytes)| frame.data(*out, bytes)));
            let begun = frame.data(out, &packet[..at]);
            let _missing = frame.data(out, &packet[at..at + 1]);
            let behind = frame.data(out, &packet[at + 1..]);
            let next = frame.data(out, b"\xd0\x00");
            files.push(pcap(Framing::Raw, &[&frames[..], &[begun, behind.clone(), next.clone()]].concat()));
            files.push(pcap(Framing::Raw, &[&frames[..], &[behind, next]].concat()));
        }
        for (number, file) in files.iter().enumerate() {
            let log = read_apart(file);
            for record in log.records_from(0).filter(|record| !record.is_event()) {
                let bytes = log.bytes(record);
                assert!(!holds_secret(bytes), "{number}: {}", String::from_utf8_lossy(bytes));
            }
            // A log that keeps them lets none leave.
            let log = read(file);
            assert!(!holds_secret(&exported(&log, Format::Raw, false)), "{number}");
            for format in [Format::Csv, Format::Pcapng, Format::JsonLines] {
                let file = exported(&log, format, false);
                for part in [&b"secret"[..], b"et-word", b"7365637265", b"742d776f7264"] {
                    assert!(!file.windows(part.len()).any(|found| found == part), "{number}, {format:?}");
                }
            }
        }
    }
}

#[test]
fn whoever_hears_a_packet_has_its_authentication_data_and_the_log_has_not() {
    let mut log = Log::new(1 << 20);
    let live = log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V5));
    let mut heard = 0;
    for (out, packet) in with_data() {
        if out {
            log.push_packet(1, live, Direction::Out, &packet, common::OWN);
            continue;
        }
        log.receive(live, Direction::In, packet.len(), |room| room.copy_from_slice(&packet));
        let hear = |ingested: &mqttscope_log::Ingested<'_>| {
            let decoded = ingested.packet.and_then(Result::ok).expect("a packet of MQTT 5");
            let data = decoded.properties().binary(PropertyId::AuthenticationData);
            assert_eq!((ingested.bytes, data), (&packet[..], Some(&b"secret-word"[..])));
            heard += 1;
        };
        log.next_packet(2, live, Direction::In, hear).expect("a packet's frame");
    }
    assert_eq!((heard, log.records_from(0).count()), (2, 3));
    assert!(
        log.records_from(0).all(|record| record.is_password_hidden() && !holds_secret(log.bytes(record)))
    );
}

#[test]
fn what_a_server_sends_that_does_not_authenticate_itself_stays_to_be_seen() {
    let mut frame = Frame::new(Framing::Raw);
    let mut frames = frame.handshake();
    frames.push(frame.data(true, &connect("c", true, None)));
    let _missing = frame.data(false, b"\x20\x02\x00\x00\x30\x20\x00\x01t");
    frames.push(frame.data(false, b"the rest of a payload"));
    let log = read_apart(&pcap(Framing::Raw, &frames));
    assert!(log.records_from(0).any(|record| log.bytes(record) == b"the rest of a payload"));
}
