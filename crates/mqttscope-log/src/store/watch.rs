//! What a server does, held against the rules of behaviour: for connections that no session of ours is on.
//!
//! A session finds such faults by itself ([`mqttscope_proto::session::Session`]); here they are found for what is
//! imported, under the same names. Nothing is looked up in the log, which may have dropped what was asked.

use std::collections::BTreeMap;

use mqttscope_proto::session::PeerError;
use mqttscope_proto::{Connect, Packet, PacketId, PacketType, Qos, ReasonCode};

use super::connection::Version;
use super::misbehaviour::OfSide;
use super::record::Direction;

mod terms;

use terms::Terms;

/// A connection whose CONNECT was seen, and of which nothing is missing since.
#[derive(Debug)]
pub(super) struct Watch {
    version: Version,
    clean_session: bool,
    is_accepted: bool,
    /// PINGREQs without an answer.
    pings: u32,
    /// What the client has asked for, by packet id.
    asked: BTreeMap<u16, Asked>,
    /// What the sides have said that they take (MQTT 5).
    terms: Option<Box<Terms>>,
}

/// A packet of the client that is to be answered.
#[derive(Clone, Copy, Debug)]
struct Asked {
    awaited: PacketType,
    /// How many answers may still come: one for each copy.
    answers: u32,
    /// The exchange is over, and only answers to copies are to come.
    is_over: bool,
    /// Topic filters of a SUBSCRIBE, or of an UNSUBSCRIBE.
    filters: usize,
}

impl Watch {
    /// Watches what comes behind a CONNECT.
    pub(super) fn new(connect: &Connect<'_>) -> Self {
        let version = connect.version().map_or(Version::Unknown, Version::Known);
        Self {
            version,
            terms: version.is_5().then(|| Box::new(Terms::of(connect))),
            clean_session: connect.clean_session,
            is_accepted: false,
            pings: 0,
            asked: BTreeMap::new(),
        }
    }

    /// Takes a packet of either side, of `len` bytes, and tells what is wrong about its coming.
    pub(super) fn note(
        &mut self,
        direction: Direction,
        len: usize,
        packet: &Packet<'_>,
        tell: &mut impl FnMut(OfSide),
    ) {
        match direction {
            Direction::Out => {
                if let Some(terms) = &mut self.terms {
                    terms.client_sends(len, packet, &mut |error| tell(OfSide::Client(error)));
                }
                self.note_asked(packet);
            }
            Direction::In => {
                let mut tell = |error| tell(OfSide::Server(error));
                let was_accepted = self.is_accepted;
                self.note_answer(packet, &mut tell);
                if let Some(terms) = &mut self.terms {
                    terms.server_sends(len, packet, was_accepted, &mut tell);
                }
            }
            Direction::Event => {}
        }
    }

    fn note_asked(&mut self, packet: &Packet<'_>) {
        match packet {
            Packet::Publish(publish) => {
                let awaited = match publish.qos {
                    Qos::AtMostOnce => return,
                    Qos::AtLeastOnce => PacketType::PubAck,
                    Qos::ExactlyOnce => PacketType::PubRec,
                };
                self.ask(publish.packet_id.unwrap_or_default(), publish.dup, awaited, 0);
            }
            // A second one asks again, whether it says so or not: 3.1 sets DUP, 3.1.1 has none.
            Packet::PubRel(pubrel) => self.ask(pubrel.packet_id, true, PacketType::PubComp, 0),
            Packet::Subscribe(subscribe) => {
                let filters = subscribe.filters.iter().count();
                self.ask(subscribe.packet_id, subscribe.dup, PacketType::SubAck, filters);
            }
            Packet::Unsubscribe(unsubscribe) => {
                let filters = unsubscribe.filters.iter().count();
                self.ask(unsubscribe.packet_id, unsubscribe.dup, PacketType::UnsubAck, filters);
            }
            Packet::PingReq => self.pings += 1,
            _ => {}
        }
    }

    fn ask(&mut self, id: u16, again: bool, awaited: PacketType, filters: usize) {
        let new = Asked { awaited, answers: 1, is_over: false, filters };
        match self.asked.get_mut(&id) {
            Some(asked) if again && asked.awaited == awaited => {
                asked.answers = asked.answers.saturating_add(1);
                asked.is_over = false;
            }
            _ => _ = self.asked.insert(id, new),
        }
    }

