//! What a connection does while it stands: what is sent together, what waits, what the log is told, when it wakes.

mod common;

use common::{Bench, CONNACK, End, OPENED, bytes, keep_alive, options, persistent, request, v311};
use mqttscope_client::{Answer, Input, Phase};
use mqttscope_proto::session::AckPolicy;
use mqttscope_proto::{Packet, Properties, Publish, Qos};

/// PUBLISH from the peer.
fn message(qos: Qos, packet_id: u16) -> Vec<u8> {
    let packet_id = Some(packet_id).filter(|_| qos != Qos::AtMostOnce);
    bytes(&Packet::Publish(Publish {
        dup: false,
        qos,
        retain: false,
        topic: "t".into(),
        packet_id,
        properties: Properties::NONE,
        payload: b"m",
    }))
}

#[test]
fn answers_to_one_read_leave_in_one_message() {
    let mut bench = Bench::connected(options());
    let read: Vec<u8> = (1..=100).flat_map(|id| message(Qos::AtLeastOnce, id)).collect();
    bench.receive(&read);
    let sent = bench.sent();
    assert_eq!(sent.len(), 1);
    let expected: Vec<u8> = (1..=100).flat_map(|id| [0x40, 0x02, 0x00, id]).collect();
    assert_eq!(sent[0], expected);
    let logged = bench.logged();
    assert_eq!(logged.len(), 200);
    assert_eq!(logged[..4], ["in PUBLISH q1 #1", "out PUBACK #1", "in PUBLISH q1 #2", "out PUBACK #2"]);
}

#[test]
fn a_packet_comes_in_pieces() {
    let mut bench = Bench::connected(options());
    let read = message(Qos::ExactlyOnce, 7);
    for byte in &read[..read.len() - 1] {
        bench.receive(&[*byte]);
    }
    assert!(bench.logged().is_empty() && bench.sent().is_empty());
    bench.receive(&read[read.len() - 1..]);
    assert_eq!(bench.logged(), ["in PUBLISH q2 #7", "out PUBREC #7"]);
}

#[test]
fn a_large_message_leaves_in_pieces() {
    let mut bench = Bench::connected(options());
    let payload = vec![b'x'; 200_000];
    bench.publish(Qos::AtMostOnce, &payload);
    let sent = bench.sent();
    let lens: Vec<_> = sent.iter().map(Vec::len).collect();
    assert_eq!(lens, [65_536, 65_536, 65_536, 3_399]);
    assert!(sent.concat().ends_with(&payload));
}

#[test]
fn what_a_full_link_does_not_take_waits() {
    let mut bench = Bench::connected(options());
    bench.stuck = true;
    let payload = vec![b'x'; 5 << 20];
    bench.publish(Qos::AtMostOnce, &payload);
    bench.publish(Qos::AtMostOnce, b"behind it");
    let first: usize = bench.sent().iter().map(Vec::len).sum();
    assert_eq!((first, bench.buffered), (4 << 20, 4 << 20));
    assert_eq!(bench.client.poll_timeout(), Some(bench.now.plus_millis(5)));

    // It is looked at again every 5 ms, and no sooner.
    bench.advance_millis(4);
    assert!(bench.sent().is_empty());
    bench.advance_millis(21);
    assert!(bench.sent().is_empty());
    bench.buffered = 0;
    bench.stuck = false;
    bench.advance_millis(5);
    let rest = bench.sent();
    let len: usize = rest.iter().map(Vec::len).sum();
    assert_eq!(first + len, payload.len() + 8 + 14);
    assert!(rest.last().is_some_and(|message| message.ends_with(b"behind it")));
    assert_eq!(bench.client.poll_timeout(), None);
}

#[test]
fn a_full_link_takes_all_before_it_is_closed() {
    let mut bench = Bench::connected(options());
    bench.stuck = true;
    bench.publish(Qos::AtMostOnce, &vec![b'x'; 5 << 20]);
    bench.sent();
    bench.disconnect();
    let sent = bench.sent().concat();
    assert!(sent.len() > 1 << 20 && sent.ends_with(&[0xe0, 0x00]));
    assert_eq!(bench.link_end(), Some(End::Closed));
}

#[test]
fn what_waits_is_not_sent_when_the_link_is_dropped() {
    let mut bench = Bench::connected(options());
    bench.stuck = true;
    bench.publish(Qos::AtMostOnce, &vec![b'x'; 5 << 20]);
    bench.sent();
    bench.drop_connection();
    assert_eq!((bench.sent().len(), bench.link_end()), (0, Some(End::Abandoned)));
    bench.connect(request(options()));
    bench.buffered = 0;
    bench.opened();
    assert_eq!(bench.sent().len(), 1);
}

