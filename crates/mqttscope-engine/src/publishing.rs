//! Messages as a person types them, made ready to be published, and checked while they are typed.

use mqttscope_client::Client;
use mqttscope_link::{Body, Checked, Draft, Outgoing, Wrong};
use mqttscope_log::Log;
use mqttscope_message::{Chance, Mistake, Recipe, Template, Values, minify, pretty, utf16_at};
use mqttscope_proto::session::{CommandError, Publication};
use mqttscope_proto::{PropertyBuf, Qos, Timestamp, TopicName, Violation};

/// A message that can be published as often as one likes.
pub(crate) struct Prepared {
    topic: Template,
    recipe: Recipe,
    pub(crate) qos: Qos,
    retain: bool,
    has_copy: bool,
    properties: PropertyBuf,
}

/// Room for what placeholders make, kept from one message to the next.
#[derive(Default)]
pub(crate) struct Buffers {
    topic: String,
    text: String,
    payload: Vec<u8>,
}

/// What is around a message that is published.
pub(crate) struct Around<'a> {
    pub(crate) now: Timestamp,
    /// In microseconds since the Unix epoch.
    pub(crate) time_of_day: u64,
    pub(crate) chance: &'a mut Chance,
    pub(crate) log: &'a mut Log,
}

/// Why a message was not published.
pub(crate) enum Unpublished {
    /// Its text is wrong, in a sentence.
    Mistake(String),
    /// Its topic is.
    Topic(Violation),
    /// The session does not take it.
    Refused(CommandError),
}

impl Prepared {
    /// Takes a message, if its text is right.
    pub(crate) fn new(message: Outgoing, values: &mut Values<'_>) -> Result<Self, Unpublished> {
        let recipe = match message.body {
            Body::Bytes(payload) => Recipe::from(payload),
            Body::Typed { format, text } => Recipe::new(format, &text, values)
                .map_err(|mistake| Unpublished::Mistake(mistake.sentence(&text)))?,
        };
        let Outgoing { qos, retain, has_copy, properties, .. } = message;
        Ok(Self { topic: Template::parse(&message.topic), recipe, qos, retain, has_copy, properties })
    }

    /// Publishes it as the message of that number; says how many bytes its payload has.
    pub(crate) fn publish(
        &self,
        n: u64,
        client: &mut Client,
        around: &mut Around<'_>,
        buffers: &mut Buffers,
    ) -> Result<usize, Unpublished> {
        let Buffers { topic, text, payload } = buffers;
        let client_id = &client.connection().client_id;
        let mut values = Values { n, micros: around.time_of_day, client_id, chance: &mut *around.chance };
        let topic = match self.topic.constant() {
            Some(topic) => topic,
            None => {
                topic.clear();
                self.topic.expand(&mut values, topic);
                topic
            }
        };
        let topic = TopicName::new(topic).map_err(Unpublished::Topic)?;
        let payload = self
            .recipe
            .make(&mut values, text, payload)
            .map_err(|mistake| Unpublished::Mistake(sentence_without_place(mistake)))?;
        let properties = self.properties.as_properties();
        let publication = Publication { topic, payload, qos: self.qos, retain: self.retain, properties };
        let before = client.policy_mut().send_duplicates;
        client.policy_mut().send_duplicates |= self.has_copy;
        let published = client.publish(around.now, &publication, around.log);
        client.policy_mut().send_duplicates = before;
        published.map(|()| payload.len()).map_err(Unpublished::Refused)
    }
}

/// What there is to say of what stands in the form.
pub(crate) fn check(draft: &Draft, values: &mut Values<'_>) -> Checked {
    let warning = [&draft.topic, &draft.text].into_iter().find_map(|text| Template::parse(text).warning());
    let made = Recipe::new(draft.format, &draft.text, values).and_then(|recipe| {
        let (mut filled, mut bytes) = (String::new(), Vec::new());
        recipe.make(values, &mut filled, &mut bytes).map(|payload| payload.len() as u64)
    });
    match made {
        Ok(len) => Checked { len, wrong: None, warning },
        Err(mistake) => Checked { len: 0, wrong: Some(wrong(mistake, &draft.text)), warning },
    }
}

/// JSON with other blanks.
pub(crate) fn reformat(text: &str, is_pretty: bool, values: &mut Values<'_>) -> Result<String, Wrong> {
    let made = if is_pretty { pretty(text, values) } else { minify(text, values) };
    made.map_err(|mistake| wrong(mistake, text))
}

fn wrong(mistake: Mistake, text: &str) -> Wrong {
    let at = u32::try_from(utf16_at(text, mistake.at)).unwrap_or(u32::MAX);
    Wrong { words: mistake.sentence(text), at }
}

/// What was filled in nobody has seen: a place in it would say nothing.
fn sentence_without_place(mistake: Mistake) -> String {
    ["Filled in, the message is wrong: ", mistake.words, "."].concat()
}

#[cfg(test)]
mod tests {
    use mqttscope_link::Format;

    use super::*;

    fn checked(format: Format, text: &str) -> Checked {
        let mut chance = Chance::new(|bytes| bytes.fill(0));
        let mut values = Values { n: 1, micros: 0, client_id: "me", chance: &mut chance };
        check(&Draft { topic: "{{what}}".into(), format, text: text.into() }, &mut values)
    }

    #[test]
    fn what_is_typed_is_checked_and_measured() {
        let right = checked(Format::Cbor, "[{{n}}]");
        assert_eq!((right.len, right.wrong), (2, None));
        assert_eq!(right.warning.as_deref(), Some("{{what}} is no placeholder, and is sent as it is."));
        let bad = checked(Format::Json, "[\n\"ä🙂\", x]").wrong.expect("x is no JSON");
        assert_eq!((bad.words.as_str(), bad.at), ("Line 2, column 7: a value belongs here.", 9));
        assert_eq!(checked(Format::Text, "[\nx").wrong, None);
    }
}
