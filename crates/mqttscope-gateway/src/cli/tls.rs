//! Options of TLS, to browsers and to the broker.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::parse_socket_addr;
use crate::{BrokerTls, Certificate, TlsConfig};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "TLS")]
pub(super) struct TlsOptions {
    /// Serve https and wss with this certificate and its chain, in PEM; read again when it changes, or on SIGHUP
    #[arg(long, value_name = "FILE", requires = "tls_key", group = "certificate")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM (PKCS#8, PKCS#1 or SEC1)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Serve https and wss with a certificate that nobody has signed; its fingerprint is printed
    #[arg(long, group = "certificate")]
    tls_self_signed: bool,
    /// Where that certificate is kept for the next start [default: mqttscope in the folder of this user's states]
    #[arg(long, value_name = "DIR", requires = "tls_self_signed")]
    tls_state: Option<PathBuf>,
    /// Send plain HTTP of this port on to https too; that of the port of https itself always is
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_socket_addr, requires = "certificate")]
    http_redirect: Option<SocketAddr>,
    /// Tell browsers to come by https only for so long (HSTS); 0 has them forget it
    #[arg(long, value_name = "SECONDS", requires = "certificate")]
    hsts: Option<u64>,
    /// Whose certificates a broker of mqtts: or wss: may show, in PEM [default: those that this system trusts]
    #[arg(long, value_name = "FILE", conflicts_with = "broker_insecure")]
    broker_ca: Option<PathBuf>,
    /// Show this certificate and its chain to the broker, in PEM
    #[arg(long, value_name = "FILE", requires = "broker_key")]
    broker_cert: Option<PathBuf>,
    /// That certificate's private key, in PEM
    #[arg(long, value_name = "FILE", requires = "broker_cert")]
    broker_key: Option<PathBuf>,
    /// Take any certificate of the broker: whoever is on the way can read and change everything
    #[arg(long)]
    broker_insecure: bool,
}

impl From<TlsOptions> for TlsConfig {
    fn from(options: TlsOptions) -> Self {
        let certificate = match (options.tls_cert, options.tls_key) {
            (Some(chain), Some(key)) => Some(Certificate::Files { chain, key }),
            _ if options.tls_self_signed => {
                Some(Certificate::SelfSigned { state: options.tls_state.or_else(state_folder) })
            }
            _ => None,
        };
        Self {
            certificate,
            hsts: options.hsts.map(Duration::from_secs),
            http_redirect: options.http_redirect,
            broker: BrokerTls {
                ca: options.broker_ca,
                identity: options.broker_cert.zip(options.broker_key),
                insecure: options.broker_insecure,
            },
        }
    }
}

/// systemd's folder for the service, else the user's (XDG Base Directory).
fn state_folder() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    // Of several folders, systemd puts colons between them.
    let of_service = variable("STATE_DIRECTORY").and_then(|folders| std::env::split_paths(&folders).next());
    let of_user = || {
        let states = variable("XDG_STATE_HOME").filter(|folder| folder.is_absolute());
        let states = states.or_else(|| variable("LOCALAPPDATA"));
        let states = states.or_else(|| Some(variable("HOME")?.join(".local/state")));
        Some(states?.join("mqttscope"))
    };
    of_service.or_else(of_user)
}
