//! Errors by who is at fault: the peer's bytes ([`DecodeError`]) or our own call ([`EncodeError`]).

use crate::clause::Clauses;
use crate::property::PropertyId;
use crate::reason::ReasonCode;
use crate::types::{PacketType, ProtocolVersion};

/// Bytes that are not a packet, and where they stop being one.
///
/// The stream cannot be decoded past this point: both versions ask the receiver to close the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct DecodeError {
    /// Offset of the first byte at fault from the start of the packet.
    pub offset: usize,
    /// What is wrong with it.
    pub kind: DecodeErrorKind,
}

/// What makes bytes undecodable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// Packet type 0, or 15 before MQTT 5.
    #[error("packet type {0} is reserved")]
    UnknownPacketType(u8),
    /// The fourth byte of the Remaining Length says that a fifth follows.
    #[error("the Remaining Length has more than four bytes")]
    RemainingLengthTooLong,
    /// The fourth byte of another Variable Byte Integer says that a fifth follows.
    #[error("{field} has more than four bytes")]
    VariableByteIntegerTooLong {
        /// The field, named as in the specification.
        field: &'static str,
    },
    /// A property identifier that no property has: how long its value is cannot be known.
    #[error("no property has the identifier {0:#04x}")]
    UnknownProperty(u32),
    /// A packet whose size is fixed announces another one.
    #[error("{packet_type} has a Remaining Length of {expected}, not {actual}")]
    ForbiddenRemainingLength {
        /// The packet type.
        packet_type: PacketType,
        /// The only Remaining Length that it can have.
        expected: u32,
        /// The Remaining Length that came.
        actual: u32,
    },
    /// PUBLISH with both QoS bits set: whether a packet identifier follows is undefined.
    #[error("QoS 3 is reserved")]
    ReservedQos,
    /// A field does not fit into the Remaining Length.
    #[error("{field} needs {needed} B, {available} B are left in the packet")]
    FieldTooLong {
        /// The field, named as in the specification.
        field: &'static str,
        /// The bytes that it needs.
        needed: usize,
        /// The bytes that are left.
        available: usize,
    },
    /// CONNECT with a protocol name and level that have a layout of their own, unknown here.
    #[error("protocol level {0} is neither 3 (MQTT 3.1), 4 (MQTT 3.1.1) nor 5 (MQTT 5)")]
    UnknownProtocolLevel(u8),
    /// A packet of MQTT 5 on a connection of another version. Never found by decoding, which reads in one version, but by
    /// [`DecodeError::or_of_other_version`].
    #[error("{packet_type} of MQTT 5, with reason code {reason_code}{}", reason_words(*reason_code))]
    OfMqtt5 {
        /// Its type.
        packet_type: PacketType,
        /// Its reason code.
        reason_code: ReasonCode,
    },
    /// The CONNACK of 3.1 and 3.1.1 on a connection of MQTT 5, which the server does not speak. Found as the one above.
    #[error("CONNACK of an earlier version of MQTT, with return code {return_code}{}", code_words(*return_code))]
    OfEarlierVersion {
        /// Its return code.
        return_code: u8,
    },
    /// The head of an answer of HTTP. Never found by decoding: only who has the stream sees more of it than a packet.
    #[error("text of HTTP, which is no packet")]
    Http,
    /// The bytes end before the packet does, in a place where whole packets are expected.
    #[error("the packet has {expected} B, only {actual} B are here")]
    Incomplete {
        /// The length that the fixed header announces, or the least one that is possible.
        expected: usize,
        /// The bytes that are here.
        actual: usize,
    },
}