    fn note_answer(&mut self, packet: &Packet<'_>, tell: &mut impl FnMut(PeerError)) {
        let packet_type = packet.packet_type();
        // An authentication comes before CONNACK (MQTT 5, 4.12).
        let may_be_first = matches!(packet_type, PacketType::ConnAck | PacketType::Auth);
        if !self.is_accepted && !may_be_first {
            tell(PeerError::BeforeConnAck(packet_type));
        }
        match packet {
            Packet::ConnAck(_) if self.is_accepted => tell(PeerError::SecondConnAck),
            Packet::ConnAck(connack) => {
                self.is_accepted = connack.return_code == 0;
                if self.is_accepted && connack.session_present() && self.clean_session {
                    tell(PeerError::SessionPresent);
                }
            }
            Packet::PubAck(puback) => _ = self.answer(packet_type, puback.packet_id, tell),
            // The message is refused, and the identifier is free again [MQTT-4.3.3-4].
            Packet::PubRec(pubrec) if pubrec.reason_code.is_some_and(ReasonCode::is_error) => {
                _ = self.answer(packet_type, pubrec.packet_id, tell);
            }
            Packet::PubRec(pubrec) => self.receive(pubrec.packet_id, tell),
            Packet::PubComp(pubcomp) => _ = self.answer(packet_type, pubcomp.packet_id, tell),
            Packet::UnsubAck(unsuback) => {
                let expected = self.answer(packet_type, unsuback.packet_id, tell);
                let actual = unsuback.reason_codes.len();
                // Before MQTT 5 it has none.
                if let Some(expected) = expected.filter(|&expected| self.version.is_5() && expected != actual)
                {
                    tell(PeerError::UnsubscribeCodeCount { expected, actual });
                }
            }
            Packet::SubAck(suback) => {
                let expected = self.answer(packet_type, suback.packet_id, tell);
                let actual = suback.return_codes.len();
                if let Some(expected) = expected.filter(|&expected| expected != actual) {
                    tell(PeerError::ReturnCodeCount { expected, actual });
                }
            }
            Packet::PingResp if self.pings == 0 => tell(PeerError::UnexpectedPingResp),
            Packet::PingResp => self.pings -= 1,
            _ => _ = client_only(packet_type, self.version).map(tell),
        }
    }

    /// An answer that ends an exchange; says how many topic filters were asked for.
    fn answer(
        &mut self,
        packet_type: PacketType,
        id: u16,
        tell: &mut impl FnMut(PeerError),
    ) -> Option<usize> {
        match self.asked.get_mut(&id) {
            Some(asked) if asked.awaited == packet_type => {
                asked.answers -= 1;
                asked.is_over = true;
                let filters = asked.filters;
                if asked.answers == 0 {
                    self.asked.remove(&id);
                }
                return Some(filters);
            }
            asked => tell(unasked(packet_type, id, asked)),
        }
        None
    }

    /// PUBREC, which is answered in its turn. A server that has not seen PUBREL may repeat it.
    fn receive(&mut self, id: u16, tell: &mut impl FnMut(PeerError)) {
        match self.asked.get_mut(&id) {
            Some(Asked { awaited: PacketType::PubRec | PacketType::PubComp, .. }) => {}
            asked => tell(unasked(PacketType::PubRec, id, asked)),
        }
    }
}

/// What is wrong with a packet that only clients send, if it is one.
pub(super) const fn client_only(packet_type: PacketType, version: Version) -> Option<PeerError> {
    match is_from_client(packet_type, version) {
        Some(true) => Some(PeerError::NotFromServer(packet_type)),
        _ => None,
    }
}

/// Whether a client sends a type of packets, where only one side does. In MQTT 5 servers send DISCONNECT too.
pub(crate) const fn is_from_client(packet_type: PacketType, version: Version) -> Option<bool> {
    use PacketType as T;
    match packet_type {
        T::Disconnect if version.may_be_5() => None,
        T::Connect | T::Subscribe | T::Unsubscribe | T::PingReq | T::Disconnect => Some(true),
        T::ConnAck | T::SubAck | T::UnsubAck | T::PingResp => Some(false),
        T::Publish | T::PubAck | T::PubRec | T::PubRel | T::PubComp | T::Auth => None,
    }
}

fn unasked(packet_type: PacketType, id: u16, asked: Option<&mut Asked>) -> PeerError {
    match (PacketId::new(id), asked) {
        (Some(packet_id), Some(asked)) if !asked.is_over => {
            PeerError::WrongAcknowledgement { packet_type, packet_id, awaited: asked.awaited }
        }
        _ => PeerError::UnknownPacketId { packet_type, packet_id: id },
    }
}
