//! Lists of properties, as they lie in a packet: in order, with repetitions, and with what does not belong there.

use alloc::vec::Vec;

use crate::error::{DecodeErrorKind, EncodeError};
use crate::property::{PropertyId, PropertyKind};
use crate::text::Text;
use crate::topic::MAX_STRING_LEN;
use crate::varint;

/// The properties of a packet of MQTT 5, borrowed from its bytes (MQTT 5, 2.2.2); none in other versions.
///
/// They are known to be properties, one behind the other: where the bytes were no such list, decoding has failed.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Properties<'a>(&'a [u8]);

/// One property. Its `Debug` form hides Authentication Data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Property<'a> {
    /// Which it is.
    pub id: PropertyId,
    /// What it says, in the form of [`PropertyId::kind`].
    pub value: PropertyValue<'a>,
}

impl core::fmt::Debug for Property<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut shown = f.debug_struct("Property");
        shown.field("id", &self.id);
        match self.id {
            PropertyId::AuthenticationData => shown.field("value", &"***"),
            _ => shown.field("value", &self.value),
        };
        shown.finish()
    }
}

/// What a property says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropertyValue<'a> {
    /// A number, of whatever length on the wire.
    Number(u32),
    /// A string.
    Text(Text<'a>),
    /// Bytes.
    Binary(&'a [u8]),
    /// The name and the value of a user property.
    Pair(Text<'a>, Text<'a>),
}

impl<'a> Properties<'a> {
    /// No properties.
    pub const NONE: Self = Self(&[]);

    /// The list that decoding has walked over once already.
    pub(crate) const fn from_wire(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes, without the Property Length before them.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in order.
    #[must_use]
    pub const fn iter(&self) -> PropertyIter<'a> {
        PropertyIter(self.0)
    }

    /// The first value of a property.
    #[must_use]
    pub fn get(&self, id: PropertyId) -> Option<PropertyValue<'a>> {
        self.iter().find(|property| property.id == id).map(|property| property.value)
    }

    /// The number that a property says first.
    #[must_use]
    pub fn number(&self, id: PropertyId) -> Option<u32> {
        match self.get(id)? {
            PropertyValue::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The string that a property says first.
    #[must_use]
    pub fn text(&self, id: PropertyId) -> Option<Text<'a>> {
        match self.get(id)? {
            PropertyValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes that a property says first.
    #[must_use]
    pub fn binary(&self, id: PropertyId) -> Option<&'a [u8]> {
        match self.get(id)? {
            PropertyValue::Binary(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The user properties, in order.
    pub fn user_properties(&self) -> impl Iterator<Item = (Text<'a>, Text<'a>)> {
        self.iter().filter_map(|property| match property.value {
            PropertyValue::Pair(name, value) => Some((name, value)),
            _ => None,
        })
    }

    /// The subscription identifiers, in order.
    pub fn subscription_identifiers(&self) -> impl Iterator<Item = u32> {
        self.iter().filter_map(|Property { id, value }| match (id, value) {
            (PropertyId::SubscriptionIdentifier, PropertyValue::Number(number)) => Some(number),
            _ => None,
        })
    }

    /// Where the first of this kind begins in the bytes.
    pub(crate) fn position(&self, id: PropertyId) -> Option<usize> {
        let mut at = 0;
        while let Ok(split) = split(self.0.get(at..)?) {
            if split.property.id == id {
                return Some(at);
            }
            at += split.len;
        }
        None
    }
}

impl<'a> IntoIterator for Properties<'a> {
    type Item = Property<'a>;
    type IntoIter = PropertyIter<'a>;

    fn into_iter(self) -> PropertyIter<'a> {
        self.iter()
    }
}

impl core::fmt::Debug for Properties<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Goes over [`Properties`].
#[derive(Clone, Debug)]
pub struct PropertyIter<'a>(&'a [u8]);

impl<'a> Iterator for PropertyIter<'a> {
    type Item = Property<'a>;

    fn next(&mut self) -> Option<Property<'a>> {
        if self.0.is_empty() {
            return None;
        }
        let split = split(self.0).ok()?;
        self.0 = self.0.get(split.len..)?;
        Some(split.property)
    }
}

/// Properties to be written: any that have bytes, in the order and as often as the caller wants.
///
/// ```
/// use mqttscope_proto::{PropertyBuf, PropertyId, PropertyValue};
///
/// let mut properties = PropertyBuf::new();
/// properties.push(PropertyId::TopicAlias, PropertyValue::Number(7))?;
/// properties.push(PropertyId::UserProperty, PropertyValue::Pair("name".into(), "value".into()))?;
/// assert_eq!(properties.as_properties().number(PropertyId::TopicAlias), Some(7));
/// # Ok::<(), mqttscope_proto::EncodeError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Vec<u8>", into = "Vec<u8>"))]
pub struct PropertyBuf(Vec<u8>);

/// Bytes that are not properties one behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no list of properties")]
pub struct NoProperties;

impl PropertyBuf {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Appends a property.
    ///
    /// # Errors
    ///
    /// Where there are no bytes for it: a value of another form than the property's, a number too large for it, a text
    /// of more than 65,535 bytes. Nothing is appended then.
    pub fn push(&mut self, id: PropertyId, value: PropertyValue<'_>) -> Result<(), EncodeError> {
        match (id.kind(), value) {
            (PropertyKind::Pair, PropertyValue::Pair(name, value)) => {
                let (name, value) = (checked(id, name.as_bytes())?, checked(id, value.as_bytes())?);
                self.0.push(id.number());
                crate::writer::put_prefixed(&mut self.0, name);
                crate::writer::put_prefixed(&mut self.0, value);
            }
            (PropertyKind::Text, PropertyValue::Text(text)) => self.push_prefixed(id, text.as_bytes())?,
            (PropertyKind::Binary, PropertyValue::Binary(bytes)) => self.push_prefixed(id, bytes)?,
            (kind, PropertyValue::Number(number)) => match kind.max() {
                Some(max) if number <= max => self.push_number(id, kind, number),
                Some(_) => return Err(EncodeError::PropertyNumber { property: id, number }),
                None => return Err(EncodeError::PropertyKind(id)),
            },
            _ => return Err(EncodeError::PropertyKind(id)),
        }
        Ok(())
    }

    /// What was appended, as it is written.
    #[must_use]
    pub fn as_properties(&self) -> Properties<'_> {
        Properties(&self.0)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn push_prefixed(&mut self, id: PropertyId, bytes: &[u8]) -> Result<(), EncodeError> {
        let bytes = checked(id, bytes)?;
        self.0.push(id.number());
        crate::writer::put_prefixed(&mut self.0, bytes);
        Ok(())
    }

    fn push_number(&mut self, id: PropertyId, kind: PropertyKind, number: u32) {
        self.0.push(id.number());
        let bytes = number.to_be_bytes();
        match kind {
            PropertyKind::Byte => self.0.extend_from_slice(&bytes[3..]),
            PropertyKind::TwoByte => self.0.extend_from_slice(&bytes[2..]),
            PropertyKind::VariableByte => varint::put(&mut self.0, number),
            PropertyKind::FourByte | PropertyKind::Text | PropertyKind::Binary | PropertyKind::Pair => {
                self.0.extend_from_slice(&bytes);
            }
        }
    }
}

impl core::fmt::Debug for PropertyBuf {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_properties().fmt(f)
    }
}

impl TryFrom<Vec<u8>> for PropertyBuf {
    type Error = NoProperties;

    /// Takes the bytes of properties, without a length before them.
    fn try_from(bytes: Vec<u8>) -> Result<Self, NoProperties> {
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let split = split(rest).map_err(|_| NoProperties)?;
            rest = rest.get(split.len..).ok_or(NoProperties)?;
        }
        Ok(Self(bytes))
    }
}

