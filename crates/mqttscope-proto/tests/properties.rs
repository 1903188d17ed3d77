//! What holds for all packets, all streams, all orders of events.

mod common;

use common::strategy::{Owned, hostile_bytes, packet, version, versioned_packet};
use mqttscope_proto::session::{AckPolicy, ConnectOptions, Event, Publication, Session, Snapshot};
use mqttscope_proto::{
    Deframer, Frame, FrameScanner, KeepAlive, PacketId, ProtocolVersion, Qos, Timestamp, TopicFilter,
    TopicName, decode, json, redact_secrets,
};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again((version, packet) in versioned_packet()) {
        let bytes = packet.encode();
        let mut violations = Vec::new();
        let decoded = decode(&bytes, version, &mut violations);
        prop_assert_eq!(violations, []);
        let same = packet.with(|packet| decoded == Ok(*packet));
        prop_assert!(same, "{:?}", decoded);
        common::check_fields(&bytes, version);
    }

    #[test]
    fn what_is_read_is_written_again(bytes in hostile_bytes(), version in version()) {
        let mut violations = Vec::new();
        if let Ok(packet) = decode(&bytes, version, &mut violations) && violations.is_empty() {
            let mut written = Vec::new();
            packet.encode(&mut written, version).expect("a valid packet can be written");
            // A Remaining Length can be written longer than necessary, and 3.1 leaves some flags free: the
            // packet is the same, and so is every byte behind the fixed header.
            prop_assert_eq!(decode(&written, version, &mut ()), Ok(packet));
            prop_assert!(bytes.ends_with(&written[written.len() - body_len(&written, version)..]));
        }
    }

    #[test]
    fn the_dissector_agrees_with_the_decoder(bytes in hostile_bytes(), version in version()) {
        common::check_fields(&bytes, version);
    }

    #[test]
    fn nothing_from_the_network_panics(bytes in hostile_bytes(), version in version(), with_fields: bool) {
        let mut text = String::new();
        json::push_stream(&mut text, &bytes, version, with_fields);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
        redact_secrets(&mut bytes.clone());
    }

    #[test]
    fn errors_and_violations_point_at_a_byte(bytes in hostile_bytes(), version in version()) {
        let mut violations = Vec::new();
        let Ok(Some((frame, _))) = Frame::split(&bytes, version) else { return Ok(()) };
        if let Err(error) = frame.decode(version, &mut violations) {
            prop_assert!(error.offset < frame.bytes().len(), "{:?}", error);
        }
        for violation in violations {
            prop_assert!(violation.offset < frame.bytes().len(), "{:?}", violation);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_stream_is_the_same_however_it_is_cut(
        packets in vec(packet(ProtocolVersion::V311), 1..8),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let frames: Vec<_> = packets.iter().map(Owned::encode).collect();
        let stream = frames.concat();
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let mut deframer = Deframer::new();
        let mut scanner = FrameScanner::new();
        let (mut deframed, mut scanned, mut current) = (Vec::new(), Vec::new(), Vec::new());
        for pair in cuts.windows(2) {
            let mut piece = &stream[pair[0]..pair[1]];
            let mut rest = piece;
            while let Some(frame) = deframer.next_frame(&mut piece, ProtocolVersion::V311).expect("the stream is valid") {
                deframed.push(frame.bytes().to_vec());
            }
            while !rest.is_empty() {
                let scan = scanner.scan(rest, ProtocolVersion::V311).expect("the stream is valid");
                current.extend_from_slice(&rest[..scan.consumed]);
                rest = &rest[scan.consumed..];
                if scan.complete {
                    scanned.push(std::mem::take(&mut current));
                }
            }
        }
        prop_assert_eq!(&deframed, &frames);
        prop_assert_eq!(&scanned, &frames);
        prop_assert!(scanner.is_at_boundary());
    }

    #[test]
    fn the_session_survives_any_order_of_events(operations in vec(operation(), 1..120), version in version()) {
        let mut harness = Harness::new(version);
        for operation in &operations {
            harness.run(operation);
            harness.check();
        }
    }
}

fn body_len(bytes: &[u8], version: ProtocolVersion) -> usize {
    let header =
        mqttscope_proto::FixedHeader::decode(bytes, version).expect("it is a packet").expect("it is whole");
    header.remaining_length as usize
}

/// Something that a user, a server or the time does to a session.
#[derive(Clone, Debug)]
enum Operation {
    Connect { clean_session: bool, keep_alive: u16 },
    Accept,
    Receive(Owned),
    ReceiveHostile(Vec<u8>),
    Acknowledge(u8, u16),
    Publish(Qos),
    PublishWithId(Qos, u16),
    Subscribe,
    Unsubscribe,
    Ping,
    Disconnect,
    Close,
    Wait(u32),
    Policy(u8, AckPolicy),
    AcknowledgeByHand(u16),
    Release,
    Reload,
}

fn operation() -> impl Strategy<Value = Operation> {
    let qos = || prop_oneof![Just(Qos::AtMostOnce), Just(Qos::AtLeastOnce), Just(Qos::ExactlyOnce)];
    let ack_policy = prop_oneof![
        Just(AckPolicy::Send),
        Just(AckPolicy::Withhold),
        (0..5_000_u64).prop_map(AckPolicy::DelayMillis),
        Just(AckPolicy::Duplicate),
        Just(AckPolicy::Reorder),
    ];
    prop_oneof![
        2 => (any::<bool>(), 0..20_u16)
            .prop_map(|(clean_session, keep_alive)| Operation::Connect { clean_session, keep_alive }),
        3 => Just(Operation::Accept),
        3 => packet(ProtocolVersion::V311).prop_map(Operation::Receive),
        2 => hostile_bytes().prop_map(Operation::ReceiveHostile),
        8 => (0..6_u8, 0..8_u16).prop_map(|(kind, id)| Operation::Acknowledge(kind, id)),
        6 => qos().prop_map(Operation::Publish),
        1 => (qos(), 1..8_u16).prop_map(|(qos, id)| Operation::PublishWithId(qos, id)),
        1 => Just(Operation::Subscribe),
        1 => Just(Operation::Unsubscribe),
        1 => Just(Operation::Ping),
        1 => Just(Operation::Disconnect),
        1 => Just(Operation::Close),
        3 => (0..40_000_u32).prop_map(Operation::Wait),
        2 => (any::<u8>(), ack_policy).prop_map(|(which, policy)| Operation::Policy(which, policy)),
        1 => (0..8_u16).prop_map(Operation::AcknowledgeByHand),
        1 => Just(Operation::Release),
        1 => Just(Operation::Reload),
    ]
}

struct Harness {
    session: Session,
    version: ProtocolVersion,
    now: Timestamp,
}

impl Harness {
    fn new(version: ProtocolVersion) -> Self {
        Self { session: Session::new(), version, now: Timestamp::from_millis(0) }
    }

    /// Every command may be refused, none may panic.
    fn run(&mut self, operation: &Operation) {
        let Self { session, version, now } = self;
        let now = *now;
        match operation {
            Operation::Connect { clean_session, keep_alive } => {
                let options = ConnectOptions {
                    version: *version,
                    client_id: "client".into(),
                    clean_session: *clean_session,
                    keep_alive: KeepAlive::from_secs(*keep_alive),
                    ..Default::default()
                };
                let _ = session.connect(now, &options);
            }
            Operation::Accept => self.receive(&[0x20, 0x02, 0x00, 0x00]),
            Operation::Receive(packet) => self.receive(&packet.encode()),
            Operation::ReceiveHostile(bytes) => self.receive(bytes),
            Operation::Acknowledge(kind, id) => {
                let [high, low] = id.to_be_bytes();
                let first_byte = [0x40, 0x50, 0x62, 0x70, 0xb0, 0x90][usize::from(*kind)];
                let bytes = [first_byte, 2, high, low, 1];
                match first_byte {
                    0x90 => self.receive(&[0x90, 3, high, low, 1]),
                    _ => self.receive(&bytes[..4]),
                }
            }
            Operation::Publish(qos) => drop(session.publish(now, &publication(*qos))),
            Operation::PublishWithId(qos, id) => {
                let id = PacketId::new(*id).expect("ids are drawn from 1 on");
                let _ = session.publish_with_id(now, &publication(*qos), id);
            }
            Operation::Subscribe => drop(session.subscribe(now, &[(all(), Qos::ExactlyOnce)])),
            Operation::Unsubscribe => drop(session.unsubscribe(now, &[all()])),
            Operation::Ping => drop(session.ping(now)),
            Operation::Disconnect => drop(session.disconnect()),
            Operation::Close => session.handle_closed(),
            Operation::Wait(millis) => {
                self.now = now.plus_millis((*millis).into());
                session.handle_timeout(self.now);
            }
            Operation::Policy(which, ack_policy) => {
                let policy = session.policy_mut();
                match which % 10 {
                    0 => policy.send_duplicates ^= true,
                    1 => policy.withhold_pingreq ^= true,
                    2 => policy.manual_acknowledgement ^= true,
                    3 => policy.puback = *ack_policy,
                    4 => policy.pubrec = *ack_policy,
                    5 => policy.pubrel = *ack_policy,
                    6 => policy.pubcomp = *ack_policy,
                    7 => policy.max_in_flight = usize::from(*which) / 40,
                    8 => policy.retry_after_millis = Some(u64::from(*which) * 10),
                    _ => policy.ignore_in_flight_limit ^= true,
                }
            }
            Operation::AcknowledgeByHand(id) => {
                if let Some(id) = PacketId::new(*id) {
                    let _ = session.acknowledge(now, id);
                }
            }
            Operation::Release => drop(session.release_withheld(now)),
            Operation::Reload => self.reload(),
        }
    }

    fn receive(&mut self, bytes: &[u8]) {
        let mut deframer = Deframer::new();
        let mut rest = bytes;
        loop {
            match deframer.next_frame(&mut rest, self.version) {
                Ok(None) => return,
                Ok(Some(frame)) => match frame.decode(self.version, &mut ()) {
                    Ok(packet) => drop(self.session.handle_packet(self.now, &packet)),
                    Err(error) => return self.session.handle_decode_error(&error),
                },
                Err(error) => return self.session.handle_decode_error(&error),
            }
        }
    }

    /// Goes through the stored form, as a page does that is loaded again.
    fn reload(&mut self) {
        self.session.handle_closed();
        let snapshot: Snapshot = self.session.snapshot();
        let policy = self.session.policy().clone();
        self.session = Session::restore(&snapshot).expect("a session's own snapshot is whole");
        assert_eq!(self.session.snapshot(), snapshot);
        *self.session.policy_mut() = policy;
    }

    /// What holds after every operation.
    fn check(&mut self) {
        let version = self.session.version();
        while let Some(transmit) = self.session.poll_transmit() {
            let mut violations = Vec::new();
            let packet =
                decode(transmit.frame, version, &mut violations).expect("the session writes packets");
            // A copy with DUP is against 3.1.1 on purpose.
            let dup = transmit.frame[0] & 0x08 != 0;
            assert!(violations.is_empty() || dup, "{packet:?} breaks {violations:?}");
        }
        while let Some(event) = self.session.poll_event() {
            if let Event::Close(_) = event {
                assert!(!self.session.is_connected());
            }
        }
        let session = &self.session;
        assert!(session.packet_ids_in_use() >= session.in_flight());
        if let Some(due) = session.poll_timeout().filter(|due| *due <= self.now) {
            // What is due is done by the next call, and asks for a later time.
            self.session.handle_timeout(self.now);
            let next = self.session.poll_timeout();
            assert!(next.is_none_or(|next| next > self.now), "due at {due:?}, then at {next:?}");
            self.check();
        }
    }
}

fn publication(qos: Qos) -> Publication<'static> {
    Publication::new(TopicName::new("t").expect("a topic"), b"m", qos)
}

fn all() -> TopicFilter<'static> {
    TopicFilter::new("#").expect("a filter")
}
