//! What is remembered, as the text that a browser's storage holds, in both directions.
//!
//! All of it is entries of a name and a text: an entry that is unknown or unreadable, as after an update, costs no other.
//! serde and postcard, which page and engine speak between them, make bytes of the entries; each byte is a character then.

use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::column::Hidden;
use crate::field::{Field, Kept, Part};
use crate::looks::{Looks, Theme};
use crate::marks::Marks;
use crate::page::Page;
use crate::pane::Pane;
use crate::problems::Problems;
use crate::url::without_userinfo;
use crate::values::{Value, Values};

/// Entries of a name and a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entries(Vec<(String, String)>);

/// Who reads the forms that are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// This tab, when it is loaded again.
    SameTab,
    /// A tab that is new.
    NewTab,
}

impl Entries {
    /// The entries in a text; none if it is not what [`Self::to_text`] makes.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        read_text(text).unwrap_or_default()
    }

    /// The entries as a text.
    #[must_use]
    pub fn to_text(&self) -> String {
        write_text(self)
    }

    /// The forms of a page, as far as they are remembered for a reader. What a link has filled in, and nobody has used
    /// yet, is not.
    #[must_use]
    pub fn of_forms(page: &Page, reader: Reader) -> Self {
        let mut entries = Self::default();
        let parts = [(Part::Profile, page.profile.0.clone()), (Part::Drafts, page.drafts.0.clone())];
        for (part, mut values) in parts {
            page.leave_out_linked(part, &mut values);
            entries.add_values(&values, |field| match field.info().kept {
                Kept::Always => true,
                Kept::InTab => reader == Reader::SameTab,
                Kept::If(switch) => page.is_on(switch),
                Kept::Not => false,
            });
        }
        entries.add(MARKS, &page.marks.to_text());
        if reader == Reader::SameTab && page.has_used_a_link() {
            let bytes = postcard::to_allocvec(&*page.subscriptions).unwrap_or_default();
            entries.add(SUBSCRIPTIONS, &text_of(&bytes));
        }
        if reader == Reader::SameTab {
            entries.add(CHOSEN, &page.connection_chosen.map(|id| id.to_string()).unwrap_or_default());
            entries.add(USED_LINK, page.used_link());
        }
        entries
    }

    /// What a saved connection holds of a page: the forms about how to connect, of passwords those that are remembered.
    #[must_use]
    pub(crate) fn of_profile(page: &Page) -> Self {
        let (mut entries, mut values) = (Self::default(), page.profile.0.clone());
        page.leave_out_linked(Part::Profile, &mut values);
        entries.add_values(&values, |field| match field.info().kept {
            Kept::Always | Kept::InTab => true,
            Kept::If(switch) => page.is_on(switch),
            Kept::Not => false,
        });
        entries
    }

    /// Entries of these names and texts.
    pub(crate) fn of_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// The names and the texts.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Gives an entry another text.
    pub(crate) fn set(&mut self, name: &str, text: &str) {
        self.0.retain(|(known, _)| known != name);
        self.add(name, text);
    }

    /// The looks of a page.
    #[must_use]
    pub fn of_looks(looks: &Looks) -> Self {
        let mut entries = Self::default();
        entries.add_values(&looks.values, |field| field.info().kept == Kept::Always);
        entries.add(THEME, looks.theme.name());
        entries.add(HIDDEN, &looks.hidden.0);
        for pane in Pane::ALL {
            entries.add(&pane_name(pane), &looks.panes.size(pane).to_string());
        }
        for (name, text) in [COLUMN_ORDER, COLUMN_WIDTHS].into_iter().zip(looks.arrangement.to_texts()) {
            entries.add(name, &text);
        }
        entries.add(INSPECTOR, if looks.panes.is_inspector_hidden { HIDDEN_INSPECTOR } else { "" });
        entries.add(TOPICS, if looks.panes.are_topics_shown { SHOWN_TOPICS } else { "" });
        entries.add(RECENT, &looks.recent_filters);
        entries
    }

    /// Takes over what is other in `now` than it was `before`, and leaves the rest as it is: another tab may have written
    /// it in the meantime.
    pub fn update(&mut self, before: &Self, now: &Self) {
        for entry in now.0.iter().filter(|entry| !before.0.contains(entry)) {
            match self.0.iter_mut().find(|(name, _)| *name == entry.0) {
                Some((_, text)) => text.clone_from(&entry.1),
                None => self.0.push(entry.clone()),
            }
        }
    }

    /// Gives a page the forms in these entries, and notes what of them is unreadable: it has its default then.
    pub fn fill_forms(&self, page: &mut Page) {
        for (name, text) in &self.0 {
            match Field::of_id(name) {
                Some(field) if field.part() == Part::Profile => {
                    read(&mut Rc::make_mut(&mut page.profile).0, &mut page.problems, field, text);
                }
                Some(field) if field.part() == Part::Drafts => {
                    read(&mut Rc::make_mut(&mut page.drafts).0, &mut page.problems, field, text);
                }
                Some(_) => {}
                None if name == CHOSEN => page.connection_chosen = text.parse().ok(),
                None if name == MARKS => page.marks = Rc::new(Marks::of_text(text)),
                None if name == SUBSCRIPTIONS => {
                    page.subscriptions = Rc::new(read_text(text).unwrap_or_default());
                }
                None if name == USED_LINK => page.set_used_link(text),
                None => {}
            }
        }
    }

    /// Gives a page the looks in these entries.
    pub fn fill_looks(&self, page: &mut Page) {
        let looks = Rc::make_mut(&mut page.looks);
        for (name, text) in &self.0 {
            match (Field::of_id(name), name.as_str()) {
                (Some(field), _) if field.part() == Part::Looks => {
                    read(&mut looks.values, &mut page.problems, field, text);
                }
                (_, THEME) => looks.theme = Theme::of_name(text).unwrap_or_default(),
                (_, HIDDEN) => looks.hidden = Hidden(text.clone()),
                (_, COLUMN_ORDER) => looks.arrangement.set_order(text),
                (_, COLUMN_WIDTHS) => looks.arrangement.set_widths(text),
                (_, INSPECTOR) => looks.panes.is_inspector_hidden = text == HIDDEN_INSPECTOR,
                (_, TOPICS) => looks.panes.are_topics_shown = text == SHOWN_TOPICS,
                (_, RECENT) => looks.recent_filters.clone_from(text),
                _ => {
                    let pane = Pane::ALL.into_iter().find(|pane| pane_name(*pane) == *name);
                    if let (Some(pane), Ok(size)) = (pane, text.parse()) {
                        looks.panes.set(pane, size);
                    }
                }
            }
        }
    }

    fn add(&mut self, name: &str, text: &str) {
        self.0.push((name.into(), text.into()));
    }

    fn add_values(&mut self, values: &Values, is_kept: impl Fn(Field) -> bool) {
        for (field, text) in values.written().filter(|(field, _)| is_kept(*field)) {
            match field {
                Field::Url => self.add(field.id(), &without_userinfo(text)),
                _ => self.add(field.id(), text),
            }
        }
    }
}

