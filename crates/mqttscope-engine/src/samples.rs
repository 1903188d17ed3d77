//! What tests put into a log.

use mqttscope_log::{ConnectionId, Direction, Log, PacketFacts, SourceId, Version};
use mqttscope_proto::ProtocolVersion;

/// The connection of [`log_of`].
pub(crate) const CONNECTION: ConnectionId = ConnectionId(0);

/// A log with a live connection of 3.1.
pub(crate) fn log_of(budget: usize) -> Log {
    log_of_version(ProtocolVersion::V31, budget)
}

/// A log with a live connection of a version.
pub(crate) fn log_of_version(version: ProtocolVersion, budget: usize) -> Log {
    let mut log = Log::new(budget);
    log.add_connection(SourceId::LIVE, Version::Known(version));
    log
}

/// A packet that the page sends.
pub(crate) fn sent(log: &mut Log, time: u64, frame: &[u8]) -> u32 {
    let facts = PacketFacts { own: true, ..PacketFacts::default() };
    log.push_packet(time, CONNECTION, Direction::Out, frame, facts)
}

/// A packet that comes in.
pub(crate) fn came(log: &mut Log, time: u64, frame: &[u8]) -> u32 {
    log.push_packet(time, CONNECTION, Direction::In, frame, PacketFacts::default())
}
