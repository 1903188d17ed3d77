//! Exports, read by others: pcapng by tshark, JSON by serde_json, the rest by value.

use std::path::PathBuf;
use std::process::Command;

use mqttscope_log::export::{Export, Format, Selection};
use mqttscope_log::{ConnectionId, Direction, Event, Known, Log};
use mqttscope_proto::{Packet, Properties, Publish, Qos};

mod common;
use common::{Feed, connect, encoded, log_of};

const START: u64 = 1_795_602_601_482_123;

fn publish(topic: &str, id: u16, payload: &[u8]) -> Vec<u8> {
    let topic = topic.into();
    encoded(&Packet::Publish(Publish {
        dup: false,
        qos: Qos::AtLeastOnce,
        retain: true,
        topic,
        packet_id: Some(id),
        properties: Properties::NONE,
        payload,
    }))
}

fn sample() -> Log {
    let mut log = log_of(64 << 20, 3);
    log.set_keeps_passwords(true);
    log.push_event(START, ConnectionId(1), Event::Opened { subprotocol: "mqtt", after_ms: 12 });
    log.sent(START + 1, &connect("c-1", true, Some(b"secret")));
    log.came(START + 2, b"\x20\x02\x00\x00");
    log.sent(START + 3, &publish("a/b", 7, b"say \"hi\", twice"));
    log.sent_on(2, START + 4, &connect("c-2", true, None));
    log.came(START + 5, b"\x40\x02\x00\x07");
    log.came(START + 6, &publish("big", 8, &vec![b'x'; 200_000]));
    log.sent(START + 7, b"\x40\x02\x00\x08");
    log.sent(START + 8, b"\xe0\x00");
    let closed = Event::Closed { words: "Closed by the page", failed: false };
    log.push_event(START + 9, ConnectionId(1), closed);
    log
}

/// Exports in slices of a kilobyte, and says how many it took.
fn exported(log: &Log, format: Format, selection: Selection, with_passwords: bool) -> (Vec<u8>, usize) {
    let mut export = Export::new(log, format, selection, with_passwords);
    let (mut file, mut slice, mut slices) = (Vec::new(), Vec::new(), 0);
    loop {
        slice.clear();
        slices += 1;
        let progress = export.write(log, 1 << 10, &mut slice);
        file.extend_from_slice(&slice);
        if progress.is_finished() {
            assert_eq!(progress.done, progress.total);
            return (file, slices);
        }
    }
}

fn tshark(name: &str, file: &[u8], args: &[&str]) -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, file).expect("the file can be written");
    let output = Command::new("tshark").arg("-r").arg(&path).args(args).output();
    let output = output.expect("tshark reads the exports: install Debian's package `tshark`");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect()
}

#[test]
fn tshark_shows_the_packets_with_their_times() {
    let (file, slices) = exported(&sample(), Format::Pcapng, Selection::All, false);
    assert!(slices > 1);
    let fields = [
        "frame.time_epoch",
        "tcp.stream",
        "tcp.srcport",
        "mqtt.msgtype",
        "mqtt.topic",
        "mqtt.msgid",
        "mqtt.passwd",
    ];
    let mut args = vec!["-Y", "mqtt", "-T", "fields", "-E", "separator=|"];
    args.extend(fields.iter().flat_map(|field| ["-e", field]));
    let expected = [
        "1795602601.482124000|0|49153|1|||******",
        "1795602601.482125000|0|1883|2|||",
        "1795602601.482126000|0|49153|3|a/b|7|",
        "1795602601.482127000|1|49154|1|||",
        "1795602601.482128000|0|1883|4||7|",
        "1795602601.482129000|0|1883|3|big|8|",
        "1795602601.482130000|0|49153|4||8|",
        "1795602601.482131000|0|49153|14|||",
    ];
    let lines = tshark("packets.pcapng", &file, &args);
    assert_eq!(lines, expected);
}

