//! What is appended to the log, and what that drops.

use super::arena::Span;
use super::connection::{ConnectionId, Side};
use super::event::{Event, EventKind, Fault, Value, Values};
use super::exchange::{Exchanges, Noted};
use super::facts::PacketFacts;
use super::record::{Direction, Record};
use super::secret::{begins_stream, is_secret};
use super::{Found, Log, SourceId, Version, number_of, server_of};

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

    /// More may come on a connection although an event said that it is closed: in a capture it waited for what is lacking.
    /// It goes once [`Self::close`] says so.
    #[cfg(feature = "import")]
    pub(crate) fn expect_more(&mut self, connection: ConnectionId) {
        self.connections.open(connection);
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
            Event::ClientError { error: Fault::Found(error, version), .. } => {
                Some(Found::ClientError(error, version))
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
            (Some(found), Event::ClientError { by, .. }) => {
                for number in [self.found.end().into(), number_of(by)] {
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
            let bytes = self.arena.bytes(span);
            state.guess_version(bytes);
            if !state.about.version.is_decoded() {
                record.mark_undecoded();
            } else if state.about.version.is_5() {
                record.read_reason(bytes);
            }
            let version = state.about.version;
            let side = state.side_mut(direction);
            let has_begun = side.has_begun || begins_stream(bytes, version);
            *side = Side { has_begun, hole: None };
        }
        match record.first_byte >> 4 {
            CONNECT => self.note_connect(&mut record, number),
            CONNACK => self.note_expiry(&record),
            DISCONNECT if direction == Direction::Out => self.note_disconnect(&record, number),
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

    /// Hides the Authentication Data of a whole CONNACK or AUTH: whoever hears the packet needs it, and nobody behind that.
    pub(super) fn hide_data(&mut self, number: u32) {
        let record = self.records.get(number).copied();
        if let Some(mut record) = record.filter(|record| matches!(record.first_byte >> 4, CONNACK | AUTH)) {
            self.hide_secrets(&mut record);
            if let Some(kept) = self.records.get_mut(number) {
                *kept = record;
            }
        }
    }

    pub(super) fn hide_secrets(&mut self, record: &mut Record) {
        if !self.keeps_passwords && record.hide_secrets(self.arena.bytes_mut(record.span)) {
            record.mark_password_hidden();
        }
    }

    /// Appends a record of bytes that are not a whole packet.
    pub(super) fn push_broken(&mut self, mut record: Record) -> u32 {
        let direction = record.direction();
        if let Some(state) = self.connections.get_mut(record.connection) {
            let (is_live, has_method) = (state.about.source == SourceId::LIVE, state.has_method);
            let side = state.side_mut(direction);
            // What a server sends may be secret where it authenticates itself.
            let may_begin = direction == Direction::Out || has_method;
            if !is_live && is_secret(self.arena.bytes(record.span), *side, may_begin) {
                record.mark_secret();
            }
            if side.hole.is_some() {
                // What follows up to the next whole packet is what the hole has left.
                side.hole = Some(0);
                record.mark_innocent();
            }
        }
        self.hide_secrets(&mut record);
        self.push(record)
    }

    /// Notes what a connection speaks, unless that is known for certain.
    pub(crate) fn learn_version(&mut self, connection: ConnectionId, version: Version) {
        if let Some(state) = self.connections.get_mut(connection)
            && (matches!(state.about.version, Version::Unknown) || state.is_version_guessed)
            && !matches!(version, Version::Unknown)
        {
            state.about.version = version;
            state.is_version_guessed = matches!(version, Version::Before5);
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
        if record.sets_alias() {
            self.forget_alias(oldest, &record);
        }
        self.arena.release(record.span);
        self.records.pop();
        self.connections.release(record.connection);
    }

    /// The number among what was found of what an event tells, if that is kept so.
    pub(super) fn found_number(&self, record: &Record) -> Option<u32> {
        use EventKind as K;
        match record.event_kind()? {
            K::Violation | K::Garbage | K::PeerError | K::ClientError => {
                match Values(self.arena.bytes(record.span)).next()? {
                    Value::Number(number) => u32::try_from(number).ok(),
                    Value::Text(_) => None,
                }
            }
            _ => None,
        }
    }
}

const CONNECT: u8 = 1;
const CONNACK: u8 = 2;
const DISCONNECT: u8 = 14;
const AUTH: u8 = 15;
