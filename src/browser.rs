//! What the page asks of the browser besides sockets: time, its own address, storage, chance.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use js_sys::{Array, Date, Math};
use mqttscope_text::number;
use mqttscope_view::connections::Connections;
use mqttscope_view::messages::{MessageEdit, Messages};
use mqttscope_view::storage::{Entries, Reader, bytes_of, text_of};
use mqttscope_view::{Edit, Field, Page, Parsed};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Blob, BlobPropertyBag, Document, Element, File, FileList, HtmlElement, HtmlInputElement, KeyboardEvent,
    Storage, Url, UrlSearchParams, Window,
};

use crate::store::text::concat;
use crate::store::validate::Place;

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

/// Moves the focus to the field of that id, with its text selected.
pub fn focus_and_select(id: &str) {
    if let Some(element) = by_id(id) {
        let input: &HtmlInputElement = element.unchecked_ref();
        // Whatever takes no focus ignores it.
        let _ = input.focus();
        input.select();
    }
}

/// Gives the field of that id a text, and puts the cursor there, in UTF-16 code units.
pub fn set_text(id: &str, text: &str, cursor: usize) {
    if let Some(element) = by_id(id) {
        let input: &HtmlInputElement = element.unchecked_ref();
        input.set_value(text);
        let cursor = cursor as u32;
        // It fails for fields without a cursor.
        let _ = input.set_selection_range(cursor, cursor);
    }
}

/// Puts the cursor of the field of that id to a place, in UTF-16 code units.
pub fn place_cursor(id: &str, at: u32) {
    if let Some(element) = by_id(id) {
        let input: &HtmlInputElement = element.unchecked_ref();
        // It fails for fields without a cursor.
        let _ = input.set_selection_range(at, at);
    }
}

/// Unfolds what an element is folded in.
pub fn open_around(id: &str) {
    let folded = by_id(id).and_then(|element| element.closest("details:not([open])").ok()?);
    if let Some(folded) = folded {
        // The name is valid, so nothing can fail.
        let _ = folded.set_attribute("open", "");
    }
}

/// Shows a region of a narrow page at once: what is not shown cannot take the focus, and the page is drawn only later.
pub fn show_region(name: &str) {
    if let Some(main) = document().and_then(|document| document.query_selector("main").ok()?) {
        // The name is valid, so nothing can fail.
        let _ = main.set_attribute("data-tab", name);
    }
}

/// Folds what the element of that id is folded in, or unfolds it. The focus in it goes to what unfolds it again.
pub fn fold_around(id: &str, is_folded: bool) {
    let Some(around) = by_id(id).and_then(|element| element.closest("details").ok()?) else { return };
    // The name is valid, so nothing can fail.
    if !is_folded {
        let _ = around.set_attribute("open", "");
        return;
    }
    let focused = document().and_then(|document| document.active_element());
    let has_focus = focused.is_some_and(|focused| around.contains(Some(&focused)));
    let _ = around.remove_attribute("open");
    if has_focus {
        focus(around.first_element_child());
    }
}

/// Folds the menus that an element is not in.
pub fn close_menus(but_around: Option<&Element>) {
    let Some(open) = document().and_then(|document| document.query_selector_all(".menu[open]").ok()) else {
        return;
    };
    for at in 0..open.length() {
        let Some(menu) = open.get(at) else { continue };
        if !but_around.is_some_and(|element| menu.contains(Some(element))) {
            let _ = menu.unchecked_ref::<Element>().remove_attribute("open");
        }
    }
}

/// Unfolds the menu that an element is in.
pub fn open_menu(id: &str) {
    let menu = by_id(id).and_then(|element| element.closest(".menu").ok().flatten());
    close_menus(menu.as_ref());
    if let Some(menu) = menu {
        // The name is valid, so nothing can fail.
        let _ = menu.set_attribute("open", "");
    }
}

/// Asks a question that is answered by yes or no. In a frame that may not ask, the answer is no.
#[must_use]
pub fn confirm(question: &str) -> bool {
    window().confirm_with_message(question).unwrap_or(false)
}

/// Shows the colours of that name.
pub fn set_theme(name: &str) {
    if let Some(root) = document().and_then(|document| document.document_element()) {
        // The name is valid, so nothing can fail.
        let _ = root.set_attribute("data-theme", name);
    }
}

/// Sets a property of the style sheet, in CSS pixels, or takes it away.
pub fn set_pixels(property: &str, value: Option<u32>) {
    if let Some(root) = document().and_then(|document| document.document_element()) {
        let style = root.unchecked_ref::<HtmlElement>().style();
        let value = value.map(|value| concat(&[&number::plain(value.into()), "px"]));
        // Name and value are valid, so nothing can fail; an empty value takes the property away.
        let _ = style.set_property(property, &value.unwrap_or_default());
    }
}

