//! Where a peer and this crate are of two minds: what the peer does, which clause is against it, and an example.

use mqttscope_proto::{DecodeErrorKind, PacketType, PropertyId, ReasonCode, Rule};

use crate::common::strategy5::{Owned, Value};

/// A known disagreement.
pub struct Disagreement {
    /// The peers that disagree.
    pub peers: &'static [&'static str],
    /// What they do.
    pub what: &'static str,
    /// Where the contrary is written.
    pub clause: &'static str,
    /// Bytes that show it.
    pub example: &'static str,
    /// Which findings it explains.
    pub explains: Explains,
}

/// The findings that a disagreement explains, as narrow as can be said.
pub enum Explains {
    /// The peer reads what breaks a rule; a function of the packet type and of our complaint.
    Accepts(fn(PacketType, Complaint) -> bool),
    /// The peer refuses what is valid; a function of the packet and of the peer's words.
    Refuses(fn(&Owned, &str) -> bool),
    /// The peer writes a valid packet differently; a function of the packet and of its bytes.
    Writes(fn(&Owned, &[u8]) -> bool),
}

/// What this crate says against bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Complaint {
    Error(DecodeErrorKind),
    Rule(Rule),
}

const R: &str = "rmqtt-codec";
const C: &str = "mqtt-protocol-core";

