//! What holds for all packets and all bytes of MQTT 5.

mod common;
#[path = "../examples/encode.rs"]
#[allow(dead_code, reason = "its `main` is the example's")]
mod encode;

use common::strategy5::{Owned, hostile_bytes, owned, packet};
use mqttscope_proto::ProtocolVersion::V5;
use mqttscope_proto::{Deframer, FixedHeader, Frame, PacketType, PropertyId, decode, json, redact_secrets};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again(packet in packet()) {
        let bytes = packet.encode();
        let mut violations = Vec::new();
        let decoded = decode(&bytes, V5, &mut violations);
        prop_assert_eq!(violations, []);
        let same = packet.with(|packet| decoded == Ok(*packet));
        prop_assert!(same, "{:?}", decoded);
        prop_assert_eq!(decoded.map(|decoded| owned(&decoded)), Ok(packet));
        common::check_fields(&bytes, V5);
    }

    #[test]
    fn what_is_read_is_written_again(bytes in hostile_bytes()) {
        let mut violations = Vec::new();
        if let Ok(packet) = decode(&bytes, V5, &mut violations) && violations.is_empty() {
            let mut written = Vec::new();
            packet.encode(&mut written, V5).expect("a valid packet can be written");
            // A CONNECT of an earlier version may have free flags, and a Remaining Length that is longer than needed.
            let is_of_5 = match packet {
                mqttscope_proto::Packet::Connect(connect) => connect.version() == Some(V5),
                _ => true,
            };
            prop_assert!(!is_of_5 || written == bytes, "{:02x?}", written);
            prop_assert_eq!(decode(&written, V5, &mut ()), Ok(packet));
        }
    }

    #[test]
    fn the_dissector_agrees_with_the_decoder(bytes in hostile_bytes()) {
        common::check_fields(&bytes, V5);
    }

    #[test]
    fn every_property_is_a_field_of_its_own(packet in packet()) {
        let bytes = packet.encode();
        let dissection = mqttscope_proto::dissect(&bytes, V5);
        let mut expected: Vec<_> = lists(&packet).concat().iter().map(|(id, _)| id.title()).collect();
        for field in &dissection.fields {
            // The field that holds all of one property begins with its identifier.
            let is_one = PropertyId::from_number(bytes[field.range.start].into())
                .is_some_and(|id| id.title() == field.def.name);
            let has_identifier = dissection.fields.iter().any(|part| {
                part.def.name == "Property Identifier"
                    && part.range.start == field.range.start
                    && part.depth == field.depth + 1
            });
            if is_one && has_identifier {
                prop_assert_eq!(field.def.name, expected.remove(0));
            }
        }
        prop_assert!(expected.is_empty(), "{:?} are not shown", expected);
    }

    #[test]
    fn json_is_the_same_packet(packet in packet()) {
        let bytes = packet.encode();
        let mut text = String::new();
        json::push_stream(&mut text, &bytes, V5, true);
        let value: Value = serde_json::from_str(&text).expect("it is JSON");
        prop_assert_eq!(&value["packets"][0]["violations"], &serde_json::json!([]));
        prop_assert!(value["error"].is_null(), "{}", text);
        let written = encode::encode(value["packets"][0].to_string().as_bytes(), V5);
        prop_assert_eq!(written.ok(), Some(bytes));
    }

    #[test]
    fn nothing_from_the_network_panics(bytes in hostile_bytes(), with_fields: bool) {
        let mut text = String::new();
        json::push_stream(&mut text, &bytes, V5, with_fields);
        prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
        redact_secrets(&mut bytes.clone());
    }

    #[test]
    fn errors_and_violations_point_at_a_byte(bytes in hostile_bytes()) {
        let mut violations = Vec::new();
        let Ok(Some((frame, _))) = Frame::split(&bytes, V5) else { return Ok(()) };
        if let Err(error) = frame.decode(V5, &mut violations) {
            prop_assert!(error.offset < frame.bytes().len(), "{:?}", error);
            prop_assert!(error.kind.clause(V5).contains("MQTT"), "{:?}", error);
        }
        for violation in violations {
            prop_assert!(violation.offset < frame.bytes().len(), "{:?}", violation);
            prop_assert!(violation.rule.clause(V5).contains("MQTT"), "{:?}", violation);
        }
    }

    #[test]
    fn secrets_and_nothing_else_are_overwritten(packet in packet()) {
        let bytes = packet.encode();
        let mut redacted = bytes.clone();
        redact_secrets(&mut redacted);
        let starred = |bytes: &mut Vec<u8>| bytes.fill(b'*');
        let mut expected = packet.clone();
        if let Owned::Connect { password: Some(password), .. } = &mut expected {
            starred(password);
        }
        let has_data = matches!(
            &expected,
            Owned::Connect { .. } | Owned::ConnAck { .. } | Owned::Reason { packet_type: PacketType::Auth, .. }
        );
        if has_data {
            for (id, value) in lists_mut(&mut expected).into_iter().flatten() {
                if let common::strategy5::Value::Binary(data) = value
                    && *id == PropertyId::AuthenticationData
                {
                    starred(data);
                }
            }
        }
        prop_assert_eq!(redacted, expected.encode());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_stream_is_the_same_however_it_is_cut(
        packets in vec(packet(), 1..8),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let frames: Vec<_> = packets.iter().map(Owned::encode).collect();
        let stream = frames.concat();
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let mut deframer = Deframer::new();
        let mut deframed = Vec::new();
        for pair in cuts.windows(2) {
            let mut piece = &stream[pair[0]..pair[1]];
            while let Some(frame) = deframer.next_frame(&mut piece, V5).expect("the stream is valid") {
                deframed.push(frame.bytes().to_vec());
            }
        }
        prop_assert_eq!(&deframed, &frames);
        for frame in frames {
            let header = FixedHeader::decode(&frame, V5).expect("it is valid").expect("it is whole");
            prop_assert_eq!(header.packet_len(), frame.len());
        }
    }
}

/// The lists of properties of a packet, in the order of the bytes.
fn lists(packet: &Owned) -> Vec<common::strategy5::List> {
    lists_mut(&mut packet.clone()).into_iter().map(|list| list.clone()).collect()
}

fn lists_mut(packet: &mut Owned) -> Vec<&mut common::strategy5::List> {
    match packet {
        Owned::Connect { properties, will, .. } => {
            let mut lists = vec![properties];
            lists.extend(will.as_mut().map(|will| &mut will.properties));
            lists
        }
        Owned::ConnAck { properties, .. }
        | Owned::Publish { properties, .. }
        | Owned::Subscribe { properties, .. }
        | Owned::Unsubscribe { properties, .. }
        | Owned::Answer { properties, .. } => vec![properties],
        Owned::Acknowledge { reason, .. } | Owned::Reason { reason, .. } => {
            reason.as_mut().and_then(|(_, properties)| properties.as_mut()).into_iter().collect()
        }
        Owned::PingReq | Owned::PingResp => Vec::new(),
    }
}
