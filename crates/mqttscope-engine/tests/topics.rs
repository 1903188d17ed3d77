//! The tree of topics as a page looks at it, and retained messages that are cleared.

use mqttscope_client::{Input as LinkInput, Output as LinkOutput};
use mqttscope_engine::{Engine, Input, Output};
use mqttscope_link::{
    Asked, ClearingStage, ClearingView, Command, ConnectRequest, ConnectionCommand, Copy, LogCommand, Look,
    PageCommand, PanelLook, PanelView, PayloadFormat, RetainedMark, Slot, Span, Step, Ticket, TopicLine,
    TopicRef, TopicSort, TopicUse, TopicValue, TopicsCommand, TopicsLook, TopicsView, Update, View,
};
use mqttscope_proto::session::ConnectOptions;
use mqttscope_proto::{ProtocolVersion, Timestamp};

const SLOT: Slot = Slot(0);
/// 2026-11-25T10:30:01Z, in microseconds since the Unix epoch.
const START: u64 = 1_795_602_601_000_000;
const SECOND: u64 = 1_000_000;

struct Bench {
    engine: Engine,
    now: u64,
    generation: u32,
    tickets: u32,
    look: Look,
    updates: Vec<Update>,
    sent: Vec<u8>,
    shown: TopicsView,
}

impl Bench {
    fn new(version: ProtocolVersion, connack: &[u8]) -> Self {
        Self::with(ConnectOptions { version, ..ConnectOptions::default() }, connack)
    }

    fn with(options: ConnectOptions, connack: &[u8]) -> Self {
        let all = TopicsLook { lines: Span { start: 0, end: 400 }, page: 10, sort: TopicSort::Name };
        let mut bench = Self {
            engine: Engine::new(),
            now: START,
            generation: 0,
            tickets: 0,
            look: Look { topics: Some(all), ..Look::default() },
            updates: Vec::new(),
            sent: Vec::new(),
            shown: TopicsView::default(),
        };
        bench.engine.set_clock(bench.time(), START);
        let options = ConnectOptions { client_id: "me".into(), ..options };
        let request = ConnectRequest::new("ws://broker/", options);
        bench
            .ask(Command::Connection(SLOT, ConnectionCommand::Connect(Box::new(request))))
            .expect("it connects");
        bench.link(LinkInput::Opened { subprotocol: "" });
        bench.receive(connack);
        bench.sent.clear();
        bench.ask(Command::Page(PageCommand::Look(bench.look))).expect("it cannot fail");
        bench
    }

    fn v311() -> Self {
        Self::new(ProtocolVersion::V311, b"\x20\x02\x00\x00")
    }

    fn v5() -> Self {
        Self::new(ProtocolVersion::V5, b"\x20\x03\x00\x00\x00")
    }

