//! JSON, made into CBOR or MessagePack.

use crate::json::{Kind, Reader, Token};
use crate::{Mistake, decimal};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    Cbor,
    MessagePack,
}

/// Appends the JSON of a text.
pub(crate) fn write(flavour: Flavour, text: &str, out: &mut Vec<u8>) -> Result<(), Mistake> {
    let mut counts = counts(text)?.into_iter();
    let mut reader = Reader::new(text);
    // A string is written behind its length, which is known once it is unescaped.
    let mut said = String::new();
    while let Some(token) = reader.next_token()? {
        match token.kind {
            Kind::Open => {
                let count = counts.next().unwrap_or_default();
                let is_map = token.raw == "{";
                match flavour {
                    Flavour::Cbor => cbor_head(out, if is_map { 5 } else { 4 }, count),
                    Flavour::MessagePack if is_map => {
                        length(out, count, 0x80, 15, [None, Some(0xde), Some(0xdf)])
                    }
                    Flavour::MessagePack => length(out, count, 0x90, 15, [None, Some(0xdc), Some(0xdd)]),
                }
            }
            Kind::Close => {}
            Kind::Name | Kind::Text => {
                said.clear();
                token.push_text(&mut said)?;
                let len = said.len() as u64;
                match flavour {
                    Flavour::Cbor => cbor_head(out, 3, len),
                    Flavour::MessagePack => length(out, len, 0xa0, 31, [Some(0xd9), Some(0xda), Some(0xdb)]),
                }
                out.extend_from_slice(said.as_bytes());
            }
            Kind::Number => number(flavour, &token, out)?,
            Kind::Word => out.push(match (flavour, token.raw) {
                (Flavour::Cbor, "false") => 0xf4,
                (Flavour::Cbor, "true") => 0xf5,
                (Flavour::Cbor, _) => 0xf6,
                (Flavour::MessagePack, "false") => 0xc2,
                (Flavour::MessagePack, "true") => 0xc3,
                (Flavour::MessagePack, _) => 0xc0,
            }),
        }
    }
    Ok(())
}

/// How many members or items each array and object has, in the order in which they begin: both formats say it in front.
fn counts(text: &str) -> Result<Vec<u64>, Mistake> {
    let mut counts = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut reader = Reader::new(text);
    while let Some(token) = reader.next_token()? {
        if token.kind == Kind::Close {
            open.pop();
            continue;
        }
        // A member counts at its name.
        let is_of_object = open.last().is_some_and(|at| is_object(&counts, *at));
        if let Some(&at) = open.last()
            && (token.kind == Kind::Name) == is_of_object
        {
            let (count, _): &mut (u64, bool) = &mut counts[at];
            *count += 1;
        }
        if token.kind == Kind::Open {
            open.push(counts.len());
            counts.push((0, token.raw == "{"));
        }
    }
    Ok(counts.into_iter().map(|(count, _)| count).collect())
}

fn is_object(counts: &[(u64, bool)], at: usize) -> bool {
    counts[at].1
}

fn number(flavour: Flavour, token: &Token<'_>, out: &mut Vec<u8>) -> Result<(), Mistake> {
    let raw = token.raw;
    let digits = raw.strip_prefix('-');
    if !raw.contains(['.', 'e', 'E']) && raw != "-0" {
        let is_written = match flavour {
            Flavour::Cbor => cbor_integer(out, digits, raw),
            Flavour::MessagePack => message_pack_integer(out, digits, raw),
        };
        if is_written {
            return Ok(());
        }
    }
    let float = decimal::float(raw)
        .ok_or(Mistake::new(token.at, "this number is too large for 64 bits of a float"))?;
    let single = float as f32;
    match (flavour, half(float)) {
        (Flavour::Cbor, Some(half)) => {
            out.push(0xf9);
            out.extend_from_slice(&half.to_be_bytes());
        }
        _ if f64::from(single) == float => {
            out.push(if flavour == Flavour::Cbor { 0xfa } else { 0xca });
            out.extend_from_slice(&single.to_be_bytes());
        }
        _ => {
            out.push(if flavour == Flavour::Cbor { 0xfb } else { 0xcb });
            out.extend_from_slice(&float.to_be_bytes());
        }
    }
    Ok(())
}

