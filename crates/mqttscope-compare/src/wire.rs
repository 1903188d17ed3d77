//! A comparison, and what is to be compared, as bytes: both ends come from one build.

use crate::{Comparison, How, Piece, Row, Sign};

impl Comparison {
    /// Writes it behind what is there.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend([place(&HOWS, self.how), u8::from(self.is_cut)]);
        write_text(out, &self.words);
        for row in &self.rows {
            out.push(place(&SIGNS, row.sign));
            write_text(out, &row.place);
            for pieces in [&row.old, &row.new] {
                out.extend((pieces.len() as u32).to_le_bytes());
                for piece in pieces {
                    out.push(u8::from(piece.differs));
                    write_text(out, &piece.text);
                }
            }
        }
    }

    /// The comparison that the bytes are, if they are one.
    #[must_use]
    pub fn read(mut bytes: &[u8]) -> Option<Self> {
        let how = *HOWS.get(usize::from(take(&mut bytes)?))?;
        let is_cut = take(&mut bytes)? != 0;
        let words = take_text(&mut bytes)?;
        let mut rows = Vec::new();
        while !bytes.is_empty() {
            let sign = *SIGNS.get(usize::from(take(&mut bytes)?))?;
            let place = take_text(&mut bytes)?;
            rows.push(Row { sign, place, old: take_pieces(&mut bytes)?, new: take_pieces(&mut bytes)? });
        }
        Some(Self { how, words, rows, is_cut })
    }
}

/// What asks for two payloads to be compared, behind what is there.
pub fn write_request(how: How, old: &[u8], new: &[u8], out: &mut Vec<u8>) {
    out.reserve_exact(5 + old.len() + new.len());
    out.push(place(&HOWS, how));
    out.extend((old.len() as u32).to_le_bytes());
    out.extend_from_slice(old);
    out.extend_from_slice(new);
}

/// What is asked to be compared, if that is what the bytes are.
#[must_use]
pub fn read_request(mut bytes: &[u8]) -> Option<(How, &[u8], &[u8])> {
    let how = *HOWS.get(usize::from(take(&mut bytes)?))?;
    let len = take_u32(&mut bytes)?;
    let (old, new) = bytes.split_at_checked(len as usize)?;
    Some((how, old, new))
}

fn place<T: PartialEq>(all: &[T], one: T) -> u8 {
    all.iter().position(|it| *it == one).unwrap_or_default() as u8
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn take(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}

fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*taken))
}

fn take_text(bytes: &mut &[u8]) -> Option<String> {
    let len = take_u32(bytes)?;
    let (text, rest) = bytes.split_at_checked(len as usize)?;
    *bytes = rest;
    String::from_utf8(text.to_vec()).ok()
}

fn take_pieces(bytes: &mut &[u8]) -> Option<Vec<Piece>> {
    (0..take_u32(bytes)?)
        .map(|_| Some(Piece { differs: take(bytes)? != 0, text: take_text(bytes)? }))
        .collect()
}

const HOWS: [How; 3] = [How::Text, How::Json, How::Bytes];
const SIGNS: [Sign; 5] = [Sign::Same, Sign::Removed, Sign::Added, Sign::Changed, Sign::Skipped];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_come_out_as_they_went_in() {
        let piece = |text: &str, differs| Piece { text: text.into(), differs };
        let row = |sign| Row {
            sign,
            place: "$.ä".into(),
            old: vec![piece("a", true), piece("", false)],
            new: vec![piece("b", true)],
        };
        for how in HOWS {
            let rows = SIGNS.map(row).into();
            let comparison = Comparison { how, words: "5 lines.".into(), rows, is_cut: how == How::Json };
            let mut bytes = Vec::new();
            comparison.write(&mut bytes);
            assert_eq!(Comparison::read(&bytes), Some(comparison));
            for len in 0..bytes.len() {
                // Whatever is cut is none, or one with fewer rows, and no panic.
                let _ = Comparison::read(&bytes[..len]);
            }
            let mut request = Vec::new();
            write_request(how, b"old", b"newer", &mut request);
            assert_eq!(read_request(&request), Some((how, &b"old"[..], &b"newer"[..])));
            assert_eq!(read_request(&request[..7]), None);
        }
        assert_eq!(Comparison::read(&[9, 0, 0, 0, 0, 0]), None);
    }
}
