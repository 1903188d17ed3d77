//! Imports: our own exports, captures built frame by frame, captures that tshark wrote, and broken files.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::process::Command;

use mqttscope_log::export::Format;
use mqttscope_log::import::{FileKind, Importer, Report};
use mqttscope_log::{ConnectionId, Direction, Event, Known, Log, PacketFacts, Record, Version};
use mqttscope_proto::ProtocolVersion;
use proptest::prelude::*;

mod common;
use common::capture::{Frame, Framing, pcap};
use common::files::exported;
use common::{Feed, connect, entries, fill, log_of};

fn read(file: &[u8], piece: usize) -> (Log, Report) {
    // Connections of the file have the numbers from 1 on.
    let mut log = log_of(64 << 20, 1);
    let mut importer = Importer::new(&mut log);
    for piece in file.chunks(piece) {
        importer.push(piece, &mut log);
    }
    let report = importer.finish(&mut log);
    (log, report)
}

/// Direction and bytes of the packets, whole or not.
fn packets(log: &Log) -> Vec<(Direction, Vec<u8>)> {
    let packets = log.records_from(0).filter(|record| record.direction() != Direction::Event);
    packets.map(|record| (record.direction(), log.bytes(record).to_vec())).collect()
}

fn events(log: &Log) -> Vec<String> {
    log.records_from(0).filter_map(|record| log.event(record)).map(|event| event.words()).collect()
}

const PUBLISH: &[u8] = b"\x32\x0d\x00\x03a/b\x00\x07hello!";

fn conversation() -> Vec<(bool, Vec<u8>)> {
    vec![
        (true, connect("c-1", true, None)),
        (false, b"\x20\x02\x00\x00".to_vec()),
        (true, PUBLISH.to_vec()),
        (false, b"\x40\x02\x00\x07".to_vec()),
        (true, b"\xe0\x00".to_vec()),
    ]
}

fn expected(conversation: &[(bool, Vec<u8>)]) -> Vec<(Direction, Vec<u8>)> {
    let direction = |out: bool| if out { Direction::Out } else { Direction::In };
    conversation.iter().map(|(out, bytes)| (direction(*out), bytes.clone())).collect()
}

