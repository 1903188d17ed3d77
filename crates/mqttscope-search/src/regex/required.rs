//! What stands in every match of a pattern, so that a text without it needs no automaton.

use super::node::Node;
use crate::byte_set::ByteSet;
use crate::needle::{LITTLE, Needle};

/// Places one behind the other that every match has, with the bytes that may stand there.
#[derive(Clone, Debug)]
pub(super) struct Required {
    pub(super) needle: Needle,
    /// How many bytes behind the start of a match it stands, where that is the same for all.
    pub(super) offset: Option<usize>,
    /// Whether it is a match wherever it stands.
    pub(super) decides: bool,
}

impl Required {
    /// What the matches of a pattern have in common and is found fastest, where anything is.
    pub(super) fn of(pattern: &Node) -> Option<Self> {
        let part = match pattern {
            Node::Concat(nodes) if matches!(nodes.first(), Some(Node::Start)) => {
                // At the first bytes of a text the automaton is done sooner than a search through all of it.
                let behind = nodes.iter().position(|node| !part(node).whole).unwrap_or(nodes.len());
                Part { offset: None, ..concat(&nodes[behind..]) }
            }
            _ => part(pattern),
        };
        let window = Window::of(&part)?;
        let decides = part.whole && part.exact && window.run.len() == part.run.len();
        Some(Self { needle: Needle::of(window.run.into()), offset: window.offset, decides })
    }
}

/// What the matches of a part of a pattern have in common.
struct Part {
    /// Places one behind the other that each match has; none where nothing is known.
    run: Vec<ByteSet>,
    /// How many bytes behind the start of a match the run stands, where that is the same for all.
    offset: Option<usize>,
    /// Whether a match has no other bytes.
    whole: bool,
    /// Whether the run is a match wherever it stands, if it is whole.
    exact: bool,
}

const UNKNOWN: Part = Part { run: Vec::new(), offset: None, whole: false, exact: false };
const EMPTY: Part = Part { run: Vec::new(), offset: Some(0), whole: true, exact: true };

fn part(node: &Node) -> Part {
    match node {
        Node::Empty => EMPTY,
        Node::Byte(set) => Part { run: vec![*set], ..EMPTY },
        Node::Start | Node::End => Part { exact: false, ..EMPTY },
        Node::Concat(nodes) => concat(nodes),
        Node::Alternate(nodes) => nodes.iter().map(part).reduce(either).unwrap_or(EMPTY),
        Node::Repeat { at_least_one: false, .. } => UNKNOWN,
        Node::Repeat { node, many, .. } => {
            let part = part(node);
            Part { whole: part.whole && !many, ..part }
        }
    }
}

fn concat(nodes: &[Node]) -> Part {
    let mut all = EMPTY;
    let mut best: Option<Window> = None;
    let mut offer = |part: &Part| {
        if let Some(window) = Window::of(part)
            && best.as_ref().is_none_or(|best| best.rank() < window.rank())
        {
            best = Some(window);
        }
    };
    for node in nodes {
        let mut next = part(node);
        if next.whole {
            all.run.append(&mut next.run);
            all.exact &= next.exact;
            continue;
        }
        next.offset = all.offset.zip(next.offset).map(|(before, offset)| before + all.run.len() + offset);
        offer(&all);
        offer(&next);
        all = UNKNOWN;
    }
    if all.whole {
        return all;
    }
    offer(&all);
    best.map_or(UNKNOWN, |Window { run, offset, .. }| Part { run, offset, ..UNKNOWN })
}

/// What the matches of both parts have in common: the places of the shorter run, with the bytes of either.
fn either(one: Part, other: Part) -> Part {
    let same_len = one.run.len() == other.run.len();
    let run = one.run.into_iter().zip(other.run).map(|(mut set, other)| {
        set.join(&other);
        set
    });
    Part {
        run: run.collect(),
        offset: one.offset.filter(|_| one.offset == other.offset),
        whole: one.whole && other.whole && same_len,
        exact: false,
    }
}

/// The places of a run that are found fastest.
struct Window {
    run: Vec<ByteSet>,
    offset: Option<usize>,
    /// The sum of the skips of all printable bytes, less what those at the last place cost.
    score: u32,
}

