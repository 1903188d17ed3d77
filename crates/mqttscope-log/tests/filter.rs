//! Filters against an evaluator that takes no short cuts, and what a person sees of them while typing.

use mqttscope_log::filter::{self, Budget, Filter, Matches, Scan, Zone, complete};
use mqttscope_log::{ConnectionId, Direction, Event, EventKind, Follower, Log, PacketFacts};
use mqttscope_proto::{Packet, PacketType, TopicFilter, decode};
use proptest::prelude::*;

mod common;
use common::{Entry, Feed, entries, fill, log_of};

/// A term, as text and as what it means.
#[derive(Clone, Debug)]
enum Term {
    Type(Vec<PacketType>),
    Out(bool),
    Qos(u8),
    Id(u64, u64),
    SizeAbove(u64),
    Connection(u32),
    After(u64),
    Dup,
    Retain,
    Violation,
    Event(Option<EventKind>),
    Topic(&'static str),
    Payload(String),
    Word(String),
    Not(Box<Term>),
    All(Vec<Term>),
    Any(Vec<Term>),
}

fn term() -> impl Strategy<Value = Term> {
    let types = proptest::sample::subsequence(&PacketType::ALL[..], 1..4);
    let topics = ["a/+/#", "#", "a/b", "+/b", "$SYS/#", "a/#", "+", "Ab/c"];
    let words = ["a", "AB", "hi", "b/c", "é", "rule", " ", "\"", "x(y", "not", "event", "abcabd"];
    let leaf = prop_oneof![
        types.prop_map(Term::Type),
        any::<bool>().prop_map(Term::Out),
        (0..4_u8).prop_map(Term::Qos),
        (0..4_u64, 0..4_u64).prop_map(|(from, more)| Term::Id(from, from + more)),
        (0..30_u64).prop_map(Term::SizeAbove),
        (0..3_u32).prop_map(Term::Connection),
        (0..60_u64).prop_map(Term::After),
        Just(Term::Dup),
        Just(Term::Retain),
        Just(Term::Violation),
        Just(Term::Event(None)),
        Just(Term::Event(Some(EventKind::PingWithheld))),
        proptest::sample::select(topics.to_vec()).prop_map(Term::Topic),
        proptest::sample::select(words.to_vec()).prop_map(|word| Term::Payload(word.to_owned())),
        proptest::sample::select(words.to_vec()).prop_map(|word| Term::Word(word.to_owned())),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|term| Term::Not(Box::new(term))),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Term::All),
            proptest::collection::vec(inner, 1..4).prop_map(Term::Any),
        ]
    })
}

fn written(term: &Term) -> String {
    let list = |terms: &[Term], between: &str| {
        format!("({})", terms.iter().map(written).collect::<Vec<_>>().join(between))
    };
    match term {
        Term::Type(types) => {
            format!(
                "type:{}",
                types.iter().map(|kind| kind.name().to_lowercase()).collect::<Vec<_>>().join(",")
            )
        }
        Term::Out(out) => (if *out { "dir:out" } else { "dir:in" }).to_owned(),
        Term::Qos(qos) => format!("qos:{qos}"),
        Term::Id(from, to) => format!("id:{from}..{to}"),
        Term::SizeAbove(size) => format!("size:>{size}"),
        Term::Connection(number) => format!("CONN:{number}"),
        Term::After(minute) => format!("after:01:{minute:02}"),
        Term::Dup => "dup".into(),
        Term::Retain => "retain".into(),
        Term::Violation => "violation".into(),
        Term::Event(None) => "event".into(),
        Term::Event(Some(kind)) => format!("event:{}", kind.name()),
        Term::Topic(filter) => format!("topic:{filter}"),
        Term::Payload(word) => format!("payload:{}", quoted(word)),
        Term::Word(word) => quoted(word),
        Term::Not(term) => format!("not {}", written(term)),
        Term::All(terms) => list(terms, " "),
        Term::Any(terms) => list(terms, " or "),
    }
}

fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The same question, asked of the entry itself.
fn means(term: &Term, entry: &Entry) -> bool {
    let packet = entry.packet();
    let publish = match packet {
        Some(Packet::Publish(publish)) => Some(publish),
        _ => None,
    };
    match term {
        Term::Type(types) => packet.is_some_and(|packet| types.contains(&packet.packet_type())),
        Term::Out(out) => entry.direction == if *out { Direction::Out } else { Direction::In },
        Term::Qos(qos) => publish.is_some_and(|publish| publish.qos.as_u8() == *qos),
        Term::Id(from, to) => {
            let id = packet.and_then(|packet| packet.packet_id()).filter(|&id| id > 0);
            id.is_some_and(|id| (*from..=*to).contains(&u64::from(id)))
        }
        Term::SizeAbove(size) => entry.direction != Direction::Event && entry.bytes.len() as u64 > *size,
        Term::Connection(number) => entry.connection == *number,
        Term::After(minute) => entry.time / 60_000_000 >= 60 + minute,
        Term::Dup => match packet {
            Some(Packet::Publish(publish)) => publish.dup,
            Some(Packet::PubRel(pubrel)) => pubrel.dup,
            Some(Packet::Subscribe(subscribe)) => subscribe.dup,
            Some(Packet::Unsubscribe(unsubscribe)) => unsubscribe.dup,
            _ => false,
        },
        Term::Retain => publish.is_some_and(|publish| publish.retain),
        Term::Violation => entry.violation,
        Term::Event(kind) => entry.event.is_some() && (kind.is_none() || *kind == entry.event),
        Term::Topic(filter) => entry
            .topics()
            .iter()
            .any(|topic| topic == filter || TopicFilter::new(filter).expect("a filter").matches(topic)),
        Term::Payload(word) => publish.is_some_and(|publish| holds(publish.payload, word)),
        Term::Word(word) => match (publish, entry.event) {
            (Some(publish), _) => holds(publish.topic.as_bytes(), word) || holds(publish.payload, word),
            (_, Some(EventKind::PingWithheld)) => {
                holds(b"Simulating a client that is down: PINGREQ not sent", word)
            }
            (_, Some(_)) => holds(b"Unexpected from the broker: the rule itself (a clause)", word),
            _ => holds(&entry.bytes[entry.bytes.len().min(2)..], word),
        },
        Term::Not(term) => !means(term, entry),
        Term::All(terms) => terms.iter().all(|term| means(term, entry)),
        Term::Any(terms) => terms.iter().any(|term| means(term, entry)),
    }
}

