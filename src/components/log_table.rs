//! The table of the packet log: only the rows that can be seen exist.
//!
//! Which those are and where they stand is the engine's to say: it is told the size of the view and what a person does
//! with the scroll bar. Places are written to the elements' styles once the rows are drawn, since a strict
//! Content-Security-Policy forbids style attributes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use mqttscope_link::{Geometry, Gesture, Row, RowsView, Step};
use mqttscope_text::number;
use mqttscope_text::zone::Zone;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;
use yew::virtual_dom::{Key, Listener, ListenerKind};

use super::element::{element, tag, text};
use super::listen::{On, Tell};
use super::log_head::header;
use super::log_row::{Style, log_row, row_id};
use super::observer::Observer;
use crate::browser;
use crate::store::arrangement::Arrangement;
use crate::store::column::Column;
use crate::store::shown::Shown;
use crate::store::slots::Named;
use crate::store::text::concat;

#[derive(Properties, PartialEq)]
pub struct LogTableProps {
    /// What the engine shows.
    pub shown: Shown,
    /// What is shown for an older look knows nothing of the last gesture.
    pub scrolled: LookMark,
    pub verbose: bool,
    /// The columns that are shown, a bit each.
    pub columns: u16,
    pub arrangement: Arrangement,
    /// The connections of the page.
    pub slots: Rc<[Named]>,
    /// What times count from, in microseconds since the Unix epoch.
    pub reference: Option<u64>,
    /// The row that others are compared with.
    #[prop_or_default]
    pub marked: Option<u32>,
    pub zone: Zone,
    pub on_act: Callback<TableAct>,
}

/// The number of the look that came with the last gesture. It is shared: that it is another one is nothing to draw.
#[derive(Clone, Debug, Default)]
pub struct LookMark(pub Rc<Cell<u32>>);

impl PartialEq for LookMark {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// What the table asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TableAct {
    /// Selects the record of that number.
    Select(u32),
    /// Marks the record of that number to be compared, or takes the mark away.
    Mark(u32),
    /// Selects another record.
    Step(Step),
    /// Wants to see the selected record in the inspector.
    Inspect,
    /// The scroll bar was moved.
    Scroll(Gesture),
    /// There is another room for rows, or they have another height.
    Measure(Geometry),
}

/// The rows around what a person looks at.
pub struct LogTable {
    refs: Refs,
    slots: RefCell<Slots>,
    size: Size,
    /// What the engine was told of it.
    measured: Geometry,
    /// The row that was clicked, until the engine shows it as the selected one.
    clicked: Option<u32>,
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
    /// A row was clicked; a second time, if it was selected already.
    Row(u32),
    /// A row was clicked to be compared with others.
    Mark(u32),
    /// Another row is selected.
    Step(Step),
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
            measured: Geometry::default(),
            clicked: None,
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
        let before = self.size;
        if let Some(act) = self.take(ctx.props(), it) {
            ctx.props().on_act.emit(act);
        }
        before != self.size
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &LogTableProps) -> bool {
        let props = ctx.props();
        if props.shown != old.shown {
            self.clicked = None;
        }
        if let Some(act) = self.measure(props.verbose) {
            props.on_act.emit(act);
        }
        if !props.is_drawn_as(old) {
            return true;
        }
        self.place(props);
        false
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let LogTableProps { shown, columns, arrangement, zone, reference, marked, slots: named, .. } =
            ctx.props();
        let rows = &shown.rows;
        let narrow = self.size.is_narrow();
        // In two lines a row has places for the others alone.
        let columns =
            if narrow { columns & !Column::SPARE.map(Column::bit).iter().sum::<u16>() } else { *columns };
        let columns = arrangement.shown(columns, self.size.width as u32);
        let (start, reference, marked) = (shown.log.start, *reference, *marked);
        let style = Style { zone, start, columns: &columns, slots: named, reference, marked, narrow };
        let selected = shown.log.selected;
        self.slots.borrow_mut().take(rows.rows.iter().map(|row| row.number));
        let slots = self.slots.borrow();
        let draw = |(place, (row, slot)): (u32, (&Row, &Slot))| {
            let mut element = log_row(row, place, style, selected == Some(row.number));
            element.key = Some(Key::from(slot.key));
            element.into()
        };
        let drawn = (rows.first_place..).zip(rows.rows.iter().zip(&slots.0)).map(draw).collect();
        let is_drawn = |number: &u32| rows.rows.iter().any(|row| row.number == *number);
        let active = selected.filter(is_drawn).map(row_id);
        let drawn = placed("rows", &self.refs.rows, drawn);
        let content = placed("content", &self.refs.content, vec![drawn]);
        let count = number::plain(u64::from(rows.count) + 1);
        let shown = number::plain(style.columns.len() as u64);
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
        scroller.add_children([header(style, arrangement), content]);
        // An empty node keeps its place: yew compares children from the last to the first, and would make the element
        // that scrolls anew.
        let to_tail =
            if rows.is_following || rows.is_newest_seen { Html::default() } else { self.to_tail(rows.new) };
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
            if let Some(act) = self.measure(ctx.props().verbose) {
                ctx.props().on_act.emit(act);
            }
        }
        self.place(ctx.props());
    }
}

