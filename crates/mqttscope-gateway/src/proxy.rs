//! `/mqttproxy`: the bytes of a WebSocket's binary messages to a broker, and back.
//!
//! The proxy knows nothing of MQTT. Packets may be cut over messages and messages may hold several packets
//! ([MQTT-6.0.0-2]); only their bytes and their order are kept.
//!
//! - `frames` is the WebSocket's framing, without I/O;
//! - `buffer` what lies between a read and the write that follows it;
//! - `alive` whether the client is there;
//! - `pass` both directions, and how they end; `end` why, in words;
//! - `connect` is the way to the broker, `websocket` the one to a broker that has only a WebSocket.
//!
//! Back-pressure comes from never reading ahead: each direction takes the next piece only when the last
//! one has been written, so a slow side fills the sockets' buffers and then stops the other. What the
//! proxy itself holds for a connection is a piece of at most 64 KiB each way, and 2 KiB each way while little comes.
//!
//! The price of not reading ahead: while a broker does not read, the end of its client is noticed only
//! when it reads on. It would send no will before that either.

mod alive;
mod buffer;
mod connect;
mod end;
mod frames;
mod pass;
mod websocket;

use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use sha1::{Digest, Sha1};

use crate::metrics::{Passed, Refusal};
use crate::quiet::shortened;
use crate::state::{AppState, Client};
use crate::stream::Stream;
use end::End;

pub(crate) use connect::Broker;
pub(crate) use websocket::WebSocket;

/// Answers the request for the proxy's path, and serves the WebSocket that follows.
pub(crate) fn upgrade(mut request: Request<Incoming>, client: Client, state: AppState) -> Response {
    let headers = request.headers();
    let peer = client.addr;
    if !state.allowed_origins.admit(headers) {
        let origin = headers.get(header::ORIGIN).map_or(&b""[..], HeaderValue::as_bytes);
        let origin = String::from_utf8_lossy(origin);
        tracing::info!(%peer, origin = &*shortened(&origin), "connection refused: the origin is not allowed");
        state.metrics.refused(Refusal::Origin);
        return (StatusCode::FORBIDDEN, "this origin may not use the proxy; see --allow-origin\n")
            .into_response();
    }
    let accept = match accept_key(request.method(), headers) {
        Ok(accept) => accept,
        Err(fault) => {
            state.metrics.refused(Refusal::Handshake);
            return fault.into_response();
        }
    };
    if state.takes_no_more() {
        tracing::info!(%peer, "connection refused: the gateway is draining");
        state.metrics.refused(Refusal::Draining);
        let retry = [(header::RETRY_AFTER, HeaderValue::from_static("1"))];
        return (StatusCode::SERVICE_UNAVAILABLE, retry, "this gateway is about to stop; try again\n")
            .into_response();
    }
    let subprotocol = select_subprotocol(headers);
    if subprotocol.is_none() && offered_subprotocols(headers).next().is_some() {
        let offered = offered_subprotocols(headers).collect::<Vec<_>>().join(", ");
        let (offered, supported) = (&*shortened(&offered), SUBPROTOCOLS.join(", "));
        tracing::info!(%peer, offered, supported, "none of the subprotocols is known");
    }
    let Some(upgrading) = request.extensions_mut().remove::<OnUpgrade>() else {
        // HTTP/1.0 knows no upgrades.
        state.metrics.refused(Refusal::Handshake);
        return HandshakeFault::NoUpgrade.into_response();
    };
    let connections = state.connections.clone();
    connections.spawn(async move {
        serve(upgrading, &client, subprotocol, &state).await;
    });

    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    if let Some(subprotocol) = subprotocol {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(subprotocol));
    }
    response
}

