//! This machine slept, or this page stood still: what ended meanwhile has that cause.

use mqttscope_log::{Event, Log};
use mqttscope_proto::Timestamp;
use mqttscope_text::number;

use super::Client;
use crate::close::Pause;

impl Client {
    /// This machine slept for so long.
    pub(super) fn handle_slept(&mut self, now: Timestamp, millis: u64) {
        if self.connection.is_open() {
            self.pause = Some((now, Pause { millis, has_slept: true }));
            self.give_time(now);
        }
    }

    /// Nothing was done when it was due: this page, or the whole machine, stood still. Who could not be heard for that
    /// long is not silent.
    pub(super) fn notice_pause(&mut self, now: Timestamp, log: &mut Log) {
        let Some(due) = self.poll_timeout().filter(|_| self.connection.is_open()) else { return };
        let millis = now.micros_since(due) / 1_000;
        if millis < LATE_MILLIS {
            return;
        }
        self.pause = Some((now, Pause { millis, has_slept: false }));
        let words = ["This page, or this machine, stood still for ", &number::span(millis)].concat();
        self.event(now, Event::Note { name: "stood-still", words: &words }, log);
        self.give_time(now);
    }

    /// Something came: the connection has outlived a pause, unless it had come before that.
    pub(super) fn outlive_pause(&mut self, now: Timestamp) {
        if self.pause.is_some_and(|(over, _)| now.micros_since(over) >= CAME_BEFORE_MICROS) {
            self.pause = None;
        }
    }

    /// The pause that a connection has not outlived which ends now.
    pub(super) fn pause_before(&mut self, now: Timestamp) -> Option<Pause> {
        let (over, pause) = self.pause.take()?;
        let keep_alive = self.session.keep_alive().as_secs();
        let wait = self.session.pingresp_wait_millis() + u64::from(keep_alive) * 1_000 + AFTER_MILLIS;
        (now.micros_since(over) / 1_000 <= wait).then_some(pause)
    }

    fn give_time(&mut self, now: Timestamp) {
        self.session.handle_alive(now);
        if let Some(attempt) = &mut self.attempt {
            let closing = attempt.closing.as_mut().and_then(|closing| closing.due.as_mut());
            if let Some(due) = closing.filter(|due| **due < now) {
                *due = now;
            }
        }
    }
}

/// What is done so much later than it was due was not done because nothing was.
const LATE_MILLIS: u64 = 5_000;
/// What comes so soon after a pause may have come before it.
const CAME_BEFORE_MICROS: u64 = 2_000_000;
/// How long after a pause its connection is lost at most, besides the keep alive.
const AFTER_MILLIS: u64 = 30_000;