fn frames(framing: Framing, conversation: &[(bool, Vec<u8>)]) -> Vec<Vec<u8>> {
    let mut frame = Frame::new(framing);
    let mut frames = frame.handshake();
    frames.extend(conversation.iter().map(|(out, bytes)| frame.data(*out, bytes)));
    frames
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn our_json_lines_come_back_as_they_were(entries in entries(1..30), piece in 1..200_usize) {
        let log = fill(&entries);
        let (back, report) = read(&exported(&log, Format::JsonLines, true), piece);
        prop_assert_eq!((report.broken, back.end()), (None, log.end()));
        let mut connections = HashMap::new();
        for (was, is) in log.records_from(0).zip(back.records_from(0)) {
            prop_assert_eq!((was.time, was.direction()), (is.time, is.direction()));
            // Only lines of packets tell the version of a connection.
            if was.direction() != Direction::Event {
                prop_assert_eq!(log.version_of(was), back.version_of(is));
            }
            let connection = *connections.entry(was.connection).or_insert(is.connection);
            prop_assert_eq!((connection, was.is_violation()), (is.connection, is.is_violation()));
            prop_assert_eq!((log.bytes(was), log.event(was)), (back.bytes(is), back.event(is)));
        }
        let numbers: HashSet<_> = connections.values().collect();
        prop_assert_eq!(numbers.len(), connections.len());
        for number in 0..log.end() {
            prop_assert_eq!(log.before(number), back.before(number));
        }
    }

    #[test]
    fn our_pcapng_comes_back_as_it_was(entries in entries(0..30), piece in 1..500_usize) {
        let log = fill(&entries);
        let (back, report) = read(&exported(&log, Format::Pcapng, true), piece);
        prop_assert_eq!((report.broken, report.missing, report.left_out.total()), (None, 0, 0));
        prop_assert_eq!(packets(&back), packets(&log));
        let times = |log: &Log| -> Vec<u64> {
            let packets = log.records_from(0).filter(|record| record.direction() != Direction::Event);
            packets.map(|record| record.time).collect()
        };
        prop_assert_eq!(times(&back), times(&log));
    }

    #[test]
    fn segments_in_any_order_and_more_than_once_are_one_stream(
        lens in proptest::collection::vec(0..40_usize, 1..20),
        cuts in proptest::collection::vec(1..30_usize, 1..60),
        swaps in proptest::collection::vec(0..6_usize, 60),
        repeats in proptest::collection::vec(0..4_usize, 60),
        start: u32,
    ) {
        let mut stream = connect("c-1", true, None);
        for len in &lens {
            stream.extend_from_slice(&[0x30, (len + 3) as u8, 0, 1, b't']);
            stream.extend(std::iter::repeat_n(b'x', *len));
        }
        let mut frame = Frame::starting_at(Framing::Ethernet4, start);
        let mut frames = frame.handshake();
        let (mut at, mut segments) = (0, Vec::new());
        for cut in cuts.iter().cycle() {
            let end = (at + cut).min(stream.len());
            segments.push(frame.segment(at, &stream[at..end]));
            // Overlaps: what came before comes again with what is next.
            if cut % 5 == 0 {
                let from = at.saturating_sub(cut / 2);
                segments.push(frame.segment(from, &stream[from..end]));
            }
            at = end;
            if at == stream.len() {
                break;
            }
        }
        for (at, swap) in swaps.iter().enumerate().take(segments.len()) {
            let to = (at + swap).min(segments.len() - 1);
            segments.swap(at, to);
        }
        for (segment, repeat) in segments.iter().zip(repeats.iter().cycle()) {
            frames.push(segment.clone());
            if *repeat == 0 {
                frames.push(segment.clone());
            }
        }
        let (log, report) = read(&pcap(Framing::Ethernet4, &frames), 1 << 20);
        prop_assert_eq!((report.missing, report.packets), (0, lens.len() as u32 + 1));
        let all: Vec<u8> = packets(&log).into_iter().flat_map(|(_, bytes)| bytes).collect();
        prop_assert_eq!(all, stream);
    }

    #[test]
    fn no_bytes_make_it_panic(
        mut file in proptest::collection::vec(any::<u8>(), 0..300),
        start in 0..6_usize,
        piece in 1..100_usize,
    ) {
        let starts: [&[u8]; 6] = [
            b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"{\"time_us\":", b"{", b"",
        ];
        file.splice(0..0, starts[start].iter().copied());
        read(&file, piece);
    }

    #[test]
    fn no_change_of_a_file_makes_it_panic(
        entries in entries(1..8),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        format in 0..3_usize,
    ) {
        let mut file = match format {
            0 => exported(&fill(&entries), Format::Pcapng, true),
            1 => exported(&fill(&entries), Format::JsonLines, true),
            _ => pcap(Framing::Cooked, &frames(Framing::Cooked, &conversation())),
        };
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        let cut = file.len() - file.len() / 7;
        read(&file, 64);
        read(&file[..cut], 1_000);
    }
}

#[test]
fn all_framings_hold_the_same_packets() {
    for framing in Framing::ALL {
        let (log, report) = read(&pcap(framing, &frames(framing, &conversation())), 7);
        assert_eq!(packets(&log), expected(&conversation()), "{framing:?}");
        let expected =
            Report { kind: Some(FileKind::Pcap), packets: 5, frames: 8, connections: 1, ..Report::default() };
        assert_eq!(report, expected, "{framing:?}");
    }
}

