//! Where a peer and this crate are of two minds: what the peer does, which clause is against it, and an example.

use mqttscope_proto::ProtocolVersion::{V31, V311};
use mqttscope_proto::{DecodeErrorKind, PacketType, ProtocolVersion, Rule};

use crate::common::strategy::Owned;

/// A known disagreement.
pub struct Disagreement {
    /// The peers that disagree.
    pub peers: &'static [&'static str],
    /// What they do.
    pub what: &'static str,
    /// Where the contrary is written, or why they are not to blame.
    pub clause: &'static str,
    /// Bytes that show it, and the version that they are read in.
    pub example: (ProtocolVersion, &'static str),
    /// Which findings it explains.
    pub explains: Explains,
}

/// The findings that a disagreement explains, as narrow as can be said.
pub enum Explains {
    /// The peer reads what breaks a rule; a function of the packet type and of our complaint.
    Accepts(fn(PacketType, Complaint) -> bool),
    /// The peer refuses what is valid; a function of the packet and of the peer's words.
    Refuses(fn(&Valid<'_>, &str) -> bool),
    /// The peer makes another packet of valid bytes: this one.
    Reads(fn(&Owned) -> Option<Owned>),
    /// The peer writes a valid packet differently: these bytes instead of ours.
    Writes(fn(&Owned, &[u8]) -> Option<Vec<u8>>),
}

/// What this crate says against bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Complaint {
    Error(DecodeErrorKind),
    Rule(Rule),
}

/// A packet that this crate has nothing to say against.
#[derive(Debug)]
pub struct Valid<'a> {
    /// The version of its rules: for a CONNECT, the one that it names.
    pub version: ProtocolVersion,
    pub bytes: &'a [u8],
    pub packet: &'a Owned,
    /// Connect flags without a meaning, which 3.1 leaves free.
    pub stray_flags: u8,
}

const B: &str = "mqttbytes";
const R: &str = "rmqtt-codec";
const C: &str = "mqtt-protocol-core";

