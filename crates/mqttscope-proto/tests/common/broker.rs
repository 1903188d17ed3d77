//! A model of a broker that keeps its session: the least that the specifications ask for.

use std::collections::{BTreeSet, VecDeque};

use mqttscope_proto::{
    ConnAck, Deframer, Packet, ProtocolVersion, PubAck, PubComp, PubRec, PubRel, Publish, Qos,
};

/// A message of the model is a number.
pub fn number(payload: &[u8]) -> u32 {
    u32::from_be_bytes(payload.try_into().expect("a message has four bytes"))
}

/// What the broker knows of its one client.
#[derive(Default)]
pub struct Broker {
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
    /// Takes a message that it is to send to the client, now or when that is there.
    pub fn publish(&mut self, qos: Qos, message: u32, out: &mut VecDeque<u8>) {
        self.next_id = self.next_id % 1_000 + 1;
        self.outbound.push_back(Outbound { id: self.next_id, qos, message, sent: false, released: false });
        self.send_unsent(out);
    }

    /// The connection is gone, and what was not whole with it.
    pub fn cut(&mut self) {
        self.connected = false;
        self.deframer = Deframer::new();
    }

    /// Takes bytes of the client, and appends its answers.
    pub fn receive(&mut self, mut bytes: &[u8], out: &mut VecDeque<u8>) {
        let mut deframer = std::mem::take(&mut self.deframer);
        while let Some(frame) = deframer.next_frame(&mut bytes).expect("the client sends packets") {
            let packet = frame.decode(self.version, &mut ()).expect("the client sends packets");
            self.handle(&packet, out);
        }
        self.deframer = deframer;
    }

    fn handle(&mut self, packet: &Packet<'_>, out: &mut VecDeque<u8>) {
        match *packet {
            Packet::Connect(connect) => {
                self.version = connect.version().expect("the client knows its version");
                let flags = (self.has_session && self.version == ProtocolVersion::V311).into();
                self.has_session = true;
                self.connected = true;
                send(out, &Packet::ConnAck(ConnAck { flags, return_code: 0 }));
                self.send_unfinished(out);
                self.send_unsent(out);
            }
            Packet::Publish(publish) => self.handle_publish(&publish, out),
            Packet::PubRel(PubRel { packet_id, .. }) => {
                self.unreleased.remove(&packet_id);
                send(out, &Packet::PubComp(PubComp { packet_id }));
            }
            Packet::PubAck(PubAck { packet_id }) => {
                self.outbound.retain(|message| message.id != packet_id || message.qos == Qos::ExactlyOnce);
            }
            Packet::PubRec(PubRec { packet_id }) => {
                if let Some(message) = self.outbound.iter_mut().find(|message| message.id == packet_id) {
                    message.released = true;
                }
                send(out, &Packet::PubRel(PubRel { dup: false, packet_id }));
            }
            Packet::PubComp(PubComp { packet_id }) => {
                self.outbound.retain(|message| message.id != packet_id || !message.released);
            }
            ref other => panic!("the model does not expect {other:?}"),
        }
    }

    fn handle_publish(&mut self, publish: &Publish<'_>, out: &mut VecDeque<u8>) {
        let packet_id = publish.packet_id.expect("the model publishes above QoS 0");
        let new = publish.qos == Qos::AtLeastOnce || self.unreleased.insert(packet_id);
        if new {
            self.received.push(number(publish.payload));
        }
        let answer = match publish.qos {
            Qos::ExactlyOnce => Packet::PubRec(PubRec { packet_id }),
            _ => Packet::PubAck(PubAck { packet_id }),
        };
        send(out, &answer);
    }

    /// What a former connection left: PUBRELs, then PUBLISHes with DUP, in order.
    fn send_unfinished(&self, out: &mut VecDeque<u8>) {
        for message in self.outbound.iter().filter(|message| message.released) {
            send(out, &Packet::PubRel(PubRel { dup: false, packet_id: message.id }));
        }
        for message in self.outbound.iter().filter(|message| message.sent && !message.released) {
            message.send(true, out);
        }
    }

    fn send_unsent(&mut self, out: &mut VecDeque<u8>) {
        if self.connected {
            for message in self.outbound.iter_mut().filter(|message| !message.sent) {
                message.sent = true;
                message.send(false, out);
            }
        }
    }
}

impl Outbound {
    fn send(&self, dup: bool, out: &mut VecDeque<u8>) {
        let payload = &self.message.to_be_bytes();
        let packet_id = Some(self.id);
        let publish = Publish { dup, qos: self.qos, retain: false, topic: "t".into(), packet_id, payload };
        send(out, &Packet::Publish(publish));
    }
}

fn send(out: &mut VecDeque<u8>, packet: &Packet<'_>) {
    let mut bytes = Vec::new();
    packet.encode(&mut bytes).expect("the model writes packets");
    out.extend(bytes);
}
