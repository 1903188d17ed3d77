//! An MQTT client over a blocking stream: the page's own for what should work, the codec for the rest.

mod mqtt_5;
mod returning;

use anyhow::{Context, Result, bail, ensure};
use mqttscope_client::{ConnectRequest, Input, Output};
use mqttscope_log::{Direction, Log, Record, Topic};
use mqttscope_proto::session::{ConnectOptions, Policy, Publication};
use mqttscope_proto::{
    Packet, PacketType, Properties, PropertyId, ProtocolVersion, Qos, Timestamp, TopicFilter, TopicName,
};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::transport::{self, Route, Transport};

/// How long a client waits for what must come.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// A connection, and the client on it.
pub struct Client {
    transport: Transport,
    version: ProtocolVersion,
    client: mqttscope_client::Client,
    log: Log,
    /// The first record that was not yet looked at.
    unseen: u32,
    started: Instant,
    messages: VecDeque<Received>,
    /// The record from which on packets are recorded.
    recorded_from: u32,
    closed: bool,
    largest_read: usize,
    /// What was read past the session, and is part of the next packet.
    raw: Vec<u8>,
}

/// A message as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub topic: String,
    pub payload: Vec<u8>,
    pub qos: u8,
    pub retain: bool,
    pub dup: bool,
    /// The topic alias that the packet had.
    pub alias: Option<u16>,
    /// Message Expiry Interval in seconds.
    pub expiry_secs: Option<u32>,
    pub subscription_identifiers: Vec<u32>,
    pub user_properties: Vec<(String, String)>,
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

