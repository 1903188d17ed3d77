//! Saved connections: what is done with them, in this tab and in the storage of all tabs, and files of them.

use js_sys::{Array, JSON, JsString, Object, Reflect};
use mqttscope_client::{Answer, subscribe_properties};
use mqttscope_link::{Command as EngineCommand, ConnectionCommand, Slot};
use mqttscope_proto::{PropertyBuf, SubscribeOptions, Text};
use mqttscope_text::number;
use mqttscope_view::connections::{Connections, FILE_FORMAT, SavedSubscription};
use mqttscope_view::marks::{MarkEdit, Marks};
use mqttscope_view::validate::SubscribeRequest;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::File;
use yew::html::Scope;

use super::files::NO_ROOM;
use super::{App, Message};
use crate::browser;
use crate::clipboard;
use crate::components::connections::UNSAVED;
use crate::store::page::{Edit, Page};
use crate::store::slots::Other;
use crate::store::text::concat;
use crate::store::{Field, Problems, refused};

/// What is done in the fields of the chosen connection.
pub enum SavedMessage {
    /// It is called so.
    Name(String),
    /// It has the colour of that name.
    Colour(String),
    /// A file of connections was read; `None` if it could not be.
    File(Option<String>),
}

impl App {
    /// Takes over the connections that are saved.
    pub(super) fn load_connections(&mut self) {
        self.edit(Edit::Connections(browser::load_connections()));
        if self.page.chosen_connection().is_none() {
            self.page.connection_chosen = None;
        }
    }

    /// Changes the saved connections, as they are now: another tab may have changed them.
    fn edit_connections(&mut self, change: impl FnOnce(&mut Connections, &Page)) {
        let mut connections = browser::load_connections();
        change(&mut connections, &self.page);
        browser::store_connections(&connections);
        self.edit(Edit::Connections(connections));
    }

    /// Writes down what the forms of the chosen connection hold.
    pub(super) fn save_chosen(&mut self) {
        if let Some(id) = self.page.connection_chosen {
            self.edit_connections(|connections, page| connections.save(id, page));
        }
    }

    /// Saves the forms as another connection; where they are of one already, begins with empty ones.
    pub(super) fn new_connection(&mut self) -> Result<(), Problems> {
        self.settle_now();
        let id = browser::chance();
        // To save it is to use it.
        self.page.take_link();
        if self.page.connection_chosen.is_none() {
            let subscriptions = self.live_subscriptions();
            self.edit_connections(|connections, page| {
                connections.add(id, page);
                for subscription in subscriptions {
                    connections.subscribe(id, subscription);
                }
            });
            self.edit(Edit::ChooseConnection(Some(id)));
            self.store_slots();
            return Ok(());
        }
        self.has_room()?;
        self.edit_connections(|connections, _| {
            let mut empty = Page::default();
            empty.apply(Edit::Text(Field::ClientId, browser::random_client_id()));
            connections.add(id, &empty);
        });
        self.show_saved(id)
    }

    /// Chooses a saved connection by its id, or by `slot` and its number one that is there though nobody has saved it.
    pub(super) fn choose_connection(&mut self, words: &str) -> Result<(), Problems> {
        // What was typed belongs to the one before.
        self.settle_now();
        self.load_connections();
        let slot = words.strip_prefix(UNSAVED).map(str::parse);
        match (slot, words.parse()) {
            (Some(Ok(slot)), _) => self.show_unsaved(Slot(slot)),
            (_, Ok(id)) => self.show_saved(id)?,
            _ => {}
        }
        Ok(())
    }

    pub(super) fn duplicate_connection(&mut self) -> Result<(), Problems> {
        self.settle_now();
        let (Some(from), id) = (self.page.connection_chosen, browser::chance()) else { return Ok(()) };
        self.has_room()?;
        self.edit_connections(|connections, _| connections.duplicate(from, id, &browser::random_client_id()));
        self.show_saved(id)
    }

    pub(super) fn delete_connection(&mut self) {
        let Some(chosen) = self.page.chosen_connection() else { return };
        let (id, question) = (chosen.id, concat(&["Delete the saved connection “", &chosen.name, "”?"]));
        if browser::confirm(&question) {
            // The forms stay as they are, and are of none.
            self.edit(Edit::ChooseConnection(None));
            self.edit_connections(|connections, _| connections.delete(id));
            self.store_slots();
        }
    }

