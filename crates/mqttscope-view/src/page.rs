//! What a person does to the page besides sending packets, and what becomes of it.

use std::borrow::Cow;
use std::rc::Rc;

use mqttscope_message::Format;
use mqttscope_proto::{PropertyBuf, ProtocolVersion};
use mqttscope_text::{bytes, visible};

use crate::arrangement::Arrangement;
use crate::column::Column;
use crate::connections::{Connections, Saved, SavedSubscription};
use crate::field::{Effect, Field, Kind, Part};
use crate::filter_text::remembered;
use crate::forms::Forms;
use crate::given::Given;
use crate::looks::{Looks, Theme};
use crate::marks::{MarkEdit, Marks};
use crate::messages::{Message, MessageEdit, Messages};
use crate::pairs::{self, PairEdit};
use crate::pane::Pane;
use crate::problems::Problems;
use crate::properties::publish_values;
use crate::settling::Store;
use crate::values::{Drafts, Profile, Value, Values};

/// The page's own state: forms, what is wrong with them, and looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// How to connect.
    pub profile: Rc<Profile>,
    /// What to subscribe to and to publish.
    pub drafts: Rc<Drafts>,
    /// The saved connections, as this tab knows them.
    pub connections: Rc<Connections>,
    /// The id of the one that the forms are of, if they are of one.
    pub connection_chosen: Option<u32>,
    /// What is noted of subscriptions.
    pub marks: Rc<Marks>,
    /// What a link asks to subscribe to, where the forms are of no saved connection.
    pub subscriptions: Rc<Vec<SavedSubscription>>,
    /// How it looks.
    pub looks: Rc<Looks>,
    /// What is wrong.
    pub problems: Rc<Problems>,
    /// How often a form was refused: with each time the first wrong field gets the focus.
    pub refusals: u32,
    /// The region that it shows while it is narrow.
    pub tab: Tab,
    /// Whether the password can be read.
    pub password_shown: bool,
    /// The files that were picked, in the order in which they are to be sent.
    pub files: Rc<Vec<PickedFile>>,
    /// What there is to say of the message that is typed.
    pub checked: Rc<Checked>,
    /// The messages that are kept.
    pub messages: Rc<Messages>,
    /// Names of those that were chosen, to be repeated in turn.
    pub chosen: Rc<Vec<String>>,
    /// The name of the one that is to get another.
    pub renaming: Option<String>,
    /// Those that were sent are shown, and not those that were saved.
    pub shows_sent: bool,
    /// What a button has to say that is no refusal.
    pub note: Option<Rc<Note>>,
    /// What a link and the page's own file have filled in.
    pub(crate) given: Given,
}

/// Something to say at a button.
#[derive(Debug, PartialEq, Eq)]
pub struct Note {
    /// The button.
    pub field: Field,
    /// What it says.
    pub words: String,
}

/// What there is to say of a message that is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Bytes of it; `None` until the engine has told them.
    pub len: Option<u64>,
    /// What is wrong with it, in a sentence.
    pub wrong: Option<String>,
    /// Where that is, in UTF-16 code units.
    pub at: u32,
    /// What is only worth knowing.
    pub warning: Option<String>,
}

/// A file that is ready to be published.
#[derive(Debug, PartialEq, Eq)]
pub struct PickedFile {
    /// Its name.
    pub name: String,
    /// Its type, as the browser knows it.
    pub mime: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

table! {
    /// The region that a narrow page shows, with the value of the page's `data-tab`.
    #[derive(Default)]
    #[allow(missing_docs, reason = "the buttons on the page say it")]
    pub enum Tab: &'static str {
        #[default]
        Connection = "connection",
        Messages = "messages",
        Log = "log",
        Topics = "topics",
        Inspector = "inspector",
    }
}

