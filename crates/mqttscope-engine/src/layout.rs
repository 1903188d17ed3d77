//! Where the rows of the log stand: heights, offsets, and which rows can be seen. Numbers only.
//!
//! A row's height follows from its record alone, so that a row is found by binary search and nothing is measured.

use crate::rows::Rows;

/// The heights of a row's parts in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Heights {
    /// A row without its hex preview.
    pub row: f64,
    /// Half a line of the hex preview; 0 without previews.
    pub half_line: f64,
}

/// What a person looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Anchor {
    /// The newest row, whatever it is.
    #[default]
    Tail,
    /// A row at the top edge, and how many pixels of it are above the edge.
    Row { number: u32, above: f64 },
}

/// The part of the log that is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Window {
    /// Places of the first row and of the one behind the last.
    pub places: (u32, u32),
    /// Offset of the first row from the top of the scrolled content.
    pub offset: f64,
    /// Height of the scrolled content.
    pub total: f64,
    /// Where the scroll bar belongs.
    pub scroll_top: f64,
}

impl Heights {
    fn offset(self, rows: Rows<'_>, place: u32) -> f64 {
        // Nothing has to be summed up where no preview is shown.
        let half_lines = if self.half_line > 0.0 { rows.half_lines_before(place) } else { 0 };
        f64::from(place) * self.row + f64::from(half_lines) * self.half_line
    }

