//! Lists of topic filters, as they lie in a packet or in a caller's slice.

use crate::text::Text;

/// The payload of SUBSCRIBE or UNSUBSCRIBE: topic filters, in a packet's bytes or in a slice of items.
///
/// Decoding leaves them where they are; writing takes a slice.
#[derive(Clone, Copy)]
pub struct Filters<'a, Item>(Source<'a, Item>);

#[derive(Clone, Copy)]
enum Source<'a, Item> {
    /// Bytes that decoding has walked over once already.
    Wire(&'a [u8]),
    Items(&'a [Item]),
}

/// An entry of a [`Filters`] list.
pub trait FilterEntry<'a>: Copy {
    /// Splits the first entry off a payload.
    #[doc(hidden)]
    fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])>;
}

impl<'a> FilterEntry<'a> for Text<'a> {
    fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (prefix, rest) = bytes.split_first_chunk()?;
        let (text, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*prefix)))?;
        Some((Text::from_bytes(text), rest))
    }
}

impl<'a, Item: FilterEntry<'a>> Filters<'a, Item> {
    /// The list of a slice, to be written.
    #[must_use]
    pub const fn new(items: &'a [Item]) -> Self {
        Self(Source::Items(items))
    }

    pub(super) const fn from_wire(payload: &'a [u8]) -> Self {
        Self(Source::Wire(payload))
    }

    /// The entries, in order.
    #[must_use]
    pub const fn iter(&self) -> FilterIter<'a, Item> {
        FilterIter(self.0)
    }
}

impl<'a, Item: FilterEntry<'a>> IntoIterator for Filters<'a, Item> {
    type Item = Item;
    type IntoIter = FilterIter<'a, Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, Item: FilterEntry<'a> + PartialEq> PartialEq for Filters<'a, Item> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a, Item: FilterEntry<'a> + Eq> Eq for Filters<'a, Item> {}

impl<'a, Item: FilterEntry<'a> + core::fmt::Debug> core::fmt::Debug for Filters<'a, Item> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The entries of a [`Filters`] list.
#[derive(Clone)]
pub struct FilterIter<'a, Item>(Source<'a, Item>);

impl<'a, Item: FilterEntry<'a>> Iterator for FilterIter<'a, Item> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        match &mut self.0 {
            Source::Wire(bytes) => {
                let (item, rest) = Item::split(bytes)?;
                *bytes = rest;
                Some(item)
            }
            Source::Items(items) => {
                let (item, rest) = items.split_first()?;
                *items = rest;
                Some(*item)
            }
        }
    }
}
