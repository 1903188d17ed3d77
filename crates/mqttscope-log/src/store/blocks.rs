//! A queue in blocks: it grows without moving what it holds, so that no append takes longer than a frame has.

use std::collections::VecDeque;

/// A queue whose items are found by a number that stays theirs while older items go.
pub(super) struct Blocks<T> {
    blocks: VecDeque<Vec<T>>,
    /// Number of the oldest item, and one more than that of the newest.
    first: u32,
    end: u32,
}

impl<T> Blocks<T> {
    pub(super) const fn new() -> Self {
        Self { blocks: VecDeque::new(), first: 0, end: 0 }
    }

    pub(super) const fn first(&self) -> u32 {
        self.first
    }

    pub(super) const fn end(&self) -> u32 {
        self.end
    }

    /// Bytes that are reserved.
    pub(super) fn size(&self) -> usize {
        self.blocks.len() * BLOCK * size_of::<T>()
    }

    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        if number < self.first {
            return None;
        }
        let (block, at) = self.place(number);
        self.blocks.get(block)?.get(at)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        if number < self.first {
            return None;
        }
        let (block, at) = self.place(number);
        self.blocks.get_mut(block)?.get_mut(at)
    }

    pub(super) fn push(&mut self, item: T) {
        if (self.end as usize).is_multiple_of(BLOCK) || self.blocks.is_empty() {
            self.blocks.push_back(Vec::with_capacity(BLOCK));
        }
        if let Some(block) = self.blocks.back_mut() {
            block.push(item);
        }
        self.end += 1;
    }

    /// Drops the oldest item.
    pub(super) fn pop(&mut self) {
        if self.first == self.end {
            return;
        }
        self.first += 1;
        if (self.first as usize).is_multiple_of(BLOCK) {
            self.blocks.pop_front();
        }
    }

    /// Drops all items, and counts anew from 0.
    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    /// The items from a number on.
    pub(super) fn iter_from(&self, number: u32) -> impl Iterator<Item = &T> {
        let (block, at) = self.place(number.max(self.first));
        self.blocks.iter().skip(block).enumerate().flat_map(move |(index, block)| {
            let skipped = if index == 0 { at.min(block.len()) } else { 0 };
            &block[skipped..]
        })
    }

    #[inline]
    const fn place(&self, number: u32) -> (usize, usize) {
        (number as usize / BLOCK - self.first as usize / BLOCK, number as usize % BLOCK)
    }
}

/// Items of a block.
const BLOCK: usize = 4096;
