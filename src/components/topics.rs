//! The tree of topics beside the log: the last value of each, and what can be done with one.
//!
//! The engine has the tree; this says which lines are looked at, and draws what comes.

use std::cell::Cell;
use std::rc::Rc;

use mqttscope_link::{
    Copy, Span, Step, TopicRef, TopicSort, TopicUse, TopicsCommand, TopicsLook, TopicsView,
};
use mqttscope_text::number;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusEvent, HtmlElement, HtmlInputElement, HtmlSelectElement, MouseEvent, Node};
use yew::prelude::*;
use yew::virtual_dom::{Listener, ListenerKind};

use super::element::{classed, element, option, tag, text, words};
use super::list::List;
use super::listen::{On, Tell};
use crate::browser;
use crate::store::Command;
use crate::store::text::concat;
use menu::{Action, menu};
pub use props::{SharedTopics, TopicsAct, TopicsProps};

mod clearing;
mod details;
mod line;
mod menu;
mod props;

/// The region of the topics.
pub struct Topics {
    sort: TopicSort,
    list: List,
    /// What the engine was asked for last.
    asked: Option<TopicsLook>,
    /// The place of the chosen line that was brought into sight last.
    revealed: Option<u32>,
    /// What is told of the chosen level takes room of the list now, or gives it back: its line is to stay in sight.
    is_room_changed: bool,
    /// The level whose menu is open, and where in the window that is to be.
    menu: Option<(TopicRef, [i32; 2])>,
    menu_place: NodeRef,
    /// What is to have the focus once it is drawn.
    focuses: Cell<Focus>,
    listeners: Listeners,
    /// That something was copied, in words.
    copied: AttrValue,
}

/// What is to have the focus.
#[derive(Clone, Copy, Default, PartialEq)]
enum Focus {
    #[default]
    AsItIs,
    Tree,
    Menu,
    Clearing,
}

/// What the region is told.
pub enum Message {
    /// Something happened to one of its elements.
    Event(Event),
    /// There is more, or less, room.
    Resized,
    /// More, or less, is to be seen than was drawn.
    Draw,
}

impl Component for Topics {
    type Message = Message;
    type Properties = TopicsProps;

    fn create(ctx: &Context<Self>) -> Self {
        let mut topics = Self {
            sort: TopicSort::default(),
            list: List::new("topics", LINE, ctx.link().callback(|()| Message::Resized)),
            asked: None,
            revealed: None,
            is_room_changed: false,
            menu: None,
            menu_place: NodeRef::default(),
            focuses: Cell::default(),
            listeners: Listeners::new(ctx),
            copied: AttrValue::default(),
        };
        // The field is empty, whatever was looked for before the region was closed.
        ctx.props().on_act.emit(TopicsAct::Ask(TopicsCommand::Find(String::new())));
        topics.ask(ctx);
        topics
    }

    fn changed(&mut self, ctx: &Context<Self>, before: &TopicsProps) -> bool {
        let props = ctx.props();
        let shown = props.shown.view();
        if shown.chosen_place != self.revealed {
            self.revealed = shown.chosen_place;
            if let Some(place) = shown.chosen_place {
                self.list.reveal(place as usize);
            }
        }
        self.is_room_changed |= shown.chosen.is_some() != before.shown.view().chosen.is_some();
        if props.copied != before.copied {
            let said = match props.copied {
                Some((Copy::Topic(_), _)) => "The topic was copied.",
                Some((Copy::TopicValue(_), _)) => "The value was copied.",
                _ => "",
            };
            self.copied = said.into();
        }
        if shown.clearing.is_some() && before.shown.view().clearing.is_none() {
            self.focuses.set(Focus::Clearing);
        }
        self.ask(ctx);
        true
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        let is_changed = match message {
            Message::Event(event) => self.hear(ctx, &event),
            Message::Resized => {
                let place = self.revealed.filter(|_| std::mem::take(&mut self.is_room_changed));
                if let Some(place) = place {
                    self.list.reveal(place as usize);
                }
                self.list.measure()
            }
            Message::Draw => true,
        };
        self.ask(ctx);
        is_changed
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let shown = ctx.props().shown.view();
        let mut root = tag("section", &["class", "aria-label"], &[Some("topics"), Some("Topics")]);
        root.set_listeners(self.listeners.on_root());
        // An empty node keeps its place: yew compares children from the last to the first.
        let details = shown.chosen.as_ref().map(|chosen| details::details(chosen, &ctx.props().zone));
        let menu = self.menu.map(|_| menu(&self.menu_place, self.has_value(ctx)));
        let clearing =
            shown.clearing.as_ref().map(|clearing| clearing::clearing(clearing, ctx.props().is_connected));
        root.add_children([
            head(shown),
            self.tools(),
            self.tree(ctx),
            self.note(ctx),
            details.unwrap_or_default(),
            menu.unwrap_or_default(),
            clearing.unwrap_or_default(),
        ]);
        root.into()
    }

