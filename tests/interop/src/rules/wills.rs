//! The last will.

use anyhow::Result;
use mqttscope_proto::session::{ConnectOptions, WillOptions};
use mqttscope_proto::{Disconnect, KeepAlive, Packet, PropertyBuf, Qos};
use std::time::{Duration, Instant};

use super::retained::arrivals;
use super::{Bench, LAST_SILENCE, Rule, SILENCE, topic, unique};
use crate::chains::Broker;
use crate::client::{Client, encode};

pub const RULES: &[Rule] = &[
    Rule {
        name: "will_lost_socket",
        title: "The will when the socket is lost",
        clauses: ["CONNECT, Will flag", "[MQTT-3.1.2-8]", "[MQTT-3.1.2-8]"],
        specified: ["at once", "at once", "at once"],
        measure: |bench| {
            let (mut watcher, options) = prepare(bench, Qos::AtLeastOnce, false, 0)?;
            drop(Client::connect_with(&bench.route, &options)?);
            time_of_will(bench, &mut watcher)
        },
    },
    Rule {
        name: "will_silence",
        title: "The will when a client with a keep alive of 2 s falls silent",
        clauses: ["CONNECT, Keep Alive timer", "[MQTT-3.1.2-24]", "[MQTT-3.1.2-22]"],
        specified: ["after 3 s", "after 3 s", "after 3 s"],
        measure: |bench| {
            let (mut watcher, options) = prepare(bench, Qos::AtLeastOnce, false, 2)?;
            // It is held, and nothing is done with it.
            let _silent = Client::connect_with(&bench.route, &options)?;
            time_of_will(bench, &mut watcher)
        },
    },
    Rule {
        name: "will_disconnect",
        title: "The will after DISCONNECT",
        clauses: ["DISCONNECT", "[MQTT-3.1.2-10]", "[MQTT-3.1.2-10]"],
        specified: ["nothing", "nothing", "nothing"],
        measure: |bench| {
            let (mut watcher, options) = prepare(bench, Qos::AtLeastOnce, false, 0)?;
            Client::connect_with(&bench.route, &options)?.disconnect()?;
            arrivals(&mut watcher)
        },
    },
    Rule {
        name: "will_disconnect_closed",
        title: "The will after DISCONNECT, of 100 clients that close the connection right behind it",
        clauses: ["DISCONNECT", "[MQTT-3.14.4-3]", "[MQTT-3.14.4-3]"],
        specified: ["nothing", "nothing", "nothing"],
        measure: |bench| {
            // Where it is left to chance, a hundred may all be lucky.
            let rounds = if bench.broker == Broker::Artemis { 4 } else { 1 };
            for _ in 0..rounds {
                if wills_after_disconnect(bench, 100)? > 0 {
                    return Ok("the will of some".to_owned());
                }
            }
            Ok("nothing".to_owned())
        },
    },
    Rule {
        name: "will_protocol_error",
        title: "The will when the broker closes because of a malformed packet",
        clauses: ["CONNECT, Will flag", "[MQTT-3.1.2-8]", "[MQTT-3.1.2-8]"],
        specified: ["at once", "at once", "at once"],
        measure: |bench| {
            let (mut watcher, options) = prepare(bench, Qos::AtLeastOnce, false, 0)?;
            let mut client = Client::connect_with(&bench.route, &options)?;
            // A SUBSCRIBE whose filter is longer than the packet.
            client.send_raw(b"\x82\x05\x00\x07\x00\x7fx")?;
            time_of_will(bench, &mut watcher)
        },
    },
    Rule {
        name: "will_qos",
        title: "QoS of a will of QoS 0, 1, 2, subscribed at 2",
        clauses: ["CONNECT, Will QoS", "[MQTT-3.1.2-9]", "3.1.2.6"],
        specified: ["0, 1, 2", "0, 1, 2", "0, 1, 2"],
        measure: |bench| {
            let mut levels = Vec::new();
            for qos in Qos::ALL {
                let (mut watcher, options) = prepare(bench, qos, false, 0)?;
                drop(Client::connect_with(&bench.route, &options)?);
                let will = watcher.next_message_within(10 * SILENCE)?;
                levels.push(will.map_or_else(|| "none".to_owned(), |will| will.qos.to_string()));
            }
            Ok(levels.join(", "))
        },
    },
    Rule {
        name: "will_retained",
        title: "A will with RETAIN, for who subscribes later",
        clauses: ["CONNECT, Will retain", "[MQTT-3.1.2-17]", "[MQTT-3.1.2-15]"],
        specified: ["`gone` with RETAIN", "`gone` with RETAIN", "`gone` with RETAIN"],
        measure: |bench| {
            let (mut watcher, options) = prepare(bench, Qos::AtLeastOnce, true, 0)?;
            drop(Client::connect_with(&bench.route, &options)?);
            watcher.next_message_within(4 * SILENCE)?;
            // Who subscribes later does so once the broker has kept it, which may be after it has passed it on.
            watcher.run_for(SILENCE)?;
            let mut later = bench.other()?;
            let topic = options.will.map(|will| will.topic).unwrap_or_default();
            later.subscribe(&topic, Qos::AtLeastOnce)?;
            arrivals(&mut later)
        },
    },
];

/// A client that waits for a will, and the options of the one whose will it is.
fn prepare(bench: &Bench, qos: Qos, retain: bool, keep_alive_secs: u16) -> Result<(Client, ConnectOptions)> {
    let mut watcher = bench.other()?;
    let topic = topic();
    watcher.subscribe(&topic, Qos::ExactlyOnce)?;
    let will = WillOptions { topic, message: b"gone".to_vec(), qos, retain, properties: PropertyBuf::new() };
    let keep_alive = KeepAlive::from_secs(keep_alive_secs);
    Ok((watcher, ConnectOptions { will: Some(will), keep_alive, ..bench.options() }))
}

/// How many wills come of so many clients that send DISCONNECT and close at once.
fn wills_after_disconnect(bench: &Bench, clients: usize) -> Result<usize> {
    let (mut watcher, options) = prepare(bench, Qos::AtLeastOnce, false, 0)?;
    for _ in 0..clients {
        let options = ConnectOptions { client_id: unique("c"), ..options.clone() };
        let mut client = Client::connect_with(&bench.route, &options)?;
        client.send_raw(&encode(&Packet::Disconnect(Disconnect::default()), bench.version))?;
    }
    Ok(watcher.messages_until_silence(2 * SILENCE)?.len())
}

fn time_of_will(bench: &Bench, watcher: &mut Client) -> Result<String> {
    let started = Instant::now();
    let Some(_will) = watcher.next_message_within(LAST_SILENCE)? else {
        return Ok("nothing".to_owned());
    };
    let silence = started.elapsed();
    Ok(if silence < AT_ONCE { "at once".to_owned() } else { bench.silence(silence) })
}

/// A will that does not wait for the keep alive comes in less than this, on a machine that is busy as well.
const AT_ONCE: Duration = Duration::from_secs(2);
