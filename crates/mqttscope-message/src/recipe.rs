//! A message as it is typed, ready to be made into payloads.

use crate::template::{Template, Values};
use crate::{Format, Mistake, encode, encode_into};

/// How to make the payloads of a message that is sent many times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing changes from one message to the next.
    Constant(Vec<u8>),
    /// The text is the payload, once it is filled in.
    Text(Template),
    /// The text is filled in, and made into bytes each time: a number in it changes the bytes around it.
    Encoded(Format, Template),
}

impl Recipe {
    /// Checks a text, with its placeholders filled in.
    ///
    /// # Errors
    ///
    /// The first mistake; one in what was filled in is at its placeholder.
    pub fn new(format: Format, text: &str, values: &mut Values<'_>) -> Result<Self, Mistake> {
        let template = Template::parse(text);
        if template.constant().is_some() {
            return encode(format, text).map(Kind::Constant).map(Self);
        }
        let (mut filled, mut places) = (String::new(), Vec::new());
        template.expand_with_places(values, &mut filled, &mut places);
        if let Err(mistake) = encode(format, &filled) {
            return Err(Mistake { at: template.typed_place(mistake.at, &places), ..mistake });
        }
        Ok(Self(if format.is_text() { Kind::Text(template) } else { Kind::Encoded(format, template) }))
    }

    /// Makes a payload. What is in the buffers before is lost; both keep their room for the next one.
    ///
    /// # Errors
    ///
    /// What is wrong with the text once it is filled in, and where in that.
    pub fn make<'a>(
        &'a self,
        values: &mut Values<'_>,
        filled: &'a mut String,
        bytes: &'a mut Vec<u8>,
    ) -> Result<&'a [u8], Mistake> {
        filled.clear();
        match &self.0 {
            Kind::Constant(payload) => Ok(payload),
            Kind::Text(template) => {
                template.expand(values, filled);
                Ok(filled.as_bytes())
            }
            Kind::Encoded(format, template) => {
                template.expand(values, filled);
                bytes.clear();
                encode_into(*format, filled, bytes)?;
                Ok(bytes)
            }
        }
    }
}

impl From<Vec<u8>> for Recipe {
    /// Bytes as they are.
    fn from(payload: Vec<u8>) -> Self {
        Self(Kind::Constant(payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Chance;

    fn made(format: Format, text: &str, n: u64) -> Result<Vec<u8>, Mistake> {
        let mut chance = Chance::new(|bytes| bytes.fill(0));
        let mut values = Values { n: 1, micros: 0, client_id: "a\"b", chance: &mut chance };
        let recipe = Recipe::new(format, text, &mut values)?;
        values.n = n;
        let (mut filled, mut bytes) = ("before".to_owned(), b"before".to_vec());
        recipe.make(&mut values, &mut filled, &mut bytes).map(<[u8]>::to_vec)
    }

    #[test]
    fn a_message_is_made_anew_each_time() {
        assert_eq!(made(Format::Text, "as it is", 7), Ok(b"as it is".to_vec()));
        assert_eq!(made(Format::Text, "no {{n}}", 7), Ok(b"no 7".to_vec()));
        assert_eq!(made(Format::Json, "{\"n\":{{n}}}", 7), Ok(b"{\"n\":7}".to_vec()));
        assert_eq!(made(Format::Cbor, "[{{n}}]", 300), Ok(vec![0x81, 0x19, 0x01, 0x2c]));
        assert_eq!(made(Format::Hex, "0{{n}}", 7), Ok(vec![0x07]));
        // With one digit more it is none any more.
        assert_eq!(made(Format::Hex, "0{{n}}", 10).map_err(|mistake| mistake.at), Err(3));
    }

    #[test]
    fn a_mistake_is_where_it_was_typed() {
        assert_eq!(made(Format::Json, "{\"a\":\"{{client_id}}\" }", 1).map_err(|it| it.at), Err(6));
        assert_eq!(made(Format::Json, "[{{n}}, }", 1).map_err(|it| it.at), Err(8));
        assert_eq!(made(Format::Hex, "{{n}}", 1).map_err(|it| it.at), Err(5));
    }
}
