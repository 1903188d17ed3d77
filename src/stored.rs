//! Reads settings from a JavaScript value.
//!
//! serde-wasm-bindgen reads any type, and says what is wrong in words that would drag the formatting of all numbers
//! into the page. Settings are texts, flags, whole numbers and objects of them, and what cannot be read is not worth a word: the
//! default takes its place.

use std::fmt;

use js_sys::{Array, Object};
use serde::de::value::{MapDeserializer, StringDeserializer};
use serde::de::{Deserializer, Error, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use wasm_bindgen::{JsCast, JsValue};

/// A value as `JSON.parse` makes it.
pub struct Stored(pub JsValue);

/// It is not what was expected.
#[derive(Debug)]
pub struct Unreadable;

impl<'de> Deserializer<'de> for Stored {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if let Some(text) = self.0.as_string() {
            return visitor.visit_string(text);
        }
        if let Some(on) = self.0.as_bool() {
            return visitor.visit_bool(on);
        }
        if let Some(number) = self.0.as_f64() {
            return visitor.visit_u64(number as u64);
        }
        match self.0.dyn_ref::<Object>() {
            Some(object) => visitor.visit_map(MapDeserializer::new(entries(object).into_iter())),
            None => visitor.visit_unit(),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if self.0.is_null() || self.0.is_undefined() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        let variant: StringDeserializer<Unreadable> =
            self.0.as_string().ok_or(Unreadable)?.into_deserializer();
        variant.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Unreadable> for Stored {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl Error for Unreadable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn missing_field(_: &'static str) -> Self {
        Self
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unreadable settings")
    }
}

impl std::error::Error for Unreadable {}

fn entries(object: &Object) -> Vec<(String, Stored)> {
    let entries = Object::entries(object);
    let pair = |entry: JsValue| {
        let entry: Array = entry.unchecked_into();
        (entry.get(0).as_string().unwrap_or_default(), Stored(entry.get(1)))
    };
    entries.iter().map(pair).collect()
}
