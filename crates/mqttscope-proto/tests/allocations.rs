//! What the receive path allocates: nothing for a packet, and never more than bytes have come.

use allocation_counter::{AllocationInfo, measure};
use mqttscope_proto::session::{ConnectOptions, Publication, Published, Session};
use mqttscope_proto::{
    ConnAck, Connect, Deframer, Disconnect, Filters, Frame, FrameScanner, KeepAlive, Packet, Properties,
    PropertyBuf, PropertyId, PropertyValue, ProtocolVersion, PubAck, PubComp, PubRec, PubRel, Publish, Qos,
    SubAck, Subscribe, SubscribeFilter, SubscribeOptions, Text, Timestamp, TopicName, UnsubAck, Unsubscribe,
    Violation, ViolationSink, Will,
};

const NOW: Timestamp = Timestamp::from_millis(0);

/// A packet that announces 256 MB, and brings a few bytes of them.
const HUGE_ANNOUNCEMENT: &[u8] = b"\x30\xff\xff\xff\x7f\x00\x01t";

#[derive(Default)]
struct Count(usize);

impl ViolationSink for Count {
    fn violation(&mut self, _: Violation) {
        self.0 += 1;
    }
}

fn allocations(run: impl FnOnce()) -> u64 {
    measure(run).count_total
}

/// One packet of each type, and some that break rules, one after the other.
fn all_packets() -> Vec<u8> {
    let filters = [
        SubscribeFilter { filter: "a/#".into(), options: SubscribeOptions(1) },
        SubscribeFilter { filter: "b".into(), options: SubscribeOptions(2) },
    ];
    let topics = [Text::from("a/#"), Text::from("b")];
    let will =
        Will { properties: Properties::NONE, topic: "w".into(), message: b"gone", qos: 1, retain: true };
    let publish = |qos, packet_id| Publish {
        dup: false,
        qos,
        retain: false,
        topic: "Grüße/berlin".into(),
        packet_id,
        properties: Properties::NONE,
        payload: &[0x2a; 300],
    };
    let packets = [
        Packet::Connect(Connect {
            protocol_name: "MQTT".into(),
            protocol_level: 4,
            clean_session: true,
            keep_alive: KeepAlive::from_secs(60),
            properties: Properties::NONE,
            client_id: "client".into(),
            will: Some(will),
            username: Some("user".into()),
            password: Some(b"password"),
            stray_flags: 0,
        }),
        Packet::ConnAck(ConnAck::new(0, 0)),
        Packet::Publish(publish(Qos::AtMostOnce, None)),
        Packet::Publish(publish(Qos::AtLeastOnce, Some(1))),
        Packet::Publish(publish(Qos::ExactlyOnce, Some(2))),
        Packet::PubAck(PubAck::new(3)),
        Packet::PubRec(PubRec::new(4)),
        Packet::PubRel(PubRel::new(5)),
        Packet::PubComp(PubComp::new(6)),
        Packet::Subscribe(Subscribe {
            dup: false,
            packet_id: 7,
            properties: Properties::NONE,
            filters: Filters::new(&filters),
        }),
        Packet::SubAck(SubAck::new(7, &[0, 1, 0x80])),
        Packet::Unsubscribe(Unsubscribe {
            dup: false,
            packet_id: 8,
            properties: Properties::NONE,
            filters: Filters::new(&topics),
        }),
        Packet::UnsubAck(UnsubAck::new(8)),
        Packet::PingReq,
        Packet::PingResp,
        Packet::Disconnect(Disconnect::default()),
    ];
    let mut bytes = Vec::new();
    for packet in packets {
        packet.encode(&mut bytes, ProtocolVersion::V311).expect("the packet is valid");
    }
    // A client id of 3.1 whose characters have to be counted although it is not UTF-8.
    bytes.extend_from_slice(b"\x10\x10\x00\x06MQIsdp\x03\x02\x00\x0a\x00\x02\xff\xfe");
    // A topic that is not UTF-8 and one with a wildcard, return codes and flags that do not exist.
    for broken in
        [&b"\x38\x04\x00\x02\xffa"[..], b"\x30\x04\x00\x02a#", b"\x9f\x03\x00\x07\x05", b"\x20\x02\xff\x07"]
    {
        bytes.extend_from_slice(broken);
    }
    bytes
}

