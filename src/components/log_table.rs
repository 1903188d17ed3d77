//! The table of the packet log: only the rows that can be seen exist.
//!
//! Where the rows stand is computed from the records (see [`Heights`]) and written to the elements' styles once they
//! are drawn, since a strict Content-Security-Policy forbids style attributes.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlElement, ResizeObserver};
use yew::prelude::*;
use yew::virtual_dom::{Listener, ListenerKind};

use super::element::{element, tag, text};
use super::listen::{On, Tell};
use super::log_row::log_row;
use crate::browser;
use crate::driver::SharedLog;
use crate::store::layout::{Anchor, Heights, Window};
use crate::store::number;
use crate::store::text::concat;

#[derive(Properties, PartialEq)]
pub struct LogTableProps {
    pub log: SharedLog,
    /// Changes with the log.
    pub revision: u32,
    pub verbose: bool,
}

/// The rows around what a person looks at.
pub struct LogTable {
    refs: Refs,
    size: Size,
    gaze: Gaze,
    events: Vec<Rc<dyn Listener>>,
    to_tail: Rc<dyn Listener>,
    observer: Option<Observer>,
}

/// What happened to the table.
pub enum Move {
    /// It has another size.
    Resized(Size),
    /// The scroll bar moved.
    Scrolled,
    /// The person leaves the newest rows: rows that keep coming would drag them back, so leaving counts at once.
    Left,
    /// Back to the newest rows.
    ToTail,
    /// The log was cleared.
    Cleared,
    /// The row above or below the one that has the focus gets it.
    Row { down: bool },
}

impl Component for LogTable {
    type Message = Move;
    type Properties = LogTableProps;

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link().clone();
        let tell: Tell = Rc::new(move |event| {
            if let Some(it) = move_of(event) {
                link.send_message(it);
            }
        });
        Self {
            refs: Refs::default(),
            size: Size::default(),
            gaze: Gaze::default(),
            events: vec![
                On::passive(|| ListenerKind::onscroll, &tell),
                On::passive(|| ListenerKind::onwheel, &tell),
                On::listener(|| ListenerKind::onkeydown, &tell),
            ],
            to_tail: On::listener(|| ListenerKind::onclick, &tell),
            observer: None,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, it: Move) -> bool {
        let heights = self.heights(ctx);
        let log = ctx.props().log.0.borrow();
        let before = (self.gaze, self.size);
        match it {
            Move::Resized(size) => self.size = size,
            Move::Scrolled => {
                let top = self.refs.scroll_top();
                // What the page did to the scroll bar is not the person's doing.
                if (top - self.refs.placed.replace(top)).abs() > 1.5 {
                    let anchor = heights.anchor(&log, top, self.size.height);
                    self.gaze = Gaze { anchor, end: log.end() };
                }
            }
            Move::Left => {
                let window = heights.window(&log, self.gaze.anchor, self.size.height);
                if self.is_following() && window.total > self.size.height {
                    let anchor = heights.hold(&log, self.refs.scroll_top(), self.size.height);
                    self.gaze = Gaze { anchor, end: log.end() };
                }
            }
            Move::ToTail | Move::Cleared => self.gaze = Gaze::default(),
            Move::Row { down } => self.refs.focus_next(down),
        }
        before != (self.gaze, self.size)
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let LogTableProps { log, verbose, .. } = ctx.props();
        let log = log.0.borrow();
        let narrow = self.size.is_narrow();
        let (first, end) = self.heights(ctx).window(&log, self.gaze.anchor, self.size.height).rows;
        let utc_offset = browser::utc_offset_minutes();
        let rows = (first..end).map(|number| log_row(&log, number, utc_offset, *verbose, narrow)).collect();
        let rows = placed("rows", &self.refs.rows, rows);
        let content = placed("content", &self.refs.content, vec![rows]);
        let mut scroller = tag(
            "div",
            &["class", "role", "aria-label", "tabindex", "data-log-scroll"],
            &[Some("scroller"), Some("rowgroup"), Some("Packets"), Some("0"), Some("")],
        );
        scroller.node_ref = self.refs.scroller.clone();
        scroller.set_listeners(self.events.iter().cloned().map(Some).collect());
        scroller.add_child(content);
        // An empty node keeps its place: yew compares children from the last to the first, and would make the element
        // that scrolls anew.
        let to_tail = if self.is_following() { Html::default() } else { self.to_tail(log.end()) };
        let count = number::plain(u64::from(log.end()) + 1);
        element(
            "div",
            &["class", "role", "aria-label", "aria-colcount", "aria-rowcount"],
            &[
                Some(if narrow { "table narrow" } else { "table" }),
                Some("table"),
                Some("Packet log"),
                Some("7"),
                Some(&count),
            ],
            vec![header(), scroller.into(), to_tail],
        )
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            let link = ctx.link().clone();
            let tell = move |size| link.send_message(Move::Resized(size));
            self.observer = self.refs.scroller.cast().map(|element| Observer::new(element, tell));
        }
        let log = ctx.props().log.0.borrow();
        self.refs.place(&self.heights(ctx).window(&log, self.gaze.anchor, self.size.height));
        if log.end() < self.gaze.end {
            ctx.link().send_message(Move::Cleared);
        }
    }
}

impl LogTable {
    fn is_following(&self) -> bool {
        self.gaze.anchor == Anchor::Tail
    }

    fn heights(&self, ctx: &Context<Self>) -> Heights {
        let narrow = self.size.is_narrow();
        let half_line = match (ctx.props().verbose, narrow) {
            (false, _) => 0.0,
            (true, false) => 8.0,
            (true, true) => 16.0,
        };
        Heights { row: if narrow { 44.0 } else { 24.0 }, half_line }
    }

