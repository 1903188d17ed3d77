//! Names for the byte ranges of a packet: the definitions that the decoder reads by and the dissector shows.

use crate::clause::Clauses;
use crate::text::Text;
use crate::types::ProtocolVersion;

/// What a field is called, what it means, and where that is written.
#[derive(Debug, PartialEq, Eq)]
pub struct FieldDef {
    /// The field's name, as in the specifications.
    pub name: &'static str,
    /// The rule for the field in one sentence.
    pub rule: &'static str,
    /// The bits of a flags byte, from the highest to the lowest; empty for other fields.
    pub bits: &'static [BitDef],
    /// What its value means.
    pub meaning: Meaning,
    clauses: Clauses,
}

impl FieldDef {
    pub(crate) const fn new(name: &'static str, rule: &'static str, clauses: Clauses) -> Self {
        Self { name, rule, bits: &[], meaning: Meaning::None, clauses }
    }

    pub(crate) const fn with_bits(mut self, bits: &'static [BitDef]) -> Self {
        self.bits = bits;
        self
    }

    pub(crate) const fn meaning(mut self, meaning: Meaning) -> Self {
        self.meaning = meaning;
        self
    }

    /// Where the rule is written: a section of 3.1, or a statement number or section of 3.1.1 or 5.
    #[must_use]
    pub const fn clause(&self, version: ProtocolVersion) -> &'static str {
        self.clauses.of(version)
    }
}

/// A group of bits in a flags byte.
#[derive(Debug, PartialEq, Eq)]
pub struct BitDef {
    /// The name of the bits, as in the specifications.
    pub name: &'static str,
    /// Which bits of the byte they are.
    pub mask: u8,
    /// The rule for the bits in one sentence.
    pub rule: &'static str,
    /// What their value means.
    pub meaning: Meaning,
    clauses: Clauses,
}

impl BitDef {
    pub(crate) const fn new(name: &'static str, mask: u8, rule: &'static str, clauses: Clauses) -> Self {
        Self { name, mask, rule, meaning: Meaning::None, clauses }
    }

    pub(crate) const fn meaning(mut self, meaning: Meaning) -> Self {
        self.meaning = meaning;
        self
    }

    /// Where the rule is written: a section of 3.1, or a statement number or section of 3.1.1 or 5.
    #[must_use]
    pub const fn clause(&self, version: ProtocolVersion) -> &'static str {
        self.clauses.of(version)
    }

    /// The number that the bits hold in `byte`.
    #[must_use]
    pub const fn value(&self, byte: u8) -> u8 {
        (byte & self.mask) >> self.mask.trailing_zeros()
    }
}

