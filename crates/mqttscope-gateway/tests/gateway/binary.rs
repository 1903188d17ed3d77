//! The program: its ready lines, its refusals, its end.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio_tungstenite::client_async;

use crate::support::{WebFolder, Ws};

pub fn program(web: &WebFolder, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqttscope-gateway"));
    command.arg("--web").arg(web.path()).args(arguments);
    command.env_remove("RUST_LOG").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A started program; it is killed when a test ends early.
pub struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Program {
    pub fn start(web: &WebFolder, arguments: &[&str]) -> Self {
        Self::from_command(program(web, arguments))
    }

    pub fn from_command(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    /// The value of the next ready line.
    pub fn ready(&mut self, name: &str) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let value = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(": "));
        value.unwrap_or_else(|| panic!("{line:?} instead of {name}")).trim_end().to_owned()
    }

    /// Sends the signal.
    pub fn send(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").arg("-c").arg(kill).status().unwrap().success());
    }

    /// Sends the signal; returns the exit code, how long it took, and what was logged.
    pub fn end_by(mut self, signal: &str) -> (Option<i32>, Duration, String) {
        let started = Instant::now();
        self.send(signal);
        let status = self.child.wait().unwrap();
        let took = started.elapsed();
        let mut logged = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut logged).unwrap();
        (status.code(), took, logged)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn ready_lines_name_the_real_ports() {
    let web = WebFolder::new();
    let mut program = Program::start(&web, &["--listen", "127.0.0.1:0", "--broker-listen", "127.0.0.1:0"]);
    let broker = program.ready("broker");
    let broker: SocketAddr = broker.strip_suffix(" (embedded)").expect("embedded").parse().unwrap();
    let proxy = program.ready("proxy");
    let port = proxy.strip_prefix("ws://localhost:").unwrap().strip_suffix("/mqttproxy").unwrap();
    let port: u16 = port.parse().unwrap();
    let page = program.ready("page");
    assert_eq!(page, format!("http://localhost:{port}/demo/gateway/javascript/mqtt.html"));
    std::net::TcpStream::connect(broker).unwrap();
    std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
}

#[test]
fn an_address_that_localhost_may_not_mean_is_printed() {
    let web = WebFolder::new();
    for (listen, host) in [("[::1]:0", "[::1]"), ("127.0.0.2:0", "127.0.0.2"), ("0.0.0.0:0", "localhost")] {
        let mut program = Program::start(&web, &["--listen", listen, "--broker", "127.0.0.1:9"]);
        program.ready("broker");
        let proxy = program.ready("proxy");
        let authority = proxy.strip_prefix("ws://").unwrap().strip_suffix("/mqttproxy").unwrap();
        assert_eq!(authority.rsplit_once(':').unwrap().0, host);
        assert_eq!(program.ready("page"), format!("http://{authority}/demo/gateway/javascript/mqtt.html"));
        std::net::TcpStream::connect(authority).unwrap();
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn running_out_of_descriptors_is_told_and_passes() {
    let web = WebFolder::new();
    let mut command = Command::new("sh");
    let limited = "ulimit -n 64; exec \"$0\" \"$@\"";
    command.args(["-c", limited, env!("CARGO_BIN_EXE_mqttscope-gateway"), "--web"]).arg(web.path());
    command.args(["--listen", "127.0.0.1:0", "--broker", "127.0.0.1:9", "--header-timeout", "0"]);
    command.env_remove("RUST_LOG").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = Program::from_command(command);
    program.ready("broker");
    let authority = program.ready("proxy").split('/').nth(2).unwrap().to_owned();
    let open: Vec<_> = (0..100).map(|_| std::net::TcpStream::connect(&authority).unwrap()).collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    drop(open);
    let mut stream = std::net::TcpStream::connect(&authority).unwrap();
    let mut answer = String::new();
    std::io::Write::write_all(&mut stream, b"GET / HTTP/1.0\r\n\r\n").unwrap();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(" 307 "), "{answer}");
    let (_, _, logged) = program.end_by("TERM");
    let lines = logged.lines().filter(|line| line.contains("cannot accept connections: too many open files"));
    assert_eq!(lines.count(), 1, "{logged}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_peer_sends_is_cut_in_the_log() {
    let web = WebFolder::new();
    let mut program = Program::start(&web, &["--listen", "127.0.0.1:0", "--broker", "127.0.0.1:9"]);
    program.ready("broker");
    let authority = program.ready("proxy").split('/').nth(2).unwrap().to_owned();
    let long = "x,".repeat(10_000);
    for headers in [
        format!("host: localhost\r\nsec-websocket-protocol: {long}"),
        format!("host: localhost\r\norigin: http://{long}"),
        format!("host: {long}"),
    ] {
        let mut stream = std::net::TcpStream::connect(&authority).unwrap();
        let head = format!(
            "GET /mqttproxy HTTP/1.1\r\n{headers}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
        assert!(stream.read(&mut [0; 16]).unwrap() > 0);
    }
    let (_, _, logged) = program.end_by("TERM");
    assert!(logged.lines().filter(|line| line.contains(".. (")).count() == 3, "{logged}");
    assert!(logged.lines().all(|line| line.len() < 600), "{logged}");
}

#[test]
fn another_broker_is_named_as_given() {
    let web = WebFolder::new();
    let mut program = Program::start(&web, &["--listen", "127.0.0.1:0", "--broker", "mq.example.org:1884"]);
    assert_eq!(program.ready("broker"), "mq.example.org:1884");
}

#[test]
fn a_taken_port_1883_is_replaced() {
    let web = WebFolder::new();
    // Either this takes it, or somebody else has it.
    let _taken = TcpListener::bind("127.0.0.1:1883");
    let mut program = Program::start(&web, &["--listen", "127.0.0.1:0"]);
    let broker = program.ready("broker");
    assert!(broker.ends_with(" (embedded)") && !broker.contains(":1883 "), "{broker}");
    let addr = broker.strip_suffix(" (embedded)").unwrap().to_owned();
    let (_, _, logged) = program.end_by("TERM");
    let expected =
        format!("cannot listen on 127.0.0.1:1883: the port is taken; it listens on {addr} instead");
    assert!(logged.contains(&expected), "{logged}");
}

#[test]
fn what_cannot_start_says_why_in_one_line() {
    let web = WebFolder::new();
    let empty = WebFolder::new();
    std::fs::remove_file(empty.path().join("mqtt.html")).unwrap();
    let missing = empty.path().join("none");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let (empty, missing) = (empty.path().to_str().unwrap(), missing.to_str().unwrap());

    for (arguments, code, expected) in [
        (&["--listen", &taken][..], 1, format!("cannot listen on {taken}: the port is taken")),
        (
            &["--listen", "127.0.0.1:0", "--broker-listen", &taken],
            1,
            format!("the embedded broker cannot listen on {taken}: the port is taken"),
        ),
        (&["--broker", "127.0.0.1"], 2, "invalid value '127.0.0.1' for '--broker <BROKER>'".into()),
        (
            &["--listen", "127.0.0.1:0", "--broker", "h:1883", "--broker-insecure"],
            1,
            "the broker h:1883 is reached without TLS; its address must begin with mqtts:// or wss://".into(),
        ),
        (&["--basic-auth", "/none/users"], 1, "/none/users cannot be used: no such file".into()),
        (&["--colour"], 2, "unexpected argument '--colour' found".into()),
        (&["--allow-origin", "example.org"], 2, "invalid value 'example.org' for '--allow-origin".into()),
    ] {
        check_refusal(&program(&web, arguments).output().unwrap(), code, &expected);
    }
    for (folder, expected) in [
        (missing, format!("the web folder {missing} does not exist")),
        (empty, format!("the web folder {empty} holds no mqtt.html")),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mqttscope-gateway"));
        check_refusal(&command.args(["--web", folder]).output().unwrap(), 1, &expected);
    }
}

fn check_refusal(output: &Output, code: i32, expected: &str) {
    let stderr = std::str::from_utf8(&output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(stderr.starts_with(&format!("mqttscope-gateway: {expected}")), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(output.stdout.is_empty());
}

#[test]
fn help_is_an_answer() {
    let output = program(&WebFolder::new(), &["--help"]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    assert!(String::from_utf8(output.stdout).unwrap().contains("--allow-origin"));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_closes_connections_and_ends_within_two_seconds() {
    for signal in ["INT", "TERM"] {
        let web = WebFolder::new();
        let mut program =
            Program::start(&web, &["--listen", "127.0.0.1:0", "--broker-listen", "127.0.0.1:0"]);
        program.ready("broker");
        let url = program.ready("proxy");
        let port: u16 = url.rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap();
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let (socket, _) = client_async(url, stream).await.unwrap();
        let mut ws = Ws::new(socket);
        ws.send(b"\x10\x0D\0\x04MQTT\x04\x02\0\0\0\x01a").await;
        assert_eq!(ws.read(4).await, b"\x20\x02\x00\x00");

        let reading = tokio::spawn(async move { ws.read_to_close().await });
        let (code, took, logged) = tokio::task::spawn_blocking(move || program.end_by(signal)).await.unwrap();
        assert_eq!(reading.await.unwrap().1, 1001);
        assert_eq!(code, Some(0), "{logged}");
        // The promise to the person at the keyboard, not a measurement.
        assert!(took < Duration::from_secs(2), "{took:?}");
        assert!(logged.contains("connection opened") && logged.contains("connection closed"), "{logged}");
        assert!(logged.contains("bytes_to_broker=15") && logged.contains("bytes_to_client=4"), "{logged}");
    }
}
