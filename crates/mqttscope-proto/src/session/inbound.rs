//! Messages on their way from the server: what is answered to them, and which answers are held.
//!
//! ```text
//!   PUBLISH, id unknown ──► deliver, remember the id, PUBREC
//!   PUBLISH, id known   ──► do not deliver, PUBREC again
//!   PUBREL              ──► forget the id, PUBCOMP (also for an id that is unknown: in MQTT 5 with reason code 0x92)
//! ```

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::ids::IdSet;
use crate::packet::id_packet;
use crate::reason::ReasonCode;
use crate::types::{PacketId, PacketType, ProtocolVersion, Timestamp};

/// An acknowledgement that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ack {
    pub(super) packet_type: PacketType,
    pub(super) packet_id: PacketId,
    /// How it went (MQTT 5).
    pub(super) reason_code: ReasonCode,
}

impl Ack {
    /// One that says that all is well.
    pub(super) const fn new(packet_type: PacketType, packet_id: PacketId) -> Self {
        Self { packet_type, packet_id, reason_code: ReasonCode::SUCCESS }
    }

    /// Its bytes in the shortest form, and how many they are.
    pub(super) fn frame(self, version: ProtocolVersion) -> ([u8; 5], usize) {
        let [first_byte, len, high, low] =
            id_packet(self.packet_type.first_byte(), self.packet_id.get().to_be_bytes());
        let is_short = match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => true,
            ProtocolVersion::V5 => self.reason_code == ReasonCode::SUCCESS,
        };
        if is_short {
            ([first_byte, len, high, low, 0], 4)
        } else {
            ([first_byte, len + 1, high, low, self.reason_code.0], 5)
        }
    }

    /// Whether it ends the exchange of a message that came: the next one may come then [MQTT-3.3.4-9].
    pub(super) fn ends_exchange(self) -> bool {
        match self.packet_type {
            PacketType::PubAck | PacketType::PubComp => true,
            _ => self.is_refusal(),
        }
    }

    /// Whether it refuses a message at QoS 2, whose identifier stands for another one from then on [MQTT-4.3.3-9].
    pub(super) fn is_refusal(self) -> bool {
        self.packet_type == PacketType::PubRec && self.reason_code.is_error()
    }
}

/// Messages above QoS 0 that came over this connection and are not answered to the end.
#[derive(Clone, Debug)]
pub(super) struct Unanswered {
    ids: IdSet,
    count: usize,
}

impl Unanswered {
    pub(super) fn new() -> Self {
        Self { ids: IdSet::new(), count: 0 }
    }

    /// Takes a message in, and says how many there are.
    pub(super) fn insert(&mut self, id: PacketId) -> usize {
        self.count += usize::from(self.ids.insert(id));
        self.count
    }

    pub(super) fn remove(&mut self, id: PacketId) {
        self.count -= usize::from(self.ids.remove(id));
    }

    pub(super) fn clear(&mut self) {
        if self.count > 0 {
            self.ids.clear();
            self.count = 0;
        }
    }
}

/// Acknowledgements that a policy keeps back.
#[derive(Clone, Debug, Default)]
pub(super) struct HeldAcks {
    /// Until they are released by hand.
    pub(super) withheld: VecDeque<Ack>,
    /// Until the message is acknowledged by hand.
    pub(super) manual: VecDeque<Ack>,
    /// Until their time comes; in no order, since the delay can change in between.
    delayed: Vec<(Timestamp, Ack)>,
    /// Until the next one of the same type passes them.
    overtaken: Vec<Ack>,
}

impl HeldAcks {
    pub(super) fn delay(&mut self, due: Timestamp, ack: Ack) {
        self.delayed.push((due, ack));
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.delayed.iter().map(|&(due, _)| due).min()
    }

    /// The delayed acknowledgement that is due longest, if its time has come.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<Ack> {
        let (index, &(due, ack)) = self.delayed.iter().enumerate().min_by_key(|(_, (due, _))| *due)?;
        (due <= now).then(|| {
            self.delayed.remove(index);
            ack
        })
    }

    /// Holds an acknowledgement, unless one of its type is held already: that one is then to follow it.
    pub(super) fn overtake(&mut self, ack: Ack) -> Option<Ack> {
        let held = self.overtaken.iter().position(|other| other.packet_type == ack.packet_type);
        match held {
            Some(index) => Some(self.overtaken.remove(index)),
            None => {
                self.overtaken.push(ack);
                None
            }
        }
    }

    /// Everything that waits for a release by hand.
    pub(super) fn take_withheld(&mut self) -> Vec<Ack> {
        self.withheld.drain(..).chain(self.overtaken.drain(..)).collect()
    }

    pub(super) fn take_manual(&mut self, id: PacketId) -> Option<Ack> {
        let index = self.manual.iter().position(|ack| ack.packet_id == id)?;
        self.manual.remove(index)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
