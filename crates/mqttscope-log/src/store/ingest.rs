//! How bytes become records: one way for what comes in live, for what this program sends, and for what files hold.
//!
//! It owns where packets end, and what is wrong with them: a packet is decoded once as it comes in, by the version of its
//! connection, and what breaks a rule is logged behind it. It never drops or changes bytes for being wrong,
//! and puts nothing into words.

use mqttscope_proto::{
    DecodeError, DecodeErrorKind, Packet, PacketType, ProtocolVersion, Rule, Violation, ViolationSink, decode,
};

use super::Log;
use super::alias::AliasUse;
use super::arena::Span;
use super::connection::{ConnectionId, Version};
use super::event::{Event, Fault, Sender};
use super::facts::PacketFacts;
use super::guess::only_of_5;
use super::level::{LevelNote, bridged_version};
use super::misbehaviour::{Misbehaviour, OfSide};
use super::record::{Direction, Record};

/// A packet that has become a record, borrowed from the log.
#[derive(Debug)]
pub struct Ingested<'a> {
    /// Its number.
    pub number: u32,
    /// All its bytes.
    pub bytes: &'a [u8],
    /// The packet, or why it is none; `None` where nothing is read of it, since its level is not known.
    pub packet: Option<Result<Packet<'a>, DecodeError>>,
    /// The first rules that it breaks.
    pub violations: &'a [Violation],
    /// How many more it breaks.
    pub more_violations: usize,
}

/// The rules that one packet breaks: the first few with all that is known of them, the others as a number. Bounded,
/// since a SUBACK may break a rule with each of its bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BrokenRules {
    /// The first of them.
    pub kept: Vec<Violation>,
    /// How many came after those that are kept.
    pub others: usize,
}

impl BrokenRules {
    /// The most that are kept of one packet.
    pub const MAX_KEPT: usize = 8;

    /// Whether none is broken.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Decodes a packet of a connection, and finds the rules that it breaks. Where the version is not known, a rule
    /// counts only if the byte breaks one in each version that it may be, and a packet that only MQTT 5 has is one of
    /// MQTT 5.
    ///
    /// # Errors
    ///
    /// Where the bytes are no packet, or one of MQTT 5.
    pub fn decode<'a>(&mut self, bytes: &'a [u8], version: Version) -> Result<Packet<'a>, DecodeError> {
        self.clear();
        let mut packet = decode(bytes, version.layout(), self);
        if (packet.is_err() || !self.kept.is_empty())
            && matches!(version, Version::Unknown | Version::Before5)
        {
            return self.decode_unknown(bytes, version);
        }
        // In its place: a packet that is handed on is copied.
        if let Err(error) = &mut packet {
            *error = error.or_of_other_version(bytes, version.layout());
        }
        if let Ok(Packet::Connect(connect)) = &packet
            && bridged_version(connect).is_some()
        {
            self.kept.retain(|violation| !matches!(violation.rule, Rule::ProtocolNameAndLevel(_)));
        }
        packet
    }

    /// Decodes a packet that may be one of several versions, and is at fault in one of them.
    #[cold]
    fn decode_unknown<'a>(&mut self, bytes: &'a [u8], version: Version) -> Result<Packet<'a>, DecodeError> {
        self.clear();
        let is_connect = bytes.first() == Some(&CONNECT);
        if version.may_be_5()
            && !is_connect
            && let Some(packet) = only_of_5(bytes)
        {
            return Ok(packet);
        }
        // The layouts are the same, but not the rules.
        let packet = self.decode(bytes, Version::Known(ProtocolVersion::V311));
        if !is_connect && !self.kept.is_empty() {
            let mut other = Self::default();
            let _ = decode(bytes, ProtocolVersion::V31, &mut other);
            self.kept.retain(|violation| other.kept.iter().any(|found| found.offset == violation.offset));
            self.others = self.others.min(other.others);
        }
        packet
    }

    fn clear(&mut self) {
        self.kept.clear();
        self.others = 0;
    }
}

impl ViolationSink for BrokenRules {
    fn violation(&mut self, violation: Violation) {
        if self.kept.len() < Self::MAX_KEPT {
            self.kept.push(violation);
        } else {
            self.others += 1;
        }
    }
}

impl Log {
    /// Makes room for `len` bytes that one side of a connection sent, which `fill` writes.
    pub fn receive(
        &mut self,
        connection: ConnectionId,
        direction: Direction,
        len: usize,
        fill: impl FnOnce(&mut [u8]),
    ) {
        if let Some(state) = self.connections.get_mut(connection) {
            fill(state.inbound_mut(direction).extend(&mut self.arena, len));
        }
    }

