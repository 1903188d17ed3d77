//! Much at once.

use anyhow::{Result, ensure};
use mqttscope_proto::session::AckPolicy;
use mqttscope_proto::{ProtocolVersion, Qos};
use std::collections::BTreeMap;
use std::sync::mpsc::{self, TryRecvError};
use std::thread;
use std::time::Duration;

use super::{Bench, Rule, topic};
use crate::chains::Broker;
use crate::client::Client;

pub const RULES: &[Rule] = &[
    Rule {
        name: "large_up",
        title: "5 MB published by the tested client",
        clauses: ["PUBLISH", "3.3", "3.3"],
        specified: ["arrives unharmed", "arrives unharmed", "arrives unharmed"],
        measure: |bench| large(&mut bench.client()?, &mut bench.other()?),
    },
    Rule {
        name: "large_down",
        title: "5 MB received by the tested client",
        clauses: ["PUBLISH", "3.3", "3.3"],
        specified: ["arrives unharmed", "arrives unharmed", "arrives unharmed"],
        measure: |bench| large(&mut bench.other()?, &mut bench.client()?),
    },
    Rule {
        name: "many_qos_1_up",
        title: "2,000 messages at QoS 1 published by the tested client",
        clauses: ["Quality of Service levels and flows", "4.3.2", "4.3.2"],
        specified: [ALL_IN_ORDER, ALL_IN_ORDER, ALL_IN_ORDER],
        measure: |bench| many(bench, bench.client()?, bench.other()?, Qos::AtLeastOnce),
    },
    Rule {
        name: "many_qos_1_down",
        title: "2,000 messages at QoS 1 received by the tested client",
        clauses: ["Quality of Service levels and flows", "4.3.2", "4.3.2"],
        specified: [ALL_IN_ORDER, ALL_IN_ORDER, ALL_IN_ORDER],
        measure: |bench| many(bench, bench.other()?, bench.client()?, Qos::AtLeastOnce),
    },
    Rule {
        name: "many_qos_2_up",
        title: "2,000 messages at QoS 2 published by the tested client",
        clauses: ["Quality of Service levels and flows", "4.3.3", "4.3.3"],
        specified: [ALL_IN_ORDER, ALL_IN_ORDER, ALL_IN_ORDER],
        measure: |bench| many(bench, bench.client()?, bench.other()?, Qos::ExactlyOnce),
    },
    Rule {
        name: "many_qos_2_down",
        title: "2,000 messages at QoS 2 received by the tested client",
        clauses: ["Quality of Service levels and flows", "4.3.3", "4.3.3"],
        specified: [ALL_IN_ORDER, ALL_IN_ORDER, ALL_IN_ORDER],
        measure: |bench| many(bench, bench.other()?, bench.client()?, Qos::ExactlyOnce),
    },
    Rule {
        name: "in_flight_qos_1",
        title: "200 messages at QoS 1 that are sent without waiting for an acknowledgement",
        clauses: ["Message identifiers", "4.3.2", "4.3.2, 4.9"],
        specified: ["all acknowledged", "all acknowledged", "all acknowledged"],
        measure: |bench| in_flight(bench, Qos::AtLeastOnce),
    },
    Rule {
        name: "in_flight_qos_2",
        title: "The same at QoS 2",
        clauses: ["Message identifiers", "4.3.3", "4.3.3, 4.9"],
        specified: ["all acknowledged", "all acknowledged", "all acknowledged"],
        measure: |bench| in_flight(bench, Qos::ExactlyOnce),
    },
    Rule {
        name: "slow_client",
        title: "1,500 messages at QoS 1 for a client that acknowledges none until the last has been sent",
        clauses: ["Quality of Service levels and flows", "4.3.2", "4.3.2, 4.9"],
        specified: ["all arrive", "all arrive", "all arrive"],
        measure: slow_client,
    },
];

const LARGE: usize = 5_000_000;
const MANY: u32 = 2_000;
const ALL_IN_ORDER: &str = "each once, in order";

/// As many messages without an acknowledgement are what every broker takes from a client at once.
const IN_FLIGHT: usize = 20;

/// So many messages ahead of the subscriber may the publisher be. Brokers keep a limited number for a
/// client that is slow; what they do beyond it is a rule of its own.
const AHEAD: usize = 500;

