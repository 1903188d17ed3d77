//! One TCP connection of a capture: kept until it can be seen what it speaks, and then left out, or read.

use super::Report;
use super::conversation::Conversation;
use super::left_out::Reason;
use super::mark::Mark;
use super::order::{Side, Turn};
use super::recognition::{Seen, Speech, is_connect};
use super::resync::sender;
use super::websocket::{MAX_HEAD, holds_mqtt};
use crate::store::{End, Ends, Log, SourceId, Version};

/// What becomes of what a connection says.
#[derive(Default)]
pub(super) struct Reader {
    /// Who opened the connection, once that is known.
    client: Option<Side>,
    /// The capture holds its beginning.
    from_start: bool,
    /// The capture is one of ours: it is MQTT, of this version if that is said.
    is_own: Option<Version>,
    state: State,
}

#[derive(Default)]
enum State {
    #[default]
    New,
    Unknown(Box<Kept>),
    Mqtt(Box<Conversation>),
    Tls,
    Other,
}

/// What came of a connection that is not recognised yet.
#[derive(Default)]
struct Kept {
    turns: Vec<(u64, Side, Owned)>,
    /// The first bytes of each side.
    heads: [Vec<u8>; 2],
    /// Bytes are missing of them.
    has_hole: bool,
    /// How much is kept.
    bytes: usize,
}

/// A turn that is kept.
enum Owned {
    Bytes(Vec<u8>, Option<Mark>),
    Other(Turn<'static>),
}

/// Where the packets of a connection go.
pub(super) struct Place<'a> {
    pub(super) ends: (End, End),
    pub(super) is_server: [bool; 2],
    pub(super) source: SourceId,
    pub(super) log: &'a mut Log,
    pub(super) report: &'a mut Report,
}

impl Reader {
    /// The beginning of the connection was seen, which this side opened.
    pub(super) fn begin(&mut self, client: Side) {
        if matches!(self.state, State::New) {
            self.from_start = true;
        }
        self.client = Some(client);
    }

    /// Whether nothing is known of it.
    pub(super) fn is_new(&self) -> bool {
        match &self.state {
            State::New => true,
            State::Unknown(kept) => kept.is_silent(),
            State::Mqtt(_) | State::Tls | State::Other => false,
        }
    }

    /// Whether nothing is read of it.
    pub(super) const fn is_left_out(&self) -> bool {
        matches!(self.state, State::Tls | State::Other)
    }

    /// When the connection was broken off, if that is still to be told.
    pub(super) fn reset_at(&self) -> Option<u64> {
        match &self.state {
            State::Mqtt(conversation) => conversation.reset_at(),
            _ => None,
        }
    }

    /// The server, if MQTT is spoken by itself.
    pub(super) fn server(&self) -> Option<Side> {
        match &self.state {
            State::Mqtt(conversation) => conversation.server(),
            _ => None,
        }
    }

    /// Takes what is next on the connection.
    pub(super) fn take(&mut self, time: u64, side: Side, turn: Turn<'_>, place: &mut Place<'_>) {
        if let Turn::Bytes(bytes, Some(mark)) = turn
            && self.is_own.is_none()
        {
            self.client = Some(if mark.from_client { side } else { side.other() });
            let is_told = is_connect(bytes) == Some(true);
            self.is_own = Some(if is_told { Version::Unknown } else { mark.version });
        }
        match &mut self.state {
            State::Mqtt(conversation) => conversation.take(time, side, turn, place.log, place.report),
            State::Tls | State::Other => {}
            State::Unknown(kept) => {
                kept.push(time, side, turn);
                self.recognise(false, place);
            }
            State::New => {
                let mut kept = Box::<Kept>::default();
                kept.push(time, side, turn);
                self.state = State::Unknown(kept);
                self.recognise(false, place);
            }
        }
    }

    /// Whether it is kept until it can be seen what it speaks.
    pub(super) const fn is_unknown(&self) -> bool {
        matches!(self.state, State::Unknown(_))
    }

    /// Nothing more comes behind a reset.
    pub(super) fn tell_reset(&mut self, place: &mut Place<'_>) {
        if let State::Mqtt(conversation) = &mut self.state {
            conversation.tell_reset(place.log, place.report);
        }
    }

    /// Ends the connection with what has come; says why it was left out, if it was.
    pub(super) fn end(&mut self, place: &mut Place<'_>) -> Option<Reason> {
        self.recognise(true, place);
        match &mut self.state {
            State::Mqtt(conversation) => {
                conversation.end(place.log, place.report);
                None
            }
            State::Tls => Some(Reason::Tls),
            _ => Some(Reason::NotMqtt),
        }
    }

