//! Bytes in hex beside each other, each compared with the one at the same offset.

use mqttscope_text::number;

use crate::rows::Rows;
use crate::{Comparison, How, Piece, Sign};

pub(crate) fn compare(old: &[u8], new: &[u8]) -> Comparison {
    let mut rows = Rows::default();
    let mut differing: u64 = 0;
    // How many lines behind one another are equal, and not shown yet.
    let mut equal = 0;
    let lines = old.len().max(new.len()).div_ceil(LINE);
    for at in 0..lines {
        let (left, right) = (line(old, at), line(new, at));
        if left == right {
            equal += 1;
            continue;
        }
        differing += count(left, right);
        skip(&mut rows, old, at, equal, if at == equal { 0 } else { 1 }, 1);
        equal = 0;
        if !rows.is_full() {
            rows.push(Sign::Changed, place(at), pieces(left, right), pieces(right, left));
        }
    }
    skip(&mut rows, old, lines, equal, if equal == lines { 0 } else { 1 }, 0);
    let all = number::grouped(old.len().max(new.len()) as u64);
    let words = [&number::grouped(differing), " of ", &all, " bytes differ."].concat();
    rows.finish(How::Bytes, words)
}

/// The `count` equal lines before the line `end`, of which the first and the last few are shown.
fn skip(rows: &mut Rows, bytes: &[u8], end: usize, count: usize, first: usize, last: usize) {
    let skipped = count.saturating_sub(first + last);
    for at in end - count..end {
        let from_first = at - (end - count);
        if skipped > 1 && (first..first + skipped).contains(&from_first) {
            if from_first == first {
                rows.skip(number::counted((skipped * LINE) as u64, " equal byte", " equal bytes"));
            }
            continue;
        }
        let same = pieces(line(bytes, at), line(bytes, at));
        rows.push(Sign::Same, place(at), same.clone(), same);
    }
}

fn line(bytes: &[u8], at: usize) -> &[u8] {
    let start = (at * LINE).min(bytes.len());
    &bytes[start..bytes.len().min(start + LINE)]
}

fn count(left: &[u8], right: &[u8]) -> u64 {
    let pairs = left.iter().zip(right).filter(|(one, other)| one != other).count();
    (pairs + left.len().abs_diff(right.len())) as u64
}

/// The bytes of a line, those marked that are not at the same place in the other.
fn pieces(bytes: &[u8], other: &[u8]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        let differs = other.get(at) != Some(byte);
        let is_next = pieces.last().is_none_or(|last| last.differs != differs);
        if let Some(last) = pieces.last_mut() {
            // A mark neither begins nor ends with a blank.
            if !(is_next && last.differs) {
                last.text.push(' ');
            }
        }
        if is_next {
            let blank = if at > 0 && !differs { " " } else { "" };
            pieces.push(Piece { text: blank.into(), differs });
        }
        if let Some(last) = pieces.last_mut() {
            number::push_hex_digits(&mut last.text, &[*byte]);
        }
    }
    pieces
}

fn place(at: usize) -> String {
    let offset = ((at * LINE) as u32).to_be_bytes();
    let mut place = String::new();
    // Four digits, or as many as it takes.
    number::push_hex_digits(&mut place, if offset[..2] == [0, 0] { &offset[2..] } else { &offset });
    place
}

/// Bytes of a line.
const LINE: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pieces: &[Piece]) -> String {
        pieces.iter().map(|it| if it.differs { format!("[{}]", it.text) } else { it.text.clone() }).collect()
    }

    #[test]
    fn bytes_that_differ_are_marked_on_both_sides() {
        let found = compare(b"\x00\x01\x02\x03\x04", b"\x00\x09\x08\x03");
        assert_eq!(found.rows.len(), 1);
        assert_eq!(found.rows[0].place, "0000");
        assert_eq!(written(&found.rows[0].old), "00 [01 02] 03 [04]");
        assert_eq!(written(&found.rows[0].new), "00 [09 08] 03");
        assert_eq!(found.words, "3 of 5 bytes differ.");
    }

    #[test]
    fn equal_bytes_far_from_a_difference_are_counted() {
        let mut new = vec![0; 256];
        new[100] = 1;
        let found = compare(&[0; 256], &new);
        let rows: Vec<_> = found.rows.iter().map(|row| (row.sign, row.place.as_str())).collect();
        let expected = [
            (Sign::Skipped, "88 equal bytes"),
            (Sign::Same, "0058"),
            (Sign::Changed, "0060"),
            (Sign::Same, "0068"),
            (Sign::Skipped, "144 equal bytes"),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_mebibyte_of_other_bytes_is_cut() {
        let found = compare(&vec![0; 1 << 20], &vec![1; 1 << 20]);
        assert!(found.is_cut);
        assert_eq!(found.words, "1,048,576 of 1,048,576 bytes differ.");
        assert_eq!(found.rows.last().map(|row| row.place.len()), Some(8));
    }
}
