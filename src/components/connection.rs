//! The Connection form.

use yew::prelude::*;

use super::card::card;
use super::field::{Control, Deed, FormView, HALF, RIGHT_HALF, WIDE, button, on_click, on_submit};
use crate::store::page::Action;
use crate::store::{Field, Switch};

/// Where to connect, as whom, and how.
pub fn connection_form(
    view: &FormView,
    default_url: &str,
    password_shown: bool,
    connect: &Deed,
    new_id: &Deed,
) -> Html {
    let url = Control::Line(default_url);
    let subprotocol = Control::Suggest("subprotocols", &["mqtt", "mqttv3.1", "mqttv3.1.1"]);
    let version = Control::Choice(&[("3.1", "3.1"), ("3.1.1", "3.1.1")]);
    let secret = Control::Secret { shown: password_shown };
    let none = Html::default;
    card(
        "Connection",
        "",
        true,
        html! {
            <form id={CONNECTION_FORM} class="grid" onsubmit={on_submit(connect)} novalidate=true>
                { view.field(Field::Url, "URL", WIDE, url, none()) }
                { view.field(Field::Subprotocol, "WebSocket subprotocol", HALF, subprotocol, none()) }
                { view.field(Field::Version, "MQTT version", RIGHT_HALF, version, none()) }
                { view.field(Field::ClientId, "Client ID", WIDE, Control::Line(""),
                    button("New client ID", "", on_click(new_id), None)) }
                { view.field(Field::Username, "Username", HALF, Control::Line(""), none()) }
                { view.field(Field::Password, "Password", RIGHT_HALF, secret, reveal(view, password_shown)) }
                <div class="checks wide">
                    { view.check(Switch::SendWithoutPassword, "Send without password", None) }
                    { view.check(Switch::RememberPassword, "Remember password", None) }
                </div>
                { view.field(Field::KeepAlive, "Keep alive (seconds)", HALF, Control::Number, none()) }
                <div class="field beside">{ view.check(Switch::CleanSession, "Clean session", None) }</div>
            </form>
        },
    )
}

/// The button that shows the password, or hides it again.
fn reveal(view: &FormView, shown: bool) -> Html {
    let act = view.act.clone();
    let onclick = Callback::from(move |_: MouseEvent| act.emit(Action::RevealPassword(!shown)));
    let (name, words) = if shown { ("Hide password", "Hide") } else { ("Show password", "Show") };
    html! { <button type="button" {onclick} aria-label={name} title={name}>{ words }</button> }
}

/// The id of the form that the bar's Connect button belongs to.
pub const CONNECTION_FORM: &str = "connection-form";
