//! What is around MQTT in captures: links, tunnels, fragments, WebSocket, TLS; and files that are no captures.

use mqttscope_log::import::{Importer, Reason, Report};
use mqttscope_log::{Direction, Log};

mod common;
use common::capture::pcap_of;
use common::connect;
use common::flow::{CLIENT, End, Flow, From, SERVER, ip};

fn read(file: &[u8]) -> (Log, Report) {
    let mut log = Log::new(64 << 20);
    let mut importer = Importer::new(&mut log);
    for piece in file.chunks(100) {
        importer.push(piece, &mut log);
    }
    let report = importer.finish(&mut log);
    (log, report)
}

fn packets(log: &Log) -> Vec<(Direction, Vec<u8>)> {
    let packets = log.records_from(0).filter(|record| !record.is_event());
    packets.map(|record| (record.direction(), log.bytes(record).to_vec())).collect()
}

fn events(log: &Log) -> Vec<String> {
    log.records_from(0).filter_map(|record| log.event(record)).map(|event| event.words()).collect()
}

fn conversation() -> Vec<(Direction, Vec<u8>)> {
    vec![
        (Direction::Out, connect("c", true, None)),
        (Direction::In, b"\x20\x02\0\0".to_vec()),
        (Direction::Out, [&b"\x30\x7e\0\x01a"[..], &[b'x'; 123]].concat()),
        (Direction::Out, b"\xe0\0".to_vec()),
    ]
}

fn plain() -> Flow {
    let mut flow = Flow::new();
    for (direction, bytes) in conversation() {
        flow.send(if direction == Direction::Out { From::Client } else { From::Server }, &bytes);
    }
    flow
}

const MAC: &[u8] = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02";

fn ethernet(ether_type: &[u8], packet: &[u8]) -> Vec<u8> {
    [MAC, ether_type, packet].concat()
}

fn tunnel(protocol: u8, bytes: &[u8]) -> Vec<u8> {
    ethernet(b"\x08\0", &ip(([192, 0, 2, 1], 0), ([192, 0, 2, 2], 0), protocol, bytes))
}

fn udp(port: u16, bytes: &[u8]) -> Vec<u8> {
    let len = (bytes.len() as u16 + 8).to_be_bytes();
    tunnel(17, &[&[0x13, 0x88][..], &port.to_be_bytes(), &len, &[0, 0], bytes].concat())
}

