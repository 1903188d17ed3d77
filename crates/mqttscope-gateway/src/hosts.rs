//! Under which names the gateway may be asked.
//!
//! A page from anywhere can let its own name point at this machine once it is loaded (DNS rebinding): it is then of
//! the same origin as the gateway, and a browser lets it read everything and open the proxy. What such a page cannot
//! change is the name in `Host`. An address cannot be made to point elsewhere, and browsers look `localhost` up
//! themselves; any other name must be given at the start.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Uri, Version, header};

use crate::origin::split_port;

/// The names under which the gateway may be asked, besides `localhost` and addresses.
///
/// Parsed from one name (`mqtt.example.org`) or `*`; collected from several.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AllowedHosts {
    all: bool,
    named: Vec<String>,
}

/// What is wrong with the host of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum HostFault {
    /// None, several, or one that is no host: not HTTP/1.1 (RFC 9112, 3.2).
    Malformed,
    /// A name that is not the gateway's.
    Unknown,
}

impl AllowedHosts {
    /// Whether a request may pass; ports are not compared.
    ///
    /// HTTP/1.0 knows requests without `Host`, which no browser sends.
    pub(crate) fn check(&self, version: Version, uri: &Uri, headers: &HeaderMap) -> Result<(), HostFault> {
        let mut values = headers.get_all(header::HOST).iter();
        let (first, second) = (values.next(), values.next());
        if second.is_some() {
            return Err(HostFault::Malformed);
        }
        match first {
            Some(value) => self.check_authority(value.to_str().map_err(|_| HostFault::Malformed)?)?,
            None if version >= Version::HTTP_11 => return Err(HostFault::Malformed),
            None => {}
        }
        // A target in absolute form stands above Host (RFC 9112, 3.2.2).
        uri.authority().map(Authority::as_str).map_or(Ok(()), |authority| self.check_authority(authority))
    }

    /// The names that were given.
    pub(crate) fn names(&self) -> &[String] {
        &self.named
    }

    fn check_authority(&self, authority: &str) -> Result<(), HostFault> {
        let (host, _) = split_port(authority).ok_or(HostFault::Malformed)?;
        if self.all || is_address(host) {
            return Ok(());
        }
        let name = normal(host);
        let is_known = name == "localhost" || self.named.contains(&name);
        if is_known { Ok(()) } else { Err(HostFault::Unknown) }
    }
}

/// The `Host` of a request, for the log.
pub(crate) fn shown(headers: &HeaderMap) -> &str {
    headers.get(header::HOST).map(HeaderValue::to_str).and_then(Result::ok).unwrap_or_default()
}

fn is_address(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<IpAddr>().is_ok(),
    }
}

/// Names differ neither in case nor by the dot of the root.
fn normal(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

impl FromStr for AllowedHosts {
    type Err = BadHost;

    fn from_str(text: &str) -> Result<Self, BadHost> {
        if text == "*" {
            return Ok(Self { all: true, named: Vec::new() });
        }
        match split_port(text) {
            Some((host, None)) if !host.contains(['*', '[', ',', ';']) => {
                Ok(Self { all: false, named: vec![normal(host)] })
            }
            _ => Err(BadHost),
        }
    }
}

impl FromIterator<AllowedHosts> for AllowedHosts {
    fn from_iter<I: IntoIterator<Item = AllowedHosts>>(parts: I) -> Self {
        parts.into_iter().fold(Self::default(), |mut sum, part| {
            sum.all |= part.all;
            sum.named.extend(part.named);
            sum
        })
    }
}

/// A text that is no name of a host.
#[derive(Debug, thiserror::Error)]
#[error("expected a name without a port, such as mqtt.example.org, or *")]
pub struct BadHost;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(named: &[&str], version: Version, uri: &str, hosts: &[&str]) -> Result<(), HostFault> {
        let allowed: AllowedHosts = named.iter().map(|name| name.parse::<AllowedHosts>().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, host.parse().unwrap());
        }
        allowed.check(version, &uri.parse().unwrap(), &headers)
    }

    fn check_host(named: &[&str], host: &str) -> Result<(), HostFault> {
        check(named, Version::HTTP_11, "/", &[host])
    }

    #[test]
    fn localhost_and_addresses_pass() {
        for host in [
            "localhost",
            "localhost:8001",
            "LocalHost:1",
            "localhost.",
            "127.0.0.1:8001",
            "10.0.0.7",
            "192.168.1.2:80",
            "[::1]:8001",
            "[fe80::1]",
        ] {
            assert_eq!(check_host(&[], host), Ok(()), "{host}");
        }
    }

    #[test]
    fn other_names_do_not() {
        for host in [
            "evil.example",
            "evil.example:8001",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "xlocalhost",
            "127.1",
            "0x7f000001",
            "2130706433",
            "gateway",
            "[evil]",
        ] {
            assert_eq!(check_host(&[], host), Err(HostFault::Unknown), "{host}");
        }
        for host in ["", ":8001", "localhost:x", "localhost@evil.example", "a/b", "[::1"] {
            assert_eq!(check_host(&[], host), Err(HostFault::Malformed), "{host}");
        }
    }

    #[test]
    fn named_hosts_pass_exactly() {
        let named = ["mqtt.example.org", "Gateway"];
        for host in ["mqtt.example.org", "MQTT.example.org:443", "mqtt.example.org.", "gateway:8001"] {
            assert_eq!(check_host(&named, host), Ok(()), "{host}");
        }
        for host in ["example.org", "sub.mqtt.example.org", "gateway.example"] {
            assert_eq!(check_host(&named, host), Err(HostFault::Unknown), "{host}");
        }
        assert_eq!(check_host(&["*"], "any.example"), Ok(()));
    }

    #[test]
    fn a_request_has_one_host() {
        assert_eq!(check(&[], Version::HTTP_11, "/", &[]), Err(HostFault::Malformed));
        assert_eq!(check(&[], Version::HTTP_10, "/", &[]), Ok(()));
        assert_eq!(check(&[], Version::HTTP_10, "/", &["evil.example"]), Err(HostFault::Unknown));
        let two = ["localhost", "localhost"];
        assert_eq!(check(&[], Version::HTTP_11, "/", &two), Err(HostFault::Malformed));
        let target = "http://evil.example/mqttproxy";
        assert_eq!(check(&[], Version::HTTP_11, target, &["localhost"]), Err(HostFault::Unknown));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", "example.org:80", "http://example.org", "*.example.org", "a b", "[::1]", "a/b"] {
            assert!(text.parse::<AllowedHosts>().is_err(), "{text}");
        }
    }
}
