//! The tree of all topics that were seen, with the last message of each, in bounded memory.
//!
//! It owns a copy of the first [`TopicTree::VALUE`] bytes of each last payload, so that a topic outlives its records in
//! the log. It never decodes a payload, and puts nothing into words. A message to a topic that is known costs no
//! allocation, unless its payload is longer than any before it.

use mqttscope_proto::PacketType;

use crate::follow::{Budget, Follower, Place};
use crate::store::{Direction, Log, Record};
pub use nodes::TopicId;
use nodes::{NONE, Nodes, ROOT, Slot};
pub use rate::Rate;

mod nodes;
mod rate;

/// All topics, level by level. Empty levels are levels: `/a` has two.
#[derive(Debug)]
pub struct TopicTree {
    place: Place,
    nodes: Nodes,
    /// The topic that a message came to last, and the one to which none has come for the longest time.
    newest: u32,
    oldest: u32,
    size: usize,
    budget: usize,
    dropped: u64,
    revision: u32,
    /// The log was cleared, and topics of before are still there.
    is_clearing: bool,
}

/// A topic that messages came to, and the last of them.
#[derive(Debug)]
pub struct LastMessage {
    /// The number of its record.
    pub number: u32,
    /// Its time of day, in microseconds since the Unix epoch.
    pub time: u64,
    /// From a client to the server.
    pub is_out: bool,
    /// The bits of its QoS.
    pub qos: u8,
    /// Bytes of its payload, of which [`Self::value`] are the first.
    pub len: u32,
    /// Messages to this topic.
    pub messages: u64,
    /// Bytes of their packets.
    pub bytes: u64,
    /// Messages a second.
    pub rate: Rate,
    /// What is known of a retained message.
    pub retained: Retained,
    /// That before this program's, or another client's, message was sent that was to change it.
    retained_before: Retained,
    value: Vec<u8>,
    older: u32,
    newer: u32,
}

/// What is known of the retained message of a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retained {
    /// Nothing.
    #[default]
    Unknown,
    /// The server sent it as a retained message.
    Seen,
    /// A client has sent it to be retained.
    Set,
    /// An empty one has cleared it.
    Cleared,
}

/// A level of the tree: a topic, what leads to topics, or both. It knows all that lies below it.
#[derive(Clone, Copy, Debug)]
pub struct TopicNode<'a> {
    tree: &'a TopicTree,
    at: u32,
    slot: &'a Slot,
}

impl Default for TopicTree {
    fn default() -> Self {
        Self::new(Self::DEFAULT_BUDGET)
    }
}

impl Follower for TopicTree {
    /// Goes on with what has come. Topics whose messages the log has dropped stay. After a clearing the topics of before
    /// go in slices too.
    fn advance(&mut self, log: &Log, budget: Budget) -> bool {
        let mut place = self.place;
        self.is_clearing |= place.find(log);
        if self.is_clearing && !self.clear(budget) {
            self.place = place;
            return false;
        }
        let is_done = place.advance(log, budget, |number, record| self.note(log, number, record));
        self.place = place;
        is_done
    }
}

impl TopicTree {
    /// Bytes that are kept at most, if nothing else is said: enough for 100,000 topics with values of 256 bytes.
    pub const DEFAULT_BUDGET: usize = 64 << 20;
    /// Bytes of a last value that are kept.
    pub const VALUE: usize = 4 << 10;
    /// Levels that are told apart; all further ones of a topic are the last.
    pub const LEVELS: usize = 64;

    /// A tree without topics, that may have so many bytes.
    #[must_use]
    pub fn new(budget: usize) -> Self {
        Self {
            place: Place::default(),
            nodes: Nodes::default(),
            newest: NONE,
            oldest: NONE,
            size: 0,
            budget,
            dropped: 0,
            revision: 0,
            is_clearing: false,
        }
    }

    /// How many records were not looked at yet.
    #[must_use]
    pub const fn behind(&self, log: &Log) -> u32 {
        self.place.behind(log)
    }