fn holds(text: &[u8], word: &str) -> bool {
    let lower = |bytes: &[u8]| bytes.to_ascii_lowercase();
    let (text, word) = (lower(text), lower(word.as_bytes()));
    (0..=text.len()).any(|at| text[at..].starts_with(&word))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn a_topic_in_quotes_finds_itself(topic in "[a-c/\\-:()\"\\\\, \t\n\r\u{85}é]{1,8}", other in "[ab/]{1,3}") {
        let mut log = log_of(1 << 20, 1);
        for topic in [&topic, &other] {
            let topic = topic.as_bytes();
            let mut packet = vec![0x30, 2 + topic.len() as u8, 0, topic.len() as u8];
            packet.extend_from_slice(topic);
            log.push_packet(0, ConnectionId(0), Direction::In, &packet, PacketFacts::default());
        }
        let text = format!("topic:{}", filter::quoted(&topic));
        prop_assert!(!text.contains(['\n', '\r', '\t']), "{text:?}");
        let mut filter = Filter::parse(&text, &Zone::UTC).map_err(|error| TestCaseError::fail(format!("{text}: {error:?}")))?;
        let found = [0, 1].map(|number| log.record(number).is_some_and(|record| filter.matches(&log, number, record)));
        prop_assert_eq!(found, [true, topic == other], "{}", text);
    }

    #[test]
    fn leaves_what_its_terms_mean(term in term(), entries in entries(0..24), slice in 1..9_u32) {
        let text = written(&term);
        let mut filter = Filter::parse(&text, &Zone::UTC).map_err(|error| TestCaseError::fail(format!("{text}: {error:?}")))?;
        let expected: Vec<u32> =
            (0..).zip(&entries).filter(|(_, entry)| means(&term, entry)).map(|(number, _)| number).collect();
        let log = fill(&entries);
        let (mut scan, mut found) = (Scan::default(), Vec::new());
        let budget = Budget { records: slice, bytes: 40 };
        while !scan.run(&log, &mut filter, budget, |number| found.push(number)) {}
        prop_assert_eq!(found, expected, "{}", text);
    }

    #[test]
    fn any_text_is_a_filter_or_has_a_mistake_in_its_bounds(
        text in "\\PC{0,40}|[-a-c():/\"\\\\ .>,+#]{0,30}|(type|qos|id|after|topic|not|or|payload|event|[:()\"/ ,>a1]){0,12}",
    ) {
        if let Err(error) = Filter::parse(&text, &Zone::fixed(60)) {
            prop_assert!(error.range.start <= error.range.end && text.get(error.range.clone()).is_some(), "{:?}", error);
        }
        for cursor in 0..=text.len() {
            let completion = complete(&text, cursor);
            prop_assert!(text.get(completion.range).is_some());
        }
    }
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let cases = [
        ("type:publish colour:red", "colour:", "there is no such key"),
        ("type:publish,pubble", "pubble", "no packet of this type"),
        ("qos:x", "x", "a number"),
        ("id:5 size:>", ">", "a number"),
        ("topic:a#", "a#", "no topic filter"),
        ("payload:/a(b/", "(", "not closed"),
        ("payload:/abc", "/abc", "not closed"),
        ("\"abc", "\"abc", "not closed"),
        ("(a b", "(", "not closed"),
        ("a b)", ")", "closes nothing"),
        ("a or", "or", "a term is missing"),
        ("or a", "or", "a term is missing"),
        ("a not", "not", "a term is missing"),
        ("after:25:00", "25:00", "a time"),
        ("after:", "after:", "a value is missing"),
        ("event:opned", "opned", "no event"),
        ("dir:up", "up", "in or out"),
        ("type:publish,puback qos:1,5", "5", "QoS is 0 to 3"),
        ("qos:>3", ">3", "QoS is 0 to 3"),
        ("qos:1..9", "1..9", "QoS is 0 to 3"),
        ("id:9..1", "9..1", "begins with its smaller number"),
        ("size:1,2k..1k", "2k..1k", "begins with its smaller number"),
        ("size:<0", "<0", "nothing is below 0"),
        ("size:>1GB", ">1GB", "a number"),
        ("size:>1Bk", ">1Bk", "a number"),
        ("id:>1kB", ">1kB", "a number"),
        ("-", "-", "a term is missing right behind this -"),
        ("a - b", "-", "a term is missing right behind this -"),
        ("(a -)", "-", "a term is missing right behind this -"),
        ("a ( )", "( )", "a term is missing in these brackets"),
        ("not (a or ())", "()", "a term is missing in these brackets"),
        ("type:publish, puback", " ", "a list has no space"),
        ("type:publish ,puback", " ", "a list has no space"),
        ("(id:1,\t2)", "\t", "a list has no space"),
        ("type:publish,", "", "a value is missing here"),
        ("id:1,,2", "", "a value is missing here"),
        ("type:\"publish,é\"", "\"publish,é\"", "no packet of this type"),
        ("type=publish", "=", "write type:publish; quotes"),
        ("a -QoS>0", ">", "write qos:>0;"),
        ("size>=1kB", ">=", "write size:>=1kB;"),
        ("id==5", "==", "write id:5;"),
        ("after>10:30", ">", "write after:10:30;"),
    ];
    for (text, place, words) in cases {
        let error = Filter::parse(text, &Zone::UTC).expect_err(text);
        assert_eq!(&text[error.range.clone()], place, "{text}");
        assert!(error.words.contains(words), "{text}: {}", error.words);
    }
    assert!(Filter::parse(&"(".repeat(100_000), &Zone::UTC).is_err());
    assert!(Filter::parse(&"not ".repeat(100_000), &Zone::UTC).is_err());
}

