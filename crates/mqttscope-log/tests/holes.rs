//! Captures with holes and with ends of their own, exported as pcapng and read back: by this crate and by tshark.

use std::path::PathBuf;
use std::process::Command;

use mqttscope_log::export::{Export, Format, Selection};
use mqttscope_log::import::Importer;
use mqttscope_log::{Direction, EventKind, Log, PacketFacts, SourceId, Version};
use mqttscope_proto::ProtocolVersion;

mod common;
use common::capture::{Frame, Framing, pcap};
use common::connect;

fn read(file: &[u8]) -> Log {
    let mut log = Log::new(64 << 20);
    let mut importer = Importer::new(&mut log);
    importer.push(file, &mut log);
    assert_eq!(importer.finish(&mut log).broken, None);
    log
}

fn pcapng(log: &Log, selection: Selection) -> Vec<u8> {
    let mut file = Vec::new();
    Export::new(log, Format::Pcapng, selection, false).write(log, usize::MAX, &mut file);
    file
}

/// The segments and comments of a capture of ours.
fn without_times(mut file: &[u8]) -> Vec<Vec<u8>> {
    let mut blocks = Vec::new();
    while let Some((head, _)) = file.split_first_chunk::<8>() {
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let (block, rest) = file.split_at(word(4) as usize);
        let mut block = block.to_vec();
        if word(0) == 6 {
            block[12..20].fill(0);
        }
        blocks.push(block);
        file = rest;
    }
    blocks
}

fn packets(log: &Log) -> Vec<(Direction, Vec<u8>)> {
    let packets = log.records_from(0).filter(|record| !record.is_event());
    packets.map(|record| (record.direction(), log.bytes(record).to_vec())).collect()
}

fn events(log: &Log) -> Vec<String> {
    log.records_from(0).filter_map(|record| log.event(record)).map(|event| event.words()).collect()
}

fn tshark(name: &str, file: &[u8], args: &[&str]) -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, file).expect("the file can be written");
    let output = Command::new("tshark").arg("-r").arg(&path).args(args).output();
    let output = output.expect("tshark reads the exports: install Debian's package `tshark`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect()
}