    /// Bytes that the topics have.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// How many topics were dropped, those first that no message came to for the longest time.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Another number once a level has come or gone.
    #[must_use]
    pub const fn revision(&self) -> u32 {
        self.revision
    }

    /// What stands above all topics, and is none.
    #[must_use]
    pub fn root(&self) -> TopicNode<'_> {
        TopicNode { tree: self, at: ROOT, slot: self.nodes.slot(ROOT) }
    }

    /// A level, if it is still there.
    #[must_use]
    pub fn node(&self, id: TopicId) -> Option<TopicNode<'_>> {
        let slot = self.nodes.get(id)?;
        Some(TopicNode { tree: self, at: id.at(), slot })
    }

    /// The level of that name, which may be no topic itself.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<TopicNode<'_>> {
        let at = self.nodes.find(name)?;
        Some(TopicNode { tree: self, at, slot: self.nodes.slot(at) })
    }

    /// How many places there are, for whoever looks at all levels in slices.
    #[must_use]
    pub fn places(&self) -> u32 {
        self.nodes.places() as u32
    }

    /// The level at a place, if there is one.
    #[must_use]
    pub fn at(&self, place: u32) -> Option<TopicNode<'_>> {
        let slot = self.nodes.slots(place).filter(|slot| slot.is_used())?;
        Some(TopicNode { tree: self, at: place, slot })
    }
}

/// What comes and goes.
impl TopicTree {
    fn note(&mut self, log: &Log, number: u32, record: &Record) -> usize {
        match record.packet_type() {
            Some(PacketType::Publish) => self.note_message(log, number, record),
            Some(PacketType::PubAck | PacketType::PubRec) if record.has_failed() => {
                self.note_refusal(log, number, record.direction());
                0
            }
            _ => 0,
        }
    }

    fn note_message(&mut self, log: &Log, number: u32, record: &Record) -> usize {
        let Some(name) = log.topic(number, record).and_then(|topic| topic.name()) else { return 0 };
        let payload = log.payload(record).unwrap_or_default();
        let second = u32::try_from(record.time / 1_000_000).unwrap_or(u32::MAX);
        let time = log.time_of_day(record);
        let at = self.nodes.find(name).unwrap_or_else(|| self.add(name));
        if self.nodes.slot(at).topic.is_none() {
            self.nodes.slot_mut(at).topic = Some(Box::new(LastMessage::new()));
            self.size += LastMessage::SIZE;
            self.nodes.each_above(at, |slot| slot.topics += 1);
        } else {
            self.unlink(at);
        }
        self.link(at);
        self.nodes.each_above(at, |slot| {
            slot.messages += 1;
            slot.time = slot.time.max(time);
            slot.rate.note(second);
        });
        if let Some(topic) = &mut self.nodes.slot_mut(at).topic {
            topic.number = number;
            topic.time = time;
            topic.is_out = record.direction() == Direction::Out;
            topic.qos = record.qos().unwrap_or_default();
            topic.len = u32::try_from(payload.len()).unwrap_or(u32::MAX);
            topic.messages += 1;
            topic.bytes += u64::from(record.len());
            topic.rate.note(second);
            topic.note_retained(record.retain(), payload.is_empty());
            self.size += topic.copy(payload);
        }
        let mut bytes = name.len() + payload.len().min(Self::VALUE);
        while self.size > self.budget && self.oldest != at {
            bytes += DROP_BYTES;
            self.drop_oldest();
            self.dropped += 1;
        }
        bytes
    }

