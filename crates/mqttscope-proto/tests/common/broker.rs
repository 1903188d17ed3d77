//! A model of a broker that keeps its session: the least that the specifications ask for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use mqttscope_proto::{
    ConnAck, Deframer, Packet, Properties, PropertyBuf, PropertyId, PropertyValue, ProtocolVersion, PubAck,
    PubComp, PubRec, PubRel, Publish, Qos,
};

/// A message of the model is a number.
pub fn number(payload: &[u8]) -> u32 {
    u32::from_be_bytes(payload.try_into().expect("a message has four bytes"))
}

/// The topic of a message to the broker.
pub fn topic(message: u32) -> &'static str {
    ["t/0", "t/1", "t/2"][message as usize % 3]
}

/// What the broker knows of its one client.
#[derive(Default)]
pub struct Broker {
    /// Messages above QoS 0 that it takes at a time (MQTT 5).
    receive_maximum: u16,
    /// The topics of the client's aliases, on this connection.
    aliases: BTreeMap<u32, Vec<u8>>,
    /// The client knows its alias.
    has_set_alias: bool,
    /// Messages above QoS 0 that the client takes at a time.
    window: usize,
    /// The messages that it took over, in order.
    pub received: Vec<u32>,
    /// QoS 2 identifiers of the client that are not released.
    pub unreleased: BTreeSet<u16>,
    /// Its own messages, in order, until they are acknowledged.
    pub outbound: VecDeque<Outbound>,
    next_id: u16,
    has_session: bool,
    version: ProtocolVersion,
    connected: bool,
    deframer: Deframer,
}

pub struct Outbound {
    id: u16,
    qos: Qos,
    message: u32,
    sent: bool,
    released: bool,
}

impl Broker {
    /// A broker that takes so many messages above QoS 0 at a time, if its client speaks MQTT 5.
    pub fn new(receive_maximum: u16) -> Self {
        Self { receive_maximum, ..Self::default() }
    }

    /// Takes a message that it is to send to the client, now or when that is there.
    pub fn publish(&mut self, qos: Qos, message: u32, out: &mut VecDeque<u8>) {
        self.next_id = self.next_id % 1_000 + 1;
        self.outbound.push_back(Outbound { id: self.next_id, qos, message, sent: false, released: false });
        self.send_unsent(out);
    }

    /// The connection is gone, and what was not whole with it.
    pub fn cut(&mut self) {
        self.connected = false;
        self.has_set_alias = false;
        self.aliases.clear();
        self.deframer = Deframer::new();
    }

    /// Takes bytes of the client, and appends its answers.
    pub fn receive(&mut self, mut bytes: &[u8], out: &mut VecDeque<u8>) {
        let mut deframer = std::mem::take(&mut self.deframer);
        while let Some(frame) =
            deframer.next_frame(&mut bytes, self.version).expect("the client sends packets")
        {
            let packet = frame.decode(self.version, &mut ()).expect("the client sends packets");
            self.handle(&packet, out);
        }
        self.deframer = deframer;
    }

    fn handle(&mut self, packet: &Packet<'_>, out: &mut VecDeque<u8>) {
        match *packet {
            Packet::Connect(connect) => {
                self.version = connect.version().expect("the client knows its version");
                let flags = (self.has_session && self.version != ProtocolVersion::V31).into();
                self.has_session = true;
                self.connected = true;
                let window = connect.properties.number(PropertyId::ReceiveMaximum);
                self.window = window.map_or(usize::MAX, |window| window as usize);
                let properties = properties(&[
                    (PropertyId::ReceiveMaximum, self.receive_maximum.into()),
                    (PropertyId::TopicAliasMaximum, 2),
                ]);
                let properties = properties.as_properties();
                self.send(out, &Packet::ConnAck(ConnAck { properties, ..ConnAck::new(flags, 0) }));
                self.send_unfinished(out);
                self.send_unsent(out);
            }
            Packet::Publish(publish) => self.handle_publish(&publish, out),
            Packet::PubRel(PubRel { packet_id, .. }) => {
                self.unreleased.remove(&packet_id);
                self.send(out, &Packet::PubComp(PubComp::new(packet_id)));
            }
            Packet::PubAck(PubAck { packet_id, .. }) => {
                self.outbound.retain(|message| message.id != packet_id || message.qos == Qos::ExactlyOnce);
                self.send_unsent(out);
            }
            Packet::PubRec(PubRec { packet_id, .. }) => {
                if let Some(message) = self.outbound.iter_mut().find(|message| message.id == packet_id) {
                    message.released = true;
                }
                self.send(out, &Packet::PubRel(PubRel::new(packet_id)));
            }
            Packet::PubComp(PubComp { packet_id, .. }) => {
                self.outbound.retain(|message| message.id != packet_id || !message.released);
                self.send_unsent(out);
            }
            ref other => panic!("the model does not expect {other:?}"),
        }
    }

