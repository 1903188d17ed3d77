//! Ladders by value: of all exchanges, both ways, with copies, and with what is missing.

use mqttscope_log::ladder::{Ladder, Repeat, WillState};
use mqttscope_log::{ConnectionId, Direction, Event, Known, Log, PacketFacts};
use mqttscope_proto::{PacketType, ProtocolVersion};

mod common;
use common::{Feed, OWN, connect};

/// A log of packets written as `time direction connection hex`. What is `copy` or `again` is known to be so.
fn log_of(lines: &str) -> Log {
    let mut log = common::log_of_version(ProtocolVersion::V31, 1 << 20, 3);
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split(' ').collect();
        let time = words[0].parse().expect("a time");
        let connection = ConnectionId(words[2].parse().expect("a number"));
        let direction = if words[1] == "in" { Direction::In } else { Direction::Out };
        let facts = match words[1] {
            "closed" => {
                log.push_event(time, connection, Event::Closed { words: "closed", failed: false });
                continue;
            }
            "in" => PacketFacts::default(),
            "copy" => PacketFacts { copy: true, ..OWN },
            "again" => PacketFacts { resend: true, ..OWN },
            _ => OWN,
        };
        log.push_packet(time, connection, direction, &hex(words[3]), facts);
    }
    log
}

fn hex(digits: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex");
    (0..digits.len() / 2).map(|at| byte(2 * at)).collect()
}

/// A ladder in a line an arrow, with what is awaited at the end.
fn drawn(ladder: &Ladder) -> Vec<String> {
    let sign = |direction: Direction| if direction == Direction::Out { "->" } else { "<-" };
    let mut lines: Vec<String> = ladder
        .arrows
        .iter()
        .map(|arrow| {
            let repeat = match arrow.repeat {
                Repeat::First => "",
                Repeat::Duplicate => " duplicate",
                Repeat::Retry => " retry",
                Repeat::Resend => " resend",
            };
            format!("{} {} +{}{repeat}", sign(arrow.direction), arrow.packet_type, arrow.gap)
        })
        .collect();
    lines.extend(ladder.awaited.map(|awaited| {
        let until = awaited.until.map_or(String::new(), |until| format!(" until {until}"));
        format!("{} {}? since {}{until}", sign(awaited.direction), awaited.packet_type, awaited.since)
    }));
    lines
}

/// The same ladder is drawn from each of its packets.
fn check(lines: &str, numbers: &[u32], expected: &[&str]) {
    let log = log_of(lines);
    for &number in numbers {
        let ladder = Ladder::of(&log, number).expect("an exchange");
        assert_eq!(drawn(&ladder), expected, "from {number}");
    }
}

const PUBLISH_0: &str = "3005000174 6869";

#[test]
fn publish_of_each_qos_both_ways() {
    let plain = PUBLISH_0.replace(' ', "");
    check(&format!("5 out 1 {plain}"), &[0], &["-> PUBLISH +0"]);
    let qos1 = "5 out 1 32070001740009 6869\n9 in 1 40020009".replace(" 6869", "6869");
    check(&qos1, &[0, 1], &["-> PUBLISH +0", "<- PUBACK +4"]);
    let qos2 = "1000 in 1 340700017400096869\n1300 out 1 50020009\n1350 in 1 62020009\n1400 out 1 70020009";
    check(qos2, &[0, 1, 2, 3], &["<- PUBLISH +0", "-> PUBREC +300", "<- PUBREL +50", "-> PUBCOMP +50"]);
}

#[test]
fn requests_and_their_answers() {
    check(
        "1 out 1 820600010001 6101\n3 in 1 9003000101".replace(" 6101", "6101").as_str(),
        &[0, 1],
        &["-> SUBSCRIBE +0", "<- SUBACK +2"],
    );
    check("1 out 1 a2050002000161\n4 in 1 b0020002", &[1], &["-> UNSUBSCRIBE +0", "<- UNSUBACK +3"]);
    check("1 out 1 c000\n8 in 1 d000\n9 out 1 c000", &[0, 1], &["-> PINGREQ +0", "<- PINGRESP +7"]);
    check("1 out 1 c000\n8 in 1 d000\n9 out 1 c000", &[2], &["-> PINGREQ +0", "<- PINGRESP? since 9"]);
    check("1 out 1 e000", &[0], &["-> DISCONNECT +0"]);
}

#[test]
fn what_is_missing_counts_from_the_first_asking() {
    check(
        "1000 out 1 320700017400096869\n60001000 again 1 3a0700017400096869",
        &[0, 1],
        &["-> PUBLISH +0", "-> PUBLISH +60000000 retry", "<- PUBACK? since 1000"],
    );
    check(
        "1 out 1 340700017400096869\n2 in 1 50020009\n3 closed 1",
        &[0],
        &["-> PUBLISH +0", "<- PUBREC +1", "-> PUBREL? since 2 until 3"],
    );
}

#[test]
fn copies_are_told_apart() {
    let twice = "1000 out 1 340700017400096869
        1001 copy 1 3c0700017400096869
        2000 in 1 50020009
        2001 in 1 50020009
        2100 out 1 62020009
        30002100 again 1 62020009
        30003000 in 1 70020009";
    let expected = [
        "-> PUBLISH +0",
        "-> PUBLISH +1 duplicate",
        "<- PUBREC +999",
        "<- PUBREC +1 duplicate",
        "-> PUBREL +99",
        "-> PUBREL +30000000 retry",
        "<- PUBCOMP +900",
    ];
    check(twice, &[0, 3, 6], &expected);
}

