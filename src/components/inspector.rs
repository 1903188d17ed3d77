//! The inspector: the selected packet field by field and byte by byte, its payload, its exchange, and the figures of
//! the whole log.
//!
//! The engine has the log and looks into it; a panel says what it wants to show, and draws what comes.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use mqttscope_link::{ChartCommand, Command, Copy, LogCommand, PageCommand, PanelLook, Span};
use mqttscope_text::number;
use mqttscope_text::time::{DAY, date_text};
use mqttscope_text::zone::Zone;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;
use yew::virtual_dom::{Listener, ListenerKind};

use super::element::{classed, element, tag, text, words};
use super::listen::{On, Tell};
use crate::browser;
use crate::store::inspect::lines::moved;
use crate::store::text::concat;
use chart::Chart;
use compare::Compare;
use handshake::Handshake;
use packet::Packet;
use panel::{Happening, Panel, Scene};
use payload::Payload;
pub use props::{Comparing, InspectorProps, SharedPanel, Wanted, Wants};
use statistics::Statistics;

mod absence;
mod chart;
mod compare;
mod handshake;
mod packet;
mod panel;
mod payload;
mod props;
mod statistics;

/// The inspector.
pub struct Inspector {
    panels: Vec<Box<dyn Panel>>,
    /// The place of the panel that is shown.
    shown: usize,
    /// What the engine was asked for last.
    asked: Option<PanelLook>,
    listeners: Listeners,
    /// The tab that was chosen by a key gets the focus.
    focuses_tab: Cell<bool>,
}

/// What the inspector is told.
pub enum Message {
    /// Something happened to one of its elements.
    Event(Event),
    /// There is more, or less, room.
    Resized,
    /// More, or less, is to be seen than was drawn.
    Draw,
}

impl Component for Inspector {
    type Message = Message;
    type Properties = InspectorProps;

    fn create(ctx: &Context<Self>) -> Self {
        let on_resize = ctx.link().callback(|()| Message::Resized);
        let mut inspector = Self {
            panels: vec![
                Box::new(Packet::new(&on_resize)),
                Box::new(Payload::new(&on_resize)),
                Box::new(Handshake::new(&on_resize)),
                Box::new(Statistics::new()),
                Box::new(Compare::new(&on_resize)),
                Box::new(Chart::new(&on_resize)),
            ],
            shown: 0,
            asked: None,
            listeners: Listeners::new(ctx),
            focuses_tab: Cell::new(false),
        };
        inspector.select(ctx);
        inspector.compare(ctx);
        // Where it was hidden, it is shown for the panel that was asked for.
        let wants = &ctx.props().wants;
        inspector.show(ctx, if wants.is_opening { wants.panel.place() } else { 0 });
        inspector
    }

    fn changed(&mut self, ctx: &Context<Self>, before: &InspectorProps) -> bool {
        let props = ctx.props();
        let mut is_changed = props.zone != before.zone;
        if props.selected != before.selected {
            self.select(ctx);
        }
        if props.comparing != before.comparing {
            self.compare(ctx);
            is_changed = true;
        }
        if props.wants != before.wants {
            self.show(ctx, props.wants.panel.place());
            is_changed = true;
        }
        let panel = &mut self.panels[self.shown];
        if props.panel != before.panel {
            is_changed |= panel.take(&props.panel.0);
        }
        if props.copied != before.copied
            && let Some((what, _)) = props.copied
        {
            is_changed |= panel.copied(what);
        }
        self.ask(ctx);
        is_changed
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        let is_changed = match message {
            Message::Event(event) => self.hear(ctx, &event),
            Message::Resized => self.panels[self.shown].measure(),
            Message::Draw => true,
        };
        self.ask(ctx);
        is_changed
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let scene = Scene { listeners: &self.listeners, zone: &ctx.props().zone };
        let panel = self.panels[self.shown].view(&scene);
        let keys = &["class", "role", "id", "aria-labelledby"];
        let tab_id = tab_id(self.shown);
        let values = [Some("inspector-panel"), Some("tabpanel"), Some("inspector-panel"), Some(&*tab_id)];
        let panel = element("div", keys, &values, panel);
        let mut root = tag("section", &["class", "aria-label"], &[Some("inspector"), Some("Inspector")]);
        root.set_listeners(self.listeners.on_root());
        root.add_children([self.tabs(), panel]);
        root.into()
    }

    fn rendered(&mut self, ctx: &Context<Self>, _: bool) {
        if self.panels[self.shown].place() {
            ctx.link().send_message(Message::Draw);
        }
        if self.focuses_tab.take() {
            browser::focus(browser::by_id(&tab_id(self.shown)));
        }
    }
}

