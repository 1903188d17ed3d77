//! The gateway's server: it binds, accepts, and ends.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::Auth;
use crate::broker::EmbeddedBroker;
use crate::connections::Connections;
use crate::error::{Error, io_reason};
use crate::files::PAGE_PATH;
use crate::health::Readiness;
use crate::http;
use crate::metrics::{Metrics, MetricsListener};
use crate::proxy::{Broker, PROXY_PATH};
use crate::quiet::Seldom;
use crate::state::{AppState, Client};
use crate::tls::{self, Acceptor};
use crate::way::Way;
use crate::{BrokerChoice, BrokerUrl, Config, DEFAULT_BROKER_LISTEN, Limits};

/// A gateway that has its ports and is ready to run.
#[derive(Debug)]
pub struct Gateway {
    listener: TcpListener,
    local_addr: SocketAddr,
    broker_addr: String,
    embedded: Option<EmbeddedBroker>,
    https: Option<Https>,
    metrics: Option<MetricsListener>,
    drain: Duration,
    state: AppState,
}

/// What a gateway has besides where it speaks TLS.
#[derive(Debug)]
struct Https {
    acceptor: Arc<Acceptor>,
    /// Sends plain HTTP on.
    redirecting: Option<TcpListener>,
}

impl Gateway {
    /// Checks the page, takes the ports and starts the embedded broker if one is wanted.
    ///
    /// # Errors
    ///
    /// [`Error`] when the page is missing or a port is taken.
    pub async fn bind(config: Config) -> Result<Self, Error> {
        config.web.check()?;
        let auth = Auth::new(config.auth)?;
        let acceptor = match config.tls.certificate {
            None => None,
            Some(certificate) => {
                let names = tls::own_names(&config.allowed_hosts, config.listen.ip());
                Some(Acceptor::new(certificate, names, config.limits.header_timeout)?)
            }
        };
        let listener = listen(config.listen).await?;
        let local_addr = listener.local_addr()?;
        let metrics_listener = match config.operator.metrics {
            Some(addr) => Some(MetricsListener::bind(addr).await?),
            None => None,
        };
        let https = match (acceptor, config.tls.http_redirect) {
            (None, _) => None,
            (Some(acceptor), addr) => {
                let redirecting = match addr {
                    Some(addr) => Some(listen(addr).await?),
                    None => None,
                };
                Some(Https { acceptor: Arc::new(acceptor), redirecting })
            }
        };
        let (embedded, url) = match config.broker {
            BrokerChoice::External(url) => (None, url),
            BrokerChoice::Embedded { listen } => {
                let broker = start_broker(listen, config.limits).await?;
                let url = BrokerUrl::of_tcp(reachable(broker.local_addr()));
                (Some(broker), url)
            }
        };
        let metrics = Arc::new(Metrics::new()?);
        if let Some(broker) = &embedded {
            broker.add_figures(&metrics)?;
        }
        let broker = Broker::new(url, &config.tls.broker)?;
        // Only over TLS may it be said (RFC 6797, 7.2).
        let hsts = https.as_ref().and(config.tls.hsts);
        let broker_addr = broker.url().to_string();
        let broker = Arc::new(broker);
        let state = AppState {
            web: Arc::new(config.web),
            readiness: Arc::new(Readiness::new(broker.clone(), config.limits)),
            broker,
            metrics,
            allowed_origins: Arc::new(config.allowed_origins),
            allowed_hosts: Arc::new(config.allowed_hosts),
            headers: Arc::new(http::headers(&config.frame_ancestors, hsts, config.extra_headers)),
            limits: config.limits,
            auth: Arc::new(auth),
            draining: CancellationToken::new(),
            shutdown: CancellationToken::new(),
            connections: TaskTracker::new(),
        };
        Ok(Self {
            listener,
            local_addr,
            broker_addr,
            embedded,
            https,
            metrics: metrics_listener,
            drain: config.operator.drain,
            state,
        })
    }

    /// The address and the real port of the page and the proxy.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Where a browser on this machine finds the page.
    pub fn page_url(&self) -> String {
        let scheme = if self.https.is_some() { "https" } else { "http" };
        format!("{scheme}://{}{PAGE_PATH}", self.authority())
    }

