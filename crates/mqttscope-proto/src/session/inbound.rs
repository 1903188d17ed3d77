//! Messages on their way from the server: what is answered to them, and which answers are held.
//!
//! ```text
//!   PUBLISH, id unknown ──► deliver, remember the id, PUBREC
//!   PUBLISH, id known   ──► do not deliver, PUBREC again
//!   PUBREL              ──► forget the id, PUBCOMP (also for an id that is unknown)
//! ```

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::packet::id_packet;
use crate::types::{PacketId, PacketType, Timestamp};

/// An acknowledgement that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ack {
    pub(super) packet_type: PacketType,
    pub(super) packet_id: PacketId,
}

impl Ack {
    pub(super) fn frame(self) -> [u8; 4] {
        id_packet(self.packet_type.first_byte(), self.packet_id.get().to_be_bytes())
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
