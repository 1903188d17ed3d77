//! What the two sides of a connection of MQTT 5 have agreed on, and who does not keep to it: in captures as live.

use mqttscope_log::export::Format;
use mqttscope_log::{EventKind, Log};
use mqttscope_proto::ProtocolVersion;

mod common;
use common::capture::{Frame, Framing, pcap};
use common::files::{exported, read_apart};
use common::{Feed, log_of_version};

/// What is told against anybody.
fn faults(log: &Log) -> Vec<String> {
    let events =
        log.records_from(0).filter(|record| record.event_kind().is_some_and(EventKind::is_violation));
    events.filter_map(|record| log.event(record)).map(|event| event.words()).collect()
}

/// The same of a capture of these segments, behind a handshake if their beginning was seen.
fn captured(is_whole: bool, segments: &[(bool, Vec<u8>)]) -> Vec<String> {
    let mut frame = Frame::new(Framing::Raw);
    let mut frames = if is_whole { frame.handshake() } else { Vec::new() };
    frames.extend(segments.iter().map(|(out, bytes)| frame.data(*out, bytes)));
    faults(&read_apart(&pcap(Framing::Raw, &frames)))
}

/// CONNECT of a client without properties, with these, in hex; and a CONNACK with those.
fn agreed(connect: &str, connack: &str) -> [(bool, Vec<u8>); 2] {
    let (connect, connack) = (hex(connect), hex(connack));
    let head = b"\x00\x04MQTT\x05\x02\x00\x00";
    let len = |rest: usize| u8::try_from(rest).expect("a short packet");
    let connect = [
        &[0x10, len(head.len() + 4 + connect.len())],
        &head[..],
        &[len(connect.len())],
        &connect,
        b"\x00\x01c",
    ];
    let connack = [&[0x20, len(3 + connack.len()), 0, 0, len(connack.len())][..], &connack];
    [(true, connect.concat()), (false, connack.concat())]
}

fn hex(digits: &str) -> Vec<u8> {
    let digits: String = digits.split_whitespace().collect();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex");
    (0..digits.len() / 2).map(|at| byte(2 * at)).collect()
}

/// What is told of packets behind CONNECT and CONNACK, written as `>` or `<` and hex.
fn told_of(connect: &str, connack: &str, packets: &[&str]) -> Vec<String> {
    let mut segments = agreed(connect, connack).to_vec();
    for packet in packets {
        let (way, digits) = packet.split_at(1);
        segments.push((way == ">", hex(digits)));
    }
    captured(true, &segments)
}

#[test]
fn what_a_server_must_not_send_is_named_in_captures_as_it_is_live() {
    let of_server: [(&str, &[&str], &str, &str); 14] = [
        // Topic aliases: above the client's maximum, none at all, and one that was never set.
        ("22 0002", &["< 30 07 0001 74 03 23 0003"], "topic alias 3 is not one of those", "[MQTT-3.1.2-26]"),
        ("", &["< 30 07 0001 74 03 23 0001"], "topic alias 1 is not one of those", "[MQTT-3.1.2-27]"),
        ("22 0002", &["< 30 06 0000 03 23 0002"], "topic alias 2 stands for no topic", "MQTT 5, 3.3.4"),
        // A second message that is to be answered, and the third once one of them was.
        (
            "21 0001",
            &["< 32 06 0001 74 0001 00", "< 34 06 0001 74 0002 00"],
            "more than 1 messages above QoS 0 are unanswered",
            "[MQTT-3.3.4-9]",
        ),
        (
            "21 0001",
            &["< 34 06 0001 74 0001 00", "> 50 02 0001", "< 32 06 0001 74 0002 00"],
            "more than 1 messages above QoS 0 are unanswered",
            "[MQTT-3.3.4-9]",
        ),
        // AUTH without a method, with another one, out of turn, with a code of clients.
        (
            "",
            &["< f0 06 18 04 15 0001 78"],
            "AUTH has an Authentication Method, and CONNECT",
            "[MQTT-4.12.0-6]",
        ),
        (
            "15 0001 6d",
            &["> f0 06 19 04 15 0001 6d", "< f0 06 18 04 15 0001 78"],
            "AUTH has not the Authentication Method of CONNECT",
            "[MQTT-4.12.0-5]",
        ),
        ("15 0001 6d", &["< f0 06 18 04 15 0001 6d"], "AUTH came, and none was awaited", "MQTT 5, 4.12.1"),
        (
            "15 0001 6d",
            &["> f0 06 19 04 15 0001 6d", "< f0 06 19 04 15 0001 6d"],
            "a server does not send AUTH with reason code 0x19",
            "[MQTT-3.15.2-1]",
        ),
        (
            "27 00000014",
            &["< 30 13 0001 74 00 6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d"],
            "the packet has 21 B",
            "[MQTT-3.1.2-24]",
        ),
        (
            "17 00",
            &["> 32 06 0001 74 0001 00", "< 40 08 0001 00 04 1f 0001 77"],
            "PUBACK has a Reason String or User Property",
            "[MQTT-3.1.2-29]",
        ),
        ("", &["< e0 01 04"], "a server does not send DISCONNECT with reason code 0x04", "[MQTT-3.14.2-1]"),
        (
            "",
            &["< e0 07 00 05 11 00000001"],
            "the server's DISCONNECT has a Session Expiry Interval",
            "[MQTT-3.14.2-2]",
        ),
        (
            "",
            &["> a2 06 0004 00 0001 61", "< b0 05 0004 00 00 00"],
            "UNSUBACK has 2 reason codes for 1 topic filters",
            "[MQTT-3.11.3-1]",
        ),
    ];
    for (connect, packets, words, clause) in of_server {
        let method = if connect.starts_with("15") { connect } else { "" };
        let told = told_of(connect, method, packets);
        assert_eq!(told.len(), 1, "{packets:?}: {told:?}");
        assert!(told[0].starts_with(&format!("Unexpected from the broker: {words}")), "{told:?}");
        assert!(told[0].ends_with(&format!("({clause})")), "{told:?}");
    }
    // An alias of 0 is told once, with its byte.
    let zero = told_of("22 0002", "22 0002", &["< 30 07 0001 74 03 23 0000", "> 30 07 0001 74 03 23 0000"]);
    assert!(zero.len() == 2 && zero.iter().all(|words| words.starts_with("Rule broken by ")), "{zero:?}");
    let connacks = [
        ("", "1a 0001 72", "CONNACK has Response Information", "[MQTT-3.1.2-28]"),
        ("", "15 0001 6d", "CONNACK has an Authentication Method", "[MQTT-4.12.0-6]"),
        ("15 0001 6d", "", "CONNACK has not the Authentication Method", "[MQTT-4.12.0-5]"),
    ];
    for (connect, connack, words, clause) in connacks {
        let told = told_of(connect, connack, &[]);
        assert!(told.len() == 1 && told[0].contains(words) && told[0].contains(clause), "{told:?}");
    }
}

