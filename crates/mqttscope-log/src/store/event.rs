//! What happens besides packets: kept as a few values, and put into words when the row is looked at.

use std::borrow::Cow;

use mqttscope_proto::session::{ClientError, PeerError};
use mqttscope_proto::{DecodeErrorKind, PacketType, ProtocolVersion, Rule, return_code_text};
use mqttscope_text::number::{push_number, span};

use super::ends::Ends;
use super::record::Direction;

mod kind;
mod value;

pub use kind::EventKind;
pub(crate) use value::{Value, Values, number_of, sender_of};

/// Something that happened besides packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A WebSocket is being opened.
    Opening {
        /// Where it leads.
        url: &'a str,
        /// The subprotocols that are offered, in words.
        subprotocols: &'a str,
    },
    /// The browser refused to open a WebSocket at all.
    NotOpened {
        /// What it said.
        words: &'a str,
    },
    /// The transport is open.
    Opened {
        /// The subprotocol that was agreed on, empty for none.
        subprotocol: &'a str,
        /// Milliseconds that it took.
        after_ms: u64,
    },
    /// The transport is closed.
    Closed {
        /// How and why.
        words: &'a str,
        /// That was not as asked.
        failed: bool,
    },
    /// The server refused the connection.
    Refused {
        /// The connect return code.
        return_code: u8,
    },
    /// PINGREQ was due and not sent.
    PingWithheld,
    /// An acknowledgement was due and not sent.
    AcknowledgementHeld {
        /// PUBACK, PUBREC, PUBREL or PUBCOMP.
        packet_type: PacketType,
        /// Its packet id.
        packet_id: u16,
    },
    /// A QoS 2 message came again, and was not delivered again.
    RepeatNotDelivered {
        /// Its packet id.
        packet_id: u16,
    },
    /// No PINGRESP within the keep alive.
    KeepAliveExpired {
        /// The keep alive.
        secs: u16,
    },
    /// Exchanges that were unfinished when the connection ended.
    LeftInFlight {
        /// How many.
        count: u64,
        /// Their ids, in words.
        ids: &'a str,
        /// What becomes of them.
        fate: &'a str,
    },
    /// A subscription that the server refused.
    NotGranted {
        /// The topic filter.
        filter: &'a str,
    },
    /// A packet breaks a rule.
    Violation {
        /// The rule.
        rule: Fault<'a, Rule>,
        /// Offset of the byte at fault from the start of the packet.
        offset: u64,
        /// Who sent it.
        by: Sender,
    },
    /// The same packet breaks further rules.
    MoreViolations {
        /// In how many places.
        count: u64,
        /// Who sent it.
        by: Sender,
    },
    /// Bytes that are no MQTT packet.
    Garbage {
        /// Why they are none.
        error: Fault<'a, DecodeErrorKind>,
        /// Offset of the byte at fault.
        offset: u64,
        /// Who sent them.
        by: Sender,
    },
    /// The server behaved against the protocol.
    PeerError {
        /// How.
        error: Fault<'a, PeerError>,
    },
    /// The client behaved against the protocol.
    ClientError {
        /// How.
        error: Fault<'a, ClientError>,
        /// Whether it was this program.
        by: Sender,
    },
    /// The stream ended inside a packet.
    Incomplete {
        /// Bytes of it that came.
        len: u64,
    },
    /// The peer sent a text message.
    TextMessage {
        /// Its length in characters.
        chars: u64,
    },
    /// The system's clock was set, or the machine slept.
    ClockSet {
        /// The time of day is later than it would have been.
        later: bool,
        /// By so many milliseconds.
        by_ms: u64,
    },
    /// A capture lacks bytes of the stream.
    Gap {
        /// How many.
        len: u64,
        /// Which way they went.
        direction: Direction,
        /// How many bytes of an unfinished packet stand before them; 0 where they are missing between packets, or
        /// where that is not known.
        after: u64,
    },
    /// A TCP connection of a capture.
    TcpConnection {
        /// Its ends.
        ends: Ends,
    },
    /// Something else.
    Note {
        /// Its name for machines.
        name: &'a str,
        /// What it was.
        words: &'a str,
    },
}

