//! The rules that a packet can break and still be decoded, each with its words and its clause.

use alloc::vec::Vec;

use crate::clause::Clauses;
use crate::property::{MISPLACED, PropertyHolder, PropertyId};
use crate::reason::ReasonCode;
use crate::types::{PacketType, ProtocolVersion};

/// A rule that a decodable packet breaks, at the byte that breaks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}")]
pub struct Violation {
    /// Offset of the byte at fault from the start of the packet.
    pub offset: usize,
    /// The rule.
    pub rule: Rule,
}

/// Receives the violations that decoding finds, in the order in which they are found.
///
/// `Vec<Violation>` collects them, `()` ignores them, a counter counts: decoding itself allocates nothing.
pub trait ViolationSink {
    /// Takes one violation.
    fn violation(&mut self, violation: Violation);
}

impl ViolationSink for () {
    fn violation(&mut self, _: Violation) {}
}

impl ViolationSink for Vec<Violation> {
    fn violation(&mut self, violation: Violation) {
        self.push(violation);
    }
}

/// A sink that keeps the first violation and forgets the others.
impl ViolationSink for Option<Violation> {
    fn violation(&mut self, violation: Violation) {
        self.get_or_insert(violation);
    }
}

/// A rule of MQTT 3.1, 3.1.1 or 5 for the bytes of a packet.
///
/// `Display` says in words what is wrong; [`Rule::clause`] says where that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// Flag bits of the fixed header that are reserved have another value than the one prescribed.
    #[error("the flag bits of {packet_type} must be {expected:04b}, not {actual:04b}")]
    ReservedHeaderFlags {
        /// The packet type.
        packet_type: PacketType,
        /// The low four bits that are prescribed.
        expected: u8,
        /// The low four bits that came.
        actual: u8,
    },
    /// 3.1 sends SUBSCRIBE, UNSUBSCRIBE and PUBREL at QoS 1.
    #[error("{packet_type} is sent at QoS 1, its fixed header says {actual}")]
    HeaderQos {
        /// The packet type.
        packet_type: PacketType,
        /// The QoS bits that came.
        actual: u8,
    },
    /// DUP on a message that is never sent twice.
    #[error("DUP is set at QoS 0")]
    DupAtQos0,
    /// Packet identifier 0.
    #[error("packet id 0 is not valid")]
    PacketIdZero,
    /// A string with bytes that are not UTF-8.
    #[error("the text is not well-formed UTF-8")]
    IllFormedUtf8,
    /// A string with a UTF-16 surrogate.
    #[error("the text holds a UTF-16 surrogate (U+D800 to U+DFFF)")]
    Surrogate,
    /// A string with U+0000.
    #[error("the text holds the null character U+0000")]
    Nul,
    /// A string too long for its two-byte length.
    #[error("{0} bytes are more than the 65,535 that a string can hold")]
    StringTooLong(usize),
    /// A topic name or filter without a character.
    #[error("a topic has at least one character")]
    TopicEmpty,
    /// A topic name, which is what PUBLISH and the will carry, with a wildcard.
    #[error("a topic name must not hold the wildcards + and #")]
    WildcardInTopicName,
    /// `#` elsewhere than alone at the end of a filter.
    #[error("# stands only at the end of a topic filter, alone or after a /")]
    MultiLevelWildcard,
    /// `+` that shares its level with other characters.
    #[error("+ must occupy a whole level of a topic filter")]
    SingleLevelWildcard,
    /// SUBSCRIBE or UNSUBSCRIBE without a topic filter.
    #[error("{0} has no topic filter")]
    NoTopicFilter(PacketType),
    /// SUBACK without a return code.
    #[error("SUBACK has no return code")]
    NoReturnCode,
    /// The byte behind a topic filter is no QoS.
    #[error("requested QoS byte is {0:#04x}, only 0, 1 and 2 are valid")]
    RequestedQos(u8),
    /// A return code of SUBACK that the version does not have.
    #[error("SUBACK return code {0:#04x} is not one of this version")]
    SubAckReturnCode(u8),
    /// A client id longer than 3.1 allows.
    #[error("a client id has at most 23 characters, this one has {0}")]
    ClientIdTooLong(usize),
    /// A client id that is empty, which 3.1 does not know.
    #[error("a client id has at least one character")]
    ClientIdEmpty,
    /// A client id that is empty without clean session.
    #[error("an empty client id needs clean session")]
    ClientIdEmptyWithoutCleanSession,
    /// The protocol name and the protocol level belong to different versions.
    #[error("protocol name and level {0} do not belong together")]
    ProtocolNameAndLevel(u8),
    /// Bit 0 of the connect flags.
    #[error("the reserved bit 0 of the connect flags is set")]
    ConnectReservedFlag,
    /// Will QoS without the will flag.
    #[error("Will QoS must be 0 when the will flag is not set")]
    WillQosWithoutWill,
    /// Will retain without the will flag.
    #[error("Will retain must be 0 when the will flag is not set")]
    WillRetainWithoutWill,
    /// Will QoS 3.
    #[error("Will QoS 3 is reserved")]
    WillQosReserved,
    /// A password flag without the user name flag.
    #[error("a password needs a user name")]
    PasswordWithoutUsername,
    /// The user name flag is set, and the payload ends before the user name.
    #[error("the user name flag is set but there is no user name")]
    UsernameMissing,
    /// The password flag is set, and the payload ends before the password.
    #[error("the password flag is set but there is no password")]
    PasswordMissing,
    /// Bytes behind the last field of a packet.
    #[error("{0} B follow the last field")]
    TrailingBytes(usize),
    /// Bits 7 to 1 of the connect acknowledge flags.
    #[error("the reserved bits of the connect acknowledge flags are set")]
    ConnAckReservedFlags,
    /// Session present in a refusal.
    #[error("session present must be 0 when the connection is refused")]
    SessionPresentWithRefusal,
    /// A connect return code above 5.
    #[error("connect return code {0} is reserved")]
    ReturnCodeReserved(u8),
    /// A Variable Byte Integer with more bytes than its number needs, which only MQTT 5 forbids.
    #[error("{0} takes more bytes than its number needs")]
    NotTheFewestBytes(&'static str),
    /// A property that the packet type does not have.
    #[error("{holder} has no {property}")]
    PropertyMisplaced {
        /// The property.
        property: PropertyId,
        /// Where it stands.
        holder: PropertyHolder,
    },
    /// A property that may come once, and came again.
    #[error("{property} comes more than once in {holder}")]
    PropertyTwice {
        /// The property.
        property: PropertyId,
        /// Where it stands.
        holder: PropertyHolder,
    },
    /// A number that the property must not have.
    #[error("{property} must not be {number}")]
    PropertyNumber {
        /// The property.
        property: PropertyId,
        /// The number that came.
        number: u32,
        /// Where it stands.
        holder: PropertyHolder,
    },
    /// A Response Topic with a wildcard: it is a topic name.
    #[error("a Response Topic must not hold the wildcards + and #")]
    WildcardInResponseTopic(PropertyHolder),
    /// Authentication Data where no Authentication Method says what it is.
    #[error("Authentication Data needs an Authentication Method")]
    AuthenticationDataWithoutMethod(PropertyHolder),
    /// AUTH without an Authentication Method.
    #[error("AUTH has no Authentication Method")]
    AuthenticationMethodMissing,
    /// A reason code that the packet type does not have.
    #[error("{packet_type} has no reason code {code}")]
    ReasonCode {
        /// The packet type.
        packet_type: PacketType,
        /// The reason code that came.
        code: ReasonCode,
    },
    /// PUBLISH without a topic name and without a topic alias for one.
    #[error("the topic name is empty, and no Topic Alias stands for it")]
    TopicEmptyWithoutAlias,
    /// Bits 6 and 7 of the subscription options.
    #[error("the reserved bits 6 and 7 of the subscription options are set")]
    SubscriptionOptionsReserved,
    /// Retain Handling 3.
    #[error("Retain Handling is 0, 1 or 2, not 3")]
    RetainHandling,
    /// No Local on a shared subscription.
    #[error("a shared subscription must not have No Local")]
    NoLocalOnShared,
    /// A shared subscription whose share name is empty, or holds a wildcard.
    #[error("a share name has at least one character and no + or #")]
    ShareName,
    /// A shared subscription without a topic filter behind its share name.
    #[error("a / and a topic filter must follow the share name")]
    ShareWithoutFilter,
}

