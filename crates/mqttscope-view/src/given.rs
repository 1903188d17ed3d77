//! What the forms were given from outside: by the link that the page was opened by, and by a file beside the page.

use mqttscope_text::{number, visible};

use crate::connections::SavedSubscription;
use crate::field::{Field, Kept, Kind, Part};
use crate::link::{is_of_connection, of_text, qos_words};
use crate::page::{Note, Page};
use crate::storage::unknown;
use crate::values::{Value, Values};

use std::rc::Rc;

/// What a link and the page's own file have filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Given {
    /// What tells the link from others: it may hold what is not to be stored.
    digest: String,
    /// The fields of the link, each with what it was set to before, as long as nobody has used them.
    fields: Vec<(Field, Option<Value>)>,
    /// The link wants the page to connect.
    wants_to_connect: bool,
    /// The digest of the link whose fields somebody has used.
    used: String,
    /// The values of the file. They are not remembered, so that another file counts.
    defaults: Vec<(Field, Value)>,
}

impl Given {
    /// A connection was asked for: what the link has filled in is as good as typed. Says whether there was something.
    pub(crate) fn use_link(&mut self) -> bool {
        if self.digest.is_empty() || self.used == self.digest {
            return false;
        }
        self.fields.clear();
        self.used.clone_from(&self.digest);
        true
    }

    /// Somebody has changed a field.
    pub(crate) fn forget(&mut self, field: Field) {
        self.fields.retain(|(linked, _)| *linked != field);
    }
}

/// What a link fills in.
impl Page {
    /// Takes what a link to the page asks for: `?url=..&client_id=..&version=3.1.1&subscribe=a/%23:1&topic=..`, where `asked`
    /// gives the decoded values of a name in `query`. `topic` is the one to publish to and, unless there is a `filter`, the
    /// one to subscribe to. Each field goes by its id, with `_` for `-`. What the page does not speak is said at its field.
    ///
    /// A `subscribe` for each topic filter, with its QoS behind a colon, is asked for once the page is connected. `rest=default`
    /// gives what the link does not name of how to connect its default, and `connect=1` lets the page ask whether to connect.
    ///
    /// A password is never taken from a link, and the one that is remembered is not offered to a URL that a link
    /// names: it was given to another broker.
    pub fn follow_link(&mut self, query: &str, asked: impl Fn(&str) -> Vec<String>) {
        self.given.digest = digest(query);
        let url = self.profile.text(Field::Url);
        let first = |name: &str| asked(name).into_iter().next();
        self.given.wants_to_connect = first(CONNECT).as_deref() == Some("1");
        self.take_subscriptions(asked(SUBSCRIBE));
        if first(REST).as_deref() == Some(REST_IS_DEFAULT) {
            for (_, field) in linked().filter(|(name, _)| first(name).is_none()) {
                // A tab without a client id of its own would be nobody.
                let is_of_link = is_of_connection(field) && field != Field::ClientId;
                if is_of_link && self.profile.get(field).is_some() {
                    self.fill(field, None);
                }
            }
        }
        for (name, field) in linked() {
            let Some(text) = first(&name) else { continue };
            let Some(value) = Value::read(field, &text) else {
                Rc::make_mut(&mut self.problems).add(field, unknown("Asked for by the link: ", &text));
                continue;
            };
            self.fill(field, Some(value));
        }
        if self.profile.text(Field::Url) != url {
            self.fill(Field::Password, None);
        }
    }

    fn take_subscriptions(&mut self, asked: Vec<String>) {
        let mut subscriptions: Vec<SavedSubscription> = Vec::new();
        for text in asked.iter().take(MOST_SUBSCRIPTIONS) {
            let subscription = of_text(text);
            subscriptions.retain(|held| held.filter != subscription.filter);
            subscriptions.push(subscription);
        }
        if !subscriptions.is_empty() {
            let listed: Vec<_> = subscriptions
                .iter()
                .map(|held| [&visible(&held.filter), " (", &qos_words(held), ")"].concat())
                .collect();
            let words = ["The link asks for ", &listed.join(", "), " once it is connected."].concat();
            self.note = Some(Rc::new(Note { field: Field::SubscribeButton, words }));
        }
        self.subscriptions = Rc::new(subscriptions);
    }

    /// Whether a link wants the page to ask whether it is to connect, once.
    #[must_use]
    pub fn take_wish_to_connect(&mut self) -> bool {
        std::mem::take(&mut self.given.wants_to_connect)
    }

    /// What a link has filled in is as good as typed from now on.
    pub fn take_link(&mut self) {
        self.given.use_link();
    }

