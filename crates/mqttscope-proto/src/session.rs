//! The client's side of a connection, and of what outlives it: a state machine without I/O and without a clock.
//!
//! [`Session`] has four kinds of methods, called in this order:
//!
//! 1. inputs `handle_*`: what the transport brought, that it closed, that the time has come;
//! 2. commands: `connect`, `publish`, `subscribe`, ... what the user wants;
//! 3. outputs `poll_*`, after each of these, until they give `None`: packets to send, events, the next time to call
//!    [`Session::handle_timeout`];
//! 4. getters, at any time.
//!
//! Every input and every command takes the present time, so that tests run on a fake clock and a browser on its own.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::error::DecodeError;
use crate::packet::{
    ConnAck, Packet, PacketType, PubAck, PubComp, PubRec, PubRel, Publish, SubAck, Subscribe,
    SubscribeFilter, Unsubscribe,
};
use crate::rule::Violation;
use crate::text::Text;
use crate::topic::TopicFilter;
use crate::types::{PacketId, ProtocolVersion, Qos, Timestamp};

mod event;
mod ids;
mod inbound;
mod keep_alive;
mod options;
mod outbound;
mod snapshot;
mod transmit;

pub use event::{CloseReason, CommandError, Event, PeerError, SubscribeResult};
pub use options::{AckPolicy, ConnectOptions, Policy, Publication, WillOptions};
pub use snapshot::{SNAPSHOT_FORMAT, SavedMessage, Snapshot, SnapshotError};
pub use transmit::{Transmit, TransmitKind};

use ids::PacketIds;
use inbound::{Ack, HeldAcks, ReceivedIds};
use keep_alive::{KeepAliveAction, KeepAliveTimer};
use outbound::{Outbound, Stage, Unnumbered};
use transmit::TransmitQueue;

/// A client's session.
///
/// ```
/// use mqttscope_proto::session::{ConnectOptions, Event, Publication, Published, Session};
/// use mqttscope_proto::{Packet, ProtocolVersion, PubAck, Qos, Timestamp, TopicName, decode};
///
/// let now = Timestamp::from_millis(0);
/// let mut session = Session::new();
/// session.connect(now, &ConnectOptions { client_id: "me".into(), clean_session: true, ..Default::default() })?;
/// let connect = session.poll_transmit().expect("CONNECT is to be sent").frame;
/// assert_eq!(connect[0], 0x10);
///
/// // The server accepts.
/// session.handle_packet(now, &decode(&[0x20, 0x02, 0x00, 0x00], ProtocolVersion::V31, &mut ())?);
/// assert_eq!(session.poll_event(), Some(Event::Connected { session_present: false }));
///
/// let message = Publication { topic: TopicName::new("t")?, payload: b"hi", qos: Qos::AtLeastOnce, retain: false };
/// let Published::InFlight(packet_id) = session.publish(now, &message)? else { unreachable!() };
/// assert!(session.poll_transmit().is_some());
/// session.handle_packet(now, &Packet::PubAck(PubAck { packet_id: packet_id.get() }));
/// assert_eq!(session.poll_event(), Some(Event::Completed { packet_id, qos: Qos::AtLeastOnce }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    policy: Policy,
    state: State,
    version: ProtocolVersion,
    client_id: String,
    clean_session: bool,
    keep_alive: KeepAliveTimer,
    ids: PacketIds,
    outbound: Outbound,
    requests: BTreeMap<PacketId, Request>,
    received: ReceivedIds,
    held: HeldAcks,
    /// Answers that copies with DUP will bring besides the regular one.
    echoes: BTreeMap<(PacketType, PacketId), u8>,
    transmits: TransmitQueue,
    events: VecDeque<Event>,
}

/// ```text
///   Disconnected ──connect──► Connecting ──CONNACK 0──► Connected ──disconnect──► Closing
///        ▲                        │  CONNACK 1-5, no CONNACK in time ──────────────► │
///        └──────────────────────── handle_closed, in every state ◄───────────────────┘
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Disconnected,
    Connecting { connack_due: Option<Timestamp> },
    Connected,
    Closing,
}

