//! A word among bytes, whatever the case of its letters.

/// A word to be looked for. Letters of ASCII match in both cases.
#[derive(Clone, Debug)]
pub struct Needle {
    /// The word in lower case.
    word: Box<[u8]>,
    /// How far the word can move on when this byte stands under its last place.
    skips: Box<[u8; 256]>,
}

impl Needle {
    /// Prepares a word; the empty word is found everywhere.
    #[must_use]
    pub fn new(word: &str) -> Self {
        let word: Box<[u8]> = word.bytes().map(|byte| byte.to_ascii_lowercase()).collect();
        let far = word.len().min(255) as u8;
        let mut skips = Box::new([far; 256]);
        for (at, &byte) in word.iter().enumerate().take(word.len().saturating_sub(1)) {
            let skip = (word.len() - 1 - at).min(255) as u8;
            skips[usize::from(byte)] = skip;
            skips[usize::from(byte.to_ascii_uppercase())] = skip;
        }
        Self { word, skips }
    }

    /// Whether the word stands anywhere in `text`.
    #[must_use]
    pub fn is_in(&self, text: &[u8]) -> bool {
        let Some((&last, front)) = self.word.split_last() else { return true };
        let mut at = front.len();
        while let Some(&byte) = text.get(at) {
            if byte.to_ascii_lowercase() == last {
                let before = &text[at - front.len()..at];
                if before.iter().zip(front).all(|(byte, of_word)| byte.to_ascii_lowercase() == *of_word) {
                    return true;
                }
            }
            at += usize::from(self.skips[usize::from(byte)]);
        }
        false
    }
}
