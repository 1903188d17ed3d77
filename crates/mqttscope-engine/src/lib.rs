//! The instrument: connections, one log, and the views on it. Commands in, updates out.
//!
//! The engine owns bytes and time; whoever shows it owns pixels. It does no I/O and has no clock: sockets, timers and
//! the time are inputs and outputs, so that it runs in a browser's worker and natively alike. The order of calls is one
//! lock step: [`Engine::set_clock`], one of [`Engine::handle`] and [`Engine::handle_bytes`], then
//! [`Engine::poll_link`] for each connection, [`Engine::poll_output`] and [`Engine::poll_view`] until each says `None`.
//! A caller that leaves some of that out delays what it did not take; nothing is lost.
//!
//! What takes long (a filter over the log, an export, a large payload) is done by [`Engine::work`], a slice at a time,
//! so that a packet never waits for it.

mod chart;
mod engine;
mod exporting;
mod goto;
mod heights;
mod importing;
mod inspect;
mod keeping;
mod layout;
mod log_view;
mod offers;
mod owners;
mod publishing;
mod repeating;
mod request;
mod row;
mod row_facts;
mod rows;
#[cfg(test)]
mod samples;
mod subscriptions;
mod topics;
mod unsaved;

pub use engine::{Engine, Input, Output};
