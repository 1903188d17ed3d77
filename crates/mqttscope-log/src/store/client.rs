//! What a connection's CONNECT, CONNACK and DISCONNECT tell of its client and its session.
//!
//! It owns whose exchanges go on with a later connection, and for how long a session is kept. Secrets are hidden on the way.

use mqttscope_proto::{DecodeErrorKind, Packet, Properties, PropertyId, ProtocolVersion, decode};

use super::connection::{Connection, ConnectionId, State};
use super::exchange::Exchanges;
use super::level::level_of;
use super::record::{Direction, Record};
use super::{BrokenRules, Log, SourceId, Version};

impl Log {
    /// Hides the password. Of the client's own CONNECT it keeps the client id and the version, and goes on with the
    /// exchanges of an earlier connection of a client that has not asked for a clean session.
    pub(super) fn note_connect(&mut self, record: &mut Record, number: u32) {
        self.hide_secrets(record);
        let bytes = self.arena.bytes(record.span);
        let is_out = record.direction() == Direction::Out;
        let connect = match decode(bytes, ProtocolVersion::V31, &mut BrokenRules::default()) {
            Ok(Packet::Connect(connect)) if is_out && !record.is_undecoded() => connect,
            Err(error) if is_out => {
                if let DecodeErrorKind::UnknownProtocolLevel(_) = error.kind
                    && let Some(level) = level_of(bytes)
                {
                    self.note_level(record, number, level);
                }
                return;
            }
            _ => return,
        };
        let (client_id, clean) = (connect.client_id.to_string_lossy().into_owned(), connect.clean_session);
        let version = connect.version();
        let ends_clean = match version {
            Some(ProtocolVersion::V31 | ProtocolVersion::V311) | None => clean,
            Some(ProtocolVersion::V5) => expires_at_once(connect.properties).unwrap_or(true),
        };
        let has_method = connect.properties.get(PropertyId::AuthenticationMethod).is_some();
        self.take_over(record.connection, client_id, clean);
        if let Some(state) = self.connections.get_mut(record.connection) {
            state.about.connect = Some(number);
            state.is_clean = ends_clean;
            state.has_method = has_method;
        }
        self.learn_version(record.connection, version.map_or(Version::Unknown, Version::Known));
    }

    /// Notes that the client has said that it goes.
    pub(super) fn note_disconnect(&mut self, record: &Record, number: u32) {
        if let Some(state) = self.connections.get_mut(record.connection) {
            state.about.disconnect = Some(number);
        }
        self.note_expiry(record);
    }

    /// CONNACK and DISCONNECT of MQTT 5 can change for how long the session is kept (3.2.2.3.2, 3.14.2.2.2).
    pub(super) fn note_expiry(&mut self, record: &Record) {
        let Some(state) = self.connections.get_mut(record.connection) else { return };
        if state.about.version.is_5()
            && let Ok(packet) =
                BrokenRules::default().decode(self.arena.bytes(record.span), state.about.version)
            && let Some(ends_clean) = expires_at_once(packet.properties())
        {
            state.is_clean = ends_clean;
        }
    }

    /// Begins the exchanges of a connection: with those of the client's earlier one, unless it asks for a clean session.
    fn take_over(&mut self, connection: ConnectionId, client_id: String, clean: bool) {
        // Where the exchanges of that client are, perhaps on this very connection.
        let latest = self.connections.name(connection, client_id);
        let other = latest.filter(|&latest| latest != connection);
        let is_over = |about: &Connection| about.closed.is_some();
        let may_be_taken = match other.and_then(|other| self.connections.get(other)) {
            // A capture that sees a packet on both sides of a NAT has each CONNECT twice before the first answer.
            Some(state) => is_over(&state.about) || !clean && !self.is_seen_twice(state),
            None => true,
        };
        if let Some(latest) = latest.filter(|_| may_be_taken && clean) {
            self.uncolour_all(latest);
        }
        let taken = latest
            .filter(|_| may_be_taken)
            .and_then(|latest| self.connections.with_exchanges(latest, Exchanges::take_messages));
        if let Some(other) = other.filter(|_| !may_be_taken && !clean) {
            self.connections.rename(other);
        }
        let messages = taken.filter(|_| !clean).unwrap_or_default();
        self.connections.with_exchanges(connection, |own| own.resume(messages));
    }

    /// Whether a CONNECT of the same session may be that of this connection, captured on another side.
    fn is_seen_twice(&self, state: &State) -> bool {
        if state.about.source == SourceId::LIVE {
            return false;
        }
        let newest = state.exchanges.newest_connect().and_then(|number| self.records.get(number));
        newest.is_some_and(Record::awaits_answer)
    }

    /// Notes a CONNECT of a level that is not known. Of a connection whose version is known already, as those of this
    /// program are, it tells nothing but of itself.
    fn note_level(&mut self, record: &mut Record, number: u32, level: u8) {
        record.mark_undecoded();
        self.learn_version(record.connection, Version::Level(level));
        if let Some(state) = self.connections.get_mut(record.connection) {
            state.about.connect.get_or_insert(number);
        }
    }
}

/// Whether the session ends with its connection, if a packet says so (MQTT 5, 3.1.2.11.2).
fn expires_at_once(properties: Properties<'_>) -> Option<bool> {
    properties.number(PropertyId::SessionExpiryInterval).map(|secs| secs == 0)
}
