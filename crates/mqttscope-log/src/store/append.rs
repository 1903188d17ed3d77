//! What is appended to the log, and what that drops.

use mqttscope_proto::{Packet, ProtocolVersion, decode, redact_password};

use super::arena::Span;
use super::connection::ConnectionId;
use super::event::{Event, EventKind, Fault, Value, Values};
use super::exchange::Exchanges;
use super::record::{Direction, PacketFacts, Record};
use super::{BrokenRules, Found, Log, Version};

impl Log {
    /// Appends an event, and says its number.
    pub fn push_event(&mut self, time: u64, connection: ConnectionId, event: Event<'_>) -> u32 {
        self.append_event(None, time, connection, event)
    }

    /// Appends an event that is about a packet, and says its number.
    pub fn push_event_about(
        &mut self,
        packet: u32,
        time: u64,
        connection: ConnectionId,
        event: Event<'_>,
    ) -> u32 {
        self.append_event(Some(packet), time, connection, event)
    }

    /// Adds to what is known of a packet.
    pub fn mark(&mut self, number: u32, facts: PacketFacts) {
        if let Some(record) = self.records.get_mut(number) {
            record.add_facts(facts);
            self.revision = self.revision.wrapping_add(1);
        }
    }

    /// Drops the records before a number; those that are kept stay at theirs.
    pub fn drop_before(&mut self, number: u32) {
        while self.first() < number.min(self.end()) {
            self.drop_oldest();
        }
        self.revision = self.revision.wrapping_add(1);
    }

    /// Drops every record, and counts anew from 0. Packets that are coming in are kept, and so are open connections.
    pub fn clear(&mut self) {
        while self.first() < self.end() {
            self.drop_oldest();
        }
        self.records.clear();
        self.found.clear();
        self.connections.clear();
        self.revision = self.revision.wrapping_add(1);
        self.clearings = self.clearings.wrapping_add(1);
    }

    /// Nothing more comes on a connection: it goes with its last record. An event that it is closed says the same.
    pub fn close(&mut self, connection: ConnectionId) {
        if let Some(state) = self.connections.get_mut(connection) {
            for inbound in state.take_inbound().iter_mut().flatten() {
                if let Some(span) = inbound.take_all(&mut self.arena) {
                    self.arena.release(span);
                }
            }
            self.connections.close(connection);
        }
    }

    /// Marks a record: its packet breaks a rule.
    pub(crate) fn mark_violation(&mut self, number: u32) {
        if let Some(record) = self.records.get_mut(number) {
            record.mark_violation();
        }
    }

    pub(crate) fn append_event(
        &mut self,
        packet: Option<u32>,
        time: u64,
        connection: ConnectionId,
        event: Event<'_>,
    ) -> u32 {
        self.scratch.clear();
        // What was found here is kept as it is, and needs no words before somebody looks.
        let found = match event {
            Event::Violation { rule: Fault::Found(rule, version), .. } => Some(Found::Rule(rule, version)),
            Event::Garbage { error: Fault::Found(kind, version), .. } => Some(Found::Garbage(kind, version)),
            Event::PeerError { error: Fault::Found(error, version) } => {
                Some(Found::PeerError(error, version))
            }
            _ => None,
        };
        let scratch = &mut self.scratch;
        match (found, event) {
            (Some(found), Event::Violation { offset, own, .. } | Event::Garbage { offset, own, .. }) => {
                for number in [self.found.end().into(), offset, own.into()] {
                    Values::push(scratch, Value::Number(number));
                }
                self.found.push(found);
            }
            (Some(found), _) => {
                Values::push(scratch, Value::Number(self.found.end().into()));
                self.found.push(found);
            }
            (None, event) => event.each_value(&mut |value| Values::push(scratch, value)),
        }
        let span = self.arena.append(&self.scratch);
        let mut record = Record::of_event(time, connection, span, event.kind());
        record.back = packet.map_or(0, |packet| self.end().saturating_sub(packet));
        if let Some(state) = self.connections.get_mut(connection) {
            match event {
                Event::Opened { .. } => state.about.opened = Some(time),
                Event::Closed { .. } => state.about.closed = Some(time),
                // Who asked for what is not known any more.
                #[cfg(feature = "import")]
                Event::Gap { .. } => state.watch = None,
                _ => {}
            }
        }
        let number = self.push(record);
        if matches!(event, Event::Closed { .. } | Event::NotOpened { .. }) {
            self.close(connection);
        }
        number
    }

