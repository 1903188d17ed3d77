//! The table of the packet log: only the rows that can be seen exist.
//!
//! Where the rows stand is computed from the records (see [`Heights`]) and written to the elements' styles once they
//! are drawn, since a strict Content-Security-Policy forbids style attributes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use mqttscope_text::number;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;
use yew::virtual_dom::{Key, Listener, ListenerKind};

use super::element::{element, tag, text};
use super::listen::{On, Tell};
use super::log_row::{Mark, Style, log_row, row_id};
use super::observer::Observer;
use crate::browser;
use crate::store::column::Column;
use crate::store::layout::{Anchor, Heights, Window};
use crate::store::row::Setting;
use crate::store::rows::Rows;
use crate::store::scope::SharedScope;
use crate::store::shared::SharedLog;
use crate::store::text::concat;

#[derive(Properties, PartialEq)]
pub struct LogTableProps {
    pub log: SharedLog,
    pub scope: SharedScope,
    /// Changes with what is to be seen.
    pub revision: (u32, u32, u32),
    pub verbose: bool,
    /// The columns that are shown, a bit each.
    pub columns: u16,
    pub on_act: Callback<TableAct>,
}

/// What a person does in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableAct {
    /// Selects the record of that number.
    Select(u32),
    /// Wants to see the selected record in the inspector.
    Inspect,
}

/// The rows around what a person looks at.
pub struct LogTable {
    refs: Refs,
    slots: RefCell<Slots>,
    size: Size,
    gaze: Gaze,
    /// The selected record that was brought into view.
    revealed: Option<u32>,
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
    /// A row was clicked; a second time, if it was selected already.
    Row(u32),
    /// The row so many rows below the selected one is selected, or above it.
    Step(i64),
    /// The same by views.
    Page(i64),
    /// The oldest row is selected, or the newest, which is followed.
    First,
    Last,
    /// The selected row is wanted in the inspector.
    Inspect,
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
            slots: RefCell::default(),
            size: Size::default(),
            gaze: Gaze::default(),
            revealed: None,
            events: vec![
                On::passive(|| ListenerKind::onscroll, &tell),
                On::passive(|| ListenerKind::onwheel, &tell),
                On::listener(|| ListenerKind::onkeydown, &tell),
                // A row that is pressed may have moved on before it is let go, and that would be no click on it.
                On::passive(|| ListenerKind::onmousedown, &tell),
            ],
            to_tail: On::listener(|| ListenerKind::onclick, &tell),
            observer: None,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, it: Move) -> bool {
        let before = (self.gaze, self.size);
        let act = self.take(ctx, it);
        if let Some(act) = act {
            ctx.props().on_act.emit(act);
        }
        before != (self.gaze, self.size)
    }

    fn changed(&mut self, ctx: &Context<Self>, _: &LogTableProps) -> bool {
        let props = ctx.props();
        let (log, scope) = (props.log.0.borrow(), props.scope.0.borrow());
        let selected = scope.selected();
        if selected != self.revealed {
            self.revealed = selected;
            if let Some(number) = selected {
                let (heights, rows, view) = (self.heights(ctx), scope.rows(&log), self.size.view());
                let mut anchor = heights.reveal(rows, self.gaze.anchor, view, number);
                // Rows that keep coming would take the selected one away; the newest is followed on purpose.
                if anchor == Anchor::Tail && number + 1 != log.end() {
                    anchor = heights.hold(rows, heights.window(rows, anchor, view).scroll_top, view);
                }
                self.gaze = Gaze { anchor, end: log.end() };
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let LogTableProps { log, scope, verbose, columns, .. } = ctx.props();
        let (log, scope) = (log.0.borrow(), scope.0.borrow());
        let rows = scope.rows(&log);
        let style = Style {
            columns: Column::fitting(*columns, self.size.width as u32),
            narrow: self.size.is_narrow(),
        };
        let window = self.heights(ctx).window(rows, self.gaze.anchor, self.size.view());
        let mut setting = Setting {
            utc_offset: browser::utc_offset_minutes(),
            start: scope.start(),
            above: window
                .places
                .0
                .checked_sub(1)
                .and_then(|above| log.record(rows.number(above)))
                .map(|record| record.time),
            verbose: *verbose,
        };
        let selected = scope.selected();
        let numbers = (window.places.0..window.places.1).map(|place| rows.number(place));
        self.slots.borrow_mut().take(numbers);
        let slots = self.slots.borrow();
        let mut drawn = Vec::with_capacity(slots.0.len());
        let mut active = None;
        for (place, &Slot { number, key }) in (window.places.0..).zip(&slots.0) {
            let mark = Mark { selected: selected == Some(number), found: scope.is_marked(number) };
            active = if mark.selected { Some(row_id(number)) } else { active };
            if let Some(mut row) = log_row(&log, number, place, setting, style, mark) {
                row.key = Some(Key::from(key));
                drawn.push(row.into());
            }
            setting.above = log.record(number).map(|record| record.time);
        }
        let drawn = placed("rows", &self.refs.rows, drawn);
        let content = placed("content", &self.refs.content, vec![drawn]);
        let count = number::plain(u64::from(rows.len()) + 1);
        let shown = number::plain(style.count().into());
        let keys = &[
            "class",
            "id",
            "role",
            "aria-label",
            "aria-colcount",
            "aria-rowcount",
            "aria-activedescendant",
            "tabindex",
            "data-log-scroll",
        ];
        let values = [
            Some("scroller"),
            Some(LOG_TABLE),
            Some("grid"),
            Some("Packet log"),
            Some(&*shown),
            Some(&*count),
            active.as_deref(),
            Some("0"),
            Some(""),
        ];
        let mut scroller = tag("div", keys, &values);
        scroller.node_ref = self.refs.scroller.clone();
        scroller.set_listeners(self.events.iter().cloned().map(Some).collect());
        scroller.add_children([header(style), content]);
        // An empty node keeps its place: yew compares children from the last to the first, and would make the element
        // that scrolls anew.
        let is_newest_seen = window.scroll_top + self.size.view() >= window.total;
        let to_tail =
            if self.is_following() || is_newest_seen { Html::default() } else { self.to_tail(rows) };
        let class = if style.narrow { "table narrow" } else { "table" };
        element("div", &["class"], &[Some(class)], vec![scroller.into(), to_tail])
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            let link = ctx.link().clone();
            self.observer = self.refs.scroller.cast::<Element>().map(|element| {
                let measured = element.clone();
                Observer::new(&element, move || link.send_message(Move::Resized(Size::of(&measured))))
            });
        }
        let props = ctx.props();
        let (log, scope) = (props.log.0.borrow(), props.scope.0.borrow());
        self.refs.place(&self.heights(ctx).window(scope.rows(&log), self.gaze.anchor, self.size.view()));
        if log.end() < self.gaze.end {
            ctx.link().send_message(Move::Cleared);
        }
    }
}

