//! Why a proxied connection ended: in the log's words, and in those of the close frame.

use std::borrow::Cow;
use std::fmt;

use super::MAX_MESSAGE_LEN;
use super::frames::{Control, MAX_REASON_LEN, Stop};
use crate::metrics::EndCause;

/// Why a proxied connection ended.
#[derive(Debug)]
pub(super) enum End {
    ClientClosed(Control),
    ClientGone(String),
    ClientSilent,
    TextMessage,
    MessageTooLong,
    ProtocolError(&'static str),
    BrokerUnreachable(String),
    BrokerClosed,
    /// A broker behind a WebSocket has closed it with a frame of its own.
    BrokerClosedSaying(Control),
    BrokerReset(String),
    ShuttingDown,
}

impl End {
    pub(super) fn of_client(stop: Stop) -> Self {
        match stop {
            Stop::Close(control) => Self::ClientClosed(control),
            Stop::Text => Self::TextMessage,
            Stop::TooLong => Self::MessageTooLong,
            Stop::Broken(reason) => Self::ProtocolError(reason),
        }
    }

    /// What to close with (RFC 6455, 7.4): the client's own words, or code and reason; `None` when it is gone.
    pub(super) fn close_frame(&self) -> Option<Control> {
        let (code, reason): (u16, Cow<'_, str>) = match self {
            Self::ClientClosed(control) | Self::BrokerClosedSaying(control) => return Some(*control),
            Self::ClientGone(_) | Self::ClientSilent => return None,
            Self::TextMessage => (UNSUPPORTED, "MQTT needs binary messages, not text".into()),
            Self::MessageTooLong => (SIZE, format!("a message may hold {MAX_MESSAGE_LEN} bytes").into()),
            Self::ProtocolError(reason) => (PROTOCOL, (*reason).into()),
            Self::BrokerUnreachable(reason) => (BAD_GATEWAY, reason.into()),
            Self::BrokerClosed => (NORMAL, "the broker closed the connection".into()),
            Self::BrokerReset(reason) => (ERROR, format!("the broker broke the connection: {reason}").into()),
            Self::ShuttingDown => (AWAY, "the gateway is shutting down".into()),
        };
        Some(Control::close(code, &reason))
    }

    /// What it is counted as.
    pub(super) fn cause(&self) -> EndCause {
        match self {
            Self::ClientClosed(_) => EndCause::ClientClosed,
            Self::ClientGone(_) => EndCause::ClientGone,
            Self::ClientSilent => EndCause::ClientSilent,
            Self::TextMessage => EndCause::TextMessage,
            Self::MessageTooLong => EndCause::MessageTooLong,
            Self::ProtocolError(_) => EndCause::ProtocolError,
            Self::BrokerUnreachable(_) => EndCause::BrokerUnreachable,
            Self::BrokerClosed | Self::BrokerClosedSaying(_) => EndCause::BrokerClosed,
            Self::BrokerReset(_) => EndCause::BrokerReset,
            Self::ShuttingDown => EndCause::ShuttingDown,
        }
    }

    /// The code of the close frame, as an API of WebSockets tells it (RFC 6455, 7.1.5): of what carried none, too.
    pub(super) fn code(&self) -> u16 {
        self.close_frame().map_or(NO_FRAME, |frame| frame.code().unwrap_or(NO_CODE))
    }

    /// What to close a broker's WebSocket with: the client's own words, or that it went away.
    pub(super) fn broker_close_frame(&self) -> Control {
        match self {
            Self::ClientClosed(control) | Self::BrokerClosedSaying(control) => *control,
            Self::ShuttingDown => Control::close(AWAY, "the gateway is shutting down"),
            _ => Control::close(AWAY, "the client is gone"),
        }
    }

    /// Whether the client's frames can be read on until its close frame.
    pub(super) fn leaves_frames(&self) -> bool {
        !matches!(self, Self::MessageTooLong | Self::ProtocolError(_))
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientClosed(control) => match control.code() {
                Some(code) => write!(f, "the client closed with {code}"),
                None => write!(f, "the client closed without a code"),
            },
            Self::ClientGone(reason) => write!(f, "the client is gone: {reason}"),
            Self::ClientSilent => write!(f, "the client is gone: it answers no ping"),
            Self::TextMessage => write!(f, "the client sent a text message"),
            Self::MessageTooLong => write!(f, "the client sent a message that is too long"),
            Self::ProtocolError(reason) => write!(f, "the client broke the WebSocket protocol: {reason}"),
            Self::BrokerUnreachable(reason) => f.write_str(reason),
            Self::BrokerClosed => write!(f, "the broker closed the connection"),
            Self::BrokerClosedSaying(control) => match (control.code(), control.reason()) {
                (Some(code), "") => write!(f, "the broker closed with {code}"),
                (Some(code), reason) => write!(f, "the broker closed with {code}: {reason:?}"),
                (None, _) => write!(f, "the broker closed without a code"),
            },
            Self::BrokerReset(reason) => write!(f, "the broker broke the connection: {reason}"),
            Self::ShuttingDown => write!(f, "the gateway is shutting down"),
        }
    }
}

/// Names the address and the cause within the length of a close reason; a long host name is cut.
pub(super) fn unreachable_reason(address: &str, cause: &str) -> String {
    const START: &str = "cannot connect to the broker at ";
    let cause = truncated(cause, MAX_CAUSE_LEN);
    let room = MAX_REASON_LEN - START.len() - ": ".len() - cause.len();
    if address.len() <= room {
        return format!("{START}{address}: {cause}");
    }
    format!("{START}{}..: {cause}", truncated(address, room - 2))
}

fn truncated(text: &str, len: usize) -> &str {
    &text[..text.floor_char_boundary(len)]
}

/// Leaves a host name of usual length its room.
const MAX_CAUSE_LEN: usize = 60;

// The codes of close frames (RFC 6455, 7.4.1).
const NORMAL: u16 = 1000;
const AWAY: u16 = 1001;
const PROTOCOL: u16 = 1002;
const NO_CODE: u16 = 1005;
const NO_FRAME: u16 = 1006;
const UNSUPPORTED: u16 = 1003;
const SIZE: u16 = 1009;
const ERROR: u16 = 1011;

/// Bad gateway: the registered code for "the server behind me did not answer" (IANA's list for RFC 6455).
const BAD_GATEWAY: u16 = 1014;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_has_the_code_that_the_client_sees() {
        let told = Control::close(4001, "");
        for (end, code) in [
            (End::ClientClosed(told), 4001),
            (End::ClientClosed(Control::default()), 1005),
            (End::ClientSilent, 1006),
            (End::ShuttingDown, 1001),
            (End::BrokerUnreachable(String::new()), 1014),
        ] {
            assert_eq!(end.code(), code, "{end}");
        }
    }

    #[test]
    fn reasons_fit_into_a_close_frame() {
        let reason = unreachable_reason("127.0.0.1:1883", "connection refused");
        assert_eq!(reason, "cannot connect to the broker at 127.0.0.1:1883: connection refused");
        let reason = unreachable_reason(&format!("{}.example:1883", "é".repeat(100)), "no answer in 5 s");
        assert!(reason.len() <= MAX_REASON_LEN && reason.ends_with("..: no answer in 5 s"), "{reason}");
        let reason = unreachable_reason("h:1", &"long ".repeat(60));
        assert!(reason.len() <= MAX_REASON_LEN && reason.contains("h:1"), "{reason}");
    }
}
