//! The properties of MQTT 5: their numbers, names and types, where each may stand, and where that is written.

use core::fmt;

use crate::clause::Clauses;
use crate::field::{FieldDef, Meaning};
use crate::types::PacketType;

/// A property of MQTT 5 by its identifier (MQTT 5, table 2-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "the variants are the names of the specification")]
pub enum PropertyId {
    PayloadFormatIndicator = 0x01,
    MessageExpiryInterval = 0x02,
    ContentType = 0x03,
    ResponseTopic = 0x08,
    CorrelationData = 0x09,
    SubscriptionIdentifier = 0x0b,
    SessionExpiryInterval = 0x11,
    AssignedClientIdentifier = 0x12,
    ServerKeepAlive = 0x13,
    AuthenticationMethod = 0x15,
    AuthenticationData = 0x16,
    RequestProblemInformation = 0x17,
    WillDelayInterval = 0x18,
    RequestResponseInformation = 0x19,
    ResponseInformation = 0x1a,
    ServerReference = 0x1c,
    ReasonString = 0x1f,
    ReceiveMaximum = 0x21,
    TopicAliasMaximum = 0x22,
    TopicAlias = 0x23,
    MaximumQos = 0x24,
    RetainAvailable = 0x25,
    UserProperty = 0x26,
    MaximumPacketSize = 0x27,
    WildcardSubscriptionAvailable = 0x28,
    SubscriptionIdentifierAvailable = 0x29,
    SharedSubscriptionAvailable = 0x2a,
}

/// The form of a property's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropertyKind {
    /// A number of one byte.
    Byte,
    /// A number of two bytes.
    TwoByte,
    /// A number of four bytes.
    FourByte,
    /// A number of one to four bytes, 268,435,455 at most.
    VariableByte,
    /// A string.
    Text,
    /// Bytes.
    Binary,
    /// Two strings, a name and a value.
    Pair,
}

impl PropertyKind {
    /// The largest number of this form, `None` where it is no number.
    #[must_use]
    pub const fn max(self) -> Option<u32> {
        match self {
            Self::Byte => Some(0xff),
            Self::TwoByte => Some(0xffff),
            Self::FourByte => Some(u32::MAX),
            Self::VariableByte => Some(crate::varint::MAX),
            Self::Text | Self::Binary | Self::Pair => None,
        }
    }
}

/// What properties belong to: a packet, or the will of a CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PropertyHolder {
    /// The will of a CONNECT (MQTT 5, 3.1.3.2).
    Will,
    /// A packet of this type.
    Packet(PacketType),
}

impl PropertyId {
    /// All of them, in the order of their identifiers.
    pub const ALL: [Self; 27] = [
        Self::PayloadFormatIndicator,
        Self::MessageExpiryInterval,
        Self::ContentType,
        Self::ResponseTopic,
        Self::CorrelationData,
        Self::SubscriptionIdentifier,
        Self::SessionExpiryInterval,
        Self::AssignedClientIdentifier,
        Self::ServerKeepAlive,
        Self::AuthenticationMethod,
        Self::AuthenticationData,
        Self::RequestProblemInformation,
        Self::WillDelayInterval,
        Self::RequestResponseInformation,
        Self::ResponseInformation,
        Self::ServerReference,
        Self::ReasonString,
        Self::ReceiveMaximum,
        Self::TopicAliasMaximum,
        Self::TopicAlias,
        Self::MaximumQos,
        Self::RetainAvailable,
        Self::UserProperty,
        Self::MaximumPacketSize,
        Self::WildcardSubscriptionAvailable,
        Self::SubscriptionIdentifierAvailable,
        Self::SharedSubscriptionAvailable,
    ];

