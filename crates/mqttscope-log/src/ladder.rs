//! The exchange that a packet belongs to, as a ladder between client and server: each packet an arrow, and the one
//! that is missing.
//!
//! Everything is found by the links that the log made when the packets came; nothing is searched, but the message of
//! a will among the packets that came soon after it was due.

use mqttscope_proto::{Packet, PacketType, PropertyId, ProtocolVersion, ReasonCode, decode};

use mqttscope_text::number::difference;

use crate::store::{BrokenRules, ConnectionId, Direction, Log, Record, Topic, question};

/// An exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder {
    /// The type of its first packet.
    pub kind: PacketType,
    /// The QoS of a PUBLISH.
    pub qos: Option<u8>,
    /// Its packets, oldest first; at most [`Ladder::MAX_ARROWS`].
    pub arrows: Vec<Arrow>,
    /// There are more packets than arrows.
    pub is_cut: bool,
    /// The packet that is to come next.
    pub awaited: Option<Awaited>,
    /// The will of a CONNECT.
    pub will: Option<Will>,
}

/// A packet of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// Its number in the log.
    pub number: u32,
    /// Microseconds since the Unix epoch.
    pub time: u64,
    /// Microseconds since what it answers ([`Log::answered`]), or since the arrow before it where it answers nothing.
    pub gap: i64,
    /// Out is from the client to the server.
    pub direction: Direction,
    /// Its type.
    pub packet_type: PacketType,
    /// Its packet id, of a type that has one.
    pub packet_id: Option<u16>,
    /// Its DUP bit.
    pub dup: bool,
    /// The number of its connection.
    pub connection: ConnectionId,
    /// Whether it was there before.
    pub repeat: Repeat,
    /// Its reason code, of a packet of MQTT 5 that has one; of SUBACK and UNSUBACK the first that says that something
    /// failed.
    pub reason: Option<ReasonCode>,
}

/// Whether a packet is a copy of an earlier one in its exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It is the first of its kind.
    First,
    /// It is a copy that a policy sent right behind the other, or the answer to one.
    Duplicate,
    /// It came again on the same connection, as 3.1 allows where an answer is missing.
    Retry,
    /// It came on a later connection [MQTT-4.4.0-1].
    Resend,
}

/// A packet that should come and has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// Its type.
    pub packet_type: PacketType,
    /// Where it comes from.
    pub direction: Direction,
    /// Since when it is due: when the packet that it answers first came.
    pub since: u64,
    /// Until when it could have come: the connection was closed then.
    pub until: Option<u64>,
}

/// The will of a connection, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Will {
    /// Its topic.
    pub topic: String,
    /// Its QoS.
    pub qos: u8,
    /// The server is to retain it.
    pub retain: bool,
    /// For how many seconds the server waits with it, unless the session ends before (MQTT 5, 3.1.3.2.2).
    pub delay: u32,
    /// What became of it.
    pub state: WillState,
}

/// What became of a will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WillState {
    /// The connection is open, or how it ended is not known.
    Kept,
    /// DISCONNECT, with this number, let the server discard it [MQTT-3.14.4-3].
    Discarded(u32),
    /// The connection ended without DISCONNECT, or with one whose reason code is another than 0: the server publishes it
    /// [MQTT-3.1.2-8].
    Due {
        /// When the connection ended.
        since: u64,
        /// The number of the DISCONNECT that asks for it (MQTT 5, 3.14.2.1).
        by: Option<u32>,
        /// The number of the PUBLISH that brought it, if it came to a client of this log.
        seen: Option<u32>,
    },
}

impl Ladder {
    /// The most arrows that a ladder has: an id that is sent again and again would have no end.
    pub const MAX_ARROWS: usize = 1_000;

    /// The exchange of a packet, or of the packet that an event is about; `None` without one.
    #[must_use]
    pub fn of(log: &Log, number: u32) -> Option<Self> {
        let record = log.record(number)?;
        let number = if record.direction() == Direction::Event { log.before(number)? } else { number };
        let first = log.exchange(number);
        let first_record = log.record(first).filter(|record| !record.is_undecoded())?;
        let mut arrows: Vec<Arrow> = Vec::new();
        let mut next = Some(first);
        while let Some(at) = next.filter(|_| arrows.len() < Self::MAX_ARROWS) {
            let arrow = Arrow::new(log, at, &arrows)?;
            arrows.push(arrow);
            next = log.after(at);
        }
        let kind = first_record.packet_type()?;
        let is_client_connect = kind == PacketType::Connect && first_record.direction() == Direction::Out;
        Some(Self {
            kind,
            qos: first_record.qos(),
            awaited: awaited(log, &arrows, first_record.qos()),
            will: if is_client_connect { will(log, first_record) } else { None },
            is_cut: next.is_some(),
            arrows,
        })
    }
}

impl Arrow {
    fn new(log: &Log, number: u32, before: &[Self]) -> Option<Self> {
        let record = log.record(number)?;
        let packet_type = record.packet_type()?;
        let repeat = repeat(record, packet_type, before);
        let since = log.answered(number).map(|asked| asked.time).or(before.last().map(|last| last.time));
        Some(Self {
            number,
            time: record.time,
            gap: since.map_or(0, |since| difference(since, record.time)),
            direction: record.direction(),
            packet_type,
            packet_id: record.id(),
            dup: record.dup(),
            connection: record.connection,
            repeat,
            reason: record.reason_code().or_else(|| first_failure(log, record, packet_type)),
        })
    }
}

