//! A packet taken apart, as lines of a tree: its fields, the bits of its flags, and what is wrong where.
//!
//! The fields are the dissector's. A line is put into words when it is looked at.

use std::ops::Range;

use mqttscope_proto::{
    BitDef, DecodeError, FieldDef, FieldValue, PacketType, ProtocolVersion, Violation, dissect,
    return_code_text,
};

use mqttscope_text::capitalised;
use mqttscope_text::number::{self, push_hex_digits};

use crate::row::{granted_words, payload_text};

/// The tree of one packet. The packet's bytes are given with each call that needs them, and must be the same.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    version: ProtocolVersion,
    fields: Vec<Field>,
    faults: Vec<Fault>,
    lines: Vec<Line>,
    /// How many bytes were taken apart.
    taken: usize,
}

/// A line of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    field: usize,
    part: Part,
}

/// What a line shows of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The field itself.
    Whole,
    /// A group of bits, by its place among the bits of the field.
    Bits(usize),
    /// What is wrong with it, by its place among the faults of the packet.
    Fault(usize),
}

/// A line in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    /// The bits as they stand in their byte, for a group of bits.
    pub pattern: String,
    pub name: &'static str,
    pub value: String,
}

#[derive(Clone, Debug)]
struct Field {
    def: &'static FieldDef,
    range: Range<usize>,
    /// Where its value begins, for a string or bytes behind a length.
    value: usize,
    depth: u8,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Parts,
    Number(u32),
    Text,
    Bytes,
}

/// What is wrong with a byte.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Rule(Violation),
    End(DecodeError),
}

impl Tree {
    /// Takes a packet apart.
    pub(crate) fn of(bytes: &[u8], version: ProtocolVersion) -> Self {
        let is_publish = bytes.first().is_some_and(|byte| byte >> 4 == PacketType::Publish as u8);
        // Other packets have a field for every few bytes.
        let taken = if is_publish { bytes.len() } else { bytes.len().min(MAX_TAKEN) };
        let dissection = dissect(&bytes[..taken], version);
        let fields: Vec<Field> = dissection.fields.iter().map(Field::of).collect();
        let error = dissection.error.filter(|_| taken == bytes.len());
        let mut faults: Vec<Fault> = Vec::with_capacity(dissection.violations.len());
        // Nearly all come in order already, and the standard library's sorting is large.
        for fault in dissection.violations.into_iter().map(Fault::Rule).chain(error.map(Fault::End)) {
            let at = faults.partition_point(|before| before.offset() <= fault.offset());
            faults.insert(at, fault);
        }
        let lines = lines(&fields, &faults);
        Self { version, fields, faults, lines, taken }
    }

    /// The number of lines.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Bytes of the packet beyond those that were taken apart.
    pub(crate) fn rest(&self, bytes: &[u8]) -> usize {
        bytes.len() - self.taken
    }

    /// A line.
    pub(crate) fn line(&self, at: usize) -> Option<Line> {
        self.lines.get(at).copied()
    }

    /// What a line shows.
    pub(crate) fn part(&self, line: Line) -> Part {
        line.part
    }

    /// How deep a line lies.
    pub(crate) fn depth(&self, line: Line) -> usize {
        usize::from(self.fields[line.field].depth) + usize::from(line.part != Part::Whole)
    }

    /// The bytes that a line is about.
    pub(crate) fn range(&self, line: Line) -> Range<usize> {
        self.fields[line.field].range.clone()
    }

    /// The byte at which a line points, if it points at one.
    pub(crate) fn byte(&self, line: Line) -> Option<usize> {
        match line.part {
            Part::Fault(at) => Some(self.faults[at].offset().min(self.taken.saturating_sub(1))),
            _ => None,
        }
    }

    /// The line of the deepest field that holds a byte.
    pub(crate) fn line_at(&self, byte: usize) -> Option<usize> {
        let field = field_at(&self.fields, byte)?;
        Some(self.lines.partition_point(|line| line.field < field))
    }

