//! Text by line, and a line that was changed by word.

use std::ops::Range;

use mqttscope_text::number;

use crate::rows::{MOST_ROWS, Rows, hunks, piece};
use crate::{Comparison, How, Piece, Sign};

pub(crate) fn compare(old: &[u8], new: &[u8]) -> Comparison {
    let (old, new) = (lines(old), lines(new));
    let mut rows = Rows::default();
    let (mut removed, mut added) = (0, 0);
    // The first lines that were not come to.
    let (mut at_old, mut at_new) = (0, 0);
    let mut words = Words::default();
    for [before, after] in hunks(old.iter().copied(), new.iter().copied()) {
        let context = if at_new == 0 { 0 } else { CONTEXT };
        between(&mut rows, &new[at_new..after.start], at_new, context, CONTEXT);
        removed += before.len() as u64;
        added += after.len() as u64;
        if !rows.is_full() {
            let pairs = before.clone().zip(after.clone()).take(MOST_ROWS);
            let (olds, news): (Vec<_>, Vec<_>) = pairs.map(|(a, b)| words.of(old[a], new[b])).unzip();
            push_all(&mut rows, Sign::Removed, &old, before.clone(), olds);
            push_all(&mut rows, Sign::Added, &new, after.clone(), news);
        }
        (at_old, at_new) = (before.end, after.end);
    }
    if at_old + at_new > 0 {
        between(&mut rows, &new[at_new..], at_new, CONTEXT, 0);
    }
    rows.finish(How::Text, said(removed, added))
}

/// Compares by word, until so much was compared that a person would wait for it.
pub(crate) struct Words {
    /// Bytes that may still be.
    left: usize,
}

impl Default for Words {
    fn default() -> Self {
        Self { left: MOST_WORDS }
    }
}

impl Words {
    /// The pieces of two texts by word, those marked that are not in the other one; of long texts what lies between their
    /// common beginning and their common end.
    pub(crate) fn of(&mut self, old: &[u8], new: &[u8]) -> (Vec<Piece>, Vec<Piece>) {
        let len = old.len().max(new.len());
        if len > LONG.min(self.left) {
            return ends(old, new);
        }
        self.left -= len;
        let (olds, news) = (tokens(old), tokens(new));
        let (mut left, mut right) = (Pieces::of(old), Pieces::of(new));
        for [before, after] in hunks(olds.iter().copied(), news.iter().copied()) {
            left.mark(&olds, before);
            right.mark(&news, after);
        }
        (left.finish(), right.finish())
    }
}

/// Two texts without what they begin and end with alike.
fn ends(old: &[u8], new: &[u8]) -> (Vec<Piece>, Vec<Piece>) {
    let is_within = |at: usize| old.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let mut first = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    while first > 0 && is_within(first) {
        first -= 1;
    }
    let most = old.len().min(new.len()) - first;
    let pairs = old.iter().rev().zip(new.iter().rev()).take(most);
    let mut last = pairs.take_while(|(one, other)| one == other).count();
    while last > 0 && is_within(old.len() - last) {
        last -= 1;
    }
    let pieces = |text: &[u8]| {
        let mut pieces = Pieces::of(text);
        pieces.push(first, false);
        pieces.push(text.len() - last, true);
        pieces.finish()
    };
    (pieces(old), pieces(new))
}

/// The pieces of a text, being made.
struct Pieces<'a> {
    text: &'a [u8],
    /// What was looked at, in bytes and in words.
    bytes: usize,
    words: usize,
    pieces: Vec<Piece>,
}

impl<'a> Pieces<'a> {
    const fn of(text: &'a [u8]) -> Self {
        Self { text, bytes: 0, words: 0, pieces: Vec::new() }
    }

    /// These words differ, and those between them and the ones before do not.
    fn mark(&mut self, tokens: &[&[u8]], words: Range<usize>) {
        let len = |words: Range<usize>| tokens[words].iter().map(|word| word.len()).sum::<usize>();
        let start = self.bytes + len(self.words..words.start);
        let end = start + len(words.clone());
        self.push(start, false);
        self.push(end, true);
        self.words = words.end;
    }

    fn push(&mut self, end: usize, differs: bool) {
        if self.pieces.len() >= MOST_PIECES {
            return;
        }
        if self.bytes < end {
            self.pieces.push(piece(&self.text[self.bytes..end], differs));
        }
        self.bytes = end;
    }

    fn finish(mut self) -> Vec<Piece> {
        let is_cut = self.pieces.len() >= MOST_PIECES;
        self.push(self.text.len(), false);
        if is_cut {
            self.pieces.push(Piece { text: " …".into(), differs: true });
        }
        self.pieces
    }
}

/// Lines without what ends them; behind the last there is one more only if something stands in it.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<_> = text.split(|byte| *byte == b'\n').collect();
    if lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    lines
}

/// Words, runs of blanks, and signs one by one.
fn tokens(text: &[u8]) -> Vec<&[u8]> {
    let kind = |byte: u8| match byte {
        // A character of several bytes is not divided.
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => 0,
        b' ' | b'\t' => 1,
        _ => 2,
    };
    text.chunk_by(|one, next| kind(*one) == kind(*next) && kind(*one) < 2).collect()
}

