//! The embedded broker, spoken to in raw bytes: over TCP, and over the WebSocket.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mqttscope_gateway::broker::EmbeddedBroker;
use mqttscope_gateway::{BrokerChoice, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Running, Ws, any_port, within};

/// One end of an MQTT connection that shows each packet's bytes.
struct Client(Transport);

enum Transport {
    Tcp(TcpStream),
    Ws(Box<Ws>),
}

/// A packet as it came: its first byte, and what follows the remaining length.
type Packet = (u8, Vec<u8>);

impl Client {
    async fn tcp(gateway: &Running) -> Self {
        Self::tcp_to(gateway.broker.parse().unwrap()).await
    }

    async fn tcp_to(addr: SocketAddr) -> Self {
        Self(Transport::Tcp(TcpStream::connect(addr).await.unwrap()))
    }

    async fn ws(gateway: &Running) -> Self {
        Self(Transport::Ws(Box::new(gateway.connect().await)))
    }

    /// One over each transport, for tests that must hold for both.
    async fn both(gateway: &Running) -> [Self; 2] {
        [Self::tcp(gateway).await, Self::ws(gateway).await]
    }

    /// Connects at 3.1.1 with a clean session.
    async fn connected(gateway: &Running, id: &str) -> Self {
        let mut client = Self::tcp(gateway).await;
        client.connect(&connect(V311, CLEAN, 0, &[id])).await;
        client
    }

    async fn connect(&mut self, packet: &[u8]) {
        self.send(packet).await;
        assert_eq!(self.receive().await, (0x20, vec![0, 0]));
    }

    async fn subscribe(&mut self, id: u8, filter: &str, qos: u8) {
        self.send(&subscribe(0x82, id, filter, qos)).await;
        assert_eq!(self.receive().await, (0x90, vec![0, id, qos]));
    }

    async fn send(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Transport::Tcp(stream) => stream.write_all(bytes).await.unwrap(),
            Transport::Ws(ws) => ws.send(bytes).await,
        }
    }

    async fn read(&mut self, len: usize) -> Vec<u8> {
        match &mut self.0 {
            Transport::Tcp(stream) => {
                let mut bytes = vec![0; len];
                within("a packet", stream.read_exact(&mut bytes)).await.unwrap();
                bytes
            }
            Transport::Ws(ws) => ws.read(len).await,
        }
    }

    async fn receive(&mut self) -> Packet {
        let first_byte = self.read(1).await[0];
        let (mut len, mut shift) = (0, 0);
        loop {
            let byte = self.read(1).await[0];
            len |= usize::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return (first_byte, self.read(len).await);
            }
        }
    }

    /// Waits until the broker has closed; nothing else may come.
    async fn closed(&mut self) {
        match &mut self.0 {
            Transport::Tcp(stream) => {
                let read = within("the broker's close", stream.read_u8()).await;
                assert!(read.is_err(), "{read:?}");
            }
            Transport::Ws(ws) => assert_eq!(ws.read_to_close().await.1, 1000),
        }
    }

    /// Nothing is on its way: the answer to a ping comes next.
    async fn is_quiet(&mut self) {
        self.send(b"\xC0\x00").await;
        assert_eq!(self.receive().await, (0xD0, vec![]));
    }
}

const V31: (&str, u8) = ("MQIsdp", 3);
const V311: (&str, u8) = ("MQTT", 4);

const CLEAN: u8 = 0x02;
const WILL_QOS_1: u8 = 0x04 | 0x08;
const WILL_RETAIN: u8 = 0x20;

/// CONNECT; `strings` are the client id and what the flags announce.
fn connect((name, level): (&str, u8), flags: u8, keep_alive: u8, strings: &[&str]) -> Vec<u8> {
    let mut body = string(name);
    body.extend([level, flags, 0, keep_alive]);
    strings.iter().for_each(|text| body.extend(string(text)));
    packet(0x10, &body)
}

/// PUBLISH; `id` is 0 at QoS 0, where there is none.
fn publish(first_byte: u8, topic: &str, id: u16, payload: &[u8]) -> Vec<u8> {
    packet(first_byte, &publish_body(topic, id, payload))
}

fn publish_body(topic: &str, id: u16, payload: &[u8]) -> Vec<u8> {
    let mut body = string(topic);
    if id > 0 {
        body.extend(id.to_be_bytes());
    }
    body.extend(payload);
    body
}

