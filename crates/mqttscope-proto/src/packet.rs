//! The fifteen packets of MQTT 3.1, 3.1.1 and 5, borrowed from the bytes that they were decoded from.
//!
//! One file holds one packet: its fields, how it is read, how it is written. Acknowledgements share a file, and so do
//! the two packets of MQTT 5 that consist of a reason code and properties.

use alloc::vec::Vec;

use crate::clause::Clauses;
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};
use crate::field::{BitDef, FieldDef, FieldValue, Meaning, common};
use crate::frame::{FixedHeader, Frame};
use crate::reader::{Reader, Trace, ViolationsOnly};
use crate::reason::ReasonCode;
use crate::rule::{Rule, Violation, ViolationSink};
use crate::types::{PacketType, ProtocolVersion};
use crate::varint;

mod acknowledge;
mod auth;
mod connack;
mod connect;
mod filters;
mod of_other_version;
mod properties;
mod publish;
mod read_properties;
mod secret;
mod suback;
mod subscribe;
mod unsubscribe;

pub(crate) use acknowledge::id_packet;
pub use acknowledge::{PubAck, PubComp, PubRec, PubRel};
pub use auth::{Auth, Disconnect};
pub use connack::{ConnAck, return_code_text};
pub use connect::{Connect, Will};
pub use filters::{FilterIter, Filters};
pub(crate) use of_other_version::earlier_connack;
pub use properties::{NoProperties, Properties, Property, PropertyBuf, PropertyIter, PropertyValue};
pub use publish::Publish;
pub use secret::{may_hold_secret, redact_secrets};
pub use suback::{SubAck, UnsubAck};
pub use subscribe::{Subscribe, SubscribeFilter, SubscribeOptions};
pub use unsubscribe::Unsubscribe;

