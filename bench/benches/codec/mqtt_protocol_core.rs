//! mqtt-protocol-core: its `PacketBuilder` collects a packet's bytes, which the packet's type then parses.
//!
//! Its `Connection` does the same and keeps a session's state besides, which is not what is compared here.

use std::hint::black_box;

use mqtt_protocol_core::mqtt::common::Cursor;
use mqtt_protocol_core::mqtt::connection::{PacketBuildResult, PacketBuilder, PacketData, RawPacket};
use mqtt_protocol_core::mqtt::packet::{GenericPacketTrait, Packet, PacketType, v3_1_1, v5_0};
use mqtt_protocol_core::mqtt::result_code::MqttError;

/// The codec of one protocol level.
pub struct Codec<const LEVEL: u8>;

impl<'a, const LEVEL: u8> super::Codec<'a> for Codec<LEVEL> {
    const NAME: &'static str = "mqtt-protocol-core";
    type Packet = Packet;
    type Input = (PacketBuilder, Cursor<&'a [u8]>);
    type Decoded = Option<Packet>;
    type Output = Vec<u8>;

    fn input(bytes: &'a [u8]) -> Self::Input {
        (PacketBuilder::new(), Cursor::new(bytes))
    }

    fn decode((builder, bytes): &mut Self::Input) -> Self::Decoded {
        feed::<LEVEL>(builder, bytes)
    }

    fn packet(decoded: Self::Decoded) -> Packet {
        decoded.expect("the packet is whole")
    }

    fn encode(
        packets: Vec<Packet>,
        output: &mut Vec<u8>,
        mut written: impl FnMut(&Self::Output),
    ) -> Vec<Packet> {
        for packet in &packets {
            *output = packet.to_continuous_buffer();
            written(output);
        }
        packets
    }

    fn stream(pieces: impl Iterator<Item = &'a [u8]>) -> usize {
        let mut builder = PacketBuilder::new();
        let mut packets = 0;
        for piece in pieces {
            let mut piece = Cursor::new(piece);
            while let Some(packet) = feed::<LEVEL>(&mut builder, &mut piece) {
                black_box(&packet);
                packets += 1;
            }
        }
        packets
    }
}

fn feed<const LEVEL: u8>(builder: &mut PacketBuilder, bytes: &mut Cursor<&[u8]>) -> Option<Packet> {
    match builder.feed(bytes) {
        PacketBuildResult::Complete(raw) => Some(parse::<LEVEL>(raw).expect("the packet is valid")),
        PacketBuildResult::Incomplete => None,
        PacketBuildResult::Error(error) => panic!("the stream is valid, but {error}"),
    }
}

fn parse<const LEVEL: u8>(raw: RawPacket) -> Result<Packet, MqttError> {
    let flags = raw.flags();
    let packet_type = PacketType::try_from(raw.packet_type()).map_err(|_| MqttError::MalformedPacket)?;
    Ok(match packet_type {
        PacketType::Publish => {
            let PacketData::Publish(data) = raw.data else { return Err(MqttError::MalformedPacket) };
            match LEVEL {
                5 => Packet::V5_0Publish(v5_0::Publish::parse(flags, data)?.0),
                _ => Packet::V3_1_1Publish(v3_1_1::Publish::parse(flags, data)?.0),
            }
        }
        PacketType::Puback => Packet::V3_1_1Puback(raw.parse_exact(v3_1_1::Puback::parse)?),
        PacketType::Pubrec => Packet::V3_1_1Pubrec(raw.parse_exact(v3_1_1::Pubrec::parse)?),
        PacketType::Pubrel => Packet::V3_1_1Pubrel(raw.parse_exact(v3_1_1::Pubrel::parse)?),
        PacketType::Pubcomp => Packet::V3_1_1Pubcomp(raw.parse_exact(v3_1_1::Pubcomp::parse)?),
        PacketType::Connect => Packet::V3_1_1Connect(raw.parse_exact(v3_1_1::Connect::parse)?),
        PacketType::Connack => Packet::V3_1_1Connack(raw.parse_exact(v3_1_1::Connack::parse)?),
        PacketType::Subscribe => Packet::V3_1_1Subscribe(raw.parse_exact(v3_1_1::Subscribe::parse)?),
        PacketType::Suback => Packet::V3_1_1Suback(raw.parse_exact(v3_1_1::Suback::parse)?),
        PacketType::Unsuback => Packet::V3_1_1Unsuback(raw.parse_exact(v3_1_1::Unsuback::parse)?),
        PacketType::Pingresp => Packet::V3_1_1Pingresp(raw.parse_exact(v3_1_1::Pingresp::parse)?),
        _ => return Err(MqttError::MalformedPacket),
    })
}
