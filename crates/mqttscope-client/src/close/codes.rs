//! Codes of WebSockets, of CONNACK and of DISCONNECT in words.

use mqttscope_proto::{PacketType, ReasonCode};

/// A close code's meaning (RFC 6455, 7.4.1, and the registry that it opens), empty if it has none.
#[must_use]
pub const fn code_meaning(code: u16) -> &'static str {
    match code {
        1000 => "normal closure",
        1001 => "going away",
        1002 => "protocol error",
        1003 => "unsupported data",
        1005 => "no code given",
        1006 => "abnormal closure",
        1007 => "invalid data",
        1008 => "policy violation",
        1009 => "message too big",
        1010 => "extension missing",
        1011 => "internal error",
        1012 => "service restart",
        1013 => "try again later",
        1014 => "bad gateway",
        1015 => "TLS handshake failed",
        3000..=3999 => "registered by a library",
        4000..=4999 => "private to the application",
        _ => "",
    }
}

/// A return code of CONNACK with its number: `not authorized (return code 5)`. From 0x80 on it is a reason code of MQTT 5, if it
/// is one there: some brokers send those to clients of other versions too.
#[must_use]
pub fn return_code_words(code: u8) -> String {
    if ReasonCode(code).is_error() && ReasonCode(code).any_name().is_some() {
        return reason_code_words(PacketType::ConnAck, code);
    }
    let meaning = match code {
        0 => "accepted",
        1 => "unacceptable protocol version",
        2 => "identifier rejected",
        3 => "server unavailable",
        4 => "bad user name or password",
        5 => "not authorized",
        _ => "reserved code",
    };
    format!("{meaning} (return code {code})")
}

/// A reason code of MQTT 5 with its number: `Not authorized (reason code 0x87)`.
#[must_use]
pub fn reason_code_words(packet_type: PacketType, code: u8) -> String {
    let code = ReasonCode(code);
    let meaning = code.name(packet_type).or_else(|| code.any_name()).unwrap_or("undefined code");
    format!("{meaning} (reason code {code})")
}

/// What to do about a DISCONNECT of the server.
pub(super) const fn disconnect_advice(code: u8) -> &'static str {
    match code {
        0x81 | 0x82 | 0x93 | 0x94 | 0x95 => {
            "It holds this page to be at fault: the log shows what was sent last."
        }
        0x87 => "The broker does not allow this client what it did last.",
        0x89 | 0x8b | 0x96 | 0x97 | 0x9f | 0xa0 => "Connect again in a while.",
        0x8d => "Nothing came from this page in time. Connect again.",
        // By itself it would throw the other one out, and so on for ever.
        0x8e => "Another client has this client id: connect again with another one, or the two take turns.",
        0x9a | 0x9b | 0x9e | 0xa1 | 0xa2 => "What this page did last is none of the broker's features.",
        0x9c | 0x9d => "Change the address to go there.",
        _ => "Connect again to go on.",
    }
}

/// What to do about a refusal.
pub(super) const fn refusal_advice(code: u8) -> &'static str {
    match code {
        1 => "Try another MQTT version.",
        0x81 | 0x82 => "It holds the CONNECT to be at fault: do its properties keep the rules?",
        0x84 => "Try another MQTT version.",
        0x85 => "Try another client id.",
        0x86 => "Check username and password.",
        0x87 => "Check username and password; if they are right, the broker does not let this client in.",
        0x88 | 0x89 | 0x97 | 0x9f => "Try later.",
        0x8a => "The broker's administrator has banned this client.",
        0x8c => "The broker does not know the authentication method.",
        0x90 | 0x95 | 0x99..=0x9b => "Connect without a will, or with another one.",
        0x9c | 0x9d => "Change the address to go there.",
        0x80..=0xff if ReasonCode(code).any_name().is_some() => "The broker's log may say more.",
        2 => "Try another client id, of 1 to 23 letters and digits.",
        3 => "ActiveMQ says so of a client id that is in use: try another one. Otherwise try later.",
        4 => "Check username and password.",
        // mosquitto's answer to a wrong password.
        5 => "Check username and password; if they are right, the broker does not let this client in.",
        _ => "The specification does not define this code: the broker's log may say more.",
    }
}
