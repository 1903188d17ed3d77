//! A stream of bytes to a broker: over TCP, or in the messages of a WebSocket.

use anyhow::{Context, Result, bail};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::thread;
use std::time::Duration;
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::client::Response;
use tungstenite::http::HeaderValue;
use tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tungstenite::{Message, WebSocket};

/// The way to a broker.
#[derive(Clone, Debug)]
pub enum Route {
    Tcp(SocketAddr),
    WebSocket {
        url: String,
        subprotocol: Option<&'static str>,
        /// The origin of a page, as a browser would send it.
        origin: Option<String>,
        /// How long to wait on it once it is open.
        settle: Duration,
    },
}

/// An open connection.
pub enum Transport {
    Tcp(TcpStream),
    WebSocket(Box<WebSocket<TcpStream>>),
}

/// What a read brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    Bytes(Vec<u8>),
    /// Nothing within the time.
    Nothing,
    /// The connection has ended; over a WebSocket with a code and a reason, unless it just broke.
    Closed(Option<(u16, String)>),
}

/// The page sends at most as many bytes in one message.
pub const MESSAGE_LEN: usize = 64 * 1024;

impl Route {
    /// Opens a connection.
    ///
    /// # Errors
    /// If nobody answers, or the WebSocket is refused.
    pub fn open(&self) -> Result<Transport> {
        Ok(match self {
            Self::Tcp(address) => Transport::Tcp(connect(address)?),
            Self::WebSocket { .. } => Transport::WebSocket(Box::new(self.open_web_socket()?.0)),
        })
    }

    /// Opens a WebSocket, and returns the answer to its request with it.
    ///
    /// # Errors
    /// If nobody answers, or it is refused.
    pub fn open_web_socket(&self) -> Result<(WebSocket<TcpStream>, Response)> {
        let Self::WebSocket { url, subprotocol, origin, settle } = self else {
            bail!("the route is no WebSocket")
        };
        let mut request = url.as_str().into_client_request()?;
        for (name, value) in [("sec-websocket-protocol", *subprotocol), ("origin", origin.as_deref())] {
            if let Some(value) = value {
                request.headers_mut().insert(name, HeaderValue::from_str(value)?);
            }
        }
        let host = request.uri().authority().context("the address names a host")?.as_str().to_owned();
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let opened = tungstenite::client::client_with_config(request, connect(&host)?, Some(config))?;
        thread::sleep(*settle);
        Ok(opened)
    }
}

fn connect(address: impl ToSocketAddrs + std::fmt::Debug) -> Result<TcpStream> {
    let stream = TcpStream::connect(&address).with_context(|| format!("nothing listens at {address:?}"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl Transport {
    /// Sends bytes, over a WebSocket in messages as the page makes them.
    ///
    /// # Errors
    /// If the connection has ended.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Tcp(stream) => stream.write_all(bytes)?,
            Self::WebSocket(socket) => {
                for piece in bytes.chunks(MESSAGE_LEN) {
                    socket.send(Message::binary(piece.to_vec()))?;
                }
            }
        }
        Ok(())
    }

    /// Waits for the next bytes.
    ///
    /// # Errors
    /// If the connection fails in another way than by ending.
    pub fn receive(&mut self, limit: Duration) -> Result<Input> {
        self.stream().set_read_timeout(Some(limit.max(Duration::from_millis(1))))?;
        match self {
            Self::Tcp(stream) => {
                let mut buffer = vec![0; 64 * 1024];
                match stream.read(&mut buffer) {
                    Ok(0) => Ok(Input::Closed(None)),
                    Ok(count) => {
                        buffer.truncate(count);
                        Ok(Input::Bytes(buffer))
                    }
                    Err(error) => from_io_error(error),
                }
            }
            Self::WebSocket(socket) => match socket.read() {
                Ok(Message::Binary(bytes)) => Ok(Input::Bytes(bytes.into())),
                Ok(Message::Text(text)) => bail!("a text message came: {text}"),
                Ok(Message::Close(frame)) => {
                    let close = |frame: CloseFrame| (frame.code.into(), frame.reason.to_string());
                    Ok(Input::Closed(Some(frame.map_or((1005, String::new()), close))))
                }
                // A pong for us is nothing, and the library answers a ping itself.
                Ok(_) => Ok(Input::Nothing),
                Err(tungstenite::Error::Io(error)) => from_io_error(error),
                Err(
                    tungstenite::Error::ConnectionClosed
                    | tungstenite::Error::AlreadyClosed
                    | tungstenite::Error::Protocol(_),
                ) => Ok(Input::Closed(None)),
                Err(error) => Err(error.into()),
            },
        }
    }

    fn stream(&self) -> &TcpStream {
        match self {
            Self::Tcp(stream) => stream,
            Self::WebSocket(socket) => socket.get_ref(),
        }
    }
}

fn from_io_error(error: std::io::Error) -> Result<Input> {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Ok(Input::Nothing),
        // Who closes while bytes for him are on their way resets the connection.
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => {
            Ok(Input::Closed(None))
        }
        _ => Err(error.into()),
    }
}
