//! Packets and streams at random: valid ones, and bytes that are nearly packets.

use mqttscope_proto::{
    ConnAck, Connect, Disconnect, Filters, KeepAlive, Packet, Properties, ProtocolVersion, PubAck, PubComp,
    PubRec, PubRel, Publish, Qos, SubAck, Subscribe, SubscribeFilter, SubscribeOptions, Text, UnsubAck,
    Unsubscribe, Will,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// A packet of 3.1 or 3.1.1 that owns its parts.
#[derive(Clone, Debug, PartialEq)]
pub enum Owned {
    Connect {
        version: ProtocolVersion,
        clean_session: bool,
        keep_alive: u16,
        client_id: String,
        will: Option<(String, Vec<u8>, Qos, bool)>,
        username: Option<String>,
        password: Option<Vec<u8>>,
    },
    ConnAck {
        session_present: bool,
        return_code: u8,
    },
    Publish {
        dup: bool,
        qos: Qos,
        retain: bool,
        topic: String,
        id: u16,
        payload: Vec<u8>,
    },
    PubAck(u16),
    PubRec(u16),
    PubRel(u16),
    PubComp(u16),
    Subscribe {
        id: u16,
        filters: Vec<(String, Qos)>,
    },
    SubAck {
        id: u16,
        codes: Vec<u8>,
    },
    Unsubscribe {
        id: u16,
        filters: Vec<String>,
    },
    UnsubAck(u16),
    PingReq,
    PingResp,
    Disconnect,
}

impl Owned {
    /// The bytes of the packet.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.with(|packet| {
            packet.encode(&mut bytes, ProtocolVersion::V311).expect("generated packets can be written")
        });
        bytes
    }

    /// Calls `use_packet` with the packet, borrowed from this.
    pub fn with<R>(&self, use_packet: impl FnOnce(&Packet<'_>) -> R) -> R {
        match self {
            Self::Connect { version, clean_session, keep_alive, client_id, will, username, password } => {
                use_packet(&Packet::Connect(Connect {
                    protocol_name: version.protocol_name().into(),
                    protocol_level: version.level(),
                    clean_session: *clean_session,
                    keep_alive: KeepAlive::from_secs(*keep_alive),
                    properties: Properties::NONE,
                    client_id: client_id.as_str().into(),
                    will: will.as_ref().map(|(topic, message, qos, retain)| Will {
                        properties: Properties::NONE,
                        topic: topic.as_str().into(),
                        message,
                        qos: qos.as_u8(),
                        retain: *retain,
                    }),
                    username: username.as_deref().map(Text::from),
                    password: password.as_deref(),
                    stray_flags: 0,
                }))
            }
            Self::ConnAck { session_present, return_code } => {
                use_packet(&Packet::ConnAck(ConnAck::new((*session_present).into(), *return_code)))
            }
            Self::Publish { dup, qos, retain, topic, id, payload } => use_packet(&Packet::Publish(Publish {
                dup: *dup,
                qos: *qos,
                retain: *retain,
                topic: topic.as_str().into(),
                packet_id: (*qos != Qos::AtMostOnce).then_some(*id),
                properties: Properties::NONE,
                payload,
            })),
            Self::PubAck(packet_id) => use_packet(&Packet::PubAck(PubAck::new(*packet_id))),
            Self::PubRec(packet_id) => use_packet(&Packet::PubRec(PubRec::new(*packet_id))),
            Self::PubRel(packet_id) => use_packet(&Packet::PubRel(PubRel::new(*packet_id))),
            Self::PubComp(packet_id) => use_packet(&Packet::PubComp(PubComp::new(*packet_id))),
            Self::Subscribe { id, filters } => {
                let items: Vec<_> = filters
                    .iter()
                    .map(|(filter, qos)| SubscribeFilter {
                        filter: filter.as_str().into(),
                        options: SubscribeOptions(qos.as_u8()),
                    })
                    .collect();
                let filters = Filters::new(&items);
                use_packet(&Packet::Subscribe(Subscribe {
                    dup: false,
                    packet_id: *id,
                    properties: Properties::NONE,
                    filters,
                }))
            }
            Self::SubAck { id, codes } => use_packet(&Packet::SubAck(SubAck::new(*id, codes))),
            Self::Unsubscribe { id, filters } => {
                let items: Vec<_> = filters.iter().map(|filter| Text::from(filter.as_str())).collect();
                let filters = Filters::new(&items);
                use_packet(&Packet::Unsubscribe(Unsubscribe {
                    dup: false,
                    packet_id: *id,
                    properties: Properties::NONE,
                    filters,
                }))
            }
            Self::UnsubAck(packet_id) => use_packet(&Packet::UnsubAck(UnsubAck::new(*packet_id))),
            Self::PingReq => use_packet(&Packet::PingReq),
            Self::PingResp => use_packet(&Packet::PingResp),
            Self::Disconnect => use_packet(&Packet::Disconnect(Disconnect::default())),
        }
    }
}

