//! The peers behind one interface: bytes in, their packet in our terms and as they write it out.

use std::fmt::Debug;

use bytes::BytesMut;
use mqttscope_proto::{PacketType, PropertyId, Qos};

use crate::common::strategy5::{List, Owned, OwnedWill, Value};

/// An independent codec of MQTT 5.
pub trait Peer {
    /// Its name on crates.io.
    fn name(&self) -> &'static str;

    /// Whether its packets tell the order of properties, and what is absent from what has its default.
    fn keeps_form(&self) -> bool;

    /// Reads one packet from the start of `bytes`.
    fn read(&self, bytes: &[u8]) -> Verdict;
}

/// What a peer makes of bytes.
#[derive(Debug)]
pub enum Verdict {
    Packet(Box<Reading>),
    Incomplete,
    Refused(String),
}

/// A packet that a peer has read.
#[derive(Debug)]
pub struct Reading {
    pub packet: Owned,
    /// The bytes that it took.
    pub len: usize,
    /// The packet as the peer writes it.
    pub written: Vec<u8>,
}

fn refused(error: impl Debug) -> Verdict {
    Verdict::Refused(format!("{error:?}"))
}

fn qos(number: u8) -> Qos {
    Qos::from_u8(number).expect("a peer's QoS is 0, 1 or 2")
}

pub struct RmqttCodec;

impl Peer for RmqttCodec {
    fn name(&self) -> &'static str {
        "rmqtt-codec"
    }

    fn keeps_form(&self) -> bool {
        false
    }

    fn read(&self, bytes: &[u8]) -> Verdict {
        use tokio_util::codec::{Decoder, Encoder};
        let mut stream = BytesMut::from(bytes);
        match rmqtt_codec::v5::Codec::new(0, 0).decode(&mut stream) {
            Ok(Some((packet, _))) => {
                let len = bytes.len() - stream.len();
                let in_our_terms = rmqtt_in_our_terms(&packet);
                let mut written = BytesMut::new();
                // Another one: what a CONNECT asks of the server is not asked of who writes it.
                match rmqtt_codec::v5::Codec::new(0, 0).encode(packet, &mut written) {
                    Ok(()) => {
                        let (packet, written) = (in_our_terms, written.to_vec());
                        Verdict::Packet(Box::new(Reading { packet, len, written }))
                    }
                    Err(error) => refused(error),
                }
            }
            Ok(None) => Verdict::Incomplete,
            Err(error) => refused(error),
        }
    }
}

/// Properties in the order of their identifiers.
#[derive(Default)]
struct Sorted(List);

impl Sorted {
    fn number(mut self, id: PropertyId, number: Option<impl Into<u32>>) -> Self {
        self.0.extend(number.map(|number| (id, Value::Number(number.into()))));
        self
    }

    /// A number that is only told where it is not its default.
    fn unless(self, id: PropertyId, number: impl Into<u32>, default: u32) -> Self {
        self.number(id, Some(number.into()).filter(|&number| number != default))
    }

    fn text(mut self, id: PropertyId, text: Option<impl ToString>) -> Self {
        self.0.extend(text.map(|text| (id, Value::Text(text.to_string()))));
        self
    }

    fn binary(mut self, id: PropertyId, bytes: Option<&bytes::Bytes>) -> Self {
        self.0.extend(bytes.map(|bytes| (id, Value::Binary(bytes.to_vec()))));
        self
    }

    fn users(mut self, users: &rmqtt_codec::v5::UserProperties) -> Self {
        let pairs = users.iter().map(|(name, value)| Value::Pair(name.to_string(), value.to_string()));
        self.0.extend(pairs.map(|pair| (PropertyId::UserProperty, pair)));
        self
    }
}