#[test]
fn an_answer_counts_from_what_it_answers_past_what_came_between() {
    let lines = "1000 out 1 340700017400096869
        1001 copy 1 3c0700017400096869
        2000 in 1 50020009
        2010 out 1 62020009
        2011 copy 1 6a020009
        2900 in 1 50020009
        3000 in 1 70020009
        3001 in 1 70020009";
    let expected = [
        "-> PUBLISH +0",
        "-> PUBLISH +1 duplicate",
        "<- PUBREC +999",
        "-> PUBREL +10",
        "-> PUBREL +1 duplicate",
        "<- PUBREC +889 duplicate",
        "<- PUBCOMP +989",
        "<- PUBCOMP +1 duplicate",
    ];
    check(lines, &[0, 5, 7], &expected);
}

#[test]
fn an_exchange_goes_on_in_the_next_connection() {
    let connect =
        |clean| connect("c-1", clean, None).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let lines = format!(
        "1 out 1 {0}\n2 out 1 320700017400096869\n3 closed 1\n4 out 2 {0}\n5 again 2 3a0700017400096869\n6 in 2 40020009",
        connect(false)
    );
    check(&lines, &[1, 4, 5], &["-> PUBLISH +0", "-> PUBLISH +3 resend", "<- PUBACK +1"]);
    check(&lines, &[0], &["-> CONNECT +0", "<- CONNACK? since 1 until 3"]);
}

/// CONNECT with clean session, client id `w`, and the will `gone` to topic `t`.
const CONNECT_WITH_WILL: &str = "101600044d5154540406000000017700017400 04676f6e65";

#[test]
fn the_will_waits_is_discarded_or_is_published() {
    let connect = CONNECT_WITH_WILL.replace(' ', "");
    let state = |rest: &str| {
        let log = log_of(&format!("1 out 1 {connect}\n{rest}"));
        let will = Ladder::of(&log, 0).and_then(|ladder| ladder.will).expect("a will");
        assert_eq!((will.topic.as_str(), will.qos, will.retain), ("t", 0, false));
        will.state
    };
    assert_eq!(state("2 in 1 20020000"), WillState::Kept);
    assert_eq!(state("2 out 1 e000\n3 closed 1"), WillState::Discarded(1));
    assert_eq!(state("3 closed 1"), WillState::Due { since: 3, by: None, seen: None });
    assert_eq!(
        state("3 closed 1\n4 in 2 3007000174676f6e65"),
        WillState::Due { since: 3, by: None, seen: Some(2) }
    );
}

#[test]
fn an_event_shows_the_exchange_of_its_packet_and_others_none() {
    let mut log = log_of("1 out 1 320700017400096869");
    let connection = ConnectionId(1);
    let event = log.push_event_about(0, 2, connection, Event::Note { name: "", words: "" });
    let other = log.push_event(2, connection, Event::PingWithheld);
    log.push_known(3, connection, Direction::In, b"HTTP", Known { broken: true, ..Known::default() });
    assert_eq!(
        Ladder::of(&log, event).map(|ladder| (ladder.kind, ladder.qos)),
        Some((PacketType::Publish, Some(1)))
    );
    assert_eq!([other, 3, 99].map(|number| Ladder::of(&log, number)), [None, None, None]);
}

#[test]
fn a_packet_that_is_sent_again_and_again_has_a_ladder_with_an_end() {
    let mut log = common::log_of(1 << 20, 2);
    for time in 0..5_000 {
        log.sent(time, b"\x3a\x05\x00\x01t\x00\x09");
    }
    let ladder = Ladder::of(&log, 4_999).expect("an exchange");
    assert_eq!((ladder.arrows.len(), ladder.is_cut), (Ladder::MAX_ARROWS, true));
}

#[test]
fn copies_are_known_and_not_guessed_from_times() {
    // Long behind the first, and known to be a copy; right behind it, and known to be sent again; of the other side nobody
    // knows.
    let lines = "1000 out 1 340700017400096869
        60001000 copy 1 3c0700017400096869
        60001001 again 1 3c0700017400096869
        60002000 in 1 50020009
        60002001 in 1 50020009
        60002002 in 1 50020009";
    let expected = [
        "-> PUBLISH +0",
        "-> PUBLISH +60000000 duplicate",
        "-> PUBLISH +1 retry",
        "<- PUBREC +999",
        "<- PUBREC +1 duplicate",
        "<- PUBREC +1 retry",
        "-> PUBREL? since 60002000",
    ];
    check(lines, &[0, 3], &expected);
    let server = "1000 in 1 340700017400096869\n1001 in 1 3c0700017400096869\n1002 out 1 50020009";
    let expected = ["<- PUBLISH +0", "<- PUBLISH +1 retry", "-> PUBREC +1", "<- PUBREL? since 1002"];
    check(server, &[0], &expected);
}

#[test]
fn a_disconnect_of_the_server_discards_no_will() {
    let connect = CONNECT_WITH_WILL.replace(' ', "");
    let log = log_of(&format!("1 out 1 {connect}\n2 in 1 e000\n3 closed 1"));
    let will = Ladder::of(&log, 0).and_then(|ladder| ladder.will).expect("a will");
    assert_eq!(will.state, WillState::Due { since: 3, by: None, seen: None });
    let log = log_of(&format!("1 in 1 {connect}"));
    assert_eq!(Ladder::of(&log, 0).map(|ladder| (ladder.will, ladder.arrows.len())), Some((None, 1)));
}
