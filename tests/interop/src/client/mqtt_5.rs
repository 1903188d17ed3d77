//! What a client of MQTT 5 can do and see besides.

use anyhow::Result;
use mqttscope_proto::session::{Publication, ServerLimits};
use mqttscope_proto::{Packet, PacketType, Properties, ReasonCode, SubscribeOptions, TopicFilter};
use std::time::Duration;

use super::Client;

impl Client {
    /// Subscribes with options and properties (MQTT 5) and returns the reason code.
    ///
    /// # Errors
    /// If no SUBACK comes.
    pub fn subscribe_with(
        &mut self,
        filter: &str,
        options: SubscribeOptions,
        properties: Properties<'_>,
    ) -> Result<u8> {
        let (now, from) = (self.now(), self.log.end());
        self.client.subscribe_with(now, TopicFilter::new(filter)?, options, properties, &mut self.log)?;
        self.return_code_of("SUBACK", from, PacketType::SubAck)
    }

    /// Unsubscribes with properties (MQTT 5) and returns the reason code.
    ///
    /// # Errors
    /// If no UNSUBACK comes.
    pub fn unsubscribe_with(&mut self, filter: &str, properties: Properties<'_>) -> Result<u8> {
        let (now, from) = (self.now(), self.log.end());
        self.client.unsubscribe_with(now, TopicFilter::new(filter)?, properties, &mut self.log)?;
        self.return_code_of("UNSUBACK", from, PacketType::UnsubAck)
    }

    /// Publishes, properties and all, without waiting for anything.
    ///
    /// # Errors
    /// If the connection has ended, or the server does not allow it.
    pub fn send_message(&mut self, message: &Publication<'_>) -> Result<()> {
        let now = self.now();
        self.client.publish(now, message, &mut self.log)?;
        self.flush()
    }

    /// What the server allows, as it said in CONNACK.
    pub fn limits(&self) -> &ServerLimits {
        self.client.session().limits()
    }

    /// Whether the newest CONNACK told of a session.
    pub fn session_present(&self) -> bool {
        self.received_from(0, PacketType::ConnAck)
            .and_then(|connack| connack.get(2))
            .is_some_and(|flags| flags & 1 == 1)
    }

    /// The reason with which the server has ended the connection.
    pub fn server_reason(&self) -> Option<ReasonCode> {
        match self.newest(PacketType::Disconnect)? {
            Packet::Disconnect(disconnect) => Some(disconnect.reason_code.unwrap_or(ReasonCode::SUCCESS)),
            _ => None,
        }
    }

    /// The newest packet of a type that has come.
    pub fn newest(&self, packet_type: PacketType) -> Option<Packet<'_>> {
        let bytes = self.received_from(0, packet_type)?;
        mqttscope_proto::decode(bytes, self.version, &mut ()).ok()
    }

    /// Sends DISCONNECT with a reason and properties (MQTT 5), and closes.
    ///
    /// # Errors
    /// If the connection has ended before, or the server does not allow it.
    pub fn disconnect_with(mut self, reason_code: ReasonCode, properties: Properties<'_>) -> Result<()> {
        let now = self.now();
        self.client.disconnect_with(now, reason_code, properties, &mut self.log)?;
        self.flush()?;
        self.is_closed_within(Duration::from_millis(200))?;
        Ok(())
    }
}
