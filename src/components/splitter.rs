//! The line between two panes, which a person drags or moves with the arrow keys.

use mqttscope_text::number;
use yew::prelude::*;

use super::element::element;
use crate::store::pane::{Pane, Panes};

/// The line that gives a pane its size.
pub fn splitter(panes: &Panes, pane: Pane) -> Html {
    let (least, most) = pane.limits();
    let [least, most, size] = [least, most, panes.size(pane)].map(|size| number::plain(size.into()));
    // The line between a pane above and one below lies, the others stand.
    let (orientation, name) = match pane {
        Pane::Forms => ("vertical", "Width of the forms"),
        Pane::Topics => ("vertical", "Width of the topics"),
        Pane::Inspector => ("vertical", "Width of the inspector"),
        Pane::InspectorBelow => ("horizontal", "Height of the inspector"),
    };
    let keys = &[
        "class",
        "role",
        "tabindex",
        "data-split",
        "aria-orientation",
        "aria-label",
        "aria-valuemin",
        "aria-valuemax",
        "aria-valuenow",
    ];
    let values = [
        Some("splitter"),
        Some("separator"),
        Some("0"),
        Some(pane.name()),
        Some(orientation),
        Some(name),
        Some(&*least),
        Some(&*most),
        Some(&*size),
    ];
    element("div", keys, &values, vec![])
}