#[test]
fn what_only_looks_like_a_term_is_a_word() {
    let words = ["12:30", "/a/b", "a-b", "\"-\"", "\"colour:red\"", "x,y", ",y", "\"\""];
    let with_signs = ["value>90", "a=b", "\"type=publish\"", "id=", "qos>", "/size>9/", "<id>5"];
    for text in words.into_iter().chain(with_signs) {
        let parsed = Filter::parse(text, &Zone::UTC);
        assert!(parsed.is_ok(), "{text}: {parsed:?}");
    }
    assert!(Filter::parse("a:/b", &Zone::UTC).is_err());
    assert!(Filter::parse("  ", &Zone::UTC).is_ok_and(|filter| filter.is_empty()));
}

/// Counts the records of a small log that a filter leaves.
fn count(log: &Log, text: &str) -> usize {
    let mut matches = Matches::new(Filter::parse(text, &Zone::fixed(90)).expect(text));
    assert!(matches.advance(log, Budget::ALL));
    matches.len()
}

fn small_log() -> Log {
    let mut log = log_of(1 << 20, 2);
    // 2026-11-25 10:30:00 UTC, and 1.5 s a packet.
    let start = 1_795_602_600_000_000;
    let packets: [&[u8]; 6] = [
        b"\x10\x10\x00\x04MQTT\x04\x02\x00\x00\x00\x04C-42",
        b"\x82\x0a\x00\x01\x00\x05a/+/#\x01",
        b"\x32\x0e\x00\x05a/b/c\x00\x02Hello",
        b"\x40\x02\x00\x02",
        b"\x35\x0c\x00\x04$SYS\x00\x03\x00\x01\xff\x80",
        b"\xc0\x00",
    ];
    for (at, packet) in packets.iter().enumerate() {
        log.sent(start + 1_500_000 * at as u64, packet);
    }
    log.push_event(start + 20_000_000, ConnectionId(1), Event::Closed { words: "It is over", failed: false });
    log
}

#[test]
fn terms_of_all_kinds() {
    let log = small_log();
    let cases = [
        ("", 7),
        ("hello", 1),
        ("c-42", 1),
        ("over", 1),
        ("topic:a/b/c", 1),
        ("topic:a/+/#", 2),
        ("topic:#", 2),
        ("topic:$SYS/#", 1),
        ("topic:/^a.b/", 1),
        ("client:c-", 7),
        ("client:x", 0),
        ("payload:/^h.*o$/i", 1),
        ("payload:/^h.*o$/", 0),
        ("payload:/\\xff\\x80$/", 1),
        ("/b.c/", 1),
        ("qos:>0 -qos:2", 1),
        ("qos:1,2", 2),
        ("unanswered", 5),
        ("unanswered type:publish", 2),
        ("retain", 1),
        ("size:<=4 -event", 2),
        ("size:>15B", 2),
        ("size:<1kB type:publish", 2),
        ("size:<=1KiB,1MB,1..2MiB", 6),
        ("id:1..2", 3),
        ("after:12:00:03", 5),
        ("before:12:00:03", 2),
        ("after:2026-11-25T12:00:06", 3),
        ("after:2026-11-26", 0),
        ("before:2026-11-26 after:2026-11-25", 7),
        ("type:pingreq or event:closed", 2),
        ("type:PUBLISH AND (hello OR not qos:1)", 2),
    ];
    for (text, expected) in cases {
        assert_eq!(count(&log, text), expected, "{text}");
    }
}