/// A change of the page.
#[derive(Debug)]
pub enum Edit {
    /// A field has another text, or another entry of its list is chosen.
    Text(Field, String),
    /// A switch is on or off.
    Switch(Field, bool),
    /// A table of names and values is another one.
    Pairs(Field, PairEdit),
    /// Something is noted of the subscriptions to a topic filter.
    Mark(String, MarkEdit),
    /// The saved connections are others.
    Connections(Connections),
    /// The forms hold what they held before.
    Forms(Forms),
    /// The forms are those of the saved connection of that id, or of none.
    ChooseConnection(Option<u32>),
    /// The Publish form is to answer a request.
    Reply(Reply),
    /// The Publish form is to hold a message that is to be published again.
    Again {
        /// The topic name.
        topic: String,
        /// QoS.
        qos: u8,
        /// RETAIN.
        retain: bool,
        /// The message.
        payload: Vec<u8>,
        /// Properties (MQTT 5).
        properties: PropertyBuf,
    },
    /// A form's button was pressed in vain.
    Refused(Problems),
    /// A form's button did its work.
    Accepted(Field),
    /// There is something to say at a button.
    Note(Field, String),
    /// The colours are others.
    Theme(Theme),
    /// A column is hidden or shown.
    HideColumn(Column, bool),
    /// A column gets a width, in CSS pixels.
    SizeColumn(Column, i64),
    /// A column goes to the place of another.
    MoveColumn(Column, Column),
    /// A column goes one place to the right, or to the left, past one of those that are shown, a bit each.
    StepColumn(Column, bool, u16),
    /// The columns stand as at first.
    ResetColumns,
    /// A pane gets a size, in CSS pixels.
    Resize(Pane, i64),
    /// The inspector is hidden or shown.
    HideInspector(bool),
    /// The topics are shown or hidden.
    ShowTopics(bool),
    /// A filter of the log was used.
    FilterUsed(String),
    /// The password can be read, or not.
    RevealPassword(bool),
    /// Another region is shown.
    Tab(Tab),
    /// Files were picked, or none.
    Files(Vec<PickedFile>),
    /// The message was checked.
    Checked(Checked),
    /// The messages that are kept are others.
    Messages(MessageEdit),
    /// The Publish form is to hold that message.
    Fill(Message),
    /// A saved message is chosen to be repeated, or not.
    Choose(String, bool),
    /// The message of that name is to get another, or none is.
    Renaming(Option<String>),
    /// Messages that were sent are shown, or those that were saved.
    ShowSent(bool),
    /// A connection was asked for with the forms as they are: what a link has filled in is as good as typed.
    Connect,
}

/// What a request says of its answer (MQTT 5, 4.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The Response Topic.
    pub topic: String,
    /// The Correlation Data, if there is any; it may be empty.
    pub correlation: Option<Vec<u8>>,
}

/// What follows from an edit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Outside of the page's state.
    pub effect: Option<Effect>,
    /// In what is remembered.
    pub store: Option<Store>,
}