    fn time(&self) -> Timestamp {
        Timestamp::from_micros(self.now)
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

    fn topics(&mut self, command: TopicsCommand) {
        self.ask(Command::Topics(command)).expect("it cannot fail");
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

    /// A message comes, in 3.1.1 or, with `5`, without properties.
    fn message(&mut self, topic: &str, payload: &[u8]) {
        self.message_of(0x30, topic, payload);
    }

    fn message_of(&mut self, first: u8, topic: &str, payload: &[u8]) {
        let is_5 = matches!(self.version(), ProtocolVersion::V5);
        let len = 2 + topic.len() + usize::from(is_5) + payload.len();
        let mut packet = vec![first];
        if len < 0x80 {
            packet.push(len as u8);
        } else {
            packet.extend([len as u8 & 0x7f | 0x80, (len >> 7) as u8]);
        }
        packet.extend((topic.len() as u16).to_be_bytes());
        packet.extend_from_slice(topic.as_bytes());
        packet.extend(is_5.then_some(0));
        packet.extend_from_slice(payload);
        self.receive(&packet);
    }

    fn version(&self) -> ProtocolVersion {
        let versions = self.updates.iter().rev().filter_map(|update| match update {
            Update::Connection(_, state) => Some(state.version),
            _ => None,
        });
        versions.into_iter().next().expect("a connection")
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
            if let Output::Update(update) = output {
                self.updates.push(update);
            }
        }
    }

    /// The tree as the page shows it once all is done.
    fn shown(&mut self) -> &TopicsView {
        loop {
            while self.engine.has_work() {
                self.engine.work();
            }
            let Some(view) = self.view() else { break };
            if let Some(topics) = view.topics {
                self.shown = topics;
            }
            if !self.engine.has_work() && !self.shown.is_behind {
                break;
            }
        }
        &self.shown
    }

    fn view(&mut self) -> Option<View> {
        let update = self.engine.poll_view(self.time())?;
        self.ask(Command::Page(PageCommand::Drawn)).expect("it cannot fail");
        match update {
            Update::View(view) => Some(*view),
            update => panic!("no view: {update:?}"),
        }
    }

    fn sort(&mut self, sort: TopicSort) {
        self.look.topics.as_mut().expect("it is looked at").sort = sort;
        self.ask(Command::Page(PageCommand::Look(self.look))).expect("it cannot fail");
    }

    /// The lines: each with its depth, its name, and `+` where it could be opened, `-` where it is open.
    fn lines(&mut self) -> Vec<String> {
        let line = |line: &TopicLine| {
            let sign = match (line.children, line.is_open) {
                (0, _) => "",
                (_, false) => "+",
                (_, true) => "-",
            };
            format!("{}{}{sign}", " ".repeat(usize::from(line.depth) - 1), line.name)
        };
        self.shown().lines.iter().map(line).collect()
    }

    fn line(&mut self, topic: &str) -> TopicLine {
        let found = self.shown().lines.iter().find(|line| line.topic == topic).cloned();
        found.unwrap_or_else(|| panic!("no line {topic}"))
    }

    fn id(&mut self, topic: &str) -> TopicRef {
        self.line(topic).id
    }

    fn chosen(&mut self) -> Option<String> {
        self.shown().chosen.as_ref().map(|chosen| chosen.topic.clone())
    }

    fn used(&mut self, topic: &str, to: TopicUse) -> Result<String, String> {
        let id = self.id(topic);
        self.topics(TopicsCommand::Use(id, to));
        match self.updates.last_chunk::<2>() {
            Some([Update::Topic(of, words), Update::Done(..)]) if *of == to => words.clone(),
            updates => panic!("no answer: {updates:?}"),
        }
    }

    fn clearing(&mut self) -> ClearingView {
        self.shown().clearing.clone().expect("it is being cleared")
    }

    fn list_retained(&mut self, topic: &str) -> ClearingView {
        let id = self.id(topic);
        self.topics(TopicsCommand::ListRetained(id));
        let clearing = self.clearing();
        assert_eq!(clearing.stage, ClearingStage::Asking);
        clearing
    }

    /// Packet identifiers and topics of the empty retained messages that were sent since the last time.
    fn cleared(&mut self) -> Vec<(u16, String)> {
        let mut cleared = Vec::new();
        let mut rest = &self.sent[..];
        while let [first, len, packet @ ..] = rest {
            let packet = &packet[..usize::from(*len)];
            rest = &rest[2 + packet.len()..];
            assert_eq!(*first, 0x33, "QoS 1 with RETAIN");
            let topic = 2 + usize::from(packet[1]);
            let id = u16::from_be_bytes([packet[topic], packet[topic + 1]]);
            assert!(packet[topic + 2..].iter().all(|&byte| byte == 0), "an empty message without properties");
            cleared.push((id, String::from_utf8_lossy(&packet[2..topic]).into_owned()));
        }
        self.sent.clear();
        cleared
    }

    fn acknowledge(&mut self, id: u16) {
        let [high, low] = id.to_be_bytes();
        self.receive(&[0x40, 2, high, low]);
    }
}

#[test]
fn levels_stand_below_each_other_and_open_one_by_one() {
    let mut bench = Bench::v311();
    for topic in ["b/y/2", "b/x", "a", "/a", "b/y/1", "b//z"] {
        bench.message(topic, b"1");
    }
    assert_eq!(bench.lines(), ["+", "a", "b+"]);
    let b = bench.id("b");
    bench.topics(TopicsCommand::Fold(b));
    assert_eq!(bench.lines(), ["+", "a", "b-", " +", " x", " y+"]);
    let line = bench.line("b");
    assert_eq!((line.children, line.topics, line.messages, line.is_topic), (3, 4, 4, false));
    assert_eq!(bench.line("b/x").value, TopicValue::Number("1".into()));
    bench.topics(TopicsCommand::FoldAll { open: true });
    assert_eq!(bench.lines(), ["-", " a", "a", "b-", " -", "  z", " x", " y-", "  1", "  2"]);
    bench.topics(TopicsCommand::Fold(b));
    assert_eq!(bench.lines(), ["-", " a", "a", "b+"]);
    bench.topics(TopicsCommand::FoldAll { open: false });
    assert_eq!(bench.lines(), ["+", "a", "b+"]);
    // What is new comes by itself, a little later.
    bench.message("c", b"1");
    bench.now += SECOND;
    bench.topics(TopicsCommand::Step(Step::First));
    assert_eq!(bench.lines(), ["+", "a", "b+", "c"]);
    assert_eq!(bench.shown().topics, 7);
}

#[test]
fn levels_are_sorted_by_rate_and_by_time() {
    let mut bench = Bench::v311();
    for topic in ["loud", "quiet", "loud", "a", "loud", "quiet"] {
        bench.now += 1_000;
        bench.message(topic, b"1");
    }
    assert_eq!(bench.lines(), ["a", "loud", "quiet"]);
    bench.sort(TopicSort::Time);
    assert_eq!(bench.lines(), ["quiet", "loud", "a"]);
    bench.now += SECOND;
    bench.sort(TopicSort::Rate);
    assert_eq!(bench.lines(), ["loud", "quiet", "a"]);
    assert_eq!(bench.line("loud").rate, 30);
    // When nothing comes the rate falls to 0.
    bench.now += 10 * SECOND;
    bench.ask(Command::Page(PageCommand::Tick)).expect("it cannot fail");
    assert_eq!(bench.line("loud").rate, 0);
}

#[test]
fn a_text_is_found_with_the_way_to_it() {
    let mut bench = Bench::v311();
    for topic in ["home/Kitchen/temp", "home/kitchen/light", "home/hall/light", "office/temp", "kitchenette"]
    {
        bench.message(topic, b"1");
    }
    bench.topics(TopicsCommand::Find("KITCHEN".into()));
    assert_eq!(bench.lines(), ["home-", " Kitchen+", " kitchen+", "kitchenette"]);
    assert_eq!(bench.shown().found, Some(3));
    // A text may go through a slash; what it ends in stands below what leads there.
    bench.topics(TopicsCommand::Find("n/l".into()));
    assert_eq!(bench.lines(), ["home-", " kitchen-", "  light"]);
    bench.topics(TopicsCommand::Find("nothing".into()));
    assert_eq!((bench.lines(), bench.shown().found), (Vec::new(), Some(0)));
    bench.topics(TopicsCommand::Find(String::new()));
    assert_eq!((bench.lines().len(), bench.shown().found), (3, None));
}

#[test]
fn keys_lead_through_the_tree() {
    let mut bench = Bench::v311();
    for topic in ["a/b/c", "a/d", "e"] {
        bench.message(topic, b"1");
    }
    assert_eq!(bench.lines(), ["a+", "e"]);
    let mut keys = |commands: &[TopicsCommand]| {
        for command in commands {
            bench.topics(command.clone());
            bench.shown();
        }
        (bench.chosen().expect("one is chosen"), bench.shown().chosen_place.expect("it is in sight"))
    };
    let (down, up) = (TopicsCommand::Step(Step::Rows(1)), TopicsCommand::Step(Step::Rows(-1)));
    let (right, left) = (TopicsCommand::Into, TopicsCommand::OutOf);
    assert_eq!(keys(std::slice::from_ref(&down)), ("a".into(), 0));
    assert_eq!(keys(&[down.clone(), down.clone()]), ("e".into(), 1));
    assert_eq!(keys(&[up, right.clone()]), ("a".into(), 0));
    assert_eq!(keys(&[right.clone(), right.clone(), right.clone()]), ("a/b/c".into(), 2));
    assert_eq!(keys(std::slice::from_ref(&right)), ("a/b/c".into(), 2));
    assert_eq!(keys(std::slice::from_ref(&left)), ("a/b".into(), 1));
    assert_eq!(keys(&[left.clone(), left.clone(), left]), ("a".into(), 0));
    assert_eq!(keys(&[TopicsCommand::Step(Step::Last)]), ("e".into(), 1));
    assert_eq!(keys(&[TopicsCommand::Step(Step::Views(-1))]), ("a".into(), 0));
    assert_eq!(bench.lines(), ["a+", "e"]);
}

#[test]
fn the_last_value_is_shown_as_what_it_is() {
    let mut bench = Bench::v311();
    bench.message("t", b"{\"a\":[1,2]}");
    bench.message_of(0x31, "r", b"on");
    bench.message("b", b"\x00\x01");
    let id = bench.id("t");
    bench.topics(TopicsCommand::Choose(id));
    let last = bench.shown().chosen.clone().and_then(|chosen| chosen.last).expect("a message");
    assert_eq!(last.format, PayloadFormat::Json);
    assert_eq!(last.lines, ["{", "  \"a\": [", "    1,", "    2", "  ]", "}"]);
    assert_eq!((last.messages, last.len, last.kept, last.is_cut, last.qos), (1, 11, 11, false, 0));
    assert!(last.number.is_some());
    let values = ["t", "r", "b"].map(|topic| (bench.line(topic).value, bench.line(topic).retained));
    assert_eq!(values[0], (TopicValue::Json("{\"a\":[1,2]}".into()), RetainedMark::Unknown));
    assert_eq!(values[1], (TopicValue::Text("on".into()), RetainedMark::Seen));
    assert_eq!(values[2], (TopicValue::Bytes("00 01".into()), RetainedMark::Unknown));
    let copied = |bench: &mut Bench, what: Copy| {
        bench.ask(Command::Page(PageCommand::Copy(what))).expect("it cannot fail");
        match bench.updates.last() {
            Some(Update::Copied(of, text)) if *of == what => text.clone(),
            update => panic!("nothing was copied: {update:?}"),
        }
    };
    let b = bench.id("b");
    assert_eq!(copied(&mut bench, Copy::Topic(id)), "t");
    assert_eq!(copied(&mut bench, Copy::TopicValue(id)), "{\"a\":[1,2]}");
    assert_eq!(copied(&mut bench, Copy::TopicValue(b)), "00 01");
}

#[test]
fn a_value_outlives_its_row() {
    let mut bench = Bench::v311();
    bench.message("old", b"kept");
    bench.shown();
    bench.ask(Command::Log(LogCommand::Budget(100_000))).expect("it cannot fail");
    for at in 0..3_000 {
        bench.message("new", format!("{at} and some bytes more").as_bytes());
        if at % 500 == 0 {
            bench.shown();
        }
    }
    let id = bench.id("old");
    bench.topics(TopicsCommand::Choose(id));
    let last = bench.shown().chosen.clone().and_then(|chosen| chosen.last).expect("a message");
    assert_eq!((last.number, last.lines), (None, vec!["kept".to_owned()]));
}

#[test]
fn a_topic_is_used_elsewhere() {
    let mut bench = Bench::v311();
    for topic in ["a/b", "/x y", "$SYS/up", "say \"hi\"", "a+b"] {
        bench.message(topic, b"1");
    }
    bench.topics(TopicsCommand::FoldAll { open: true });
    assert_eq!(bench.used("a", TopicUse::Filter), Ok("topic:a/#".into()));
    assert_eq!(bench.used("a/b", TopicUse::Filter), Ok("topic:a/b".into()));
    assert_eq!(bench.used("/x y", TopicUse::Filter), Ok("topic:\"/x y\"".into()));
    assert_eq!(bench.used("$SYS", TopicUse::Filter), Ok("topic:$SYS/#".into()));
    assert_eq!(bench.used("say \"hi\"", TopicUse::Filter), Ok("topic:\"say \\\"hi\\\"\"".into()));
    assert_eq!(bench.used("a/b", TopicUse::Publish), Ok("a/b".into()));
    assert_eq!(bench.used("a", TopicUse::Subscribe), Ok("a/#".into()));
    // A topic name with a wildcard in it breaks a rule [MQTT-3.3.2-2], and no filter means it alone.
    assert!(bench.used("a+b", TopicUse::Publish).is_err());
    assert!(bench.used("a+b", TopicUse::Filter).is_err());
    // The filter that a level makes finds its rows.
    for (topic, rows) in [("a", 1), ("/x y", 1), ("say \"hi\"", 1)] {
        let text = bench.used(topic, TopicUse::Filter).expect("a filter");
        let edit = mqttscope_link::FilterEdit { text, ..Default::default() };
        bench.ask(Command::Log(LogCommand::Filter(edit))).expect("it cannot fail");
        while bench.engine.work() {}
        let view = bench.view().expect("another view");
        assert_eq!(view.log.filter.matches, Some(rows), "{topic}");
    }
}

#[test]
fn nothing_is_made_of_a_tree_that_nobody_sees() {
    let mut bench = Bench::v311();
    bench.look.topics = None;
    bench.ask(Command::Page(PageCommand::Look(bench.look))).expect("it cannot fail");
    bench.message("a/b", b"1");
    while bench.engine.work() {}
    assert_eq!(bench.view().expect("the row").topics, None);
    bench.look.topics = Some(TopicsLook { lines: Span { start: 0, end: 10 }, ..TopicsLook::default() });
    bench.ask(Command::Page(PageCommand::Look(bench.look))).expect("it cannot fail");
    assert_eq!(bench.lines(), ["a+"]);
}

#[test]
fn a_hundred_thousand_topics_come_in_slices() {
    let mut bench = Bench::v311();
    for at in 0..100_000 {
        let (now, generation) = (bench.time(), bench.generation);
        let packet = [&[0x30, 13, 0, 10][..], format!("s/{at:08}").as_bytes(), b"1"].concat();
        bench.engine.handle_bytes(now, SLOT, generation, packet.len(), |room| room.copy_from_slice(&packet));
    }
    let mut slices = 0;
    while bench.engine.has_work() {
        bench.engine.work();
        slices += 1;
    }
    assert!(slices > 40, "{slices}");
    let s = bench.id("s");
    bench.topics(TopicsCommand::Fold(s));
    // The list is begun, and the one before stays until it is whole.
    let view = bench.view().and_then(|view| view.topics).expect("the tree");
    assert!(view.is_behind && view.count == 1, "{}", view.count);
    slices = 0;
    while bench.engine.has_work() {
        bench.engine.work();
        slices += 1;
    }
    assert!(slices > 40, "{slices}");
    assert_eq!((bench.shown().count, bench.shown().topics), (100_001, 100_000));
    bench.topics(TopicsCommand::Step(Step::Last));
    assert_eq!(bench.chosen().as_deref(), Some("s/00099999"));
    bench.topics(TopicsCommand::Find("9999".into()));
    assert_eq!(bench.shown().found, Some(19));
}

#[test]
fn what_the_broker_tells_of_itself_stands_in_the_statistics() {
    let mut bench = Bench::v311();
    bench.message("$SYS/broker/uptime", b"12 seconds");
    bench.message("$SYS/broker/clients/total", b"3");
    bench.message("SYS/other", b"1");
    bench.look.panel = Some(PanelLook::Statistics);
    bench.ask(Command::Page(PageCommand::Look(bench.look))).expect("it cannot fail");
    let panel = bench.view().and_then(|view| view.panel);
    let Some(PanelView::Statistics(Some(figures))) = panel else { panic!("no figures: {panel:?}") };
    let expected = [("$SYS/broker/clients/total", "3"), ("$SYS/broker/uptime", "12 seconds")];
    assert_eq!(figures.broker, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

/// 50 topics below `r` with a retained message, one of another, and one without.
fn with_retained(bench: &mut Bench) {
    for at in 0..50 {
        bench.message_of(0x31, &format!("r/{at:02}"), b"1");
    }
    bench.message_of(0x31, "other", b"1");
    bench.message("r/live", b"1");
}

#[test]
fn retained_messages_are_cleared_as_fast_as_they_are_acknowledged() {
    let mut bench = Bench::v311();
    with_retained(&mut bench);
    let asked = bench.list_retained("r");
    assert_eq!((asked.topic.as_str(), asked.total, asked.left_out), ("r", 50, 0));
    assert_eq!((asked.topics.len(), asked.sent), (50, 0));
    assert_eq!(bench.sent, b"", "nothing goes before the person has agreed");
    bench.topics(TopicsCommand::Clear(SLOT));
    let mut all = Vec::new();
    let mut waiting = bench.cleared();
    assert_eq!(waiting.len(), 20);
    while let Some((id, topic)) = waiting.pop() {
        all.push(topic);
        bench.acknowledge(id);
        let more = bench.cleared();
        assert!(more.len() <= 1);
        waiting.extend(more);
        let now = bench.clearing();
        assert_eq!(now.acknowledged as usize, all.len());
        assert_eq!(now.sent as usize, all.len() + waiting.len());
    }
    all.sort();
    assert_eq!(all, (0..50).map(|at| format!("r/{at:02}")).collect::<Vec<_>>());
    assert_eq!(bench.clearing().stage, ClearingStage::Over(None));
    bench.topics(TopicsCommand::FoldAll { open: true });
    assert_eq!(bench.line("r/07").retained, RetainedMark::Cleared);
    assert_eq!(bench.line("other").retained, RetainedMark::Seen);
    assert_eq!(bench.list_retained("r").total, 0);
    bench.topics(TopicsCommand::CloseClearing);
    assert_eq!(bench.shown().clearing, None);
}

#[test]
fn what_is_being_cleared_is_kept_with_the_session() {
    let version = ProtocolVersion::V311;
    let options = ConnectOptions { version, clean_session: false, ..ConnectOptions::default() };
    let mut bench = Bench::with(options, b"\x20\x02\x00\x00");
    with_retained(&mut bench);
    let settle = |bench: &mut Bench| {
        bench.now += 600_000;
        bench.engine.handle(bench.time(), Input::Timeout);
        bench.drain();
        let kept = bench.updates.drain(..).filter(|update| matches!(update, Update::Kept(SLOT, Some(_))));
        kept.count()
    };
    assert_eq!(settle(&mut bench), 1);
    bench.list_retained("r");
    assert_eq!(settle(&mut bench), 0);
    bench.topics(TopicsCommand::Clear(SLOT));
    assert_eq!(settle(&mut bench), 1);
}

#[test]
fn what_the_server_refuses_to_clear_is_told_with_its_reason() {
    let mut bench = Bench::v5();
    with_retained(&mut bench);
    bench.topics(TopicsCommand::FoldAll { open: true });
    assert_eq!(bench.list_retained("r/03").total, 1);
    bench.topics(TopicsCommand::Clear(SLOT));
    let [(id, topic)] = &bench.cleared()[..] else { panic!("not one") };
    assert_eq!(topic, "r/03");
    let [high, low] = id.to_be_bytes();
    bench.receive(&[0x40, 3, high, low, 0x87]);
    let over = bench.clearing();
    assert_eq!((over.stage, over.acknowledged, over.refusals), (ClearingStage::Over(None), 0, 1));
    assert_eq!(over.refused, [("r/03".to_owned(), "Not authorized (0x87)".to_owned())]);
    assert_eq!(bench.line("r/03").retained, RetainedMark::Seen);
}

#[test]
fn a_small_send_quota_is_kept() {
    // Receive Maximum 2.
    let mut bench = Bench::new(ProtocolVersion::V5, b"\x20\x06\x00\x00\x03\x21\x00\x02");
    with_retained(&mut bench);
    bench.list_retained("r");
    bench.topics(TopicsCommand::Clear(SLOT));
    let mut done = 0;
    loop {
        let sent = bench.cleared();
        assert!(sent.len() <= 2, "{sent:?}");
        let Some((id, _)) = sent.first() else { break };
        for (id, _) in &sent {
            bench.acknowledge(*id);
            done += 1;
        }
        assert!(*id > 0);
    }
    assert_eq!((done, bench.clearing().acknowledged), (50, 50));
    assert_eq!(bench.clearing().stage, ClearingStage::Over(None));
}

#[test]
fn a_clearing_can_be_stopped() {
    let mut bench = Bench::v311();
    with_retained(&mut bench);
    bench.list_retained("r");
    bench.topics(TopicsCommand::Clear(SLOT));
    let sent = bench.cleared();
    bench.topics(TopicsCommand::StopClearing);
    for (id, _) in &sent {
        bench.acknowledge(*id);
    }
    assert_eq!(bench.cleared(), []);
    let over = bench.clearing();
    assert_eq!(over.stage, ClearingStage::Over(Some("Stopped.".into())));
    assert_eq!((over.sent, over.acknowledged, over.total), (20, 20, 50));
}

#[test]
fn a_clearing_ends_with_its_connection() {
    let mut bench = Bench::v311();
    with_retained(&mut bench);
    bench.list_retained("r");
    bench.topics(TopicsCommand::Clear(SLOT));
    let sent = bench.cleared();
    bench.acknowledge(sent[0].0);
    bench.link(LinkInput::Closed { code: 1006, reason: "" });
    let over = bench.clearing();
    assert_eq!(over.stage, ClearingStage::Over(Some("The connection has ended.".into())));
    assert_eq!((over.sent, over.acknowledged), (21, 1));
    // Without a connection none begins.
    bench.list_retained("r");
    assert!(bench.ask(Command::Topics(TopicsCommand::Clear(SLOT))).is_err());
}

#[test]
fn a_log_that_is_cleared_meanwhile_costs_the_answers_not_the_rest() {
    let mut bench = Bench::v311();
    with_retained(&mut bench);
    bench.list_retained("r");
    bench.topics(TopicsCommand::Clear(SLOT));
    let sent = bench.cleared();
    bench.ask(Command::Log(LogCommand::Clear)).expect("it cannot fail");
    for (id, _) in &sent {
        bench.acknowledge(*id);
    }
    loop {
        let more = bench.cleared();
        for (id, _) in &more {
            bench.acknowledge(*id);
        }
        if more.is_empty() {
            break;
        }
    }
    let over = bench.clearing();
    assert_eq!((over.sent, over.acknowledged), (50, 30));
    let ClearingStage::Over(Some(words)) = over.stage else { panic!("{:?}", over.stage) };
    assert!(words.starts_with("20 answers are not known"), "{words}");
}
