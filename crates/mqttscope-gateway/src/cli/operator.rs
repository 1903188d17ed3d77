//! The options for who operates the gateway.

use std::net::SocketAddr;
use std::time::Duration;

use super::{DAY, parse_socket_addr};
use crate::{LogFormat, OperatorConfig};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Operation")]
pub(super) struct OperatorOptions {
    /// Serve figures for Prometheus under /metrics of this address, and nothing else there
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_socket_addr)]
    metrics: Option<SocketAddr>,
    /// How long WebSockets go on after SIGTERM, while /readyz says 503 and no new ones are taken
    #[arg(long, value_name = "SECONDS", default_value_t = OperatorConfig::default().drain.as_secs(),
        value_parser = clap::value_parser!(u64).range(..=DAY))]
    drain: u64,
    /// How the log is written to stderr
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    log_format: LogFormat,
}

impl From<OperatorOptions> for OperatorConfig {
    fn from(options: OperatorOptions) -> Self {
        Self {
            metrics: options.metrics,
            drain: Duration::from_secs(options.drain),
            log_format: options.log_format,
        }
    }
}
