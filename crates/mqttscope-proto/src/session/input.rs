//! What a session does with what the transport and the clock bring.

use alloc::vec::Vec;

use super::inbound::Ack;
use super::keep_alive::KeepAliveAction;
use super::{
    CloseReason, Delivery, Event, PeerError, RequestKind, Session, State, SubscribeResult, outbound,
};
use crate::error::DecodeError;
use crate::packet::{ConnAck, Packet, PubAck, PubComp, PubRec, PubRel, Publish, SubAck};
use crate::rule::Violation;
use crate::types::{PacketId, PacketType, ProtocolVersion, Qos, Timestamp};

/// Inputs.
impl Session {
    /// Handles a sign that the peer is there: bytes of any kind came. The wait for PINGRESP begins anew.
    pub fn handle_alive(&mut self, now: Timestamp) {
        self.keep_alive.alive(now);
    }

    /// Handles that a PINGREQ that was polled before leaves only now, or has not left even now: its answer cannot be under
    /// way before.
    pub fn handle_ping(&mut self, now: Timestamp, has_left: bool) {
        self.keep_alive.ping_leaves(now, has_left);
    }

    /// Handles that something that was polled before leaves only now: the keep alive begins anew.
    pub fn handle_left(&mut self, now: Timestamp) {
        self.keep_alive.sent(now);
    }

    /// Handles a packet from the server.
    pub fn handle_packet(&mut self, now: Timestamp, packet: &Packet<'_>) -> Delivery {
        self.keep_alive.alive(now);
        match self.state {
            // After DISCONNECT nothing is sent any more [MQTT-3.14.4-2], so nothing is answered either.
            State::Disconnected | State::Refused { .. } | State::Closing => return Delivery::None,
            State::Connecting { .. } if packet.packet_type() != PacketType::ConnAck => {
                self.peer_error(PeerError::BeforeConnAck(packet.packet_type()));
                if self.state == State::Closing {
                    return Delivery::None;
                }
            }
            _ => {}
        }
        match packet {
            Packet::ConnAck(connack) => self.handle_connack(now, connack),
            Packet::Publish(publish) => return self.handle_publish(now, publish),
            Packet::PubAck(PubAck { packet_id }) => self.handle_puback(now, *packet_id),
            Packet::PubRec(PubRec { packet_id }) => self.handle_pubrec(now, *packet_id),
            Packet::PubRel(PubRel { packet_id, .. }) => self.handle_pubrel(now, *packet_id),
            Packet::PubComp(PubComp { packet_id }) => self.handle_pubcomp(now, *packet_id),
            Packet::SubAck(suback) => self.handle_suback(suback),
            Packet::UnsubAck(unsuback) => self.handle_unsuback(unsuback.packet_id),
            Packet::PingResp => {
                if !self.keep_alive.response_received() {
                    self.peer_error(PeerError::UnexpectedPingResp);
                }
            }
            Packet::Connect(_)
            | Packet::Subscribe(_)
            | Packet::Unsubscribe(_)
            | Packet::PingReq
            | Packet::Disconnect => self.peer_error(PeerError::NotFromServer(packet.packet_type())),
        }
        Delivery::None
    }

    /// Handles a rule that the next packet from the server breaks; to be called before [`Session::handle_packet`].
    ///
    /// Nothing comes of it unless the policy is to close: [`Policy::close_on_violation`].
    pub fn handle_violation(&mut self, violation: &Violation) {
        if self.policy.close_on_violation && matches!(self.state, State::Connecting { .. } | State::Connected)
        {
            self.close(CloseReason::Violation(*violation));
        }
    }

    /// Handles bytes from the server that are no packet: the connection cannot go on.
    pub fn handle_decode_error(&mut self, error: &DecodeError) {
        if matches!(self.state, State::Connecting { .. } | State::Connected) {
            self.close(CloseReason::Undecodable(*error));
        }
    }

    /// Handles the end of the transport, whoever ended it.
    pub fn handle_closed(&mut self) {
        if self.state == State::Disconnected {
            return;
        }
        self.state = State::Disconnected;
        self.transmits.clear();
        self.held.clear();
        self.echoes.clear();
        let kept = !self.clean_session;
        let requests: Vec<_> = core::mem::take(&mut self.requests).iter().map(|(id, _)| id).collect();
        for &id in &requests {
            self.ids.free(id);
        }
        self.left_in_flight(requests, kept);
        if !kept {
            self.forget();
        }
    }

    /// Tells what is unfinished, if anything is.
    pub(super) fn left_in_flight(&mut self, requests: Vec<PacketId>, kept: bool) {
        let publishes = self.outbound.in_resend_order();
        let queued = self.outbound.queue.len();
        if !publishes.is_empty() || !requests.is_empty() || queued > 0 {
            self.events.push_back(Event::LeftInFlight { publishes, requests, queued, kept });
        }
    }

