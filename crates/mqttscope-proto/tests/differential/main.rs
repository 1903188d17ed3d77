//! Against independent codecs: mqttbytes, rmqtt-codec and mqtt-protocol-core.
//!
//! Valid packets are read and written alike, field by field and byte by byte, and of hostile bytes all have the same
//! verdict, but for the disagreements that are written down in `disagreements`.

#[path = "../common/mod.rs"]
mod common;
mod disagreements;
mod peers;

use common::strategy::{Owned, hostile_bytes, packet, versioned_packet};
use disagreements::{Complaint, DISAGREEMENTS, Disagreement, Explains, Valid};
use mqttscope_proto::{
    DecodeErrorKind, FieldValue, Frame, Packet, PacketType, ProtocolVersion, Qos, Text, decode, dissect,
};
use peers::{MqttBytes, MqttProtocolCore, Peer, Reading, RmqttCodec, Verdict};
use proptest::prelude::*;

const PEERS: [&dyn Peer; 3] = [&MqttBytes, &RmqttCodec, &MqttProtocolCore];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn valid_packets_are_read_and_written_alike((version, packet) in versioned_packet()) {
        let bytes = packet.encode();
        for peer in PEERS {
            check(peer, &bytes, version)?;
        }
    }

    #[test]
    fn hostile_bytes_get_the_same_verdict(bytes in hostile_bytes(), version in common::strategy::version()) {
        for peer in PEERS {
            check(peer, &bytes, version)?;
        }
    }

    #[test]
    fn packets_with_one_bad_byte_get_the_same_verdict(bytes in one_bad_byte()) {
        for peer in PEERS {
            check(peer, &bytes, ProtocolVersion::V31)?;
            check(peer, &bytes, ProtocolVersion::V311)?;
        }
    }
}

/// A short packet whose length stays right, so that the byte is judged by the rules of its field.
fn one_bad_byte() -> impl Strategy<Value = Vec<u8>> {
    let short = common::strategy::version()
        .prop_flat_map(packet)
        .prop_map(|packet| packet.encode())
        .prop_filter("long packets are mostly payload", |bytes| bytes.len() < 64);
    let values = prop_oneof![
        any::<u8>(),
        prop::sample::select(vec![0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x2b, 0x23, 0x80, 0xc0, 0xff]),
    ];
    (short, any::<prop::sample::Index>(), values).prop_map(|(mut bytes, index, value)| {
        let at = index.index(bytes.len());
        if at != 1 {
            bytes[at] = value;
        }
        bytes
    })
}

#[test]
fn every_known_disagreement_exists() {
    for known in DISAGREEMENTS {
        let (version, hex) = known.example;
        let bytes = common::bytes(hex);
        for &name in known.peers {
            let peer = PEERS.into_iter().find(|peer| peer.name() == name).expect("the peer is one of ours");
            let findings = compare(peer, &bytes, version);
            let seen = findings.iter().any(|finding| explains(known, peer, finding));
            assert!(seen, "{name} {}: not to be seen in {hex}: {findings:?}", known.what);
        }
        assert!(known.clause.contains("MQTT"), "{}: {}", known.what, known.clause);
    }
}

/// Fails where the peer's verdict is another than ours, and that is not known.
fn check(peer: &dyn Peer, bytes: &[u8], version: ProtocolVersion) -> Result<(), TestCaseError> {
    for finding in compare(peer, bytes, version) {
        let known = DISAGREEMENTS.iter().any(|known| explains(known, peer, &finding));
        prop_assert!(known, "{} disagrees on {bytes:02x?} in {version}: {finding:#?}", peer.name());
    }
    Ok(())
}

