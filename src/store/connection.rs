//! How the page says where a connection stands.

use mqttscope_client::{ConnectionState, Phase};
use mqttscope_proto::session::ServerLimits;
use mqttscope_proto::{ProtocolVersion, Qos};
use mqttscope_text::{capitalised, number};
use mqttscope_view::VERSIONS;

use super::text::concat;

/// The colour that stands for a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    Off,
    Pending,
    On,
    Failed,
}

impl Light {
    /// The class of the sign that has it.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Off => "dot",
            Self::Pending => "dot pending",
            Self::On => "dot on",
            Self::Failed => "dot failed",
        }
    }
}

/// The state in a word or two.
#[must_use]
pub fn headline(connection: &ConnectionState) -> String {
    match &connection.phase {
        Phase::Ended { .. } if connection.retry.is_some() => "Connection lost".into(),
        Phase::Idle | Phase::Ended { .. } => "Disconnected".into(),
        Phase::Opening | Phase::AwaitingConnAck => "Connecting".into(),
        Phase::Connected => concat(&["Connected as ", name(connection)]),
        Phase::Closing => "Closing".into(),
    }
}

/// What there is to say beyond the headline.
#[must_use]
pub fn detail(connection: &ConnectionState) -> String {
    match &connection.phase {
        Phase::Idle => "Press Connect to open a WebSocket.".into(),
        Phase::Ended { why, .. } => why.clone(),
        Phase::Opening => concat(&["Opening a WebSocket to ", &connection.url]),
        Phase::AwaitingConnAck if connection.authentication.is_some() => ASKS.into(),
        Phase::AwaitingConnAck => "The WebSocket is open, CONNECT was sent, CONNACK is awaited.".into(),
        Phase::Connected => connected(connection),
        Phase::Closing => "Waiting for the peer to close the WebSocket.".into(),
    }
}

/// Where a connection leads, what waits, and whether it goes on though the broker broke a rule.
fn connected(connection: &ConnectionState) -> String {
    let mut said = connection.url.clone();
    if !connection.subprotocol.is_empty() {
        said.extend([" (", &connection.subprotocol, ")"]);
    }
    if let Some(limits) = &connection.limits {
        said.push_str(&allowed(limits));
    }
    if connection.authentication.is_some() {
        said.push_str(". ");
        said.push_str(ASKS);
    }
    if connection.queued > 0 {
        said.push_str(", ");
        said.push_str(&number::counted(connection.queued, " message queued", " messages queued"));
    }
    if connection.has_broken_rule {
        said.push_str(GOES_ON);
    }
    said
}

/// What a server of MQTT 5 allows, as far as it limits anything: `. Receive maximum 20, no shared subscriptions`.
fn allowed(limits: &ServerLimits) -> String {
    let number = |words: &str, number: u32| concat(&[words, &number::grouped(number.into())]);
    let is_less = |available: bool, words: &str| (!available).then(|| words.to_owned());
    let parts = [
        limits.assigned_client_id.as_ref().map(|id| concat(&["Client ID ", id, " by the server"])),
        (limits.receive_maximum < u16::MAX)
            .then(|| number("receive maximum ", limits.receive_maximum.into())),
        limits
            .maximum_packet_size
            .map(|size| concat(&["packets up to ", &number::grouped(size.into()), " B"])),
        (limits.maximum_qos < Qos::ExactlyOnce)
            .then(|| number("QoS up to ", limits.maximum_qos.as_u8().into())),
        (limits.topic_alias_maximum > 0)
            .then(|| number("topic aliases up to ", limits.topic_alias_maximum.into())),
        is_less(limits.retain_available, "no retained messages"),
        is_less(limits.wildcard_subscription_available, "no wildcards"),
        is_less(limits.subscription_identifier_available, "no subscription identifiers"),
        is_less(limits.shared_subscription_available, "no shared subscriptions"),
        limits.server_keep_alive.map(|keep_alive| match keep_alive.as_secs() {
            0 => "keep alive off by the server".to_owned(),
            secs => concat(&["keep alive ", &number::grouped(secs.into()), " s by the server"]),
        }),
        session_expiry(limits.session_expiry_secs),
        limits
            .response_information
            .as_ref()
            .map(|information| concat(&["response information ", information])),
        limits.reason_string.as_ref().map(|reason| concat(&["“", reason, "”"])),
    ];
    let mut said = String::new();
    for part in parts.into_iter().flatten() {
        said.push_str(if said.is_empty() { ". " } else { ", " });
        said.push_str(&if said == ". " { capitalised(&part) } else { part });
    }
    said
}

