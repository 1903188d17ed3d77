//! Packets of MQTT 5, each written out as bytes: what they mean, and that nothing is said against them.
//!
//! What breaks rules is in `rules5.rs`, and the properties one by one are in `property_places.rs`.

mod common;

use PropertyId as Id;
use PropertyValue::{Binary, Number, Pair, Text as Words};
use common::{bytes, check, check_error, check_violations};
use mqttscope_proto::ProtocolVersion::{V5, V31, V311};
use mqttscope_proto::{
    Auth, ConnAck, Connect, DecodeErrorKind, Disconnect, EncodeError, Filters, KeepAlive, Packet, PacketType,
    Properties, PropertyBuf, PropertyId, PropertyValue, PubAck, PubComp, PubRec, PubRel, Publish, Qos,
    ReasonCode, SubAck, Subscribe, SubscribeFilter, SubscribeOptions, Text, UnsubAck, Unsubscribe, Will,
    decode, json, redact_secrets,
};

fn properties(list: &[(Id, PropertyValue<'_>)]) -> PropertyBuf {
    let mut properties = PropertyBuf::new();
    for &(id, value) in list {
        properties.push(id, value).expect("the property can be written");
    }
    properties
}

/// A CONNECT of nothing but a client identifier.
fn connect() -> Connect<'static> {
    Connect {
        protocol_name: "MQTT".into(),
        protocol_level: 5,
        clean_session: true,
        keep_alive: KeepAlive::from_secs(60),
        properties: Properties::NONE,
        client_id: "c".into(),
        will: None,
        username: None,
        password: None,
        stray_flags: 0,
    }
}

fn publish() -> Publish<'static> {
    Publish {
        dup: false,
        qos: Qos::AtMostOnce,
        retain: false,
        topic: "t".into(),
        packet_id: None,
        properties: Properties::NONE,
        payload: b"hi",
    }
}

#[test]
fn the_shortest_connect() {
    check("10 0e  00 04 4d 51 54 54 05  02 00 3c  00  00 01 63", V5, Packet::Connect(connect()));
}

#[test]
fn a_connect_says_its_version_itself() {
    let hex = "10 0e  00 04 4d 51 54 54 05  02 00 3c  00  00 01 63";
    for version in [V31, V311, V5] {
        check(hex, version, Packet::Connect(connect()));
    }
    for (hex, level) in [
        ("10 0f  00 06 4d 51 49 73 64 70 03  02 00 3c  00 01 63", 3),
        ("10 0d  00 04 4d 51 54 54 04  02 00 3c  00 01 63", 4),
    ] {
        check_violations(hex, V5, &[]);
        let bytes = bytes(hex);
        let Ok(Packet::Connect(connect)) = decode(&bytes, V5, &mut ()) else { panic!("{hex} is a CONNECT") };
        assert_eq!(connect.protocol_level, level);
    }
}

