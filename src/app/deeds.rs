//! What each deed asks of the engine and of the page.

use mqttscope_client as client;
use mqttscope_link::{Command, ConnectRequest, ConnectionCommand, Copy, LogCommand, Slot, Step, Will};
use mqttscope_proto::TopicFilter;
use mqttscope_text::capitalised;
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

use super::App;
use crate::browser;
use crate::components::filter_bar::FILTER_INPUT;
use crate::components::shortcuts::SHORTCUTS_DIALOG;
use crate::store::page::{Action, Tab};
use crate::store::text::concat;
use crate::store::validate::refused;
use crate::store::{Deed, Field, Problems};

impl App {
    pub(super) fn act(&mut self, action: Action) {
        self.page = self.page.after(action);
    }

    pub(super) fn carry_out(&mut self, deed: Deed, filter: &str) -> Result<(), Problems> {
        self.check(deed)?;
        match deed {
            Deed::Connect => {
                let request = self.page.settings.forms.connect_request(&browser::place())?;
                self.command(deed, ConnectionCommand::Connect(asked(request)))?;
                self.act(Action::Tab(Tab::Log));
            }
            Deed::Disconnect => self.command(deed, ConnectionCommand::Disconnect)?,
            Deed::DropConnection => self.command(deed, ConnectionCommand::Drop)?,
            Deed::NewClientId => self.act(Action::Text(Field::ClientId, browser::random_client_id())),
            Deed::RevealPassword => self.act(Action::RevealPassword(!self.page.password_shown)),
            Deed::Subscribe => {
                let (filter, qos) = self.page.settings.forms.subscription()?;
                let filter = filter.as_str().to_owned();
                self.command(deed, ConnectionCommand::Subscribe { filter, qos })?;
            }
            Deed::Unsubscribe => {
                TopicFilter::new(filter).map_err(|fault| said(Field::SubscribeButton, &fault))?;
                self.command(deed, ConnectionCommand::Unsubscribe { filter: filter.to_owned() })?;
            }
            Deed::Publish => {
                let message = self.page.settings.forms.message.clone();
                self.publish(deed, message.into_bytes())?;
            }
            Deed::PublishFile => {
                if let Some(file) = &self.page.file {
                    self.publish(deed, file.bytes.clone())?;
                }
            }
            Deed::ClearLog => self.send_log(LogCommand::Clear),
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
            Deed::NextMatch => self.send_log(LogCommand::Step(Step::NextMatch)),
            Deed::PreviousMatch => self.send_log(LogCommand::Step(Step::PreviousMatch)),
            Deed::ClearFilter => self.clear_filter(),
            Deed::NextRow => self.send_log(LogCommand::Step(Step::Rows(1))),
            Deed::PreviousRow => self.send_log(LogCommand::Step(Step::Rows(-1))),
            Deed::FindRow => {
                self.act(Action::Tab(Tab::Log));
                browser::open_around(Field::GoTo.id());
                browser::focus_and_select(Field::GoTo.id());
            }
            Deed::GoToRow => {
                let text = self.page.settings.forms.go_to.clone();
                self.ask(deed, Command::Log(LogCommand::GoTo(text)))?;
            }
            Deed::PauseLog => self.send_log(LogCommand::Pause(self.shown.log.paused.is_none())),
            Deed::CopyRow if self.shown.log.selected.is_some() => self.copy(Copy::Row),
            Deed::CopyRow => {}
            Deed::Export => self.begin_export()?,
            Deed::CancelExport => self.send_log(LogCommand::CancelExport),
            Deed::CancelImport => self.send_log(LogCommand::CancelImport),
            Deed::ShowShortcuts => show_shortcuts(true),
            Deed::HideShortcuts => show_shortcuts(false),
        }
        Ok(())
    }

    /// A deed that cannot be done is refused, and so are the fields that it would have taken.
    fn check(&self, deed: Deed) -> Result<(), Problems> {
        let Some(reason) = deed.idle(&self.connection, self.page.file.is_some()) else {
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

    fn publish(&mut self, deed: Deed, payload: Vec<u8>) -> Result<(), Problems> {
        let forms = &self.page.settings.forms;
        let (topic, qos) = forms.publication()?;
        let (topic, retain) = (topic.as_str().to_owned(), forms.retain);
        self.command(deed, ConnectionCommand::Publish { topic, qos, retain, payload })
    }

    fn command(&mut self, deed: Deed, command: ConnectionCommand) -> Result<(), Problems> {
        let command = Command::Connection(Slot::default(), command);
        if !matches!(deed, Deed::Connect | Deed::Disconnect | Deed::DropConnection) {
            return self.ask(deed, command);
        }
        // What becomes of these is seen at the connection.
        self.is_there(deed.speaks_at())?;
        self.send(command);
        self.act(Action::Accepted);
        Ok(())
    }
}

/// A connection as the engine is asked for it.
fn asked(request: client::ConnectRequest) -> ConnectRequest {
    let client::ConnectRequest { url, subprotocols, options } = request;
    ConnectRequest {
        url,
        subprotocols,
        version: options.version,
        client_id: options.client_id,
        clean_session: options.clean_session,
        keep_alive_secs: options.keep_alive.as_secs(),
        username: options.username,
        password: options.password,
        will: options.will.map(|will| Will {
            topic: will.topic,
            message: will.message,
            qos: will.qos,
            retain: will.retain,
        }),
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

/// A broken rule as a sentence.
fn said(field: Field, error: &dyn ToString) -> Problems {
    refused(field, concat(&[&capitalised(&error.to_string()), "."]))
}