    fn rendered(&mut self, ctx: &Context<Self>, _: bool) {
        if self.list.place(ctx.props().shown.view().count as usize) {
            ctx.link().send_message(Message::Draw);
        }
        if let Some((_, at)) = self.menu {
            menu::place(&self.menu_place, at);
        }
        let focus = match self.focuses.take() {
            Focus::AsItIs => return,
            Focus::Tree => TREE,
            Focus::Menu => menu::FIRST,
            Focus::Clearing => clearing::CLEARING,
        };
        browser::focus(browser::by_id(focus));
    }
}

/// What is asked and done.
impl Topics {
    /// Asks the engine for what is to be shown, if that is something else than before.
    fn ask(&mut self, ctx: &Context<Self>) {
        let count = ctx.props().shown.view().count as usize;
        let wanted = self.list.wanted(count);
        let [start, end] = [wanted.start, wanted.end].map(|at| u32::try_from(at).unwrap_or(u32::MAX));
        let page = self.list.lines(count).page() as u32;
        let look = TopicsLook { lines: Span { start, end }, page, sort: self.sort };
        if self.asked.replace(look) != Some(look) {
            ctx.props().on_act.emit(TopicsAct::Look(look));
        }
    }

    /// Says whether what is shown has changed.
    fn hear(&mut self, ctx: &Context<Self>, event: &Event) -> bool {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
            return false;
        };
        match event.type_().as_str() {
            "scroll" => self.list.scrolled(&target),
            "input" if target.id() == FIND => {
                let text = target.unchecked_ref::<HtmlInputElement>().value();
                self.tell(ctx, TopicsCommand::Find(text));
                false
            }
            "change" if target.id() == SORT => {
                let value = target.unchecked_ref::<HtmlSelectElement>().value();
                let sort = SORTS.into_iter().find(|(_, name)| *name == value);
                self.sort = sort.map_or(TopicSort::Name, |(sort, _)| sort);
                true
            }
            "contextmenu" => {
                let (Some(mouse), Some(id)) = (event.dyn_ref::<MouseEvent>(), id_of(&target)) else {
                    return false;
                };
                event.prevent_default();
                self.open_menu(ctx, id, [mouse.client_x(), mouse.client_y()])
            }
            "focusout" => {
                let to = event.dyn_ref::<FocusEvent>().and_then(FocusEvent::related_target);
                let to = to.and_then(|to| to.dyn_into::<Node>().ok());
                let is_within = self.menu_place.get().is_some_and(|menu| menu.contains(to.as_ref()));
                !is_within
                    && target.closest(MENU).is_ok_and(|menu| menu.is_some())
                    && self.menu.take().is_some()
            }
            "keydown" => event.dyn_ref::<KeyboardEvent>().is_some_and(|key| self.on_key(ctx, &target, key)),
            "click" => self.on_click(ctx, &target, event),
            _ => false,
        }
    }

    fn on_click(&mut self, ctx: &Context<Self>, target: &Element, event: &Event) -> bool {
        if let Some(action) = attribute(target, "data-action").and_then(|name| Action::of_name(&name)) {
            return self.act(ctx, action);
        }
        if let Some(number) = attribute(target, "data-record").and_then(|number| number.parse().ok()) {
            ctx.props().on_act.emit(TopicsAct::ShowRow(number));
            return false;
        }
        match attribute(target, "data-tree").as_deref() {
            Some("expand") => self.tell(ctx, TopicsCommand::FoldAll { open: true }),
            Some("collapse") => self.tell(ctx, TopicsCommand::FoldAll { open: false }),
            Some("clear") => ctx.props().on_act.emit(TopicsAct::Clear),
            Some("stop") => self.tell(ctx, TopicsCommand::StopClearing),
            Some("close") => {
                self.tell(ctx, TopicsCommand::CloseClearing);
                self.focuses.set(Focus::Tree);
                return true;
            }
            _ => {}
        }
        let was_open = self.menu.take().is_some();
        let Some(id) = id_of(target) else { return was_open };
        if attribute(target, "data-fold").is_some() {
            self.tell(ctx, TopicsCommand::Fold(id));
        } else if attribute(target, "data-menu").is_some() {
            let at = event.dyn_ref::<MouseEvent>().map_or([0, 0], |it| [it.client_x(), it.client_y()]);
            return self.open_menu(ctx, id, at);
        } else {
            self.choose(ctx, id);
            self.tell(ctx, TopicsCommand::Use(id, TopicUse::Filter));
        }
        was_open
    }

    fn on_key(&mut self, ctx: &Context<Self>, target: &Element, key: &KeyboardEvent) -> bool {
        if browser::is_composing(key) || key.ctrl_key() || key.alt_key() || key.meta_key() {
            return false;
        }
        let name = key.key();
        if target.closest(MENU).is_ok_and(|menu| menu.is_some()) {
            return match name.as_str() {
                "Escape" | "Tab" => {
                    key.prevent_default();
                    self.menu = None;
                    self.focuses.set(Focus::Tree);
                    true
                }
                _ => {
                    if menu::moved(target, &name) {
                        key.prevent_default();
                    }
                    false
                }
            };
        }
        if target.id() == FIND && name == "ArrowDown" {
            key.prevent_default();
            self.tell(ctx, TopicsCommand::Step(Step::First));
            self.focuses.set(Focus::Tree);
            return true;
        }
        if target.id() != TREE {
            return false;
        }
        let chosen = ctx.props().shown.view().chosen.as_ref().map(|chosen| chosen.id);
        let command = match name.as_str() {
            "ArrowDown" => TopicsCommand::Step(Step::Rows(1)),
            "ArrowUp" => TopicsCommand::Step(Step::Rows(-1)),
            "PageDown" => TopicsCommand::Step(Step::Views(1)),
            "PageUp" => TopicsCommand::Step(Step::Views(-1)),
            "Home" => TopicsCommand::Step(Step::First),
            "End" => TopicsCommand::Step(Step::Last),
            "ArrowRight" => TopicsCommand::Into,
            "ArrowLeft" => TopicsCommand::OutOf,
            "*" => TopicsCommand::FoldAll { open: true },
            "Enter" => match chosen {
                Some(id) => TopicsCommand::Use(id, TopicUse::Filter),
                None => return false,
            },
            "ContextMenu" | "F10" if name == "ContextMenu" || key.shift_key() => {
                let Some(id) = chosen else { return false };
                key.prevent_default();
                let row = ctx.props().shown.view().chosen_place.map(line::line_id);
                let rect = row.and_then(|row| browser::by_id(&row)).map(|row| row.get_bounding_client_rect());
                let at = rect.map_or([0, 0], |rect| [rect.left() as i32 + 24, rect.bottom() as i32]);
                return self.open_menu(ctx, id, at);
            }
            _ => return false,
        };
        key.prevent_default();
        self.tell(ctx, command);
        false
    }

    /// What a button or an entry of the menu does with the chosen level.
    fn act(&mut self, ctx: &Context<Self>, action: Action) -> bool {
        let from_menu = self.menu.take();
        let chosen = ctx.props().shown.view().chosen.as_ref().map(|chosen| chosen.id);
        let Some(id) = from_menu.map(|(id, _)| id).or(chosen) else { return false };
        if from_menu.is_some() {
            self.focuses.set(Focus::Tree);
        }
        let on_act = &ctx.props().on_act;
        match action {
            Action::Filter => {
                self.tell(ctx, TopicsCommand::Use(id, TopicUse::Filter));
                on_act.emit(TopicsAct::ShowLog);
            }
            Action::Publish => {
                self.focuses.set(Focus::AsItIs);
                self.tell(ctx, TopicsCommand::Use(id, TopicUse::Publish));
            }
            Action::Subscribe => self.tell(ctx, TopicsCommand::Use(id, TopicUse::Subscribe)),
            Action::CopyTopic => on_act.emit(TopicsAct::Copy(Copy::Topic(id))),
            Action::CopyValue => on_act.emit(TopicsAct::Copy(Copy::TopicValue(id))),
            Action::Chart => on_act.emit(TopicsAct::Chart(id)),
            Action::ClearRetained => self.tell(ctx, TopicsCommand::ListRetained(id)),
        }
        from_menu.is_some()
    }

    fn open_menu(&mut self, ctx: &Context<Self>, id: TopicRef, at: [i32; 2]) -> bool {
        self.choose(ctx, id);
        self.menu = Some((id, at));
        self.focuses.set(Focus::Menu);
        true
    }

    /// Chooses a line that can be seen: the list stays where it is.
    fn choose(&mut self, ctx: &Context<Self>, id: TopicRef) {
        let shown = ctx.props().shown.view();
        let place = (shown.first..).zip(&shown.lines).find(|(_, line)| line.id == id);
        self.revealed = place.map(|(place, _)| place);
        self.tell(ctx, TopicsCommand::Choose(id));
    }

    fn tell(&mut self, ctx: &Context<Self>, command: TopicsCommand) {
        self.copied = AttrValue::default();
        ctx.props().on_act.emit(TopicsAct::Ask(command));
    }

    /// Whether the level whose menu is open has a value.
    fn has_value(&self, ctx: &Context<Self>) -> bool {
        let lines = &ctx.props().shown.view().lines;
        self.menu.is_some_and(|(id, _)| lines.iter().any(|line| line.id == id && line.is_topic))
    }
}

