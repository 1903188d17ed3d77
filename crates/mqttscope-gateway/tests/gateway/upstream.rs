//! Brokers behind TLS and behind WebSockets: what passes, and each way in which it does not.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use mqttscope_gateway::Config;
use mqttscope_gateway::broker::EmbeddedBroker;
use rcgen::date_time_ymd;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use crate::pki::{Authority, Issued};
use crate::support::{Peer, Random, Running, WebFolder, any_port, external, read_exactly, within};
use crate::transfer::{LEN, Transfer, read_messages, send_messages};

const CONNECT: &[u8] = b"\x10\x0D\0\x04MQTT\x04\x02\0\0\0\x01a";
const CONNACK: &[u8] = b"\x20\x02\x00\x00";

/// A gateway before the peer, by this scheme; what is not a path goes to the peer's own port.
async fn in_front_of(peer: &Peer, scheme: &str, change: impl FnOnce(&mut Config)) -> Running {
    let url =
        format!("{scheme}://{}{}", peer.addr(), if scheme.starts_with("ws") { "/mqtt?a=b" } else { "" });
    Running::start_with(|config| {
        config.broker = external(url);
        change(config);
    })
    .await
}

/// A gateway that trusts this issuer for its broker, if there is TLS to it.
async fn trusting(peer: &Peer, scheme: &str, authority: &Authority) -> (Running, WebFolder) {
    let files = WebFolder::new();
    files.write("ca.pem", authority.pem());
    let ca = scheme.ends_with('s').then(|| files.path().join("ca.pem"));
    let ca = ca.filter(|_| scheme != "ws");
    (in_front_of(peer, scheme, |config| config.tls.broker.ca = ca).await, files)
}

/// The code and the reason with which the proxy closes a WebSocket that gets no broker.
async fn refusal(gateway: &Running) -> (u16, String) {
    // By hand: the WebSocket library of these tests takes 1014 for a mistake.
    let (_, mut stream) = gateway.upgrade(&[]).await;
    read_close(&mut stream).await
}

async fn read_close(stream: &mut TcpStream) -> (u16, String) {
    let head = read_exactly(stream, 4).await;
    assert_eq!(head[0], 0x88);
    let reason = read_exactly(stream, usize::from(head[1]) - 2).await;
    (u16::from_be_bytes([head[2], head[3]]), String::from_utf8(reason).unwrap())
}

/// Accepts WebSockets with whatever was offered; gives what was asked for too.
async fn accept_websocket<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
) -> (WebSocketStream<S>, String, String) {
    let (mut path, mut offered) = (String::new(), String::new());
    #[expect(clippy::result_large_err, reason = "the type is the library's")]
    let callback = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        path = request.uri().to_string();
        let subprotocol = request.headers()["sec-websocket-protocol"].clone();
        offered = subprotocol.to_str().unwrap().to_owned();
        response.headers_mut().insert("sec-websocket-protocol", subprotocol);
        Ok(response)
    };
    let socket = within("the broker's upgrade", accept_hdr_async(stream, callback)).await.unwrap();
    (socket, path, offered)
}

#[tokio::test]
async fn mqtt_passes_over_tls_and_over_websockets_and_over_both() {
    let authority = Authority::new();
    let acceptor = authority.issue("127.0.0.1").acceptor(None);
    for scheme in ["mqtt", "mqtts", "ws", "wss"] {
        let broker = EmbeddedBroker::start(any_port()).await.unwrap();
        let peer = Peer::listen().await;
        let (gateway, _files) = trusting(&peer, scheme, &authority).await;
        let mut ws = gateway.connect_offering(&["mqtt"]).await;
        let stream = peer.accept().await;
        let to_broker = TcpStream::connect(broker.local_addr()).await.unwrap();
        let passing = match scheme {
            "mqtt" => tokio::spawn(pass_bytes(stream, to_broker)),
            "mqtts" => tokio::spawn(pass_bytes(acceptor.accept(stream).await.unwrap(), to_broker)),
            "ws" => tokio::spawn(pass_messages(stream, to_broker)),
            _ => tokio::spawn(pass_messages(acceptor.accept(stream).await.unwrap(), to_broker)),
        };
        ws.send(CONNECT).await;
        assert_eq!(ws.read(4).await, CONNACK, "{scheme}");
        passing.abort();
        gateway.stop().await;
        broker.stop().await;
    }
}

