//! Rows being made: how many there may be, and how long.

use std::hash::Hash;
use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};
use mqttscope_text::visible;

use crate::{Comparison, How, Piece, Row, Sign};

/// The rows of a comparison, as many as are shown.
#[derive(Default)]
pub(crate) struct Rows {
    rows: Vec<Row>,
    is_cut: bool,
}

impl Rows {
    pub(crate) fn push(&mut self, sign: Sign, place: String, old: Vec<Piece>, new: Vec<Piece>) {
        if self.rows.len() < MOST_ROWS {
            self.rows.push(Row { sign, place, old, new });
        } else {
            self.is_cut = true;
        }
    }

    /// No more of them are shown: whoever makes them can leave off.
    pub(crate) const fn is_full(&self) -> bool {
        self.is_cut
    }

    /// So much is in both, and not shown.
    pub(crate) fn skip(&mut self, words: String) {
        self.push(Sign::Skipped, words, Vec::new(), Vec::new());
    }

    pub(crate) fn finish(self, how: How, words: String) -> Comparison {
        Comparison { how, words, rows: self.rows, is_cut: self.is_cut }
    }
}

/// What differs between two sequences: ranges of the first, and what stands there in the second.
///
/// Long ones of a few things that come again and again would take minutes: those are compared place by place.
pub(crate) fn hunks<T: Default + Eq + Hash>(
    old: impl Iterator<Item = T>,
    new: impl Iterator<Item = T>,
) -> Vec<[Range<usize>; 2]> {
    let mut input = InternedInput::default();
    input.update_before(old);
    input.update_after(new);
    let (before, after) = (&input.before, &input.after);
    let kinds = input.interner.num_tokens() as usize;
    if before.len().max(after.len()) > MANY && kinds * REPEATED < before.len() + after.len() {
        return place_by_place(before, after);
    }
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_no_heuristic(&input);
    let range = |range: Range<u32>| range.start as usize..range.end as usize;
    diff.hunks().map(|hunk| [range(hunk.before), range(hunk.after)]).collect()
}

fn place_by_place<T: Eq>(old: &[T], new: &[T]) -> Vec<[Range<usize>; 2]> {
    let mut hunks: Vec<[Range<usize>; 2]> = Vec::new();
    let both = old.len().min(new.len());
    for at in (0..both).filter(|&at| old[at] != new[at]) {
        match hunks.last_mut() {
            Some([before, after]) if before.end == at => (before.end, after.end) = (at + 1, at + 1),
            _ => hunks.push([at..at + 1, at..at + 1]),
        }
    }
    if old.len() != new.len() {
        hunks.push([both..old.len(), both..new.len()]);
    }
    hunks
}

/// Bytes as a piece of text: a long one by its ends, or by its beginning if it is not in the other payload.
pub(crate) fn piece(bytes: &[u8], differs: bool) -> Piece {
    let text = String::from_utf8_lossy(bytes);
    let (most, kept) = if differs { (MOST_DIFFERENT, MOST_DIFFERENT) } else { (MOST_SAME, MOST_SAME / 2) };
    if text.len() <= most {
        return Piece { text: visible(&text), differs };
    }
    let first = &text[..text.floor_char_boundary(kept)];
    let last = if differs { "" } else { &text[text.ceil_char_boundary(text.len() - kept)..] };
    Piece { text: [&*visible(first), " … ", &*visible(last)].concat().trim_end().into(), differs }
}

/// Rows that are shown at most.
pub(crate) const MOST_ROWS: usize = 20_000;
/// Bytes of a piece that are shown of it.
const MOST_DIFFERENT: usize = 2_000;
const MOST_SAME: usize = 200;
/// How long a sequence is for which it counts how often a thing comes in it, and how often that may be.
const MANY: usize = 8_000;
const REPEATED: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_and_again_is_compared_place_by_place() {
        let things = |len: usize, at: usize| (0..len).map(move |it| u32::from(it == at));
        let found = hunks(things(500_000, 7), things(500_002, 9));
        assert_eq!(found, [[7..8, 7..8], [9..10, 9..10], [500_000..500_000, 500_000..500_002]]);
        // Of few things the one that was put in is found.
        assert_eq!(hunks([1, 2, 3].into_iter(), [0, 1, 2, 3].into_iter()), [[0..0, 0..1]]);
    }
}