pub const DISAGREEMENTS: &[Disagreement] = &[
    Disagreement {
        peers: &[B, C],
        what: "ignores the flag bits of all packets but PUBLISH",
        clause: "[MQTT-2.2.2-2]",
        example: (V311, "80 06  00 01  00 01 61 00"),
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::ReservedHeaderFlags { .. }))
        }),
    },
    Disagreement {
        peers: &[B, C],
        what: "reads SUBSCRIBE, UNSUBSCRIBE and PUBREL of another QoS than 1",
        clause: "MQTT 3.1, SUBSCRIBE, UNSUBSCRIBE and PUBREL, Fixed header",
        example: (V31, "60 02  00 01"),
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::HeaderQos { .. }))
        }),
    },
    Disagreement {
        peers: &[B, R, C],
        what: "reads PUBLISH at QoS 0 with DUP",
        clause: "[MQTT-3.3.1-2]",
        example: (V311, "38 03  00 01 74"),
        explains: Explains::Accepts(|_, complaint| complaint == Complaint::Rule(Rule::DupAtQos0)),
    },
    Disagreement {
        peers: &[B],
        what: "reads packet id 0 in all packets but PUBLISH",
        clause: "[MQTT-2.3.1-1]",
        example: (V311, "40 02  00 00"),
        explains: Explains::Accepts(|packet_type, complaint| {
            complaint == Complaint::Rule(Rule::PacketIdZero) && packet_type != PacketType::Publish
        }),
    },
    Disagreement {
        peers: &[C],
        what: "reads packet id 0 in PUBLISH, and in SUBSCRIBE, UNSUBSCRIBE and their answers",
        clause: "[MQTT-2.3.1-1]",
        example: (V311, "32 05  00 01 74  00 00"),
        explains: Explains::Accepts(|packet_type, complaint| {
            use PacketType::{Publish, SubAck, Subscribe, UnsubAck, Unsubscribe};
            complaint == Complaint::Rule(Rule::PacketIdZero)
                && matches!(packet_type, Publish | Subscribe | SubAck | Unsubscribe | UnsubAck)
        }),
    },
    Disagreement {
        peers: &[B, R, C],
        what: "reads texts with U+0000",
        clause: "[MQTT-1.5.3-2]",
        example: (V311, "30 04  00 02 61 00"),
        explains: Explains::Accepts(|_, complaint| complaint == Complaint::Rule(Rule::Nul)),
    },
    Disagreement {
        peers: &[B, C],
        what: "reads topics without a character",
        clause: "[MQTT-4.7.3-1]",
        example: (V311, "30 02  00 00"),
        explains: Explains::Accepts(|_, complaint| complaint == Complaint::Rule(Rule::TopicEmpty)),
    },
    Disagreement {
        peers: &[R],
        what: "reads will topics without a character",
        clause: "[MQTT-4.7.3-1]",
        example: (V311, "10 11  00 04 4d 51 54 54 04  06 00 00  00 01 63  00 00  00 00"),
        explains: Explains::Accepts(|packet_type, complaint| {
            complaint == Complaint::Rule(Rule::TopicEmpty) && packet_type == PacketType::Connect
        }),
    },
    Disagreement {
        peers: &[B, R, C],
        what: "reads topic names with wildcards",
        clause: "[MQTT-3.3.2-2]",
        example: (V311, "30 03  00 01 23"),
        explains: Explains::Accepts(|_, complaint| complaint == Complaint::Rule(Rule::WildcardInTopicName)),
    },
    Disagreement {
        peers: &[B, R, C],
        what: "reads topic filters with # elsewhere than at the end",
        clause: "[MQTT-4.7.1-2]",
        example: (V311, "a2 07  00 01  00 03 23 2f 61"),
        explains: Explains::Accepts(|_, complaint| complaint == Complaint::Rule(Rule::MultiLevelWildcard)),
    },
    Disagreement {
        peers: &[B, R, C],
        what: "reads topic filters with + beside other characters",
        clause: "[MQTT-4.7.1-3]",
        example: (V311, "a2 06  00 01  00 02 2b 61"),
        explains: Explains::Accepts(|_, complaint| complaint == Complaint::Rule(Rule::SingleLevelWildcard)),
    },
    Disagreement {
        peers: &[B],
        what: "reads SUBSCRIBE and UNSUBSCRIBE without a topic filter",
        clause: "[MQTT-3.8.3-3], [MQTT-3.10.3-2]",
        example: (V311, "82 02  00 01"),
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::NoTopicFilter(_)))
        }),
    },
    Disagreement {
        peers: &[R],
        what: "reads SUBACK without a return code",
        clause: "[MQTT-3.8.4-5]",
        example: (V311, "90 02  00 01"),
        explains: Explains::Accepts(|_, complaint| complaint == Complaint::Rule(Rule::NoReturnCode)),
    },
    Disagreement {
        peers: &[B, R],
        what: "ignores the reserved bits of a requested QoS",
        clause: "[MQTT-3.8.3-4]",
        example: (V311, "82 06  00 01  00 01 61 fe"),
        explains: Explains::Accepts(
            |_, complaint| matches!(complaint, Complaint::Rule(Rule::RequestedQos(byte)) if byte & 3 < 3),
        ),
    },
    Disagreement {
        peers: &[C],
        what: "takes the byte of a requested QoS for the subscription options of MQTT 5",
        clause: "[MQTT-3.8.3-4]",
        example: (V311, "82 06  00 01  00 01 61 2d"),
        explains: Explains::Accepts(
            |_, complaint| matches!(complaint, Complaint::Rule(Rule::RequestedQos(byte @ ..0x30)) if byte & 3 < 3),
        ),
    },
    Disagreement {
        peers: &[B, R, C],
        what: "reads 3.1.1's failure in a SUBACK of 3.1: it reads both versions alike",
        clause: "MQTT 3.1, SUBACK, Payload",
        example: (V31, "90 03  00 01  80"),
        explains: Explains::Accepts(|_, complaint| {
            complaint == Complaint::Rule(Rule::SubAckReturnCode(0x80))
        }),
    },
    Disagreement {
        peers: &[R],
        what: "reads client ids of more than 23 characters in 3.1, and leaves it to the server to refuse them",
        clause: "MQTT 3.1, CONNECT, Client Identifier",
        example: (
            V31,
            "10 26  00 06 4d 51 49 73 64 70 03  02 00 00
             00 18 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61",
        ),
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::ClientIdTooLong(_)))
        }),
    },
    Disagreement {
        peers: &[R],
        what: "reads empty client ids in 3.1",
        clause: "MQTT 3.1, CONNECT, Client Identifier",
        example: (V31, "10 0e  00 06 4d 51 49 73 64 70 03  02 00 00  00 00"),
        explains: Explains::Accepts(|_, complaint| complaint == Complaint::Rule(Rule::ClientIdEmpty)),
    },
    Disagreement {
        peers: &[B, C],
        what: "reads empty client ids without clean session",
        clause: "[MQTT-3.1.3-7]",
        example: (V311, "10 0c  00 04 4d 51 54 54 04  00 00 00  00 00"),
        explains: Explains::Accepts(|_, complaint| {
            complaint == Complaint::Rule(Rule::ClientIdEmptyWithoutCleanSession)
        }),
    },
    Disagreement {
        peers: &[R],
        what: "reads 3.1's protocol name with 3.1.1's level and the other way round",
        clause: "[MQTT-3.1.2-1], [MQTT-3.1.2-2]",
        example: (V311, "10 0d  00 04 4d 51 54 54 03  02 00 00  00 01 63"),
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::ProtocolNameAndLevel(3 | 4)))
        }),
    },
    Disagreement {
        peers: &[B, C],
        what: "ignores the reserved bit of the connect flags",
        clause: "[MQTT-3.1.2-3]",
        example: (V311, "10 0d  00 04 4d 51 54 54 04  03 00 00  00 01 63"),
        explains: Explains::Accepts(|_, complaint| complaint == Complaint::Rule(Rule::ConnectReservedFlag)),
    },
    Disagreement {
        peers: &[C],
        what: "ignores Will QoS and Will retain without a will",
        clause: "[MQTT-3.1.2-13], [MQTT-3.1.2-15]",
        example: (V311, "10 0d  00 04 4d 51 54 54 04  2a 00 00  00 01 63"),
        explains: Explains::Accepts(|_, complaint| {
            matches!(complaint, Complaint::Rule(Rule::WillQosWithoutWill | Rule::WillRetainWithoutWill))
        }),
    },
    Disagreement {
        peers: &[C],
        what: "reads Will QoS 3, and takes it for 0",
        clause: "[MQTT-3.1.2-14]",
        example: (V311, "10 12  00 04 4d 51 54 54 04  1e 00 00  00 01 63  00 01 77  00 00"),
        explains: Explains::Accepts(|_, complaint| complaint == Complaint::Rule(Rule::WillQosReserved)),
    },
    Disagreement {
        peers: &[B, R],
        what: "reads a password without a user name",
        clause: "[MQTT-3.1.2-22]",
        example: (V311, "10 10  00 04 4d 51 54 54 04  42 00 00  00 01 63  00 01 70"),
        explains: Explains::Accepts(|_, complaint| {
            complaint == Complaint::Rule(Rule::PasswordWithoutUsername)
        }),
    },
    Disagreement {
        peers: &[B, R],
        what: "ignores bytes behind the last field of CONNECT",
        clause: "MQTT 3.1.1, 2.2.3",
        example: (V311, "10 0f  00 04 4d 51 54 54 04  02 00 00  00 01 63  aa bb"),
        explains: Explains::Accepts(|packet_type, complaint| {
            matches!(complaint, Complaint::Rule(Rule::TrailingBytes(_))) && packet_type == PacketType::Connect
        }),
    },
    Disagreement {
        peers: &[R],
        what: "reads will messages of 3.1 that are no text",
        clause: "MQTT 3.1, CONNECT, Will Message",
        example: (V31, "10 15  00 06 4d 51 49 73 64 70 03  06 00 00  00 01 63  00 01 77  00 01 ff"),
        explains: Explains::Accepts(|packet_type, complaint| {
            matches!(complaint, Complaint::Rule(Rule::IllFormedUtf8 | Rule::Surrogate))
                && packet_type == PacketType::Connect
        }),
    },
    Disagreement {
        peers: &[B, C],
        what: "ignores the reserved bits of the connect acknowledge flags",
        clause: "MQTT 3.1.1, 3.2.2.1",
        example: (V311, "20 02  80 00"),
        explains: Explains::Accepts(|_, complaint| complaint == Complaint::Rule(Rule::ConnAckReservedFlags)),
    },
    Disagreement {
        peers: &[B, R, C],
        what: "reads session present in a refusal",
        clause: "[MQTT-3.2.2-4]",
        example: (V311, "20 02  01 05"),
        explains: Explains::Accepts(|_, complaint| {
            complaint == Complaint::Rule(Rule::SessionPresentWithRefusal)
        }),
    },
    Disagreement {
        peers: &[R],
        what: "reads connect return code 6",
        clause: "MQTT 3.1.1, 3.2.2.3",
        example: (V311, "20 02  00 06"),
        explains: Explains::Accepts(|_, complaint| complaint == Complaint::Rule(Rule::ReturnCodeReserved(6))),
    },
    Disagreement {
        peers: &[B],
        what: "ignores bytes behind CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, PINGREQ, PINGRESP and DISCONNECT",
        clause: "MQTT 3.1.1, 3.2.1, 3.4.1, 3.5.1, 3.6.1, 3.7.1, 3.12.1, 3.13.1, 3.14.1",
        example: (V311, "40 05  00 01  aa bb cc"),
        explains: Explains::Accepts(|packet_type, complaint| {
            is_too_long(complaint) && packet_type != PacketType::UnsubAck
        }),
    },
    Disagreement {
        peers: &[R],
        what: "ignores bytes behind CONNACK, PINGREQ, PINGRESP and DISCONNECT",
        clause: "MQTT 3.1.1, 3.2.1, 3.12.1, 3.13.1, 3.14.1",
        example: (V311, "c0 01  00"),
        explains: Explains::Accepts(|packet_type, complaint| {
            use PacketType::{ConnAck, Disconnect, PingReq, PingResp};
            is_too_long(complaint) && matches!(packet_type, ConnAck | PingReq | PingResp | Disconnect)
        }),
    },
    Disagreement {
        peers: &[C],
        what: "reads a reason code of MQTT 5 behind PUBACK, PUBREC, PUBREL and PUBCOMP",
        clause: "MQTT 3.1.1, 3.4.1, 3.5.1, 3.6.1, 3.7.1",
        example: (V311, "40 03  00 01  10"),
        explains: Explains::Accepts(|packet_type, complaint| {
            use PacketType::{PubAck, PubComp, PubRec, PubRel};
            let length_3 = matches!(
                complaint,
                Complaint::Error(DecodeErrorKind::ForbiddenRemainingLength { actual: 3, .. })
            );
            length_3 && matches!(packet_type, PubAck | PubRec | PubRel | PubComp)
        }),
    },
    Disagreement {
        peers: &[B, C],
        what: "refuses CONNECT of 3.1: it speaks protocol level 4 only",
        clause: "MQTT 3.1, CONNECT, Protocol Version",
        example: (V31, "10 0f  00 06 4d 51 49 73 64 70 03  02 00 00  00 01 63"),
        explains: Explains::Refuses(|valid, words| {
            is_connect(valid, V31) && matches!(words, "InvalidProtocol" | "ProtocolError")
        }),
    },
    Disagreement {
        peers: &[R],
        what: "refuses flag bits that 3.1 leaves free, and DUP on SUBSCRIBE, UNSUBSCRIBE and PUBREL",
        clause: "MQTT 3.1, Fixed header, DUP",
        example: (V31, "8a 06  00 01  00 01 61 00"),
        explains: Explains::Refuses(|valid, words| {
            let prescribed = match valid.bytes[0] >> 4 {
                6 | 8 | 10 => 2,
                _ => 0,
            };
            valid.version == V31 && valid.bytes[0] & 15 != prescribed && words == "UnsupportedPacketType"
        }),
    },
    Disagreement {
        peers: &[R],
        what: "refuses values of CONNACK's first byte, which 3.1 reserves, and does not use",
        clause: "MQTT 3.1, CONNACK, Variable header",
        example: (V31, "20 02  80 00"),
        explains: Explains::Refuses(|valid, words| {
            let is_connack = matches!(valid.packet, Owned::ConnAck { .. });
            is_connack && valid.version == V31 && words == "ConnAckReservedFlagSet"
        }),
    },
    Disagreement {
        peers: &[R],
        what: "refuses connect flags that 3.1 leaves free: the reserved bit",
        clause: "MQTT 3.1, CONNECT, Connect flags",
        example: (V31, "10 0f  00 06 4d 51 49 73 64 70 03  03 00 00  00 01 63"),
        explains: Explains::Refuses(|valid, words| {
            is_connect(valid, V31) && valid.stray_flags & 0x01 != 0 && words == "ConnectReservedFlagSet"
        }),
    },
    Disagreement {
        peers: &[R],
        what: "refuses connect flags that 3.1 leaves free: Will QoS and Will retain without a will",
        clause: "MQTT 3.1, CONNECT, Will QoS and Will Retain",
        example: (V31, "10 0f  00 06 4d 51 49 73 64 70 03  2a 00 00  00 01 63"),
        explains: Explains::Refuses(|valid, words| {
            is_connect(valid, V31) && valid.stray_flags & 0x38 != 0 && words == "InvalidConnectFlags"
        }),
    },
    Disagreement {
        peers: &[R],
        what: "refuses a user name or password flag without its text in 3.1",
        clause: "MQTT 3.1, CONNECT, User name and password flags",
        example: (V31, "10 0f  00 06 4d 51 49 73 64 70 03  c2 00 00  00 01 63"),
        explains: Explains::Refuses(|valid, words| {
            is_connect(valid, V31) && valid.stray_flags & 0xc0 != 0 && words == "InvalidLength"
        }),
    },
    Disagreement {
        peers: &[B],
        what: "refuses passwords that are no text",
        clause: "MQTT 3.1.1, 3.1.3.5",
        example: (V311, "10 13  00 04 4d 51 54 54 04  c2 00 00  00 01 63  00 01 75  00 01 ff"),
        explains: Explains::Refuses(|valid, words| {
            let Owned::Connect { password: Some(password), .. } = valid.packet else { return false };
            std::str::from_utf8(password).is_err() && words == "TopicNotUtf8"
        }),
    },
    Disagreement {
        peers: &[B],
        what: "takes an empty user name or password for none",
        clause: "[MQTT-3.1.2-19], [MQTT-3.1.2-21]",
        example: (V311, "10 11  00 04 4d 51 54 54 04  c2 00 00  00 01 63  00 00  00 00"),
        explains: Explains::Reads(without_empty_credentials),
    },
    Disagreement {
        peers: &[B],
        what: "writes no empty user name or password",
        clause: "[MQTT-3.1.2-18] to [MQTT-3.1.2-21]",
        example: (V311, "10 11  00 04 4d 51 54 54 04  c2 00 00  00 01 63  00 00  00 00"),
        explains: Explains::Writes(|packet, _| Some(without_empty_credentials(packet)?.encode())),
    },
    Disagreement {
        peers: &[R],
        what: "writes protocol level 4 behind the protocol name of 3.1",
        clause: "MQTT 3.1, CONNECT, Protocol Version",
        example: (V31, "10 0f  00 06 4d 51 49 73 64 70 03  02 00 00  00 01 63"),
        explains: Explains::Writes(|packet, ours| {
            let Owned::Connect { version: V31, .. } = packet else { return None };
            let name = ours.windows(6).position(|bytes| bytes == b"MQIsdp")?;
            let mut theirs = ours.to_vec();
            theirs[name + 6] = 4;
            Some(theirs)
        }),
    },
];

fn is_too_long(complaint: Complaint) -> bool {
    let Complaint::Error(DecodeErrorKind::ForbiddenRemainingLength { expected, actual, .. }) = complaint
    else {
        return false;
    };
    actual > expected
}

fn is_connect(valid: &Valid<'_>, expected: ProtocolVersion) -> bool {
    matches!(valid.packet, Owned::Connect { version, .. } if *version == expected)
}

fn without_empty_credentials(packet: &Owned) -> Option<Owned> {
    let mut other = packet.clone();
    let Owned::Connect { username, password, .. } = &mut other else { return None };
    username.take_if(|username| username.is_empty());
    password.take_if(|password| password.is_empty());
    (other != *packet).then_some(other)
}
