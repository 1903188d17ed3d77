//! rmqtt-codec: a codec of tokio-util, which takes packets off a `BytesMut` and appends them to one.

use std::hint::black_box;

use bytes::BytesMut;
use rmqtt_codec::error::DecodeError;
use rmqtt_codec::{v3, v5};
use tokio_util::codec::{Decoder, Encoder};

macro_rules! codec {
    ($codec:ident, $version:ident) => {
        pub struct $codec;

        impl<'a> super::Codec<'a> for $codec {
            const NAME: &'static str = "rmqtt-codec";
            type Packet = $version::Packet;
            type Input = ($version::Codec, BytesMut);
            type Decoded = Result<Option<($version::Packet, u32)>, DecodeError>;
            type Output = BytesMut;

            fn input(bytes: &'a [u8]) -> Self::Input {
                ($version::Codec::default(), BytesMut::from(bytes))
            }

            fn decode((codec, bytes): &mut Self::Input) -> Self::Decoded {
                codec.decode(bytes)
            }

            fn packet(decoded: Self::Decoded) -> $version::Packet {
                decoded.expect("the packet is valid").expect("the packet is whole").0
            }

            fn encode(
                packets: Vec<$version::Packet>,
                output: &mut BytesMut,
                mut written: impl FnMut(&Self::Output),
            ) -> Vec<$version::Packet> {
                let mut codec = $version::Codec::default();
                for packet in packets {
                    output.clear();
                    codec.encode(packet, output).expect("the packet is valid");
                    written(output);
                }
                Vec::new()
            }

            fn stream(pieces: impl Iterator<Item = &'a [u8]>) -> usize {
                let mut codec = $version::Codec::default();
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

codec!(Codec, v3);
codec!(Codec5, v5);
