//! The proxy in front of a scripted peer: every byte, both ways, and how each side's end is told.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use mqttscope_gateway::{MAX_MESSAGE_LEN, PROXY_PATH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};

use crate::support::{Peer, Random, Running, read_exactly, read_to_end, within};
use crate::transfer::{Transfer, read_messages, read_pieces, write_pieces};

#[tokio::test]
async fn every_byte_passes_both_ways() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let ws = gateway.connect().await;
    let broker = peer.accept().await;
    let transfer = Transfer::new();

    let (mut to_gateway, from_gateway) = ws.socket.split();
    let (mut from_proxy, mut to_proxy) = broker.into_split();
    let client_sends = async {
        let (mut cuts, mut rest) = (Random::new(3), &transfer.upward[..]);
        while !rest.is_empty() {
            // Mostly small messages, some empty ones, some of many frames.
            let longest = [1, 2, 100, 5_000, 300_000][cuts.below(5)];
            let (message, left) = rest.split_at(rest.len().min(cuts.below(longest + 1)));
            rest = left;
            let pieces = 1 + cuts.below(3);
            let piece_len = message.len().div_ceil(pieces).max(1);
            let frames: Vec<_> = message.chunks(piece_len).collect();
            if frames.len() < 2 {
                to_gateway.send(Message::binary(message.to_vec())).await.unwrap();
                continue;
            }
            for (index, piece) in frames.iter().enumerate() {
                let opcode = OpCode::Data(if index == 0 { Data::Binary } else { Data::Continue });
                let frame = Frame::message(piece.to_vec(), opcode, index + 1 == frames.len());
                to_gateway.send(Message::Frame(frame)).await.unwrap();
            }
        }
    };
    let broker_sends = write_pieces(&mut to_proxy, &transfer.downward);
    transfer.run(client_sends, broker_sends, read_messages(from_gateway), read_pieces(&mut from_proxy)).await;
}

#[tokio::test]
async fn known_subprotocols_get_in_and_are_named() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    for (offered, named) in [
        (&[][..], None),
        (&["mqtt"], Some("mqtt")),
        (&["mqttv3.1"], Some("mqttv3.1")),
        (&["mqttv3.1.1"], Some("mqttv3.1.1")),
        (&["mqttv3.1", "mqtt"], Some("mqttv3.1")),
        (&["other", "mqtt"], Some("mqtt")),
    ] {
        let mut ws = gateway.connect_offering(offered).await;
        assert_eq!(ws.subprotocol.as_deref(), named, "{offered:?}");
        ws.send(b"up").await;
        let mut broker = peer.accept().await;
        assert_eq!(read_exactly(&mut broker, 2).await, b"up");
        broker.write_all(b"down").await.unwrap();
        assert_eq!(ws.read(4).await, b"down");
    }
}

#[tokio::test]
async fn an_offer_of_unknown_subprotocols_is_not_answered() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let (response, _stream) = gateway.upgrade(&[("sec-websocket-protocol", "chat, superchat")]).await;
    assert_eq!((response.status, response.header("sec-websocket-protocol")), (101, ""));
    peer.accept().await;
}

#[tokio::test]
async fn a_text_message_closes_with_1003() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let mut ws = gateway.connect().await;
    let mut broker = peer.accept().await;
    ws.send(b"before").await;
    ws.socket.send(Message::text("text")).await.unwrap();
    let (_, code, reason) = ws.read_to_close().await;
    assert_eq!((code, reason.as_str()), (1003, "MQTT needs binary messages, not text"));
    assert_eq!(read_to_end(&mut broker).await, b"before");
}

#[tokio::test]
async fn a_broker_that_is_down_closes_with_1014() {
    let peer = Peer::listen().await;
    let addr = peer.addr();
    let gateway = Running::in_front_of(addr).await;
    drop(peer);
    // By hand: the WebSocket library of these tests takes 1014 for a mistake.
    let (response, mut stream) = gateway.upgrade(&[]).await;
    assert_eq!(response.status, 101);
    let reason = format!("cannot connect to the broker at {addr}: connection refused");
    let frame = read_exactly(&mut stream, 4 + reason.len()).await;
    assert_eq!(frame[..2], [0x88, 2 + reason.len() as u8]);
    assert_eq!(u16::from_be_bytes([frame[2], frame[3]]), 1014);
    assert_eq!(String::from_utf8_lossy(&frame[4..]), reason);
}

