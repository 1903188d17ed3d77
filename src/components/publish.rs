//! The Publish form: a message, or a file's bytes.

use std::rc::Rc;

use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{File, HtmlInputElement};
use yew::prelude::*;

use super::card::Card;
use super::field::{Check, Control, FormView, Message, QOS_CHOICES, TextField, message_id, on_submit};
use super::subscribe::NOT_CONNECTED;
use crate::store::page::{Action, PickedFile};
use crate::store::row::{hex, payload_text};
use crate::store::validate::refused;
use crate::store::{Field, Switch, number};

#[derive(Properties, PartialEq)]
pub struct PublishFormProps {
    pub view: FormView,
    pub connected: bool,
    pub file: Option<Rc<PickedFile>>,
    pub on_publish: Callback<()>,
    pub on_publish_file: Callback<()>,
}

/// What to publish, and how.
#[component]
pub fn PublishForm(props: &PublishFormProps) -> Html {
    let PublishFormProps { view, connected, file, on_publish, on_publish_file } = props;
    let view = view.clone();
    let idle = (!connected).then_some("true");
    let no_file = file.is_none().then_some("Choose a file first.");
    let file_idle = idle.map(|_| NOT_CONNECTED).or(no_file);
    html! {
        <Card title="Publish">
            <form class="grid" onsubmit={on_submit(on_publish)} onkeydown={on_ctrl_enter(on_publish)} novalidate=true>
                <TextField view={view.clone()} field={Field::Topic} label="Topic" control={Control::Line("")} />
                <TextField view={view.clone()} field={Field::PublishQos} label="Publish QoS"
                    control={Control::Choice(QOS_CHOICES)} />
                <TextField view={view.clone()} field={Field::Message} label="Message" class="wide"
                    control={Control::Lines(3)} />
                <div class="actions wide">
                    <button id={Field::PublishButton.id()} class="primary" aria-disabled={idle}
                        title={idle.map_or("Ctrl+Enter in the message", |_| NOT_CONNECTED)}
                        aria-describedby={message_id(Field::PublishButton)}>{ "Publish" }</button>
                    <Check view={view.clone()} switch={Switch::Retain} label="Retain" />
                    <Message view={view.clone()} field={Field::PublishButton} />
                </div>
                <div class="field wide">
                    <label for={Field::File.id()}>{ "File" }</label>
                    <div class="control">
                        <input id={Field::File.id()} type="file" onchange={on_pick(&view.act)}
                            aria-describedby="file-facts" />
                        <button type="button" aria-disabled={file_idle.map(|_| "true")} title={file_idle}
                            aria-describedby={message_id(Field::File)}
                            onclick={on_publish_file.reform(|_: MouseEvent| ())}>{ "Publish file" }</button>
                    </div>
                    <p id="file-facts" class="facts">{ facts(file.as_deref()) }</p>
                    <Message {view} field={Field::File} />
                </div>
            </form>
        </Card>
    }
}

/// Name, type, size and first bytes of a file.
fn facts(file: Option<&PickedFile>) -> Html {
    let Some(file) = file else { return html! { "Any bytes, sent as they are." } };
    let mime = if file.mime.is_empty() { "unknown type" } else { &file.mime };
    let head = &file.bytes[..file.bytes.len().min(HEAD_BYTES)];
    html! { <>
        { [&file.name, ", ", mime, ", ", &number::size(file.bytes.len() as u64)].concat() }<br />
        <code>{ hex(head) }</code>{ " " }<code>{ payload_text(head) }</code>
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
fn on_ctrl_enter(action: &Callback<()>) -> Callback<KeyboardEvent> {
    let action = action.clone();
    Callback::from(move |event: KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            action.emit(());
        }
    })
}

const HEAD_BYTES: usize = 12;
