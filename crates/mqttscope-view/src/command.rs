//! What a person can set in motion with a button, a form or a key: one row of a table each, with its data in the variant.

use crate::field::Field;
use crate::keys::{Binding, Key};

/// Makes the enum, the table, and the way from each command to its row.
macro_rules! commands {
    ($($(#[$meta:meta])* $command:ident $(($data:ty))? = $row:expr,)+) => {
        /// What a button, a form or a key does.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Command {
            $($(#[$meta])* $command $(($data))?,)+
        }

        impl Command {
            /// Its row of the table.
            #[must_use]
            pub fn info(&self) -> &'static CommandInfo {
                enum At { $($command,)+ }
                let at = match self {
                    $(Self::$command { .. } => At::$command,)+
                };
                &ROWS[at as usize]
            }
        }

        static ROWS: [CommandInfo; [$(stringify!($command)),+].len()] = [$($row),+];
        /// Each of them, in the order of the rows, with nothing as its data.
        static COMMANDS: [Command; ROWS.len()] = [$(Command::$command $((<$data>::new()))?),+];
    };
}

commands! {
    /// Opens a WebSocket, and connects over it.
    Connect = CommandInfo::new("connect").needs(Needs::NoConnection),
    /// Sends DISCONNECT, and closes.
    Disconnect = CommandInfo::new("disconnect").needs(Needs::Wanted),
    /// Connects with another version, which is chosen then.
    TryVersion(String) = CommandInfo::new("try-version").needs(Needs::NoConnection),
    /// Answers an AUTH of the server.
    Authenticate = CommandInfo::new("authenticate").needs(Needs::Connection).speaks_at(Field::AuthButton),
    /// Begins another authentication.
    ReAuthenticate = CommandInfo::new("re-authenticate").needs(Needs::Connected).speaks_at(Field::AuthButton),
    /// Adds, moves or removes a user property.
    EditPairs(String) = CommandInfo::new("edit-pairs"),
    /// Closes without DISCONNECT.
    DropConnection = CommandInfo::new("drop-connection").needs(Needs::Connection),
    /// Saves the forms as another connection, or begins one anew where they are saved already.
    NewConnection = CommandInfo::new("new-connection").speaks_at(Field::ConnectionsFile),
    /// Fills the forms with a saved connection.
    ChooseConnection(String) = CommandInfo::new("choose-connection").speaks_at(Field::ConnectionsFile),
    /// Saves the chosen connection again, as another client.
    DuplicateConnection = CommandInfo::new("duplicate-connection").speaks_at(Field::ConnectionsFile),
    /// Forgets the chosen connection.
    DeleteConnection = CommandInfo::new("delete-connection").speaks_at(Field::ConnectionsFile),
    /// Writes all saved connections to a file.
    ExportConnections = CommandInfo::new("export-connections").speaks_at(Field::ConnectionsFile),
    /// Copies a link that fills the forms as they are.
    CopyLink = CommandInfo::new("copy-link").speaks_at(Field::ConnectionsFile),
    /// Connects, as a link has asked for and the person agrees.
    AgreeToConnect = CommandInfo::new("agree-to-connect"),
    /// Leaves it.
    DeclineToConnect = CommandInfo::new("decline-to-connect"),
    /// Shows the rows of that slot's connection alone, or without a number those of all.
    ShowRowsOf(String) = CommandInfo::new("show-rows-of"),
    /// Makes a client id by chance.
    NewClientId = CommandInfo::new("new-client-id"),
    /// Shows the password, or hides it.
    RevealPassword = CommandInfo::new("reveal-password"),
    /// Subscribes to the topic filter of the form.
    Subscribe = CommandInfo::new("subscribe").needs(Needs::Connected).speaks_at(Field::SubscribeButton),
    /// Gives up the subscription to a topic filter.
    Unsubscribe(String) = CommandInfo::new("unsubscribe").needs(Needs::Connected).speaks_at(Field::SubscribeButton),
    /// Subscribes to a topic filter as the form says.
    SubscribeTo(String) = CommandInfo::new("subscribe-to").needs(Needs::Connected).speaks_at(Field::SubscribeButton),
    /// Gives all subscriptions up.
    UnsubscribeAll = CommandInfo::new("unsubscribe-all").needs(Needs::Connected).speaks_at(Field::SubscribeButton),
    /// Takes a subscription from the list that the server has refused, or has forgotten.
    ForgetSubscription(String) = CommandInfo::new("forget-subscription").speaks_at(Field::SubscribeButton),
    /// Leaves the messages to a subscription out of the log's view, or shows them again.
    MuteSubscription(String) = CommandInfo::new("mute-subscription").speaks_at(Field::SubscribeButton),
    /// Publishes the message of the form.
    Publish = CommandInfo::new("publish").needs(Needs::Connected).speaks_at(Field::PublishButton),
    /// Publishes the message of the form as text, though it is none of its format.
    SendAnyway = CommandInfo::new("send-anyway").needs(Needs::Connected).speaks_at(Field::PublishButton),
    /// Publishes the files that were picked, one after the other.
    PublishFile = CommandInfo::new("publish-file").needs(Needs::ConnectedAndFile).speaks_at(Field::File),
    /// Gives the JSON of the form a member a line.
    PrettyMessage = CommandInfo::new("pretty-message").speaks_at(Field::Message),
    /// Takes all blanks out of the JSON of the form.
    MinifyMessage = CommandInfo::new("minify-message").speaks_at(Field::Message),
    /// Publishes the message of the form again and again.
    Repeat = CommandInfo::new("repeat-message").needs(Needs::Connected).speaks_at(Field::RepeatButton),
    /// Publishes the saved messages that were chosen again and again, in turn.
    RepeatChosen = CommandInfo::new("repeat-chosen").needs(Needs::Connected).speaks_at(Field::RepeatButton),
    /// Ends that.
    StopRepeat = CommandInfo::new("stop-repeat").needs(Needs::Connected).speaks_at(Field::RepeatButton),
    /// Saves the message of the form by name, or gives a saved one another name.
    SaveMessage = CommandInfo::new("save-message").speaks_at(Field::SaveButton),
    /// Publishes a message that is kept.
    SendMessage(String) = CommandInfo::new("send-message").needs(Needs::Connected).speaks_at(Field::SaveButton),
    /// Fills the form with a message that is kept.
    EditMessage(String) = CommandInfo::new("edit-message").speaks_at(Field::SaveButton),
    /// Saves a message that was sent, by its topic.
    KeepMessage(String) = CommandInfo::new("keep-message").speaks_at(Field::SaveButton),
    /// Asks for another name of a saved message.
    RenameMessage(String) = CommandInfo::new("rename-message").speaks_at(Field::SaveButton),
    /// Deletes a message that is kept.
    DeleteMessage(String) = CommandInfo::new("delete-message").speaks_at(Field::SaveButton),
    /// Shows the messages that were sent, or those that were saved.
    ToggleSent = CommandInfo::new("toggle-sent"),
    /// Writes the saved messages to a file.
    ExportMessages = CommandInfo::new("export-messages").speaks_at(Field::SaveButton),
    /// Empties the log.
    ClearLog = CommandInfo::new("clear-log"),
    /// Goes on to the next colours.
    NextTheme = CommandInfo::new("next-theme"),
    /// Shows a region of a narrow page.
    ShowConnection = CommandInfo::new("show-connection"),
    /// Shows a region of a narrow page.
    ShowMessages = CommandInfo::new("show-messages"),
    /// Shows a region of a narrow page.
    ShowLog = CommandInfo::new("show-log"),
    /// Shows a region of a narrow page.
    ShowInspector = CommandInfo::new("show-inspector"),
    /// Shows a region of a narrow page.
    ShowTopics = CommandInfo::new("show-topics"),
    /// Goes to the field of the filter.
    FindInLog = CommandInfo::new("find-in-log").keys(&[Binding::Control("f"), Binding::Sign("/")]),
    /// Selects the next row that the filter finds.
    NextMatch = CommandInfo::new("next-match").keys(&[Binding::Function { name: "F3", shift: false }]),
    /// Selects the row before that the filter finds.
    PreviousMatch = CommandInfo::new("previous-match").keys(&[Binding::Function { name: "F3", shift: true }]),
    /// Shows all rows again.
    ClearFilter = CommandInfo::new("clear-filter"),
    /// Selects the row below.
    NextRow = CommandInfo::new("next-row").keys(&[Binding::Sign("j")]),
    /// Selects the row above.
    PreviousRow = CommandInfo::new("previous-row").keys(&[Binding::Sign("k")]),
    /// Goes to the field for a row's number or a time.
    FindRow = CommandInfo::new("find-row").keys(&[Binding::Sign("g")]),
    /// Goes to the row that stands in that field.
    GoToRow = CommandInfo::new("go-to-row").speaks_at(Field::GoTo),
    /// Pauses the view of the log, or lets it go on.
    PauseLog = CommandInfo::new("pause-log").keys(&[Binding::Sign("p")]),
    /// Copies the selected row as text.
    CopyRow = CommandInfo::new("copy-row").keys(&[Binding::Sign("c")]),
    /// Writes the log to a file.
    Export = CommandInfo::new("export").speaks_at(Field::ExportButton),
    /// Ends the export that is under way.
    CancelExport = CommandInfo::new("cancel-export"),
    /// Ends the import that is under way.
    CancelImport = CommandInfo::new("cancel-import"),
    /// Shows the inspector, or hides it.
    ToggleInspector = CommandInfo::new("toggle-inspector").keys(&[Binding::Sign("i")]),
    /// Shows the topics, or hides them.
    ToggleTopics = CommandInfo::new("toggle-topics").keys(&[Binding::Sign("t")]),
    /// Goes to the connection's fields.
    GoToConnect = CommandInfo::new("go-to-connect").keys(&[Binding::Sign("o")]),
    /// Goes to the topic filter to subscribe to.
    GoToSubscribe = CommandInfo::new("go-to-subscribe").keys(&[Binding::Sign("s")]),
    /// Goes to the topic to publish to.
    GoToPublish = CommandInfo::new("go-to-publish").keys(&[Binding::Sign("m")]),
    /// Goes to the next pane.
    NextPane = CommandInfo::new("next-pane").keys(&[Binding::Function { name: "F6", shift: false }]),
    /// Goes to the pane before.
    PreviousPane = CommandInfo::new("previous-pane").keys(&[Binding::Function { name: "F6", shift: true }]),
    /// Goes to the newest row, and follows it.
    FollowNewest = CommandInfo::new("follow-newest"),
    /// Shows the figures of the whole log.
    ShowStatistics = CommandInfo::new("show-statistics"),
    /// Goes to the field that says how much the log keeps.
    FindBudget = CommandInfo::new("find-budget"),
    /// Shows what a filter finds.
    FilterBy(String) = CommandInfo::new("filter-by"),
    /// Shows what can be done with the selected row.
    OpenRowMenu = CommandInfo::new("open-row-menu"),
    /// Leaves that.
    CloseRowMenu = CommandInfo::new("close-row-menu"),
    /// Fills the Publish form with the message of the row.
    PublishAgain = CommandInfo::new("publish-again"),
    /// Copies the topic of the selected row.
    CopyTopic = CommandInfo::new("copy-topic"),
    /// Copies the payload of the selected row.
    CopyPayload = CommandInfo::new("copy-payload"),
    /// Compares the selected row with the message before on its topic.
    CompareBefore = CommandInfo::new("compare-before"),
    /// Marks the selected row to be compared with others, or takes the mark away.
    MarkRow = CommandInfo::new("mark-row"),
    /// Compares the selected row with the marked one.
    CompareMarked = CommandInfo::new("compare-marked"),
    /// Lets times count from the selected row, or no more.
    SetReference = CommandInfo::new("set-reference").keys(&[Binding::Sign("r")]),
    /// Moves a column of the log one place: its name, and `left` or `right`.
    MoveColumn(String) = CommandInfo::new("move-column"),
    /// Gives the columns of the log their first order and widths.
    ResetColumns = CommandInfo::new("reset-columns"),
    /// Shows the list of the keyboard shortcuts.
    ShowShortcuts = CommandInfo::new("show-shortcuts").keys(&[Binding::Sign("?")]),
    /// Closes that list.
    HideShortcuts = CommandInfo::new("hide-shortcuts"),
}

/// A row of the table of commands.
pub struct CommandInfo {
    /// The value of `data-deed` in the document.
    pub name: &'static str,
    /// The keys that do it.
    pub keys: &'static [Binding],
    /// What must be there for it to be done.
    pub needs: Needs,
    /// The button, or the field, that says what became of it.
    pub speaks_at: Field,
}

/// What must be there for a command to be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// No connection.
    NoConnection,
    /// A connection, or one that is under way.
    Connection,
    /// The same, or the next try to come back from a loss.
    Wanted,
    /// A connection that packets can be sent over.
    Connected,
    /// The same, and a file that was picked.
    ConnectedAndFile,
}

/// What is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// There is a WebSocket that could be closed.
    pub is_open: bool,
    /// There is one, or it comes back by itself.
    pub is_wanted: bool,
    /// Packets can be sent.
    pub is_connected: bool,
    /// A file was picked.
    pub has_file: bool,
}

