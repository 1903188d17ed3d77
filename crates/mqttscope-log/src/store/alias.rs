//! Topic aliases of MQTT 5: which records have set them, so that a topic is found when somebody looks at it.
//!
//! It owns where each alias was set. A topic itself is in the packet that set it, and is known as long as that is kept.

use std::collections::VecDeque;

use mqttscope_proto::{Packet, PropertyId, ProtocolVersion, Publish};

use super::record::{Direction, Record};
use super::{BrokenRules, ConnectionId, Log, Version};

/// What a PUBLISH is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic<'a> {
    /// A topic name, or the one that a topic alias stands for.
    Name(&'a [u8]),
    /// A topic alias whose topic is not known: the packet that set it was not seen, or is not kept.
    Alias(u16),
}

impl<'a> Topic<'a> {
    /// The topic name, if it is known.
    #[must_use]
    pub const fn name(self) -> Option<&'a [u8]> {
        match self {
            Self::Name(name) => Some(name),
            Self::Alias(_) => None,
        }
    }
}

/// What an alias that nobody knows the topic of is called: `alias 3, unknown`.
#[must_use]
pub fn unknown_alias(alias: u16) -> String {
    let mut words = String::from("alias ");
    mqttscope_text::number::push_number(&mut words, alias.into());
    words.push_str(", unknown");
    words
}

/// The records that have set the topic aliases of one direction of a connection.
///
/// An alias costs a table entry, and each time that it is set four bytes, which go with the record.
#[derive(Default)]
pub(super) struct Aliases(Vec<(u16, VecDeque<u32>)>);

impl Aliases {
    /// A record sets an alias.
    fn set(&mut self, alias: u16, number: u32) {
        match self.find(alias) {
            Ok(at) => self.0[at].1.push_back(number),
            Err(at) => self.0.insert(at, (alias, VecDeque::from([number]))),
        }
    }

    /// A record that has set an alias is gone.
    fn forget(&mut self, alias: u16, number: u32) {
        if let Ok(at) = self.find(alias)
            && let Some(setters) = self.0.get_mut(at).map(|(_, setters)| setters)
            && setters.front() == Some(&number)
        {
            setters.pop_front();
        }
    }

    /// The record that had set an alias last when a record came.
    fn setter(&self, alias: u16, number: u32) -> Option<u32> {
        let setters = &self.0.get(self.find(alias).ok()?)?.1;
        setters.get(setters.partition_point(|&setter| setter < number).checked_sub(1)?).copied()
    }

    fn find(&self, alias: u16) -> Result<usize, usize> {
        self.0.binary_search_by_key(&alias, |&(known, _)| known)
    }
}

/// What a PUBLISH does with a topic alias.
#[derive(Clone, Copy)]
pub(super) enum AliasUse {
    Sets(u16),
    Uses(u16),
}

impl AliasUse {
    /// Alias 0 is none.
    #[inline]
    pub(super) fn of(publish: &Publish<'_>) -> Option<Self> {
        if publish.properties.is_empty() {
            return None;
        }
        let alias = publish.properties.number(PropertyId::TopicAlias)?;
        let alias = u16::try_from(alias).ok().filter(|&alias| alias > 0)?;
        Some(if publish.topic.is_empty() { Self::Uses(alias) } else { Self::Sets(alias) })
    }

    /// What a PUBLISH of MQTT 5 does that is read for nothing else.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        match BrokenRules::default().decode(bytes, Version::Known(ProtocolVersion::V5)) {
            Ok(Packet::Publish(publish)) => Self::of(&publish),
            _ => None,
        }
    }

    const fn alias(self) -> u16 {
        match self {
            Self::Sets(alias) | Self::Uses(alias) => alias,
        }
    }
}

impl Log {
    /// The topic of a PUBLISH, as far as the packet holds it: the one that its topic alias stands for where it has none
    /// of its own.
    #[inline]
    #[must_use]
    pub fn topic(&self, number: u32, record: &Record) -> Option<Topic<'_>> {
        if let Some(alias) = record.used_alias() {
            return Some(self.aliased(number, record, alias).map_or(Topic::Alias(alias), Topic::Name));
        }
        self.wire_topic(record).map(Topic::Name)
    }

    /// The topic alias that a PUBLISH sets or uses.
    #[must_use]
    pub fn alias(&self, record: &Record) -> Option<u16> {
        if !record.sets_alias() || !self.version_of(record).is_5() {
            return record.used_alias();
        }
        AliasUse::of_bytes(self.bytes(record)).map(AliasUse::alias)
    }

    fn aliased(&self, number: u32, record: &Record, alias: u16) -> Option<&[u8]> {
        let state = self.connections.get(record.connection)?;
        let setter = state.aliases(record.direction()).setter(alias, number)?;
        self.wire_topic(self.record(setter)?)
    }

    /// Notes what a record does with a topic alias.
    pub(super) fn note_alias(
        &mut self,
        number: u32,
        connection: ConnectionId,
        direction: Direction,
        alias: AliasUse,
    ) {
        let (Some(record), Some(state)) =
            (self.records.get_mut(number), self.connections.get_mut(connection))
        else {
            return;
        };
        match alias {
            AliasUse::Sets(alias) => {
                record.mark_sets_alias();
                state.aliases_mut(direction).set(alias, number);
            }
            AliasUse::Uses(alias) => record.mark_uses_alias(alias),
        }
    }

    /// The oldest record goes, which has set an alias.
    pub(super) fn forget_alias(&mut self, number: u32, record: &Record) {
        let set = AliasUse::of_bytes(self.arena.bytes(record.span));
        if let Some(AliasUse::Sets(alias)) = set
            && let Some(state) = self.connections.get_mut(record.connection)
        {
            state.aliases_mut(record.direction()).forget(alias, number);
        }
    }
}
