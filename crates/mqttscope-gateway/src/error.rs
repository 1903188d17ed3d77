//! Why a gateway did not start, or stopped.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::tls;

/// A reason that ends the gateway; each is one line for the person who started it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder of the page does not exist or is no folder.
    #[error("the web folder {} does not exist", .0.display())]
    NoWebFolder(PathBuf),
    /// The folder is there, the page is not.
    #[error("the web folder {} holds no mqtt.html", .0.display())]
    NoPage(PathBuf),
    /// There are files in memory, but not the page.
    #[error("the page's files hold no mqtt.html")]
    NoPageInside,
    /// The address for the page and the proxy cannot be had.
    #[error("cannot listen on {addr}: {}", io_reason(.source))]
    Listen {
        /// The address that was asked for.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The address for the figures cannot be had.
    #[error("figures cannot be served on {addr}: {}", io_reason(.source))]
    MetricsListen {
        /// The address that was asked for.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The figures cannot be kept.
    #[error("the figures cannot be kept: {0}")]
    Metrics(String),
    /// The address for the embedded broker cannot be had.
    #[error("the embedded broker cannot listen on {addr}: {reason}")]
    BrokerListen {
        /// The address that was asked for.
        addr: SocketAddr,
        /// What the system or the broker's library said.
        reason: String,
    },
    /// A file of certificates, keys or users cannot be used.
    #[error("{} cannot be used: {reason}", .file.display())]
    File {
        /// The file that was named.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// TLS cannot be set up, whatever the files.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// There are options for TLS to a broker that is reached without it.
    #[error("the broker {0} is reached without TLS; its address must begin with mqtts:// or wss://")]
    PlainBroker(String),
    /// The server stopped by itself.
    #[error("the server failed: {0}")]
    Serve(#[from] io::Error),
}

impl From<prometheus::Error> for Error {
    fn from(error: prometheus::Error) -> Self {
        Self::Metrics(error.to_string())
    }
}

/// An I/O error in words, without the system's error number.
pub(crate) fn io_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".into(),
        io::ErrorKind::AddrInUse => "the port is taken".into(),
        io::ErrorKind::AddrNotAvailable => "this machine does not have that address".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::ConnectionRefused => "connection refused".into(),
        io::ErrorKind::ConnectionReset => "connection reset".into(),
        io::ErrorKind::ConnectionAborted => "connection aborted".into(),
        io::ErrorKind::BrokenPipe => "connection broken".into(),
        io::ErrorKind::HostUnreachable => "host unreachable".into(),
        io::ErrorKind::NetworkUnreachable => "network unreachable".into(),
        io::ErrorKind::TimedOut => "timed out".into(),
        _ if let Some(error) = tls::error_of(error) => tls::reason(error),
        _ => {
            let text = error.to_string();
            match text.find(" (os error") {
                Some(end) => text[..end].to_lowercase(),
                None => text.to_lowercase(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_carry_no_error_numbers() {
        assert_eq!(io_reason(&io::Error::from_raw_os_error(111)), "connection refused");
        assert_eq!(io_reason(&io::Error::from_raw_os_error(24)), "too many open files");
        assert_eq!(io_reason(&io::Error::other("odd")), "odd");
    }
}