#[test]
fn the_clock_is_not_set_for_each_packet() {
    let mut bench = Bench::connected(keep_alive(60));
    let before = bench.alarms;
    for _ in 0..1_000 {
        bench.advance_millis(1);
        bench.receive(&message(Qos::AtLeastOnce, 1));
    }
    assert_eq!(bench.alarms, before);
    // PINGREQ is due a whole interval after the last packet, however often the client was woken before.
    bench.logged();
    bench.advance_millis(59_999);
    assert_eq!(bench.logged(), [""; 0]);
    bench.advance_millis(1);
    assert_eq!(bench.logged(), ["out PINGREQ"]);
}

#[test]
fn a_packet_alone_is_no_change_of_the_connection() {
    let mut bench = Bench::connected(options());
    let before = bench.changes;
    bench.receive(&message(Qos::ExactlyOnce, 1));
    bench.publish(Qos::AtLeastOnce, b"m");
    assert_eq!(bench.changes, before);
    bench.subscribe("a/#", Qos::AtMostOnce);
    assert_eq!(bench.changes, before + 1);
}

#[test]
fn subscriptions_follow_the_broker() {
    let mut bench = Bench::connected(options());
    let answers = |bench: &Bench| {
        let subscriptions = &bench.client.connection().subscriptions;
        subscriptions.iter().map(|subscription| subscription.answer).collect::<Vec<_>>()
    };
    bench.subscribe("a/#", Qos::ExactlyOnce);
    bench.subscribe("b", Qos::ExactlyOnce);
    assert_eq!(answers(&bench), [Answer::Awaited, Answer::Awaited]);
    bench.receive(&[0x90, 0x03, 0x00, 0x01, 0x01]);
    bench.receive(&[0x90, 0x03, 0x00, 0x02, 0x80]);
    assert_eq!(answers(&bench), [Answer::Granted(Qos::AtLeastOnce), Answer::Refused]);
    let refused = "The broker did not grant the subscription to b".to_owned();
    assert!(bench.logged().contains(&refused));
    bench.unsubscribe("a/#");
    assert_eq!(answers(&bench), [Answer::Leaving, Answer::Refused]);
    bench.receive(&[0xb0, 0x02, 0x00, 0x03]);
    assert_eq!(answers(&bench), [Answer::Refused]);
}

#[test]
fn the_subprotocol_that_was_agreed_on_is_kept() {
    let mut bench = Bench::opening(options());
    bench.input(Input::Opened { subprotocol: "mqtt" });
    assert_eq!(bench.client.connection().subprotocol, "mqtt");
    let logged = bench.logged();
    assert_eq!(logged[1..], ["WebSocket open after 0 ms, subprotocol: mqtt", "out CONNECT"]);
    assert_eq!(bench.client.connection().since, bench.now.as_millis());
}

#[test]
fn an_acknowledgement_that_is_held_is_logged_when_it_is_due() {
    let mut bench = Bench::connected(options());
    bench.client.policy_mut().puback = AckPolicy::Withhold;
    bench.receive(&message(Qos::AtLeastOnce, 9));
    let held = "PUBACK of packet id 9 was due and is held back";
    assert_eq!(bench.logged(), ["in PUBLISH q1 #9", held]);
    assert!(bench.sent().is_empty());
    bench.client.release_withheld(bench.now, &mut bench.log).expect("it is connected");
    bench.drain();
    assert_eq!(bench.logged(), ["out PUBACK #9"]);
    assert_eq!(bench.sent().len(), 1);
}

#[test]
fn a_message_that_comes_again_is_marked_as_a_repeat() {
    let mut bench = Bench::connected(options());
    bench.receive(&message(Qos::ExactlyOnce, 9));
    bench.receive(&message(Qos::ExactlyOnce, 9));
    let repeat = "The message of packet id 9 came again and was not delivered again";
    let expected = ["in PUBLISH q2 #9", "out PUBREC #9", "in PUBLISH q2 #9", "out PUBREC #9", repeat];
    assert_eq!(bench.logged(), expected);
    let repeats = bench.facts(|facts| facts.repeat);
    assert_eq!(repeats, ["in PUBLISH q2 #9"]);
    assert_eq!(bench.log.before(bench.log.end() - 1), Some(bench.log.end() - 3));
}

