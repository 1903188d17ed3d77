//! What a TCP connection speaks, as far as its first bytes tell: MQTT, MQTT over WebSocket, TLS, or something else.

use mqttscope_proto::FixedHeader;

use super::websocket::{self, Handshake};
use crate::store::{CONNECT_NAMES, Version};

/// What is known of a connection that is not recognised yet.
pub(super) struct Seen<'a> {
    /// The first bytes of the client, and of the server.
    pub(super) client: &'a [u8],
    pub(super) server: &'a [u8],
    /// The capture holds its beginning.
    pub(super) from_start: bool,
    /// MQTT is spoken at this server.
    pub(super) is_mqtt_server: bool,
    /// Nothing more comes.
    pub(super) at_end: bool,
}

/// What a connection speaks.
pub(super) enum Speech {
    /// That will be seen later.
    Unknown,
    Mqtt,
    WebSocket(Handshake),
    Tls,
    Other,
}

impl Seen<'_> {
    /// Says what the connection speaks.
    pub(super) fn speech(&self) -> Speech {
        let by_place = match (self.is_mqtt_server, self.from_start) {
            (true, _) => Speech::Mqtt,
            (false, true) => Speech::Other,
            // Where it began in the middle, another connection may tell what is spoken there.
            (false, false) if self.at_end => Speech::Other,
            (false, false) => Speech::Unknown,
        };
        match is_connect(self.client) {
            Some(true) => return Speech::Mqtt,
            None if !self.at_end && self.server.is_empty() => return Speech::Unknown,
            None if !self.at_end && self.client.is_empty() && !self.is_mqtt_server => return Speech::Unknown,
            _ => {}
        }
        if is_tls(self.client) || is_tls(self.server) {
            return Speech::Tls;
        }
        if self.is_http() {
            return match websocket::handshake(self.client, self.server) {
                Some(Some(handshake)) => Speech::WebSocket(handshake),
                None if !self.at_end => Speech::Unknown,
                _ => Speech::Other,
            };
        }
        if !self.from_start && websocket::holds_mqtt(self.client) {
            return Speech::WebSocket(Handshake::default());
        }
        by_place
    }

    fn is_http(&self) -> bool {
        METHODS.iter().any(|method| self.client.starts_with(method)) || self.server.starts_with(b"HTTP/1.")
    }
}

/// Whether bytes begin with a CONNECT of a known name, `None` as long as it may still be one.
pub(super) fn is_connect(bytes: &[u8]) -> Option<bool> {
    let header = match FixedHeader::decode(bytes, Version::Unknown.layout()) {
        Ok(Some(header)) => header,
        Ok(None) if bytes.first().is_none_or(|&byte| byte == CONNECT) => return None,
        _ => return Some(false),
    };
    if header.first_byte != CONNECT {
        return Some(false);
    }
    let body = &bytes[header.len..];
    let is_name = |name: &[u8]| {
        let len = name.len().min(body.len());
        body[..len] == name[..len]
    };
    let name = CONNECT_NAMES.into_iter().find(|name| is_name(name));
    match name {
        Some(name) if body.len() < name.len() => None,
        name => Some(name.is_some()),
    }
}

/// Whether bytes begin with a record of TLS (RFC 8446, 5.1).
fn is_tls(bytes: &[u8]) -> bool {
    match bytes {
        [kind @ 0x14..=0x17, 3, 0..=4, high, low, ..] => {
            let len = u16::from_be_bytes([*high, *low]);
            // A handshake begins with a hello of a known kind, wherever the record ends.
            let is_kind = *kind != 0x16 || bytes.get(5).is_none_or(|message| *message <= 24);
            (1..=MAX_RECORD).contains(&len) && is_kind
        }
        _ => false,
    }
}

const CONNECT: u8 = 0x10;
const METHODS: [&[u8]; 6] = [b"GET ", b"HEAD ", b"POST ", b"PUT ", b"OPTIONS ", b"CONNECT "];
/// The longest record that is encrypted (RFC 5246, 6.2.3).
const MAX_RECORD: u16 = (1 << 14) + 2048;
