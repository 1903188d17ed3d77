//! Bytes as text: in hex, and as what they say if they are text.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::number::push_hex_digits;
use crate::visible;

/// Bytes as hex pairs with blanks between them: `01 ff`.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 {
            text.push(' ');
        }
        push_hex_digits(&mut text, &[*byte]);
    }
    text
}

/// The bytes of pairs of hex digits, with blanks anywhere between them; `None` for what is no hex, and for an odd number of
/// digits.
#[must_use]
pub fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high = None;
    for &digit in digits {
        let value = u8::try_from(char::from(digit).to_digit(16)?).ok()?;
        match high.take() {
            Some(high) => bytes.push(high << 4 | value),
            None => high = Some(value),
        }
    }
    high.is_none().then_some(bytes)
}

/// The first bytes as text in which all can be seen, if they are text; a character that the cut goes through is left
/// out.
#[must_use]
pub fn beginning(bytes: &[u8], most: usize) -> Option<String> {
    let cut = &bytes[..bytes.len().min(most)];
    let text = match core::str::from_utf8(cut) {
        Ok(text) => text,
        // The cut is no fault of the bytes.
        Err(error) if error.error_len().is_none() && cut.len() < bytes.len() => {
            core::str::from_utf8(&cut[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return None,
    };
    Some(visible(text))
}

/// The first bytes as hex, and as text too if they are text.
#[must_use]
pub fn head(bytes: &[u8], most: usize) -> String {
    let hex = hex(&bytes[..bytes.len().min(most)]);
    match beginning(bytes, most) {
        Some(text) => format!("{hex}  {text}"),
        None => hex,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_as_it_is_written() {
        let bytes = [0x00, 0x7f, 0xff];
        assert_eq!(from_hex(hex(&bytes).as_bytes()), Some(bytes.to_vec()));
        assert_eq!(from_hex(b" 0 A\tff\n"), Some([0x0a, 0xff].to_vec()));
        assert_eq!(from_hex(b""), Some(Vec::new()));
        for bad in ["0", "0g", "0x10", "\u{e9}"] {
            assert_eq!(from_hex(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn the_head_of_a_file_that_is_no_text_is_hex_alone() {
        assert_eq!(head(b"\x1f\x8b\x08\x00", 3), "1f 8b 08");
        assert_eq!(head(b"hi\n", 12), "68 69 0a  hi↵");
        assert_eq!(head("aä".as_bytes(), 2), "61 c3  a");
    }
}
