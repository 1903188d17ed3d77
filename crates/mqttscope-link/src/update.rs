//! What the engine tells the page.

use mqttscope_client::ConnectionState;
use mqttscope_message::records::Record;
use mqttscope_proto::PropertyBuf;
use serde::{Deserialize, Serialize};

use crate::charted::ChartView;
use crate::command::{Command, Copy, Secret, Slot, Span};
use crate::compared::CompareView;
use crate::inspected::{Absence, HandshakeView, PacketView, PayloadView};
use crate::message::{Checked, RepeatState, Wrong};
use crate::rows::RowsView;
use crate::statistics::StatisticsView;
use crate::topics::{TopicUse, TopicsView};

/// A command with the ticket that its answer carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// For [`Update::Done`].
    pub ticket: Ticket,
    /// What is to be done.
    pub command: Command,
}

/// Tells the answers to commands apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ticket(pub u32);

/// What the engine tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Update {
    /// It has started.
    Started,
    /// A connection is another one: told at once, whether or not anybody sees the page.
    Connection(Slot, Box<ConnectionState>),
    /// What of a connection outlives the page, and is to be given back with [`crate::ConnectionCommand::Restore`] when it is
    /// loaded again; `None` where nothing does any more.
    Kept(Slot, Option<Secret>),
    /// What became of a command, and in words why nothing did. Commands that cannot fail have no answer.
    Done(Ticket, Result<(), String>),
    /// What the page wants to show, as it stands now. The next one comes once this one was drawn.
    View(Box<View>),
    /// What can stand in the filter.
    Offers(Offers),
    /// A filter was used, and is to be remembered.
    FilterUsed(String),
    /// What was wanted for the clipboard.
    Copied(Copy, String),
    /// What a request says of its answer (MQTT 5, 4.10).
    Reply {
        /// The Response Topic.
        topic: String,
        /// The Correlation Data, if there is any; it may be empty.
        correlation: Option<Vec<u8>>,
    },
    /// What a level of the tree of topics is used for elsewhere, or why it cannot be.
    Topic(TopicUse, Result<String, String>),
    /// How far the messages are that a connection repeats: at its beginning, at its end, and now and then.
    Repeat(Slot, RepeatState),
    /// What there is to say of what stands in the form that publishes.
    Checked(Checked),
    /// JSON with other blanks, or what is wrong with it.
    Reformatted(Result<String, Wrong>),
    /// The messages of a file: names and texts of what each has. Or what is wrong with the file, in words.
    MessagesRead(Result<Vec<Record>, String>),
    /// What can be done with a row.
    Row(RowFacts),
    /// A message to be published again.
    Again(MessageFacts),
    /// An export is written, and comes beside this message.
    Exported(Result<Saved, String>),
    /// A capture was read, whole or as far as it can be.
    Imported(Result<String, String>),
}

/// What the page shows at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The number of the look that this answers.
    pub look: u32,
    /// Microseconds since the Unix epoch, by the engine's clock.
    pub now: u64,
    /// The log as a whole.
    pub log: LogView,
    /// Its rows.
    pub rows: RowsView,
    /// The inspector's panel; `None` where it is as it was.
    pub panel: Option<PanelView>,
    /// The tree of topics; `None` where it is as it was.
    pub topics: Option<TopicsView>,
}

/// The log as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LogView {
    /// The number of the oldest record that is kept: as many were dropped.
    pub first: u32,
    /// One more than the number of the newest record.
    pub end: u32,
    /// When the log began, in microseconds since the Unix epoch.
    pub start: u64,
    /// How many records have come since the view was paused.
    pub paused: Option<u32>,
    /// The record that is selected.
    pub selected: Option<u32>,
    /// The filter.
    pub filter: FilterView,
    /// Its figures at a glance, a quarter of a second old at most.
    pub glance: Glance,
    /// It holds packets of a live connection that are in no file yet.
    pub is_unsaved: bool,
    /// The page's connections that have rows, or had some.
    pub slots: Vec<Slot>,
    /// The one whose rows alone are shown; `None` for all.
    pub shown_slot: Option<Slot>,
    /// What comes to the subscriptions, connection by connection.
    pub subscriptions: Vec<SubscriptionFigures>,
    /// How far an export is, in rows.
    pub exporting: Option<Progress>,
    /// How far the reading of a capture is, in bytes.
    pub importing: Option<Progress>,
}

/// The figures of the log at a glance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Glance {
    /// Packets a second, now.
    pub rate: u32,
    /// Messages in flight: the client's, the server's.
    pub in_flight: [u32; 2],
    /// Packets that break a rule.
    pub violations: u64,
    /// Bytes that the log has taken, of those that it may.
    pub bytes: u64,
}

/// What can be done with a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFacts {
    /// The number of its record.
    pub number: u32,
    /// Its time, in microseconds since the Unix epoch.
    pub time: u64,
    /// It is a message with a topic that is known.
    pub has_message: bool,
    /// Filters that find what has its topic, its packet identifier, its client id and its connection, if it has one.
    pub filters: [Option<String>; 4],
}

/// A message that was sent or came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageFacts {
    /// The topic name, also of a message that had an alias for it.
    pub topic: String,
    /// QoS; 3 is reserved.
    pub qos: u8,
    /// RETAIN.
    pub retain: bool,
    /// The payload.
    pub payload: Vec<u8>,
    /// Properties (MQTT 5).
    pub properties: PropertyBuf,
}

/// What comes to a subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionFigures {
    /// The connection.
    pub slot: Slot,
    /// Its topic filter.
    pub filter: String,
    /// Messages since it was asked for.
    pub messages: u64,
    /// Tenths of messages a second, over the last five.
    pub tenths: u32,
}

/// The filter in force, and what is wrong with it as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FilterView {
    /// How many records match; `None` without a filter.
    pub matches: Option<u32>,
    /// Which of them is selected, counted from 0.
    pub selected_match: Option<u32>,
    /// The mistake in it.
    pub fault: Option<FilterFault>,
}

/// A mistake in a filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterFault {
    /// Its bytes.
    pub range: Span,
    /// What is wrong there.
    pub words: String,
}

/// How far something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// So much is done.
    pub done: u64,
    /// Of so much.
    pub total: u64,
}

/// What can stand at the cursor in the filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offers {
    /// The filter that they are for.
    pub text: String,
    /// Bytes of it that one of them replaces.
    pub range: Span,
    /// What stands there may become one of them.
    pub is_begun: bool,
    /// The offers.
    pub offers: Vec<Offer>,
}

/// Something that can be put into the filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The text.
    pub text: String,
    /// What it means, in a few words.
    pub help: String,
}

/// An export that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// The ending of its name, without the dot.
    pub extension: String,
    /// Its media type.
    pub media_type: String,
    /// Rows in it.
    pub rows: u64,
    /// Rows that the log dropped meanwhile.
    pub dropped: u64,
    /// Passwords that were replaced.
    pub passwords_hidden: u64,
}

/// The inspector's panel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PanelView {
    /// Nothing is to be shown.
    Hidden,
    /// There is no packet to show.
    Absent(Absence),
    /// The selected packet.
    Packet(PacketView),
    /// The packet carries no message.
    NoMessage,
    /// The payload of the selected packet.
    Payload(PayloadView),
    /// The exchange of the selected packet.
    Handshake(HandshakeView),
    /// The selected packet beside another one, or why there is none to compare it with.
    Compare(Result<Box<CompareView>, String>),
    /// The figures of the whole log; `None` before there is anything to count.
    Statistics(Option<StatisticsView>),
    /// Numbers over time.
    Chart(ChartView),
}