/// A value as a text that a browser's storage holds.
pub(crate) fn write_text(value: &impl Serialize) -> String {
    // What is remembered can always be encoded; what cannot would be forgotten.
    text_of(&postcard::to_allocvec(value).unwrap_or_default())
}

/// The value in such a text; none if it is not what [`write_text`] makes.
pub(crate) fn read_text<T: DeserializeOwned>(text: &str) -> Option<T> {
    postcard::from_bytes(&bytes_of(text)?).ok()
}

/// Bytes as a text that a browser's storage holds.
#[must_use]
pub fn text_of(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// The bytes of such a text; none if it is not what [`text_of`] makes.
#[must_use]
pub fn bytes_of(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|char| u8::try_from(char).ok()).collect()
}

/// Takes a value that was written down.
fn read(values: &mut Values, problems: &mut Rc<Problems>, field: Field, text: &str) {
    match Value::read(field, text) {
        Some(value) => {
            values.set(field, Some(value));
        }
        None => Rc::make_mut(problems).add(field, unknown("Remembered: ", text)),
    }
}

/// That a text names nothing that the page knows, in the room below half a field.
pub(crate) fn unknown(whose: &str, text: &str) -> String {
    let mut words = String::from(whose);
    words.push('“');
    words.extend(text.chars().take(MOST_SHOWN));
    words.push_str(if text.chars().count() > MOST_SHOWN { "…” is unknown." } else { "” is unknown." });
    words
}

