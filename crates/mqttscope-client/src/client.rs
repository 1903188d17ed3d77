//! A client with at most one connection, and what its calls have in common.

use mqttscope_log::{ConnectionId, Event, Log};
use mqttscope_proto::Timestamp;
use mqttscope_proto::session::{ConnectOptions, Policy, Session};

use crate::close::LocalClose;
use crate::connection::{ConnectionState, Phase};
use crate::link::{Link, Step};

mod command;
mod input;
mod report;

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
    /// The time of [`Client::poll_timeout`] has come, or another one.
    Timeout,
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
    /// [`Client::connection`] has changed, and is to be shown at once.
    Changed,
}

/// What one connection was asked for, and what became of it.
#[derive(Debug)]
struct Attempt {
    request: ConnectRequest,
    /// Its number in the log.
    id: ConnectionId,
    /// When the attempt began; once the WebSocket is open, when that was.
    began: Timestamp,
    /// PINGREQ was due and not sent.
    withheld: bool,
    /// Why this side closes the WebSocket, once it does, and how far it had come.
    closing: Option<(LocalClose, Phase)>,
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
        match self.link.step(self.now, buffered) {
            Step::Open => {
                let request = &self.attempt.as_ref()?.request;
                let (url, subprotocols) = (request.url.as_str(), request.subprotocols.as_slice());
                Some(Output::Open { generation: self.generation, url, subprotocols })
            }
            Step::Send(range) => Some(Output::Send(self.link.bytes(range))),
            Step::Close => Some(Output::Close),
            Step::Abandon => Some(Output::Abandon),
            Step::Nothing => std::mem::take(&mut self.changed).then_some(Output::Changed),
        }
    }

    /// When to call [`Self::handle`] with [`Input::Timeout`], `None` if there is nothing to wait for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        [self.session.poll_timeout(), self.link.look_again()].into_iter().flatten().min()
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
    /// Closes the WebSocket; from now on nothing that comes in counts.
    fn close(&mut self, now: Timestamp, local: LocalClose) {
        let Some(attempt) = self.attempt.as_mut().filter(|_| self.connection.is_open()) else { return };
        if attempt.closing.is_some() {
            return;
        }
        match local {
            LocalClose::Dropped | LocalClose::GivenUp => self.link.abandon(),
            _ => self.link.close(),
        }
        attempt.closing = Some((local, self.connection.phase.clone()));
        self.enter(now, Phase::Closing);
    }

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
        matches!(self.connection.phase, Phase::AwaitingConnAck | Phase::Connected)
    }
}

impl ConnectRequest {
    /// What is offered, in words.
    fn subprotocol_words(&self) -> String {
        if self.subprotocols.is_empty() { "none".into() } else { self.subprotocols.join(", ") }
    }
}
