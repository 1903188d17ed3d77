//! The tabs of a narrow page.

use yew::prelude::*;

use super::element::{element, text};
use super::parts::View;
use crate::store::Deed;
use crate::store::page::Tab;

/// Which region a narrow page shows.
pub fn tabs(view: &View) -> Html {
    let regions = [
        (Tab::Connection, Deed::ShowConnection, "Connection"),
        (Tab::Messages, Deed::ShowMessages, "Messages"),
        (Tab::Log, Deed::ShowLog, "Log"),
        (Tab::Inspector, Deed::ShowInspector, "Inspector"),
    ];
    let buttons = regions.into_iter().map(|(tab, deed, words)| {
        let current = (view.page.tab == tab).then_some("true");
        let values = [Some("button"), Some(deed.name()), current];
        element("button", &["type", "data-deed", "aria-current"], &values, vec![text(words)])
    });
    element("nav", &["class", "aria-label"], &[Some("tabs"), Some("Regions")], buttons.collect())
}
