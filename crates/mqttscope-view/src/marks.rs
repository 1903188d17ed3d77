//! What a person notes of subscriptions, by their topic filter: a name, a colour, and whether they are muted.

use serde::{Deserialize, Serialize};

use crate::storage::{read_text, write_text};

/// The notes of all subscriptions that have any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks(Vec<Note>);

/// What is noted of one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its topic filter.
    pub filter: String,
    /// What a person calls it; often empty.
    pub name: String,
    /// The number of its colour in [`COLOURS`]; 0 for none.
    pub colour: u8,
    /// Its messages are not shown.
    pub is_muted: bool,
}

/// A change of what is noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarkEdit {
    /// It has that name.
    Name(String),
    /// It has the colour of that name; none if there is no such colour.
    Colour(String),
    /// It is muted, or heard.
    Mute(bool),
}

impl Marks {
    /// What is noted of the subscriptions to a topic filter.
    #[must_use]
    pub fn of(&self, filter: &str) -> Note {
        let note = self.0.iter().find(|note| note.filter == filter).cloned();
        note.unwrap_or_else(|| Note { filter: filter.into(), ..Note::default() })
    }

    /// All that is noted.
    pub fn notes(&self) -> impl Iterator<Item = &Note> {
        self.0.iter()
    }

    /// Notes something. What says nothing any more is forgotten.
    pub fn apply(&mut self, filter: &str, edit: MarkEdit) {
        let mut note = self.of(filter);
        match edit {
            MarkEdit::Name(name) => note.name = name,
            MarkEdit::Colour(name) => {
                note.colour = COLOURS.iter().position(|colour| *colour == name).unwrap_or(0) as u8;
            }
            MarkEdit::Mute(is_muted) => note.is_muted = is_muted,
        }
        let is_empty = note == Note { filter: filter.into(), ..Note::default() };
        let at = self.0.iter().position(|known| known.filter == filter);
        match at {
            Some(at) if is_empty => drop(self.0.remove(at)),
            Some(at) => self.0[at] = note,
            None if is_empty => {}
            None => self.0.push(note),
        }
    }

    /// As a text that a browser's storage holds.
    #[must_use]
    pub fn to_text(&self) -> String {
        write_text(self)
    }

    /// The notes in such a text; none if it is another one.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        read_text(text).unwrap_or_default()
    }
}

/// The colours of subscriptions; the first stands for none.
pub const COLOURS: [&str; 7] = ["none", "red", "amber", "green", "teal", "blue", "violet"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_comes_back_and_what_says_nothing_is_forgotten() {
        let mut marks = Marks::default();
        marks.apply("a/#", MarkEdit::Name("größe".into()));
        marks.apply("a/#", MarkEdit::Colour("blue".into()));
        marks.apply("b", MarkEdit::Mute(true));
        let back = Marks::of_text(&marks.to_text());
        assert_eq!(back, marks);
        let note = back.of("a/#");
        assert_eq!((note.name.as_str(), note.colour, note.is_muted), ("größe", 5, false));
        assert_eq!(back.of("c"), Note { filter: "c".into(), ..Note::default() });
        marks.apply("b", MarkEdit::Mute(false));
        marks.apply("a/#", MarkEdit::Name(String::new()));
        marks.apply("a/#", MarkEdit::Colour("mauve".into()));
        assert_eq!(marks, Marks::default());
        assert_eq!(Marks::of_text("日本"), Marks::default());
    }
}
