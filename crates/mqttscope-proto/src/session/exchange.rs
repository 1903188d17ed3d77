//! Exchanges: messages that come, and the answers to what was sent.

use alloc::boxed::Box;

use super::inbound::Ack;
use super::{Delivery, Event, PeerError, Reason, RequestKind, Session, State, SubscribeResult, outbound};
use crate::packet::{PubAck, PubComp, PubRec, PubRel, Publish, SubAck, UnsubAck};
use crate::reason::ReasonCode;
use crate::types::{PacketId, PacketType, ProtocolVersion, Qos, Timestamp};

/// Messages that come.
impl Session {
    pub(super) fn handle_publish(&mut self, now: Timestamp, publish: &Publish<'_>) -> Delivery {
        match self.version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => {}
            ProtocolVersion::V5 => {
                self.note_inbound_alias(publish);
                self.note_unanswered(publish);
                if self.state == State::Closing {
                    return Delivery::None;
                }
            }
        }
        let Some(id) = publish.packet_id.and_then(PacketId::new) else {
            // QoS 0, or the invalid id 0, which nothing can acknowledge.
            return Delivery::Deliver;
        };
        let (packet_type, delivery) = match publish.qos {
            Qos::ExactlyOnce if !self.received.insert(id) => {
                self.events.push_back(Event::RepeatNotDelivered { packet_id: id });
                (PacketType::PubRec, Delivery::Repeat)
            }
            Qos::ExactlyOnce => (PacketType::PubRec, Delivery::Deliver),
            _ => (PacketType::PubAck, Delivery::Deliver),
        };
        let ack = Ack::new(packet_type, id);
        if self.policy.manual_acknowledgement {
            self.held.manual.push_back(ack);
            self.events.push_back(Event::AcknowledgementHeld { packet_type, packet_id: id });
        } else {
            self.answer(now, ack);
        }
        delivery
    }

    /// Counts a message that is to be answered; there are never more than this side takes [MQTT-3.3.4-9].
    fn note_unanswered(&mut self, publish: &Publish<'_>) {
        let Some(id) = publish.packet_id.and_then(PacketId::new) else { return };
        let count = self.unanswered.insert(id);
        self.hold_against(self.offer.check_unanswered(count));
    }

    pub(super) fn handle_pubrel(&mut self, now: Timestamp, pubrel: &PubRel<'_>) {
        let Some(id) = PacketId::new(pubrel.packet_id) else { return };
        self.give_reason(PacketType::PubRel, id, Reason::of(pubrel.reason_code, pubrel.properties));
        let was_received = self.received.remove(id);
        let reason_code = if was_received { ReasonCode::SUCCESS } else { self.not_found() };
        self.answer(now, Ack { packet_type: PacketType::PubComp, packet_id: id, reason_code });
    }
}

/// Answers to messages.
impl Session {
    pub(super) fn handle_puback(&mut self, now: Timestamp, puback: &PubAck<'_>) {
        if let Some(id) = self.in_flight_awaiting(PacketType::PubAck, puback.packet_id) {
            self.complete(now, id, PacketType::PubAck, Reason::of(puback.reason_code, puback.properties));
        }
    }

    pub(super) fn handle_pubrec(&mut self, now: Timestamp, pubrec: &PubRec<'_>) {
        let (packet_type, packet_id) = (PacketType::PubRec, pubrec.packet_id);
        let Some(id) = PacketId::new(packet_id) else {
            self.peer_error(PeerError::UnknownPacketId { packet_type, packet_id });
            return;
        };
        if self.take_echo(packet_type, id) {
            // The answer to the copy; the copy of the PUBREL answers it.
            return;
        }
        let reason = Reason::of(pubrec.reason_code, pubrec.properties);
        let has_failed = reason.as_ref().is_some_and(|reason| reason.code.is_error());
        let mut reason_code = ReasonCode::SUCCESS;
        match self.outbound.in_flight.get(id).map(outbound::InFlight::awaited) {
            // No PUBREL follows [MQTT-4.3.3-4].
            Some(PacketType::PubRec | PacketType::PubComp) if has_failed => {
                return self.complete(now, id, packet_type, reason);
            }
            Some(PacketType::PubRec) => {
                self.outbound.release(id, now);
                if self.policy.send_duplicates {
                    // Of two PUBRECs to come, the regular one is here.
                    self.echoes.expect(PacketType::PubComp, id);
                }
            }
            // A server that repeats PUBREC has not seen PUBREL.
            Some(PacketType::PubComp) => {}
            Some(awaited) => {
                self.peer_error(PeerError::WrongAcknowledgement { packet_type, packet_id: id, awaited });
                return;
            }
            // Unknown here, but the server holds a message until it is released.
            None => {
                self.peer_error(PeerError::UnknownPacketId { packet_type, packet_id });
                if has_failed {
                    return;
                }
                reason_code = self.not_found();
            }
        }
        self.give_reason(packet_type, id, reason);
        self.answer(now, Ack { packet_type: PacketType::PubRel, packet_id: id, reason_code });
    }