fn subscribe(first_byte: u8, id: u8, filter: &str, qos: u8) -> Vec<u8> {
    packet(first_byte, &[&[0, id], &string(filter)[..], &[qos]].concat())
}

fn packet(first_byte: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first_byte];
    let mut len = body.len();
    loop {
        let more = if len > 127 { 0x80 } else { 0 };
        bytes.push((len & 0x7F) as u8 | more);
        len >>= 7;
        if more == 0 {
            break;
        }
    }
    bytes.extend(body);
    bytes
}

fn string(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes(), text.as_bytes()].concat()
}

#[tokio::test]
async fn both_versions_connect() {
    let gateway = Running::start().await;
    let long_id = "an id of more than the 23 characters of MQTT 3.1";
    for version in [V31, V311] {
        for mut client in Client::both(&gateway).await {
            client.connect(&connect(version, CLEAN, 0, &[long_id])).await;
            client.is_quiet().await;
        }
        let mut client = Client::tcp(&gateway).await;
        client.connect(&connect(version, CLEAN | 0x80 | 0x40, 60, &["id", "user", "password"])).await;
    }
}

#[tokio::test]
async fn an_empty_client_id_needs_a_clean_session() {
    let gateway = Running::start().await;
    for mut client in Client::both(&gateway).await {
        client.send(&connect(V311, 0, 0, &[""])).await;
        assert_eq!(client.receive().await, (0x20, vec![0, 2]));
        client.closed().await;
    }
    let mut client = Client::tcp(&gateway).await;
    client.connect(&connect(V311, CLEAN, 0, &[""])).await;
}

#[tokio::test]
async fn what_is_no_mqtt_is_closed() {
    let gateway = Running::start().await;
    for mut client in Client::both(&gateway).await {
        client.send(b"GET / HTTP/1.1\r\n\r\n").await;
        client.closed().await;
    }
}

#[tokio::test]
async fn each_qos_has_its_handshake() {
    let gateway = Running::start().await;
    for (index, version) in [V31, V311].into_iter().enumerate() {
        for (transport, mut client) in Client::both(&gateway).await.into_iter().enumerate() {
            let id = format!("handshake-{index}-{transport}");
            let topic = format!("topic/{id}");
            client.connect(&connect(version, CLEAN, 0, &[&id])).await;
            client.subscribe(1, &topic, 2).await;

            client.send(&publish(0x30, &topic, 0, b"zero")).await;
            assert_eq!(client.receive().await, (0x30, publish_body(&topic, 0, b"zero")));

            client.send(&publish(0x32, &topic, 7, b"one")).await;
            let mut received = [client.receive().await, client.receive().await];
            received.sort();
            assert_eq!(received, [(0x32, publish_body(&topic, 1, b"one")), (0x40, vec![0, 7])]);
            client.send(b"\x40\x02\x00\x01").await;

            client.send(&publish(0x34, &topic, 8, b"two")).await;
            let mut received = [client.receive().await, client.receive().await];
            received.sort();
            assert_eq!(received, [(0x34, publish_body(&topic, 2, b"two")), (0x50, vec![0, 8])]);
            client.send(b"\x62\x02\x00\x08").await;
            assert_eq!(client.receive().await, (0x70, vec![0, 8]));
            client.send(b"\x50\x02\x00\x02").await;
            assert_eq!(client.receive().await, (0x62, vec![0, 2]));
            client.send(b"\x70\x02\x00\x02").await;
            client.is_quiet().await;

            client.send(&packet(0xA2, &[&[0, 9], &string(&topic)[..]].concat())).await;
            assert_eq!(client.receive().await, (0xB0, vec![0, 9]));
            client.send(&publish(0x30, &topic, 0, b"unheard")).await;
            client.is_quiet().await;
        }
    }
}

#[tokio::test]
async fn delivery_is_at_the_lower_qos() {
    let gateway = Running::start().await;
    let mut publisher = Client::connected(&gateway, "publisher").await;
    for granted in 0..=2 {
        let mut subscriber = Client::connected(&gateway, &format!("subscriber-{granted}")).await;
        subscriber.subscribe(1, "lower", granted).await;
        for (first_byte, qos) in [(0x30, 0), (0x32, 1), (0x34, 2)] {
            publisher.send(&publish(first_byte, "lower", u16::from(qos), b"x")).await;
            let (received, _) = subscriber.receive().await;
            assert_eq!(received, 0x30 | granted.min(qos) << 1, "granted {granted}, published at {qos}");
            if qos > 0 {
                publisher.receive().await;
            }
            if qos == 2 {
                publisher.send(b"\x62\x02\x00\x02").await;
                publisher.receive().await;
            }
        }
    }
}