    /// Bytes that one side of a connection sent, and that are not yet part of a record.
    #[must_use]
    pub fn pending(&self, connection: ConnectionId, direction: Direction) -> &[u8] {
        let inbound = self.connections.get(connection).and_then(|state| state.inbound(direction));
        inbound.map_or(&[], |inbound| self.arena.bytes(inbound.span()))
    }

    /// How long the packet is of which the beginning is pending, once its fixed header has said so.
    #[must_use]
    pub fn announced(&self, connection: ConnectionId, direction: Direction) -> Option<usize> {
        self.connections.get(connection)?.inbound(direction)?.announced()
    }

    /// Makes a record of the next whole packet among the pending bytes; `None` if its end has not come.
    ///
    /// It is decoded once, by the version of its connection. `hear` gets it with the rules that it breaks while it is
    /// borrowed; behind it the log has an event for each of these, for a packet that cannot be decoded, and, unless the
    /// connection is live, for what the peer should not have sent: of a live one its session tells that.
    ///
    /// # Errors
    ///
    /// Where the bytes cannot be a packet: nothing more can be made of them. [`Self::push_garbage`] takes them.
    #[inline]
    pub fn next_packet<R>(
        &mut self,
        time: u64,
        connection: ConnectionId,
        direction: Direction,
        hear: impl FnOnce(&Ingested<'_>) -> R,
    ) -> Result<Option<R>, DecodeError> {
        let Some(state) = self.connections.get_mut(connection) else { return Ok(None) };
        let version = state.about.version;
        let Some(span) = state.inbound_mut(direction).next(&mut self.arena, version)? else {
            return Ok(None);
        };
        let number = self.push_span(time, connection, direction, span, PacketFacts::default());
        Ok(Some(self.ingest(number, time, connection, direction, hear)))
    }

    /// Appends a packet that is whole already, mostly one that this program sends, and says its number. The rules that
    /// it breaks are told behind it, as of one that came in.
    pub fn push_packet(
        &mut self,
        time: u64,
        connection: ConnectionId,
        direction: Direction,
        frame: &[u8],
        facts: PacketFacts,
    ) -> u32 {
        let span = self.arena.append(frame);
        let number = self.push_span(time, connection, direction, span, facts);
        self.ingest(number, time, connection, direction, |_| number)
    }

    /// Makes a record of all bytes of one side that are pending, if there are any: they are not, or no longer, going to
    /// be a packet.
    pub fn push_remains(&mut self, time: u64, connection: ConnectionId, direction: Direction) -> Option<u32> {
        let inbound = self.connections.get_mut(connection)?.inbound_mut(direction);
        let span = inbound.take_all(&mut self.arena)?;
        let record = Record::of_remains(time, connection, direction, span, self.arena.bytes(span));
        Some(self.push_broken(record))
    }

    /// Makes a record of all bytes of one side that are pending, and tells why they are no packet.
    pub fn push_garbage(
        &mut self,
        time: u64,
        connection: ConnectionId,
        direction: Direction,
        error: &DecodeError,
    ) -> Option<u32> {
        let remains = self.push_remains(time, connection, direction);
        let by = Sender::of(direction, false);
        let event =
            Event::Garbage { error: self.fault(connection, error.kind), offset: error.offset as u64, by };
        match remains {
            Some(number) => self.push_event_about(number, time, connection, event),
            None => self.push_event(time, connection, event),
        };
        remains
    }

    /// What makes bytes no packet, with where that is written in the version of a connection, if that is known here.
    fn fault(&self, connection: ConnectionId, kind: DecodeErrorKind) -> Fault<'static, DecodeErrorKind> {
        let version = self.version(connection);
        match kind {
            DecodeErrorKind::RemainingLengthTooLong if !version.is_decoded() => {
                Fault::Told { words: TOO_LONG, clause: "" }
            }
            _ => Fault::Found(kind, version.layout()),
        }
    }

    /// Appends a packet that another log has had, and says its number. What is wrong with it is told by what is known
    /// and by that log's own events: it is not looked for again.
    pub fn push_known(
        &mut self,
        time: u64,
        connection: ConnectionId,
        direction: Direction,
        bytes: &[u8],
        known: Known,
    ) -> u32 {
        let span = self.arena.append(bytes);
        if known.broken {
            let mut record = Record::of_remains(time, connection, direction, span, self.arena.bytes(span));
            record.add_facts(known.facts);
            if known.secret {
                record.mark_secret();
            }
            return self.push_broken(record);
        }
        let number = self.push_span(time, connection, direction, span, known.facts);
        self.hide_data(number);
        if known.violation {
            self.mark_violation(number);
        }
        let version = self.version(connection);
        let is_publish = bytes.first().is_some_and(|byte| byte >> 4 == PacketType::Publish as u8);
        if is_publish
            && version.may_be_5()
            && let Some(alias) = AliasUse::of_bytes(bytes)
        {
            self.note_alias(number, connection, direction, alias);
        }
        number
    }

