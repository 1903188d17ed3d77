//! A word among bytes, whatever the case of its letters.

use crate::byte_set::ByteSet;

/// A word to be looked for. Letters of ASCII match in both cases.
#[derive(Clone, Debug)]
pub struct Needle {
    /// The bytes that may stand at each of its places.
    places: Box<[ByteSet]>,
    /// How far the word can move on when this byte stands under its last place; 0 where the byte may stand there.
    skips: Box<[u8; 256]>,
    /// How far it can move on when the byte may stand there, but another one may not.
    skip_behind_last: u8,
    /// Whether to look at each byte all the same.
    skips_little: bool,
}

impl Needle {
    /// Prepares a word; the empty word is found everywhere.
    #[must_use]
    pub fn new(word: &str) -> Self {
        let folded = |byte| {
            let mut set = ByteSet::of(&[(byte, byte)]);
            set.fold();
            set
        };
        Self::of(word.bytes().map(folded).collect())
    }

    /// Prepares a word of which each place has bytes of its own.
    pub(crate) fn of(places: Box<[ByteSet]>) -> Self {
        let far = places.len().min(255) as u8;
        let mut skips = Box::new([far; 256]);
        let mut skip_behind_last = far;
        for (set, to_last) in places.iter().zip((0..places.len()).rev()) {
            for byte in (0..=255).filter(|&byte| set.has(byte)) {
                let skip = &mut skips[usize::from(byte)];
                if to_last == 0 {
                    skip_behind_last = skip_behind_last.min(*skip);
                }
                *skip = to_last.min(255) as u8;
            }
        }
        let all_skips: u32 =
            skips[usize::from(b' ')..=usize::from(b'~')].iter().map(|&skip| u32::from(skip)).sum();
        Self { places, skips, skip_behind_last, skips_little: all_skips < LITTLE }
    }

    /// Whether the word stands anywhere in `text`.
    #[must_use]
    pub fn is_in(&self, text: &[u8]) -> bool {
        self.find(text).is_some()
    }

    /// Where in `text` the word stands first.
    #[must_use]
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        let Some(to_last) = self.places.len().checked_sub(1) else { return Some(0) };
        let may_be_last = |&byte: &u8| self.skips[usize::from(byte)] == 0;
        let mut at = to_last;
        loop {
            if self.skips_little {
                at += text.get(at..)?.iter().position(may_be_last)?;
            } else {
                while !may_be_last(text.get(at)?) {
                    at += usize::from(self.skips[usize::from(text[at])]);
                }
            }
            let start = at - to_last;
            if text[start..=at].iter().zip(&self.places).all(|(&byte, set)| set.has(byte)) {
                return Some(start);
            }
            at += usize::from(self.skip_behind_last);
        }
    }
}

/// The sum of the skips of all printable bytes, above which to skip is faster. A skip must wait for the one before, and
/// takes as long as a look at three bytes.
pub(crate) const LITTLE: u32 = 3 * 95;
