//! The region of the topics in a real browser, in front of an engine that says what each test wants.
#![cfg(target_arch = "wasm32")]

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Function;
use mqttscope::components::topics::{SharedTopics, Topics, TopicsAct, TopicsProps};
use mqttscope_link::{
    ClearingStage, ClearingView, Copy, PayloadFormat, RetainedMark, Span, Step, TopicDetails, TopicLast,
    TopicLine, TopicRef, TopicSort, TopicUse, TopicValue, TopicsCommand, TopicsLook, TopicsView,
};
use mqttscope_text::zone::Zone;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::{AppHandle, Callback};

mod common;

use common::{frames, until};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn only_lines_in_sight_exist_and_a_screen_reader_is_told_of_each() {
    let mut shown = Shown::new().await;
    let look = shown.look();
    assert_eq!((look.lines.start, look.sort), (0, TopicSort::Name));
    assert!(look.page > 5, "{}", look.page);
    shown.tell(view(100_000, look.lines, None)).await;
    let drawn = shown.texts(".topic-name");
    assert!((10..60).contains(&drawn.len()), "{}", drawn.len());
    let line = shown.find("#topic-line-1");
    let attribute = |name: &str| line.get_attribute(name);
    assert_eq!(attribute("role").as_deref(), Some("treeitem"));
    assert_eq!(attribute("aria-level").as_deref(), Some("2"));
    assert_eq!(attribute("aria-expanded"), None);
    assert_eq!(
        shown.texts("#topic-line-1 :not([aria-hidden]):not(.topic-time)").concat(),
        "121.52.5/s, retained, 1,234 messages"
    );
    assert_eq!(shown.find("#topic-line-0").get_attribute("aria-expanded").as_deref(), Some("true"));
    assert_eq!(shown.find("#topics-tree").get_attribute("role").as_deref(), Some("tree"));

    shown.find("#topics-tree").set_scroll_top(26 * 500);
    frames().await;
    until("another look", || shown.look().lines.contains(500)).await;
    let look = shown.look();
    shown.tell(view(100_000, look.lines, None)).await;
    let (line, tree) = (shown.find("#topic-line-500"), shown.find("#topics-tree"));
    let (line, tree) = (line.get_bounding_client_rect(), tree.get_bounding_client_rect());
    assert!((line.top() - tree.top()).abs() < 2.0, "{} {}", line.top(), tree.top());
}

#[wasm_bindgen_test]
async fn keys_ask_for_steps_and_the_chosen_line_is_brought_into_sight() {
    let mut shown = Shown::new().await;
    let look = shown.look();
    shown.tell(view(1_000, look.lines, None)).await;
    shown.commands();
    for key in ["ArrowDown", "ArrowRight", "ArrowLeft", "End"] {
        shown.key("#topics-tree", key).await;
    }
    let asked = [
        TopicsCommand::Step(Step::Rows(1)),
        TopicsCommand::Into,
        TopicsCommand::OutOf,
        TopicsCommand::Step(Step::Last),
    ];
    assert_eq!(shown.commands(), asked);
    shown.tell(view(1_000, look.lines, Some(999))).await;
    until("the end is looked at", || shown.look().lines.contains(999)).await;
    let look = shown.look();
    shown.tell(view(1_000, look.lines, Some(999))).await;
    let active = shown.find("#topics-tree").get_attribute("aria-activedescendant");
    assert_eq!(active.as_deref(), Some("topic-line-999"));
    shown.key("#topics-tree", "Enter").await;
    assert_eq!(shown.commands(), [TopicsCommand::Use(TopicRef(999), TopicUse::Filter)]);
}

#[wasm_bindgen_test]
async fn a_click_filters_and_the_sign_folds() {
    let mut shown = Shown::new().await;
    shown.tell(view(10, shown.look().lines, None)).await;
    shown.commands();
    shown.click("#topic-line-2 .topic-name").await;
    let chosen = TopicsCommand::Choose(TopicRef(2));
    assert_eq!(shown.commands(), [chosen, TopicsCommand::Use(TopicRef(2), TopicUse::Filter)]);
    shown.click("#topic-line-0 .topic-fold").await;
    shown.click("[aria-label='Expand all']").await;
    shown.click("[aria-label='Collapse all']").await;
    let folds = [
        TopicsCommand::Fold(TopicRef(0)),
        TopicsCommand::FoldAll { open: true },
        TopicsCommand::FoldAll { open: false },
    ];
    assert_eq!(shown.commands(), folds);
    let find = shown.find("#topics-find");
    find.unchecked_ref::<HtmlInputElement>().set_value("Kitchen");
    shown.dispatch("#topics-find", "return new Event('input', { bubbles: true })").await;
    assert_eq!(shown.commands(), [TopicsCommand::Find("Kitchen".into())]);
}

