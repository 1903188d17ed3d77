//! Rules of the specifications that no other test states as such, each by its clause.

mod common;

use common::client::{Client, describe, id, message, puback, pubcomp, pubrec, pubrel};
use common::{bytes, check, check_error, check_violations};
use mqttscope_proto::ProtocolVersion::{V31, V311};
use mqttscope_proto::session::{
    AckPolicy, CloseReason, CommandError, Delivery, Event, PeerError, Publication, Published, Snapshot,
    WillOptions,
};
use mqttscope_proto::{
    ConnAck, Connect, DecodeErrorKind, EncodeError, KeepAlive, Packet, PacketType, Properties, PropertyBuf,
    ProtocolVersion, Publish, Qos, Rule, SubAck, TopicFilter, TopicName, UnsubAck, Violation, decode,
    dissect,
};

const NONE: [&str; 0] = [];

const VERSIONS: [ProtocolVersion; 2] = [V31, V311];

// Text, [MQTT-1.5.3-1] to [MQTT-1.5.3-3].

#[test]
fn every_text_must_be_utf_8_without_nul() {
    type Case = (&'static str, fn(&str) -> String, usize);
    let packet = |first: &str, body: String| format!("{first} {:02x} {body}", bytes(&body).len());
    let cases: [Case; 6] = [
        ("client id", |text| format!("00 04 4d 51 54 54 04 02 00 00 {text}"), 14),
        ("will topic", |text| format!("00 04 4d 51 54 54 04 06 00 00 00 01 63 {text} 00 00"), 17),
        ("user name", |text| format!("00 04 4d 51 54 54 04 82 00 00 00 01 63 {text}"), 17),
        ("topic name", |text| text.to_owned(), 4),
        ("filter of SUBSCRIBE", |text| format!("00 0a {text} 00"), 6),
        ("filter of UNSUBSCRIBE", |text| format!("00 0a {text}"), 6),
    ];
    let first_bytes = ["10", "10", "10", "30", "82", "a2"];
    for ((field, body, text_at), first) in cases.into_iter().zip(first_bytes) {
        let faults = [
            ("00 03 61 c3 28", 1, Rule::IllFormedUtf8),
            ("00 03 61 c0 80", 1, Rule::IllFormedUtf8),
            ("00 04 61 ed a0 80", 1, Rule::Surrogate),
            ("00 02 61 00", 1, Rule::Nul),
        ];
        for (text, at, rule) in faults {
            let hex = packet(first, body(text));
            check_violations(&hex, V311, &[(text_at + at, rule)]);
            let clause = rule.clause(V311);
            assert!(["[MQTT-1.5.3-1]", "[MQTT-1.5.3-2]"].contains(&clause), "{field}: {clause}");
        }
        check_violations(&packet(first, body("00 04 f0 9f 8c 8d")), V311, &[]);
    }
}

#[test]
fn a_byte_order_mark_is_a_character_like_others() {
    check(
        "30 06  00 04 ef bb bf 61      the text U+FEFF a",
        V311,
        Packet::Publish(Publish {
            dup: false,
            qos: Qos::AtMostOnce,
            retain: false,
            topic: "\u{feff}a".into(),
            packet_id: None,
            properties: Properties::NONE,
            payload: b"",
        }),
    );
    let name = TopicName::new("\u{feff}a").expect("U+FEFF may stand in a topic");
    assert_eq!(name.as_str().len(), 4);
    assert!(!TopicFilter::new("a").expect("a filter").matches(name.as_str()));
}

// The fixed header, [MQTT-2.2.2-1].

#[test]
fn only_publish_has_dup_qos_and_retain_in_3_1_1() {
    for first_byte in 0..=u8::MAX {
        // A whole header, and one that is cut.
        for bytes in [&[first_byte, 0][..], &[first_byte]] {
            let names = |version| {
                let dissection = dissect(bytes, version);
                let bits = dissection.fields[1].def.bits;
                assert_eq!(bits.iter().fold(0, |sum, bits| sum ^ bits.mask), 0xff);
                assert!(bits.iter().all(|bits| bits.clause(version).contains("MQTT")));
                bits.iter().map(|bits| bits.name).collect::<Vec<_>>()
            };
            let named = ["Packet type", "DUP", "QoS", "RETAIN"];
            let reserved = ["Packet type", "Reserved flags"];
            assert_eq!(names(V31), named);
            assert_eq!(names(V311), if first_byte >> 4 == 3 { &named[..] } else { &reserved });
        }
    }
}

#[test]
fn the_flag_bits_of_every_packet() {
    let bodies = [
        (PacketType::Connect, "0c 00 04 4d 51 54 54 04 02 00 00 00 00"),
        (PacketType::ConnAck, "02 00 00"),
        (PacketType::PubAck, "02 00 01"),
        (PacketType::PubRec, "02 00 01"),
        (PacketType::PubRel, "02 00 01"),
        (PacketType::PubComp, "02 00 01"),
        (PacketType::Subscribe, "06 00 01 00 01 61 00"),
        (PacketType::SubAck, "03 00 01 00"),
        (PacketType::Unsubscribe, "05 00 01 00 01 61"),
        (PacketType::UnsubAck, "02 00 01"),
        (PacketType::PingReq, "00"),
        (PacketType::PingResp, "00"),
        (PacketType::Disconnect, "00"),
    ];
    for (packet_type, body) in bodies {
        let expected = match packet_type {
            PacketType::PubRel | PacketType::Subscribe | PacketType::Unsubscribe => 0b0010,
            _ => 0,
        };
        for actual in 0..16 {
            let hex = format!("{:x}{actual:x} {body}", packet_type as u8);
            let reserved = Rule::ReservedHeaderFlags { packet_type, expected, actual };
            let broken = [(0, reserved)];
            check_violations(&hex, V311, if actual == expected { &[] } else { &broken });
            if packet_type != PacketType::Connect {
                let qos = actual >> 1 & 3;
                let broken = [(0, Rule::HeaderQos { packet_type, actual: qos })];
                check_violations(&hex, V31, if expected == 0 || qos == 1 { &[] } else { &broken });
            }
        }
        let mut written = Vec::new();
        let packet = bytes(&format!("{:x}{expected:x} {body}", packet_type as u8));
        let packet = decode(&packet, V311, &mut ()).expect("the packet is valid");
        packet.encode(&mut written, V311).expect("the packet can be written");
        assert_eq!(written[0] & 0x0f, expected, "{packet_type}");
    }
}

#[test]
fn packet_types_0_and_15_are_reserved() {
    for version in VERSIONS {
        for (hex, number) in [("00 00", 0), ("0f 02 00 01", 0), ("f0 00", 15)] {
            check_error(hex, version, 0, DecodeErrorKind::UnknownPacketType(number));
        }
    }
}

// Packet identifiers, [MQTT-2.3.1-1] to [MQTT-2.3.1-7].

#[test]
fn a_packet_id_is_written_where_it_belongs_and_is_never_0() {
    let publish = |qos, packet_id| {
        let topic = "t".into();
        Packet::Publish(Publish {
            dup: false,
            qos,
            retain: false,
            topic,
            packet_id,
            properties: Properties::NONE,
            payload: b"",
        })
    };
    let mut out = Vec::new();
    for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
        assert_eq!(publish(qos, None).encode(&mut out, V311), Err(EncodeError::PacketIdMissing));
        assert_eq!(publish(qos, Some(0)).encode(&mut out, V311), Err(EncodeError::PacketIdZero));
    }
    assert_eq!(publish(Qos::AtMostOnce, Some(1)).encode(&mut out, V311), Err(EncodeError::PacketIdAtQos0));
    for packet in [puback(0), pubrec(0), pubrel(0), pubcomp(0), Packet::UnsubAck(UnsubAck::new(0))] {
        assert_eq!(packet.encode(&mut out, V311), Err(EncodeError::PacketIdZero));
    }
    let suback = Packet::SubAck(SubAck::new(0, &[0]));
    assert_eq!(suback.encode(&mut out, V311), Err(EncodeError::PacketIdZero));
    assert_eq!(out, []);
    for zero in ["82 06 00 00 00 01 61 00", "a2 05 00 00 00 01 61", "90 03 00 00 00", "b0 02 00 00"] {
        check_violations(zero, V311, &[(2, Rule::PacketIdZero)]);
    }
}

