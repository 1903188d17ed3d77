//! Random bytes from outside, asked for by the kilobyte.

/// A source of random bytes: whoever makes it says where they come from.
pub struct Chance {
    fill: Box<Fill>,
    pool: Box<[u8; POOL]>,
    taken: usize,
}

/// Fills a slice with random bytes.
type Fill = dyn FnMut(&mut [u8]);

impl Chance {
    /// Bytes from a function that fills a slice with them.
    #[must_use]
    pub fn new(fill: impl FnMut(&mut [u8]) + 'static) -> Self {
        Self { fill: Box::new(fill), pool: Box::new([0; POOL]), taken: POOL }
    }

    /// The next bytes, at most a kilobyte; none is given twice.
    pub(crate) fn take<const N: usize>(&mut self) -> [u8; N] {
        if self.taken + N > POOL {
            (self.fill)(&mut self.pool[..]);
            self.taken = 0;
        }
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.pool[self.taken..self.taken + N]);
        self.taken += N;
        bytes
    }
}

/// A call of a browser for each few bytes would cost more than all else that is done for a message.
const POOL: usize = 1_024;
