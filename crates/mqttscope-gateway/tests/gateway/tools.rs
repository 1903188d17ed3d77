//! TLS and passwords as people look at them: by openssl and curl, before the program itself.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use mqttscope_gateway::{PAGE_PATH, PROXY_PATH};

use crate::binary::{Program, program};
use crate::pki::Authority;
use crate::support::WebFolder;

/// Runs a tool that Debian has from the start, with this on its standard input.
fn run(tool: &str, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(tool);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child =
        command.spawn().unwrap_or_else(|error| panic!("this test needs {tool} on the path: {error}"));
    // A tool that does not read it may have ended by now.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn stdout(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What of the certificate is shown there, in openssl's words.
fn shown(port: u16, what: &[&str]) -> String {
    let connect = format!("127.0.0.1:{port}");
    let shown = run("openssl", &["s_client", "-connect", &connect, "-servername", "localhost"], "");
    let certificate = String::from_utf8_lossy(&shown.stdout).into_owned();
    stdout(run("openssl", &[&["x509", "-noout"], what].concat(), &certificate))
}

/// The port of a started program, and the fingerprint that it printed.
fn ready(program: &mut Program) -> (u16, Option<String>) {
    program.ready("broker");
    let proxy = program.ready("proxy");
    let port =
        proxy.strip_prefix("wss://localhost:").unwrap().strip_suffix(PROXY_PATH).unwrap().parse().unwrap();
    let fingerprint = program.ready("certificate");
    (port, fingerprint.strip_prefix("self-signed, SHA-256 ").map(str::to_owned))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

const START: [&str; 4] = ["--listen", "127.0.0.1:0", "--broker", "127.0.0.1:9"];

#[test]
fn a_self_signed_certificate_is_what_its_fingerprint_says_and_stays() {
    let (web, state) = (WebFolder::new(), WebFolder::new());
    let state = text(state.path());
    let own = ["--tls-self-signed", "--tls-state", state, "--host", "mqtt.example.org", "--hsts", "60"];
    let arguments = [&START[..], &own].concat();
    let mut first = Program::start(&web, &arguments);
    let (port, fingerprint) = ready(&mut first);
    let page = first.ready("page");
    assert_eq!(page, format!("https://localhost:{port}{PAGE_PATH}"));
    let by_openssl = shown(port, &["-fingerprint", "-sha256"]);
    assert!(
        by_openssl.trim_end().ends_with(&format!("={}", fingerprint.as_deref().unwrap())),
        "{by_openssl}"
    );
    let names = shown(port, &["-ext", "subjectAltName"]);
    for name in
        ["DNS:localhost", "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1", "DNS:mqtt.example.org"]
    {
        assert!(names.contains(name), "{names}");
    }

    // curl trusts it once it is told to, and not before.
    let refused = run("curl", &["-sS", &page], "");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("certificate"), "{refused:?}");
    let kept = format!("{state}/self-signed.pem");
    let head = stdout(run("curl", &["-sS", "--cacert", &kept, "-i", &page], ""));
    assert!(
        head.starts_with("HTTP/1.1 200") && head.contains("strict-transport-security: max-age=60"),
        "{head}"
    );
    let plain = page.replace("https:", "http:");
    let sent_on =
        stdout(run("curl", &["-sS", "--cacert", &kept, "-L", "-w", "%{url_effective}", &plain], ""));
    assert!(sent_on.ends_with(&page), "{sent_on}");
    first.end_by("TERM");

    let mut second = Program::start(&web, &arguments);
    assert_eq!(ready(&mut second).1, fingerprint);
}

#[test]
fn openssl_agrees_to_http_1_1_in_tls_1_2_and_1_3() {
    let (web, state) = (WebFolder::new(), WebFolder::new());
    let own = ["--tls-self-signed", "--tls-state", text(state.path())];
    let mut program = Program::start(&web, &[&START[..], &own].concat());
    let (port, _) = ready(&mut program);
    let connect = format!("127.0.0.1:{port}");
    for (option, version) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let arguments = ["s_client", "-connect", &connect, option, "-alpn", "h2,http/1.1"];
        let said = stdout(run("openssl", &arguments, ""));
        assert!(said.contains("ALPN protocol: http/1.1") && said.contains(version), "{said}");
    }
    let old = run("openssl", &["s_client", "-connect", &connect, "-tls1_1"], "");
    assert!(!old.status.success(), "{old:?}");
}

#[test]
fn keys_of_each_form_are_read() {
    let (web, files) = (WebFolder::new(), WebFolder::new());
    let path = |name: &str| files.path().join(name).to_str().unwrap().to_owned();
    let (key, chain) = (path("a.key"), path("a.crt"));
    for (first_line, generate) in [
        ("BEGIN PRIVATE KEY", &["genpkey", "-algorithm", "RSA"][..]),
        ("BEGIN RSA PRIVATE KEY", &["genrsa", "-traditional"]),
        ("BEGIN EC PRIVATE KEY", &["ecparam", "-name", "prime256v1", "-genkey", "-noout"]),
        ("BEGIN PRIVATE KEY", &["genpkey", "-algorithm", "ED25519"]),
    ] {
        stdout(run("openssl", &[generate, &["-out", &key]].concat(), ""));
        assert!(std::fs::read_to_string(&key).unwrap().contains(first_line), "{generate:?}");
        let request = ["req", "-x509", "-new", "-key", &key, "-subj", "/CN=a", "-days", "2", "-out", &chain];
        stdout(run("openssl", &request, ""));
        let mut program =
            Program::start(&web, &[&START[..], &["--tls-cert", &chain, "--tls-key", &key]].concat());
        program.ready("broker");
        let proxy = program.ready("proxy");
        let port =
            proxy.strip_prefix("wss://localhost:").unwrap().split('/').next().unwrap().parse().unwrap();
        assert!(shown(port, &["-subject"]).contains("CN"), "{generate:?}");
    }
}