    /// Looks what the connection speaks, once that can be seen.
    pub(super) fn recognise(&mut self, at_end: bool, place: &mut Place<'_>) {
        let State::Unknown(kept) = &mut self.state else { return };
        let client = self.client.or_else(|| kept.client(place.is_server));
        let at_end = at_end || kept.bytes > MAX_KEPT;
        let Some(client) = client.or(at_end.then_some(Side::Low)) else { return };
        let seen = Seen {
            client: &kept.heads[client as usize],
            server: &kept.heads[client.other() as usize],
            from_start: self.from_start && !kept.has_hole,
            // By the port of either: who forwards ports may have it at the client.
            is_mqtt_server: place.is_server.contains(&true) && !kept.is_silent(),
            at_end,
        };
        let speech = if self.is_own.is_some() { Speech::Mqtt } else { seen.speech() };
        let from_start = self.from_start || is_connect(seen.client) == Some(true);
        let handshake = match speech {
            Speech::Unknown => return,
            Speech::Tls => {
                place.report.encrypted += 1;
                self.state = State::Tls;
                return;
            }
            Speech::Other => {
                self.state = State::Other;
                return;
            }
            Speech::Mqtt => None,
            Speech::WebSocket(handshake) => Some(handshake),
        };
        let (low, high) = place.ends;
        let (of_client, of_server) = if client == Side::Low { (low, high) } else { (high, low) };
        let ends = Ends { client: of_client, server: of_server };
        let turns = std::mem::take(&mut kept.turns);
        let time = turns.first().map_or(0, |&(time, ..)| time);
        let version = self.is_own.unwrap_or_default();
        let connection = place.log.add_connection(place.source, version);
        let new = Conversation::new(time, client, from_start, ends, connection, place.log, place.report);
        let mut conversation = match handshake {
            Some(handshake) => new.over(time, &handshake, place.log),
            None => new,
        };
        for (time, side, turn) in &turns {
            let turn = match turn {
                Owned::Bytes(bytes, mark) => Turn::Bytes(bytes, *mark),
                Owned::Other(turn) => *turn,
            };
            conversation.take(*time, *side, turn, place.log, place.report);
        }
        self.state = State::Mqtt(Box::new(conversation));
    }
}

impl Kept {
    fn push(&mut self, time: u64, side: Side, turn: Turn<'_>) {
        self.bytes += size_of::<(u64, Side, Owned)>();
        let turn = match turn {
            Turn::Bytes(bytes, mark) => {
                let head = &mut self.heads[side as usize];
                let room = MAX_HEAD.saturating_sub(head.len());
                head.extend_from_slice(&bytes[..bytes.len().min(room)]);
                self.bytes += bytes.len();
                Owned::Bytes(bytes.to_vec(), mark)
            }
            Turn::Gap(len) => {
                self.has_hole |= self.heads[side as usize].len() < MAX_HEAD;
                Owned::Other(Turn::Gap(len))
            }
            Turn::Repeat { len, changed } => Owned::Other(Turn::Repeat { len, changed }),
            Turn::Late(len) => Owned::Other(Turn::Late(len)),
            Turn::Finished => Owned::Other(Turn::Finished),
            Turn::Reset => Owned::Other(Turn::Reset),
        };
        self.turns.push((time, side, turn));
    }

    /// Whether nothing was said.
    fn is_silent(&self) -> bool {
        let is_said = |turn: &Owned| matches!(turn, Owned::Bytes(..) | Owned::Other(Turn::Gap(_)));
        !self.turns.iter().any(|(_, _, turn)| is_said(turn))
    }

    /// The client, by what only one side says, or by the port.
    fn client(&self, is_server: [bool; 2]) -> Option<Side> {
        let by_content = Side::BOTH.into_iter().find_map(|side| {
            let head = &self.heads[side as usize];
            let from_client = match is_connect(head) {
                Some(true) => Some(true),
                _ if head.starts_with(b"GET ") => Some(true),
                _ if head.starts_with(b"HTTP/") => Some(false),
                _ if holds_mqtt(head) => Some(true),
                _ => sender(head),
            };
            from_client.map(|from_client| if from_client { side } else { side.other() })
        });
        by_content.or(match is_server {
            [true, false] => Some(Side::High),
            [false, true] => Some(Side::Low),
            _ => None,
        })
    }
}

/// What of a connection that is not recognised is kept.
const MAX_KEPT: usize = 64 << 10;
