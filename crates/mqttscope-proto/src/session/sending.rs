//! What leaves a session by itself: queued messages, acknowledgements, copies and packets that are sent again.

use super::inbound::Ack;
use super::outbound::{Stage, Unnumbered};
use super::{AckPolicy, Event, Session, TransmitKind};
use crate::types::{PacketId, PacketType, ProtocolVersion, Qos, Timestamp};

impl Session {
    pub(super) fn has_room(&self) -> bool {
        self.policy.ignore_in_flight_limit || self.outbound.in_flight.len() < self.policy.max_in_flight
    }

    pub(super) fn start(&mut self, now: Timestamp, id: PacketId, message: Unnumbered) {
        let awaited = if message.qos == Qos::ExactlyOnce { PacketType::PubRec } else { PacketType::PubAck };
        let frame = self.outbound.start(id, message, now);
        self.transmits.push_bytes(frame, TransmitKind::Regular);
        if self.policy.send_duplicates {
            self.transmits.push_again(frame, true, TransmitKind::Duplicate);
            self.echoes.expect(awaited, id);
        }
        self.keep_alive.sent(now);
    }

    pub(super) fn drain_queue(&mut self, now: Timestamp) {
        while self.has_room() && !self.outbound.queue.is_empty() {
            let Ok(packet_id) = self.allocate() else { return };
            let Some(message) = self.outbound.queue.pop_front() else { return };
            self.start(now, packet_id, message);
            self.events.push_back(Event::Dequeued { packet_id });
        }
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

    fn held_event(&mut self, Ack { packet_type, packet_id }: Ack) {
        self.events.push_back(Event::AcknowledgementHeld { packet_type, packet_id });
    }

    pub(super) fn send_ack(&mut self, now: Timestamp, ack: Ack) {
        let frame = ack.frame();
        self.transmits.push_bytes(&frame, TransmitKind::Regular);
        if self.policy.send_duplicates && ack.packet_type == PacketType::PubRel {
            self.transmits.push_again(&frame, true, TransmitKind::Duplicate);
        }
        self.keep_alive.sent(now);
    }

    pub(super) fn send_pingreq(&mut self, now: Timestamp) {
        self.transmits.push_bytes(&[PacketType::PingReq.first_byte(), 0], TransmitKind::Regular);
        self.keep_alive.ping_sent(now);
    }

    /// Sends again what a former connection left unacknowledged [MQTT-4.4.0-1].
    pub(super) fn resume(&mut self, now: Timestamp) {
        for id in self.outbound.in_resend_order() {
            self.resend(now, id, 0);
        }
    }

    fn resend(&mut self, now: Timestamp, id: PacketId, retries: u32) {
        let dup_on_pubrel = match self.version {
            ProtocolVersion::V31 => true,
            // It reserves the bit [MQTT-3.6.1-1].
            ProtocolVersion::V311 => false,
        };
        let Some(message) = self.outbound.in_flight.get_mut(id) else { return };
        message.last_sent = now;
        message.retries = retries;
        match &message.stage {
            Stage::Published { frame } => self.transmits.push_again(frame, true, TransmitKind::Resend),
            Stage::Released => {
                let frame = Ack { packet_type: PacketType::PubRel, packet_id: id }.frame();
                self.transmits.push_again(&frame, dup_on_pubrel, TransmitKind::Resend);
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
            ProtocolVersion::V311 => None,
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
    }
}

/// When a packet that was sent again `retries` times is due once more: each wait is twice the one before.
fn retry_due(last_sent: Timestamp, millis: u64, retries: u32) -> Timestamp {
    last_sent.plus_millis(millis.saturating_mul(1 << retries.min(32)))
}
