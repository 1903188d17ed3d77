//! Reason codes of MQTT 5: one byte that says how something went, in nearly every answer.

use core::fmt;

use crate::types::PacketType;

/// A reason code (MQTT 5, 2.4): below 0x80 a success, from there on a failure.
///
/// Any byte is one, since a peer may send any; [`ReasonCode::name`] says which of them a packet type has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReasonCode(pub u8);

#[allow(missing_docs, reason = "the names are those of the specification")]
impl ReasonCode {
    pub const SUCCESS: Self = Self(0x00);
    pub const DISCONNECT_WITH_WILL: Self = Self(0x04);
    pub const NO_MATCHING_SUBSCRIBERS: Self = Self(0x10);
    pub const NO_SUBSCRIPTION_EXISTED: Self = Self(0x11);
    pub const CONTINUE_AUTHENTICATION: Self = Self(0x18);
    pub const RE_AUTHENTICATE: Self = Self(0x19);
    pub const UNSPECIFIED_ERROR: Self = Self(0x80);
    pub const MALFORMED_PACKET: Self = Self(0x81);
    pub const PROTOCOL_ERROR: Self = Self(0x82);
    pub const UNSUPPORTED_PROTOCOL_VERSION: Self = Self(0x84);
    pub const SESSION_TAKEN_OVER: Self = Self(0x8e);
    pub const PACKET_ID_NOT_FOUND: Self = Self(0x92);
    pub const RECEIVE_MAXIMUM_EXCEEDED: Self = Self(0x93);
    pub const TOPIC_ALIAS_INVALID: Self = Self(0x94);
    pub const PACKET_TOO_LARGE: Self = Self(0x95);
}

impl ReasonCode {
    /// Whether it says that something failed (MQTT 5, 2.4).
    #[must_use]
    pub const fn is_error(self) -> bool {
        self.0 >= 0x80
    }

    /// Its name where it stands in a packet of this type, `None` where that type does not have it.
    ///
    /// Whichever side may send it: some are for servers only, some for clients only.
    #[must_use]
    pub const fn name(self, packet_type: PacketType) -> Option<&'static str> {
        match (self.0, packet_type) {
            (0x00, PacketType::Disconnect) => return Some("Normal disconnection"),
            (0x00, PacketType::SubAck) => return Some("Granted QoS 0"),
            _ => {}
        }
        match self.entry() {
            Some(entry) if entry.packet_types & bit(packet_type) != 0 => Some(entry.name),
            _ => None,
        }
    }

    /// Whether a packet of this type may hold it.
    #[inline]
    pub(crate) const fn is_of(self, packet_type: PacketType) -> bool {
        self.name(packet_type).is_some()
    }

    /// Whether only servers send it in a packet of this type, which clients send too.
    #[must_use]
    pub const fn is_of_servers(self, packet_type: PacketType) -> bool {
        match packet_type {
            PacketType::PubAck | PacketType::PubRec => self.0 == Self::NO_MATCHING_SUBSCRIBERS.0,
            PacketType::Disconnect => {
                matches!(self.0, 0x87 | 0x89 | 0x8b | 0x8d..=0x8f | 0x9a..=0xa2)
            }
            PacketType::Auth => self.0 == Self::SUCCESS.0,
            _ => false,
        }
    }

    /// Its name in whichever packets have it, for those who do not know which one it was in.
    #[must_use]
    pub const fn any_name(self) -> Option<&'static str> {
        match self.entry() {
            Some(entry) => Some(entry.name),
            None => None,
        }
    }

    const fn entry(self) -> Option<&'static Entry> {
        let mut at = 0;
        while at < TABLE.len() {
            if TABLE[at].code == self.0 {
                return Some(&TABLE[at]);
            }
            at += 1;
        }
        None
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#04x}", self.0)
    }
}

struct Entry {
    code: u8,
    name: &'static str,
    packet_types: u16,
}

const fn bit(packet_type: PacketType) -> u16 {
    1 << packet_type as u8
}

const CONNACK: u16 = bit(PacketType::ConnAck);
const PUBACK: u16 = bit(PacketType::PubAck);
const PUBREC: u16 = bit(PacketType::PubRec);
const PUBREL: u16 = bit(PacketType::PubRel);
const PUBCOMP: u16 = bit(PacketType::PubComp);
const SUBACK: u16 = bit(PacketType::SubAck);
const UNSUBACK: u16 = bit(PacketType::UnsubAck);
const DISCONNECT: u16 = bit(PacketType::Disconnect);
const AUTH: u16 = bit(PacketType::Auth);

const fn entry(code: u8, name: &'static str, packet_types: u16) -> Entry {
    Entry { code, name, packet_types }
}

