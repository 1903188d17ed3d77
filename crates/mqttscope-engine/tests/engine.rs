//! The engine as a page and a link see it: commands in, updates out, under a clock of the test's own.

use mqttscope_client::{Input as LinkInput, Output as LinkOutput};
use mqttscope_engine::{Engine, Input, Output};
use mqttscope_link::{
    Asked, Body, ChartCommand, Command, CompareAs, CompareBody, ConnectRequest, ConnectionCommand, Content,
    Copy, FilterEdit, Geometry, Gesture, LogCommand, Look, Mark, Outgoing, PageCommand, PanelLook, PanelView,
    PayloadBody, PayloadFormat, Phase, Secret, Slot, Span, Step, Ticket, Update, View,
};
use mqttscope_proto::session::ConnectOptions;
use mqttscope_proto::{
    KeepAlive, PropertyBuf, PropertyId, PropertyValue, ProtocolVersion, Qos, ReasonCode, SubscribeOptions,
    Timestamp,
};

const SLOT: Slot = Slot(0);
/// 2026-11-25T10:30:01Z, in microseconds since the Unix epoch.
const START: u64 = 1_795_602_601_000_000;

/// An engine, its page and its broker.
struct Bench {
    engine: Engine,
    now: u64,
    generation: u32,
    tickets: u32,
    looks: u32,
    updates: Vec<Update>,
    sent: Vec<u8>,
    outputs: Vec<Output>,
}

impl Bench {
    fn new() -> Self {
        let mut bench = Self {
            engine: Engine::new(),
            now: START,
            generation: 0,
            tickets: 0,
            looks: 0,
            updates: Vec::new(),
            sent: Vec::new(),
            outputs: Vec::new(),
        };
        bench.engine.set_clock(bench.time(), START);
        bench.drain();
        bench
    }

    fn connected() -> Self {
        let mut bench = Self::new();
        bench.connect(true);
        bench.receive(b"\x20\x02\x00\x00");
        assert_eq!(bench.phase(), Phase::Connected);
        bench.sent.clear();
        bench
    }

    fn time(&self) -> Timestamp {
        Timestamp::from_micros(self.now)
    }

    fn connect(&mut self, clean_session: bool) {
        let options = ConnectOptions {
            version: ProtocolVersion::V311,
            client_id: "me".into(),
            clean_session,
            keep_alive: KeepAlive::from_secs(30),
            username: Some("user".into()),
            password: Some(b"secret".to_vec()),
            will: None,
            properties: PropertyBuf::new(),
        };
        self.connect_with(options);
    }

    fn connect_with(&mut self, options: ConnectOptions) {
        let request = ConnectRequest {
            subprotocols: vec!["mqtt".into()],
            ..ConnectRequest::new("ws://broker/", options)
        };
        self.connection(ConnectionCommand::Connect(Box::new(request))).expect("it cannot fail");
        self.link(LinkInput::Opened { subprotocol: "mqtt" });
    }

    /// A connection of MQTT 5 whose CONNACK has these properties.
    fn connected_in_5(method: Option<&'static str>, connack: &[u8]) -> Self {
        let mut bench = Self::new();
        let version = ProtocolVersion::V5;
        let mut properties = PropertyBuf::new();
        if let Some(method) = method {
            let method = PropertyValue::Text(method.into());
            properties.push(PropertyId::AuthenticationMethod, method).expect("it has bytes");
        }
        bench.connect_with(ConnectOptions {
            version,
            client_id: "me".into(),
            clean_session: true,
            properties,
            ..ConnectOptions::default()
        });
        let len = u8::try_from(connack.len()).expect("a short one");
        bench.receive(&[&[0x20, 3 + len, 0, 0, len][..], connack].concat());
        assert_eq!(bench.phase(), Phase::Connected);
        bench.sent.clear();
        bench
    }

    fn ask(&mut self, command: Command) -> Result<(), String> {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.engine.handle(self.time(), Input::Asked(Asked { ticket, command }));
        self.drain();
        let done = self.updates.iter().rev().find_map(|update| match update {
            Update::Done(of, done) if *of == ticket => Some(done.clone()),
            _ => None,
        });
        done.unwrap_or(Ok(()))
    }

    fn connection(&mut self, command: ConnectionCommand) -> Result<(), String> {
        self.ask(Command::Connection(SLOT, command))
    }

    fn log(&mut self, command: LogCommand) -> Result<(), String> {
        self.ask(Command::Log(command))
    }

    fn page(&mut self, command: PageCommand) {
        self.ask(Command::Page(command)).expect("it cannot fail");
    }

    fn link(&mut self, input: LinkInput<'_>) {
        let (now, generation) = (self.time(), self.generation);
        self.engine.handle(now, Input::Link { slot: SLOT, generation, input });
        self.drain();
    }

