//! The exchange of the selected packet as a ladder between client and broker.

use std::cell::Cell;
use std::rc::Rc;

use mqttscope_link::{Command, HandshakeView, LogCommand, PanelLook, PanelView, Rung};
use mqttscope_text::number;
use yew::prelude::*;

use super::panel::{Happening, Outcome, Panel, Scene};
use super::{nothing, record_button};
use crate::components::element::{classed, element, tag, text, words};
use crate::components::list::List;
use crate::store::inspect::lines::moved;
use crate::store::text::concat;
use mqttscope_link::qos_name;

/// The ladder, and how it is scrolled.
pub struct Handshake {
    /// What has come of it, or still is that of the exchange before.
    view: Rc<PanelView>,
    list: List,
    width: Cell<u32>,
}

impl Handshake {
    /// Nothing is selected; `on_resize` is told when the panel is to be measured.
    pub fn new(on_resize: &Callback<()>) -> Self {
        Self {
            view: Rc::new(PanelView::Hidden),
            list: List::new("ladder", RUNG, on_resize.clone()),
            width: Cell::new(320),
        }
    }
}

impl Panel for Handshake {
    fn title(&self) -> &'static str {
        "Handshake"
    }

    fn look(&self) -> PanelLook {
        PanelLook::Handshake
    }

    fn select(&mut self, _: Option<u32>, is_shown: bool) {
        if !is_shown {
            self.view = Rc::new(PanelView::Hidden);
        }
    }

    fn take(&mut self, view: &Rc<PanelView>) -> bool {
        if !matches!(**view, PanelView::Handshake(_)) {
            return false;
        }
        let before = self.selected();
        self.view = view.clone();
        if before != self.selected()
            && let Some(at) = self.at()
        {
            self.list.reveal(at);
        }
        true
    }

    fn view(&self, scene: &Scene<'_>) -> Vec<Html> {
        let view = match &*self.view {
            PanelView::Handshake(HandshakeView::Absent { has_record }) => return absence(*has_record),
            PanelView::Handshake(view @ HandshakeView::Ladder { .. }) => view,
            _ => return Vec::new(),
        };
        let rungs = self.rungs();
        let drawn = self.list.drawn(rungs.len(), 0..rungs.len());
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
        let first = drawn.start;
        let svg = self.draw(&rungs[drawn]);
        let body = self.list.draw(scroller, scene.listeners.on_list(), first, vec![svg]);
        let said = rungs.iter().map(|rung| words("li", "", &rung.sentence())).collect();
        vec![head(view), self.ends(), body, classed("ol", "hidden", said)]
    }

    fn hear(&mut self, happening: &Happening<'_>) -> Outcome {
        if happening.event.type_() == "scroll" {
            return Outcome::drawn(self.list.scrolled(happening.target));
        }
        let to = happening.key.and_then(|key| self.led_to(key));
        Outcome { is_changed: false, command: to.map(|number| Command::Log(LogCommand::Select(number))) }
    }

    fn place(&self) -> bool {
        self.list.place(self.rungs().len())
    }

    fn measure(&self) -> bool {
        let is_other = self.list.measure();
        let width = self.list.scroller().map_or(0, |scroller| scroller.client_width().max(0) as u32);
        width > 0 && self.width.replace(width) != width || is_other
    }
}

/// What is looked at.
impl Handshake {
    fn rungs(&self) -> &[Rung] {
        match &*self.view {
            PanelView::Handshake(HandshakeView::Ladder { rungs, .. }) => rungs,
            _ => &[],
        }
    }

    fn selected(&self) -> Option<u32> {
        match &*self.view {
            PanelView::Handshake(HandshakeView::Ladder { selected, .. }) => Some(*selected),
            _ => None,
        }
    }

    /// The place of the selected packet.
    fn at(&self) -> Option<usize> {
        let selected = self.selected()?;
        self.rungs().iter().position(|rung| rung.number == Some(selected))
    }

    /// The number of the packet that a key leads to.
    fn led_to(&self, key: &str) -> Option<u32> {
        let packets = self.rungs().iter().filter(|rung| rung.number.is_some()).count();
        let at = moved(key, self.at().unwrap_or_default(), packets, 1, self.list.lines(1).page())?;
        self.rungs()[at].number.filter(|&number| self.selected() != Some(number))
    }
}

/// Drawing.
impl Handshake {
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

    fn draw(&self, rungs: &[Rung]) -> Html {
        let [client, broker] = self.lifelines();
        let height = rungs.len() as u32 * RUNG;
        let tops = (0..height).step_by(RUNG as usize);
        let mut parts: Vec<Html> =
            rungs.iter().zip(tops).map(|(rung, top)| self.draw_rung(rung, top)).collect();
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
        let [from, to, back, y] = [from, to, back, top + 22].map(|at| number::plain(at.into()));
        let rung_height = number::plain(RUNG.into());
        let line = concat(&["M", &from, " ", &y, "H", &back]);
        let bar = concat(&["M0 ", &number::plain(top.into()), "v", &rung_height]);
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
                    Some(&rung_height),
                ],
                Vec::new(),
            ),
            path("rung-bar", &bar),
            path("rung-line", &line),
            path("rung-point", &point),
            label("rung-since", LEFT - 12, top + 26, &rung.since),
            label("rung-title", middle, top + 15, &rung.title),
            label("rung-note", middle, top + 36, &rung.note),
        ];
        let mark = |on: bool, class: &'static str| if on { class } else { "" };
        let class = concat(&[
            if rung.out { "rung out" } else { "rung in" },
            mark(rung.stands_out, " stands-out"),
            mark(rung.number.is_none(), " missing"),
            mark(rung.number.is_some() && rung.number == self.selected(), " selected"),
        ]);
        let record = rung.number.map(|number| number::plain(number.into()));
        element("g", &["class", "data-record"], &[Some(&class), record.as_deref()], parts)
    }
}

/// What is said where there is no exchange.
fn absence(has_record: bool) -> Vec<Html> {
    let advice = "Select a packet in the log: CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ, PUBLISH or one of their \
                  acknowledgements. Here you see every packet of its exchange between client and broker, with \
                  times, copies and what is missing.";
    let title = if has_record { "This record belongs to no exchange" } else { "No packet is selected" };
    nothing(title, advice)
}

fn head(view: &HandshakeView) -> Html {
    let HandshakeView::Ladder { kind, qos, out, summary, is_cut, will, rungs, .. } = view else {
        return Html::default();
    };
    let mut title = vec![words("strong", "", kind)];
    if let Some(qos) = qos {
        title.push(words("span", "chip", qos_name(*qos)));
    }
    if !rungs.is_empty() {
        title.push(words("span", "quiet", if *out { "from the client" } else { "from the broker" }));
    }
    let mut parts = vec![classed("p", "subject-name", title), words("p", "quiet", summary)];
    if *is_cut {
        let drawn = rungs.iter().filter(|rung| rung.number.is_some()).count();
        let most = number::grouped(drawn as u64);
        parts.push(words("p", "amber", &concat(&["Only the first ", &most, " packets are drawn."])));
    }
    if let Some((sentence, number)) = will {
        parts.push(words("p", "", sentence));
        if let Some(number) = number {
            parts.push(record_button(*number, &concat(&["Show #", &number::grouped((*number).into())])));
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
const RUNG: u32 = 40;
/// Where the client's lifeline stands: left of it are the times.
const LEFT: u32 = 84;
/// Where the broker's stands, from the right.
const RIGHT: u32 = 32;
