//! Numbers of messages over time: what is asked for, and what is shown.

use serde::{Deserialize, Serialize};

use crate::topics::TopicRef;

/// What can be done with the chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChartCommand {
    /// A line is added for the number on a line of the selected payload, as that is shown.
    Line(u32),
    /// A line is added for a topic of the tree: for its last message, if that is a number, or else the first in its JSON.
    Topic(TopicRef),
    /// A line is added for a topic and a path in its JSON, as they are typed.
    Add {
        /// The topic name.
        topic: String,
        /// The path; empty where the message is a number itself.
        path: String,
    },
    /// The line of that number is taken away.
    Remove(u32),
    /// All points are written to a file.
    Export,
}

/// The lines of the chart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChartView {
    /// The lines.
    pub lines: Vec<ChartLine>,
    /// The time that is shown, in microseconds since the Unix epoch: from the first to the last.
    pub span: (u64, u64),
    /// The time that there are points of.
    pub whole: (u64, u64),
    /// How many columns that has.
    pub columns: u32,
    /// Not all of the log was looked at.
    pub is_behind: bool,
    /// Points that were dropped for want of room.
    pub dropped: u64,
    /// Why the last that was asked for was not done.
    pub note: String,
}

/// A line of the chart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChartLine {
    /// Tells it from the others; no other line will have it.
    pub id: u32,
    /// The topic name.
    pub topic: String,
    /// The path; `$` where the message is a number itself.
    pub path: String,
    /// Only messages to the server count, or only those from it; `None` for both.
    pub is_out: Option<bool>,
    /// Points that it has.
    pub points: u32,
    /// Messages that have no number there.
    pub unfit: u32,
    /// The newest value.
    pub last: Option<f64>,
    /// The columns in which it has points, from left to right.
    pub columns: Vec<ChartColumn>,
    /// The time and the value of the last point before the first column, and of the first behind the last.
    pub beside: [Option<(u64, f64)>; 2],
}

/// The points of a line in a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChartColumn {
    /// The column, counted from 0.
    pub at: u32,
    /// The first value.
    pub first: f64,
    /// The last value.
    pub last: f64,
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
    /// How many points there are.
    pub points: u32,
    /// The time of the last, in microseconds since the Unix epoch.
    pub time: u64,
    /// The number of its record.
    pub number: u32,
    /// Before the first of them a message had no number, or a connection began.
    pub is_after_gap: bool,
}
