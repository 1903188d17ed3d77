//! What can be seen: one region of the screen a file, data and callbacks in, HTML out.

pub mod bar;
pub mod card;
pub mod connection;
pub mod field;
pub mod log_panel;
pub mod log_row;
pub mod log_table;
pub mod publish;
pub mod subscribe;
pub mod switches;
pub mod tabs;
pub mod will;
