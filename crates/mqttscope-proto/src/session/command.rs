//! What a user can ask of a session.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::keep_alive::KeepAliveTimer;
use super::outbound::{self, Unnumbered};
use super::{
    CloseReason, CommandError, ConnectOptions, Policy, Publication, Published, Request, RequestKind, Session,
    State, TransmitKind,
};
use crate::packet::{Packet, Subscribe, SubscribeFilter, Unsubscribe};
use crate::text::Text;
use crate::topic::TopicFilter;
use crate::types::{PacketId, Qos, Timestamp};

/// Commands.
impl Session {
    /// Sends CONNECT over a transport that has just opened.
    ///
    /// With clean session, or with another client id than before, the session's memory is dropped.
    ///
    /// # Errors
    ///
    /// When it is connected or connecting, or when CONNECT cannot be written.
    pub fn connect(&mut self, now: Timestamp, options: &ConnectOptions) -> Result<(), CommandError> {
        if self.state != State::Disconnected {
            return Err(CommandError::AlreadyConnected);
        }
        self.transmits.push(&Packet::Connect(options.packet()))?;
        if options.clean_session || options.client_id != self.client_id {
            self.abandon();
        }
        self.version = options.version;
        self.client_id.clone_from(&options.client_id);
        self.clean_session = options.clean_session;
        self.keep_alive = KeepAliveTimer::new(options.keep_alive, now);
        let connack_due = self.policy.connack_timeout_millis.map(|millis| now.plus_millis(millis));
        self.state = State::Connecting { connack_due };
        Ok(())
    }

    /// Drops the session's memory before a connection to another server, which knows nothing of it.
    pub fn abandon(&mut self) {
        self.left_in_flight(Vec::new(), false);
        self.forget();
    }

    /// Publishes a message, at once or when the messages in flight leave room for it.
    ///
    /// # Errors
    ///
    /// When it is not connected, when the queue is full, when no packet identifier is free, or when the
    /// packet would be too long.
    pub fn publish(&mut self, now: Timestamp, message: &Publication<'_>) -> Result<Published, CommandError> {
        self.check_connected()?;
        if message.qos == Qos::AtMostOnce {
            self.transmits.push(&Packet::Publish(outbound::publish_packet(message, None)))?;
            self.keep_alive.sent(now);
            return Ok(Published::Sent);
        }
        let unnumbered = Unnumbered::encode(message)?;
        if self.has_room() && self.outbound.queue.is_empty() {
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
        self.check_connected()?;
        let unnumbered = Unnumbered::encode(message)?;
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
    /// When it is not connected, when there is no filter, when no packet identifier is free, or when the packet
    /// would be too long.
    pub fn subscribe(
        &mut self,
        now: Timestamp,
        filters: &[(TopicFilter<'_>, Qos)],
    ) -> Result<PacketId, CommandError> {
        let items: Vec<_> = filters
            .iter()
            .map(|(filter, qos)| SubscribeFilter { filter: filter.as_str().into(), qos: qos.as_u8() })
            .collect();
        let kept = filters.iter().map(|&(filter, qos)| (filter.to_string(), qos)).collect();
        self.request(now, RequestKind::Subscribe(kept), items.is_empty(), |packet_id| {
            Packet::Subscribe(Subscribe { dup: false, packet_id, filters: crate::Filters::new(&items) })
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
        let items: Vec<_> = filters.iter().map(|filter| Text::from(filter.as_str())).collect();
        let kept = filters.iter().map(ToString::to_string).collect();
        self.request(now, RequestKind::Unsubscribe(kept), items.is_empty(), |packet_id| {
            Packet::Unsubscribe(Unsubscribe { dup: false, packet_id, filters: crate::Filters::new(&items) })
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

    /// Sends DISCONNECT and asks for the transport to be closed [MQTT-3.14.4-1].
    ///
    /// # Errors
    ///
    /// When it is not connected.
    pub fn disconnect(&mut self) -> Result<(), CommandError> {
        self.check_connected()?;
        self.transmits.push(&Packet::Disconnect)?;
        self.close(CloseReason::Disconnected);
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
        self.check_connected()?;
        let ack = self.held.take_manual(packet_id).ok_or(CommandError::NothingToAcknowledge(packet_id))?;
        self.answer(now, ack);
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

    fn check_connected(&self) -> Result<(), CommandError> {
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
        if let Err(error) = packet(id.get()).encode(&mut frame) {
            self.ids.free(id);
            return Err(error.into());
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

    pub(super) fn allocate(&mut self) -> Result<PacketId, CommandError> {
        let id = self.ids.allocate().ok_or(CommandError::NoPacketIdFree)?;
        self.echoes.forget(id);
        Ok(id)
    }
}
