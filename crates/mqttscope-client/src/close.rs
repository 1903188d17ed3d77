//! How a WebSocket ended, in words: what happened, why, and what to try.

use mqttscope_proto::PacketType;
use mqttscope_text::number;

use crate::client::Probed;
use crate::connection::Phase;

mod codes;
mod unopened;

pub use codes::{code_meaning, return_code_words};

pub use codes::reason_code_words;
use codes::{disconnect_advice, refusal_advice};

/// The end of a WebSocket, and how far it had come.
#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    /// The close code of RFC 6455.
    pub code: u16,
    /// The reason that came with it, often empty.
    pub reason: String,
    /// The cause that this side knows, if it knows one.
    pub local: Option<LocalClose>,
    /// This side has closed it.
    pub is_asked: bool,
    /// The browser has told of its end. Without that nobody waits for the peer any more.
    pub is_answered: bool,
    /// How far it had come: [`Phase::Opening`], [`Phase::AwaitingConnAck`] or [`Phase::Connected`].
    pub phase: Phase,
    /// Milliseconds since the attempt began, or since the WebSocket opened.
    pub after_ms: u64,
    /// Where the WebSocket was to lead.
    pub url: String,
    /// Where the page comes from, empty where that is not known.
    pub page: String,
    /// What was offered, in words.
    pub subprotocols: String,
    /// PINGREQ was withheld on this connection.
    pub withheld: bool,
    /// The keep alive, in seconds.
    pub keep_alive_secs: u16,
    /// Nothing was heard of it since this machine slept, or this page stood still.
    pub pause: Option<Pause>,
    /// What was found out where it did not open.
    pub probed: Option<Probed>,
}

/// A time in which nothing was done, though something was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// How long it was, in milliseconds.
    pub millis: u64,
    /// This machine slept; else the page may have stood still alone.
    pub has_slept: bool,
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
    /// The WebSocket did not open within so many seconds.
    TimedOut(u16),
    /// CONNACK said no, with this return code or reason code, and perhaps in words.
    Refused(u8, Option<String>),
    /// The server's DISCONNECT said so, with this reason code, and perhaps in words (MQTT 5).
    ServerDisconnected(u8, Option<String>),
    /// The answer to a CONNECT of MQTT 5 was the CONNACK of an earlier version, with this return code.
    EarlierVersion(u8),
    /// No CONNACK came, after so many seconds.
    NoConnAck(u64),
    /// CONNECT could not be written.
    NotSent(String),
    /// No answer to PINGREQ, and nothing else, for so many seconds.
    KeepAliveExpired(u16),
    /// PINGREQ could not leave for so many seconds.
    Stuck(u64),
    /// What the peer sent cannot be decoded or breaks the protocol.
    PeerError(String),
}

