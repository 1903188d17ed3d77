//! How a WebSocket ended, in words: what happened, why, and what to try.

use mqttscope_text::number;

use crate::connection::Phase;

/// The end of a WebSocket, and how far it had come.
#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    /// The close code of RFC 6455.
    pub code: u16,
    /// The reason that came with it, often empty.
    pub reason: String,
    /// Why this side closed it, if it did.
    pub local: Option<LocalClose>,
    /// How far it had come: [`Phase::Opening`], [`Phase::AwaitingConnAck`] or [`Phase::Connected`].
    pub phase: Phase,
    /// Milliseconds since the attempt began, or since the WebSocket opened.
    pub after_ms: u64,
    /// Where the WebSocket was to lead.
    pub url: String,
    /// What was offered, in words.
    pub subprotocols: String,
    /// PINGREQ was withheld on this connection.
    pub withheld: bool,
}

/// Why this side closed a connection.
#[derive(Clone, Debug, PartialEq)]
pub enum LocalClose {
    /// DISCONNECT was sent.
    Disconnected,
    /// The socket was dropped without DISCONNECT, as asked.
    Dropped,
    /// The attempt was given up before it succeeded.
    GivenUp,
    /// CONNACK said no, with this return code.
    Refused(u8),
    /// No CONNACK came, after so many seconds.
    NoConnAck(u64),
    /// CONNECT could not be written.
    NotSent(String),
    /// No answer to PINGREQ within the keep alive, in seconds.
    KeepAliveExpired(u16),
    /// What the peer sent cannot be decoded or breaks the protocol.
    PeerError(String),
}

impl Closed {
    /// Who closed the WebSocket.
    #[must_use]
    pub fn who(&self) -> &'static str {
        match (&self.local, &self.phase, self.code) {
            (Some(_), ..) => "this page",
            (None, Phase::Opening, _) | (None, _, 1006) => "the network or the gateway",
            _ => "the peer",
        }
    }

    /// Whether it was neither asked for nor to be expected.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        !matches!(self.local, Some(LocalClose::Disconnected | LocalClose::Dropped | LocalClose::GivenUp))
    }

    /// The event's line: `WebSocket closed by the peer after 40 ms: code 1000 (normal closure)`.
    #[must_use]
    pub fn event_words(&self) -> String {
        let verb = match (&self.phase, &self.local) {
            (Phase::Opening, _) => "WebSocket not opened; closed by ",
            // A page cannot close without a code, and the one that it has to take says that all was well.
            (_, Some(LocalClose::Dropped)) => "WebSocket dropped without DISCONNECT by ",
            _ => "WebSocket closed by ",
        };
        let (who, after) = (self.who(), number::span(self.after_ms));
        format!("{verb}{who} after {after}: {}{}", self.code_words(), self.reason_words())
    }

    /// Why it ended, for the status: what happened, why, what to try.
    #[must_use]
    pub fn status_words(&self) -> String {
        match (&self.local, &self.phase) {
            (Some(local), phase) => local.words(phase),
            (None, Phase::Connected) => self.lost(),
            (None, Phase::AwaitingConnAck) => self.no_answer(),
            (None, _) => self.not_opened(),
        }
    }

    /// Whatever the cause, a page is told 1006: what it cannot know it must not claim.
    fn not_opened(&self) -> String {
        let path = match path(&self.url) {
            "/" => String::new(),
            path if path.len() > MOST_OF_PATH => "is its path right, ".into(),
            path => format!("is {path} its path, "),
        };
        let offer = if self.subprotocols == "none" {
            "and ask for no subprotocol?".into()
        } else {
            format!("and know “{}”? Else offer none.", self.subprotocols)
        };
        let what = "The WebSocket did not open; the console (F12) says why. Is a gateway there, ";
        format!("{what}{path}does it let this origin in, {offer}")
    }

    fn no_answer(&self) -> String {
        let (who, told, after) = (self.who(), self.told(), number::span(self.after_ms));
        match self.code {
            // The codes that gateways have for a broker that they could not reach.
            1011 | 1014 => format!(
                "The gateway is up, its broker is not ({told}). Start it, or correct its address at the gateway."
            ),
            // Kaazing opens before it has reached the broker, and gives no reason whatever became of that.
            1000 if self.reason.is_empty() => format!(
                "The gateway accepted, but the broker behind it did not answer (closed after {after}, code 1000). \
                 Does it run on its port, often 1883, and take this MQTT version?"
            ),
            _ => format!(
                "Closed without CONNACK after {after} by {who} ({told}). Does the URL lead to MQTT, and does the \
                 broker take this version?"
            ),
        }
    }

    fn lost(&self) -> String {
        let cause = match self.code {
            _ if self.withheld => {
                "As a broker should, since PINGREQ was withheld. Connect again without that to stay connected."
            }
            1001 | 1012 => "It shuts down or restarts. Connect again in a while.",
            1000 | 1006 => {
                "A shutdown, this client id elsewhere, or a packet refused? Connect again, perhaps with another id."
            }
            _ => "Connect again to go on.",
        };
        format!("Closed by {} ({}). {cause}", self.who(), self.told())
    }

    /// The code and the reason that came: `code 1014, “no broker”`.
    fn told(&self) -> String {
        format!("code {}{}", self.code, self.reason_words())
    }

    fn code_words(&self) -> String {
        match code_meaning(self.code) {
            "" => format!("code {}", self.code),
            meaning => format!("code {}, {meaning}", self.code),
        }
    }

    fn reason_words(&self) -> String {
        if self.reason.is_empty() { String::new() } else { format!(", “{}”", self.reason) }
    }
}

