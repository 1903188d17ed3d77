//! What the forms hold: every field's text and every switch, as typed, valid or not.

use super::text::concat;

/// A field that takes text, or a button that has something to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    ConnectButton,
    Url,
    Subprotocol,
    Version,
    ClientId,
    Username,
    Password,
    KeepAlive,
    WillTopic,
    WillMessage,
    WillQos,
    Filter,
    RequestedQos,
    SubscribeButton,
    Topic,
    PublishQos,
    Message,
    PublishButton,
    File,
    GoTo,
    ExportFormat,
    ExportWhat,
    ExportButton,
    ImportHow,
    ImportFile,
    LogBudget,
}

/// A setting that is on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Switch {
    CleanSession,
    SendWithoutPassword,
    RememberPassword,
    Will,
    WillRetain,
    SimulateDown,
    SendDuplicates,
    Retain,
    Verbose,
    ShowAllRows,
    KeepPasswords,
}

/// Everything that a person can type or switch.
#[derive(Clone, Debug, PartialEq)]
pub struct Forms {
    pub url: String,
    pub subprotocol: String,
    pub version: String,
    pub client_id: String,
    pub username: String,
    pub password: String,
    pub keep_alive: String,
    pub clean_session: bool,
    pub send_without_password: bool,
    pub remember_password: bool,
    pub will: bool,
    pub will_topic: String,
    /// Follows the client id as long as it is the default, and is therefore `None` until it is changed.
    pub will_message: Option<String>,
    pub will_qos: String,
    pub will_retain: bool,
    pub simulate_down: bool,
    pub send_duplicates: bool,
    pub filter: String,
    pub requested_qos: String,
    pub topic: String,
    pub publish_qos: String,
    pub retain: bool,
    pub message: String,
    pub verbose: bool,
    pub show_all_rows: bool,
    pub keep_passwords: bool,
    pub go_to: String,
    pub export_format: String,
    pub export_what: String,
    pub import_how: String,
    pub log_budget: String,
}

impl Default for Forms {
    fn default() -> Self {
        Self {
            url: String::new(),
            subprotocol: String::new(),
            version: "3.1".into(),
            client_id: String::new(),
            username: String::new(),
            password: String::new(),
            keep_alive: "0".into(),
            clean_session: true,
            send_without_password: false,
            remember_password: false,
            will: false,
            will_topic: "topic/lastwill".into(),
            will_message: None,
            will_qos: "0".into(),
            will_retain: false,
            simulate_down: false,
            send_duplicates: false,
            filter: "topic/mqtttopic".into(),
            requested_qos: "0".into(),
            topic: "topic/mqtttopic".into(),
            publish_qos: "0".into(),
            retain: false,
            message: "Hello from MQTT client.".into(),
            verbose: false,
            show_all_rows: false,
            keep_passwords: false,
            go_to: String::new(),
            export_format: "pcapng".into(),
            export_what: "all".into(),
            import_how: "replace".into(),
            log_budget: "256".into(),
        }
    }
}

/// The string behind a field, borrowed as the second part says; a button has none.
macro_rules! text_slot {
    ($forms:ident, $field:ident, [$($borrow:tt)+], $none:expr) => {
        match $field {
            Field::Url => $($borrow)+ $forms.url,
            Field::Subprotocol => $($borrow)+ $forms.subprotocol,
            Field::Version => $($borrow)+ $forms.version,
            Field::ClientId => $($borrow)+ $forms.client_id,
            Field::Username => $($borrow)+ $forms.username,
            Field::Password => $($borrow)+ $forms.password,
            Field::KeepAlive => $($borrow)+ $forms.keep_alive,
            Field::WillTopic => $($borrow)+ $forms.will_topic,
            Field::WillQos => $($borrow)+ $forms.will_qos,
            Field::Filter => $($borrow)+ $forms.filter,
            Field::RequestedQos => $($borrow)+ $forms.requested_qos,
            Field::Topic => $($borrow)+ $forms.topic,
            Field::PublishQos => $($borrow)+ $forms.publish_qos,
            Field::Message => $($borrow)+ $forms.message,
            Field::GoTo => $($borrow)+ $forms.go_to,
            Field::ExportFormat => $($borrow)+ $forms.export_format,
            Field::ExportWhat => $($borrow)+ $forms.export_what,
            Field::ImportHow => $($borrow)+ $forms.import_how,
            Field::LogBudget => $($borrow)+ $forms.log_budget,
            Field::WillMessage
            | Field::ConnectButton
            | Field::SubscribeButton
            | Field::PublishButton
            | Field::File
            | Field::ExportButton
            | Field::ImportFile => $none,
        }
    };
}

/// The flag behind a switch, borrowed as the second part says.
macro_rules! switch_slot {
    ($forms:ident, $switch:ident, [$($borrow:tt)+]) => {
        match $switch {
            Switch::CleanSession => $($borrow)+ $forms.clean_session,
            Switch::SendWithoutPassword => $($borrow)+ $forms.send_without_password,
            Switch::RememberPassword => $($borrow)+ $forms.remember_password,
            Switch::Will => $($borrow)+ $forms.will,
            Switch::WillRetain => $($borrow)+ $forms.will_retain,
            Switch::SimulateDown => $($borrow)+ $forms.simulate_down,
            Switch::SendDuplicates => $($borrow)+ $forms.send_duplicates,
            Switch::Retain => $($borrow)+ $forms.retain,
            Switch::Verbose => $($borrow)+ $forms.verbose,
            Switch::ShowAllRows => $($borrow)+ $forms.show_all_rows,
            Switch::KeepPasswords => $($borrow)+ $forms.keep_passwords,
        }
    };
}

