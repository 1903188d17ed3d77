//! What the forms hold: every field's text, choice and switch, valid or not.

use std::ops::{Deref, DerefMut};

use mqttscope_message::Format;
use mqttscope_proto::{ProtocolVersion, Qos, ReasonCode};

use crate::choice::{Choice, DISCONNECT_REASONS, MESSAGE_FORMATS, QOS_LEVELS, RETAIN_HANDLING, VERSIONS};
use crate::field::{Field, Kind};

/// The values of fields that a person, a link or what is remembered has set; all others have their defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(Vec<(Field, Value)>);

/// What a field was set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// What was typed.
    Text(String),
    /// The entry at that place of its list.
    Chosen(usize),
    /// Whether it is on.
    On(bool),
}

/// How to connect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile(pub Values);

/// What to subscribe to and to publish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drafts(pub Values);

impl Value {
    /// The value that a text is for a field; none if it is not one of its list, or not a switch's `on` or `off`.
    #[must_use]
    pub fn read(field: Field, text: &str) -> Option<Self> {
        match field.info().kind {
            Kind::Choice(options) => options.find(text).map(Self::Chosen),
            Kind::Switch(_) if text == ON => Some(Self::On(true)),
            Kind::Switch(_) => (text == OFF).then_some(Self::On(false)),
            Kind::File | Kind::Button => None,
            Kind::Line
            | Kind::Topic
            | Kind::Number
            | Kind::Suggest(..)
            | Kind::Secret
            | Kind::Lines(_)
            | Kind::Bytes { .. }
            | Kind::Pairs => Some(Self::Text(text.into())),
        }
    }
}

impl Values {
    /// What a field was set to, if it was.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&Value> {
        self.0.iter().find(|(own, _)| *own == field).map(|(_, value)| value)
    }

    /// Sets a field, or gives it its default again. Returns what it was set to.
    pub fn set(&mut self, field: Field, value: Option<Value>) -> Option<Value> {
        let at = self.0.iter().position(|(own, _)| *own == field);
        match (at, value) {
            (Some(at), Some(value)) => Some(std::mem::replace(&mut self.0[at].1, value)),
            (Some(at), None) => Some(self.0.remove(at).1),
            (None, value) => {
                self.0.extend(value.map(|value| (field, value)));
                None
            }
        }
    }

    /// The text of a field, or the name of what is chosen; for a switch and a button nothing.
    #[must_use]
    pub fn text(&self, field: Field) -> &str {
        let info = field.info();
        match (self.get(field), info.kind) {
            (Some(Value::Text(text)), _) => text,
            (value, Kind::Choice(options)) => {
                let at = if let Some(Value::Chosen(at)) = value { *at } else { 0 };
                options.at(at).map_or("", |(name, _)| name)
            }
            _ => info.default,
        }
    }

    /// Whether a switch is on.
    #[must_use]
    pub fn is_on(&self, field: Field) -> bool {
        match (self.get(field), field.info().kind) {
            (Some(Value::On(on)), _) => *on,
            (_, Kind::Switch(default)) => default,
            _ => false,
        }
    }

    /// The values that were set, as they are written down.
    pub fn written(&self) -> impl Iterator<Item = (Field, &str)> {
        self.0.iter().map(|(field, value)| match value {
            Value::On(true) => (*field, ON),
            Value::On(false) => (*field, OFF),
            Value::Text(_) | Value::Chosen(_) => (*field, self.text(*field)),
        })
    }

    /// What is chosen of a list, which is that of the field.
    fn chosen<T: Copy>(&self, field: Field, list: &[Choice<T>]) -> T {
        match self.get(field) {
            Some(Value::Chosen(at)) => list.get(*at).unwrap_or(&list[0]).value,
            _ => list[0].value,
        }
    }
}

impl Profile {
    /// The text of a field. The will message is a sentence with the client id as long as nobody has changed it.
    #[must_use]
    pub fn text(&self, field: Field) -> String {
        if field == Field::WillMessage && self.get(field).is_none() {
            return ["Client ", self.0.text(Field::ClientId), " seems to be down."].concat();
        }
        self.0.text(field).to_owned()
    }

