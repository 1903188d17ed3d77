//! A packet log for MQTT, and what is done with one: filters, exchanges, statistics, exports, imports, payloads.
//!
//! This crate does no I/O, has no clock, and never panics on what a log, a file or a person's filter holds. Whatever
//! may take longer than a frame of a page comes in slices that say how far they are.

pub mod export;
pub mod filter;
#[cfg(feature = "import")]
pub mod import;
pub mod ladder;
pub mod payload;
pub mod statistics;
pub mod store;
mod time;

pub use store::{Connection, Direction, Event, EventKind, Log, Marks, Record, Value};
