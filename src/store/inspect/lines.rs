//! Which lines of a long list can be seen: all lines are equally high, so nothing is measured.

use std::ops::Range;

/// A list of lines in a view that scrolls. Heights are in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lines {
    pub count: usize,
    /// Height of a line.
    pub line: u32,
    /// Height of the view.
    pub view: u32,
}

/// The part of a list that is drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub lines: Range<usize>,
    /// Offset of the first line from the top of the scrolled content.
    pub offset: u64,
    /// Height of the scrolled content.
    pub total: u64,
}

impl Window {
    /// Offset of a line that is drawn, where lines have that height.
    #[must_use]
    pub fn offset_of(&self, line: usize, height: u32) -> u64 {
        self.offset + line.saturating_sub(self.lines.start) as u64 * u64::from(height)
    }
}

impl Lines {
    /// What is drawn at a position of the scroll bar.
    #[must_use]
    pub fn window(&self, scroll_top: u32) -> Window {
        let line = u64::from(self.line);
        let top = self.top_at(scroll_top.into());
        let first = (top / line).saturating_sub(OVERSCAN);
        let end = ((top + u64::from(self.view)) / line + 1 + OVERSCAN).min(self.count as u64);
        Window {
            lines: first.min(end) as usize..end as usize,
            offset: (u64::from(scroll_top) + first * line).saturating_sub(top),
            total: self.total(),
        }
    }

    /// The lines to have at hand at a position of the scroll bar: those in sight, and a view more above and below. They
    /// are counted in whole views, so that they stay the same while little is scrolled, and may lie behind the last
    /// line.
    #[must_use]
    pub fn wanted(&self, scroll_top: u32) -> Range<usize> {
        let page = self.page().max(2 * OVERSCAN as usize);
        let at = (self.top_at(scroll_top.into()) / u64::from(self.line)) as usize / page;
        at.saturating_sub(1) * page..(at + 3) * page
    }

    /// Where the scroll bar must be for a line to be seen: as near as possible to where it is.
    #[must_use]
    pub fn reveal(&self, line: usize, scroll_top: u32) -> u32 {
        let (start, end) = (line as u64 * u64::from(self.line), (line as u64 + 1) * u64::from(self.line));
        let top = self.top_at(scroll_top.into());
        if start >= top && end <= top + u64::from(self.view) {
            return scroll_top;
        }
        let wanted = if self.is_scaled() {
            // A pixel of the scroll bar is several lines: the middle is surely in sight.
            (start + end).saturating_sub(self.view.into()) / 2
        } else if start < top {
            start
        } else {
            end.saturating_sub(self.view.into())
        };
        let wanted = wanted.min(self.last_top());
        match (self.is_scaled(), self.total().saturating_sub(self.view.into())) {
            (true, last) => (wanted * last / self.last_top().max(1)) as u32,
            (false, _) => wanted as u32,
        }
    }

    /// How many whole lines the view holds, at least one.
    #[must_use]
    pub fn page(&self) -> usize {
        (self.view / self.line).max(1) as usize
    }

    fn full(&self) -> u64 {
        self.count as u64 * u64::from(self.line)
    }

    fn total(&self) -> u64 {
        self.full().min(MAX_CONTENT)
    }

    fn last_top(&self) -> u64 {
        self.full().saturating_sub(self.view.into())
    }

    fn is_scaled(&self) -> bool {
        self.full() > MAX_CONTENT
    }

    /// The distance between the top of the list and the top of the view.
    fn top_at(&self, scroll_top: u64) -> u64 {
        let top = if self.is_scaled() {
            scroll_top * self.last_top() / self.total().saturating_sub(self.view.into()).max(1)
        } else {
            scroll_top
        };
        top.min(self.last_top())
    }
}

/// The place that a key leads to from another among `count`, where a line holds `line` places and a page `page`.
#[must_use]
pub fn moved(key: &str, at: usize, count: usize, line: usize, page: usize) -> Option<usize> {
    let to = match key {
        "ArrowLeft" => at.saturating_sub(1),
        "ArrowRight" => at + 1,
        "ArrowUp" => at.checked_sub(line).unwrap_or(at),
        "ArrowDown" if at + line < count => at + line,
        "ArrowDown" => at,
        "PageUp" => at.saturating_sub(page * line),
        "PageDown" => at + page * line,
        "Home" => 0,
        "End" => usize::MAX,
        _ => return None,
    };
    Some(to.min(count.checked_sub(1)?))
}

