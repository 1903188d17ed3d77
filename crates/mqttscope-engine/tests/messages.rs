//! Messages as they are typed and repeated: what the broker gets, when, and what the page is told.

use mqttscope_client::{Input as LinkInput, Output as LinkOutput};
use mqttscope_engine::{Engine, Input, Output};
use mqttscope_link::{
    Asked, Body, Checked, Command, ConnectRequest, ConnectionCommand, Draft, Format, Outgoing, Pace,
    PageCommand, Repeat, RepeatState, Slot, Ticket, Update,
};
use mqttscope_proto::session::ConnectOptions;
use mqttscope_proto::{Deframer, Packet, PropertyBuf, ProtocolVersion, Qos, Timestamp};

const SLOT: Slot = Slot(0);
/// 2026-11-25T10:30:01Z, in microseconds since the Unix epoch.
const START: u64 = 1_795_602_601_000_000;

/// An engine with a connection, a clock that wakes it, and a broker that reads what comes.
struct Bench {
    engine: Engine,
    now: u64,
    generation: u32,
    /// What the socket has not sent.
    buffered: usize,
    deframer: Deframer,
    /// What the broker has read: topic, payload, packet id, DUP.
    messages: Vec<(String, Vec<u8>, Option<u16>, bool)>,
    updates: Vec<Update>,
    /// Pieces that were published behind the first of what was asked.
    pieces: usize,
}

impl Bench {
    fn connected() -> Self {
        Self::connected_with(true)
    }

    fn connected_with(clean_session: bool) -> Self {
        let mut bench = Self {
            engine: Engine::new(),
            now: START,
            generation: 0,
            buffered: 0,
            deframer: Deframer::new(),
            messages: Vec::new(),
            updates: Vec::new(),
            pieces: 0,
        };
        bench.engine.set_random(|bytes| bytes.fill(0xff));
        bench.engine.set_clock(bench.time(), START);
        let options = ConnectOptions {
            version: ProtocolVersion::V311,
            client_id: "me".into(),
            clean_session,
            ..ConnectOptions::default()
        };
        let request = ConnectRequest::new("ws://broker/", options);
        bench.ask(ConnectionCommand::Connect(Box::new(request))).expect("it cannot fail");
        bench.link(LinkInput::Opened { subprotocol: "" });
        bench.receive(b"\x20\x02\x00\x00");
        bench
    }

    fn time(&self) -> Timestamp {
        Timestamp::from_micros(self.now)
    }

    fn handle(&mut self, input: Input<'_>) {
        self.engine.handle(self.time(), input);
        self.drain();
    }

    fn ask(&mut self, command: ConnectionCommand) -> Result<(), String> {
        let command = Command::Connection(SLOT, command);
        self.handle(Input::Asked(Asked { ticket: Ticket(1), command }));
        let done = self.updates.iter().rev().find_map(|update| match update {
            Update::Done(_, done) => Some(done.clone()),
            _ => None,
        });
        done.expect("an answer")
    }

    fn page(&mut self, command: PageCommand) -> Update {
        self.handle(Input::Asked(Asked { ticket: Ticket(2), command: Command::Page(command) }));
        self.updates.pop().expect("an answer")
    }

    fn link(&mut self, input: LinkInput<'_>) {
        let generation = self.generation;
        self.handle(Input::Link { slot: SLOT, generation, input });
    }

    fn receive(&mut self, bytes: &[u8]) {
        let now = self.time();
        self.engine.handle_bytes(now, SLOT, self.generation, bytes.len(), |room| room.copy_from_slice(bytes));
        self.drain();
    }

    /// Acknowledges the oldest messages that are not, in one read.
    fn acknowledge(&mut self, ids: &[u16]) {
        let acks: Vec<u8> = ids.iter().flat_map(|id| [0x40, 2, (id >> 8) as u8, (id & 0xff) as u8]).collect();
        self.receive(&acks);
    }

