//! The Authentication card: AUTH of MQTT 5, by a method of the user.

use mqttscope_proto::session::AuthenticationData;
use mqttscope_text::bytes::hex;
use mqttscope_text::visible;
use yew::prelude::*;

use super::element::{several, text, words};
use super::form_dsl::{Look, View, WIDE, Widget};
use crate::store::text::concat;
use crate::store::{Command, Field};

/// What the server asks, and what is answered.
pub const AUTHENTICATION: Widget = Widget::Card {
    title: "Authentication",
    note,
    open: true,
    widgets: &[Widget::Form {
        id: "authentication-form",
        command: Command::Authenticate,
        widgets: &[
            Widget::Draw(asked),
            Widget::Field {
                field: Field::AuthAnswer,
                label: "Authentication data to send",
                class: WIDE,
                beside: &[],
            },
            Widget::Group(
                "actions wide",
                &[
                    Widget::Submit {
                        command: Command::Authenticate,
                        field: Field::AuthButton,
                        words: "Answer",
                        hint: Some("AUTH with reason code 0x18"),
                    },
                    Widget::Draw(again),
                    Widget::Message(Field::AuthButton),
                ],
            ),
        ],
    }],
};

/// Whether there is anything to authenticate with.
pub fn has_authentication(view: &View) -> bool {
    view.connection.authentication.is_some()
        || !view.page.profile.0.text(Field::AuthenticationMethod).is_empty()
}

fn asked(view: &View) -> Html {
    let Some(request) = &view.connection.authentication else {
        return words("p", "help wide", "The server has not asked for anything (AUTH, 0x18).");
    };
    let said = match &request.data {
        None => "no data".to_owned(),
        Some(AuthenticationData(data)) => {
            let as_text = str::from_utf8(data).map(|text| concat(&["“", &visible(text), "”, "]));
            concat(&[&as_text.unwrap_or_default(), "hex ", &hex(data)])
        }
    };
    let reason = request.reason_string.as_deref().unwrap_or("The server asks (AUTH, 0x18):");
    several(vec![words("p", "help amber wide", reason), words("code", "asked wide", &said)])
}

fn again(view: &View) -> Html {
    let look = Look { title: Some("AUTH with reason code 0x19"), ..Look::default() };
    view.button(&Command::ReAuthenticate, look, vec![text("Re-authenticate")])
}

fn note(view: &View) -> String {
    let said = if view.connection.authentication.is_some() { "the server asks" } else { "" };
    said.into()
}