    /// A message was not taken (MQTT 5): what it was to retain, or to clear, is as it was before.
    fn note_refusal(&mut self, log: &Log, number: u32, answer: Direction) {
        let Some((number, record)) =
            log.before(number).and_then(|before| Some((before, log.record(before)?)))
        else {
            return;
        };
        let is_its_message =
            record.packet_type() == Some(PacketType::Publish) && record.direction() != answer;
        if !is_its_message || !record.retain() {
            return;
        }
        let name = log.topic(number, record).and_then(|topic| topic.name());
        if let Some(at) = name.and_then(|name| self.nodes.find(name))
            && let Some(topic) = &mut self.nodes.slot_mut(at).topic
        {
            topic.retained = topic.retained_before;
        }
    }

    /// Makes the level of a name, and those that lead there.
    fn add(&mut self, name: &[u8]) -> u32 {
        let mut parent = ROOT;
        let mut start = 0;
        for depth in 1.. {
            let slash = name[start..].iter().position(|&byte| byte == b'/').filter(|_| depth < Self::LEVELS);
            let end = slash.map_or(name.len(), |slash| start + slash);
            parent = self.nodes.find(&name[..end]).unwrap_or_else(|| {
                let level = &name[start..end];
                self.size += Slot::size(level);
                self.revision = self.revision.wrapping_add(1);
                self.nodes.add(parent, level, &name[..end])
            });
            if slash.is_none() {
                break;
            }
            start = end + 1;
        }
        parent
    }

    /// Drops what is left of before the log was cleared, as much as a slice may; says whether that was all.
    fn clear(&mut self, budget: Budget) -> bool {
        let most = budget.records.min(u32::try_from(budget.bytes / DROP_BYTES).unwrap_or(u32::MAX)).max(1);
        for _ in 0..most {
            if self.oldest == NONE {
                break;
            }
            self.drop_oldest();
        }
        self.is_clearing = self.oldest != NONE;
        self.dropped = 0;
        !self.is_clearing
    }

    fn drop_oldest(&mut self) {
        let mut at = self.oldest;
        self.unlink(at);
        let Some(topic) = self.nodes.slot_mut(at).topic.take() else { return };
        self.size -= LastMessage::SIZE + topic.value.capacity();
        self.nodes.each_above(at, |slot| {
            slot.topics -= 1;
            slot.messages -= topic.messages;
        });
        while at != ROOT && self.nodes.slot(at).is_idle() {
            self.size -= Slot::size(&self.nodes.slot(at).level);
            self.revision = self.revision.wrapping_add(1);
            at = self.nodes.remove(at);
        }
    }

    /// Takes a topic out of the order of their last messages.
    fn unlink(&mut self, at: u32) {
        let Some(LastMessage { older, newer, .. }) = self.nodes.slot(at).topic.as_deref() else { return };
        let (older, newer) = (*older, *newer);
        match self.topic_mut(older) {
            Some(topic) => topic.newer = newer,
            None => self.oldest = newer,
        }
        match self.topic_mut(newer) {
            Some(topic) => topic.older = older,
            None => self.newest = older,
        }
    }

    /// Puts a topic to the end of that order.
    fn link(&mut self, at: u32) {
        let older = std::mem::replace(&mut self.newest, at);
        match self.topic_mut(older) {
            Some(topic) => topic.newer = at,
            None => self.oldest = at,
        }
        if let Some(topic) = self.topic_mut(at) {
            (topic.older, topic.newer) = (older, NONE);
        }
    }

    /// The root is no topic.
    fn topic_mut(&mut self, at: u32) -> Option<&mut LastMessage> {
        self.nodes.slot_mut(at).topic.as_deref_mut()
    }
}

impl LastMessage {
    /// What one has, and what it costs to be in a box and to have a buffer.
    const SIZE: usize = size_of::<Self>() + 2 * nodes::ALLOCATION;

    fn new() -> Self {
        Self {
            number: 0,
            time: 0,
            is_out: false,
            qos: 0,
            len: 0,
            messages: 0,
            bytes: 0,
            rate: Rate::default(),
            retained: Retained::Unknown,
            retained_before: Retained::Unknown,
            value: Vec::new(),
            older: NONE,
            newer: NONE,
        }
    }

