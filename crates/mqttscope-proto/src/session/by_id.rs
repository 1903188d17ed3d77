//! Values by packet identifier.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::types::{PacketId, PacketType};

/// One value for a packet identifier, found at once.
///
/// A slot for each identifier up to the highest that was used: half a megabyte at most, and on the web far less
/// code than a tree.
#[derive(Clone, Debug)]
pub(super) struct ById<T> {
    slots: Vec<Option<Box<T>>>,
    len: usize,
}

impl<T> Default for ById<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), len: 0 }
    }
}

impl<T> ById<T> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, id: PacketId) -> Option<&T> {
        self.slots.get(index(id))?.as_deref()
    }

    pub(super) fn get_mut(&mut self, id: PacketId) -> Option<&mut T> {
        self.slots.get_mut(index(id))?.as_deref_mut()
    }

    pub(super) fn insert(&mut self, id: PacketId, value: T) -> &mut T {
        if self.slots.len() <= index(id) {
            self.slots.resize_with(index(id) + 1, || None);
        }
        let slot = &mut self.slots[index(id)];
        self.len += usize::from(slot.is_none());
        slot.insert(Box::new(value))
    }

    pub(super) fn remove(&mut self, id: PacketId) -> Option<T> {
        let value = self.slots.get_mut(index(id))?.take()?;
        self.len -= 1;
        Some(*value)
    }

    /// The identifiers and their values, in ascending order of identifiers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (PacketId, &T)> {
        (0..=u16::MAX).zip(&self.slots).filter_map(|(id, slot)| Some((PacketId::new(id)?, slot.as_deref()?)))
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.slots.iter_mut().filter_map(Option::as_deref_mut)
    }
}

fn index(id: PacketId) -> usize {
    usize::from(id.get())
}

/// Acknowledgements that copies with DUP will bring besides the regular ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Echoes {
    /// A bit for each kind of acknowledgement and identifier; empty as long as no copy was sent.
    expected: Vec<u8>,
}

impl Echoes {
    pub(super) fn expect(&mut self, acknowledgement: PacketType, id: PacketId) {
        if self.expected.is_empty() {
            self.expected.resize(65_536, 0);
        }
        self.expected[index(id)] |= bit(acknowledgement);
    }

    /// Whether the acknowledgement was expected; it is not any more.
    pub(super) fn take(&mut self, acknowledgement: PacketType, id: PacketId) -> bool {
        let Some(expected) = self.expected.get_mut(index(id)) else { return false };
        let was_expected = *expected & bit(acknowledgement) != 0;
        *expected &= !bit(acknowledgement);
        was_expected
    }

    /// Echoes that never came belong to an earlier use of the identifier.
    pub(super) fn forget(&mut self, id: PacketId) {
        if let Some(expected) = self.expected.get_mut(index(id)) {
            *expected = 0;
        }
    }

    pub(super) fn clear(&mut self) {
        self.expected = Vec::new();
    }
}

fn bit(acknowledgement: PacketType) -> u8 {
    match acknowledgement {
        PacketType::PubAck => 1,
        PacketType::PubRec => 2,
        PacketType::PubComp => 4,
        PacketType::SubAck => 8,
        _ => 16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(id: u16) -> PacketId {
        PacketId::new(id).expect("ids in tests are not 0")
    }

    #[test]
    fn values_are_counted_once() {
        let mut values = ById::default();
        values.insert(id(65_535), 'a');
        values.insert(id(1), 'b');
        *values.insert(id(1), 'c') = 'd';
        assert_eq!(values.len(), 2);
        assert!(values.iter().eq([(id(1), &'d'), (id(65_535), &'a')]));
        assert_eq!((values.remove(id(1)), values.remove(id(1)), values.len()), (Some('d'), None, 1));
        assert_eq!(values.get(id(2)), None);
    }

    #[test]
    fn an_echo_is_taken_once() {
        let mut echoes = Echoes::default();
        assert!(!echoes.take(PacketType::PubAck, id(5)));
        echoes.expect(PacketType::PubAck, id(5));
        assert!(!echoes.take(PacketType::PubRec, id(5)));
        assert!(echoes.take(PacketType::PubAck, id(5)));
        assert!(!echoes.take(PacketType::PubAck, id(5)));
        echoes.expect(PacketType::UnsubAck, id(5));
        echoes.forget(id(5));
        assert!(!echoes.take(PacketType::UnsubAck, id(5)));
    }
}
