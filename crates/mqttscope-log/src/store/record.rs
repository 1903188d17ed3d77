//! One fixed-size record a packet or event: all that can be known without looking at its bytes.

use mqttscope_proto::{FixedHeader, PacketType, ProtocolVersion};

use super::arena::Span;
use super::event::EventKind;

/// Which way a packet went, or that the record is no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    Out,
    /// From the server to the client.
    In,
    /// Neither: something that happened.
    Event,
}

impl Direction {
    /// The name for machines: `out`, `in`, `event`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::In => "in",
            Self::Event => "event",
        }
    }
}

/// Facts about a packet that its bytes do not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The number of the connection, counted by the caller.
    pub connection: u16,
    /// The version that the connection speaks.
    pub v311: bool,
    /// The packet breaks a rule.
    pub violation: bool,
    /// The bytes are not a whole packet.
    pub broken: bool,
}

/// What is known of a record without looking at its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Microseconds since the Unix epoch.
    pub time: u64,
    /// Half lines of all hex previews before this record's, since the log began.
    pub(super) half_lines: u32,
    pub(super) span: Span,
    /// How many records back the packet stands that is before this one in its exchange, 0 for none. For an event
    /// the packet that it is about.
    pub(super) back: u32,
    /// How many records ahead the next packet of the exchange stands, 0 for none yet.
    pub(super) ahead: u32,
    /// The packet identifier, 0 for none.
    pub packet_id: u16,
    /// The number of the connection.
    pub connection: u16,
    topic_len: u16,
    /// The packet's first byte: type and flags.
    pub first_byte: u8,
    bits: u8,
}

// The log's memory for a million packets is 40 MB and their bytes.
const _: () = assert!(size_of::<Record>() == 40);

const IN: u8 = 1 << 0;
const EVENT: u8 = 1 << 1;
const V311: u8 = 1 << 2;
const VIOLATION: u8 = 1 << 3;
const BROKEN: u8 = 1 << 4;
const PASSWORD_HIDDEN: u8 = 1 << 5;
/// The length of the fixed header less 2 is in the highest two bits.
const HEADER_SHIFT: u8 = 6;

impl Record {
    /// The record of a packet, read from its header fields.
    pub(super) fn of_packet(time: u64, direction: Direction, span: Span, bytes: &[u8], marks: Marks) -> Self {
        let mut bits = if direction == Direction::In { IN } else { 0 };
        let flags = [(marks.v311, V311), (marks.violation, VIOLATION), (marks.broken, BROKEN)];
        for (on, bit) in flags {
            bits |= if on { bit } else { 0 };
        }
        let first_byte = bytes.first().copied().unwrap_or_default();
        let connection = marks.connection;
        let mut record = Self { first_byte, connection, bits, ..Self::empty(time, span) };
        match FixedHeader::decode(bytes) {
            Ok(Some(header)) if !marks.broken && header.packet_len() == bytes.len() => {
                record.read_header(header, bytes)
            }
            _ => record.bits |= BROKEN,
        }
        record
    }

    pub(super) fn of_event(time: u64, span: Span, kind: EventKind, connection: u16) -> Self {
        Self { first_byte: kind as u8, connection, bits: EVENT, ..Self::empty(time, span) }
    }

    const fn empty(time: u64, span: Span) -> Self {
        Self {
            time,
            half_lines: 0,
            span,
            back: 0,
            ahead: 0,
            packet_id: 0,
            connection: 0,
            topic_len: 0,
            first_byte: 0,
            bits: 0,
        }
    }

    #[inline]
    fn read_header(&mut self, header: FixedHeader, bytes: &[u8]) {
        use PacketType as T;
        self.bits |= ((header.len - 2) as u8) << HEADER_SHIFT;
        let body = &bytes[header.len.min(bytes.len())..];
        let pair = |at: usize| match body.get(at..at + 2) {
            Some(pair) => u16::from_be_bytes([pair[0], pair[1]]),
            None => 0,
        };
        self.packet_id = match header.packet_type {
            T::Connect | T::ConnAck | T::PingReq | T::PingResp | T::Disconnect => 0,
            T::Publish => {
                self.topic_len = pair(0);
                if header.qos_bits() == 0 { 0 } else { pair(2 + usize::from(self.topic_len)) }
            }
            _ => pair(0),
        };
    }

