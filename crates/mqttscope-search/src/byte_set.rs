//! Sets of bytes: what may stand at one place of a text.

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ByteSet([u64; 4]);

impl ByteSet {
    pub(crate) fn of(ranges: &[(u8, u8)]) -> Self {
        let mut set = Self::default();
        for &(from, to) in ranges {
            set.add(from, to);
        }
        set
    }

    pub(crate) const fn has(&self, byte: u8) -> bool {
        self.0[byte as usize >> 6] >> (byte & 63) & 1 != 0
    }

    pub(crate) fn add(&mut self, from: u8, to: u8) {
        for byte in from..=to {
            self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
    }

    /// How many of the 95 printable bytes of ASCII it has.
    pub(crate) const fn count_printable(&self) -> u32 {
        (self.0[0] >> b' ').count_ones() + (self.0[1] & !(1 << 63)).count_ones()
    }

    pub(crate) fn inverted(&self) -> Self {
        Self(self.0.map(|word| !word))
    }

    pub(crate) fn join(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word |= other;
        }
    }

    /// Adds the other case of every letter.
    pub(crate) fn fold(&mut self) {
        for byte in b'a'..=b'z' {
            let upper = byte.to_ascii_uppercase();
            if self.has(byte) || self.has(upper) {
                self.add(byte, byte);
                self.add(upper, upper);
            }
        }
    }
}
