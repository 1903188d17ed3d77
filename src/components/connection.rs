//! The Connection card.

use mqttscope_proto::ProtocolVersion;
use mqttscope_text::number;
use mqttscope_view::{Form, VERSIONS};
use yew::prelude::*;

use super::element::text;
use super::form_dsl::{ALONE, HALF, Look, RIGHT_HALF, View, WIDE, Widget};
use crate::browser;
use crate::store::text::concat;
use crate::store::{Command, Field};

/// Where to connect, as whom, and how.
pub const CONNECTION: Widget = Widget::Card {
    title: "Connection",
    note,
    open: true,
    widgets: &[Widget::Form {
        id: CONNECTION_FORM,
        command: Command::Connect,
        widgets: &[
            Widget::Field { field: Field::Url, label: "URL", class: WIDE, beside: &[] },
            Widget::Field {
                field: Field::Subprotocol,
                label: "WebSocket subprotocol",
                class: HALF,
                beside: &[],
            },
            Widget::Field { field: Field::Version, label: "MQTT version", class: RIGHT_HALF, beside: &[] },
            Widget::Field {
                field: Field::ClientId,
                label: "Client ID",
                class: WIDE,
                beside: &[
                    Widget::Button { command: Command::NewClientId, words: "New", hidden: " client ID" },
                    Widget::Draw(clean_session),
                ],
            },
            Widget::Field { field: Field::Username, label: "Username", class: HALF, beside: &[] },
            Widget::Field {
                field: Field::Password,
                label: "Password",
                class: RIGHT_HALF,
                beside: &[Widget::Draw(reveal)],
            },
            Widget::Field {
                field: Field::KeepAlive,
                label: "Keep alive (seconds)",
                class: ALONE,
                beside: &[],
            },
            Widget::Group(
                "stacked",
                &[
                    Widget::Check {
                        field: Field::SendWithoutPassword,
                        label: "Send without password",
                        described: None,
                    },
                    Widget::Check {
                        field: Field::RememberPassword,
                        label: "Remember password",
                        described: None,
                    },
                    Widget::Check {
                        field: Field::Reconnect,
                        label: "Reconnect automatically",
                        described: None,
                    },
                ],
            ),
            Widget::Field {
                field: Field::ConnectTimeout,
                label: "Connect timeout (seconds)",
                class: HALF,
                beside: &[],
            },
            Widget::Field {
                field: Field::PingRespTimeout,
                label: "Wait for PINGRESP (seconds)",
                class: RIGHT_HALF,
                beside: &[],
            },
            Widget::Properties(Form::Connection),
        ],
    }],
};

/// Who is connected, where, in which version and since when: all that is to be seen while the card is folded.
fn note(view: &View) -> String {
    let connection = &view.connection;
    if !connection.is_connected() {
        return String::new();
    }
    let since = connection.since * 1_000;
    let local = since.saturating_add_signed(i64::from(browser::utc_offset_minutes(since)) * 60_000_000);
    let (time, url) = (number::time_of_day(local), &connection.url);
    // Scheme and milliseconds are what the line has no room for.
    let place = url.split_once("://").map_or(url.as_str(), |(_, place)| place);
    let version = VERSIONS.iter().find(|choice| choice.value == connection.version);
    let (version, time) = (version.map_or("", |choice| choice.name), time.get(..8).unwrap_or(&time));
    concat(&[&connection.client_id, " at ", place, ", MQTT ", version, ", since ", time])
}

/// The name that the flag has in the version.
fn clean_session(view: &View) -> Html {
    let label = match view.version(Form::Connection) {
        ProtocolVersion::V31 | ProtocolVersion::V311 => "Clean session",
        ProtocolVersion::V5 => "Clean start",
    };
    view.check(Field::CleanSession, label, None)
}

/// The button that shows the password, or hides it again.
fn reveal(view: &View) -> Html {
    let (name, words) =
        if view.page.password_shown { ("Hide password", "Hide") } else { ("Show password", "Show") };
    let look = Look { name: Some(name), ..Look::default() };
    view.button(&Command::RevealPassword, look, vec![text(words)])
}

/// The id of the form that the Connect buttons belong to.
pub const CONNECTION_FORM: &str = "connection-form";
