//! What of the log is looked at: filter, pause, the record that is selected, and where the scroll bar stands.

use mqttscope_link::{
    Content, FilterEdit, FilterFault, FilterView, Geometry, Gesture, Glance, LogView as LogFacts, Mark, Row,
    RowsView, Slot, Span, Step,
};
use mqttscope_log::filter::{Filter, FilterError, Matches, topic_matches, without_share};
use mqttscope_log::{Budget, Follower, Log, Topic};
use mqttscope_text::time::DAY;
use mqttscope_text::zone::Zone;

use crate::heights::PreviewHeights;
use crate::layout::{Anchor, Heights};
use crate::owners::Owners;
use crate::row;
use crate::rows::Rows;

/// What is looked at. The log is given with each call, and must be the same.
#[derive(Default)]
pub(crate) struct LogView {
    /// What the last filter without a mistake leaves; `None` for all.
    matches: Option<Matches>,
    /// What the subscriptions leave that are muted; `None` for all.
    heard: Option<Matches>,
    /// What a person has noted of subscriptions.
    marks: Vec<Mark>,
    /// Topic filters that are muted, with the filter that finds their connection; without one they are those of all.
    muted: Vec<(Option<String>, Vec<String>)>,
    /// What that filter was made from.
    applied: String,
    /// The page's connection that alone is shown, and the filter that finds it; `None` for all.
    connection: Option<(Slot, String)>,
    error: Option<FilterError>,
    heights: PreviewHeights,
    /// All rows are shown, those that match with a mark.
    shows_all: bool,
    /// The last slice did not come to the end of the log.
    is_behind: bool,
    /// The number behind the newest record when the view was paused.
    paused: Option<u32>,
    selected: Option<u32>,
    /// The time of the first record since the log was cleared.
    start: Option<u64>,
    clearings: u32,
    geometry: Geometry,
    gaze: Gaze,
}

/// Where a person looks, and where the log ended when they began to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Gaze {
    anchor: Anchor,
    end: u32,
}

/// The filter.
impl LogView {
    /// Takes a filter as it is typed; says whether it has no mistake. One with a mistake leaves the last that had none in
    /// force, and what is begun has no part in it yet, so that the view does not jump while a person types.
    pub(crate) fn set_filter(&mut self, edit: &FilterEdit, zone: &Zone) -> bool {
        let mut applied = edit.text.clone();
        let begun = edit.begun.start as usize..edit.begun.end as usize;
        // A range that is none of this text is no range.
        let is_begun = !begun.is_empty() && edit.text.get(begun.clone()).is_some();
        if is_begun {
            applied.replace_range(begun, "");
        }
        match Filter::parse(&applied, zone) {
            Ok(_) if self.applied == applied => self.error = None,
            Ok(filter) => {
                self.error = None;
                self.matches = if filter.is_empty() { None } else { self.scoped(&applied, zone) };
                self.applied = applied;
                self.heights.restart_matches();
            }
            // What is missing may be what is begun.
            Err(_) if is_begun => self.error = None,
            Err(error) => self.error = Some(error),
        }
        self.error.is_none()
    }

    /// Shows all rows and marks those that match, or only these.
    pub(crate) fn set_shows_all(&mut self, shows_all: bool) {
        self.shows_all = shows_all;
        self.heights.restart_matches();
    }

    /// Takes what a person has noted of subscriptions: messages to those that are muted are in no view, whatever the filter
    /// says. Says whether others are muted than before.
    pub(crate) fn set_marks(&mut self, marks: Vec<Mark>, owners: &Owners, zone: &Zone) -> bool {
        self.marks = marks;
        let is_other = self.follow_muted(owners);
        if is_other {
            self.restart(zone);
        }
        is_other
    }

    /// Says whether others are muted than before.
    fn follow_muted(&mut self, owners: &Owners) -> bool {
        let muted = muted(&self.marks, owners);
        let is_other = self.muted != muted;
        self.muted = muted;
        is_other
    }

    /// Shows the rows of one of the page's connections alone, or those of all, whatever the filter says.
    pub(crate) fn show_connection(&mut self, slot: Option<Slot>, owners: &Owners, zone: &Zone) {
        let connection = slot.map(|slot| (slot, owners.filter(slot)));
        if self.connection != connection {
            self.connection = connection;
            self.restart(zone);
        }
    }