fn publish(topic: &str, len: usize) -> Vec<u8> {
    let body = [&[0, topic.len() as u8], topic.as_bytes(), &vec![b'x'; len]].concat();
    let mut packet = vec![0x30];
    let mut rest = body.len();
    while rest > 127 {
        packet.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    packet.push(rest as u8);
    [packet, body].concat()
}

/// A connection whose client sends these pieces, each a segment at its place; what is between them is missing.
fn with_holes(pieces: &[(usize, &[u8])]) -> Vec<u8> {
    let mut frame = Frame::new(Framing::Raw);
    let mut frames = frame.handshake();
    frames.extend(pieces.iter().map(|(at, bytes)| frame.segment(*at, bytes)));
    pcap(Framing::Raw, &frames)
}

/// Captures that lack bytes, each with what it is.
fn captures() -> Vec<(&'static str, Vec<u8>)> {
    let start = connect("c", true, None);
    let long = publish("t", 300);
    let (first, at) = (start.len(), start.len() + long.len());
    let behind: [&[u8]; 3] = [b"\xc0\x00", &publish("after", 2), b"\xe0\x00"];
    let mut ends = Vec::new();
    let mut end = at;
    for packet in behind {
        ends.push((end, packet));
        end += packet.len();
    }
    let whole = |middle: &[(usize, &[u8])]| with_holes(&[&[(0, &start[..])], middle, &ends].concat());
    // A frame of which the capture has cut the end.
    let mut frame = Frame::new(Framing::Raw);
    let mut cut = frame.handshake();
    cut.push(frame.segment(0, &start));
    let mut long_frame = frame.segment(first, &long);
    long_frame.truncate(long_frame.len() - 203);
    cut.push(long_frame);
    cut.extend(ends.iter().map(|(at, packet)| frame.segment(*at, packet)));
    vec![
        ("cut", pcap(Framing::Raw, &cut)),
        ("the end is missing", whole(&[(first, &long[..100])])),
        ("the middle is missing", whole(&[(first, &long[..100]), (first + 120, &long[120..])])),
        (
            "two holes in a packet",
            whole(&[(first, &long[..100]), (first + 120, &long[120..200]), (first + 210, &long[210..])]),
        ),
        ("the whole is missing", whole(&[])),
        ("its fixed header is missing", whole(&[(first + 5, &long[5..])])),
        ("two packets are missing", with_holes(&[(0, &start[..]), ends[2]])),
    ]
}

#[test]
fn a_hole_stays_a_hole() {
    for (what, file) in captures() {
        let log = read(&file);
        let export = pcapng(&log, Selection::All);
        let back = read(&export);
        assert_eq!(packets(&back), packets(&log), "{what}");
        assert_eq!(events(&back), events(&log), "{what}");
        assert!(
            without_times(&pcapng(&back, Selection::All)) == without_times(&export),
            "{what}: another file"
        );
        assert!(pcapng(&log, Selection::All) == export, "{what}: another file");
        let last = packets(&log).pop().map(|(_, bytes)| bytes);
        assert_eq!(last.as_deref(), Some(&b"\xe0\x00"[..]), "{what}");
    }
}

#[test]
fn tshark_reads_what_stands_behind_a_hole() {
    for (what, file) in captures() {
        if what == "its fixed header is missing" {
            // Of the capture itself tshark makes as little: it takes any bytes behind a hole for a packet's beginning.
            continue;
        }
        let export = pcapng(&read(&file), Selection::All);
        let name = format!("hole-{}.pcapng", what.replace(' ', "-"));
        let args = ["-Y", "mqtt", "-T", "fields", "-e", "mqtt.msgtype", "-e", "mqtt.topic"];
        let lines = tshark(&name, &export, &args);
        let is_whole = |line: &&String| ["12\t", "3\tafter", "14\t"].contains(&line.as_str());
        let whole: Vec<_> = lines.iter().filter(is_whole).collect();
        let expected = if what == "two packets are missing" { 1 } else { 3 };
        assert_eq!(whole.len(), expected, "{what}: {lines:?}");
        let lost = tshark(&name, &export, &["-Y", "tcp.analysis.lost_segment || tcp.checksum.status == 0"]);
        assert!(!lost.is_empty(), "{what}");
    }
}

#[test]
fn what_is_selected_without_its_hole_swallows_nothing() {
    let log = read(&captures()[0].1);
    let packets: Vec<u32> =
        (0..log.end()).filter(|&at| log.record(at).is_some_and(|record| !record.is_event())).collect();
    let back = read(&pcapng(&log, Selection::Numbers(packets.clone())));
    let kept: Vec<_> = back.records_from(0).filter(|record| !record.is_event()).collect();
    assert_eq!(kept.len(), packets.len());
    assert_eq!(back.bytes(kept[kept.len() - 1]), b"\xe0\x00");
}

#[test]
fn addresses_and_ports_of_a_capture_survive() {
    for framing in [Framing::Ethernet4, Framing::Ethernet6] {
        let mut frame = Frame::new(framing);
        (frame.client_port, frame.server_port) = (41_234, 1_993);
        let mut frames = frame.handshake();
        frames.push(frame.data(true, &connect("c", true, None)));
        frames.push(frame.data(false, b"\x20\x02\x00\x00"));
        frames.extend(frame.end());
        // The ports are used again.
        let mut frame = Frame::starting_at(framing, 90_000);
        (frame.client_port, frame.server_port) = (41_234, 1_993);
        frames.extend(frame.handshake());
        frames.push(frame.data(true, &connect("d", true, None)));
        let log = read(&pcap(framing, &frames));
        let export = pcapng(&log, Selection::All);
        let back = read(&export);
        let ends = |log: &Log| log.connections().map(|(_, about)| about.ends).collect::<Vec<_>>();
        assert_eq!((ends(&back), ends(&log).len()), (ends(&log), 2));
        assert_eq!(packets(&back), packets(&log));
        assert!(pcapng(&back, Selection::All) == export, "another file");
        // Numbers of connections do not matter.
        let mut other = Log::new(1 << 20);
        let mut importer = Importer::new(&mut other);
        importer.push(&pcap(Framing::Ethernet4, &[]), &mut other);
        other.add_connection(SourceId::LIVE, Version::Unknown);
        importer = Importer::new(&mut other);
        importer.push(&export, &mut other);
        let _ = importer.finish(&mut other);
        assert!(pcapng(&other, Selection::All) == export, "another file");
        let is_v6 = framing == Framing::Ethernet6;
        let fields = if is_v6 { ["ipv6.src", "ipv6.dst"] } else { ["ip.src", "ip.dst"] };
        let args =
            ["-Y", "tcp.len > 0", "-T", "fields", "-e", fields[0], "-e", fields[1], "-e", "tcp.srcport"];
        let checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
        let name = if is_v6 { "ends6.pcapng" } else { "ends4.pcapng" };
        let first = if is_v6 { "fd00::1\tfd00::2\t41234" } else { "10.0.0.1\t10.0.0.2\t41234" };
        assert_eq!(tshark(name, &export, &args)[0], first);
        let faults = "tcp.checksum.status == 0 || ip.checksum.status == 0 || tcp.analysis.retransmission || _ws.malformed";
        assert_eq!(tshark(name, &export, &[&checks[..], &["-Y", faults]].concat()), Vec::<String>::new());
    }
}

#[test]
fn connections_with_made_up_ends_are_all_different() {
    let mut log = Log::new(64 << 20);
    for number in 0..33_000 {
        let connection = log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V311));

        log.push_packet(number, connection, Direction::Out, b"\xc0\x00", PacketFacts::default());
    }
    let back = read(&pcapng(&log, Selection::All));
    let opened =
        back.records_from(0).filter(|record| record.event_kind() == Some(EventKind::TcpConnection)).count();
    assert_eq!((opened, packets(&back).len()), (33_000, 33_000));
}