#[tokio::test]
async fn a_broker_without_a_known_name_closes_with_1014() {
    let gateway = Running::in_front_of("no-such-host.invalid:1883").await;
    let (_, mut stream) = gateway.upgrade(&[]).await;
    let head = read_exactly(&mut stream, 4).await;
    assert_eq!((head[0], u16::from_be_bytes([head[2], head[3]])), (0x88, 1014));
    let reason = read_exactly(&mut stream, usize::from(head[1]) - 2).await;
    let reason = String::from_utf8_lossy(&reason);
    assert!(reason.contains("no-such-host.invalid:1883"), "{reason}");
}

#[tokio::test]
async fn a_broker_that_closes_is_1000_after_all_its_bytes() {
    const LEN: usize = 3_000_000;
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let mut ws = gateway.connect().await;
    let mut broker = peer.accept().await;
    let sent = Random::new(5).bytes(LEN);
    let to_send = sent.clone();
    let sending = tokio::spawn(async move {
        broker.write_all(&to_send).await.unwrap();
        broker.shutdown().await.unwrap();
        // Half closed: it would still read.
        read_to_end(&mut broker).await
    });
    let (received, code, reason) = ws.read_to_close().await;
    assert!(received == sent, "{} of {LEN} bytes", received.len());
    assert_eq!((code, reason.as_str()), (1000, "the broker closed the connection"));
    assert_eq!(sending.await.unwrap(), b"");
}

#[tokio::test]
async fn a_broker_that_resets_is_1011_after_all_its_bytes() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let mut ws = gateway.connect().await;
    let mut broker = peer.accept().await;
    ws.send(b"never read").await;
    within("the bytes' arrival", broker.readable()).await.unwrap();
    broker.write_all(b"last words").await.unwrap();
    // The client has them, so the reset cannot overtake them on the way.
    assert_eq!(ws.read(10).await, b"last words");
    drop(broker);
    let (_, code, reason) = ws.read_to_close().await;
    assert_eq!((code, reason.as_str()), (1011, "the broker broke the connection: connection reset"));
}

#[tokio::test]
async fn a_close_frame_ends_the_brokers_connection_after_all_bytes() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let mut ws = gateway.connect().await;
    let mut broker = peer.accept().await;
    let sent = Random::new(6).bytes(1_000_000);
    let message = sent.clone();
    let closing = tokio::spawn(async move {
        ws.send(&message).await;
        ws.socket
            .send(Message::Close(Some(CloseFrame { code: 1001.into(), reason: "bye".into() })))
            .await
            .unwrap();
        ws.read_to_close().await
    });
    assert!(read_to_end(&mut broker).await == sent, "the broker got other bytes");
    drop(broker);
    assert_eq!(closing.await.unwrap(), (Vec::new(), 1001, "bye".to_owned()));
}

#[tokio::test]
async fn a_client_that_drops_ends_the_brokers_connection() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let mut ws = gateway.connect().await;
    let mut broker = peer.accept().await;
    ws.send(b"last words").await;
    drop(ws);
    assert_eq!(read_to_end(&mut broker).await, b"last words");
}

#[tokio::test]
async fn a_client_that_resets_ends_the_brokers_connection() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let (_, stream) = gateway.upgrade(&[]).await;
    let mut broker = peer.accept().await;
    broker.write_all(b"never read").await.unwrap();
    within("the bytes' arrival", stream.readable()).await.unwrap();
    // Closed with bytes unread: a reset.
    drop(stream);
    assert_eq!(read_to_end(&mut broker).await, b"");
}

