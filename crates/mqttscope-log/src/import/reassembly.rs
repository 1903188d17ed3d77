//! One direction of a TCP connection: its segments in order, each byte once.

/// Segments that wait for what comes before them.
#[derive(Default)]
pub(super) struct Order {
    /// The sequence number of the next byte, once one is known.
    next: Option<u32>,
    /// Segments behind a hole, by their distance from the next byte when they came.
    waiting: Vec<(u32, Vec<u8>)>,
    waiting_bytes: usize,
}

/// What became of a segment.
pub(super) enum Piece {
    /// Bytes that are next.
    Bytes(Vec<u8>),
    /// So many bytes that never came.
    Gap(u32),
}

impl Order {
    /// Begins at the byte behind a SYN.
    pub(super) fn begin(&mut self, sequence: u32) {
        self.next = Some(sequence.wrapping_add(1));
        self.waiting.clear();
        self.waiting_bytes = 0;
    }

    /// Whether nothing has come yet.
    pub(super) const fn is_new(&self) -> bool {
        self.next.is_none()
    }

    /// Whether something waits for what comes before it.
    pub(super) const fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether this sequence number is the next.
    pub(super) fn expects(&self, sequence: u32) -> bool {
        self.next == Some(sequence)
    }

    /// Takes a segment: gives what of it is next, `None` if that has to wait or came before. `repeated` counts bytes
    /// that came before.
    pub(super) fn push<'b>(
        &mut self,
        sequence: u32,
        bytes: &'b [u8],
        repeated: &mut u64,
    ) -> Option<&'b [u8]> {
        let next = *self.next.get_or_insert(sequence);
        let ahead = sequence.wrapping_sub(next) as i32;
        if ahead > 0 {
            if !bytes.is_empty() {
                self.waiting.push((sequence, bytes.to_vec()));
                self.waiting_bytes += bytes.len();
            }
            return None;
        }
        let old = (ahead.unsigned_abs() as usize).min(bytes.len());
        *repeated += old as u64;
        let new = &bytes[old..];
        self.next = Some(next.wrapping_add(new.len() as u32));
        (!new.is_empty()).then_some(new)
    }

    /// The next piece among what waited: bytes whose turn has come, or, if too much waits or `at_end`, the hole
    /// before them.
    pub(super) fn pop(&mut self, at_end: bool, repeated: &mut u64) -> Option<Piece> {
        let next = self.next?;
        let distance = |sequence: u32| sequence.wrapping_sub(next) as i32;
        let nearest = (0..self.waiting.len()).min_by_key(|&at| distance(self.waiting[at].0))?;
        let ahead = distance(self.waiting[nearest].0);
        if ahead > 0 {
            let is_full = self.waiting_bytes > MAX_WAITING_BYTES || self.waiting.len() > MAX_WAITING;
            if !is_full && !at_end {
                return None;
            }
            self.next = Some(self.waiting[nearest].0);
            return Some(Piece::Gap(ahead.unsigned_abs()));
        }
        let (sequence, bytes) = self.waiting.swap_remove(nearest);
        self.waiting_bytes -= bytes.len();
        let new = self.push(sequence, &bytes, repeated).map(<[u8]>::to_vec);
        Some(Piece::Bytes(new.unwrap_or_default()))
    }

    /// Goes on behind bytes that were sent, and not captured.
    pub(super) fn skip(&mut self, len: usize) {
        self.next = self.next.map(|next| next.wrapping_add(len as u32));
    }
}

/// How much may wait for a hole to be filled, in bytes and in segments.
const MAX_WAITING_BYTES: usize = 4 << 20;
const MAX_WAITING: usize = 512;