    /// Takes what a file beside the page asks for, under the names of a link: it fills what nothing else has.
    pub fn take_defaults(&mut self, asked: impl Fn(&str) -> Option<String>) {
        for (name, field) in linked() {
            if self.values_mut(field.part()).get(field).is_some() {
                continue;
            }
            let Some(text) = asked(&name) else { continue };
            match Value::read(field, &text) {
                Some(value) => {
                    self.values_mut(field.part()).set(field, Some(value.clone()));
                    self.given.defaults.push((field, value));
                }
                None => {
                    Rc::make_mut(&mut self.problems)
                        .add(field, unknown("Asked for by mqttscope.json: ", &text));
                }
            }
        }
    }

    /// Whether it is this link whose fields somebody has used in this tab: loaded again, it does not take the place of
    /// what was typed since.
    #[must_use]
    pub fn has_used_link(&self, query: &str) -> bool {
        self.given.used == digest(query)
    }

    /// Whether somebody has used a link in this tab.
    pub(crate) fn has_used_a_link(&self) -> bool {
        !self.given.used.is_empty()
    }

    pub(crate) fn used_link(&self) -> &str {
        &self.given.used
    }

    pub(crate) fn set_used_link(&mut self, digest: &str) {
        self.given.used = digest.into();
    }

    /// Gives values back what they were before a link or the page's file changed them.
    pub(crate) fn leave_out_linked(&self, part: Part, values: &mut Values) {
        for (field, before) in self.given.fields.iter().filter(|(field, _)| field.part() == part) {
            values.set(*field, before.clone());
        }
        for (field, value) in &self.given.defaults {
            if field.part() == part && values.get(*field) == Some(value) {
                values.set(*field, None);
            }
        }
    }

    fn fill(&mut self, field: Field, value: Option<Value>) {
        let before = self.values_mut(field.part()).set(field, value);
        if !self.given.fields.iter().any(|(linked, _)| *linked == field) {
            self.given.fields.push((field, before));
        }
    }
}

/// Tells one text from another without holding it (FNV-1a); nothing for nothing.
fn digest(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mix = |sum: u64, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    number::plain(text.bytes().fold(0xcbf2_9ce4_8422_2325, mix))
}

/// The names in a link and the fields that they fill; of two for one field the latter counts. Secrets and traps have none.
pub(crate) fn linked() -> impl Iterator<Item = (String, Field)> {
    let own = Field::ALL.into_iter().filter(|field| is_linked(*field));
    let own = own.map(|field| (field.id().replace('-', "_"), field));
    LINKED.into_iter().map(|(name, field)| (name.to_owned(), field)).chain(own)
}

fn is_linked(field: Field) -> bool {
    let info = field.info();
    let is_kept = matches!(info.kept, Kept::Always | Kept::InTab);
    let holds_nothing = matches!(info.kind, Kind::File | Kind::Button);
    // A link that lets the browser keep the password that a person then types would be a trap.
    let is_trap = field == Field::RememberPassword;
    let is_of_mqtt_5 = info.folded.is_some() || field == Field::CorrelationHex;
    is_kept && !holds_nothing && !is_trap && (is_of_connection(field) || is_of_mqtt_5)
}

/// The names of the fields of messages that every version has.
const LINKED: [(&str, Field); 3] =
    [("topic", Field::Topic), ("topic", Field::Filter), ("filter", Field::Filter)];