/// Of a negative number `digits` are those behind the sign. Any integer can be written, beyond 64 bits as a bignum
/// (RFC 8949, 3.4.3), as far as its digits are not so many that nobody means them.
fn cbor_integer(out: &mut Vec<u8>, digits: Option<&str>, raw: &str) -> bool {
    let (major, text) = digits.map_or((0, raw), |digits| (1, digits));
    let is_negative = digits.is_some();
    if let Ok(value) = text.parse::<u64>() {
        cbor_head(out, major, value - u64::from(is_negative));
        return true;
    }
    if text.len() > MOST_DIGITS {
        return false;
    }
    let bytes = decimal::integer(text, is_negative);
    match <[u8; 8]>::try_from(bytes.as_slice()) {
        Ok(bytes) => cbor_head(out, major, u64::from_be_bytes(bytes)),
        Err(_) => {
            out.push(0xc2 + major);
            cbor_head(out, 2, bytes.len() as u64);
            out.extend_from_slice(&bytes);
        }
    }
    true
}

/// Appends the first byte of a data item, and its argument in the fewest bytes.
fn cbor_head(out: &mut Vec<u8>, major: u8, value: u64) {
    let bytes = value.to_be_bytes();
    let (additional, len) = match value {
        0..24 => return out.push(major << 5 | value as u8),
        24..0x100 => (24, 1),
        0x100..0x1_0000 => (25, 2),
        0x1_0000..0x1_0000_0000 => (26, 4),
        _ => (27, 8),
    };
    out.push(major << 5 | additional);
    out.extend_from_slice(&bytes[8 - len..]);
}

/// Says whether it fits into 64 bits, and is written.
fn message_pack_integer(out: &mut Vec<u8>, digits: Option<&str>, raw: &str) -> bool {
    let (bytes, first, len) = if digits.is_none() {
        let Ok(value) = raw.parse::<u64>() else { return false };
        let (first, len) = match value {
            0..0x80 => return push_byte(out, value as u8),
            0x80..0x100 => (0xcc, 1),
            0x100..0x1_0000 => (0xcd, 2),
            0x1_0000..0x1_0000_0000 => (0xce, 4),
            _ => (0xcf, 8),
        };
        (value.to_be_bytes(), first, len)
    } else {
        let Ok(value) = raw.parse::<i64>() else { return false };
        let (first, len) = match value {
            -32.. => return push_byte(out, value as u8),
            -0x80..-32 => (0xd0, 1),
            -0x8000..-0x80 => (0xd1, 2),
            -0x8000_0000..-0x8000 => (0xd2, 4),
            _ => (0xd3, 8),
        };
        (value.to_be_bytes(), first, len)
    };
    out.push(first);
    out.extend_from_slice(&bytes[8 - len..]);
    true
}

fn push_byte(out: &mut Vec<u8>, byte: u8) -> bool {
    out.push(byte);
    true
}

/// Appends a length of MessagePack: within the first byte up to a most, else behind the byte for 8, 16 or 32 bits.
fn length(out: &mut Vec<u8>, len: u64, within: u8, most: u64, [one, two, four]: [Option<u8>; 3]) {
    let bytes = len.to_be_bytes();
    let (first, count) = match (len, one) {
        _ if len <= most => return out.push(within | len as u8),
        (0..0x100, Some(one)) => (one, 1),
        (0..0x1_0000, _) => (two.unwrap_or(0), 2),
        _ => (four.unwrap_or(0), 4),
    };
    out.push(first);
    out.extend_from_slice(&bytes[8 - count..]);
}