impl Rule {
    /// Where the rule is written: a statement number or a section of 3.1.1 or 5, or a section of 3.1.
    ///
    /// A rule that the given version does not have is answered with another version's clause.
    #[must_use]
    pub const fn clause(&self, version: ProtocolVersion) -> &'static str {
        self.clauses().of(version)
    }

    /// What a DISCONNECT says to a peer that breaks the rule (MQTT 5, 4.13): "Malformed Packet" where the bytes are not what
    /// the packet's form asks for, "Protocol Error" where they say what must not be said.
    #[must_use]
    pub const fn reason_code(&self) -> ReasonCode {
        match self {
            Self::ReservedHeaderFlags { .. }
            | Self::HeaderQos { .. }
            | Self::IllFormedUtf8
            | Self::Surrogate
            | Self::Nul
            | Self::StringTooLong(_)
            | Self::ConnectReservedFlag
            | Self::UsernameMissing
            | Self::PasswordMissing
            | Self::TrailingBytes(_)
            | Self::ConnAckReservedFlags
            | Self::NotTheFewestBytes(_)
            | Self::PropertyMisplaced { .. }
            | Self::SubscriptionOptionsReserved => ReasonCode::MALFORMED_PACKET,
            Self::PropertyNumber { property: PropertyId::TopicAlias, .. } => ReasonCode::TOPIC_ALIAS_INVALID,
            _ => ReasonCode::PROTOCOL_ERROR,
        }
    }

    const fn clauses(&self) -> Clauses {
        match self {
            Self::ReservedHeaderFlags { packet_type, .. } => Clauses {
                v31: "",
                v311: match packet_type {
                    PacketType::PubRel => "[MQTT-3.6.1-1]",
                    PacketType::Subscribe => "[MQTT-3.8.1-1]",
                    PacketType::Unsubscribe => "[MQTT-3.10.1-1]",
                    PacketType::Disconnect => "[MQTT-3.14.1-1]",
                    _ => "[MQTT-2.2.2-1]",
                },
                v5: match packet_type {
                    PacketType::PubRel => "[MQTT-3.6.1-1]",
                    PacketType::Subscribe => "[MQTT-3.8.1-1]",
                    PacketType::Unsubscribe => "[MQTT-3.10.1-1]",
                    PacketType::Disconnect => "[MQTT-3.14.1-1]",
                    PacketType::Auth => "[MQTT-3.15.1-1]",
                    _ => "[MQTT-2.1.3-1]",
                },
            },
            Self::HeaderQos { packet_type, .. } => Clauses {
                v31: match packet_type {
                    PacketType::PubRel => "MQTT 3.1, PUBREL, Fixed header",
                    PacketType::Subscribe => "MQTT 3.1, SUBSCRIBE, Fixed header",
                    _ => "MQTT 3.1, UNSUBSCRIBE, Fixed header",
                },
                v311: "",
                v5: "",
            },
            Self::DupAtQos0 => {
                Clauses { v31: "MQTT 3.1, Fixed header, DUP", v311: "[MQTT-3.3.1-2]", v5: "[MQTT-3.3.1-2]" }
            }
            Self::PacketIdZero => Clauses {
                v31: "MQTT 3.1, Message identifiers",
                v311: "[MQTT-2.3.1-1]",
                v5: "[MQTT-2.2.1-3], [MQTT-2.2.1-4]",
            },
            Self::IllFormedUtf8 | Self::Surrogate => {
                Clauses { v31: "MQTT 3.1, MQTT and UTF-8", v311: "[MQTT-1.5.3-1]", v5: "[MQTT-1.5.4-1]" }
            }
            Self::Nul => Clauses {
                v31: "MQTT 3.1, Appendix A, Topic semantics and usage",
                v311: "[MQTT-1.5.3-2]",
                v5: "[MQTT-1.5.4-2]",
            },
            Self::StringTooLong(_) => {
                Clauses { v31: "MQTT 3.1, MQTT and UTF-8", v311: "[MQTT-4.7.3-3]", v5: "[MQTT-4.7.3-3]" }
            }
            Self::TopicEmpty => Clauses {
                v31: "MQTT 3.1, Appendix A, Topic semantics and usage",
                v311: "[MQTT-4.7.3-1]",
                v5: "[MQTT-4.7.3-1]",
            },
            Self::WildcardInTopicName => Clauses {
                v31: "MQTT 3.1, PUBLISH, Variable header",
                v311: "[MQTT-3.3.2-2], [MQTT-4.7.1-1]",
                v5: "[MQTT-3.3.2-2], [MQTT-4.7.0-1]",
            },
            Self::MultiLevelWildcard => Clauses {
                v31: "MQTT 3.1, Appendix A, Multi-level wildcard",
                v311: "[MQTT-4.7.1-2]",
                v5: "[MQTT-4.7.1-1]",
            },
            Self::SingleLevelWildcard => Clauses {
                v31: "MQTT 3.1, Appendix A, Single-level wildcard",
                v311: "[MQTT-4.7.1-3]",
                v5: "[MQTT-4.7.1-2]",
            },
            Self::NoTopicFilter(packet_type) => match packet_type {
                PacketType::Subscribe => Clauses {
                    v31: "MQTT 3.1, SUBSCRIBE, Payload",
                    v311: "[MQTT-3.8.3-3]",
                    v5: "[MQTT-3.8.3-2]",
                },
                _ => Clauses {
                    v31: "MQTT 3.1, UNSUBSCRIBE, Payload",
                    v311: "[MQTT-3.10.3-2]",
                    v5: "[MQTT-3.10.3-2]",
                },
            },
            Self::NoReturnCode => {
                Clauses { v31: "MQTT 3.1, SUBACK, Payload", v311: "[MQTT-3.8.4-5]", v5: "[MQTT-3.8.4-6]" }
            }
            Self::RequestedQos(_) => {
                Clauses { v31: "MQTT 3.1, SUBSCRIBE, Payload", v311: "[MQTT-3.8.3-4]", v5: "MQTT 5, 3.8.3.1" }
            }
            Self::SubAckReturnCode(_) => Clauses {
                v31: "MQTT 3.1, SUBACK, Payload",
                v311: "[MQTT-3.9.3-2]",
                v5: "[MQTT-3.9.3-1], [MQTT-3.9.3-2]",
            },
            Self::ClientIdTooLong(_) | Self::ClientIdEmpty => {
                Clauses { v31: "MQTT 3.1, CONNECT, Client Identifier", v311: "", v5: "" }
            }
            Self::ClientIdEmptyWithoutCleanSession => Clauses { v31: "", v311: "[MQTT-3.1.3-7]", v5: "" },
            Self::ProtocolNameAndLevel(level) => Clauses {
                v31: "MQTT 3.1, Variable header, Protocol version",
                v311: match ProtocolVersion::from_level(*level) {
                    // At the level of 3.1.1 it is the name that is wrong.
                    Some(ProtocolVersion::V311) => "[MQTT-3.1.2-1]",
                    Some(ProtocolVersion::V31 | ProtocolVersion::V5) | None => "[MQTT-3.1.2-2]",
                },
                v5: "[MQTT-3.1.2-1]",
            },
            Self::ConnectReservedFlag => Clauses { v31: "", v311: "[MQTT-3.1.2-3]", v5: "[MQTT-3.1.2-3]" },
            Self::WillQosWithoutWill => Clauses { v31: "", v311: "[MQTT-3.1.2-13]", v5: "[MQTT-3.1.2-11]" },
            Self::WillRetainWithoutWill => {
                Clauses { v31: "", v311: "[MQTT-3.1.2-15]", v5: "[MQTT-3.1.2-13]" }
            }
            Self::WillQosReserved => Clauses {
                v31: "MQTT 3.1, Variable header, Will QoS",
                v311: "[MQTT-3.1.2-14]",
                v5: "[MQTT-3.1.2-12]",
            },
            Self::PasswordWithoutUsername => Clauses {
                v31: "MQTT 3.1, Variable header, User name and password flags",
                v311: "[MQTT-3.1.2-22]",
                v5: "",
            },
            Self::UsernameMissing => Clauses { v31: "", v311: "[MQTT-3.1.2-19]", v5: "[MQTT-3.1.2-17]" },
            Self::PasswordMissing => Clauses { v31: "", v311: "[MQTT-3.1.2-21]", v5: "[MQTT-3.1.2-19]" },
            Self::TrailingBytes(_) => Clauses {
                v31: "MQTT 3.1, Fixed header, Remaining Length",
                v311: "MQTT 3.1.1, 2.2.3",
                v5: "MQTT 5, 2.1.4",
            },
            Self::ConnAckReservedFlags => {
                Clauses { v31: "", v311: "MQTT 3.1.1, 3.2.2.1", v5: "[MQTT-3.2.2-1]" }
            }
            Self::SessionPresentWithRefusal => {
                Clauses { v31: "", v311: "[MQTT-3.2.2-4]", v5: "[MQTT-3.2.2-6]" }
            }
            Self::ReturnCodeReserved(_) => Clauses {
                v31: "MQTT 3.1, CONNACK, Connect return code",
                v311: "MQTT 3.1.1, 3.2.2.3",
                v5: "[MQTT-3.2.2-8]",
            },
            Self::NotTheFewestBytes(_) => in_v5("[MQTT-1.5.5-1]"),
            Self::PropertyMisplaced { .. } => in_v5(MISPLACED),
            Self::PropertyTwice { property, holder } => in_v5(property.section(*holder)),
            Self::PropertyNumber { property: PropertyId::TopicAlias, .. } => in_v5("[MQTT-3.3.2-8]"),
            Self::PropertyNumber { property, holder, .. } => in_v5(property.section(*holder)),
            Self::WildcardInResponseTopic(PropertyHolder::Will) => in_v5("[MQTT-4.7.0-1]"),
            Self::WildcardInResponseTopic(PropertyHolder::Packet(_)) => in_v5("[MQTT-3.3.2-14]"),
            Self::AuthenticationDataWithoutMethod(PropertyHolder::Packet(PacketType::Auth))
            | Self::AuthenticationMethodMissing => in_v5("MQTT 5, 3.15.2.2.2"),
            Self::AuthenticationDataWithoutMethod(holder) => {
                in_v5(PropertyId::AuthenticationData.section(*holder))
            }
            Self::ReasonCode { packet_type, .. } => in_v5(match packet_type {
                PacketType::ConnAck => "[MQTT-3.2.2-8]",
                PacketType::PubAck => "[MQTT-3.4.2-1]",
                PacketType::PubRec => "[MQTT-3.5.2-1]",
                PacketType::PubRel => "[MQTT-3.6.2-1]",
                PacketType::PubComp => "[MQTT-3.7.2-1]",
                PacketType::SubAck => "[MQTT-3.9.3-2]",
                PacketType::UnsubAck => "[MQTT-3.11.3-2]",
                PacketType::Disconnect => "[MQTT-3.14.2-1]",
                PacketType::Auth => "[MQTT-3.15.2-1]",
                _ => "MQTT 5, 2.4",
            }),
            Self::TopicEmptyWithoutAlias => in_v5("MQTT 5, 3.3.2.1"),
            Self::SubscriptionOptionsReserved => in_v5("[MQTT-3.8.3-5]"),
            Self::RetainHandling => in_v5("MQTT 5, 3.8.3.1"),
            Self::NoLocalOnShared => in_v5("[MQTT-3.8.3-4]"),
            Self::ShareName => in_v5("[MQTT-4.8.2-1], [MQTT-4.8.2-2]"),
            Self::ShareWithoutFilter => in_v5("[MQTT-4.8.2-2]"),
        }
    }
}

/// A rule that came with MQTT 5.
const fn in_v5(v5: &'static str) -> Clauses {
    Clauses { v31: "", v311: "", v5 }
}
