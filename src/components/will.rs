//! The Last Will card.

use super::parts::{Control, HALF, Part, QOS, RIGHT_HALF, View, WIDE};
use crate::store::{Deed, Field, Switch};

/// The message that the broker publishes when this client is lost. It goes with CONNECT.
pub const WILL: Part = Part::Card {
    title: "Last Will",
    note,
    open: false,
    // Its only one-line field is what makes Enter work without a button of its own.
    parts: &[Part::Form {
        id: "will-form",
        deed: Deed::Connect,
        parts: &[
            Part::Group(
                "checks wide",
                &[
                    Part::Check { switch: Switch::Will, label: "Last Will", described: None },
                    Part::Check { switch: Switch::WillRetain, label: "Retain will", described: None },
                ],
            ),
            Part::Field {
                field: Field::WillTopic,
                label: "Will topic",
                class: HALF,
                control: Control::Line,
                beside: &[],
            },
            Part::Field {
                field: Field::WillQos,
                label: "Will QoS",
                class: RIGHT_HALF,
                control: QOS,
                beside: &[],
            },
            Part::Field {
                field: Field::WillMessage,
                label: "Will message",
                class: WIDE,
                control: Control::Lines("2"),
                beside: &[],
            },
            Part::Words(
                "help wide",
                "Published by the broker when the connection is lost. Takes effect with the next Connect.",
            ),
        ],
    }],
};

fn note(view: &View) -> &'static str {
    if view.forms().will { "on" } else { "off" }
}
