//! What was queued for a link and has not left it: how far it is, and which packets left late.
//!
//! A browser says how much it has taken and not yet sent. What it has sent is not at the peer yet, but until then no
//! answer can be under way.

use std::collections::VecDeque;

use mqttscope_proto::Timestamp;

/// The bytes of a link, counted from its beginning.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    /// Were queued.
    queued: u64,
    /// Were handed to the browser.
    handed: u64,
    /// Have left the browser, as far as is known.
    left: u64,
    /// When something left last, or the first of what waits was queued.
    moved: Timestamp,
    /// Where a PINGREQ ends that has not left.
    ping_end: Option<u64>,
    /// Packets that have not left, or too late for nothing to be said of it; the oldest first.
    groups: VecDeque<Group>,
}

/// Packets that were queued together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Group {
    /// When the first of them was.
    since: Timestamp,
    /// Where the last of them ends.
    end: u64,
    /// How many there are.
    count: u64,
    /// The record of the last.
    record: u32,
}

/// Packets that have left late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Late {
    /// How many there are.
    pub(crate) count: u64,
    /// After how many milliseconds the first of them left.
    pub(crate) millis: u64,
    /// The record of the last.
    pub(crate) record: u32,
}

impl Backlog {
    /// Notes a packet that was queued.
    pub(crate) fn queue(&mut self, now: Timestamp, len: usize, record: u32, is_ping: bool) {
        if !self.is_waiting() {
            self.moved = now;
        }
        self.queued += len as u64;
        if is_ping {
            self.ping_end.get_or_insert(self.queued);
        }
        let is_full = self.groups.len() >= MOST_GROUPS;
        match self.groups.back_mut().filter(|group| is_full || group.since == now) {
            Some(group) => *group = Group { end: self.queued, count: group.count + 1, record, ..*group },
            None => self.groups.push_back(Group { since: now, end: self.queued, count: 1, record }),
        }
    }

    /// Notes bytes that the browser was handed.
    pub(crate) fn hand(&mut self, len: usize) {
        self.handed += len as u64;
    }

    /// Takes how many bytes the browser has not yet sent; says whether any have left since.
    pub(crate) fn see(&mut self, now: Timestamp, buffered: usize) -> bool {
        let left = self.handed.saturating_sub(buffered as u64);
        if left <= self.left {
            return false;
        }
        self.left = left;
        self.moved = now;
        while self.groups.front().is_some_and(|group| group.end <= left && !is_late(group, now)) {
            self.groups.pop_front();
        }
        true
    }

    /// Whether a PINGREQ has left since the last time.
    pub(crate) fn take_ping_left(&mut self) -> bool {
        self.ping_end.take_if(|end| *end <= self.left).is_some()
    }

    /// Whether a PINGREQ has not left, so that no answer is to be expected yet.
    pub(crate) const fn has_ping(&self) -> bool {
        self.ping_end.is_some()
    }

    /// Packets that have left late since the last time.
    pub(crate) fn take_late(&mut self) -> Option<Late> {
        let mut late: Option<Late> = None;
        while let Some(group) = self.groups.pop_front_if(|group| group.end <= self.left) {
            let millis = self.moved.micros_since(group.since) / 1_000;
            let (count, millis) = late.map_or((0, millis), |late| (late.count, late.millis));
            late = Some(Late { count: count + group.count, millis, record: group.record });
        }
        late
    }

    /// Whether there is something for [`Self::take_late`].
    pub(crate) fn has_late(&self) -> bool {
        self.groups.front().is_some_and(|group| group.end <= self.left)
    }

    /// Packets and bytes that have not left.
    pub(crate) fn waiting(&self) -> (u64, u64) {
        let packets = self.groups.iter().filter(|group| group.end > self.left).map(|group| group.count).sum();
        (packets, self.queued - self.left)
    }

    /// Bytes that have not left.
    pub(crate) const fn unsent(&self) -> u64 {
        self.queued - self.left
    }

    /// Whether there is any such byte.
    pub(crate) const fn is_waiting(&self) -> bool {
        self.left < self.queued
    }

    /// When something left last, or the first of what waits was queued.
    pub(crate) const fn moved(&self) -> Timestamp {
        self.moved
    }
}

fn is_late(group: &Group, now: Timestamp) -> bool {
    now.micros_since(group.since) >= LATE_MICROS
}

/// So many groups are told apart.
const MOST_GROUPS: usize = 64;
/// What leaves after this time was not sent when it was queued.
const LATE_MICROS: u64 = 1_000_000;
