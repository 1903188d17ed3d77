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

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use crate::packet::Properties;
use crate::types::{KeepAlive, PacketId, PacketType, ProtocolVersion, Qos, Timestamp};

mod aliases;
mod auth;
mod by_id;
mod client_error;
mod client_limits;
mod command;
mod connack;
mod ending;
mod event;
mod exchange;
mod ids;
mod inbound;
mod input;
mod keep_alive;
mod limits;
mod options;
mod outbound;
mod peer_error;
mod sending;
mod snapshot;
mod transmit;

pub use auth::Authentication;
pub use client_error::ClientError;
pub use client_limits::ClientLimits;
pub use event::{AuthenticationData, CloseReason, CommandError, Event, Reason, SubscribeResult};
pub use limits::{Limit, ServerLimits};
pub use options::{AckPolicy, ConnectOptions, Policy, Publication, WillOptions};
pub use peer_error::PeerError;
pub use snapshot::{SNAPSHOT_FORMAT, SavedMessage, Snapshot, SnapshotError};
pub use transmit::{Transmit, TransmitKind};

use aliases::Aliases;
use by_id::{ById, Echoes};
use ids::{IdSet, PacketIds};
use inbound::{HeldAcks, Unanswered};
use keep_alive::KeepAliveTimer;
use outbound::Outbound;
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
/// let message = Publication::new(TopicName::new("t")?, b"hi", Qos::AtLeastOnce);
/// let Published::InFlight(packet_id) = session.publish(now, &message)? else { unreachable!() };
/// assert!(session.poll_transmit().is_some());
/// session.handle_packet(now, &Packet::PubAck(PubAck::new(packet_id.get())));
/// assert_eq!(session.poll_event(), Some(Event::Completed { packet_id, qos: Qos::AtLeastOnce }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    policy: Policy,
    state: State,
    version: ProtocolVersion,
    client_id: String,
    /// The server has given the client identifier to a client without one (MQTT 5).
    is_client_id_assigned: bool,
    /// In MQTT 5 Clean Start.
    clean_session: bool,
    /// The Session Expiry Interval that the last CONNECT asked for.
    connect_expiry_secs: u32,
    /// Seconds for which the session outlives its connection.
    session_expiry_secs: u32,
    /// There is a session that has outlived a connection, or can.
    holds_session: bool,
    /// What this side accepts on the present connection.
    offer: ClientLimits,
    /// What the server accepts on the present or last connection.
    limits: ServerLimits,
    authentication: Authentication,
    keep_alive: KeepAliveTimer,
    ids: PacketIds,
    outbound: Outbound,
    requests: ById<Request>,
    /// Identifiers of QoS 2 messages that were received and are not yet released.
    received: IdSet,
    held: HeldAcks,
    unanswered: Unanswered,
    inbound_aliases: Aliases,
    outbound_aliases: Aliases,
    /// Answers that copies with DUP will bring besides the regular one.
    echoes: Echoes,
    transmits: TransmitQueue,
    events: VecDeque<Event>,
}

/// ```text
///   Disconnected ──connect──► Connecting ──CONNACK 0──► Connected ──disconnect──► Closing
///        ▲                        │  no CONNACK in time ───────────────────────────► │
///        │                        └─CONNACK 1-5──► Refused ──still open in time────► │
///        └──────────────────────── handle_closed, in every state ◄───────────────────┘
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Disconnected,
    Connecting {
        connack_due: Option<Timestamp>,
    },
    Connected,
    /// The server said no, and is to close until then [MQTT-3.2.2-5].
    Refused {
        return_code: u8,
        close_due: Timestamp,
    },
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

impl Session {
    /// A session that is not connected, with no memory of another.
    #[must_use]
    pub fn new() -> Self {
        Self {
            policy: Policy::default(),
            state: State::Disconnected,
            version: ProtocolVersion::default(),
            client_id: String::new(),
            is_client_id_assigned: false,
            clean_session: true,
            connect_expiry_secs: 0,
            session_expiry_secs: 0,
            holds_session: false,
            offer: ClientLimits::of(Properties::NONE),
            limits: ServerLimits::default(),
            authentication: Authentication::default(),
            keep_alive: KeepAliveTimer::new(Default::default(), Timestamp::default()),
            ids: PacketIds::new(),
            outbound: Outbound::default(),
            requests: ById::default(),
            received: IdSet::new(),
            held: HeldAcks::default(),
            unanswered: Unanswered::new(),
            inbound_aliases: Aliases::default(),
            outbound_aliases: Aliases::default(),
            echoes: Echoes::default(),
            transmits: TransmitQueue::default(),
            events: VecDeque::new(),
        }
    }
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
            State::Refused { close_due, .. } => Some(close_due),
            State::Connected => {
                let ping = self.keep_alive.deadline(self.policy.pingresp_timeout_millis);
                let times = [ping, self.held.next_due(), self.next_retry()];
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

    /// The client identifier of the present or last connection: that of CONNECT, or the one that the server assigned.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// What the server of the present or last connection said of itself in CONNACK, and what it therefore allows.
    #[must_use]
    pub fn limits(&self) -> &ServerLimits {
        &self.limits
    }

    /// The keep alive that holds: in MQTT 5 the server's, if it has one.
    #[must_use]
    pub fn keep_alive(&self) -> KeepAlive {
        self.keep_alive.interval()
    }

    /// Whether the session lives on behind its connection.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.outlives_connection()
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

    /// How long the answer to a PINGREQ is awaited while nothing comes, in milliseconds.
    #[must_use]
    pub fn pingresp_wait_millis(&self) -> u64 {
        self.keep_alive.wait_millis(self.policy.pingresp_timeout_millis)
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
