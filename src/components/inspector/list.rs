//! A long list of equally high lines, of which only those that can be seen exist.
//!
//! Where they stand is written to the elements' styles once they are drawn, since a strict Content-Security-Policy
//! forbids style attributes.

use std::cell::Cell;

use mqttscope_text::number;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;
use yew::virtual_dom::VTag;

use super::Hands;
use crate::components::element::tag;
use crate::store::inspect::lines::{Lines, Window};
use crate::store::text::concat;

/// The elements of a list, and how it is scrolled.
pub struct List {
    /// Height of a line.
    line: u32,
    scroller: NodeRef,
    content: NodeRef,
    rows: NodeRef,
    top: Cell<u32>,
    view: Cell<u32>,
    /// A line that is to be seen once its place is known.
    wanted: Cell<Option<usize>>,
}

impl List {
    /// A list of lines of that height.
    pub fn new(line: u32) -> Self {
        Self {
            line,
            scroller: NodeRef::default(),
            content: NodeRef::default(),
            rows: NodeRef::default(),
            top: Cell::new(0),
            view: Cell::new(400),
            wanted: Cell::new(None),
        }
    }

    /// The lines, if there are `count`.
    pub fn lines(&self, count: usize) -> Lines {
        Lines { count, line: self.line, view: self.view.get() }
    }

    /// What is drawn of `count` lines.
    pub fn window(&self, count: usize) -> Window {
        self.lines(count).window(self.top.get())
    }

    /// The element, with its rows; `scroller` is the part that scrolls.
    pub fn draw(&self, mut scroller: VTag, hands: &Hands, rows: Vec<Html>) -> Html {
        let mut place = placed("list-rows", &self.rows);
        place.add_children(rows);
        let mut content = placed("list-content", &self.content);
        content.add_child(place.into());
        scroller.node_ref = self.scroller.clone();
        scroller.set_listeners(hands.on_list());
        scroller.add_child(content.into());
        scroller.into()
    }

    /// Scrolls as little as possible for a line to be seen, once it is drawn.
    pub fn reveal(&self, line: usize) {
        self.wanted.set(Some(line));
    }

    /// Puts what was drawn into its place; says whether more is to be seen than was drawn.
    pub fn place(&self, count: usize) -> bool {
        let (Some(scroller), Some(content), Some(rows)) = (
            self.scroller.cast::<Element>(),
            self.content.cast::<HtmlElement>(),
            self.rows.cast::<HtmlElement>(),
        ) else {
            return false;
        };
        let drawn = self.window(count);
        // The names and values are valid, so nothing can fail.
        let _ = content.style().set_property("height", &pixels(drawn.total));
        self.look();
        if let Some(line) = self.wanted.take() {
            scroller.set_scroll_top(self.lines(count).reveal(line, self.top.get()) as i32);
            self.top.set(scroller.scroll_top().max(0) as u32);
        }
        let seen = self.window(count);
        let _ = rows.style().set_property("top", &pixels(seen.offset));
        seen.lines != drawn.lines
    }

    /// Finds out how it is scrolled, and how high it is.
    pub fn look(&self) {
        if let Some(scroller) = self.scroller.cast::<Element>() {
            self.top.set(scroller.scroll_top().max(0) as u32);
            // Where it is not shown it has no height.
            if scroller.client_height() > 0 {
                self.view.set(scroller.client_height() as u32);
            }
        }
    }

    /// The line at a height in the window, and the distance from its left edge.
    pub fn hit(&self, count: usize, x: i32, y: i32) -> Option<(usize, f64)> {
        let rect = self.rows.cast::<Element>()?.get_bounding_client_rect();
        let down = f64::from(y) - rect.top();
        let line = self.window(count).lines.start + (down.max(0.0) / f64::from(self.line)) as usize;
        (down >= 0.0 && line < count).then_some((line, f64::from(x) - rect.left()))
    }

    /// The part that scrolls.
    pub fn scroller(&self) -> Option<Element> {
        self.scroller.cast()
    }
}

/// An element that is placed, and nothing else.
fn placed(class: &str, place: &NodeRef) -> VTag {
    let mut element = tag("div", &["class", "role"], &[Some(class), Some("presentation")]);
    element.node_ref = place.clone();
    element
}

fn pixels(value: u64) -> String {
    concat(&[&number::plain(value), "px"])
}
