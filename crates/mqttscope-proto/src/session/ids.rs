//! Sets of packet identifiers, and which of them are free.

use alloc::boxed::Box;

use crate::types::PacketId;

const WORDS: usize = 65_536 / 64;

/// A set of packet identifiers, a bit for each.
#[derive(Clone, Debug)]
pub(super) struct IdSet(Box<[u64; WORDS]>);

impl IdSet {
    pub(super) fn new() -> Self {
        Self(Box::new([0; WORDS]))
    }

    /// Puts an identifier in, and says whether it was new.
    pub(super) fn insert(&mut self, id: PacketId) -> bool {
        let (word, bit) = place(id);
        let new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        new
    }

    /// Takes an identifier out, and says whether it was in.
    pub(super) fn remove(&mut self, id: PacketId) -> bool {
        let (word, bit) = place(id);
        let was_in = self.0[word] & bit != 0;
        self.0[word] &= !bit;
        was_in
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

    /// The first identifier from `start` on that is not in the set.
    fn first_missing_from(&self, start: u16) -> Option<PacketId> {
        let first_word = usize::from(start) / 64;
        let below_start = !(u64::MAX << (start % 64));
        (first_word..WORDS).find_map(|word| {
            let masked = self.0[word] | if word == first_word { below_start } else { 0 };
            let bit = masked.trailing_ones() as usize;
            u16::try_from(word * 64 + bit).ok().filter(|_| bit < 64).and_then(PacketId::new)
        })
    }
}

fn place(id: PacketId) -> (usize, u64) {
    (usize::from(id.get()) / 64, 1 << (id.get() % 64))
}

/// Hands out packet identifiers, each to one use at a time.
///
/// Identifiers are given in ascending order and around again, so that one that was freed rests as long as
/// possible: a late acknowledgement then meets no newer message of the same identifier.
#[derive(Clone, Debug)]
pub(super) struct PacketIds {
    used: IdSet,
    count: usize,
    /// Never 0, which is no packet identifier.
    next: u16,
}

impl PacketIds {
    pub(super) fn new() -> Self {
        Self { used: IdSet::new(), count: 0, next: 1 }
    }

    /// A free identifier, `None` when all 65,535 are in use.
    pub(super) fn allocate(&mut self) -> Option<PacketId> {
        let id = self.used.first_missing_from(self.next).or_else(|| self.used.first_missing_from(1))?;
        self.reserve(id);
        self.next = id.get().wrapping_add(1).max(1);
        Some(id)
    }

    /// Takes a certain identifier, if it is free.
    pub(super) fn reserve(&mut self, id: PacketId) -> bool {
        let free = self.used.insert(id);
        self.count += usize::from(free);
        free
    }

    pub(super) fn free(&mut self, id: PacketId) {
        self.count -= usize::from(self.used.remove(id));
    }

    /// How many are in use.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The identifier that is tried first at the next allocation.
    pub(super) fn next(&self) -> u16 {
        self.next
    }

    pub(super) fn set_next(&mut self, next: u16) {
        self.next = next.max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_identifier_is_given_once_and_then_none() {
        let mut ids = PacketIds::new();
        for expected in 1..=u16::MAX {
            assert_eq!(ids.allocate().map(PacketId::get), Some(expected));
        }
        assert_eq!((ids.allocate(), ids.len()), (None, 65_535));
        let freed = PacketId::new(300).expect("300 is not 0");
        ids.free(freed);
        ids.free(freed);
        assert_eq!((ids.allocate(), ids.allocate(), ids.len()), (Some(freed), None, 65_535));
    }

    #[test]
    fn a_freed_identifier_is_not_the_next_one() {
        let mut ids = PacketIds::new();
        let first = ids.allocate().expect("all are free");
        ids.free(first);
        assert_eq!(ids.allocate().map(PacketId::get), Some(2));
    }

    #[test]
    fn a_reserved_identifier_is_skipped() {
        let mut ids = PacketIds::new();
        let two = PacketId::new(2).expect("2 is not 0");
        assert!(ids.reserve(two));
        assert!(!ids.reserve(two));
        assert_eq!((ids.allocate(), ids.allocate()), (PacketId::new(1), PacketId::new(3)));
    }
}
