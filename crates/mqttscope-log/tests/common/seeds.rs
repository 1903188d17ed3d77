//! Seeds of the fuzz targets.

use mqttscope_log::export::{Export, Format, Selection};
use mqttscope_log::{ConnectionId, Direction, Event, Fault, Log, PacketFacts};

use super::capture::{Frame, Framing, pcap, pcap_of};
use super::flow::{ACK, CLIENT, FIN, Flow, From, PSH, RST, SERVER, SYN, ip, tcp};
use super::{Feed, connect, log_of};

/// Captures, each behind the place where it is cut.
pub fn captures() -> Vec<Vec<u8>> {
    let mut files: Vec<Vec<u8>> = [Framing::Ethernet4, Framing::Tagged, Framing::Cooked2, Framing::Extended]
        .into_iter()
        .map(|framing| {
            let mut frame = Frame::new(framing);
            let mut frames = frame.handshake();
            frames.extend(
                conversation().into_iter().map(|(from, bytes)| frame.data(from == From::Client, &bytes)),
            );
            frames.extend(frame.end());
            pcap(framing, &frames)
        })
        .collect();
    files.extend([
        out_of_order().pcap(),
        with_holes().pcap(),
        used_again().pcap(),
        web_socket().pcap(),
        encrypted().pcap(),
        in_fragments(),
        from_the_middle().pcap(),
        exported(Format::Pcapng),
        of_mqtt_5().pcap(),
    ]);
    let cut = |(number, file): (usize, Vec<u8>)| [&(number as u16 * 61).to_le_bytes()[..], &file].concat();
    files.into_iter().enumerate().map(cut).collect()
}

/// Our own lines, and lines of others.
pub fn json_lines() -> Vec<Vec<u8>> {
    let ours = exported(Format::JsonLines);
    let facts = r#"{"number":7,"time_us":5,"direction":"in","connection":3,"version":"3.1","facts":["own","copy","held"],"violation":true,"raw":"40020007"}
{"time_us":6,"direction":"event","connection":3,"event":"gap","values":[12,"out"],"about":7,"words":"lost"}
"#;
    let others = r#"{"time_us" : 1 , "direction":"out","connection":0,"raw":"C000","more":[{"a":"\u00e9\ud83d\ude00\n"},null]}

no object
{"time_us":2,"direction":"event","connection":1,"event":"own-name","values":[],"words":"\"so\"\\"}
{"time_us":3,"direction":"in","connection":4294967295,"raw":""}
"#;
    let levels = r#"{"time_us":9,"direction":"out","connection":2,"version":null,"raw":"100f00044d51545405020 03c0003632d31"}
{"time_us":9,"direction":"out","connection":2,"version":null,"raw":"101000044d5154540502003c000003632d31"}
{"time_us":10,"direction":"out","connection":2,"raw":"101900044d51545404c2003c0003632d31000475736572000470617373"}
"#;
    let mark = [b"\xef\xbb\xbf", facts.as_bytes()].concat();
    let mut files: Vec<Vec<u8>> =
        [facts, others, levels, "{}", "{\"time_us\":1}"].map(|file| file.as_bytes().to_vec()).into();
    files.extend([ours, mark]);
    files
}

/// Filters, and texts that are none.
pub fn filters() -> Vec<Vec<u8>> {
    let filters = [
        "type:publish,puback qos:>0 dir:in",
        "topic:a/+/# or not (id:1..9 size:>=1k)",
        "payload:/a(b|c)+/i -violation",
        "after:10:30 before:2026-11-25T10:30:15.5",
        "\"say \\\"so\\\"\\n\" or é/₀",
        "client:c-1 conn:0 event:closed unanswered",
        "((dup or retain) and event)",
        "topic:/^a/ qos>0",
        "reason:0x80..0xff or reason:>=0X10,135",
        "property:user-property,topic_alias user-property:\"a=b\" alias:1..9 expiry:<1k",
        "size:<=2MiB,5 id:",
        "-- colour:red",
    ];
    filters.map(|filter| filter.as_bytes().to_vec()).into()
}

