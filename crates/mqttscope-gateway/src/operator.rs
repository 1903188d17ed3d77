//! What whoever operates a gateway sets: figures, the log's form, and how it ends.

use std::net::SocketAddr;
use std::time::Duration;

/// The settings for who operates a gateway.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct OperatorConfig {
    /// Where figures for Prometheus are served, on a listener of their own; port 0 takes any free one. `None` serves
    /// none.
    pub metrics: Option<SocketAddr>,
    /// How long WebSockets go on once the gateway drains, while no new ones are taken. Zero ends them at once.
    pub drain: Duration,
    /// How the program writes its log. A [`Gateway`](crate::Gateway) leaves that to whoever listens to `tracing`.
    pub log_format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum LogFormat {
    /// One object of JSON a line
    Json,
    /// Lines for people
    #[default]
    Text,
}