#[test]
fn an_id_is_free_after_its_last_acknowledgement_and_not_before() {
    let mut client = Client::connected(V311);
    client.publish(Qos::AtLeastOnce);
    client.publish(Qos::ExactlyOnce);
    client.subscribe("a", Qos::AtMostOnce);
    let filter = TopicFilter::new("a").expect("a filter");
    client.session.unsubscribe(client.now, &[filter]).expect("it is connected");
    assert_eq!(client.session.packet_ids_in_use(), 4);
    let answers = [
        (puback(1), 3),
        (pubrec(2), 3),
        (pubcomp(2), 2),
        (Packet::SubAck(SubAck::new(3, &[0])), 1),
        (Packet::UnsubAck(UnsubAck::new(4)), 0),
    ];
    for (answer, in_use) in answers {
        client.receive(answer);
        assert_eq!(client.session.packet_ids_in_use(), in_use, "{answer:?}");
    }
}

#[test]
fn the_two_directions_have_their_own_ids() {
    for version in VERSIONS {
        let mut client = Client::connected(version);
        assert_eq!(client.publish(Qos::ExactlyOnce), Published::InFlight(id(1)));
        let delivery = client.session.handle_packet(client.now, &message(Qos::ExactlyOnce, 1));
        assert_eq!(delivery, Delivery::Deliver);
        client.receive(pubrec(1));
        client.receive(pubrel(1));
        client.receive(pubcomp(1));
        assert_eq!(client.sent(), ["PUBLISH q2 #1", "PUBREC #1", "PUBREL #1", "PUBCOMP #1"]);
        let completed = Event::Completed { packet_id: id(1), qos: Qos::ExactlyOnce };
        assert_eq!(client.events(), [completed]);
    }
}