impl Inspector {
    /// Tells the panels what is selected.
    fn select(&mut self, ctx: &Context<Self>) {
        for (at, panel) in self.panels.iter_mut().enumerate() {
            panel.select(ctx.props().selected, at == self.shown);
        }
    }

    /// Tells the panels what is to be compared.
    fn compare(&mut self, ctx: &Context<Self>) {
        for panel in &mut self.panels {
            panel.compares(&ctx.props().comparing);
        }
    }

    /// Shows another panel. What the engine has told last may be for it too: then it will not be told again.
    fn show(&mut self, ctx: &Context<Self>, at: usize) {
        self.shown = at;
        self.panels[at].take(&ctx.props().panel.0);
        self.ask(ctx);
    }

    /// Asks the engine for what is to be shown, if that is something else than before.
    fn ask(&mut self, ctx: &Context<Self>) {
        let look = self.panels[self.shown].look();
        if self.asked.replace(look) != Some(look) {
            ctx.props().on_look.emit(look);
        }
    }

    /// Says whether what is shown has changed.
    fn hear(&mut self, ctx: &Context<Self>, event: &Event) -> bool {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
            return false;
        };
        let key = event.dyn_ref::<KeyboardEvent>().map(KeyboardEvent::key);
        if let (Some(key), Some("tabs")) = (&key, attribute(&target, "data-keys").as_deref()) {
            let to = moved(key, self.shown, self.panels.len(), 1, 1).unwrap_or_default();
            self.focuses_tab.set(true);
            self.show(ctx, to);
            return true;
        }
        if event.type_() == "click" {
            if let Some(at) = number_of(&target, "data-tab").filter(|&at| at < self.panels.len()) {
                self.show(ctx, at);
                return true;
            }
            if let Some(line) = number_of(&target, "data-chart-line") {
                ctx.props().on_command.emit(Command::Chart(ChartCommand::Line(line as u32)));
                self.show(ctx, Wanted::Chart.place());
                return true;
            }
            if let Some(command) = command_of(&target) {
                ctx.props().on_command.emit(command);
                return false;
            }
        }
        let happening = Happening { event, target: &target, key: key.as_deref() };
        let outcome = self.panels[self.shown].hear(&happening);
        if let Some(command) = outcome.command {
            ctx.props().on_command.emit(command);
        }
        outcome.is_changed
    }

    fn tabs(&self) -> Html {
        let tab = |at: usize| {
            let is_shown = at == self.shown;
            let (id, place) = (tab_id(at), number::plain(at as u64));
            let values = [
                Some("button"),
                Some("tab"),
                Some(&*id),
                Some(&*place),
                Some(if is_shown { "true" } else { "false" }),
                is_shown.then_some("inspector-panel"),
                Some(if is_shown { "0" } else { "-1" }),
            ];
            let keys = &["type", "role", "id", "data-tab", "aria-selected", "aria-controls", "tabindex"];
            element("button", keys, &values, vec![text(self.panels[at].title())])
        };
        let keys = &["class", "role", "aria-label", "data-keys"];
        let values = [Some("inspector-tabs"), Some("tablist"), Some("Inspector"), Some("tabs")];
        element("div", keys, &values, (0..self.panels.len()).map(tab).collect())
    }
}

/// The listeners of the inspector's elements.
pub struct Listeners {
    click: Rc<dyn Listener>,
    change: Rc<dyn Listener>,
    keydown: Rc<dyn Listener>,
    mousemove: Rc<dyn Listener>,
    mousedown: Rc<dyn Listener>,
    mouseup: Rc<dyn Listener>,
    wheel: Rc<dyn Listener>,
    /// These two do not bubble.
    mouseleave: Rc<dyn Listener>,
    scroll: Rc<dyn Listener>,
}

impl Listeners {
    fn new(ctx: &Context<Inspector>) -> Self {
        let link = ctx.link().clone();
        let tell: Tell = Rc::new(move |event| {
            if let Some(key) = event.dyn_ref::<KeyboardEvent>() {
                if !is_ours(key) {
                    return;
                }
                key.prevent_default();
            }
            // It would scroll what is around the chart.
            if event.has_type::<WheelEvent>() {
                event.prevent_default();
            }
            link.send_message(Message::Event(event.clone()));
        });
        Self {
            click: On::listener(|| ListenerKind::onclick, &tell),
            change: On::listener(|| ListenerKind::onchange, &tell),
            keydown: On::listener(|| ListenerKind::onkeydown, &tell),
            mousemove: On::passive(|| ListenerKind::onmousemove, &tell),
            mousedown: On::passive(|| ListenerKind::onmousedown, &tell),
            mouseup: On::passive(|| ListenerKind::onmouseup, &tell),
            wheel: On::listener(|| ListenerKind::onwheel, &tell),
            mouseleave: On::passive(|| ListenerKind::onmouseleave, &tell),
            scroll: On::passive(|| ListenerKind::onscroll, &tell),
        }
    }