/// What follows from an edit.
impl Page {
    /// Makes a change. This is the only way from what a person does to the page's state.
    pub fn apply(&mut self, edit: Edit) -> Change {
        let mut change = Change::default();
        match edit {
            Edit::Text(field, text) => {
                // What is not in its list was not chosen there.
                if let Some(value) = Value::read(field, &text) {
                    change = self.set(field, value);
                }
            }
            Edit::Switch(field, on) => change = self.set(field, Value::On(on)),
            Edit::Pairs(field, edit) => {
                let mut pairs = pairs::read(&self.text(field));
                edit.apply(&mut pairs);
                change = self.set(field, Value::Text(pairs::write(&pairs)));
            }
            Edit::Mark(filter, edit) => {
                Rc::make_mut(&mut self.marks).apply(&filter, edit);
                change = Change { effect: Some(Effect::Marks), store: Some(Store::Forms) };
            }
            Edit::Connections(connections) => self.connections = Rc::new(connections),
            Edit::Forms(forms) => self.set_forms(forms),
            Edit::ChooseConnection(id) => {
                let connections = self.connections.clone();
                self.connection_chosen = id.filter(|id| connections.get(*id).is_some());
                if let Some(saved) = self.chosen_connection() {
                    // What a link has filled in has no part in it.
                    let saved = saved.clone();
                    self.subscriptions = Rc::default();
                    self.given.use_link();
                    self.problems = Rc::default();
                    if !saved.is_of(self) {
                        saved.fill(self);
                    }
                }
                change = Change { effect: Some(Effect::Forms), store: Some(Store::Forms) };
            }
            Edit::Reply(reply) => {
                self.tab = Tab::Messages;
                change = self.reply(reply);
            }
            Edit::Again { topic, qos, retain, payload, properties } => {
                self.tab = Tab::Messages;
                for (field, value) in publish_values(properties.as_properties()) {
                    self.set(field, value);
                }
                self.set(Field::Topic, Value::Text(topic));
                self.set(Field::Retain, Value::On(retain));
                let (format, text) = as_typed(&payload);
                let read = [(Field::PublishQos, &*qos.to_string()), (Field::MessageFormat, format)]
                    .map(|(field, name)| (field, Value::read(field, name)));
                for (field, value) in read {
                    if let Some(value) = value {
                        self.set(field, value);
                    }
                }
                change = self.set(Field::Message, Value::Text(text));
            }
            Edit::Refused(problems) => {
                if let Some(field) = problems.first() {
                    self.tab = field.tab();
                    // What its button said of the last time is not what became of this one.
                    let form = field.info().form;
                    self.note = self.note.take().filter(|note| note.field.info().form != form);
                }
                Rc::make_mut(&mut self.problems).replace(problems);
                self.refusals += 1;
            }
            Edit::Note(field, words) => self.note = Some(Rc::new(Note { field, words })),
            Edit::Accepted(field) => Rc::make_mut(&mut self.problems).settle(field),
            Edit::Theme(theme) => {
                self.looks().theme = theme;
                change = looks(Some(Effect::Theme));
            }
            Edit::HideColumn(column, hidden) => {
                self.looks().hidden.set(column, hidden);
                change = looks(None);
            }
            Edit::SizeColumn(column, width) => {
                self.looks().arrangement.set_width(column, width);
                change = looks(Some(Effect::Columns));
            }
            Edit::MoveColumn(column, target) => {
                self.looks().arrangement.move_to(column, target);
                change = looks(None);
            }
            Edit::StepColumn(column, right, shown) => {
                self.looks().arrangement.step(column, right, |column| shown & column.bit() != 0);
                change = looks(None);
            }
            Edit::ResetColumns => {
                self.looks().arrangement = Arrangement::default();
                change = looks(Some(Effect::Columns));
            }
            Edit::Resize(pane, size) => {
                self.looks().panes.set(pane, size);
                change = looks(Some(Effect::Panes));
            }
            Edit::HideInspector(hidden) => {
                self.looks().panes.is_inspector_hidden = hidden;
                change = looks(None);
            }
            Edit::ShowTopics(shown) => {
                self.looks().panes.are_topics_shown = shown;
                change = looks(None);
            }
            Edit::FilterUsed(filter) => {
                let recent = remembered(&self.looks.recent_filters(), &filter);
                self.looks().recent_filters = recent.join("\n");
                change = looks(None);
            }
            Edit::RevealPassword(shown) => self.password_shown = shown,
            Edit::Tab(tab) => self.tab = tab,
            Edit::Files(files) => {
                let suggested = |files: &[PickedFile]| files.first().map(|file| file.mime.clone());
                let (before, now) = (suggested(&self.files).unwrap_or_default(), suggested(&files));
                // What a person has typed stays.
                if let Some(mime) = now.filter(|_| self.drafts.text(Field::ContentType) == before) {
                    change = self.set(Field::ContentType, Value::Text(mime));
                }
                self.files = Rc::new(files);
                self.settle(Field::File);
            }
            Edit::Checked(checked) => self.checked = Rc::new(checked),
            Edit::Messages(edit) => {
                Rc::make_mut(&mut self.messages).apply(edit);
                self.forget_what_is_gone();
                self.settle(Field::SaveButton);
                change.store = Some(Store::Messages);
            }
            Edit::Fill(message) => {
                self.tab = Tab::Messages;
                message.fill(Rc::make_mut(&mut self.drafts));
                Rc::make_mut(&mut self.problems).settle(Field::PublishButton);
                change = Change { effect: Some(Effect::MessageTyped), store: Some(Store::Forms) };
            }
            Edit::Choose(name, is_chosen) => {
                let chosen = Rc::make_mut(&mut self.chosen);
                chosen.retain(|own| *own != name);
                if is_chosen {
                    chosen.push(name);
                }
                self.settle(Field::RepeatButton);
            }
            Edit::Renaming(name) => {
                let typed = name.clone().unwrap_or_default();
                self.renaming = name;
                self.set(Field::MessageName, Value::Text(typed));
            }
            Edit::ShowSent(shows_sent) => self.shows_sent = shows_sent,
            Edit::Connect => {
                self.tab = Tab::Log;
                if self.given.use_link() {
                    change.store = Some(Store::Forms);
                }
            }
        }
        change
    }