    /// Where a WebSocket client on this machine finds the proxy.
    pub fn proxy_url(&self) -> String {
        let scheme = if self.https.is_some() { "wss" } else { "ws" };
        format!("{scheme}://{}{PROXY_PATH}", self.authority())
    }

    /// The SHA-256 of the gateway's own certificate, as browsers show it, if nobody else has signed it.
    pub fn fingerprint(&self) -> Option<&str> {
        self.https.as_ref()?.acceptor.fingerprint()
    }

    /// Where plain HTTP is sent on to HTTPS: the address and the real port.
    pub fn redirect_addr(&self) -> Option<SocketAddr> {
        self.https.as_ref()?.redirecting.as_ref()?.local_addr().ok()
    }

    /// The broker behind the proxy: `HOST:PORT`, or a URL where it is not MQTT over TCP.
    pub fn broker_addr(&self) -> &str {
        &self.broker_addr
    }

    /// Whether that broker runs inside this process.
    pub fn broker_is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// Where Prometheus finds the figures, if they are served.
    pub fn metrics_url(&self) -> Option<String> {
        self.metrics.as_ref().map(MetricsListener::url)
    }

    /// Serves until `shutdown` is done; then closes WebSockets with 1001, brokers' sockets and the rest.
    ///
    /// It returns at most 1.5 seconds after `shutdown`.
    ///
    /// # Errors
    ///
    /// None today: a server that cannot accept says so in the log, and tries again.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), Error> {
        self.run_draining(std::future::pending(), shutdown).await
    }

    /// The same, and drains once `drain` is done: for [`OperatorConfig::drain`](crate::OperatorConfig::drain) the
    /// gateway is not ready, refuses new WebSockets with 503 and lets the others go on; then it ends as after `shutdown`.
    ///
    /// Files are served meanwhile: a balancer sends requests until it has noticed. `shutdown` ends it at any time.
    ///
    /// # Errors
    ///
    /// As for [`Gateway::run`].
    pub async fn run_draining(
        self,
        drain: impl Future<Output = ()> + Send + 'static,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Error> {
        let shutting_down = self.state.shutdown.clone();
        let figures = async {
            if let Some(listener) = self.metrics {
                listener.serve(self.state.metrics.clone()).await;
            }
            // Whatever becomes of them, the gateway goes on.
            std::future::pending::<()>().await;
        };
        let acceptor = self.https.as_ref().map(|https| https.acceptor.clone());
        let keeping_up = async {
            let certificate = async {
                if let Some(acceptor) = acceptor {
                    acceptor.keep_up().await;
                }
            };
            tokio::join!(certificate, self.state.auth.keep_up());
            std::future::pending::<()>().await;
        };
        let serving = async {
            let connections = Connections::new(self.state.limits, self.state.metrics.clone());
            let accept = |listener, way| accept(listener, way, &connections, &self.state);
            match self.https {
                None => accept(self.listener, Way::Http).await,
                Some(Https { acceptor, redirecting }) => {
                    let redirected = async {
                        if let Some(listener) = redirecting {
                            accept(listener, Way::Redirect(self.local_addr.port())).await;
                        }
                    };
                    tokio::join!(accept(self.listener, Way::Https(acceptor)), redirected);
                }
            }
            self.state.connections.close();
            self.state.connections.wait().await;
        };
        let ending = async {
            tokio::select! {
                () = drained(drain, self.drain, &self.state) => {}
                () = shutdown => {}
            }
            tracing::info!("stopping");
            shutting_down.cancel();
            tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
        };
        tokio::select! {
            () = serving => {}
            () = keeping_up => {}
            () = ending => tracing::debug!("connections were still open at the end"),
            () = figures => {}
        }
        if let Some(broker) = self.embedded {
            broker.stop().await;
        }
        Ok(())
    }

    fn authority(&self) -> String {
        match self.local_addr.ip() {
            // `localhost` may be looked up as any of a machine's own addresses: here all of them are served, or the
            // one that browsers try.
            ip if ip == Ipv4Addr::LOCALHOST || ip.is_unspecified() => {
                format!("localhost:{}", self.local_addr.port())
            }
            _ => self.local_addr.to_string(),
        }
    }
}

