//! What comes to each subscription: how many messages, and how many a second. Kept up with the log.

use mqttscope_client::{Answer, Client};
use mqttscope_link::{Slot, SubscriptionFigures};
use mqttscope_log::filter::{topic_matches, without_share};
use mqttscope_log::{Budget, ConnectionId, Direction, Follower, Log, Place, Topic};
use mqttscope_proto::PacketType;

/// The figures of all subscriptions that there are.
#[derive(Default)]
pub(crate) struct Subscriptions {
    place: Place,
    /// Whose connection each of the log's is, the newest last.
    owners: Vec<(ConnectionId, Slot)>,
    held: Vec<Held>,
}

/// A subscription.
struct Held {
    slot: Slot,
    filter: String,
    /// The first record that may be of it.
    from: u32,
    messages: u64,
    /// By seconds, of which the newest is at its number modulo their count.
    seconds: [u32; SECONDS],
    newest: u64,
}

impl Subscriptions {
    /// Takes over which subscriptions there are. One that is asked for anew counts from there; one that was lost with its
    /// connection, and comes back, goes on.
    pub(crate) fn follow(&mut self, connections: &[(Slot, Client)], log: &Log) {
        for (slot, client) in connections {
            if let Some(id) = client.id().filter(|id| self.owners.last() != Some(&(*id, *slot)))
                && !self.owners.iter().any(|(known, _)| *known == id)
            {
                self.owners.push((id, *slot));
            }
        }
        let is_held = |slot: Slot, filter: &str| {
            connections.iter().any(|(own, client)| {
                *own == slot && client.connection().subscriptions.iter().any(|held| held.filter == filter)
            })
        };
        self.held.retain(|held| is_held(held.slot, &held.filter));
        for (slot, client) in connections {
            let list = client.connection().subscriptions.iter();
            for asked in list.filter(|asked| asked.answer != Answer::Refused) {
                if self.held.iter().any(|held| held.slot == *slot && held.filter == asked.filter) {
                    continue;
                }
                let (slot, filter, from) = (*slot, asked.filter.clone(), log.end());
                self.held.push(Held { slot, filter, from, messages: 0, seconds: [0; SECONDS], newest: 0 });
            }
        }
        if self.held.is_empty() {
            self.owners.clear();
        }
    }

    /// How many records are not counted yet.
    pub(crate) fn behind(&self, log: &Log) -> u32 {
        if self.held.is_empty() { 0 } else { self.place.behind(log) }
    }

    /// The figures at a time, in microseconds since the Unix epoch.
    pub(crate) fn view(&self, now: u64) -> Vec<SubscriptionFigures> {
        let figures = |held: &Held| SubscriptionFigures {
            slot: held.slot,
            filter: held.filter.clone(),
            messages: held.messages,
            tenths: held.tenths(now / 1_000_000),
        };
        self.held.iter().map(figures).collect()
    }
}

impl Follower for Subscriptions {
    fn advance(&mut self, log: &Log, budget: Budget) -> bool {
        let Self { place, owners, held } = self;
        if place.find(log) {
            held.iter_mut().for_each(|held| held.from = 0);
        }
        place.advance(log, budget, |number, record| {
            let is_message =
                record.direction() == Direction::In && record.packet_type() == Some(PacketType::Publish);
            if !is_message || held.is_empty() {
                return 0;
            }
            let Some((_, slot)) = owners.iter().rev().find(|(id, _)| *id == record.connection) else {
                return 0;
            };
            let Some(Topic::Name(name)) = log.topic(number, record) else { return 0 };
            for held in held.iter_mut().filter(|held| held.slot == *slot && held.from <= number) {
                if topic_matches(without_share(&held.filter).as_bytes(), name) {
                    held.note(record.time / 1_000_000);
                }
            }
            name.len()
        })
    }
}

impl Held {
    fn note(&mut self, second: u64) {
        self.messages += 1;
        for passed in self.newest.max(second.saturating_sub(SECONDS as u64)) + 1..=second {
            self.seconds[passed as usize % SECONDS] = 0;
        }
        self.newest = self.newest.max(second);
        if self.newest - second < SECONDS as u64 {
            self.seconds[second as usize % SECONDS] += 1;
        }
    }

    /// Tenths of messages a second, over the last whole seconds.
    fn tenths(&self, second: u64) -> u32 {
        let counted = second.saturating_sub(COUNTED)..second;
        let kept = |second: &u64| *second <= self.newest && *second + (SECONDS as u64) > self.newest;
        let sum: u32 = counted.filter(kept).map(|second| self.seconds[second as usize % SECONDS]).sum();
        (u64::from(sum) * 10).div_ceil(COUNTED) as u32
    }
}

/// Seconds that are kept, and those of them that a rate is counted over.
const SECONDS: usize = 8;
const COUNTED: u64 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_that_of_the_last_whole_seconds() {
        let (slot, filter) = (Slot(0), String::new());
        let mut held = Held { slot, filter, from: 0, messages: 0, seconds: [0; SECONDS], newest: 0 };
        for second in [100, 100, 101, 104, 104, 104] {
            held.note(second);
        }
        assert_eq!((held.messages, held.tenths(100), held.tenths(101)), (6, 0, 4));
        assert_eq!((held.tenths(105), held.tenths(107), held.tenths(110)), (12, 6, 0));
        // What was counted long ago is counted no more.
        held.note(112);
        assert_eq!((held.messages, held.tenths(113), held.tenths(1_000)), (7, 2, 0));
    }
}
