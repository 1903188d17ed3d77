//! The tabs of a narrow page.

use yew::prelude::*;

use super::element::{element, text};
use super::form_dsl::View;
use crate::store::Command;
use crate::store::page::Tab;

/// Which region a narrow page shows.
pub fn tabs(view: &View) -> Html {
    let regions = [
        (Tab::Connection, Command::ShowConnection, "Connection"),
        (Tab::Messages, Command::ShowMessages, "Messages"),
        (Tab::Log, Command::ShowLog, "Log"),
        (Tab::Topics, Command::ShowTopics, "Topics"),
        (Tab::Inspector, Command::ShowInspector, "Inspector"),
    ];
    let buttons = regions.into_iter().map(|(tab, command, words)| {
        let current = (view.page.tab == tab).then_some("true");
        let values = [Some("button"), Some(command.name()), current];
        element("button", &["type", "data-deed", "aria-current"], &values, vec![text(words)])
    });
    element("nav", &["class", "aria-label"], &[Some("tabs"), Some("Regions")], buttons.collect())
}
