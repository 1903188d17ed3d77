//! What a person can set in motion with a button or a form, and why it cannot be done now.

use super::form::Field;
use mqttscope_client::ConnectionState;

/// What a button or a form does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Connect,
    Disconnect,
    DropConnection,
    NewClientId,
    RevealPassword,
    Subscribe,
    /// Gives up the subscription that the button stands beside.
    Unsubscribe,
    Publish,
    PublishFile,
    ClearLog,
    NextTheme,
    ShowConnection,
    ShowMessages,
    ShowLog,
    /// Goes to the field of the filter.
    FindInLog,
    NextMatch,
    PreviousMatch,
    ClearFilter,
    NextRow,
    PreviousRow,
    /// Goes to the field for a row's number or a time.
    FindRow,
    /// Goes to the row that stands in that field.
    GoToRow,
    /// Pauses the view of the log, or lets it go on.
    PauseLog,
    CopyRow,
    Export,
    CancelExport,
    CancelImport,
    ToggleInspector,
    ShowInspector,
    ShowShortcuts,
    HideShortcuts,
}

impl Deed {
    const ALL: [Self; 31] = [
        Self::Connect,
        Self::Disconnect,
        Self::DropConnection,
        Self::NewClientId,
        Self::RevealPassword,
        Self::Subscribe,
        Self::Unsubscribe,
        Self::Publish,
        Self::PublishFile,
        Self::ClearLog,
        Self::NextTheme,
        Self::ShowConnection,
        Self::ShowMessages,
        Self::ShowLog,
        Self::FindInLog,
        Self::NextMatch,
        Self::PreviousMatch,
        Self::ClearFilter,
        Self::NextRow,
        Self::PreviousRow,
        Self::FindRow,
        Self::GoToRow,
        Self::PauseLog,
        Self::CopyRow,
        Self::Export,
        Self::CancelExport,
        Self::CancelImport,
        Self::ToggleInspector,
        Self::ShowInspector,
        Self::ShowShortcuts,
        Self::HideShortcuts,
    ];

    /// The value of `data-deed` in the document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Disconnect => "disconnect",
            Self::DropConnection => "drop-connection",
            Self::NewClientId => "new-client-id",
            Self::RevealPassword => "reveal-password",
            Self::Subscribe => "subscribe",
            Self::Unsubscribe => "unsubscribe",
            Self::Publish => "publish",
            Self::PublishFile => "publish-file",
            Self::ClearLog => "clear-log",
            Self::NextTheme => "next-theme",
            Self::ShowConnection => "show-connection",
            Self::ShowMessages => "show-messages",
            Self::ShowLog => "show-log",
            Self::FindInLog => "find-in-log",
            Self::NextMatch => "next-match",
            Self::PreviousMatch => "previous-match",
            Self::ClearFilter => "clear-filter",
            Self::NextRow => "next-row",
            Self::PreviousRow => "previous-row",
            Self::FindRow => "find-row",
            Self::GoToRow => "go-to-row",
            Self::PauseLog => "pause-log",
            Self::CopyRow => "copy-row",
            Self::Export => "export",
            Self::CancelExport => "cancel-export",
            Self::CancelImport => "cancel-import",
            Self::ToggleInspector => "toggle-inspector",
            Self::ShowInspector => "show-inspector",
            Self::ShowShortcuts => "show-shortcuts",
            Self::HideShortcuts => "hide-shortcuts",
        }
    }

    /// The deed of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.name() == name)
    }

    /// Whether it is of the connection: once it was done, what was wrong before is wrong no more.
    #[must_use]
    pub const fn settles_problems(self) -> bool {
        matches!(
            self,
            Self::Connect
                | Self::Disconnect
                | Self::DropConnection
                | Self::Subscribe
                | Self::Unsubscribe
                | Self::Publish
                | Self::PublishFile
        )
    }

    /// The button, or the field, that says what became of it.
    #[must_use]
    pub const fn speaks_at(self) -> Field {
        match self {
            Self::Subscribe | Self::Unsubscribe => Field::SubscribeButton,
            Self::Publish => Field::PublishButton,
            Self::PublishFile => Field::File,
            Self::GoToRow => Field::GoTo,
            Self::Export => Field::ExportButton,
            _ => Field::ConnectButton,
        }
    }

    /// Why it cannot be done as things stand.
    #[must_use]
    pub fn idle(self, connection: &ConnectionState, has_file: bool) -> Option<&'static str> {
        match self {
            Self::Connect if connection.is_open() => Some(ALREADY_OPEN),
            Self::Disconnect | Self::DropConnection if !connection.is_open() => Some(NOTHING_OPEN),
            Self::Subscribe | Self::Unsubscribe | Self::Publish | Self::PublishFile
                if !connection.is_connected() =>
            {
                Some(NOT_CONNECTED)
            }
            Self::PublishFile if !has_file => Some(NO_FILE),
            _ => None,
        }
    }
}

const ALREADY_OPEN: &str = "A connection is there: disconnect first.";
const NOTHING_OPEN: &str = "There is no connection to close.";
const NOT_CONNECTED: &str = "Not connected: press Connect first.";
const NO_FILE: &str = "Choose a file first.";

#[cfg(test)]
mod tests {
    use super::*;
    use mqttscope_client::Phase;

    #[test]
    fn names_lead_back_to_their_deeds() {
        for deed in Deed::ALL {
            assert_eq!(Deed::of_name(deed.name()), Some(deed));
        }
        assert_eq!(Deed::of_name(""), None);
    }

    #[test]
    fn what_cannot_be_done_has_a_reason() {
        let none = ConnectionState::default();
        let open = ConnectionState { phase: Phase::Opening, ..ConnectionState::default() };
        let connected = ConnectionState { phase: Phase::Connected, ..ConnectionState::default() };
        assert_eq!(Deed::Connect.idle(&none, false), None);
        assert_eq!(Deed::Connect.idle(&open, false), Some(ALREADY_OPEN));
        assert_eq!(Deed::Disconnect.idle(&none, false), Some(NOTHING_OPEN));
        assert_eq!(Deed::DropConnection.idle(&open, false), None);
        assert_eq!(Deed::Publish.idle(&open, false), Some(NOT_CONNECTED));
        assert_eq!(Deed::PublishFile.idle(&connected, false), Some(NO_FILE));
        assert_eq!(Deed::PublishFile.idle(&connected, true), None);
    }
}