// CONNECT.

#[test]
fn connect_is_the_first_packet_and_the_only_one_of_its_kind() {
    let mut client = Client::new(V311);
    let now = client.now;
    client.session.connect(now, &client.options).expect("it is not connected");
    // Nothing overtakes it, and nothing follows before the answer.
    assert_eq!(client.session.ping(now), Err(CommandError::NotConnected));
    assert_eq!(client.session.connect(now, &client.options), Err(CommandError::AlreadyConnected));
    assert_eq!(client.sent(), ["CONNECT"]);
    client.receive(Packet::ConnAck(ConnAck::new(0, 0)));
    assert_eq!(client.session.connect(now, &client.options), Err(CommandError::AlreadyConnected));
    assert_eq!(client.sent(), NONE);
}

#[test]
fn connect_names_its_version() {
    let starts = [
        (V31, "10 14 00 06 4d 51 49 73 64 70 03 02 00 00 00 06 63 6c 69 65 6e 74"),
        (V311, "10 12 00 04 4d 51 54 54 04 02 00 00 00 06 63 6c 69 65 6e 74"),
    ];
    for (version, expected) in starts {
        let mut client = Client::new(version);
        client.session.connect(client.now, &client.options).expect("it is not connected");
        let sent = client.session.poll_transmit().map(|transmit| transmit.frame.to_vec());
        assert_eq!(sent, Some(bytes(expected)));
    }
    for (hex, level, clause) in [
        ("10 0d  00 04 4d 51 54 58 04  02 00 00  00 01 63", 4, "[MQTT-3.1.2-1]"),
        ("10 0d  00 04 4d 51 54 54 84  02 00 00  00 01 63", 0x84, "[MQTT-3.1.2-2]"),
        ("10 0d  00 04 4d 51 54 54 03  02 00 00  00 01 63", 3, "[MQTT-3.1.2-2]"),
    ] {
        let rule = Rule::ProtocolNameAndLevel(level);
        check_violations(hex, V311, &[(8, rule)]);
        assert_eq!(rule.clause(V311), clause);
    }
}