fn session_expiry(secs: u32) -> Option<String> {
    match secs {
        0 => None,
        u32::MAX => Some("the session never expires".into()),
        secs => Some(concat(&["the session expires after ", &number::grouped(secs.into()), " s"])),
    }
}

/// The version of a connection that is there, or else the one that is chosen for the next.
#[must_use]
pub fn version(connection: &ConnectionState, chosen: ProtocolVersion) -> ProtocolVersion {
    if connection.is_open() { connection.version } else { chosen }
}

/// The version to try where a server has refused one, or hung up on it, by the name of its choice.
#[must_use]
pub fn version_to_try(connection: &ConnectionState) -> Option<&'static str> {
    let version = connection.offered_version.filter(|_| !connection.is_open())?;
    VERSIONS.iter().find(|choice| choice.value == version).map(|choice| choice.name)
}

/// How long it is until a connection that was lost comes back: `try 2 in 00:03`.
#[must_use]
pub fn wait_words(connection: &ConnectionState, now: u64) -> Option<String> {
    let retry = connection.retry?;
    // Rounded up: at 0 it is being tried.
    let secs = retry.at.saturating_sub(now).div_ceil(1_000);
    let number = number::plain(retry.number.into());
    Some(concat(&["try ", &number, " in ", &number::elapsed(secs)]))
}

/// The colour that goes with the headline.
#[must_use]
pub fn light(connection: &ConnectionState) -> Light {
    match connection.phase {
        Phase::Idle => Light::Off,
        Phase::Ended { .. } if connection.retry.is_some() => Light::Pending,
        Phase::Ended { failed: true, .. } => Light::Failed,
        Phase::Ended { .. } => Light::Off,
        Phase::Opening | Phase::AwaitingConnAck | Phase::Closing => Light::Pending,
        Phase::Connected => Light::On,
    }
}

/// The title of the browser's tab: with two tabs side by side it tells which is which. A connection that is saved has a
/// name, which comes first; behind it stands how many `more` of the page are connected.
#[must_use]
pub fn title(connection: &ConnectionState, client_id: &str, saved: &str, more: usize) -> String {
    let (sign, id) = match connection.phase {
        Phase::Connected => ("● ", name(connection)),
        Phase::Ended { .. } if connection.retry.is_some() => ("◌ ", name(connection)),
        Phase::Idle | Phase::Ended { .. } => ("○ ", client_id),
        _ => ("◌ ", name(connection)),
    };
    let separator = if saved.is_empty() { "" } else { " · " };
    let more = if more == 0 { String::new() } else { concat(&[" +", &number::plain(more as u64)]) };
    concat(&[sign, saved, separator, id, &more, " · mqttscope"])
}

fn name(connection: &ConnectionState) -> &str {
    if connection.client_id.is_empty() { "a client without id" } else { &connection.client_id }
}

const ASKS: &str = "The server asks for authentication: answer it in the Authentication card.";
const GOES_ON: &str =
    ". The broker broke a rule (see the log), and the page stays connected: “Close on violation” is off.";

#[cfg(test)]
mod tests {
    use mqttscope_client::Retry;
    use mqttscope_proto::KeepAlive;

    use super::*;

