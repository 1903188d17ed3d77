//! SUBSCRIBE: topic filters, each with the QoS that is asked for.

use alloc::vec::Vec;

use super::Properties;
use super::filters::{FilterEntry, Filters};
use crate::clause::Clauses;
use crate::error::{DecodeError, EncodeError};
use crate::field::{BitDef, FieldDef, Meaning, common};
use crate::frame::FixedHeader;
use crate::reader::{Reader, Trace};
use crate::rule::Rule;
use crate::text::Text;
use crate::topic;
use crate::types::{PacketType, ProtocolVersion, Qos};
use crate::writer;

/// SUBSCRIBE: asks for messages (MQTT 3.1, SUBSCRIBE; MQTT 3.1.1, 3.8; MQTT 5, 3.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscribe<'a> {
    /// The packet was sent before; 3.1 only, later the bit is reserved.
    pub dup: bool,
    /// The packet identifier.
    pub packet_id: u16,
    /// Properties (MQTT 5).
    pub properties: Properties<'a>,
    /// What is asked for.
    pub filters: Filters<'a, SubscribeFilter<'a>>,
}

/// A topic filter and how its messages are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubscribeFilter<'a> {
    /// The topic filter.
    pub filter: Text<'a>,
    /// The byte behind it.
    pub options: SubscribeOptions,
}

/// The byte behind a topic filter: before MQTT 5 the requested QoS, in MQTT 5 the subscription options (3.8.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SubscribeOptions(pub u8);

impl SubscribeOptions {
    /// Nothing asked for but a QoS.
    #[must_use]
    pub const fn new(qos: Qos) -> Self {
        Self(qos.as_u8())
    }

    /// With No Local: messages of the same client do not come back [MQTT-3.8.3-3].
    #[must_use]
    pub const fn with_no_local(self, is_set: bool) -> Self {
        Self(self.0 & !NO_LOCAL | if is_set { NO_LOCAL } else { 0 })
    }

    /// With Retain As Published: RETAIN is forwarded as it was published [MQTT-3.3.1-12], [MQTT-3.3.1-13].
    #[must_use]
    pub const fn with_retain_as_published(self, is_set: bool) -> Self {
        Self(self.0 & !RETAIN_AS_PUBLISHED | if is_set { RETAIN_AS_PUBLISHED } else { 0 })
    }

    /// With a Retain Handling, of which two bits are taken: 0 sends retained messages at subscribing, 1 only if the
    /// subscription is new, 2 never [MQTT-3.3.1-9] to [MQTT-3.3.1-11]; 3 is not valid.
    #[must_use]
    pub const fn with_retain_handling(self, retain_handling: u8) -> Self {
        Self(
            self.0 & !RETAIN_HANDLING | retain_handling << RETAIN_HANDLING.trailing_zeros() & RETAIN_HANDLING,
        )
    }

    /// The requested QoS: the whole byte before MQTT 5, so that what a peer sent can be shown, its lowest two bits there.
    #[must_use]
    pub const fn qos(self, version: ProtocolVersion) -> u8 {
        match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => self.0,
            ProtocolVersion::V5 => self.0 & MAXIMUM_QOS,
        }
    }

    /// No Local (MQTT 5).
    #[must_use]
    pub const fn no_local(self) -> bool {
        self.0 & NO_LOCAL != 0
    }

    /// Retain As Published (MQTT 5).
    #[must_use]
    pub const fn retain_as_published(self) -> bool {
        self.0 & RETAIN_AS_PUBLISHED != 0
    }

    /// Retain Handling, 0 to 3 (MQTT 5).
    #[must_use]
    pub const fn retain_handling(self) -> u8 {
        (self.0 & RETAIN_HANDLING) >> RETAIN_HANDLING.trailing_zeros()
    }
}

impl<'a> FilterEntry<'a> for SubscribeFilter<'a> {
    fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (filter, rest) = Text::split(bytes)?;
        let (&options, rest) = rest.split_first()?;
        Some((Self { filter, options: SubscribeOptions(options) }, rest))
    }
}

impl<'a> Subscribe<'a> {
    pub(crate) fn read<T: Trace<'a>>(
        header: FixedHeader,
        version: ProtocolVersion,
        reader: &mut Reader<'a, '_, T>,
    ) -> Result<Self, DecodeError> {
        let (packet_id, properties) = super::read_id(PacketType::Subscribe, version, reader)?;
        let none = Some(Rule::NoTopicFilter(PacketType::Subscribe));
        let filters = reader.items(none, |reader| read_filter(version, reader))?;
        Ok(Self { dup: header.dup(), packet_id, properties, filters: Filters::from_wire(filters) })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>, version: ProtocolVersion) -> Result<(), EncodeError> {
        let id = writer::checked_id(self.packet_id)?;
        let mut len = id.len() + writer::properties_len(self.properties, version)?;
        for SubscribeFilter { filter, options } in self.filters {
            len += writer::prefixed_len(&common::TOPIC_FILTER, filter.as_bytes())? + 1;
            let qos = options.qos(version);
            Qos::from_u8(qos).ok_or(EncodeError::InvalidQos(qos))?;
            if let retain_handling @ 3 = options.retain_handling() {
                return Err(EncodeError::InvalidRetainHandling(retain_handling));
            }
        }
        writer::start(out, PacketType::Subscribe.first_byte() | u8::from(self.dup) << 3, len)?;
        out.extend_from_slice(&id);
        writer::put_properties(out, self.properties, version);
        for SubscribeFilter { filter, options } in self.filters {
            writer::put_prefixed(out, filter.as_bytes());
            out.push(options.0);
        }
        Ok(())
    }
}

