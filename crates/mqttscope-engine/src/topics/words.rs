//! The levels of the tree, put into words as they are looked at.

use mqttscope_link::{PayloadFormat, RetainedMark, TopicDetails, TopicLast, TopicLine, TopicUse, TopicValue};
use mqttscope_log::Log;
use mqttscope_log::filter::quoted;
use mqttscope_log::payload::{View, Viewer, guess};
use mqttscope_log::topics::{LastMessage, Retained, TopicNode, TopicTree};
use mqttscope_proto::{TopicFilter, TopicName};
use mqttscope_text::bytes::{beginning, head, hex};

use super::listing::Place;
use super::ref_of;

/// A level as a line; `name` is a buffer.
pub(super) fn line(node: TopicNode<'_>, place: Place, now: u64, name: &mut Vec<u8>) -> TopicLine {
    name.clear();
    node.push_name(name);
    let topic = node.topic();
    TopicLine {
        id: ref_of(node.id()),
        depth: place.depth,
        name: shown(node.level()),
        topic: shown(name),
        children: node.children(),
        is_open: place.is_open,
        is_topic: topic.is_some(),
        topics: node.topics(),
        messages: node.messages(),
        rate: node.rate().in_ten_seconds(now),
        time: node.time(),
        value: topic.map(|topic| value(topic.value())).unwrap_or_default(),
        qos: topic.map_or(0, |topic| topic.qos),
        retained: topic.map_or(RetainedMark::Unknown, |topic| mark(topic.retained)),
    }
}

/// A level as it is shown once it is chosen.
pub(super) fn details(node: TopicNode<'_>, log: &Log, now: u64) -> TopicDetails {
    TopicDetails {
        id: ref_of(node.id()),
        topic: String::from_utf8_lossy(&name_of(node)).into_owned(),
        has_children: node.children() > 0,
        topics: node.topics(),
        messages: node.messages(),
        last: node.topic().map(|topic| last(topic, log, now)),
    }
}

fn last(topic: &LastMessage, log: &Log, now: u64) -> TopicLast {
    let value = topic.value();
    let view = guess(value);
    let mut viewer = Viewer::new(view);
    while !viewer.advance(value, usize::MAX) {}
    let lines = viewer.window(value, 0, MOST_LINES);
    TopicLast {
        number: log.record(topic.number).map(|_| topic.number),
        time: topic.time,
        is_out: topic.is_out,
        qos: topic.qos,
        messages: topic.messages,
        bytes: topic.bytes,
        rate: topic.rate.in_ten_seconds(now),
        retained: mark(topic.retained),
        len: topic.len,
        kept: value.len() as u32,
        format: match view {
            View::Json => PayloadFormat::Json,
            View::Text => PayloadFormat::Text,
            _ => PayloadFormat::Hex,
        },
        is_cut: viewer.lines() > lines.len(),
        lines: lines.into_iter().map(|line| line.text).collect(),
    }
}

/// A value in a few words.
fn value(value: &[u8]) -> TopicValue {
    if value.is_empty() {
        return TopicValue::Empty;
    }
    match guess(value) {
        View::Json => TopicValue::Json(text(value)),
        View::Text if is_number(value) => TopicValue::Number(text(value)),
        View::Text => TopicValue::Text(text(value)),
        _ => TopicValue::Bytes(hex(&value[..value.len().min(SHOWN / 4)])),
    }
}

