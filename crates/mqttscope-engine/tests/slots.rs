//! Several connections of one page: each with its own session, all in one log.

use mqttscope_client::{Input as LinkInput, Output as LinkOutput};
use mqttscope_engine::{Engine, Input, Output};
use mqttscope_link::{
    Asked, Body, Command, ConnectRequest, ConnectionCommand, ConnectionState, Content, Draft, FilterEdit,
    Format, Geometry, LogCommand, Look, Mark, Outgoing, Pace, PageCommand, Phase, Repeat, Slot, Ticket,
    Update, View,
};
use mqttscope_proto::session::ConnectOptions;
use mqttscope_proto::{PropertyBuf, ProtocolVersion, Qos, ReasonCode, Timestamp};

/// 2026-11-25T10:30:01Z, in microseconds since the Unix epoch.
const START: u64 = 1_795_602_601_000_000;
const CONNACK: &[u8] = b"\x20\x02\x00\x00";

/// An engine, its page, and a broker for each connection.
struct Bench {
    engine: Engine,
    now: u64,
    updates: Vec<Update>,
    /// What each connection has sent, and the generation of its link.
    links: Vec<(Slot, u32, Vec<u8>)>,
}

impl Bench {
    /// Connections of these slots, each with the client id `c` and its number.
    fn connected(slots: &[u32]) -> Self {
        let links = Vec::new();
        let mut bench = Self { engine: Engine::new(), now: START, updates: Vec::new(), links };
        bench.engine.set_clock(bench.time(), START);
        for slot in slots {
            bench.connect(Slot(*slot), &format!("c{slot}"), true).expect("there is room");
        }
        let geometry = Geometry { view: 2_400.0, ..Geometry::default() };
        bench.page(PageCommand::Look(Look { geometry, ..Look::default() }));
        bench
    }

    fn time(&self) -> Timestamp {
        Timestamp::from_micros(self.now)
    }

    fn connect(&mut self, slot: Slot, client_id: &str, clean_session: bool) -> Result<(), String> {
        let version = ProtocolVersion::V311;
        let options = ConnectOptions {
            version,
            client_id: client_id.into(),
            clean_session,
            ..ConnectOptions::default()
        };
        let request = ConnectRequest::new("ws://broker/", options);
        self.connection(slot, ConnectionCommand::Connect(Box::new(request)))?;
        self.link(slot, LinkInput::Opened { subprotocol: "" });
        self.receive(slot, CONNACK);
        assert_eq!(self.state(slot).phase, Phase::Connected);
        Ok(())
    }

    fn ask(&mut self, command: Command) -> Result<(), String> {
        let ticket = Ticket(self.updates.len() as u32 + 1);
        self.engine.handle(self.time(), Input::Asked(Asked { ticket, command }));
        self.drain();
        let done = self.updates.iter().rev().find_map(|update| match update {
            Update::Done(of, done) if *of == ticket => Some(done.clone()),
            _ => None,
        });
        done.unwrap_or(Ok(()))
    }

    fn connection(&mut self, slot: Slot, command: ConnectionCommand) -> Result<(), String> {
        self.ask(Command::Connection(slot, command))
    }

    fn page(&mut self, command: PageCommand) {
        self.ask(Command::Page(command)).expect("it cannot fail");
    }

    fn publish(&mut self, slot: Slot, payload: &str) -> Result<(), String> {
        self.connection(slot, ConnectionCommand::Publish(Box::new(message(payload, Qos::AtMostOnce))))
    }

    fn generation(&self, slot: Slot) -> u32 {
        self.links.iter().find(|(own, ..)| *own == slot).map_or(0, |(_, generation, _)| *generation)
    }

    fn link(&mut self, slot: Slot, input: LinkInput<'_>) {
        let generation = self.generation(slot);
        self.engine.handle(self.time(), Input::Link { slot, generation, input });
        self.drain();
    }

    fn receive(&mut self, slot: Slot, bytes: &[u8]) {
        let (now, generation) = (self.time(), self.generation(slot));
        self.engine.handle_bytes(now, slot, generation, bytes.len(), |room| room.copy_from_slice(bytes));
        self.drain();
    }

    fn advance_millis(&mut self, millis: u64) {
        for _ in 0..millis {
            self.now += 1_000;
            if self.engine.poll_timeout().is_some_and(|due| due <= self.time()) {
                self.engine.handle(self.time(), Input::Timeout);
                self.drain();
            }
        }
    }

