//! What is new in MQTT 5: how much a client takes at a time, topic aliases, and messages that expire.

use anyhow::Result;
use mqttscope_proto::session::{ConnectOptions, Publication};
use mqttscope_proto::{PropertyId, Qos, TopicName};
use std::thread;
use std::time::Duration;

use super::retained::arrivals;
use super::sessions::{again, kept};
use super::{ABSENT, Bench, Rule, SILENCE, numbers, topic};
use crate::client::Client;

pub const RULES: &[Rule] = &[
    Rule {
        name: "receive_maximum",
        title: "Five QoS 1 messages for a client with a Receive Maximum of 2 that acknowledges none, and then all",
        clauses: [ABSENT, ABSENT, "[MQTT-3.3.4-9]"],
        specified: [ABSENT, ABSENT, "2, and then all"],
        measure: receive_maximum,
    },
    Rule {
        name: "topic_alias_up",
        title: "Two messages with a topic alias to the server, the second without the topic",
        clauses: [ABSENT, ABSENT, "3.3.2.3.4"],
        specified: [ABSENT, ABSENT, "both delivered"],
        measure: |bench| {
            let (mut client, mut other, topic) = (bench.client()?, bench.other()?, topic());
            if client.limits().topic_alias_maximum == 0 {
                return Ok("the server takes none".to_owned());
            }
            other.subscribe(&topic, Qos::AtLeastOnce)?;
            let alias = numbers(&[(PropertyId::TopicAlias, 1)]);
            for payload in [b"1", b"2"] {
                client.send_message(&Publication {
                    properties: alias.as_properties(),
                    ..Publication::new(TopicName::new(&topic)?, payload, Qos::AtLeastOnce)
                })?;
            }
            client.wait_until_idle()?;
            let messages = other.messages_until_silence(2 * SILENCE)?;
            let ours = messages.iter().filter(|message| message.topic == topic).count();
            Ok(if ours == 2 { "both delivered".to_owned() } else { format!("{ours} of 2 delivered") })
        },
    },
    Rule {
        name: "topic_alias_down",
        title: "Topic aliases of three messages to a client with a Topic Alias Maximum of 5",
        clauses: [ABSENT, ABSENT, "[MQTT-3.1.2-26]"],
        specified: [ABSENT, ABSENT, "none"],
        measure: |bench| {
            let properties = numbers(&[(PropertyId::TopicAliasMaximum, 5)]);
            let options = ConnectOptions { properties, ..bench.options() };
            let (mut client, mut other) = (Client::connect_with(&bench.route, &options)?, bench.other()?);
            let topic = topic();
            client.subscribe(&topic, Qos::AtLeastOnce)?;
            for payload in [b"1", b"2", b"3"] {
                other.publish(&topic, payload, Qos::AtLeastOnce, false)?;
            }
            let messages = client.messages_until_silence(2 * SILENCE)?;
            let aliases: Vec<String> = messages
                .iter()
                .map(|message| message.alias.map_or_else(|| "none".to_owned(), |alias| alias.to_string()))
                .collect();
            let whole = messages.len() == 3 && messages.iter().all(|message| message.topic == topic);
            Ok(match (whole, aliases.iter().all(|alias| alias == "none")) {
                (true, true) => "none".to_owned(),
                (true, false) => format!("aliases {}", aliases.join(", ")),
                (false, _) => format!("not all arrive: aliases {}", aliases.join(", ")),
            })
        },
    },
    Rule {
        name: "maximum_packet_size",
        title: "A message of 500 B and a small one for a client with a Maximum Packet Size of 200",
        clauses: [ABSENT, ABSENT, "[MQTT-3.1.2-24], [MQTT-3.1.2-25]"],
        specified: [ABSENT, ABSENT, "`small`"],
        measure: |bench| {
            let properties = numbers(&[(PropertyId::MaximumPacketSize, 200)]);
            let options = ConnectOptions { properties, ..bench.options() };
            let (mut client, mut other) = (Client::connect_with(&bench.route, &options)?, bench.other()?);
            let topic = topic();
            client.subscribe(&topic, Qos::AtLeastOnce)?;
            other.publish(&topic, &[b'x'; 500], Qos::AtLeastOnce, false)?;
            other.publish(&topic, b"small", Qos::AtLeastOnce, false)?;
            if client.is_closed_within(2 * SILENCE)? {
                return Ok("closed".to_owned());
            }
            let messages = client.messages_until_silence(2 * SILENCE)?;
            let words = messages.iter().map(|message| match message.payload.len() {
                500 => "500 B".to_owned(),
                _ => format!("`{}`", String::from_utf8_lossy(&message.payload)),
            });
            let words: Vec<String> = words.collect();
            Ok(if words.is_empty() { "nothing".to_owned() } else { words.join(", ") })
        },
    },
    Rule {
        name: "message_expiry",
        title: "Message Expiry Interval of 20 s, for a client that was away for 3 s",
        clauses: [ABSENT, ABSENT, "[MQTT-3.3.2-6]"],
        specified: [ABSENT, ABSENT, "counted down"],
        measure: |bench| {
            let messages = stored(bench, 20, Duration::from_secs(3))?;
            Ok(match messages.first() {
                None => "nothing".to_owned(),
                Some(None) => "none".to_owned(),
                Some(Some(secs)) if (10..=18).contains(secs) => "counted down".to_owned(),
                Some(Some(secs)) => format!("{secs} s"),
            })
        },
    },
    Rule {
        name: "message_expiry_added",
        title: "Message Expiry Interval of a message that was published without one",
        clauses: [ABSENT, ABSENT, "3.3.2.3.3"],
        specified: [ABSENT, ABSENT, "none"],
        measure: |bench| {
            let (mut client, mut other, topic) = (bench.client()?, bench.other()?, topic());
            client.subscribe(&topic, Qos::AtLeastOnce)?;
            other.publish(&topic, b"m", Qos::AtLeastOnce, false)?;
            let expiry = client.next_message()?.expiry_secs;
            // It is counted down: a second may have passed on the way.
            let of_whole_minutes = |secs: u32| format!("{} s", u64::from(secs).div_ceil(60) * 60);
            Ok(expiry.map_or_else(|| "none".to_owned(), of_whole_minutes))
        },
    },
    Rule {
        name: "message_expired",
        title: "A message with a Message Expiry Interval of 1 s, for a client that was away for 4 s",
        clauses: [ABSENT, ABSENT, "[MQTT-3.3.2-5]"],
        specified: [ABSENT, ABSENT, "nothing"],
        measure: |bench| {
            let messages = stored(bench, 1, Duration::from_secs(4))?;
            Ok(if messages.is_empty() { "nothing".to_owned() } else { "the message".to_owned() })
        },
    },
    Rule {
        name: "retained_expiry",
        title: "A retained message with a Message Expiry Interval of 3 s, at once and after 7 s",
        clauses: [ABSENT, ABSENT, "3.3.2.3.3"],
        specified: [ABSENT, ABSENT, "`m` with RETAIN, nothing"],
        measure: |bench| {
            let (mut other, topic) = (bench.other()?, topic());
            let properties = numbers(&[(PropertyId::MessageExpiryInterval, 3)]);
            other.send_message(&Publication {
                retain: true,
                properties: properties.as_properties(),
                ..Publication::new(TopicName::new(&topic)?, b"m", Qos::AtLeastOnce)
            })?;
            other.wait_until_idle()?;
            let mut seen = Vec::new();
            for wait in [Duration::ZERO, Duration::from_secs(6)] {
                thread::sleep(wait);
                let mut client = bench.client()?;
                client.subscribe(&topic, Qos::AtLeastOnce)?;
                seen.push(arrivals(&mut client)?);
            }
            Ok(seen.join(", "))
        },
    },
];

