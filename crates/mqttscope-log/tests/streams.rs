//! Captures as streams: holes, what comes late or twice, ports that are used again, and what a connection speaks.

use mqttscope_log::export::{Export, Format, Selection};
use mqttscope_log::import::{Importer, Report};
use mqttscope_log::transfer::{Appender, Message, Reading};
use mqttscope_log::{Direction, Log};
use proptest::prelude::*;

mod common;
use common::connect;
use common::flow::{ACK, CLIENT, End, Flow, From, PSH, RST, SERVER, SYN};

fn read(file: &[u8]) -> (Log, Report) {
    let mut log = Log::new(64 << 20);
    let mut importer = Importer::new(&mut log);
    for piece in file.chunks(1 << 16) {
        importer.push(piece, &mut log);
    }
    let report = importer.finish(&mut log);
    (log, report)
}

/// The rows as lines: seconds, direction, and the bytes in hex, or an event's words.
fn rows(log: &Log) -> Vec<String> {
    let row = |record: &mqttscope_log::Record| {
        let secs = (record.time / 1_000_000) % 1_000;
        match log.event(record) {
            Some(event) => format!("{secs} -- {}", event.words()),
            None => {
                let hex: String = log.bytes(record).iter().map(|byte| format!("{byte:02x}")).collect();
                let broken = if record.is_broken() { " broken" } else { "" };
                format!("{secs} {}{broken} {hex}", record.direction().name())
            }
        }
    };
    log.records_from(0).map(row).collect()
}

/// The whole packets as `out` or `in` and their bytes.
fn packets(log: &Log) -> Vec<(Direction, Vec<u8>)> {
    let whole = log.records_from(0).filter(|record| !record.is_event() && !record.is_broken());
    whole.map(|record| (record.direction(), log.bytes(record).to_vec())).collect()
}

fn rows_of(flow: &Flow) -> Vec<String> {
    rows(&read(&flow.pcap()).0)
}

fn begin() -> Vec<u8> {
    connect("c", true, None)
}

fn begun() -> Flow {
    let mut flow = Flow::new();
    flow.client(&begin()).server(CONNACK);
    flow
}

/// A PUBLISH of QoS 0 to `a`.
fn publish(payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x30];
    let mut len = payload.len() + 3;
    while len > 0x7f {
        packet.push(len as u8 | 0x80);
        len >>= 7;
    }
    packet.push(len as u8);
    packet.extend(b"\0\x01a");
    packet.extend(payload);
    packet
}

const CONNACK: &[u8] = b"\x20\x02\0\0";
const SUBSCRIBE: &[u8] = b"\x82\x06\0\x01\0\x01a\0";
const SUBACK: &[u8] = b"\x90\x03\0\x01\0";
const PUBLISH_1: &[u8] = b"\x32\x06\0\x01a\0\x02x";
const PUBACK: &[u8] = b"\x40\x02\0\x02";
const PINGREQ: &[u8] = b"\xc0\0";
const PINGRESP: &[u8] = b"\xd0\0";
const DISCONNECT: &[u8] = b"\xe0\0";

#[test]
fn what_waits_behind_a_hole_keeps_its_time_and_its_place() {
    for side in [From::Client, From::Server] {
        let mut flow = begun();
        flow.lose(side, 6).client(SUBSCRIBE).server(SUBACK).client(PUBLISH_1).server(PUBACK);
        flow.now += 60_000;
        flow.client(DISCONNECT);
        let (log, report) = read(&flow.pcap());
        assert_eq!((report.packets, report.missing), (7, 6));
        let way = if side == From::Client { "out" } else { "in" };
        // The server's hole is known as soon as the client has said so.
        assert_eq!(
            rows(&log)[3..],
            [
                &format!("3 -- The capture lacks 6 bytes of what went {way}"),
                "3 out 8206000100016100",
                "4 in 9003000100",
                "5 out 3206000161000278",
                "6 in 40020002",
                "67 out e000"
            ]
        );
        let answers: Vec<_> =
            log.records_from(0).enumerate().filter_map(|(at, _)| log.answered(at as u32)).collect();
        assert_eq!(answers.len(), 3);
    }
}