    /// The client id.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.0.text(Field::ClientId)
    }

    /// The version of the protocol that is chosen.
    #[must_use]
    pub fn version(&self) -> ProtocolVersion {
        self.chosen(Field::Version, &VERSIONS)
    }

    /// The QoS of the will.
    #[must_use]
    pub fn will_qos(&self) -> Qos {
        self.chosen(Field::WillQos, &QOS_LEVELS)
    }

    /// The reason code of DISCONNECT.
    #[must_use]
    pub fn disconnect_reason(&self) -> ReasonCode {
        self.chosen(Field::DisconnectReason, &DISCONNECT_REASONS)
    }
}

impl Drafts {
    /// The QoS to ask for in a SUBSCRIBE.
    #[must_use]
    pub fn requested_qos(&self) -> Qos {
        self.chosen(Field::RequestedQos, &QOS_LEVELS)
    }

    /// When retained messages are to be sent, as a SUBSCRIBE asks for it.
    #[must_use]
    pub fn retain_handling(&self) -> u8 {
        self.chosen(Field::RetainHandling, &RETAIN_HANDLING)
    }

    /// How the text of the message stands for its bytes.
    #[must_use]
    pub fn message_format(&self) -> Format {
        self.chosen(Field::MessageFormat, &MESSAGE_FORMATS)
    }

    /// The QoS of the message.
    #[must_use]
    pub fn publish_qos(&self) -> Qos {
        self.chosen(Field::PublishQos, &QOS_LEVELS)
    }
}

impl Deref for Profile {
    type Target = Values;

    fn deref(&self) -> &Values {
        &self.0
    }
}

impl DerefMut for Profile {
    fn deref_mut(&mut self) -> &mut Values {
        &mut self.0
    }
}

impl Deref for Drafts {
    type Target = Values;

    fn deref(&self) -> &Values {
        &self.0
    }
}

impl DerefMut for Drafts {
    fn deref_mut(&mut self) -> &mut Values {
        &mut self.0
    }
}

/// A switch, as it is written down.
const ON: &str = "on";
const OFF: &str = "off";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_set_has_its_default() {
        let values = Values::default();
        assert_eq!((values.text(Field::KeepAlive), values.text(Field::Version)), ("0", "3.1"));
        assert!(values.is_on(Field::CleanSession) && !values.is_on(Field::Will));
        assert_eq!((values.text(Field::Will), values.text(Field::ConnectButton)), ("", ""));
    }

    #[test]
    fn only_what_is_in_a_list_can_be_chosen() {
        for (field, unreadable) in
            [(Field::PublishQos, "3"), (Field::Version, "4"), (Field::WillQos, ""), (Field::Will, "yes")]
        {
            assert_eq!(Value::read(field, unreadable), None);
        }
        assert_eq!(Value::read(Field::PublishQos, "2"), Some(Value::Chosen(2)));
        assert_eq!(Value::read(Field::ImportHow, "add"), Some(Value::Chosen(1)));
        assert_eq!(Value::read(Field::ConnectButton, ""), None);
    }

    #[test]
    fn a_choice_is_a_type_from_then_on() {
        let mut drafts = Drafts::default();
        for (name, qos) in ["0", "1", "2"].into_iter().zip(Qos::ALL) {
            drafts.set(Field::PublishQos, Value::read(Field::PublishQos, name));
            assert_eq!((drafts.publish_qos(), drafts.text(Field::PublishQos)), (qos, name));
        }
        let mut profile = Profile::default();
        for (name, version) in ["3.1", "3.1.1", "5"].into_iter().zip(ProtocolVersion::ALL) {
            profile.set(Field::Version, Value::read(Field::Version, name));
            assert_eq!(profile.version(), version);
        }
    }

    #[test]
    fn setting_a_field_gives_back_what_it_was() {
        let mut values = Values::default();
        let text = |text: &str| Some(Value::Text(text.into()));
        assert_eq!(values.set(Field::Url, text("a")), None);
        assert_eq!(values.set(Field::Url, text("b")), text("a"));
        assert_eq!(values.set(Field::Url, None), text("b"));
        assert_eq!(values.text(Field::Url), "");
        assert_eq!(values, Values::default());
    }
}
