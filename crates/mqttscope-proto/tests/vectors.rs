//! Packets as bytes, written down by hand from the specifications, each also cut at every byte.

mod common;

use common::{bytes, check, check_error, check_violations};
use mqttscope_proto::ProtocolVersion::{V31, V311};
use mqttscope_proto::{
    ConnAck, Connect, DecodeErrorKind, Disconnect, Filters, KeepAlive, Packet, PacketType, Properties,
    PubAck, PubComp, PubRec, PubRel, Publish, Qos, Rule, SubAck, Subscribe, SubscribeFilter,
    SubscribeOptions, Text, UnsubAck, Unsubscribe, Will, decode, may_hold_secret, redact_secrets,
};

/// The CONNECT of the original page with its defaults: 3.1, clean session, no keep alive.
fn plain_connect() -> Connect<'static> {
    Connect {
        protocol_name: "MQIsdp".into(),
        protocol_level: 3,
        clean_session: true,
        keep_alive: KeepAlive::OFF,
        properties: Properties::NONE,
        client_id: "714909".into(),
        will: None,
        username: None,
        password: None,
        stray_flags: 0,
    }
}

#[test]
fn connect() {
    check(
        "10 14      CONNECT, 20 bytes
         00 06 4d 51 49 73 64 70 03      MQIsdp, level 3
         02 00 00      clean session, keep alive 0
         00 06 37 31 34 39 30 39      client id",
        V31,
        Packet::Connect(plain_connect()),
    );
    check(
        "10 31
         00 04 4d 51 54 54 04      MQTT, level 4
         f6 00 1e      user name, password, will retain, will QoS 2, will, clean session; 30 s
         00 01 63      client id
         00 0e 74 6f 70 69 63 2f 6c 61 73 74 77 69 6c 6c      will topic
         00 04 de ad 00 ff      will message: any bytes in 3.1.1
         00 04 75 73 65 72      user name
         00 06 73 65 63 72 65 74      password",
        V311,
        Packet::Connect(Connect {
            protocol_name: "MQTT".into(),
            protocol_level: 4,
            keep_alive: KeepAlive::from_secs(30),
            client_id: "c".into(),
            will: Some(Will {
                properties: Properties::NONE,
                topic: "topic/lastwill".into(),
                message: &[0xde, 0xad, 0x00, 0xff],
                qos: 2,
                retain: true,
            }),
            username: Some("user".into()),
            password: Some(b"secret"),
            ..plain_connect()
        }),
    );
}

#[test]
fn a_user_name_without_password_is_valid() {
    check(
        "10 16  00 06 4d 51 49 73 64 70 03  82 00 00  00 01 63  00 05 61 64 6d 69 6e",
        V31,
        Packet::Connect(Connect { client_id: "c".into(), username: Some("admin".into()), ..plain_connect() }),
    );
}

#[test]
fn a_flag_without_its_string_is_valid_in_3_1_only() {
    check(
        "10 0f  00 06 4d 51 49 73 64 70 03  c2 00 00  00 01 63",
        V31,
        Packet::Connect(Connect { client_id: "c".into(), stray_flags: 0xc0, ..plain_connect() }),
    );
    check_violations(
        "10 0d  00 04 4d 51 54 54 04  c2 00 00  00 01 63",
        V311,
        &[(9, Rule::UsernameMissing), (9, Rule::PasswordMissing)],
    );
}