impl Closed {
    /// Who closed the WebSocket.
    #[must_use]
    pub fn who(&self) -> &'static str {
        match (&self.phase, self.code) {
            _ if self.is_own() => "this page",
            (Phase::Opening, _) | (_, 1006) => "the network or the gateway",
            _ => "the peer",
        }
    }

    /// Whether this side closed it. A page closes with 1000 and without a reason: where the peer has another story, it
    /// was the first to close.
    fn is_own(&self) -> bool {
        self.is_asked && self.reason.is_empty() && matches!(self.code, 1000 | 1005 | 1006)
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
            (_, Some(LocalClose::Dropped)) if self.is_own() => "WebSocket dropped without DISCONNECT by ",
            _ => "WebSocket closed by ",
        };
        let (who, after) = (self.who(), number::span(self.after_ms));
        if !self.is_answered {
            return [verb, who, " after ", &after, "; the peer has not closed it"].concat();
        }
        [verb, who, " after ", &after, ": ", &self.code_words(), &self.reason_words()].concat()
    }

    /// Why it ended, for the status: what happened, why, what to try.
    #[must_use]
    pub fn status_words(&self) -> String {
        match (&self.local, &self.phase) {
            (Some(LocalClose::KeepAliveExpired(_) | LocalClose::Stuck(_)), _) if self.pause.is_some() => {
                [&self.pause_words(), " Connect again."].concat()
            }
            (Some(LocalClose::TimedOut(_) | LocalClose::NoConnAck(_)), _) if self.pause.is_some() => {
                let pause = self.pause.map(|pause| pause.words()).unwrap_or_default();
                [&pause, " before it was connected. Connect again."].concat()
            }
            (Some(local), phase) => local.words(phase, self.is_answered),
            (None, Phase::Connected) => self.lost(),
            (None, Phase::AwaitingConnAck) => self.no_answer(),
            (None, _) => self.not_opened(),
        }
    }

    /// `This machine slept 12 s; the broker gave up.`
    fn pause_words(&self) -> String {
        let Some(pause) = &self.pause else { return String::new() };
        // A broker waits one and a half times the keep alive, of which a part may have passed before.
        let is_over = self.keep_alive_secs > 0 && pause.millis >= u64::from(self.keep_alive_secs) * 500;
        let end = if is_over { "; the broker gave up." } else { "; the connection did not outlive that." };
        [&pause.words(), end].concat()
    }

    fn no_answer(&self) -> String {
        let (who, told, after) = (self.who(), self.told(), number::span(self.after_ms));
        if let Some(pause) = &self.pause {
            return [&pause.words(), " before CONNACK came (", &told, "). Connect again."].concat();
        }
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
        let start = format!("Closed by {} ({}). ", self.who(), self.told());
        if self.pause.is_some() && !self.withheld {
            return [&self.pause_words(), " ", &start, "Connect again."].concat();
        }
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
        [&start, cause].concat()
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

impl Pause {
    fn words(&self) -> String {
        let what = if self.has_slept { "This machine slept " } else { "This page stood still for " };
        [what, &number::span(self.millis)].concat()
    }
}

impl LocalClose {
    fn words(&self, phase: &Phase, is_answered: bool) -> String {
        match self {
            Self::Disconnected if !is_answered => {
                "DISCONNECT was sent; the peer has not closed the WebSocket, and is not waited for.".into()
            }
            Self::Disconnected => "DISCONNECT was sent and the WebSocket closed.".into(),
            Self::Dropped => {
                "Dropped without DISCONNECT: the broker now publishes the will, if there is one.".into()
            }
            Self::GivenUp => "The attempt was given up.".into(),
            Self::TimedOut(secs) => format!(
                "Timed out: the WebSocket did not open within {secs} s. Does a gateway or a broker for WebSockets run \
                 at that host and port?"
            ),
            Self::Refused(code, said) => {
                let (words, advice) = (return_code_words(*code), refusal_advice(*code));
                ["The broker refused: ", &words, ". ", &sentence(said.as_deref()), advice].concat()
            }
            Self::ServerDisconnected(code, said) => {
                let words = reason_code_words(PacketType::Disconnect, *code);
                let advice = disconnect_advice(*code);
                ["The broker ended the connection: ", &words, ". ", &sentence(said.as_deref()), advice]
                    .concat()
            }
            Self::EarlierVersion(code) => {
                let words = return_code_words(*code);
                ["This broker does not speak MQTT 5: it answered in an earlier version, with “", &words]
                    .concat()
                    + "”. Try MQTT 3.1.1."
            }
            Self::NoConnAck(secs) => format!(
                "The WebSocket is open, but no CONNACK came within {secs} s. Is the broker's port the one for MQTT, \
                 often 1883? ActiveMQ's own listener needs subprotocol mqtt."
            ),
            Self::NotSent(words) => format!("CONNECT could not be sent: {words}."),
            Self::KeepAliveExpired(secs) => format!(
                "No PINGRESP within {secs} s, nor anything else, so the connection is dead. Connect again; on a slow \
                 network with a longer keep alive."
            ),
            Self::Stuck(secs) => {
                format!(
                    "Nothing could leave this page for {secs} s, so the connection is dead. Connect again."
                )
            }
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

/// What a server said, with a blank behind it.
fn sentence(said: Option<&str>) -> String {
    said.map(|said| [said, " "].concat()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(code: u16, phase: Phase) -> Closed {
        Closed {
            code,
            reason: String::new(),
            local: None,
            is_asked: false,
            is_answered: true,
            phase,
            after_ms: 40,
            url: "ws://localhost:8001/".into(),
            page: "http://localhost:8001".into(),
            subprotocols: "none".into(),
            withheld: false,
            keep_alive_secs: 60,
            pause: None,
            probed: None,
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
        let dropped =
            Closed { local: Some(LocalClose::Dropped), is_asked: true, ..closed(1000, Phase::Connected) };
        let expected =
            "WebSocket dropped without DISCONNECT by this page after 40 ms: code 1000, normal closure";
        assert_eq!(dropped.event_words(), expected);
    }

    #[test]
    fn who_closed_is_said() {
        assert_eq!(closed(1000, Phase::Connected).who(), "the peer");
        assert_eq!(closed(1006, Phase::Connected).who(), "the network or the gateway");
        let ours = Closed {
            local: Some(LocalClose::Disconnected),
            is_asked: true,
            ..closed(1000, Phase::Connected)
        };
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
            (6, "reserved code (return code 6)"),
            (0x87, "Not authorized (reason code 0x87)"),
            (200, "reserved code (return code 200)"),
        ] {
            let said = LocalClose::Refused(code, None).words(&Phase::AwaitingConnAck, true);
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn what_a_server_of_mqtt_5_says_is_said() {
        let told = Some("It says “later”, and refers to other:1883.".to_owned());
        let refused = LocalClose::Refused(0x9c, told).words(&Phase::AwaitingConnAck, true);
        let expected = "The broker refused: Use another server (reason code 0x9c). It says “later”, and refers to \
                        other:1883. Change the address to go there.";
        assert_eq!(refused, expected);
        let taken_over = LocalClose::ServerDisconnected(0x8e, None).words(&Phase::Connected, true);
        let expected = "The broker ended the connection: Session taken over (reason code 0x8e). Another client has \
                        this client id: connect again with another one, or the two take turns.";
        assert_eq!(taken_over, expected);
        let earlier = LocalClose::EarlierVersion(1).words(&Phase::AwaitingConnAck, true);
        assert!(earlier.starts_with("This broker does not speak MQTT 5"), "{earlier}");
        let unknown = LocalClose::ServerDisconnected(0xfe, None).words(&Phase::Connected, true);
        assert!(unknown.contains("(reason code 0xfe)"), "{unknown}");
    }

    #[test]
    fn unknown_close_codes_are_said_by_number() {
        assert_eq!(closed(2999, Phase::Connected).code_words(), "code 2999");
        assert_eq!(closed(4001, Phase::Connected).code_words(), "code 4001, private to the application");
    }
}
