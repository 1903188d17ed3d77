//! An MQTT client made of mqttscope-proto: its session for what should work, its codec for the rest.

use anyhow::{Context, Result, bail, ensure};
use mqttscope_proto::session::{ConnectOptions, Delivery, Event, Publication, Published, Session};
use mqttscope_proto::{Deframer, Packet, PacketId, ProtocolVersion, Qos, Timestamp, TopicFilter, TopicName};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::transport::{Input, Route, Transport};

/// How long a client waits for what must come.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// A connection, and the session on it.
pub struct Client {
    transport: Transport,
    deframer: Deframer,
    session: Session,
    started: Instant,
    messages: VecDeque<Received>,
    /// Whole packets in both directions, if they are recorded.
    wire: Option<Vec<(Direction, Vec<u8>)>>,
    closed: bool,
    largest_read: usize,
}

/// A message as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub topic: String,
    pub payload: Vec<u8>,
    pub qos: u8,
    pub retain: bool,
    pub dup: bool,
}

/// Who sent a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    ToBroker,
    ToClient,
}

/// What became of a CONNECT.
pub enum Answer {
    Accepted(Box<Client>),
    Refused(u8),
    /// The connection ended without a CONNACK.
    Closed,
    /// Neither came.
    None,
}

impl Client {
    /// Connects with a clean session and without a keep alive.
    ///
    /// # Errors
    /// If the broker is not reached, or does not accept.
    pub fn connect(route: &Route, version: ProtocolVersion, client_id: &str) -> Result<Self> {
        Self::connect_with(route, &options(version, client_id))
    }

    /// Connects.
    ///
    /// # Errors
    /// If the broker is not reached, or does not accept.
    pub fn connect_with(route: &Route, options: &ConnectOptions) -> Result<Self> {
        Self::new(route)?.resume(options)
    }

    /// Connects, and leaves it to the caller to judge the answer.
    ///
    /// # Errors
    /// If the broker is not reached.
    pub fn try_connect(route: &Route, options: &ConnectOptions) -> Result<Answer> {
        Self::new(route)?.answer_to(options)
    }

    /// Connects this session on a new connection.
    ///
    /// # Errors
    /// If the broker is not reached, or does not accept.
    pub fn reconnect(self, route: &Route, options: &ConnectOptions) -> Result<Self> {
        let Self { mut session, started, wire, messages, .. } = self;
        session.handle_closed();
        let fresh = Self::new(route)?;
        Self { session, started, wire, messages, ..fresh }.resume(options)
    }

    /// Opens a connection without a CONNECT on it.
    ///
    /// # Errors
    /// If nobody answers.
    pub fn new(route: &Route) -> Result<Self> {
        Ok(Self {
            transport: route.open()?,
            deframer: Deframer::new(),
            session: Session::new(),
            started: Instant::now(),
            messages: VecDeque::new(),
            wire: None,
            closed: false,
            largest_read: 0,
        })
    }

    /// Connects on a connection that is open.
    ///
    /// # Errors
    /// If the broker does not accept.
    pub fn connect_on(self, options: &ConnectOptions) -> Result<Self> {
        self.resume(options)
    }

    /// The most bytes that came at once, over a WebSocket in one message.
    pub fn largest_read(&self) -> usize {
        self.largest_read
    }

    fn resume(self, options: &ConnectOptions) -> Result<Self> {
        match self.answer_to(options)? {
            Answer::Accepted(client) => Ok(*client),
            Answer::Refused(code) => bail!("CONNECT of '{}' was refused with {code}", options.client_id),
            Answer::Closed => bail!("CONNECT of '{}' was answered by closing", options.client_id),
            Answer::None => bail!("no answer to CONNECT of '{}' in {TIMEOUT:?}", options.client_id),
        }
    }

    fn answer_to(mut self, options: &ConnectOptions) -> Result<Answer> {
        self.session.connect(self.now(), options)?;
        self.flush()?;
        let deadline = Instant::now() + TIMEOUT;
        loop {
            while let Some(event) = self.session.poll_event() {
                match event {
                    Event::Connected { .. } => return Ok(Answer::Accepted(Box::new(self))),
                    Event::Refused { return_code } => return Ok(Answer::Refused(return_code)),
                    _ => {}
                }
            }
            if self.closed {
                return Ok(Answer::Closed);
            }
            if Instant::now() > deadline {
                return Ok(Answer::None);
            }
            self.step(Duration::from_millis(100))?;
        }
    }

    /// Begins to record what is sent and received.
    pub fn record(&mut self) {
        self.wire = Some(Vec::new());
    }

    /// The whole packets since [`Client::record`].
    pub fn recorded(&self) -> &[(Direction, Vec<u8>)] {
        self.wire.as_deref().unwrap_or_default()
    }