fn rmqtt_in_our_terms(packet: &rmqtt_codec::v5::Packet) -> Owned {
    use PropertyId as Id;
    use rmqtt_codec::v5::Packet;
    let acknowledge = |packet_type, ack: &rmqtt_codec::v5::PublishAck| {
        let list =
            Sorted::default().text(Id::ReasonString, ack.reason_string.as_ref()).users(&ack.properties);
        let reason = Some((ack.reason_code.into(), Some(list.0)));
        Owned::Acknowledge { packet_type, id: ack.packet_id.get(), reason }
    };
    let acknowledge_2 = |packet_type, ack: &rmqtt_codec::v5::PublishAck2| {
        let list =
            Sorted::default().text(Id::ReasonString, ack.reason_string.as_ref()).users(&ack.properties);
        let reason = Some((ack.reason_code.into(), Some(list.0)));
        Owned::Acknowledge { packet_type, id: ack.packet_id.get(), reason }
    };
    match packet {
        Packet::Connect(connect) => Owned::Connect {
            clean_start: connect.clean_start,
            keep_alive: connect.keep_alive,
            properties: Sorted::default()
                .unless(Id::SessionExpiryInterval, connect.session_expiry_interval_secs, 0)
                .text(Id::AuthenticationMethod, connect.auth_method.as_ref())
                .binary(Id::AuthenticationData, connect.auth_data.as_ref())
                .unless(Id::RequestProblemInformation, connect.request_problem_info, 1)
                .unless(Id::RequestResponseInformation, connect.request_response_info, 0)
                .number(Id::ReceiveMaximum, connect.receive_max.map(|number| number.get()))
                .unless(Id::TopicAliasMaximum, connect.topic_alias_max, 0)
                .users(&connect.user_properties)
                .number(Id::MaximumPacketSize, connect.max_packet_size.map(|number| number.get()))
                .0,
            client_id: connect.client_id.to_string(),
            will: connect.last_will.as_ref().map(|will| OwnedWill {
                properties: Sorted::default()
                    .number(Id::PayloadFormatIndicator, will.is_utf8_payload)
                    .number(
                        Id::MessageExpiryInterval,
                        will.message_expiry_interval.map(|number| number.get()),
                    )
                    .text(Id::ContentType, will.content_type.as_ref())
                    .text(Id::ResponseTopic, will.response_topic.as_ref())
                    .binary(Id::CorrelationData, will.correlation_data.as_ref())
                    .number(Id::WillDelayInterval, will.will_delay_interval_sec)
                    .users(&will.user_properties)
                    .0,
                topic: will.topic.to_string(),
                message: will.message.to_vec(),
                qos: qos(will.qos.value()),
                retain: will.retain,
            }),
            username: connect.username.as_ref().map(ToString::to_string),
            password: connect.password.as_ref().map(|password| password.to_vec()),
        },
        Packet::ConnectAck(connack) => Owned::ConnAck {
            session_present: connack.session_present,
            code: connack.reason_code.into(),
            properties: Sorted::default()
                .number(Id::SessionExpiryInterval, connack.session_expiry_interval_secs)
                .text(Id::AssignedClientIdentifier, connack.assigned_client_id.as_ref())
                .number(Id::ServerKeepAlive, connack.server_keepalive_sec)
                .text(Id::AuthenticationMethod, connack.auth_method.as_ref())
                .binary(Id::AuthenticationData, connack.auth_data.as_ref())
                .text(Id::ResponseInformation, connack.response_info.as_ref())
                .text(Id::ServerReference, connack.server_reference.as_ref())
                .text(Id::ReasonString, connack.reason_string.as_ref())
                .unless(Id::ReceiveMaximum, connack.receive_max.get(), 65_535)
                .unless(Id::TopicAliasMaximum, connack.topic_alias_max, 0)
                .unless(Id::MaximumQos, connack.max_qos.value(), 2)
                .unless(Id::RetainAvailable, connack.retain_available, 1)
                .users(&connack.user_properties)
                .number(Id::MaximumPacketSize, connack.max_packet_size)
                .unless(Id::WildcardSubscriptionAvailable, connack.wildcard_subscription_available, 1)
                .unless(Id::SubscriptionIdentifierAvailable, connack.subscription_identifiers_available, 1)
                .unless(Id::SharedSubscriptionAvailable, connack.shared_subscription_available, 1)
                .0,
        },
        Packet::Publish(publish) => {
            let properties = publish.properties.clone().unwrap_or_default();
            let identifiers = properties.subscription_ids.iter();
            let mut list = Sorted::default()
                .unless(Id::PayloadFormatIndicator, properties.is_utf8_payload, 0)
                .number(
                    Id::MessageExpiryInterval,
                    properties.message_expiry_interval.map(|number| number.get()),
                )
                .text(Id::ContentType, properties.content_type.as_ref())
                .text(Id::ResponseTopic, properties.response_topic.as_ref())
                .binary(Id::CorrelationData, properties.correlation_data.as_ref());
            list.0
                .extend(identifiers.map(|number| (Id::SubscriptionIdentifier, Value::Number(number.get()))));
            Owned::Publish {
                dup: publish.dup,
                qos: qos(publish.qos.value()),
                retain: publish.retain,
                topic: publish.topic.to_string(),
                id: publish.packet_id.map(Into::into),
                properties: list
                    .number(Id::TopicAlias, properties.topic_alias.map(|alias| alias.get()))
                    .users(&properties.user_properties)
                    .0,
                payload: publish.payload.to_vec(),
            }
        }
        Packet::PublishAck(ack) => acknowledge(PacketType::PubAck, ack),
        Packet::PublishReceived(ack) => acknowledge(PacketType::PubRec, ack),
        Packet::PublishRelease(ack) => acknowledge_2(PacketType::PubRel, ack),
        Packet::PublishComplete(ack) => acknowledge_2(PacketType::PubComp, ack),
        Packet::Subscribe(subscribe) => Owned::Subscribe {
            id: subscribe.packet_id.get(),
            properties: Sorted::default()
                .number(Id::SubscriptionIdentifier, subscribe.id.map(|number| number.get()))
                .users(&subscribe.user_properties)
                .0,
            filters: subscribe
                .topic_filters
                .iter()
                .map(|(filter, options)| {
                    let byte = options.qos.value()
                        | u8::from(options.no_local) << 2
                        | u8::from(options.retain_as_published) << 3
                        | u8::from(options.retain_handling) << 4;
                    (filter.to_string(), byte)
                })
                .collect(),
        },
        Packet::SubscribeAck(suback) => Owned::Answer {
            packet_type: PacketType::SubAck,
            id: suback.packet_id.get(),
            properties: Sorted::default()
                .text(Id::ReasonString, suback.reason_string.as_ref())
                .users(&suback.properties)
                .0,
            codes: suback.status.iter().map(|&code| code.into()).collect(),
        },
        Packet::Unsubscribe(unsubscribe) => Owned::Unsubscribe {
            id: unsubscribe.packet_id.get(),
            properties: Sorted::default().users(&unsubscribe.user_properties).0,
            filters: unsubscribe.topic_filters.iter().map(ToString::to_string).collect(),
        },
        Packet::UnsubscribeAck(unsuback) => Owned::Answer {
            packet_type: PacketType::UnsubAck,
            id: unsuback.packet_id.get(),
            properties: Sorted::default()
                .text(Id::ReasonString, unsuback.reason_string.as_ref())
                .users(&unsuback.properties)
                .0,
            codes: unsuback.status.iter().map(|&code| code.into()).collect(),
        },
        Packet::PingRequest => Owned::PingReq,
        Packet::PingResponse => Owned::PingResp,
        Packet::Disconnect(disconnect) => Owned::Reason {
            packet_type: PacketType::Disconnect,
            reason: Some((
                disconnect.reason_code.into(),
                Some(
                    Sorted::default()
                        .number(Id::SessionExpiryInterval, disconnect.session_expiry_interval_secs)
                        .text(Id::ServerReference, disconnect.server_reference.as_ref())
                        .text(Id::ReasonString, disconnect.reason_string.as_ref())
                        .users(&disconnect.user_properties)
                        .0,
                ),
            )),
        },
        Packet::Auth(auth) => Owned::Reason {
            packet_type: PacketType::Auth,
            reason: Some((
                auth.reason_code.into(),
                Some(
                    Sorted::default()
                        .text(Id::AuthenticationMethod, auth.auth_method.as_ref())
                        .binary(Id::AuthenticationData, auth.auth_data.as_ref())
                        .text(Id::ReasonString, auth.reason_string.as_ref())
                        .users(&auth.user_properties)
                        .0,
                ),
            )),
        },
    }
}

