//! What can be done with a row of the log: a menu at the pointer, or at the row where a key asked for it.

use mqttscope_link::RowFacts;
use mqttscope_text::number;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::element::{element, text};
use super::log_row::row_id;
use crate::browser;
use crate::store::Command;
use crate::store::text::concat;

/// The menu of a row, as long as it is open.
pub struct RowMenu {
    pub facts: RowFacts,
    /// Where it was asked for in the window, in CSS pixels; `None` where a key did.
    pub at: Option<(i32, i32)>,
    /// Times count from this row.
    pub is_reference: bool,
    /// The row that others can be compared with.
    pub marked: Option<u32>,
}

/// The menu, or nothing.
pub fn row_menu(menu: Option<&RowMenu>) -> Html {
    let Some(RowMenu { facts, is_reference, marked, .. }) = menu else { return Html::default() };
    let filters =
        ["Filter by this topic", "Filter by this id", "Filter by this client", "Filter by this connection"];
    let filters = filters.into_iter().zip(&facts.filters);
    let mut items: Vec<Html> =
        filters.filter_map(|(said, filter)| Some(item(&FILTER, filter.as_deref()?, said))).collect();
    if facts.has_message {
        items.push(item(&Command::PublishAgain, "", "Publish again"));
        items.push(item(&Command::CopyTopic, "", "Copy topic"));
        items.push(item(&Command::CopyPayload, "", "Copy payload"));
    }
    items.push(item(&Command::CopyRow, "", "Copy row"));
    if facts.has_message {
        items.push(item(&Command::CompareBefore, "", "Compare with the message before on this topic"));
    }
    let is_marked = *marked == Some(facts.number);
    if marked.is_some() && !is_marked {
        items.push(item(&Command::CompareMarked, "", "Compare with the marked row"));
    }
    items.push(item(&Command::MarkRow, "", if is_marked { "Clear the mark" } else { "Mark to compare" }));
    let reference = if *is_reference { "Clear time reference" } else { "Set time reference" };
    items.push(item(&Command::SetReference, "", reference));
    let name = concat(&["Row ", &number::plain(facts.number.into())]);
    let keys = &["id", "class", "role", "aria-label"];
    element("div", keys, &[Some(ROW_MENU), Some("row-menu"), Some("menu"), Some(&*name)], items)
}

/// Puts the menu where it was asked for, as far as the window has room, and gives it the focus.
pub fn place(menu: &RowMenu) {
    let Some(element) = browser::by_id(ROW_MENU) else { return };
    let (x, y) = menu.at.map_or_else(|| beside(menu.facts.number), |(x, y)| (f64::from(x), f64::from(y)));
    let rect = element.get_bounding_client_rect();
    let window = browser::window();
    let room =
        |size: Result<wasm_bindgen::JsValue, _>| size.ok().and_then(|size| size.as_f64()).unwrap_or_default();
    let (width, height) = (room(window.inner_width()), room(window.inner_height()));
    let style = element.unchecked_ref::<HtmlElement>().style();
    let pixels = |at: f64| concat(&[&number::plain(at.max(0.0) as u64), "px"]);
    // The names and values are valid, so nothing can fail.
    let _ = style.set_property("left", &pixels(x.min(width - rect.width() - EDGE)));
    let _ = style.set_property("top", &pixels(y.min(height - rect.height() - EDGE)));
    browser::focus(element.first_element_child());
}

/// What a key does in the menu: says whether it was one of its own.
pub fn key(target: &Element, name: &str) -> bool {
    let Some(menu) = target.closest(&concat(&["#", ROW_MENU])).ok().flatten() else { return false };
    let to = match name {
        "ArrowDown" => target.next_element_sibling().or_else(|| menu.first_element_child()),
        "ArrowUp" => target.previous_element_sibling().or_else(|| menu.last_element_child()),
        "Home" => menu.first_element_child(),
        "End" => menu.last_element_child(),
        _ => return false,
    };
    browser::focus(to);
    true
}

/// Below the row itself.
fn beside(number: u32) -> (f64, f64) {
    browser::by_id(&row_id(number)).map_or((0.0, 0.0), |row| {
        let rect = row.get_bounding_client_rect();
        (rect.left() + INDENT, rect.bottom())
    })
}

fn item(command: &Command, data: &str, said: &str) -> Html {
    let keys = &["type", "role", "tabindex", "data-deed", "data-filter"];
    let values = [Some("button"), Some("menuitem"), Some("-1"), Some(command.name()), Some(data)];
    element("button", keys, &values, vec![text(said)])
}

/// The id of the menu's element.
pub const ROW_MENU: &str = "row-menu";
/// Its filter stands beside it in the document.
const FILTER: Command = Command::FilterBy(String::new());
/// CSS pixels between the menu and the window's edge.
const EDGE: f64 = 4.0;
/// CSS pixels from a row's left edge to its menu.
const INDENT: f64 = 16.0;