impl DecodeErrorKind {
    /// The variant's name, for machines.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UnknownPacketType(_) => "UnknownPacketType",
            Self::RemainingLengthTooLong => "RemainingLengthTooLong",
            Self::VariableByteIntegerTooLong { .. } => "VariableByteIntegerTooLong",
            Self::UnknownProperty(_) => "UnknownProperty",
            Self::ForbiddenRemainingLength { .. } => "ForbiddenRemainingLength",
            Self::ReservedQos => "ReservedQos",
            Self::FieldTooLong { .. } => "FieldTooLong",
            Self::UnknownProtocolLevel(_) => "UnknownProtocolLevel",
            Self::OfMqtt5 { .. } => "OfMqtt5",
            Self::OfEarlierVersion { .. } => "OfEarlierVersion",
            Self::Http => "Http",
            Self::Incomplete { .. } => "Incomplete",
        }
    }

    /// Where the rule is written: a statement number or a section of 3.1.1 or 5, or a section of 3.1.
    #[must_use]
    pub const fn clause(&self, version: ProtocolVersion) -> &'static str {
        let clauses = match self {
            Self::UnknownPacketType(_) | Self::Http => Clauses {
                v31: "MQTT 3.1, Fixed header, Message Type",
                v311: "MQTT 3.1.1, 2.2.1",
                v5: "MQTT 5, 2.1.2",
            },
            Self::ReservedQos => {
                Clauses { v31: "MQTT 3.1, Fixed header, QoS", v311: "[MQTT-3.3.1-4]", v5: "[MQTT-3.3.1-4]" }
            }
            Self::UnknownProtocolLevel(_) => Clauses {
                v31: "MQTT 3.1, Variable header, Protocol version",
                v311: "[MQTT-3.1.2-2]",
                v5: "[MQTT-3.1.2-2]",
            },
            Self::OfEarlierVersion { .. } => Clauses { v31: "", v311: "", v5: "MQTT 5, 3.2.2" },
            Self::VariableByteIntegerTooLong { .. } => Clauses { v31: "", v311: "", v5: "MQTT 5, 1.5.5" },
            Self::UnknownProperty(_) => Clauses { v31: "", v311: "", v5: "MQTT 5, 2.2.2.2" },
            Self::RemainingLengthTooLong
            | Self::ForbiddenRemainingLength { .. }
            | Self::FieldTooLong { .. }
            | Self::OfMqtt5 { .. }
            | Self::Incomplete { .. } => Clauses {
                v31: "MQTT 3.1, Fixed header, Remaining Length",
                v311: "MQTT 3.1.1, 2.2.3",
                v5: "MQTT 5, 2.1.4",
            },
        };
        clauses.of(version)
    }
}

/// What brokers of MQTT 5 answer to a client of another version (MQTT 5, 3.2.2.2).
const fn reason_words(reason_code: ReasonCode) -> &'static str {
    if reason_code.0 == ReasonCode::UNSUPPORTED_PROTOCOL_VERSION.0 {
        " (unsupported protocol version)"
    } else {
        ""
    }
}

/// What servers that do not know MQTT 5 answer to a client of it.
const fn code_words(return_code: u8) -> &'static str {
    match return_code {
        1 => " (unacceptable protocol version)",
        _ => "",
    }
}

/// A packet that cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A string or binary field too long for its two-byte length.
    #[error("{field} has {len} bytes, more than the 65,535 that its length can say")]
    FieldTooLong {
        /// The field, named as in the specification.
        field: &'static str,
        /// Its length in bytes.
        len: usize,
    },
    /// The whole packet is longer than the Remaining Length can say.
    #[error("the packet has a Remaining Length of {0}, more than 268,435,455")]
    PacketTooLong(usize),
    /// Packet identifier 0.
    #[error("packet id 0 is not valid")]
    PacketIdZero,
    /// A PUBLISH above QoS 0 without a packet identifier.
    #[error("a PUBLISH above QoS 0 needs a packet id")]
    PacketIdMissing,
    /// A PUBLISH at QoS 0 with a packet identifier, for which there is no place.
    #[error("a PUBLISH at QoS 0 has no packet id")]
    PacketIdAtQos0,
    /// A requested or Will QoS above 2.
    #[error("QoS is 0, 1 or 2, not {0}")]
    InvalidQos(u8),
    /// A protocol level without a known layout.
    #[error("protocol level {0} is neither 3 (MQTT 3.1), 4 (MQTT 3.1.1) nor 5 (MQTT 5)")]
    UnknownProtocolLevel(u8),
    /// Retain Handling 3, for which there are bits but no meaning.
    #[error("Retain Handling is 0, 1 or 2, not {0}")]
    InvalidRetainHandling(u8),
    /// A number that does not fit into its property.
    #[error("{number} does not fit into the property {property}")]
    PropertyNumber {
        /// The property.
        property: PropertyId,
        /// The number.
        number: u32,
    },
    /// A value of another kind than the property's.
    #[error("the property {0} has a value of another kind")]
    PropertyKind(PropertyId),
    /// Properties without the reason code that stands before them.
    #[error("a packet with properties has a reason code")]
    ReasonCodeMissing,
    /// A packet that the version does not have.
    #[error("MQTT {version} has no {packet_type}")]
    NotInVersion {
        /// The packet type.
        packet_type: PacketType,
        /// The version.
        version: ProtocolVersion,
    },
}

impl EncodeError {
    /// The variant's name, for machines.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::FieldTooLong { .. } => "FieldTooLong",
            Self::PacketTooLong(_) => "PacketTooLong",
            Self::PacketIdZero => "PacketIdZero",
            Self::PacketIdMissing => "PacketIdMissing",
            Self::PacketIdAtQos0 => "PacketIdAtQos0",
            Self::InvalidQos(_) => "InvalidQos",
            Self::UnknownProtocolLevel(_) => "UnknownProtocolLevel",
            Self::InvalidRetainHandling(_) => "InvalidRetainHandling",
            Self::PropertyNumber { .. } => "PropertyNumber",
            Self::PropertyKind(_) => "PropertyKind",
            Self::ReasonCodeMissing => "ReasonCodeMissing",
            Self::NotInVersion { .. } => "NotInVersion",
        }
    }
}
