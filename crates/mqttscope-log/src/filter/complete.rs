//! What can stand where a person types: keys, flags, and the values of keys that have few.

use std::ops::Range;

use super::lex::is_key;
use crate::store::EventKind;

/// Something that can be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The text, a key with its colon.
    pub text: &'static str,
    /// What it means, in a few words; empty where the text says it.
    pub help: &'static str,
}

/// What can stand at a place in a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The bytes that a suggestion replaces.
    pub range: Range<usize>,
    /// The key whose value is being typed: topics, client ids and packet ids are the caller's to suggest.
    pub key: Option<&'static str>,
    /// The suggestions that go on with what is there.
    pub suggestions: Vec<Suggestion>,
    /// What is there may become a key or a word of the language with the next letters, so that it is not yet known
    /// whether it is meant as text to look for.
    pub is_begun: bool,
}

/// Suggests what can stand at a place in a filter, a byte offset.
#[must_use]
pub fn complete(text: &str, cursor: usize) -> Completion {
    let mut cursor = cursor.min(text.len());
    while !text.is_char_boundary(cursor) {
        cursor -= 1;
    }
    let before = &text[..cursor];
    let nothing = Completion { range: cursor..cursor, key: None, suggestions: Vec::new(), is_begun: false };
    if is_in_quotes(before) {
        return nothing;
    }
    let blank = |(_, char): &(usize, char)| char.is_whitespace() || *char == '(';
    let start = before.char_indices().rev().find(blank).map_or(0, |(at, char)| at + char.len_utf8());
    let start = start + usize::from(before[start..].starts_with('-'));
    let typed = &before[start..];
    let Some((key, value)) = typed.split_once(':').filter(|(key, _)| is_key(key)) else {
        let all = KEYS.iter().chain(FLAGS).chain(WORDS);
        let suggestions = going_on(all.clone(), typed);
        let is_end = text[cursor..].chars().next().is_none_or(|char| char.is_whitespace() || char == ')');
        let is_whole = all.into_iter().any(|known| known.text.eq_ignore_ascii_case(typed));
        let is_begun = !typed.is_empty() && !suggestions.is_empty() && is_end && !is_whole;
        return Completion { range: start..cursor, key: None, suggestions, is_begun };
    };
    let Some(key) = known_key(key) else { return nothing };
    let item = value.rfind(',').map_or(value, |comma| &value[comma + 1..]);
    let suggestions = match key {
        "type" => going_on(TYPES, item),
        "dir" => going_on(DIRECTIONS, item),
        "qos" => going_on(QOS, item),
        "reason" => going_on(REASONS, item),
        "property" => going_on(&PROPERTIES, item),
        "event" => {
            let events = EventKind::ALL.map(|kind| Suggestion { text: kind.name(), help: "" });
            going_on(&events, item)
        }
        _ => Vec::new(),
    };
    Completion { range: cursor - item.len()..cursor, key: Some(key), suggestions, is_begun: false }
}

/// Whether a quote is open at the end of a text.
fn is_in_quotes(text: &str) -> bool {
    let mut chars = text.chars();
    let mut is_open = false;
    while let Some(char) = chars.next() {
        match char {
            '"' => is_open = !is_open,
            '\\' if is_open => _ = chars.next(),
            _ => {}
        }
    }
    is_open
}

/// The key that is written so, whatever the case of its letters.
pub(super) fn known_key(written: &str) -> Option<&'static str> {
    let mut keys = KEYS.iter().map(|known| &known.text[..known.text.len() - 1]);
    keys.find(|key| key.eq_ignore_ascii_case(written))
}

fn going_on<'s>(known: impl IntoIterator<Item = &'s Suggestion>, typed: &str) -> Vec<Suggestion> {
    let goes_on = |known: &&Suggestion| {
        known.text.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed))
            && known.text.len() > typed.len()
    };
    known.into_iter().filter(goes_on).copied().collect()
}

const fn suggestion(text: &'static str, help: &'static str) -> Suggestion {
    Suggestion { text, help }
}

