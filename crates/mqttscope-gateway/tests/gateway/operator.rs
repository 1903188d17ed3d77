//! What whoever operates a gateway sees of it: probes, figures, and how it drains.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::SinkExt;
use mqttscope_gateway::{AuthConfig, BrokerChoice, Certificate, Config, PAGE_PATH, PROXY_PATH};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::exposition::Figures;
use crate::pki::{Authority, client_config, handshake};
use crate::support::{
    Peer, Response, Running, WebFolder, any_port, external, read_exactly, read_to_end, request, within,
};

/// One in front of this broker that serves its figures.
async fn counting(broker: impl ToString, change: impl FnOnce(&mut Config)) -> Running {
    Running::start_with(|config| {
        config.broker = external(broker);
        config.operator.metrics = Some(any_port());
        change(config);
    })
    .await
}

/// A broker that takes connections and says nothing; how many came.
async fn silent_broker() -> (std::net::SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(any_port()).await.unwrap();
    let (addr, count) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counting = count.clone();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            counting.fetch_add(1, Ordering::SeqCst);
            open.push(stream);
        }
    });
    (addr, count)
}

fn text(response: &Response) -> &str {
    std::str::from_utf8(&response.body).unwrap()
}

/// Waits until `/readyz` says so.
async fn until_ready(gateway: &Running, status: u16) -> Response {
    within("the change of /readyz", async {
        loop {
            let response = gateway.get("/readyz", &[]).await;
            if response.status == status {
                return response;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
}

/// Waits until the figures say so; what ends on the gateway's side ends a moment after the client's.
async fn until(gateway: &Running, series: &str, value: f64) -> Figures {
    within(series, async {
        loop {
            let figures = gateway.figures().await;
            if figures.get(series) == value {
                return figures;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_gateway_is_ready_while_its_broker_can_be_reached() {
    let peer = Peer::listen().await;
    let addr = peer.addr();
    let gateway = Running::in_front_of(addr).await;
    let ready = gateway.get("/readyz", &[]).await;
    assert_eq!((ready.status, text(&ready)), (200, "ready\n"));
    assert_eq!(ready.header("cache-control"), "no-store");

    drop(peer);
    let unready = until_ready(&gateway, 503).await;
    assert_eq!(text(&unready), "the broker cannot be reached: connection refused\n");
    // It is the broker that is not well.
    let health = gateway.get("/healthz", &[]).await;
    assert_eq!((health.status, text(&health)), (200, "ok\n"));

    let _again = TcpListener::bind(addr).await.unwrap();
    until_ready(&gateway, 200).await;
}

#[tokio::test]
async fn a_broker_without_an_address_is_told() {
    let gateway = Running::in_front_of("no-such-host.invalid:1883").await;
    let unready = gateway.get("/readyz", &[]).await;
    assert_eq!(
        (unready.status, text(&unready)),
        (503, "the broker cannot be reached: host name not found\n")
    );
}

#[tokio::test]
async fn probes_come_under_any_name() {
    let (broker, _) = silent_broker().await;
    let gateway = Running::in_front_of(broker).await;
    for path in ["/healthz", "/readyz"] {
        for host in ["evil.example", "node-7:8001", "a, b"] {
            assert_eq!(gateway.get_as(host, path).await.status, 200, "{path} as {host}");
        }
        let mut stream = TcpStream::connect(gateway.http).await.unwrap();
        stream.write_all(format!("HEAD {path} HTTP/1.0\r\n\r\n").as_bytes()).await.unwrap();
        let answer = String::from_utf8(read_to_end(&mut stream).await).unwrap();
        assert!(answer.contains(" 200 ") && answer.ends_with("\r\n\r\n"), "{answer}");
        let post = gateway.request("POST", path, &[]).await;
        assert_eq!((post.status, post.header("allow")), (405, "GET, HEAD"));
    }
    for path in ["/healthz/", "/readyz/x", "/health", PAGE_PATH] {
        assert_eq!(gateway.get_as("evil.example", path).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn a_flood_of_probes_is_no_flood_of_connections() {
    let (broker, connections) = silent_broker().await;
    let gateway = Running::in_front_of(broker).await;
    let probes = futures_util::future::join_all((0..100).map(|_| gateway.get("/readyz", &[])));
    assert!(within("the answers", probes).await.iter().all(|response| response.status == 200));
    // Nor of such as do not wait for the answer.
    for _ in 0..100 {
        let mut stream = TcpStream::connect(gateway.http).await.unwrap();
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    }
    assert_eq!(gateway.get("/readyz", &[]).await.status, 200);
    let connections = connections.load(Ordering::SeqCst);
    assert!((1..20).contains(&connections), "{connections} connections for 200 probes");
}

#[tokio::test]
async fn a_full_gateway_is_well_but_not_ready() {
    let (broker, _) = silent_broker().await;
    let gateway = Running::start_with(|config| {
        config.broker = external(broker);
        config.limits.connections = 1;
    })
    .await;
    let _only = gateway.connect().await;
    let health = gateway.get_as("10.0.0.1", "/healthz").await;
    assert_eq!((health.status, text(&health)), (200, "ok\n"));
    assert_eq!(gateway.get("/readyz", &[]).await.status, 503);
    assert_eq!(gateway.get(PAGE_PATH, &[]).await.status, 503);
}

#[tokio::test]
async fn figures_are_on_a_listener_of_their_own() {
    let gateway = Running::start_with(|_| {}).await;
    assert!(gateway.metrics.is_none());
    assert_eq!(gateway.get("/metrics", &[]).await.status, 404);

    let gateway = counting("127.0.0.1:9", |_| {}).await;
    assert_eq!(gateway.get("/metrics", &[]).await.status, 404);
    let response = gateway.scrape("GET", "/metrics").await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    Figures::parse(text(&response));
    for (method, path, status) in [
        ("HEAD", "/metrics", 200),
        ("POST", "/metrics", 405),
        ("GET", "/", 404),
        ("GET", "/healthz", 404),
        ("GET", PAGE_PATH, 404),
        ("GET", PROXY_PATH, 404),
    ] {
        assert_eq!(gateway.scrape(method, path).await.status, status, "{method} {path}");
    }
}

#[tokio::test]
async fn a_connection_is_counted_while_it_lives() {
    let peer = Peer::listen().await;
    let gateway = counting(peer.addr(), |_| {}).await;
    let before = gateway.figures().await;
    assert!(before.get("process_start_time_seconds") > 1.7e9);
    assert_eq!(
        before.get(&format!("mqttscope_gateway_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))),
        1.0
    );
    assert_eq!(before.get("mqttscope_gateway_connections"), 0.0);

    let mut ws = gateway.connect().await;
    let mut broker = peer.accept().await;
    ws.send(b"12345").await;
    read_exactly(&mut broker, 5).await;
    broker.write_all(b"1234567").await.unwrap();
    ws.read(7).await;
    until(&gateway, "mqttscope_gateway_proxied_bytes_total{direction=\"to_broker\"}", 5.0).await;
    let open = until(&gateway, "mqttscope_gateway_proxied_bytes_total{direction=\"to_client\"}", 7.0).await;
    for (series, value) in [
        ("mqttscope_gateway_connections", 1.0),
        ("mqttscope_gateway_connections_accepted_total", 1.0),
        ("mqttscope_gateway_websockets", 1.0),
        ("mqttscope_gateway_websockets_opened_total", 1.0),
        ("mqttscope_gateway_broker_connect_duration_seconds_count", 1.0),
        ("mqttscope_gateway_websocket_ends_total{cause=\"client_closed\"}", 0.0),
    ] {
        assert_eq!(open.get(series), value, "{series}");
    }
    let connecting = open.get("mqttscope_gateway_broker_connect_duration_seconds_sum");
    assert!(connecting > 0.0 && connecting < 5.0, "{connecting}");

    ws.socket.close(None).await.unwrap();
    assert_eq!(read_to_end(&mut broker).await, b"");
    drop(broker);
    let closed = until(&gateway, "mqttscope_gateway_connections", 0.0).await;
    for (series, value) in [
        ("mqttscope_gateway_connections_accepted_total", 1.0),
        ("mqttscope_gateway_websockets", 0.0),
        ("mqttscope_gateway_websocket_ends_total{cause=\"client_closed\"}", 1.0),
        ("mqttscope_gateway_websocket_close_codes_total{code=\"1005\"}", 1.0),
    ] {
        assert_eq!(closed.get(series), value, "{series}");
    }
}

#[tokio::test]
async fn each_end_is_counted_with_its_code() {
    let peer = Peer::listen().await;
    let gateway = counting(peer.addr(), |_| {}).await;
    for (cause, code) in [
        ("client_closed", "1000"),
        ("client_closed", "other"),
        ("client_gone", "1006"),
        ("text_message", "1003"),
        ("protocol_error", "1002"),
        ("broker_closed", "1000"),
    ] {
        let ended = format!("mqttscope_gateway_websocket_ends_total{{cause=\"{cause}\"}}");
        let coded = format!("mqttscope_gateway_websocket_close_codes_total{{code=\"{code}\"}}");
        let before = gateway.figures().await;
        let (mut ws, broker) = (gateway.connect().await, peer.accept().await);
        let close = |code: u16| Message::Close(Some(CloseFrame { code: code.into(), reason: "".into() }));
        match (cause, code) {
            ("client_closed", "1000") => ws.socket.send(close(1000)).await.unwrap(),
            ("client_closed", _) => ws.socket.send(close(4711)).await.unwrap(),
            ("client_gone", _) => ws.socket.get_mut().shutdown().await.unwrap(),
            ("text_message", _) => ws.socket.send(Message::text("hello")).await.unwrap(),
            // A frame without a mask.
            ("protocol_error", _) => ws.socket.get_mut().write_all(b"\x82\x00").await.unwrap(),
            _ => drop(broker),
        }
        let after = until(&gateway, &ended, before.get(&ended) + 1.0).await;
        assert_eq!(after.get(&coded), before.get(&coded) + 1.0, "{cause} with {code}");
    }
}

#[tokio::test]
async fn a_broker_that_is_not_reached_is_counted() {
    for (broker, cause) in [("127.0.0.1:9", "refused"), ("no-such-host.invalid:1883", "name")] {
        let gateway = counting(broker, |_| {}).await;
        // Read by hand: the library takes 1014 for reserved.
        let (_, mut stream) = gateway.upgrade(&[]).await;
        let frame = read_exactly(&mut stream, 4).await;
        assert_eq!((frame[0], &frame[2..]), (0x88, &1014_u16.to_be_bytes()[..]));
        drop(stream);
        let failed = format!("mqttscope_gateway_broker_connect_failures_total{{cause=\"{cause}\"}}");
        let figures = until(&gateway, &failed, 1.0).await;
        assert_eq!(figures.get("mqttscope_gateway_broker_connect_duration_seconds_count"), 0.0);
        let ended = "mqttscope_gateway_websocket_ends_total{cause=\"broker_unreachable\"}";
        until(&gateway, ended, 1.0).await;
    }
}

#[tokio::test]
async fn refusals_are_counted_by_cause_and_make_no_series() {
    let (broker, _) = silent_broker().await;
    let gateway = counting(broker, |config| config.limits.connections = 2).await;
    let series = |figures: &Figures| figures.series().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let first = series(&gateway.figures().await);

    gateway.get_as("evil.example", "/").await;
    gateway.get_as("other.example", PAGE_PATH).await;
    for name in ["a", "b", "c"] {
        let origin = format!("https://{name}.example");
        assert_eq!(gateway.upgrade(&[("origin", &origin)]).await.0.status, 403);
    }
    assert_eq!(gateway.get(PROXY_PATH, &[]).await.status, 426);
    let open = within("the places", async {
        let mut open = Vec::new();
        while open.len() < 2 {
            let (response, stream) = gateway.upgrade(&[("sec-websocket-protocol", "mqtt")]).await;
            open.extend((response.status == 101).then_some(stream));
        }
        open
    })
    .await;
    // The connections of before may have had their places still.
    let full = gateway.figures().await.get("mqttscope_gateway_refusals_total{cause=\"full\"}");
    assert_eq!(gateway.get("/", &[]).await.status, 503);
    let figures = gateway.figures().await;
    for (cause, value) in
        [("host", 2.0), ("origin", 3.0), ("handshake", 1.0), ("full", full + 1.0), ("address", 0.0)]
    {
        assert_eq!(
            figures.get(&format!("mqttscope_gateway_refusals_total{{cause=\"{cause}\"}}")),
            value,
            "{cause}"
        );
    }
    assert_eq!(series(&figures), first);
    drop(open);

    let gateway = counting(broker, |config| config.limits.connections_per_address = Some(0)).await;
    assert_eq!(gateway.get("/", &[]).await.status, 503);
    let figures = gateway.figures().await;
    assert_eq!(figures.get("mqttscope_gateway_refusals_total{cause=\"address\"}"), 1.0);
    assert_eq!(figures.get("mqttscope_gateway_connections_accepted_total"), 0.0);
}

#[tokio::test]
async fn the_embedded_broker_has_figures() {
    let gateway = Running::start_with(|config| {
        config.broker = BrokerChoice::Embedded { listen: Some(any_port()) };
        config.operator.metrics = Some(any_port());
    })
    .await;
    assert_eq!(gateway.figures().await.get("mqttscope_gateway_embedded_broker_connections"), 0.0);
    let mut ws = gateway.connect().await;
    ws.send(b"\x10\x0D\0\x04MQTT\x04\x02\0\0\0\x01a").await;
    assert_eq!(ws.read(4).await, b"\x20\x02\x00\x00");
    // A retained PUBLISH to `t`, of QoS 0, and a PINGREQ behind it.
    ws.send(b"\x31\x08\0\x01thello\xC0\0").await;
    ws.read(2).await;
    let figures = until(&gateway, "mqttscope_gateway_embedded_broker_connections", 1.0).await;
    assert!(figures.get("mqttscope_gateway_embedded_broker_queued_bytes") >= 0.0);
    within("the retained message", async {
        while gateway.figures().await.get("mqttscope_gateway_embedded_broker_retained_bytes") < 6.0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_gateway_that_drains_is_left_before_it_ends() {
    let peer = Peer::listen().await;
    let mut gateway = counting(peer.addr(), |config| config.operator.drain = Duration::from_secs(3600)).await;
    let mut ws = gateway.connect().await;
    let mut broker = peer.accept().await;
    gateway.drain();
    let unready = until_ready(&gateway, 503).await;
    assert_eq!(text(&unready), "draining: no new connections are taken\n");
    assert_eq!(gateway.get("/healthz", &[]).await.status, 200);

    let (refused, _stream) = gateway.upgrade(&[]).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"));
    let mut stream = TcpStream::connect(gateway.http).await.unwrap();
    stream
        .write_all(format!("GET {PAGE_PATH} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let page = String::from_utf8(read_to_end(&mut stream).await).unwrap().to_ascii_lowercase();
    assert!(page.contains(" 200 ") && page.contains("\r\nconnection: close\r\n"), "{page}");
    let figures = gateway.figures().await;
    assert_eq!(figures.get("mqttscope_gateway_draining"), 1.0);
    assert_eq!(figures.get("mqttscope_gateway_refusals_total{cause=\"draining\"}"), 1.0);

    ws.send(b"goes on").await;
    assert_eq!(read_exactly(&mut broker, 7).await, b"goes on");
    // It may be cut short.
    gateway.stop().await;
}

#[tokio::test]
async fn draining_ends_after_its_time() {
    let (broker, _) = silent_broker().await;
    let mut gateway = counting(broker, |config| config.operator.drain = Duration::from_secs(1)).await;
    let mut ws = gateway.connect().await;
    gateway.drain();
    let (_, code, reason) = ws.read_to_close().await;
    assert_eq!((code, &*reason), (1001, "the gateway is shutting down"));
    gateway.ended().await;
}

#[tokio::test]
async fn without_a_time_to_drain_a_gateway_ends_at_once() {
    let (broker, _) = silent_broker().await;
    let mut gateway = Running::in_front_of(broker).await;
    let mut ws = gateway.connect().await;
    gateway.drain();
    assert_eq!(ws.read_to_close().await.1, 1001);
    gateway.ended().await;
}

#[tokio::test]
async fn probes_of_a_gateway_with_tls_may_come_without() {
    let ((broker, _), authority, files) = (silent_broker().await, Authority::new(), WebFolder::new());
    let (chain, key) = authority.issue("localhost").write(&files, "gateway");
    let gateway = Running::start_with(|config| {
        config.broker = external(broker);
        config.tls.certificate = Some(Certificate::Files { chain, key });
    })
    .await;
    for (path, line) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let plain = gateway.get_as("node-7", path).await;
        assert_eq!((plain.status, text(&plain)), (200, line));
        let stream = handshake(client_config(&authority), TcpStream::connect(gateway.http).await.unwrap());
        let secret = request(stream.await.unwrap(), "node-7", "GET", path, &[]).await;
        assert_eq!((secret.status, text(&secret)), (200, line));
    }
    assert_eq!(gateway.get(PAGE_PATH, &[]).await.status, 307);
}

#[tokio::test]
async fn a_broker_behind_tls_is_reached_as_the_proxy_reaches_it() {
    let (authority, files, peer) = (Authority::new(), WebFolder::new(), Peer::listen().await);
    let acceptor = authority.issue("127.0.0.1").acceptor(None);
    files.write("ca.pem", authority.pem());
    files.write("other.pem", Authority::new().pem());
    let addr = peer.addr();
    let broker = tokio::spawn(async move {
        loop {
            let _ = acceptor.accept(peer.accept().await).await;
        }
    });
    for (ca, status) in [("ca.pem", 200), ("other.pem", 503)] {
        let ca = files.path().join(ca);
        let gateway = counting(format!("mqtts://{addr}"), |config| config.tls.broker.ca = Some(ca)).await;
        let ready = gateway.get("/readyz", &[]).await;
        assert_eq!(ready.status, status, "{}", text(&ready));
        let (_, _stream) = gateway.upgrade(&[]).await;
        let counted = match status {
            200 => "mqttscope_gateway_broker_connect_duration_seconds_count",
            _ => "mqttscope_gateway_broker_connect_failures_total{cause=\"tls\"}",
        };
        until(&gateway, counted, 1.0).await;
    }
    broker.abort();
}

#[tokio::test]
async fn a_broker_that_refuses_the_websocket_is_told_and_counted() {
    let peer = Peer::listen().await;
    let addr = peer.addr();
    let broker = tokio::spawn(async move {
        loop {
            let mut stream = peer.accept().await;
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
            read_to_end(&mut stream).await;
        }
    });
    let gateway = counting(format!("ws://{addr}/mqtt"), |_| {}).await;
    let unready = gateway.get("/readyz", &[]).await;
    assert!(unready.status == 503 && text(&unready).contains("404"), "{}", text(&unready));
    let (_, _stream) = gateway.upgrade(&[]).await;
    until(&gateway, "mqttscope_gateway_broker_connect_failures_total{cause=\"websocket\"}", 1.0).await;
    broker.abort();
}

#[tokio::test]
async fn whom_no_proxy_names_is_counted_as_refused() {
    let gateway = counting("127.0.0.1:9", |config| {
        let proxies = vec!["10.0.0.0/8".parse().unwrap()];
        config.auth = AuthConfig::Header { name: "x-user".parse().unwrap(), proxies };
    })
    .await;
    assert_eq!(gateway.get(PAGE_PATH, &[]).await.status, 403);
    assert_eq!(gateway.upgrade(&[("x-user", "eve")]).await.0.status, 403);
    let figures = gateway.figures().await;
    assert_eq!(figures.get("mqttscope_gateway_refusals_total{cause=\"auth\"}"), 2.0);
}
