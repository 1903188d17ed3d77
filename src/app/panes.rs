//! The way from pane to pane, and to the forms, by key.

use web_sys::Element;

use super::App;
use crate::browser;
use crate::store::Field;
use crate::store::page::{Edit, Tab};

impl App {
    /// Moves the focus to the next pane that can be seen, or to the one before.
    pub(super) fn go_to_pane(&self, back: bool) {
        let find = |selector: &str| browser::document()?.query_selector(selector).ok()?;
        let focused = browser::document().and_then(|document| document.active_element());
        let is_in =
            |pane: &str| focused.as_ref().is_some_and(|it| it.closest(pane).is_ok_and(|it| it.is_some()));
        let now = PANES.iter().position(|(pane, _)| is_in(pane));
        let count = PANES.len();
        // From outside of all it is the first, or the last.
        let first = match (now, back) {
            (Some(now), false) => now + 1,
            (Some(now), true) => now + count - 1,
            (None, false) => 0,
            (None, true) => count - 1,
        };
        let places = (0..count).map(|step| if back { first + count - step } else { first + step } % count);
        let target = places.filter_map(|at| find(PANES[at].1)).find(is_seen);
        browser::focus(target);
    }

    /// Moves the focus to a field of a form, wherever that is folded away.
    pub(super) fn go_to_field(&mut self, tab: Tab, field: Field) {
        self.edit(Edit::Tab(tab));
        browser::show_region(tab.name());
        browser::open_around(field.id());
        browser::focus_and_select(field.id());
    }
}

fn is_seen(element: &Element) -> bool {
    element.get_bounding_client_rect().height() > 0.0
}

/// The panes, and what has the focus in each.
const PANES: [(&str, &str); 5] = [
    (".bar", ".buttons button:not([aria-disabled])"),
    (".forms", "main:not([data-tab=messages]) .forms summary, .messages-region summary"),
    (".log", "#log-table"),
    (".inspector", ".inspector [role=tab][aria-selected=true]"),
    (".status-bar", ".status-bar button"),
];
