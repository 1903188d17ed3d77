//! The parts of a line of JSON, so that names, texts, numbers and words have a colour each.

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Blanks, brackets, commas, and what is no JSON.
    Plain,
    /// The name of a member.
    Name,
    /// A text.
    Text,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Word,
}

/// The parts of a line, which together are the line. One that is longer than [`LONGEST`] stays in one piece.
#[must_use]
pub fn parts(line: &str) -> Vec<(Part, &str)> {
    if line.len() > LONGEST {
        return vec![(Part::Plain, line)];
    }
    let mut parts = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let (part, len) = match first {
            '"' => {
                let len = text_len(rest);
                let is_name = rest[len..].trim_start().starts_with(':');
                (if is_name { Part::Name } else { Part::Text }, len)
            }
            '-' | '0'..='9' => (Part::Number, len_while(rest, is_of_number)),
            'a'..='z' | 'A'..='Z' => {
                let len = len_while(rest, |char| char.is_ascii_alphabetic());
                let is_word = matches!(&rest[..len], "true" | "false" | "null");
                (if is_word { Part::Word } else { Part::Plain }, len)
            }
            _ => (Part::Plain, len_while(rest, |char| !begins_part(char)).max(first.len_utf8())),
        };
        let (piece, after) = rest.split_at(len);
        parts.push((part, piece));
        rest = after;
    }
    parts
}

/// Bytes of a text with its quotes; to the end of the line if it is not closed there.
fn text_len(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        match char {
            '"' if !is_escaped => return at + 1,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    rest.len()
}

fn len_while(rest: &str, is_it: impl Fn(char) -> bool) -> usize {
    rest.find(|char| !is_it(char)).unwrap_or(rest.len())
}

const fn is_of_number(char: char) -> bool {
    matches!(char, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')
}

const fn begins_part(char: char) -> bool {
    char == '"' || char == '-' || char.is_ascii_alphanumeric()
}

/// Bytes of a line above which its parts would be too many elements.
const LONGEST: usize = 2_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_a_line_is_told() {
        use Part::{Name, Number, Plain, Text, Word};
        assert_eq!(
            parts(r#"  "a\"b": -1.5e3,"#),
            [(Plain, "  "), (Name, r#""a\"b""#), (Plain, ": "), (Number, "-1.5e3"), (Plain, ",")]
        );
        assert_eq!(
            parts(r#"["x", null]"#),
            [(Plain, "["), (Text, r#""x""#), (Plain, ", "), (Word, "null"), (Plain, "]")]
        );
    }

    #[test]
    fn the_parts_are_the_line_whatever_it_is() {
        for line in ["", "\"", "\"\\", "größe: nul 1x", "日本\"語\" - {", "}]}", "\u{1f600}-"] {
            assert_eq!(parts(line).into_iter().map(|(_, piece)| piece).collect::<String>(), line);
        }
        let long = "1,".repeat(LONGEST);
        assert_eq!(parts(&long), [(Part::Plain, long.as_str())]);
    }
}
