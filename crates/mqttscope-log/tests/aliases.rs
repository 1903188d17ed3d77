//! Topic aliases: which topic a PUBLISH has, in the log, in filters, in figures and in files.

use mqttscope_log::export::{Export, Format, Selection};
use mqttscope_log::filter::{Filter, Matches, Zone};
use mqttscope_log::statistics::Statistics;
use mqttscope_log::{Budget, ConnectionId, Direction, Follower, Known, Log, PacketFacts, Topic};
use mqttscope_proto::ProtocolVersion;

mod common;
use common::{Feed, OWN, log_of_version};

fn log() -> Log {
    log_of_version(ProtocolVersion::V5, 1 << 20, 3)
}

/// A PUBLISH at QoS 0 with an alias; without a topic it uses it.
fn publish(topic: &str, alias: u8) -> Vec<u8> {
    let len = topic.len() as u8;
    [&[0x30, len + 8, 0, len], topic.as_bytes(), &[3, 0x23, 0, alias], b"hi"].concat()
}

fn topic(log: &Log, number: u32) -> String {
    match log.topic(number, log.record(number).expect("it is kept")) {
        Some(Topic::Name(name)) => String::from_utf8_lossy(name).into_owned(),
        Some(Topic::Alias(alias)) => format!("?{alias}"),
        None => "no PUBLISH".into(),
    }
}

fn found(log: &Log, filter: &str) -> Vec<u32> {
    let mut matches = Matches::new(Filter::parse(filter, &Zone::UTC).expect("a filter"));
    assert!(matches.advance(log, Budget::ALL));
    matches.iter().collect()
}

#[test]
fn an_alias_stands_for_the_topic_that_was_last_set_on_its_connection_and_in_its_direction() {
    let mut log = log();
    log.sent(1, &publish("a", 3));
    log.sent(2, &publish("", 3));
    log.came(3, &publish("b", 3));
    log.came(4, &publish("", 3));
    log.sent_on(2, 5, &publish("", 3));
    log.sent(6, &publish("c/d", 3));
    log.sent(7, &publish("", 3));
    log.sent(8, &publish("", 4));
    log.sent(9, b"\x30\x04\x00\x01z\x00");
    log.sent(10, b"\x40\x02\x00\x01");
    let topics: Vec<_> = (0..10).map(|number| topic(&log, number)).collect();
    assert_eq!(topics, ["a", "a", "b", "b", "?3", "c/d", "c/d", "?4", "z", "no PUBLISH"]);
    let wire: Vec<_> = (0..3).map(|number| log.wire_topic(log.record(number).expect("kept"))).collect();
    assert_eq!(wire, [Some(&b"a"[..]), Some(b""), Some(b"b")]);
    let aliases: Vec<_> = (0..10).map(|number| log.alias(log.record(number).expect("kept"))).collect();
    let expected = [3, 3, 3, 3, 3, 3, 3, 4].map(Some).into_iter().chain([None, None]);
    assert_eq!(aliases, expected.collect::<Vec<_>>());
}

#[test]
fn identifier_and_payload_stand_behind_an_empty_topic() {
    let mut log = log();
    log.sent(1, b"\x34\x0b\x00\x01t\x00\x07\x03\x23\x01\x02hi");
    log.sent(2, b"\x34\x0a\x00\x00\x00\x08\x03\x23\x01\x02ho");
    let record = *log.record(1).expect("it is kept");
    assert_eq!(
        (record.id(), log.alias(&record), log.payload(&record)),
        (Some(8), Some(258), Some(&b"ho"[..]))
    );
    assert_eq!((topic(&log, 1).as_str(), record.colour().is_some()), ("t", true));
}

