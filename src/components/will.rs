//! The Last Will form.

use yew::prelude::*;

use super::card::Card;
use super::field::{Check, Control, FormView, QOS_CHOICES, TextField, on_submit};
use crate::store::{Field, Switch};

#[derive(Properties, PartialEq)]
pub struct WillFormProps {
    pub view: FormView,
    pub on_connect: Callback<()>,
}

/// The message that the broker publishes when this client is lost. It goes with CONNECT.
#[component]
pub fn WillForm(props: &WillFormProps) -> Html {
    let view = props.view.clone();
    let note = if view.forms.will { "on" } else { "off" };
    html! {
        <Card title="Last Will" open=false {note}>
            <form class="grid" onsubmit={on_submit(&props.on_connect)} novalidate=true>
                <div class="checks wide">
                    <Check view={view.clone()} switch={Switch::Will} label="Last Will" />
                    <Check view={view.clone()} switch={Switch::WillRetain} label="Retain will" />
                </div>
                <TextField view={view.clone()} field={Field::WillTopic} label="Will topic"
                    control={Control::Line("")} />
                <TextField view={view.clone()} field={Field::WillQos} label="Will QoS"
                    control={Control::Choice(QOS_CHOICES)} />
                <TextField {view} field={Field::WillMessage} label="Will message" class="wide"
                    control={Control::Lines(2)} />
                <p class="help wide">
                    { "The broker publishes it when the connection is lost without DISCONNECT. It takes effect with " }
                    { "the next Connect." }
                </p>
            </form>
        </Card>
    }
}
