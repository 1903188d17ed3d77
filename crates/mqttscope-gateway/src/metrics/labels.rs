//! The values of labels: all of them are known here, and none is a peer's choice.

/// An enum whose variants are the values of one label.
macro_rules! label {
    ($(#[$attribute:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(crate) enum $name {
            $($(#[$about])* $variant,)+
        }

        impl $name {
            /// All values of the label.
            pub(super) const NAMES: &[&str] = &[$($text),+];

            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

label! {
    /// Why a connection or a request was refused.
    Refusal {
        /// Too many connections of one address.
        Address = "address",
        /// Who asks has no password, a wrong one, or no proxy that says who it is.
        Auth = "auth",
        /// The gateway is about to end.
        Draining = "draining",
        /// Too many connections in all.
        Full = "full",
        /// What came to the proxy's path was no handshake of a WebSocket.
        Handshake = "handshake",
        /// The gateway does not answer under that name.
        Host = "host",
        /// The page came from elsewhere.
        Origin = "origin",
    }
}

label! {
    /// Why a WebSocket ended.
    EndCause {
        BrokerClosed = "broker_closed",
        BrokerReset = "broker_reset",
        BrokerUnreachable = "broker_unreachable",
        ClientClosed = "client_closed",
        ClientGone = "client_gone",
        ClientSilent = "client_silent",
        MessageTooLong = "message_too_long",
        ProtocolError = "protocol_error",
        ShuttingDown = "shutting_down",
        TextMessage = "text_message",
    }
}

label! {
    /// Why the broker was not reached.
    ConnectFailure {
        /// Its host has no address.
        Name = "name",
        /// Nothing listens.
        Refused = "refused",
        /// Nothing answered.
        Timeout = "timeout",
        /// No TLS came to be: its certificate is not trusted, or it speaks none.
        Tls = "tls",
        /// It refused the WebSocket.
        WebSocket = "websocket",
        /// Whatever else the network or the system said.
        Other = "other",
    }
}

/// The codes of close frames that are told apart (RFC 6455, 7.4.1, and IANA's list); a client may send any number.
pub(super) const CLOSE_CODES: &[&str] = &[
    "1000", "1001", "1002", "1003", "1005", "1006", "1007", "1008", "1009", "1010", "1011", "1012", "1013",
    "1014", OTHER_CODE,
];

/// The label for a code.
pub(super) fn close_code(code: u16) -> &'static str {
    let known = CLOSE_CODES.iter().find(|known| known.parse() == Ok(code));
    known.copied().unwrap_or(OTHER_CODE)
}

const OTHER_CODE: &str = "other";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_client_can_make_a_label() {
        assert_eq!(close_code(1000), "1000");
        assert_eq!(close_code(1014), "1014");
        for code in [0, 999, 1004, 1015, 3000, 4999, u16::MAX] {
            assert_eq!(close_code(code), "other");
        }
    }
}
