//! One packet for each rule that a packet of MQTT 5 can break, with the byte at fault and the clause.
//!
//! The rules of the properties are in `property_places.rs`.

mod common;

use common::client::{Client, puback, pubcomp, pubrec};
use common::{bytes, check_error, check_violations};
use mqttscope_proto::ProtocolVersion::{V5, V31, V311};
use mqttscope_proto::session::{CommandError, Event, Limit, Publication};
use mqttscope_proto::{
    ConnAck, DecodeErrorKind, Packet, PacketType, Properties, PropertyBuf, PropertyHolder, PropertyId,
    PropertyValue, ProtocolVersion, PubAck, PubRec, Publish, Qos, ReasonCode, Rule, SubAck, TopicName,
    UnsubAck, decode,
};

/// The packet with this first byte and body.
fn packet(first: &str, body: &str) -> String {
    format!("{first} {:02x} {body}", bytes(body).len())
}

/// The packet breaks this rule alone, which stands at this clause of MQTT 5.
fn check_rule(hex: &str, offset: usize, rule: Rule, clause: &str) {
    check_violations(hex, V5, &[(offset, rule)]);
    assert_eq!(rule.clause(V5), clause, "{rule}");
}

/// The packet cannot be decoded from this offset on, which stands at this clause of MQTT 5.
fn check_end(hex: &str, offset: usize, kind: DecodeErrorKind, clause: &str) {
    check_error(hex, V5, offset, kind);
    assert_eq!(kind.clause(V5), clause, "{kind}");
}

/// A CONNECT with these flags, and this behind its empty properties.
fn connect(flags: u8, payload: &str) -> String {
    packet("10", &format!("00 04 4d 51 54 54 05 {flags:02x} 00 3c 00 {payload}"))
}

// Data representation.

#[test]
fn every_text_must_be_utf_8_without_nul() {
    type Case = (fn(&str) -> String, usize);
    let cases: [Case; 6] = [
        (|text| connect(0x02, text), 15),
        (|text| connect(0x06, &format!("00 01 63 00 {text} 00 00")), 19),
        (|text| connect(0x82, &format!("00 01 63 {text}")), 18),
        (|text| packet("30", &format!("{text} 00")), 4),
        (|text| packet("82", &format!("00 0a 00 {text} 00")), 7),
        (|text| packet("a2", &format!("00 0a 00 {text}")), 7),
    ];
    for (hex, text_at) in cases {
        for (text, at, rule, clause) in [
            ("00 03 61 c3 28", 1, Rule::IllFormedUtf8, "[MQTT-1.5.4-1]"),
            ("00 03 61 c0 80", 1, Rule::IllFormedUtf8, "[MQTT-1.5.4-1]"),
            ("00 04 61 ed a0 80", 1, Rule::Surrogate, "[MQTT-1.5.4-1]"),
            ("00 02 61 00", 1, Rule::Nul, "[MQTT-1.5.4-2]"),
        ] {
            check_rule(&hex(text), text_at + at, rule, clause);
        }
        // A byte order mark, control characters and non-characters: SHOULD NOT is no MUST NOT (1.5.4).
        for valid in
            ["00 03 ef bb bf", "00 01 01", "00 01 7f", "00 02 c2 80", "00 03 ef bf bf", "00 04 f0 9f 8c 8d"]
        {
            check_violations(&hex(valid), V5, &[]);
        }
    }
}

#[test]
fn a_byte_order_mark_is_a_character_like_others() {
    let bytes = bytes("30 07  00 04 ef bb bf 61  00");
    let Ok(Packet::Publish(publish)) = decode(&bytes, V5, &mut ()) else { panic!("it is a PUBLISH") };
    assert_eq!(publish.topic, "\u{feff}a");
}

