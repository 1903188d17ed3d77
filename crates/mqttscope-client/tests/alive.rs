//! Who is alive: a link that is slow, a peer that is busy, a machine that slept, and what the log tells of it.

mod common;

use common::{Bench, CONNACK, bytes, keep_alive, options, request};
use mqttscope_client::{Input, Phase};
use mqttscope_proto::{Packet, Properties, Publish, Qos};

/// A large PUBLISH from the peer.
fn large(len: usize) -> Vec<u8> {
    let payload = vec![b'x'; len];
    bytes(&Packet::Publish(Publish {
        dup: false,
        qos: Qos::AtMostOnce,
        retain: false,
        topic: "t".into(),
        packet_id: None,
        properties: Properties::NONE,
        payload: &payload,
    }))
}

/// Sends what the link has taken, at 50 kB/s.
fn drains(bench: &mut Bench) {
    while bench.buffered > 0 {
        bench.advance_millis(250);
        bench.buffered = bench.buffered.saturating_sub(12_500);
    }
    bench.stuck = false;
    bench.advance_millis(250);
}

/// The peer sends a large message, at 50 kB/s.
fn receives_slowly(bench: &mut Bench, message: &[u8]) {
    for piece in message.chunks(12_500) {
        bench.advance_millis(250);
        bench.receive(piece);
    }
}

#[test]
fn a_slow_link_with_a_short_keep_alive_stays() {
    let mut bench = Bench::connected(keep_alive(2));
    bench.stuck = true;
    bench.publish(Qos::AtMostOnce, &vec![b'x'; 300_000]);
    drains(&mut bench);
    receives_slowly(&mut bench, &large(700_000));
    bench.receive(&[0xd0, 0x00]);
    assert_eq!(bench.phase(), Phase::Connected);
    let logged = bench.logged();
    assert_eq!(logged[0], "out PUBLISH q0");
    assert!(logged[1].starts_with("Left this page 6."), "{logged:?}");
    assert!(!logged.iter().any(|line| line.contains("Unexpected")), "{logged:?}");
}

#[test]
fn what_the_browser_has_sent_may_be_under_way_for_long() {
    // The system's buffers and the gateway's take it all at once, and the peer has it 6 s later.
    let mut bench = Bench::connected(keep_alive(2));
    bench.publish(Qos::AtMostOnce, &vec![b'x'; 300_000]);
    bench.advance_millis(6_000);
    receives_slowly(&mut bench, &large(700_000));
    // The peer got all the pings behind the file, and answers them behind its own.
    let pings = bench.logged().iter().filter(|line| *line == "out PINGREQ").count();
    assert!(pings >= 8, "{pings}");
    bench.receive(&[0xd0, 0x00].repeat(pings));
    assert_eq!(bench.phase(), Phase::Connected);
    assert_eq!(bench.logged(), vec!["in PINGRESP"; pings]);
}

#[test]
fn the_wait_begins_when_pingreq_has_left() {
    let mut bench = Bench::connected(keep_alive(10));
    bench.stuck = true;
    bench.publish(Qos::AtMostOnce, &[b'x'; 1_000]);
    bench.advance_millis(45_000);
    assert_eq!(bench.phase(), Phase::Connected);
    let logged = bench.logged();
    assert_eq!(logged, ["out PUBLISH q0", "out PINGREQ"], "a second ping would wait behind the first");
    (bench.buffered, bench.stuck) = (0, false);
    bench.advance_millis(250);
    assert_eq!(bench.logged(), ["2 packets left this page late, the first 45 s after it was queued"]);
    bench.advance_millis(9_500);
    assert_eq!(bench.phase(), Phase::Connected);
    bench.advance_millis(1_000);
    assert_eq!(bench.phase(), Phase::Closing);
}

#[test]
fn a_link_that_moves_nothing_is_dead_in_the_end() {
    let mut bench = Bench::connected(keep_alive(10));
    bench.stuck = true;
    bench.publish(Qos::AtMostOnce, &[b'x'; 1_000]);
    bench.advance_millis(90_000);
    let (why, failed) = bench.ended();
    assert!(why.starts_with("Nothing could leave this page for 69 s") && failed, "{why}");
    let logged = bench.logged();
    assert!(
        logged.iter().any(|line| line.starts_with("2 packets were queued and had not all left")),
        "{logged:?}"
    );
}

#[test]
fn packets_that_leave_at_once_are_not_said_to_be_late() {
    let mut bench = Bench::connected(options());
    bench.stuck = true;
    for _ in 0..10 {
        bench.publish(Qos::AtMostOnce, b"m");
        bench.advance_millis(90);
        bench.buffered = 0;
    }
    bench.advance_millis(300);
    assert_eq!(bench.logged(), ["out PUBLISH q0"; 10]);
    assert_eq!(bench.client.poll_timeout(), None);
}

