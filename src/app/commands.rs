//! What each command asks of the driver and of the page.

use mqttscope_proto::TopicFilter;
use mqttscope_view::Standing;
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

use super::App;
use super::scope::FilterMessage;
use crate::browser;
use crate::components::filter_bar::FILTER_INPUT;
use crate::components::log_table::LOG_TABLE;
use crate::components::shortcuts::SHORTCUTS_DIALOG;
use crate::store::page::{Edit, Tab};
use crate::store::text::{capitalised, concat};
use crate::store::{Command, Field, Problems, goto, refused};

impl App {
    pub(super) fn carry_out(&mut self, command: &Command) -> Result<(), Problems> {
        self.check(command)?;
        match command {
            Command::Connect => {
                self.driver.connect(self.page.profile.connect_request(&browser::place())?);
                self.edit(Edit::Connect);
            }
            Command::Disconnect => self.driver.disconnect(),
            Command::DropConnection => self.driver.drop_connection(),
            Command::NewClientId => self.edit(Edit::Text(Field::ClientId, browser::random_client_id())),
            Command::RevealPassword => self.edit(Edit::RevealPassword(!self.page.password_shown)),
            Command::Subscribe => {
                let (filter, qos) = self.page.drafts.subscription()?;
                self.driver.subscribe(filter, qos).map_err(|error| said(Field::SubscribeButton, &error))?;
            }
            Command::Unsubscribe(filter) => {
                let button = Field::SubscribeButton;
                let filter = TopicFilter::new(filter).map_err(|fault| said(button, &fault))?;
                self.driver.unsubscribe(filter).map_err(|error| said(button, &error))?;
            }
            Command::Publish => {
                let message = self.page.drafts.text(Field::Message);
                self.publish(message.as_bytes(), Field::PublishButton)?;
            }
            Command::PublishFile => {
                if let Some(file) = &self.page.file {
                    self.publish(&file.bytes, Field::File)?;
                }
            }
            Command::ClearLog => self.driver.clear_log(),
            Command::NextTheme => self.edit(Edit::Theme(self.page.looks.theme.next())),
            Command::ShowConnection => self.edit(Edit::Tab(Tab::Connection)),
            Command::ShowMessages => self.edit(Edit::Tab(Tab::Messages)),
            Command::ShowLog => self.edit(Edit::Tab(Tab::Log)),
            Command::ShowInspector => self.edit(Edit::Tab(Tab::Inspector)),
            Command::ToggleInspector => {
                self.edit(Edit::HideInspector(!self.page.looks.panes.is_inspector_hidden))
            }
            Command::FindInLog => {
                self.edit(Edit::Tab(Tab::Log));
                browser::focus_and_select(FILTER_INPUT);
            }
            Command::NextMatch => self.select_match(true),
            Command::PreviousMatch => self.select_match(false),
            Command::ClearFilter => {
                self.on_filter(FilterMessage::Typed(String::new(), 0));
                self.filter_field.close();
            }
            Command::NextRow => self.select_row(1),
            Command::PreviousRow => self.select_row(-1),
            Command::FindRow => {
                self.edit(Edit::Tab(Tab::Log));
                browser::open_around(Field::GoTo.id());
                browser::focus_and_select(Field::GoTo.id());
            }
            Command::GoToRow => {
                let text = self.page.drafts.text(Field::GoTo);
                let found = goto::find(&self.driver.log().0.borrow(), text, browser::utc_offset_minutes());
                let number = found.map_err(|words| refused(Field::GoTo, words))?;
                self.scope.0.borrow_mut().select(Some(number));
                browser::close_menus(None);
                browser::focus(browser::by_id(LOG_TABLE));
            }
            Command::PauseLog => {
                let mut scope = self.scope.0.borrow_mut();
                let is_paused = scope.paused().is_some();
                scope.set_paused(!is_paused, &self.driver.log().0.borrow());
            }
            Command::CopyRow => self.copy_row(),
            Command::Export => self.begin_export()?,
            Command::CancelExport => self.exporting = None,
            Command::CancelImport => {
                self.importing = None;
                let said = "Cancelled: what was read until then is in the log.".to_owned();
                self.edit(Edit::Note(Field::ImportFile, said));
            }
            Command::ShowShortcuts => show_shortcuts(true),
            Command::HideShortcuts => show_shortcuts(false),
        }
        Ok(())
    }

    /// A command that cannot be carried out is refused, and so are the fields that it would have taken.
    fn check(&self, command: &Command) -> Result<(), Problems> {
        let connection = self.driver.connection();
        let standing = Standing {
            is_open: connection.is_open(),
            is_connected: connection.is_connected(),
            has_file: self.page.file.is_some(),
        };
        let Some(reason) = command.why_not(standing) else { return Ok(()) };
        match command {
            Command::Subscribe => self.page.drafts.subscription().map(|_| ())?,
            Command::Publish | Command::PublishFile => self.page.drafts.publication().map(|_| ())?,
            _ => {}
        }
        Err(refused(command.info().speaks_at, reason))
    }

    fn publish(&self, payload: &[u8], button: Field) -> Result<(), Problems> {
        let drafts = &self.page.drafts;
        let (topic, qos) = drafts.publication()?;
        let retain = drafts.is_on(Field::Retain);
        self.driver.publish(topic, qos, retain, payload).map_err(|error| said(button, &error))
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
