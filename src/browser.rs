//! What the page asks of the browser besides sockets: time, its own address, storage, chance.

use js_sys::{Date, JSON, Math};
use mqttscope_proto::Timestamp;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, HtmlElement, Storage, UrlSearchParams, Window};

use crate::store::number;
use crate::store::settings::Settings;
use crate::store::text::concat;
use crate::store::validate::Place;
use crate::stored::Stored;

/// The window that the page runs in.
///
/// # Panics
///
/// Outside of a window: the page has no other place to run.
#[must_use]
pub fn window() -> Window {
    web_sys::window().expect("the page runs in a window")
}

/// The document of that window.
#[must_use]
pub fn document() -> Option<Document> {
    window().document()
}

/// The element of that id.
#[must_use]
pub fn by_id(id: &str) -> Option<Element> {
    document()?.get_element_by_id(id)
}

/// Moves the focus to an element, if it is there.
pub fn focus(element: Option<Element>) {
    if let Some(element) = element {
        // Whatever takes no focus ignores it.
        let _ = element.unchecked_ref::<HtmlElement>().focus();
    }
}

/// The time, in microseconds since the Unix epoch; unlike `Date`, it never runs backwards.
#[must_use]
pub fn now() -> Timestamp {
    let millis = window().performance().map_or_else(Date::now, |clock| clock.time_origin() + clock.now());
    Timestamp::from_micros((millis * 1_000.0) as u64)
}

/// Minutes that local time is ahead of UTC.
#[must_use]
pub fn utc_offset_minutes() -> i32 {
    -(Date::new_0().get_timezone_offset() as i32)
}

/// What the page's own address means for connections.
#[must_use]
pub fn place() -> Place {
    let location = window().location();
    let secure = location.protocol().is_ok_and(|protocol| protocol == "https:");
    let host = location.host().unwrap_or_default();
    // A page opened from a file has no host.
    let host = if host.is_empty() { "localhost:8001" } else { &host };
    let scheme = if secure { "wss://" } else { "ws://" };
    Place { secure, default_url: concat(&[scheme, host, "/mqttproxy"]) }
}

/// A client id of six digits, as the original page gave.
#[must_use]
pub fn random_client_id() -> String {
    number::plain((Math::random() * 900_000.0) as u64 + 100_000)
}

/// The settings of last time, this tab's client id, and what the page's address asks for.
#[must_use]
pub fn load_settings() -> Settings {
    let mut settings: Settings = read(window().local_storage(), SETTINGS)
        .and_then(|text| JSON::parse(&text).ok())
        .and_then(|value| Settings::deserialize(Stored(value)).ok())
        .unwrap_or_default();
    let id = read(window().session_storage(), CLIENT_ID);
    settings.forms.client_id = id.unwrap_or_else(random_client_id);
    let query = window().location().search().ok();
    if let Some(query) = query.and_then(|query| UrlSearchParams::new_with_str(&query).ok()) {
        settings.prefill(|name| query.get(name));
    }
    settings
}

/// Remembers the settings for next time, and the client id for this tab. A browser that does not store anything
/// costs nothing but that.
pub fn save_settings(settings: &Settings) {
    write(window().session_storage(), CLIENT_ID, &settings.forms.client_id);
    let to_object = serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true);
    let value = settings.to_remember().serialize(&to_object).ok();
    if let Some(text) = value.and_then(|value| stringify(&value)) {
        write(window().local_storage(), SETTINGS, &text);
    }
}

fn stringify(value: &JsValue) -> Option<String> {
    JSON::stringify(value).ok().map(String::from)
}

fn read(storage: Result<Option<Storage>, JsValue>, key: &str) -> Option<String> {
    storage.ok()??.get_item(key).ok()?
}

fn write(storage: Result<Option<Storage>, JsValue>, key: &str, text: &str) {
    if let Ok(Some(storage)) = storage {
        // A full or forbidden storage: the page works all the same.
        let _ = storage.set_item(key, text);
    }
}

const SETTINGS: &str = "mqttscope.settings";
const CLIENT_ID: &str = "mqttscope.client-id";
