//! The command line, and what stands for it in the environment and in a file: words in, what is to be done out.

mod auth;
mod command;
mod file;
mod given;
mod hash_password;
mod operator;
mod sources;
mod tls;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::config::FrameAncestors;
use crate::limits::MIB;
use crate::page::Page;
use crate::{AllowedHosts, AllowedOrigins, BrokerChoice, BrokerUrl, Config, DEFAULT_LISTEN, Limits};
use auth::AuthOptions;
use tls::TlsOptions;

pub use given::{Origin, Setting};
pub use hash_password::HashPassword;

/// What the program is to do.
#[derive(Debug)]
pub enum Task {
    /// `serve`: run a gateway.
    Serve(Box<Config>),
    /// `serve --check`: say what a gateway would be told, and where each setting comes from.
    Check(Box<Config>, Vec<Setting>),
    /// `page DIR`: write the page into this folder.
    Page(PathBuf),
    /// `hash-password NAME`: make a line for the file of `--basic-auth`.
    HashPassword(HashPassword),
}

/// Words that ask for nothing to be done: a request for help, or a mistake.
#[derive(Debug, Eq, PartialEq)]
pub enum Refusal {
    /// `--help`, `man` and the like: print this and end well.
    Answer(String),
    /// A bad option, or several: one line each that says which.
    Mistake(String),
}

/// Reads the arguments, of which the first is the program's name, and the variables of the environment whose names begin
/// with `MQTTSCOPE_`.
///
/// # Errors
///
/// [`Refusal`], with the text to show.
pub fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Task, Refusal> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let environment: BTreeMap<OsString, OsString> = environment.into_iter().collect();
    command::read(&arguments, &environment)
}

/// What a gateway is told, by the command line, the environment or a file.
#[derive(Debug, clap::Args)]
struct Options {
    /// Where to serve the page and the proxy; port 8001 unless given, port 0 for any free one
    #[arg(long, value_name = "ADDR[:PORT]", default_value = "127.0.0.1:8001", value_parser = parse_listen)]
    listen: SocketAddr,
    #[arg(long, value_name = "DIR", help = WEB_HELP)]
    web: Option<PathBuf>,
    /// Use this broker, HOST:PORT or a URL of mqtt:, mqtts:, ws: or wss:; without it, one runs inside the gateway
    #[arg(long, value_name = "BROKER")]
    broker: Option<BrokerUrl>,
    /// Where the embedded broker listens; 127.0.0.1:1883 unless given (another port when that is taken)
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_socket_addr, conflicts_with = "broker")]
    broker_listen: Option<SocketAddr>,
    /// Let pages of this origin use the proxy too, such as `https://example.org`, or * for all
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<AllowedOrigins>,
    /// Answer under this name too, such as `mqtt.example.org`, or * for all; localhost and addresses always pass
    #[arg(long, value_name = "NAME")]
    host: Vec<AllowedHosts>,
    /// Whose pages may show the page in a frame
    #[arg(long, value_name = "SOURCES", default_value = "'self'")]
    frame_ancestors: FrameAncestors,
    #[command(flatten)]
    tls: TlsOptions,
    #[command(flatten)]
    auth: AuthOptions,
    #[command(flatten)]
    limits: LimitOptions,
    #[command(flatten)]
    operator: operator::OperatorOptions,
}

