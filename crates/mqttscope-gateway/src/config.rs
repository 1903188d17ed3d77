//! What a gateway is told at its start.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use axum::http::{HeaderName, HeaderValue};

use crate::AllowedOrigins;

/// Where the page and the proxy listen unless told otherwise: on the loopback interface only.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8001);

/// Where the embedded broker listens unless told otherwise: MQTT's registered port.
pub const DEFAULT_BROKER_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1883);

/// The settings of one gateway.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address and port for HTTP and WebSocket; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The folder that holds `mqtt.html` and its files.
    pub web: PathBuf,
    /// The broker behind the proxy.
    pub broker: BrokerChoice,
    /// Origins that may open the proxy besides the gateway's own.
    pub allowed_origins: AllowedOrigins,
    /// Headers added to every HTTP response, such as a Content-Security-Policy to test the page under.
    pub extra_headers: Vec<(HeaderName, HeaderValue)>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: DEFAULT_LISTEN,
            web: "dist".into(),
            broker: BrokerChoice::Embedded { listen: None },
            allowed_origins: AllowedOrigins::default(),
            extra_headers: Vec::new(),
        }
    }
}

/// The broker that the proxy connects to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum BrokerChoice {
    /// A broker elsewhere, as `HOST:PORT`; the name is looked up for each connection.
    External(String),
    /// A broker inside this process.
    Embedded {
        /// Where it listens. `None` means [`DEFAULT_BROKER_LISTEN`], or a free port when that one is
        /// taken; an address that was asked for is never replaced by another.
        listen: Option<SocketAddr>,
    },
}
