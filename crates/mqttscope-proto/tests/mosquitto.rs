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
    ConnAck, Deframer, Packet, Properties, PropertyBuf, PropertyId, PropertyValue, ProtocolVersion, PubAck,
    PubComp, PubRec, PubRel, Publish, Qos, SubAck, UnsubAck, decode,
};

const VERSIONS: [(ProtocolVersion, &str); 3] =
    [(ProtocolVersion::V31, "mqttv31"), (ProtocolVersion::V311, "mqttv311"), (ProtocolVersion::V5, "mqttv5")];

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
        let code = if version.has_properties() { 0x87 } else { 5 };
        let args = ["-t", "t", "-m", "m"];
        let (_, output) = converse_with_code(version, "mosquitto_pub", name, &args, &[], code);
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

/// What `mosquitto_pub -V 5` is told to say, in CONNECT, the Will, PUBLISH and DISCONNECT, comes as it was said.
#[test]
fn mosquitto_pub_with_everything_that_mqtt_5_adds() {
    let given = [
        "connect session-expiry-interval 4294967295",
        "connect receive-maximum 7",
        "connect maximum-packet-size 70000",
        "connect topic-alias-maximum 3",
        "connect request-response-information 1",
        "connect request-problem-information 0",
        "connect user-property b one",
        "connect user-property a two",
        "connect user-property b one",
        "will will-delay-interval 5",
        "will payload-format-indicator 1",
        "will message-expiry-interval 60",
        "will content-type text/plain",
        "will response-topic answers/will",
        "will correlation-data id",
        "will user-property will yes",
        "publish payload-format-indicator 1",
        "publish message-expiry-interval 128",
        "publish content-type text/plain",
        "publish response-topic answers/\u{e9}",
        "publish correlation-data 0123",
        "publish topic-alias 2",
        "publish user-property z 1",
        "publish user-property z 2",
        "disconnect session-expiry-interval 10",
        "disconnect user-property bye now",
    ];
    let will = ["--will-topic", "gone", "--will-payload", "w", "--will-qos", "2", "--will-retain"];
    let mut args = vec!["-t", "topic/a", "-m", "m", "-q", "2", "-i", "me", "-u", "user", "--repeat", "2"];
    args.extend(will);
    for property in given {
        args.push("-D");
        args.extend(property.splitn(3, ' ').flat_map(|word| match word {
            // A name and a value.
            pair if property.contains("user-property") && pair.contains(' ') => pair.split(' ').collect(),
            word => vec![word],
        }));
    }
    let (seen, output) = converse(ProtocolVersion::V5, "mosquitto_pub", "mqttv5", &args, &[]);
    assert!(output.status.success(), "{output:?}");
    use PropertyId as Id;
    use PropertyValue::{Binary, Number};
    let text = |text: &'static str| PropertyValue::Text(text.into());
    let pair = |name: &'static str, value: &'static str| PropertyValue::Pair(name.into(), value.into());
    let connect = [
        (Id::SessionExpiryInterval, Number(u32::MAX)),
        (Id::ReceiveMaximum, Number(7)),
        (Id::MaximumPacketSize, Number(70_000)),
        (Id::TopicAliasMaximum, Number(3)),
        (Id::RequestResponseInformation, Number(1)),
        (Id::RequestProblemInformation, Number(0)),
        (Id::UserProperty, pair("b", "one")),
        (Id::UserProperty, pair("a", "two")),
        (Id::UserProperty, pair("b", "one")),
    ];
    let publish = [
        (Id::PayloadFormatIndicator, Number(1)),
        (Id::MessageExpiryInterval, Number(128)),
        (Id::ContentType, text("text/plain")),
        (Id::ResponseTopic, text("answers/\u{e9}")),
        (Id::CorrelationData, Binary(b"0123")),
        (Id::TopicAlias, Number(2)),
        (Id::UserProperty, pair("z", "1")),
        (Id::UserProperty, pair("z", "2")),
    ];
    let last_will = [
        (Id::WillDelayInterval, Number(5)),
        (Id::PayloadFormatIndicator, Number(1)),
        (Id::MessageExpiryInterval, Number(60)),
        (Id::ContentType, text("text/plain")),
        (Id::ResponseTopic, text("answers/will")),
        (Id::CorrelationData, Binary(b"id")),
        (Id::UserProperty, pair("will", "yes")),
    ];
    let disconnect = [(Id::SessionExpiryInterval, Number(10)), (Id::UserProperty, pair("bye", "now"))];
    let mut topics = Vec::new();
    let mut disconnects = 0;
    for frame in &seen.frames {
        match decode(frame, ProtocolVersion::V5, &mut ()).expect("it was decoded before") {
            Packet::Connect(packet) => {
                assert_eq!(listed(packet.properties), connect);
                let will = packet.will.expect("a Will");
                assert_eq!(listed(will.properties), last_will);
                assert_eq!((will.topic.as_bytes(), will.qos, will.retain), (&b"gone"[..], 2, true));
            }
            Packet::Publish(packet) => {
                assert_eq!(listed(packet.properties), publish);
                topics.push(packet.topic.to_string());
            }
            Packet::Disconnect(packet) => {
                disconnects += 1;
                assert_eq!(listed(packet.properties.unwrap_or_default()), disconnect);
            }
            _ => {}
        }
    }
    assert_eq!((topics, disconnects), (vec!["topic/a".to_owned(), String::new()], 1));
}