    /// The property of an identifier, `None` where no property has it.
    #[inline]
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        BY_NUMBER.get(usize::try_from(number).ok()?).copied().flatten()
    }

    /// The identifier, which is the first byte of the property.
    #[inline]
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The form of its value.
    #[inline]
    #[must_use]
    pub const fn kind(self) -> PropertyKind {
        use PropertyKind as Kind;
        match self {
            Self::PayloadFormatIndicator
            | Self::RequestProblemInformation
            | Self::RequestResponseInformation
            | Self::MaximumQos
            | Self::RetainAvailable
            | Self::WildcardSubscriptionAvailable
            | Self::SubscriptionIdentifierAvailable
            | Self::SharedSubscriptionAvailable => Kind::Byte,
            Self::ServerKeepAlive | Self::ReceiveMaximum | Self::TopicAliasMaximum | Self::TopicAlias => {
                Kind::TwoByte
            }
            Self::MessageExpiryInterval
            | Self::SessionExpiryInterval
            | Self::WillDelayInterval
            | Self::MaximumPacketSize => Kind::FourByte,
            Self::SubscriptionIdentifier => Kind::VariableByte,
            Self::ContentType
            | Self::ResponseTopic
            | Self::AssignedClientIdentifier
            | Self::AuthenticationMethod
            | Self::ResponseInformation
            | Self::ServerReference
            | Self::ReasonString => Kind::Text,
            Self::CorrelationData | Self::AuthenticationData => Kind::Binary,
            Self::UserProperty => Kind::Pair,
        }
    }

    /// Whether a number is one that the property must not have; its sections name them Protocol Errors.
    #[inline]
    #[must_use]
    pub const fn forbids(self, number: u32) -> bool {
        match self {
            Self::ReceiveMaximum
            | Self::MaximumPacketSize
            | Self::TopicAlias
            | Self::SubscriptionIdentifier => number == 0,
            _ => matches!(self.kind(), PropertyKind::Byte) && number > 1,
        }
    }

    /// Its name in the specification.
    #[must_use]
    pub const fn title(self) -> &'static str {
        // Not by way of its definition: who needs only names is not to carry the dissector's words.
        TITLES[self.place()]
    }

    const fn place(self) -> usize {
        let mut at = 0;
        while at < Self::ALL.len() {
            if Self::ALL[at] as u8 == self as u8 {
                return at;
            }
            at += 1;
        }
        0
    }

    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PayloadFormatIndicator => "payload_format_indicator",
            Self::MessageExpiryInterval => "message_expiry_interval",
            Self::ContentType => "content_type",
            Self::ResponseTopic => "response_topic",
            Self::CorrelationData => "correlation_data",
            Self::SubscriptionIdentifier => "subscription_identifier",
            Self::SessionExpiryInterval => "session_expiry_interval",
            Self::AssignedClientIdentifier => "assigned_client_identifier",
            Self::ServerKeepAlive => "server_keep_alive",
            Self::AuthenticationMethod => "authentication_method",
            Self::AuthenticationData => "authentication_data",
            Self::RequestProblemInformation => "request_problem_information",
            Self::WillDelayInterval => "will_delay_interval",
            Self::RequestResponseInformation => "request_response_information",
            Self::ResponseInformation => "response_information",
            Self::ServerReference => "server_reference",
            Self::ReasonString => "reason_string",
            Self::ReceiveMaximum => "receive_maximum",
            Self::TopicAliasMaximum => "topic_alias_maximum",
            Self::TopicAlias => "topic_alias",
            Self::MaximumQos => "maximum_qos",
            Self::RetainAvailable => "retain_available",
            Self::UserProperty => "user_property",
            Self::MaximumPacketSize => "maximum_packet_size",
            Self::WildcardSubscriptionAvailable => "wildcard_subscription_available",
            Self::SubscriptionIdentifierAvailable => "subscription_identifier_available",
            Self::SharedSubscriptionAvailable => "shared_subscription_available",
        }
    }

    /// The property of a name in JSON.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|id| id.name() == name)
    }

    /// Whether the property may stand there (MQTT 5, table 2-4).
    #[inline]
    #[must_use]
    pub const fn is_of(self, holder: PropertyHolder) -> bool {
        holder.allowed() & self.bit() != 0
    }

    /// Whether it may stand there more than once.
    #[inline]
    #[must_use]
    pub const fn repeats_in(self, holder: PropertyHolder) -> bool {
        match self {
            Self::UserProperty => true,
            Self::SubscriptionIdentifier => matches!(holder, PropertyHolder::Packet(PacketType::Publish)),
            _ => false,
        }
    }

    /// The section about the property in this packet; that of all properties where it has no place there.
    #[must_use]
    pub const fn section(self, holder: PropertyHolder) -> &'static str {
        let sections = holder.sections();
        let mut at = 0;
        while at < sections.len() {
            if sections[at].0 as u8 == self as u8 {
                return sections[at].1;
            }
            at += 1;
        }
        MISPLACED
    }

    /// A set of properties is a number with these bits.
    #[inline]
    pub(crate) const fn bit(self) -> u64 {
        1 << self as u8
    }

    /// What the dissector says of it.
    pub(crate) const fn def(self) -> &'static FieldDef {
        &DEFS[self.place()]
    }
}

