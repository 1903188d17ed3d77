//! The packets, made by our encoder; the benchmarks prove first that all others read and write the same bytes.

use mqttscope_proto::{
    ConnAck, Connect, Filters, KeepAlive, Packet, Properties, PropertyBuf, PropertyId, PropertyValue,
    ProtocolVersion, PubAck, PubComp, PubRec, PubRel, Publish, Qos, SubAck, Subscribe, SubscribeFilter,
    SubscribeOptions, UnsubAck, Will,
};

/// Lengths of the payloads of the PUBLISH samples, in bytes.
pub const PAYLOAD_LENGTHS: [usize; 4] = [16, 256, 64 << 10, 1 << 20];

/// Lengths of the pieces in which the mixed stream comes, in bytes.
pub const PIECE_LENGTHS: [usize; 4] = [1, 7, 2_048, 65_536];

/// Packets in the mixed stream.
pub const MIXED_PACKETS: usize = 100_000;

const TOPIC: &str = "site/berlin/line-4/press-12/temperature";

/// Packets of one kind, one after the other.
pub struct Sample {
    /// What they are.
    pub name: String,
    /// Their bytes.
    pub bytes: Vec<u8>,
    /// How many they are.
    pub count: usize,
}

/// All samples of single kinds in MQTT 3.1.1.
pub fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for payload_len in PAYLOAD_LENGTHS {
        for qos in [Qos::AtMostOnce, Qos::AtLeastOnce] {
            let payload = vec![0x2a; payload_len];
            let size = match payload_len {
                1_048_576.. => format!("{} MiB", payload_len >> 20),
                1_024.. => format!("{} KiB", payload_len >> 10),
                _ => format!("{payload_len} B"),
            };
            let name = format!("PUBLISH QoS {}, {size}", qos.as_u8());
            // Enough that reading the clock does not show in the result, and 16 MiB at most: what comes from further
            // than the last cache comes at a speed that depends on where in memory it lies.
            let count = ((4 << 20) / payload_len).clamp(16, 1_000);
            samples.push(Sample::new(name, count, |n| publish(qos, n, &payload)));
        }
    }
    samples.push(Sample::new("acknowledgements".into(), 1_000, acknowledgement));
    samples.push(Sample::new("CONNECT".into(), 500, |_| connect()));
    let filters = ["site/berlin/#", "site/+/line-4/+/temperature", "alerts/critical"];
    let filters: Vec<_> = filters
        .into_iter()
        .zip(0..)
        .map(|(text, qos)| SubscribeFilter { filter: text.into(), options: SubscribeOptions(qos) })
        .collect();
    samples.push(Sample::new("SUBSCRIBE, 3 filters".into(), 500, |n| {
        Packet::Subscribe(Subscribe {
            dup: false,
            packet_id: id(n),
            properties: Properties::NONE,
            filters: Filters::new(&filters),
        })
    }));
    samples
}

/// PUBLISH of MQTT 5 with 0, 1 and 5 properties: those that all peers write in the same order.
pub fn samples_of_mqtt_5() -> Vec<Sample> {
    let payload = [0x2a; 16];
    let pair = |name: &'static str, value: &'static str| {
        (PropertyId::UserProperty, PropertyValue::Pair(name.into(), value.into()))
    };
    let five = [
        (PropertyId::TopicAlias, PropertyValue::Number(7)),
        (PropertyId::CorrelationData, PropertyValue::Binary(b"request-4711")),
        pair("unit", "C"),
        pair("origin", "press-12"),
        pair("trace", "00-4bf92f3577b34da6a3ce929d0e0e4736-01"),
    ];
    let one = [(PropertyId::MessageExpiryInterval, PropertyValue::Number(3_600))];
    let mut samples = Vec::new();
    for (name, list) in [("no properties", &[][..]), ("1 property", &one[..]), ("5 properties", &five[..])] {
        let mut properties = PropertyBuf::new();
        for &(id, value) in list {
            properties.push(id, value).expect("the samples are valid");
        }
        let properties = properties.as_properties();
        samples.push(Sample::new_in(ProtocolVersion::V5, format!("PUBLISH of MQTT 5, {name}"), 1_000, |n| {
            match publish(Qos::AtLeastOnce, n, &payload) {
                Packet::Publish(publish) => Packet::Publish(Publish { properties, ..publish }),
                packet => packet,
            }
        }));
    }
    samples
}