/// A SUBSCRIBE or UNSUBSCRIBE without its answer.
#[derive(Clone, Debug)]
struct Request {
    kind: RequestKind,
    frame: Vec<u8>,
    last_sent: Timestamp,
    retries: u32,
}

#[derive(Clone, Debug)]
enum RequestKind {
    Subscribe(Vec<(String, Qos)>),
    Unsubscribe(Vec<String>),
}

impl RequestKind {
    fn awaited(&self) -> PacketType {
        match self {
            Self::Subscribe(_) => PacketType::SubAck,
            Self::Unsubscribe(_) => PacketType::UnsubAck,
        }
    }
}

/// What became of a message that was given to [`Session::publish`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// QoS 0: sent, and that is all.
    Sent,
    /// Sent, and in flight under this packet identifier.
    InFlight(PacketId),
    /// Queued behind the messages in flight; [`Event::Dequeued`] will tell its packet identifier.
    Queued,
}

/// Whether a packet that was handled is a message for the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It is no message.
    None,
    /// Give it to the application.
    Deliver,
    /// A QoS 2 message that was given to the application before.
    Repeat,
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

/// Inputs.
impl Session {
    /// Handles a packet from the server.
    pub fn handle_packet(&mut self, now: Timestamp, packet: &Packet<'_>) -> Delivery {
        match self.state {
            // After DISCONNECT nothing is sent any more [MQTT-3.14.4-2], so nothing is answered either.
            State::Disconnected | State::Closing => return Delivery::None,
            State::Connecting { .. } if packet.packet_type() != PacketType::ConnAck => {
                self.peer_error(PeerError::BeforeConnAck(packet.packet_type()));
                if self.state == State::Closing {
                    return Delivery::None;
                }
            }
            _ => {}
        }
        match packet {
            Packet::ConnAck(connack) => self.handle_connack(now, connack),
            Packet::Publish(publish) => return self.handle_publish(now, publish),
            Packet::PubAck(PubAck { packet_id }) => self.handle_puback(now, *packet_id),
            Packet::PubRec(PubRec { packet_id }) => self.handle_pubrec(now, *packet_id),
            Packet::PubRel(PubRel { packet_id, .. }) => self.handle_pubrel(now, *packet_id),
            Packet::PubComp(PubComp { packet_id }) => self.handle_pubcomp(now, *packet_id),
            Packet::SubAck(suback) => self.handle_suback(suback),
            Packet::UnsubAck(unsuback) => self.handle_unsuback(unsuback.packet_id),
            Packet::PingResp => {
                if !self.keep_alive.response_received() {
                    self.peer_error(PeerError::UnexpectedPingResp);
                }
            }
            Packet::Connect(_)
            | Packet::Subscribe(_)
            | Packet::Unsubscribe(_)
            | Packet::PingReq
            | Packet::Disconnect => self.peer_error(PeerError::NotFromServer(packet.packet_type())),
        }
        Delivery::None
    }

    /// Handles a rule that the next packet from the server breaks; to be called before [`Session::handle_packet`].
    ///
    /// Nothing comes of it unless the policy is to close: [`Policy::close_on_violation`].
    pub fn handle_violation(&mut self, violation: &Violation) {
        if self.policy.close_on_violation && matches!(self.state, State::Connecting { .. } | State::Connected)
        {
            self.close(CloseReason::Violation(*violation));
        }
    }

    /// Handles bytes from the server that are no packet: the connection cannot go on.
    pub fn handle_decode_error(&mut self, error: &DecodeError) {
        if matches!(self.state, State::Connecting { .. } | State::Connected) {
            self.close(CloseReason::Undecodable(*error));
        }
    }

    /// Handles the end of the transport, whoever ended it.
    pub fn handle_closed(&mut self) {
        if self.state == State::Disconnected {
            return;
        }
        self.state = State::Disconnected;
        self.transmits.clear();
        self.held.clear();
        self.echoes.clear();
        let kept = !self.clean_session;
        let requests: Vec<_> = core::mem::take(&mut self.requests).into_keys().collect();
        for &id in &requests {
            self.ids.free(id);
        }
        let publishes = self.outbound.in_resend_order();
        let queued = self.outbound.queue.len();
        if !kept {
            self.forget();
        }
        if !publishes.is_empty() || !requests.is_empty() || queued > 0 {
            self.events.push_back(Event::LeftInFlight { publishes, requests, queued, kept });
        }
    }