#[test]
fn connect_flags_and_payload_agree_in_the_prescribed_order() {
    for version in VERSIONS {
        for fields in 0..16_u8 {
            let (has_will, has_username) = (fields & 1 != 0, fields & 2 != 0);
            let has_password = has_username && fields & 4 != 0;
            let retain = fields & 8 != 0;
            let mut client = Client::new(version);
            client.options.keep_alive = KeepAlive::from_secs(0x1234);
            client.options.will = has_will.then(|| WillOptions {
                topic: "wt".into(),
                message: b"wm".to_vec(),
                qos: Qos::ExactlyOnce,
                retain,
                properties: PropertyBuf::new(),
            });
            client.options.username = has_username.then(|| "un".into());
            client.options.password = has_password.then(|| b"pw".to_vec());
            client.session.connect(client.now, &client.options).expect("it is not connected");
            let sent = client.session.poll_transmit().expect("CONNECT is to be sent").frame.to_vec();

            let flags = 0x02
                | if has_will { 0x14 | u8::from(retain) << 5 } else { 0 }
                | u8::from(has_username) << 7
                | u8::from(has_password) << 6;
            let at = 2 + 2 + version.protocol_name().len() + 1;
            assert_eq!(sent[at], flags, "{fields:04b}");
            assert_eq!(sent[at + 1..at + 3], [0x12, 0x34]);
            let mut payload = b"\0\x06client".to_vec();
            for (present, field) in [
                (has_will, b"\0\x02wt"),
                (has_will, b"\0\x02wm"),
                (has_username, b"\0\x02un"),
                (has_password, b"\0\x02pw"),
            ] {
                payload.extend_from_slice(if present { field } else { b"" });
            }
            assert_eq!(sent[at + 3..], payload, "{fields:04b}");
            let mut violations = Vec::new();
            decode(&sent, version, &mut violations).expect("it is a packet");
            assert_eq!(violations, [], "{fields:04b}");
        }
    }
}

#[test]
fn what_connect_options_break_is_sent_and_reported() {
    type Case = (ProtocolVersion, fn(&mut Client), Rule);
    let cases: [Case; 7] = [
        (V31, |client| client.options.client_id = "c".repeat(24), Rule::ClientIdTooLong(24)),
        (V31, |client| client.options.client_id = String::new(), Rule::ClientIdEmpty),
        (
            V311,
            |client| {
                client.options.client_id = String::new();
                client.options.clean_session = false;
            },
            Rule::ClientIdEmptyWithoutCleanSession,
        ),
        (V311, |client| client.options.client_id = "a\0".into(), Rule::Nul),
        (V31, |client| client.options.password = Some(b"p".to_vec()), Rule::PasswordWithoutUsername),
        (V311, |client| client.options.password = Some(b"p".to_vec()), Rule::PasswordWithoutUsername),
        (
            V311,
            |client| {
                client.options.will = Some(WillOptions {
                    topic: "will/#".into(),
                    message: Vec::new(),
                    qos: Qos::AtMostOnce,
                    retain: false,
                    properties: PropertyBuf::new(),
                });
            },
            Rule::WildcardInTopicName,
        ),
    ];
    for (version, alter, rule) in cases {
        let mut client = Client::new(version);
        alter(&mut client);
        client.session.connect(client.now, &client.options).expect("a tester may send it");
        let mut violations = Vec::new();
        let sent = client.session.poll_transmit().expect("CONNECT is to be sent").frame;
        decode(sent, version, &mut violations).expect("it is a packet");
        assert_eq!(violations.iter().map(|violation| violation.rule).collect::<Vec<_>>(), [rule]);
    }
}