impl fmt::Display for PropertyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

impl PropertyHolder {
    /// The packet that holds them.
    #[must_use]
    pub const fn packet_type(self) -> PacketType {
        match self {
            Self::Will => PacketType::Connect,
            Self::Packet(packet_type) => packet_type,
        }
    }

    /// The set of properties that may stand here.
    #[inline]
    const fn allowed(self) -> u64 {
        match self {
            Self::Will => ALLOWED[0],
            Self::Packet(packet_type) => ALLOWED[packet_type as usize],
        }
    }

    /// The properties that may stand here, each with its section.
    #[must_use]
    pub const fn sections(self) -> &'static [(PropertyId, &'static str)] {
        match self {
            Self::Will => &WILL,
            Self::Packet(packet_type) => match packet_type {
                PacketType::Connect => &CONNECT,
                PacketType::ConnAck => &CONNACK,
                PacketType::Publish => &PUBLISH,
                PacketType::PubAck => &PUBACK,
                PacketType::PubRec => &PUBREC,
                PacketType::PubRel => &PUBREL,
                PacketType::PubComp => &PUBCOMP,
                PacketType::Subscribe => &SUBSCRIBE,
                PacketType::SubAck => &SUBACK,
                PacketType::Unsubscribe => &UNSUBSCRIBE,
                PacketType::UnsubAck => &UNSUBACK,
                PacketType::Disconnect => &DISCONNECT,
                PacketType::Auth => &AUTH,
                PacketType::PingReq | PacketType::PingResp => &[],
            },
        }
    }
}

impl fmt::Display for PropertyHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Will => f.write_str("a will"),
            Self::Packet(packet_type) => packet_type.fmt(f),
        }
    }
}

/// "A Control Packet which contains an Identifier which is not valid for its packet type".
pub(crate) const MISPLACED: &str = "MQTT 5, 2.2.2.2";

static BY_NUMBER: [Option<PropertyId>; 0x2b] = {
    let mut by_number = [None; 0x2b];
    let mut at = 0;
    while at < PropertyId::ALL.len() {
        by_number[PropertyId::ALL[at] as usize] = Some(PropertyId::ALL[at]);
        at += 1;
    }
    by_number
};

/// The sets of properties that packets may hold, by the number of the packet type; that of a will is the first.
static ALLOWED: [u64; 16] = {
    let mut allowed = [set(&WILL); 16];
    let mut at = 0;
    while at < PacketType::ALL.len() {
        allowed[at + 1] = set(PropertyHolder::Packet(PacketType::ALL[at]).sections());
        at += 1;
    }
    allowed
};

const fn set(sections: &[(PropertyId, &str)]) -> u64 {
    let mut set = 0;
    let mut at = 0;
    while at < sections.len() {
        set |= sections[at].0.bit();
        at += 1;
    }
    set
}

use PropertyId as Id;

