//! Text to the clipboard. The engine has it, so it comes a moment after the person asked; most browsers take a promise of
//! it at once, as they allow copying only from what a person has just done.

use js_sys::{Array, Function, Object, Promise, Reflect};
use mqttscope_link::Copy;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, BlobPropertyBag, HtmlDocument, HtmlTextAreaElement};

use crate::browser;

/// Texts that were promised to the clipboard and have not come.
#[derive(Default)]
pub struct Promised(Vec<(Copy, Text)>);

impl Promised {
    /// Promises a text. Must be called from what a person has just done, or the browser refuses.
    pub fn promise(&mut self, what: Copy) {
        self.0.retain(|promised| promised.0 != what);
        self.0.extend(Text::promise().map(|text| (what, text)));
    }

    /// Copies the text that has come.
    pub fn keep(&mut self, what: Copy, text: String) {
        match self.0.iter().position(|promised| promised.0 == what) {
            Some(at) => self.0.swap_remove(at).1.keep(text),
            None => copy(text),
        }
    }
}

/// A text that the clipboard waits for.
struct Text {
    resolve: Function,
    written: Promise,
}

impl Text {
    /// `None` where the browser takes no promises: there is no clipboard in a page from plain HTTP.
    fn promise() -> Option<Self> {
        let clipboard = browser::window().navigator().clipboard();
        let make: Function =
            Reflect::get(&js_sys::global(), &"ClipboardItem".into()).ok()?.dyn_into().ok()?;
        let write: Function = Reflect::get(&clipboard, &"write".into()).ok()?.dyn_into().ok()?;
        let mut resolve = None;
        let promise = Promise::new(&mut |resolved, _| resolve = Some(resolved));
        let types = Object::new();
        Reflect::set(&types, &PLAIN.into(), &promise).ok()?;
        // Older browsers take no promise in an item.
        let item = Reflect::construct(&make, &Array::of1(&types)).ok()?;
        let written = write.call1(&clipboard, &Array::of1(&item)).ok()?.dyn_into().ok()?;
        Some(Self { resolve: resolve?, written })
    }

    fn keep(self, text: String) {
        let properties = BlobPropertyBag::new();
        properties.set_type(PLAIN);
        let Ok(blob) =
            Blob::new_with_str_sequence_and_options(&Array::of1(&text.as_str().into()), &properties)
        else {
            return copy(text);
        };
        // It cannot throw.
        let _ = self.resolve.call1(&JsValue::NULL, &blob);
        let written = self.written;
        spawn_local(async move {
            if JsFuture::from(written).await.is_err() {
                copy(text);
            }
        });
    }
}

/// Copies a text that is there, as long as what the person did is not long ago.
pub fn copy(text: String) {
    let clipboard = browser::window().navigator().clipboard();
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

const PLAIN: &str = "text/plain";
