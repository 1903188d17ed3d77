//! What a user can ask of a session.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::auth::Authentication;
use super::inbound::Ack;
use super::keep_alive::KeepAliveTimer;

use super::outbound::{self, Unnumbered};
use super::{
    ClientLimits, CommandError, ConnectOptions, Policy, Publication, Published, Request, RequestKind,
    ServerLimits, Session, State, TransmitKind,
};
use crate::packet::{Packet, Properties, Subscribe, SubscribeFilter, SubscribeOptions, Unsubscribe};
use crate::property::PropertyId;
use crate::reason::ReasonCode;
use crate::text::Text;
use crate::topic::TopicFilter;
use crate::types::{PacketId, ProtocolVersion, Qos, Timestamp};

/// Commands.
impl Session {
    /// Sends CONNECT over a transport that has just opened.
    ///
    /// With clean session, or with another client id than before, the session's memory is dropped. In MQTT 5, without
    /// Clean Start, no client id means the one that the server assigned before [MQTT-3.2.2-16].
    ///
    /// # Errors
    ///
    /// When it is connected or connecting, or when CONNECT cannot be written.
    pub fn connect(&mut self, now: Timestamp, options: &ConnectOptions) -> Result<(), CommandError> {
        if self.state != State::Disconnected {
            return Err(CommandError::AlreadyConnected);
        }
        let (keeps_assigned_id, properties) = match options.version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => (false, Properties::NONE),
            ProtocolVersion::V5 => {
                let has_none = options.client_id.is_empty() && !options.clean_session;
                (has_none && self.is_client_id_assigned, options.properties.as_properties())
            }
        };
        let client_id = if keeps_assigned_id { &self.client_id } else { &options.client_id };
        self.transmits.push(&Packet::Connect(options.packet(client_id)), options.version)?;
        if options.clean_session || *client_id != self.client_id {
            self.abandon();
        }
        if self.version.has_properties() != options.version.has_properties() {
            self.outbound.translate(self.version, options.version);
        }
        self.version = options.version;
        if !keeps_assigned_id {
            self.client_id.clone_from(&options.client_id);
        }
        self.is_client_id_assigned = keeps_assigned_id;
        self.clean_session = options.clean_session;
        self.offer = ClientLimits::of(properties);
        self.connect_expiry_secs = properties.number(PropertyId::SessionExpiryInterval).unwrap_or(0);
        self.limits = ServerLimits::default();
        self.authentication = Authentication::of(properties);
        self.keep_alive = KeepAliveTimer::new(options.keep_alive, now);
        let connack_due = self.policy.connack_timeout_millis.map(|millis| now.plus_millis(millis));
        self.state = State::Connecting { connack_due };
        Ok(())
    }

    /// Drops the session's memory before a connection to another server, which knows nothing of it.
    pub fn abandon(&mut self) {
        self.left_in_flight(Vec::new(), false);
        self.forget();
        self.is_client_id_assigned = false;
    }

    /// Publishes a message, at once or when the messages in flight leave room for it.
    ///
    /// # Errors
    ///
    /// When it is not connected, when the queue is full, when no packet identifier is free, when the packet would be too
    /// long, or when the server does not allow it.
    pub fn publish(&mut self, now: Timestamp, message: &Publication<'_>) -> Result<Published, CommandError> {
        self.check_message(message)?;
        if message.qos == Qos::AtMostOnce {
            self.publish_at_most_once(message)?;
            self.keep_alive.sent(now);
            return Ok(Published::Sent);
        }
        let unnumbered = self.unnumbered(message)?;
        if self.has_room() && self.is_nothing_waiting() {
            let id = self.allocate()?;
            self.start(now, id, unnumbered);
            return Ok(Published::InFlight(id));
        }
        if self.outbound.queue.len() >= self.policy.max_queued {
            let (in_flight, queued) = (self.outbound.in_flight.len(), self.outbound.queue.len());
            return Err(CommandError::QueueFull { in_flight, queued });
        }
        self.outbound.queue.push_back(unnumbered);
        Ok(Published::Queued)
    }

    fn publish_at_most_once(&mut self, message: &Publication<'_>) -> Result<(), CommandError> {
        let publish = outbound::publish_packet(message, None);
        match self.version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => {
                self.transmits.push(&Packet::Publish(publish), self.version)?;
                Ok(())
            }
            ProtocolVersion::V5 => {
                self.push_within(&Packet::Publish(self.with_outbound_alias(publish)))?;
                self.note_outbound_alias(&publish);
                Ok(())
            }
        }
    }

    /// A message above QoS 0, which must fit into a packet of the server's size.
    fn unnumbered(&self, message: &Publication<'_>) -> Result<Unnumbered, CommandError> {
        let unnumbered = Unnumbered::encode(message, self.version)?;
        self.within(self.limits.check_size(unnumbered.frame.len()))?;
        Ok(unnumbered)
    }

    fn check_message(&self, message: &Publication<'_>) -> Result<(), CommandError> {
        self.check_connected()?;
        match self.version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => Ok(()),
            ProtocolVersion::V5 => self.within(self.limits.check_message(message)),
        }
    }

    /// Publishes a message above QoS 0 under a packet identifier of the caller's choice, past the queue.
    ///
    /// # Errors
    ///
    /// Those of [`Session::publish`], and when the identifier is in use or the message is one of QoS 0.
    pub fn publish_with_id(
        &mut self,
        now: Timestamp,
        message: &Publication<'_>,
        packet_id: PacketId,
    ) -> Result<(), CommandError> {
        self.check_message(message)?;
        let unnumbered = self.unnumbered(message)?;
        self.check_quota()?;
        if !self.ids.reserve(packet_id) {
            return Err(CommandError::PacketIdInUse(packet_id));
        }
        self.echoes.forget(packet_id);
        self.start(now, packet_id, unnumbered);
        Ok(())
    }

    /// Subscribes to topic filters, each with the QoS that is asked for.
    ///
    /// # Errors
    ///
    /// When it is not connected, when there is no filter, when no packet identifier is free, when the packet would be too
    /// long, or when the server does not allow it.
    pub fn subscribe(
        &mut self,
        now: Timestamp,
        filters: &[(TopicFilter<'_>, Qos)],
    ) -> Result<PacketId, CommandError> {
        let filters: Vec<_> =
            filters.iter().map(|&(filter, qos)| (filter, SubscribeOptions::new(qos))).collect();
        self.subscribe_with(now, &filters, Properties::NONE)
    }

    /// Subscribes to topic filters, each with its options, and with properties (MQTT 5): a Subscription Identifier for all
    /// of them, user properties.
    ///
    /// # Errors
    ///
    /// Those of [`Session::subscribe`].
    pub fn subscribe_with(
        &mut self,
        now: Timestamp,
        filters: &[(TopicFilter<'_>, SubscribeOptions)],
        properties: Properties<'_>,
    ) -> Result<PacketId, CommandError> {
        self.check_connected()?;
        let texts = filters.iter().map(|(filter, _)| filter.as_str().as_bytes());
        self.within(self.limits.check_subscription(texts, properties))?;
        let items: Vec<_> = filters
            .iter()
            .map(|&(filter, options)| SubscribeFilter { filter: filter.as_str().into(), options })
            .collect();
        let version = self.version;
        let requested = |options: SubscribeOptions| Qos::from_u8(options.qos(version)).unwrap_or_default();
        let kept =
            filters.iter().map(|&(filter, options)| (filter.to_string(), requested(options))).collect();
        self.request(now, RequestKind::Subscribe(kept), items.is_empty(), |packet_id| {
            let filters = crate::Filters::new(&items);
            Packet::Subscribe(Subscribe { dup: false, packet_id, properties, filters })
        })
    }

    /// Gives up subscriptions.
    ///
    /// # Errors
    ///
    /// Those of [`Session::subscribe`].
    pub fn unsubscribe(
        &mut self,
        now: Timestamp,
        filters: &[TopicFilter<'_>],
    ) -> Result<PacketId, CommandError> {
        self.unsubscribe_with(now, filters, Properties::NONE)
    }

    /// Gives up subscriptions, with properties (MQTT 5).
    ///
    /// # Errors
    ///
    /// Those of [`Session::subscribe`].
    pub fn unsubscribe_with(
        &mut self,
        now: Timestamp,
        filters: &[TopicFilter<'_>],
        properties: Properties<'_>,
    ) -> Result<PacketId, CommandError> {
        let items: Vec<_> = filters.iter().map(|filter| Text::from(filter.as_str())).collect();
        let kept = filters.iter().map(ToString::to_string).collect();
        self.request(now, RequestKind::Unsubscribe(kept), items.is_empty(), |packet_id| {
            let filters = crate::Filters::new(&items);
            Packet::Unsubscribe(Unsubscribe { dup: false, packet_id, properties, filters })
        })
    }

    /// Sends PINGREQ now, whatever the keep alive and the policy say.
    ///
    /// # Errors
    ///
    /// When it is not connected.
    pub fn ping(&mut self, now: Timestamp) -> Result<(), CommandError> {
        self.check_connected()?;
        self.send_pingreq(now);
        Ok(())
    }

    /// Sends bytes as they are; the session learns nothing of what they may mean.
    ///
    /// # Errors
    ///
    /// When there is no connection, not even one that is being established.
    pub fn send_raw(&mut self, now: Timestamp, bytes: &[u8]) -> Result<(), CommandError> {
        match self.state {
            State::Connecting { .. } | State::Connected => {
                self.transmits.push_bytes(bytes, TransmitKind::Raw);
                self.keep_alive.sent(now);
                Ok(())
            }
            State::Disconnected | State::Refused { .. } | State::Closing => Err(CommandError::NotConnected),
        }
    }

    /// Acknowledges a message that [`Policy::manual_acknowledgement`] has kept unacknowledged.
    ///
    /// # Errors
    ///
    /// When it is not connected, or no such message waits.
    pub fn acknowledge(&mut self, now: Timestamp, packet_id: PacketId) -> Result<(), CommandError> {
        self.acknowledge_with(now, packet_id, ReasonCode::SUCCESS)
    }

    /// Acknowledges such a message with a reason code (MQTT 5). One of 0x80 or above refuses it: PUBREC is then the last
    /// packet of its exchange [MQTT-4.3.3-9].
    ///
    /// # Errors
    ///
    /// Those of [`Session::acknowledge`], and where the version has no reason codes.
    pub fn acknowledge_with(
        &mut self,
        now: Timestamp,
        packet_id: PacketId,
        reason_code: ReasonCode,
    ) -> Result<(), CommandError> {
        self.check_connected()?;
        match self.version {
            ProtocolVersion::V31 | ProtocolVersion::V311 if reason_code != ReasonCode::SUCCESS => {
                return Err(CommandError::NotInVersion(self.version));
            }
            ProtocolVersion::V31 | ProtocolVersion::V311 | ProtocolVersion::V5 => {}
        }
        let ack = self.held.take_manual(packet_id).ok_or(CommandError::NothingToAcknowledge(packet_id))?;
        self.answer(now, Ack { reason_code, ..ack });
        Ok(())
    }

    /// Sends the acknowledgements that [`AckPolicy::Withhold`] and [`AckPolicy::Reorder`] have kept, in order.
    ///
    /// # Errors
    ///
    /// When it is not connected.
    pub fn release_withheld(&mut self, now: Timestamp) -> Result<(), CommandError> {
        self.check_connected()?;
        for ack in self.held.take_withheld() {
            self.send_ack(now, ack);
        }
        Ok(())
    }

    /// The policy, to be changed. It holds from the next packet on.
    pub fn policy_mut(&mut self) -> &mut Policy {
        &mut self.policy
    }

    pub(super) fn check_connected(&self) -> Result<(), CommandError> {
        match self.state {
            State::Connected => Ok(()),
            _ => Err(CommandError::NotConnected),
        }
    }

    /// Sends a SUBSCRIBE or UNSUBSCRIBE and remembers it until its answer.
    fn request<'a>(
        &mut self,
        now: Timestamp,
        kind: RequestKind,
        empty: bool,
        packet: impl FnOnce(u16) -> Packet<'a>,
    ) -> Result<PacketId, CommandError> {
        self.check_connected()?;
        if empty {
            return Err(CommandError::NoTopicFilter);
        }
        let id = self.allocate()?;
        let mut frame = Vec::new();
        let written = packet(id.get()).encode(&mut frame, self.version).map_err(CommandError::from);
        if let Err(error) = written.and_then(|len| self.within(self.limits.check_size(len))) {
            self.ids.free(id);
            return Err(error);
        }
        self.transmits.push_bytes(&frame, TransmitKind::Regular);
        if self.policy.send_duplicates {
            self.transmits.push_again(&frame, true, TransmitKind::Duplicate);
            self.echoes.expect(kind.awaited(), id);
        }
        self.keep_alive.sent(now);
        self.requests.insert(id, Request { kind, frame, last_sent: now, retries: 0 });
        Ok(id)
    }

    /// Sends a packet that must not be larger than the server takes [MQTT-3.2.2-15].
    pub(super) fn push_within(&mut self, packet: &Packet<'_>) -> Result<(), CommandError> {
        let len = self.transmits.push(packet, self.version)?;
        let checked = self.within(self.limits.check_size(len));
        if checked.is_err() {
            self.transmits.take_back();
        }
        checked
    }

    pub(super) fn allocate(&mut self) -> Result<PacketId, CommandError> {
        let id = self.ids.allocate().ok_or(CommandError::NoPacketIdFree)?;
        self.echoes.forget(id);
        Ok(id)
    }
}