#[test]
fn links_and_tunnels_hold_the_same_packets() {
    type Wrap = fn(&[u8]) -> Vec<u8>;
    let links: [(&str, u32, Wrap); 27] = [
        ("PPP", 9, |packet| [b"\xff\x03\x00\x21", packet].concat()),
        ("PPP, short", 9, |packet| [b"\x21", packet].concat()),
        ("PPP in HDLC", 50, |packet| [b"\xff\x03\x00\x21", packet].concat()),
        ("Cisco's HDLC in PPP", 50, |packet| [b"\x0f\0\x08\0", packet].concat()),
        ("Cisco's HDLC", 104, |packet| [b"\x0f\0\x08\0", packet].concat()),
        ("PPP with direction", 204, |packet| [b"\x01\xff\x03\x00\x21", packet].concat()),
        ("PPPoE", 51, |packet| [b"\x11\0\0\x01\0\x99\x00\x21", packet].concat()),
        ("PPPoE in Ethernet", 1, |packet| {
            ethernet(b"\x88\x64", &[b"\x11\0\0\x01\0\x99\x00\x21", packet].concat())
        }),
        ("PPPoE in a VLAN", 1, |packet| {
            ethernet(b"\x81\0\0\x07\x88\x64", &[b"\x11\0\0\x01\0\x99\x00\x21", packet].concat())
        }),
        ("Q in Q", 1, |packet| ethernet(b"\x88\xa8\0\x07\x81\0\0\x08\x08\0", packet)),
        ("802.3 with SNAP", 1, |packet| {
            ethernet(
                &(packet.len() as u16 + 8).to_be_bytes(),
                &[b"\xaa\xaa\x03\0\0\0\x08\0", packet].concat(),
            )
        }),
        ("MPLS", 1, |packet| ethernet(b"\x88\x47\0\x01\0\x40\0\x02\x01\x40", packet)),
        ("MPLS with Ethernet", 1, |packet| {
            ethernet(b"\x88\x47\0\x01\x01\x40\0\0\0\0", &ethernet(b"\x08\0", packet))
        }),
        ("GRE", 1, |packet| tunnel(47, &[b"\0\0\x08\0", packet].concat())),
        ("GRE with key and sequence", 1, |packet| {
            tunnel(47, &[b"\x30\0\x08\0\0\0\0\x01\0\0\0\x02", packet].concat())
        }),
        ("GRE with Ethernet", 1, |packet| {
            tunnel(47, &[b"\0\0\x65\x58", &ethernet(b"\x08\0", packet)[..]].concat())
        }),
        ("ERSPAN", 1, |packet| {
            let head = b"\x10\0\x88\xbe\0\0\0\x01\0\0\0\0\0\0\0\0";
            tunnel(47, &[head, &ethernet(b"\x08\0", packet)[..]].concat())
        }),
        ("IP in IP", 1, |packet| tunnel(4, packet)),
        ("VXLAN", 1, |packet| {
            udp(4789, &[b"\x08\0\0\0\0\0\x01\0", &ethernet(b"\x08\0", packet)[..]].concat())
        }),
        ("Geneve", 1, |packet| {
            udp(6081, &[b"\x01\0\x65\x58\0\0\x01\0\0\0\0\0", &ethernet(b"\x08\0", packet)[..]].concat())
        }),
        ("802.11 with radiotap", 127, |packet| {
            let head = b"\0\0\x08\0\0\0\0\0\x08\x01\0\0";
            [head, MAC, &[2; 6], b"\0\0\xaa\xaa\x03\0\0\0\x08\0", packet].concat()
        }),
        ("802.11 with quality of service", 105, |packet| {
            [b"\x88\x01\0\0", MAC, &[2; 6], b"\0\0\0\0\xaa\xaa\x03\0\0\0\x08\0", packet].concat()
        }),
        ("cooked", 113, |packet| [&[0; 14][..], b"\x08\0", packet].concat()),
        ("cooked with a VLAN", 113, |packet| [&[0; 14][..], b"\x81\0\0\x0a\x08\0", packet].concat()),
        ("cooked, second version, with a VLAN", 276, |packet| {
            [b"\x81\0", &[0; 18][..], b"\0\x0a\x08\0", packet].concat()
        }),
        ("pktap", 258, |packet| {
            [b"\x6c\0\0\0\x01\0\0\0\x01\0\0\0", &[0; 96][..], &ethernet(b"\x08\0", packet)].concat()
        }),
        ("NFLOG", 239, |packet| {
            let len = (packet.len() as u16 + 4).to_le_bytes();
            [b"\x02\0\0\0\x08\0\x01\0\x08\0\x01\0", &len[..], b"\x09\0", packet].concat()
        }),
    ];
    for (name, link_type, wrap) in links {
        let (log, report) = read(&plain().pcap_in(link_type, wrap));
        assert_eq!(packets(&log), conversation(), "{name}");
        assert_eq!(report.left_out.total(), 0, "{name}");
    }
    // In the modified pcap, frames have eight bytes more of header.
    let mut file = plain().pcap();
    file[..4].copy_from_slice(b"\x34\xcd\xb2\xa1");
    let mut at = 24;
    while let Some(&[len, ..]) = file.get(at + 8..) {
        file.splice(at + 16..at + 16, [1; 8]);
        at += 24 + usize::from(len);
    }
    assert_eq!(packets(&read(&file).0), conversation());
}