#[wasm_bindgen_test]
async fn a_menu_opens_by_key_and_gives_the_focus_back() {
    let mut shown = Shown::new().await;
    shown.tell(view(10, shown.look().lines, Some(3))).await;
    shown.commands();
    shown.find("#topics-tree").unchecked_into::<HtmlElement>().focus().expect("it takes the focus");
    shown.key("#topics-tree", "ContextMenu").await;
    let items = [
        "Filter the log",
        "Publish here",
        "Subscribe below",
        "Copy topic",
        "Copy value",
        "Chart",
        "Clear retained below",
    ];
    assert_eq!(shown.texts("[role=menu] [role=menuitem]"), items);
    assert_eq!(focused().as_deref(), Some("topics-menu-first"));
    shown.key("#topics-menu-first", "Escape").await;
    assert_eq!(focused().as_deref(), Some("topics-tree"));
    assert!(shown.texts("[role=menu]").is_empty());
    shown.click("#topic-line-2 .topic-menu").await;
    shown.click("[role=menuitem][data-action=copy-value]").await;
    let copied = Copy::TopicValue(TopicRef(2));
    assert_eq!(shown.acts().last(), Some(&TopicsAct::Copy(copied)));
    assert!(shown.texts("[role=menu]").is_empty());
    shown.copied(copied).await;
    assert_eq!(shown.texts("[role=status]"), ["The value was copied."]);
}

#[wasm_bindgen_test]
async fn nothing_is_cleared_before_a_person_agrees() {
    let mut shown = Shown::new().await;
    let lines = shown.look().lines;
    shown.tell(view(10, lines, Some(3))).await;
    shown.click(".topic-details [data-action=clear-retained]").await;
    assert_eq!(shown.commands().last(), Some(&TopicsCommand::ListRetained(TopicRef(3))));
    let asking = ClearingView {
        topic: "a".into(),
        stage: ClearingStage::Asking,
        total: 300,
        topics: (0..200).map(|at| format!("a/{at}")).collect(),
        ..ClearingView::default()
    };
    shown.tell(TopicsView { clearing: Some(asking.clone()), ..view(10, lines, Some(3)) }).await;
    assert_eq!(focused().as_deref(), Some("topics-clearing"));
    let listed = shown.texts(".clearing-list li");
    assert_eq!((listed.len(), listed[200].as_str()), (201, "and 100 more"));
    assert!(!shown.acts().contains(&TopicsAct::Clear));
    shown.click("[data-tree=clear]").await;
    assert_eq!(shown.acts().last(), Some(&TopicsAct::Clear));
    let running =
        ClearingView { stage: ClearingStage::Running, sent: 30, acknowledged: 10, ..asking.clone() };
    shown.tell(TopicsView { clearing: Some(running), ..view(10, lines, Some(3)) }).await;
    assert_eq!(shown.texts(".topics-clearing [role=status]"), ["30 of 300 sent, 10 acknowledged."]);
    shown.click("[data-tree=stop]").await;
    assert_eq!(shown.commands().last(), Some(&TopicsCommand::StopClearing));
    let over = ClearingView {
        stage: ClearingStage::Over(Some("Stopped.".into())),
        sent: 30,
        acknowledged: 29,
        refusals: 1,
        refused: vec![("a/7".into(), "Not authorized (0x87)".into())],
        ..asking
    };
    shown.tell(TopicsView { clearing: Some(over), ..view(10, lines, Some(3)) }).await;
    let said = "Stopped. 30 of 300 sent, 29 acknowledged, 1 refused.";
    assert_eq!(shown.texts(".topics-clearing [role=status]"), [said]);
    assert_eq!(shown.texts(".clearing-list li"), ["a/7: Not authorized (0x87)"]);
    shown.click("[data-tree=close]").await;
    assert_eq!(shown.commands().last(), Some(&TopicsCommand::CloseClearing));
}

/// The region, and what it has asked for.
struct Shown {
    root: Element,
    handle: AppHandle<Topics>,
    topics: SharedTopics,
    copied: Option<(Copy, u32)>,
    acts: Rc<RefCell<Vec<TopicsAct>>>,
}

impl Shown {
    async fn new() -> Self {
        let document = web_sys::window().and_then(|window| window.document()).expect("a document");
        let body = document.body().expect("a body");
        let style = document.create_element("style").expect("an element");
        let sheets = [
            include_str!("../static/style.css"),
            include_str!("../static/inspector.css"),
            include_str!("../static/topics.css"),
        ];
        style.set_text_content(Some(&sheets.concat()));
        let root = document.create_element("div").expect("an element");
        let _ = root.set_attribute("style", "width: 600px; height: 800px");
        let _ = body.append_with_node_2(&style, &root);
        let acts = Rc::<RefCell<Vec<_>>>::default();
        let topics = SharedTopics::default();
        let props = Self::props(&topics, None, &acts);
        let handle = yew::Renderer::<Topics>::with_root_and_props(root.clone(), props).render();
        frames().await;
        Self { root, handle, topics, copied: None, acts }
    }

