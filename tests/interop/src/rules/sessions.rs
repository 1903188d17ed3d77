//! What outlives a connection.

use anyhow::{Context, Result, ensure};
use mqttscope_proto::session::ConnectOptions;
use mqttscope_proto::{Disconnect, Packet, Properties, PropertyId, ProtocolVersion, PubRel, Publish, Qos};
use std::thread;
use std::time::Duration;

use super::retained::arrivals;
use super::{Bench, Rule, SILENCE, numbers, topic};
use crate::client::{Answer, Client, encode, return_code};

pub const RULES: &[Rule] = &[
    Rule {
        name: "session_kept",
        title: "A QoS 1 message for a client that was away, without clean session",
        clauses: ["CONNECT, Clean session flag", "[MQTT-3.1.2-5]", "[MQTT-3.1.2-5]"],
        specified: ["`m`", "`m`", "`m`"],
        measure: |bench| {
            let (topic, options) = (topic(), kept(bench));
            let mut client = Client::connect_with(&bench.route, &options)?;
            client.subscribe(&topic, Qos::AtLeastOnce)?;
            client.disconnect()?;
            bench.other()?.publish(&topic, b"m", Qos::AtLeastOnce, false)?;
            arrivals(&mut again(bench, &options)?)
        },
    },
    Rule {
        name: "session_present",
        title: "Session present in CONNACK, without clean session, for the first and the second time",
        clauses: ["CONNACK", "[MQTT-3.2.2-2], [MQTT-3.2.2-3]", "[MQTT-3.2.2-2], [MQTT-3.2.2-3]"],
        specified: ["no, no", "no, yes", "no, yes"],
        measure: |bench| {
            let options = kept(bench);
            let first = flags(bench, &options)?;
            thread::sleep(Duration::from_millis(500));
            let second = flags(bench, &options)?;
            Ok(format!("{first}, {second}"))
        },
    },
    Rule {
        name: "session_cleaned",
        title: "A QoS 1 message for a client that was away, with clean session on its return",
        clauses: ["CONNECT, Clean session flag", "[MQTT-3.1.2-6]", "[MQTT-3.1.2-4]"],
        specified: ["nothing", "nothing", "nothing"],
        measure: |bench| {
            let (topic, options) = (topic(), kept(bench));
            let mut client = Client::connect_with(&bench.route, &options)?;
            client.subscribe(&topic, Qos::AtLeastOnce)?;
            client.disconnect()?;
            bench.other()?.publish(&topic, b"m", Qos::AtLeastOnce, false)?;
            arrivals(&mut again(bench, &ConnectOptions { clean_session: true, ..options })?)
        },
    },
    Rule {
        name: "redelivery",
        title: "A QoS 1 message that was not acknowledged before the socket was lost",
        clauses: [
            "Message delivery retry",
            "[MQTT-4.4.0-1], [MQTT-3.3.1-1]",
            "[MQTT-4.4.0-1], [MQTT-3.3.1-1]",
        ],
        specified: ["again, with DUP", "again, with DUP", "again, with DUP"],
        measure: |bench| {
            let (topic, options) = (topic(), kept(bench));
            let mut client = Client::connect_with(&bench.route, &options)?;
            client.subscribe(&topic, Qos::AtLeastOnce)?;
            client.policy_mut().manual_acknowledgement = true;
            bench.other()?.publish(&topic, b"m", Qos::AtLeastOnce, false)?;
            ensure!(!client.next_message()?.dup, "the first delivery has DUP");
            drop(client);
            let mut client = again(bench, &options)?;
            Ok(match client.next_message_within(4 * SILENCE)? {
                Some(message) if message.dup => "again, with DUP".to_owned(),
                Some(_) => "again, without DUP".to_owned(),
                None => "not again".to_owned(),
            })
        },
    },
    Rule {
        name: "qos_2_across",
        title: "A QoS 2 PUBLISH and its PUBREC, then PUBREL on the next connection",
        clauses: ["Quality of Service levels and flows", "[MQTT-4.3.3-2]", "[MQTT-4.3.3-10]"],
        specified: ["delivered once", "delivered once", "delivered once"],
        measure: |bench| {
            let (topic, options) = (topic(), kept(bench));
            let mut watcher = bench.other()?;
            watcher.subscribe(&topic, Qos::ExactlyOnce)?;
            let mut client = Client::connect_with(&bench.route, &options)?;
            let topic = topic.as_str().into();
            let (qos, packet_id) = (Qos::ExactlyOnce, Some(5));
            let publish = Publish {
                dup: false,
                qos,
                retain: false,
                topic,
                packet_id,
                properties: Properties::NONE,
                payload: b"m",
            };
            client.send_raw(&encode(&Packet::Publish(publish), bench.version))?;
            let pubrec = client.receive_raw(Duration::from_secs(5))?.context("no PUBREC")?;
            ensure!(matches!(pubrec[..], [0x50, _, 0, 5, ..]), "expected PUBREC, got {pubrec:02x?}");
            drop(client);
            let mut client = again(bench, &options)?;
            client.send_raw(&encode(&Packet::PubRel(PubRel::new(5)), bench.version))?;
            let mut pubcomp = client.receive_raw(Duration::from_secs(5))?;
            // What the broker had sent again before it read PUBREL.
            while pubcomp.as_deref() == Some(&pubrec) {
                pubcomp = client.receive_raw(Duration::from_secs(5))?;
            }
            let count = watcher.messages_until_silence(2 * SILENCE)?.len();
            let times = match count {
                0 => "not delivered".to_owned(),
                1 => "delivered once".to_owned(),
                count => format!("delivered {count} times"),
            };
            Ok(match pubcomp.as_deref() {
                Some([0x70, _, 0, 5, ..]) => times,
                other => format!("{times}, PUBREL answered with {other:02x?}"),
            })
        },
    },
];

/// A client whose session outlives its connections, in MQTT 5 for longer than any rule takes.
pub(super) fn kept(bench: &Bench) -> ConnectOptions {
    let mut options = ConnectOptions { clean_session: false, ..bench.options() };
    if bench.version == ProtocolVersion::V5 {
        options.properties = numbers(&[(PropertyId::SessionExpiryInterval, 600)]);
    }
    options
}

/// Connects again, as soon as the broker has noticed that the last connection has ended.
pub(super) fn again(bench: &Bench, options: &ConnectOptions) -> Result<Client> {
    for _ in 0..20 {
        match Client::try_connect(&bench.route, options)? {
            Answer::Accepted(client) => return Ok(*client),
            _ => thread::sleep(Duration::from_millis(250)),
        }
    }
    Client::connect_with(&bench.route, options)
}

/// Connects with a raw packet, since a session of 3.1 takes no notice of the flag, and disconnects.
fn flags(bench: &Bench, options: &ConnectOptions) -> Result<&'static str> {
    let mut session = mqttscope_proto::session::Session::new();
    session.connect(mqttscope_proto::Timestamp::default(), options)?;
    let connect = session.poll_transmit().context("no CONNECT")?.frame.to_vec();
    let mut client = Client::new(&bench.route, bench.version)?;
    client.send_raw(&connect)?;
    let connack = client.receive_raw(Duration::from_secs(5))?.context("no CONNACK")?;
    ensure!(connack[0] == 0x20 && return_code(&connack) == Some(0), "expected CONNACK, got {connack:02x?}");
    client.send_raw(&encode(&Packet::Disconnect(Disconnect::default()), bench.version))?;
    client.is_closed_within(Duration::from_millis(200))?;
    Ok(if connack[2] & 1 == 1 { "yes" } else { "no" })
}
