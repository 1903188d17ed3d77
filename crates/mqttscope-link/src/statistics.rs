//! The figures of the whole log.

use serde::{Deserialize, Serialize};

/// The figures of the whole log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StatisticsView {
    /// A second's packets and bytes, now.
    pub rate: Amount,
    /// The most that a second had.
    pub peak: Amount,
    /// Messages in flight: the client's, the server's.
    pub in_flight: [u32; 2],
    /// Packets that break a rule.
    pub violations: u64,
    /// Not all of the log is counted yet.
    pub is_behind: bool,
    /// Packets of each of the last seconds.
    pub chart: Chart,
    /// Packets by type, sent before received; types without a packet are left out.
    pub types: Vec<TypeRow>,
    /// What came or went that is no packet.
    pub broken: [Amount; 2],
    /// All packets.
    pub total: [Amount; 2],
    /// How long the broker's acknowledgements took.
    pub broker_latencies: Vec<LatencyRow>,
    /// How long the client's acknowledgements took.
    pub client_latencies: Vec<LatencyRow>,
    /// The topics with the most messages.
    pub topics: Vec<TopicRow>,
    /// What the broker tells of itself below `$SYS`: names and values.
    pub broker: Vec<(String, String)>,
}

/// Packets and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Packets of each of the last two minutes' seconds, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// From the client to the server.
    pub sent: Vec<u32>,
    /// From the server to the client.
    pub received: Vec<u32>,
    /// The last second is the present one; else the last with a packet.
    pub is_live: bool,
}

/// The packets of a type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypeRow {
    /// The name in the specification.
    pub name: String,
    /// Sent and received.
    pub amounts: [Amount; 2],
}

/// How long acknowledgements of a type took, in microseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatencyRow {
    /// The name in the specification.
    pub name: String,
    /// How many there were.
    pub count: u64,
    /// Quantiles: 50, 90 and 99 per cent.
    pub quantiles: [Option<u64>; 3],
    /// The longest.
    pub max: u64,
}

/// A topic with many messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicRow {
    /// The topic name, as far as a row shows it.
    pub name: String,
    /// Messages a second, now.
    pub rate: u32,
    /// Messages.
    pub messages: u64,
    /// What a topic had whose place this one took may be counted with them.
    pub is_at_most: bool,
    /// Bytes.
    pub bytes: u64,
}
