//! Retained messages.

use anyhow::Result;
use mqttscope_proto::Qos;

use super::{Bench, Rule, SILENCE, topic};
use crate::client::{Client, Received};

pub const RULES: &[Rule] = &[
    Rule {
        name: "retained_later",
        title: "A retained message, for who subscribes later",
        clauses: ["PUBLISH, RETAIN", "[MQTT-3.3.1-8]", "3.3.1.3"],
        specified: ["`m` with RETAIN", "`m` with RETAIN", "`m` with RETAIN"],
        measure: |bench| {
            let topic = topic();
            bench.client()?.publish(&topic, b"m", Qos::AtLeastOnce, true)?;
            later(bench, &topic)
        },
    },
    Rule {
        name: "retained_live",
        title: "The same, for who had subscribed before",
        clauses: ["PUBLISH, RETAIN", "[MQTT-3.3.1-9]", "[MQTT-3.3.1-12]"],
        specified: ["`m`", "`m`", "`m`"],
        measure: |bench| {
            let (topic, mut client) = (topic(), bench.client()?);
            client.subscribe(&topic, Qos::ExactlyOnce)?;
            // HiveMQ and mochi look for what was retained after their SUBACK.
            client.run_for(SILENCE)?;
            bench.other()?.publish(&topic, b"m", Qos::AtLeastOnce, true)?;
            arrivals(&mut client)
        },
    },
    Rule {
        name: "retained_replaced",
        title: "A retained message that replaces another",
        clauses: ["PUBLISH, RETAIN", "[MQTT-3.3.1-5]", "[MQTT-3.3.1-5]"],
        specified: ["`new` with RETAIN", "`new` with RETAIN", "`new` with RETAIN"],
        measure: |bench| {
            let (topic, mut client) = (topic(), bench.client()?);
            client.publish(&topic, b"old", Qos::AtLeastOnce, true)?;
            client.publish(&topic, b"new", Qos::AtLeastOnce, true)?;
            later(bench, &topic)
        },
    },
    Rule {
        name: "retained_cleared",
        title: "A retained message without a payload after another",
        clauses: ["PUBLISH, RETAIN", "[MQTT-3.3.1-10], [MQTT-3.3.1-11]", "[MQTT-3.3.1-6], [MQTT-3.3.1-7]"],
        specified: ["nothing", "nothing", "nothing"],
        measure: |bench| {
            let (topic, mut client) = (topic(), bench.client()?);
            client.publish(&topic, b"old", Qos::AtLeastOnce, true)?;
            client.publish(&topic, b"", Qos::AtLeastOnce, true)?;
            later(bench, &topic)
        },
    },
    Rule {
        name: "retained_cleared_live",
        title: "The same, for who had subscribed before",
        clauses: ["PUBLISH, RETAIN", "[MQTT-3.3.1-10]", "[MQTT-3.3.1-6]"],
        specified: ["an empty message", "an empty message", "an empty message"],
        measure: |bench| {
            let (topic, mut client) = (topic(), bench.client()?);
            client.publish(&topic, b"old", Qos::AtLeastOnce, true)?;
            let mut other = bench.other()?;
            other.subscribe(&topic, Qos::AtLeastOnce)?;
            arrivals(&mut other)?;
            client.publish(&topic, b"", Qos::AtLeastOnce, true)?;
            arrivals(&mut other)
        },
    },
    Rule {
        name: "retained_not_replaced",
        title: "A message without RETAIN after a retained one",
        clauses: ["PUBLISH, RETAIN", "[MQTT-3.3.1-12]", "[MQTT-3.3.1-8]"],
        specified: ["`old` with RETAIN", "`old` with RETAIN", "`old` with RETAIN"],
        measure: |bench| {
            let (topic, mut client) = (topic(), bench.client()?);
            client.publish(&topic, b"old", Qos::AtLeastOnce, true)?;
            client.publish(&topic, b"passing", Qos::AtLeastOnce, false)?;
            later(bench, &topic)
        },
    },
    Rule {
        name: "retained_again",
        title: "A retained message, when its filter is subscribed once more",
        clauses: ["SUBSCRIBE", "[MQTT-3.8.4-3]", "[MQTT-3.3.1-9]"],
        specified: ["`m` with RETAIN", "`m` with RETAIN", "`m` with RETAIN"],
        measure: |bench| {
            let (topic, mut client) = (topic(), bench.client()?);
            client.publish(&topic, b"m", Qos::AtLeastOnce, true)?;
            client.subscribe(&topic, Qos::AtLeastOnce)?;
            arrivals(&mut client)?;
            client.subscribe(&topic, Qos::AtLeastOnce)?;
            arrivals(&mut client)
        },
    },
    Rule {
        name: "retained_qos",
        title: "QoS of a retained message of QoS 2, subscribed at 0, 1, 2",
        clauses: ["PUBLISH, RETAIN", "[MQTT-3.8.4-6]", "[MQTT-3.8.4-8]"],
        specified: ["0, 1, 2", "0, 1, 2", "0, 1, 2"],
        measure: |bench| {
            let topic = topic();
            bench.client()?.publish(&topic, b"m", Qos::ExactlyOnce, true)?;
            let mut levels = Vec::new();
            for qos in Qos::ALL {
                let mut client = bench.other()?;
                client.subscribe(&topic, qos)?;
                let message = client.next_message_within(2 * SILENCE)?;
                levels.push(message.map_or_else(|| "none".to_owned(), |message| message.qos.to_string()));
            }
            Ok(levels.join(", "))
        },
    },
];

/// What a client gets that subscribes now.
fn later(bench: &Bench, topic: &str) -> Result<String> {
    let mut client = bench.client()?;
    client.subscribe(topic, Qos::AtLeastOnce)?;
    arrivals(&mut client)
}

/// What arrives now.
pub(super) fn arrivals(client: &mut Client) -> Result<String> {
    Ok(in_words(&client.messages_until_silence(2 * SILENCE)?))
}

fn in_words(messages: &[Received]) -> String {
    let word = |message: &Received| {
        let text = match &message.payload[..] {
            [] => "an empty message".to_owned(),
            payload => format!("`{}`", String::from_utf8_lossy(payload)),
        };
        if message.retain { format!("{text} with RETAIN") } else { text }
    };
    match messages {
        [] => "nothing".to_owned(),
        messages => messages.iter().map(word).collect::<Vec<_>>().join(", "),
    }
}
