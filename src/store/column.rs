//! The columns of the packet log.

use serde::{Deserialize, Serialize};

/// A column, or a part of the summary, that can be hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The row's number.
    Number,
    /// The time of day.
    Time,
    /// The time since the log began.
    Start,
    /// The time since the row above.
    Gap,
    Direction,
    Packet,
    Flags,
    Id,
    Length,
    /// The time since the packet that this one answers.
    Answer,
    Topic,
    Payload,
}

impl Column {
    /// Every column, from left to right.
    pub const ALL: [Self; 12] = [
        Self::Number,
        Self::Time,
        Self::Start,
        Self::Gap,
        Self::Direction,
        Self::Packet,
        Self::Flags,
        Self::Id,
        Self::Length,
        Self::Answer,
        Self::Topic,
        Self::Payload,
    ];

    /// Those that go where there is no room, the first of them first.
    pub const SPARE: [Self; 4] = [Self::Gap, Self::Start, Self::Number, Self::Answer];

    /// The name of its class, and in what is remembered.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Time => "time",
            Self::Start => "start",
            Self::Gap => "gap",
            Self::Direction => "direction",
            Self::Packet => "packet",
            Self::Flags => "flags",
            Self::Id => "id",
            Self::Length => "length",
            Self::Answer => "answer",
            Self::Topic => "topic",
            Self::Payload => "payload",
        }
    }

    /// Its title.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Number => "No.",
            Self::Time => "Time",
            Self::Start => "Since start",
            Self::Gap => "Since last",
            Self::Direction => "Direction",
            Self::Packet => "Packet",
            Self::Flags => "Flags",
            Self::Id => "Id",
            Self::Length => "Size",
            Self::Answer => "Answer",
            Self::Topic => "Topic",
            Self::Payload => "Payload",
        }
    }

    /// Its bit among those of all columns.
    #[must_use]
    pub const fn bit(self) -> u16 {
        1 << self as u16
    }

    /// Its width in CSS pixels, as in the style sheet; 0 for those that share what is left.
    const fn width(self) -> u32 {
        match self {
            Self::Number => 68,
            Self::Time => 96,
            Self::Start | Self::Gap | Self::Answer => 76,
            Self::Direction => 20,
            Self::Packet => 92,
            Self::Flags => 152,
            Self::Id => 48,
            Self::Length => 72,
            Self::Topic | Self::Payload => 0,
        }
    }

    /// Those of these columns, a bit each, that have room in a row of a width in CSS pixels, and leave topic and payload
    /// enough.
    #[must_use]
    pub fn fitting(mut columns: u16, width: u32) -> u16 {
        for spare in Self::SPARE {
            let shown = Self::ALL.into_iter().filter(|column| columns & column.bit() != 0);
            if shown.map(Self::width).sum::<u32>() + LEFT_FOR_WORDS <= width {
                break;
            }
            columns &= !spare.bit();
        }
        columns
    }

    /// The id of the box that shows or hides it.
    #[must_use]
    pub fn of_id(id: &str) -> Option<Self> {
        let name = id.strip_prefix("column-")?;
        Self::ALL.into_iter().find(|column| column.name() == name)
    }
}

/// The columns that are hidden: their names, with blanks between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden(pub String);

impl Default for Hidden {
    fn default() -> Self {
        Self("number start gap".into())
    }
}

impl Hidden {
    /// Whether a column is hidden.
    #[must_use]
    pub fn has(&self, column: Column) -> bool {
        self.0.split(' ').any(|name| name == column.name())
    }

    /// The columns that are shown, a bit each.
    #[must_use]
    pub fn shown(&self) -> u16 {
        Column::ALL.into_iter().filter(|column| !self.has(*column)).map(Column::bit).sum()
    }

    /// Hides a column or shows it.
    pub fn set(&mut self, column: Column, hidden: bool) {
        let others = self.0.split(' ').filter(|name| *name != column.name() && !name.is_empty());
        let own = hidden.then_some(column.name());
        self.0 = others.chain(own).collect::<Vec<_>>().join(" ");
    }
}

/// Pixels for topic and payload, and the row's own edges.
const LEFT_FOR_WORDS: u32 = 228;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_hidden_and_shown() {
        let mut hidden = Hidden::default();
        assert!(hidden.has(Column::Gap) && !hidden.has(Column::Time));
        hidden.set(Column::Gap, false);
        hidden.set(Column::Time, true);
        assert_eq!(hidden.0, "number start time");
        hidden.set(Column::Number, false);
        hidden.set(Column::Start, false);
        hidden.set(Column::Time, false);
        assert_eq!(hidden.0, "");
        hidden.set(Column::Id, true);
        assert_eq!((hidden.0.as_str(), hidden.shown()), ("id", 0xfff - Column::Id.bit()));
    }

    #[test]
    fn what_has_no_room_goes_in_turn() {
        let all = Column::ALL.into_iter().map(Column::bit).sum();
        let gone = |width| {
            let fitting = Column::fitting(all, width);
            Column::ALL.into_iter().filter(|column| fitting & column.bit() == 0).collect::<Vec<_>>()
        };
        assert_eq!(gone(1_004), []);
        assert_eq!(gone(1_003), [Column::Gap]);
        assert_eq!(gone(920), [Column::Start, Column::Gap]);
        assert_eq!(gone(300), [Column::Number, Column::Start, Column::Gap, Column::Answer]);
    }

    #[test]
    fn ids_lead_to_columns() {
        assert_eq!(Column::of_id("column-gap"), Some(Column::Gap));
        assert_eq!(Column::of_id("gap"), None);
    }
}
