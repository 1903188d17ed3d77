//! Where a broker is, and how it is spoken to.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use axum::http::Uri;
use rustls::pki_types::ServerName;

/// The address of a broker: `HOST:PORT`, or a URL of `mqtt:`, `mqtts:`, `ws:` or `wss:`.
///
/// A URL may leave the port out: 1883, 8883, 80 and 443 stand for it. A host name is looked up for each connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BrokerUrl {
    scheme: Scheme,
    host: String,
    port: u16,
    /// Host and port as one, with the brackets of an IPv6 address.
    address: String,
    /// With the query; only a WebSocket has one.
    path: String,
}

/// What a broker's connection carries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scheme {
    Mqtt,
    Mqtts,
    Ws,
    Wss,
}

impl BrokerUrl {
    /// MQTT over TCP, to this address.
    pub(crate) fn of_tcp(addr: SocketAddr) -> Self {
        let (host, port) = (addr.ip().to_string(), addr.port());
        Self { scheme: Scheme::Mqtt, host, port, address: addr.to_string(), path: "/".into() }
    }

    /// Host and port, for a look-up.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// What a WebSocket's request is for; `None` for bare MQTT.
    pub(crate) fn path(&self) -> Option<&str> {
        self.scheme.is_websocket().then_some(&self.path)
    }

    /// What `Host` says (RFC 9110, 7.2): the port only if it is not the scheme's own.
    pub(crate) fn authority(&self) -> &str {
        let without_port = || self.address.rsplit_once(':').map_or(&*self.address, |(host, _)| host);
        if self.port == self.scheme.default_port() { without_port() } else { &self.address }
    }

    /// The name that a certificate must be for.
    pub(crate) fn server_name(&self) -> Result<ServerName<'static>, String> {
        ServerName::try_from(self.host.clone()).map_err(|_| "no certificate can be for that name".to_owned())
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scheme {
            Scheme::Mqtt => f.write_str(&self.address),
            Scheme::Mqtts => write!(f, "mqtts://{}", self.address),
            // A query may hold what only the broker is to know.
            Scheme::Ws | Scheme::Wss => {
                let path = self.path.split('?').next().unwrap_or_default();
                write!(f, "{}://{}{path}", self.scheme.name(), self.address)
            }
        }
    }
}

impl FromStr for BrokerUrl {
    type Err = BadBrokerUrl;

    fn from_str(text: &str) -> Result<Self, BadBrokerUrl> {
        let (scheme, rest) = match text.split_once("://") {
            None => (Scheme::Mqtt, text),
            Some((name, rest)) => (Scheme::of(name).ok_or(BadBrokerUrl)?, rest),
        };
        let is_url = rest.len() < text.len();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| BadBrokerUrl)?),
            _ if is_url => (authority, scheme.default_port()),
            _ => return Err(BadBrokerUrl),
        };
        // An IPv6 address needs its brackets, or its last group would pass for the port.
        let bare = match host.strip_prefix('[') {
            Some(inner) => {
                let address = inner.strip_suffix(']').ok_or(BadBrokerUrl)?;
                address.parse::<std::net::Ipv6Addr>().map_err(|_| BadBrokerUrl)?;
                address
            }
            None => host,
        };
        let is_host =
            !host.is_empty() && !host.contains(|c: char| "@#,\\".contains(c) || !c.is_ascii_graphic());
        let is_bare_ipv6 = bare == host && host.contains(':');
        let is_path = match scheme.is_websocket() {
            true => path.is_empty() || format!("/{}", path.trim_start_matches('/')).parse::<Uri>().is_ok(),
            false => path.is_empty() || (is_url && path == "/"),
        };
        if !is_host || is_bare_ipv6 || !is_path || port == 0 || path.contains(['#', ' ']) {
            return Err(BadBrokerUrl);
        }
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Self {
            scheme,
            host: bare.to_owned(),
            port,
            address: format!("{host}:{port}"),
            path: format!("{slash}{path}"),
        })
    }
}

impl Scheme {
    fn of(name: &str) -> Option<Self> {
        [Self::Mqtt, Self::Mqtts, Self::Ws, Self::Wss]
            .into_iter()
            .find(|it| it.name().eq_ignore_ascii_case(name))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Mqtt => "mqtt",
            Self::Mqtts => "mqtts",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Mqtt => 1883,
            Self::Mqtts => 8883,
            Self::Ws => 80,
            Self::Wss => 443,
        }
    }

    pub(crate) fn is_tls(self) -> bool {
        matches!(self, Self::Mqtts | Self::Wss)
    }

    fn is_websocket(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }
}

/// A text that is no address of a broker.
#[derive(Debug, thiserror::Error)]
#[error(
    "expected a host and a port, such as localhost:1883, or a URL such as mqtts://HOST:8883 or wss://HOST/PATH"
)]
pub struct BadBrokerUrl;

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Scheme, String, String, Option<String>, String) {
        let url: BrokerUrl = text.parse().unwrap_or_else(|_| panic!("{text}"));
        let path = url.path().map(str::to_owned);
        (url.scheme(), url.address().to_owned(), url.authority().to_owned(), path, url.to_string())
    }

    fn expected(
        scheme: Scheme,
        address: &str,
        authority: &str,
        path: Option<&str>,
        shown: &str,
    ) -> (Scheme, String, String, Option<String>, String) {
        (scheme, address.into(), authority.into(), path.map(Into::into), shown.into())
    }

    #[test]
    fn urls_are_taken_apart() {
        for (text, parts_of_it) in [
            (
                "localhost:1884",
                expected(Scheme::Mqtt, "localhost:1884", "localhost:1884", None, "localhost:1884"),
            ),
            ("mqtt://[::1]:1884", expected(Scheme::Mqtt, "[::1]:1884", "[::1]:1884", None, "[::1]:1884")),
            ("mqtt://h", expected(Scheme::Mqtt, "h:1883", "h", None, "h:1883")),
            ("MQTTS://h/", expected(Scheme::Mqtts, "h:8883", "h", None, "mqtts://h:8883")),
            ("ws://h:81", expected(Scheme::Ws, "h:81", "h:81", Some("/"), "ws://h:81/")),
            (
                "wss://h/mqtt?token=x",
                expected(Scheme::Wss, "h:443", "h", Some("/mqtt?token=x"), "wss://h:443/mqtt"),
            ),
            ("wss://[::1]?a", expected(Scheme::Wss, "[::1]:443", "[::1]", Some("/?a"), "wss://[::1]:443/")),
        ] {
            assert_eq!(parts(text), parts_of_it, "{text}");
        }
        let url: BrokerUrl = "mqtts://[::1]".parse().unwrap();
        assert!(matches!(url.server_name(), Ok(ServerName::IpAddress(_))));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "h",
            "h:",
            ":1883",
            "h:0",
            "h:99999",
            "fe80::1:1883",
            "[fe80::1",
            "[h]:1",
            "a b:1",
            "é:1",
            "h:1/path",
            "http://h:1",
            "mqtt://",
            "mqtt://h/path",
            "mqtts://h?x",
            "wss://u:p@h/",
            "ws://h/a b",
            "ws://h/#x",
            "ws://fe80::1/",
        ] {
            assert!(text.parse::<BrokerUrl>().is_err(), "{text}");
        }
    }
}
