//! The inspector: the selected packet field by field and byte by byte, its payload, its exchange, and the figures of
//! the whole log.

use std::cell::Cell;
use std::rc::Rc;

use mqttscope_text::number;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;
use yew::virtual_dom::{Listener, ListenerKind};

use super::element::{classed, element, tag, text, words};
use super::listen::{On, Tell};
use super::observer::Observer;
use crate::browser;
use crate::reader::Reader;
use crate::soon::Soon;
use crate::store::inspect::lines::moved;
use crate::store::shared::SharedLog;
use handshake::Handshake;
use packet::Packet;
use payload::Payload;
use statistics::Figures;

mod handshake;
mod list;
mod packet;
mod payload;
mod statistics;

#[derive(Properties, PartialEq)]
pub struct InspectorProps {
    pub log: SharedLog,
    /// Changes with the log.
    pub revision: u32,
    /// The number of the selected record.
    pub selected: Option<u32>,
    /// Microseconds since the Unix epoch.
    pub now: u64,
    /// Another record was chosen: one of the same exchange, or the packet that an event is about.
    pub on_select: Callback<u32>,
    /// Takes payloads in formats that this module does not read itself.
    pub reader: Reader,
}

/// The inspector.
pub struct Inspector {
    tab: Tab,
    packet: Packet,
    payload: Payload,
    handshake: Handshake,
    figures: Figures,
    hands: Hands,
    root: NodeRef,
    observer: Option<Observer>,
    /// The tab that was chosen by a key gets the focus.
    focuses_tab: Cell<bool>,
    soon: Soon,
}

/// What the inspector is told.
pub enum Message {
    /// Something happened to one of its elements.
    Event(Event),
    /// More, or less, is to be seen than was drawn.
    Resized,
    /// It is time for the next slice of what takes long.
    Slice,
    /// The reader has decoded a payload.
    Decoded(payload::Decoded),
}

/// A part of the inspector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Packet,
    Payload,
    Handshake,
    Statistics,
}

impl Tab {
    const ALL: [Self; 4] = [Self::Packet, Self::Payload, Self::Handshake, Self::Statistics];

    const fn name(self) -> &'static str {
        ["Packet", "Payload", "Handshake", "Statistics"][self as usize]
    }
}

impl Component for Inspector {
    type Message = Message;
    type Properties = InspectorProps;

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link().clone();
        let soon = Soon::new(move || link.send_message(Message::Slice));
        let mut inspector = Self {
            tab: Tab::Packet,
            packet: Packet::new(),
            payload: Payload::new(),
            handshake: Handshake::new(),
            figures: Figures::default(),
            hands: Hands::new(ctx),
            root: NodeRef::default(),
            observer: None,
            focuses_tab: Cell::new(false),
            soon,
        };
        inspector.follow(ctx);
        inspector
    }

    fn changed(&mut self, ctx: &Context<Self>, _: &InspectorProps) -> bool {
        self.follow(ctx)
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Event(event) => self.hear(ctx, &event),
            Message::Resized => true,
            Message::Slice => self.advance(ctx),
            Message::Decoded(decoded) => self.payload.take(decoded),
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let log = props.log.0.borrow();
        let panel = match self.tab {
            Tab::Packet => self.packet.view(&log, &self.hands),
            Tab::Payload => self.payload.view(&log, &self.packet, &self.hands),
            Tab::Handshake => self.handshake.view(&log, &self.hands, props),
            Tab::Statistics => self.figures.view(&log, props.now),
        };
        let keys = &["class", "role", "id", "aria-labelledby"];
        let tab_id = Self::tab_id(self.tab);
        let values = [Some("inspector-panel"), Some("tabpanel"), Some("inspector-panel"), Some(tab_id)];
        let panel = element("div", keys, &values, panel);
        let mut root = tag("section", &["class", "aria-label"], &[Some("inspector"), Some("Inspector")]);
        root.node_ref = self.root.clone();
        root.set_listeners(self.hands.on_root());
        root.add_children([self.tabs(), panel]);
        root.into()
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            let link = ctx.link().clone();
            let tell = move || link.send_message(Message::Resized);
            self.observer = self.root.cast::<Element>().map(|element| Observer::new(&element, tell));
        }
        let is_short = match self.tab {
            Tab::Packet => self.packet.place(),
            Tab::Payload => self.payload.place(),
            Tab::Handshake => self.handshake.place(),
            Tab::Statistics => false,
        };
        if is_short {
            ctx.link().send_message(Message::Resized);
        }
        if self.focuses_tab.take() {
            browser::focus(browser::by_id(Self::tab_id(self.tab)));
        }
    }
}