#[tokio::test]
async fn retries_of_31_with_dup_are_taken() {
    let gateway = Running::start().await;
    for (transport, mut client) in Client::both(&gateway).await.into_iter().enumerate() {
        let topic = format!("retries/{transport}");
        client.connect(&connect(V31, CLEAN, 0, &[&topic])).await;
        client.send(&subscribe(0x82, 1, &topic, 2)).await;
        client.send(&subscribe(0x8A, 1, &topic, 2)).await;
        assert_eq!(client.receive().await, (0x90, vec![0, 1, 2]));
        assert_eq!(client.receive().await, (0x90, vec![0, 1, 2]));

        // The broker holds one copy of a QoS 2 message that comes twice with one id.
        client.send(&publish(0x34, &topic, 5, b"once")).await;
        client.send(&publish(0x3C, &topic, 5, b"once")).await;
        client.send(b"\x62\x02\x00\x05\x6A\x02\x00\x05").await;
        let mut received = Vec::new();
        for _ in 0..5 {
            received.push(client.receive().await);
        }
        received.sort();
        let twice = |packet: Packet| [packet.clone(), packet];
        let once = (0x34, publish_body(&topic, 1, b"once"));
        let expected = [&[once][..], &twice((0x50, vec![0, 5])), &twice((0x70, vec![0, 5]))].concat();
        assert_eq!(received, expected);

        let unsubscribe = [&[0, 6], &string(&topic)[..]].concat();
        client.send(&packet(0xAA, &unsubscribe)).await;
        assert_eq!(client.receive().await, (0xB0, vec![0, 6]));
    }
}

#[tokio::test]
async fn a_dup_that_311_forbids_closes() {
    let gateway = Running::start().await;
    let mut client = Client::connected(&gateway, "forbidden").await;
    client.send(&subscribe(0x8A, 1, "topic", 0)).await;
    client.closed().await;
}

/// MQTT 5: a PUBLISH that has an alias in place of its topic goes where the one before it went. To a client that takes
/// aliases a message of 3.1.1, which has no properties that could hold one, comes with its topic all the same.
#[tokio::test]
async fn topic_aliases_lead_to_the_broker_only() {
    let gateway = Running::start().await;
    let mut client = Client::tcp(&gateway).await;
    let topic_alias_maximum = [3, 0x22, 0, 5];
    let connect = [&string("MQTT")[..], &[5, CLEAN, 0, 0], &topic_alias_maximum, &string("five")].concat();
    client.send(&packet(0x10, &connect)).await;
    let (0x20, connack) = client.receive().await else { panic!("no CONNACK") };
    assert_eq!(connack[..2], [0, 0]);
    assert!(connack.windows(3).any(|property| property == [0x22, 0, 16]), "{connack:02x?}");
    client.send(&packet(0x82, &[&[0, 1, 0], &string("alias")[..], &[0]].concat())).await;
    assert_eq!(client.receive().await, (0x90, vec![0, 1, 0, 0]));

    let mut old = Client::connected(&gateway, "old").await;
    old.subscribe(1, "alias", 0).await;
    let topic_alias = [3, 0x23, 0, 7];
    client.send(&packet(0x30, &[&string("alias")[..], &topic_alias, b"1"].concat())).await;
    client.send(&packet(0x30, &[&string("")[..], &topic_alias, b"2"].concat())).await;
    for payload in [b"1", b"2"] {
        assert_eq!(old.receive().await, (0x30, publish_body("alias", 0, payload)));
        let (_, body) = client.receive().await;
        assert!(body.starts_with(&string("alias")) && body.ends_with(payload), "{body:02x?}");
    }
    for payload in [b"3", b"4"] {
        old.send(&publish(0x30, "alias", 0, payload)).await;
        let (_, body) = client.receive().await;
        assert!(body.starts_with(&string("alias")) && body.ends_with(payload), "{body:02x?}");
    }
}

