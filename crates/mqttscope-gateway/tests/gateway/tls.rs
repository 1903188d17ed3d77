//! https and wss: handshakes, certificates that change, and all that passes as it does over plain TCP.

use std::path::Path;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use mqttscope_gateway::{Certificate, Config, PAGE_PATH, PROXY_PATH};
use rustls::ClientConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::pki::{Authority, Issued, client_config, handshake};
use crate::support::{
    Peer, Running, WebFolder, Ws, any_port, external, read_exactly, read_to_end, request, within,
};
use crate::transfer::{Transfer, read_messages, read_pieces, send_messages, write_pieces};

/// A gateway with a certificate that an issuer of the test has signed.
struct Https {
    authority: Authority,
    files: WebFolder,
    gateway: Running,
}

impl Https {
    async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let (authority, files) = (Authority::new(), WebFolder::new());
        let (chain, key) = authority.issue("localhost").write(&files, "gateway");
        let gateway = Running::start_with(|config| {
            config.tls.certificate = Some(Certificate::Files { chain, key });
            change(config);
        })
        .await;
        Self { authority, files, gateway }
    }

    async fn connect(&self) -> TlsStream<TcpStream> {
        self.connect_as(client_config(&self.authority)).await.unwrap()
    }

    async fn connect_as(&self, config: ClientConfig) -> std::io::Result<TlsStream<TcpStream>> {
        handshake(config, TcpStream::connect(self.gateway.http).await.unwrap()).await
    }

    async fn open(&self) -> Ws<TlsStream<TcpStream>> {
        let url = format!("wss://localhost:{}{PROXY_PATH}", self.gateway.http.port());
        let (socket, _) = within("the upgrade", client_async(url, self.connect().await)).await.unwrap();
        Ws::new(socket)
    }

    /// Shows these files from now on.
    fn show(&self, issued: &Issued) {
        issued.write(&self.files, "gateway");
    }

    /// What a new connection is shown.
    async fn shown(&self) -> Vec<u8> {
        shown(&self.connect().await)
    }
}

fn shown(stream: &TlsStream<TcpStream>) -> Vec<u8> {
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test]
async fn the_page_comes_over_tls() {
    let https = Https::start().await;
    let mut config = client_config(&https.authority);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = https.connect_as(config).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let response = request(stream, "localhost", "GET", PAGE_PATH, &[]).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("strict-transport-security"), "");
}

#[tokio::test]
async fn hsts_is_said_over_tls_if_it_is_asked_for() {
    let day = Some(Duration::from_secs(86_400));
    let https = Https::start_with(|config| config.tls.hsts = day).await;
    let response = request(https.connect().await, "localhost", "GET", PAGE_PATH, &[]).await;
    assert_eq!(response.header("strict-transport-security"), "max-age=86400");
    let plain = Running::start_with(|config| config.tls.hsts = day).await;
    assert_eq!(plain.get(PAGE_PATH, &[]).await.header("strict-transport-security"), "");
}

#[tokio::test]
async fn every_byte_passes_both_ways_over_tls() {
    let (broker_authority, files, peer) = (Authority::new(), WebFolder::new(), Peer::listen().await);
    let acceptor = broker_authority.issue("127.0.0.1").acceptor(None);
    files.write("ca.pem", broker_authority.pem());
    let https = Https::start_with(|config| {
        config.broker = external(format!("mqtts://{}", peer.addr()));
        config.tls.broker.ca = Some(files.path().join("ca.pem"));
    })
    .await;
    let (ws, broker) =
        tokio::join!(https.open(), async { acceptor.accept(peer.accept().await).await.unwrap() });
    let transfer = Transfer::new();
    let (to_gateway, from_gateway) = ws.socket.split();
    let (from_proxy, to_proxy) = tokio::io::split(broker);
    let client_sends = send_messages(to_gateway, &transfer.upward);
    let broker_sends = write_pieces(to_proxy, &transfer.downward);
    transfer.run(client_sends, broker_sends, read_messages(from_gateway), read_pieces(from_proxy)).await;
}