impl Command {
    /// The command of that name in the document, with what its element says besides.
    #[must_use]
    pub fn of_name(name: &str, data: String) -> Option<Self> {
        let at = ROWS.iter().position(|row| row.name == name)?;
        Some(match COMMANDS[at].clone() {
            Self::Unsubscribe(_) => Self::Unsubscribe(data),
            Self::TryVersion(_) => Self::TryVersion(data),
            Self::ChooseConnection(_) => Self::ChooseConnection(data),
            Self::ShowRowsOf(_) => Self::ShowRowsOf(data),
            Self::SubscribeTo(_) => Self::SubscribeTo(data),
            Self::ForgetSubscription(_) => Self::ForgetSubscription(data),
            Self::MuteSubscription(_) => Self::MuteSubscription(data),
            Self::EditPairs(_) => Self::EditPairs(data),
            Self::SendMessage(_) => Self::SendMessage(data),
            Self::EditMessage(_) => Self::EditMessage(data),
            Self::KeepMessage(_) => Self::KeepMessage(data),
            Self::RenameMessage(_) => Self::RenameMessage(data),
            Self::DeleteMessage(_) => Self::DeleteMessage(data),
            Self::MoveColumn(_) => Self::MoveColumn(data),
            Self::FilterBy(_) => Self::FilterBy(data),
            command => command,
        })
    }

