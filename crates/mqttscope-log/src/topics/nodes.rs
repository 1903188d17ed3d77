//! The levels of the tree: where each is kept, and how it is found by its name.
//!
//! They lie in chunks that never move, and the table of names grows by one bucket with each level (linear hashing,
//! Litwin 1980), so that no message waits until 100,000 of them were moved.

use super::{LastMessage, Rate};

/// Leads to a level as long as that is there: its place is another's later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicId {
    at: u32,
    age: u32,
}

impl TopicId {
    /// Its place, below [`TopicTree::places`](super::TopicTree::places).
    #[must_use]
    pub const fn at(self) -> u32 {
        self.at
    }

    /// Which of the levels that had this place it is; never 0.
    #[must_use]
    pub const fn age(self) -> u32 {
        self.age
    }

    /// As a number, from which [`Self::from_bits`] leads back.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        (self.at as u64) << 32 | self.age as u64
    }

    /// Of any number; most lead to no level.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self { at: (bits >> 32) as u32, age: bits as u32 }
    }
}

/// A level.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) level: Box<[u8]>,
    pub(super) parent: u32,
    /// The first level below it, and its neighbours below its own parent.
    pub(super) first: u32,
    pub(super) next: u32,
    before: u32,
    /// The next level in its bucket; of a place that is free the next one that is.
    chain: u32,
    hash: u64,
    /// How many levels this place had; odd while there is one.
    age: u32,
    pub(super) children: u32,
    /// Of here and below.
    pub(super) topics: u32,
    pub(super) messages: u64,
    pub(super) rate: Rate,
    pub(super) time: u64,
    pub(super) topic: Option<Box<LastMessage>>,
}

/// All levels. What stands above them has the first place.
#[derive(Debug)]
pub(super) struct Nodes {
    chunks: Vec<Vec<Slot>>,
    /// The first level of each bucket.
    buckets: Vec<u32>,
    /// How many levels there are.
    count: usize,
    free: u32,
}

/// No level: the root is in no list.
pub(super) const NONE: u32 = 0;
/// What stands above all levels.
pub(super) const ROOT: u32 = 0;
/// What it costs to have a piece of memory of its own.
pub(super) const ALLOCATION: usize = 16;

impl Default for Nodes {
    fn default() -> Self {
        let mut nodes = Self { chunks: Vec::new(), buckets: vec![NONE; 64], count: 0, free: NONE };
        nodes.push();
        nodes
    }
}

impl Slot {
    /// Bytes that a level of that name has.
    pub(super) const fn size(level: &[u8]) -> usize {
        size_of::<Self>() + size_of::<u32>() + level.len() + ALLOCATION
    }

    pub(super) const fn id(&self, at: u32) -> TopicId {
        TopicId { at, age: self.age }
    }

    pub(super) const fn is_used(&self) -> bool {
        self.age % 2 == 1
    }

    /// It is no topic, and leads to none.
    pub(super) const fn is_idle(&self) -> bool {
        self.topic.is_none() && self.first == NONE
    }
}

impl Nodes {
    pub(super) fn slot(&self, at: u32) -> &Slot {
        &self.chunks[at as usize / CHUNK][at as usize % CHUNK]
    }

    pub(super) fn slot_mut(&mut self, at: u32) -> &mut Slot {
        &mut self.chunks[at as usize / CHUNK][at as usize % CHUNK]
    }

    /// A place, used or not.
    pub(super) fn slots(&self, at: u32) -> Option<&Slot> {
        self.chunks.get(at as usize / CHUNK)?.get(at as usize % CHUNK)
    }

    pub(super) fn get(&self, id: TopicId) -> Option<&Slot> {
        self.slots(id.at).filter(|slot| slot.age == id.age && (slot.is_used() || id.at == ROOT))
    }

