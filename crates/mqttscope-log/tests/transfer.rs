//! Files and payloads that another module reads: what comes over is what would have been read in place, whatever else
//! the log takes meanwhile; and bytes that are none of our messages do no harm.

use mqttscope_log::export::Format;
use mqttscope_log::import::Importer;
use mqttscope_log::payload::{Line, View, Viewer};
use mqttscope_log::transfer::{
    Appender, Binary, Ended, How, Message, Reading, compare_request, view, write_records,
};
use mqttscope_log::{ConnectionId, Direction, Event, EventKind, Known, Log, SourceId, Version};
use mqttscope_proto::ProtocolVersion;
use proptest::prelude::*;

mod common;
use common::capture::{Frame, Framing, pcap};
use common::files::exported;
use common::{Feed, connect, entries, fill, log_of};

/// What there is to know of a record, without the number of its connection.
#[derive(Debug, PartialEq)]
struct Seen {
    time: u64,
    direction: Direction,
    bytes: Vec<u8>,
    event: Option<(EventKind, String)>,
    facts: [bool; 5],
    packet_id: u16,
    /// Places among the records of the file.
    links: [Option<usize>; 2],
    connection: usize,
}

/// All of the records of these numbers; connections are numbered as they appear.
fn seen(log: &Log, numbers: &[u32]) -> Vec<Seen> {
    let mut connections = Vec::new();
    let place = |number: Option<u32>| number.and_then(|number| numbers.iter().position(|&at| at == number));
    let one = |&number: &u32| {
        let record = log.record(number).expect("it is kept");
        let known = connections.iter().position(|&connection| connection == record.connection);
        let connection = known.unwrap_or_else(|| {
            connections.push(record.connection);
            connections.len() - 1
        });
        let facts = [
            log.version_of(record) == Version::Known(ProtocolVersion::V311),
            record.is_violation(),
            record.is_broken(),
            record.is_password_hidden(),
            record.awaits_answer(),
        ];
        Seen {
            time: record.time,
            direction: record.direction(),
            bytes: log.bytes(record).to_vec(),
            event: log.event(record).map(|event| (event.kind(), event.words())),
            facts,
            packet_id: record.packet_id,
            links: [place(log.before(number)), place(log.after(number))],
            connection,
        }
    };
    numbers.iter().map(one).collect()
}

fn read_in_place(file: &[u8], piece: usize) -> Vec<Seen> {
    let mut log = Log::new(64 << 20);
    let mut importer = Importer::new(&mut log);
    file.chunks(piece).for_each(|piece| importer.push(piece, &mut log));
    let report = importer.finish(&mut log);
    assert!(!report.words().is_empty());
    seen(&log, &Vec::from_iter(0..log.end()))
}

/// Reads a file apart; between its messages `meanwhile` may do something to the log. The numbers are those of the file's
/// records.
fn read_apart(
    file: &[u8],
    piece: usize,
    log: &mut Log,
    mut meanwhile: impl FnMut(&mut Log),
) -> (Vec<u32>, Ended) {
    let mut reading = Reading::new();
    let mut appender = Appender::new(log);
    let (mut numbers, mut read) = (Vec::new(), 0);
    let mut pieces = file.chunks(piece);
    loop {
        let piece = pieces.next();
        match piece {
            Some(piece) => _ = reading.push(piece, read as u64 + piece.len() as u64),
            None => reading.finish(true),
        }
        while let Some(message) = reading.next_message() {
            let first = log.end();
            match Message::read(&message) {
                Some(Message::Records(records)) => {
                    assert_eq!(appender.append(records, log), Some(()));
                    numbers.extend(first..log.end());
                    meanwhile(log);
                }
                Some(Message::Read(bytes)) => {
                    read += piece.map_or(0, <[u8]>::len);
                    assert_eq!(bytes, read as u64);
                }
                Some(Message::Ended(ended)) => return (numbers, ended),
                other => panic!("{other:?}"),
            }
        }
        assert!(piece.is_some(), "the end is told");
    }
}

const LIVE: u32 = 0;
const PUBLISH: &[u8] = b"\x32\x07\x00\x01t\x00\x09hi";

/// A client that connects again without a clean session, a rule that is broken, and what is random.
fn with_sessions(entries: &[common::Entry]) -> Log {
    let mut log = fill(entries);
    log.set_keeps_passwords(true);
    for connection in [3, 4] {
        log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V311));
        log.sent_on(connection, 1, &connect("c-1", false, Some(b"secret")));
        log.sent_on(connection, 2, PUBLISH);
    }
    // DUP at QoS 0, which is told behind it.
    let broken = log.sent_on(4, 3, b"\x38\x05\x00\x01thi");
    assert_eq!((log.before(broken + 1), log.end()), (Some(broken), broken + 2));
    let known = Known { broken: true, ..Known::default() };
    log.push_known(4, ConnectionId(4), Direction::In, b"\x30\x09abc", known);
    log
}

