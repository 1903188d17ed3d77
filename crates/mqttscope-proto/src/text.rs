//! Strings as they came over the wire: bytes that claim to be UTF-8.

use core::fmt;

use alloc::borrow::Cow;
use alloc::string::String;

/// A length-prefixed string of a packet, which may or may not be UTF-8.
///
/// A tester must see what a peer really sent, so ill-formed bytes are kept as they are, and the rule that they
/// break (MQTT 3.1, MQTT and UTF-8; [MQTT-1.5.3-1]) is reported beside the packet.
#[derive(Clone, Copy)]
pub struct Text<'a>(Repr<'a>);

#[derive(Clone, Copy)]
enum Repr<'a> {
    WellFormed(&'a str),
    IllFormed(&'a [u8]),
}

impl<'a> Text<'a> {
    /// The string that `bytes` spell, well-formed or not.
    #[inline]
    #[must_use]
    pub fn from_bytes(bytes: &'a [u8]) -> Self {
        match core::str::from_utf8(bytes) {
            Ok(text) => Self(Repr::WellFormed(text)),
            Err(_) => Self(Repr::IllFormed(bytes)),
        }
    }

    /// The bytes, without the length before them.
    #[inline]
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        match self.0 {
            Repr::WellFormed(text) => text.as_bytes(),
            Repr::IllFormed(bytes) => bytes,
        }
    }

    /// The text, or `None` where the bytes are not UTF-8.
    #[inline]
    #[must_use]
    pub const fn to_str(&self) -> Option<&'a str> {
        match self.0 {
            Repr::WellFormed(text) => Some(text),
            Repr::IllFormed(_) => None,
        }
    }

    /// The text, with U+FFFD in place of what is not UTF-8.
    #[must_use]
    pub fn to_string_lossy(&self) -> Cow<'a, str> {
        match self.0 {
            Repr::WellFormed(text) => Cow::Borrowed(text),
            Repr::IllFormed(bytes) => String::from_utf8_lossy(bytes),
        }
    }

    /// The number of characters, where what is not UTF-8 counts as [`Text::to_string_lossy`] shows it.
    pub(crate) fn char_count(&self) -> usize {
        let chunks = self.as_bytes().utf8_chunks();
        chunks.map(|chunk| chunk.valid().chars().count() + usize::from(!chunk.invalid().is_empty())).sum()
    }

    /// The length in bytes.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether there is no byte in it.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Repr::WellFormed(text))
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Text<'_> {}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_string_lossy())
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Repr::WellFormed(text) => fmt::Debug::fmt(text, f),
            Repr::IllFormed(bytes) => write!(f, "b\"{}\"", bytes.escape_ascii()),
        }
    }
}

/// The offset of the first byte that is not UTF-8, and whether it begins a UTF-16 surrogate.
pub(crate) fn first_ill_formed(bytes: &[u8]) -> Option<(usize, bool)> {
    let at = core::str::from_utf8(bytes).err()?.valid_up_to();
    let surrogate = bytes[at] == 0xed && bytes.get(at + 1).is_some_and(|next| (0xa0..=0xbf).contains(next));
    Some((at, surrogate))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn ill_formed_bytes_are_kept_and_shown() {
        let text = Text::from_bytes(b"a\xffb");
        assert_eq!(text.as_bytes(), b"a\xffb");
        assert_eq!(text.to_str(), None);
        assert_eq!(format!("{text} {text:?}"), "a\u{fffd}b b\"a\\xffb\"");
    }

    #[test]
    fn a_surrogate_is_told_from_other_ill_formed_bytes() {
        assert_eq!(first_ill_formed(b"ok\xed\xa0\x80"), Some((2, true)));
        assert_eq!(first_ill_formed(b"ok\xc0\x80"), Some((2, false)));
        assert_eq!(first_ill_formed("\u{d7ff}\u{10000}".as_bytes()), None);
    }
}
