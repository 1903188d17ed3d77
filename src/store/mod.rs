//! The state of the page in plain Rust: no DOM, no clock, no socket, and so tested natively.

pub mod connection;
pub mod filter_field;
pub mod inspect;
pub mod pace;
pub mod repeat;
pub mod shown;
pub mod slots;
pub mod text;
pub mod tickets;
pub mod time;

pub use mqttscope_view::{
    Command, Field, Problems, arrangement, column, keys, page, pane, refused, validate,
};
