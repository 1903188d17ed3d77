//! What the tests share: a gateway on free ports, small clients that show each byte, a deadline.

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use mqttscope_gateway::{BrokerChoice, Config, Error, Gateway, PROXY_PATH};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::exposition::Figures;

/// Waits for what must happen. The deadline only ends a test that hangs.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(Duration::from_secs(30), future).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not happen"),
    }
}

/// Any free port of 127.0.0.1.
pub fn any_port() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

/// A broker that is there already.
pub fn external(broker: impl ToString) -> BrokerChoice {
    BrokerChoice::External(broker.to_string().parse().unwrap())
}

/// A folder of a test's own, with a page in it.
pub struct WebFolder(PathBuf);

impl WebFolder {
    /// What serves it at any port, before a broker that is not there.
    pub fn config(&self) -> Config {
        Config {
            listen: any_port(),
            web: self.path().into(),
            broker: external("127.0.0.1:9"),
            ..Config::default()
        }
    }

    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("mqttscope-gateway-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = Self(std::env::temp_dir().join(name));
        std::fs::create_dir_all(&folder.0).unwrap();
        folder.write("mqtt.html", "<!doctype html><title>page</title>");
        folder
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

impl Drop for WebFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A gateway that runs until it is stopped or dropped.
pub struct Running {
    pub http: SocketAddr,
    pub redirect: Option<SocketAddr>,
    pub broker: String,
    pub web: WebFolder,
    /// Where its figures are.
    pub metrics: Option<String>,
    drain: Option<oneshot::Sender<()>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), Error>>,
}

impl Running {
    /// One with an embedded broker.
    pub async fn start() -> Self {
        Self::start_with(|config| config.broker = BrokerChoice::Embedded { listen: Some(any_port()) }).await
    }

    /// One in front of another broker.
    pub async fn in_front_of(broker: impl ToString) -> Self {
        Self::start_with(|config| config.broker = external(broker)).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let web = WebFolder::new();
        let mut config = web.config();
        change(&mut config);
        let gateway = Gateway::bind(config).await.unwrap();
        let (http, broker) = (gateway.local_addr(), gateway.broker_addr().to_owned());
        let metrics = gateway.metrics_url();
        let redirect = gateway.redirect_addr();
        let (stop, stopped) = oneshot::channel();
        let (drain, drained) = oneshot::channel();
        let asked = async {
            // A sender that is dropped has not asked.
            if drained.await.is_err() {
                std::future::pending().await
            }
        };
        let task = tokio::spawn(gateway.run_draining(asked, async {
            let _ = stopped.await;
        }));
        Self { http, redirect, broker, web, metrics, drain: Some(drain), stop, task }
    }

    /// Asks it to drain.
    pub fn drain(&mut self) {
        let _ = self.drain.take().unwrap().send(());
    }

    /// Waits until it has ended by itself.
    pub async fn ended(self) {
        let Self { stop: _stop, task, web: _web, .. } = self;
        within("the gateway's end", task).await.unwrap().unwrap();
    }

    /// A request to the listener of its figures.
    pub async fn scrape(&self, method: &str, path: &str) -> Response {
        let authority = self.metrics.as_ref().unwrap().split('/').nth(2).unwrap();
        let mut stream = TcpStream::connect(authority).await.unwrap();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: gateway-1\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        Response::parse(&read_to_end(&mut stream).await)
    }

    /// Its figures.
    pub async fn figures(&self) -> Figures {
        let response = self.scrape("GET", "/metrics").await;
        Figures::parse(std::str::from_utf8(&response.body).unwrap())
    }

    pub async fn stop(self) {
        let _ = self.stop.send(());
        within("the gateway's end", self.task).await.unwrap().unwrap();
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.request("GET", path, headers).await
    }

    /// The same under another name.
    pub async fn get_as(&self, host: &str, path: &str) -> Response {
        self.request_as(host, "GET", path, &[]).await
    }

    /// One request as it is written here: no client that would tidy up the path.
    pub async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        self.request_as(&self.http.to_string(), method, path, headers).await
    }

    async fn request_as(&self, host: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        let stream = TcpStream::connect(self.http).await.unwrap();
        request(stream, host, method, path, headers).await
    }

    pub async fn connect(&self) -> Ws {
        self.connect_offering(&[]).await
    }

