//! Plain HTTP is sent on to HTTPS.

use std::convert::Infallible;

use axum::http::{Method, Request, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use crate::health;
use crate::http::refuse_host;
use crate::origin::split_port;
use crate::proxy::PROXY_PATH;
use crate::state::{AppState, Client};

/// Where HTTPS is, for whoever has asked without it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// At the port that was asked, whatever it is called outside.
    SamePort,
    Port(u16),
}

/// Answers one request that came without TLS.
pub(crate) async fn redirect(stream: TcpStream, target: Target, client: Client, state: AppState) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).keep_alive(false).max_buf_size(MAX_HEAD_LEN);
    let timeout = state.limits.header_timeout;
    http.header_read_timeout((!timeout.is_zero()).then_some(timeout));
    let shutdown = state.shutdown.clone();
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let (client, state) = (client.clone(), state.clone());
        async move {
            // Probes need no secrets, and some take a redirection for success.
            let health = health::answer(request.method(), request.uri().path(), &state).await;
            Ok::<_, Infallible>(health.unwrap_or_else(|| answer(&request, target, &client, &state)))
        }
    });
    tokio::select! {
        served = http.serve_connection(TokioIo::new(stream), service) => {
            if let Err(error) = served {
                tracing::debug!(%error, "connection without TLS failed");
            }
        }
        () = shutdown.cancelled() => {}
    }
}

fn answer(request: &Request<Incoming>, target: Target, client: &Client, state: &AppState) -> Response {
    if let Some(refusal) = refuse_host(request, client, state) {
        return refusal;
    }
    // A WebSocket follows no redirect, and what a form has sent has been read on its way by now.
    if request.uri().path() == PROXY_PATH || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return refusal();
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    match host.and_then(|host| location(host, request.uri(), target)) {
        // Not for ever: a browser that keeps it would not come back where TLS is switched off again.
        Some(location) => Redirect::temporary(&location).into_response(),
        None => refusal(),
    }
}

fn refusal() -> Response {
    (StatusCode::BAD_REQUEST, "this port speaks TLS: ask for https:// or wss://\n").into_response()
}

fn location(host: &str, uri: &Uri, target: Target) -> Option<String> {
    let (name, _) = split_port(host)?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    Some(match target {
        Target::SamePort => format!("https://{host}{path}"),
        Target::Port(443) => format!("https://{name}{path}"),
        Target::Port(port) => format!("https://{name}:{port}{path}"),
    })
}

/// The longest head of a request, in bytes.
const MAX_HEAD_LEN: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_stays_and_the_port_is_that_of_tls() {
        let uri: Uri = "/demo?a=b".parse().unwrap();
        for (host, target, expected) in [
            ("h:8001", Target::SamePort, Some("https://h:8001/demo?a=b")),
            ("h", Target::SamePort, Some("https://h/demo?a=b")),
            ("h:80", Target::Port(443), Some("https://h/demo?a=b")),
            ("[::1]", Target::Port(8443), Some("https://[::1]:8443/demo?a=b")),
            ("a/b", Target::SamePort, None),
        ] {
            assert_eq!(location(host, &uri, target).as_deref(), expected, "{host}");
        }
    }
}
