//! What the inspector shows of a packet, in plain Rust: lines, words, places. It knows no element and no event.

pub mod chart;
pub mod folds;
pub mod hex;
pub mod lines;
pub mod rung;
pub mod rungs;
pub mod tree;
