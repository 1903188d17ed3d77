//! What each command asks of the engine and of the page.

use mqttscope_client::{Answer, shown_url};
use mqttscope_link::{
    Command as EngineCommand, ConnectRequest, ConnectionCommand, Copy, Format, Gesture, LogCommand, Secret,
    Step,
};
use mqttscope_proto::{ProtocolVersion, TopicFilter};
use mqttscope_text::capitalised;
use mqttscope_view::Standing;
use mqttscope_view::marks::MarkEdit;
use mqttscope_view::pairs::PairEdit;
use mqttscope_view::validate::SubscribeRequest;
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

use super::App;
use crate::browser;
use crate::components::ask::ASK_DIALOG;
use crate::components::filter_bar::FILTER_INPUT;
use crate::components::inspector::{Comparing, Wanted};
use crate::components::log_table::TableAct;
use crate::components::shortcuts::SHORTCUTS_DIALOG;
use crate::store::column::Column;
use crate::store::page::{Edit, Tab};
use crate::store::text::concat;
use crate::store::{Command, Field, Problems, connection, refused, validate};

impl App {
    pub(super) fn carry_out(&mut self, command: Command) -> Result<(), Problems> {
        self.check(&command)?;
        match command {
            Command::Connect => {
                let place = browser::place();
                let request = asked(self.page.profile.connect_request(&place)?, place.page);
                let (url, client_id) = (shown_url(&request.url), request.options.client_id.clone());
                self.start_anew();
                self.command(command, ConnectionCommand::Connect(Box::new(request)))?;
                self.begin_connection(url, client_id);
                self.edit(Edit::Connect);
            }
            Command::TryVersion(version) => {
                self.edit(Edit::Text(Field::Version, version));
                return self.carry_out(Command::Connect);
            }
            Command::Disconnect => {
                let (reason, properties) = match self.version() {
                    ProtocolVersion::V31 | ProtocolVersion::V311 => Default::default(),
                    ProtocolVersion::V5 => self.page.profile.disconnect_request()?,
                };
                self.command(command, ConnectionCommand::Disconnect { reason, properties })?;
            }
            Command::Authenticate => self.authenticate(command, false)?,
            Command::ReAuthenticate => self.authenticate(command, true)?,
            Command::EditPairs(words) => {
                if let Some((field, edit)) = PairEdit::read(&words, String::new()) {
                    // Whoever adds a pair is about to name it.
                    self.done.added_to = (edit == PairEdit::Add).then_some(field);
                    self.edit(Edit::Pairs(field, edit));
                }
            }
            Command::DropConnection => self.command(command, ConnectionCommand::Drop)?,
            Command::NewConnection => self.new_connection()?,
            Command::ChooseConnection(words) => self.choose_connection(&words)?,
            Command::DuplicateConnection => self.duplicate_connection()?,
            Command::DeleteConnection => self.delete_connection(),
            Command::ExportConnections => self.export_connections()?,
            Command::CopyLink => self.copy_link(),
            Command::AgreeToConnect => {
                close_dialog(ASK_DIALOG);
                return self.carry_out(Command::Connect);
            }
            Command::DeclineToConnect => close_dialog(ASK_DIALOG),
            Command::ShowRowsOf(slot) => self.show_rows_of(&slot),
            Command::NewClientId => self.edit(Edit::Text(Field::ClientId, browser::random_client_id())),
            Command::RevealPassword => self.edit(Edit::RevealPassword(!self.page.password_shown)),
            Command::Subscribe => {
                let filters = self.page.drafts.text(Field::Filter).to_owned();
                self.subscribe(command, &filters)?;
            }
            Command::SubscribeTo(ref filter) => {
                let filter = filter.clone();
                self.subscribe(command, &filter)?;
            }
            Command::UnsubscribeAll => {
                let held = self.connection.subscriptions.iter();
                let held = held.filter(|held| !matches!(held.answer, Answer::Refused | Answer::Gone));
                for filter in held.map(|held| held.filter.clone()).collect::<Vec<_>>() {
                    self.carry_out(Command::Unsubscribe(filter))?;
                }
            }
            Command::ForgetSubscription(ref filter) => {
                let filter = filter.clone();
                self.note_unsubscribed(&filter);
                self.command(command, ConnectionCommand::Forget(filter))?;
            }
            Command::MuteSubscription(filter) => {
                let is_muted = !self.page.marks.of(&filter).is_muted;
                self.edit(Edit::Mark(filter, MarkEdit::Mute(is_muted)));
            }
            Command::Unsubscribe(ref filter) => {
                TopicFilter::new(filter).map_err(|fault| said(Field::SubscribeButton, &fault))?;
                let properties = self.page.drafts.unsubscription(self.version())?;
                let filter = filter.clone();
                self.note_unsubscribed(&filter);
                self.command(command, ConnectionCommand::Unsubscribe { filter, properties })?;
            }
            Command::ClearLog => {
                self.reference = None;
                self.comparing = Comparing::default();
                self.start_anew();
                self.tell_log(LogCommand::Clear);
            }
            Command::Publish => self.publish_typed(command, self.page.drafts.message_format())?,
            Command::SendAnyway => self.publish_typed(command, Format::Text)?,
            Command::PublishFile => self.publish_files(&command)?,
            Command::PrettyMessage => self.reformat(true)?,
            Command::MinifyMessage => self.reformat(false)?,
            Command::Repeat => self.repeat_typed(command)?,
            Command::RepeatChosen => self.repeat_chosen(command)?,
            Command::StopRepeat => self.command(command, ConnectionCommand::StopRepeat)?,
            Command::SaveMessage => self.save_message()?,
            Command::SendMessage(ref words) => self.publish_kept(command.clone(), words)?,
            Command::EditMessage(words) => self.edit_message(&words)?,
            Command::KeepMessage(words) => self.keep_message(&words)?,
            Command::RenameMessage(words) => self.begin_rename(&words),
            Command::DeleteMessage(words) => self.delete_message(&words)?,
            Command::ToggleSent => self.edit(Edit::ShowSent(!self.page.shows_sent)),
            Command::ExportMessages => self.export_messages()?,
            Command::NextTheme => self.edit(Edit::Theme(self.page.looks.theme.next())),
            Command::ShowConnection => self.edit(Edit::Tab(Tab::Connection)),
            Command::ShowMessages => self.edit(Edit::Tab(Tab::Messages)),
            Command::ShowLog => self.edit(Edit::Tab(Tab::Log)),
            Command::ShowInspector => self.edit(Edit::Tab(Tab::Inspector)),
            Command::ToggleInspector => {
                self.edit(Edit::HideInspector(!self.page.looks.panes.is_inspector_hidden));
            }
            Command::ShowTopics => {
                self.edit(Edit::Tab(Tab::Topics));
                self.edit(Edit::ShowTopics(true));
            }
            Command::ToggleTopics => {
                self.edit(Edit::ShowTopics(!self.page.looks.panes.are_topics_shown));
            }
            Command::FindInLog => {
                self.edit(Edit::Tab(Tab::Log));
                browser::focus_and_select(FILTER_INPUT);
            }
            Command::NextMatch => self.tell_log(LogCommand::Step(Step::NextMatch)),
            Command::PreviousMatch => self.tell_log(LogCommand::Step(Step::PreviousMatch)),
            Command::ClearFilter => self.clear_filter(),
            Command::NextRow => self.tell_log(LogCommand::Step(Step::Rows(1))),
            Command::PreviousRow => self.tell_log(LogCommand::Step(Step::Rows(-1))),
            Command::FindRow => {
                self.edit(Edit::Tab(Tab::Log));
                browser::open_around(Field::GoTo.id());
                browser::focus_and_select(Field::GoTo.id());
            }
            Command::GoToRow => {
                let text = self.page.drafts.text(Field::GoTo).to_owned();
                self.ask(command, EngineCommand::Log(LogCommand::GoTo(text)))?;
            }
            Command::PauseLog => self.send_log(LogCommand::Pause(self.shown.log.paused.is_none())),
            Command::CopyRow if self.shown.log.selected.is_some() => {
                self.copy(Copy::Row);
                self.close_row_menu();
            }
            Command::CopyRow => {}
            Command::Export => self.begin_export()?,
            Command::CancelExport => self.tell_log(LogCommand::CancelExport),
            Command::CancelImport => self.tell_log(LogCommand::CancelImport),
            Command::GoToConnect => self.go_to_field(Tab::Connection, Field::Url),
            Command::GoToSubscribe => self.go_to_field(Tab::Messages, Field::Filter),
            Command::GoToPublish => self.go_to_field(Tab::Messages, Field::Topic),
            Command::NextPane => self.go_to_pane(false),
            Command::PreviousPane => self.go_to_pane(true),
            Command::FollowNewest => {
                self.edit(Edit::Tab(Tab::Log));
                self.on_table(TableAct::Scroll(Gesture::Tail));
            }
            Command::ShowStatistics => self.show_panel(Wanted::Statistics),
            Command::FindBudget => {
                self.edit(Edit::Tab(Tab::Log));
                browser::show_region(Tab::Log.name());
                browser::open_menu(Field::LogBudget.id());
                browser::focus_and_select(Field::LogBudget.id());
            }
            Command::FilterBy(filter) => {
                self.close_row_menu();
                self.edit(Edit::Tab(Tab::Log));
                self.show_filter(filter);
            }
            Command::OpenRowMenu => self.ask_row_menu(None, None),
            Command::CloseRowMenu => self.close_row_menu(),
            Command::PublishAgain => {
                self.publish_again();
                self.row_menu = None;
            }
            Command::CopyTopic => {
                self.copy(Copy::RowTopic);
                self.close_row_menu();
            }
            Command::CopyPayload => {
                self.copy(Copy::Payload);
                self.close_row_menu();
            }
            Command::CompareBefore => self.compare(false),
            Command::CompareMarked => self.compare(true),
            Command::MarkRow => {
                if let Some(number) = self.row_menu.as_ref().map(|menu| menu.facts.number) {
                    self.mark_row(number);
                }
                self.close_row_menu();
            }
            Command::SetReference => {
                self.set_reference();
                self.close_row_menu();
            }
            Command::MoveColumn(words) => {
                let (name, side) = words.split_once(' ').unwrap_or((&words, ""));
                if let Some(column) = Column::of_name(name) {
                    let shown = self.page.looks.hidden.shown(self.shown.log.slots.len());
                    self.edit(Edit::StepColumn(column, side == "right", shown));
                }
            }
            Command::ResetColumns => self.edit(Edit::ResetColumns),
            Command::ShowShortcuts => show_dialog(SHORTCUTS_DIALOG),
            Command::HideShortcuts => close_dialog(SHORTCUTS_DIALOG),
        }
        Ok(())
    }

