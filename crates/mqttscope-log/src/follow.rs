//! Whatever follows a log keeps a place in it, and goes on from there in slices.

use crate::store::{Log, Record};

/// How much a slice may do.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Records to look at.
    pub records: u32,
    /// Bytes of packets to look at.
    pub bytes: usize,
}

impl Budget {
    /// What a browser does in a few milliseconds.
    pub const SLICE: Self = Self { records: 50_000, bytes: 2 << 20 };
    /// No limit.
    pub const ALL: Self = Self { records: u32::MAX, bytes: usize::MAX };
}

/// Something that follows a log: matches of a filter, figures, an index.
pub trait Follower {
    /// Goes on with what has come, at most the budget; says whether it is up to date. Begins anew when the log was
    /// cleared.
    fn advance(&mut self, log: &Log, budget: Budget) -> bool;
}

/// How far a follower is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    next: u32,
    clearings: u32,
}

impl Place {
    /// The number of the record to look at next: all before it were looked at, or are gone.
    #[must_use]
    pub const fn next(&self) -> u32 {
        self.next
    }

    /// How many records there are that were not looked at.
    #[must_use]
    pub const fn behind(&self, log: &Log) -> u32 {
        let next = if self.clearings == log.clearings() { self.next } else { 0 };
        let first = log.first();
        log.end() - if next > first { next } else { first }
    }

    /// Goes back to the beginning.
    pub const fn restart(&mut self) {
        self.next = 0;
    }

    /// Comes to where the log is now: says whether it was cleared since, so that numbers mean other records; what was
    /// dropped before it was looked at is left out.
    pub fn find(&mut self, log: &Log) -> bool {
        let was_cleared = self.clearings != log.clearings();
        if was_cleared {
            *self = Self { next: 0, clearings: log.clearings() };
        }
        self.next = self.next.max(log.first());
        was_cleared
    }

    /// Looks at what has come, at most the budget; says whether that was all. `look` gets each record with its number,
    /// and says how many bytes it has looked at.
    #[inline]
    pub fn advance(
        &mut self,
        log: &Log,
        budget: Budget,
        mut look: impl FnMut(u32, &Record) -> usize,
    ) -> bool {
        self.next = self.next.max(log.first());
        let stop = self.next.saturating_add(budget.records).min(log.end());
        let mut bytes = budget.bytes;
        for record in log.records_from(self.next) {
            if self.next >= stop || bytes == 0 {
                break;
            }
            bytes = bytes.saturating_sub(look(self.next, record));
            self.next += 1;
        }
        self.next >= log.end()
    }
}
