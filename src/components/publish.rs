//! The Publish form: a message, or a file's bytes.

use std::rc::Rc;

use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{File, HtmlInputElement};
use yew::prelude::*;

use super::card::card;
use super::field::{
    Control, Deed, FormView, HALF, QOS_CHOICES, RIGHT_HALF, WIDE, button, message_id, on_click, on_submit,
};
use super::subscribe::NOT_CONNECTED;
use crate::store::page::{Action, PickedFile};
use crate::store::row::{hex, payload_text};
use crate::store::text::concat;
use crate::store::validate::refused;
use crate::store::{Field, Switch, number};

/// What to publish, and how.
pub fn publish_form(
    view: &FormView,
    connected: bool,
    file: Option<&PickedFile>,
    publish: &Deed,
    publish_file: &Deed,
) -> Html {
    let idle = (!connected).then_some(NOT_CONNECTED);
    let file_idle = idle.or(file.is_none().then_some(NO_FILE));
    let publish_button = Field::PublishButton;
    card(
        "Publish",
        "",
        true,
        html! {
            <form class="grid" onsubmit={on_submit(publish)} onkeydown={on_ctrl_enter(publish)} novalidate=true>
                { view.field(Field::Topic, "Topic", HALF, Control::Line(""), Html::default()) }
                { view.field(Field::PublishQos, "Publish QoS", RIGHT_HALF, QOS_CHOICES, Html::default()) }
                { view.field(Field::Message, "Message", WIDE, Control::Lines("3"), Html::default()) }
                <div class="actions wide">
                    <button id={publish_button.id()} class="primary" aria-disabled={idle.map(|_| "true")}
                        title={idle.unwrap_or("Ctrl+Enter in the message")}
                        aria-describedby={message_id(publish_button)}>{ "Publish" }</button>
                    { view.check(Switch::Retain, "Retain", None) }
                    { view.message(publish_button) }
                </div>
                <div class="field wide">
                    <label for={Field::File.id()}>{ "File" }</label>
                    <div class="control">
                        <input id={Field::File.id()} type="file" onchange={on_pick(&view.act)} aria-describedby="file-facts" />
                        { button("Publish file", "", on_click(publish_file), file_idle) }
                    </div>
                    <p id="file-facts" class="facts">{ facts(file) }</p>
                    { view.message(Field::File) }
                </div>
            </form>
        },
    )
}

/// Name, type, size and first bytes of a file.
fn facts(file: Option<&PickedFile>) -> Html {
    let Some(file) = file else { return html! { "Any bytes, sent as they are." } };
    let mime = if file.mime.is_empty() { "unknown type" } else { &file.mime };
    let head = &file.bytes[..file.bytes.len().min(HEAD_BYTES)];
    html! { <>
        { concat(&[&file.name, ", ", mime, ", ", &number::size(file.bytes.len() as u64)]) }<br />
        <code>{ concat(&[&hex(head), "  ", &payload_text(head)]) }</code>
    </> }
}

fn on_pick(act: &Callback<Action>) -> Callback<Event> {
    let act = act.clone();
    Callback::from(move |event: Event| {
        let file = event.target_dyn_into::<HtmlInputElement>().and_then(|input| input.files()?.get(0));
        match file {
            Some(file) => spawn_local(read(file, act.clone())),
            None => act.emit(Action::File(None)),
        }
    })
}

async fn read(file: File, act: Callback<Action>) {
    match JsFuture::from(file.array_buffer()).await {
        Ok(buffer) => {
            let bytes = js_sys::Uint8Array::new(&buffer).to_vec();
            act.emit(Action::File(Some(Rc::new(PickedFile {
                name: file.name(),
                mime: file.type_(),
                bytes,
            }))));
        }
        Err(_) => act.emit(Action::Refused(refused(Field::File, "The browser could not read the file."))),
    }
}

/// In a message of several lines Enter makes a new one, so Ctrl+Enter publishes.
fn on_ctrl_enter(deed: &Deed) -> Callback<KeyboardEvent> {
    let deed = deed.clone();
    Callback::from(move |event: KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            deed.emit(());
        }
    })
}

/// Why a file cannot be published.
pub const NO_FILE: &str = "Choose a file first.";
const HEAD_BYTES: usize = 12;
