//! The Last Will card.

use super::parts::{HALF, Part, RIGHT_HALF, View, WIDE};
use crate::store::{Command, Field};

/// The message that the broker publishes when this client is lost. It goes with CONNECT.
pub const WILL: Part = Part::Card {
    title: "Last Will",
    note,
    open: false,
    // Its only one-line field is what makes Enter work without a button of its own.
    parts: &[Part::Form {
        id: "will-form",
        command: Command::Connect,
        parts: &[
            Part::Group(
                "checks wide",
                &[
                    Part::Check { field: Field::Will, label: "Last Will", described: None },
                    Part::Check { field: Field::WillRetain, label: "Retain will", described: None },
                ],
            ),
            Part::Field { field: Field::WillTopic, label: "Will topic", class: HALF, beside: &[] },
            Part::Field { field: Field::WillQos, label: "Will QoS", class: RIGHT_HALF, beside: &[] },
            Part::Field { field: Field::WillMessage, label: "Will message", class: WIDE, beside: &[] },
            Part::Words(
                "help wide",
                "Published by the broker when the connection is lost. Takes effect with the next Connect.",
            ),
        ],
    }],
};

fn note(view: &View) -> &'static str {
    if view.page.is_on(Field::Will) { "on" } else { "off" }
}
