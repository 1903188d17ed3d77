//! The Repeat card: the message of the form, or several saved ones in turn, again and again.

use yew::prelude::*;

use super::element::{element, text};
use super::form_dsl::{HALF, Look, RIGHT_HALF, View, Widget};
use crate::store::{Command, Field, repeat};

/// How often, how fast, and how far it is.
pub const REPEAT: Widget = Widget::Card {
    title: "Repeat",
    note,
    open: false,
    widgets: &[
        Widget::Form {
            id: "repeat-form",
            command: Command::Repeat,
            widgets: &[
                Widget::Field { field: Field::RepeatEvery, label: "Every (ms)", class: HALF, beside: &[] },
                Widget::Field { field: Field::RepeatTimes, label: "Times", class: RIGHT_HALF, beside: &[] },
                Widget::Group(
                    "wide",
                    &[Widget::Check {
                        field: Field::RepeatFast,
                        label: "As fast as the broker acknowledges",
                        described: None,
                    }],
                ),
                Widget::Group(
                    "actions wide",
                    &[
                        Widget::Submit {
                            command: Command::Repeat,
                            field: Field::RepeatButton,
                            words: "Repeat",
                            hint: Some(
                                "Fills in {{n}}, {{time}}, {{uuid}}, {{random 1 100}} and {{client_id}}",
                            ),
                        },
                        Widget::Draw(stop),
                        Widget::Message(Field::RepeatButton),
                    ],
                ),
            ],
        },
        Widget::Draw(progress),
    ],
};

fn stop(view: &View) -> Html {
    view.button(&Command::StopRepeat, Look::default(), vec![text("Stop")])
}

fn progress(view: &View) -> Html {
    let words = view.repeat.as_ref().map_or_else(String::new, |state| repeat::words(state));
    element("p", &["id", "class"], &[Some("repeat-progress"), Some("facts")], vec![text(&words)])
}

fn note(view: &View) -> String {
    let is_on = view.repeat.as_ref().is_some_and(|state| state.end.is_none());
    if is_on { "on".into() } else { String::new() }
}
