//! Against independent codecs of MQTT 5: rmqtt-codec and mqtt-protocol-core.
//!
//! Valid packets are read and written alike, field by field and byte by byte, and of hostile bytes all have the same
//! verdict, but for the disagreements that are written down in `disagreements`.

#[path = "../common/mod.rs"]
mod common;
mod disagreements;
mod peers;

use common::strategy5::{List, Owned, Value, hostile_bytes, owned, packet};
use disagreements::{Complaint, DISAGREEMENTS, Disagreement, Explains};
use mqttscope_proto::ProtocolVersion::V5;
use mqttscope_proto::{DecodeErrorKind, Frame, Packet, PacketType, PropertyId, decode, dissect};
use peers::{MqttProtocolCore, Peer, Reading, RmqttCodec, Verdict};
use proptest::prelude::*;

const PEERS: [&dyn Peer; 2] = [&RmqttCodec, &MqttProtocolCore];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn valid_packets_are_read_and_written_alike(packet in packet()) {
        check(&packet.encode())?;
    }

    #[test]
    fn hostile_bytes_get_the_same_verdict(bytes in hostile_bytes()) {
        check(&bytes)?;
    }

    #[test]
    fn packets_with_one_bad_byte_get_the_same_verdict(bytes in one_bad_byte()) {
        check(&bytes)?;
    }
}

/// A short packet whose length stays right, so that the byte is judged by the rules of its field.
fn one_bad_byte() -> impl Strategy<Value = Vec<u8>> {
    let short = packet()
        .prop_map(|packet| packet.encode())
        .prop_filter("long packets are mostly payload", |bytes| bytes.len() < 64);
    let values = prop_oneof![
        any::<u8>(),
        0..0x2b_u8,
        prop::sample::select(vec![0x2b, 0x23, 0x80, 0x81, 0x92, 0xa2, 0xc0, 0xff]),
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
        let bytes = common::bytes(known.example);
        for &name in known.peers {
            let peer = PEERS.into_iter().find(|peer| peer.name() == name).expect("the peer is one of ours");
            let findings = compare(peer, &bytes);
            let seen = findings.iter().any(|finding| explains(known, peer, finding));
            assert!(seen, "{name} {}: not to be seen in {}: {findings:?}", known.what, known.example);
        }
        assert!(known.clause.contains("MQTT"), "{}: {}", known.what, known.clause);
    }
}

/// Fails where a peer's verdict is another than ours, and that is not known.
fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    for peer in PEERS {
        for finding in compare(peer, bytes) {
            let known = DISAGREEMENTS.iter().any(|known| explains(known, peer, &finding));
            prop_assert!(known, "{} disagrees on {bytes:02x?}: {finding:#?}", peer.name());
        }
    }
    Ok(())
}

/// A difference between a peer and this crate.
#[derive(Debug)]
enum Finding {
    /// The peer reads what we complain about.
    Accepts { packet_type: PacketType, complaint: Complaint },
    /// The peer refuses what we do not complain about.
    Refuses { ours: Owned, words: String },
    /// Both read it, and not as the same.
    Reads {
        #[expect(dead_code, reason = "it is shown when the test fails")]
        ours: Owned,
        #[expect(dead_code, reason = "it is shown when the test fails")]
        theirs: Owned,
    },
    /// Both read the same, and do not write the same.
    Writes { packet: Owned, theirs: Vec<u8> },
    /// Anything else, which is never right.
    Other(#[expect(dead_code, reason = "it is shown when the test fails")] String),
}

fn explains(known: &Disagreement, peer: &dyn Peer, finding: &Finding) -> bool {
    known.peers.contains(&peer.name())
        && match (&known.explains, finding) {
            (Explains::Accepts(accepts), Finding::Accepts { packet_type, complaint }) => {
                accepts(*packet_type, *complaint)
            }
            (Explains::Refuses(refuses), Finding::Refuses { ours, words }) => refuses(ours, words),
            (Explains::Writes(writes), Finding::Writes { packet, theirs }) => writes(packet, theirs),
            _ => false,
        }
}

/// What this crate makes of bytes.
enum Ours<'a> {
    Valid { frame: Frame<'a>, packet: Packet<'a> },
    Complaints(Vec<Complaint>),
    Incomplete,
}

fn examine(bytes: &[u8]) -> Ours<'_> {
    let frame = match Frame::split(bytes, V5) {
        Ok(Some((frame, _))) => frame,
        Ok(None) => return Ours::Incomplete,
        Err(error) => return Ours::Complaints(vec![Complaint::Error(error.kind)]),
    };
    let mut violations = Vec::new();
    match frame.decode(V5, &mut violations) {
        Ok(packet) if violations.is_empty() => Ours::Valid { frame, packet },
        Ok(_) => {
            Ours::Complaints(violations.iter().map(|violation| Complaint::Rule(violation.rule)).collect())
        }
        Err(error) => Ours::Complaints(vec![Complaint::Error(error.kind)]),
    }
}