    /// Does what is due. To be called at the time that [`Session::poll_timeout`] tells, or at any other.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        match self.state {
            State::Connecting { connack_due: Some(due) } if due <= now => self.close(CloseReason::NoConnAck),
            State::Refused { return_code, close_due } if close_due <= now => {
                match self.version {
                    // It says nothing of who closes.
                    ProtocolVersion::V31 => {}
                    ProtocolVersion::V311 => {
                        self.events.push_back(Event::PeerError(PeerError::OpenAfterRefusal));
                    }
                }
                self.close(CloseReason::Refused(return_code));
            }
            State::Connected => {
                while let Some(ack) = self.held.take_due(now) {
                    self.send_ack(now, ack);
                }
                self.retry(now);
                match self.keep_alive.check(now, self.policy.pingresp_timeout_millis) {
                    KeepAliveAction::Nothing => {}
                    KeepAliveAction::PingDue if self.policy.withhold_pingreq => {
                        self.events.push_back(Event::PingReqWithheld);
                    }
                    KeepAliveAction::PingDue => self.send_pingreq(now),
                    KeepAliveAction::Dead => self.close(CloseReason::NoPingResp),
                }
            }
            _ => {}
        }
    }

    fn handle_connack(&mut self, now: Timestamp, connack: &ConnAck) {
        if self.state == State::Connected {
            self.peer_error(PeerError::SecondConnAck);
            return;
        }
        if connack.return_code != 0 {
            let return_code = connack.return_code;
            self.events.push_back(Event::Refused { return_code });
            let close_due = now.plus_millis(REFUSED_MILLIS);
            self.state = State::Refused { return_code, close_due };
            return;
        }
        self.state = State::Connected;
        let session_present = match self.version {
            // It does not say.
            ProtocolVersion::V31 => false,
            ProtocolVersion::V311 => connack.session_present(),
        };
        self.events.push_back(Event::Connected { session_present });
        match self.version {
            ProtocolVersion::V31 => {}
            ProtocolVersion::V311 if session_present => {}
            ProtocolVersion::V311 => self.lose_session(),
        }
        if session_present && self.clean_session {
            self.peer_error(PeerError::SessionPresent);
        }
        self.resume(now);
        self.drain_queue(now);
    }

    fn handle_publish(&mut self, now: Timestamp, publish: &Publish<'_>) -> Delivery {
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
        let ack = Ack { packet_type, packet_id: id };
        if self.policy.manual_acknowledgement {
            self.held.manual.push_back(ack);
            self.events.push_back(Event::AcknowledgementHeld { packet_type, packet_id: id });
        } else {
            self.answer(now, ack);
        }
        delivery
    }

    fn handle_puback(&mut self, now: Timestamp, packet_id: u16) {
        if let Some(id) = self.in_flight_awaiting(PacketType::PubAck, packet_id) {
            self.complete(now, id);
        }
    }

    fn handle_pubrec(&mut self, now: Timestamp, packet_id: u16) {
        let Some(id) = PacketId::new(packet_id) else {
            self.peer_error(PeerError::UnknownPacketId { packet_type: PacketType::PubRec, packet_id });
            return;
        };
        if self.take_echo(PacketType::PubRec, id) {
            // The answer to the copy; the copy of the PUBREL answers it.
            return;
        }
        match self.outbound.in_flight.get(id).map(outbound::InFlight::awaited) {
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
                let packet_type = PacketType::PubRec;
                self.peer_error(PeerError::WrongAcknowledgement { packet_type, packet_id: id, awaited });
                return;
            }
            // Unknown here, but the server holds a message until it is released.
            None => {
                self.peer_error(PeerError::UnknownPacketId { packet_type: PacketType::PubRec, packet_id })
            }
        }
        self.answer(now, Ack { packet_type: PacketType::PubRel, packet_id: id });
    }

    fn handle_pubrel(&mut self, now: Timestamp, packet_id: u16) {
        if let Some(id) = PacketId::new(packet_id) {
            self.received.remove(id);
            self.answer(now, Ack { packet_type: PacketType::PubComp, packet_id: id });
        }
    }

    fn handle_pubcomp(&mut self, now: Timestamp, packet_id: u16) {
        if let Some(id) = self.in_flight_awaiting(PacketType::PubComp, packet_id) {
            self.complete(now, id);
        }
    }

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

    fn handle_suback(&mut self, suback: &SubAck<'_>) {
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
        self.events.push_back(Event::Subscribed { packet_id, results });
        if expected != actual {
            self.peer_error(PeerError::ReturnCodeCount { expected, actual });
        }
    }

    fn handle_unsuback(&mut self, packet_id: u16) {
        if let Some((packet_id, RequestKind::Unsubscribe(filters))) =
            self.take_request(PacketType::UnsubAck, packet_id)
        {
            self.events.push_back(Event::Unsubscribed { packet_id, filters });
        }
    }

    fn take_request(&mut self, packet_type: PacketType, packet_id: u16) -> Option<(PacketId, RequestKind)> {
        let id = self.in_flight_awaiting(packet_type, packet_id)?;
        let request = self.requests.remove(id)?;
        self.ids.free(id);
        Some((id, request.kind))
    }

    /// A message is acknowledged to the end.
    fn complete(&mut self, now: Timestamp, packet_id: PacketId) {
        if let Some(message) = self.outbound.in_flight.remove(packet_id) {
            self.ids.free(packet_id);
            self.events.push_back(Event::Completed { packet_id, qos: message.qos });
            self.drain_queue(now);
        }
    }

    fn peer_error(&mut self, error: PeerError) {
        self.events.push_back(Event::PeerError(error));
        if self.policy.close_on_violation && !error.may_be_late() {
            self.close(CloseReason::PeerError(error));
        }
    }

    /// The server has kept nothing [MQTT-3.2.2-3]. The identifiers that it will use are those of other messages; a message
    /// that it has confirmed with PUBREC is its own, and PUBREL would free nothing there. A PUBLISH without an answer is
    /// sent again, since nobody has it.
    fn lose_session(&mut self) {
        self.received.clear();
        let released = self.outbound.take_released();
        for &id in &released {
            self.ids.free(id);
        }
        let resent = self.outbound.in_resend_order();
        if !released.is_empty() || !resent.is_empty() {
            self.events.push_back(Event::SessionLost { released, resent });
        }
    }

    pub(super) fn close(&mut self, reason: CloseReason) {
        self.state = State::Closing;
        self.events.push_back(Event::Close(reason));
    }
}

/// How long a server that has refused may take to close, before it is told that it should have, in milliseconds.
const REFUSED_MILLIS: u64 = 1_000;
