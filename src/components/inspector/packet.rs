//! The selected packet: a tree of its fields, the rule of the field that is looked at, and its bytes.

use std::cell::Cell;

use mqttscope_log::export::{Export, Format, Selection};
use mqttscope_log::{Direction, Event as LogEvent, Log, Record, Version};
use mqttscope_proto::{PacketType, redact_password};
use mqttscope_text::number;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;
use yew::virtual_dom::VTag;

use super::list::List;
use super::{Hands, attribute, button, nothing, number_of, record_button};
use crate::browser;
use crate::clipboard;
use crate::components::element::{classed, element, tag, text, words};
use crate::store::inspect::hex::{CURSOR, FAULT, FIELD, Marks, Run, Shape};
use crate::store::inspect::lines::moved;
use crate::store::inspect::tree::{Line, Part, Tree, Words, bytes_words};
use crate::store::row::{hex, qos_name};
use crate::store::text::concat;

/// The selected packet, and what of it is looked at.
pub struct Packet {
    selected: Option<Selected>,
    tree: List,
    bytes: List,
    /// What was chosen by a click or a key.
    chosen: Mark,
    /// What the pointer is over.
    hovered: Option<Mark>,
    /// Characters that fit in a line of the hex view, and the width of one in CSS pixels.
    columns: Cell<usize>,
    char_width: Cell<f64>,
    probe: NodeRef,
    /// The packet was copied.
    is_copied: bool,
}

/// The selected record, as far as the log keeps it.
struct Selected {
    number: u32,
    clearings: u32,
    /// `None` for an event, and for what the log has dropped.
    tree: Option<Tree>,
    faults: Vec<usize>,
    is_kept: bool,
    /// Its bytes.
    len: usize,
    /// The packets before and behind it in its exchange.
    neighbours: [Option<u32>; 2],
    /// What is wrong with it beyond its bytes, in words.
    misbehaviour: Option<String>,
}

/// A line of the tree, and a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    line: Option<usize>,
    byte: Option<usize>,
}

impl Packet {
    pub fn new() -> Self {
        Self {
            selected: None,
            tree: List::new(TREE_LINE),
            bytes: List::new(HEX_LINE),
            chosen: Mark::default(),
            hovered: None,
            columns: Cell::new(40),
            char_width: Cell::new(0.0),
            probe: NodeRef::default(),
            is_copied: false,
        }
    }

    /// Follows the selection; says whether what is shown has changed.
    pub fn follow(&mut self, log: &Log, number: Option<u32>) -> bool {
        let Some(number) = number else { return self.selected.take().is_some() };
        let record = log.record(number);
        let neighbours = [log.before(number), log.after(number)];
        let misbehaviour = misbehaviour(log, number);
        if let Some(selected) = &mut self.selected
            && (selected.number, selected.clearings) == (number, log.clearings())
            && selected.is_kept == record.is_some()
        {
            let is_changed = selected.neighbours != neighbours || selected.misbehaviour != misbehaviour;
            selected.neighbours = neighbours;
            selected.misbehaviour = misbehaviour;
            return is_changed;
        }
        let packet = record.filter(|record| record.direction() != Direction::Event);
        let tree = packet.map(|record| Tree::of(log.bytes(record), log.version_of(record)));
        let faults = tree.as_ref().map(Tree::fault_bytes).unwrap_or_default();
        self.tree.reveal(0);
        self.bytes.reveal(0);
        self.hovered = None;
        self.is_copied = false;
        self.chosen = Mark::default();
        let first_fault = tree.as_ref().and_then(|tree| tree.faults().next());
        let is_kept = record.is_some();
        let len = packet.map_or(0, |record| record.len() as usize);
        self.selected = Some(Selected {
            number,
            clearings: log.clearings(),
            tree,
            faults,
            is_kept,
            len,
            neighbours,
            misbehaviour,
        });
        // What is wrong is what a person looks for.
        if let Some(line) = first_fault {
            self.choose_line(line);
        }
        true
    }

