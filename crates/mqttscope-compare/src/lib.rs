//! What differs between two payloads: of text the lines, and in a line the words; of JSON the members, each by its path;
//! else the bytes, in hex beside each other.
//!
//! [`compare`] takes as long as it takes: it belongs into a thread of its own. What it makes is bounded, whatever it is
//! given, and goes over as bytes ([`Comparison::write`], [`Comparison::read`]) to whoever shows it.
//!
//! The differences of lines, words and items are found by `imara-diff`. It is 3 kB larger than `similar`, with gzip, but
//! two long texts that have nothing in common do not take it the square of their length.
//!
//! ```
//! # #[cfg(feature = "diff")] {
//! use mqttscope_compare::{How, Sign, compare};
//!
//! let found = compare(How::Json, br#"{"t": 20.50, "on": true}"#, br#"{"on": true, "t": 21}"#);
//! assert_eq!(found.rows.len(), 1);
//! assert_eq!((found.rows[0].sign, found.rows[0].place.as_str()), (Sign::Changed, "$.t"));
//! assert_eq!((found.rows[0].old[0].text.as_str(), found.rows[0].new[0].text.as_str()), ("20.50", "21"));
//! # }
//! ```
#![warn(missing_docs)]

#[cfg(feature = "diff")]
mod bytes;
#[cfg(feature = "diff")]
mod json;
#[cfg(feature = "diff")]
mod rows;
#[cfg(feature = "diff")]
mod text;
mod wire;

pub use wire::{read_request, write_request};

/// What two payloads are compared as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum How {
    /// Lines of text.
    #[default]
    Text,
    /// Members and items of JSON.
    Json,
    /// Bytes.
    Bytes,
}

/// What differs between two payloads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What they were compared as: text where JSON was asked for, but one of them is none.
    pub how: How,
    /// What differs, counted, in a sentence.
    pub words: String,
    /// What differs, with a little of what is around it.
    pub rows: Vec<Row>,
    /// There is more than is shown.
    pub is_cut: bool,
}

/// A line of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// What became of it.
    pub sign: Sign,
    /// Where it is: the number of a line, a path, an offset; of what was skipped how much that is.
    pub place: String,
    /// What stood there; of lines only one that was removed.
    pub old: Vec<Piece>,
    /// What stands there; of lines one that was added or stayed.
    pub new: Vec<Piece>,
}

/// What became of a line, a member or some bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sign {
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

/// A piece of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// Its text; control characters are their pictures.
    pub text: String,
    /// It is not in the other payload.
    pub differs: bool,
}

/// Compares two payloads. What is not JSON is compared as text, and what is not text has U+FFFD in it then.
#[cfg(feature = "diff")]
#[must_use]
pub fn compare(how: How, old: &[u8], new: &[u8]) -> Comparison {
    match how {
        How::Text => text::compare(old, new),
        How::Json => json::compare(old, new).unwrap_or_else(|| text::compare(old, new)),
        How::Bytes => bytes::compare(old, new),
    }
}
