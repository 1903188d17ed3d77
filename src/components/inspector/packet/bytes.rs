//! The bytes of a packet in hex and as text.

use std::cell::Cell;
use std::ops::Range;

use mqttscope_link::PacketView;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;
use yew::virtual_dom::VTag;

use super::from;
use crate::components::element::{classed, tag, text, words};
use crate::components::inspector::panel::{Happening, Scene};
use crate::components::list::List;
use crate::store::inspect::hex::{CURSOR, FAULT, FIELD, Marks, Run, Shape};
use crate::store::text::concat;

/// The list of a packet's bytes, and the width that there is for it.
pub struct Bytes {
    pub list: List,
    /// Characters that fit in a line, and the width of one in CSS pixels.
    columns: Cell<usize>,
    char_width: Cell<f64>,
    probe: NodeRef,
}

impl Bytes {
    /// `on_resize` is told when they are to be measured.
    pub fn new(on_resize: &Callback<()>) -> Self {
        Self {
            list: List::new("hex", LINE, on_resize.clone()),
            columns: Cell::new(40),
            char_width: Cell::new(0.0),
            probe: NodeRef::default(),
        }
    }

    /// The bytes to have at hand of a packet of that length.
    pub fn wanted(&self, len: usize) -> Range<usize> {
        let shape = self.shape(len);
        let lines = self.list.wanted(shape.lines(len));
        lines.start * shape.bytes..lines.end * shape.bytes
    }

    /// The lines that can be seen and have come.
    pub fn view(&self, view: &PacketView, scene: &Scene<'_>) -> Html {
        let (hex, len) = (&view.hex, view.head.len as usize);
        let shape = self.shape(len);
        let at_hand = shape.filled(hex.first as usize, hex.bytes.len(), len);
        let drawn = self.list.drawn(shape.lines(len), at_hand);
        let mark = view.mark.as_ref();
        let marks = Marks {
            field: mark.map_or(0..0, |mark| mark.field.start as usize..mark.field.end as usize),
            cursor: mark.and_then(|mark| mark.byte).map(|byte| byte as usize),
            faults: hex.faults.iter().map(|&byte| byte as usize).collect(),
        };
        let first = drawn.start;
        let come = from(hex.first, hex.bytes.len());
        let rows = drawn.filter_map(|line| {
            let start = line * shape.bytes;
            let end = (start + shape.bytes).min(come.end);
            let shown = hex.bytes.get(start.checked_sub(come.start)?..end.checked_sub(come.start)?)?;
            Some(hex_line(&shape.line(start, shown, &marks)))
        });
        let mut rows: Vec<Html> = rows.collect();
        let mut probe = tag("span", &["class", "aria-hidden"], &[Some("probe"), Some("true")]);
        probe.node_ref = self.probe.clone();
        probe.add_child(text(PROBE));
        rows.push(probe.into());
        let scroller: VTag = tag(
            "div",
            &["class", "role", "aria-label", "tabindex", "data-keys"],
            &[
                Some("list hex"),
                Some("group"),
                Some("Bytes in hex and as text; the arrow keys go from byte to byte"),
                Some("0"),
                Some("hex"),
            ],
        );
        self.list.draw(scroller, scene.listeners.on_list(), first, rows)
    }

    /// Scrolls as little as possible for a byte to be seen, once it is drawn.
    pub fn reveal(&self, byte: usize, len: usize) {
        self.list.reveal(byte / self.shape(len).bytes);
    }

    /// Puts the lines into their place; says whether more is to be seen than was drawn.
    pub fn place(&self, len: usize) -> bool {
        self.list.place(self.shape(len).lines(len))
    }

    /// Finds out how many characters fit in a line, and how many lines can be seen; says whether that is to be drawn.
    pub fn measure(&self, len: usize) -> bool {
        let is_other = self.list.measure();
        let (Some(probe), Some(scroller)) = (self.probe.cast::<Element>(), self.list.scroller()) else {
            return is_other;
        };
        let width = probe.get_bounding_client_rect().width() / f64::from(PROBE.len() as u32);
        if width <= 0.0 {
            return is_other;
        }
        self.char_width.set(width);
        let room = f64::from(scroller.client_width() - MARGIN - MARGIN / 2);
        let before = self.shape(len);
        self.columns.set((room / width) as usize);
        is_other || before != self.shape(len)
    }

    /// The byte under the pointer.
    pub fn hit(&self, happening: &Happening<'_>, len: usize) -> Option<usize> {
        // The scroller, or something in it.
        if !self.list.scroller()?.contains(Some(happening.target)) {
            return None;
        }
        let mouse: &MouseEvent = happening.event.dyn_ref()?;
        let (line, x) = self.list.hit(mouse.client_x(), mouse.client_y())?;
        let column = (x - f64::from(MARGIN)) / self.char_width.get();
        self.shape(len).byte_at(line, if column > 0.0 { column as usize } else { 0 }, len)
    }

    /// Bytes of a line, and lines of the view.
    pub fn line_and_page(&self, len: usize) -> (usize, usize) {
        let shape = self.shape(len);
        (shape.bytes, self.list.lines(shape.lines(len)).page())
    }

    fn shape(&self, len: usize) -> Shape {
        Shape::of(len, self.columns.get())
    }
}

fn hex_line(runs: &[Run]) -> Html {
    let is_at_fault = runs.iter().any(|run| run.marks & FAULT != 0);
    let run = |Run { text: characters, marks }: &Run| {
        let mark = |mark: u8, class: &'static str| if marks & mark != 0 { class } else { "" };
        if *marks == 0 {
            return text(characters);
        }
        words(
            "span",
            &concat(&[mark(FIELD, "field-mark "), mark(CURSOR, "cursor "), mark(FAULT, "fault-mark")]),
            characters,
        )
    };
    let class = if is_at_fault { "hex-line at-fault" } else { "hex-line" };
    classed("div", class, runs.iter().map(run).collect())
}

/// Height of a line in CSS pixels, as in the style sheet.
const LINE: u32 = 18;
/// The left margin of a line.
const MARGIN: i32 = 24;
/// What the width of a character is measured by.
const PROBE: &str = "0000000000000000000000000000000000000000";