    /// The selected packet, its tree and its bytes.
    pub fn packet<'a>(&'a self, log: &'a Log) -> Option<(u32, &'a Record, &'a Tree, &'a [u8])> {
        let Selected { number, tree, .. } = self.selected.as_ref()?;
        let record = log.record(*number)?;
        Some((*number, record, tree.as_ref()?, log.bytes(record)))
    }

    /// What is said instead of a packet.
    pub fn absence(&self, log: &Log) -> Vec<Html> {
        let Some(selected) = &self.selected else {
            return nothing(
                "No packet is selected",
                "Click a row of the log, or move to it with the arrow keys. Here you see its fields, its bytes \
                 and the rule behind each, its payload, and the exchange that it belongs to.",
            );
        };
        let Some(record) = log.record(selected.number) else {
            return nothing(
                "This record is not in the log any more",
                "The log drops its oldest records to stay within its byte budget, and all of them when it is \
                 cleared.",
            );
        };
        let Some(event) = log.event(record) else { return Vec::new() };
        let mut parts = vec![
            classed(
                "div",
                "subject",
                vec![
                    classed(
                        "p",
                        "subject-name",
                        vec![
                            words("span", "way", "•"),
                            words("strong", "", "Event"),
                            words("span", "quiet", &concat(&["#", &number::grouped(selected.number.into())])),
                        ],
                    ),
                    words("p", "quiet", &time(record)),
                ],
            ),
            words(
                "p",
                if event.kind().is_violation() { "event-words red" } else { "event-words" },
                &event.words(),
            ),
        ];
        if let Some(about) = log.before(selected.number) {
            let name = log.record(about).and_then(Record::packet_type).map_or("bytes", PacketType::name);
            let label = concat(&["Show ", name, " #", &number::grouped(about.into()), ", which it is about"]);
            parts.push(record_button(about, &label));
        }
        parts
    }

    pub fn view(&self, log: &Log, hands: &Hands) -> Vec<Html> {
        let Some((number, record, tree, bytes)) = self.packet(log) else { return self.absence(log) };
        vec![
            self.head(number, record, log.version_of(record), tree),
            self.draw_tree(tree, bytes, hands),
            self.rule(tree, bytes),
            self.draw_bytes(tree, bytes, hands),
        ]
    }

    /// Puts the lists into their places; says whether more is to be seen than was drawn.
    pub fn place(&self) -> bool {
        let Some(Selected { tree: Some(tree), .. }) = &self.selected else { return false };
        let is_fitted = self.fit();
        let tree_is_short = self.tree.place(tree.len());
        let bytes_are_short = self.bytes.place(self.shape(self.len()).lines(self.len()));
        is_fitted || tree_is_short || bytes_are_short
    }

    /// Says whether what is shown has changed.
    pub fn hear(&mut self, event: &Event, target: &Element, key: Option<&str>, log: &Log) -> bool {
        let before = (self.chosen, self.hovered);
        match (event.type_().as_str(), key) {
            ("mouseleave", _) => self.hovered = None,
            ("mousemove", _) => self.hovered = self.mark_at(event, target),
            ("scroll", _) => {
                self.tree.look();
                self.bytes.look();
                return true;
            }
            ("click", _) => {
                if let Some(kind) = attribute(target, "data-copy") {
                    self.copy(&kind, log);
                    return true;
                }
                if let Some(mark) = self.mark_at(event, target) {
                    self.choose(mark);
                }
            }
            (_, Some(key)) => self.step(key, attribute(target, "data-keys").as_deref()),
            _ => {}
        }
        before != (self.chosen, self.hovered)
    }
}

/// What is looked at.
impl Packet {
    fn mark(&self) -> Mark {
        self.hovered.unwrap_or(self.chosen)
    }

    /// The line or the byte under the pointer.
    fn mark_at(&self, event: &Event, target: &Element) -> Option<Mark> {
        let tree = self.selected.as_ref()?.tree.as_ref()?;
        if let Some(line) = number_of(target, "data-line") {
            return Some(Mark { line: Some(line), byte: tree.line(line).and_then(|line| tree.byte(line)) });
        }
        // The scroller of the hex view, or something in it.
        if !self.bytes.scroller()?.contains(Some(target)) {
            return None;
        }
        let mouse: &MouseEvent = event.dyn_ref()?;
        let (len, shape) = (self.len(), self.shape(self.len()));
        let (line, x) = self.bytes.hit(shape.lines(len), mouse.client_x(), mouse.client_y())?;
        let column = (x - f64::from(HEX_MARGIN)) / self.char_width.get();
        let byte = shape.byte_at(line, if column > 0.0 { column as usize } else { 0 }, len)?;
        Some(Mark { line: tree.line_at(byte), byte: Some(byte) })
    }

