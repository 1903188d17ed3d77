//! `/healthz` and `/readyz`: whether the gateway runs, and whether it is of use.
//!
//! Probes come by an address or by whatever name a balancer has for this machine, so that neither `Host` nor anything
//! else of theirs is checked. Hence the answers say nothing that a stranger must not know: no address, no name.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::Limits;
use crate::proxy::Broker;
use crate::state::AppState;

/// Answers a request for one of the two; `None` for all others.
pub(crate) async fn answer(method: &Method, path: &str, state: &AppState) -> Option<Response> {
    if path != HEALTH_PATH && path != READY_PATH {
        return None;
    }
    if method != Method::GET && method != Method::HEAD {
        let allow = [(header::ALLOW, HeaderValue::from_static("GET, HEAD"))];
        return Some((StatusCode::METHOD_NOT_ALLOWED, allow).into_response());
    }
    let (status, line) = match path {
        HEALTH_PATH => (StatusCode::OK, "ok\n".to_owned()),
        _ if state.takes_no_more() => {
            (StatusCode::SERVICE_UNAVAILABLE, "draining: no new connections are taken\n".to_owned())
        }
        _ => match state.readiness.clone().reach_broker().await {
            Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
            Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("the broker cannot be reached: {why}\n")),
        },
    };
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Some((status, no_store, line).into_response())
}

/// Whether a request that has no place begins as one for [`HEALTH_PATH`]: a gateway that is full is well, and whoever
/// restarts it would end all its connections.
pub(crate) fn is_for_health(request: &[u8]) -> bool {
    [&b"GET "[..], b"HEAD "].iter().any(|method| {
        let path = request.strip_prefix(*method).and_then(|rest| rest.strip_prefix(HEALTH_PATH.as_bytes()));
        path.is_some_and(|rest| rest.starts_with(b" "))
    })
}

/// Whether the broker can be reached, asked once for all probes of a moment.
#[derive(Debug)]
pub(crate) struct Readiness {
    broker: Arc<Broker>,
    limits: Limits,
    last: Mutex<Option<Look>>,
}

#[derive(Debug)]
struct Look {
    at: Instant,
    outcome: Result<(), String>,
}

impl Readiness {
    pub(crate) fn new(broker: Arc<Broker>, limits: Limits) -> Self {
        Self { broker, limits, last: Mutex::default() }
    }

    /// What came of the last connection to the broker, which is made where there was none for [`FRESH`].
    ///
    /// A probe that goes away leaves the connection to those behind it: or a flood of such would be one of connections.
    async fn reach_broker(self: Arc<Self>) -> Result<(), String> {
        let looking = tokio::spawn(async move { self.look().await });
        looking.await.unwrap_or_else(|_| Err("the check failed".to_owned()))
    }

    async fn look(&self) -> Result<(), String> {
        let mut last = self.last.lock().await;
        if let Some(last) = &*last
            && last.at.elapsed() < FRESH
        {
            return last.outcome.clone();
        }
        let connected = self.broker.connect(None, &self.limits).await;
        let outcome = connected.map(drop).map_err(|unreachable| unreachable.why);
        let was_well = last.as_ref().is_none_or(|last| last.outcome.is_ok());
        match &outcome {
            Err(why) if was_well => tracing::warn!(broker = %self.broker.url(), "not ready: {why}"),
            Ok(()) if !was_well => tracing::info!(broker = %self.broker.url(), "ready again"),
            _ => {}
        }
        *last = Some(Look { at: Instant::now(), outcome: outcome.clone() });
        outcome
    }
}

/// Where a probe hears that the process runs and answers.
const HEALTH_PATH: &str = "/healthz";

/// Where a probe hears whether new connections can be served.
const READY_PATH: &str = "/readyz";

/// How long an answer about the broker stands.
const FRESH: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_is_told_from_other_requests() {
        for request in [&b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n"[..], b"HEAD /healthz HTTP/1.0\r\n\r\n"] {
            assert!(is_for_health(request));
        }
        for request in
            [&b""[..], b"GET /healthz", b"GET /healthzz HTTP/1.1", b"GET /readyz ", b"POST /healthz "]
        {
            assert!(!is_for_health(request), "{request:?}");
        }
    }
}