    /// A command that cannot be carried out is refused, and so are the fields that it would have taken.
    fn check(&self, command: &Command) -> Result<(), Problems> {
        let connection = &self.connection;
        let standing = Standing {
            is_open: connection.is_open(),
            is_wanted: connection.is_wanted(),
            is_connected: connection.is_connected(),
            has_file: !self.page.files.is_empty(),
        };
        let Some(reason) = command.why_not(standing) else { return Ok(()) };
        match command {
            Command::Subscribe => self.page.drafts.subscription(self.version()).map(|_| ())?,
            Command::Publish | Command::SendAnyway | Command::PublishFile | Command::Repeat => {
                self.page.drafts.publication(self.version()).map(|_| ())?
            }
            _ => {}
        }
        Err(refused(command.info().speaks_at, reason))
    }

    fn subscribe(&mut self, command: Command, filters: &str) -> Result<(), Problems> {
        let request = self.page.drafts.subscription_to(filters, self.version())?;
        self.is_there(command.info().speaks_at)?;
        self.note_subscribed(&request);
        let SubscribeRequest { filters, options, properties } = request;
        let filters = filters.iter().map(|filter| filter.as_str().to_owned()).collect();
        self.command(command, ConnectionCommand::Subscribe { filters, options, properties })
    }

    fn authenticate(&mut self, command: Command, again: bool) -> Result<(), Problems> {
        let data = self.page.profile.authentication_data()?.map(Secret);
        self.command(command, ConnectionCommand::Authenticate { again, data })
    }

