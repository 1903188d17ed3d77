//! The headings of the log's columns, with the edges that give each its width.

use mqttscope_text::number;
use yew::prelude::*;

use super::element::{element, text};
use super::log_row::Style;
use crate::store::arrangement::Arrangement;
use crate::store::column::Column;
use crate::store::text::concat;

/// The row of the headings.
pub fn header(style: Style<'_>, arrangement: &Arrangement) -> Html {
    let first = style.columns.iter().find(|column| column.is_sizable());
    let cell = |column: &Column| {
        let is_since = *column == Column::Time && style.reference.is_some();
        let title = if is_since { "Since reference" } else { column.title() };
        let mut parts = vec![text(title)];
        if column.is_sizable() && !style.narrow {
            parts.push(edge(*column, title, arrangement.width(*column), Some(column) == first));
        }
        let values = [Some("columnheader"), Some(column.name()), Some(column.name()), Some(title)];
        element("span", &["role", "class", "data-column", "title"], &values, parts)
    };
    let cells = style.columns.iter().map(cell).collect();
    let row = element(
        "div",
        &["role", "class", "aria-rowindex"],
        &[Some("row"), Some("row head"), Some("1")],
        cells,
    );
    element("div", &["role", "class"], &[Some("rowgroup"), Some("head-group")], vec![row])
}

/// The edge of a column, which a person drags or moves with the arrow keys. One of them is reached by Tab, the others from
/// there.
fn edge(column: Column, title: &str, width: u32, is_first: bool) -> Html {
    let (least, most) = Column::limits();
    let [least, most, width] = [least, most, width].map(|width| number::plain(width.into()));
    let name = concat(&["Width of ", title]);
    let keys = &[
        "class",
        "role",
        "tabindex",
        "data-edge",
        "aria-orientation",
        "aria-label",
        "aria-valuemin",
        "aria-valuemax",
        "aria-valuenow",
    ];
    let values = [
        Some("edge"),
        Some("separator"),
        Some(if is_first { "0" } else { "-1" }),
        Some(column.name()),
        Some("vertical"),
        Some(&*name),
        Some(&*least),
        Some(&*most),
        Some(&*width),
    ];
    element("span", keys, &values, vec![])
}
