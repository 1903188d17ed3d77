//! Packets that wait to be sent, in order, in one buffer.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::error::EncodeError;
use crate::packet::Packet;
use crate::types::ProtocolVersion;

/// One packet to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit<'a> {
    /// The packet's bytes; with [`TransmitKind::Raw`] whatever bytes the caller asked for.
    pub frame: &'a [u8],
    /// Why it is sent.
    pub kind: TransmitKind,
}

/// Why a packet is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransmitKind {
    /// As the protocol asks.
    Regular,
    /// A copy with DUP set, because the policy sends duplicates.
    Duplicate,
    /// Again, after a reconnect or because no answer came in time.
    Resend,
    /// Bytes that the caller sent past the session.
    Raw,
}

#[derive(Clone, Debug, Default)]
pub(super) struct TransmitQueue {
    bytes: Vec<u8>,
    frames: VecDeque<(usize, TransmitKind)>,
    taken: usize,
}

impl TransmitQueue {
    /// Queues a packet, and says how many bytes it has.
    pub(super) fn push(
        &mut self,
        packet: &Packet<'_>,
        version: ProtocolVersion,
    ) -> Result<usize, EncodeError> {
        let len = packet.encode(&mut self.bytes, version)?;
        self.frames.push_back((len, TransmitKind::Regular));
        Ok(len)
    }

    pub(super) fn push_bytes(&mut self, bytes: &[u8], kind: TransmitKind) {
        self.bytes.extend_from_slice(bytes);
        self.frames.push_back((bytes.len(), kind));
    }

    /// The last packet once more, with DUP set.
    pub(super) fn push_copy(&mut self, kind: TransmitKind) {
        let Some(&(len, _)) = self.frames.back() else { return };
        let first = self.bytes.len();
        self.bytes.extend_from_within(first - len..);
        self.bytes[first] |= DUP;
        self.frames.push_back((len, kind));
    }

    /// Takes the last packet back.
    pub(super) fn take_back(&mut self) {
        let len = self.frames.pop_back().map_or(0, |(len, _)| len);
        self.bytes.truncate(self.bytes.len() - len);
    }

    /// A packet once more, with DUP set where it may be.
    pub(super) fn push_again(&mut self, frame: &[u8], dup: bool, kind: TransmitKind) {
        let first = self.bytes.len();
        self.push_bytes(frame, kind);
        if dup {
            self.bytes[first] |= DUP;
        }
    }

    pub(super) fn pop(&mut self) -> Option<Transmit<'_>> {
        let Some((len, kind)) = self.frames.pop_front() else {
            self.clear();
            return None;
        };
        let start = self.taken;
        self.taken += len;
        Some(Transmit { frame: &self.bytes[start..self.taken], kind })
    }

    pub(super) fn clear(&mut self) {
        self.frames.clear();
        self.taken = 0;
        if self.bytes.capacity() > KEPT_CAPACITY {
            self.bytes = Vec::new();
        } else {
            self.bytes.clear();
        }
    }
}

/// The DUP bit of a first byte.
const DUP: u8 = 0x08;

/// A buffer of this size is given back once it is empty; smaller ones are kept for the next packets.
const KEPT_CAPACITY: usize = 1 << 20;
