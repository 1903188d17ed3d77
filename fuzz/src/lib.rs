//! What each fuzz target does with its input.
//!
//! The bodies are plain functions, so that the tests of mqttscope-proto run them over the corpus with a stable
//! toolchain as well. The first byte of an input says the version of the protocol; the rest is the target's.

pub mod decode;
pub mod dissect;
pub mod roundtrip;
pub mod session;
pub mod stream;

use mqttscope_proto::ProtocolVersion;

/// The version that an input begins with, and what follows.
fn split_version(data: &[u8]) -> Option<(ProtocolVersion, &[u8])> {
    let (first, rest) = data.split_first()?;
    Some((ProtocolVersion::ALL[usize::from(*first) % ProtocolVersion::ALL.len()], rest))
}