/// A difference between a peer and this crate.
#[derive(Debug)]
enum Finding {
    /// The peer reads what we complain about.
    Accepts { packet_type: PacketType, complaint: Complaint },
    /// The peer refuses what we do not complain about.
    Refuses { version: ProtocolVersion, bytes: Vec<u8>, ours: Owned, stray_flags: u8, words: String },
    /// Both read it, and not as the same.
    Reads { ours: Owned, theirs: Owned },
    /// Both read the same, and do not write the same.
    Writes { packet: Owned, ours: Vec<u8>, theirs: Vec<u8> },
    /// Anything else, which is never right.
    Other(#[expect(dead_code, reason = "it is shown when the test fails")] String),
}

fn explains(known: &Disagreement, peer: &dyn Peer, finding: &Finding) -> bool {
    known.peers.contains(&peer.name())
        && match (&known.explains, finding) {
            (Explains::Accepts(accepts), Finding::Accepts { packet_type, complaint }) => {
                accepts(*packet_type, *complaint)
            }
            (Explains::Refuses(refuses), Finding::Refuses { version, bytes, ours, stray_flags, words }) => {
                let stray_flags = *stray_flags;
                refuses(&Valid { version: *version, bytes, packet: ours, stray_flags }, words)
            }
            (Explains::Reads(reads), Finding::Reads { ours, theirs }) => reads(ours).as_ref() == Some(theirs),
            (Explains::Writes(writes), Finding::Writes { packet, ours, theirs }) => {
                writes(packet, ours).as_ref() == Some(theirs)
            }
            _ => false,
        }
}

/// What this crate makes of bytes.
enum Ours<'a> {
    Valid { frame: Frame<'a>, packet: Packet<'a> },
    Complaints(Vec<Complaint>),
    Incomplete,
}

fn examine(bytes: &[u8], version: ProtocolVersion) -> Ours<'_> {
    let frame = match Frame::split(bytes, version) {
        Ok(Some((frame, _))) => frame,
        Ok(None) => return Ours::Incomplete,
        Err(error) => return Ours::Complaints(vec![Complaint::Error(error.kind)]),
    };
    let mut violations = Vec::new();
    match frame.decode(version, &mut violations) {
        Ok(packet) if violations.is_empty() => Ours::Valid { frame, packet },
        Ok(_) => {
            Ours::Complaints(violations.iter().map(|violation| Complaint::Rule(violation.rule)).collect())
        }
        Err(error) => Ours::Complaints(vec![Complaint::Error(error.kind)]),
    }
}

fn compare(peer: &dyn Peer, bytes: &[u8], version: ProtocolVersion) -> Vec<Finding> {
    if is_connect_of_mqtt_5(bytes, version) {
        return Vec::new();
    }
    match (examine(bytes, version), peer.read(bytes)) {
        (Ours::Incomplete, Verdict::Incomplete) | (Ours::Complaints(_), Verdict::Refused(_)) => Vec::new(),
        // An impossible header is refused at once, and not when the packet is whole.
        (Ours::Complaints(complaints), Verdict::Incomplete) if complaints.iter().all(is_of_the_header) => {
            Vec::new()
        }
        (Ours::Complaints(complaints), Verdict::Packet(_)) => {
            let packet_type = PacketType::from_first_byte(bytes[0]).expect("no peer reads reserved types");
            complaints.into_iter().map(|complaint| Finding::Accepts { packet_type, complaint }).collect()
        }
        (Ours::Valid { frame, packet }, Verdict::Refused(words)) => {
            let (version, stray_flags) = match packet {
                Packet::Connect(connect) => (connect.version().unwrap_or(version), connect.stray_flags),
                _ => (version, 0),
            };
            let (bytes, ours) = (frame.bytes().to_vec(), owned(&packet));
            vec![Finding::Refuses { version, bytes, ours, stray_flags, words }]
        }
        (Ours::Valid { frame, packet }, Verdict::Packet(reading)) => {
            compare_readings(frame, &packet, version, reading)
        }
        (Ours::Valid { .. }, Verdict::Incomplete) => vec![Finding::Other("it waits for more".to_owned())],
        (Ours::Complaints(complaints), Verdict::Incomplete) => {
            vec![Finding::Other(format!("it waits for more where we say {complaints:?}"))]
        }
        (Ours::Incomplete, verdict) => vec![Finding::Other(format!("not whole, and {verdict:?}"))],
    }
}