#[test]
fn tshark_finds_no_fault_in_the_tcp_connections() {
    let (file, _) = exported(&sample(), Format::Pcapng, Selection::All, false);
    let checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
    let faults = "_ws.malformed || tcp.analysis.lost_segment || tcp.analysis.retransmission || tcp.analysis.ack_lost_segment \
                  || tcp.checksum.status == 0 || ip.checksum.status == 0";
    assert_eq!(
        tshark("faults.pcapng", &file, &[&checks[..], &["-Y", faults]].concat()),
        Vec::<String>::new()
    );
    let args = ["-Y", "tcp.len > 0", "-T", "fields", "-e", "tcp.len"];
    let lens: Vec<usize> =
        tshark("lens.pcapng", &file, &args).iter().map(|len| len.parse().expect("a number")).collect();
    assert!(lens.iter().all(|&len| len <= 65_495) && lens.iter().filter(|&&len| len == 65_495).count() == 3);
    let args = [
        "-Y",
        "tcp.flags.syn == 1 || tcp.flags.fin == 1",
        "-T",
        "fields",
        "-e",
        "tcp.stream",
        "-e",
        "tcp.flags.str",
    ];
    assert_eq!(tshark("ends.pcapng", &file, &args).len(), 6);
    let args = ["-T", "fields", "-e", "frame.comment", "-Y", "frame.comment"];
    let comments = tshark("comments.pcapng", &file, &args);
    assert_eq!(comments.len(), 2);
    assert!(
        comments[0].contains("WebSocket open after 12 ms")
            && comments[0].contains("The password was replaced by *")
    );
    assert_eq!(comments[1], "Closed by the page");
}

#[test]
fn a_selection_leaves_as_one_stream() {
    let (file, _) = exported(&sample(), Format::Pcapng, Selection::Numbers(vec![3, 7]), false);
    let args = ["-Y", "mqtt", "-T", "fields", "-e", "mqtt.msgtype"];
    assert_eq!(tshark("selection.pcapng", &file, &args), ["3", "4"]);
}

#[test]
fn json_lines_hold_the_packets_and_the_events() {
    let log = sample();
    let (file, _) = exported(&log, Format::JsonLines, Selection::All, false);
    let lines: Vec<serde_json::Value> = file
        .split_inclusive(|&byte| byte == b'\n')
        .map(|line| serde_json::from_slice(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 10);
    let opened = serde_json::json!({
        "number": 0, "time": "2026-11-25T10:30:01.482123Z", "time_us": START, "direction": "event", "connection": 1,
        "event": "opened", "values": ["mqtt", 12], "about": null, "words": "WebSocket open after 12 ms, subprotocol: mqtt",
    });
    assert_eq!(lines[0], opened);
    let puback = serde_json::json!({
        "number": 5, "time": "2026-11-25T10:30:01.482128Z", "time_us": START + 5, "direction": "in", "connection": 1,
        "version": "3.1.1", "answers": 3, "violation": false, "password_hidden": false, "raw": "40020007",
        "type": "PUBACK", "start": 0, "end": 4, "violations": [], "packet_id": 7,
    });
    assert_eq!(lines[5], puback);
    assert_eq!((&lines[1]["password"], &lines[1]["password_hidden"]), (&"2a2a2a2a2a2a".into(), &true.into()));
    assert_eq!((&lines[3]["topic"], &lines[3]["qos"]), (&"a/b".into(), &1.into()));
}

#[test]
fn json_lines_say_what_is_wrong_with_bytes() {
    let mut log = log_of(1 << 20, 2);
    let known = Known { broken: true, ..Known::default() };
    log.push_known(1, ConnectionId(1), Direction::In, b"HTTP", known);
    let (file, _) = exported(&log, Format::JsonLines, Selection::All, false);
    let line: serde_json::Value = serde_json::from_slice(&file).expect("JSON");
    assert_eq!((&line["type"], &line["raw"]), (&serde_json::Value::Null, &"48545450".into()));
    assert!(line["error"]["message"].is_string());
}

#[test]
fn csv_by_value() {
    let (file, _) = exported(&sample(), Format::Csv, Selection::Numbers(vec![0, 3, 5]), false);
    let expected = "number,time,direction,connection,type,dup,qos,retain,packet_id,length,topic,payload,payload_is,answers,latency_us,violation,password_hidden,topic_is\r\n\
        0,2026-11-25T10:30:01.482123Z,event,1,opened,,,,,,,\"WebSocket open after 12 ms, subprotocol: mqtt\",words,,,0,0,\r\n\
        3,2026-11-25T10:30:01.482126Z,out,1,PUBLISH,0,1,1,7,24,a/b,\"say \"\"hi\"\", twice\",text,,,0,0,text\r\n\
        5,2026-11-25T10:30:01.482128Z,in,1,PUBACK,0,,0,7,4,,40020007,hex,3,2,0,0,\r\n";
    assert_eq!(String::from_utf8(file).expect("text"), expected);
}

/// The cells of a line of CSV, as RFC 4180 reads them.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    let mut signs = line.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' if is_quoted && signs.next_if_eq(&'"').is_some() => {
                cells.last_mut().expect("a cell").push('"')
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            _ => cells.last_mut().expect("a cell").push(sign),
        }
    }
    cells
}

