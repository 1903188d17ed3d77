//! Where Prometheus reads the figures: a listener that has nothing else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Request, header};
use axum::response::IntoResponse;
use axum::routing::get;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower_service::Service;

use super::Metrics;
use crate::error::{Error, io_reason};

/// A listener for the figures that has its port.
#[derive(Debug)]
pub(crate) struct MetricsListener {
    listener: TcpListener,
    local_addr: SocketAddr,
}

impl MetricsListener {
    /// Takes the port.
    ///
    /// # Errors
    ///
    /// [`Error::MetricsListen`] when that cannot be had.
    pub(crate) async fn bind(addr: SocketAddr) -> Result<Self, Error> {
        let refuse = |source| Error::MetricsListen { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(refuse)?;
        let local_addr = listener.local_addr().map_err(refuse)?;
        Ok(Self { listener, local_addr })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}{METRICS_PATH}", self.local_addr)
    }

    /// Answers until this is dropped.
    ///
    /// Any `Host` will do: figures name nobody, and whoever scrapes has a name of its own for this machine.
    pub(crate) async fn serve(self, metrics: Arc<Metrics>) {
        let router = Router::new().route(METRICS_PATH, get(figures)).with_state(metrics);
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            // Whoever comes too early waits in the system's queue.
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::debug!("cannot accept connections for figures: {}", io_reason(&error));
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let router = router.clone();
            let service =
                service_fn(move |request: Request<Incoming>| router.clone().call(request.map(Body::new)));
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(READ_TIMEOUT);
            connections.spawn(async move {
                // A scrape that was broken off is the scraper's to tell.
                let _ = http.serve_connection(TokioIo::new(stream), service).await;
                drop(place);
            });
        }
    }
}

async fn figures(State(metrics): State<Arc<Metrics>>) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, metrics.text())
}

/// Where Prometheus looks unless told otherwise.
const METRICS_PATH: &str = "/metrics";

/// Scrapers at a time: more than any set of them needs.
const MAX_CONNECTIONS: usize = 32;

/// How long a scraper may keep a connection without a request: longer than most intervals of scraping.
const READ_TIMEOUT: Duration = Duration::from_secs(90);

/// How long nothing is accepted after the system could not.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