impl LogTableProps {
    /// Whether the same rows and words are drawn from both; where they stand may differ.
    fn is_drawn_as(&self, other: &Self) -> bool {
        let drawn = |props: &Self| {
            let (log, rows) = (&props.shown.log, &props.shown.rows);
            let news = (rows.is_following || rows.is_newest_seen, rows.new);
            let looks = (props.verbose, props.columns, props.arrangement, props.reference, props.marked);
            (looks, log.start, log.selected, rows.count, rows.first_place, news)
        };
        drawn(self) == drawn(other)
            && self.zone == other.zone
            && self.slots == other.slots
            && self.shown.rows.rows == other.shown.rows.rows
    }
}

impl LogTable {
    fn place(&self, props: &LogTableProps) {
        let LogTableProps { shown, scrolled, .. } = props;
        self.refs.place(&shown.rows, shown.look >= scrolled.0.get());
    }

    /// Does what can be done here, and says what the page is to do.
    fn take(&mut self, props: &LogTableProps, it: Move) -> Option<TableAct> {
        let act = match it {
            // Behind another tab it has no height, and the browser forgets where it was scrolled to.
            Move::Resized(size) if size.height <= 0.0 => {
                self.refs.placed.set(f64::NAN);
                return None;
            }
            Move::Resized(size) => {
                self.size = size;
                if self.refs.placed.get().is_nan() {
                    self.place(props);
                }
                return self.measure(props.verbose);
            }
            Move::Scrolled => {
                let top = self.refs.scrolled()?;
                // The end is that of what is drawn: rows may have come since.
                let is_end = top + 2.0 >= props.shown.rows.total - self.size.view();
                TableAct::Scroll(if is_end { Gesture::Tail } else { Gesture::To(top) })
            }
            Move::Left => {
                let rows = &props.shown.rows;
                let leaves = rows.is_following && rows.total > self.size.view();
                TableAct::Scroll(Gesture::Leave(leaves.then(|| self.refs.placed.get())?))
            }
            Move::ToTail => TableAct::Scroll(Gesture::Tail),
            Move::Row(number) if self.clicked.or(props.shown.log.selected) == Some(number) => {
                TableAct::Inspect
            }
            Move::Row(number) => {
                self.clicked = Some(number);
                TableAct::Select(number)
            }
            Move::Mark(number) => TableAct::Mark(number),
            Move::Step(step) => {
                self.clicked = None;
                TableAct::Step(step)
            }
            Move::Inspect => TableAct::Inspect,
        };
        Some(act)
    }

