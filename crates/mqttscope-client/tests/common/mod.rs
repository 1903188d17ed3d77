//! A client under a fake clock with a fake link, and its log in words: `out PUBLISH q1 #1 dup`.
#![allow(dead_code)]

use mqttscope_client::{Alarm, Client, ConnectRequest, Input, Output, Phase};
use mqttscope_log::{Log, PacketFacts, Record};
use mqttscope_proto::session::{ConnectOptions, Publication};
use mqttscope_proto::{KeepAlive, Packet, ProtocolVersion, Qos, Timestamp, TopicFilter, TopicName};

/// A client whose peer is the test.
pub struct Bench {
    pub client: Client,
    pub log: Log,
    pub now: Timestamp,
    /// Bytes that the link has taken and not sent.
    pub buffered: usize,
    /// The link takes bytes and sends none.
    pub stuck: bool,
    /// The newest link that was to be opened.
    pub link: Option<FakeLink>,
    /// Links that were there before it.
    pub older: Vec<FakeLink>,
    /// The URLs at which it was to be found out whether anything answers.
    pub probes: Vec<String>,
    /// How often the connection was to be shown.
    pub changes: usize,
    /// How often the clock was set.
    pub alarms: usize,
    alarm: Alarm,
    /// The first record that no call of [`Bench::logged`] has shown.
    seen: u32,
}

/// A link as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FakeLink {
    pub generation: u32,
    pub url: String,
    pub subprotocols: Vec<String>,
    /// What was to be sent, message by message.
    pub messages: Vec<Vec<u8>>,
    pub end: Option<End>,
}

/// How a link was to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Closed,
    Abandoned,
}

impl Bench {
    pub fn new() -> Self {
        Self {
            client: Client::new(),
            log: Log::new(Log::DEFAULT_BUDGET),
            now: Timestamp::from_millis(1_000_000),
            buffered: 0,
            stuck: false,
            link: None,
            older: Vec::new(),
            probes: Vec::new(),
            changes: 0,
            alarms: 0,
            alarm: Alarm::default(),
            seen: 0,
        }
    }

    /// A client whose WebSocket is being opened.
    pub fn opening(options: ConnectOptions) -> Self {
        let mut bench = Self::new();
        bench.connect(request(options));
        bench
    }

    /// A client that has sent CONNECT.
    pub fn awaiting_connack(options: ConnectOptions) -> Self {
        let mut bench = Self::opening(options);
        bench.advance_millis(40);
        bench.opened();
        bench
    }

    /// A client that the server has accepted, with nothing in its log that is not yet seen.
    pub fn connected(options: ConnectOptions) -> Self {
        let mut bench = Self::awaiting_connack(options);
        bench.receive(CONNACK);
        assert_eq!(bench.phase(), Phase::Connected);
        bench.logged();
        bench.sent();
        bench
    }

    pub fn connect(&mut self, request: ConnectRequest) {
        self.client.connect(self.now, request, &mut self.log);
        self.drain();
    }

    pub fn opened(&mut self) {
        self.input(Input::Opened { subprotocol: "" });
    }

    pub fn closed(&mut self, code: u16, reason: &str) {
        self.input(Input::Closed { code, reason });
    }

    pub fn input(&mut self, input: Input<'_>) {
        self.client.handle(self.now, self.client.generation(), input, &mut self.log);
        self.drain();
    }

    /// One message comes.
    pub fn receive(&mut self, bytes: &[u8]) {
        let generation = self.client.generation();
        self.receive_from(generation, bytes);
    }

    pub fn receive_from(&mut self, generation: u32, bytes: &[u8]) {
        let fill = |room: &mut [u8]| room.copy_from_slice(bytes);
        self.client.handle_bytes(self.now, generation, bytes.len(), fill, &mut self.log);
        self.drain();
    }

    pub fn publish(&mut self, qos: Qos, payload: &[u8]) {
        let message = Publication::new(TopicName::new("t").expect("a topic"), payload, qos);
        self.client.publish(self.now, &message, &mut self.log).expect("it can be published");
        self.drain();
    }

    pub fn subscribe(&mut self, filter: &str, qos: Qos) {
        let filter = TopicFilter::new(filter).expect("a filter");
        self.client.subscribe(self.now, filter, qos, &mut self.log).expect("it can subscribe");
        self.drain();
    }

    pub fn unsubscribe(&mut self, filter: &str) {
        let filter = TopicFilter::new(filter).expect("a filter");
        self.client.unsubscribe(self.now, filter, &mut self.log).expect("it can unsubscribe");
        self.drain();
    }

    pub fn disconnect(&mut self) {
        self.client.disconnect(self.now, &mut self.log);
        self.drain();
    }

    pub fn drop_connection(&mut self) {
        self.client.drop_connection(self.now, &mut self.log);
        self.drain();
    }

