//! What can be done with a topic, as a menu of its line.

use mqttscope_text::number;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::focus;
use crate::components::element::{element, tag, text};
use crate::store::text::concat;

/// What can be done with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Filter,
    Publish,
    Subscribe,
    CopyTopic,
    CopyValue,
    Chart,
    ClearRetained,
}

impl Action {
    /// All of them, each with the value of its `data-action` and its words.
    const ALL: [(Self, &'static str, &'static str); 7] = [
        (Self::Filter, "filter", "Filter the log"),
        (Self::Publish, "publish", "Publish here"),
        (Self::Subscribe, "subscribe", "Subscribe below"),
        (Self::CopyTopic, "copy-topic", "Copy topic"),
        (Self::CopyValue, "copy-value", "Copy value"),
        (Self::Chart, "chart", "Chart"),
        (Self::ClearRetained, "clear-retained", "Clear retained below"),
    ];

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known, _)| *known == name).map(|(action, ..)| action)
    }
}

/// The menu of a line.
pub fn menu(node: &NodeRef, has_value: bool) -> Html {
    let mut menu =
        tag("div", &["class", "role", "aria-label"], &[Some("topics-menu"), Some("menu"), Some("Topic")]);
    menu.node_ref = node.clone();
    let item = |(at, (name, words)): (usize, (&str, &str))| {
        let keys = &["type", "role", "id", "tabindex", "data-action"];
        let id = (at == 0).then_some(FIRST);
        let values = [Some("button"), Some("menuitem"), id, Some("-1"), Some(name)];
        element("button", keys, &values, vec![text(words)])
    };
    menu.add_children(actions(has_value).enumerate().map(item));
    menu.into()
}

/// What can be done with the chosen topic, as buttons.
pub fn buttons(has_value: bool) -> Vec<Html> {
    let button = |(name, words): (&str, &str)| {
        let keys = &["type", "class", "data-action"];
        element("button", keys, &[Some("button"), Some("small"), Some(name)], vec![text(words)])
    };
    actions(has_value).map(button).collect()
}

fn actions(has_value: bool) -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = Action::ALL.into_iter();
    all.filter(move |(action, ..)| has_value || !matches!(action, Action::CopyValue | Action::Chart))
        .map(|(_, name, words)| (name, words))
}

/// Puts the menu where it was asked for, and wholly into the window.
pub fn place(node: &NodeRef, [x, y]: [i32; 2]) {
    let Some(menu) = node.cast::<HtmlElement>() else { return };
    let Some(page) = menu.owner_document().and_then(|document| document.document_element()) else { return };
    let left = x.min(page.client_width() - menu.offset_width()).max(0);
    let top = y.min(page.client_height() - menu.offset_height()).max(0);
    for (name, value) in [("left", left), ("top", top)] {
        // Names and values are valid, so nothing can fail.
        let _ =
            menu.style().set_property(name, &concat(&[&number::plain(value.unsigned_abs().into()), "px"]));
    }
}

/// Moves the focus among the entries; says whether the key was one for that.
pub fn moved(target: &Element, key: &str) -> bool {
    let Some(menu) = target.parent_element() else { return false };
    let to = match key {
        "ArrowDown" => target.next_element_sibling().or_else(|| menu.first_element_child()),
        "ArrowUp" => target.previous_element_sibling().or_else(|| menu.last_element_child()),
        "Home" => menu.first_element_child(),
        "End" => menu.last_element_child(),
        _ => return false,
    };
    focus(to.filter(|to| to.is_instance_of::<HtmlElement>()));
    true
}

/// The id of the first entry.
pub const FIRST: &str = "topics-menu-first";