#[test]
fn stray_connect_flags_are_written_as_they_are() {
    for flags in [0x01, 0x08, 0x10, 0x18, 0x20, 0x40, 0x80] {
        let connect = Connect {
            protocol_name: "MQTT".into(),
            protocol_level: 4,
            clean_session: false,
            keep_alive: KeepAlive::OFF,
            properties: Properties::NONE,
            client_id: "c".into(),
            will: None,
            username: None,
            password: None,
            stray_flags: flags,
        };
        let (mut written, mut violations) = (Vec::new(), Vec::new());
        Packet::Connect(connect).encode(&mut written, V311).expect("it can be written");
        assert_eq!(written[9], flags);
        assert_eq!(decode(&written, V311, &mut violations), Ok(Packet::Connect(connect)));
        assert!(!violations.is_empty(), "{flags:#04x}");
        assert!(violations.iter().all(|violation| violation.offset == 9), "{violations:?}");
    }
}

#[test]
fn fields_of_connect_that_no_flag_announces_are_reported() {
    // A user name, a password and a will behind flags of 0.
    check_violations(
        "10 10  00 04 4d 51 54 54 04  02 00 00  00 01 63  00 01 75",
        V311,
        &[(15, Rule::TrailingBytes(3))],
    );
    let kind = DecodeErrorKind::FieldTooLong { field: "Will Message", needed: 2, available: 0 };
    check_error("10 10  00 04 4d 51 54 54 04  06 00 00  00 01 63  00 01 77", V311, 1, kind);
}

// CONNACK.

#[test]
fn session_present_to_a_clean_session_is_reported() {
    let mut client = Client::new(V311);
    client.session.connect(client.now, &client.options).expect("it is not connected");
    client.receive(Packet::ConnAck(ConnAck::new(1, 0)));
    let error = PeerError::SessionPresent;
    assert_eq!(error.clause(V311), "[MQTT-3.2.2-1]");
    assert_eq!(client.events(), [Event::Connected { session_present: true }, Event::PeerError(error)]);
    // 3.1 reserves the bit.
    let mut client = Client::new(V31);
    client.session.connect(client.now, &client.options).expect("it is not connected");
    client.receive(Packet::ConnAck(ConnAck::new(1, 0)));
    assert_eq!(client.events(), [Event::Connected { session_present: false }]);
}

// PUBLISH and its acknowledgements.

#[test]
fn first_sends_have_no_dup_and_resends_have_it() {
    for version in VERSIONS {
        let mut client = Client::persistent(version);
        for qos in Qos::ALL {
            client.publish(qos);
        }
        assert_eq!(client.sent(), ["PUBLISH q0", "PUBLISH q1 #1", "PUBLISH q2 #2"]);
        client.lose_connection();
        client.events();
        client.connect();
        assert_eq!(client.sent(), ["PUBLISH q1 #1 dup", "PUBLISH q2 #2 dup"]);
    }
}

#[test]
fn a_payload_is_any_bytes_and_may_be_empty() {
    let mut client = Client::connected(V31);
    let topic = TopicName::new("t").expect("a topic");
    for payload in [&b""[..], b"\0\xff\xed\xa0\x80"] {
        let publication = Publication { retain: true, ..Publication::new(topic, payload, Qos::AtMostOnce) };
        client.session.publish(client.now, &publication).expect("it is connected");
        let sent = client.session.poll_transmit().expect("PUBLISH is to be sent").frame;
        assert_eq!(sent[0], 0x31);
        assert_eq!(&sent[5..], payload);
        let mut violations = Vec::new();
        decode(sent, V31, &mut violations).expect("it is a packet");
        assert_eq!(violations, []);
    }
}

#[test]
fn a_qos_1_message_after_its_puback_is_a_new_one() {
    for version in VERSIONS {
        let mut client = Client::connected(version);
        let Packet::Publish(first) = message(Qos::AtLeastOnce, 9) else { panic!() };
        for dup in [false, true, false] {
            let packet = Packet::Publish(Publish { dup, ..first });
            assert_eq!(client.session.handle_packet(client.now, &packet), Delivery::Deliver);
            assert_eq!(client.sent(), ["PUBACK #9"]);
        }
        assert_eq!(client.events(), []);
    }
}