#[test]
fn fragments_are_put_together_and_told_where_one_is_missing() {
    let divide = |packet: &[u8], version_6: bool| -> Vec<Vec<u8>> {
        let (header, data) = packet.split_at(20);
        let parts = data.chunks(48).enumerate().map(|(at, part)| {
            let more = (at + 1) * 48 < data.len();
            if version_6 {
                let mut ip = vec![0x60, 0, 0, 0];
                ip.extend((part.len() as u16 + 8).to_be_bytes());
                ip.extend([44, 64]);
                ip.extend([[0; 12].as_slice(), &header[12..16], &[0; 12], &header[16..20]].concat());
                ip.extend([6, 0]);
                ip.extend((at as u16 * 48 + u16::from(more)).to_be_bytes());
                ip.extend([0, 0, 0, 9]);
                return [&ip, part].concat();
            }
            let fragment = at as u16 * 6 + if more { 0x2000 } else { 0 };
            let mut ip = header.to_vec();
            ip[2..4].copy_from_slice(&(20 + part.len() as u16).to_be_bytes());
            ip[6..8].copy_from_slice(&fragment.to_be_bytes());
            [&ip, part].concat()
        });
        parts.collect()
    };
    // The big one is of four fragments.
    for version_6 in [false, true] {
        let all: Vec<_> = plain()
            .packets
            .iter()
            .map(|(time, packet)| {
                divide(packet, version_6).into_iter().map(|part| (*time, part)).collect::<Vec<_>>()
            })
            .collect();
        // In whatever order they come, and more than once.
        let turned: Vec<_> = all.iter().flat_map(|parts| parts.iter().rev().cloned()).collect();
        let (log, report) = read(&pcap_of(101, &turned));
        assert_eq!((packets(&log), report.left_out.total()), (conversation(), 0), "{version_6}");
        // The second fragment of the big packet is missing.
        let mut parts = all.concat();
        let second = parts.iter().rposition(|(_, part)| part.len() > 60).expect("a big one") - 1;
        parts.remove(second);
        let (log, report) = read(&pcap_of(101, &parts));
        assert_eq!((report.packets, report.missing), (3, 128), "{:?}", events(&log));
        assert_eq!(report.left_out.count(Reason::Fragment), 3);
        assert!(
            report.words().contains("3 fragments of IP packets that are not whole"),
            "{}",
            report.words()
        );
    }
}

#[test]
fn frames_are_left_out_for_a_reason() {
    let cases: [(u32, &[u8], Reason, &str); 8] = [
        (189, b"whatever", Reason::LinkType(189), "1 of link type 189 (USB)"),
        (9_999, b"whatever", Reason::LinkType(9_999), "1 of link type 9999"),
        (1, &ethernet(b"\x08\x06", &[0; 28]), Reason::NotIp, "1 not IP"),
        (1, &udp(53, b"who is it?"), Reason::NotTcp, "1 not TCP"),
        (1, &tunnel(6, b"\x07\x5b")[..], Reason::Cut, "1 whose headers were not captured"),
        (1, b"\x02\0\0", Reason::Cut, "1 whose headers were not captured"),
        (105, &[b"\x08\x41\0\0", &[2; 40][..]].concat(), Reason::Protected, "1 encrypted by the radio link"),
        (192, &[0; 12], Reason::Cut, ""),
    ];
    for (link_type, frame, reason, words) in &cases[..7] {
        let (_, report) = read(&pcap_of(*link_type, &[(1_000, frame.to_vec())]));
        assert_eq!((report.left_out.count(*reason), report.left_out.total()), (1, 1), "{link_type}");
        let expected = format!("pcap: 0 packets. 1 frame without MQTT over TCP: {words}.");
        assert_eq!(report.words(), expected);
    }
    // A header that says that it is empty leads nowhere, and not for ever.
    let (link_type, frame, ..) = cases[7];
    let nested = [&[0, 0, 0, 0][..], &link_type.to_le_bytes(), frame].concat();
    assert_eq!(read(&pcap_of(link_type, &[(1_000, nested)])).1.left_out.total(), 1);
    // What is no MQTT is said as ever.
    let mut flow = Flow::between(CLIENT, (SERVER.0, 80));
    flow.client(b"GET / HTTP/1.1\r\n\r\n");
    assert_eq!(read(&flow.pcap()).1.words(), "pcap: 0 packets. 4 frames without MQTT over TCP.");
}

#[test]
fn tls_is_called_tls() {
    let hello = [b"\x16\x03\x01\0\x2f\x01\0\0\x2b\x03\x03", &[7; 40][..]].concat();
    let data = [b"\x17\x03\x03\0\x14", &[9; 20][..]].concat();
    for port in [1883, 8883, 443] {
        for from_start in [true, false] {
            let server: End = (SERVER.0, port);
            let mut flow = Flow::middle(CLIENT, server);
            if from_start {
                flow.handshake();
                flow.client(&hello);
            }
            flow.client(&data).server(&data).client(&data[..7]).client(&data[7..]);
            let (log, report) = read(&flow.pcap());
            assert_eq!((report.encrypted, report.connections, log.end()), (1, 0, 0), "{port} {from_start}");
            assert_eq!(report.left_out.count(Reason::Tls), flow.packets.len() as u64);
            assert!(report.words().contains("1 connection with what seems to be TLS"), "{}", report.words());
        }
    }
}

