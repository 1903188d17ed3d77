//! The only module with effects on a connection: it moves bytes between socket, session and log, tells the session
//! the time, and writes down what happened.
//!
//! In: a binary message is copied once, into the log's arena; packets are decoded where they lie there and given to
//! the session. Out: whatever the session wants sent is logged packet by packet, and leaves in one piece a task.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Uint8Array;
use mqttscope_log::{
    ConnectionId, Direction, Event as LogEvent, Fault, Ingested, Log, PacketFacts, SourceId, Version,
};
use mqttscope_proto::session::{
    CloseReason, CommandError, ConnectOptions, Event, Publication, Session, TransmitKind,
};
use mqttscope_proto::{PacketId, ProtocolVersion, Qos, Timestamp, TopicFilter, TopicName};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use yew::Callback;

use crate::browser::{self, window};
use crate::clock::{Clock, Tick};
use crate::store::shared::SharedLog;
use crate::store::text::concat;
use crate::store::validate::ConnectRequest;
use crate::store::{Closed, Connection, Ours, Phase, Stage, number};
use crate::transport::{Signal, Transport};

/// A client with its connection. Clones are the same client.
#[derive(Clone)]
pub struct Driver {
    client: Rc<RefCell<Client>>,
    log: SharedLog,
    redraw: Rc<Redraw>,
}

impl PartialEq for Driver {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.client, &other.client)
    }
}

/// Commands.
impl Driver {
    /// A client without a connection. `on_change` is called when the page should be drawn again: at once when the
    /// connection changes, once per animation frame while only the log grows.
    #[must_use]
    pub fn new(clock_url: &str, on_change: Callback<()>) -> Self {
        let log = SharedLog(Rc::new(RefCell::new(Log::new(Log::DEFAULT_BUDGET))));
        let redraw = Rc::new(Redraw::new(on_change));
        Self {
            client: Rc::new_cyclic(|weak: &std::rc::Weak<RefCell<Client>>| {
                let (weak, redraw_at) = (weak.clone(), redraw.clone());
                let on_tick = Rc::new(move |tick| {
                    if let Some(client) = weak.upgrade() {
                        client.borrow_mut().on_tick(tick);
                        redraw_at.soon();
                    }
                });
                RefCell::new(Client::new(log.clone(), Clock::start(clock_url, on_tick)))
            }),
            log,
            redraw,
        }
    }

    /// The connection as it stands.
    #[must_use]
    pub fn connection(&self) -> Rc<Connection> {
        self.client.borrow().connection.clone()
    }

    /// The packet log.
    #[must_use]
    pub fn log(&self) -> SharedLog {
        self.log.clone()
    }

    /// Opens a WebSocket, and connects the client over it. A connection that is still there is dropped.
    pub fn connect(&self, request: ConnectRequest) {
        let (weak, redraw) = (Rc::downgrade(&self.client), self.redraw.clone());
        let generation = self.client.borrow().generation + 1;
        let listen = Rc::new(move |signal| {
            let Some(client) = weak.upgrade() else { return };
            let mut client = client.borrow_mut();
            if client.generation == generation {
                let before = client.connection.clone();
                client.on_signal(signal);
                if Rc::ptr_eq(&before, &client.connection) { redraw.soon() } else { redraw.now() }
            }
        });
        self.client.borrow_mut().connect(request, listen);
        self.redraw.now();
    }

    /// Sends DISCONNECT and closes the WebSocket; an attempt that is under way is given up.
    pub fn disconnect(&self) {
        self.client.borrow_mut().disconnect();
        self.redraw.now();
    }

    /// Closes the WebSocket without DISCONNECT.
    pub fn drop_connection(&self) {
        self.client.borrow_mut().drop_connection(Ours::Dropped);
        self.redraw.now();
    }

    /// Subscribes to a topic filter.
    ///
    /// # Errors
    ///
    /// Those of the session.
    pub fn subscribe(&self, filter: TopicFilter<'_>, qos: Qos) -> Result<(), CommandError> {
        let mut client = self.client.borrow_mut();
        let now = browser::now();
        client.session.subscribe(now, &[(filter, qos)])?;
        client.update(|connection| connection.subscribing(filter.as_str(), qos));
        client.drain(now);
        self.redraw.now();
        Ok(())
    }

