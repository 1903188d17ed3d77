//! The tree of topics: what is looked at of it, what is asked, and what is shown.

use serde::{Deserialize, Serialize};

use crate::command::{PayloadFormat, Slot, Span, Step};

/// A level of the tree, as the engine knows it. It leads nowhere once that is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TopicRef(pub u64);

/// What is looked at of the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicsLook {
    /// Places of lines.
    pub lines: Span,
    /// How many lines a screen holds.
    pub page: u32,
    /// What levels with the same one above them are sorted by.
    pub sort: TopicSort,
}

/// What levels with the same one above them are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TopicSort {
    /// By name, byte by byte.
    #[default]
    Name,
    /// Those with the most messages a second first.
    Rate,
    /// Those with the newest message first.
    Time,
}

/// What is asked of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TopicsCommand {
    /// Only topics that hold a text are shown, and what leads to them; all for none.
    Find(String),
    /// A level is chosen.
    Choose(TopicRef),
    /// Another one is chosen, from the one that is.
    Step(Step),
    /// What lies below a level is shown, or hidden.
    Fold(TopicRef),
    /// The chosen level is opened; one that is open leads to the first below it.
    Into,
    /// The chosen level is closed; one that is closed leads to the one above it.
    OutOf,
    /// All levels are opened, or closed.
    FoldAll {
        /// Opened.
        open: bool,
    },
    /// What a level is for elsewhere is wanted, as [`crate::Update::Topic`].
    Use(TopicRef, TopicUse),
    /// The topics here and below of which a retained message is known are to be listed.
    ListRetained(TopicRef),
    /// The retained messages that were listed are to be cleared, over that connection.
    Clear(Slot),
    /// No more of them are cleared.
    StopClearing,
    /// What was listed, and what became of it, is to be seen no more.
    CloseClearing,
}

/// What a level of the tree is used for elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TopicUse {
    /// As a filter of the log.
    Filter,
    /// As the topic of a message.
    Publish,
    /// As the topic filter of a subscription to it and all below.
    Subscribe,
}

/// What is looked at of the tree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TopicsView {
    /// Topics in all.
    pub topics: u32,
    /// How many were dropped for want of room.
    pub dropped: u64,
    /// Topics that hold what is to be found; `None` where nothing is.
    pub found: Option<u32>,
    /// The list is being made anew, or not all of the log was looked at.
    pub is_behind: bool,
    /// How many lines there are.
    pub count: u32,
    /// The place of the first of `lines`.
    pub first: u32,
    /// The lines that are looked at.
    pub lines: Vec<TopicLine>,
    /// The place of the line that is chosen, if there is one for it.
    pub chosen_place: Option<u32>,
    /// The level that is chosen.
    pub chosen: Option<TopicDetails>,
    /// Retained messages that are listed, being cleared, or were.
    pub clearing: Option<ClearingView>,
}

/// A level of the tree as a line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TopicLine {
    /// The level; that of a line whose level is gone leads nowhere.
    pub id: TopicRef,
    /// How deep it lies, the first levels 1.
    pub depth: u8,
    /// Its own name, as far as a line shows it; empty for an empty level.
    pub name: String,
    /// The whole topic, as far as a line shows it.
    pub topic: String,
    /// Levels right below it.
    pub children: u32,
    /// They are shown.
    pub is_open: bool,
    /// A message came to this very topic.
    pub is_topic: bool,
    /// Topics here and below.
    pub topics: u32,
    /// Messages to them.
    pub messages: u64,
    /// Messages to them in ten seconds.
    pub rate: u32,
    /// The time of day of the last one, in microseconds since the Unix epoch.
    pub time: u64,
    /// The last value.
    pub value: TopicValue,
    /// The QoS of the last message.
    pub qos: u8,
    /// What is known of a retained message.
    pub retained: RetainedMark,
}

/// A value in a few words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TopicValue {
    /// There is none.
    #[default]
    None,
    /// It has no bytes.
    Empty,
    /// A number.
    Number(String),
    /// JSON, an object or an array.
    Json(String),
    /// Other text.
    Text(String),
    /// Bytes, in hex.
    Bytes(String),
}

/// What is known of the retained message of a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RetainedMark {
    /// Nothing.
    #[default]
    Unknown,
    /// The server sent it as one.
    Seen,
    /// A client sent it to be one.
    Set,
    /// It was cleared.
    Cleared,
}

/// The level that is chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicDetails {
    /// The level.
    pub id: TopicRef,
    /// The whole topic.
    pub topic: String,
    /// Levels lie below it.
    pub has_children: bool,
    /// Topics here and below.
    pub topics: u32,
    /// Messages to them.
    pub messages: u64,
    /// Its last message, if one came to this very topic.
    pub last: Option<TopicLast>,
}

/// The last message of a topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicLast {
    /// The number of its record, as long as the log keeps that.
    pub number: Option<u32>,
    /// Its time of day, in microseconds since the Unix epoch.
    pub time: u64,
    /// From a client to the server.
    pub is_out: bool,
    /// Its QoS.
    pub qos: u8,
    /// Messages to this topic, and bytes of their packets.
    pub messages: u64,
    /// Bytes of their packets.
    pub bytes: u64,
    /// Messages in ten seconds.
    pub rate: u32,
    /// What is known of a retained message.
    pub retained: RetainedMark,
    /// Bytes of the payload.
    pub len: u32,
    /// Bytes of it that are kept.
    pub kept: u32,
    /// What they are shown as.
    pub format: PayloadFormat,
    /// They, line by line.
    pub lines: Vec<String>,
    /// There are more lines.
    pub is_cut: bool,
}

/// Retained messages that are listed, being cleared, or were.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClearingView {
    /// The topic below which they are.
    pub topic: String,
    /// How far it is.
    pub stage: ClearingStage,
    /// How many there are.
    pub total: u32,
    /// The first of their topics.
    pub topics: Vec<String>,
    /// Topics that cannot be published to, since they break a rule.
    pub left_out: u32,
    /// Empty messages that were sent.
    pub sent: u32,
    /// Those that were acknowledged.
    pub acknowledged: u32,
    /// Those that were refused: the first with the reason.
    pub refused: Vec<(String, String)>,
    /// How many were refused.
    pub refusals: u32,
}

/// How far a clearing is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClearingStage {
    /// They are being listed.
    #[default]
    Listing,
    /// The person is asked.
    Asking,
    /// It is under way.
    Running,
    /// It is over: all were answered, or why not, in words.
    Over(Option<String>),
}
