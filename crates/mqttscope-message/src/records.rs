//! A file of messages: an array of JSON objects, or an object that holds it as `messages`.

use crate::Mistake;
use crate::json::{Kind, Reader, Token};

/// The members of an object, each with its value as text: numbers and words as they are written.
pub type Record = Vec<(String, String)>;

/// Reads the objects of a file.
///
/// # Errors
///
/// Where it is no JSON, or other JSON.
pub fn read(text: &str) -> Result<Vec<Record>, Mistake> {
    // Signs of the byte order are no part of the text.
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let skipped = text.len() - bare.len();
    read_bare(bare).map_err(|mistake| Mistake { at: mistake.at + skipped, ..mistake })
}

fn read_bare(text: &str) -> Result<Vec<Record>, Mistake> {
    let mut reader = Reader::new(text);
    let mut records = None;
    match next(&mut reader)? {
        Token { raw: "[", .. } => records = Some(array(&mut reader)?),
        Token { raw: "{", .. } => loop {
            let token = next(&mut reader)?;
            match token.kind {
                Kind::Name if token.raw == "\"messages\"" => {
                    let list = next(&mut reader)?;
                    if list.raw != "[" {
                        return Err(Mistake::new(list.at, "the messages are a list"));
                    }
                    records = Some(array(&mut reader)?);
                }
                Kind::Name => skip(&mut reader)?,
                _ => break,
            }
        },
        token => return Err(Mistake::new(token.at, NO_MESSAGES)),
    }
    // What is behind it would be said here.
    reader.next_token()?;
    records.ok_or(Mistake::new(0, NO_MESSAGES))
}

fn array(reader: &mut Reader<'_>) -> Result<Vec<Record>, Mistake> {
    let mut records = Vec::new();
    loop {
        let token = next(reader)?;
        match token.raw {
            "{" => records.push(object(reader)?),
            "]" => return Ok(records),
            _ => return Err(Mistake::new(token.at, "each message is an object, in braces")),
        }
    }
}

fn object(reader: &mut Reader<'_>) -> Result<Record, Mistake> {
    let mut record = Vec::new();
    loop {
        let name = next(reader)?;
        if name.kind == Kind::Close {
            return Ok(record);
        }
        let value = next(reader)?;
        let value = match value.kind {
            Kind::Text => said(&value)?,
            Kind::Number | Kind::Word => value.raw.to_owned(),
            _ => return Err(Mistake::new(value.at, "what a message has is text, a number, true or false")),
        };
        record.push((said(&name)?, value));
    }
}

fn said(token: &Token<'_>) -> Result<String, Mistake> {
    let mut text = String::new();
    token.push_text(&mut text)?;
    Ok(text)
}

/// Passes over a value.
fn skip(reader: &mut Reader<'_>) -> Result<(), Mistake> {
    let depth = reader.depth();
    next(reader)?;
    while reader.depth() > depth {
        next(reader)?;
    }
    Ok(())
}

fn next<'a>(reader: &mut Reader<'a>) -> Result<Token<'a>, Mistake> {
    reader.next_token()?.ok_or(Mistake::new(0, NO_MESSAGES))
}

const NO_MESSAGES: &str = "this is no list of messages";

#[cfg(test)]
mod tests {
    use super::*;

    fn record(members: &[(&str, &str)]) -> Record {
        members.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn messages_are_read_from_a_list_or_from_what_holds_it() {
        let list = r#"[{"name":"a\u00e4","qos":1,"retain":true},{}]"#;
        let expected = vec![record(&[("name", "aä"), ("qos", "1"), ("retain", "true")]), Vec::new()];
        assert_eq!(read(list).as_ref(), Ok(&expected));
        let held = format!("\u{feff}{{\"by\":[{{\"x\":[1]}}],\"messages\":{list},\"of\":{{}}}}");
        assert_eq!(read(&held).as_ref(), Ok(&expected));
        assert_eq!(read("[]"), Ok(Vec::new()));
    }

    #[test]
    fn another_file_is_refused_with_the_place() {
        for (text, at) in [
            ("", 0),
            ("{}", 0),
            ("\"text\"", 0),
            ("[1]", 1),
            ("{\"messages\":{}}", 12),
            ("[{\"a\":[]}]", 6),
            ("[{\"a\":1]", 7),
            ("[] x", 3),
            ("\u{feff}[1]", 4),
        ] {
            assert_eq!(read(text).map_err(|mistake| mistake.at), Err(at), "{text}");
        }
    }
}