/// Lines that are in both: the first and the last few of them are shown.
fn between(rows: &mut Rows, lines: &[&[u8]], number: usize, first: usize, last: usize) {
    let skipped = lines.len().saturating_sub(first + last);
    for (at, line) in lines.iter().enumerate() {
        if skipped > 1 && (first..first + skipped).contains(&at) {
            if at == first {
                rows.skip(number::counted(skipped as u64, " equal line", " equal lines"));
            }
            continue;
        }
        let place = number::plain((number + at + 1) as u64);
        rows.push(Sign::Same, place, Vec::new(), vec![piece(line, false)]);
    }
}

/// Lines that are in one of both; of the first ones it is known which words.
fn push_all(rows: &mut Rows, sign: Sign, lines: &[&[u8]], range: Range<usize>, mut known: Vec<Vec<Piece>>) {
    for (at, line) in range.clone().zip(&lines[range.clone()]) {
        if rows.is_full() {
            return;
        }
        let pieces = match known.get_mut(at - range.start) {
            Some(pieces) => std::mem::take(pieces),
            None => vec![piece(line, true)],
        };
        let place = number::plain((at + 1) as u64);
        match sign {
            Sign::Removed => rows.push(sign, place, pieces, Vec::new()),
            _ => rows.push(sign, place, Vec::new(), pieces),
        }
    }
}

fn said(removed: u64, added: u64) -> String {
    if removed + added == 0 {
        return "The same lines: what differs is the end of the last one.".into();
    }
    let added = number::counted(added, " line added", " lines added");
    [&number::counted(removed, " line removed", " lines removed"), ", ", &added, "."].concat()
}

/// Lines around a difference that are shown.
const CONTEXT: usize = 3;
/// Bytes of a line above which its words are not told apart, and bytes in all whose words are.
const LONG: usize = 2 << 10;
const MOST_WORDS: usize = 256 << 10;
/// Pieces of a line that are shown at most.
const MOST_PIECES: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Row;

    /// Rows as a diff is written, with what differs in brackets.
    fn written(rows: &[Row]) -> Vec<String> {
        let row = |row: &Row| {
            let sign = match row.sign {
                Sign::Same => ' ',
                Sign::Removed => '-',
                Sign::Added => '+',
                Sign::Changed => '~',
                Sign::Skipped => '…',
            };
            let pieces = row.old.iter().chain(&row.new);
            let text = pieces.map(|it| if it.differs { format!("[{}]", it.text) } else { it.text.clone() });
            format!("{sign}{} {}", row.place, text.collect::<String>())
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn lines_and_the_words_in_them_are_told_apart() {
        let found = compare(b"one\nthe cat sat\nthree\n", b"one\nthe dog sat\nthree\nfour\n");
        let expected = [" 1 one", "-2 the [cat] sat", "+2 the [dog] sat", " 3 three", "+4 [four]"];
        assert_eq!(written(&found.rows), expected);
        assert_eq!(found.words, "1 line removed, 2 lines added.");
        assert_eq!(found.how, How::Text);
    }

    #[test]
    fn equal_lines_far_from_a_difference_are_counted() {
        let text = |middle: &str| {
            let lines: String = (1..=20).map(|at| format!("{at}\n")).collect();
            lines.replace("10\n", middle)
        };
        let found = compare(text("x\n").as_bytes(), text("").as_bytes());
        let expected = [
            "…6 equal lines ",
            " 7 7",
            " 8 8",
            " 9 9",
            "-10 [x]",
            " 10 11",
            " 11 12",
            " 12 13",
            "…7 equal lines ",
        ];
        assert_eq!(written(&found.rows), expected);
    }

    #[test]
    fn what_differs_only_in_its_end_is_said_to() {
        let found = compare(b"a\n", b"a");
        assert_eq!((found.rows.len(), found.words.contains("end of the last")), (0, true));
        let found = compare(b"a\r\n", b"a\n");
        assert_eq!(written(&found.rows), ["-1 a[␍]", "+1 a"]);
    }

    #[test]
    fn of_a_long_line_its_middle_is_told() {
        let line = |middle: &str| [&"ab ".repeat(3_000), middle, &" cd".repeat(3_000)].concat();
        let found = compare(line("xéx").as_bytes(), line("xèx").as_bytes());
        let [old, new] = [&found.rows[0].old, &found.rows[1].new];
        assert_eq!([&old[1], &new[1]].map(|it| (it.text.as_str(), it.differs)), [("é", true), ("è", true)]);
        assert!(old[0].text.len() < 250 && old[0].text.contains(" … "), "{}", old[0].text);
    }

    #[test]
    fn text_of_a_mebibyte_is_cut() {
        let lines = |word: &str| (0..70_000).map(|at| format!("{word} {at}\n")).collect::<String>();
        let found = compare(lines("old").as_bytes(), lines("new").as_bytes());
        assert!(found.is_cut && found.rows.len() == MOST_ROWS);
        assert_eq!(found.words, "70,000 lines removed, 70,000 lines added.");
    }

    #[test]
    fn few_words_that_come_again_and_again_come_to_an_end() {
        // Half a million of two lines by chance: any other way than place by place would take hours.
        let text = |seed: u32, end: char| {
            let mut at = seed;
            let words = (0..500_000).map(move |_| {
                at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                if at >> 31 == 0 { 'a' } else { 'b' }
            });
            words.flat_map(|word| [word, end]).collect::<String>()
        };
        for end in ['\n', ' '] {
            let found = compare(text(1, end).as_bytes(), text(2, end).as_bytes());
            assert_eq!(found.is_cut, end == '\n');
            assert!(found.rows[0].old.len() <= MOST_PIECES + 2);
        }
    }
}
