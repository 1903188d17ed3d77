//! What differs between the selected record and another one.

use serde::{Deserialize, Serialize};

/// What two payloads are compared as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CompareAs {
    /// What tells most.
    #[default]
    Auto,
    /// Text, by line and by word.
    Text,
    /// JSON, by path.
    Json,
    /// Bytes, in hex.
    Bytes,
}

/// The two packets, and what differs between them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompareView {
    /// The record that is selected.
    pub selected: u32,
    /// The one that was first, and the other.
    pub sides: [CompareSide; 2],
    /// What differs of all but the payload.
    pub fields: Vec<FieldDifference>,
    /// More of them differ than are shown.
    pub are_fields_cut: bool,
    /// What the payloads are compared as, which is not `Auto`.
    pub compared_as: CompareAs,
    /// What differs between them.
    pub body: CompareBody,
}

/// One of two packets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CompareSide {
    /// The number of its record.
    pub number: u32,
    /// Its time of day, in microseconds since the Unix epoch.
    pub time: u64,
    /// From the client to the server.
    pub is_out: bool,
    /// The name in the specification, `None` for bytes that are no packet.
    pub name: Option<String>,
    /// Bytes of its payload; `None` where it has none.
    pub len: Option<u32>,
}

/// A field that is not alike in both packets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldDifference {
    /// The name in the specification.
    pub name: String,
    /// What stands in the first one and in the other; `None` where the field is missing.
    pub values: [Option<String>; 2],
}

/// What differs between two payloads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CompareBody {
    /// Words that stand in its place: they are the same, or still being compared.
    Words(String),
    /// Rows.
    Rows {
        /// What differs, counted, in a sentence.
        words: String,
        /// There is more than is shown.
        is_cut: bool,
        /// How many rows there are.
        count: u32,
        /// The place of the first of `rows`.
        first: u32,
        /// The rows that are looked at.
        rows: Vec<CompareRow>,
    },
}

/// A line, a member or some bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompareRow {
    /// What became of it.
    pub sign: CompareSign,
    /// Where it is: the number of a line, a path, an offset; of what was skipped how much that is.
    pub place: String,
    /// What stood there, in pieces; whether each differs.
    pub old: Vec<(bool, String)>,
    /// What stands there.
    pub new: Vec<(bool, String)>,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CompareSign {
    /// It is in both.
    #[default]
    Same,
    /// It is in the first only.
    Removed,
    /// It is in the second only.
    Added,
    /// Its value is another one.
    Changed,
    /// What is in both, and not shown.
    Skipped,
}