#[tokio::test]
async fn a_retained_message_reaches_late_subscribers() {
    let gateway = Running::start().await;
    let mut publisher = Client::connected(&gateway, "publisher").await;
    let mut early = Client::connected(&gateway, "early").await;
    early.subscribe(1, "retained/+", 1).await;
    publisher.send(&publish(0x33, "retained/a", 1, b"first")).await;
    publisher.receive().await;
    // To those who are there, it is a message like others ([MQTT-3.3.1-9]).
    assert_eq!(early.receive().await, (0x32, publish_body("retained/a", 1, b"first")));

    for (index, filter) in ["retained/a", "retained/+", "retained/#", "#", "+/a"].into_iter().enumerate() {
        let late = late_subscriber(&gateway, &format!("late-{index}"), filter).await;
        assert_eq!(late, [(0x33, publish_body("retained/a", 1, b"first"))], "{filter}");
    }
    for filter in ["retained", "retained/a/b", "+"] {
        assert_eq!(late_subscriber(&gateway, "other", filter).await, [], "{filter}");
    }

    publisher.send(&publish(0x31, "retained/a", 0, b"second")).await;
    publisher.send(&publish(0x31, "retained/b", 0, b"of b")).await;
    publisher.is_quiet().await;
    let mut both = late_subscriber(&gateway, "both", "retained/#").await;
    both.sort();
    let expected =
        [(0x31, publish_body("retained/a", 0, b"second")), (0x31, publish_body("retained/b", 0, b"of b"))];
    assert_eq!(both, expected);

    // Not retained: it replaces nothing.
    publisher.send(&publish(0x30, "retained/a", 0, b"passing")).await;
    publisher.is_quiet().await;
    assert_eq!(late_subscriber(&gateway, "same", "retained/a").await, expected[..1]);

    publisher.send(&publish(0x31, "retained/a", 0, b"")).await;
    publisher.is_quiet().await;
    assert_eq!(late_subscriber(&gateway, "cleared", "retained/#").await, expected[1..]);
}

/// Subscribes at QoS 2 and returns what comes beside SUBACK.
async fn late_subscriber(gateway: &Running, id: &str, filter: &str) -> Vec<Packet> {
    let mut client = Client::connected(gateway, id).await;
    client.send(&subscribe(0x82, 1, filter, 2)).await;
    // rmqtt sends retained messages from a task of its own, before or after SUBACK.
    tokio::time::sleep(Duration::from_millis(300)).await;
    client.send(b"\xC0\x00").await;
    let mut received = Vec::new();
    loop {
        match client.receive().await {
            (0x90, body) => assert_eq!(body, [0, 1, 2]),
            (0xD0, _) => return received,
            packet => received.push(packet),
        }
    }
}

#[tokio::test]
async fn a_will_is_sent_when_the_socket_drops() {
    let gateway = Running::start().await;
    let mut watcher = Client::connected(&gateway, "watcher").await;
    watcher.subscribe(1, "topic/lastwill", 2).await;
    for (index, mut client) in Client::both(&gateway).await.into_iter().enumerate() {
        let id = format!("client-{index}");
        let will = format!("Client {id} seems to be down.");
        client.connect(&connect(V31, CLEAN | WILL_QOS_1, 0, &[&id, "topic/lastwill", &will])).await;
        drop(client);
        let packet_id = index as u16 + 1;
        assert_eq!(
            watcher.receive().await,
            (0x32, publish_body("topic/lastwill", packet_id, will.as_bytes()))
        );
        watcher.send(&packet(0x40, &packet_id.to_be_bytes())).await;
    }

    let mut client = Client::tcp(&gateway).await;
    client.connect(&connect(V31, CLEAN | WILL_QOS_1, 0, &["polite", "topic/lastwill", "never"])).await;
    client.send(b"\xE0\x00").await;
    drop(client);
    let mut client = Client::tcp(&gateway).await;
    client.connect(&connect(V31, CLEAN | WILL_QOS_1, 0, &["rude", "topic/lastwill", "rude"])).await;
    drop(client);
    assert_eq!(watcher.receive().await, (0x32, publish_body("topic/lastwill", 3, b"rude")));
    watcher.is_quiet().await;
}