    /// Does what is due. To be called at the time that [`Session::poll_timeout`] tells, or at any other.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        match self.state {
            State::Connecting { connack_due: Some(due) } if due <= now => self.close(CloseReason::NoConnAck),
            State::Connected => {
                while let Some(ack) = self.held.take_due(now) {
                    self.send_ack(now, ack);
                }
                self.retry(now);
                match self.keep_alive.check(now) {
                    KeepAliveAction::Nothing => {}
                    KeepAliveAction::PingDue if self.policy.withhold_pingreq => {
                        self.events.push_back(Event::PingReqWithheld);
                    }
                    KeepAliveAction::PingDue => self.send_pingreq(now),
                    KeepAliveAction::Dead => self.close(CloseReason::NoPingResp),
                }
            }
            _ => {}
        }
    }

    fn handle_connack(&mut self, now: Timestamp, connack: &ConnAck) {
        if self.state == State::Connected {
            self.peer_error(PeerError::SecondConnAck);
            return;
        }
        if connack.return_code != 0 {
            self.events.push_back(Event::Refused { return_code: connack.return_code });
            self.close(CloseReason::Refused(connack.return_code));
            return;
        }
        self.state = State::Connected;
        let session_present = self.version != ProtocolVersion::V31 && connack.session_present();
        if self.version != ProtocolVersion::V31 && !session_present {
            // The server begins anew: the identifiers that it will use are those of other messages.
            self.received.clear();
        }
        self.events.push_back(Event::Connected { session_present });
        if session_present && self.clean_session {
            self.peer_error(PeerError::SessionPresent);
        }
        self.resume(now);
        self.drain_queue(now);
    }

    fn handle_publish(&mut self, now: Timestamp, publish: &Publish<'_>) -> Delivery {
        let Some(id) = publish.packet_id.and_then(PacketId::new) else {
            // QoS 0, or the invalid id 0, which nothing can acknowledge.
            return Delivery::Deliver;
        };
        let (packet_type, delivery) = match publish.qos {
            Qos::ExactlyOnce if !self.received.insert(id) => {
                self.events.push_back(Event::RepeatNotDelivered { packet_id: id });
                (PacketType::PubRec, Delivery::Repeat)
            }
            Qos::ExactlyOnce => (PacketType::PubRec, Delivery::Deliver),
            _ => (PacketType::PubAck, Delivery::Deliver),
        };
        let ack = Ack { packet_type, packet_id: id };
        if self.policy.manual_acknowledgement {
            self.held.manual.push_back(ack);
            self.events.push_back(Event::AcknowledgementHeld { packet_type, packet_id: id });
        } else {
            self.answer(now, ack);
        }
        delivery
    }

    fn handle_puback(&mut self, now: Timestamp, packet_id: u16) {
        if let Some(id) = self.in_flight_awaiting(PacketType::PubAck, packet_id) {
            self.complete(now, id);
        }
    }

    fn handle_pubrec(&mut self, now: Timestamp, packet_id: u16) {
        let Some(id) = PacketId::new(packet_id) else {
            self.peer_error(PeerError::UnknownPacketId { packet_type: PacketType::PubRec, packet_id });
            return;
        };
        if self.take_echo(PacketType::PubRec, id) {
            // The answer to the copy; the copy of the PUBREL answers it.
            return;
        }
        match self.outbound.in_flight.get(&id).map(outbound::InFlight::awaited) {
            Some(PacketType::PubRec) => {
                self.outbound.release(id, now);
                if self.policy.send_duplicates {
                    // Of two PUBRECs to come, the regular one is here.
                    self.expect_echo(PacketType::PubComp, id);
                }
            }
            // A server that repeats PUBREC has not seen PUBREL.
            Some(PacketType::PubComp) => {}
            Some(awaited) => {
                let packet_type = PacketType::PubRec;
                self.peer_error(PeerError::WrongAcknowledgement { packet_type, packet_id: id, awaited });
                return;
            }
            // Unknown here, but the server holds a message until it is released.
            None => {
                self.peer_error(PeerError::UnknownPacketId { packet_type: PacketType::PubRec, packet_id })
            }
        }
        self.answer(now, Ack { packet_type: PacketType::PubRel, packet_id: id });
    }

    fn handle_pubrel(&mut self, now: Timestamp, packet_id: u16) {
        if let Some(id) = PacketId::new(packet_id) {
            self.received.remove(id);
            self.answer(now, Ack { packet_type: PacketType::PubComp, packet_id: id });
        }
    }

    fn handle_pubcomp(&mut self, now: Timestamp, packet_id: u16) {
        if let Some(id) = self.in_flight_awaiting(PacketType::PubComp, packet_id) {
            self.complete(now, id);
        }
    }

    /// The message that an acknowledgement ends; anything else than the one that is awaited is reported.
    fn in_flight_awaiting(&mut self, packet_type: PacketType, packet_id: u16) -> Option<PacketId> {
        let id = PacketId::new(packet_id);
        let awaited = id.and_then(|id| {
            let message = self.outbound.in_flight.get(&id).map(outbound::InFlight::awaited);
            message.or_else(|| self.requests.get(&id).map(|request| request.kind.awaited()))
        });
        match (id, awaited) {
            (Some(id), Some(awaited)) if awaited == packet_type => return Some(id),
            (Some(id), _) if self.take_echo(packet_type, id) => {}
            (Some(id), Some(awaited)) => {
                self.peer_error(PeerError::WrongAcknowledgement { packet_type, packet_id: id, awaited });
            }
            _ => self.peer_error(PeerError::UnknownPacketId { packet_type, packet_id }),
        }
        None
    }

    fn handle_suback(&mut self, suback: &SubAck<'_>) {
        let Some((packet_id, RequestKind::Subscribe(filters))) =
            self.take_request(PacketType::SubAck, suback.packet_id)
        else {
            return;
        };
        let (expected, actual) = (filters.len(), suback.return_codes.len());
        let codes = suback.return_codes.iter().copied().map(Some).chain(core::iter::repeat(None));
        let results = filters
            .into_iter()
            .zip(codes)
            .map(|((filter, requested), return_code)| SubscribeResult { filter, requested, return_code })
            .collect();
        self.events.push_back(Event::Subscribed { packet_id, results });
        if expected != actual {
            self.peer_error(PeerError::ReturnCodeCount { expected, actual });
        }
    }

    fn handle_unsuback(&mut self, packet_id: u16) {
        if let Some((packet_id, RequestKind::Unsubscribe(filters))) =
            self.take_request(PacketType::UnsubAck, packet_id)
        {
            self.events.push_back(Event::Unsubscribed { packet_id, filters });
        }
    }

    fn take_request(&mut self, packet_type: PacketType, packet_id: u16) -> Option<(PacketId, RequestKind)> {
        let id = self.in_flight_awaiting(packet_type, packet_id)?;
        let request = self.requests.remove(&id)?;
        self.ids.free(id);
        Some((id, request.kind))
    }

    /// A message is acknowledged to the end.
    fn complete(&mut self, now: Timestamp, packet_id: PacketId) {
        if let Some(message) = self.outbound.in_flight.remove(&packet_id) {
            self.ids.free(packet_id);
            self.events.push_back(Event::Completed { packet_id, qos: message.qos });
            self.drain_queue(now);
        }
    }

    fn peer_error(&mut self, error: PeerError) {
        self.events.push_back(Event::PeerError(error));
        if self.policy.close_on_violation && !error.may_be_late() {
            self.close(CloseReason::PeerError(error));
        }
    }

    fn close(&mut self, reason: CloseReason) {
        self.state = State::Closing;
        self.events.push_back(Event::Close(reason));
    }
}

