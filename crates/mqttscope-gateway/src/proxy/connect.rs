//! The way to the broker: TCP, TLS over it, a WebSocket over either; or in words why not.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::SUBPROTOCOLS;
use super::end::unreachable_reason;
use super::websocket::{Refusal, WebSocket};
use crate::broker_url::{BrokerUrl, Scheme};
use crate::error::io_reason;
use crate::server::prepare;
use crate::stream::Stream;
use crate::{BrokerTls, Error, Limits, tls};

/// The broker of all connections, and what is needed to reach it.
#[derive(Clone, Debug)]
pub(crate) struct Broker {
    url: BrokerUrl,
    tls: Option<Arc<ClientConfig>>,
}

impl Broker {
    /// Loads what its TLS needs, if it has any.
    ///
    /// # Errors
    ///
    /// [`Error`] when a file cannot be used, or there is nothing that it could be used for.
    pub(crate) fn new(url: BrokerUrl, options: &BrokerTls) -> Result<Self, Error> {
        let tls = match url.scheme().is_tls() {
            true => Some(Arc::new(tls::client_config(options, url.scheme() == Scheme::Wss)?)),
            false if *options == BrokerTls::default() => None,
            // A broker that is spoken to in the clear although somebody has thought of certificates.
            false => return Err(Error::PlainBroker(url.to_string())),
        };
        if tls.is_some() && options.insecure {
            tracing::warn!(broker = %url, "--broker-insecure: whoever answers there is taken for the broker");
        }
        Ok(Self { url, tls })
    }

    pub(crate) fn url(&self) -> &BrokerUrl {
        &self.url
    }

    /// Connects, or says in words why not; a WebSocket asks for the subprotocol that the client has chosen.
    pub(crate) async fn connect(&self, subprotocol: Option<&str>, limits: &Limits) -> Result<Stream, String> {
        let reached = tokio::time::timeout(CONNECT_TIMEOUT, self.reach(subprotocol, limits)).await;
        let no_answer = || Err(format!("no answer in {} s", CONNECT_TIMEOUT.as_secs()));
        reached.unwrap_or_else(|_| no_answer()).map_err(|cause| {
            let address = self.url.to_string();
            unreachable_reason(&address, &cause)
        })
    }

    async fn reach(&self, subprotocol: Option<&str>, limits: &Limits) -> Result<Stream, String> {
        let addresses: Vec<SocketAddr> =
            tokio::net::lookup_host(self.url.address()).await.map_err(|_| "host name not found")?.collect();
        let tcp = TcpStream::connect(&addresses[..]).await.map_err(|error| io_reason(&error))?;
        prepare(&tcp, limits);
        let stream = match &self.tls {
            None => Stream::Tcp(tcp),
            Some(config) => {
                let name = self.url.server_name()?;
                let shaking = TlsConnector::from(config.clone()).connect(name, tcp);
                let tls = shaking.await.map_err(|error| handshake_reason(&error))?;
                Stream::Tls(Box::new(tls.into()))
            }
        };
        let Some(path) = self.url.path() else { return Ok(stream) };
        let subprotocol = subprotocol.unwrap_or(SUBPROTOCOLS[0]);
        match WebSocket::open(stream, self.url.authority(), path, subprotocol).await {
            Ok(socket) => Ok(Stream::WebSocket(Box::new(socket))),
            Err(Refusal::Status(status)) => Err(format!("it refused the WebSocket with status {status}")),
            Err(Refusal::Other(reason)) => Err(reason.to_owned()),
            Err(Refusal::Io(error)) => Err(io_reason(&error)),
        }
    }
}

/// Why a TLS handshake came to nothing.
fn handshake_reason(error: &std::io::Error) -> String {
    match error.kind() {
        // A server without TLS mostly closes when it sees a handshake.
        std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::ConnectionReset => {
            "it ended the TLS handshake; is TLS spoken there?".to_owned()
        }
        _ => io_reason(error),
    }
}

/// How long the broker may take to accept the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
