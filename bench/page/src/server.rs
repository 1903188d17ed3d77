//! A server that speaks MQTT in a WebSocket, and publishes at an exact rate.

use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use mqttscope_bench::message;
use mqttscope_proto::{FrameScanner, ProtocolVersion, Qos};
use tungstenite::{Message, WebSocket};

use crate::endpoint::{DISCONNECT, PINGREQ, accept, reply};

/// The server. It serves one page, and ends with it.
pub struct Server {
    /// Where it listens.
    pub url: String,
    orders: mpsc::Sender<Load>,
    sent: mpsc::Receiver<u32>,
    /// The number of the next message.
    next: u32,
}

/// What is to be published.
#[derive(Clone, Copy)]
pub struct Load {
    /// How many messages.
    pub count: u32,
    /// How many a second; as fast as they are taken if it is 0.
    pub rate: u32,
    pub qos: Qos,
    /// Each leaves in a WebSocket message of its own; otherwise all that are due leave in one.
    pub alone: bool,
}

impl Server {
    /// Starts it on a free port.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("ws://{}/mqtt", listener.local_addr()?);
        let (orders, ordered) = mpsc::channel();
        let (tell_sent, sent) = mpsc::channel();
        thread::spawn(move || {
            if let Err(error) = serve(&listener, &ordered, &tell_sent) {
                eprintln!("the server has ended: {error:#}");
            }
        });
        Ok(Self { url, orders, sent, next: 0 })
    }

    /// Publishes, and returns at once. The numbers go on where those of the last load ended.
    pub fn publish(&mut self, load: Load) -> Result<()> {
        self.next += load.count;
        self.orders.send(load).context("the server has ended")
    }

    /// Waits until all was sent.
    pub async fn wait(&self) -> Result<()> {
        while !matches!(self.sent.try_recv(), Ok(next) if next == self.next) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// How many messages were published.
    pub fn published(&self) -> u32 {
        self.next
    }
}

fn serve(listener: &TcpListener, orders: &mpsc::Receiver<Load>, sent: &mpsc::Sender<u32>) -> Result<()> {
    let (stream, _) = listener.accept()?;
    let mut socket = accept(stream)?;
    // Also what paces the loads: all that is due by then leaves.
    socket.get_ref().set_read_timeout(Some(Duration::from_millis(1)))?;
    let mut next = 0;
    loop {
        let Ok(load) = orders.try_recv() else {
            if !answer(&mut socket)? {
                return Ok(());
            }
            continue;
        };
        let (first, started) = (next, Instant::now());
        // Bytes of a message that leave room for another packet.
        let most = if load.alone { 1 } else { MESSAGE };
        while next < first + load.count {
            if !answer(&mut socket)? {
                return Ok(());
            }
            let due = match load.rate {
                0 => FAST,
                rate => (started.elapsed().as_secs_f64() * f64::from(rate)) as u32 + first - next,
            };
            let end = (next + due).min(first + load.count);
            while next < end {
                let mut bytes = Vec::new();
                while next < end && bytes.len() < most {
                    bytes.append(&mut message(next, load.qos));
                    next += 1;
                }
                socket.write(Message::binary(bytes))?;
            }
            socket.flush()?;
        }
        sent.send(next)?;
    }
}

/// Answers what the page has sent, and says whether it stays.
fn answer(socket: &mut WebSocket<TcpStream>) -> Result<bool> {
    loop {
        let bytes = match socket.read() {
            Ok(Message::Binary(bytes)) => bytes,
            Ok(_) => continue,
            Err(tungstenite::Error::Io(error))
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
            {
                return Ok(true);
            }
            Err(_) => return Ok(false),
        };
        // The page puts whole packets into its messages, unless they are longer than any that it sends here.
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let scan = FrameScanner::default().scan(rest, ProtocolVersion::V311)?;
            let (packet, behind) = rest.split_at(scan.consumed);
            rest = behind;
            let reply = match packet[0] >> 4 {
                PINGREQ => vec![0xd0, 0],
                DISCONNECT => return Ok(false),
                _ => match reply(packet) {
                    Some(reply) => reply,
                    None => continue,
                },
            };
            socket.send(Message::binary(reply))?;
        }
    }
}

/// What a message holds at most, as a gateway's would.
const MESSAGE: usize = 64 << 10;
/// Packets between two looks at what the page has sent, where they leave as fast as they are taken.
const FAST: u32 = 5_000;
