//! Where the points of a chart stand, what its axes say, and what span of time is looked at.

use mqttscope_link::{ChartColumn, ChartLine, ChartView};
use mqttscope_text::number;
use mqttscope_text::time::date_text;
use mqttscope_text::zone::Zone;

use crate::store::text::concat;

/// A span of time, in microseconds since the Unix epoch.
pub type Span = (u64, u64);

/// Where times and values stand in an area, in CSS pixels from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub span: Span,
    /// The values at the lower and the upper edge.
    pub min: f64,
    pub max: f64,
    pub width: u32,
    pub height: u32,
}

impl Scale {
    /// That of what is shown: all values that are, with a little room around them.
    #[must_use]
    pub fn of(shown: &ChartView, width: u32, height: u32) -> Self {
        let columns = shown.lines.iter().flat_map(|line| &line.columns);
        let bounds = columns.map(|column| (column.min, column.max));
        let (min, max) =
            bounds.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))).unwrap_or((0.0, 1.0));
        let range = max - min;
        let room = if range > 0.0 && range.is_finite() { range * 0.06 } else { (min.abs() * 0.1).max(1.0) };
        Self { span: shown.span, min: min - room, max: max + room, width, height }
    }

    /// Where a time stands, which may be outside.
    #[must_use]
    pub fn x(&self, time: u64) -> f64 {
        let len = (self.span.1 - self.span.0).max(1) as f64;
        let since = number::difference(self.span.0, time) as f64;
        since / len * f64::from(self.width)
    }

    /// Where a value stands.
    #[must_use]
    pub fn y(&self, value: f64) -> f64 {
        (self.max - value) / (self.max - self.min) * f64::from(self.height)
    }

    /// The time at a place.
    #[must_use]
    pub fn time_at(&self, x: f64) -> u64 {
        let len = (self.span.1 - self.span.0) as f64;
        let share = (x / f64::from(self.width.max(1))).clamp(0.0, 1.0);
        self.span.0 + (len * share) as u64
    }

    /// A line as the data of a path, and its points as those of another; `columns` is how many the line has.
    #[must_use]
    pub fn paths(&self, line: &ChartLine, columns: u32) -> [String; 2] {
        let (mut path, mut dots) = (String::new(), String::new());
        let is_sparse = line.columns.len() * DOT < self.width as usize;
        let mut is_open = false;
        let step = |path: &mut String, is_open: &mut bool, x: f64, value: f64| {
            path.push(if std::mem::replace(is_open, true) { 'L' } else { 'M' });
            push_tenths(path, x);
            path.push(' ');
            push_tenths(path, self.y(value));
        };
        if let Some((time, value)) = line.beside[0] {
            step(&mut path, &mut is_open, self.x(time), value);
        }
        for (at, column) in line.columns.iter().enumerate() {
            let x = self.column_x(column, columns);
            is_open &= !column.is_after_gap;
            step(&mut path, &mut is_open, x, column.first);
            if column.min < column.max {
                for value in [column.min, column.max, column.last] {
                    step(&mut path, &mut is_open, x, value);
                }
            }
            let is_alone = column.is_after_gap && line.columns.get(at + 1).is_none_or(|it| it.is_after_gap);
            if is_sparse || is_alone {
                let mut is_dot = false;
                step(&mut dots, &mut is_dot, x, column.last);
                dots.push_str("h0");
            }
        }
        if let Some((time, value)) = line.beside[1] {
            step(&mut path, &mut is_open, self.x(time), value);
        }
        [path, dots]
    }

    /// Where a column stands: a single point where its time is.
    #[must_use]
    pub fn column_x(&self, column: &ChartColumn, columns: u32) -> f64 {
        if column.points == 1 {
            return self.x(column.time);
        }
        (f64::from(column.at) + 0.5) * f64::from(self.width) / f64::from(columns.max(1))
    }

    /// Values to be named at the side.
    #[must_use]
    pub fn value_ticks(&self) -> Vec<f64> {
        let most = f64::from((self.height / VALUE_TICK).max(1));
        let Some(step) = nice((self.max - self.min) / most) else { return Vec::new() };
        let first = (self.min / step).ceil();
        (0..self.height / VALUE_TICK + 2)
            .map(|at| (first + f64::from(at)) * step)
            .take_while(|value| *value <= self.max)
            .collect()
    }

    /// Times to be named below, with their words.
    #[must_use]
    pub fn time_ticks(&self, zone: &Zone) -> Vec<(u64, String)> {
        let most = u64::from((self.width / TIME_TICK).max(1));
        let len = self.span.1 - self.span.0;
        let step = time_step(len / most);
        let ahead = zone.local(self.span.0).wrapping_sub(self.span.0);
        let first = zone.local(self.span.0).next_multiple_of(step).wrapping_sub(ahead);
        let ticks = (0..=most).map(|at| first.saturating_add(at * step));
        ticks
            .take_while(|time| *time <= self.span.1)
            .map(|time| (time, tick_words(zone.local(time), step)))
            .collect()
    }
}

