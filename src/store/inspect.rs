//! What the inspector shows of a packet, in plain Rust: lines, words, places. It knows no element and no event.

pub mod chart;
pub mod hex;
pub mod json_line;
pub mod lines;
pub mod plot;
