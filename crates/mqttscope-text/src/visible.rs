//! Text in which all can be seen.

use alloc::borrow::ToOwned;
use alloc::string::String;

/// The text as a line in which all can be seen: each control character has its own sign, and what has no
/// picture, no width, or turns the order of the text around is its escape, `\u{202e}`.
#[must_use]
pub fn visible(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' => shown.push('↵'),
            // Each has a picture of its own, in the order of their numbers.
            '\0'..='\x1f' => shown.extend(char::from_u32(PICTURES + u32::from(char))),
            '\x7f' => shown.push('␡'),
            '\u{80}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => {
                shown.extend(char.escape_unicode());
            }
            _ => shown.push(char),
        }
    }
    shown
}

/// The text with its first letter in upper case, where that is an ASCII letter, as in all our own words.
#[must_use]
pub fn capitalised(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// The block Control Pictures.
const PICTURES: u32 = 0x2400;

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn all_of_a_line_can_be_seen() {
        let cases = [
            ("a/b ~ ", "a/b ~ "),
            ("a\nb\x7f\u{85}\t\r\0", "a↵b␡\\u{85}␉␍␀"),
            ("größer 日本 🙂 ‐‑–‧", "größer 日本 🙂 ‐‑–‧"),
            ("x\u{202e}gpj.\u{202c}", "x\\u{202e}gpj.\\u{202c}"),
            ("\u{feff}\u{61c}", "\\u{feff}\\u{61c}"),
        ];
        for (text, expected) in cases {
            assert_eq!(visible(text), expected);
        }
        let unseen = ['\u{200b}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2060}'..='\u{2069}'];
        for char in unseen.into_iter().flatten() {
            let shown = visible(&char.to_string());
            assert!(shown.starts_with("\\u{20") && shown.is_ascii(), "{shown}");
        }
    }
}
