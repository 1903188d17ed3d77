//! One fixed-size record a packet or event: all that can be known without looking at its bytes.

use mqttscope_proto::{PacketType, ReasonCode, frame_len};

use super::arena::Span;
use super::connection::ConnectionId;
use super::event::EventKind;
use super::facts::PacketFacts;

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

/// What is known of a record without looking at its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Microseconds since the Unix epoch.
    pub time: u64,
    pub(super) span: Span,
    /// How many records back the packet stands that is before this one in its exchange, 0 for none. For an event
    /// the packet that it is about.
    pub(super) back: u32,
    /// How many records ahead the next packet of the exchange stands, 0 for none yet.
    pub(super) ahead: u32,
    /// The number of the connection.
    pub connection: ConnectionId,
    /// The packet identifier, 0 for none.
    pub packet_id: u16,
    /// Of a PUBLISH the length of its topic name, or the topic alias that stands for it where [`USES_ALIAS`] is set; of
    /// other packets of MQTT 5 one more than the reason code.
    detail: u16,
    bits: u16,
    /// The packet's first byte: type and flags.
    pub first_byte: u8,
    /// One more than the colour of its exchange, [`OPEN`], [`SETS_ALIAS`] and [`USES_ALIAS`].
    colour: u8,
}

// The log's memory for a million packets is 40 MB and their bytes.
const _: () = assert!(size_of::<Record>() == 40);

const IN: u16 = 1 << 0;
const EVENT: u16 = 1 << 1;
const VIOLATION: u16 = 1 << 2;
const BROKEN: u16 = 1 << 3;
const PASSWORD_HIDDEN: u16 = 1 << 4;
/// The length of the fixed header less 2, two bits.
const HEADER_SHIFT: u16 = 5;
const HEADER: u16 = 3;
/// What is known of the packet is its type alone.
const UNDECODED: u16 = 1 << 13;
/// The bytes may hold a password anywhere.
const SECRET: u16 = 1 << 14;
/// A capture may lack the answer.
const EXCUSED: u16 = 1 << 15;

/// The exchange is counted among those that are open.
const OPEN: u8 = 1 << 7;
/// The packet sets a topic alias, or uses one instead of a topic name.
const SETS_ALIAS: u8 = 1 << 6;
const USES_ALIAS: u8 = 1 << 5;
const COLOUR: u8 = 7;
const _: () = assert!(super::Log::COLOURS < COLOUR);

/// The QoS bits of the first byte.
const QOS: u8 = 0x06;

impl Record {
    /// The record of a packet, read from its header fields.
    pub(super) fn of_packet(
        time: u64,
        connection: ConnectionId,
        direction: Direction,
        span: Span,
        bytes: &[u8],
    ) -> Self {
        let bits = if direction == Direction::In { IN } else { 0 };
        let first_byte = bytes.first().copied().unwrap_or_default();
        let mut record = Self { first_byte, bits, ..Self::empty(time, connection, span) };
        match frame_len(bytes) {
            Ok(Some((header_len, len))) if len == bytes.len() => record.read_header(header_len, bytes),
            _ => record.bits |= BROKEN | VIOLATION,
        }
        record
    }

    /// The record of bytes that are not a whole packet.
    pub(super) fn of_remains(
        time: u64,
        connection: ConnectionId,
        direction: Direction,
        span: Span,
        bytes: &[u8],
    ) -> Self {
        let bits = BROKEN | VIOLATION | if direction == Direction::In { IN } else { 0 };
        let first_byte = bytes.first().copied().unwrap_or_default();
        Self { first_byte, bits, ..Self::empty(time, connection, span) }
    }

    pub(super) const fn of_event(time: u64, connection: ConnectionId, span: Span, kind: EventKind) -> Self {
        Self { first_byte: kind as u8, bits: EVENT, ..Self::empty(time, connection, span) }
    }

    const fn empty(time: u64, connection: ConnectionId, span: Span) -> Self {
        Self {
            time,
            span,
            back: 0,
            ahead: 0,
            connection,
            packet_id: 0,
            detail: 0,
            bits: 0,
            first_byte: 0,
            colour: 0,
        }
    }