#[test]
fn matches_follow_a_log_that_grows_drops_and_is_cleared() {
    let packet = [b"\x30\xe7\x07\x00\x01t".as_slice(), &[7; 996]].concat();
    let mut log = log_of(2 << 20, 2);
    let mut matches = Matches::new(Filter::parse("type:publish", &Zone::UTC).expect("a filter"));
    for time in 0..5_000 {
        log.sent(time, &packet);
        log.sent(time, b"\xc0\x00");
        if time % 100 == 0 {
            assert!(matches.advance(&log, Budget::ALL));
        }
    }
    matches.advance(&log, Budget::ALL);
    let expected: Vec<u32> = (log.first()..log.end()).filter(|number| number % 2 == 0).collect();
    assert_eq!(matches.iter().collect::<Vec<_>>(), expected);
    let at = matches.find(9_001);
    assert_eq!(
        (matches.get(at), at.checked_sub(1).and_then(|at| matches.get(at))),
        (Some(9_002), Some(9_000))
    );
    log.clear();
    log.sent(1, &packet);
    assert!(matches.advance(&log, Budget::ALL));
    assert_eq!(matches.iter().collect::<Vec<_>>(), [0]);
}

#[test]
fn completion_of_keys_and_values() {
    let texts = |text: &str| {
        let completion = complete(text, text.len());
        let texts: Vec<_> = completion.suggestions.iter().map(|suggestion| suggestion.text).collect();
        (completion.range.start, completion.key, texts.join(" "))
    };
    assert_eq!(texts("-ty"), (1, None, "type:".into()));
    assert_eq!(texts("a (e"), (3, None, "event: expiry: event".into()));
    assert_eq!(texts("user"), (0, None, "user-property:".into()));
    assert_eq!(texts("property:user"), (9, Some("property"), "user-property".into()));
    assert_eq!(
        texts("property:content-type,topic-alias"),
        (22, Some("property"), "topic-alias-maximum".into())
    );
    assert_eq!(texts("reason:0x8"), (7, Some("reason"), "0x80 0x87 0x8e".into()));
    assert_eq!(texts("type:au"), (5, Some("type"), "auth".into()));
    assert_eq!(texts("type:PUBR"), (5, Some("type"), "pubrec pubrel".into()));
    assert_eq!(texts("type:publish,su"), (13, Some("type"), "subscribe suback".into()));
    assert_eq!(texts("dir:"), (4, Some("dir"), "in out".into()));
    assert_eq!(texts("topic:a/"), (6, Some("topic"), String::new()));
    assert_eq!(texts("\"ty"), (3, None, String::new()));
    assert_eq!(complete("type:x qos:1", 6).range, 5..6);
}

#[test]
fn decoding_is_not_needed_to_know_a_packet() {
    let log = small_log();
    for record in log.records_from(0) {
        let bytes = log.bytes(record);
        if let Ok(packet) = decode(bytes, log.version_of(record).layout(), &mut ()) {
            assert_eq!(record.packet_id, packet.packet_id().unwrap_or_default());
        }
    }
}