/// A span that is closer to a time, or farther from it, within what there is; `None` for all of it.
#[must_use]
pub fn zoomed(span: Span, whole: Span, around: u64, closer: bool) -> Option<Span> {
    let len = span.1 - span.0;
    let new = if closer {
        (len / 5 * 4).max(LEAST.min(len))
    } else {
        len.saturating_add(len / 4).saturating_add(4)
    };
    let before = u128::from(around.clamp(span.0, span.1) - span.0) * u128::from(new) / u128::from(len.max(1));
    let start = around.saturating_sub(before as u64);
    within((start, start.saturating_add(new)), whole)
}

/// A span that is later or earlier, by tenths of its length.
#[must_use]
pub fn moved(span: Span, whole: Span, tenths: i64) -> Option<Span> {
    let by = ((span.1 - span.0) / 10).max(1).cast_signed().saturating_mul(tenths);
    let start = span.0.saturating_add_signed(by);
    within((start, start.saturating_add(span.1 - span.0)), whole)
}

/// A span that does not leave what there is; `None` if it is all of that.
#[must_use]
pub fn within(span: Span, whole: Span) -> Option<Span> {
    let len = span.1 - span.0;
    if len >= whole.1.saturating_sub(whole.0) {
        return None;
    }
    let start = span.0.clamp(whole.0, whole.1 - len);
    Some((start, start + len))
}

/// The smallest of 1, 2 and 5 times a power of ten that is not less.
fn nice(least: f64) -> Option<f64> {
    if !least.is_finite() || least <= 0.0 {
        return None;
    }
    let mut power = 1.0;
    while power > least {
        power /= 10.0;
    }
    while power * 10.0 <= least {
        power *= 10.0;
    }
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= least)
}

fn time_step(least: u64) -> u64 {
    let mut power = 1;
    // Below a second it is as with numbers.
    while power < SECOND {
        if let Some(step) = [1, 2, 5].into_iter().map(|times| times * power).find(|step| *step >= least) {
            return step;
        }
        power *= 10;
    }
    let known = STEPS.into_iter().map(|seconds| seconds * SECOND).find(|step| *step >= least);
    known.unwrap_or_else(|| least.next_multiple_of(DAY * SECOND))
}

fn tick_words(local: u64, step: u64) -> String {
    let time = number::time_of_day(local);
    if step >= DAY * SECOND {
        return date_text(local);
    }
    if step < 1_000 {
        return concat(&[&time, &number::plain(1_000 + local % 1_000)[1..]]);
    }
    let len = if step < SECOND {
        12
    } else if step < 60 * SECOND {
        8
    } else {
        5
    };
    time.get(..len).unwrap_or(&time).to_owned()
}

/// Writes a number with one decimal.
pub fn push_tenths(out: &mut String, value: f64) {
    let tenths = (value * 10.0).round().clamp(-1e7, 1e7) as i64;
    if tenths < 0 {
        out.push('-');
    }
    number::push_number(out, tenths.unsigned_abs() / 10);
    if tenths % 10 != 0 {
        out.push('.');
        number::push_number(out, tenths.unsigned_abs() % 10);
    }
}

/// Pixels for each point where each is drawn.
const DOT: usize = 8;
/// Pixels from one named value or time to the next, at least.
const VALUE_TICK: u32 = 36;
const TIME_TICK: u32 = 110;
/// Microseconds that are looked at, at least.
const LEAST: u64 = 20;
const SECOND: u64 = 1_000_000;
/// Seconds.
const DAY: u64 = 86_400;
/// Seconds from one named time to the next.
const STEPS: [u64; 16] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, DAY];

#[cfg(test)]
mod tests {
    use super::*;

    const T: u64 = 1_795_602_600_000_000;

    fn column(at: u32, values: [f64; 4], is_after_gap: bool) -> ChartColumn {
        let [first, min, max, last] = values;
        let points = if min < max { 4 } else { 1 };
        let time = T + u64::from(at) * 10;
        ChartColumn { at, first, last, min, max, points, time, number: at, is_after_gap }
    }

