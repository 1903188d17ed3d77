//! The selected packet: a tree of its fields, the rule of the field that is looked at, and its bytes.

use std::ops::Range;
use std::rc::Rc;

use mqttscope_link::{Copy, MarkView, PacketView, PanelLook, PanelView, Pointed};
use mqttscope_text::number;
use yew::prelude::*;

use super::absence::absence;
use super::panel::{Happening, Outcome, Panel, Scene};
use super::{attribute, number_of, span};
use crate::components::element::{classed, element, words};
use crate::components::list::List;
use crate::store::inspect::lines::moved;
use crate::store::text::concat;
use bytes::Bytes;

mod bytes;
mod fields;
mod head;

/// The selected packet, and what of it is looked at.
pub struct Packet {
    /// The number of the selected record.
    number: Option<u32>,
    /// What has come of it, or still is that of the one before.
    view: Rc<PanelView>,
    /// What was chosen by a click or a key.
    chosen: Option<Pointed>,
    /// What the pointer is over.
    hovered: Option<Pointed>,
    fields: List,
    bytes: Bytes,
    /// The packet was copied.
    is_copied: bool,
}

impl Packet {
    /// Nothing is selected; `on_resize` is told when the panel is to be measured.
    pub fn new(on_resize: &Callback<()>) -> Self {
        Self {
            number: None,
            view: Rc::new(PanelView::Hidden),
            chosen: None,
            hovered: None,
            fields: List::new("tree", fields::LINE, on_resize.clone()),
            bytes: Bytes::new(on_resize),
            is_copied: false,
        }
    }
}

impl Panel for Packet {
    fn title(&self) -> &'static str {
        "Packet"
    }

    fn look(&self) -> PanelLook {
        // Of a packet of which nothing has come the beginning is looked at.
        let (lines, len) = self.current().map_or((0, 0), |view| (view.tree.count, view.head.len));
        PanelLook::Packet {
            number: self.number,
            chosen: self.chosen,
            hovered: self.hovered,
            tree: span(self.fields.wanted(lines as usize)),
            bytes: span(self.bytes.wanted(len as usize)),
        }
    }

    fn select(&mut self, number: Option<u32>, is_shown: bool) {
        self.number = number;
        self.forget();
        if !is_shown {
            self.view = Rc::new(PanelView::Hidden);
        }
    }

    fn take(&mut self, view: &Rc<PanelView>) -> bool {
        match &**view {
            PanelView::Packet(new) => {
                let before = self.shown().map(|before| (before.head.number, before.chosen));
                self.view = view.clone();
                if before.is_none_or(|(number, _)| number != new.head.number) {
                    self.fields.reveal(0);
                    self.bytes.list.reveal(0);
                }
                if before != Some((new.head.number, new.chosen)) {
                    self.reveal_chosen();
                }
            }
            PanelView::Absent(_) => {
                self.view = view.clone();
                self.forget();
            }
            _ => return false,
        }
        true
    }

    fn copied(&mut self, what: Copy) -> bool {
        let is_mine = matches!(what, Copy::PacketText | Copy::PacketHex | Copy::PacketJson);
        self.is_copied |= is_mine;
        is_mine
    }

    fn view(&self, scene: &Scene<'_>) -> Vec<Html> {
        match &*self.view {
            PanelView::Absent(why) => absence(why, scene.zone),
            PanelView::Packet(view) => vec![
                head::head(&view.head, self.is_copied, scene.zone),
                fields::fields(&self.fields, view, scene),
                rule(view),
                self.bytes.view(view, scene),
            ],
            _ => Vec::new(),
        }
    }

    fn hear(&mut self, happening: &Happening<'_>) -> Outcome {
        let Happening { event, target, key } = *happening;
        Outcome::drawn(match (event.type_().as_str(), key) {
            ("mouseleave", _) => {
                self.hovered = None;
                false
            }
            ("mousemove", _) => {
                self.hovered = self.pointed_at(happening);
                false
            }
            ("scroll", _) => self.fields.scrolled(target) | self.bytes.list.scrolled(target),
            ("click", _) => self.pointed_at(happening).is_some_and(|pointed| self.choose(pointed)),
            (_, Some(key)) => {
                let to = self.led_to(key, attribute(target, "data-keys").as_deref());
                to.is_some_and(|pointed| self.choose(pointed))
            }
            _ => false,
        })
    }

    fn place(&self) -> bool {
        let (lines, len) = self.shown().map_or((0, 0), |view| (view.tree.count, view.head.len));
        let fields_are_short = self.fields.place(lines as usize);
        self.bytes.place(len as usize) || fields_are_short
    }

    fn measure(&self) -> bool {
        let len = self.shown().map_or(0, |view| view.head.len);
        let fields_are_other = self.fields.measure();
        self.bytes.measure(len as usize) || fields_are_other
    }
}