pub struct MqttProtocolCore;

impl Peer for MqttProtocolCore {
    fn name(&self) -> &'static str {
        "mqtt-protocol-core"
    }

    fn keeps_form(&self) -> bool {
        true
    }

    fn read(&self, bytes: &[u8]) -> Verdict {
        use mqtt_protocol_core::mqtt::common::Cursor;
        use mqtt_protocol_core::mqtt::connection::{PacketBuildResult, PacketBuilder};
        let mut cursor = Cursor::new(bytes);
        match PacketBuilder::new().feed(&mut cursor) {
            PacketBuildResult::Complete(raw) => match core_packet(&raw) {
                Ok((packet, written)) => {
                    let len = usize::try_from(cursor.position()).expect("it is a position");
                    Verdict::Packet(Box::new(Reading { packet, len, written }))
                }
                Err(error) => refused(error),
            },
            PacketBuildResult::Incomplete => Verdict::Incomplete,
            PacketBuildResult::Error(error) => refused(error),
        }
    }
}

/// Reads a packet as the peer's own connection does: by its type, and PUBLISH by its flags too.
fn core_packet(
    raw: &mqtt_protocol_core::mqtt::connection::RawPacket,
) -> Result<(Owned, Vec<u8>), mqtt_protocol_core::mqtt::result_code::MqttError> {
    use mqtt_protocol_core::mqtt::connection::PacketData;
    use mqtt_protocol_core::mqtt::packet::v5_0::{
        Auth, Connack, Connect, Disconnect, Pingreq, Pingresp, Puback, Pubcomp, Publish, Pubrec, Pubrel,
        Suback, Subscribe, Unsuback, Unsubscribe,
    };
    use mqtt_protocol_core::mqtt::result_code::MqttError;
    macro_rules! acknowledge {
        ($packet:ident, $packet_type:ident) => {{
            let packet = raw.parse_exact($packet::parse)?;
            let reason =
                packet.reason_code().map(|code| (code as u8, packet.props().as_deref().map(core_list)));
            let id = packet.packet_id();
            let owned = Owned::Acknowledge { packet_type: PacketType::$packet_type, id, reason };
            (owned, packet.to_continuous_buffer())
        }};
    }
    macro_rules! answer {
        ($packet:ident, $packet_type:ident) => {{
            let packet = raw.parse_exact($packet::parse)?;
            let owned = Owned::Answer {
                packet_type: PacketType::$packet_type,
                id: packet.packet_id(),
                properties: core_list(packet.props()),
                codes: packet.reason_codes().into_iter().map(|code| code as u8).collect(),
            };
            (owned, packet.to_continuous_buffer())
        }};
    }
    macro_rules! reason {
        ($packet:ident, $packet_type:ident) => {{
            let packet = raw.parse_exact($packet::parse)?;
            let reason =
                packet.reason_code().map(|code| (code as u8, packet.props().as_deref().map(core_list)));
            let owned = Owned::Reason { packet_type: PacketType::$packet_type, reason };
            (owned, packet.to_continuous_buffer())
        }};
    }
    Ok(match raw.packet_type() {
        1 => {
            let packet = raw.parse_exact(Connect::parse)?;
            let will = packet.will_topic().map(|topic| OwnedWill {
                properties: core_list(packet.will_props()),
                topic: topic.to_owned(),
                message: packet.will_payload().unwrap_or_default().to_vec(),
                qos: qos(packet.will_qos() as u8),
                retain: packet.will_retain(),
            });
            let owned = Owned::Connect {
                clean_start: packet.clean_start(),
                keep_alive: packet.keep_alive(),
                properties: core_list(packet.props()),
                client_id: packet.client_id().to_owned(),
                will,
                username: packet.user_name().map(str::to_owned),
                password: packet.password().map(<[u8]>::to_vec),
            };
            (owned, packet.to_continuous_buffer())
        }
        2 => {
            let packet = raw.parse_exact(Connack::parse)?;
            let owned = Owned::ConnAck {
                session_present: packet.session_present(),
                code: packet.reason_code() as u8,
                properties: core_list(packet.props()),
            };
            (owned, packet.to_continuous_buffer())
        }
        3 => {
            let PacketData::Publish(data) = &raw.data else { unreachable!("the type says PUBLISH") };
            let (packet, _) = Publish::parse(raw.flags(), data.clone())?;
            let owned = Owned::Publish {
                dup: packet.dup(),
                qos: qos(packet.qos() as u8),
                retain: packet.retain(),
                topic: packet.topic_name().to_owned(),
                id: packet.packet_id(),
                properties: core_list(packet.props()),
                payload: packet.payload().as_slice().to_vec(),
            };
            (owned, packet.to_continuous_buffer())
        }
        4 => acknowledge!(Puback, PubAck),
        5 => acknowledge!(Pubrec, PubRec),
        6 => acknowledge!(Pubrel, PubRel),
        7 => acknowledge!(Pubcomp, PubComp),
        8 => {
            let packet = raw.parse_exact(Subscribe::parse)?;
            let entries = packet.entries().iter();
            let owned = Owned::Subscribe {
                id: packet.packet_id(),
                properties: core_list(packet.props()),
                filters: entries
                    .map(|entry| (entry.topic_filter().to_owned(), entry.sub_opts().to_buffer()[0]))
                    .collect(),
            };
            (owned, packet.to_continuous_buffer())
        }
        9 => answer!(Suback, SubAck),
        10 => {
            let packet = raw.parse_exact(Unsubscribe::parse)?;
            let owned = Owned::Unsubscribe {
                id: packet.packet_id(),
                properties: core_list(packet.props()),
                filters: packet.entries().iter().map(|entry| entry.as_str().to_owned()).collect(),
            };
            (owned, packet.to_continuous_buffer())
        }
        11 => answer!(Unsuback, UnsubAck),
        12 => (Owned::PingReq, raw.parse_exact(Pingreq::parse)?.to_continuous_buffer()),
        13 => (Owned::PingResp, raw.parse_exact(Pingresp::parse)?.to_continuous_buffer()),
        14 => reason!(Disconnect, Disconnect),
        15 => reason!(Auth, Auth),
        _ => return Err(MqttError::MalformedPacket),
    })
}

