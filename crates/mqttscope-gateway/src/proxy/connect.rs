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
use crate::metrics::ConnectFailure;
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

    /// Why it was not reached, in words that fit into a close frame.
    pub(crate) fn reason(&self, unreachable: &Unreachable) -> String {
        unreachable_reason(&self.url.to_string(), &unreachable.why)
    }

    /// Connects; a WebSocket asks for the subprotocol that the client has chosen.
    pub(crate) async fn connect(
        &self,
        subprotocol: Option<&str>,
        limits: &Limits,
    ) -> Result<Stream, Unreachable> {
        let reached = tokio::time::timeout(CONNECT_TIMEOUT, self.reach(subprotocol, limits)).await;
        reached.unwrap_or_else(|_| {
            let why = format!("no answer in {} s", CONNECT_TIMEOUT.as_secs());
            Err(Unreachable { cause: ConnectFailure::Timeout, why })
        })
    }

    async fn reach(&self, subprotocol: Option<&str>, limits: &Limits) -> Result<Stream, Unreachable> {
        let because = |cause| move |why: String| Unreachable { cause, why };
        let found = tokio::net::lookup_host(self.url.address()).await;
        let not_found = |_| because(ConnectFailure::Name)("host name not found".to_owned());
        let addresses: Vec<SocketAddr> = found.map_err(not_found)?.collect();
        let tcp = TcpStream::connect(&addresses[..]).await?;
        prepare(&tcp, limits);
        let stream = match &self.tls {
            None => Stream::Tcp(tcp),
            Some(config) => {
                let name = self.url.server_name().map_err(because(ConnectFailure::Tls))?;
                let shaking = TlsConnector::from(config.clone()).connect(name, tcp);
                let shaken = shaking.await.map_err(|error| handshake_reason(&error));
                Stream::Tls(Box::new(shaken.map_err(because(ConnectFailure::Tls))?.into()))
            }
        };
        let Some(path) = self.url.path() else { return Ok(stream) };
        let subprotocol = subprotocol.unwrap_or(SUBPROTOCOLS[0]);
        let refused = because(ConnectFailure::WebSocket);
        match WebSocket::open(stream, self.url.authority(), path, subprotocol).await {
            Ok(socket) => Ok(Stream::WebSocket(Box::new(socket))),
            Err(Refusal::Status(status)) => {
                Err(refused(format!("it refused the WebSocket with status {status}")))
            }
            Err(Refusal::Other(reason)) => Err(refused(reason.to_owned())),
            Err(Refusal::Io(error)) => Err(refused(io_reason(&error))),
        }
    }
}

/// Why the broker was not reached.
#[derive(Debug)]
pub(crate) struct Unreachable {
    pub(crate) cause: ConnectFailure,
    /// In words, without the broker's address.
    pub(crate) why: String,
}

impl From<std::io::Error> for Unreachable {
    fn from(error: std::io::Error) -> Self {
        let cause = match error.kind() {
            std::io::ErrorKind::ConnectionRefused => ConnectFailure::Refused,
            std::io::ErrorKind::TimedOut => ConnectFailure::Timeout,
            _ => ConnectFailure::Other,
        };
        Self { cause, why: io_reason(&error) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_of_a_broker_is_told_apart() {
        use std::io::{Error, ErrorKind};
        for (kind, cause) in [
            (ErrorKind::ConnectionRefused, ConnectFailure::Refused),
            (ErrorKind::TimedOut, ConnectFailure::Timeout),
            (ErrorKind::HostUnreachable, ConnectFailure::Other),
        ] {
            assert_eq!(Unreachable::from(Error::from(kind)).cause, cause);
        }
    }
}