/// A float of 16 bits with the same value, if there is one.
fn half(float: f64) -> Option<u16> {
    let single = float as f32;
    if f64::from(single) != float {
        return None;
    }
    let bits = single.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let (exponent, fraction) = ((bits >> 23 & 0xff) as i32 - 127, bits & 0x7f_ffff);
    match exponent {
        -127 if fraction == 0 => Some(sign),
        -14..=15 if fraction & 0x1fff == 0 => {
            Some(sign | ((exponent + 15) as u16) << 10 | (fraction >> 13) as u16)
        }
        -24..-14 => {
            let whole = fraction | 0x80_0000;
            let dropped = (-1 - exponent) as u32;
            (whole & ((1 << dropped) - 1) == 0).then_some(sign | (whole >> dropped) as u16)
        }
        _ => None,
    }
}

/// Digits of an integer that are written as they are: what has more costs too long, and is a float.
const MOST_DIGITS: usize = 10_000;

#[cfg(test)]
mod tests {
    use ciborium::Value as Cbor;
    use mqttscope_text::bytes;
    use proptest::prelude::*;

    use crate::{Format, encode};

    fn check(format: Format, text: &str, hex: &str) {
        let made = encode(format, text).map(|made| bytes::hex(&made).replace(' ', ""));
        assert_eq!(made.as_deref(), Ok(hex), "{text}");
    }

