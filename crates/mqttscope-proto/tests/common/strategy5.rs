//! Packets of MQTT 5 at random: valid ones, with their properties in any order, and bytes that are nearly packets.

use mqttscope_proto::{
    Auth, ConnAck, Connect, Disconnect, Filters, KeepAlive, Packet, PacketType, Properties, PropertyBuf,
    PropertyHolder, PropertyId, PropertyKind, PropertyValue, ProtocolVersion, PubAck, PubComp, PubRec,
    PubRel, Publish, Qos, ReasonCode, SubAck, Subscribe, SubscribeFilter, SubscribeOptions, Text, UnsubAck,
    Unsubscribe, Will,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use super::strategy::{filter, id, payload, qos, topic};

/// Properties in order.
pub type List = Vec<(PropertyId, Value)>;

/// What a property says.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(u32),
    Text(String),
    Binary(Vec<u8>),
    Pair(String, String),
}

/// A reason code and properties, as far as a packet goes.
pub type Reason = Option<(u8, Option<List>)>;

#[derive(Clone, Debug, PartialEq)]
pub struct OwnedWill {
    pub properties: List,
    pub topic: String,
    pub message: Vec<u8>,
    pub qos: Qos,
    pub retain: bool,
}

/// A packet of MQTT 5 that owns its parts.
#[derive(Clone, Debug, PartialEq)]
pub enum Owned {
    Connect {
        clean_start: bool,
        keep_alive: u16,
        properties: List,
        client_id: String,
        will: Option<OwnedWill>,
        username: Option<String>,
        password: Option<Vec<u8>>,
    },
    ConnAck {
        session_present: bool,
        code: u8,
        properties: List,
    },
    Publish {
        dup: bool,
        qos: Qos,
        retain: bool,
        topic: String,
        id: Option<u16>,
        properties: List,
        payload: Vec<u8>,
    },
    /// PUBACK, PUBREC, PUBREL or PUBCOMP.
    Acknowledge {
        packet_type: PacketType,
        id: u16,
        reason: Reason,
    },
    Subscribe {
        id: u16,
        properties: List,
        filters: Vec<(String, u8)>,
    },
    Unsubscribe {
        id: u16,
        properties: List,
        filters: Vec<String>,
    },
    /// SUBACK or UNSUBACK.
    Answer {
        packet_type: PacketType,
        id: u16,
        properties: List,
        codes: Vec<u8>,
    },
    /// DISCONNECT or AUTH.
    Reason {
        packet_type: PacketType,
        reason: Reason,
    },
    PingReq,
    PingResp,
}