    /// Lets time pass, and wakes the engine whenever it wants that.
    fn pass_millis(&mut self, millis: u64) {
        let end = self.now + millis * 1_000;
        while let Some(due) = self.engine.poll_timeout().map(Timestamp::as_micros).filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.handle(Input::Timeout);
        }
        self.now = end;
    }

    fn drain(&mut self) {
        loop {
            self.drain_link();
            if !self.engine.publish_more(self.time()) {
                break;
            }
            self.pieces += 1;
        }
        while let Some(output) = self.engine.poll_output() {
            if let Output::Update(update) = output {
                self.updates.push(update);
            }
        }
    }

    fn drain_link(&mut self) {
        while let Some(output) = self.engine.poll_link(SLOT, self.buffered) {
            match output {
                LinkOutput::Open { generation, .. } => self.generation = generation,
                LinkOutput::Send(mut bytes) => {
                    while let Ok(Some(frame)) = self.deframer.next_frame(&mut bytes, ProtocolVersion::V311) {
                        if let Ok(Packet::Publish(it)) = frame.decode(ProtocolVersion::V311, &mut ()) {
                            let topic = it.topic.to_string();
                            self.messages.push((topic, it.payload.to_vec(), it.packet_id, it.dup));
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn payloads(&mut self) -> Vec<String> {
        let messages = self.messages.drain(..);
        messages.map(|(_, payload, ..)| String::from_utf8(payload).expect("text")).collect()
    }

    fn state(&self) -> RepeatState {
        let states = self.updates.iter().rev().find_map(|update| match update {
            Update::Repeat(SLOT, state) => Some(state.clone()),
            _ => None,
        });
        states.expect("it was told")
    }

    fn repeat(&mut self, messages: &[Outgoing], pace: Pace, count: Option<u64>) {
        let repeat = Repeat { messages: messages.to_vec(), pace, count };
        self.ask(ConnectionCommand::Repeat(repeat)).expect("it begins");
    }
}

fn typed(format: Format, text: &str, qos: Qos) -> Outgoing {
    Outgoing {
        topic: "t".into(),
        body: Body::Typed { format, text: text.into() },
        qos,
        retain: false,
        has_copy: false,
        properties: PropertyBuf::new(),
    }
}

fn numbered(qos: Qos) -> Outgoing {
    typed(Format::Text, "{{n}}", qos)
}

#[test]
fn a_message_is_sent_as_it_is_meant() {
    let mut bench = Bench::connected();
    let message =
        Outgoing { topic: "to/{{client_id}}/{{n}}".into(), ..typed(Format::Hex, "68 69", Qos::AtMostOnce) };
    bench.ask(ConnectionCommand::Publish(Box::new(message))).expect("it is right");
    assert_eq!(bench.messages, [("to/me/1".into(), b"hi".to_vec(), None, false)]);
    let uuid = typed(Format::Text, "{{uuid}} {{time}}", Qos::AtMostOnce);
    bench.ask(ConnectionCommand::Publish(Box::new(uuid))).expect("it is right");
    assert_eq!(bench.payloads()[1], "ffffffff-ffff-4fff-bfff-ffffffffffff 2026-11-25T10:30:01.000Z");
}

#[test]
fn a_message_that_is_wrong_is_not_sent() {
    let mut bench = Bench::connected();
    let wrong = typed(Format::Json, "{\"a\":}", Qos::AtMostOnce);
    let said = bench.ask(ConnectionCommand::Publish(Box::new(wrong)));
    assert_eq!(said, Err("Column 6: a value belongs here.".into()));
    let topic = Outgoing { topic: "a/{{random 1 1}}/#".into(), ..numbered(Qos::AtMostOnce) };
    let said = bench.ask(ConnectionCommand::Publish(Box::new(topic))).expect_err("a wildcard");
    assert!(said.to_lowercase().contains("wildcard"), "{said}");
    assert!(bench.messages.is_empty());
}

#[test]
fn a_message_with_a_copy_is_sent_twice_and_the_next_is_not() {
    let mut bench = Bench::connected();
    let twice = Outgoing { has_copy: true, ..numbered(Qos::AtLeastOnce) };
    bench.ask(ConnectionCommand::Publish(Box::new(twice))).expect("it is right");
    bench.ask(ConnectionCommand::Publish(Box::new(numbered(Qos::AtLeastOnce)))).expect("it is right");
    let sent: Vec<_> = bench.messages.iter().map(|(.., id, dup)| (*id, *dup)).collect();
    assert_eq!(sent, [(Some(1), false), (Some(1), true), (Some(2), false)]);
}

#[test]
fn repeated_messages_keep_to_their_times() {
    let mut bench = Bench::connected();
    bench.repeat(&[numbered(Qos::AtMostOnce)], Pace::EveryMillis(500), None);
    assert_eq!(bench.payloads(), ["1"]);
    bench.pass_millis(499);
    assert!(bench.payloads().is_empty());
    bench.pass_millis(1);
    assert_eq!(bench.payloads(), ["2"]);
    // The timer is 300 ms late, and the next one is on time all the same.
    bench.now += 800_000;
    bench.handle(Input::Timeout);
    assert_eq!(bench.payloads(), ["3"]);
    bench.pass_millis(199);
    assert!(bench.payloads().is_empty());
    bench.pass_millis(1);
    assert_eq!((bench.payloads(), bench.state().missed), (vec!["4".into()], 0));
}

#[test]
fn what_is_repeated_is_kept_with_the_session() {
    let mut bench = Bench::connected_with(false);
    let kept = |bench: &mut Bench| {
        let kept = bench.updates.drain(..).filter(|update| matches!(update, Update::Kept(SLOT, Some(_))));
        kept.count()
    };
    bench.repeat(&[numbered(Qos::AtLeastOnce)], Pace::EveryMillis(10_000), None);
    bench.pass_millis(9_999);
    assert_eq!((bench.payloads(), kept(&mut bench)), (vec!["1".into()], 1));
    bench.pass_millis(1_000);
    assert_eq!((bench.payloads(), kept(&mut bench)), (vec!["2".into()], 1));
}

#[test]
fn what_is_late_makes_no_burst() {
    let mut bench = Bench::connected();
    bench.repeat(&[numbered(Qos::AtMostOnce)], Pace::EveryMillis(100), None);
    bench.messages.clear();
    bench.now += 1_050_000;
    bench.handle(Input::Timeout);
    // Of ten that were due, the newest.
    assert_eq!((bench.payloads(), bench.state().missed), (vec!["2".into()], 9));
    bench.pass_millis(50);
    assert_eq!(bench.payloads(), ["3"]);
}

#[test]
fn what_a_timer_cannot_tell_apart_leaves_together() {
    let mut bench = Bench::connected();
    bench.repeat(&[numbered(Qos::AtMostOnce)], Pace::EveryMillis(1), Some(1_000));
    for _ in 0..250 {
        bench.now += 4_000;
        bench.handle(Input::Timeout);
    }
    assert_eq!((bench.payloads().len(), bench.state().missed), (1_000, 0));
    assert_eq!(bench.state().end, Some(Ok(String::new())));
}

#[test]
fn messages_are_repeated_in_turn_until_their_number_is_reached() {
    let mut bench = Bench::connected();
    let second = Outgoing { topic: "u".into(), ..typed(Format::Cbor, "[{{n}}]", Qos::AtMostOnce) };
    bench.repeat(&[numbered(Qos::AtMostOnce), second], Pace::EveryMillis(10), Some(3));
    bench.pass_millis(1_000);
    let sent: Vec<_> =
        bench.messages.iter().map(|(topic, payload, ..)| (topic.as_str(), &payload[..])).collect();
    assert_eq!(sent, [("t", &b"1"[..]), ("u", b"\x81\x02"), ("t", b"3")]);
    let state = bench.state();
    assert_eq!((state.sent, state.count, state.end, state.millis), (3, Some(3), Some(Ok(String::new())), 20));
    assert_eq!(state.rate, 150_000);
    assert_eq!(bench.engine.poll_timeout(), None);
}

#[test]
fn as_fast_as_the_broker_acknowledges_a_thousand_are_in_flight() {
    let mut bench = Bench::connected();
    bench.repeat(&[numbered(Qos::AtLeastOnce)], Pace::AsAcknowledged, Some(2_500));
    let ids = |bench: &mut Bench| -> Vec<u16> { bench.messages.drain(..).filter_map(|it| it.2).collect() };
    let first = ids(&mut bench);
    assert_eq!(first.len(), 1_000);
    // The broker has the first of them while the last are made.
    assert_eq!(bench.pieces, 3);
    bench.pass_millis(2_000);
    assert!(bench.messages.is_empty());
    bench.acknowledge(&first[..300]);
    let next = ids(&mut bench);
    assert_eq!(next.len(), 300);
    bench.acknowledge(&[&first[300..], &next[..]].concat());
    let next = ids(&mut bench);
    assert_eq!(next.len(), 1_000);
    bench.acknowledge(&next);
    assert_eq!((ids(&mut bench).len(), bench.state().sent), (200, 2_500));
    assert_eq!(bench.state().end, Some(Ok(String::new())));
}

#[test]
fn of_large_messages_few_are_in_flight() {
    let mut bench = Bench::connected();
    let large = Outgoing { body: Body::Bytes(vec![b'x'; 3 << 20]), ..numbered(Qos::AtLeastOnce) };
    bench.repeat(&[large], Pace::AsAcknowledged, Some(5));
    let ids = |bench: &mut Bench| -> Vec<u16> { bench.messages.drain(..).filter_map(|it| it.2).collect() };
    let first = ids(&mut bench);
    assert_eq!(first.len(), 2);
    bench.acknowledge(&first);
    assert_eq!(ids(&mut bench).len(), 2);
}

#[test]
fn at_qos_0_the_socket_says_how_much_it_takes() {
    let mut bench = Bench::connected();
    bench.buffered = usize::MAX >> 1;
    let payload = Outgoing { body: Body::Bytes(vec![b'x'; 1_000]), ..numbered(Qos::AtMostOnce) };
    bench.repeat(&[payload], Pace::AsAcknowledged, Some(2_000));
    let unsent = |bench: &Bench| bench.state().sent;
    bench.pass_millis(2_000);
    let first = unsent(&bench);
    assert!((500..600).contains(&first), "{first} of 1 kB each wait");
    bench.pass_millis(2_000);
    assert_eq!(unsent(&bench), first);
    bench.buffered = 0;
    bench.pass_millis(2_000);
    assert_eq!((unsent(&bench), bench.state().end), (2_000, Some(Ok(String::new()))));
}

#[test]
fn it_ends_with_the_connection_and_when_it_is_stopped() {
    let mut bench = Bench::connected();
    bench.repeat(&[numbered(Qos::AtMostOnce)], Pace::EveryMillis(100), None);
    let again = Repeat { messages: vec![numbered(Qos::AtMostOnce)], pace: Pace::AsAcknowledged, count: None };
    assert!(bench.ask(ConnectionCommand::Repeat(again.clone())).is_err());
    bench.pass_millis(250);
    bench.ask(ConnectionCommand::StopRepeat).expect("it cannot fail");
    assert_eq!((bench.state().sent, bench.state().end), (3, Some(Ok("Stopped".into()))));
    bench.pass_millis(1_000);
    assert_eq!(bench.payloads().len(), 3);

    bench.repeat(&[numbered(Qos::AtMostOnce)], Pace::EveryMillis(100), None);
    bench.link(LinkInput::Closed { code: 1006, reason: "" });
    assert_eq!(bench.state().end, Some(Err("The connection ended.".into())));
    bench.pass_millis(1_000);
    assert_eq!(bench.payloads(), ["1"]);
    assert!(bench.ask(ConnectionCommand::Repeat(again)).is_err());
}

#[test]
fn a_page_is_told_while_it_lasts() {
    let mut bench = Bench::connected();
    bench.repeat(&[numbered(Qos::AtMostOnce)], Pace::EveryMillis(20), None);
    bench.pass_millis(10_000);
    let told = bench.updates.iter().filter(|update| matches!(update, Update::Repeat(..))).count();
    assert!((35..=42).contains(&told), "{told} times in 10 s");
    assert!(bench.state().rate.abs_diff(50_000) < 4_500, "{} a second", bench.state().rate);
}

#[test]
fn what_the_form_holds_is_checked_formatted_and_read() {
    let mut bench = Bench::connected();
    let draft = Draft { topic: "t".into(), format: Format::Base64, text: "aGk=".into() };
    let checked = Checked { len: 2, wrong: None, warning: None };
    assert_eq!(bench.page(PageCommand::Check(draft)), Update::Checked(checked));
    let made = bench.page(PageCommand::Reformat { text: "[ {{n}} ]".into(), is_pretty: false });
    assert_eq!(made, Update::Reformatted(Ok("[{{n}}]".into())));
    let Update::Reformatted(Err(wrong)) =
        bench.page(PageCommand::Reformat { text: "[\n}".into(), is_pretty: true })
    else {
        panic!("it is no JSON")
    };
    assert_eq!(
        (wrong.words.as_str(), wrong.at),
        ("Line 2, column 1: another bracket is to be closed here.", 2)
    );
    let read = bench.page(PageCommand::ReadMessages("[{\"topic\":\"t\"}]".into()));
    assert_eq!(read, Update::MessagesRead(Ok(vec![vec![("topic".into(), "t".into())]])));
    let bad = bench.page(PageCommand::ReadMessages("no".into()));
    assert!(matches!(bad, Update::MessagesRead(Err(words)) if words.starts_with("Column 1: ")));
}