    /// Gives a subscription up.
    ///
    /// # Errors
    ///
    /// Those of the session.
    pub fn unsubscribe(&self, filter: TopicFilter<'_>) -> Result<(), CommandError> {
        let mut client = self.client.borrow_mut();
        let now = browser::now();
        client.session.unsubscribe(now, &[filter])?;
        client.update(|connection| connection.unsubscribing(filter.as_str()));
        client.drain(now);
        self.redraw.now();
        Ok(())
    }

    /// Publishes a message.
    ///
    /// # Errors
    ///
    /// Those of the session.
    pub fn publish(
        &self,
        topic: TopicName<'_>,
        qos: Qos,
        retain: bool,
        payload: &[u8],
    ) -> Result<(), CommandError> {
        let mut client = self.client.borrow_mut();
        let now = browser::now();
        client.session.publish(now, &Publication { topic, payload, qos, retain })?;
        client.drain(now);
        self.redraw.soon();
        Ok(())
    }

    /// Sets the test switches, on a live connection too.
    pub fn set_switches(&self, simulate_down: bool, send_duplicates: bool) {
        let mut client = self.client.borrow_mut();
        let policy = client.session.policy_mut();
        policy.withhold_pingreq = simulate_down;
        policy.send_duplicates = send_duplicates;
    }

    /// Asks for the page to be drawn again in the next animation frame.
    pub fn redraw_soon(&self) {
        self.redraw.soon();
    }

    /// Empties the packet log.
    pub fn clear_log(&self) {
        self.log.0.borrow_mut().clear();
        self.redraw.now();
    }
}

/// The state behind a driver.
struct Client {
    session: Session,
    transport: Option<Transport>,
    clock: Clock,
    /// When the clock wakes. It may be sooner than anything is due, which costs less than to tell the clock of it: that
    /// would be a message to its worker for each packet.
    alarm: Option<Timestamp>,
    log: SharedLog,
    /// What the current connection was asked for.
    request: Option<ConnectRequest>,
    /// Counts connections: signals of an older one are not meant any more.
    generation: u32,
    /// The connection's number in the log.
    number: ConnectionId,
    /// The number of the packet that is being handled.
    handled: Option<u32>,
    /// When the attempt began, and when the WebSocket opened.
    began: Timestamp,
    stage: Stage,
    /// Why this side closes the connection, once it does; from then on nothing that comes in counts.
    ours: Option<Ours>,
    withheld: bool,
    connection: Rc<Connection>,
}

/// Inputs.
impl Client {
    fn new(log: SharedLog, clock: Clock) -> Self {
        Self {
            session: Session::new(),
            transport: None,
            clock,
            alarm: None,
            log,
            request: None,
            generation: 0,
            number: ConnectionId::default(),
            handled: None,
            began: Timestamp::default(),
            stage: Stage::Opening,
            ours: None,
            withheld: false,
            connection: Rc::default(),
        }
    }

    fn connect(&mut self, request: ConnectRequest, listen: Rc<dyn Fn(Signal)>) {
        let now = browser::now();
        self.transport = None;
        self.session.handle_closed();
        self.report(now);
        {
            let mut log = self.log.0.borrow_mut();
            log.push_remains(now.as_micros(), self.number, Direction::In);
            log.close(self.number);
            let version = Version::Known(request.options.version);
            self.number = log.add_connection(SourceId::LIVE, version);
        }
        self.generation += 1;
        self.began = now;
        self.stage = Stage::Opening;
        self.ours = None;
        self.withheld = false;
        let subprotocols = subprotocol_words(&request.subprotocols);
        self.event(now, LogEvent::Opening { url: &request.url, subprotocols: &subprotocols });
        self.update(|connection| {
            connection.opening(&request.url, &request.options.client_id, request.options.clean_session)
        });
        self.set_phase(now, Phase::Opening);
        match Transport::open(&request.url, &request.subprotocols, listen) {
            Ok(transport) => self.transport = Some(transport),
            Err(words) => {
                let why = concat(&["The browser refused to open the WebSocket: ", &words]);
                self.event(now, LogEvent::NotOpened { words: &words });
                self.set_phase(now, Phase::Ended { why, failed: true });
            }
        }
        self.request = Some(request);
    }

