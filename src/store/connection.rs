//! How the page says where a connection stands.

use mqttscope_client::{ConnectionState, Phase};
use mqttscope_text::number;

use super::text::concat;

/// The colour that stands for a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    Off,
    Pending,
    On,
    Failed,
}

/// The state in a word or two.
#[must_use]
pub fn headline(connection: &ConnectionState) -> String {
    match &connection.phase {
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
    if connection.queued > 0 {
        said.push_str(", ");
        said.push_str(&number::counted(connection.queued, " message queued", " messages queued"));
    }
    if connection.has_broken_rule {
        said.push_str(GOES_ON);
    }
    said
}

/// The colour that goes with the headline.
#[must_use]
pub fn light(connection: &ConnectionState) -> Light {
    match connection.phase {
        Phase::Idle => Light::Off,
        Phase::Ended { failed: true, .. } => Light::Failed,
        Phase::Ended { .. } => Light::Off,
        Phase::Opening | Phase::AwaitingConnAck | Phase::Closing => Light::Pending,
        Phase::Connected => Light::On,
    }
}

/// The title of the browser's tab: with two tabs side by side it tells which is which.
#[must_use]
pub fn title(connection: &ConnectionState, client_id: &str) -> String {
    let (sign, id) = match connection.phase {
        Phase::Connected => ("● ", name(connection)),
        Phase::Idle | Phase::Ended { .. } => ("○ ", client_id),
        _ => ("◌ ", name(connection)),
    };
    concat(&[sign, id, " · mqttscope"])
}

fn name(connection: &ConnectionState) -> &str {
    if connection.client_id.is_empty() { "a client without id" } else { &connection.client_id }
}

const GOES_ON: &str =
    ". The broker broke a rule (see the log), and the page stays connected: “Close on violation” is off.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_tells_two_tabs_apart() {
        let mut connection = ConnectionState { client_id: "17".into(), ..ConnectionState::default() };
        assert_eq!(title(&connection, "18"), "○ 18 · mqttscope");
        connection.phase = Phase::Connected;
        assert_eq!(title(&connection, "18"), "● 17 · mqttscope");
        assert_eq!(headline(&connection), "Connected as 17");
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
}