    fn receive(&mut self, bytes: &[u8]) {
        let (now, generation) = (self.time(), self.generation);
        self.engine.handle_bytes(now, SLOT, generation, bytes.len(), |room| room.copy_from_slice(bytes));
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.engine.poll_link(SLOT, 0) {
            match output {
                LinkOutput::Open { generation, .. } => self.generation = generation,
                LinkOutput::Send(bytes) => self.sent.extend_from_slice(bytes),
                _ => {}
            }
        }
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Update(update) => self.updates.push(update),
                output => self.outputs.push(output),
            }
        }
    }

    fn phase(&self) -> Phase {
        let states = self.updates.iter().rev().filter_map(|update| match update {
            Update::Connection(SLOT, state) => Some(state.phase.clone()),
            _ => None,
        });
        states.into_iter().next().unwrap_or_default()
    }

    /// The next view, as a page gets it that has drawn the last one.
    fn view(&mut self) -> Option<View> {
        while self.engine.has_work() {
            self.engine.work();
        }
        let view = self.engine.poll_view(self.time());
        self.drain();
        view.map(|update| match update {
            Update::View(view) => {
                self.page(PageCommand::Drawn);
                *view
            }
            update => panic!("no view: {update:?}"),
        })
    }

    fn look(&mut self, panel: Option<PanelLook>) -> View {
        self.looks += 1;
        let geometry = Geometry { view: 240.0, ..Geometry::default() };
        self.page(PageCommand::Look(Look { number: self.looks, geometry, panel, ..Look::default() }));
        self.view().expect("another look")
    }

    fn panel(&mut self, panel: PanelLook) -> PanelView {
        self.look(Some(panel)).panel.expect("another panel")
    }

    fn filter(&mut self, text: &str) {
        let edit = FilterEdit { text: text.into(), ..FilterEdit::default() };
        self.log(LogCommand::Filter(edit)).expect("it cannot fail");
    }

    fn publish(&mut self, topic: &str, payload: &[u8]) {
        let mut packet = vec![0x30, (2 + topic.len() + payload.len()) as u8, 0, topic.len() as u8];
        packet.extend_from_slice(topic.as_bytes());
        packet.extend_from_slice(payload);
        self.receive(&packet);
    }
}

#[test]
fn a_message_is_told_with_its_properties_to_be_published_again() {
    let mut bench = Bench::connected_in_5(None, &[]);
    let number = bench.engine.log().end();
    // PUBLISH to `t` with a user property.
    bench.receive(b"\x30\x0c\x00\x01t\x07\x26\x00\x01n\x00\x01vx");
    bench.page(PageCommand::Again(number));
    let again = bench.updates.iter().find_map(|update| match update {
        Update::Again(message) => Some(message),
        _ => None,
    });
    let again = again.expect("it is a message");
    assert_eq!((again.topic.as_str(), &again.payload[..]), ("t", &b"x"[..]));
    assert_eq!(again.properties.as_properties().as_bytes(), b"\x26\x00\x01n\x00\x01v");
}

fn names(view: &View) -> Vec<&str> {
    view.rows
        .rows
        .iter()
        .map(|row| match &row.content {
            Content::Packet(packet) => packet.name.as_str(),
            Content::Event { name, .. } => name.as_str(),
        })
        .collect()
}

#[test]
fn a_connection_is_told_at_once_and_its_rows_when_the_page_is_ready() {
    let mut bench = Bench::connected();
    let phases: Vec<_> = bench.updates.iter().filter(|it| matches!(it, Update::Connection(..))).collect();
    assert!(phases.len() >= 3, "{phases:?}");
    let view = bench.look(None);
    assert_eq!(names(&view), ["opening", "opened", "CONNECT", "CONNACK"]);
    assert_eq!((view.look, view.log.end, view.rows.count), (1, 4, 4));
    // Nothing has happened since.
    assert_eq!(bench.view(), None);
    bench.receive(b"\xd0\x00");
    assert!(bench.engine.poll_view(bench.time()).is_some());
    // The page has not drawn that one.
    bench.receive(b"\xd0\x00");
    assert!(bench.engine.poll_view(bench.time()).is_none());
    // What a person does waits for nothing.
    bench.page(PageCommand::Scroll(Gesture::Leave(0.0)));
    bench.log(LogCommand::Select(0)).expect("it cannot fail");
    assert!(bench.engine.poll_view(bench.time()).is_some());
    bench.receive(b"\xd0\x00");
    assert!(bench.engine.poll_view(bench.time()).is_none());
}

#[test]
fn a_password_is_in_no_row_and_in_no_copy() {
    let mut bench = Bench::connected();
    bench.log(LogCommand::Select(2)).expect("it is there");
    let shown = format!("{:?}", bench.look(Some(packet(Some(2)))));
    for copy in [Copy::Row, Copy::PacketText, Copy::PacketHex, Copy::PacketJson] {
        bench.page(PageCommand::Copy(copy));
    }
    let copied = format!("{:?}", bench.updates);
    let hex = b"secret".map(|byte| format!("{byte:02x}"));
    for said in [shown, copied] {
        assert!(said.contains("CONNECT") && !said.contains("secret"), "{said}");
        assert!(!said.contains(&hex.join(" ")) && !said.contains(&hex.concat()), "{said}");
    }
}