    /// How many places there are.
    pub(super) fn places(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// The level of a name.
    #[inline]
    pub(super) fn find(&self, name: &[u8]) -> Option<u32> {
        let hash = hash_of(name);
        let mut at = self.buckets[self.bucket(hash)];
        while at != NONE {
            let slot = self.slot(at);
            if slot.hash == hash && self.has_name(slot, name) {
                return Some(at);
            }
            at = slot.chain;
        }
        None
    }

    fn has_name(&self, slot: &Slot, name: &[u8]) -> bool {
        let Some(mut rest) = name.strip_suffix(&*slot.level) else { return false };
        let mut parent = slot.parent;
        while parent != ROOT {
            let above = self.slot(parent);
            let Some(before) = rest.strip_suffix(b"/").and_then(|rest| rest.strip_suffix(&*above.level))
            else {
                return false;
            };
            rest = before;
            parent = above.parent;
        }
        rest.is_empty()
    }

    /// A level and all above it.
    #[inline]
    pub(super) fn each_above(&mut self, mut at: u32, mut change: impl FnMut(&mut Slot)) {
        loop {
            let slot = self.slot_mut(at);
            change(slot);
            if at == ROOT {
                break;
            }
            at = slot.parent;
        }
    }

    /// Makes a level below another; `name` is its whole name.
    pub(super) fn add(&mut self, parent: u32, level: &[u8], name: &[u8]) -> u32 {
        let at = self.place();
        self.count += 1;
        if self.count > self.buckets.len() {
            self.split();
        }
        let hash = hash_of(name);
        let bucket = self.bucket(hash);
        let chain = std::mem::replace(&mut self.buckets[bucket], at);
        let above = self.slot_mut(parent);
        above.children += 1;
        let next = std::mem::replace(&mut above.first, at);
        if next != NONE {
            self.slot_mut(next).before = at;
        }
        let slot = self.slot_mut(at);
        *slot = Slot {
            level: level.into(),
            parent,
            next,
            chain,
            hash,
            age: slot.age.wrapping_add(1),
            ..Slot::default()
        };
        at
    }

    /// Takes away a level that has none below it; gives the one above it.
    pub(super) fn remove(&mut self, at: u32) -> u32 {
        let Slot { hash, parent, next, before, chain, age, .. } = *self.slot(at);
        let bucket = self.bucket(hash);
        let mut link = self.buckets[bucket];
        if link == at {
            self.buckets[bucket] = chain;
        } else {
            while link != NONE && self.slot(link).chain != at {
                link = self.slot(link).chain;
            }
            if link != NONE {
                self.slot_mut(link).chain = chain;
            }
        }
        if next != NONE {
            self.slot_mut(next).before = before;
        }
        if before == NONE {
            self.slot_mut(parent).first = next;
        } else {
            self.slot_mut(before).next = next;
        }
        self.slot_mut(parent).children -= 1;
        let chain = std::mem::replace(&mut self.free, at);
        *self.slot_mut(at) = Slot { age: age.wrapping_add(1), chain, ..Slot::default() };
        self.count -= 1;
        parent
    }

    /// A place that is free.
    fn place(&mut self) -> u32 {
        if self.free == NONE {
            return self.push();
        }
        let at = self.free;
        self.free = self.slot(at).chain;
        at
    }

    fn push(&mut self) -> u32 {
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let before = (self.chunks.len() - 1) * CHUNK;
        let Some(chunk) = self.chunks.last_mut() else { return NONE };
        chunk.push(Slot::default());
        (before + chunk.len() - 1) as u32
    }

    fn bucket(&self, hash: u64) -> usize {
        let len = self.buckets.len();
        let half = 1 << len.ilog2();
        let at = hash as usize & (2 * half - 1);
        if at < len { at } else { at & (half - 1) }
    }

    /// Adds a bucket, which takes its part of the levels of another.
    fn split(&mut self) {
        let new = self.buckets.len();
        let old = new - (1 << new.ilog2());
        self.buckets.push(NONE);
        let mut at = std::mem::replace(&mut self.buckets[old], NONE);
        while at != NONE {
            let Slot { chain, hash, .. } = *self.slot(at);
            let bucket = self.bucket(hash);
            self.slot_mut(at).chain = std::mem::replace(&mut self.buckets[bucket], at);
            at = chain;
        }
    }
}

/// FNV-1a, with its upper half mixed in, since buckets go by the lower bits.
fn hash_of(name: &[u8]) -> u64 {
    let hash = name.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^ hash >> 32
}

/// Levels in a chunk.
const CHUNK: usize = 1_024;
