//! JSON, only written: it needs no library, and no copy of what is written besides its digits.
//!
//! Members stand in the order in which they are written, without a space; bytes are lower-case hex strings. Keys are
//! the program's own, and are not escaped.
//!
//! ```
//! use mqttscope_text::json::push_object;
//!
//! let mut out = String::new();
//! push_object(&mut out, |object| {
//!     object.text("topic", "a/\"b\"");
//!     object.hex("payload", b"hi");
//! });
//! assert_eq!(out, r#"{"topic":"a/\"b\"","payload":"6869"}"#);
//! ```

use alloc::string::String;

use crate::number::{push_hex_digits, push_number};

/// Writes an object, its members by the given function.
pub fn push_object(out: &mut String, members: impl FnOnce(&mut Object<'_>)) {
    out.push('{');
    members(&mut Object { out, first: true });
    out.push('}');
}

/// An object of which the members are being written, see [`push_object`].
pub struct Object<'s> {
    out: &'s mut String,
    first: bool,
}

impl Object<'_> {
    /// Writes a key, and gives the string that its value is to be appended to.
    pub fn key(&mut self, key: &str) -> &mut String {
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\":");
        self.out
    }

    /// A number.
    pub fn number(&mut self, key: &str, value: impl Into<u64>) {
        push_number(self.key(key), value.into());
    }

    /// True or false.
    pub fn bool(&mut self, key: &str, value: bool) {
        self.key(key).push_str(if value { "true" } else { "false" });
    }

    /// A string.
    pub fn text(&mut self, key: &str, value: &str) {
        push_text(self.key(key), value);
    }

    /// Bytes, in hex.
    pub fn hex(&mut self, key: &str, value: &[u8]) {
        push_hex(self.key(key), value);
    }

    /// An object, its members by the given function.
    pub fn object(&mut self, key: &str, members: impl FnOnce(&mut Object<'_>)) {
        push_object(self.key(key), members);
    }

    /// Nothing.
    pub fn null(&mut self, key: &str) {
        self.key(key).push_str("null");
    }
}

/// Writes an array, each item by the given function.
pub fn push_array<I: IntoIterator>(out: &mut String, items: I, mut item: impl FnMut(&mut String, I::Item)) {
    out.push('[');
    for (index, value) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        item(out, value);
    }
    out.push(']');
}

/// Writes a string with its quotes.
pub fn push_text(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1f' => {
                out.push_str("\\u00");
                push_hex_digits(out, &[char as u8]);
            }
            _ => out.push(char),
        }
    }
    out.push('"');
}

/// Writes bytes as a string of hex digits.
pub fn push_hex(out: &mut String, bytes: &[u8]) {
    out.push('"');
    push_hex_digits(out, bytes);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_stand_in_each_other() {
        let mut out = String::new();
        push_object(&mut out, |object| {
            object.object("empty", |_| {});
            push_array(object.key("items"), [1, 22], push_number);
            object.null("nothing");
            object.bool("is", true);
            object.object("one", |inner| inner.number("two", 3_u8));
        });
        assert_eq!(out, r#"{"empty":{},"items":[1,22],"nothing":null,"is":true,"one":{"two":3}}"#);
    }

    #[test]
    fn what_a_string_cannot_hold_is_escaped() {
        let mut out = String::new();
        push_text(&mut out, "\"\\/\n\r\t\0\u{1f} größer 🙂");
        assert_eq!(out, "\"\\\"\\\\/\\n\\r\\t\\u0000\\u001f größer 🙂\"");
    }
}