impl Owned {
    /// The bytes of the packet.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.with(|packet| {
            packet.encode(&mut bytes, ProtocolVersion::V5).expect("generated packets can be written")
        });
        bytes
    }

    /// Calls `use_packet` with the packet, borrowed from this.
    pub fn with<R>(&self, use_packet: impl FnOnce(&Packet<'_>) -> R) -> R {
        match self {
            Self::Connect { clean_start, keep_alive, properties, client_id, will, username, password } => {
                let (properties, of_will) = (
                    buf(properties),
                    will.as_ref().map_or_else(PropertyBuf::new, |will| buf(&will.properties)),
                );
                use_packet(&Packet::Connect(Connect {
                    protocol_name: "MQTT".into(),
                    protocol_level: 5,
                    clean_session: *clean_start,
                    keep_alive: KeepAlive::from_secs(*keep_alive),
                    properties: properties.as_properties(),
                    client_id: client_id.as_str().into(),
                    will: will.as_ref().map(|will| Will {
                        properties: of_will.as_properties(),
                        topic: will.topic.as_str().into(),
                        message: &will.message,
                        qos: will.qos.as_u8(),
                        retain: will.retain,
                    }),
                    username: username.as_deref().map(Text::from),
                    password: password.as_deref(),
                    stray_flags: 0,
                }))
            }
            Self::ConnAck { session_present, code, properties } => {
                let connack = ConnAck::new((*session_present).into(), *code);
                use_packet(&Packet::ConnAck(ConnAck {
                    properties: buf(properties).as_properties(),
                    ..connack
                }))
            }
            Self::Publish { dup, qos, retain, topic, id, properties, payload } => {
                use_packet(&Packet::Publish(Publish {
                    dup: *dup,
                    qos: *qos,
                    retain: *retain,
                    topic: topic.as_str().into(),
                    packet_id: *id,
                    properties: buf(properties).as_properties(),
                    payload,
                }))
            }
            Self::Acknowledge { packet_type, id, reason } => {
                let (packet_id, (reason_code, list)) = (*id, parts(reason));
                let properties = list.as_ref().map(PropertyBuf::as_properties);
                use_packet(&match packet_type {
                    PacketType::PubAck => Packet::PubAck(PubAck { packet_id, reason_code, properties }),
                    PacketType::PubRec => Packet::PubRec(PubRec { packet_id, reason_code, properties }),
                    PacketType::PubRel => {
                        Packet::PubRel(PubRel { dup: false, packet_id, reason_code, properties })
                    }
                    _ => Packet::PubComp(PubComp { packet_id, reason_code, properties }),
                })
            }
            Self::Subscribe { id, properties, filters } => {
                let items: Vec<_> = filters
                    .iter()
                    .map(|(filter, options)| SubscribeFilter {
                        filter: filter.as_str().into(),
                        options: SubscribeOptions(*options),
                    })
                    .collect();
                use_packet(&Packet::Subscribe(Subscribe {
                    dup: false,
                    packet_id: *id,
                    properties: buf(properties).as_properties(),
                    filters: Filters::new(&items),
                }))
            }
            Self::Unsubscribe { id, properties, filters } => {
                let items: Vec<_> = filters.iter().map(|filter| Text::from(filter.as_str())).collect();
                use_packet(&Packet::Unsubscribe(Unsubscribe {
                    dup: false,
                    packet_id: *id,
                    properties: buf(properties).as_properties(),
                    filters: Filters::new(&items),
                }))
            }
            Self::Answer { packet_type, id, properties, codes } => {
                let (list, packet_id) = (buf(properties), *id);
                let properties = list.as_properties();
                use_packet(&match packet_type {
                    PacketType::SubAck => {
                        Packet::SubAck(SubAck { packet_id, properties, return_codes: codes })
                    }
                    _ => Packet::UnsubAck(UnsubAck { packet_id, properties, reason_codes: codes }),
                })
            }
            Self::Reason { packet_type, reason } => {
                let (reason_code, list) = parts(reason);
                let properties = list.as_ref().map(PropertyBuf::as_properties);
                use_packet(&match packet_type {
                    PacketType::Disconnect => Packet::Disconnect(Disconnect { reason_code, properties }),
                    _ => Packet::Auth(Auth { reason_code, properties }),
                })
            }
            Self::PingReq => use_packet(&Packet::PingReq),
            Self::PingResp => use_packet(&Packet::PingResp),
        }
    }
}

fn buf(list: &List) -> PropertyBuf {
    let mut properties = PropertyBuf::new();
    for (id, value) in list {
        let value = match value {
            Value::Number(number) => PropertyValue::Number(*number),
            Value::Text(text) => PropertyValue::Text(text.as_str().into()),
            Value::Binary(bytes) => PropertyValue::Binary(bytes),
            Value::Pair(name, value) => PropertyValue::Pair(name.as_str().into(), value.as_str().into()),
        };
        properties.push(*id, value).expect("generated properties can be written");
    }
    properties
}

fn parts(reason: &Reason) -> (Option<ReasonCode>, Option<PropertyBuf>) {
    match reason {
        Some((code, properties)) => (Some(ReasonCode(*code)), properties.as_ref().map(buf)),
        None => (None, None),
    }
}