    pub(super) fn handle_pubcomp(&mut self, now: Timestamp, pubcomp: &PubComp<'_>) {
        if let Some(id) = self.in_flight_awaiting(PacketType::PubComp, pubcomp.packet_id) {
            self.complete(now, id, PacketType::PubComp, Reason::of(pubcomp.reason_code, pubcomp.properties));
        }
    }

    /// A message is acknowledged to the end, or refused.
    fn complete(
        &mut self,
        now: Timestamp,
        packet_id: PacketId,
        packet_type: PacketType,
        reason: Option<Box<Reason>>,
    ) {
        let Some(message) = self.outbound.remove(packet_id) else { return };
        let qos = message.qos;
        self.ids.free(packet_id);
        match reason {
            Some(reason) if reason.code.is_error() => {
                self.events.push_back(Event::Failed { packet_id, qos, packet_type, reason });
            }
            reason => {
                self.give_reason(packet_type, packet_id, reason);
                self.events.push_back(Event::Completed { packet_id, qos });
            }
        }
        self.drain_queue(now);
    }
}

/// Answers to requests.
impl Session {
    pub(super) fn handle_suback(&mut self, suback: &SubAck<'_>) {
        let Some((packet_id, RequestKind::Subscribe(filters))) =
            self.take_request(PacketType::SubAck, suback.packet_id)
        else {
            return;
        };
        let (expected, actual) = (filters.len(), suback.return_codes.len());
        let codes = suback.return_codes.iter().copied().map(Some).chain(core::iter::repeat(None));
        let results = filters
            .into_iter()
            .zip(codes)
            .map(|((filter, requested), return_code)| SubscribeResult { filter, requested, return_code })
            .collect();
        self.give_reason(PacketType::SubAck, packet_id, Reason::of(None, Some(suback.properties)));
        self.events.push_back(Event::Subscribed { packet_id, results });
        if expected != actual {
            self.peer_error(PeerError::ReturnCodeCount { expected, actual });
        }
    }

    pub(super) fn handle_unsuback(&mut self, unsuback: &UnsubAck<'_>) {
        let Some((packet_id, RequestKind::Unsubscribe(filters))) =
            self.take_request(PacketType::UnsubAck, unsuback.packet_id)
        else {
            return;
        };
        let (expected, actual) = (filters.len(), unsuback.reason_codes.len());
        let reason_codes = unsuback.reason_codes.iter().map(|&code| ReasonCode(code)).collect();
        self.give_reason(PacketType::UnsubAck, packet_id, Reason::of(None, Some(unsuback.properties)));
        self.events.push_back(Event::Unsubscribed { packet_id, filters, reason_codes });
        match self.version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => {}
            ProtocolVersion::V5 if expected == actual => {}
            ProtocolVersion::V5 => {
                self.peer_error(PeerError::UnsubscribeCodeCount { expected, actual });
            }
        }
    }

    fn take_request(&mut self, packet_type: PacketType, packet_id: u16) -> Option<(PacketId, RequestKind)> {
        let id = self.in_flight_awaiting(packet_type, packet_id)?;
        let request = self.requests.remove(id)?;
        self.ids.free(id);
        Some((id, request.kind))
    }
}

impl Session {
    /// The message that an acknowledgement ends; anything else than the one that is awaited is reported.
    fn in_flight_awaiting(&mut self, packet_type: PacketType, packet_id: u16) -> Option<PacketId> {
        let id = PacketId::new(packet_id);
        let awaited = id.and_then(|id| {
            let message = self.outbound.in_flight.get(id).map(outbound::InFlight::awaited);
            message.or_else(|| self.requests.get(id).map(|request| request.kind.awaited()))
        });
        match (id, awaited) {
            (Some(id), Some(awaited)) if awaited == packet_type => return Some(id),
            (Some(id), _) if self.take_echo(packet_type, id) => {}
            (Some(id), Some(awaited)) => {
                self.peer_error(PeerError::WrongAcknowledgement { packet_type, packet_id: id, awaited });
            }
            _ => self.peer_error(PeerError::UnknownPacketId { packet_type, packet_id }),
        }
        None
    }

    /// What is answered for an identifier that stands for nothing here; before MQTT 5 an answer cannot say so.
    fn not_found(&self) -> ReasonCode {
        match self.version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => ReasonCode::SUCCESS,
            ProtocolVersion::V5 => ReasonCode::PACKET_ID_NOT_FOUND,
        }
    }

    fn give_reason(&mut self, packet_type: PacketType, packet_id: PacketId, reason: Option<Box<Reason>>) {
        if let Some(reason) = reason {
            self.events.push_back(Event::ReasonGiven { packet_type, packet_id, reason });
        }
    }
}
