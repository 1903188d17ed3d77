//! What the benchmarks are made of: the same packets for every implementation, native and in the browser.
//!
//! Nearly all packets are valid MQTT 3.1.1, since that is the one version that all peers speak, the one in the browser too;
//! a few are of MQTT 5, for those that speak it.

#[cfg(target_arch = "wasm32")]
mod browser;
mod samples;
#[cfg(not(target_arch = "wasm32"))]
mod table;

pub use samples::{
    MIXED_PACKETS, PAYLOAD_LENGTHS, PIECE_LENGTHS, Sample, message, mixed_stream, samples, samples_of_mqtt_5,
};
#[cfg(not(target_arch = "wasm32"))]
pub use table::Table;
