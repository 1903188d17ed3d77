//! Messages that come to subscriptions, found by topic filters instead of by what a person types.

use mqttscope_proto::PacketType;

use super::Filter;
use super::eval::{Node, Test, Topic};
use crate::store::Direction;

impl Filter {
    /// Leaves the messages that have come to subscriptions with any of these topic filters, and nothing else.
    #[must_use]
    pub fn to_subscriptions<'a>(filters: impl IntoIterator<Item = &'a str>) -> Self {
        let topics = filters.into_iter().map(|filter| Topic::Filter(without_share(filter).as_bytes().into()));
        let topics = topics.map(|topic| Node::Test(Test::Topic(topic))).collect();
        let is_message = [Test::Type(1 << PacketType::Publish as u16), Test::Direction(Direction::In)];
        let mut all: Vec<_> = is_message.into_iter().map(Node::Test).collect();
        all.push(Node::any(topics));
        Self { root: Node::all(all) }
    }

    /// Leaves what both leave.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { root: Node::all(vec![self.root, other.root]) }
    }

    /// Leaves what either leaves.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { root: Node::any(vec![self.root, other.root]) }
    }

    /// Leaves what this one leaves and another one does not.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self { root: Node::all(vec![self.root, Node::Not(Box::new(other.root))]) }
    }
}

/// The topic filter of a subscription, without the name of its share (MQTT 5, 4.8.2).
#[must_use]
pub fn without_share(filter: &str) -> &str {
    let shared = filter.strip_prefix("$share/").and_then(|rest| rest.split_once('/'));
    shared.map_or(filter, |(_, filter)| filter)
}