    /// Makes a record of a packet's bytes, which are held for it already.
    #[inline]
    pub(super) fn push_span(
        &mut self,
        time: u64,
        connection: ConnectionId,
        direction: Direction,
        span: Span,
        facts: PacketFacts,
    ) -> u32 {
        let number = self.end();
        let mut record = Record::of_packet(time, connection, direction, span, self.arena.bytes(span));
        record.add_facts(facts);
        match record.first_byte >> 4 {
            CONNECT => self.note_connect(&mut record, number),
            DISCONNECT if direction == Direction::Out => {
                if let Some(state) = self.connections.get_mut(connection) {
                    state.about.disconnect = Some(number);
                }
            }
            _ => {}
        }
        let Self { connections, records, .. } = self;
        let note = |exchanges: &mut Exchanges| exchanges.note(&record, number, |number| records.get(number));
        let before = connections.with_exchanges(connection, note).flatten();
        if let Some(before) = before {
            record.back = number - before;
            if let Some(before) = records.get_mut(before) {
                before.ahead = record.back;
            }
        }
        self.push(record)
    }

    /// Hides the password. Of the client's own CONNECT it keeps the client id and the version, and goes on with the
    /// exchanges of an earlier connection of a client that has not asked for a clean session.
    fn note_connect(&mut self, record: &mut Record, number: u32) {
        if !self.keeps_passwords && redact_password(self.arena.bytes_mut(record.span)) {
            record.mark_password_hidden();
        }
        let bytes = self.arena.bytes(record.span);
        let Ok(Packet::Connect(connect)) = decode(bytes, ProtocolVersion::V31, &mut BrokenRules::default())
        else {
            return;
        };
        if record.direction() != Direction::Out {
            return;
        }
        let (client_id, clean) = (connect.client_id.to_string_lossy().into_owned(), connect.clean_session);
        let version = connect.version();
        // Where the exchanges of that client are, perhaps on this very connection.
        let latest = self.connections.name(record.connection, client_id);
        let taken = latest.and_then(|latest| self.connections.with_exchanges(latest, std::mem::take));
        let exchanges = taken.filter(|_| !clean).unwrap_or_default();
        self.connections.with_exchanges(record.connection, |own| *own = exchanges);
        if let Some(state) = self.connections.get_mut(record.connection) {
            state.about.connect = Some(number);
        }
        self.learn_version(record.connection, version.map_or(Version::Unknown, Version::Known));
    }

    /// Notes what a connection speaks, unless that is known.
    pub(crate) fn learn_version(&mut self, connection: ConnectionId, version: Version) {
        if let Some(state) = self.connections.get_mut(connection)
            && state.about.version == Version::Unknown
        {
            state.about.version = version;
        }
    }

    pub(super) fn push(&mut self, record: Record) -> u32 {
        let number = self.end();
        self.connections.hold(record.connection);
        self.records.push(record);
        self.revision = self.revision.wrapping_add(1);
        self.keep_budget();
        number
    }

    pub(super) fn keep_budget(&mut self) {
        while self.size() > self.budget && self.end() - self.first() > 1 {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some(&record) = self.records.get(self.records.first()) else { return };
        if self.found_number(&record).is_some() {
            self.found.pop();
        }
        self.arena.release(record.span);
        self.records.pop();
        self.connections.release(record.connection);
    }

    /// The number among what was found of what an event tells, if that is kept so.
    pub(super) fn found_number(&self, record: &Record) -> Option<u32> {
        use EventKind as K;
        match record.event_kind()? {
            K::Violation | K::Garbage | K::PeerError => match Values(self.arena.bytes(record.span)).next()? {
                Value::Number(number) => u32::try_from(number).ok(),
                Value::Text(_) => None,
            },
            _ => None,
        }
    }
}

const CONNECT: u8 = 1;
const DISCONNECT: u8 = 14;