    fn choose(&mut self, mark: Mark) {
        self.chosen = mark;
        self.hovered = None;
        let len = self.len();
        let Some(tree) = self.selected.as_ref().and_then(|selected| selected.tree.as_ref()) else { return };
        let Some(at) = mark.line else { return };
        self.tree.reveal(at);
        let Some(line) = tree.line(at) else { return };
        let shape = self.shape(len);
        self.bytes.reveal(mark.byte.unwrap_or(tree.range(line).start) / shape.bytes);
    }

    fn choose_line(&mut self, line: usize) {
        let tree = self.selected.as_ref().and_then(|selected| selected.tree.as_ref());
        let byte = tree.and_then(|tree| tree.byte(tree.line(line)?));
        self.choose(Mark { line: Some(line), byte });
    }

    fn step(&mut self, key: &str, place: Option<&str>) {
        let len = self.len();
        let Some(tree) = self.selected.as_ref().and_then(|selected| selected.tree.as_ref()) else { return };
        if place == Some("tree") {
            let page = self.tree.lines(tree.len()).page();
            let to = match self.chosen.line {
                Some(at) => moved(key, at, tree.len(), 1, page),
                None => Some(0),
            };
            if let Some(line) = to {
                self.choose_line(line);
            }
            return;
        }
        let shape = self.shape(len);
        let page = self.bytes.lines(shape.lines(len)).page();
        let field = || self.chosen.line.and_then(|line| tree.line(line)).map(|line| tree.range(line).start);
        let to = match self.chosen.byte.or_else(field) {
            Some(at) => moved(key, at, len, shape.bytes, page),
            None => Some(0),
        };
        if let Some(byte) = to {
            self.choose(Mark { line: tree.line_at(byte), byte: Some(byte) });
        }
    }

    /// The length of the packet.
    fn len(&self) -> usize {
        self.selected.as_ref().map_or(0, |selected| selected.len)
    }

    fn shape(&self, len: usize) -> Shape {
        Shape::of(len, self.columns.get())
    }

    /// Finds out how many characters fit in a line of hex; says whether that has changed the lines.
    fn fit(&self) -> bool {
        let (Some(probe), Some(scroller)) = (self.probe.cast::<Element>(), self.bytes.scroller()) else {
            return false;
        };
        let width = probe.get_bounding_client_rect().width() / f64::from(PROBE.len() as u32);
        if width <= 0.0 {
            return false;
        }
        self.char_width.set(width);
        let room = f64::from(scroller.client_width() - HEX_MARGIN - HEX_MARGIN / 2);
        let before = self.shape(self.len());
        self.columns.set((room / width) as usize);
        before != self.shape(self.len())
    }
}