/// The properties of a packet with their parts.
pub fn list(properties: Properties<'_>) -> List {
    let text = |text: Text<'_>| text.to_str().expect("texts of valid packets are UTF-8").to_owned();
    let value = |value| match value {
        PropertyValue::Number(number) => Value::Number(number),
        PropertyValue::Text(words) => Value::Text(text(words)),
        PropertyValue::Binary(bytes) => Value::Binary(bytes.to_vec()),
        PropertyValue::Pair(name, value) => Value::Pair(text(name), text(value)),
    };
    properties.into_iter().map(|property| (property.id, value(property.value))).collect()
}

/// A valid packet with its parts.
pub fn owned(packet: &Packet<'_>) -> Owned {
    let text = |text: Text<'_>| text.to_str().expect("texts of valid packets are UTF-8").to_owned();
    let reason = |code: Option<ReasonCode>, properties: Option<Properties<'_>>| {
        code.map(|code| (code.0, properties.map(list)))
    };
    let packet_type = packet.packet_type();
    match packet {
        Packet::Connect(connect) => Owned::Connect {
            clean_start: connect.clean_session,
            keep_alive: connect.keep_alive.as_secs(),
            properties: list(connect.properties),
            client_id: text(connect.client_id),
            will: connect.will.map(|will| OwnedWill {
                properties: list(will.properties),
                topic: text(will.topic),
                message: will.message.to_vec(),
                qos: Qos::from_u8(will.qos).expect("QoS of valid packets is 0, 1 or 2"),
                retain: will.retain,
            }),
            username: connect.username.map(text),
            password: connect.password.map(<[u8]>::to_vec),
        },
        Packet::ConnAck(connack) => Owned::ConnAck {
            session_present: connack.session_present(),
            code: connack.return_code,
            properties: list(connack.properties),
        },
        Packet::Publish(publish) => Owned::Publish {
            dup: publish.dup,
            qos: publish.qos,
            retain: publish.retain,
            topic: text(publish.topic),
            id: publish.packet_id,
            properties: list(publish.properties),
            payload: publish.payload.to_vec(),
        },
        Packet::PubAck(PubAck { packet_id, reason_code, properties })
        | Packet::PubRec(PubRec { packet_id, reason_code, properties })
        | Packet::PubRel(PubRel { dup: _, packet_id, reason_code, properties })
        | Packet::PubComp(PubComp { packet_id, reason_code, properties }) => {
            Owned::Acknowledge { packet_type, id: *packet_id, reason: reason(*reason_code, *properties) }
        }
        Packet::Subscribe(subscribe) => Owned::Subscribe {
            id: subscribe.packet_id,
            properties: list(subscribe.properties),
            filters: subscribe.filters.iter().map(|item| (text(item.filter), item.options.0)).collect(),
        },
        Packet::Unsubscribe(unsubscribe) => Owned::Unsubscribe {
            id: unsubscribe.packet_id,
            properties: list(unsubscribe.properties),
            filters: unsubscribe.filters.iter().map(text).collect(),
        },
        Packet::SubAck(SubAck { packet_id, properties, return_codes: codes })
        | Packet::UnsubAck(UnsubAck { packet_id, properties, reason_codes: codes }) => Owned::Answer {
            packet_type,
            id: *packet_id,
            properties: list(*properties),
            codes: codes.to_vec(),
        },
        Packet::Disconnect(Disconnect { reason_code, properties })
        | Packet::Auth(Auth { reason_code, properties }) => {
            Owned::Reason { packet_type, reason: reason(*reason_code, *properties) }
        }
        Packet::PingReq => Owned::PingReq,
        Packet::PingResp => Owned::PingResp,
        _ => unreachable!("MQTT 5 has fifteen packets"),
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[a-z ä€🌍\u{1}\u{feff}]{0,12}",
        // Around the place where the Property Length needs a byte more.
        1 => (100_usize..140).prop_map(|len| "x".repeat(len)),
    ]
}