static CONNECT: [(Id, &str); 9] = [
    (Id::SessionExpiryInterval, "MQTT 5, 3.1.2.11.2"),
    (Id::ReceiveMaximum, "MQTT 5, 3.1.2.11.3"),
    (Id::MaximumPacketSize, "MQTT 5, 3.1.2.11.4"),
    (Id::TopicAliasMaximum, "MQTT 5, 3.1.2.11.5"),
    (Id::RequestResponseInformation, "MQTT 5, 3.1.2.11.6"),
    (Id::RequestProblemInformation, "MQTT 5, 3.1.2.11.7"),
    (Id::UserProperty, "MQTT 5, 3.1.2.11.8"),
    (Id::AuthenticationMethod, "MQTT 5, 3.1.2.11.9"),
    (Id::AuthenticationData, "MQTT 5, 3.1.2.11.10"),
];
static WILL: [(Id, &str); 7] = [
    (Id::WillDelayInterval, "MQTT 5, 3.1.3.2.2"),
    (Id::PayloadFormatIndicator, "MQTT 5, 3.1.3.2.3"),
    (Id::MessageExpiryInterval, "MQTT 5, 3.1.3.2.4"),
    (Id::ContentType, "MQTT 5, 3.1.3.2.5"),
    (Id::ResponseTopic, "MQTT 5, 3.1.3.2.6"),
    (Id::CorrelationData, "MQTT 5, 3.1.3.2.7"),
    (Id::UserProperty, "MQTT 5, 3.1.3.2.8"),
];
static CONNACK: [(Id, &str); 17] = [
    (Id::SessionExpiryInterval, "MQTT 5, 3.2.2.3.2"),
    (Id::ReceiveMaximum, "MQTT 5, 3.2.2.3.3"),
    (Id::MaximumQos, "MQTT 5, 3.2.2.3.4"),
    (Id::RetainAvailable, "MQTT 5, 3.2.2.3.5"),
    (Id::MaximumPacketSize, "MQTT 5, 3.2.2.3.6"),
    (Id::AssignedClientIdentifier, "MQTT 5, 3.2.2.3.7"),
    (Id::TopicAliasMaximum, "MQTT 5, 3.2.2.3.8"),
    (Id::ReasonString, "MQTT 5, 3.2.2.3.9"),
    (Id::UserProperty, "MQTT 5, 3.2.2.3.10"),
    (Id::WildcardSubscriptionAvailable, "MQTT 5, 3.2.2.3.11"),
    (Id::SubscriptionIdentifierAvailable, "MQTT 5, 3.2.2.3.12"),
    (Id::SharedSubscriptionAvailable, "MQTT 5, 3.2.2.3.13"),
    (Id::ServerKeepAlive, "MQTT 5, 3.2.2.3.14"),
    (Id::ResponseInformation, "MQTT 5, 3.2.2.3.15"),
    (Id::ServerReference, "MQTT 5, 3.2.2.3.16"),
    (Id::AuthenticationMethod, "MQTT 5, 3.2.2.3.17"),
    (Id::AuthenticationData, "MQTT 5, 3.2.2.3.18"),
];
static PUBLISH: [(Id, &str); 8] = [
    (Id::PayloadFormatIndicator, "MQTT 5, 3.3.2.3.2"),
    (Id::MessageExpiryInterval, "MQTT 5, 3.3.2.3.3"),
    (Id::TopicAlias, "MQTT 5, 3.3.2.3.4"),
    (Id::ResponseTopic, "MQTT 5, 3.3.2.3.5"),
    (Id::CorrelationData, "MQTT 5, 3.3.2.3.6"),
    (Id::UserProperty, "MQTT 5, 3.3.2.3.7"),
    (Id::SubscriptionIdentifier, "MQTT 5, 3.3.2.3.8"),
    (Id::ContentType, "MQTT 5, 3.3.2.3.9"),
];
static PUBACK: [(Id, &str); 2] =
    [(Id::ReasonString, "MQTT 5, 3.4.2.2.2"), (Id::UserProperty, "MQTT 5, 3.4.2.2.3")];
static PUBREC: [(Id, &str); 2] =
    [(Id::ReasonString, "MQTT 5, 3.5.2.2.2"), (Id::UserProperty, "MQTT 5, 3.5.2.2.3")];
static PUBREL: [(Id, &str); 2] =
    [(Id::ReasonString, "MQTT 5, 3.6.2.2.2"), (Id::UserProperty, "MQTT 5, 3.6.2.2.3")];
static PUBCOMP: [(Id, &str); 2] =
    [(Id::ReasonString, "MQTT 5, 3.7.2.2.2"), (Id::UserProperty, "MQTT 5, 3.7.2.2.3")];
static SUBSCRIBE: [(Id, &str); 2] =
    [(Id::SubscriptionIdentifier, "MQTT 5, 3.8.2.1.2"), (Id::UserProperty, "MQTT 5, 3.8.2.1.3")];
static SUBACK: [(Id, &str); 2] =
    [(Id::ReasonString, "MQTT 5, 3.9.2.1.2"), (Id::UserProperty, "MQTT 5, 3.9.2.1.3")];
static UNSUBSCRIBE: [(Id, &str); 1] = [(Id::UserProperty, "MQTT 5, 3.10.2.1.2")];
static UNSUBACK: [(Id, &str); 2] =
    [(Id::ReasonString, "MQTT 5, 3.11.2.1.2"), (Id::UserProperty, "MQTT 5, 3.11.2.1.3")];
