//! The bytes of one connection, both ways, until one side ends.

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use super::alive::{Due, Waiting, Watch};
use super::buffer::{Outgoing, Piece};
use super::end::End;
use super::frames::{self, Control, Frames, Stop, Taken};
use super::{CLOSE_TIMEOUT, Traffic};
use crate::Limits;
use crate::error::io_reason;
use crate::metrics::Passed;
use crate::stream::{ReadHalf, Stream, WriteHalf};

/// A client's WebSocket: its stream, and what of it was read with the request already.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) stream: Stream,
    pub(super) early: Bytes,
}

/// Passes bytes both ways until one side ends; closes the broker's socket first, then the client's.
pub(super) async fn pass(
    mut client: Socket,
    mut broker: Stream,
    traffic: &mut Traffic,
    limits: &Limits,
    shutdown: &CancellationToken,
) -> End {
    let (mut from_client, mut to_client) = client.stream.split();
    let mut incoming = Incoming::new(&client.early);
    let mut outgoing = Outgoing::new();
    let waiting = Waiting::default();
    let end = {
        let (mut from_broker, mut to_broker) = broker.split();
        let mut watch = Watch::new(&waiting, limits.ping_interval, limits.ping_timeout);
        let upward = client_to_broker(
            &mut from_client,
            &mut incoming,
            &mut to_broker,
            &waiting,
            &mut watch,
            &mut traffic.to_broker,
        );
        let downward = broker_to_client(
            &mut from_broker,
            &mut outgoing,
            &mut to_client,
            &waiting,
            &mut traffic.to_client,
        );
        tokio::pin!(upward, downward);
        let passing = async {
            tokio::select! {
                upward_end = &mut upward => match upward_end {
                    UpwardEnd::Client(end) => end,
                    // The broker takes no more, but what it sent before is still to be passed on. Only one of two
                    // calls is told of a reset.
                    UpwardEnd::Broker(error) => match downward.await {
                        End::BrokerClosed if error.kind() == std::io::ErrorKind::ConnectionReset => {
                            End::BrokerReset(io_reason(&error))
                        }
                        end => end,
                    },
                },
                end = &mut downward => end,
            }
        };
        tokio::select! {
            end = passing => end,
            () = shutdown.cancelled() => End::ShuttingDown,
        }
    };
    let end = match (end, &mut broker) {
        (End::BrokerClosed, Stream::WebSocket(socket)) => {
            socket.taken_close().map_or(End::BrokerClosed, End::BrokerClosedSaying)
        }
        (end, _) => end,
    };
    // The broker learns of the end before the client's close handshake, which may take its time: a will
    // is due now. An end that follows the client's last bytes, not a reset that might overtake them.
    if let Stream::WebSocket(socket) = &mut broker {
        socket.set_close(end.broker_close_frame());
    }
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, broker.shutdown()).await;
    let closing = close(&mut from_client, &mut incoming, &mut to_client, &mut outgoing, &end);
    tokio::join!(async { drop(tokio::time::timeout(CLOSE_TIMEOUT, closing).await) }, drain(&mut broker));
    end
}

/// Closes a client's WebSocket that has no broker.
pub(super) async fn refuse(mut client: Socket, end: &End) {
    let (mut from_client, mut to_client) = client.stream.split();
    let mut incoming = Incoming::new(&client.early);
    let mut outgoing = Outgoing::new();
    let closing = close(&mut from_client, &mut incoming, &mut to_client, &mut outgoing, end);
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, closing).await;
}

/// What came from the client and was not looked at, and where in a frame it begins.
struct Incoming {
    piece: Piece,
    /// How many of the piece's bytes were taken, and are on their way.
    taken: usize,
    frames: Frames,
}

impl Incoming {
    fn new(early: &Bytes) -> Self {
        let mut piece = Piece::new();
        piece.bytes.extend_from_slice(early);
        Self { piece, taken: 0, frames: Frames::default() }
    }

    /// Takes what is there.
    fn take(&mut self) -> Taken {
        let taken = self.frames.take(&mut self.piece.bytes[self.taken..]);
        self.taken += taken.read;
        taken
    }

    /// Makes room of what was taken.
    fn forget_taken(&mut self) {
        self.piece.bytes.drain(..self.taken);
        self.taken = 0;
    }
}

enum UpwardEnd {
    Client(End),
    Broker(std::io::Error),
}

