//! A log of decoded packets in a `Vec`.

use std::io::Write;

use bytes::BytesMut;
use regex::bytes::Regex;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v4::{Codec, Packet, Publish};
use serde::{Deserialize, Serialize};
use tokio_util::codec::Decoder;

/// The log.
pub struct Peer {
    entries: Vec<Entry>,
}

struct Entry {
    time: u64,
    /// Bytes of the packet.
    size: usize,
    publish: Publish,
}

/// An entry as JSON.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    time_us: u64,
    r#type: &'a str,
    dup: bool,
    qos: u8,
    retain: bool,
    packet_id: u16,
    topic: &'a str,
    #[serde(borrow)]
    payload: std::borrow::Cow<'a, str>,
}

impl Peer {
    pub fn received(stream: &[u8], piece: usize) -> Self {
        let mut codec = Codec { max_incoming_size: usize::MAX, max_outgoing_size: usize::MAX };
        let (mut received, mut entries) = (BytesMut::new(), Vec::new());
        for (at, piece) in stream.chunks(piece).enumerate() {
            received.extend_from_slice(piece);
            loop {
                let before = received.len();
                let Some(packet) = codec.decode(&mut received).expect("the stream is valid") else { break };
                let size = before - received.len();
                if let Packet::Publish(publish) = packet {
                    entries.push(Entry { time: 100 * at as u64, size, publish });
                }
            }
        }
        Self { entries }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Says how many entries a filter of this name leaves.
    pub fn filtered(&self, name: &str) -> usize {
        match name {
            "header" => self.left(|entry| {
                let publish = &entry.publish;
                publish.qos == QoS::AtLeastOnce && entry.size > 100 && publish.retain
            }),
            "topic" => self.left(|entry| rumqttc::mqttbytes::matches(&entry.publish.topic, "site/+/temp/99")),
            "bytes" => self.matching("(?i-u)needle to"),
            "any case" => self.matching("(?i-u)NEEDLE"),
            _ => self.matching("(?-u)need.e.*else"),
        }
    }

    pub fn exported(&self) -> Vec<u8> {
        let mut file = Vec::new();
        for Entry { time, publish, .. } in &self.entries {
            let line = Line {
                time_us: *time,
                r#type: "PUBLISH",
                dup: publish.dup,
                qos: publish.qos as u8,
                retain: publish.retain,
                packet_id: publish.pkid,
                topic: &publish.topic,
                payload: String::from_utf8_lossy(&publish.payload),
            };
            serde_json::to_writer(&mut file, &line).expect("memory takes all");
            file.write_all(b"\n").expect("memory takes all");
        }
        file
    }

    /// Reads such a file back, and says how many entries it has.
    pub fn imported(file: &[u8]) -> usize {
        let mut entries = Vec::new();
        for line in file.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line: Line<'_> = serde_json::from_slice(line).expect("its own lines");
            let publish = Publish {
                dup: line.dup,
                qos: [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce][usize::from(line.qos)],
                retain: line.retain,
                topic: line.topic.to_owned(),
                pkid: line.packet_id,
                payload: line.payload.into_owned().into_bytes().into(),
            };
            entries.push(Entry { time: line.time_us, size: 0, publish });
        }
        entries.len()
    }

    fn matching(&self, pattern: &str) -> usize {
        let pattern = Regex::new(pattern).expect("a pattern");
        self.left(|entry| pattern.is_match(&entry.publish.payload))
    }

    fn left(&self, is_left: impl Fn(&Entry) -> bool) -> usize {
        self.entries.iter().filter(|entry| is_left(entry)).count()
    }
}
