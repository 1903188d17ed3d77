//! The saved connections, above the forms of the one that is chosen.

use mqttscope_view::marks::COLOURS;
use yew::prelude::*;

use super::element::{classed, element, tag, text};
use super::form_dsl::{Look, View, message_id};
use super::log_row::hue;
use crate::store::text::concat;
use crate::store::{Command, Field};
use mqttscope_text::number;

/// The list, what can be done with it, and name and colour of the chosen one.
pub fn connections(view: &View) -> Html {
    let chosen = view.page.chosen_connection().map(|saved| saved.id);
    let entries = view.page.connections.iter().map(|saved| {
        let id = number::plain(saved.id.into());
        let keys = &["type", "class", "data-deed", "data-filter", "aria-pressed"];
        let pressed = if chosen == Some(saved.id) { "true" } else { "false" };
        let class = concat(&["small", hue(saved.colour)]);
        let values = [Some("button"), Some(&*class), Some(CHOOSE.name()), Some(&*id), Some(pressed)];
        let name = if saved.name.is_empty() { "without a name" } else { &saved.name };
        element("li", &[], &[], vec![element("button", keys, &values, vec![text(name)])])
    });
    let list = match view.page.connections.is_empty() {
        true => Html::default(),
        false => element("ul", &["class"], &[Some("saved")], entries.collect()),
    };
    let small = Look { class: Some("small"), ..Look::default() };
    let new = view.button(&Command::NewConnection, small, vec![text("New connection")]);
    let head = element("summary", &[], &[], vec![text("Manage")]);
    let manage = element(
        "details",
        &["class", "name"],
        &[Some("menu"), Some("connections-menu")],
        vec![head, classed("div", "menu-body", manage(view))],
    );
    let keys = &["class", "aria-label"];
    let head = classed("div", "head", vec![element("h2", &[], &[], vec![text("Connections")]), new, manage]);
    element("section", keys, &[Some("connections"), Some("Connections")], vec![head, list])
}

fn manage(view: &View) -> Vec<Html> {
    let small = Look { class: Some("small"), ..Look::default() };
    let mut parts = Vec::new();
    if let Some(chosen) = view.page.chosen_connection() {
        let keys = &["id", "type", "data-saved", "autocomplete"];
        let mut name =
            tag("input", keys, &[Some("connection-name"), Some("text"), Some("name"), Some("off")]);
        name.set_value(chosen.name.clone());
        let options = COLOURS.iter().enumerate().map(|(at, colour)| {
            let selected = (at == usize::from(chosen.colour)).then_some("");
            element("option", &["value", "selected"], &[Some(colour), selected], vec![text(colour)])
        });
        let keys = &["id", "data-saved"];
        let colour = element("select", keys, &[Some("connection-colour"), Some("colour")], options.collect());
        parts.push(labelled("connection-name", "Name", name.into()));
        parts.push(labelled("connection-colour", "Colour", colour));
        parts.push(view.button(&Command::DuplicateConnection, small, vec![text("Duplicate")]));
        parts.push(view.button(&Command::DeleteConnection, small, vec![text("Delete")]));
    }
    if !view.page.connections.is_empty() {
        parts.push(view.button(&Command::ExportConnections, small, vec![text("Export connections")]));
    }
    let id = Field::ConnectionsFile.id();
    let message = message_id(Field::ConnectionsFile);
    let keys = &["id", "type", "accept", "aria-describedby"];
    let file = element("input", keys, &[Some(id), Some("file"), Some(".json"), Some(&*message)], vec![]);
    parts.push(labelled(id, "Import connections", file));
    parts.push(view.message(Field::ConnectionsFile));
    parts
}

fn labelled(id: &str, label: &str, control: Html) -> Html {
    let label = element("label", &["for"], &[Some(id)], vec![text(label)]);
    classed("div", "field", vec![label, classed("div", "control", vec![control])])
}

/// Which one stands beside it in the document.
const CHOOSE: Command = Command::ChooseConnection(String::new());