fn request(protocol: &str) -> Vec<u8> {
    let head = "GET /mqtt?token=secret HTTP/1.1\r\nHost: h.test\r\nupgrade: WebSocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n";
    [head, protocol, "\r\n"].concat().into()
}

fn response(protocol: &str) -> Vec<u8> {
    let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n";
    [head, protocol, "\r\n"].concat().into()
}

const MQTT: &str = "Sec-WebSocket-Protocol: mqtt\r\n";

/// A frame of WebSocket: masked where it is the client's.
fn frame(from: From, first_byte: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first_byte];
    let mask = if from == From::Client { 0x80 } else { 0 };
    match payload.len() {
        len @ 0..=125 => frame.push(len as u8 | mask),
        len @ 126..=0xffff => {
            frame.push(126 | mask);
            frame.extend((len as u16).to_be_bytes());
        }
        len => {
            frame.push(127 | mask);
            frame.extend((len as u64).to_be_bytes());
        }
    }
    if from == From::Server {
        frame.extend(payload);
        return frame;
    }
    let key = [0x37, 0xfa, 0x21, 0x3d];
    frame.extend(key);
    frame.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

fn opened(port: u16, protocol: &str) -> Flow {
    let mut flow = Flow::between(CLIENT, (SERVER.0, port));
    flow.client(&request(protocol)).server(&response(protocol));
    flow
}

#[test]
fn mqtt_over_websocket_is_read() {
    let big = [&b"\x30\xe3\xa7\x04\0\x01a"[..], &vec![b'z'; 70_624]].concat();
    for (port, protocol) in
        [(8080, MQTT), (1883, MQTT), (80, "Sec-WebSocket-Protocol: mqttv3.1\r\n"), (8080, "")]
    {
        let mut flow = opened(port, protocol);
        let connect = connect("c", true, None);
        flow.client(&frame(From::Client, 0x82, &connect)).server(&frame(From::Server, 0x82, b"\x20\x02\0\0"));
        // Fragments, with a ping between them; two packets in a message, and a packet in two.
        flow.client(&frame(From::Client, 0x02, b"\xc0\0\xc0")).client(&frame(
            From::Client,
            0x89,
            b"are you there?",
        ));
        flow.server(&frame(From::Server, 0x8a, b"are you there?"));
        flow.client(&frame(From::Client, 0x80, b"\0"));
        // Several frames in a segment, and a frame in several.
        let both = [frame(From::Server, 0x82, b"\xd0\0"), frame(From::Server, 0x82, b"\xd0\0")].concat();
        flow.server(&both);
        for part in frame(From::Server, 0x82, &big).chunks(9_001) {
            flow.server(part);
        }
        for byte in frame(From::Client, 0x82, b"\xe0\0") {
            flow.client(&[byte]);
        }
        flow.client(&frame(From::Client, 0x88, b"\x03\xe8"));
        let (log, report) = read(&flow.pcap());
        let expected = [
            (Direction::Out, &connect[..]),
            (Direction::In, b"\x20\x02\0\0"),
            (Direction::Out, b"\xc0\0"),
            (Direction::Out, b"\xc0\0"),
            (Direction::In, b"\xd0\0"),
            (Direction::In, b"\xd0\0"),
            (Direction::In, &big),
            (Direction::Out, b"\xe0\0"),
        ]
        .map(|(direction, bytes)| (direction, bytes.to_vec()));
        assert!(
            packets(&log) == expected,
            "{port}: {:?}",
            packets(&log).iter().map(|(_, bytes)| bytes.len()).collect::<Vec<_>>()
        );
        assert_eq!((report.left_out.total(), report.unread), (0, 0));
        let words = events(&log);
        assert!(words[1].starts_with("MQTT over WebSocket at /mqtt, subprotocol: "), "{words:?}");
        assert!(words.iter().all(|words| !words.contains("secret") && !words.contains("Not an MQTT")));
    }
}