    fn disconnect(&mut self) {
        let now = browser::now();
        if self.session.disconnect().is_ok() {
            self.drain(now);
        } else if self.connection.is_open() {
            self.drop_connection(Ours::GivenUp);
        }
    }

    fn drop_connection(&mut self, ours: Ours) {
        let now = browser::now();
        self.end(now, ours);
        self.drain(now);
    }

    /// Closes the WebSocket over the session's head.
    fn end(&mut self, now: Timestamp, ours: Ours) {
        self.session.handle_closed();
        self.close(now, ours);
    }

    fn on_signal(&mut self, signal: Signal) {
        let now = browser::now();
        match signal {
            Signal::Open { subprotocol } => self.on_open(now, subprotocol),
            Signal::Bytes(bytes) if self.ours.is_none() => self.on_bytes(now, &bytes),
            Signal::Text { chars } if self.ours.is_none() => {
                self.event(now, LogEvent::TextMessage { chars: chars.into() });
                // "If any other type of data frame is received the recipient MUST close the Network Connection"
                // [MQTT-6.0.0-1].
                self.end(now, Ours::PeerError(TEXT_MESSAGE.into()));
            }
            Signal::Bytes(_) | Signal::Text { .. } => {}
            Signal::Closed { code, reason } => self.on_closed(now, code, reason),
        }
        self.drain(now);
    }

    fn on_tick(&mut self, tick: Tick) {
        let now = browser::now();
        self.alarm = None;
        if tick == Tick::Fallback {
            self.event(now, LogEvent::ClockFallback);
        }
        self.session.handle_timeout(now);
        self.drain(now);
    }

    fn on_open(&mut self, now: Timestamp, subprotocol: String) {
        let after_ms = now.micros_since(self.began) / 1_000;
        self.event(now, LogEvent::Opened { subprotocol: &subprotocol, after_ms });
        self.update(|connection| connection.subprotocol = subprotocol);
        self.began = now;
        self.stage = Stage::AwaitingConnAck;
        self.set_phase(now, Phase::AwaitingConnAck);
        let Some(request) = &self.request else { return };
        if let Err(error) = self.session.connect(now, &request.options) {
            self.close(now, Ours::NotSent(error.to_string()));
        }
    }

    fn on_bytes(&mut self, now: Timestamp, bytes: &Uint8Array) {
        let (time, number) = (now.as_micros(), self.number);
        let len = bytes.length() as usize;
        self.log.0.borrow_mut().receive(number, Direction::In, len, |room| bytes.copy_to(room));
        while self.ours.is_none() {
            let Self { session, log, .. } = self;
            let next = log.0.borrow_mut().next_packet(time, number, Direction::In, |packet| {
                hear(session, now, packet);
                packet.number
            });
            match next {
                Ok(Some(packet)) => {
                    self.handled = Some(packet);
                    self.gather(now);
                    self.handled = None;
                }
                Ok(None) => return,
                Err(error) => {
                    self.log.0.borrow_mut().push_remains(time, number, Direction::In);
                    let (offset, fault) = (error.offset as u64, Fault::Found(error.kind, self.version()));
                    self.event(now, LogEvent::Garbage { error: fault, offset, own: false });
                    self.session.handle_decode_error(&error);
                    self.gather(now);
                }
            }
        }
    }

    fn on_closed(&mut self, now: Timestamp, code: u16, reason: String) {
        self.session.handle_closed();
        let have = self.log.0.borrow().pending(self.number, Direction::In).len();
        if have > 0 {
            self.log.0.borrow_mut().push_remains(now.as_micros(), self.number, Direction::In);
            self.event(now, LogEvent::Incomplete { len: have as u64 });
        }
        let request = self.request.as_ref();
        let closed = Closed {
            code,
            reason,
            ours: self.ours.clone(),
            stage: self.stage,
            after_ms: now.micros_since(self.began) / 1_000,
            url: request.map_or_else(String::new, |request| request.url.clone()),
            subprotocols: request
                .map_or_else(String::new, |request| subprotocol_words(&request.subprotocols)),
            withheld: self.withheld,
        };
        let phase = Phase::Ended { why: closed.status_words(), failed: closed.is_failure() };
        self.event(now, LogEvent::Closed { words: &closed.event_words(), failed: closed.is_failure() });
        self.transport = None;
        self.set_phase(now, phase);
    }
}

