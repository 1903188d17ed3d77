//! How the columns of the packet log stand: in what order, and how wide.

use crate::column::Column;

/// The order of the columns, hidden ones too, and the widths that a person gave them, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrangement {
    order: [Column; COUNT],
    /// 0 for the column's own.
    widths: [u16; COUNT],
}

impl Default for Arrangement {
    fn default() -> Self {
        Self { order: Column::ALL, widths: [0; COUNT] }
    }
}

impl Arrangement {
    /// All columns, from left to right.
    #[must_use]
    pub const fn order(&self) -> &[Column; COUNT] {
        &self.order
    }

    /// The width that a person gave a column, if one did.
    #[must_use]
    pub fn given(&self, column: Column) -> Option<u32> {
        Some(u32::from(self.widths[column as usize])).filter(|width| *width > 0)
    }

    /// The width of a column.
    #[must_use]
    pub fn width(&self, column: Column) -> u32 {
        self.given(column).unwrap_or_else(|| column.own_width())
    }

    /// Gives a column a width, within its limits.
    pub fn set_width(&mut self, column: Column, width: i64) {
        self.widths[column as usize] = Column::within(width) as u16;
    }

    /// Moves a column to where another one stands; those in between move up.
    pub fn move_to(&mut self, column: Column, target: Column) {
        let [from, to] = [column, target].map(|it| self.order.iter().position(|own| *own == it));
        let (Some(from), Some(to)) = (from, to) else { return };
        if from < to {
            self.order[from..=to].rotate_left(1);
        } else {
            self.order[to..=from].rotate_right(1);
        }
    }

    /// Moves a column past the next one in that direction that `is_shown`.
    pub fn step(&mut self, column: Column, right: bool, is_shown: impl Fn(Column) -> bool) {
        let Some(from) = self.order.iter().position(|own| *own == column) else { return };
        let next = if right {
            self.order[from + 1..].iter().copied().find(|it| is_shown(*it))
        } else {
            self.order[..from].iter().rev().copied().find(|it| is_shown(*it))
        };
        if let Some(target) = next {
            self.move_to(column, target);
        }
    }

    /// Those of these columns, a bit each, that a row of a width in CSS pixels shows, from left to right. A column that
    /// was asked for takes its room from topic and payload, and is left out only where these would have none.
    #[must_use]
    pub fn shown(&self, mut columns: u16, width: u32) -> Vec<Column> {
        for spare in Column::SPARE {
            let shown = Column::ALL.into_iter().filter(|column| columns & column.bit() != 0);
            let taken: u32 = shown.filter(|column| !column.is_flexible()).map(|it| self.width(it)).sum();
            let left = if spare == Column::Answer { LEFT_BY_ANSWER } else { LEFT_FOR_WORDS };
            if taken + left <= width {
                break;
            }
            columns &= !spare.bit();
        }
        self.order.into_iter().filter(|column| columns & column.bit() != 0).collect()
    }

    /// The order and the widths as texts to be remembered.
    #[must_use]
    pub fn to_texts(&self) -> [String; 2] {
        let order: Vec<_> = self.order.iter().map(|column| column.name()).collect();
        let widths = Column::ALL
            .into_iter()
            .filter_map(|column| Some([column.name(), ":", &self.given(column)?.to_string()].concat()));
        [order.join(" "), widths.collect::<Vec<_>>().join(" ")]
    }

    /// Takes over an order that was remembered; columns that it does not name come behind the one that they follow at
    /// first.
    pub fn set_order(&mut self, text: &str) {
        let mut order = Vec::with_capacity(COUNT);
        for column in text.split(' ').filter_map(Column::of_name) {
            if !order.contains(&column) {
                order.push(column);
            }
        }
        for (at, column) in Column::ALL.into_iter().enumerate() {
            if order.contains(&column) {
                continue;
            }
            let before = at.checked_sub(1).map(|at| Column::ALL[at]);
            let place = order.iter().position(|own| Some(*own) == before).map_or(0, |place| place + 1);
            order.insert(place, column);
        }
        if let Ok(order) = order.try_into() {
            self.order = order;
        }
    }

