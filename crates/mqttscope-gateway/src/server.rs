//! The gateway's HTTP server: it binds, routes, and ends.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{Redirect, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::broker::EmbeddedBroker;
use crate::error::Error;
use crate::files::{self, PAGE_FOLDER, PAGE_PATH};
use crate::proxy::{self, PROXY_PATH};
use crate::state::AppState;
use crate::{BrokerChoice, Config, DEFAULT_BROKER_LISTEN};

/// A gateway that has its ports and is ready to run.
#[derive(Debug)]
pub struct Gateway {
    listener: TcpListener,
    local_addr: SocketAddr,
    broker_addr: String,
    embedded: Option<EmbeddedBroker>,
    state: AppState,
    extra_headers: Vec<(HeaderName, HeaderValue)>,
}

impl Gateway {
    /// Checks the web folder, takes the ports and starts the embedded broker if one is wanted.
    ///
    /// # Errors
    ///
    /// [`Error`] when the folder or the page is missing or a port is taken.
    pub async fn bind(config: Config) -> Result<Self, Error> {
        files::check_folder(&config.web)?;
        let on_listen = |source| Error::Listen { addr: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(on_listen)?;
        let local_addr = listener.local_addr().map_err(on_listen)?;
        let (embedded, broker_addr) = match config.broker {
            BrokerChoice::External(address) => (None, address),
            BrokerChoice::Embedded { listen } => {
                let broker = start_broker(listen).await?;
                let address = reachable(broker.local_addr()).to_string();
                (Some(broker), address)
            }
        };
        let state = AppState {
            web: Arc::new(config.web),
            broker_addr: broker_addr.as_str().into(),
            allowed_origins: Arc::new(config.allowed_origins),
            shutdown: CancellationToken::new(),
            connections: TaskTracker::new(),
        };
        Ok(Self { listener, local_addr, broker_addr, embedded, state, extra_headers: config.extra_headers })
    }

    /// The address and the real port of the page and the proxy.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Where a browser on this machine finds the page.
    pub fn page_url(&self) -> String {
        format!("http://{}{PAGE_PATH}", self.authority())
    }

    /// Where a WebSocket client on this machine finds the proxy.
    pub fn proxy_url(&self) -> String {
        format!("ws://{}{PROXY_PATH}", self.authority())
    }

    /// The broker behind the proxy, as `HOST:PORT`.
    pub fn broker_addr(&self) -> &str {
        &self.broker_addr
    }

    /// Whether that broker runs inside this process.
    pub fn broker_is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// Serves until `shutdown` is done; then closes WebSockets with 1001, brokers' sockets and the rest.
    ///
    /// It returns at most 1.5 seconds after `shutdown`.
    ///
    /// # Errors
    ///
    /// [`Error::Serve`] when the server fails for good.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), Error> {
        let router = router(self.state.clone(), self.extra_headers);
        // MQTT's packets are small and answered one by one: Nagle's algorithm would hold each back.
        let listener = self.listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY not set");
            }
        });
        let stopping = self.state.shutdown.clone();
        let signal = async move {
            shutdown.await;
            stopping.cancel();
        };
        let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(signal);
        let ended = async {
            let result = server.await;
            self.state.connections.close();
            self.state.connections.wait().await;
            result
        };
        tokio::select! {
            result = ended => result?,
            () = async {
                self.state.shutdown.cancelled().await;
                tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
            } => tracing::debug!("connections were still open at the end"),
        }
        if let Some(broker) = self.embedded {
            broker.stop().await;
        }
        Ok(())
    }

    fn authority(&self) -> String {
        let port = self.local_addr.port();
        match self.local_addr.ip() {
            ip if ip.is_loopback() || ip.is_unspecified() => format!("localhost:{port}"),
            IpAddr::V4(ip) => format!("{ip}:{port}"),
            IpAddr::V6(ip) => format!("[{ip}]:{port}"),
        }
    }
}

async fn start_broker(listen: Option<SocketAddr>) -> Result<EmbeddedBroker, Error> {
    match listen {
        Some(addr) => EmbeddedBroker::start(addr).await,
        None => match EmbeddedBroker::start(DEFAULT_BROKER_LISTEN).await {
            Err(error) => {
                let broker = EmbeddedBroker::start(SocketAddr::new(DEFAULT_BROKER_LISTEN.ip(), 0)).await?;
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

fn router(state: AppState, extra_headers: Vec<(HeaderName, HeaderValue)>) -> Router {
    let to_page = || async { Redirect::temporary(PAGE_PATH) };
    Router::new()
        .route("/", get(to_page))
        .route("/demo/gateway/javascript", get(to_page))
        .route(PAGE_FOLDER, get(to_page))
        .route("/demo/gateway/javascript/{*path}", get(files::serve))
        .route(PROXY_PATH, get(proxy::upgrade))
        .with_state(state)
        .layer(middleware::from_fn_with_state(Arc::new(extra_headers), add_headers))
}

async fn add_headers(
    State(extra): State<Arc<Vec<(HeaderName, HeaderValue)>>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // The page carries its policy itself; a worker takes the one of its own file's response.
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    for (name, value) in extra.iter() {
        headers.insert(name.clone(), value.clone());
    }
    response
}

/// How long connections get to end by themselves when the gateway stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(1500);

/// What the page may do, in the words that it carries itself: `cargo xtask dist` writes the same file into it.
const CONTENT_SECURITY_POLICY: &str = include_str!("content-security-policy.txt").trim_ascii_end();