#[test]
fn terms_of_mqtt_5() {
    let mut log = common::log_of_version(mqttscope_proto::ProtocolVersion::V5, 1 << 20, 2);
    let packets: [&[u8]; 11] = [
        // 0: CONNECT, a session expiry of 60 s, and a will with an expiry of 9 s and a user property.
        b"\x10\x27\x00\x04MQTT\x05\x06\x00\x00\x05\x11\x00\x00\x00\x3c\x00\x01c\x0d\x02\x00\x00\x00\x09\x26\x00\x01w\x00\x02wv\x00\x01w\x00\x01m",
        b"\x20\x03\x00\x87\x00",
        b"\x40\x02\x00\x01",
        b"\x40\x03\x00\x01\x10",
        b"\x90\x05\x00\x01\x00\x01\x97",
        b"\xb0\x04\x00\x02\x00\x00",
        // 6: PUBLISH with an expiry of an hour and two user properties.
        b"\x30\x1a\x00\x01t\x16\x02\x00\x00\x0e\x10\x26\x00\x04name\x00\x02v1\x26\x00\x00\x00\x01x",
        b"\x30\x04\x00\x01t\x00",
        b"\xf0\x07\x18\x05\x15\x00\x02me",
        b"\xe0\x01\x8e",
        b"\xc0\x00",
    ];
    for packet in packets {
        log.came(1, packet);
    }
    let numbers: Vec<u32> = (0..log.end())
        .filter(|&number| log.record(number).is_some_and(|record| !record.is_event()))
        .collect();
    let found = |text: &str| {
        let mut matches = Matches::new(Filter::parse(text, &Zone::UTC).expect("a filter"));
        assert!(matches.advance(&log, Budget::ALL));
        let place = |number| numbers.iter().position(|&known| known == number);
        matches.iter().filter_map(place).collect::<Vec<_>>()
    };
    assert_eq!(found("reason:0x87"), [1]);
    assert_eq!(found("reason:>=0x80"), [1, 4, 9]);
    assert_eq!(found("reason:0x10..0x18"), [3, 8]);
    assert_eq!(found("reason:0"), [2, 5]);
    assert_eq!(found("reason:1,142"), [4, 9]);
    assert_eq!(found("property:user-property"), [0, 6]);
    assert_eq!(found("property:User_Property,authentication-method"), [0, 6, 8]);
    assert_eq!(found("user-property:name=v1"), [6]);
    assert_eq!(found("user-property:NAM"), [6]);
    assert_eq!(found("user-property:\"w=wv\""), [0]);
    assert_eq!(found("user-property:name=x"), []);
    assert_eq!(found("user-property:/^n.*e$/"), [6]);
    assert_eq!(found("expiry:60"), [0]);
    assert_eq!(found("expiry:<10"), [0]);
    assert_eq!(found("expiry:>1k"), [6]);
    assert_eq!(found("type:auth"), [8]);
    assert_eq!(found("-reason:0..0xff type:publish,disconnect"), [6, 7]);
    for (text, range, words) in [
        ("reason:0x1ff", 7..12, "a number belongs here: 0x87, 135, >=0x80, 0x90..0x9f"),
        ("reason:300", 7..10, "a reason code is 0 to 0xff"),
        ("reason:bad", 7..10, "a number belongs here: 0x87, 135, >=0x80, 0x90..0x9f"),
        ("property:colour", 9..15, "there is no property of this name"),
        ("user-property:=x", 14..16, "a user property is name or name=value"),
        ("user-property:", 0..14, "a value is missing behind this key"),
        ("alias:x", 6..7, "a number belongs here: 17, 1..9, >5, <=1k"),
        ("reason>=0x80", 6..8, "write reason:>=0x80; quotes make it a text"),
        ("some-thing:x", 0..0, ""),
    ] {
        match Filter::parse(text, &Zone::UTC) {
            Ok(_) => assert_eq!(words, "", "{text}"),
            Err(error) => assert_eq!((error.range, &*error.words), (range, words), "{text}"),
        }
    }
}

#[test]
fn what_only_mqtt_5_has_is_not_found_before_it() {
    let mut log = log_of(1 << 20, 2);
    log.came(1, b"\x20\x02\x00\x05");
    log.came(1, b"\x30\x0a\x00\x01b\x03\x23\x00\x07ho!");
    for text in ["reason:5", "reason:>=0", "alias:7", "property:topic-alias"] {
        let mut matches = Matches::new(Filter::parse(text, &Zone::UTC).expect("a filter"));
        assert!(matches.advance(&log, Budget::ALL));
        assert_eq!(matches.len(), 0, "{text}");
    }
}