    /// The command of a key. While a person types into a field (`typing`), letters and signs are text.
    #[must_use]
    pub fn of_key(key: Key<'_>, typing: bool) -> Option<Self> {
        let at = ROWS.iter().position(|row| row.keys.iter().any(|binding| binding.is(key, typing)))?;
        Some(COMMANDS[at].clone())
    }

    /// The value of `data-deed` in the document.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.info().name
    }

    /// Whether it is of the connection: once it was carried out, what was wrong before is wrong no more.
    #[must_use]
    pub fn settles_problems(&self) -> bool {
        self.info().needs != Needs::Nothing
    }

    /// Why it cannot be carried out as things stand.
    #[must_use]
    pub fn why_not(&self, standing: Standing) -> Option<&'static str> {
        match self.info().needs {
            Needs::NoConnection if standing.is_open => Some(ALREADY_OPEN),
            Needs::Connection if !standing.is_open => Some(NOTHING_OPEN),
            Needs::Wanted if !standing.is_wanted => Some(NOTHING_OPEN),
            Needs::Connected | Needs::ConnectedAndFile if !standing.is_connected => Some(NOT_CONNECTED),
            Needs::ConnectedAndFile if !standing.has_file => Some(NO_FILE),
            _ => None,
        }
    }
}

impl CommandInfo {
    const fn new(name: &'static str) -> Self {
        Self { name, keys: &[], needs: Needs::Nothing, speaks_at: Field::ConnectButton }
    }

