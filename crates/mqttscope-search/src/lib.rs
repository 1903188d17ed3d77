//! Words and regular expressions among bytes, in time that no pattern and no text can stretch.
//!
//! This crate knows nothing of MQTT, and never panics on a pattern or a text.

#![warn(missing_docs)]

mod byte_set;
mod needle;
mod regex;

pub use needle::Needle;
pub use regex::{PatternError, Regex};