/// What the value of a field or of a group of bits means, for whoever puts it into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Meaning {
    /// Nothing that its form does not tell.
    None,
    /// The packet type, in the high four bits of the first byte.
    PacketType,
    /// Bits of the first byte that the packet type prescribes.
    ReservedFlags,
    /// A QoS.
    Qos,
    /// The return code of CONNACK.
    ReturnCode,
    /// A return code of SUBACK: a QoS, or a failure.
    GrantedQos,
    /// A reason code of MQTT 5, whose name depends on the packet.
    ReasonCode,
    /// How a server is to treat retained messages when it subscribes a client.
    RetainHandling,
    /// The identifier of a property.
    PropertyId,
    /// The protocol level of CONNECT.
    ProtocolLevel,
    /// A time in seconds, 0 for none.
    Seconds,
    /// A time in seconds, 0 for none, 0xFFFFFFFF for ever.
    Expiry,
    /// A number of bytes.
    ByteCount,
    /// The message that a packet carries.
    Message,
    /// What is never shown, logged or exported.
    Secret,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldValue<'a> {
    /// The field only holds others.
    Parts,
    /// A number of one, two or (Remaining Length) up to four bytes.
    Number(u32),
    /// A string.
    Text(Text<'a>),
    /// Bytes without a form of their own.
    Bytes(&'a [u8]),
}

/// Fields that every packet has, or that several packet types share.
pub(crate) mod common {
    use super::{Clauses, FieldDef, Meaning};

    pub(crate) static FIXED_HEADER: FieldDef = FieldDef::new(
        "Fixed header",
        "Each packet begins with its type, its flags and its Remaining Length.",
        Clauses { v31: "MQTT 3.1, Fixed header", v311: "MQTT 3.1.1, 2.2", v5: "MQTT 5, 2.1" },
    );
    pub(crate) static REMAINING_LENGTH: FieldDef = FieldDef::new(
        "Remaining Length",
        "The number of bytes that follow, in one to four bytes of seven bits each, the lowest first.",
        Clauses {
            v31: "MQTT 3.1, Fixed header, Remaining Length",
            v311: "MQTT 3.1.1, 2.2.3",
            v5: "MQTT 5, 2.1.4",
        },
    )
    .meaning(Meaning::ByteCount);
    pub(crate) static VARIABLE_HEADER: FieldDef = FieldDef::new(
        "Variable header",
        "What stands between the fixed header and the payload depends on the packet type.",
        Clauses { v31: "MQTT 3.1, Variable header", v311: "MQTT 3.1.1, 2.3", v5: "MQTT 5, 2.2" },
    );
    pub(crate) static PAYLOAD: FieldDef = FieldDef::new(
        "Payload",
        "The last part of a packet depends on the packet type.",
        Clauses { v31: "MQTT 3.1, Payload", v311: "MQTT 3.1.1, 2.4", v5: "MQTT 5, 2.3" },
    );
    pub(crate) static PACKET_ID: FieldDef = FieldDef::new(
        "Packet Identifier",
        "It ties a message to its acknowledgements (\"Message ID\" in 3.1), is not 0, and not in use already.",
        Clauses {
            v31: "MQTT 3.1, Message identifiers",
            v311: "[MQTT-2.3.1-1]",
            v5: "[MQTT-2.2.1-3], [MQTT-2.2.1-4]",
        },
    );
    pub(crate) static LENGTH: FieldDef = FieldDef::new(
        "Length",
        "Two bytes, the high one first, say how many bytes of text or data follow.",
        Clauses { v31: "MQTT 3.1, MQTT and UTF-8", v311: "MQTT 3.1.1, 1.5.3", v5: "MQTT 5, 1.5.4" },
    );
    pub(crate) static TOPIC_FILTER: FieldDef = FieldDef::new(
        "Topic Filter",
        "A topic with optional wildcards: + for one level, # for all that follow.",
        Clauses {
            v31: "MQTT 3.1, Appendix A",
            v311: "[MQTT-4.7.1-2], [MQTT-4.7.1-3]",
            v5: "[MQTT-4.7.1-1], [MQTT-4.7.1-2]",
        },
    );
    pub(crate) static PROPERTIES: FieldDef = FieldDef::new(
        "Properties",
        "What a packet of MQTT 5 says besides, each property with its identifier and its value.",
        Clauses { v31: "", v311: "", v5: "MQTT 5, 2.2.2" },
    );
    pub(crate) static PROPERTY_LENGTH: FieldDef = FieldDef::new(
        "Property Length",
        "The number of bytes that the properties take behind it; 0 where there is none.",
        Clauses { v31: "", v311: "", v5: "[MQTT-2.2.2-1]" },
    )
    .meaning(Meaning::ByteCount);
    pub(crate) static PROPERTY_IDENTIFIER: FieldDef = FieldDef::new(
        "Property Identifier",
        "Says which property follows, and so the form of its value.",
        Clauses { v31: "", v311: "", v5: "MQTT 5, 2.2.2.2" },
    )
    .meaning(Meaning::PropertyId);
    pub(crate) static PROPERTY_NAME: FieldDef = FieldDef::new(
        "Name",
        "The name of a user property; several may have the same.",
        Clauses { v31: "", v311: "", v5: "[MQTT-1.5.7-1]" },
    );
    pub(crate) static PROPERTY_VALUE: FieldDef = FieldDef::new(
        "Value",
        "The value of a user property.",
        Clauses { v31: "", v311: "", v5: "[MQTT-1.5.7-1]" },
    );
    pub(crate) static REASON_CODE: FieldDef = FieldDef::new(
        "Reason Code",
        "Below 0x80 it went well, from there on it failed; each packet type has its own codes.",
        Clauses { v31: "", v311: "", v5: "MQTT 5, 2.4" },
    )
    .meaning(Meaning::ReasonCode);
    pub(crate) static UNPARSED: FieldDef = FieldDef::new(
        "Unparsed",
        "These bytes belong to no field that the packet type has.",
        Clauses {
            v31: "MQTT 3.1, Fixed header, Remaining Length",
            v311: "MQTT 3.1.1, 2.2.3",
            v5: "MQTT 5, 2.1.4",
        },
    );
}