fn core_list(list: &[mqtt_protocol_core::mqtt::packet::Property]) -> List {
    use mqtt_protocol_core::mqtt::packet::Property;
    let value = |property: &Property| match property {
        Property::PayloadFormatIndicator(property) => Value::Number(property.val().into()),
        Property::RequestProblemInformation(property) => Value::Number(property.val().into()),
        Property::RequestResponseInformation(property) => Value::Number(property.val().into()),
        Property::MaximumQos(property) => Value::Number(property.val().into()),
        Property::RetainAvailable(property) => Value::Number(property.val().into()),
        Property::WildcardSubscriptionAvailable(property) => Value::Number(property.val().into()),
        Property::SubscriptionIdentifierAvailable(property) => Value::Number(property.val().into()),
        Property::SharedSubscriptionAvailable(property) => Value::Number(property.val().into()),
        Property::ServerKeepAlive(property) => Value::Number(property.val().into()),
        Property::ReceiveMaximum(property) => Value::Number(property.val().into()),
        Property::TopicAliasMaximum(property) => Value::Number(property.val().into()),
        Property::TopicAlias(property) => Value::Number(property.val().into()),
        Property::MessageExpiryInterval(property) => Value::Number(property.val()),
        Property::SessionExpiryInterval(property) => Value::Number(property.val()),
        Property::WillDelayInterval(property) => Value::Number(property.val()),
        Property::MaximumPacketSize(property) => Value::Number(property.val()),
        Property::SubscriptionIdentifier(property) => Value::Number(property.val()),
        Property::ContentType(property) => Value::Text(property.val().to_owned()),
        Property::ResponseTopic(property) => Value::Text(property.val().to_owned()),
        Property::AssignedClientIdentifier(property) => Value::Text(property.val().to_owned()),
        Property::AuthenticationMethod(property) => Value::Text(property.val().to_owned()),
        Property::ResponseInformation(property) => Value::Text(property.val().to_owned()),
        Property::ServerReference(property) => Value::Text(property.val().to_owned()),
        Property::ReasonString(property) => Value::Text(property.val().to_owned()),
        Property::CorrelationData(property) => Value::Binary(property.val().to_vec()),
        Property::AuthenticationData(property) => Value::Binary(property.val().to_vec()),
        Property::UserProperty(property) => Value::Pair(property.key().to_owned(), property.val().to_owned()),
    };
    let id = |property: &Property| {
        PropertyId::from_number(property.id().as_u8().into()).expect("both know the same properties")
    };
    list.iter().map(|property| (id(property), value(property))).collect()
}