    /// The version that packets are written in.
    pub(super) fn version(&self) -> ProtocolVersion {
        connection::version(&self.connection, self.page.profile.version())
    }

    /// Asks the connection for what a command needs.
    fn command(&mut self, command: Command, asked: ConnectionCommand) -> Result<(), Problems> {
        let asked = EngineCommand::Connection(self.slots.chosen(), asked);
        if !matches!(command, Command::Connect | Command::DropConnection) {
            return self.ask(command, asked);
        }
        // What becomes of these is seen at the connection.
        self.is_there(command.info().speaks_at)?;
        self.send(asked);
        self.edit(Edit::Accepted(command.info().speaks_at));
        Ok(())
    }
}

/// A connection as the engine is asked for it.
fn asked(request: validate::ConnectRequest, page: String) -> ConnectRequest {
    let validate::ConnectRequest { url, subprotocols, options, connect_timeout_secs, pingresp_timeout_secs } =
        request;
    ConnectRequest { url, subprotocols, options, connect_timeout_secs, pingresp_timeout_secs, page }
}

pub(super) fn show_dialog(id: &str) {
    if let Some(dialog) = browser::by_id(id) {
        // It fails if it is open already.
        let _ = dialog.unchecked_ref::<HtmlDialogElement>().show_modal();
    }
}

fn close_dialog(id: &str) {
    if let Some(dialog) = browser::by_id(id) {
        dialog.unchecked_ref::<HtmlDialogElement>().close();
    }
}

/// A broken rule as a sentence.
fn said(field: Field, error: &dyn ToString) -> Problems {
    refused(field, concat(&[&capitalised(&error.to_string()), "."]))
}
