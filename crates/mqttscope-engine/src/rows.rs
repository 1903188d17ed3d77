//! The rows that the table shows: the whole log or what a filter leaves of it, up to where it is paused.

use mqttscope_log::Log;
use mqttscope_log::filter::Matches;

use crate::heights::PreviewHeights;

/// Rows by their place: 0 is the oldest that is kept. A place means another row once the log drops one; what is to be
/// remembered is a record's number.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    log: &'a Log,
    matches: Option<&'a Matches>,
    heights: Option<&'a PreviewHeights>,
    /// The number behind the last record that is shown.
    end: u32,
}

impl<'a> Rows<'a> {
    /// All of a log, or the matches in it, as far as records have a number below `end`.
    pub(crate) fn new(log: &'a Log, matches: Option<&'a Matches>, end: Option<u32>) -> Self {
        let end = end.unwrap_or(u32::MAX).min(log.end()).max(log.first());
        Self { log, matches, heights: None, end }
    }

    /// The same rows, with sums of the heights of their previews. Without, these are counted one by one.
    pub(crate) const fn with_heights(self, heights: &'a PreviewHeights) -> Self {
        Self { heights: Some(heights), ..self }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u32 {
        match self.matches {
            None => self.end - self.log.first(),
            Some(matches) => matches.find(self.end) as u32 - self.dropped(),
        }
    }

    /// The number of the record at a place.
    pub(crate) fn number(&self, place: u32) -> u32 {
        match self.matches {
            None => self.log.first() + place,
            Some(matches) => matches.get((place + self.dropped()) as usize).unwrap_or(self.end),
        }
    }

    /// The place of the first row whose number is not below another one.
    pub(crate) fn place(&self, number: u32) -> u32 {
        let place = match self.matches {
            None => number.saturating_sub(self.log.first()),
            Some(matches) => (matches.find(number) as u32).saturating_sub(self.dropped()),
        };
        place.min(self.len())
    }

    /// Half lines of the hex previews of the rows before a place.
    pub(crate) fn half_lines_before(&self, place: u32) -> u32 {
        let unsummed = PreviewHeights::default();
        let heights = self.heights.unwrap_or(&unsummed);
        match self.matches {
            None => heights.of_records(self.log, self.log.first(), self.log.first() + place),
            Some(matches) => {
                let dropped = self.dropped();
                heights.of_matches(self.log, matches, dropped, dropped + place)
            }
        }
    }

    /// Matches that the log has dropped since they were found.
    fn dropped(&self) -> u32 {
        self.matches.map_or(0, |matches| matches.find(self.log.first()) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{log_of as new_log, sent};
    use mqttscope_log::Follower;
    use mqttscope_log::filter::{Budget, Filter, Zone};

    fn log_of(rows: u64) -> Log {
        let mut log = new_log(1 << 20);
        for time in 0..rows {
            let frame: &[u8] = if time % 3 == 0 { b"\x30\x05\x00\x01thi" } else { b"\xc0\x00" };
            sent(&mut log, time, frame);
        }
        log
    }

    fn matches_of(log: &Log) -> Matches {
        let mut matches = Matches::new(Filter::parse("type:publish", &Zone::UTC).expect("a filter"));
        assert!(matches.advance(log, Budget::ALL));
        matches
    }

    #[test]
    fn all_rows_have_the_numbers_of_the_log() {
        let log = log_of(10);
        let rows = Rows::new(&log, None, None);
        assert_eq!((rows.len(), rows.number(4), rows.place(4), rows.place(99)), (10, 4, 4, 10));
        assert_eq!(rows.half_lines_before(2), 6);
    }

    #[test]
    fn a_filter_leaves_some() {
        let log = log_of(10);
        let matches = matches_of(&log);
        let rows = Rows::new(&log, Some(&matches), None);
        let numbers: Vec<_> = (0..rows.len()).map(|place| rows.number(place)).collect();
        assert_eq!(numbers, [0, 3, 6, 9]);
        assert_eq!((rows.place(4), rows.place(6), rows.half_lines_before(2)), (2, 2, 6));
    }

    #[test]
    fn a_pause_shows_nothing_newer() {
        let log = log_of(10);
        let matches = matches_of(&log);
        assert_eq!(Rows::new(&log, None, Some(5)).len(), 5);
        assert_eq!(Rows::new(&log, Some(&matches), Some(5)).len(), 2);
    }

    #[test]
    fn what_the_log_drops_is_no_row_any_more() {
        let mut log = log_of(30);
        let matches = matches_of(&log);
        for time in 0..100_000 {
            sent(&mut log, time, b"\xc0\x00");
        }
        assert!(log.first() > 30);
        assert_eq!(Rows::new(&log, Some(&matches), None).len(), 0);
        assert_eq!(Rows::new(&log, None, Some(5)).len(), 0);
    }
}
