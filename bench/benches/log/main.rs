//! The packet log beside another way to keep one, over a million packets.
//!
//! The peer is what clients and their pages do: each packet is decoded as it comes and kept as a value of its own, in
//! a `Vec`; a filter goes through them, with the crate regex for bytes; an export gives each to serde_json. It is made
//! of the fastest parts that there are: rumqttc decodes and leaves the payload in the buffer that it came in.
//!
//! Times are those of the processor, the best of a few runs that take turns.

mod peer;

use std::fs;
use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;
use mqttscope_bench::{Table, message};
use mqttscope_log::export::{Export, Format, Selection};
use mqttscope_log::filter::{Filter, Scan, Zone};
use mqttscope_log::import::Importer;
use mqttscope_log::payload::{View, Viewer};
use mqttscope_log::statistics::Statistics;
use mqttscope_log::topics::TopicTree;
use mqttscope_log::{Budget, ConnectionId, Direction, Follower, Log, PacketFacts, SourceId, Version};
use mqttscope_proto::{
    Packet, Properties, PropertyBuf, PropertyId, PropertyValue, ProtocolVersion, Publish, Qos,
};

use peer::Peer;

const PACKETS: u32 = 1_000_000;
const PACKETS_OF_5: u32 = 200_000;
const TOPICS: u32 = 100_000;
/// Bytes of a WebSocket message.
const PIECE: usize = 2_048;
const RUNS: usize = 3;

fn main() {
    let mut stream = Vec::new();
    for number in 0..PACKETS {
        let qos = if number.is_multiple_of(2) { Qos::AtMostOnce } else { Qos::AtLeastOnce };
        stream.append(&mut message(number, qos));
    }
    println!("{PACKETS} PUBLISH, {} bytes, in pieces of {PIECE} bytes.\n", stream.len());

    let (before, log) = (memory(), received(&stream));
    let (between, peer) = (memory(), Peer::received(&stream, PIECE));
    let after = memory();
    assert_eq!((log.end(), peer.len()), (PACKETS, PACKETS as usize));

    let mut table = Table::new(&["over a million packets", "mqttscope-log", "peer", "ratio"]);
    let (ours, theirs) = (between.saturating_sub(before), after.saturating_sub(between));
    let per_packet = |bytes: u64| format!("{} B", bytes / u64::from(PACKETS));
    let ratio = format!("{:.2}", theirs as f64 / ours as f64);
    table.add(vec!["memory per packet".into(), per_packet(ours), per_packet(theirs), ratio]);
    let (ours, theirs) = take_turns(|| received(&stream).end(), || Peer::received(&stream, PIECE).len());
    add(&mut table, "receive", ours, Some(theirs));

    for (name, text) in FILTERS {
        let found = filtered(&log, text);
        assert_eq!(found, peer.filtered(name), "the peer finds others for {text}");
        let (ours, theirs) = take_turns(|| filtered(&log, text), || peer.filtered(name));
        add(&mut table, &format!("filter `{text}`, {found} found"), ours, Some(theirs));
    }
    let ours = best(|| Statistics::new().advance(&log, Budget::ALL));
    add(&mut table, "statistics", ours, None);
    let ours = best(|| TopicTree::default().advance(&log, Budget::ALL));
    add(&mut table, "tree of topics", ours, None);
    let ours = best(|| (0..1_000_000).fold(0, |sum, time| sum ^ log.find_time(time * 100)));
    add(&mut table, "find a time, a million times", ours, None);
    for (name, format) in
        [("JSON Lines", Format::JsonLines), ("pcapng", Format::Pcapng), ("CSV", Format::Csv)]
    {
        let size = exported(&log, format).len() / 1_000_000;
        let what = format!("export as {name}, {size} MB");
        if format == Format::JsonLines {
            let (ours, theirs) = take_turns(|| exported(&log, format), || peer.exported());
            add(&mut table, &what, ours, Some(theirs));
            let (ours, theirs) = (exported(&log, format), peer.exported());
            let (ours, theirs) = take_turns(|| imported(&ours), || Peer::imported(&theirs));
            add(&mut table, "import of JSON Lines", ours, Some(theirs));
            continue;
        }
        add(&mut table, &what, best(|| exported(&log, format)), None);
        if format == Format::Pcapng {
            let file = exported(&log, format);
            add(&mut table, "import of pcapng", best(|| imported(&file)), None);
        }
    }
    table.print();

    let stream = stream_of_5();
    println!(
        "\n{PACKETS_OF_5} PUBLISH of MQTT 5 with a topic alias and a user property, {} bytes.\n",
        stream.len()
    );
    let log = received_in(&stream, ProtocolVersion::V5);
    assert_eq!(log.end(), PACKETS_OF_5);
    let mut table = Table::new(&["MQTT 5", "time"]);
    table.add(vec!["receive".into(), millis(best(|| received_in(&stream, ProtocolVersion::V5).end()))]);
    for text in ["alias:7", "topic:site/+/temp/7", "user-property:unit=C", "reason:>=0x80"] {
        let found = filtered(&log, text);
        let took = best(|| filtered(&log, text));
        table.add(vec![format!("filter `{text}`, {found} found"), millis(took)]);
    }
    table.add(vec!["statistics".into(), millis(best(|| Statistics::new().advance(&log, Budget::ALL)))]);
    table.print();

    println!("\n{TOPICS} topics, each with a message, and then with another one.\n");
    let mut table = Table::new(&["tree of topics", "time"]);
    let mut log = log_of_topics(1);
    let took = best(|| TopicTree::default().advance(&log, Budget::ALL));
    table.add(vec!["a message to each".into(), millis(took)]);
    let mut tree = TopicTree::default();
    assert!(tree.advance(&log, Budget::ALL));
    assert_eq!(tree.root().topics(), TOPICS);
    table.add(vec!["memory per topic".into(), format!("{} B", tree.size() / TOPICS as usize)]);
    add_messages(&mut log, 1);
    let took = timed(&mut || tree.advance(&log, Budget::ALL));
    table.add(vec!["another one to each".into(), millis(took)]);
    table.print();

    println!("\nA payload of 5 MB of JSON, to its last 50 lines.\n");
    let json = ["[", &"{\"key\":[1,2,\"three\"]},".repeat(220_000), "0]"].concat();
    let mut table = Table::new(&["view", "time"]);
    for view in [View::Text, View::Json, View::Hex] {
        let took = best(|| {
            let mut viewer = Viewer::new(view);
            viewer.advance(json.as_bytes(), usize::MAX);
            viewer.window(json.as_bytes(), viewer.lines() - 50, 50)
        });
        table.add(vec![format!("{view:?}"), millis(took)]);
    }
    table.print();
}