/// Outputs.
impl Client {
    /// Logs and sends what the session wants sent, takes its events, and sets the clock.
    fn drain(&mut self, now: Timestamp) {
        self.gather(now);
        let waits = self.transport.as_mut().is_some_and(Transport::pump);
        let due = if waits { Some(now.plus_millis(PUMP_MILLIS)) } else { self.session.poll_timeout() };
        let is_late = |due| self.alarm.is_none_or(|alarm| due < alarm);
        if let Some(due) = due.filter(|&due| is_late(due)) {
            self.alarm = Some(due);
            self.clock.wake_in(due.micros_since(now).div_ceil(1_000) as u32);
        }
    }

    /// Like [`Self::drain`], but leaves the clock alone: for the middle of a task.
    fn gather(&mut self, now: Timestamp) {
        while let Some(transmit) = self.session.poll_transmit() {
            let facts = PacketFacts {
                own: true,
                copy: transmit.kind == TransmitKind::Duplicate,
                resend: transmit.kind == TransmitKind::Resend,
                raw: transmit.kind == TransmitKind::Raw,
                ..PacketFacts::default()
            };
            let (time, mut log) = (now.as_micros(), self.log.0.borrow_mut());
            log.push_packet(time, self.number, Direction::Out, transmit.frame, facts);
            if let Some(transport) = &mut self.transport {
                transport.queue(transmit.frame);
            }
        }
        self.report(now);
    }

    /// Takes the session's events.
    fn report(&mut self, now: Timestamp) {
        while let Some(event) = self.session.poll_event() {
            self.on_event(now, event);
        }
    }

    fn on_event(&mut self, now: Timestamp, event: Event) {
        match event {
            Event::Connected { .. } => {
                self.stage = Stage::Connected;
                self.set_phase(now, Phase::Connected);
            }
            Event::Refused { return_code } => {
                self.event(now, LogEvent::Refused { return_code });
            }
            Event::Subscribed { results, .. } => {
                for result in results.iter().filter(|result| result.granted().is_none()) {
                    self.event(now, LogEvent::NotGranted { filter: &result.filter });
                }
                self.update(|connection| connection.subscribed(&results));
            }
            Event::Unsubscribed { filters, .. } => {
                self.update(|connection| connection.unsubscribed(&filters))
            }
            Event::PingReqWithheld => {
                self.withheld = true;
                self.event(now, LogEvent::PingWithheld);
            }
            Event::PeerError(error) => {
                let error = Fault::Found(error, self.version());
                self.event_about_handled(now, LogEvent::PeerError { error }, PacketFacts::default());
            }
            Event::LeftInFlight { publishes, requests, queued, kept } => {
                let ids: Vec<_> = publishes.into_iter().chain(requests).collect();
                self.on_left_in_flight(now, &ids, queued, kept);
            }
            Event::Close(reason) => self.on_close_asked(now, reason),
            Event::AcknowledgementHeld { packet_type, packet_id } => {
                let event = LogEvent::AcknowledgementHeld { packet_type, packet_id: packet_id.get() };
                let facts = PacketFacts { held: true, ..PacketFacts::default() };
                self.event_about_handled(now, event, facts);
            }
            Event::RepeatNotDelivered { packet_id } => {
                let event = LogEvent::RepeatNotDelivered { packet_id: packet_id.get() };
                let facts = PacketFacts { repeat: true, ..PacketFacts::default() };
                self.event_about_handled(now, event, facts);
            }
            _ => {}
        }
    }

    fn on_left_in_flight(&self, now: Timestamp, ids: &[PacketId], queued: usize, kept: bool) {
        let shown = ids.iter().take(20).map(|id| number::plain(id.get().into()));
        let mut words = shown.collect::<Vec<_>>().join(", ");
        if ids.len() > 20 {
            words.push_str(", …");
        }
        if queued > 0 {
            let separator = if words.is_empty() { "" } else { "; " };
            words.push_str(&concat(&[separator, &number::grouped(queued as u64), " queued"]));
        }
        let fate = match (ids.len() + queued, kept) {
            (1, true) => "it is sent again on reconnect",
            (1, false) => "it is given up",
            (_, true) => "they are sent again on reconnect",
            (_, false) => "they are given up",
        };
        self.event(now, LogEvent::LeftInFlight { count: ids.len() as u64, ids: &words, fate });
    }

