//! The Subscribe card: the form and the list of subscriptions.

use mqttscope_client::{Answer, Subscription};
use mqttscope_link::qos_name;
use mqttscope_proto::Qos;
use yew::prelude::*;
use yew::virtual_dom::Key;

use super::element::{element, several, tag, text, words};
use super::form_dsl::{RIGHT_HALF, TWO_LINES, View, Widget, no_note};
use crate::store::text::concat;
use crate::store::{Command, Field};

/// What to subscribe to, and what was granted.
pub const SUBSCRIBE: Widget = Widget::Card {
    title: "Subscribe",
    note: no_note,
    open: true,
    widgets: &[
        Widget::Form {
            id: "subscribe-form",
            command: Command::Subscribe,
            widgets: &[
                Widget::Field { field: Field::Filter, label: "Topic filter", class: TWO_LINES, beside: &[] },
                Widget::Field {
                    field: Field::RequestedQos,
                    label: "Requested QoS",
                    class: RIGHT_HALF,
                    beside: &[],
                },
                Widget::Group(
                    "actions wide",
                    &[
                        Widget::Submit {
                            command: Command::Subscribe,
                            field: Field::SubscribeButton,
                            words: "Subscribe",
                            hint: None,
                        },
                        Widget::Message(Field::SubscribeButton),
                    ],
                ),
            ],
        },
        Widget::Draw(subscriptions),
    ],
};

fn subscriptions(view: &View) -> Html {
    let list = &view.connection.subscriptions;
    let title = element("h3", &["id"], &[Some("subscriptions-title")], vec![text("Subscriptions")]);
    let mut help = vec![];
    if list.is_empty() {
        help.push(words("p", "help", HELP));
    }
    if view.connection.is_connected() && view.connection.may_hold_others {
        help.push(words("p", "help amber", OTHERS));
    }
    let keys = &["class", "aria-labelledby"];
    let values = [Some("subscriptions"), Some("subscriptions-title")];
    let entries = list.iter().map(entry).collect();
    several(vec![title, several(help), element("ul", keys, &values, entries)])
}

fn entry(subscription: &Subscription) -> Html {
    let Subscription { filter, requested, answer, .. } = subscription;
    let (class, answer) = match answer {
        Answer::Awaited => ("chip", "asked"),
        Answer::Granted(qos) if qos == requested => ("chip good", granted(*qos)),
        Answer::Granted(qos) => ("chip amber", granted(*qos)),
        Answer::Refused => ("chip red", "refused"),
        Answer::Leaving => ("chip", "leaving"),
        Answer::Unanswered => ("chip amber", "not answered"),
        Answer::Gone => ("chip red", "gone"),
    };
    let id = concat(&["subscription-", filter]);
    let name = element(
        "span",
        &["class", "id", "title"],
        &[Some("filter"), Some(&id), Some(filter)],
        vec![text(filter)],
    );
    let asked = words("span", "chip", &concat(&["requested ", qos_name(requested.as_u8())]));
    let keys = &["type", "class", "data-deed", "data-filter", "aria-describedby"];
    let values = [Some("button"), Some("small"), Some(UNSUBSCRIBE.name()), Some(&**filter), Some(&*id)];
    let leave = element("button", keys, &values, vec![text("Unsubscribe")]);
    let mut item = tag("li", &[], &[]);
    item.key = Some(Key::from(filter.as_str()));
    item.add_children([name, asked, words("span", class, answer), leave]);
    item.into()
}

const fn granted(qos: Qos) -> &'static str {
    match qos {
        Qos::AtMostOnce => "granted QoS 0",
        Qos::AtLeastOnce => "granted QoS 1",
        Qos::ExactlyOnce => "granted QoS 2",
    }
}

/// Its filter stands beside it in the document.
const UNSUBSCRIBE: Command = Command::Unsubscribe(String::new());
const OTHERS: &str =
    "The broker may go on with an earlier session, and hold subscriptions that this page does not know.";
const HELP: &str =
    "None yet. A filter is a topic or a pattern: + stands for one level, # at its end for all that follow.";