#[cfg(unix)]
#[test]
fn sighup_reads_the_certificate_again() {
    let (web, files, authority) = (WebFolder::new(), WebFolder::new(), Authority::new());
    let (chain, key) = authority.issue("localhost").write(&files, "a");
    let own = ["--tls-cert", text(&chain), "--tls-key", text(&key)];
    let mut program = Program::start(&web, &[&START[..], &own].concat());
    program.ready("broker");
    let proxy = program.ready("proxy");
    let port: u16 =
        proxy.strip_prefix("wss://localhost:").unwrap().split('/').next().unwrap().parse().unwrap();
    // From its first word on it is no end of the program.
    program.send("HUP");
    let first = shown(port, &["-serial"]);
    authority.issue("localhost").write(&files, "a");
    program.send("HUP");
    let waited = Instant::now();
    while shown(port, &["-serial"]) == first {
        assert!(waited.elapsed() < Duration::from_secs(30), "the certificate is the old one");
    }
    files.write("a.crt", "no PEM");
    program.send("HUP");
    std::thread::sleep(Duration::from_millis(500));
    let (code, _, logged) = program.end_by("TERM");
    assert_eq!(code, Some(0), "{logged}");
    assert!(logged.contains("the certificate was read again"), "{logged}");
    let stays = logged.lines().filter(|line| line.contains("the certificate stays as it was: ")).count();
    assert!(
        stays >= 1 && logged.contains("a.crt cannot be used: it holds no certificate in PEM"),
        "{logged}"
    );
}

#[test]
fn a_line_of_hash_password_lets_in_and_no_password_is_logged() {
    let (web, files) = (WebFolder::new(), WebFolder::new());
    let gateway = env!("CARGO_BIN_EXE_mqttscope");
    let line = stdout(run(gateway, &["hash-password", "ann"], "s3cret pass\n"));
    assert!(line.starts_with("ann:$argon2id$") && line.lines().count() == 1, "{line}");
    let empty = run(gateway, &["hash-password", "ann"], "\n");
    assert_eq!(String::from_utf8_lossy(&empty.stderr), "mqttscope: the password is empty\n");
    files.write("users", line);
    let users = files.path().join("users");
    let mut command = program(&web, &[&START[..], &["--basic-auth", text(&users)]].concat());
    command.env("RUST_LOG", "trace,mio=off");
    let mut program = Program::from_command(command);
    program.ready("broker");
    let proxy = program.ready("proxy").replace("ws:", "http:");
    let page = program.ready("page");
    let status = |arguments: &[&str], url: &str| {
        let always = ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "5"];
        String::from_utf8(run("curl", &[&always, arguments, &[url]].concat(), "").stdout).unwrap()
    };
    assert_eq!(status(&[], &page), "401");
    assert_eq!(status(&["-u", "ann:s3cret pass"], &page), "200");
    assert_eq!(status(&["-u", "ann:wr0ng pass"], &page), "401");
    assert_eq!(status(&["-u", "s3cret pass:"], &page), "401");
    let upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
    let mut headers: Vec<&str> = upgrade.iter().flat_map(|header| ["-H", header]).collect();
    headers.extend(["-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "-u", "ann:s3cret pass"]);
    assert_eq!(status(&headers, &proxy), "101");
    let (_, _, logged) = program.end_by("TERM");
    assert!(logged.contains("user=\"ann\"") && logged.contains("the password is wrong"), "{logged}");
    for secret in ["s3cret", "wr0ng", &data_encoding::BASE64.encode(b"ann:s3cret pass"), "$argon2id"] {
        assert!(!logged.contains(secret), "{secret}: {logged}");
    }
}

#[test]
fn what_a_broker_shows_is_told_in_the_log() {
    let (web, files) = (WebFolder::new(), WebFolder::new());
    files.write("ca.pem", Authority::new().pem());
    let ca = files.path().join("ca.pem");
    // The broker of this program is another one, whose certificate nobody has signed.
    let broker = WebFolder::new();
    let own = ["--tls-self-signed", "--tls-state", text(broker.path())];
    let mut broker = Program::start(&web, &[&START[..], &own].concat());
    let (port, _) = ready(&mut broker);
    let ways = [
        (vec!["--broker-ca", text(&ca)], "its certificate is of an unknown issuer"),
        (vec!["--broker-insecure"], "whoever answers there is taken for the broker"),
    ];
    for (options, expected) in ways {
        let url = format!("wss://localhost:{port}/mqttproxy");
        let arguments = [&["--listen", "127.0.0.1:0", "--broker", &url][..], &options].concat();
        let mut program = Program::start(&web, &arguments);
        assert_eq!(program.ready("broker"), url);
        let proxy = program.ready("proxy").replace("ws:", "http:");
        let upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
        let mut curl = vec!["-sS", "-o", "/dev/null", "--max-time", "3"];
        curl.extend(upgrade.iter().flat_map(|header| ["-H", header]));
        curl.extend(["-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", &proxy]);
        run("curl", &curl, "");
        let (_, _, logged) = program.end_by("TERM");
        assert!(logged.contains(expected), "{logged}");
    }
}