/// Decodes what [`all_packets`] has made, and says how many packets that were.
fn decode_all(mut bytes: &[u8], version: ProtocolVersion, violations: &mut impl ViolationSink) -> usize {
    let mut count = 0;
    while let Some((frame, rest)) = Frame::split(bytes, version).expect("the packets can be decoded") {
        frame.decode(version, violations).expect("the packets can be decoded");
        bytes = rest;
        count += 1;
    }
    count
}

#[test]
fn decoding_allocates_nothing() {
    let bytes = all_packets();
    for version in [ProtocolVersion::V31, ProtocolVersion::V311] {
        let mut violations = Count::default();
        let counted = allocations(|| {
            assert_eq!(decode_all(&bytes, version, &mut ()), 21);
            assert_eq!(decode_all(&bytes, version, &mut violations), 21);
        });
        assert_eq!(counted, 0);
        assert!(violations.0 >= 4, "the broken rules were looked for");
    }
}

/// Packets of MQTT 5 with as many properties as they may have, a few that break rules, and how many they are.
fn packets_of_mqtt_5() -> (Vec<u8>, usize) {
    let packets: [&[u8]; 21] = [
        b"\x10\x26\0\x04MQTT\x05\xc6\0\x3c\x05\x11\0\0\0\x0a\0\x01c\x07\x26\0\x01n\0\x01v\0\x01w\0\x01m\0\x01u\0\0",
        b"\x20\x09\0\0\x06\x22\0\x0a\x21\0\x14",
        b"\x20\x08\0\x87\x05\x1f\0\x02no",
        b"\x30\x06\0\x01t\0hi",
        b"\x30\x09\0\x01t\x03\x23\0\x07hi",
        b"\x32\x26\0\x01t\0\x01\x1f\x26\0\x01a\0\x011\x01\x01\x02\0\0\0\x01\x08\0\x01r\x09\0\x01\0\x26\0\x01a\0\x012\x0b\x01p",
        b"\x40\x02\0\x01",
        b"\x40\x03\0\x01\x10",
        b"\x50\x08\0\x01\x97\x04\x1f\0\x01x",
        b"\x62\x04\0\x01\x92\0",
        b"\x70\x02\0\x01",
        b"\x82\x0a\0\x0a\x02\x0b\x01\0\x02a#\x0d",
        b"\x90\x05\0\x0a\0\x01\x97",
        b"\xa2\x06\0\x0b\0\0\x01a",
        b"\xb0\x04\0\x0b\0\x11",
        b"\xc0\0\xd0\0",
        b"\xe0\x0a\x9c\x08\x1c\0\x05other",
        b"\xf0\x0a\x18\x08\x15\0\x01m\x16\0\x01d",
        // Twice, misplaced, forbidden; a code and flags that do not exist; a text that is none.
        b"\x30\x0f\0\x01t\x0a\x01\x07\x01\0\x21\0\x01\x23\0\0p",
        b"\x4f\x03\0\x01\x77",
        b"\x30\x08\0\0\x05\x1f\0\x02\xffa",
    ];
    (packets.concat(), packets.len() + 1)
}

#[test]
fn decoding_mqtt_5_allocates_nothing() {
    let (bytes, count) = packets_of_mqtt_5();
    let mut violations = Count::default();
    let counted = allocations(|| {
        assert_eq!(decode_all(&bytes, ProtocolVersion::V5, &mut ()), count);
        assert_eq!(decode_all(&bytes, ProtocolVersion::V5, &mut violations), count);
    });
    assert_eq!(counted, 0);
    assert!(violations.0 >= 8, "the broken rules were looked for");
}