    fn drain(&mut self) {
        for place in 0.. {
            let Some(slot) = self.engine.slot(place) else { break };
            if self.links.iter().all(|(own, ..)| *own != slot) {
                self.links.push((slot, 0, Vec::new()));
            }
            let at = self.links.iter().position(|(own, ..)| *own == slot).expect("it is there");
            while let Some(output) = self.engine.poll_link(slot, 0) {
                match output {
                    LinkOutput::Open { generation, .. } => self.links[at].1 = generation,
                    LinkOutput::Send(bytes) => self.links[at].2.extend_from_slice(bytes),
                    _ => {}
                }
            }
        }
        while let Some(output) = self.engine.poll_output() {
            if let Output::Update(update) = output {
                self.updates.push(update);
            }
        }
    }

    /// What a connection has sent since this was asked last.
    fn sent(&mut self, slot: Slot) -> Vec<u8> {
        let link = self.links.iter_mut().find(|(own, ..)| *own == slot);
        std::mem::take(&mut link.expect("it is there").2)
    }

    fn state(&self, slot: Slot) -> ConnectionState {
        let state = self.updates.iter().rev().find_map(|update| match update {
            Update::Connection(own, state) if *own == slot => Some((**state).clone()),
            _ => None,
        });
        state.unwrap_or_default()
    }

    fn view(&mut self) -> View {
        while self.engine.has_work() {
            self.engine.work();
        }
        self.page(PageCommand::Drawn);
        self.page(PageCommand::Tick);
        // Another look makes a view, whatever has changed.
        match self.engine.poll_view(self.time()) {
            Some(Update::View(view)) => *view,
            other => panic!("no view: {other:?}"),
        }
    }

    /// The packets that are shown, each with its connection.
    fn packets(&mut self) -> Vec<(Option<Slot>, String)> {
        let packet = |row: mqttscope_link::Row| match row.content {
            Content::Packet(packet) => Some((row.slot, packet.name)),
            Content::Event { .. } => None,
        };
        self.view().rows.rows.into_iter().filter_map(packet).collect()
    }
}

fn message(payload: &str, qos: Qos) -> Outgoing {
    let body = Body::Typed { format: Format::Text, text: payload.into() };
    let properties = PropertyBuf::new();
    Outgoing { topic: "t".into(), body, qos, retain: false, has_copy: false, properties }
}

fn shown(slot: u32, name: &str) -> (Option<Slot>, String) {
    (Some(Slot(slot)), name.into())
}

fn disconnect() -> ConnectionCommand {
    ConnectionCommand::Disconnect { reason: ReasonCode(0), properties: PropertyBuf::new() }
}

#[test]
fn each_sends_over_its_own_link_and_the_log_shows_them_together() {
    let mut bench = Bench::connected(&[0, 3]);
    for slot in [0, 3] {
        bench.sent(Slot(slot));
    }
    bench.publish(Slot(3), "x").expect("it is connected");
    assert_eq!((bench.sent(Slot(0)), bench.sent(Slot(3))), (vec![], b"\x30\x04\x00\x01tx".to_vec()));
    bench.receive(Slot(0), b"\x30\x04\x00\x01tx");
    let packets = [
        shown(0, "CONNECT"),
        shown(0, "CONNACK"),
        shown(3, "CONNECT"),
        shown(3, "CONNACK"),
        shown(3, "PUBLISH"),
        shown(0, "PUBLISH"),
    ];
    assert_eq!(bench.packets(), packets);
    bench.publish(Slot(0), "y").expect("it is connected");
    let view = bench.view();
    assert_eq!((view.log.slots, view.log.shown_slot), (vec![Slot(0), Slot(3)], None));
}

#[test]
fn one_ends_and_the_other_goes_on() {
    let mut bench = Bench::connected(&[0, 1]);
    bench.connection(Slot(1), disconnect()).expect("it is connected");
    bench.link(Slot(1), LinkInput::Closed { code: 1_000, reason: "" });
    assert!(matches!(bench.state(Slot(1)).phase, Phase::Ended { failed: false, .. }));
    assert_eq!(bench.state(Slot(0)).phase, Phase::Connected);
    assert_eq!(bench.publish(Slot(1), "x"), Err("Not connected.".into()));
    assert_eq!(bench.publish(Slot(0), "x"), Ok(()));
}

