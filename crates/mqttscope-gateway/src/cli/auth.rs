//! Options of who may use the gateway.

use std::path::PathBuf;

use axum::http::HeaderName;

use crate::{AuthConfig, Network};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Users")]
pub(super) struct AuthOptions {
    /// Ask for a name and a password; the file has lines NAME:HASH, as the command hash-password makes them
    #[arg(long, value_name = "FILE", conflicts_with = "auth_header")]
    basic_auth: Option<PathBuf>,
    /// Let in whom this header of a trusted proxy names, and nobody else
    #[arg(long, value_name = "NAME", requires = "trust_proxy")]
    auth_header: Option<HeaderName>,
    /// Where that proxy is; from other addresses nobody is let in
    #[arg(long, value_name = "ADDR[/LEN]", requires = "auth_header")]
    trust_proxy: Vec<Network>,
}

impl From<AuthOptions> for AuthConfig {
    fn from(options: AuthOptions) -> Self {
        match (options.basic_auth, options.auth_header) {
            (Some(file), _) => Self::Basic { file },
            (None, Some(name)) => Self::Header { name, proxies: options.trust_proxy },
            (None, None) => Self::Everybody,
        }
    }
}
