//! The inspector's panels in a real browser, in front of an engine that says what each test wants.
#![cfg(target_arch = "wasm32")]

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Function;
use mqttscope::components::inspector::{Comparing, Inspector, InspectorProps, SharedPanel, Wants};
use mqttscope_link::{
    Absence, ChartColumn, ChartCommand, ChartLine, ChartView, Command, CompareAs, CompareBody, CompareRow,
    CompareSide, CompareSign, CompareView, Copy, FieldDifference, HandshakeView, HexView, Leaf, LeafKind,
    LogCommand, MarkView, PacketHead, PacketView, PageCommand, PanelLook, PanelView, PayloadBody,
    PayloadFormat, PayloadLine, PayloadView, Pointed, Rung, Span, TreeView,
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
async fn what_can_be_seen_is_asked_for_and_only_what_has_come_is_drawn() {
    let mut shown = Shown::new(Some(7)).await;
    let Some(PanelLook::Packet { number: Some(7), chosen: None, hovered: None, tree, bytes }) = shown.look()
    else {
        panic!("{:?}", shown.look());
    };
    assert_eq!((tree.start, bytes.start), (0, 0));
    assert!(shown.texts("#inspector-panel *").is_empty());
    shown.tell(packet(7, tree, bytes, None)).await;
    let drawn = shown.texts(".leaf");
    assert!((10..60).contains(&drawn.len()), "{}", drawn.len());
    assert_eq!(drawn[3], "Topic Filter\"3\"");
    assert_eq!(shown.texts(".hex-line")[1], shown.hex_line(1));
    let height = shown.find(".tree .list-content").client_height();
    assert_eq!(height, LINES as i32 * 22);

    shown.scroll(".tree", 22 * 400).await;
    until("another look", || shown.tree_looked_at().contains(400)).await;
    assert!(shown.texts(".leaf").is_empty());
    assert_eq!(shown.find(".tree .list-content").client_height(), height);
    shown.tell(packet(7, shown.tree_looked_at(), bytes, None)).await;
    assert!(shown.texts(".leaf").contains(&"Topic Filter\"400\"".to_owned()));
    let leaf = shown.find("#leaf-400").get_bounding_client_rect();
    let tree = shown.find(".tree").get_bounding_client_rect();
    assert!((leaf.top() - tree.top()).abs() < 2.0, "{} {}", leaf.top(), tree.top());

    // What is around has come too, so nothing is asked for.
    let looks = shown.looks.borrow().len();
    shown.scroll(".tree", 22 * 400 + 5).await;
    assert_eq!(shown.looks.borrow().len(), looks);
}

#[wasm_bindgen_test]
async fn a_choice_is_told_and_what_comes_of_it_is_brought_into_sight() {
    let mut shown = Shown::new(Some(0)).await;
    let (tree, bytes) = (Span { start: 0, end: 60 }, Span { start: 0, end: 1_024 });
    shown.tell(packet(0, tree, bytes, None)).await;
    shown.click("#leaf-2").await;
    assert_eq!(shown.chosen(), Some(Pointed::Line(2)));
    shown.key(".tree", "End").await;
    assert_eq!(shown.chosen(), Some(Pointed::Line(LINES - 1)));
    shown.key(".hex", "ArrowRight").await;
    assert_eq!(shown.chosen(), Some(Pointed::Byte(0)));

    shown.tell(packet(0, tree, bytes, Some(300))).await;
    until("the line is looked at", || shown.tree_looked_at().contains(300)).await;
    let Some(PanelLook::Packet { tree, bytes, .. }) = shown.look() else { panic!() };
    assert!(bytes.contains(300 * 4), "{bytes:?}");
    shown.tell(packet(0, tree, bytes, Some(300))).await;
    assert_eq!(shown.texts(".leaf.marked"), ["Topic Filter\"300\""]);
    let (leaf, list) = (shown.find("#leaf-300"), shown.find(".tree"));
    let (leaf, list) = (leaf.get_bounding_client_rect(), list.get_bounding_client_rect());
    assert!(leaf.top() >= list.top() && leaf.bottom() <= list.bottom());
    assert_eq!(shown.texts(".field-mark").len(), 2);
    assert_eq!(shown.find(".tree").get_attribute("aria-activedescendant").as_deref(), Some("leaf-300"));

    // The same again, once it was scrolled away.
    shown.scroll(".tree", 0).await;
    shown.click("[data-line='300'].small").await;
    until("the line is back", || shown.find(".tree").scroll_top() > 22 * 200).await;

    // What is chosen is that packet's.
    shown.select(1).await;
    let Some(PanelLook::Packet { number, chosen, tree, .. }) = shown.look() else { panic!() };
    assert_eq!((number, chosen, tree.start), (Some(1), None, 0));
    shown.tell(packet(1, tree, bytes, None)).await;
    assert_eq!(shown.find(".tree").scroll_top(), 0);
}

#[wasm_bindgen_test]
async fn a_byte_is_found_under_the_pointer() {
    let mut shown = Shown::new(Some(0)).await;
    shown.tell(packet(0, Span { start: 0, end: 60 }, Span { start: 0, end: 1_024 }, None)).await;
    let line = shown.all(".hex-line")[1].get_bounding_client_rect();
    shown.mouse(".hex", "mousemove", line.left() + 24.0 + 7.2 * 10.0, line.top() + 9.0).await;
    let Some(PanelLook::Packet { hovered: Some(Pointed::Byte(byte)), .. }) = shown.look() else {
        panic!("{:?}", shown.look());
    };
    assert!(shown.hex_line(1).contains(&format!("{byte:02x}")) && byte > 0, "{byte}");
    shown.mouse(".hex", "mouseleave", 0.0, 0.0).await;
    assert!(matches!(shown.look(), Some(PanelLook::Packet { hovered: None, .. })));
}

#[wasm_bindgen_test]
async fn each_panel_asks_for_itself_and_stays_where_it_was_scrolled_to() {
    let mut shown = Shown::new(Some(0)).await;
    shown.tell(packet(0, Span { start: 0, end: 600 }, Span { start: 0, end: 2_400 }, None)).await;
    shown.scroll(".tree", 22 * 100).await;
    shown.click("[data-tab='1']").await;
    assert!(matches!(shown.look(), Some(PanelLook::Payload { format: PayloadFormat::Auto, .. })));
    assert!(shown.texts("#inspector-panel *").is_empty());
    shown.tell(payload(0, 1_000, Span { start: 0, end: 100 })).await;
    assert!(shown.texts(".payload-line")[1].starts_with("▾line 1"));
    assert_eq!(shown.texts(".payload-head .quiet"), ["9 bytes · 1,002 lines so far"]);
    assert_eq!(shown.find(".payload-lines").scroll_top(), 0);
    shown.click("[data-line='1']").await;
    assert_eq!(shown.commands(), [Command::Page(PageCommand::Fold(1))]);
    shown.click("[data-tab='0']").await;
    // It has not changed, and is there at once.
    assert!(shown.texts(".leaf").contains(&"Topic Filter\"100\"".to_owned()));
    assert_eq!(shown.find(".tree").scroll_top(), 22 * 100);
    // Of another record nothing is there.
    shown.select(1).await;
    shown.tell(packet(1, Span { start: 0, end: 60 }, Span::default(), None)).await;
    shown.click("[data-tab='1']").await;
    assert!(shown.texts("#inspector-panel *").is_empty());
}

#[wasm_bindgen_test]
async fn why_there_is_no_packet_is_said_in_both_panels() {
    let mut shown = Shown::new(Some(3)).await;
    shown
        .tell(PanelView::Absent(Absence::Event {
            number: 3,
            time: 1_795_602_601_482_017,
            words: "Opened.".into(),
            is_violation: false,
            about: Some((2, "CONNECT".into())),
        }))
        .await;
    // Not of today.
    let expected = ["•Event#3", "2026-11-25 10:30:01.482017"];
    assert_eq!(shown.texts(".subject p"), expected);
    shown.click("[data-tab='1']").await;
    assert_eq!(shown.texts(".subject p"), expected);
    shown.click("[data-record]").await;
    assert_eq!(shown.commands(), [Command::Log(LogCommand::Select(2))]);
    assert_eq!(shown.texts("[data-record]"), ["Show CONNECT #2, which it is about"]);
}

#[wasm_bindgen_test]
async fn a_copy_is_asked_for_and_said_once_it_is_made() {
    let mut shown = Shown::new(Some(0)).await;
    shown.tell(packet(0, Span { start: 0, end: 60 }, Span::default(), None)).await;
    shown.click("[data-copy='JSON']").await;
    assert_eq!(shown.commands(), [Command::Page(PageCommand::Copy(Copy::PacketJson))]);
    assert_eq!(shown.texts(".copied"), ["Copy"]);
    shown.copied(Copy::PacketJson).await;
    assert_eq!(shown.texts(".copied"), ["Copied"]);
    shown.click("[data-tab='1']").await;
    shown.tell(payload(0, 10, Span { start: 0, end: 100 })).await;
    shown.copied(Copy::Payload).await;
    assert_eq!(shown.texts(".payload-head [role=status]"), ["Copied as text"]);
    shown.select(1).await;
    shown.tell(payload(1, 10, Span { start: 0, end: 100 })).await;
    assert_eq!(shown.texts(".payload-head button"), ["Copy"]);
}

#[wasm_bindgen_test]
async fn an_image_has_an_address_for_as_long_as_it_is_shown() {
    let mut shown = Shown::new(Some(0)).await;
    shown.click("[data-tab='1']").await;
    let image = |bytes: &[u8]| {
        let body = PayloadBody::Image { media_type: "image/png".into(), bytes: bytes.into() };
        PanelView::Payload(PayloadView { number: 0, format: PayloadFormat::Image, len: 2, body })
    };
    let mut addresses = Vec::new();
    for bytes in [b"ab", b"ab", b"cd"] {
        shown.tell(image(bytes)).await;
        addresses.push(shown.find("img").get_attribute("src").expect("an address"));
    }
    assert!(addresses[0].starts_with("blob:"));
    assert_eq!(addresses[0], addresses[1]);
    assert_ne!(addresses[1], addresses[2]);
}

#[wasm_bindgen_test]
async fn the_arrow_keys_select_another_packet_of_the_exchange() {
    let mut shown = Shown::new(Some(60)).await;
    shown.click("[data-tab='2']").await;
    assert_eq!(shown.look(), Some(PanelLook::Handshake));
    let rung = |number| Rung { number: Some(number), title: "PUBLISH DUP".into(), ..Rung::default() };
    let missing = Rung { title: "PUBACK".into(), note: "awaited for 1 s".into(), ..Rung::default() };
    let view = HandshakeView::Ladder {
        kind: "PUBLISH".into(),
        qos: Some(1),
        out: true,
        summary: "Waiting for PUBACK".into(),
        is_cut: true,
        will: None,
        rungs: (0..100).map(|at| rung(at * 2)).chain([missing]).collect(),
        selected: 60,
    };
    shown.tell(PanelView::Handshake(view)).await;
    let expected =
        ["PUBLISHQoS 1from the client", "Waiting for PUBACK", "Only the first 100 packets are drawn."];
    assert_eq!(shown.texts(".subject p"), expected);
    assert_eq!(shown.texts("ol.hidden li").len(), 101);
    until("the selected rung", || shown.texts(".rung.selected").len() == 1).await;
    assert!(shown.texts(".rung").len() < 40);
    let (rung, list) = (shown.find(".rung.selected"), shown.find(".ladder"));
    let (rung, list) = (rung.get_bounding_client_rect(), list.get_bounding_client_rect());
    assert!(rung.top() >= list.top() && rung.bottom() <= list.bottom() + 1.0);
    let width = shown.find(".ladder-rungs").get_attribute("width");
    assert_eq!(width, Some(shown.find(".ladder").client_width().to_string()));
    shown.key(".ladder", "ArrowUp").await;
    shown.key(".ladder", "End").await;
    let selected = [58, 198].map(|number| Command::Log(LogCommand::Select(number)));
    assert_eq!(shown.commands(), selected);
}

#[wasm_bindgen_test]
async fn another_row_is_compared_once_it_is_marked() {
    let mut shown = Shown::new(Some(9)).await;
    shown.click("[data-tab='4']").await;
    let look = |shown: &Shown| match shown.look() {
        Some(PanelLook::Compare { number, with, compare_as, .. }) => (number, with, compare_as),
        look => panic!("{look:?}"),
    };
    assert_eq!(look(&shown), (None, None, CompareAs::Auto));
    assert_eq!(shown.texts("#compare-with option"), Vec::<String>::new());
    shown.tell(PanelView::Compare(Err("There is none before.".into()))).await;
    assert_eq!(shown.texts("#compare-with option"), ["The message before on this topic"]);
    assert_eq!(shown.texts(".nothing strong"), ["There is none before."]);

    shown.comparing = Comparing { marked: Some(4), uses_marked: true, times: 1 };
    shown.update().await;
    assert_eq!(look(&shown), (None, Some(4), CompareAs::Auto));
    shown.tell(comparison(CompareAs::Text)).await;
    assert_eq!(shown.texts("#compare-with option")[1], "Row 4, marked");
    assert_eq!(shown.texts(".compare-head [role=status]"), ["1 line removed, 1 line added."]);
    assert_eq!(shown.texts(".compare-side [data-record]"), ["#4"]);
    assert_eq!(shown.texts(".compare-fields tr"), ["QoS01", "User Propertymissing\"a\" = \"b\""]);
    assert_eq!(shown.texts(".compare-row")[..2], ["1−removed: 20 °C", "1+added: 21 °C"]);
    assert_eq!(
        (shown.texts(".compare-row del"), shown.texts(".compare-row ins")),
        (vec!["20".into()], vec!["21".into()])
    );
    assert_eq!(shown.texts(".compare-row")[2], "… 40 equal lines");
    assert_eq!(shown.find(".compare-row").client_height(), 20);

    shown.choose("#compare-as", "Bytes").await;
    assert_eq!(look(&shown), (None, Some(4), CompareAs::Bytes));
    shown.choose("#compare-with", "before").await;
    assert_eq!(look(&shown), (None, None, CompareAs::Bytes));
    // The menu of a row says it again.
    shown.comparing.times = 2;
    shown.update().await;
    assert_eq!(look(&shown), (None, Some(4), CompareAs::Bytes));
}

#[wasm_bindgen_test]
async fn a_chart_draws_its_lines_and_says_what_is_pointed_at() {
    let mut shown = Shown::new(Some(0)).await;
    shown.click("[data-tab='1']").await;
    let json =
        PayloadLine { number: 3, text: "  \"t\": 20.5,".into(), opens: false, is_folded: false, fault: None };
    let name = PayloadLine { number: 4, text: "  \"name\": \"x1\"".into(), ..json.clone() };
    let lines = vec![json, name];
    let body = PayloadBody::Lines { total: 2, is_complete: true, count: 2, first: 0, lines };
    let view = PayloadView { number: 0, format: PayloadFormat::Json, len: 9, body };
    shown.tell(PanelView::Payload(view)).await;
    // Only a number has a way to the chart.
    assert_eq!(shown.all("[data-chart-line]").len(), 1);
    assert_eq!(
        shown.find("[data-chart-line]").get_attribute("aria-label").as_deref(),
        Some("Chart \"t\": 20.5")
    );
    shown.click("[data-chart-line]").await;
    assert_eq!(shown.commands(), [Command::Chart(ChartCommand::Line(3))]);
    let looked_at = |shown: &Shown| match shown.look() {
        Some(PanelLook::Chart { span, columns }) => (span, columns),
        look => panic!("{look:?}"),
    };
    assert_eq!(looked_at(&shown).0, None);
    shown.tell(PanelView::Chart(ChartView::default())).await;
    assert_eq!(shown.all("#chart-plot").len(), 0);

    shown.tell(PanelView::Chart(chart())).await;
    let width = shown.find("#chart-plot").client_width() as u32;
    until("the width of the plot", || looked_at(&shown).1 == width - 64 - 16).await;
    assert_eq!(shown.texts(".plot-name"), ["a/t", "b $.x"]);
    assert_eq!(shown.texts(".plot-head [role=status]"), ["3 points"]);
    assert!(shown.find(".plot-line.plot-0").get_attribute("d").is_some_and(|d| d.matches('L').count() == 1));
    assert_eq!(shown.texts(".plot-values tbody tr").len(), 3);
    assert!(shown.texts(".plot-value").contains(&"10".to_owned()), "{:?}", shown.texts(".plot-value"));

    // What is pointed at by keys is read out, and leads to its row.
    shown.key("#chart-plot", "End").await;
    let said = shown.texts(".plot-head [role=status]").concat();
    assert!(said.ends_with(" · t 20 · x 15"), "{said}");
    shown.key("#chart-plot", "Enter").await;
    assert_eq!(shown.commands().last(), Some(&Command::Log(LogCommand::Select(8))));
    shown.key("#chart-plot", "+").await;
    assert_eq!(looked_at(&shown).0, Some((TIME + 200, TIME + 1_000)));
    shown.key("#chart-plot", "0").await;
    assert_eq!(looked_at(&shown).0, None);

    // A part of the time is dragged over.
    let plot = shown.find("#chart-plot").get_bounding_client_rect();
    let (left, width) = (plot.left() + 64.0, plot.width() - 80.0);
    shown.mouse("#chart-plot", "mousedown", left + width * 0.25, plot.top() + 9.0).await;
    shown.mouse("#chart-plot", "mouseup", left + width * 0.75, plot.top() + 9.0).await;
    let Some((start, end)) = looked_at(&shown).0 else { panic!("all of it") };
    assert!(start.abs_diff(TIME + 250) < 5 && end.abs_diff(TIME + 750) < 5, "{start} {end}");

    shown.click("[data-chart-remove='5']").await;
    shown.click("[data-chart=csv]").await;
    shown.find("#chart-topic").unchecked_ref::<HtmlInputElement>().set_value("c");
    shown.find("#chart-path").unchecked_ref::<HtmlInputElement>().set_value("y[0]");
    shown.key("#chart-path", "Enter").await;
    let add = ChartCommand::Add { topic: "c".into(), path: "y[0]".into() };
    let last = [ChartCommand::Remove(5), ChartCommand::Export, add].map(Command::Chart);
    assert!(shown.commands().ends_with(&last), "{:?}", shown.commands());
}

/// A chart of two lines: one from 10 to 20, one with a point of 15.
fn chart() -> ChartView {
    let column = |at: u32, value: f64, number| ChartColumn {
        at,
        first: value,
        last: value,
        min: value,
        max: value,
        points: 1,
        time: TIME + u64::from(at) * 10,
        number,
        is_after_gap: false,
    };
    let line = |id, topic: &str, path: &str, columns: Vec<ChartColumn>| ChartLine {
        id,
        topic: topic.into(),
        path: path.into(),
        points: columns.len() as u32,
        columns,
        ..ChartLine::default()
    };
    let span = (TIME, TIME + 1_000);
    let lines = vec![
        line(4, "a/t", "$", vec![column(0, 10.0, 3), column(100, 20.0, 8)]),
        line(5, "b", "$.x", vec![column(50, 15.0, 6)]),
    ];
    ChartView { lines, span, whole: span, columns: 100, ..ChartView::default() }
}

/// 2026-11-25T10:30:01Z, in microseconds since the Unix epoch.
const TIME: u64 = 1_795_602_601_000_000;

/// A comparison of the records 4 and 9.
fn comparison(compared_as: CompareAs) -> PanelView {
    let side = |number, len| CompareSide {
        number,
        len: Some(len),
        name: Some("PUBLISH".into()),
        ..CompareSide::default()
    };
    let piece = |differs: bool, text: &str| (differs, text.to_owned());
    let row = |sign, old: &[(bool, String)], new: &[(bool, String)]| CompareRow {
        sign,
        place: if sign == CompareSign::Skipped { "40 equal lines".into() } else { "1".into() },
        old: old.into(),
        new: new.into(),
    };
    let rows = vec![
        row(CompareSign::Removed, &[piece(true, "20"), piece(false, " °C")], &[]),
        row(CompareSign::Added, &[], &[piece(true, "21"), piece(false, " °C")]),
        row(CompareSign::Skipped, &[], &[]),
    ];
    let words = "1 line removed, 1 line added.".into();
    let field = |name: &str, old: Option<&str>, new: &str| FieldDifference {
        name: name.into(),
        values: [old.map(str::to_owned), Some(new.into())],
    };
    PanelView::Compare(Ok(Box::new(CompareView {
        selected: 9,
        sides: [side(4, 5), side(9, 5)],
        fields: vec![field("QoS", Some("0"), "1"), field("User Property", None, "\"a\" = \"b\"")],
        are_fields_cut: false,
        compared_as,
        body: CompareBody::Rows { words, is_cut: false, count: 3, first: 0, rows },
    })))
}

/// An inspector, and what it has said.
struct Shown {
    root: Element,
    handle: AppHandle<Inspector>,
    panel: SharedPanel,
    selected: Option<u32>,
    copied: Option<(Copy, u32)>,
    comparing: Comparing,
    looks: Rc<RefCell<Vec<PanelLook>>>,
    commands: Rc<RefCell<Vec<Command>>>,
}

impl Shown {
    async fn new(selected: Option<u32>) -> Self {
        let document = web_sys::window().and_then(|window| window.document()).expect("a document");
        let body = document.body().expect("a body");
        let style = document.create_element("style").expect("an element");
        let sheet = [
            include_str!("../static/style.css"),
            include_str!("../static/inspector.css"),
            include_str!("../static/compare.css"),
            include_str!("../static/chart.css"),
        ]
        .concat();
        style.set_text_content(Some(&sheet));
        let root = document.create_element("div").expect("an element");
        let _ = root.set_attribute("style", "width: 480px; height: 800px");
        let _ = body.append_with_node_2(&style, &root);
        let (looks, commands) = <(Rc<RefCell<Vec<_>>>, Rc<RefCell<Vec<_>>>)>::default();
        let panel = SharedPanel(Rc::new(PanelView::Hidden));
        let props = Self::props(&panel, selected, None, Comparing::default(), &looks, &commands);
        let handle = yew::Renderer::<Inspector>::with_root_and_props(root.clone(), props).render();
        frames().await;
        let comparing = Comparing::default();
        Self { root, handle, panel, selected, copied: None, comparing, looks, commands }
    }

    fn props(
        panel: &SharedPanel,
        selected: Option<u32>,
        copied: Option<(Copy, u32)>,
        comparing: Comparing,
        looks: &Rc<RefCell<Vec<PanelLook>>>,
        commands: &Rc<RefCell<Vec<Command>>>,
    ) -> InspectorProps {
        let (looks, commands) = (looks.clone(), commands.clone());
        InspectorProps {
            panel: panel.clone(),
            selected,
            zone: Zone::UTC,
            copied,
            wants: Wants::default(),
            comparing,
            on_look: Callback::from(move |look| looks.borrow_mut().push(look)),
            on_command: Callback::from(move |command| commands.borrow_mut().push(command)),
        }
    }

    async fn update(&mut self) {
        let comparing = self.comparing.clone();
        let (looks, commands) = (&self.looks, &self.commands);
        let props = Self::props(&self.panel, self.selected, self.copied, comparing, looks, commands);
        self.handle.update(props);
        frames().await;
    }

    async fn tell(&mut self, view: PanelView) {
        self.panel = SharedPanel(Rc::new(view));
        self.update().await;
    }

    async fn select(&mut self, number: u32) {
        self.selected = Some(number);
        self.update().await;
    }

    async fn copied(&mut self, what: Copy) {
        self.copied = Some((what, self.copied.map_or(1, |(_, times)| times + 1)));
        self.update().await;
    }

    /// Chooses from a list.
    async fn choose(&self, selector: &str, value: &str) {
        let select = self.find(selector);
        // A list of options has a `value` as a field has.
        select.unchecked_ref::<HtmlInputElement>().set_value(value);
        let init = web_sys::EventInit::new();
        init.set_bubbles(true);
        let event = web_sys::Event::new_with_event_init_dict("change", &init).expect("an event");
        select.dispatch_event(&event).expect("it is heard");
        frames().await;
    }

    fn look(&self) -> Option<PanelLook> {
        self.looks.borrow().last().copied()
    }

    fn tree_looked_at(&self) -> Span {
        match self.look() {
            Some(PanelLook::Packet { tree, .. }) => tree,
            look => panic!("{look:?}"),
        }
    }

    fn chosen(&self) -> Option<Pointed> {
        match self.look() {
            Some(PanelLook::Packet { chosen, .. }) => chosen,
            look => panic!("{look:?}"),
        }
    }

    fn commands(&self) -> Vec<Command> {
        self.commands.borrow().clone()
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

    /// What a line of the dump of [`packet`] is to look like.
    fn hex_line(&self, line: u32) -> String {
        let wide = self.texts(".hex-line")[0].chars().count() > 60;
        let count = if wide { 16 } else { 8 };
        let bytes = line * count..(line + 1) * count;
        let mut text = format!("{:04x} ", bytes.start);
        for (at, byte) in bytes.clone().enumerate() {
            text += if at == 8 { "  " } else { " " };
            text += &format!("{byte:02x}");
        }
        text += "  ";
        text.extend(bytes.map(|byte| {
            let character = char::from(byte as u8);
            if (' '..='~').contains(&character) { character } else { '·' }
        }));
        text
    }

    async fn click(&self, selector: &str) {
        self.find(selector).unchecked_into::<HtmlElement>().click();
        frames().await;
    }

    async fn scroll(&self, selector: &str, top: i32) {
        self.find(selector).set_scroll_top(top);
        frames().await;
    }

    async fn key(&self, selector: &str, key: &str) {
        let event = format!(
            "return new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true, cancelable: true }})"
        );
        self.dispatch(selector, &event).await;
    }

    async fn mouse(&self, selector: &str, kind: &str, x: f64, y: f64) {
        let event = format!("return new MouseEvent('{kind}', {{ clientX: {x}, clientY: {y} }})");
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

/// A packet of so many lines, each of four bytes.
const LINES: u32 = 600;

fn packet(number: u32, tree: Span, bytes: Span, chosen: Option<u32>) -> PanelView {
    let leaf = |at: u32| Leaf {
        kind: LeafKind::Whole,
        depth: 1,
        pattern: String::new(),
        name: "Topic Filter".into(),
        value: format!("\"{at}\""),
    };
    let (len, end) = (LINES * 4, bytes.end.min(LINES * 4));
    let mark = |line: u32| MarkView {
        line: Some(line),
        field: Span { start: line * 4, end: line * 4 + 4 },
        place: "Topic Filter".into(),
        rule: "A rule.".into(),
        ..MarkView::default()
    };
    PanelView::Packet(PacketView {
        head: PacketHead {
            number,
            name: Some("SUBSCRIBE".into()),
            faults: 1,
            next_fault: Some(300),
            len,
            version: "3.1".into(),
            ..PacketHead::default()
        },
        tree: TreeView {
            count: LINES,
            first: tree.start,
            lines: (tree.start..tree.end.min(LINES)).map(leaf).collect(),
        },
        hex: HexView {
            first: bytes.start,
            bytes: (bytes.start..end).map(|at| at as u8).collect(),
            faults: Vec::new(),
        },
        chosen: (chosen, None),
        mark: chosen.map(mark),
    })
}

fn payload(number: u32, count: u32, lines: Span) -> PanelView {
    let line = |number: u32| PayloadLine {
        number,
        text: format!("line {number}"),
        opens: number == 1,
        is_folded: false,
        fault: None,
    };
    PanelView::Payload(PayloadView {
        number,
        format: PayloadFormat::Json,
        len: 9,
        body: PayloadBody::Lines {
            total: count + 2,
            is_complete: false,
            count,
            first: lines.start,
            lines: (lines.start..lines.end.min(count)).map(line).collect(),
        },
    })
}
