//! The peers behind one interface: bytes in, their packet in our terms and as they write it out.

use std::fmt::Debug;

use bytes::BytesMut;
use mqttscope_proto::{ProtocolVersion, Qos};

use crate::common::strategy::Owned;

/// An independent codec.
pub trait Peer {
    /// Its name on crates.io.
    fn name(&self) -> &'static str;

    /// Reads one packet from the start of `bytes`.
    fn read(&self, bytes: &[u8]) -> Verdict;
}

/// What a peer makes of bytes.
#[derive(Debug)]
pub enum Verdict {
    Packet(Reading),
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

pub struct MqttBytes;

impl Peer for MqttBytes {
    fn name(&self) -> &'static str {
        "mqttbytes"
    }

    fn read(&self, bytes: &[u8]) -> Verdict {
        let mut stream = BytesMut::from(bytes);
        match mqttbytes::v4::read(&mut stream, usize::MAX) {
            Ok(packet) => Verdict::Packet(Reading {
                packet: mqttbytes_in_our_terms(&packet),
                len: bytes.len() - stream.len(),
                written: mqttbytes_writes(&packet).expect("what was read can be written"),
            }),
            Err(mqttbytes::Error::InsufficientBytes(_)) => Verdict::Incomplete,
            Err(error) => refused(error),
        }
    }
}

fn mqttbytes_in_our_terms(packet: &mqttbytes::v4::Packet) -> Owned {
    use mqttbytes::v4::{Packet, SubscribeReasonCode};
    match packet {
        Packet::Connect(connect) => Owned::Connect {
            version: ProtocolVersion::V311,
            clean_session: connect.clean_session,
            keep_alive: connect.keep_alive,
            client_id: connect.client_id.clone(),
            will: connect
                .last_will
                .as_ref()
                .map(|will| (will.topic.clone(), will.message.to_vec(), qos(will.qos as u8), will.retain)),
            // It has no other way to say "none" than an empty string.
            username: connect
                .login
                .as_ref()
                .map(|login| login.username.clone())
                .filter(|text| !text.is_empty()),
            password: connect
                .login
                .as_ref()
                .map(|login| login.password.clone().into_bytes())
                .filter(|bytes| !bytes.is_empty()),
        },
        Packet::ConnAck(connack) => {
            Owned::ConnAck { session_present: connack.session_present, return_code: connack.code as u8 }
        }
        Packet::Publish(publish) => Owned::Publish {
            dup: publish.dup,
            qos: qos(publish.qos as u8),
            retain: publish.retain,
            topic: publish.topic.clone(),
            id: publish.pkid,
            payload: publish.payload.to_vec(),
        },
        Packet::PubAck(puback) => Owned::PubAck(puback.pkid),
        Packet::PubRec(pubrec) => Owned::PubRec(pubrec.pkid),
        Packet::PubRel(pubrel) => Owned::PubRel(pubrel.pkid),
        Packet::PubComp(pubcomp) => Owned::PubComp(pubcomp.pkid),
        Packet::Subscribe(subscribe) => Owned::Subscribe {
            id: subscribe.pkid,
            filters: subscribe
                .filters
                .iter()
                .map(|filter| (filter.path.clone(), qos(filter.qos as u8)))
                .collect(),
        },
        Packet::SubAck(suback) => Owned::SubAck {
            id: suback.pkid,
            codes: suback
                .return_codes
                .iter()
                .map(|code| match code {
                    SubscribeReasonCode::Success(granted) => *granted as u8,
                    SubscribeReasonCode::Failure => 0x80,
                })
                .collect(),
        },
        Packet::Unsubscribe(unsubscribe) => {
            Owned::Unsubscribe { id: unsubscribe.pkid, filters: unsubscribe.topics.clone() }
        }
        Packet::UnsubAck(unsuback) => Owned::UnsubAck(unsuback.pkid),
        Packet::PingReq => Owned::PingReq,
        Packet::PingResp => Owned::PingResp,
        Packet::Disconnect => Owned::Disconnect,
    }
}

