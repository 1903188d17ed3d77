//! The selected packet: a tree of its fields, the rule of the field that is looked at, and its bytes.

use mqttscope_link::{HexView, Leaf, LeafKind, MarkView, PacketHead, PacketView, Pointed, Span, TreeView};
use mqttscope_log::export::{Export, Format, Selection};
use mqttscope_log::{Direction, Log, Record, Topic, Version, level_of};
use mqttscope_text::bytes::hex;

use super::misbehaviour;
use crate::request::request;
use crate::row::{name, topic_words};

use super::tree::{Line, Part, Tree, bytes_words};

/// The selected record, as far as the log keeps it.
pub(crate) struct Selected {
    number: u32,
    clearings: u32,
    is_kept: bool,
    /// `None` for an event, and for what the log has dropped.
    tree: Option<Tree>,
    faults: Vec<usize>,
}

/// A line of the tree, and a byte.
#[derive(Clone, Copy, Default)]
struct Mark {
    line: Option<usize>,
    byte: Option<usize>,
}

impl Mark {
    /// The byte, or else the first of the line's field.
    fn place(self, tree: &Tree) -> Option<usize> {
        self.byte.or_else(|| Some(tree.range(tree.line(self.line?)?).start))
    }
}

impl Selected {
    /// Selects the record of that number.
    pub(crate) fn new(log: &Log, number: u32) -> Self {
        let record = log.record(number);
        let packet = record.filter(|record| record.direction() != Direction::Event);
        let tree = packet.map(|record| {
            let bytes = log.bytes(record);
            // A CONNECT of a level that is not known may stand on a connection of another one.
            let level = level_of(bytes).filter(|_| record.is_undecoded()).map(Version::Level);
            let topic = log.topic(number, record).filter(|_| log.alias(record).is_some());
            Tree::of(bytes, level.unwrap_or(log.version_of(record))).with_alias(topic.map(alias_words))
        });
        let faults = tree.as_ref().map(Tree::fault_bytes).unwrap_or_default();
        Self { number, clearings: log.clearings(), is_kept: record.is_some(), tree, faults }
    }

    /// Whether it is still what a number means.
    pub(crate) fn is_of(&self, log: &Log, number: u32) -> bool {
        (self.number, self.clearings) == (number, log.clearings())
            && self.is_kept == log.record(number).is_some()
    }

    /// The record's number.
    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    /// Whether it is a packet, or bytes that are none.
    pub(crate) fn is_packet(&self, log: &Log) -> bool {
        self.packet(log).is_some()
    }

    /// The message that the packet carries.
    pub(crate) fn payload<'l>(&self, log: &'l Log) -> Option<&'l [u8]> {
        let record = log.record(self.number)?;
        match self.tree.as_ref()?.message() {
            Some(range) => log.bytes(record).get(range),
            // A payload without bytes is no field.
            None => log.payload(record),
        }
    }

    /// Its fields but for the message that it carries: their names, and their values in words.
    pub(crate) fn facts(&self, log: &Log) -> Vec<(&'static str, String)> {
        self.packet(log).map(|(_, tree, bytes)| tree.facts(bytes)).unwrap_or_default()
    }

    /// What is looked at of it; `None` if it is no packet.
    pub(crate) fn view(
        &self,
        log: &Log,
        chosen: Option<Pointed>,
        hovered: Option<Pointed>,
        lines: Span,
        wanted: Span,
    ) -> Option<PacketView> {
        let (record, tree, bytes) = self.packet(log)?;
        // What is wrong is what a person looks for.
        let first_fault = tree.faults().next();
        let chosen = match chosen {
            Some(pointed) => mark_of(tree, bytes.len(), pointed),
            None => first_fault.map_or(Mark::default(), |line| mark_of_line(tree, line)),
        };
        let mark = hovered.map_or(chosen, |pointed| mark_of(tree, bytes.len(), pointed));
        let next_fault = tree.faults().find(|&line| Some(line) > chosen.line).or(first_fault);
        let tree_view = TreeView {
            count: tree.len() as u32,
            first: lines.start.min(tree.len() as u32),
            lines: (lines.start..lines.end.min(lines.start.saturating_add(MOST_LINES)))
                .map_while(|at| Some(leaf(tree, bytes, tree.line(at as usize)?)))
                .collect(),
        };
        let start = (wanted.start as usize).min(bytes.len());
        let end = (wanted.end as usize).min(bytes.len()).min(start + MOST_BYTES).max(start);
        let seen = self.faults.partition_point(|&byte| byte < start)
            ..self.faults.partition_point(|&byte| byte < end);
        Some(PacketView {
            head: PacketHead {
                number: self.number,
                out: record.direction() == Direction::Out,
                name: name(record),
                qos: record.qos(),
                dup: record.dup(),
                retain: record.retain(),
                is_request: request(log, self.number).is_some(),
                is_password_hidden: record.is_password_hidden(),
                faults: tree.faults().count() as u32,
                next_fault: next_fault.map(|line| line as u32),
                time: log.time_of_day(record),
                len: record.len(),
                version: log.version_of(record).to_string(),
                neighbours: [log.before(self.number), log.after(self.number)],
                misbehaviour: misbehaviour(log, self.number),
                rest: tree.rest(bytes) as u32,
            },
            tree: tree_view,
            hex: HexView {
                first: start as u32,
                bytes: bytes[start..end].to_vec(),
                faults: self.faults[seen].iter().map(|&byte| byte as u32).collect(),
            },
            chosen: (chosen.line.map(|line| line as u32), chosen.place(tree).map(|byte| byte as u32)),
            mark: mark_view(tree, mark),
        })
    }

    /// The packet as a tree, for the clipboard; `time` is when, in words.
    pub(crate) fn text(&self, log: &Log, time: &str) -> Option<String> {
        let (record, tree, _) = self.packet(log)?;
        let bytes = self.bytes_without_password(log)?;
        let name = name(record).unwrap_or_else(|| "Not a packet".into());
        let way = record.direction().name();
        let len = bytes_words(bytes.len());
        Some(format!("{name} #{}, {way}, {time}, {len}\n{}", self.number, tree.text(&bytes)))
    }

    /// Its bytes in hex, for the clipboard.
    pub(crate) fn hex(&self, log: &Log) -> Option<String> {
        Some(hex(&self.bytes_without_password(log)?))
    }

    /// The record as an export has it: with its time and its direction, and without the password.
    pub(crate) fn json(&self, log: &Log) -> String {
        let mut export = Export::new(log, Format::JsonLines, Selection::Numbers(vec![self.number]), false);
        let mut json = Vec::new();
        export.write(log, usize::MAX, &mut json);
        String::from_utf8_lossy(json.trim_ascii_end()).into_owned()
    }

    /// A password that the log keeps does not leave it by the clipboard.
    fn bytes_without_password(&self, log: &Log) -> Option<Vec<u8>> {
        let (record, _, bytes) = self.packet(log)?;
        let mut bytes = bytes.to_vec();
        record.hide_secrets(&mut bytes);
        Some(bytes)
    }

    fn packet<'a>(&'a self, log: &'a Log) -> Option<(&'a Record, &'a Tree, &'a [u8])> {
        let record = log.record(self.number)?;
        Some((record, self.tree.as_ref()?, log.bytes(record)))
    }
}

