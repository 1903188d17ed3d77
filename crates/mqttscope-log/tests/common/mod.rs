//! Logs at random, and the same entries in a form that is easy to ask.

#![allow(dead_code, reason = "each test uses its part")]

pub mod capture;
pub mod files;
pub mod flow;
pub mod seeds;

use std::ops::Range;

use mqttscope_log::{
    ConnectionId, Direction, Event, EventKind, Fault, Known, Log, PacketFacts, SourceId, Version,
};
use mqttscope_proto::{
    ConnAck, Connect, Filters, KeepAlive, Packet, Properties, ProtocolVersion, PubAck, PubRel, Publish, Qos,
    SubAck, Subscribe, SubscribeFilter, SubscribeOptions, Text, Unsubscribe, decode,
};
use proptest::prelude::*;

/// What went into the log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Microseconds since the epoch, on its first day.
    pub time: u64,
    pub direction: Direction,
    pub connection: u32,
    pub bytes: Vec<u8>,
    pub event: Option<EventKind>,
    pub violation: bool,
}

impl Entry {
    pub fn packet(&self) -> Option<Packet<'_>> {
        let packet = decode(&self.bytes, ProtocolVersion::V311, &mut ()).ok();
        packet.filter(|_| self.direction != Direction::Event)
    }

    pub fn topics(&self) -> Vec<String> {
        match self.packet() {
            Some(Packet::Publish(publish)) => vec![publish.topic.to_string_lossy().into_owned()],
            Some(Packet::Subscribe(subscribe)) => {
                subscribe.filters.iter().map(|entry| entry.filter.to_string_lossy().into_owned()).collect()
            }
            Some(Packet::Unsubscribe(unsubscribe)) => {
                unsubscribe.filters.iter().map(|filter| filter.to_string_lossy().into_owned()).collect()
            }
            _ => Vec::new(),
        }
    }
}

pub fn entries(count: Range<usize>) -> impl Strategy<Value = Vec<Entry>> {
    proptest::collection::vec(entry(), count)
}

fn entry() -> impl Strategy<Value = Entry> {
    let packet = (packet(), any::<bool>(), any::<bool>()).prop_map(|(bytes, out, violation)| {
        (bytes, if out { Direction::Out } else { Direction::In }, None, violation)
    });
    let event = any::<bool>().prop_map(|ping| {
        let kind = if ping { EventKind::PingWithheld } else { EventKind::PeerError };
        (Vec::new(), Direction::Event, Some(kind), !ping)
    });
    (prop_oneof![5 => packet, 1 => event], 0..3_u32, 3_600..7_200_u64).prop_map(
        |((bytes, direction, event, violation), connection, secs)| Entry {
            time: secs * 1_000_000,
            direction,
            connection,
            bytes,
            event,
            violation,
        },
    )
}

/// The bytes of a packet, most of them PUBLISH.
pub fn packet() -> impl Strategy<Value = Vec<u8>> {
    let topics = ["a", "a/b", "a/b/c", "Ab/c", "$SYS/a", "b/b", "é", "a/b/c/d"];
    let payloads = ["", "hi", "abcabcabd", "AB é", "say \"hi\"", "x(y) not", "event", "a rule, b/c"];
    let publish = (
        proptest::sample::select(topics.to_vec()),
        proptest::sample::select(payloads.to_vec()),
        0..3_u8,
        1..4_u16,
        any::<[bool; 2]>(),
    );
    let publish = publish.prop_map(|(topic, payload, qos, id, [dup, retain])| {
        encoded(&Packet::Publish(Publish {
            dup,
            qos: Qos::from_u8(qos).expect("a QoS"),
            retain,
            topic: topic.into(),
            packet_id: (qos > 0).then_some(id),
            properties: Properties::NONE,
            payload: payload.as_bytes(),
        }))
    });
    let filter = proptest::sample::select(topics.to_vec());
    let other = (0..7_u8, 1..4_u16, filter, any::<bool>()).prop_map(|(kind, packet_id, filter, dup)| {
        let subscribed = [SubscribeFilter { filter: filter.into(), options: SubscribeOptions(1) }];
        let unsubscribed = [Text::from(filter)];
        encoded(&match kind {
            0 => Packet::PubAck(PubAck::new(packet_id)),
            1 => Packet::PubRel(PubRel { dup, ..PubRel::new(packet_id) }),
            2 => Packet::Subscribe(Subscribe {
                dup,
                packet_id,
                properties: Properties::NONE,
                filters: Filters::new(&subscribed),
            }),
            3 => Packet::Unsubscribe(Unsubscribe {
                dup,
                packet_id,
                properties: Properties::NONE,
                filters: Filters::new(&unsubscribed),
            }),
            4 => Packet::SubAck(SubAck::new(packet_id, &[1, 0x80])),
            5 => Packet::ConnAck(ConnAck::new(0, 0)),
            _ => Packet::PingReq,
        })
    });
    prop_oneof![3 => publish, 2 => other]
}

