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

    /// Where the rule is written: a section of 3.1, or a statement number or section of 3.1.1.
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

    /// Where the rule is written: a section of 3.1, or a statement number or section of 3.1.1.
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
    /// The protocol level of CONNECT.
    ProtocolLevel,
    /// A time in seconds, 0 for none.
    Seconds,
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
        Clauses { v31: "MQTT 3.1, Fixed header", v311: "MQTT 3.1.1, 2.2" },
    );
    pub(crate) static REMAINING_LENGTH: FieldDef = FieldDef::new(
        "Remaining Length",
        "The number of bytes that follow, in one to four bytes of seven bits each, the lowest first.",
        Clauses { v31: "MQTT 3.1, Fixed header, Remaining Length", v311: "MQTT 3.1.1, 2.2.3" },
    )
    .meaning(Meaning::ByteCount);
    pub(crate) static VARIABLE_HEADER: FieldDef = FieldDef::new(
        "Variable header",
        "What stands between the fixed header and the payload depends on the packet type.",
        Clauses { v31: "MQTT 3.1, Variable header", v311: "MQTT 3.1.1, 2.3" },
    );
    pub(crate) static PAYLOAD: FieldDef = FieldDef::new(
        "Payload",
        "The last part of a packet depends on the packet type.",
        Clauses { v31: "MQTT 3.1, Payload", v311: "MQTT 3.1.1, 2.4" },
    );
    pub(crate) static PACKET_ID: FieldDef = FieldDef::new(
        "Packet Identifier",
        "It ties a message to its acknowledgements (\"Message ID\" in 3.1), is not 0, and not in use already.",
        Clauses { v31: "MQTT 3.1, Message identifiers", v311: "[MQTT-2.3.1-1]" },
    );
    pub(crate) static LENGTH: FieldDef = FieldDef::new(
        "Length",
        "Two bytes, the high one first, say how many bytes of text or data follow.",
        Clauses { v31: "MQTT 3.1, MQTT and UTF-8", v311: "MQTT 3.1.1, 1.5.3" },
    );
    pub(crate) static TOPIC_FILTER: FieldDef = FieldDef::new(
        "Topic Filter",
        "A topic with optional wildcards: + for one level, # for all that follow.",
        Clauses { v31: "MQTT 3.1, Appendix A", v311: "[MQTT-4.7.1-2], [MQTT-4.7.1-3]" },
    );
    pub(crate) static UNPARSED: FieldDef = FieldDef::new(
        "Unparsed",
        "These bytes belong to no field that the packet type has.",
        Clauses { v31: "MQTT 3.1, Fixed header, Remaining Length", v311: "MQTT 3.1.1, 2.2.3" },
    );
}