    fn set(&mut self, field: Field, value: Value) -> Change {
        let info = field.info();
        self.values_mut(field.part()).set(field, Some(value));
        self.given.forget(field);
        self.settle(field);
        let store = if field.part() == Part::Looks { Store::Looks } else { Store::Forms };
        Change { effect: info.effect, store: Some(store) }
    }

    /// Takes the messages as they were written down, with what other tabs have changed.
    pub fn take_messages(&mut self, messages: Messages) {
        self.messages = Rc::new(messages);
        self.forget_what_is_gone();
    }

    /// Messages that are gone can be neither repeated nor renamed.
    fn forget_what_is_gone(&mut self) {
        let is_there = |name: &String| self.messages.saved().iter().any(|(own, _)| own == name);
        if !self.chosen.iter().all(is_there) {
            Rc::make_mut(&mut self.chosen).retain(is_there);
        }
        self.renaming = self.renaming.take().filter(is_there);
    }

    /// Fills the Publish form with what a request says of its answer. Correlation Data that is no text is shown in hex.
    fn reply(&mut self, Reply { topic, correlation }: Reply) -> Change {
        let sends_empty = correlation.as_ref().is_some_and(Vec::is_empty);
        let correlation = correlation.unwrap_or_default();
        let text =
            str::from_utf8(&correlation).ok().filter(|text| !text.contains(|char: char| char.is_control()));
        let hex = text.is_none();
        let correlation = text.map_or_else(|| bytes::hex(&correlation), str::to_owned);
        // A request has asked for nothing else; an answer is no request itself.
        self.set(Field::ResponseTopic, Value::Text(String::new()));
        self.set(Field::TopicAlias, Value::Text(String::new()));
        self.set(Field::Topic, Value::Text(topic));
        self.set(Field::CorrelationHex, Value::On(hex));
        self.set(Field::CorrelationEmpty, Value::On(sends_empty));
        self.set(Field::CorrelationData, Value::Text(correlation))
    }

    /// A field was changed: what was said about it, and about the button of its form, is said no longer.
    fn settle(&mut self, field: Field) {
        let info = field.info();
        let problems = Rc::make_mut(&mut self.problems);
        for field in [field].into_iter().chain(info.form.info().button).chain(info.settles.iter().copied()) {
            problems.clear(field);
        }
    }

    pub(crate) fn values_mut(&mut self, part: Part) -> &mut Values {
        match part {
            Part::Profile => &mut Rc::make_mut(&mut self.profile).0,
            Part::Drafts => &mut Rc::make_mut(&mut self.drafts).0,
            Part::Looks => &mut self.looks().values,
        }
    }

    fn looks(&mut self) -> &mut Looks {
        Rc::make_mut(&mut self.looks)
    }
}

/// What the fields hold.
impl Page {
    /// The saved connection that the forms are of.
    #[must_use]
    pub fn chosen_connection(&self) -> Option<&Saved> {
        self.connections.get(self.connection_chosen?)
    }

    /// The text of a field, or the name of what is chosen.
    #[must_use]
    pub fn text(&self, field: Field) -> String {
        match field.part() {
            Part::Profile => self.profile.text(field),
            Part::Drafts => self.drafts.text(field).to_owned(),
            Part::Looks => self.looks.values.text(field).to_owned(),
        }
    }

    /// Whether a switch is on.
    #[must_use]
    pub fn is_on(&self, field: Field) -> bool {
        match field.part() {
            Part::Profile => self.profile.is_on(field),
            Part::Drafts => self.drafts.is_on(field),
            Part::Looks => self.looks.values.is_on(field),
        }
    }

    /// How many bytes the message of the Publish form has, as far as that is known: what is sent as it is typed can be
    /// counted before there is an engine.
    #[must_use]
    pub fn message_len(&self) -> Option<u64> {
        let text = self.drafts.text(Field::Message);
        let is_as_typed =
            matches!(self.drafts.message_format(), Format::Text | Format::Json) && !text.contains("{{");
        self.checked.len.or_else(|| is_as_typed.then_some(text.len() as u64))
    }