pub fn qos() -> impl Strategy<Value = Qos> {
    prop_oneof![Just(Qos::AtMostOnce), Just(Qos::AtLeastOnce), Just(Qos::ExactlyOnce)]
}

pub fn id() -> impl Strategy<Value = u16> {
    prop_oneof![1..=u16::MAX, Just(1), Just(127), Just(128), Just(255), Just(256), Just(u16::MAX)]
}

pub fn topic() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[a-z/äß€🌍 $]{1,24}",
        // Lengths around the places where a length byte more is needed.
        1 => (120_usize..140).prop_map(|len| "x".repeat(len)),
        1 => (16_370_usize..16_390).prop_map(|len| "x".repeat(len)),
    ]
}

pub fn filter() -> impl Strategy<Value = String> {
    (vec(prop_oneof!["[a-zä]{0,3}", Just("+".to_owned())], 1..5), any::<bool>()).prop_map(
        |(mut levels, all)| {
            if all || levels.concat().is_empty() {
                levels.push("#".to_owned());
            }
            levels.join("/")
        },
    )
}

pub fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => vec(any::<u8>(), 0..40),
        1 => vec(any::<u8>(), 100..200),
        1 => vec(any::<u8>(), 16_300..16_400),
    ]
}

/// A packet that keeps all rules of the version.
pub fn packet(version: ProtocolVersion) -> impl Strategy<Value = Owned> {
    let will_message = if version == ProtocolVersion::V31 {
        "[a-z ä]{0,20}".prop_map(String::into_bytes).boxed()
    } else {
        vec(any::<u8>(), 0..20).boxed()
    };
    let credentials = option::of(("[a-zä]{0,8}", option::of(vec(any::<u8>(), 0..8))));
    let connect = (
        any::<bool>(),
        any::<u16>(),
        "[0-9a-zA-Z]{1,23}",
        option::of((topic(), will_message, qos(), any::<bool>())),
        credentials,
    )
        .prop_map(move |(clean_session, keep_alive, client_id, will, credentials)| Owned::Connect {
            version,
            clean_session,
            keep_alive,
            client_id,
            will,
            password: credentials.as_ref().and_then(|(_, password)| password.clone()),
            username: credentials.map(|(username, _)| username),
        });
    let connack = (any::<bool>(), 0..=5_u8).prop_map(move |(present, return_code)| Owned::ConnAck {
        session_present: present && return_code == 0 && version != ProtocolVersion::V31,
        return_code,
    });
    let publish = (any::<bool>(), qos(), any::<bool>(), topic(), id(), payload()).prop_map(
        |(dup, qos, retain, topic, id, payload)| Owned::Publish {
            dup: dup && qos != Qos::AtMostOnce,
            qos,
            retain,
            topic,
            id,
            payload,
        },
    );
    let codes = if version == ProtocolVersion::V31 { vec![0, 1, 2] } else { vec![0, 1, 2, 0x80] };
    prop_oneof![
        2 => connect,
        1 => connack,
        6 => publish,
        1 => id().prop_map(Owned::PubAck),
        1 => id().prop_map(Owned::PubRec),
        1 => id().prop_map(Owned::PubRel),
        1 => id().prop_map(Owned::PubComp),
        2 => (id(), vec((filter(), qos()), 1..5)).prop_map(|(id, filters)| Owned::Subscribe { id, filters }),
        2 => (id(), vec(prop::sample::select(codes), 1..5)).prop_map(|(id, codes)| Owned::SubAck { id, codes }),
        2 => (id(), vec(filter(), 1..5)).prop_map(|(id, filters)| Owned::Unsubscribe { id, filters }),
        1 => id().prop_map(Owned::UnsubAck),
        1 => Just(Owned::PingReq),
        1 => Just(Owned::PingResp),
        1 => Just(Owned::Disconnect),
    ]
}

/// One of the versions.
pub fn version() -> impl Strategy<Value = ProtocolVersion> {
    prop_oneof![Just(ProtocolVersion::V31), Just(ProtocolVersion::V311)]
}

/// A version and a packet that keeps its rules.
pub fn versioned_packet() -> impl Strategy<Value = (ProtocolVersion, Owned)> {
    version().prop_flat_map(|version| (Just(version), packet(version)))
}

/// Bytes that are a packet but for a few changes, or anything at all.
pub fn hostile_bytes() -> impl Strategy<Value = Vec<u8>> {
    let damaged = (versioned_packet(), vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), any::<u16>())
        .prop_map(|((_, packet), changes, cut)| {
            let mut bytes = packet.encode();
            for (index, value) in changes {
                let at = index.index(bytes.len());
                bytes[at] = value;
            }
            if cut % 4 == 0 {
                bytes.truncate(usize::from(cut) % (bytes.len() + 1));
            }
            bytes
        });
    prop_oneof![3 => damaged, 1 => vec(any::<u8>(), 0..64)]
}
