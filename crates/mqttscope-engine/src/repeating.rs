//! Messages that are published again and again: when the next one is due, and how far it is. A deadline is a value here, as
//! everywhere: whoever has a clock asks for it and calls when it has come.
//!
//! The times of messages lie on a grid from the first one on, so that no delay adds up. One that comes late is published
//! as soon as it can; those whose time has passed meanwhile are left out and counted, as a burst of them would be what
//! nobody asked for. Only what a timer of a browser cannot tell apart is made up for: the times within its 16 ms.

use mqttscope_client::Client;
use mqttscope_link::{Outgoing, Pace, Repeat, RepeatState};
use mqttscope_message::Values;
use mqttscope_proto::{Qos, Timestamp};

use crate::publishing::{Around, Buffers, Prepared, Unpublished};

/// What a connection repeats.
pub(crate) struct Repeating {
    /// One or more.
    messages: Vec<Prepared>,
    pace: Pace,
    /// A time on the grid has passed for each of these, whether or not a message was published.
    ticks: u64,
    began: Timestamp,
    /// When messages were published last for which nothing is waited but room.
    filled: Timestamp,
    /// When it was told last how far this is, and how far it was.
    told: (Timestamp, u64),
    state: RepeatState,
    buffers: Buffers,
    /// Bytes of the payload that was published last.
    len: usize,
    /// A piece was published, and there may be room for another one.
    has_more: bool,
}

impl Repeating {
    /// Takes what is to be repeated, if it is right.
    pub(crate) fn new(now: Timestamp, repeat: Repeat, values: &mut Values<'_>) -> Result<Self, Unpublished> {
        let prepare = |message: Outgoing| Prepared::new(message, values);
        let messages = repeat.messages.into_iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
        if messages.is_empty() {
            return Err(Unpublished::Mistake("There is no message to repeat.".into()));
        }
        Ok(Self {
            messages,
            pace: repeat.pace,
            ticks: 0,
            began: now,
            filled: now,
            told: (now, 0),
            state: RepeatState { count: repeat.count, ..RepeatState::default() },
            buffers: Buffers::default(),
            len: 0,
            has_more: false,
        })
    }

    /// How far it is, as it was told last.
    pub(crate) const fn state(&self) -> &RepeatState {
        &self.state
    }

    /// Whether another piece may be published as soon as this one was handed on.
    pub(crate) const fn has_more(&self) -> bool {
        self.has_more && self.state.end.is_none()
    }

    /// Publishes what is due or has room; says whether there is something to tell.
    pub(crate) fn go_on(&mut self, client: &mut Client, around: &mut Around<'_>) -> bool {
        let now = around.now;
        if !client.connection().is_connected() {
            self.end(now, Err(ENDED.into()));
            return true;
        }
        let published = match self.pace {
            Pace::EveryMillis(millis) => self.keep_time(u64::from(millis.max(1)) * 1_000, client, around),
            Pace::AsAcknowledged => self.fill(client, around),
        };
        if let Err(why) = published {
            self.end(now, Err(why));
        } else if self.is_complete() {
            self.end(now, Ok(String::new()));
        } else if now.micros_since(self.told.0) >= TELLS_MICROS {
            self.note(now, self.told);
            self.told = (now, self.state.sent);
        } else {
            return false;
        }
        true
    }

    /// Ends it because a person wants it.
    pub(crate) fn stop(&mut self, now: Timestamp) {
        self.end(now, Ok("Stopped".into()));
    }

    /// When [`Self::go_on`] is to be called, whatever else happens.
    pub(crate) fn due(&self) -> Timestamp {
        let next = match self.pace {
            Pace::EveryMillis(millis) => {
                self.began.plus_millis(self.ticks.saturating_mul(u64::from(millis.max(1))))
            }
            // Whatever makes room above QoS 0 comes from the broker.
            Pace::AsAcknowledged if self.next().qos == Qos::AtMostOnce => self.filled.plus_millis(1),
            Pace::AsAcknowledged => self.told.0.plus_millis(TELLS_MICROS / 1_000),
        };
        next.min(self.told.0.plus_millis(TELLS_MICROS / 1_000))
    }