#[test]
fn payloads_are_compared_as_they_are_asked_for() {
    let request = compare_request(How::Json, b"{\"a\":1}", b"{\"a\":2}");
    let answer = view(&request);
    let Some(Message::Compared(found)) = Message::read(&answer) else { panic!("{answer:?}") };
    assert_eq!((found.how, found.rows.len(), found.rows[0].place.as_str()), (How::Json, 1, "$.a"));
    assert_eq!(view(&request[..3]), b"");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_file_read_apart_gives_what_it_gives_in_place(
        entries in entries(0..40),
        piece in 1..2_000_usize,
        lines: bool,
        lives in 0..3_u16,
    ) {
        let format = if lines { Format::JsonLines } else { Format::Pcapng };
        let file = exported(&with_sessions(&entries), format, true);
        let mut log = log_of(64 << 20, 1);
        let (numbers, ended) = read_apart(&file, piece, &mut log, |log| {
            // What is received while the file is read, on a connection that was there before.
            for id in 0..lives {
                log.came_on(LIVE, 9, &[0x32, 5, 0, 1, b't', 0, id as u8 + 1]);
            }
        });
        prop_assert!(!ended.is_broken && ended.words.contains("packet"));
        prop_assert_eq!(seen(&log, &numbers), read_in_place(&file, piece));
    }

    #[test]
    fn files_broken_anywhere_end_alike(entries in entries(1..20), cut: prop::sample::Index, byte: u8) {
        let mut file = exported(&with_sessions(&entries), Format::Pcapng, true);
        let at = cut.index(file.len());
        file[at] = byte;
        let mut log = Log::new(64 << 20);
        let (numbers, _) = read_apart(&file, 700, &mut log, |_| {});
        prop_assert_eq!(seen(&log, &numbers), read_in_place(&file, 700));
    }

    #[test]
    fn bytes_that_are_no_message_do_no_harm(mut bytes: Vec<u8>, tag in prop::sample::select(b"rnel?".to_vec())) {
        let mut log = Log::new(1 << 20);
        let mut appender = Appender::new(&mut log);
        let _ = appender.append(&bytes, &mut log);
        bytes.insert(0, tag);
        let _ = Message::read(&bytes);
        let _ = view(&bytes);
    }

    #[test]
    fn records_spoilt_on_their_way_do_no_harm(
        entries in entries(1..10),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = Vec::new();
        write_records(&fill(&entries), 0, usize::MAX, &mut bytes);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let mut log = Log::new(1 << 20);
        let mut appender = Appender::new(&mut log);
        let _ = appender.append(&bytes, &mut log);
        for number in 0..log.end() {
            let record = *log.record(number).expect("it is kept");
            let _ = (log.event(&record).map(|event| event.words()), log.exchange(number), log.payload(&record));
        }
    }

    #[test]
    fn payloads_are_shown_as_in_place(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
        for (format, in_place) in [(Binary::Cbor, View::Cbor), (Binary::MessagePack, View::MessagePack)] {
            prop_assert_eq!(shown(format, &payload), (lines_of(in_place, &payload), false));
        }
    }
}

fn shown(format: Binary, payload: &[u8]) -> (Vec<Line>, bool) {
    let request = [&[format.request()], payload].concat();
    match Message::read(&view(&request)) {
        Some(Message::Lines(lines)) => (lines.lines, lines.is_cut),
        other => panic!("{other:?}"),
    }
}

fn lines_of(view: View, payload: &[u8]) -> Vec<Line> {
    let mut viewer = Viewer::new(view);
    while !viewer.advance(payload, usize::MAX) {}
    viewer.window(payload, 0, usize::MAX)
}

#[test]
fn every_fault_of_a_payload_is_told() {
    let deep = [0x81; 300];
    let cases = [
        (Binary::Cbor, &b"\x82\x01"[..], "the payload ends within a value"),
        (Binary::Cbor, b"\xff", "an end of what has not begun"),
        (Binary::Cbor, &deep, "this is nested too deep to be shown"),
        (Binary::Cbor, b"\x1c", "this byte begins no data item"),
        (Binary::MessagePack, b"\xc1", "this byte is never used"),
    ];
    for (format, payload, words) in cases {
        let (lines, _) = shown(format, payload);
        assert_eq!(lines.last().and_then(|line| line.fault), Some(words));
    }
}

