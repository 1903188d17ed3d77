//! SUBSCRIBE, PUBLISH, and what arrives.

use anyhow::{Result, ensure};
use mqttscope_proto::{Packet, Properties, ProtocolVersion, PubRel, Publish, Qos};
use std::time::Duration;

use super::{Bench, Rule, SILENCE, topic, unique};
use crate::client::{Client, encode};

pub const RULES: &[Rule] = &[
    Rule {
        name: "qos_granted",
        title: "Granted QoS for a SUBSCRIBE that asks for 0, 1 and 2",
        clauses: ["SUBACK", "[MQTT-3.8.4-6]", "[MQTT-3.8.4-8]"],
        specified: ["0, 1, 2", "0, 1, 2", "0, 1, 2"],
        measure: |bench| {
            let mut client = bench.client()?;
            let granted: Result<Vec<String>> =
                Qos::ALL.iter().map(|qos| Ok(client.subscribe(&topic(), *qos)?.to_string())).collect();
            Ok(granted?.join(", "))
        },
    },
    Rule {
        name: "qos_up",
        title: "QoS of the delivery, published at 0, 1, 2 by the tested client, subscribed at 0, 1, 2",
        clauses: ["SUBSCRIBE", "[MQTT-3.8.4-6]", "[MQTT-3.8.4-8]"],
        specified: [LOWER_OF_BOTH, LOWER_OF_BOTH, LOWER_OF_BOTH],
        measure: |bench| qos_matrix(&mut bench.client()?, &mut bench.other()?),
    },
    Rule {
        name: "qos_down",
        title: "The same, received by the tested client",
        clauses: ["SUBSCRIBE", "[MQTT-3.8.4-6]", "[MQTT-3.8.4-8]"],
        specified: [LOWER_OF_BOTH, LOWER_OF_BOTH, LOWER_OF_BOTH],
        measure: |bench| qos_matrix(&mut bench.other()?, &mut bench.client()?),
    },
    Rule {
        name: "overlapping",
        title: "One message for two filters of one client, subscribed at QoS 1 and 2",
        clauses: ["SUBSCRIBE", "[MQTT-3.3.5-1]", "[MQTT-3.3.4-2]"],
        specified: ["once at QoS 2", "once at QoS 2", "once at QoS 2"],
        measure: |bench| {
            let (mut client, mut other) = (bench.client()?, bench.other()?);
            let topic = topic();
            client.subscribe(&format!("{topic}/#"), Qos::AtLeastOnce)?;
            client.subscribe(&format!("{topic}/+"), Qos::ExactlyOnce)?;
            other.publish(&format!("{topic}/x"), b"m", Qos::ExactlyOnce, false)?;
            deliveries(&mut client)
        },
    },
    Rule {
        name: "subscribed_twice",
        title: "One message for a filter that was subscribed twice, at QoS 2 and then 0",
        clauses: ["SUBSCRIBE", "[MQTT-3.8.4-3]", "[MQTT-3.8.4-3]"],
        specified: ["once at QoS 0", "once at QoS 0", "once at QoS 0"],
        measure: |bench| {
            let (mut client, mut other) = (bench.client()?, bench.other()?);
            let topic = topic();
            client.subscribe(&topic, Qos::ExactlyOnce)?;
            client.subscribe(&topic, Qos::AtMostOnce)?;
            other.publish(&topic, b"m", Qos::ExactlyOnce, false)?;
            deliveries(&mut client)
        },
    },
    Rule {
        name: "wildcards",
        title: "Filters `a/#`, `a/+`, `+/b` for the topics `a`, `a/b`, `/b`",
        clauses: ["Topic wildcards", "[MQTT-4.7.1-2], [MQTT-4.7.1-3]", "[MQTT-4.7.1-1], [MQTT-4.7.1-2]"],
        specified: [WILDCARDS, WILDCARDS, WILDCARDS],
        measure: wildcards,
    },
    Rule {
        name: "dollar_topics",
        title: "A message to `$a/b`, for who subscribed to `$a/b` and who subscribed to `+/b`",
        clauses: ["Topic wildcards", "[MQTT-4.7.2-1]", "[MQTT-4.7.2-1]"],
        specified: ["delivered, delivered", "delivered, not delivered", "delivered, not delivered"],
        measure: |bench| {
            let own = unique("a");
            let name = format!("$a/{own}");
            let mut fates = Vec::new();
            for filter in [&name, &format!("+/{own}")] {
                let mut client = bench.client()?;
                client.subscribe(filter, Qos::AtMostOnce)?;
                let mut other = bench.other()?;
                let published = other.publish(&name, b"m", Qos::AtLeastOnce, false);
                if other.is_closed_within(Duration::ZERO)? {
                    fates.push("the publisher is closed");
                    continue;
                }
                published?;
                let is_delivered = client.next_message_within(2 * SILENCE)?.is_some();
                fates.push(if is_delivered { "delivered" } else { "not delivered" });
            }
            Ok(fates.join(", "))
        },
    },
    Rule {
        name: "topic_with_dots",
        title: "Topic name of a message published to `a.b`, `a/*`, `a/>`",
        clauses: ["Topic names", "[MQTT-4.7.3-4]", "[MQTT-4.7.3-4]"],
        specified: ["`a.b`, `a/*`, `a/>`", "`a.b`, `a/*`, `a/>`", "`a.b`, `a/*`, `a/>`"],
        measure: |bench| {
            let (mut client, mut other) = (bench.client()?, bench.other()?);
            let topic = topic();
            client.subscribe(&format!("{topic}/#"), Qos::AtMostOnce)?;
            let mut names = Vec::new();
            for name in ["a.b", "a/*", "a/>"] {
                other.publish(&format!("{topic}/{name}"), b"m", Qos::AtLeastOnce, false)?;
                let received = client.next_message_within(2 * SILENCE)?;
                let received = received.map_or_else(|| "nothing".to_owned(), |message| message.topic);
                names.push(format!("`{}`", received.trim_start_matches(&format!("{topic}/"))));
            }
            Ok(names.join(", "))
        },
    },
    Rule {
        name: "filter_invalid",
        title: "SUBSCRIBE to `a/#/b`",
        clauses: ["Topic wildcards", "[MQTT-4.7.1-2]", "[MQTT-4.7.1-1]"],
        specified: ["closed", "closed", "closed"],
        measure: |bench| answer(bench, &with_properties(bench, 0x82, 7, b"", b"\x00\x05a/#/b\x00")),
    },
    Rule {
        name: "subscribe_id_0",
        title: "SUBSCRIBE with packet id 0",
        clauses: ["Message identifiers", "[MQTT-2.3.1-1]", "[MQTT-2.2.1-3]"],
        specified: ["closed", "closed", "closed"],
        measure: |bench| answer(bench, &with_properties(bench, 0x82, 0, b"", b"\x00\x03a/b\x00")),
    },
    Rule {
        name: "subscribe_dup",
        title: "SUBSCRIBE with DUP",
        clauses: ["SUBSCRIBE, Fixed header", "[MQTT-3.8.1-1]", "[MQTT-3.8.1-1]"],
        specified: ["answered with SUBACK", "closed", "closed"],
        measure: |bench| answer(bench, &with_properties(bench, 0x8a, 7, b"", b"\x00\x03a/b\x00")),
    },
    Rule {
        name: "unsubscribe_dup",
        title: "UNSUBSCRIBE with DUP",
        clauses: ["UNSUBSCRIBE, Fixed header", "[MQTT-3.10.1-1]", "[MQTT-3.10.1-1]"],
        specified: ["answered with UNSUBACK", "closed", "closed"],
        measure: |bench| answer(bench, &with_properties(bench, 0xaa, 7, b"", b"\x00\x03a/b")),
    },
    Rule {
        name: "unsubscribe_unknown",
        title: "UNSUBSCRIBE of a filter that was never subscribed",
        clauses: ["UNSUBSCRIBE", "[MQTT-3.10.4-5]", "[MQTT-3.10.4-5]"],
        specified: ["answered with UNSUBACK", "answered with UNSUBACK", "answered with UNSUBACK"],
        measure: |bench| answer(bench, &with_properties(bench, 0xa2, 7, b"", b"\x00\x03n/o")),
    },
    Rule {
        name: "unsubscribe",
        title: "A message after UNSUBACK",
        clauses: ["UNSUBSCRIBE", "[MQTT-3.10.4-2]", "[MQTT-3.10.4-2]"],
        specified: ["nothing", "nothing", "nothing"],
        measure: |bench| {
            let (mut client, mut other) = (bench.client()?, bench.other()?);
            let topic = topic();
            client.subscribe(&topic, Qos::AtLeastOnce)?;
            client.unsubscribe(&topic)?;
            other.publish(&topic, b"m", Qos::AtLeastOnce, false)?;
            deliveries(&mut client)
        },
    },
    Rule {
        name: "publish_to_wildcard",
        title: "PUBLISH to `a/+`",
        clauses: ["PUBLISH, Topic name", "[MQTT-3.3.2-2]", "[MQTT-3.3.2-2]"],
        specified: ["closed", "closed", "closed"],
        measure: |bench| {
            // Below a name of its own: ActiveMQ delivers it to every filter that the wildcard meets.
            let topic = format!("{}/+", topic());
            let publish = Publish {
                dup: false,
                qos: Qos::AtLeastOnce,
                retain: false,
                topic: topic.as_str().into(),
                packet_id: Some(7),
                properties: Properties::NONE,
                payload: b"",
            };
            answer(bench, &encode(&Packet::Publish(publish), bench.version))
        },
    },
    Rule {
        name: "publish_id_0",
        title: "PUBLISH at QoS 1 with packet id 0",
        clauses: ["Message identifiers", "[MQTT-2.3.1-1]", "[MQTT-2.2.1-3]"],
        specified: ["closed", "closed", "closed"],
        measure: |bench| answer(bench, &with_properties(bench, 0x32, 0, b"\x00\x03a/b", b"")),
    },
    Rule {
        name: "packet_type_15",
        title: "A packet of the reserved type 15",
        clauses: ["Fixed header, Message Type", "[MQTT-4.8.0-1]", "[MQTT-4.12.0-7]"],
        specified: ["closed", "closed", "closed"],
        measure: |bench| answer(bench, &[0xf0, 0x00]),
    },
    Rule {
        name: "pubrel_unknown",
        title: "PUBREL for an id that is not in flight",
        clauses: ["PUBREL", "4.3.3", "3.7.2.1"],
        specified: ["answered with PUBCOMP", "answered with PUBCOMP", "answered with PUBCOMP"],
        measure: |bench| answer(bench, &encode(&Packet::PubRel(PubRel::new(77)), bench.version)),
    },
    Rule {
        name: "qos_2_repeated",
        title: "The same PUBLISH at QoS 2 twice, the second with DUP, before PUBREL",
        clauses: ["Quality of Service levels and flows", "[MQTT-4.3.3-2]", "[MQTT-4.3.3-10]"],
        specified: ["delivered once", "delivered once", "delivered once"],
        measure: qos_2_repeated,
    },
    Rule {
        name: "unacknowledged",
        title: "Messages that arrive while a QoS 1 message is not acknowledged",
        clauses: ["Quality of Service levels and flows", "4.3.2", "4.3.2"],
        specified: ["all", "all", "all"],
        measure: |bench| {
            let (mut client, mut other) = (bench.client()?, bench.other()?);
            let topic = topic();
            client.subscribe(&topic, Qos::AtLeastOnce)?;
            client.policy_mut().manual_acknowledgement = true;
            other.publish(&topic, b"1", Qos::AtLeastOnce, false)?;
            // It has arrived before the others are sent: a broker may pass on together what came together.
            client.next_message()?;
            for payload in [b"2", b"3"] {
                other.publish(&topic, payload, Qos::AtLeastOnce, false)?;
            }
            let count = 1 + client.messages_until_silence(2 * SILENCE)?.len();
            Ok(match count {
                3 => "all".to_owned(),
                1 => "none until it is acknowledged".to_owned(),
                _ => format!("{count} of 3"),
            })
        },
    },
];

