//! The decoder as the page uses it: bytes come as a `Uint8Array`, and are copied into wasm's memory first.

use mqttscope_proto::{Deframer, Packet, ProtocolVersion, Violation, ViolationSink};
use wasm_bindgen::prelude::wasm_bindgen;

/// The mixed stream.
#[wasm_bindgen]
pub fn mixed_stream() -> Vec<u8> {
    crate::mixed_stream()
}

/// Lengths of the pieces in which it comes.
#[wasm_bindgen]
pub fn piece_lengths() -> Vec<u32> {
    crate::PIECE_LENGTHS.map(|len| len as u32).to_vec()
}

/// Decodes a stream, and adds up what was in it.
#[wasm_bindgen]
#[derive(Default)]
pub struct Receiver {
    deframer: Deframer,
    violations: Count,
    /// Packets that were decoded.
    pub packets: u32,
    /// The sum of their identifiers.
    pub ids: f64,
    /// The bytes of all topic names.
    pub topic_bytes: u32,
    /// The bytes of all payloads.
    pub payload_bytes: u32,
}

#[derive(Default)]
struct Count(u32);

impl ViolationSink for Count {
    fn violation(&mut self, _: Violation) {
        self.0 += 1;
    }
}

#[wasm_bindgen]
impl Receiver {
    /// A receiver at the start of a stream.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece.
    pub fn receive(&mut self, mut piece: &[u8]) {
        while let Some(frame) = self.deframer.next_frame(&mut piece).expect("the stream is valid") {
            let packet = frame.decode(ProtocolVersion::V311, &mut self.violations);
            let packet = packet.expect("the packet is valid");
            self.packets += 1;
            self.ids += f64::from(packet.packet_id().unwrap_or(0));
            if let Packet::Publish(publish) = packet {
                self.topic_bytes += publish.topic.len() as u32;
                self.payload_bytes += publish.payload.len() as u32;
            }
        }
    }

    /// Rules that were broken.
    pub fn violations(&self) -> u32 {
        self.violations.0
    }
}
