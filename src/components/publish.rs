//! The Publish card: a message, or a file's bytes.

use mqttscope_text::number;
use yew::prelude::*;

use super::element::{classed, element, text};
use super::parts::{Control, Look, Part, QOS, RIGHT_HALF, TWO_LINES, View, WIDE, no_note};
use crate::store::row::head;
use crate::store::text::concat;
use crate::store::{Deed, Field, Switch};

/// What to publish, and how.
pub const PUBLISH: Part = Part::Card {
    title: "Publish",
    note: no_note,
    open: true,
    parts: &[Part::Form {
        id: "publish-form",
        deed: Deed::Publish,
        parts: &[
            Part::Field {
                field: Field::Topic,
                label: "Topic",
                class: TWO_LINES,
                control: Control::Line,
                beside: &[],
            },
            Part::Field {
                field: Field::PublishQos,
                label: "Publish QoS",
                class: RIGHT_HALF,
                control: QOS,
                beside: &[],
            },
            Part::Field {
                field: Field::Message,
                label: "Message",
                class: WIDE,
                control: Control::Lines("2"),
                beside: &[],
            },
            Part::Group(
                "actions wide",
                &[
                    Part::Submit {
                        deed: Deed::Publish,
                        field: Field::PublishButton,
                        words: "Publish",
                        hint: Some("Ctrl+Enter in the message"),
                    },
                    Part::Check { switch: Switch::Retain, label: "Retain", described: None },
                    Part::Message(Field::PublishButton),
                ],
            ),
            Part::Group(WIDE, &[Part::Draw(file_label), Part::Draw(file_control), Part::Draw(facts)]),
            Part::Group("wide", &[Part::Message(Field::File)]),
        ],
    }],
};

fn file_label(_: &View) -> Html {
    element("label", &["for"], &[Some(Field::File.id())], vec![text("File")])
}

fn file_control(view: &View) -> Html {
    let keys = &["id", "type", "aria-describedby"];
    let input = element("input", keys, &[Some(Field::File.id()), Some("file"), Some("file-facts")], vec![]);
    let publish = view.button(Deed::PublishFile, Look::default(), vec![text("Publish file")]);
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
