//! mosquitto's own clients against a broker made of this codec: an independent peer in both directions.
//!
//! `mosquitto_pub` and `mosquitto_sub` must be on the path (Debian: package `mosquitto-clients`).

mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::time::Duration;

use common::client::describe;
use mqttscope_proto::{
    ConnAck, Deframer, Packet, Properties, ProtocolVersion, PubAck, PubComp, PubRec, PubRel, Publish, Qos,
    SubAck, UnsubAck,
};

const VERSIONS: [(ProtocolVersion, &str); 2] =
    [(ProtocolVersion::V31, "mqttv31"), (ProtocolVersion::V311, "mqttv311")];

#[test]
fn mosquitto_pub_at_each_qos() {
    for (version, name) in VERSIONS {
        for (qos, expected) in [
            (Qos::AtMostOnce, &["CONNECT", "PUBLISH q0", "DISCONNECT"][..]),
            (Qos::AtLeastOnce, &["CONNECT", "PUBLISH q1 #1", "DISCONNECT"]),
            (Qos::ExactlyOnce, &["CONNECT", "PUBLISH q2 #1", "PUBREL #1", "DISCONNECT"]),
        ] {
            let qos = qos.as_u8().to_string();
            let args = ["-t", "topic/mqtttopic", "-m", "Hello from mosquitto", "-q", &qos, "-r"];
            let (seen, output) = converse(version, "mosquitto_pub", name, &args, &[]);
            assert_eq!(seen.packets, expected, "{name} {output:?}");
            let published = ("topic/mqtttopic".to_owned(), b"Hello from mosquitto".to_vec(), true);
            assert_eq!(seen.published, [published], "{name}");
            assert!(output.status.success(), "{output:?}");
        }
    }
}

#[test]
fn mosquitto_pub_with_everything_that_connect_holds() {
    for (version, name) in VERSIONS {
        let args = [
            "-t",
            "t",
            "-n",
            "-q",
            "2",
            "-i",
            "a-client-id",
            "-u",
            "user",
            "-P",
            "secret",
            "-k",
            "77",
            "-c",
            "--will-topic",
            "topic/lastwill",
            "--will-payload",
            "gone",
            "--will-qos",
            "1",
            "--will-retain",
        ];
        let (seen, output) = converse(version, "mosquitto_pub", name, &args, &[]);
        assert!(output.status.success(), "{output:?}");
        let expected = "a-client-id clean=false 77 s user secret topic/lastwill gone 1 true";
        assert_eq!(seen.connect, expected, "{name}");
        assert_eq!(seen.published, [("t".to_owned(), vec![], false)], "{name}");
    }
}

#[test]
fn mosquitto_pub_is_told_why_it_is_refused() {
    for (version, name) in VERSIONS {
        let (_, output) = converse_with_code(version, "mosquitto_pub", name, &["-t", "t", "-m", "m"], &[], 5);
        let said = String::from_utf8_lossy(&output.stderr).to_lowercase();
        assert!(!output.status.success() && said.contains("not authori"), "{output:?}");
    }
}

#[test]
fn mosquitto_sub_at_each_qos() {
    let messages =
        [(Qos::AtMostOnce, &b"zero"[..]), (Qos::AtLeastOnce, b"one"), (Qos::ExactlyOnce, b"\xff\x00two")];
    for (version, name) in VERSIONS {
        let args = ["-t", "topic/#", "-q", "2", "-C", "3", "-N"];
        let (seen, output) = converse(version, "mosquitto_sub", name, &args, &messages);
        assert_eq!(output.stdout, b"zeroone\xff\x00two", "{name} {output:?}");
        assert!(output.status.success(), "{output:?}");
        let mut packets = seen.packets;
        let last = packets.pop();
        assert_eq!(packets, ["CONNECT", "SUBSCRIBE #1", "PUBACK #2", "PUBREC #3", "PUBCOMP #3"], "{name}");
        assert_eq!(last.as_deref(), Some("DISCONNECT"), "{name}");
    }
}

#[test]
fn a_large_message_passes_both_ways() {
    let large: Vec<u8> = (0..300_000_u32).map(|index| index.to_le_bytes()[0].wrapping_mul(31)).collect();
    for (version, name) in VERSIONS {
        let (_, output) = converse(
            version,
            "mosquitto_sub",
            name,
            &["-t", "#", "-q", "2", "-C", "1", "-N"],
            &[(Qos::ExactlyOnce, &large)],
        );
        assert_eq!(output.stdout.len(), large.len(), "{name} {:?}", output.status);
        assert!(output.stdout == large, "{name}: the message came back changed");
    }
}

/// What a client did.
#[derive(Default)]
struct Seen {
    packets: Vec<String>,
    connect: String,
    published: Vec<(String, Vec<u8>, bool)>,
}