/// What a busy client receives: 60 % PUBLISH of all QoS with payloads up to 1 KiB, most of them short,
/// 35 % acknowledgements, and some SUBACK, UNSUBACK and PINGRESP; CONNACK comes first.
pub fn mixed_stream() -> Vec<u8> {
    let payload: Vec<u8> = (0..=255).cycle().take(1_024).collect();
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let connack = Packet::ConnAck(ConnAck::new(0, 0));
    let mut bytes = encoded(&connack);
    for n in 1..MIXED_PACKETS {
        let packet = match random.below(100) {
            0..60 => {
                let qos = [Qos::AtMostOnce, Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce];
                let longest = [32, 32, 128, 1_024][random.below(4)];
                publish(qos[random.below(4)], n, &payload[..random.below(longest)])
            }
            60..95 => acknowledgement(random.below(4)),
            95..97 => Packet::SubAck(SubAck::new(id(n), &[0, 1, 2][..1 + random.below(3)])),
            97 => Packet::UnsubAck(UnsubAck::new(id(n))),
            _ => Packet::PingResp,
        };
        bytes.append(&mut encoded(&packet));
    }
    bytes
}

/// A message of a busy broker, one of an endless row of them: about 115 bytes, with 100 topics. Each tenth is
/// retained, and each thousandth holds the word "needle".
pub fn message(number: u32, qos: Qos) -> Vec<u8> {
    let topic = format!("site/{}/temp/{}", number % 10, number % 100);
    let note = if number % 1_000 == 999 { "needle" } else { "nothing" };
    let payload = format!(
        "{{\"time\":{number},\"temperature\":21.5,\"unit\":\"C\",\"note\":\"{note} to be seen here, and nothing else\"}}"
    );
    encoded(&Packet::Publish(Publish {
        dup: false,
        qos,
        retain: number % 10 == 9,
        topic: topic.as_str().into(),
        packet_id: (qos != Qos::AtMostOnce).then_some(id(number as usize)),
        properties: Properties::NONE,
        payload: payload.as_bytes(),
    }))
}

impl Sample {
    fn new<'a>(name: String, count: usize, packet: impl Fn(usize) -> Packet<'a>) -> Self {
        Self::new_in(ProtocolVersion::V311, name, count, packet)
    }

    fn new_in<'a>(
        version: ProtocolVersion,
        name: String,
        count: usize,
        packet: impl Fn(usize) -> Packet<'a>,
    ) -> Self {
        // In one allocation, as the copies that the peers decode from: this decides how fast large payloads are read.
        let mut bytes = Vec::with_capacity(count * encoded_in(version, &packet(0)).len());
        (0..count).for_each(|n| bytes.append(&mut encoded_in(version, &packet(n))));
        Self { name, bytes, count }
    }
}

fn publish(qos: Qos, n: usize, payload: &[u8]) -> Packet<'_> {
    let packet_id = (qos != Qos::AtMostOnce).then_some(id(n));
    Packet::Publish(Publish {
        dup: false,
        qos,
        retain: false,
        topic: TOPIC.into(),
        packet_id,
        properties: Properties::NONE,
        payload,
    })
}

fn acknowledgement<'a>(n: usize) -> Packet<'a> {
    let packet_id = id(n);
    match n % 4 {
        0 => Packet::PubAck(PubAck::new(packet_id)),
        1 => Packet::PubRec(PubRec::new(packet_id)),
        2 => Packet::PubRel(PubRel::new(packet_id)),
        _ => Packet::PubComp(PubComp::new(packet_id)),
    }
}

fn connect<'a>() -> Packet<'a> {
    let will = Will {
        properties: Properties::NONE,
        topic: "clients/press-12/state".into(),
        message: b"offline",
        qos: 1,
        retain: true,
    };
    Packet::Connect(Connect {
        protocol_name: ProtocolVersion::V311.protocol_name().into(),
        protocol_level: ProtocolVersion::V311.level(),
        clean_session: true,
        keep_alive: KeepAlive::from_secs(60),
        properties: Properties::NONE,
        client_id: "press-12-controller".into(),
        will: Some(will),
        username: Some("press-12".into()),
        password: Some(b"correct horse battery staple"),
        stray_flags: 0,
    })
}

/// A packet identifier that is not 0.
fn id(n: usize) -> u16 {
    (n % 65_535 + 1) as u16
}

fn encoded(packet: &Packet<'_>) -> Vec<u8> {
    encoded_in(ProtocolVersion::V311, packet)
}

fn encoded_in(version: ProtocolVersion, packet: &Packet<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.encode(&mut bytes, version).expect("the samples are valid");
    bytes
}

/// xorshift64*: the same stream on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }
}