async fn pass_bytes(mut stream: impl AsyncRead + AsyncWrite + Unpin, mut broker: TcpStream) {
    let _ = tokio::io::copy_bidirectional(&mut stream, &mut broker).await;
}

async fn pass_messages(stream: impl AsyncRead + AsyncWrite + Unpin, mut broker: TcpStream) {
    let (mut socket, ..) = accept_websocket(stream).await;
    let mut buffer = [0; 1024];
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Binary(bytes))) => broker.write_all(&bytes).await.unwrap(),
                _ => return,
            },
            read = broker.read(&mut buffer) => {
                let len = read.unwrap();
                socket.send(Message::binary(buffer[..len].to_vec())).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn every_byte_passes_both_ways_through_a_brokers_websocket() {
    let authority = Authority::new();
    let acceptor = authority.issue("127.0.0.1").acceptor(None);
    let peer = Peer::listen().await;
    let (gateway, _files) = trusting(&peer, "wss", &authority).await;
    let ws = gateway.connect().await;
    let (broker, ..) = accept_websocket(acceptor.accept(peer.accept().await).await.unwrap()).await;
    let transfer = Transfer::new();
    let (to_gateway, from_gateway) = ws.socket.split();
    let (mut to_proxy, mut from_proxy) = broker.split();
    // Every now and then a ping, which is answered between messages.
    let broker_sends = async {
        let (mut cuts, mut rest) = (Random::new(4), &transfer.downward[..]);
        while !rest.is_empty() {
            let longest = [1, 2, 125, 126, 5_000, 70_000, 300_000][cuts.below(7)];
            let (piece, left) = rest.split_at(rest.len().min(1 + cuts.below(longest)));
            to_proxy.send(Message::binary(piece.to_vec())).await.unwrap();
            if cuts.below(4) == 0 {
                to_proxy.send(Message::Ping(vec![1; cuts.below(125)].into())).await.unwrap();
            }
            rest = left;
        }
    };
    let broker_reads = async {
        let (mut received, mut pongs) = (Vec::with_capacity(LEN), 0);
        while received.len() < LEN || pongs == 0 {
            match from_proxy.next().await.unwrap().unwrap() {
                Message::Binary(bytes) => received.extend_from_slice(&bytes),
                Message::Pong(_) => pongs += 1,
                other => panic!("{other:?}"),
            }
        }
        received
    };
    let client_sends = send_messages(to_gateway, &transfer.upward);
    transfer.run(client_sends, broker_sends, read_messages(from_gateway), broker_reads).await;
}

#[tokio::test]
async fn a_brokers_websocket_is_asked_for_what_the_client_chose() {
    let peer = Peer::listen().await;
    let gateway = in_front_of(&peer, "ws", |_| {}).await;
    for (offered, expected) in [(&[][..], "mqtt"), (&["mqttv3.1"], "mqttv3.1"), (&["x", "mqtt"], "mqtt")] {
        let mut ws = gateway.connect_offering(offered).await;
        let (mut broker, path, subprotocol) = accept_websocket(peer.accept().await).await;
        assert_eq!((&*path, &*subprotocol), ("/mqtt?a=b", expected));
        ws.send(b"up").await;
        assert_eq!(
            within("a message", broker.next()).await.unwrap().unwrap(),
            Message::binary(b"up".to_vec())
        );
        broker.send(Message::Ping(b"there?".as_slice().into())).await.unwrap();
        let pong = Message::Pong(b"there?".as_slice().into());
        assert_eq!(within("a pong", broker.next()).await.unwrap().unwrap(), pong);
    }
}

#[tokio::test]
async fn the_close_of_a_brokers_websocket_is_passed_on() {
    let peer = Peer::listen().await;
    let gateway = in_front_of(&peer, "ws", |_| {}).await;
    for (code, reason) in [(1000, ""), (1001, "going down"), (1013, "too many"), (4003, "not you")] {
        let (mut ws, mut broker) = (gateway.connect().await, accept_websocket(peer.accept().await).await.0);
        broker.send(Message::binary(b"last".to_vec())).await.unwrap();
        broker.close(Some(CloseFrame { code: code.into(), reason: reason.into() })).await.unwrap();
        assert_eq!(ws.read_to_close().await, (b"last".to_vec(), code, reason.to_owned()));
        // The answer to it is the same.
        let answer = within("the answer", broker.next()).await.unwrap().unwrap();
        assert!(matches!(answer, Message::Close(Some(frame)) if u16::from(frame.code) == code));
    }
}

#[tokio::test]
async fn a_brokers_websocket_is_closed_as_the_client_closes() {
    let peer = Peer::listen().await;
    let gateway = in_front_of(&peer, "ws", |_| {}).await;
    let close = |message: Message| match message {
        Message::Close(Some(frame)) => (u16::from(frame.code), frame.reason.to_string()),
        other => panic!("{other:?}"),
    };
    let (mut ws, mut broker) = (gateway.connect().await, accept_websocket(peer.accept().await).await.0);
    ws.send(b"last").await;
    ws.socket.close(Some(CloseFrame { code: 4001.into(), reason: "enough".into() })).await.unwrap();
    assert_eq!(within("a message", broker.next()).await.unwrap().unwrap(), Message::binary(b"last".to_vec()));
    let closed = within("the close", broker.next()).await.unwrap().unwrap();
    assert_eq!(close(closed), (4001, "enough".to_owned()));

    let (ws, mut broker) = (gateway.connect().await, accept_websocket(peer.accept().await).await.0);
    drop(ws);
    let closed = within("the close", broker.next()).await.unwrap().unwrap();
    assert_eq!(close(closed), (1001, "the client is gone".to_owned()));
}

#[tokio::test]
async fn what_a_brokers_websocket_may_not_send_closes_with_1011() {
    let peer = Peer::listen().await;
    let gateway = in_front_of(&peer, "ws", |_| {}).await;
    let broken = "the broker broke the connection: ";
    let (mut ws, mut broker) = (gateway.connect().await, accept_websocket(peer.accept().await).await.0);
    broker.send(Message::text("text")).await.unwrap();
    assert_eq!(ws.read_to_close().await, (vec![], 1011, format!("{broken}it sent a text message")));

    let (mut ws, broker) = (gateway.connect().await, accept_websocket(peer.accept().await).await.0);
    let mut stream = broker.into_inner();
    let mut masked = Frame::ping(b"x".as_slice());
    masked.header_mut().mask = Some([1, 2, 3, 4]);
    let mut bytes = Vec::new();
    masked.format(&mut bytes).unwrap();
    stream.write_all(&bytes).await.unwrap();
    assert_eq!(
        ws.read_to_close().await,
        (vec![], 1011, format!("{broken}a server's frame must not be masked"))
    );

    let (mut ws, broker) = (gateway.connect().await, accept_websocket(peer.accept().await).await.0);
    drop(broker.into_inner());
    let (_, code, reason) = ws.read_to_close().await;
    assert_eq!((code, &*reason), (1000, "the broker closed the connection"));
}

#[tokio::test]
async fn a_slow_side_stops_the_other_through_a_brokers_websocket() {
    let peer = Peer::listen().await;
    let gateway = in_front_of(&peer, "ws", |_| {}).await;
    let mut ws = gateway.connect().await;
    let (mut broker, ..) = accept_websocket(peer.accept().await).await;
    let message = Message::binary(vec![7; 64 * 1024]);
    let pause = Duration::from_secs(1);
    let mut sent = 0;
    while let Ok(fed) = tokio::time::timeout(pause, ws.socket.send(message.clone())).await {
        fed.unwrap();
        sent += 1;
        assert!(sent < 1024, "nothing holds the client back");
    }
    let mut sent = 0;
    while let Ok(fed) = tokio::time::timeout(pause, broker.send(message.clone())).await {
        fed.unwrap();
        sent += 1;
        assert!(sent < 1024, "nothing holds the broker back");
    }
}

#[tokio::test]
async fn a_certificate_that_does_not_count_is_told() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for (issued, expected) in [
        (authority.issue_expired("127.0.0.1"), "its certificate has expired"),
        (authority.issue("broker.example.org"), "its certificate is for another name"),
        (stranger.issue("127.0.0.1"), "its certificate is of an unknown issuer"),
    ] {
        for scheme in ["mqtts", "wss"] {
            let peer = Peer::listen().await;
            let (gateway, _files) = trusting(&peer, scheme, &authority).await;
            let acceptor = issued.acceptor(None);
            let accepting = async { acceptor.accept(peer.accept().await).await.map(drop).unwrap_err() };
            let ((code, reason), _) = tokio::join!(refusal(&gateway), accepting);
            let path = if scheme == "wss" { "/mqtt" } else { "" };
            let start = format!("cannot connect to the broker at {scheme}://{}{path}: ", peer.addr());
            assert_eq!((code, reason), (1014, format!("{start}{expected}")));
        }
    }
}