/// Drawing.
impl Packet {
    fn head(&self, number: u32, record: &Record, version: Version, tree: &Tree) -> Html {
        let out = record.direction() == Direction::Out;
        let name = record.packet_type().map_or("Not a packet", PacketType::name);
        let mut title = vec![
            words("span", if out { "way out" } else { "way in" }, if out { "→" } else { "←" }),
            words("span", "hidden", if out { "Sent: " } else { "Received: " }),
            words("strong", "", name),
            words("span", "quiet", &concat(&["#", &number::grouped(number.into())])),
        ];
        if let Some(qos) = record.qos() {
            title.push(words("span", "chip", qos_name(qos)));
        }
        for (is_set, label, class) in
            [(record.dup(), "DUP", "chip amber"), (record.retain(), "RETAIN", "chip good")]
        {
            if is_set {
                title.push(words("span", class, label));
            }
        }
        if record.is_password_hidden() {
            title.push(words("span", "chip", "password hidden"));
        }
        if let Some(first) = tree.faults().next() {
            let count = tree.faults().count();
            let label = concat(&["✖ ", &number::counted(count as u64, " fault", " faults")]);
            let next = tree.faults().find(|&line| Some(line) > self.chosen.line).unwrap_or(first);
            title.push(button("data-line", &number::plain(next as u64), &label));
        }
        let facts = concat(&[
            &time(record),
            " · ",
            &bytes_words(record.len() as usize),
            " · MQTT ",
            &match version {
                Version::Known(version) => version.to_string(),
                Version::Unknown => "version unknown".to_owned(),
            },
        ]);
        let step = |to: Option<u32>, label: &str| match to {
            Some(number) => record_button(number, label),
            None => element(
                "button",
                &["type", "class", "aria-disabled", "title"],
                &[
                    Some("button"),
                    Some("small"),
                    Some("true"),
                    Some("There is no such packet in this exchange"),
                ],
                vec![text(label)],
            ),
        };
        let ([before, after], misbehaviour) = match &self.selected {
            Some(selected) => (selected.neighbours, selected.misbehaviour.as_deref()),
            None => ([None; 2], None),
        };
        let misbehaviour = misbehaviour.map(|sentence| words("p", "red", &concat(&["✖ ", sentence])));
        let copied = if self.is_copied { "Copied" } else { "Copy" };
        let buttons = vec![
            step(before, "◂ Previous"),
            step(after, "Next ▸"),
            element("span", &["class", "role"], &[Some("copied quiet"), Some("status")], vec![text(copied)]),
            button("data-copy", "text", "Text"),
            button("data-copy", "hex", "Hex"),
            button("data-copy", "JSON", "JSON"),
        ];
        classed(
            "div",
            "subject",
            vec![
                classed("p", "subject-name", title),
                words("p", "quiet", &facts),
                misbehaviour.unwrap_or_default(),
                classed("div", "subject-buttons", buttons),
            ],
        )
    }

    fn draw_tree(&self, tree: &Tree, bytes: &[u8], hands: &Hands) -> Html {
        let mark = self.mark();
        let window = self.tree.window(tree.len());
        // Where it is scrolled out of sight it does not exist.
        let active = mark.line.filter(|line| window.lines.contains(line));
        let active = active.map(|line| concat(&["leaf-", &number::plain(line as u64)]));
        let rows = window.lines.filter_map(|at| Some(leaf(tree, bytes, at, tree.line(at)?, mark))).collect();
        let scroller = tag(
            "div",
            &["class", "role", "aria-label", "tabindex", "data-keys", "aria-activedescendant"],
            &[Some("list tree"), Some("tree"), Some("Fields"), Some("0"), Some("tree"), active.as_deref()],
        );
        self.tree.draw(scroller, hands, rows)
    }

    /// The rule of the field that is looked at, in a place of its own, so that nothing moves.
    fn rule(&self, tree: &Tree, bytes: &[u8]) -> Html {
        let Some(line) = self.mark().line.and_then(|at| tree.line(at)) else {
            let advice = match tree.rest(bytes) {
                0 => "Point at a field or a byte, or go there with the arrow keys: its rule stands here."
                    .to_owned(),
                rest => concat(&[
                    "The last ",
                    &bytes_words(rest),
                    " are not taken apart: the packet is too large.",
                ]),
            };
            return classed("div", "rule", vec![words("p", "quiet", &advice)]);
        };
        let (sentence, clause) = tree.rule(line);
        let is_fault = matches!(tree.part(line), Part::Fault(_));
        let sentence = if is_fault { concat(&["✖ ", &sentence]) } else { sentence };
        element(
            "div",
            &["class", "aria-live"],
            &[Some("rule"), Some("polite")],
            vec![
                words("strong", "", &tree.place(line)),
                words("p", if is_fault { "red" } else { "" }, &sentence),
                words("p", "quiet", clause),
            ],
        )
    }

    fn draw_bytes(&self, tree: &Tree, bytes: &[u8], hands: &Hands) -> Html {
        let mark = self.mark();
        let field = mark.line.and_then(|at| tree.line(at)).map_or(0..0, |line| tree.range(line));
        let faults = self.selected.as_ref().map_or(&[][..], |selected| &selected.faults);
        let shape = self.shape(bytes.len());
        let window = self.bytes.window(shape.lines(bytes.len()));
        // Only the faults that can be seen are looked at.
        let (start, end) = (window.lines.start * shape.bytes, window.lines.end * shape.bytes);
        let seen = faults.partition_point(|&byte| byte < start)..faults.partition_point(|&byte| byte < end);
        let marks = Marks { field, cursor: mark.byte, faults: faults[seen].to_vec() };
        let mut rows: Vec<Html> = window.lines.map(|line| hex_line(shape, bytes, line, &marks)).collect();
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
        self.bytes.draw(scroller, hands, rows)
    }