/// A decoded packet, borrowed from its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the variants are the names of the specifications")]
pub enum Packet<'a> {
    Connect(Connect<'a>),
    ConnAck(ConnAck<'a>),
    Publish(Publish<'a>),
    PubAck(PubAck<'a>),
    PubRec(PubRec<'a>),
    PubRel(PubRel<'a>),
    PubComp(PubComp<'a>),
    Subscribe(Subscribe<'a>),
    SubAck(SubAck<'a>),
    Unsubscribe(Unsubscribe<'a>),
    UnsubAck(UnsubAck<'a>),
    PingReq,
    PingResp,
    Disconnect(Disconnect<'a>),
    Auth(Auth<'a>),
}

/// Decodes one whole packet.
///
/// The packet borrows from `bytes`. It may break rules and still be decoded: what it breaks goes to `violations`
/// (`()` to ignore them), in the reading of `version`; a CONNECT is read by the version that it names itself.
///
/// # Errors
///
/// When the bytes are not one packet, no more and no less; the offset says where they stop being one.
///
/// ```
/// use mqttscope_proto::{Packet, ProtocolVersion, Rule, decode};
///
/// // PUBLISH at QoS 0 with DUP set: it can be read, but no such packet should exist.
/// let mut violations = Vec::new();
/// let packet = decode(b"\x38\x05\x00\x01thi", ProtocolVersion::V311, &mut violations)?;
/// let Packet::Publish(publish) = packet else { unreachable!() };
/// assert_eq!((publish.topic.to_str(), publish.payload), (Some("t"), &b"hi"[..]));
/// assert_eq!(violations[0].rule, Rule::DupAtQos0);
/// assert_eq!(violations[0].rule.clause(ProtocolVersion::V311), "[MQTT-3.3.1-2]");
/// # Ok::<(), mqttscope_proto::DecodeError>(())
/// ```
pub fn decode<'a>(
    bytes: &'a [u8],
    version: ProtocolVersion,
    violations: &mut impl ViolationSink,
) -> Result<Packet<'a>, DecodeError> {
    match Frame::split(bytes, version)? {
        Some((frame, [])) => frame.decode(version, violations),
        Some((frame, _)) => Err(not_one_packet(frame.bytes().len(), bytes.len())),
        None => Err(not_one_packet(expected_len(FixedHeader::decode(bytes, version)?, bytes), bytes.len())),
    }
}

/// Decodes a packet, and tells the first rule that it breaks.
///
/// One function for all that is in no hurry: with a sink of their own each would bring another decoder into the page.
#[inline(never)]
pub(crate) fn decode_and_judge(
    bytes: &[u8],
    version: ProtocolVersion,
) -> (Result<Packet<'_>, DecodeError>, Option<Violation>) {
    let mut violation = None;
    let decoded = decode(bytes, version, &mut violation);
    (decoded, violation)
}

impl<'a> Frame<'a> {
    /// Decodes the packet; see [`crate::decode`].
    ///
    /// # Errors
    ///
    /// Where the body contradicts the fixed header.
    #[inline]
    pub fn decode(
        &self,
        version: ProtocolVersion,
        violations: &mut impl ViolationSink,
    ) -> Result<Packet<'a>, DecodeError> {
        Packet::read_traced(self.header(), self.bytes(), version, &mut ViolationsOnly(violations))
    }
}

/// The length that a packet must have, the least one as long as its fixed header is unfinished.
pub(crate) fn expected_len(header: Option<FixedHeader>, bytes: &[u8]) -> usize {
    header.map_or(2.max(bytes.len() + 1), |header| header.packet_len())
}

/// The error of bytes that are more or less than the one packet that they should be.
pub(crate) fn not_one_packet(expected: usize, actual: usize) -> DecodeError {
    let kind = DecodeErrorKind::Incomplete { expected, actual };
    DecodeError { offset: expected.min(actual), kind }
}

impl<'a> Packet<'a> {
    /// Reads a packet, or as far as its bytes go; the trace hears of every field on the way.
    #[inline]
    pub(crate) fn read_traced<T: Trace<'a>>(
        header: FixedHeader,
        bytes: &'a [u8],
        version: ProtocolVersion,
        trace: &mut T,
    ) -> Result<Self, DecodeError> {
        trace_fixed_header(header, version, trace);
        let mut reader = Reader::new(bytes, header.len, trace);
        // A CONNECT is judged by the version that it names itself, which is still to be read.
        if header.packet_type != PacketType::Connect {
            check_header(header, version, &mut reader);
        }
        // Each arm makes the whole result: a common `Ok` around them would copy the largest packet's size each time.
        match header.packet_type {
            PacketType::Publish => Publish::read(header, version, &mut reader).map(Self::Publish),
            PacketType::PubAck => PubAck::read(version, &mut reader).map(Self::PubAck),
            PacketType::PubRec => PubRec::read(version, &mut reader).map(Self::PubRec),
            PacketType::PubRel => PubRel::read(header, version, &mut reader).map(Self::PubRel),
            PacketType::PubComp => PubComp::read(version, &mut reader).map(Self::PubComp),
            PacketType::Connect => Connect::read(header, &mut reader).map(Self::Connect),
            PacketType::ConnAck => ConnAck::read(version, &mut reader).map(Self::ConnAck),
            PacketType::Subscribe => Subscribe::read(header, version, &mut reader).map(Self::Subscribe),
            PacketType::SubAck => SubAck::read(version, &mut reader).map(Self::SubAck),
            PacketType::Unsubscribe => Unsubscribe::read(header, version, &mut reader).map(Self::Unsubscribe),
            PacketType::UnsubAck => UnsubAck::read(version, &mut reader).map(Self::UnsubAck),
            PacketType::PingReq => Ok(Self::PingReq),
            PacketType::PingResp => Ok(Self::PingResp),
            PacketType::Disconnect => Disconnect::read(&mut reader).map(Self::Disconnect),
            PacketType::Auth => Auth::read(&mut reader).map(Self::Auth),
        }
    }

    /// Appends the packet's bytes in a version, and says how many they are.
    ///
    /// A CONNECT is written by the version that it names itself. What a version does not have is left out: properties and
    /// reason codes before MQTT 5.
    ///
    /// Rules that a tester may want to break are not checked; the types of [`crate::TopicName`] and
    /// [`crate::TopicFilter`] are there for those who do not.
    ///
    /// # Errors
    ///
    /// Where there are no bytes for the packet: a field or the whole too long, packet id 0, QoS 3, properties without the
    /// reason code before them, AUTH before MQTT 5. Nothing is appended then.
    #[inline]
    pub fn encode(&self, out: &mut Vec<u8>, version: ProtocolVersion) -> Result<usize, EncodeError> {
        let before = out.len();
        match self {
            Self::Connect(connect) => connect.encode(out),
            Self::ConnAck(connack) => connack.encode(out, version),
            Self::Publish(publish) => publish.encode(out, version),
            Self::PubAck(puback) => puback.encode(out, version),
            Self::PubRec(pubrec) => pubrec.encode(out, version),
            Self::PubRel(pubrel) => pubrel.encode(out, version),
            Self::PubComp(pubcomp) => pubcomp.encode(out, version),
            Self::Subscribe(subscribe) => subscribe.encode(out, version),
            Self::SubAck(suback) => suback.encode(out, version),
            Self::Unsubscribe(unsubscribe) => unsubscribe.encode(out, version),
            Self::UnsubAck(unsuback) => unsuback.encode(out, version),
            Self::PingReq | Self::PingResp => {
                out.extend_from_slice(&[self.packet_type().first_byte(), 0]);
                Ok(())
            }
            Self::Disconnect(disconnect) => disconnect.encode(out, version),
            Self::Auth(auth) => auth.encode(out, version),
        }?;
        Ok(out.len() - before)
    }

    /// The packet's type.
    #[must_use]
    pub const fn packet_type(&self) -> PacketType {
        match self {
            Self::Connect(_) => PacketType::Connect,
            Self::ConnAck(_) => PacketType::ConnAck,
            Self::Publish(_) => PacketType::Publish,
            Self::PubAck(_) => PacketType::PubAck,
            Self::PubRec(_) => PacketType::PubRec,
            Self::PubRel(_) => PacketType::PubRel,
            Self::PubComp(_) => PacketType::PubComp,
            Self::Subscribe(_) => PacketType::Subscribe,
            Self::SubAck(_) => PacketType::SubAck,
            Self::Unsubscribe(_) => PacketType::Unsubscribe,
            Self::UnsubAck(_) => PacketType::UnsubAck,
            Self::PingReq => PacketType::PingReq,
            Self::PingResp => PacketType::PingResp,
            Self::Disconnect(_) => PacketType::Disconnect,
            Self::Auth(_) => PacketType::Auth,
        }
    }

    /// The packet identifier, of packets that have one; 0 where a peer sent 0.
    #[must_use]
    pub const fn packet_id(&self) -> Option<u16> {
        match self {
            Self::Publish(publish) => publish.packet_id,
            Self::PubAck(PubAck { packet_id, .. })
            | Self::PubRec(PubRec { packet_id, .. })
            | Self::PubRel(PubRel { packet_id, .. })
            | Self::PubComp(PubComp { packet_id, .. })
            | Self::Subscribe(Subscribe { packet_id, .. })
            | Self::SubAck(SubAck { packet_id, .. })
            | Self::Unsubscribe(Unsubscribe { packet_id, .. })
            | Self::UnsubAck(UnsubAck { packet_id, .. }) => Some(*packet_id),
            _ => None,
        }
    }

    /// The properties; none where the packet ends before them, or its version has none.
    #[must_use]
    pub const fn properties(&self) -> Properties<'a> {
        let properties = match self {
            Self::Connect(connect) => return connect.properties,
            Self::ConnAck(connack) => return connack.properties,
            Self::Publish(publish) => return publish.properties,
            Self::Subscribe(subscribe) => return subscribe.properties,
            Self::SubAck(suback) => return suback.properties,
            Self::Unsubscribe(unsubscribe) => return unsubscribe.properties,
            Self::UnsubAck(unsuback) => return unsuback.properties,
            Self::PubAck(puback) => puback.properties,
            Self::PubRec(pubrec) => pubrec.properties,
            Self::PubRel(pubrel) => pubrel.properties,
            Self::PubComp(pubcomp) => pubcomp.properties,
            Self::Disconnect(disconnect) => disconnect.properties,
            Self::Auth(auth) => auth.properties,
            Self::PingReq | Self::PingResp => None,
        };
        match properties {
            Some(properties) => properties,
            None => Properties::NONE,
        }
    }

    /// The reason code, of packets of MQTT 5 that have one for the whole of them; 0 where the packet ends before it.
    ///
    /// Those of SUBACK and UNSUBACK are in [`SubAck::return_codes`] and [`UnsubAck::reason_codes`].
    #[must_use]
    pub fn reason_code(&self, version: ProtocolVersion) -> Option<ReasonCode> {
        match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => return None,
            ProtocolVersion::V5 => {}
        }
        let reason_code = match self {
            Self::ConnAck(connack) => return Some(ReasonCode(connack.return_code)),
            Self::PubAck(puback) => puback.reason_code,
            Self::PubRec(pubrec) => pubrec.reason_code,
            Self::PubRel(pubrel) => pubrel.reason_code,
            Self::PubComp(pubcomp) => pubcomp.reason_code,
            Self::Disconnect(disconnect) => disconnect.reason_code,
            Self::Auth(auth) => auth.reason_code,
            _ => return None,
        };
        Some(reason_code.unwrap_or_default())
    }
}

/// A variable header of a packet identifier, behind which MQTT 5 has properties.
#[inline]
fn read_id<'a, T: Trace<'a>>(
    packet_type: PacketType,
    version: ProtocolVersion,
    reader: &mut Reader<'a, '_, T>,
) -> Result<(u16, Properties<'a>), DecodeError> {
    reader.open(&common::VARIABLE_HEADER);
    let packet_id = reader.packet_id()?;
    let properties = reader.properties_of(packet_type, version)?;
    reader.close();
    Ok((packet_id, properties))
}

static FLAGS: FieldDef = FieldDef::new(
    "Packet type and flags",
    "The high four bits say the type, the low four are DUP, QoS and RETAIN.",
    Clauses { v31: "MQTT 3.1, Fixed header", v311: "MQTT 3.1.1, 2.2", v5: "MQTT 5, 2.1" },
)
.meaning(Meaning::PacketType)
.with_bits(&[
    TYPE_BITS,
    BitDef::new(
        "DUP",
        0x08,
        "1 where the packet is sent again, which no packet is at QoS 0.",
        Clauses {
            v31: "MQTT 3.1, Fixed header, DUP",
            v311: "[MQTT-3.3.1-1] to [MQTT-3.3.1-3]",
            v5: "[MQTT-3.3.1-1] to [MQTT-3.3.1-3]",
        },
    ),
    BitDef::new(
        "QoS",
        0x06,
        "0 for delivery at most once, 1 for at least once, 2 for exactly once; 3 is reserved.",
        Clauses { v31: "MQTT 3.1, Fixed header, QoS", v311: "[MQTT-3.3.1-4]", v5: "[MQTT-3.3.1-4]" },
    )
    .meaning(Meaning::Qos),
    BitDef::new(
        "RETAIN",
        0x01,
        "1 tells a server to keep the message for who subscribes later, and a client that it was kept.",
        Clauses {
            v31: "MQTT 3.1, Fixed header, RETAIN",
            v311: "[MQTT-3.3.1-5] to [MQTT-3.3.1-12]",
            v5: "[MQTT-3.3.1-5] to [MQTT-3.3.1-13]",
        },
    ),
]);

static RESERVED_FLAGS: FieldDef = FieldDef::new(
    "Packet type and flags",
    "The high four bits say the type, the low four are reserved in all packets but PUBLISH.",
    Clauses { v31: "MQTT 3.1, Fixed header", v311: "MQTT 3.1.1, 2.2", v5: "MQTT 5, 2.1" },
)
.meaning(Meaning::PacketType)
.with_bits(&[
    TYPE_BITS,
    BitDef::new(
        "Reserved flags",
        0x0f,
        "Prescribed for each type; a receiver closes the connection where they are not as they must be.",
        Clauses {
            v31: "MQTT 3.1, Fixed header",
            v311: "[MQTT-2.2.2-1], [MQTT-2.2.2-2]",
            v5: "[MQTT-2.1.3-1]",
        },
    )
    .meaning(Meaning::ReservedFlags),
]);

const TYPE_BITS: BitDef = BitDef::new(
    "Packet type",
    0xf0,
    "The number of the packet type: 1 to 14, and 15 in MQTT 5, while 0 is reserved.",
    Clauses { v31: "MQTT 3.1, Fixed header, Message Type", v311: "MQTT 3.1.1, 2.2.1", v5: "MQTT 5, 2.1.2" },
)
.meaning(Meaning::PacketType);

/// What the first byte holds: 3.1 has DUP, QoS and RETAIN in every packet, 3.1.1 and 5 in PUBLISH only (their tables 2.2 and
/// 2-2).
const fn first_byte_def(first_byte: u8, version: ProtocolVersion) -> &'static FieldDef {
    let is_publish = first_byte >> 4 == PacketType::Publish as u8;
    match version {
        ProtocolVersion::V31 => &FLAGS,
        ProtocolVersion::V311 | ProtocolVersion::V5 if is_publish => &FLAGS,
        ProtocolVersion::V311 | ProtocolVersion::V5 => &RESERVED_FLAGS,
    }
}

/// Tells a trace about the two parts of the fixed header.
#[inline(always)]
fn trace_fixed_header<'a, T: Trace<'a>>(header: FixedHeader, version: ProtocolVersion, trace: &mut T) {
    let def = first_byte_def(header.first_byte, version);
    trace.open(&common::FIXED_HEADER, 0);
    trace.leaf(def, 0..1, FieldValue::Number(header.first_byte.into()));
    trace.leaf(&common::REMAINING_LENGTH, 1..header.len, FieldValue::Number(header.remaining_length));
    trace.close(header.len, FieldValue::Parts);
}

/// Tells a trace about what there is of a fixed header that is unfinished or not acceptable.
pub(crate) fn trace_broken_header<'a, T: Trace<'a>>(
    bytes: &'a [u8],
    version: ProtocolVersion,
    trace: &mut T,
) {
    let Some((&first_byte, length_bytes)) = bytes.split_first() else { return };
    trace.open(&common::FIXED_HEADER, 0);
    trace.leaf(first_byte_def(first_byte, version), 0..1, FieldValue::Number(first_byte.into()));
    let last = length_bytes.iter().take(4).position(|byte| byte & 0x80 == 0);
    if let Some(last) = last {
        let digits = length_bytes[..=last].iter().rev();
        let length = digits.fold(0, |length, byte| length << 7 | u32::from(byte & 0x7f));
        trace.leaf(&common::REMAINING_LENGTH, 1..last + 2, FieldValue::Number(length));
    }
    trace.close(last.map_or(1, |last| last + 2), FieldValue::Parts);
}

/// Checks the fixed header: the flag bits, PUBLISH's apart, and in MQTT 5 the length of the length.
///
/// 3.1 says of most packets only that the flags are "not used", so any value is right there; 3.1.1 and 5 prescribe them
/// all (tables 2.2 and 2-2).
#[inline]
fn check_header<'a, T: Trace<'a>>(
    header: FixedHeader,
    version: ProtocolVersion,
    reader: &mut Reader<'a, '_, T>,
) {
    let packet_type = header.packet_type;
    let actual = header.first_byte & 0x0f;
    let expected = packet_type.reserved_flags();
    if packet_type != PacketType::Publish && actual != expected {
        match version {
            ProtocolVersion::V31 if expected == 0 || header.qos_bits() == 1 => {}
            ProtocolVersion::V31 => {
                reader.violation(0, Rule::HeaderQos { packet_type, actual: header.qos_bits() });
            }
            ProtocolVersion::V311 | ProtocolVersion::V5 => {
                reader.violation(0, Rule::ReservedHeaderFlags { packet_type, expected, actual });
            }
        }
    }
    match version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => {}
        ProtocolVersion::V5 => {
            if header.len != 1 + varint::len(header.remaining_length) {
                reader.violation(1, Rule::NotTheFewestBytes(common::REMAINING_LENGTH.name));
            }
        }
    }
}
