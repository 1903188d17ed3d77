//! The values that packets are made of, each checked once, where it is made.

use core::fmt;
use core::num::NonZeroU16;

/// A version of the protocol.
///
/// An argument of everything that depends on it: the versions share their packets and their code, and differ
/// only where the two texts differ. What differs matches on all of them, never on "the others", so that the compiler
/// shows each such place to whoever adds a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ProtocolVersion {
    /// MQTT 3.1: protocol name `MQIsdp`, level 3.
    #[default]
    V31,
    /// MQTT 3.1.1: protocol name `MQTT`, level 4.
    V311,
    /// MQTT 5: protocol name `MQTT`, level 5.
    V5,
}

impl ProtocolVersion {
    /// All of them, in ascending order.
    pub const ALL: [Self; 3] = [Self::V31, Self::V311, Self::V5];

    /// The protocol name that CONNECT carries (MQTT 3.1, Variable header, Protocol name; [MQTT-3.1.2-1]).
    #[must_use]
    pub const fn protocol_name(self) -> &'static str {
        match self {
            Self::V31 => "MQIsdp",
            Self::V311 | Self::V5 => "MQTT",
        }
    }

    /// The protocol level that CONNECT carries ("protocol version number" in 3.1, "Protocol Version" in 5;
    /// [MQTT-3.1.2-2]).
    #[must_use]
    pub const fn level(self) -> u8 {
        match self {
            Self::V31 => 3,
            Self::V311 => 4,
            Self::V5 => 5,
        }
    }

    /// Whether packets of the version have properties and reason codes.
    #[must_use]
    pub const fn has_properties(self) -> bool {
        match self {
            Self::V31 | Self::V311 => false,
            Self::V5 => true,
        }
    }

    /// The version of a protocol level, or `None` for a level that this crate does not speak.
    #[must_use]
    pub const fn from_level(level: u8) -> Option<Self> {
        match level {
            3 => Some(Self::V31),
            4 => Some(Self::V311),
            5 => Some(Self::V5),
            _ => None,
        }
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V31 => "3.1",
            Self::V311 => "3.1.1",
            Self::V5 => "5",
        })
    }
}

/// The type of a packet, the high four bits of its first byte.
///
/// 0 is reserved and no packet type, and so is 15 before MQTT 5, where it is AUTH (MQTT 3.1, Fixed header; MQTT 3.1.1,
/// 2.2.1; MQTT 5, 2.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "the variants are the names of the specifications")]
pub enum PacketType {
    Connect = 1,
    ConnAck = 2,
    Publish = 3,
    PubAck = 4,
    PubRec = 5,
    PubRel = 6,
    PubComp = 7,
    Subscribe = 8,
    SubAck = 9,
    Unsubscribe = 10,
    UnsubAck = 11,
    PingReq = 12,
    PingResp = 13,
    Disconnect = 14,
    Auth = 15,
}

impl PacketType {
    /// All fifteen, in the order of their numbers.
    pub const ALL: [Self; 15] = [
        Self::Connect,
        Self::ConnAck,
        Self::Publish,
        Self::PubAck,
        Self::PubRec,
        Self::PubRel,
        Self::PubComp,
        Self::Subscribe,
        Self::SubAck,
        Self::Unsubscribe,
        Self::UnsubAck,
        Self::PingReq,
        Self::PingResp,
        Self::Disconnect,
        Self::Auth,
    ];

    /// The type of a packet that begins with this byte, `None` for the reserved type 0.
    ///
    /// AUTH is a packet type of MQTT 5 only: see [`PacketType::is_of`].
    #[inline]
    #[must_use]
    pub const fn from_first_byte(first_byte: u8) -> Option<Self> {
        match first_byte >> 4 {
            0 => None,
            number => Some(Self::ALL[number as usize - 1]),
        }
    }

    /// Whether a version has packets of this type.
    #[inline]
    #[must_use]
    pub const fn is_of(self, version: ProtocolVersion) -> bool {
        match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => self as u8 != Self::Auth as u8,
            ProtocolVersion::V5 => true,
        }
    }

    /// The name in the specifications, for example `PUBLISH`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT",
            Self::ConnAck => "CONNACK",
            Self::Publish => "PUBLISH",
            Self::PubAck => "PUBACK",
            Self::PubRec => "PUBREC",
            Self::PubRel => "PUBREL",
            Self::PubComp => "PUBCOMP",
            Self::Subscribe => "SUBSCRIBE",
            Self::SubAck => "SUBACK",
            Self::Unsubscribe => "UNSUBSCRIBE",
            Self::UnsubAck => "UNSUBACK",
            Self::PingReq => "PINGREQ",
            Self::PingResp => "PINGRESP",
            Self::Disconnect => "DISCONNECT",
            Self::Auth => "AUTH",
        }
    }

    /// The only Remaining Length that a packet of this type can have, `None` where it varies.
    #[inline]
    #[must_use]
    pub const fn fixed_remaining_length(self, version: ProtocolVersion) -> Option<u32> {
        match self {
            Self::PingReq | Self::PingResp => Some(0),
            Self::Connect
            | Self::Publish
            | Self::Subscribe
            | Self::SubAck
            | Self::Unsubscribe
            | Self::Auth => None,
            Self::Disconnect
            | Self::ConnAck
            | Self::PubAck
            | Self::PubRec
            | Self::PubRel
            | Self::PubComp
            | Self::UnsubAck => match version {
                ProtocolVersion::V31 | ProtocolVersion::V311 if self as u8 == Self::Disconnect as u8 => {
                    Some(0)
                }
                ProtocolVersion::V31 | ProtocolVersion::V311 => Some(2),
                // Properties and reason codes follow, or may.
                ProtocolVersion::V5 => None,
            },
        }
    }

    /// The first byte of a packet of this type with the flags that 3.1.1 and 5 prescribe, and 3.1 without DUP.
    pub(crate) const fn first_byte(self) -> u8 {
        (self as u8) << 4 | self.reserved_flags()
    }

    /// The low four bits of the first byte in table 2.2 of 3.1.1 and table 2-2 of 5; for PUBLISH, which sets them as it likes, 0.
    #[must_use]
    pub const fn reserved_flags(self) -> u8 {
        match self {
            Self::PubRel | Self::Subscribe | Self::Unsubscribe => 0b0010,
            _ => 0,
        }
    }
}

