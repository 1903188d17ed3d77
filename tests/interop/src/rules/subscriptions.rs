//! What is new in MQTT 5 of subscriptions and messages: reason codes, options, identifiers, properties.

use anyhow::{Context, Result, bail};
use mqttscope_proto::session::Publication;
use mqttscope_proto::{
    Packet, PacketType, Properties, PropertyBuf, PropertyId, PropertyValue, PubRel, Qos, ReasonCode,
    SubscribeOptions, TopicName,
};
use std::time::Duration;

use super::lifetime::yes_or_no;
use super::retained::arrivals;
use super::{ABSENT, Bench, Rule, SILENCE, numbers, topic};
use crate::client::encode;

pub const RULES: &[Rule] = &[
    Rule {
        name: "unsuback_codes",
        title: "Reason codes in UNSUBACK, for a filter with a subscription and then without",
        clauses: [ABSENT, ABSENT, "3.11.3"],
        specified: [ABSENT, ABSENT, "0x00, 0x11"],
        measure: |bench| {
            let (mut client, topic) = (bench.client()?, topic());
            client.subscribe(&topic, Qos::AtLeastOnce)?;
            let codes = [client.unsubscribe(&topic)?, client.unsubscribe(&topic)?];
            Ok(codes.map(|code| format!("0x{code:02X}")).join(", "))
        },
    },
    Rule {
        name: "puback_codes",
        title: "Reason codes of PUBACK and PUBREC where nobody has subscribed",
        clauses: [ABSENT, ABSENT, "3.4.2.1, 3.5.2.1"],
        specified: [ABSENT, ABSENT, "0x10, 0x10"],
        measure: |bench| {
            let mut client = bench.client()?;
            client.publish(&topic(), b"m", Qos::AtLeastOnce, false)?;
            client.publish(&topic(), b"m", Qos::ExactlyOnce, false)?;
            let puback = match client.newest(PacketType::PubAck) {
                Some(Packet::PubAck(puback)) => puback.reason_code,
                _ => None,
            };
            let pubrec = match client.newest(PacketType::PubRec) {
                Some(Packet::PubRec(pubrec)) => pubrec.reason_code,
                _ => None,
            };
            Ok([puback, pubrec].map(|code| format!("0x{:02X}", code.unwrap_or(ReasonCode(0)).0)).join(", "))
        },
    },
    Rule {
        name: "answers_to_user_properties",
        title: "Reason codes of PUBACK, SUBACK and UNSUBACK for packets with a user property, and who repeats it",
        clauses: [ABSENT, ABSENT, "[MQTT-3.4.2-1], 3.9.3, 3.11.3"],
        specified: [ABSENT, ABSENT, "0x00, 0x01, 0x00"],
        measure: answers_to_user_properties,
    },
    Rule {
        name: "pubcomp_code",
        title: "The reason code of PUBCOMP for an id that is not in flight",
        clauses: [ABSENT, ABSENT, "3.7.2.1"],
        specified: [ABSENT, ABSENT, "0x92"],
        measure: |bench| {
            let mut client = bench.client()?;
            client.send_raw(&encode(&Packet::PubRel(PubRel::new(77)), bench.version))?;
            let answer = client.receive_raw(Duration::from_secs(3))?.context("no answer")?;
            Ok(match mqttscope_proto::decode(&answer, bench.version, &mut ())? {
                Packet::PubComp(pubcomp) => {
                    format!("0x{:02X}", pubcomp.reason_code.unwrap_or(ReasonCode(0)).0)
                }
                packet => format!("answered with {}", packet.packet_type()),
            })
        },
    },
    Rule {
        name: "retain_handling",
        title: "A retained message for a new subscription and for the same again, with Retain Handling 0, 1, 2",
        clauses: [ABSENT, ABSENT, "[MQTT-3.3.1-9] to [MQTT-3.3.1-11]"],
        specified: [ABSENT, ABSENT, "0: yes, yes; 1: yes, no; 2: no, no"],
        measure: |bench| {
            let topic = topic();
            bench.other()?.publish(&topic, b"m", Qos::AtLeastOnce, true)?;
            let mut handlings = Vec::new();
            for handling in 0..=2 {
                let mut client = bench.client()?;
                let options = SubscribeOptions::new(Qos::AtLeastOnce).with_retain_handling(handling);
                let mut comes = Vec::new();
                for _ in 0..2 {
                    client.subscribe_with(&topic, options, Properties::NONE)?;
                    comes.push(yes_or_no(!client.messages_until_silence(SILENCE)?.is_empty()));
                }
                handlings.push(format!("{handling}: {}", comes.join(", ")));
            }
            Ok(handlings.join("; "))
        },
    },
    Rule {
        name: "retain_as_published",
        title: "A message with RETAIN for who subscribed before, without and with Retain As Published",
        clauses: [ABSENT, ABSENT, "[MQTT-3.3.1-12], [MQTT-3.3.1-13]"],
        specified: [ABSENT, ABSENT, "`m`, `m` with RETAIN"],
        measure: |bench| {
            let mut seen = Vec::new();
            for is_set in [false, true] {
                let (mut client, topic) = (bench.client()?, topic());
                let options = SubscribeOptions::new(Qos::AtLeastOnce).with_retain_as_published(is_set);
                client.subscribe_with(&topic, options, Properties::NONE)?;
                bench.other()?.publish(&topic, b"m", Qos::AtLeastOnce, true)?;
                seen.push(arrivals(&mut client)?);
            }
            Ok(seen.join(", "))
        },
    },
    Rule {
        name: "no_local",
        title: "One's own message and another's, with No Local",
        clauses: [ABSENT, ABSENT, "[MQTT-3.8.3-3]"],
        specified: [ABSENT, ABSENT, "`other`"],
        measure: |bench| {
            let (mut client, topic) = (bench.client()?, topic());
            let options = SubscribeOptions::new(Qos::AtLeastOnce).with_no_local(true);
            client.subscribe_with(&topic, options, Properties::NONE)?;
            client.publish(&topic, b"own", Qos::AtLeastOnce, false)?;
            bench.other()?.publish(&topic, b"other", Qos::AtLeastOnce, false)?;
            arrivals(&mut client)
        },
    },
    Rule {
        name: "shared_subscription",
        title: "20 messages for two clients that share a subscription",
        clauses: [ABSENT, ABSENT, "4.8.2"],
        specified: [ABSENT, ABSENT, "each once"],
        measure: shared_subscription,
    },
    Rule {
        name: "subscription_identifier",
        title: "Subscription Identifier of a message for a filter with 7, then with 300 instead",
        clauses: [ABSENT, ABSENT, "[MQTT-3.3.4-3]"],
        specified: [ABSENT, ABSENT, "7, 300"],
        measure: |bench| {
            let (mut client, mut other, topic) = (bench.client()?, bench.other()?, topic());
            let mut seen = Vec::new();
            for identifier in [7, 300] {
                let properties = numbers(&[(PropertyId::SubscriptionIdentifier, identifier)]);
                let options = SubscribeOptions::new(Qos::AtLeastOnce);
                client.subscribe_with(&topic, options, properties.as_properties())?;
                other.publish(&topic, b"m", Qos::AtLeastOnce, false)?;
                for message in client.messages_until_silence(2 * SILENCE)? {
                    let identifiers = message.subscription_identifiers;
                    seen.push(identifiers.iter().map(ToString::to_string).collect::<Vec<_>>().join("+"));
                }
            }
            Ok(seen.join(", "))
        },
    },
    Rule {
        name: "properties_forwarded",
        title: "Payload Format Indicator, Content Type, Response Topic and Correlation Data of a message",
        clauses: [ABSENT, ABSENT, "[MQTT-3.3.2-4], [MQTT-3.3.2-15], [MQTT-3.3.2-16], [MQTT-3.3.2-20]"],
        specified: [ABSENT, ABSENT, "1, `text/plain`, `re/ply`, 00 ff"],
        measure: |bench| {
            let (mut client, mut other, topic) = (bench.client()?, bench.other()?, topic());
            client.subscribe(&topic, Qos::AtLeastOnce)?;
            let mut properties = numbers(&[(PropertyId::PayloadFormatIndicator, 1)]);
            properties.push(PropertyId::ContentType, PropertyValue::Text("text/plain".into()))?;
            properties.push(PropertyId::ResponseTopic, PropertyValue::Text("re/ply".into()))?;
            properties.push(PropertyId::CorrelationData, PropertyValue::Binary(&[0x00, 0xff]))?;
            other.send_message(&Publication {
                properties: properties.as_properties(),
                ..Publication::new(TopicName::new(&topic)?, b"m", Qos::AtLeastOnce)
            })?;
            client.next_message()?;
            let Some(Packet::Publish(publish)) = client.newest(PacketType::Publish) else {
                bail!("the message is not in the log");
            };
            let came = publish.properties;
            let text = |id| came.text(id).map_or_else(|| "none".to_owned(), |text| format!("`{text}`"));
            let correlation = came.binary(PropertyId::CorrelationData).unwrap_or_default();
            Ok(format!(
                "{}, {}, {}, {}",
                came.number(PropertyId::PayloadFormatIndicator).unwrap_or_default(),
                text(PropertyId::ContentType),
                text(PropertyId::ResponseTopic),
                correlation.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
            ))
        },
    },
    Rule {
        name: "user_properties",
        title: "User properties `b` = 1, `a` = 2, `b` = 3 of a message",
        clauses: [ABSENT, ABSENT, "[MQTT-3.3.2-17], [MQTT-3.3.2-18]"],
        specified: [ABSENT, ABSENT, "b=1, a=2, b=3"],
        measure: |bench| {
            let (mut client, mut other, topic) = (bench.client()?, bench.other()?, topic());
            client.subscribe(&topic, Qos::AtLeastOnce)?;
            let mut properties = PropertyBuf::new();
            for (name, value) in [("b", "1"), ("a", "2"), ("b", "3")] {
                properties.push(PropertyId::UserProperty, PropertyValue::Pair(name.into(), value.into()))?;
            }
            other.send_message(&Publication {
                properties: properties.as_properties(),
                ..Publication::new(TopicName::new(&topic)?, b"m", Qos::AtLeastOnce)
            })?;
            let message = client.next_message()?;
            let pairs = message.user_properties.iter().map(|(name, value)| format!("{name}={value}"));
            Ok(pairs.collect::<Vec<_>>().join(", "))
        },
    },
];