#[test]
fn a_connect_with_all_that_it_can_hold() {
    let of_connect = properties(&[
        (Id::SessionExpiryInterval, Number(10)),
        (Id::AuthenticationMethod, Words("m".into())),
        (Id::AuthenticationData, Binary(&[0xde, 0xad])),
        (Id::RequestProblemInformation, Number(1)),
        (Id::RequestResponseInformation, Number(0)),
        (Id::ReceiveMaximum, Number(20)),
        (Id::TopicAliasMaximum, Number(0)),
        (Id::UserProperty, Pair("n".into(), "v".into())),
        (Id::MaximumPacketSize, Number(0x0001_0000)),
    ]);
    let of_will = properties(&[
        (Id::WillDelayInterval, Number(5)),
        (Id::PayloadFormatIndicator, Number(1)),
        (Id::MessageExpiryInterval, Number(7)),
        (Id::ContentType, Words("".into())),
        (Id::ResponseTopic, Words("r".into())),
        (Id::CorrelationData, Binary(b"")),
        (Id::UserProperty, Pair("".into(), "".into())),
    ]);
    let expected = Connect {
        clean_session: false,
        properties: of_connect.as_properties(),
        will: Some(Will {
            properties: of_will.as_properties(),
            topic: "w".into(),
            message: b"gone",
            qos: 2,
            retain: true,
        }),
        username: Some("u".into()),
        password: Some(b"p"),
        ..connect()
    };
    check(
        "10 5d  00 04 4d 51 54 54 05      MQTT, level 5
         f4 00 3c      flags: user name, password, will retain, QoS 2, will; keep alive 60
         24      Property Length
         11 00 00 00 0a      session expiry
         15 00 01 6d      method
         16 00 02 de ad      data
         17 01      problem information
         19 00      response information
         21 00 14      receive maximum
         22 00 00      topic alias maximum
         26 00 01 6e 00 01 76      user property
         27 00 01 00 00      maximum packet size
         00 01 63      client id
         1b      Property Length of the will
         18 00 00 00 05      delay
         01 01      payload format
         02 00 00 00 07      expiry
         03 00 00      content type
         08 00 01 72      response topic
         09 00 00      correlation data
         26 00 00 00 00      user property
         00 01 77  00 04 67 6f 6e 65  00 01 75  00 01 70",
        V5,
        Packet::Connect(expected),
    );
}

#[test]
fn what_mqtt_5_allows_in_a_connect() {
    let without_name = Connect { password: Some(b"p"), ..connect() };
    check("10 11  00 04 4d 51 54 54 05  42 00 3c  00  00 01 63  00 01 70", V5, Packet::Connect(without_name));
    // The server assigns a client id, with Clean Start or without.
    let nameless = Connect { clean_session: false, client_id: "".into(), ..connect() };
    check("10 0d  00 04 4d 51 54 54 05  00 00 3c  00  00 00", V5, Packet::Connect(nameless));
    let long_name = "c".repeat(300);
    let long = Connect { client_id: long_name.as_str().into(), ..connect() };
    let mut written = Vec::new();
    Packet::Connect(long).encode(&mut written, V5).expect("the name fits");
    let mut violations = Vec::new();
    assert_eq!(decode(&written, V5, &mut violations), Ok(Packet::Connect(long)));
    assert_eq!(violations, []);
}

#[test]
fn connack() {
    check("20 03  00 00 00", V5, Packet::ConnAck(ConnAck::new(0, 0)));
    check("20 03  01 00 00", V5, Packet::ConnAck(ConnAck::new(1, 0)));
    let refusal = properties(&[(Id::ReasonString, Words("no".into()))]);
    let refused = ConnAck { properties: refusal.as_properties(), ..ConnAck::new(0, 0x87) };
    check("20 08  00 87  05  1f 00 02 6e 6f", V5, Packet::ConnAck(refused));
    // As mosquitto 2.0.11 answers.
    let limits = properties(&[(Id::TopicAliasMaximum, Number(10)), (Id::ReceiveMaximum, Number(20))]);
    let accepted = ConnAck { properties: limits.as_properties(), ..ConnAck::new(0, 0) };
    check("20 09  00 00  06  22 00 0a  21 00 14", V5, Packet::ConnAck(accepted));
}

#[test]
fn a_connack_of_3_1_1_is_none_of_mqtt_5() {
    let kind = DecodeErrorKind::FieldTooLong { field: "Property Length", needed: 1, available: 0 };
    check_error("20 02  00 01", V5, 1, kind);
    check_error("b0 02  00 01", V5, 1, kind);
    check_error("90 02  00 01", V5, 1, kind);
}

