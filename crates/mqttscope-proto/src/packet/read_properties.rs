//! Reads properties where they stand in a packet, and checks each against the rules for its place.

use super::properties::{Properties, PropertyValue, Split, split};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::field::{FieldValue, common};
use crate::property::{PropertyHolder, PropertyId};
use crate::reader::{Reader, Trace};
use crate::rule::{Rule, Violation};
use crate::text::Text;
use crate::topic;
use crate::types::{PacketType, ProtocolVersion};
use crate::varint;

impl<'a, T: Trace<'a>> Reader<'a, '_, T> {
    /// The properties of a packet, in a version that has them.
    #[inline]
    pub(crate) fn properties_of(
        &mut self,
        packet_type: PacketType,
        version: ProtocolVersion,
    ) -> Result<Properties<'a>, DecodeError> {
        match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => Ok(Properties::NONE),
            ProtocolVersion::V5 => self.properties(PropertyHolder::Packet(packet_type)),
        }
    }

    /// The properties of a packet or a will, behind their length (MQTT 5, 2.2.2).
    #[inline]
    pub(crate) fn properties(&mut self, holder: PropertyHolder) -> Result<Properties<'a>, DecodeError> {
        let start = self.pos();
        self.open(&common::PROPERTIES);
        let needed = self.variable_byte_integer(&common::PROPERTY_LENGTH)? as usize;
        let Some(bytes) = self.ahead().get(..needed) else {
            let field = common::PROPERTIES.name;
            let kind = DecodeErrorKind::FieldTooLong { field, needed, available: self.remaining() };
            return Err(DecodeError { offset: start, kind });
        };
        if !bytes.is_empty() {
            self.property_list(bytes, holder)?;
        }
        self.close();
        Ok(Properties::from_wire(bytes))
    }

    fn property_list(&mut self, bytes: &'a [u8], holder: PropertyHolder) -> Result<(), DecodeError> {
        let first = self.pos();
        let mut rest = bytes;
        let mut seen = 0;
        while !rest.is_empty() {
            let at = self.pos();
            let split = match split(rest) {
                Ok(split) => split,
                Err(fault) => return Err(DecodeError { offset: at + fault.offset, kind: fault.kind }),
            };
            rest = &rest[split.len..];
            self.trace_property(at, &split);
            self.advance(split.len);
            self.check_property(at, &split, holder, seen);
            seen |= split.property.id.bit();
        }
        self.check_data_without_method(first, bytes, holder, seen);
        Ok(())
    }

    /// Tells the trace about a property and its parts.
    #[inline(always)]
    fn trace_property(&mut self, at: usize, split: &Split<'a>) {
        let def = split.property.id.def();
        let (value_at, end) = (at + split.id_len, at + split.len);
        self.trace.open(def, at);
        let id = FieldValue::Number(split.property.id.number().into());
        self.trace.leaf(&common::PROPERTY_IDENTIFIER, at..value_at, id);
        let value = match split.property.value {
            PropertyValue::Number(number) => {
                self.trace.leaf(def, value_at..end, FieldValue::Number(number));
                FieldValue::Number(number)
            }
            PropertyValue::Text(text) => {
                self.trace_text(value_at, def, text);
                FieldValue::Text(text)
            }
            PropertyValue::Binary(bytes) => {
                self.trace_length(value_at, bytes.len());
                if !bytes.is_empty() {
                    self.trace.leaf(def, value_at + 2..end, FieldValue::Bytes(bytes));
                }
                FieldValue::Bytes(bytes)
            }
            PropertyValue::Pair(name, value) => {
                self.trace_text(value_at, &common::PROPERTY_NAME, name);
                self.trace_text(value_at + 2 + name.len(), &common::PROPERTY_VALUE, value);
                FieldValue::Parts
            }
        };
        self.trace.close(end, value);
    }

    #[inline(always)]
    fn trace_text(&mut self, at: usize, def: &'static crate::field::FieldDef, text: Text<'a>) {
        self.trace_length(at, text.len());
        if !text.is_empty() {
            self.trace.leaf(def, at + 2..at + 2 + text.len(), FieldValue::Text(text));
        }
    }

    #[inline(always)]
    fn trace_length(&mut self, at: usize, len: usize) {
        // It was read from two bytes.
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        self.trace.leaf(&common::LENGTH, at..at + 2, FieldValue::Number(len));
    }

    #[inline]
    fn check_property(&mut self, at: usize, split: &Split<'a>, holder: PropertyHolder, seen: u64) {
        let property = split.property.id;
        let value_at = at + split.id_len;
        if split.id_len > 1 {
            self.violation(at, Rule::NotTheFewestBytes(common::PROPERTY_IDENTIFIER.name));
        }
        if !property.is_of(holder) {
            self.violation(at, Rule::PropertyMisplaced { property, holder });
        } else if seen & property.bit() != 0 && !property.repeats_in(holder) {
            self.violation(at, Rule::PropertyTwice { property, holder });
        }
        match split.property.value {
            PropertyValue::Number(number) => {
                if property.forbids(number) {
                    self.violation(value_at, Rule::PropertyNumber { property, number, holder });
                }
                if property == PropertyId::SubscriptionIdentifier
                    && split.len - split.id_len != varint::len(number)
                {
                    self.violation(value_at, Rule::NotTheFewestBytes(property.title()));
                }
            }
            PropertyValue::Text(text) if property == PropertyId::ResponseTopic => {
                let fault = topic::name_fault(text).map(|fault| match fault.rule {
                    Rule::WildcardInTopicName => {
                        Violation { rule: Rule::WildcardInResponseTopic(holder), ..fault }
                    }
                    _ => fault,
                });
                self.fault_in_text(value_at, text, fault);
            }
            PropertyValue::Text(text) => self.check_text(value_at, text),
            PropertyValue::Binary(_) => {}
            PropertyValue::Pair(name, value) => {
                self.check_text(value_at, name);
                self.check_text(value_at + 2 + name.len(), value);
            }
        }
    }

    #[inline]
    fn check_text(&mut self, at: usize, text: Text<'_>) {
        let fault = topic::text_fault(text).or_else(|| topic::nul_fault(text));
        self.fault_in_text(at, text, fault);
    }

    /// Reports a fault in a string whose length stands at `at`; an empty one is the fault of its length.
    #[inline]
    fn fault_in_text(&mut self, at: usize, text: Text<'_>, fault: Option<Violation>) {
        if let Some(Violation { offset, rule }) = fault {
            self.violation(at + if text.is_empty() { 0 } else { 2 + offset }, rule);
        }
    }

    /// Authentication Data that no method explains; of CONNACK nothing is said (MQTT 5, 3.1.2.11.10 and 3.15.2.2.2).
    fn check_data_without_method(&mut self, first: usize, bytes: &[u8], holder: PropertyHolder, seen: u64) {
        let has = |property: PropertyId| seen & property.bit() != 0;
        let is_lone = has(PropertyId::AuthenticationData) && !has(PropertyId::AuthenticationMethod);
        // In a will neither has a place.
        let is_for_both = matches!(holder, PropertyHolder::Packet(PacketType::Connect | PacketType::Auth));
        if !is_lone || !is_for_both {
            return;
        }
        if let Some(at) = Properties::from_wire(bytes).position(PropertyId::AuthenticationData) {
            self.violation(first + at, Rule::AuthenticationDataWithoutMethod(holder));
        }
    }
}
