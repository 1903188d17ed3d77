//! What each deed asks of the driver and of the page.

use mqttscope_proto::TopicFilter;
use mqttscope_proto::session::Publication;
use mqttscope_text::capitalised;
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

use super::App;
use super::scope::FilterMessage;
use crate::browser;
use crate::components::filter_bar::FILTER_INPUT;
use crate::components::log_table::LOG_TABLE;
use crate::components::shortcuts::SHORTCUTS_DIALOG;
use crate::store::page::{Action, Tab};
use crate::store::text::concat;
use crate::store::validate::refused;
use crate::store::{Deed, Field, Problems, goto};

impl App {
    pub(super) fn act(&mut self, action: Action) {
        self.page = self.page.after(action);
    }

    pub(super) fn carry_out(&mut self, deed: Deed, filter: &str) -> Result<(), Problems> {
        self.check(deed)?;
        match deed {
            Deed::Connect => {
                self.driver.connect(self.page.settings.forms.connect_request(&browser::place())?);
                self.act(Action::Tab(Tab::Log));
            }
            Deed::Disconnect => self.driver.disconnect(),
            Deed::DropConnection => self.driver.drop_connection(),
            Deed::NewClientId => self.act(Action::Text(Field::ClientId, browser::random_client_id())),
            Deed::RevealPassword => self.act(Action::RevealPassword(!self.page.password_shown)),
            Deed::Subscribe => {
                let (filter, qos) = self.page.settings.forms.subscription()?;
                self.driver.subscribe(filter, qos).map_err(|error| said(Field::SubscribeButton, &error))?;
            }
            Deed::Unsubscribe => {
                let button = Field::SubscribeButton;
                let filter = TopicFilter::new(filter).map_err(|fault| said(button, &fault))?;
                self.driver.unsubscribe(filter).map_err(|error| said(button, &error))?;
            }
            Deed::Publish => {
                let message = &self.page.settings.forms.message;
                self.publish(message.as_bytes(), Field::PublishButton)?;
            }
            Deed::PublishFile => {
                if let Some(file) = &self.page.file {
                    self.publish(&file.bytes, Field::File)?;
                }
            }
            Deed::ClearLog => self.driver.clear_log(),
            Deed::NextTheme => self.act(Action::Theme(self.page.settings.theme.next())),
            Deed::ShowConnection => self.act(Action::Tab(Tab::Connection)),
            Deed::ShowMessages => self.act(Action::Tab(Tab::Messages)),
            Deed::ShowLog => self.act(Action::Tab(Tab::Log)),
            Deed::ShowInspector => self.act(Action::Tab(Tab::Inspector)),
            Deed::ToggleInspector => {
                self.act(Action::HideInspector(!self.page.settings.panes.is_inspector_hidden))
            }
            Deed::FindInLog => {
                self.act(Action::Tab(Tab::Log));
                browser::focus_and_select(FILTER_INPUT);
            }
            Deed::NextMatch => self.select_match(true),
            Deed::PreviousMatch => self.select_match(false),
            Deed::ClearFilter => {
                self.on_filter(FilterMessage::Typed(String::new(), 0));
                self.filter_field.close();
            }
            Deed::NextRow => self.select_row(1),
            Deed::PreviousRow => self.select_row(-1),
            Deed::FindRow => {
                self.act(Action::Tab(Tab::Log));
                browser::open_around(Field::GoTo.id());
                browser::focus_and_select(Field::GoTo.id());
            }
            Deed::GoToRow => {
                let text = &self.page.settings.forms.go_to;
                let found = goto::find(&self.driver.log().0.borrow(), text, browser::utc_offset_minutes());
                let number = found.map_err(|words| refused(Field::GoTo, words))?;
                self.scope.0.borrow_mut().select(Some(number));
                browser::close_menus(None);
                browser::focus(browser::by_id(LOG_TABLE));
            }
            Deed::PauseLog => {
                let mut scope = self.scope.0.borrow_mut();
                let is_paused = scope.paused().is_some();
                scope.set_paused(!is_paused, &self.driver.log().0.borrow());
            }
            Deed::CopyRow => self.copy_row(),
            Deed::Export => self.begin_export()?,
            Deed::CancelExport => self.exporting = None,
            Deed::CancelImport => {
                self.importing = None;
                let said = "Cancelled: what was read until then is in the log.".to_owned();
                self.act(Action::Note(Field::ImportFile, said));
            }
            Deed::ShowShortcuts => show_shortcuts(true),
            Deed::HideShortcuts => show_shortcuts(false),
        }
        Ok(())
    }

    /// A deed that cannot be done is refused, and so are the fields that it would have taken.
    fn check(&self, deed: Deed) -> Result<(), Problems> {
        let Some(reason) = deed.idle(&self.driver.connection(), self.page.file.is_some()) else {
            return Ok(());
        };
        let forms = &self.page.settings.forms;
        match deed {
            Deed::Subscribe => forms.subscription().map(|_| ())?,
            Deed::Publish | Deed::PublishFile => forms.publication().map(|_| ())?,
            _ => {}
        }
        Err(refused(deed.speaks_at(), reason))
    }

    fn publish(&self, payload: &[u8], button: Field) -> Result<(), Problems> {
        let forms = &self.page.settings.forms;
        let (topic, qos) = forms.publication()?;
        let message = Publication { topic, payload, qos, retain: forms.retain };
        self.driver.publish(&message).map_err(|error| said(button, &error))
    }
}

fn show_shortcuts(shown: bool) {
    if let Some(dialog) = browser::by_id(SHORTCUTS_DIALOG) {
        let dialog: &HtmlDialogElement = dialog.unchecked_ref();
        if shown {
            // It fails if it is open already.
            let _ = dialog.show_modal();
        } else {
            dialog.close();
        }
    }
}

/// An error of the session as a sentence.
fn said(field: Field, error: &dyn ToString) -> Problems {
    refused(field, concat(&[&capitalised(&error.to_string()), "."]))
}
