//! A pattern as a tree.

use crate::byte_set::ByteSet;

/// A part of a pattern.
#[derive(Clone)]
pub(super) enum Node {
    /// No byte.
    Empty,
    /// One of these bytes.
    Byte(ByteSet),
    /// The start of the text.
    Start,
    /// The end of the text.
    End,
    /// One behind the other.
    Concat(Vec<Node>),
    /// One of them.
    Alternate(Vec<Node>),
    /// It, or nothing unless at least one must be there, or many in a row.
    Repeat { node: Box<Node>, at_least_one: bool, many: bool },
}

impl Node {
    /// How many nodes it has.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Empty | Self::Byte(_) | Self::Start | Self::End => 1,
            Self::Concat(nodes) | Self::Alternate(nodes) => nodes.iter().map(Self::size).sum::<usize>() + 1,
            Self::Repeat { node, .. } => node.size() + 1,
        }
    }

    /// So many of it, or more up to a limit if there is one.
    pub(super) fn times(self, least: usize, most: Option<usize>) -> Self {
        let repeat = |at_least_one, many| Self::Repeat { node: Box::new(self.clone()), at_least_one, many };
        let mut nodes = match (least, most) {
            (0, None) => vec![repeat(false, true)],
            (1.., None) => [vec![self.clone(); least - 1], vec![repeat(true, true)]].concat(),
            (_, Some(most)) => [vec![self.clone(); least], vec![repeat(false, false); most - least]].concat(),
        };
        if nodes.len() == 1 { nodes.remove(0) } else { Self::Concat(nodes) }
    }

    /// Takes off both ends what a text need not have to match: one with `.*a+` somewhere has an `a`.
    pub(super) fn trim(&mut self) {
        let Self::Concat(nodes) = self else { return };
        let is_optional =
            |node: Option<&Self>| matches!(node, Some(Self::Repeat { at_least_one: false, .. }));
        while is_optional(nodes.first()) {
            nodes.remove(0);
        }
        while is_optional(nodes.last()) {
            nodes.pop();
        }
        for end in [0, nodes.len().saturating_sub(1)] {
            if let Some(Self::Repeat { many, .. }) = nodes.get_mut(end) {
                *many = false;
            }
        }
    }
}