#[test]
fn an_answer_that_may_be_in_a_hole_is_not_called_missing() {
    let unanswered = |log: &Log| log.records_from(0).filter(|record| record.awaits_answer()).count();
    for side in [From::Client, From::Server] {
        let mut flow = begun();
        flow.client(PUBLISH_1).client(SUBSCRIBE).client(PINGREQ).lose(side, 9).acknowledge(From::Server);
        flow.server(&publish(b"x")).acknowledge(From::Client);
        let (log, report) = read(&flow.pcap());
        assert_eq!(report.missing, 9);
        // A hole in what the client sends holds no answers to it.
        assert_eq!(unanswered(&log), if side == From::Client { 3 } else { 0 }, "{:#?}", rows(&log));
        let mut answered = flow.clone();
        answered.server(PUBACK).server(SUBACK).server(PINGRESP);
        let (log, _) = read(&answered.pcap());
        let answers = (0..log.end()).filter(|&number| log.answered(number).is_some()).count();
        assert_eq!((answers, unanswered(&log)), (4, 0));
    }
}

#[test]
fn a_hole_that_is_filled_is_none_and_nothing_overtakes() {
    let (first, second) = (publish(b"first"), publish(b"second"));
    // What is missing is sent again before and after the server has said anything.
    for is_swapped in [true, false] {
        let mut flow = begun();
        let at = flow.next[0];
        flow.send_at(From::Client, at + first.len() as u32, &second);
        if !is_swapped {
            flow.server(PINGRESP);
        }
        flow.send_at(From::Client, at, &first).lose(From::Client, first.len() + second.len());
        flow.server(PUBACK);
        let (log, report) = read(&flow.pcap());
        assert_eq!((report.missing, report.repeated, report.late), (0, 0, 0));
        let found = packets(&log);
        let place = |bytes: &[u8]| found.iter().position(|(_, packet)| packet == bytes).expect("it is there");
        assert!(place(&first) < place(&second) && place(&second) < place(PUBACK), "{:?}", rows(&log));
        // Each has the time of its own bytes.
        let times: Vec<_> = log
            .records_from(0)
            .filter(|record| log.bytes(record) == second)
            .map(|record| record.time)
            .collect();
        assert_eq!(times, [1_003_000_000]);
    }
}

#[test]
fn an_acknowledgement_that_was_captured_before_its_data_proves_no_hole() {
    let mut flow = begun();
    let [at, heard] = flow.next;
    flow.lose(From::Client, SUBSCRIBE.len()).server(SUBACK);
    // The card that captured it was two milliseconds late.
    flow.now += 2;
    flow.raw(From::Client, at, heard, ACK | PSH, SUBSCRIBE);
    let (log, report) = read(&flow.pcap());
    assert_eq!((report.missing, report.packets), (0, 4));
    assert_eq!(packets(&log)[2..], [(Direction::Out, SUBSCRIBE.to_vec()), (Direction::In, SUBACK.to_vec())]);
}

#[test]
fn a_hole_that_nobody_acknowledges_keeps_times_too() {
    let mut flow = begun();
    flow.lose(From::Client, 5);
    let heard = flow.next[1];
    for packet in [SUBSCRIBE, PINGREQ] {
        flow.now += 1_000;
        let at = flow.next[0];
        flow.raw(From::Client, at, heard, ACK, packet);
        flow.lose(From::Client, packet.len());
    }
    assert_eq!(
        rows_of(&flow)[3..],
        ["3 -- The capture lacks 5 bytes of what went out", "3 out 8206000100016100", "4 out c000"]
    );
}

#[test]
fn bytes_that_come_when_their_hole_was_given_up_are_counted() {
    let mut flow = begun();
    let at = flow.next[0];
    flow.lose(From::Client, PINGREQ.len())
        .client(SUBSCRIBE)
        .server(SUBACK)
        .client(DISCONNECT)
        .acknowledge(From::Server);
    flow.send_at(From::Client, at, PINGREQ);
    let (log, report) = read(&flow.pcap());
    assert_eq!((report.missing, report.late, report.repeated), (2, 2, 0));
    assert_eq!(packets(&log).len(), 5);
    assert!(report.words().contains("2 bytes that came too late"), "{}", report.words());
}

#[test]
fn what_is_missing_before_the_end_of_a_side_is_told() {
    let mut flow = Flow::new();
    flow.client(&begin()).lose(From::Server, 4).client(&publish(b"early")).lose(From::Client, 2);
    flow.finish(From::Client).finish(From::Server);
    let rows = rows_of(&flow);
    assert_eq!(
        rows[2..],
        [
            "2 -- The capture lacks 4 bytes of what went in",
            "2 out 30080001616561726c79",
            "3 -- The capture lacks 2 bytes of what went out",
            "4 -- The TCP connection was closed"
        ]
    );
    // A FIN alone that was not captured is no byte of the stream.
    let mut flow = begun();
    flow.lose(From::Client, 1).acknowledge(From::Server);
    assert_eq!(read(&flow.pcap()).1.missing, 0);
}