/// Whether a text is a number as people and JSON write them.
fn is_number(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let text = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(text);
    let mut rest = &text[whole..];
    let mut fraction = 0;
    if let Some(behind) = rest.strip_prefix(b".") {
        fraction = digits(behind);
        rest = &behind[fraction..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent =
            exponent.strip_prefix(b"-").or_else(|| exponent.strip_prefix(b"+")).unwrap_or(exponent);
        let len = digits(exponent);
        rest = if len > 0 { &exponent[len..] } else { rest };
    }
    whole + fraction > 0 && rest.is_empty()
}

/// What a level is used for elsewhere, or why it cannot be.
pub(crate) fn used(node: Option<TopicNode<'_>>, used: TopicUse) -> Result<String, String> {
    let Some(node) = node else { return Err(GONE.into()) };
    let Ok(topic) = String::from_utf8(name_of(node)) else { return Err(NO_TEXT.into()) };
    let below = || [&topic, "/#"].concat();
    match used {
        TopicUse::Filter => {
            // A topic alone is exact; what leads to topics stands for all of them.
            let filter = if node.children() > 0 { below() } else { topic };
            TopicFilter::new(&filter).map_err(|_| NO_FILTER)?;
            Ok(["topic:", &quoted(&filter)].concat())
        }
        TopicUse::Publish => match TopicName::new(&topic) {
            Ok(_) => Ok(topic),
            Err(_) => Err(NO_FILTER.into()),
        },
        TopicUse::Subscribe => match TopicFilter::new(&below()) {
            Ok(_) => Ok(below()),
            Err(_) => Err(NO_FILTER.into()),
        },
    }
}

/// The topics below `$SYS` that have a value, by name.
pub(super) fn broker(tree: &TopicTree) -> Vec<(String, String)> {
    let Some(root) = tree.find(b"$SYS") else { return Vec::new() };
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut looked_at = 0;
    let mut next = root.first_below();
    while let Some(node) = next.filter(|_| looked_at < MOST_FIGURES) {
        looked_at += 1;
        if let Some(topic) = node.topic() {
            let name = shown(&name_of(node));
            let at = rows.partition_point(|(before, _)| *before < name);
            rows.insert(at, (name, text(topic.value())));
        }
        next = node.first_below().or_else(|| behind(node, root));
    }
    rows
}

/// The level behind one and all that lie below it, within another.
pub(super) fn behind<'a>(node: TopicNode<'a>, within: TopicNode<'a>) -> Option<TopicNode<'a>> {
    let mut at = node;
    while at.id() != within.id() {
        if let Some(next) = at.next() {
            return Some(next);
        }
        at = at.parent()?;
    }
    None
}

pub(super) fn name_of(node: TopicNode<'_>) -> Vec<u8> {
    let mut name = Vec::new();
    node.push_name(&mut name);
    name
}

/// A name, as far as a line shows it.
pub(super) fn shown(name: &[u8]) -> String {
    let mut text = beginning(name, SHOWN).unwrap_or_else(|| head(name, SHOWN / 4));
    if name.len() > SHOWN {
        text.push('…');
    }
    text
}

fn text(value: &[u8]) -> String {
    beginning(value, SHOWN).unwrap_or_else(|| hex(&value[..value.len().min(SHOWN / 4)]))
}

const fn mark(retained: Retained) -> RetainedMark {
    match retained {
        Retained::Unknown => RetainedMark::Unknown,
        Retained::Seen => RetainedMark::Seen,
        Retained::Set => RetainedMark::Set,
        Retained::Cleared => RetainedMark::Cleared,
    }
}

/// Bytes of a name or a value that a line shows.
const SHOWN: usize = 256;
/// Lines of a value that are shown.
const MOST_LINES: usize = 200;
/// Levels below `$SYS` that are looked at.
const MOST_FIGURES: u32 = 200;
const GONE: &str = "This topic is not in the tree any more.";
const NO_TEXT: &str = "This topic is no text (UTF-8): it can neither be typed nor sent.";
const NO_FILTER: &str = "This topic breaks a rule: no filter and no message can name it.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_text() {
        for number in ["0", "-1.5", "+7", "21.", ".5", "1e9", "1.5E-3", " 12\n"] {
            assert!(is_number(number.as_bytes()), "{number}");
        }
        for text in ["", "-", ".", "1e", "1e+", "0x10", "1,5", "12 kelvin", "NaN", "1.2.3", "2026-11-25"] {
            assert!(!is_number(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn values_are_what_they_look_like() {
        assert_eq!(value(b""), TopicValue::Empty);
        assert_eq!(value(b"21.5"), TopicValue::Number("21.5".into()));
        assert_eq!(value(b"{\"a\": 1}"), TopicValue::Json("{\"a\": 1}".into()));
        assert_eq!(value(b"on"), TopicValue::Text("on".into()));
        assert_eq!(value(b"\x00\xff"), TopicValue::Bytes("00 ff".into()));
    }
}