/// Commands.
impl Session {
    /// A session that is not connected, with no memory of another.
    #[must_use]
    pub fn new() -> Self {
        Self {
            policy: Policy::default(),
            state: State::Disconnected,
            version: ProtocolVersion::default(),
            client_id: String::new(),
            clean_session: true,
            keep_alive: KeepAliveTimer::new(Default::default(), Timestamp::default()),
            ids: PacketIds::new(),
            outbound: Outbound::default(),
            requests: BTreeMap::new(),
            received: ReceivedIds::new(),
            held: HeldAcks::default(),
            echoes: BTreeMap::new(),
            transmits: TransmitQueue::default(),
            events: VecDeque::new(),
        }
    }

    /// Sends CONNECT over a transport that has just opened.
    ///
    /// With clean session, or with another client id than before, the session's memory is dropped.
    ///
    /// # Errors
    ///
    /// When it is connected or connecting, or when CONNECT cannot be written.
    pub fn connect(&mut self, now: Timestamp, options: &ConnectOptions) -> Result<(), CommandError> {
        if self.state != State::Disconnected {
            return Err(CommandError::AlreadyConnected);
        }
        self.transmits.push(&Packet::Connect(options.packet()))?;
        if options.clean_session || options.client_id != self.client_id {
            self.forget();
        }
        self.version = options.version;
        self.client_id.clone_from(&options.client_id);
        self.clean_session = options.clean_session;
        self.keep_alive = KeepAliveTimer::new(options.keep_alive, now);
        let connack_due = self.policy.connack_timeout_millis.map(|millis| now.plus_millis(millis));
        self.state = State::Connecting { connack_due };
        Ok(())
    }

