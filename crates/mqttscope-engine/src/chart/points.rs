//! The points of a line, in blocks that know the least and the greatest of their values: whatever time is looked at, only
//! blocks are gone through, and the points of those that lie in several columns.

use std::collections::VecDeque;

use mqttscope_link::ChartColumn;

/// A point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// The time of day, in microseconds since the Unix epoch. It may be before that of the point before.
    pub(super) time: u64,
    /// It is finite.
    pub(super) value: f64,
    /// The number of its record.
    pub(super) number: u32,
}

/// Points in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Points {
    blocks: VecDeque<Block>,
    len: usize,
    /// Points that were dropped.
    dropped: usize,
}

#[derive(Debug)]
struct Block {
    points: Vec<Point>,
    /// A bit for each point that does not go on where the one before it ended.
    gaps: u64,
    /// The earliest and the latest time.
    bounds: (u64, u64),
    min: f64,
    max: f64,
}

impl Points {
    pub(super) fn push(&mut self, point: Point, is_after_gap: bool) {
        let has_room = self.blocks.back().is_some_and(|block| block.points.len() < BLOCK);
        if !has_room {
            self.blocks.push_back(Block::new(point));
        }
        if let Some(block) = self.blocks.back_mut() {
            block.push(point, is_after_gap);
            self.len += 1;
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// How many were dropped: the first that is kept has that number.
    pub(super) const fn dropped(&self) -> usize {
        self.dropped
    }

    /// Drops the oldest; says how many.
    pub(super) fn drop_oldest(&mut self) -> usize {
        let dropped = self.blocks.pop_front().map_or(0, |block| block.points.len());
        self.len -= dropped;
        self.dropped += dropped;
        dropped
    }

    /// Points from one on, those that were dropped counted.
    pub(super) fn from(&self, number: usize) -> impl Iterator<Item = &Point> {
        let at = number.saturating_sub(self.dropped);
        // All blocks but the last are full.
        self.blocks.iter().skip(at / BLOCK).flat_map(|block| &block.points).skip(at % BLOCK)
    }

    /// The earliest and the latest time.
    pub(super) fn bounds(&self) -> Option<(u64, u64)> {
        let bounds = self.blocks.iter().map(|block| block.bounds);
        bounds.reduce(|(start, end), other| (start.min(other.0), end.max(other.1)))
    }

    /// The points from a time to another, both included, in so many columns; those without a point are left out.
    pub(super) fn columns(&self, (start, end): (u64, u64), count: u32) -> Vec<ChartColumn> {
        let mut columns = vec![ChartColumn::default(); count as usize];
        let width = u128::from(end - start) + 1;
        let column_of = |time: u64| (u128::from(time - start) * u128::from(count) / width) as usize;
        for block in self.blocks.iter().filter(|block| block.bounds.0 <= end && block.bounds.1 >= start) {
            let is_within = block.bounds.0 >= start && block.bounds.1 <= end;
            if is_within && column_of(block.bounds.0) == column_of(block.bounds.1) {
                add(&mut columns[column_of(block.bounds.0)], &block.as_column());
                continue;
            }
            for (at, point) in block.points.iter().enumerate() {
                if (start..=end).contains(&point.time) {
                    add(&mut columns[column_of(point.time)], &point.as_column(block.gaps >> at & 1 != 0));
                }
            }
        }
        for (at, column) in (0..).zip(&mut columns) {
            column.at = at;
        }
        columns.retain(|column| column.points > 0);
        columns
    }

    /// The last point before a span of time, and the first behind it.
    pub(super) fn beside(&self, (start, end): (u64, u64)) -> [Option<(u64, f64)>; 2] {
        let mut beside: [Option<(u64, f64)>; 2] = [None; 2];
        for block in &self.blocks {
            let is_nearer_before =
                block.bounds.0 < start && beside[0].is_none_or(|it| it.0 <= block.bounds.1);
            let is_nearer_behind = block.bounds.1 > end && beside[1].is_none_or(|it| it.0 > block.bounds.0);
            if !is_nearer_before && !is_nearer_behind {
                continue;
            }
            for point in &block.points {
                let it = (point.time, point.value);
                if point.time < start && beside[0].is_none_or(|best| best.0 <= point.time) {
                    beside[0] = Some(it);
                }
                if point.time > end && beside[1].is_none_or(|best| best.0 > point.time) {
                    beside[1] = Some(it);
                }
            }
        }
        beside
    }
}

impl Block {
    fn new(first: Point) -> Self {
        Self {
            points: Vec::new(),
            gaps: 0,
            bounds: (first.time, first.time),
            min: first.value,
            max: first.value,
        }
    }

    fn push(&mut self, point: Point, is_after_gap: bool) {
        self.gaps |= u64::from(is_after_gap) << self.points.len();
        self.bounds = (self.bounds.0.min(point.time), self.bounds.1.max(point.time));
        self.min = self.min.min(point.value);
        self.max = self.max.max(point.value);
        self.points.push(point);
    }

    fn as_column(&self) -> ChartColumn {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return ChartColumn::default();
        };
        ChartColumn {
            at: 0,
            first: first.value,
            last: last.value,
            min: self.min,
            max: self.max,
            points: self.points.len() as u32,
            time: last.time,
            number: last.number,
            is_after_gap: self.gaps & 1 != 0,
        }
    }
}

impl Point {
    fn as_column(&self, is_after_gap: bool) -> ChartColumn {
        let Self { time, value, number } = *self;
        ChartColumn {
            at: 0,
            first: value,
            last: value,
            min: value,
            max: value,
            points: 1,
            time,
            number,
            is_after_gap,
        }
    }
}

fn add(column: &mut ChartColumn, more: &ChartColumn) {
    if column.points == 0 {
        *column = *more;
        return;
    }
    column.min = column.min.min(more.min);
    column.max = column.max.max(more.max);
    column.points += more.points;
    (column.last, column.time, column.number) = (more.last, more.time, more.number);
}

/// Points of a block: as many as a word has bits.
const BLOCK: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn points(all: impl IntoIterator<Item = (u64, f64)>) -> Points {
        let mut points = Points::default();
        for (number, (time, value)) in (0..).zip(all) {
            points.push(Point { time, value, number }, number % 50 == 49);
        }
        points
    }