#[test]
fn a_publish_with_each_number_of_properties() {
    check("30 06  00 01 74  00  68 69", V5, Packet::Publish(publish()));
    let one = properties(&[(Id::TopicAlias, Number(7))]);
    let with_one = Publish { properties: one.as_properties(), ..publish() };
    check("30 09  00 01 74  03  23 00 07  68 69", V5, Packet::Publish(with_one));
    let all = properties(&[
        (Id::UserProperty, Pair("a".into(), "1".into())),
        (Id::PayloadFormatIndicator, Number(0)),
        (Id::MessageExpiryInterval, Number(0)),
        (Id::SubscriptionIdentifier, Number(268_435_455)),
        (Id::TopicAlias, Number(65_535)),
        (Id::ResponseTopic, Words("r/s".into())),
        (Id::CorrelationData, Binary(&[0])),
        (Id::ContentType, Words("x".into())),
        (Id::SubscriptionIdentifier, Number(1)),
        (Id::UserProperty, Pair("a".into(), "2".into())),
    ]);
    let with_all = Publish {
        dup: true,
        qos: Qos::ExactlyOnce,
        retain: true,
        packet_id: Some(258),
        properties: all.as_properties(),
        payload: b"",
        ..publish()
    };
    check(
        "3d 33  00 01 74  01 02  2d
         26 00 01 61 00 01 31  01 00  02 00 00 00 00  0b ff ff ff 7f  23 ff ff
         08 00 03 72 2f 73  09 00 01 00  03 00 01 78  0b 01  26 00 01 61 00 01 32",
        V5,
        Packet::Publish(with_all),
    );
}

#[test]
fn an_alias_stands_for_an_empty_topic() {
    let alias = properties(&[(Id::TopicAlias, Number(1))]);
    let aliased = Publish { topic: "".into(), properties: alias.as_properties(), ..publish() };
    check("30 08  00 00  03  23 00 01  68 69", V5, Packet::Publish(aliased));
}

#[test]
fn properties_are_read_by_kind_and_in_order() {
    let list = properties(&[
        (Id::UserProperty, Pair("name".into(), "first".into())),
        (Id::SubscriptionIdentifier, Number(3)),
        (Id::ContentType, Words("text/plain".into())),
        (Id::UserProperty, Pair("name".into(), "second".into())),
        (Id::SubscriptionIdentifier, Number(200)),
        (Id::CorrelationData, Binary(b"\x00\xff")),
    ]);
    let list = list.as_properties();
    let users: Vec<_> = list.user_properties().map(|(name, value)| (name.to_str(), value.to_str())).collect();
    assert_eq!(users, [(Some("name"), Some("first")), (Some("name"), Some("second"))]);
    assert_eq!(list.subscription_identifiers().collect::<Vec<_>>(), [3, 200]);
    assert_eq!(list.number(Id::SubscriptionIdentifier), Some(3));
    assert_eq!(list.text(Id::ContentType), Some("text/plain".into()));
    assert_eq!(list.binary(Id::CorrelationData), Some(&[0, 0xff][..]));
    // Of another kind, or not there.
    assert_eq!(list.number(Id::ContentType), None);
    assert_eq!(list.text(Id::CorrelationData), None);
    assert_eq!(list.binary(Id::UserProperty), None);
    assert_eq!(list.get(Id::TopicAlias), None);
    assert_eq!(list.iter().count(), 6);
    assert!(!list.is_empty() && Properties::NONE.is_empty());
    assert_eq!(PropertyBuf::from(list).as_properties(), list);
}

#[test]
fn acknowledgements_end_where_nothing_more_is_to_be_said() {
    let packet_id = 0x8081;
    let (code, properties) = (Some(ReasonCode(0x92)), properties(&[(Id::ReasonString, Words("x".into()))]));
    let (none, some) = (Some(Properties::NONE), Some(properties.as_properties()));
    check("40 02 80 81", V5, Packet::PubAck(PubAck::new(packet_id)));
    check("50 02 80 81", V5, Packet::PubRec(PubRec::new(packet_id)));
    check("62 02 80 81", V5, Packet::PubRel(PubRel::new(packet_id)));
    check("70 02 80 81", V5, Packet::PubComp(PubComp::new(packet_id)));
    let refused = Some(ReasonCode(0x10));
    for (hex, reason_code, properties) in [
        ("03 80 81 10", refused, None),
        ("04 80 81 10 00", refused, none),
        ("08 80 81 10  04  1f 00 01 78", refused, some),
        ("03 80 81 00", Some(ReasonCode::SUCCESS), None),
    ] {
        check(&format!("40 {hex}"), V5, Packet::PubAck(PubAck { packet_id, reason_code, properties }));
        check(&format!("50 {hex}"), V5, Packet::PubRec(PubRec { packet_id, reason_code, properties }));
    }
    for (hex, reason_code, properties) in [
        ("03 80 81 92", code, None),
        ("04 80 81 92 00", code, none),
        ("08 80 81 92  04  1f 00 01 78", code, some),
        ("03 80 81 00", Some(ReasonCode::SUCCESS), None),
    ] {
        let pubrel = PubRel { dup: false, packet_id, reason_code, properties };
        check(&format!("62 {hex}"), V5, Packet::PubRel(pubrel));
        check(&format!("70 {hex}"), V5, Packet::PubComp(PubComp { packet_id, reason_code, properties }));
    }
}