/// What proves that the handshake was understood (RFC 6455, 4.2.2).
fn accept_key(method: &Method, headers: &HeaderMap) -> Result<HeaderValue, HandshakeFault> {
    if method != Method::GET {
        return Err(HandshakeFault::Method);
    }
    if !has_token(headers, &header::CONNECTION, "upgrade")
        || !has_token(headers, &header::UPGRADE, "websocket")
    {
        return Err(HandshakeFault::NoUpgrade);
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != VERSION) {
        return Err(HandshakeFault::Version);
    }
    let mut keys = headers.get_all(header::SEC_WEBSOCKET_KEY).iter();
    let key = match (keys.next(), keys.next()) {
        (Some(key), None) if !key.is_empty() => key,
        _ => return Err(HandshakeFault::Key),
    };
    HeaderValue::from_str(&accept_of(key.as_bytes())).map_err(|_| HandshakeFault::Key)
}

fn accept_of(key: &[u8]) -> String {
    let digest = Sha1::new().chain_update(key).chain_update(KEY_SUFFIX).finalize();
    data_encoding::BASE64.encode(&digest)
}

/// What is wrong with a request for a WebSocket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum HandshakeFault {
    Method,
    NoUpgrade,
    Version,
    Key,
}

impl IntoResponse for HandshakeFault {
    fn into_response(self) -> Response {
        let words = match self {
            Self::Method => {
                let allow = [(header::ALLOW, HeaderValue::from_static("GET"))];
                return (StatusCode::METHOD_NOT_ALLOWED, allow).into_response();
            }
            Self::Key => {
                return (StatusCode::BAD_REQUEST, "a WebSocket's handshake has one key\n").into_response();
            }
            Self::NoUpgrade => "this is a WebSocket's address\n",
            Self::Version => "this WebSocket's version is 13\n",
        };
        // 426 names what to upgrade to (RFC 9110, 15.5.22), and which version (RFC 6455, 4.4).
        let headers = [
            (header::CONNECTION, HeaderValue::from_static("upgrade")),
            (header::UPGRADE, HeaderValue::from_static("websocket")),
            (header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION)),
        ];
        (StatusCode::UPGRADE_REQUIRED, headers, words).into_response()
    }
}

fn has_token(headers: &HeaderMap, name: &header::HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|found| found.eq_ignore_ascii_case(token))
}

/// The first offered subprotocol that is known: the client's order is its preference (RFC 6455, 4.1).
fn select_subprotocol(headers: &HeaderMap) -> Option<&'static str> {
    offered_subprotocols(headers).find_map(|offered| SUBPROTOCOLS.into_iter().find(|known| *known == offered))
}

fn offered_subprotocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    tokens(headers, &header::SEC_WEBSOCKET_PROTOCOL)
}

/// The elements of a header that is a list (RFC 9110, 5.6.1).
fn tokens<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|token| !token.is_empty())
}

/// One proxied connection, from the open WebSocket to both ends closed.
async fn serve(upgrading: OnUpgrade, client: &Client, subprotocol: Option<&str>, state: &AppState) {
    let (peer, user, opened) = (client.addr, client.user.as_deref(), Instant::now());
    let connecting = async {
        tokio::select! {
            connected = state.broker.connect(subprotocol, &state.limits) => match connected {
                Ok(broker) => {
                    state.metrics.broker_reached(opened.elapsed());
                    Ok(broker)
                }
                Err(unreachable) => {
                    state.metrics.broker_not_reached(unreachable.cause);
                    Err(End::BrokerUnreachable(state.broker.reason(&unreachable)))
                }
            },
            () = state.shutdown.cancelled() => Err(End::ShuttingDown),
        }
    };
    let (socket, broker) = tokio::join!(upgraded(upgrading), connecting);
    let Some(socket) = socket else {
        tracing::debug!(%peer, "the client left before its WebSocket was open");
        return;
    };
    let broker_url = state.broker.url();
    tracing::info!(%peer, user, subprotocol = subprotocol.unwrap_or("none"), broker = %broker_url, "connection opened");
    let counted = state.metrics.websocket();
    let mut traffic = Traffic { to_broker: state.metrics.to_broker(), to_client: state.metrics.to_client() };
    let end = match broker {
        Ok(broker) => pass::pass(socket, broker, &mut traffic, &state.limits, &state.shutdown).await,
        Err(end) => {
            pass::refuse(socket, &end).await;
            end
        }
    };
    state.metrics.ended(end.cause(), end.code());
    drop(counted);
    tracing::info!(
        %peer,
        user,
        seconds = %format_args!("{:.3}", opened.elapsed().as_secs_f32()),
        bytes_to_broker = traffic.to_broker.bytes(),
        bytes_to_client = traffic.to_client.bytes(),
        why = %end,
        "connection closed"
    );
}

