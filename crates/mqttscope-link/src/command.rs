//! What the page asks of the engine.

use std::fmt;

use mqttscope_client::ConnectRequest;
use mqttscope_proto::{PropertyBuf, ReasonCode, SubscribeOptions};
use serde::{Deserialize, Serialize};

use crate::charted::ChartCommand;
use crate::compared::CompareAs;
use crate::message::{Draft, Outgoing, Repeat};
use crate::topics::{TopicRef, TopicsCommand, TopicsLook};

/// What a person, or the page itself, wants done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// To one of the page's connections.
    Connection(Slot, ConnectionCommand),
    /// One of the page's connections that has ended is forgotten, with its session. Its rows stay.
    Leave(Slot),
    /// To the log, and to what is looked at of it.
    Log(LogCommand),
    /// To the tree of topics.
    Topics(TopicsCommand),
    /// To the chart.
    Chart(ChartCommand),
    /// About the page itself: what it shows, and how far it is.
    Page(PageCommand),
}

/// One of the page's connections, over all its attempts. Each attempt has a number of its own in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot(pub u32);

impl Slot {
    /// As many there are at most at one time.
    pub const MOST: usize = 16;
}

/// What can be done with a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ConnectionCommand {
    /// Opens a WebSocket and connects over it. A connection that is still there is dropped.
    Connect(Box<ConnectRequest>),
    /// Sends DISCONNECT and closes; an attempt that is under way is given up.
    Disconnect {
        /// Why, in MQTT 5.
        reason: ReasonCode,
        /// Properties, in MQTT 5.
        properties: PropertyBuf,
    },
    /// Closes without DISCONNECT.
    Drop,
    /// What is lost from now on comes back by itself: with a number, which is evenly distributed, from which chance has its
    /// part of each wait. Without one it does not.
    ReconnectAutomatically(Option<u32>),
    /// Goes on with a session that [`crate::Update::Kept`] has brought before the page was loaded; without one it forgets
    /// that. What cannot be read counts as none.
    Restore(Option<Secret>),
    /// Subscribes to topic filters, with one packet.
    Subscribe {
        /// The topic filters, checked by the page already.
        filters: Vec<String>,
        /// The QoS that is asked for, and in MQTT 5 what else is.
        options: SubscribeOptions,
        /// Properties, in MQTT 5.
        properties: PropertyBuf,
    },
    /// Gives a subscription up.
    Unsubscribe {
        /// The topic filter.
        filter: String,
        /// Properties, in MQTT 5.
        properties: PropertyBuf,
    },
    /// Takes a subscription from the list that the server has refused, or has forgotten.
    Forget(String),
    /// Publishes a message as it is typed. [`crate::Update::Done`] says what is wrong with it.
    Publish(Box<Outgoing>),
    /// Publishes messages again and again, as [`crate::Update::Repeat`] tells.
    Repeat(Repeat),
    /// Ends that.
    StopRepeat,
    /// Sends AUTH (MQTT 5, 4.12): the answer that the server waits for, or the beginning of another authentication.
    Authenticate {
        /// It begins another one.
        again: bool,
        /// Authentication Data.
        data: Option<Secret>,
    },
    /// Sets the test switches, on a live connection too.
    Switches {
        /// PINGREQ is withheld.
        withhold_pingreq: bool,
        /// What can have DUP is sent twice.
        send_duplicates: bool,
        /// What the server does not allow is sent all the same.
        break_limits: bool,
        /// A server that breaks a rule loses the connection.
        close_on_violation: bool,
    },
}

