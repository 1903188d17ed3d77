//! The command line: options in, a [`Config`] out.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Parser;

use crate::{AllowedOrigins, BrokerChoice, Config, DEFAULT_LISTEN};

/// Serves the mqttscope page, proxies its WebSocket to an MQTT broker, and brings a broker along.
#[derive(Debug, Parser)]
#[command(name = "mqttscope-gateway", version)]
struct Options {
    /// Where to serve the page and the proxy; port 8001 unless given, port 0 for any free one
    #[arg(long, value_name = "ADDR[:PORT]", default_value = "127.0.0.1:8001", value_parser = parse_listen)]
    listen: SocketAddr,
    /// The folder of the built page
    #[arg(long, value_name = "DIR", default_value = "dist")]
    web: PathBuf,
    /// Use this broker; without it, one runs inside the gateway
    #[arg(long, value_name = "HOST:PORT", value_parser = parse_broker)]
    broker: Option<String>,
    /// Where the embedded broker listens; 127.0.0.1:1883 unless given (another port when that is taken)
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_socket_addr, conflicts_with = "broker")]
    broker_listen: Option<SocketAddr>,
    /// Let pages of this origin use the proxy too, such as `https://example.org`, or * for all
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<AllowedOrigins>,
}

/// A command line that gives no [`Config`]: a request for help, or a mistake.
#[derive(Debug, Eq, PartialEq)]
pub enum Refusal {
    /// `--help` or `--version`: print this and end well.
    Answer(String),
    /// A bad option: one line that says which.
    Mistake(String),
}

/// Reads the arguments, of which the first is the program's name.
///
/// # Errors
///
/// [`Refusal`], with the text to show.
pub fn parse(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Config, Refusal> {
    let options = Options::try_parse_from(arguments).map_err(|error| {
        let text = error.to_string();
        if error.use_stderr() {
            // clap goes on with hints and the usage; `--help` has both.
            let line = text.lines().next().unwrap_or_default();
            Refusal::Mistake(line.strip_prefix("error: ").unwrap_or(line).to_owned())
        } else {
            Refusal::Answer(text)
        }
    })?;
    let broker = match options.broker {
        Some(address) => BrokerChoice::External(address),
        None => BrokerChoice::Embedded { listen: options.broker_listen },
    };
    let allowed_origins = options.allow_origin.into_iter().collect();
    Ok(Config { listen: options.listen, web: options.web, broker, allowed_origins, ..Config::default() })
}

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

fn parse_broker(text: &str) -> Result<String, String> {
    let expected = || "expected a host and a port, such as localhost:1883".to_owned();
    let (host, port) = text.rsplit_once(':').ok_or_else(expected)?;
    let port: u16 = port.parse().map_err(|_| expected())?;
    // An IPv6 address needs its brackets, or its last group would pass for the port.
    let is_bare_ipv6 = host.contains(':') && !(host.starts_with('[') && host.ends_with(']'));
    if host.is_empty() || host.contains(char::is_whitespace) || port == 0 || is_bare_ipv6 {
        return Err(expected());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Config, Refusal> {
        parse(std::iter::once("mqttscope-gateway").chain(line.split_whitespace()).map(Into::into))
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
        assert_eq!(config.web, PathBuf::from("dist"));
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
        for address in ["localhost:1883", "10.0.0.7:1884", "[::1]:1883", "mq.example.org:61613"] {
            let config = parse_line(&format!("--broker {address}")).unwrap();
            assert_eq!(config.broker, BrokerChoice::External(address.to_owned()));
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
