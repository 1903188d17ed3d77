//! rumqttc's codec: `Packet::read` takes packets off a `BytesMut`, `Packet::write` appends to one.

use std::hint::black_box;

use bytes::BytesMut;
use rumqttc::Packet;
use rumqttc::mqttbytes::{self, v4};
use tokio_util::codec::Decoder;

pub struct Codec;

const NO_LIMIT: usize = usize::MAX;

impl<'a> super::Codec<'a> for Codec {
    const NAME: &'static str = "rumqttc";
    type Packet = Packet;
    type Input = BytesMut;
    type Decoded = Result<Packet, mqttbytes::Error>;
    type Output = BytesMut;

    fn input(bytes: &'a [u8]) -> BytesMut {
        BytesMut::from(bytes)
    }

    fn decode(input: &mut BytesMut) -> Self::Decoded {
        Packet::read(input, NO_LIMIT)
    }

    fn packet(decoded: Self::Decoded) -> Packet {
        decoded.expect("the packet is valid")
    }

    fn encode(
        packets: Vec<Packet>,
        output: &mut BytesMut,
        mut written: impl FnMut(&Self::Output),
    ) -> Vec<Packet> {
        for packet in &packets {
            output.clear();
            packet.write(output, NO_LIMIT).expect("the packet is valid");
            written(output);
        }
        packets
    }

    fn stream(pieces: impl Iterator<Item = &'a [u8]>) -> usize {
        let mut codec = v4::Codec { max_incoming_size: NO_LIMIT, max_outgoing_size: NO_LIMIT };
        let mut received = BytesMut::new();
        let mut packets = 0;
        for piece in pieces {
            received.extend_from_slice(piece);
            while let Some(packet) = codec.decode(&mut received).expect("the stream is valid") {
                black_box(&packet);
                packets += 1;
            }
        }
        packets
    }
}
