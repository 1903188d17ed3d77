//! Where a broker does otherwise than the specification, and why.
//!
//! This is the one place that says so: a rule's test expects what is written here, for this broker, and the
//! specification's word everywhere else.

use mqttscope_proto::ProtocolVersion::{self, V31, V311};

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
    /// What is seen; where that varies from run to run, all of it, with ` | ` between.
    pub seen: &'static str,
    /// Why, and what follows for a user.
    pub reason: &'static str,
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
    let mut found: Vec<&Difference> = DIFFERENCES.iter().filter(is_it).collect();
    found.sort_by_key(|difference| difference.ways.is_empty());
    found.first().map_or(rule.specified[index(version)], |difference| difference.seen)
}

const BOTH: &[ProtocolVersion] = &[V31, V311];

/// All of them.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        broker: Broker::ActiveMq,
        rule: "client_id_of_30",
        versions: &[V31],
        ways: &[],
        seen: "accepted",
        reason: "The server may allow longer ones (3.1.1 says so); it does in 3.1 as well.",
    },
    Difference {
        broker: Broker::Mosquitto,
        rule: "client_id_of_30",
        versions: &[V31],
        ways: &[],
        seen: "accepted",
        reason: "The server may allow longer ones (3.1.1 says so); it does in 3.1 as well.",
    },
    Difference {
        broker: Broker::Rmqtt,
        rule: "client_id_of_30",
        versions: &[V31],
        ways: &[],
        seen: "accepted",
        reason: "The server may allow longer ones (3.1.1 says so); it does in 3.1 as well.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "client_id_empty",
        versions: &[V31],
        ways: &[],
        seen: "accepted",
        reason: "It makes an id up, as 3.1.1 allows.",
    },
    Difference {
        broker: Broker::Rmqtt,
        rule: "client_id_empty",
        versions: &[V31],
        ways: &[],
        seen: "accepted",
        reason: "It makes an id up, as 3.1.1 allows.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "password_without_user",
        versions: BOTH,
        ways: &[],
        seen: "accepted",
        reason: "The flags are not checked against each other.",
    },
    Difference {
        broker: Broker::Rmqtt,
        rule: "password_without_user",
        versions: BOTH,
        ways: &[],
        seen: "accepted",
        reason: "The flags are not checked against each other.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "level_unknown",
        versions: &[V31],
        ways: &[],
        seen: "closed",
        reason: "`MQIsdp` is known with level 3 only, and what is unknown is closed without an answer.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "level_unknown",
        versions: &[V311],
        ways: &[],
        seen: "accepted",
        reason: "Any level from 4 on counts as 3.1.1.",
    },
    Difference {
        broker: Broker::Rmqtt,
        rule: "level_unknown",
        versions: BOTH,
        ways: &[],
        seen: "closed",
        reason: "The packet counts as malformed.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "first_packet",
        versions: BOTH,
        ways: &[],
        seen: "answered with PINGRESP",
        reason: "PINGREQ is answered before anything else is looked at.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "client_id_in_use",
        versions: BOTH,
        ways: &[],
        seen: "refused with code 3, and the first connection stays",
        reason: "JMS has no take-over: the id stays with who has it. Choose another, or wait until the first connection is gone.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "overlapping",
        versions: BOTH,
        ways: &[],
        seen: "twice, at QoS 1 and 2",
        reason: "Each subscription is a consumer of its own, in no order. The specification allows further copies.",
    },
    Difference {
        broker: Broker::Rmqtt,
        rule: "overlapping",
        versions: BOTH,
        ways: &[],
        seen: "twice, at QoS 1 and 2",
        reason: "The specification allows further copies.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "topic_with_dots",
        versions: BOTH,
        ways: &[],
        seen: "`a/b`, `a/+`, `a/#`",
        reason: "Topics are JMS destinations inside, where `.`, `*` and `>` are what `/`, `+` and `#` are outside.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "filter_invalid",
        versions: BOTH,
        ways: &[],
        seen: "answered with SUBACK",
        reason: "Filters are not checked.",
    },
    Difference {
        broker: Broker::Rmqtt,
        rule: "filter_invalid",
        versions: BOTH,
        ways: &[],
        seen: "refused with SUBACK 0x80",
        reason: "It refuses the filter and keeps the connection.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "subscribe_id_0",
        versions: BOTH,
        ways: &[],
        seen: "answered with SUBACK",
        reason: "Packet ids are not checked.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "publish_id_0",
        versions: BOTH,
        ways: &[],
        seen: "answered with PUBACK",
        reason: "Packet ids are not checked.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "subscribe_dup",
        versions: &[V311],
        ways: &[],
        seen: "answered with SUBACK",
        reason: "The reserved bits are not checked.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "unsubscribe_dup",
        versions: &[V311],
        ways: &[],
        seen: "answered with UNSUBACK",
        reason: "The reserved bits are not checked.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "publish_to_wildcard",
        versions: BOTH,
        ways: &[],
        seen: "answered with PUBACK",
        reason: "Topic names are not checked.",
    },
    Difference {
        broker: Broker::Rmqtt,
        rule: "publish_to_wildcard",
        versions: BOTH,
        ways: &[],
        seen: "answered with PUBACK",
        reason: "Topic names are not checked.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "qos_2_repeated",
        versions: BOTH,
        ways: &[],
        seen: "delivered twice",
        reason: "5.10.0 keeps no list of the ids that it has received: send duplicates of QoS 2 to it and see them.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "unacknowledged",
        versions: BOTH,
        ways: &[],
        seen: "none until it is acknowledged",
        reason: "Its prefetch for MQTT is one message a subscription.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "retained_again",
        versions: BOTH,
        ways: &[],
        seen: "nothing",
        reason: "A subscription that is there already is left as it is.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "will_retained",
        versions: BOTH,
        ways: &[],
        seen: "nothing",
        reason: "RETAIN of a will is ignored before 5.13.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "session_present",
        versions: &[V311],
        ways: &[],
        seen: "no, no",
        reason: "It does not say.",
    },
    Difference {
        broker: Broker::Rmqtt,
        rule: "session_present",
        versions: &[V31],
        ways: &[],
        seen: "no, yes",
        reason: "In 3.1 the byte is reserved, and a client ignores it.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "slow_client",
        versions: BOTH,
        ways: &[],
        seen: "1001 arrive",
        reason: "The configuration that it comes with keeps 1,000 messages for a slow subscriber and discards the oldest, at any QoS, unless the session is kept (constantPendingMessageLimitStrategy).",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "protocol_name_wrong",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "no answer",
        reason: "Its WebSocket listener does not close on an error.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "second_connect",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "no answer",
        reason: "Its WebSocket listener does not close on an error.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "keep_alive_missed",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "stays connected",
        reason: "Its WebSocket listener has no keep alive.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "will_qos",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "none, none, none",
        reason: "Its WebSocket listener does not tell the session that the connection was lost.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "will_lost_socket",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "nothing",
        reason: "Its WebSocket listener does not tell the session that the connection was lost.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "will_silence",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "nothing",
        reason: "Its WebSocket listener has no keep alive.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "level_unknown",
        versions: &[V31],
        ways: &[Way::Listener],
        seen: "no answer",
        reason: "Its WebSocket listener does not close on an error.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "packet_type_15",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "no answer",
        reason: "Its WebSocket listener does not close on an error.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "will_protocol_error",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "nothing",
        reason: "Its WebSocket listener does not close on an error.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "will_retained",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "nothing",
        reason: "Its WebSocket listener does not tell the session that the connection was lost.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "large_up",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "closed",
        reason: "Its WebSocket listener takes each message for one packet, and at most 64 KiB of it.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "client_id_in_use",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "refused with code 3, and the first connection stays | no answer, and the first connection stays",
        reason: "Its WebSocket listener sometimes loses the refusal.",
    },
];
