//! A long list of equally high lines, of which only those that can be seen exist.
//!
//! Where they stand is written to the elements' styles once they are drawn, since a strict Content-Security-Policy
//! forbids style attributes. How far it is scrolled and how high it is are taken from the events that tell of them:
//! to ask for them while drawing would make the browser lay the page out once more.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use mqttscope_text::number;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;
use yew::virtual_dom::{Listener, VTag};

use super::element::tag;
use super::observer::Observer;
use crate::store::inspect::lines::{Lines, Window};
use crate::store::text::concat;

/// The elements of a list, and how it is scrolled.
pub struct List {
    /// Tells its element from those of others, which would take the place of a list and keep where that was scrolled to.
    key: &'static str,
    /// Height of a line.
    line: u32,
    on_resize: Callback<()>,
    scroller: NodeRef,
    content: NodeRef,
    rows: NodeRef,
    observed: RefCell<Option<Observed>>,
    top: Cell<u32>,
    view: Cell<u32>,
    count: Cell<usize>,
    /// The first line that was drawn.
    first: Cell<usize>,
    /// A line that is to be seen once it is known how high the list is.
    wanted: Cell<Option<usize>>,
}

/// The element that scrolls, as long as it is there.
struct Observed {
    scroller: Element,
    _observer: Observer,
    is_measured: bool,
    /// Height of the content, and where the rows stand in it.
    placed: Option<(u64, u64)>,
}

impl List {
    /// A list of lines of that height; `on_resize` is told when [`Self::measure`] is to be called.
    pub fn new(key: &'static str, line: u32, on_resize: Callback<()>) -> Self {
        Self {
            key,
            line,
            on_resize,
            scroller: NodeRef::default(),
            content: NodeRef::default(),
            rows: NodeRef::default(),
            observed: RefCell::default(),
            top: Cell::new(0),
            view: Cell::new(400),
            count: Cell::new(0),
            first: Cell::new(0),
            wanted: Cell::new(None),
        }
    }

    /// The lines, if there are `count`.
    pub fn lines(&self, count: usize) -> Lines {
        Lines { count, line: self.line, view: self.view.get() }
    }

    /// The lines to have at hand, if there are `count`.
    pub fn wanted(&self, count: usize) -> Range<usize> {
        self.lines(count).wanted(self.top.get())
    }

    /// What is to be drawn of `count` lines, of which these are at hand.
    pub fn drawn(&self, count: usize, at_hand: Range<usize>) -> Range<usize> {
        let seen = self.window(count).lines;
        let start = at_hand.start.clamp(seen.start, seen.end);
        start..at_hand.end.clamp(start, seen.end)
    }

    /// The element, with rows from the line `first` on; `scroller` is the part that scrolls, and `listeners` hear when
    /// it does.
    pub fn draw(
        &self,
        mut scroller: VTag,
        listeners: Box<[Option<Rc<dyn Listener>>]>,
        first: usize,
        rows: Vec<Html>,
    ) -> Html {
        self.first.set(first);
        let mut place = placed("list-rows", &self.rows);
        place.add_children(rows);
        let mut content = placed("list-content", &self.content);
        content.add_child(place.into());
        scroller.key = Some(self.key.into());
        scroller.node_ref = self.scroller.clone();
        scroller.set_listeners(listeners);
        scroller.add_child(content.into());
        scroller.into()
    }

    /// Scrolls as little as possible for a line to be seen, once it is drawn.
    pub fn reveal(&self, line: usize) {
        self.wanted.set(Some(line));
    }

    /// Puts what was drawn of `count` lines into its place; says whether more is to be seen than was drawn.
    pub fn place(&self, count: usize) -> bool {
        self.count.set(count);
        let mut observed = self.observed.borrow_mut();
        let (Some(scroller), Some(content), Some(rows)) = (
            self.scroller.cast::<Element>(),
            self.content.cast::<HtmlElement>(),
            self.rows.cast::<HtmlElement>(),
        ) else {
            *observed = None;
            return false;
        };
        let is_new = observed.as_ref().is_none_or(|before| before.scroller != scroller);
        if is_new {
            *observed = Some(self.observe(scroller));
        }
        let Some(observed) = &mut *observed else { return false };
        let drawn = self.window(count);
        let (total, _) = observed.placed.unwrap_or_default();
        if total != drawn.total || is_new {
            // The names and values are valid, so nothing can fail.
            let _ = content.style().set_property("height", &pixels(drawn.total));
        }
        // As the browser does.
        let last = drawn.total.saturating_sub(self.view.get().into());
        let top = self.top.get().min(u32::try_from(last).unwrap_or(u32::MAX));
        let wanted = if observed.is_measured { self.wanted.take() } else { None };
        let to = wanted.map_or(top, |line| self.lines(count).reveal(line, top));
        if to != if is_new { 0 } else { top } {
            observed.scroller.set_scroll_top(to as i32);
        }
        self.top.set(to);
        let seen = self.window(count);
        let offset = seen.offset_of(self.first.get(), self.line);
        if observed.placed.replace((seen.total, offset)).is_none_or(|(_, before)| before != offset) {
            let _ = rows.style().set_property("top", &pixels(offset));
        }
        seen.lines != drawn.lines
    }

    /// Finds out how high it is, once it has another height; says whether it is to be drawn anew for that.
    pub fn measure(&self) -> bool {
        let mut observed = self.observed.borrow_mut();
        let Some(observed) = &mut *observed else { return false };
        let height = observed.scroller.client_height();
        // Where it is not shown it has no height.
        if height <= 0 {
            return false;
        }
        let was_measured = std::mem::replace(&mut observed.is_measured, true);
        // A browser may forget where an element was scrolled to while it was not shown.
        let top = observed.scroller.scroll_top().max(0) as u32;
        let is_elsewhere = self.top.replace(top) != top;
        let is_other = self.view.replace(height as u32) != height as u32;
        is_other || is_elsewhere || !was_measured && self.wanted.get().is_some()
    }

    /// Finds out how it is scrolled, if it is what was; says whether it is to be drawn anew for that.
    pub fn scrolled(&self, target: &Element) -> bool {
        if self.scroller().as_ref() != Some(target) {
            return false;
        }
        let count = self.count.get();
        let before = self.window(count);
        self.top.set(target.scroll_top().max(0) as u32);
        self.window(count) != before
    }

    /// The line at a height in the window, and the distance from its left edge.
    pub fn hit(&self, x: i32, y: i32) -> Option<(usize, f64)> {
        let rect = self.rows.cast::<Element>()?.get_bounding_client_rect();
        let down = f64::from(y) - rect.top();
        let line = self.first.get() + (down.max(0.0) / f64::from(self.line)) as usize;
        (down >= 0.0 && line < self.count.get()).then_some((line, f64::from(x) - rect.left()))
    }

    /// The part that scrolls.
    pub fn scroller(&self) -> Option<Element> {
        self.scroller.cast()
    }

    fn window(&self, count: usize) -> Window {
        self.lines(count).window(self.top.get())
    }

    fn observe(&self, scroller: Element) -> Observed {
        let on_resize = self.on_resize.clone();
        let observer = Observer::new(&scroller, move || on_resize.emit(()));
        // Where nothing will be told, the height that is assumed is the one to go by.
        let is_measured = !observer.observes();
        Observed { scroller, _observer: observer, is_measured, placed: None }
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
