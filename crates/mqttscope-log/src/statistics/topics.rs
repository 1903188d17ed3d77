//! The topics with the most messages, in bounded memory: the space-saving sketch (Metwally, Agrawal, El Abbadi, 2005).
//!
//! Every topic with more than a hundredth of all messages is among them. A count may be too high by its `error`, never
//! too low.

/// A topic and its messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topic {
    /// The topic name as it came.
    pub name: Vec<u8>,
    /// Messages, at most.
    pub messages: u64,
    /// By how many that may be too high: what a topic had whose place this one took.
    pub error: u64,
    /// Bytes of its packets since it is among the topics.
    pub bytes: u64,
    hash: u64,
    second: u64,
    in_second: u32,
    in_last_second: u32,
}

/// The topics with the most messages.
#[derive(Clone, Debug, Default)]
pub struct Topics {
    entries: Vec<Topic>,
}

impl Topics {
    /// How many topics are kept.
    pub const LEN: usize = 100;

    pub(super) fn note(&mut self, name: &[u8], time: u64, bytes: u64) {
        let hash = hash_of(name);
        let known = self.entries.iter().position(|topic| topic.hash == hash && topic.name == name);
        let at = known.unwrap_or_else(|| self.place(name, hash));
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

    /// Sorts by a figure, the highest first. There are few, and the standard library's sorting is large.
    fn best(&self, count: usize, figure: impl Fn(&Topic) -> u64) -> Vec<&Topic> {
        let mut topics: Vec<&Topic> = Vec::with_capacity(self.entries.len());
        for topic in &self.entries {
            let is_below = |before: &&Topic| {
                let (before_figure, own) = (figure(before), figure(topic));
                before_figure < own || before_figure == own && before.name > topic.name
            };
            topics.insert(topics.partition_point(|before| !is_below(before)), topic);
        }
        topics.truncate(count);
        topics
    }

    /// Makes room for a new topic, in place of the one with the fewest messages where there is none.
    fn place(&mut self, name: &[u8], hash: u64) -> usize {
        if self.entries.len() < Self::LEN {
            self.entries.push(Topic { name: name.to_vec(), hash, ..Topic::default() });
            return self.entries.len() - 1;
        }
        let fewest = (0..Self::LEN).min_by_key(|&at| self.entries[at].messages).unwrap_or_default();
        let entry = &mut self.entries[fewest];
        let mut buffer = std::mem::take(&mut entry.name);
        buffer.clear();
        buffer.extend_from_slice(name);
        let messages = entry.messages;
        *entry = Topic { name: buffer, hash, messages, error: messages, ..Topic::default() };
        fewest
    }
}

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
