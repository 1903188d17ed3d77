//! A broker behind a WebSocket: its handshake, and the bytes in its messages (RFC 6455, as a client).
//!
//! It is read and written as a stream, with nothing read ahead: a frame's payload is moved to the front of whatever
//! buffer it was read into, and of what is written one frame at a time is kept.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::buffer::MAX_PIECE_LEN;
use super::frames::{self, Control, Frames, Stop};
use super::{VERSION, accept_of};
use crate::stream::Stream;

/// An open WebSocket to a broker.
#[derive(Debug)]
pub(crate) struct WebSocket {
    stream: Stream,
    /// What came with the handshake's answer.
    early: BytesMut,
    frames: Frames,
    /// Why nothing more is read.
    end: Option<Result<(), &'static str>>,
    /// The broker's close frame, if that was it.
    closed: Option<Control>,
    /// What is written and has not left: whole frames, of which a part may be sent.
    outgoing: Vec<u8>,
    sent: usize,
    pong: Option<Control>,
    close: Closing,
    keys: Keys,
}

/// Our close frame.
#[derive(Clone, Copy, Debug)]
enum Closing {
    With(Control),
    Written,
}

/// Why a handshake came to nothing.
#[derive(Debug)]
pub(super) enum Refusal {
    Io(io::Error),
    /// Answered with another status than 101.
    Status(u16),
    /// Answered with what is no HTTP, or no answer to what was asked.
    Other(&'static str),
}

impl WebSocket {
    /// Asks for a WebSocket, with the subprotocol that the broker is to speak.
    pub(super) async fn open(
        mut stream: Stream,
        authority: &str,
        path: &str,
        subprotocol: &str,
    ) -> Result<Self, Refusal> {
        let mut random = [0; 16];
        SystemRandom::new()
            .fill(&mut random)
            .map_err(|_| Refusal::Io(io::Error::other("no random numbers")))?;
        let key = data_encoding::BASE64.encode(&random);
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: {VERSION}\r\nSec-WebSocket-Key: {key}\r\n\
             Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.map_err(Refusal::Io)?;
        stream.flush().await.map_err(Refusal::Io)?;
        let mut received = BytesMut::new();
        loop {
            if stream.read_buf(&mut received).await.map_err(Refusal::Io)? == 0 {
                return Err(match received.is_empty() {
                    true => Refusal::Io(io::ErrorKind::ConnectionReset.into()),
                    false => Refusal::Other(NO_HTTP),
                });
            }
            if let Some(len) = check_answer(&received, &key, subprotocol)? {
                received.advance(len);
                break;
            }
            if received.len() > MAX_ANSWER_LEN {
                return Err(Refusal::Other("the head of its answer is too long"));
            }
        }
        Ok(Self {
            stream,
            early: received,
            frames: Frames::of_server(),
            end: None,
            closed: None,
            outgoing: Vec::new(),
            sent: 0,
            pong: None,
            close: Closing::With(Control::default()),
            keys: Keys::default(),
        })
    }

    /// The frame that the broker has closed with, if it has; once.
    pub(super) fn taken_close(&mut self) -> Option<Control> {
        self.closed.take()
    }

    /// What [`AsyncWrite::poll_shutdown`] closes with.
    pub(super) fn set_close(&mut self, control: Control) {
        if let Closing::With(close) = &mut self.close {
            *close = control;
        }
    }

    /// Looks at what was read behind `start`, and leaves only the payload there.
    fn take(&mut self, buf: &mut ReadBuf<'_>, start: usize) {
        let taken = self.frames.take(&mut buf.filled_mut()[start..]);
        buf.set_filled(start + taken.payload);
        if let Some(ping) = self.frames.take_ping() {
            self.pong = Some(ping);
        }
        self.end = match taken.stop {
            None => return,
            Some(Stop::Close(control)) => {
                self.closed = Some(control);
                Some(Ok(()))
            }
            Some(Stop::Text) => Some(Err("it sent a text message")),
            // A server's messages have no limit.
            Some(Stop::TooLong) => Some(Err("it sent a message that is too long")),
            Some(Stop::Broken(reason)) => Some(Err(reason)),
        };
    }