impl Inspector {
    /// Follows the log and the selection; says whether what is shown has changed.
    fn follow(&mut self, ctx: &Context<Self>) -> bool {
        let props = ctx.props();
        let log = props.log.0.borrow();
        let is_other = self.packet.follow(&log, props.selected);
        if is_other {
            self.payload.forget();
        }
        // Cheap as long as it keeps up; what it lacks, it makes up for when it is looked at.
        let is_behind = !self.figures.update(&log);
        let is_changed = match self.tab {
            Tab::Packet => is_other,
            Tab::Payload => {
                self.payload.open(&log, &self.packet, ctx);
                is_other
            }
            Tab::Handshake => self.handshake.follow(&log, props.selected, props.now) || is_other,
            Tab::Statistics => self.figures.is_due(props.now),
        };
        drop(log);
        if self.tab == Tab::Statistics && is_behind || self.tab == Tab::Payload && self.payload.is_busy() {
            self.soon.ask();
        }
        is_changed
    }

    /// Does the next slice of what takes long.
    fn advance(&mut self, ctx: &Context<Self>) -> bool {
        let log = ctx.props().log.0.borrow();
        let (is_busy, is_changed) = match self.tab {
            Tab::Payload => {
                self.payload.advance(&log, &self.packet);
                (self.payload.is_busy(), true)
            }
            Tab::Statistics => (!self.figures.update(&log), true),
            _ => (false, false),
        };
        drop(log);
        if is_busy {
            self.soon.ask();
        }
        is_changed
    }

    /// Says whether what is shown has changed.
    fn hear(&mut self, ctx: &Context<Self>, event: &Event) -> bool {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
            return false;
        };
        let props = ctx.props();
        let key = event.dyn_ref::<KeyboardEvent>().map(KeyboardEvent::key);
        if let (Some(key), Some("tabs")) = (&key, attribute(&target, "data-keys").as_deref()) {
            let at = moved(key, self.tab as usize, Tab::ALL.len(), 1, 1).unwrap_or_default();
            self.focuses_tab.set(true);
            return self.choose(ctx, Tab::ALL[at]);
        }
        if event.type_() == "click" {
            if let Some(at) = number_of(&target, "data-tab") {
                return self.choose(ctx, Tab::ALL[at % Tab::ALL.len()]);
            }
            if let Some(number) = number_of(&target, "data-record") {
                props.on_select.emit(number as u32);
                return false;
            }
        }
        let log = props.log.0.borrow();
        let is_changed = match self.tab {
            Tab::Packet => self.packet.hear(event, &target, key.as_deref(), &log),
            Tab::Payload => {
                let is_changed = self.payload.hear(event, &target, &log, &self.packet);
                self.payload.open(&log, &self.packet, ctx);
                is_changed
            }
            Tab::Handshake => match self.handshake.hear(key.as_deref(), props) {
                Some(number) => {
                    drop(log);
                    props.on_select.emit(number);
                    return false;
                }
                None => self.handshake.look(),
            },
            Tab::Statistics => false,
        };
        drop(log);
        if self.tab == Tab::Payload && self.payload.is_busy() {
            self.soon.ask();
        }
        is_changed
    }

    fn choose(&mut self, ctx: &Context<Self>, tab: Tab) -> bool {
        self.tab = tab;
        self.follow(ctx);
        true
    }

    fn tabs(&self) -> Html {
        let tab = |tab: Tab| {
            let chosen = tab == self.tab;
            let values = [
                Some("button"),
                Some("tab"),
                Some(Self::tab_id(tab)),
                Some(["0", "1", "2", "3"][tab as usize]),
                Some(if chosen { "true" } else { "false" }),
                chosen.then_some("inspector-panel"),
                Some(if chosen { "0" } else { "-1" }),
            ];
            let keys = &["type", "role", "id", "data-tab", "aria-selected", "aria-controls", "tabindex"];
            element("button", keys, &values, vec![text(tab.name())])
        };
        let keys = &["class", "role", "aria-label", "data-keys"];
        let values = [Some("inspector-tabs"), Some("tablist"), Some("Inspector"), Some("tabs")];
        element("div", keys, &values, Tab::ALL.map(tab).into())
    }

    const fn tab_id(tab: Tab) -> &'static str {
        ["inspector-tab-0", "inspector-tab-1", "inspector-tab-2", "inspector-tab-3"][tab as usize]
    }
}