/// Table 2-6, by the tables of the packets themselves (3-1, 3-4 to 3-10): 0x8C is a code of CONNACK only.
static TABLE: [Entry; 43] = [
    entry(0x00, "Success", CONNACK | PUBACK | PUBREC | PUBREL | PUBCOMP | UNSUBACK | AUTH),
    entry(0x01, "Granted QoS 1", SUBACK),
    entry(0x02, "Granted QoS 2", SUBACK),
    entry(0x04, "Disconnect with Will Message", DISCONNECT),
    entry(0x10, "No matching subscribers", PUBACK | PUBREC),
    entry(0x11, "No subscription existed", UNSUBACK),
    entry(0x18, "Continue authentication", AUTH),
    entry(0x19, "Re-authenticate", AUTH),
    entry(0x80, "Unspecified error", CONNACK | PUBACK | PUBREC | SUBACK | UNSUBACK | DISCONNECT),
    entry(0x81, "Malformed Packet", CONNACK | DISCONNECT),
    entry(0x82, "Protocol Error", CONNACK | DISCONNECT),
    entry(0x83, "Implementation specific error", CONNACK | PUBACK | PUBREC | SUBACK | UNSUBACK | DISCONNECT),
    entry(0x84, "Unsupported Protocol Version", CONNACK),
    entry(0x85, "Client Identifier not valid", CONNACK),
    entry(0x86, "Bad User Name or Password", CONNACK),
    entry(0x87, "Not authorized", CONNACK | PUBACK | PUBREC | SUBACK | UNSUBACK | DISCONNECT),
    entry(0x88, "Server unavailable", CONNACK),
    entry(0x89, "Server busy", CONNACK | DISCONNECT),
    entry(0x8a, "Banned", CONNACK),
    entry(0x8b, "Server shutting down", DISCONNECT),
    entry(0x8c, "Bad authentication method", CONNACK),
    entry(0x8d, "Keep Alive timeout", DISCONNECT),
    entry(0x8e, "Session taken over", DISCONNECT),
    entry(0x8f, "Topic Filter invalid", SUBACK | UNSUBACK | DISCONNECT),
    entry(0x90, "Topic Name invalid", CONNACK | PUBACK | PUBREC | DISCONNECT),
    entry(0x91, "Packet Identifier in use", PUBACK | PUBREC | SUBACK | UNSUBACK),
    entry(0x92, "Packet Identifier not found", PUBREL | PUBCOMP),
    entry(0x93, "Receive Maximum exceeded", DISCONNECT),
    entry(0x94, "Topic Alias invalid", DISCONNECT),
    entry(0x95, "Packet too large", CONNACK | DISCONNECT),
    entry(0x96, "Message rate too high", DISCONNECT),
    entry(0x97, "Quota exceeded", CONNACK | PUBACK | PUBREC | SUBACK | DISCONNECT),
    entry(0x98, "Administrative action", DISCONNECT),
    entry(0x99, "Payload format invalid", CONNACK | PUBACK | PUBREC | DISCONNECT),
    entry(0x9a, "Retain not supported", CONNACK | DISCONNECT),
    entry(0x9b, "QoS not supported", CONNACK | DISCONNECT),
    entry(0x9c, "Use another server", CONNACK | DISCONNECT),
    entry(0x9d, "Server moved", CONNACK | DISCONNECT),
    entry(0x9e, "Shared Subscriptions not supported", SUBACK | DISCONNECT),
    entry(0x9f, "Connection rate exceeded", CONNACK | DISCONNECT),
    entry(0xa0, "Maximum connect time", DISCONNECT),
    entry(0xa1, "Subscription Identifiers not supported", SUBACK | DISCONNECT),
    entry(0xa2, "Wildcard Subscriptions not supported", SUBACK | DISCONNECT),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_name_only_in_its_packets() {
        assert_eq!(ReasonCode(0).name(PacketType::Disconnect), Some("Normal disconnection"));
        assert_eq!(ReasonCode(0).name(PacketType::SubAck), Some("Granted QoS 0"));
        assert_eq!(ReasonCode(0).name(PacketType::PubAck), Some("Success"));
        assert_eq!(ReasonCode(0x92).name(PacketType::PubComp), Some("Packet Identifier not found"));
        assert_eq!(ReasonCode(0x92).name(PacketType::PubAck), None);
        assert_eq!(ReasonCode(0x03).any_name(), None);
        assert_eq!(ReasonCode(0x0).name(PacketType::Publish), None);
    }

    #[test]
    fn the_table_ascends() {
        assert!(TABLE.is_sorted_by(|one, next| one.code < next.code));
    }
}