#[test]
fn reading_properties_allocates_nothing() {
    let (bytes, _) = packets_of_mqtt_5();
    let mut seen = 0;
    let counted = allocations(|| {
        let mut rest = &bytes[..];
        while let Some((frame, behind)) =
            Frame::split(rest, ProtocolVersion::V5).expect("the packets can be decoded")
        {
            let packet = frame.decode(ProtocolVersion::V5, &mut ()).expect("the packets can be decoded");
            let properties = packet.properties();
            seen += properties.iter().count() + properties.user_properties().count();
            seen += usize::from(properties.text(PropertyId::ReasonString).is_some());
            rest = behind;
        }
    });
    assert_eq!(counted, 0);
    assert!(seen > 20, "{seen} properties were looked at");
}

#[test]
fn finding_the_ends_of_packets_allocates_nothing() {
    let bytes = all_packets();
    for piece_len in [1, 2, 7, 64, bytes.len()] {
        let mut packets = 0;
        let counted = allocations(|| {
            let mut scanner = FrameScanner::new();
            for mut piece in bytes.chunks(piece_len) {
                while !piece.is_empty() {
                    let scan =
                        scanner.scan(piece, ProtocolVersion::V311).expect("the packets can be decoded");
                    piece = &piece[scan.consumed..];
                    packets += usize::from(scan.complete);
                }
            }
        });
        assert_eq!((counted, packets), (0, 21), "in pieces of {piece_len}");
    }
}

#[test]
fn a_deframer_allocates_nothing_for_packets_that_are_whole_in_a_piece() {
    let bytes = all_packets();
    let counted = allocations(|| {
        let mut deframer = Deframer::new();
        let mut rest = &bytes[..];
        while let Some(frame) =
            deframer.next_frame(&mut rest, ProtocolVersion::V311).expect("the packets can be decoded")
        {
            frame.decode(ProtocolVersion::V311, &mut ()).expect("the packets can be decoded");
        }
        assert_eq!(deframer.buffered(), 0);
    });
    assert_eq!(counted, 0);
}

#[test]
fn a_deframer_that_has_seen_a_cut_packet_allocates_nothing_for_the_next_one() {
    let bytes = all_packets();
    let mut deframer = Deframer::new();
    let receive = |deframer: &mut Deframer| {
        for mut piece in bytes.chunks(7) {
            while deframer
                .next_frame(&mut piece, ProtocolVersion::V311)
                .expect("the packets can be decoded")
                .is_some()
            {}
        }
    };
    receive(&mut deframer);
    assert_eq!(allocations(|| receive(&mut deframer)), 0);
}

#[test]
fn no_input_in_one_piece_makes_a_deframer_allocate_more_than_its_length() {
    // An empty `Vec` begins with 8 bytes.
    const CONSTANT: u64 = 8;
    let all = all_packets();
    let mut inputs: Vec<Vec<u8>> = (0..all.len()).map(|cut| all[..cut].to_vec()).collect();
    inputs.push(HUGE_ANNOUNCEMENT.to_vec());
    inputs.push([HUGE_ANNOUNCEMENT, &[0; 100_000]].concat());
    inputs.extend(
        (0..=255).map(|first_byte| [&[first_byte, 0xff, 0xff, 0xff, 0x7f], &[first_byte; 50][..]].concat()),
    );
    for input in inputs {
        let info = measure(|| {
            let mut deframer = Deframer::new();
            let mut rest = &input[..];
            while let Ok(Some(frame)) = deframer.next_frame(&mut rest, ProtocolVersion::V311) {
                // What is an error is one without an allocation.
                let _ = frame.decode(ProtocolVersion::V311, &mut ());
            }
        });
        assert!(info.bytes_max <= input.len() as u64 + CONSTANT, "{info:?} for {} bytes", input.len());
    }
}

#[test]
fn a_deframer_holds_no_more_than_twice_what_has_come_in_pieces() {
    let stream = [HUGE_ANNOUNCEMENT, &[0; 100_000]].concat();
    for piece_len in [1, 7, 1_000, 65_536] {
        for len in [1, 2, 3, 5, 8, 100, 1_000, 10_000, stream.len()] {
            let mut deframer = Deframer::new();
            let AllocationInfo { bytes_current, .. } = measure(|| {
                for mut piece in stream[..len].chunks(piece_len) {
                    assert_eq!(deframer.next_frame(&mut piece, ProtocolVersion::V311), Ok(None));
                }
            });
            assert_eq!(deframer.buffered(), len);
            assert!(
                bytes_current <= 2 * len as i64 + 8,
                "{bytes_current} bytes for {len} in pieces of {piece_len}"
            );
        }
    }
}