static DISCONNECT: [(Id, &str); 4] = [
    (Id::SessionExpiryInterval, "MQTT 5, 3.14.2.2.2"),
    (Id::ReasonString, "MQTT 5, 3.14.2.2.3"),
    (Id::UserProperty, "MQTT 5, 3.14.2.2.4"),
    (Id::ServerReference, "MQTT 5, 3.14.2.2.5"),
];
static AUTH: [(Id, &str); 4] = [
    (Id::AuthenticationMethod, "MQTT 5, 3.15.2.2.2"),
    (Id::AuthenticationData, "MQTT 5, 3.15.2.2.3"),
    (Id::ReasonString, "MQTT 5, 3.15.2.2.4"),
    (Id::UserProperty, "MQTT 5, 3.15.2.2.5"),
];

const fn def(name: &'static str, rule: &'static str, v5: &'static str) -> FieldDef {
    FieldDef::new(name, rule, Clauses { v31: "", v311: "", v5 })
}

/// In the order of [`PropertyId::ALL`].
const TITLES: [&str; 27] = [
    "Payload Format Indicator",
    "Message Expiry Interval",
    "Content Type",
    "Response Topic",
    "Correlation Data",
    "Subscription Identifier",
    "Session Expiry Interval",
    "Assigned Client Identifier",
    "Server Keep Alive",
    "Authentication Method",
    "Authentication Data",
    "Request Problem Information",
    "Will Delay Interval",
    "Request Response Information",
    "Response Information",
    "Server Reference",
    "Reason String",
    "Receive Maximum",
    "Topic Alias Maximum",
    "Topic Alias",
    "Maximum QoS",
    "Retain Available",
    "User Property",
    "Maximum Packet Size",
    "Wildcard Subscription Available",
    "Subscription Identifier Available",
    "Shared Subscription Available",
];

