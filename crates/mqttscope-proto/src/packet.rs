//! The fourteen packets of MQTT 3.1 and 3.1.1, borrowed from the bytes that they were decoded from.
//!
//! One file holds one packet: its fields, how it is read, how it is written. Packets that consist of an
//! identifier only share a file.

use alloc::vec::Vec;

use crate::clause::Clauses;
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};
use crate::field::{BitDef, FieldDef, FieldValue, Meaning, common};
use crate::frame::{FixedHeader, Frame};
use crate::reader::{Reader, Trace, ViolationsOnly};
use crate::rule::{Rule, ViolationSink};
use crate::types::{PacketType, ProtocolVersion};

mod acknowledge;
mod connack;
mod connect;
mod filters;
mod of_mqtt_5;
mod password;
mod publish;
mod suback;
mod subscribe;
mod unsubscribe;

pub(crate) use acknowledge::id_packet;
pub use acknowledge::{PubAck, PubComp, PubRec, PubRel, UnsubAck};
pub use connack::{ConnAck, return_code_text};
pub use connect::{Connect, Will};
pub use filters::{FilterIter, Filters};
pub use password::{may_hold_password, redact_password};
pub use publish::Publish;
pub use suback::SubAck;
pub use subscribe::{Subscribe, SubscribeFilter};
pub use unsubscribe::Unsubscribe;