#[tokio::test]
async fn a_small_message_leaves_tls_at_once() {
    let peer = Peer::listen().await;
    let https = Https::start_with(|config| config.broker = external(peer.addr())).await;
    let mut ws = https.open().await;
    let mut broker = peer.accept().await;
    for n in 0..100_u8 {
        ws.send(&[n]).await;
        assert_eq!(within("the byte", broker.read_u8()).await.unwrap(), n);
        broker.write_all(&[n]).await.unwrap();
        assert_eq!(ws.read(1).await, [n]);
    }
}

#[tokio::test]
async fn a_slow_side_stops_the_other_over_tls() {
    let peer = Peer::listen().await;
    let https = Https::start_with(|config| config.broker = external(peer.addr())).await;
    let mut ws = https.open().await;
    let mut broker = peer.accept().await;
    // The client does not read.
    let piece = vec![7; 64 * 1024];
    let mut taken = 0;
    while let Ok(written) = tokio::time::timeout(Duration::from_secs(1), broker.write(&piece)).await {
        taken += written.unwrap();
        assert!(taken < 64 * 1024 * 1024, "nothing holds the broker back");
    }
    assert_eq!(ws.read(taken).await.len(), taken);
    // The broker does not read.
    let message = Message::binary(piece);
    let mut sent = 0;
    while let Ok(fed) = tokio::time::timeout(Duration::from_secs(1), ws.socket.send(message.clone())).await {
        fed.unwrap();
        sent += 1;
        assert!(sent < 1024, "nothing holds the client back");
    }
}

#[tokio::test]
async fn ends_are_told_over_tls() {
    let peer = Peer::listen().await;
    let https = Https::start_with(|config| config.broker = external(peer.addr())).await;
    let mut ws = https.open().await;
    drop(peer.accept().await);
    let (_, code, reason) = ws.read_to_close().await;
    assert_eq!((code, reason.as_str()), (1000, "the broker closed the connection"));
    // TLS ends as well: a read finds its end, not one that somebody on the way may have made.
    ws.socket.flush().await.unwrap();
    within("the end", read_to_end_of_tls(ws)).await;

    let mut ws = https.open().await;
    let mut broker = peer.accept().await;
    ws.send(b"last").await;
    ws.socket.close(None).await.unwrap();
    assert_eq!(read_to_end(&mut broker).await, b"last");

    let mut ws = https.open().await;
    let _broker = peer.accept().await;
    let reading = tokio::spawn(async move { ws.read_to_close().await });
    https.gateway.stop().await;
    assert_eq!(reading.await.unwrap().1, 1001);
}

/// Reads below the WebSocket; an end without `close_notify` is an error.
async fn read_to_end_of_tls(ws: Ws<TlsStream<TcpStream>>) {
    let mut stream = ws.socket.into_inner();
    while stream.read(&mut [0; 1024]).await.unwrap() > 0 {}
}

#[tokio::test]
async fn plain_http_is_sent_on() {
    let https = Https::start_with(|config| config.tls.http_redirect = Some(any_port())).await;
    let port = https.gateway.http.port();
    for host in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), "localhost".to_owned()] {
        let response = https.gateway.get_as(&host, "/demo?a=b").await;
        assert_eq!(
            (response.status, response.header("location")),
            (307, &*format!("https://{host}/demo?a=b"))
        );
    }
    assert_eq!(https.gateway.get_as("evil.example", "/").await.status, 403);
    let (response, _) = https.gateway.upgrade(&[]).await;
    assert_eq!(response.status, 400);
    let response = https.gateway.request("POST", "/", &[]).await;
    assert_eq!(response.status, 400);
    assert!(String::from_utf8_lossy(&response.body).contains("https://"), "{:?}", response.body);

    let redirect = https.gateway.redirect.unwrap();
    let stream = TcpStream::connect(redirect).await.unwrap();
    let response = request(stream, "localhost:80", "GET", "/", &[]).await;
    assert_eq!((response.status, response.header("location")), (307, &*format!("https://localhost:{port}/")));
}