    /// Decodes the newest record, lets the caller hear it, and logs what is wrong with it.
    #[inline]
    fn ingest<R>(
        &mut self,
        number: u32,
        time: u64,
        connection: ConnectionId,
        direction: Direction,
        hear: impl FnOnce(&Ingested<'_>) -> R,
    ) -> R {
        let Self { arena, records, connections, broken_rules, .. } = self;
        let record = records.get(number);
        let span = record.map_or_else(Span::default, |record| record.span);
        let is_decoded = record.is_none_or(|record| !record.is_undecoded());
        let state = connections.get_mut(connection);
        let version = state.as_ref().map_or(Version::Unknown, |state| state.about.version);
        broken_rules.clear();
        let bytes = arena.bytes(span);
        let packet = if is_decoded { Some(broken_rules.decode(bytes, version)) } else { None };
        let (violations, more_violations) = (broken_rules.kept.as_slice(), broken_rules.others);
        let ingested = Ingested { number, bytes, packet, violations, more_violations };
        let heard = hear(&ingested);
        let packet = ingested.packet.as_ref().and_then(|packet| packet.as_ref().ok());
        let note = match (packet, record) {
            (Some(Packet::Connect(connect)), _) if direction == Direction::Out => LevelNote::of(connect),
            (None, Some(record)) if !is_decoded => {
                let connect = state.as_ref().and_then(|state| state.about.connect);
                let is_told = !version.is_decoded() && connect != Some(number);
                LevelNote::of_undecoded(record, arena.bytes(span), is_told)
            }
            _ => None,
        };
        let alias = match packet {
            Some(Packet::Publish(_)) if matches!(version, Version::Unknown) => {
                AliasUse::of_bytes(arena.bytes(span))
            }
            Some(Packet::Publish(publish)) => AliasUse::of(publish),
            _ => None,
        };
        let misbehaviour = Misbehaviour::of(state, direction, bytes.len(), packet);
        let error = ingested.packet.as_ref().and_then(|packet| packet.as_ref().err().copied());
        if error.is_some() || !self.broken_rules.is_empty() || !misbehaviour.is_empty() {
            self.tell_faults(number, time, connection, error, misbehaviour);
        }
        if let Some(alias) = alias {
            self.note_alias(number, connection, direction, alias);
        }
        if let Some(note) = note {
            self.tell_level(number, time, connection, note);
        }
        self.hide_data(number);
        heard
    }

    /// Logs what is wrong with a packet.
    #[cold]
    fn tell_faults(
        &mut self,
        number: u32,
        time: u64,
        connection: ConnectionId,
        error: Option<DecodeError>,
        misbehaviour: Misbehaviour,
    ) {
        let version = self.version(connection).layout();
        let by = self
            .record(number)
            .map_or(Sender::Peer, |record| Sender::of(record.direction(), record.facts().own));
        let broken = std::mem::take(&mut self.broken_rules);
        if error.is_some() || !broken.is_empty() {
            self.mark_violation(number);
        }
        for violation in &broken.kept {
            let rule = Fault::Found(violation.rule, version);
            let event = Event::Violation { rule, offset: violation.offset as u64, by };
            self.push_event_about(number, time, connection, event);
        }
        if broken.others > 0 {
            let event = Event::MoreViolations { count: broken.others as u64, by };
            self.push_event_about(number, time, connection, event);
        }
        self.broken_rules = broken;
        if let Some(DecodeError { offset, kind }) = error {
            let error = Fault::Found(kind, version);
            let event = Event::Garbage { error, offset: offset as u64, by };
            self.push_event_about(number, time, connection, event);
        }
        for fault in misbehaviour.into_iter() {
            let event = match fault {
                OfSide::Server(error) => Event::PeerError { error: Fault::Found(error, version) },
                OfSide::Client(error) => Event::ClientError { error: Fault::Found(error, version), by },
            };
            self.push_event_about(number, time, connection, event);
        }
    }
}

/// What is known of a packet that another log has had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// What its bytes do not tell.
    pub facts: PacketFacts,
    /// It breaks a rule.
    pub violation: bool,
    /// The bytes are not a whole packet.
    pub broken: bool,
    /// They may be the rest of a CONNECT: see [`Record::is_secret`].
    pub secret: bool,
}

/// Why a stream cannot be gone on with in any version.
const TOO_LONG: &str = "the Remaining Length has more than four bytes";
/// The first byte of a CONNECT, which tells its version itself.
const CONNECT: u8 = 0x10;
