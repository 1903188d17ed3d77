//! The tree of topics against a map, and its bounds.

use std::collections::BTreeMap;

use mqttscope_log::topics::{Retained, TopicNode, TopicTree};
use mqttscope_log::{Budget, Direction, Follower, Log};
use mqttscope_proto::{Packet, Properties, ProtocolVersion, Publish, Qos};
use proptest::prelude::*;

mod common;
use common::{Feed, encoded, log_of, log_of_version};

/// A topic as the map keeps it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Expected {
    number: u32,
    time: u64,
    is_out: bool,
    len: u32,
    messages: u64,
    bytes: u64,
    retained: Retained,
    value: Vec<u8>,
}

/// Topics by name, and their names in the order of their last messages.
#[derive(Default)]
struct Model {
    topics: BTreeMap<String, Expected>,
    order: Vec<String>,
    dropped: u64,
}

impl Model {
    fn note(&mut self, number: u32, time: u64, message: &Message) {
        let name = message.topic.to_owned();
        self.order.retain(|known| *known != name);
        self.order.push(name.clone());
        let topic = self.topics.entry(name).or_default();
        topic.number = number;
        topic.time = time;
        topic.is_out = message.is_out;
        topic.len = message.payload.len() as u32;
        topic.messages += 1;
        topic.bytes += message.bytes().len() as u64;
        topic.value = message.payload[..message.payload.len().min(TopicTree::VALUE)].to_vec();
        if message.retain {
            topic.retained = match (message.payload.is_empty(), message.is_out) {
                (true, _) => Retained::Cleared,
                (false, true) => Retained::Set,
                (false, false) => Retained::Seen,
            };
        }
    }

    /// Drops all but so many of the newest.
    fn keep(&mut self, count: usize) {
        let gone = self.order.drain(..self.order.len() - count);
        self.dropped += gone.len() as u64;
        for name in gone {
            self.topics.remove(&name);
        }
    }

    /// Topics and messages at a name and below it.
    fn below(&self, name: &str) -> (u32, u64) {
        let is_below =
            |topic: &str| topic == name || topic.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
        let below = self.topics.iter().filter(|(topic, _)| is_below(topic));
        below.fold((0, 0), |(topics, messages), (_, topic)| (topics + 1, messages + topic.messages))
    }
}

#[derive(Clone, Debug)]
struct Message {
    topic: &'static str,
    payload: Vec<u8>,
    retain: bool,
    is_out: bool,
    micros: u64,
}

impl Message {
    fn bytes(&self) -> Vec<u8> {
        publish(self.topic, &self.payload, self.retain)
    }

    fn push(&self, log: &mut Log, time: u64) -> u32 {
        if self.is_out { log.sent(time, &self.bytes()) } else { log.came(time, &self.bytes()) }
    }
}

fn messages(most: usize) -> impl Strategy<Value = Vec<Message>> {
    let topics =
        ["a", "/a", "a/", "a//b", "//", "/", "a/b", "a/b/c", "ab/c", "$SYS/a", "é/b", "b/a", "b/b", "b/c"];
    let len = prop_oneof![3 => 0..20_usize, 1 => 4_000..5_000_usize];
    let message = (proptest::sample::select(topics.to_vec()), len, any::<[bool; 2]>(), 0..3_000_000_u64);
    let message = message.prop_map(|(topic, len, [retain, is_out], micros)| {
        let payload = (0..len).map(|at| at as u8).collect();
        Message { topic, payload, retain, is_out, micros }
    });
    proptest::collection::vec(message, 0..most)
}

fn publish(topic: &str, payload: &[u8], retain: bool) -> Vec<u8> {
    encoded(&Packet::Publish(Publish {
        dup: false,
        qos: Qos::AtMostOnce,
        retain,
        topic: topic.into(),
        packet_id: None,
        properties: Properties::NONE,
        payload,
    }))
}

/// All levels with their names, but for the root.
fn levels(tree: &TopicTree) -> Vec<(String, TopicNode<'_>)> {
    let mut found = Vec::new();
    let mut open: Vec<_> = tree.root().first_below().into_iter().collect();
    while let Some(node) = open.pop() {
        let mut name = Vec::new();
        node.push_name(&mut name);
        found.push((String::from_utf8(name).expect("it is text"), node));
        open.extend(node.next());
        open.extend(node.first_below());
    }
    found
}

fn topics(tree: &TopicTree) -> BTreeMap<String, Expected> {
    let topic = |(name, node): (String, TopicNode<'_>)| {
        let topic = node.topic()?;
        assert_eq!(topic.is_whole(), topic.value().len() == topic.len as usize);
        let expected = Expected {
            number: topic.number,
            time: topic.time,
            is_out: topic.is_out,
            len: topic.len,
            messages: topic.messages,
            bytes: topic.bytes,
            retained: topic.retained,
            value: topic.value().to_vec(),
        };
        Some((name, expected))
    };
    levels(tree).into_iter().filter_map(topic).collect()
}

