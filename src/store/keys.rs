//! The keyboard shortcuts of the page.

use super::deed::Deed;

/// A key as the browser names it, with what is held down beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'a> {
    pub name: &'a str,
    /// Control, or Command on a Mac.
    pub control: bool,
    pub shift: bool,
    pub alt: bool,
}

/// A row of the list of shortcuts.
pub struct Shortcut {
    /// The keys, each way of pressing them behind a blank.
    pub keys: &'static str,
    pub words: &'static str,
}

/// What a key does. While a person types into a field (`typing`), letters and signs are text.
#[must_use]
pub fn deed_of(key: Key<'_>, typing: bool) -> Option<Deed> {
    if key.alt {
        return None;
    }
    match (key.name, key.control, key.shift) {
        ("f" | "F", true, false) => Some(Deed::FindInLog),
        ("F3", _, false) => Some(Deed::NextMatch),
        ("F3", _, true) => Some(Deed::PreviousMatch),
        _ if typing || key.control => None,
        ("/", ..) => Some(Deed::FindInLog),
        ("j", ..) => Some(Deed::NextRow),
        ("k", ..) => Some(Deed::PreviousRow),
        ("g", ..) => Some(Deed::FindRow),
        ("p", ..) => Some(Deed::PauseLog),
        ("i", ..) => Some(Deed::ToggleInspector),
        ("c", ..) => Some(Deed::CopyRow),
        ("?", ..) => Some(Deed::ShowShortcuts),
        _ => None,
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
    Shortcut { keys: "Ctrl+Enter", words: "In a form: do what its button does" },
    Shortcut { keys: "Escape", words: "Leave a list, a menu or the filter" },
    Shortcut { keys: "?", words: "This list" },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key<'_> {
        Key { name, control: false, shift: false, alt: false }
    }

    #[test]
    fn letters_are_text_while_a_person_types() {
        assert_eq!(deed_of(key("j"), false), Some(Deed::NextRow));
        assert_eq!(deed_of(key("j"), true), None);
        assert_eq!(deed_of(Key { control: true, ..key("f") }, true), Some(Deed::FindInLog));
        assert_eq!(deed_of(Key { shift: true, ..key("F3") }, true), Some(Deed::PreviousMatch));
    }

    #[test]
    fn the_browsers_own_shortcuts_stay_its_own() {
        assert_eq!(deed_of(Key { control: true, ..key("c") }, false), None);
        assert_eq!(deed_of(Key { alt: true, ..key("f") }, false), None);
    }
}