    fn shown(columns: Vec<ChartColumn>) -> ChartView {
        let line = ChartLine { columns, ..ChartLine::default() };
        ChartView {
            lines: vec![line],
            span: (T, T + 1_000),
            whole: (T, T + 1_000),
            columns: 100,
            ..ChartView::default()
        }
    }

    #[test]
    fn a_line_goes_through_its_columns_and_not_over_gaps() {
        let mut shown = shown(vec![
            column(0, [0.0; 4], false),
            column(50, [10.0, 0.0, 10.0, 5.0], false),
            column(90, [10.0; 4], true),
        ]);
        let scale = Scale { span: shown.span, min: 0.0, max: 10.0, width: 100, height: 100 };
        let [path, dots] = scale.paths(&shown.lines[0], 100);
        assert_eq!(path, "M0 100L50.5 0L50.5 100L50.5 0L50.5 50M90 0");
        assert_eq!(dots, "M0 100h0M50.5 50h0M90 0h0");
        shown.lines[0].beside = [Some((T - 1_000, 10.0)), Some((T + 2_000, 0.0))];
        let [path, _] = scale.paths(&shown.lines[0], 100);
        assert!(path.starts_with("M-100 0L0 100") && path.ends_with("M90 0L200 100"), "{path}");
    }

    #[test]
    fn values_have_room_around_them() {
        let scale = Scale::of(&shown(vec![column(0, [0.0, 0.0, 100.0, 1.0], false)]), 10, 200);
        assert_eq!((scale.min, scale.max), (-6.0, 106.0));
        assert_eq!(scale.value_ticks(), [0.0, 50.0, 100.0]);
        let flat = Scale::of(&shown(vec![column(0, [5.0; 4], false)]), 10, 100);
        assert_eq!((flat.min, flat.max), (4.0, 6.0));
        let none = Scale::of(&shown(Vec::new()), 10, 100);
        assert!(none.min < 0.0 && none.max > 1.0);
        let huge = Scale { min: -f64::MAX, max: f64::MAX, ..none };
        assert!(huge.value_ticks().is_empty());
        for (least, step) in [(0.03, 0.05), (1.0, 1.0), (1.1, 2.0), (6e20, 1e21)] {
            let found = nice(least).expect("a step");
            assert!((found / step - 1.0).abs() < 1e-9, "{least} {found}");
        }
    }

    #[test]
    fn times_are_named_as_finely_as_they_lie() {
        let ticks = |len: u64| {
            let scale = Scale { span: (T, T + len), min: 0.0, max: 1.0, width: 440, height: 1 };
            scale.time_ticks(&Zone::UTC).into_iter().map(|(_, words)| words).collect::<Vec<_>>()
        };
        assert_eq!(ticks(40 * SECOND), ["10:30:00", "10:30:10", "10:30:20", "10:30:30", "10:30:40"]);
        assert_eq!(ticks(4 * 60 * SECOND)[1], "10:31");
        assert_eq!(ticks(40_000)[1], "10:30:00.010");
        assert_eq!(ticks(40)[1], "10:30:00.000010");
        assert_eq!(ticks(8 * DAY * SECOND)[0], "2026-11-27");
        assert!(ticks(0).len() <= 5);
    }

    #[test]
    fn what_is_looked_at_stays_within_what_there_is() {
        let whole = (1_000, 2_000);
        let closer = zoomed(whole, whole, 1_500, true).expect("a part");
        assert_eq!(closer, (1_100, 1_900));
        // What is pointed at stays where it is.
        assert_eq!(zoomed(whole, whole, 1_000, true), Some((1_000, 1_800)));
        assert_eq!(zoomed(closer, whole, 1_500, false), None);
        assert_eq!(moved(closer, whole, 10), Some((1_200, 2_000)));
        assert_eq!(moved(closer, whole, -1), Some((1_020, 1_820)));
        assert_eq!(moved(whole, whole, 5), None);
        let mut span = whole;
        for _ in 0..100 {
            span = zoomed(span, whole, 1_234, true).expect("a part");
        }
        assert_eq!(span.1 - span.0, LEAST);
        let scale = Scale { span: whole, min: 0.0, max: 1.0, width: 100, height: 1 };
        assert_eq!([scale.time_at(-5.0), scale.time_at(50.0), scale.time_at(101.0)], [1_000, 1_500, 2_000]);
        assert_eq!(scale.x(1_500), 50.0);
    }
}