/// Filters, under the names by which the peer knows them: two for fields of the header, three for bytes.
const FILTERS: [(&str, &str); 5] = [
    ("header", "qos:1 size:>100 retain"),
    ("topic", "topic:site/+/temp/99"),
    ("bytes", "payload:\"needle to\""),
    ("any case", "payload:NEEDLE"),
    ("regex", "payload:/need.e.*else/"),
];

/// Messages of a hundred topics, each of which is named once in a thousand.
fn stream_of_5() -> Vec<u8> {
    let mut stream = Vec::new();
    for number in 0..PACKETS_OF_5 {
        let alias = number % 100;
        let topic =
            if number % 1_000 < 100 { format!("site/{}/temp/{alias}", number % 10) } else { String::new() };
        let mut properties = PropertyBuf::new();
        properties.push(PropertyId::TopicAlias, PropertyValue::Number(1 + alias)).expect("an alias");
        let unit = PropertyValue::Pair("unit".into(), "C".into());
        properties.push(PropertyId::UserProperty, unit).expect("a user property");
        let publish = Publish {
            dup: false,
            qos: Qos::AtMostOnce,
            retain: false,
            topic: topic.as_str().into(),
            packet_id: None,
            properties: properties.as_properties(),
            payload: b"21.5",
        };
        Packet::Publish(publish).encode(&mut stream, ProtocolVersion::V5).expect("a packet");
    }
    stream
}

