//! A broker that answers after about 5 ms, and notes by its own clock how long it took for each answer.

use std::collections::VecDeque;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use mqttscope_bench::message;
use mqttscope_proto::{Deframer, Packet, ProtocolVersion, Qos, Violation};
use tungstenite::protocol::Role;
use tungstenite::{Message, WebSocket};

use crate::endpoint::{PINGREQ, PUBLISH, accept, reply};

/// The broker. It serves one client, and ends with it.
pub struct TimedBroker {
    /// Where it listens.
    pub url: String,
    orders: mpsc::Sender<Order>,
    answers: Arc<Mutex<Vec<Took>>>,
}

/// How long the broker took for an answer: from reading the packet's bytes off its socket to writing those of the answer.
#[derive(Clone, Copy)]
pub struct Took {
    /// The type of the answer.
    pub packet: &'static str,
    pub id: u16,
    pub micros: f64,
}

enum Order {
    /// Bytes that leave at once.
    Send(Vec<u8>),
    Answer(Answer),
    /// So many messages at QoS 0 as fast as they are taken.
    Fill(u32),
    /// So many messages a second at QoS 0 from now on.
    Flood(u32),
}

/// An answer that waits to be sent.
struct Answer {
    packet: &'static str,
    id: u16,
    bytes: Vec<u8>,
    /// When the packet that it answers was read.
    read: Instant,
}

impl TimedBroker {
    /// Starts it on a free port.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("ws://{}/mqtt", listener.local_addr()?);
        let (orders, ordered) = mpsc::channel();
        let answers = Arc::default();
        thread::spawn({
            let (orders, answers) = (orders.clone(), Arc::clone(&answers));
            move || {
                if let Err(error) = serve(&listener, &orders, ordered, answers) {
                    eprintln!("the broker has ended: {error:#}");
                }
            }
        });
        Ok(Self { url, orders, answers })
    }

    /// Publishes as many messages as fast as they are taken.
    pub fn fill(&self, count: u32) -> Result<()> {
        self.orders.send(Order::Fill(count)).context("the broker has ended")
    }

    /// Publishes so many messages a second from now on; none any more if it is 0.
    pub fn flood(&self, rate: u32) -> Result<()> {
        self.orders.send(Order::Flood(rate)).context("the broker has ended")
    }

    /// How long it took for each answer so far, in their order.
    pub fn answers(&self) -> Vec<Took> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(
    listener: &TcpListener,
    orders: &mpsc::Sender<Order>,
    ordered: mpsc::Receiver<Order>,
    answers: Arc<Mutex<Vec<Took>>>,
) -> Result<()> {
    let (stream, _) = listener.accept()?;
    let mut reader = accept(stream)?;
    // A thread that only reads has the time of each packet as soon as it is there.
    let writer = WebSocket::from_raw_socket(reader.get_ref().try_clone()?, Role::Server, None);
    thread::spawn(move || {
        // A client that goes is no error.
        Writer { socket: writer, answers, next: 0 }.run(&ordered).unwrap_or_default();
    });
    let mut deframer = Deframer::new();
    loop {
        let Ok(message) = reader.read() else { return Ok(()) };
        let read = Instant::now();
        let Message::Binary(bytes) = message else { continue };
        let mut piece = &bytes[..];
        while let Some(frame) = deframer.next_frame(&mut piece, ProtocolVersion::V311)? {
            let answer = |packet, id: u16, bytes| Order::Answer(Answer { packet, id, bytes, read });
            let order = match frame.bytes()[0] >> 4 {
                PINGREQ => answer("PINGRESP", 0, vec![0xd0, 0]),
                PUBLISH => match frame.decode(ProtocolVersion::V311, &mut Vec::<Violation>::new())? {
                    Packet::Publish(publish) if publish.qos == Qos::AtLeastOnce => {
                        let id = publish.packet_id.unwrap_or_default();
                        let [high, low] = id.to_be_bytes();
                        answer("PUBACK", id, vec![0x40, 2, high, low])
                    }
                    _ => continue,
                },
                _ => match reply(frame.bytes()) {
                    Some(bytes) => Order::Send(bytes),
                    None => continue,
                },
            };
            if orders.send(order).is_err() {
                return Ok(());
            }
        }
    }
}

/// What sends: answers when they are due, messages at their rate.
struct Writer {
    socket: WebSocket<TcpStream>,
    answers: Arc<Mutex<Vec<Took>>>,
    /// The number of the next message.
    next: u32,
}

impl Writer {
    fn run(&mut self, orders: &mpsc::Receiver<Order>) -> Result<()> {
        let mut waiting: VecDeque<Answer> = VecDeque::new();
        let mut flood: Option<Pace> = None;
        loop {
            let answer_due = waiting.front().map(|answer| answer.read + DELAY);
            let due = answer_due.into_iter().chain(flood.as_ref().map(|flood| flood.tick)).min();
            let order = match due {
                None => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => orders.recv_timeout(due.saturating_duration_since(Instant::now())),
            };
            match order {
                Ok(Order::Send(bytes)) => self.socket.send(Message::binary(bytes))?,
                Ok(Order::Answer(answer)) => waiting.push_back(answer),
                Ok(Order::Fill(count)) => self.publish(count)?,
                Ok(Order::Flood(rate)) => flood = (rate > 0).then(|| Pace::new(rate)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            while waiting.front().is_some_and(|answer| answer.read + DELAY <= Instant::now()) {
                let Some(Answer { packet, id, bytes, read }) = waiting.pop_front() else { break };
                self.socket.send(Message::binary(bytes))?;
                let took = Took { packet, id, micros: read.elapsed().as_secs_f64() * 1e6 };
                self.answers.lock().unwrap_or_else(PoisonError::into_inner).push(took);
            }
            if let Some(flood) = flood.as_mut().filter(|flood| flood.tick <= Instant::now()) {
                self.publish(flood.due())?;
            }
        }
    }

    /// Publishes in messages of at most 64 KiB.
    fn publish(&mut self, count: u32) -> Result<()> {
        let end = self.next + count;
        while self.next < end {
            let mut bytes = Vec::new();
            while self.next < end && bytes.len() < MESSAGE {
                bytes.append(&mut message(self.next, Qos::AtMostOnce));
                self.next += 1;
            }
            self.socket.write(Message::binary(bytes))?;
        }
        self.socket.flush()?;
        Ok(())
    }
}

/// When how many messages are due.
struct Pace {
    rate: u32,
    started: Instant,
    sent: u32,
    /// When to look again.
    tick: Instant,
}

impl Pace {
    fn new(rate: u32) -> Self {
        let now = Instant::now();
        Self { rate, started: now, sent: 0, tick: now }
    }

    /// How many are due now and were not before.
    fn due(&mut self) -> u32 {
        let now = Instant::now();
        let all = ((now - self.started).as_secs_f64() * f64::from(self.rate)) as u32;
        self.tick = now + TICK;
        all - std::mem::replace(&mut self.sent, all)
    }
}

/// How long an answer waits.
const DELAY: Duration = Duration::from_millis(5);
/// All messages that are due by then leave in one WebSocket message.
const TICK: Duration = Duration::from_millis(2);
/// What a message holds at most, as a gateway's would.
const MESSAGE: usize = 64 << 10;
