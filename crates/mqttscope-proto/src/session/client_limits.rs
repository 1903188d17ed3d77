//! What a client accepts, as its CONNECT says (MQTT 5, 3.1.2.11), and what a server must therefore not send.

use super::PeerError;
use crate::packet::{ConnAck, Packet, Properties};
use crate::property::PropertyId;
use crate::types::PacketType;

/// What a client accepts, with the values that hold where its CONNECT says nothing. It has nothing to do with what the
/// server accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientLimits {
    /// Messages above QoS 0 that it takes before it has answered them.
    pub receive_maximum: u16,
    /// The longest packet to it, in bytes; `None` where it has no limit of its own.
    pub maximum_packet_size: Option<u32>,
    /// The highest topic alias of a message to it; 0 for none.
    pub topic_alias_maximum: u16,
    /// Whether reason strings and user properties may stand in all packets.
    pub wants_problem_information: bool,
    /// Whether it asks for Response Information.
    pub wants_response_information: bool,
}

impl ClientLimits {
    /// What the properties of a CONNECT say.
    #[must_use]
    pub fn of(properties: Properties<'_>) -> Self {
        let number = |id| properties.number(id);
        let two_bytes = |id| number(id).and_then(|number| u16::try_from(number).ok());
        Self {
            receive_maximum: two_bytes(PropertyId::ReceiveMaximum)
                .filter(|&maximum| maximum > 0)
                .unwrap_or(u16::MAX),
            maximum_packet_size: number(PropertyId::MaximumPacketSize).filter(|&size| size > 0),
            topic_alias_maximum: two_bytes(PropertyId::TopicAliasMaximum).unwrap_or(0),
            wants_problem_information: number(PropertyId::RequestProblemInformation) != Some(0),
            wants_response_information: number(PropertyId::RequestResponseInformation) == Some(1),
        }
    }

    /// Checks the size of a packet to the client, in bytes with its fixed header [MQTT-3.1.2-24].
    ///
    /// # Errors
    ///
    /// When it is larger than the client takes.
    pub fn check_size(&self, size: usize) -> Result<(), PeerError> {
        match self.maximum_packet_size {
            Some(maximum) if size as u64 > u64::from(maximum) => {
                Err(PeerError::PacketTooLarge { size, maximum })
            }
            _ => Ok(()),
        }
    }

    /// Checks how many messages above QoS 0 the client has not answered to the end [MQTT-3.3.4-9].
    ///
    /// # Errors
    ///
    /// When they are more than it takes.
    pub fn check_unanswered(&self, count: usize) -> Result<(), PeerError> {
        let maximum = self.receive_maximum;
        if count > usize::from(maximum) { Err(PeerError::ReceiveMaximum { maximum }) } else { Ok(()) }
    }

    /// Checks whether a topic alias is one of those that the client takes [MQTT-3.1.2-26], [MQTT-3.1.2-27].
    ///
    /// # Errors
    ///
    /// When it is 0, or above them.
    pub fn check_alias(&self, alias: u16) -> Result<(), PeerError> {
        let maximum = self.topic_alias_maximum;
        if alias == 0 || alias > maximum {
            Err(PeerError::TopicAliasInvalid { alias, maximum })
        } else {
            Ok(())
        }
    }

    /// Checks whether a packet has words that CONNECT did not want: they may stand in three packets only
    /// [MQTT-3.1.2-29].
    ///
    /// # Errors
    ///
    /// When it has a Reason String or a User Property nonetheless.
    pub fn check_problem_information(&self, packet: &Packet<'_>) -> Result<(), PeerError> {
        let packet_type = packet.packet_type();
        let may_have =
            matches!(packet_type, PacketType::Publish | PacketType::ConnAck | PacketType::Disconnect);
        let is_problem = |id| matches!(id, PropertyId::ReasonString | PropertyId::UserProperty);
        if !self.wants_problem_information
            && !may_have
            && packet.properties().iter().any(|property| is_problem(property.id))
        {
            return Err(PeerError::ProblemInformation(packet_type));
        }
        Ok(())
    }

    /// What is wrong with a CONNACK that accepts: it must assign a client identifier to a client without one
    /// [MQTT-3.2.2-16], and have no Response Information that was not asked for [MQTT-3.1.2-28].
    pub fn faults_of_connack(
        &self,
        connack: &ConnAck<'_>,
        has_client_id: bool,
    ) -> impl Iterator<Item = PeerError> + use<> {
        let has = |id| connack.properties.text(id).is_some();
        let lacks_id = !has_client_id && !has(PropertyId::AssignedClientIdentifier);
        let is_unasked = has(PropertyId::ResponseInformation) && !self.wants_response_information;
        let response_information = is_unasked.then_some(PeerError::ResponseInformation);
        lacks_id.then_some(PeerError::NoAssignedClientId).into_iter().chain(response_information)
    }
}