/// As [`Answer`], for who has the client already.
enum Outcome {
    Accepted,
    Refused(u8),
    Closed,
    Silence,
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
        Self::new(route, options.version)?.resume(options)
    }

    /// Connects, and leaves it to the caller to judge the answer.
    ///
    /// # Errors
    /// If the broker is not reached.
    pub fn try_connect(route: &Route, options: &ConnectOptions) -> Result<Answer> {
        Self::new(route, options.version)?.answer_to(options)
    }

    /// Connects this session on a new connection.
    ///
    /// # Errors
    /// If the broker is not reached, or does not accept.
    pub fn reconnect(self, route: &Route, options: &ConnectOptions) -> Result<Self> {
        let mut again = Self { transport: route.open()?, closed: false, ..self };
        again.input(Input::Closed { code: 1000, reason: "" })?;
        again.resume(options)
    }

    /// Opens a connection without a CONNECT on it, for packets of this version.
    ///
    /// # Errors
    /// If nobody answers.
    pub fn new(route: &Route, version: ProtocolVersion) -> Result<Self> {
        Ok(Self {
            transport: route.open()?,
            version,
            client: mqttscope_client::Client::new(),
            log: Log::new(LOG_BUDGET),
            unseen: 0,
            started: Instant::now(),
            messages: VecDeque::new(),
            recorded_from: 0,
            closed: false,
            largest_read: 0,
            raw: Vec::new(),
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
        Ok(match self.ask(options)? {
            Outcome::Accepted => Answer::Accepted(Box::new(self)),
            Outcome::Refused(code) => Answer::Refused(code),
            Outcome::Closed => Answer::Closed,
            Outcome::Silence => Answer::None,
        })
    }

    /// Sends CONNECT, and waits for what becomes of it.
    fn ask(&mut self, options: &ConnectOptions) -> Result<Outcome> {
        let (now, from) = (self.now(), self.log.end());
        // Where it leads is the route's to know.
        let request = ConnectRequest::new("", options.clone());
        self.client.connect(now, request, &mut self.log);
        self.flush()?;
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if self.client.connection().is_connected() {
                return Ok(Outcome::Accepted);
            }
            if let Some(code) = self.received_from(from, PacketType::ConnAck).and_then(return_code) {
                return Ok(Outcome::Refused(code));
            }
            if self.closed {
                return Ok(Outcome::Closed);
            }
            if Instant::now() > deadline {
                return Ok(Outcome::Silence);
            }
            self.step(Duration::from_millis(100))?;
        }
    }

    /// Begins to record what is sent and received.
    pub fn record(&mut self) {
        self.recorded_from = self.log.end();
    }

    /// The whole packets since [`Client::record`].
    pub fn recorded(&self) -> impl Iterator<Item = (Direction, &[u8])> {
        let records = self.log.records_from(self.recorded_from);
        let packets = records.filter(|record| record.packet_type().is_some());
        packets.map(|record| (record.direction(), self.log.bytes(record)))
    }

    /// Where the client departs from the rules.
    pub fn policy_mut(&mut self) -> &mut Policy {
        self.client.policy_mut()
    }

    /// Subscribes and returns the return code.
    ///
    /// # Errors
    /// If no SUBACK comes.
    pub fn subscribe(&mut self, filter: &str, qos: Qos) -> Result<u8> {
        let (now, from) = (self.now(), self.log.end());
        self.client.subscribe(now, TopicFilter::new(filter)?, qos, &mut self.log)?;
        self.return_code_of("SUBACK", from, PacketType::SubAck)
    }

    /// The code of an answer to one filter, which is the packet's last byte in every version that has one.
    fn return_code_of(&mut self, name: &str, from: u32, packet_type: PacketType) -> Result<u8> {
        self.wait_for(name, |client| client.received_from(from, packet_type)?.last().copied())
    }

    /// Unsubscribes and returns the reason code, which only MQTT 5 has.
    ///
    /// # Errors
    /// If no UNSUBACK comes.
    pub fn unsubscribe(&mut self, filter: &str) -> Result<u8> {
        let (now, from) = (self.now(), self.log.end());
        self.client.unsubscribe(now, TopicFilter::new(filter)?, &mut self.log)?;
        self.return_code_of("UNSUBACK", from, PacketType::UnsubAck)
    }

    /// Publishes and waits until the broker has acknowledged it.
    ///
    /// # Errors
    /// If it does not.
    pub fn publish(&mut self, topic: &str, payload: &[u8], qos: Qos, retain: bool) -> Result<()> {
        self.send_publish(topic, payload, qos, retain)?;
        self.wait_until_idle()
    }

    /// Publishes without waiting for anything.
    ///
    /// # Errors
    /// If the connection has ended.
    pub fn send_publish(&mut self, topic: &str, payload: &[u8], qos: Qos, retain: bool) -> Result<()> {
        self.send_message(&Publication {
            topic: TopicName::new(topic)?,
            payload,
            qos,
            retain,
            properties: Properties::NONE,
        })
    }

    /// Waits until the broker has acknowledged all messages.
    ///
    /// # Errors
    /// If it does not for a while, or the connection ends.
    pub fn wait_until_idle(&mut self) -> Result<()> {
        while let left @ 1.. = self.client.session().in_flight() {
            self.wait_for("the last acknowledgements", |client| {
                (client.client.session().in_flight() < left).then_some(())
            })?;
        }
        Ok(())
    }

    /// Sends the acknowledgements that the session's policy has withheld.
    ///
    /// # Errors
    /// If the session is not connected.
    pub fn release_withheld(&mut self) -> Result<()> {
        let now = self.now();
        self.client.release_withheld(now, &mut self.log)?;
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
        ensure!(self.client.connection().is_connected(), "the connection has ended before");
        let now = self.now();
        self.client.disconnect(now, &mut self.log);
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

    /// Whether the connection has ended.
    pub fn is_closed(&self) -> bool {
        self.closed
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
        loop {
            if let Some((frame, _)) = mqttscope_proto::Frame::split(&self.raw, self.version)? {
                let frame = frame.bytes().to_vec();
                self.raw.drain(..frame.len());
                return Ok(Some(frame));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            match self.transport.receive(left)? {
                transport::Input::Bytes(more) => self.raw.extend(more),
                transport::Input::Nothing => {}
                transport::Input::Closed(_) => {
                    self.closed = true;
                    return Ok(None);
                }
            }
        }
    }

    /// Waits until something is there.
    ///
    /// # Errors
    /// If it does not come in time or the connection ends.
    fn wait_for<T>(&mut self, what: &str, look: impl Fn(&Self) -> Option<T>) -> Result<T> {
        self.flush()?;
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Some(found) = look(self) {
                return Ok(found);
            }
            ensure!(!self.closed, "the connection ended before {what} came");
            ensure!(Instant::now() < deadline, "no {what} in {TIMEOUT:?}");
            self.step(Duration::from_millis(100))?;
        }
    }

    /// Waits for bytes, handles them and sends what is to be said to them.
    fn step(&mut self, limit: Duration) -> Result<()> {
        let now = self.now();
        let until_timeout = self.client.poll_timeout().map_or(limit, |due| {
            // The limit may be shorter than the least that is worth a wait.
            Duration::from_micros(due.micros_since(now)).min(limit).max(Duration::from_millis(1))
        });
        match self.transport.receive(until_timeout)? {
            transport::Input::Bytes(bytes) => self.receive(&bytes),
            transport::Input::Nothing => self.input(Input::Timeout),
            transport::Input::Closed(how) => {
                self.closed = true;
                let (code, reason) = how.unwrap_or((ABNORMAL, String::new()));
                self.input(Input::Closed { code, reason: &reason })
            }
        }
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<()> {
        self.largest_read = self.largest_read.max(bytes.len());
        let (now, generation) = (self.now(), self.client.generation());
        let fill = |room: &mut [u8]| room.copy_from_slice(bytes);
        self.client.handle_bytes(now, generation, bytes.len(), fill, &mut self.log);
        self.flush()
    }

    fn input(&mut self, input: Input<'_>) -> Result<()> {
        let (now, generation) = (self.now(), self.client.generation());
        self.client.handle(now, generation, input, &mut self.log);
        self.flush()
    }

    /// Sends what the client has to say, and takes the messages that have come.
    fn flush(&mut self) -> Result<()> {
        let mut opened = None;
        while let Some(output) = self.client.poll_output(0) {
            match output {
                // The stream is there already.
                Output::Open { generation, .. } => opened = Some(generation),
                // Whether an end was to be expected is known to who waits for something.
                Output::Send(bytes) => self.closed = self.closed || self.transport.send(bytes).is_err(),
                // Who closes is what the rules are about: this side does so only by dropping the stream.
                Output::Close | Output::Abandon | Output::Probe { .. } | Output::Changed => {}
            }
        }
        self.take_messages();
        if let Some(generation) = opened {
            let now = self.now();
            self.client.handle(now, generation, Input::Opened { subprotocol: "" }, &mut self.log);
            return self.flush();
        }
        Ok(())
    }

    fn take_messages(&mut self) {
        for (number, record) in (self.unseen..).zip(self.log.records_from(self.unseen)) {
            if is_delivered(record)
                && let Ok(Packet::Publish(publish)) =
                    mqttscope_proto::decode(self.log.bytes(record), self.version, &mut ())
            {
                let properties = publish.properties;
                let pairs = properties.user_properties();
                self.messages.push_back(Received {
                    topic: match self.log.topic(number, record) {
                        Some(Topic::Name(name)) => String::from_utf8_lossy(name).into_owned(),
                        _ => publish.topic.to_string(),
                    },
                    payload: publish.payload.to_vec(),
                    qos: publish.qos.as_u8(),
                    retain: publish.retain,
                    dup: publish.dup,
                    alias: self.log.alias(record),
                    expiry_secs: properties.number(PropertyId::MessageExpiryInterval),
                    subscription_identifiers: properties.subscription_identifiers().collect(),
                    user_properties: pairs
                        .map(|(name, value)| (name.to_string(), value.to_string()))
                        .collect(),
                });
            }
        }
        self.unseen = self.log.end();
    }

    /// The newest packet of a type that has come since a record.
    fn received_from(&self, from: u32, packet_type: PacketType) -> Option<&[u8]> {
        let is_it = |record: &&Record| {
            record.direction() == Direction::In && record.packet_type() == Some(packet_type)
        };
        self.log.records_from(from).filter(is_it).last().map(|record| self.log.bytes(record))
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.started.elapsed().as_micros() as u64)
    }
}

/// A message that is given to the application: one that came in, and not as a repeat.
fn is_delivered(record: &Record) -> bool {
    let is_message = record.packet_type() == Some(PacketType::Publish);
    is_message && record.direction() == Direction::In && !record.facts().repeat
}

/// A clean session without a keep alive.
pub fn options(version: ProtocolVersion, client_id: &str) -> ConnectOptions {
    ConnectOptions { version, client_id: client_id.into(), clean_session: true, ..Default::default() }
}

/// The return code of a CONNACK, whatever version it is of; in MQTT 5 the reason code.
pub fn return_code(connack: &[u8]) -> Option<u8> {
    // The flags come first behind the Remaining Length, which properties may make longer than a byte.
    let length = 1 + connack.get(1..)?.iter().take_while(|byte| **byte & 0x80 != 0).count();
    connack.get(1 + length + 1).copied()
}

/// The bytes of a packet in a version.
///
/// # Panics
/// If it cannot be written: the test is wrong.
pub fn encode(packet: &Packet<'_>, version: ProtocolVersion) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet
        .encode(&mut bytes, version)
        .unwrap_or_else(|error| panic!("{packet:?} cannot be written: {error}"));
    bytes
}

/// The log of one client: the messages of a rule, and room for more.
const LOG_BUDGET: usize = 64 << 20;
/// The code of a connection that just broke.
const ABNORMAL: u16 = 1006;