#[test]
fn what_never_left_is_told() {
    let mut bench = Bench::connected(options());
    bench.stuck = true;
    bench.publish(Qos::AtMostOnce, &vec![b'x'; 300_000]);
    bench.closed(1006, "");
    let logged = bench.logged();
    assert_eq!(logged[1], "1 packet was queued and had not all left this page: 300.0 kB");
}

#[test]
fn any_byte_is_a_sign_of_life() {
    let mut bench = Bench::connected(keep_alive(10));
    let message = large(100);
    bench.advance_millis(10_000);
    for byte in &message[..20] {
        bench.advance_millis(9_000);
        bench.receive(&[*byte]);
    }
    assert_eq!(bench.phase(), Phase::Connected);
    bench.advance_millis(10_000);
    assert_eq!(bench.phase(), Phase::Closing);
}

#[test]
fn how_long_pingresp_is_awaited_can_be_set() {
    let mut bench = Bench::new();
    let mut request = request(keep_alive(2));
    request.pingresp_timeout_secs = 25;
    bench.connect(request);
    bench.opened();
    bench.receive(CONNACK);
    bench.advance_millis(26_999);
    assert_eq!(bench.phase(), Phase::Connected);
    bench.advance_millis(1);
    assert_eq!(bench.phase(), Phase::Closing);
    bench.closed(1000, "");
    let (why, _) = bench.ended();
    assert!(why.starts_with("No PINGRESP within 25 s, nor anything else,"), "{why}");
}

#[test]
fn a_broker_that_gives_up_while_the_machine_sleeps() {
    for (code, who) in [(1006, "the network or the gateway"), (1000, "the peer")] {
        let mut bench = Bench::connected(keep_alive(5));
        bench.input(Input::Slept { millis: 12_000 });
        bench.advance_millis(40);
        bench.closed(code, "");
        let why = format!(
            "This machine slept 12 s; the broker gave up. Closed by {who} (code {code}). Connect again."
        );
        assert_eq!(bench.ended(), (why, true));
    }
}

#[test]
fn nothing_is_called_dead_for_a_time_in_which_nobody_listened() {
    let mut bench = Bench::connected(keep_alive(5));
    bench.advance_millis(5_000);
    assert_eq!(bench.logged(), ["out PINGREQ"]);
    // The clock goes on while the machine sleeps, and so it wakes up late.
    bench.now = bench.now.plus_millis(62_000);
    bench.input(Input::Timeout);
    assert_eq!(bench.phase(), Phase::Connected);
    let stood = "This page, or this machine, stood still for 57 s";
    assert_eq!(bench.logged(), [stood, "out PINGREQ"]);
    bench.advance_millis(10_000);
    bench.closed(1000, "");
    let why = "This page stood still for 57 s; the broker gave up. Connect again.";
    assert_eq!(bench.ended(), (why.into(), true));
}

#[test]
fn a_connection_that_outlives_a_sleep_ends_for_another_cause() {
    let mut bench = Bench::connected(keep_alive(5));
    bench.input(Input::Slept { millis: 12_000 });
    bench.advance_millis(3_000);
    bench.receive(&large(1));
    bench.closed(1001, "");
    let (why, _) = bench.ended();
    assert!(why.starts_with("Closed by the peer (code 1001)."), "{why}");

    let mut bench = Bench::connected(options());
    bench.input(Input::Slept { millis: 12_000 });
    bench.advance_millis(3_600_000);
    bench.closed(1006, "");
    let (why, _) = bench.ended();
    assert!(why.starts_with("Closed by the network"), "{why}");
}

#[test]
fn a_short_sleep_is_no_cause_for_a_broker_to_give_up() {
    let mut bench = Bench::connected(keep_alive(60));
    bench.input(Input::Slept { millis: 3_000 });
    bench.closed(1006, "");
    let (why, _) = bench.ended();
    assert!(
        why.starts_with("This machine slept 3.0 s; the connection did not outlive that. Closed by"),
        "{why}"
    );
}

#[test]
fn an_attempt_that_the_machine_slept_through() {
    let mut bench = Bench::opening(options());
    bench.input(Input::Slept { millis: 12_000 });
    bench.closed(1006, "");
    assert!(bench.ended().0.starts_with("This machine slept 12 s while the WebSocket was opening."));
    let mut bench = Bench::awaiting_connack(options());
    bench.input(Input::Slept { millis: 12_000 });
    bench.closed(1000, "");
    assert!(bench.ended().0.starts_with("This machine slept 12 s before CONNACK came (code 1000)."));
    let mut bench = Bench::awaiting_connack(options());
    bench.now = bench.now.plus_millis(60_000);
    bench.input(Input::Timeout);
    bench.closed(1000, "");
    assert_eq!(bench.ended().0, "This page stood still for 50 s before it was connected. Connect again.");
}