/// A log in which so many messages came to each of many topics.
fn log_of_topics(messages: u32) -> Log {
    let mut log = Log::new(512 << 20);
    log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V311));
    add_messages(&mut log, messages);
    log
}

fn add_messages(log: &mut Log, messages: u32) {
    let mut stream = Vec::new();
    for number in 0..TOPICS * messages {
        let at = number % TOPICS;
        let topic = format!("site/{}/line/{}/sensor/{at}", at % 10, at % 1_000);
        let publish = Publish {
            dup: false,
            qos: Qos::AtMostOnce,
            retain: false,
            topic: topic.as_str().into(),
            packet_id: None,
            properties: Properties::NONE,
            payload: b"{\"value\":21.375,\"unit\":\"C\"}",
        };
        let publish = Packet::Publish(publish);
        stream.clear();
        publish.encode(&mut stream, ProtocolVersion::V311).expect("a packet");
        log.push_packet(u64::from(number), ConnectionId(0), Direction::In, &stream, PacketFacts::default());
    }
}

fn received(stream: &[u8]) -> Log {
    received_in(stream, ProtocolVersion::V311)
}

fn received_in(stream: &[u8], version: ProtocolVersion) -> Log {
    let mut log = Log::new(512 << 20);
    let connection = log.add_connection(SourceId::LIVE, Version::Known(version));
    for (at, piece) in stream.chunks(PIECE).enumerate() {
        log.receive(connection, Direction::In, piece.len(), |room| room.copy_from_slice(piece));
        while let Ok(Some(_)) = log.next_packet(100 * at as u64, connection, Direction::In, |_| ()) {}
    }
    log
}

/// One pass in slices, as the page does it; says how many are left.
fn filtered(log: &Log, text: &str) -> usize {
    let mut filter = Filter::parse(text, &Zone::UTC).expect("a filter");
    let (mut scan, mut found) = (Scan::default(), 0);
    while !scan.run(log, &mut filter, Budget::SLICE, |_| found += 1) {}
    found
}

/// All as a file, written in slices as the page does it.
fn exported(log: &Log, format: Format) -> Vec<u8> {
    let (mut export, mut file) = (Export::new(log, format, Selection::All, false), Vec::new());
    let mut slice = Vec::new();
    while !export.write(log, SLICE, &mut slice).is_finished() {
        file.append(&mut slice);
    }
    file.append(&mut slice);
    file
}

fn imported(file: &[u8]) -> u32 {
    let mut log = Log::new(512 << 20);
    let mut importer = Importer::new(&mut log);
    for piece in file.chunks(SLICE) {
        importer.push(piece, &mut log);
    }
    let packets = importer.finish(&mut log).packets;
    assert_eq!(packets, PACKETS);
    packets
}

fn add(table: &mut Table, what: &str, ours: Duration, theirs: Option<Duration>) {
    let ratio = theirs.map(|theirs| format!("{:.2}", theirs.as_secs_f64() / ours.as_secs_f64()));
    let theirs = theirs.map_or_else(|| "-".to_owned(), millis);
    table.add(vec![what.to_owned(), millis(ours), theirs, ratio.unwrap_or_else(|| "-".to_owned())]);
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// Both, one after the other, so that what else the machine does meets both.
fn take_turns<A, B>(mut ours: impl FnMut() -> A, mut theirs: impl FnMut() -> B) -> (Duration, Duration) {
    let mut least = (Duration::MAX, Duration::MAX);
    for _ in 0..RUNS {
        least = (least.0.min(timed(&mut ours)), least.1.min(timed(&mut theirs)));
    }
    least
}

fn best<T>(mut work: impl FnMut() -> T) -> Duration {
    (0..RUNS).map(|_| timed(&mut work)).min().unwrap_or_default()
}

fn timed<T>(work: &mut impl FnMut() -> T) -> Duration {
    let started = ThreadTime::now();
    let result = black_box(work());
    let took = started.elapsed();
    drop(result);
    took
}

/// Bytes of memory that this process has, as Linux counts them.
fn memory() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = line.and_then(|line| line.split_ascii_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

const SLICE: usize = 256 << 10;