#[test]
fn a_variable_byte_integer_takes_the_fewest_bytes() {
    for (hex, offset, field) in [
        ("30 84 00  00 01 74 00", 1, "Remaining Length"),
        ("40 82 80 80 00  00 01", 1, "Remaining Length"),
        ("10 8e 00  00 04 4d 51 54 54 05  02 00 3c  00  00 01 63", 1, "Remaining Length"),
        ("d0 80 00", 1, "Remaining Length"),
        ("30 05  00 01 74  80 00", 5, "Property Length"),
        ("30 0a  00 01 74  83 80 80 00  23 00 01", 5, "Property Length"),
        ("30 08  00 01 74  04 a3 00 00 01", 6, "Property Identifier"),
        ("30 0a  00 01 74  06 a3 80 80 00 00 01", 6, "Property Identifier"),
        ("82 0a  00 0a  03 0b 81 00  00 01 61 00", 6, "Subscription Identifier"),
        ("82 0c  00 0a  05 0b ff 80 80 00  00 01 61 00", 6, "Subscription Identifier"),
    ] {
        check_rule(hex, offset, Rule::NotTheFewestBytes(field), "[MQTT-1.5.5-1]");
    }
    // Earlier versions do not say so.
    for version in [V31, V311] {
        check_violations("40 82 80 80 00  00 01", version, &[]);
    }
}

#[test]
fn a_variable_byte_integer_has_at_most_four_bytes() {
    let too_long = |field| DecodeErrorKind::VariableByteIntegerTooLong { field };
    check_end("30 80 80 80 80", 4, DecodeErrorKind::RemainingLengthTooLong, "MQTT 5, 2.1.4");
    for (hex, offset, field) in [
        ("30 08  00 01 74  80 80 80 80 01", 8, "Property Length"),
        ("30 09  00 01 74  05 80 80 80 80 01", 9, "Property Identifier"),
        ("82 0d  00 0a  06 0b ff ff ff ff 7f  00 01 61 00", 9, "Subscription Identifier"),
    ] {
        check_end(hex, offset, too_long(field), "MQTT 5, 1.5.5");
    }
}

#[test]
fn a_length_does_not_lead_past_its_packet() {
    let needs = |field, needed, available| DecodeErrorKind::FieldTooLong { field, needed, available };
    let clause = "MQTT 5, 2.1.4";
    check_end("30 04  00 01 74  01", 5, needs("Properties", 1, 0), clause);
    check_end("30 07  00 01 74  04 23 00 01", 5, needs("Properties", 4, 3), clause);
    check_end("30 04  00 01 74  80", 5, needs("Property Length", 2, 1), clause);
    check_end("30 03  00 01 74", 1, needs("Property Length", 1, 0), clause);
    check_end("e0 02  00 05", 3, needs("Properties", 5, 0), clause);
    check_end("40 04  00 01 00 01", 5, needs("Properties", 1, 0), clause);
    check_end("82 03  00 0a 07", 4, needs("Properties", 7, 0), clause);
    // The length of a will's properties.
    check_end(&connect(0x06, "00 01 63 09 00 01 77 00 00"), 16, needs("Properties", 9, 5), clause);
    check_end(&connect(0x02, "00 02 63"), 13, needs("Client Identifier", 2, 1), clause);
}

// The fixed header.