    fn props(
        shown: &SharedTopics,
        copied: Option<(Copy, u32)>,
        acts: &Rc<RefCell<Vec<TopicsAct>>>,
    ) -> TopicsProps {
        let acts = acts.clone();
        TopicsProps {
            shown: shown.clone(),
            zone: Zone::UTC,
            is_connected: true,
            copied,
            note: "".into(),
            on_act: Callback::from(move |act| acts.borrow_mut().push(act)),
        }
    }

    async fn update(&mut self) {
        self.handle.update(Self::props(&self.topics, self.copied, &self.acts));
        frames().await;
    }

    async fn tell(&mut self, view: TopicsView) {
        self.topics = SharedTopics(Rc::new(view));
        self.update().await;
    }

    async fn copied(&mut self, what: Copy) {
        self.copied = Some((what, 1));
        self.update().await;
    }

    fn look(&self) -> TopicsLook {
        let acts = self.acts.borrow();
        let looks = acts.iter().rev().filter_map(|act| match act {
            TopicsAct::Look(look) => Some(*look),
            _ => None,
        });
        looks.into_iter().next().expect("it looks at something")
    }

    fn acts(&self) -> Vec<TopicsAct> {
        self.acts.borrow().clone()
    }

    /// The commands since the last time.
    fn commands(&self) -> Vec<TopicsCommand> {
        let looks = TopicsAct::Look(self.look());
        let acts = self.acts.replace(vec![looks]);
        let commands = acts.into_iter().filter_map(|act| match act {
            TopicsAct::Ask(command) => Some(command),
            _ => None,
        });
        commands.collect()
    }

    fn all(&self, selector: &str) -> Vec<Element> {
        let found = self.root.query_selector_all(selector).expect("a selector");
        (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
    }

    fn find(&self, selector: &str) -> Element {
        self.all(selector).into_iter().next().unwrap_or_else(|| panic!("no {selector}"))
    }

    fn texts(&self, selector: &str) -> Vec<String> {
        self.all(selector).iter().filter_map(|element| element.text_content()).collect()
    }

    async fn click(&self, selector: &str) {
        let event = "return new MouseEvent('click', { bubbles: true, clientX: 40, clientY: 40 })";
        self.dispatch(selector, event).await;
    }

    async fn key(&self, selector: &str, key: &str) {
        let event = format!(
            "return new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true, cancelable: true }})"
        );
        self.dispatch(selector, &event).await;
    }

    async fn dispatch(&self, selector: &str, event: &str) {
        let event = Function::new_no_args(event).call0(&JsValue::NULL).expect("an event");
        self.find(selector).dispatch_event(event.unchecked_ref()).expect("it is dispatched");
        frames().await;
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.root.remove();
    }
}

/// The id of what has the focus.
fn focused() -> Option<String> {
    let document = web_sys::window().and_then(|window| window.document()).expect("a document");
    document.active_element().map(|element| element.id())
}

/// A first level and so many below it, of which these are looked at.
fn view(count: u32, lines: Span, chosen: Option<u32>) -> TopicsView {
    let line = |at: u32| TopicLine {
        id: TopicRef(at.into()),
        depth: if at == 0 { 1 } else { 2 },
        name: at.to_string(),
        topic: format!("a/{at}"),
        children: if at == 0 { count - 1 } else { 0 },
        is_open: at == 0,
        is_topic: at > 0,
        topics: 1,
        messages: 1_234,
        rate: 25,
        time: 1_795_602_601_000_000,
        value: TopicValue::Number("21.5".into()),
        qos: 1,
        retained: RetainedMark::Seen,
    };
    let last = TopicLast {
        number: Some(7),
        time: 1_795_602_601_000_000,
        is_out: false,
        qos: 1,
        messages: 3,
        bytes: 30,
        rate: 25,
        retained: RetainedMark::Seen,
        len: 4,
        kept: 4,
        format: PayloadFormat::Text,
        lines: vec!["21.5".into()],
        is_cut: false,
    };
    let details = |at: u32| TopicDetails {
        id: TopicRef(at.into()),
        topic: format!("a/{at}"),
        has_children: at == 0,
        topics: 1,
        messages: 3,
        last: Some(last.clone()),
    };
    TopicsView {
        topics: count - 1,
        count,
        first: lines.start,
        lines: (lines.start..lines.end.min(count)).map(line).collect(),
        chosen_place: chosen,
        chosen: chosen.map(details),
        ..TopicsView::default()
    }
}
