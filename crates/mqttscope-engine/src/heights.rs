//! How high the hex previews of rows are, summed up, so that a row is found by halving.
//!
//! Sums are kept for each block of rows only; within a block they are counted from the records.

use std::collections::VecDeque;

use mqttscope_log::filter::Matches;
use mqttscope_log::{Budget, Direction, Follower, Log, Place, Record};

/// The sums for all rows of a log, and for those that a filter leaves.
#[derive(Default)]
pub(crate) struct PreviewHeights {
    place: Place,
    all: Sums,
    found: Sums,
}

impl Follower for PreviewHeights {
    fn advance(&mut self, log: &Log, budget: Budget) -> bool {
        if self.place.find(log) {
            (self.all, self.found) = Default::default();
        }
        let all = &mut self.all;
        all.forget_before(log.first());
        self.place.advance(log, Budget { bytes: usize::MAX, ..budget }, |number, record| {
            all.push(number, half_lines(record));
            0
        })
    }
}

impl PreviewHeights {
    /// How many records are not summed up yet.
    pub(crate) const fn behind(&self, log: &Log) -> u32 {
        self.place.behind(log)
    }

    /// Goes on with the matches that were found; to be called behind [`Follower::advance`].
    pub(crate) fn follow_matches(&mut self, log: &Log, matches: &Matches) {
        self.found.forget_before(matches.gone());
        let end = matches.gone() + matches.len() as u32;
        for at in self.found.next.max(matches.gone())..end {
            self.found.push(at, match_half_lines(log, matches, at));
        }
    }

    /// Forgets the matches: the filter is another one.
    pub(crate) fn restart_matches(&mut self) {
        self.found = Sums::default();
    }

    /// Half lines of the previews of records from one number to another.
    pub(crate) fn of_records(&self, log: &Log, from: u32, to: u32) -> u32 {
        self.all.between(from, to, |number| log.record(number).map_or(0, half_lines))
    }

    /// Half lines of the previews of matches from one place to another.
    pub(crate) fn of_matches(&self, log: &Log, matches: &Matches, from: u32, to: u32) -> u32 {
        let gone = matches.gone();
        self.found.between(gone + from, gone + to, |at| match_half_lines(log, matches, at))
    }
}

/// The lines of a hex preview of `len` bytes, without the line that counts the rest.
pub(crate) fn preview_lines(len: usize) -> usize {
    len.div_ceil(PREVIEW_LINE).min(PREVIEW_MAX_LINES)
}

/// The height of a hex preview in half lines: a line counts two, its margins one.
pub(crate) fn preview_half_lines(len: usize) -> u32 {
    if len == 0 {
        return 0;
    }
    let rest = usize::from(len > PREVIEW_LINE * PREVIEW_MAX_LINES);
    (2 * (preview_lines(len) + rest) + 1) as u32
}

fn half_lines(record: &Record) -> u32 {
    match record.direction() {
        Direction::Event => 0,
        _ => preview_half_lines(record.len() as usize),
    }
}

/// Of the match that was found as number `at`, those that are gone included.
fn match_half_lines(log: &Log, matches: &Matches, at: u32) -> u32 {
    let number = at.checked_sub(matches.gone()).and_then(|place| matches.get(place as usize));
    number.and_then(|number| log.record(number)).map_or(0, half_lines)
}

/// Sums over a queue that grows and drops, one before each block of it.
#[derive(Default)]
struct Sums {
    /// The number of the first block that has one.
    first: u32,
    sums: VecDeque<u32>,
    /// The number of the item to come.
    next: u32,
    /// Of all that have come.
    total: u32,
}

impl Sums {
    fn push(&mut self, at: u32, height: u32) {
        if at != self.next {
            // Some went before they were looked at: nothing connects what was before with what comes.
            self.sums.clear();
        }
        if at.is_multiple_of(BLOCK) {
            if self.sums.is_empty() {
                self.first = at / BLOCK;
            }
            self.sums.push_back(self.total);
        }
        self.total = self.total.wrapping_add(height);
        self.next = at + 1;
    }