fn number(kind: PropertyKind) -> BoxedStrategy<u32> {
    let max = kind.max().unwrap_or_default();
    prop_oneof![
        2 => 1..=max,
        1 => select(vec![1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, max]).prop_map(move |number| number.min(max)),
    ]
    .boxed()
}

/// The property with a value that no rule forbids.
fn property(id: PropertyId) -> BoxedStrategy<(PropertyId, Value)> {
    let value = match (id, id.kind()) {
        (_, PropertyKind::Byte) => (0..=1_u32).prop_map(Value::Number).boxed(),
        (PropertyId::ResponseTopic, _) => "[a-z/ä]{1,12}".prop_map(Value::Text).boxed(),
        (_, PropertyKind::Text) => text().prop_map(Value::Text).boxed(),
        (_, PropertyKind::Binary) => vec(any::<u8>(), 0..20).prop_map(Value::Binary).boxed(),
        (_, PropertyKind::Pair) => {
            (text(), text()).prop_map(|(name, value)| Value::Pair(name, value)).boxed()
        }
        (_, kind) if id.forbids(0) => number(kind).prop_map(Value::Number).boxed(),
        (_, kind) => prop_oneof![3 => number(kind), 1 => Just(0)].prop_map(Value::Number).boxed(),
    };
    value.prop_map(move |value| (id, value)).boxed()
}

/// Properties that may stand there, each as often as it may, in any order.
fn properties(holder: PropertyHolder) -> BoxedStrategy<List> {
    let (repeated, once): (Vec<_>, Vec<_>) =
        holder.sections().iter().map(|&(id, _)| id).partition(|id| id.repeats_in(holder));
    let count = once.len();
    (subsequence(once, 0..=count), vec(select(repeated), 0..4), any::<bool>())
        .prop_flat_map(move |(mut ids, repeated, has_any)| {
            ids.extend(repeated);
            let is_auth = holder == PropertyHolder::Packet(PacketType::Auth);
            if !has_any {
                ids.clear();
            }
            // Data needs a method, and AUTH always has one.
            let needs_method = is_auth || ids.contains(&PropertyId::AuthenticationData);
            if needs_method && !ids.contains(&PropertyId::AuthenticationMethod) {
                ids.push(PropertyId::AuthenticationMethod);
            }
            ids.into_iter().map(property).collect::<Vec<_>>()
        })
        .prop_shuffle()
        .boxed()
}

fn of(packet_type: PacketType) -> BoxedStrategy<List> {
    properties(PropertyHolder::Packet(packet_type))
}

/// One of the reason codes of a packet.
fn code(packet_type: PacketType) -> impl Strategy<Value = u8> {
    let codes = (0..=u8::MAX).filter(|&code| ReasonCode(code).name(packet_type).is_some());
    select(codes.collect::<Vec<_>>())
}

/// Nothing, a reason code, or both it and properties.
fn reason(packet_type: PacketType) -> impl Strategy<Value = Reason> {
    option::of((code(packet_type), option::of(of(packet_type)))).prop_map(move |mut reason| {
        if let Some((code, None)) = &mut reason
            && packet_type == PacketType::Auth
        {
            *code = 0;
        }
        reason
    })
}

/// A filter with options that go together.
fn subscription() -> impl Strategy<Value = (String, u8)> {
    let options = (0..=2_u8, any::<bool>(), any::<bool>(), 0..=2_u8).prop_map(
        |(qos, no_local, as_published, retain_handling)| {
            qos | u8::from(no_local) << 2 | u8::from(as_published) << 3 | retain_handling << 4
        },
    );
    (filter(), "[a-z]{1,4}", 0..4_u8, options).prop_map(|(filter, share, kind, options)| match kind {
        0 => (format!("$share/{share}/{filter}"), options & !0x04),
        _ => (filter, options),
    })
}

