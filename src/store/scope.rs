//! What of the log a person looks at: filter, pause, and the record that is selected.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use mqttscope_log::filter::{Filter, FilterError, Matches};
use mqttscope_log::{Budget, Follower, Log};

use super::heights::PreviewHeights;
use super::rows::Rows;

/// What is looked at. The log is given with each call, and must be the same.
#[derive(Default)]
pub struct Scope {
    /// The filter as it is typed.
    text: String,
    /// What the last filter without a mistake leaves; `None` for all.
    matches: Option<Matches>,
    /// What that was made from.
    applied: String,
    error: Option<FilterError>,
    heights: PreviewHeights,
    /// All rows are shown, those that match with a mark.
    shows_all: bool,
    /// The number behind the newest record when the view was paused.
    paused: Option<u32>,
    selected: Option<u32>,
    /// The time of the first record since the log was cleared.
    start: Option<u64>,
    clearings: u32,
    revision: u32,
}

/// The scope, as the parts of the page share it.
#[derive(Clone, Default)]
pub struct SharedScope(pub Rc<RefCell<Scope>>);

impl PartialEq for SharedScope {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Scope {
    /// Changes with every change of what is looked at, but for matches that are found.
    #[must_use]
    pub const fn revision(&self) -> u32 {
        self.revision
    }

    /// Takes a filter as it is typed. One with a mistake leaves the last that had none in force, and the bytes in
    /// `begun` have no part in it yet, so that the view does not jump while a person types.
    pub fn set_filter(&mut self, text: &str, begun: Range<usize>, utc_offset_minutes: i32) {
        self.revision += 1;
        self.text = text.into();
        let is_begun = !begun.is_empty();
        let mut applied = text.to_owned();
        applied.replace_range(begun, "");
        match Filter::parse(&applied, utc_offset_minutes) {
            Ok(_) if self.applied == applied => self.error = None,
            Ok(filter) => {
                self.error = None;
                self.matches = (!filter.is_empty()).then(|| Matches::new(filter));
                self.heights.restart_matches();
                self.applied = applied;
            }
            // What is missing may be what is begun.
            Err(_) if is_begun => self.error = None,
            Err(error) => self.error = Some(error),
        }
    }

    /// The filter as it is typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The mistake in the filter as it is typed.
    #[must_use]
    pub const fn error(&self) -> Option<&FilterError> {
        self.error.as_ref()
    }

    /// Shows all rows and marks those that match, or only these.
    pub fn set_shows_all(&mut self, shows_all: bool) {
        self.revision += 1;
        self.shows_all = shows_all;
    }

    /// What the filter has found so far; `None` without one.
    #[must_use]
    pub const fn matches(&self) -> Option<&Matches> {
        self.matches.as_ref()
    }

    /// Which of the matches is selected, counted from 0.
    #[must_use]
    pub fn selected_match(&self) -> Option<usize> {
        let (matches, selected) = (self.matches()?, self.selected?);
        let at = matches.find(selected);
        (matches.get(at) == Some(selected)).then_some(at)
    }

    /// Whether a record is one of the matches, where they are marked.
    #[must_use]
    pub fn is_marked(&self, number: u32) -> bool {
        self.shows_all
            && self.matches().is_some_and(|matches| matches.get(matches.find(number)) == Some(number))
    }

    /// Goes on with what has come to the log, for one slice. Says whether that was all.
    pub fn update(&mut self, log: &Log) -> bool {
        if self.clearings != log.clearings() {
            self.clearings = log.clearings();
            self.selected = None;
            self.start = None;
            self.paused = self.paused.map(|_| 0);
            self.revision += 1;
        }
        if self.start.is_none()
            && let Some(record) = log.record(log.first())
        {
            self.start = Some(record.time);
        }
        let are_summed = self.heights.advance(log, Budget::SLICE);
        let Some(matches) = &mut self.matches else { return are_summed };
        let are_found = matches.advance(log, Budget::SLICE);
        self.heights.follow_matches(log, matches);
        are_found && are_summed
    }

    /// The rows that are shown.
    #[must_use]
    pub fn rows<'a>(&'a self, log: &'a Log) -> Rows<'a> {
        let matches = if self.shows_all { None } else { self.matches() };
        Rows::new(log, matches, self.paused).with_heights(&self.heights)
    }

    /// Pauses the view or lets it go on. The log goes on in any case.
    pub fn set_paused(&mut self, paused: bool, log: &Log) {
        self.revision += 1;
        self.paused = paused.then(|| log.end());
    }

    /// The number behind the newest record when the view was paused.
    #[must_use]
    pub const fn paused(&self) -> Option<u32> {
        self.paused
    }

    /// The number of the record that is selected.
    #[must_use]
    pub const fn selected(&self) -> Option<u32> {
        self.selected
    }

    /// Selects a record, or none.
    pub fn select(&mut self, number: Option<u32>) {
        self.revision += 1;
        self.selected = number;
    }

