//! rumqttc's codec: `Packet::read` takes packets off a `BytesMut`, `Packet::write` appends to one.

use std::hint::black_box;

use bytes::BytesMut;
use rumqttc::mqttbytes::{self, v4};
use rumqttc::v5::mqttbytes::{self as mqttbytes_5, v5};
use tokio_util::codec::Decoder;

macro_rules! codec {
    ($codec:ident, $errors:ident, $version:ident, $no_limit:expr) => {
        pub struct $codec;

        impl<'a> super::Codec<'a> for $codec {
            const NAME: &'static str = "rumqttc";
            type Packet = $version::Packet;
            type Input = BytesMut;
            type Decoded = Result<$version::Packet, $errors::Error>;
            type Output = BytesMut;

            fn input(bytes: &'a [u8]) -> BytesMut {
                BytesMut::from(bytes)
            }

            fn decode(input: &mut BytesMut) -> Self::Decoded {
                $version::Packet::read(input, $no_limit)
            }

            fn packet(decoded: Self::Decoded) -> $version::Packet {
                decoded.expect("the packet is valid")
            }

            fn encode(
                packets: Vec<$version::Packet>,
                output: &mut BytesMut,
                mut written: impl FnMut(&Self::Output),
            ) -> Vec<$version::Packet> {
                for packet in &packets {
                    output.clear();
                    packet.write(output, $no_limit).expect("the packet is valid");
                    written(output);
                }
                packets
            }

            fn stream(pieces: impl Iterator<Item = &'a [u8]>) -> usize {
                let mut codec =
                    $version::Codec { max_incoming_size: $no_limit, max_outgoing_size: $no_limit };
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
    };
}

codec!(Codec, mqttbytes, v4, usize::MAX);
codec!(Codec5, mqttbytes_5, v5, None);
