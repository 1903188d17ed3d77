//! The Test switches card: they turn a good client into a misbehaving one, or into a strict one.

use mqttscope_proto::ProtocolVersion;
use mqttscope_view::Form;
use yew::prelude::*;

use super::element::{element, several, text};
use super::form_dsl::{View, Widget};
use crate::store::Field;

/// The switches work on a live connection too.
pub const SWITCHES: Widget = Widget::Card {
    title: "Test switches",
    note,
    open: false,
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
            Widget::Draw(break_limits),
            Widget::Check {
                field: Field::CloseOnViolation,
                label: "Close on violation",
                described: Some("close-on-violation-help"),
            },
            Widget::Draw(close_on_violation_help),
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
        ProtocolVersion::V311 | ProtocolVersion::V5 => {
            help(id, "help amber", "Since 3.1.1 only PUBLISH may have DUP: marked.")
        }
    }
}

/// Only a server of MQTT 5 says what it allows.
fn break_limits(view: &View) -> Html {
    let id = "break-limits-help";
    match view.version(Form::TestSwitches) {
        ProtocolVersion::V31 | ProtocolVersion::V311 => Html::default(),
        ProtocolVersion::V5 => several(vec![
            view.check(Field::BreakLimits, "Break the server's limits", Some(id)),
            help(id, "help", "Sends what CONNACK forbids: too large, too many, an alias too high."),
        ]),
    }
}

fn close_on_violation_help(_: &View) -> Html {
    help(
        "close-on-violation-help",
        "help",
        "When the broker breaks a rule; else the log tells, and it goes on.",
    )
}

fn help(id: &str, class: &str, words: &str) -> Html {
    element("p", &["id", "class"], &[Some(id), Some(class)], vec![text(words)])
}

fn note(view: &View) -> String {
    let switches = [Field::SimulateDown, Field::SendDuplicates, Field::BreakLimits, Field::CloseOnViolation];
    let said = if switches.into_iter().any(|field| view.page.is_on(field)) { "on" } else { "off" };
    said.into()
}