/// The other names in a link.
const CONNECT: &str = "connect";
pub(crate) const SUBSCRIBE: &str = "subscribe";
pub(crate) const REST: &str = "rest";
pub(crate) const REST_IS_DEFAULT: &str = "default";
/// Subscriptions that a link may ask for.
const MOST_SUBSCRIPTIONS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Edit;
    use crate::settling::Store;
    use crate::storage::{Entries, Reader};

    fn text(field: Field, text: &str) -> Edit {
        Edit::Text(field, text.into())
    }

    fn all<'a>(pairs: &'a [(&str, &str)]) -> impl Fn(&str) -> Vec<String> + 'a {
        |name| pairs.iter().filter(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()).collect()
    }

    fn asked<'a>(pairs: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    fn linked(page: &mut Page, names: &[(&str, &str)]) {
        page.follow_link("?q", all(names));
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
        linked(&mut page, &[("version", "6"), ("topic", "a"), ("filter", "#")]);
        assert_eq!(texts(&page, [Field::Version, Field::Topic, Field::Filter]), ["3.1", "a", "#"]);
        assert_eq!(page.problems.at(Field::Version), Some("Asked for by the link: “6” is unknown."));
    }

    #[test]
    fn a_link_neither_brings_a_password_nor_gets_one() {
        let mut page = Page::default();
        page.apply(text(Field::Url, "ws://mine/"));
        page.apply(text(Field::Password, "secret"));
        let mut same = page.clone();
        linked(&mut same, &[("url", "ws://mine/"), ("password", "theirs")]);
        assert_eq!(same.text(Field::Password), "secret");
        let mut another = page.clone();
        linked(&mut page, &[("url", "ws://theirs/")]);
        assert_eq!(page.text(Field::Password), "");
        another.apply(text(Field::ClientId, "17"));
        linked(&mut another, &[("rest", "default")]);
        assert_eq!(texts(&another, [Field::Url, Field::Password, Field::ClientId]), ["", "", "17"]);
    }

    #[test]
    fn a_link_asks_for_subscriptions_and_whether_to_connect() {
        let mut page = Page::default();
        linked(
            &mut page,
            &[("subscribe", "a/#:1"), ("subscribe", "b"), ("subscribe", "b:2"), ("connect", "1")],
        );
        let held: Vec<_> = page.subscriptions.iter().map(|it| (it.filter.as_str(), it.options)).collect();
        assert_eq!(held, [("a/#", 1), ("b", 2)]);
        let words = page.note.as_ref().map(|note| (note.field, note.words.as_str()));
        let expected = "The link asks for a/# (QoS 1), b (QoS 2) once it is connected.";
        assert_eq!(words, Some((Field::SubscribeButton, expected)));
        assert!(page.take_wish_to_connect() && !page.take_wish_to_connect());
        // Loaded again once it was used, they are still asked for.
        page.apply(Edit::Connect);
        assert_eq!(reloaded(&page).subscriptions, page.subscriptions);
        linked(&mut page, &[("connect", "yes")]);
        assert!(!page.take_wish_to_connect() && page.subscriptions.is_empty());
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

    #[test]
    fn a_link_carries_the_fields_of_mqtt_5_but_no_secret() {
        let mut page = Page::default();
        linked(
            &mut page,
            &[
                ("version", "5"),
                ("session_expiry", "never"),
                ("no_local", "on"),
                ("publish_user_properties", "a\t1\nb\t2"),
                ("correlation_data", "0aff"),
                ("correlation_data_hex", "on"),
                ("payload_format", "7"),
                ("authentication_method", "SCRAM"),
                ("authentication_data", "secret"),
                ("auth_answer", "secret"),
                ("break_limits", "on"),
            ],
        );
        let fields =
            [Field::Version, Field::SessionExpiry, Field::PublishUserProperties, Field::AuthenticationMethod];
        assert_eq!(texts(&page, fields), ["5", "never", "a\t1\nb\t2", "SCRAM"]);
        assert!(page.is_on(Field::NoLocal));
        assert_eq!(page.drafts.bytes(Field::CorrelationData), Ok(Some(vec![0x0a, 0xff])));
        assert_eq!(texts(&page, [Field::AuthenticationData, Field::AuthAnswer]), ["", ""]);
        assert!(!page.is_on(Field::BreakLimits));
        assert!(page.problems.at(Field::PayloadFormat).is_some_and(|words| words.contains("“7” is unknown")));
    }

    #[test]
    fn what_is_saved_has_the_fields_of_mqtt_5_but_no_secret() {
        let mut page = Page::default();
        page.apply(text(Field::Version, "5"));
        page.apply(text(Field::ReceiveMaximum, "20"));
        page.apply(text(Field::WillUserProperties, "a\t1"));
        page.apply(text(Field::AuthenticationData, "secret"));
        page.apply(text(Field::AuthAnswer, "secret"));
        for reader in [Reader::SameTab, Reader::NewTab] {
            let entries = Entries::of_forms(&page, reader);
            assert!(!entries.to_text().contains("secret"));
            let mut back = Page::default();
            entries.fill_forms(&mut back);
            let fields = [Field::Version, Field::ReceiveMaximum, Field::WillUserProperties];
            assert_eq!(texts(&back, fields), ["5", "20", "a\t1"]);
        }
    }

    #[test]
    fn a_file_beside_the_page_fills_what_nothing_else_has() {
        let file = [("version", "5"), ("topic", "theirs"), ("url", "ws://file/"), ("receive_maximum", "9")];
        let mut page = Page::default();
        page.apply(text(Field::Topic, "mine"));
        linked(&mut page, &[("url", "ws://link/")]);
        page.take_defaults(asked(&file));
        let fields = [Field::Version, Field::Topic, Field::Url, Field::ReceiveMaximum];
        assert_eq!(texts(&page, fields), ["5", "mine", "ws://link/", "9"]);
        // Another file counts the next time: what the first one said is not remembered, also after it was used.
        page.apply(Edit::Connect);
        assert_eq!(texts(&reloaded(&page), [Field::Version, Field::Topic]), ["3.1", "mine"]);
        page.apply(text(Field::Version, "3.1.1"));
        assert_eq!(reloaded(&page).text(Field::Version), "3.1.1");
    }

    #[test]
    fn what_a_file_beside_the_page_says_wrong_is_told_at_its_field() {
        let mut page = Page::default();
        page.take_defaults(asked(&[("version", "7")]));
        assert_eq!(page.problems.at(Field::Version), Some("Asked for by mqttscope.json: “7” is unknown."));
        assert_eq!(page.text(Field::Version), "3.1");
    }
}