    /// Does what was done in the fields of the chosen connection.
    pub(super) fn on_saved(&mut self, message: SavedMessage) {
        let chosen = self.page.connection_chosen;
        match (message, chosen) {
            (SavedMessage::Name(name), Some(id)) => {
                self.edit_connections(|connections, _| connections.rename(id, &name));
            }
            (SavedMessage::Colour(name), Some(id)) => {
                self.edit_connections(|connections, _| connections.colour(id, &name));
            }
            (SavedMessage::File(text), _) => match text.and_then(|text| self.import_connections(&text)) {
                Some(count) => {
                    let said = number::counted(count, " connection was added", " connections were added");
                    self.edit(Edit::Note(Field::ConnectionsFile, concat(&[&said, "."])));
                }
                None => self.edit(Edit::Refused(refused(Field::ConnectionsFile, NO_CONNECTIONS))),
            },
            (_, None) => {}
        }
    }
}

/// Their subscriptions.
impl App {
    /// Notes what the connection was asked to subscribe to.
    pub(super) fn note_subscribed(&mut self, request: &SubscribeRequest<'_>) {
        let Some(id) = self.page.connection_chosen else { return };
        let properties = request.properties.as_properties();
        let identifier = properties.subscription_identifiers().next();
        let said = |text: Text<'_>| text.to_string_lossy().into_owned();
        let pairs = properties.user_properties().map(|(name, value)| (said(name), said(value)));
        let user_properties: Vec<_> = pairs.collect();
        let options = request.options.0;
        self.edit_connections(|connections, _| {
            for filter in &request.filters {
                let filter = filter.as_str().to_owned();
                let user_properties = user_properties.clone();
                connections.subscribe(id, SavedSubscription { filter, options, identifier, user_properties });
            }
        });
    }

    /// Notes that a subscription was given up.
    pub(super) fn note_unsubscribed(&mut self, filter: &str) {
        if let Some(id) = self.page.connection_chosen {
            self.edit_connections(|connections, _| connections.unsubscribe(id, filter));
        }
    }

    /// What the chosen connection is subscribed to, or asks for.
    fn live_subscriptions(&self) -> Vec<SavedSubscription> {
        let held = self.connection.subscriptions.iter();
        let held =
            held.filter(|held| !matches!(held.answer, Answer::Refused | Answer::Gone | Answer::Leaving));
        held.map(|held| SavedSubscription {
            filter: held.filter.clone(),
            options: held.options,
            identifier: held.identifier,
            user_properties: held.user_properties.clone(),
        })
        .collect()
    }

    /// It is connected: what goes with its saved connection, or its link, is asked for, unless the server holds it.
    pub(super) fn subscribe_to_saved(&mut self, other: &Other) {
        let Other { slot, saved, connection, forms, .. } = other;
        let saved = saved.and_then(|id| self.page.connections.get(id));
        let wanted = saved.map_or(&forms.subscriptions[..], |saved| &saved.subscriptions);
        let is_held = |filter: &str| {
            let held = connection.subscriptions.iter().find(|held| held.filter == filter);
            held.is_some_and(|held| !matches!(held.answer, Answer::Gone | Answer::Unanswered))
        };
        let missing: Vec<_> = wanted.iter().filter(|wanted| !is_held(&wanted.filter)).cloned().collect();
        let has_properties = connection.version.has_properties();
        for SavedSubscription { filter, options, identifier, user_properties } in missing {
            let properties = match has_properties {
                true => subscribe_properties(identifier, &user_properties),
                false => PropertyBuf::new(),
            };
            let (filters, options) = (vec![filter], SubscribeOptions(options));
            let subscribe = ConnectionCommand::Subscribe { filters, options, properties };
            self.send(EngineCommand::Connection(*slot, subscribe));
        }
    }

    /// Copies a link that fills the forms of whoever opens it as these are, without the password.
    pub(super) fn copy_link(&mut self) {
        let subscriptions = match self.page.chosen_connection() {
            Some(saved) => saved.subscriptions.clone(),
            None => {
                let mut live = self.live_subscriptions();
                let of_link = self.page.subscriptions.iter();
                let missing: Vec<_> = of_link
                    .filter(|asked| live.iter().all(|held| held.filter != asked.filter))
                    .cloned()
                    .collect();
                live.extend(missing);
                live
            }
        };
        clipboard::copy(concat(&[&browser::own_url(), "?", &self.page.to_link(&subscriptions)]));
        self.edit(Edit::Note(Field::ConnectionsFile, "Copied: the link holds no password.".into()));
    }
}

