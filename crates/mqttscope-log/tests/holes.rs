//! Captures with holes and with ends of their own, exported as pcapng and read back: by this crate and by tshark.

use std::path::PathBuf;
use std::process::Command;

use mqttscope_log::export::{Export, Format, Selection};
use mqttscope_log::import::Importer;
use mqttscope_log::{
    Direction, End, Ends, Event, EventKind, Known, Log, PacketFacts, Record, SourceId, Version,
};
use mqttscope_proto::ProtocolVersion;

mod common;
use common::capture::{Frame, Framing, pcap};
use common::connect;
use common::flow::{CLIENT, Flow, From, SERVER};

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

/// The IP packets of a capture of ours, without what is said beside them.
fn segments(file: &[u8]) -> Vec<Vec<u8>> {
    let blocks = without_times(file).into_iter().filter(|block| block[0] == 6);
    let segment = |block: Vec<u8>| {
        let len = u32::from_le_bytes([block[20], block[21], block[22], block[23]]);
        block[28..28 + len as usize].to_vec()
    };
    blocks.map(segment).collect()
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
fn connections_between_the_same_ends_are_different_ones() {
    let mut log = Log::new(1 << 20);
    let source = log.add_source();
    let [low, high] = [(1, 40_000), (2, 1883)].map(|(host, port)| End::of_v4([10, 0, 0, host], port));
    // One more, two the other way around, whatever they lack.
    for (client, server) in [(low, high), (low, high), (high, low), (high, low)] {
        let connection = log.add_connection(source, Version::Unknown);
        log.push_event(1, connection, Event::TcpConnection { ends: Ends { client, server } });
        let known = Known { broken: true, ..Known::default() };
        log.push_known(2, connection, Direction::In, b"rest", known);
        for direction in [Direction::Out, Direction::In] {
            log.push_gap(2, connection, direction, 700_000_000);
            log.push_packet(3, connection, direction, b"\x40\x02\0\x07", PacketFacts::default());
        }
        // What is heard in between proves that it was sent.
        for time in [20_000, 40_000] {
            log.push_packet(time, connection, Direction::Out, b"\xc0\0", PacketFacts::default());
        }
    }
    // What is no packet is nobody's fault, so that nothing says that the connection begins here.
    let mut lines = Vec::new();
    Export::new(&log, Format::JsonLines, Selection::All, false).write(&log, usize::MAX, &mut lines);
    let lines = String::from_utf8(lines).expect("text").replace("\"violation\":true", "\"violation\":false");
    let log = read(lines.as_bytes());
    let back = read(&pcapng(&log, Selection::All));
    assert_eq!((packets(&back), back.connections().count()), (packets(&log), 4));
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

/// TCP lets an end connect to itself: what each of its two sides sends has the same addresses.
#[test]
fn an_end_that_speaks_to_itself_has_two_sides() {
    let mut log = Log::new(1 << 20);
    let source = log.add_source();
    let connection = log.add_connection(source, Version::Unknown);
    let end = End::of_v4([127, 0, 0, 1], 1883);
    log.push_event(1, connection, Event::TcpConnection { ends: Ends { client: end, server: end } });
    for (direction, bytes) in [
        (Direction::Out, connect("a", true, None).as_slice()),
        (Direction::In, b"\x20\x02\0\0"),
        (Direction::Out, b"\xc0\0"),
        (Direction::In, b"\xd0\0"),
    ] {
        log.push_packet(2, connection, direction, bytes, PacketFacts::default());
    }
    let back = read(&pcapng(&log, Selection::All));
    assert_eq!((packets(&back), events(&back)), (packets(&log), events(&log)));
}

/// A connection over WebSocket to a port, up to its first message.
fn web_socket(port: u16) -> Flow {
    let mut flow = Flow::between(CLIENT, (SERVER.0, port));
    flow.client(
        b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n",
    );
    flow.server(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n",
    );
    flow
}

/// A frame of a client, whose mask changes nothing.
fn frame(first_byte: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first_byte];
    match payload.len() {
        len @ 0..=125 => frame.push(0x80 | len as u8),
        len => frame.extend([0xfe, (len >> 8) as u8, len as u8]),
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// Captures of MQTT over WebSocket that lack bytes, each with what it is.
fn web_socket_captures(port: u16) -> Vec<(&'static str, Vec<u8>)> {
    let start = connect("c", true, None);
    let long = publish("t", 300);
    let begun = || {
        let mut flow = web_socket(port);
        flow.client(&frame(0x82, &start)).server(b"\x82\x04\x20\x02\0\0");
        flow
    };
    let end = |mut flow: Flow| {
        flow.client(&frame(0x82, &publish("after", 2))).client(&frame(0x82, b"\xe0\0"));
        flow.acknowledge(From::Server).pcap()
    };
    // The beginning of a CONNECT in which a packet is looked for, and what would make one of it behind the next hole.
    let mut sought = begun();
    sought.lose(From::Client, 400).client(&frame(0x82, &start[..6])).lose(From::Client, 9);
    sought.client(&frame(0x82, &start[6..]));
    let mut across = begun();
    across.client(&frame(0x02, &long[..100])).lose(From::Client, 20).client(&frame(0x80, &long[100..]));
    let mut short = begun();
    short.client(&frame(0x02, b"\x30")).lose(From::Client, 20);
    let mut within = begun();
    let whole = frame(0x82, &long);
    within.client(&whole[..100]).lose(From::Client, 50).client(&whole[150..]);
    let mut ping = begun();
    let pinged = frame(0x89, &[b'?'; 30]);
    ping.client(&frame(0x02, &long[..100]))
        .client(&pinged[..10])
        .lose(From::Client, 20)
        .client(&pinged[30..]);
    ping.client(&frame(0x80, &long[100..]));
    let mut compressed = begun();
    compressed.client(&frame(0x82, &long[..100])).client(&frame(0xc2, b"\x01\x02\x03"));
    vec![
        ("a packet is looked for", end(sought)),
        ("a hole across frames", end(across)),
        ("a hole behind one byte", end(short)),
        ("a hole within a frame", end(within)),
        ("a hole in a ping", end(ping)),
        ("a part is compressed", end(compressed)),
    ]
}

#[test]
fn holes_of_a_websocket_make_no_packet_and_cost_none() {
    for (what, file) in [web_socket_captures(1883), web_socket_captures(8080)].concat() {
        let log = read(&file);
        let export = pcapng(&log, Selection::All);
        let back = read(&export);
        assert_eq!(pieces(&back), pieces(&log), "{what}");
        let last = packets(&log).pop().map(|(_, bytes)| bytes);
        assert_eq!(last.as_deref(), Some(&b"\xe0\x00"[..]), "{what}");
        // That it was carried by WebSocket is not in the file any more.
        let again = pcapng(&back, Selection::All);
        assert!(pcapng(&read(&again), Selection::All) == again, "{what}: another file");
        let is_connect = |line: &&String| line.as_str() == "1";
        let name = format!("websocket-{}.pcapng", what.replace(' ', "-"));
        let args = ["-d", "tcp.port==8080,mqtt", "-Y", "mqtt", "-T", "fields", "-e", "mqtt.msgtype"];
        let types = tshark(&name, &export, &args);
        assert_eq!(types.iter().filter(is_connect).count(), 1, "{what}: {types:?}");
    }
}

#[test]
fn a_packet_without_an_end_stays_one() {
    for len in [20, 200_000] {
        let long = publish("t", len);
        let mut flow = Flow::between(CLIENT, (SERVER.0, 4711));
        flow.client(&connect("c", true, None)).server(b"\x20\x02\0\0");
        long[..long.len() - 5].chunks(30_000).for_each(|part| _ = flow.server(part));
        flow.finish(From::Server).finish(From::Client);
        let log = read(&flow.pcap());
        let export = pcapng(&log, Selection::All);
        let back = read(&export);
        assert_eq!((pieces(&back), events(&back)), (pieces(&log), events(&log)));
        assert!(events(&back).iter().any(|words| words.contains("ended inside a packet")));
        assert!(without_times(&pcapng(&back, Selection::All)) == without_times(&export), "another file");
        // More of who has ended its stream, as other programs may write it.
        let mut more = Log::new(1 << 20);
        let connection = more.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V311));
        more.push_known(1, connection, Direction::In, &long[..9], Known { broken: true, ..Known::default() });
        more.push_event(1, connection, Event::Incomplete { len: 9 });
        more.push_packet(2, connection, Direction::In, b"\xd0\0", PacketFacts::default());
        assert_eq!(pieces(&read(&pcapng(&more, Selection::All))), pieces(&more));
    }
}

#[test]
fn what_was_no_packet_before_the_level_was_known_is_none_behind_it() {
    let mut flow = Flow::between(CLIENT, (SERVER.0, 1883));
    flow.server(b"\0\0").client(b"\x10\x0e\0\x04MQTT\x09\x02\0\x3c\0\0\x01c").client(b"\xc0\0");
    let log = read(&flow.pcap());
    assert!(pieces(&log)[0].1);
    assert_eq!(pieces(&read(&pcapng(&log, Selection::All))), pieces(&log));
}

#[test]
fn a_password_around_a_hole_of_a_websocket_is_hidden() {
    let password = b"very-secret-word";
    let connect = connect("c", true, Some(password));
    for cut in 1..connect.len() {
        let mut flow = web_socket(8080);
        flow.client(&frame(0x02, &connect[..cut]))
            .lose(From::Client, 20)
            .client(&frame(0x80, &connect[cut..]));
        flow.client(&frame(0x82, b"\xc0\0")).acknowledge(From::Server);
        let log = read(&flow.pcap());
        for log in [read(&pcapng(&log, Selection::All)), log] {
            let shown: Vec<u8> = packets(&log).into_iter().flat_map(|(_, bytes)| bytes).collect();
            let is_shown = password.windows(3).any(|part| shown.windows(3).any(|bytes| bytes == part));
            assert!(!is_shown, "{cut}: {}", shown.escape_ascii());
            assert_eq!(packets(&log).last().map(|(_, bytes)| &bytes[..]), Some(&b"\xc0\0"[..]), "{cut}");
        }
    }
}

/// The packets and what is none: which it is, and whether it is a fault.
fn pieces(log: &Log) -> Vec<(Direction, bool, bool, Vec<u8>)> {
    let records = log.records_from(0).filter(|record| !record.is_event());
    let piece = |record: &Record| {
        (record.direction(), record.is_broken(), record.is_violation(), log.bytes(record).to_vec())
    };
    records.map(piece).collect()
}

#[test]
fn a_part_of_a_capture_is_what_it_was_at_whatever_port() {
    // DUP at a SUBSCRIBE is a fault in 3.1.1, and none in 3.1; of a level that is not known nothing is one.
    let subscribe = b"\x8a\x06\0\x01\0\x01a\x01";
    let connects: [&[u8]; 3] = [
        &connect("c", true, None),
        b"\x10\x0f\0\x06MQIsdp\x03\x02\0\x3c\0\x01c",
        b"\x10\x0e\0\x04MQTT\x09\x02\0\x3c\0\0\x01c",
    ];
    for (at, connect) in connects.into_iter().enumerate() {
        for port in [1883, 4711] {
            let mut flow = Flow::between(CLIENT, (SERVER.0, port));
            flow.client(connect).server(b"\x20\x02\0\0").client(&publish("t", 10)).client(subscribe);
            flow.server(b"\x90\x03\0\x01\x01").server(&publish("t", 20)).client(b"\xe0\0");
            flow.finish(From::Client).finish(From::Server);
            let mut log = read(&flow.pcap());
            let is_faulty = |log: &Log| {
                log.records_from(0).find(|record| log.bytes(record) == subscribe).map(Record::is_violation)
            };
            assert_eq!(is_faulty(&log), Some(at == 0), "{at}");
            // From the beginning, behind the CONNECT, and with the server's packets only.
            let numbers: Vec<u32> = (0..log.end()).collect();
            let is_from_server =
                |number: &u32| log.record(*number).is_some_and(|record| record.direction() == Direction::In);
            let from_server: Vec<u32> = numbers.iter().copied().filter(is_from_server).collect();
            for selected in [&numbers[..], &numbers[2..], &numbers[4..], &from_server] {
                let export = pcapng(&log, Selection::Numbers(selected.to_vec()));
                let back = read(&export);
                let chosen: Vec<_> = selected.iter().filter_map(|&number| log.record(number)).collect();
                let chosen: Vec<_> = chosen.into_iter().filter(|record| !record.is_event()).collect();
                assert_eq!(packets(&back).len(), chosen.len(), "{at} {port} {selected:?}");
                for (record, (direction, bytes)) in chosen.iter().zip(packets(&back)) {
                    assert_eq!((record.direction(), log.bytes(record)), (direction, &bytes[..]));
                }
                let faulty = is_faulty(&back);
                assert!(faulty.is_none_or(|faulty| faulty == (at == 0)), "{at} {port} {selected:?}");
                let versions = |log: &Log| log.connections().map(|(_, about)| about.version).next();
                assert_eq!(versions(&back), versions(&log), "{at} {port} {selected:?}");
                assert_eq!(
                    segments(&pcapng(&back, Selection::All)),
                    segments(&export),
                    "{at} {port} {selected:?}"
                );
            }
            // A log that has dropped its beginning.
            log.drop_before(4);
            let export = pcapng(&log, Selection::All);
            let back = read(&export);
            let kept: Vec<_> = log.records_from(4).filter(|record| !record.is_event()).collect();
            assert_eq!(packets(&back).len(), kept.len(), "{at} {port}");
            assert_eq!(segments(&pcapng(&back, Selection::All)), segments(&export), "{at} {port}");
            let name = format!("part-{at}-{port}.pcapng");
            let decoded = format!("tcp.port=={port},mqtt");
            let types = ["-Y", "mqtt", "-T", "fields", "-e", "mqtt.msgtype"];
            let types = tshark(&name, &export, &[&["-d", &decoded][..], &types].concat());
            assert!(types.ends_with(&["8", "9", "3", "14"].map(str::to_owned)), "{at} {port}: {types:?}");
        }
    }
}

#[test]
fn a_capture_of_others_is_not_taken_for_ours() {
    let mut flow = Flow::between(CLIENT, (SERVER.0, 4711));
    flow.client(&connect("c", true, None)).client(b"\xc0\0");
    let export = pcapng(&read(&flow.pcap()), Selection::Numbers(vec![2]));
    assert_eq!(packets(&read(&export)).len(), 1);
    let at = export.windows(9).position(|part| part == b"Each MQTT").expect("a description");
    let mut other = export;
    other[at] = b'e';
    assert_eq!(packets(&read(&other)), []);
}
