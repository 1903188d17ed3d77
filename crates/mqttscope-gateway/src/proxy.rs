//! `/mqttproxy`: the bytes of a WebSocket's binary messages to a TCP connection, and back.
//!
//! The proxy knows nothing of MQTT. Packets may be cut over messages and messages may hold several packets
//! ([MQTT-6.0.0-2]); only their bytes and their order are kept.
//!
//! Back-pressure comes from never reading ahead: each direction takes the next piece only when the last
//! one has been written, so a slow side fills the sockets' buffers and then stops the other. What the
//! proxy itself holds for a connection is bounded:
//!
//! - to the client, one piece of 64 KiB and its frame: 128 KiB;
//! - from the client, a read buffer of 64 KiB and one message. The library hands messages over whole, so
//!   this is where [`MAX_MESSAGE_LEN`] bounds memory; a message in many frames is gathered in a buffer
//!   that doubles, so for it the bound is three times that. Messages of 64 KiB, as the page sends them,
//!   take 64 KiB.
//!
//! The price of not reading ahead: while a broker does not read, the end of its client is noticed only
//! when it reads on. It would send no will before that either.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio_util::sync::CancellationToken;
use tungstenite::error::ProtocolError;

use crate::error::io_reason;
use crate::state::AppState;

/// Answers the request for the proxy's path.
pub(crate) async fn upgrade(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    request: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if !state.allowed_origins.admit(&headers) {
        let origin = headers.get(header::ORIGIN);
        tracing::info!(%peer, ?origin, "connection refused: the origin is not allowed");
        return (StatusCode::FORBIDDEN, "this origin may not use the proxy; see --allow-origin\n")
            .into_response();
    }
    let request = match request {
        Ok(request) => request,
        Err(rejection) => return rejection.into_response(),
    };
    let subprotocol = select_subprotocol(&headers);
    if subprotocol.is_none() && offered_subprotocols(&headers).next().is_some() {
        let offered = offered_subprotocols(&headers).collect::<Vec<_>>().join(", ");
        tracing::info!(%peer, offered, supported = SUBPROTOCOLS.join(", "), "none of the subprotocols is known");
    }
    let open = state.connections.token();
    request
        .protocols(subprotocol)
        .max_message_size(MAX_MESSAGE_LEN)
        .max_frame_size(MAX_MESSAGE_LEN)
        .read_buffer_size(CHUNK_LEN)
        // Each piece is flushed before the next one is taken, so nothing is gained by gathering.
        .write_buffer_size(0)
        .max_write_buffer_size(4 * CHUNK_LEN)
        .on_upgrade(move |socket| async move {
            serve(socket, peer, subprotocol, &state.broker_addr, &state.shutdown).await;
            drop(open);
        })
}

/// The first offered subprotocol that is known: the client's order is its preference (RFC 6455, 4.1).
fn select_subprotocol(headers: &HeaderMap) -> Option<&'static str> {
    offered_subprotocols(headers).find_map(|offered| SUBPROTOCOLS.into_iter().find(|known| *known == offered))
}

fn offered_subprotocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|name| !name.is_empty())
}

/// One proxied connection, from the open WebSocket to both ends closed.
async fn serve(
    socket: WebSocket,
    peer: SocketAddr,
    subprotocol: Option<&str>,
    broker_addr: &str,
    shutdown: &CancellationToken,
) {
    let opened = Instant::now();
    tracing::info!(%peer, subprotocol = subprotocol.unwrap_or("none"), broker = broker_addr, "connection opened");
    let mut traffic = Traffic::default();
    let connecting = tokio::select! {
        connected = connect(broker_addr) => connected.map_err(End::BrokerUnreachable),
        () = shutdown.cancelled() => Err(End::ShuttingDown),
    };
    let end = match connecting {
        Ok(broker) => pass(socket, broker, &mut traffic, shutdown).await,
        Err(end) => {
            let (mut to_client, mut from_client) = socket.split();
            close_client(&mut to_client, &mut from_client, &end).await;
            end
        }
    };
    tracing::info!(
        %peer,
        seconds = %format_args!("{:.3}", opened.elapsed().as_secs_f32()),
        bytes_to_broker = traffic.to_broker,
        bytes_to_client = traffic.to_client,
        why = %end,
        "connection closed"
    );
}

#[derive(Default)]
struct Traffic {
    to_broker: u64,
    to_client: u64,
}