/// What a property of the style sheet was set to, in CSS pixels.
#[must_use]
pub fn pixels(property: &str) -> Option<i64> {
    let root = document()?.document_element()?;
    let value = root.unchecked_ref::<HtmlElement>().style().get_property_value(property).ok()?;
    value.strip_suffix("px")?.parse().ok()
}

/// Whether nobody can see the page, as in a tab behind another.
#[must_use]
pub fn is_hidden() -> bool {
    document().is_some_and(|document| document.hidden())
}

/// The time of day, in microseconds since the Unix epoch.
#[must_use]
pub fn now_micros() -> u64 {
    (Date::now() * 1_000.0) as u64
}

/// How long the page has run, in milliseconds; unlike `Date`, it never runs backwards.
#[must_use]
pub fn running_millis() -> f64 {
    window().performance().map_or_else(Date::now, |clock| clock.now())
}

/// Minutes that local time is ahead of UTC at a time in microseconds since the Unix epoch.
#[must_use]
pub fn utc_offset_minutes(micros: u64) -> i32 {
    let date = Date::new(&JsValue::from_f64(micros as f64 / 1_000.0));
    -(date.get_timezone_offset() as i32)
}

/// Whether a key belongs to an input method, which makes a character of several keys: it is not the page's, whatever its
/// name. Safari tells of the key that ends a composition when that is over, by its code alone.
#[must_use]
pub fn is_composing(key: &KeyboardEvent) -> bool {
    key.is_composing() || key.key_code() == OF_INPUT_METHOD
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
    let page = location.origin().ok().filter(|origin| origin != "null").unwrap_or_default();
    Place { secure, default_url: concat(&[scheme, host, "/mqttproxy"]), page, parse: parse_url }
}

/// A URL as the browser reads it; none if it does not.
fn parse_url(url: &str) -> Option<Parsed> {
    let url = Url::new(url).ok()?;
    let has_userinfo = !url.username().is_empty() || !url.password().is_empty();
    Some(Parsed { host: url.hostname(), port: url.port(), has_userinfo })
}

/// The page's own URL, without what stands behind it.
#[must_use]
pub fn own_url() -> String {
    let location = window().location();
    let origin = location.origin().ok().filter(|origin| origin != "null");
    // A page opened from a file has no origin.
    let origin = origin.unwrap_or_else(|| "file://".into());
    concat(&[&origin, &location.pathname().unwrap_or_default()])
}

/// Any number, evenly distributed.
#[must_use]
pub fn chance() -> u32 {
    (Math::random() * f64::from(u32::MAX)) as u32
}

/// A client id of six digits, as the original page gave.
#[must_use]
pub fn random_client_id() -> String {
    number::plain((Math::random() * 900_000.0) as u64 + 100_000)
}

/// The date and the time of day in UTC, as a part of a file name: `2026-11-25T10-30-01`.
#[must_use]
pub fn stamp() -> String {
    let iso: String = Date::new_0().to_iso_string().into();
    iso.chars().take(19).map(|char| if char == ':' { '-' } else { char }).collect()
}

/// Lets the browser save a JSON text under that name.
///
/// # Errors
///
/// If the browser has no room for it.
pub fn save_json(json: &str, name: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type("application/json");
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&json.into()), &options)?;
    save(&blob, name)
}

/// Lets the browser save a file under that name. The URL that it has meanwhile is given back once that is surely done.
///
/// # Errors
///
/// If the browser has no room for it, or there is no document to do it in.
pub fn save(file: &Blob, name: &str) -> Result<(), JsValue> {
    let document = document().ok_or(JsValue::NULL)?;
    let link = document.create_element("a")?;
    let url = Url::create_object_url_with_blob(file)?;
    link.set_attribute("href", &url)?;
    link.set_attribute("download", name)?;
    link.unchecked_ref::<HtmlElement>().click();
    Timeout::new(60_000, move || {
        // A URL that is none any more is no matter.
        let _ = Url::revoke_object_url(&url);
    })
    .forget();
    Ok(())
}

/// The page as this tab had it, unless it is new, or else as it was last used in any, with what the page's address asks
/// for.
#[must_use]
pub fn load_page(is_new: bool) -> Page {
    let mut page = Page::default();
    let window = window();
    let entries = |text: Option<String>| Entries::of_text(&text.unwrap_or_default());
    entries(read(window.local_storage(), LOOKS)).fill_looks(&mut page);
    page.messages = Rc::new(load_messages());
    let own = if is_new { None } else { read(window.session_storage(), FORMS) };
    entries(own.or_else(|| read(window.local_storage(), FORMS))).fill_forms(&mut page);
    if page.profile.get(Field::ClientId).is_none() {
        page.apply(Edit::Text(Field::ClientId, random_client_id()));
    }
    let query = window.location().search().unwrap_or_default();
    // A link counts again when it is opened again, but not when its page is loaded again.
    let is_again = window.performance().is_some_and(|it| it.navigation().type_() != TYPE_NAVIGATE);
    if !(is_again && page.has_used_link(&query))
        && let Ok(names) = UrlSearchParams::new_with_str(&query)
    {
        page.follow_link(&query, |name| {
            names.get_all(name).iter().filter_map(|text| text.as_string()).collect()
        });
    }
    page
}

