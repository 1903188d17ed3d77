//! What lies between a read and the write that follows it.

use std::io;

use bytes::BufMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::frames::{self, Control, HEADER_ROOM};
use crate::stream::{ReadHalf, WriteHalf};

/// A buffer that is small while little comes, so that ten thousand idle connections weigh little.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    room: usize,
}

impl Piece {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::new(), room: SMALL }
    }

    /// Appends what is ready, at most [`MAX_PIECE_LEN`] bytes; 0 means that the stream has ended.
    ///
    /// Nothing is lost where this is dropped before it is done.
    pub(super) async fn read(&mut self, from: &mut ReadHalf<'_>) -> io::Result<usize> {
        if self.room > SMALL {
            let reading = tokio::time::timeout(RELEASE_AFTER, read_into(&mut self.bytes, self.room, from));
            match reading.await {
                Ok(read) => return read.inspect(|len| self.adapt(*len)),
                Err(_) => {
                    self.room = SMALL;
                    self.bytes.shrink_to(self.bytes.len() + SMALL);
                }
            }
        }
        let read = read_into(&mut self.bytes, self.room, from).await;
        read.inspect(|len| self.adapt(*len))
    }

    /// More came than there was room for: until the next silence there is more room.
    fn adapt(&mut self, len: usize) {
        if len >= self.room {
            self.room = MAX_PIECE_LEN;
        }
    }
}

/// What is on its way to the client: a message or a control frame, of which a part may be sent.
///
/// It outlives whoever sends it, so that a frame that was begun is never followed by anything but its rest.
#[derive(Debug)]
pub(super) struct Outgoing {
    piece: Piece,
    sent: usize,
}

impl Outgoing {
    pub(super) fn new() -> Self {
        Self { piece: Piece::new(), sent: 0 }
    }

    /// Sends what is left of it.
    pub(super) async fn flush(&mut self, to: &mut WriteHalf<'_>) -> io::Result<()> {
        while self.sent < self.piece.bytes.len() {
            match to.write(&self.piece.bytes[self.sent..]).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                len => self.sent += len,
            }
        }
        // What TLS has taken has not left by that.
        to.flush().await
    }

    /// Makes a message of what is ready; returns its length, of which 0 means that the stream has ended.
    ///
    /// Only after [`Outgoing::flush`].
    pub(super) async fn read(&mut self, from: &mut ReadHalf<'_>) -> io::Result<usize> {
        self.piece.bytes.clear();
        self.piece.bytes.resize(HEADER_ROOM, 0);
        self.sent = HEADER_ROOM;
        let len = self.piece.read(from).await?;
        if len > 0 {
            self.sent = frames::write_header(&mut self.piece.bytes);
        }
        Ok(len)
    }

    /// Puts a control frame there; only after [`Outgoing::flush`].
    pub(super) fn put_control(&mut self, opcode: u8, control: &Control) {
        self.piece.bytes.clear();
        self.sent = 0;
        frames::push_control(&mut self.piece.bytes, opcode, control);
    }
}

async fn read_into(bytes: &mut Vec<u8>, room: usize, from: &mut ReadHalf<'_>) -> io::Result<usize> {
    bytes.reserve_exact(room);
    from.read_buf(&mut bytes.limit(room)).await
}

/// The most that is taken before it is written, in bytes.
pub(super) const MAX_PIECE_LEN: usize = 64 * 1024;

/// Room for what MQTT's connections mostly carry.
const SMALL: usize = 2 * 1024;

/// How long a large buffer is kept while nothing comes.
const RELEASE_AFTER: std::time::Duration = std::time::Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Stream;
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn a_large_buffer_is_given_back_in_silence() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut sender = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut receiver = Stream::Tcp(listener.accept().await.unwrap().0);
        let (mut from, _) = receiver.split();
        let mut piece = Piece::new();

        sender.write_all(&[7; 300_000]).await.unwrap();
        let (mut received, mut longest) = (0, 0);
        while received < 300_000 {
            piece.bytes.clear();
            let len = piece.read(&mut from).await.unwrap();
            received += len;
            longest = longest.max(len);
        }
        assert!(longest > SMALL && longest <= MAX_PIECE_LEN, "{longest}");

        piece.bytes.clear();
        tokio::select! {
            read = piece.read(&mut from) => panic!("{read:?}"),
            () = tokio::time::sleep(RELEASE_AFTER * 2) => {}
        }
        assert!(piece.bytes.capacity() <= 2 * SMALL, "{}", piece.bytes.capacity());
        sender.write_all(b"again").await.unwrap();
        assert_eq!((piece.read(&mut from).await.unwrap(), &piece.bytes[..]), (5, &b"again"[..]));
    }
}
