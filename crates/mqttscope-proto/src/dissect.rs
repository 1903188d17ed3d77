//! Which byte of a packet is what: also of packets that are cut short, or broken.

use core::ops::Range;

use alloc::vec::Vec;

use crate::clause::Clauses;
use crate::error::DecodeError;
use crate::field::{FieldDef, FieldValue, Meaning, common};
use crate::frame::{FixedHeader, frame_len};
use crate::packet::{Packet, expected_len, not_one_packet, trace_broken_header};
use crate::reader::Trace;
use crate::rule::Violation;
use crate::types::{PacketType, ProtocolVersion};

/// A packet taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dissection<'a> {
    /// The type that the first byte names, `None` without one or if it is reserved in the version.
    pub packet_type: Option<PacketType>,
    /// The fields in byte order, each before its parts.
    ///
    /// Every byte of the input belongs to exactly one field without parts.
    pub fields: Vec<Field<'a>>,
    /// The rules that the packet breaks, as far as it was read.
    pub violations: Vec<Violation>,
    /// Why it could not be read to its end, if so. The bytes from there on are one field, "Unparsed".
    pub error: Option<DecodeError>,
}

/// A field of a packet, and the bytes that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// What it is called and what it means.
    pub def: &'static FieldDef,
    /// Its bytes, from the start of the packet.
    pub range: Range<usize>,
    /// How many fields hold it.
    pub depth: u8,
    /// What it holds.
    pub value: FieldValue<'a>,
}

/// Takes a packet apart, whole or not, valid or not.
///
/// The decoder and the dissector are one and the same walk over the packet, so they cannot disagree.
///
/// ```
/// use mqttscope_proto::{ProtocolVersion, dissect};
///
/// let dissection = dissect(&[0x40, 0x02, 0x00, 0x07], ProtocolVersion::V311);
/// let names: Vec<_> = dissection.fields.iter().map(|field| (field.def.name, field.range.clone())).collect();
/// assert_eq!(
///     names,
///     [
///         ("Fixed header", 0..2),
///         ("Packet type and flags", 0..1),
///         ("Remaining Length", 1..2),
///         ("Variable header", 2..4),
///         ("Packet Identifier", 2..4),
///     ]
/// );
/// ```
#[must_use]
pub fn dissect(bytes: &[u8], version: ProtocolVersion) -> Dissection<'_> {
    let mut recorder = Recorder::default();
    let error = walk(bytes, version, &mut recorder).err();
    recorder.finish(bytes);
    let packet_type = bytes.first().and_then(|&byte| PacketType::from_first_byte(byte));
    let packet_type = packet_type.filter(|packet_type| packet_type.is_of(version));
    Dissection { packet_type, fields: recorder.fields, violations: recorder.violations, error }
}

/// Takes a packet of a version that is not known apart: its type, its length, and the bytes behind them.
#[must_use]
pub fn dissect_frame(bytes: &[u8]) -> Dissection<'_> {
    let mut recorder = Recorder::default();
    if let (Ok(Some((header, _))), Some(&first_byte)) = (frame_len(bytes), bytes.first()) {
        let mut length = 0;
        for byte in bytes[1..header].iter().rev() {
            length = length << 7 | u32::from(byte & 0x7f);
        }
        recorder.leaf(&FIRST_BYTE, 0..1, FieldValue::Number(first_byte.into()));
        recorder.leaf(&LENGTH, 1..header, FieldValue::Number(length));
    }
    if recorder.end < bytes.len() {
        let rest = FieldValue::Bytes(&bytes[recorder.end..]);
        recorder.leaf(&NOT_DECODED, recorder.end..bytes.len(), rest);
    }
    let packet_type = bytes.first().and_then(|&byte| PacketType::from_first_byte(byte));
    Dissection { packet_type, fields: recorder.fields, violations: recorder.violations, error: None }
}

fn walk<'a>(
    bytes: &'a [u8],
    version: ProtocolVersion,
    recorder: &mut Recorder<'a>,
) -> Result<(), DecodeError> {
    match FixedHeader::decode(bytes, version) {
        Ok(Some(header)) => {
            let len = header.packet_len();
            let packet = Packet::read_traced(header, &bytes[..len.min(bytes.len())], version, recorder);
            if len != bytes.len() {
                return Err(not_one_packet(len, bytes.len()));
            }
            packet.map(drop)
        }
        Ok(None) => {
            trace_broken_header(bytes, version, recorder);
            Err(not_one_packet(expected_len(None, bytes), bytes.len()))
        }
        Err(error) => {
            trace_broken_header(bytes, version, recorder);
            Err(error)
        }
    }
}

#[derive(Default)]
struct Recorder<'a> {
    fields: Vec<Field<'a>>,
    violations: Vec<Violation>,
    /// Indices of the fields that are open.
    open: Vec<usize>,
    /// The end of the last field without parts.
    end: usize,
}

impl<'a> Recorder<'a> {
    /// Closes what an error left open, and gives the bytes behind it a field.
    fn finish(&mut self, bytes: &'a [u8]) {
        while !self.open.is_empty() {
            self.close(self.end, FieldValue::Parts);
        }
        if self.end < bytes.len() {
            let rest = FieldValue::Bytes(&bytes[self.end..]);
            self.leaf(&common::UNPARSED, self.end..bytes.len(), rest);
        }
    }

    fn push(&mut self, def: &'static FieldDef, range: Range<usize>, value: FieldValue<'a>) {
        // The deepest nesting is payload, will properties, property, value.
        let depth = u8::try_from(self.open.len()).unwrap_or(u8::MAX);
        self.fields.push(Field { def, range, depth, value });
    }
}

impl<'a> Trace<'a> for Recorder<'a> {
    fn open(&mut self, def: &'static FieldDef, start: usize) {
        let index = self.fields.len();
        self.push(def, start..start, FieldValue::Parts);
        self.open.push(index);
    }

    fn close(&mut self, end: usize, value: FieldValue<'a>) {
        let Some(index) = self.open.pop() else { return };
        let field = &mut self.fields[index];
        field.range.end = end;
        field.value = value;
        if field.range.is_empty() {
            self.fields.truncate(index);
        }
    }

    fn leaf(&mut self, def: &'static FieldDef, range: Range<usize>, value: FieldValue<'a>) {
        self.end = range.end;
        self.push(def, range, value);
    }

    fn violation(&mut self, violation: Violation) {
        self.violations.push(violation);
    }
}

/// The version of these is not known, and neither is where it says so.
const NO_CLAUSE: Clauses = Clauses { v31: "", v311: "", v5: "" };
static FIRST_BYTE: FieldDef =
    FieldDef::new("Packet type and flags", "The high four bits say the type.", NO_CLAUSE)
        .meaning(Meaning::PacketType);
static LENGTH: FieldDef = FieldDef::new("Remaining Length", "The number of bytes that follow.", NO_CLAUSE)
    .meaning(Meaning::ByteCount);
static NOT_DECODED: FieldDef = FieldDef::new(
    "Not decoded",
    "The protocol level of this connection is not known here, so that nothing is said of these bytes.",
    NO_CLAUSE,
);
