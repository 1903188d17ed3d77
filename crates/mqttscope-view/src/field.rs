//! The table of all controls that hold or say something: a new one is a row here, and what is checked of it.

use mqttscope_proto::{PacketType, PropertyHolder, PropertyId};

use crate::choice::{
    DISCONNECT_REASONS, EXPORT_FORMATS, EXPORT_ROWS, FLAGS, IMPORT_MODES, MESSAGE_FORMATS, Options,
    PAYLOAD_FORMATS, QOS_LEVELS, RETAIN_HANDLING, VERSIONS,
};
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
        // A tester wants to see the loss.
        Reconnect = FieldInfo::new("reconnect-automatically", Form::Connection, Kind::Switch(false))
            .effect(Effect::Reconnect),
        RememberPassword = FieldInfo::new("remember-password", Form::Connection, Kind::Switch(false)),
        SessionExpiry = FieldInfo::new("session-expiry", Form::Connection, Kind::Suggest("session-expiries", &[NEVER]))
            .property(PropertyId::SessionExpiryInterval, "Session expiry (seconds)", "0")
            .settling(&[Field::DisconnectExpiry]),
        ReceiveMaximum = FieldInfo::new("receive-maximum", Form::Connection, Kind::Number)
            .property(PropertyId::ReceiveMaximum, "Receive maximum", "65,535"),
        MaximumPacketSize = FieldInfo::new("maximum-packet-size", Form::Connection, Kind::Number)
            .property(PropertyId::MaximumPacketSize, "Maximum packet size (bytes)", "no limit"),
        TopicAliasMaximum = FieldInfo::new("topic-alias-maximum", Form::Connection, Kind::Number)
            .property(PropertyId::TopicAliasMaximum, "Topic alias maximum", "0, none"),
        RequestResponseInformation =
            FieldInfo::new("request-response-information", Form::Connection, Kind::Choice(&FLAGS))
                .property(PropertyId::RequestResponseInformation, "Request response information", ""),
        RequestProblemInformation =
            FieldInfo::new("request-problem-information", Form::Connection, Kind::Choice(&FLAGS))
                .property(PropertyId::RequestProblemInformation, "Request problem information", ""),
        AuthenticationMethod = FieldInfo::new("authentication-method", Form::Connection, Kind::Line)
            .property(PropertyId::AuthenticationMethod, "Authentication method", "none")
            .or_empty(Field::AuthenticationMethodEmpty)
            .settling(&[Field::AuthenticationData]),
        AuthenticationMethodEmpty =
            FieldInfo::new("authentication-method-empty", Form::Connection, Kind::Switch(false))
                .settling(&[Field::AuthenticationMethod, Field::AuthenticationData]),
        // A secret that is kept nowhere: it may be good for one answer only.
        AuthenticationData = FieldInfo::new(
            "authentication-data",
            Form::Connection,
            Kind::Bytes { hex: Field::AuthenticationDataHex, is_secret: true },
        )
        .property(PropertyId::AuthenticationData, "Authentication data", "none")
        .or_empty(Field::AuthenticationDataEmpty)
        .kept(Kept::Not),
        AuthenticationDataEmpty =
            FieldInfo::new("authentication-data-empty", Form::Connection, Kind::Switch(false))
                .settling(&[Field::AuthenticationData]),
        AuthenticationDataHex =
            FieldInfo::new("authentication-data-hex", Form::Connection, Kind::Switch(false))
                .settling(&[Field::AuthenticationData]),
        ConnectUserProperties = FieldInfo::new("connect-user-properties", Form::Connection, Kind::Pairs)
            .property(PropertyId::UserProperty, "User properties", ""),
        Will = FieldInfo::new("will", Form::Will, Kind::Switch(false))
            .settling(&[Field::WillTopic, Field::WillMessage]),
        WillRetain = FieldInfo::new("will-retain", Form::Will, Kind::Switch(false)),
        WillTopic = FieldInfo::new("will-topic", Form::Will, Kind::Topic).default("topic/lastwill"),
        WillQos = FieldInfo::new("will-qos", Form::Will, Kind::Choice(&QOS_LEVELS)),
        // Until it is changed it follows the client id: see `Profile::text`.
        WillMessage = FieldInfo::new("will-message", Form::Will, Kind::Lines("2")),
        WillDelay = FieldInfo::new("will-delay", Form::Will, Kind::Number)
            .property(PropertyId::WillDelayInterval, "Will delay (seconds)", "0"),
        WillExpiry = FieldInfo::new("will-message-expiry", Form::Will, Kind::Number)
            .property(PropertyId::MessageExpiryInterval, "Will expiry (seconds)", NEVER),
        WillPayloadFormat = FieldInfo::new("will-payload-format", Form::Will, Kind::Choice(&PAYLOAD_FORMATS))
            .property(PropertyId::PayloadFormatIndicator, "Will payload format", ""),
        WillContentType = FieldInfo::new("will-content-type", Form::Will, Kind::Line)
            .property(PropertyId::ContentType, "Will content type", "none")
            .or_empty(Field::WillContentTypeEmpty),
        WillContentTypeEmpty = FieldInfo::new("will-content-type-empty", Form::Will, Kind::Switch(false))
            .settling(&[Field::WillContentType]),
        WillResponseTopic = FieldInfo::new("will-response-topic", Form::Will, Kind::Line)
            .property(PropertyId::ResponseTopic, "Will response topic", "none"),
        WillCorrelationData = FieldInfo::new(
            "will-correlation-data",
            Form::Will,
            Kind::Bytes { hex: Field::WillCorrelationHex, is_secret: false },
        )
        .property(PropertyId::CorrelationData, "Will correlation data", "none")
        .or_empty(Field::WillCorrelationEmpty),
        WillCorrelationEmpty = FieldInfo::new("will-correlation-data-empty", Form::Will, Kind::Switch(false))
            .settling(&[Field::WillCorrelationData]),
        WillCorrelationHex = FieldInfo::new("will-correlation-data-hex", Form::Will, Kind::Switch(false))
            .settling(&[Field::WillCorrelationData]),
        WillUserProperties = FieldInfo::new("will-user-properties", Form::Will, Kind::Pairs)
            .property(PropertyId::UserProperty, "Will user properties", ""),
        DisconnectReason = FieldInfo::new("disconnect-reason", Form::Disconnect, Kind::Choice(&DISCONNECT_REASONS)),
        DisconnectExpiry = FieldInfo::new(
            "disconnect-session-expiry",
            Form::Disconnect,
            Kind::Suggest("disconnect-session-expiries", &[NEVER]),
        )
        .property(PropertyId::SessionExpiryInterval, "Session expiry (seconds) from now on", "as in CONNECT"),
        DisconnectReasonString = FieldInfo::new("disconnect-reason-string", Form::Disconnect, Kind::Line)
            .property(PropertyId::ReasonString, "Reason string", "none")
            .or_empty(Field::DisconnectReasonStringEmpty),
        DisconnectReasonStringEmpty =
            FieldInfo::new("disconnect-reason-string-empty", Form::Disconnect, Kind::Switch(false))
                .settling(&[Field::DisconnectReasonString]),
        DisconnectUserProperties = FieldInfo::new("disconnect-user-properties", Form::Disconnect, Kind::Pairs)
            .property(PropertyId::UserProperty, "User properties of DISCONNECT", ""),
        AuthAnswer = FieldInfo::new(
            "auth-answer",
            Form::Authentication,
            Kind::Bytes { hex: Field::AuthAnswerHex, is_secret: true },
        )
        .kept(Kept::Not),
        AuthAnswerHex = FieldInfo::new("auth-answer-hex", Form::Authentication, Kind::Switch(false))
            .settling(&[Field::AuthAnswer]),
        AuthButton = FieldInfo::new("authenticate", Form::Authentication, Kind::Button),
        // A page that withholds or doubles packets from the start would be a trap.
        SimulateDown = FieldInfo::new("simulate-down", Form::TestSwitches, Kind::Switch(false))
            .kept(Kept::Not)
            .effect(Effect::Policy),
        SendDuplicates = FieldInfo::new("send-duplicates", Form::TestSwitches, Kind::Switch(false))
            .kept(Kept::Not)
            .effect(Effect::Policy),
        BreakLimits = FieldInfo::new("break-limits", Form::TestSwitches, Kind::Switch(false))
            .kept(Kept::Not)
            .effect(Effect::Policy),
        CloseOnViolation = FieldInfo::new("close-on-violation", Form::TestSwitches, Kind::Switch(false))
            .effect(Effect::Policy),
        Filter = FieldInfo::new("filter", Form::Subscribe, Kind::Topic).default("topic/mqtttopic"),
        RequestedQos = FieldInfo::new("requested-qos", Form::Subscribe, Kind::Choice(&QOS_LEVELS)),
        NoLocal = FieldInfo::new("no-local", Form::Subscribe, Kind::Switch(false)).option("No local"),
        RetainAsPublished = FieldInfo::new("retain-as-published", Form::Subscribe, Kind::Switch(false))
            .option("Retain as published"),
        RetainHandling = FieldInfo::new("retain-handling", Form::Subscribe, Kind::Choice(&RETAIN_HANDLING))
            .option("Retain handling"),
        SubscriptionIdentifier = FieldInfo::new("subscription-identifier", Form::Subscribe, Kind::Number)
            .property(PropertyId::SubscriptionIdentifier, "Subscription identifier", "none"),
        SubscribeUserProperties = FieldInfo::new("subscribe-user-properties", Form::Subscribe, Kind::Pairs)
            .property(PropertyId::UserProperty, "User properties of SUBSCRIBE", ""),
        SubscribeButton = FieldInfo::new("subscribe", Form::Subscribe, Kind::Button),
        UnsubscribeUserProperties = FieldInfo::new("unsubscribe-user-properties", Form::Unsubscribe, Kind::Pairs)
            .property(PropertyId::UserProperty, "User properties of UNSUBSCRIBE", ""),
        Topic = FieldInfo::new("topic", Form::Publish, Kind::Topic)
            .default("topic/mqtttopic")
            .effect(Effect::MessageTyped),
        PublishQos = FieldInfo::new("publish-qos", Form::Publish, Kind::Choice(&QOS_LEVELS)),
        MessageFormat = FieldInfo::new("message-format", Form::Publish, Kind::Choice(&MESSAGE_FORMATS))
            .settling(&[Field::Message])
            .effect(Effect::MessageTyped),
        Message = FieldInfo::new("message", Form::Publish, Kind::Lines("2"))
            .default("Hello from MQTT client.")
            .effect(Effect::MessageTyped),
        Retain = FieldInfo::new("retain", Form::Publish, Kind::Switch(false)),
        // A page that doubles messages from the start would be a trap.
        Copy = FieldInfo::new("publish-copy", Form::Publish, Kind::Switch(false)).kept(Kept::Not),
        PayloadFormat = FieldInfo::new("payload-format", Form::Publish, Kind::Choice(&PAYLOAD_FORMATS))
            .property(PropertyId::PayloadFormatIndicator, "Payload format", ""),
        ContentType = FieldInfo::new("content-type", Form::Publish, Kind::Line)
            .property(PropertyId::ContentType, "Content type", "none")
            .or_empty(Field::ContentTypeEmpty),
        ContentTypeEmpty = FieldInfo::new("content-type-empty", Form::Publish, Kind::Switch(false))
            .settling(&[Field::ContentType]),
        ResponseTopic = FieldInfo::new("response-topic", Form::Publish, Kind::Line)
            .property(PropertyId::ResponseTopic, "Response topic", "none"),
        CorrelationData = FieldInfo::new(
            "correlation-data",
            Form::Publish,
            Kind::Bytes { hex: Field::CorrelationHex, is_secret: false },
        )
        .property(PropertyId::CorrelationData, "Correlation data", "none")
        .or_empty(Field::CorrelationEmpty),
        CorrelationEmpty = FieldInfo::new("correlation-data-empty", Form::Publish, Kind::Switch(false))
            .settling(&[Field::CorrelationData]),
        CorrelationHex = FieldInfo::new("correlation-data-hex", Form::Publish, Kind::Switch(false))
            .settling(&[Field::CorrelationData]),
        MessageExpiry = FieldInfo::new("message-expiry", Form::Publish, Kind::Number)
            .property(PropertyId::MessageExpiryInterval, "Message expiry (seconds)", NEVER),
        TopicAlias = FieldInfo::new("topic-alias", Form::Publish, Kind::Number)
            .property(PropertyId::TopicAlias, "Topic alias", "none"),
        PublishUserProperties = FieldInfo::new("publish-user-properties", Form::Publish, Kind::Pairs)
            .property(PropertyId::UserProperty, "User properties of PUBLISH", ""),
        PublishButton = FieldInfo::new("publish", Form::Publish, Kind::Button),
        File = FieldInfo::new("file", Form::Publish, Kind::File),
        RepeatEvery = FieldInfo::new("repeat-every", Form::Repeat, Kind::Number).default("1000"),
        RepeatTimes = FieldInfo::new("repeat-times", Form::Repeat, Kind::Number),
        RepeatFast =
            FieldInfo::new("repeat-fast", Form::Repeat, Kind::Switch(false)).settling(&[Field::RepeatEvery]),
        RepeatButton = FieldInfo::new("repeat", Form::Repeat, Kind::Button),
        MessageName = FieldInfo::new("message-name", Form::Messages, Kind::Line).kept(Kept::Not),
        SaveButton = FieldInfo::new("save-message", Form::Messages, Kind::Button),
        MessagesFile = FieldInfo::new("messages-file", Form::Messages, Kind::File),
        GoTo = FieldInfo::new("go-to", Form::GoTo, Kind::Line).kept(Kept::Not),
        ExportFormat = FieldInfo::new("export-format", Form::Export, Kind::Choice(&EXPORT_FORMATS)),
        ExportWhat = FieldInfo::new("export-what", Form::Export, Kind::Choice(&EXPORT_ROWS)),
        // A page that keeps passwords without a warning would be a trap too.
        KeepPasswords = FieldInfo::new("keep-passwords", Form::Export, Kind::Switch(false))
            .kept(Kept::Not)
            .effect(Effect::LogPasswords),
        ConnectionsFile = FieldInfo::new("import-connections", Form::Saved, Kind::File),
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
        Disconnect =
            FormInfo { part: Part::Profile, tab: Tab::Connection, button: Some(Field::ConnectButton) },
        Authentication =
            FormInfo { part: Part::Profile, tab: Tab::Connection, button: Some(Field::AuthButton) },
        TestSwitches = FormInfo { part: Part::Profile, tab: Tab::Connection, button: None },
        Subscribe = FormInfo { part: Part::Drafts, tab: Tab::Messages, button: Some(Field::SubscribeButton) },
        Publish = FormInfo { part: Part::Drafts, tab: Tab::Messages, button: Some(Field::PublishButton) },
        GoTo = FormInfo { part: Part::Drafts, tab: Tab::Log, button: None },
        Export = FormInfo { part: Part::Looks, tab: Tab::Log, button: Some(Field::ExportButton) },
        Saved = FormInfo { part: Part::Looks, tab: Tab::Connection, button: Some(Field::ConnectionsFile) },
        Import = FormInfo { part: Part::Looks, tab: Tab::Log, button: Some(Field::ImportFile) },
        View = FormInfo { part: Part::Looks, tab: Tab::Log, button: None },
        Unsubscribe = FormInfo { part: Part::Drafts, tab: Tab::Messages, button: Some(Field::SubscribeButton) },
        Repeat = FormInfo { part: Part::Drafts, tab: Tab::Messages, button: Some(Field::RepeatButton) },
        Messages = FormInfo { part: Part::Drafts, tab: Tab::Messages, button: Some(Field::SaveButton) },
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
    /// What it says in MQTT 5, where it stands among the properties of its form.
    pub folded: Option<Folded>,
}

