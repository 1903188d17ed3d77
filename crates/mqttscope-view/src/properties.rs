//! The properties that the fields of a form stand for, checked.

use mqttscope_proto::{
    MAX_STRING_LEN, Properties, PropertyBuf, PropertyId, PropertyKind, PropertyValue, ProtocolVersion, Text,
    TopicName,
};
use mqttscope_text::{bytes, number};

use crate::field::{Field, Folded, Form, Kind, NEVER, PropertyInfo};
use crate::pairs;
use crate::problems::Problems;
use crate::validate::topic_words;
use crate::values::{Value, Values};

impl Values {
    /// The properties of a form in the order of its fields, for a version; what is wrong with them is noted at its field,
    /// and left out.
    pub(crate) fn properties(
        &self,
        form: Form,
        version: ProtocolVersion,
        problems: &mut Problems,
    ) -> PropertyBuf {
        let mut properties = PropertyBuf::new();
        match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => return properties,
            ProtocolVersion::V5 => {}
        }
        for (field, folded) in form.folded() {
            let Some(property) = folded.property else { continue };
            if let Err(words) = self.add_property(field, property, &mut properties) {
                problems.add(field, words);
            }
        }
        properties
    }

    /// How many of the fields that fold away in a form say something.
    #[must_use]
    pub fn folded_count(&self, form: Form) -> usize {
        form.folded().map(|(field, folded)| self.says(field, folded)).sum()
    }

    /// The bytes that a field stands for; none for an empty one.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words.
    pub fn bytes(&self, field: Field) -> Result<Option<Vec<u8>>, String> {
        let Kind::Bytes { hex, .. } = field.info().kind else { return Ok(None) };
        let text = self.text(field);
        let bytes = match self.is_on(hex) {
            true => bytes::from_hex(text.as_bytes()).ok_or("Two hex digits for each byte, as 0a ff.")?,
            false => text.as_bytes().to_vec(),
        };
        if bytes.len() > MAX_STRING_LEN {
            return Err("At most 65,535 bytes fit (MQTT 5, 1.5.6).".into());
        }
        Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    fn says(&self, field: Field, folded: Folded) -> usize {
        match field.info().kind {
            Kind::Switch(_) => usize::from(self.is_on(field)),
            Kind::Pairs => pairs::read(self.text(field)).len(),
            // Every message has them in one of their values, the first of which is what a server does by itself.
            Kind::Choice(_) if folded.property.is_none() => {
                usize::from(!matches!(self.get(field), None | Some(crate::values::Value::Chosen(0))))
            }
            _ => usize::from(!self.text(field).is_empty() || self.sends_empty(field)),
        }
    }

    /// Whether a field is sent also while it is empty.
    fn sends_empty(&self, field: Field) -> bool {
        let switch = field.info().folded.and_then(|folded| folded.empty);
        switch.is_some_and(|switch| self.is_on(switch))
    }

    fn add_property(
        &self,
        field: Field,
        PropertyInfo { id, section }: PropertyInfo,
        properties: &mut PropertyBuf,
    ) -> Result<(), String> {
        let text = self.text(field);
        let mut push = |value| properties.push(id, value).map_err(|error| error.to_string());
        match id.kind() {
            PropertyKind::Byte
            | PropertyKind::TwoByte
            | PropertyKind::FourByte
            | PropertyKind::VariableByte => match text.trim() {
                "" => Ok(()),
                text => push(PropertyValue::Number(number_of(field, id, text, section)?)),
            },
            PropertyKind::Text if text.is_empty() && !self.sends_empty(field) => Ok(()),
            PropertyKind::Text => {
                match text_fault(text) {
                    Some(words) => return Err(words),
                    None if id == PropertyId::ResponseTopic => response_topic_fault(text, section)?,
                    None => {}
                }
                push(PropertyValue::Text(text.into()))
            }
            PropertyKind::Binary => match self.bytes(field)? {
                None if !self.sends_empty(field) => Ok(()),
                _ if self.is_without_method(field) => {
                    Err(["Needs an authentication method (", section, ")."].concat())
                }
                bytes => push(PropertyValue::Binary(&bytes.unwrap_or_default())),
            },
            PropertyKind::Pair => {
                for (at, (name, value)) in pairs::read(text).iter().enumerate() {
                    if let Some(words) = text_fault(name).or_else(|| text_fault(value)) {
                        return Err(["Row ", &number::plain(at as u64 + 1), ": ", &words].concat());
                    }
                    push(PropertyValue::Pair(name.as_str().into(), value.as_str().into()))?;
                }
                Ok(())
            }
        }
    }

    /// "It is a Protocol Error to include Authentication Data if there is no Authentication Method" (MQTT 5, 3.1.2.11.10).
    fn is_without_method(&self, field: Field) -> bool {
        let method = Field::AuthenticationMethod;
        field == Field::AuthenticationData && self.text(method).is_empty() && !self.sends_empty(method)
    }
}