#[test]
fn what_a_client_must_not_send_to_its_server_is_named_in_captures() {
    let of_client: [(&str, &[&str], &str, &str); 14] = [
        (
            "24 00",
            &["> 32 06 0001 74 0001 00"],
            "the server takes messages of QoS 0 at most",
            "[MQTT-3.2.2-11]",
        ),
        ("25 00", &["> 31 04 0001 74 00"], "the server retains no messages", "[MQTT-3.2.2-14]"),
        (
            "27 00000008",
            &["> 30 07 0001 74 00 6d6d6d"],
            "the packet has 9 B, and the server takes 8",
            "[MQTT-3.2.2-15]",
        ),
        ("22 0002", &["> 30 07 0001 74 03 23 0003"], "topic alias 3 is not one of those", "[MQTT-3.2.2-17]"),
        ("", &["> 30 07 0001 74 03 23 0001"], "topic alias 1 is not one of those", "[MQTT-3.2.2-18]"),
        ("22 0002", &["> 30 06 0000 03 23 0001"], "topic alias 1 stands for no topic", "MQTT 5, 3.3.4"),
        (
            "21 0001",
            &["> 32 06 0001 74 0001 00", "> 34 06 0001 74 0002 00"],
            "as many messages as the server takes at a time are unanswered: 1",
            "[MQTT-3.3.4-7]",
        ),
        (
            "28 00",
            &["> 82 07 0001 00 0001 23 00"],
            "the server has no subscriptions with wildcards",
            "MQTT 5, 3.2.2.3.11",
        ),
        (
            "29 00",
            &["> 82 09 0001 02 0b01 0001 61 00"],
            "the server has no subscription identifiers",
            "MQTT 5, 3.2.2.3.12",
        ),
        (
            "2a 00",
            &["> 82 10 0001 00 000a 2473686172652f672f61 00"],
            "the server has no shared subscriptions",
            "MQTT 5, 3.2.2.3.13",
        ),
        (
            "",
            &["> e0 07 00 05 11 00000001"],
            "a session that was to end with the connection",
            "MQTT 5, 3.14.2.2.2",
        ),
        ("", &["> f0 06 18 04 15 0001 78"], "AUTH came, and CONNECT had no", "[MQTT-4.12.0-7]"),
        (
            "",
            &["> 30 06 0001 74 02 0b07"],
            "a message to the server has no Subscription Identifier",
            "[MQTT-3.3.4-6]",
        ),
        ("", &["> e0 01 8e"], "a client does not send DISCONNECT with reason code 0x8e", "[MQTT-3.14.2-1]"),
    ];
    for (connack, packets, words, clause) in of_client {
        let told = told_of("", connack, packets);
        assert_eq!(told.len(), 1, "{packets:?}: {told:?}");
        assert!(told[0].starts_with(&format!("Unexpected from the client: {words}")), "{told:?}");
        assert!(told[0].ends_with(&format!("({clause})")), "{told:?}");
    }
    let other_method = told_of("15 0001 6d", "15 0001 6d", &["> f0 06 19 04 15 0001 78"]);
    assert!(other_method.len() == 1 && other_method[0].contains("AUTH has not"), "{other_method:?}");
    // Each limit that one packet breaks.
    let both = told_of("", "24 00 25 00", &["> 33 09 0001 74 0001 03 23 0001"]);
    assert_eq!(both.len(), 3, "{both:?}");
}

