//! The Subscribe card: the form and the list of subscriptions.

use mqttscope_client::{Answer, Subscription};
use mqttscope_link::qos_name;
use mqttscope_proto::{ProtocolVersion, Qos, ReasonCode, SubscribeOptions};
use mqttscope_text::number;
use mqttscope_view::Form;
use yew::prelude::*;
use yew::virtual_dom::Key;

use super::element::{element, several, tag, text, words};
use super::form_dsl::{HALF, RIGHT_HALF, View, Widget, no_note};
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
                Widget::Field { field: Field::Filter, label: "Topic filter", class: HALF, beside: &[] },
                Widget::Field {
                    field: Field::RequestedQos,
                    label: "Requested QoS",
                    class: RIGHT_HALF,
                    beside: &[],
                },
                Widget::Properties(Form::Subscribe),
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
    let entries = list.iter().map(|subscription| entry(view, subscription)).collect();
    // What each Unsubscribe says besides its filter, once there is something to leave.
    let properties = if list.is_empty() { Html::default() } else { view.properties(Form::Unsubscribe) };
    several(vec![title, several(help), element("ul", keys, &values, entries), properties])
}

fn entry(view: &View, subscription: &Subscription) -> Html {
    let Subscription { filter, requested, options, identifier, answer, code } = subscription;
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
    let reason = match view.version(Form::Subscribe) {
        ProtocolVersion::V31 | ProtocolVersion::V311 => None,
        ProtocolVersion::V5 => {
            code.filter(|code| *code >= FIRST_ERROR).and_then(|code| ReasonCode(code).any_name())
        }
    };
    let answer = match reason {
        Some(reason) => concat(&[answer, ": ", reason]),
        None => answer.to_owned(),
    };
    item.add_children([name, asked]);
    for (is_set, option) in options_words(*options) {
        if is_set {
            item.add_child(words("span", "chip", option));
        }
    }
    if let Some(identifier) = identifier {
        item.add_child(words(
            "span",
            "chip",
            &concat(&["identifier ", &number::plain((*identifier).into())]),
        ));
    }
    item.add_children([words("span", class, &answer), leave]);
    item.into()
}

/// What a SUBSCRIBE of MQTT 5 asks for besides a QoS.
fn options_words(options: u8) -> [(bool, &'static str); 4] {
    let options = SubscribeOptions(options);
    [
        (options.no_local(), "no local"),
        (options.retain_as_published(), "retain as published"),
        (options.retain_handling() == 1, "retained if new"),
        (options.retain_handling() == 2, "none retained"),
    ]
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
/// Reason codes from here on say that something failed.
const FIRST_ERROR: u8 = 0x80;
const OTHERS: &str =
    "The broker may go on with an earlier session, and hold subscriptions that this page does not know.";
const HELP: &str =
    "None yet. A filter is a topic or a pattern: + stands for one level, # at its end for all that follow.";
