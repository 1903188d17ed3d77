//! What happens to the page's controls, and what it means.

use mqttscope_view::Kind;
use mqttscope_view::marks::MarkEdit;
use mqttscope_view::pairs::PairEdit;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, EventTarget, HtmlInputElement, KeyboardEvent, PointerEvent};
use yew::html::Scope;
use yew::prelude::*;

use super::connections::{self, SavedMessage};
use super::files::read;
use super::messages::read_messages;
use super::scope::FilterMessage;
use super::{App, Message, columns};
use crate::browser;
use crate::components::filter_bar::{FILTER_INPUT, SHOWN_CONNECTION};
use crate::components::log_table::LOG_TABLE;
use crate::components::row_menu::{self, ROW_MENU};
use crate::store::column::Column;
use crate::store::keys::Key;
use crate::store::page::Edit;
use crate::store::pane::Pane;
use crate::store::text::concat;
use crate::store::{Command, Field};

/// Hears every event of the page's controls, which are told apart by their id or their data.
pub(super) fn hear(event: &Event, link: &Scope<App>) {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let message = match event.type_().as_str() {
        "click" => {
            browser::close_menus(Some(&target));
            let offer = target.closest("[data-offer]").ok().flatten();
            match offer.and_then(|offer| offer.get_attribute("data-offer")?.parse().ok()) {
                Some(at) => Some(Message::Filter(FilterMessage::Take(Some(at)))),
                None => command_of(&target, "button[data-deed]"),
            }
        }
        "submit" => {
            event.prevent_default();
            command_of(&target, "form")
        }
        "keydown" => event.dyn_ref::<KeyboardEvent>().and_then(|key| key_of(&target, key)),
        "contextmenu" => row_menu_of(&target, event),
        "pointerdown" => {
            if is_outside_row_menu(&target) {
                link.send_message(Message::Do(Command::CloseRowMenu));
            }
            // The suggestions are no place for the focus: the field keeps it.
            if target.closest("[data-offer]").is_ok_and(|offer| offer.is_some()) {
                event.prevent_default();
            }
            grasp(&target, event);
            columns::grasp(&target, event);
            None
        }
        "pointermove" => {
            if let Some(pointer) = event.dyn_ref::<PointerEvent>() {
                drag(&target, pointer);
                columns::drag(&target, pointer);
            }
            None
        }
        "lostpointercapture" => release(&target).or_else(|| columns::release(&target)),
        "dblclick" => columns::fit(&target),
        "focusout" if target.id() == FILTER_INPUT => Some(Message::Filter(FilterMessage::Used)),
        "focusout" => None,
        kind => change_of(&target, kind == "input", link),
    };
    if let Some(message) = message {
        link.send_message(message);
    }
}

/// What a key means in a control.
fn key_of(target: &Element, key: &KeyboardEvent) -> Option<Message> {
    if browser::is_composing(key) {
        return None;
    }
    let name = key.key();
    if row_menu::key(target, &name) {
        key.prevent_default();
        return None;
    }
    let is_in_menu = target.closest(MENU).is_ok_and(|menu| menu.is_some());
    let message = if is_in_menu && matches!(name.as_str(), "Escape" | "Tab") {
        Message::Do(Command::CloseRowMenu)
    } else if target.id() == LOG_TABLE && (name == "ContextMenu" || name == "F10" && key.shift_key()) {
        Message::Do(Command::OpenRowMenu)
    } else if target.id() == FILTER_INPUT {
        let input: &HtmlInputElement = target.unchecked_ref();
        let cursor = input.selection_start().ok().flatten().unwrap_or_default() as usize;
        let has_choice = target.has_attribute("aria-activedescendant");
        Message::Filter(match name.as_str() {
            "ArrowDown" => FilterMessage::Choose { down: true, cursor },
            "ArrowUp" => FilterMessage::Choose { down: false, cursor },
            "Enter" | "Tab" if has_choice => FilterMessage::Take(None),
            "Enter" => FilterMessage::Used,
            "Escape" => FilterMessage::Left,
            _ => return None,
        })
    } else if let Some(pane) = split_of(target) {
        let step = match name.as_str() {
            "ArrowRight" | "ArrowDown" => KEY_STEP,
            "ArrowLeft" | "ArrowUp" => -KEY_STEP,
            _ => return None,
        };
        let step = if pane.grows_with_pointer() { step } else { -step };
        // A pane that nobody has sized may have less than its own size.
        let shown =
            browser::document()?.query_selector(if pane == Pane::Forms { ".forms" } else { ".inspector" });
        let shown = shown.ok()??.get_bounding_client_rect();
        let size = if pane == Pane::InspectorBelow { shown.height() } else { shown.width() } as i64;
        Message::Edit(Edit::Resize(pane, size + step))
    } else if let Some(column) = columns::edge_of(target) {
        columns::key(target, column, &name)?
    } else if name == "Escape" {
        // What had the focus in a menu is folded with it: the menu's head has it then.
        let head = target.closest(".menu").ok().flatten().and_then(|menu| menu.first_element_child());
        browser::close_menus(None);
        browser::focus(head);
        return None;
    } else {
        // In a message of several lines Enter makes a new one, so Ctrl+Enter does what the form does. In a topic, which
        // mostly has one, it is Shift+Enter that makes another. A form with several one-line fields and no button of its own
        // would not hear Enter; what is chosen from a list by Enter is the list's.
        let field = Field::of_id(&target.id());
        let is_topic = field.is_some_and(|field| matches!(field.info().kind, Kind::Topic));
        let is_line = target.matches("input:not([list])").unwrap_or(false);
        let is_asked = key.ctrl_key() || key.meta_key() || is_line || is_topic && !key.shift_key();
        if name != "Enter" || !is_asked {
            return None;
        }
        command_of(target, "form")?
    };
    key.prevent_default();
    Some(message)
}