#[tokio::test]
async fn a_will_is_sent_when_the_keep_alive_expires() {
    let gateway = Running::start().await;
    let mut watcher = Client::connected(&gateway, "watcher").await;
    watcher.subscribe(1, "topic/lastwill", 0).await;
    let [mut tcp, mut ws] = Client::both(&gateway).await;
    tcp.connect(&connect(V31, CLEAN | WILL_QOS_1, 1, &["silent", "topic/lastwill", "down"])).await;
    ws.connect(&connect(V311, CLEAN | WILL_QOS_1, 1, &["talking", "topic/lastwill", "never"])).await;
    let started = Instant::now();
    let pinging = async {
        while started.elapsed() < Duration::from_secs(4) {
            ws.is_quiet().await;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    };
    let silent = async {
        assert_eq!(watcher.receive().await, (0x30, publish_body("topic/lastwill", 0, b"down")));
        // Not before one and a half times the keep alive ([MQTT-3.1.2-24]).
        assert!(started.elapsed() >= Duration::from_millis(1500), "{:?}", started.elapsed());
        tcp.closed().await;
    };
    tokio::join!(pinging, silent);
    watcher.is_quiet().await;
}

#[tokio::test]
async fn a_will_is_sent_when_the_client_answers_no_ping() {
    let gateway = limited(|limits| {
        limits.ping_interval = Duration::from_millis(300);
        limits.ping_timeout = Duration::from_millis(300);
    })
    .await;
    let mut watching = Client::connected(&gateway, "watching").await;
    watching.subscribe(1, "will", 0).await;
    // Without a keep alive the broker would wait for ever. The frame is masked with zeros.
    let packet = connect(V311, CLEAN | 0x04, 0, &["lost", "will", "gone"]);
    let (_, mut lost) = gateway.upgrade(&[]).await;
    let head = [0x82, 0x80 | packet.len() as u8, 0, 0, 0, 0];
    lost.write_all(&[&head[..], &packet].concat()).await.unwrap();
    assert_eq!(watching.receive().await, (0x30, publish_body("will", 0, b"gone")));
    drop(lost);
}

#[tokio::test]
async fn a_retained_will_stays() {
    let gateway = Running::start().await;
    let mut watcher = Client::connected(&gateway, "watcher").await;
    watcher.subscribe(1, "topic/lastwill", 0).await;
    let mut client = Client::ws(&gateway).await;
    let flags = CLEAN | WILL_QOS_1 | WILL_RETAIN;
    client.connect(&connect(V311, flags, 0, &["client", "topic/lastwill", "down"])).await;
    drop(client);
    assert_eq!(watcher.receive().await, (0x30, publish_body("topic/lastwill", 0, b"down")));
    let late = late_subscriber(&gateway, "late", "topic/lastwill").await;
    assert_eq!(late, [(0x33, publish_body("topic/lastwill", 1, b"down"))]);
}

#[tokio::test]
async fn a_session_resumes() {
    let gateway = Running::start().await;
    for (index, version) in [V31, V311].into_iter().enumerate() {
        let id = format!("sleeper-{index}");
        let topic = format!("sleeping/{index}");
        let mut client = Client::ws(&gateway).await;
        client.connect(&connect(version, 0, 0, &[&id])).await;
        client.subscribe(1, &topic, 1).await;
        client.send(b"\xE0\x00").await;
        drop(client);

        let mut publisher = Client::connected(&gateway, "publisher").await;
        for payload in [b"1", b"2", b"3"] {
            publisher.send(&publish(0x32, &topic, 1, payload)).await;
            assert_eq!(publisher.receive().await, (0x40, vec![0, 1]));
        }

        let mut client = Client::tcp(&gateway).await;
        client.send(&connect(version, 0, 0, &[&id])).await;
        // The flag "session present" is 3.1.1's; 3.1 clients ignore the byte.
        assert_eq!(client.receive().await, (0x20, vec![1, 0]));
        for payload in [b"1", b"2", b"3"] {
            let (first_byte, body) = client.receive().await;
            // With DUP when it had left before the broker saw that the client is gone.
            assert_eq!((first_byte & !0x08, body.last()), (0x32, payload.last()));
        }
        drop(client);

        let mut client = Client::tcp(&gateway).await;
        client.connect(&connect(version, CLEAN, 0, &[&id])).await;
        client.is_quiet().await;
    }
}

#[tokio::test]
async fn a_second_connect_takes_the_session_over() {
    let gateway = Running::start().await;
    let mut first = Client::connected(&gateway, "same id").await;
    let mut second = Client::ws(&gateway).await;
    second.connect(&connect(V311, CLEAN, 0, &["same id"])).await;
    first.closed().await;
    second.is_quiet().await;
}

#[tokio::test]
async fn five_megabytes_pass() {
    let gateway = Running::start().await;
    let payload = crate::support::Random::new(9).bytes(5_000_000);
    let mut subscriber = Client::ws(&gateway).await;
    subscriber.connect(&connect(V31, CLEAN, 0, &["subscriber"])).await;
    subscriber.subscribe(1, "large", 2).await;
    let mut publisher = Client::ws(&gateway).await;
    publisher.connect(&connect(V31, CLEAN, 0, &["publisher"])).await;
    for message in publish(0x32, "large", 1, &payload).chunks(64 * 1024) {
        publisher.send(message).await;
    }
    let (first_byte, body) = subscriber.receive().await;
    assert_eq!(first_byte, 0x32);
    assert!(body == publish_body("large", 1, &payload), "other bytes arrived");
    assert_eq!(publisher.receive().await, (0x40, vec![0, 1]));
}

#[tokio::test]
async fn a_burst_of_2000_messages_at_qos_2_is_complete() {
    const COUNT: u16 = 2_000;
    let gateway = Running::start().await;
    let mut subscriber = Client::tcp(&gateway).await;
    subscriber.connect(&connect(V31, CLEAN, 0, &["subscriber"])).await;
    subscriber.subscribe(1, "burst", 2).await;
    let mut publisher = Client::ws(&gateway).await;
    publisher.connect(&connect(V31, CLEAN, 0, &["publisher"])).await;

    // All are in flight at once on both sides: nobody answers before everything was sent.
    let burst: Vec<u8> = (1..=COUNT).flat_map(|id| publish(0x34, "burst", id, &id.to_be_bytes())).collect();
    publisher.send(&burst).await;
    for id in 1..=COUNT {
        assert_eq!(publisher.receive().await, (0x50, id.to_be_bytes().to_vec()));
    }
    let mut ids = Vec::new();
    for count in 1..=COUNT {
        let (first_byte, body) = subscriber.receive().await;
        assert_eq!((first_byte, &body[9..]), (0x34, &count.to_be_bytes()[..]));
        ids.push([body[7], body[8]]);
    }
    let releases: Vec<u8> = (1..=COUNT).flat_map(|id| packet(0x62, &id.to_be_bytes())).collect();
    publisher.send(&releases).await;
    for id in 1..=COUNT {
        assert_eq!(publisher.receive().await, (0x70, id.to_be_bytes().to_vec()));
    }
    let receipts: Vec<u8> = ids.iter().flat_map(|id| packet(0x50, id)).collect();
    subscriber.send(&receipts).await;
    for id in &ids {
        assert_eq!(subscriber.receive().await, (0x62, id.to_vec()));
    }
    let completions: Vec<u8> = ids.iter().flat_map(|id| packet(0x70, id)).collect();
    subscriber.send(&completions).await;
    subscriber.is_quiet().await;
    publisher.is_quiet().await;
}

#[tokio::test]
async fn retained_messages_have_a_limit_in_bytes() {
    let gateway = limited(|limits| limits.broker_retained = 1 << 20).await;
    let mut publisher = Client::connected(&gateway, "publisher").await;
    for index in 0..40 {
        publisher.send(&publish(0x31, &format!("r/{index}"), 0, &[b'x'; 64 * 1024])).await;
    }
    publisher.is_quiet().await;
    let kept = late_subscriber(&gateway, "late", "r/+").await.len();
    assert!((8..16).contains(&kept), "{kept} of 40 messages of 64 KiB are kept in 1 MiB");

    // One that has no room takes what it would have replaced with it; one that is cleared makes room.
    publisher.send(&publish(0x31, "r/0", 0, &[b'y'; 1 << 20])).await;
    publisher.is_quiet().await;
    assert_eq!(late_subscriber(&gateway, "later", "r/0").await.len(), 0);
    publisher.send(&publish(0x31, "r/0", 0, b"small")).await;
    publisher.is_quiet().await;
    assert_eq!(late_subscriber(&gateway, "latest", "r/0").await.len(), 1);
}

#[tokio::test]
async fn queues_have_a_limit_in_bytes() {
    const MESSAGES: u32 = 200;
    let gateway = limited(|limits| limits.broker_queued = 2 << 20).await;
    let mut away = Client::tcp(&gateway).await;
    away.connect(&connect(V311, 0, 0, &["away"])).await;
    away.subscribe(1, "q", 1).await;
    drop(away);
    let mut publisher = Client::connected(&gateway, "publisher").await;
    for index in 0..MESSAGES {
        let payload = [&index.to_be_bytes()[..], &[0; 64 * 1024]].concat();
        publisher.send(&publish(0x32, "q", 1, &payload)).await;
        assert_eq!(publisher.receive().await, (0x40, vec![0, 1]));
    }
    let mut back = Client::tcp(&gateway).await;
    back.send(&connect(V311, 0, 0, &["away"])).await;
    assert_eq!(back.receive().await, (0x20, vec![1, 0]));
    let mut received = Vec::new();
    loop {
        let (first, body) = back.receive().await;
        assert_eq!(first & 0xF6, 0x32, "{first:x}");
        let index = u32::from_be_bytes(body[5..9].try_into().unwrap());
        received.push(index);
        back.send(&[0x40, 2, body[3], body[4]]).await;
        if index == MESSAGES - 1 {
            break;
        }
    }
    assert!((10..=32).contains(&received.len()), "{} messages of 64 KiB waited in 2 MiB", received.len());
    // The oldest were discarded, the rest is in order.
    assert!(received.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{received:?}");
    back.is_quiet().await;
}

#[tokio::test]
async fn what_cannot_be_discarded_refuses_what_comes() {
    let gateway = limited(|limits| limits.broker_queued = 1 << 20).await;
    let mut holding = Client::tcp(&gateway).await;
    holding.connect(&connect(V311, 0, 0, &["holding"])).await;
    holding.subscribe(1, "q", 1).await;
    let mut publisher = Client::connected(&gateway, "publisher").await;
    // Never acknowledged: in flight, where nothing can be discarded.
    for _ in 0..40 {
        publisher.send(&publish(0x32, "q", 1, &[0; 64 * 1024])).await;
        assert_eq!(publisher.receive().await, (0x40, vec![0, 1]));
    }
    holding.send(b"\xC0\x00").await;
    let mut delivered = 0;
    while holding.receive().await.0 != 0xD0 {
        delivered += 1;
    }
    assert!((8..=17).contains(&delivered), "{delivered} messages of 64 KiB are in flight in 1 MiB");
    // Whoever holds them goes, and though its session stays there is room again.
    drop(holding);
    let mut other = Client::connected(&gateway, "other").await;
    other.subscribe(1, "q", 0).await;
    within("room", async {
        loop {
            publisher.send(&publish(0x30, "q", 0, b"after")).await;
            publisher.is_quiet().await;
            let waiting = tokio::time::timeout(Duration::from_millis(100), other.receive());
            if waiting.await.is_ok_and(|(first, _)| first == 0x30) {
                break;
            }
        }
    })
    .await;
}

/// A gateway whose broker has less room.
async fn limited(change: impl FnOnce(&mut mqttscope_gateway::Limits)) -> Running {
    Running::start_with(|config| {
        config.broker = BrokerChoice::Embedded { listen: Some(any_port()) };
        change(&mut config.limits);
    })
    .await
}

#[tokio::test]
async fn a_stopped_broker_closes_and_gives_its_port_back() {
    let broker = EmbeddedBroker::start(any_port()).await.unwrap();
    let addr = broker.local_addr();
    let gateway = Running::in_front_of(addr).await;
    let mut client = Client::ws(&gateway).await;
    client.connect(&connect(V311, CLEAN, 0, &["client"])).await;

    let taken = EmbeddedBroker::start(addr).await;
    assert!(matches!(&taken, Err(Error::BrokerListen { .. })), "{taken:?}");

    broker.stop().await;
    client.closed().await;
    let _again = EmbeddedBroker::start(addr).await.unwrap();
    let mut client = Client::ws(&gateway).await;
    client.connect(&connect(V311, CLEAN, 0, &["client"])).await;
}

#[tokio::test]
async fn an_address_that_was_asked_for_is_not_replaced() {
    let taken = tokio::net::TcpListener::bind(any_port()).await.unwrap();
    let web = crate::support::WebFolder::new();
    let config = mqttscope_gateway::Config {
        listen: any_port(),
        web: web.path().into(),
        broker: BrokerChoice::Embedded { listen: Some(taken.local_addr().unwrap()) },
        ..Default::default()
    };
    let refused = mqttscope_gateway::Gateway::bind(config).await;
    assert!(matches!(refused, Err(Error::BrokerListen { .. })));
}
