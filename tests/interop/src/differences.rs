//! Where a broker does otherwise than the specification, and why.
//!
//! This is the one place that says so: a rule's test expects what is written here, for this broker, and the
//! specification's word everywhere else.

mod activemq;
mod artemis;
mod hivemq;
mod mochi;
mod mosquitto;
mod rmqtt;

use mqttscope_proto::ProtocolVersion::{self, V5, V31, V311};

use crate::chains::{Broker, Chain, Way};
use crate::rules::{Rule, index};

/// A broker's own way.
pub struct Difference {
    pub broker: Broker,
    /// The rule's name.
    pub rule: &'static str,
    pub versions: &'static [ProtocolVersion],
    /// Only on these ways to the broker; none means all.
    pub ways: &'static [Way],
    /// What is seen.
    pub seen: &'static str,
    /// Why, and what follows for a user. It names the function in which that was read, says so where the
    /// configuration is the reason, and says so plainly where the reason is not known.
    pub reason: &'static str,
}

/// All of them, broker by broker.
pub fn all() -> impl Iterator<Item = &'static Difference> {
    Broker::ALL.into_iter().flat_map(|broker| match broker {
        Broker::ActiveMq => activemq::DIFFERENCES,
        Broker::Mosquitto => mosquitto::DIFFERENCES,
        Broker::Rmqtt => rmqtt::DIFFERENCES,
        Broker::HiveMq => hivemq::DIFFERENCES,
        Broker::Artemis => artemis::DIFFERENCES,
        Broker::Mochi => mochi::DIFFERENCES,
    })
}

/// What is expected of a rule on a chain.
pub fn expected(rule: &Rule, chain: Chain, version: ProtocolVersion) -> &'static str {
    let is_it = |difference: &&Difference| {
        difference.rule == rule.name
            && difference.broker == chain.broker
            && difference.versions.contains(&version)
            && (difference.ways.is_empty() || difference.ways.contains(&chain.way))
    };
    // One for a certain way comes before one for all.
    let mut found: Vec<&Difference> = all().filter(is_it).collect();
    found.sort_by_key(|difference| difference.ways.is_empty());
    found.first().map_or(rule.specified[index(version)], |difference| difference.seen)
}

const BOTH: &[ProtocolVersion] = &[V31, V311];
const EACH: &[ProtocolVersion] = &[V31, V311, V5];
const NEWEST: &[ProtocolVersion] = &[V5];
