//! mosquitto.

use mqttscope_proto::ProtocolVersion::V31;

use super::{Difference, EACH, NEWEST};
use crate::chains::Broker;

pub(super) const DIFFERENCES: &[Difference] = &[
    Difference {
        broker: Broker::Mosquitto,
        rule: "client_id_of_30",
        versions: &[V31],
        ways: &[],
        seen: "accepted",
        reason: "The server may allow longer ones (3.1.1 says so); it does in 3.1 as well.",
    },
    Difference {
        broker: Broker::Mosquitto,
        rule: "keep_alive_missed",
        versions: EACH,
        ways: &[],
        seen: "closed after 3 s to 10 s",
        reason: SWEEP,
    },
    Difference {
        broker: Broker::Mosquitto,
        rule: "will_silence",
        versions: EACH,
        ways: &[],
        seen: "after 3 s to 10 s",
        reason: SWEEP,
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
        broker: Broker::Mosquitto,
        rule: "level_unknown",
        versions: NEWEST,
        ways: &[],
        seen: "refused with code 1",
        reason: "The return code of 3.1 and 3.1.1, whatever the level.",
    },
    Difference {
        broker: Broker::Mosquitto,
        rule: "overlapping",
        versions: NEWEST,
        ways: &[],
        seen: "twice, at QoS 1 and 2",
        reason: "The specification allows further copies. In 3.1 and 3.1.1 it sends one.",
    },
    Difference {
        broker: Broker::Mosquitto,
        rule: "connack_limits",
        versions: NEWEST,
        ways: &[],
        seen: "Receive Maximum 20, Topic Alias Maximum 10, Server Keep Alive 65535",
        reason: "Its configuration (`max_inflight_messages`, `max_topic_alias`, `max_keepalive`): the last is told to a client that asks for none.",
    },
    Difference {
        broker: Broker::Mosquitto,
        rule: "taken_over",
        versions: NEWEST,
        ways: &[],
        seen: "closed without a word",
        reason: "It writes nothing to the connection before it closes it, as its system calls show.",
    },
    Difference {
        broker: Broker::Mosquitto,
        rule: "keep_alive_told",
        versions: NEWEST,
        ways: &[],
        seen: "closed without a word",
        reason: "It closes without a DISCONNECT, which the text asks for no more than it should.",
    },
    Difference {
        broker: Broker::Mosquitto,
        rule: "second_connect_told",
        versions: NEWEST,
        ways: &[],
        seen: "closed without a word",
        reason: "It closes without a DISCONNECT, which the text asks for no more than it should.",
    },
    Difference {
        broker: Broker::Mosquitto,
        rule: "puback_codes",
        versions: NEWEST,
        ways: &[],
        seen: "0x10, 0x00",
        reason: "Whether anybody has subscribed is told in PUBACK only.",
    },
    Difference {
        broker: Broker::Mosquitto,
        rule: "pubcomp_code",
        versions: NEWEST,
        ways: &[],
        seen: "0x00",
        reason: "It answers as if the message had been in flight.",
    },
];

const SWEEP: &str =
    "It looks every 6 s (`keepalive__check`), and each time that it does it closes whoever is late.";
