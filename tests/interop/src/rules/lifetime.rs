//! What is new in MQTT 5 of connections: what CONNACK says, how long sessions and wills wait, how a server ends a
//! connection.

use anyhow::{Context, Result};
use mqttscope_proto::session::{ConnectOptions, WillOptions};
use mqttscope_proto::{KeepAlive, PacketType, Properties, PropertyId, PropertyValue, Qos, ReasonCode};
use std::thread;
use std::time::{Duration, Instant};

use super::connecting::in_words;
use super::retained::arrivals;
use super::sessions::{again, kept};
use super::{ABSENT, Bench, LAST_SILENCE, Rule, SILENCE, numbers, topic};
use crate::client::Client;

pub const RULES: &[Rule] = &[
    Rule {
        name: "connack_limits",
        title: "What CONNACK says of the server's limits",
        clauses: [ABSENT, ABSENT, "3.2.2.3"],
        specified: [ABSENT, ABSENT, "no topic aliases"],
        measure: |bench| Ok(limits(&bench.client()?)),
    },
    Rule {
        name: "assigned_client_id",
        title: "The client id that CONNACK assigns to a client without one",
        clauses: [ABSENT, ABSENT, "[MQTT-3.1.3-7], [MQTT-3.2.2-16]"],
        specified: [ABSENT, ABSENT, "one of its own for each"],
        measure: |bench| {
            let options = ConnectOptions { client_id: String::new(), ..bench.options() };
            let first = Client::connect_with(&bench.route, &options)?;
            let second = Client::connect_with(&bench.route, &options)?;
            let ids = [&first, &second].map(|client| client.limits().assigned_client_id.clone());
            Ok(match ids {
                [Some(first), Some(second)] if first != second => "one of its own for each".to_owned(),
                [None, None] => "none".to_owned(),
                ids => format!("{ids:?}"),
            })
        },
    },
    Rule {
        name: "authentication_method_unknown",
        title: "CONNECT with an Authentication Method that the server has not got",
        clauses: [ABSENT, ABSENT, "[MQTT-4.12.0-1]"],
        specified: [ABSENT, ABSENT, "refused with 0x8C"],
        measure: |bench| {
            let mut options = bench.options();
            let method = PropertyValue::Text("none-of-yours".into());
            options.properties.push(PropertyId::AuthenticationMethod, method)?;
            Ok(in_words(&Client::try_connect(&bench.route, &options)?, bench.version))
        },
    },
    Rule {
        name: "response_information",
        title: "Response Information in CONNACK for a client that asks for it",
        clauses: [ABSENT, ABSENT, "3.1.2.11.6, 3.2.2.3.15"],
        specified: [ABSENT, ABSENT, "none"],
        measure: |bench| {
            let properties = numbers(&[(PropertyId::RequestResponseInformation, 1)]);
            let options = ConnectOptions { properties, ..bench.options() };
            let client = Client::connect_with(&bench.route, &options)?;
            let information = client.limits().response_information.clone();
            Ok(information.map_or_else(|| "none".to_owned(), |text| format!("`{text}`")))
        },
    },
    Rule {
        name: "problem_information",
        title: "Reason Strings in PUBACK, SUBACK and UNSUBACK for a client with Request Problem Information 0",
        clauses: [ABSENT, ABSENT, "[MQTT-3.1.2-29]"],
        specified: [ABSENT, ABSENT, "none"],
        measure: |bench| {
            let properties = numbers(&[(PropertyId::RequestProblemInformation, 0)]);
            let options = ConnectOptions { properties, ..bench.options() };
            let mut client = Client::connect_with(&bench.route, &options)?;
            let topic = topic();
            client.publish(&topic, b"m", Qos::AtLeastOnce, false)?;
            client.subscribe(&topic, Qos::AtLeastOnce)?;
            client.unsubscribe(&topic)?;
            client.unsubscribe(&topic)?;
            let mut with_reason = Vec::new();
            for packet_type in [PacketType::PubAck, PacketType::SubAck, PacketType::UnsubAck] {
                let packet = client.newest(packet_type).with_context(|| format!("no {packet_type}"))?;
                let has_reason = packet.properties().text(PropertyId::ReasonString).is_some();
                with_reason.extend(has_reason.then(|| packet_type.to_string()));
            }
            Ok(if with_reason.is_empty() { "none".to_owned() } else { with_reason.join(", ") })
        },
    },
    Rule {
        name: "session_expiry_0",
        title: "Session present after a connection without Session Expiry Interval, and without Clean Start",
        clauses: [ABSENT, ABSENT, "3.1.2.11.2"],
        specified: [ABSENT, ABSENT, "no"],
        measure: |bench| {
            let options = ConnectOptions { clean_session: false, ..bench.options() };
            session_after(bench, &options, Duration::from_millis(500))
        },
    },
    Rule {
        name: "session_expiry",
        title: "Session present 0.5 s and 6 s after the end of a connection with a Session Expiry Interval of 2 s",
        clauses: [ABSENT, ABSENT, "[MQTT-3.1.2-23]"],
        specified: [ABSENT, ABSENT, "yes, no"],
        measure: |bench| {
            let properties = numbers(&[(PropertyId::SessionExpiryInterval, 2)]);
            let options = ConnectOptions { clean_session: false, properties, ..bench.options() };
            let soon = session_after(bench, &options, Duration::from_millis(500))?;
            Ok(format!("{soon}, {}", session_after(bench, &options, Duration::from_secs(6))?))
        },
    },
    Rule {
        name: "session_expiry_at_disconnect",
        title: "Session present after a DISCONNECT that sets the Session Expiry Interval to 0",
        clauses: [ABSENT, ABSENT, "3.14.2.2.2"],
        specified: [ABSENT, ABSENT, "no"],
        measure: |bench| {
            let options = kept(bench);
            let properties = numbers(&[(PropertyId::SessionExpiryInterval, 0)]);
            let client = Client::connect_with(&bench.route, &options)?;
            client.disconnect_with(ReasonCode::SUCCESS, properties.as_properties())?;
            thread::sleep(Duration::from_millis(500));
            Ok(yes_or_no(again(bench, &options)?.session_present()))
        },
    },
    Rule {
        name: "will_delay",
        title: "The will with a Will Delay Interval of 3 s when the socket is lost",
        clauses: [ABSENT, ABSENT, "[MQTT-3.1.3-9]"],
        specified: [ABSENT, ABSENT, "after 3 s"],
        measure: |bench| {
            let (mut watcher, options) = delayed_will(bench, 3)?;
            drop(Client::connect_with(&bench.route, &options)?);
            let started = Instant::now();
            let will = watcher.next_message_within(Duration::from_secs(9))?;
            let seconds = started.elapsed().as_secs_f32();
            Ok(match will {
                None => "nothing".to_owned(),
                // Brokers count whole seconds, and look once in a second or less often.
                Some(_) if (2.0..8.0).contains(&seconds) => "after 3 s".to_owned(),
                Some(_) => format!("after {seconds:.1} s"),
            })
        },
    },
    Rule {
        name: "will_delay_cancelled",
        title: "The same when the client is back in time",
        clauses: [ABSENT, ABSENT, "[MQTT-3.1.3-9]"],
        specified: [ABSENT, ABSENT, "nothing"],
        measure: |bench| {
            let (mut watcher, options) = delayed_will(bench, 3)?;
            drop(Client::connect_with(&bench.route, &options)?);
            thread::sleep(Duration::from_millis(500));
            let options = ConnectOptions { will: None, ..options };
            let _back = again(bench, &options)?;
            watcher.run_for(Duration::from_secs(6))?;
            arrivals(&mut watcher)
        },
    },
    Rule {
        name: "disconnect_with_will",
        title: "The will after DISCONNECT with 0x04",
        clauses: [ABSENT, ABSENT, "[MQTT-3.1.2-10]"],
        specified: [ABSENT, ABSENT, "`gone`"],
        measure: |bench| {
            let (mut watcher, options) = delayed_will(bench, 0)?;
            let client = Client::connect_with(&bench.route, &options)?;
            client.disconnect_with(ReasonCode(0x04), Properties::NONE)?;
            arrivals(&mut watcher)
        },
    },
    Rule {
        name: "taken_over",
        title: "What a client is told whose client id another one takes over",
        clauses: [ABSENT, ABSENT, "[MQTT-3.1.4-3]"],
        specified: [ABSENT, ABSENT, "DISCONNECT 0x8E"],
        measure: |bench| {
            let options = bench.options();
            let mut first = Client::connect_with(&bench.route, &options)?;
            let _second = Client::connect_with(&bench.route, &options)?;
            first.is_closed_within(4 * SILENCE)?;
            Ok(farewell(&first))
        },
    },
    Rule {
        name: "keep_alive_told",
        title: "What a client with a keep alive of 2 s is told that falls silent",
        clauses: [ABSENT, ABSENT, "[MQTT-3.1.2-22], 4.13.1"],
        specified: [ABSENT, ABSENT, "DISCONNECT 0x8D"],
        measure: |bench| {
            let options = ConnectOptions { keep_alive: KeepAlive::from_secs(2), ..bench.options() };
            let mut client = Client::connect_with(&bench.route, &options)?;
            client.policy_mut().withhold_pingreq = true;
            client.is_closed_within(LAST_SILENCE)?;
            Ok(farewell(&client))
        },
    },
    Rule {
        name: "second_connect_told",
        title: "What a client is told that sends CONNECT again",
        clauses: [ABSENT, ABSENT, "[MQTT-3.1.0-2], 4.13.1"],
        specified: [ABSENT, ABSENT, "DISCONNECT 0x82"],
        measure: |bench| {
            let mut client = bench.client()?;
            let connect = b"\x10\x10\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x03two";
            client.send_raw(connect)?;
            client.is_closed_within(4 * SILENCE)?;
            Ok(farewell(&client))
        },
    },
    Rule {
        name: "malformed_told",
        title: "What a client is told that sends a SUBSCRIBE with reserved bits",
        clauses: [ABSENT, ABSENT, "[MQTT-3.8.1-1], 4.13.1"],
        specified: [ABSENT, ABSENT, "DISCONNECT 0x81"],
        measure: |bench| {
            let mut client = bench.client()?;
            client.send_raw(b"\x8a\x09\x00\x07\x00\x00\x03a/b\x00")?;
            client.is_closed_within(4 * SILENCE)?;
            Ok(farewell(&client))
        },
    },
];

