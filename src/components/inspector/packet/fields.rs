//! The tree of a packet's fields.

use mqttscope_link::{Leaf, LeafKind, PacketView};
use mqttscope_text::number;
use yew::prelude::*;

use super::from;
use crate::components::element::{element, tag, words};
use crate::components::inspector::panel::Scene;
use crate::components::list::List;
use crate::store::text::concat;

/// The lines of the tree that can be seen and have come.
pub fn fields(list: &List, view: &PacketView, scene: &Scene<'_>) -> Html {
    let tree = &view.tree;
    let marked = view.mark.as_ref().and_then(|mark| mark.line);
    let at_hand = from(tree.first, tree.lines.len());
    let drawn = list.drawn(tree.count as usize, at_hand);
    // Where it is scrolled out of sight it does not exist.
    let active = marked.filter(|&line| drawn.contains(&(line as usize)));
    let active = active.map(|line| concat(&["leaf-", &number::plain(line.into())]));
    let first = drawn.start;
    let rows = drawn.filter_map(|at| {
        let line = tree.lines.get(at - tree.first as usize)?;
        Some(leaf(at, line, marked == Some(at as u32)))
    });
    let rows = rows.collect();
    let scroller = tag(
        "div",
        &["class", "role", "aria-label", "tabindex", "data-keys", "aria-activedescendant"],
        &[Some("list tree"), Some("tree"), Some("Fields"), Some("0"), Some("tree"), active.as_deref()],
    );
    list.draw(scroller, scene.listeners.on_list(), first, rows)
}

fn leaf(at: usize, leaf: &Leaf, is_marked: bool) -> Html {
    let (kind, sign) = match leaf.kind {
        LeafKind::Whole => ("", ""),
        LeafKind::Bits => ("bits ", ""),
        LeafKind::Fault => ("fault ", "✖ "),
    };
    let depth = usize::from(leaf.depth);
    let class =
        concat(&["leaf ", kind, DEPTHS[depth.min(DEPTHS.len() - 1)], if is_marked { " marked" } else { "" }]);
    let (id, level) = (number::plain(at as u64), number::plain(depth as u64 + 1));
    let mut parts = Vec::with_capacity(3);
    if !leaf.pattern.is_empty() {
        parts.push(words("span", "pattern", &leaf.pattern));
    }
    if !leaf.name.is_empty() {
        parts.push(words("span", "name", &leaf.name));
    }
    parts.push(words("span", "value", &concat(&[sign, &leaf.value])));
    element(
        "div",
        &["class", "role", "id", "data-line", "aria-level", "aria-selected"],
        &[
            Some(&class),
            Some("treeitem"),
            Some(&concat(&["leaf-", &id])),
            Some(&id),
            Some(&level),
            Some(if is_marked { "true" } else { "false" }),
        ],
        parts,
    )
}

/// Height of a line in CSS pixels, as in the style sheet.
pub const LINE: u32 = 22;
const DEPTHS: [&str; 7] = ["d0", "d1", "d2", "d3", "d4", "d5", "d6"];
