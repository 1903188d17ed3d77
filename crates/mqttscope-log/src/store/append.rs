//! What is appended to the log, and what that drops.

use mqttscope_proto::{DecodeErrorKind, Packet, ProtocolVersion, decode};

use super::arena::Span;
use super::connection::{Connection, ConnectionId, Side, State};
use super::event::{Event, EventKind, Fault, Value, Values};
use super::exchange::{Exchanges, Noted};
use super::level::level_of;
use super::record::{Direction, PacketFacts, Record};
use super::secret::{begins_stream, is_secret};
use super::{BrokenRules, Found, Log, SourceId, Version, number_of, server_of};

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
        (self.latest, self.is_in_order) = (0, true);
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

    /// Tells that a capture lacks so many bytes of what went a way, behind those that are pending.
    pub fn push_gap(&mut self, time: u64, connection: ConnectionId, direction: Direction, len: u64) -> u32 {
        let after = self.pending(connection, direction).len() as u64;
        self.push_event(time, connection, Event::Gap { len, direction, after })
    }

    /// Where packets begin is not known on a way: bytes up to the next whole packet are no fault of who sent them.
    #[cfg(feature = "import")]
    pub(crate) fn lose_place(&mut self, connection: ConnectionId, direction: Direction) {
        if let Some(state) = self.connections.get_mut(connection) {
            state.side_mut(direction).hole.get_or_insert(0);
        }
    }

    /// Marks a record: its packet breaks a rule.
    pub(crate) fn mark_violation(&mut self, number: u32) {
        if let Some(record) = self.records.get_mut(number) {
            record.mark_violation();
        }
    }

    /// What a record tells is no fault of who sent it: another log has known that.
    pub(crate) fn mark_innocent(&mut self, number: u32) {
        if let Some(record) = self.records.get_mut(number) {
            record.mark_innocent();
        }
    }

    /// What is missing of a way may have held the answers that went it: nobody can say that they have not come.
    fn excuse(&mut self, connection: ConnectionId, direction: Direction) {
        let Self { connections, records, .. } = self;
        let Some(state) = connections.get(connection) else { return };
        for number in state.exchanges.newest_of_all() {
            if let Some(record) = records.get_mut(number)
                && record.direction() != direction
            {
                record.excuse_answer();
            }
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
            (Some(found), Event::Violation { offset, by, .. } | Event::Garbage { offset, by, .. }) => {
                for number in [self.found.end().into(), offset, number_of(by)] {
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
                Event::Gap { direction, after, .. } => {
                    let hole = &mut state.side_mut(direction).hole;
                    // Of several holes in a packet the first one counts.
                    if hole.is_none_or(|hole| hole == 0) {
                        *hole = Some(after);
                    }
                    // Who asked for what is not known any more.
                    #[cfg(feature = "import")]
                    (state.watch = None);
                }
                Event::TcpConnection { ends } => {
                    state.about.ends = Some(ends);
                    state.about.server = ends.server.to_string();
                }
                Event::Opening { url, .. } => {
                    state.about.server = server_of(url).into();
                }
                _ => {}
            }
        }
        if let Event::Gap { direction, .. } = event {
            self.excuse(connection, direction);
        }
        let number = self.push(record);
        if matches!(event, Event::Closed { .. } | Event::NotOpened { .. }) {
            self.uncolour_all(connection);
            if self.connections.get(connection).is_some_and(|state| state.is_clean) {
                self.connections.with_exchanges(connection, Exchanges::take_messages);
            }
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
        if record.is_broken() {
            return self.push_broken(record);
        }
        if let Some(state) = self.connections.get_mut(connection) {
            if !state.about.version.is_decoded() {
                record.mark_undecoded();
            }
            let side = state.side_mut(direction);
            let has_begun = side.has_begun || begins_stream(self.arena.bytes(span));
            *side = Side { has_begun, hole: None };
        }
        match record.first_byte >> 4 {
            CONNECT => self.note_connect(&mut record, number),
            DISCONNECT if direction == Direction::Out => {
                if let Some(state) = self.connections.get_mut(connection) {
                    state.about.disconnect = Some(number);
                }
            }
            _ => {}
        }
        if record.is_undecoded() {
            return self.push(record);
        }
        let Self { connections, records, .. } = self;
        let note = |exchanges: &mut Exchanges| exchanges.note(&record, number, |number| records.get(number));
        let Noted { before, instead_of } = connections.with_exchanges(connection, note).unwrap_or_default();
        self.colour(&mut record, before, instead_of);
        let records = &mut self.records;
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
        self.hide_password(record);
        let bytes = self.arena.bytes(record.span);
        let is_out = record.direction() == Direction::Out;
        let connect = match decode(bytes, ProtocolVersion::V31, &mut BrokenRules::default()) {
            Ok(Packet::Connect(connect)) if is_out && !record.is_undecoded() => connect,
            Err(error) if is_out => {
                if let DecodeErrorKind::UnknownProtocolLevel(_) = error.kind
                    && let Some(level) = level_of(bytes)
                {
                    self.note_level(record, number, level);
                }
                return;
            }
            _ => return,
        };
        let (client_id, clean) = (connect.client_id.to_string_lossy().into_owned(), connect.clean_session);
        let version = connect.version();
        self.take_over(record.connection, client_id, clean);
        if let Some(state) = self.connections.get_mut(record.connection) {
            state.about.connect = Some(number);
            state.is_clean = clean;
        }
        self.learn_version(record.connection, version.map_or(Version::Unknown, Version::Known));
    }

    /// Begins the exchanges of a connection: with those of the client's earlier one, unless it asks for a clean session.
    fn take_over(&mut self, connection: ConnectionId, client_id: String, clean: bool) {
        // Where the exchanges of that client are, perhaps on this very connection.
        let latest = self.connections.name(connection, client_id);
        let other = latest.filter(|&latest| latest != connection);
        let is_over = |about: &Connection| about.closed.is_some();
        let may_be_taken = match other.and_then(|other| self.connections.get(other)) {
            // A capture that sees a packet on both sides of a NAT has each CONNECT twice before the first answer.
            Some(state) => is_over(&state.about) || !clean && !self.is_seen_twice(state),
            None => true,
        };
        if let Some(latest) = latest.filter(|_| may_be_taken && clean) {
            self.uncolour_all(latest);
        }
        let taken = latest
            .filter(|_| may_be_taken)
            .and_then(|latest| self.connections.with_exchanges(latest, Exchanges::take_messages));
        if let Some(other) = other.filter(|_| !may_be_taken && !clean) {
            self.connections.rename(other);
        }
        let messages = taken.filter(|_| !clean).unwrap_or_default();
        self.connections.with_exchanges(connection, |own| own.resume(messages));
    }

    /// Whether a CONNECT of the same session may be that of this connection, captured on another side.
    fn is_seen_twice(&self, state: &State) -> bool {
        if state.about.source == SourceId::LIVE {
            return false;
        }
        let newest = state.exchanges.newest_connect().and_then(|number| self.records.get(number));
        newest.is_some_and(Record::awaits_answer)
    }

    /// Notes a CONNECT of a level that is not known. Of a connection whose version is known already, as those of this
    /// program are, it tells nothing but of itself.
    fn note_level(&mut self, record: &mut Record, number: u32, level: u8) {
        record.mark_undecoded();
        self.learn_version(record.connection, Version::Level(level));
        if let Some(state) = self.connections.get_mut(record.connection) {
            state.about.connect.get_or_insert(number);
        }
    }

    fn hide_password(&mut self, record: &mut Record) {
        if !self.keeps_passwords && record.hide_password(self.arena.bytes_mut(record.span)) {
            record.mark_password_hidden();
        }
    }

    /// Appends a record of bytes that are not a whole packet.
    pub(super) fn push_broken(&mut self, mut record: Record) -> u32 {
        let direction = record.direction();
        if let Some(state) = self.connections.get_mut(record.connection) {
            let is_live = state.about.source == SourceId::LIVE;
            let side = state.side_mut(direction);
            if direction == Direction::Out && !is_live && is_secret(self.arena.bytes(record.span), *side) {
                record.mark_secret();
            }
            if side.hole.is_some() {
                // What follows up to the next whole packet is what the hole has left.
                side.hole = Some(0);
                record.mark_innocent();
            }
        }
        self.hide_password(&mut record);
        self.push(record)
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
        let time = self.time_of_day(&record);
        self.is_in_order &= time >= self.latest;
        self.latest = self.latest.max(time);
        self.connections.hold(record.connection);
        self.packets = self.packets.wrapping_add(u32::from(!record.is_event()));
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
        let oldest = self.records.first();
        self.uncolour(oldest);
        let Some(&record) = self.records.get(oldest) else { return };
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
