//! The Last Will card.

use mqttscope_view::Form;

use super::form_dsl::{HALF, RIGHT_HALF, View, WIDE, Widget};
use crate::store::{Command, Field};

/// The message that the broker publishes when this client is lost. It goes with CONNECT.
pub const WILL: Widget = Widget::Card {
    title: "Last Will",
    note,
    open: false,
    widgets: &[Widget::Form {
        id: "will-form",
        command: Command::Connect,
        widgets: &[
            Widget::Group(
                "checks wide",
                &[
                    Widget::Check { field: Field::Will, label: "Last Will", described: None },
                    Widget::Check { field: Field::WillRetain, label: "Retain will", described: None },
                ],
            ),
            Widget::Field { field: Field::WillTopic, label: "Will topic", class: HALF, beside: &[] },
            Widget::Field { field: Field::WillQos, label: "Will QoS", class: RIGHT_HALF, beside: &[] },
            Widget::Field { field: Field::WillMessage, label: "Will message", class: WIDE, beside: &[] },
            Widget::Properties(Form::Will),
            Widget::Words(
                "help wide",
                "Published by the broker when the connection is lost. Takes effect with the next Connect.",
            ),
        ],
    }],
};

fn note(view: &View) -> String {
    let said = if view.page.is_on(Field::Will) { "on" } else { "off" };
    said.into()
}
