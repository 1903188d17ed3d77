//! `mqttscope.json` beside the page, with which whoever serves it fills its forms.

use js_sys::{JSON, JsString, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Response;

use crate::browser;

/// What the file says.
pub struct Defaults(JsValue);

impl Defaults {
    /// Reads the file, if there is one, and hands it over. What is no JSON counts as no file, as where a server answers
    /// with a page of its own.
    pub fn fetch(then: impl FnOnce(Self) + 'static) {
        spawn_local(async move {
            if let Some(json) = read().await {
                then(Self(json));
            }
        });
    }

    /// The text under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        Reflect::get(&self.0, &name.into()).ok()?.as_string()
    }
}

async fn read() -> Option<JsValue> {
    let response = JsFuture::from(browser::window().fetch_with_str(FILE)).await.ok()?;
    let response: &Response = response.unchecked_ref();
    let text = JsFuture::from(response.text().ok()?).await.ok()?;
    let text: &JsString = text.dyn_ref()?;
    JSON::parse(&String::from(text)).ok().filter(|_| response.ok())
}

const FILE: &str = "mqttscope.json";