/// In the order of [`PropertyId::ALL`].
static DEFS: [FieldDef; 27] = [
    def(
        TITLES[0],
        "0 where the payload is bytes without a stated form, 1 where it is UTF-8; absent means 0.",
        "MQTT 5, 3.3.2.3.2 and 3.1.3.2.3",
    ),
    def(
        TITLES[1],
        "For how long the message may be delivered; what a server forwards has what is left. Absent means for ever.",
        "[MQTT-3.3.2-5], [MQTT-3.3.2-6]",
    )
    .meaning(Meaning::Seconds),
    def(
        TITLES[2],
        "What the payload is, in words that sender and receiver agree on; often a MIME type.",
        "[MQTT-3.3.2-19], [MQTT-3.3.2-20]",
    ),
    def(
        TITLES[3],
        "The topic name that an answer is published to: it makes the message a request.",
        "[MQTT-3.3.2-13] to [MQTT-3.3.2-15]",
    ),
    def(
        TITLES[4],
        "Comes back with the answer, so that the requester knows which request it answers.",
        "[MQTT-3.3.2-16]",
    ),
    def(
        TITLES[5],
        "A number for a subscription, 1 to 268,435,455, that comes back in each message that it matches.",
        "[MQTT-3.3.4-3] to [MQTT-3.3.4-6]",
    ),
    def(
        TITLES[6],
        "How long the session lives once the connection has ended; 0xFFFFFFFF is for ever, absent in CONNECT means 0.",
        "MQTT 5, 3.1.2.11.2, 3.2.2.3.2, 3.14.2.2.2",
    )
    .meaning(Meaning::Expiry),
    def(
        TITLES[7],
        "The client identifier that the server chose, since the client gave none.",
        "[MQTT-3.2.2-16]",
    ),
    def(
        TITLES[8],
        "Replaces the Keep Alive of the client, longer or shorter; 0 switches it off.",
        "[MQTT-3.2.2-21]",
    )
    .meaning(Meaning::Seconds),
    def(
        TITLES[9],
        "The name of the enhanced authentication; each AUTH of the connection carries the same.",
        "[MQTT-3.1.2-30], [MQTT-4.12.0-5]",
    ),
    def(
        TITLES[10],
        "What the method says; never shown, logged or exported.",
        "MQTT 5, 4.12",
    )
    .meaning(Meaning::Secret),
    def(
        TITLES[11],
        "0 forbids Reason Strings and User Properties but in PUBLISH, CONNACK and DISCONNECT; absent means 1.",
        "[MQTT-3.1.2-29]",
    ),
    def(
        TITLES[12],
        "How long the server waits with the will once the connection is lost; absent means 0.",
        "[MQTT-3.1.2-8], [MQTT-3.1.3-9]",
    )
    .meaning(Meaning::Seconds),
    def(
        TITLES[13],
        "1 asks for Response Information in CONNACK; absent means 0.",
        "[MQTT-3.1.2-28]",
    ),
    def(
        TITLES[14],
        "A basis for Response Topics, by a rule that the specification leaves open.",
        "MQTT 5, 3.2.2.3.15",
    ),
    def(TITLES[15], "Another server that the client should go to.", "MQTT 5, 4.11"),
    def(
        TITLES[16],
        "Words for people who look for a fault; no program should read them.",
        "MQTT 5, 3.2.2.3.9",
    ),
    def(
        TITLES[17],
        "How many messages above QoS 0 may be unacknowledged at the sender of this; not 0, absent means 65,535.",
        "[MQTT-3.3.4-7], [MQTT-3.3.4-9]",
    ),
    def(
        TITLES[18],
        "The highest topic alias that the sender of this accepts; absent means 0, none.",
        "[MQTT-3.1.2-26], [MQTT-3.2.2-17]",
    ),
    def(
        TITLES[19],
        "A number that stands for the topic on this connection and in this direction, 1 to the other's maximum.",
        "[MQTT-3.3.2-7] to [MQTT-3.3.2-12]",
    ),
    def(
        TITLES[20],
        "The highest QoS that the server supports, 0 or 1; absent means 2.",
        "[MQTT-3.2.2-9] to [MQTT-3.2.2-12]",
    ),
    def(
        TITLES[21],
        "0 where the server does not retain messages; absent means 1.",
        "[MQTT-3.2.2-13], [MQTT-3.2.2-14]",
    ),
    def(
        TITLES[22],
        "A name and a value whose meaning the specification leaves open; order and repetition count.",
        "[MQTT-1.5.7-1], [MQTT-3.3.2-17], [MQTT-3.3.2-18]",
    ),
    def(
        TITLES[23],
        "The largest packet that the sender of this accepts, all of its bytes counted; not 0, absent means no limit.",
        "[MQTT-3.1.2-24], [MQTT-3.2.2-15]",
    )
    .meaning(Meaning::ByteCount),
    def(
        TITLES[24],
        "0 where the server takes no filters with + or #; absent means 1.",
        "MQTT 5, 3.2.2.3.11",
    ),
    def(
        TITLES[25],
        "0 where the server takes no Subscription Identifiers; absent means 1.",
        "MQTT 5, 3.2.2.3.12",
    ),
    def(
        TITLES[26],
        "0 where the server takes no filters that begin with $share/; absent means 1.",
        "MQTT 5, 3.2.2.3.13",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_names_and_definitions_agree() {
        for id in PropertyId::ALL {
            assert_eq!(PropertyId::from_number(id.number().into()), Some(id));
            assert_eq!(PropertyId::from_name(id.name()), Some(id));
            assert_eq!(id.title().to_lowercase().replace(' ', "_"), id.name());
        }
        for number in [0, 0x04, 0x0a, 0x14, 0x20, 0x2b, 0x100, u32::MAX] {
            assert_eq!(PropertyId::from_number(number), None);
        }
    }

    #[test]
    fn places_are_those_of_the_table() {
        let user = PropertyId::UserProperty;
        for packet_type in PacketType::ALL {
            let has_any = !matches!(packet_type, PacketType::PingReq | PacketType::PingResp);
            assert_eq!(user.is_of(PropertyHolder::Packet(packet_type)), has_any, "{packet_type}");
        }
        assert!(PropertyId::WillDelayInterval.is_of(PropertyHolder::Will));
        assert!(!PropertyId::WillDelayInterval.is_of(PropertyHolder::Packet(PacketType::Connect)));
        let publish = PropertyHolder::Packet(PacketType::Publish);
        assert_eq!(PropertyId::ReasonString.section(publish), MISPLACED);
        assert_eq!(PropertyId::ContentType.section(publish), "MQTT 5, 3.3.2.3.9");
    }
}
