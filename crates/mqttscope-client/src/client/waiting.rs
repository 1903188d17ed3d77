//! What waits to leave, in the link and in the session's queue, as it is told.

use mqttscope_log::{Event, Log};
use mqttscope_proto::Timestamp;
use mqttscope_text::number;

use super::Client;

impl Client {
    /// Puts off what is due of the keep alive as long as PINGREQ has not left: nobody can answer it yet. A link that
    /// moves nothing at all for long is as good as dead.
    pub(super) fn allow_for_backlog(&mut self, now: Timestamp) {
        let backlog = &self.link.backlog;
        if backlog.has_ping() && now.micros_since(backlog.moved()) < STUCK_MICROS {
            self.session.handle_left(now);
            self.session.handle_ping(now, false);
        }
    }

    /// Tells of packets that have left later than they were queued.
    pub(super) fn tell_late(&mut self, now: Timestamp, log: &mut Log) {
        let Some(late) = self.link.backlog.take_late() else { return };
        let span = number::span(late.millis);
        let words = match late.count {
            1 => ["Left this page ", &span, " after it was queued"].concat(),
            count => {
                let count = number::grouped(count);
                [&count, " packets left this page late, the first ", &span, " after it was queued"].concat()
            }
        };
        self.event_about(Some(late.record), now, Event::Note { name: "left-late", words: &words }, log);
    }

    /// Tells of packets that were queued and have not left before the end.
    pub(super) fn tell_unsent(&mut self, now: Timestamp, log: &mut Log) {
        self.tell_late(now, log);
        let (packets, bytes) = self.link.backlog.waiting();
        if packets > 0 {
            let packets = number::counted(packets, " packet was", " packets were");
            let words = [&packets, " queued and had not all left this page: ", &number::size(bytes)].concat();
            self.event(now, Event::Note { name: "not-left", words: &words }, log);
        }
    }

    /// Tells that messages begin to be queued, and how many can be.
    pub(super) fn tell_queued(&mut self, now: Timestamp, log: &mut Log) {
        if self.session.queued() == 1 {
            let policy = self.session.policy();
            let in_flight = number::grouped(self.session.in_flight() as u64);
            let most = number::grouped(policy.max_queued as u64);
            let words = [
                "This message is queued, as further ones will be: ",
                &in_flight,
                " are in flight, and no more may be; ",
                &most,
                " fit into the queue",
            ];
            self.event(now, Event::Note { name: "queued", words: &words.concat() }, log);
        }
    }

    /// Tells of messages that have left the session's queue, and of how many are in it.
    pub(super) fn follow_queue(&mut self, now: Timestamp, log: &mut Log) {
        let queued = self.session.queued();
        let left = self.attempt.as_mut().map_or((0, 0), |attempt| std::mem::take(&mut attempt.dequeued));
        if left.0 > 0 {
            let what = number::counted(left.0, " message has", " messages have");
            let (id, rest) = (number::plain(left.1.into()), number::grouped(queued as u64));
            let words = [&what, " left the queue, the last as packet id ", &id, "; queued: ", &rest].concat();
            self.event(now, Event::Note { name: "dequeued", words: &words }, log);
        }
        if self.connection.queued == queued as u64 {
            self.queued_due = None;
            return;
        }
        // In a flood it is another one with each packet.
        let is_first_or_last = self.connection.queued == 0 || queued == 0;
        if is_first_or_last || self.queued_due.is_some_and(|due| due <= now) {
            self.update(|connection| connection.queued = queued as u64);
            self.queued_due = None;
        } else {
            self.queued_due.get_or_insert(now.plus_millis(QUEUED_MILLIS));
        }
    }
}

/// A link that has moved nothing for so long will not.
const STUCK_MICROS: u64 = 60_000_000;
/// How often the length of the queue is shown at most, in milliseconds.
const QUEUED_MILLIS: u64 = 500;
