//! A level of the tree as a line.

use mqttscope_link::{RetainedMark, TopicLine, TopicValue};
use mqttscope_text::number;
use mqttscope_text::zone::Zone;
use yew::prelude::*;

use crate::components::element::{element, tag, text, words};
use crate::store::text::concat;

/// A line.
pub fn line(line: &TopicLine, place: u32, is_chosen: bool, zone: &Zone) -> Html {
    let (id, topic, level) = (line_id(place), number::plain(line.id.0), number::plain(line.depth.into()));
    let expanded = (line.children > 0).then_some(if line.is_open { "true" } else { "false" });
    let name = if line.name.is_empty() { "(empty)" } else { &*line.name };
    let rate = rate(line.rate);
    let keys =
        &["class", "id", "role", "data-topic", "aria-level", "aria-expanded", "aria-selected", "title"];
    // Very deep levels are indented no further.
    let depth = number::plain(u64::from(line.depth.clamp(1, MOST_INDENT)));
    let class = concat(&["topic-line depth-", &depth, if is_chosen { " chosen" } else { "" }]);
    let values = [
        Some(&*class),
        Some(&*id),
        Some("treeitem"),
        Some(&*topic),
        Some(&*level),
        expanded,
        Some(if is_chosen { "true" } else { "false" }),
        Some(&*line.topic),
    ];
    let mut row = tag("div", keys, &values);
    let sign = match expanded {
        None => "",
        Some("true") => "▾",
        Some(_) => "▸",
    };
    let fold = expanded.map(|_| "");
    let (value_class, value) = value(&line.value);
    let count = number::grouped(line.messages);
    let class = if line.name.is_empty() { "topic-name quiet" } else { "topic-name" };
    row.add_children([
        sign_of("topic-fold", "data-fold", fold, sign),
        words("span", class, name),
        words("span", value_class, value),
        sign_of("topic-mark", "title", None, mark(line.retained)),
        words("span", "topic-rate", &rate),
        words("span", "topic-time", &number::time_of_day(zone.local(line.time))),
        sign_of("topic-count", "title", None, &count),
        words("span", "hidden", &said(line)),
        sign_of("topic-menu", "data-menu", Some(""), "⋮"),
    ]);
    row.into()
}

/// The id of the line at a place.
pub fn line_id(place: u32) -> String {
    concat(&["topic-line-", &number::plain(place.into())])
}

/// Messages a second, from those in ten.
pub fn rate(in_ten_seconds: u32) -> String {
    match in_ten_seconds {
        0 => String::new(),
        1..100 => {
            let (whole, tenth) = (in_ten_seconds / 10, in_ten_seconds % 10);
            concat(&[&number::plain(whole.into()), ".", &number::plain(tenth.into()), "/s"])
        }
        _ => concat(&[&number::grouped((in_ten_seconds / 10).into()), "/s"]),
    }
}

/// What is known of a retained message, in words.
pub fn retained_words(retained: RetainedMark) -> &'static str {
    match retained {
        RetainedMark::Unknown => "",
        RetainedMark::Seen => "retained",
        RetainedMark::Set => "set to be retained",
        RetainedMark::Cleared => "retained message cleared",
    }
}

fn mark(retained: RetainedMark) -> &'static str {
    if matches!(retained, RetainedMark::Seen | RetainedMark::Set) { "R" } else { "" }
}

fn value(value: &TopicValue) -> (&'static str, &str) {
    match value {
        TopicValue::None => ("topic-value", ""),
        TopicValue::Empty => ("topic-value quiet", "(empty)"),
        TopicValue::Number(text) => ("topic-value number", text),
        TopicValue::Json(text) => ("topic-value json", text),
        TopicValue::Text(text) => ("topic-value", text),
        TopicValue::Bytes(text) => ("topic-value bytes", text),
    }
}

/// What a screen reader says behind name and value, in place of what is drawn as signs.
fn said(line: &TopicLine) -> String {
    let count = number::counted(line.messages, " message", " messages");
    let topics = number::counted(line.topics.into(), " topic", " topics");
    let topics = if line.children > 0 { &*topics } else { "" };
    let mut said = String::new();
    for part in [retained_words(line.retained), topics, &count] {
        if !part.is_empty() {
            said.push_str(", ");
            said.push_str(part);
        }
    }
    said
}

/// A part of a line that says nothing to who hears it.
fn sign_of(class: &str, key: &str, value: Option<&str>, sign: &str) -> Html {
    let keys: &'static [&'static str] = match key {
        "data-fold" => &["class", "aria-hidden", "data-fold"],
        "data-menu" => &["class", "aria-hidden", "data-menu"],
        _ => &["class", "aria-hidden", "title"],
    };
    element("span", keys, &[Some(class), Some("true"), value], vec![text(sign)])
}

/// Levels that are indented, each more than the one before.
const MOST_INDENT: u8 = 12;