    /// The lines that say what is wrong.
    pub(crate) fn faults(&self) -> impl Iterator<Item = usize> + '_ {
        let is_fault = |line: &Line| matches!(line.part, Part::Fault(_));
        self.lines.iter().enumerate().filter(move |(_, line)| is_fault(line)).map(|(at, _)| at)
    }

    /// The bytes at fault, in order.
    pub(crate) fn fault_bytes(&self) -> Vec<usize> {
        let last = self.taken.saturating_sub(1);
        self.faults.iter().map(|fault| fault.offset().min(last)).collect()
    }

    /// Where the message lies that the packet carries: that of a PUBLISH, or the will of a CONNECT.
    pub(crate) fn message(&self) -> Option<Range<usize>> {
        let is_message = |field: &&Field| matches!(field.def.name, "Application Message" | "Will Message");
        self.fields.iter().find(is_message).map(|field| field.value..field.range.end)
    }

    /// A line in words.
    pub(crate) fn words(&self, line: Line, bytes: &[u8]) -> Words {
        let field = &self.fields[line.field];
        match line.part {
            Part::Whole => Words { pattern: String::new(), name: field.def.name, value: field.words(bytes) },
            Part::Bits(at) => {
                let (bits, byte) = (&field.def.bits[at], bytes[field.range.start]);
                Words { pattern: pattern(bits.mask, byte), name: bits.name, value: bits_words(bits, byte) }
            }
            Part::Fault(at) => {
                Words { pattern: String::new(), name: "", value: capitalised(&self.faults[at].words()) }
            }
        }
    }

    /// What is to be known about a line, in a sentence, and where that is written.
    pub(crate) fn rule(&self, line: Line) -> (String, &'static str) {
        let def = self.fields[line.field].def;
        match line.part {
            Part::Fault(at) => {
                let fault = &self.faults[at];
                (format!("{}.", capitalised(&fault.words())), fault.clause(self.version))
            }
            Part::Bits(at) => (def.bits[at].rule.to_owned(), def.bits[at].clause(self.version)),
            Part::Whole => (def.rule.to_owned(), def.clause(self.version)),
        }
    }

    /// The name of a line and its bytes: `Topic Name, bytes 2–9 (8)`.
    pub(crate) fn place(&self, line: Line) -> String {
        let field = &self.fields[line.field];
        let mut text = String::new();
        if let Part::Bits(at) = line.part {
            text = format!("{} in ", field.def.bits[at].name);
        }
        text.push_str(field.def.name);
        let (first, last) = match self.byte(line) {
            Some(byte) => (byte, byte),
            None => (field.range.start, field.range.end.saturating_sub(1)),
        };
        let first_text = number::plain(first as u64);
        text.push_str(&if first == last {
            format!(", byte {first_text}")
        } else {
            let len = number::grouped((last + 1 - first) as u64);
            format!(", bytes {first_text}–{last} ({len})")
        });
        text
    }

    /// The whole tree as text, a line each, for the clipboard.
    pub(crate) fn text(&self, bytes: &[u8]) -> String {
        let mut text = String::new();
        for &line in &self.lines {
            let Words { pattern, name, value } = self.words(line, bytes);
            let sign = if matches!(line.part, Part::Fault(_)) { "✖ " } else { "" };
            let colon = if name.is_empty() { "" } else { ": " };
            let blank = if pattern.is_empty() { "" } else { "  " };
            text.extend(std::iter::repeat_n("  ", self.depth(line)));
            text.push_str(&[sign, &pattern, blank, name, colon, &value, "\n"].concat());
        }
        text
    }
}

/// The lines of the fields: each, then its bits, then what is wrong with it.
fn lines(fields: &[Field], faults: &[Fault]) -> Vec<Line> {
    let mut lines = Vec::with_capacity(fields.len() + faults.len());
    let mut fault = 0;
    for (field, it) in fields.iter().enumerate() {
        lines.push(Line { field, part: Part::Whole });
        lines.extend((0..it.def.bits.len()).map(|at| Line { field, part: Part::Bits(at) }));
        // Faults are in the order of their bytes, and so are the fields without parts.
        while fault < faults.len() && field_at(fields, faults[fault].offset()) == Some(field) {
            lines.push(Line { field, part: Part::Fault(fault) });
            fault += 1;
        }
    }
    lines
}

/// The deepest field that holds a byte. Fields are in byte order, each before its parts.
fn field_at(fields: &[Field], byte: usize) -> Option<usize> {
    fields.partition_point(|field| field.range.start <= byte).checked_sub(1)
}

