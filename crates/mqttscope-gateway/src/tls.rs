//! TLS both ways: what browsers connect to (`accept`), and what connects to the broker (`client`).
//!
//! `pem` reads files, `self_signed` makes a certificate where there is none, `reason` puts into words what went wrong.

mod accept;
mod client;
mod pem;
mod reason;
mod redirect;
mod self_signed;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::CryptoProvider;

pub(crate) use accept::{Accepted, Acceptor};
pub(crate) use client::client_config;
pub(crate) use reason::{error_of, reason};
pub(crate) use redirect::{Target, redirect};
pub(crate) use self_signed::own_names;

/// Whether the gateway is reached over TLS, and how it reaches the broker so.
#[derive(Clone, Debug, Default)]
pub struct TlsConfig {
    /// What the gateway shows to browsers; without one it speaks plain HTTP.
    pub certificate: Option<Certificate>,
    /// How long browsers are to ask this host over TLS only (RFC 6797); `None` says nothing of it.
    pub hsts: Option<Duration>,
    /// Where plain HTTP is sent on to HTTPS, besides on the port of HTTPS itself.
    pub http_redirect: Option<SocketAddr>,
    /// TLS to the broker, if its address asks for it.
    pub broker: BrokerTls,
}

/// Where the gateway's certificate comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Certificate {
    /// Files in PEM, which are read again when they change, or on SIGHUP.
    Files {
        /// The certificate and those that lead from it to an issuer.
        chain: PathBuf,
        /// Its private key: PKCS#8, PKCS#1 or SEC1.
        key: PathBuf,
    },
    /// One of its own, kept in this folder so that it is to be accepted once; without a folder it is another one at
    /// each start.
    SelfSigned {
        /// The folder, which is made if it is missing.
        state: Option<PathBuf>,
    },
}

/// How a broker's certificate is checked, and what the gateway shows.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct BrokerTls {
    /// The issuers that count, in PEM; without it, the system's.
    pub ca: Option<PathBuf>,
    /// The certificate that the gateway shows to the broker, and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// Takes any certificate.
    pub insecure: bool,
}

/// Whether the files of a certificate can be used; one of the gateway's own always can.
///
/// # Errors
///
/// [`Error`](crate::Error), which names the file.
pub(crate) fn check(certificate: &Certificate) -> Result<(), crate::Error> {
    match certificate {
        Certificate::Files { chain, key } => pem::read_pair(chain, key).map(drop),
        Certificate::SelfSigned { .. } => Ok(()),
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// What browsers and brokers may agree to within TLS here: WebSockets are begun in HTTP/1.1.
const HTTP_1_1: &[u8] = b"http/1.1";
