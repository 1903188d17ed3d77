//! The Publish card: a message, or a file's bytes.

use mqttscope_link::Format;
use mqttscope_text::bytes::head;
use mqttscope_text::number;
use mqttscope_view::Form;
use yew::prelude::*;

use super::element::{classed, element, several, text, words};
use super::form_dsl::{ALONE, HALF, Look, RIGHT_HALF, SMALL, View, WIDE, Widget, no_note};
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
            Widget::Field { field: Field::Topic, label: "Topic", class: HALF, beside: &[] },
            Widget::Field { field: Field::PublishQos, label: "Publish QoS", class: RIGHT_HALF, beside: &[] },
            Widget::Field { field: Field::MessageFormat, label: "Message format", class: ALONE, beside: &[] },
            Widget::Group("format-tools", &[Widget::Draw(reformat), Widget::Draw(byte_count)]),
            Widget::Field { field: Field::Message, label: "Message", class: WIDE, beside: &[] },
            Widget::Draw(send_anyway),
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
                    Widget::Check { field: Field::Copy, label: "DUP copy", described: None },
                    Widget::Message(Field::PublishButton),
                ],
            ),
            Widget::Group(WIDE, &[Widget::Draw(file_label), Widget::Draw(file_control), Widget::Draw(facts)]),
            Widget::Group("wide", &[Widget::Message(Field::File)]),
        ],
    }],
};

/// What can be done with JSON.
fn reformat(view: &View) -> Html {
    match view.page.drafts.message_format() {
        Format::Json | Format::Cbor | Format::MessagePack => several(vec![
            view.button(&Command::PrettyMessage, SMALL, vec![text("Pretty")]),
            view.button(&Command::MinifyMessage, SMALL, vec![text("Minify")]),
        ]),
        Format::Text | Format::Hex | Format::Base64 => Html::default(),
    }
}

/// How long the message is, once it is made.
fn byte_count(view: &View) -> Html {
    let len = view.page.message_len().filter(|_| view.page.checked.wrong.is_none());
    let count = len.map(|len| number::counted(len, " byte", " bytes")).unwrap_or_default();
    element("span", &["id", "class"], &[Some("message-bytes"), Some("note")], vec![text(&count)])
}

/// Beside a message that was refused because it is none of its format.
fn send_anyway(view: &View) -> Html {
    let is_refused = view.page.problems.at(Field::Message).is_some() && view.page.checked.wrong.is_some();
    if !is_refused {
        return Html::default();
    }
    let button = view.button(&Command::SendAnyway, SMALL, vec![text("Send anyway")]);
    classed("div", "actions wide", vec![button, words("span", "help", "As text, as it is typed.")])
}

fn file_label(_: &View) -> Html {
    element("label", &["for"], &[Some(Field::File.id())], vec![text("File")])
}

fn file_control(view: &View) -> Html {
    let keys = &["id", "type", "multiple", "aria-describedby"];
    let values = [Some(Field::File.id()), Some("file"), Some(""), Some("file-facts")];
    let input = element("input", keys, &values, vec![]);
    let publish = view.button(&Command::PublishFile, Look::default(), vec![text("Publish file")]);
    classed("div", "control", vec![input, publish])
}

/// Name, type, size and first bytes of a file; of several their names and sizes.
fn facts(view: &View) -> Html {
    let facts = match view.page.files.as_slice() {
        [] => vec![text("Any bytes, sent as they are; several files one after the other.")],
        [file] => {
            let mime = if file.mime.is_empty() { "unknown type" } else { &file.mime };
            let size = number::size(file.bytes.len() as u64);
            vec![
                text(&concat(&[&file.name, ", ", mime, ", ", &size])),
                element("br", &[], &[], vec![]),
                element("code", &[], &[], vec![text(&head(&file.bytes, HEAD_BYTES))]),
            ]
        }
        files => {
            let bytes = files.iter().map(|file| file.bytes.len() as u64).sum();
            let count = number::grouped(files.len() as u64);
            let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
            vec![text(&concat(&[&count, " files, ", &number::size(bytes), ": ", &names.join(", ")]))]
        }
    };
    element("p", &["id", "class"], &[Some("file-facts"), Some("facts")], facts)
}

const HEAD_BYTES: usize = 12;