pub const DISAGREEMENTS: &[Disagreement] = &[
    Disagreement {
        peers: &[C],
        what: "ignores the flag bits of all packets but PUBLISH",
        clause: "[MQTT-2.1.3-1]",
        example: "41 02  00 01",
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::ReservedHeaderFlags { .. }))
        }),
    },
    Disagreement {
        peers: &[R, C],
        what: "reads PUBLISH at QoS 0 with DUP",
        clause: "[MQTT-3.3.1-2]",
        example: "38 04  00 01 74  00",
        explains: Explains::Accepts(|_, complaint| matches!(complaint, Complaint::Rule(Rule::DupAtQos0))),
    },
    Disagreement {
        peers: &[R, C],
        what: "reads a Remaining Length, a Property Length and a Subscription Identifier of more bytes than they need",
        clause: "[MQTT-1.5.5-1]",
        example: "30 05  00 01 74  80 00",
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::NotTheFewestBytes(_)))
        }),
    },
    Disagreement {
        peers: &[C],
        what: "reads packet id 0 in PUBLISH, and in SUBSCRIBE, UNSUBSCRIBE and their answers",
        clause: "[MQTT-2.2.1-3], [MQTT-2.2.1-4]",
        example: "32 06  00 01 74  00 00  00",
        explains: Explains::Accepts(|packet_type, complaint| {
            use PacketType::{Publish, SubAck, Subscribe, UnsubAck, Unsubscribe};
            complaint == Complaint::Rule(Rule::PacketIdZero)
                && matches!(packet_type, Publish | Subscribe | SubAck | Unsubscribe | UnsubAck)
        }),
    },
    Disagreement {
        peers: &[R, C],
        what: "reads texts with U+0000",
        clause: "[MQTT-1.5.4-2]",
        example: "30 05  00 02 61 00  00",
        explains: Explains::Accepts(|_, complaint| matches!(complaint, Complaint::Rule(Rule::Nul))),
    },
    Disagreement {
        peers: &[R, C],
        what: "reads an empty topic name without a Topic Alias",
        clause: "MQTT 5, 3.3.2.1",
        example: "30 03  00 00  00",
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::TopicEmptyWithoutAlias))
        }),
    },
    Disagreement {
        peers: &[R, C],
        what: "reads empty will topics, Response Topics and topic filters",
        clause: "[MQTT-4.7.3-1]",
        example: "30 07  00 01 74  03 08 00 00",
        explains: Explains::Accepts(|_, complaint| matches!(complaint, Complaint::Rule(Rule::TopicEmpty))),
    },
    Disagreement {
        peers: &[R, C],
        what: "reads topic names with wildcards, those of wills too",
        clause: "[MQTT-3.3.2-2], [MQTT-4.7.0-1]",
        example: "30 04  00 01 23  00",
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::WildcardInTopicName))
        }),
    },
    Disagreement {
        peers: &[R, C],
        what: "reads Response Topics with wildcards",
        clause: "[MQTT-3.3.2-14]",
        example: "30 08  00 01 74  04 08 00 01 23",
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::WildcardInResponseTopic(_)))
        }),
    },
    Disagreement {
        peers: &[R, C],
        what: "reads topic filters with # elsewhere than at the end",
        clause: "[MQTT-4.7.1-1]",
        example: "a2 08  00 01  00  00 03 23 2f 61",
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::MultiLevelWildcard))
        }),
    },
    Disagreement {
        peers: &[R, C],
        what: "reads topic filters with + beside other characters",
        clause: "[MQTT-4.7.1-2]",
        example: "a2 07  00 01  00  00 02 2b 61",
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::SingleLevelWildcard))
        }),
    },
    Disagreement {
        peers: &[R, C],
        what: "reads No Local on a shared subscription",
        clause: "[MQTT-3.8.3-4]",
        example: "82 10  00 0a  00  00 0a 24 73 68 61 72 65 2f 67 2f 61 04",
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::NoLocalOnShared))
        }),
    },
    Disagreement {
        peers: &[R],
        what: "reads shared subscriptions without a share name, with a wildcard in it, and without a filter behind it",
        clause: "[MQTT-4.8.2-1], [MQTT-4.8.2-2]",
        example: "82 0e  00 0a  00  00 08 24 73 68 61 72 65 2f 2b 00",
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::ShareName | Rule::ShareWithoutFilter))
        }),
    },
    Disagreement {
        peers: &[C],
        what: "ignores the reserved bit of the connect flags",
        clause: "[MQTT-3.1.2-3]",
        example: "10 0e  00 04 4d 51 54 54 05  03 00 3c  00  00 01 63",
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::ConnectReservedFlag))
        }),
    },
    Disagreement {
        peers: &[R, C],
        what: "ignores Will QoS and Will Retain without a will",
        clause: "[MQTT-3.1.2-11], [MQTT-3.1.2-13]",
        example: "10 0e  00 04 4d 51 54 54 05  2a 00 3c  00  00 01 63",
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::WillQosWithoutWill | Rule::WillRetainWithoutWill))
        }),
    },
    Disagreement {
        peers: &[C],
        what: "reads Will QoS 3, and takes it for 0",
        clause: "[MQTT-3.1.2-12]",
        example: "10 14  00 04 4d 51 54 54 05  1e 00 3c  00  00 01 63  00  00 01 77  00 00",
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::WillQosReserved))
        }),
    },
    Disagreement {
        peers: &[R],
        what: "ignores bytes behind the last field of CONNECT",
        clause: "MQTT 5, 2.1.4",
        example: "10 10  00 04 4d 51 54 54 05  02 00 3c  00  00 01 63  aa bb",
        explains: Explains::Accepts(|packet_type, complaint| {
            matches!(complaint, Complaint::Rule(Rule::TrailingBytes(_))) && packet_type == PacketType::Connect
        }),
    },
    Disagreement {
        peers: &[R, C],
        what: "reads Authentication Data without an Authentication Method in CONNECT",
        clause: "MQTT 5, 3.1.2.11.10",
        example: "10 12  00 04 4d 51 54 54 05  02 00 3c  04 16 00 01 64  00 01 63",
        explains: Explains::Accepts(|packet_type, complaint| {
            matches!(complaint, Complaint::Rule(Rule::AuthenticationDataWithoutMethod(_)))
                && packet_type == PacketType::Connect
        }),
    },
    Disagreement {
        peers: &[R],
        what: "reads Authentication Data without an Authentication Method in AUTH",
        clause: "MQTT 5, 3.15.2.2.2",
        example: "f0 06  18  04 16 00 01 64",
        explains: Explains::Accepts(|packet_type, complaint| {
            matches!(complaint, Complaint::Rule(Rule::AuthenticationDataWithoutMethod(_)))
                && packet_type == PacketType::Auth
        }),
    },
    Disagreement {
        peers: &[R],
        what: "reads AUTH without an Authentication Method",
        clause: "MQTT 5, 3.15.2.2.2",
        example: "f0 02  18  00",
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::AuthenticationMethodMissing))
        }),
    },
    Disagreement {
        peers: &[C],
        what: "reads AUTH of success without an Authentication Method",
        clause: "MQTT 5, 3.15.2.2.2",
        example: "f0 02  00  00",
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::AuthenticationMethodMissing))
        }),
    },
    Disagreement {
        peers: &[C],
        what: "ignores the reserved bits of the connect acknowledge flags",
        clause: "[MQTT-3.2.2-1]",
        example: "20 03  02 00  00",
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::ConnAckReservedFlags))
        }),
    },
    Disagreement {
        peers: &[R, C],
        what: "reads session present in a refusal",
        clause: "[MQTT-3.2.2-6]",
        example: "20 03  01 87  00",
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::SessionPresentWithRefusal))
        }),
    },
    Disagreement {
        peers: &[R],
        what: "reads DISCONNECT with the reason code 0x8C, which its own table does not have",
        clause: "[MQTT-3.14.2-1]",
        example: "e0 01  8c",
        explains: Explains::Accepts(|packet_type, complaint| {
            let code = ReasonCode(0x8c);
            complaint == Complaint::Rule(Rule::ReasonCode { packet_type, code })
                && packet_type == PacketType::Disconnect
        }),
    },
    Disagreement {
        peers: &[R],
        what: "ignores bytes behind PINGREQ and PINGRESP",
        clause: "MQTT 5, 3.12.1, 3.13.1",
        example: "c0 01  00",
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Error(DecodeErrorKind::ForbiddenRemainingLength { .. }))
        }),
    },
    Disagreement {
        peers: &[R],
        what: "reads Maximum QoS 2",
        clause: "MQTT 5, 3.2.2.3.4",
        example: "20 05  00 00  02 24 02",
        explains: Explains::Accepts(|_, complaint| {
            matches!(
                complaint,
                Complaint::Rule(Rule::PropertyNumber { property: PropertyId::MaximumQos, number: 2, .. })
            )
        }),
    },
    Disagreement {
        peers: &[R],
        what: "reads Maximum Packet Size 0 in CONNACK",
        clause: "MQTT 5, 3.2.2.3.6",
        example: "20 08  00 00  05 27 00 00 00 00",
        explains: Explains::Accepts(|packet_type, complaint| {
            matches!(
                complaint,
                Complaint::Rule(Rule::PropertyNumber { property: PropertyId::MaximumPacketSize, .. })
            ) && packet_type == PacketType::ConnAck
        }),
    },
    Disagreement {
        peers: &[C],
        what: "reads several Subscription Identifiers in SUBSCRIBE",
        clause: "MQTT 5, 3.8.2.1.2",
        example: "82 0b  00 0a  04 0b 01 0b 01  00 01 61 00",
        explains: Explains::Accepts(|_, complaint| {
            matches!(
                complaint,
                Complaint::Rule(Rule::PropertyTwice { property: PropertyId::SubscriptionIdentifier, .. })
            )
        }),
    },
    Disagreement {
        peers: &[C],
        what: "reads PUBLISH that ends before its Property Length",
        clause: "[MQTT-2.2.2-1]",
        example: "30 03  00 01 74",
        explains: Explains::Accepts(|packet_type, complaint| {
            let Complaint::Error(DecodeErrorKind::FieldTooLong { field, available: 0, .. }) = complaint
            else {
                return false;
            };
            packet_type == PacketType::Publish && field == "Property Length"
        }),
    },
    Disagreement {
        peers: &[C],
        what: "refuses a password without a user name, as 3.1.1 does",
        clause: "MQTT 5, 3.1.2.9",
        example: "10 11  00 04 4d 51 54 54 05  42 00 3c  00  00 01 63  00 01 70",
        explains: Explains::Refuses(|packet, words| {
            matches!(packet, Owned::Connect { username: None, password: Some(_), .. })
                && words == "ProtocolError"
        }),
    },
    Disagreement {
        peers: &[C],
        what: "refuses SUBACK and UNSUBACK without a reason code, of which only who knows the request can say anything",
        clause: "MQTT 5, 3.9.3, 3.11.3",
        example: "90 03  00 01  00",
        explains: Explains::Refuses(|packet, words| {
            matches!(packet, Owned::Answer { codes, .. } if codes.is_empty()) && words == "ProtocolError"
        }),
    },
    Disagreement {
        peers: &[R],
        what: "refuses an empty client id without Clean Start",
        clause: "[MQTT-3.1.3-6]",
        example: "10 0d  00 04 4d 51 54 54 05  00 00 3c  00  00 00",
        explains: Explains::Refuses(|packet, words| {
            let Owned::Connect { clean_start: false, client_id, .. } = packet else { return false };
            client_id.is_empty() && words == "InvalidClientId"
        }),
    },
    Disagreement {
        peers: &[R],
        what: "refuses Message Expiry Interval 0",
        clause: "MQTT 5, 3.3.2.3.3",
        example: "30 09  00 01 74  05 02 00 00 00 00",
        explains: Explains::Refuses(|packet, words| {
            let properties = match packet {
                Owned::Publish { properties, .. } => properties,
                Owned::Connect { will: Some(will), .. } => &will.properties,
                _ => return false,
            };
            properties.contains(&(PropertyId::MessageExpiryInterval, Value::Number(0)))
                && words == "MalformedPacket"
        }),
    },
    Disagreement {
        peers: &[R],
        what: "writes an AUTH of success that ends before its properties with none of them, and so without a method",
        clause: "MQTT 5, 3.15.2.2.2",
        example: "f0 00",
        explains: Explains::Writes(|packet, theirs| {
            let is_short = matches!(
                packet,
                Owned::Reason { packet_type: PacketType::Auth, reason: None | Some((0, None)) }
            );
            is_short && theirs == [0xf0, 0x02, 0x00, 0x00]
        }),
    },
];
