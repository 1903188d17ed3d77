//! A broker that floods a client, and takes the time until the client has acknowledged the last message.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use std::{fmt, io::Write};

use anyhow::{Context, Result, bail, ensure};
use mqttscope_proto::{Deframer, Packet, Properties, ProtocolVersion, Publish, Qos};
use tungstenite::{Message, WebSocket};

use crate::endpoint::{DISCONNECT, PUBACK, PUBCOMP, PUBREC, accept, reply};

/// The broker. It hands out each client that has connected and subscribed.
pub struct Broker {
    /// Where it listens.
    pub url: String,
    clients: mpsc::Receiver<Client>,
}

/// What a flood is made of.
#[derive(Clone, Copy)]
pub struct Load {
    /// Bytes of a payload.
    pub payload: usize,
    pub qos: Qos,
    pub cut: Cut,
    /// How many messages.
    pub count: u32,
}

/// How packets become WebSocket messages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Each packet is a WebSocket message.
    Alone,
    /// The stream is cut into messages of so many bytes, as a gateway passes on what it reads.
    Pieces(usize),
}

impl Broker {
    /// Starts it on a free port.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("ws://{}/mqtt", listener.local_addr()?);
        let (tell, clients) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let tell = tell.clone();
                // A page that goes before it has subscribed is no client.
                thread::spawn(move || Client::accept(stream).is_ok_and(|client| tell.send(client).is_ok()));
            }
        });
        Ok(Self { url, clients })
    }

    /// The client that has subscribed last, if there is one by now.
    pub fn client(&self) -> Option<Client> {
        self.clients.try_iter().last()
    }
}

/// A client that waits for messages.
pub struct Client {
    pub(crate) socket: WebSocket<TcpStream>,
    pub(crate) deframer: Deframer,
    /// It counts packets and acknowledges nothing.
    is_bare: bool,
}

impl Client {
    fn accept(stream: TcpStream) -> Result<Self> {
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut client = Self { socket: accept(stream)?, deframer: Deframer::new(), is_bare: false };
        loop {
            let bytes = match client.socket.read()? {
                Message::Binary(bytes) => bytes,
                Message::Text(_) => {
                    client.is_bare = true;
                    return Ok(client);
                }
                _ => continue,
            };
            let mut piece = &bytes[..];
            while let Some(frame) = client.deframer.next_frame(&mut piece, ProtocolVersion::V311)? {
                if let Some(reply) = reply(frame.bytes()) {
                    let is_suback = reply[0] == 0x90;
                    client.socket.send(Message::binary(reply))?;
                    if is_suback {
                        return Ok(client);
                    }
                }
            }
        }
    }

    /// Floods the client; says how long it took from the first byte to the acknowledgement of the last message.
    ///
    /// # Errors
    /// If the client goes, or has not acknowledged all within the limit.
    pub fn flood(&mut self, load: &Load, limit: Duration) -> Result<Duration> {
        let flood = Flood::new(load, self.is_bare);
        let stream = self.socket.get_ref().try_clone()?;
        stream.set_read_timeout(Some(Duration::from_millis(200)))?;
        let half = stream.try_clone()?;
        let (answers, waiting) = mpsc::channel();
        let started = Instant::now();
        thread::scope(|scope| {
            let flood = &flood;
            // What could not be written shows in the acknowledgements that are missing.
            scope.spawn(move || write(half, flood, &waiting).unwrap_or_default());
            let ended = if self.is_bare {
                self.wait_for_count(flood, started + limit)
            } else {
                self.wait_for_acknowledgements(load, &answers, started + limit)
            };
            if ended.is_err() {
                // The writer may wait for a client that reads no more.
                stream.shutdown(Shutdown::Both).unwrap_or_default();
            }
            drop(answers);
            ended.map(|()| started.elapsed())
        })
    }

    fn wait_for_count(&mut self, flood: &Flood, until: Instant) -> Result<()> {
        loop {
            if let Some(Message::Text(text)) = self.read(until)? {
                let packets = flood.ends.len();
                ensure!(text.as_str() == packets.to_string(), "of {packets} packets it counts {text}");
                return Ok(());
            }
        }
    }

    fn wait_for_acknowledgements(
        &mut self,
        load: &Load,
        answers: &mpsc::Sender<Vec<u8>>,
        until: Instant,
    ) -> Result<()> {
        let (last, expected) = match load.qos {
            Qos::AtMostOnce => (PUBACK, 1),
            Qos::AtLeastOnce => (PUBACK, load.count),
            Qos::ExactlyOnce => (PUBCOMP, load.count),
        };
        let mut acknowledged = 0;
        while acknowledged < expected {
            let read =
                self.read(until).with_context(|| format!("{acknowledged} of {expected} acknowledged"))?;
            let Some(Message::Binary(bytes)) = read else { continue };
            let (mut piece, mut releases) = (&bytes[..], Vec::new());
            while let Some(frame) = self.deframer.next_frame(&mut piece, ProtocolVersion::V311)? {
                let packet = frame.bytes();
                match packet[0] >> 4 {
                    kind if kind == last => acknowledged += 1,
                    PUBREC => releases.extend_from_slice(&[0x62, 2, packet[2], packet[3]]),
                    DISCONNECT => bail!("the client has disconnected"),
                    _ => {}
                }
            }
            if !releases.is_empty() {
                answers.send(releases).context("it has gone")?;
            }
        }
        Ok(())
    }

