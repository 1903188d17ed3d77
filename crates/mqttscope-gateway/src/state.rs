//! What the request handlers share.

use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::AllowedOrigins;

/// One for all requests of a gateway; a clone is the same one.
#[derive(Clone, Debug)]
pub(crate) struct AppState {
    pub(crate) web: Arc<PathBuf>,
    pub(crate) broker_addr: Arc<str>,
    pub(crate) allowed_origins: Arc<AllowedOrigins>,
    pub(crate) shutdown: CancellationToken,
    /// The proxied connections: axum forgets a connection once it is a WebSocket.
    pub(crate) connections: TaskTracker,
}