    /// What is worth knowing about a field as it stands, though it is not wrong.
    #[must_use]
    pub fn hint(&self, field: Field) -> Cow<'static, str> {
        if let Kind::Topic = field.info().kind {
            return self.unseen(field).into();
        }
        let words = match field {
            Field::ClientId => match self.profile.version() {
                ProtocolVersion::V31 if self.profile.client_id().is_empty() => {
                    "Empty: brokers may refuse it in MQTT 3.1."
                }
                ProtocolVersion::V31 if self.profile.client_id().chars().count() > 23 => {
                    "Over 23 characters: brokers may refuse it in MQTT 3.1."
                }
                ProtocolVersion::V5 if self.profile.client_id().is_empty() => {
                    "Empty: the server assigns one (MQTT-3.1.3-6)."
                }
                ProtocolVersion::V31 | ProtocolVersion::V311 | ProtocolVersion::V5 => "",
            },
            Field::LogBudget if self.looks.log_budget_bytes().is_none() => {
                "Type a number from 1 to 2,000: until then the last one counts."
            }
            Field::LogBudget => "Bytes and records together. The oldest rows go first.",
            Field::Message if self.drafts.text(field).is_empty() && self.drafts.is_on(Field::Retain) => {
                "Empty: this clears the retained message."
            }
            Field::RepeatTimes if self.drafts.text(field).trim().is_empty() => "Times empty: until stopped.",
            Field::KeepAlive if self.profile.text(field).trim() == "0" => "0 switches it off.",
            _ => "",
        };
        words.into()
    }

    /// A topic as it is, if it holds what its field does not show.
    fn unseen(&self, field: Field) -> String {
        let mut topic = self.text(field);
        if field == Field::Filter {
            // Each line is a topic filter of its own.
            topic = topic.replace('\n', " ");
        }
        let shown = visible(&topic);
        if shown == topic { String::new() } else { ["Holds what cannot be seen: ", &shown].concat() }
    }
}

impl Tab {
    /// The value of the page's `data-tab`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.info()
    }
}

/// The name of a format, and what is typed in it, for a message whose bytes are to stay: one that is no text, or would be
/// filled in as a template, is given in hex.
fn as_typed(payload: &[u8]) -> (&'static str, String) {
    match str::from_utf8(payload) {
        Ok(text) if !text.contains("{{") => ("text", text.to_owned()),
        _ => ("hex", bytes::hex(payload)),
    }
}

