//! MQTT 3.1, 3.1.1 and 5 for a client: a borrowing codec, a dissector and a sans-I/O session.
//!
//! This crate does no I/O, has no clock, allocates nothing for a packet that it decodes, and never panics on what
//! a peer sends. Where bytes break a rule, it says which rule, where it is written, and at which byte.
#![no_std]
#![warn(missing_docs)]

extern crate alloc;

mod clause;
mod dissect;
mod error;
mod field;
mod frame;
pub mod json;
mod packet;
mod property;
mod reader;
mod reason;
pub mod reconnect;
mod rule;
pub mod session;
mod text;
mod topic;
mod types;
mod varint;
mod writer;

pub use clause::Clauses;
pub use dissect::{Dissection, Field, dissect, dissect_frame};
pub use error::{DecodeError, DecodeErrorKind, EncodeError};
pub use field::{BitDef, FieldDef, FieldValue, Meaning};
pub use frame::{Deframer, FixedHeader, Frame, FrameScanner, MAX_REMAINING_LENGTH, Scan, frame_len};
pub use packet::{
    Auth, ConnAck, Connect, Disconnect, FilterIter, Filters, NoProperties, Packet, Properties, Property,
    PropertyBuf, PropertyIter, PropertyValue, PubAck, PubComp, PubRec, PubRel, Publish, SubAck, Subscribe,
    SubscribeFilter, SubscribeOptions, UnsubAck, Unsubscribe, Will, decode, may_hold_secret, redact_secrets,
    return_code_text,
};
pub use property::{PropertyHolder, PropertyId, PropertyKind};
pub use reason::ReasonCode;
pub use rule::{Rule, Violation, ViolationSink};
pub use text::Text;
pub use topic::{MAX_STRING_LEN, TopicFilter, TopicName, is_shared};
pub use types::{InvalidQos, KeepAlive, PacketId, PacketType, ProtocolVersion, Qos, Timestamp};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