/// Drawing.
impl Topics {
    fn tools(&self) -> Html {
        let keys = &["id", "type", "class", "aria-label", "placeholder", "autocomplete", "spellcheck"];
        let values = [
            Some(FIND),
            Some("search"),
            Some("topics-find"),
            Some("Find topics"),
            Some("Find topics"),
            Some("off"),
            Some("false"),
        ];
        let find = element("input", keys, &values, vec![]);
        let keys = &["id", "aria-label", "title"];
        let values = [Some(SORT), Some("Sort topics by"), Some("Sort by")];
        let sort = element(
            "select",
            keys,
            &values,
            SORTS.map(|(sort, name)| option(name, name, sort == self.sort)).into(),
        );
        let button = |name: &str, label: &str, sign: &str| {
            let keys = &["type", "class", "data-tree", "aria-label", "title"];
            let values = [Some("button"), Some("small"), Some(name), Some(label), Some(label)];
            element("button", keys, &values, vec![text(sign)])
        };
        let buttons =
            vec![find, sort, button("expand", "Expand all", "⊞"), button("collapse", "Collapse all", "⊟")];
        classed("div", "topics-tools", buttons)
    }

    /// The lines that can be seen and have come, or what will stand there.
    fn tree(&self, ctx: &Context<Self>) -> Html {
        let shown = ctx.props().shown.view();
        if shown.count == 0 {
            let said = match (shown.found, shown.topics) {
                (Some(_), 1..) => "No topic holds that text.",
                _ => "Once messages come and go: their topics as a tree, each with its last value.",
            };
            return words("p", "topics-empty", said);
        }
        let first = shown.first as usize;
        let drawn = self.list.drawn(shown.count as usize, first..first + shown.lines.len());
        let start = drawn.start;
        let zone = &ctx.props().zone;
        let row = |place: usize| {
            let is_chosen = shown.chosen_place == Some(place as u32);
            shown.lines.get(place - first).map(|it| line::line(it, place as u32, is_chosen, zone))
        };
        let rows = drawn.clone().filter_map(row).collect();
        let active = shown.chosen_place.filter(|place| drawn.contains(&(*place as usize))).map(line::line_id);
        let keys = &["class", "id", "role", "aria-label", "aria-activedescendant", "tabindex"];
        let values = [
            Some("list tree-of-topics"),
            Some(TREE),
            Some("tree"),
            Some("Topics"),
            active.as_deref(),
            Some("0"),
        ];
        let scroller = tag("div", keys, &values);
        let listeners = Box::new([Some(self.listeners.scroll.clone())]);
        self.list.draw(scroller, listeners, start, rows)
    }