#[test]
fn the_flag_bits_of_every_packet() {
    let bodies = [
        (PacketType::Connect, "0d 00 04 4d 51 54 54 05 02 00 00 00 00 00", "[MQTT-2.1.3-1]"),
        (PacketType::ConnAck, "03 00 00 00", "[MQTT-2.1.3-1]"),
        (PacketType::PubAck, "02 00 01", "[MQTT-2.1.3-1]"),
        (PacketType::PubRec, "02 00 01", "[MQTT-2.1.3-1]"),
        (PacketType::PubRel, "02 00 01", "[MQTT-3.6.1-1]"),
        (PacketType::PubComp, "02 00 01", "[MQTT-2.1.3-1]"),
        (PacketType::Subscribe, "07 00 01 00 00 01 61 00", "[MQTT-3.8.1-1]"),
        (PacketType::SubAck, "04 00 01 00 00", "[MQTT-2.1.3-1]"),
        (PacketType::Unsubscribe, "06 00 01 00 00 01 61", "[MQTT-3.10.1-1]"),
        (PacketType::UnsubAck, "04 00 01 00 00", "[MQTT-2.1.3-1]"),
        (PacketType::PingReq, "00", "[MQTT-2.1.3-1]"),
        (PacketType::PingResp, "00", "[MQTT-2.1.3-1]"),
        (PacketType::Disconnect, "00", "[MQTT-3.14.1-1]"),
        (PacketType::Auth, "00", "[MQTT-3.15.1-1]"),
    ];
    for (packet_type, body, clause) in bodies {
        let expected = match packet_type {
            PacketType::PubRel | PacketType::Subscribe | PacketType::Unsubscribe => 0b0010,
            _ => 0,
        };
        for actual in 0..16 {
            let hex = format!("{:x}{actual:x} {body}", packet_type as u8);
            if actual == expected {
                check_violations(&hex, V5, &[]);
            } else {
                check_rule(&hex, 0, Rule::ReservedHeaderFlags { packet_type, expected, actual }, clause);
            }
        }
    }
}

#[test]
fn packet_type_0_is_reserved_and_15_is_auth() {
    check_end("00 00", 0, DecodeErrorKind::UnknownPacketType(0), "MQTT 5, 2.1.2");
    check_end("0f 02 00 01", 0, DecodeErrorKind::UnknownPacketType(0), "MQTT 5, 2.1.2");
    check_violations("f0 00", V5, &[]);
    for version in [V31, V311] {
        check_error("f0 00", version, 0, DecodeErrorKind::UnknownPacketType(15));
    }
}

#[test]
fn nothing_stands_behind_the_last_field() {
    for (hex, offset) in [
        (&connect(0x02, "00 01 63 aa bb")[..], 16),
        (&connect(0x42, "00 01 63 00 01 70 aa bb"), 19),
        ("20 05 00 00 00 aa bb", 5),
        ("40 06 00 01 00 00 aa bb", 6),
        ("50 06 00 01 00 00 aa bb", 6),
        ("62 06 00 01 00 00 aa bb", 6),
        ("70 06 00 01 00 00 aa bb", 6),
        ("e0 04 00 00 aa bb", 4),
        ("f0 08 18 04 15 00 01 6d aa bb", 8),
    ] {
        check_rule(hex, offset, Rule::TrailingBytes(2), "MQTT 5, 2.1.4");
    }
}

#[test]
fn packet_id_0_is_not_valid() {
    let clause = "[MQTT-2.2.1-3], [MQTT-2.2.1-4]";
    for hex in [
        "40 02 00 00",
        "50 03 00 00 00",
        "62 04 00 00 00 00",
        "70 02 00 00",
        "82 07 00 00 00 00 01 61 00",
        "90 04 00 00 00 00",
        "a2 06 00 00 00 00 01 61",
        "b0 04 00 00 00 00",
    ] {
        check_rule(hex, 2, Rule::PacketIdZero, clause);
    }
    check_rule("32 06 00 01 74 00 00 00", 5, Rule::PacketIdZero, clause);
    // QoS 0 has no packet identifier [MQTT-2.2.1-2]: where one would be, the properties begin.
    let mut written = Vec::new();
    let publish = Publish {
        dup: false,
        qos: Qos::AtMostOnce,
        retain: false,
        topic: "t".into(),
        packet_id: None,
        properties: Properties::NONE,
        payload: b"\x01",
    };
    Packet::Publish(publish).encode(&mut written, V5).expect("it can be written");
    assert_eq!(written, bytes("30 05 00 01 74 00 01"));
    let zero = [
        Packet::PubAck(PubAck::new(0)),
        Packet::PubRec(PubRec::new(0)),
        Packet::SubAck(SubAck::new(0, &[])),
        Packet::UnsubAck(UnsubAck::new(0)),
    ];
    for packet in zero {
        assert!(packet.encode(&mut written, V5).is_err(), "{packet:?}");
    }
}

