//! What a person does to the page besides sending packets, and what becomes of it.

use std::rc::Rc;

use super::column::Column;
use super::filter_field::remembered;
use super::form::{Field, Forms, Problems, Switch};
use super::pane::Pane;
use super::settings::{Settings, Theme};

/// The page's own state: forms, what is wrong with them, and looks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub settings: Rc<Settings>,
    pub problems: Rc<Problems>,
    /// How often a form was refused: with each time the first wrong field gets the focus.
    pub refusals: u32,
    pub tab: Tab,
    pub password_shown: bool,
    pub file: Option<Rc<PickedFile>>,
    /// What a button has to say that is no refusal.
    pub note: Option<Rc<Note>>,
}

/// Something to say at a button.
#[derive(Debug, PartialEq)]
pub struct Note {
    pub field: Field,
    pub words: String,
}

/// A file that is ready to be published.
#[derive(Debug, PartialEq)]
pub struct PickedFile {
    pub name: String,
    pub mime: String,
    pub bytes: Vec<u8>,
}

/// The region that a narrow page shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Connection,
    Messages,
    Log,
    Inspector,
}

/// What happened to the page.
#[derive(Debug)]
pub enum Action {
    Text(Field, String),
    Switch(Switch, bool),
    /// A form's button was pressed in vain.
    Refused(Problems),
    /// A form's button did its work.
    Accepted,
    /// There is something to say at a button.
    Note(Field, String),
    Theme(Theme),
    /// A column is hidden or shown.
    HideColumn(Column, bool),
    /// A pane gets a size, in CSS pixels.
    Resize(Pane, i64),
    HideInspector(bool),
    /// A filter of the log was used.
    FilterUsed(String),
    RevealPassword(bool),
    Tab(Tab),
    File(Option<Rc<PickedFile>>),
}

impl Page {
    /// The state after an action.
    #[must_use]
    pub fn after(&self, action: Action) -> Self {
        let mut page = self.clone();
        match action {
            Action::Text(field, text) => {
                page.forms().set_text(field, text);
                page.corrected(field);
            }
            Action::Switch(switch, on) => {
                page.forms().set_switch(switch, on);
                page.corrected_by(switch);
            }
            Action::Refused(problems) => {
                if let Some(tab) = problems.first().map(Tab::of) {
                    page.tab = tab;
                }
                page.problems = Rc::new(problems);
                page.refusals += 1;
            }
            Action::Note(field, words) => page.note = Some(Rc::new(Note { field, words })),
            Action::Accepted => page.problems = Rc::default(),
            Action::Theme(theme) => page.settings_mut().theme = theme,
            Action::HideColumn(column, hidden) => page.settings_mut().hidden.set(column, hidden),
            Action::Resize(pane, size) => page.settings_mut().panes.set(pane, size),
            Action::HideInspector(hidden) => page.settings_mut().panes.is_inspector_hidden = hidden,
            Action::FilterUsed(filter) => {
                let recent = remembered(&page.settings.recent_filters(), &filter);
                page.settings_mut().recent_filters = recent.join("\n");
            }
            Action::RevealPassword(shown) => page.password_shown = shown,
            Action::Tab(tab) => page.tab = tab,
            Action::File(file) => {
                page.file = file;
                page.corrected(Field::File);
            }
        }
        page
    }

    fn forms(&mut self) -> &mut Forms {
        &mut self.settings_mut().forms
    }

    fn settings_mut(&mut self) -> &mut Settings {
        Rc::make_mut(&mut self.settings)
    }

    /// A field was changed: what was said about it, and about the button of its form, is said no longer.
    fn corrected(&mut self, field: Field) {
        let button = match field {
            Field::Filter | Field::RequestedQos => Field::SubscribeButton,
            Field::Topic | Field::PublishQos | Field::Message | Field::File => Field::PublishButton,
            Field::ExportFormat | Field::ExportWhat => Field::ExportButton,
            Field::ImportHow => Field::ImportFile,
            _ => Field::ConnectButton,
        };
        let problems = Rc::make_mut(&mut self.problems);
        problems.clear(field);
        problems.clear(button);
        if field == Field::Username {
            problems.clear(Field::Password);
        }
        if field == Field::Password {
            problems.clear(Field::Username);
        }
    }

    fn corrected_by(&mut self, switch: Switch) {
        match switch {
            Switch::SendWithoutPassword => self.corrected(Field::Password),
            Switch::CleanSession => self.corrected(Field::ClientId),
            Switch::Will => {
                self.corrected(Field::WillTopic);
                self.corrected(Field::WillMessage);
            }
            _ => {}
        }
    }
}

impl Tab {
    /// The region that a field stands in.
    #[must_use]
    pub const fn of(field: Field) -> Self {
        match field {
            Field::Filter
            | Field::RequestedQos
            | Field::SubscribeButton
            | Field::Topic
            | Field::PublishQos
            | Field::Message
            | Field::PublishButton
            | Field::File => Self::Messages,
            Field::GoTo
            | Field::ExportFormat
            | Field::ExportWhat
            | Field::ExportButton
            | Field::ImportHow
            | Field::ImportFile
            | Field::LogBudget => Self::Log,
            _ => Self::Connection,
        }
    }

    /// The value of the page's `data-tab`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Messages => "messages",
            Self::Log => "log",
            Self::Inspector => "inspector",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::validate::refused;

    #[test]
    fn a_refusal_stays_until_its_field_is_changed() {
        let page = Page::default().after(Action::Refused(refused(Field::Topic, "no")));
        assert_eq!((page.refusals, page.tab), (1, Tab::Messages));
        let typed = page.after(Action::Text(Field::Filter, "a".into()));
        assert_eq!(typed.problems.at(Field::Topic), Some("no"));
        let corrected = typed.after(Action::Text(Field::Topic, "a".into()));
        assert_eq!(corrected.problems.first(), None);
        assert_eq!(corrected.settings.forms.topic, "a");
    }

    #[test]
    fn the_default_will_message_follows_the_client_id() {
        let page = Page::default().after(Action::Text(Field::ClientId, "17".into()));
        assert_eq!(page.settings.forms.text(Field::WillMessage), "Client 17 seems to be down.");
        let edited = page.after(Action::Text(Field::WillMessage, "gone".into()));
        let renamed = edited.after(Action::Text(Field::ClientId, "18".into()));
        assert_eq!(renamed.settings.forms.text(Field::WillMessage), "gone");
    }

    #[test]
    fn a_box_that_allows_something_takes_its_refusal_away() {
        let page = Page::default().after(Action::Refused(refused(Field::Password, "no")));
        let allowed = page.after(Action::Switch(Switch::SendWithoutPassword, true));
        assert_eq!(allowed.problems.first(), None);
    }
}
