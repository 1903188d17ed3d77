//! How a connection ends: who closes it, how long the peer is waited for, and what is found out afterwards.

use mqttscope_log::{Direction, Event, Log};
use mqttscope_proto::Timestamp;

use super::{Client, Closing, Probed};
use crate::close::{Closed, LocalClose};
use crate::connection::Phase;
use crate::url::{http_url, may_ask, root};

impl Client {
    /// Closes the WebSocket; from now on nothing that comes in counts.
    pub(super) fn close(&mut self, now: Timestamp, local: LocalClose) {
        let Some(attempt) = self.attempt.as_mut().filter(|_| self.connection.is_open()) else { return };
        let (why, phase) = match attempt.closing.take() {
            Some(closing) if closing.due.is_some() => {
                attempt.closing = Some(closing);
                return;
            }
            // What the peer has done already is the cause.
            Some(closing) => (closing.why, closing.phase),
            None => (local.clone(), self.connection.phase.clone()),
        };
        match local {
            LocalClose::Dropped | LocalClose::GivenUp | LocalClose::TimedOut(_) => self.link.abandon(),
            _ => self.link.close(),
        }
        attempt.closing = Some(Closing { why, phase, due: Some(now.plus_millis(CLOSE_MILLIS)) });
        self.enter(now, Phase::Closing);
    }

    /// The peer has a cause to close the WebSocket, and is to do so first.
    pub(super) fn await_close(&mut self, now: Timestamp, why: LocalClose) {
        if let Some(attempt) = self.attempt.as_mut().filter(|attempt| attempt.closing.is_none()) {
            attempt.closing = Some(Closing { why, phase: self.connection.phase.clone(), due: None });
            self.enter(now, Phase::Closing);
        }
    }

    /// Whether the peer is to close the WebSocket first.
    pub(super) fn is_peer_to_close(&self) -> bool {
        self.closing().is_some_and(|closing| closing.due.is_none())
    }

    /// Whether this side has closed the WebSocket, and waits for the peer to do so.
    pub(super) fn is_close_asked(&self) -> bool {
        self.closing().is_some_and(|closing| closing.due.is_some())
    }

    /// Closes the WebSocket over the session's head.
    pub(super) fn end(&mut self, now: Timestamp, local: LocalClose, log: &mut Log) {
        self.session.handle_closed();
        self.close(now, local);
        self.gather(now, None, log);
    }

    /// When an attempt has taken too long, or a peer that does not close.
    pub(super) fn end_due(&self) -> Option<Timestamp> {
        let attempt = self.attempt.as_ref()?;
        match self.connection.phase {
            Phase::Opening => Some(attempt.began.plus_secs(attempt.request.connect_timeout_secs.into())),
            Phase::Closing => attempt.closing.as_ref()?.due,
            Phase::Idle | Phase::AwaitingConnAck | Phase::Connected | Phase::Ended { .. } => None,
        }
    }

    /// Ends what has taken too long.
    pub(super) fn end_overdue(&mut self, now: Timestamp, log: &mut Log) {
        if self.end_due().is_none_or(|due| due > now) {
            return;
        }
        if self.connection.phase == Phase::Opening {
            let secs = self.attempt.as_ref().map_or(0, |attempt| attempt.request.connect_timeout_secs);
            self.end(now, LocalClose::TimedOut(secs), log);
            return;
        }
        // What was sent before may still be on its way out, and the peer cannot answer what it has not got.
        let backlog = &self.link.backlog;
        let moved_due = backlog.moved().plus_millis(CLOSE_MILLIS);
        if backlog.is_waiting() && moved_due > now {
            if let Some(closing) = self.attempt.as_mut().and_then(|attempt| attempt.closing.as_mut()) {
                closing.due = Some(moved_due);
            }
            return;
        }
        self.stop_waiting(now, log);
    }

    /// Waits no more for the peer to close.
    pub(super) fn stop_waiting(&mut self, now: Timestamp, log: &mut Log) {
        self.finish(now, None, "", log);
    }

    /// The WebSocket is closed, with a code and a reason; without one nobody knows whether it is.
    pub(super) fn finish(&mut self, now: Timestamp, code: Option<u16>, reason: &str, log: &mut Log) {
        if !self.connection.is_open() {
            return;
        }
        self.session.handle_closed();
        self.tell_unsent(now, log);
        self.connection.is_kept = self.session.is_kept();
        let slept = self.pause_before(now);
        let Some(attempt) = &mut self.attempt else { return };
        let len = log.pending(attempt.id, Direction::In).len() as u64;
        if len > 0 {
            log.push_remains(now.as_micros(), attempt.id, Direction::In);
            log.push_event(now.as_micros(), attempt.id, Event::Incomplete { len });
        }
        let (local, phase, is_asked) = match attempt.closing.take() {
            Some(closing) => (Some(closing.why), closing.phase, closing.due.is_some()),
            None => (None, self.connection.phase.clone(), false),
        };
        let request = &attempt.request;
        let closed = Closed {
            code: code.unwrap_or(1006),
            reason: reason.into(),
            local,
            is_asked,
            is_answered: code.is_some(),
            phase,
            after_ms: now.micros_since(attempt.began) / 1_000,
            url: request.url.clone(),
            page: request.page.clone(),
            subprotocols: request.subprotocol_words(),
            withheld: attempt.withheld,
            keep_alive_secs: self.session.keep_alive().as_secs(),
            pause: slept,
            probed: None,
        };
        self.note_unanswered_version(&closed);
        let failed = closed.is_failure();
        self.event(now, Event::Closed { words: &closed.event_words(), failed }, log);
        self.link.ended();
        let returns = self.is_to_return(&closed);
        self.connection.keep_for_return(returns);
        self.enter(now, Phase::Ended { why: closed.status_words(), failed });
        self.after_end(now, &closed, log);
        if closed.local.is_none() && closed.phase == Phase::Opening {
            self.probe = http_url(&closed.url).filter(|url| may_ask(&closed.page, url));
            self.unopened = Some(closed);
        }
    }

    /// Whether something answers where the WebSocket did not open: the words that end it can be better then.
    pub(super) fn handle_probed(&mut self, now: Timestamp, probed: Probed, log: &mut Log) {
        let Some(mut closed) = self.unopened.take() else { return };
        let Phase::Ended { failed, .. } = self.connection.phase else { return };
        closed.probed = Some(probed);
        if let Some(words) = closed.probe_words() {
            self.event(now, Event::Note { name: "probed", words: &words }, log);
        }
        let link =
            http_url(&closed.url).filter(|_| closed.may_lack_trust()).map(|url| [root(&url), "/"].concat());
        let why = closed.status_words();
        self.update(|connection| {
            connection.phase = Phase::Ended { why, failed };
            connection.certificate_url = link.unwrap_or_default();
        });
    }

    fn closing(&self) -> Option<&Closing> {
        self.attempt.as_ref()?.closing.as_ref()
    }
}

/// How long the peer has to close a WebSocket that this side has closed, in milliseconds.
const CLOSE_MILLIS: u64 = 3_000;
