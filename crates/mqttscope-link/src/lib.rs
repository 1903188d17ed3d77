//! What the page and the engine say to each other: [`Command`] one way, [`Update`] the other, and their encoding.
//!
//! Both are plain data. The engine has bytes and a decoder, so it makes the words of packets; the page has the person's
//! time zone, so it makes the words of times. A message is one run of bytes, whose buffer changes hands; what is large
//! and opaque (a file, the pieces of an export) goes beside it.

use serde::Serialize;
use serde::de::DeserializeOwned;

mod charted;
mod command;
mod compared;
mod inspected;
mod message;
mod rows;
mod statistics;
mod topics;
mod update;

pub use charted::{ChartColumn, ChartCommand, ChartLine, ChartView};
pub use command::{
    Command, ConnectionCommand, Copy, FilterEdit, Geometry, Gesture, LogCommand, Look, Mark, PageCommand,
    PanelLook, PayloadFormat, Pointed, Secret, Slot, Span, Step,
};
pub use compared::{
    CompareAs, CompareBody, CompareRow, CompareSide, CompareSign, CompareView, FieldDifference,
};
pub use inspected::{
    Absence, HandshakeView, HexView, Leaf, LeafKind, MarkView, PacketHead, PacketView, PayloadBody,
    PayloadLine, PayloadView, Rung, TreeView,
};
pub use message::{Body, Checked, Draft, Outgoing, Pace, Repeat, RepeatState, Wrong};
pub use mqttscope_client::{Answer, ConnectRequest, ConnectionState, Phase, Subscription};
pub use mqttscope_message::Format;
pub use rows::{Content, Flags, PacketRow, Row, RowsView, Tone, qos_name};
pub use statistics::{Amount, Chart, LatencyRow, StatisticsView, TopicRow, TypeRow};
pub use topics::{
    ClearingStage, ClearingView, RetainedMark, TopicDetails, TopicLast, TopicLine, TopicRef, TopicSort,
    TopicUse, TopicValue, TopicsCommand, TopicsLook, TopicsView,
};
pub use update::{
    Asked, FilterFault, FilterView, Glance, LogView, MessageFacts, Offer, Offers, PanelView, Progress,
    RowFacts, Saved, SubscriptionFigures, Ticket, Update, View,
};

/// Of the form of messages: a hash of the sources that define them, so that a page and an engine of two different
/// builds do not take each other's bytes for something else.
pub const BUILD: u8 = build();

/// A message as bytes.
#[must_use]
pub fn encode(message: &impl Serialize) -> Vec<u8> {
    // Writing into a `Vec` fails for no type here: none of them has a map or a sequence of unknown length.
    postcard::to_extend(message, vec![BUILD]).unwrap_or_default()
}

/// The message that the bytes are.
///
/// # Errors
///
/// If they come from another build: the page must be loaded again.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, OtherBuild> {
    match bytes.split_first() {
        Some((&BUILD, rest)) => postcard::from_bytes(rest).map_err(|_| OtherBuild),
        _ => Err(OtherBuild),
    }
}

/// The bytes are no message of this build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherBuild;

/// FNV-1a over the files that define the messages, folded to a byte.
const fn build() -> u8 {
    let sources: [&[u8]; 18] = [
        include_bytes!("../../mqttscope-client/src/client.rs"),
        include_bytes!("../../mqttscope-client/src/client/kept.rs"),
        include_bytes!("../../mqttscope-proto/src/session/snapshot.rs"),
        include_bytes!("../../mqttscope-client/src/connection.rs"),
        include_bytes!("../../mqttscope-message/src/lib.rs"),
        include_bytes!("../../mqttscope-proto/src/packet/properties.rs"),
        include_bytes!("../../mqttscope-proto/src/session/limits.rs"),
        include_bytes!("../../mqttscope-proto/src/session/options.rs"),
        include_bytes!("../../mqttscope-proto/src/types.rs"),
        include_bytes!("charted.rs"),
        include_bytes!("command.rs"),
        include_bytes!("compared.rs"),
        include_bytes!("inspected.rs"),
        include_bytes!("message.rs"),
        include_bytes!("rows.rs"),
        include_bytes!("statistics.rs"),
        include_bytes!("topics.rs"),
        include_bytes!("update.rs"),
    ];
    let mut hash: u32 = 0x811c_9dc5;
    let mut source = 0;
    while source < sources.len() {
        let mut at = 0;
        while at < sources[source].len() {
            hash = (hash ^ sources[source][at] as u32).wrapping_mul(0x0100_0193);
            at += 1;
        }
        source += 1;
    }
    (hash ^ (hash >> 8) ^ (hash >> 16) ^ (hash >> 24)) as u8
}

#[cfg(test)]
mod tests {
    use mqttscope_proto::{PropertyBuf, PropertyId, PropertyValue, ReasonCode};

    use super::*;

    const DROP: ConnectionCommand = ConnectionCommand::Drop;

    fn properties() -> PropertyBuf {
        let mut properties = PropertyBuf::new();
        properties.push(PropertyId::ReasonString, PropertyValue::Text("why".into())).expect("it has bytes");
        properties
    }

    #[test]
    fn what_is_secret_is_not_in_a_command_that_is_shown() {
        let data = Some(Secret(b"hush".to_vec()));
        let command = ConnectionCommand::Authenticate { again: true, data };
        assert!(!format!("{command:?}").contains("104"));
        assert_eq!(decode(&encode(&command)), Ok(command));
    }

    #[test]
    fn a_message_comes_out_as_it_went_in() {
        for command in
            [DROP, ConnectionCommand::Disconnect { reason: ReasonCode(4), properties: properties() }]
        {
            let command = Command::Connection(Slot(3), command);
            assert_eq!(decode(&encode(&command)), Ok(command));
        }
    }

    #[test]
    fn bytes_of_another_build_are_told() {
        let mut bytes = encode(&Command::Connection(Slot(0), DROP));
        assert_eq!(decode::<Command>(&bytes[..1]), Err(OtherBuild));
        bytes[0] = bytes[0].wrapping_add(1);
        assert_eq!(decode::<Command>(&bytes), Err(OtherBuild));
        assert_eq!(decode::<Command>(&[]), Err(OtherBuild));
    }
}