#[test]
fn disconnect_and_auth_end_where_nothing_more_is_to_be_said() {
    check("e0 00", V5, Packet::Disconnect(Disconnect::default()));
    check("f0 00", V5, Packet::Auth(Auth::default()));
    let disconnect = |code, properties| Disconnect { reason_code: Some(ReasonCode(code)), properties };
    // MQTT.js 1176: the parser crashed on this one.
    check("e0 01 94", V5, Packet::Disconnect(disconnect(0x94, None)));
    check("e0 02 04 00", V5, Packet::Disconnect(disconnect(0x04, Some(Properties::NONE))));
    let list = properties(&[
        (Id::SessionExpiryInterval, Number(0xffff_ffff)),
        (Id::ServerReference, Words("other:1883".into())),
    ]);
    check(
        "e0 14 9c  12  11 ff ff ff ff  1c 00 0a 6f 74 68 65 72 3a 31 38 38 33",
        V5,
        Packet::Disconnect(disconnect(0x9c, Some(list.as_properties()))),
    );
    let list = properties(&[
        (Id::AuthenticationMethod, Words("SCRAM".into())),
        (Id::AuthenticationData, Binary(b"")),
    ]);
    let auth = Auth { reason_code: Some(ReasonCode(0x18)), properties: Some(list.as_properties()) };
    check("f0 0d 18  0b  15 00 05 53 43 52 41 4d  16 00 00", V5, Packet::Auth(auth));
}

#[test]
fn subscribe_and_its_options() {
    let options = |byte: u8| SubscribeOptions(byte);
    let filters = [
        SubscribeFilter { filter: "a/+".into(), options: options(0x01) },
        SubscribeFilter { filter: "#".into(), options: options(0x2e) },
        SubscribeFilter { filter: "$share/g/t".into(), options: options(0x10) },
    ];
    let identifier = properties(&[(Id::SubscriptionIdentifier, Number(128))]);
    check(
        "82 1d  00 0a  03 0b 80 01  00 03 61 2f 2b 01  00 01 23 2e  00 0a 24 73 68 61 72 65 2f 67 2f 74 10",
        V5,
        Packet::Subscribe(Subscribe {
            dup: false,
            packet_id: 10,
            properties: identifier.as_properties(),
            filters: Filters::new(&filters),
        }),
    );
    let all = options(0x2e);
    assert_eq!(
        (all.qos(V5), all.no_local(), all.retain_as_published(), all.retain_handling()),
        (2, true, true, 2)
    );
    let none = options(0);
    assert_eq!(
        (none.qos(V5), none.no_local(), none.retain_as_published(), none.retain_handling()),
        (0, false, false, 0)
    );
    let made = SubscribeOptions::new(Qos::ExactlyOnce).with_no_local(true).with_retain_as_published(true);
    assert_eq!(made.with_retain_handling(2), all);
    assert_eq!(all.with_no_local(false).with_retain_as_published(false).with_retain_handling(0), options(2));
    assert_eq!(made.with_retain_handling(1), options(0x1e));
}