    fn on_root(&self) -> Box<[Option<Rc<dyn Listener>>]> {
        Box::new([&self.click, &self.change, &self.keydown].map(|listener| Some(listener.clone())))
    }

    /// Of what the pointer zooms.
    fn on_chart(&self) -> Box<[Option<Rc<dyn Listener>>]> {
        let pointer = [&self.mousedown, &self.mousemove, &self.mouseup, &self.mouseleave, &self.wheel];
        Box::new(pointer.map(|listener| Some(listener.clone())))
    }

    /// Of a list's scroller.
    fn on_list(&self) -> Box<[Option<Rc<dyn Listener>>]> {
        Box::new([&self.scroll, &self.mousemove, &self.mouseleave].map(|listener| Some(listener.clone())))
    }
}

/// Whether a key moves in one of the inspector's lists, and does not scroll it.
fn is_ours(key: &KeyboardEvent) -> bool {
    let target = key.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is_plain = !(key.ctrl_key() || key.meta_key() || key.alt_key());
    let name = key.key();
    let keys = target.filter(|_| is_plain).and_then(|target| attribute(&target, "data-keys"));
    match keys.as_deref() {
        None => false,
        Some("chart-add") => name == "Enter",
        Some("chart") if ["+", "=", "-", "0", "Enter"].contains(&&*name) => true,
        Some(_) => moved(&name, 0, 1, 1, 1).is_some(),
    }
}

/// An attribute of the element itself, or of the nearest around it that has it.
fn attribute(target: &Element, name: &str) -> Option<String> {
    let selector = concat(&["[", name, "]"]);
    target.closest(&selector).ok()??.get_attribute(name)
}

fn number_of(target: &Element, name: &str) -> Option<usize> {
    attribute(target, name)?.parse().ok()
}

fn tab_id(at: usize) -> String {
    concat(&["inspector-tab-", &number::plain(at as u64)])
}

/// What a button asks of the engine that any panel may have.
fn command_of(target: &Element) -> Option<Command> {
    if let Some(number) = number_of(target, "data-record") {
        return Some(Command::Log(LogCommand::Select(number as u32)));
    }
    if let Some(number) = number_of(target, "data-reply") {
        return Some(Command::Page(PageCommand::Reply(number as u32)));
    }
    let what = match attribute(target, "data-copy")?.as_str() {
        "text" => Copy::PacketText,
        "hex" => Copy::PacketHex,
        "JSON" => Copy::PacketJson,
        _ => Copy::Payload,
    };
    Some(Command::Page(PageCommand::Copy(what)))
}

/// The time of day to the microsecond, from microseconds since the Unix epoch; behind its date where that is not today.
fn time(micros: u64, zone: &Zone) -> String {
    let local = zone.local(micros);
    let is_today = local / DAY == zone.local(browser::now_micros()) / DAY;
    let mut time = if is_today { String::new() } else { concat(&[&date_text(local), " "]) };
    time.push_str(&number::time_of_day(local));
    time.push_str(&number::plain(1_000 + micros % 1_000)[1..]);
    time
}

fn span(range: Range<usize>) -> Span {
    let [start, end] = [range.start, range.end].map(|at| u32::try_from(at).unwrap_or(u32::MAX));
    Span { start, end }
}

/// What a panel says where there is nothing to show.
fn nothing(title: &str, advice: &str) -> Vec<Html> {
    vec![classed("div", "nothing", vec![words("strong", "", title), words("p", "", advice)])]
}

/// A small button with a datum that tells what it does.
fn button(key: &'static str, value: &str, label: &str) -> Html {
    let keys: &'static [&'static str] = match key {
        "data-record" => &["type", "class", "data-record"],
        "data-line" => &["type", "class", "data-line"],
        "data-reply" => &["type", "class", "data-reply"],
        _ => &["type", "class", "data-copy"],
    };
    element("button", keys, &[Some("button"), Some("small"), Some(value)], vec![text(label)])
}

/// A button that selects another record.
fn record_button(number: u32, label: &str) -> Html {
    button("data-record", &number::plain(number.into()), label)
}