/// The listeners of the inspector's elements.
pub struct Hands {
    click: Rc<dyn Listener>,
    change: Rc<dyn Listener>,
    keydown: Rc<dyn Listener>,
    mousemove: Rc<dyn Listener>,
    /// These two do not bubble.
    mouseleave: Rc<dyn Listener>,
    scroll: Rc<dyn Listener>,
}

impl Hands {
    fn new(ctx: &Context<Inspector>) -> Self {
        let link = ctx.link().clone();
        let tell: Tell = Rc::new(move |event| {
            if let Some(key) = event.dyn_ref::<KeyboardEvent>() {
                if !is_ours(key) {
                    return;
                }
                key.prevent_default();
            }
            link.send_message(Message::Event(event.clone()));
        });
        Self {
            click: On::listener(|| ListenerKind::onclick, &tell),
            change: On::listener(|| ListenerKind::onchange, &tell),
            keydown: On::listener(|| ListenerKind::onkeydown, &tell),
            mousemove: On::passive(|| ListenerKind::onmousemove, &tell),
            mouseleave: On::passive(|| ListenerKind::onmouseleave, &tell),
            scroll: On::passive(|| ListenerKind::onscroll, &tell),
        }
    }

    fn on_root(&self) -> Box<[Option<Rc<dyn Listener>>]> {
        Box::new([&self.click, &self.change, &self.keydown].map(|listener| Some(listener.clone())))
    }

    fn on_list(&self) -> Box<[Option<Rc<dyn Listener>>]> {
        Box::new([&self.scroll, &self.mousemove, &self.mouseleave].map(|listener| Some(listener.clone())))
    }
}

/// Whether a key moves in one of the inspector's lists, and does not scroll it.
fn is_ours(key: &KeyboardEvent) -> bool {
    let target = key.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is_plain = !(key.ctrl_key() || key.meta_key() || key.alt_key());
    is_plain
        && moved(&key.key(), 0, 1, 1, 1).is_some()
        && target.is_some_and(|target| attribute(&target, "data-keys").is_some())
}

/// An attribute of the element itself, or of the nearest around it that has it.
fn attribute(target: &Element, name: &str) -> Option<String> {
    let selector = crate::store::text::concat(&["[", name, "]"]);
    target.closest(&selector).ok()??.get_attribute(name)
}

fn number_of(target: &Element, name: &str) -> Option<usize> {
    attribute(target, name)?.parse().ok()
}

/// What a part says where there is nothing to show.
fn nothing(title: &str, advice: &str) -> Vec<Html> {
    vec![classed("div", "nothing", vec![words("strong", "", title), words("p", "", advice)])]
}

/// A small button with a datum that tells what it does.
fn button(key: &'static str, value: &str, label: &str) -> Html {
    let keys: &'static [&'static str] = match key {
        "data-record" => &["type", "class", "data-record"],
        "data-line" => &["type", "class", "data-line"],
        _ => &["type", "class", "data-copy"],
    };
    element("button", keys, &[Some("button"), Some("small"), Some(value)], vec![text(label)])
}

/// A button that selects another record.
fn record_button(number: u32, label: &str) -> Html {
    button("data-record", &number::plain(number.into()), label)
}