/// The id of this tab, if it was loaded before.
#[must_use]
pub fn tab_id() -> Option<String> {
    read(window().session_storage(), TAB)
}

/// Gives this tab another id.
#[must_use]
pub fn new_tab_id() -> String {
    let id = number::plain((Math::random() * 1e15) as u64);
    write(window().session_storage(), TAB, &id);
    id
}

/// Writes the forms down, for this tab and for new ones. A browser that stores nothing costs nothing but that.
pub fn store_forms(page: &Page) {
    let window = window();
    write(window.session_storage(), FORMS, &Entries::of_forms(page, Reader::SameTab).to_text());
    write(window.local_storage(), FORMS, &Entries::of_forms(page, Reader::NewTab).to_text());
}

/// The connections that are saved, for all tabs.
#[must_use]
pub fn load_connections() -> Connections {
    Connections::of_text(&read(window().local_storage(), CONNECTIONS).unwrap_or_default())
}

/// Saves them.
pub fn store_connections(connections: &Connections) {
    write(window().local_storage(), CONNECTIONS, &connections.to_text());
}

/// What of a connection of this tab was written down last.
#[must_use]
pub fn stored_session(slot: u32) -> Option<Vec<u8>> {
    bytes_of(&read(window().session_storage(), &session_key(slot))?)
}

/// Writes down what of a connection of this tab is to outlive its page, or that nothing is.
pub fn store_session(slot: u32, kept: Option<&[u8]>) {
    let storage = window().session_storage();
    match kept {
        Some(bytes) => write(storage, &session_key(slot), &text_of(bytes)),
        None => {
            if let Ok(Some(storage)) = storage {
                // What cannot be removed was not there.
                let _ = storage.remove_item(&session_key(slot));
            }
        }
    }
}

/// Which slots this tab had, and of which saved connections.
#[must_use]
pub fn stored_slots() -> Option<String> {
    read(window().session_storage(), SLOTS)
}

/// Writes that down.
pub fn store_slots(text: &str) {
    write(window().session_storage(), SLOTS, text);
}

fn session_key(slot: u32) -> String {
    concat(&[SESSION, &number::plain(slot.into())])
}

/// Writes down what has changed of the looks since they were written, or loaded.
pub fn store_looks(before: &Entries, now: &Entries) {
    let storage = window().local_storage();
    let mut stored = Entries::of_text(&read(storage.clone(), LOOKS).unwrap_or_default());
    stored.update(before, now);
    write(storage, LOOKS, &stored.to_text());
}

/// Makes changes of the messages that are kept, among what other tabs have written. Says what they are then, and whether
/// they could be written down.
#[must_use]
pub fn store_messages(edits: &[MessageEdit]) -> (Messages, bool) {
    let mut messages = load_messages();
    for edit in edits {
        messages.apply(edit.clone());
    }
    let storage = window().local_storage().ok().flatten();
    let is_written = storage.is_some_and(|storage| storage.set_item(MESSAGES, &messages.to_text()).is_ok());
    (messages, is_written)
}

fn load_messages() -> Messages {
    Messages::of_text(&read(window().local_storage(), MESSAGES).unwrap_or_default())
}

/// The files of a list.
#[must_use]
pub fn files_of(files: Option<FileList>) -> Vec<File> {
    let count = files.as_ref().map_or(0, FileList::length);
    (0..count).filter_map(|at| files.as_ref()?.get(at)).collect()
}

/// The words of an exception.
#[must_use]
pub fn words_of(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => error.as_string().unwrap_or_else(|| "no reason given".into()),
    }
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

/// The forms: in a tab's own storage as it has them, in that of all tabs as they were last used.
const FORMS: &str = "mqttscope.settings";
const LOOKS: &str = "mqttscope.looks";
const MESSAGES: &str = "mqttscope.messages";
const TAB: &str = "mqttscope.tab";
const CONNECTIONS: &str = "mqttscope.connections";
const SLOTS: &str = "mqttscope.slots";
const SESSION: &str = "mqttscope.session.";
/// The code of all keys that an input method takes.
const OF_INPUT_METHOD: u32 = 229;
/// The page was opened, and not loaded again or gone back to.
const TYPE_NAVIGATE: u16 = 0;
