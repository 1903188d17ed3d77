//! Clearing retained messages: what would be cleared, how far it is, and what came back.

use mqttscope_link::{ClearingStage, ClearingView};
use mqttscope_text::number;
use yew::prelude::*;

use crate::components::element::{classed, element, text, words};
use crate::store::text::concat;

/// The dialog.
pub fn clearing(it: &ClearingView, is_connected: bool) -> Html {
    let mut parts = vec![element(
        "h3",
        &["id"],
        &[Some(TITLE)],
        vec![text(&concat(&[
            "Clear retained below ",
            if it.topic.is_empty() { "(empty)" } else { &it.topic },
        ]))],
    )];
    let found = number::counted(it.total.into(), " retained message", " retained messages");
    let mut said = match &it.stage {
        ClearingStage::Listing => concat(&["Listing: ", &found, " so far …"]),
        ClearingStage::Asking if it.total == 0 => {
            "No retained message is known here or below: the server sends them to who subscribes.".to_owned()
        }
        ClearingStage::Asking => concat(&[
            "An empty message with RETAIN, at QoS 1, goes to each of these topics. Their subscribers get it too. ",
            &found,
            " would be cleared:",
        ]),
        ClearingStage::Running => progress_words(it),
        ClearingStage::Over(None) => progress_words(it),
        ClearingStage::Over(Some(why)) => concat(&[why, " ", &progress_words(it)]),
    };
    if it.left_out > 0 {
        let topics = number::counted(it.left_out.into(), " topic breaks", " topics break");
        said.push_str(&concat(&[" ", &topics, " a rule and cannot be published to."]));
    }
    parts.push(element("p", &["role"], &[Some("status")], vec![text(&said)]));
    if it.stage == ClearingStage::Running {
        let (done, total) = (it.acknowledged + it.refusals, it.total.max(1));
        let [done, total] = [done, total].map(|count| number::plain(count.into()));
        let keys = &["max", "value", "aria-label"];
        parts.push(element("progress", keys, &[Some(&total), Some(&done), Some("Cleared")], vec![]));
    }
    if it.stage == ClearingStage::Asking && it.total > 0 {
        let mut topics: Vec<Html> = it.topics.iter().map(|topic| words("li", "", topic)).collect();
        let more = it.total as usize - it.topics.len().min(it.total as usize);
        if more > 0 {
            topics.push(words("li", "quiet", &concat(&["and ", &number::grouped(more as u64), " more"])));
        }
        parts.push(list("Topics to be cleared", topics));
    }
    if !it.refused.is_empty() {
        let refused = |(topic, why): &(String, String)| words("li", "", &concat(&[topic, ": ", why]));
        parts.push(list("Refused", it.refused.iter().map(refused).collect()));
    }
    parts.push(classed("div", "topic-actions", buttons(it, is_connected)));
    let keys = &["class", "role", "id", "tabindex", "aria-labelledby"];
    let values = [Some("topics-clearing"), Some("dialog"), Some(CLEARING), Some("-1"), Some(TITLE)];
    element("div", keys, &values, parts)
}

fn buttons(it: &ClearingView, is_connected: bool) -> Vec<Html> {
    let button = |name: &str, class: &str, words: &str| {
        let keys = &["type", "class", "data-tree"];
        element("button", keys, &[Some("button"), Some(class), Some(name)], vec![text(words)])
    };
    let mut buttons = Vec::new();
    match &it.stage {
        ClearingStage::Asking if it.total > 0 && is_connected => {
            let clear = number::counted(it.total.into(), " retained message", " retained messages");
            buttons.push(button("clear", "primary", &concat(&["Clear ", &clear])));
        }
        ClearingStage::Asking if it.total > 0 => {
            buttons.push(words("span", "quiet", "Not connected: press Connect first."));
        }
        ClearingStage::Running => buttons.push(button("stop", "", "Stop")),
        _ => {}
    }
    let close = if it.stage == ClearingStage::Asking && it.total > 0 { "Cancel" } else { "Close" };
    buttons.push(button("close", "", close));
    buttons
}

fn progress_words(it: &ClearingView) -> String {
    let count = |count: u32| number::grouped(count.into());
    let mut words = concat(&[
        &count(it.sent),
        " of ",
        &count(it.total),
        " sent, ",
        &count(it.acknowledged),
        " acknowledged",
    ]);
    if it.refusals > 0 {
        words.push_str(&concat(&[", ", &count(it.refusals), " refused"]));
    }
    words.push('.');
    words
}

fn list(label: &str, items: Vec<Html>) -> Html {
    let keys = &["class", "tabindex", "aria-label"];
    element("ul", keys, &[Some("clearing-list"), Some("0"), Some(label)], items)
}

/// The id of the dialog, which takes the focus.
pub const CLEARING: &str = "topics-clearing";
const TITLE: &str = "topics-clearing-title";
