//! What a person does to the page besides sending packets, and what becomes of it.

use std::borrow::Cow;
use std::rc::Rc;

use mqttscope_proto::ProtocolVersion;
use mqttscope_text::{number, visible};

use crate::column::Column;
use crate::field::{Effect, Field, Kind, Part};
use crate::filter_text::remembered;
use crate::looks::{Looks, Theme};
use crate::pane::Pane;
use crate::problems::Problems;
use crate::settling::Store;
use crate::storage::unknown;
use crate::values::{Drafts, Profile, Value, Values};

/// The page's own state: forms, what is wrong with them, and looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// How to connect.
    pub profile: Rc<Profile>,
    /// What to subscribe to and to publish.
    pub drafts: Rc<Drafts>,
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
    /// The file that was picked.
    pub file: Option<Rc<PickedFile>>,
    /// What a button has to say that is no refusal.
    pub note: Option<Rc<Note>>,
    link: Link,
}

/// Something to say at a button.
#[derive(Debug, PartialEq, Eq)]
pub struct Note {
    /// The button.
    pub field: Field,
    /// What it says.
    pub words: String,
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
    /// A pane gets a size, in CSS pixels.
    Resize(Pane, i64),
    /// The inspector is hidden or shown.
    HideInspector(bool),
    /// A filter of the log was used.
    FilterUsed(String),
    /// The password can be read, or not.
    RevealPassword(bool),
    /// Another region is shown.
    Tab(Tab),
    /// A file was picked, or none.
    File(Option<Rc<PickedFile>>),
    /// A connection was asked for with the forms as they are: what a link has filled in is as good as typed.
    Connect,
}

/// What follows from an edit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Outside of the page's state.
    pub effect: Option<Effect>,
    /// In what is remembered.
    pub store: Option<Store>,
}

/// What the link that the page was opened by has filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Link {
    /// What tells the link from others: it may hold what is not to be stored.
    digest: String,
    /// The fields, each with what it was set to before, as long as nobody has used them.
    fields: Vec<(Field, Option<Value>)>,
    /// The same of the link whose fields somebody has used.
    used: String,
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
            Edit::Refused(problems) => {
                if let Some(field) = problems.first() {
                    self.tab = field.tab();
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
            Edit::Resize(pane, size) => {
                self.looks().panes.set(pane, size);
                change = looks(Some(Effect::Panes));
            }
            Edit::HideInspector(hidden) => {
                self.looks().panes.is_inspector_hidden = hidden;
                change = looks(None);
            }
            Edit::FilterUsed(filter) => {
                let recent = remembered(&self.looks.recent_filters(), &filter);
                self.looks().recent_filters = recent.join("\n");
                change = looks(None);
            }
            Edit::RevealPassword(shown) => self.password_shown = shown,
            Edit::Tab(tab) => self.tab = tab,
            Edit::File(file) => {
                self.file = file;
                self.settle(Field::File);
            }
            Edit::Connect => {
                self.tab = Tab::Log;
                if !self.link.fields.is_empty() {
                    self.link.fields.clear();
                    self.link.used.clone_from(&self.link.digest);
                    change.store = Some(Store::Forms);
                }
            }
        }
        change
    }

    fn set(&mut self, field: Field, value: Value) -> Change {
        let info = field.info();
        self.values_mut(field.part()).set(field, Some(value));
        self.link.fields.retain(|(linked, _)| *linked != field);
        self.settle(field);
        let store = if field.part() == Part::Looks { Store::Looks } else { Store::Forms };
        Change { effect: info.effect, store: Some(store) }
    }

    /// A field was changed: what was said about it, and about the button of its form, is said no longer.
    fn settle(&mut self, field: Field) {
        let info = field.info();
        let problems = Rc::make_mut(&mut self.problems);
        for field in [field].into_iter().chain(info.form.info().button).chain(info.settles.iter().copied()) {
            problems.clear(field);
        }
    }

    fn values_mut(&mut self, part: Part) -> &mut Values {
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
                ProtocolVersion::V31 | ProtocolVersion::V311 | ProtocolVersion::V5 => "",
            },
            Field::LogBudget if self.looks.log_budget_bytes().is_none() => {
                "Type a number from 1 to 2,000: until then the last one counts."
            }
            Field::LogBudget => "Bytes and records together. The oldest rows go first.",
            Field::KeepAlive if self.profile.text(field).trim() == "0" => "0 switches it off.",
            _ => "",
        };
        words.into()
    }

    /// A topic as it is, if it holds what its field does not show.
    fn unseen(&self, field: Field) -> String {
        let topic = self.text(field);
        let shown = visible(&topic);
        if shown == topic { String::new() } else { ["Holds what cannot be seen: ", &shown].concat() }
    }
}

/// What a link fills in.
impl Page {
    /// Takes what a link to the page asks for: `?url=..&client_id=..&version=3.1.1&topic=..`, where `asked` gives
    /// the decoded value of a name in `query`. `topic` is the one to publish to and, unless there is a `filter`, the one to
    /// subscribe to. A version that the page does not speak is said at its field.
    ///
    /// A password is never taken from a link, and the one that is remembered is not offered to a URL that a link
    /// names: it was given to another broker.
    pub fn follow_link(&mut self, query: &str, asked: impl Fn(&str) -> Option<String>) {
        self.link.digest = digest(query);
        for (name, field) in LINKED {
            let Some(text) = asked(name) else { continue };
            let Some(value) = Value::read(field, &text) else {
                Rc::make_mut(&mut self.problems).add(field, unknown("Asked for by the link: ", &text));
                continue;
            };
            if field == Field::Url && text != self.profile.text(Field::Url) {
                self.fill(Field::Password, None);
            }
            self.fill(field, Some(value));
        }
    }