#[tokio::test]
async fn a_broker_that_does_not_read_stalls_the_client() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let mut ws = gateway.connect().await;
    let mut broker = peer.accept().await;
    let message = vec![7; 64 * 1024];
    let mut sent = 0;
    while tokio::time::timeout(Duration::from_secs(1), ws.socket.feed(Message::binary(message.clone())))
        .await
        .is_ok()
    {
        sent += message.len();
        assert!(sent < BUFFERED_AT_MOST, "the gateway took {sent} bytes that nobody reads");
        if tokio::time::timeout(Duration::from_secs(1), ws.socket.flush()).await.is_err() {
            break;
        }
    }
    let closing = tokio::spawn(async move {
        ws.socket.close(None).await.unwrap();
        ws.read_to_close().await
    });
    let received = read_to_end(&mut broker).await;
    assert_eq!(received.len(), sent);
    assert!(received.iter().all(|byte| *byte == 7));
    closing.abort();
}

#[tokio::test]
async fn a_client_that_does_not_read_stalls_the_broker() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let mut ws = gateway.connect().await;
    let mut broker = peer.accept().await;
    let sent = send_until_stalled(&mut broker).await;
    broker.shutdown().await.unwrap();
    let (received, code, _) = ws.read_to_close().await;
    assert_eq!((received.len(), code), (sent, 1000));
    assert!(received.iter().all(|byte| *byte == 9));
}

/// Sends bytes of 9 to a client that does not read, until nothing more is taken; says how many were.
async fn send_until_stalled(broker: &mut tokio::net::TcpStream) -> usize {
    let piece = vec![9; 64 * 1024];
    let mut sent = 0;
    while let Ok(written) = tokio::time::timeout(Duration::from_secs(1), broker.write(&piece)).await {
        sent += written.unwrap();
        assert!(sent < BUFFERED_AT_MOST, "the gateway took {sent} bytes that nobody reads");
    }
    sent
}

/// More than the system's socket buffers and the gateway hold together, far less than no bound at all.
const BUFFERED_AT_MOST: usize = 100 * 1024 * 1024;

#[tokio::test]
async fn a_client_that_does_not_read_may_still_send() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let mut ws = gateway.connect().await;
    let mut broker = peer.accept().await;
    let piece = vec![9; 64 * 1024];
    while let Ok(written) = tokio::time::timeout(Duration::from_secs(1), broker.write(&piece)).await {
        written.unwrap();
    }
    ws.send(b"still here").await;
    assert_eq!(read_exactly(&mut broker, 10).await, b"still here");
    drop(ws);
    assert_eq!(read_to_end_or_reset(&mut broker).await, b"");
}

async fn read_to_end_or_reset(stream: &mut tokio::net::TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = within("the end of the stream", stream.read_to_end(&mut bytes)).await;
    bytes
}

#[tokio::test]
async fn pings_are_answered() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let mut ws = gateway.connect().await;
    let _broker = peer.accept().await;
    ws.socket.send(Message::Ping("mark".into())).await.unwrap();
    let answer = within("the pong", ws.socket.next()).await.unwrap().unwrap();
    assert_eq!(answer, Message::Pong("mark".into()));
}

#[tokio::test]
async fn a_message_of_16_mib_passes() {
    const LEN: usize = 16 * 1024 * 1024;
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let mut ws = gateway.connect().await;
    let mut broker = peer.accept().await;
    let sent = Random::new(8).bytes(LEN);
    let message = sent.clone();
    let sending = tokio::spawn(async move {
        ws.send(&message).await;
        ws
    });
    assert!(read_exactly(&mut broker, LEN).await == sent, "the broker got other bytes");
    drop(sending.await.unwrap());
}

#[tokio::test]
async fn a_message_passes_while_it_comes() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let (_, mut stream) = gateway.upgrade(&[]).await;
    let mut broker = peer.accept().await;
    // Masked with zeros: ten bytes, of which four come first.
    stream.write_all(b"\x82\x8A\0\0\0\0head").await.unwrap();
    assert_eq!(read_exactly(&mut broker, 4).await, b"head");
    stream.write_all(b"-tail-").await.unwrap();
    assert_eq!(read_exactly(&mut broker, 6).await, b"-tail-");
}

