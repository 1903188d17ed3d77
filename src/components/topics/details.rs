//! The chosen topic: its figures, its last value, and what can be done with it.

use mqttscope_link::{PayloadFormat, TopicDetails, TopicLast};
use mqttscope_text::number;
use mqttscope_text::zone::Zone;
use yew::prelude::*;

use super::line::{rate, retained_words};
use super::menu;
use crate::components::element::{classed, element, text, words};
use crate::store::text::concat;

/// The chosen level.
pub fn details(chosen: &TopicDetails, zone: &Zone) -> Html {
    let name = if chosen.topic.is_empty() { "(empty)" } else { &*chosen.topic };
    let mut parts = vec![words("h3", "topic-full", name)];
    let mut facts = Vec::new();
    if chosen.has_children {
        facts.push(number::counted(chosen.topics.into(), " topic here and below", " topics here and below"));
        facts.push(number::counted(chosen.messages, " message to them", " messages to them"));
    }
    if let Some(last) = &chosen.last {
        facts.extend(figures(last, zone));
    }
    parts.push(words("p", "quiet", &facts.join(" · ")));
    parts.extend(chosen.last.as_ref().map(value));
    let mut buttons = menu::buttons(chosen.last.is_some());
    if let Some(number) = chosen.last.as_ref().and_then(|last| last.number) {
        let (keys, number) = (&["type", "class", "data-record"], number::plain(number.into()));
        let values = [Some("button"), Some("small"), Some(&*number)];
        buttons.push(element("button", keys, &values, vec![text("Show its row")]));
    }
    parts.push(classed("div", "topic-actions", buttons));
    let keys = &["class", "role", "aria-label"];
    element("div", keys, &[Some("topic-details"), Some("group"), Some("Chosen topic")], parts)
}

fn figures(last: &TopicLast, zone: &Zone) -> Vec<String> {
    let way = if last.is_out { "sent " } else { "came " };
    let mut facts = vec![
        number::counted(last.messages, " message", " messages"),
        number::size(last.bytes),
        concat(&[way, &number::time_of_day(zone.local(last.time))]),
        concat(&["QoS ", &number::plain(last.qos.into())]),
    ];
    let (rate, retained) = (rate(last.rate), retained_words(last.retained));
    facts.extend([&*rate, retained].into_iter().filter(|fact| !fact.is_empty()).map(str::to_owned));
    facts
}

fn value(last: &TopicLast) -> Html {
    let mut said = match last.format {
        PayloadFormat::Json => "JSON, ".to_owned(),
        PayloadFormat::Text | PayloadFormat::Auto => "Text, ".to_owned(),
        _ => "Bytes, ".to_owned(),
    };
    said.push_str(&number::counted(last.len.into(), " byte", " bytes"));
    if last.kept < last.len {
        said.push_str(&concat(&[", of which the first ", &number::grouped(last.kept.into()), " are kept"]));
    }
    if last.is_cut {
        said.push_str(", the first lines");
    }
    let keys = &["class", "role", "tabindex", "aria-label"];
    let lines = last.lines.join("\n");
    let values = [Some("topic-last"), Some("group"), Some("0"), Some("Last value")];
    let value = element("pre", keys, &values, vec![text(&lines)]);
    classed("div", "topic-payload", vec![words("p", "quiet", &said), value])
}
