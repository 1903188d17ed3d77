//! The broker inside mqttscope-gateway.

use mqttscope_proto::ProtocolVersion::V31;

use super::{BOTH, Difference};
use crate::chains::Broker;

pub(super) const DIFFERENCES: &[Difference] = &[
    Difference {
        broker: Broker::Rmqtt,
        rule: "client_id_of_30",
        versions: &[V31],
        ways: &[],
        seen: "accepted",
        reason: "The server may allow longer ones (3.1.1 says so); it does in 3.1 as well.",
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
        broker: Broker::Rmqtt,
        rule: "password_without_user",
        versions: BOTH,
        ways: &[],
        seen: "accepted",
        reason: "The flags are not checked against each other (`decode_connect_packet`).",
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
        broker: Broker::Rmqtt,
        rule: "dollar_topics",
        versions: &[V31],
        ways: &[],
        seen: "delivered, not delivered",
        reason: "In 3.1 as in 3.1.1, although 3.1 has no such rule.",
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
        broker: Broker::Rmqtt,
        rule: "filter_invalid",
        versions: BOTH,
        ways: &[],
        seen: "refused with SUBACK 0x80",
        reason: "It refuses the filter and keeps the connection.",
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
        broker: Broker::Rmqtt,
        rule: "session_present",
        versions: &[V31],
        ways: &[],
        seen: "no, yes",
        reason: "In 3.1 the byte is reserved, and a client ignores it.",
    },
];
