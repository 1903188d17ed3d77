//! A TCP connection that speaks MQTT: its bytes into the packets of the log, and what the capture lacks into events.
//!
//! It owns where packets begin. What the capture lacks is told with its size, and never as a fault of who sent it.

use mqttscope_text::number::push_grouped;

use super::Report;
use super::mark::Holds;
use super::order::{Side, Turn};
use super::resync::{Found, Search};
use super::websocket::{Carried, Handshake, Kind, WebSocket};
use crate::store::{ConnectionId, Direction, Ends, Event, Log};

/// A connection of the log.
pub(super) struct Conversation {
    connection: ConnectionId,
    client: Side,
    talks: [Talk; 2],
    /// It was broken off, which is not told yet.
    reset: Option<u64>,
    sockets: Option<Box<[WebSocket; 2]>>,
    /// A fault of the capture that is told once.
    is_changed_told: bool,
    is_unreadable_told: bool,
}

/// What one side says.
#[derive(Default)]
struct Talk {
    /// Bytes that still belong to a packet with a hole.
    spoilt: usize,
    /// Where a packet begins is not known, and is looked for.
    search: Option<Search>,
    /// Where packets begin was found, not known from the start.
    is_found: bool,
    has_begun: bool,
    is_finished: bool,
    /// When it last said something.
    time: u64,
}

impl Conversation {
    /// A connection that is new in the log. Where the capture does not hold its beginning,
    /// a packet need not begin with its first bytes.
    pub(super) fn new(
        time: u64,
        client: Side,
        from_start: bool,
        ends: Ends,
        connection: ConnectionId,
        log: &mut Log,
        report: &mut Report,
    ) -> Self {
        report.connections += 1;
        log.push_event(time, connection, Event::TcpConnection { ends });
        if !from_start {
            log.lose_place(connection, Direction::Out);
            log.lose_place(connection, Direction::In);
        }
        let talk = || Talk { search: (!from_start).then(Search::default), ..Talk::default() };
        Self {
            connection,
            client,
            talks: [talk(), talk()],
            reset: None,
            sockets: None,
            is_changed_told: false,
            is_unreadable_told: false,
        }
    }

    /// Its packets are carried by WebSocket.
    pub(super) fn over(mut self, time: u64, handshake: &Handshake, log: &mut Log) -> Self {
        let Handshake { path, subprotocol, .. } = handshake;
        let shown = if subprotocol.is_empty() { "none" } else { subprotocol };
        let words = match &**path {
            "" => "MQTT over WebSocket".into(),
            path => ["MQTT over WebSocket at ", path, ", subprotocol: ", shown].concat(),
        };
        log.push_event(time, self.connection, Event::Note { name: "websocket", words: &words });
        let [client, server] = handshake.len.map(WebSocket::behind);
        let is_low = self.client == Side::Low;
        self.sockets = Some(Box::new(if is_low { [client, server] } else { [server, client] }));
        self
    }

    /// Takes what is next on the connection.
    pub(super) fn take(&mut self, time: u64, side: Side, turn: Turn<'_>, log: &mut Log, report: &mut Report) {
        match turn {
            Turn::Bytes(bytes, None) => self.received(time, side, bytes, log, report),
            Turn::Bytes(bytes, Some(mark)) => self.marked(time, side, bytes, mark.holds, log, report),
            Turn::Gap(len) => self.missed(time, side, len, log, report),
            Turn::Repeat { len, changed } => {
                report.repeated += len as u64;
                report.changed += changed as u64;
                if changed > 0 && !std::mem::replace(&mut self.is_changed_told, true) {
                    let words = "Bytes came again with other content; what came first is shown";
                    log.push_event(time, self.connection, Event::Note { name: "repeated-otherwise", words });
                }
            }
            Turn::Late(len) => report.late += len as u64,
            Turn::Finished => {
                // It may have overtaken what comes before it.
                let time = self.talks.iter().fold(time, |latest, talk| latest.max(talk.time));
                self.end_side(time, side, true, log, report);
                self.talks[side as usize].is_finished = true;
                if self.talks.iter().all(|talk| talk.is_finished) {
                    self.closed(time, "The TCP connection was closed", log);
                }
            }
            Turn::Reset => self.reset = Some(time),
        }
    }

    /// When it was broken off, as long as what the other end has sent meanwhile may still come.
    pub(super) const fn reset_at(&self) -> Option<u64> {
        self.reset
    }

    /// Nothing more comes behind a reset.
    pub(super) fn tell_reset(&mut self, log: &mut Log, report: &mut Report) {
        if let Some(time) = self.reset.take() {
            for side in Side::BOTH {
                self.end_side(time, side, true, log, report);
            }
            self.closed(time, "The TCP connection was reset", log);
        }
    }

    /// Ends the connection with what has come.
    pub(super) fn end(&mut self, log: &mut Log, report: &mut Report) {
        self.tell_reset(log, report);
        for side in Side::BOTH {
            self.end_side(self.talks[side as usize].time, side, false, log, report);
        }
        log.close(self.connection);
    }