#[test]
fn what_both_sides_take_is_not_reproached() {
    let connect = "21 0001 22 0002 27 00000040 17 00 15 0001 6d";
    let connack = "21 0001 22 0002 24 01 25 01 27 00000040 15 0001 6d";
    let fine: [&str; 22] = [
        "< 30 07 0001 74 03 23 0002",
        "< 30 06 0000 03 23 0002",
        "> 30 07 0001 74 03 23 0001",
        "> 30 06 0000 03 23 0001",
        // The next message once the last answer has come, the same one as often as it likes.
        "< 34 06 0001 74 0001 00",
        "< 3c 06 0001 74 0001 00",
        "> 50 02 0001",
        "< 62 02 0001",
        "> 70 02 0001",
        "< 34 06 0001 74 0002 00",
        "> 50 03 0002 97",
        "< 32 06 0001 74 0003 00",
        "> 32 06 0001 74 0001 00",
        "< 40 02 0001",
        "> 32 06 0001 74 0002 00",
        "> f0 06 19 04 15 0001 6d",
        "< f0 06 18 04 15 0001 6d",
        "> f0 06 18 04 15 0001 6d",
        "< f0 06 00 04 15 0001 6d",
        "> 82 10 0003 00 000a 2473686172652f672f61 00",
        "< 90 04 0003 00 00",
        "< e0 06 8b 04 1f 0001 77",
    ];
    assert_eq!(told_of(connect, connack, &fine), [""; 0]);
    // Nothing is known of a connection whose beginning was not seen, nor behind a hole, nor of the server before CONNACK.
    let unknown = [
        (true, "33 09 0001 74 0001 03 23 0009"),
        (false, "33 09 0001 74 0001 03 23 0009"),
        (false, "32 06 0001 74 0002 00"),
        (false, "30 06 0000 03 23 0007"),
        (true, "30 06 0000 03 23 0007"),
        (false, "40 08 0001 00 04 1f 0001 77"),
        (true, "f0 06 19 04 15 0001 78"),
    ];
    let unknown: Vec<_> = unknown.iter().map(|(out, digits)| (*out, hex(digits))).collect();
    assert_eq!(captured(false, &unknown), [""; 0]);
    let [connect, connack] = agreed("", "");
    let early = (true, hex("31 07 0001 74 03 23 0009"));
    assert_eq!(captured(true, &[connect.clone(), early, connack.clone()]), [""; 0]);
    let mut frame = Frame::new(Framing::Raw);
    let mut frames = frame.handshake();
    for (out, bytes) in [connect, connack] {
        frames.push(frame.data(out, &bytes));
    }
    let _lost = frame.data(false, b"\xd0\x00");
    frames.extend(unknown.iter().map(|(out, bytes)| frame.data(*out, bytes)));
    let told = faults(&read_apart(&pcap(Framing::Raw, &frames)));
    assert!(told.iter().all(|words| !words.starts_with("Unexpected")), "{told:?}");
}

/// What needs no more than the packet and its direction is told of live connections too, whoever sent it.
#[test]
fn what_only_servers_send_is_named_where_a_client_sends_it() {
    let mut log = log_of_version(ProtocolVersion::V5, 1 << 20, 2);
    log.sent(0, b"\x30\x06\x00\x01t\x02\x0b\x07");
    let own = "Unexpected from this page itself: a message to the server has no Subscription Identifier ([MQTT-3.3.4-6])";
    assert_eq!(faults(&log), [own]);
    assert_eq!(log.before(log.end() - 1), Some(log.end() - 2));
    // From the server it is what it is there for.
    log.came(1, b"\x30\x06\x00\x01t\x02\x0b\x07");
    // Other limits are its session's, which was asked to break them.
    log.sent(2, b"\x33\x09\x00\x01t\x00\x01\x03\x23\x00\x09");
    assert_eq!(faults(&log), [own]);
    log.sent(3, b"\xd0\x00");
    let words = faults(&log).pop().expect("an event");
    assert_eq!(
        words,
        "Unexpected from this page itself: a client does not send PINGRESP (MQTT 5, table 2-1)"
    );
    // The events come back from files, and stand among what breaks rules.
    let back = read_apart(&exported(&log, Format::JsonLines, true));
    assert_eq!(faults(&back), faults(&log));
    let names = back.records_from(0).filter_map(|record| Some(back.event(record)?.name().to_owned()));
    assert_eq!(names.filter(|name| name == "client-error").count(), 2);
}