impl LogTable {
    /// Does what can be done here, and says what the page is to do.
    fn take(&mut self, ctx: &Context<Self>, it: Move) -> Option<TableAct> {
        let heights = self.heights(ctx);
        let props = ctx.props();
        let (log, scope) = (props.log.0.borrow(), props.scope.0.borrow());
        let (rows, view) = (scope.rows(&log), self.size.view());
        let step = |by: i64| scope.row_from_selected(&log, by).map(TableAct::Select);
        match it {
            Move::Resized(size) => self.size = size,
            Move::Scrolled => {
                let top = self.refs.scroll_top();
                // What the page did to the scroll bar is not the person's doing.
                if (top - self.refs.placed.replace(top)).abs() > 1.5 {
                    self.gaze = Gaze { anchor: heights.anchor(rows, top, view), end: log.end() };
                }
            }
            Move::Left => {
                let window = heights.window(rows, self.gaze.anchor, view);
                if self.is_following() && window.total > view {
                    let anchor = heights.hold(rows, self.refs.scroll_top(), view);
                    self.gaze = Gaze { anchor, end: log.end() };
                }
            }
            Move::ToTail | Move::Cleared => self.gaze = Gaze::default(),
            Move::Row(number) if scope.selected() == Some(number) => return Some(TableAct::Inspect),
            Move::Row(number) => return Some(TableAct::Select(number)),
            Move::Step(by) => return step(by),
            Move::Page(by) => return step(by * ((view / heights.row) as i64 - 1).max(1)),
            Move::First => return rows.len().checked_sub(1).map(|_| TableAct::Select(rows.number(0))),
            Move::Last => {
                self.gaze = Gaze::default();
                let newest = rows.len().checked_sub(1)?;
                self.revealed = Some(rows.number(newest));
                return self.revealed.map(TableAct::Select);
            }
            Move::Inspect => return Some(TableAct::Inspect),
        }
        None
    }

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

    fn to_tail(&self, rows: Rows<'_>) -> Html {
        let new = rows.len() - rows.place(self.gaze.end);
        let mut button = tag("button", &["type", "class"], &[Some("button"), Some("to-tail")]);
        button.set_listeners(Box::new([Some(self.to_tail.clone())]));
        button.add_child(text(&news(new)));
        button.into()
    }
}