// CONNECT and CONNACK.

#[test]
fn connect_that_breaks_rules() {
    for (hex, offset, rule, clause) in [
        (connect(0x03, "00 01 63"), 9, Rule::ConnectReservedFlag, "[MQTT-3.1.2-3]"),
        (connect(0x0a, "00 01 63"), 9, Rule::WillQosWithoutWill, "[MQTT-3.1.2-11]"),
        (connect(0x22, "00 01 63"), 9, Rule::WillRetainWithoutWill, "[MQTT-3.1.2-13]"),
        (connect(0x1e, "00 01 63 00 00 01 77 00 00"), 9, Rule::WillQosReserved, "[MQTT-3.1.2-12]"),
        (connect(0x82, "00 01 63"), 9, Rule::UsernameMissing, "[MQTT-3.1.2-17]"),
        (connect(0x42, "00 01 63"), 9, Rule::PasswordMissing, "[MQTT-3.1.2-19]"),
        (connect(0xc2, "00 01 63 00 01 75"), 9, Rule::PasswordMissing, "[MQTT-3.1.2-19]"),
        (
            connect(0x06, "00 01 63 00 00 03 77 2f 23 00 00"),
            21,
            Rule::WildcardInTopicName,
            "[MQTT-3.3.2-2], [MQTT-4.7.0-1]",
        ),
        (connect(0x06, "00 01 63 00 00 00 00 00"), 17, Rule::TopicEmpty, "[MQTT-4.7.3-1]"),
    ] {
        check_rule(&hex, offset, rule, clause);
    }
}

#[test]
fn connect_names_its_version() {
    for (hex, level) in [
        ("10 0e 00 04 4d 51 54 58 05 02 00 3c 00 00 01 63", 5),
        ("10 0e 00 04 4d 51 54 54 85 02 00 3c 00 00 01 63", 0x85),
    ] {
        check_rule(hex, 8, Rule::ProtocolNameAndLevel(level), "[MQTT-3.1.2-1]");
    }
    check_rule(
        "10 10 00 06 4d 51 49 73 64 70 05 02 00 3c 00 00 01 63",
        10,
        Rule::ProtocolNameAndLevel(5),
        "[MQTT-3.1.2-1]",
    );
    let hex = "10 0e 00 04 4d 51 54 54 06 02 00 3c 00 00 01 63";
    check_end(hex, 8, DecodeErrorKind::UnknownProtocolLevel(6), "[MQTT-3.1.2-2]");
}

#[test]
fn connect_flags_and_payload_agree_in_the_prescribed_order() {
    for fields in 0..8_u8 {
        let (has_will, has_username, has_password) = (fields & 1 != 0, fields & 2 != 0, fields & 4 != 0);
        let flags = 0x02
            | if has_will { 0x0c } else { 0 }
            | u8::from(has_username) << 7
            | u8::from(has_password) << 6;
        let mut payload = "00 01 63".to_owned();
        for (present, field) in
            [(has_will, " 00 00 01 77 00 01 6d"), (has_username, " 00 01 75"), (has_password, " 00 01 70")]
        {
            payload.push_str(if present { field } else { "" });
        }
        let hex = connect(flags, &payload);
        check_violations(&hex, V5, &[]);
        let bytes = bytes(&hex);
        let Ok(Packet::Connect(connect)) = decode(&bytes, V5, &mut ()) else { panic!("{hex} is a CONNECT") };
        assert_eq!(connect.client_id, "c");
        let will = connect.will.map(|will| (will.topic.to_str(), will.message, will.qos, will.retain));
        assert_eq!(will, has_will.then_some((Some("w"), &b"m"[..], 1, false)));
        assert_eq!(connect.username, has_username.then(|| "u".into()));
        assert_eq!(connect.password, has_password.then_some(&b"p"[..]));
        assert_eq!(connect.stray_flags, 0);
    }
}

