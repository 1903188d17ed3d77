//! What happens besides packets: a kind and a few values as bytes, put into words when the row is looked at.

use mqttscope_proto::return_code_text;
use mqttscope_text::number::push_number;

/// A kind of event. The values that it comes with are named in the words of [`EventKind::template`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EventKind {
    /// A WebSocket is being opened; URL, subprotocols offered.
    Opening,
    /// The browser refused to open a WebSocket at all; its words.
    NotOpened,
    /// The transport is open; the subprotocol that was agreed on, milliseconds that it took.
    Opened,
    /// The transport is closed; how and why, in words, and 1 if that was not as asked.
    Closed,
    /// The server refused the connection; the return code.
    Refused,
    /// PINGREQ was due and not sent.
    PingWithheld,
    /// An acknowledgement was due and not sent; its type, its packet id.
    AcknowledgementHeld,
    /// No PINGRESP within the keep alive; seconds.
    KeepAliveExpired,
    /// Exchanges that were unfinished when the connection ended; their number, their ids, what becomes of them.
    LeftInFlight,
    /// A subscription that the server refused; the filter.
    NotGranted,
    /// The peer broke a rule; the rule, the byte, the clause.
    Violation,
    /// The same packet breaks further rules; in how many places.
    MoreViolations,
    /// The peer sent what is no MQTT packet; the fault, the byte, the clause.
    Garbage,
    /// The peer behaved against the protocol; how, the clause.
    PeerError,
    /// Bytes of a packet whose end never came; their number.
    Incomplete,
    /// The peer sent a text message; its length.
    TextMessage,
    /// The clock worker did not start, and timers of the page stand in.
    ClockFallback,
    /// A capture lacks bytes of the stream; their number, the direction.
    Gap,
    /// Something else; its name, its words.
    Note,
}

impl EventKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 19] = [
        Self::Opening,
        Self::NotOpened,
        Self::Opened,
        Self::Closed,
        Self::Refused,
        Self::PingWithheld,
        Self::AcknowledgementHeld,
        Self::KeepAliveExpired,
        Self::LeftInFlight,
        Self::NotGranted,
        Self::Violation,
        Self::MoreViolations,
        Self::Garbage,
        Self::PeerError,
        Self::Incomplete,
        Self::TextMessage,
        Self::ClockFallback,
        Self::Gap,
        Self::Note,
    ];

    /// The kind of a number, as [`Self::ALL`] counts them.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        if (number as usize) < Self::ALL.len() { Some(Self::ALL[number as usize]) } else { None }
    }

    /// The kind of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The name for machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::NotOpened => "not-opened",
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Refused => "refused",
            Self::PingWithheld => "ping-withheld",
            Self::AcknowledgementHeld => "acknowledgement-held",
            Self::KeepAliveExpired => "keep-alive-expired",
            Self::LeftInFlight => "left-in-flight",
            Self::NotGranted => "not-granted",
            Self::Violation => "violation",
            Self::MoreViolations => "more-violations",
            Self::Garbage => "garbage",
            Self::PeerError => "peer-error",
            Self::Incomplete => "incomplete",
            Self::TextMessage => "text-message",
            Self::ClockFallback => "clock-fallback",
            Self::Gap => "gap",
            Self::Note => "note",
        }
    }

    /// The event as a sentence, in which `{0}` stands for the first value, and `{s}` for the ending of a noun behind
    /// a number.
    #[must_use]
    pub const fn template(self) -> &'static str {
        match self {
            Self::Opening => "Opening a WebSocket to {0}, subprotocol offered: {1}",
            Self::NotOpened => "The browser refused to open the WebSocket: {0}",
            Self::Opened => "WebSocket open after {1} ms, subprotocol: {0}",
            Self::Closed => "{0}",
            Self::Refused => "Connection refused: {0}",
            Self::PingWithheld => "Simulating a client that is down: PINGREQ not sent",
            Self::AcknowledgementHeld => "{0} of packet id {1} was due and is held back",
            Self::KeepAliveExpired => "No PINGRESP within {0} s: the connection is dead",
            Self::LeftInFlight => "Left in flight: {0} packet id{s} ({1}); {2}",
            Self::NotGranted => "The broker did not grant the subscription to {0}",
            Self::Violation => "Rule broken by the peer: {0} (byte {1}, {2})",
            Self::MoreViolations => "The same packet breaks rules in {0} more place{s}",
            Self::Garbage => "Not an MQTT packet: {0} (byte {1}, {2})",
            Self::PeerError => "Unexpected from the peer: {0} ({1})",
            Self::Incomplete => "The stream ended inside a packet, after {0} byte{s} of it",
            Self::TextMessage => {
                "A text message of {0} character{s} came; MQTT uses binary ones (MQTT-6.0.0-1)"
            }
            Self::ClockFallback => "The clock worker did not start: in a hidden tab PINGREQ may be late",
            Self::Gap => "The capture lacks {0} byte{s} of what went {1}",
            Self::Note => "{1}",
        }
    }

    /// Whether the event tells of a broken rule.
    #[must_use]
    pub const fn is_violation(self) -> bool {
        matches!(
            self,
            Self::Violation | Self::MoreViolations | Self::Garbage | Self::PeerError | Self::Incomplete
        )
    }
}