/// Lines above and below the view that are drawn as well.
const OVERSCAN: u64 = 4;
/// Browsers limit the height of an element (Firefox to about 17 million pixels), so a longer list scrolls faster
/// than its scroll bar says.
const MAX_CONTENT: u64 = 10_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_in_sight_are_drawn() {
        let lines = Lines { count: 1_000, line: 20, view: 100 };
        assert_eq!(lines.window(0), Window { lines: 0..10, offset: 0, total: 20_000 });
        assert_eq!(lines.window(10_000), Window { lines: 496..510, offset: 9_920, total: 20_000 });
        assert_eq!(lines.window(19_900).lines.end, 1_000);
        assert_eq!(Lines { count: 0, ..lines }.window(0), Window::default());
    }

    #[test]
    fn lines_at_hand_are_all_that_can_be_seen_and_seldom_others() {
        for view in [30, 100, 310] {
            let lines = Lines { count: 1_000, line: 20, view };
            let mut at_hand = Vec::new();
            for scroll_top in 0..20_000 - view {
                let (wanted, window) = (lines.wanted(scroll_top), lines.window(scroll_top));
                assert!(wanted.start <= window.lines.start && window.lines.end <= wanted.end);
                at_hand.push(wanted);
            }
            at_hand.dedup();
            assert!(at_hand.len() <= 1_000 / lines.page().max(8) + 1, "{}", at_hand.len());
        }
        let unknown = Lines { count: 0, line: 20, view: 310 };
        assert_eq!(unknown.wanted(5_000), Lines { count: 1_000, ..unknown }.wanted(0));
    }

    #[test]
    fn a_line_that_is_drawn_stands_where_it_is_counted() {
        let window = Lines { count: 1_000, line: 20, view: 100 }.window(10_000);
        assert_eq!([496, 500].map(|line| window.offset_of(line, 20)), [9_920, 10_000]);
    }

    #[test]
    fn a_list_that_became_shorter_shows_its_end() {
        let lines = Lines { count: 10, line: 20, view: 100 };
        assert_eq!(lines.window(5_000).lines.end, 10);
    }

    #[test]
    fn a_line_is_revealed_with_the_least_scrolling() {
        let lines = Lines { count: 1_000, line: 20, view: 100 };
        assert_eq!(lines.reveal(3, 0), 0);
        assert_eq!(lines.reveal(5, 0), 20);
        assert_eq!(lines.reveal(2, 500), 40);
        assert_eq!(lines.reveal(999, 0), 19_900);
        assert_eq!(lines.page(), 5);
    }

    #[test]
    fn keys_lead_to_places() {
        let cases = [
            ("ArrowLeft", 17, Some(16)),
            ("ArrowRight", 99, Some(99)),
            ("ArrowUp", 17, Some(1)),
            ("ArrowUp", 5, Some(5)),
            ("ArrowDown", 80, Some(96)),
            ("ArrowDown", 90, Some(90)),
            ("PageDown", 17, Some(65)),
            ("PageUp", 17, Some(0)),
            ("Home", 17, Some(0)),
            ("End", 17, Some(99)),
            ("a", 17, None),
        ];
        for (key, at, expected) in cases {
            assert_eq!(moved(key, at, 100, 16, 3), expected, "{key}");
        }
        assert_eq!(moved("End", 0, 0, 1, 1), None);
    }

    #[test]
    fn a_list_that_is_too_high_is_scaled_and_every_line_is_reached() {
        let lines = Lines { count: 33_554_432, line: 18, view: 200 };
        for line in [0, 1, 12_345_678, 33_554_431] {
            let scroll_top = lines.reveal(line, 4_000_000);
            let window = lines.window(scroll_top);
            assert!(window.lines.contains(&line), "{line}: {window:?}");
            assert!(window.total <= MAX_CONTENT && window.offset <= window.total);
        }
    }
}