    /// Sends what was written, and a pong behind it; done when all has left.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            while self.sent < self.outgoing.len() {
                match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.outgoing[self.sent..]))? {
                    0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    len => self.sent += len,
                }
            }
            if self.outgoing.len() <= SMALL {
                // A large frame's room is not kept for small ones.
                self.outgoing.shrink_to(SMALL);
            }
            self.outgoing.clear();
            self.sent = 0;
            match self.pong.take() {
                Some(pong) if matches!(self.close, Closing::With(_)) => {
                    self.put(frames::PONG, pong.as_slice())?;
                }
                _ => break,
            }
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn put(&mut self, opcode: u8, payload: &[u8]) -> io::Result<()> {
        let key = self.keys.next()?;
        frames::push_masked(&mut self.outgoing, opcode, payload, key);
        Ok(())
    }
}

impl AsyncRead for WebSocket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let start = buf.filled().len();
        loop {
            // A pong leaves by itself; where it cannot yet, this task is woken when it can.
            if this.pong.is_some()
                && let Poll::Ready(Err(error)) = this.poll_send(cx)
            {
                return Poll::Ready(Err(error));
            }
            match this.end {
                Some(Ok(())) => return Poll::Ready(Ok(())),
                Some(Err(reason)) => {
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, reason)));
                }
                None => {}
            }
            if this.early.is_empty() {
                ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
                if buf.filled().len() == start {
                    return Poll::Ready(Ok(()));
                }
            } else {
                let len = this.early.len().min(buf.remaining());
                buf.put_slice(&this.early.split_to(len));
            }
            this.take(buf, start);
            if buf.filled().len() > start {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for WebSocket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        let taken = &buf[..buf.len().min(MAX_PIECE_LEN)];
        if !taken.is_empty() {
            this.put(frames::BINARY, taken)?;
            if let Poll::Ready(Err(error)) = this.poll_send(cx) {
                return Poll::Ready(Err(error));
            }
        }
        Poll::Ready(Ok(taken.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_send(cx)
    }

    /// Sends the close frame. It is the broker that then ends the connection (RFC 6455, 7.1.1).
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Closing::With(control) = this.close {
            this.put(frames::CLOSE, control.as_slice())?;
            this.close = Closing::Written;
        }
        this.poll_send(cx)
    }
}

/// How long an answer's head is, once it is there and says what it must.
fn check_answer(received: &[u8], key: &str, subprotocol: &str) -> Result<Option<usize>, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    let len = match answer.parse(received) {
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(Refusal::Other(NO_HTTP)),
    };
    match answer.code {
        Some(101) => {}
        Some(status) => return Err(Refusal::Status(status)),
        None => return Err(Refusal::Other(NO_HTTP)),
    }
    let value = |name: &str| {
        let header = answer.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        header.and_then(|header| std::str::from_utf8(header.value).ok()).map(str::trim)
    };
    if value("sec-websocket-accept") != Some(&accept_of(key.as_bytes())) {
        return Err(Refusal::Other("its answer is of another handshake"));
    }
    // Some brokers answer none where they know but one.
    match value("sec-websocket-protocol") {
        Some(named) if named != subprotocol => Err(Refusal::Other("it named another subprotocol")),
        _ => Ok(Some(len)),
    }
}

/// Keys of masks, which nobody can tell in advance (RFC 6455, 10.3), some at a time.
#[derive(Debug)]
struct Keys {
    bytes: [u8; 128],
    used: usize,
}

impl Keys {
    fn next(&mut self) -> io::Result<[u8; 4]> {
        if self.used == self.bytes.len() {
            SystemRandom::new().fill(&mut self.bytes).map_err(|_| io::Error::other("no random numbers"))?;
            self.used = 0;
        }
        let key = self.bytes[self.used..].first_chunk().copied().unwrap_or_default();
        self.used += key.len();
        Ok(key)
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self { bytes: [0; 128], used: 128 }
    }
}

const NO_HTTP: &str = "it does not speak HTTP";

/// The longest head of an answer, in bytes.
const MAX_ANSWER_LEN: usize = 16 * 1024;

const MAX_HEADERS: usize = 64;

/// Room that is kept for small frames.
const SMALL: usize = 2 * 1024;