#[test]
fn a_capture_that_ends_inside_a_packet_accuses_nobody() {
    let packet = publish(&[b'x'; 90]);
    let mut flow = begun();
    flow.client(&packet[..40]);
    let (log, report) = read(&flow.pcap());
    assert_eq!(report.missing, packet.len() as u64 - 40);
    assert!(
        rows(&log).iter().any(|row| row == "3 -- The capture lacks 55 bytes of what went out"),
        "{:?}",
        rows(&log)
    );
    assert!(!rows(&log).iter().any(|row| row.contains("ended inside")));
    // Who says himself that nothing more comes has sent half a packet.
    flow.finish(From::Client);
    let (log, report) = read(&flow.pcap());
    assert_eq!(report.missing, 0);
    assert!(rows(&log).last().is_some_and(|row| row.contains("ended inside a packet, after 40 bytes")));
}

#[test]
fn behind_a_hole_nothing_is_made_of_the_tail_of_a_message() {
    let tails: [&[u8]; 9] = [
        b"21.5",
        b"20.57",
        "0\u{e9} text that goes on. ".as_bytes(),
        b"0123456789",
        b"@\x02\0",
        b"2\x10\0\x03a/+\0\x01xxxxxxxxx",
        b"0\x80\x80\x80\x01ab",
        b"\xc0\0\xff",
        b"0",
    ];
    for tail in tails {
        let mut flow = begun();
        flow.lose(From::Client, 107).client(tail).client(PINGREQ).server(PINGRESP);
        flow.client(&publish(b"after")).client(DISCONNECT);
        let (log, report) = read(&flow.pcap());
        assert_eq!((report.packets, report.missing), (6, 107), "{tail:x?}: {:#?}", rows(&log));
        let whole = packets(&log);
        assert_eq!(whole[2], (Direction::Out, PINGREQ.to_vec()));
        let broken: Vec<_> = log.records_from(0).filter(|record| record.is_broken()).collect();
        assert_eq!(broken.len(), 1, "{tail:x?}");
        assert_eq!((log.bytes(broken[0]), broken[0].time), (tail, 1_003_000_000));
        assert!(!rows(&log).iter().any(|row| row.contains("Not an MQTT packet")));
    }
}

#[test]
fn behind_a_hole_a_packet_of_several_segments_is_read() {
    let big = publish(&[0xc0; 3_000]);
    let mut flow = begun();
    flow.lose(From::Client, 50);
    for part in big.chunks(1_000) {
        flow.client(part);
    }
    flow.client(&[PINGREQ, &publish(b"next")[..4]].concat()).client(&publish(b"next")[4..]);
    let (log, report) = read(&flow.pcap());
    assert_eq!((report.packets, report.missing), (5, 50), "{:#?}", rows(&log));
    assert_eq!(
        packets(&log)[2..],
        [(Direction::Out, big), (Direction::Out, PINGREQ.to_vec()), (Direction::Out, publish(b"next"))]
    );
    assert!(log.records_from(0).all(|record| !record.is_broken()));
}

#[test]
fn a_packet_with_a_hole_costs_no_other_one() {
    let big = publish(&vec![b'z'; 500_000]);
    let mut flow = begun();
    for (at, part) in big.chunks(20_000).enumerate() {
        if at == 5 {
            flow.lose(From::Server, part.len());
        } else {
            flow.server(part);
        }
    }
    for number in 0..10 {
        flow.server(&publish(&[number]));
    }
    let (log, report) = read(&flow.pcap());
    assert_eq!((report.packets, report.missing), (12, 20_000));
    assert_eq!(packets(&log).len(), 12);
    assert_eq!(log.records_from(0).filter(|record| record.is_broken()).count(), 1);
}

#[test]
fn a_fin_that_overtakes_data_ends_nothing() {
    let last = [&publish(b"late")[..], DISCONNECT].concat();
    let mut flow = begun();
    flow.finish(From::Server);
    let at = flow.next[0];
    flow.lose(From::Client, last.len()).finish(From::Client);
    flow.send_at(From::Client, at, &last);
    let rows = rows_of(&flow);
    assert_eq!(rows[3..], ["5 out 30070001616c617465", "5 out e000", "5 -- The TCP connection was closed"]);
}

