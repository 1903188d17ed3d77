//! Files that are dropped on the page: captures anywhere, a payload on the card that publishes.

use std::collections::VecDeque;

use js_sys::{Function, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DataTransfer, DragEvent, Element, File};
use yew::html::Scope;

use super::files::read;
use super::{App, Message};
use crate::browser;
use crate::store::{Field, Problems, refused};

/// What was dropped, and where.
pub struct Dropped {
    files: Vec<File>,
    has_folder: bool,
    is_payload: bool,
}

/// Hears of files that are dragged over the page and dropped.
pub(super) fn drop_listener(link: Scope<App>) -> Closure<dyn FnMut(DragEvent)> {
    let on_drag = Closure::new(move |event: DragEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is_in = |selector| {
            target.as_ref().is_some_and(|it| it.closest(selector).is_ok_and(|found| found.is_some()))
        };
        let Some(data) = event.data_transfer().filter(has_files) else { return };
        // A control for files takes them itself.
        if is_in("input[type=file]") {
            return;
        }
        // Without this a browser leaves the page, and shows the file in its place.
        event.prevent_default();
        if event.type_() == "drop" {
            let dropped = Dropped {
                files: browser::files_of(data.files()),
                has_folder: has_folder(&data),
                is_payload: is_in(PUBLISH),
            };
            link.send_message(Message::Drop(dropped));
        }
    });
    if let Some(document) = browser::document() {
        for kind in ["dragover", "drop"] {
            // It can only fail for want of memory.
            let _ = document.add_event_listener_with_callback(kind, on_drag.as_ref().unchecked_ref());
        }
    }
    on_drag
}

impl App {
    pub(super) fn on_drop(&mut self, dropped: Dropped, link: &Scope<Self>) -> Result<(), Problems> {
        let field = if dropped.is_payload { Field::File } else { Field::ImportFile };
        if !dropped.is_payload {
            // What becomes of it is said there.
            browser::open_menu(Field::ImportFile.id());
        }
        if dropped.has_folder {
            return Err(refused(field, "A folder cannot be opened: drop the files in it."));
        }
        if dropped.is_payload {
            spawn_local(read(dropped.files, link.clone()));
            return Ok(());
        }
        let mut files = VecDeque::from(dropped.files);
        let Some(first) = files.pop_front() else { return Ok(()) };
        self.captures = files;
        self.begin_import(&first)
    }
}

fn has_files(data: &DataTransfer) -> bool {
    data.types().includes(&"Files".into(), 0)
}

/// Whether a folder is among the files: it looks like one, and cannot be read.
fn has_folder(data: &DataTransfer) -> bool {
    let items = data.items();
    (0..items.length()).filter_map(|at| items.get(at)).any(|item| {
        // No standard has it, and every browser.
        let entry = Reflect::get(&item, &"webkitGetAsEntry".into())
            .and_then(JsCast::dyn_into::<Function>)
            .and_then(|entry| entry.call0(&item))
            .and_then(|entry| Reflect::get(&entry, &"isDirectory".into()));
        entry.as_ref().is_ok_and(JsValue::is_truthy)
    })
}

/// The form that publishes.
const PUBLISH: &str = "#publish-form";