#[test]
fn the_rows_of_one_are_shown_alone_with_its_next_attempts() {
    let mut bench = Bench::connected(&[0, 1]);
    bench.ask(Command::Log(LogCommand::ShowConnection(Some(Slot(1))))).expect("it cannot fail");
    assert_eq!(bench.packets(), [shown(1, "CONNECT"), shown(1, "CONNACK")]);
    // It comes back, which is another connection of the log.
    bench.link(Slot(1), LinkInput::Closed { code: 1_006, reason: "" });
    bench.connect(Slot(1), "c1", true).expect("there is room");
    bench.receive(Slot(0), b"\xd0\x00");
    let both = [["CONNECT", "CONNACK"]; 2].concat().into_iter().map(|name| shown(1, name));
    assert_eq!(bench.packets(), both.collect::<Vec<_>>());
    // A filter leaves what it finds of that one, also where it has an `or`.
    let text = "type:connack or type:pingresp".into();
    let filter = FilterEdit { text, ..FilterEdit::default() };
    bench.ask(Command::Log(LogCommand::Filter(filter))).expect("it cannot fail");
    assert_eq!(bench.packets(), [shown(1, "CONNACK"), shown(1, "CONNACK")]);
    bench.ask(Command::Log(LogCommand::ShowConnection(None))).expect("it cannot fail");
    let found = [shown(0, "CONNACK"), shown(1, "CONNACK"), shown(1, "CONNACK"), shown(0, "PINGRESP")];
    assert_eq!(bench.packets(), found);
    // One that has not begun has no row.
    bench.ask(Command::Log(LogCommand::ShowConnection(Some(Slot(9))))).expect("it cannot fail");
    assert_eq!(bench.packets(), []);
}

#[test]
fn messages_in_flight_are_those_of_the_chosen_one() {
    let mut bench = Bench::connected(&[0, 1]);
    for (slot, count) in [(0, 1), (1, 2)] {
        for _ in 0..count {
            let message = Box::new(message("x", Qos::AtLeastOnce));
            bench.connection(Slot(slot), ConnectionCommand::Publish(message)).expect("it is connected");
        }
    }
    for (slot, count) in [(0, 1), (1, 2)] {
        bench.page(PageCommand::Look(Look { slot: Slot(slot), number: slot + 1, ..Look::default() }));
        assert_eq!(bench.view().log.glance.in_flight, [count, 0]);
    }
}

#[test]
fn a_repeat_and_the_placeholders_are_those_of_their_connection() {
    let mut bench = Bench::connected(&[0, 1]);
    bench.page(PageCommand::Look(Look { slot: Slot(1), ..Look::default() }));
    let draft = Draft { topic: "t".into(), format: Format::Text, text: "{{client_id}}!!".into() };
    bench.page(PageCommand::Check(draft));
    let len = bench.updates.iter().rev().find_map(|update| match update {
        Update::Checked(checked) => Some(checked.len),
        _ => None,
    });
    assert_eq!(len, Some(4));
    bench.sent(Slot(0));
    bench.sent(Slot(1));
    let messages = vec![message("{{client_id}}", Qos::AtMostOnce)];
    let repeat = Repeat { messages, pace: Pace::EveryMillis(100), count: None };
    bench.connection(Slot(0), ConnectionCommand::Repeat(repeat)).expect("it is connected");
    // The forms are of the other one meanwhile.
    bench.advance_millis(500);
    let sent = bench.sent(Slot(0));
    assert!(sent.len() >= 5 * 7 && sent.windows(2).any(|bytes| bytes == b"c0"), "{sent:02x?}");
    assert_eq!(bench.sent(Slot(1)), []);
    assert_eq!(bench.connection(Slot(1), ConnectionCommand::StopRepeat), Ok(()));
    bench.advance_millis(500);
    assert!(!bench.sent(Slot(0)).is_empty());
    bench.connection(Slot(0), ConnectionCommand::StopRepeat).expect("it cannot fail");
    bench.advance_millis(500);
    assert_eq!(bench.sent(Slot(0)), []);
}

