//! Text for people and for tools: numbers, spans, dates and times, text in which all can be seen, JSON.
//!
//! This crate knows nothing of MQTT, has no clock, is told the time zone, and never panics. It is small where the standard
//! library's formatting is large, since the page is downloaded before it can do anything.
#![no_std]
#![warn(missing_docs)]

extern crate alloc;

pub mod bytes;
pub mod json;
pub mod number;
pub mod time;
mod visible;
pub mod zone;

pub use visible::{capitalised, visible};