/// A session that is connected, with everything polled.
fn connected(version: ProtocolVersion) -> Session {
    let mut session = Session::new();
    let mut properties = PropertyBuf::new();
    properties.push(PropertyId::TopicAliasMaximum, PropertyValue::Number(1)).expect("it is a number");
    let options = ConnectOptions { client_id: "client".into(), version, properties, ..Default::default() };
    session.connect(NOW, &options).expect("CONNECT can be sent");
    receive(&mut session, &Packet::ConnAck(ConnAck::new(0, 0)));
    session
}

/// Hands a packet to the session and takes what it answers.
fn receive(session: &mut Session, packet: &Packet<'_>) {
    session.handle_packet(NOW, packet);
    while session.poll_transmit().is_some() {}
    while session.poll_event().is_some() {}
    let _ = session.poll_timeout();
}

#[test]
fn a_session_allocates_nothing_for_messages_that_come() {
    ProtocolVersion::ALL.into_iter().for_each(check_messages);
}

fn check_messages(version: ProtocolVersion) {
    let mut session = connected(version);
    let mut alias = PropertyBuf::new();
    alias.push(PropertyId::TopicAlias, PropertyValue::Number(1)).expect("it is a number");
    let properties = if version.has_properties() { alias.as_properties() } else { Properties::NONE };
    let mut exchange = |id: u16| {
        let publish = |qos, packet_id| {
            let (topic, payload) = ("t".into(), &[0x2a; 100][..]);
            Packet::Publish(Publish { dup: false, qos, retain: false, topic, packet_id, properties, payload })
        };
        receive(&mut session, &publish(Qos::AtMostOnce, None));
        if let (true, Packet::Publish(publish)) = (version.has_properties(), publish(Qos::AtMostOnce, None)) {
            // Its alias stands for the topic from the first message on.
            let by_alias = Publish { topic: "".into(), ..publish };
            session.handle_packet_size(110);
            receive(&mut session, &Packet::Publish(by_alias));
            assert_eq!(session.topic_of(&by_alias), Some("t".into()));
        }
        receive(&mut session, &publish(Qos::AtLeastOnce, Some(id)));
        receive(&mut session, &publish(Qos::ExactlyOnce, Some(id)));
        // Once more, as after a reconnect: this is an event.
        receive(&mut session, &publish(Qos::ExactlyOnce, Some(id)));
        receive(&mut session, &Packet::PubRel(PubRel::new(id)));
    };
    exchange(1);
    let counted = allocations(|| (1..=1_000).for_each(&mut exchange));
    assert_eq!(counted, 0, "{version}");
}

#[test]
fn a_session_allocates_nothing_for_acknowledgements() {
    ProtocolVersion::ALL.into_iter().for_each(check_acknowledgements);
}

fn check_acknowledgements(version: ProtocolVersion) {
    let mut session = connected(version);
    let mut exchange = |qos| {
        let message = Publication::new(TopicName::new("t").expect("it is a name"), b"hi", qos);
        let published = session.publish(NOW, &message).expect("there is room");
        let Published::InFlight(id) = published else { panic!("{published:?} is not in flight") };
        while session.poll_transmit().is_some() {}
        let packet_id = id.get();
        // What the session keeps for a message was allocated by the call above.
        allocations(|| match qos {
            Qos::ExactlyOnce => {
                receive(&mut session, &Packet::PubRec(PubRec::new(packet_id)));
                receive(&mut session, &Packet::PubComp(PubComp::new(packet_id)));
            }
            _ => receive(&mut session, &Packet::PubAck(PubAck::new(packet_id))),
        })
    };
    exchange(Qos::AtLeastOnce);
    exchange(Qos::ExactlyOnce);
    for _ in 0..1_000 {
        assert_eq!(exchange(Qos::AtLeastOnce), 0);
        assert_eq!(exchange(Qos::ExactlyOnce), 0);
    }
}