    /// Whether it is this link whose fields somebody has used in this tab: loaded again, it does not take the place of
    /// what was typed since.
    #[must_use]
    pub fn has_used_link(&self, query: &str) -> bool {
        self.link.used == digest(query)
    }

    pub(crate) fn used_link(&self) -> &str {
        &self.link.used
    }

    pub(crate) fn set_used_link(&mut self, digest: &str) {
        self.link.used = digest.into();
    }

    /// Gives values back what they were before a link changed them.
    pub(crate) fn leave_out_linked(&self, part: Part, values: &mut Values) {
        for (field, before) in self.link.fields.iter().filter(|(field, _)| field.part() == part) {
            values.set(*field, before.clone());
        }
    }

    fn fill(&mut self, field: Field, value: Option<Value>) {
        let before = self.values_mut(field.part()).set(field, value);
        if !self.link.fields.iter().any(|(linked, _)| *linked == field) {
            self.link.fields.push((field, before));
        }
    }
}

impl Tab {
    /// The value of the page's `data-tab`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.info()
    }
}

fn looks(effect: Option<Effect>) -> Change {
    Change { effect, store: Some(Store::Looks) }
}

/// Tells one text from another without holding it (FNV-1a); nothing for nothing.
fn digest(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mix = |sum: u64, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    number::plain(text.bytes().fold(0xcbf2_9ce4_8422_2325, mix))
}

/// The names in a link and the fields that they fill; of two for one field the latter counts.
const LINKED: [(&str, Field); 7] = [
    ("url", Field::Url),
    ("subprotocol", Field::Subprotocol),
    ("version", Field::Version),
    ("client_id", Field::ClientId),
    ("topic", Field::Topic),
    ("topic", Field::Filter),
    ("filter", Field::Filter),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problems::refused;
    use crate::storage::{Entries, Reader};

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
        assert_eq!(page.apply(text(Field::Message, "a")), forms);
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
            assert_eq!(said[0], "Holds what cannot be seen: a↵b");
            assert!((1..said.len()).all(|at| !said[..at].contains(&said[at])), "{said:?}");
        }
    }

    fn linked(page: &mut Page, asked: &[(&str, &str)]) {
        page.follow_link("?q", |name| {
            let found = asked.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        });
    }

    fn texts<const N: usize>(page: &Page, fields: [Field; N]) -> [String; N] {
        fields.map(|field| page.text(field))
    }

    #[test]
    fn a_link_fills_the_forms() {
        let mut page = Page::default();
        linked(&mut page, &[("url", "ws://h/"), ("client_id", "17"), ("version", "3.1.1"), ("topic", "a/b")]);
        assert_eq!(texts(&page, [Field::Url, Field::ClientId]), ["ws://h/", "17"]);
        assert_eq!(texts(&page, [Field::Version, Field::Topic, Field::Filter]), ["3.1.1", "a/b", "a/b"]);
        let mut page = Page::default();
        linked(&mut page, &[("version", "5"), ("topic", "a"), ("filter", "#")]);
        assert_eq!(texts(&page, [Field::Version, Field::Topic, Field::Filter]), ["3.1", "a", "#"]);
        assert_eq!(page.problems.at(Field::Version), Some("Asked for by the link: “5” is unknown."));
    }

    #[test]
    fn a_link_neither_brings_a_password_nor_gets_one() {
        let mut page = Page::default();
        page.apply(text(Field::Url, "ws://mine/"));
        page.apply(text(Field::Password, "secret"));
        let mut same = page.clone();
        linked(&mut same, &[("url", "ws://mine/"), ("password", "theirs")]);
        assert_eq!(same.text(Field::Password), "secret");
        linked(&mut page, &[("url", "ws://theirs/")]);
        assert_eq!(page.text(Field::Password), "");
    }

    /// What this tab finds when it is loaded again, without a link.
    fn reloaded(page: &Page) -> Page {
        let mut back = Page::default();
        Entries::of_forms(page, Reader::SameTab).fill_forms(&mut back);
        back
    }

    #[test]
    fn what_a_link_filled_in_is_remembered_once_connect_was_pressed() {
        let mut page = Page::default();
        page.apply(text(Field::Url, "ws://mine/"));
        page.apply(text(Field::Password, "secret"));
        page.apply(Edit::Switch(Field::RememberPassword, true));
        linked(&mut page, &[("url", "ws://theirs/"), ("topic", "a")]);
        page.apply(text(Field::Username, "me"));
        let back = reloaded(&page);
        let fields = [Field::Url, Field::Password, Field::Topic, Field::Username];
        assert_eq!(texts(&back, fields), ["ws://mine/", "secret", "topic/mqtttopic", "me"]);
        assert!(!back.has_used_link("?q"));
        assert_eq!(page.apply(Edit::Connect).store, Some(Store::Forms));
        let back = reloaded(&page);
        assert_eq!(texts(&back, fields), ["ws://theirs/", "", "a", "me"]);
        assert!(back.has_used_link("?q") && !back.has_used_link("?r"));
        assert!(!back.used_link().contains("?q"));
        assert_eq!(page.apply(Edit::Connect).store, None);
    }

    #[test]
    fn what_is_typed_over_a_link_is_remembered() {
        let mut page = Page::default();
        linked(&mut page, &[("topic", "a"), ("filter", "#")]);
        page.apply(text(Field::Topic, "mine"));
        let back = reloaded(&page);
        assert_eq!(texts(&back, [Field::Topic, Field::Filter]), ["mine", "topic/mqtttopic"]);
    }
}
