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
        /// The page's connection, where there are several.
        Connection = ColumnInfo { name: "connection", title: "Connection", width: 112 },
        Direction = ColumnInfo { name: "direction", title: "Direction", width: 20 },
        Packet = ColumnInfo { name: "packet", title: "Packet", width: 92 },
        Flags = ColumnInfo { name: "flags", title: "Flags", width: 40 },
        Id = ColumnInfo { name: "id", title: "Id", width: 48 },
        Length = ColumnInfo { name: "length", title: "Size", width: 80 },
        /// The time since the packet that this one answers.
        Answer = ColumnInfo { name: "answer", title: "Answer", width: 76 },
        Topic = ColumnInfo { name: "topic", title: "Topic", width: 200 },
        Payload = ColumnInfo { name: "payload", title: "Payload", width: 0 },
    }
}

/// A row of the table of columns.
pub struct ColumnInfo {
    /// The name of its class, and in what is remembered.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Its width in CSS pixels, as in the style sheet; of those that share what is left it is what they begin with when a
    /// person changes it.
    width: u32,
}

impl Column {
    /// Those that go where there is no room, the first of them first.
    pub const SPARE: [Self; 4] = [Self::Answer, Self::Gap, Self::Start, Self::Number];

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

    /// The column of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }

    /// Its width in CSS pixels while nobody has given it another.
    #[must_use]
    pub(crate) fn own_width(self) -> u32 {
        self.info().width
    }

    /// Whether it takes a part of what the others leave.
    #[must_use]
    pub const fn is_flexible(self) -> bool {
        matches!(self, Self::Topic | Self::Payload)
    }

    /// Whether a person can give it a width: the payload has what is left, and the direction is a sign.
    #[must_use]
    pub const fn is_sizable(self) -> bool {
        !matches!(self, Self::Payload | Self::Direction)
    }

    /// The least and the most that any can be wide, in CSS pixels.
    #[must_use]
    pub const fn limits() -> (u32, u32) {
        (24, 800)
    }

    /// The width within these limits that is nearest to one.
    #[must_use]
    pub fn within(width: i64) -> u32 {
        let (least, most) = Self::limits();
        width.clamp(i64::from(least), i64::from(most)) as u32
    }

    /// The CSS property of its width.
    #[must_use]
    pub fn property(self) -> String {
        ["--w-", self.name()].concat()
    }

    /// The id of the box that shows or hides it.
    #[must_use]
    pub fn of_id(id: &str) -> Option<Self> {
        Self::of_name(id.strip_prefix("column-")?)
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

    /// The columns that are shown in a log of so many of the page's connections, a bit each: of one the name is not needed.
    #[must_use]
    pub fn shown(&self, connections: usize) -> u16 {
        let is_shown =
            |column: &Column| !self.has(*column) && (connections > 1 || *column != Column::Connection);
        Column::ALL.into_iter().filter(is_shown).map(Column::bit).sum()
    }

    /// Hides a column or shows it.
    pub fn set(&mut self, column: Column, hidden: bool) {
        let others = self.0.split(' ').filter(|name| *name != column.name() && !name.is_empty());
        let own = hidden.then_some(column.name());
        self.0 = others.chain(own).collect::<Vec<_>>().join(" ");
    }
}

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
        assert_eq!((hidden.0.as_str(), hidden.shown(2)), ("id", 0x1fff - Column::Id.bit()));
        assert_eq!(hidden.shown(2) - hidden.shown(1), Column::Connection.bit());
    }

    #[test]
    fn ids_lead_to_columns() {
        assert_eq!(Column::of_id("column-gap"), Some(Column::Gap));
        assert_eq!(Column::of_id("gap"), None);
    }
}