#[test]
fn a_retain_handling_of_3_is_not_written() {
    let filters = [SubscribeFilter { filter: "a".into(), options: SubscribeOptions(0x30) }];
    let packet = Packet::Subscribe(Subscribe {
        dup: false,
        packet_id: 1,
        properties: Properties::NONE,
        filters: Filters::new(&filters),
    });
    let mut written = Vec::new();
    assert_eq!(packet.encode(&mut written, V5), Err(EncodeError::InvalidRetainHandling(3)));
    assert!(written.is_empty());
}

#[test]
fn suback_and_unsuback_hold_reason_codes() {
    check("90 08  00 0a  00  00 01 02 80 97", V5, Packet::SubAck(SubAck::new(10, &[0, 1, 2, 0x80, 0x97])));
    let unsuback = UnsubAck { reason_codes: &[0, 0x11, 0x87], ..UnsubAck::new(10) };
    check("b0 06  00 0a  00  00 11 87", V5, Packet::UnsubAck(unsuback));
    // How many there must be is for who knows the request.
    check("90 03  00 0a  00", V5, Packet::SubAck(SubAck::new(10, &[])));
    check("b0 03  00 0a  00", V5, Packet::UnsubAck(UnsubAck::new(10)));
    let list = properties(&[(Id::UserProperty, Pair("n".into(), "v".into()))]);
    let suback = SubAck { properties: list.as_properties(), ..SubAck::new(10, &[0xa2]) };
    check("90 0b  00 0a  07  26 00 01 6e 00 01 76  a2", V5, Packet::SubAck(suback));
}

#[test]
fn unsubscribe() {
    let filters = [Text::from("a"), Text::from("$share/g/b/#")];
    let list = properties(&[(Id::UserProperty, Pair("n".into(), "v".into()))]);
    check(
        "a2 1b  00 0b  07 26 00 01 6e 00 01 76  00 01 61  00 0c 24 73 68 61 72 65 2f 67 2f 62 2f 23",
        V5,
        Packet::Unsubscribe(Unsubscribe {
            dup: false,
            packet_id: 11,
            properties: list.as_properties(),
            filters: Filters::new(&filters),
        }),
    );
}

#[test]
fn pings_are_what_they_were() {
    check("c0 00", V5, Packet::PingReq);
    check("d0 00", V5, Packet::PingResp);
    for (hex, packet_type) in [("c0 01 00", PacketType::PingReq), ("d0 01 00", PacketType::PingResp)] {
        let kind = DecodeErrorKind::ForbiddenRemainingLength { packet_type, expected: 0, actual: 1 };
        check_error(hex, V5, 1, kind);
    }
}

#[test]
fn lengths_of_properties_around_their_limits() {
    // A Property Length of one, two, three and four bytes.
    for len in [120_usize, 121, 16_376, 16_377, 65_535] {
        let value = "x".repeat(len);
        let mut list = properties(&[(Id::UserProperty, Pair("".into(), value.as_str().into()))]);
        if len == 65_535 {
            for _ in 0..32 {
                list.push(Id::UserProperty, Pair("".into(), value.as_str().into())).expect("it fits");
            }
        }
        let packet = Packet::Publish(Publish { properties: list.as_properties(), ..publish() });
        let mut written = Vec::new();
        packet.encode(&mut written, V5).expect("the properties fit");
        let mut violations = Vec::new();
        assert_eq!(decode(&written, V5, &mut violations), Ok(packet), "{len}");
        assert_eq!(violations, [], "{len}");
        common::check_fields(&written, V5);
    }
}

