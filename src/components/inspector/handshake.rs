//! The exchange of the selected packet as a ladder between client and broker.

use std::cell::Cell;

use mqttscope_log::ladder::Ladder;
use mqttscope_log::{Direction, Log};
use mqttscope_text::number;
use yew::prelude::*;

use super::list::List;
use super::{Hands, InspectorProps, nothing, record_button};
use crate::components::element::{classed, element, tag, text, words};
use crate::store::inspect::lines::moved;
use crate::store::inspect::rungs::{Rung, awaited_rung, rung, sentence, summary, will_words};
use crate::store::row::qos_name;
use crate::store::text::concat;

/// The ladder, and how it is scrolled.
pub struct Handshake {
    ladder: Option<Ladder>,
    selected: Option<u32>,
    /// The second in which the waiting for an answer was drawn last.
    second: u64,
    list: List,
    width: Cell<u32>,
}

impl Handshake {
    pub fn new() -> Self {
        Self { ladder: None, selected: None, second: 0, list: List::new(RUNG), width: Cell::new(320) }
    }

    /// Follows the log and the selection; says whether what is shown has changed.
    pub fn follow(&mut self, log: &Log, selected: Option<u32>, now: u64) -> bool {
        let ladder = selected.and_then(|number| Ladder::of(log, number));
        let is_waiting =
            ladder.as_ref().and_then(|ladder| ladder.awaited).is_some_and(|it| it.until.is_none());
        let is_later = is_waiting && self.second != now / 1_000_000;
        let is_other = self.selected != selected;
        let is_changed = is_other || is_later || self.ladder != ladder;
        self.ladder = ladder;
        self.selected = selected;
        self.second = now / 1_000_000;
        if is_other && let Some(at) = self.at() {
            self.list.reveal(at);
        }
        is_changed
    }

    /// The number of the packet that a key leads to.
    pub fn hear(&self, key: Option<&str>, props: &InspectorProps) -> Option<u32> {
        let arrows = &self.ladder.as_ref()?.arrows;
        let at = moved(key?, self.at().unwrap_or_default(), arrows.len(), 1, self.list.lines(1).page())?;
        Some(arrows[at].number).filter(|&number| props.selected != Some(number))
    }

    /// Finds out how the ladder is scrolled.
    pub fn look(&self) -> bool {
        self.list.look();
        true
    }

    pub fn view(&self, log: &Log, hands: &Hands, props: &InspectorProps) -> Vec<Html> {
        let Some(ladder) = &self.ladder else {
            let is_event = props.selected.and_then(|number| log.record(number)).is_some();
            let advice = "Select a packet in the log: CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ, PUBLISH or one of \
                          their acknowledgements. Here you see every packet of its exchange between client and \
                          broker, with times, copies and what is missing.";
            let title = if is_event { "This record belongs to no exchange" } else { "No packet is selected" };
            return nothing(title, advice);
        };
        let drawn = self.list.window(self.count()).lines;
        let rungs: Vec<(usize, Rung)> =
            drawn.clone().filter_map(|at| Some((at, self.rung(ladder, at, props.now)?))).collect();
        let scroller = tag(
            "div",
            &["class", "role", "aria-label", "tabindex", "data-keys"],
            &[
                Some("list ladder"),
                Some("group"),
                Some("Packets of the exchange; the arrow keys select one"),
                Some("0"),
                Some("ladder"),
            ],
        );
        let body = self.list.draw(scroller, hands, vec![self.draw(drawn.len(), &rungs)]);
        let all = (0..self.count()).filter_map(|at| self.rung(ladder, at, props.now));
        let said = all.map(|rung| words("li", "", &sentence(&rung))).collect();
        vec![head(ladder), self.ends(), body, classed("ol", "hidden", said)]
    }

    /// Puts the ladder into its place; says whether more is to be seen than was drawn.
    pub fn place(&self) -> bool {
        let width = self.list.scroller().map_or(0, |scroller| scroller.client_width().max(0) as u32);
        let is_wider = width > 0 && self.width.replace(width) != width;
        self.list.place(self.count()) || is_wider
    }

    fn count(&self) -> usize {
        self.ladder.as_ref().map_or(0, |ladder| ladder.arrows.len() + usize::from(ladder.awaited.is_some()))
    }

    /// The place of the selected packet.
    fn at(&self) -> Option<usize> {
        let arrows = &self.ladder.as_ref()?.arrows;
        arrows.iter().position(|arrow| Some(arrow.number) == self.selected)
    }

    fn rung(&self, ladder: &Ladder, at: usize, now: u64) -> Option<Rung> {
        if at < ladder.arrows.len() { Some(rung(ladder, at)) } else { awaited_rung(ladder, now) }
    }

    /// Where the two lifelines stand.
    fn lifelines(&self) -> [u32; 2] {
        [LEFT, self.width.get().saturating_sub(RIGHT).max(LEFT + RIGHT)]
    }

