//! The rules of behaviour that a client can break, for who sees what it sends.

use super::Limit;
use crate::clause::Clauses;
use crate::packet::Packet;
use crate::reason::ReasonCode;
use crate::types::{PacketType, ProtocolVersion};

/// A rule of behaviour that a client broke. A [`super::Session`] breaks none, unless it is told to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// A packet that only servers send.
    #[error("a client does not send {0}")]
    NotFromClient(PacketType),
    /// A reason code that only servers send (MQTT 5).
    #[error("a client does not send {packet_type} with reason code {reason_code}")]
    ReasonCodeOfServers {
        /// The packet.
        packet_type: PacketType,
        /// Its reason code.
        reason_code: ReasonCode,
    },
    /// What the server, or MQTT 5 itself, does not take.
    #[error("{0}")]
    Limit(#[from] Limit),
    /// A topic alias in place of a topic that it was never set to (MQTT 5).
    #[error("topic alias {0} stands for no topic on this connection")]
    TopicAliasUnknown(u16),
    /// AUTH, and CONNECT had no Authentication Method (MQTT 5).
    #[error("AUTH came, and CONNECT had no Authentication Method")]
    AuthenticationUnasked,
    /// AUTH with another Authentication Method than that of CONNECT, or none (MQTT 5).
    #[error("AUTH has not the Authentication Method of CONNECT")]
    AuthenticationMethod,
}

impl ClientError {
    /// What is wrong with a packet because it is a client that sends it.
    #[must_use]
    pub fn of(packet: &Packet<'_>, version: ProtocolVersion) -> Option<Self> {
        let packet_type = packet.packet_type();
        match packet {
            Packet::ConnAck(_) | Packet::SubAck(_) | Packet::UnsubAck(_) | Packet::PingResp => {
                Some(Self::NotFromClient(packet_type))
            }
            Packet::Publish(publish) => match version {
                ProtocolVersion::V31 | ProtocolVersion::V311 => None,
                ProtocolVersion::V5 => Limit::of_publish(publish.properties).err().map(Self::Limit),
            },
            _ => {
                let reason_code = packet.reason_code(version)?;
                let is_of_servers = reason_code.is_of_servers(packet_type);
                is_of_servers.then_some(Self::ReasonCodeOfServers { packet_type, reason_code })
            }
        }
    }

    /// Where the rule is written: a statement number or a section of 3.1.1 or 5, or a section of 3.1.
    #[must_use]
    pub const fn clause(&self, version: ProtocolVersion) -> &'static str {
        let v5 = match self {
            Self::NotFromClient(_) => {
                let clauses = Clauses {
                    v31: "MQTT 3.1, Command messages",
                    v311: "MQTT 3.1.1, table 2.1",
                    v5: "MQTT 5, table 2-1",
                };
                return clauses.of(version);
            }
            Self::ReasonCodeOfServers { packet_type, .. } => match packet_type {
                PacketType::PubAck => "[MQTT-3.4.2-1]",
                PacketType::PubRec => "[MQTT-3.5.2-1]",
                PacketType::Auth => "[MQTT-3.15.2-1]",
                _ => "[MQTT-3.14.2-1]",
            },
            Self::Limit(limit) => limit.clause(),
            Self::TopicAliasUnknown(_) => "MQTT 5, 3.3.4",
            Self::AuthenticationUnasked => "[MQTT-4.12.0-7]",
            Self::AuthenticationMethod => "[MQTT-4.12.0-5]",
        };
        Clauses { v31: "", v311: "", v5 }.of(version)
    }
}
