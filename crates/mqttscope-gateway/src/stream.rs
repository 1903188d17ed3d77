//! The bytes of one connection: over TCP, over TLS, or in the messages of a WebSocket to a broker.
//!
//! Plain TCP is split into the system's own halves and costs what it would without the others. The rest is split in
//! two that share it, which costs nothing worth the name while one task holds both, as the proxy's does.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, tcp};
use tokio_rustls::TlsStream;

use crate::proxy::WebSocket;

/// A connection to a client or to a broker.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    WebSocket(Box<WebSocket>),
}

impl Stream {
    /// Both directions, for one task.
    pub(crate) fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        match self {
            Self::Tcp(stream) => {
                let (read, write) = stream.split();
                (ReadHalf::Tcp(read), WriteHalf::Tcp(write))
            }
            shared => {
                let (read, write) = tokio::io::split(shared);
                (ReadHalf::Shared(read), WriteHalf::Shared(write))
            }
        }
    }
}

/// What is read of a [`Stream`].
#[derive(Debug)]
pub(crate) enum ReadHalf<'a> {
    Tcp(tcp::ReadHalf<'a>),
    Shared(tokio::io::ReadHalf<&'a mut Stream>),
}

/// What is written to a [`Stream`].
///
/// What was written may wait until it is flushed.
#[derive(Debug)]
pub(crate) enum WriteHalf<'a> {
    Tcp(tcp::WriteHalf<'a>),
    Shared(tokio::io::WriteHalf<&'a mut Stream>),
}

/// Calls the same on whatever it is.
macro_rules! each {
    ($it:expr, $($kind:path)|+, $inner:ident => $call:expr) => {
        match $it {
            $($kind($inner) => $call,)+
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            // Many end the connection below TLS and say nothing within; MQTT and WebSockets say their ends themselves.
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf).map(|read| match read {
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(()),
                read => read,
            }),
            Self::WebSocket(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        each!(self.get_mut(), Self::Tcp | Self::Tls | Self::WebSocket, it => Pin::new(it).poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), Self::Tcp | Self::Tls | Self::WebSocket, it => Pin::new(it).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), Self::Tcp | Self::Tls | Self::WebSocket, it => Pin::new(it).poll_shutdown(cx))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        each!(this, Self::Tcp | Self::Tls | Self::WebSocket, it => Pin::new(it).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        each!(self, Self::Tcp | Self::Tls | Self::WebSocket, it => it.is_write_vectored())
    }
}

impl AsyncRead for ReadHalf<'_> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), Self::Tcp | Self::Shared, it => Pin::new(it).poll_read(cx, buf))
    }
}

impl AsyncWrite for WriteHalf<'_> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        each!(self.get_mut(), Self::Tcp | Self::Shared, it => Pin::new(it).poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), Self::Tcp | Self::Shared, it => Pin::new(it).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), Self::Tcp | Self::Shared, it => Pin::new(it).poll_shutdown(cx))
    }
}