/// Done when the gateway has drained for so long since it was asked to.
async fn drained(asked: impl Future<Output = ()>, period: Duration, state: &AppState) {
    asked.await;
    if !period.is_zero() {
        tracing::info!(seconds = period.as_secs(), "draining: no new connections are taken");
        state.draining.cancel();
        state.metrics.drains();
        tokio::time::sleep(period).await;
    }
}

/// Accepts connections until the gateway stops.
async fn accept(listener: TcpListener, way: Way, connections: &Connections, state: &AppState) {
    let router = http::router(state.clone());
    let (failing, full) = (Seldom::default(), Seldom::default());
    let turning_away = Arc::new(Semaphore::new(MAX_TURNED_AWAY));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = state.shutdown.cancelled() => return,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_of_the_connection(&error) => continue,
            Err(error) => {
                if let Some(times) = failing.happened() {
                    tracing::warn!(times, "cannot accept connections: {}", io_reason(&error));
                }
                // Out of descriptors: trying again at once would only burn the processor.
                tokio::select! {
                    () = tokio::time::sleep(ACCEPT_PAUSE) => continue,
                    () = state.shutdown.cancelled() => return,
                }
            }
        };
        match connections.enter(peer.ip()) {
            Ok(place) => {
                prepare(&stream, &state.limits);
                let client = Client { addr: peer, user: None, _place: Arc::new(place) };
                state.connections.spawn(way.clone().serve(stream, client, router.clone(), state.clone()));
            }
            Err(reason) => {
                if let Some(times) = full.happened() {
                    tracing::warn!(%peer, times, "connection refused: {reason}");
                }
                if let Ok(permit) = turning_away.clone().try_acquire_owned() {
                    let way = way.clone();
                    state.connections.spawn(async move {
                        way.turn_away(stream, peer).await;
                        drop(permit);
                    });
                }
            }
        }
    }
}

/// Whether only one connection failed, before it was accepted.
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Sets what a connection to a client or a broker needs.
pub(crate) fn prepare(stream: &TcpStream, limits: &Limits) {
    // MQTT's packets are small and answered one by one: Nagle's algorithm would hold each back.
    let mut set = stream.set_nodelay(true);
    if !limits.tcp_keep_alive.is_zero() {
        let probes = TcpKeepalive::new().with_time(limits.tcp_keep_alive).with_interval(PROBE_INTERVAL);
        #[cfg(unix)]
        let probes = probes.with_retries(PROBES);
        set = set.and(SockRef::from(stream).set_tcp_keepalive(&probes));
    }
    if let Err(error) = set {
        tracing::debug!(%error, "socket options not set");
    }
}

async fn listen(addr: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(addr).await.map_err(|source| Error::Listen { addr, source })
}

async fn start_broker(listen: Option<SocketAddr>, limits: Limits) -> Result<EmbeddedBroker, Error> {
    match listen {
        Some(addr) => EmbeddedBroker::start_with(addr, limits).await,
        None => match EmbeddedBroker::start_with(DEFAULT_BROKER_LISTEN, limits).await {
            Err(error) => {
                let free_port = SocketAddr::new(DEFAULT_BROKER_LISTEN.ip(), 0);
                let broker = EmbeddedBroker::start_with(free_port, limits).await?;
                tracing::warn!("{error}; it listens on {} instead", broker.local_addr());
                Ok(broker)
            }
            started => started,
        },
    }
}

/// The address to connect to for a listener: one on all interfaces is reached over loopback.
fn reachable(addr: SocketAddr) -> SocketAddr {
    match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new([127, 0, 0, 1].into(), addr.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => {
            SocketAddr::new(std::net::Ipv6Addr::LOCALHOST.into(), addr.port())
        }
        _ => addr,
    }
}

/// How long connections get to end by themselves when the gateway stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(1500);

/// How long nothing is accepted after the system could not.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// How many are told at a time that there is no place; others are closed without a word.
const MAX_TURNED_AWAY: usize = 64;

/// How long after one unanswered probe of TCP the next is sent.
const PROBE_INTERVAL: Duration = Duration::from_secs(10);

/// How many unanswered probes end a connection, where the system can be told.
#[cfg(unix)]
const PROBES: u32 = 3;
