//! One direction of a TCP connection: how far it has been read, and what of it came again.

use std::collections::VecDeque;

use super::Turn;

/// What one end sends.
#[derive(Default)]
pub(super) struct Half {
    /// The first byte that counts, and the next, once they are known.
    pub(super) known: Option<(u32, u32)>,
    /// The next byte that the other end awaits.
    pub(super) acknowledged: Option<u32>,
    /// The last bytes that had their turn, to be compared with what comes again.
    recent: VecDeque<u8>,
    /// Holes that were given up, the newest.
    holes: VecDeque<(u32, u32)>,
    pub(super) is_finished: bool,
}

impl Half {
    /// The next byte, once it is known.
    pub(super) fn next(&self) -> Option<u32> {
        self.known.map(|(_, next)| next)
    }

    /// Takes the next bytes.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.advance(bytes.len());
        let bytes = &bytes[bytes.len().saturating_sub(MAX_RECENT)..];
        let surplus = (self.recent.len() + bytes.len()).saturating_sub(MAX_RECENT);
        self.recent.drain(..surplus);
        self.recent.extend(bytes);
    }

    /// Goes on behind the next bytes, of which only the length was captured.
    pub(super) fn miss(&mut self, len: usize) {
        self.advance(len);
        self.recent.clear();
    }

    /// Goes on behind a hole.
    pub(super) fn pass(&mut self, from: u32, to: u32) {
        self.miss(distance(to, from).unsigned_abs() as usize);
        if self.holes.len() == MAX_HOLES {
            self.holes.pop_front();
        }
        self.holes.push_back((from, to));
    }

    /// Takes the FIN, which has a place among the bytes.
    pub(super) fn finish(&mut self) {
        self.advance(1);
        self.is_finished = true;
        self.recent = VecDeque::new();
    }

    /// Tells of bytes whose place is past.
    pub(super) fn compare(&self, sequence: u32, bytes: &[u8], mut hear: impl FnMut(Turn<'_>)) {
        let Some((begin, next)) = self.known else { return };
        let is_late = |at: u32| {
            distance(at, begin) < 0
                || self.holes.iter().any(|&(from, to)| distance(at, from) >= 0 && distance(at, to) < 0)
        };
        let (mut late, mut changed) = (0, 0);
        for (at, byte) in bytes.iter().enumerate() {
            let place = sequence.wrapping_add(at as u32);
            if is_late(place) {
                late += 1;
                continue;
            }
            let back = distance(next, place).unsigned_abs() as usize;
            let known = self.recent.len().checked_sub(back).and_then(|at| self.recent.get(at));
            changed += usize::from(known.is_some_and(|known| known != byte));
        }
        if late > 0 {
            hear(Turn::Late(late));
        }
        if bytes.len() > late {
            hear(Turn::Repeat { len: bytes.len() - late, changed });
        }
    }

    fn advance(&mut self, len: usize) {
        if let Some((_, next)) = &mut self.known {
            *next = next.wrapping_add(len as u32);
        }
    }
}

/// How far a sequence number is ahead of another; they wrap around.
pub(super) const fn distance(sequence: u32, from: u32) -> i32 {
    sequence.wrapping_sub(from) as i32
}

/// How many bytes of each side are compared with what comes again, and how many holes are remembered.
const MAX_RECENT: usize = 16 << 10;
const MAX_HOLES: usize = 16;