fn answers_to_user_properties(bench: &Bench) -> Result<String> {
    let (mut client, topic) = (bench.client()?, topic());
    let mut properties = PropertyBuf::new();
    properties.push(PropertyId::UserProperty, PropertyValue::Pair("name".into(), "value".into()))?;
    let properties = properties.as_properties();
    client.subscribe_with(&topic, SubscribeOptions::new(Qos::AtLeastOnce), properties)?;
    client.send_message(&Publication {
        properties,
        ..Publication::new(TopicName::new(&topic)?, b"m", Qos::AtLeastOnce)
    })?;
    client.wait_until_idle()?;
    client.unsubscribe_with(&topic, properties)?;
    let mut answers = Vec::new();
    for packet_type in [PacketType::PubAck, PacketType::SubAck, PacketType::UnsubAck] {
        let packet = client.newest(packet_type).with_context(|| format!("no {packet_type}"))?;
        let code = match &packet {
            Packet::PubAck(puback) => puback.reason_code.unwrap_or(ReasonCode::SUCCESS).0,
            Packet::SubAck(suback) => suback.return_codes[0],
            Packet::UnsubAck(unsuback) => unsuback.reason_codes[0],
            packet => bail!("{} is no answer", packet.packet_type()),
        };
        let repeats = packet.properties().user_properties().next().is_some();
        answers.push(format!("0x{code:02X}{}", if repeats { " with it" } else { "" }));
    }
    Ok(answers.join(", "))
}