    #[inline]
    fn read_header(&mut self, header_len: usize, bytes: &[u8]) {
        use PacketType as T;
        self.bits |= (header_len as u16 - 2) << HEADER_SHIFT;
        let body = &bytes[header_len.min(bytes.len())..];
        let pair = |at: usize| match body.get(at..at + 2) {
            Some(pair) => u16::from_be_bytes([pair[0], pair[1]]),
            None => 0,
        };
        self.packet_id = match PacketType::from_first_byte(self.first_byte) {
            Some(T::Connect | T::ConnAck | T::PingReq | T::PingResp | T::Disconnect | T::Auth) | None => 0,
            Some(T::Publish) => {
                self.detail = pair(0);
                // At QoS 3, whether an identifier follows is undefined.
                if matches!(self.first_byte & QOS, 0 | QOS) { 0 } else { pair(2 + usize::from(self.detail)) }
            }
            _ => pair(0),
        };
    }

    /// Reads what only packets of MQTT 5 have: the reason code, which is 0 where the packet ends before it.
    pub(super) fn read_reason(&mut self, bytes: &[u8]) {
        use PacketType as T;
        let before = match self.packet_type() {
            Some(T::ConnAck) => 1,
            Some(T::PubAck | T::PubRec | T::PubRel | T::PubComp) => 2,
            Some(T::Disconnect | T::Auth) => 0,
            _ => return,
        };
        let code = bytes.get(self.header_len() + before).copied().unwrap_or_default();
        self.detail = 1 + u16::from(code);
    }

    /// How many records back the one stands that an event is about, 0 for none.
    pub(crate) const fn back(&self) -> u32 {
        self.back
    }

    pub(super) fn add_facts(&mut self, facts: PacketFacts) {
        self.bits |= facts.bits();
    }

    pub(super) fn mark_violation(&mut self) {
        self.bits |= VIOLATION;
    }

    pub(super) fn mark_innocent(&mut self) {
        self.bits &= !VIOLATION;
    }

    pub(super) fn mark_password_hidden(&mut self) {
        self.bits |= PASSWORD_HIDDEN;
    }

    /// Its connection speaks a level that is not known: nothing but its type is read of it.
    pub(super) fn mark_undecoded(&mut self) {
        self.bits |= UNDECODED;
        self.packet_id = 0;
        self.detail = 0;
    }

    pub(super) fn set_colour(&mut self, colour: u8, is_open: bool) {
        self.colour = self.colour & !(COLOUR | OPEN) | (colour + 1) | if is_open { OPEN } else { 0 };
    }

    /// The exchange is not open any more; its colour, if it was.
    pub(super) fn close_colour(&mut self) -> Option<u8> {
        let was_open = self.colour & OPEN != 0;
        self.colour &= !OPEN;
        self.colour().filter(|_| was_open)
    }

    /// The colour of its exchange, below [`Log::COLOURS`](super::Log::COLOURS), for a packet with an identifier.
    #[must_use]
    pub const fn colour(&self) -> Option<u8> {
        (self.colour & COLOUR).checked_sub(1)
    }

    pub(super) fn mark_sets_alias(&mut self) {
        self.colour |= SETS_ALIAS;
    }

    /// A topic alias stands for the topic name, which is empty.
    pub(super) fn mark_uses_alias(&mut self, alias: u16) {
        self.colour |= USES_ALIAS;
        self.detail = alias;
    }

    /// The packet names a topic and sets a topic alias that stands for it from then on.
    #[must_use]
    pub const fn sets_alias(&self) -> bool {
        self.colour & SETS_ALIAS != 0
    }

    /// The topic alias that the packet has in place of a topic name.
    #[inline]
    #[must_use]
    pub const fn used_alias(&self) -> Option<u16> {
        if self.colour & USES_ALIAS != 0 { Some(self.detail) } else { None }
    }

    /// The length of a PUBLISH's topic name as it is on the wire.
    const fn topic_len(&self) -> usize {
        if self.colour & USES_ALIAS != 0 { 0 } else { self.detail as usize }
    }

    /// The reason code of a packet of MQTT 5 that has one for the whole of it; 0 where it ends before it.
    #[inline]
    #[must_use]
    pub const fn reason_code(&self) -> Option<ReasonCode> {
        match self.decoded_type() {
            Some(PacketType::Publish) | None => None,
            Some(_) => match self.detail.checked_sub(1) {
                Some(code) => Some(ReasonCode(code as u8)),
                None => None,
            },
        }
    }