/// A field that only MQTT 5 has, and that folds away.
#[derive(Clone, Copy)]
pub struct Folded {
    /// Its words on the page.
    pub label: &'static str,
    /// What it means to leave it empty.
    pub absent: &'static str,
    /// The property that it is, unless it is an option.
    pub property: Option<PropertyInfo>,
    /// The switch by which an empty field is sent as an empty property, where MQTT 5 allows one.
    pub empty: Option<Field>,
}

/// The property that a field stands for.
#[derive(Clone, Copy)]
pub struct PropertyInfo {
    /// Which it is.
    pub id: PropertyId,
    /// The section about it in the packet that it is sent in.
    pub section: &'static str,
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
    /// One line of text that stands for bytes, or of hex digits if that switch is on.
    Bytes {
        /// The switch.
        hex: Field,
        /// It is shown only where passwords are.
        is_secret: bool,
    },
    /// A table of names and values: see [`crate::pairs`].
    Pairs,
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
    /// What is lost comes back by itself, or does not.
    Reconnect,
    /// The forms are those of another connection, with all that follows from them.
    Forms,
    /// Subscriptions are muted, or have other colours.
    Marks,
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
    /// The message is another one, and is to be checked.
    MessageTyped,
    /// A column of the log has another width.
    Columns,
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

impl Form {
    /// What the properties of the form belong to.
    const fn holder(self) -> PropertyHolder {
        PropertyHolder::Packet(match self {
            Self::Will => return PropertyHolder::Will,
            Self::Publish => PacketType::Publish,
            Self::Subscribe => PacketType::Subscribe,
            Self::Unsubscribe => PacketType::Unsubscribe,
            Self::Disconnect => PacketType::Disconnect,
            Self::Authentication => PacketType::Auth,
            Self::Connection
            | Self::TestSwitches
            | Self::GoTo
            | Self::Export
            | Self::Saved
            | Self::Import
            | Self::View
            | Self::Repeat
            | Self::Messages => PacketType::Connect,
        })
    }