/// Connects to the broker, or says in words why not.
async fn connect(address: &str) -> Result<TcpStream, String> {
    let connecting = async {
        let addresses: Vec<_> = tokio::net::lookup_host(address)
            .await
            .map_err(|_| unreachable_reason(address, "host name not found"))?
            .collect();
        let broker = TcpStream::connect(&addresses[..])
            .await
            .map_err(|error| unreachable_reason(address, &io_reason(&error)))?;
        if let Err(error) = broker.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY not set");
        }
        Ok(broker)
    };
    match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
        Ok(connected) => connected,
        Err(_) => Err(unreachable_reason(address, &format!("no answer in {} s", CONNECT_TIMEOUT.as_secs()))),
    }
}

/// Names the address and the cause within the length of a close reason; a long host name is cut.
fn unreachable_reason(address: &str, cause: &str) -> String {
    const START: &str = "cannot connect to the broker at ";
    let cause = truncated(cause, 50);
    let room = MAX_REASON_LEN - START.len() - ": ".len() - cause.len();
    if address.len() <= room {
        return format!("{START}{address}: {cause}");
    }
    format!("{START}{}..: {cause}", truncated(address, room - 2))
}

fn truncated(text: &str, len: usize) -> &str {
    &text[..text.floor_char_boundary(len)]
}

/// Passes bytes both ways until one side ends; closes the broker's socket first, then the client's.
async fn pass(
    socket: WebSocket,
    mut broker: TcpStream,
    traffic: &mut Traffic,
    shutdown: &CancellationToken,
) -> End {
    let (mut to_client, mut from_client) = socket.split();
    let end = {
        let (mut from_broker, mut to_broker) = broker.split();
        let upward = client_to_broker(&mut from_client, &mut to_broker, &mut traffic.to_broker);
        let downward = broker_to_client(&mut from_broker, &mut to_client, &mut traffic.to_client);
        tokio::pin!(upward, downward);
        let passing = async {
            tokio::select! {
                upward_end = &mut upward => match upward_end {
                    UpwardEnd::Client(end) => end,
                    // The broker takes no more, but what it sent before is still to be passed on.
                    UpwardEnd::Broker => downward.await,
                },
                end = &mut downward => end,
            }
        };
        tokio::select! {
            end = passing => end,
            () = shutdown.cancelled() => End::ShuttingDown,
        }
    };
    // The broker learns of the end before the client's close handshake, which may take its time: a will
    // is due now. An end that follows the client's last bytes, not a reset that might overtake them.
    let _ = broker.shutdown().await;
    tokio::join!(close_client(&mut to_client, &mut from_client, &end), drain(&mut broker));
    end
}

enum UpwardEnd {
    Client(End),
    Broker,
}

async fn client_to_broker(
    from_client: &mut SplitStream<WebSocket>,
    to_broker: &mut WriteHalf<'_>,
    passed: &mut u64,
) -> UpwardEnd {
    UpwardEnd::Client(loop {
        match from_client.next().await {
            Some(Ok(Message::Binary(bytes))) => {
                if to_broker.write_all(&bytes).await.is_err() {
                    return UpwardEnd::Broker;
                }
                *passed += bytes.len() as u64;
            }
            // The library answers pings itself.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Text(_))) => break End::TextMessage,
            Some(Ok(Message::Close(frame))) => break End::ClientClosed(frame.map(|frame| frame.code)),
            Some(Err(error)) => break End::from_client_error(error),
            None => break End::ClientGone("connection closed".into()),
        }
    })
}

async fn broker_to_client(
    from_broker: &mut ReadHalf<'_>,
    to_client: &mut SplitSink<WebSocket, Message>,
    passed: &mut u64,
) -> End {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(CHUNK_LEN);
        match from_broker.read_buf(&mut buffer).await {
            Ok(0) => return End::BrokerClosed,
            Ok(len) => {
                // Done when the client's socket has taken it all; the buffer's memory is free again then.
                if let Err(error) = to_client.send(Message::Binary(buffer.split().freeze())).await {
                    return End::from_client_error(error);
                }
                *passed += len as u64;
            }
            // A broker that closes while bytes for it are on their way resets the connection, and all
            // that it sent before was read by now.
            Err(error) => return End::BrokerReset(io_reason(&error)),
        }
    }
}

/// Sends the close frame that fits and waits a moment for the client's.
async fn close_client(
    to_client: &mut SplitSink<WebSocket, Message>,
    from_client: &mut SplitStream<WebSocket>,
    end: &End,
) {
    let closing = async {
        if let Some((code, reason)) = end.close_frame() {
            let frame = CloseFrame { code, reason: truncated(&reason, MAX_REASON_LEN).into() };
            if to_client.send(Message::Close(Some(frame))).await.is_err() {
                return;
            }
        }
        // Reading also sends our answer to the client's close frame.
        while let Some(Ok(_)) = from_client.next().await {}
        if end.leaves_bytes_unread() {
            // Closing now would reset the connection, and the reset may overtake the close frame.
            std::future::pending().await
        }
    };
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, closing).await;
}

