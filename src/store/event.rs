//! What happens besides packets: kept as data, put into words when the row is looked at.

use super::close::Closed;
use super::number;
use super::text::concat;

/// Something that happened between packets.
#[derive(Clone, Debug, PartialEq)]
pub enum LogEvent {
    /// A WebSocket is being opened; the subprotocols offered, in words.
    Opening { url: String, subprotocols: String },
    /// The browser refused to open a WebSocket at all.
    NotOpened { words: String },
    /// The WebSocket is open; the subprotocol that was agreed on, often empty.
    Opened { subprotocol: String, after_ms: u64 },
    /// The WebSocket is closed.
    Closed(Box<Closed>),
    /// The broker refused the connection.
    Refused { return_code: u8 },
    /// The simulated client is down: PINGREQ was due and not sent.
    PingWithheld,
    /// No PINGRESP within the keep alive.
    KeepAliveExpired { secs: u16 },
    /// Packet ids whose exchange was unfinished when the connection ended.
    ///
    /// Without clean session they are sent again on the next connection.
    LeftInFlight { count: usize, ids: String, kept: bool },
    /// A subscription that the broker refused.
    NotGranted { filter: String },
    /// The peer broke a rule; the bytes stand in the packet's row.
    Violation { words: String, clause: &'static str, at: usize },
    /// The same packet breaks further rules, in so many places.
    MoreViolations { count: usize },
    /// The peer sent what is no MQTT packet.
    Garbage { words: String, clause: &'static str, at: usize },
    /// The peer behaved against the protocol.
    PeerError { words: String, clause: &'static str },
    /// Bytes of a packet whose end never came.
    Incomplete { have: usize },
    /// The peer sent a text message, which MQTT does not use.
    TextMessage { chars: usize },
    /// The clock worker did not start, and timers of the page stand in.
    ClockFallback,
}

/// How loud an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Quiet,
    /// Held back or worth a look.
    Amber,
    /// A failure or a broken rule.
    Red,
}

impl LogEvent {
    /// A name for machines.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Opening { .. } => "opening",
            Self::NotOpened { .. } => "not-opened",
            Self::Opened { .. } => "opened",
            Self::Closed(_) => "closed",
            Self::Refused { .. } => "refused",
            Self::PingWithheld => "ping-withheld",
            Self::KeepAliveExpired { .. } => "keep-alive-expired",
            Self::LeftInFlight { .. } => "left-in-flight",
            Self::NotGranted { .. } => "not-granted",
            Self::Violation { .. } => "violation",
            Self::MoreViolations { .. } => "more-violations",
            Self::Garbage { .. } => "garbage",
            Self::PeerError { .. } => "peer-error",
            Self::Incomplete { .. } => "incomplete",
            Self::TextMessage { .. } => "text-message",
            Self::ClockFallback => "clock-fallback",
        }
    }

    /// How loud it is.
    #[must_use]
    pub fn tone(&self) -> Tone {
        match self {
            Self::Opening { .. } | Self::Opened { .. } => Tone::Quiet,
            Self::Closed(closed) if !closed.is_failure() => Tone::Quiet,
            Self::PingWithheld | Self::LeftInFlight { .. } | Self::ClockFallback => Tone::Amber,
            _ => Tone::Red,
        }
    }

    /// The event as a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Opening { url, subprotocols } => {
                concat(&["Opening a WebSocket to ", url, ", subprotocol offered: ", subprotocols])
            }
            Self::NotOpened { words } => concat(&["The browser refused to open the WebSocket: ", words]),
            Self::Opened { subprotocol, after_ms } => {
                let agreed = if subprotocol.is_empty() { "none" } else { subprotocol };
                concat(&["WebSocket open after ", &number::span(*after_ms), ", subprotocol: ", agreed])
            }
            Self::Closed(closed) => closed.event_words(),
            Self::Refused { return_code } => {
                concat(&["Connection refused: ", &super::close::return_code_words(*return_code)])
            }
            Self::PingWithheld => "Simulating a client that is down: PINGREQ not sent".into(),
            Self::KeepAliveExpired { secs } => {
                concat(&["No PINGRESP within ", &number::plain((*secs).into()), " s: the connection is dead"])
            }
            Self::LeftInFlight { count, ids, kept } => {
                let count = number::grouped(*count as u64);
                let fate = if *kept { "; they are sent again on reconnect" } else { "; they are given up" };
                concat(&["Left in flight: ", &count, " packet ids (", ids, ")", fate])
            }
            Self::NotGranted { filter } => concat(&["The broker did not grant the subscription to ", filter]),
            Self::Violation { words, clause, at } => concat(&[
                "Rule broken by the peer: ",
                words,
                " (byte ",
                &number::plain(*at as u64),
                ", ",
                clause,
                ")",
            ]),
            Self::MoreViolations { count } => {
                concat(&["The same packet breaks rules in ", &number::grouped(*count as u64), " more places"])
            }
            Self::Garbage { words, clause, at } => concat(&[
                "Not an MQTT packet: ",
                words,
                " (byte ",
                &number::plain(*at as u64),
                ", ",
                clause,
                ")",
            ]),
            Self::PeerError { words, clause } => {
                concat(&["Unexpected from the peer: ", words, " (", clause, ")"])
            }
            Self::Incomplete { have } => {
                concat(&["The stream ended inside a packet, after ", &number::size(*have as u64), " of it"])
            }
            Self::TextMessage { chars } => {
                let chars = number::grouped(*chars as u64);
                concat(&[
                    "A text message of ",
                    &chars,
                    " characters came; MQTT uses binary ones (MQTT-6.0.0-1)",
                ])
            }
            Self::ClockFallback => {
                "The clock worker did not start: in a hidden tab PINGREQ may be late".into()
            }
        }
    }
}
