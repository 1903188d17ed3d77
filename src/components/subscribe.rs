//! The Subscribe card: the form and the list of subscriptions.

use mqttscope_client::{Answer, Subscription};
use mqttscope_link::{SubscriptionFigures, qos_name};
use mqttscope_proto::{ProtocolVersion, Qos, ReasonCode, SubscribeOptions};
use mqttscope_text::number;
use mqttscope_view::Form;
use mqttscope_view::marks::{COLOURS, Note};
use yew::prelude::*;
use yew::virtual_dom::Key;

use super::element::{classed, element, option, several, tag, text, words};
use super::form_dsl::{HALF, Look, RIGHT_HALF, View, Widget, no_note};
use super::log_row::hue;
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
        let buttons = EASY.iter().map(|filter| acting(view, &SUBSCRIBE_TO, filter, "Subscribe to ", filter));
        help.push(words("p", "help", HELP));
        help.push(classed("div", "actions easy", buttons.collect()));
    }
    if view.connection.is_connected() && view.connection.may_hold_others {
        help.push(words("p", "help amber", OTHERS));
    }
    let keys = &["class", "aria-labelledby"];
    let values = [Some("subscriptions"), Some("subscriptions-title")];
    let entries = list.iter().map(|subscription| entry(view, subscription)).collect();
    // What each Unsubscribe says besides its filter, once there is something to leave.
    let properties = if list.is_empty() { Html::default() } else { view.properties(Form::Unsubscribe) };
    let look = Look { class: Some("small"), ..Look::default() };
    let all = if list.len() < 2 {
        Html::default()
    } else {
        view.button(&Command::UnsubscribeAll, look, vec![text("Unsubscribe all")])
    };
    several(vec![title, several(help), element("ul", keys, &values, entries), all, properties])
}

fn entry(view: &View, subscription: &Subscription) -> Html {
    let Subscription { filter, requested, options, identifier, answer, code, .. } = subscription;
    let (class, answer) = match answer {
        Answer::Awaited => ("chip", "asked"),
        Answer::Granted(qos) if qos == requested => ("chip good", granted(*qos)),
        Answer::Granted(qos) => ("chip amber", granted(*qos)),
        Answer::Refused => ("chip red", "refused"),
        Answer::Leaving => ("chip", "leaving"),
        Answer::Unanswered => ("chip amber", "not answered"),
        Answer::Gone => ("chip red", "gone"),
        Answer::Again => ("chip amber", "asked for again"),
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
    let leave = match subscription.answer {
        Answer::Refused | Answer::Gone => acting(view, &FORGET, filter, "Remove", ""),
        _ => element("button", keys, &values, vec![text("Unsubscribe")]),
    };
    let note = view.page.marks.of(filter);
    let figures = view.figures.iter().find(|figures| figures.filter == *filter);
    let mut item = tag("li", &[], &[]);
    item.key = Some(Key::from(filter.as_str()));
    if note.colour > 0 || note.is_muted {
        let muted = if note.is_muted { " muted" } else { "" };
        item.add_attribute("class", concat(&[hue(note.colour).trim_start(), muted]));
    }
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
    item.add_child(words("span", class, &answer));
    if let Some(figures) = figures {
        item.add_child(words("span", "came", &figures_words(figures)));
    }
    item.add_children([mute(view, &note), leave, noted(view, &note)]);
    item.into()
}

/// How many messages have come to a subscription, and how many a second.
fn figures_words(figures: &SubscriptionFigures) -> String {
    let count = number::counted(figures.messages, " message", " messages");
    let (whole, tenth) = (figures.tenths / 10, figures.tenths % 10);
    let rate = concat(&[&number::grouped(whole.into()), ".", &number::plain(tenth.into())]);
    concat(&[&count, ", ", &rate, "/s"])
}

/// A small button of a command that is about a topic filter.
fn acting(view: &View, command: &Command, filter: &str, words: &str, rest: &str) -> Html {
    let why_not = command.why_not(view.standing());
    let keys = &["type", "class", "data-deed", "data-filter", "aria-label", "aria-disabled", "title"];
    let name = concat(&[words.trim_end(), " ", filter]);
    let values = [
        Some("button"),
        Some("small"),
        Some(command.name()),
        Some(filter),
        Some(&*name),
        why_not.map(|_| "true"),
        why_not,
    ];
    element("button", keys, &values, vec![text(&concat(&[words, rest]))])
}

/// The button by which messages are left out of the log's view, though they come.
fn mute(_: &View, note: &Note) -> Html {
    let keys = &["type", "class", "data-deed", "data-filter", "aria-pressed", "aria-label", "title"];
    let name = concat(&["Mute ", &note.filter]);
    let pressed = if note.is_muted { "true" } else { "false" };
    let values = [
        Some("button"),
        Some("small mute"),
        Some(MUTE.name()),
        Some(&*note.filter),
        Some(pressed),
        Some(&*name),
        Some("Leaves its messages out of the log's view and figures; they still come."),
    ];
    element("button", keys, &values, vec![text(if note.is_muted { "Muted" } else { "Mute" })])
}

/// Name and colour, folded away.
fn noted(_: &View, note: &Note) -> Html {
    let keys = &["type", "data-mark", "data-filter", "aria-label", "placeholder", "autocomplete"];
    let name = concat(&["Name of ", &note.filter]);
    let values = [Some("text"), Some("name"), Some(&*note.filter), Some(&*name), Some("Name"), Some("off")];
    let mut input = tag("input", keys, &values);
    input.set_value(note.name.clone());
    let options = COLOURS.iter().enumerate();
    let options = options.map(|(at, colour)| option(colour, colour, at == usize::from(note.colour)));
    let name = concat(&["Colour of ", &note.filter]);
    let keys = &["data-mark", "data-filter", "aria-label"];
    let values = [Some("colour"), Some(&*note.filter), Some(&*name)];
    let select = element("select", keys, &values, options.collect());
    let head = if note.name.is_empty() { "Name and colour" } else { &note.name };
    let head = element("summary", &[], &[], vec![text(head)]);
    classed("details", "noted", vec![head, classed("div", "control", vec![input.into(), select])])
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
const SUBSCRIBE_TO: Command = Command::SubscribeTo(String::new());
const FORGET: Command = Command::ForgetSubscription(String::new());
const MUTE: Command = Command::MuteSubscription(String::new());
/// What many begin with: all topics, and what a broker says of itself.
const EASY: [&str; 2] = ["#", "$SYS/#"];
/// Reason codes from here on say that something failed.
const FIRST_ERROR: u8 = 0x80;
const OTHERS: &str =
    "The broker may go on with an earlier session, and hold subscriptions that this page does not know.";
const HELP: &str =
    "None yet. A line each: a topic or a pattern, where + is one level, # at its end all that follow.";