#[test]
fn connack_that_breaks_rules() {
    for flags in [0x02, 0x80, 0xfe] {
        check_rule(&format!("20 03 {flags:02x} 00 00"), 2, Rule::ConnAckReservedFlags, "[MQTT-3.2.2-1]");
    }
    check_rule("20 03 01 87 00", 2, Rule::SessionPresentWithRefusal, "[MQTT-3.2.2-6]");
    assert!(ConnAck::new(1, 0).session_present() && !ConnAck::new(0, 0).session_present());
}

// PUBLISH.

#[test]
fn publish_that_breaks_rules() {
    for (hex, offset, rule, clause) in [
        ("38 04 00 01 74 00", 0, Rule::DupAtQos0, "[MQTT-3.3.1-2]"),
        ("30 04 00 01 2b 00", 4, Rule::WildcardInTopicName, "[MQTT-3.3.2-2], [MQTT-4.7.0-1]"),
        ("30 06 00 03 61 2f 23 00", 6, Rule::WildcardInTopicName, "[MQTT-3.3.2-2], [MQTT-4.7.0-1]"),
        ("30 03 00 00 00", 2, Rule::TopicEmptyWithoutAlias, "MQTT 5, 3.3.2.1"),
        ("34 05 00 00 00 01 00", 2, Rule::TopicEmptyWithoutAlias, "MQTT 5, 3.3.2.1"),
    ] {
        check_rule(hex, offset, rule, clause);
    }
    check_end("36 06 00 01 74 00 01 00", 0, DecodeErrorKind::ReservedQos, "[MQTT-3.3.1-4]");
}

// SUBSCRIBE and UNSUBSCRIBE.

#[test]
fn requests_have_a_filter() {
    let rule = Rule::NoTopicFilter(PacketType::Subscribe);
    check_rule("82 03 00 0a 00", 1, rule, "[MQTT-3.8.3-2]");
    let rule = Rule::NoTopicFilter(PacketType::Unsubscribe);
    check_rule("a2 03 00 0a 00", 1, rule, "[MQTT-3.10.3-2]");
    let kind = DecodeErrorKind::FieldTooLong { field: "Subscription Options", needed: 1, available: 0 };
    check_error("82 06 00 0a 00 00 01 61", V5, 1, kind);
}

#[test]
fn every_byte_of_subscription_options() {
    for byte in 0..=u8::MAX {
        let mut expected = Vec::new();
        if byte & 0x03 == 0x03 {
            expected.push((8, Rule::RequestedQos(byte)));
        }
        if byte & 0x30 == 0x30 {
            expected.push((8, Rule::RetainHandling));
        }
        if byte & 0xc0 != 0 {
            expected.push((8, Rule::SubscriptionOptionsReserved));
        }
        check_violations(&format!("82 07 00 0a 00 00 01 61 {byte:02x}"), V5, &expected);
    }
    assert_eq!(Rule::RequestedQos(3).clause(V5), "MQTT 5, 3.8.3.1");
    assert_eq!(Rule::RetainHandling.clause(V5), "MQTT 5, 3.8.3.1");
    assert_eq!(Rule::SubscriptionOptionsReserved.clause(V5), "[MQTT-3.8.3-5]");
    // Of the second filter, too.
    check_rule(
        "82 0b 00 0a 00 00 01 61 00 00 01 62 40",
        12,
        Rule::SubscriptionOptionsReserved,
        "[MQTT-3.8.3-5]",
    );
}

/// A SUBSCRIBE of this filter with these options, and where the filter and the options stand.
fn subscribe(filter: &str, options: u8) -> (String, usize, usize) {
    let text: String = filter.bytes().map(|byte| format!(" {byte:02x}")).collect();
    let hex = packet("82", &format!("00 0a 00 {:04x}{text} {options:02x}", filter.len()));
    (hex, 7, 7 + filter.len())
}