/// What the fields of the Publish form hold for a message with these properties; those that it does not have are empty.
pub(crate) fn publish_values(properties: Properties<'_>) -> Vec<(Field, Value)> {
    let mut values = Vec::new();
    for (field, folded) in Form::Publish.folded() {
        let Some(PropertyInfo { id, .. }) = folded.property else { continue };
        let is_of_its_connection = id == PropertyId::TopicAlias;
        let found = properties.get(id).filter(|_| !is_of_its_connection);
        if let Some(empty) = folded.empty {
            let is_empty = match &found {
                Some(PropertyValue::Text(text)) => text.as_bytes().is_empty(),
                Some(PropertyValue::Binary(bytes)) => bytes.is_empty(),
                _ => false,
            };
            values.push((empty, Value::On(is_empty)));
        }
        let mut text = String::new();
        match found {
            Some(PropertyValue::Number(number)) => text = number::plain(number.into()),
            Some(PropertyValue::Text(said)) => text = said.to_string_lossy().into_owned(),
            Some(PropertyValue::Binary(said)) => text = bytes::hex(said),
            Some(PropertyValue::Pair(..)) => {
                let said = |text: Text<'_>| text.to_string_lossy().into_owned();
                let pairs = properties.user_properties().map(|(name, value)| (said(name), said(value)));
                text = pairs::write(&pairs.collect::<Vec<_>>());
            }
            None => {}
        }
        if let Kind::Bytes { hex, .. } = field.info().kind {
            values.push((hex, Value::On(!text.is_empty())));
        }
        // What stands in no list, as a value that breaks a rule, is left out.
        values.extend(Value::read(field, &text).map(|value| (field, value)));
    }
    values
}

/// The number that a text says to a property, or which it may say.
fn number_of(field: Field, id: PropertyId, text: &str, section: &str) -> Result<u32, String> {
    let takes_never = matches!(field.info().kind, Kind::Suggest(..));
    if takes_never && text == NEVER {
        return Ok(u32::MAX);
    }
    let max = id.kind().max().unwrap_or_default();
    let number = text.parse().ok().filter(|&number| number <= max && !id.forbids(number));
    number.ok_or_else(|| {
        let least = if id.forbids(0) { "1 to " } else { "0 to " };
        let never = if takes_never { ", or never (" } else { " (" };
        [least, &number::grouped(max.into()), never, section, ")."].concat()
    })
}

fn text_fault(text: &str) -> Option<String> {
    if text.contains('\0') {
        return Some("The null character U+0000 is not allowed (MQTT-1.5.4-2).".into());
    }
    (text.len() > MAX_STRING_LEN).then(|| "At most 65,535 bytes fit (MQTT 5, 1.5.4).".into())
}