impl Window {
    fn of(part: &Part) -> Option<Self> {
        let (mut best, mut score) = (0..0, MIN_SCORE);
        for (last, set) in part.run.iter().enumerate() {
            let (mut known, mut skips) = (ByteSet::default(), 0);
            for start in ((last + 1).saturating_sub(MAX_PLACES)..=last).rev() {
                let to_last = (last - start) as u32;
                if to_last > 0 {
                    let before = known.count_printable();
                    known.join(&part.run[start]);
                    skips += (known.count_printable() - before) * to_last;
                }
                let all_skips = skips + (PRINTABLE - known.count_printable()) * (to_last + 1);
                let found = all_skips.max(LITTLE).saturating_sub(set.count_printable() * LOOK_CLOSER);
                if found >= score {
                    (best, score) = (start..last + 1, found);
                }
            }
        }
        let offset = part.offset.map(|offset| offset + best.start);
        (!best.is_empty()).then(|| Self { run: part.run[best].to_vec(), offset, score })
    }

    /// Of equally fast ones the one with more places stands in fewer texts.
    fn rank(&self) -> (u32, usize) {
        (self.score, self.run.len())
    }
}

/// Printable bytes of ASCII. Texts are taken to have each of them as often as another, and no other bytes.
const PRINTABLE: u32 = 95;
/// What a byte costs that may stand at the last place, in skips: the others must be looked at.
const LOOK_CLOSER: u32 = 4;
/// Up to here the automaton alone is as fast.
const MIN_SCORE: u32 = 140;
/// The most places of a run, so that a text that always has all but one of them makes no search slow.
const MAX_PLACES: usize = 16;

#[cfg(test)]
mod tests {
    use crate::Regex;

    /// What is required is as long as `word`, and `word` is an instance of it.
    #[track_caller]
    fn check(pattern: &str, ignore_case: bool, expected: Option<(&[u8], Option<usize>, bool)>) {
        let regex = Regex::new(pattern, ignore_case).expect("well-formed");
        let found = regex.required.map(|required| {
            let (word, ..) = expected.expect("nothing is required");
            assert_eq!(required.needle.find(word), Some(0), "{pattern}");
            assert_eq!(required.needle.find(&word[1..]), None, "{pattern}");
            assert_eq!(required.needle.find(&word[..word.len() - 1]), None, "{pattern}");
            (required.offset, required.decides)
        });
        assert_eq!(found, expected.map(|(_, offset, decides)| (offset, decides)), "{pattern}");
    }

    #[test]
    fn a_pattern_without_choice_is_a_search() {
        check("needle", false, Some((b"needle", Some(0), true)));
        check("needle", true, Some((b"NeeDLe", Some(0), true)));
        check(".*x.need\\d.*", false, Some((b"x-need7", Some(0), true)));
        check("(an)+swer?", false, Some((b"answe", Some(0), true)));
        check("\\d\\d\\d\\d+", false, Some((b"2026", Some(0), true)));
    }

    #[test]
    fn the_rest_is_left_to_the_automaton() {
        check("need.e.*else", false, Some((b"need", Some(0), false)));
        check("x\\dneedle\\w*y", false, Some((b"x1needle", Some(0), false)));
        check("x..?needle$", false, Some((b"needle", None, false)));
        check("(é|ö)+", false, Some(("é".as_bytes(), Some(0), false)));
        check("error|warning|fatal", false, Some((b"error", Some(0), false)));
        check("x(an)+swer?", false, Some((b"swe", None, false)));
        check("^needle", false, None);
        check("^id:7.*needle", false, Some((b"needle", None, false)));
        check("abcdefghijklmnopqrstuvwxyz", false, Some((b"klmnopqrstuvwxyz", Some(10), false)));
    }

    #[test]
    fn what_need_not_be_there_is_not_required() {
        for pattern in
            ["", "(needle)?", "needle|", "(needle|)$", "(a|needle)*", "^", ".", "\\w+", "[^x].[^y]"]
        {
            check(pattern, false, None);
        }
    }
}
