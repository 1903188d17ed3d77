//! Hex dumps and Base64: every line has the same number of bytes, so nothing needs to be found out.

use super::Pen;

#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    at: usize,
    line_len: usize,
}

impl State {
    pub(super) const HEX: Self = Self { at: 0, line_len: 16 };
    pub(super) const BASE64: Self = Self { at: 0, line_len: 57 };

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) const fn lines(&self, payload: &[u8]) -> usize {
        payload.len().div_ceil(self.line_len)
    }

    pub(super) const fn at_line(&self, line: usize) -> Self {
        Self { at: line.saturating_mul(self.line_len), ..*self }
    }

    pub(super) fn step(&mut self, payload: &[u8], pen: &mut Pen) -> bool {
        let start = self.at.min(payload.len());
        let end = payload.len().min(start + self.line_len);
        if start == end {
            return false;
        }
        self.at = end;
        if self.line_len == Self::HEX.line_len {
            push_hex(start, &payload[start..end], pen);
        } else {
            push_base64(&payload[start..end], &mut pen.line.text);
        }
        pen.line.range = start..end;
        true
    }
}

/// `00000000  30 10 00 0e 74 6f 70 69  63 2f 6c 61 73 74 77 69  0···topic/lastwi`
fn push_hex(offset: usize, line: &[u8], pen: &mut Pen) {
    pen.write_hex(&(offset as u32).to_be_bytes());
    pen.write(" ");
    for at in 0..State::HEX.line_len {
        pen.write(if at == State::HEX.line_len / 2 { "  " } else { " " });
        match line.get(at) {
            Some(&byte) => pen.write_hex(&[byte]),
            None => pen.write("  "),
        }
    }
    pen.write("  ");
    let visible = |&byte: &u8| if matches!(byte, b' '..=b'~') { char::from(byte) } else { '·' };
    pen.line.text.extend(line.iter().map(visible));
}

fn push_base64(line: &[u8], out: &mut String) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for part in line.chunks(3) {
        let byte = |at: usize| u32::from(part.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= part.len() { char::from(digit) } else { '=' });
        }
    }
}