/// Runs a client against the scripted broker, which sends `messages` after SUBSCRIBE.
fn converse(
    version: ProtocolVersion,
    program: &str,
    version_name: &str,
    args: &[&str],
    messages: &[(Qos, &[u8])],
) -> (Seen, Output) {
    converse_with_code(version, program, version_name, args, messages, 0)
}

fn converse_with_code(
    version: ProtocolVersion,
    program: &str,
    version_name: &str,
    args: &[&str],
    messages: &[(Qos, &[u8])],
    return_code: u8,
) -> (Seen, Output) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("the listener has an address").port().to_string();
    let child = Command::new(program)
        .args(["-h", "127.0.0.1", "-p", &port, "-V", version_name])
        .args(args)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}; Debian's package mosquitto-clients has it"));
    // The output is read while the conversation goes on, lest the client waits for its reader.
    let output = std::thread::spawn(move || child.wait_with_output());
    let (stream, _) = listener.accept().expect("the client connects");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout can be set");
    let seen = serve(stream, version, messages, return_code);
    let output = output.join().expect("the waiter does not panic").expect("the client ends");
    (seen, output)
}

fn serve(
    mut stream: TcpStream,
    version: ProtocolVersion,
    messages: &[(Qos, &[u8])],
    return_code: u8,
) -> Seen {
    let mut seen = Seen::default();
    let mut deframer = Deframer::new();
    let mut buffer = [0; 4_096];
    loop {
        let count = match stream.read(&mut buffer) {
            Ok(count) => count,
            // The client left without reading what it did not want any more.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
            Err(error) => panic!("the client neither sends nor closes: {error}"),
        };
        if count == 0 {
            return seen;
        }
        let mut piece = &buffer[..count];
        while let Some(frame) = deframer.next_frame(&mut piece, version).expect("mosquitto sends packets") {
            let mut violations = Vec::new();
            let packet = frame.decode(version, &mut violations).expect("mosquitto sends packets");
            assert_eq!(violations, [], "{packet:?}");
            seen.packets.push(describe(&packet));
            answer(&mut stream, &packet, &mut seen, messages, return_code);
        }
    }
}

fn answer(
    stream: &mut TcpStream,
    packet: &Packet<'_>,
    seen: &mut Seen,
    messages: &[(Qos, &[u8])],
    return_code: u8,
) {
    match *packet {
        Packet::Connect(connect) => {
            if let (Some(username), Some(password), Some(will)) =
                (connect.username, connect.password, connect.will)
            {
                seen.connect = format!(
                    "{} clean={} {} s {username} {} {} {} {} {}",
                    connect.client_id,
                    connect.clean_session,
                    connect.keep_alive.as_secs(),
                    String::from_utf8_lossy(password),
                    will.topic,
                    String::from_utf8_lossy(will.message),
                    will.qos,
                    will.retain
                );
            }
            send(stream, &Packet::ConnAck(ConnAck::new(0, return_code)));
        }
        Packet::Publish(publish) => {
            seen.published.push((publish.topic.to_string(), publish.payload.to_vec(), publish.retain));
            match (publish.qos, publish.packet_id) {
                (Qos::AtLeastOnce, Some(packet_id)) => send(stream, &Packet::PubAck(PubAck::new(packet_id))),
                (Qos::ExactlyOnce, Some(packet_id)) => send(stream, &Packet::PubRec(PubRec::new(packet_id))),
                _ => {}
            }
        }
        Packet::PubRel(PubRel { packet_id, .. }) => send(stream, &Packet::PubComp(PubComp::new(packet_id))),
        Packet::Subscribe(subscribe) => {
            let packet_id = subscribe.packet_id;
            let return_codes: Vec<u8> =
                subscribe.filters.iter().map(|item| item.options.qos(ProtocolVersion::V311)).collect();
            send(stream, &Packet::SubAck(SubAck::new(packet_id, &return_codes)));
            for (packet_id, &(qos, payload)) in (1..).zip(messages) {
                let packet_id = Some(packet_id).filter(|_| qos != Qos::AtMostOnce);
                let topic = "topic/a".into();
                let publish = Publish {
                    dup: false,
                    qos,
                    retain: false,
                    topic,
                    packet_id,
                    properties: Properties::NONE,
                    payload,
                };
                send(stream, &Packet::Publish(publish));
            }
        }
        Packet::Unsubscribe(unsubscribe) => {
            send(stream, &Packet::UnsubAck(UnsubAck::new(unsubscribe.packet_id)));
        }
        Packet::PubRec(PubRec { packet_id, .. }) => {
            send(stream, &Packet::PubRel(PubRel::new(packet_id)));
        }
        Packet::PingReq => send(stream, &Packet::PingResp),
        _ => {}
    }
}

fn send(stream: &mut TcpStream, packet: &Packet<'_>) {
    let mut bytes = Vec::new();
    packet.encode(&mut bytes, ProtocolVersion::V311).expect("the broker writes packets");
    // A client that has got all it wanted may be gone already; what it did is checked by its caller.
    let _ = stream.write_all(&bytes);
}