#[test]
fn only_a_reset_at_its_place_counts() {
    let mut flow = begun();
    flow.raw(From::Server, 12_345, 0, RST, b"");
    flow.client(&publish(b"after")).server(&publish(b"x")).client(DISCONNECT);
    let rows = rows_of(&flow);
    assert!(!rows.iter().any(|row| row.contains("reset")), "{rows:?}");
    assert_eq!(rows.len(), 6);
    // A true one; what the client has sent meanwhile is read too, and the end has the time of the reset.
    let mut flow = begun();
    let at = flow.next[1];
    flow.raw(From::Server, at, flow.next[0], RST | ACK, b"");
    flow.now += 5;
    flow.raw(From::Client, flow.next[0], at, ACK | PSH, DISCONNECT);
    let rows = rows_of(&flow);
    assert_eq!(rows[3..], ["2 out e000", "2 -- The TCP connection was reset"]);
}

#[test]
fn ports_that_are_used_again_are_another_connection() {
    let first = |is_finished: bool| {
        let mut flow = begun();
        flow.client(DISCONNECT);
        if is_finished {
            flow.finish(From::Client).finish(From::Server);
        }
        flow
    };
    // With and without the end of the first and the handshake of the second; the numbers may be lower too.
    for (is_finished, has_handshake, next) in [
        (true, false, [900_000, 800_000]),
        (true, true, [900_000, 800_000]),
        (false, true, [900_000, 800_000]),
        (false, false, [900_000, 800_000]),
        (false, false, [4_000_000_000, 17]),
        (true, false, [1_030, 6_000]),
    ] {
        let mut flow = first(is_finished);
        flow.next = next;
        if has_handshake {
            flow.handshake();
        }
        flow.client(&connect("again", true, None)).server(CONNACK).client(&publish(b"again"));
        let (log, report) = read(&flow.pcap());
        assert_eq!(
            (report.connections, report.packets, report.missing, report.late),
            (2, 6, 0, 0),
            "{is_finished} {has_handshake} {next:?}: {:#?}",
            rows(&log)
        );
        assert_eq!(log.connections().count(), 2);
    }
}

#[test]
fn data_rides_in_a_syn() {
    let (connect, publish) = (begin(), publish(b"hi"));
    let mut flow = Flow::middle(CLIENT, SERVER);
    let heard = 1_001 + connect.len() as u32;
    flow.raw(From::Client, 1_000, 0, SYN, &connect);
    flow.raw(From::Server, 5_000, heard, SYN | ACK, b"");
    flow.raw(From::Server, 5_001, heard, ACK | PSH, CONNACK);
    flow.raw(From::Client, heard, 5_005, ACK | PSH, &publish);
    let (log, report) = read(&flow.pcap());
    assert_eq!((report.packets, report.missing), (3, 0));
    assert_eq!(packets(&log)[0], (Direction::Out, connect));
}

#[test]
fn the_rest_of_what_came_before_a_capture_is_nobodys_fault() {
    let mut flow = Flow::middle(CLIENT, SERVER);
    flow.server(b"st of a payload").client(&publish(b"hi")).server(&publish(b"hi")).client(PINGREQ);
    let (log, report) = read(&flow.pcap());
    assert_eq!((report.packets, report.missing), (3, 0));
    let verdicts = |log: &Log| log.records_from(0).map(|record| record.is_violation()).collect::<Vec<_>>();
    assert_eq!(verdicts(&log), [false; 5]);
    // So it is in the log that has it from there, and where an export is read.
    let mut file = Vec::new();
    Export::new(&log, Format::JsonLines, Selection::All, true).write(&log, usize::MAX, &mut file);
    for file in [flow.pcap(), file] {
        let (mut reading, mut back) = (Reading::new(), Log::new(1 << 20));
        let mut appender = Appender::new(&mut back);
        reading.push(&file, file.len() as u64);
        reading.finish(true);
        while let Some(message) = reading.next_message() {
            if let Some(Message::Records(records)) = Message::read(&message) {
                appender.append(records, &mut back).expect("records");
            }
        }
        assert_eq!(verdicts(&back), [false; 5]);
    }
}

