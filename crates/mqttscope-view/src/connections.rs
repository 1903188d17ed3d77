//! Saved connections: everything of the connection's forms under a name, with the subscriptions that go with it.

use std::rc::Rc;

use mqttscope_text::json::{push_array, push_object};
use serde::{Deserialize, Serialize};

use crate::field::{Field, Kept, Part};
use crate::marks::{COLOURS, Marks};
use crate::page::Page;
use crate::storage::{Entries, read_text, write_text};
use crate::values::Profile;

/// All that are saved, in the order in which they were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connections(Vec<Saved>);

/// One of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// Tells it from the others, whatever it is called.
    pub id: u32,
    /// What a person calls it.
    pub name: String,
    /// The number of its colour in [`COLOURS`]; 0 for none.
    pub colour: u8,
    /// What the forms hold.
    fields: Entries,
    /// What is asked for once it is connected.
    pub subscriptions: Vec<SavedSubscription>,
    /// What is noted of these.
    marks: Marks,
}

/// A subscription that goes with a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSubscription {
    /// The topic filter.
    pub filter: String,
    /// The QoS, and in MQTT 5 what else is asked for, as in SUBSCRIBE.
    pub options: u8,
    /// The Subscription Identifier (MQTT 5).
    pub identifier: Option<u32>,
    /// User properties of SUBSCRIBE (MQTT 5).
    pub user_properties: Vec<(String, String)>,
}

/// What can be done with them.
impl Connections {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Saved> {
        self.0.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one of that id.
    #[must_use]
    pub fn get(&self, id: u32) -> Option<&Saved> {
        self.0.iter().find(|saved| saved.id == id)
    }

    /// Saves the forms of a page as another one.
    pub fn add(&mut self, id: u32, page: &Page) {
        let name = self.free_name(&name_of(page));
        let subscriptions = page.subscriptions.to_vec();
        self.0.push(Saved { id, name, subscriptions, ..Saved::default() });
        self.save(id, page);
    }

    /// Takes over what the forms of a page hold.
    pub fn save(&mut self, id: u32, page: &Page) {
        if let Some(saved) = self.of(id) {
            saved.fields = Entries::of_profile(page);
            saved.marks = Marks::clone(&page.marks);
        }
    }

    /// Adds the same again, as another client: two with one client id would throw each other out.
    pub fn duplicate(&mut self, from: u32, id: u32, client_id: &str) {
        let Some(saved) = self.get(from).cloned() else { return };
        let name = self.free_name(&saved.name);
        let mut copy = Saved { id, name, ..saved };
        copy.fields.set(Field::ClientId.id(), client_id);
        let at = self.0.iter().position(|saved| saved.id == from).unwrap_or(0);
        self.0.insert(at + 1, copy);
    }

    /// Forgets one.
    pub fn delete(&mut self, id: u32) {
        self.0.retain(|saved| saved.id != id);
    }

    /// Calls it something else.
    pub fn rename(&mut self, id: u32, name: &str) {
        if let Some(saved) = self.of(id) {
            saved.name = name.into();
        }
    }

    /// Gives it the colour of that name; none if there is no such colour.
    pub fn colour(&mut self, id: u32, name: &str) {
        if let Some(saved) = self.of(id) {
            saved.colour = colour_of(name);
        }
    }

    /// Notes that it is subscribed to something.
    pub fn subscribe(&mut self, id: u32, subscription: SavedSubscription) {
        if let Some(saved) = self.of(id) {
            saved.subscriptions.retain(|held| held.filter != subscription.filter);
            saved.subscriptions.push(subscription);
        }
    }

    /// Notes that a subscription was given up.
    pub fn unsubscribe(&mut self, id: u32, filter: &str) {
        if let Some(saved) = self.of(id) {
            saved.subscriptions.retain(|held| held.filter != filter);
        }
    }