    fn handle_publish(&mut self, publish: &Publish<'_>, out: &mut VecDeque<u8>) {
        let packet_id = publish.packet_id.expect("the model publishes above QoS 0");
        let alias = publish.properties.number(PropertyId::TopicAlias);
        let topic = match alias {
            Some(alias) if publish.topic.is_empty() => self.aliases[&alias].as_slice(),
            _ => publish.topic.as_bytes(),
        };
        assert_eq!(topic, self::topic(number(publish.payload)).as_bytes());
        if let Some(alias) = alias {
            self.aliases.insert(alias, topic.to_vec());
        }
        let new = publish.qos == Qos::AtLeastOnce || self.unreleased.insert(packet_id);
        if new {
            self.received.push(number(publish.payload));
        }
        let is_within = self.unreleased.len() <= usize::from(self.receive_maximum);
        assert!(is_within || self.version != ProtocolVersion::V5, "the client sends too many messages");
        let answer = match publish.qos {
            Qos::ExactlyOnce => Packet::PubRec(PubRec::new(packet_id)),
            _ => Packet::PubAck(PubAck::new(packet_id)),
        };
        self.send(out, &answer);
    }

    /// What a former connection left: PUBRELs, then PUBLISHes with DUP, in order.
    fn send_unfinished(&mut self, out: &mut VecDeque<u8>) {
        for message in self.outbound.iter().filter(|message| message.released) {
            self.send(out, &Packet::PubRel(PubRel::new(message.id)));
        }
        for index in 0..self.outbound.len() {
            if self.outbound[index].sent && !self.outbound[index].released {
                self.send_message(index, true, out);
            }
        }
    }

    /// Sends as many as the client takes.
    fn send_unsent(&mut self, out: &mut VecDeque<u8>) {
        let mut sent = self.outbound.iter().filter(|message| message.sent).count();
        for index in 0..self.outbound.len() {
            if self.connected && !self.outbound[index].sent && sent < self.window {
                sent += 1;
                self.outbound[index].sent = true;
                self.send_message(index, false, out);
            }
        }
    }

    /// Sends a message to `t`, which in MQTT 5 is called by an alias from the second one on.
    fn send_message(&mut self, index: usize, dup: bool, out: &mut VecDeque<u8>) {
        let Outbound { id, qos, message, .. } = self.outbound[index];
        let has_alias = self.version == ProtocolVersion::V5;
        let alias = properties(&[(PropertyId::TopicAlias, 1)]);
        let is_known = std::mem::replace(&mut self.has_set_alias, has_alias);
        let publish = Publish {
            dup,
            qos,
            retain: false,
            topic: if is_known { "" } else { "t" }.into(),
            packet_id: Some(id),
            properties: if has_alias { alias.as_properties() } else { Properties::NONE },
            payload: &message.to_be_bytes(),
        };
        self.send(out, &Packet::Publish(publish));
    }

    fn send(&self, out: &mut VecDeque<u8>, packet: &Packet<'_>) {
        let mut bytes = Vec::new();
        packet.encode(&mut bytes, self.version).expect("the model writes packets");
        out.extend(bytes);
    }
}

/// Properties that are numbers.
pub fn properties(numbers: &[(PropertyId, u32)]) -> PropertyBuf {
    let mut properties = PropertyBuf::new();
    for &(id, number) in numbers {
        properties.push(id, PropertyValue::Number(number)).expect("the number fits");
    }
    properties
}