fn all(log: &Log) -> TopicTree {
    let mut tree = TopicTree::default();
    while !tree.advance(log, Budget { records: 3, bytes: usize::MAX }) {}
    tree
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_tree_knows_what_a_map_knows(messages in messages(60), budget in 0..40_000_usize) {
        let mut log = log_of(16 << 20, 2);
        let mut tree = TopicTree::new(budget);
        let mut model = Model::default();
        let mut time = 1_795_602_601_000_000;
        for message in &messages {
            time += message.micros;
            let number = message.push(&mut log, time);
            prop_assert!(tree.advance(&log, Budget::ALL));
            model.note(number, time, message);
            let kept = tree.root().topics() as usize;
            model.keep(kept);
            prop_assert_eq!(tree.dropped(), model.dropped);
            // One topic is kept whatever it has.
            prop_assert!(kept == 1 || tree.size() <= budget);
            prop_assert_eq!(&topics(&tree), &model.topics);
        }
        for (name, node) in levels(&tree) {
            let below = model.below(&name);
            prop_assert_eq!((node.topics(), node.messages()), below, "{}", name);
            prop_assert!(below.0 > 0, "{} leads nowhere", name);
            prop_assert_eq!(tree.find(name.as_bytes()).map(|node| node.id()), Some(node.id()));
            prop_assert_eq!(tree.node(node.id()).map(|node| node.level()), Some(node.level()));
            let mut children = 0;
            let mut child = node.first_below();
            while let Some(below) = child {
                prop_assert_eq!(below.parent().map(|parent| parent.id()), Some(node.id()));
                children += 1;
                child = below.next();
            }
            prop_assert_eq!(node.children(), children);
        }
        let messages: u64 = model.topics.values().map(|topic| topic.messages).sum();
        prop_assert_eq!(tree.root().messages(), messages);
    }

    #[test]
    fn slices_lead_to_the_same_tree(messages in messages(40)) {
        let mut log = log_of(16 << 20, 2);
        for (at, message) in messages.iter().enumerate() {
            message.push(&mut log, at as u64);
        }
        let mut whole = TopicTree::default();
        prop_assert!(whole.advance(&log, Budget::ALL));
        prop_assert_eq!(topics(&all(&log)), topics(&whole));
    }
}

#[test]
fn empty_levels_are_levels() {
    let mut log = log_of(1 << 20, 2);
    for topic in ["/a", "a//b", ""] {
        log.came(1, &publish(topic, b"x", false));
    }
    let tree = all(&log);
    let mut names: Vec<_> =
        levels(&tree).into_iter().map(|(name, node)| (name, node.topic().is_some())).collect();
    names.sort();
    let expected = [("", true), ("/a", true), ("a", false), ("a/", false), ("a//b", true)]
        .map(|(name, is)| (name.to_owned(), is));
    assert_eq!(names, expected);
    let empty = tree.find(b"a/").expect("a level");
    assert_eq!((empty.level(), empty.children()), (&b""[..], 1));
    assert!(tree.find(b"b").is_none());
    assert!(tree.find(b"//b").is_none());
}

#[test]
fn many_levels_are_one_from_some_depth_on() {
    let mut log = log_of(1 << 20, 2);
    let deep = "x/".repeat(30_000);
    log.came(1, &publish(&deep, b"x", false));
    log.came(1, &publish(&deep[..60_000 - 1], b"x", false));
    let tree = all(&log);
    assert_eq!(tree.root().topics(), 2);
    assert_eq!(levels(&tree).len(), TopicTree::LEVELS + 1);
    let node = tree.find(deep.as_bytes()).expect("it is there");
    let mut name = Vec::new();
    node.push_name(&mut name);
    assert_eq!(name, deep.as_bytes());
}

#[test]
fn a_topic_outlives_its_record() {
    let mut log = log_of(1 << 20, 2);
    log.came(1, &publish("a/b", b"21.5", false));
    let mut tree = all(&log);
    log.drop_before(1);
    log.came(2, &publish("c", b"1", false));
    assert!(tree.advance(&log, Budget::ALL));
    assert_eq!(tree.find(b"a/b").and_then(|node| node.topic()).expect("it is kept").value(), b"21.5");
}

#[test]
fn a_cleared_log_has_no_topics_and_their_end_comes_in_slices() {
    let mut log = log_of(16 << 20, 2);
    for at in 0..1_000 {
        log.came(1, &publish(&format!("a/{at}"), b"1", true));
    }
    let mut tree = all(&log);
    log.clear();
    log.came(2, &publish("new", b"1", false));
    let slice = Budget { records: 100, bytes: usize::MAX };
    for _ in 0..9 {
        assert!(!tree.advance(&log, slice));
    }
    while !tree.advance(&log, slice) {}
    assert_eq!((tree.root().topics(), tree.dropped()), (1, 0));
    assert_eq!(topics(&tree).into_keys().collect::<Vec<_>>(), ["new"]);
}

