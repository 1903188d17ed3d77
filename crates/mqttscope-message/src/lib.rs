//! What a person types for a message, made into bytes.
//!
//! [`encode`] makes the bytes of a text in a [`Format`], or says where the first [`Mistake`] is. A [`Template`] is a text
//! with placeholders, parsed once; a [`Recipe`] is both: it makes one payload after the other into a buffer that is
//! reused. [`pretty`] and [`minify`] format JSON and change nothing else of it.
//!
//! This crate has no I/O and no clock: the time and random bytes come with each call.
//!
//! ```
//! use mqttscope_message::{Format, encode};
//!
//! assert_eq!(encode(Format::Cbor, r#"{"on": true}"#), Ok(b"\xa1\x62on\xf5".to_vec()));
//! let mistake = encode(Format::Hex, "01 0g").expect_err("g is no digit");
//! assert_eq!((mistake.at, mistake.words), (4, "this is no hex digit"));
//! ```
#![warn(missing_docs)]

mod binary;
mod bytes;
mod chance;
mod decimal;
pub mod json;
mod mistake;
mod recipe;
pub mod records;
mod reformat;
mod template;

pub use chance::Chance;
pub use mistake::{Mistake, place, utf16_at};
pub use recipe::Recipe;
pub use reformat::{minify, pretty};
pub use template::{Template, Values};

/// How a text stands for bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Format {
    /// As it is, in UTF-8.
    #[default]
    Text,
    /// As it is, if it is JSON (RFC 8259).
    Json,
    /// Pairs of hex digits, with blanks or colons between them.
    Hex,
    /// Base64 (RFC 4648, 4 and 5), with or without padding, with blanks anywhere.
    Base64,
    /// JSON, of which CBOR is made in preferred serialization (RFC 8949, 4.1).
    Cbor,
    /// JSON, of which MessagePack is made in the shortest form.
    MessagePack,
}

impl Format {
    /// The text is the payload: nothing is made of it.
    const fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Json)
    }
}

/// The bytes that a text stands for.
///
/// In CBOR and MessagePack an integer keeps all its digits where the format can hold them: in CBOR any, in MessagePack
/// those of 64 bits; a number with a point or an exponent becomes the shortest float that has the same value. The order
/// of members stays, and so does a name that is there twice.
///
/// # Errors
///
/// The first mistake.
pub fn encode(format: Format, text: &str) -> Result<Vec<u8>, Mistake> {
    let mut out = Vec::new();
    encode_into(format, text, &mut out)?;
    Ok(out)
}

/// As [`encode`], behind what is in the buffer already. After a mistake it holds a part of the message.
///
/// # Errors
///
/// The first mistake.
pub fn encode_into(format: Format, text: &str, out: &mut Vec<u8>) -> Result<(), Mistake> {
    match format {
        Format::Text => out.extend_from_slice(text.as_bytes()),
        Format::Json => {
            json::check(text)?;
            out.extend_from_slice(text.as_bytes());
        }
        Format::Hex => bytes::hex(text, out)?,
        Format::Base64 => bytes::base64(text, out)?,
        Format::Cbor => binary::write(binary::Flavour::Cbor, text, out)?,
        Format::MessagePack => binary::write(binary::Flavour::MessagePack, text, out)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Format; 6] =
        [Format::Text, Format::Json, Format::Hex, Format::Base64, Format::Cbor, Format::MessagePack];

    proptest! {
        #[test]
        fn any_text_is_taken_or_refused_at_a_place_in_it(
            text in prop_oneof![any::<String>(), "([\\[\\]{},:\"\\\\ueE.0-9+-]|true|\\{\\{n\\}\\}|ä|=| ){0,40}"]
        ) {
            let mut chance = Chance::new(|bytes| bytes.fill(1));
            let mut values = Values { n: 1, micros: 0, client_id: "ä\"", chance: &mut chance };
            let is_place = |at| text.is_char_boundary(at);
            for format in ALL {
                if let Err(mistake) = encode(format, &text) {
                    prop_assert!(is_place(mistake.at), "{mistake:?}");
                }
                if let Err(mistake) = Recipe::new(format, &text, &mut values) {
                    prop_assert!(is_place(mistake.at), "{mistake:?}");
                }
            }
            for made in [pretty(&text, &mut values), minify(&text, &mut values)] {
                match made {
                    Ok(made) => prop_assert!(Recipe::new(Format::Json, &made, &mut values).is_ok(), "{made}"),
                    Err(mistake) => prop_assert!(is_place(mistake.at), "{mistake:?}"),
                }
            }
            // What is read of a file is another matter, and no panic either.
            drop(records::read(&text));
        }
    }
}
