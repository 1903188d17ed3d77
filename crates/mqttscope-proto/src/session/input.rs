//! What a session does with what the transport and the clock bring.

use super::keep_alive::KeepAliveAction;
use super::{CloseReason, Delivery, Event, PeerError, Session, State};
use crate::error::DecodeError;
use crate::packet::{Packet, earlier_connack};
use crate::rule::Violation;
use crate::types::{PacketType, ProtocolVersion, Timestamp};

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
            State::Connecting { .. } if !self.may_precede_connack(packet.packet_type()) => {
                self.peer_error(PeerError::BeforeConnAck(packet.packet_type()));
            }
            _ => {}
        }
        match self.version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => {}
            ProtocolVersion::V5 => self.hold_against(self.offer.check_problem_information(packet)),
        }
        if self.state == State::Closing {
            return Delivery::None;
        }
        match packet {
            Packet::ConnAck(connack) => self.handle_connack(now, connack),
            Packet::Publish(publish) => return self.handle_publish(now, publish),
            Packet::PubAck(puback) => self.handle_puback(now, puback),
            Packet::PubRec(pubrec) => self.handle_pubrec(now, pubrec),
            Packet::PubRel(pubrel) => self.handle_pubrel(now, pubrel),
            Packet::PubComp(pubcomp) => self.handle_pubcomp(now, pubcomp),
            Packet::SubAck(suback) => self.handle_suback(suback),
            Packet::UnsubAck(unsuback) => self.handle_unsuback(unsuback),
            Packet::PingResp => {
                if !self.keep_alive.response_received() {
                    self.peer_error(PeerError::UnexpectedPingResp);
                }
            }
            Packet::Disconnect(disconnect) => match self.version {
                ProtocolVersion::V31 | ProtocolVersion::V311 => {
                    self.peer_error(PeerError::NotFromServer(PacketType::Disconnect));
                }
                ProtocolVersion::V5 => self.handle_disconnect(disconnect),
            },
            Packet::Auth(auth) => match self.version {
                ProtocolVersion::V31 | ProtocolVersion::V311 => {
                    self.peer_error(PeerError::NotFromServer(PacketType::Auth));
                }
                ProtocolVersion::V5 => self.handle_auth(auth),
            },
            Packet::Connect(_) | Packet::Subscribe(_) | Packet::Unsubscribe(_) | Packet::PingReq => {
                self.peer_error(PeerError::NotFromServer(packet.packet_type()));
            }
        }
        Delivery::None
    }

    /// Handles how long the next packet from the server is, in bytes with its fixed header; to be called before
    /// [`Session::handle_packet`], since a client of MQTT 5 says how much it takes [MQTT-3.1.2-24].
    pub fn handle_packet_size(&mut self, size: usize) {
        if self.is_listening() {
            self.hold_against(self.offer.check_size(size));
        }
    }

    /// Handles a rule that the next packet from the server breaks; to be called before [`Session::handle_packet`].
    ///
    /// Nothing comes of it unless the policy is to close: [`super::Policy::close_on_violation`].
    pub fn handle_violation(&mut self, violation: &Violation) {
        if self.policy.close_on_violation && self.is_listening() {
            self.close(CloseReason::Violation(*violation));
        }
    }

    /// Handles bytes from the server that are no packet: the connection cannot go on.
    pub fn handle_decode_error(&mut self, error: &DecodeError) {
        if self.is_listening() {
            self.close(CloseReason::Undecodable(*error));
        }
    }

    /// Handles a packet from the server that cannot be decoded in the version of the connection: it may be the CONNACK of an
    /// earlier one, which is how a server says that it does not speak MQTT 5. Else it is a decoding error.
    pub fn handle_undecodable(&mut self, packet: &[u8], error: &DecodeError) {
        let earlier = match (self.version, self.state) {
            (ProtocolVersion::V5, State::Connecting { .. }) => earlier_connack(packet),
            (ProtocolVersion::V31 | ProtocolVersion::V311 | ProtocolVersion::V5, _) => None,
        };
        match earlier {
            Some(return_code) => self.close(CloseReason::EarlierVersion { return_code }),
            None => self.handle_decode_error(error),
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
                    ProtocolVersion::V311 | ProtocolVersion::V5 => {
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

    pub(super) fn is_listening(&self) -> bool {
        matches!(self.state, State::Connecting { .. } | State::Connected)
    }

    /// Whether a server may send it before CONNACK. What AUTH must be is checked with it, and a DISCONNECT ends the
    /// connection all the same.
    fn may_precede_connack(&self, packet_type: PacketType) -> bool {
        match packet_type {
            PacketType::ConnAck => true,
            PacketType::Auth => self.version.has_properties(),
            _ => false,
        }
    }
}