/// Files of them.
impl App {
    /// Lets the browser save all of them as a file. Passwords go with them only if the person says so.
    pub(super) fn export_connections(&mut self) -> Result<(), Problems> {
        self.settle_now();
        self.load_connections();
        let connections = &self.page.connections;
        let with_passwords = connections.has_passwords() && browser::confirm(WITH_PASSWORDS);
        let json = connections.to_json(with_passwords);
        let name = concat(&["mqttscope-connections-", &browser::stamp(), ".json"]);
        browser::save_json(&json, &name).map_err(|_| refused(Field::ConnectionsFile, NO_ROOM))?;
        self.edit(Edit::Note(Field::ConnectionsFile, name));
        Ok(())
    }

    /// Adds the connections of a file, and says how many; none if it is no file of connections.
    fn import_connections(&mut self, text: &str) -> Option<u64> {
        let file = JSON::parse(text).ok()?;
        if text_at(&file, "format").as_deref() != Some(FILE_FORMAT) {
            return None;
        }
        let list: Array = value_at(&file, "connections")?.dyn_into().ok()?;
        self.edit_connections(|connections, _| {
            for saved in list.iter() {
                let name = text_at(&saved, "name").unwrap_or_default();
                let colour = text_at(&saved, "colour").unwrap_or_default();
                let fields = value_at(&saved, "fields").and_then(|fields| fields.dyn_into::<Object>().ok());
                let fields = fields.map(|fields| pairs_of(&fields)).unwrap_or_default();
                let held = list_at(&saved, "subscriptions");
                let held = held.filter_map(|held| subscription_of(&held)).collect();
                let mut marks = Marks::default();
                for note in list_at(&saved, "marks") {
                    let Some(filter) = text_at(&note, "filter") else { continue };
                    let is_muted = value_at(&note, "muted").is_some_and(|muted| muted.is_truthy());
                    let name = text_at(&note, "name").unwrap_or_default();
                    let colour = text_at(&note, "colour").unwrap_or_default();
                    for edit in [MarkEdit::Name(name), MarkEdit::Colour(colour), MarkEdit::Mute(is_muted)] {
                        marks.apply(&filter, edit);
                    }
                }
                connections.import(browser::chance(), &name, &colour, fields, held, marks);
            }
        });
        Some(list.length().into())
    }
}

/// Reads a file of connections that was chosen.
pub(super) fn read(file: &File, link: Scope<App>) {
    let text = file.text();
    spawn_local(async move {
        let text = JsFuture::from(text).await.ok();
        let text = text.and_then(|text| text.dyn_into::<JsString>().ok()).map(String::from);
        link.send_message(Message::Saved(SavedMessage::File(text)));
    });
}

fn value_at(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &name.into()).ok()
}

fn text_at(object: &JsValue, name: &str) -> Option<String> {
    value_at(object, name)?.as_string()
}

fn list_at(object: &JsValue, name: &str) -> impl Iterator<Item = JsValue> + use<> {
    let list = value_at(object, name).and_then(|list| list.dyn_into::<Array>().ok()).unwrap_or_default();
    (0..list.length()).map(move |at| list.get(at))
}

fn pairs_of(object: &Object) -> Vec<(String, String)> {
    let entries = Object::entries(object);
    let pair = |entry: JsValue| {
        let entry: Array = entry.dyn_into().ok()?;
        Some((entry.get(0).as_string()?, entry.get(1).as_string()?))
    };
    entries.iter().filter_map(pair).collect()
}

fn subscription_of(object: &JsValue) -> Option<SavedSubscription> {
    let number = |name| value_at(object, name).and_then(|number| number.as_f64());
    let filter = text_at(object, "filter")?;
    let options = number("options").unwrap_or_default() as u8;
    let identifier = number("identifier").map(|number| number as u32);
    let pair = |pair: JsValue| Some((text_at(&pair, "name")?, text_at(&pair, "value")?));
    let user_properties = list_at(object, "user_properties").filter_map(pair).collect();
    Some(SavedSubscription { filter, options, identifier, user_properties })
}

const WITH_PASSWORDS: &str = "Some of these connections hold a password.\n\n\
     OK writes the passwords into the file, readable for whoever has it. Cancel leaves them out.";
const NO_CONNECTIONS: &str = "This is no file of connections that mqttscope has written.";
