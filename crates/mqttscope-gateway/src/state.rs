//! What the request handlers share.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::HeaderMap;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::Auth;
use crate::connections::Place;
use crate::health::Readiness;
use crate::metrics::Metrics;
use crate::page::Page;
use crate::proxy::Broker;
use crate::{AllowedHosts, AllowedOrigins, Limits};

/// One for all requests of a gateway; a clone is the same one.
#[derive(Clone, Debug)]
pub(crate) struct AppState {
    pub(crate) web: Arc<Page>,
    pub(crate) broker: Arc<Broker>,
    pub(crate) allowed_origins: Arc<AllowedOrigins>,
    pub(crate) allowed_hosts: Arc<AllowedHosts>,
    /// What every response says.
    pub(crate) headers: Arc<HeaderMap>,
    pub(crate) limits: Limits,
    pub(crate) auth: Arc<Auth>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) readiness: Arc<Readiness>,
    /// Cancelled when no new WebSockets are taken any more.
    pub(crate) draining: CancellationToken,
    /// Cancelled when all connections are to end.
    pub(crate) shutdown: CancellationToken,
    /// The open connections, which the gateway waits for at its end.
    pub(crate) connections: TaskTracker,
}

impl AppState {
    /// Whether the gateway is on its way to its end.
    pub(crate) fn takes_no_more(&self) -> bool {
        self.draining.is_cancelled() || self.shutdown.is_cancelled()
    }
}

/// Who is at the other end of a connection; its place among all is taken as long as this is there.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) addr: SocketAddr,
    /// Who asks, once a request has said it and may.
    pub(crate) user: Option<Arc<str>>,
    pub(crate) _place: Arc<Place>,
}
