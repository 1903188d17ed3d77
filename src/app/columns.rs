//! The headings of the log's columns: dragged at their edge for another width, and as a whole for another place.
//!
//! While a pointer drags, only the style sheet and the heading below the pointer are told; the page takes the width, or
//! the place, and stores it, when the pointer lets go.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, PointerEvent};

use super::Message;
use crate::browser;
use crate::store::column::Column;
use crate::store::page::Edit;
use crate::store::text::concat;

/// Holds the pointer at an edge or a heading, wherever it goes until it is let go.
pub(super) fn grasp(target: &Element, event: &Event) {
    let Some(pointer) = event.dyn_ref::<PointerEvent>().filter(|pointer| pointer.button() == 0) else {
        return;
    };
    if edge_of(target).is_some() || heading_of(target).is_some() {
        // Without a hold it is left behind by a fast pointer, no more.
        let _ = target.set_pointer_capture(pointer.pointer_id());
    }
}

/// Gives a column its width from the pointer that drags its edge, or marks the heading whose place another one would take.
pub(super) fn drag(target: &Element, pointer: &PointerEvent) {
    if pointer.buttons() & 1 == 0 {
        return;
    }
    let x = f64::from(pointer.client_x());
    if let (Some(column), Some(heading)) = (edge_of(target), target.parent_element()) {
        let width = x - heading.get_bounding_client_rect().left();
        browser::set_pixels(&column.property(), Some(Column::within(width as i64)));
    } else if let (Some(column), Some(row)) = (heading_of(target), target.parent_element()) {
        let headings = row.children();
        for at in 0..headings.length() {
            let Some(heading) = headings.item(at) else { continue };
            let rect = heading.get_bounding_client_rect();
            let is_target = rect.left() <= x && x < rect.right() && heading_of(&heading) != Some(column);
            // The name is valid, so nothing can fail.
            let _ = heading.toggle_attribute_with_force(DROP, is_target);
        }
    }
}

/// What the column has when the pointer is let go.
pub(super) fn release(target: &Element) -> Option<Message> {
    if let Some(column) = edge_of(target) {
        let width = browser::pixels(&column.property())?;
        return Some(Message::Edit(Edit::SizeColumn(column, width)));
    }
    let column = heading_of(target)?;
    let place = target.parent_element()?.query_selector(&concat(&["[", DROP, "]"])).ok()??;
    let _ = place.remove_attribute(DROP);
    Some(Message::Edit(Edit::MoveColumn(column, heading_of(&place)?)))
}

/// The width that a column needs for what is drawn of it.
pub(super) fn fit(target: &Element) -> Option<Message> {
    let column = edge_of(target)?;
    let (least, _) = Column::limits();
    // What is cut says how wide it would be.
    browser::set_pixels(&column.property(), Some(least));
    let name = column.name();
    let selector = concat(&[".row > .", name, ", .cells > .", name]);
    let cells = browser::by_id(TABLE)?.query_selector_all(&selector).ok()?;
    let widths = (0..cells.length()).filter_map(|at| {
        let cell = cells.get(at)?;
        let cell: &HtmlElement = cell.unchecked_ref();
        Some(i64::from(cell.scroll_width()))
    });
    Some(Message::Edit(Edit::SizeColumn(column, widths.max()? + SPARE)))
}

/// What a key does at an edge: left and right move it, Enter fits the column to what is drawn, and up and down go to the
/// edges beside it.
pub(super) fn key(target: &Element, column: Column, name: &str) -> Option<Message> {
    let step = match name {
        "ArrowRight" => KEY_STEP,
        "ArrowLeft" => -KEY_STEP,
        "Enter" => return fit(target),
        "ArrowDown" | "ArrowUp" => {
            browser::focus(neighbour(target, name == "ArrowDown"));
            return None;
        }
        _ => return None,
    };
    let width = target.parent_element()?.get_bounding_client_rect().width() as i64;
    Some(Message::Edit(Edit::SizeColumn(column, width + step)))
}

/// The column whose edge this is.
pub(super) fn edge_of(target: &Element) -> Option<Column> {
    Column::of_name(&target.get_attribute("data-edge")?)
}

fn heading_of(target: &Element) -> Option<Column> {
    Column::of_name(&target.get_attribute("data-column")?)
}

/// The edge beside this one.
fn neighbour(edge: &Element, right: bool) -> Option<Element> {
    let mut heading = edge.parent_element()?;
    loop {
        heading = if right { heading.next_element_sibling() } else { heading.previous_element_sibling() }?;
        if let Some(edge) = heading.query_selector("[data-edge]").ok().flatten() {
            return Some(edge);
        }
    }
}

const TABLE: &str = crate::components::log_table::LOG_TABLE;
/// Marks the heading whose place the dragged one would take.
const DROP: &str = "data-drop";
/// CSS pixels that an arrow key moves an edge.
const KEY_STEP: i64 = 8;
/// CSS pixels that a fitted column has beyond what it holds: widths are told without their fractions.
const SPARE: i64 = 1;
