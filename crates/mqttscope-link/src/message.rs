//! Messages to be published: as a person types them, what is wrong with them, and how they are repeated.

use mqttscope_message::Format;
use mqttscope_proto::{PropertyBuf, Qos};
use serde::{Deserialize, Serialize};

/// A message as a person wants it published. What stands for something else in topic and text is filled in: see
/// [`mqttscope_message::Template`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The topic name.
    pub topic: String,
    /// The message.
    pub body: Body,
    /// QoS.
    pub qos: Qos,
    /// RETAIN.
    pub retain: bool,
    /// Above QoS 0 it is sent a second time, with DUP set.
    pub has_copy: bool,
    /// Properties, in MQTT 5.
    pub properties: PropertyBuf,
}

/// The message itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Body {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What a text stands for.
    Typed {
        /// How it does.
        format: Format,
        /// The text.
        text: String,
    },
}

/// Messages that are published again and again, in turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repeat {
    /// One or more.
    pub messages: Vec<Outgoing>,
    /// When.
    pub pace: Pace,
    /// So many messages in all; `None` until it is stopped.
    pub count: Option<u64>,
}

/// When the next message of a [`Repeat`] is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pace {
    /// So many milliseconds after the time at which the one before was due; at least 1.
    EveryMillis(u32),
    /// As soon as there is room for it: above QoS 0 among the messages in flight, else in what the socket has to send.
    AsAcknowledged,
}

/// How far a [`Repeat`] is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatState {
    /// Messages that were published.
    pub sent: u64,
    /// Of so many, if they are counted.
    pub count: Option<u64>,
    /// How many were not published because their time had passed: what is late makes no burst.
    pub missed: u64,
    /// Thousandths of a message a second: lately, and once it is over on the whole.
    pub rate: u64,
    /// Milliseconds since it began.
    pub millis: u64,
    /// It is over: whether as it was meant to be, and in words.
    pub end: Option<Result<String, String>>,
}

/// What stands in the form, to be checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The topic name.
    pub topic: String,
    /// How the text stands for the message.
    pub format: Format,
    /// The text.
    pub text: String,
}

/// What there is to say of a [`Draft`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Bytes of the message. Where placeholders are filled in, it is that of the first one.
    pub len: u64,
    /// What is wrong with the text.
    pub wrong: Option<Wrong>,
    /// What looks like a placeholder and is none, in a sentence.
    pub warning: Option<String>,
}

/// A mistake in what was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrong {
    /// Where and what it is, in a sentence.
    pub words: String,
    /// Where it is in the text, in UTF-16 code units.
    pub at: u32,
}
