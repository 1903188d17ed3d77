//! Messages on their way from the server: which QoS 2 identifiers are known, and which acknowledgements are held.
//!
//! ```text
//!   PUBLISH, id unknown ──► deliver, remember the id, PUBREC
//!   PUBLISH, id known   ──► do not deliver, PUBREC again
//!   PUBREL              ──► forget the id, PUBCOMP (also for an id that is unknown)
//! ```

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::packet::PacketType;
use crate::types::{PacketId, Timestamp};

/// Identifiers of QoS 2 messages that were received and are not yet released.
#[derive(Clone, Debug)]
pub(super) struct ReceivedIds(Box<[u64; 1_024]>);

impl ReceivedIds {
    pub(super) fn new() -> Self {
        Self(Box::new([0; 1_024]))
    }

    /// Remembers an identifier, and says whether it was new.
    pub(super) fn insert(&mut self, id: PacketId) -> bool {
        let (word, bit) = place(id);
        let new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        new
    }

    pub(super) fn remove(&mut self, id: PacketId) {
        let (word, bit) = place(id);
        self.0[word] &= !bit;
    }

    pub(super) fn clear(&mut self) {
        self.0.fill(0);
    }

    /// The identifiers in ascending order.
    pub(super) fn iter(&self) -> impl Iterator<Item = PacketId> + '_ {
        let words = self.0.iter().zip((0_u16..).step_by(64)).filter(|&(&word, _)| word != 0);
        let ids = words.flat_map(|(&word, first)| {
            (0..64).filter(move |bit| word & 1 << bit != 0).map(move |bit| first + bit)
        });
        ids.filter_map(PacketId::new)
    }
}

fn place(id: PacketId) -> (usize, u64) {
    (usize::from(id.get()) / 64, 1 << (id.get() % 64))
}

/// An acknowledgement that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ack {
    pub(super) packet_type: PacketType,
    pub(super) packet_id: PacketId,
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