fn shared_subscription(bench: &Bench) -> Result<String> {
    const COUNT: usize = 20;
    let (mut first, mut second, topic) = (bench.client()?, bench.other()?, topic());
    if !first.limits().shared_subscription_available {
        return Ok("the server has none".to_owned());
    }
    let filter = format!("$share/g/{topic}");
    for client in [&mut first, &mut second] {
        let code = client.subscribe(&filter, Qos::AtLeastOnce)?;
        if code >= 0x80 {
            return Ok(format!("refused with SUBACK 0x{code:02X}"));
        }
    }
    let mut publisher = bench.other()?;
    for number in 0..COUNT {
        publisher.publish(&topic, number.to_string().as_bytes(), Qos::AtLeastOnce, false)?;
    }
    let [first, second] =
        [first.messages_until_silence(2 * SILENCE)?, second.messages_until_silence(2 * SILENCE)?];
    let counts = [first.len(), second.len()];
    let mut payloads: Vec<Vec<u8>> = first.into_iter().chain(second).map(|message| message.payload).collect();
    payloads.sort();
    payloads.dedup();
    Ok(match counts {
        [first, second] if first + second != COUNT || payloads.len() != COUNT => {
            format!("{first} and {second}, {} different ones", payloads.len())
        }
        _ => "each once".to_owned(),
    })
}
