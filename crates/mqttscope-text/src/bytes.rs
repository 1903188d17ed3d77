//! Bytes as text: in hex, and as what they say if they are text.

use alloc::format;
use alloc::string::String;

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
    fn the_head_of_a_file_that_is_no_text_is_hex_alone() {
        assert_eq!(head(b"\x1f\x8b\x08\x00", 3), "1f 8b 08");
        assert_eq!(head(b"hi\n", 12), "68 69 0a  hi↵");
        assert_eq!(head("aä".as_bytes(), 2), "61 c3  a");
    }
}