    /// Publishes a message, at once or when the messages in flight leave room for it.
    ///
    /// # Errors
    ///
    /// When it is not connected, when the queue is full, when no packet identifier is free, or when the
    /// packet would be too long.
    pub fn publish(&mut self, now: Timestamp, message: &Publication<'_>) -> Result<Published, CommandError> {
        self.check_connected()?;
        if message.qos == Qos::AtMostOnce {
            self.transmits.push(&Packet::Publish(outbound::publish_packet(message, None)))?;
            self.keep_alive.sent(now);
            return Ok(Published::Sent);
        }
        let unnumbered = Unnumbered::encode(message)?;
        if self.has_room() && self.outbound.queue.is_empty() {
            let id = self.allocate()?;
            self.start(now, id, unnumbered);
            return Ok(Published::InFlight(id));
        }
        if self.outbound.queue.len() >= self.policy.max_queued {
            let (in_flight, queued) = (self.outbound.in_flight.len(), self.outbound.queue.len());
            return Err(CommandError::QueueFull { in_flight, queued });
        }
        self.outbound.queue.push_back(unnumbered);
        Ok(Published::Queued)
    }

    /// Publishes a message above QoS 0 under a packet identifier of the caller's choice, past the queue.
    ///
    /// # Errors
    ///
    /// Those of [`Session::publish`], and when the identifier is in use or the message is one of QoS 0.
    pub fn publish_with_id(
        &mut self,
        now: Timestamp,
        message: &Publication<'_>,
        packet_id: PacketId,
    ) -> Result<(), CommandError> {
        self.check_connected()?;
        let unnumbered = Unnumbered::encode(message)?;
        if !self.ids.reserve(packet_id) {
            return Err(CommandError::PacketIdInUse(packet_id));
        }
        self.forget_echoes(packet_id);
        self.start(now, packet_id, unnumbered);
        Ok(())
    }