impl LocalClose {
    fn words(&self, phase: &Phase) -> String {
        match self {
            Self::Disconnected => "DISCONNECT was sent and the WebSocket closed.".into(),
            Self::Dropped => {
                "Dropped without DISCONNECT: the broker now publishes the will, if there is one.".into()
            }
            Self::GivenUp => "The attempt was given up.".into(),
            Self::Refused(code) => {
                format!("The broker refused: {}. {}", return_code_words(*code), refusal_advice(*code))
            }
            Self::NoConnAck(secs) => format!(
                "The WebSocket is open, but no CONNACK came within {secs} s. Is the broker's port the one for MQTT, \
                 often 1883? ActiveMQ's own listener needs subprotocol mqtt."
            ),
            Self::NotSent(words) => format!("CONNECT could not be sent: {words}."),
            Self::KeepAliveExpired(secs) => format!(
                "No PINGRESP within {secs} s, so the connection is dead. Connect again; on a slow network with a \
                 longer keep alive."
            ),
            Self::PeerError(words) => {
                let advice = match phase {
                    Phase::Connected => "The log shows where.",
                    _ => "Does the URL, and the gateway behind it, lead to a port for MQTT?",
                };
                format!("The peer does not follow MQTT: {words}. {advice}")
            }
        }
    }
}

/// The path of a URL, `/` where it has none.
fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find('?').unwrap_or(rest.len());
    rest[..end].find('/').map_or("/", |start| &rest[start..end])
}

/// The longest path that leaves the advice its room, in bytes.
const MOST_OF_PATH: usize = 12;

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

const fn refusal_advice(code: u8) -> &'static str {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(code: u16, phase: Phase) -> Closed {
        Closed {
            code,
            reason: String::new(),
            local: None,
            phase,
            after_ms: 40,
            url: "ws://localhost:8001/".into(),
            subprotocols: "none".into(),
            withheld: false,
        }
    }

    #[test]
    fn a_gateway_that_names_no_reason_may_not_have_reached_its_broker() {
        let mut kaazing = closed(1000, Phase::AwaitingConnAck);
        let expected = "The gateway accepted, but the broker behind it did not answer (closed after 40 ms, code \
                        1000). Does it run on its port, often 1883, and take this MQTT version?";
        assert_eq!(kaazing.status_words(), expected);
        kaazing.reason = "the broker closed the connection".into();
        let words = kaazing.status_words();
        assert!(
            words.starts_with("Closed without CONNACK after 40 ms by the peer (code 1000, “the br"),
            "{words}"
        );
    }

    #[test]
    fn a_gateway_that_names_the_broker() {
        let mut bad_gateway = closed(1014, Phase::AwaitingConnAck);
        bad_gateway.reason = "127.0.0.1:1883 refused".into();
        let words = bad_gateway.status_words();
        assert!(words.contains("its broker is not (code 1014, “127.0.0.1:1883 refused”)"), "{words}");
    }

    #[test]
    fn a_websocket_that_does_not_open_may_have_several_causes() {
        let mut none = closed(1006, Phase::Opening);
        let words = none.status_words();
        let no_path = "Is a gateway there, does it let this origin in, and ask for no subprotocol?";
        assert!(words.ends_with(no_path), "{words}");
        let event = none.event_words();
        assert!(event.starts_with("WebSocket not opened; closed by the network or the gateway"), "{event}");
        none.subprotocols = "mqtt".into();
        let words = none.status_words();
        assert!(words.ends_with("and know “mqtt”? Else offer none."), "{words}");
    }

    #[test]
    fn a_path_that_may_be_wrong_is_named() {
        let words = |url: &str| Closed { url: url.into(), ..closed(1006, Phase::Opening) }.status_words();
        for (url, said) in [
            ("ws://h:8001/wrongpath", "there, is /wrongpath its path, does it"),
            ("wss://h/a/b?c=/d", "there, is /a/b its path, does it"),
            ("ws://h/a/path/too/long/to/be/said", "there, is its path right, does it"),
            ("ws://h", "there, does it"),
            ("ws://h/?a=/b", "there, does it"),
        ] {
            let words = words(url);
            assert!(words.contains(said), "{words}");
        }
    }

    #[test]
    fn a_connection_that_was_dropped_tells_so() {
        let dropped = Closed { local: Some(LocalClose::Dropped), ..closed(1000, Phase::Connected) };
        let expected =
            "WebSocket dropped without DISCONNECT by this page after 40 ms: code 1000, normal closure";
        assert_eq!(dropped.event_words(), expected);
    }

    #[test]
    fn who_closed_is_said() {
        assert_eq!(closed(1000, Phase::Connected).who(), "the peer");
        assert_eq!(closed(1006, Phase::Connected).who(), "the network or the gateway");
        let ours = Closed { local: Some(LocalClose::Disconnected), ..closed(1000, Phase::Connected) };
        let expected = "WebSocket closed by this page after 40 ms: code 1000, normal closure";
        assert_eq!(ours.event_words(), expected);
    }

    #[test]
    fn refusals_are_said_in_words_and_unknown_ones_by_number() {
        for (code, words) in [
            (1, "unacceptable protocol version"),
            (2, "identifier rejected"),
            (3, "server unavailable"),
            (4, "bad user name or password"),
            (5, "not authorized"),
            (200, "reserved code (return code 200)"),
        ] {
            let said = LocalClose::Refused(code).words(&Phase::AwaitingConnAck);
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn unknown_close_codes_are_said_by_number() {
        assert_eq!(closed(2999, Phase::Connected).code_words(), "code 2999");
        assert_eq!(closed(4001, Phase::Connected).code_words(), "code 4001, private to the application");
    }
}