fn mark_of(tree: &Tree, len: usize, pointed: Pointed) -> Mark {
    match pointed {
        Pointed::Line(line) => mark_of_line(tree, line as usize),
        Pointed::Byte(byte) => {
            let byte = byte as usize;
            Mark { line: tree.line_at(byte), byte: (byte < len).then_some(byte) }
        }
    }
}

fn mark_of_line(tree: &Tree, at: usize) -> Mark {
    match tree.line(at) {
        Some(line) => Mark { line: Some(at), byte: tree.byte(line) },
        None => Mark::default(),
    }
}

fn mark_view(tree: &Tree, mark: Mark) -> Option<MarkView> {
    let line = tree.line(mark.line?)?;
    let (rule, clause) = tree.rule(line);
    let field = tree.range(line);
    Some(MarkView {
        line: mark.line.map(|line| line as u32),
        byte: mark.byte.map(|byte| byte as u32),
        field: Span { start: field.start as u32, end: field.end as u32 },
        place: tree.place(line),
        rule,
        clause: clause.into(),
        is_fault: matches!(tree.part(line), Part::Fault(_)),
    })
}

/// What a topic alias stands for.
fn alias_words(topic: Topic<'_>) -> String {
    match topic {
        Topic::Name(_) => ["for \"", &topic_words(topic), "\""].concat(),
        Topic::Alias(_) => "for a topic that is not known".into(),
    }
}

/// A line of the tree.
fn leaf(tree: &Tree, bytes: &[u8], line: Line) -> Leaf {
    let words = tree.words(line, bytes);
    Leaf {
        kind: match tree.part(line) {
            Part::Whole => LeafKind::Whole,
            Part::Bits(_) => LeafKind::Bits,
            Part::Fault(_) => LeafKind::Fault,
        },
        depth: tree.depth(line).min(usize::from(u8::MAX)) as u8,
        pattern: words.pattern,
        name: words.name.into(),
        value: words.value,
    }
}

/// What is made at most at once: several screens full.
const MOST_LINES: u32 = 1_024;
const MOST_BYTES: usize = 32 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{log_of_version, sent};
    use mqttscope_proto::ProtocolVersion;

    #[test]
    fn both_are_shown_what_is_on_the_wire_and_the_topic_that_it_stands_for() {
        let mut log = log_of_version(ProtocolVersion::V5, 1 << 20);
        sent(&mut log, 0, b"\x30\x09\x00\x01t\x03\x23\x00\x03hi");
        sent(&mut log, 1, b"\x30\x08\x00\x00\x03\x23\x00\x03ho");
        let text = |log: &Log| Selected::new(log, 1).text(log, "now").expect("a packet");
        let known = text(&log);
        assert!(
            known.contains("Topic Name: \"\"") && known.contains("Topic Alias: 3 (for \"t\")"),
            "{known}"
        );
        let all = Span { start: 0, end: 99 };
        let view = Selected::new(&log, 1).view(&log, None, None, all, all).expect("a packet");
        assert_eq!((view.head.version.as_str(), view.head.faults), ("5", 0));
        log.drop_before(1);
        let unknown = text(&log);
        assert!(unknown.contains("Topic Alias: 3 (for a topic that is not known)"), "{unknown}");
        assert_eq!(Selected::new(&log, 1).payload(&log), Some(&b"ho"[..]));
    }

    #[test]
    fn authentication_data_does_not_leave_by_the_clipboard() {
        let mut log = log_of_version(ProtocolVersion::V5, 1 << 20);
        log.set_keeps_passwords(true);
        sent(&mut log, 0, b"\xf0\x10\x18\x0e\x15\x00\x02me\x16\x00\x06secret");
        let selected = Selected::new(&log, 0);
        let copies = [selected.text(&log, "now"), selected.hex(&log), Some(selected.json(&log))];
        for copy in copies.into_iter().flatten() {
            assert!(
                !copy.contains("secret") && !copy.contains("73 65 63") && !copy.contains("736563"),
                "{copy}"
            );
        }
    }
}
