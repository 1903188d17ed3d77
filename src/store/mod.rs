//! The state of the page in plain Rust: no DOM, no clock, no socket, and so tested natively.

pub mod column;
pub mod connection;
pub mod deed;
pub mod event;
pub mod filter_field;
pub mod form;
pub mod goto;
pub mod heights;
pub mod inspect;
pub mod keys;
pub mod layout;
pub mod page;
pub mod pane;
mod remember;
pub mod row;
pub mod rows;
pub mod scope;
pub mod settings;
pub mod shared;
#[cfg(test)]
mod tests;
pub mod text;
pub mod validate;

pub use deed::Deed;
pub use form::{Field, Forms, Problem, Problems, Switch};