    /// Takes over widths that were remembered.
    pub fn set_widths(&mut self, text: &str) {
        self.widths = [0; COUNT];
        for (name, width) in text.split(' ').filter_map(|entry| entry.split_once(':')) {
            if let (Some(column), Ok(width)) = (Column::of_name(name), width.parse()) {
                self.set_width(column, width);
            }
        }
    }
}

const COUNT: usize = Column::ALL.len();
/// Pixels for topic and payload, and the row's own edges.
const LEFT_FOR_WORDS: u32 = 100;
/// The same for the column that is shown at first though few ask for it: words go before it.
const LEFT_BY_ANSWER: u32 = 220;

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(columns: &[Column]) -> u16 {
        columns.iter().map(|column| column.bit()).sum()
    }

    #[test]
    fn a_column_moves_to_the_place_of_another() {
        let mut it = Arrangement::default();
        it.move_to(Column::Number, Column::Start);
        assert_eq!(it.order()[..4], [Column::Time, Column::Start, Column::Number, Column::Gap]);
        it.move_to(Column::Gap, Column::Time);
        assert_eq!(it.order()[..4], [Column::Gap, Column::Time, Column::Start, Column::Number]);
        it.move_to(Column::Gap, Column::Gap);
        assert_eq!(it.order()[0], Column::Gap);
    }

    #[test]
    fn a_step_goes_past_what_is_shown_and_ends_at_the_edge() {
        let shown = [Column::Time, Column::Direction, Column::Packet];
        let mut it = Arrangement::default();
        it.step(Column::Time, true, |column| shown.contains(&column));
        let order: Vec<_> = it.order().iter().filter(|column| shown.contains(column)).collect();
        assert_eq!(order, [&Column::Direction, &Column::Time, &Column::Packet]);
        let before = it;
        it.step(Column::Direction, false, |column| shown.contains(&column));
        assert_eq!(it, before);
        it.step(Column::Time, false, |column| shown.contains(&column));
        let order: Vec<_> = it.order().iter().filter(|column| shown.contains(column)).collect();
        assert_eq!(order, [&Column::Time, &Column::Direction, &Column::Packet]);
    }

    #[test]
    fn a_column_that_is_asked_for_is_shown_until_words_have_no_room() {
        let it = Arrangement::default();
        let all = bits(&Column::ALL);
        assert_eq!(it.shown(all, 1_012), Column::ALL);
        let narrow = it.shown(all, 812);
        assert!(!narrow.contains(&Column::Answer) && narrow.contains(&Column::Gap), "{narrow:?}");
        let least = it.shown(all, 100);
        assert_eq!(Column::SPARE.map(|spare| least.contains(&spare)), [false; 4]);
        assert!(least.contains(&Column::Payload));
    }

    #[test]
    fn a_wider_column_leaves_less_room() {
        let mut it = Arrangement::default();
        let all = bits(&Column::ALL);
        it.set_width(Column::Time, 400);
        assert_eq!((it.given(Column::Time), it.width(Column::Time)), (Some(400), 400));
        assert!(!it.shown(all, 1_012).contains(&Column::Answer));
        it.set_width(Column::Time, -5);
        assert_eq!(it.width(Column::Time), 24);
    }

    #[test]
    fn what_was_remembered_comes_back() {
        let mut it = Arrangement::default();
        it.move_to(Column::Payload, Column::Time);
        it.set_width(Column::Topic, 300);
        it.set_width(Column::Id, 60);
        let [order, widths] = it.to_texts();
        assert_eq!(widths, "id:60 topic:300");
        let mut back = Arrangement::default();
        back.set_order(&order);
        back.set_widths(&widths);
        assert_eq!(back, it);
    }

    #[test]
    fn what_is_unknown_or_missing_costs_no_column() {
        let mut it = Arrangement::default();
        it.set_order("payload time payload what");
        it.set_widths("time:x what:3 id:99999");
        let mut sorted = *it.order();
        sorted.sort_by_key(|column| column.bit());
        assert_eq!(sorted, Column::ALL);
        let place = |column| it.order().iter().position(|own| *own == column);
        assert!(place(Column::Payload) < place(Column::Time) && place(Column::Time) < place(Column::Start));
        assert_eq!((it.given(Column::Time), it.given(Column::Id)), (None, Some(800)));
        it.set_order("");
        assert_eq!(it.order(), &Column::ALL);
    }
}