#[test]
fn tshark_writes_what_can_be_read() {
    let mut log = log_of(1 << 20, 2);
    for (time, (out, bytes)) in (1_795_602_601_482_123..).zip(conversation()) {
        if out {
            log.sent(time, &bytes)
        } else {
            log.came(time, &bytes)
        };
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(folder.join("ours.pcapng"), exported(&log, Format::Pcapng, true))
        .expect("it can be written");
    for format in ["pcap", "nsecpcap", "pcapng"] {
        let path = folder.join(["theirs.", format].concat());
        let mut tshark = Command::new("tshark");
        tshark.args(["-F", format, "-w"]).arg(&path).arg("-r").arg(folder.join("ours.pcapng"));
        let output = tshark.output().expect("tshark writes captures: install Debian's package `tshark`");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let (back, report) = read(&std::fs::read(path).expect("tshark wrote it"), 100);
        assert_eq!((packets(&back), report.broken), (expected(&conversation()), None), "{format}");
        let times: Vec<_> = back.records_from(1).map(|record| record.time - 1_795_602_601_482_123).collect();
        assert_eq!(times, [0, 1, 2, 3, 4], "{format}");
    }
}

#[test]
fn a_hole_in_a_packet_costs_that_packet() {
    let big = [b"\x30\xe9\x07\x00\x01t".as_slice(), &[b'x'; 998]].concat();
    let stream = [&connect("c-1", true, None), &big[..], PUBLISH, PUBLISH].concat();
    let mut frame = Frame::new(Framing::Ethernet4);
    let mut frames = frame.handshake();
    for (at, part) in stream.chunks(200).enumerate() {
        // The third segment was not captured: it lies within the big packet.
        if at != 2 {
            frames.push(frame.segment(at * 200, part));
        }
    }
    let (log, report) = read(&pcap(Framing::Ethernet4, &frames), 1 << 20);
    assert_eq!((report.missing, report.packets), (200, 3));
    let packets = packets(&log);
    assert_eq!(packets.iter().map(|(_, bytes)| bytes.len()).collect::<Vec<_>>(), [17, 804, 15, 15]);
    let broken: Vec<_> = log.records_from(0).filter(|record| record.is_broken()).collect();
    assert_eq!(broken.len(), 1);
    assert_eq!(events(&log)[1], "The capture lacks 200 bytes of what went out");
}

#[test]
fn behind_a_hole_of_unknown_length_the_next_packet_is_found() {
    let mut frame = Frame::new(Framing::Ethernet4);
    let mut frames = frame.handshake();
    let first = connect("c-1", true, None);
    frames.push(frame.segment(0, &first));
    frames.push(frame.segment(first.len() + 500, b"the end of something"));
    frames.push(frame.segment(first.len() + 520, PUBLISH));
    let (log, report) = read(&pcap(Framing::Ethernet4, &frames), 1 << 20);
    assert_eq!((report.missing, report.packets), (500, 2));
    assert_eq!(packets(&log)[2], (Direction::Out, PUBLISH.to_vec()));
}

#[test]
fn a_capture_that_begins_in_the_middle_is_read_from_the_next_packet_on() {
    let mut frame = Frame::new(Framing::Ethernet6);
    let frames = [
        frame.segment(0, b"st of a payload"),
        frame.segment(15, PUBLISH),
        frame.data(false, b"\x40\x02\x00\x07"),
    ];
    let (log, report) = read(&pcap(Framing::Ethernet6, &frames), 1 << 20);
    assert_eq!((report.packets, report.connections), (2, 1));
    assert_eq!(
        packets(&log)[1..],
        [(Direction::Out, PUBLISH.to_vec()), (Direction::In, b"\x40\x02\x00\x07".to_vec())]
    );
}

#[test]
fn other_ports_are_mqtt_where_they_begin_with_connect() {
    for (bytes, connections) in [(connect("c-1", true, None), 1), (b"GET / HTTP/1.1\r\n\r\n".to_vec(), 0)] {
        let mut frame = Frame::new(Framing::Ethernet4);
        frame.server_port = 10_883;
        let mut frames = frame.handshake();
        frames.push(frame.segment(0, &bytes));
        let (log, report) = read(&pcap(Framing::Ethernet4, &frames), 1 << 20);
        assert_eq!(report.connections, connections);
        assert_eq!(packets(&log).len(), connections as usize);
    }
}

#[test]
fn a_connection_that_ends_and_begins_again_is_two() {
    let mut frame = Frame::new(Framing::Ethernet4);
    let mut frames = frame.handshake();
    frames.push(frame.data(true, &connect("c-1", true, None)[..9]));
    frames.extend(frame.end());
    let mut again = Frame::starting_at(Framing::Ethernet4, 70_000);
    let handshake = again.handshake();
    // The first SYN is sent twice.
    frames.extend(handshake.first().cloned());
    frames.extend(handshake);
    frames.push(again.data(true, &connect("c-1", true, None)));
    let (log, report) = read(&pcap(Framing::Ethernet4, &frames), 1 << 20);
    assert_eq!((report.connections, report.packets), (2, 1));
    let connections: Vec<_> = log.records_from(0).map(|record| record.connection.0).collect();
    assert_eq!(connections, [1, 1, 1, 1, 2, 2]);
    let words = events(&log);
    assert_eq!(words[1], "The stream ended inside a packet, after 9 bytes of it");
    assert_eq!(words[2], "The TCP connection was closed");
    assert!(words[0].starts_with("TCP connection of 10.0.0.1:50000 to 10.0.0.2:1883"));
}

#[test]
fn files_cut_at_any_place_give_what_is_before() {
    let file = pcap(Framing::Raw, &frames(Framing::Raw, &conversation()));
    let (log, _) = read(&file, file.len());
    let all = packets(&log);
    let mut whole = 0;
    for cut in 0..file.len() {
        let (log, report) = read(&file[..cut], 1 << 20);
        let found = packets(&log);
        assert!(all.starts_with(&found) && found.len() >= whole, "{cut}");
        whole = found.len();
        assert!(report.broken.is_some() || report.frames > 0 || cut == 24, "{cut}");
    }
}

#[test]
fn a_broken_block_is_told_with_its_place() {
    let mut log = log_of(1 << 20, 2);
    log.sent(1, b"\xc0\x00");
    let mut file = exported(&log, Format::Pcapng, true);
    let len = file.len();
    file.extend_from_slice(b"\x06\0\0\0\x07\0\0\0garbage!");
    let (back, report) = read(&file, 10);
    assert_eq!(report.packets, 1);
    assert_eq!(
        report.broken.map(|broken| (broken.offset, broken.words)),
        Some((len as u64, "a block of an impossible length"))
    );
    assert_eq!(packets(&back).len(), 1);
    let (_, report) = read(b"not a capture", 4);
    assert_eq!(report.broken.map(|broken| broken.offset), Some(0));
}

#[test]
fn a_broken_line_costs_that_line() {
    let mut log = log_of(1 << 20, 2);
    log.sent(5, b"\xc0\x00");
    let words = "é \"quoted\"\n\u{1}";
    log.push_event(6, ConnectionId(1), Event::Note { name: "mine", words });
    let good = exported(&log, Format::JsonLines, true);
    let first_len = good.iter().position(|&byte| byte == b'\n').expect("a line") + 1;
    let file = [&good[..first_len], b"{\"time_us\":\n\n{}\n", &good[first_len..]].concat();
    let (back, report) = read(&file, 3);
    assert_eq!((report.broken_lines, report.packets, back.end()), (2, 1, 2));
    assert_eq!(report.broken.map(|broken| broken.offset), Some(first_len as u64));
    let event = back.event(back.record(1).expect("it is kept")).expect("an event");
    assert_eq!((event.name(), event.words().as_str()), ("mine", "é \"quoted\"\n\u{1}"));
}

/// A capture of a connection, whose packets are written as `out` or `in` and hex.
fn captured(lines: &str) -> Log {
    let mut frame = Frame::new(Framing::Ethernet4);
    let mut frames = frame.handshake();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (direction, hex) = line.split_once(' ').expect("two words");
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
        let bytes: Vec<u8> = (0..hex.len() / 2).map(|at| byte(2 * at)).collect();
        frames.push(frame.data(direction == "out", &bytes));
    }
    read(&pcap(Framing::Ethernet4, &frames), 1 << 20).0
}