#[test]
fn what_is_in_a_websocket_is_not_taken_for_mqtt_where_it_is_none() {
    // Another subprotocol, none with other messages, a refusal, a request without an answer.
    let mut other = opened(8080, "Sec-WebSocket-Protocol: chat\r\n");
    other.client(&frame(From::Client, 0x82, b"hello"));
    let mut refused = Flow::between(CLIENT, (SERVER.0, 1883));
    refused.client(&request(MQTT)).server(b"HTTP/1.1 403 Forbidden\r\n\r\n");
    let mut alone = Flow::between(CLIENT, (SERVER.0, 1883));
    alone.client(&request(MQTT));
    for flow in [other, refused, alone] {
        let (log, report) = read(&flow.pcap());
        assert_eq!((report.connections, log.end()), (0, 0));
        assert_eq!(report.left_out.count(Reason::NotMqtt), flow.packets.len() as u64);
    }
    // Compressed and text messages are told, and nothing is made of them.
    for (first_byte, words) in [(0xc2, "compressed"), (0x81, "text message")] {
        let mut flow = opened(8080, MQTT);
        flow.client(&frame(From::Client, first_byte, b"\x30\x03\0\x01a"));
        let (log, report) = read(&flow.pcap());
        assert_eq!((report.unread, packets(&log).len()), (5, 0));
        assert!(events(&log).iter().any(|told| told.contains(words)), "{:?}", events(&log));
    }
}

#[test]
fn a_hole_in_a_websocket_is_gone_around() {
    let big = [&b"\x30\xe9\x07\0\x01a"[..], &[b'z'; 998]].concat();
    let whole = frame(From::Client, 0x82, &big);
    let mut flow = opened(8080, MQTT);
    flow.client(&frame(From::Client, 0x82, &connect("c", true, None)));
    // Within a frame: the packet is lost, and the mask goes on.
    flow.client(&whole[..301]).lose(From::Client, 102).client(&whole[403..]);
    flow.client(&frame(From::Client, 0x82, b"\xc0\0")).acknowledge(From::Server);
    // Across frames: the next that begins a segment is found.
    flow.lose(From::Client, 333).client(&whole[100..200]).client(&frame(From::Client, 0x82, b"\xe0\0"));
    let (log, report) = read(&flow.pcap());
    assert_eq!((report.packets, report.missing), (3, 435), "{:?}", events(&log));
    let whole: Vec<_> =
        log.records_from(0).filter(|record| !record.is_event() && !record.is_broken()).collect();
    assert_eq!(log.bytes(whole[1]), b"\xc0\0");
    assert_eq!(log.bytes(whole[2]), b"\xe0\0");
    let broken: Vec<_> = log.records_from(0).filter(|record| record.is_broken()).collect();
    assert!(broken.len() == 1 && log.bytes(broken[0])[6..].iter().all(|&byte| byte == b'z'));
}

#[test]
fn a_websocket_that_was_met_in_the_middle_is_seen_by_its_packets() {
    let mut flow = Flow::middle(CLIENT, (SERVER.0, 9001));
    flow.client(&frame(From::Client, 0x82, b"\x32\x06\0\x01a\0\x02x"));
    flow.server(&frame(From::Server, 0x82, b"\x40\x02\0\x02"));
    let (log, report) = read(&flow.pcap());
    assert_eq!((report.packets, report.connections), (2, 1), "{}", report.words());
    assert_eq!(packets(&log)[1], (Direction::In, b"\x40\x02\0\x02".to_vec()));
}

#[test]
fn bytes_that_were_not_captured_are_told() {
    // Headers only.
    let mut flow = plain();
    let all: usize = conversation().iter().map(|(_, bytes)| bytes.len()).sum();
    let frames: Vec<_> = flow.packets.drain(..).collect();
    let mut file = pcap_of(101, &[]);
    for (time, frame) in frames {
        let one = pcap_of(101, &[(time, frame)]);
        file.extend(&one[24..32]);
        file.extend(40_u32.to_le_bytes());
        file.extend(&one[36..40]);
        file.extend(&one[40..80]);
    }
    let (log, report) = read(&file);
    assert_eq!((report.packets, report.missing, report.connections), (0, all as u64, 1));
    assert_eq!(packets(&log), []);
}