#[test]
fn payloads_of_too_many_lines_are_cut() {
    let (lines, is_cut) = shown(Binary::Cbor, &[0x01; 100_000]);
    assert_eq!((lines.len(), is_cut), (100_000, false));
    let (lines, is_cut) = shown(Binary::Cbor, &[0x01; 100_001]);
    assert_eq!((lines.len(), is_cut), (100_000, true));
    // Short lines far to the right.
    let (lines, is_cut) =
        shown(Binary::MessagePack, &[&[0x91; 190][..], b"\xdc\xff\xff", &[0; 65_535]].concat());
    assert!(lines.len() > 40_000 && is_cut);
}

#[test]
fn a_client_of_a_file_is_not_the_client_of_today() {
    let mut log = log_of(1 << 20, 1);
    log.sent_on(LIVE, 10, &connect("c-1", false, None));
    let asked = log.sent_on(LIVE, 11, PUBLISH);
    let mut frame = Frame::new(Framing::Ethernet4);
    let mut frames = frame.handshake();
    frames.push(frame.data(true, &connect("c-1", false, None)));
    frames.push(frame.data(false, b"\x40\x02\x00\x09"));
    let file = pcap(Framing::Ethernet4, &frames);
    let (numbers, ended) = read_apart(&file, 64, &mut log, |_| {});
    assert_eq!((ended.packets, ended.connections, ended.is_broken), (2, 1, false));
    let is_packet = |number: &&u32| log.record(**number).is_some_and(|record| !record.is_event());
    let acknowledged = numbers.iter().rfind(is_packet).copied().expect("a packet");
    assert_eq!((log.before(acknowledged), log.after(asked)), (None, None));
    let again = log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V311)).0;
    log.sent_on(again, 20, &connect("c-1", false, None));
    let answer = log.came_on(again, 21, b"\x40\x02\x00\x09");
    assert_eq!(log.before(answer), Some(asked));
}

#[test]
fn clearing_the_log_while_a_file_is_read_links_to_nothing_that_is_gone() {
    let mut apart = log_of(1 << 20, 2);
    let broken = apart.sent(1, PUBLISH);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let next = write_records(&apart, 0, usize::MAX, &mut first);
    apart.push_event_about(broken, 2, ConnectionId(1), Event::Note { name: "a", words: "b" });
    write_records(&apart, next, usize::MAX, &mut second);
    let mut log = log_of(1 << 20, 2);
    let mut appender = Appender::new(&mut log);
    log.sent(0, PUBLISH);
    assert_eq!(appender.append(&first, &mut log), Some(()));
    log.clear();
    log.sent(0, PUBLISH);
    log.sent(0, PUBLISH);
    assert_eq!(appender.append(&second, &mut log), Some(()));
    assert_eq!((log.end(), log.before(2)), (3, None));
}

#[test]
fn a_file_that_was_packed_tells_how_far_it_was_read_and_where_it_breaks_off() {
    let file = pcap(Framing::Ethernet4, &Frame::new(Framing::Ethernet4).handshake());
    let mut reading = Reading::new();
    // Unpacked it is longer than the file.
    assert!(reading.push(&file, 17));
    let message = reading.next_message().expect("a message");
    assert_eq!(Message::read(&message), Some(Message::Read(17)));
    reading.finish(false);
    let message = reading.next_message().expect("a message");
    let Some(Message::Ended(ended)) = Message::read(&message) else { panic!("it has ended") };
    let words = ["Broken at byte ", &file.len().to_string(), ": what was packed by gzip is cut"].concat();
    assert!(ended.is_broken && ended.words.contains(&words), "{}", ended.words);
}

#[test]
fn a_report_is_told_in_words() {
    let frame = Frame::new(Framing::Ethernet4).handshake();
    let mut file = pcap(Framing::Ethernet4, &frame);
    let mut log = Log::new(1 << 20);
    let (_, ended) = read_apart(&file, 10, &mut log, |_| {});
    assert_eq!(ended.words, "pcap: 0 packets. 3 frames without MQTT over TCP.");
    file.extend_from_slice(&[0; 3]);
    let (_, ended) = read_apart(&file, 10, &mut log, |_| {});
    let words = ["3 frames without MQTT over TCP. Broken at byte ", &(file.len() - 3).to_string()].concat();
    let words = ["pcap: 0 packets. ", &words, ": the file ends within a block."].concat();
    assert_eq!((ended.is_broken, ended.words), (true, words));
    let lines =
        b"{\"time_us\":1,\"direction\":\"out\",\"connection\":0,\"raw\":\"c000\"}\n{}\n".repeat(1_234);
    let (numbers, ended) = read_apart(&lines, 1 << 16, &mut log, |_| {});
    assert_eq!(numbers.len(), 1_234);
    let words =
        "JSON Lines: 1,234 packets of 1 connection. 1,234 lines that could not be read. Broken at byte 60: ";
    assert!(ended.words.starts_with(words), "{}", ended.words);
}