    fn ends(&self) -> Html {
        let [client, broker] = self.lifelines();
        let ends = [(client, "Client"), (broker, "Broker")];
        let ends = ends.map(|(x, name)| label("ladder-end", x, 16, name));
        svg("ladder-ends", self.width.get(), 24, ends.into())
    }

    fn draw(&self, count: usize, rungs: &[(usize, Rung)]) -> Html {
        let [client, broker] = self.lifelines();
        let height = count as u32 * RUNG;
        let first = rungs.first().map_or(0, |(at, _)| *at);
        let draw = |(at, rung): &(usize, Rung)| self.draw_rung(rung, (at - first) as u32 * RUNG);
        let mut parts: Vec<Html> = rungs.iter().map(draw).collect();
        for x in [client, broker] {
            let d = concat(&["M", &number::plain(x.into()), " 0V", &number::plain(height.into())]);
            parts.push(path("lifeline", &d));
        }
        svg("ladder-rungs", self.width.get(), height, parts)
    }

    fn draw_rung(&self, rung: &Rung, top: u32) -> Html {
        let [client, broker] = self.lifelines();
        let (from, to) = if rung.out { (client, broker - 1) } else { (broker, client + 1) };
        let (back, sign) = if rung.out { (to - 8, "-8") } else { (to + 8, "8") };
        let [from, to, back, y] = [from, to, back, top + 28].map(|at| number::plain(at.into()));
        let line = concat(&["M", &from, " ", &y, "H", &back]);
        let bar = concat(&["M0 ", &number::plain(top.into()), "v52"]);
        let point = concat(&["M", &to, " ", &y, "l", sign, " -5v10z"]);
        let middle = u32::midpoint(client, broker);
        let parts = vec![
            element(
                "rect",
                &["class", "y", "width", "height"],
                &[
                    Some("rung-back"),
                    Some(&number::plain(top.into())),
                    Some(&number::plain(self.width.get().into())),
                    Some("52"),
                ],
                Vec::new(),
            ),
            path("rung-bar", &bar),
            path("rung-line", &line),
            path("rung-point", &point),
            label("rung-since", LEFT - 12, top + 32, &rung.since),
            label("rung-title", middle, top + 20, &rung.title),
            label("rung-note", middle, top + 44, &rung.note),
        ];
        let mark = |on: bool, class: &'static str| if on { class } else { "" };
        let class = concat(&[
            if rung.out { "rung out" } else { "rung in" },
            mark(rung.stands_out, " stands-out"),
            mark(rung.number.is_none(), " missing"),
            mark(rung.number.is_some() && rung.number == self.selected, " selected"),
        ]);
        let record = rung.number.map(|number| number::plain(number.into()));
        element("g", &["class", "data-record"], &[Some(&class), record.as_deref()], parts)
    }
}

fn head(ladder: &Ladder) -> Html {
    let mut title = vec![words("strong", "", ladder.kind.name())];
    if let Some(qos) = ladder.qos {
        title.push(words("span", "chip", qos_name(qos)));
    }
    if let Some(first) = ladder.arrows.first() {
        let way = if first.direction == Direction::Out { "from the client" } else { "from the broker" };
        title.push(words("span", "quiet", way));
    }
    let mut parts = vec![classed("p", "subject-name", title), words("p", "quiet", &summary(ladder))];
    if ladder.is_cut {
        let most = number::grouped(Ladder::MAX_ARROWS as u64);
        parts.push(words("p", "amber", &concat(&["Only the first ", &most, " packets are drawn."])));
    }
    if let Some(will) = &ladder.will {
        let (sentence, number) = will_words(will);
        parts.push(words("p", "", &sentence));
        if let Some(number) = number {
            parts.push(record_button(number, &concat(&["Show #", &number::grouped(number.into())])));
        }
    }
    classed("div", "subject", parts)
}

fn svg(class: &str, width: u32, height: u32, parts: Vec<Html>) -> Html {
    let (width, height) = (number::plain(width.into()), number::plain(height.into()));
    let keys = &["class", "width", "height", "aria-hidden"];
    element("svg", keys, &[Some(class), Some(&width), Some(&height), Some("true")], parts)
}

fn path(class: &str, d: &str) -> Html {
    element("path", &["class", "d"], &[Some(class), Some(d)], Vec::new())
}

fn label(class: &str, x: u32, y: u32, words: &str) -> Html {
    let (x, y) = (number::plain(x.into()), number::plain(y.into()));
    element("text", &["class", "x", "y"], &[Some(class), Some(&x), Some(&y)], vec![text(words)])
}

/// Height of a rung in CSS pixels.
const RUNG: u32 = 52;
/// Where the client's lifeline stands: left of it are the times.
const LEFT: u32 = 84;
/// Where the broker's stands, from the right.
const RIGHT: u32 = 32;
