//! What of the connections outlives the page, and when the page is told.

use mqttscope_client::Client;
use mqttscope_link::{Secret, Slot, encode};
use mqttscope_proto::Timestamp;

/// Tells the page of the sessions that servers keep, each time that they have settled.
#[derive(Default)]
pub(crate) struct Keeping {
    /// When something has changed that was not told.
    due: Option<Timestamp>,
    /// What was told last.
    told: Vec<(Slot, Secret)>,
}

impl Keeping {
    /// Something has happened to a connection. Only where a server keeps a session, or has kept one, there is something to
    /// look at.
    pub(crate) fn touch(&mut self, now: Timestamp, connections: &[(Slot, Client)]) {
        if self.due.is_none() && (!self.told.is_empty() || connections.iter().any(|(_, it)| it.is_kept())) {
            self.due = Some(now.plus_millis(SETTLE_MILLIS));
        }
    }

    /// When to call [`Self::take_due`].
    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.due
    }

    /// A connection is no more; says whether something of it was told.
    pub(crate) fn forget(&mut self, slot: Slot) -> bool {
        let count = self.told.len();
        self.told.retain(|(known, _)| *known != slot);
        self.told.len() != count
    }

    /// What is to be told now: of each connection that has changed what is to be kept, or that nothing is any more. What is
    /// too large is not kept, and neither is what was there before it.
    pub(crate) fn take_due(
        &mut self,
        now: Timestamp,
        connections: &[(Slot, Client)],
    ) -> Vec<(Slot, Option<Secret>)> {
        if self.due.take_if(|due| *due <= now).is_none() {
            return Vec::new();
        }
        let mut told = Vec::new();
        for (slot, client) in connections {
            let kept = client.kept().map(|kept| Secret(encode(&kept)));
            let kept = kept.filter(|Secret(bytes)| bytes.len() <= MOST_BYTES);
            let at = self.told.iter().position(|(known, _)| known == slot);
            if at.map(|at| &self.told[at].1) == kept.as_ref() {
                continue;
            }
            match (at, &kept) {
                (Some(at), Some(kept)) => self.told[at].1 = kept.clone(),
                (Some(at), None) => drop(self.told.swap_remove(at)),
                (None, kept) => self.told.extend(kept.clone().map(|kept| (*slot, kept))),
            }
            told.push((*slot, kept));
        }
        told
    }
}

/// How long what has changed may change again before it is told, in milliseconds.
const SETTLE_MILLIS: u64 = 500;
/// What is kept of a connection at most.
const MOST_BYTES: usize = 1 << 20;