impl Field {
    fn of(field: &mqttscope_proto::Field<'_>) -> Self {
        let range = field.range.clone();
        let (value, kind) = match field.value {
            FieldValue::Number(number) => (range.start, Kind::Number(number)),
            FieldValue::Text(text) => (range.end - text.as_bytes().len(), Kind::Text),
            FieldValue::Bytes(bytes) => (range.end - bytes.len(), Kind::Bytes),
            _ => (range.start, Kind::Parts),
        };
        Self { def: field.def, range, value, depth: field.depth, kind }
    }

    fn words(&self, bytes: &[u8]) -> String {
        let value = &bytes[self.value..self.range.end];
        match self.kind {
            Kind::Parts => bytes_words(value.len()),
            Kind::Number(number) => self.number_words(number),
            Kind::Text => format!("\"{}\"", payload_text(value)),
            Kind::Bytes if value.is_empty() => "none".to_owned(),
            Kind::Bytes => format!("{} ({})", payload_text(value), bytes_words(value.len())),
        }
    }

    fn number_words(&self, value: u32) -> String {
        let byte = value as u8;
        let words = match self.def.name {
            "Packet type and flags" => {
                PacketType::from_first_byte(byte).map_or("reserved type", PacketType::name)
            }
            "Connect Return code" => return_code_text(byte).unwrap_or("reserved code"),
            "Requested QoS" => qos_words(byte),
            "Return Code" => return granted_words(byte),
            "Protocol Level" => match byte & 0x7f {
                3 => "MQTT 3.1",
                4 => "MQTT 3.1.1",
                _ => "not known",
            },
            "Keep Alive" if value == 0 => "off",
            "Keep Alive" => return format!("{value} s"),
            "Remaining Length" => return bytes_words(value as usize),
            _ => "",
        };
        let number = if self.def.bits.is_empty() {
            number::plain(value.into())
        } else {
            let mut hex = "0x".to_owned();
            push_hex_digits(&mut hex, &[byte]);
            hex
        };
        if words.is_empty() { number } else { format!("{number} ({words})") }
    }
}

impl Fault {
    fn offset(&self) -> usize {
        match self {
            Self::Rule(violation) => violation.offset,
            Self::End(error) => error.offset,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Rule(violation) => violation.to_string(),
            Self::End(error) => format!("not readable from here: {error}"),
        }
    }

    fn clause(&self, version: ProtocolVersion) -> &'static str {
        match self {
            Self::Rule(violation) => violation.rule.clause(version),
            Self::End(error) => error.kind.clause(version),
        }
    }
}

/// The bits of a mask as they stand in a byte: `.... 1...`.
fn pattern(mask: u8, byte: u8) -> String {
    let mut text = String::with_capacity(9);
    for at in (0..8).rev() {
        let bit = 1 << at;
        text.push(match (mask & bit, byte & bit) {
            (0, _) => '.',
            (_, 0) => '0',
            _ => '1',
        });
        if at == 4 {
            text.push(' ');
        }
    }
    text
}

fn bits_words(bits: &BitDef, byte: u8) -> String {
    let value = bits.value(byte);
    let packet_type = PacketType::from_first_byte(byte);
    let words = match bits.name {
        "Packet type" => packet_type.map_or("reserved", PacketType::name),
        "QoS" | "Will QoS" => qos_words(value),
        // Of a reserved type nothing is prescribed.
        "Reserved flags" => match packet_type.map(PacketType::reserved_flags) {
            Some(0b0010) => "must be 0010",
            Some(_) => "must be 0000",
            None => "",
        },
        _ => "",
    };
    let value = number::plain(value.into());
    if words.is_empty() { value } else { format!("{value} ({words})") }
}

const fn qos_words(qos: u8) -> &'static str {
    match qos {
        0 => "at most once",
        1 => "at least once",
        2 => "exactly once",
        _ => "reserved",
    }
}

/// `1 byte`, `5,242,880 bytes`.
pub(crate) fn bytes_words(len: usize) -> String {
    number::counted(len as u64, " byte", " bytes")
}

/// Bytes of a packet other than PUBLISH that are taken apart at most: thousands of topic filters.
const MAX_TAKEN: usize = 256 << 10;