/// Bytes that are not shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(pub Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// What can be done with the log and with what is looked at of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LogCommand {
    /// Empties it.
    Clear,
    /// Bytes that it keeps at most.
    Budget(u64),
    /// Whether passwords are kept from now on, or overwritten as they are logged.
    KeepPasswords(bool),
    /// The filter is another one.
    Filter(FilterEdit),
    /// What can stand at a place in the filter, for [`crate::Update::Offers`].
    Complete {
        /// The filter.
        text: String,
        /// The place in it, in bytes.
        cursor: u32,
    },
    /// All rows are shown and those that match are marked, or only these are shown.
    ShowAll(bool),
    /// The rows of that connection alone are shown, or those of all, whatever the filter says.
    ShowConnection(Option<Slot>),
    /// What a person has noted of subscriptions: all that there are.
    Marks(Vec<Mark>),
    /// The view is held, or goes on. The log goes on in any case.
    Pause(bool),
    /// The record of that number is selected.
    Select(u32),
    /// Another record is selected, from the one that is.
    Step(Step),
    /// The record is selected that a person means by a row's number or a time of day. [`crate::Update::Done`] says what
    /// is wrong with it.
    GoTo(String),
    /// Begins an export.
    Export {
        /// The name of the format: `pcapng`, `jsonl`, `csv`, `bin`.
        format: String,
        /// Only what the filter finds.
        found_only: bool,
        /// Passwords that the log kept leave with it.
        with_passwords: bool,
    },
    /// Gives the export up.
    CancelExport,
    /// Reads a capture, which comes beside this message.
    Import {
        /// It takes the place of what is in the log, once something could be read of it.
        replaces: bool,
        /// Bytes that it has.
        len: u64,
    },
    /// Ends the reading; what was read stays.
    CancelImport,
}

/// What a person has noted of the subscriptions to a topic filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The connection.
    pub slot: Slot,
    /// The topic filter.
    pub filter: String,
    /// The number of the colour that its messages have, from 1 on; 0 for none.
    pub colour: u8,
    /// Its messages are left out of the view and of the figures of the log.
    pub is_muted: bool,
}

/// A filter as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterEdit {
    /// The filter.
    pub text: String,
    /// Bytes of it that have no part in it yet, so that the view does not jump while a person types.
    pub begun: Span,
    /// Where it is used and not only typed: it is remembered if it has no mistake.
    pub is_used: bool,
}

/// Places from a first one to the one behind the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first.
    pub start: u32,
    /// The one behind the last.
    pub end: u32,
}

impl Span {
    /// How many places there are.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// As many places from the first one on.
    #[must_use]
    pub const fn from_start(self) -> Self {
        Self { start: 0, end: self.len() }
    }

    /// Whether a place is among them.
    #[must_use]
    pub const fn contains(self, at: u32) -> bool {
        self.start <= at && at < self.end
    }
}

/// From the selected record to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// So many rows down, or up.
    Rows(i32),
    /// So many views down, or up.
    Views(i32),
    /// The oldest row.
    First,
    /// The newest row, which is followed from then on.
    Last,
    /// The next match of the filter, and around at the end.
    NextMatch,
    /// The match before.
    PreviousMatch,
}

/// About the page itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PageCommand {
    /// What it wants to show. The answer comes with the number of the newest look.
    Look(Look),
    /// A view was drawn, and the next one may come.
    Drawn,
    /// A second has passed: what says how long something lasts is to be looked at again.
    Tick,
    /// What a person did with the scroll bar of the log.
    Scroll(Gesture),
    /// The time zone: from when on, in microseconds since the Unix epoch, local time is so many minutes ahead of UTC.
    Zone(Vec<(u64, i32)>),
    /// A line of the payload is folded, or unfolded.
    Fold(u32),
    /// The request with that number is to be answered: what it says of the answer comes as [`crate::Update::Reply`].
    Reply(u32),
    /// What stands in the form that publishes is to be checked, for [`crate::Update::Checked`].
    Check(Draft),
    /// JSON is to have other blanks, for [`crate::Update::Reformatted`].
    Reformat {
        /// The JSON.
        text: String,
        /// A member a line, or no blank at all.
        is_pretty: bool,
    },
    /// A file of messages is to be read, for [`crate::Update::MessagesRead`].
    ReadMessages(String),
    /// What can be done with the record of that number, as [`crate::Update::Row`].
    Row(u32),
    /// The message of the record of that number is to be published again, as [`crate::Update::Again`].
    Again(u32),
    /// Something is wanted for the clipboard, as [`crate::Update::Copied`].
    Copy(Copy),
}

