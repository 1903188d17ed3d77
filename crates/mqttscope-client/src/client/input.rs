//! What a client does with what its link and the clock bring.
//!
//! It owns the order of things: bytes go into the log, each packet of them becomes a record, the session hears of it, and
//! what the session makes of it is logged and queued before the next packet has its turn. It never takes a packet apart,
//! never asks for the time, and never waits.

use mqttscope_log::{Direction, Event, Ingested, Log};
use mqttscope_proto::Timestamp;
use mqttscope_proto::session::Session;

use super::{Client, Input};
use crate::close::{Closed, LocalClose};
use crate::connection::Phase;

/// Inputs.
impl Client {
    /// Handles what a link or the clock tells. What comes from an older link is not meant any more, nor is what comes
    /// out of turn; the clock belongs to no link, and its generation does not matter.
    pub fn handle(&mut self, now: Timestamp, generation: u32, input: Input<'_>, log: &mut Log) {
        self.now = now;
        match input {
            Input::Timeout => self.session.handle_timeout(now),
            _ if generation != self.generation => {}
            Input::Opened { subprotocol } => self.handle_opened(now, subprotocol, log),
            Input::NotOpened { words } => self.handle_not_opened(now, words, log),
            Input::Text { chars } => self.handle_text(now, chars, log),
            Input::Closed { code, reason } => self.handle_closed(now, code, reason, log),
        }
        self.gather(now, None, log);
    }

    /// Handles a binary message of `len` bytes, which `fill` writes into the log: the only copy that is made of them.
    pub fn handle_bytes(
        &mut self,
        now: Timestamp,
        generation: u32,
        len: usize,
        fill: impl FnOnce(&mut [u8]),
        log: &mut Log,
    ) {
        self.now = now;
        let Some(id) = self.id().filter(|_| generation == self.generation) else { return };
        if !self.is_listening() {
            return;
        }
        log.receive(id, Direction::In, len, fill);
        while self.is_listening() {
            let session = &mut self.session;
            let time = now.as_micros();
            match log.next_packet(time, id, Direction::In, |ingested| hear(session, now, ingested)) {
                Ok(Some(number)) => self.gather(now, Some(number), log),
                Ok(None) => return,
                Err(error) => {
                    log.push_garbage(time, id, Direction::In, &error);
                    self.session.handle_decode_error(&error);
                    return self.gather(now, None, log);
                }
            }
        }
    }

    fn handle_opened(&mut self, now: Timestamp, subprotocol: &str, log: &mut Log) {
        let Some(attempt) = self.attempt.as_mut().filter(|_| self.connection.phase == Phase::Opening) else {
            return;
        };
        let after_ms = now.micros_since(attempt.began) / 1_000;
        attempt.began = now;
        let connected = self.session.connect(now, &attempt.request.options);
        self.event(now, Event::Opened { subprotocol, after_ms }, log);
        self.update(|connection| connection.subprotocol = subprotocol.into());
        self.enter(now, Phase::AwaitingConnAck);
        if let Err(error) = connected {
            self.close(now, LocalClose::NotSent(error.to_string()));
        }
    }

    fn handle_not_opened(&mut self, now: Timestamp, words: &str, log: &mut Log) {
        if self.connection.phase == Phase::Opening {
            self.link.ended();
            self.event(now, Event::NotOpened { words }, log);
            let why = format!("The browser refused to open the WebSocket: {words}");
            self.enter(now, Phase::Ended { why, failed: true });
        }
    }

    fn handle_text(&mut self, now: Timestamp, chars: u32, log: &mut Log) {
        if self.is_listening() {
            self.event(now, Event::TextMessage { chars: chars.into() }, log);
            // "If any other type of data frame is received the recipient MUST close the Network Connection"
            // [MQTT-6.0.0-1].
            self.end(now, LocalClose::PeerError(TEXT_MESSAGE.into()), log);
        }
    }

    fn handle_closed(&mut self, now: Timestamp, code: u16, reason: &str, log: &mut Log) {
        if !self.connection.is_open() {
            return;
        }
        self.session.handle_closed();
        let Some(attempt) = &mut self.attempt else { return };
        let len = log.pending(attempt.id, Direction::In).len() as u64;
        if len > 0 {
            log.push_remains(now.as_micros(), attempt.id, Direction::In);
            log.push_event(now.as_micros(), attempt.id, Event::Incomplete { len });
        }
        let (local, phase) = match attempt.closing.take() {
            Some((local, phase)) => (Some(local), phase),
            None => (None, self.connection.phase.clone()),
        };
        let closed = Closed {
            code,
            reason: reason.into(),
            local,
            phase,
            after_ms: now.micros_since(attempt.began) / 1_000,
            url: attempt.request.url.clone(),
            subprotocols: attempt.request.subprotocol_words(),
            withheld: attempt.withheld,
        };
        let failed = closed.is_failure();
        self.event(now, Event::Closed { words: &closed.event_words(), failed }, log);
        self.link.ended();
        self.enter(now, Phase::Ended { why: closed.status_words(), failed });
    }

    /// Closes the WebSocket over the session's head.
    pub(super) fn end(&mut self, now: Timestamp, local: LocalClose, log: &mut Log) {
        self.session.handle_closed();
        self.close(now, local);
        self.gather(now, None, log);
    }
}

/// Tells the session of a packet while it lies in the log, and says its number.
fn hear(session: &mut Session, now: Timestamp, ingested: &Ingested<'_>) -> u32 {
    match &ingested.packet {
        Some(Ok(packet)) => {
            for violation in ingested.violations {
                session.handle_violation(violation);
            }
            session.handle_packet(now, packet);
        }
        Some(Err(error)) => session.handle_decode_error(error),
        // Of a level that is not known, which a session never speaks.
        None => {}
    }
    ingested.number
}

/// Why a text message ends the connection.
const TEXT_MESSAGE: &str = "it sent a text message, and MQTT goes in binary ones (MQTT-6.0.0-1)";