fn receive_maximum(bench: &Bench) -> Result<String> {
    const COUNT: usize = 5;
    let properties = numbers(&[(PropertyId::ReceiveMaximum, 2)]);
    let options = ConnectOptions { properties, ..bench.options() };
    let (mut client, mut other) = (Client::connect_with(&bench.route, &options)?, bench.other()?);
    let topic = topic();
    client.subscribe(&topic, Qos::AtLeastOnce)?;
    client.policy_mut().puback = mqttscope_proto::session::AckPolicy::Withhold;
    other.publish(&topic, b"0", Qos::AtLeastOnce, false)?;
    // It has arrived before the others are sent: a broker may pass on together what came together.
    client.next_message()?;
    for number in 1..COUNT {
        other.publish(&topic, number.to_string().as_bytes(), Qos::AtLeastOnce, false)?;
    }
    let before = 1 + client.messages_until_silence(2 * SILENCE)?.len();
    client.policy_mut().puback = mqttscope_proto::session::AckPolicy::Send;
    client.release_withheld()?;
    let all = before + client.messages_until_silence(2 * SILENCE)?.len();
    Ok(if all == COUNT {
        format!("{before}, and then all")
    } else {
        format!("{before}, and then {all} in all")
    })
}

/// The expiry of the messages that a client gets which was away when one was published.
fn stored(bench: &Bench, expiry_secs: u32, away: Duration) -> Result<Vec<Option<u32>>> {
    let (topic, options) = (topic(), kept(bench));
    let mut client = Client::connect_with(&bench.route, &options)?;
    client.subscribe(&topic, Qos::AtLeastOnce)?;
    client.disconnect()?;
    let (mut other, properties) =
        (bench.other()?, numbers(&[(PropertyId::MessageExpiryInterval, expiry_secs)]));
    other.send_message(&Publication {
        properties: properties.as_properties(),
        ..Publication::new(TopicName::new(&topic)?, b"m", Qos::AtLeastOnce)
    })?;
    other.wait_until_idle()?;
    thread::sleep(away);
    let messages = again(bench, &options)?.messages_until_silence(2 * SILENCE)?;
    Ok(messages.into_iter().map(|message| message.expiry_secs).collect())
}