fn mqttbytes_writes(packet: &mqttbytes::v4::Packet) -> Result<Vec<u8>, mqttbytes::Error> {
    use mqttbytes::v4::{Disconnect, Packet, PingReq, PingResp};
    let mut out = BytesMut::new();
    match packet {
        Packet::Connect(packet) => packet.write(&mut out),
        Packet::ConnAck(packet) => packet.write(&mut out),
        Packet::Publish(packet) => packet.write(&mut out),
        Packet::PubAck(packet) => packet.write(&mut out),
        Packet::PubRec(packet) => packet.write(&mut out),
        Packet::PubRel(packet) => packet.write(&mut out),
        Packet::PubComp(packet) => packet.write(&mut out),
        Packet::Subscribe(packet) => packet.write(&mut out),
        Packet::SubAck(packet) => packet.write(&mut out),
        Packet::Unsubscribe(packet) => packet.write(&mut out),
        Packet::UnsubAck(packet) => packet.write(&mut out),
        Packet::PingReq => PingReq.write(&mut out),
        Packet::PingResp => PingResp.write(&mut out),
        Packet::Disconnect => Disconnect.write(&mut out),
    }?;
    Ok(out.to_vec())
}

pub struct RmqttCodec;

impl Peer for RmqttCodec {
    fn name(&self) -> &'static str {
        "rmqtt-codec"
    }

    fn read(&self, bytes: &[u8]) -> Verdict {
        use tokio_util::codec::{Decoder, Encoder};
        let mut codec = rmqtt_codec::v3::Codec::default();
        let mut stream = BytesMut::from(bytes);
        match codec.decode(&mut stream) {
            Ok(Some((packet, _))) => {
                let len = bytes.len() - stream.len();
                let in_our_terms = rmqtt_in_our_terms(&packet);
                let mut written = BytesMut::new();
                codec.encode(packet, &mut written).expect("what was read can be written");
                Verdict::Packet(Reading { packet: in_our_terms, len, written: written.to_vec() })
            }
            Ok(None) => Verdict::Incomplete,
            Err(error) => refused(error),
        }
    }
}

fn rmqtt_in_our_terms(packet: &rmqtt_codec::v3::Packet) -> Owned {
    use rmqtt_codec::v3::{Packet, SubscribeReturnCode};
    match packet {
        Packet::Connect(connect) => Owned::Connect {
            version: ProtocolVersion::from_level(connect.protocol.level()).expect("it knows levels 3 and 4"),
            clean_session: connect.clean_session,
            keep_alive: connect.keep_alive,
            client_id: connect.client_id.to_string(),
            will: connect.last_will.as_ref().map(|will| {
                (will.topic.to_string(), will.message.to_vec(), qos(will.qos.value()), will.retain)
            }),
            username: connect.username.as_ref().map(ToString::to_string),
            password: connect.password.as_ref().map(|password| password.to_vec()),
        },
        Packet::ConnectAck(connack) => Owned::ConnAck {
            session_present: connack.session_present,
            return_code: connack.return_code.into(),
        },
        Packet::Publish(publish) => Owned::Publish {
            dup: publish.dup,
            qos: qos(publish.qos.value()),
            retain: publish.retain,
            topic: publish.topic.to_string(),
            id: publish.packet_id.map_or(0, Into::into),
            payload: publish.payload.to_vec(),
        },
        Packet::PublishAck { packet_id } => Owned::PubAck(packet_id.get()),
        Packet::PublishReceived { packet_id } => Owned::PubRec(packet_id.get()),
        Packet::PublishRelease { packet_id } => Owned::PubRel(packet_id.get()),
        Packet::PublishComplete { packet_id } => Owned::PubComp(packet_id.get()),
        Packet::Subscribe { packet_id, topic_filters } => Owned::Subscribe {
            id: packet_id.get(),
            filters: topic_filters
                .iter()
                .map(|(filter, requested)| (filter.to_string(), qos(requested.value())))
                .collect(),
        },
        Packet::SubscribeAck { packet_id, status } => Owned::SubAck {
            id: packet_id.get(),
            codes: status
                .iter()
                .map(|code| match code {
                    SubscribeReturnCode::Success(granted) => granted.value(),
                    SubscribeReturnCode::Failure => 0x80,
                })
                .collect(),
        },
        Packet::Unsubscribe { packet_id, topic_filters } => Owned::Unsubscribe {
            id: packet_id.get(),
            filters: topic_filters.iter().map(ToString::to_string).collect(),
        },
        Packet::UnsubscribeAck { packet_id } => Owned::UnsubAck(packet_id.get()),
        Packet::PingRequest => Owned::PingReq,
        Packet::PingResponse => Owned::PingResp,
        Packet::Disconnect => Owned::Disconnect,
    }
}