/// CONNECT of 3.1.1 with clean session, and CONNACK.
const BEGINNING: &str = "out 100d00044d5154540402000000 0163\nin 20020000";

#[test]
fn rules_that_look_over_packets_count_in_captures_too() {
    let begun = BEGINNING.replace(" 0163", "0163");
    let cases = [
        // SUBACK with one return code for two filters.
        ("out 820a00050001610000016200\nin 9003000500", "SUBACK has 1 return codes for 2 topic filters"),
        ("in 40020007", "PUBACK names packet id 7, which is not in flight"),
        ("out 34050001740007\nin 40020007", "PUBACK names packet id 7, which awaits PUBREC"),
        ("out 32050001740007\nin 40020007\nin 40020007", "PUBACK names packet id 7, which is not in flight"),
        ("in b0020007", "UNSUBACK names packet id 7, which is not in flight"),
        ("in d000", "PINGRESP came without a PINGREQ"),
        ("in 20020000", "a second CONNACK came"),
        ("in e000", "a server does not send DISCONNECT"),
    ];
    for (lines, words) in cases {
        let log = captured(&[&begun, lines].join("\n"));
        let told = events(&log).pop().expect("an event");
        assert!(told.starts_with(&format!("Unexpected from the broker: {words} (")), "{lines}: {told}");
        // It is about the last packet, and of a clause of 3.1.1.
        assert_eq!((log.before(log.end() - 1), told.ends_with(" (MQTT)")), (Some(log.end() - 2), false));
        assert!(told.contains("[MQTT-") || told.contains("MQTT 3.1.1"), "{told}");
    }
    let early = captured(&begun.replace("in 20020000", "in d000"));
    assert_eq!(
        events(&early)[1..].iter().filter(|words| words.contains("came before CONNACK")).count(),
        1,
        "{:?}",
        events(&early)
    );
}

