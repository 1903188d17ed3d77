//! mosquitto.

use mqttscope_proto::ProtocolVersion::V31;

use super::{BOTH, Difference};
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
        versions: BOTH,
        ways: &[],
        seen: "closed after 3 s to 10 s",
        reason: SWEEP,
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
        broker: Broker::Mosquitto,
        rule: "dollar_topics",
        versions: &[V31],
        ways: &[],
        seen: "delivered, not delivered",
        reason: "In 3.1 as in 3.1.1, although 3.1 has no such rule.",
    },
];

const SWEEP: &str =
    "It looks every 6 s (`keepalive__check`), and each time that it does it closes whoever is late.";
