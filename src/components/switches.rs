//! The Test switches card: they turn a good client into a misbehaving one.

use mqttscope_proto::ProtocolVersion;
use yew::prelude::*;

use super::element::{element, text};
use super::form_dsl::{View, Widget};
use crate::store::Field;

/// Both switches work on a live connection too.
pub const SWITCHES: Widget = Widget::Card {
    title: "Test switches",
    note,
    open: true,
    widgets: &[Widget::Group(
        "switches",
        &[
            Widget::Check {
                field: Field::SimulateDown,
                label: "Simulate client down (no PINGREQ)",
                described: Some("simulate-down-help"),
            },
            Widget::Draw(simulate_down_help),
            Widget::Check {
                field: Field::SendDuplicates,
                label: "Send duplicates",
                described: Some("send-duplicates-help"),
            },
            Widget::Draw(send_duplicates_help),
        ],
    )],
};

fn simulate_down_help(_: &View) -> Html {
    help("simulate-down-help", "help", "After 1.5 × keep alive the broker sends the will.")
}

fn send_duplicates_help(view: &View) -> Html {
    let id = "send-duplicates-help";
    match view.page.profile.version() {
        ProtocolVersion::V31 => help(id, "help", "Requests with an id: twice, the copy with DUP."),
        ProtocolVersion::V311 => help(id, "help amber", "In 3.1.1 only PUBLISH may have DUP: marked."),
    }
}

fn help(id: &str, class: &str, words: &str) -> Html {
    element("p", &["id", "class"], &[Some(id), Some(class)], vec![text(words)])
}

fn note(view: &View) -> &'static str {
    if view.page.is_on(Field::SimulateDown) || view.page.is_on(Field::SendDuplicates) { "on" } else { "off" }
}