#[test]
fn what_is_noted_of_subscriptions_is_of_their_connection() {
    let mut bench = Bench::connected(&[0, 1]);
    let mark = |slot, colour, is_muted| Mark { slot: Slot(slot), filter: "t".into(), colour, is_muted };
    let marks = vec![mark(0, 3, false), mark(1, 5, true)];
    bench.ask(Command::Log(LogCommand::Marks(marks))).expect("it cannot fail");
    for slot in [0, 1] {
        bench.receive(Slot(slot), b"\x30\x04\x00\x01tx");
    }
    let of = |view: View| {
        let messages = view.rows.rows.into_iter().filter_map(|row| match row.content {
            Content::Packet(packet) if packet.is_publish => Some((row.slot, packet.mark)),
            _ => None,
        });
        messages.collect::<Vec<_>>()
    };
    assert_eq!(of(bench.view()), [(Some(Slot(0)), 3)]);
    // An attempt of its own does not bring them back.
    bench.link(Slot(1), LinkInput::Closed { code: 1_006, reason: "" });
    bench.connect(Slot(1), "c1", true).expect("there is room");
    bench.receive(Slot(1), b"\x30\x04\x00\x01ty");
    assert_eq!(of(bench.view()), [(Some(Slot(0)), 3)]);
    bench.ask(Command::Log(LogCommand::Marks(vec![mark(1, 5, false)]))).expect("it cannot fail");
    assert_eq!(of(bench.view()), [(Some(Slot(0)), 0), (Some(Slot(1)), 5), (Some(Slot(1)), 5)]);
}

#[test]
fn there_is_room_for_sixteen_and_one_that_was_left_makes_room() {
    let all: Vec<u32> = (0..16).collect();
    let mut bench = Bench::connected(&all);
    let words = bench.connect(Slot(16), "c16", true).expect_err("there is no room");
    assert!(words.contains("16 connections are there"), "{words}");
    let words = bench.ask(Command::Leave(Slot(3))).expect_err("it is connected");
    assert!(words.contains("disconnect first"), "{words}");
    bench.connection(Slot(3), disconnect()).expect("it is connected");
    bench.link(Slot(3), LinkInput::Closed { code: 1_000, reason: "" });
    assert_eq!(bench.ask(Command::Leave(Slot(3))), Ok(()));
    bench.connect(Slot(16), "c16", true).expect("there is room");
    // Its rows stay its own.
    let packets = bench.packets();
    let of = |slot| packets.iter().filter(|(own, _)| *own == Some(Slot(slot))).count();
    assert_eq!((of(3), of(16)), (3, 2));
}

#[test]
fn the_session_of_each_is_kept_and_restored_and_goes_with_it() {
    let mut bench = Bench::connected(&[]);
    for slot in [0, 1] {
        bench.connect(Slot(slot), &format!("c{slot}"), false).expect("there is room");
    }
    bench.advance_millis(1_000);
    let kept = |bench: &Bench, slot: u32| {
        bench.updates.iter().rev().find_map(|update| match update {
            Update::Kept(own, kept) if *own == Slot(slot) => Some(kept.clone()),
            _ => None,
        })
    };
    let sessions = [0, 1].map(|slot| kept(&bench, slot).flatten());
    let mut again = Bench::connected(&[]);
    for (slot, session) in (0..).zip(sessions) {
        assert!(session.is_some());
        again.connection(Slot(slot), ConnectionCommand::Restore(session)).expect("it cannot fail");
        assert_eq!(again.state(Slot(slot)).client_id, format!("c{slot}"));
    }
    bench.link(Slot(1), LinkInput::Closed { code: 1_006, reason: "" });
    bench.ask(Command::Leave(Slot(1))).expect("it has ended");
    assert_eq!(kept(&bench, 1), Some(None));
    assert!(kept(&bench, 0).flatten().is_some());
}

#[test]
fn a_log_that_was_cleared_shows_what_comes_to_those_that_are_there() {
    let mut bench = Bench::connected(&[0, 1]);
    bench.connection(Slot(1), disconnect()).expect("it is connected");
    bench.link(Slot(1), LinkInput::Closed { code: 1_000, reason: "" });
    bench.ask(Command::Log(LogCommand::Clear)).expect("it cannot fail");
    bench.receive(Slot(0), b"\xd0\x00");
    assert_eq!(bench.packets(), [shown(0, "PINGRESP")]);
    bench.receive(Slot(0), b"\xd0\x00");
    assert_eq!(bench.view().log.slots, [Slot(0)]);
}
