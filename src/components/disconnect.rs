//! The Disconnect card: how MQTT 5 ends a connection.

use mqttscope_view::Form;

use super::form_dsl::{View, WIDE, Widget};
use crate::store::{Command, Field};

/// What DISCONNECT says; the button stands in the bar.
pub const DISCONNECT: Widget = Widget::Card {
    title: "Disconnect",
    note,
    open: false,
    widgets: &[Widget::Form {
        id: "disconnect-form",
        command: Command::Disconnect,
        widgets: &[
            Widget::Field { field: Field::DisconnectReason, label: "Reason", class: WIDE, beside: &[] },
            Widget::Properties(Form::Disconnect),
        ],
    }],
};

fn note(view: &View) -> String {
    let profile = &view.page.profile;
    let is_plain = profile.disconnect_reason().0 == 0 && profile.folded_count(Form::Disconnect) == 0;
    let said = if is_plain { "normal" } else { "as set" };
    said.into()
}
