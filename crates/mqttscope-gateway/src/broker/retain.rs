//! Retained messages: the storage that rmqtt's core lacks.

use std::time::Duration;

use async_trait::async_trait;
use rmqtt::retain::{DefaultRetainStorage, RetainStorage};
use rmqtt::types::{Retain, TopicFilter, TopicName};

/// Keeps the last retained message of each topic in memory, until an empty one clears it
/// ([MQTT-3.3.1-5], [MQTT-3.3.1-10]).
///
/// rmqtt's own tree does the work. Its storage is switched off in the core, in favour of a plugin that
/// writes to disks and clusters.
#[derive(Default)]
pub(super) struct RetainStore(DefaultRetainStorage);

#[async_trait]
impl RetainStorage for RetainStore {
    fn enable(&self) -> bool {
        true
    }

    /// The expiry interval is MQTT 5's; a message of 3.1 and 3.1.1 has none.
    async fn set(&self, topic: &TopicName, retain: Retain, expiry: Option<Duration>) -> rmqtt::Result<()> {
        let expiry = expiry.filter(|expiry| !expiry.is_zero());
        self.0.set_with_timeout(topic, retain, expiry).await
    }

    async fn get(&self, filter: &TopicFilter) -> rmqtt::Result<Vec<(TopicName, Retain)>> {
        self.0.get_message(filter).await
    }

    async fn count(&self) -> isize {
        self.0.count().await
    }

    async fn max(&self) -> isize {
        self.0.max().await
    }
}
