//! The Publish card: a message, or a file's bytes.

use mqttscope_text::bytes::head;
use mqttscope_text::number;
use mqttscope_view::Form;
use yew::prelude::*;

use super::element::{classed, element, text};
use super::form_dsl::{Look, RIGHT_HALF, TWO_LINES, View, WIDE, Widget, no_note};
use crate::store::text::concat;
use crate::store::{Command, Field};

/// What to publish, and how.
pub const PUBLISH: Widget = Widget::Card {
    title: "Publish",
    note: no_note,
    open: true,
    widgets: &[Widget::Form {
        id: "publish-form",
        command: Command::Publish,
        widgets: &[
            Widget::Field { field: Field::Topic, label: "Topic", class: TWO_LINES, beside: &[] },
            Widget::Field { field: Field::PublishQos, label: "Publish QoS", class: RIGHT_HALF, beside: &[] },
            Widget::Field { field: Field::Message, label: "Message", class: WIDE, beside: &[] },
            Widget::Properties(Form::Publish),
            Widget::Group(
                "actions wide",
                &[
                    Widget::Submit {
                        command: Command::Publish,
                        field: Field::PublishButton,
                        words: "Publish",
                        hint: Some("Ctrl+Enter in the message"),
                    },
                    Widget::Check { field: Field::Retain, label: "Retain", described: None },
                    Widget::Message(Field::PublishButton),
                ],
            ),
            Widget::Group(WIDE, &[Widget::Draw(file_label), Widget::Draw(file_control), Widget::Draw(facts)]),
            Widget::Group("wide", &[Widget::Message(Field::File)]),
        ],
    }],
};

fn file_label(_: &View) -> Html {
    element("label", &["for"], &[Some(Field::File.id())], vec![text("File")])
}

fn file_control(view: &View) -> Html {
    let keys = &["id", "type", "aria-describedby"];
    let input = element("input", keys, &[Some(Field::File.id()), Some("file"), Some("file-facts")], vec![]);
    let publish = view.button(&Command::PublishFile, Look::default(), vec![text("Publish file")]);
    classed("div", "control", vec![input, publish])
}

/// Name, type, size and first bytes of a file.
fn facts(view: &View) -> Html {
    let facts = match &view.page.file {
        None => vec![text("Any bytes, sent as they are.")],
        Some(file) => {
            let mime = if file.mime.is_empty() { "unknown type" } else { &file.mime };
            let size = number::size(file.bytes.len() as u64);
            vec![
                text(&concat(&[&file.name, ", ", mime, ", ", &size])),
                element("br", &[], &[], vec![]),
                element("code", &[], &[], vec![text(&head(&file.bytes, HEAD_BYTES))]),
            ]
        }
    };
    element("p", &["id", "class"], &[Some("file-facts"), Some("facts")], facts)
}

const HEAD_BYTES: usize = 12;
