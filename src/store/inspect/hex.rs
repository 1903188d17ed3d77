//! Bytes as lines of hex and text: which character of a line is which byte, and what marks it.

use std::ops::Range;

use mqttscope_text::number::push_hex_digits;

/// The columns of a hex dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Bytes of a line.
    pub bytes: usize,
    /// Digits of an offset.
    digits: usize,
}

/// What is to be seen on a byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The bytes of the field that is looked at.
    pub field: Range<usize>,
    /// The byte that is looked at.
    pub cursor: Option<usize>,
    /// The bytes at fault, in order.
    pub faults: Vec<usize>,
}

/// Characters of a line that look the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub text: String,
    /// Of [`FIELD`], [`CURSOR`] and [`FAULT`].
    pub marks: u8,
}

/// The byte belongs to the field that is looked at.
pub const FIELD: u8 = 1;
/// The byte is the one that is looked at.
pub const CURSOR: u8 = 2;
/// The byte is at fault.
pub const FAULT: u8 = 4;

impl Shape {
    /// The dump of so many bytes in a line of so many characters: sixteen bytes a line where they fit, or eight.
    #[must_use]
    pub fn of(len: usize, columns: usize) -> Self {
        let digits = match len {
            0..=0x1_0000 => 4,
            0x1_0001..=0x100_0000 => 6,
            _ => 8,
        };
        let wide = Self { bytes: 16, digits };
        if wide.width() <= columns { wide } else { Self { bytes: 8, digits } }
    }

    /// Characters of a whole line.
    #[must_use]
    pub const fn width(self) -> usize {
        self.text_column(self.bytes)
    }

    /// How many lines so many bytes take.
    #[must_use]
    pub const fn lines(self, len: usize) -> usize {
        len.div_ceil(self.bytes)
    }

    /// The byte at a character of a line, in either half; `None` beside them.
    #[must_use]
    pub const fn byte_at(self, line: usize, column: usize, len: usize) -> Option<usize> {
        let text = self.text_column(0);
        let at = if column >= text {
            column - text
        } else {
            let mut at = 0;
            // A digit, or the blank behind it.
            while at < self.bytes && column > self.hex_column(at) + 2 {
                at += 1;
            }
            if column + 1 < self.hex_column(0) {
                return None;
            }
            at
        };
        let byte = line * self.bytes + at;
        if at < self.bytes && byte < len { Some(byte) } else { None }
    }

    /// A line in runs of characters that look the same.
    #[must_use]
    pub fn line(self, bytes: &[u8], line: usize, marks: &Marks) -> Vec<Run> {
        let start = (line * self.bytes).min(bytes.len());
        let shown = &bytes[start..bytes.len().min(start + self.bytes)];
        let of = |at: usize| marks.of(start + at);
        let mut runs = Runs::default();
        let offset = (start as u32).to_be_bytes();
        push_hex_digits(runs.with(0), &offset[4 - self.digits / 2..]);
        runs.with(0).push_str("  ");
        for at in 0..self.bytes {
            // The gap between two bytes of a field is marked with them.
            let gap = if at > 0 && at < shown.len() { of(at - 1) & of(at) & FIELD } else { 0 };
            if at > 0 {
                runs.with(gap).push_str(if at == 8 { "  " } else { " " });
            }
            match shown.get(at) {
                Some(&byte) => push_hex_digits(runs.with(of(at)), &[byte]),
                None => runs.with(0).push_str("  "),
            }
        }
        runs.with(0).push_str("  ");
        for (at, &byte) in shown.iter().enumerate() {
            runs.with(of(at)).push(if matches!(byte, b' '..=b'~') { char::from(byte) } else { '·' });
        }
        runs.0
    }

    const fn hex_column(self, at: usize) -> usize {
        self.digits + 2 + 3 * at + at / 8
    }

    const fn text_column(self, at: usize) -> usize {
        self.hex_column(self.bytes - 1) + 4 + at
    }
}

impl Marks {
    /// The marks of a byte.
    #[must_use]
    pub fn of(&self, byte: usize) -> u8 {
        let mark = |on: bool, mark: u8| if on { mark } else { 0 };
        mark(self.field.contains(&byte), FIELD)
            | mark(self.cursor == Some(byte), CURSOR)
            | mark(self.faults.binary_search(&byte).is_ok(), FAULT)
    }
}

#[derive(Default)]
struct Runs(Vec<Run>);

impl Runs {
    /// The text to which characters with these marks are appended.
    fn with(&mut self, marks: u8) -> &mut String {
        if self.0.last().is_none_or(|run| run.marks != marks) {
            self.0.push(Run { text: String::new(), marks });
        }
        let last = self.0.len() - 1;
        &mut self.0[last].text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(runs: &[Run]) -> String {
        runs.iter().map(|run| run.text.as_str()).collect()
    }

    #[test]
    fn lines_have_offset_hex_and_text() {
        let bytes = b"\x30\x10\x00\x0etopic/lastwill!";
        let wide = Shape::of(bytes.len(), 80);
        let expected = "0000  30 10 00 0e 74 6f 70 69  63 2f 6c 61 73 74 77 69  0···topic/lastwi";
        assert_eq!(text(&wide.line(bytes, 0, &Marks::default())), expected);
        assert_eq!(expected.chars().count(), wide.width());
        let narrow = Shape::of(bytes.len(), 50);
        let expected = "0010  6c 6c 21                 ll!";
        assert_eq!(text(&narrow.line(bytes, 2, &Marks::default())), expected);
        assert_eq!((wide.lines(19), narrow.lines(19), narrow.lines(0)), (2, 3, 0));
    }

    #[test]
    fn marks_make_runs() {
        let marks = Marks { field: 1..3, cursor: Some(2), faults: vec![0] };
        let runs = Shape::of(4, 40).line(b"abcd", 0, &marks);
        let marked: Vec<_> = runs.iter().filter(|run| run.marks > 0).collect();
        let expected = [
            ("61", FAULT),
            ("62 ", FIELD),
            ("63", FIELD | CURSOR),
            ("a", FAULT),
            ("b", FIELD),
            ("c", FIELD | CURSOR),
        ];
        let found: Vec<_> = marked.iter().map(|run| (run.text.as_str(), run.marks)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn each_character_is_found_again() {
        for (len, columns) in [(40, 80), (40, 40), (0x2_0000, 80)] {
            let shape = Shape::of(len, columns);
            for at in 0..shape.bytes {
                let byte = Some(shape.bytes + at);
                for column in [shape.hex_column(at), shape.hex_column(at) + 1, shape.text_column(at)] {
                    assert_eq!(shape.byte_at(1, column, len), byte, "{shape:?} {column}");
                }
            }
            assert_eq!(shape.byte_at(0, 0, len), None);
            assert_eq!(shape.byte_at(0, shape.width(), len), None);
        }
        assert_eq!(Shape::of(3, 40).byte_at(0, Shape::of(3, 40).hex_column(3), 3), None);
    }

    #[test]
    fn offsets_of_large_packets_have_more_digits() {
        let bytes = vec![0; 0x1_0010];
        let runs = Shape::of(bytes.len(), 80).line(&bytes, 0x1000, &Marks::default());
        assert!(text(&runs).starts_with("010000  00 00"), "{runs:?}");
    }
}
