//! The keyboard shortcuts of the page.

/// A key as the browser names it, with what is held down beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'a> {
    /// Its name.
    pub name: &'a str,
    /// Control, or Command on a Mac.
    pub control: bool,
    /// Shift.
    pub shift: bool,
    /// Alt, or Option on a Mac.
    pub alt: bool,
}

/// A row of the list of shortcuts.
pub struct Shortcut {
    /// The keys, each way of pressing them behind a blank.
    pub keys: &'static str,
    /// What they do.
    pub words: &'static str,
}

/// A key that does a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// A letter or a sign, while nobody types.
    Sign(&'static str),
    /// A letter with Control, wherever the focus is.
    Control(&'static str),
    /// A function key with Shift or without, wherever the focus is.
    Function {
        /// Its name.
        name: &'static str,
        /// Whether Shift is held down with it.
        shift: bool,
    },
}

impl Binding {
    /// Whether it is this key. While a person types into a field (`typing`), letters and signs are text.
    #[must_use]
    pub fn is(self, key: Key<'_>, typing: bool) -> bool {
        if key.alt {
            return false;
        }
        match self {
            Self::Sign(sign) => !typing && !key.control && key.name == sign,
            Self::Control(letter) => key.control && !key.shift && key.name.eq_ignore_ascii_case(letter),
            Self::Function { name, shift } => key.name == name && key.shift == shift,
        }
    }
}

/// All shortcuts, those of single controls too.
pub const SHORTCUTS: &[Shortcut] = &[
    Shortcut { keys: "Ctrl+F /", words: "Filter or search the log" },
    Shortcut { keys: "F3 Shift+F3", words: "Next match, previous match" },
    Shortcut { keys: "j k", words: "Row below, row above" },
    Shortcut { keys: "↓ ↑ PageDown PageUp", words: "The same by rows and pages, in the log" },
    Shortcut { keys: "Home End", words: "Oldest row; newest row, and follow it" },
    Shortcut { keys: "g", words: "Go to a row's number or a time" },
    Shortcut { keys: "p", words: "Pause the log's view, or let it go on" },
    Shortcut { keys: "c", words: "Copy the selected row as text" },
    Shortcut { keys: "i", words: "Show or hide the inspector" },
    Shortcut { keys: "t", words: "Show or hide the topics" },
    Shortcut { keys: "→ ← Enter", words: "In the topics: open, close, filter the log" },
    Shortcut { keys: "F6 Shift+F6", words: "Next pane, previous pane" },
    Shortcut { keys: "o s m", words: "Go to Connect, Subscribe, Publish" },
    Shortcut { keys: "Shift+F10", words: "What can be done with the selected row" },
    Shortcut { keys: "r", words: "Count times from the selected row, or no more" },
    Shortcut { keys: "Ctrl+Enter", words: "In a form: do what its button does" },
    Shortcut { keys: "Shift+Enter", words: "In a topic: a line break" },
    Shortcut { keys: "Escape", words: "Leave a list, a menu or the filter" },
    Shortcut { keys: "?", words: "This list" },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;

    fn key(name: &str) -> Key<'_> {
        Key { name, control: false, shift: false, alt: false }
    }

    #[test]
    fn letters_are_text_while_a_person_types() {
        assert_eq!(Command::of_key(key("j"), false), Some(Command::NextRow));
        assert_eq!(Command::of_key(key("j"), true), None);
        assert_eq!(Command::of_key(Key { control: true, ..key("f") }, true), Some(Command::FindInLog));
        assert_eq!(Command::of_key(Key { shift: true, ..key("F3") }, true), Some(Command::PreviousMatch));
    }

    #[test]
    fn panes_and_forms_have_keys() {
        assert_eq!(Command::of_key(key("F6"), true), Some(Command::NextPane));
        assert_eq!(Command::of_key(Key { shift: true, ..key("F6") }, false), Some(Command::PreviousPane));
        let forms = ["o", "s", "m"].map(|name| Command::of_key(key(name), false));
        assert_eq!(
            forms,
            [Command::GoToConnect, Command::GoToSubscribe, Command::GoToPublish].map(Option::Some)
        );
    }

    #[test]
    fn the_browsers_own_shortcuts_stay_its_own() {
        assert_eq!(Command::of_key(Key { control: true, ..key("c") }, false), None);
        assert_eq!(Command::of_key(Key { alt: true, ..key("f") }, false), None);
    }
}
