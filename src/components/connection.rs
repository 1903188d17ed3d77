//! The Connection form.

use yew::prelude::*;

use super::card::Card;
use super::field::{Check, Control, FormView, TextField, on_submit};
use crate::store::{Field, Switch};

#[derive(Properties, PartialEq)]
pub struct ConnectionFormProps {
    pub view: FormView,
    pub default_url: AttrValue,
    pub on_connect: Callback<()>,
    pub on_new_id: Callback<()>,
}

/// Where to connect, as whom, and how.
#[component]
pub fn ConnectionForm(props: &ConnectionFormProps) -> Html {
    let ConnectionFormProps { view, default_url, on_connect, on_new_id } = props;
    let view = view.clone();
    html! {
        <Card title="Connection">
            <form id={CONNECTION_FORM} class="grid" onsubmit={on_submit(on_connect)} novalidate=true>
                <TextField view={view.clone()} field={Field::Url} label="URL" class="wide"
                    control={Control::Line("")} placeholder={default_url} />
                <TextField view={view.clone()} field={Field::Subprotocol} label="WebSocket subprotocol"
                    control={Control::Suggest("subprotocols", &["mqtt", "mqttv3.1", "mqttv3.1.1"])}
                    placeholder="none" />
                <TextField view={view.clone()} field={Field::Version} label="MQTT version"
                    control={Control::Choice(&[("3.1", "3.1"), ("3.1.1", "3.1.1")])} />
                <TextField view={view.clone()} field={Field::ClientId} label="Client ID" class="wide"
                    control={Control::Line("")}>
                    <button type="button" onclick={on_new_id.reform(|_: MouseEvent| ())}>{ "New client ID" }</button>
                </TextField>
                <TextField view={view.clone()} field={Field::Username} label="Username" control={Control::Line("")} />
                <PasswordField view={view.clone()} />
                <div class="checks wide">
                    <Check view={view.clone()} switch={Switch::SendWithoutPassword} label="Send without password" />
                    <Check view={view.clone()} switch={Switch::RememberPassword} label="Remember password" />
                </div>
                <TextField view={view.clone()} field={Field::KeepAlive} label="Keep alive (seconds)"
                    control={Control::Number} />
                <div class="field beside">
                    <Check {view} switch={Switch::CleanSession} label="Clean session" />
                </div>
            </form>
        </Card>
    }
}

#[derive(Properties, PartialEq)]
struct PasswordFieldProps {
    view: FormView,
}

/// The password, which can be revealed.
#[component]
fn PasswordField(props: &PasswordFieldProps) -> Html {
    let shown = use_state(|| false);
    let onclick = {
        let shown = shown.clone();
        Callback::from(move |_: MouseEvent| shown.set(!*shown))
    };
    let (name, sign) = if *shown { ("Hide password", "Hide") } else { ("Show password", "Show") };
    html! {
        <TextField view={props.view.clone()} field={Field::Password} label="Password"
            control={Control::Secret { shown: *shown }}>
            <button type="button" {onclick} aria-label={name} title={name}>{ sign }</button>
        </TextField>
    }
}

/// The id of the form that the bar's Connect button belongs to.
pub const CONNECTION_FORM: &str = "connection-form";