#[test]
fn a_qos_2_repeat_is_told_by_its_id_and_not_by_dup() {
    let mut client = Client::connected(V311);
    let Packet::Publish(first) = message(Qos::ExactlyOnce, 9) else { panic!() };
    let sent_again = Packet::Publish(Publish { dup: true, ..first });
    assert_eq!(client.session.handle_packet(client.now, &sent_again), Delivery::Deliver);
    assert_eq!(client.session.handle_packet(client.now, &Packet::Publish(first)), Delivery::Repeat);
    assert_eq!(client.sent(), ["PUBREC #9", "PUBREC #9"]);
}

#[test]
fn acknowledgements_keep_the_order_of_what_they_acknowledge() {
    let mut client = Client::connected(V311);
    for packet_id in [7, 3, 5] {
        client.receive(message(Qos::AtLeastOnce, packet_id));
    }
    assert_eq!(client.sent(), ["PUBACK #7", "PUBACK #3", "PUBACK #5"]);
    for packet_id in [17, 13, 15] {
        client.receive(message(Qos::ExactlyOnce, packet_id));
    }
    assert_eq!(client.sent(), ["PUBREC #17", "PUBREC #13", "PUBREC #15"]);
    for _ in 0..3 {
        client.publish(Qos::ExactlyOnce);
    }
    client.sent();
    for packet_id in [2, 3, 1] {
        client.receive(pubrec(packet_id));
    }
    assert_eq!(client.sent(), ["PUBREL #2", "PUBREL #3", "PUBREL #1"]);
}

#[test]
fn resends_keep_the_order_of_the_first_sends() {
    let mut client = Client::persistent(V311);
    for qos in [Qos::ExactlyOnce, Qos::AtLeastOnce, Qos::ExactlyOnce, Qos::ExactlyOnce, Qos::AtLeastOnce] {
        client.publish(qos);
    }
    // PUBRELs in the order of the PUBRECs, however often the connection is lost.
    client.receive(pubrec(4));
    client.receive(pubrec(1));
    client.sent();
    for _ in 0..3 {
        client.lose_connection();
        client.events();
        client.reconnect();
        let expected =
            ["PUBREL #4", "PUBREL #1", "PUBLISH q1 #2 dup", "PUBLISH q2 #3 dup", "PUBLISH q1 #5 dup"];
        assert_eq!(client.sent(), expected);
    }
}

#[test]
fn publish_is_not_sent_again_after_pubrec() {
    let mut client = Client::persistent(V311);
    client.session.policy_mut().pubrel = AckPolicy::Withhold;
    client.publish(Qos::ExactlyOnce);
    client.receive(pubrec(1));
    assert_eq!(client.sent(), ["PUBLISH q2 #1"]);
    let snapshot: Snapshot = client.session.snapshot();
    assert_eq!(snapshot.in_flight[0].publish, None);
    client.lose_connection();
    client.events();
    client.reconnect();
    assert_eq!(client.sent(), ["PUBREL #1"]);
}

#[test]
fn every_id_of_the_server_may_be_unreleased() {
    let mut client = Client::connected(V311);
    for packet_id in 1..=u16::MAX {
        let delivery = client.session.handle_packet(client.now, &message(Qos::ExactlyOnce, packet_id));
        assert_eq!(delivery, Delivery::Deliver);
    }
    assert_eq!(client.sent().len(), 65_535);
    assert_eq!(client.events(), []);
}

// SUBSCRIBE and UNSUBSCRIBE.