    #[test]
    fn the_title_tells_two_tabs_apart() {
        let mut connection = ConnectionState { client_id: "17".into(), ..ConnectionState::default() };
        assert_eq!(title(&connection, "18", "", 0), "○ 18 · mqttscope");
        connection.phase = Phase::Connected;
        assert_eq!(title(&connection, "18", "", 0), "● 17 · mqttscope");
        assert_eq!(title(&connection, "18", "the plant", 0), "● the plant · 17 · mqttscope");
        assert_eq!(title(&connection, "18", "the plant", 2), "● the plant · 17 +2 · mqttscope");
        assert_eq!(headline(&connection), "Connected as 17");
    }

    #[test]
    fn a_loss_says_when_the_next_try_begins() {
        let mut connection = ConnectionState {
            client_id: "17".into(),
            phase: Phase::Ended { why: "Closed.".into(), failed: true },
            ..ConnectionState::default()
        };
        assert_eq!((wait_words(&connection, 0), light(&connection)), (None, Light::Failed));
        connection.retry = Some(Retry { at: 10_000, number: 2 });
        let wait = |now| wait_words(&connection, now);
        assert_eq!(wait(7_500), Some(concat(&["try 2 in ", &number::elapsed(3)])));
        assert_eq!(wait(12_000), Some(concat(&["try 2 in ", &number::elapsed(0)])));
        assert_eq!((headline(&connection).as_str(), light(&connection)), ("Connection lost", Light::Pending));
        assert_eq!(
            (title(&connection, "18", "", 0), detail(&connection)),
            ("◌ 17 · mqttscope".into(), "Closed.".into())
        );
    }

    #[test]
    fn what_waits_and_what_was_broken_is_said() {
        let url = "ws://h/".into();
        let mut connection = ConnectionState { url, phase: Phase::Connected, ..ConnectionState::default() };
        assert_eq!(detail(&connection), "ws://h/");
        connection.subprotocol = "mqtt".into();
        connection.queued = 1_234;
        assert_eq!(detail(&connection), "ws://h/ (mqtt), 1,234 messages queued");
        connection.queued = 0;
        connection.has_broken_rule = true;
        let words = detail(&connection);
        assert!(words.ends_with("stays connected: “Close on violation” is off."), "{words}");
    }

    #[test]
    fn what_the_server_allows_is_said() {
        let limits = ServerLimits::default();
        assert_eq!(allowed(&limits), "");
        let limits = ServerLimits {
            receive_maximum: 20,
            shared_subscription_available: false,
            server_keep_alive: Some(KeepAlive::from_secs(30)),
            ..limits
        };
        assert_eq!(
            allowed(&limits),
            ". Receive maximum 20, no shared subscriptions, keep alive 30 s by the server"
        );
        let limits = ServerLimits {
            maximum_qos: Qos::AtLeastOnce,
            maximum_packet_size: Some(1_000),
            session_expiry_secs: u32::MAX,
            ..ServerLimits::default()
        };
        assert_eq!(allowed(&limits), ". Packets up to 1,000 B, QoS up to 1, the session never expires");
        let connection = ConnectionState {
            phase: Phase::Connected,
            url: "ws://h/".into(),
            limits: Some(Box::new(limits)),
            ..ConnectionState::default()
        };
        assert!(detail(&connection).starts_with("ws://h/. Packets up to 1,000 B"));
    }

    #[test]
    fn another_version_is_offered_where_one_was_refused() {
        let mut connection = ConnectionState {
            phase: Phase::Ended { why: String::new(), failed: true },
            ..ConnectionState::default()
        };
        assert_eq!(version_to_try(&connection), None);
        for (version, offered) in ProtocolVersion::ALL.into_iter().zip(["3.1", "3.1.1", "5"]) {
            connection.offered_version = Some(version);
            assert_eq!(version_to_try(&connection), Some(offered));
        }
        connection.phase = Phase::Opening;
        assert_eq!(version_to_try(&connection), None);
    }
}