/// The menu of the row that the pointer, or the focus, is at.
fn row_menu_of(target: &Element, event: &Event) -> Option<Message> {
    let table = concat(&["#", LOG_TABLE]);
    target.closest(&table).ok()??;
    event.prevent_default();
    let row = target.closest("[data-index]").ok()?;
    let number = row.and_then(|row| row.get_attribute("data-index")?.parse().ok());
    let pointer = event.dyn_ref::<MouseEvent>();
    let at = pointer.filter(|_| number.is_some()).map(|pointer| (pointer.client_x(), pointer.client_y()));
    Some(Message::RowMenu(number, at))
}

/// Whether there is a menu of a row that this is no part of.
fn is_outside_row_menu(target: &Element) -> bool {
    browser::by_id(ROW_MENU).is_some_and(|menu| !menu.contains(Some(target)))
}

/// Holds the pointer at the line between two panes, wherever it goes until it is let go.
fn grasp(target: &Element, event: &Event) {
    if let (Some(_), Some(pointer)) = (split_of(target), event.dyn_ref::<PointerEvent>()) {
        // Without a hold the line is left behind by a fast pointer, no more.
        let _ = target.set_pointer_capture(pointer.pointer_id());
    }
}

/// Gives a pane its size from the pointer that drags its line. Only the style sheet is told: the page takes the size, and
/// stores it, when the line is let go.
fn drag(target: &Element, pointer: &PointerEvent) {
    if pointer.buttons() & 1 == 0 {
        return;
    }
    let (Some(pane), Some(around)) = (split_of(target), target.parent_element()) else { return };
    let around = around.get_bounding_client_rect();
    let size = match pane {
        Pane::Forms => f64::from(pointer.client_x()) - around.left(),
        Pane::Topics => {
            let Some(topics) = target.previous_element_sibling() else { return };
            f64::from(pointer.client_x()) - topics.get_bounding_client_rect().left()
        }
        Pane::Inspector => around.right() - f64::from(pointer.client_x()),
        Pane::InspectorBelow => around.bottom() - f64::from(pointer.client_y()),
    };
    browser::set_pixels(pane.property(), Some(pane.within(size as i64)));
}

/// The size that a pane has when its line is let go.
fn release(target: &Element) -> Option<Message> {
    let pane = split_of(target)?;
    Some(Message::Edit(Edit::Resize(pane, browser::pixels(pane.property())?)))
}

fn split_of(target: &Element) -> Option<Pane> {
    Pane::of_name(&target.get_attribute("data-split")?)
}

