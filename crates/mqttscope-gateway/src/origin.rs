//! Which web pages may open the proxy.
//!
//! A browser lets any page open a WebSocket to any host and says in `Origin` which page it was (RFC 6455,
//! 10.2); only the server can refuse it. So a page of the gateway's own host passes, others must be named.

use std::fmt;
use std::str::FromStr;

use axum::http::{HeaderMap, HeaderValue, header};

/// The origins that may open the proxy besides the gateway's own.
///
/// Parsed from one origin (`https://example.org`), `null` (pages from files and sandboxes) or `*`; collected
/// from several.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AllowedOrigins {
    all: bool,
    listed: Vec<Origin>,
}

impl AllowedOrigins {
    /// Whether a WebSocket request with these headers may pass.
    ///
    /// No `Origin` means that no browser asks, which could set any header it likes. Of the same host is a
    /// page whose host and port are those in `Host`. Its scheme is not compared, since behind a TLS
    /// terminator the page is `https:` while the gateway sees plain HTTP, but it decides which port a
    /// missing one stands for.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        if self.all {
            return true;
        }
        let Some(origin) = text(origin).and_then(|text| text.parse::<Origin>().ok()) else { return false };
        self.listed.contains(&origin) || origin.is_of_host(headers.get(header::HOST).and_then(text))
    }
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}

impl FromStr for AllowedOrigins {
    type Err = BadOrigin;

    fn from_str(text: &str) -> Result<Self, BadOrigin> {
        if text == "*" {
            return Ok(Self { all: true, listed: Vec::new() });
        }
        Ok(Self { all: false, listed: vec![text.parse()?] })
    }
}

impl FromIterator<AllowedOrigins> for AllowedOrigins {
    fn from_iter<I: IntoIterator<Item = AllowedOrigins>>(parts: I) -> Self {
        parts.into_iter().fold(Self::default(), |mut sum, part| {
            sum.all |= part.all;
            sum.listed.extend(part.listed);
            sum
        })
    }
}

/// A text that is no origin: scheme, host and port, without a path.
#[derive(Debug, thiserror::Error)]
#[error("expected an origin such as https://example.org:8443, or *")]
pub struct BadOrigin;

/// An origin as RFC 6454 (6.2) writes it; `null` has no parts.
#[derive(Clone, Eq, PartialEq)]
enum Origin {
    Null,
    Tuple { scheme: String, host: String, port: Option<u16> },
}

impl Origin {
    fn is_of_host(&self, host_header: Option<&str>) -> bool {
        let Self::Tuple { scheme, host, port } = self else { return false };
        if default_port(scheme).is_none() {
            return false;
        }
        let Some((own_host, own_port)) = host_header.and_then(split_port) else { return false };
        *host == own_host.to_ascii_lowercase() && *port == own_port.or_else(|| default_port(scheme))
    }
}

impl FromStr for Origin {
    type Err = BadOrigin;

    fn from_str(text: &str) -> Result<Self, BadOrigin> {
        if text == "null" {
            return Ok(Self::Null);
        }
        let (scheme, authority) = text.split_once("://").ok_or(BadOrigin)?;
        let (host, port) = split_port(authority).ok_or(BadOrigin)?;
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        if !is_scheme {
            return Err(BadOrigin);
        }
        let scheme = scheme.to_ascii_lowercase();
        let port = port.or_else(|| default_port(&scheme));
        Ok(Self::Tuple { scheme, host: host.to_ascii_lowercase(), port })
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Tuple { scheme, host, port: Some(port) } => write!(f, "{scheme}://{host}:{port}"),
            Self::Tuple { scheme, host, port: None } => write!(f, "{scheme}://{host}"),
        }
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// Splits `host`, `host:port`, `[v6]` and `[v6]:port`; `None` for anything that holds more.
pub(crate) fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let host_end = match authority.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at(host_end);
    let port = match rest.strip_prefix(':') {
        Some(digits) => Some(digits.parse().ok()?),
        None if rest.is_empty() => None,
        None => return None,
    };
    let is_host = !host.is_empty() && !host.contains(|c: char| "/?#@\\".contains(c) || c.is_whitespace());
    is_host.then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(allowed: &[&str], origin: Option<&str>, host: &str) -> bool {
        let allowed: AllowedOrigins =
            allowed.iter().map(|text| text.parse::<AllowedOrigins>().unwrap()).collect();
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        allowed.admit(&headers)
    }

    #[test]
    fn no_origin_passes() {
        assert!(admitted(&[], None, "localhost:8001"));
    }

    #[test]
    fn the_same_host_passes() {
        for (origin, host) in [
            ("http://localhost:8001", "localhost:8001"),
            ("http://LocalHost:8001", "localhost:8001"),
            ("http://127.0.0.1:8001", "127.0.0.1:8001"),
            ("http://[::1]:8001", "[::1]:8001"),
            ("http://example.org", "example.org"),
            ("http://example.org", "example.org:80"),
            ("https://example.org", "example.org"),
            ("https://example.org", "example.org:443"),
        ] {
            assert!(admitted(&[], Some(origin), host), "{origin} at {host}");
        }
    }

    #[test]
    fn others_do_not() {
        for (origin, host) in [
            ("http://evil.example", "localhost:8001"),
            ("http://localhost:8002", "localhost:8001"),
            ("http://localhost", "localhost:8001"),
            ("http://127.0.0.1:8001", "localhost:8001"),
            ("https://example.org", "example.org:80"),
            ("http://localhost:8001.evil.example", "localhost:8001"),
            ("http://localhost:8001@evil.example", "localhost:8001"),
            ("http://localhost:8001/path", "localhost:8001"),
            ("file://localhost:8001", "localhost:8001"),
            ("null", "null"),
            ("", "localhost:8001"),
            ("localhost:8001", "localhost:8001"),
        ] {
            assert!(!admitted(&[], Some(origin), host), "{origin} at {host}");
        }
    }

    #[test]
    fn listed_origins_pass_exactly() {
        let allowed = ["https://a.example", "http://b.example:81", "null"];
        for origin in ["https://a.example", "https://a.example:443", "http://b.example:81", "null"] {
            assert!(admitted(&allowed, Some(origin), "localhost:8001"), "{origin}");
        }
        for origin in
            ["http://a.example", "https://sub.a.example", "http://b.example", "https://a.example:444"]
        {
            assert!(!admitted(&allowed, Some(origin), "localhost:8001"), "{origin}");
        }
    }

    #[test]
    fn a_star_admits_all() {
        for origin in ["https://any.example", "null", "moz-extension://0123"] {
            assert!(admitted(&["*"], Some(origin), "localhost:8001"), "{origin}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in
            ["", "example.org", "http://", "http://a/", "http://a:port", "http://a b", "://a", "1http://a"]
        {
            assert!(text.parse::<AllowedOrigins>().is_err(), "{text}");
        }
    }
}