/// Payloads, each behind its view, its slice and its window.
pub fn payloads() -> Vec<Vec<u8>> {
    let long_array = [&b"\x99\x01\x2c"[..], &[0x18, 0x64].repeat(300)].concat();
    let long_json = format!("[{}]", vec!["{\"a\":1}"; 110].join(","));
    let payloads: [([u8; 4], &[u8]); 12] = [
        ([0, 3, 0, 9], b"\xa2\x61a\x01\x61b\x82\x02\xc1\x1a\x51\x4b\x67\xb0"),
        ([0, 0, 1, 5], b"\xbf\x61a\x9f\x02\xf9\xc4\x00\xff\x5f\x42\x01\x02\x41\x03\xff\xf7\xff\x3b\xff\xff\xff\xff\xff\xff\xff\xff"),
        ([0, 90, 70, 20], &long_array),
        ([1, 2, 0, 9], b"\x83\xa7compact\xc3\xa1a\x93\x01\xcb\x3f\xf1\x99\x99\x99\x99\x99\x9a\xc4\x02\x01\x02\xd6\xff\0\0\0\x01\xc0"),
        ([1, 0, 0, 200], b"\xdc\0\x03\xdf\0\0\0\x01\xd9\x02hi\xd3\x80\0\0\0\0\0\0\0\xcd\x01\0\xe0"),
        ([2, 1, 0, 30], b" {\"a\":[1,-2.5e+3,{\"b\":[]}, \"x\\u00e9\\n\"],\"c\":{},\"d\":null}\n"),
        ([2, 200, 65, 30], long_json.as_bytes()),
        ([2, 9, 0, 9], b"{\"a\":[1,],\"b\" true}\nand text\n"),
        ([3, 4, 0, 3], b"\x30\x10\x00\x0etopic/lastwill!!!"),
        ([4, 4, 0, 3], b"foobar, and more than one line of bytes in Base64, which has 57"),
        ([5, 0, 0, 4], b"one\r\ntwo\n\nfour\x01\xff \xc3\xa9"),
        ([2, 255, 0, 9], b"[[[[[[[[\"\"]]]]]]]]"),
    ];
    payloads.map(|(head, payload)| [&head, payload].concat()).into()
}

fn conversation() -> Vec<(From, Vec<u8>)> {
    vec![
        (From::Client, connect("c-1", true, Some(b"secret"))),
        (From::Server, b"\x20\x02\0\0".to_vec()),
        (From::Client, b"\x32\x0d\0\x03a/b\0\x07hello!\xc0\0".to_vec()),
        (From::Server, b"\x40\x02\0\x07\xd0\0".to_vec()),
        (From::Client, b"\xe0\0".to_vec()),
    ]
}

fn begun() -> Flow {
    let mut flow = Flow::new();
    flow.client(&connect("c", true, None)).server(b"\x20\x02\0\0");
    flow
}

const PUBLISH: &[u8] = b"\x30\x08\0\x01ahello";

fn out_of_order() -> Flow {
    let mut flow = begun();
    let at = flow.next[From::Client as usize];
    flow.lose(From::Client, 20);
    flow.send_at(From::Client, at + 10, PUBLISH).server(b"\xd0\0").send_at(From::Client, at, PUBLISH);
    // Again, and with other bytes.
    flow.send_at(From::Client, at + 4, b"b").client(b"\xe0\0").finish(From::Client).finish(From::Server);
    flow
}

fn with_holes() -> Flow {
    let mut flow = begun();
    flow.client(PUBLISH).lose(From::Client, 30).acknowledge(From::Server).client(PUBLISH);
    flow.lose(From::Server, 3).server(b"\x07\x40\x02\0\x09").acknowledge(From::Client).client(&PUBLISH[..7]);
    flow.lose(From::Client, 3).finish(From::Client);
    flow
}

fn used_again() -> Flow {
    let mut flow = begun();
    let at = flow.next[From::Server as usize];
    flow.raw(From::Server, at, 0, RST, b"");
    flow.next = [90_000, 70_000];
    let connect = connect("d", false, None);
    // Data rides in the SYN.
    flow.raw(From::Client, 90_000, 0, SYN, &connect[..4]);
    flow.raw(From::Server, 70_000, 90_005, SYN | ACK, b"");
    flow.raw(From::Client, 90_005, 70_001, ACK | PSH, &connect[4..]);
    flow.raw(From::Client, 90_001 + connect.len() as u32, 70_001, FIN | ACK, b"");
    flow
}