/// A topic filter, without what may follow it.
pub(super) fn read_topic_filter<'a, T: Trace<'a>>(
    version: ProtocolVersion,
    reader: &mut Reader<'a, '_, T>,
) -> Result<Text<'a>, DecodeError> {
    let filter = reader.text(&common::TOPIC_FILTER)?;
    let fault = topic::filter_fault(filter).or_else(|| match version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => None,
        ProtocolVersion::V5 => topic::share_fault(filter),
    });
    reader.fault_in_last(filter.as_bytes(), fault);
    Ok(filter)
}

fn read_filter<'a, T: Trace<'a>>(
    version: ProtocolVersion,
    reader: &mut Reader<'a, '_, T>,
) -> Result<(), DecodeError> {
    let filter = read_topic_filter(version, reader)?;
    let options = SubscribeOptions(reader.u8(match version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => &REQUESTED_QOS,
        ProtocolVersion::V5 => &SUBSCRIPTION_OPTIONS,
    })?);
    let at = reader.pos() - 1;
    if Qos::from_u8(options.qos(version)).is_none() {
        reader.violation(at, Rule::RequestedQos(options.0));
    }
    match version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => {}
        ProtocolVersion::V5 => {
            if options.retain_handling() == 3 {
                reader.violation(at, Rule::RetainHandling);
            }
            if options.0 & OPTIONS_RESERVED != 0 {
                reader.violation(at, Rule::SubscriptionOptionsReserved);
            }
            if options.no_local() && topic::is_shared_filter(filter.as_bytes()) {
                reader.violation(at, Rule::NoLocalOnShared);
            }
        }
    }
    Ok(())
}

const MAXIMUM_QOS: u8 = 0x03;
const NO_LOCAL: u8 = 0x04;
const RETAIN_AS_PUBLISHED: u8 = 0x08;
const RETAIN_HANDLING: u8 = 0x30;
const OPTIONS_RESERVED: u8 = 0xc0;

const fn bits(name: &'static str, mask: u8, rule: &'static str, v5: &'static str) -> BitDef {
    BitDef::new(name, mask, rule, Clauses { v31: "", v311: "", v5 })
}

static SUBSCRIPTION_OPTIONS: FieldDef = FieldDef::new(
    "Subscription Options",
    "How the messages that the filter matches are asked for.",
    Clauses { v31: "", v311: "", v5: "MQTT 5, 3.8.3.1" },
)
.with_bits(&[
    bits("Reserved", OPTIONS_RESERVED, "Not used, and 0.", "[MQTT-3.8.3-5]"),
    bits(
        "Retain Handling",
        RETAIN_HANDLING,
        "Retained messages come at subscribing: 0 always, 1 if the subscription is new, 2 never; 3 is not valid.",
        "[MQTT-3.3.1-9] to [MQTT-3.3.1-11]",
    )
    .meaning(Meaning::RetainHandling),
    bits(
        "Retain As Published",
        RETAIN_AS_PUBLISHED,
        "1 where RETAIN is to be forwarded as it was published, 0 where it is cleared.",
        "[MQTT-3.3.1-12], [MQTT-3.3.1-13]",
    ),
    bits(
        "No Local",
        NO_LOCAL,
        "1 where messages of this client are not to come back to it; not for shared subscriptions.",
        "[MQTT-3.8.3-3], [MQTT-3.8.3-4]",
    ),
    bits(
        "Maximum QoS",
        MAXIMUM_QOS,
        "0 for delivery at most once, 1 for at least once, 2 for exactly once; 3 is not valid.",
        "MQTT 5, 3.8.3.1",
    )
    .meaning(Meaning::Qos),
]);

static REQUESTED_QOS: FieldDef = FieldDef::new(
    "Requested QoS",
    "The highest QoS at which the server may send the messages that the filter matches.",
    Clauses { v31: "MQTT 3.1, SUBSCRIBE, Payload", v311: "[MQTT-3.8.3-4]", v5: "MQTT 5, 3.8.3.1" },
)
.meaning(Meaning::Qos)
.with_bits(&[
    BitDef::new(
        "Reserved",
        0xfc,
        "Not used, and 0.",
        Clauses { v31: "MQTT 3.1, SUBSCRIBE, Payload", v311: "[MQTT-3.8.3-4]", v5: "MQTT 5, 3.8.3.1" },
    ),
    BitDef::new(
        "QoS",
        0x03,
        "0 for delivery at most once, 1 for at least once, 2 for exactly once; 3 is not valid.",
        Clauses { v31: "MQTT 3.1, SUBSCRIBE, Payload", v311: "[MQTT-3.8.3-4]", v5: "MQTT 5, 3.8.3.1" },
    )
    .meaning(Meaning::Qos),
]);