    /// Whether its reason code says that something failed.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        match self.reason_code() {
            Some(code) => code.is_error(),
            None => false,
        }
    }

    /// A capture may lack the answer to it.
    pub(super) fn excuse_answer(&mut self) {
        self.bits |= EXCUSED;
    }

    pub(super) fn mark_secret(&mut self) {
        self.bits |= SECRET;
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

    /// Whether it is no packet.
    #[must_use]
    pub const fn is_event(&self) -> bool {
        self.bits & EVENT != 0
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

    /// The packet identifier of a packet that has one, 0 too; `None` of others, and of those that end before it.
    #[must_use]
    pub const fn id(&self) -> Option<u16> {
        use PacketType as T;
        let before = match self.decoded_type() {
            Some(T::Publish) if matches!(self.first_byte & QOS, 0 | QOS) => return None,
            Some(T::Publish) => 2 + self.topic_len(),
            Some(T::Connect | T::ConnAck | T::PingReq | T::PingResp | T::Disconnect | T::Auth) | None => {
                return None;
            }
            Some(_) => 0,
        };
        let is_there = self.header_len() + before + 2 <= self.span.len as usize;
        if is_there { Some(self.packet_id) } else { None }
    }

    /// What is known of the packet besides its bytes.
    #[must_use]
    pub fn facts(&self) -> PacketFacts {
        PacketFacts::from_bits(self.bits)
    }

    /// The packet breaks a rule, or is none; one of which a capture lacks bytes is no fault of who sent it.
    #[must_use]
    pub const fn is_violation(&self) -> bool {
        self.bits & VIOLATION != 0
    }

    /// The bytes are not a whole packet.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        self.bits & BROKEN != 0
    }

    /// A password in the packet, or Authentication Data, was overwritten with `*`.
    #[must_use]
    pub const fn is_password_hidden(&self) -> bool {
        self.bits & PASSWORD_HIDDEN != 0
    }

    /// Nothing but its type is read of the packet, since the level that its connection speaks is not known.
    #[must_use]
    pub const fn is_undecoded(&self) -> bool {
        self.bits & UNDECODED != 0
    }

    /// The bytes may be the rest of a CONNECT, whose password then lies nobody knows where.
    #[must_use]
    pub const fn is_secret(&self) -> bool {
        self.bits & SECRET != 0
    }

    /// The type of a packet of which more than that is read.
    #[inline]
    const fn decoded_type(&self) -> Option<PacketType> {
        if self.bits & UNDECODED == 0 { self.packet_type() } else { None }
    }

    /// The DUP bit of a packet type that has one.
    #[must_use]
    pub const fn dup(&self) -> bool {
        use PacketType as T;
        self.first_byte & 0x08 != 0
            && matches!(self.decoded_type(), Some(T::Publish | T::PubRel | T::Subscribe | T::Unsubscribe))
    }

    /// The RETAIN bit of a PUBLISH.
    #[must_use]
    pub const fn retain(&self) -> bool {
        self.first_byte & 0x01 != 0 && matches!(self.decoded_type(), Some(PacketType::Publish))
    }

    /// The QoS bits of a PUBLISH.
    #[must_use]
    pub const fn qos(&self) -> Option<u8> {
        match self.decoded_type() {
            Some(PacketType::Publish) => Some(self.first_byte >> 1 & 3),
            _ => None,
        }
    }

    /// An answer to the packet is due, and has not come; nor does a capture lack what may have been it.
    #[must_use]
    pub const fn awaits_answer(&self) -> bool {
        use PacketType as T;
        let asks = match self.decoded_type() {
            Some(T::Publish) => !matches!(self.first_byte & QOS, 0 | QOS),
            // Of one that failed nothing follows [MQTT-4.3.3-4].
            Some(T::PubRec) => !self.has_failed(),
            // That of success is the last one (MQTT 5, 4.12).
            Some(T::Auth) => self.detail > 1,
            Some(T::Connect | T::PubRel | T::Subscribe | T::Unsubscribe | T::PingReq) => true,
            _ => false,
        };
        asks && self.ahead == 0 && self.bits & EXCUSED == 0
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
            Some(_) => (self.bits >> HEADER_SHIFT & HEADER) as usize + 2,
            None => 0,
        }
    }

    /// Where the topic name of a PUBLISH lies in its bytes, as it is on the wire.
    #[must_use]
    pub const fn topic_range(&self) -> Option<(usize, usize)> {
        match self.decoded_type() {
            Some(PacketType::Publish) => {
                let start = self.header_len() + 2;
                Some((start, start + self.topic_len()))
            }
            _ => None,
        }
    }

    /// Where a PUBLISH has, behind its topic name and its packet identifier, its payload, or in MQTT 5 the length of its
    /// properties.
    #[must_use]
    pub(super) const fn behind_id(&self) -> Option<usize> {
        match self.topic_range() {
            Some((_, end)) if self.first_byte & 0x06 == 0 => Some(end),
            Some((_, end)) => Some(end + 2),
            None => None,
        }
    }
}
