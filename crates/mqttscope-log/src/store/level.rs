//! Protocol levels that are told besides the packets: those that are not known here, and those of bridges.
//!
//! It owns what is said of them; which version a connection has is noted with its CONNECT.

use mqttscope_proto::{Connect, Packet, ProtocolVersion, decode, frame_len};

use super::record::{Direction, Record};
use super::{BrokenRules, ConnectionId, Event, Log};

/// What there is to tell of the level of a CONNECT.
#[derive(Clone, Copy)]
pub(super) enum LevelNote {
    /// It is not known.
    Unknown(u8),
    /// It is that of a version, with the bit of a bridge.
    Bridge(u8, ProtocolVersion),
}

impl LevelNote {
    /// What there is to tell of a CONNECT that was decoded.
    pub(super) fn of(connect: &Connect<'_>) -> Option<Self> {
        bridged_version(connect).map(|version| Self::Bridge(connect.protocol_level, version))
    }

    /// What there is to tell of a packet of which nothing is read, unless its connection is said to be of that level
    /// since an earlier CONNECT.
    pub(super) fn of_undecoded(record: &Record, bytes: &[u8], is_told: bool) -> Option<Self> {
        let is_client = record.direction() == Direction::Out && bytes.first()? >> 4 == 1;
        level_of(bytes).filter(|_| is_client && !is_told).map(Self::Unknown)
    }
}

impl Log {
    pub(super) fn tell_level(&mut self, packet: u32, time: u64, connection: ConnectionId, note: LevelNote) {
        let (name, words) = match note {
            LevelNote::Unknown(level) => (
                "protocol-level",
                format!(
                    "The client speaks {}, which is not known here: packets are told by their type, not decoded and \
                     not checked",
                    level_words(level)
                ),
            ),
            LevelNote::Bridge(level, version) => (
                "bridge",
                format!(
                    "The client is a bridge: protocol level {level:#04x} is that of MQTT {version} with bit 7 set"
                ),
            ),
        };
        self.push_event_about(packet, time, connection, Event::Note { name, words: &words });
    }
}

/// A protocol level that is not known, as a person names it: `protocol level 6`.
#[must_use]
pub fn level_words(level: u8) -> String {
    format!("protocol level {level}")
}

/// The version of a bridge, which sets bit 7 of its level.
pub(super) fn bridged_version(connect: &Connect<'_>) -> Option<ProtocolVersion> {
    let version = connect.version().filter(|_| connect.protocol_level & BRIDGE != 0)?;
    (connect.protocol_name == version.protocol_name()).then_some(version)
}

/// Whether a packet is the CONNECT of a bridge, which keeps the rules of its version but for bit 7 of the level.
#[must_use]
pub fn is_bridge(packet: &[u8]) -> bool {
    // The sink of the ingest: one copy of the decoder is enough.
    let decoded = decode(packet, ProtocolVersion::V31, &mut BrokenRules::default());
    matches!(decoded, Ok(Packet::Connect(connect)) if bridged_version(&connect).is_some())
}

/// The level of a CONNECT that has the protocol name of a version of MQTT.
#[must_use]
pub fn level_of(connect: &[u8]) -> Option<u8> {
    let (header, _) = frame_len(connect).ok()??;
    let body = connect.get(header..)?;
    CONNECT_NAMES.into_iter().find_map(|name| body.strip_prefix(name)?.first().copied())
}

/// What the body of a CONNECT begins with: the protocol names, behind their lengths.
pub(crate) const CONNECT_NAMES: [&[u8]; 2] = [b"\x00\x04MQTT", b"\x00\x06MQIsdp"];
const BRIDGE: u8 = 0x80;