/// What `mosquitto_sub -V 5` asks for, and what it makes of a message with properties.
#[test]
fn mosquitto_sub_with_everything_that_mqtt_5_adds() {
    let args = [
        "-t",
        "topic/#",
        "-t",
        "$share/group/b",
        "-q",
        "1",
        "-C",
        "1",
        "-N",
        "-U",
        "old",
        "--retain-as-published",
        "-F",
        "%t %F %E %C %R %D %P %p",
        "-D",
        "subscribe",
        "subscription-identifier",
        "268435455",
        "-D",
        "subscribe",
        "user-property",
        "s",
        "1",
        "-D",
        "unsubscribe",
        "user-property",
        "u",
        "2",
    ];
    let (seen, output) =
        converse(ProtocolVersion::V5, "mosquitto_sub", "mqttv5", &args, &[(Qos::AtLeastOnce, b"hello")]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "topic/a 1 60 text/plain answers id a:1 a:2 hello");
    use PropertyId as Id;
    let mut met = 0;
    for frame in &seen.frames {
        match decode(frame, ProtocolVersion::V5, &mut ()).expect("it was decoded before") {
            Packet::Subscribe(packet) => {
                met += 1;
                let identifier = (Id::SubscriptionIdentifier, PropertyValue::Number(268_435_455));
                let user = (Id::UserProperty, PropertyValue::Pair("s".into(), "1".into()));
                assert_eq!(listed(packet.properties), [identifier, user]);
                let filters: Vec<_> =
                    packet.filters.iter().map(|item| (item.filter.to_string(), item.options.0)).collect();
                assert_eq!(filters, [("topic/#".to_owned(), 0x09), ("$share/group/b".to_owned(), 0x09)]);
            }
            Packet::Unsubscribe(packet) => {
                met += 1;
                let user = (Id::UserProperty, PropertyValue::Pair("u".into(), "2".into()));
                assert_eq!(listed(packet.properties), [user]);
            }
            _ => {}
        }
    }
    assert_eq!(met, 2);
}

fn listed(properties: Properties<'_>) -> Vec<(PropertyId, PropertyValue<'_>)> {
    properties.iter().map(|property| (property.id, property.value)).collect()
}

/// What a client did.
#[derive(Default)]
struct Seen {
    packets: Vec<String>,
    frames: Vec<Vec<u8>>,
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
            let mut again = Vec::new();
            packet.encode(&mut again, version).expect("what was read can be written");
            assert_eq!(again, frame.bytes(), "{packet:?}");
            seen.packets.push(describe(&packet));
            seen.frames.push(again);
            answer(&mut Peer { stream: &mut stream, version }, &packet, &mut seen, messages, return_code);
        }
    }
}