    /// What there is to say of what was done last.
    fn note(&self, ctx: &Context<Self>) -> Html {
        let note = &ctx.props().note;
        let said = if note.is_empty() { &self.copied } else { note };
        let class = if said.is_empty() { "hidden" } else { "topics-note" };
        element("p", &["class", "role"], &[Some(class), Some("status")], vec![text(said)])
    }
}

fn head(shown: &TopicsView) -> Html {
    let mut count = number::counted(shown.topics.into(), " topic", " topics");
    if let Some(found) = shown.found {
        count = concat(&[&number::grouped(found.into()), " of ", &count]);
    }
    if shown.dropped > 0 {
        count.push_str(&concat(&[", ", &number::grouped(shown.dropped), " silent ones dropped"]));
    }
    let keys = &["type", "class", "data-deed", "aria-label", "title"];
    let close = [
        Some("button"),
        Some("small wide-only"),
        Some(Command::ToggleTopics.name()),
        Some("Close the topics"),
        Some("Close (t)"),
    ];
    let parts = vec![
        words("h2", "", "Topics"),
        element("span", &["class", "title"], &[Some("count"), Some(&count)], vec![text(&count)]),
        element("button", keys, &close, vec![text("✕")]),
    ];
    classed("div", "topics-head", parts)
}