const LOWER_OF_BOTH: &str = "the lower of the two, all nine";

fn qos_matrix(publisher: &mut Client, subscriber: &mut Client) -> Result<String> {
    let mut wrong = Vec::new();
    for subscribed in Qos::ALL {
        let topic = topic();
        subscriber.subscribe(&topic, subscribed)?;
        for published in Qos::ALL {
            let payload = format!("{published:?} to {subscribed:?}");
            publisher.publish(&topic, payload.as_bytes(), published, false)?;
            let message = subscriber.next_message()?;
            ensure!(message.topic == topic && message.payload == payload.as_bytes(), "{message:?}");
            if message.qos != published.min(subscribed).as_u8() {
                wrong.push(format!("{}, {}: {}", published.as_u8(), subscribed.as_u8(), message.qos));
            }
        }
    }
    Ok(if wrong.is_empty() { LOWER_OF_BOTH.to_owned() } else { wrong.join("; ") })
}

/// What a client is sent: how often and at which QoS.
fn deliveries(client: &mut Client) -> Result<String> {
    let messages = client.messages_until_silence(2 * SILENCE)?;
    let mut levels: Vec<String> = messages.iter().map(|message| message.qos.to_string()).collect();
    levels.sort();
    Ok(match levels.len() {
        0 => "nothing".to_owned(),
        1 => format!("once at QoS {}", levels[0]),
        2 => format!("twice, at QoS {}", levels.join(" and ")),
        count => format!("{count} times, at QoS {}", levels.join(", ")),
    })
}

