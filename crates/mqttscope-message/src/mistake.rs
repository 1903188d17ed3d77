//! What is wrong with a text, and where that is.

use mqttscope_text::number;

/// The first thing that is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The byte of the text where it is; its length where something is missing at the end.
    pub at: usize,
    /// What it is, without a capital letter and a full stop.
    pub words: &'static str,
}

impl Mistake {
    pub(crate) const fn new(at: usize, words: &'static str) -> Self {
        Self { at, words }
    }

    /// The mistake as a sentence, with its place in the text.
    #[must_use]
    pub fn sentence(&self, text: &str) -> String {
        [&place(text, self.at), ": ", self.words, "."].concat()
    }
}

/// A place in a text as people count: `Line 2, column 5`, and of a text of one line `Column 5`.
#[must_use]
pub fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) as u64 + 1;
    if !text.contains('\n') {
        return ["Column ", &number::plain(column)].concat();
    }
    let line = before.matches('\n').count() as u64 + 1;
    ["Line ", &number::plain(line), ", column ", &number::plain(column)].concat()
}

/// A place in a text in UTF-16 code units, as browsers count.
#[must_use]
pub fn utf16_at(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or(text).encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_people_do() {
        assert_eq!(place("", 0), "Column 1");
        assert_eq!(place("größe!", 7), "Column 6");
        assert_eq!(place("a\nb", 2), "Line 2, column 1");
        assert_eq!(place("a\nb", 1), "Line 1, column 2");
        assert_eq!(utf16_at("🙂ä!", 6), 3);
        assert_eq!(Mistake::new(0, "a value belongs here").sentence("x"), "Column 1: a value belongs here.");
    }
}
