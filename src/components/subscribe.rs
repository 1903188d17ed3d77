//! The Subscribe form and the list of subscriptions.

use mqttscope_proto::Qos;
use yew::prelude::*;

use super::card::card;
use super::field::{Control, Deed, FormView, HALF, QOS_CHOICES, RIGHT_HALF, message_id, on_submit};
use crate::store::connection::Answer;
use crate::store::row::qos_name;
use crate::store::text::concat;
use crate::store::{Connection, Field, Subscription};

/// What to subscribe to, and what was granted.
pub fn subscribe_form(
    view: &FormView,
    connection: &Connection,
    subscribe: &Deed,
    unsubscribe: &Callback<String>,
) -> Html {
    let idle = (!connection.is_connected()).then_some(NOT_CONNECTED);
    let button = Field::SubscribeButton;
    card(
        "Subscribe",
        "",
        true,
        html! { <>
            <form class="grid" onsubmit={on_submit(subscribe)} novalidate=true>
                { view.field(Field::Filter, "Topic filter", HALF, Control::Line(""), Html::default()) }
                { view.field(Field::RequestedQos, "Requested QoS", RIGHT_HALF, QOS_CHOICES, Html::default()) }
                <div class="actions wide">
                    <button id={button.id()} class="primary" aria-disabled={idle.map(|_| "true")} title={idle}
                        aria-describedby={message_id(button)}>{ "Subscribe" }</button>
                    { view.message(button) }
                </div>
            </form>
            <h3 id="subscriptions-title">{ "Subscriptions" }</h3>
            if connection.subscriptions.is_empty() {
                <p class="help">
                    { "None yet. A filter is a topic or a pattern: + stands for one level, # at its end for all that follow." }
                </p>
            }
            <ul class="subscriptions" aria-labelledby="subscriptions-title">
                { for connection.subscriptions.iter().map(|subscription| entry(subscription, unsubscribe)) }
            </ul>
        </> },
    )
}

fn entry(subscription: &Subscription, unsubscribe: &Callback<String>) -> Html {
    let Subscription { filter, requested, answer } = subscription;
    let (class, words) = match answer {
        Answer::Awaited => ("chip", "asked"),
        Answer::Granted(qos) if qos == requested => ("chip good", granted(*qos)),
        Answer::Granted(qos) => ("chip amber", granted(*qos)),
        Answer::Refused => ("chip red", "refused"),
        Answer::Leaving => ("chip", "leaving"),
    };
    let filter: AttrValue = filter.clone().into();
    let id = concat(&["subscription-", &filter]);
    let onclick = {
        let (unsubscribe, filter) = (unsubscribe.clone(), filter.clone());
        Callback::from(move |_: MouseEvent| unsubscribe.emit(filter.to_string()))
    };
    html! {
        <li key={&*filter}>
            <span class="filter" id={id.clone()} title={&filter}>{ &filter }</span>
            <span class="chip">{ concat(&["requested ", qos_name(requested.as_u8())]) }</span>
            <span {class}>{ words }</span>
            <button type="button" class="small" {onclick} aria-describedby={id}>{ "Unsubscribe" }</button>
        </li>
    }
}

const fn granted(qos: Qos) -> &'static str {
    match qos {
        Qos::AtMostOnce => "granted QoS 0",
        Qos::AtLeastOnce => "granted QoS 1",
        Qos::ExactlyOnce => "granted QoS 2",
    }
}

/// Why a button that needs a connection cannot work.
pub const NOT_CONNECTED: &str = "Not connected: press Connect first.";