    fn to_tail(&self, end: u32) -> Html {
        let mut button = tag("button", &["type", "class"], &[Some("button"), Some("to-tail")]);
        button.set_listeners(Box::new([Some(self.to_tail.clone())]));
        button.add_child(text(&news(end.saturating_sub(self.gaze.end))));
        button.into()
    }
}

/// What an event of the scrolled element, or a click on the way back to the newest rows, means.
fn move_of(event: &Event) -> Option<Move> {
    if event.type_() == "click" {
        return Some(Move::ToTail);
    }
    if let Some(wheel) = event.dyn_ref::<WheelEvent>() {
        return (wheel.delta_y() < 0.0).then_some(Move::Left);
    }
    let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return Some(Move::Scrolled) };
    let on_row = key.target().and_then(|target| target.dyn_into().ok()).is_some_and(|it| is_row(&it));
    match key.key().as_str() {
        "Enter" if !on_row => Some(Move::Row { down: false }),
        "ArrowUp" | "ArrowDown" if on_row => {
            key.prevent_default();
            Some(Move::Row { down: key.key() == "ArrowDown" })
        }
        "ArrowUp" | "PageUp" | "Home" => Some(Move::Left),
        _ => None,
    }
}

/// What a person looks at, and where the log ended when they began to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Gaze {
    anchor: Anchor,
    end: u32,
}

/// The size of the part that scrolls, in CSS pixels.
#[derive(Clone, Copy, PartialEq)]
pub struct Size {
    width: f64,
    height: f64,
}

impl Default for Size {
    /// Until it is measured.
    fn default() -> Self {
        Self { width: 900.0, height: 600.0 }
    }
}

impl Size {
    /// Too narrow for seven columns: a row takes two lines.
    fn is_narrow(self) -> bool {
        self.width < 620.0
    }
}

/// The elements that are placed.
#[derive(Default)]
struct Refs {
    scroller: NodeRef,
    content: NodeRef,
    rows: NodeRef,
    /// Where the scroll bar was put.
    placed: Cell<f64>,
}

impl Refs {
    fn scroll_top(&self) -> f64 {
        self.scroller.cast::<Element>().map_or(0.0, |scroller| f64::from(scroller.scroll_top()))
    }

    fn place(&self, window: &Window) {
        let (Some(scroller), Some(content), Some(rows)) = (
            self.scroller.cast::<Element>(),
            self.content.cast::<HtmlElement>(),
            self.rows.cast::<HtmlElement>(),
        ) else {
            return;
        };
        // The names and values are valid, so nothing can fail.
        let _ = content.style().set_property("height", &pixels(window.total));
        let _ = rows.style().set_property("top", &pixels(window.offset));
        // A scroll bar that is elsewhere than it was put was moved by the person, and the event that says so is on
        // its way: it decides.
        let was = scroller.scroll_top();
        if (f64::from(was) - self.placed.get()).abs() > 1.5 {
            return;
        }
        let top = window.scroll_top as i32;
        if was != top {
            scroller.set_scroll_top(top);
        }
        self.placed.set(f64::from(scroller.scroll_top()));
    }

    /// Gives the focus to the next row, or to the newest that is drawn if none has it.
    fn focus_next(&self, down: bool) {
        let active = browser::document().and_then(|document| document.active_element());
        let next = match active.filter(is_row) {
            Some(row) if down => row.next_element_sibling(),
            Some(row) => row.previous_element_sibling(),
            None => self.rows.cast::<Element>().and_then(|rows| rows.last_element_child()),
        };
        browser::focus(next);
    }
}

fn is_row(element: &Element) -> bool {
    element.has_attribute("data-index")
}

fn header() -> Html {
    let cell = |(class, words): (&str, &str)| {
        element("span", &["role", "class"], &[Some("columnheader"), Some(class)], vec![text(words)])
    };
    let cells = [
        ("time", "Time"),
        // Its arrows need no title but in a screen reader.
        ("direction", "Direction"),
        ("packet", "Packet"),
        ("flags", "Flags"),
        ("id", "Id"),
        ("length", "Length"),
        ("summary", "Summary"),
    ];
    let keys = &["role", "class", "aria-rowindex"];
    let values = [Some("row"), Some("row head"), Some("1")];
    let row = element("div", keys, &values, cells.into_iter().map(cell).collect());
    element("div", &["role"], &[Some("rowgroup")], vec![row])
}

/// An element that is placed, and nothing else.
fn placed(class: &str, place: &NodeRef, children: Vec<Html>) -> Html {
    let mut element = tag("div", &["class", "role"], &[Some(class), Some("presentation")]);
    element.node_ref = place.clone();
    element.add_children(children);
    element.into()
}

fn pixels(value: f64) -> String {
    concat(&[&number::plain(value as u64), "px"])
}

/// Tells an element's size now and whenever it changes.
struct Observer {
    observer: Option<ResizeObserver>,
    _on_resize: Closure<dyn FnMut()>,
}

impl Observer {
    fn new(element: Element, tell: impl Fn(Size) + 'static) -> Self {
        let measured = element.clone();
        let on_resize = Closure::<dyn FnMut()>::new(move || {
            tell(Size {
                width: f64::from(measured.client_width()),
                height: f64::from(measured.client_height()),
            });
        });
        let observer = ResizeObserver::new(on_resize.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &observer {
            observer.observe(&element);
        }
        Self { observer, _on_resize: on_resize }
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

fn news(count: u32) -> String {
    match count {
        0 => "To the newest ↓".into(),
        _ => concat(&[&number::grouped(u64::from(count)), " new ↓"]),
    }
}
