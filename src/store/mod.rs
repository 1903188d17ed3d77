//! The state of the page in plain Rust: no DOM, no clock, no socket, and so tested natively.

pub mod close;
pub mod connection;
pub mod deed;
pub mod event;
pub mod form;
pub mod inspect;
pub mod layout;
pub mod log;
pub mod number;
pub mod page;
mod remember;
pub mod row;
pub mod settings;
pub mod shared;
pub mod text;
pub mod validate;
pub mod violations;

pub use close::{Closed, Ours, Stage};
pub use connection::{Connection, Phase, Subscription};
pub use deed::Deed;
pub use event::LogEvent;
pub use form::{Field, Forms, Problem, Problems, Switch};
pub use log::{Direction, Log};
pub use violations::BrokenRules;