    #[test]
    fn columns_are_those_of_all_points_one_by_one() {
        let mut seed = 1u32;
        let mut random = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed >> 8
        };
        // Times go back now and then, as those of two captures do.
        let all: Vec<_> = (0..5_000u64)
            .map(|at| (1_000 + at * 7 - u64::from(random() % 3_000).min(at), f64::from(random() % 1_000)))
            .collect();
        let points = points(all.iter().copied());
        let whole = points.bounds().expect("points");
        for (span, count) in
            [(whole, 1), (whole, 7), (whole, 4_096), ((3_000, 3_001), 5), ((4_000, 9_999), 60)]
        {
            let mut expected = vec![ChartColumn::default(); count as usize];
            for (number, (time, value)) in (0..).zip(&all) {
                if (span.0..=span.1).contains(time) {
                    let at = (time - span.0) * u64::from(count) / (span.1 - span.0 + 1);
                    let point = Point { time: *time, value: *value, number };
                    let column = &mut expected[at as usize];
                    add(column, &point.as_column(number % 50 == 49));
                    column.at = at as u32;
                }
            }
            expected.retain(|column| column.points > 0);
            assert_eq!(points.columns(span, count), expected, "{span:?} {count}");
            let before = all.iter().filter(|it| it.0 < span.0).map(|it| it.0).max();
            let behind = all.iter().filter(|it| it.0 > span.1).map(|it| it.0).min();
            assert_eq!(points.beside(span).map(|it| it.map(|it| it.0)), [before, behind]);
        }
    }

    #[test]
    fn what_was_dropped_is_counted() {
        let mut points = points((0..200).map(|at| (at, at as f64)));
        assert_eq!((points.drop_oldest(), points.len(), points.dropped()), (BLOCK, 136, BLOCK));
        let times = |from| points.from(from).map(|point| point.time).collect::<Vec<_>>();
        assert_eq!((times(0)[0], times(0).len()), (64, 136));
        assert_eq!(times(198), [198, 199]);
        assert!(times(200).is_empty());
    }
}
