//! What follows from the answer to CONNECT.

use alloc::vec::Vec;

use super::limits::ServerLimits;
use super::{Event, PeerError, Session, State};
use crate::packet::ConnAck;
use crate::types::{ProtocolVersion, Timestamp};

impl Session {
    pub(super) fn handle_connack(&mut self, now: Timestamp, connack: &ConnAck<'_>) {
        if self.state == State::Connected {
            self.peer_error(PeerError::SecondConnAck);
            return;
        }
        self.limits = ServerLimits::of(connack.properties, self.connect_expiry_secs);
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
            ProtocolVersion::V311 | ProtocolVersion::V5 => connack.session_present(),
        };
        self.events.push_back(Event::Connected { session_present });
        match self.version {
            ProtocolVersion::V31 => {}
            ProtocolVersion::V311 | ProtocolVersion::V5 if session_present => {}
            ProtocolVersion::V311 => self.lose_session(),
            ProtocolVersion::V5 => self.discard_session(),
        }
        if session_present && self.clean_session {
            self.peer_error(PeerError::SessionPresent);
        }
        match self.version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => {
                self.limits.session_expiry_secs = if self.clean_session { 0 } else { u32::MAX };
            }
            ProtocolVersion::V5 => self.accept_limits(now, connack, session_present),
        }
        self.session_expiry_secs = self.limits.session_expiry_secs;
        self.holds_session = self.session_expiry_secs > 0;
        if self.state == State::Connected {
            self.resume(now);
            self.drain_queue(now);
        }
    }

    /// Takes over what CONNACK says, and checks what of it can be wrong.
    fn accept_limits(&mut self, now: Timestamp, connack: &ConnAck<'_>, session_present: bool) {
        // Also where it is longer, and where it is 0 [MQTT-3.2.2-21].
        if let Some(keep_alive) = self.limits.server_keep_alive {
            self.keep_alive.set_interval(keep_alive, now);
        }
        for error in self.offer.faults_of_connack(connack, !self.client_id.is_empty()) {
            self.peer_error(error);
        }
        if let Some(client_id) = &self.limits.assigned_client_id {
            self.client_id.clone_from(client_id);
            self.is_client_id_assigned = true;
        }
        if session_present && !self.clean_session && !self.holds_session {
            self.peer_error(PeerError::NoSessionHere);
        }
        let checked = self.authentication.connack(connack);
        self.hold_against(checked);
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
            self.events.push_back(Event::SessionLost { released, resent, discarded: Vec::new() });
        }
    }

    /// The server has kept nothing, and MQTT 5 asks the client to do the same [MQTT-3.2.2-5]. Messages that were never sent
    /// are no part of a session, and stay in the queue.
    fn discard_session(&mut self) {
        self.received.clear();
        self.holds_session = false;
        let released = self.outbound.take_released();
        let discarded = self.outbound.in_resend_order();
        for &id in &discarded {
            self.outbound.remove(id);
        }
        for &id in released.iter().chain(&discarded) {
            self.ids.free(id);
        }
        if !released.is_empty() || !discarded.is_empty() {
            self.events.push_back(Event::SessionLost { released, resent: Vec::new(), discarded });
        }
    }
}

/// How long a server that has refused may take to close, before it is told that it should have, in milliseconds.
const REFUSED_MILLIS: u64 = 1_000;