    fn on_close_asked(&mut self, now: Timestamp, reason: CloseReason) {
        let ours = match reason {
            CloseReason::Refused(code) => Ours::Refused(code),
            CloseReason::NoConnAck => Ours::NoConnAck(now.micros_since(self.began) / 1_000_000),
            CloseReason::NoPingResp => {
                let secs = self.options().map_or(0, |options| options.keep_alive.as_secs());
                self.event(now, LogEvent::KeepAliveExpired { secs });
                Ours::KeepAliveExpired(secs)
            }
            CloseReason::Undecodable(error) => Ours::PeerError(error.to_string()),
            CloseReason::Violation(violation) => Ours::PeerError(violation.to_string()),
            CloseReason::PeerError(error) => Ours::PeerError(error.to_string()),
            _ => Ours::Disconnected,
        };
        self.close(now, ours);
    }

    fn close(&mut self, now: Timestamp, ours: Ours) {
        if let Some(transport) = &mut self.transport {
            if matches!(ours, Ours::Dropped | Ours::GivenUp) {
                transport.abandon()
            } else {
                transport.close()
            }
            self.set_phase(now, Phase::Closing);
        }
        self.ours.get_or_insert(ours);
    }

    fn event(&self, now: Timestamp, event: LogEvent<'_>) {
        self.log.0.borrow_mut().push_event(now.as_micros(), self.number, event);
    }

    /// Logs what is about the packet that is being handled, and what is known of it now.
    fn event_about_handled(&self, now: Timestamp, event: LogEvent<'_>, facts: PacketFacts) {
        let Some(packet) = self.handled else { return self.event(now, event) };
        let mut log = self.log.0.borrow_mut();
        log.mark(packet, facts);
        log.push_event_about(packet, now.as_micros(), self.number, event);
    }

    fn update(&mut self, change: impl FnOnce(&mut Connection)) {
        change(Rc::make_mut(&mut self.connection));
    }

    fn set_phase(&mut self, now: Timestamp, phase: Phase) {
        self.update(|connection| connection.enter(phase, now.as_millis()));
    }

    fn options(&self) -> Option<&ConnectOptions> {
        self.request.as_ref().map(|request| &request.options)
    }

    fn version(&self) -> ProtocolVersion {
        self.options().map_or(ProtocolVersion::V31, |options| options.version)
    }
}

/// Gives a packet that came in to the session.
fn hear(session: &mut Session, now: Timestamp, ingested: &Ingested<'_>) {
    match &ingested.packet {
        Ok(packet) => {
            ingested.violations.iter().for_each(|violation| session.handle_violation(violation));
            session.handle_packet(now, packet);
        }
        Err(error) => session.handle_decode_error(error),
    }
}

/// Asks for the page to be drawn again, once per animation frame.
struct Redraw {
    on_change: Callback<()>,
    asked: Rc<Cell<bool>>,
    on_frame: Closure<dyn FnMut()>,
}

impl Redraw {
    fn new(on_change: Callback<()>) -> Self {
        let asked = Rc::new(Cell::new(false));
        let on_frame = {
            let (asked, on_change) = (asked.clone(), on_change.clone());
            Closure::new(move || {
                asked.set(false);
                on_change.emit(());
            })
        };
        Self { on_change, asked, on_frame }
    }

    fn now(&self) {
        self.on_change.emit(());
    }

    fn soon(&self) {
        if !self.asked.replace(true) {
            let frame = window().request_animation_frame(self.on_frame.as_ref().unchecked_ref());
            self.asked.set(frame.is_ok());
        }
    }
}

fn subprotocol_words(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

/// Why a text message ends the connection.
const TEXT_MESSAGE: &str = "it sent a text message, and MQTT goes in binary ones (MQTT-6.0.0-1)";
/// How soon to look whether the browser takes more bytes.
const PUMP_MILLIS: u64 = 5;