    /// Publishes at the times of the grid.
    fn keep_time(&mut self, every: u64, client: &mut Client, around: &mut Around<'_>) -> Result<(), String> {
        let passed = around.now.micros_since(self.began) / every + 1;
        let due = passed.saturating_sub(self.ticks);
        let together = (TIMER_MICROS / every).max(1);
        let missed = due.saturating_sub(together);
        self.state.missed += missed;
        self.ticks += missed;
        for _ in missed..due {
            if self.is_complete() {
                break;
            }
            self.ticks += 1;
            self.publish(client, around)?;
        }
        Ok(())
    }

    /// Publishes as much as there is room for.
    fn fill(&mut self, client: &mut Client, around: &mut Around<'_>) -> Result<(), String> {
        self.filled = around.now;
        self.has_more = true;
        let limits = client.connection().limits.as_deref();
        let quota = limits.map_or(usize::MAX, |limits| usize::from(limits.receive_maximum));
        for _ in 0..MOST_AT_ONCE {
            let has_room = match self.next().qos {
                Qos::AtMostOnce => client.unsent() < MOST_UNSENT,
                Qos::AtLeastOnce | Qos::ExactlyOnce => {
                    let session = client.session();
                    session.in_flight() < quota.min(self.window()) && session.queued() == 0
                }
            };
            if !has_room || self.is_complete() {
                self.has_more = false;
                break;
            }
            self.publish(client, around)?;
        }
        Ok(())
    }

    /// How many messages may be in flight, as large as the last one was.
    fn window(&self) -> usize {
        (MOST_IN_FLIGHT / self.len.max(1)).clamp(1, WINDOW)
    }

    fn publish(&mut self, client: &mut Client, around: &mut Around<'_>) -> Result<(), String> {
        let n = self.state.sent + 1;
        let message = &self.messages[self.place()];
        self.len = message.publish(n, client, around, &mut self.buffers).map_err(|why| words(&why))?;
        self.state.sent = n;
        Ok(())
    }

    fn next(&self) -> &Prepared {
        &self.messages[self.place()]
    }

    fn place(&self) -> usize {
        // There is at least one, and the rest is less than their number.
        (self.state.sent % self.messages.len() as u64) as usize
    }

    fn is_complete(&self) -> bool {
        self.state.count.is_some_and(|count| self.state.sent >= count)
    }

    fn end(&mut self, now: Timestamp, how: Result<String, String>) {
        self.note(now, (self.began, 0));
        self.state.end = Some(how);
    }

    /// Notes the time, and the rate since another.
    fn note(&mut self, now: Timestamp, (since, sent): (Timestamp, u64)) {
        let micros = now.micros_since(since).max(1);
        self.state.rate = (self.state.sent - sent).saturating_mul(1_000_000_000) / micros;
        self.state.millis = now.micros_since(self.began) / 1_000;
    }
}

/// Why a message was not published, in a sentence.
pub(crate) fn words(why: &Unpublished) -> String {
    match why {
        Unpublished::Mistake(sentence) => sentence.clone(),
        Unpublished::Topic(violation) => crate::engine::sentence(violation),
        Unpublished::Refused(error) => crate::engine::said(error),
    }
}

/// What the end of the connection is called.
const ENDED: &str = "The connection ended.";
/// Messages in flight: with 100 a broker on the same machine waits for the page, and more than this make nothing faster.
const WINDOW: usize = 1_000;
/// Bytes in flight: the session keeps them until they are acknowledged.
const MOST_IN_FLIGHT: usize = 8 << 20;
/// Bytes that wait for the socket: as many as leave it before it is looked at again.
const MOST_UNSENT: u64 = 512 << 10;
/// Messages that leave in one piece: the broker takes them while the next are made.
const MOST_AT_ONCE: u32 = 256;
/// How often it is told how far it is.
const TELLS_MICROS: u64 = 250_000;
/// Browsers let a timer that follows timers wait for 4 ms, and are late by a few more.
const TIMER_MICROS: u64 = 16_000;