#[test]
fn filters_that_break_rules() {
    let cases = [
        ("", 0, Rule::TopicEmpty, "[MQTT-4.7.3-1]"),
        ("a#", 1, Rule::MultiLevelWildcard, "[MQTT-4.7.1-1]"),
        ("#/a", 0, Rule::MultiLevelWildcard, "[MQTT-4.7.1-1]"),
        ("a+", 1, Rule::SingleLevelWildcard, "[MQTT-4.7.1-2]"),
        ("a/b+/c", 3, Rule::SingleLevelWildcard, "[MQTT-4.7.1-2]"),
        ("$share/", 6, Rule::ShareName, "[MQTT-4.8.2-1], [MQTT-4.8.2-2]"),
        ("$share//a", 7, Rule::ShareName, "[MQTT-4.8.2-1], [MQTT-4.8.2-2]"),
        ("$share/+/a", 7, Rule::ShareName, "[MQTT-4.8.2-1], [MQTT-4.8.2-2]"),
        ("$share/g", 7, Rule::ShareWithoutFilter, "[MQTT-4.8.2-2]"),
        ("$share/g/", 8, Rule::ShareWithoutFilter, "[MQTT-4.8.2-2]"),
        ("$share/g/a#", 10, Rule::MultiLevelWildcard, "[MQTT-4.7.1-1]"),
    ];
    for (filter, at, rule, clause) in cases {
        let (hex, filter_at, _) = subscribe(filter, 0);
        // An empty text is the fault of its length.
        let filter_at = if filter.is_empty() { filter_at - 2 } else { filter_at };
        check_rule(&hex, filter_at + at, rule, clause);
        let text: String = filter.bytes().map(|byte| format!(" {byte:02x}")).collect();
        let unsubscribe = packet("a2", &format!("00 0a 00 {:04x}{text}", filter.len()));
        check_rule(&unsubscribe, filter_at + at, rule, clause);
    }
    for valid in
        ["$share/g/a", "$share/g/#", "$share/g//", "$shared/", "$share", "a/$share//b", "/", "+/#", " "]
    {
        check_violations(&subscribe(valid, 0).0, V5, &[]);
    }
    // Nobody shared subscriptions before MQTT 5.
    check_violations("82 0c 00 0a 00 07 24 73 68 61 72 65 2f 00", V311, &[]);
}

#[test]
fn a_shared_subscription_is_not_without_its_own_messages() {
    let (hex, _, options_at) = subscribe("$share/g/a", 0x04);
    check_rule(&hex, options_at, Rule::NoLocalOnShared, "[MQTT-3.8.3-4]");
    check_violations(&subscribe("$share/g/a", 0x2a).0, V5, &[]);
    check_violations(&subscribe("$shared/a", 0x04).0, V5, &[]);
    check_violations(&subscribe("share/g/a", 0x04).0, V5, &[]);
}

// Reason codes.