#[test]
fn what_the_session_refuses_is_said_in_a_sentence() {
    let mut bench = Bench::new();
    let publish = ConnectionCommand::Publish(Box::new(Outgoing {
        topic: "t".into(),
        qos: Qos::AtMostOnce,
        retain: false,
        has_copy: false,
        body: Body::Bytes(Vec::new()),
        properties: PropertyBuf::new(),
    }));
    let words = bench.connection(publish).expect_err("there is no connection");
    assert!(words.starts_with(char::is_uppercase) && words.ends_with('.'), "{words}");
    let filter = ConnectionCommand::Subscribe {
        filters: vec!["a/#/b".into()],
        options: SubscribeOptions::default(),
        properties: PropertyBuf::new(),
    };
    assert!(bench.connection(filter).is_err());
    assert_eq!(
        bench.log(LogCommand::GoTo("99".into())),
        Err("The log has no row of that number yet.".into())
    );
}

#[test]
fn a_filter_leaves_rows_and_a_mistake_is_told_with_its_place() {
    let mut bench = Bench::connected();
    for number in 0..100u8 {
        bench.publish(if number % 10 == 0 { "ten" } else { "other" }, &[number]);
    }
    bench.filter("topic:ten");
    let view = bench.look(None);
    assert_eq!((view.rows.count, view.log.filter.matches), (10, Some(10)));
    bench.filter("topic:ten colour:red");
    let fault = bench.view().expect("a fault").log.filter.fault.expect("a fault");
    assert_eq!((fault.range.start, fault.range.end), (10, 17));
    bench.filter("");
    assert_eq!(bench.view().expect("all").rows.count, 104);
}

#[test]
fn a_value_that_is_begun_hides_nothing() {
    let mut bench = Bench::connected();
    for topic in ["site/1", "site/1/temp", "a \"b\""] {
        bench.publish(topic, b"x");
    }
    let mut offers = |text: &str| {
        let cursor = text.len() as u32;
        bench.log(LogCommand::Complete { text: text.into(), cursor }).expect("it cannot fail");
        let newest = bench.updates.iter().rev().find_map(|update| match update {
            Update::Offers(offers) => Some(offers.clone()),
            _ => None,
        });
        newest.expect("offers")
    };
    for (text, is_begun) in [
        ("topic:si", true),
        // It is a topic as it stands, and another one goes on.
        ("topic:site/1", false),
        ("topic:other", false),
        ("type:publ", true),
        ("type:publish", false),
        ("qos:1", false),
    ] {
        assert_eq!(offers(text).is_begun, is_begun, "{text}");
    }
    assert_eq!(offers("topic:a").offers[0].text, "\"a \\\"b\\\"\"");
}

#[test]
fn the_newest_rows_are_followed_until_they_are_left() {
    let mut bench = Bench::connected();
    for number in 0..200u8 {
        bench.publish("t", &[number]);
    }
    let view = bench.look(None);
    assert!(view.rows.is_following && view.rows.is_newest_seen);
    assert_eq!(view.rows.rows.last().map(|row| row.number), Some(203));
    bench.page(PageCommand::Scroll(Gesture::To(0.0)));
    let view = bench.view().expect("the oldest");
    assert_eq!((view.rows.first_place, view.rows.is_following), (0, false));
    // What can be seen, half a view more, and what makes a whole step.
    assert!((15..40).contains(&view.rows.rows.len()), "{}", view.rows.rows.len());
    bench.publish("t", b"new");
    let view = bench.view().expect("one more");
    assert_eq!((view.rows.first_place, view.rows.new), (0, 1));
    bench.log(LogCommand::Step(Step::Last)).expect("there are rows");
    let view = bench.view().expect("the newest");
    assert_eq!((view.rows.is_following, view.log.selected), (true, Some(204)));
}

#[test]
fn panels_show_what_is_looked_at_of_the_selected_packet() {
    let mut bench = Bench::connected();
    bench.publish("a/b", b"{\"x\":[1,2]}");
    bench.log(LogCommand::Select(4)).expect("it is there");
    let PanelView::Packet(view) = bench.panel(packet(None)) else { panic!("a packet") };
    assert_eq!((view.head.name.as_deref(), view.head.len, view.head.faults), (Some("PUBLISH"), 18, 0));
    assert_eq!(view.hex.bytes[..2], [0x30, 16]);
    let topic = view.tree.lines.iter().position(|leaf| leaf.value == "\"a/b\"").expect("a topic") as u32;
    let chosen = Some(mqttscope_link::Pointed::Line(topic));
    let look = PanelLook::Packet {
        number: Some(4),
        chosen,
        hovered: None,
        tree: Span { start: 0, end: 50 },
        bytes: Span { start: 0, end: 64 },
    };
    let PanelView::Packet(view) = bench.panel(look) else { panic!("a packet") };
    let mark = view.mark.expect("a mark");
    assert_eq!((mark.place.as_str(), mark.field), ("Topic Name, bytes 2–6 (5)", Span { start: 2, end: 7 }));
    assert_eq!(view.chosen, (Some(topic), Some(2)));
    let lines = Span { start: 0, end: 50 };
    let payload = PanelLook::Payload { number: None, format: PayloadFormat::Auto, lines };
    let PanelView::Payload(view) = bench.panel(payload) else { panic!("a payload") };
    assert_eq!(view.format, PayloadFormat::Json);
    let PayloadBody::Lines { lines, is_complete: true, .. } = view.body else { panic!("lines") };
    let texts: Vec<_> = lines.iter().map(|line| line.text.trim()).collect();
    assert_eq!(texts, ["{", "\"x\": [", "1,", "2", "]", "}"]);
    let PanelView::Statistics(Some(figures)) = bench.panel(PanelLook::Statistics) else { panic!("figures") };
    assert_eq!(figures.types.iter().map(|row| row.name.as_str()).collect::<Vec<_>>().len(), 3);
    assert!(matches!(bench.panel(PanelLook::Handshake), PanelView::Handshake(_)));
}