/// What a server says of itself in CONNACK, as far as it limits a client.
fn limits(client: &Client) -> String {
    let limits = client.limits();
    let mut words = Vec::new();
    if limits.receive_maximum < u16::MAX {
        words.push(format!("Receive Maximum {}", limits.receive_maximum));
    }
    if limits.maximum_qos < Qos::ExactlyOnce {
        words.push(format!("Maximum QoS {}", limits.maximum_qos.as_u8()));
    }
    if let Some(size) = limits.maximum_packet_size {
        words.push(format!("Maximum Packet Size {size}"));
    }
    // There are none unless the server says so.
    words.push(match limits.topic_alias_maximum {
        0 => "no topic aliases".to_owned(),
        maximum => format!("Topic Alias Maximum {maximum}"),
    });
    if let Some(keep_alive) = limits.server_keep_alive {
        words.push(format!("Server Keep Alive {}", keep_alive.as_secs()));
    }
    for (is_available, what) in [
        (limits.retain_available, "retained messages"),
        (limits.wildcard_subscription_available, "wildcards"),
        (limits.subscription_identifier_available, "subscription identifiers"),
        (limits.shared_subscription_available, "shared subscriptions"),
    ] {
        if !is_available {
            words.push(format!("no {what}"));
        }
    }
    words.join(", ")
}

