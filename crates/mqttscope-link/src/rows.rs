//! The rows of the log that are looked at.

use serde::{Deserialize, Serialize};

use crate::command::Slot;

/// The rows around what is looked at, and where they stand. Heights are in CSS pixels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RowsView {
    /// How many rows there are in all.
    pub count: u32,
    /// The place of the first of `rows` among them.
    pub first_place: u32,
    /// The rows that are drawn: those that can be seen, and as many again above and below.
    pub rows: Vec<Row>,
    /// Offset of the first row from the top of the scrolled content.
    pub offset: f64,
    /// Height of the scrolled content.
    pub total: f64,
    /// Where the scroll bar belongs.
    pub scroll_top: f64,
    /// The newest rows are followed.
    pub is_following: bool,
    /// The newest row is in view.
    pub is_newest_seen: bool,
    /// How many rows have come since the newest were left.
    pub new: u32,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The number of its record.
    pub number: u32,
    /// Microseconds since the Unix epoch, by a clock that never runs backwards: for differences.
    pub time: u64,
    /// The time of day, in microseconds since the Unix epoch: another one where the system's clock was set meanwhile.
    pub time_of_day: u64,
    /// The time of the row above; `None` for the first.
    pub above: Option<u64>,
    /// It begins another day than that of the row above, by local time.
    pub is_new_day: bool,
    /// It is a match among rows that are none.
    pub is_found: bool,
    /// The page's connection that it is of; `None` where a file has brought it.
    pub slot: Option<Slot>,
    /// What it shows beside its times.
    pub content: Content,
}

/// What a row shows beside its times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Content {
    /// A packet.
    Packet(PacketRow),
    /// Something that happened.
    Event {
        /// Its name for machines.
        name: String,
        /// A sentence.
        words: String,
        /// How loud it is.
        tone: Tone,
    },
}

/// How loud an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    /// As it should be.
    Quiet,
    /// Held back or worth a look.
    Amber,
    /// A failure or a broken rule.
    Red,
}

/// A packet's row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PacketRow {
    /// From the client to the server.
    pub out: bool,
    /// The name in the specification, or `?` for bytes that are no packet.
    pub name: String,
    /// It carries a message.
    pub is_publish: bool,
    /// The flags of the fixed header, where they mean something.
    pub flags: Flags,
    /// The packet identifier of a packet that has one, 0 too.
    pub id: Option<u16>,
    /// Which of six colours the packets of its exchange have: two that are open have the same only where none is free.
    pub colour: Option<u8>,
    /// The colour of the subscription that the message has come to, from 1 on; 0 for none.
    pub mark: u8,
    /// Bytes.
    pub len: u32,
    /// Microseconds between the packet that it answers and it, negative where a clock ran backwards; `None` if it answers
    /// none, as an answer that is repeated.
    pub answer: Option<i64>,
    /// The topic name of a PUBLISH.
    pub topic: Option<String>,
    /// The rest of it as text.
    pub text: String,
    /// It breaks a rule, or is no packet.
    pub is_violation: bool,
    /// Hex and text of the first bytes, where that is wanted.
    pub preview: Option<String>,
}

/// The flags of the fixed header, where they mean something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flags {
    /// DUP.
    pub dup: bool,
    /// QoS; 3 is reserved.
    pub qos: Option<u8>,
    /// RETAIN.
    pub retain: bool,
}

impl Flags {
    /// The flags in words: `DUP QoS 2 RETAIN`.
    #[must_use]
    pub fn words(self) -> String {
        let words = [self.dup.then_some("DUP"), self.qos.map(qos_name), self.retain.then_some("RETAIN")];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// A QoS with its word; 3 is reserved.
#[must_use]
pub const fn qos_name(qos: u8) -> &'static str {
    match qos {
        0 => "QoS 0",
        1 => "QoS 1",
        2 => "QoS 2",
        3 => "QoS 3",
        _ => "no QoS",
    }
}