#[test]
fn binary_payloads_are_decoded_elsewhere() {
    let mut bench = Bench::connected();
    bench.publish("t", b"\x83\x01\x02\x03");
    bench.log(LogCommand::Select(4)).expect("it is there");
    let lines = Span { start: 0, end: 50 };
    let look = PanelLook::Payload { number: Some(4), format: PayloadFormat::Cbor, lines };
    let PanelView::Payload(view) = bench.panel(look) else { panic!("a payload") };
    assert_eq!(view.body, PayloadBody::Words("Decoding …".into()));
    let Some(Output::Decode { request, payload, .. }) = bench.outputs.pop() else { panic!("a request") };
    assert_eq!(payload, b"\x83\x01\x02\x03");
    let answer = |request| Input::Decoded { request, lines: Err("no".into()) };
    bench.engine.handle(bench.time(), answer(request.wrapping_add(1)));
    assert_eq!(bench.view().and_then(|view| view.panel), None);
    bench.engine.handle(bench.time(), answer(request));
    let Some(Some(PanelView::Payload(view))) = bench.view().map(|view| view.panel) else {
        panic!("an answer")
    };
    assert_eq!(view.body, PayloadBody::Words("no".into()));
}

#[test]
fn payloads_are_compared_elsewhere() {
    let mut bench = Bench::connected();
    bench.publish("t", b"a\nb");
    bench.publish("t", b"a\nc");
    bench.log(LogCommand::Select(5)).expect("it is there");
    let rows = Span { start: 0, end: 50 };
    let look = PanelLook::Compare { number: None, with: None, compare_as: CompareAs::Auto, rows };
    let PanelView::Compare(Ok(view)) = bench.panel(look) else { panic!("two messages") };
    assert_eq!(view.sides.map(|side| side.number), [4, 5]);
    let Some(Output::Compare { request, payloads, .. }) = bench.outputs.pop() else { panic!("a request") };
    assert_eq!(payloads, [b"a\nb".to_vec(), b"a\nc".to_vec()]);
    let failed = Input::Compared { request, found: Err("no".into()) };
    bench.engine.handle(bench.time(), failed);
    let Some(Some(PanelView::Compare(Ok(view)))) = bench.view().map(|view| view.panel) else {
        panic!("an answer")
    };
    assert_eq!(view.body, CompareBody::Words("no".into()));
}

#[test]
fn numbers_are_charted_and_written_to_a_file() {
    let mut bench = Bench::connected();
    for value in [1, 2, 3] {
        bench.publish("t", format!("{{\"x\":[{value}.5]}}").as_bytes());
    }
    bench.publish("u", b"7");
    let chart = |bench: &mut Bench, command| bench.ask(Command::Chart(command)).expect("it cannot fail");
    let look = PanelLook::Chart { span: None, columns: 10 };
    bench.log(LogCommand::Select(4)).expect("it is there");
    let lines = Span { start: 0, end: 50 };
    bench.panel(PanelLook::Payload { number: Some(4), format: PayloadFormat::Auto, lines });
    // The line of the bracket has no number.
    chart(&mut bench, ChartCommand::Line(1));
    let PanelView::Chart(view) = bench.panel(look) else { panic!("a chart") };
    assert_eq!((view.lines.len(), view.note.as_str()), (0, "There is no number on that line."));
    bench.panel(PanelLook::Payload { number: Some(4), format: PayloadFormat::Auto, lines });
    chart(&mut bench, ChartCommand::Line(2));
    chart(&mut bench, ChartCommand::Add { topic: "u".into(), path: String::new() });
    chart(&mut bench, ChartCommand::Add { topic: "t".into(), path: "x[".into() });
    let PanelView::Chart(view) = bench.panel(look) else { panic!("a chart") };
    assert!(view.note.starts_with("That is no path"), "{}", view.note);
    let lines: Vec<_> =
        view.lines.iter().map(|line| (line.topic.as_str(), line.path.as_str(), line.points)).collect();
    assert_eq!(lines, [("t", "$.x[0]", 3), ("u", "$", 1)]);

    bench.outputs.clear();
    bench.updates.clear();
    chart(&mut bench, ChartCommand::Export);
    let export = LogCommand::Export { format: "csv".into(), found_only: false, with_passwords: false };
    assert_eq!(bench.log(export), Err("An export is under way.".into()));
    while bench.engine.has_work() {
        bench.engine.work();
    }
    bench.drain();
    let pieces = bench
        .outputs
        .iter()
        .filter_map(|it| if let Output::Piece(piece) = it { Some(&piece[..]) } else { None });
    let csv = String::from_utf8(pieces.collect::<Vec<_>>().concat()).expect("text");
    let lines: Vec<_> = csv.split("\r\n").collect();
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[1], "2026-11-25T10:30:01.000000Z,t,$.x[0],1.5");
    assert!(lines[4].ends_with(",u,$,7"), "{csv}");
    let saved = bench
        .updates
        .iter()
        .find_map(|it| if let Update::Exported(Ok(saved)) = it { Some(saved) } else { None });
    assert_eq!(saved.map(|saved| (saved.rows, saved.extension.as_str())), Some((4, "csv")));
}

