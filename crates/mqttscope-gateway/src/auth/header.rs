//! A proxy in front has asked who it is, and says so in a header.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName};

use super::Denial;

/// Whose header counts.
#[derive(Debug)]
pub(crate) struct Header {
    pub(super) name: HeaderName,
    pub(super) proxies: Vec<Network>,
}

impl Header {
    pub(super) fn check(&self, headers: &HeaderMap, peer: SocketAddr) -> Result<Arc<str>, Denial> {
        let refused = |why: &'static str| {
            tracing::info!(%peer, "request refused: {why}");
            Denial::Unnamed
        };
        if !self.proxies.iter().any(|network| network.contains(peer.ip())) {
            return Err(refused("it does not come from a trusted proxy; see --trust-proxy"));
        }
        let mut values = headers.get_all(&self.name).iter();
        let user = match (values.next(), values.next()) {
            (Some(user), None) => std::str::from_utf8(user.as_bytes()).unwrap_or_default(),
            (Some(_), Some(_)) => return Err(refused("the proxy names several users")),
            (None, _) => "",
        };
        if user.trim().is_empty() || user.len() > MAX_NAME_LEN {
            return Err(refused("the proxy names no user"));
        }
        Ok(user.into())
    }
}

/// An address, or all that begin with the same bits.
///
/// Parsed from `10.0.0.7`, `10.0.0.0/8` or `fd00::/8`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Network {
    address: IpAddr,
    len: u8,
}

impl Network {
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= self.len.into()
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= self.len.into()
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let (address, len) = match text.split_once('/') {
            Some((address, len)) => (address, Some(len)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| BadNetwork)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let len = len.map_or(Ok(most), |len| len.parse().map_err(|_| BadNetwork))?;
        if len > most { Err(BadNetwork) } else { Ok(Self { address, len }) }
    }
}

/// A text that is no network.
#[derive(Debug, thiserror::Error)]
#[error("expected an address such as 10.0.0.7, or a network such as 10.0.0.0/8")]
pub struct BadNetwork;

/// The longest name of a user, in bytes: each of a user's connections has it in the log.
const MAX_NAME_LEN: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_addresses() {
        for (network, inside, outside) in [
            ("10.0.0.7", "10.0.0.7", "10.0.0.6"),
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.1.2.128/25", "::ffff:10.1.2.200", "10.1.2.127"),
            ("0.0.0.0/0", "8.8.8.8", "::1"),
            ("fd00::/8", "fdff::1", "fe00::1"),
            ("::1", "::1", "::2"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{network:?}");
            assert!(!network.contains(outside.parse().unwrap()), "{network:?}");
        }
        for text in ["", "proxy", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129", "10.0.0.1:80"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