/// Waits a moment for the broker to close; with its bytes unread, closing would reset the connection.
async fn drain(broker: &mut TcpStream) {
    let mut sink = tokio::io::sink();
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, tokio::io::copy(broker, &mut sink)).await;
}

/// Why a proxied connection ended.
#[derive(Debug)]
enum End {
    ClientClosed(Option<u16>),
    ClientGone(String),
    TextMessage,
    MessageTooLong,
    ProtocolError(String),
    BrokerUnreachable(String),
    BrokerClosed,
    BrokerReset(String),
    ShuttingDown,
}

impl End {
    fn from_client_error(error: axum::Error) -> Self {
        use tungstenite::Error as Ws;
        match error.into_inner().downcast::<Ws>().map(|error| *error) {
            Ok(Ws::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {
                Self::ClientGone("connection closed without a close frame".into())
            }
            Ok(Ws::Protocol(error)) => Self::ProtocolError(error.to_string().to_lowercase()),
            Ok(Ws::Capacity(_)) => Self::MessageTooLong,
            // Only text has to be UTF-8, and text is refused anyway.
            Ok(Ws::Utf8(_)) => Self::TextMessage,
            Ok(Ws::Io(error)) => Self::ClientGone(io_reason(&error)),
            Ok(error) => Self::ClientGone(error.to_string()),
            Err(error) => Self::ClientGone(error.to_string()),
        }
    }

    /// The code and the reason to close with (RFC 6455, 7.4); `None` when the client closed or is gone.
    fn close_frame(&self) -> Option<(u16, Cow<'static, str>)> {
        let (code, reason) = match self {
            Self::ClientClosed(_) | Self::ClientGone(_) => return None,
            Self::TextMessage => (close_code::UNSUPPORTED, "MQTT needs binary messages, not text".into()),
            Self::MessageTooLong => {
                (close_code::SIZE, format!("a message may hold {MAX_MESSAGE_LEN} bytes").into())
            }
            Self::ProtocolError(reason) => (close_code::PROTOCOL, reason.clone().into()),
            Self::BrokerUnreachable(reason) => (BAD_GATEWAY, reason.clone().into()),
            Self::BrokerClosed => (close_code::NORMAL, "the broker closed the connection".into()),
            Self::BrokerReset(reason) => {
                (close_code::NORMAL, format!("the broker broke the connection: {reason}").into())
            }
            Self::ShuttingDown => (close_code::AWAY, "the gateway is shutting down".into()),
        };
        Some((code, reason))
    }

    fn leaves_bytes_unread(&self) -> bool {
        matches!(self, Self::MessageTooLong | Self::ProtocolError(_))
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientClosed(Some(code)) => write!(f, "the client closed with {code}"),
            Self::ClientClosed(None) => write!(f, "the client closed without a code"),
            Self::ClientGone(reason) => write!(f, "the client is gone: {reason}"),
            Self::TextMessage => write!(f, "the client sent a text message"),
            Self::MessageTooLong => write!(f, "the client sent a message that is too long"),
            Self::ProtocolError(reason) => write!(f, "the client broke the WebSocket protocol: {reason}"),
            Self::BrokerUnreachable(reason) => f.write_str(reason),
            Self::BrokerClosed => write!(f, "the broker closed the connection"),
            Self::BrokerReset(reason) => write!(f, "the broker broke the connection: {reason}"),
            Self::ShuttingDown => write!(f, "the gateway is shutting down"),
        }
    }
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

/// The size of the pieces in which the broker's bytes are passed on.
const CHUNK_LEN: usize = 64 * 1024;

/// How long the broker may take to accept the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the client may take to answer a close, and the broker to end after our end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Bad gateway: the registered code for "the server behind me did not answer" (IANA's list for RFC 6455).
const BAD_GATEWAY: u16 = 1014;

/// The longest reason that fits into a close frame (RFC 6455, 5.5).
const MAX_REASON_LEN: usize = 123;

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
    fn reasons_fit_into_a_close_frame() {
        let reason = unreachable_reason("127.0.0.1:1883", "connection refused");
        assert_eq!(reason, "cannot connect to the broker at 127.0.0.1:1883: connection refused");
        let reason = unreachable_reason(&format!("{}.example:1883", "é".repeat(100)), "no answer in 5 s");
        assert!(reason.len() <= MAX_REASON_LEN && reason.ends_with("..: no answer in 5 s"), "{reason}");
        let reason = unreachable_reason("h:1", &"long ".repeat(60));
        assert!(reason.len() <= MAX_REASON_LEN && reason.contains("h:1"), "{reason}");
    }
}