fn compare(peer: &dyn Peer, bytes: &[u8]) -> Vec<Finding> {
    // A CONNECT of an earlier version is for other tests.
    let is_of_5 = |field: &mqttscope_proto::Field<'_>| {
        field.def.name != "Protocol Level" || field.value == mqttscope_proto::FieldValue::Number(5)
    };
    if !dissect(bytes, V5).fields.iter().all(is_of_5) {
        return Vec::new();
    }
    match (examine(bytes), peer.read(bytes)) {
        (Ours::Incomplete, Verdict::Incomplete) | (Ours::Complaints(_), Verdict::Refused(_)) => Vec::new(),
        // An impossible header is refused at once, and not when the packet is whole.
        (Ours::Complaints(complaints), Verdict::Incomplete) if complaints.iter().all(is_of_the_header) => {
            Vec::new()
        }
        (Ours::Complaints(complaints), Verdict::Packet(_)) => {
            let packet_type = PacketType::from_first_byte(bytes[0]).expect("no peer reads reserved types");
            complaints.into_iter().map(|complaint| Finding::Accepts { packet_type, complaint }).collect()
        }
        (Ours::Valid { packet, .. }, Verdict::Refused(words)) => {
            vec![Finding::Refuses { ours: owned(&packet), words }]
        }
        (Ours::Valid { frame, packet }, Verdict::Packet(reading)) => {
            compare_readings(frame, &packet, peer, *reading)
        }
        (Ours::Valid { .. }, Verdict::Incomplete) => vec![Finding::Other("it waits for more".to_owned())],
        (Ours::Complaints(complaints), Verdict::Incomplete) => {
            vec![Finding::Other(format!("it waits for more where we say {complaints:?}"))]
        }
        (Ours::Incomplete, Verdict::Refused(words)) => {
            vec![Finding::Other(format!("not whole, and refused: {words}"))]
        }
        (Ours::Incomplete, verdict) => vec![Finding::Other(format!("not whole, and {verdict:?}"))],
    }
}

fn is_of_the_header(complaint: &Complaint) -> bool {
    use DecodeErrorKind::{ForbiddenRemainingLength, ReservedQos, UnknownPacketType};
    let Complaint::Error(kind) = complaint else { return false };
    matches!(kind, UnknownPacketType(_) | ReservedQos | ForbiddenRemainingLength { .. })
}

fn compare_readings(
    frame: Frame<'_>,
    packet: &Packet<'_>,
    peer: &dyn Peer,
    reading: Reading,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let ours = owned(packet);
    let in_form = |packet: &Owned| if peer.keeps_form() { packet.clone() } else { normal(packet) };
    if reading.len != frame.bytes().len() {
        findings.push(Finding::Other(format!("{} bytes for {}", reading.len, frame.bytes().len())));
    }
    if reading.packet != in_form(&ours) {
        findings.push(Finding::Reads { ours: in_form(&ours), theirs: reading.packet });
    }
    let mut violations = Vec::new();
    let written = decode(&reading.written, V5, &mut violations);
    let is_same = written.is_ok_and(|written| in_form(&owned(&written)) == in_form(&ours));
    let is_exact = !peer.keeps_form() || reading.written == frame.bytes();
    if !is_same || !is_exact || !violations.is_empty() {
        findings.push(Finding::Writes { packet: ours, theirs: reading.written });
    }
    findings
}

/// A packet as those see it who do not tell the order of properties, nor what is absent from its default.
fn normal(packet: &Owned) -> Owned {
    let mut packet = packet.clone();
    match &mut packet {
        Owned::Connect { properties, will, .. } => {
            sort(properties, &OF_CONNECT);
            if let Some(will) = will {
                sort(&mut will.properties, &[]);
            }
        }
        Owned::ConnAck { properties, .. } => sort(properties, &OF_CONNACK),
        Owned::Publish { properties, .. } => sort(properties, &OF_PUBLISH),
        Owned::Subscribe { properties, .. }
        | Owned::Unsubscribe { properties, .. }
        | Owned::Answer { properties, .. } => sort(properties, &[]),
        Owned::Acknowledge { reason, .. } | Owned::Reason { reason, .. } => {
            let (_, properties) = reason.get_or_insert((0, None));
            sort(properties.get_or_insert_default(), &[]);
        }
        Owned::PingReq | Owned::PingResp => {}
    }
    packet
}

fn sort(list: &mut List, defaults: &[(PropertyId, u32)]) {
    list.retain(|(id, value)| {
        !defaults.iter().any(|(of, default)| id == of && *value == Value::Number(*default))
    });
    list.sort_by_key(|(id, _)| *id);
}

const OF_CONNECT: [(PropertyId, u32); 4] = [
    (PropertyId::SessionExpiryInterval, 0),
    (PropertyId::RequestProblemInformation, 1),
    (PropertyId::RequestResponseInformation, 0),
    (PropertyId::TopicAliasMaximum, 0),
];
const OF_CONNACK: [(PropertyId, u32); 6] = [
    (PropertyId::ReceiveMaximum, 65_535),
    (PropertyId::TopicAliasMaximum, 0),
    (PropertyId::RetainAvailable, 1),
    (PropertyId::WildcardSubscriptionAvailable, 1),
    (PropertyId::SubscriptionIdentifierAvailable, 1),
    (PropertyId::SharedSubscriptionAvailable, 1),
];
const OF_PUBLISH: [(PropertyId, u32); 1] = [(PropertyId::PayloadFormatIndicator, 0)];
