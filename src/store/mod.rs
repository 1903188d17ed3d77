//! The state of the page in plain Rust: no DOM, no clock, no socket, and so tested natively.

pub mod column;
pub mod connection;
pub mod deed;
pub mod filter_field;
pub mod form;
pub mod inspect;
pub mod keys;
pub mod pace;
pub mod page;
pub mod pane;
mod remember;
pub mod settings;
pub mod shown;
pub mod text;
pub mod tickets;
pub mod time;
pub mod validate;
pub mod words;

pub use deed::Deed;
pub use form::{Field, Forms, Problem, Problems, Switch};
