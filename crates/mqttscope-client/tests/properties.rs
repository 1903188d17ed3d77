//! Inputs and commands in any order, sensible or not.

mod common;

use common::{Bench, CONNACK, options, persistent, request, v311};
use mqttscope_client::{Client, Input, Output, Phase};
use mqttscope_proto::session::{AckPolicy, Publication};
use mqttscope_proto::{KeepAlive, Qos, TopicFilter, TopicName};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Connect(u8),
    Disconnect,
    Drop,
    Subscribe,
    Unsubscribe,
    Publish(u8, usize),
    Release,
    Policy(u8),
    Opened(u8),
    NotOpened(u8),
    Text(u8),
    Closed(u8),
    Bytes(u8, Vec<u8>),
    Timeout,
    Wait(u64),
    Buffered(usize),
    ClearLog,
}

fn step() -> impl Strategy<Value = Step> {
    use Step as S;
    // What links tell comes from the newest one in most cases.
    let age = prop_oneof![4 => Just(0_u8), 1 => 1..3_u8];
    let packets = prop_oneof![
        4 => Just(CONNACK.to_vec()),
        2 => (0x30..0x36_u8, 0..4_u8).prop_map(|(first, id)| vec![first, 6, 0, 1, b't', 0, id, b'm']),
        3 => (4..8_u8, 0..4_u8).prop_map(|(kind, id)| vec![kind << 4 | u8::from(kind == 6) << 1, 2, 0, id]),
        1 => (0..4_u8, any::<u8>()).prop_map(|(id, code)| vec![0x90, 3, 0, id, code]),
        1 => Just(vec![0xd0, 0]),
        1 => vec(any::<u8>(), 0..12),
    ];
    prop_oneof![
        3 => (0..4_u8).prop_map(S::Connect),
        1 => Just(S::Disconnect),
        1 => Just(S::Drop),
        1 => Just(S::Subscribe),
        1 => Just(S::Unsubscribe),
        3 => (0..3_u8, prop_oneof![9 => 0..20_usize, 1 => 65_000..140_000_usize]).prop_map(|(qos, len)| S::Publish(qos, len)),
        1 => Just(S::Release),
        2 => any::<u8>().prop_map(S::Policy),
        4 => age.clone().prop_map(S::Opened),
        1 => age.clone().prop_map(S::NotOpened),
        1 => age.clone().prop_map(S::Text),
        1 => age.clone().prop_map(S::Closed),
        8 => (age, packets).prop_map(|(age, bytes)| S::Bytes(age, bytes)),
        2 => Just(S::Timeout),
        2 => (0..40_000_u64).prop_map(S::Wait),
        1 => prop_oneof![Just(0_usize), Just(8 << 20)].prop_map(S::Buffered),
        1 => Just(S::ClearLog),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Nothing panics, the outputs come to an end, and a link is given nothing after its end: the bench asserts it.
    #[test]
    fn any_order(steps in vec((step(), any::<bool>()), 0..60)) {
        let mut bench = Bench::new();
        for (step, drains) in steps {
            take(&mut bench, step);
            // Whoever forgets to ask for the outputs gets them with the next ones.
            if drains {
                bench.drain();
                check(&bench);
            }
        }
    }
}

fn take(bench: &mut Bench, step: Step) {
    let Bench { client, log, now, .. } = bench;
    let now = *now;
    let generation = |client: &Client, age: u8| client.generation().wrapping_sub(age.into());
    match step {
        Step::Connect(kind) => {
            let mut options = [options(), v311(), persistent(), persistent()][usize::from(kind)].clone();
            options.keep_alive = KeepAlive::from_secs(u16::from(kind) * 5);
            client.connect(now, request(options), log);
        }
        Step::Disconnect => client.disconnect(now, log),
        Step::Drop => client.drop_connection(now, log),
        Step::Subscribe => {
            let filter = TopicFilter::new("a/#").expect("a filter");
            let _ = client.subscribe(now, filter, Qos::AtLeastOnce, log);
        }
        Step::Unsubscribe => {
            let filter = TopicFilter::new("a/#").expect("a filter");
            let _ = client.unsubscribe(now, filter, log);
        }
        Step::Publish(qos, len) => {
            let topic = TopicName::new("t").expect("a topic");
            let qos = Qos::from_u8(qos).expect("a QoS");
            let payload = &vec![b'x'; len];
            let _ = client.publish(now, &Publication::new(topic, payload, qos), log);
        }
        Step::Release => {
            let _ = client.release_withheld(now, log);
        }
        Step::Policy(bits) => {
            let policy = client.policy_mut();
            policy.send_duplicates = bits & 1 != 0;
            policy.withhold_pingreq = bits & 2 != 0;
            policy.close_on_violation = bits & 4 != 0;
            policy.retry_after_millis = (bits & 8 != 0).then_some(1_000);
            let acks =
                [AckPolicy::Send, AckPolicy::Withhold, AckPolicy::DelayMillis(700), AckPolicy::Reorder];
            policy.puback = acks[usize::from(bits >> 4 & 3)];
            policy.pubrec = acks[usize::from(bits >> 6)];
        }
        Step::Opened(age) => {
            client.handle(now, generation(client, age), Input::Opened { subprotocol: "mqtt" }, log);
        }
        Step::NotOpened(age) => {
            client.handle(now, generation(client, age), Input::NotOpened { words: "no" }, log);
        }
        Step::Text(age) => client.handle(now, generation(client, age), Input::Text { chars: 3 }, log),
        Step::Closed(age) => {
            client.handle(now, generation(client, age), Input::Closed { code: 1006, reason: "" }, log);
        }
        Step::Bytes(age, bytes) => {
            let fill = |room: &mut [u8]| room.copy_from_slice(&bytes);
            client.handle_bytes(now, generation(client, age), bytes.len(), fill, log);
        }
        Step::Timeout => client.handle(now, 0, Input::Timeout, log),
        Step::Wait(millis) => {
            bench.drain();
            bench.now = now.plus_millis(millis);
        }
        Step::Buffered(buffered) => bench.buffered = buffered,
        Step::ClearLog => log.clear(),
    }
}

fn check(bench: &Bench) {
    let connection = bench.client.connection();
    let has_link = bench.link.as_ref().is_some_and(|link| link.generation == bench.client.generation());
    assert!(has_link || !connection.is_open(), "an open connection has its link");
    let is_ending = bench.link_end().is_some();
    assert!(connection.phase != Phase::Closing || is_ending, "a link that closes was asked to");
    assert!(!connection.is_connected() || !is_ending, "a link that stands was not");
    assert_eq!(connection.is_connected(), bench.client.session().is_connected());
    if !connection.is_open() {
        assert_eq!(bench.client.poll_timeout(), None, "nothing is waited for");
    }
}

/// What the client asks for without an input: nothing.
#[test]
fn a_new_client_asks_for_nothing() {
    let mut client = Client::new();
    assert_eq!(client.poll_output(0), None::<Output<'_>>);
    assert_eq!((client.poll_timeout(), client.id()), (None, None));
}
