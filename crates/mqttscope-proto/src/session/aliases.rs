//! Topic aliases: numbers that stand for topics, on one connection and in one direction (MQTT 5, 3.3.2.3.4).

use alloc::vec::Vec;

use super::options::topic_alias;
use super::{PeerError, Session, TransmitKind};
use crate::packet::{Packet, Properties, PropertyBuf, Publish, decode_and_judge};
use crate::property::PropertyId;
use crate::text::Text;
use crate::types::ProtocolVersion;

/// The topics that aliases stand for in one direction of one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Aliases {
    /// By alias, empty where it stands for nothing.
    topics: Vec<Vec<u8>>,
}

impl Aliases {
    pub(super) fn topic(&self, alias: u16) -> Option<&[u8]> {
        self.topics.get(usize::from(alias)).map(Vec::as_slice).filter(|topic| !topic.is_empty())
    }

    fn set(&mut self, alias: u16, topic: &[u8]) {
        let index = usize::from(alias);
        if self.topics.len() <= index {
            self.topics.resize_with(index + 1, Vec::new);
        }
        let kept = &mut self.topics[index];
        kept.clear();
        kept.extend_from_slice(topic);
    }

    pub(super) fn clear(&mut self) {
        self.topics.clear();
    }
}

impl Session {
    /// The topic of a message that was handled last: its own, or that for which its alias stands on this connection.
    /// `None` where the alias is not known.
    #[must_use]
    pub fn topic_of<'a>(&'a self, publish: &Publish<'a>) -> Option<Text<'a>> {
        if !publish.topic.is_empty() {
            return Some(publish.topic);
        }
        match self.version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => Some(publish.topic),
            ProtocolVersion::V5 => match topic_alias(publish.properties) {
                Some(alias) => self.inbound_aliases.topic(alias).map(Text::from_bytes),
                None => Some(publish.topic),
            },
        }
    }

    /// Remembers what the alias of a message stands for from now on.
    pub(super) fn note_inbound_alias(&mut self, publish: &Publish<'_>) {
        let Some(alias) = topic_alias(publish.properties) else { return };
        if let Err(error) = self.offer.check_alias(alias) {
            self.peer_error(error);
        } else if !publish.topic.is_empty() {
            self.inbound_aliases.set(alias, publish.topic.as_bytes());
        } else if self.inbound_aliases.topic(alias).is_none() {
            self.peer_error(PeerError::TopicAliasUnknown(alias));
        }
    }

    /// The message as it leaves now: without its topic where the alias stands for that already.
    pub(super) fn with_outbound_alias<'a>(&self, publish: Publish<'a>) -> Publish<'a> {
        let alias = topic_alias(publish.properties);
        let stands_for = alias.and_then(|alias| self.outbound_aliases.topic(alias));
        let topic = if stands_for == Some(publish.topic.as_bytes()) { "".into() } else { publish.topic };
        Publish { topic, ..publish }
    }

    /// Remembers what the alias of a message that leaves now stands for.
    pub(super) fn note_outbound_alias(&mut self, publish: &Publish<'_>) {
        if let Some(alias) = topic_alias(publish.properties) {
            self.outbound_aliases.set(alias, publish.topic.as_bytes());
        }
    }

    /// Sends a message with an alias, and gives what is to be kept of it: the topic and never the alias, which means
    /// nothing on another connection [MQTT-3.3.2-7].
    pub(super) fn send_with_alias(&mut self, frame: Vec<u8>) -> Vec<u8> {
        let Ok(Packet::Publish(publish)) = decode_and_judge(&frame, self.version).0 else { return frame };
        let properties = without_alias(publish.properties);
        let kept = Publish { properties: properties.as_properties(), ..publish };
        let alias = topic_alias(publish.properties).unwrap_or_default();
        // It may have been queued under the limits of an earlier connection.
        let is_allowed = alias <= self.limits.topic_alias_maximum || self.policy.break_limits;
        let leaving = if is_allowed { self.with_outbound_alias(publish) } else { kept };
        if is_allowed {
            self.note_outbound_alias(&publish);
        }
        let mut bytes = Vec::new();
        let is_sent = self.transmits.push(&Packet::Publish(leaving), self.version).is_ok();
        if !is_sent || kept.encode(&mut bytes, self.version).is_err() {
            // What could be written once with a longer topic or one property more can be written.
            self.transmits.push_bytes(&frame, TransmitKind::Regular);
            return frame;
        }
        bytes
    }
}

fn without_alias(properties: Properties<'_>) -> PropertyBuf {
    let mut others = PropertyBuf::new();
    for property in properties.iter().filter(|property| property.id != PropertyId::TopicAlias) {
        // What was read from properties is one.
        let _ = others.push(property.id, property.value);
    }
    others
}
