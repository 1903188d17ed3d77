//! How a session's connection ends: DISCONNECT of either side, faults of the peer, the end of the transport.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::limits::{Limit, text_of};
use super::{CloseReason, CommandError, Event, PeerError, Reason, Session, State};
use crate::packet::{Disconnect, Packet, Properties};
use crate::property::PropertyId;
use crate::reason::ReasonCode;
use crate::types::{PacketId, ProtocolVersion};

/// Commands.
impl Session {
    /// Sends DISCONNECT and asks for the transport to be closed [MQTT-3.14.4-1].
    ///
    /// # Errors
    ///
    /// When it is not connected, nor in an enhanced authentication.
    pub fn disconnect(&mut self) -> Result<(), CommandError> {
        self.end_with(Disconnect::default())
    }

    /// Sends DISCONNECT with a reason code and properties, and asks for the transport to be closed (MQTT 5, 3.14).
    ///
    /// A Session Expiry Interval among the properties decides how long the session lives from now on.
    ///
    /// # Errors
    ///
    /// When it is not connected, when the version has no reason codes, when the packet would be too long, or when it would
    /// break a limit.
    pub fn disconnect_with(
        &mut self,
        reason_code: ReasonCode,
        properties: Properties<'_>,
    ) -> Result<(), CommandError> {
        match self.version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => {
                self.check_can_disconnect()?;
                return Err(CommandError::NotInVersion(self.version));
            }
            ProtocolVersion::V5 => {}
        }
        let properties = Some(properties).filter(|properties| !properties.is_empty());
        self.end_with(Disconnect { reason_code: Some(reason_code), properties })
    }

    fn end_with(&mut self, disconnect: Disconnect<'_>) -> Result<(), CommandError> {
        self.check_can_disconnect()?;
        let properties = disconnect.properties.unwrap_or_default();
        let expiry = properties.number(PropertyId::SessionExpiryInterval);
        self.within(Limit::of_disconnect(properties, self.connect_expiry_secs))?;
        self.push_within(&Packet::Disconnect(disconnect))?;
        if let Some(secs) = expiry {
            self.limits.session_expiry_secs = secs;
            self.session_expiry_secs = secs;
        }
        self.end(CloseReason::Disconnected);
        Ok(())
    }

    /// Before CONNACK only an enhanced authentication can be ended so [MQTT-3.1.2-30].
    fn check_can_disconnect(&self) -> Result<(), CommandError> {
        match self.state {
            State::Connecting { .. } if self.authentication.has_method() => Ok(()),
            _ => self.check_connected(),
        }
    }
}

/// Inputs.
impl Session {
    /// Handles the end of the transport, whoever ended it.
    pub fn handle_closed(&mut self) {
        if self.state == State::Disconnected {
            return;
        }
        self.state = State::Disconnected;
        self.transmits.clear();
        self.held.clear();
        self.echoes.clear();
        self.unanswered.clear();
        self.inbound_aliases.clear();
        self.outbound_aliases.clear();
        self.outbound.end_connection();
        let kept = self.outlives_connection();
        let requests: Vec<_> = core::mem::take(&mut self.requests).iter().map(|(id, _)| id).collect();
        for &id in &requests {
            self.ids.free(id);
        }
        self.left_in_flight(requests, kept);
        if !kept {
            self.forget();
        }
    }

    /// The server ends the connection; only one of MQTT 5 does so with a packet.
    pub(super) fn handle_disconnect(&mut self, disconnect: &Disconnect<'_>) {
        let reason_code = disconnect.reason_code.unwrap_or_default();
        let properties = disconnect.properties.unwrap_or_default();
        for error in PeerError::of_disconnect(disconnect) {
            self.peer_error(error);
        }
        let reason = Box::new(Reason::new(reason_code, properties));
        let server_reference = text_of(properties, PropertyId::ServerReference);
        self.events.push_back(Event::ServerDisconnected { reason, server_reference });
        if self.state != State::Closing {
            self.end(CloseReason::ServerDisconnected(reason_code));
        }
    }
}

impl Session {
    /// Whether the session lives on behind its connection: in MQTT 5 Clean Start says nothing of that.
    pub(super) fn outlives_connection(&self) -> bool {
        match self.version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => !self.clean_session,
            ProtocolVersion::V5 => self.session_expiry_secs > 0,
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

    /// A check of what the server sends.
    pub(super) fn hold_against(&mut self, checked: Result<(), PeerError>) {
        if let Err(error) = checked {
            self.peer_error(error);
        }
    }

    pub(super) fn peer_error(&mut self, error: PeerError) {
        self.events.push_back(Event::PeerError(error));
        if self.policy.close_on_violation && !error.may_be_late() && self.state != State::Closing {
            self.close(CloseReason::PeerError(error));
        }
    }

    /// Closes the connection, in MQTT 5 with a DISCONNECT that tells the peer its fault, if the policy is to answer so
    /// (MQTT 5, 4.13.1).
    pub(super) fn close(&mut self, reason: CloseReason) {
        match self.version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => {}
            ProtocolVersion::V5 => {
                let told = reason.fault().filter(|_| self.policy.close_on_violation);
                if let (Some(reason_code), State::Connected) = (told, self.state) {
                    let disconnect = Disconnect { reason_code: Some(reason_code), properties: None };
                    // Three bytes always fit.
                    let _ = self.transmits.push(&Packet::Disconnect(disconnect), self.version);
                }
            }
        }
        self.end(reason);
    }

    fn end(&mut self, reason: CloseReason) {
        self.state = State::Closing;
        self.events.push_back(Event::Close(reason));
    }
}

impl CloseReason {
    /// The reason code of the fault that the peer is to be told of, if it is one (MQTT 5, 4.13).
    fn fault(&self) -> Option<ReasonCode> {
        match self {
            Self::Undecodable(_) => Some(ReasonCode::MALFORMED_PACKET),
            Self::Violation(violation) => Some(violation.rule.reason_code()),
            Self::PeerError(error) => Some(error.reason_code()),
            Self::Disconnected
            | Self::Refused(_)
            | Self::NoConnAck
            | Self::NoPingResp
            | Self::ServerDisconnected(_)
            | Self::EarlierVersion { .. } => None,
        }
    }
}