#[tokio::test]
async fn a_close_frame_waits_for_the_message_before_it() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let mut ws = gateway.connect().await;
    let mut broker = peer.accept().await;
    let sent = send_until_stalled(&mut broker).await;
    // Stopped within a message, of which the client has not taken all.
    let stopping = tokio::spawn(gateway.stop());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let (received, code, _) = ws.read_to_close().await;
    assert!(received.len() <= sent && received.iter().all(|byte| *byte == 9));
    assert_eq!(code, 1001);
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_longer_message_closes_with_1009() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let ws = gateway.connect().await;
    let mut broker = peer.accept().await;
    let (mut to_gateway, mut from_gateway) = ws.socket.split();
    // The gateway refuses at the frame's header, so the rest may find no reader.
    let sending =
        tokio::spawn(async move { to_gateway.send(Message::binary(vec![0; MAX_MESSAGE_LEN + 1])).await });
    let frame = within("the close frame", from_gateway.next()).await.unwrap().unwrap();
    let Message::Close(Some(frame)) = frame else { panic!("{frame:?}") };
    assert_eq!(u16::from(frame.code), 1009);
    assert_eq!(read_to_end(&mut broker).await, b"");
    sending.abort();
}

#[tokio::test]
async fn a_broken_frame_closes_with_1002() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let (_, mut stream) = gateway.upgrade(&[]).await;
    let mut broker = peer.accept().await;
    // A client must mask its frames (RFC 6455, 5.1).
    stream.write_all(b"\x82\x02hi").await.unwrap();
    let head = read_exactly(&mut stream, 4).await;
    assert_eq!((head[0], u16::from_be_bytes([head[2], head[3]])), (0x88, 1002));
    assert_eq!(read_to_end(&mut broker).await, b"");
}

#[tokio::test]
async fn other_origins_are_refused() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let own = format!("http://{}", gateway.http);
    for (origin, status) in [
        (own.as_str(), 101),
        ("http://evil.example", 403),
        ("http://127.0.0.1", 403),
        ("https://127.0.0.1", 403),
        ("null", 403),
    ] {
        assert_eq!(gateway.upgrade(&[("origin", origin)]).await.0.status, status, "{origin}");
    }
    assert_eq!(gateway.upgrade(&[]).await.0.status, 101);
}

#[tokio::test]
async fn allowed_origins_pass() {
    let gateway = Running::start_with(|config| {
        config.allowed_origins = "https://other.example".parse().unwrap();
    })
    .await;
    assert_eq!(gateway.upgrade(&[("origin", "https://other.example")]).await.0.status, 101);
    assert_eq!(gateway.upgrade(&[("origin", "http://other.example")]).await.0.status, 403);

    let gateway = Running::start_with(|config| config.allowed_origins = "*".parse().unwrap()).await;
    assert_eq!(gateway.upgrade(&[("origin", "http://any.example")]).await.0.status, 101);
}

#[tokio::test]
async fn a_plain_request_is_told_what_is_missing() {
    let gateway = Running::in_front_of("127.0.0.1:9").await;
    let upgrade = [("upgrade", "websocket"), ("connection", "upgrade")];
    let old = [("sec-websocket-version", "8"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")];
    for headers in [vec![], upgrade[..1].to_vec(), upgrade.to_vec(), [upgrade, old].concat()] {
        let response = gateway.get(PROXY_PATH, &headers).await;
        assert_eq!(response.status, 426, "{headers:?}");
        assert_eq!(response.header("sec-websocket-version"), "13");
        assert_eq!(response.header("upgrade"), "websocket");
    }
}

#[tokio::test]
async fn stopping_closes_with_1001() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let mut ws = gateway.connect().await;
    let mut broker = peer.accept().await;
    let idle = tokio::net::TcpStream::connect(gateway.http).await.unwrap();
    let reading = tokio::spawn(async move { ws.read_to_close().await });
    gateway.stop().await;
    let (_, code, reason) = reading.await.unwrap();
    assert_eq!((code, reason.as_str()), (1001, "the gateway is shutting down"));
    assert_eq!(read_to_end(&mut broker).await, b"");
    drop(idle);
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_client_that_is_stuck() {
    let peer = Peer::listen().await;
    let gateway = Running::in_front_of(peer.addr()).await;
    let (_, _stream) = gateway.upgrade(&[]).await;
    let mut broker = peer.accept().await;
    let piece = vec![9; 64 * 1024];
    while let Ok(written) = tokio::time::timeout(Duration::from_secs(1), broker.write(&piece)).await {
        written.unwrap();
    }
    gateway.stop().await;
}