/// Who sent a packet that something is wrong with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sender {
    /// This program itself.
    Page,
    /// The client of a connection that is not this program's.
    Client,
    /// The server.
    Broker,
    /// A file tells of it, and not who it was.
    #[default]
    Peer,
}

impl Sender {
    /// Who sent a packet that went that way, `own` if it is this program's.
    #[must_use]
    pub const fn of(direction: Direction, own: bool) -> Self {
        match (direction, own) {
            (_, true) => Self::Page,
            (Direction::Out, false) => Self::Client,
            (Direction::In, false) => Self::Broker,
            (Direction::Event, false) => Self::Peer,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Page => "this page itself",
            Self::Client => "the client",
            Self::Broker => "the broker",
            Self::Peer => "the peer",
        }
    }
}

/// What is at fault, with where the rule is written: as it was found, or in the words of a file that tells of it.
#[derive(Clone, Copy, Debug)]
pub enum Fault<'a, T> {
    /// It was found here, on a connection of that version.
    Found(T, ProtocolVersion),
    /// It is told.
    Told {
        /// What is wrong.
        words: &'a str,
        /// Where that is written.
        clause: &'a str,
    },
}

/// A rule, with where it is written.
pub trait Written: ToString {
    /// The clause in a version.
    fn clause(&self, version: ProtocolVersion) -> &'static str;
}

impl<'a, T: Written> Fault<'a, T> {
    /// What is wrong, in words.
    #[must_use]
    pub fn words(&self) -> Cow<'a, str> {
        match self {
            Self::Found(fault, _) => fault.to_string().into(),
            Self::Told { words, .. } => (*words).into(),
        }
    }

    /// Where that is written.
    #[must_use]
    pub fn clause(&self) -> &'a str {
        match self {
            Self::Found(fault, version) => fault.clause(*version),
            Self::Told { clause, .. } => clause,
        }
    }
}

/// Two faults are the same if they say the same: what a file tells is what was found.
impl<T: Written> PartialEq for Fault<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.words() == other.words() && self.clause() == other.clause()
    }
}

impl<T: Written> Eq for Fault<'_, T> {}

macro_rules! written {
    ($($fault:ty),*) => {
        $(impl Written for $fault {
            fn clause(&self, version: ProtocolVersion) -> &'static str {
                Self::clause(self, version)
            }
        })*
    };
}

written!(Rule, DecodeErrorKind, PeerError, ClientError);