async fn client_to_broker(
    from_client: &mut ReadHalf<'_>,
    incoming: &mut Incoming,
    to_broker: &mut WriteHalf<'_>,
    waiting: &Waiting,
    watch: &mut Watch<'_>,
    passed: &mut Passed,
) -> UpwardEnd {
    loop {
        let taken = incoming.take();
        if let Some(ping) = incoming.frames.take_ping() {
            waiting.answer(ping);
        }
        if taken.payload > 0 {
            // All that was ready leaves at once: one write and few segments, however small the messages are.
            let written = async {
                to_broker.write_all(&incoming.piece.bytes[..taken.payload]).await?;
                to_broker.flush().await
            };
            if let Err(error) = written.await {
                return UpwardEnd::Broker(error);
            }
            passed.add(taken.payload);
        }
        incoming.forget_taken();
        if let Some(stop) = taken.stop {
            return UpwardEnd::Client(End::of_client(stop));
        }
        let read = tokio::select! {
            biased;
            read = incoming.piece.read(from_client) => read,
            () = watch.lost() => return UpwardEnd::Client(End::ClientSilent),
        };
        match read {
            Ok(0) => {
                return UpwardEnd::Client(End::ClientGone("connection closed without a close frame".into()));
            }
            Ok(_) => watch.heard(),
            Err(error) => return UpwardEnd::Client(End::ClientGone(io_reason(&error))),
        }
    }
}

async fn broker_to_client(
    from_broker: &mut ReadHalf<'_>,
    outgoing: &mut Outgoing,
    to_client: &mut WriteHalf<'_>,
    waiting: &Waiting,
    passed: &mut Passed,
) -> End {
    loop {
        match waiting.take() {
            Some(Due::Pong(control)) => outgoing.put_control(frames::PONG, &control),
            Some(Due::Ping) => outgoing.put_control(frames::PING, &Control::default()),
            None => {
                let read = tokio::select! {
                    biased;
                    read = outgoing.read(from_broker) => read,
                    () = waiting.changed() => continue,
                };
                match read {
                    Ok(0) => return End::BrokerClosed,
                    Ok(len) => {
                        if let Err(error) = outgoing.flush(to_client).await {
                            return End::ClientGone(io_reason(&error));
                        }
                        waiting.sent(len);
                        passed.add(len);
                        continue;
                    }
                    // A broker that closes while bytes for it are on their way resets the connection, and all
                    // that it sent before was read by now.
                    Err(error) => return End::BrokerReset(io_reason(&error)),
                }
            }
        }
        if let Err(error) = outgoing.flush(to_client).await {
            return End::ClientGone(io_reason(&error));
        }
    }
}

/// Sends the close frame that fits, behind what was begun, and waits for the client's; then ends the stream.
async fn close(
    from_client: &mut ReadHalf<'_>,
    incoming: &mut Incoming,
    to_client: &mut WriteHalf<'_>,
    outgoing: &mut Outgoing,
    end: &End,
) {
    let Some(frame) = end.close_frame() else { return };
    if outgoing.flush(to_client).await.is_err() {
        return;
    }
    outgoing.put_control(frames::CLOSE, &frame);
    if outgoing.flush(to_client).await.is_err() {
        return;
    }
    if !matches!(end, End::ClientClosed(_)) {
        wait_for_close(from_client, incoming, end).await;
    }
    // TLS has an end of its own, which tells it from one that somebody on the way has made.
    let _ = to_client.shutdown().await;
}

/// Reads on until the client's close frame, or its end.
async fn wait_for_close(from_client: &mut ReadHalf<'_>, incoming: &mut Incoming, end: &End) {
    let mut is_readable = end.leaves_frames();
    loop {
        if is_readable {
            incoming.forget_taken();
            let stop = incoming.take().stop;
            match stop {
                Some(Stop::Close(_)) => return,
                Some(Stop::Text) | None => {}
                // Where no frame can be told, closing now would reset the connection, and the reset may overtake
                // the close frame: the client's end is waited for.
                Some(Stop::TooLong | Stop::Broken(_)) => is_readable = false,
            }
            if stop.is_some() {
                continue;
            }
        }
        incoming.piece.bytes.clear();
        incoming.taken = 0;
        if !matches!(incoming.piece.read(from_client).await, Ok(1..)) {
            return;
        }
    }
}

/// Waits a moment for the broker to close; with its bytes unread, closing would reset the connection.
async fn drain(broker: &mut Stream) {
    let mut sink = [0; 1024];
    let draining = async { while let Ok(1..) = broker.read(&mut sink).await {} };
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, draining).await;
}
