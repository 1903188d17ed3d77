//! Which packet identifiers are free.

use alloc::boxed::Box;

use crate::types::PacketId;

const WORDS: usize = 65_536 / 64;

/// Hands out packet identifiers, each to one use at a time.
///
/// Identifiers are given in ascending order and around again, so that one that was freed rests as long as
/// possible: a late acknowledgement then meets no newer message of the same identifier.
#[derive(Clone, Debug)]
pub(super) struct PacketIds {
    used: Box<[u64; WORDS]>,
    count: usize,
    next: u16,
}

impl PacketIds {
    pub(super) fn new() -> Self {
        let mut used = Box::new([0; WORDS]);
        // 0 is no packet identifier: it is never free.
        used[0] = 1;
        Self { used, count: 0, next: 1 }
    }

    /// A free identifier, `None` when all 65,535 are in use.
    pub(super) fn allocate(&mut self) -> Option<PacketId> {
        let id = self.first_free_from(self.next).or_else(|| self.first_free_from(1))?;
        self.take(id);
        self.next = id.get().wrapping_add(1).max(1);
        Some(id)
    }

    /// Takes a certain identifier, if it is free.
    pub(super) fn reserve(&mut self, id: PacketId) -> bool {
        let free = !self.is_used(id);
        if free {
            self.take(id);
        }
        free
    }

    pub(super) fn free(&mut self, id: PacketId) {
        let (word, bit) = place(id);
        if self.used[word] & bit != 0 {
            self.used[word] &= !bit;
            self.count -= 1;
        }
    }

    pub(super) fn is_used(&self, id: PacketId) -> bool {
        let (word, bit) = place(id);
        self.used[word] & bit != 0
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

    fn take(&mut self, id: PacketId) {
        let (word, bit) = place(id);
        self.used[word] |= bit;
        self.count += 1;
    }

    fn first_free_from(&self, start: u16) -> Option<PacketId> {
        let first_word = usize::from(start) / 64;
        let below_start = !(u64::MAX << (start % 64));
        (first_word..WORDS).find_map(|word| {
            let masked = self.used[word] | if word == first_word { below_start } else { 0 };
            let bit = masked.trailing_ones() as usize;
            u16::try_from(word * 64 + bit).ok().filter(|_| bit < 64).and_then(PacketId::new)
        })
    }
}

fn place(id: PacketId) -> (usize, u64) {
    (usize::from(id.get()) / 64, 1 << (id.get() % 64))
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
