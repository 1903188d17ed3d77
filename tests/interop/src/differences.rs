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
    /// What is seen.
    pub seen: &'static str,
    /// Why, and what follows for a user. It names the function in which that was read, says so where the
    /// configuration is the reason, and says "presumably" where it is only concluded from what was seen.
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

const TIMER: &str = "It looks first after the keep alive and then each half of it, and counts from its first look (`MQTTInactivityMonitor`): twice and a half as long, not one and a half times.";
const SWEEP: &str =
    "It looks every 6 s (`keepalive__check`), and each time that it does it closes whoever is late.";

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
        reason: "It makes an id up, as 3.1.1 allows (`MQTTProtocolConverter.onMQTTConnect`).",
    },
    Difference {
        broker: Broker::Rmqtt,
        rule: "client_id_empty",
        versions: &[V31],
        ways: &[],
        seen: "accepted",
        reason: "It makes an id up, as 3.1.1 allows; only an empty id without clean session is an error (`decode_connect_packet`).",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "password_without_user",
        versions: BOTH,
        ways: &[],
        seen: "accepted",
        reason: "The flags are not checked against each other (`CONNECT.decode`).",
    },
    Difference {
        broker: Broker::Rmqtt,
        rule: "password_without_user",
        versions: BOTH,
        ways: &[],
        seen: "accepted",
        reason: "The flags are not checked against each other (`decode_connect_packet`).",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "level_unknown",
        versions: &[V31],
        ways: &[],
        seen: "closed",
        reason: "`MQIsdp` is known with level 3 only, and what is unknown is a protocol error (`CONNECT.decode`), at which it closes.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "level_unknown",
        versions: &[V311],
        ways: &[],
        seen: "accepted",
        reason: "Any level from 4 on counts as 3.1.1 (`CONNECT.decode`).",
    },
    Difference {
        broker: Broker::Rmqtt,
        rule: "level_unknown",
        versions: BOTH,
        ways: &[],
        seen: "closed",
        reason: "The packet counts as malformed (`decode_connect_packet`).",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "first_packet",
        versions: BOTH,
        ways: &[],
        seen: "answered with PINGRESP",
        reason: "PINGREQ is answered without a look at whether somebody is connected (`MQTTProtocolConverter.onMQTTCommand`).",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "client_id_in_use",
        versions: BOTH,
        ways: &[],
        seen: "refused with code 3, and the first connection stays",
        reason: "In JMS the id stays with who has it (`RegionBroker.addConnection`): choose another, or wait until the first connection is gone. The attribute `allowLinkStealing` of a transport connector is said to change that; this was not tried.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "keep_alive_missed",
        versions: BOTH,
        ways: &[Way::Tcp, Way::Kaazing, Way::Gateway],
        seen: "closed after 5 s",
        reason: TIMER,
    },
    Difference {
        broker: Broker::Mosquitto,
        rule: "keep_alive_missed",
        versions: BOTH,
        ways: &[],
        seen: "closed after 3 s to 10 s",
        reason: SWEEP,
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "will_silence",
        versions: BOTH,
        ways: &[Way::Tcp, Way::Kaazing, Way::Gateway],
        seen: "after 5 s",
        reason: TIMER,
    },
    Difference {
        broker: Broker::Mosquitto,
        rule: "will_silence",
        versions: BOTH,
        ways: &[],
        seen: "after 3 s to 10 s",
        reason: SWEEP,
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "dollar_topics",
        versions: BOTH,
        ways: &[],
        seen: "not delivered, not delivered",
        reason: "A message to a name that begins with `$` is acknowledged and discarded (`MQTTProtocolConverter.sendToActiveMQ`).",
    },
    Difference {
        broker: Broker::Mosquitto,
        rule: "dollar_topics",
        versions: &[V31],
        ways: &[],
        seen: "delivered, not delivered",
        reason: "In 3.1 as in 3.1.1, although 3.1 has no such rule.",
    },
    Difference {
        broker: Broker::Rmqtt,
        rule: "dollar_topics",
        versions: &[V31],
        ways: &[],
        seen: "delivered, not delivered",
        reason: "In 3.1 as in 3.1.1, although 3.1 has no such rule.",
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
        reason: "Filters are presumably not checked.",
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
        reason: "Packet ids are presumably not checked.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "publish_id_0",
        versions: BOTH,
        ways: &[],
        seen: "answered with PUBACK",
        reason: "Packet ids are presumably not checked.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "subscribe_dup",
        versions: &[V311],
        ways: &[],
        seen: "answered with SUBACK",
        reason: "The reserved bits are presumably not checked.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "unsubscribe_dup",
        versions: &[V311],
        ways: &[],
        seen: "answered with UNSUBACK",
        reason: "The reserved bits are presumably not checked.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "publish_to_wildcard",
        versions: BOTH,
        ways: &[],
        seen: "answered with PUBACK",
        reason: "Topic names are not checked. What is sent to a wildcard goes to who subscribed to any name or filter that it meets, once the broker has seen it before.",
    },
    Difference {
        broker: Broker::Rmqtt,
        rule: "publish_to_wildcard",
        versions: BOTH,
        ways: &[],
        seen: "answered with PUBACK",
        reason: "Of a topic name only its length is checked (`decode_publish_packet`).",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "qos_2_repeated",
        versions: BOTH,
        ways: &[],
        seen: "delivered twice",
        reason: "PUBLISH is passed on as it comes, and its id is looked up first at PUBREL (`MQTTProtocolConverter.onMQTTPubRel`): send duplicates of QoS 2 to it and see them.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "unacknowledged",
        versions: BOTH,
        ways: &[],
        seen: "none until it is acknowledged",
        reason: "Its prefetch for MQTT is one message a subscription (`activeMQSubscriptionPrefetch`).",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "retained_again",
        versions: BOTH,
        ways: &[],
        seen: "nothing",
        reason: "It does send it again (`MQTTProtocolConverter.resendRetainedMessages`), presumably only to take it for a repetition of the first one (`TopicSubscription.isDuplicate`) and to discard it.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "will_retained",
        versions: BOTH,
        ways: &[],
        seen: "nothing",
        reason: "RETAIN of a will is not read (`MQTTProtocolConverter.onTransportError`).",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "session_present",
        versions: &[V311],
        ways: &[],
        seen: "no, no",
        reason: "Its CONNACK has no such flag (`CONNACK` of mqtt-client 1.10).",
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
        reason: "Its WebSocket connector never closes: `MQTTSocket.doStop` does nothing.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "second_connect",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "no answer",
        reason: "Its WebSocket connector never closes: `MQTTSocket.doStop` does nothing.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "keep_alive_missed",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "stays connected",
        reason: "Its WebSocket connector has no keep alive: `MQTTSocket.getInactivityMonitor` returns none.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "will_qos",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "none, none, none",
        reason: "Its WebSocket connector takes the end of a connection for a DISCONNECT (`MQTTSocket.onClose`).",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "will_lost_socket",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "nothing",
        reason: "Its WebSocket connector takes the end of a connection for a DISCONNECT (`MQTTSocket.onClose`).",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "will_silence",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "nothing",
        reason: "Its WebSocket connector has no keep alive: `MQTTSocket.getInactivityMonitor` returns none.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "level_unknown",
        versions: &[V31],
        ways: &[Way::Listener],
        seen: "no answer",
        reason: "Its WebSocket connector never closes: `MQTTSocket.doStop` does nothing.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "packet_type_15",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "no answer",
        reason: "Its WebSocket connector never closes: `MQTTSocket.doStop` does nothing.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "will_protocol_error",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "nothing",
        reason: "Its WebSocket connector never closes: `MQTTSocket.doStop` does nothing.",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "will_retained",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "nothing",
        reason: "Its WebSocket connector takes the end of a connection for a DISCONNECT (`MQTTSocket.onClose`).",
    },
    Difference {
        broker: Broker::ActiveMq,
        rule: "large_up",
        versions: BOTH,
        ways: &[Way::Listener],
        seen: "closed",
        reason: "Its WebSocket connector takes each message for one whole packet (`MQTTSocket.onMessage`), and at most 64 KiB of it.",
    },
];
