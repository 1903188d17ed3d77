//! Events as texts and numbers in a fixed order: the form in which the log keeps them and files hold them.

use mqttscope_proto::PacketType;

use super::{Event, EventKind, Fault, Sender, Written};
use crate::store::ends::{End, Ends};
use crate::store::record::Direction;

/// A value of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// A text.
    Text(&'a str),
    /// A number.
    Number(u64),
}

/// Values in a row of bytes.
#[derive(Clone, Copy)]
pub(crate) struct Values<'a>(pub(crate) &'a [u8]);

impl<'a> Event<'a> {
    /// Gives the values of the event, in order.
    pub(crate) fn each_value(&self, give: &mut impl FnMut(Value<'_>)) {
        use Value::{Number, Text};
        match *self {
            Self::Opening { url, subprotocols } => [url, subprotocols].map(Text).into_iter().for_each(give),
            Self::NotOpened { words } => give(Text(words)),
            Self::Opened { subprotocol, after_ms } => {
                [Text(subprotocol), Number(after_ms)].into_iter().for_each(give)
            }
            Self::Closed { words, failed } => [Text(words), Number(failed.into())].into_iter().for_each(give),
            Self::Refused { return_code } => give(Number(return_code.into())),
            Self::PingWithheld => {}
            Self::ClockSet { later, by_ms } => {
                [Number(later.into()), Number(by_ms)].into_iter().for_each(give)
            }
            Self::AcknowledgementHeld { packet_type, packet_id } => {
                [Text(packet_type.name()), Number(packet_id.into())].into_iter().for_each(give)
            }
            Self::RepeatNotDelivered { packet_id } => give(Number(packet_id.into())),
            Self::KeepAliveExpired { secs } => give(Number(secs.into())),
            Self::LeftInFlight { count, ids, fate } => {
                [Number(count), Text(ids), Text(fate)].into_iter().for_each(give)
            }
            Self::NotGranted { filter } => give(Text(filter)),
            Self::Violation { rule, offset, by } => {
                give_fault(&rule, Some(offset), give);
                give_sender(by, give);
            }
            Self::MoreViolations { count, by } => {
                give(Number(count));
                give_sender(by, give);
            }
            Self::Garbage { error, offset, by } => {
                give_fault(&error, Some(offset), give);
                give_sender(by, give);
            }
            Self::PeerError { error } => give_fault(&error, None, give),
            Self::ClientError { error, by } => {
                give_fault(&error, None, give);
                give_sender(by, give);
            }
            Self::Incomplete { len } => give(Number(len)),
            Self::TextMessage { chars } => give(Number(chars)),
            Self::Gap { len, direction, after } => {
                [Number(len), Text(direction.name()), Number(after)].into_iter().for_each(give)
            }
            Self::TcpConnection { ends } => {
                for end in [ends.client, ends.server] {
                    give(Text(&end.to_string()));
                }
            }
            Self::Note { name, words } => [name, words].map(Text).into_iter().for_each(give),
        }
    }

    /// The event of a kind and its values. What is missing among them is empty.
    pub(crate) fn of_values(kind: EventKind, mut values: impl Iterator<Item = Value<'a>>) -> Self {
        use EventKind as K;
        let values: &mut dyn Iterator<Item = Value<'a>> = &mut values;
        match kind {
            K::Opening => Self::Opening { url: text(values), subprotocols: text(values) },
            K::NotOpened => Self::NotOpened { words: text(values) },
            K::Opened => Self::Opened { subprotocol: text(values), after_ms: number(values) },
            K::Closed => Self::Closed { words: text(values), failed: number(values) == 1 },
            K::Refused => Self::Refused { return_code: small(number(values)) },
            K::PingWithheld => Self::PingWithheld,
            K::AcknowledgementHeld => {
                let name = text(values);
                let known = PacketType::ALL.into_iter().find(|packet_type| packet_type.name() == name);
                let packet_type = known.unwrap_or(PacketType::PubAck);
                Self::AcknowledgementHeld { packet_type, packet_id: small(number(values)) }
            }
            K::RepeatNotDelivered => Self::RepeatNotDelivered { packet_id: small(number(values)) },
            K::KeepAliveExpired => Self::KeepAliveExpired { secs: small(number(values)) },
            K::LeftInFlight => {
                Self::LeftInFlight { count: number(values), ids: text(values), fate: text(values) }
            }
            K::NotGranted => Self::NotGranted { filter: text(values) },
            K::Violation => {
                let (words, offset, clause) = (text(values), number(values), text(values));
                let rule = Fault::Told { words, clause };
                Self::Violation { rule, offset, by: sender_of(number(values)) }
            }
            K::MoreViolations => {
                Self::MoreViolations { count: number(values), by: sender_of(number(values)) }
            }
            K::Garbage => {
                let (words, offset, clause) = (text(values), number(values), text(values));
                let error = Fault::Told { words, clause };
                Self::Garbage { error, offset, by: sender_of(number(values)) }
            }
            K::PeerError => {
                Self::PeerError { error: Fault::Told { words: text(values), clause: text(values) } }
            }
            K::ClientError => {
                let error = Fault::Told { words: text(values), clause: text(values) };
                Self::ClientError { error, by: sender_of(number(values)) }
            }
            K::Incomplete => Self::Incomplete { len: number(values) },
            K::TextMessage => Self::TextMessage { chars: number(values) },
            K::ClockSet => Self::ClockSet { later: number(values) == 1, by_ms: number(values) },
            K::Gap => {
                let len = number(values);
                let direction = if text(values) == "in" { Direction::In } else { Direction::Out };
                Self::Gap { len, direction, after: number(values) }
            }
            K::TcpConnection => {
                let (client, server) = (text(values), text(values));
                match (End::parse(client), End::parse(server)) {
                    (Some(client), Some(server)) => Self::TcpConnection { ends: Ends { client, server } },
                    // Files of before tell of it by a name and words.
                    _ => Self::Note { name: EventKind::TcpConnection.name(), words: server },
                }
            }
            K::Note => Self::Note { name: text(values), words: text(values) },
        }
    }
}

impl Values<'_> {
    /// Writes a value behind others.
    pub(crate) fn push(out: &mut Vec<u8>, value: Value<'_>) {
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

impl<'a> Iterator for Values<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        if tag == NUMBER {
            let (number, rest) = rest.split_first_chunk()?;
            self.0 = rest;
            return Some(Value::Number(u64::from_le_bytes(*number)));
        }
        let (len, rest) = rest.split_first_chunk()?;
        let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        self.0 = rest;
        std::str::from_utf8(text).ok().map(Value::Text)
    }
}

