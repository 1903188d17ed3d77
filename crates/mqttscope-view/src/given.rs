//! What the forms were given from outside: by the link that the page was opened by, and by a file beside the page.

use mqttscope_text::number;

use crate::field::{Field, Kept, Part};
use crate::page::Page;
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
    /// The digest of the link whose fields somebody has used.
    used: String,
    /// The values of the file. They are not remembered, so that another file counts.
    defaults: Vec<(Field, Value)>,
}

impl Given {
    /// A connection was asked for: what the link has filled in is as good as typed. Says whether there was something.
    pub(crate) fn use_link(&mut self) -> bool {
        if self.fields.is_empty() {
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
    /// Takes what a link to the page asks for: `?url=..&client_id=..&version=3.1.1&topic=..`, where `asked` gives
    /// the decoded value of a name in `query`. `topic` is the one to publish to and, unless there is a `filter`, the one to
    /// subscribe to. Each field of MQTT 5 goes by its id, with `_` for `-`. What the page does not speak is said at its field.
    ///
    /// A password is never taken from a link, and the one that is remembered is not offered to a URL that a link
    /// names: it was given to another broker.
    pub fn follow_link(&mut self, query: &str, asked: impl Fn(&str) -> Option<String>) {
        self.given.digest = digest(query);
        for (name, field) in linked() {
            let Some(text) = asked(&name) else { continue };
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

/// The names in a link and the fields that they fill; of two for one field the latter counts. Secrets have none.
fn linked() -> impl Iterator<Item = (String, Field)> {
    let folded = Field::ALL.into_iter().filter(|field| is_of_mqtt_5(*field));
    let folded = folded.map(|field| (field.id().replace('-', "_"), field));
    LINKED.into_iter().map(|(name, field)| (name.to_owned(), field)).chain(folded)
}

fn is_of_mqtt_5(field: Field) -> bool {
    let info = field.info();
    let is_secret = matches!(info.kept, Kept::Not);
    let says_how = matches!(
        field,
        Field::AuthenticationDataHex
            | Field::WillCorrelationHex
            | Field::CorrelationHex
            | Field::DisconnectReason
    );
    !is_secret && (info.folded.is_some() || says_how)
}

/// The names of the fields that every version has.
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
    use crate::page::Edit;
    use crate::settling::Store;
    use crate::storage::{Entries, Reader};

    fn text(field: Field, text: &str) -> Edit {
        Edit::Text(field, text.into())
    }

    fn asked<'a>(pairs: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    fn linked(page: &mut Page, names: &[(&str, &str)]) {
        page.follow_link("?q", asked(names));
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
