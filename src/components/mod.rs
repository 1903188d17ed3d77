//! What can be seen: one region of the screen a file, data in, HTML out.

pub mod authentication;
pub mod bar;
pub mod connection;
pub mod disconnect;
pub mod element;
pub mod filter_bar;
pub mod form_dsl;
pub mod forms;
pub mod inspector;
pub mod list;
pub mod listen;
pub mod log_panel;
pub mod log_row;
pub mod log_table;
pub mod messages;
pub mod observer;
pub mod properties;
pub mod publish;
pub mod repeat;
pub mod shortcuts;
pub mod splitter;
pub mod subscribe;
pub mod switches;
pub mod tabs;
pub mod topics;
pub mod will;