#[test]
fn what_the_session_knows_of_a_packet_is_in_its_record() {
    let mut bench = Bench::connected(persistent());
    bench.client.policy_mut().send_duplicates = true;
    bench.client.policy_mut().puback = AckPolicy::Withhold;
    bench.publish(Qos::AtLeastOnce, b"m");
    bench.receive(&message(Qos::AtLeastOnce, 9));
    bench.closed(1006, "");
    bench.client.policy_mut().send_duplicates = false;
    bench.connect(request(persistent()));
    bench.opened();
    bench.receive(CONNACK);
    assert_eq!(bench.facts(|facts| facts.copy), ["out PUBLISH q1 #1 dup"]);
    assert_eq!(bench.facts(|facts| facts.resend), ["out PUBLISH q1 #1 dup"]);
    assert_eq!(bench.facts(|facts| facts.held), ["in PUBLISH q1 #9"]);
    let own = bench.facts(|facts| facts.own);
    assert_eq!(own.len(), 5, "{own:?}");
    assert!(own.iter().all(|line| line.starts_with("out ")), "{own:?}");
}

#[test]
fn rules_that_this_side_breaks_are_told_and_close_nothing() {
    let mut bench = Bench::connected(v311());
    bench.client.policy_mut().close_on_violation = true;
    bench.client.policy_mut().send_duplicates = true;
    bench.subscribe("a/#", Qos::AtMostOnce);
    let logged = bench.logged();
    assert_eq!(logged[..2], ["out SUBSCRIBE #1", "out SUBSCRIBE #1 dup"]);
    assert!(logged[2].starts_with("Rule broken by this page itself: "), "{logged:?}");
    assert_eq!((bench.phase(), bench.link_end()), (Phase::Connected, None));
}

#[test]
fn two_clients_of_one_log_keep_apart() {
    let mut first = Bench::connected(options());
    let mut second = Bench::new();
    let read = message(Qos::AtLeastOnce, 7);
    first.receive(&read[..4]);
    std::mem::swap(&mut first.log, &mut second.log);
    second.connect(request(v311()));
    second.opened();
    second.receive(CONNACK);
    second.receive(&read[..6]);
    std::mem::swap(&mut first.log, &mut second.log);
    first.logged();
    first.receive(&read[4..]);
    assert_eq!(first.logged(), ["in PUBLISH q1 #7", "out PUBACK #7"]);
    assert_ne!(first.client.id(), second.client.id());
    let id = second.client.id().expect("it has connected");
    assert_eq!(first.log.pending(id, mqttscope_log::Direction::In), &read[..6]);
}

#[test]
fn a_log_that_is_cleared_goes_on_with_the_connection() {
    let mut bench = Bench::connected(v311());
    bench.log.clear();
    // 3.1.1 alone reserves this bit.
    bench.receive(&[0x39, 0x04, 0x00, 0x01, b't', b'm']);
    assert!(bench.log.record(0).is_some_and(mqttscope_log::Record::is_violation));
    bench.closed(1000, "");
    assert!(matches!(bench.phase(), Phase::Ended { .. }));
}

#[test]
fn a_connection_begins() {
    let mut bench = Bench::awaiting_connack(options());
    let sent = bench.sent();
    assert_eq!((sent.len(), sent[0][0]), (1, 0x10));
    bench.receive(CONNACK);
    assert_eq!(bench.logged()[1..], [OPENED, "out CONNECT", "in CONNACK"]);
    assert_eq!(bench.phase(), Phase::Connected);
    assert!(bench.client.connection().is_connected() && bench.client.session().is_connected());
}

#[cfg(feature = "serde")]
#[test]
fn requests_and_states_travel() {
    use mqttscope_client::{ConnectRequest, ConnectionState};

    let mut request = request(v311());
    request.options.password = Some(b"secret".to_vec());
    let text = serde_json::to_string(&request).expect("it can be written");
    assert_eq!(serde_json::from_str::<ConnectRequest>(&text).expect("it can be read"), request);

    let mut bench = Bench::connected(options());
    bench.subscribe("größer/#", Qos::ExactlyOnce);
    bench.closed(1001, "");
    let state = bench.client.connection();
    let text = serde_json::to_string(state).expect("it can be written");
    assert_eq!(serde_json::from_str::<ConnectionState>(&text).expect("it can be read"), *state);
}
