//! The filter language of one field: what a person types, and which records it leaves.
//!
//! ```text
//! type:publish qos:2 dir:in topic:a/+/# id:17 size:>1000 after:10:30 payload:/regex/i violation
//! ```
//!
//! Terms beside each other must all hold. `or`, `not` or `-`, and round brackets combine them; `not` binds closer
//! than standing beside, that closer than `or`. A word without a key is looked for in topics and payloads (in the
//! whole body of packets other than PUBLISH, in the sentence of events), whatever the case of its letters. Quotes
//! make anything a word, `qos>0` and `-` too; `/../` is a regular expression (see [`mqttscope_search::Regex`]), `/../i` one that ignores
//! case.
//!
//! | term | holds for |
//! |---|---|
//! | `type:publish,puback` | packets of these types |
//! | `dir:in`, `dir:out` | packets from the server, from the client |
//! | `qos:1`, `qos:>0` | PUBLISH of that QoS |
//! | `topic:a/+/#` | PUBLISH whose topic, or the one that its topic alias stands for, the filter matches; SUBSCRIBE and UNSUBSCRIBE that name such a topic or this filter |
//! | `payload:word`, `payload:/../` | PUBLISH with that in its payload |
//! | `id:17`, `id:1..9`, `size:>=1k`, `conn:2` | packet id, packet length (B, kB of 1,000 B, KiB; MB, MiB), number of the connection |
//! | `reason:0x87`, `reason:>=0x80` | packets of MQTT 5 with that reason code, in hex or decimal; SUBACK and UNSUBACK with one such |
//! | `property:user-property,content-type` | packets of MQTT 5, or wills, with one of these properties |
//! | `user-property:name`, `user-property:name=value` | those with a user property whose name, and value, hold these texts |
//! | `alias:3`, `alias:1..9` | PUBLISH that sets or uses that topic alias |
//! | `expiry:60`, `expiry:>3600` | packets, or wills, with a message or session expiry of that many seconds |
//! | `client:name` | records of connections whose client id holds the name |
//! | `after:10:30`, `before:2026-11-25T10:30:15.5` | local time of day, or a day or moment |
//! | `dup`, `retain` | packets with that flag |
//! | `violation` | packets that break a rule, and the events that say so |
//! | `event`, `event:closed` | events |
//! | `unanswered` | packets whose answer has not come |

pub use mqttscope_text::zone::Zone;
use std::borrow::Cow;
use std::ops::Range;

use crate::store::{Log, Record};

mod complete;
mod eval;
mod lex;
mod messages;
mod parse;
mod scan;
mod value;

pub use complete::{Completion, Suggestion, complete};
pub use eval::topic_matches;
pub use lex::quoted;
pub use messages::without_share;
pub use scan::{Matches, Scan};

pub use crate::follow::Budget;

use eval::Node;

/// A filter, ready to be held against records.
#[derive(Clone, Debug)]
pub struct Filter {
    root: Node,
}

/// A mistake in a filter: where, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The bytes of the filter at fault.
    pub range: Range<usize>,
    /// What is wrong with them, in words.
    pub words: Cow<'static, str>,
}

impl Filter {
    /// Reads a filter; the empty one leaves everything. Its times are those of a zone.
    ///
    /// # Errors
    ///
    /// At the first mistake.
    ///
    /// ```
    /// use mqttscope_log::filter::{Filter, Zone};
    ///
    /// assert!(Filter::parse("type:publish (qos:>0 or retain) -topic:$SYS/#", &Zone::UTC).is_ok());
    /// let error = Filter::parse("type:publish colour:red", &Zone::UTC).unwrap_err();
    /// assert_eq!(error.range, 13..20);
    /// ```
    pub fn parse(text: &str, zone: &Zone) -> Result<Self, FilterError> {
        parse::parse(text, zone).map(|root| Self { root })
    }

    /// Whether it leaves everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.root.is_empty()
    }

    /// Whether a record of the log, of that number, is left. Header fields are looked at first, then topics, then payloads.
    pub fn matches(&mut self, log: &Log, number: u32, record: &Record) -> bool {
        self.root.holds(log, number, record)
    }

    /// Whether it looks at more than header fields.
    fn reads_bytes(&self) -> bool {
        self.root.cost() > eval::HEADER
    }
}