#[tokio::test]
async fn a_self_signed_certificate_of_the_broker_counts_if_it_is_listed() {
    let own = Authority::with(&["127.0.0.1"], |_| {});
    let peer = Peer::listen().await;
    let (gateway, _files) = trusting(&peer, "mqtts", &own).await;
    let acceptor = own.itself().acceptor(None);
    let (mut ws, mut broker) =
        tokio::join!(gateway.connect(), async { acceptor.accept(peer.accept().await).await.unwrap() });
    ws.send(b"up").await;
    assert_eq!(read_exactly(&mut broker, 2).await, b"up");

    let expired = Authority::with(&["127.0.0.1"], |params| params.not_after = date_time_ymd(2001, 1, 1));
    let elsewhere = Authority::with(&["broker.example.org"], |_| {});
    for (listed, shown, expected) in [
        (&expired, &expired, "its certificate has expired"),
        (&elsewhere, &elsewhere, "its certificate is for another name"),
        (&elsewhere, &own, "its certificate is not one of a server"),
    ] {
        let peer = Peer::listen().await;
        let (gateway, _files) = trusting(&peer, "mqtts", listed).await;
        let acceptor = shown.itself().acceptor(None);
        let ((_, reason), ()) = tokio::join!(refusal(&gateway), fail_to_accept(&acceptor, &peer));
        assert!(reason.ends_with(&format!(": {expected}")), "{reason}");
    }
}

