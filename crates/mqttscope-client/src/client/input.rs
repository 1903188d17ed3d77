//! What a client does with what its link and the clock bring.
//!
//! It owns the order of things: bytes go into the log, each packet of them becomes a record, the session hears of it, and
//! what the session makes of it is logged and queued before the next packet has its turn. It never takes a packet apart,
//! never asks for the time, and never waits.

use mqttscope_log::{Direction, Event, Ingested, Log};
use mqttscope_proto::Timestamp;
use mqttscope_proto::session::Session;

use super::{Client, Input};
use crate::close::LocalClose;
use crate::connection::Phase;

/// Inputs.
impl Client {
    /// Handles what a link or the clock tells. What comes from an older link is not meant any more, nor is what comes
    /// out of turn; the clock belongs to no link, and its generation does not matter.
    pub fn handle(&mut self, now: Timestamp, generation: u32, input: Input<'_>, log: &mut Log) {
        self.notice_pause(now, log);
        self.now = now;
        self.tell_late(now, log);
        match input {
            Input::Timeout => {
                self.allow_for_backlog(now);
                self.session.handle_timeout(now);
                self.end_overdue(now, log);
                self.try_again(now, log);
            }
            Input::Slept { millis } => self.handle_slept(now, millis),
            _ if generation != self.generation => {}
            Input::Opened { subprotocol } => self.handle_opened(now, subprotocol, log),
            Input::NotOpened { words } => self.handle_not_opened(now, words, log),
            Input::Text { chars } => self.handle_text(now, chars, log),
            Input::Closed { code, reason } => self.finish(now, Some(code), reason, log),
            Input::Probed(probed) => self.handle_probed(now, probed, log),
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
        self.session.handle_alive(now);
        self.outlive_pause(now);
        while self.is_listening() {
            let session = &mut self.session;
            let time = now.as_micros();
            match log.next_packet(time, id, Direction::In, |ingested| hear(session, now, ingested)) {
                Ok(Some((number, has_broken_rule))) => {
                    if has_broken_rule {
                        self.note_broken_rule();
                    }
                    self.gather(now, Some(number), log);
                }
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
            // The browser names the URL, and with it what must not be shown.
            let words = match &self.attempt {
                Some(attempt) => words.replace(&attempt.request.url, &attempt.request.shown_url()),
                None => words.into(),
            };
            self.event(now, Event::NotOpened { words: &words }, log);
            let why = ["The browser refused to open the WebSocket: ", &words].concat();
            self.forget_loss();
            self.connection.give_up_asking();
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
}

/// Tells the session of a packet while it lies in the log, and says its number, and whether it breaks a rule.
fn hear(session: &mut Session, now: Timestamp, ingested: &Ingested<'_>) -> (u32, bool) {
    match &ingested.packet {
        Some(Ok(packet)) => {
            for violation in ingested.violations {
                session.handle_violation(violation);
            }
            session.handle_packet_size(ingested.bytes.len());
            session.handle_packet(now, packet);
        }
        Some(Err(error)) => session.handle_undecodable(ingested.bytes, error),
        // Of a level that is not known, which a session never speaks.
        None => {}
    }
    (ingested.number, !ingested.violations.is_empty())
}

/// Why a text message ends the connection.
const TEXT_MESSAGE: &str = "it sent a text message, and MQTT goes in binary ones (MQTT-6.0.0-1)";
