//! Whose connection each of the log's is: a connection of the page has one of the log for each of its attempts.

use mqttscope_client::Client;
use mqttscope_link::Slot;
use mqttscope_log::{ConnectionId, Log};

/// The connections of the log that are the page's, by their numbers.
#[derive(Default)]
pub(crate) struct Owners {
    known: Vec<(ConnectionId, Slot)>,
    clearings: u32,
}

impl Owners {
    /// Takes over which attempts there are; says whether one is new, or some are gone.
    ///
    /// Only an attempt that is under way counts: once the log was cleared, the number of one that has ended may be another's.
    pub(crate) fn follow(&mut self, connections: &[(Slot, Client)], log: &Log) -> bool {
        let count = self.known.len();
        let mut is_new = self.clearings != log.clearings();
        if is_new || count > MOST_KNOWN {
            self.clearings = log.clearings();
            self.known.retain(|(id, _)| log.connection(*id).is_some());
            is_new |= self.known.len() != count;
        }
        for (slot, client) in connections {
            let Some(id) = client.id().filter(|_| client.connection().is_open()) else { continue };
            match self.known.binary_search_by_key(&id, |(known, _)| *known) {
                Ok(at) if self.known[at].1 == *slot => continue,
                Ok(at) => self.known[at].1 = *slot,
                Err(at) => self.known.insert(at, (id, *slot)),
            }
            is_new = true;
        }
        is_new
    }

    /// Whose connection one is; `None` of one of a file.
    pub(crate) fn slot(&self, id: ConnectionId) -> Option<Slot> {
        let at = self.known.binary_search_by_key(&id, |(known, _)| *known).ok()?;
        Some(self.known[at].1)
    }

    /// Those that have connections in the log.
    pub(crate) fn slots(&self) -> Vec<Slot> {
        let mut slots: Vec<_> = self.known.iter().map(|(_, slot)| *slot).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// Whether no two of them have connections in the log.
    pub(crate) fn is_one(&self) -> bool {
        self.known.windows(2).all(|pair| pair[0].1 == pair[1].1)
    }

    /// A filter that finds what is of one of them.
    pub(crate) fn filter(&self, slot: Slot) -> String {
        let mut filter = String::from("conn:");
        let mut ids = self.known.iter().filter(|(_, own)| *own == slot).map(|(id, _)| id.0).peekable();
        if ids.peek().is_none() {
            // One that has not begun has no rows: no connection has this number.
            filter.push_str(&u32::MAX.to_string());
        }
        while let Some(first) = ids.next() {
            let mut last = first;
            while let Some(next) = ids.next_if_eq(&(last + 1)) {
                last = next;
            }
            if !filter.ends_with(':') {
                filter.push(',');
            }
            filter.push_str(&first.to_string());
            if last > first {
                filter.push_str("..");
                filter.push_str(&last.to_string());
            }
        }
        filter
    }
}

/// Attempts that are remembered before those are forgotten whose rows the log has dropped.
const MOST_KNOWN: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    fn owners(known: &[(u32, u32)]) -> Owners {
        let known = known.iter().map(|(id, slot)| (ConnectionId(*id), Slot(*slot))).collect();
        Owners { known, clearings: 0 }
    }

    #[test]
    fn a_filter_finds_all_attempts_of_one() {
        let owners = owners(&[(0, 0), (1, 1), (2, 0), (3, 0), (4, 0), (9, 1)]);
        assert_eq!(owners.filter(Slot(0)), "conn:0,2..4");
        assert_eq!(owners.filter(Slot(1)), "conn:1,9");
        assert_eq!(owners.filter(Slot(2)), "conn:4294967295");
        assert_eq!(owners.slots(), [Slot(0), Slot(1)]);
        assert_eq!([3, 9, 5].map(|id| owners.slot(ConnectionId(id))), [Some(Slot(0)), Some(Slot(1)), None]);
    }

    #[test]
    fn what_the_log_has_forgotten_is_forgotten() {
        let mut log = Log::new(1 << 20);
        let mut owners = owners(&[(0, 0)]);
        assert!(!owners.follow(&[], &log));
        log.clear();
        assert!(owners.follow(&[], &log));
        assert_eq!((owners.slot(ConnectionId(0)), owners.slots().len()), (None, 0));
    }
}