const WILDCARDS: &str = "`a/#`: a, a/b; `a/+`: a/b; `+/b`: a/b, /b";

fn wildcards(bench: &Bench) -> Result<String> {
    let mut other = bench.other()?;
    let mut found = Vec::new();
    for filter in ["a/#", "a/+", "+/b"] {
        let mut client = bench.client()?;
        // The names of the rule, but apart from those of others who run now.
        let own = unique("a");
        let filter_here = filter.replace('a', &own);
        client.subscribe(&filter_here, Qos::AtMostOnce)?;
        for name in ["a", "a/b", "/b"] {
            let name = name.replace('a', &own);
            other.publish(&name, own.as_bytes(), Qos::AtMostOnce, false)?;
        }
        let messages = client.messages_until_silence(SILENCE)?;
        let ours = messages.iter().filter(|message| message.payload == own.as_bytes());
        let mut topics: Vec<String> = ours.map(|message| message.topic.replace(&own, "a")).collect();
        // Which of them came first is not what this is about: `a`, `a/b`, `/b`.
        topics.sort_by_key(|topic| (topic.starts_with('/'), topic.len()));
        found.push(format!("`{filter}`: {}", topics.join(", ")));
    }
    Ok(found.join("; "))
}

/// Sends a packet on an established connection and says what came of it.
fn answer(bench: &Bench, packet: &[u8]) -> Result<String> {
    let mut client = bench.client()?;
    client.send_raw(packet)?;
    let answer = client.receive_raw(Duration::from_secs(2))?;
    Ok(match answer {
        Some(bytes) => match mqttscope_proto::decode(&bytes, bench.version, &mut ())? {
            Packet::SubAck(suback) if suback.return_codes[0] >= 0x80 => {
                format!("refused with SUBACK 0x{:02X}", suback.return_codes[0])
            }
            // The server says why before it closes.
            Packet::Disconnect(_) if client.is_closed_within(Duration::from_secs(2))? => "closed".to_owned(),
            packet => format!("answered with {}", packet.packet_type()),
        },
        None if client.is_closed_within(Duration::ZERO)? => "closed".to_owned(),
        None => "no answer".to_owned(),
    })
}