    fn copy(&mut self, kind: &str, log: &Log) {
        let Some((number, record, tree, bytes)) = self.packet(log) else { return };
        // A password that the log keeps does not leave it this way.
        let mut bytes = bytes.to_vec();
        redact_password(&mut bytes);
        let copy = match kind {
            "hex" => hex(&bytes),
            "JSON" => json(log, number),
            _ => {
                let name = record.packet_type().map_or("Not a packet", PacketType::name);
                let number = number::plain(number.into());
                let way = record.direction().name();
                let len = bytes_words(bytes.len());
                concat(&[
                    name,
                    " #",
                    &number,
                    ", ",
                    way,
                    ", ",
                    &time(record),
                    ", ",
                    &len,
                    "\n",
                    &tree.text(&bytes),
                ])
            }
        };
        clipboard::copy(copy);
        self.is_copied = true;
    }
}

/// A line of the tree.
fn leaf(tree: &Tree, bytes: &[u8], at: usize, line: Line, mark: Mark) -> Html {
    let Words { pattern, name, value } = tree.words(line, bytes);
    let (kind, sign) = match tree.part(line) {
        Part::Whole => ("", ""),
        Part::Bits(_) => ("bits ", ""),
        Part::Fault(_) => ("fault ", "✖ "),
    };
    let depth = tree.depth(line);
    let is_marked = mark.line == Some(at);
    let class =
        concat(&["leaf ", kind, DEPTHS[depth.min(DEPTHS.len() - 1)], if is_marked { " marked" } else { "" }]);
    let (id, level) = (number::plain(at as u64), number::plain(depth as u64 + 1));
    let mut parts = Vec::with_capacity(3);
    if !pattern.is_empty() {
        parts.push(words("span", "pattern", &pattern));
    }
    if !name.is_empty() {
        parts.push(words("span", "name", name));
    }
    parts.push(words("span", "value", &concat(&[sign, &value])));
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

fn hex_line(shape: Shape, bytes: &[u8], line: usize, marks: &Marks) -> Html {
    let runs = shape.line(bytes, line, marks);
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

/// A record as an export has it: with its time and its direction, and without the password.
fn json(log: &Log, number: u32) -> String {
    let mut export = Export::new(log, Format::JsonLines, Selection::Numbers(vec![number]), false);
    let mut json = Vec::new();
    export.write(log, usize::MAX, &mut json);
    String::from_utf8_lossy(json.trim_ascii_end()).into_owned()
}

/// What an event says against a packet whose bytes are in order: it was not to come.
fn misbehaviour(log: &Log, number: u32) -> Option<String> {
    let behind = (number + 1..log.end()).take(EVENTS_BEHIND);
    behind
        .filter_map(|at| Some((at, log.event(log.record(at)?)?)))
        .find(|(at, event)| matches!(event, LogEvent::PeerError { .. }) && log.before(*at) == Some(number))
        .map(|(_, event)| event.words())
}

/// The time of day to the microsecond.
fn time(record: &Record) -> String {
    let offset = i64::from(browser::utc_offset_minutes()) * 60_000_000;
    let mut time = number::time_of_day(record.time.saturating_add_signed(offset));
    let micros = number::plain(1_000 + record.time % 1_000);
    time.push_str(&micros[1..]);
    time
}

/// Records behind a packet among which an event about it is searched.
const EVENTS_BEHIND: usize = 16;
/// Heights of lines in CSS pixels, as in the style sheet.
const TREE_LINE: u32 = 22;
const HEX_LINE: u32 = 18;
/// The left margin of the hex view.
const HEX_MARGIN: i32 = 24;
/// What the width of a character is measured by.
const PROBE: &str = "0000000000000000000000000000000000000000";
const DEPTHS: [&str; 7] = ["d0", "d1", "d2", "d3", "d4", "d5", "d6"];
