//! What a broker may do, rule by rule: the same measurements for every broker, over every way to it.
//!
//! A rule measures and says in a few words what was seen. What was to be seen is the specification's word
//! unless [`crate::differences`] says otherwise for a broker.

mod connecting;
mod delivery;
mod flow;
mod lifetime;
mod retained;
mod sessions;
mod subscriptions;
mod volume;
mod wills;

use anyhow::Result;
use mqttscope_proto::session::ConnectOptions;
use mqttscope_proto::{PropertyBuf, PropertyId, PropertyValue, ProtocolVersion};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::chains::Broker;
use crate::client::{Client, options};
use crate::transport::Route;

/// A rule, and how a broker is measured against it.
pub struct Rule {
    /// A short name, part of a test's name.
    pub name: &'static str,
    /// What is done, for the table.
    pub title: &'static str,
    /// Where the specification says so, for 3.1, 3.1.1 and 5.
    pub clauses: [&'static str; 3],
    /// What is seen if the broker does as the specification says, in 3.1, 3.1.1 and 5; [`ABSENT`] in a version without
    /// the rule.
    pub specified: [&'static str; 3],
    /// Does it, and says what was seen.
    pub measure: fn(&Bench) -> Result<String>,
}

impl Rule {
    /// Whether a version has it.
    pub fn is_in(&self, version: ProtocolVersion) -> bool {
        self.specified[index(version)] != ABSENT
    }
}

/// In place of a clause, and of what is specified, in a version that does not have a rule.
pub const ABSENT: &str = "-";

/// All rules, in the order of the tables.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    [
        connecting::RULES,
        delivery::RULES,
        retained::RULES,
        wills::RULES,
        sessions::RULES,
        volume::RULES,
        lifetime::RULES,
        subscriptions::RULES,
        flow::RULES,
    ]
    .into_iter()
    .flatten()
}

/// Where a rule is measured.
pub struct Bench {
    /// The way to the broker that is being tested.
    pub route: Route,
    /// The shortest way to the same broker, for the others who take part.
    pub direct: Route,
    pub broker: Broker,
    pub version: ProtocolVersion,
}

/// Longer than any broker waits for a client with a keep alive of 2 s.
const LAST_SILENCE: Duration = Duration::from_secs(11);

/// Long enough for what is on its way to arrive.
const SILENCE: Duration = Duration::from_millis(600);

impl Bench {
    /// Connects with a clean session on the tested route.
    fn client(&self) -> Result<Client> {
        Client::connect(&self.route, self.version, &unique("c"))
    }

    /// Connects another client directly to the broker.
    fn other(&self) -> Result<Client> {
        Client::connect(&self.direct, self.version, &unique("o"))
    }

    /// Says after how long a silence with a keep alive of 2 s something was seen, as exactly as this broker
    /// is exact. A busy machine adds up to 2.5 s to what the broker's clocks say.
    fn silence(&self, silence: Duration) -> String {
        let (words, earliest, latest) = match self.broker {
            // It looks every 6 s, and counts whole seconds.
            Broker::Mosquitto => ("after 3 s to 10 s", 2.9, 10.0),
            Broker::ActiveMq => ("after 5 s", 4.8, 5.0),
            // It looks every 2 s.
            Broker::Artemis => ("after 3 s to 5 s", 2.8, 5.0),
            _ => ("after 3 s", 2.8, 3.0),
        };
        let seconds = silence.as_secs_f32();
        if (earliest..latest + 2.5).contains(&seconds) {
            words.to_owned()
        } else {
            format!("after {seconds:.1} s")
        }
    }

    fn options(&self) -> ConnectOptions {
        options(self.version, &unique("c"))
    }
}

/// A name that nobody else in this run has.
pub(crate) fn unique(name: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{name}{}x{}", std::process::id() % 10_000, NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A topic that nobody else in this run uses.
pub(crate) fn topic() -> String {
    format!("t/{}", unique("a"))
}

/// Properties that are numbers, each as it is told.
///
/// # Panics
/// If one cannot be written: the test is wrong.
fn numbers(list: &[(PropertyId, u32)]) -> PropertyBuf {
    let mut properties = PropertyBuf::new();
    for (id, number) in list {
        let pushed = properties.push(*id, PropertyValue::Number(*number));
        pushed.unwrap_or_else(|error| panic!("{id:?} {number} cannot be written: {error}"));
    }
    properties
}

/// The place of a version in the lists of a [`Rule`].
pub fn index(version: ProtocolVersion) -> usize {
    match version {
        ProtocolVersion::V31 => 0,
        ProtocolVersion::V311 => 1,
        ProtocolVersion::V5 => 2,
    }
}