/// Seconds are whole; 0 switches a limit of time off.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
struct LimitOptions {
    /// How long a client may take for the head of a request; 0 for ever
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().header_timeout.as_secs(),
        value_parser = clap::value_parser!(u64).range(..=DAY))]
    header_timeout: u64,
    /// Connections at a time, above which others are refused with 503
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().connections)]
    max_connections: usize,
    /// Connections at a time from one address [default: 1000, and no limit for this machine itself]
    #[arg(long, value_name = "NUMBER")]
    max_connections_per_address: Option<usize>,
    /// How long a WebSocket may be silent until it is sent a ping; 0 for ever
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().ping_interval.as_secs(),
        value_parser = clap::value_parser!(u64).range(..=DAY))]
    ping_interval: u64,
    /// How long it may be silent after a ping until its broker is told that it is gone
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().ping_timeout.as_secs(),
        value_parser = clap::value_parser!(u64).range(1..=DAY))]
    ping_timeout: u64,
    /// How long a TCP connection may be silent until the system probes it; 0 for ever
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().tcp_keep_alive.as_secs(),
        value_parser = clap::value_parser!(u64).range(..=MAX_KEEP_ALIVE))]
    tcp_keep_alive: u64,
    /// What the embedded broker keeps in its queues, in MiB
    #[arg(long, value_name = "MIB", default_value_t = Limits::default().broker_queued / MIB)]
    broker_queued: usize,
    /// What the embedded broker keeps of retained messages, in MiB
    #[arg(long, value_name = "MIB", default_value_t = Limits::default().broker_retained / MIB)]
    broker_retained: usize,
}

impl From<LimitOptions> for Limits {
    fn from(options: LimitOptions) -> Self {
        Self {
            header_timeout: Duration::from_secs(options.header_timeout),
            connections: options.max_connections,
            connections_per_address: options.max_connections_per_address,
            ping_interval: Duration::from_secs(options.ping_interval),
            ping_timeout: Duration::from_secs(options.ping_timeout),
            tcp_keep_alive: Duration::from_secs(options.tcp_keep_alive),
            broker_queued: options.broker_queued.saturating_mul(MIB),
            broker_retained: options.broker_retained.saturating_mul(MIB),
        }
    }
}

impl From<Options> for Config {
    fn from(options: Options) -> Self {
        let broker = match options.broker {
            Some(address) => BrokerChoice::External(address),
            None => BrokerChoice::Embedded { listen: options.broker_listen },
        };
        Self {
            listen: options.listen,
            web: options.web.map_or_else(Page::default, Page::Folder),
            broker,
            allowed_origins: options.allow_origin.into_iter().collect(),
            allowed_hosts: options.host.into_iter().collect(),
            frame_ancestors: options.frame_ancestors,
            tls: options.tls.into(),
            auth: options.auth.into(),
            limits: options.limits.into(),
            operator: options.operator.into(),
            extra_headers: Vec::new(),
        }
    }
}

const WEB_HELP: &str = if cfg!(feature = "page") {
    "Serve the page in this folder [default: the page inside this program]"
} else {
    "Serve the page in this folder [default: dist]"
};

/// The longest wait that can be asked for, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// The longest that Linux takes (`MAX_TCP_KEEPIDLE`), in seconds.
const MAX_KEEP_ALIVE: u64 = 32_767;

fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, DEFAULT_LISTEN.port()));
    }
    if text == "localhost" {
        return Ok(DEFAULT_LISTEN);
    }
    parse_socket_addr(text)
}