/// The codes of each packet (tables 3-1 and 3-4 to 3-10), its bytes before the code, and its clause.
const REASON_CODES: [(PacketType, &str, &str, &[u8], &str); 9] = {
    use PacketType::{Auth, ConnAck, Disconnect, PubAck, PubComp, PubRec, PubRel, SubAck, UnsubAck};
    const PUBLISHED: &[u8] = &[0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
    [
        (
            ConnAck,
            "20 03 00",
            "00",
            &[
                0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95,
                0x97, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9f,
            ],
            "[MQTT-3.2.2-8]",
        ),
        (PubAck, "40 03 00 01", "", PUBLISHED, "[MQTT-3.4.2-1]"),
        (PubRec, "50 03 00 01", "", PUBLISHED, "[MQTT-3.5.2-1]"),
        (PubRel, "62 03 00 01", "", &[0x00, 0x92], "[MQTT-3.6.2-1]"),
        (PubComp, "70 03 00 01", "", &[0x00, 0x92], "[MQTT-3.7.2-1]"),
        (
            SubAck,
            "90 04 00 01 00",
            "",
            &[0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2],
            "[MQTT-3.9.3-2]",
        ),
        (UnsubAck, "b0 04 00 01 00", "", &[0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91], "[MQTT-3.11.3-2]"),
        (
            Disconnect,
            "e0 01",
            "",
            &[
                0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94,
                0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
            ],
            "[MQTT-3.14.2-1]",
        ),
        (Auth, "f0 06", "04 15 00 01 6d", &[0x00, 0x18, 0x19], "[MQTT-3.15.2-1]"),
    ]
};

#[test]
fn every_packet_has_its_own_reason_codes() {
    for (packet_type, before, behind, codes, clause) in REASON_CODES {
        for code in 0..=u8::MAX {
            let hex = format!("{before} {code:02x} {behind}");
            if codes.contains(&code) {
                check_violations(&hex, V5, &[]);
                assert!(ReasonCode(code).name(packet_type).is_some());
                assert_eq!(ReasonCode(code).is_error(), code >= 0x80);
            } else {
                let code_at = bytes(before).len();
                check_rule(&hex, code_at, Rule::ReasonCode { packet_type, code: ReasonCode(code) }, clause);
            }
        }
    }
    // In a list each is judged by itself.
    let reserved = Rule::ReasonCode { packet_type: PacketType::SubAck, code: ReasonCode(0x03) };
    check_violations("90 07 00 01 00 00 03 80 03", V5, &[(6, reserved), (8, reserved)]);
}

#[test]
fn a_reason_code_is_told_by_its_packet() {
    let told = |hex: &str, version: ProtocolVersion| {
        let bytes = bytes(hex);
        decode(&bytes, version, &mut ()).expect("it is a packet").reason_code(version)
    };
    for (hex, code) in [
        ("20 03 00 84 00", Some(0x84)),
        ("40 02 00 01", Some(0)),
        ("50 03 00 01 97", Some(0x97)),
        ("62 03 00 01 92", Some(0x92)),
        ("70 02 00 01", Some(0)),
        ("e0 00", Some(0)),
        ("e0 01 8e", Some(0x8e)),
        ("f0 00", Some(0)),
        ("d0 00", None),
        ("90 04 00 01 00 80", None),
    ] {
        assert_eq!(told(hex, V5), code.map(ReasonCode), "{hex}");
    }
    assert_eq!(told("20 02 00 05", V311), None);
}

// Authentication.

#[test]
fn authentication_data_needs_a_method() {
    let holder = PropertyHolder::Packet(PacketType::Connect);
    check_rule(
        "10 12 00 04 4d 51 54 54 05 02 00 3c 04 16 00 01 64 00 01 63",
        13,
        Rule::AuthenticationDataWithoutMethod(holder),
        "MQTT 5, 3.1.2.11.10",
    );
    let holder = PropertyHolder::Packet(PacketType::Auth);
    let rule = Rule::AuthenticationDataWithoutMethod(holder);
    check_rule("f0 06 18 04 16 00 01 64", 4, rule, "MQTT 5, 3.15.2.2.2");
    check_rule("f0 0a 18 08 1f 00 01 78 16 00 01 64", 8, rule, "MQTT 5, 3.15.2.2.2");
    // The method may stand behind the data; of CONNACK nothing is said.
    check_violations("f0 0a 18 08 16 00 01 64 15 00 01 6d", V5, &[]);
    check_violations("20 07 00 00 04 16 00 01 64", V5, &[]);
    assert!(PropertyId::AuthenticationData.is_of(holder));
}

#[test]
fn auth_has_a_method() {
    for hex in ["f0 01 18", "f0 01 19", "f0 02 18 00", "f0 02 00 00", "f0 06 00 04 1f 00 01 78"] {
        check_rule(hex, 2, Rule::AuthenticationMethodMissing, "MQTT 5, 3.15.2.2.2");
    }
    // Of success it may be empty (3.15.2.1).
    check_violations("f0 00", V5, &[]);
    check_violations("f0 01 00", V5, &[]);
}

// What the session sends.

/// A client whose session lives on, and whose server said this.
fn connected(connack: (PropertyId, u32)) -> Client {
    let mut client = Client::new(V5);
    client.options.clean_session = false;
    client.options.properties = properties(PropertyId::SessionExpiryInterval, PropertyValue::Number(1_000));
    accept(&mut client, 0, connack);
    client
}

fn accept(client: &mut Client, flags: u8, (id, number): (PropertyId, u32)) {
    client.session.connect(client.now, &client.options).expect("it is not connected");
    let limits = properties(id, PropertyValue::Number(number));
    let connack = ConnAck { properties: limits.as_properties(), ..ConnAck::new(flags, 0) };
    client.sent();
    client.receive(Packet::ConnAck(connack));
    client.events();
}

fn properties(id: PropertyId, value: PropertyValue<'_>) -> PropertyBuf {
    let mut properties = PropertyBuf::new();
    properties.push(id, value).expect("it can be written");
    properties
}

#[test]
fn words_do_not_make_a_packet_too_large() {
    let mut client = connected((PropertyId::MaximumPacketSize, 20));
    let pair = PropertyValue::Pair("name".into(), "0123456789".into());
    for (id, value) in [
        (PropertyId::ReasonString, PropertyValue::Text("0123456789abcdef".into())),
        (PropertyId::UserProperty, pair),
    ] {
        let words = properties(id, value);
        let refused = client.session.disconnect_with(ReasonCode(0x04), words.as_properties());
        let Err(CommandError::Limit(Limit::MaximumPacketSize { maximum: 20, .. })) = refused else {
            panic!("{refused:?}");
        };
        assert!(client.sent().is_empty() && client.session.is_connected());
    }
    // Acknowledgements have no words: with a reason code they are the shortest of their kind.
    client.session.policy_mut().manual_acknowledgement = true;
    client.receive(common::client::message(Qos::AtLeastOnce, 7));
    let packet_id = common::client::id(7);
    client.session.acknowledge_with(client.now, packet_id, ReasonCode(0x83)).expect("it waits");
    let sent = client.session.poll_transmit().map(|transmit| transmit.frame.to_vec());
    assert_eq!(sent, Some(bytes("40 03 00 07 83")));
}

#[test]
fn message_expiry_stops_no_exchange() {
    let mut client = connected((PropertyId::ReceiveMaximum, 10));
    let expiry = properties(PropertyId::MessageExpiryInterval, PropertyValue::Number(1));
    let topic = TopicName::new("t").expect("it is a topic");
    for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce, Qos::ExactlyOnce] {
        let message =
            Publication { properties: expiry.as_properties(), ..Publication::new(topic, b"m", qos) };
        client.session.publish(client.now, &message).expect("there is room");
    }
    client.receive(pubrec(2));
    client.sent();
    client.lose_connection();
    client.advance_millis(60_000);
    client.events();
    accept(&mut client, 1, (PropertyId::ReceiveMaximum, 10));
    assert_eq!(client.sent(), ["PUBREL #2", "PUBLISH q1 #1 dup", "PUBLISH q2 #3 dup"]);
    for answer in [puback(1), pubcomp(2), pubrec(3), pubcomp(3)] {
        client.receive(answer);
    }
    assert_eq!(client.sent(), ["PUBREL #3"]);
    let is_done = |event: &Event| matches!(event, Event::Completed { .. });
    assert_eq!(client.events().iter().filter(|event| is_done(event)).count(), 3);
    assert_eq!(client.session.packet_ids_in_use(), 0);
}
