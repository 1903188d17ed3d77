//! The columns of the packet log.

table! {
    /// A column, or a part of the summary, that can be hidden; from left to right.
    #[allow(missing_docs, reason = "the titles say it")]
    pub enum Column: ColumnInfo {
        /// The row's number.
        Number = ColumnInfo { name: "number", title: "No.", width: 68 },
        /// The time of day.
        Time = ColumnInfo { name: "time", title: "Time", width: 96 },
        /// The time since the log began.
        Start = ColumnInfo { name: "start", title: "Since start", width: 76 },
        /// The time since the row above.
        Gap = ColumnInfo { name: "gap", title: "Since last", width: 76 },
        Direction = ColumnInfo { name: "direction", title: "Direction", width: 20 },
        Packet = ColumnInfo { name: "packet", title: "Packet", width: 92 },
        Flags = ColumnInfo { name: "flags", title: "Flags", width: 152 },
        Id = ColumnInfo { name: "id", title: "Id", width: 48 },
        Length = ColumnInfo { name: "length", title: "Size", width: 72 },
        /// The time since the packet that this one answers.
        Answer = ColumnInfo { name: "answer", title: "Answer", width: 76 },
        Topic = ColumnInfo { name: "topic", title: "Topic", width: 0 },
        Payload = ColumnInfo { name: "payload", title: "Payload", width: 0 },
    }
}

/// A row of the table of columns.
pub struct ColumnInfo {
    /// The name of its class, and in what is remembered.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Its width in CSS pixels, as in the style sheet; 0 for those that share what is left.
    width: u32,
}

impl Column {
    /// Those that go where there is no room, the first of them first.
    pub const SPARE: [Self; 4] = [Self::Gap, Self::Start, Self::Number, Self::Answer];

    /// The name of its class, and in what is remembered.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// Its title.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.info().title
    }

    /// Its bit among those of all columns.
    #[must_use]
    pub const fn bit(self) -> u16 {
        1 << self as u16
    }

    /// Those of these columns, a bit each, that have room in a row of a width in CSS pixels, and leave topic and payload
    /// enough.
    #[must_use]
    pub fn fitting(mut columns: u16, width: u32) -> u16 {
        for spare in Self::SPARE {
            let shown = Self::ALL.into_iter().filter(|column| columns & column.bit() != 0);
            if shown.map(|column| column.info().width).sum::<u32>() + LEFT_FOR_WORDS <= width {
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
