//! Enhanced authentication: AUTH packets by a method of the user, before CONNACK and later (MQTT 5, 4.12).
//!
//! ```text
//!   CONNECT with a method ──► Server ──AUTH 0x18──► Client ──authenticate──► Server ── ... ──CONNACK 0──► Idle
//!   Idle ──re_authenticate──► Server ──AUTH 0x18──► Client ──authenticate──► Server ── ... ──AUTH 0x00──► Idle
//! ```

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::event::AuthenticationData;
use super::{CommandError, Event, PeerError, Reason, Session, State};
use crate::packet::{Auth, Packet, Properties, PropertyBuf, PropertyValue};
use crate::property::PropertyId;
use crate::reason::ReasonCode;
use crate::text::Text;
use crate::types::{PacketType, ProtocolVersion, Timestamp};

/// The enhanced authentication of one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Authentication {
    /// The method that CONNECT names.
    method: Option<Vec<u8>>,
    turn: Turn,
}

/// Who is to send the next AUTH.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum Turn {
    /// Nobody: no authentication is under way.
    #[default]
    Idle,
    Server,
    Client,
}

impl Authentication {
    /// That of a CONNECT with these properties.
    pub(super) fn of(properties: Properties<'_>) -> Self {
        let method = properties.text(PropertyId::AuthenticationMethod);
        let turn = if method.is_some() { Turn::Server } else { Turn::Idle };
        Self { method: method.map(|method| method.as_bytes().to_vec()), turn }
    }

    /// CONNACK has come: the first authentication is over.
    pub(super) fn accepted(&mut self) {
        self.turn = Turn::Idle;
    }

    /// Whether CONNECT names a method.
    pub(super) const fn has_method(&self) -> bool {
        self.method.is_some()
    }

    fn is_method(&self, method: Option<Text<'_>>) -> bool {
        self.method.as_deref() == method.map(|method| method.as_bytes())
    }
}

/// Commands.
impl Session {
    /// Answers an AUTH of the server with one of reason code 0x18, "continue authentication" [MQTT-4.12.0-3].
    ///
    /// # Errors
    ///
    /// When no AUTH of the server awaits an answer, when CONNECT named no method, or when the packet would be too long.
    pub fn authenticate(&mut self, now: Timestamp, data: Option<&[u8]>) -> Result<(), CommandError> {
        self.check_authentication()?;
        if self.authentication.turn != Turn::Client {
            return Err(CommandError::NoAuthenticationAwaited);
        }
        self.send_auth(now, ReasonCode::CONTINUE_AUTHENTICATION, data)?;
        if let State::Connecting { connack_due } = &mut self.state {
            *connack_due = self.policy.connack_timeout_millis.map(|millis| now.plus_millis(millis));
        }
        Ok(())
    }

    /// Begins another authentication on a connection that is established, by the method of CONNECT [MQTT-4.12.1-1].
    ///
    /// # Errors
    ///
    /// When it is not connected, when CONNECT named no method, when an authentication is under way, or when the packet
    /// would be too long.
    pub fn re_authenticate(&mut self, now: Timestamp, data: Option<&[u8]>) -> Result<(), CommandError> {
        self.check_connected()?;
        self.check_authentication()?;
        if self.authentication.turn != Turn::Idle {
            return Err(CommandError::AuthenticationUnderWay);
        }
        self.send_auth(now, ReasonCode::RE_AUTHENTICATE, data)
    }

    fn check_authentication(&self) -> Result<(), CommandError> {
        match (self.state, self.version) {
            (State::Disconnected | State::Refused { .. } | State::Closing, _) => {
                Err(CommandError::NotConnected)
            }
            (_, ProtocolVersion::V31 | ProtocolVersion::V311) => {
                Err(CommandError::NotInVersion(self.version))
            }
            (_, ProtocolVersion::V5) if self.authentication.has_method() => Ok(()),
            (_, ProtocolVersion::V5) => Err(CommandError::NoAuthenticationMethod),
        }
    }

    fn send_auth(
        &mut self,
        now: Timestamp,
        reason_code: ReasonCode,
        data: Option<&[u8]>,
    ) -> Result<(), CommandError> {
        let mut properties = PropertyBuf::new();
        if let Some(method) = &self.authentication.method {
            let method = PropertyValue::Text(Text::from_bytes(method));
            properties.push(PropertyId::AuthenticationMethod, method)?;
        }
        if let Some(data) = data {
            properties.push(PropertyId::AuthenticationData, PropertyValue::Binary(data))?;
        }
        let auth = Auth { reason_code: Some(reason_code), properties: Some(properties.as_properties()) };
        self.push_within(&Packet::Auth(auth))?;
        self.authentication.turn = Turn::Server;
        self.keep_alive.sent(now);
        Ok(())
    }
}

/// Inputs.
impl Session {
    pub(super) fn handle_auth(&mut self, auth: &Auth<'_>) {
        let code = auth.reason_code.unwrap_or_default();
        let properties = auth.properties.unwrap_or_default();
        self.check_auth(code, properties);
        if self.state == State::Closing || !self.authentication.has_method() {
            return;
        }
        if let State::Connecting { connack_due } = &mut self.state {
            // Who is asked may need time for an answer.
            *connack_due = None;
        }
        let is_over = code == ReasonCode::SUCCESS && self.state == State::Connected;
        self.authentication.turn = if is_over { Turn::Idle } else { Turn::Client };
        let data = properties.binary(PropertyId::AuthenticationData);
        let data = data.map(|data| AuthenticationData(data.to_vec()));
        let reason = Box::new(Reason::new(code, properties));
        self.events.push_back(Event::Authentication { reason, data });
    }

    fn check_auth(&mut self, code: ReasonCode, properties: Properties<'_>) {
        let method = properties.text(PropertyId::AuthenticationMethod);
        let is_before_connack = self.state != State::Connected;
        if !self.authentication.has_method() {
            self.peer_error(PeerError::AuthenticationUnasked(PacketType::Auth));
        } else if self.authentication.turn != Turn::Server {
            self.peer_error(PeerError::UnexpectedAuth);
        } else if code == ReasonCode::RE_AUTHENTICATE {
            let packet_type = PacketType::Auth;
            self.peer_error(PeerError::ReasonCodeOfClients { packet_type, reason_code: code });
        } else if is_before_connack && code != ReasonCode::CONTINUE_AUTHENTICATION {
            self.peer_error(PeerError::AuthNotContinued(code));
        } else if !self.authentication.is_method(method) {
            self.peer_error(PeerError::AuthenticationMethod(PacketType::Auth));
        }
    }

    /// Checks the Authentication Method of a CONNACK that accepts.
    pub(super) fn check_method(&mut self, properties: Properties<'_>) {
        let method = properties.text(PropertyId::AuthenticationMethod);
        if !self.authentication.has_method() && method.is_some() {
            self.peer_error(PeerError::AuthenticationUnasked(PacketType::ConnAck));
        } else if !self.authentication.is_method(method) {
            self.peer_error(PeerError::AuthenticationMethod(PacketType::ConnAck));
        }
    }
}
