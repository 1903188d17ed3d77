//! Messages on their way to the server: in flight, and queued behind those.
//!
//! ```text
//!            QoS 1                          QoS 2
//!   queued ──────► Published ──PUBACK──►   Published ──PUBREC──► Released ──PUBCOMP──►
//!                  keeps the PUBLISH       keeps the PUBLISH     keeps the id only
//! ```
//!
//! Once PUBREC has come, the PUBLISH is forgotten: it is never sent after that [MQTT-4.3.3-1]. In MQTT 5 an answer with
//! reason code 0x80 or above ends the exchange, whichever it is.

use alloc::collections::{BinaryHeap, VecDeque};
use alloc::vec::Vec;

use crate::error::EncodeError;
use crate::packet::{Packet, Publish, decode_and_judge};
use crate::session::by_id::ById;
use crate::session::options::{Publication, topic_alias};
use crate::types::{PacketId, PacketType, ProtocolVersion, Qos, Timestamp};
use crate::writer;

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
    /// Its PUBLISH was sent on this connection, so that it takes a place of the send quota (MQTT 5, 4.9).
    pub(super) takes_quota: bool,
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
    /// It has a topic alias (MQTT 5), besides its topic.
    pub(super) has_alias: bool,
}

impl Unnumbered {
    pub(super) fn encode(
        publication: &Publication<'_>,
        version: ProtocolVersion,
    ) -> Result<Self, EncodeError> {
        let mut frame = Vec::new();
        let publish = publish_packet(publication, Some(1));
        publish.encode(&mut frame, version)?;
        Self::of(frame, &publish, version)
    }

    /// The message that a PUBLISH carries, whose bytes are given.
    fn of(frame: Vec<u8>, publish: &Publish<'_>, version: ProtocolVersion) -> Result<Self, EncodeError> {
        let properties_len = writer::properties_len(publish.properties, version)?;
        let id_at = frame.len() - publish.payload.len() - properties_len - 2;
        let has_alias = match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => false,
            ProtocolVersion::V5 => topic_alias(publish.properties).is_some(),
        };
        Ok(Self { qos: publish.qos, frame, id_at, has_alias })
    }

    /// The message of a stored PUBLISH, `None` where the bytes are none that a session stores.
    pub(super) fn from_stored(frame: &[u8], version: ProtocolVersion) -> Option<Self> {
        Self::of(frame.to_vec(), &stored_publish(frame, version)?.0, version).ok()
    }

    pub(super) fn numbered(mut self, id: PacketId) -> Vec<u8> {
        self.frame[self.id_at..self.id_at + 2].copy_from_slice(&id.get().to_be_bytes());
        self.frame
    }
}

/// A PUBLISH above QoS 0 that a session has stored, and its identifier. It names its topic: a topic alias does not
/// outlive its connection [MQTT-3.3.2-7].
pub(super) fn stored_publish(frame: &[u8], version: ProtocolVersion) -> Option<(Publish<'_>, PacketId)> {
    let Ok(Packet::Publish(publish)) = decode_and_judge(frame, version).0 else { return None };
    let id = publish.packet_id.and_then(PacketId::new)?;
    Some((publish, id)).filter(|(publish, _)| !publish.topic.is_empty())
}

pub(super) fn publish_packet<'a>(publication: &Publication<'a>, packet_id: Option<u16>) -> Publish<'a> {
    Publish {
        dup: false,
        qos: publication.qos,
        retain: publication.retain,
        topic: publication.topic.as_str().into(),
        packet_id,
        properties: publication.properties,
        payload: publication.payload,
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Outbound {
    pub(super) in_flight: ById<InFlight>,
    pub(super) queue: VecDeque<Unnumbered>,
    /// Messages of a former connection that are to be sent again as the send quota allows (MQTT 5).
    pub(super) resends: VecDeque<PacketId>,
    /// Messages in flight that take a place of the send quota.
    quota_taken: usize,
    next_order: u64,
}

impl Outbound {
    /// Puts a message in flight whose PUBLISH is being sent.
    pub(super) fn start(&mut self, id: PacketId, qos: Qos, frame: Vec<u8>, now: Timestamp) {
        self.insert(id, qos, Stage::Published { frame }, now).takes_quota = true;
        self.quota_taken += 1;
    }

    /// Puts a message in flight behind all others.
    pub(super) fn insert(
        &mut self,
        id: PacketId,
        qos: Qos,
        stage: Stage,
        last_sent: Timestamp,
    ) -> &mut InFlight {
        let order = self.next_order();
        self.in_flight.insert(id, InFlight { qos, stage, order, last_sent, retries: 0, takes_quota: false })
    }

    /// Takes a message out, and gives its place of the send quota free.
    pub(super) fn remove(&mut self, id: PacketId) -> Option<InFlight> {
        let message = self.in_flight.remove(id)?;
        self.quota_taken -= usize::from(message.takes_quota);
        Some(message)
    }

    /// A PUBLISH is sent on this connection.
    pub(super) fn take_quota(&mut self, id: PacketId) {
        if let Some(message) = self.in_flight.get_mut(id)
            && !core::mem::replace(&mut message.takes_quota, true)
        {
            self.quota_taken += 1;
        }
    }

    /// Messages that were sent on this connection and are not acknowledged to the end. Each PUBLISH, also one that is sent
    /// again, takes a place, and its last acknowledgement gives it back: one for a PUBREL that was sent again gives none,
    /// so that there are never more than at the start (MQTT 5, 4.9).
    pub(super) const fn quota_taken(&self) -> usize {
        self.quota_taken
    }

    /// The connection is over, and its quota with it.
    pub(super) fn end_connection(&mut self) {
        self.resends.clear();
        if core::mem::take(&mut self.quota_taken) > 0 {
            for message in self.in_flight.values_mut() {
                message.takes_quota = false;
            }
        }
    }

    /// Writes what is stored anew for another version: only MQTT 5 has properties.
    pub(super) fn translate(&mut self, from: ProtocolVersion, to: ProtocolVersion) {
        let written = |frame: &[u8]| {
            let mut bytes = Vec::new();
            let (publish, _) = stored_publish(frame, from)?;
            publish.encode(&mut bytes, to).ok()?;
            Some(bytes)
        };
        for message in self.in_flight.values_mut() {
            if let Stage::Published { frame } = &mut message.stage
                && let Some(bytes) = written(frame)
            {
                *frame = bytes;
            }
        }
        for message in &mut self.queue {
            let other = written(&message.frame).and_then(|frame| Unnumbered::from_stored(&frame, to));
            if let Some(other) = other {
                *message = other;
            }
        }
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
            self.remove(id);
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
