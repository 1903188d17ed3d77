//! The table of all controls that hold or say something: a new one is a row here, and what is checked of it.

use crate::choice::{EXPORT_FORMATS, EXPORT_ROWS, IMPORT_MODES, Options, QOS_LEVELS, VERSIONS};
use crate::page::Tab;

table! {
    /// A field, a list, a box to tick, or a button that has something to say.
    #[allow(missing_docs, reason = "the labels on the page say it")]
    pub enum Field: FieldInfo {
        ConnectButton = FieldInfo::new("connect", Form::Connection, Kind::Button),
        Url = FieldInfo::new("url", Form::Connection, Kind::Line),
        Subprotocol = FieldInfo::new("subprotocol", Form::Connection, Kind::Suggest("subprotocols", SUBPROTOCOLS)),
        Version = FieldInfo::new("version", Form::Connection, Kind::Choice(&VERSIONS)),
        // Two tabs with one client id would throw each other out.
        ClientId = FieldInfo::new("client-id", Form::Connection, Kind::Line).kept(Kept::InTab),
        CleanSession =
            FieldInfo::new("clean-session", Form::Connection, Kind::Switch(true)).settling(&[Field::ClientId]),
        Username = FieldInfo::new("username", Form::Connection, Kind::Line).settling(&[Field::Password]),
        Password = FieldInfo::new("password", Form::Connection, Kind::Secret)
            .kept(Kept::If(Field::RememberPassword))
            .settling(&[Field::Username]),
        KeepAlive = FieldInfo::new("keep-alive", Form::Connection, Kind::Number).default("0"),
        ConnectTimeout = FieldInfo::new("connect-timeout", Form::Connection, Kind::Number).default("10"),
        PingRespTimeout = FieldInfo::new("pingresp-timeout", Form::Connection, Kind::Number).default("10"),
        SendWithoutPassword = FieldInfo::new("send-without-password", Form::Connection, Kind::Switch(false))
            .settling(&[Field::Password, Field::Username]),
        RememberPassword = FieldInfo::new("remember-password", Form::Connection, Kind::Switch(false)),
        Will = FieldInfo::new("will", Form::Will, Kind::Switch(false))
            .settling(&[Field::WillTopic, Field::WillMessage]),
        WillRetain = FieldInfo::new("will-retain", Form::Will, Kind::Switch(false)),
        WillTopic = FieldInfo::new("will-topic", Form::Will, Kind::Topic).default("topic/lastwill"),
        WillQos = FieldInfo::new("will-qos", Form::Will, Kind::Choice(&QOS_LEVELS)),
        // Until it is changed it follows the client id: see `Profile::text`.
        WillMessage = FieldInfo::new("will-message", Form::Will, Kind::Lines("2")),
        // A page that withholds or doubles packets from the start would be a trap.
        SimulateDown = FieldInfo::new("simulate-down", Form::TestSwitches, Kind::Switch(false))
            .kept(Kept::Not)
            .effect(Effect::Policy),
        SendDuplicates = FieldInfo::new("send-duplicates", Form::TestSwitches, Kind::Switch(false))
            .kept(Kept::Not)
            .effect(Effect::Policy),
        CloseOnViolation = FieldInfo::new("close-on-violation", Form::TestSwitches, Kind::Switch(false))
            .effect(Effect::Policy),
        Filter = FieldInfo::new("filter", Form::Subscribe, Kind::Topic).default("topic/mqtttopic"),
        RequestedQos = FieldInfo::new("requested-qos", Form::Subscribe, Kind::Choice(&QOS_LEVELS)),
        SubscribeButton = FieldInfo::new("subscribe", Form::Subscribe, Kind::Button),
        Topic = FieldInfo::new("topic", Form::Publish, Kind::Topic).default("topic/mqtttopic"),
        PublishQos = FieldInfo::new("publish-qos", Form::Publish, Kind::Choice(&QOS_LEVELS)),
        Message = FieldInfo::new("message", Form::Publish, Kind::Lines("2")).default("Hello from MQTT client."),
        Retain = FieldInfo::new("retain", Form::Publish, Kind::Switch(false)),
        PublishButton = FieldInfo::new("publish", Form::Publish, Kind::Button),
        File = FieldInfo::new("file", Form::Publish, Kind::File),
        GoTo = FieldInfo::new("go-to", Form::GoTo, Kind::Line).kept(Kept::Not),
        ExportFormat = FieldInfo::new("export-format", Form::Export, Kind::Choice(&EXPORT_FORMATS)),
        ExportWhat = FieldInfo::new("export-what", Form::Export, Kind::Choice(&EXPORT_ROWS)),
        // A page that keeps passwords without a warning would be a trap too.
        KeepPasswords = FieldInfo::new("keep-passwords", Form::Export, Kind::Switch(false))
            .kept(Kept::Not)
            .effect(Effect::LogPasswords),
        ExportButton = FieldInfo::new("export", Form::Export, Kind::Button),
        ImportHow = FieldInfo::new("import-how", Form::Import, Kind::Choice(&IMPORT_MODES)),
        ImportFile = FieldInfo::new("import-file", Form::Import, Kind::File),
        LogBudget = FieldInfo::new("log-budget", Form::View, Kind::Number).default("256").effect(Effect::LogBudget),
        Verbose = FieldInfo::new("verbose", Form::View, Kind::Switch(false)),
        ShowAllRows =
            FieldInfo::new("show-all-rows", Form::View, Kind::Switch(false)).effect(Effect::ShownRows),
    }
}