    /// Appendix A of RFC 8949, as far as JSON can say it.
    #[test]
    fn cbor_is_in_preferred_serialization() {
        for (text, hex) in [
            ("0", "00"),
            ("23", "17"),
            ("24", "1818"),
            ("1000", "1903e8"),
            ("1000000", "1a000f4240"),
            ("1000000000000", "1b000000e8d4a51000"),
            ("18446744073709551615", "1bffffffffffffffff"),
            ("18446744073709551616", "c249010000000000000000"),
            ("-18446744073709551616", "3bffffffffffffffff"),
            ("-18446744073709551617", "c349010000000000000000"),
            ("-1", "20"),
            ("-100", "3863"),
            ("-1000", "3903e7"),
            ("0.0", "f90000"),
            ("-0.0", "f98000"),
            ("-0", "f98000"),
            ("1.0", "f93c00"),
            ("1.1", "fb3ff199999999999a"),
            ("1.5", "f93e00"),
            ("65504.0", "f97bff"),
            ("100000.0", "fa47c35000"),
            ("3.4028234663852886e+38", "fa7f7fffff"),
            ("1.0e+300", "fb7e37e43c8800759c"),
            ("5.960464477539063e-8", "f90001"),
            ("0.00006103515625", "f90400"),
            ("-4.0", "f9c400"),
            ("-4.1", "fbc010666666666666"),
            ("false", "f4"),
            ("true", "f5"),
            ("null", "f6"),
            ("\"\"", "60"),
            ("\"IETF\"", "6449455446"),
            ("\"\\\"\\\\\"", "62225c"),
            ("\"\\u00fc\"", "62c3bc"),
            ("\"\\ud800\\udd51\"", "64f0908591"),
            ("[]", "80"),
            ("[1, [2, 3], [4, 5]]", "8301820203820405"),
            ("{}", "a0"),
            (r#"{"a": 1, "b": [2, 3]}"#, "a26161016162820203"),
            (r#"["a", {"b": "c"}]"#, "826161a161626163"),
        ] {
            check(Format::Cbor, text, hex);
        }
        let many = format!("[{}]", (1..=25).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
        let items = "0102030405060708090a0b0c0d0e0f101112131415161718181819";
        check(Format::Cbor, &many, &["9819", items].concat());
    }

    #[test]
    fn message_pack_is_in_the_shortest_form() {
        for (text, hex) in [
            ("0", "00"),
            ("127", "7f"),
            ("128", "cc80"),
            ("256", "cd0100"),
            ("65536", "ce00010000"),
            ("18446744073709551615", "cfffffffffffffffff"),
            ("-1", "ff"),
            ("-32", "e0"),
            ("-33", "d0df"),
            ("-129", "d1ff7f"),
            ("-32769", "d2ffff7fff"),
            ("-2147483649", "d3ffffffff7fffffff"),
            ("-0", "ca80000000"),
            ("1.5", "ca3fc00000"),
            ("0.1", "cb3fb999999999999a"),
            ("18446744073709551616", "ca5f800000"),
            ("null", "c0"),
            ("false", "c2"),
            ("true", "c3"),
            ("\"ab\"", "a26162"),
            ("[]", "90"),
            (r#"{"a":[1]}"#, "81a1619101"),
        ] {
            check(Format::MessagePack, text, hex);
        }
        let text = encode(Format::MessagePack, &format!("\"{}\"", "x".repeat(32))).expect("a string");
        assert_eq!(text[..2], [0xd9, 32]);
        let list = encode(Format::MessagePack, &format!("[{}0]", "0,".repeat(15))).expect("an array");
        assert_eq!(list[..3], [0xdc, 0, 16]);
    }

    #[test]
    fn a_mistake_has_its_place() {
        for (text, at) in [("{\"a\":1e999}", 5), ("[\"\\ud800\"]", 2), ("[1,]", 3)] {
            for format in [Format::Cbor, Format::MessagePack] {
                assert_eq!(encode(format, text).expect_err(text).at, at);
            }
        }
    }

    proptest! {
        #[test]
        fn cbor_comes_back(value in any_json()) {
            let made = encode(Format::Cbor, &value.to_string()).expect("JSON");
            let back: Cbor = ciborium::from_reader(&made[..]).expect("CBOR");
            prop_assert_eq!(of_cbor(&back), value);
            // Another writer of the preferred serialization makes the same bytes.
            let mut again = Vec::new();
            ciborium::into_writer(&back, &mut again).expect("it can be written");
            prop_assert_eq!(again, made);
        }

        #[test]
        fn message_pack_comes_back(value in any_json()) {
            let made = encode(Format::MessagePack, &value.to_string()).expect("JSON");
            let back = rmpv::decode::read_value(&mut &made[..]).expect("MessagePack");
            prop_assert_eq!(of_message_pack(&back), value);
        }

        #[test]
        fn a_float_of_sixteen_bits_is_used_where_it_can(bits in any::<u16>()) {
            let value = half::f16::from_bits(bits);
            if value.is_finite() {
                prop_assert_eq!(super::half(f64::from(value)), Some(bits));
            }
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        use serde_json::Value;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_filter("JSON has none", |float| float.is_finite()).prop_map(Value::from),
            any::<f32>().prop_filter("JSON has none", |float| float.is_finite()).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 20, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..30).prop_map(Value::from),
                prop::collection::hash_map(any::<String>(), inner, 0..20)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn of_cbor(value: &Cbor) -> serde_json::Value {
        match value {
            Cbor::Null => serde_json::Value::Null,
            Cbor::Bool(on) => (*on).into(),
            Cbor::Integer(number) => {
                let number = i128::from(*number);
                i64::try_from(number).map_or_else(|_| (number as u64).into(), Into::into)
            }
            Cbor::Float(float) => (*float).into(),
            Cbor::Text(text) => text.as_str().into(),
            Cbor::Array(items) => items.iter().map(of_cbor).collect(),
            Cbor::Map(members) => {
                let member =
                    |(name, value): &(Cbor, Cbor)| (name.as_text().expect("a text").into(), of_cbor(value));
                serde_json::Value::Object(members.iter().map(member).collect())
            }
            other => panic!("{other:?}"),
        }
    }

    fn of_message_pack(value: &rmpv::Value) -> serde_json::Value {
        use rmpv::Value;
        match value {
            Value::Nil => serde_json::Value::Null,
            Value::Boolean(on) => (*on).into(),
            Value::Integer(number) => number.as_i64().map_or_else(|| number.as_u64().into(), Into::into),
            Value::F32(float) => f64::from(*float).into(),
            Value::F64(float) => (*float).into(),
            Value::String(text) => text.as_str().into(),
            Value::Array(items) => items.iter().map(of_message_pack).collect(),
            Value::Map(members) => {
                let member = |(name, value): &(Value, Value)| {
                    (name.as_str().expect("a text").into(), of_message_pack(value))
                };
                serde_json::Value::Object(members.iter().map(member).collect())
            }
            other => panic!("{other:?}"),
        }
    }
}