#[tokio::test]
async fn the_longest_reason_fits_a_close_frame() {
    let (authority, peer) = (Authority::new(), Peer::listen().await);
    let (gateway, _files) = trusting(&peer, "mqtts", &authority).await;
    drop(gateway);
    let long = format!("wss://{}.invalid/{}", "a".repeat(60), "b".repeat(100));
    let gateway = Running::start_with(|config| config.broker = external(long)).await;
    let (code, reason) = refusal(&gateway).await;
    assert!(reason.len() <= 123 && reason.ends_with("..: host name not found"), "{reason}");
    assert_eq!(code, 1014);
}

#[tokio::test]
async fn a_broker_without_tls_is_told() {
    let authority = Authority::new();
    for (answer, expected) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "it does not speak TLS"),
        (b"", "it ended the TLS handshake; is TLS spoken there?"),
    ] {
        let peer = Peer::listen().await;
        let (gateway, _files) = trusting(&peer, "mqtts", &authority).await;
        let answering = async {
            let mut stream = peer.accept().await;
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(answer).await.unwrap();
        };
        let ((_, reason), ()) = tokio::join!(refusal(&gateway), answering);
        assert!(reason.ends_with(&format!(": {expected}")), "{reason}");
    }
}

#[tokio::test]
async fn a_websocket_that_is_refused_is_told() {
    for (answer, expected) in [
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "it refused the WebSocket with status 404"),
        ("HTTP/1.1 301 Moved\r\nlocation: /\r\n\r\n", "it refused the WebSocket with status 301"),
        ("\x20\x02\x00\x00", "it does not speak HTTP"),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", "its answer is of another handshake"),
        ("HTTP/1.1 101 Sw", "it does not speak HTTP"),
        ("", "connection reset"),
    ] {
        let peer = Peer::listen().await;
        let gateway = in_front_of(&peer, "ws", |_| {}).await;
        let answering = async {
            let mut stream = peer.accept().await;
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        };
        let ((code, reason), ()) = tokio::join!(refusal(&gateway), answering);
        assert!(code == 1014 && reason.ends_with(&format!(": {expected}")), "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_of_the_broker_is_not_waited_for_for_ever() {
    for scheme in ["mqtts", "ws"] {
        let peer = Peer::listen().await;
        let (gateway, _files) = trusting(&peer, scheme, &Authority::new()).await;
        let ((_, reason), _held) = tokio::join!(refusal(&gateway), peer.accept());
        assert!(reason.ends_with(": no answer in 5 s"), "{reason}");
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let acceptor = authority.issue("127.0.0.1").acceptor(Some(&clients));
    let files = WebFolder::new();
    files.write("ca.pem", authority.pem());
    let ca = files.path().join("ca.pem");
    let good = clients.issue("gateway");
    let bad = Authority::new().issue("gateway");

    let start = async |issued: Option<&Issued>| {
        let peer = Peer::listen().await;
        let identity = issued.map(|issued| issued.write(&files, "client"));
        let gateway = in_front_of(&peer, "mqtts", |config| {
            config.tls.broker.ca = Some(ca.clone());
            config.tls.broker.identity = identity;
        })
        .await;
        (gateway, peer)
    };
    let (gateway, peer) = start(Some(&good)).await;
    let (mut ws, broker) =
        tokio::join!(gateway.connect(), async { acceptor.accept(peer.accept().await).await.unwrap() });
    assert_eq!(broker.get_ref().1.peer_certificates().unwrap()[0], good.der());
    ws.send(b"up").await;
    let mut broker = broker;
    assert_eq!(read_exactly(&mut broker, 2).await, b"up");

    for (issued, expected) in
        [(None, "it wants a client certificate"), (Some(&bad), "it does not take the certificate shown (")]
    {
        let (gateway, peer) = start(issued).await;
        let accepting = fail_to_accept(&acceptor, &peer);
        // In TLS 1.3 the client is told behind its handshake.
        let ((_, reason), ()) = tokio::join!(refusal(&gateway), accepting);
        assert!(reason.contains(expected), "{reason}");
    }
}

async fn fail_to_accept(acceptor: &TlsAcceptor, peer: &Peer) {
    acceptor.accept(peer.accept().await).await.map(drop).unwrap_err();
}

#[tokio::test]
async fn without_care_any_certificate_counts() {
    let stranger = Authority::new().issue_expired("broker.example.org").acceptor(None);
    let peer = Peer::listen().await;
    let gateway = in_front_of(&peer, "mqtts", |config| config.tls.broker.insecure = true).await;
    let (mut ws, mut broker) =
        tokio::join!(gateway.connect(), async { stranger.accept(peer.accept().await).await.unwrap() });
    ws.send(b"up").await;
    assert_eq!(read_exactly(&mut broker, 2).await, b"up");
}
