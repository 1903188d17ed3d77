//! Bytes and levels as the page itself puts them into words; those of packets come from the engine.

use mqttscope_text::visible;

use super::text::concat;

/// A QoS with its word; 3 is reserved.
#[must_use]
pub const fn qos_name(qos: u8) -> &'static str {
    match qos {
        0 => "QoS 0",
        1 => "QoS 1",
        2 => "QoS 2",
        3 => "QoS 3",
        _ => "no QoS",
    }
}

/// Bytes as hex pairs with spaces between them.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 {
            text.push(' ');
        }
        for half in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(half)]));
        }
    }
    text
}

/// The first bytes as hex, and as text too if they are text.
#[must_use]
pub fn head(bytes: &[u8], most: usize) -> String {
    let hex = hex(&bytes[..bytes.len().min(most)]);
    match beginning(bytes, most) {
        Some(text) => concat(&[&hex, "  ", &text]),
        None => hex,
    }
}

/// The first bytes as text, if they are text.
fn beginning(bytes: &[u8], most: usize) -> Option<String> {
    let cut = &bytes[..bytes.len().min(most)];
    let text = match str::from_utf8(cut) {
        Ok(text) => text,
        // A character that the cut goes through is no fault of the bytes.
        Err(error) if error.error_len().is_none() && cut.len() < bytes.len() => {
            str::from_utf8(&cut[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return None,
    };
    Some(visible(text))
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
