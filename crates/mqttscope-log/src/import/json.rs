//! The members of a JSON object in a line, as far as our own lines need them.

/// Tells the members of an object: each key, and its value as it is written. `None` where it is no JSON object.
pub(super) fn members<'a>(text: &'a str, mut member: impl FnMut(&str, &'a str)) -> Option<()> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.expect(b'{')?;
    if cursor.accept(b'}') {
        return cursor.end();
    }
    loop {
        let key = cursor.value()?;
        cursor.expect(b':')?;
        let value = cursor.value()?;
        member(key.strip_prefix('"')?.strip_suffix('"')?, value);
        if cursor.accept(b'}') {
            return cursor.end();
        }
        cursor.expect(b',')?;
    }
}

/// Tells the items of an array as they are written.
pub(super) fn items<'a>(text: &'a str, mut item: impl FnMut(&'a str)) -> Option<()> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.expect(b'[')?;
    if cursor.accept(b']') {
        return Some(());
    }
    loop {
        item(cursor.value()?);
        if cursor.accept(b']') {
            return Some(());
        }
        cursor.expect(b',')?;
    }
}

/// The text of a string.
pub(super) fn string(value: &str) -> Option<String> {
    let mut rest = value.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::with_capacity(rest.len());
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let sign = *rest.as_bytes().get(at + 1)?;
        let mut taken = at + 2;
        text.push(match sign {
            b'"' | b'\\' | b'/' => char::from(sign),
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = hex_unit(rest.get(taken..)?)?;
                taken += 4;
                let low = rest.get(taken..).and_then(|next| next.strip_prefix("\\u")).and_then(hex_unit);
                match (unit, low) {
                    (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                        taken += 6;
                        char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00))?
                    }
                    _ => char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER),
                }
            }
            _ => return None,
        });
        rest = rest.get(taken..)?;
    }
    text.push_str(rest);
    Some(text)
}

/// The bytes that a string of hex digits spells.
pub(super) fn hex(value: &str) -> Option<Vec<u8>> {
    let digits = value.strip_prefix('"')?.strip_suffix('"')?.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks(2).map(|pair| Some((digit(pair[0])? << 4) | digit(pair[1])?)).collect()
}

fn hex_unit(text: &str) -> Option<u32> {
    let digits = text.as_bytes().first_chunk::<4>()?;
    digits.iter().try_fold(0, |unit, &sign| Some(unit << 4 | u32::from(digit(sign)?)))
}

const fn digit(sign: u8) -> Option<u8> {
    match sign {
        b'0'..=b'9' => Some(sign - b'0'),
        b'a'..=b'f' => Some(sign - b'a' + 10),
        b'A'..=b'F' => Some(sign - b'A' + 10),
        _ => None,
    }
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn accept(&mut self, sign: u8) -> bool {
        let found = self.peek() == Some(sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: u8) -> Option<()> {
        self.accept(sign).then_some(())
    }

    fn end(&mut self) -> Option<()> {
        self.peek().is_none().then_some(())
    }

    /// Passes over a value, whatever it is; brackets are counted, not paired.
    fn value(&mut self) -> Option<&'a str> {
        self.peek()?;
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b'"') => self.pass_string()?,
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b'}' | b']') if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                Some(b',' | b':') if depth > 0 => self.at += 1,
                Some(b',' | b':' | b'}' | b']') | None => return None,
                Some(_) => self.pass_word(),
            }
            if depth == 0 {
                return self.text.get(start..self.at);
            }
        }
    }

    fn pass_string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            match self.text.as_bytes().get(self.at)? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(())
    }

    fn pass_word(&mut self) {
        let is_part = |byte: &u8| {
            !matches!(byte, b'"' | b',' | b':' | b'{' | b'}' | b'[' | b']') && !byte.is_ascii_whitespace()
        };
        let start = self.at;
        while self.text.as_bytes().get(self.at).is_some_and(is_part) {
            self.at += 1;
        }
        // A blank between the parts of a value.
        self.at += usize::from(self.at == start);
    }
}
