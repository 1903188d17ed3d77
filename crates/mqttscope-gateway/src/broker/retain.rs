//! Retained messages: the storage that rmqtt's core lacks.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use rmqtt::retain::{DefaultRetainStorage, RetainStorage};
use rmqtt::types::{Retain, TopicFilter, TopicName};

use super::held::Held;
use crate::quiet::Seldom;

/// Keeps the last retained message of each topic in memory, until an empty one clears it
/// ([MQTT-3.3.1-5], [MQTT-3.3.1-10]).
///
/// rmqtt's own tree does the work. Its storage is switched off in the core, in favour of a plugin that
/// writes to disks and clusters. What there is no room for is not kept, and what it would have replaced is not
/// either: an old value would pass for the last one.
pub(super) struct RetainStore {
    tree: DefaultRetainStorage,
    held: Held,
    full: Seldom,
}

impl RetainStore {
    pub(super) fn new(held: Held) -> Self {
        Self { tree: DefaultRetainStorage::default(), held, full: Seldom::default() }
    }
}

#[async_trait]
impl RetainStorage for RetainStore {
    fn enable(&self) -> bool {
        true
    }

    /// The expiry interval is MQTT 5's; a message of 3.1 and 3.1.1 has none.
    async fn set(
        &self,
        topic: &TopicName,
        mut retain: Retain,
        expiry: Option<Duration>,
    ) -> rmqtt::Result<()> {
        if !retain.publish.payload.is_empty() {
            if !self.held.has_room_for(&retain.publish) {
                let mut clearing = retain.clone();
                clearing.publish.payload = Bytes::new();
                self.tree.set_with_timeout(topic, clearing, None).await?;
            }
            if !self.held.has_room_for(&retain.publish) {
                if let Some(times) = self.full.happened() {
                    let limit = self.held.limit();
                    tracing::warn!(times, limit, "the embedded broker has no room for a retained message");
                }
                return Ok(());
            }
            retain.publish = self.held.hold(&retain.publish);
        }
        let expiry = expiry.filter(|expiry| !expiry.is_zero());
        self.tree.set_with_timeout(topic, retain, expiry).await
    }

    async fn get(&self, filter: &TopicFilter) -> rmqtt::Result<Vec<(TopicName, Retain)>> {
        self.tree.get_message(filter).await
    }

    async fn count(&self) -> isize {
        self.tree.count().await
    }

    async fn max(&self) -> isize {
        self.tree.max().await
    }
}
