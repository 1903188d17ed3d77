//! Any text as a filter: it is one, or has a mistake in its bounds; what it leaves, and what its opposite leaves.

use mqttscope_log::filter::{Budget, Filter, Matches, Scan, Zone, complete, quoted};
use mqttscope_log::{Direction, Event, Follower, Log, PacketFacts, SourceId, Version};
use mqttscope_proto::{ProtocolVersion, TopicFilter};

/// Runs the target. The input is a filter.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    check_completions(text);
    check_quoted(text);
    match Filter::parse(text, &Zone::UTC) {
        Ok(filter) => check_filter(text, filter),
        Err(error) => {
            assert!(!error.words.is_empty());
            assert!(text.get(error.range.clone()).is_some(), "{:?} of {text:?}", error.range);
        }
    }
}

fn check_completions(text: &str) {
    for cursor in 0..=text.len() {
        let completion = complete(text, cursor);
        assert!(text.get(completion.range.clone()).is_some() && completion.range.end <= cursor);
        for suggestion in completion.suggestions {
            // It goes on with what is there.
            assert!(suggestion.text.len() > completion.range.len());
        }
    }
}

/// A text in quotes is that text: found in itself, and not where its first or its last character is missing.
fn check_quoted(text: &str) {
    let mut chars = text.chars();
    let without_first = chars.next().map(|_| chars.as_str());
    let mut chars = text.chars();
    let without_last = chars.next_back().map(|_| chars.as_str());
    let mut filter = parsed(&format!("payload:{}", quoted(text)));
    assert!(holds(&mut filter, "t", text), "{text:?}");
    for part in [without_first, without_last].into_iter().flatten() {
        assert!(!holds(&mut filter, "t", part), "{text:?} in {part:?}");
    }
    if TopicFilter::new(text).is_ok() && !text.contains(['+', '#']) {
        let mut filter = parsed(&format!("topic:{}", quoted(text)));
        assert!(holds(&mut filter, text, ""), "{text:?}");
    }
}

fn parsed(text: &str) -> Filter {
    Filter::parse(text, &Zone::UTC).unwrap_or_else(|error| panic!("{text:?} is no filter: {error:?}"))
}

/// Whether a filter leaves a PUBLISH.
fn holds(filter: &mut Filter, topic: &str, payload: &str) -> bool {
    let mut log = Log::new(BUDGET);
    push_publish(&mut log, topic, payload.as_bytes());
    log.record(0).is_some_and(|record| filter.matches(&log, 0, record))
}

fn check_filter(text: &str, mut filter: Filter) {
    let log = log();
    let mut at_once = Vec::new();
    assert!(Scan::default().run(&log, &mut filter, Budget::ALL, |number| at_once.push(number)));
    for budget in [Budget { records: 1, bytes: usize::MAX }, Budget { records: 5, bytes: 10 }] {
        let mut matches = Matches::new(filter.clone());
        while !matches.advance(&log, budget) {}
        assert_eq!(matches.iter().collect::<Vec<_>>(), at_once, "{text:?}");
    }
    let singly = (0..log.end())
        .filter(|&number| log.record(number).is_some_and(|record| filter.matches(&log, number, record)));
    assert_eq!(singly.collect::<Vec<_>>(), at_once, "{text:?}");
    if filter.is_empty() {
        assert_eq!(at_once.len(), log.end() as usize);
        return;
    }
    // Two more levels of brackets may be too many.
    if let Ok(mut opposite) = Filter::parse(&format!("not ({text})"), &Zone::UTC) {
        let mut rest = Vec::new();
        Scan::default().run(&log, &mut opposite, Budget::ALL, |number| rest.push(number));
        rest.extend(&at_once);
        rest.sort_unstable();
        assert_eq!(rest, (0..log.end()).collect::<Vec<_>>(), "{text:?}");
    }
}

/// Records of all kinds.
fn log() -> Log {
    let mut log = Log::new(BUDGET);
    let connection = log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V311));
    let packets: [(Direction, &[u8]); 11] = [
        (Direction::Out, b"\x10\x0f\0\x04MQTT\x04\x02\0\x3c\0\x03c-1"),
        (Direction::In, b"\x20\x02\0\0"),
        (Direction::Out, b"\x82\x08\0\x01\0\x03a/#\x01"),
        (Direction::In, b"\x90\x03\0\x01\x01"),
        (Direction::Out, b"\x32\x0a\0\x03a/b\0\x02abc"),
        (Direction::In, b"\x40\x02\0\x02"),
        (Direction::In, b"\x3d\x0a\0\x03a/B\0\x09(x)"),
        (Direction::Out, b"\x50\x02\0\x09"),
        (Direction::In, b"\x31\x09\0\x05\xc3\xa9/\xe2\x82\x30\x31"),
        (Direction::Out, b"\xc0\x00"),
        (Direction::In, b"\x00\x01\xff"),
    ];
    let mut time = 1_795_602_601_482_123;
    for (direction, bytes) in packets {
        log.push_packet(time, connection, direction, bytes, PacketFacts::default());
        time += 3_600_000_000;
    }
    log.push_event(time, connection, Event::PingWithheld);
    log.push_event(time, connection, Event::Closed { words: "Closed by a fuzzer", failed: true });
    log
}

fn push_publish(log: &mut Log, topic: &str, payload: &[u8]) {
    let connection = log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V311));
    let mut bytes = vec![0x30];
    // Always three bytes: what is longer than it must be is still read.
    let len = 2 + topic.len() + payload.len();
    bytes.extend([(len & 0x7f | 0x80) as u8, (len >> 7 & 0x7f | 0x80) as u8, (len >> 14) as u8]);
    bytes.extend((topic.len() as u16).to_be_bytes());
    bytes.extend(topic.as_bytes());
    bytes.extend(payload);
    log.push_packet(0, connection, Direction::Out, &bytes, PacketFacts::default());
}

const BUDGET: usize = 1 << 20;