/// Hears the keys that are shortcuts wherever the focus is.
pub(super) fn shortcut_listener(link: Scope<App>) -> Closure<dyn FnMut(KeyboardEvent)> {
    let on_key = Closure::new(move |event: KeyboardEvent| {
        if browser::is_composing(&event) {
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is_in = |selector| {
            target.as_ref().is_some_and(|it| it.closest(selector).is_ok_and(|found| found.is_some()))
        };
        let typing = is_in("input:not([type=checkbox]), textarea, select, dialog");
        let name = event.key();
        let key = Key {
            name: &name,
            control: event.ctrl_key() || event.meta_key(),
            shift: event.shift_key(),
            alt: event.alt_key(),
        };
        if let Some(command) = Command::of_key(key, typing) {
            event.prevent_default();
            link.send_message(Message::Do(command));
        }
    });
    if let Some(document) = browser::document() {
        // It can only fail for want of memory.
        let _ = document.add_event_listener_with_callback("keydown", on_key.as_ref().unchecked_ref());
    }
    on_key
}

/// Hears when the page is hidden, which is the last that a page on a phone hears, when it goes, and when it is seen again.
pub(super) fn visibility_listener(link: Scope<App>) -> Closure<dyn FnMut(Event)> {
    let on_change = Closure::new(move |event: Event| {
        let is_gone = event.type_() == "pagehide" || browser::is_hidden();
        link.send_message(if is_gone { Message::Hide } else { Message::Seen });
    });
    let hear = |target: &EventTarget, kind| {
        // It can only fail for want of memory.
        let _ = target.add_event_listener_with_callback(kind, on_change.as_ref().unchecked_ref());
    };
    if let Some(document) = browser::document() {
        hear(&document, "visibilitychange");
    }
    hear(&browser::window(), "pagehide");
    on_change
}

/// The command of the element itself, or of the nearest around it, that the selector names.
fn command_of(target: &Element, selector: &str) -> Option<Message> {
    let element = target.closest(selector).ok()??;
    let data = element.get_attribute("data-filter").unwrap_or_default();
    Command::of_name(&element.get_attribute("data-deed")?, data).map(Message::Do)
}

/// What was typed, chosen or switched. Text counts with each key, everything else once it is chosen.
fn change_of(target: &Element, typed: bool, link: &Scope<App>) -> Option<Message> {
    // Fields of several lines and lists are no `HtmlInputElement`s, but have a `value` like them.
    let input: &HtmlInputElement = target.unchecked_ref();
    let id = target.id();
    if let Some(column) = Column::of_id(&id) {
        return Some(Message::Edit(Edit::HideColumn(column, !input.checked())));
    }
    if id == FILTER_INPUT {
        let cursor = input.selection_start().ok().flatten().unwrap_or_default() as usize;
        return typed.then(|| Message::Filter(FilterMessage::Typed(input.value(), cursor)));
    }
    if id == SHOWN_CONNECTION {
        return (!typed).then(|| Message::Do(Command::ShowRowsOf(input.value())));
    }
    if let Some(part) = target.get_attribute("data-saved") {
        let message = match part.as_str() {
            "colour" => SavedMessage::Colour(input.value()),
            _ => SavedMessage::Name(input.value()),
        };
        return Some(Message::Saved(message));
    }
    if let Some(part) = target.get_attribute("data-mark") {
        let filter = target.get_attribute("data-filter")?;
        return Some(Message::Edit(match part.as_str() {
            "colour" => Edit::Mark(filter, MarkEdit::Colour(input.value())),
            _ => Edit::Mark(filter, MarkEdit::Name(input.value())),
        }));
    }
    if let Some(words) = target.get_attribute("data-pair") {
        let (field, edit) = PairEdit::read(&words, input.value())?;
        return typed.then(|| Message::Edit(Edit::Pairs(field, edit)));
    }
    if let Some(name) = target.get_attribute("data-choose") {
        return (!typed).then(|| Message::Edit(Edit::Choose(name, input.checked())));
    }
    let field = Field::of_id(&id)?;
    match field.info().kind {
        Kind::Switch(_) => Some(Message::Edit(Edit::Switch(field, input.checked()))),
        Kind::File if typed => None,
        Kind::File => {
            let mut files = browser::files_of(input.files());
            match field {
                Field::ImportFile | Field::MessagesFile | Field::ConnectionsFile => {
                    // The same file can be chosen again.
                    input.set_value("");
                    let file = files.drain(..).next()?;
                    match field {
                        Field::ImportFile => return Some(Message::Import(file)),
                        Field::ConnectionsFile => connections::read(&file, link.clone()),
                        _ => spawn_local(read_messages(file, link.clone())),
                    }
                }
                _ => spawn_local(read(files, link.clone())),
            }
            None
        }
        Kind::Choice(_) => Some(Message::Edit(Edit::Text(field, input.value()))),
        _ => typed.then(|| Message::Edit(Edit::Text(field, input.value()))),
    }
}

/// The menu of a row.
const MENU: &str = ".row-menu";
/// CSS pixels that an arrow key moves the line between two panes.
const KEY_STEP: i64 = 16;