/// A CONNECT that leads to MQTT 5 whatever the version, which these peers' codecs do not speak.
fn is_connect_of_mqtt_5(bytes: &[u8], version: ProtocolVersion) -> bool {
    dissect(bytes, version).fields.iter().any(|field| {
        field.def.name == "Protocol Level" && matches!(field.value, FieldValue::Number(5 | 0x85))
    })
}

fn is_of_the_header(complaint: &Complaint) -> bool {
    use DecodeErrorKind::{ForbiddenRemainingLength, ReservedQos, UnknownPacketType};
    let Complaint::Error(kind) = complaint else { return false };
    matches!(kind, UnknownPacketType(_) | ReservedQos | ForbiddenRemainingLength { .. })
}

fn compare_readings(
    frame: Frame<'_>,
    packet: &Packet<'_>,
    version: ProtocolVersion,
    reading: Reading,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let ours = owned(packet);
    if reading.len != frame.bytes().len() {
        findings.push(Finding::Other(format!("{} bytes for {}", reading.len, frame.bytes().len())));
    }
    // What is free in 3.1 is not written by those who do not know it.
    let canonical = ours.encode();
    if reading.written != canonical {
        let (packet, ours) = (ours.clone(), canonical);
        findings.push(Finding::Writes { packet, ours, theirs: reading.written });
    } else if decode(&reading.written, version, &mut ()).map(|packet| owned(&packet)) != Ok(ours.clone()) {
        findings.push(Finding::Other("what it writes is another packet".to_owned()));
    }
    if reading.packet != ours {
        findings.push(Finding::Reads { ours, theirs: reading.packet });
    }
    findings
}

/// A valid packet with its parts, and without what the peers' packets have no place for.
fn owned(packet: &Packet<'_>) -> Owned {
    let text = |text: Text<'_>| text.to_str().expect("texts of valid packets are UTF-8").to_owned();
    let qos = |qos: u8| Qos::from_u8(qos).expect("QoS of valid packets is 0, 1 or 2");
    match packet {
        Packet::Connect(connect) => Owned::Connect {
            version: connect.version().expect("levels of valid packets are known"),
            clean_session: connect.clean_session,
            keep_alive: connect.keep_alive.as_secs(),
            client_id: text(connect.client_id),
            will: connect
                .will
                .map(|will| (text(will.topic), will.message.to_vec(), qos(will.qos), will.retain)),
            username: connect.username.map(text),
            password: connect.password.map(<[u8]>::to_vec),
        },
        Packet::ConnAck(connack) => {
            Owned::ConnAck { session_present: connack.session_present(), return_code: connack.return_code }
        }
        Packet::Publish(publish) => Owned::Publish {
            dup: publish.dup,
            qos: publish.qos,
            retain: publish.retain,
            topic: text(publish.topic),
            id: publish.packet_id.unwrap_or_default(),
            payload: publish.payload.to_vec(),
        },
        Packet::PubAck(puback) => Owned::PubAck(puback.packet_id),
        Packet::PubRec(pubrec) => Owned::PubRec(pubrec.packet_id),
        Packet::PubRel(pubrel) => Owned::PubRel(pubrel.packet_id),
        Packet::PubComp(pubcomp) => Owned::PubComp(pubcomp.packet_id),
        Packet::Subscribe(subscribe) => Owned::Subscribe {
            id: subscribe.packet_id,
            filters: subscribe
                .filters
                .iter()
                .map(|item| (text(item.filter), qos(item.options.qos(ProtocolVersion::V311))))
                .collect(),
        },
        Packet::SubAck(suback) => Owned::SubAck { id: suback.packet_id, codes: suback.return_codes.to_vec() },
        Packet::Unsubscribe(unsubscribe) => Owned::Unsubscribe {
            id: unsubscribe.packet_id,
            filters: unsubscribe.filters.iter().map(text).collect(),
        },
        Packet::UnsubAck(unsuback) => Owned::UnsubAck(unsuback.packet_id),
        Packet::PingReq => Owned::PingReq,
        Packet::PingResp => Owned::PingResp,
        Packet::Disconnect(_) => Owned::Disconnect,
        _ => unreachable!("there are fourteen packets before MQTT 5"),
    }
}
