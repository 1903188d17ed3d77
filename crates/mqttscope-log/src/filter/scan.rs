//! A filter over the whole log, in slices, and on while the log grows.

use std::collections::VecDeque;

use super::Filter;
use crate::follow::{Budget, Follower, Place};
use crate::store::Log;

/// A position in the log up to which a filter was held against it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    place: Place,
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
        let reads_bytes = filter.reads_bytes();
        self.place.advance(log, budget, |number, record| {
            if filter.matches(log, number, record) {
                found(number);
            }
            if reads_bytes { record.len() as usize } else { 0 }
        })
    }
}

/// The numbers of all records that a filter leaves, kept as the log grows and drops.
#[derive(Clone, Debug)]
pub struct Matches {
    filter: Filter,
    found: VecDeque<u32>,
    /// How many were found and have gone since.
    gone: u32,
    scan: Scan,
}

impl Follower for Matches {
    /// Goes on with what has come, and forgets what was dropped.
    fn advance(&mut self, log: &Log, budget: Budget) -> bool {
        if self.scan.place.find(log) {
            self.found.clear();
            self.gone = 0;
        }
        while self.found.front().is_some_and(|&number| number < log.first()) {
            self.found.pop_front();
            self.gone += 1;
        }
        let Self { filter, found, scan, .. } = self;
        scan.run(log, filter, budget, |number| found.push_back(number))
    }
}

impl Matches {
    /// What a filter leaves, of which nothing is found yet.
    #[must_use]
    pub fn new(filter: Filter) -> Self {
        Self { filter, found: VecDeque::new(), gone: 0, scan: Scan::default() }
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

    /// How many the log has dropped since they were found: what was at that place once is at 0 now.
    #[must_use]
    pub const fn gone(&self) -> u32 {
        self.gone
    }

    /// The number of the record to look at next: all before it were looked at.
    #[must_use]
    pub const fn next(&self) -> u32 {
        self.scan.place.next()
    }

    /// How many records were not looked at yet.
    #[must_use]
    pub const fn behind(&self, log: &Log) -> u32 {
        self.scan.place.behind(log)
    }

    /// The number at a place.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<u32> {
        self.found.get(at).copied()
    }

    /// The place of the first number that is not below another one: `get(find(n) - 1)` is the match before `n`.
    #[must_use]
    pub fn find(&self, number: u32) -> usize {
        self.found.partition_point(|&found| found < number)
    }

    /// The numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.found.iter().copied()
    }
}