fn give_fault<T: Written>(fault: &Fault<'_, T>, offset: Option<u64>, give: &mut impl FnMut(Value<'_>)) {
    give(Value::Text(&fault.words()));
    if let Some(offset) = offset {
        give(Value::Number(offset));
    }
    give(Value::Text(fault.clause()));
}

/// Stands behind the other values, and only where it is known: files of before know of nobody but the page.
fn give_sender(by: Sender, give: &mut impl FnMut(Value<'_>)) {
    match number_of(by) {
        0 => {}
        number => give(Value::Number(number)),
    }
}

/// The number of a sender, 0 for one that is not known.
pub(crate) fn number_of(by: Sender) -> u64 {
    SENDERS.iter().position(|&known| known == by).map_or(0, |at| at as u64 + 1)
}

/// The sender of a number.
pub(crate) fn sender_of(number: u64) -> Sender {
    let at = number.checked_sub(1).and_then(|at| usize::try_from(at).ok());
    at.and_then(|at| SENDERS.get(at)).copied().unwrap_or_default()
}

fn text<'a>(values: &mut dyn Iterator<Item = Value<'a>>) -> &'a str {
    match values.next() {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

fn number(values: &mut dyn Iterator<Item = Value<'_>>) -> u64 {
    match values.next() {
        Some(Value::Number(number)) => number,
        _ => 0,
    }
}

/// A number that is to be a smaller one; what is larger than that comes from no log of ours.
fn small<T: TryFrom<u64> + Default>(number: u64) -> T {
    T::try_from(number).unwrap_or_default()
}

/// Senders by their numbers, from 1 on.
const SENDERS: [Sender; 3] = [Sender::Page, Sender::Client, Sender::Broker];
const TEXT: u8 = b't';
const NUMBER: u8 = b'n';
