//! One message: what its form holds, field by field, so that it is filled in again as it was.

use crate::field::{Field, Form, Kind};
use crate::values::{Drafts, Value};

/// What the form that publishes holds: ids of fields, and their texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message(pub(super) Vec<(String, String)>);

impl Message {
    /// What the form holds.
    #[must_use]
    pub fn of_drafts(drafts: &Drafts) -> Self {
        let is_set = |field: &Field| ALWAYS.contains(field) || drafts.get(*field).is_some();
        let written = |field: Field| {
            let text = match field.info().kind {
                Kind::Switch(_) if drafts.is_on(field) => "on",
                Kind::Switch(_) => "off",
                _ => drafts.text(field),
            };
            (field.id().to_owned(), text.to_owned())
        };
        Self(fields().filter(is_set).map(written).collect())
    }

    /// The same with other bytes, which are written in hex.
    #[must_use]
    pub fn with_bytes(mut self, bytes: &[u8]) -> Self {
        self.set(Field::MessageFormat, "hex".into());
        self.set(Field::Message, mqttscope_text::bytes::hex(bytes));
        self
    }

    fn set(&mut self, field: Field, text: String) {
        self.0.retain(|(id, _)| id != field.id());
        self.0.push((field.id().into(), text));
    }

    /// A form that holds it.
    #[must_use]
    pub fn drafts(&self) -> Drafts {
        let mut drafts = Drafts::default();
        self.fill(&mut drafts);
        drafts
    }

    /// Fills a form with it; what it does not have is as in an empty form.
    pub fn fill(&self, drafts: &mut Drafts) {
        for field in fields() {
            let text = self.text(field);
            drafts.set(field, text.and_then(|text| Value::read(field, text)));
        }
    }

    /// What a field of its form holds.
    #[must_use]
    pub fn text(&self, field: Field) -> Option<&str> {
        self.0.iter().find(|(id, _)| id == field.id()).map(|(_, text)| text.as_str())
    }

    /// Its name in a file, or else its topic, and the message.
    pub(super) fn of_record(record: Vec<(String, String)>) -> Result<(String, Self), String> {
        let mut name = None;
        let mut message = Self::default();
        for (id, text) in record {
            if id == NAME {
                name = Some(text);
                continue;
            }
            let field = Field::of_id(&id).filter(|field| fields().any(|own| own == *field));
            let Some(field) = field else {
                return Err(["“", &id, "” is nothing that a message has."].concat());
            };
            let text = match (field.info().kind, text.as_str()) {
                (Kind::Switch(_), "true") => "on".into(),
                (Kind::Switch(_), "false") => "off".into(),
                _ => text,
            };
            if Value::read(field, &text).is_none() {
                return Err(["“", &text, "” is no ", &id, "."].concat());
            }
            message.set(field, text);
        }
        let Some(topic) = message.text(Field::Topic) else { return Err("it has no topic.".into()) };
        let name = name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| topic.to_owned());
        Ok((name, message))
    }

    /// Bytes of its texts.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|(id, text)| id.len() + text.len()).sum()
    }
}

/// The fields that a message has.
fn fields() -> impl Iterator<Item = Field> {
    Field::ALL.into_iter().filter(|field| {
        field.info().form == Form::Publish && !matches!(field.info().kind, Kind::Button | Kind::File)
    })
}

/// What is written down though nobody has changed it: what a default is may change.
const ALWAYS: [Field; 4] = [Field::Topic, Field::PublishQos, Field::MessageFormat, Field::Message];
/// What the name of a message is called where it is written down.
pub(super) const NAME: &str = "name";

#[cfg(test)]
mod tests {
    use super::*;

    fn drafts(edits: &[(Field, &str)]) -> Drafts {
        let mut drafts = Drafts::default();
        for (field, text) in edits {
            drafts.set(*field, Some(Value::read(*field, text).expect("it is one of them")));
        }
        drafts
    }

    #[test]
    fn a_message_is_filled_in_as_it_was() {
        let whole = drafts(&[
            (Field::Topic, "a/b"),
            (Field::PublishQos, "2"),
            (Field::MessageFormat, "cbor"),
            (Field::Message, "{\"ä\":\n1}"),
            (Field::Retain, "on"),
            (Field::Copy, "on"),
            (Field::ContentType, "x/y"),
            (Field::PublishUserProperties, "a\t1"),
        ]);
        let mut other = drafts(&[(Field::ResponseTopic, "r"), (Field::Filter, "mine/#")]);
        Message::of_drafts(&whole).fill(&mut other);
        let other = Message::of_drafts(&other);
        assert_eq!(other, Message::of_drafts(&whole));
        assert_eq!(other.text(Field::ResponseTopic), None);
        assert_eq!(other.text(Field::Filter), None);
        let bytes = Message::of_drafts(&drafts(&[(Field::Message, "x")])).with_bytes(b"\x01\xff");
        assert_eq!(
            (bytes.text(Field::MessageFormat), bytes.text(Field::Message)),
            (Some("hex"), Some("01 ff"))
        );
    }
}