#[test]
fn what_is_in_order_in_a_capture_is_not_reproached() {
    let begun = BEGINNING.replace(" 0163", "0163");
    let fine = "out 820a00050001610000016200\nin 900400050001
        out 34050001740007\nout 3c050001740007\nin 50020007\nin 50020007
        out 62020007\nout 62020007\nin 70020007\nin 70020007
        out 32050001740007\nin 40020007\nout a2050008000161\nin b0020008\nout c000\nin d000\nout e000";
    assert_eq!(events(&captured(&[&begun, fine].join("\n")))[1..], [""; 0]);
    // Of a connection whose beginning was not seen nobody knows what was asked.
    let middle = captured("in 40020007\nin d000\nin 900300050f");
    let words = events(&middle);
    assert_eq!(words[1..].len(), 1, "{words:?}");
    assert!(words[1].starts_with("Rule broken by the broker: SUBACK return code 0x0f"), "{words:?}");
    // Nor behind a hole.
    let mut frame = Frame::new(Framing::Ethernet4);
    let mut frames = frame.handshake();
    frames.push(frame.data(true, &connect("c-1", true, None)));
    frames.push(frame.data(false, b"\x20\x02\x00\x00"));
    let _lost = frame.data(true, PUBLISH);
    frames.push(frame.data(true, b"\xc0\x00"));
    frames.push(frame.data(false, b"\x40\x02\x00\x07"));
    let (log, report) = read(&pcap(Framing::Ethernet4, &frames), 1 << 20);
    assert_eq!((report.missing, report.packets), (PUBLISH.len() as u64, 4));
    let told = events(&log);
    assert!(told.iter().all(|words| !words.starts_with("Unexpected")), "{told:?}");
}

#[test]
fn all_rules_that_a_captured_packet_breaks_are_told() {
    let begun = BEGINNING.replace(" 0163", "0163");
    let suback = format!("out 820600050001610 0\nin 90160005{}", "07".repeat(20)).replace("610 0", "6100");
    let words = events(&captured(&[&begun, &*suback].join("\n")));
    let rules = words.iter().filter(|words| words.starts_with("Rule broken by the broker: ")).count();
    assert_eq!(rules, 8);
    assert!(words.contains(&"The same packet breaks rules in 12 more places".to_owned()), "{words:?}");
}

#[test]
fn a_connection_without_connect_has_no_version_in_files_either() {
    let log = captured("out 6a020005\nin 70020005");
    let record = log.records_from(0).find(|record| !record.is_event()).expect("a packet");
    assert_eq!((log.version_of(record), record.is_violation()), (Version::Unknown, false));
    let lines = String::from_utf8(exported(&log, Format::JsonLines, true)).expect("text");
    assert_eq!((lines.matches("\"version\":null").count(), lines.matches("\"version\":\"").count()), (2, 0));
    let (back, _) = read(lines.as_bytes(), 1 << 10);
    let versions: Vec<_> = back.records_from(0).map(|record| back.version_of(record)).collect();
    assert_eq!(versions, vec![Version::Unknown; log.end() as usize]);
    for level in [3_u8, 4] {
        let name: &[u8] = if level == 3 { b"\x00\x06MQIsdp\x03" } else { b"\x00\x04MQTT\x04" };
        let bytes = [&[0x10, name.len() as u8 + 6], name, b"\x02\x00\x00\x00\x01c"].concat();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let log = captured(&format!("out {hex}"));
        let version = ProtocolVersion::from_level(level).map(Version::Known);
        assert_eq!(log.connections().last().map(|(_, about)| about.version), version);
    }
}

#[test]
fn what_is_known_of_packets_goes_into_json_lines_and_back() {
    let mut log = log_of(1 << 20, 1);
    let copy = PacketFacts { own: true, copy: true, ..PacketFacts::default() };
    log.push_packet(1, ConnectionId(0), Direction::Out, PUBLISH, copy);
    let number = log.push_packet(2, ConnectionId(0), Direction::In, PUBLISH, PacketFacts::default());
    log.mark(number, PacketFacts { repeat: true, held: true, ..PacketFacts::default() });
    let file = exported(&log, Format::JsonLines, true);
    let (back, _) = read(&file, 1 << 10);
    let facts = |log: &Log| log.records_from(0).map(|record| record.facts()).collect::<Vec<_>>();
    assert_eq!(facts(&back), facts(&log));
    let lines = String::from_utf8(file).expect("text");
    assert!(
        lines.contains("\"facts\":[\"own\",\"copy\"]") && lines.contains("\"facts\":[\"repeat\",\"held\"]")
    );
}