    /// The next message, or `None` if there is none yet.
    pub(crate) fn read(&mut self, until: Instant) -> Result<Option<Message>> {
        ensure!(Instant::now() < until, "the time is up");
        match self.socket.read() {
            Ok(message) => Ok(Some(message)),
            Err(tungstenite::Error::Io(error))
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
            {
                Ok(None)
            }
            Err(error) => bail!("the client has gone: {error}"),
        }
    }
}

/// Writes the flood as fast as it is taken, and answers as they come, all that wait together.
fn write(stream: TcpStream, flood: &Flood, answers: &mpsc::Receiver<Vec<u8>>) -> Result<()> {
    let mut writer = Writer { stream, cut: flood.cut, piece: Vec::new(), bytes: Vec::new() };
    for packet in flood.packets() {
        writer.push(packet);
        if writer.bytes.len() >= CHUNK {
            // Between two packets, wherever the stream is cut.
            writer.push_all(answers.try_iter());
            writer.write()?;
        }
    }
    writer.end_piece();
    if flood.is_bare {
        push_frame(&mut writer.bytes, TEXT, b"how many");
    }
    writer.write()?;
    while let Ok(first) = answers.recv() {
        writer.push_all([first].into_iter().chain(answers.try_iter()));
        writer.end_piece();
        writer.write()?;
    }
    Ok(())
}

/// The packets of a flood, made before the clock starts: what it costs to make them is not the client's.
struct Flood {
    bytes: Vec<u8>,
    /// Where each packet ends.
    ends: Vec<usize>,
    cut: Cut,
    is_bare: bool,
}

impl Flood {
    fn new(load: &Load, is_bare: bool) -> Self {
        let payload: Vec<u8> = (b'a'..=b'z').cycle().take(load.payload).collect();
        let mut flood = Self { bytes: Vec::new(), ends: Vec::new(), cut: load.cut, is_bare };
        // Each id is used once, so that none is in flight twice.
        (1..=load.count).for_each(|n| flood.push(load.qos, n as u16, &payload));
        if load.qos == Qos::AtMostOnce {
            // Its acknowledgement says that all before it were taken.
            flood.push(Qos::AtLeastOnce, 1, b"the end");
        }
        flood
    }

    fn push(&mut self, qos: Qos, id: u16, payload: &[u8]) {
        let packet_id = (qos != Qos::AtMostOnce).then_some(id);
        let publish = Publish {
            dup: false,
            qos,
            retain: false,
            topic: TOPIC.into(),
            packet_id,
            properties: Properties::NONE,
            payload,
        };
        Packet::Publish(publish)
            .encode(&mut self.bytes, ProtocolVersion::V311)
            .expect("the packets are valid");
        self.ends.push(self.bytes.len());
    }

    fn packets(&self) -> impl Iterator<Item = &[u8]> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end])
    }
}

/// Makes WebSocket messages of packets.
struct Writer {
    stream: TcpStream,
    cut: Cut,
    /// What has not filled a piece yet.
    piece: Vec<u8>,
    /// Messages that are to be written.
    bytes: Vec<u8>,
}

impl Writer {
    fn push(&mut self, packet: &[u8]) {
        let Cut::Pieces(len) = self.cut else { return push_frame(&mut self.bytes, BINARY, packet) };
        self.piece.extend_from_slice(packet);
        let whole = self.piece.len() / len * len;
        self.piece
            .drain(..whole)
            .as_slice()
            .chunks(len)
            .for_each(|piece| push_frame(&mut self.bytes, BINARY, piece));
    }

    /// Answers, which are one message where each packet is one.
    fn push_all(&mut self, answers: impl Iterator<Item = Vec<u8>>) {
        let answers: Vec<u8> = answers.flatten().collect();
        if !answers.is_empty() {
            self.push(&answers);
        }
    }

    fn end_piece(&mut self) {
        if !self.piece.is_empty() {
            push_frame(&mut self.bytes, BINARY, &std::mem::take(&mut self.piece));
        }
    }

    fn write(&mut self) -> Result<()> {
        self.stream.write_all(&self.bytes)?;
        self.bytes.clear();
        Ok(())
    }
}

/// A frame of a server, which is not masked (RFC 6455, 5.2).
fn push_frame(bytes: &mut Vec<u8>, opcode: u8, message: &[u8]) {
    bytes.push(0x80 | opcode);
    match message.len() {
        len @ 0..126 => bytes.push(len as u8),
        len @ 126..65_536 => {
            bytes.push(126);
            bytes.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            bytes.push(127);
            bytes.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(message);
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.payload {
            1_048_576.. => write!(f, "{} MiB", self.payload >> 20)?,
            1_024.. => write!(f, "{} KiB", self.payload >> 10)?,
            _ => write!(f, "{} B", self.payload)?,
        }
        write!(f, ", QoS {}, ", self.qos.as_u8())?;
        match self.cut {
            Cut::Alone => write!(f, "each alone"),
            Cut::Pieces(len) => write!(f, "in {} KiB", len >> 10),
        }
    }
}

const TOPIC: &str = "flood/press-12";
const TEXT: u8 = 1;
const BINARY: u8 = 2;
/// Bytes of messages that are written at once.
const CHUNK: usize = 64 << 10;