    /// The server, if MQTT is spoken by itself.
    pub(super) fn server(&self) -> Option<Side> {
        self.sockets.is_none().then_some(self.client.other())
    }

    fn closed(&self, time: u64, words: &str, log: &mut Log) {
        log.push_event(time, self.connection, Event::Closed { words, failed: false });
        // What waits behind a hole is told at the end.
        log.expect_more(self.connection);
    }

    const fn direction(&self, side: Side) -> Direction {
        if self.client as u8 == side as u8 { Direction::Out } else { Direction::In }
    }

    /// Takes bytes of TCP.
    fn received(&mut self, time: u64, side: Side, bytes: &[u8], log: &mut Log, report: &mut Report) {
        let Some(mut sockets) = self.sockets.take() else {
            return self.bytes(time, side, bytes, log, report);
        };
        sockets[side as usize].push(bytes, |carried| match carried {
            Carried::Bytes(bytes) => self.bytes(time, side, bytes, log, report),
            Carried::Lost(len) => report.unread += len as u64,
            Carried::Other(kind, len) => self.unreadable(time, side, kind, len, log, report),
        });
        self.sockets = Some(sockets);
    }

    /// Goes on behind bytes of TCP that the capture lacks.
    fn missed(&mut self, time: u64, side: Side, len: usize, log: &mut Log, report: &mut Report) {
        let known = match &mut self.sockets {
            Some(sockets) => sockets[side as usize].gap(len),
            None => Some(len),
        };
        if known == Some(0) {
            report.unread += len as u64;
            let mut words = String::from("The capture lacks ");
            push_grouped(&mut words, len as u64);
            words.push_str(" bytes of this WebSocket that are no binary message");
            log.push_event(time, self.connection, Event::Note { name: "websocket-gap", words: &words });
            return;
        }
        report.missing += len as u64;
        self.gap(time, side, known, Some(len), log);
    }

    /// Messages of WebSocket that are no bytes of MQTT.
    fn unreadable(
        &mut self,
        time: u64,
        side: Side,
        kind: Kind,
        len: usize,
        log: &mut Log,
        report: &mut Report,
    ) {
        report.unread += len as u64;
        if !std::mem::replace(&mut self.is_unreadable_told, true) {
            let words = match kind {
                Kind::Compressed => "Messages of this WebSocket are compressed, and are not read",
                _ => "A text message came, and is not read; MQTT uses binary ones (MQTT-6.0.0-1)",
            };
            log.push_event(time, self.connection, Event::Note { name: "websocket-unread", words });
        }
        if kind == Kind::Compressed {
            self.gap(time, side, None, None, log);
        }
    }

    /// Ends the packet that bytes are missing of; `None` where it is not known how many. So many bytes of TCP that the
    /// capture lacks are `told`: within the packet that goes on, or behind all that came before them.
    fn gap(&mut self, time: u64, side: Side, len: Option<usize>, told: Option<usize>, log: &mut Log) {
        let is_sought = self.talks[side as usize].search.is_some();
        self.give_up_search(side, log);
        let direction = self.direction(side);
        let talk = &mut self.talks[side as usize];
        let left = if talk.spoilt > 0 {
            Some(talk.spoilt)
        } else {
            let came = log.pending(self.connection, direction).len();
            log.announced(self.connection, direction).map(|announced| announced.saturating_sub(came))
        };
        // The hole may be within a packet whose end is known.
        let left = left.zip(len).and_then(|(left, len)| left.checked_sub(len));
        talk.spoilt = left.unwrap_or_default();
        if len.is_none() {
            // How the hole lies in the packet cannot be told.
            let time = talk.time;
            self.end_packet(time, side, log);
        }
        if let Some(told) = told {
            log.push_gap(time, self.connection, direction, told as u64);
        }
        let talk = &mut self.talks[side as usize];
        if talk.spoilt == 0 {
            log.push_remains(time, self.connection, direction);
        }
        if left.is_none() || is_sought {
            talk.search = Some(Search::default());
        }
    }

    /// What is pending of a side is not going to be a packet, which is no fault of who sent it.
    fn end_packet(&mut self, time: u64, side: Side, log: &mut Log) {
        let direction = self.direction(side);
        self.talks[side as usize].spoilt = 0;
        if !log.pending(self.connection, direction).is_empty() {
            log.lose_place(self.connection, direction);
            log.push_remains(time, self.connection, direction);
        }
    }

