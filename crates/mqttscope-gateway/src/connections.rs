//! How many connections are open, in all and from each address.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Limits;
use crate::metrics::{Counted, Metrics, Refusal};

/// Counts the open connections; a clone counts the same ones.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    limits: Limits,
    open: Arc<Mutex<Open>>,
    metrics: Arc<Metrics>,
}

/// One connection's place among those that are allowed; it is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    source: IpAddr,
    open: Arc<Mutex<Open>>,
    _counted: Counted,
}

/// Which limit a connection would exceed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Full {
    All(usize),
    Address(usize),
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_source: HashMap<IpAddr, usize>,
}

impl Connections {
    pub(crate) fn new(limits: Limits, metrics: Arc<Metrics>) -> Self {
        Self { limits, open: Arc::default(), metrics }
    }

    /// Takes a place for a connection from this address.
    pub(crate) fn enter(&self, address: IpAddr) -> Result<Place, Full> {
        self.find_place(source(address)).inspect_err(|full| self.metrics.refused(full.cause()))
    }

    fn find_place(&self, source: IpAddr) -> Result<Place, Full> {
        let mut open = lock(&self.open);
        if open.all >= self.limits.connections {
            return Err(Full::All(self.limits.connections));
        }
        let limit = match self.limits.connections_per_address {
            Some(limit) => limit,
            None if source.is_loopback() => usize::MAX,
            None => Limits::CONNECTIONS_PER_ADDRESS,
        };
        if open.by_source.get(&source).copied().unwrap_or_default() >= limit {
            return Err(Full::Address(limit));
        }
        open.all += 1;
        *open.by_source.entry(source).or_default() += 1;
        Ok(Place { source, open: self.open.clone(), _counted: self.metrics.connection() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        open.all -= 1;
        if let Entry::Occupied(mut count) = open.by_source.entry(self.source) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

impl Full {
    fn cause(self) -> Refusal {
        match self {
            Self::All(_) => Refusal::Full,
            Self::Address(_) => Refusal::Address,
        }
    }
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(limit) => write!(f, "all {limit} connections are taken"),
            Self::Address(limit) => write!(f, "all {limit} connections of one address are taken"),
        }
    }
}

/// What counts as one address: whoever has an IPv6 address has its network of 64 bits as well.
pub(crate) fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) if !ip.is_loopback() => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        ip => ip,
    }
}

/// Counting cannot fail half-way, so a panic elsewhere has left the counts whole.
fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(all: usize, per_address: Option<usize>) -> Connections {
        let limits = Limits { connections: all, connections_per_address: per_address, ..Limits::default() };
        Connections::new(limits, Arc::new(Metrics::new().unwrap()))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn places_are_free_again() {
        let connections = connections(2, None);
        let first = connections.enter(ip("10.0.0.1")).unwrap();
        let _second = connections.enter(ip("10.0.0.2")).unwrap();
        assert_eq!(connections.enter(ip("10.0.0.3")).unwrap_err(), Full::All(2));
        drop(first);
        let _third = connections.enter(ip("10.0.0.3")).unwrap();
        assert_eq!(lock(&connections.open).by_source.len(), 2);
    }

    #[test]
    fn each_address_has_its_own_limit() {
        let connections = connections(100, Some(1));
        let mut places = Vec::new();
        for (address, expected) in [
            ("10.0.0.1", true),
            ("10.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("10.0.0.2", true),
            ("127.0.0.1", true),
            ("127.0.0.1", false),
            ("2001:db8::1", true),
            ("2001:db8::2", false),
            ("2001:db8:0:1::1", true),
        ] {
            let entered = connections.enter(ip(address));
            assert_eq!(entered.is_ok(), expected, "{address}");
            places.extend(entered.ok());
        }
    }

    #[test]
    fn this_machine_has_no_limit_of_its_own_unless_told() {
        let connections = connections(5000, None);
        let count = |address| {
            std::iter::from_fn(|| connections.enter(ip(address)).ok()).take(1500).collect::<Vec<_>>()
        };
        assert_eq!(count("127.0.0.1").len(), 1500);
        assert_eq!(count("::1").len(), 1500);
        assert_eq!(count("10.0.0.1").len(), 1000);
    }
}
