//! From a pattern to its tree.

use super::node::Node;
use crate::byte_set::ByteSet;

/// What is wrong with a pattern, and the byte of it where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// Offset of the byte at fault from the start of the pattern.
    pub offset: usize,
    /// What is wrong, in words.
    pub words: &'static str,
}

/// Reads a pattern.
pub(super) fn parse(pattern: &str, ignore_case: bool) -> Result<Node, PatternError> {
    if pattern.len() > MAX_PATTERN {
        return Err(TOO_LONG);
    }
    let mut parser = Parser { pattern, at: 0, ignore_case, depth: 0 };
    let node = parser.alternatives()?;
    if parser.at < pattern.len() {
        return Err(parser.fault(parser.at, "this bracket closes nothing"));
    }
    if node.size() > MAX_SIZE { Err(TOO_LONG) } else { Ok(node) }
}

struct Parser<'p> {
    pattern: &'p str,
    at: usize,
    ignore_case: bool,
    depth: usize,
}

impl Parser<'_> {
    fn fault(&self, offset: usize, words: &'static str) -> PatternError {
        PatternError { offset, words }
    }

    fn peek(&self) -> Option<char> {
        self.pattern[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.at += char.len_utf8();
        Some(char)
    }

    fn alternatives(&mut self) -> Result<Node, PatternError> {
        let mut nodes = vec![self.concat()?];
        while self.peek() == Some('|') {
            self.at += 1;
            nodes.push(self.concat()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Alternate(nodes) })
    }

    fn concat(&mut self) -> Result<Node, PatternError> {
        let mut nodes = Vec::new();
        while let Some(char) = self.peek() {
            if matches!(char, '|' | ')') {
                break;
            }
            let atom = self.atom()?;
            nodes.push(self.repeats(atom)?);
        }
        Ok(Node::Concat(nodes))
    }

    fn repeats(&mut self, mut node: Node) -> Result<Node, PatternError> {
        let mut count = 0;
        loop {
            let start = self.at;
            let (least, most) = match self.peek() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => match self.counts()? {
                    Some(counts) => counts,
                    // It stands for itself, as in JSON.
                    None => return Ok(node),
                },
                _ => return Ok(node),
            };
            if self.at == start {
                self.at += 1;
            }
            // It asks for the shortest match, and there is one where there is a longer one.
            if self.peek() == Some('?') {
                self.at += 1;
            }
            count += 1;
            let times = most.unwrap_or(least);
            if count > MAX_DEPTH || times > 1 && node.size() * times > MAX_REPEATED {
                return Err(self.fault(start, "too many repetitions of the same"));
            }
            node = node.times(least, most);
        }
    }

    /// What `{n}`, `{n,}` or `{n,m}` says, if that is what comes.
    fn counts(&mut self) -> Result<Option<(usize, Option<usize>)>, PatternError> {
        let start = self.at;
        let Some((inner, _)) = self.pattern[start + 1..].split_once('}') else { return Ok(None) };
        let (least, most) = match inner.split_once(',') {
            Some((least, most)) => (least, most),
            None => (inner, inner),
        };
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if least.is_empty() || !is_number(least) || !is_number(most) {
            return Ok(None);
        }
        self.at += inner.len() + 2;
        let number = |text: &str| text.parse().unwrap_or(usize::MAX).min(MAX_REPEATED + 1);
        let (least, most) = (number(least), (!most.is_empty()).then(|| number(most)));
        if most.is_some_and(|most| most < least) {
            return Err(self.fault(start, "these counts run backwards"));
        }
        Ok(Some((least, most)))
    }

    fn atom(&mut self) -> Result<Node, PatternError> {
        let start = self.at;
        let Some(char) = self.next() else { return Ok(Node::Empty) };
        Ok(match char {
            '^' => Node::Start,
            '$' => Node::End,
            '.' => Node::Byte(ByteSet::of(&[(b'\n', b'\n')]).inverted()),
            '*' | '+' | '?' => return Err(self.fault(start, "there is nothing here to repeat")),
            '(' => return self.group(start),
            '[' => Node::Byte(self.brackets(start)?),
            '\\' => match self.escape(start)? {
                Escape::Set(set) => Node::Byte(set),
                Escape::Char(char) => self.literal(char),
                Escape::Byte(byte) => self.byte(byte),
            },
            _ => self.literal(char),
        })
    }

    fn group(&mut self, start: usize) -> Result<Node, PatternError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fault(start, "too many brackets in brackets"));
        }
        if self.pattern[self.at..].starts_with("?:") {
            self.at += 2;
        }
        let node = self.alternatives()?;
        self.depth -= 1;
        match self.next() {
            Some(')') => Ok(node),
            _ => Err(self.fault(start, "this bracket is not closed")),
        }
    }

    /// A character, as one unit even where it has several bytes.
    fn literal(&self, char: char) -> Node {
        let mut buffer = [0; 4];
        let bytes = char.encode_utf8(&mut buffer).as_bytes();
        match bytes {
            [byte] => self.byte(*byte),
            _ => Node::Concat(bytes.iter().map(|&byte| self.byte(byte)).collect()),
        }
    }

    fn byte(&self, byte: u8) -> Node {
        let mut set = ByteSet::of(&[(byte, byte)]);
        if self.ignore_case {
            set.fold();
        }
        Node::Byte(set)
    }

    fn brackets(&mut self, start: usize) -> Result<ByteSet, PatternError> {
        let mut set = ByteSet::default();
        let negated = self.peek() == Some('^');
        self.at += usize::from(negated);
        let mut first = true;
        loop {
            let at = self.at;
            let Some(char) = self.next() else {
                return Err(self.fault(start, "this bracket is not closed"));
            };
            if char == ']' && !first {
                break;
            }
            first = false;
            let from = match self.bracket_item(char, at)? {
                Escape::Set(other) => {
                    set.join(&other);
                    continue;
                }
                Escape::Byte(byte) => byte,
                Escape::Char(char) => self.ascii(char, at)?,
            };
            let to = self.range_end(from, at)?;
            set.add(from, to);
        }
        if self.ignore_case {
            set.fold();
        }
        Ok(if negated { set.inverted() } else { set })
    }

    fn bracket_item(&mut self, char: char, at: usize) -> Result<Escape, PatternError> {
        if char == '\\' { self.escape(at) } else { Ok(Escape::Char(char)) }
    }

    /// The end of a range that began with `from`, or `from` itself.
    fn range_end(&mut self, from: u8, at: usize) -> Result<u8, PatternError> {
        let rest = &self.pattern[self.at..];
        if !rest.starts_with('-') || rest.starts_with("-]") || rest.len() == 1 {
            return Ok(from);
        }
        self.at += 1;
        let end_at = self.at;
        let Some(char) = self.next() else { return Ok(from) };
        let to = match self.bracket_item(char, end_at)? {
            Escape::Byte(byte) => byte,
            Escape::Char(char) => self.ascii(char, end_at)?,
            Escape::Set(_) => return Err(self.fault(end_at, "a range ends with a character")),
        };
        if to < from { Err(self.fault(at, "this range runs backwards")) } else { Ok(to) }
    }

    fn ascii(&self, char: char, at: usize) -> Result<u8, PatternError> {
        match u8::try_from(char) {
            Ok(byte) if byte.is_ascii() => Ok(byte),
            _ => Err(self.fault(at, "only ASCII can stand in brackets; write (ä|ö)")),
        }
    }

    fn escape(&mut self, start: usize) -> Result<Escape, PatternError> {
        let Some(char) = self.next() else {
            return Err(self.fault(start, "a sign is missing behind this \\"));
        };
        let digit = ByteSet::of(&[(b'0', b'9')]);
        let word = ByteSet::of(&[(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')]);
        let space = ByteSet::of(&[(b'\t', b'\r'), (b' ', b' ')]);
        Ok(match char {
            'd' => Escape::Set(digit),
            'D' => Escape::Set(digit.inverted()),
            'w' => Escape::Set(word),
            'W' => Escape::Set(word.inverted()),
            's' => Escape::Set(space),
            'S' => Escape::Set(space.inverted()),
            't' => Escape::Byte(b'\t'),
            'n' => Escape::Byte(b'\n'),
            'r' => Escape::Byte(b'\r'),
            'x' => {
                let digits = self.pattern.get(self.at..self.at + 2);
                let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
                let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                let byte = byte.ok_or(self.fault(start, "\\x needs two hex digits"))?;
                self.at += 2;
                Escape::Byte(byte)
            }
            _ if char.is_ascii_alphanumeric() => {
                return Err(self.fault(start, "this \\ has no meaning here"));
            }
            _ => Escape::Char(char),
        })
    }
}

enum Escape {
    Set(ByteSet),
    Byte(u8),
    Char(char),
}

/// The most brackets in brackets, so that no pattern uses up the stack.
const MAX_DEPTH: usize = 50;
/// The longest pattern in bytes.
const MAX_PATTERN: usize = 1_000;
/// The largest [`Node::size`] of what is repeated so and so often, each time counted: for every byte of a text, the
/// automaton may have to look at all of it.
const MAX_REPEATED: usize = 250;
/// The largest size of a pattern. Each node makes at most two instructions, so that their places are small numbers.
const MAX_SIZE: usize = 2_000;

const TOO_LONG: PatternError = PatternError { offset: 0, words: "this pattern is too long" };