impl Event<'_> {
    /// What kind of event it is.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        use EventKind as K;
        match self {
            Self::Opening { .. } => K::Opening,
            Self::NotOpened { .. } => K::NotOpened,
            Self::Opened { .. } => K::Opened,
            Self::Closed { .. } => K::Closed,
            Self::Refused { .. } => K::Refused,
            Self::PingWithheld => K::PingWithheld,
            Self::AcknowledgementHeld { .. } => K::AcknowledgementHeld,
            Self::RepeatNotDelivered { .. } => K::RepeatNotDelivered,
            Self::KeepAliveExpired { .. } => K::KeepAliveExpired,
            Self::LeftInFlight { .. } => K::LeftInFlight,
            Self::NotGranted { .. } => K::NotGranted,
            Self::Violation { .. } => K::Violation,
            Self::MoreViolations { .. } => K::MoreViolations,
            Self::Garbage { .. } => K::Garbage,
            Self::PeerError { .. } => K::PeerError,
            Self::ClientError { .. } => K::ClientError,
            Self::Incomplete { .. } => K::Incomplete,
            Self::TextMessage { .. } => K::TextMessage,
            Self::ClockSet { .. } => K::ClockSet,
            Self::Gap { .. } => K::Gap,
            Self::TcpConnection { .. } => K::TcpConnection,
            Self::Note { .. } => K::Note,
        }
    }

    /// The name for machines; that of a note is its own.
    #[must_use]
    pub const fn name(&self) -> &str {
        match self {
            Self::Note { name, .. } => name,
            _ => self.kind().name(),
        }
    }

    /// The event as a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = String::new();
        self.push_words(&mut words);
        words
    }

    /// Appends the event as a sentence.
    pub fn push_words(&self, out: &mut String) {
        let mut say = |parts: &[&str]| parts.iter().for_each(|part| out.push_str(part));
        match *self {
            Self::Opening { url, subprotocols } => {
                say(&["Opening a WebSocket to ", shown(url), ", subprotocol offered: ", shown(subprotocols)])
            }
            Self::NotOpened { words } => {
                say(&["The browser refused to open the WebSocket: ", shown(words)]);
            }
            Self::Opened { subprotocol, after_ms } => {
                say(&["WebSocket open after ", &digits(after_ms), " ms, subprotocol: ", shown(subprotocol)]);
            }
            Self::Closed { words, .. } | Self::Note { words, .. } => say(&[shown(words)]),
            Self::Refused { return_code } => {
                let words = return_code_text(return_code).unwrap_or("reserved code");
                let code = digits(return_code.into());
                say(&["Connection refused: ", words, " (return code ", &code, ")"]);
            }
            Self::PingWithheld => say(&["Simulating a client that is down: PINGREQ not sent"]),
            Self::AcknowledgementHeld { packet_type, packet_id } => {
                let id = digits(packet_id.into());
                say(&[packet_type.name(), " of packet id ", &id, " was due and is held back"]);
            }
            Self::RepeatNotDelivered { packet_id } => {
                let id = digits(packet_id.into());
                say(&["The message of packet id ", &id, " came again and was not delivered again"]);
            }
            Self::KeepAliveExpired { secs } => {
                say(&["No PINGRESP within ", &digits(secs.into()), " s: the connection is dead"]);
            }
            Self::LeftInFlight { count, ids, fate } => {
                let noun = counted(count, " packet id");
                say(&["Left in flight: ", &noun, " (", shown(ids), "); ", shown(fate)]);
            }
            Self::NotGranted { filter } => {
                say(&["The broker did not grant the subscription to ", shown(filter)]);
            }
            Self::Violation { rule, offset, by } => {
                say(&["Rule broken by ", by.name(), ": ", &rule.words()]);
                say(&[" (byte ", &digits(offset), &place(rule.clause())]);
            }
            Self::MoreViolations { count, .. } => {
                say(&["The same packet breaks rules in ", &counted(count, " more place")]);
            }
            Self::Garbage { error, offset, by } => {
                say(&["Sent by ", by.name(), ", and not a valid packet here: ", &error.words()]);
                say(&[" (byte ", &digits(offset), &place(error.clause())]);
            }
            Self::PeerError { error } => {
                say(&["Unexpected from the broker: ", &error.words(), " (", error.clause(), ")"]);
            }
            Self::ClientError { error, by } => {
                say(&["Unexpected from ", by.name(), ": ", &error.words(), " (", error.clause(), ")"]);
            }
            Self::Incomplete { len } => {
                say(&["The stream ended inside a packet, after ", &counted(len, " byte"), " of it"]);
            }
            Self::TextMessage { chars } => {
                let chars = counted(chars, " character");
                say(&["A text message of ", &chars, " came; MQTT uses binary ones (MQTT-6.0.0-1)"]);
            }
            Self::ClockSet { later, by_ms } => {
                let way = if later { " later" } else { " earlier" };
                say(&[
                    "The clock was set, or the machine slept: from here on the time of day is ",
                    &span(by_ms),
                    way,
                    "; differences of time leave that out",
                ]);
            }
            Self::Gap { len, direction, .. } => {
                say(&["The capture lacks ", &counted(len, " byte"), " of what went ", direction.name()]);
            }
            Self::TcpConnection { ends } => {
                say(&["TCP connection of ", &ends.client.to_string(), " to ", &ends.server.to_string()]);
            }
        }
    }
}

/// The end of a sentence that names a byte: where the rule is written, unless it is that of a version that is not known.
fn place(clause: &str) -> String {
    if clause.is_empty() { ")".into() } else { [", ", clause, ")"].concat() }
}

/// A text of an event; one that is not there is told too.
const fn shown(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

fn digits(number: u64) -> String {
    let mut digits = String::new();
    push_number(&mut digits, number);
    digits
}

/// `1 byte`, `1234 bytes`; the unit begins with its space.
fn counted(count: u64, unit: &str) -> String {
    [digits(count).as_str(), unit, if count == 1 { "" } else { "s" }].concat()
}
