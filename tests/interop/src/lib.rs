//! The page, the gateway and the codec against the gateways and brokers that users have.
//!
//! [`systems`] starts them, [`chains`] says which ways lead to which broker, [`rules`] measures a broker
//! over one of these ways, [`differences`] says where a broker does otherwise than the specification, and
//! [`report`] writes what was measured. `tests/chains.rs` puts them together. [`cluster`] is more than one machine.

pub mod chains;
pub mod client;
pub mod cluster;
pub mod differences;
pub mod environment;
pub mod gateways;
pub mod glitch;
pub mod pages;
pub mod report;
pub mod rules;
pub mod systems;
pub mod transport;