#[test]
fn connect_that_breaks_rules() {
    let v31 = "00 06 4d 51 49 73 64 70 03";
    let v311 = "00 04 4d 51 54 54 04";
    type Case = (&'static str, &'static str, &'static [(usize, Rule)]);
    let cases: [Case; 15] = [
        (v31, "02 00 00  00 00", &[(14, Rule::ClientIdEmpty)]),
        (
            v31,
            "02 00 00  00 18 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61",
            &[(14, Rule::ClientIdTooLong(24))],
        ),
        (v31, "42 00 00  00 01 63  00 01 70", &[(11, Rule::PasswordWithoutUsername)]),
        (v31, "06 00 00  00 01 63  00 01 23  00 00", &[(19, Rule::WildcardInTopicName)]),
        (v31, "06 00 00  00 01 63  00 01 77  00 01 ff", &[(22, Rule::IllFormedUtf8)]),
        (v31, "1e 00 00  00 01 63  00 01 77  00 00", &[(11, Rule::WillQosReserved)]),
        (v31, "02 00 00  00 01 63  aa bb", &[(17, Rule::TrailingBytes(2))]),
        (v311, "03 00 00  00 01 63", &[(9, Rule::ConnectReservedFlag)]),
        (v311, "00 00 00  00 00", &[(12, Rule::ClientIdEmptyWithoutCleanSession)]),
        (v311, "0a 00 00  00 01 63", &[(9, Rule::WillQosWithoutWill)]),
        (v311, "22 00 00  00 01 63", &[(9, Rule::WillRetainWithoutWill)]),
        (v311, "02 00 00  00 02 63 00", &[(15, Rule::Nul)]),
        (v311, "02 00 00  00 03 ed a0 80", &[(14, Rule::Surrogate)]),
        (v311, "42 00 00  00 01 63  00 01 70", &[(9, Rule::PasswordWithoutUsername)]),
        ("00 06 4d 51 49 73 64 70 04", "02 00 00  00 01 63", &[(10, Rule::ProtocolNameAndLevel(4))]),
    ];
    for (start, end, expected) in cases {
        let body = format!("{start} {end}");
        check_violations(&format!("10 {:02x} {body}", bytes(&body).len()), V31, expected);
    }
}

#[test]
fn valid_connects_have_no_violation() {
    for valid in [
        "10 0c  00 04 4d 51 54 54 04  02 00 00  00 00",
        // The bits that 3.1 does not use.
        "10 0f  00 06 4d 51 49 73 64 70 03  3b ff ff  00 01 63",
        // 23 characters of two bytes each.
        "10 3c  00 06 4d 51 49 73 64 70 03  02 00 00  00 2e
         c3a4c3a4c3a4c3a4c3a4c3a4c3a4c3a4c3a4c3a4c3a4c3a4c3a4c3a4c3a4c3a4c3a4c3a4c3a4c3a4c3a4c3a4c3a4",
    ] {
        check_violations(valid, V31, &[]);
    }
}

#[test]
fn connect_that_cannot_be_read() {
    let level_6 = "10 0d  00 04 4d 51 54 54 06  02 00 00 00  00 00";
    check_error(level_6, V311, 8, DecodeErrorKind::UnknownProtocolLevel(6));
    let kind = DecodeErrorKind::FieldTooLong { field: "Client Identifier", needed: 9, available: 1 };
    check_error("10 0f  00 06 4d 51 49 73 64 70 03  02 00 00  00 09 63", V31, 14, kind);
    let kind = DecodeErrorKind::FieldTooLong { field: "Will Topic", needed: 2, available: 0 };
    check_error("10 0f  00 06 4d 51 49 73 64 70 03  06 00 00  00 01 63", V31, 1, kind);
}

#[test]
fn connack() {
    for code in 0..=5 {
        let packet = Packet::ConnAck(ConnAck::new(0, code));
        check(&format!("20 02 00 {code:02x}"), V31, packet);
    }
    check("20 02 01 00", V311, Packet::ConnAck(ConnAck::new(1, 0)));
    // 3.1 reserves the byte, and asks for no value.
    check_violations("20 02 ff 00", V31, &[]);
    check_violations("20 02 ff 00", V311, &[(2, Rule::ConnAckReservedFlags)]);
    check_violations("20 02 01 05", V311, &[(2, Rule::SessionPresentWithRefusal)]);
    check_violations("20 02 00 c8", V31, &[(3, Rule::ReturnCodeReserved(200))]);
}

#[test]
fn publish() {
    let message = Publish {
        dup: false,
        qos: Qos::AtMostOnce,
        retain: false,
        topic: "topic/mqtttopic".into(),
        packet_id: None,
        properties: Properties::NONE,
        payload: b"Hello",
    };
    check(
        "30 16  00 0f 74 6f 70 69 63 2f 6d 71 74 74 74 6f 70 69 63  48 65 6c 6c 6f",
        V31,
        Packet::Publish(message),
    );
    check(
        "3d 09  00 01 74  01 00  de ad be ef      QoS 2, DUP and RETAIN, id 256",
        V31,
        Packet::Publish(Publish {
            dup: true,
            qos: Qos::ExactlyOnce,
            retain: true,
            topic: "t".into(),
            packet_id: Some(256),
            properties: Properties::NONE,
            payload: &[0xde, 0xad, 0xbe, 0xef],
        }),
    );
    check(
        "32 05  00 01 74  ff ff      QoS 1, id 65,535, no payload",
        V311,
        Packet::Publish(Publish {
            qos: Qos::AtLeastOnce,
            topic: "t".into(),
            packet_id: Some(65_535),
            payload: b"",
            ..message
        }),
    );
}

#[test]
fn topics_of_128_bytes_and_more() {
    for len in [127_usize, 128, 255, 256, 16_384, 65_535] {
        let topic = "x".repeat(len);
        let packet = Packet::Publish(Publish {
            dup: false,
            qos: Qos::AtLeastOnce,
            retain: false,
            topic: topic.as_str().into(),
            packet_id: Some(200),
            properties: Properties::NONE,
            payload: b"p",
        });
        let mut written = Vec::new();
        packet.encode(&mut written, V311).expect("the topic fits");
        assert_eq!(mqttscope_proto::decode(&written, V31, &mut ()), Ok(packet), "{len}");
    }
}

#[test]
fn publish_that_breaks_rules() {
    let cases: [(&str, &[(usize, Rule)]); 6] = [
        ("38 03  00 01 74", &[(0, Rule::DupAtQos0)]),
        ("32 05  00 01 74  00 00", &[(5, Rule::PacketIdZero)]),
        ("30 02  00 00", &[(2, Rule::TopicEmpty)]),
        ("30 05  00 03 61 2f 23", &[(6, Rule::WildcardInTopicName)]),
        ("30 04  00 02 61 00", &[(5, Rule::Nul)]),
        ("30 04  00 02 61 ff", &[(5, Rule::IllFormedUtf8)]),
    ];
    for (hex, expected) in cases {
        check_violations(hex, V31, expected);
        check_violations(hex, V311, expected);
    }
}

#[test]
fn publish_that_cannot_be_read() {
    check_error("36 05  00 01 74  00 01", V311, 0, DecodeErrorKind::ReservedQos);
    let kind = DecodeErrorKind::FieldTooLong { field: "Topic Name", needed: 5, available: 1 };
    check_error("30 03  00 05 74", V31, 2, kind);
    let kind = DecodeErrorKind::FieldTooLong { field: "Packet Identifier", needed: 2, available: 1 };
    check_error("32 04  00 01 74  00", V31, 5, kind);
    let kind = DecodeErrorKind::FieldTooLong { field: "Topic Name", needed: 2, available: 0 };
    check_error("30 00", V31, 1, kind);
}

#[test]
fn acknowledgements() {
    let packet_id = 0x8081;
    check("40 02 80 81", V31, Packet::PubAck(PubAck::new(packet_id)));
    check("50 02 80 81", V31, Packet::PubRec(PubRec::new(packet_id)));
    check("62 02 80 81", V31, Packet::PubRel(PubRel::new(packet_id)));
    check("6a 02 80 81", V31, Packet::PubRel(PubRel { dup: true, ..PubRel::new(packet_id) }));
    check("70 02 80 81", V31, Packet::PubComp(PubComp::new(packet_id)));
    check("b0 02 80 81", V31, Packet::UnsubAck(UnsubAck::new(packet_id)));
    check_violations("70 02 00 00", V31, &[(2, Rule::PacketIdZero)]);
}

#[test]
fn flags_of_the_fixed_header() {
    // 3.1: "not used" is no rule; QoS 1 is one.
    for valid in ["41 02 00 01", "4f 02 00 01", "63 02 00 01", "6b 02 00 01", "cf 00"] {
        check_violations(valid, V31, &[]);
    }
    let header_qos = |packet_type, actual| Rule::HeaderQos { packet_type, actual };
    check_violations("60 02 00 01", V31, &[(0, header_qos(PacketType::PubRel, 0))]);
    check_violations("84 06 00 01 00 01 61 00", V31, &[(0, header_qos(PacketType::Subscribe, 2))]);
    // 3.1.1 prescribes them all.
    let reserved =
        |packet_type, expected, actual| Rule::ReservedHeaderFlags { packet_type, expected, actual };
    check_violations("41 02 00 01", V311, &[(0, reserved(PacketType::PubAck, 0, 1))]);
    check_violations("6a 02 00 01", V311, &[(0, reserved(PacketType::PubRel, 2, 10))]);
    check_violations("8a 06 00 01 00 01 61 00", V311, &[(0, reserved(PacketType::Subscribe, 2, 10))]);
    check_violations("e1 00", V311, &[(0, reserved(PacketType::Disconnect, 0, 1))]);
    // A CONNECT is judged by its own version.
    let v31 = "1f 0f  00 06 4d 51 49 73 64 70 03  02 00 00  00 01 63";
    let v311 = "1f 0d  00 04 4d 51 54 54 04  02 00 00  00 01 63";
    for version in [V31, V311] {
        check_violations(v31, version, &[]);
        check_violations(v311, version, &[(0, reserved(PacketType::Connect, 0, 15))]);
    }
}

#[test]
fn subscribe() {
    let filters = [
        SubscribeFilter { filter: "a/+".into(), options: SubscribeOptions(1) },
        SubscribeFilter { filter: "#".into(), options: SubscribeOptions(2) },
    ];
    check(
        "82 0c  00 0a  00 03 61 2f 2b 01  00 01 23 02",
        V31,
        Packet::Subscribe(Subscribe {
            dup: false,
            packet_id: 10,
            properties: Properties::NONE,
            filters: Filters::new(&filters),
        }),
    );
    check(
        "8a 08  00 0a  00 03 61 2f 2b 01      sent again",
        V31,
        Packet::Subscribe(Subscribe {
            dup: true,
            packet_id: 10,
            properties: Properties::NONE,
            filters: Filters::new(&filters[..1]),
        }),
    );
    check_violations("82 02  00 0a", V311, &[(1, Rule::NoTopicFilter(PacketType::Subscribe))]);
    check_violations("82 06  00 0a  00 01 61 03", V311, &[(7, Rule::RequestedQos(3))]);
    check_violations("82 07  00 0a  00 02 61 23 00", V31, &[(7, Rule::MultiLevelWildcard)]);
    let kind = DecodeErrorKind::FieldTooLong { field: "Requested QoS", needed: 1, available: 0 };
    check_error("82 05  00 0a  00 01 61", V31, 1, kind);
}

#[test]
fn suback() {
    check("90 05  00 0a  00 01 02", V31, Packet::SubAck(SubAck::new(10, &[0, 1, 2])));
    check("90 03  00 0a  80", V311, Packet::SubAck(SubAck::new(10, &[SubAck::FAILURE])));
    check_violations("90 03  00 0a  80", V31, &[(4, Rule::SubAckReturnCode(0x80))]);
    check_violations("90 04  00 0a  02 03", V311, &[(5, Rule::SubAckReturnCode(3))]);
    check_violations("90 02  00 0a", V311, &[(1, Rule::NoReturnCode)]);
}

#[test]
fn unsubscribe() {
    let filters = [Text::from("a"), Text::from("b/#")];
    check(
        "a2 0a  00 0b  00 01 61  00 03 62 2f 23",
        V31,
        Packet::Unsubscribe(Unsubscribe {
            dup: false,
            packet_id: 11,
            properties: Properties::NONE,
            filters: Filters::new(&filters),
        }),
    );
    check(
        "aa 05  00 0b  00 01 61      sent again",
        V31,
        Packet::Unsubscribe(Unsubscribe {
            dup: true,
            packet_id: 11,
            properties: Properties::NONE,
            filters: Filters::new(&filters[..1]),
        }),
    );
    check_violations("a2 02  00 0b", V31, &[(1, Rule::NoTopicFilter(PacketType::Unsubscribe))]);
    check_violations("a2 06  00 0b  00 02 2b 61", V31, &[(6, Rule::SingleLevelWildcard)]);
}

#[test]
fn packets_without_a_body() {
    check("c0 00", V31, Packet::PingReq);
    check("d0 00", V31, Packet::PingResp);
    check("e0 00", V311, Packet::Disconnect(Disconnect::default()));
    for (hex, packet_type, expected, actual) in [
        ("c0 01 00", PacketType::PingReq, 0, 1),
        ("40 03 00 01 00", PacketType::PubAck, 2, 3),
        ("20 00", PacketType::ConnAck, 2, 0),
    ] {
        let kind = DecodeErrorKind::ForbiddenRemainingLength { packet_type, expected, actual };
        check_error(hex, V31, 1, kind);
    }
}

#[test]
fn a_password_is_overwritten_byte_for_byte() {
    let whole = "10 1a  00 06 4d 51 49 73 64 70 03  c2 00 00  00 01 63  00 01 75  00 06 73 65 63 72 65 74";
    let mut packet = bytes(whole);
    assert!(redact_secrets(&mut packet));
    assert!(packet.ends_with(b"\x00\x01u\x00\x06******"));
    // Cut anywhere, no byte of it is left.
    for cut in 0..bytes(whole).len() {
        let mut packet = bytes(whole)[..cut].to_vec();
        redact_secrets(&mut packet);
        assert!(!packet.windows(2).any(|pair| pair == b"se"), "cut at {cut}");
    }
    assert!(!redact_secrets(&mut bytes("10 0f  00 06 4d 51 49 73 64 70 03  02 00 00  00 01 63")));
    assert!(!redact_secrets(&mut bytes("30 03  00 01 74")));
}

/// The CONNECT with a body of this hex, and the password `secret` as its last field.
fn connect_with_password(hex: &str) -> Vec<u8> {
    let mut body = bytes(hex);
    body.extend_from_slice(b"\x00\x06secret");
    [&[0x10, body.len() as u8][..], &body].concat()
}

#[test]
fn a_password_is_overwritten_whatever_the_level() {
    for (hex, is_exact) in [
        // MQTT 5: no properties, some, and those of a will.
        ("00 04 4d 51 54 54 05  c2 00 3c  00  00 01 63  00 01 75", true),
        ("00 04 4d 51 54 54 05  42 00 3c  05 11 00 00 00 0a  00 01 63", true),
        ("00 04 4d 51 54 54 05  c6 00 3c  00  00 01 63  02 01 01  00 01 77  00 01 6d  00 01 75", true),
        // Bridges.
        ("00 04 4d 51 54 54 84  c2 00 3c  00 01 63  00 01 75", true),
        ("00 06 4d 51 49 73 64 70 83  c2 00 3c  00 01 63  00 01 75", true),
        // Of these levels the layout is not known.
        ("00 04 4d 51 54 54 06  c2 00 3c  00 01 63  00 01 75", false),
        ("00 04 4d 51 54 54 00  c2 00 3c  00 01 63  00 01 75", false),
        // A client id, a will's message, properties and a user name that are longer than the packet.
        ("00 04 4d 51 54 54 04  c2 00 3c  ff 01 63  00 01 75", false),
        ("00 04 4d 51 54 54 04  c6 00 3c  00 01 63  00 01 77  0f 01 6d  00 01 75", false),
        ("00 04 4d 51 54 54 05  c2 00 3c  7f  00 01 63  00 01 75", false),
        ("00 04 4d 51 54 54 04  c2 00 3c  00 01 63  00 75 75", false),
    ] {
        let whole = connect_with_password(hex);
        for cut in 0..=whole.len() {
            let mut packet = whole[..cut].to_vec();
            let has_letters = cut > whole.len() - 6;
            assert_eq!(
                redact_secrets(&mut packet),
                has_letters || packet != whole[..cut],
                "{hex} cut at {cut}"
            );
            assert!(!packet.windows(2).any(|pair| pair == b"se"), "{hex} cut at {cut}");
            assert!(packet.last() != Some(&b's') || cut + 6 <= whole.len(), "{hex} cut at {cut}");
            assert!(!is_exact || packet[..cut.min(whole.len() - 6)] == whole[..cut.min(whole.len() - 6)]);
            assert!(may_hold_secret(&whole[..cut]));
        }
    }
    let without = bytes("10 0e  00 04 4d 51 54 54 05  02 00 3c  00  00 01 63");
    assert!(!redact_secrets(&mut without.clone()) && !may_hold_secret(&without));
    assert!(!may_hold_secret(b"\x30") && may_hold_secret(b"\x10"));
}

#[test]
fn a_password_behind_an_impossible_length_is_overwritten() {
    let mut packet =
        bytes("10 ff ff ff ff  00 04 4d 51 54 54 04  c2 00 3c  00 01 63  00 01 75  00 06 73 65 63 72 65 74");
    assert!(redact_secrets(&mut packet));
    assert!(packet.ends_with(b"u\x00\x06******"));
    // A password that is longer than its packet goes on as far as there are bytes.
    let mut packet =
        bytes("10 17  00 04 4d 51 54 54 04  c2 00 3c  00 01 63  00 01 75  00 06 73 65 63 72 65 74");
    assert!(redact_secrets(&mut packet));
    assert!(packet.ends_with(b"u\x00\x06******"));
}

#[test]
fn packets_of_mqtt_5_are_called_that() {
    let called = |hex: &str| {
        let packet = bytes(hex);
        let error = decode(&packet, V311, &mut ()).expect_err("no packet of 3.1.1");
        error.or_of_other_version(&packet, V311).to_string()
    };
    for (hex, words) in [
        ("20 03 00 84 00", "CONNACK of MQTT 5, with reason code 0x84 (unsupported protocol version)"),
        ("20 06 00 00 03 21 00 0a", "CONNACK of MQTT 5, with reason code 0x00"),
        ("40 03 00 01 10", "PUBACK of MQTT 5, with reason code 0x10"),
        ("62 04 00 01 92 00", "PUBREL of MQTT 5, with reason code 0x92"),
        ("b0 04 00 01 00 11", "UNSUBACK of MQTT 5, with reason code 0x11"),
        ("e0 01 8e", "DISCONNECT of MQTT 5, with reason code 0x8e"),
        ("e0 02 04 00", "DISCONNECT of MQTT 5, with reason code 0x04"),
        ("f0 02 18 00", "AUTH of MQTT 5, with reason code 0x18"),
    ] {
        assert_eq!(called(hex), words, "{hex}");
    }
    // Codes and properties that cannot be, flags of something else, and packets that have neither.
    for hex in
        ["20 03 00 05 00", "20 04 00 84 00 00", "20 03 02 84 00", "48 03 00 01 10", "d0 01 00", "c0 02 84 00"]
    {
        assert!(called(hex).contains("has a Remaining Length of"), "{hex}: {}", called(hex));
    }
}