#[test]
fn requests_name_a_filter_and_a_valid_qos() {
    let mut client = Client::connected(V311);
    let now = client.now;
    assert_eq!(client.session.subscribe(now, &[]), Err(CommandError::NoTopicFilter));
    assert_eq!(client.session.unsubscribe(now, &[]), Err(CommandError::NoTopicFilter));
    let filter = |text| TopicFilter::new(text).expect("a filter");
    let filters = [(filter("a/+"), Qos::ExactlyOnce), (filter("#"), Qos::AtMostOnce)];
    client.session.subscribe(now, &filters).expect("it is connected");
    let sent = client.session.poll_transmit().map(|transmit| transmit.frame.to_vec());
    assert_eq!(sent, Some(bytes("82 0c  00 01  00 03 61 2f 2b 02  00 01 23 00")));
    client.session.unsubscribe(now, &[filter("a/+"), filter("#")]).expect("it is connected");
    let sent = client.session.poll_transmit().map(|transmit| transmit.frame.to_vec());
    assert_eq!(sent, Some(bytes("a2 0a  00 02  00 03 61 2f 2b  00 01 23")));
    for qos in [0x03, 0x04, 0x80, 0xff] {
        let hex = format!("82 06 00 0a 00 01 61 {qos:02x}");
        check_violations(&hex, V311, &[(7, Rule::RequestedQos(qos))]);
    }
}

#[test]
fn a_message_may_come_before_suback() {
    let mut client = Client::connected(V31);
    client.subscribe("t", Qos::AtLeastOnce);
    client.sent();
    let delivery = client.session.handle_packet(client.now, &message(Qos::AtLeastOnce, 1));
    assert_eq!(delivery, Delivery::Deliver);
    client.receive(Packet::SubAck(SubAck::new(1, &[1])));
    assert!(matches!(client.events()[..], [Event::Subscribed { .. }]));
}

#[test]
fn an_answer_of_another_kind_names_the_answer_that_is_due() {
    let mut client = Client::connected(V311);
    client.subscribe("a", Qos::AtMostOnce);
    client
        .session
        .unsubscribe(client.now, &[TopicFilter::new("a").expect("a filter")])
        .expect("it is connected");
    client.publish(Qos::AtLeastOnce);
    client.publish(Qos::ExactlyOnce);
    let clauses = ["[MQTT-3.8.4-1]", "[MQTT-3.10.4-4]", "[MQTT-4.3.2-2]", "[MQTT-4.3.3-2]"];
    for (packet_id, clause) in (1..).zip(clauses) {
        client.receive(pubcomp(packet_id));
        let [Event::PeerError(error)] = client.events()[..] else { panic!("{packet_id}") };
        assert!(matches!(error, PeerError::WrongAcknowledgement { .. }), "{error:?}");
        assert_eq!(error.clause(V311), clause);
    }
}

// PINGREQ and DISCONNECT.

#[test]
fn after_disconnect_nothing_is_sent() {
    let mut client = Client::with_keep_alive(10);
    let now = client.now;
    client.session.disconnect().expect("it is connected");
    assert_eq!(client.sent(), ["DISCONNECT"]);
    assert_eq!(client.session.ping(now), Err(CommandError::NotConnected));
    assert_eq!(client.session.send_raw(now, &[0xc0, 0]), Err(CommandError::NotConnected));
    assert_eq!(client.session.disconnect(), Err(CommandError::NotConnected));
    client.receive(message(Qos::ExactlyOnce, 1));
    client.receive(pubrel(1));
    client.advance_millis(60_000);
    assert_eq!(client.sent(), NONE);
    assert_eq!(client.close_reason(), Some(CloseReason::Disconnected));
}

// Errors of the peer, [MQTT-4.8.0-1].

#[test]
fn a_broken_rule_closes_the_connection_if_the_policy_says_so() {
    let broken = bytes("32 06  00 02 61 00  00 07");
    for strict in [false, true] {
        let mut client = Client::connected(V311);
        client.session.policy_mut().close_on_violation = strict;
        let mut violations: Vec<Violation> = Vec::new();
        let packet = decode(&broken, V311, &mut violations).expect("it can be decoded");
        client.session.handle_violation(&violations[0]);
        client.session.handle_packet(client.now, &packet);
        if strict {
            assert_eq!(client.sent(), NONE);
            assert_eq!(client.close_reason(), Some(CloseReason::Violation(violations[0])));
        } else {
            assert_eq!(client.sent(), ["PUBACK #7"]);
            assert_eq!(client.events(), []);
        }
    }
}

