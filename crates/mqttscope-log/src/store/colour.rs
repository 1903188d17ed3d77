//! Colours of exchanges: two that are open have the same one only where none is free.
//!
//! It owns which colours open exchanges have. Which exchange is open its newest record says: one that awaits an answer.

use super::Log;
use super::connection::ConnectionId;
use super::record::Record;

/// How many open exchanges have each colour.
#[derive(Default)]
pub(super) struct Colours {
    open: [u32; Log::COLOURS as usize],
    /// The one that was chosen last.
    last: u8,
}

impl Colours {
    /// The colour of an exchange that begins: the next one that the fewest open exchanges have, so that those that follow
    /// each other differ too.
    fn choose(&mut self) -> u8 {
        let mut chosen = self.last;
        let mut fewest = u32::MAX;
        for step in 1..=Log::COLOURS {
            let colour = (self.last + step) % Log::COLOURS;
            if self.open[usize::from(colour)] < fewest {
                fewest = self.open[usize::from(colour)];
                chosen = colour;
            }
        }
        self.last = chosen;
        chosen
    }
}

impl Log {
    /// How many colours exchanges have.
    pub const COLOURS: u8 = 6;

    /// How many open exchanges have each colour.
    #[cfg(test)]
    pub(super) fn colours_in_use(&self) -> [u32; Self::COLOURS as usize] {
        self.colours.open
    }

    /// Gives a packet the colour of its exchange: that of the one before it, or one of its own.
    pub(super) fn colour(&mut self, record: &mut Record, before: Option<u32>, instead_of: Option<u32>) {
        for number in [before, instead_of].into_iter().flatten() {
            self.uncolour(number);
        }
        if record.packet_id == 0 {
            return;
        }
        let known = before.and_then(|before| self.records.get(before)?.colour());
        let colour = known.unwrap_or_else(|| self.colours.choose());
        let is_open = record.awaits_answer();
        record.set_colour(colour, is_open);
        if is_open {
            self.colours.open[usize::from(colour)] += 1;
        }
    }

    /// The exchange of which a record is the newest is not open any more.
    pub(super) fn uncolour(&mut self, number: u32) {
        if let Some(record) = self.records.get_mut(number)
            && let Some(colour) = record.close_colour()
        {
            let open = &mut self.colours.open[usize::from(colour)];
            *open = open.saturating_sub(1);
        }
    }

    /// No exchange of a connection is open any more.
    pub(super) fn uncolour_all(&mut self, connection: ConnectionId) {
        let newest = self.connections.get(connection).map(|state| state.exchanges.newest());
        for number in newest.unwrap_or_default() {
            self.uncolour(number);
        }
    }
}
