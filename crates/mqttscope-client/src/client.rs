//! A client with at most one connection, and what its calls have in common.

use mqttscope_log::{ConnectionId, Event, Log};
use mqttscope_proto::session::{ConnectOptions, Policy, Session};
use mqttscope_proto::{ProtocolVersion, Timestamp};

use crate::close::{Closed, LocalClose, Pause};
use crate::connection::{ConnectionState, Phase};
use crate::link::{Link, Step};
use crate::url::shown_url;

mod command;
mod ending;
mod input;
mod kept;
mod of_mqtt_5;
mod pause;
mod reconnect;
mod report;
mod waiting;

pub use kept::KeptClient;
use kept::Restored;
use reconnect::Reconnecting;

/// One connection: session, link, and what goes into the log.
///
/// The crate's documentation says in which order its methods are to be called.
#[derive(Debug, Default)]
pub struct Client {
    session: Session,
    link: Link,
    /// The present or last connection.
    attempt: Option<Attempt>,
    /// Counts connections: what an older one's link tells is not meant any more.
    generation: u32,
    /// When the last call came.
    now: Timestamp,
    connection: ConnectionState,
    changed: bool,
    /// This page has seen the session at the server from its beginning.
    knows_session: bool,
    /// How the attempt ended whose WebSocket did not open, until it is found out why.
    unopened: Option<Closed>,
    /// That is to be found out at this URL.
    probe: Option<String>,
    /// The URL at which it was asked last.
    probing: String,
    /// The last time that this machine slept or this page stood still, and when that was over.
    pause: Option<(Timestamp, Pause)>,
    /// Versions that this server did not take.
    refused_versions: Vec<ProtocolVersion>,
    /// When [`ConnectionState::queued`] may be another one again.
    queued_due: Option<Timestamp>,
    /// It goes on where another page's client was.
    restored: Option<Restored>,
    /// What is lost comes back by itself.
    reconnecting: Option<Reconnecting>,
}

/// A connection that can be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConnectRequest {
    /// Where the WebSocket is to lead.
    pub url: String,
    /// The subprotocols to offer, in order; often none.
    pub subprotocols: Vec<String>,
    /// The content of CONNECT.
    pub options: ConnectOptions,
    /// Seconds that the WebSocket may take to open, and then the server to answer CONNECT.
    pub connect_timeout_secs: u16,
    /// Seconds of silence to wait for PINGRESP at least: see
    /// [`mqttscope_proto::session::Policy::pingresp_timeout_millis`].
    pub pingresp_timeout_secs: u16,
    /// Where the page comes from, as `https://host:port`; empty where that is not known.
    pub page: String,
}

/// What a link and the clock tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// The WebSocket is open.
    Opened {
        /// The subprotocol that was agreed on, often empty.
        subprotocol: &'a str,
    },
    /// Whoever was to open the WebSocket refused to try: an invalid URL, a port that is blocked.
    NotOpened {
        /// The words of the refusal.
        words: &'a str,
    },
    /// A text message came.
    Text {
        /// Its length in characters.
        chars: u32,
    },
    /// The WebSocket is closed; nothing follows.
    Closed {
        /// The close code of RFC 6455.
        code: u16,
        /// The reason that came with it, often empty.
        reason: &'a str,
    },
    /// What became of [`Output::Probe`].
    Probed(Probed),
    /// This machine slept; that it did the clock does not tell which never runs backwards.
    Slept {
        /// For how many milliseconds.
        millis: u64,
    },
    /// The time of [`Client::poll_timeout`] has come, or another one.
    Timeout,
}

/// Whether something answers where a WebSocket did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probed {
    /// Something speaks HTTP there.
    Http,
    /// Nothing does: nothing listens, or something else, or there is no trust in its certificate.
    Nothing,
    /// It could not be found out, as where a policy forbids to ask.
    Unknown,
}

/// What is to be done for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output<'a> {
    /// A WebSocket is to be opened, in place of an older one. What it tells comes back with its generation.
    Open {
        /// Its number.
        generation: u32,
        /// Where it is to lead.
        url: &'a str,
        /// The subprotocols to offer, in order.
        subprotocols: &'a [String],
    },
    /// These bytes are to be sent as one binary message.
    Send(&'a [u8]),
    /// The WebSocket is to be closed, behind all that was sent. Its end is still to be told.
    Close,
    /// The WebSocket is to be closed, whatever has not left yet. Its end is still to be told, unless another is opened.
    Abandon,
    /// It is to be found out whether anything answers a request of HTTP, for [`Input::Probed`]. No WebSocket is to be
    /// opened for that.
    Probe {
        /// The number of the link that did not open.
        generation: u32,
        /// Where to ask.
        url: &'a str,
    },
    /// [`Client::connection`] has changed, and is to be shown at once.
    Changed,
}

/// What one connection was asked for, and what became of it.
#[derive(Debug)]
struct Attempt {
    request: ConnectRequest,
    /// It follows a loss by itself.
    is_automatic: bool,
    /// Its number in the log.
    id: ConnectionId,
    /// When the attempt began; once the WebSocket is open, when that was.
    began: Timestamp,
    /// PINGREQ was due and not sent.
    withheld: bool,
    closing: Option<Closing>,
    /// Messages that have left the session's queue since that was told, and the packet id of the last.
    dequeued: (u64, u16),
}

