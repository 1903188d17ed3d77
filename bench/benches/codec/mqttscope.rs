//! Our codec: it decodes from the bytes as they lie, and counts the rules that they break.

use std::hint::black_box;

use mqttscope_proto::{
    DecodeError, Deframer, Filters, Frame, Packet, ProtocolVersion, Subscribe, Violation, ViolationSink,
};

/// The codec of one protocol level.
pub struct Codec<const LEVEL: u8>;

impl<const LEVEL: u8> Codec<LEVEL> {
    const VERSION: ProtocolVersion = match ProtocolVersion::from_level(LEVEL) {
        Some(version) => version,
        None => panic!("no version has this protocol level"),
    };
}

#[derive(Default)]
pub struct Count(usize);

impl ViolationSink for Count {
    fn violation(&mut self, violation: Violation) {
        black_box(violation);
        self.0 += 1;
    }
}

impl<'a, const LEVEL: u8> super::Codec<'a> for Codec<LEVEL> {
    const NAME: &'static str = "mqttscope";
    type Packet = Packet<'a>;
    type Input = (&'a [u8], Count);
    type Decoded = Result<Packet<'a>, DecodeError>;
    type Output = Vec<u8>;

    fn input(bytes: &'a [u8]) -> Self::Input {
        // The peers need a copy of their own; with one made here too, all find the same in the caches.
        black_box(bytes.to_vec());
        (bytes, Count::default())
    }

    fn decode((bytes, violations): &mut Self::Input) -> Self::Decoded {
        let split = Frame::split(bytes, Self::VERSION).expect("the packet is valid");
        let (frame, rest) = split.expect("the packet is whole");
        *bytes = rest;
        frame.decode(Self::VERSION, violations)
    }

    fn packet(decoded: Self::Decoded) -> Packet<'a> {
        match decoded.expect("the packet is valid") {
            // A client has its filters in a slice, not in the bytes of another SUBSCRIBE.
            Packet::Subscribe(subscribe) => {
                let filters = Vec::leak(subscribe.filters.iter().collect());
                Packet::Subscribe(Subscribe { filters: Filters::new(filters), ..subscribe })
            }
            packet => packet,
        }
    }

    fn encode(
        packets: Vec<Packet<'a>>,
        output: &mut Vec<u8>,
        mut written: impl FnMut(&Self::Output),
    ) -> Vec<Packet<'a>> {
        for packet in &packets {
            output.clear();
            packet.encode(output, Self::VERSION).expect("the packet is valid");
            written(output);
        }
        packets
    }

    fn stream(pieces: impl Iterator<Item = &'a [u8]>) -> usize {
        let mut deframer = Deframer::new();
        let mut violations = Count::default();
        let mut packets = 0;
        for mut piece in pieces {
            while let Some(frame) =
                deframer.next_frame(&mut piece, Self::VERSION).expect("the stream is valid")
            {
                let packet = frame.decode(Self::VERSION, &mut violations);
                packets += usize::from(black_box(&packet).is_ok());
            }
        }
        assert_eq!(violations.0, 0);
        packets
    }
}