fn large(publisher: &mut Client, subscriber: &mut Client) -> Result<String> {
    let topic = topic();
    // Bytes that no two pieces of the message share.
    let payload: Vec<u8> =
        (0..LARGE as u32 / 4).flat_map(|index| index.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    subscriber.subscribe(&topic, Qos::AtLeastOnce)?;
    if let Err(error) = publisher.publish(&topic, &payload, Qos::AtLeastOnce, false) {
        return if publisher.is_closed_within(Duration::ZERO)? {
            Ok("closed".to_owned())
        } else {
            Err(error)
        };
    }
    let message = subscriber.next_message()?;
    Ok(if message.payload == payload {
        "arrives unharmed".to_owned()
    } else {
        format!("arrives changed, {} bytes", message.payload.len())
    })
}

fn many(bench: &Bench, mut publisher: Client, mut subscriber: Client, qos: Qos) -> Result<String> {
    let topic = topic();
    subscriber.subscribe(&topic, qos)?;
    let (arrived, arrivals) = mpsc::sync_channel(MANY as usize);
    let publishing = thread::spawn(move || -> Result<()> {
        publisher.policy_mut().max_in_flight = IN_FLIGHT;
        for (index, number) in (0..MANY).enumerate() {
            if index >= AHEAD {
                // Keeps its own connection going while it waits for the subscriber.
                while arrivals.try_recv() == Err(TryRecvError::Empty) {
                    publisher.run_for(Duration::from_millis(2))?;
                }
            }
            publisher.send_publish(&topic, &number.to_be_bytes(), qos, false)?;
        }
        publisher.wait_until_idle()
    });
    let mut numbers = Vec::new();
    while let Some(message) = subscriber.next_message_within(Duration::from_secs(15))? {
        ensure!(message.qos == qos.as_u8(), "a message came at QoS {}", message.qos);
        numbers.push(u32::from_be_bytes(message.payload[..].try_into()?));
        // The publisher is gone only if it failed, which is known once it is joined.
        arrived.try_send(()).unwrap_or_default();
        if numbers.len() == MANY as usize {
            // Time for one that is too many.
            numbers.extend(subscriber.messages_until_silence(Duration::from_millis(600))?.iter().map(|_| 0));
            break;
        }
    }
    let Ok(published) = publishing.join() else { anyhow::bail!("the publisher panicked") };
    published?;
    Ok(judge(bench, &numbers))
}

fn in_flight(bench: &Bench, qos: Qos) -> Result<String> {
    const COUNT: usize = 200;
    let (mut client, topic) = (bench.client()?, topic());
    client.policy_mut().max_in_flight = COUNT;
    for number in 0..COUNT {
        client.send_publish(&topic, &number.to_be_bytes(), qos, false)?;
    }
    match client.wait_until_idle() {
        Ok(()) => Ok("all acknowledged".to_owned()),
        Err(_) if client.is_closed_within(Duration::ZERO)? => Ok("closed".to_owned()),
        Err(error) => Err(error),
    }
}

fn slow_client(bench: &Bench) -> Result<String> {
    const COUNT: u32 = 1_500;
    let (mut client, mut other, topic) = (bench.client()?, bench.other()?, topic());
    client.subscribe(&topic, Qos::AtLeastOnce)?;
    client.policy_mut().puback = AckPolicy::Withhold;
    other.policy_mut().max_in_flight = IN_FLIGHT;
    for number in 0..COUNT {
        other.send_publish(&topic, &number.to_be_bytes(), Qos::AtLeastOnce, false)?;
    }
    other.wait_until_idle()?;
    client.run_for(Duration::from_millis(500))?;
    client.policy_mut().puback = AckPolicy::Send;
    client.release_withheld()?;
    let count = client.messages_until_silence(Duration::from_secs(3))?.len();
    Ok(if count == COUNT as usize { "all arrive".to_owned() } else { format!("{count} arrive") })
}

fn judge(bench: &Bench, numbers: &[u32]) -> String {
    let are_in_order = numbers.iter().copied().eq(0..MANY);
    if are_in_order && !loses_order(bench) {
        return ALL_IN_ORDER.to_owned();
    }
    let mut counts = BTreeMap::<u32, u32>::new();
    for number in numbers {
        *counts.entry(*number).or_default() += 1;
    }
    let (lost, repeated) =
        (MANY as usize - counts.len(), counts.values().filter(|count| **count > 1).count());
    match (lost, repeated) {
        (0, 0) if loses_order(bench) => "each once, not always in order".to_owned(),
        (0, 0) => "each once, out of order".to_owned(),
        _ => format!("{lost} lost, {repeated} more than once"),
    }
}

/// Whether the order of so many messages is left to chance, as [`crate::differences`] says: a run may find it kept.
fn loses_order(bench: &Bench) -> bool {
    match bench.version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => false,
        ProtocolVersion::V5 => bench.broker == Broker::Artemis,
    }
}