/// A value of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A text.
    Text(&'a str),
    /// A number.
    Number(u64),
}

/// An event, borrowed from the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    kind: EventKind,
    data: &'a [u8],
}

impl<'a> Event<'a> {
    pub(crate) const fn new(kind: EventKind, data: &'a [u8]) -> Self {
        Self { kind, data }
    }

    /// The values as the log keeps them.
    pub(crate) const fn data(&self) -> &'a [u8] {
        self.data
    }

    /// What kind of event it is.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        self.kind
    }

    /// The name for machines; that of a note is its own.
    #[must_use]
    pub fn name(&self) -> &'a str {
        match (self.kind, self.values().next()) {
            (EventKind::Note, Some(Value::Text(name))) => name,
            _ => self.kind.name(),
        }
    }

    /// The values, in order.
    pub fn values(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let mut data = self.data;
        std::iter::from_fn(move || take_value(&mut data))
    }

    /// The text at a place among the values.
    #[must_use]
    pub fn text(&self, at: usize) -> Option<&'a str> {
        match self.values().nth(at)? {
            Value::Text(text) => Some(text),
            Value::Number(_) => None,
        }
    }

    /// The number at a place among the values.
    #[must_use]
    pub fn number(&self, at: usize) -> Option<u64> {
        match self.values().nth(at)? {
            Value::Number(number) => Some(number),
            Value::Text(_) => None,
        }
    }

    /// Appends the event as a sentence.
    pub fn push_words(&self, out: &mut String) {
        let mut rest = self.kind.template();
        let mut ending = "s";
        while let Some((before, place, after)) = next_place(rest) {
            out.push_str(before);
            rest = after;
            let Ok(at) = place.parse() else {
                out.push_str(ending);
                continue;
            };
            match self.values().nth(at) {
                Some(Value::Text("")) => out.push_str("none"),
                Some(Value::Text(text)) => out.push_str(text),
                Some(Value::Number(code)) if self.kind == EventKind::Refused => {
                    let words = u8::try_from(code).ok().and_then(return_code_text);
                    out.push_str(words.unwrap_or("reserved code"));
                    out.push_str(" (return code ");
                    push_number(out, code);
                    out.push(')');
                }
                Some(Value::Number(number)) => {
                    push_number(out, number);
                    ending = if number == 1 { "" } else { "s" };
                }
                None => out.push('?'),
            }
        }
        out.push_str(rest);
    }

    /// The event as a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = String::new();
        self.push_words(&mut words);
        words
    }
}

/// Writes values as the log keeps them.
pub(super) fn encode(values: &[Value<'_>], out: &mut Vec<u8>) {
    for value in values {
        match value {
            Value::Text(text) => {
                out.push(TEXT);
                out.extend_from_slice(&(text.len() as u32).to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            }
            Value::Number(number) => {
                out.push(NUMBER);
                out.extend_from_slice(&number.to_le_bytes());
            }
        }
    }
}

fn take_value<'a>(data: &mut &'a [u8]) -> Option<Value<'a>> {
    let (&tag, rest) = data.split_first()?;
    if tag == NUMBER {
        let (number, rest) = rest.split_first_chunk()?;
        *data = rest;
        return Some(Value::Number(u64::from_le_bytes(*number)));
    }
    let (len, rest) = rest.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    *data = rest;
    std::str::from_utf8(text).ok().map(Value::Text)
}

/// Splits a template at its next place.
fn next_place(template: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = template.split_once('{')?;
    let (place, after) = rest.split_once('}')?;
    Some((before, place, after))
}

const TEXT: u8 = b't';
const NUMBER: u8 = b'n';
