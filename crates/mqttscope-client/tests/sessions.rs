//! What outlives a connection: subscriptions, exchanges, messages that wait.

mod common;

use common::{Bench, CONNACK, options, persistent, request};
use mqttscope_client::{Answer, ConnectRequest};
use mqttscope_proto::session::ConnectOptions;
use mqttscope_proto::{ProtocolVersion, Qos};

/// CONNACK with session present.
const PRESENT: &[u8] = &[0x20, 0x02, 0x01, 0x00];

fn persistent_v311() -> ConnectOptions {
    ConnectOptions { version: ProtocolVersion::V311, ..persistent() }
}

/// Connects anew, and is answered so.
fn reconnects(bench: &mut Bench, request: ConnectRequest, connack: &[u8]) {
    bench.closed(1006, "");
    bench.logged();
    bench.connect(request);
    bench.opened();
    bench.receive(connack);
}

fn answers(bench: &Bench) -> Vec<Answer> {
    bench.client.connection().subscriptions.iter().map(|subscription| subscription.answer).collect()
}

#[test]
fn subscriptions_are_gone_where_the_server_kept_no_session() {
    let mut bench = Bench::connected(persistent_v311());
    bench.subscribe("a", Qos::AtMostOnce);
    bench.subscribe("b", Qos::AtMostOnce);
    bench.receive(&[0x90, 0x03, 0x00, 0x01, 0x00, 0x90, 0x03, 0x00, 0x02, 0x00]);
    reconnects(&mut bench, request(persistent_v311()), CONNACK);
    assert_eq!(answers(&bench), [Answer::Gone, Answer::Gone]);
    let lost = "Session present 0: the server kept no session, and 2 subscriptions are gone".to_owned();
    assert!(bench.logged().contains(&lost));
    bench.subscribe("a", Qos::AtMostOnce);
    assert_eq!(answers(&bench), [Answer::Gone, Answer::Awaited]);
    assert!(!bench.client.connection().may_hold_others);

    reconnects(&mut bench, request(persistent_v311()), PRESENT);
    assert_eq!(answers(&bench), [Answer::Gone, Answer::Unanswered]);
    assert!(!bench.client.connection().may_hold_others);
}

#[test]
fn a_server_that_does_not_say_keeps_what_it_granted() {
    let mut bench = Bench::connected(persistent());
    bench.subscribe("a", Qos::AtMostOnce);
    bench.receive(&[0x90, 0x03, 0x00, 0x01, 0x00]);
    bench.subscribe("b", Qos::AtMostOnce);
    bench.unsubscribe("a");
    reconnects(&mut bench, request(persistent()), CONNACK);
    assert_eq!(answers(&bench), [Answer::Unanswered, Answer::Unanswered]);
}

#[test]
fn exchanges_end_by_a_rule_that_is_said() {
    let mut bench = Bench::connected(persistent_v311());
    for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
        bench.publish(qos, b"m");
    }
    bench.receive(&[0x50, 0x02, 0x00, 0x02]);
    reconnects(&mut bench, request(persistent_v311()), CONNACK);
    let said = "Session present 0: the server kept no session; over, since PUBREC had come: packet id 2; sent again, \
                since no answer had come: packet id 1";
    assert_eq!(bench.logged()[3..], ["in CONNACK", "out PUBLISH q1 #1 dup", said]);
    assert_eq!(bench.client.session().in_flight(), 1);
}

