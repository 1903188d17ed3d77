//! The Connection card.

use yew::prelude::*;

use super::element::text;
use super::parts::{ALONE, Control, HALF, Look, Part, RIGHT_HALF, View, WIDE, no_note};
use crate::store::{Deed, Field, Switch};

/// Where to connect, as whom, and how.
pub const CONNECTION: Part = Part::Card {
    title: "Connection",
    note: no_note,
    open: true,
    parts: &[Part::Form {
        id: CONNECTION_FORM,
        deed: Deed::Connect,
        parts: &[
            Part::Field { field: Field::Url, label: "URL", class: WIDE, control: Control::Line, beside: &[] },
            Part::Field {
                field: Field::Subprotocol,
                label: "WebSocket subprotocol",
                class: HALF,
                control: Control::Suggest("subprotocols", &["mqtt", "mqttv3.1", "mqttv3.1.1"]),
                beside: &[],
            },
            Part::Field {
                field: Field::Version,
                label: "MQTT version",
                class: RIGHT_HALF,
                control: Control::Choice(&[("3.1", "3.1"), ("3.1.1", "3.1.1")]),
                beside: &[],
            },
            Part::Field {
                field: Field::ClientId,
                label: "Client ID",
                class: WIDE,
                control: Control::Line,
                beside: &[
                    Part::Button { deed: Deed::NewClientId, words: "New", hidden: " client ID" },
                    Part::Check { switch: Switch::CleanSession, label: "Clean session", described: None },
                ],
            },
            Part::Field {
                field: Field::Username,
                label: "Username",
                class: HALF,
                control: Control::Line,
                beside: &[],
            },
            Part::Field {
                field: Field::Password,
                label: "Password",
                class: RIGHT_HALF,
                control: Control::Secret,
                beside: &[Part::Draw(reveal)],
            },
            Part::Field {
                field: Field::KeepAlive,
                label: "Keep alive (seconds)",
                class: ALONE,
                control: Control::Number,
                beside: &[],
            },
            Part::Group(
                "stacked",
                &[
                    Part::Check {
                        switch: Switch::SendWithoutPassword,
                        label: "Send without password",
                        described: None,
                    },
                    Part::Check {
                        switch: Switch::RememberPassword,
                        label: "Remember password",
                        described: None,
                    },
                ],
            ),
        ],
    }],
};

/// The button that shows the password, or hides it again.
fn reveal(view: &View) -> Html {
    let (name, words) =
        if view.page.password_shown { ("Hide password", "Hide") } else { ("Show password", "Show") };
    let look = Look { name: Some(name), ..Look::default() };
    view.button(Deed::RevealPassword, look, vec![text(words)])
}

/// The id of the form that the Connect buttons belong to.
pub const CONNECTION_FORM: &str = "connection-form";
