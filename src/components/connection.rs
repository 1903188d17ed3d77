//! The Connection card.

use yew::prelude::*;

use super::element::text;
use super::parts::{ALONE, HALF, Look, Part, RIGHT_HALF, View, WIDE, no_note};
use crate::store::{Command, Field};

/// Where to connect, as whom, and how.
pub const CONNECTION: Part = Part::Card {
    title: "Connection",
    note: no_note,
    open: true,
    parts: &[Part::Form {
        id: CONNECTION_FORM,
        command: Command::Connect,
        parts: &[
            Part::Field { field: Field::Url, label: "URL", class: WIDE, beside: &[] },
            Part::Field {
                field: Field::Subprotocol,
                label: "WebSocket subprotocol",
                class: HALF,
                beside: &[],
            },
            Part::Field { field: Field::Version, label: "MQTT version", class: RIGHT_HALF, beside: &[] },
            Part::Field {
                field: Field::ClientId,
                label: "Client ID",
                class: WIDE,
                beside: &[
                    Part::Button { command: Command::NewClientId, words: "New", hidden: " client ID" },
                    Part::Check { field: Field::CleanSession, label: "Clean session", described: None },
                ],
            },
            Part::Field { field: Field::Username, label: "Username", class: HALF, beside: &[] },
            Part::Field {
                field: Field::Password,
                label: "Password",
                class: RIGHT_HALF,
                beside: &[Part::Draw(reveal)],
            },
            Part::Field { field: Field::KeepAlive, label: "Keep alive (seconds)", class: ALONE, beside: &[] },
            Part::Group(
                "stacked",
                &[
                    Part::Check {
                        field: Field::SendWithoutPassword,
                        label: "Send without password",
                        described: None,
                    },
                    Part::Check {
                        field: Field::RememberPassword,
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
    view.button(&Command::RevealPassword, look, vec![text(words)])
}

/// The id of the form that the Connect buttons belong to.
pub const CONNECTION_FORM: &str = "connection-form";