/// The end of a WebSocket that this side has a cause for.
#[derive(Debug)]
struct Closing {
    why: LocalClose,
    /// How far it had come.
    phase: Phase,
    /// When nobody waits any more for the peer to close too; `None` while it is to do so first.
    due: Option<Timestamp>,
}

impl Client {
    /// A client without a connection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// Outputs.
impl Client {
    /// What is to be done next; to be called until it gives `None` after each input and each command.
    ///
    /// `buffered` are the bytes that the link has taken and not yet sent. While they are many, the rest waits here, and
    /// [`Self::poll_timeout`] says when to look again. What one input or command has to send leaves together, in
    /// messages of at most 64 KiB. After [`Output::Close`] and [`Output::Abandon`] a link is given nothing more.
    pub fn poll_output(&mut self, buffered: usize) -> Option<Output<'_>> {
        if self.link.backlog.see(self.now, buffered) {
            self.session.handle_left(self.now);
            if self.link.backlog.take_ping_left() {
                self.session.handle_ping(self.now, true);
            }
        }
        match self.link.step(self.now, buffered) {
            Step::Open => {
                let request = &self.attempt.as_ref()?.request;
                let (url, subprotocols) = (request.url.as_str(), request.subprotocols.as_slice());
                Some(Output::Open { generation: self.generation, url, subprotocols })
            }
            Step::Send(range) => Some(Output::Send(self.link.bytes(range))),
            Step::Close => Some(Output::Close),
            Step::Abandon => Some(Output::Abandon),
            Step::Nothing if self.probe.is_some() => {
                self.probing = self.probe.take()?;
                Some(Output::Probe { generation: self.generation, url: &self.probing })
            }
            Step::Nothing => std::mem::take(&mut self.changed).then_some(Output::Changed),
        }
    }

    /// When to call [`Self::handle`] with [`Input::Timeout`], `None` if there is nothing to wait for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let own = [self.link.look_again(), self.end_due(), self.queued_due, self.retry_due()];
        let times = [self.session.poll_timeout()].into_iter().chain(own);
        times.flatten().min()
    }
}

/// Getters.
impl Client {
    /// Whether [`Self::connection`] has changed since the last time, for a caller that asks instead of waiting for
    /// [`Output::Changed`].
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// The connection as it stands.
    #[must_use]
    pub fn connection(&self) -> &ConnectionState {
        &self.connection
    }

    /// The number of the present or last connection in the log.
    #[must_use]
    pub fn id(&self) -> Option<ConnectionId> {
        self.attempt.as_ref().map(|attempt| attempt.id)
    }

    /// The number of the present or last link: see [`Output::Open`].
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Bytes that were to be sent and have not left, as far as was known when [`Self::poll_output`] was called last.
    #[must_use]
    pub fn unsent(&self) -> u64 {
        self.link.backlog.unsent()
    }

    /// The session, to look at.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Where the session departs from the rules, to be changed. It holds from the next packet on.
    pub fn policy_mut(&mut self) -> &mut Policy {
        self.session.policy_mut()
    }
}

impl Client {
    fn event(&self, now: Timestamp, event: Event<'_>, log: &mut Log) {
        self.event_about(None, now, event, log);
    }

    /// Logs an event, and with it the packet that it is about.
    fn event_about(&self, packet: Option<u32>, now: Timestamp, event: Event<'_>, log: &mut Log) {
        let Some(id) = self.id() else { return };
        match packet {
            Some(number) => log.push_event_about(number, now.as_micros(), id, event),
            None => log.push_event(now.as_micros(), id, event),
        };
    }

    fn update(&mut self, change: impl FnOnce(&mut ConnectionState)) {
        change(&mut self.connection);
        self.changed = true;
    }

    fn enter(&mut self, now: Timestamp, phase: Phase) {
        self.update(|connection| connection.enter(phase, now.as_millis()));
    }

    /// What comes from the peer is to be heard.
    fn is_listening(&self) -> bool {
        match self.connection.phase {
            Phase::AwaitingConnAck | Phase::Connected => true,
            Phase::Closing => self.is_peer_to_close(),
            Phase::Idle | Phase::Opening | Phase::Ended { .. } => false,
        }
    }
}

impl ConnectRequest {
    /// A request that offers no subprotocol and waits as long as is usual.
    #[must_use]
    pub fn new(url: &str, options: ConnectOptions) -> Self {
        Self {
            url: url.into(),
            subprotocols: Vec::new(),
            options,
            connect_timeout_secs: 10,
            pingresp_timeout_secs: 10,
            page: String::new(),
        }
    }

    /// Its URL as it may be shown.
    fn shown_url(&self) -> String {
        shown_url(&self.url)
    }

    /// What is offered, in words.
    fn subprotocol_words(&self) -> String {
        if self.subprotocols.is_empty() { "none".into() } else { self.subprotocols.join(", ") }
    }
}
