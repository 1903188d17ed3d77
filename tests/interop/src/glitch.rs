//! The "AMQ 5.10.0 MQTT QoS Glitch" of the page's predecessor, and what it was.
//!
//! Its README said that ActiveMQ 5.10.0 delivers everything at QoS 0. The page asked for QoS 0 in every
//! SUBSCRIBE, whatever its form said.

use anyhow::{Context, Result};
use mqttscope_log::Direction;
use mqttscope_proto::{ProtocolVersion, Qos};

use crate::client::Client;
use crate::systems::activemq;
use crate::transport::Route;

/// The topic of the page's form.
const TOPIC: &str = "topic/mqtttopic";

/// Publishes at QoS 2 to two subscribers, one that asks for 0 and one that asks for 2, and tells what went
/// over the wire.
///
/// # Errors
/// If ActiveMQ does not start or does not play along.
pub fn document() -> Result<String> {
    // One of its own, since it numbers its packets over all clients.
    let activemq = activemq::start()?;
    let (broker, version) = (&Route::Tcp(activemq.tcp()), ProtocolVersion::V31);
    let mut subscribers = Vec::new();
    for qos in [Qos::AtMostOnce, Qos::ExactlyOnce] {
        let mut client = Client::connect(broker, version, &format!("subscriber-{}", qos.as_u8()))?;
        client.record();
        client.subscribe(TOPIC, qos)?;
        subscribers.push((qos, client));
    }
    let mut publisher = Client::connect(broker, version, "publisher")?;
    publisher.record();
    publisher.publish(TOPIC, b"Hello", Qos::ExactlyOnce, false)?;

    let mut text = INTRODUCTION.to_owned();
    text += "\nThe publisher:\n\n";
    text += &exchange(publisher.recorded());
    for (qos, mut client) in subscribers {
        client.next_message().with_context(|| format!("subscribed at {qos:?}"))?;
        // The rest of the handshake.
        client.run_for(std::time::Duration::from_millis(500))?;
        text += &format!("\nThe subscriber that asks for QoS {}:\n\n", qos.as_u8());
        text += &exchange(client.recorded());
    }
    text += CONCLUSION;
    Ok(text)
}

const INTRODUCTION: &str = "\
# The QoS glitch of ActiveMQ 5.10.0 that was none

Written by `cargo xtask interop` from a run against ActiveMQ 5.10.0, MQTT 3.1; edit `tests/interop/src/glitch.rs`
instead.

The page that mqttscope follows said in its README that ActiveMQ 5.10.0 \"always seems to broadcast messages to
subscribers at AT MOST ONCE\", no matter which QoS they were published with, and left out the handshakes of a
receiver for that reason. That page asked for QoS 0 in every SUBSCRIBE: its form had a field for the QoS, and the
packet was built from another one that nothing ever set. ActiveMQ did what it was asked for.

Below, one message is published at QoS 2 to two subscribers. Their SUBSCRIBEs differ in the packet's last byte,
the requested QoS, and that alone decides.
";

const CONCLUSION: &str = "
With the last byte `00` the broker grants QoS 0 and the message comes in a PUBLISH that begins with `30`. With
`02` it grants 2 and the message comes with `34`, and PUBREC, PUBREL and PUBCOMP follow. All nine pairs of the
publisher's and the subscriber's QoS are among the tests: [brokers.md](brokers.md).
";

/// The packets as a table; the ids and the bytes are those of the run.
fn exchange<'a>(packets: impl Iterator<Item = (Direction, &'a [u8])>) -> String {
    let mut text = "| | Packet | Bytes |\n| --- | --- | --- |\n".to_owned();
    for (direction, bytes) in packets {
        let arrow = match direction {
            Direction::In => "to the client",
            _ => "to the broker",
        };
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        text += &format!("| {arrow} | {} | `{}` |\n", name(bytes), hex.join(" "));
    }
    text
}

fn name(bytes: &[u8]) -> String {
    let first = bytes.first().copied().unwrap_or_default();
    let Some(packet_type) = mqttscope_proto::PacketType::from_first_byte(first) else {
        return "-".to_owned();
    };
    match packet_type {
        mqttscope_proto::PacketType::Publish => format!("PUBLISH at QoS {}", first >> 1 & 3),
        mqttscope_proto::PacketType::Subscribe => {
            format!("SUBSCRIBE at QoS {}", bytes.last().copied().unwrap_or_default())
        }
        mqttscope_proto::PacketType::SubAck => {
            format!("SUBACK, QoS {} granted", bytes.last().copied().unwrap_or_default())
        }
        other => other.to_string(),
    }
}
