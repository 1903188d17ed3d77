//! A packet log for MQTT, and what is done with one: filters, exchanges, statistics, exports, imports, payloads.
//!
//! This crate does no I/O, has no clock, and never panics on what a log, a file or a person's filter holds. Whatever
//! may take longer than a frame of a page comes in slices that say how far they are.
//!
//! Bytes go into a [`Log`] once, as they come, and stay as they are. All else looks at the log from outside and keeps
//! a place in it: a [`filter::Matches`], a [`statistics::Statistics`], an [`export::Export`].
//!
//! ```
//! use mqttscope_log::filter::{Filter, Matches, Zone};
//! use mqttscope_log::ladder::Ladder;
//! use mqttscope_log::{Budget, Direction, Follower, Log, PacketFacts, SourceId, Version};
//! use mqttscope_proto::{PacketType, ProtocolVersion};
//!
//! let mut log = Log::new(Log::DEFAULT_BUDGET);
//! let connection = log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V311));
//! let time = 1_795_602_601_482_123;
//!
//! // A PUBLISH at QoS 1 leaves; PUBACK comes, in two pieces.
//! let own = PacketFacts { own: true, ..PacketFacts::default() };
//! log.push_packet(time, connection, Direction::Out, b"\x32\x07\x00\x01t\x00\x09hi", own);
//! for piece in [&b"\x40"[..], b"\x02\x00\x09"] {
//!     log.receive(connection, Direction::In, piece.len(), |room| room.copy_from_slice(piece));
//!     while let Some(number) = log.next_packet(time + 3_000, connection, Direction::In, |packet| packet.number)? {
//!         assert_eq!(log.answered(number).map(|asked| asked.packet_id), Some(9));
//!     }
//! }
//!
//! let mut matches = Matches::new(Filter::parse("topic:t or type:puback", &Zone::UTC).expect("a filter"));
//! assert!(matches.advance(&log, Budget::SLICE));
//! assert_eq!(matches.len(), 2);
//!
//! let ladder = Ladder::of(&log, 0).expect("an exchange");
//! assert_eq!((ladder.arrows[1].packet_type, ladder.arrows[1].gap), (PacketType::PubAck, 3_000));
//! assert_eq!(ladder.awaited, None);
//! # Ok::<(), mqttscope_proto::DecodeError>(())
//! ```
//!
//! The features `import`, `binary` (CBOR and MessagePack) and `compare` can be left out, for pages that load them later or never.

#![warn(missing_docs)]

pub mod export;
pub mod filter;
mod follow;
#[cfg(feature = "import")]
pub mod import;
pub mod ladder;
mod own;
pub mod payload;
pub mod statistics;
pub mod store;
pub mod topics;
pub mod transfer;

pub use follow::{Budget, Follower, Place};
pub use store::{
    BrokenRules, Connection, ConnectionId, Direction, End, Ends, Event, EventKind, Fault, Ingested, Known,
    Log, PacketFacts, Record, Sender, SourceId, Topic, Version, Written, is_bridge, level_of, level_words,
    server_of, unknown_alias,
};