fn parse_socket_addr(text: &str) -> Result<SocketAddr, String> {
    if let Some(port) = text.strip_prefix("localhost:").and_then(|port| port.parse().ok()) {
        return Ok(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port));
    }
    text.parse().map_err(|_| "expected an IP address and a port, such as 127.0.0.1:8001".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AuthConfig, Certificate, LogFormat, OperatorConfig};

    fn parse_line(line: &str) -> Result<Config, Refusal> {
        let words = ["mqttscope", "serve"].into_iter().chain(line.split_whitespace());
        match parse(words.map(Into::into), [])? {
            Task::Serve(config) => Ok(*config),
            other => panic!("{line}: {other:?}"),
        }
    }

    fn mistake(line: &str) -> String {
        match parse_line(line) {
            Err(Refusal::Mistake(text)) => text,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn defaults() {
        let config = parse_line("").unwrap();
        assert_eq!(config.listen, DEFAULT_LISTEN);
        assert_eq!(matches!(config.web, Page::Inside(_)), cfg!(feature = "page"));
        if let Page::Folder(folder) = config.web {
            assert_eq!(folder, PathBuf::from("dist"));
        }
        assert_eq!(config.broker, BrokerChoice::Embedded { listen: None });
        assert!(config.extra_headers.is_empty());
    }

    #[test]
    fn listen_takes_an_address_with_or_without_a_port() {
        for (text, expected) in [
            ("0.0.0.0", "0.0.0.0:8001"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("::1", "[::1]:8001"),
            ("[::1]", "[::1]:8001"),
            ("[::]:9000", "[::]:9000"),
            ("localhost", "127.0.0.1:8001"),
            ("localhost:9000", "127.0.0.1:9000"),
        ] {
            let config = parse_line(&format!("--listen {text}")).unwrap();
            assert_eq!(config.listen, expected.parse().unwrap(), "{text}");
        }
        assert!(mistake("--listen nowhere").contains("'nowhere' for '--listen <ADDR[:PORT]>'"));
        mistake("--listen 127.0.0.1:65536");
    }

    #[test]
    fn broker_takes_a_host_and_a_port() {
        for address in
            ["localhost:1883", "10.0.0.7:1884", "[::1]:1883", "mqtts://mq.example.org", "ws://h:81/mqtt"]
        {
            let config = parse_line(&format!("--broker {address}")).unwrap();
            assert_eq!(config.broker, BrokerChoice::External(address.parse().unwrap()));
        }
        for address in ["localhost", "localhost:", ":1883", "localhost:0", "localhost:99999", "fe80::1:1883"]
        {
            assert!(mistake(&format!("--broker {address}")).contains("--broker"), "{address}");
        }
    }

    #[test]
    fn embedded_broker_listens_where_told() {
        let config = parse_line("--broker-listen 127.0.0.1:0").unwrap();
        assert_eq!(config.broker, BrokerChoice::Embedded { listen: Some(([127, 0, 0, 1], 0).into()) });
        mistake("--broker-listen 127.0.0.1:0 --broker localhost:1883");
    }

    #[test]
    fn an_operator_is_heard() {
        assert_eq!(parse_line("").unwrap().operator, OperatorConfig::default());
        let line = "--metrics 127.0.0.1:9464 --drain 30 --log-format json";
        let expected = OperatorConfig {
            metrics: Some(([127, 0, 0, 1], 9464).into()),
            drain: Duration::from_secs(30),
            log_format: LogFormat::Json,
        };
        assert_eq!(parse_line(line).unwrap().operator, expected);
    }

    #[test]
    fn origins_add_up() {
        let config =
            parse_line("--allow-origin https://a.example --allow-origin http://b.example:81").unwrap();
        assert_eq!(
            config.allowed_origins,
            ["https://a.example", "http://b.example:81"]
                .iter()
                .map(|o| o.parse::<AllowedOrigins>().unwrap())
                .collect()
        );
        assert!(mistake("--allow-origin a.example").contains("--allow-origin"));
    }

    #[test]
    fn hosts_add_up() {
        let config = parse_line("--host a.example --host b.example").unwrap();
        let expected: AllowedHosts =
            ["a.example", "b.example"].iter().map(|name| name.parse::<AllowedHosts>().unwrap()).collect();
        assert_eq!(config.allowed_hosts, expected);
        assert!(mistake("--host http://a.example").contains("--host"));
    }

    #[test]
    fn tls_has_a_certificate_of_files_or_of_its_own() {
        let tls = |line: &str| parse_line(line).unwrap().tls;
        assert!(tls("").certificate.is_none());
        let files = Certificate::Files { chain: "a.pem".into(), key: "b.pem".into() };
        assert_eq!(tls("--tls-cert a.pem --tls-key b.pem").certificate, Some(files));
        let own = Certificate::SelfSigned { state: Some("s".into()) };
        assert_eq!(tls("--tls-self-signed --tls-state s").certificate, Some(own));
        let broker = tls("--broker-ca c --broker-cert d --broker-key e").broker;
        assert_eq!((broker.ca, broker.identity), (Some("c".into()), Some(("d".into(), "e".into()))));
        assert!(tls("--broker-insecure").broker.insecure);
        let both = tls("--tls-self-signed --hsts 60 --http-redirect localhost:80");
        assert_eq!(both.hsts, Some(Duration::from_secs(60)));
        assert_eq!(both.http_redirect, Some(([127, 0, 0, 1], 80).into()));
        for line in [
            "--tls-cert a.pem",
            "--tls-key a.pem",
            "--tls-cert a --tls-key b --tls-self-signed",
            "--tls-state s",
            "--broker-cert d",
            "--broker-insecure --broker-ca c",
            "--hsts 60",
            "--http-redirect localhost:80",
            "--tls-self-signed --hsts soon",
        ] {
            mistake(line);
        }
    }

    #[test]
    fn users_come_from_a_file_or_from_a_proxy() {
        let auth = |line: &str| parse_line(line).unwrap().auth;
        assert_eq!(auth(""), AuthConfig::Everybody);
        assert_eq!(auth("--basic-auth f"), AuthConfig::Basic { file: "f".into() });
        let name = axum::http::HeaderName::from_static("x-user");
        let proxies = vec!["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()];
        let line = "--auth-header X-User --trust-proxy 10.0.0.0/8 --trust-proxy ::1";
        assert_eq!(auth(line), AuthConfig::Header { name, proxies });
        for line in ["--auth-header X-User", "--trust-proxy ::1", "--auth-header a:b --trust-proxy ::1"] {
            mistake(line);
        }
        mistake("--basic-auth f --auth-header X-User --trust-proxy ::1");
    }

    #[test]
    fn a_password_is_hashed_for_a_name() {
        let words = ["mqttscope", "hash-password", "ann"];
        assert!(matches!(parse(words.map(Into::into), []), Ok(Task::HashPassword(_))));
        for words in [&["mqttscope", "hash-password"][..], &["mqttscope", "hash-password", "a", "b"]] {
            assert!(matches!(parse(words.iter().map(Into::into), []), Err(Refusal::Mistake(_))));
        }
    }

    #[test]
    fn limits_have_options_and_defaults() {
        assert_eq!(parse_line("").unwrap().limits, Limits::default());
        let line = "--header-timeout 1 --max-connections 2 --max-connections-per-address 3 --ping-interval 0 \
            --ping-timeout 5 --tcp-keep-alive 6 --broker-queued 7 --broker-retained 8";
        let expected = Limits {
            header_timeout: Duration::from_secs(1),
            connections: 2,
            connections_per_address: Some(3),
            ping_interval: Duration::ZERO,
            ping_timeout: Duration::from_secs(5),
            tcp_keep_alive: Duration::from_secs(6),
            broker_queued: 7 * MIB,
            broker_retained: 8 * MIB,
        };
        assert_eq!(parse_line(line).unwrap().limits, expected);
        for line in [
            "--ping-timeout 0",
            "--header-timeout -1",
            "--max-connections many",
            "--ping-interval 99999999999",
        ] {
            mistake(line);
        }
    }

    #[test]
    fn help_says_each_default() {
        let Err(Refusal::Answer(help)) = parse_line("--help") else { panic!("no help") };
        let limits = [
            "header-timeout",
            "max-connections",
            "max-connections-per-address",
            "ping-interval",
            "ping-timeout",
            "tcp-keep-alive",
            "broker-queued",
            "broker-retained",
            "frame-ancestors",
            "web",
        ];
        for option in limits {
            let at = help.find(&format!("--{option} ")).unwrap_or_else(|| panic!("{option} is missing"));
            let rest = &help[at + 2..];
            let own = &rest[..rest.find("\n      --").unwrap_or(rest.len())];
            // A line may end between the two.
            let own = own.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(own.contains("[default: "), "{own}");
        }
    }

    #[test]
    fn mistakes_are_one_line() {
        for line in ["--lisen x", "surplus", "--listen", "--listen a:b"] {
            let text = mistake(line);
            assert!(!text.is_empty() && !text.contains('\n') && !text.starts_with("error"), "{text}");
        }
    }

    #[test]
    fn help_and_version_are_answers() {
        assert!(
            matches!(parse_line("--help"), Err(Refusal::Answer(text)) if text.contains("--broker-listen"))
        );
        assert!(matches!(parse_line("--version"), Err(Refusal::Answer(text)) if text.contains("0.1.0")));
    }
}