    /// Subscribes to topic filters, each with the QoS that is asked for.
    ///
    /// # Errors
    ///
    /// When it is not connected, when there is no filter, when no packet identifier is free, or when the packet
    /// would be too long.
    pub fn subscribe(
        &mut self,
        now: Timestamp,
        filters: &[(TopicFilter<'_>, Qos)],
    ) -> Result<PacketId, CommandError> {
        let items: Vec<_> = filters
            .iter()
            .map(|(filter, qos)| SubscribeFilter { filter: filter.as_str().into(), qos: qos.as_u8() })
            .collect();
        let kept = filters.iter().map(|&(filter, qos)| (filter.to_string(), qos)).collect();
        self.request(now, RequestKind::Subscribe(kept), items.is_empty(), |packet_id| {
            Packet::Subscribe(Subscribe { dup: false, packet_id, filters: crate::Filters::new(&items) })
        })
    }

    /// Gives up subscriptions.
    ///
    /// # Errors
    ///
    /// Those of [`Session::subscribe`].
    pub fn unsubscribe(
        &mut self,
        now: Timestamp,
        filters: &[TopicFilter<'_>],
    ) -> Result<PacketId, CommandError> {
        let items: Vec<_> = filters.iter().map(|filter| Text::from(filter.as_str())).collect();
        let kept = filters.iter().map(ToString::to_string).collect();
        self.request(now, RequestKind::Unsubscribe(kept), items.is_empty(), |packet_id| {
            Packet::Unsubscribe(Unsubscribe { dup: false, packet_id, filters: crate::Filters::new(&items) })
        })
    }

    /// Sends PINGREQ now, whatever the keep alive and the policy say.
    ///
    /// # Errors
    ///
    /// When it is not connected.
    pub fn ping(&mut self, now: Timestamp) -> Result<(), CommandError> {
        self.check_connected()?;
        self.send_pingreq(now);
        Ok(())
    }

    /// Sends DISCONNECT and asks for the transport to be closed [MQTT-3.14.4-1].
    ///
    /// # Errors
    ///
    /// When it is not connected.
    pub fn disconnect(&mut self) -> Result<(), CommandError> {
        self.check_connected()?;
        self.transmits.push(&Packet::Disconnect)?;
        self.close(CloseReason::Disconnected);
        Ok(())
    }

    /// Sends bytes as they are; the session learns nothing of what they may mean.
    ///
    /// # Errors
    ///
    /// When there is no connection, not even one that is being established.
    pub fn send_raw(&mut self, now: Timestamp, bytes: &[u8]) -> Result<(), CommandError> {
        match self.state {
            State::Connecting { .. } | State::Connected => {
                self.transmits.push_bytes(bytes, TransmitKind::Raw);
                self.keep_alive.sent(now);
                Ok(())
            }
            State::Disconnected | State::Closing => Err(CommandError::NotConnected),
        }
    }

    /// Acknowledges a message that [`Policy::manual_acknowledgement`] has kept unacknowledged.
    ///
    /// # Errors
    ///
    /// When it is not connected, or no such message waits.
    pub fn acknowledge(&mut self, now: Timestamp, packet_id: PacketId) -> Result<(), CommandError> {
        self.check_connected()?;
        let ack = self.held.take_manual(packet_id).ok_or(CommandError::NothingToAcknowledge(packet_id))?;
        self.answer(now, ack);
        Ok(())
    }

    /// Sends the acknowledgements that [`AckPolicy::Withhold`] and [`AckPolicy::Reorder`] have kept, in order.
    ///
    /// # Errors
    ///
    /// When it is not connected.
    pub fn release_withheld(&mut self, now: Timestamp) -> Result<(), CommandError> {
        self.check_connected()?;
        for ack in self.held.take_withheld() {
            self.send_ack(now, ack);
        }
        Ok(())
    }

    /// The policy, to be changed. It holds from the next packet on.
    pub fn policy_mut(&mut self) -> &mut Policy {
        &mut self.policy
    }

    fn check_connected(&self) -> Result<(), CommandError> {
        match self.state {
            State::Connected => Ok(()),
            _ => Err(CommandError::NotConnected),
        }
    }

    /// Sends a SUBSCRIBE or UNSUBSCRIBE and remembers it until its answer.
    fn request<'a>(
        &mut self,
        now: Timestamp,
        kind: RequestKind,
        empty: bool,
        packet: impl FnOnce(u16) -> Packet<'a>,
    ) -> Result<PacketId, CommandError> {
        self.check_connected()?;
        if empty {
            return Err(CommandError::NoTopicFilter);
        }
        let id = self.allocate()?;
        let mut frame = Vec::new();
        if let Err(error) = packet(id.get()).encode(&mut frame) {
            self.ids.free(id);
            return Err(error.into());
        }
        self.transmits.push_bytes(&frame, TransmitKind::Regular);
        if self.policy.send_duplicates {
            self.transmits.push_again(&frame, true, TransmitKind::Duplicate);
            self.expect_echo(kind.awaited(), id);
        }
        self.keep_alive.sent(now);
        self.requests.insert(id, Request { kind, frame, last_sent: now, retries: 0 });
        Ok(id)
    }

    fn allocate(&mut self) -> Result<PacketId, CommandError> {
        let id = self.ids.allocate().ok_or(CommandError::NoPacketIdFree)?;
        self.forget_echoes(id);
        Ok(id)
    }

    fn has_room(&self) -> bool {
        self.policy.ignore_in_flight_limit || self.outbound.in_flight.len() < self.policy.max_in_flight
    }

    fn start(&mut self, now: Timestamp, id: PacketId, message: Unnumbered) {
        let awaited = if message.qos == Qos::ExactlyOnce { PacketType::PubRec } else { PacketType::PubAck };
        let frame = self.outbound.start(id, message, now);
        self.transmits.push_bytes(frame, TransmitKind::Regular);
        if self.policy.send_duplicates {
            self.transmits.push_again(frame, true, TransmitKind::Duplicate);
            self.expect_echo(awaited, id);
        }
        self.keep_alive.sent(now);
    }

    fn drain_queue(&mut self, now: Timestamp) {
        while self.has_room() && !self.outbound.queue.is_empty() {
            let Ok(packet_id) = self.allocate() else { return };
            let Some(message) = self.outbound.queue.pop_front() else { return };
            self.start(now, packet_id, message);
            self.events.push_back(Event::Dequeued { packet_id });
        }
    }

    /// Deals with an acknowledgement that is due, as the policy says.
    fn answer(&mut self, now: Timestamp, ack: Ack) {
        match self.policy.of(ack.packet_type) {
            AckPolicy::Send => self.send_ack(now, ack),
            AckPolicy::Duplicate => {
                self.send_ack(now, ack);
                self.send_ack(now, ack);
            }
            AckPolicy::DelayMillis(millis) => {
                self.held.delay(now.plus_millis(millis), ack);
                self.held_event(ack);
            }
            AckPolicy::Withhold => {
                self.held.withheld.push_back(ack);
                self.held_event(ack);
            }
            AckPolicy::Reorder => match self.held.overtake(ack) {
                Some(earlier) => {
                    self.send_ack(now, ack);
                    self.send_ack(now, earlier);
                }
                None => self.held_event(ack),
            },
        }
    }

    fn held_event(&mut self, Ack { packet_type, packet_id }: Ack) {
        self.events.push_back(Event::AcknowledgementHeld { packet_type, packet_id });
    }

    fn send_ack(&mut self, now: Timestamp, ack: Ack) {
        let first_byte = ack.packet_type.first_byte();
        let [high, low] = ack.packet_id.get().to_be_bytes();
        let frame = [first_byte, 2, high, low];
        self.transmits.push_bytes(&frame, TransmitKind::Regular);
        if self.policy.send_duplicates && ack.packet_type == PacketType::PubRel {
            self.transmits.push_again(&frame, true, TransmitKind::Duplicate);
        }
        self.keep_alive.sent(now);
    }

    fn send_pingreq(&mut self, now: Timestamp) {
        self.transmits.push_bytes(&[PacketType::PingReq.first_byte(), 0], TransmitKind::Regular);
        self.keep_alive.ping_sent(now);
    }

    /// Sends again what a former connection left unacknowledged [MQTT-4.4.0-1].
    fn resume(&mut self, now: Timestamp) {
        for id in self.outbound.in_resend_order() {
            self.resend(now, id, 0);
        }
    }

    fn resend(&mut self, now: Timestamp, id: PacketId, retries: u32) {
        // DUP on PUBREL is 3.1's; 3.1.1 reserves the bit [MQTT-3.6.1-1].
        let dup_on_pubrel = self.version == ProtocolVersion::V31;
        let Some(message) = self.outbound.in_flight.get_mut(&id) else { return };
        message.last_sent = now;
        message.retries = retries;
        match &message.stage {
            Stage::Published { frame } => self.transmits.push_again(frame, true, TransmitKind::Resend),
            Stage::Released => {
                let [high, low] = id.get().to_be_bytes();
                let frame = [PacketType::PubRel.first_byte(), 2, high, low];
                self.transmits.push_again(&frame, dup_on_pubrel, TransmitKind::Resend);
            }
        }
        self.keep_alive.sent(now);
    }

    /// 3.1's retry of packets that were not answered in time (MQTT 3.1, Message delivery retry).
    fn retry(&mut self, now: Timestamp) {
        let Some(millis) = self.retry_millis() else { return };
        for id in self.outbound.in_resend_order() {
            let message = &self.outbound.in_flight[&id];
            let retries = message.retries;
            if retry_due(message.last_sent, millis, retries) <= now {
                self.resend(now, id, retries.saturating_add(1));
            }
        }
        for request in self.requests.values_mut() {
            if retry_due(request.last_sent, millis, request.retries) > now {
                continue;
            }
            request.last_sent = now;
            request.retries = request.retries.saturating_add(1);
            self.transmits.push_again(&request.frame, true, TransmitKind::Resend);
            self.keep_alive.sent(now);
        }
    }

    fn retry_millis(&self) -> Option<u64> {
        self.policy.retry_after_millis.filter(|_| self.version == ProtocolVersion::V31)
    }

    fn next_retry(&self) -> Option<Timestamp> {
        let millis = self.retry_millis()?;
        let messages = self.outbound.in_flight.values().map(|message| (message.last_sent, message.retries));
        let requests = self.requests.values().map(|request| (request.last_sent, request.retries));
        messages.chain(requests).map(|(last_sent, retries)| retry_due(last_sent, millis, retries)).min()
    }

    fn expect_echo(&mut self, packet_type: PacketType, id: PacketId) {
        let count = self.echoes.entry((packet_type, id)).or_default();
        *count = count.saturating_add(1);
    }

    /// Answers to copies that never came belong to an earlier use of the identifier.
    fn forget_echoes(&mut self, id: PacketId) {
        const ANSWERS: [PacketType; 5] = [
            PacketType::PubAck,
            PacketType::PubRec,
            PacketType::PubComp,
            PacketType::SubAck,
            PacketType::UnsubAck,
        ];
        if !self.echoes.is_empty() {
            for packet_type in ANSWERS {
                self.echoes.remove(&(packet_type, id));
            }
        }
    }

    /// Whether an acknowledgement is the answer to a copy, and the regular one has come before.
    fn take_echo(&mut self, packet_type: PacketType, id: PacketId) -> bool {
        let regular_awaited =
            self.outbound.in_flight.get(&id).is_some_and(|message| message.awaited() == packet_type);
        let Some(count) = self.echoes.get_mut(&(packet_type, id)).filter(|_| !regular_awaited) else {
            return false;
        };
        *count -= 1;
        if *count == 0 {
            self.echoes.remove(&(packet_type, id));
        }
        true
    }

    /// Drops what a session remembers beyond a connection.
    fn forget(&mut self) {
        for &id in self.outbound.in_flight.keys() {
            self.ids.free(id);
        }
        self.outbound.clear();
        self.received.clear();
    }
}

/// When a packet that was sent again `retries` times is due once more: each wait is twice the one before.
fn retry_due(last_sent: Timestamp, millis: u64, retries: u32) -> Timestamp {
    last_sent.plus_millis(millis.saturating_mul(1 << retries.min(32)))
}

/// Outputs.
impl Session {
    /// The next packet to send. Packets are sent in this order [MQTT-4.6.0-1].
    pub fn poll_transmit(&mut self) -> Option<Transmit<'_>> {
        self.transmits.pop()
    }

    /// The next event. To be asked after [`Session::poll_transmit`] has given `None`, so that a request to close
    /// comes after what is to be sent before.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`Session::handle_timeout`], `None` if there is nothing to wait for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        match self.state {
            State::Connecting { connack_due } => connack_due,
            State::Connected => {
                let times = [self.keep_alive.deadline(), self.held.next_due(), self.next_retry()];
                times.into_iter().flatten().min()
            }
            State::Disconnected | State::Closing => None,
        }
    }
}

/// Getters.
impl Session {
    /// The version of the present or last connection.
    #[must_use]
    pub fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Whether the server has accepted the connection, and it stands.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.state == State::Connected
    }

    /// Packet identifiers in use, those of SUBSCRIBE and UNSUBSCRIBE included.
    #[must_use]
    pub fn packet_ids_in_use(&self) -> usize {
        self.ids.len()
    }

    /// Messages above QoS 0 without their last acknowledgement.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.outbound.in_flight.len()
    }

    /// Messages that wait for others to be acknowledged.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.outbound.queue.len()
    }
}