    /// What the engine is to know of the view, if that is news to it.
    fn measure(&mut self, verbose: bool) -> Option<TableAct> {
        let narrow = self.size.is_narrow();
        let half_line = match (verbose, narrow) {
            (false, _) => 0.0,
            (true, false) => 8.0,
            (true, true) => 16.0,
        };
        let geometry = Geometry { view: self.size.view(), row: if narrow { 44.0 } else { 24.0 }, half_line };
        let is_news = geometry != self.measured;
        self.measured = geometry;
        is_news.then_some(TableAct::Measure(geometry))
    }

    fn to_tail(&self, new: u32) -> Html {
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
        let mouse = event.dyn_ref::<MouseEvent>()?;
        let row = target.closest("[data-index]").ok()??;
        let number = row.get_attribute("data-index")?.parse().ok()?;
        let it = if mouse.ctrl_key() || mouse.meta_key() { Move::Mark(number) } else { Move::Row(number) };
        return (mouse.button() == 0).then_some(it);
    }
    if let Some(wheel) = event.dyn_ref::<WheelEvent>() {
        return (wheel.delta_y() < 0.0).then_some(Move::Left);
    }
    let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return Some(Move::Scrolled) };
    if browser::is_composing(key) || key.ctrl_key() || key.alt_key() || key.meta_key() {
        return None;
    }
    let it = match key.key().as_str() {
        "ArrowDown" => Move::Step(Step::Rows(1)),
        "ArrowUp" => Move::Step(Step::Rows(-1)),
        "PageDown" => Move::Step(Step::Views(1)),
        "PageUp" => Move::Step(Step::Views(-1)),
        "Home" => Move::Step(Step::First),
        "End" => Move::Step(Step::Last),
        "Enter" => Move::Inspect,
        _ => return None,
    };
    // They would scroll, which follows from the selection already.
    key.prevent_default();
    Some(it)
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

    /// Too narrow for its columns: a row takes two lines.
    fn is_narrow(self) -> bool {
        self.width < 560.0
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
    /// Where the scroll bar was put, or where it was seen last. To ask for it while the page is drawn would make the
    /// browser lay the page out in between. NaN since the table was hidden.
    placed: Cell<f64>,
    /// It was put there, and the event that says so has not come.
    is_put: Cell<bool>,
}

impl Refs {
    /// Where a person moved the scroll bar, if it was a person.
    fn scrolled(&self) -> Option<f64> {
        let scroller = self.scroller.cast::<Element>()?;
        if self.placed.get().is_nan() {
            return None;
        }
        let top = f64::from(scroller.scroll_top());
        let was = self.placed.replace(top);
        let is_put = self.is_put.take();
        // A content that is shorter than its place lets the scroll bar go only to its end.
        let is_at_end = || scroller.scroll_top() + scroller.client_height() + 1 >= scroller.scroll_height();
        let is_own = is_near(top, was) || is_put && top < was && is_at_end();
        (!is_own).then_some(top)
    }

    /// Gives the rows their place and, unless the person has moved it since, the scroll bar too.
    fn place(&self, view: &RowsView, is_scroll_known: bool) {
        let (Some(scroller), Some(content), Some(rows)) = (
            self.scroller.cast::<Element>(),
            self.content.cast::<HtmlElement>(),
            self.rows.cast::<HtmlElement>(),
        ) else {
            return;
        };
        // The names and values are valid, so nothing can fail.
        let _ = content.style().set_property("height", &pixels(view.total));
        let _ = rows.style().set_property("top", &pixels(view.offset));
        let top = view.scroll_top as i32;
        if is_scroll_known && !is_near(top.into(), self.placed.get()) {
            self.placed.set(top.into());
            self.is_put.set(true);
            scroller.set_scroll_top(top);
        }
    }
}

/// The same place, as exactly as browsers tell it.
fn is_near(top: f64, other: f64) -> bool {
    (top - other).abs() <= 1.5
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
