//! What the page shows and hears, in plain Rust: fields and forms, commands and keys, what is remembered, columns and panes.
//!
//! This crate knows no DOM, has no clock and decodes no packet; of MQTT it knows topics, QoS and versions. Who looks for
//! the way of something typed begins at [`Page::apply`], of something pressed at [`Command`].
#![warn(missing_docs)]

#[macro_use]
mod table;

pub mod arrangement;
mod choice;
pub mod column;
pub mod command;
pub mod connections;
mod field;
pub mod filter_text;
mod forms;
mod given;
pub mod keys;
mod link;
mod looks;
pub mod marks;
pub mod messages;
pub mod page;
pub mod pairs;
pub mod pane;
mod problems;
mod properties;
pub mod settling;
pub mod storage;
mod url;
pub mod validate;
mod values;
mod warnings;

pub use choice::{Choice, DISCONNECT_REASONS, Options, QOS_LEVELS, RETAIN_HANDLING, VERSIONS};
pub use command::{Command, Standing};
pub use field::{Effect, Field, FieldInfo, Folded, Form, Kept, Kind, Part};
pub use forms::Forms;
pub use looks::{Looks, Theme};
pub use page::{Checked, Edit, Page, Reply, Tab};
pub use problems::{Problem, Problems, refused};
pub use url::Parsed;
pub use values::{Drafts, Profile, Value, Values};