impl fmt::Display for PacketType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Quality of Service of a message.
///
/// On the wire two bits, of which the value 3 is reserved: where a peer may send it, the raw number is kept
/// and the rule that it breaks is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Qos {
    /// QoS 0: fire and forget.
    #[default]
    AtMostOnce = 0,
    /// QoS 1: acknowledged by PUBACK.
    AtLeastOnce = 1,
    /// QoS 2: PUBREC, PUBREL, PUBCOMP.
    ExactlyOnce = 2,
}

impl Qos {
    /// All three, in ascending order.
    pub const ALL: [Self; 3] = [Self::AtMostOnce, Self::AtLeastOnce, Self::ExactlyOnce];

    /// The QoS of a number, or `None` above 2.
    #[must_use]
    pub const fn from_u8(value: u8) -> Option<Self> {
        match value {
            0 => Some(Self::AtMostOnce),
            1 => Some(Self::AtLeastOnce),
            2 => Some(Self::ExactlyOnce),
            _ => None,
        }
    }

    /// The number on the wire: 0, 1 or 2.
    #[must_use]
    pub const fn as_u8(self) -> u8 {
        self as u8
    }
}

/// The reserved value 3, or a number that is no QoS at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("QoS is 0, 1 or 2, not {0}")]
pub struct InvalidQos(pub u8);

impl TryFrom<u8> for Qos {
    type Error = InvalidQos;

    fn try_from(value: u8) -> Result<Self, InvalidQos> {
        Self::from_u8(value).ok_or(InvalidQos(value))
    }
}

/// A packet identifier, 1 to 65,535 ("Message ID" in 3.1).
///
/// Zero is not one (MQTT 3.1, Message identifiers; [MQTT-2.3.1-1]). What a peer sent is a plain `u16` in the
/// decoded packet, so that a zero can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PacketId(NonZeroU16);

impl PacketId {
    /// The packet identifier of a number, or `None` for 0.
    #[must_use]
    pub const fn new(value: u16) -> Option<Self> {
        match NonZeroU16::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// The number on the wire, never 0.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0.get()
    }
}

impl fmt::Display for PacketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The keep alive interval of a connection in seconds; 0 switches the mechanism off.
///
/// MQTT 3.1, Variable header, Keep Alive timer; [MQTT-3.1.2-23], [MQTT-3.1.2-24].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct KeepAlive(u16);

impl KeepAlive {
    /// No keep alive: the server never closes the connection for silence.
    pub const OFF: Self = Self(0);

    /// A keep alive interval in seconds.
    #[must_use]
    pub const fn from_secs(secs: u16) -> Self {
        Self(secs)
    }

    /// The interval in seconds, 0 for off.
    #[must_use]
    pub const fn as_secs(self) -> u16 {
        self.0
    }
}

/// A point in time, in microseconds since an instant that the caller chose.
///
/// This crate has no clock: every call that depends on time takes one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// A time in microseconds since the caller's epoch.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// A time in milliseconds since the caller's epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// Microseconds since the caller's epoch.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since the caller's epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }

    /// The time `millis` later, saturating.
    #[must_use]
    pub const fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis.saturating_mul(1_000)))
    }

    /// The time `secs` later, saturating.
    #[must_use]
    pub const fn plus_secs(self, secs: u64) -> Self {
        self.plus_millis(secs.saturating_mul(1_000))
    }

    /// Microseconds from `earlier` to this time, 0 if it is not earlier.
    #[must_use]
    pub const fn micros_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packet_id_is_never_zero() {
        assert_eq!(PacketId::new(0), None);
        assert_eq!(PacketId::new(65_535).map(PacketId::get), Some(65_535));
    }

    #[test]
    fn qos_three_is_no_qos() {
        assert_eq!(Qos::try_from(2), Ok(Qos::ExactlyOnce));
        assert_eq!(Qos::try_from(3), Err(InvalidQos(3)));
    }

    #[test]
    fn levels_and_versions_agree() {
        for version in ProtocolVersion::ALL {
            assert_eq!(ProtocolVersion::from_level(version.level()), Some(version));
        }
        assert_eq!(ProtocolVersion::from_level(6), None);
    }

    #[test]
    fn time_saturates() {
        let end = Timestamp::from_micros(u64::MAX);
        assert_eq!(end.plus_secs(u64::MAX), end);
        assert_eq!(Timestamp::default().micros_since(end), 0);
    }
}