#[test]
fn a_server_may_hold_what_this_page_has_not_asked_for() {
    let mut bench = Bench::awaiting_connack(persistent_v311());
    bench.receive(PRESENT);
    assert!(bench.client.connection().may_hold_others);
    // That it is still so does not change by a reconnect, but by a session that begins anew.
    reconnects(&mut bench, request(persistent_v311()), PRESENT);
    assert!(bench.client.connection().may_hold_others);
    reconnects(&mut bench, request(persistent_v311()), CONNACK);
    assert!(!bench.client.connection().may_hold_others);
    reconnects(&mut bench, request(persistent_v311()), PRESENT);
    assert!(!bench.client.connection().may_hold_others);

    // One of 3.1 does not say; a clean session is known.
    let bench = Bench::connected(persistent());
    assert!(bench.client.connection().may_hold_others);
    let mut bench = Bench::connected(options());
    assert!(!bench.client.connection().may_hold_others);
    reconnects(&mut bench, request(persistent()), CONNACK);
    assert!(!bench.client.connection().may_hold_others);
}

#[test]
fn another_server_has_another_session() {
    let mut bench = Bench::connected(persistent());
    bench.subscribe("a", Qos::AtMostOnce);
    bench.receive(&[0x90, 0x03, 0x00, 0x01, 0x00]);
    bench.publish(Qos::AtLeastOnce, b"m");
    let mut elsewhere = request(persistent());
    elsewhere.url = "ws://localhost:9001/".into();
    reconnects(&mut bench, elsewhere, CONNACK);
    assert_eq!(answers(&bench), []);
    let logged = bench.logged();
    assert_eq!(logged[1], "Left in flight: 1 packet id (2); it is given up");
    assert!(!logged.iter().any(|line| line.contains("PUBLISH")), "{logged:?}");
    assert!(bench.client.connection().may_hold_others);

    // A token in the query is another one each time, and the server is the same.
    bench.publish(Qos::AtLeastOnce, b"m");
    let mut again = request(persistent());
    again.url = "ws://localhost:9001/?token=2".into();
    reconnects(&mut bench, again, CONNACK);
    assert!(bench.logged().iter().any(|line| line.starts_with("out PUBLISH q1")));
}

#[test]
fn messages_that_are_queued_are_said_and_so_is_when_they_leave() {
    let mut bench = Bench::connected(options());
    bench.client.policy_mut().max_in_flight = 1;
    for _ in 0..4 {
        bench.publish(Qos::AtLeastOnce, b"m");
    }
    let queued = "This message is queued, as further ones will be: 1 are in flight, and no more may be; 100,000 fit \
                  into the queue";
    assert_eq!(bench.logged(), ["out PUBLISH q1 #1", queued]);
    assert_eq!(bench.client.connection().queued, 1);
    bench.advance_millis(500);
    assert_eq!(bench.client.connection().queued, 3);
    bench.receive(&[0x40, 0x02, 0x00, 0x01]);
    let left = "1 message has left the queue, the last as packet id 2; queued: 2";
    assert_eq!(bench.logged(), ["in PUBACK #1", "out PUBLISH q1 #2", left]);
    bench.client.policy_mut().max_in_flight = 10;
    bench.receive(&[0x40, 0x02, 0x00, 0x02]);
    let left = "2 messages have left the queue, the last as packet id 4; queued: 0";
    assert_eq!(bench.logged()[3..], [left]);
    assert_eq!(bench.client.connection().queued, 0);
}

#[test]
fn a_flood_through_the_queue_is_no_flood_of_changes() {
    let mut bench = Bench::connected(options());
    bench.client.policy_mut().max_in_flight = 1;
    let before = bench.changes;
    for _ in 0..1_000 {
        bench.publish(Qos::AtLeastOnce, b"m");
    }
    assert_eq!(bench.changes, before + 1);
    bench.client.policy_mut().max_queued = 999;
    let message = mqttscope_proto::session::Publication::new(
        mqttscope_proto::TopicName::new("t").expect("a topic"),
        b"m",
        Qos::AtLeastOnce,
    );
    let refused = bench.client.publish(bench.now, &message, &mut bench.log).expect_err("the queue is full");
    assert!(refused.to_string().contains("999 are queued: the queue holds no more"), "{refused}");
    // What is queued at the end is not told as queued on a clean session that follows.
    bench.closed(1006, "");
    assert_eq!(bench.client.connection().queued, 0);
}
