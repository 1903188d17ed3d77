//! TLS for browsers: the certificate that is shown, and handshakes.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_rustls::TlsAcceptor;

use super::self_signed;
use super::{Certificate, HTTP_1_1, pem, provider, reason};
use crate::Error;
use crate::error::io_reason;
use crate::quiet::Seldom;
use crate::stream::Stream;
use crate::watch::Watch;

/// Accepts TLS where a certificate is shown.
#[derive(Debug)]
pub(crate) struct Acceptor {
    source: Certificate,
    /// Of its files, if it has any.
    watch: Option<Mutex<Watch>>,
    names: Vec<String>,
    shown: Arc<Shown>,
    handshakes: TlsHandshakes,
    /// Of a certificate that nobody has signed.
    own: Option<(String, SystemTime)>,
}

#[derive(Debug)]
struct TlsHandshakes {
    config: Arc<ServerConfig>,
    /// How long one may take; zero is for ever.
    timeout: Duration,
    failing: Seldom,
}

/// What a connection to the port of HTTPS turned out to be.
#[derive(Debug)]
pub(crate) enum Accepted {
    Tls(Stream),
    /// Its first byte is not one of TLS.
    Plain(TcpStream),
    Nothing,
}

impl Acceptor {
    /// Loads the certificate, or makes one for these names.
    ///
    /// # Errors
    ///
    /// [`Error`] when a file cannot be used or a name cannot be in a certificate.
    pub(crate) fn new(source: Certificate, names: Vec<String>, timeout: Duration) -> Result<Self, Error> {
        let watch = match &source {
            Certificate::Files { chain, key } => {
                Some(Mutex::new(Watch::new(vec![chain.clone(), key.clone()])))
            }
            Certificate::SelfSigned { .. } => None,
        };
        let (pair, own) = match &source {
            Certificate::Files { chain, key } => (pem::read_pair(chain, key)?, None),
            Certificate::SelfSigned { state } => {
                let made = self_signed::load_or_make(state.as_deref(), &names)?;
                (made.pair, Some((made.fingerprint, made.expires)))
            }
        };
        let shown = Arc::new(Shown(RwLock::new(Arc::new(pair))));
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Tls(reason(&error)))?
            .with_no_client_auth()
            .with_cert_resolver(shown.clone());
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        let handshakes = TlsHandshakes { config: Arc::new(config), timeout, failing: Seldom::default() };
        Ok(Self { source, watch, names, shown, handshakes, own })
    }

    /// The SHA-256 of a certificate that nobody has signed, in the form in which browsers show it.
    pub(crate) fn fingerprint(&self) -> Option<&str> {
        self.own.as_ref().map(|(fingerprint, _)| &**fingerprint)
    }

    /// The handshake, for whoever begins one.
    pub(crate) async fn accept(&self, stream: TcpStream, peer: SocketAddr) -> Accepted {
        let TlsHandshakes { config, timeout, failing } = &self.handshakes;
        let shaking = async {
            let mut first = [0];
            if stream.peek(&mut first).await? == 0 {
                return Ok(Accepted::Nothing);
            }
            if first[0] != HANDSHAKE {
                return Ok(Accepted::Plain(stream));
            }
            let tls = TlsAcceptor::from(config.clone()).accept(stream).await?;
            Ok::<_, io::Error>(Accepted::Tls(Stream::Tls(Box::new(tls.into()))))
        };
        let accepted = if timeout.is_zero() {
            shaking.await
        } else {
            let late = |_| Err(io::ErrorKind::TimedOut.into());
            tokio::time::timeout(*timeout, shaking).await.unwrap_or_else(late)
        };
        accepted.unwrap_or_else(|error| {
            if let Some(times) = failing.happened() {
                tracing::info!(%peer, times, "TLS handshake failed: {}", io_reason(&error));
            }
            Accepted::Nothing
        })
    }

    /// Keeps the certificate up to date as long as this is polled.
    pub(crate) async fn keep_up(&self) {
        match &self.source {
            Certificate::Files { chain, key } => {
                let reload = || match pem::read_pair(chain, key) {
                    Ok(pair) => {
                        self.shown.set(pair);
                        tracing::info!(file = %chain.display(), "the certificate was read again");
                    }
                    Err(error) => tracing::warn!("the certificate stays as it was: {error}"),
                };
                if let Some(watch) = &self.watch {
                    watch.lock().await.run(reload).await;
                }
            }
            Certificate::SelfSigned { state } => {
                let mut expires = self.own.as_ref().map_or(SystemTime::UNIX_EPOCH, |(_, expires)| *expires);
                loop {
                    tokio::time::sleep(RENEWAL_INTERVAL).await;
                    if !self_signed::ends_soon(expires) {
                        continue;
                    }
                    match self_signed::load_or_make(state.as_deref(), &self.names) {
                        Ok(made) => {
                            tracing::warn!(
                                fingerprint = made.fingerprint,
                                "another self-signed certificate is shown"
                            );
                            expires = made.expires;
                            self.shown.set(made.pair);
                        }
                        Err(error) => tracing::warn!("the certificate stays as it was: {error}"),
                    }
                }
            }
        }
    }
}

/// The certificate that is shown now.
#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl Shown {
    fn get(&self) -> Arc<CertifiedKey> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, pair: CertifiedKey) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.get())
    }
}

/// The first byte of a connection that begins with a handshake (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;

const RENEWAL_INTERVAL: Duration = Duration::from_secs(12 * 60 * 60);
