//! The list of keyboard shortcuts.

use yew::prelude::*;

use super::element::{classed, element, text};
use super::form_dsl::{Look, View};
use crate::store::Command;
use crate::store::keys::SHORTCUTS;

/// The list, as a dialog that is closed until it is asked for.
pub fn shortcuts(view: &View) -> Html {
    let row = |shortcut: &crate::store::keys::Shortcut| {
        let keys = shortcut.keys.split(' ').map(|key| element("kbd", &[], &[], vec![text(key)])).collect();
        let keys = element("dt", &[], &[], keys);
        let words = element("dd", &[], &[], vec![text(shortcut.words)]);
        classed("div", "shortcut", vec![keys, words])
    };
    let head = vec![
        element("h2", &["id"], &[Some("shortcuts-title")], vec![text("Keyboard shortcuts")]),
        view.button(&Command::HideShortcuts, Look::default(), vec![text("Close")]),
    ];
    let list = element("dl", &[], &[], SHORTCUTS.iter().map(row).collect());
    let keys = &["id", "class", "aria-labelledby"];
    let values = [Some(SHORTCUTS_DIALOG), Some("shortcuts"), Some("shortcuts-title")];
    element("dialog", keys, &values, vec![classed("div", "dialog-head", head), list])
}

/// The id of the dialog.
pub const SHORTCUTS_DIALOG: &str = "shortcuts";
