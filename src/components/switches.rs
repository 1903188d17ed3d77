//! The Test switches card: they turn a good client into a misbehaving one.

use mqttscope_proto::ProtocolVersion;
use yew::prelude::*;

use super::element::{element, text};
use super::parts::{Part, View};
use crate::store::Switch;

/// Both switches work on a live connection too.
pub const SWITCHES: Part = Part::Card {
    title: "Test switches",
    note,
    open: true,
    parts: &[Part::Group(
        "switches",
        &[
            Part::Check {
                switch: Switch::SimulateDown,
                label: "Simulate client down (no PINGREQ)",
                described: Some("simulate-down-help"),
            },
            Part::Draw(simulate_down_help),
            Part::Check {
                switch: Switch::SendDuplicates,
                label: "Send duplicates",
                described: Some("send-duplicates-help"),
            },
            Part::Draw(send_duplicates_help),
        ],
    )],
};

fn simulate_down_help(_: &View) -> Html {
    help("simulate-down-help", "help", "After 1.5 × keep alive the broker sends the will.")
}

fn send_duplicates_help(view: &View) -> Html {
    let id = "send-duplicates-help";
    match view.forms().protocol_version() {
        ProtocolVersion::V31 => help(id, "help", "Requests with an id: twice, the copy with DUP."),
        ProtocolVersion::V311 => help(id, "help amber", "In 3.1.1 only PUBLISH may have DUP: marked."),
    }
}

fn help(id: &str, class: &str, words: &str) -> Html {
    element("p", &["id", "class"], &[Some(id), Some(class)], vec![text(words)])
}

fn note(view: &View) -> &'static str {
    if view.forms().simulate_down || view.forms().send_duplicates { "on" } else { "off" }
}