/// The client, and what it speaks.
struct Peer<'s> {
    stream: &'s mut TcpStream,
    version: ProtocolVersion,
}

fn answer(
    peer: &mut Peer<'_>,
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
            let mut limits = PropertyBuf::new();
            if peer.version.has_properties() {
                limits.push(PropertyId::TopicAliasMaximum, PropertyValue::Number(5)).expect("a number");
            }
            let properties = limits.as_properties();
            peer.send(&Packet::ConnAck(ConnAck { properties, ..ConnAck::new(0, return_code) }));
        }
        Packet::Publish(publish) => {
            seen.published.push((publish.topic.to_string(), publish.payload.to_vec(), publish.retain));
            match (publish.qos, publish.packet_id) {
                (Qos::AtLeastOnce, Some(packet_id)) => peer.send(&Packet::PubAck(PubAck::new(packet_id))),
                (Qos::ExactlyOnce, Some(packet_id)) => peer.send(&Packet::PubRec(PubRec::new(packet_id))),
                _ => {}
            }
        }
        Packet::PubRel(PubRel { packet_id, .. }) => peer.send(&Packet::PubComp(PubComp::new(packet_id))),
        Packet::Subscribe(subscribe) => {
            let packet_id = subscribe.packet_id;
            let return_codes: Vec<u8> =
                subscribe.filters.iter().map(|item| item.options.qos(peer.version)).collect();
            peer.send(&Packet::SubAck(SubAck::new(packet_id, &return_codes)));
            let properties = peer.of_message();
            for (packet_id, &(qos, payload)) in (1..).zip(messages) {
                let packet_id = Some(packet_id).filter(|_| qos != Qos::AtMostOnce);
                let topic = "topic/a".into();
                let publish = Publish {
                    dup: false,
                    qos,
                    retain: false,
                    topic,
                    packet_id,
                    properties: properties.as_properties(),
                    payload,
                };
                peer.send(&Packet::Publish(publish));
            }
        }
        Packet::Unsubscribe(unsubscribe) => {
            let codes = vec![0x11; unsubscribe.filters.iter().count()];
            let reason_codes = if peer.version.has_properties() { &codes[..] } else { &[] };
            peer.send(&Packet::UnsubAck(UnsubAck { reason_codes, ..UnsubAck::new(unsubscribe.packet_id) }));
        }
        Packet::PubRec(PubRec { packet_id, .. }) => {
            peer.send(&Packet::PubRel(PubRel::new(packet_id)));
        }
        Packet::PingReq => peer.send(&Packet::PingResp),
        _ => {}
    }
}

impl Peer<'_> {
    fn send(&mut self, packet: &Packet<'_>) {
        let mut bytes = Vec::new();
        packet.encode(&mut bytes, self.version).expect("the broker writes packets");
        // A client that has got all it wanted may be gone already; what it did is checked by its caller.
        let _ = self.stream.write_all(&bytes);
    }

    /// What the messages of the broker have besides their payload.
    fn of_message(&self) -> PropertyBuf {
        use PropertyId as Id;
        let mut properties = PropertyBuf::new();
        if !self.version.has_properties() {
            return properties;
        }
        for (id, value) in [
            (Id::PayloadFormatIndicator, PropertyValue::Number(1)),
            (Id::MessageExpiryInterval, PropertyValue::Number(60)),
            (Id::ContentType, PropertyValue::Text("text/plain".into())),
            (Id::ResponseTopic, PropertyValue::Text("answers".into())),
            (Id::CorrelationData, PropertyValue::Binary(b"id")),
            (Id::SubscriptionIdentifier, PropertyValue::Number(268_435_455)),
            (Id::UserProperty, PropertyValue::Pair("a".into(), "1".into())),
            (Id::UserProperty, PropertyValue::Pair("a".into(), "2".into())),
        ] {
            properties.push(id, value).expect("it is one of its kind");
        }
        properties
    }
}