    /// Its fields that only MQTT 5 has, in the order of the table.
    pub fn folded(self) -> impl Iterator<Item = (Field, Folded)> {
        let fields = Field::ALL.into_iter().filter(move |field| field.info().form == self);
        fields.filter_map(|field| Some((field, field.info().folded?)))
    }
}

impl FieldInfo {
    const fn new(id: &'static str, form: Form, kind: Kind) -> Self {
        let kept = match kind {
            Kind::File | Kind::Button => Kept::Not,
            _ => Kept::Always,
        };
        Self { id, form, kind, default: "", kept, settles: &[], effect: None, folded: None }
    }

    /// A field of MQTT 5 that is a property.
    const fn property(mut self, id: PropertyId, label: &'static str, absent: &'static str) -> Self {
        let section = id.section(self.form.holder());
        self.folded =
            Some(Folded { label, absent, property: Some(PropertyInfo { id, section }), empty: None });
        self
    }

    /// A property that may be empty, which is not the same as absent: what that switch says.
    const fn or_empty(mut self, switch: Field) -> Self {
        if let Some(folded) = &mut self.folded {
            folded.empty = Some(switch);
        }
        self
    }

    /// A field of MQTT 5 that folds with the properties, and is none.
    const fn option(mut self, label: &'static str) -> Self {
        self.folded = Some(Folded { label, absent: "", property: None, empty: None });
        self
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

/// An interval without an end.
pub(crate) const NEVER: &str = "never";

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
        let secrets = [Field::AuthenticationData, Field::AuthAnswer];
        let traps = [Field::SimulateDown, Field::SendDuplicates, Field::BreakLimits, Field::Copy];
        let others = [Field::MessageName, Field::GoTo, Field::KeepPasswords];
        assert_eq!(not, [&secrets[..], &traps[..], &others[..]].concat());
        assert_eq!(Field::Password.info().kept, Kept::If(Field::RememberPassword));
    }

    #[test]
    fn a_property_may_stand_in_the_packet_of_its_form() {
        for form in Form::ALL {
            for (field, folded) in form.folded() {
                let Some(property) = folded.property else { continue };
                assert!(property.id.is_of(form.holder()), "{field:?}");
                assert_eq!(property.section, property.id.section(form.holder()));
            }
        }
        let [publish, will] = [Field::MessageExpiry, Field::WillExpiry].map(|field| field.info().folded);
        let section = |folded: Option<Folded>| folded.and_then(|folded| folded.property).map(|it| it.section);
        assert_eq!(section(publish), Some("MQTT 5, 3.3.2.3.3"));
        assert_eq!(section(will), Some("MQTT 5, 3.1.3.2.4"));
    }

    #[test]
    fn a_forms_button_stands_in_it() {
        for form in Form::ALL {
            if let Some(button) = form.info().button {
                assert_eq!(button.part(), form.info().part, "{form:?}");
                assert_eq!(button.tab(), form.info().tab);
            }
        }
    }
}
