//! The topics with the most messages, in bounded memory: the space-saving sketch (Metwally, Agrawal, El Abbadi, 2005).
//!
//! Every topic with more than a thousandth of all messages is among them. A count may be too high by its `error`, never
//! too low.

/// A topic and its messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topic {
    /// The topic name as it came, or the one that a topic alias stands for; `alias 3, unknown` where nobody knows it.
    pub name: Vec<u8>,
    /// Messages, at most.
    pub messages: u64,
    /// By how many that may be too high: what a topic had whose place this one took.
    pub error: u64,
    /// Bytes of its packets since it is among the topics.
    pub bytes: u64,
    hash: u64,
    /// The next topic of its bucket, one higher than its place; 0 for none.
    next: u16,
    second: u64,
    in_second: u32,
    in_last_second: u32,
}

/// The topics with the most messages.
#[derive(Clone, Debug, Default)]
pub struct Topics {
    entries: Vec<Topic>,
    /// The first topic of each bucket, one higher than its place; 0 for none. A topic is in the bucket of its hash.
    buckets: Vec<u16>,
}

impl Topics {
    /// How many topics are kept.
    pub const LEN: usize = 1_000;

    pub(super) fn note(&mut self, name: &[u8], time: u64, bytes: u64) {
        let hash = hash_of(name);
        let at = self.find(name, hash).unwrap_or_else(|| self.place(name, hash));
        self.entries[at].note(time / 1_000_000, bytes);
    }

    /// The topics, those with the most messages first.
    #[must_use]
    pub fn top(&self, count: usize) -> Vec<&Topic> {
        self.best(count, |topic| topic.messages)
    }

    /// The topics that are loudest now: by messages in the last whole second before a time in microseconds.
    #[must_use]
    pub fn loudest(&self, count: usize, now: u64) -> Vec<&Topic> {
        self.best(count, |topic| u64::from(topic.rate(now)) << 32 | topic.messages.min(u64::from(u32::MAX)))
    }

    /// The highest by a figure. Few are wanted, and the standard library's sorting is large.
    fn best(&self, count: usize, figure: impl Fn(&Topic) -> u64) -> Vec<&Topic> {
        let mut topics: Vec<&Topic> = Vec::with_capacity(count + 1);
        for topic in &self.entries {
            let is_below = |before: &&Topic| {
                let (before_figure, own) = (figure(before), figure(topic));
                before_figure < own || before_figure == own && before.name > topic.name
            };
            let at = topics.partition_point(|before| !is_below(before));
            if at < count {
                topics.truncate(count - 1);
                topics.insert(at, topic);
            }
        }
        topics
    }

    fn find(&self, name: &[u8], hash: u64) -> Option<usize> {
        let mut at = *self.buckets.get(bucket_of(hash))?;
        loop {
            let place = usize::from(at).checked_sub(1)?;
            let topic = &self.entries[place];
            if topic.hash == hash && topic.name == name {
                return Some(place);
            }
            at = topic.next;
        }
    }

    /// Makes room for a new topic, in place of the one with the fewest messages where there is none.
    fn place(&mut self, name: &[u8], hash: u64) -> usize {
        if self.buckets.is_empty() {
            self.buckets.resize(BUCKETS, 0);
        }
        let at = if self.entries.len() < Self::LEN {
            self.entries.push(Topic { name: name.to_vec(), hash, ..Topic::default() });
            self.entries.len() - 1
        } else {
            let fewest = (0..Self::LEN).min_by_key(|&at| self.entries[at].messages).unwrap_or_default();
            self.unlink(fewest);
            let entry = &mut self.entries[fewest];
            let mut buffer = std::mem::take(&mut entry.name);
            buffer.clear();
            buffer.extend_from_slice(name);
            let messages = entry.messages;
            *entry = Topic { name: buffer, hash, messages, error: messages, ..Topic::default() };
            fewest
        };
        let first = &mut self.buckets[bucket_of(hash)];
        self.entries[at].next = std::mem::replace(first, at as u16 + 1);
        at
    }

    /// Takes a topic out of its bucket.
    fn unlink(&mut self, at: usize) {
        let Topic { hash, next, .. } = self.entries[at];
        let first = &mut self.buckets[bucket_of(hash)];
        if usize::from(*first) == at + 1 {
            *first = next;
            return;
        }
        let mut before = usize::from(*first);
        while before > 0 && usize::from(self.entries[before - 1].next) != at + 1 {
            before = usize::from(self.entries[before - 1].next);
        }
        if before > 0 {
            self.entries[before - 1].next = next;
        }
    }
}

const fn bucket_of(hash: u64) -> usize {
    hash as usize % BUCKETS
}

/// Buckets of topics: about as many as topics, so that most have one.
const BUCKETS: usize = 1_024;

impl Topic {
    fn note(&mut self, second: u64, bytes: u64) {
        if second != self.second {
            self.in_last_second = if second == self.second + 1 { self.in_second } else { 0 };
            self.second = second;
            self.in_second = 0;
        }
        self.messages += 1;
        self.in_second += 1;
        self.bytes += bytes;
    }

    /// Messages in the last whole second before a time in microseconds since the Unix epoch.
    #[must_use]
    pub const fn rate(&self, now: u64) -> u32 {
        let second = now / 1_000_000;
        if second == self.second {
            self.in_last_second
        } else if second == self.second + 1 {
            self.in_second
        } else {
            0
        }
    }
}

/// FNV-1a.
fn hash_of(name: &[u8]) -> u64 {
    name.iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