    /// The session, for its policy.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Subscribes and returns the return code.
    ///
    /// # Errors
    /// If no SUBACK comes.
    pub fn subscribe(&mut self, filter: &str, qos: Qos) -> Result<u8> {
        let id = self.session.subscribe(self.now(), &[(TopicFilter::new(filter)?, qos)])?;
        self.wait_for("SUBACK", |event| match event {
            Event::Subscribed { packet_id, results } if *packet_id == id => results[0].return_code,
            _ => None,
        })
    }

    /// Unsubscribes.
    ///
    /// # Errors
    /// If no UNSUBACK comes.
    pub fn unsubscribe(&mut self, filter: &str) -> Result<()> {
        let id = self.session.unsubscribe(self.now(), &[TopicFilter::new(filter)?])?;
        self.wait_for("UNSUBACK", |event| match event {
            Event::Unsubscribed { packet_id, .. } if *packet_id == id => Some(()),
            _ => None,
        })
    }

    /// Publishes and waits until the broker has acknowledged it.
    ///
    /// # Errors
    /// If it does not.
    pub fn publish(&mut self, topic: &str, payload: &[u8], qos: Qos, retain: bool) -> Result<()> {
        match self.send_publish(topic, payload, qos, retain)? {
            Published::InFlight(id) => self.wait_for_completion(id),
            _ => Ok(()),
        }
    }

    /// Publishes without waiting for anything.
    ///
    /// # Errors
    /// If the connection has ended.
    pub fn send_publish(&mut self, topic: &str, payload: &[u8], qos: Qos, retain: bool) -> Result<Published> {
        let publication = Publication { topic: TopicName::new(topic)?, payload, qos, retain };
        let published = self.session.publish(self.now(), &publication)?;
        self.flush()?;
        Ok(published)
    }

    fn wait_for_completion(&mut self, id: PacketId) -> Result<()> {
        self.wait_for("the last acknowledgement", |event| match event {
            Event::Completed { packet_id, .. } if *packet_id == id => Some(()),
            _ => None,
        })
    }

    /// Waits until the broker has acknowledged all messages.
    ///
    /// # Errors
    /// If it does not for a while, or the connection ends.
    pub fn wait_until_idle(&mut self) -> Result<()> {
        while self.session.in_flight() > 0 {
            self.wait_for("the last acknowledgements", |event| {
                matches!(event, Event::Completed { .. }).then_some(())
            })?;
        }
        Ok(())
    }

    /// Sends the acknowledgements that the session's policy has withheld.
    ///
    /// # Errors
    /// If the session is not connected.
    pub fn release_withheld(&mut self) -> Result<()> {
        self.session.release_withheld(self.now())?;
        self.flush()
    }

    /// Waits for the next message; it is acknowledged as the session's policy says.
    ///
    /// # Errors
    /// If none comes in time.
    pub fn next_message(&mut self) -> Result<Received> {
        self.next_message_within(TIMEOUT)?.with_context(|| format!("no message in {TIMEOUT:?}"))
    }