/// The listeners of the region's elements.
struct Listeners {
    root: [Rc<dyn Listener>; 6],
    /// It does not bubble.
    scroll: Rc<dyn Listener>,
}

impl Listeners {
    fn new(ctx: &Context<Topics>) -> Self {
        let link = ctx.link().clone();
        let tell: Tell = Rc::new(move |event| link.send_message(Message::Event(event.clone())));
        let kinds: [fn() -> ListenerKind; 6] = [
            || ListenerKind::onclick,
            || ListenerKind::oncontextmenu,
            || ListenerKind::onkeydown,
            || ListenerKind::oninput,
            || ListenerKind::onchange,
            || ListenerKind::onfocusout,
        ];
        Self {
            root: kinds.map(|kind| On::listener(kind, &tell)),
            scroll: On::passive(|| ListenerKind::onscroll, &tell),
        }
    }

    fn on_root(&self) -> Box<[Option<Rc<dyn Listener>>]> {
        self.root.iter().cloned().map(Some).collect()
    }
}

/// An attribute of the element itself, or of the nearest around it that has it.
fn attribute(target: &Element, name: &str) -> Option<String> {
    target.closest(&concat(&["[", name, "]"])).ok()??.get_attribute(name)
}

/// The level of the line that an element is in.
fn id_of(target: &Element) -> Option<TopicRef> {
    attribute(target, "data-topic")?.parse().ok().map(TopicRef)
}

/// Gives an element the focus.
fn focus(element: Option<Element>) {
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // It fails for what cannot have it.
        let _ = element.focus();
    }
}

/// The id of the tree's element, which takes the focus.
pub const TREE: &str = "topics-tree";
const FIND: &str = "topics-find";
const SORT: &str = "topics-sort";
const MENU: &str = ".topics-menu";
/// Height of a line in CSS pixels, as in the style sheet.
const LINE: u32 = 26;
/// What can be sorted by, in the order of the list.
const SORTS: [(TopicSort, &str); 3] =
    [(TopicSort::Name, "Name"), (TopicSort::Rate, "Rate"), (TopicSort::Time, "Time")];