#[test]
fn what_has_no_bytes_is_not_written() {
    let mut list = PropertyBuf::new();
    let long = "x".repeat(65_536);
    let too_long = Err(EncodeError::FieldTooLong { field: "Reason String", len: 65_536 });
    assert_eq!(list.push(Id::ReasonString, Words(long.as_str().into())), too_long);
    for pair in [Pair(long.as_str().into(), "".into()), Pair("".into(), long.as_str().into())] {
        let too_long = EncodeError::FieldTooLong { field: "User Property", len: 65_536 };
        assert_eq!(list.push(Id::UserProperty, pair), Err(too_long));
    }
    for (property, number) in
        [(Id::MaximumQos, 256), (Id::ReceiveMaximum, 65_536), (Id::SubscriptionIdentifier, 268_435_456)]
    {
        let error = EncodeError::PropertyNumber { property, number };
        assert_eq!(list.push(property, Number(number)), Err(error));
        list.push(property, Number(number - 1)).expect("it fits");
    }
    for (id, value) in [
        (Id::MaximumQos, Words("1".into())),
        (Id::ReasonString, Number(1)),
        (Id::CorrelationData, Words("".into())),
        (Id::UserProperty, Binary(b"")),
        (Id::SubscriptionIdentifier, Pair("".into(), "".into())),
    ] {
        assert_eq!(list.push(id, value), Err(EncodeError::PropertyKind(id)));
    }
    assert_eq!(list.as_properties().iter().count(), 3);
    let mut written = Vec::new();
    let without_code = Some(Properties::NONE);
    for packet in [
        Packet::PubAck(PubAck { properties: without_code, ..PubAck::new(1) }),
        Packet::Disconnect(Disconnect { reason_code: None, properties: without_code }),
        Packet::Auth(Auth { reason_code: None, properties: without_code }),
    ] {
        assert_eq!(packet.encode(&mut written, V5), Err(EncodeError::ReasonCodeMissing));
    }
    for version in [V31, V311] {
        let no_auth = EncodeError::NotInVersion { packet_type: PacketType::Auth, version };
        assert_eq!(Packet::Auth(Auth::default()).encode(&mut written, version), Err(no_auth));
    }
    assert!(written.is_empty());
}

#[test]
fn what_a_version_does_not_have_is_left_out() {
    let list = properties(&[(Id::ReasonString, Words("x".into()))]);
    let (reason_code, properties) = (Some(ReasonCode(0x10)), Some(list.as_properties()));
    let filters = [SubscribeFilter { filter: "a".into(), options: SubscribeOptions(1) }];
    for version in [V31, V311] {
        for (packet, expected) in [
            (
                Packet::ConnAck(ConnAck { properties: list.as_properties(), ..ConnAck::new(0, 0) }),
                "20 02 00 00",
            ),
            (
                Packet::Publish(Publish { properties: list.as_properties(), ..publish() }),
                "30 05 00 01 74 68 69",
            ),
            (Packet::PubAck(PubAck { packet_id: 1, reason_code, properties }), "40 02 00 01"),
            (Packet::UnsubAck(UnsubAck { reason_codes: &[0], ..UnsubAck::new(1) }), "b0 02 00 01"),
            (Packet::Disconnect(Disconnect { reason_code, properties }), "e0 00"),
            (
                Packet::Subscribe(Subscribe {
                    dup: false,
                    packet_id: 1,
                    properties: list.as_properties(),
                    filters: Filters::new(&filters),
                }),
                "82 06 00 01 00 01 61 01",
            ),
        ] {
            let mut written = Vec::new();
            packet.encode(&mut written, version).expect("it can be written");
            assert_eq!(written, bytes(expected), "{packet:?}");
        }
    }
}

#[test]
fn authentication_data_is_overwritten_byte_for_byte() {
    for hex in [
        "10 1e  00 04 4d 51 54 54 05  02 00 3c  10  15 00 01 6d  16 00 06 73 65 63 72 65 74  21 00 01  00 01 63",
        "20 10  00 00  0d  15 00 01 6d  16 00 06 73 65 63 72 65 74",
        "f0 0f  18  0d  15 00 01 6d  16 00 06 73 65 63 72 65 74",
        // Bytes behind the properties, a reserved flag, properties that lead past the end.
        "20 12  00 00  0d  15 00 01 6d  16 00 06 73 65 63 72 65 74  00 00",
        "2e 12  00 00  0d  15 00 01 6d  16 00 06 73 65 63 72 65 74  00 00",
        "f0 10  18  0d  15 00 01 6d  16 00 06 73 65 63 72 65 74  00",
        "20 10  00 00  1d  15 00 01 6d  16 00 06 73 65 63 72 65 74",
    ] {
        let mut whole = bytes(hex);
        let before = whole.clone();
        assert!(redact_secrets(&mut whole), "{hex}");
        let at = before.windows(6).position(|window| window == b"secret").expect("the secret is there");
        assert_eq!(&whole[at..at + 6], b"******");
        assert_eq!((&whole[..at], &whole[at + 6..]), (&before[..at], &before[at + 6..]));
        // Cut anywhere, no byte of it is left.
        for cut in 0..before.len() {
            let mut packet = before[..cut].to_vec();
            redact_secrets(&mut packet);
            assert!(!packet.windows(2).any(|pair| pair == b"se"), "{hex} cut at {cut}");
        }
    }
}

