//! What a gateway is told at its start.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use axum::http::{HeaderName, HeaderValue};

use crate::page::Page;
use crate::{AllowedHosts, AllowedOrigins, AuthConfig, BrokerUrl, Limits, OperatorConfig, TlsConfig};

/// Where the page and the proxy listen unless told otherwise: on the loopback interface only.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8001);

/// Where the embedded broker listens unless told otherwise: MQTT's registered port.
pub const DEFAULT_BROKER_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1883);

/// The settings of one gateway.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address and port for HTTP and WebSocket; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Where the page's files come from.
    pub web: Page,
    /// The broker behind the proxy.
    pub broker: BrokerChoice,
    /// Origins that may open the proxy besides the gateway's own.
    pub allowed_origins: AllowedOrigins,
    /// Names under which the gateway may be asked, besides `localhost` and addresses.
    pub allowed_hosts: AllowedHosts,
    /// Who may show the page in a frame: the value of the policy's `frame-ancestors`.
    pub frame_ancestors: FrameAncestors,
    /// Whether it is reached over TLS, and how it reaches the broker so.
    pub tls: TlsConfig,
    /// Who may use it.
    pub auth: AuthConfig,
    /// How much it takes on, and how long it waits.
    pub limits: Limits,
    /// Figures, the log, and how it ends.
    pub operator: OperatorConfig,
    /// Headers added to every HTTP response, such as a Content-Security-Policy to test the page under.
    pub extra_headers: Vec<(HeaderName, HeaderValue)>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: DEFAULT_LISTEN,
            web: Page::default(),
            broker: BrokerChoice::Embedded { listen: None },
            allowed_origins: AllowedOrigins::default(),
            allowed_hosts: AllowedHosts::default(),
            frame_ancestors: FrameAncestors::default(),
            tls: TlsConfig::default(),
            auth: AuthConfig::default(),
            limits: Limits::default(),
            operator: OperatorConfig::default(),
            extra_headers: Vec::new(),
        }
    }
}

/// The broker that the proxy connects to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum BrokerChoice {
    /// A broker elsewhere; its name is looked up for each connection.
    External(BrokerUrl),
    /// A broker inside this process.
    Embedded {
        /// Where it listens. `None` means [`DEFAULT_BROKER_LISTEN`], or a free port when that one is
        /// taken; an address that was asked for is never replaced by another.
        listen: Option<SocketAddr>,
    },
}

/// Who may show the page in a frame, in the words of Content Security Policy (`frame-ancestors`).
///
/// A page around it could have a person click where it does not show what is clicked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FrameAncestors(String);

impl FrameAncestors {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for FrameAncestors {
    fn default() -> Self {
        Self("'self'".into())
    }
}

impl FromStr for FrameAncestors {
    type Err = BadFrameAncestors;

    fn from_str(text: &str) -> Result<Self, BadFrameAncestors> {
        // A semicolon would begin another directive, a comma another policy.
        let is_list = text.chars().all(|c| c == ' ' || (c.is_ascii_graphic() && !";,".contains(c)));
        if is_list && !text.trim().is_empty() {
            Ok(Self(text.trim().to_owned()))
        } else {
            Err(BadFrameAncestors)
        }
    }
}

/// A text that is no list of sources.
#[derive(Debug, thiserror::Error)]
#[error("expected sources such as 'self' or https://example.org, with spaces between them")]
pub struct BadFrameAncestors;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_ancestors_are_one_directive() {
        for text in ["'none'", "'self' https://example.org:8443", "*"] {
            assert_eq!(text.parse::<FrameAncestors>().unwrap().as_str(), text);
        }
        for text in ["", " ", "'self'; script-src *", "a, b", "é", "a\nb"] {
            assert!(text.parse::<FrameAncestors>().is_err(), "{text}");
        }
    }
}