/// A CONNECT of 3.1.1.
pub fn connect(client_id: &str, clean_session: bool, password: Option<&[u8]>) -> Vec<u8> {
    encoded(&Packet::Connect(Connect {
        protocol_name: "MQTT".into(),
        protocol_level: 4,
        clean_session,
        keep_alive: KeepAlive::from_secs(60),
        properties: Properties::NONE,
        client_id: client_id.into(),
        will: None,
        username: password.map(|_| "user".into()),
        password,
        stray_flags: 0,
    }))
}

pub fn encoded(packet: &Packet<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.encode(&mut bytes, ProtocolVersion::V311).expect("a packet that can be written");
    bytes
}

/// A log with live connections of 3.1.1, numbered from 0.
pub fn log_of(budget: usize, connections: u32) -> Log {
    log_of_version(ProtocolVersion::V311, budget, connections)
}

/// A log with live connections of a version, numbered from 0. Only in 3.1 may DUP be set on more than PUBLISH.
pub fn log_of_version(version: ProtocolVersion, budget: usize, connections: u32) -> Log {
    let mut log = Log::new(budget);
    for number in 0..connections {
        let version = Version::Known(version);
        assert_eq!(log.add_connection(SourceId::LIVE, version), ConnectionId(number));
    }
    log
}

/// Packets of a connection, mostly of number 1.
pub trait Feed {
    fn sent_on(&mut self, connection: u32, time: u64, frame: &[u8]) -> u32;
    fn came_on(&mut self, connection: u32, time: u64, frame: &[u8]) -> u32;

    fn sent(&mut self, time: u64, frame: &[u8]) -> u32 {
        self.sent_on(1, time, frame)
    }

    fn came(&mut self, time: u64, frame: &[u8]) -> u32 {
        self.came_on(1, time, frame)
    }
}

impl Feed for Log {
    fn sent_on(&mut self, connection: u32, time: u64, frame: &[u8]) -> u32 {
        self.push_packet(time, ConnectionId(connection), Direction::Out, frame, OWN)
    }

    fn came_on(&mut self, connection: u32, time: u64, frame: &[u8]) -> u32 {
        self.push_packet(time, ConnectionId(connection), Direction::In, frame, PacketFacts::default())
    }
}

pub const OWN: PacketFacts =
    PacketFacts { own: true, copy: false, resend: false, raw: false, repeat: false, held: false };

pub fn fill(entries: &[Entry]) -> Log {
    let mut log = log_of(16 << 20, 3);
    for entry in entries {
        let connection = ConnectionId(entry.connection);
        match entry.event {
            Some(EventKind::PingWithheld) => _ = log.push_event(entry.time, connection, Event::PingWithheld),
            Some(_) => {
                let error = Fault::Told { words: "the rule itself", clause: "a clause" };
                log.push_event(entry.time, connection, Event::PeerError { error });
            }
            None => {
                let known = Known { violation: entry.violation, ..Known::default() };
                log.push_known(entry.time, connection, entry.direction, &entry.bytes, known);
            }
        }
    }
    log
}
