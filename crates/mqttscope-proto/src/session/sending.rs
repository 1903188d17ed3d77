//! What leaves a session by itself: queued messages, acknowledgements, copies and packets that are sent again.

use super::inbound::Ack;
use super::limits::Limit;
use super::outbound::{Stage, Unnumbered};
use super::{AckPolicy, CommandError, Event, Session, TransmitKind};
use crate::types::{PacketId, PacketType, ProtocolVersion, Qos, Timestamp};

impl Session {
    /// Whether a message above QoS 0 can be sent now.
    pub(super) fn has_room(&self) -> bool {
        let own = if self.policy.ignore_in_flight_limit { usize::MAX } else { self.policy.max_in_flight };
        match self.version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => self.outbound.in_flight.len() < own,
            ProtocolVersion::V5 => self.outbound.quota_taken() < own && self.check_quota().is_ok(),
        }
    }

    /// Whether the server takes one more message above QoS 0 [MQTT-3.3.4-7], [MQTT-4.9.0-2].
    pub(super) fn check_quota(&self) -> Result<(), CommandError> {
        self.within(self.limits.check_unanswered(self.outbound.quota_taken() + 1))
    }

    /// A limit of the server, unless it is to be broken.
    pub(super) fn within(&self, checked: Result<(), Limit>) -> Result<(), CommandError> {
        match checked {
            Err(limit) if !self.policy.break_limits => Err(limit.into()),
            _ => Ok(()),
        }
    }

    pub(super) fn start(&mut self, now: Timestamp, id: PacketId, message: Unnumbered) {
        let qos = message.qos;
        let awaited = if qos == Qos::ExactlyOnce { PacketType::PubRec } else { PacketType::PubAck };
        let has_alias = message.has_alias;
        let mut frame = message.numbered(id);
        if has_alias {
            frame = self.send_with_alias(frame);
        } else {
            self.transmits.push_bytes(&frame, TransmitKind::Regular);
        }
        self.outbound.start(id, qos, frame, now);
        if self.policy.send_duplicates {
            self.transmits.push_copy(TransmitKind::Duplicate);
            self.echoes.expect(awaited, id);
        }
        self.keep_alive.sent(now);
    }

    /// Sends what waits, as far as there is room: first what a former connection left, in order [MQTT-4.6.0-1].
    pub(super) fn drain_queue(&mut self, now: Timestamp) {
        while !self.outbound.resends.is_empty() {
            if !self.has_room() {
                return;
            }
            if let Some(id) = self.outbound.resends.pop_front() {
                self.resend_unsent(now, id);
            }
        }
        while self.has_room() && !self.outbound.queue.is_empty() {
            let Ok(packet_id) = self.allocate() else { return };
            let Some(message) = self.outbound.queue.pop_front() else { return };
            self.start(now, packet_id, message);
            self.events.push_back(Event::Dequeued { packet_id });
        }
    }

    /// Whether nothing waits that is to be sent before a new message.
    pub(super) fn is_nothing_waiting(&self) -> bool {
        self.outbound.queue.is_empty() && self.outbound.resends.is_empty()
    }

    /// Deals with an acknowledgement that is due, as the policy says.
    pub(super) fn answer(&mut self, now: Timestamp, ack: Ack) {
        match self.policy.of(ack.packet_type) {
            AckPolicy::Send => self.send_ack(now, ack),
            AckPolicy::Duplicate => {
                self.send_ack(now, ack);
                self.send_ack(now, ack);
            }
            AckPolicy::DelayMillis(millis) => {
                self.held.delay(now.plus_millis(millis), ack);
                self.held_event(ack);
            }
            AckPolicy::Withhold => {
                self.held.withheld.push_back(ack);
                self.held_event(ack);
            }
            AckPolicy::Reorder => match self.held.overtake(ack) {
                Some(earlier) => {
                    self.send_ack(now, ack);
                    self.send_ack(now, earlier);
                }
                None => self.held_event(ack),
            },
        }
    }

    fn held_event(&mut self, Ack { packet_type, packet_id, .. }: Ack) {
        self.events.push_back(Event::AcknowledgementHeld { packet_type, packet_id });
    }

    pub(super) fn send_ack(&mut self, now: Timestamp, ack: Ack) {
        let (bytes, len) = ack.frame(self.version);
        self.transmits.push_bytes(&bytes[..len], TransmitKind::Regular);
        if self.policy.send_duplicates && ack.packet_type == PacketType::PubRel {
            self.transmits.push_copy(TransmitKind::Duplicate);
        }
        if ack.ends_exchange() {
            self.unanswered.remove(ack.packet_id);
        }
        if ack.is_refusal() {
            self.received.remove(ack.packet_id);
        }
        self.keep_alive.sent(now);
    }

    pub(super) fn send_pingreq(&mut self, now: Timestamp) {
        self.transmits.push_bytes(&[PacketType::PingReq.first_byte(), 0], TransmitKind::Regular);
        self.keep_alive.ping_sent(now);
    }

    /// Sends again what a former connection left unacknowledged [MQTT-4.4.0-1]; in MQTT 5 as many messages as the server
    /// takes, the others when it has answered those.
    pub(super) fn resume(&mut self, now: Timestamp) {
        for id in self.outbound.in_resend_order() {
            match self.version {
                ProtocolVersion::V31 | ProtocolVersion::V311 => self.resend(now, id, 0),
                ProtocolVersion::V5 if self.is_released(id) => self.resend(now, id, 0),
                ProtocolVersion::V5 => self.outbound.resends.push_back(id),
            }
        }
    }

    /// Sends a message again that was not yet sent on this connection.
    fn resend_unsent(&mut self, now: Timestamp, id: PacketId) {
        // Its answer may have come all the same, and its identifier stand for another message.
        if self.outbound.in_flight.get(id).is_some_and(|message| !message.takes_quota)
            && !self.is_released(id)
        {
            self.resend(now, id, 0);
        }
    }

    fn is_released(&self, id: PacketId) -> bool {
        self.outbound.in_flight.get(id).is_some_and(|message| matches!(message.stage, Stage::Released))
    }

    fn resend(&mut self, now: Timestamp, id: PacketId, retries: u32) {
        let dup_on_pubrel = match self.version {
            ProtocolVersion::V31 => true,
            // It reserves the bit [MQTT-3.6.1-1].
            ProtocolVersion::V311 | ProtocolVersion::V5 => false,
        };
        let Some(message) = self.outbound.in_flight.get_mut(id) else { return };
        message.last_sent = now;
        message.retries = retries;
        match &message.stage {
            Stage::Published { frame } => {
                self.transmits.push_again(frame, true, TransmitKind::Resend);
                self.outbound.take_quota(id);
            }
            Stage::Released => {
                let (bytes, len) = Ack::new(PacketType::PubRel, id).frame(self.version);
                self.transmits.push_again(&bytes[..len], dup_on_pubrel, TransmitKind::Resend);
            }
        }
        self.keep_alive.sent(now);
    }

    /// 3.1's retry of packets that were not answered in time (MQTT 3.1, Message delivery retry).
    pub(super) fn retry(&mut self, now: Timestamp) {
        let Some(millis) = self.retry_millis() else { return };
        for id in self.outbound.in_resend_order() {
            let Some(message) = self.outbound.in_flight.get(id) else { continue };
            let retries = message.retries;
            if retry_due(message.last_sent, millis, retries) <= now {
                self.resend(now, id, retries.saturating_add(1));
            }
        }
        for request in self.requests.values_mut() {
            if retry_due(request.last_sent, millis, request.retries) > now {
                continue;
            }
            request.last_sent = now;
            request.retries = request.retries.saturating_add(1);
            self.transmits.push_again(&request.frame, true, TransmitKind::Resend);
            self.keep_alive.sent(now);
        }
    }

    fn retry_millis(&self) -> Option<u64> {
        match self.version {
            ProtocolVersion::V31 => self.policy.retry_after_millis,
            // It sends again after a reconnect only [MQTT-4.4.0-1].
            ProtocolVersion::V311 | ProtocolVersion::V5 => None,
        }
    }

    pub(super) fn next_retry(&self) -> Option<Timestamp> {
        let millis = self.retry_millis()?;
        let messages =
            self.outbound.in_flight.iter().map(|(_, message)| (message.last_sent, message.retries));
        let requests = self.requests.iter().map(|(_, request)| (request.last_sent, request.retries));
        messages.chain(requests).map(|(last_sent, retries)| retry_due(last_sent, millis, retries)).min()
    }

    /// Whether an acknowledgement is the answer to a copy, and the regular one has come before.
    pub(super) fn take_echo(&mut self, packet_type: PacketType, id: PacketId) -> bool {
        let regular_awaited =
            self.outbound.in_flight.get(id).is_some_and(|message| message.awaited() == packet_type);
        !regular_awaited && self.echoes.take(packet_type, id)
    }

    /// Drops what a session remembers beyond a connection.
    pub(super) fn forget(&mut self) {
        for (id, _) in self.outbound.in_flight.iter() {
            self.ids.free(id);
        }
        self.outbound.clear();
        self.received.clear();
        self.holds_session = false;
    }
}

/// When a packet that was sent again `retries` times is due once more: each wait is twice the one before.
fn retry_due(last_sent: Timestamp, millis: u64, retries: u32) -> Timestamp {
    last_sent.plus_millis(millis.saturating_mul(1 << retries.min(32)))
}