    /// Adds one of a file: what its fields are not called here, and what cannot be read, is left out.
    pub fn import(
        &mut self,
        id: u32,
        name: &str,
        colour: &str,
        fields: impl IntoIterator<Item = (String, String)>,
        subscriptions: Vec<SavedSubscription>,
        marks: Marks,
    ) {
        let name = self.free_name(name);
        let mut page = Page::default();
        let entries = fields.into_iter().filter(|(name, _)| {
            Field::of_id(name)
                .is_some_and(|field| field.part() == Part::Profile && field.info().kept != Kept::Not)
        });
        Entries::of_pairs(entries).fill_forms(&mut page);
        let fields = Entries::of_profile(&page);
        self.0.push(Saved { id, name, colour: colour_of(colour), fields, subscriptions, marks });
    }

    /// Whether any of them holds a password.
    #[must_use]
    pub fn has_passwords(&self) -> bool {
        self.0
            .iter()
            .any(|saved| saved.fields.iter().any(|(name, text)| is_password(name) && !text.is_empty()))
    }

    fn of(&mut self, id: u32) -> Option<&mut Saved> {
        self.0.iter_mut().find(|saved| saved.id == id)
    }

    /// A name that no other has: `name`, or else `name 2`.
    fn free_name(&self, name: &str) -> String {
        let is_free = |name: &str| self.0.iter().all(|saved| saved.name != name);
        if is_free(name) {
            return name.into();
        }
        // As many as there are cannot all be taken.
        let mut numbered = (2..=self.0.len() + 2).map(|number| format!("{name} {number}"));
        numbered.find(|name| is_free(name)).unwrap_or_else(|| name.into())
    }
}

/// In a browser's storage, and in a file.
impl Connections {
    /// As a text that a browser's storage holds.
    #[must_use]
    pub fn to_text(&self) -> String {
        write_text(self)
    }

    /// Those in such a text; none if it is another one.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        read_text(text).unwrap_or_default()
    }

    /// As JSON, for a file; passwords only if that is wished for.
    #[must_use]
    pub fn to_json(&self, with_passwords: bool) -> String {
        let mut out = String::new();
        push_object(&mut out, |file| {
            file.text("format", FILE_FORMAT);
            push_array(file.key("connections"), &self.0, |out, saved| saved.write(out, with_passwords));
        });
        out
    }
}

impl Saved {
    /// Fills the forms of a page with it.
    pub fn fill(&self, page: &mut Page) {
        page.profile = Rc::new(Profile::default());
        self.fields.fill_forms(page);
        page.marks = Rc::new(self.marks.clone());
        page.subscriptions = Rc::default();
    }

    /// Whether the forms of a page say the same, besides what is not saved.
    pub(crate) fn is_of(&self, page: &Page) -> bool {
        self.fields == Entries::of_profile(page) && self.marks == *page.marks
    }

    fn write(&self, out: &mut String, with_passwords: bool) {
        push_object(out, |object| {
            object.text("name", &self.name);
            object.text("colour", COLOURS.get(usize::from(self.colour)).copied().unwrap_or_default());
            object.object("fields", |fields| {
                for (name, text) in
                    self.fields.iter().filter(|(name, _)| with_passwords || !is_password(name))
                {
                    fields.text(name, text);
                }
            });
            push_array(object.key("subscriptions"), &self.subscriptions, |out, held| {
                push_object(out, |object| {
                    object.text("filter", &held.filter);
                    object.number("options", held.options);
                    if let Some(identifier) = held.identifier {
                        object.number("identifier", identifier);
                    }
                    if !held.user_properties.is_empty() {
                        push_array(
                            object.key("user_properties"),
                            &held.user_properties,
                            |out, (name, value)| {
                                push_object(out, |pair| {
                                    pair.text("name", name);
                                    pair.text("value", value);
                                });
                            },
                        );
                    }
                });
            });
            let notes: Vec<_> = self.marks.notes().collect();
            push_array(object.key("marks"), notes, |out, note| {
                push_object(out, |object| {
                    object.text("filter", &note.filter);
                    object.text("name", &note.name);
                    object.text("colour", COLOURS.get(usize::from(note.colour)).copied().unwrap_or_default());
                    object.bool("muted", note.is_muted);
                });
            });
        });
    }
}