/// A decoded packet, borrowed from its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the variants are the names of the specifications")]
pub enum Packet<'a> {
    Connect(Connect<'a>),
    ConnAck(ConnAck),
    Publish(Publish<'a>),
    PubAck(PubAck),
    PubRec(PubRec),
    PubRel(PubRel),
    PubComp(PubComp),
    Subscribe(Subscribe<'a>),
    SubAck(SubAck<'a>),
    Unsubscribe(Unsubscribe<'a>),
    UnsubAck(UnsubAck),
    PingReq,
    PingResp,
    Disconnect,
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
    match Frame::split(bytes)? {
        Some((frame, [])) => frame.decode(version, violations),
        Some((frame, _)) => Err(not_one_packet(frame.bytes().len(), bytes.len())),
        None => Err(not_one_packet(expected_len(FixedHeader::decode(bytes)?, bytes), bytes.len())),
    }
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
            check_flags(header, version, &mut reader);
        }
        // Each arm makes the whole result: a common `Ok` around them would copy the largest packet's size each time.
        match header.packet_type {
            PacketType::Publish => Publish::read(header, &mut reader).map(Self::Publish),
            PacketType::PubAck => read_id(&mut reader).map(|packet_id| Self::PubAck(PubAck { packet_id })),
            PacketType::PubRec => read_id(&mut reader).map(|packet_id| Self::PubRec(PubRec { packet_id })),
            PacketType::PubRel => {
                let dup = header.dup();
                read_id(&mut reader).map(|packet_id| Self::PubRel(PubRel { dup, packet_id }))
            }
            PacketType::PubComp => read_id(&mut reader).map(|packet_id| Self::PubComp(PubComp { packet_id })),
            PacketType::Connect => Connect::read(header, &mut reader).map(Self::Connect),
            PacketType::ConnAck => ConnAck::read(version, &mut reader).map(Self::ConnAck),
            PacketType::Subscribe => Subscribe::read(header, &mut reader).map(Self::Subscribe),
            PacketType::SubAck => SubAck::read(version, &mut reader).map(Self::SubAck),
            PacketType::Unsubscribe => Unsubscribe::read(header, &mut reader).map(Self::Unsubscribe),
            PacketType::UnsubAck => {
                read_id(&mut reader).map(|packet_id| Self::UnsubAck(UnsubAck { packet_id }))
            }
            PacketType::PingReq => Ok(Self::PingReq),
            PacketType::PingResp => Ok(Self::PingResp),
            PacketType::Disconnect => Ok(Self::Disconnect),
        }
    }

    /// Appends the packet's bytes, and says how many they are.
    ///
    /// Rules that a tester may want to break are not checked; the types of [`crate::TopicName`] and
    /// [`crate::TopicFilter`] are there for those who do not.
    ///
    /// # Errors
    ///
    /// Where there are no bytes for the packet: a field or the whole too long, packet id 0, QoS 3. Nothing
    /// is appended then.
    #[inline]
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<usize, EncodeError> {
        let before = out.len();
        match self {
            Self::Connect(connect) => connect.encode(out),
            Self::ConnAck(connack) => connack.encode(out),
            Self::Publish(publish) => publish.encode(out),
            Self::PubAck(puback) => puback.encode(out),
            Self::PubRec(pubrec) => pubrec.encode(out),
            Self::PubRel(pubrel) => pubrel.encode(out),
            Self::PubComp(pubcomp) => pubcomp.encode(out),
            Self::Subscribe(subscribe) => subscribe.encode(out),
            Self::SubAck(suback) => suback.encode(out),
            Self::Unsubscribe(unsubscribe) => unsubscribe.encode(out),
            Self::UnsubAck(unsuback) => unsuback.encode(out),
            Self::PingReq | Self::PingResp | Self::Disconnect => {
                out.extend_from_slice(&[self.packet_type().first_byte(), 0]);
                Ok(())
            }
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
            Self::Disconnect => PacketType::Disconnect,
        }
    }

    /// The packet identifier, of packets that have one; 0 where a peer sent 0.
    #[must_use]
    pub const fn packet_id(&self) -> Option<u16> {
        match self {
            Self::Publish(publish) => publish.packet_id,
            Self::PubAck(PubAck { packet_id })
            | Self::PubRec(PubRec { packet_id })
            | Self::PubRel(PubRel { packet_id, .. })
            | Self::PubComp(PubComp { packet_id })
            | Self::Subscribe(Subscribe { packet_id, .. })
            | Self::SubAck(SubAck { packet_id, .. })
            | Self::Unsubscribe(Unsubscribe { packet_id, .. })
            | Self::UnsubAck(UnsubAck { packet_id }) => Some(*packet_id),
            _ => None,
        }
    }
}

/// The packet identifier that is all there is behind the fixed header.
#[inline]
fn read_id<'a, T: Trace<'a>>(reader: &mut Reader<'a, '_, T>) -> Result<u16, DecodeError> {
    reader.open(&common::VARIABLE_HEADER);
    let packet_id = reader.packet_id()?;
    reader.close();
    Ok(packet_id)
}

static FLAGS: FieldDef = FieldDef::new(
    "Packet type and flags",
    "The high four bits say the type, the low four are DUP, QoS and RETAIN.",
    Clauses { v31: "MQTT 3.1, Fixed header", v311: "MQTT 3.1.1, 2.2" },
)
.meaning(Meaning::PacketType)
.with_bits(&[
    TYPE_BITS,
    BitDef::new(
        "DUP",
        0x08,
        "1 where the packet is sent again, which no packet is at QoS 0.",
        Clauses { v31: "MQTT 3.1, Fixed header, DUP", v311: "[MQTT-3.3.1-1] to [MQTT-3.3.1-3]" },
    ),
    BitDef::new(
        "QoS",
        0x06,
        "0 for delivery at most once, 1 for at least once, 2 for exactly once; 3 is reserved.",
        Clauses { v31: "MQTT 3.1, Fixed header, QoS", v311: "[MQTT-3.3.1-4]" },
    )
    .meaning(Meaning::Qos),
    BitDef::new(
        "RETAIN",
        0x01,
        "1 tells a server to keep the message for who subscribes later, and a client that it was kept.",
        Clauses { v31: "MQTT 3.1, Fixed header, RETAIN", v311: "[MQTT-3.3.1-5] to [MQTT-3.3.1-12]" },
    ),
]);

static RESERVED_FLAGS: FieldDef = FieldDef::new(
    "Packet type and flags",
    "The high four bits say the type, the low four are reserved in all packets but PUBLISH.",
    Clauses { v31: "MQTT 3.1, Fixed header", v311: "MQTT 3.1.1, 2.2" },
)
.meaning(Meaning::PacketType)
.with_bits(&[
    TYPE_BITS,
    BitDef::new(
        "Reserved flags",
        0x0f,
        "Prescribed for each type; a receiver closes the connection where they are not as they must be.",
        Clauses { v31: "MQTT 3.1, Fixed header", v311: "[MQTT-2.2.2-1], [MQTT-2.2.2-2]" },
    )
    .meaning(Meaning::ReservedFlags),
]);

const TYPE_BITS: BitDef = BitDef::new(
    "Packet type",
    0xf0,
    "The number of the packet type: 1 to 14, while 0 and 15 are reserved.",
    Clauses { v31: "MQTT 3.1, Fixed header, Message Type", v311: "MQTT 3.1.1, 2.2.1" },
)
.meaning(Meaning::PacketType);

/// What the first byte holds: 3.1 has DUP, QoS and RETAIN in every packet, 3.1.1 in PUBLISH only (table 2.2).
const fn first_byte_def(first_byte: u8, version: ProtocolVersion) -> &'static FieldDef {
    let is_publish = first_byte >> 4 == PacketType::Publish as u8;
    match version {
        ProtocolVersion::V31 => &FLAGS,
        ProtocolVersion::V311 if is_publish => &FLAGS,
        ProtocolVersion::V311 => &RESERVED_FLAGS,
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

/// Checks the flag bits of the fixed header, PUBLISH's apart.
///
/// 3.1 says of most packets only that the flags are "not used", so any value is right there; 3.1.1 prescribes them
/// all (table 2.2).
#[inline]
fn check_flags<'a, T: Trace<'a>>(
    header: FixedHeader,
    version: ProtocolVersion,
    reader: &mut Reader<'a, '_, T>,
) {
    let packet_type = header.packet_type;
    let actual = header.first_byte & 0x0f;
    let expected = packet_type.reserved_flags();
    if packet_type == PacketType::Publish || actual == expected {
        return;
    }
    let rule = match version {
        ProtocolVersion::V31 if expected == 0 || header.qos_bits() == 1 => return,
        ProtocolVersion::V31 => Rule::HeaderQos { packet_type, actual: header.qos_bits() },
        ProtocolVersion::V311 => Rule::ReservedHeaderFlags { packet_type, expected, actual },
    };
    reader.violation(0, rule);
}