fn web_socket() -> Flow {
    let mut flow = Flow::between(CLIENT, ([10, 0, 0, 1], 8080));
    flow.client(
        b"GET /mqtt HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n",
    );
    flow.server(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n",
    );
    let connect = connect("w", true, None);
    let masked = |first_byte: u8, bytes: &[u8]| {
        let mask = [1, 2, 3, 4];
        let payload: Vec<u8> =
            bytes.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        [&[first_byte, 0x80 | bytes.len() as u8][..], &mask, &payload].concat()
    };
    flow.client(&masked(0x02, &connect[..5]))
        .client(&masked(0x89, b"?"))
        .client(&masked(0x80, &connect[5..]));
    flow.server(b"\x8a\x01?\x82\x04\x20\x02\0\0")
        .client(&masked(0x82, PUBLISH))
        .client(&masked(0x88, b"\x03\xe8"));
    flow
}

/// An authentication, topic aliases, and a server that ends it; behind it a client whose CONNECT was not seen.
fn of_mqtt_5() -> Flow {
    let mut flow = Flow::new();
    flow.client(b"\x10\x13\0\x04MQTT\x05\x02\0\x3c\x05\x15\0\x02me\0\x01c")
        .server(b"\xf0\x0b\x18\x09\x15\0\x02me\x16\0\x01?")
        .client(b"\xf0\x0b\x18\x09\x15\0\x02me\x16\0\x01!")
        .server(b"\x20\x06\0\0\x03\x22\0\x0a");
    flow.client(b"\x30\x09\0\x01a\x03\x23\0\x07hi\x34\x0a\0\0\0\x02\x03\x23\0\x07ho")
        .server(b"\x50\x03\0\x02\x87\xe0\x01\x8b")
        .finish(From::Server);
    flow
}

fn encrypted() -> Flow {
    let mut flow = Flow::between(CLIENT, ([10, 0, 0, 1], 8883));
    flow.client(b"\x16\x03\x01\0\x05\x01\0\0\x01\0").server(b"\x16\x03\x03\0\x04\x02\0\0\0");
    flow
}

fn in_fragments() -> Vec<u8> {
    let segment = tcp(CLIENT, SERVER, 1_000, 0, ACK | PSH, &connect("fragments", true, None));
    let mut fragments: Vec<_> =
        [&segment[..24], &segment[24..]].map(|part| ip(CLIENT, SERVER, 6, part)).into();
    fragments[0][6] = 0x20;
    fragments[1][6..8].copy_from_slice(&[0, 3]);
    let frames: Vec<_> = (1..).zip(fragments).collect();
    pcap_of(101, &frames)
}

fn from_the_middle() -> Flow {
    let mut flow = Flow::middle(CLIENT, SERVER);
    flow.client(b"lo")
        .client(PUBLISH)
        .client(b"\xc0\0")
        .server(b"\xd0\0")
        .client(&connect("late", true, None));
    flow.server(b"\x20\x02\0\0");
    flow
}

/// A log of a few connections as a file.
fn exported(format: Format) -> Vec<u8> {
    let mut log = log_of(1 << 20, 3);
    let mut time = 1_795_602_601_482_123;
    log.push_event(time, ConnectionId(1), Event::Opened { subprotocol: "mqtt", after_ms: 12 });
    for (from, bytes) in conversation() {
        time += 1_000;
        // A part of what came or left in one piece is a packet.
        let mut rest = &bytes[..];
        while let Some(&len) = rest.get(1) {
            let (packet, behind) = rest.split_at(usize::from(len) + 2);
            if from == From::Client {
                log.sent(time, packet)
            } else {
                log.came(time, packet)
            };
            rest = behind;
        }
    }
    log.sent_on(2, time, b"\x10\x10\0\x06MQIsdp\x03\x02\0\x3c\0\x02c2");
    let facts = PacketFacts { repeat: true, held: true, ..PacketFacts::default() };
    log.push_packet(time, ConnectionId(2), Direction::In, b"\x3a\x05\0\x01t\0\x09", facts);
    let error = Fault::Told { words: "the rule itself", clause: "a clause" };
    log.push_event(time, ConnectionId(2), Event::PeerError { error });
    log.push_event(time, ConnectionId(1), Event::Closed { words: "Closed by the page", failed: false });
    file_of(&log, format)
}

fn file_of(log: &Log, format: Format) -> Vec<u8> {
    let mut file = Vec::new();
    Export::new(log, format, Selection::All, true).write(log, usize::MAX, &mut file);
    file
}