#[test]
fn the_topic_of_an_alias_is_the_one_that_it_stands_for() {
    let mut log = log_of_version(ProtocolVersion::V5, 1 << 20, 2);
    // Topic alias 5 for "t", then without a topic, and alias 6 that nobody has set.
    for frame in [
        &b"\x30\x08\x00\x01t\x03\x23\x00\x05x"[..],
        b"\x30\x07\x00\x00\x03\x23\x00\x05y",
        b"\x30\x07\x00\x00\x03\x23\x00\x06z",
    ] {
        log.came(1, frame);
    }
    // The other way the alias is another one.
    log.sent(1, b"\x30\x07\x00\x00\x03\x23\x00\x05z");
    let tree = all(&log);
    assert_eq!(tree.root().topics(), 1);
    let topic = tree.find(b"t").and_then(|node| node.topic()).expect("the topic");
    assert_eq!((topic.value(), topic.messages), (&b"y"[..], 2));
}

#[test]
fn a_message_that_is_refused_changes_nothing_that_is_retained() {
    let mut log = log_of_version(ProtocolVersion::V5, 1 << 20, 2);
    log.came(1, b"\x31\x05\x00\x01t\x00x");
    let retained = |log: &Log| all(log).find(b"t").and_then(|node| node.topic()).map(|topic| topic.retained);
    assert_eq!(retained(&log), Some(Retained::Seen));
    // An empty one at QoS 1, and its PUBACK with 0x87, not authorized.
    log.sent(2, b"\x33\x06\x00\x01t\x00\x09\x00");
    assert_eq!(retained(&log), Some(Retained::Cleared));
    log.came(3, b"\x40\x03\x00\x09\x87");
    assert_eq!(retained(&log), Some(Retained::Seen));
    log.sent(4, b"\x33\x06\x00\x01t\x00\x09\x00");
    log.came(5, b"\x40\x02\x00\x09");
    assert_eq!(retained(&log), Some(Retained::Cleared));
}

#[test]
fn memory_is_bounded_with_200_000_topics() {
    let budget = 16 << 20;
    let mut log = log_of(64 << 20, 2);
    let mut tree = TopicTree::new(budget);
    let count = 200_000;
    for at in 0..count {
        log.came(at, &publish(&format!("site/{}/sensor/{at}", at % 100), &[b'x'; 40], at % 2 == 0));
        if at % 1_000 == 0 {
            tree.advance(&log, Budget::ALL);
            assert!(tree.size() <= budget);
        }
    }
    assert!(tree.advance(&log, Budget::ALL));
    let kept = tree.root().topics();
    assert!(tree.size() <= budget && tree.size() > budget - 4_096, "{}", tree.size());
    assert!(kept > 20_000, "{kept}");
    assert_eq!(u64::from(kept) + tree.dropped(), count);
    let is_kept = |at: u64| tree.find(format!("site/{}/sensor/{at}", at % 100).as_bytes()).is_some();
    assert!(!is_kept(0) && !is_kept(count - u64::from(kept) - 1));
    assert!(is_kept(count - u64::from(kept)) && is_kept(count - 1));
    // Each is counted as it is: nothing is there that is not counted.
    let allocated = allocation_counter::measure(|| {
        let mut again = TopicTree::new(budget);
        assert!(again.advance(&log, Budget::ALL));
        std::hint::black_box(&again);
    });
    assert!(allocated.bytes_max < budget as u64 * 5 / 4, "{}", allocated.bytes_max);
}

#[test]
fn a_message_to_a_known_topic_allocates_nothing() {
    let mut log = log_of(16 << 20, 2);
    for at in 0..1_000 {
        log.came(at, &publish(&format!("a/b/{at}"), b"21.375", false));
    }
    let mut tree = TopicTree::default();
    assert!(tree.advance(&log, Budget::ALL));
    for at in 0..1_000 {
        let _ = if at % 2 == 0 {
            log.came(at, &publish(&format!("a/b/{at}"), b"9", true))
        } else {
            log.sent(at, &publish(&format!("a/b/{at}"), b"21.375 kelvin", true))
        };
    }
    let allocated = allocation_counter::measure(|| assert!(tree.advance(&log, Budget::ALL)));
    assert_eq!(allocated.count_total, 0);
    assert_eq!(tree.root().messages(), 2_000);
    assert!(!topics(&tree).values().any(|topic| topic.is_out == (topic.retained == Retained::Seen)));
}

#[test]
fn a_direction_has_no_part_in_a_topic() {
    let mut log = log_of(1 << 20, 2);
    log.sent(1, &publish("a", b"1", true));
    log.came(2, &publish("a", b"2", false));
    let tree = all(&log);
    let topic = tree.find(b"a").and_then(|node| node.topic()).expect("the topic");
    assert_eq!((topic.messages, topic.value(), topic.retained), (2, &b"2"[..], Retained::Set));
    assert_eq!(log.record(topic.number).map(|record| record.direction()), Some(Direction::In));
}
