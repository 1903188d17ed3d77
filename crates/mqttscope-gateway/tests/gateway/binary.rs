//! The program: its ready lines, its refusals, its end.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio_tungstenite::client_async;

use crate::support::{WebFolder, Ws};

pub fn program(web: &WebFolder, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqttscope"));
    command.args(["serve", "--web"]).arg(web.path()).args(arguments);
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

    /// Sends the signal; returns the exit code, how long it took, and what was logged.
    pub fn end_by(self, signal: &str) -> (Option<i32>, Duration, String) {
        let started = Instant::now();
        self.send(signal);
        let (code, logged) = self.ended();
        (code, started.elapsed(), logged)
    }

    /// Sends the signal.
    pub fn send(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").arg("-c").arg(kill).status().unwrap().success());
    }

    /// Waits until it has ended; returns the exit code, and what was logged.
    fn ended(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        let mut logged = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut logged).unwrap();
        (status.code(), logged)
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
    command.args(["-c", limited, env!("CARGO_BIN_EXE_mqttscope"), "serve", "--web"]).arg(web.path());
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
        (
            &["--listen", "127.0.0.1:0", "--broker", "127.0.0.1:9", "--metrics", &taken],
            1,
            format!("figures cannot be served on {taken}: the port is taken"),
        ),
        (&["--metrics", "9464"], 2, "invalid value '9464' for '--metrics <ADDR:PORT>'".into()),
        (&["--drain", "86401"], 2, "invalid value '86401' for '--drain <SECONDS>'".into()),
        (&["--log-format", "xml"], 2, "invalid value 'xml' for '--log-format <FORMAT>'".into()),
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
        let mut command = Command::new(env!("CARGO_BIN_EXE_mqttscope"));
        check_refusal(&command.args(["serve", "--web", folder]).output().unwrap(), 1, &expected);
    }
}