/// The name of a connection that nobody has named: where it leads.
fn name_of(page: &Page) -> String {
    let url = page.text(Field::Url);
    let host = url.split_once("://").map_or(&*url, |(_, rest)| rest);
    let host = host.split(['/', '?']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    if host.is_empty() { "Connection".into() } else { host.into() }
}

fn colour_of(name: &str) -> u8 {
    COLOURS.iter().position(|colour| *colour == name).unwrap_or(0) as u8
}

fn is_password(name: &str) -> bool {
    name == Field::Password.id()
}

/// What tells a file of connections from others.
pub const FILE_FORMAT: &str = "mqttscope-connections-1";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marks::MarkEdit;
    use crate::page::Edit;

    fn text(field: Field, text: &str) -> Edit {
        Edit::Text(field, text.into())
    }

    fn page() -> Page {
        let mut page = Page::default();
        for edit in [
            text(Field::Url, "wss://me:hush@broker.example:8884/mqtt"),
            text(Field::Version, "5"),
            text(Field::ClientId, "17"),
            text(Field::Password, "secret"),
            text(Field::Topic, "not/of/the/connection"),
            Edit::Switch(Field::Will, true),
            Edit::Switch(Field::SimulateDown, true),
            Edit::Mark("a/#".into(), MarkEdit::Name("all of a".into())),
        ] {
            page.apply(edit);
        }
        page
    }

    fn subscription(filter: &str) -> SavedSubscription {
        SavedSubscription {
            filter: filter.into(),
            options: 1,
            identifier: Some(7),
            ..SavedSubscription::default()
        }
    }

    #[test]
    fn a_saved_connection_fills_the_forms_again() {
        let mut saved = Connections::default();
        saved.add(1, &page());
        let saved = Connections::of_text(&saved.to_text());
        let one = saved.get(1).expect("it is there");
        assert_eq!(one.name, "broker.example:8884");
        let mut back = Page::default();
        back.apply(text(Field::Username, "another connection's"));
        back.apply(text(Field::Topic, "mine"));
        one.fill(&mut back);
        let fields = [Field::Version, Field::ClientId, Field::Username, Field::Topic];
        assert_eq!(fields.map(|field| back.text(field)), ["5", "17", "", "mine"]);
        assert_eq!((back.is_on(Field::Will), back.is_on(Field::SimulateDown)), (true, false));
        assert_eq!(back.marks.of("a/#").name, "all of a");
    }

    #[test]
    fn a_password_is_saved_only_if_it_is_asked_for() {
        let mut saved = Connections::default();
        let mut page = page();
        saved.add(1, &page);
        assert!(
            !saved.to_text().contains("secret")
                && !saved.to_text().contains("hush")
                && !saved.has_passwords()
        );
        page.apply(Edit::Switch(Field::RememberPassword, true));
        saved.save(1, &page);
        assert!(saved.to_text().contains("secret") && saved.has_passwords());
        assert!(
            !saved.to_json(false).contains("secret")
                && saved.to_json(true).contains(r#""password":"secret""#)
        );
    }

    #[test]
    fn choosing_one_fills_the_forms_and_costs_nothing_that_was_just_saved() {
        let mut page = page();
        let mut saved = Connections::default();
        saved.add(1, &page);
        saved.add(2, &Page::default());
        page.apply(Edit::Connections(saved));
        page.apply(Edit::ChooseConnection(Some(1)));
        // It is not remembered, and still there.
        assert_eq!((page.connection_chosen, page.text(Field::Password)), (Some(1), "secret".into()));
        page.apply(Edit::ChooseConnection(Some(2)));
        assert_eq!((page.text(Field::Url), page.text(Field::Password)), (String::new(), String::new()));
        page.apply(Edit::ChooseConnection(Some(1)));
        assert_eq!(page.text(Field::ClientId), "17");
        page.apply(Edit::ChooseConnection(Some(3)));
        assert_eq!((page.connection_chosen, page.text(Field::ClientId)), (None, "17".into()));
    }

    #[test]
    fn what_a_link_has_filled_in_is_saved_once_it_is_used() {
        let mut page = Page::default();
        page.apply(text(Field::ClientId, "mine"));
        page.follow_link("client_id=theirs", |name| {
            if name == "client_id" { vec!["theirs".to_owned()] } else { Vec::new() }
        });
        let saved_id = |page: &Page| {
            let (mut saved, mut back) = (Connections::default(), Page::default());
            saved.add(1, page);
            saved.get(1).expect("it is there").fill(&mut back);
            back.text(Field::ClientId)
        };
        assert_eq!(saved_id(&page), "mine");
        page.take_link();
        assert_eq!(saved_id(&page), "theirs");
    }

    #[test]
    fn names_stay_apart_and_a_copy_is_another_client() {
        let mut saved = Connections::default();
        saved.add(1, &page());
        saved.add(2, &page());
        saved.subscribe(1, subscription("a"));
        saved.duplicate(1, 3, "18");
        saved.colour(3, "blue");
        let names: Vec<_> = saved.iter().map(|saved| (saved.id, saved.name.as_str(), saved.colour)).collect();
        let host = "broker.example:8884";
        let (second, third) = (format!("{host} 2"), format!("{host} 3"));
        assert_eq!(names, [(1, host, 0), (3, &*third, 5), (2, &*second, 0)]);
        let copy = saved.get(3).expect("it is there");
        let mut back = Page::default();
        copy.fill(&mut back);
        assert_eq!((back.profile.client_id(), &copy.subscriptions[..]), ("18", &[subscription("a")][..]));
        saved.rename(3, "mine");
        saved.delete(1);
        assert_eq!((saved.get(3).map(|it| it.name.as_str()), saved.get(1)), (Some("mine"), None));
    }

    #[test]
    fn subscriptions_are_each_once() {
        let mut saved = Connections::default();
        saved.add(1, &page());
        for filter in ["a", "b", "a"] {
            saved.subscribe(1, subscription(filter));
        }
        saved.unsubscribe(1, "b");
        assert_eq!(saved.get(1).expect("it is there").subscriptions, [subscription("a")]);
        let user_properties = vec![("n".to_owned(), "1".to_owned())];
        saved.subscribe(1, SavedSubscription { user_properties, ..subscription("b") });
        let pairs = r#""filter":"b","options":1,"identifier":7,"user_properties":[{"name":"n","value":"1"}]"#;
        assert!(saved.to_json(false).contains(pairs), "{}", saved.to_json(false));
        saved.unsubscribe(1, "b");
        let json = saved.to_json(false);
        assert!(json.contains(r#""subscriptions":[{"filter":"a","options":1,"identifier":7}]"#), "{json}");
        let marks = r#""marks":[{"filter":"a/#","name":"all of a","colour":"none","muted":false}]"#;
        assert!(json.contains(marks), "{json}");
    }

    #[test]
    fn a_file_brings_what_is_known_here_and_nothing_else() {
        let fields =
            [("url", "ws://h/"), ("version", "6"), ("simulate-down", "on"), ("topic", "x"), ("new", "1")];
        let fields = fields.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let mut saved = Connections::default();
        let mut marks = Marks::default();
        marks.apply("a", MarkEdit::Mute(true));
        saved.import(4, "theirs", "mauve", fields, vec![subscription("a")], marks);
        let mut back = Page::default();
        back.apply(text(Field::Topic, "mine"));
        saved.get(4).expect("it is there").fill(&mut back);
        let texts = [Field::Url, Field::Version, Field::Topic].map(|field| back.text(field));
        assert!(back.marks.of("a").is_muted);
        assert_eq!(
            (texts.each_ref().map(String::as_str), back.is_on(Field::SimulateDown)),
            (["ws://h/", "3.1", "mine"], false)
        );
        assert_eq!(Connections::of_text("日本"), Connections::default());
    }
}