fn looks(effect: Option<Effect>) -> Change {
    Change { effect, store: Some(Store::Looks) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problems::refused;
    use mqttscope_proto::{PropertyId, PropertyValue};

    fn text(field: Field, text: &str) -> Edit {
        Edit::Text(field, text.into())
    }

    #[test]
    fn a_refusal_stays_until_its_field_is_changed() {
        let mut page = Page::default();
        page.apply(Edit::Refused(refused(Field::Topic, "no")));
        assert_eq!((page.refusals, page.tab), (1, Tab::Messages));
        page.apply(text(Field::Filter, "a"));
        assert_eq!(page.problems.at(Field::Topic), Some("no"));
        page.apply(text(Field::Topic, "a"));
        assert_eq!(page.problems.first(), None);
        assert_eq!(page.text(Field::Topic), "a");
    }

    #[test]
    fn a_refusal_takes_away_what_its_form_said_of_the_last_time() {
        let mut page = Page::default();
        page.apply(Edit::Note(Field::PublishButton, "Sent.".into()));
        page.apply(Edit::Refused(refused(Field::Filter, "no")));
        assert!(page.note.is_some());
        page.apply(Edit::Refused(refused(Field::Topic, "no")));
        assert_eq!(page.note, None);
    }

    #[test]
    fn what_becomes_of_one_form_says_nothing_of_another() {
        let mut page = Page::default();
        page.apply(Edit::Refused(refused(Field::GoTo, "no such row")));
        page.apply(Edit::Refused(refused(Field::Topic, "no topic")));
        page.apply(Edit::Refused(refused(Field::Message, "no message")));
        let said = |page: &Page| {
            [Field::GoTo, Field::Topic, Field::Message].map(|field| page.problems.at(field).is_some())
        };
        assert_eq!(said(&page), [true, false, true]);
        // The newest is the one to look at.
        assert_eq!(page.problems.first(), Some(Field::Message));
        page.apply(Edit::Accepted(Field::PublishButton));
        assert_eq!(said(&page), [true, false, false]);
        page.apply(Edit::Refused(refused(Field::WillTopic, "no")));
        page.apply(Edit::Accepted(Field::ConnectButton));
        assert_eq!(page.problems.at(Field::WillTopic), None);
        assert_eq!(said(&page), [true, false, false]);
    }

    #[test]
    fn the_default_will_message_follows_the_client_id() {
        let mut page = Page::default();
        page.apply(text(Field::ClientId, "17"));
        assert_eq!(page.text(Field::WillMessage), "Client 17 seems to be down.");
        page.apply(text(Field::WillMessage, "gone"));
        page.apply(text(Field::ClientId, "18"));
        assert_eq!(page.text(Field::WillMessage), "gone");
    }

    #[test]
    fn a_box_that_allows_something_takes_its_refusal_away() {
        let mut page = Page::default();
        page.apply(Edit::Refused(refused(Field::Password, "no")));
        page.apply(Edit::Switch(Field::SendWithoutPassword, true));
        assert_eq!(page.problems.first(), None);
    }

    #[test]
    fn a_change_says_what_follows_from_it() {
        let mut page = Page::default();
        let forms = Change { effect: None, store: Some(Store::Forms) };
        assert_eq!(page.apply(text(Field::ContentType, "a")), forms);
        let typed = Change { effect: Some(Effect::MessageTyped), store: Some(Store::Forms) };
        assert_eq!(page.apply(text(Field::Message, "a")), typed);
        let policy = Change { effect: Some(Effect::Policy), store: Some(Store::Forms) };
        assert_eq!(page.apply(Edit::Switch(Field::SimulateDown, true)), policy);
        let rows = Change { effect: Some(Effect::ShownRows), store: Some(Store::Looks) };
        assert_eq!(page.apply(Edit::Switch(Field::ShowAllRows, true)), rows);
        assert_eq!(page.apply(Edit::Tab(Tab::Inspector)), Change::default());
    }

    #[test]
    fn what_is_not_in_a_list_is_not_chosen() {
        let mut page = Page::default();
        page.apply(text(Field::PublishQos, "2"));
        assert_eq!(page.apply(text(Field::PublishQos, "7")), Change::default());
        assert_eq!(page.text(Field::PublishQos), "2");
    }

    #[test]
    fn hints_are_of_the_version() {
        let mut page = Page::default();
        assert!(page.hint(Field::ClientId).contains("brokers may refuse it"));
        page.apply(text(Field::Version, "3.1.1"));
        assert_eq!(page.hint(Field::ClientId), "");
        page.apply(text(Field::Version, "5"));
        page.apply(text(Field::ClientId, ""));
        assert!(page.hint(Field::ClientId).contains("the server assigns one"));
    }

    #[test]
    fn what_cannot_be_seen_of_a_topic_is_said_beside_it() {
        let mut page = Page::default();
        for field in [Field::Topic, Field::Filter, Field::WillTopic] {
            assert_eq!(page.hint(field), "");
            page.apply(text(field, "größe/日本 ~"));
            assert_eq!(page.hint(field), "");
            let mut said = Vec::new();
            for control in ["\n", "\r", "\t", "\x1b", "\x7f", "\u{85}", "\u{200b}", "\u{202e}"] {
                page.apply(text(field, &["a", control, "b"].concat()));
                assert_eq!(page.text(field), ["a", control, "b"].concat());
                said.push(page.hint(field));
            }
            let is_list = field == Field::Filter;
            assert_eq!(said[0], if is_list { "" } else { "Holds what cannot be seen: a↵b" });
            assert!((1..said.len()).all(|at| !said[..at].contains(&said[at])), "{said:?}");
        }
    }

    #[test]
    fn pairs_are_edited_in_place_and_settle_what_was_wrong_with_them() {
        let mut page = Page::default();
        let field = Field::PublishUserProperties;
        page.apply(Edit::Refused(refused(field, "no")));
        for edit in
            [PairEdit::Add, PairEdit::Name(0, "a".into()), PairEdit::Value(0, "1".into()), PairEdit::Add]
        {
            assert_eq!(page.apply(Edit::Pairs(field, edit)).store, Some(Store::Forms));
        }
        assert_eq!(pairs::read(&page.text(field)), [("a".into(), "1".into()), <_>::default()]);
        assert_eq!(page.problems.at(field), None);
    }

    #[test]
    fn a_reply_fills_the_publish_form() {
        let mut page = Page::default();
        page.apply(text(Field::TopicAlias, "3"));
        page.apply(text(Field::Message, "mine"));
        let reply = |correlation: &[u8]| {
            Edit::Reply(Reply { topic: "answers/1".into(), correlation: Some(correlation.into()) })
        };
        page.apply(reply(b"id 7"));
        let fields =
            [Field::Topic, Field::CorrelationData, Field::TopicAlias, Field::ResponseTopic, Field::Message];
        assert_eq!(fields.map(|field| page.text(field)), ["answers/1", "id 7", "", "", "mine"]);
        assert!(!page.is_on(Field::CorrelationHex));
        assert_eq!(page.tab, Tab::Messages);
        for bytes in [&[0xff, 0x00][..], b"a\nb"] {
            page.apply(reply(bytes));
            assert!(page.is_on(Field::CorrelationHex));
            assert_eq!(page.drafts.bytes(Field::CorrelationData), Ok(Some(bytes.to_vec())));
        }
        // The answer has the same Correlation Data, an empty one too, and none where the request has none.
        page.apply(reply(b""));
        assert_eq!(page.drafts.bytes(Field::CorrelationData), Ok(None));
        assert!(page.is_on(Field::CorrelationEmpty));
        page.apply(Edit::Reply(Reply { topic: "answers/1".into(), correlation: None }));
        assert_eq!(page.text(Field::CorrelationData), "");
        assert!(!page.is_on(Field::CorrelationEmpty));
    }

    #[test]
    fn a_kept_message_fills_the_form_and_nothing_else() {
        let mut page = Page::default();
        page.apply(text(Field::Topic, "a"));
        page.apply(text(Field::MessageFormat, "json"));
        let message = Message::of_drafts(&page.drafts);
        for (field, other) in [(Field::Topic, "b"), (Field::Filter, "f/#"), (Field::MessageFormat, "hex")] {
            page.apply(text(field, other));
        }
        page.apply(Edit::Refused(refused(Field::Message, "no hex")));
        let change = page.apply(Edit::Fill(message));
        assert_eq!(change, Change { effect: Some(Effect::MessageTyped), store: Some(Store::Forms) });
        assert_eq!(
            [Field::Topic, Field::Filter, Field::MessageFormat].map(|it| page.text(it)),
            ["a", "f/#", "json"]
        );
        assert_eq!(page.problems.at(Field::Message), None);
    }

    #[test]
    fn a_message_that_is_gone_is_chosen_no_more() {
        let mut page = Page::default();
        for name in ["a", "b"] {
            let save = MessageEdit::Save(name.into(), Message::default());
            assert_eq!(page.apply(Edit::Messages(save)).store, Some(Store::Messages));
            page.apply(Edit::Choose(name.into(), true));
        }
        page.apply(Edit::Renaming(Some("a".into())));
        assert_eq!(page.text(Field::MessageName), "a");
        page.apply(Edit::Messages(MessageEdit::Rename("a".into(), "c".into())));
        assert_eq!((page.chosen.as_slice(), page.renaming.as_deref()), (&["b".to_owned()][..], None));
        page.apply(Edit::Choose("b".into(), false));
        assert!(page.chosen.is_empty());
    }

    #[test]
    fn what_is_wrong_with_a_message_is_said_as_it_is_typed() {
        let mut page = Page::default();
        let warning = |page: &Page| page.warning(Field::Message, ProtocolVersion::V31, None);
        assert_eq!(warning(&page), None);
        let wrong = Some("Column 1: no".to_owned());
        page.apply(Edit::Checked(Checked { wrong: wrong.clone(), ..Checked::default() }));
        assert_eq!(warning(&page), wrong);
        page.apply(text(Field::Message, ""));
        assert_eq!(page.hint(Field::Message), "");
        page.apply(Edit::Switch(Field::Retain, true));
        assert!(page.hint(Field::Message).contains("this clears the retained message"));
    }

    #[test]
    fn a_message_fills_the_publish_form() {
        let mut page = Page::default();
        page.apply(text(Field::MessageFormat, "json"));
        let again = |qos, payload: &[u8]| Edit::Again {
            topic: "a/b".into(),
            qos,
            retain: true,
            payload: payload.to_vec(),
            properties: PropertyBuf::new(),
        };
        let change = Change { effect: Some(Effect::MessageTyped), store: Some(Store::Forms) };
        assert_eq!(page.apply(again(2, b"\xff\0")), change);
        let fields = [Field::Topic, Field::PublishQos, Field::MessageFormat, Field::Message];
        let fields = |page: &Page| fields.map(|it| page.text(it));
        assert_eq!(fields(&page), ["a/b", "2", "hex", "ff 00"]);
        assert!(page.is_on(Field::Retain));
        // QoS 3 is reserved: what was chosen stays.
        page.apply(again(3, b"theirs"));
        assert_eq!(fields(&page), ["a/b", "2", "text", "theirs"]);
        page.apply(text(Field::ContentType, "mine"));
        page.apply(text(Field::TopicAlias, "3"));
        page.apply(again(0, b"{{n}}"));
        // What the message did not have is not sent with it.
        assert_eq!([Field::ContentType, Field::TopicAlias].map(|it| page.text(it)), ["", ""]);
        assert_eq!(fields(&page), ["a/b", "0", "hex", "7b 7b 6e 7d 7d"]);
        assert_eq!(page.tab, Tab::Messages);
    }

    #[test]
    fn a_message_that_is_published_again_has_its_properties() {
        let mut properties = PropertyBuf::new();
        for (id, value) in [
            (PropertyId::PayloadFormatIndicator, PropertyValue::Number(1)),
            (PropertyId::MessageExpiryInterval, PropertyValue::Number(60)),
            (PropertyId::ContentType, PropertyValue::Text("".into())),
            (PropertyId::ResponseTopic, PropertyValue::Text("answers/1".into())),
            (PropertyId::CorrelationData, PropertyValue::Binary(b"\xff\0")),
            (PropertyId::UserProperty, PropertyValue::Pair("n".into(), "1".into())),
            (PropertyId::UserProperty, PropertyValue::Pair("n".into(), "2".into())),
        ] {
            properties.push(id, value).expect("it has bytes");
        }
        let expected = properties.clone();
        // An alias is a word of one connection, and the identifiers of subscriptions are the server's to write.
        properties.push(PropertyId::TopicAlias, PropertyValue::Number(5)).expect("it has bytes");
        properties.push(PropertyId::SubscriptionIdentifier, PropertyValue::Number(7)).expect("it has bytes");
        let mut page = Page::default();
        page.apply(Edit::Switch(Field::CorrelationEmpty, true));
        page.apply(text(Field::PublishUserProperties, "mine\t1"));
        let topic = "a/b".into();
        page.apply(Edit::Again { topic, qos: 0, retain: false, payload: Vec::new(), properties });
        let request = page.drafts.publication(ProtocolVersion::V5).expect("a form without a mistake");
        let sorted = |properties: &PropertyBuf| {
            let mut list: Vec<_> =
                properties.as_properties().iter().map(|property| format!("{property:?}")).collect();
            list.sort();
            list
        };
        assert_eq!(sorted(&request.properties), sorted(&expected));
    }

    #[test]
    fn a_file_suggests_its_content_type_and_takes_no_other_away() {
        let file = |mime: &str| {
            let file = |mime: &str| PickedFile { name: "f".into(), mime: mime.into(), bytes: Vec::new() };
            Edit::Files(vec![file(mime), file("x/other")])
        };
        let mut page = Page::default();
        page.apply(file("image/png"));
        assert_eq!(page.text(Field::ContentType), "image/png");
        page.apply(file("text/plain"));
        assert_eq!(page.text(Field::ContentType), "text/plain");
        page.apply(text(Field::ContentType, "mine"));
        page.apply(file("image/png"));
        assert_eq!(page.text(Field::ContentType), "mine");
    }
}