/// It is a topic name, without wildcards [MQTT-3.3.2-14].
fn response_topic_fault(text: &str, section: &str) -> Result<(), String> {
    let fault = TopicName::new(text).err();
    fault.map_or(Ok(()), |violation| Err(topic_words(violation, section)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(edits: &[(Field, &str)]) -> Values {
        let mut values = Values::default();
        for (field, text) in edits {
            values.set(*field, Some(Value::read(*field, text).expect("it is in the list")));
        }
        values
    }

    /// What the forms make of these edits: the properties, and what is wrong.
    fn made(form: Form, edits: &[(Field, &str)]) -> (PropertyBuf, Problems) {
        let mut problems = Problems::default();
        let properties = values(edits).properties(form, ProtocolVersion::V5, &mut problems);
        (properties, problems)
    }

    fn refuses(field: Field, text: &str, words: &str) {
        let (properties, problems) = made(field.info().form, &[(field, text)]);
        let said = problems.at(field).unwrap_or_default();
        assert!(said.contains(words), "{field:?} {text:.20}: {said:?} does not say {words:?}");
        assert!(properties.is_empty(), "{field:?}");
    }

    #[test]
    fn empty_fields_send_nothing() {
        for form in Form::ALL {
            let (properties, problems) = made(form, &[]);
            assert!(properties.is_empty() && problems.first().is_none(), "{form:?}");
            assert_eq!(Values::default().folded_count(form), 0, "{form:?}");
        }
    }

    /// "Empty" is not "absent": a server passes an empty Content Type on [MQTT-3.3.2-20].
    #[test]
    fn an_empty_property_is_sent_where_its_switch_says_so() {
        let mut met = 0;
        for form in Form::ALL {
            for (field, folded) in form.folded() {
                let (Some(property), Some(switch)) = (folded.property, folded.empty) else { continue };
                met += 1;
                // What needs a method has an empty one.
                let method = (Field::AuthenticationMethodEmpty, "on");
                let edits = [(switch, "on"), method];
                let (properties, problems) = made(form, &edits);
                assert_eq!(problems.first(), None, "{field:?}");
                let values: Vec<_> = properties
                    .as_properties()
                    .iter()
                    .filter(|found| found.id == property.id)
                    .map(|found| found.value)
                    .collect();
                let empty = match property.id.kind() {
                    PropertyKind::Binary => PropertyValue::Binary(b""),
                    _ => PropertyValue::Text("".into()),
                };
                assert_eq!(values, [empty], "{field:?}");
                assert_eq!(values_count(&[(switch, "on")], form), 1, "{field:?}");
                // What is typed counts, and an empty field alone is none.
                let typed = if folded.label.ends_with("data") {
                    PropertyValue::Binary(b"x")
                } else {
                    PropertyValue::Text("x".into())
                };
                let (properties, _) = made(form, &[(switch, "on"), (field, "x"), method]);
                assert!(properties.as_properties().iter().any(|found| found.value == typed), "{field:?}");
                assert_eq!(values_count(&[(switch, "on"), (field, "x")], form), 1, "{field:?}");
                assert!(made(form, &[]).0.is_empty());
            }
        }
        assert_eq!(met, 7);
        // It is refused where it must not be, as any other.
        let (_, problems) = made(Form::Connection, &[(Field::AuthenticationDataEmpty, "on")]);
        assert!(
            problems.at(Field::AuthenticationData).is_some_and(|words| words.starts_with("Needs an auth"))
        );
    }

    fn values_count(edits: &[(Field, &str)], form: Form) -> usize {
        values(edits).folded_count(form)
    }

    #[test]
    fn each_field_becomes_its_property() {
        let (properties, problems) = made(
            Form::Connection,
            &[
                (Field::SessionExpiry, "never"),
                (Field::ReceiveMaximum, " 20 "),
                (Field::MaximumPacketSize, "4294967295"),
                (Field::TopicAliasMaximum, "0"),
                (Field::RequestProblemInformation, "0"),
                (Field::AuthenticationMethod, "SCRAM"),
                (Field::AuthenticationData, "00 fF"),
                (Field::AuthenticationDataHex, "on"),
                (Field::ConnectUserProperties, "b\t1\na\t2\nb\t1"),
            ],
        );
        assert_eq!(problems.first(), None);
        let text = |text: &'static str| PropertyValue::Text(text.into());
        let pair = |name: &'static str, value: &'static str| PropertyValue::Pair(name.into(), value.into());
        let expected = [
            (PropertyId::SessionExpiryInterval, PropertyValue::Number(u32::MAX)),
            (PropertyId::ReceiveMaximum, PropertyValue::Number(20)),
            (PropertyId::MaximumPacketSize, PropertyValue::Number(u32::MAX)),
            (PropertyId::TopicAliasMaximum, PropertyValue::Number(0)),
            (PropertyId::RequestProblemInformation, PropertyValue::Number(0)),
            (PropertyId::AuthenticationMethod, text("SCRAM")),
            (PropertyId::AuthenticationData, PropertyValue::Binary(&[0, 0xff])),
            (PropertyId::UserProperty, pair("b", "1")),
            (PropertyId::UserProperty, pair("a", "2")),
            (PropertyId::UserProperty, pair("b", "1")),
        ];
        let found: Vec<_> =
            properties.as_properties().iter().map(|property| (property.id, property.value)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn numbers_stay_within_what_their_property_may_say() {
        for (field, text, words) in [
            (Field::TopicAlias, "0", "1 to 65,535 (MQTT 5, 3.3.2.3.4)."),
            (Field::TopicAlias, "65536", "1 to 65,535"),
            (Field::ReceiveMaximum, "0", "1 to 65,535 (MQTT 5, 3.1.2.11.3)."),
            (Field::MaximumPacketSize, "0", "1 to 4,294,967,295"),
            (Field::SubscriptionIdentifier, "0", "1 to 268,435,455 (MQTT 5, 3.8.2.1.2)."),
            (Field::SubscriptionIdentifier, "268435456", "1 to 268,435,455"),
            (Field::MessageExpiry, "4294967296", "0 to 4,294,967,295 (MQTT 5, 3.3.2.3.3)."),
            (Field::WillExpiry, "-1", "0 to 4,294,967,295 (MQTT 5, 3.1.3.2.4)."),
            (Field::WillDelay, "never", "0 to 4,294,967,295 (MQTT 5, 3.1.3.2.2)."),
            (Field::SessionExpiry, "4294967296", "0 to 4,294,967,295, or never (MQTT 5, 3.1.2.11.2)."),
            (Field::DisconnectExpiry, "1.5", "or never (MQTT 5, 3.14.2.2.2)."),
        ] {
            refuses(field, text, words);
        }
    }

    #[test]
    fn texts_and_bytes_fit_their_two_bytes_of_length() {
        let long = "x".repeat(65_536);
        for field in [
            Field::DisconnectReasonString,
            Field::ContentType,
            Field::AuthenticationMethod,
            Field::CorrelationData,
            Field::WillResponseTopic,
        ] {
            refuses(field, &long, "65,535");
        }
        let rows = ["a\t1\n", &long, "\t"].concat();
        let (_, problems) = made(Form::Publish, &[(Field::PublishUserProperties, &rows)]);
        let said = problems.at(Field::PublishUserProperties).unwrap_or_default();
        assert!(said.contains("Row 2: At most 65,535"), "{said}");
        refuses(Field::WillUserProperties, &["a\t", &long].concat(), "Row 1: At most 65,535");
        refuses(Field::ContentType, "a\0", "U+0000 is not allowed (MQTT-1.5.4-2).");
        let whole = "x".repeat(65_535);
        assert_eq!(made(Form::Publish, &[(Field::ContentType, &whole)]).1.first(), None);
    }

    #[test]
    fn a_response_topic_has_no_wildcards() {
        for field in [Field::ResponseTopic, Field::WillResponseTopic] {
            refuses(field, "a/+", "wildcards + and # (byte 3, MQTT 5, 3.");
        }
    }

    #[test]
    fn hex_digits_come_in_pairs() {
        for (text, bytes) in [("0aFF", Some(vec![0x0a, 0xff])), ("0 a ", Some(vec![0x0a])), (" ", None)] {
            let forms = values(&[(Field::CorrelationData, text), (Field::CorrelationHex, "on")]);
            assert_eq!(forms.bytes(Field::CorrelationData), Ok(bytes));
        }
        for text in ["0", "0g", "0x10", "é"] {
            let forms = values(&[(Field::CorrelationData, text), (Field::CorrelationHex, "on")]);
            assert!(forms.bytes(Field::CorrelationData).is_err(), "{text}");
        }
        assert_eq!(
            values(&[(Field::CorrelationData, "0a")]).bytes(Field::CorrelationData),
            Ok(Some(b"0a".to_vec()))
        );
    }

    #[test]
    fn authentication_data_needs_a_method() {
        refuses(Field::AuthenticationData, "x", "Needs an authentication method (MQTT 5, 3.1.2.11.10).");
    }

    #[test]
    fn an_older_version_has_no_properties_and_nothing_wrong_with_them() {
        for version in [ProtocolVersion::V31, ProtocolVersion::V311] {
            let mut problems = Problems::default();
            let forms = values(&[(Field::TopicAlias, "0"), (Field::ContentType, "a")]);
            assert!(forms.properties(Form::Publish, version, &mut problems).is_empty());
            assert_eq!(problems.first(), None);
        }
    }

    #[test]
    fn a_folded_form_says_how_much_is_in_it() {
        let forms = values(&[
            (Field::NoLocal, "on"),
            (Field::RetainHandling, "0"),
            (Field::SubscriptionIdentifier, "7"),
            (Field::SubscribeUserProperties, "a\t1\nb\t2"),
        ]);
        assert_eq!(forms.folded_count(Form::Subscribe), 4);
        assert_eq!(values(&[(Field::RetainHandling, "2")]).folded_count(Form::Subscribe), 1);
        assert_eq!(values(&[(Field::CorrelationHex, "on")]).folded_count(Form::Publish), 0);
    }
}