    /// Forgets the blocks that begin before an item: they cannot be counted in any more.
    fn forget_before(&mut self, item: u32) {
        while !self.sums.is_empty() && self.first * BLOCK < item {
            self.sums.pop_front();
            self.first += 1;
        }
    }

    /// The sum of the items from one to another. What is in no block is counted one by one.
    fn between(&self, from: u32, to: u32, height: impl Fn(u32) -> u32) -> u32 {
        let count = |from: u32, to: u32| (from..to).map(&height).fold(0, u32::wrapping_add);
        let low = from.div_ceil(BLOCK).max(self.first);
        let high = (to / BLOCK).min((self.first + self.sums.len() as u32).wrapping_sub(1));
        let sum = |block: u32| self.sums.get(block.checked_sub(self.first)? as usize).copied();
        match (sum(low), sum(high)) {
            (Some(before), Some(behind)) if low <= high => {
                let blocks = behind.wrapping_sub(before);
                blocks.wrapping_add(count(from, low * BLOCK)).wrapping_add(count(high * BLOCK, to))
            }
            _ => count(from, to),
        }
    }
}

/// Bytes of a line of a hex preview.
pub(crate) const PREVIEW_LINE: usize = 16;
/// The most lines that a hex preview has.
pub(crate) const PREVIEW_MAX_LINES: usize = 32;
/// Rows of a block: few enough to count them, many enough that their sum costs nothing.
const BLOCK: u32 = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{log_of, sent};
    use mqttscope_log::filter::{Filter, Zone};

    #[test]
    fn previews_have_as_many_half_lines_as_they_draw() {
        let cases = [(0, 0), (1, 3), (16, 3), (17, 5), (512, 65), (513, 67), (5_000_000, 67)];
        for (len, half_lines) in cases {
            assert_eq!(preview_half_lines(len), half_lines, "{len} bytes");
        }
    }

    #[test]
    fn sums_are_those_of_the_rows_while_the_log_grows_drops_and_is_cleared() {
        let mut log = log_of(1 << 20);
        let mut matches = Matches::new(Filter::parse("type:publish", &Zone::UTC).expect("a filter"));
        let mut heights = PreviewHeights::default();
        for round in 0..60_u32 {
            for number in 0..700_u32 {
                let len = (number * 7 + round) % 120;
                let publish = [&[0x30, len as u8 + 3, 0, 1, b't'], &vec![b'x'; len as usize][..]].concat();
                sent(&mut log, 1, if number % 3 == 0 { b"\xc0\x00" } else { &publish });
            }
            if round == 40 {
                log.clear();
            }
            // Sometimes it is behind.
            if round % 5 != 4 {
                while !(matches.advance(&log, Budget::SLICE) & heights.advance(&log, Budget::SLICE)) {}
                heights.follow_matches(&log, &matches);
            }
            let (first, end) = (log.first(), log.end());
            let counted = |from, to| (from..to).filter_map(|at| log.record(at)).map(half_lines).sum::<u32>();
            for to in [first, first + (end - first) / 3, end.saturating_sub(1).max(first), end] {
                assert_eq!(heights.of_records(&log, first, to), counted(first, to), "{round}: {first}..{to}");
            }
            let found: Vec<u32> = matches.iter().map(|at| log.record(at).map_or(0, half_lines)).collect();
            let gone = found.iter().take_while(|&&height| height == 0).count();
            for to in [gone, found.len() / 2, found.len()].map(|to| to.max(gone)) {
                let sum = heights.of_matches(&log, &matches, gone as u32, to as u32);
                assert_eq!(sum, found[gone..to].iter().sum::<u32>(), "{round}: {gone}..{to}");
            }
        }
        assert!(log.first() > 0 && matches.gone() > 0);
    }
}
