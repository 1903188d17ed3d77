//! Codes of WebSockets and of CONNACK in words.

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

/// A return code of CONNACK with its number: `5, not authorized`.
#[must_use]
pub fn return_code_words(code: u8) -> String {
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

pub(super) const fn refusal_advice(code: u8) -> &'static str {
    match code {
        1 => "Try the other MQTT version.",
        2 => "Try another client id, of 1 to 23 letters and digits.",
        3 => "ActiveMQ says so of a client id that is in use: try another one. Otherwise try later.",
        4 => "Check username and password.",
        // mosquitto's answer to a wrong password.
        5 => "Check username and password; if they are right, the broker does not let this client in.",
        _ => "The specification does not define this code: the broker's log may say more.",
    }
}