#[test]
fn first_segments_may_come_swapped() {
    let [one, two, three] = [b"one", b"two", b"six"].map(|payload| publish(payload));
    let len = one.len() as u32;
    let mut flow = Flow::middle(CLIENT, SERVER);
    flow.send_at(From::Client, 1_000 + len, &two).send_at(From::Client, 1_000, &one);
    flow.send_at(From::Client, 1_000 + 2 * len, &three);
    let (log, report) = read(&flow.pcap());
    let expected = [one, two, three].map(|packet| (Direction::Out, packet));
    assert_eq!((packets(&log), report.late), (expected.to_vec(), 0));
    // The handshake's first frame comes last of all.
    let mut flow = begun();
    flow.client(DISCONNECT).finish(From::Client).finish(From::Server);
    flow.packets.rotate_left(1);
    let (log, report) = read(&flow.pcap());
    assert_eq!((report.connections, packets(&log).len()), (1, 3));
}

#[test]
fn a_probe_is_no_byte_of_the_stream() {
    let mut flow = Flow::middle(CLIENT, SERVER);
    flow.send_at(From::Client, 999, b"\0").acknowledge(From::Server);
    flow.client(&publish(b"hi")).server(&publish(b"hi"));
    let last = flow.next[0] - 1;
    flow.send_at(From::Client, last, b"\0").acknowledge(From::Server);
    let (log, report) = read(&flow.pcap());
    assert_eq!((report.packets, report.repeated, report.changed, report.missing), (2, 0, 0, 0));
    assert!(log.records_from(0).all(|record| !record.is_broken()));
}

#[test]
fn what_comes_again_is_told_and_more_so_with_other_bytes() {
    let flow = begun();
    let mut twice = flow.clone();
    twice.packets = flow.packets.iter().flat_map(|packet| [packet.clone(), packet.clone()]).collect();
    let (log, report) = read(&twice.pcap());
    let all: usize = packets(&log).iter().map(|(_, bytes)| bytes.len()).sum();
    assert_eq!((report.packets, report.repeated, report.changed), (2, all as u64, 0));
    assert!(report.words().contains(&format!("{all} bytes that came again.")), "{}", report.words());
    let (first, other) = (publish(b"first"), publish(b"other"));
    let mut flow = begun();
    let at = flow.next[0];
    flow.client(&first).send_at(From::Client, at, &other).client(DISCONNECT);
    let (log, report) = read(&flow.pcap());
    assert_eq!((report.repeated, report.changed), (10, 5));
    assert_eq!(packets(&log)[2].1, first);
    assert!(rows(&log).iter().any(|row| row.contains("came again with other content")), "{:?}", rows(&log));
}

#[test]
fn a_connection_is_recognised_however_its_connect_is_cut() {
    let (connect, publish) = (begin(), publish(b"hi"));
    let expected = [&connect[..], CONNACK, &publish, DISCONNECT].map(<[u8]>::to_vec);
    for at in 0..connect.len() {
        let mut flow = Flow::between(CLIENT, (SERVER.0, 1994));
        flow.client(&connect[..at])
            .client(&connect[at..])
            .server(CONNACK)
            .client(&publish)
            .client(DISCONNECT);
        let (log, report) = read(&flow.pcap());
        let found: Vec<_> = packets(&log).into_iter().map(|(_, bytes)| bytes).collect();
        assert_eq!((found, report.left_out.total()), (expected.to_vec(), 0), "{at}");
    }
    // And if its segment comes second.
    let mut flow = Flow::between(CLIENT, (SERVER.0, 1995));
    let start = flow.next[0];
    flow.send_at(From::Client, start + connect.len() as u32, &publish).send_at(From::Client, start, &connect);
    flow.lose(From::Client, connect.len() + publish.len()).server(CONNACK).client(DISCONNECT);
    let (log, _) = read(&flow.pcap());
    assert_eq!(packets(&log).len(), 4);
    assert_eq!(packets(&log)[0].1, connect);
}