fn pane_name(pane: Pane) -> String {
    ["pane-", pane.name()].concat()
}

/// Names of entries that are no fields.
const CHOSEN: &str = "chosen-connection";
const MARKS: &str = "subscription-marks";
const SUBSCRIPTIONS: &str = "asked-subscriptions";
const USED_LINK: &str = "used-link";
const THEME: &str = "theme";
const HIDDEN: &str = "hidden-columns";
const COLUMN_ORDER: &str = "column-order";
const COLUMN_WIDTHS: &str = "column-widths";
const INSPECTOR: &str = "inspector";
const HIDDEN_INSPECTOR: &str = "hidden";
const TOPICS: &str = "topics";
const SHOWN_TOPICS: &str = "shown";
const RECENT: &str = "recent-filters";
/// Characters of what is unknown that are shown.
const MOST_SHOWN: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Column;
    use crate::marks::MarkEdit;
    use crate::page::Edit;

    fn page(edits: impl IntoIterator<Item = Edit>) -> Page {
        let mut page = Page::default();
        for edit in edits {
            page.apply(edit);
        }
        page
    }

    fn text(field: Field, text: &str) -> Edit {
        Edit::Text(field, text.into())
    }

    /// What a reader finds of a page's forms.
    fn reloaded(page: &Page, reader: Reader) -> Page {
        let written = Entries::of_forms(page, reader).to_text();
        let mut back = Page::default();
        Entries::of_text(&written).fill_forms(&mut back);
        back
    }

    #[test]
    fn a_tabs_forms_come_back() {
        let page = page([
            text(Field::Url, "ws://h/"),
            text(Field::ClientId, "17"),
            text(Field::WillMessage, "gone"),
            text(Field::PublishQos, "2"),
            text(Field::Message, "größer\n日本"),
            Edit::Switch(Field::CleanSession, false),
            Edit::Mark("a/#".into(), MarkEdit::Mute(true)),
        ]);
        let back = reloaded(&page, Reader::SameTab);
        assert_eq!((&back.profile, &back.drafts, &back.marks), (&page.profile, &page.drafts, &page.marks));
        assert_eq!(back.problems.first(), None);
    }

    #[test]
    fn a_user_name_and_password_in_a_url_are_not_stored() {
        let page = page([text(Field::Url, "wss://me:hush@h:8884/mqtt?a@b")]);
        for reader in [Reader::SameTab, Reader::NewTab] {
            assert!(!Entries::of_forms(&page, reader).to_text().contains("hush"));
            assert_eq!(reloaded(&page, reader).text(Field::Url), "wss://h:8884/mqtt?a@b");
        }
    }

    #[test]
    fn a_new_tab_starts_from_what_was_last_used_as_another_client() {
        let page = page([text(Field::Topic, "a/b"), text(Field::ClientId, "17")]);
        let back = reloaded(&page, Reader::NewTab);
        assert_eq!((back.text(Field::Topic).as_str(), back.profile.client_id()), ("a/b", ""));
    }

    #[test]
    fn looks_come_back() {
        let page = page([
            Edit::Theme(Theme::Dark),
            Edit::HideColumn(Column::Id, true),
            Edit::SizeColumn(Column::Topic, 300),
            Edit::MoveColumn(Column::Length, Column::Packet),
            Edit::Resize(Pane::Forms, 300),
            Edit::HideInspector(true),
            Edit::FilterUsed("type:publish".into()),
            Edit::Switch(Field::Verbose, true),
            text(Field::LogBudget, "12"),
            text(Field::ExportFormat, "csv"),
        ]);
        let written = Entries::of_looks(&page.looks).to_text();
        let mut back = Page::default();
        Entries::of_text(&written).fill_looks(&mut back);
        assert_eq!(back.looks, page.looks);
    }

    #[test]
    fn two_tabs_keep_what_the_other_has_changed() {
        let before = Entries::of_looks(&Looks::default());
        let one = page([Edit::Theme(Theme::Dark), Edit::HideInspector(true), Edit::ShowTopics(true)]);
        let two = page([Edit::Switch(Field::Verbose, true), Edit::Resize(Pane::Forms, 300)]);
        let mut stored = Entries::default();
        for page in [&one, &two] {
            stored.update(&before, &Entries::of_looks(&page.looks));
        }
        let mut back = Page::default();
        stored.fill_looks(&mut back);
        assert_eq!((back.looks.theme, back.looks.panes.is_inspector_hidden), (Theme::Dark, true));
        assert!(back.looks.panes.are_topics_shown);
        assert_eq!((back.is_on(Field::Verbose), back.looks.panes.size(Pane::Forms)), (true, 300));
    }

    #[test]
    fn the_password_is_remembered_only_when_asked() {
        let mut page = page([text(Field::Password, "secret")]);
        for reader in [Reader::SameTab, Reader::NewTab] {
            assert!(!Entries::of_forms(&page, reader).to_text().contains("secret"));
        }
        page.apply(Edit::Switch(Field::RememberPassword, true));
        for reader in [Reader::SameTab, Reader::NewTab] {
            assert_eq!(reloaded(&page, reader).text(Field::Password), "secret");
        }
        page.apply(Edit::Switch(Field::RememberPassword, false));
        assert_eq!(reloaded(&page, Reader::SameTab).text(Field::Password), "");
    }

    #[test]
    fn what_would_be_a_trap_is_not_remembered() {
        let page = page([
            Edit::Switch(Field::SimulateDown, true),
            Edit::Switch(Field::SendDuplicates, true),
            Edit::Switch(Field::KeepPasswords, true),
        ]);
        let back = reloaded(&page, Reader::SameTab);
        assert!(!back.is_on(Field::SimulateDown) && !back.is_on(Field::SendDuplicates));
        assert!(!Entries::of_looks(&page.looks).to_text().contains("keep-passwords"));
    }

    #[test]
    fn what_is_unreadable_has_its_default_and_is_said_at_its_field() {
        let mut page = Page::default();
        let stored = [("publish-qos", "7"), ("version", "3.1.1 and more"), ("gone", "1"), ("topic", "x")];
        Entries(stored.map(|(name, text)| (name.into(), text.into())).to_vec()).fill_forms(&mut page);
        assert_eq!(page.text(Field::PublishQos), "0");
        assert_eq!(page.problems.at(Field::PublishQos), Some("Remembered: “7” is unknown."));
        assert_eq!(page.problems.at(Field::Version), Some("Remembered: “3.1.1 an…” is unknown."));
        assert_eq!(page.text(Field::Topic), "x");
        page.apply(text(Field::PublishQos, "1"));
        assert_eq!(page.problems.at(Field::PublishQos), None);
    }

    #[test]
    fn a_text_that_was_not_written_here_is_none() {
        for text in ["", "{\"forms\":{}}", "日本", "\u{3}"] {
            assert_eq!(Entries::of_text(text), Entries::default(), "{text}");
        }
    }
}