    /// Lets time pass; the client is woken whenever it asked for it.
    pub fn advance_millis(&mut self, millis: u64) {
        let end = self.now.plus_millis(millis);
        while let Some(due) = self.client.poll_timeout().filter(|&due| due <= end) {
            self.now = due.max(self.now);
            self.alarm.rang();
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    /// Does what the client asks for, as its users have to.
    pub fn drain(&mut self) {
        while let Some(output) = self.client.poll_output(self.buffered) {
            match output {
                Output::Open { generation, url, subprotocols } => {
                    let (url, subprotocols) = (url.into(), subprotocols.into());
                    let link = FakeLink { generation, url, subprotocols, messages: Vec::new(), end: None };
                    self.older.extend(self.link.replace(link));
                }
                Output::Send(bytes) => {
                    let link = self.link.as_mut().expect("a link was opened");
                    assert_eq!(link.end, None, "nothing is sent after the end");
                    assert!(!bytes.is_empty() && bytes.len() <= 65_536, "a message of {} B", bytes.len());
                    link.messages.push(bytes.into());
                    self.buffered += if self.stuck { bytes.len() } else { 0 };
                }
                Output::Close => self.end_link(End::Closed),
                Output::Abandon => self.end_link(End::Abandoned),
                Output::Probe { generation, url } => {
                    assert!(generation > 0, "a link was opened");
                    self.probes.push(url.into());
                }
                Output::Changed => self.changes += 1,
            }
        }
        assert_eq!(self.client.poll_output(self.buffered), None);
        if self.alarm.set(self.client.poll_timeout()).is_some() {
            self.alarms += 1;
        }
    }

    fn end_link(&mut self, end: End) {
        let link = self.link.as_mut().expect("a link was opened");
        assert_eq!(link.end.replace(end), None, "a link ends once");
    }

    pub fn phase(&self) -> Phase {
        self.client.connection().phase.clone()
    }

    /// Why the connection ended, and whether that was a failure.
    pub fn ended(&self) -> (String, bool) {
        match self.phase() {
            Phase::Ended { why, failed } => (why, failed),
            phase => panic!("it has not ended: {phase:?}"),
        }
    }

    /// How the newest link was to end.
    pub fn link_end(&self) -> Option<End> {
        self.link.as_ref().and_then(|link| link.end)
    }

    /// The messages that were sent since the last call.
    pub fn sent(&mut self) -> Vec<Vec<u8>> {
        self.link.as_mut().map(|link| std::mem::take(&mut link.messages)).unwrap_or_default()
    }

    /// What was logged since the last call.
    pub fn logged(&mut self) -> Vec<String> {
        let lines =
            (self.seen.max(self.log.first())..self.log.end()).map(|number| self.line(number)).collect();
        self.seen = self.log.end();
        lines
    }

    /// The packets of which something is known.
    pub fn facts(&self, is_known: impl Fn(PacketFacts) -> bool) -> Vec<String> {
        let numbers = self.log.first()..self.log.end();
        let known =
            numbers.filter(|&number| self.log.record(number).is_some_and(|record| is_known(record.facts())));
        known.map(|number| self.line(number)).collect()
    }

    fn line(&self, number: u32) -> String {
        let record = self.log.record(number).expect("it is kept");
        if let Some(event) = self.log.event(record) {
            return event.words();
        }
        let direction = record.direction().name();
        match record.packet_type() {
            Some(packet_type) => format!("{direction} {}{}", packet_type.name(), details(record)),
            None => format!("{direction} {:02x?}", self.log.bytes(record)),
        }
    }
}

fn details(record: &Record) -> String {
    let qos = record.qos().map(|qos| format!(" q{qos}"));
    let id = Some(record.packet_id).filter(|&id| id > 0).map(|id| format!(" #{id}"));
    let dup = record.dup().then(|| " dup".to_owned());
    [qos, id, dup].into_iter().flatten().collect()
}

/// A request to `ws://localhost:8001/mqttproxy` that offers no subprotocol.
pub fn request(options: ConnectOptions) -> ConnectRequest {
    ConnectRequest::new("ws://localhost:8001/mqttproxy", options)
}

/// Clean session, no keep alive, MQTT 3.1.
pub fn options() -> ConnectOptions {
    ConnectOptions { client_id: "client".into(), clean_session: true, ..Default::default() }
}

pub fn v311() -> ConnectOptions {
    ConnectOptions { version: ProtocolVersion::V311, ..options() }
}

pub fn persistent() -> ConnectOptions {
    ConnectOptions { clean_session: false, ..options() }
}

pub fn keep_alive(secs: u16) -> ConnectOptions {
    ConnectOptions { keep_alive: KeepAlive::from_secs(secs), ..options() }
}

/// The bytes of a packet.
pub fn bytes(packet: &Packet<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.encode(&mut bytes, ProtocolVersion::V311).expect("it can be written");
    bytes
}

/// CONNACK, accepted.
pub const CONNACK: &[u8] = &[0x20, 0x02, 0x00, 0x00];

/// What every connection logs first.
pub const OPENING: &str = "Opening a WebSocket to ws://localhost:8001/mqttproxy, subprotocol offered: none";
/// What is logged once the WebSocket is open.
pub const OPENED: &str = "WebSocket open after 40 ms, subprotocol: none";