impl From<PropertyBuf> for Vec<u8> {
    fn from(properties: PropertyBuf) -> Self {
        properties.0
    }
}

impl From<Properties<'_>> for PropertyBuf {
    fn from(properties: Properties<'_>) -> Self {
        Self(properties.0.to_vec())
    }
}

fn checked(id: PropertyId, bytes: &[u8]) -> Result<&[u8], EncodeError> {
    match bytes.len() {
        0..=MAX_STRING_LEN => Ok(bytes),
        len => Err(EncodeError::FieldTooLong { field: id.title(), len }),
    }
}

/// A property at the start of some bytes.
pub(crate) struct Split<'a> {
    pub(crate) property: Property<'a>,
    /// Bytes of its identifier.
    pub(crate) id_len: usize,
    /// Bytes of the whole property.
    pub(crate) len: usize,
}

/// Bytes that no property begins with, and where they stop being one.
pub(crate) struct NoProperty {
    pub(crate) offset: usize,
    pub(crate) kind: DecodeErrorKind,
}

/// Splits the first property off, which must end where the bytes end or before.
#[inline]
pub(crate) fn split(bytes: &[u8]) -> Result<Split<'_>, NoProperty> {
    // All identifiers that there are have one byte; a longer form of the same number is for the slow path.
    let (number, id_len) = match bytes.first() {
        Some(&byte @ 0..=0x7f) => (u32::from(byte), 1),
        _ => long_number(bytes, 0, PROPERTY_IDENTIFIER)?,
    };
    let Some(id) = PropertyId::from_number(number) else {
        return Err(NoProperty { offset: 0, kind: DecodeErrorKind::UnknownProperty(number) });
    };
    let rest = &bytes[id_len..];
    let cut = |needed: usize, offset: usize| NoProperty {
        // Where no byte of the value is there, the identifier is the last that is at fault.
        offset: offset.min(bytes.len() - 1),
        kind: DecodeErrorKind::FieldTooLong { field: id.title(), needed, available: bytes.len() - offset },
    };
    let (value, value_len) = match id.kind() {
        PropertyKind::Byte => {
            let &[byte, ..] = rest else { return Err(cut(1, id_len)) };
            (PropertyValue::Number(byte.into()), 1)
        }
        PropertyKind::TwoByte => {
            let Some(number) = rest.first_chunk() else { return Err(cut(2, id_len)) };
            (PropertyValue::Number(u16::from_be_bytes(*number).into()), 2)
        }
        PropertyKind::FourByte => {
            let Some(number) = rest.first_chunk() else { return Err(cut(4, id_len)) };
            (PropertyValue::Number(u32::from_be_bytes(*number)), 4)
        }
        PropertyKind::VariableByte => {
            let (number, len) = long_number(bytes, id_len, id.title())?;
            (PropertyValue::Number(number), len)
        }
        PropertyKind::Text => {
            let (text, len) = prefixed(rest).map_err(|needed| cut(needed, id_len))?;
            (PropertyValue::Text(Text::from_bytes(text)), len)
        }
        PropertyKind::Binary => {
            let (bytes, len) = prefixed(rest).map_err(|needed| cut(needed, id_len))?;
            (PropertyValue::Binary(bytes), len)
        }
        PropertyKind::Pair => {
            let (name, name_len) = prefixed(rest).map_err(|needed| cut(needed, id_len))?;
            let (value, value_len) =
                prefixed(&rest[name_len..]).map_err(|needed| cut(needed, id_len + name_len))?;
            (PropertyValue::Pair(Text::from_bytes(name), Text::from_bytes(value)), name_len + value_len)
        }
    };
    Ok(Split { property: Property { id, value }, id_len, len: id_len + value_len })
}

/// Bytes behind their length, and how many both take; or how many that would be.
#[inline]
fn prefixed(bytes: &[u8]) -> Result<(&[u8], usize), usize> {
    let Some((len, rest)) = bytes.split_first_chunk() else { return Err(2) };
    let len = usize::from(u16::from_be_bytes(*len));
    match rest.get(..len) {
        Some(value) => Ok((value, 2 + len)),
        None => Err(2 + len),
    }
}

#[cold]
fn long_number(bytes: &[u8], at: usize, field: &'static str) -> Result<(u32, usize), NoProperty> {
    match varint::decode(&bytes[at..]) {
        Ok(Some(number)) => Ok(number),
        Ok(None) => {
            let available = bytes.len() - at;
            let kind = DecodeErrorKind::FieldTooLong { field, needed: available + 1, available };
            Err(NoProperty { offset: at.min(bytes.len().saturating_sub(1)), kind })
        }
        Err(varint::TooLong) => {
            let kind = DecodeErrorKind::VariableByteIntegerTooLong { field };
            Err(NoProperty { offset: at + varint::LAST_BYTE, kind })
        }
    }
}

const PROPERTY_IDENTIFIER: &str = "Property Identifier";