impl Forms {
    /// The text of a field; empty for a button.
    #[must_use]
    pub fn text(&self, field: Field) -> String {
        match field {
            Field::WillMessage => self.will_message_text(),
            field => text_slot!(self, field, [&], return String::new()).clone(),
        }
    }

    /// Takes what was typed into a field.
    pub fn set_text(&mut self, field: Field, text: String) {
        match field {
            Field::WillMessage => self.will_message = Some(text),
            field => *text_slot!(self, field, [&mut], return) = text,
        }
    }

    /// Whether a switch is on.
    #[must_use]
    pub fn is_on(&self, switch: Switch) -> bool {
        *switch_slot!(self, switch, [&])
    }

    /// Turns a switch on or off.
    pub fn set_switch(&mut self, switch: Switch, on: bool) {
        *switch_slot!(self, switch, [&mut]) = on;
    }

    /// The will message: what was typed, or else a sentence with the client id.
    #[must_use]
    pub fn will_message_text(&self) -> String {
        match &self.will_message {
            Some(message) => message.clone(),
            None => concat(&["Client ", &self.client_id, " seems to be down."]),
        }
    }
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 26] = [
        Self::ConnectButton,
        Self::Url,
        Self::Subprotocol,
        Self::Version,
        Self::ClientId,
        Self::Username,
        Self::Password,
        Self::KeepAlive,
        Self::WillTopic,
        Self::WillMessage,
        Self::WillQos,
        Self::Filter,
        Self::RequestedQos,
        Self::SubscribeButton,
        Self::Topic,
        Self::PublishQos,
        Self::Message,
        Self::PublishButton,
        Self::File,
        Self::GoTo,
        Self::ExportFormat,
        Self::ExportWhat,
        Self::ExportButton,
        Self::ImportHow,
        Self::ImportFile,
        Self::LogBudget,
    ];

    /// The field whose control has that id.
    #[must_use]
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.id() == id)
    }

    /// Whether it is chosen from a list instead of typed.
    #[must_use]
    pub const fn is_choice(self) -> bool {
        use Field as F;
        matches!(
            self,
            F::Version
                | F::WillQos
                | F::RequestedQos
                | F::PublishQos
                | F::ExportFormat
                | F::ExportWhat
                | F::ImportHow
        )
    }

    /// The id of the control in the document; its message has the same id with `-message` behind it.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::ConnectButton => "connect",
            Self::Url => "url",
            Self::Subprotocol => "subprotocol",
            Self::Version => "version",
            Self::ClientId => "client-id",
            Self::Username => "username",
            Self::Password => "password",
            Self::KeepAlive => "keep-alive",
            Self::WillTopic => "will-topic",
            Self::WillMessage => "will-message",
            Self::WillQos => "will-qos",
            Self::Filter => "filter",
            Self::RequestedQos => "requested-qos",
            Self::SubscribeButton => "subscribe",
            Self::Topic => "topic",
            Self::PublishQos => "publish-qos",
            Self::Message => "message",
            Self::PublishButton => "publish",
            Self::File => "file",
            Self::GoTo => "go-to",
            Self::ExportFormat => "export-format",
            Self::ExportWhat => "export-what",
            Self::ExportButton => "export",
            Self::ImportHow => "import-how",
            Self::ImportFile => "import-file",
            Self::LogBudget => "log-budget",
        }
    }
}

impl Switch {
    /// Every switch.
    pub const ALL: [Self; 11] = [
        Self::CleanSession,
        Self::SendWithoutPassword,
        Self::RememberPassword,
        Self::Will,
        Self::WillRetain,
        Self::SimulateDown,
        Self::SendDuplicates,
        Self::Retain,
        Self::Verbose,
        Self::ShowAllRows,
        Self::KeepPasswords,
    ];

    /// The switch whose control has that id.
    #[must_use]
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|switch| switch.id() == id)
    }

    /// The id of the control in the document.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::CleanSession => "clean-session",
            Self::SendWithoutPassword => "send-without-password",
            Self::RememberPassword => "remember-password",
            Self::Will => "will",
            Self::WillRetain => "will-retain",
            Self::SimulateDown => "simulate-down",
            Self::SendDuplicates => "send-duplicates",
            Self::Retain => "retain",
            Self::Verbose => "verbose",
            Self::ShowAllRows => "show-all-rows",
            Self::KeepPasswords => "keep-passwords",
        }
    }
}

/// What is wrong at one place of a form, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub field: Field,
    pub words: String,
}

/// The problems that a form was refused for, in the order of its fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Notes a problem; the first one of a field counts.
    pub fn add(&mut self, field: Field, words: impl Into<String>) {
        if self.at(field).is_none() {
            self.0.push(Problem { field, words: words.into() });
        }
    }

    /// The words for a field.
    #[must_use]
    pub fn at(&self, field: Field) -> Option<&str> {
        self.0.iter().find(|problem| problem.field == field).map(|problem| problem.words.as_str())
    }

    /// The first field that is wrong.
    #[must_use]
    pub fn first(&self) -> Option<Field> {
        self.0.first().map(|problem| problem.field)
    }

    /// Forgets the problem of a field that is being corrected.
    pub fn clear(&mut self, field: Field) {
        self.0.retain(|problem| problem.field != field);
    }

    /// `value` if nothing is wrong.
    ///
    /// # Errors
    ///
    /// The problems themselves, if there are any.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lead_back_to_their_controls() {
        for field in Field::ALL {
            assert_eq!(Field::of_id(field.id()), Some(field));
            assert_eq!(Switch::of_id(field.id()), None);
        }
        for switch in Switch::ALL {
            assert_eq!(Switch::of_id(switch.id()), Some(switch));
        }
    }
}
