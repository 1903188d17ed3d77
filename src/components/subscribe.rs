//! The Subscribe form and the list of subscriptions.

use std::rc::Rc;

use mqttscope_proto::Qos;
use yew::prelude::*;

use super::card::Card;
use super::field::{Control, FormView, Message, QOS_CHOICES, TextField, message_id, on_submit};
use crate::store::connection::Answer;
use crate::store::row::qos_name;
use crate::store::{Connection, Field, Subscription};

#[derive(Properties, PartialEq)]
pub struct SubscribeFormProps {
    pub view: FormView,
    pub connection: Rc<Connection>,
    pub on_subscribe: Callback<()>,
    pub on_unsubscribe: Callback<String>,
}

/// What to subscribe to, and what was granted.
#[component]
pub fn SubscribeForm(props: &SubscribeFormProps) -> Html {
    let SubscribeFormProps { view, connection, on_subscribe, on_unsubscribe } = props;
    let view = view.clone();
    let idle = (!connection.is_connected()).then_some("true");
    html! {
        <Card title="Subscribe">
            <form class="grid" onsubmit={on_submit(on_subscribe)} novalidate=true>
                <TextField view={view.clone()} field={Field::Filter} label="Topic filter"
                    control={Control::Line("")} />
                <TextField view={view.clone()} field={Field::RequestedQos} label="Requested QoS"
                    control={Control::Choice(QOS_CHOICES)} />
                <div class="actions wide">
                    <button id={Field::SubscribeButton.id()} class="primary" aria-disabled={idle}
                        title={idle.map(|_| NOT_CONNECTED)}
                        aria-describedby={message_id(Field::SubscribeButton)}>{ "Subscribe" }</button>
                    <Message {view} field={Field::SubscribeButton} />
                </div>
            </form>
            <h3 id="subscriptions-title">{ "Subscriptions" }</h3>
            if connection.subscriptions.is_empty() {
                <p class="help">
                    { "None yet. A topic filter is a topic, or a pattern: " }<code>{ "+" }</code>
                    { " stands for one level, " }<code>{ "#" }</code>{ " at the end for all that follow." }
                </p>
            }
            <ul class="subscriptions" aria-labelledby="subscriptions-title">
                { for connection.subscriptions.iter().map(|subscription| entry(subscription, on_unsubscribe)) }
            </ul>
        </Card>
    }
}

fn entry(subscription: &Subscription, on_unsubscribe: &Callback<String>) -> Html {
    let Subscription { filter, requested, answer } = subscription;
    let (class, words) = match answer {
        Answer::Awaited => ("chip", "asked".to_owned()),
        Answer::Granted(qos) if qos == requested => ("chip good", granted(*qos)),
        Answer::Granted(qos) => ("chip amber", granted(*qos)),
        Answer::Refused => ("chip red", "refused".to_owned()),
        Answer::Leaving => ("chip", "leaving".to_owned()),
    };
    let id = ["subscription-", filter].concat();
    let onclick = {
        let filter = filter.clone();
        on_unsubscribe.reform(move |_: MouseEvent| filter.clone())
    };
    html! {
        <li key={filter.clone()}>
            <span class="filter" id={id.clone()} title={filter.clone()}>{ filter }</span>
            <span class="chip">{ ["requested ", qos_name(requested.as_u8())].concat() }</span>
            <span {class}>{ words }</span>
            <button type="button" class="small" {onclick} aria-describedby={id}>{ "Unsubscribe" }</button>
        </li>
    }
}

fn granted(qos: Qos) -> String {
    ["granted ", qos_name(qos.as_u8())].concat()
}

/// Why a button that needs a connection cannot work.
pub const NOT_CONNECTED: &str = "Not connected: press Connect first.";