    /// The next message, if one comes within this time.
    ///
    /// # Errors
    /// If the connection ends.
    pub fn next_message_within(&mut self, limit: Duration) -> Result<Option<Received>> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(message) = self.messages.pop_front() {
                return Ok(Some(message));
            }
            ensure!(!self.closed, "the connection ended before a message came");
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            self.step(left)?;
        }
    }

    /// All messages that have come and still come until nothing more does for this time.
    ///
    /// # Errors
    /// If the connection ends.
    pub fn messages_until_silence(&mut self, silence: Duration) -> Result<Vec<Received>> {
        let mut messages = Vec::new();
        while let Some(message) = self.next_message_within(silence)? {
            messages.push(message);
        }
        // What followed the last message, such as PUBREL, has been answered by then.
        Ok(messages)
    }

    /// Sends DISCONNECT and closes.
    ///
    /// # Errors
    /// If the connection has ended before.
    pub fn disconnect(mut self) -> Result<()> {
        self.session.disconnect()?;
        self.flush()?;
        // The broker closes; whoever closes first, the DISCONNECT has arrived by then.
        self.is_closed_within(Duration::from_millis(200))?;
        Ok(())
    }

    /// Whether the other side ends the connection within this time.
    ///
    /// # Errors
    /// If the connection fails in another way.
    pub fn is_closed_within(&mut self, limit: Duration) -> Result<bool> {
        let deadline = Instant::now() + limit;
        while !self.closed && Instant::now() < deadline {
            self.step(deadline.saturating_duration_since(Instant::now()))?;
        }
        Ok(self.closed)
    }

    /// Goes on with whatever there is to do for this time.
    ///
    /// # Errors
    /// If the connection fails in another way than by ending.
    pub fn run_for(&mut self, time: Duration) -> Result<()> {
        self.is_closed_within(time).map(|_| ())
    }

    /// Sends bytes past the session.
    ///
    /// # Errors
    /// If the connection has ended.
    pub fn send_raw(&mut self, bytes: &[u8]) -> Result<()> {
        self.transport.send(bytes)
    }

    /// Reads the next packet past the session; `None` if the connection ends or nothing comes in time.
    ///
    /// # Errors
    /// If something else than packets comes.
    pub fn receive_raw(&mut self, limit: Duration) -> Result<Option<Vec<u8>>> {
        let deadline = Instant::now() + limit;
        let mut bytes: Vec<u8> = Vec::new();
        loop {
            if let Some((frame, _)) = mqttscope_proto::Frame::split(&bytes)? {
                let frame = frame.bytes().to_vec();
                ensure!(frame.len() == bytes.len(), "more than one packet came: {bytes:02x?}");
                return Ok(Some(frame));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            match self.transport.receive(left)? {
                Input::Bytes(more) => bytes.extend(more),
                Input::Nothing => {}
                Input::Closed(_) => {
                    self.closed = true;
                    return Ok(None);
                }
            }
        }
    }

    /// Waits for an event of the session.
    ///
    /// # Errors
    /// If it does not come in time or the connection ends.
    pub fn wait_for<T>(&mut self, what: &str, mut is_it: impl FnMut(&Event) -> Option<T>) -> Result<T> {
        self.flush()?;
        let deadline = Instant::now() + TIMEOUT;
        loop {
            while let Some(event) = self.session.poll_event() {
                if let Some(found) = is_it(&event) {
                    return Ok(found);
                }
            }
            ensure!(!self.closed, "the connection ended before {what} came");
            ensure!(Instant::now() < deadline, "no {what} in {TIMEOUT:?}");
            self.step(Duration::from_millis(100))?;
        }
    }

    /// Waits for bytes, handles them and sends what is to be said to them.
    fn step(&mut self, limit: Duration) -> Result<()> {
        let now = self.now();
        let until_timeout = self.session.poll_timeout().map_or(limit, |due| {
            Duration::from_micros(due.micros_since(now)).clamp(Duration::from_millis(1), limit)
        });
        match self.transport.receive(until_timeout)? {
            Input::Bytes(bytes) => self.handle(&bytes)?,
            Input::Nothing => self.session.handle_timeout(self.now()),
            Input::Closed(_) => self.closed = true,
        }
        self.flush()
    }

    fn handle(&mut self, mut bytes: &[u8]) -> Result<()> {
        self.largest_read = self.largest_read.max(bytes.len());
        let now = self.now();
        let version = self.session.version();
        while let Some(frame) = self.deframer.next_frame(&mut bytes)? {
            if let Some(wire) = &mut self.wire {
                wire.push((Direction::ToClient, frame.bytes().to_vec()));
            }
            let packet = frame.decode(version, &mut ())?;
            let delivery = self.session.handle_packet(now, &packet);
            if let (Packet::Publish(publish), Delivery::Deliver) = (packet, delivery) {
                self.messages.push_back(Received {
                    topic: publish.topic.to_string(),
                    payload: publish.payload.to_vec(),
                    qos: publish.qos.as_u8(),
                    retain: publish.retain,
                    dup: publish.dup,
                });
            }
        }
        Ok(())
    }

    /// Sends what the session has to say, as few writes as it takes.
    fn flush(&mut self) -> Result<()> {
        let mut bytes = Vec::new();
        while let Some(transmit) = self.session.poll_transmit() {
            bytes.extend_from_slice(transmit.frame);
            if let Some(wire) = &mut self.wire {
                wire.push((Direction::ToBroker, transmit.frame.to_vec()));
            }
        }
        if bytes.is_empty() || self.closed {
            return Ok(());
        }
        if self.transport.send(&bytes).is_err() {
            // Whether that was to be expected is known to who waits for something.
            self.closed = true;
        }
        Ok(())
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.started.elapsed().as_micros() as u64)
    }
}

/// A clean session without a keep alive.
pub fn options(version: ProtocolVersion, client_id: &str) -> ConnectOptions {
    ConnectOptions { version, client_id: client_id.into(), clean_session: true, ..Default::default() }
}

/// The bytes of a packet.
///
/// # Panics
/// If it cannot be written: the test is wrong.
pub fn encode(packet: &Packet<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.encode(&mut bytes).unwrap_or_else(|error| panic!("{packet:?} cannot be written: {error}"));
    bytes
}