fn check_refusal(output: &Output, code: i32, expected: &str) {
    let stderr = std::str::from_utf8(&output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(stderr.starts_with(&format!("mqttscope: {expected}")), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(output.stdout.is_empty());
}

#[test]
fn help_is_an_answer() {
    let output = program(&WebFolder::new(), &["--help"]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    assert!(String::from_utf8(output.stdout).unwrap().contains("--allow-origin"));
}

#[test]
fn a_file_and_the_environment_say_what_the_command_line_does_not() {
    let web = WebFolder::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    web.write(
        "mqttscope.toml",
        format!("listen = \"127.0.0.1:0\"\nbroker = \"a.example:1883\"\nweb = {:?}\n", web.path()),
    );
    let config = web.path().join("mqttscope.toml");
    let command = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mqttscope"));
        command.arg("serve").arg("--config").arg(&config).args(arguments).env_remove("RUST_LOG");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let mut program = Program::from_command(command(&[]));
    assert_eq!(program.ready("broker"), "a.example:1883");
    let mut with_environment = command(&[]);
    let mut program = Program::from_command({
        with_environment.env("MQTTSCOPE_BROKER", "b.example:1883");
        with_environment
    });
    assert_eq!(program.ready("broker"), "b.example:1883");
    let mut program = Program::from_command(command(&["--broker-listen", "127.0.0.1:0"]));
    assert!(program.ready("broker").ends_with(" (embedded)"));

    let check = command(&["--check", "--broker", &taken.to_string()])
        .env("MQTTSCOPE_HOST", "c.example")
        .output()
        .unwrap();
    let text = String::from_utf8(check.stdout).unwrap();
    assert_eq!(check.status.code(), Some(1), "nothing listens there: {text}");
    for (name, value, origin) in [
        ("listen", "127.0.0.1:0", config.to_str().unwrap()),
        ("broker", &taken.to_string(), "command line"),
        ("host", "c.example", "MQTTSCOPE_HOST"),
        ("ping-timeout", "30", "default"),
    ] {
        let line = text.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
        let words: Vec<&str> = line.splitn(3, ' ').collect();
        assert!(words[2].contains(value) && line.ends_with(origin), "{line}");
    }
    assert!(text.contains(&format!("\nFAILED  broker: {taken}: connection refused")), "{text}");
    let well = command(&["--check", "--broker-listen", "127.0.0.1:0"]).output().unwrap();
    assert_eq!(well.status.code(), Some(0), "{}", String::from_utf8_lossy(&well.stdout));

    web.write("mqttscope.toml", "lisen = 1\nbroker-listen = 1883\n");
    let output = command(&["--check"]).output().unwrap();
    assert!(output.stdout.is_empty());
    let expected =
        format!("{}, line 1: lisen: there is no such option; did you mean listen?", config.display());
    check_refusal(&output, 2, &expected);
}

#[test]
fn the_program_alone_says_what_it_can_do() {
    let output = Command::new(env!("CARGO_BIN_EXE_mqttscope")).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    assert!(String::from_utf8(output.stdout).unwrap().contains("Usage: mqttscope [COMMAND]"));
    let output = Command::new(env!("CARGO_BIN_EXE_mqttscope")).args(["--listen", "x"]).output().unwrap();
    check_refusal(&output, 2, "'--listen' is an option of `serve`: mqttscope serve --listen ..");
}

/// The page inside is that of `tests/page`: `cargo xtask test` builds these tests with it.
#[cfg(feature = "page")]
#[test]
fn the_page_inside_is_served_and_written() {
    let empty = WebFolder::new();
    std::fs::remove_file(empty.path().join("mqtt.html")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqttscope"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--broker", "127.0.0.1:9"]).current_dir(empty.path());
    command.env_remove("RUST_LOG").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = Program::from_command(command);
    program.ready("broker");
    let authority = program.ready("proxy").split('/').nth(2).unwrap().to_owned();
    let mut stream = std::net::TcpStream::connect(&authority).unwrap();
    let request = "GET /demo/gateway/javascript/mqtt.html HTTP/1.0\r\naccept-encoding: gzip\r\n\r\n";
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.0 200") && answer.contains("content-encoding: gzip"), "{answer}");

    let write =
        || Command::new(env!("CARGO_BIN_EXE_mqttscope")).arg("page").arg(empty.path()).output().unwrap();
    let (first, second) = (write(), write());
    let said = String::from_utf8(first.stdout).unwrap();
    assert!(said.contains(" files, ") && said.contains("MqttProxy") && second.status.success(), "{said}");
    let html = std::fs::read_to_string(empty.path().join("mqtt.html")).unwrap();
    assert!(html.contains("<title>mqttscope</title>"), "{html}");
    empty.write("mqtt.html", "<title>another</title>");
    check_refusal(&write(), 1, &format!("{} holds mqtt.html", empty.path().display()));
}

#[cfg(not(feature = "page"))]
#[test]
fn a_program_without_a_page_says_how_to_build_one() {
    let output = Command::new(env!("CARGO_BIN_EXE_mqttscope")).args(["page", "/none"]).output().unwrap();
    check_refusal(
        &output,
        1,
        "there is no page inside this program; `cargo xtask dist --binary` builds one with it",
    );
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

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn sigterm_drains_until_its_time_or_a_second_signal() {
    for (drain, second) in [("1", None), ("3600", Some("TERM")), ("3600", Some("INT"))] {
        let web = WebFolder::new();
        let mut program = Program::start(
            &web,
            &["--listen", "127.0.0.1:0", "--broker-listen", "127.0.0.1:0", "--drain", drain],
        );
        program.ready("broker");
        let url = program.ready("proxy");
        let authority = url.split('/').nth(2).unwrap().to_owned();
        let (socket, _) = client_async(url, TcpStream::connect(&authority).await.unwrap()).await.unwrap();
        let mut ws = Ws::new(socket);
        program.send("TERM");
        if let Some(second) = second {
            while !answer_to(&authority, "/readyz").starts_with("HTTP/1.1 503 ") {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            // What is open goes on.
            ws.send(b"\x10\x0D\0\x04MQTT\x04\x02\0\0\0\x01a").await;
            assert_eq!(ws.read(4).await, b"\x20\x02\x00\x00");
            program.send(second);
        }
        let reading = tokio::spawn(async move { ws.read_to_close().await });
        let (code, logged) = tokio::task::spawn_blocking(move || program.ended()).await.unwrap();
        let (_, close, reason) = reading.await.unwrap();
        assert_eq!((close, &*reason), (1001, "the gateway is shutting down"));
        assert_eq!(code, Some(0), "{logged}");
        assert!(logged.contains("draining: no new connections are taken"), "{logged}");
    }
}

#[cfg(unix)]
#[test]
fn probes_are_not_logged() {
    let web = WebFolder::new();
    let mut program = Program::start(&web, &["--listen", "127.0.0.1:0", "--broker-listen", "127.0.0.1:0"]);
    program.ready("broker");
    let authority = program.ready("proxy").split('/').nth(2).unwrap().to_owned();
    for path in ["/healthz", "/readyz", "/readyz"] {
        assert!(answer_to(&authority, path).starts_with("HTTP/1.1 200 "));
    }
    let (_, _, logged) = program.end_by("TERM");
    let lines: Vec<_> = logged.lines().filter(|line| !line.contains("port is taken")).collect();
    assert!(matches!(lines[..], [line] if line.contains("stopping")), "{logged}");
}

#[cfg(unix)]
#[test]
fn the_log_is_json_where_it_is_asked_for() {
    let web = WebFolder::new();
    let mut program =
        Program::start(&web, &["--listen", "127.0.0.1:0", "--broker", "127.0.0.1:9", "--log-format", "json"]);
    program.ready("broker");
    let authority = program.ready("proxy").split('/').nth(2).unwrap().to_owned();
    assert!(answer_to(&authority, "/readyz").starts_with("HTTP/1.1 503 "));
    let mut stream = std::net::TcpStream::connect(&authority).unwrap();
    std::io::Write::write_all(&mut stream, b"GET / HTTP/1.1\r\nhost: a\"b.example\r\n\r\n").unwrap();
    assert!(stream.read(&mut [0; 16]).unwrap() > 0);
    let (_, _, logged) = program.end_by("TERM");
    let lines: Vec<serde_json::Value> = logged
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect();
    let told = |level: &str, start: &str, field: &str, value: &str| {
        lines.iter().any(|line| {
            let fields = &line["fields"];
            line["level"] == level
                && fields["message"].as_str().is_some_and(|message| message.starts_with(start))
                && fields[field] == value
        })
    };
    assert!(told("WARN", "not ready: connection refused", "broker", "127.0.0.1:9"), "{logged}");
    assert!(told("INFO", "request refused", "host", "a\"b.example"), "{logged}");
    assert!(lines.iter().all(|line| line["timestamp"].is_string()), "{logged}");
}

#[test]
fn the_address_of_the_figures_is_printed() {
    let web = WebFolder::new();
    let mut program = Program::start(
        &web,
        &["--listen", "127.0.0.1:0", "--broker", "127.0.0.1:9", "--metrics", "127.0.0.1:0"],
    );
    for name in ["broker", "proxy", "page"] {
        program.ready(name);
    }
    let url = program.ready("metrics");
    let authority = url.strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap();
    assert!(answer_to(authority, "/metrics").contains("\nmqttscope_gateway_connections 0\n"));
}

/// The whole answer to a request by hand.
fn answer_to(authority: &str, path: &str) -> String {
    let mut stream = std::net::TcpStream::connect(authority).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: probe\r\nconnection: close\r\n\r\n");
    std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