/// What a person did with the scroll bar of the log, in CSS pixels from its top.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Gesture {
    /// It was moved there.
    To(f64),
    /// The newest rows are left, at that place: rows that keep coming would drag the person back.
    Leave(f64),
    /// Back to the newest rows.
    Tail,
}

/// What the page wants to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Counts looks, so that an answer can be told from that to an older one.
    pub number: u32,
    /// The connection that the forms are of.
    pub slot: Slot,
    /// The log's view.
    pub geometry: Geometry,
    /// The inspector's panel; `None` where it is hidden.
    pub panel: Option<PanelLook>,
    /// The tree of topics; `None` where it is hidden.
    pub topics: Option<TopicsLook>,
}

/// The geometry of the log's view, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Geometry {
    /// The height that there is for rows.
    pub view: f64,
    /// Height of a row without its hex preview.
    pub row: f64,
    /// Half the height of a line of the hex preview; 0 where none is shown.
    pub half_line: f64,
}

impl Default for Geometry {
    /// Until it is measured.
    fn default() -> Self {
        Self { view: 576.0, row: 24.0, half_line: 0.0 }
    }
}

/// What is looked at in the inspector.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum PanelLook {
    /// The selected packet, field by field and byte by byte.
    Packet {
        /// The record that all of this is about; for another one it is forgotten.
        number: Option<u32>,
        /// What was chosen by a click or a key.
        chosen: Option<Pointed>,
        /// What the pointer is over.
        hovered: Option<Pointed>,
        /// Lines of the tree.
        tree: Span,
        /// Bytes.
        bytes: Span,
    },
    /// The payload of the selected packet.
    Payload {
        /// The record that the lines are of; for another one they begin at the first.
        number: Option<u32>,
        /// In what format.
        format: PayloadFormat,
        /// Places of lines, without those that are folded away.
        lines: Span,
    },
    /// The exchange of the selected packet.
    Handshake,
    /// The selected packet beside another one.
    Compare {
        /// The selected record that the rows are of; for another one they begin at the first.
        number: Option<u32>,
        /// The other one; `None` for the message before on the same topic.
        with: Option<u32>,
        /// What the payloads are compared as.
        compare_as: CompareAs,
        /// Places of rows.
        rows: Span,
    },
    /// The figures of the whole log.
    Statistics,
    /// Numbers over time.
    Chart {
        /// From one time to another, in microseconds since the Unix epoch; `None` for all that there is.
        span: Option<(u64, u64)>,
        /// In how many columns.
        columns: u32,
    },
}

/// What is pointed at in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pointed {
    /// A line of the tree.
    Line(u32),
    /// A byte.
    Byte(u32),
}

/// A format as a person chooses it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PayloadFormat {
    /// The one that shows most.
    #[default]
    Auto,
    /// Text.
    Text,
    /// JSON.
    Json,
    /// Hex.
    Hex,
    /// Base64.
    Base64,
    /// CBOR.
    Cbor,
    /// MessagePack.
    MessagePack,
    /// An image.
    Image,
}

/// What is wanted for the clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Copy {
    /// The selected row as a line with tabs.
    Row,
    /// The selected packet as a tree.
    PacketText,
    /// Its bytes in hex.
    PacketHex,
    /// The record as an export has it.
    PacketJson,
    /// Its payload, in the format that is shown.
    Payload,
    /// The whole name of a topic.
    Topic(TopicRef),
    /// Its last value: as text, or in hex where it is none.
    TopicValue(TopicRef),
    /// The topic name of the selected message.
    RowTopic,
}
