//! Any pattern and any text: the own search and the `regex` crate give the same answer, and a word is where it stands.

use mqttscope_search::{Needle, Regex};

/// Runs the target. The input is whether case counts, a pattern or word, a line feed, and a text.
pub fn run(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let Some(end) = rest.iter().position(|&byte| byte == b'\n') else { return };
    let (pattern, text) = (&rest[..end], &rest[end + 1..]);
    let Ok(pattern) = std::str::from_utf8(pattern) else { return };
    check_word(pattern, text);
    check_pattern(pattern, first & 1 != 0, text);
}

fn check_word(word: &str, text: &[u8]) {
    let stands_at = |place: &usize| {
        text.get(*place..*place + word.len()).is_some_and(|there| there.eq_ignore_ascii_case(word.as_bytes()))
    };
    assert_eq!(Needle::new(word).find(text), (0..=text.len()).find(stands_at), "{word:?} in {text:02x?}");
}

fn check_pattern(pattern: &str, ignore_case: bool, text: &[u8]) {
    let Ok(mut ours) = Regex::new(pattern, ignore_case) else { return };
    let (before, behind) = text.split_at(text.len() / 2);
    // What is remembered of one text changes no answer about another.
    let answers = [text, before, behind, text].map(|text| ours.is_match(text));
    assert_eq!(answers[0], answers[3], "/{pattern}/ in {text:02x?}");
    let theirs =
        regex::bytes::RegexBuilder::new(pattern).unicode(false).case_insensitive(ignore_case).build();
    if let Ok(theirs) = theirs
        && means_the_same(pattern.as_bytes())
    {
        assert_eq!(
            answers[..3],
            [text, before, behind].map(|text| theirs.is_match(text)),
            "/{pattern}/ in {text:02x?}"
        );
    }
}

/// Whether the pattern has nothing that the `regex` crate gives a meaning of its own: `\<` and `\>`, sets in sets and what
/// is done with them, a range from a `]` that comes first, braces that count with blanks or from nothing.
fn means_the_same(pattern: &[u8]) -> bool {
    let mut rest = pattern;
    let mut in_brackets = false;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            b'\\' => {
                if matches!(rest, [b'<' | b'>', ..]) {
                    return false;
                }
                rest = rest.get(1..).unwrap_or_default();
            }
            b'[' if in_brackets => return false,
            b'&' | b'-' | b'~' if in_brackets && rest.first() == Some(&byte) => return false,
            b']' => in_brackets = false,
            b'[' => {
                in_brackets = true;
                rest = rest.strip_prefix(b"^").unwrap_or(rest);
                if let Some(behind) = rest.strip_prefix(b"]") {
                    if behind.starts_with(b"-") {
                        return false;
                    }
                    rest = behind;
                }
            }
            b'{' if !in_brackets => {
                let inner = rest.split(|&byte| byte == b'}').next().unwrap_or_default();
                let counts = inner.iter().all(|byte| matches!(byte, b'0'..=b'9' | b','));
                if !counts || inner.first() == Some(&b',') {
                    return false;
                }
            }
            _ => {}
        }
    }
    true
}