    /// The first bytes of its payload, at most [`TopicTree::VALUE`].
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// Whether the value is the whole payload.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.value.len() == self.len as usize
    }

    /// Without RETAIN the server says nothing of what it keeps (MQTT 3.1.1, 3.3.1.3).
    fn note_retained(&mut self, retain: bool, is_empty: bool) {
        if retain {
            self.retained_before = self.retained;
            self.retained = match (is_empty, self.is_out) {
                (true, _) => Retained::Cleared,
                (false, true) => Retained::Set,
                (false, false) => Retained::Seen,
            };
        }
    }

    /// Keeps the beginning of a payload; by how many bytes its buffer has grown.
    fn copy(&mut self, payload: &[u8]) -> usize {
        let kept = &payload[..payload.len().min(TopicTree::VALUE)];
        let before = self.value.capacity();
        self.value.clear();
        if before < kept.len() {
            self.value.reserve_exact(kept.len().next_power_of_two().max(LEAST_VALUE));
        }
        self.value.extend_from_slice(kept);
        self.value.capacity() - before
    }
}

impl Retained {
    /// Whether there is a retained message, as far as that is known.
    #[must_use]
    pub const fn is_there(self) -> bool {
        matches!(self, Self::Seen | Self::Set)
    }
}

impl<'a> TopicNode<'a> {
    /// Leads here again, as long as the level is there.
    #[must_use]
    pub const fn id(&self) -> TopicId {
        self.slot.id(self.at)
    }

    /// What stands between two slashes; of the [`TopicTree::LEVELS`]th level all that follows too.
    #[must_use]
    pub fn level(&self) -> &'a [u8] {
        &self.slot.level
    }

    /// The level above; `None` for what stands above all.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        (self.at != ROOT).then(|| self.at(self.slot.parent))
    }

    /// The first level below, in no particular order.
    #[must_use]
    pub fn first_below(&self) -> Option<Self> {
        (self.slot.first != NONE).then(|| self.at(self.slot.first))
    }

    /// The next level below the same one.
    #[must_use]
    pub fn next(&self) -> Option<Self> {
        (self.slot.next != NONE).then(|| self.at(self.slot.next))
    }

    /// How many levels lie right below.
    #[must_use]
    pub const fn children(&self) -> u32 {
        self.slot.children
    }

    /// Topics here and below.
    #[must_use]
    pub const fn topics(&self) -> u32 {
        self.slot.topics
    }

    /// Messages to these topics.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.slot.messages
    }

    /// Messages a second to all topics here and below, those that were dropped too.
    #[must_use]
    pub const fn rate(&self) -> &'a Rate {
        &self.slot.rate
    }

    /// The time of day of the last message here or below, in microseconds since the Unix epoch.
    #[must_use]
    pub const fn time(&self) -> u64 {
        self.slot.time
    }

    /// The topic that this is, if a message came to it.
    #[must_use]
    pub fn topic(&self) -> Option<&'a LastMessage> {
        self.slot.topic.as_deref()
    }

    /// Writes the topic name, or what it begins with, behind what is there.
    pub fn push_name(&self, out: &mut Vec<u8>) {
        let mut levels = [ROOT; TopicTree::LEVELS];
        let mut depth = 0;
        let mut at = self.at;
        while at != ROOT && depth < levels.len() {
            levels[depth] = at;
            depth += 1;
            at = self.tree.nodes.slot(at).parent;
        }
        for (place, &at) in levels[..depth].iter().rev().enumerate() {
            if place > 0 {
                out.push(b'/');
            }
            out.extend_from_slice(&self.tree.nodes.slot(at).level);
        }
    }

    fn at(&self, at: u32) -> Self {
        Self { at, slot: self.tree.nodes.slot(at), ..*self }
    }
}

/// What dropping a topic counts as, in bytes that were looked at.
const DROP_BYTES: usize = 64;
/// A buffer has at least so many bytes, so that small values do not grow it again and again.
const LEAST_VALUE: usize = 16;