#[test]
fn an_export_is_written_in_pieces_and_can_be_cancelled() {
    let mut bench = Bench::connected();
    for number in 0..250u8 {
        bench.publish("t", &[number; 100]);
    }
    let export = LogCommand::Export { format: "jsonl".into(), found_only: false, with_passwords: false };
    bench.log(export.clone()).expect("it begins");
    assert_eq!(bench.log(export.clone()), Err("An export is under way.".into()));
    while bench.engine.has_work() {
        bench.engine.work();
    }
    bench.drain();
    let written: Vec<u8> = bench
        .outputs
        .iter()
        .filter_map(|output| if let Output::Piece(piece) = output { Some(piece.clone()) } else { None })
        .flatten()
        .collect();
    assert_eq!(written.iter().filter(|&&byte| byte == b'\n').count(), 254);
    let saved = bench.updates.iter().find_map(|update| match update {
        Update::Exported(Ok(saved)) => Some(saved.clone()),
        _ => None,
    });
    assert_eq!(saved.map(|saved| (saved.rows, saved.extension)), Some((254, "jsonl".into())));
    bench.log(export).expect("it begins again");
    bench.log(LogCommand::CancelExport).expect("it cannot fail");
    assert_eq!(bench.outputs.last(), Some(&Output::DropPieces));
    assert!(!bench.engine.has_work());
}

#[test]
fn what_comes_to_a_log_that_was_cleared_during_its_export_is_unsaved() {
    let mut bench = Bench::connected();
    for number in 0..250u8 {
        bench.publish("t", &[number; 100]);
    }
    let export = LogCommand::Export { format: "jsonl".into(), found_only: false, with_passwords: false };
    bench.log(export).expect("it begins");
    bench.log(LogCommand::Clear).expect("it cannot fail");
    assert!(!bench.look(None).log.is_unsaved);
    bench.publish("t", b"new");
    assert!(bench.look(None).log.is_unsaved);
}

#[test]
fn a_clock_that_is_set_moves_the_time_of_day_and_no_difference() {
    let mut bench = Bench::connected();
    let publish = ConnectionCommand::Publish(Box::new(Outgoing {
        topic: "t".into(),
        qos: Qos::AtLeastOnce,
        retain: false,
        has_copy: false,
        body: Body::Bytes(b"!".to_vec()),
        properties: PropertyBuf::new(),
    }));
    bench.connection(publish).expect("connected");
    let hour = 3_600_000_000;
    bench.now += 5_000;
    // Half a second is what a clock that is kept right is put right by.
    bench.engine.set_clock(bench.time(), bench.now + 500_000);
    assert_eq!(bench.engine.log().end(), 5);
    bench.engine.set_clock(bench.time(), bench.now + hour);
    bench.receive(b"\x40\x02\x00\x01");
    let view = bench.look(None);
    assert_eq!(names(&view)[4..], ["PUBLISH", "clock-set", "PUBACK"]);
    let rows = &view.rows.rows;
    assert_eq!(rows[4].time_of_day, START);
    assert_eq!(rows[6].time_of_day, START + 5_000 + hour);
    let Content::Packet(puback) = &rows[6].content else { panic!("a packet") };
    assert_eq!((puback.answer, rows[6].time - rows[4].time), (Some(5_000), 5_000));
    let Content::Event { words, .. } = &rows[5].content else { panic!("an event") };
    assert!(words.contains("the time of day is 60 min later"), "{words}");
    // Back again, for what follows.
    bench.engine.set_clock(bench.time(), bench.now);
    assert_eq!(bench.engine.log().end(), 8);
}

#[test]
fn a_connection_that_a_sleep_has_ended_says_so() {
    for (millis, is_cause) in [(45_000, true), (-45_000, false), (500, false)] {
        let mut bench = Bench::connected();
        bench.engine.set_clock(bench.time(), bench.now.saturating_add_signed(millis * 1_000));
        bench.link(LinkInput::Closed { code: 1006, reason: "" });
        let Phase::Ended { why, .. } = bench.phase() else { panic!("it is closed") };
        assert_eq!(why.starts_with("This machine slept 45 s; the broker gave up."), is_cause, "{why}");
    }
}

#[test]
fn a_server_that_breaks_a_rule_loses_the_connection_if_that_is_switched_on() {
    for close_on_violation in [false, true] {
        let mut bench = Bench::connected();
        let switches = ConnectionCommand::Switches {
            withhold_pingreq: false,
            send_duplicates: false,
            break_limits: false,
            close_on_violation,
        };
        bench.connection(switches).expect("it cannot fail");
        bench.receive(b"\x20\x02\x00\x00");
        let expected = if close_on_violation { Phase::Closing } else { Phase::Connected };
        assert_eq!(bench.phase(), expected);
    }
}

