//! How much the gateway takes on, and how long it waits for a peer.

use std::time::Duration;

/// The limits of one gateway; each has an option of the command line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// How long a client may take to send the head of a request, and stay silent between two; zero is for ever.
    pub header_timeout: Duration,
    /// Connections at a time, WebSockets among them.
    pub connections: usize,
    /// Connections at a time from one address (IPv6: one network of 64 bits). `None` means
    /// [`Limits::CONNECTIONS_PER_ADDRESS`], and for this machine's own clients no limit but that of all: a proxy on
    /// it speaks for many.
    pub connections_per_address: Option<usize>,
    /// How long a WebSocket's client may be silent before it is sent a ping; zero is for ever.
    pub ping_interval: Duration,
    /// How long the client may be silent after a ping until it counts as lost.
    pub ping_timeout: Duration,
    /// How long a TCP connection may be silent before the system asks whether the peer is there; zero is for ever.
    pub tcp_keep_alive: Duration,
    /// What the embedded broker keeps in its queues, in bytes of topics and payloads.
    pub broker_queued: usize,
    /// What the embedded broker keeps of retained messages, in bytes of topics and payloads.
    pub broker_retained: usize,
}

impl Limits {
    /// What [`Limits::connections_per_address`] is unless told otherwise.
    pub const CONNECTIONS_PER_ADDRESS: usize = 1000;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            connections: 12_000,
            connections_per_address: None,
            ping_interval: Duration::from_secs(30),
            ping_timeout: Duration::from_secs(30),
            tcp_keep_alive: Duration::from_secs(60),
            broker_queued: 256 * MIB,
            broker_retained: 64 * MIB,
        }
    }
}

/// Bytes of a mebibyte, in which the command line takes sizes.
pub(crate) const MIB: usize = 1024 * 1024;