#[test]
fn no_cell_is_a_formula_and_nothing_of_it_is_lost() {
    for text in
        ["=1+1", "+1", "-2", "@a", "\tx", "'quoted", "=HYPERLINK(\"http://a\")", "a,=b", "plain", "-", "="]
    {
        let mut log = log_of(1 << 20, 2);
        log.sent(START, &publish(text, 7, text.as_bytes()));
        let (file, _) = exported(&log, Format::Csv, Selection::All, false);
        let file = String::from_utf8(file).expect("text");
        let line = file.split("\r\n").nth(1).expect("a line");
        let cells = cells(line);
        for cell in [&cells[10], &cells[11]] {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t']), "{line}");
            let guarded =
                cell.strip_prefix('\'').filter(|_| text.starts_with(['=', '+', '-', '@', '\t', '\'']));
            assert_eq!(guarded.unwrap_or(cell), text, "{line}");
        }
    }
}

#[test]
fn what_is_no_clean_text_is_marked_as_hex() {
    let mut log = log_of(1 << 20, 2);
    log.sent(START, b"\x30\x07\x00\x03a\xff\x00hi");
    log.sent(START, b"\x30\x06\x00\x01a\x00\x07\x1b");
    log.sent(START, b"\x40\x02\x00\x00");
    let (file, _) = exported(&log, Format::Csv, Selection::All, false);
    let file = String::from_utf8(file).expect("text");
    let lines: Vec<_> = file.lines().filter(|line| line.contains("PUB")).map(cells).collect();
    let marks = |line: &[String]| [10, 11, 12, 17].map(|at| line[at].clone());
    assert_eq!(marks(&lines[0]), ["61ff00", "hi", "text", "hex"]);
    assert_eq!(marks(&lines[1]), ["a", "00071b", "hex", "text"]);
    // An id of 0 is one that is wrong, and none is none.
    assert_eq!((lines[2][8].as_str(), lines[0][8].as_str()), ("0", ""));
}

#[test]
fn passwords_leave_only_when_asked_for() {
    let log = sample();
    for format in [Format::Pcapng, Format::JsonLines, Format::Csv, Format::Raw] {
        for with_passwords in [false, true] {
            let (file, _) = exported(&log, format, Selection::All, with_passwords);
            let holds = |text: &[u8]| file.windows(text.len()).any(|part| part == text);
            assert_eq!(holds(b"secret") || holds(b"736563726574"), with_passwords, "{format:?}");
        }
    }
    let mut export = Export::new(&log, Format::Raw, Selection::All, false);
    assert_eq!(export.write(&log, usize::MAX, &mut Vec::new()).passwords_hidden, 1);
}

#[test]
fn raw_is_the_bytes() {
    let log = sample();
    let (file, _) = exported(&log, Format::Raw, Selection::Numbers(vec![2, 5, 9]), true);
    assert_eq!(file, b"\x20\x02\x00\x00\x40\x02\x00\x07");
}

#[test]
fn what_was_dropped_meanwhile_is_counted() {
    let mut log = log_of(4 << 20, 2);
    for time in 0..30_000 {
        log.sent(time, b"\xc0\x00");
    }
    let mut export = Export::new(&log, Format::Raw, Selection::All, false);
    export.write(&log, 100, &mut Vec::new());
    log.set_budget(1 << 20);
    let mut file = Vec::new();
    let progress = export.write(&log, usize::MAX, &mut file);
    assert_eq!((progress.done, progress.dropped), (30_000, log.first() - 50));
    assert_eq!(file.len() as u32, 2 * (log.end() - log.first()));
}
