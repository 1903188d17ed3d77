//! mochi 2.7.9.

use mqttscope_proto::ProtocolVersion::V31;

use super::{BOTH, Difference};
use crate::chains::Broker;

pub(super) const DIFFERENCES: &[Difference] = &[
    Difference {
        broker: Broker::Mochi,
        rule: "client_id_of_30",
        versions: &[V31],
        ways: &[],
        seen: "accepted",
        reason: "The server may allow longer ones (3.1.1 says so); it does in 3.1 as well.",
    },
    Difference {
        broker: Broker::Mochi,
        rule: "client_id_empty",
        versions: &[V31],
        ways: &[],
        seen: "accepted",
        reason: "It makes an id up, as 3.1.1 allows.",
    },
    Difference {
        broker: Broker::Mochi,
        rule: "client_id_empty_kept_session",
        versions: BOTH,
        ways: &[],
        seen: "refused with code 128",
        reason: "`ErrUnspecifiedError` of MQTT 5, which has no counterpart among the codes of 3.1.1 (`V5CodesToV3`).",
    },
    Difference {
        broker: Broker::Mochi,
        rule: "password_without_user",
        versions: BOTH,
        ways: &[],
        seen: "accepted",
        reason: "The two flags are not checked against each other (`ConnectValidate`).",
    },
    Difference {
        broker: Broker::Mochi,
        rule: "level_unknown",
        versions: BOTH,
        ways: &[],
        seen: "refused with code 130",
        reason: "`ErrProtocolViolationProtocolVersion` of MQTT 5, which has no counterpart among the codes of 3.1.1 (`ConnectValidate`, `V5CodesToV3`).",
    },
    Difference {
        broker: Broker::Mochi,
        rule: "protocol_name_wrong",
        versions: BOTH,
        ways: &[],
        seen: "refused with code 130",
        reason: "`ErrProtocolViolationProtocolName` of MQTT 5, which has no counterpart among the codes of 3.1.1 (`ConnectValidate`, `V5CodesToV3`).",
    },
    Difference {
        broker: Broker::Mochi,
        rule: "dollar_topics",
        versions: &[V31],
        ways: &[],
        seen: "delivered, not delivered",
        reason: "In 3.1 as in 3.1.1, although 3.1 has no such rule.",
    },
    Difference {
        broker: Broker::Mochi,
        rule: "filter_invalid",
        versions: BOTH,
        ways: &[],
        seen: "refused with SUBACK 0x80",
        reason: "It refuses the filter and keeps the connection (`IsValidFilter`).",
    },
    Difference {
        broker: Broker::Mochi,
        rule: "subscribe_dup",
        versions: &[V31],
        ways: &[],
        seen: "closed",
        reason: "The reserved bits are checked in 3.1 as well, where DUP is allowed (`FixedHeader.Decode`).",
    },
    Difference {
        broker: Broker::Mochi,
        rule: "unsubscribe_dup",
        versions: &[V31],
        ways: &[],
        seen: "closed",
        reason: "The reserved bits are checked in 3.1 as well, where DUP is allowed (`FixedHeader.Decode`).",
    },
    Difference {
        broker: Broker::Mochi,
        rule: "session_present",
        versions: &[V31],
        ways: &[],
        seen: "no, yes",
        reason: "In 3.1 the byte is reserved, and a client ignores it.",
    },
];