/// What a broker of 3.1.1 has put behind its CONNACK is to be seen.
#[test]
fn bytes_that_are_no_properties_stay() {
    for hex in ["20 06  00 00  41 42 43 44", "20 05  00 00  ff ff ff", "20 07  00 00  ff ff ff ff ff"] {
        let mut packet = bytes(hex);
        assert!(!redact_secrets(&mut packet), "{hex}");
        assert_eq!(packet, bytes(hex));
    }
}

#[test]
fn json_of_a_packet_with_properties() {
    let mut text = String::new();
    let stream = bytes("40 03 00 01 10  40 02 00 01  90 0b 00 0a 07 26 00 01 6e 00 01 76 a2  e0 02 04 00");
    json::push_stream(&mut text, &stream, V5, false);
    assert_eq!(
        text,
        r#"{"packets":[{"type":"PUBACK","start":0,"end":5,"violations":[],"packet_id":1,"reason_code":16,"properties":null},{"type":"PUBACK","start":5,"end":9,"violations":[],"packet_id":1,"reason_code":null,"properties":null},{"type":"SUBACK","start":9,"end":22,"violations":[],"packet_id":10,"properties":[{"name":"user_property","value":["n","v"]}],"reason_codes":[162]},{"type":"DISCONNECT","start":22,"end":26,"violations":[],"reason_code":4,"properties":[]}],"incomplete":0,"error":null}"#
    );
}

#[test]
fn a_connect_leads_to_its_version_and_back() {
    let names = |hex: &str, version| {
        let mut text = String::new();
        json::push_stream(&mut text, &bytes(hex), version, false);
        let value: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        assert!(value["error"].is_null(), "{text}");
        let packets = value["packets"].as_array().expect("it is a list").clone();
        packets.iter().map(|packet| packet.get("reason_code").is_some()).collect::<Vec<_>>()
    };
    let v5 = "10 0e  00 04 4d 51 54 54 05  02 00 3c  00  00 01 63";
    let v311 = "10 0d  00 04 4d 51 54 54 04  02 00 3c  00 01 63";
    assert_eq!(names(&format!("{v5} 20 03 00 00 00 {v311} 20 02 00 00"), V31), [false, true, false, false]);
    assert_eq!(names(&format!("{v311} 40 02 00 01 {v5} 40 02 00 01"), V5), [false, false, false, true]);
}

#[test]
fn the_connack_of_an_earlier_version_is_called_that() {
    let called = |hex: &str| {
        let packet = bytes(hex);
        let error = decode(&packet, V5, &mut ()).expect_err("no packet of MQTT 5");
        let called = error.or_of_other_version(&packet, V5);
        (called != error).then(|| (called.to_string(), called.kind.clause(V5)))
    };
    let words = "CONNACK of an earlier version of MQTT, with return code 1 (unacceptable protocol version)";
    assert_eq!(called("20 02 00 01"), Some((words.to_owned(), "MQTT 5, 3.2.2")));
    let words = "CONNACK of an earlier version of MQTT, with return code 0";
    assert_eq!(called("20 02 00 00"), Some((words.to_owned(), "MQTT 5, 3.2.2")));
    for other in ["20 01 00", "b0 02 00 01", "90 02 00 01"] {
        assert_eq!(called(other), None, "{other}");
    }
}