    /// Takes a segment of a capture of ours, in which nothing has to be looked for.
    fn marked(
        &mut self,
        time: u64,
        side: Side,
        bytes: &[u8],
        holds: Holds,
        log: &mut Log,
        report: &mut Report,
    ) {
        self.give_up_search(side, log);
        let direction = self.direction(side);
        if holds == Holds::Packet {
            return self.bytes(time, side, bytes, log, report);
        }
        let before = std::mem::replace(&mut self.talks[side as usize].time, time);
        if holds != Holds::Ended {
            self.end_packet(before, side, log);
        }
        log.receive(self.connection, direction, bytes.len(), |room| room.copy_from_slice(bytes));
        if holds == Holds::Lost {
            log.lose_place(self.connection, direction);
        }
        let len = log.pending(self.connection, direction).len() as u64;
        log.push_remains(time, self.connection, direction);
        if holds == Holds::Ended {
            log.push_event(time, self.connection, Event::Incomplete { len });
        }
    }

    /// Nothing more comes of a side. `is_sent` it has said so itself, and the capture has not just ended.
    fn end_side(&mut self, time: u64, side: Side, is_sent: bool, log: &mut Log, report: &mut Report) {
        self.give_up_search(side, log);
        let direction = self.direction(side);
        let talk = &mut self.talks[side as usize];
        let spoilt = std::mem::take(&mut talk.spoilt);
        let len = log.pending(self.connection, direction).len();
        let announced = log.announced(self.connection, direction);
        if len == 0 {
            return;
        }
        let missing =
            if spoilt > 0 { spoilt } else { announced.map_or(0, |announced| announced - len.min(announced)) };
        // Of a packet that has a hole already, its end was as long as it says; of another one it was sent as it is.
        let is_told = is_sent && spoilt == 0;
        if !is_told && missing > 0 {
            report.missing += missing as u64;
            log.push_gap(time, self.connection, direction, missing as u64);
        }
        log.push_remains(time, self.connection, direction);
        if is_told {
            log.push_event(time, self.connection, Event::Incomplete { len: len as u64 });
        }
    }

    /// Takes bytes of MQTT.
    fn bytes(&mut self, time: u64, side: Side, bytes: &[u8], log: &mut Log, report: &mut Report) {
        let direction = self.direction(side);
        let version = log.version(self.connection);
        let talk = &mut self.talks[side as usize];
        talk.time = time;
        let (spoilt, rest) = bytes.split_at(talk.spoilt.min(bytes.len()));
        if !spoilt.is_empty() {
            log.receive(self.connection, direction, spoilt.len(), |room| room.copy_from_slice(spoilt));
            talk.spoilt -= spoilt.len();
            if talk.spoilt == 0 {
                log.push_remains(time, self.connection, direction);
            }
        }
        if rest.is_empty() {
            return;
        }
        let Some(search) = &mut talk.search else { return self.packets(time, side, rest, log, report) };
        match search.push(time, rest, direction == Direction::Out, version) {
            Found::Waits => {}
            Found::Nothing => {
                self.give_up_search(side, log);
                self.talks[side as usize].search = Some(Search::default());
            }
            Found::At(place) => {
                let Some(mut search) = talk.search.take() else { return };
                talk.is_found |= talk.has_begun || place > 0;
                let found = search.bytes.split_off(place);
                self.remains(&search, side, log);
                let segments: Vec<_> = search.segments.iter().filter(|(at, _)| *at >= place).collect();
                for (at, &&(begin, time)) in segments.iter().enumerate() {
                    let end = segments.get(at + 1).map_or(found.len(), |(end, _)| end - place);
                    self.packets(time, side, &found[begin - place..end], log, report);
                }
            }
        }
    }

    /// Makes a record of bytes in which a packet was looked for.
    fn give_up_search(&mut self, side: Side, log: &mut Log) {
        if let Some(search) = self.talks[side as usize].search.take() {
            self.remains(&search, side, log);
        }
    }

    fn remains(&self, search: &Search, side: Side, log: &mut Log) {
        let direction = self.direction(side);
        let Some(&(_, time)) = search.segments.first() else { return };
        let bytes = &search.bytes;
        if !bytes.is_empty() {
            log.receive(self.connection, direction, bytes.len(), |room| room.copy_from_slice(bytes));
            log.push_remains(time, self.connection, direction);
        }
    }

    /// Takes bytes that begin with a packet, or go on with one.
    fn packets(&mut self, time: u64, side: Side, bytes: &[u8], log: &mut Log, report: &mut Report) {
        let direction = self.direction(side);
        log.receive(self.connection, direction, bytes.len(), |room| room.copy_from_slice(bytes));
        let talk = &mut self.talks[side as usize];
        talk.has_begun = true;
        loop {
            match log.next_packet(time, self.connection, direction, |_| ()) {
                Ok(Some(())) => report.packets += 1,
                Ok(None) => return,
                Err(error) => {
                    talk.search = Some(Search::default());
                    if talk.is_found {
                        // What was found was none: that is no fault of who sent it.
                        log.lose_place(self.connection, direction);
                        log.push_remains(time, self.connection, direction);
                    } else {
                        log.push_garbage(time, self.connection, direction, &error);
                    }
                    talk.is_found = true;
                    return;
                }
            }
        }
    }
}