#[test]
fn files_are_called_what_they_are() {
    let cases: [(&[u8], &str); 20] = [
        (b"", "the file is empty"),
        (b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0", "the file ends within its header"),
        (b"\x0a\x0d\x0d\x0a\x1c\0\0\0", "the file ends within its header"),
        (b"\xd4\xc3", "this is neither pcapng nor pcap nor JSON Lines"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "this is packed by gzip, and must be unpacked first"),
        (b"\x28\xb5\x2f\xfd\0", "this is packed by Zstandard, and must be unpacked first"),
        (b"PK\x03\x04 and so on", "this is a ZIP archive, and must be unpacked first"),
        (b"snoop\0\0\0\0\0\0\x02\0\0\0\x04", "this is a snoop capture"),
        (b"time,topic,payload\n1,a,hi\n", "this seems to be CSV"),
        (b"a;b\n1;2\n", "this seems to be CSV"),
        (b"hello, this is no capture\n", "this is text"),
        (b"[{\"topic\":\"a\"}]", "this is a JSON array"),
        (b" \n[\n{\"topic\":\"a\"}]", "this is a JSON array"),
        (b"{\n  \"topic\": \"a\"\n}\n", "this is JSON over several lines"),
        (b"<?xml version=\"1.0\"?><pdml>", "this is XML or HTML"),
        (b"{\0\"\0", "this is text in UTF-16"),
        (b"\xff\xfe{\0", "this is text in UTF-16"),
        (b"\xfe\xff\0{", "this is text in UTF-16"),
        (b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01c\xc0\0", "these are the bytes of an MQTT connection"),
        (b"\x7fELF\x02\x01\x01\0", "this is neither pcapng nor pcap nor JSON Lines"),
    ];
    for (file, words) in cases {
        let broken = read(file).1.broken.expect("it cannot be read");
        assert_eq!(broken.offset, 0);
        assert!(broken.words.starts_with(words), "{file:x?}: {}", broken.words);
    }
    let line = b"{\"time_us\":1,\"direction\":\"out\",\"connection\":0,\"raw\":\"c000\"}\n";
    let (log, report) = read(&[&b"\xef\xbb\xbf"[..], line, b"{}\n"].concat());
    assert_eq!(packets(&log), [(Direction::Out, b"\xc0\0".to_vec())]);
    assert_eq!(report.broken.map(|broken| broken.offset), Some(line.len() as u64 + 3));
}

#[test]
fn frames_without_an_interface_or_a_time_are_told() {
    let block = |kind: u32, body: &[u8]| -> Vec<u8> {
        let mut body = body.to_vec();
        body.resize(body.len().next_multiple_of(4), 0);
        let len = (body.len() as u32 + 12).to_le_bytes();
        [&kind.to_le_bytes()[..], &len, &body, &len].concat()
    };
    let section = block(0x0a0d_0d0a, b"\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff");
    let simple = |frame: &[u8], snap: usize| {
        block(3, &[&(frame.len() as u32).to_le_bytes()[..], &frame[..snap.min(frame.len())]].concat())
    };
    let frames: Vec<_> = plain().packets.into_iter().map(|(_, packet)| packet).collect();
    for snap in [0_usize, 61] {
        let interface = block(1, &[b"\x65\0\0\0", &(snap as u32).to_le_bytes()[..]].concat());
        let all = frames.iter().flat_map(|frame| simple(frame, if snap == 0 { usize::MAX } else { snap }));
        let (log, report) = read(&[section.clone(), interface, all.collect()].concat());
        let big = if snap == 0 { 0 } else { 168 - snap as u64 };
        assert_eq!((report.timeless, report.missing), (frames.len() as u64, big), "{:?}", events(&log));
        assert!(report.words().contains("7 frames without a time"));
    }
    let (_, report) = read(&[section, simple(&frames[0], usize::MAX)].concat());
    assert_eq!((report.left_out.count(Reason::NoInterface), report.broken), (1, None));
}

#[test]
fn what_rides_on_others_does_not_hide_times() {
    // Each packet has the time of the frame that holds it, in tunnels too.
    let flow = plain();
    let (log, _) = read(&flow.pcap_in(1, |packet| tunnel(4, packet)));
    let times: Vec<_> = log.records_from(1).map(|record| record.time / 1_000_000).collect();
    assert_eq!(times, [1_001, 1_002, 1_003, 1_004]);
    assert_eq!(flow.packets.last().map(|(time, _)| *time), Some(1_004_000));
}