/// A packet that keeps all rules of MQTT 5.
pub fn packet() -> impl Strategy<Value = Owned> {
    let will =
        (properties(PropertyHolder::Will), topic(), vec(any::<u8>(), 0..20), qos(), any::<bool>()).prop_map(
            |(properties, topic, message, qos, retain)| OwnedWill { properties, topic, message, qos, retain },
        );
    let connect = (
        any::<bool>(),
        any::<u16>(),
        of(PacketType::Connect),
        "[0-9a-zA-Z]{0,30}",
        option::of(will),
        option::of("[a-zä]{0,8}"),
        option::of(vec(any::<u8>(), 0..8)),
    )
        .prop_map(|(clean_start, keep_alive, properties, client_id, will, username, password)| {
            Owned::Connect { clean_start, keep_alive, properties, client_id, will, username, password }
        });
    let connack = (any::<bool>(), code(PacketType::ConnAck), of(PacketType::ConnAck)).prop_map(
        |(present, code, properties)| Owned::ConnAck {
            session_present: present && code == 0,
            code,
            properties,
        },
    );
    let publish = (any::<bool>(), qos(), any::<bool>(), topic(), id(), of(PacketType::Publish), payload())
        .prop_map(|(flag, qos, retain, topic, id, properties, payload)| {
            let has_alias = properties.iter().any(|(id, _)| *id == PropertyId::TopicAlias);
            Owned::Publish {
                dup: flag && qos != Qos::AtMostOnce,
                qos,
                retain,
                topic: if has_alias && flag { String::new() } else { topic },
                id: (qos != Qos::AtMostOnce).then_some(id),
                properties,
                payload,
            }
        });
    let acknowledge = |packet_type| {
        (id(), reason(packet_type)).prop_map(move |(id, reason)| Owned::Acknowledge {
            packet_type,
            id,
            reason,
        })
    };
    let answer = |packet_type| {
        (id(), of(packet_type), vec(code(packet_type), 1..5))
            .prop_map(move |(id, properties, codes)| Owned::Answer { packet_type, id, properties, codes })
    };
    let end = |packet_type| reason(packet_type).prop_map(move |reason| Owned::Reason { packet_type, reason });
    let subscribe = (id(), of(PacketType::Subscribe), vec(subscription(), 1..5))
        .prop_map(|(id, properties, filters)| Owned::Subscribe { id, properties, filters });
    let unsubscribe = (id(), of(PacketType::Unsubscribe), vec(subscription(), 1..5)).prop_map(
        |(id, properties, filters)| Owned::Unsubscribe {
            id,
            properties,
            filters: filters.into_iter().map(|(filter, _)| filter).collect(),
        },
    );
    prop_oneof![
        3 => connect,
        3 => connack,
        6 => publish,
        1 => acknowledge(PacketType::PubAck),
        1 => acknowledge(PacketType::PubRec),
        1 => acknowledge(PacketType::PubRel),
        1 => acknowledge(PacketType::PubComp),
        2 => subscribe,
        2 => answer(PacketType::SubAck),
        2 => unsubscribe,
        2 => answer(PacketType::UnsubAck),
        1 => Just(Owned::PingReq),
        1 => Just(Owned::PingResp),
        2 => end(PacketType::Disconnect),
        2 => end(PacketType::Auth),
    ]
}

/// Bytes that are a packet but for a few changes, or anything at all.
pub fn hostile_bytes() -> impl Strategy<Value = Vec<u8>> {
    let damaged = (packet(), vec((any::<Index>(), any::<u8>()), 0..4), any::<u16>()).prop_map(
        |(packet, changes, cut)| {
            let mut bytes = packet.encode();
            for (index, value) in changes {
                let at = index.index(bytes.len());
                bytes[at] = value;
            }
            if cut % 4 == 0 {
                bytes.truncate(usize::from(cut) % (bytes.len() + 1));
            }
            bytes
        },
    );
    prop_oneof![3 => damaged, 1 => vec(any::<u8>(), 0..64)]
}
