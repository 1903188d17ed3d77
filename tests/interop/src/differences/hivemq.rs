//! HiveMQ CE 2024.3.

use mqttscope_proto::ProtocolVersion::{V31, V311};

use super::{BOTH, Difference};
use crate::chains::{Broker, Way};

pub(super) const DIFFERENCES: &[Difference] = &[
    Difference {
        broker: Broker::HiveMq,
        rule: "client_id_of_30",
        versions: &[V31],
        ways: &[],
        seen: "accepted",
        reason: "The server may allow longer ones (3.1.1 says so); it does in 3.1 as well.",
    },
    Difference {
        broker: Broker::HiveMq,
        rule: "level_unknown",
        versions: &[V31],
        ways: &[],
        seen: "accepted",
        reason: "The protocol name `MQIsdp` presumably decides, whatever the level.",
    },
    Difference {
        broker: Broker::HiveMq,
        rule: "level_unknown",
        versions: &[V311],
        ways: &[],
        seen: "closed",
        reason: "It closes without a word.",
    },
    Difference {
        broker: Broker::HiveMq,
        rule: "protocol_name_wrong",
        versions: BOTH,
        ways: &[],
        seen: "refused with code 1",
        reason: "The specification lets the server choose, and recommends to close.",
    },
    Difference {
        broker: Broker::HiveMq,
        rule: "first_packet",
        versions: BOTH,
        ways: &[Way::Tcp, Way::Gateway],
        seen: "no answer",
        reason: "It waits for a CONNECT, for up to 10 s; its WebSocket listener closes.",
    },
    Difference {
        broker: Broker::HiveMq,
        rule: "dollar_topics",
        versions: BOTH,
        ways: &[],
        seen: "the publisher is closed, the publisher is closed",
        reason: "It lets no client publish to a name that begins with `$`, and closes.",
    },
    Difference {
        broker: Broker::HiveMq,
        rule: "subscribe_dup",
        versions: &[V31],
        ways: &[],
        seen: "closed",
        reason: "The reserved bits are checked in 3.1 as well, where DUP is allowed.",
    },
    Difference {
        broker: Broker::HiveMq,
        rule: "unsubscribe_dup",
        versions: &[V31],
        ways: &[],
        seen: "closed",
        reason: "The reserved bits are checked in 3.1 as well, where DUP is allowed.",
    },
    Difference {
        broker: Broker::HiveMq,
        rule: "qos_2_repeated",
        versions: BOTH,
        ways: &[],
        seen: "delivered once, and no second PUBREC",
        reason: "It takes no notice of the repetition while the first one is in flight.",
    },
    Difference {
        broker: Broker::HiveMq,
        rule: "unacknowledged",
        versions: BOTH,
        ways: &[],
        seen: "none until it is acknowledged",
        reason: "It presumably takes the next messages from its queue only once those in flight are acknowledged.",
    },
    Difference {
        broker: Broker::HiveMq,
        rule: "slow_client",
        versions: BOTH,
        ways: &[],
        seen: "1000 arrive",
        reason: "The configuration that it comes with keeps 1,000 messages for a client and discards what comes when there are as many, at any QoS (`max-queued-messages`).",
    },
];
