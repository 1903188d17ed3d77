//! How many bytes of messages the broker holds.
//!
//! rmqtt counts messages, which may be of any size. A payload of ours counts itself instead, once however many queues
//! it stands in, and until the last of them has let it go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use bytestring::ByteString;
use rmqtt::types::Publish;

/// A number of bytes with a limit; a clone is the same one.
#[derive(Clone, Debug)]
pub(super) struct Held {
    bytes: Arc<AtomicUsize>,
    limit: usize,
}

impl Held {
    pub(super) fn new(limit: usize) -> Self {
        Self { bytes: Arc::default(), limit }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Bytes that are held.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Bytes above the limit.
    pub(super) fn excess(&self) -> usize {
        self.bytes().saturating_sub(self.limit)
    }

    /// Whether there is room for this message.
    pub(super) fn has_room_for(&self, publish: &Publish) -> bool {
        self.bytes().saturating_add(weight(publish)) <= self.limit
    }

    /// The same message, which is counted until its last copy is gone.
    ///
    /// It is a copy: what came is a part of what was read from the socket, all of which it would hold.
    pub(super) fn hold(&self, publish: &Publish) -> Publish {
        let weight = weight(publish);
        self.bytes.fetch_add(weight, Ordering::Relaxed);
        let payload = Counted { payload: (&*publish.payload).into(), weight, bytes: self.bytes.clone() };
        let mut held = publish.clone();
        held.topic = ByteString::from(&*publish.topic);
        held.payload = Bytes::from_owner(payload);
        held
    }
}

/// A payload that is counted as long as it is there.
struct Counted {
    payload: Box<[u8]>,
    weight: usize,
    bytes: Arc<AtomicUsize>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.payload
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.bytes.fetch_sub(self.weight, Ordering::Relaxed);
    }
}

fn weight(publish: &Publish) -> usize {
    publish.topic.len() + publish.payload.len() + OVERHEAD
}

/// About what rmqtt needs for a message beside its bytes.
const OVERHEAD: usize = 512;