const KEYS: &[Suggestion] = &[
    suggestion("type:", "packet type"),
    suggestion("topic:", "topic filter, or /expression/"),
    suggestion("payload:", "text or /expression/ in the payload"),
    suggestion("dir:", "in or out"),
    suggestion("qos:", "QoS of PUBLISH"),
    suggestion("id:", "packet id"),
    suggestion("size:", "length in bytes"),
    suggestion("after:", "from a time on"),
    suggestion("before:", "up to a time"),
    suggestion("event:", "event of that name"),
    suggestion("conn:", "number of the connection"),
    suggestion("client:", "client id"),
    suggestion("reason:", "reason code of MQTT 5"),
    suggestion("property:", "packets with this property"),
    suggestion("user-property:", "name or name=value"),
    suggestion("alias:", "topic alias"),
    suggestion("expiry:", "expiry in seconds"),
];

/// Terms without a value.
pub(super) const FLAGS: &[Suggestion] = &[
    suggestion("violation", "broken rules"),
    suggestion("unanswered", "packets without their answer"),
    suggestion("event", "events"),
    suggestion("retain", "PUBLISH with RETAIN"),
    suggestion("dup", "packets with DUP"),
];

const WORDS: &[Suggestion] = &[suggestion("not", "all but the next term"), suggestion("or", "either side")];

const TYPES: &[Suggestion] = &[
    suggestion("publish", ""),
    suggestion("puback", ""),
    suggestion("pubrec", ""),
    suggestion("pubrel", ""),
    suggestion("pubcomp", ""),
    suggestion("subscribe", ""),
    suggestion("suback", ""),
    suggestion("unsubscribe", ""),
    suggestion("unsuback", ""),
    suggestion("connect", ""),
    suggestion("connack", ""),
    suggestion("pingreq", ""),
    suggestion("pingresp", ""),
    suggestion("disconnect", ""),
    suggestion("auth", ""),
];

const DIRECTIONS: &[Suggestion] =
    &[suggestion("in", "from the server"), suggestion("out", "from the client")];

const QOS: &[Suggestion] = &[
    suggestion("0", "at most once"),
    suggestion("1", "at least once"),
    suggestion("2", "exactly once"),
    suggestion(">0", "acknowledged"),
];

/// What testers look for most; any other code can be typed.
const REASONS: &[Suggestion] = &[
    suggestion(">=0x80", "failures"),
    suggestion("0x80", "unspecified error"),
    suggestion("0x87", "not authorized"),
    suggestion("0x8e", "session taken over"),
    suggestion("0x10", "no matching subscribers"),
];

/// The names of all properties, as packets as JSON have them, but with hyphens.
const PROPERTIES: [Suggestion; 27] = [
    suggestion("payload-format-indicator", ""),
    suggestion("message-expiry-interval", ""),
    suggestion("content-type", ""),
    suggestion("response-topic", ""),
    suggestion("correlation-data", ""),
    suggestion("subscription-identifier", ""),
    suggestion("session-expiry-interval", ""),
    suggestion("assigned-client-identifier", ""),
    suggestion("server-keep-alive", ""),
    suggestion("authentication-method", ""),
    suggestion("authentication-data", ""),
    suggestion("request-problem-information", ""),
    suggestion("will-delay-interval", ""),
    suggestion("request-response-information", ""),
    suggestion("response-information", ""),
    suggestion("server-reference", ""),
    suggestion("reason-string", ""),
    suggestion("receive-maximum", ""),
    suggestion("topic-alias-maximum", ""),
    suggestion("topic-alias", ""),
    suggestion("maximum-qos", ""),
    suggestion("retain-available", ""),
    suggestion("user-property", ""),
    suggestion("maximum-packet-size", ""),
    suggestion("wildcard-subscription-available", ""),
    suggestion("subscription-identifier-available", ""),
    suggestion("shared-subscription-available", ""),
];

#[cfg(test)]
mod tests {
    use super::*;
    use mqttscope_proto::PropertyId;

    #[test]
    fn all_properties_are_suggested() {
        let names: Vec<_> = PROPERTIES.iter().map(|known| known.text.replace('-', "_")).collect();
        assert_eq!(names, PropertyId::ALL.map(PropertyId::name));
    }
}