/// What is looked at.
impl Packet {
    /// The packet that is drawn.
    fn shown(&self) -> Option<&PacketView> {
        match &*self.view {
            PanelView::Packet(view) => Some(view),
            _ => None,
        }
    }

    /// The packet that is drawn, if it is the selected one.
    fn current(&self) -> Option<&PacketView> {
        self.shown().filter(|view| Some(view.head.number) == self.number)
    }

    fn forget(&mut self) {
        self.chosen = None;
        self.hovered = None;
        self.is_copied = false;
    }

    /// The line or the byte under the pointer.
    fn pointed_at(&self, happening: &Happening<'_>) -> Option<Pointed> {
        let len = self.current()?.head.len;
        match number_of(happening.target, "data-line") {
            Some(line) => Some(Pointed::Line(line as u32)),
            None => self.bytes.hit(happening, len as usize).map(|byte| Pointed::Byte(byte as u32)),
        }
    }

    /// The engine finds what belongs to it. Says whether it was chosen already, and is to be seen again.
    fn choose(&mut self, pointed: Pointed) -> bool {
        self.chosen = Some(pointed);
        self.hovered = None;
        let is_chosen = self.current().is_some_and(|view| match pointed {
            Pointed::Line(line) => view.chosen.0 == Some(line),
            Pointed::Byte(byte) => view.chosen.1 == Some(byte),
        });
        if is_chosen {
            self.reveal_chosen();
        }
        is_chosen
    }

    fn reveal_chosen(&self) {
        let Some(view) = self.shown() else { return };
        let Some(line) = view.chosen.0 else { return };
        self.fields.reveal(line as usize);
        if let Some(byte) = chosen_byte(view) {
            self.bytes.reveal(byte as usize, view.head.len as usize);
        }
    }

    /// Where a key leads to from what was chosen, in the tree or among the bytes.
    fn led_to(&self, key: &str, place: Option<&str>) -> Option<Pointed> {
        let view = self.current()?;
        // What was chosen a moment ago may not have come back yet.
        let step = |at: Option<u32>, count: u32, line: usize, page: usize| match at {
            Some(at) => moved(key, at as usize, count as usize, line, page).map(|to| to as u32),
            None => Some(0),
        };
        if place == Some("tree") {
            let at = match self.chosen {
                Some(Pointed::Line(line)) => Some(line),
                _ => view.chosen.0,
            };
            let page = self.fields.lines(view.tree.count as usize).page();
            return step(at, view.tree.count, 1, page).map(Pointed::Line);
        }
        let at = match self.chosen {
            Some(Pointed::Byte(byte)) => Some(byte),
            _ => chosen_byte(view),
        };
        let (line, page) = self.bytes.line_and_page(view.head.len as usize);
        step(at, view.head.len, line, page).map(Pointed::Byte)
    }
}

/// The byte that was chosen, or the first of the line's field.
fn chosen_byte(view: &PacketView) -> Option<u32> {
    let field = || view.mark.as_ref().filter(|mark| mark.line == view.chosen.0).map(|mark| mark.field.start);
    view.chosen.1.or_else(field)
}

/// The rule of the field that is looked at, in a place of its own, so that nothing moves.
fn rule(view: &PacketView) -> Html {
    let Some(MarkView { place, rule, clause, is_fault, .. }) = &view.mark else {
        let advice = match view.head.rest {
            0 => "Point at a field or a byte, or go there with the arrow keys: its rule stands here."
                .to_owned(),
            rest => {
                concat(&["The last ", &bytes_words(rest), " are not taken apart: the packet is too large."])
            }
        };
        return classed("div", "rule", vec![words("p", "quiet", &advice)]);
    };
    let sentence = if *is_fault { &concat(&["✖ ", rule]) } else { rule };
    element(
        "div",
        &["class", "aria-live"],
        &[Some("rule"), Some("polite")],
        vec![
            words("strong", "", place),
            words("p", if *is_fault { "red" } else { "" }, sentence),
            words("p", "quiet", clause),
        ],
    )
}

fn bytes_words(len: u32) -> String {
    number::counted(len.into(), " byte", " bytes")
}

/// Those from a first one on.
fn from(first: u32, count: usize) -> Range<usize> {
    first as usize..first as usize + count
}