/// A packet with an identifier; in MQTT 5 it has a list of properties behind that, which is empty.
fn with_properties(bench: &Bench, first: u8, packet_id: u16, before: &[u8], after: &[u8]) -> Vec<u8> {
    let properties: &[u8] = match bench.version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => &[],
        ProtocolVersion::V5 => &[0],
    };
    let content = [before, &packet_id.to_be_bytes(), properties, after].concat();
    let length = content.len() as u8;
    [&[first, length][..], &content].concat()
}

fn qos_2_repeated(bench: &Bench) -> Result<String> {
    let (mut client, mut other) = (bench.client()?, bench.other()?);
    let topic = topic();
    other.subscribe(&topic, Qos::ExactlyOnce)?;
    let mut answers = Vec::new();
    for dup in [false, true] {
        let publish = Publish {
            dup,
            qos: Qos::ExactlyOnce,
            retain: false,
            topic: topic.as_str().into(),
            packet_id: Some(9),
            properties: Properties::NONE,
            payload: b"m",
        };
        client.send_raw(&encode(&Packet::Publish(publish), bench.version))?;
        let pubrec = client.receive_raw(Duration::from_secs(5))?;
        let is_pubrec = matches!(pubrec.as_deref(), Some([0x50, _, 0, 9, ..]));
        ensure!(is_pubrec || pubrec.is_none() && dup, "expected PUBREC, got {pubrec:02x?}");
        answers.push(is_pubrec);
    }
    client.send_raw(&encode(&Packet::PubRel(PubRel::new(9)), bench.version))?;
    let count = other.messages_until_silence(2 * SILENCE)?.len();
    let times = match count {
        1 => "delivered once".to_owned(),
        2 => "delivered twice".to_owned(),
        _ => format!("delivered {count} times"),
    };
    let is_answered = answers.into_iter().all(|is_answered| is_answered);
    Ok(if is_answered { times } else { format!("{times}, and no second PUBREC") })
}