#[test]
fn seventy_thousand_connections_are_told_apart() {
    let mut frames = Vec::new();
    for server_port in [1883, 10_883] {
        for client_port in 10_000..45_000 {
            let mut frame = Frame::new(Framing::Raw);
            (frame.client_port, frame.server_port) = (client_port, server_port);
            frames.push(frame.data(true, &connect(&format!("{client_port}-{server_port}"), true, None)));
            frames.push(frame.data(true, PUBLISH));
        }
    }
    let (log, report) = read(&pcap(Framing::Raw, &frames), 1 << 20);
    assert_eq!((report.connections, report.packets, report.broken), (70_000, 140_000, None));
    // The one of the test, and those of the file.
    assert_eq!((log.connections().count(), log.in_flight()), (1 + 70_000, [70_000, 0]));
    assert!(log.connections().skip(1).all(|(_, about)| about.client_id.len() > 9));
    assert!(log.size() < 64 << 20);
}

#[test]
fn the_counts_of_the_message_are_those_of_the_rows() {
    let mut frame = Frame::new(Framing::Raw);
    let mut frames = frame.handshake();
    frames.push(frame.data(true, &connect("c-1", true, None)));
    frames.push(frame.data(false, b"\x20\x02\x00\x00"));
    frames.push(frame.data(true, &PUBLISH[..6]));
    let (log, report) = read(&pcap(Framing::Raw, &frames), 1 << 20);
    assert_eq!((report.packets, report.pieces, packets(&log).len()), (2, 1, 3));
    assert!(report.words().contains(" 1 row of bytes that are no whole packet."), "{}", report.words());
    // In JSON Lines, connections have any numbers.
    let line = |connection: u32| {
        format!("{{\"time_us\":1,\"direction\":\"out\",\"connection\":{connection},\"raw\":\"c000\"}}\n")
    };
    let (log, report) = read([line(70_000), line(3), line(70_000)].concat().as_bytes(), 1 << 20);
    assert_eq!((report.packets, report.pieces, report.connections), (3, 0, 2));
    assert_eq!(packets(&log).len(), 3);
}

#[test]
fn numbers_of_connections_start_anew_in_an_empty_log() {
    let file = exported(&fill_two(), Format::JsonLines, true);
    let mut log = Log::new(1 << 20);
    let mut numbers = || {
        let mut importer = Importer::new(&mut log);
        importer.push(&file, &mut log);
        let _ = importer.finish(&mut log);
        let numbers: Vec<_> = log.records_from(0).map(|record| record.connection.0).collect();
        log.clear();
        numbers
    };
    assert_eq!([numbers(), numbers()], [[0, 1], [0, 1]]);
    // One that is open keeps its number.
    let open = log.add_connection(mqttscope_log::SourceId::LIVE, Version::Unknown);
    log.clear();
    assert_eq!(
        (open, log.add_connection(mqttscope_log::SourceId::LIVE, Version::Unknown)),
        (ConnectionId(0), ConnectionId(1))
    );
}

fn fill_two() -> Log {
    let mut log = log_of(1 << 20, 2);
    log.sent_on(0, 1, b"\xc0\x00");
    log.sent_on(1, 2, b"\xc0\x00");
    log
}

#[test]
fn what_is_no_whole_packet_goes_into_json_lines_and_back() {
    let mut log = log_of(1 << 20, 2);
    let known = Known { broken: true, ..Known::default() };
    // The middle of a message may look like a packet.
    for bytes in [PUBLISH, &PUBLISH[..9], b"\xc0\x00"] {
        log.push_known(1, ConnectionId(1), Direction::In, bytes, known);
    }
    log.came(2, b"\xd0\x00");
    let (back, _) = read(&exported(&log, Format::JsonLines, true), 40);
    let broken: Vec<_> = back.records_from(0).map(Record::is_broken).collect();
    assert_eq!(broken, [true, true, true, false]);
    assert_eq!(packets(&back), packets(&log));
}

#[test]
fn a_note_without_words_comes_back_without() {
    let mut log = log_of(1 << 20, 2);
    log.push_event(1, ConnectionId(1), Event::Note { name: "marked", words: "" });
    let file = exported(&log, Format::JsonLines, true);
    let (back, _) = read(&file, 40);
    let events: Vec<_> = back.records_from(0).filter_map(|record| back.event(record)).collect();
    assert_eq!(events, [Event::Note { name: "marked", words: "" }]);
}
