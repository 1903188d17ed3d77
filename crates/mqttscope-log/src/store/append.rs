//! What is appended to the log, and what that drops.

use mqttscope_proto::{DecodeError, Packet, ProtocolVersion, Violation, decode, redact_password};

use super::arena::Span;
use super::event::{self, EventKind, Value};
use super::exchange::Exchanges;
use super::record::{Direction, Marks, Record};
use super::{Incoming, Log, State, preview_half_lines};

impl Log {
    /// Appends a packet that is sent, and says its number.
    pub fn push_sent(&mut self, time: u64, frame: &[u8], marks: Marks) -> u32 {
        self.push_whole(time, Direction::Out, frame, marks)
    }

    /// Appends a packet of either direction, and says its number.
    pub fn push_whole(&mut self, time: u64, direction: Direction, frame: &[u8], marks: Marks) -> u32 {
        let span = self.arena.append(frame);
        self.push_packet(time, direction, span, marks)
    }

    /// Appends an event, and says its number.
    pub fn push_event(&mut self, time: u64, connection: u16, kind: EventKind, values: &[Value<'_>]) -> u32 {
        self.push_event_about(None, time, connection, kind, values)
    }

    /// Marks a packet as breaking a rule, and appends the event that says which.
    pub fn push_violation(&mut self, time: u64, number: u32, violation: &Violation) -> u32 {
        self.mark_violation(number);
        let (connection, version) = match self.record(number) {
            Some(record) => (record.connection, record.version()),
            None => (0, ProtocolVersion::V31),
        };
        let words = violation.to_string();
        let values = [
            Value::Text(&words),
            Value::Number(violation.offset as u64),
            Value::Text(violation.rule.clause(version)),
        ];
        self.push_event_about(Some(number), time, connection, EventKind::Violation, &values)
    }

    /// Appends an event that is about a packet.
    pub fn push_event_about(
        &mut self,
        packet: Option<u32>,
        time: u64,
        connection: u16,
        kind: EventKind,
        values: &[Value<'_>],
    ) -> u32 {
        self.scratch.clear();
        event::encode(values, &mut self.scratch);
        let span = self.arena.append(&self.scratch);
        let mut record = Record::of_event(time, span, kind, connection);
        record.back = packet.map_or(0, |packet| self.end().saturating_sub(packet));
        let about = &mut self.state(connection).about;
        match kind {
            EventKind::Opened => about.opened = Some(time),
            EventKind::Closed => about.closed = Some(time),
            _ => {}
        }
        self.push(record, 0)
    }

    /// Makes room for `len` bytes from the peer, which `fill` writes.
    pub fn receive(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) {
        let announced = self.incoming.scanner.frame_len();
        let span = self.incoming.span.get_or_insert_default();
        fill(self.arena.extend(span, len, announced));
    }

    /// Bytes from the peer that are not yet part of a record.
    #[must_use]
    pub fn pending(&self) -> &[u8] {
        self.incoming.span.map_or(&[], |span| self.arena.bytes(span))
    }

    /// Makes a record of the next whole packet among the pending bytes, and says its number; `None` if its end has
    /// not come.
    ///
    /// # Errors
    ///
    /// Where the bytes cannot be a packet: nothing more can be made of them, and [`Self::push_remains`] takes them.
    pub fn next_received(&mut self, time: u64, marks: Marks) -> Result<Option<u32>, DecodeError> {
        let Some(span) = self.incoming.span else { return Ok(None) };
        let Incoming { scanned, scanner, .. } = &mut self.incoming;
        let unseen = &self.arena.bytes(span)[*scanned..];
        if unseen.is_empty() {
            return Ok(None);
        }
        let scan = scanner.scan(unseen)?;
        *scanned += scan.consumed;
        let len = *scanned;
        Ok(scan.complete.then(|| self.push_received(time, len, marks)))
    }

    /// Makes a record of the first `len` pending bytes, and says its number.
    pub fn push_received(&mut self, time: u64, len: usize, marks: Marks) -> u32 {
        let pending = self.incoming.span.get_or_insert_default();
        let span = Span { len: len as u32, ..*pending };
        pending.start += len as u32;
        pending.len -= len as u32;
        self.incoming.scanned = 0;
        self.push_packet(time, Direction::In, span, marks)
    }

    /// Makes a record of all pending bytes, if there are any: they are not, or no longer, going to be a packet.
    pub fn push_remains(&mut self, time: u64, marks: Marks) -> Option<u32> {
        let len = self.pending().len();
        let marks = Marks { broken: true, ..marks };
        let number = (len > 0).then(|| self.push_received(time, len, marks));
        self.incoming = Incoming::default();
        number
    }

    /// Marks a record: its packet breaks a rule.
    pub fn mark_violation(&mut self, number: u32) {
        if let Some(record) = self.records.get_mut(number) {
            record.mark_violation();
        }
    }

    /// Drops the records before a number; those that are kept stay at theirs.
    pub fn drop_before(&mut self, number: u32) {
        while self.first() < number.min(self.end()) {
            self.drop_oldest();
        }
        self.revision = self.revision.wrapping_add(1);
    }

    /// Drops every record, and counts anew from 0. A packet that is coming in is kept.
    pub fn clear(&mut self) {
        while self.first() < self.end() {
            self.drop_oldest();
        }
        self.records.clear();
        for state in &mut self.connections {
            state.exchanges = Exchanges::default();
            state.about.connect = None;
            state.about.disconnect = None;
        }
        self.revision = self.revision.wrapping_add(1);
        self.clearings = self.clearings.wrapping_add(1);
    }

    fn push_packet(&mut self, time: u64, direction: Direction, span: Span, marks: Marks) -> u32 {
        let number = self.end();
        let mut record = Record::of_packet(time, direction, span, self.arena.bytes(span), marks);
        match record.first_byte >> 4 {
            CONNECT => self.note_connect(&mut record, number),
            DISCONNECT => self.state(marks.connection).about.disconnect = Some(number),
            _ => {}
        }
        self.state(marks.connection);
        let Self { connections, records, .. } = self;
        let exchanges = &mut connections[usize::from(marks.connection)].exchanges;
        let before = exchanges.note(&record, number, |number| records.get(number));
        if let Some(before) = before {
            record.back = number - before;
            if let Some(before) = records.get_mut(before) {
                before.ahead = record.back;
            }
        }
        self.push(record, preview_half_lines(span.len as usize))
    }

    /// Hides the password, keeps the client id, and goes on with the exchanges of an earlier connection of a client
    /// that has not asked for a clean session.
    fn note_connect(&mut self, record: &mut Record, number: u32) {
        if !self.keeps_passwords && redact_password(self.arena.bytes_mut(record.span)) {
            record.mark_password_hidden();
        }
        let bytes = self.arena.bytes(record.span);
        let Ok(Packet::Connect(connect)) = decode(bytes, ProtocolVersion::V31, &mut ()) else { return };
        let (client_id, clean) = (connect.client_id.to_string_lossy().into_owned(), connect.clean_session);
        let source = self.state(record.connection).source;
        // The newest connection of that client is where its exchanges are, this one included. Clients without a name
        // are all different.
        let same = |state: &&mut State| {
            let is_named = !client_id.is_empty() && state.about.client_id == client_id;
            is_named && state.source == source && state.about.connect.is_some()
        };
        let latest = self.connections.iter_mut().filter(same).max_by_key(|state| state.about.connect);
        let exchanges = latest.map(|state| std::mem::take(&mut state.exchanges));
        let state = self.state(record.connection);
        state.exchanges = exchanges.filter(|_| !clean).unwrap_or_default();
        state.about.client_id = client_id;
        state.about.connect = Some(number);
    }

    pub(super) fn state(&mut self, connection: u16) -> &mut State {
        let at = usize::from(connection);
        if self.connections.len() <= at {
            self.connections.resize_with(at + 1, State::default);
        }
        &mut self.connections[at]
    }

    fn push(&mut self, mut record: Record, half_lines: u32) -> u32 {
        let number = self.end();
        record.half_lines = self.half_lines;
        self.half_lines = self.half_lines.wrapping_add(half_lines);
        self.arena.hold(record.span);
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
        let Some(record) = self.records.get(self.records.first()) else { return };
        self.arena.release(record.span);
        self.records.pop();
    }
}

const CONNECT: u8 = 1;
const DISCONNECT: u8 = 14;