struct Traffic {
    to_broker: Passed,
    to_client: Passed,
}

/// The client's stream as it is behind the HTTP server's answer.
async fn upgraded(upgrading: OnUpgrade) -> Option<pass::Socket> {
    let parts = upgrading.await.ok()?.downcast::<TokioIo<Stream>>().ok()?;
    let early: Bytes = parts.read_buf;
    Some(pass::Socket { stream: parts.io.into_inner(), early })
}

/// The path of the proxy.
pub const PROXY_PATH: &str = "/mqttproxy";

/// The subprotocols that the proxy agrees to: `mqtt` ([MQTT-6.0.0-3]) and the two that 3.1 clients use.
///
/// A client that offers none gets in as well, as at Kaazing's gateway. One that offers only others gets in
/// without an answer to its offer (RFC 6455, 4.2.2): whether it goes on is its own decision. Browsers do
/// not, and the log says what was offered.
pub const SUBPROTOCOLS: [&str; 3] = ["mqtt", "mqttv3.1", "mqttv3.1.1"];

/// The longest WebSocket message that is accepted, in bytes; a longer one closes with 1009.
///
/// It has room for a PUBLISH with a payload of 16 MiB and the longest topic.
pub const MAX_MESSAGE_LEN: usize = 16 * 1024 * 1024 + 128 * 1024;

/// The WebSocket's version (RFC 6455, 4.1).
const VERSION: &str = "13";

/// What a server appends to the client's key (RFC 6455, 1.3).
const KEY_SUFFIX: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// How long the client may take to answer a close, and the broker to end after our end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(offers: &[&str]) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        for offer in offers {
            headers.append(header::SEC_WEBSOCKET_PROTOCOL, offer.parse().unwrap());
        }
        select_subprotocol(&headers)
    }

    #[test]
    fn the_first_known_subprotocol_is_named() {
        assert_eq!(selected(&[]), None);
        assert_eq!(selected(&["mqtt"]), Some("mqtt"));
        assert_eq!(selected(&["mqttv3.1"]), Some("mqttv3.1"));
        assert_eq!(selected(&["mqttv3.1.1"]), Some("mqttv3.1.1"));
        assert_eq!(selected(&["mqttv3.1, mqtt"]), Some("mqttv3.1"));
        assert_eq!(selected(&["chat , mqttv3.1.1", "mqtt"]), Some("mqttv3.1.1"));
        assert_eq!(selected(&["MQTT, mqttv5, "]), None);
    }

    #[test]
    fn a_handshake_is_answered_as_the_specification_shows() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONNECTION, HeaderValue::from_static("keep-alive, Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("WebSocket"));
        headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers.insert(header::SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
        // The example of RFC 6455, 1.3.
        assert_eq!(accept_key(&Method::GET, &headers).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");

        let fault = |method: Method, change: fn(&mut HeaderMap)| {
            let mut headers = headers.clone();
            change(&mut headers);
            accept_key(&method, &headers).unwrap_err()
        };
        assert_eq!(fault(Method::POST, |_| {}), HandshakeFault::Method);
        let without_upgrade = fault(Method::GET, |headers| drop(headers.remove(header::UPGRADE)));
        assert_eq!(without_upgrade, HandshakeFault::NoUpgrade);
        let without_version =
            fault(Method::GET, |headers| drop(headers.remove(header::SEC_WEBSOCKET_VERSION)));
        assert_eq!(without_version, HandshakeFault::Version);
        headers.append(header::SEC_WEBSOCKET_KEY, HeaderValue::from_static("second"));
        assert_eq!(accept_key(&Method::GET, &headers), Err(HandshakeFault::Key));
        headers.insert(header::SEC_WEBSOCKET_KEY, HeaderValue::from_static(""));
        assert_eq!(accept_key(&Method::GET, &headers), Err(HandshakeFault::Key));
    }
}
