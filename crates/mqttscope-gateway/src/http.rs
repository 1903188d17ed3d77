//! HTTP: what every request must fulfil, where it goes, and what every response says.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower_service::Service;

use crate::config::FrameAncestors;
use crate::files::{self, PAGE_FOLDER, PAGE_PATH};
use crate::health;
use crate::hosts::{self, HostFault};
use crate::metrics::Refusal;
use crate::proxy::{self, PROXY_PATH};
use crate::quiet::shortened;
use crate::state::{AppState, Client};
use crate::stream::Stream;

/// Serves one connection until it ends, becomes a WebSocket, or the gateway stops.
pub(crate) async fn serve(stream: Stream, client: Client, router: Router, state: AppState) {
    let shutdown = state.shutdown.clone();
    let addr = client.addr;
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).max_buf_size(MAX_HEAD_LEN);
    let timeout = state.limits.header_timeout;
    http.header_read_timeout((!timeout.is_zero()).then_some(timeout));
    let service = hyper::service::service_fn(move |request| {
        let answer = answer(request, client.clone(), router.clone(), state.clone());
        async { Ok::<_, Infallible>(answer.await) }
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let served = tokio::select! {
        served = &mut connection => served,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(peer = %addr, %error, "connection failed");
    }
}

/// Tells a client that there is no place for it, once its stream is there; a probe of `/healthz` hears that all is well.
///
/// Its request is read, or closing would reset the connection, and the reset may overtake the answer.
pub(crate) async fn turn_away(stream: impl Future<Output = Option<Stream>>) {
    let telling = async {
        let Some(mut stream) = stream.await else { return Ok(()) };
        let mut request = [0; 1024];
        let start = tokio::time::timeout(FIRST_WORD_TIMEOUT, stream.read(&mut request)).await;
        let len = start.unwrap_or(Ok(0))?;
        let is_probe = health::is_for_health(&request[..len]);
        stream.write_all(if is_probe { IS_WELL } else { NO_PLACE }).await?;
        stream.shutdown().await?;
        while stream.read(&mut request).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    let _ = tokio::time::timeout(TURN_AWAY_TIMEOUT, telling).await;
}

/// Where requests go that are not for the proxy.
pub(crate) fn router(state: AppState) -> Router {
    let to_page = || async { Redirect::temporary(PAGE_PATH) };
    Router::new()
        .route("/", get(to_page))
        .route("/demo/gateway/javascript", get(to_page))
        .route(PAGE_FOLDER, get(to_page))
        .route("/demo/gateway/javascript/{*path}", get(files::serve))
        .with_state(state)
}

/// The headers of every response, of which the last word is that of `extra`.
pub(crate) fn headers(
    ancestors: &FrameAncestors,
    hsts: Option<Duration>,
    extra: Vec<(HeaderName, HeaderValue)>,
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // The page carries its policy itself; a worker takes the one of its own file's response, and who may show the
    // page in a frame is heeded in a header only.
    let policy = format!("{CONTENT_SECURITY_POLICY}; frame-ancestors {}", ancestors.as_str());
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if let Some(hsts) = hsts
        && let Ok(value) = HeaderValue::from_str(&format!("max-age={}", hsts.as_secs()))
    {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    for (name, value) in extra {
        headers.insert(name, value);
    }
    headers
}

async fn answer(request: Request<Incoming>, client: Client, router: Router, state: AppState) -> Response {
    let (headers, draining) = (state.headers.clone(), state.draining.clone());
    let mut response = match health::answer(request.method(), request.uri().path(), &state).await {
        Some(health) => health,
        None => match refuse_host(&request, &client, &state) {
            Some(refusal) => refusal,
            None => answer_user(request, client, router, state).await,
        },
    };
    // A balancer keeps connections for later requests, which would be none of this gateway's any more.
    if draining.is_cancelled() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    // Replaces what is there: the extra headers have the last word.
    for (name, value) in headers.iter() {
        response.headers_mut().insert(name.clone(), value.clone());
    }
    response
}

/// Answers whoever may ask.
async fn answer_user(
    request: Request<Incoming>,
    mut client: Client,
    mut router: Router,
    state: AppState,
) -> Response {
    match state.auth.check(request.headers(), client.addr).await {
        Ok(user) => client.user = user,
        Err(denial) => {
            state.metrics.refused(Refusal::Auth);
            return denial.into_response();
        }
    }
    if request.uri().path() == PROXY_PATH {
        return proxy::upgrade(request, client, state);
    }
    routed(router.call(request.map(Body::new))).await
}

async fn routed(response: impl Future<Output = Result<Response, Infallible>>) -> Response {
    match response.await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Refuses a request for a name that is not the gateway's.
pub(crate) fn refuse_host(
    request: &Request<Incoming>,
    client: &Client,
    state: &AppState,
) -> Option<Response> {
    let headers = request.headers();
    let fault = match state.allowed_hosts.check(request.version(), request.uri(), headers) {
        Ok(()) => return None,
        Err(fault) => fault,
    };
    let host = shortened(hosts::shown(headers));
    tracing::info!(peer = %client.addr, host = &*host, "request refused: not a host of this gateway");
    state.metrics.refused(Refusal::Host);
    Some(match fault {
        HostFault::Malformed => (StatusCode::BAD_REQUEST, "a request must name one host\n").into_response(),
        HostFault::Unknown => {
            (StatusCode::FORBIDDEN, "this gateway does not answer under that name; see --host\n")
                .into_response()
        }
    })
}

/// The longest head of a request, in bytes.
const MAX_HEAD_LEN: usize = 64 * 1024;

const NO_PLACE: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 10\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Length: 43\r\n\r\n\
    this gateway has no place; try again later\n";

const IS_WELL: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\nCache-Control: no-store\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n\r\n\
    ok\n";

/// How long a client that is turned away may take to begin its request.
const FIRST_WORD_TIMEOUT: Duration = Duration::from_millis(250);

/// How long a client that is turned away may take in all.
const TURN_AWAY_TIMEOUT: Duration = Duration::from_secs(1);

/// What the page may do, in the words that it carries itself: `cargo xtask dist` writes the same file into it.
const CONTENT_SECURITY_POLICY: &str = include_str!("content-security-policy.txt").trim_ascii_end();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_made_answers_are_as_long_as_they_say() {
        for answer in [NO_PLACE, IS_WELL] {
            let text = std::str::from_utf8(answer).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.ends_with(&format!("Content-Length: {}", body.len())), "{text}");
        }
    }
}