/// Whether the server still has the session of a client that comes back after a while.
fn session_after(bench: &Bench, options: &ConnectOptions, away: Duration) -> Result<String> {
    Client::connect_with(&bench.route, options)?.disconnect()?;
    thread::sleep(away);
    Ok(yes_or_no(again(bench, options)?.session_present()))
}

/// A client that waits for a will, and the options of the one whose will it is and whose session outlives its connection.
fn delayed_will(bench: &Bench, delay_secs: u32) -> Result<(Client, ConnectOptions)> {
    let (mut watcher, topic) = (bench.other()?, topic());
    watcher.subscribe(&topic, Qos::AtLeastOnce)?;
    let properties = numbers(&[(PropertyId::WillDelayInterval, delay_secs)]);
    let will =
        WillOptions { topic, message: b"gone".to_vec(), qos: Qos::AtLeastOnce, retain: false, properties };
    Ok((watcher, ConnectOptions { will: Some(will), ..kept(bench) }))
}

/// How the server has ended a connection.
fn farewell(client: &Client) -> String {
    match client.server_reason() {
        Some(reason) => format!("DISCONNECT 0x{:02X}", reason.0),
        None if client.is_closed() => "closed without a word".to_owned(),
        None => "nothing".to_owned(),
    }
}

pub(super) fn yes_or_no(is_so: bool) -> String {
    if is_so { "yes".to_owned() } else { "no".to_owned() }
}