#[test]
fn keep_alive_goes_on_while_nobody_looks() {
    let mut bench = Bench::connected();
    let due = bench.engine.poll_timeout().expect("a keep alive");
    bench.now = due.as_micros();
    bench.engine.handle(due, Input::Timeout);
    bench.drain();
    assert_eq!(bench.sent, b"\xc0\x00");
}

#[test]
fn clearing_forgets_the_selection() {
    let mut bench = Bench::connected();
    bench.log(LogCommand::Select(2)).expect("it is there");
    assert_eq!(bench.look(Some(packet(Some(2)))).log.selected, Some(2));
    bench.log(LogCommand::Clear).expect("it cannot fail");
    let view = bench.view().expect("nothing");
    assert_eq!((view.log.selected, view.log.end, view.rows.count), (None, 0, 0));
    assert!(matches!(view.panel, Some(PanelView::Absent(_))));
}

fn packet(number: Option<u32>) -> PanelLook {
    let (tree, bytes) = (Span { start: 0, end: 50 }, Span { start: 0, end: 64 });
    PanelLook::Packet { number, chosen: None, hovered: None, tree, bytes }
}

fn properties(list: &[(PropertyId, PropertyValue<'_>)]) -> PropertyBuf {
    let mut properties = PropertyBuf::new();
    for (id, value) in list {
        properties.push(*id, *value).expect("it has bytes");
    }
    properties
}

#[test]
fn properties_and_options_of_mqtt_5_are_sent() {
    let mut bench = Bench::connected_in_5(None, &[0x22, 0, 9]);
    let publish = ConnectionCommand::Publish(Box::new(Outgoing {
        topic: "t".into(),
        qos: Qos::AtMostOnce,
        retain: false,
        has_copy: false,
        body: Body::Bytes(b"!".to_vec()),
        properties: properties(&[(PropertyId::TopicAlias, PropertyValue::Number(3))]),
    }));
    bench.connection(publish).expect("the server has aliases");
    assert_eq!(bench.sent, b"\x30\x08\0\x01t\x03\x23\0\x03!");
    bench.sent.clear();
    let subscribe = ConnectionCommand::Subscribe {
        filters: vec!["a".into()],
        options: SubscribeOptions::new(Qos::AtLeastOnce).with_no_local(true),
        properties: properties(&[(PropertyId::SubscriptionIdentifier, PropertyValue::Number(7))]),
    };
    bench.connection(subscribe).expect("connected");
    assert_eq!(bench.sent, b"\x82\x09\0\x01\x02\x0b\x07\0\x01a\x05");
    bench.sent.clear();
    let pair = PropertyValue::Pair("u".into(), "2".into());
    let unsubscribe = ConnectionCommand::Unsubscribe {
        filter: "a".into(),
        properties: properties(&[(PropertyId::UserProperty, pair)]),
    };
    bench.connection(unsubscribe).expect("connected");
    assert_eq!(bench.sent, b"\xa2\x0d\0\x02\x07\x26\0\x01u\0\x012\0\x01a");
    bench.sent.clear();
    let disconnect = ConnectionCommand::Disconnect {
        reason: ReasonCode::DISCONNECT_WITH_WILL,
        properties: properties(&[(PropertyId::ReasonString, PropertyValue::Text("x".into()))]),
    };
    bench.connection(disconnect).expect("connected");
    assert_eq!(bench.sent, b"\xe0\x06\x04\x04\x1f\0\x01x");
}

#[test]
fn what_the_server_does_not_allow_is_refused_with_its_clause_until_that_is_switched_on() {
    let mut bench = Bench::connected_in_5(None, &[0x2a, 0]);
    let subscribe = ConnectionCommand::Subscribe {
        filters: vec!["$share/g/a".into()],
        options: SubscribeOptions::default(),
        properties: PropertyBuf::new(),
    };
    let words = bench.connection(subscribe.clone()).expect_err("no shared subscriptions");
    for part in ["no shared subscriptions", "(MQTT 5, 3.2.2.3.13)", "Break the server's limits"] {
        assert!(words.contains(part), "{words}");
    }
    assert!(bench.sent.is_empty());
    let switches = ConnectionCommand::Switches {
        withhold_pingreq: false,
        send_duplicates: false,
        break_limits: true,
        close_on_violation: false,
    };
    bench.connection(switches).expect("it cannot fail");
    bench.connection(subscribe).expect("a tester may");
    assert!(!bench.sent.is_empty());
}

#[test]
fn a_disconnect_that_the_server_may_not_get_leaves_the_connection_there() {
    let mut bench = Bench::connected_in_5(None, &[]);
    let disconnect = ConnectionCommand::Disconnect {
        reason: ReasonCode::SUCCESS,
        properties: properties(&[(PropertyId::SessionExpiryInterval, PropertyValue::Number(60))]),
    };
    let words = bench.connection(disconnect).expect_err("the session ends with the connection");
    assert!(words.contains("MQTT 5, 3.14.2.2.2"), "{words}");
    assert_eq!(bench.phase(), Phase::Connected);
}

#[test]
fn an_attempt_in_mqtt_5_can_be_given_up() {
    let mut bench = Bench::new();
    let version = ProtocolVersion::V5;
    bench.connect_with(ConnectOptions { version, ..ConnectOptions::default() });
    let disconnect =
        ConnectionCommand::Disconnect { reason: ReasonCode::SUCCESS, properties: PropertyBuf::new() };
    bench.connection(disconnect).expect("it is given up");
    assert_ne!(bench.phase(), Phase::AwaitingConnAck);
}

#[test]
fn an_authentication_is_answered_and_begun_again() {
    let mut bench = Bench::connected_in_5(Some("M"), &[0x15, 0, 1, b'M']);
    let again = ConnectionCommand::Authenticate { again: true, data: Some(Secret(b"a".to_vec())) };
    bench.connection(again).expect("connected");
    assert_eq!(bench.sent, b"\xf0\x0a\x19\x08\x15\0\x01M\x16\0\x01a");
    bench.sent.clear();
    bench.receive(b"\xf0\x0a\x18\x08\x15\0\x01M\x16\0\x01?");
    // The page is told what the log hides.
    let asked = bench.updates.iter().rev().find_map(|update| match update {
        Update::Connection(_, state) => state.authentication.clone(),
        _ => None,
    });
    assert_eq!(asked.and_then(|asked| asked.data).map(|data| data.0), Some(b"?".to_vec()));
    let log = bench.engine.log();
    let hidden = (0..log.end()).filter_map(|number| log.record(number));
    assert!(hidden.map(|record| log.bytes(record)).all(|bytes| !bytes.ends_with(b"\x01?")));
    let answer = ConnectionCommand::Authenticate { again: false, data: Some(Secret(b"b".to_vec())) };
    bench.connection(answer.clone()).expect("the server asks");
    assert_eq!(bench.sent, b"\xf0\x0a\x18\x08\x15\0\x01M\x16\0\x01b");
    bench.receive(b"\xf0\x06\x00\x04\x15\0\x01M");
    bench.connection(answer).expect_err("the server asks no more");
}

#[test]
fn a_request_says_of_its_answer_where_it_goes() {
    let mut bench = Bench::connected_in_5(None, &[]);
    bench.receive(b"\x30\x0f\0\x01t\x0a\x08\0\x02re\x09\0\x02\xff\0?");
    bench.receive(b"\x30\x05\0\x01t\0?");
    let packets = bench.engine.log().end();
    let reply = |bench: &mut Bench, number: u32| {
        bench.updates.clear();
        bench.page(PageCommand::Reply(number));
        bench.updates.iter().find_map(|update| match update {
            Update::Reply { topic, correlation } => Some((topic.clone(), correlation.clone())),
            _ => None,
        })
    };
    let answers: Vec<_> = (0..packets).filter_map(|number| reply(&mut bench, number)).collect();
    assert_eq!(answers, [("re".to_owned(), Some(vec![0xff, 0]))]);
    // Empty is not absent.
    for (packet, correlation) in [
        (&b"\x30\x0d\0\x01t\x08\x08\0\x02re\x09\0\0?"[..], Some(vec![])),
        (b"\x30\x0a\0\x01t\x05\x08\0\x02re?", None),
    ] {
        bench.receive(packet);
        let number = bench.engine.log().end() - 1;
        assert_eq!(reply(&mut bench, number), Some(("re".to_owned(), correlation)));
    }
    assert_eq!(reply(&mut bench, 1_000), None);
}

/// What the page was told last of what outlives it, and how often it was told.
fn kept(bench: &Bench) -> (Option<Secret>, usize) {
    let told: Vec<_> = bench
        .updates
        .iter()
        .filter_map(|update| match update {
            Update::Kept(SLOT, kept) => Some(kept.clone()),
            _ => None,
        })
        .collect();
    (told.last().cloned().flatten(), told.len())
}

/// Lets what has changed settle.
fn settle(bench: &mut Bench) {
    bench.now += 600_000;
    bench.engine.handle(bench.time(), Input::Timeout);
    bench.drain();
}

#[test]
fn a_session_that_the_server_keeps_is_given_to_the_page_and_back() {
    let mut bench = Bench::new();
    bench.connect(false);
    bench.receive(b"\x20\x02\x00\x00");
    let publish = |payload: Vec<u8>| {
        ConnectionCommand::Publish(Box::new(Outgoing {
            topic: "t".into(),
            qos: Qos::AtLeastOnce,
            retain: false,
            has_copy: false,
            body: Body::Bytes(payload),
            properties: PropertyBuf::new(),
        }))
    };
    bench.connection(publish(b"m".to_vec())).expect("it can be sent");
    assert_eq!(kept(&bench).1, 0);
    assert!(bench.engine.poll_timeout().is_some_and(|due| due <= Timestamp::from_micros(START + 500_000)));
    settle(&mut bench);
    let (Some(session), 1) = kept(&bench) else { panic!("{:?}", kept(&bench)) };
    // What has not changed is not told again.
    bench.receive(b"\xd0\x00");
    settle(&mut bench);
    assert_eq!(kept(&bench).1, 1);
    // What is too large is not kept, nor what was before it.
    bench.connection(publish(vec![0; 1 << 20])).expect("it can be sent");
    settle(&mut bench);
    assert_eq!(kept(&bench), (None, 2));

    let mut after = Bench::new();
    after.connection(ConnectionCommand::Restore(Some(session))).expect("it cannot fail");
    after.connect(false);
    after.sent.clear();
    after.receive(b"\x20\x02\x01\x00");
    assert_eq!(after.sent, b"\x3a\x06\x00\x01t\x00\x01m");
    // What is no session is none.
    let mut other = Bench::new();
    other.connection(ConnectionCommand::Restore(Some(Secret(vec![1, 2, 3])))).expect("it cannot fail");
    other.connect(false);
    assert_eq!(other.phase(), Phase::AwaitingConnAck);
}

#[test]
fn a_connection_comes_back_once_that_is_asked_for() {
    let mut bench = Bench::connected();
    bench.connection(ConnectionCommand::ReconnectAutomatically(Some(5))).expect("it cannot fail");
    bench.link(LinkInput::Closed { code: 1006, reason: "" });
    let due = bench.engine.poll_timeout().expect("it comes back");
    bench.now = due.as_micros();
    bench.engine.handle(bench.time(), Input::Timeout);
    bench.drain();
    assert_eq!((bench.phase(), bench.generation), (Phase::Opening, 2));
}

fn mark(filter: &str, colour: u8, is_muted: bool) -> Mark {
    Mark { slot: SLOT, filter: filter.into(), colour, is_muted }
}

fn topics(view: &View) -> Vec<(&str, u8)> {
    let packets = view.rows.rows.iter().filter_map(|row| match &row.content {
        Content::Packet(packet) => Some(packet),
        Content::Event { .. } => None,
    });
    packets.filter_map(|packet| Some((packet.topic.as_deref()?, packet.mark))).collect()
}

#[test]
fn what_comes_to_a_muted_subscription_is_in_no_view_and_no_figure() {
    let mut bench = Bench::connected();
    for topic in ["a/1", "b", "$SYS/x", "a/2", "b"] {
        bench.publish(topic, b"m");
    }
    bench
        .log(LogCommand::Marks(vec![mark("b", 3, false), mark("$share/g/a/#", 0, true)]))
        .expect("it cannot fail");
    assert_eq!(topics(&bench.look(None)), [("b", 3), ("$SYS/x", 0), ("b", 3)]);
    let PanelView::Statistics(Some(figures)) = bench.panel(PanelLook::Statistics) else { panic!("figures") };
    let publishes = figures.types.iter().find(|row| row.name == "PUBLISH").expect("some came");
    assert_eq!(publishes.amounts[1].packets, 3);
    // A filter has no part in it, nor has that all rows are shown.
    bench.filter("type:publish");
    let view = bench.look(None);
    assert_eq!((topics(&view).len(), view.log.filter.matches), (3, Some(3)));
    bench.log(LogCommand::ShowAll(true)).expect("it cannot fail");
    assert_eq!(topics(&bench.look(None)).len(), 3);
    bench.log(LogCommand::ShowAll(false)).expect("it cannot fail");
    bench.filter("");
    let view = bench.look(None);
    assert_eq!((topics(&view).len(), view.log.filter.matches), (3, None));
    // `#` is not for what begins with `$`; and what comes meanwhile is there once it is heard again.
    bench.log(LogCommand::Marks(vec![mark("#", 0, true)])).expect("it cannot fail");
    bench.publish("c", b"m");
    assert_eq!(topics(&bench.look(None)), [("$SYS/x", 0)]);
    bench.log(LogCommand::Marks(Vec::new())).expect("it cannot fail");
    assert_eq!(topics(&bench.look(None)).len(), 6);
}

#[test]
fn messages_are_counted_for_each_subscription_that_they_come_to() {
    let mut bench = Bench::connected();
    bench.publish("a/1", b"before");
    let subscribe = |filters: &[&str]| ConnectionCommand::Subscribe {
        filters: filters.iter().map(|&filter| filter.into()).collect(),
        options: SubscribeOptions::new(Qos::AtMostOnce),
        properties: PropertyBuf::new(),
    };
    bench.connection(subscribe(&["a/#", "a/1", "b"])).expect("connected");
    // One packet for all of them.
    assert_eq!(bench.sent, b"\x82\x12\0\x01\0\x03a/#\0\0\x03a/1\0\0\x01b\0");
    bench.receive(b"\x90\x05\0\x01\0\0\x80");
    for topic in ["a/1", "a/2", "a", "c"] {
        bench.publish(topic, b"m");
    }
    bench.now += 1_000_000;
    let view = bench.look(None);
    let figures = |view: &View| -> Vec<(String, u64, u32)> {
        let figures = view.log.subscriptions.iter();
        figures.map(|held| (held.filter.clone(), held.messages, held.tenths)).collect()
    };
    assert_eq!(figures(&view)[..2], [("a/#".into(), 3, 6), ("a/1".into(), 1, 2)]);
    // One that was refused is none, and goes by a button of its own.
    let held = |bench: &Bench| {
        let states = bench.updates.iter().rev().filter_map(|update| match update {
            Update::Connection(SLOT, state) => Some(state.subscriptions.len()),
            _ => None,
        });
        states.into_iter().next()
    };
    assert_eq!(held(&bench), Some(3));
    bench.connection(ConnectionCommand::Forget("a/1".into())).expect("it cannot fail");
    bench.connection(ConnectionCommand::Forget("b".into())).expect("it cannot fail");
    assert_eq!(held(&bench), Some(2));
}
