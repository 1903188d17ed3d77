//! The Messages region: messages that were saved by name, in folders, and the last that were sent.

use mqttscope_text::bytes::beginning;
use mqttscope_text::number;
use mqttscope_view::messages::{Kept, Message};
use yew::prelude::*;
use yew::virtual_dom::Key;

use super::element::{classed, element, several, tag, text, words};
use super::form_dsl::{Look, SMALL, View, WIDE, Widget, message_id};
use crate::store::text::concat;
use crate::store::{Command, Field};

/// All messages that are kept, and what can be done with them.
pub const MESSAGES: Widget = Widget::Draw(region);

const CARD: Widget = Widget::Card {
    title: "Messages",
    note: super::form_dsl::no_note,
    open: false,
    widgets: &[
        Widget::Form {
            id: "messages-form",
            command: Command::SaveMessage,
            widgets: &[
                Widget::Field { field: Field::MessageName, label: "Message name", class: WIDE, beside: &[] },
                Widget::Group("actions wide", &[Widget::Draw(save), Widget::Message(Field::SaveButton)]),
            ],
        },
        Widget::Draw(list),
        Widget::Group(WIDE, &[Widget::Draw(file), Widget::Message(Field::MessagesFile)]),
    ],
};

fn region(view: &View) -> Html {
    let keys = &["class", "aria-label"];
    element("section", keys, &[Some("messages"), Some("Messages")], view.draw(&[CARD]))
}

fn save(view: &View) -> Html {
    let message = message_id(Field::SaveButton);
    let look = Look {
        id: Some(Field::SaveButton.id()),
        described: Some(&message),
        title: Some("With a / in its name it is in a folder"),
        ..Look::default()
    };
    let words = if view.page.renaming.is_some() { "Rename message" } else { "Save message" };
    view.submit(&Command::SaveMessage, look, words)
}

/// Those that were saved, folder by folder, or those that were sent.
fn list(view: &View) -> Html {
    let messages = &view.page.messages;
    let mut items = Vec::new();
    let help = if view.page.shows_sent {
        for (at, message) in messages.sent().iter().enumerate() {
            let name = message.text(Field::Topic).unwrap_or_default();
            items.push(entry(view, &Kept::Sent(at), name, message));
        }
        "Nothing was sent yet."
    } else {
        let mut before = "";
        for (name, message) in messages.saved() {
            let folder = name.rfind('/').map_or("", |at| &name[..at]);
            if folder != before {
                items.push(words("li", "folder", folder));
                before = folder;
            }
            items.push(entry(view, &Kept::Saved(name.clone()), name, message));
        }
        "Nothing was saved yet."
    };
    let title = if view.page.shows_sent { "Sent" } else { "Saved" };
    let title = element("h3", &["id"], &[Some("messages-title")], vec![text(title)]);
    let help = if items.is_empty() { words("p", "help", help) } else { Html::default() };
    let values = [Some("kept"), Some("messages-title")];
    let other = match view.page.shows_sent {
        true => "Show saved".to_owned(),
        false => concat(&["Show sent (", &number::plain(messages.sent().len() as u64), ")"]),
    };
    let toggle = view.button(&Command::ToggleSent, SMALL, vec![text(&other)]);
    let repeat = view.button(&Command::RepeatChosen, SMALL, vec![text("Repeat chosen")]);
    let export = view.button(&Command::ExportMessages, SMALL, vec![text("Export messages")]);
    let actions = classed("div", "actions", vec![toggle, repeat, export]);
    several(vec![title, actions, help, element("ul", &["class", "aria-labelledby"], &values, items)])
}

fn entry(view: &View, kept: &Kept, name: &str, message: &Message) -> Html {
    let about = kept.words();
    let mut item = tag("li", &[], &[]);
    item.key = Some(Key::from(about.as_str()));
    let short = match kept {
        Kept::Saved(name) => {
            let keys = &["type", "data-choose", "aria-label"];
            let label = concat(&["Choose ", name]);
            let mut input = tag("input", keys, &[Some("checkbox"), Some(&**name), Some(&*label)]);
            input.set_checked(view.page.chosen.contains(name));
            item.add_child(input.into());
            name.rsplit('/').next().unwrap_or_default()
        }
        Kept::Sent(_) => name,
    };
    let typed = message.text(Field::Message).unwrap_or_default();
    let shown = beginning(typed.as_bytes(), SHOWN_BYTES).unwrap_or_default();
    item.add_child(element("span", &["class", "title"], &[Some("filter"), Some(name)], vec![text(short)]));
    item.add_child(words("span", "text", &shown));
    let facts =
        [Field::MessageFormat, Field::PublishQos].map(|field| message.text(field).unwrap_or_default());
    item.add_child(words("span", "chip", &concat(&[facts[0], ", QoS ", facts[1]])));
    let button = |command: Command, label: &str| {
        let name = concat(&[label, " ", name]);
        let why_not = command.why_not(view.standing());
        let keys = &["type", "class", "data-deed", "data-filter", "aria-label", "aria-disabled", "title"];
        let values = [
            Some("button"),
            Some("small"),
            Some(command.name()),
            Some(&*about),
            Some(&*name),
            why_not.map(|_| "true"),
            why_not,
        ];
        element("button", keys, &values, vec![text(label)])
    };
    let buttons = vec![
        button(Command::SendMessage(String::new()), "Send"),
        button(Command::EditMessage(String::new()), "Edit"),
        match kept {
            Kept::Saved(_) => button(Command::RenameMessage(String::new()), "Rename"),
            Kept::Sent(_) => button(Command::KeepMessage(String::new()), "Save"),
        },
        button(Command::DeleteMessage(String::new()), "Delete"),
    ];
    item.add_child(classed("div", "deeds", buttons));
    item.into()
}

/// A file of messages, which are added.
fn file(_: &View) -> Html {
    let label = element("label", &["for"], &[Some(Field::MessagesFile.id())], vec![text("Import messages")]);
    let message = message_id(Field::MessagesFile);
    let keys = &["id", "type", "accept", "aria-describedby"];
    let values = [Some(Field::MessagesFile.id()), Some("file"), Some(".json"), Some(&*message)];
    several(vec![label, classed("div", "control", vec![element("input", keys, &values, vec![])])])
}

/// Of a message as much as a line shows.
const SHOWN_BYTES: usize = 60;