/// What an event of the scrolled element, or a click on the way back to the newest rows, means.
fn move_of(event: &Event) -> Option<Move> {
    if event.type_() == "click" {
        return Some(Move::ToTail);
    }
    if event.type_() == "mousedown" {
        let target: Element = event.target()?.dyn_into().ok()?;
        let is_main = event.dyn_ref::<MouseEvent>()?.button() == 0;
        let row = target.closest("[data-index]").ok()??;
        return row.get_attribute("data-index")?.parse().ok().map(Move::Row).filter(|_| is_main);
    }
    if let Some(wheel) = event.dyn_ref::<WheelEvent>() {
        return (wheel.delta_y() < 0.0).then_some(Move::Left);
    }
    let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return Some(Move::Scrolled) };
    if key.ctrl_key() || key.alt_key() || key.meta_key() {
        return None;
    }
    let it = match key.key().as_str() {
        "ArrowDown" => Move::Step(1),
        "ArrowUp" => Move::Step(-1),
        "PageDown" => Move::Page(1),
        "PageUp" => Move::Page(-1),
        "Home" => Move::First,
        "End" => Move::Last,
        "Enter" => Move::Inspect,
        _ => return None,
    };
    // They would scroll, which follows from the selection already.
    key.prevent_default();
    Some(it)
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
    fn of(element: &Element) -> Self {
        Self { width: f64::from(element.client_width()), height: f64::from(element.client_height()) }
    }

    /// Too narrow for seven columns: a row takes two lines.
    fn is_narrow(self) -> bool {
        self.width < 620.0
    }

    /// The height that is left for rows.
    fn view(self) -> f64 {
        (self.height - HEADER).max(0.0)
    }
}

/// Which row's element each row has.
///
/// A row that comes into view takes the element of one that goes: to write other words into it costs a small part of
/// what it costs to make elements, and that is done in each frame while packets come in.
#[derive(Default)]
struct Slots(Vec<Slot>);

#[derive(Clone, Copy)]
struct Slot {
    /// The number of the row.
    number: u32,
    /// By which yew knows the element.
    key: u32,
}

impl Slots {
    /// Takes the rows that are in view now, in ascending order. Those that were there keep their element.
    fn take(&mut self, numbers: impl Iterator<Item = u32>) {
        let rows: Vec<_> = numbers.map(|number| (number, self.key(number))).collect();
        let stays = |slot: &&Slot| rows.binary_search_by_key(&slot.number, |row| row.0).is_ok();
        let new = self.0.iter().map(|slot| slot.key + 1).max().unwrap_or_default();
        let mut free = self.0.iter().filter(|slot| !stays(slot)).map(|slot| slot.key).chain(new..);
        let slot = |(number, key): (u32, Option<u32>)| {
            let key = key.or_else(|| free.next()).unwrap_or_default();
            Slot { number, key }
        };
        self.0 = rows.iter().copied().map(slot).collect();
    }

    fn key(&self, number: u32) -> Option<u32> {
        let at = self.0.binary_search_by_key(&number, |slot| slot.number).ok()?;
        Some(self.0[at].key)
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
}

fn header(style: Style) -> Html {
    let cell = |column: Column| {
        let values = [Some("columnheader"), Some(column.name())];
        element("span", &["role", "class"], &values, vec![text(column.title())])
    };
    let cells = Column::ALL.into_iter().filter(|column| style.shows(*column)).map(cell).collect();
    let row = element(
        "div",
        &["role", "class", "aria-rowindex"],
        &[Some("row"), Some("row head"), Some("1")],
        cells,
    );
    element("div", &["role", "class"], &[Some("rowgroup"), Some("head-group")], vec![row])
}

/// An element that is placed, and nothing else.
fn placed(class: &str, place: &NodeRef, children: Vec<Html>) -> Html {
    let role = if class == "content" { "rowgroup" } else { "presentation" };
    let mut element = tag("div", &["class", "role"], &[Some(class), Some(role)]);
    element.node_ref = place.clone();
    element.add_children(children);
    element.into()
}

fn pixels(value: f64) -> String {
    concat(&[&number::plain(value as u64), "px"])
}

fn news(count: u32) -> String {
    match count {
        0 => "To the newest ↓".into(),
        _ => concat(&[&number::grouped(u64::from(count)), " new ↓"]),
    }
}

/// The id of the table's element, which takes the focus.
pub const LOG_TABLE: &str = "log-table";
/// The height of the header, which stays in view.
const HEADER: f64 = 24.0;

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::Range;

    #[test]
    fn a_row_that_stays_keeps_its_element_and_a_new_one_takes_what_is_free() {
        let mut slots = Slots::default();
        let mut keys = |numbers: Range<u32>| {
            slots.take(numbers);
            slots.0.iter().map(|slot| slot.key).collect::<Vec<_>>()
        };
        assert_eq!(keys(10..14), [0, 1, 2, 3]);
        assert_eq!(keys(11..15), [1, 2, 3, 0]);
        assert_eq!(keys(100..104), [1, 2, 3, 0]);
        assert_eq!(keys(102..107), [3, 0, 1, 2, 4]);
        assert_eq!(keys(0..2), [3, 0]);
    }
}