    /// The number of the row that stands so many rows below the selected one, or above it; without a selection the
    /// newest row. `None` if there are no rows.
    #[must_use]
    pub fn row_from_selected(&self, log: &Log, step: i64) -> Option<u32> {
        let rows = self.rows(log);
        let last = rows.len().checked_sub(1)?;
        let Some(selected) = self.selected else { return Some(rows.number(last)) };
        let place = rows.place(selected);
        // Between two rows, as where a filter took the selected one away, the next one below is a step already.
        let is_there = place <= last && rows.number(place) == selected;
        let step = if step > 0 && !is_there { step - 1 } else { step };
        let place = (i64::from(place) + step).clamp(0, i64::from(last)) as u32;
        Some(rows.number(place))
    }

    /// The number of the match behind the selected record, or before it, and around at the end.
    #[must_use]
    pub fn match_from_selected(&self, log: &Log, forward: bool) -> Option<u32> {
        let matches = self.matches()?;
        let rows = Rows::new(log, Some(matches), self.paused);
        let last = rows.len().checked_sub(1)?;
        let place = match (self.selected, forward) {
            (None, true) => 0,
            (None, false) => last,
            (Some(selected), true) => {
                let next = rows.place(selected.saturating_add(1));
                if next > last { 0 } else { next }
            }
            (Some(selected), false) => rows.place(selected).checked_sub(1).unwrap_or(last),
        };
        Some(rows.number(place))
    }

    /// The time of the first record since the log was cleared, in microseconds since the Unix epoch.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.start.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{log_of as new_log, sent};

    fn log_of(rows: u64) -> Log {
        let mut log = new_log(64 << 20);
        for time in 0..rows {
            let frame: &[u8] = if time % 3 == 0 { b"\x30\x05\x00\x01thi" } else { b"\xc0\x00" };
            sent(&mut log, time, frame);
        }
        log
    }

    fn filtered(log: &Log, text: &str) -> Scope {
        let mut scope = Scope::default();
        scope.set_filter(text, 0..0, 0);
        while !scope.update(log) {}
        scope
    }

    #[test]
    fn a_filter_leaves_rows_and_a_mistake_leaves_the_filter() {
        let log = log_of(10);
        let mut scope = filtered(&log, "type:publish");
        assert_eq!(scope.rows(&log).len(), 4);
        scope.set_filter("type:publish type:x", 0..0, 0);
        assert_eq!(scope.error().map(|error| error.range.start), Some(18));
        assert_eq!(scope.rows(&log).len(), 4);
        scope.set_filter("", 0..0, 0);
        assert_eq!((scope.rows(&log).len(), scope.error()), (10, None));
    }

    #[test]
    fn what_is_only_begun_leaves_the_view() {
        let log = log_of(10);
        let mut scope = filtered(&log, "type:publish");
        for (text, begun) in [("type:publish q", 13..14), ("type:publish not q", 17..18)] {
            scope.set_filter(text, begun, 0);
            while !scope.update(&log) {}
            assert_eq!((scope.rows(&log).len(), scope.error(), scope.text()), (4, None, text));
        }
        scope.set_filter("type:publish q", 0..0, 0);
        while !scope.update(&log) {}
        assert_eq!(scope.rows(&log).len(), 0);
    }

    #[test]
    fn matches_can_be_marked_among_all() {
        let log = log_of(10);
        let mut scope = filtered(&log, "type:publish");
        scope.set_shows_all(true);
        assert_eq!(scope.rows(&log).len(), 10);
        assert_eq!([2, 3, 4].map(|number| scope.is_marked(number)), [false, true, false]);
    }

    #[test]
    fn the_selection_moves_from_row_to_row() {
        let log = log_of(10);
        let mut scope = filtered(&log, "type:publish");
        assert_eq!(scope.row_from_selected(&log, -1), Some(9));
        scope.select(Some(3));
        assert_eq!(scope.row_from_selected(&log, 1), Some(6));
        assert_eq!(scope.row_from_selected(&log, -9), Some(0));
        scope.select(Some(4));
        assert_eq!((scope.row_from_selected(&log, 1), scope.row_from_selected(&log, -1)), (Some(6), Some(3)));
    }

    #[test]
    fn the_search_goes_around() {
        let log = log_of(10);
        let mut scope = filtered(&log, "type:publish");
        scope.set_shows_all(true);
        assert_eq!(
            (scope.match_from_selected(&log, true), scope.match_from_selected(&log, false)),
            (Some(0), Some(9))
        );
        scope.select(Some(4));
        assert_eq!(
            (scope.match_from_selected(&log, true), scope.match_from_selected(&log, false)),
            (Some(6), Some(3))
        );
        scope.select(Some(9));
        assert_eq!(scope.match_from_selected(&log, true), Some(0));
    }

    #[test]
    fn a_pause_holds_the_view_and_clearing_empties_it() {
        let mut log = log_of(10);
        let mut scope = filtered(&log, "");
        scope.set_paused(true, &log);
        scope.select(Some(4));
        sent(&mut log, 99, b"\xc0\x00");
        assert_eq!(scope.rows(&log).len(), 10);
        log.clear();
        sent(&mut log, 100, b"\xc0\x00");
        scope.update(&log);
        assert_eq!((scope.rows(&log).len(), scope.selected(), scope.start()), (0, None, 100));
        scope.set_paused(false, &log);
        assert_eq!(scope.rows(&log).len(), 1);
    }
}