#[test]
fn a_topic_goes_with_the_packet_that_set_it() {
    let mut log = log();
    for packet in [publish("a", 3), publish("b", 3), publish("", 3), publish("", 3)] {
        log.sent(1, &packet);
    }
    log.drop_before(1);
    assert_eq!(topic(&log, 3), "b");
    log.drop_before(2);
    assert_eq!((topic(&log, 2).as_str(), topic(&log, 3).as_str()), ("?3", "?3"));
    log.sent(1, &publish("c", 3));
    log.sent(1, &publish("", 3));
    assert_eq!((topic(&log, 3).as_str(), topic(&log, 5).as_str()), ("?3", "c"));
    // Numbers begin anew, and mean other packets.
    log.clear();
    log.sent(1, &publish("x", 9));
    log.sent(1, &publish("", 3));
    assert_eq!(topic(&log, 1), "?3");
}

#[test]
fn aliases_that_are_set_again_and_again_stay_within_the_budget() {
    let mut log = log_of_version(ProtocolVersion::V5, 1 << 20, 1);
    for round in 0..30_000_u32 {
        let name = format!("t/{}", round % 100);
        log.push_packet(1, ConnectionId(0), Direction::In, &publish(&name, 1), PacketFacts::default());
        log.push_packet(1, ConnectionId(0), Direction::In, &publish("", 1), PacketFacts::default());
    }
    assert!(log.first() > 1_000 && log.size() <= 1 << 20);
    let numbers = (log.first()..log.end()).filter(|number| number % 2 == 1);
    for number in numbers.skip(1) {
        assert_eq!(topic(&log, number), format!("t/{}", number / 2 % 100));
    }
}

#[test]
fn filters_figures_and_files_know_the_topic() {
    let mut log = log();
    for packet in [publish("a/b", 3), publish("", 3), publish("", 5)] {
        log.came(1_000_000, &packet);
    }
    log.sent(1_000_000, b"\x30\x06\x00\x01t\x00hi");
    assert_eq!(found(&log, "topic:a/+"), [0, 1]);
    assert_eq!(found(&log, "topic:/^a/"), [0, 1]);
    assert_eq!(found(&log, "topic:#"), [0, 1, 2, 3]);
    assert_eq!(found(&log, "a/b"), [0, 1]);
    assert_eq!(found(&log, "alias:3"), [0, 1]);
    assert_eq!(found(&log, "alias:>=4 or topic:t"), [2, 3]);
    assert_eq!(found(&log, "payload:hi"), [0, 1, 2, 3]);
    let mut statistics = Statistics::new();
    assert!(statistics.advance(&log, Budget::ALL));
    let top: Vec<_> = statistics
        .topics()
        .top(9)
        .iter()
        .map(|topic| (String::from_utf8_lossy(&topic.name).into_owned(), topic.messages))
        .collect();
    assert_eq!(top[0], ("a/b".into(), 2));
    assert!(top.contains(&("alias 5, unknown".into(), 1)), "{top:?}");
    let export = |format| {
        let mut file = Vec::new();
        Export::new(&log, format, Selection::All, false).write(&log, usize::MAX, &mut file);
        String::from_utf8(file).expect("text")
    };
    let csv = export(Format::Csv);
    let cells: Vec<Vec<&str>> = csv.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!((cells[1][10], *cells[1].last().expect("a cell")), ("a/b", "text"));
    // The words have a comma, and so quotes.
    assert!(
        csv.lines()
            .nth(3)
            .is_some_and(|line| line.contains(",\"alias 5, unknown\",hi,") && line.ends_with(",words"))
    );
    let json = export(Format::JsonLines);
    let lines: Vec<&str> = json.lines().collect();
    assert!(
        lines[1].contains("\"alias_topic\":\"a/b\"") && lines[1].contains("\"topic\":\"\""),
        "{}",
        lines[1]
    );
    assert!(lines[2].contains("\"alias_topic\":null") && !lines[0].contains("alias_topic"));
}

#[test]
fn packets_of_another_log_have_aliases_too() {
    let mut log = log();
    for (packet, facts) in [(publish("a", 3), OWN), (publish("", 3), OWN)] {
        let known = Known { facts, ..Known::default() };
        log.push_known(1, ConnectionId(1), Direction::Out, &packet, known);
    }
    assert_eq!(topic(&log, 1), "a");
}
