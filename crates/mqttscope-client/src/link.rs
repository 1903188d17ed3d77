//! What waits to be sent over a link, and how the link is to be opened and closed.

use std::ops::Range;

use mqttscope_proto::Timestamp;

use crate::backlog::Backlog;

/// What a client asks of its link.
#[derive(Debug, Default)]
pub(crate) struct Link {
    /// An older link is to be given up before anything else.
    abandons_older: bool,
    opens: bool,
    waiting: Vec<u8>,
    /// How much of `waiting` was handed out.
    sent: usize,
    ending: Option<Ending>,
    /// When to look again whether the link takes more, or whether it has sent what it took.
    look_again: Option<Timestamp>,
    pub(crate) backlog: Backlog,
}

/// How a link is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// After what waits to be sent.
    Close,
    /// Without it.
    Abandon,
    /// It was said.
    Said,
}

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Open,
    /// These of [`Link::bytes`] leave as one message.
    Send(Range<usize>),
    Close,
    Abandon,
    Nothing,
}

impl Link {
    /// A link that is to be opened in place of another, if there is one.
    pub(crate) fn open(&mut self, is_another_there: bool) {
        // One that nobody was asked to open need not be given up, and one that was asked to end ends.
        let abandons_older = is_another_there && !self.opens && self.ending != Some(Ending::Said);
        *self =
            Self { abandons_older: self.abandons_older || abandons_older, opens: true, ..Self::default() };
    }

    /// The link has ended, or never was.
    pub(crate) fn ended(&mut self) {
        *self = Self::default();
    }

    /// Queues a packet of that record, which leaves together with others of the same task.
    pub(crate) fn queue(&mut self, now: Timestamp, bytes: &[u8], record: u32) {
        if self.ending.is_none() {
            self.backlog.queue(now, bytes.len(), record, bytes.first() == Some(&PINGREQ));
            if self.sent > MAX_KEPT {
                self.waiting.drain(..self.sent);
                self.sent = 0;
            }
            self.waiting.extend_from_slice(bytes);
        }
    }

    /// Closes the link once everything is sent.
    pub(crate) fn close(&mut self) {
        self.ending.get_or_insert(Ending::Close);
    }

    /// Closes the link without what waits to be sent.
    pub(crate) fn abandon(&mut self) {
        self.ending.get_or_insert(Ending::Abandon);
        self.forget_waiting();
    }

    /// The next step of a link that has taken `buffered` bytes and not yet sent them.
    pub(crate) fn step(&mut self, now: Timestamp, buffered: usize) -> Step {
        if std::mem::take(&mut self.abandons_older) {
            return Step::Abandon;
        }
        self.look_again = if self.backlog.has_late() {
            Some(now)
        } else {
            self.backlog.is_waiting().then(|| now.plus_millis(SEE_AGAIN_MILLIS))
        };
        if std::mem::take(&mut self.opens) {
            return Step::Open;
        }
        if self.sent < self.waiting.len() {
            // What goes before a close cannot wait: the caller hears no more of this link than its end.
            if buffered >= MAX_BUFFERED && self.ending.is_none() {
                self.look_again = Some(now.plus_millis(LOOK_AGAIN_MILLIS));
                return Step::Nothing;
            }
            let start = self.sent;
            self.sent = self.waiting.len().min(start + MAX_MESSAGE);
            self.backlog.hand(self.sent - start);
            return Step::Send(start..self.sent);
        }
        self.forget_waiting();
        match self.ending.replace(Ending::Said) {
            Some(Ending::Close) => Step::Close,
            Some(Ending::Abandon) => Step::Abandon,
            Some(Ending::Said) => Step::Nothing,
            None => {
                self.ending = None;
                Step::Nothing
            }
        }
    }

    /// The bytes of [`Step::Send`].
    pub(crate) fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.waiting[range]
    }

    /// When to look again.
    pub(crate) const fn look_again(&self) -> Option<Timestamp> {
        self.look_again
    }

    fn forget_waiting(&mut self) {
        self.sent = 0;
        self.waiting.clear();
        self.waiting.shrink_to(MAX_KEPT);
    }
}

/// Kaazing swallows messages above 128 KiB without a word, and the connection hangs.
const MAX_MESSAGE: usize = 64 << 10;
/// What a link may have in its own buffer before the rest waits.
const MAX_BUFFERED: usize = 4 << 20;
/// How soon to look whether the link takes more.
const LOOK_AGAIN_MILLIS: u64 = 5;
/// How soon to look whether the link has sent what it took.
const SEE_AGAIN_MILLIS: u64 = 250;
/// The first byte of PINGREQ.
const PINGREQ: u8 = 0xc0;
/// Room that is kept for the next bytes, and bytes that are not kept once they are handed out.
const MAX_KEPT: usize = 1 << 20;
