//! The state of the page in plain Rust: no DOM, no clock, no socket, and so tested natively.

pub mod close;
pub mod connection;
pub mod event;
pub mod goto;
pub mod inspect;
pub mod layout;
pub mod number;
pub mod row;
pub mod rows;
pub mod scope;
pub mod shared;
pub mod text;
pub mod violations;

pub use close::{Closed, Ours, Stage};
pub use connection::{Connection, Phase, Subscription};
pub use mqttscope_view::{
    Command, Field, Problems, column, filter_field, keys, page, pane, refused, validate,
};
pub use violations::BrokenRules;
