//! Many bytes both ways at once: how each end cuts them, and puts them together again.

use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::tungstenite::{self, Message};

use crate::support::{Random, within};

/// What is sent each way.
pub struct Transfer {
    pub upward: Vec<u8>,
    pub downward: Vec<u8>,
}

impl Transfer {
    /// The same bytes each time, 8 MiB each way.
    pub fn new() -> Self {
        Self { upward: Random::new(1).bytes(LEN), downward: Random::new(2).bytes(LEN) }
    }

    /// Lets both ends send and receive, and holds what has arrived against what was sent.
    pub async fn run(
        &self,
        client_sends: impl Future<Output = ()>,
        broker_sends: impl Future<Output = ()>,
        client_reads: impl Future<Output = Vec<u8>>,
        broker_reads: impl Future<Output = Vec<u8>>,
    ) {
        let all = async { tokio::join!(client_sends, broker_sends, client_reads, broker_reads) };
        let ((), (), at_client, at_broker) = within("the transfer", all).await;
        assert!(at_client == self.downward, "the client got other bytes");
        assert!(at_broker == self.upward, "the broker got other bytes");
    }
}

/// Sends all of it in binary messages, mostly small ones.
pub async fn send_messages(mut to: impl Sink<Message, Error = tungstenite::Error> + Unpin, bytes: &[u8]) {
    let (mut cuts, mut rest) = (Random::new(3), bytes);
    while !rest.is_empty() {
        let longest = [1, 2, 100, 5_000, 300_000][cuts.below(5)];
        let (message, left) = rest.split_at(rest.len().min(1 + cuts.below(longest)));
        to.send(Message::binary(message.to_vec())).await.unwrap();
        rest = left;
    }
}

/// What so many messages hold that it is as much as was sent.
pub async fn read_messages(
    mut from: impl Stream<Item = Result<Message, tungstenite::Error>> + Unpin,
) -> Vec<u8> {
    let mut received = Vec::with_capacity(LEN);
    while received.len() < LEN {
        received.extend_from_slice(&from.next().await.unwrap().unwrap().into_data());
    }
    received
}

/// Writes all of it in pieces.
pub async fn write_pieces(mut to: impl AsyncWrite + Unpin, bytes: &[u8]) {
    let (mut cuts, mut rest) = (Random::new(4), bytes);
    while !rest.is_empty() {
        let (piece, left) = rest.split_at(rest.len().min(1 + cuts.below(200_000)));
        to.write_all(piece).await.unwrap();
        to.flush().await.unwrap();
        rest = left;
    }
}

/// As much as was sent.
pub async fn read_pieces(mut from: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut received = vec![0; LEN];
    from.read_exact(&mut received).await.unwrap();
    received
}

/// Bytes each way.
pub const LEN: usize = 8 * 1024 * 1024;
