//! What the inspector shows of the selected record.

use serde::{Deserialize, Serialize};

use crate::command::{PayloadFormat, Span};

/// Why there is no packet to show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Absence {
    /// Nothing is selected.
    #[default]
    NothingSelected,
    /// The log has dropped the record, or was cleared.
    Dropped,
    /// The record is an event.
    Event {
        /// Its number.
        number: u32,
        /// Microseconds since the Unix epoch.
        time: u64,
        /// A sentence.
        words: String,
        /// It tells of a broken rule.
        is_violation: bool,
        /// The number and the name of the packet that it is about.
        about: Option<(u32, String)>,
    },
}

/// The selected packet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PacketView {
    /// What is to be known of it as a whole.
    pub head: PacketHead,
    /// The lines of its tree that are looked at.
    pub tree: TreeView,
    /// The bytes that are looked at.
    pub hex: HexView,
    /// The line and the byte that were chosen, as far as they belong together: those that lists scroll to.
    pub chosen: (Option<u32>, Option<u32>),
    /// What is pointed at: what the pointer is over, or else what was chosen.
    pub mark: Option<MarkView>,
}

/// A packet as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PacketHead {
    /// The number of its record.
    pub number: u32,
    /// From the client to the server.
    pub out: bool,
    /// The name in the specification, `None` for bytes that are no packet.
    pub name: Option<String>,
    /// The QoS of a PUBLISH.
    pub qos: Option<u8>,
    /// DUP, where it means something.
    pub dup: bool,
    /// RETAIN, where it means something.
    pub retain: bool,
    /// It is a request, with a Response Topic that an answer can be published to (MQTT 5, 4.10).
    pub is_request: bool,
    /// Its password was overwritten as it was logged.
    pub is_password_hidden: bool,
    /// How many things are wrong with it.
    pub faults: u32,
    /// The line of the first thing that is wrong behind the chosen line, and around at the end.
    pub next_fault: Option<u32>,
    /// Microseconds since the Unix epoch.
    pub time: u64,
    /// Bytes.
    pub len: u32,
    /// The version that its connection speaks: `3.1.1`.
    pub version: String,
    /// The packets before it and behind it in its exchange.
    pub neighbours: [Option<u32>; 2],
    /// What is wrong with it beyond its bytes, in words.
    pub misbehaviour: Option<String>,
    /// Bytes at its end that were not taken apart, as it is too large.
    pub rest: u32,
}

/// Lines of the tree of a packet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TreeView {
    /// How many lines there are in all.
    pub count: u32,
    /// The first of `lines`.
    pub first: u32,
    /// The lines that are looked at.
    pub lines: Vec<Leaf>,
}

/// A line of the tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leaf {
    /// What it shows of a field.
    pub kind: LeafKind,
    /// How deep it lies.
    pub depth: u8,
    /// The bits as they stand in their byte, for a group of bits.
    pub pattern: String,
    /// The name in the specification; empty for what is wrong.
    pub name: String,
    /// The value in words.
    pub value: String,
}

/// What a line of the tree shows of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LeafKind {
    /// The field itself.
    Whole,
    /// A group of bits.
    Bits,
    /// What is wrong with it.
    Fault,
}

/// Bytes of a packet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HexView {
    /// The offset of the first of `bytes`.
    pub first: u32,
    /// The bytes that are looked at.
    pub bytes: Vec<u8>,
    /// Offsets of the bytes among them that are at fault.
    pub faults: Vec<u32>,
}

/// What is pointed at in a packet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MarkView {
    /// The line of the tree.
    pub line: Option<u32>,
    /// The byte.
    pub byte: Option<u32>,
    /// The bytes of the line's field.
    pub field: Span,
    /// The name of the line and its bytes: `Topic Name, bytes 2–9 (8)`.
    pub place: String,
    /// What is to be known about it, in a sentence.
    pub rule: String,
    /// Where that is written.
    pub clause: String,
    /// The line says what is wrong.
    pub is_fault: bool,
}

/// The payload of the selected packet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PayloadView {
    /// The number of the packet's record.
    pub number: u32,
    /// The format that is shown, which is not `Auto`.
    pub format: PayloadFormat,
    /// Bytes of the payload.
    pub len: u32,
    /// What is shown of it.
    pub body: PayloadBody,
}

/// What is shown of a payload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PayloadBody {
    /// Words that stand in its place: it is empty, or not in that format, or still being decoded.
    Words(String),
    /// An image.
    Image {
        /// Its media type.
        media_type: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Lines.
    Lines {
        /// How many lines there are, those that are folded away included.
        total: u32,
        /// All lines are found.
        is_complete: bool,
        /// How many lines are shown.
        count: u32,
        /// The place of the first of `lines` among those that are shown.
        first: u32,
        /// The lines that are looked at.
        lines: Vec<PayloadLine>,
    },
}

/// A line of a payload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PayloadLine {
    /// Its number, counted from 0, those that are folded away included.
    pub number: u32,
    /// The text, indented by two blanks a level.
    pub text: String,
    /// Others lie below it, and can be folded.
    pub opens: bool,
    /// They are folded away.
    pub is_folded: bool,
    /// What is wrong where it ends.
    pub fault: Option<String>,
}

/// The exchange of the selected packet, as a ladder between client and broker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum HandshakeView {
    /// There is none; whether a record is selected.
    Absent {
        /// A record is selected, and belongs to no exchange.
        has_record: bool,
    },
    /// A ladder.
    Ladder {
        /// The name of the type of its first packet.
        kind: String,
        /// The QoS of a PUBLISH.
        qos: Option<u8>,
        /// Its first packet comes from the client.
        out: bool,
        /// What it shows, and how the exchange stands, in words.
        summary: String,
        /// There are more packets than are drawn.
        is_cut: bool,
        /// What became of the will of a CONNECT, and the number of the packet that shows it.
        will: Option<(String, Option<u32>)>,
        /// Its packets, and the one that is missing.
        rungs: Vec<Rung>,
        /// The record that is selected.
        selected: u32,
    },
}

/// A rung of a ladder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// The number of its packet, `None` for a packet that is missing.
    pub number: Option<u32>,
    /// From the client to the broker.
    pub out: bool,
    /// Time since the exchange began, in words.
    pub since: String,
    /// The packet, in words.
    pub title: String,
    /// What is to be said about it.
    pub note: String,
    /// It is a copy, or it will not come any more.
    pub stands_out: bool,
}

impl Rung {
    /// The rung as a sentence, for a screen reader.
    #[must_use]
    pub fn sentence(&self) -> String {
        let way = if self.out { " from client to broker" } else { " from broker to client" };
        let after = if self.since.is_empty() { "" } else { ", at " };
        let comma = if self.note.is_empty() { "" } else { ", " };
        [&self.title, way, after, &self.since, comma, &self.note].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_not_said() {
        let puback = Rung {
            number: Some(7),
            out: false,
            since: "3.2 ms".into(),
            title: "PUBACK id 9".into(),
            note: "after 3.2 ms".into(),
            stands_out: false,
        };
        assert_eq!(puback.sentence(), "PUBACK id 9 from broker to client, at 3.2 ms, after 3.2 ms");
        let missing =
            Rung { out: true, title: "PUBREL".into(), note: "awaited for 8 s".into(), ..Rung::default() };
        assert_eq!(missing.sentence(), "PUBREL from client to broker, awaited for 8 s");
        let first = Rung { since: "0 ms".into(), note: String::new(), ..puback };
        assert_eq!(first.sentence(), "PUBACK id 9 from broker to client, at 0 ms");
    }
}
