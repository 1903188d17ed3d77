//! A packet taken apart, as lines of a tree: its fields, the bits of its flags, and what is wrong where.
//!
//! The fields are the dissector's. A line is put into words when it is looked at.

use std::ops::Range;

use mqttscope_log::{Version, is_bridge};
use mqttscope_proto::{
    BitDef, DecodeError, FieldDef, FieldValue, Meaning, PacketType, PropertyId, ProtocolVersion, ReasonCode,
    Rule, Violation, dissect, dissect_frame, return_code_text,
};

use mqttscope_text::capitalised;
use mqttscope_text::number::{self, push_hex_digits};

use crate::row::{expiry_words, granted_words, payload_text, retain_handling_words};

/// The tree of one packet. The packet's bytes are given with each call that needs them, and must be the same.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    version: ProtocolVersion,
    fields: Vec<Field>,
    faults: Vec<Fault>,
    lines: Vec<Line>,
    /// How many bytes were taken apart.
    taken: usize,
    /// What the topic alias stands for, in words.
    alias: Option<String>,
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
    pub(crate) fn of(bytes: &[u8], version: impl Into<Version>) -> Self {
        let known = version.into();
        let version = known.layout();
        let is_publish = bytes.first().is_some_and(|byte| byte >> 4 == PacketType::Publish as u8);
        // Other packets have a field for every few bytes.
        let taken = if is_publish { bytes.len() } else { bytes.len().min(MAX_TAKEN) };
        let mut dissection = if known.is_decoded() {
            dissect(&bytes[..taken], version)
        } else {
            dissect_frame(&bytes[..taken])
        };
        if is_bridge(bytes) {
            dissection.violations.retain(|found| !matches!(found.rule, Rule::ProtocolNameAndLevel(_)));
        }
        if matches!(known, Version::Unknown | Version::Before5) {
            // A byte is at fault only if it is in each version that it may be.
            let other = dissect(&bytes[..taken], ProtocolVersion::V31).violations;
            dissection.violations.retain(|found| other.iter().any(|other| other.offset == found.offset));
        }
        let fields: Vec<Field> = dissection.fields.iter().map(Field::of).collect();
        let error = dissection.error.filter(|_| taken == bytes.len());
        let error = error.map(|error| error.or_of_other_version(bytes, version));
        let mut faults: Vec<Fault> = Vec::with_capacity(dissection.violations.len());
        // Nearly all come in order already, and the standard library's sorting is large.
        for fault in dissection.violations.into_iter().map(Fault::Rule).chain(error.map(Fault::End)) {
            let at = faults.partition_point(|before| before.offset() <= fault.offset());
            faults.insert(at, fault);
        }
        let lines = lines(&fields, &faults);
        Self { version, fields, faults, lines, taken, alias: None }
    }

    /// With what a topic alias stands for, in words.
    pub(crate) fn with_alias(mut self, alias: Option<String>) -> Self {
        self.alias = alias;
        self
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
        let is_message = |field: &&Field| field.def.meaning == Meaning::Message;
        self.fields.iter().find(is_message).map(|field| field.value..field.range.end)
    }

    /// The fields by name, each with its value in words: no field that only holds others, nothing that a field is made of
    /// if its value can be told, and not the message.
    pub(crate) fn facts(&self, bytes: &[u8]) -> Vec<(&'static str, String)> {
        let mut facts = Vec::new();
        // What lies deeper than a field whose value is told.
        let mut told = usize::MAX;
        for &line in &self.lines {
            let field = &self.fields[line.field];
            let depth = usize::from(field.depth);
            if depth > told || matches!(line.part, Part::Fault(_)) || field.def.meaning == Meaning::Message {
                continue;
            }
            told = usize::MAX;
            let is_whole = line.part == Part::Whole;
            if is_whole && (!field.def.bits.is_empty() || !field.has_value(bytes)) {
                continue;
            }
            if is_whole {
                told = depth;
            }
            let Words { name, value, .. } = self.words(line, bytes);
            facts.push((name, value));
        }
        facts
    }

    /// A line in words.
    pub(crate) fn words(&self, line: Line, bytes: &[u8]) -> Words {
        let field = &self.fields[line.field];
        match line.part {
            Part::Whole => {
                let mut value = field.words(bytes, self.version);
                if let Some(alias) = self.alias.as_ref().filter(|_| field.is_alias()) {
                    value = [&value, " (", alias, ")"].concat();
                }
                Words { pattern: String::new(), name: field.def.name, value }
            }
            Part::Bits(at) => {
                let (bits, byte) = (&field.def.bits[at], bytes[field.range.start]);
                Words {
                    pattern: pattern(bits.mask, byte),
                    name: bits.name,
                    value: bits_words(bits, byte, self.version),
                }
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

    /// Whether it is a topic alias, or its value.
    fn is_alias(&self) -> bool {
        matches!(self.kind, Kind::Number(_)) && self.def.name == PropertyId::TopicAlias.title()
    }

    /// Whether it has a value of its own, and not only fields within it.
    fn has_value(&self, bytes: &[u8]) -> bool {
        !matches!(self.kind, Kind::Parts) || self.pair_words(&bytes[self.value..self.range.end]).is_some()
    }

    fn words(&self, bytes: &[u8], version: ProtocolVersion) -> String {
        let value = &bytes[self.value..self.range.end];
        match self.kind {
            Kind::Parts => self.pair_words(value).unwrap_or_else(|| bytes_words(value.len())),
            Kind::Number(number) => self.number_words(number, packet_type_of(bytes, version), version),
            Kind::Text => format!("\"{}\"", payload_text(value)),
            Kind::Bytes if value.is_empty() => "none".to_owned(),
            Kind::Bytes => format!("{} ({})", payload_text(value), bytes_words(value.len())),
        }
    }

    /// The name and the value of a user property, which lie behind its identifier, each behind its length.
    fn pair_words(&self, property: &[u8]) -> Option<String> {
        if self.def.name != PropertyId::UserProperty.title() {
            return None;
        }
        let (len, rest) = property.get(1..)?.split_first_chunk()?;
        let (name, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        let value = rest.get(2..)?;
        Some(["\"", &payload_text(name), "\" = \"", &payload_text(value), "\""].concat())
    }

    fn number_words(&self, value: u32, packet_type: Option<PacketType>, version: ProtocolVersion) -> String {
        let byte = value as u8;
        let words = match self.def.meaning {
            Meaning::PacketType => packet_type_of(&[byte], version).map_or("reserved type", PacketType::name),
            Meaning::ReturnCode => return_code_text(byte).unwrap_or("reserved code"),
            Meaning::Qos => qos_words(byte),
            Meaning::GrantedQos => return granted_words(byte),
            Meaning::ProtocolLevel => match byte & 0x7f {
                3 => "MQTT 3.1",
                4 => "MQTT 3.1.1",
                5 => "MQTT 5",
                _ => "not known",
            },
            Meaning::ReasonCode => {
                let code = ReasonCode(byte);
                let name = packet_type.and_then(|packet_type| code.name(packet_type));
                return format!("{code} ({})", name.unwrap_or("not one of this packet"));
            }
            Meaning::PropertyId => PropertyId::from_number(value).map_or("no property", PropertyId::title),
            Meaning::Expiry => return expiry_words(value),
            Meaning::Seconds if value == 0 => "off",
            Meaning::Seconds => return format!("{value} s"),
            Meaning::ByteCount => return bytes_words(value as usize),
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

fn bits_words(bits: &BitDef, byte: u8, version: ProtocolVersion) -> String {
    let value = bits.value(byte);
    let packet_type = packet_type_of(&[byte], version);
    let words = match bits.meaning {
        Meaning::PacketType => packet_type.map_or("reserved", PacketType::name),
        Meaning::Qos => qos_words(value),
        Meaning::RetainHandling => retain_handling_words(value),
        // Of a reserved type nothing is prescribed.
        Meaning::ReservedFlags => match packet_type.map(PacketType::reserved_flags) {
            Some(0b0010) => "must be 0010",
            Some(_) => "must be 0000",
            None => "",
        },
        _ => "",
    };
    let value = number::plain(value.into());
    if words.is_empty() { value } else { format!("{value} ({words})") }
}

/// The type that the first byte of a packet names, in a version that has it.
fn packet_type_of(packet: &[u8], version: ProtocolVersion) -> Option<PacketType> {
    PacketType::from_first_byte(*packet.first()?).filter(|packet_type| packet_type.is_of(version))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], version: ProtocolVersion, expected: &str) {
        let expected: Vec<_> = expected.trim().lines().map(|line| line.trim_start_matches('|')).collect();
        let text = Tree::of(bytes, version).text(bytes);
        assert_eq!(text.lines().collect::<Vec<_>>(), expected, "\n{text}");
    }

    #[test]
    fn a_publish_in_words() {
        let expected = "
|Fixed header: 2 bytes
|  Packet type and flags: 0x3d (PUBLISH)
|    0011 ....  Packet type: 3 (PUBLISH)
|    .... 1...  DUP: 1
|    .... .10.  QoS: 2 (exactly once)
|    .... ...1  RETAIN: 1
|  Remaining Length: 7 bytes
|Variable header: 5 bytes
|  Topic Name: \"t\"
|    Length: 1
|    Topic Name: \"t\"
|  Packet Identifier: 17
|Payload: 2 bytes
|  Application Message: hi (2 bytes)";
        let bytes = b"\x3d\x07\x00\x01t\x00\x11hi";
        let tree = Tree::of(bytes, ProtocolVersion::V31);
        let text = tree.text(bytes);
        let expected: Vec<_> = expected.trim().lines().map(|line| line.trim_start_matches('|')).collect();
        let found: Vec<_> = text.lines().collect();
        assert_eq!(found[..12], expected[..12], "\n{text}");
        assert_eq!(tree.message(), Some(7..9));
    }

    #[test]
    fn properties_reason_codes_and_options_in_words() {
        let text = |bytes: &[u8]| Tree::of(bytes, ProtocolVersion::V5).text(bytes);
        let puback = b"\x40\x0b\x00\x09\x10\x07\x26\x00\x01n\x00\x01v";
        let expected = [
            "  Reason Code: 0x10 (No matching subscribers)",
            "  Properties: 8 bytes",
            "    Property Length: 7 bytes",
            "    User Property: \"n\" = \"v\"",
            "      Property Identifier: 38 (User Property)",
        ];
        let found = text(puback);
        for line in expected {
            assert!(found.lines().any(|found| found == line), "{line} is not in\n{found}");
        }
        let connack = text(b"\x20\x08\x00\x00\x05\x11\xff\xff\xff\xff");
        assert!(connack.contains("  Connect Reason Code: 0x00 (Success)\n"), "{connack}");
        assert!(connack.contains("    Session Expiry Interval: never\n"), "{connack}");
        let subscribe = text(b"\x82\x07\x00\x01\x00\x00\x01a\x1e");
        for bits in [
            "Retain Handling: 1 (only to a new subscription)",
            "No Local: 1",
            "Maximum QoS: 2 (exactly once)",
        ] {
            assert!(subscribe.contains(bits), "{subscribe}");
        }
        let suback = text(b"\x90\x04\x00\x01\x00\x87");
        assert!(suback.contains("Reason Code: 0x87 (Not authorized)\n"), "{suback}");
        let tree = Tree::of(puback, ProtocolVersion::V5);
        let line = tree.line_at(6).and_then(|at| tree.line(at)).expect("an identifier");
        assert_eq!(tree.rule(line).1, "MQTT 5, 2.2.2.2");
    }

    #[test]
    fn an_alias_tells_what_it_stands_for_beside_what_is_on_the_wire() {
        let bytes = b"\x30\x08\x00\x00\x03\x23\x00\x03ho";
        let text = Tree::of(bytes, ProtocolVersion::V5).with_alias(Some("for \"t\"".into())).text(bytes);
        assert!(text.contains("  Topic Name: \"\"\n"), "{text}");
        assert!(text.contains("      Topic Alias: 3 (for \"t\")\n"), "{text}");
    }

    #[test]
    fn what_is_wrong_stands_below_its_field() {
        check(
            b"\x20\x02\x00\xc8",
            ProtocolVersion::V311,
            "
|Fixed header: 2 bytes
|  Packet type and flags: 0x20 (CONNACK)
|    0010 ....  Packet type: 2 (CONNACK)
|    .... 0000  Reserved flags: 0 (must be 0000)
|  Remaining Length: 2 bytes
|Variable header: 2 bytes
|  Connect Acknowledge Flags: 0x00
|    0000 000.  Reserved: 0
|    .... ...0  Session Present: 0
|  Connect Return code: 200 (reserved code)
|    ✖ Connect return code 200 is reserved",
        );
    }

    #[test]
    fn only_publish_has_dup_qos_and_retain_in_3_1_1() {
        let bits = |bytes: &[u8], version| {
            let text = Tree::of(bytes, version).text(bytes);
            text.lines()
                .skip(3)
                .take_while(|line| line.starts_with("    "))
                .map(str::trim)
                .collect::<Vec<_>>()
                .join("; ")
        };
        for (bytes, version, expected) in [
            (&b"\x62\x02\x00\x09"[..], ProtocolVersion::V311, ".... 0010  Reserved flags: 2 (must be 0010)"),
            (b"\x90\x03\x00\x09\x01", ProtocolVersion::V311, ".... 0000  Reserved flags: 0 (must be 0000)"),
            (
                b"\x6a\x02\x00\x09",
                ProtocolVersion::V311,
                ".... 1010  Reserved flags: 10 (must be 0010); ✖ The flag bits of PUBREL must be 0010, not 1010",
            ),
            (
                b"\x6a\x02\x00\x09",
                ProtocolVersion::V31,
                ".... 1...  DUP: 1; .... .01.  QoS: 1 (at least once); .... ...0  RETAIN: 0",
            ),
            (
                b"\x3a\x05\x00\x01t\x00\x09",
                ProtocolVersion::V311,
                ".... 1...  DUP: 1; .... .01.  QoS: 1 (at least once); .... ...0  RETAIN: 0",
            ),
        ] {
            assert_eq!(bits(bytes, version), expected);
        }
        let reserved = Tree::of(b"\xf3\x00", ProtocolVersion::V311).text(b"\xf3\x00");
        assert!(reserved.contains("  .... 0011  Reserved flags: 3\n"), "{reserved}");
    }

    #[test]
    fn each_bit_has_its_own_rule() {
        let rules = |bytes: &[u8], version| {
            let tree = Tree::of(bytes, version);
            let lines = (0..tree.len()).filter_map(|at| tree.line(at));
            let bits = lines.filter(|line| matches!(line.part, Part::Bits(_)));
            bits.map(|line| tree.rule(line)).collect::<Vec<_>>()
        };
        let publish = b"\x3b\x06\x00\x01t\x00\x09!";
        let clauses =
            |version| rules(publish, version).into_iter().map(|(_, clause)| clause).collect::<Vec<_>>();
        let expected = [
            "MQTT 3.1.1, 2.2.1",
            "[MQTT-3.3.1-1] to [MQTT-3.3.1-3]",
            "[MQTT-3.3.1-4]",
            "[MQTT-3.3.1-5] to [MQTT-3.3.1-12]",
        ];
        assert_eq!(clauses(ProtocolVersion::V311), expected);
        let expected =
            ["Message Type", "DUP", "QoS", "RETAIN"].map(|name| format!("MQTT 3.1, Fixed header, {name}"));
        assert_eq!(clauses(ProtocolVersion::V31), expected);
        let connect = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01c";
        for bytes in [&publish[..], connect, b"\x20\x02\x00\x00", b"\x82\x06\x00\x01\x00\x01a\x02"] {
            let found = rules(bytes, ProtocolVersion::V311);
            for (at, (sentence, _)) in found.iter().enumerate() {
                assert!(sentence.ends_with('.'), "{sentence}");
                assert!(found[..at].iter().all(|(other, _)| other != sentence), "{sentence} stands twice");
            }
        }
    }

    #[test]
    fn a_byte_leads_to_its_field_and_a_fault_to_its_byte() {
        let bytes = b"\x20\x02\x00\xc8";
        let tree = Tree::of(bytes, ProtocolVersion::V311);
        let line = tree.line_at(3).and_then(|at| tree.line(at)).expect("a field");
        assert_eq!((tree.place(line).as_str(), tree.range(line)), ("Connect Return code, byte 3", 3..4));
        let at = tree.faults().next().expect("a fault");
        let fault = tree.line(at).expect("a line");
        assert_eq!((tree.byte(fault), tree.fault_bytes()), (Some(3), vec![3]));
        assert!(tree.rule(fault).0.ends_with('.'));
    }

    #[test]
    fn broken_packets_show_how_far_they_could_be_read() {
        let bytes = b"\x30\x20\x00\x05top";
        let tree = Tree::of(bytes, ProtocolVersion::V31);
        let text = tree.text(bytes);
        assert!(text.contains("✖ Not readable from here: "), "{text}");
        assert_eq!(tree.fault_bytes(), [6]);
        assert!(Tree::of(b"", ProtocolVersion::V31).len() == 0);
        assert!(Tree::of(b"HTTP", ProtocolVersion::V31).len() > 0);
    }

    #[test]
    fn a_packet_with_very_many_fields_is_taken_apart_in_part() {
        let mut bytes = b"\x90\x82\x80\x40\x00\x01".to_vec();
        bytes.resize(5 + (1 << 20) + 1, 0);
        let tree = Tree::of(&bytes, ProtocolVersion::V311);
        assert_eq!(tree.rest(&bytes), bytes.len() - MAX_TAKEN);
        assert_eq!(tree.faults().count(), 0);
    }

    #[test]
    fn every_line_of_anything_has_words() {
        for first in 0..=255 {
            for rest in [&b""[..], b"\x00", b"\x04\x00\x01a\x02", b"\x02\x00", b"\xff\xff\xff\xff\x01"] {
                let bytes = [&[first], rest].concat();
                for version in ProtocolVersion::ALL {
                    let tree = Tree::of(&bytes, version);
                    assert_eq!(tree.text(&bytes).lines().count(), tree.len());
                    for at in 0..tree.len() {
                        let line = tree.line(at).expect("a line");
                        assert!(!tree.place(line).is_empty() && !tree.rule(line).0.is_empty());
                        assert!(tree.byte(line).is_none_or(|byte| byte < bytes.len()));
                    }
                }
            }
        }
    }
}