    const fn keys(mut self, keys: &'static [Binding]) -> Self {
        self.keys = keys;
        self
    }

    const fn needs(mut self, needs: Needs) -> Self {
        self.needs = needs;
        self
    }

    const fn speaks_at(mut self, field: Field) -> Self {
        self.speaks_at = field;
        self
    }
}

const ALREADY_OPEN: &str = "A connection is there: disconnect first.";
const NOTHING_OPEN: &str = "There is no connection to close.";
const NOT_CONNECTED: &str = "Not connected: press Connect first.";
const NO_FILE: &str = "Choose a file first.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_commands() {
        for command in &COMMANDS {
            assert_eq!(Command::of_name(command.name(), String::new()).as_ref(), Some(command));
        }
        assert_eq!(Command::of_name("", String::new()), None);
    }

    #[test]
    fn an_element_says_what_its_command_is_about() {
        let unsubscribe = Command::of_name("unsubscribe", "a/#".into());
        assert_eq!(unsubscribe, Some(Command::Unsubscribe("a/#".into())));
        assert_eq!(Command::of_name("try-version", "5".into()), Some(Command::TryVersion("5".into())));
        assert_eq!(
            Command::of_name("edit-pairs", "x 0 up".into()),
            Some(Command::EditPairs("x 0 up".into()))
        );
        let send = Command::of_name("send-message", "saved a".into());
        assert_eq!(send, Some(Command::SendMessage("saved a".into())));
        assert_eq!(Command::of_name("connect", "a/#".into()), Some(Command::Connect));
    }

    #[test]
    fn what_cannot_be_done_has_a_reason() {
        let none = Standing::default();
        let lost = Standing { is_wanted: true, ..none };
        assert_eq!((Command::Disconnect.why_not(lost), Command::Connect.why_not(lost)), (None, None));
        assert_eq!(Command::DropConnection.why_not(lost), Some(NOTHING_OPEN));
        let open = Standing { is_open: true, ..lost };
        let connected = Standing { is_connected: true, ..open };
        assert_eq!(Command::Connect.why_not(none), None);
        assert_eq!(Command::Connect.why_not(open), Some(ALREADY_OPEN));
        assert_eq!(Command::Disconnect.why_not(none), Some(NOTHING_OPEN));
        assert_eq!(Command::DropConnection.why_not(open), None);
        assert_eq!(Command::Publish.why_not(open), Some(NOT_CONNECTED));
        assert_eq!(Command::PublishFile.why_not(connected), Some(NO_FILE));
        assert_eq!(Command::PublishFile.why_not(Standing { has_file: true, ..connected }), None);
    }

    #[test]
    fn each_key_has_one_command() {
        let keys: Vec<_> = ROWS.iter().flat_map(|row| row.keys).collect();
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key), "{key:?}");
        }
    }
}
