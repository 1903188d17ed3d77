//! Messages on their way to the server: in flight, and queued behind those.
//!
//! ```text
//!            QoS 1                          QoS 2
//!   queued ──────► Published ──PUBACK──►   Published ──PUBREC──► Released ──PUBCOMP──►
//!                  keeps the PUBLISH       keeps the PUBLISH     keeps the id only
//! ```
//!
//! Once PUBREC has come, the PUBLISH is forgotten: it is never sent after that [MQTT-4.3.3-1].

use alloc::collections::{BinaryHeap, VecDeque};
use alloc::vec::Vec;

use crate::error::EncodeError;
use crate::packet::Publish;
use crate::session::by_id::ById;
use crate::session::options::Publication;
use crate::types::{PacketId, PacketType, Qos, Timestamp};

/// A message above QoS 0 that is not completely acknowledged.
#[derive(Clone, Debug)]
pub(super) struct InFlight {
    pub(super) qos: Qos,
    pub(super) stage: Stage,
    /// Ascends with each PUBLISH and with each PUBREL: resends keep that order [MQTT-4.6.0-1], [MQTT-4.6.0-4].
    pub(super) order: u64,
    pub(super) last_sent: Timestamp,
    /// How often its packet was sent again on this connection because no answer came.
    pub(super) retries: u32,
}

#[derive(Clone, Debug)]
pub(super) enum Stage {
    /// PUBLISH was sent; PUBACK or PUBREC is awaited.
    Published { frame: Vec<u8> },
    /// PUBREL was sent or is held; PUBCOMP is awaited.
    Released,
}

impl InFlight {
    /// The acknowledgement that is awaited.
    pub(super) fn awaited(&self) -> PacketType {
        match (&self.stage, self.qos) {
            (Stage::Released, _) => PacketType::PubComp,
            (_, Qos::ExactlyOnce) => PacketType::PubRec,
            _ => PacketType::PubAck,
        }
    }
}

/// A PUBLISH whose packet identifier is not known yet.
#[derive(Clone, Debug)]
pub(super) struct Unnumbered {
    pub(super) qos: Qos,
    pub(super) frame: Vec<u8>,
    /// Where the identifier stands in the frame.
    pub(super) id_at: usize,
}

impl Unnumbered {
    pub(super) fn encode(publication: &Publication<'_>) -> Result<Self, EncodeError> {
        let mut frame = Vec::new();
        publish_packet(publication, Some(1)).encode(&mut frame)?;
        let id_at = frame.len() - publication.payload.len() - 2;
        Ok(Self { qos: publication.qos, frame, id_at })
    }

    fn numbered(mut self, id: PacketId) -> Vec<u8> {
        self.frame[self.id_at..self.id_at + 2].copy_from_slice(&id.get().to_be_bytes());
        self.frame
    }
}

pub(super) fn publish_packet<'a>(publication: &Publication<'a>, packet_id: Option<u16>) -> Publish<'a> {
    Publish {
        dup: false,
        qos: publication.qos,
        retain: publication.retain,
        topic: publication.topic.as_str().into(),
        packet_id,
        payload: publication.payload,
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Outbound {
    pub(super) in_flight: ById<InFlight>,
    pub(super) queue: VecDeque<Unnumbered>,
    next_order: u64,
}

impl Outbound {
    /// Puts a message in flight, and gives its PUBLISH to be sent.
    pub(super) fn start(&mut self, id: PacketId, message: Unnumbered, now: Timestamp) -> &[u8] {
        let qos = message.qos;
        let stage = Stage::Published { frame: message.numbered(id) };
        match &self.insert(id, qos, stage, now).stage {
            Stage::Published { frame } => frame,
            Stage::Released => &[],
        }
    }

    /// Puts a message in flight behind all others.
    pub(super) fn insert(&mut self, id: PacketId, qos: Qos, stage: Stage, last_sent: Timestamp) -> &InFlight {
        let order = self.next_order();
        self.in_flight.insert(id, InFlight { qos, stage, order, last_sent, retries: 0 })
    }

    /// PUBREC has come: the message is the server's, its identifier awaits PUBCOMP.
    pub(super) fn release(&mut self, id: PacketId, now: Timestamp) {
        let order = self.next_order();
        if let Some(message) = self.in_flight.get_mut(id) {
            message.stage = Stage::Released;
            message.order = order;
            message.last_sent = now;
            message.retries = 0;
        }
    }

    /// All identifiers in flight in the order in which their packets are sent again.
    ///
    /// PUBRELs go first: their messages were published before, and stand for no PUBLISH any more.
    pub(super) fn in_resend_order(&self) -> Vec<PacketId> {
        let rank = |message: &InFlight| (matches!(message.stage, Stage::Published { .. }), message.order);
        // A heap, since sorting a slice brings fifteen kilobytes of code into the page.
        let ranked: BinaryHeap<_> = self.in_flight.iter().map(|(id, message)| (rank(message), id)).collect();
        ranked.into_sorted_vec().into_iter().map(|(_, id)| id).collect()
    }

    /// Takes out the messages of which only PUBCOMP is missing, and gives their identifiers in order.
    pub(super) fn take_released(&mut self) -> Vec<PacketId> {
        let is_released = |message: &InFlight| matches!(message.stage, Stage::Released);
        let released = self.in_flight.iter().filter(|(_, message)| is_released(message));
        let released: Vec<_> = released.map(|(id, _)| id).collect();
        for &id in &released {
            self.in_flight.remove(id);
        }
        released
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    fn next_order(&mut self) -> u64 {
        self.next_order += 1;
        self.next_order
    }
}
