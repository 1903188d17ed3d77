//! The port of the embedded broker: each client's bytes to rmqtt's own port, and back.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::dup::DupFilter;
use crate::Limits;
use crate::error::io_reason;
use crate::quiet::Seldom;
use crate::server::prepare;

/// The size of the pieces in which bytes are passed on, in both directions.
const CHUNK_LEN: usize = 16 * 1024;

/// How long one side may take to end after the other.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Accepts clients until the broker stops.
pub(super) async fn accept(
    listener: TcpListener,
    core: SocketAddr,
    clients: TaskTracker,
    stopping: CancellationToken,
    limits: Limits,
) {
    let failing = Seldom::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => return,
        };
        match accepted {
            Ok((client, peer)) => {
                prepare(&client, &limits);
                let stopping = stopping.clone();
                clients.spawn(async move {
                    tokio::select! {
                        result = relay(client, core) => {
                            if let Err(error) = result {
                                tracing::debug!(%peer, %error, "broker connection failed");
                            }
                        }
                        () = stopping.cancelled() => {}
                    }
                });
            }
            Err(error) => {
                if let Some(times) = failing.happened() {
                    tracing::warn!(
                        times,
                        "the embedded broker cannot accept connections: {}",
                        io_reason(&error)
                    );
                }
                // Out of file descriptors: trying again at once would only burn the processor.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Passes one client's bytes both ways until both sides have ended.
///
/// Nothing is read ahead, so a slow side slows the other.
pub(super) async fn relay(mut client: TcpStream, core: SocketAddr) -> io::Result<()> {
    let mut broker = TcpStream::connect(core).await?;
    broker.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.split();
    let (mut from_broker, mut to_broker) = broker.split();
    let client_ended = {
        let upward = client_to_broker(&mut from_client, &mut to_broker);
        let downward = broker_to_client(&mut from_broker, &mut to_client);
        tokio::pin!(upward, downward);
        tokio::select! {
            () = &mut upward => {
                // The broker has been told; its last bytes may still be on their way.
                let _ = tokio::time::timeout(CLOSE_TIMEOUT, downward).await;
                true
            }
            () = &mut downward => false,
        }
    };
    if !client_ended {
        // With the client's bytes unread, closing would reset the connection, and the reset may overtake
        // the broker's last bytes, such as a CONNACK that refuses.
        let mut sink = tokio::io::sink();
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, tokio::io::copy(&mut from_client, &mut sink)).await;
    }
    Ok(())
}

async fn client_to_broker(from_client: &mut ReadHalf<'_>, to_broker: &mut WriteHalf<'_>) {
    let mut filter = DupFilter::default();
    let mut buffer = vec![0; CHUNK_LEN];
    while let Ok(len @ 1..) = from_client.read(&mut buffer).await {
        filter.filter(&mut buffer[..len]);
        if to_broker.write_all(&buffer[..len]).await.is_err() {
            return;
        }
    }
    let _ = to_broker.shutdown().await;
}

async fn broker_to_client(from_broker: &mut ReadHalf<'_>, to_client: &mut WriteHalf<'_>) {
    let mut buffer = vec![0; CHUNK_LEN];
    while let Ok(len @ 1..) = from_broker.read(&mut buffer).await {
        if to_client.write_all(&buffer[..len]).await.is_err() {
            return;
        }
    }
    let _ = to_client.shutdown().await;
}