#[test]
fn misbehaviour_closes_the_connection_if_the_policy_says_so() {
    let mut client = Client::connected(V311);
    client.session.policy_mut().close_on_violation = true;
    // What was long under way is no violation.
    client.receive(puback(5));
    assert!(client.session.is_connected());
    client.events();
    client.receive(Packet::PingReq);
    let error = PeerError::NotFromServer(PacketType::PingReq);
    let expected = [Event::PeerError(error), Event::Close(CloseReason::PeerError(error))];
    assert_eq!(client.events(), expected);

    let mut client = Client::new(V311);
    client.session.policy_mut().close_on_violation = true;
    client.session.connect(client.now, &client.options).expect("it is not connected");
    client.sent();
    let delivery = client.session.handle_packet(client.now, &message(Qos::AtLeastOnce, 1));
    assert_eq!((delivery, client.sent().len()), (Delivery::None, 0));
    let error = PeerError::BeforeConnAck(PacketType::Publish);
    let expected = [Event::PeerError(error), Event::Close(CloseReason::PeerError(error))];
    assert_eq!(client.events(), expected);
}

// MQTT 3.1, Message delivery retry; Message ordering; Appendix A.

#[test]
fn each_retry_waits_twice_as_long() {
    let mut client = Client::connected(V31);
    client.session.policy_mut().retry_after_millis = Some(1_000);
    client.publish(Qos::AtLeastOnce);
    client.subscribe("a", Qos::AtMostOnce);
    client.sent();
    for wait in [1_000, 2_000, 4_000, 8_000] {
        assert_eq!(client.session.poll_timeout(), Some(client.now.plus_millis(wait)));
        client.advance_millis(wait - 1);
        assert_eq!(client.sent(), NONE);
        client.advance_millis(1);
        assert_eq!(client.sent(), ["PUBLISH q1 #1 dup", "SUBSCRIBE #2 dup"]);
    }
    // Another packet begins anew.
    client.publish(Qos::AtLeastOnce);
    client.sent();
    client.advance_millis(1_000);
    assert_eq!(client.sent(), ["PUBLISH q1 #3 dup"]);
}

#[test]
fn a_window_of_one_keeps_messages_in_order() {
    let mut client = Client::connected(V31);
    client.session.policy_mut().max_in_flight = 1;
    for qos in [Qos::ExactlyOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
        client.publish(qos);
    }
    let steps = [
        (pubrec(1), &["PUBREL #1"][..]),
        (pubcomp(1), &["PUBLISH q1 #2"]),
        (puback(2), &["PUBLISH q2 #3"]),
        (pubrec(3), &["PUBREL #3"]),
        (pubcomp(3), &[]),
    ];
    assert_eq!(client.sent(), ["PUBLISH q2 #1"]);
    for (answer, expected) in steps {
        client.receive(answer);
        assert_eq!(client.sent(), expected, "{}", describe(&answer));
    }
}

#[test]
fn topics_are_compared_letter_by_letter() {
    let cases = [
        ("ACCOUNTS", "Accounts", false),
        ("Accounts payable", "Accounts payable", true),
        ("/finance", "finance", false),
        ("+/+", "/finance", true),
        ("/+", "/finance", true),
        ("+", "/finance", false),
        ("finance/+", "finance", false),
        ("finance/#", "finance", true),
        // U+00E9, and e with U+0301.
        ("caf\u{e9}", "cafe\u{301}", false),
    ];
    for (filter, name, expected) in cases {
        TopicName::new(name).expect("a topic");
        assert_eq!(TopicFilter::new(filter).expect("a filter").matches(name), expected, "{filter} {name}");
    }
    let deep = "a/".repeat(32_767) + "b";
    assert!(TopicFilter::new("#").expect("a filter").matches(&deep));
    assert!(TopicName::new(&deep).is_ok());
}