#[test]
fn a_connection_to_where_mqtt_is_spoken_is_mqtt_from_its_middle_on() {
    let server: End = (SERVER.0, 1884);
    let mut old = Flow::middle(([10, 0, 0, 3], 40_001), server);
    old.client(PUBLISH_1).server(PUBACK);
    let mut new = Flow::between(CLIENT, server);
    new.now += 10_000;
    new.client(&begin()).server(CONNACK);
    let mut later = Flow::middle(([10, 0, 0, 4], 40_002), server);
    later.now += 20_000;
    later.client(PINGREQ).server(PINGRESP);
    // A CONNECT that is no beginning teaches nothing.
    let mut upload = Flow::between(([10, 0, 0, 5], 40_003), (SERVER.0, 8_000));
    upload.client(b"POST / HTTP/1.1\r\n\r\n").client(&begin());
    let mut flow = upload;
    flow.packets.extend([old.packets, new.packets, later.packets].concat());
    flow.packets.sort_by_key(|&(time, _)| time);
    let (log, report) = read(&flow.pcap());
    assert_eq!((report.connections, report.packets, report.left_out.total()), (3, 6, 5));
    let times: Vec<_> = log.records_from(0).map(|record| record.time).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn who_is_the_client_is_seen_by_what_is_said() {
    // The client has the server's port, as where ports are forwarded.
    let client: End = (CLIENT.0, 1883);
    let server: End = (SERVER.0, 40_000);
    let mut flow = Flow::middle(client, server);
    flow.server(CONNACK).client(SUBSCRIBE).server(SUBACK);
    let expected = [(Direction::In, CONNACK), (Direction::Out, SUBSCRIBE), (Direction::In, SUBACK)];
    let expected = expected.map(|(direction, bytes)| (direction, bytes.to_vec()));
    assert_eq!(packets(&read(&flow.pcap()).0), expected);
    let mut flow = Flow::between(client, server);
    flow.client(&begin()).server(CONNACK);
    assert_eq!(packets(&read(&flow.pcap()).0)[0], (Direction::Out, begin()));
}

#[test]
fn connections_without_data_are_none_of_mqtt() {
    let mut flow = Flow::middle(CLIENT, SERVER);
    flow.raw(From::Client, 1, 0, SYN, b"");
    flow.raw(From::Server, 0, 2, RST | ACK, b"");
    let mut empty = Flow::between(([10, 0, 0, 7], 4_000), SERVER);
    empty.finish(From::Client).finish(From::Server);
    flow.packets.extend(empty.packets);
    let (log, report) = read(&flow.pcap());
    assert_eq!((report.connections, report.left_out.total(), log.end()), (0, 7, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_segments_make_it_panic_or_wait_for_ever(
        segments in proptest::collection::vec((any::<bool>(), 0..40_u32, 0..40_u32, 0..32_u8, 0..12_usize, 0..2_000_u64), 0..120),
        start: [u32; 2],
        has_handshake: bool,
    ) {
        let text = [&begin()[..], CONNACK, SUBSCRIBE, PUBLISH_1].concat();
        let mut flow = Flow::middle(CLIENT, SERVER);
        flow.next = start.map(|start| start.saturating_sub(100));
        if has_handshake {
            flow.handshake();
        }
        let next = flow.next;
        for (is_client, at, heard, flags, len, after) in segments {
            let from = if is_client { From::Client } else { From::Server };
            flow.now += after;
            // Sequence numbers are mostly near, now and then anywhere.
            let jump = if at == 39 { 1 << 31 } else { at };
            let [own, other] = [next[from as usize], next[1 - from as usize]];
            let place = (at as usize).min(text.len() - len);
            flow.raw(from, own.wrapping_add(jump), other.wrapping_add(heard), flags, &text[place..place + len]);
        }
        let (log, report) = read(&flow.pcap());
        prop_assert_eq!(report.frames, flow.packets.len() as u64);
        prop_assert!(log.records_from(0).all(|record| record.time >= 1_000_000_000));
    }

    #[test]
    fn however_segments_are_lost_only_whole_packets_of_the_stream_are_read(
        lens in proptest::collection::vec(0..300_usize, 1..30),
        cuts in proptest::collection::vec(1..200_usize, 1..40),
        lost in proptest::collection::vec(0..6_u8, 40),
    ) {
        let mut flow = Flow::new();
        let mut sent = vec![begin()];
        // Text that looks like the headers of packets.
        sent.extend(lens.iter().map(|&len| publish(&"0\u{e9} 21.5 20.57 @P`p 0123 ".repeat(20).as_bytes()[..len])));
        let stream = sent.concat();
        let (mut at, mut missing) = (0, 0);
        for (cut, lost) in cuts.iter().cycle().zip(lost.iter().cycle()) {
            let end = (at + cut).min(stream.len());
            if *lost == 0 && at > 0 {
                flow.lose(From::Client, end - at);
                missing += end - at;
            } else {
                flow.client(&stream[at..end]);
            }
            at = end;
            if at == stream.len() {
                break;
            }
        }
        flow.finish(From::Client).acknowledge(From::Server);
        let (log, report) = read(&flow.pcap());
        prop_assert_eq!(report.missing, missing as u64);
        let mut left = sent.iter();
        for (_, packet) in packets(&log) {
            prop_assert!(left.any(|sent| *sent == packet), "{:x?}", packet);
        }
    }
}