table! {
    /// Fields that belong together.
    #[allow(missing_docs, reason = "the titles on the page say it")]
    pub enum Form: FormInfo {
        Connection = FormInfo { part: Part::Profile, tab: Tab::Connection, button: Some(Field::ConnectButton) },
        Will = FormInfo { part: Part::Profile, tab: Tab::Connection, button: Some(Field::ConnectButton) },
        TestSwitches = FormInfo { part: Part::Profile, tab: Tab::Connection, button: None },
        Subscribe = FormInfo { part: Part::Drafts, tab: Tab::Messages, button: Some(Field::SubscribeButton) },
        Publish = FormInfo { part: Part::Drafts, tab: Tab::Messages, button: Some(Field::PublishButton) },
        GoTo = FormInfo { part: Part::Drafts, tab: Tab::Log, button: None },
        Export = FormInfo { part: Part::Looks, tab: Tab::Log, button: Some(Field::ExportButton) },
        Import = FormInfo { part: Part::Looks, tab: Tab::Log, button: Some(Field::ImportFile) },
        View = FormInfo { part: Part::Looks, tab: Tab::Log, button: None },
    }
}

/// A row of the table of fields.
pub struct FieldInfo {
    /// The id of the control in the document; its message has the same id with `-message` behind it.
    pub id: &'static str,
    /// The form that it stands in.
    pub form: Form,
    /// How it is edited.
    pub kind: Kind,
    /// The text of a field that nobody has typed into.
    pub default: &'static str,
    /// Whether it is remembered.
    pub kept: Kept,
    /// The fields whose problems a change of this one settles, besides its own and that of its form's button.
    pub settles: &'static [Field],
    /// What follows from its change.
    pub effect: Option<Effect>,
}

/// A row of the table of forms.
pub struct FormInfo {
    /// The part of the page's state that holds its fields.
    pub part: Part,
    /// The region that it stands in.
    pub tab: Tab,
    /// The button that says what became of it, if it has one.
    pub button: Option<Field>,
}

/// How a field is edited.
#[derive(Clone, Copy)]
pub enum Kind {
    /// One line.
    Line,
    /// A topic, which looks like one line and keeps the line breaks that are put into it.
    Topic,
    /// One line of digits.
    Number,
    /// One line with suggestions, in a list of that id.
    Suggest(&'static str, &'static [&'static str]),
    /// A password, shown or not.
    Secret,
    /// So many lines.
    Lines(&'static str),
    /// One of several values; the first is the default.
    Choice(&'static dyn Options),
    /// On or off, and what it is at first.
    Switch(bool),
    /// A file, which only the browser holds.
    File,
    /// Nothing to edit.
    Button,
}

/// Whether and where a field is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// For this tab and for new ones.
    Always,
    /// For this tab only.
    InTab,
    /// For both while a box is ticked.
    If(Field),
    /// Nowhere.
    Not,
}

/// The part of the page's state that something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// How to connect.
    Profile,
    /// What to subscribe to and to publish.
    Drafts,
    /// How the page looks, whatever it is connected to.
    Looks,
}

/// What follows from a change, outside of the page's own state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The client behaves in another way.
    Policy,
    /// The log keeps passwords, or does not.
    LogPasswords,
    /// The log keeps so many bytes.
    LogBudget,
    /// The log shows all its rows, or only those that are found.
    ShownRows,
    /// The page has other colours.
    Theme,
    /// A pane has another size.
    Panes,
}

impl Field {
    /// The field whose control has that id.
    #[must_use]
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.id() == id)
    }

    /// The id of its control.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.info().id
    }

    /// The part of the page's state that holds it.
    #[must_use]
    pub fn part(self) -> Part {
        self.info().form.info().part
    }

    /// The region that it stands in.
    #[must_use]
    pub fn tab(self) -> Tab {
        self.info().form.info().tab
    }

    /// Whether one button does what this field and another are for.
    #[must_use]
    pub fn goes_with(self, other: Self) -> bool {
        let (form, others) = (self.info().form, other.info().form);
        let button = form.info().button;
        form == others || button.is_some() && button == others.info().button
    }
}

impl FieldInfo {
    const fn new(id: &'static str, form: Form, kind: Kind) -> Self {
        let kept = match kind {
            Kind::File | Kind::Button => Kept::Not,
            _ => Kept::Always,
        };
        Self { id, form, kind, default: "", kept, settles: &[], effect: None }
    }

    const fn default(mut self, text: &'static str) -> Self {
        self.default = text;
        self
    }

    const fn kept(mut self, kept: Kept) -> Self {
        self.kept = kept;
        self
    }

    const fn settling(mut self, fields: &'static [Field]) -> Self {
        self.settles = fields;
        self
    }

    const fn effect(mut self, effect: Effect) -> Self {
        self.effect = Some(effect);
        self
    }
}

/// The subprotocols that brokers are known to ask for.
const SUBPROTOCOLS: &[&str] = &["mqtt", "mqttv3.1", "mqttv3.1.1"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lead_back_to_their_controls() {
        for field in Field::ALL {
            assert_eq!(Field::of_id(field.id()), Some(field));
        }
        assert_eq!(Field::of_id(""), None);
    }

    #[test]
    fn what_is_never_remembered_is_so_on_purpose() {
        let not = Field::ALL.into_iter().filter(|field| field.info().kept == Kept::Not);
        let not: Vec<_> =
            not.filter(|field| !matches!(field.info().kind, Kind::File | Kind::Button)).collect();
        assert_eq!(not, [Field::SimulateDown, Field::SendDuplicates, Field::GoTo, Field::KeepPasswords]);
        assert_eq!(Field::Password.info().kept, Kept::If(Field::RememberPassword));
    }

    #[test]
    fn a_forms_button_stands_in_it() {
        for form in Form::ALL {
            if let Some(button) = form.info().button {
                assert_eq!(button.part(), form.info().part);
                assert_eq!(button.tab(), form.info().tab);
            }
        }
    }
}