    /// The messages to subscriptions that are muted, if any are.
    pub(crate) fn mute(&self) -> Option<Filter> {
        let of_one = |(connection, filters): &(Option<String>, Vec<String>)| {
            let messages = Filter::to_subscriptions(filters.iter().map(String::as_str));
            let connection = connection.as_ref().and_then(|text| Filter::parse(text, &Zone::UTC).ok());
            match connection {
                Some(connection) => connection.and(messages),
                None => messages,
            }
        };
        self.muted.iter().map(of_one).reduce(Filter::or)
    }

    /// A connection of the page has become another one of the log. Says whether others are muted than before.
    pub(crate) fn follow_connections(&mut self, owners: &Owners, zone: &Zone) -> bool {
        let is_other = self.follow_muted(owners);
        if is_other {
            self.restart(zone);
        }
        self.show_connection(self.connection.as_ref().map(|(slot, _)| *slot), owners, zone);
        is_other
    }

    /// Looks through the log anew.
    fn restart(&mut self, zone: &Zone) {
        let hides_some = self.connection.is_some() || !self.muted.is_empty();
        self.heard = if hides_some { self.scoped("", zone) } else { None };
        // It had no mistake before.
        let is_filtered = Filter::parse(&self.applied, zone).is_ok_and(|filter| !filter.is_empty());
        self.matches = if is_filtered { self.scoped(&self.applied, zone) } else { None };
        self.heights.restart_matches();
    }

    /// What a filter without a mistake leaves of what is not hidden.
    fn scoped(&self, filter: &str, zone: &Zone) -> Option<Matches> {
        let text = match &self.connection {
            None => filter.to_owned(),
            Some((_, connection)) if filter.trim().is_empty() => connection.clone(),
            Some((_, connection)) => ["(", filter, ") ", connection].concat(),
        };
        Filter::parse(&text, zone).ok().map(|filter| Matches::new(self.unmuted(filter)))
    }

    fn unmuted(&self, filter: Filter) -> Filter {
        match self.mute() {
            Some(muted) => filter.without(muted),
            None => filter,
        }
    }

    /// What is shown of the log; `None` for all.
    fn shown(&self) -> Option<&Matches> {
        if self.shows_all { self.heard.as_ref() } else { self.matches.as_ref().or(self.heard.as_ref()) }
    }

    /// What the filter has found so far; `None` without one.
    pub(crate) fn matches(&self) -> Option<&Matches> {
        self.matches.as_ref()
    }

    /// Which of the matches is selected, counted from 0.
    fn selected_match(&self) -> Option<usize> {
        let (matches, selected) = (self.matches()?, self.selected?);
        let at = matches.find(selected);
        (matches.get(at) == Some(selected)).then_some(at)
    }

    /// Whether a record is one of the matches, where they are marked.
    fn is_marked(&self, number: u32) -> bool {
        self.shows_all
            && self.matches().is_some_and(|matches| matches.get(matches.find(number)) == Some(number))
    }

    /// Goes on with what has come to the log, for one slice. Says whether that was all.
    pub(crate) fn advance(&mut self, log: &Log) -> bool {
        if self.clearings != log.clearings() {
            self.clearings = log.clearings();
            self.selected = None;
            self.start = None;
            self.paused = self.paused.map(|_| 0);
            self.gaze = Gaze::default();
        }
        if self.start.is_none()
            && let Some(record) = log.record(log.first())
        {
            self.start = Some(record.time);
        }
        let has_matches = self.matches.as_mut().is_none_or(|matches| matches.advance(log, SLICE));
        let has_heard = self.heard.as_mut().is_none_or(|heard| heard.advance(log, SLICE));
        let has_heights = self.heights.advance(log, SLICE);
        let Self { matches, heard, heights, shows_all, .. } = self;
        let shown = if *shows_all { heard.as_ref() } else { matches.as_ref().or(heard.as_ref()) };
        if let Some(shown) = shown {
            heights.follow_matches(log, shown);
        }
        self.is_behind = !(has_matches && has_heard && has_heights);
        !self.is_behind
    }

    /// Whether so much has come, or was left by the last slice, that it is worth a task of its own: what little comes
    /// with a message is done before the next view.
    pub(crate) fn has_work(&self, log: &Log) -> bool {
        let followed = [&self.matches, &self.heard].into_iter().flatten();
        let behind =
            followed.map(|matches| matches.behind(log)).max().unwrap_or(0).max(self.heights.behind(log));
        behind > if self.is_behind { 0 } else { FAR_BEHIND }
    }
}

