//! The saved connections, above the forms of the one that is chosen.

use mqttscope_view::marks::COLOURS;
use yew::prelude::*;

use super::element::{classed, element, option, tag, text};
use super::form_dsl::{Look, View, message_id};
use super::log_row::hue;
use crate::store::connection::Light;
use crate::store::slots::Named;
use crate::store::text::concat;
use crate::store::{Command, Field};
use mqttscope_text::number;

/// The list, what can be done with it, and name and colour of the chosen one.
pub fn connections(view: &View) -> Html {
    let chosen = view.page.chosen_connection().map(|saved| saved.id);
    let is_there = |named: &&Named| named.is_there;
    let mut entries: Vec<_> = view
        .page
        .connections
        .iter()
        .map(|saved| {
            let id = number::plain(saved.id.into());
            let live = view.slots.iter().filter(is_there).find(|named| named.saved == Some(saved.id));
            let name = if saved.name.is_empty() { "without a name" } else { &saved.name };
            entry(&id, name, saved.colour, live, chosen == Some(saved.id))
        })
        .collect();
    // One that nobody has saved is shown where it is not the only one.
    let unsaved = view.slots.iter().filter(is_there).filter(|named| named.saved.is_none());
    let is_alone = view.slots.iter().filter(is_there).count() < 2;
    entries.extend(unsaved.filter(|named| !is_alone && (named.is_chosen || named.light != Light::Off)).map(
        |named| {
            let words = concat(&[UNSAVED, &number::plain(named.slot.0.into())]);
            entry(&words, &named.name, 0, Some(named), named.is_chosen)
        },
    ));
    let list = match entries.is_empty() {
        true => Html::default(),
        false => element("ul", &["class"], &[Some("saved")], entries),
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

/// An entry of the list; `words` say to the command which it is.
fn entry(words: &str, name: &str, colour: u8, live: Option<&Named>, is_chosen: bool) -> Html {
    let keys = &["type", "class", "data-deed", "data-filter", "aria-pressed", "title"];
    let pressed = if is_chosen { "true" } else { "false" };
    let class = concat(&["small", hue(colour)]);
    let title = live.map(|live| &*live.words);
    let values = [Some("button"), Some(&*class), Some(CHOOSE.name()), Some(words), Some(pressed), title];
    let light = match live.map_or(Light::Off, |live| live.light) {
        Light::Off => Html::default(),
        light => element("span", &["class", "aria-hidden"], &[Some(light.class()), Some("true")], vec![]),
    };
    element("li", &[], &[], vec![element("button", keys, &values, vec![light, text(name)])])
}

fn manage(view: &View) -> Vec<Html> {
    let small = Look { class: Some("small"), ..Look::default() };
    let mut parts = Vec::new();
    if let Some(chosen) = view.page.chosen_connection() {
        let keys = &["id", "type", "data-saved", "autocomplete"];
        let mut name =
            tag("input", keys, &[Some("connection-name"), Some("text"), Some("name"), Some("off")]);
        name.set_value(chosen.name.clone());
        let options = COLOURS
            .iter()
            .enumerate()
            .map(|(at, colour)| option(colour, colour, at == usize::from(chosen.colour)));
        let keys = &["id", "data-saved"];
        let colour = element("select", keys, &[Some("connection-colour"), Some("colour")], options.collect());
        parts.push(labelled("connection-name", "Name", name.into()));
        parts.push(labelled("connection-colour", "Colour", colour));
        parts.push(view.button(&Command::DuplicateConnection, small, vec![text("Duplicate")]));
        parts.push(view.button(&Command::DeleteConnection, small, vec![text("Delete")]));
    }
    parts.push(view.button(&Command::CopyLink, small, vec![text("Copy link")]));
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

/// What stands before the number of a slot that nobody has saved.
pub const UNSAVED: &str = "slot ";
/// Which one stands beside it in the document.
const CHOOSE: Command = Command::ChooseConnection(String::new());
