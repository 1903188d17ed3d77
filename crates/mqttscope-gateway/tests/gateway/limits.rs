//! Whom the gateway answers, and how much of it one peer may take.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use mqttscope_gateway::{PAGE_PATH, PROXY_PATH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Peer, Running, external, read_exactly, read_to_end, within};

/// A request for the page with this `Host`, and the status of its answer.
async fn status_for(gateway: &Running, host: &str) -> u16 {
    gateway.get_as(host, PAGE_PATH).await.status
}

#[tokio::test]
async fn a_page_that_lets_its_name_point_here_is_refused() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let port = gateway.http.port();
    for (host, status) in [
        (format!("localhost:{port}"), 200),
        ("LOCALHOST".to_owned(), 200),
        (format!("127.0.0.1:{port}"), 200),
        ("10.1.2.3".to_owned(), 200),
        (format!("[::1]:{port}"), 200),
        (format!("evil.example:{port}"), 403),
        ("localhost.evil.example".to_owned(), 403),
        ("evil.example, localhost".to_owned(), 400),
    ] {
        assert_eq!(status_for(&gateway, &host).await, status, "{host}");
    }
    // Rebound, the page is of the same origin, so that its WebSocket names no other.
    let evil = format!("evil.example:{port}");
    let origin = format!("http://{evil}");
    let (response, _stream) = gateway.upgrade_as(&evil, &[("origin", &origin)]).await;
    assert_eq!(response.status, 403);
    for path in ["/", "/none", PROXY_PATH] {
        assert_eq!(gateway.get_as(&evil, path).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn a_named_host_is_answered() {
    let gateway =
        Running::start_with(|config| config.allowed_hosts = "mqtt.example.org".parse().unwrap()).await;
    assert_eq!(status_for(&gateway, "mqtt.example.org:443").await, 200);
    let origin = [("origin", "https://mqtt.example.org")];
    assert_eq!(gateway.upgrade_as("mqtt.example.org", &origin).await.0.status, 101);
    assert_eq!(status_for(&gateway, "other.example.org").await, 403);
}

#[tokio::test]
async fn a_request_of_http_1_0_needs_no_host() {
    let gateway = Running::start_with(|_| {}).await;
    for (version, status) in [("1.0", "200"), ("1.1", "400")] {
        let mut stream = TcpStream::connect(gateway.http).await.unwrap();
        let head = format!("GET {PAGE_PATH} HTTP/{version}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = String::from_utf8(read_to_end(&mut stream).await).unwrap();
        assert_eq!(answer.split(' ').nth(1), Some(status), "{answer}");
    }
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let gateway =
        Running::start_with(|config| config.limits.header_timeout = Duration::from_millis(300)).await;
    for start in ["", "GET / HTTP/1.1\r\nhost: localhost\r\n"] {
        let mut stream = TcpStream::connect(gateway.http).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let answer = read_to_end(&mut stream).await;
        assert!(!answer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&answer));
    }
    assert_eq!(gateway.get(PAGE_PATH, &[]).await.status, 200);
}

#[tokio::test]
async fn connections_above_the_limit_are_told_so() {
    for per_address in [false, true] {
        let peer = Peer::listen().await;
        let gateway = Running::start_with(|config| {
            config.broker = external(peer.addr());
            match per_address {
                false => config.limits.connections = 2,
                true => config.limits.connections_per_address = Some(2),
            }
        })
        .await;
        let (first, second) = (gateway.connect().await, gateway.connect().await);
        let refused = gateway.get(PAGE_PATH, &[]).await;
        assert_eq!((refused.status, refused.header("connection")), (503, "close"));
        assert!(!refused.body.is_empty());
        // A WebSocket keeps its place as long as it is open.
        drop(first);
        within("a free place", async {
            while gateway.get(PAGE_PATH, &[]).await.status != 200 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        drop(second);
    }
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_gone_for_its_broker() {
    let (peer, gateway) = quick_to_ask().await;
    // Read by hand, or the library would answer.
    let (_, mut stream) = gateway.upgrade(&[]).await;
    let mut broker = peer.accept().await;
    assert_eq!(read_exactly(&mut stream, 2).await, b"\x89\x00");
    assert_eq!(read_to_end(&mut broker).await, b"");
}

#[tokio::test]
async fn a_client_that_answers_stays() {
    let (peer, gateway) = quick_to_ask().await;
    let mut ws = gateway.connect().await;
    let mut broker = peer.accept().await;
    for _ in 0..5 {
        // Reading answers.
        let ping = within("a ping", ws.socket.next()).await.unwrap().unwrap();
        assert_eq!(ping, Message::Ping(Vec::new().into()));
        ws.socket.flush().await.unwrap();
    }
    ws.send(b"still here").await;
    assert_eq!(read_exactly(&mut broker, 10).await, b"still here");
}

#[tokio::test]
async fn a_client_that_sends_a_message_slowly_stays() {
    let (peer, gateway) = quick_to_ask().await;
    let (_, mut stream) = gateway.upgrade(&[]).await;
    let mut broker = peer.accept().await;
    // One frame of 20 bytes, masked with zeros, a byte at a time: it takes longer than any silence may.
    stream.write_all(b"\x82\x94\0\0\0\0").await.unwrap();
    for byte in 0..20 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stream.write_all(&[byte]).await.unwrap();
    }
    assert_eq!(read_exactly(&mut broker, 20).await, (0..20).collect::<Vec<u8>>());
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_not_called_gone() {
    let (peer, gateway) = quick_to_ask().await;
    let (_, mut stream) = gateway.upgrade(&[]).await;
    let mut broker = peer.accept().await;
    let mut sent = 0;
    let piece = vec![9; 64 * 1024];
    while let Ok(written) = tokio::time::timeout(Duration::from_secs(1), broker.write(&piece)).await {
        sent += written.unwrap();
    }
    // No ping can leave for longer than one would be waited for.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut received = 0;
    let mut buffer = vec![0; 1 << 20];
    while received < sent {
        let len = within("the bytes that waited", stream.read(&mut buffer)).await.unwrap();
        assert!(len > 0, "closed after {received} of {sent} bytes");
        received += len;
    }
}

/// A gateway that asks after half a second of silence, and waits as long for an answer.
async fn quick_to_ask() -> (Peer, Running) {
    let peer = Peer::listen().await;
    let gateway = Running::start_with(|config| {
        config.broker = external(peer.addr());
        config.limits.ping_interval = Duration::from_millis(500);
        config.limits.ping_timeout = Duration::from_millis(500);
    })
    .await;
    (peer, gateway)
}