/// Pause, selection, scroll bar.
impl LogView {
    /// Holds the view or lets it go on. The log goes on in any case.
    pub(crate) fn set_paused(&mut self, paused: bool, log: &Log) {
        self.paused = paused.then(|| log.end());
    }

    /// The number of the record that is selected.
    pub(crate) const fn selected(&self) -> Option<u32> {
        self.selected
    }

    /// Selects a record and brings it into view.
    pub(crate) fn select(&mut self, number: u32, log: &Log) {
        if self.selected == Some(number) {
            return;
        }
        self.selected = Some(number);
        let (heights, rows, view) = (self.heights(), self.rows(log), self.geometry.view);
        let mut anchor = heights.reveal(rows, self.gaze.anchor, view, number);
        // Rows that keep coming would take the selected one away; the newest is followed on purpose.
        if anchor == Anchor::Tail && number + 1 != log.end() {
            anchor = heights.hold(rows, heights.window(rows, anchor, view).scroll_top, view);
        }
        self.gaze = Gaze { anchor, end: log.end() };
    }

    /// Selects another record from the one that is selected.
    pub(crate) fn step(&mut self, step: Step, log: &Log) {
        let page = ((self.geometry.view / self.geometry.row.max(1.0)) as i64 - 1).max(1);
        let number = match step {
            Step::Rows(by) => self.row_from_selected(log, by.into()),
            Step::Views(by) => self.row_from_selected(log, i64::from(by) * page),
            Step::First => self.rows(log).len().checked_sub(1).map(|_| self.rows(log).number(0)),
            Step::NextMatch => self.match_from_selected(log, true),
            Step::PreviousMatch => self.match_from_selected(log, false),
            Step::Last => {
                let rows = self.rows(log);
                let newest = rows.len().checked_sub(1).map(|last| rows.number(last));
                self.gaze = Gaze::default();
                self.selected = newest.or(self.selected);
                return;
            }
        };
        if let Some(number) = number {
            self.select(number, log);
        }
    }

    /// Takes the geometry of the view.
    pub(crate) fn set_geometry(&mut self, geometry: Geometry) {
        self.geometry = geometry;
    }

    /// Does what a person does with the scroll bar.
    pub(crate) fn scroll(&mut self, gesture: Gesture, log: &Log) {
        let (heights, rows, view) = (self.heights(), self.rows(log), self.geometry.view);
        let anchor = match gesture {
            Gesture::Tail => return self.gaze = Gaze::default(),
            Gesture::To(top) => heights.anchor(rows, top, view),
            Gesture::Leave(_) if !self.is_following() => return,
            Gesture::Leave(_) if heights.window(rows, self.gaze.anchor, view).total <= view => return,
            Gesture::Leave(top) => heights.hold(rows, top, view),
        };
        self.gaze = Gaze { anchor, end: log.end() };
    }

