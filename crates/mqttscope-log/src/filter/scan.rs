//! A filter over the whole log, in slices, and on while the log grows.

use std::collections::VecDeque;

use super::Filter;
use crate::store::Log;

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

/// A position in the log up to which a filter was held against it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The number of the record to look at next.
    pub next: u32,
}

impl Scan {
    /// Goes on, and tells the numbers of the records that are left, in order. Says whether the end was reached.
    pub fn run(
        &mut self,
        log: &Log,
        filter: &mut Filter,
        budget: Budget,
        mut found: impl FnMut(u32),
    ) -> bool {
        self.next = self.next.max(log.first());
        let reads_bytes = filter.reads_bytes();
        let stop = self.next.saturating_add(budget.records).min(log.end());
        let mut bytes = budget.bytes;
        for record in log.records_from(self.next) {
            if self.next >= stop || bytes == 0 {
                break;
            }
            if filter.matches(log, record) {
                found(self.next);
            }
            if reads_bytes {
                bytes = bytes.saturating_sub(record.len() as usize);
            }
            self.next += 1;
        }
        self.next == log.end()
    }
}

/// The numbers of all records that a filter leaves, kept as the log grows and drops.
#[derive(Clone, Debug, Default)]
pub struct Matches {
    found: VecDeque<Match>,
    /// Half lines of the previews of all that was found, dropped ones too.
    half_lines: u32,
    scan: Scan,
    clearings: u32,
}

#[derive(Clone, Copy, Debug)]
struct Match {
    number: u32,
    /// Half lines of the previews of all matches before this one.
    half_lines: u32,
}

impl Matches {
    /// Forgets all numbers: the filter is another one.
    pub fn restart(&mut self) {
        self.found.clear();
        self.scan = Scan::default();
    }

    /// Goes on with what has come, and forgets what was dropped. Says whether the end was reached.
    pub fn update(&mut self, log: &Log, filter: &mut Filter, budget: Budget) -> bool {
        if self.clearings != log.clearings() {
            self.clearings = log.clearings();
            self.restart();
        }
        while self.found.front().is_some_and(|found| found.number < log.first()) {
            self.found.pop_front();
        }
        let Self { found, half_lines, scan, .. } = self;
        scan.run(log, filter, budget, |number| {
            found.push_back(Match { number, half_lines: *half_lines });
            let own = log.half_lines_before(number + 1).wrapping_sub(log.half_lines_before(number));
            *half_lines = half_lines.wrapping_add(own);
        })
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The number of the record to look at next: all before it were looked at.
    #[must_use]
    pub const fn next(&self) -> u32 {
        self.scan.next
    }

    /// The number at a place.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<u32> {
        self.found.get(at).map(|found| found.number)
    }

    /// The place of the first number that is not below another one: `get(find(n) - 1)` is the match before `n`.
    #[must_use]
    pub fn find(&self, number: u32) -> usize {
        self.found.partition_point(|found| found.number < number)
    }

    /// Half lines of the hex previews of the matches before a place, counted from the oldest that is kept.
    #[must_use]
    pub fn half_lines_before(&self, at: usize) -> u32 {
        let before = |found: Option<&Match>| found.map_or(self.half_lines, |found| found.half_lines);
        before(self.found.get(at)).wrapping_sub(before(self.found.front()))
    }

    /// The numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.found.iter().map(|found| found.number)
    }
}