/// Whether a packet is a copy of one of those before it. Nothing is guessed from times: for its own packets whoever sent
/// them knows, and an answer that comes again answers what was sent again, as far as there is any such.
fn repeat(record: &Record, packet_type: PacketType, before: &[Arrow]) -> Repeat {
    let direction = record.direction();
    let alike = |arrow: &&Arrow| arrow.packet_type == packet_type && arrow.direction == direction;
    let Some(earlier) = before.iter().rev().find(alike) else { return Repeat::First };
    let facts = record.facts();
    if earlier.connection != record.connection {
        return Repeat::Resend;
    }
    if facts.copy || facts.resend {
        return if facts.copy { Repeat::Duplicate } else { Repeat::Retry };
    }
    let asked = before.iter().filter(|arrow| {
        arrow.direction != direction && question(packet_type).is_some_and(|asks| asks == arrow.packet_type)
    });
    match asked.skip(before.iter().filter(alike).count()).map(|arrow| arrow.repeat).next() {
        Some(Repeat::Duplicate) => Repeat::Duplicate,
        _ => Repeat::Retry,
    }
}

/// The first reason code of a SUBACK or UNSUBACK that says that something failed.
fn first_failure(log: &Log, record: &Record, packet_type: PacketType) -> Option<ReasonCode> {
    let version = log.version_of(record);
    if !version.is_5() || !matches!(packet_type, PacketType::SubAck | PacketType::UnsubAck) {
        return None;
    }
    let codes = match BrokenRules::default().decode(log.bytes(record), version) {
        Ok(Packet::SubAck(suback)) => suback.return_codes,
        Ok(Packet::UnsubAck(unsuback)) => unsuback.reason_codes,
        _ => return None,
    };
    codes.iter().map(|&code| ReasonCode(code)).find(|code| code.is_error())
}

/// The answer to the packet that is furthest in the exchange.
fn awaited(log: &Log, arrows: &[Arrow], qos: Option<u8>) -> Option<Awaited> {
    // Later types of an exchange have higher numbers, in MQTT's own order; but those of an authentication take turns.
    let is_authentication = arrows.iter().any(|arrow| arrow.packet_type == PacketType::Auth);
    let last = arrows.last()?;
    let furthest = if is_authentication {
        last
    } else {
        arrows.iter().max_by_key(|arrow| (arrow.packet_type, std::cmp::Reverse(arrow.number)))?
    };
    let packet_type = match furthest.packet_type {
        // The last one of the first authentication is answered by CONNACK, unless the server has more to ask.
        PacketType::Auth if furthest.reason == Some(ReasonCode::SUCCESS) => return None,
        PacketType::Auth
            if furthest.direction == Direction::Out && arrows[0].packet_type != PacketType::Auth =>
        {
            PacketType::ConnAck
        }
        PacketType::Auth => PacketType::Auth,
        // Of a message that was refused nothing follows [MQTT-4.3.3-4].
        PacketType::PubRec if furthest.reason.is_some_and(ReasonCode::is_error) => return None,
        other => answer(other, qos)?,
    };
    let closed = log.connection(last.connection).and_then(|connection| connection.closed);
    Some(Awaited {
        packet_type,
        direction: if furthest.direction == Direction::Out { Direction::In } else { Direction::Out },
        since: furthest.time,
        until: closed.filter(|&closed| closed >= last.time),
    })
}

/// The type of packet that answers one of this type.
const fn answer(packet_type: PacketType, qos: Option<u8>) -> Option<PacketType> {
    use PacketType as T;
    Some(match (packet_type, qos) {
        (T::Connect, _) => T::ConnAck,
        (T::Publish, Some(1)) => T::PubAck,
        (T::Publish, Some(2)) => T::PubRec,
        (T::PubRec, _) => T::PubRel,
        (T::PubRel, _) => T::PubComp,
        (T::Subscribe, _) => T::SubAck,
        (T::Unsubscribe, _) => T::UnsubAck,
        (T::PingReq, _) => T::PingResp,
        _ => return None,
    })
}

fn will(log: &Log, record: &Record) -> Option<Will> {
    let Ok(Packet::Connect(connect)) =
        decode(log.bytes(record), ProtocolVersion::V31, &mut BrokenRules::default())
    else {
        return None;
    };
    let will = connect.will?;
    let connection = log.connection(record.connection)?;
    let disconnect = connection
        .disconnect
        .filter(|&number| log.record(number).is_none_or(|found| found.time >= record.time));
    let closed = connection.closed.filter(|&closed| closed >= record.time);
    let is_asking = |record: &&Record| record.reason_code().unwrap_or_default() != ReasonCode::SUCCESS;
    let asking = disconnect.and_then(|number| log.record(number)).filter(is_asking);
    let state = match (disconnect, asking.map(|record| record.time).or(closed)) {
        (Some(number), _) if asking.is_none() => WillState::Discarded(number),
        (by, Some(since)) => {
            let seen = find_message(log, since, will.topic.as_bytes(), will.message);
            WillState::Due { since, by, seen }
        }
        (_, None) => WillState::Kept,
    };
    Some(Will {
        delay: will.properties.number(PropertyId::WillDelayInterval).unwrap_or_default(),
        topic: will.topic.to_string_lossy().into_owned(),
        qos: will.qos,
        retain: will.retain,
        state,
    })
}

/// The number of a PUBLISH from the server with that topic and payload, soon after a time.
fn find_message(log: &Log, since: u64, topic: &[u8], payload: &[u8]) -> Option<u32> {
    let first = log.find_time(since);
    let is_it = |number: u32, record: &Record| {
        record.direction() == Direction::In
            && log.payload(record) == Some(payload)
            && log.topic(number, record) == Some(Topic::Name(topic))
    };
    let mut numbers = (first..).zip(log.records_from(first).take(MAX_SEARCHED));
    numbers.find(|&(number, record)| is_it(number, record)).map(|(number, _)| number)
}

/// Records that are searched for the message of a will.
const MAX_SEARCHED: usize = 20_000;