    /// The number of the row that stands so many rows below the selected one, or above it; without a selection the
    /// newest row. `None` if there are no rows.
    fn row_from_selected(&self, log: &Log, step: i64) -> Option<u32> {
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
    fn match_from_selected(&self, log: &Log, forward: bool) -> Option<u32> {
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
}

/// What is seen.
impl LogView {
    /// The rows that are shown.
    fn rows<'a>(&'a self, log: &'a Log) -> Rows<'a> {
        Rows::new(log, self.shown(), self.paused).with_heights(&self.heights)
    }

    /// The rows around what is looked at, in words. Days are those of a zone, and today is the one of `now`, in microseconds
    /// since the Unix epoch: the first row of a log of today needs no date.
    pub(crate) fn rows_view(&self, log: &Log, owners: &Owners, zone: &Zone, now: u64) -> RowsView {
        let (rows, view) = (self.rows(log), self.geometry.view);
        let window = self.heights().window(rows, self.gaze.anchor, view);
        let (start, end) = window.places;
        let before = start.checked_sub(1).and_then(|place| log.record(rows.number(place)));
        let mut above = before.map(|record| record.time);
        let day_of = |time_of_day: u64| zone.local(time_of_day) / DAY;
        let mut day = day_of(before.map_or(now, |record| log.time_of_day(record)));
        let mut drawn = Vec::with_capacity((end - start) as usize);
        let is_one = owners.is_one();
        for place in start..end {
            let number = rows.number(place);
            let is_verbose = self.geometry.half_line > 0.0;
            let Some(mut row) = row::row(log, number, is_verbose) else { continue };
            row.slot = log.record(number).and_then(|record| owners.slot(record.connection));
            self.mark(log, &mut row, is_one);
            row.above = above;
            row.is_found = self.is_marked(number);
            above = Some(row.time);
            let own_day = day_of(row.time_of_day);
            row.is_new_day = std::mem::replace(&mut day, own_day) != own_day;
            drawn.push(row);
        }
        let is_following = self.is_following();
        RowsView {
            count: rows.len(),
            first_place: start,
            rows: drawn,
            offset: window.offset,
            total: window.total,
            scroll_top: window.scroll_top,
            is_following,
            is_newest_seen: window.scroll_top + view >= window.total,
            new: if is_following { 0 } else { rows.len() - rows.place(self.gaze.end) },
        }
    }

    /// The log as a whole.
    pub(crate) fn facts(&self, log: &Log) -> LogFacts {
        let fault = self.error.as_ref().map(|error| FilterFault {
            range: Span { start: error.range.start as u32, end: error.range.end as u32 },
            words: error.words.clone().into_owned(),
        });
        LogFacts {
            first: log.first(),
            end: log.end(),
            start: self.start.unwrap_or_default(),
            paused: self.paused.map(|paused| log.end().saturating_sub(paused)),
            selected: self.selected,
            filter: FilterView {
                matches: self.matches().map(|matches| matches.len() as u32),
                selected_match: self.selected_match().map(|at| at as u32),
                fault,
            },
            glance: Glance::default(),
            is_unsaved: false,
            slots: Vec::new(),
            shown_slot: self.connection.as_ref().map(|(slot, _)| *slot),
            subscriptions: Vec::new(),
            exporting: None,
            importing: None,
        }
    }

    /// Gives the row of a message the colour of the first subscription that it has come to. Where there is one connection,
    /// what a capture has brought may have come to its subscriptions too.
    fn mark(&self, log: &Log, row: &mut Row, is_one: bool) {
        let Content::Packet(packet) = &mut row.content else { return };
        if packet.out || !packet.is_publish {
            return;
        }
        let topic = log.record(row.number).and_then(|record| log.topic(row.number, record));
        if let Some(Topic::Name(name)) = topic {
            let is_of = |mark: &&Mark| {
                (is_one || row.slot == Some(mark.slot))
                    && topic_matches(without_share(&mark.filter).as_bytes(), name)
            };
            let mut coloured = self.marks.iter().filter(|mark| mark.colour > 0);
            packet.mark = coloured.find(is_of).map_or(0, |mark| mark.colour);
        }
    }

    fn is_following(&self) -> bool {
        self.gaze.anchor == Anchor::Tail
    }

    fn heights(&self) -> Heights {
        Heights { row: self.geometry.row.max(1.0), half_line: self.geometry.half_line }
    }
}

/// The topic filters of subscriptions that are muted, connection by connection.
fn muted(marks: &[Mark], owners: &Owners) -> Vec<(Option<String>, Vec<String>)> {
    let mut muted: Vec<(Option<String>, Vec<String>)> = Vec::new();
    for mark in marks.iter().filter(|mark| mark.is_muted) {
        let connection = (!owners.is_one()).then(|| owners.filter(mark.slot));
        match muted.iter_mut().find(|(known, _)| *known == connection) {
            Some((_, filters)) => filters.push(mark.filter.clone()),
            None => muted.push((connection, vec![mark.filter.clone()])),
        }
    }
    muted
}

/// Records that may wait for the next view.
const FAR_BEHIND: u32 = 4_096;
/// What a slice of the filter looks at: well under a millisecond for what only looks at header fields.
const SLICE: Budget = Budget { records: 8_192, bytes: 256 << 10 };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{log_of as new_log, sent};
    use std::ops::Range;

    #[test]
    fn where_a_day_begins_is_told() {
        let mut log = new_log(1 << 20);
        let noon = 20_000 * DAY + DAY / 2;
        // 12:00, 18:00, 24:00, .. of two days in UTC.
        for quarter in 0..8 {
            sent(&mut log, noon + quarter * DAY / 4, b"\xc0\x00");
        }
        let view =
            LogView { geometry: Geometry { view: 480.0, ..Geometry::default() }, ..LogView::default() };
        let begun = |zone: Zone, now: u64| {
            let rows = view.rows_view(&log, &Owners::default(), &zone, now).rows;
            rows.iter().filter(|row| row.is_new_day).map(|row| row.number).collect::<Vec<_>>()
        };
        assert_eq!(begun(Zone::UTC, noon), [2, 6]);
        assert_eq!(begun(Zone::fixed(6 * 60), noon), [1, 5]);
        // The log begins on another day than today.
        assert_eq!(begun(Zone::UTC, noon + 30 * DAY), [0, 2, 6]);
    }

    fn log_of(rows: u64) -> Log {
        let mut log = new_log(64 << 20);
        for time in 0..rows {
            let frame: &[u8] = if time % 3 == 0 { b"\x30\x05\x00\x01thi" } else { b"\xc0\x00" };
            sent(&mut log, time, frame);
        }
        log
    }

    fn edit(text: &str, begun: Range<u32>) -> FilterEdit {
        FilterEdit { text: text.into(), begun: Span { start: begun.start, end: begun.end }, is_used: false }
    }

    fn filtered(log: &Log, text: &str) -> LogView {
        let mut view = LogView::default();
        view.set_filter(&edit(text, 0..0), &Zone::UTC);
        while !view.advance(log) {}
        view
    }

    #[test]
    fn a_filter_leaves_rows_and_a_mistake_leaves_the_filter() {
        let log = log_of(10);
        let mut view = filtered(&log, "type:publish");
        assert_eq!(view.rows(&log).len(), 4);
        view.set_filter(&edit("type:publish type:x", 0..0), &Zone::UTC);
        assert_eq!(view.error.as_ref().map(|error| error.range.start), Some(18));
        assert_eq!(view.rows(&log).len(), 4);
        view.set_filter(&edit("", 0..0), &Zone::UTC);
        assert_eq!((view.rows(&log).len(), view.error.is_none()), (10, true));
    }

    #[test]
    fn what_is_only_begun_leaves_the_view() {
        let log = log_of(10);
        let mut view = filtered(&log, "type:publish");
        for (text, begun) in [("type:publish q", 13..14), ("type:publish not q", 17..18)] {
            view.set_filter(&edit(text, begun), &Zone::UTC);
            while !view.advance(&log) {}
            assert_eq!((view.rows(&log).len(), view.error.is_none()), (4, true));
        }
        view.set_filter(&edit("type:publish q", 0..0), &Zone::UTC);
        while !view.advance(&log) {}
        assert_eq!(view.rows(&log).len(), 0);
    }

    #[test]
    fn matches_can_be_marked_among_all() {
        let log = log_of(10);
        let mut view = filtered(&log, "type:publish");
        view.set_shows_all(true);
        assert_eq!(view.rows(&log).len(), 10);
        assert_eq!([2, 3, 4].map(|number| view.is_marked(number)), [false, true, false]);
    }

    #[test]
    fn the_selection_moves_from_row_to_row() {
        let log = log_of(10);
        let mut view = filtered(&log, "type:publish");
        assert_eq!(view.row_from_selected(&log, -1), Some(9));
        view.select(3, &log);
        assert_eq!(view.row_from_selected(&log, 1), Some(6));
        assert_eq!(view.row_from_selected(&log, -9), Some(0));
        view.select(4, &log);
        assert_eq!((view.row_from_selected(&log, 1), view.row_from_selected(&log, -1)), (Some(6), Some(3)));
    }

    #[test]
    fn the_search_goes_around() {
        let log = log_of(10);
        let mut view = filtered(&log, "type:publish");
        view.set_shows_all(true);
        assert_eq!(
            (view.match_from_selected(&log, true), view.match_from_selected(&log, false)),
            (Some(0), Some(9))
        );
        view.select(4, &log);
        assert_eq!(
            (view.match_from_selected(&log, true), view.match_from_selected(&log, false)),
            (Some(6), Some(3))
        );
        view.select(9, &log);
        assert_eq!(view.match_from_selected(&log, true), Some(0));
    }

    #[test]
    fn a_pause_holds_the_view_and_clearing_empties_it() {
        let mut log = log_of(10);
        let mut view = filtered(&log, "");
        view.set_paused(true, &log);
        view.select(4, &log);
        sent(&mut log, 99, b"\xc0\x00");
        assert_eq!(view.rows(&log).len(), 10);
        log.clear();
        sent(&mut log, 100, b"\xc0\x00");
        view.advance(&log);
        assert_eq!((view.rows(&log).len(), view.selected(), view.facts(&log).start), (0, None, 100));
        view.set_paused(false, &log);
        assert_eq!(view.rows(&log).len(), 1);
    }
}