    /// How many records back the one stands that an event is about, 0 for none.
    pub(crate) const fn back(&self) -> u32 {
        self.back
    }

    pub(super) fn mark_violation(&mut self) {
        self.bits |= VIOLATION;
    }

    pub(super) fn mark_password_hidden(&mut self) {
        self.bits |= PASSWORD_HIDDEN;
    }

    /// Which way it went.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        match self.bits & (IN | EVENT) {
            0 => Direction::Out,
            IN => Direction::In,
            _ => Direction::Event,
        }
    }

    /// The kind of an event.
    #[must_use]
    pub const fn event_kind(&self) -> Option<EventKind> {
        if self.bits & EVENT != 0 { EventKind::from_number(self.first_byte) } else { None }
    }

    /// The type of a whole packet.
    #[inline]
    #[must_use]
    pub const fn packet_type(&self) -> Option<PacketType> {
        if self.bits & (EVENT | BROKEN) == 0 { PacketType::from_first_byte(self.first_byte) } else { None }
    }

    /// The version that the packet's connection speaks.
    #[must_use]
    pub const fn version(&self) -> ProtocolVersion {
        if self.bits & V311 != 0 { ProtocolVersion::V311 } else { ProtocolVersion::V31 }
    }

    /// The packet breaks a rule, or is none.
    #[must_use]
    pub const fn is_violation(&self) -> bool {
        self.bits & (VIOLATION | BROKEN) != 0
    }

    /// The bytes are not a whole packet.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        self.bits & BROKEN != 0
    }

    /// A password in the packet was overwritten with `*`.
    #[must_use]
    pub const fn is_password_hidden(&self) -> bool {
        self.bits & PASSWORD_HIDDEN != 0
    }

    /// The DUP bit of a packet type that has one.
    #[must_use]
    pub const fn dup(&self) -> bool {
        use PacketType as T;
        self.first_byte & 0x08 != 0
            && matches!(self.packet_type(), Some(T::Publish | T::PubRel | T::Subscribe | T::Unsubscribe))
    }

    /// The RETAIN bit of a PUBLISH.
    #[must_use]
    pub const fn retain(&self) -> bool {
        self.first_byte & 0x01 != 0 && matches!(self.packet_type(), Some(PacketType::Publish))
    }

    /// The QoS bits of a PUBLISH.
    #[must_use]
    pub const fn qos(&self) -> Option<u8> {
        match self.packet_type() {
            Some(PacketType::Publish) => Some(self.first_byte >> 1 & 3),
            _ => None,
        }
    }

    /// An answer to the packet is due, and has not come.
    #[must_use]
    pub const fn awaits_answer(&self) -> bool {
        use PacketType as T;
        let asks = match self.packet_type() {
            Some(T::Publish) => self.first_byte & 0x06 != 0,
            Some(T::Connect | T::PubRec | T::PubRel | T::Subscribe | T::Unsubscribe | T::PingReq) => true,
            _ => false,
        };
        asks && self.ahead == 0
    }

    /// The packet's length in bytes, fixed header included; of an event that of its data.
    #[must_use]
    pub const fn len(&self) -> u32 {
        self.span.len
    }

    /// Whether it has no bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.span.len == 0
    }

    /// The length of the fixed header in bytes; 0 of what is no whole packet.
    #[must_use]
    pub const fn header_len(&self) -> usize {
        match self.packet_type() {
            Some(_) => (self.bits >> HEADER_SHIFT) as usize + 2,
            None => 0,
        }
    }

    /// Where the topic name of a PUBLISH lies in its bytes.
    #[must_use]
    pub const fn topic_range(&self) -> Option<(usize, usize)> {
        match self.packet_type() {
            Some(PacketType::Publish) => {
                let start = self.header_len() + 2;
                Some((start, start + self.topic_len as usize))
            }
            _ => None,
        }
    }

    /// Where the payload of a PUBLISH begins in its bytes.
    #[must_use]
    pub const fn payload_start(&self) -> Option<usize> {
        match self.topic_range() {
            Some((_, end)) if self.first_byte & 0x06 == 0 => Some(end),
            Some((_, end)) => Some(end + 2),
            None => None,
        }
    }
}