#[tokio::test]
async fn what_is_neither_tls_nor_http_is_refused() {
    let https = Https::start().await;
    let mut stream = TcpStream::connect(https.gateway.http).await.unwrap();
    stream.write_all(b"\x10\x0D\0\x04MQTT\x04\x02\0\0\0\x01a").await.unwrap();
    stream.shutdown().await.unwrap();
    assert!(!read_to_end(&mut stream).await.starts_with(b"HTTP/1.1 2"));
    assert_eq!(request(https.connect().await, "localhost", "GET", PAGE_PATH, &[]).await.status, 200);
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_not_waited_for() {
    let limit = Duration::from_millis(300);
    let https = Https::start_with(|config| config.limits.header_timeout = limit).await;
    for start in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01\x00"] {
        let mut stream = TcpStream::connect(https.gateway.http).await.unwrap();
        stream.write_all(start).await.unwrap();
        assert_eq!(read_to_end(&mut stream).await, b"", "{start:?}");
    }
}

#[tokio::test]
async fn handshakes_have_their_places_among_the_connections() {
    let https = Https::start_with(|config| config.limits.connections = 1).await;
    let waiting = TcpStream::connect(https.gateway.http).await.unwrap();
    // Until the first has its place.
    let refused = within("a refusal", async {
        loop {
            let response = request(https.connect().await, "localhost", "GET", PAGE_PATH, &[]).await;
            if response.status != 200 {
                return response;
            }
        }
    })
    .await;
    assert_eq!(refused.status, 503);
    drop(waiting);
    within("a place", async {
        while request(https.connect().await, "localhost", "GET", PAGE_PATH, &[]).await.status != 200 {}
    })
    .await;
}

#[tokio::test]
async fn a_certificate_that_changes_is_shown() {
    let peer = Peer::listen().await;
    let https = Https::start_with(|config| config.broker = external(peer.addr())).await;
    let first = https.shown().await;
    let mut open = https.open().await;
    let mut broker = peer.accept().await;
    let second = https.authority.issue("localhost");
    https.show(&second);
    within("the new certificate", async {
        while https.shown().await == first {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    assert_eq!(https.shown().await, second.der().to_vec());
    // What is open goes on.
    open.send(b"up").await;
    assert_eq!(read_exactly(&mut broker, 2).await, b"up");
}

#[tokio::test]
async fn a_pair_that_does_not_fit_is_not_shown() {
    let https = Https::start().await;
    let first = https.shown().await;
    let (second, third) = (https.authority.issue("localhost"), https.authority.issue("localhost"));
    https.show(&Issued { chain: second.chain.clone(), key: third.key.clone() });
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(https.shown().await, first);
    https.show(&Issued { chain: "no PEM".to_owned(), key: third.key.clone() });
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(https.shown().await, first);
    https.show(&third);
    within("the right pair", async {
        while https.shown().await != third.der().to_vec() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_told_at_the_start() {
    let (authority, files) = (Authority::new(), WebFolder::new());
    let (chain, key) = authority.issue("localhost").write(&files, "a");
    let (_, other) = authority.issue("localhost").write(&files, "b");
    files.write(
        "locked",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    let page = files.path().join("mqtt.html");
    let missing = files.path().join("none");
    let locked = files.path().join("locked");
    for (chain, key, expected) in [
        (&missing, &key, "none cannot be used: no such file"),
        (&page, &key, "mqtt.html cannot be used: it holds no certificate in PEM"),
        (&chain, &page, "mqtt.html cannot be used: it holds no private key in PEM"),
        (&chain, &locked, "locked cannot be used: its private key is encrypted"),
        (&chain, &other, "the private key belongs to another certificate"),
    ] {
        assert!(bind_error(chain, key).await.contains(expected), "{expected}");
    }
}

async fn bind_error(chain: &Path, key: &Path) -> String {
    let web = WebFolder::new();
    let mut config = web.config();
    config.tls.certificate = Some(Certificate::Files { chain: chain.to_owned(), key: key.to_owned() });
    let error = mqttscope_gateway::Gateway::bind(config).await.unwrap_err().to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}