    pub async fn connect_offering(&self, subprotocols: &[&str]) -> Ws {
        let mut request = format!("ws://{}{PROXY_PATH}", self.http).into_client_request().unwrap();
        if !subprotocols.is_empty() {
            request.headers_mut().insert("sec-websocket-protocol", subprotocols.join(", ").parse().unwrap());
        }
        let stream = TcpStream::connect(self.http).await.unwrap();
        let (socket, response) = within("the upgrade", client_async(request, stream)).await.unwrap();
        let subprotocol = response.headers().get("sec-websocket-protocol");
        Ws { subprotocol: subprotocol.map(|value| value.to_str().unwrap().to_owned()), ..Ws::new(socket) }
    }

    /// Asks for the upgrade by hand; what follows in the stream are the frames.
    pub async fn upgrade(&self, headers: &[(&str, &str)]) -> (Response, TcpStream) {
        self.upgrade_as(&self.http.to_string(), headers).await
    }

    /// The same under another name.
    pub async fn upgrade_as(&self, host: &str, headers: &[(&str, &str)]) -> (Response, TcpStream) {
        let mut stream = TcpStream::connect(self.http).await.unwrap();
        let mut head = format!(
            "GET {PROXY_PATH} HTTP/1.1\r\nhost: {host}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        );
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            bytes.push(within("the response", stream.read_u8()).await.unwrap());
        }
        (Response::parse(&bytes), stream)
    }
}

/// One request over any stream, and all that comes back.
pub async fn request(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    host: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Response {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    let mut bytes = Vec::new();
    within("the response", stream.read_to_end(&mut bytes)).await.unwrap();
    Response::parse(&bytes)
}

/// An HTTP response.
pub struct Response {
    pub status: u16,
    headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("the head ends");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Self { status, headers, body: bytes[end + 4..].to_vec() }
    }

    /// The value of a header, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// A WebSocket to the proxy, read as a stream of bytes.
pub struct Ws<S = TcpStream> {
    pub socket: WebSocketStream<S>,
    pub subprotocol: Option<String>,
    unread: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Ws<S> {
    pub fn new(socket: WebSocketStream<S>) -> Self {
        Self { socket, subprotocol: None, unread: Vec::new() }
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.socket.send(Message::binary(bytes.to_vec())).await.unwrap();
    }

    /// The next bytes, however the proxy cut them.
    pub async fn read(&mut self, len: usize) -> Vec<u8> {
        while self.unread.len() < len {
            match within("a message", self.socket.next()).await {
                Some(Ok(Message::Binary(bytes))) => self.unread.extend_from_slice(&bytes),
                other => panic!("{other:?} after {} of {len} bytes", self.unread.len()),
            }
        }
        let rest = self.unread.split_off(len);
        std::mem::replace(&mut self.unread, rest)
    }

    /// All bytes up to the close frame, and its code and reason.
    pub async fn read_to_close(&mut self) -> (Vec<u8>, u16, String) {
        loop {
            match within("the close frame", self.socket.next()).await {
                Some(Ok(Message::Binary(bytes))) => self.unread.extend_from_slice(&bytes),
                Some(Ok(Message::Close(Some(CloseFrame { code, reason })))) => {
                    return (std::mem::take(&mut self.unread), code.into(), reason.to_string());
                }
                other => panic!("{other:?} instead of a close frame"),
            }
        }
    }
}

/// A broker of a test's own: the next connection that the proxy makes.
pub struct Peer {
    listener: TcpListener,
}

impl Peer {
    pub async fn listen() -> Self {
        Self { listener: TcpListener::bind(any_port()).await.unwrap() }
    }

    pub fn addr(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    pub async fn accept(&self) -> TcpStream {
        within("the proxy's connection", self.listener.accept()).await.unwrap().0
    }
}

/// Reads exactly so many bytes.
pub async fn read_exactly(stream: &mut (impl AsyncRead + Unpin), len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    within("reading", stream.read_exact(&mut bytes)).await.unwrap();
    bytes
}

/// Reads until the other side has ended.
pub async fn read_to_end(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    within("the end of the stream", stream.read_to_end(&mut bytes)).await.unwrap();
    bytes
}

/// Numbers that look random and are the same in each run (xorshift64*).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() >> 16) as usize % end
    }

    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| (self.next() >> 32) as u8).collect()
    }
}
