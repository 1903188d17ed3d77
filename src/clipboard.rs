//! Text to the clipboard.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlDocument, HtmlTextAreaElement};

use crate::browser;

/// Copies a text. Must be called from what a person has just done, or the browser refuses.
pub fn copy(text: String) {
    let clipboard = browser::window().navigator().clipboard();
    // There is none in a page from plain HTTP, where the older way still works.
    if clipboard.is_undefined() {
        copy_selected(&text);
        return;
    }
    spawn_local(async move {
        if JsFuture::from(clipboard.write_text(&text)).await.is_err() {
            copy_selected(&text);
        }
    });
}

/// Copies from a field that is there for as long as it takes.
fn copy_selected(text: &str) {
    let Some(document) = browser::document() else { return };
    let (Some(body), Ok(field)) = (document.body(), document.create_element("textarea")) else { return };
    let field: HtmlTextAreaElement = field.unchecked_into();
    let focused = document.active_element();
    field.set_value(text);
    field.set_class_name("hidden");
    // Where it cannot be done the clipboard stays as it is, and the person sees that.
    let _ = body.append_child(&field);
    field.select();
    let _ = document.unchecked_ref::<HtmlDocument>().exec_command("copy");
    field.remove();
    browser::focus(focused);
}