    /// The place of the row at a distance from the top.
    fn place_at(self, rows: Rows<'_>, distance: f64) -> u32 {
        let (mut low, mut high) = (0, rows.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.offset(rows, middle + 1) <= distance {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// What is drawn for an anchor in a view of a certain height. While the newest rows are followed, few are drawn
    /// beyond those that can be seen. Else at least half a view more on both sides, for what a person scrolls before the
    /// next answer, in whole steps: while the scroll bar moves less than a step, the same rows stay.
    pub(crate) fn window(self, rows: Rows<'_>, anchor: Anchor, view: f64) -> Window {
        let scale = Scale::new(self.offset(rows, rows.len()), view);
        let top = match anchor {
            // In the place of a row that was dropped, or that a filter takes away, stands the next.
            Anchor::Row { number, above } => {
                let place = rows.place(number);
                let above = if rows.number(place) == number { above } else { 0.0 };
                within(self.offset(rows, place) + above, scale.last_top())
            }
            Anchor::Tail => scale.last_top(),
        };
        let (first, end) = if anchor == Anchor::Tail {
            let first = self.place_at(rows, top).saturating_sub(OVERSCAN);
            (first, self.place_at(rows, top + view).saturating_add(OVERSCAN + 1))
        } else {
            let beyond = view / 2.0;
            let step = ((beyond / self.row) as u32).max(OVERSCAN);
            let first = self.place_at(rows, top - beyond) / step * step;
            (first, (self.place_at(rows, top + view + beyond) / step + 1).saturating_mul(step))
        };
        let end = end.min(rows.len());
        let scroll_top = scale.scroll_top_of(top);
        Window {
            places: (first, end),
            offset: scroll_top + self.offset(rows, first) - top,
            total: scale.content(),
            scroll_top,
        }
    }

    /// The anchor that a position of the scroll bar means.
    pub(crate) fn anchor(self, rows: Rows<'_>, scroll_top: f64, view: f64) -> Anchor {
        let scale = Scale::new(self.offset(rows, rows.len()), view);
        let top = scale.top_at(scroll_top);
        if top + 2.0 >= scale.last_top() {
            return Anchor::Tail;
        }
        self.hold(rows, scroll_top, view)
    }

    /// The row at the top edge, at the tail too: where new rows are not to be followed any more.
    pub(crate) fn hold(self, rows: Rows<'_>, scroll_top: f64, view: f64) -> Anchor {
        let top = Scale::new(self.offset(rows, rows.len()), view).top_at(scroll_top);
        let place = self.place_at(rows, top);
        Anchor::Row { number: rows.number(place), above: top - self.offset(rows, place) }
    }

    /// The anchor that shows a row whole, with as little movement as that takes: none if it is in view already, to the
    /// nearer edge if it is close by, else so that it stands in the middle.
    pub(crate) fn reveal(self, rows: Rows<'_>, anchor: Anchor, view: f64, number: u32) -> Anchor {
        let place = rows.place(number);
        let (start, end) = (self.offset(rows, place), self.offset(rows, (place + 1).min(rows.len())));
        let scale = Scale::new(self.offset(rows, rows.len()), view);
        let top = scale.top_at(self.window(rows, anchor, view).scroll_top);
        let wanted = if start >= top && end <= top + view {
            return anchor;
        } else if start < top && start > top - view {
            start
        } else if end > top + view && end < top + 2.0 * view {
            (end - view).min(start)
        } else {
            start - view / 2.0
        };
        self.hold(rows, scale.scroll_top_of(within(wanted, scale.last_top())), view)
    }
}

/// Browsers limit the height of an element (Firefox to about 17 million pixels), so a longer log scrolls faster
/// than its scroll bar says.
struct Scale {
    full: f64,
    view: f64,
}

impl Scale {
    fn new(full: f64, view: f64) -> Self {
        Self { full, view }
    }

    fn content(&self) -> f64 {
        self.full.min(MAX_CONTENT)
    }

    fn last_top(&self) -> f64 {
        (self.full - self.view).max(0.0)
    }

    fn factor(&self) -> f64 {
        if self.full <= MAX_CONTENT { 1.0 } else { self.last_top() / (MAX_CONTENT - self.view) }
    }

    fn scroll_top_of(&self, top: f64) -> f64 {
        top / self.factor()
    }

    fn top_at(&self, scroll_top: f64) -> f64 {
        within(scroll_top * self.factor(), self.last_top())
    }
}

/// The nearest value from 0 to `most`. `f64::clamp` can panic, and its words bring the formatting of floats along.
fn within(value: f64, most: f64) -> f64 {
    value.max(0.0).min(most)
}

/// Rows that are drawn above and below those that can be seen, so that scrolling shows no gap.
const OVERSCAN: u32 = 6;
const MAX_CONTENT: f64 = 12_000_000.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{CONNECTION, log_of as new_log, sent};
    use mqttscope_log::{Event, Log};

    const PLAIN: Heights = Heights { row: 24.0, half_line: 0.0 };
    const VERBOSE: Heights = Heights { row: 24.0, half_line: 8.0 };

    fn log_of(rows: u32) -> Log {
        let mut log = new_log(256 << 20);
        for time in 0..u64::from(rows) {
            sent(&mut log, time, b"\xc0\x00");
        }
        log
    }

    fn all(log: &Log) -> Rows<'_> {
        Rows::new(log, None, None)
    }

    #[test]
    fn the_tail_is_at_the_bottom() {
        let log = log_of(10_000);
        let window = PLAIN.window(all(&log), Anchor::Tail, 480.0);
        assert_eq!(window.total, 240_000.0);
        assert_eq!(window.scroll_top, 240_000.0 - 480.0);
        assert_eq!(window.places.1, 10_000);
        assert!(window.places.1 - window.places.0 < 40, "{:?}", window.places);
        assert_eq!(PLAIN.anchor(all(&log), window.scroll_top, 480.0), Anchor::Tail);
    }

    #[test]
    fn an_anchor_survives_a_round_trip() {
        let log = log_of(1_000);
        for heights in [PLAIN, VERBOSE] {
            let anchor = Anchor::Row { number: 417, above: 7.0 };
            let window = heights.window(all(&log), anchor, 480.0);
            assert_eq!(heights.anchor(all(&log), window.scroll_top, 480.0), anchor);
            assert!(window.offset <= window.scroll_top);
        }
    }

    #[test]
    fn while_little_is_scrolled_the_same_rows_are_drawn() {
        let log = log_of(10_000);
        let rows = all(&log);
        let mut drawn = Vec::new();
        for top in (100_000..101_000).step_by(50) {
            let anchor = PLAIN.anchor(rows, f64::from(top), 480.0);
            let window = PLAIN.window(rows, anchor, 480.0);
            let (first, end) = window.places;
            assert!(f64::from(first) * 24.0 <= f64::from(top) - 240.0, "{top}: {first}");
            assert!(f64::from(end) * 24.0 >= f64::from(top) + 720.0, "{top}: {end}");
            assert!(end - first <= 60, "{top}: {first} to {end}");
            assert_eq!(window.offset, f64::from(first) * 24.0);
            if drawn.last() != Some(&window.places) {
                drawn.push(window.places);
            }
        }
        assert!(drawn.len() <= 10, "{drawn:?}");
    }

    #[test]
    fn switching_previews_on_keeps_the_row_at_the_top() {
        let mut log = log_of(100);
        log.push_event(0, CONNECTION, Event::PingWithheld);
        let window = VERBOSE.window(all(&log), Anchor::Row { number: 50, above: 0.0 }, 100.0);
        // A preview of one line: two half lines and the margin.
        assert_eq!(window.scroll_top, 50.0 * (24.0 + 3.0 * 8.0));
        assert_eq!(window.total, 101.0 * 24.0 + 100.0 * 24.0);
    }

    #[test]
    fn a_short_log_does_not_scroll() {
        let log = log_of(3);
        let window = PLAIN.window(all(&log), Anchor::Tail, 480.0);
        assert_eq!((window.places, window.offset, window.scroll_top), ((0, 3), 0.0, 0.0));
        assert_eq!(PLAIN.window(all(&Log::new(1 << 20)), Anchor::Tail, 480.0).places, (0, 0));
    }

    #[test]
    fn a_million_rows_fit_into_an_elements_height() {
        let log = log_of(1_000_000);
        let window = PLAIN.window(all(&log), Anchor::Tail, 480.0);
        assert_eq!((window.places.1, window.total), (1_000_000, MAX_CONTENT));
        assert!((window.scroll_top - (MAX_CONTENT - 480.0)).abs() < 1.0);
        assert_eq!(PLAIN.anchor(all(&log), MAX_CONTENT - 480.0, 480.0), Anchor::Tail);
        let Anchor::Row { number, .. } = PLAIN.anchor(all(&log), MAX_CONTENT / 2.0, 480.0) else {
            panic!("the middle is not the tail");
        };
        assert!(number.abs_diff(500_000) < 100, "{number}");
    }

    #[test]
    fn a_row_that_was_dropped_is_replaced_by_the_oldest() {
        let mut log = new_log(1 << 20);
        for time in 0..200_000 {
            sent(&mut log, time, b"\xc0\x00");
        }
        assert!(log.first() > 0);
        let window = PLAIN.window(all(&log), Anchor::Row { number: 0, above: 5.0 }, 480.0);
        assert_eq!((window.places.0, window.scroll_top), (0, 0.0));
    }

    #[test]
    fn a_row_is_revealed_with_little_movement() {
        let log = log_of(1_000);
        let rows = all(&log);
        let at = |number| Anchor::Row { number, above: 0.0 };
        assert_eq!(PLAIN.reveal(rows, at(100), 480.0, 110), at(100));
        assert_eq!(PLAIN.reveal(rows, at(100), 480.0, 99), at(99));
        assert_eq!(PLAIN.reveal(rows, at(100), 480.0, 120), at(101));
        assert_eq!(PLAIN.reveal(rows, at(100), 480.0, 500), at(490));
        assert_eq!(PLAIN.reveal(rows, Anchor::Tail, 480.0, 999), Anchor::Tail);
        assert_eq!(PLAIN.reveal(rows, Anchor::Tail, 480.0, 0), at(0));
    }
}
