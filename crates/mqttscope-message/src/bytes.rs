//! Bytes that are written as text.

use crate::Mistake;

/// Appends the bytes of pairs of hex digits.
pub(crate) fn hex(text: &str, out: &mut Vec<u8>) -> Result<(), Mistake> {
    let mut high = None;
    for (at, char) in text.char_indices() {
        let digit = match char.to_digit(16) {
            // A hex digit is less than 16.
            Some(digit) => digit as u8,
            None if char.is_ascii_whitespace() || char == ':' => continue,
            None => return Err(Mistake::new(at, "this is no hex digit")),
        };
        match high.take() {
            Some(high) => out.push(high << 4 | digit),
            None => high = Some(digit),
        }
    }
    if high.is_some() {
        return Err(Mistake::new(text.len(), "a byte has two hex digits: one is missing"));
    }
    Ok(())
}

/// Appends the bytes of Base64.
pub(crate) fn base64(text: &str, out: &mut Vec<u8>) -> Result<(), Mistake> {
    let (mut bits, mut digits, mut padding) = (0_u32, 0_u32, 0_u32);
    let mut last = 0;
    for (at, byte) in text.bytes().enumerate() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' if digits % 4 + padding >= 2 && digits % 4 + padding < 4 => {
                padding += 1;
                continue;
            }
            b'=' => return Err(Mistake::new(at, "padding does not belong here")),
            _ if byte.is_ascii_whitespace() => continue,
            _ => return Err(Mistake::new(at, "this is no character of Base64")),
        };
        if padding > 0 {
            return Err(Mistake::new(at, "behind the padding nothing may follow"));
        }
        bits = bits << 6 | u32::from(value);
        digits += 1;
        last = at;
        if digits.is_multiple_of(4) {
            out.extend_from_slice(&bits.to_be_bytes()[1..]);
            bits = 0;
        }
    }
    // What is left over of a group says one or two bytes, and the rest of its bits must be 0.
    let (bytes, spare) = match digits % 4 {
        0 => return Ok(()),
        1 => return Err(Mistake::new(text.len(), "a character is missing: one alone is no byte")),
        2 => (1, 4),
        _ => (2, 2),
    };
    if padding > 0 && digits % 4 + padding != 4 {
        return Err(Mistake::new(text.len(), "a sign of padding is missing"));
    }
    if bits & ((1 << spare) - 1) != 0 {
        return Err(Mistake::new(last, "this character has bits that belong to no byte"));
    }
    let bits = bits >> spare;
    out.extend_from_slice(&bits.to_be_bytes()[4 - bytes..]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use crate::{Format, encode};

    fn mistake(format: Format, text: &str) -> usize {
        encode(format, text).expect_err(text).at
    }

    #[test]
    fn hex_has_pairs_of_digits() {
        assert_eq!(encode(Format::Hex, " de:AD\nbe ef"), Ok(vec![0xde, 0xad, 0xbe, 0xef]));
        assert_eq!(encode(Format::Hex, ""), Ok(Vec::new()));
        assert_eq!(mistake(Format::Hex, "ä"), 0);
        assert_eq!(mistake(Format::Hex, "01 2"), 4);
        assert_eq!(mistake(Format::Hex, "0x01"), 1);
    }

    #[test]
    fn base64_is_strict_about_its_end() {
        assert_eq!(encode(Format::Base64, "aGk="), Ok(b"hi".to_vec()));
        assert_eq!(encode(Format::Base64, "aG\nk"), Ok(b"hi".to_vec()));
        for (text, at) in [
            ("aGk=x", 4),
            ("a", 1),
            ("aGk==", 4),
            ("=", 0),
            ("aA=", 3),
            ("aGl", 2),
            ("a*Gk", 1),
            ("aGkh=", 4),
        ] {
            assert_eq!(mistake(Format::Base64, text), at, "{text}");
        }
    }

    proptest! {
        #[test]
        fn base64_comes_back(bytes in any::<Vec<u8>>()) {
            for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                prop_assert_eq!(encode(Format::Base64, &engine.encode(&bytes)), Ok(bytes.clone()));
            }
        }

        #[test]
        fn what_another_decoder_takes_is_taken_alike(text in "[A-Za-z0-9+/]{0,9}={0,3}") {
            let other = STANDARD.decode(&text).or_else(|_| STANDARD_NO_PAD.decode(&text));
            prop_assert_eq!(encode(Format::Base64, &text).ok(), other.ok());
        }

        #[test]
        fn hex_comes_back(bytes in any::<Vec<u8>>()) {
            prop_assert_eq!(encode(Format::Hex, &mqttscope_text::bytes::hex(&bytes)), Ok(bytes));
        }
    }
}