pub struct MqttProtocolCore;

impl Peer for MqttProtocolCore {
    fn name(&self) -> &'static str {
        "mqtt-protocol-core"
    }

    fn read(&self, bytes: &[u8]) -> Verdict {
        use mqtt_protocol_core::mqtt::common::Cursor;
        use mqtt_protocol_core::mqtt::connection::{PacketBuildResult, PacketBuilder};
        let mut cursor = Cursor::new(bytes);
        match PacketBuilder::new().feed(&mut cursor) {
            PacketBuildResult::Complete(raw) => match core_packet(&raw) {
                Ok((packet, written)) => {
                    let len = usize::try_from(cursor.position()).expect("it is a position");
                    Verdict::Packet(Reading { packet, len, written })
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
    use mqtt_protocol_core::mqtt::packet::v3_1_1::{
        Connack, Connect, Disconnect, Pingreq, Pingresp, Puback, Pubcomp, Publish, Pubrec, Pubrel, Suback,
        Subscribe, Unsuback, Unsubscribe,
    };
    use mqtt_protocol_core::mqtt::result_code::MqttError;
    macro_rules! acknowledgement {
        ($packet:ident, $owned:path) => {{
            let packet = raw.parse_exact($packet::parse)?;
            ($owned(packet.packet_id()), packet.to_continuous_buffer())
        }};
    }
    macro_rules! bare {
        ($packet:ident, $owned:path) => {
            ($owned, raw.parse_exact($packet::parse)?.to_continuous_buffer())
        };
    }
    Ok(match raw.packet_type() {
        1 => {
            let packet = raw.parse_exact(Connect::parse)?;
            let will = packet.will_topic().map(|topic| {
                let message = packet.will_payload().unwrap_or_default().to_vec();
                (topic.to_owned(), message, qos(packet.will_qos() as u8), packet.will_retain())
            });
            let owned = Owned::Connect {
                version: ProtocolVersion::from_level(packet.protocol_version()).expect("it knows level 4"),
                clean_session: packet.clean_session(),
                keep_alive: packet.keep_alive(),
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
                return_code: packet.return_code() as u8,
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
                id: packet.packet_id().unwrap_or_default(),
                payload: packet.payload().as_slice().to_vec(),
            };
            (owned, packet.to_continuous_buffer())
        }
        4 => acknowledgement!(Puback, Owned::PubAck),
        5 => acknowledgement!(Pubrec, Owned::PubRec),
        6 => acknowledgement!(Pubrel, Owned::PubRel),
        7 => acknowledgement!(Pubcomp, Owned::PubComp),
        8 => {
            let packet = raw.parse_exact(Subscribe::parse)?;
            let filters = packet.entries().iter();
            let filters = filters
                .map(|entry| (entry.topic_filter().to_owned(), qos(entry.sub_opts().qos() as u8)))
                .collect();
            (Owned::Subscribe { id: packet.packet_id(), filters }, packet.to_continuous_buffer())
        }
        9 => {
            let packet = raw.parse_exact(Suback::parse)?;
            let codes = packet.return_codes().into_iter().map(|code| code as u8).collect();
            (Owned::SubAck { id: packet.packet_id(), codes }, packet.to_continuous_buffer())
        }
        10 => {
            let packet = raw.parse_exact(Unsubscribe::parse)?;
            let filters = packet.entries().iter().map(|entry| entry.as_str().to_owned()).collect();
            (Owned::Unsubscribe { id: packet.packet_id(), filters }, packet.to_continuous_buffer())
        }
        11 => acknowledgement!(Unsuback, Owned::UnsubAck),
        12 => bare!(Pingreq, Owned::PingReq),
        13 => bare!(Pingresp, Owned::PingResp),
        14 => bare!(Disconnect, Owned::Disconnect),
        _ => return Err(MqttError::MalformedPacket),
    })
}
