//! Enhanced authentication: AUTH packets by a method of the user, before CONNACK and later (MQTT 5, 4.12).
//!
//! ```text
//!   CONNECT with a method ──► Server ──AUTH 0x18──► Client ──authenticate──► Server ── ... ──CONNACK 0──► Idle
//!   Idle ──re_authenticate──► Server ──AUTH 0x18──► Client ──authenticate──► Server ── ... ──AUTH 0x00──► Idle
//! ```

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::event::AuthenticationData;
use super::{ClientError, CommandError, Event, PeerError, Reason, Session, State};
use crate::packet::{Auth, ConnAck, Packet, Properties, PropertyBuf, PropertyValue};
use crate::property::PropertyId;
use crate::reason::ReasonCode;
use crate::text::Text;
use crate::types::{PacketType, ProtocolVersion, Timestamp};

/// The enhanced authentication of one connection: who is to send the next AUTH, and by which method.
#[derive(Clone, Debug, Default)]
pub struct Authentication {
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
    #[must_use]
    pub fn of(properties: Properties<'_>) -> Self {
        let method = properties.text(PropertyId::AuthenticationMethod);
        let turn = if method.is_some() { Turn::Server } else { Turn::Idle };
        Self { method: method.map(|method| method.as_bytes().to_vec()), turn }
    }

    /// Takes a CONNACK that accepts: the first authentication is over.
    ///
    /// # Errors
    ///
    /// When it has not the method of CONNECT.
    pub fn connack(&mut self, connack: &ConnAck<'_>) -> Result<(), PeerError> {
        self.turn = Turn::Idle;
        let method = connack.properties.text(PropertyId::AuthenticationMethod);
        match self.is_method(method) {
            true => Ok(()),
            false if self.has_method() => Err(PeerError::AuthenticationMethod(PacketType::ConnAck)),
            false => Err(PeerError::AuthenticationUnasked(PacketType::ConnAck)),
        }
    }

    /// Takes an AUTH of the server, `is_accepted` when CONNACK has come before.
    ///
    /// # Errors
    ///
    /// When it was not to come, or not so.
    pub fn server_sends(&mut self, auth: &Auth<'_>, is_accepted: bool) -> Result<(), PeerError> {
        if !self.has_method() {
            return Err(PeerError::AuthenticationUnasked(PacketType::Auth));
        }
        let reason_code = auth.reason_code.unwrap_or_default();
        let is_over = reason_code == ReasonCode::SUCCESS && is_accepted;
        let turn = core::mem::replace(&mut self.turn, if is_over { Turn::Idle } else { Turn::Client });
        if turn != Turn::Server {
            Err(PeerError::UnexpectedAuth)
        } else if reason_code == ReasonCode::RE_AUTHENTICATE {
            Err(PeerError::ReasonCodeOfClients { packet_type: PacketType::Auth, reason_code })
        } else if !is_accepted && reason_code != ReasonCode::CONTINUE_AUTHENTICATION {
            Err(PeerError::AuthNotContinued(reason_code))
        } else if !self.is_method(method_of(auth)) {
            Err(PeerError::AuthenticationMethod(PacketType::Auth))
        } else {
            Ok(())
        }
    }

    /// Takes an AUTH of the client.
    ///
    /// # Errors
    ///
    /// When CONNECT had no method, or another one.
    pub fn client_sends(&mut self, auth: &Auth<'_>) -> Result<(), ClientError> {
        self.turn = Turn::Server;
        match self.is_method(method_of(auth)) {
            _ if !self.has_method() => Err(ClientError::AuthenticationUnasked),
            false => Err(ClientError::AuthenticationMethod),
            true => Ok(()),
        }
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
        let is_accepted = self.state == State::Connected;
        let checked = self.authentication.server_sends(auth, is_accepted);
        self.hold_against(checked);
        if self.state == State::Closing || !self.authentication.has_method() {
            return;
        }
        if let State::Connecting { connack_due } = &mut self.state {
            // Who is asked may need time for an answer.
            *connack_due = None;
        }
        let data = properties.binary(PropertyId::AuthenticationData);
        let data = data.map(|data| AuthenticationData(data.to_vec()));
        let reason = Box::new(Reason::new(code, properties));
        self.events.push_back(Event::Authentication { reason, data });
    }
}

fn method_of<'a>(auth: &Auth<'a>) -> Option<Text<'a>> {
    auth.properties.unwrap_or_default().text(PropertyId::AuthenticationMethod)
}
